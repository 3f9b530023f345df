/* SPDX-License-Identifier: MIT
 *
 * Random sessions on a store, against a plain list of what was put: records, runs that begin, end
 * and go on, values, snapshots, readers that stay open, opening and closing. What is read is what
 * was put, byte by byte, and each opening finds the store whole. */
#include "base/memory.h"
#include "check_main.h"
#include "proof.h"
#include "store/internal.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

#define RUNS 12
#define VALUES 5
#define STEPS 4000
#define BLOCK 60000u

typedef struct model {
    char dir[PATH_ROOM];
    store *s;
    store_options o;
    uint64_t state;
    uint32_t nruns, current; /* 0 = none */
    struct {
        uint64_t last; /* records 1 .. last, but every third gap */
        uint32_t incarnation;
        bool has_ended;
        uint64_t snapshot; /* sequence number of the last one; 0 = none */
        size_t snapshot_size;
    } runs[RUNS + 1];
    size_t values[VALUES];  /* bytes; 0 = none */
    journal_reader *reader; /* one that stays open, and pins a state */
    uint32_t reader_run;
    uint64_t reader_seq, reader_last;
    uint64_t records, openings;
} model;

static uint64_t below(model *m, uint64_t n)
{
    return random_below(&m->state, n);
}

static void put_some(model *m)
{
    uint64_t n = below(m, 40) == 0 ? 300 : below(m, 12);

    if (!m->current) return;
    put_records(m->s, m->runs[m->current].last + 1, m->runs[m->current].last + n, RECORD_MOST);
    m->runs[m->current].last += n;
    m->records += n;
    if (below(m, 2)) journal_publish(m->s);
}

static void begin_run(model *m)
{
    store_run run;

    if (m->nruns == RUNS) return;
    ck_assert_int_eq(store_run_begin(m->s, "header", &run, NULL), QN_OK);
    ck_assert_uint_eq(run.number, ++m->nruns);
    m->current = m->nruns;
    m->runs[m->current].incarnation = 1;
}

static void resume_run(model *m)
{
    uint32_t number;
    store_run run;

    if (!m->nruns) return;
    number = 1 + (uint32_t)below(m, m->nruns);
    if (m->runs[number].has_ended) {
        ck_assert_int_eq(store_run_resume(m->s, number, &run, NULL), QN_E_STATE);
        m->current = 0;
        return;
    }
    ck_assert_int_eq(store_run_resume(m->s, number, &run, NULL), QN_OK);
    ck_assert_uint_eq(run.incarnation, ++m->runs[number].incarnation);
    m->current = number;
}

static void end_run(model *m)
{
    static char footer[20000];

    if (!m->current) return;
    memset(footer, 'f', below(m, sizeof footer - 1));
    ck_assert_int_eq(store_run_end(m->s, footer, NULL), QN_OK);
    m->runs[m->current].has_ended = true;
    m->current = 0;
}

static void put_snapshot(model *m)
{
    static unsigned char bytes[BLOCK];
    size_t n = below(m, 4) ? below(m, 3000) : below(m, sizeof bytes);
    uint64_t seq;

    if (!m->current || !m->runs[m->current].last) return;
    seq = m->runs[m->current].last;
    memset(bytes, (int)(seq & 255), n);
    ck_assert_int_eq(snapshot_put(m->s, seq, bytes, n, NULL), QN_OK);
    m->runs[m->current].snapshot = seq;
    m->runs[m->current].snapshot_size = n;
}

static void put_value(model *m)
{
    size_t which = below(m, VALUES), n = below(m, 4) ? below(m, 200) : below(m, 4001);
    unsigned char bytes[4000];
    char name[8];

    snprintf(name, sizeof name, "v%zu", which);
    memset(bytes, (int)(n & 255), n);
    ck_assert_int_eq(value_put(m->s, name, bytes, n, NULL), QN_OK);
    m->values[which] = n;
}

static void check_value(model *m)
{
    size_t which = below(m, VALUES), n = 4000;
    unsigned char got[4000], wanted[4000];
    int32_t rc;
    char name[8];

    snprintf(name, sizeof name, "v%zu", which);
    rc = value_get(m->s, name, got, &n, NULL);
    ck_assert_int_eq(rc, m->values[which] ? QN_OK : QN_E_NOT_FOUND);
    if (rc != QN_OK) return;
    memset(wanted, (int)(n & 255), sizeof wanted);
    ck_assert_uint_eq(n, m->values[which]);
    ck_assert_int_eq(memcmp(got, wanted, n), 0);
}

