/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "base/hash.h"
#include "base/memory.h"

#include <string.h>

/* ------------------------------------------------------------------ as stored */

static uint32_t run_crc(const void *bytes, size_t n)
{
    return crc32c((const unsigned char *)bytes + sizeof(uint32_t), n - sizeof(uint32_t));
}

int32_t run_check(const char *path, uint32_t number, const void *bytes, size_t n, qn_err *err)
{
    const run_head *run = bytes;
    const char *text = (const char *)(run + 1);

    if (n < sizeof *run || run->crc != run_crc(bytes, n) || run->number != number ||
        run->header_bytes == 0 || run->footer_bytes == 0 ||
        (uint64_t)run->header_bytes + run->footer_bytes != n - sizeof *run ||
        text[run->header_bytes - 1] != '\0' || text[n - sizeof *run - 1] != '\0')
        return fail(err, QN_E_DAMAGED, "%s is damaged: run %u has a wrong checksum", path, number);
    return QN_OK;
}

int32_t run_read(const view *v, uint32_t number, run_head **out, qn_err *err)
{
    unsigned char key[RUN_KEY];
    void *bytes = NULL;
    size_t n = 0;
    int32_t rc;

    run_key_write(number, key);
    rc = view_get(v, TREE_RUNS, key, sizeof key, &bytes, &n, err);
    if (rc == QN_E_NOT_FOUND)
        return fail(err, rc, "there is no run %u in %s", number, v->file->path);
    if (rc != QN_OK) return rc;
    if ((rc = run_check(v->file->path, number, bytes, n, err)) != QN_OK) {
        mem_free(bytes);
        return rc;
    }
    *out = bytes;
    if (v->head.run == number) {
        (*out)->last_seq = v->head.last_seq;
        (*out)->last_crc = v->head.last_crc;
    }
    return QN_OK;
}

/* A run's record, with its texts, as bytes; NULL if out of memory. */
static run_head *run_make(const run_head *from, const char *header, const char *footer, size_t *n)
{
    size_t a = strlen(header) + 1, b = strlen(footer) + 1;
    run_head *run;

    if (a > UINT32_MAX / 4 || b > UINT32_MAX / 4) return NULL;
    *n = sizeof *run + a + b;
    if (!(run = mem_new(*n, 1))) return NULL;
    *run = *from;
    run->header_bytes = (uint32_t)a;
    run->footer_bytes = (uint32_t)b;
    memcpy((char *)(run + 1), header, a);
    memcpy((char *)(run + 1) + a, footer, b);
    return run;
}

static int run_put(store *s, MDB_txn *txn, run_head *run, size_t n)
{
    unsigned char name[RUN_KEY];
    MDB_val key = {sizeof name, name}, value = {n, run};

    run_key_write(run->number, name);
    run->crc = run_crc(run, n);
    return mdb_put(txn, s->trees[TREE_RUNS], &key, &value, 0);
}

static size_t run_bytes(const run_head *run)
{
    return sizeof *run + (size_t)run->header_bytes + run->footer_bytes;
}

/* ------------------------------------------------------------------ as shown */

static void show(const run_head *run, store_run *out)
{
    *out = (store_run){.number = run->number,
                       .incarnation = run->incarnation,
                       .has_ended = run->has_ended,
                       .durability = (durability)run->durability,
                       .header = (const char *)(run + 1),
                       .footer = (const char *)(run + 1) + run->header_bytes};
}

/* The store keeps the texts until the next call. */
static void show_and_keep(store *s, run_head *run, store_run *out)
{
    mem_free(s->run_kept);
    s->run_kept = run;
    show(run, out);
}

int32_t store_run_get(store *s, uint32_t number, store_run *out, qn_err *err)
{
    run_head *run = NULL;
    int32_t rc;
    view v;

    if ((rc = view_open(s, &v, err)) != QN_OK) return rc;
    if (number == 0) number = (uint32_t)v.trees[TREE_RUNS].entries;
    rc = number ? run_read(&v, number, &run, err)
                : fail(err, QN_E_NOT_FOUND, "there is no run in %s yet", s->dir);
    view_close(&v);
    if (rc == QN_OK) show_and_keep(s, run, out);
    return rc;
}

/* ------------------------------------------------------------------ changing */

/* A run that is to be the current one, or to end. */
typedef struct change {
    run_head *old; /* the run that was current: keeps the place of its last record; or NULL */
    run_head *run; /* written */
    bool is_current;
} change;

static int32_t write_change(store *s, MDB_txn *txn, store_head *head, void *ctx, qn_err *err)
{
    change *c = ctx;
    int code = 0;

    if (c->old) code = run_put(s, txn, c->old, run_bytes(c->old));
    if (code == 0) code = run_put(s, txn, c->run, run_bytes(c->run));
    if (code != 0) return lmdb_error(s, code, "write", err);
    if (c->is_current) {
        head->run = c->run->number;
        head->last_seq = c->run->last_seq;
        head->last_crc = c->run->last_crc;
    }
    return QN_OK;
}

/* Nothing of the current run may be in the ring when another takes its place: the ring does not
 * know whose its records are. */
static int32_t drain(store *s, qn_err *err)
{
    int32_t rc;

    if (s->may_put) journal_publish(s);
    if ((rc = commit_with(s, NULL, NULL, err)) != QN_OK) return rc;
    s->may_put = false;
    s->put_seq = 0;
    atomic_store_explicit(s->ring_seq, 0, memory_order_relaxed);
    return QN_OK;
}

static int32_t make_current(store *s, const view *v, change *c, qn_err *err)
{
    int32_t rc = QN_OK;

    c->is_current = true;
    if (v->head.run != 0 && v->head.run != c->run->number)
        rc = run_read(v, v->head.run, &c->old, err);
    if (rc == QN_OK) rc = commit_with(s, write_change, c, err);
    mem_free(c->old);
    if (rc != QN_OK) return rc;
    s->crc = c->run->last_crc;
    s->put_seq = c->run->last_seq;
    s->run = c->run->number;
    s->may_put = true;
    return QN_OK;
}

static int32_t writable(const store *s, qn_err *err)
{
    if (!s->options.is_read_only) return QN_OK;
    return fail(err, QN_E_STATE, "the store %s was opened for reading only", s->dir);
}

int32_t store_run_begin(store *s, const char *header, store_run *out, qn_err *err)
{
    run_head blank = {.incarnation = 1, .durability = (uint32_t)s->options.durability};
    change c = {0};
    int32_t rc;
    size_t n;
    view v;

    if ((rc = writable(s, err)) != QN_OK || (rc = drain(s, err)) != QN_OK) return rc;
    if ((rc = view_open(s, &v, err)) != QN_OK) return rc;
    blank.number = (uint32_t)v.trees[TREE_RUNS].entries + 1;
    blank.last_crc = journal_seed(blank.number);
    c.run = run_make(&blank, header, "", &n);
    rc = c.run ? make_current(s, &v, &c, err)
               : fail(err, QN_E_NO_MEMORY, "out of memory beginning a run");
    view_close(&v);
    if (rc == QN_OK)
        show_and_keep(s, c.run, out);
    else
        mem_free(c.run);
    return rc;
}

int32_t store_run_resume(store *s, uint32_t number, store_run *out, qn_err *err)
{
    change c = {0};
    int32_t rc;
    view v;

    if ((rc = writable(s, err)) != QN_OK || (rc = drain(s, err)) != QN_OK) return rc;
    if ((rc = view_open(s, &v, err)) != QN_OK) return rc;
    rc = run_read(&v, number, &c.run, err);
    if (rc == QN_OK && c.run->has_ended)
        rc = fail(err, QN_E_STATE, "run %u in %s has ended", number, s->dir);
    if (rc == QN_OK) {
        c.run->incarnation++;
        rc = make_current(s, &v, &c, err);
    }
    view_close(&v);
    if (rc == QN_OK)
        show_and_keep(s, c.run, out);
    else
        mem_free(c.run);
    return rc;
}

int32_t store_run_end(store *s, const char *footer, qn_err *err)
{
    change c = {0};
    run_head *was = NULL;
    int32_t rc;
    size_t n;
    view v;

    if ((rc = writable(s, err)) != QN_OK) return rc;
    if (!s->may_put) {
        if ((rc = store_check(s, err)) != QN_OK) return rc;
        return fail(err, QN_E_STATE, "no run was begun in %s", s->dir);
    }
    if ((rc = drain(s, err)) != QN_OK || (rc = view_open(s, &v, err)) != QN_OK) return rc;
    rc = run_read(&v, v.head.run, &was, err);
    view_close(&v);
    if (rc != QN_OK) return rc;
    was->has_ended = 1;
    c.run = run_make(was, (const char *)(was + 1), footer, &n);
    rc = c.run ? commit_with(s, write_change, &c, err)
               : fail(err, QN_E_NO_MEMORY, "out of memory ending a run");
    mem_free(was);
    mem_free(c.run);
    return rc;
}