static void check_run(model *m)
{
    uint32_t number;
    uint64_t first;
    store_run run;

    if (!m->nruns) return;
    number = 1 + (uint32_t)below(m, m->nruns);
    if (m->current == number) journal_publish(m->s);
    first = 1 + (below(m, 2) ? below(m, m->runs[number].last + 1) : 0);
    expect_run(m->s, number, first, m->runs[number].last, RECORD_MOST);
    ck_assert_int_eq(store_run_get(m->s, number, &run, NULL), QN_OK);
    ck_assert_uint_eq(run.incarnation, m->runs[number].incarnation);
    ck_assert(run.has_ended == m->runs[number].has_ended);
}

static void check_snapshot(model *m)
{
    unsigned char *bytes;
    uint32_t number;
    uint64_t seq;
    size_t n;
    int32_t rc;

    if (!m->nruns) return;
    number = 1 + (uint32_t)below(m, m->nruns);
    put_value(m); /* what was asked for is committed with it */
    rc = snapshot_get(m->s, number, &seq, (void **)&bytes, &n, NULL);
    ck_assert_int_eq(rc, m->runs[number].snapshot ? QN_OK : QN_E_NOT_FOUND);
    if (rc != QN_OK) return;
    ck_assert_uint_eq(seq, m->runs[number].snapshot);
    ck_assert_uint_eq(n, m->runs[number].snapshot_size);
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != (unsigned char)seq) ck_abort_msg("snapshot");
    mem_free(bytes);
}

/* A reader that lives long goes on seeing the state that it was opened on. */
static void step_reader(model *m)
{
    const qn_event *record;
    any_record wanted;

    if (!m->nruns) return;
    if (!m->reader) {
        m->reader_run = 1 + (uint32_t)below(m, m->nruns);
        if (m->current == m->reader_run) journal_publish(m->s);
        m->reader_seq = 0;
        m->reader_last = m->runs[m->reader_run].last;
        ck_assert_int_eq(journal_open(m->s, m->reader_run, 0, &m->reader, NULL), QN_OK);
    }
    for (uint64_t n = below(m, 200); m->reader && n > 0; n--) {
        ck_assert_int_eq(journal_next(m->reader, &record, NULL), QN_OK);
        if (!record) {
            ck_assert_uint_eq(m->reader_seq, m->reader_last);
            journal_close(m->reader);
            m->reader = NULL;
            return;
        }
        make_record(&wanted, ++m->reader_seq, RECORD_MOST);
        if (memcmp(record, &wanted, wanted.hdr.size) != 0) ck_abort_msg("record");
    }
}

static void reopen(model *m)
{
    static const durability all[] = {DURABILITY_NONE, DURABILITY_GROUP, DURABILITY_SYNC};
    qn_err err = QN_ERR_INIT;
    uint64_t records;
    store *s;

    journal_close(m->reader);
    m->reader = NULL;
    close_store(m->s);
    m->current = 0;
    s = read_store(m->dir);
    ck_assert_msg(store_verify(s, &records, &err) == QN_OK, "%s", err.msg);
    ck_assert_uint_eq(records, m->records);
    close_store(s);
    m->o = some_options(m->dir, all[below(m, 3)]);
    m->o.ring_bytes <<= below(m, 3);
    m->s = open_store(&m->o);
    m->openings++;
}

typedef struct action {
    void (*act)(model *m);
    uint32_t weight;
} action;

static const action actions[] = {
    {put_some, 60},      {begin_run, 2},    {resume_run, 3},  {end_run, 1},
    {put_snapshot, 6},   {put_value, 6},    {check_value, 4}, {check_run, 3},
    {check_snapshot, 3}, {step_reader, 10}, {reopen, 2},
};

START_TEST(random_sessions)
{
    static model m;
    uint64_t steps = STEPS * proof_scale();
    uint32_t total = 0;

    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        total += actions[i].weight;
    memset(&m, 0, sizeof m);
    m.state = 1000 + (uint64_t)_i;
    folder_new(m.dir);
    m.o = some_options(m.dir, DURABILITY_NONE);
    m.s = open_store(&m.o);
    for (uint64_t step = 0; step < steps; step++) {
        uint64_t pick = below(&m, total);
        size_t i = 0;
        while (pick >= actions[i].weight)
            pick -= actions[i++].weight;
        actions[i].act(&m);
    }
    reopen(&m);
    close_store(m.s);
    printf("proof: store sessions: %llu steps, %llu records, %llu openings\n",
           (unsigned long long)steps, (unsigned long long)m.records,
           (unsigned long long)m.openings);
    ck_assert_uint_gt(m.records, 1000);
    folder_free(m.dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_property");
    TCase *tests = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tests, 600);
    tcase_add_loop_test(tests, random_sessions, 0, 4);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
