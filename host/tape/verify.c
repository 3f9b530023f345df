/* SPDX-License-Identifier: MIT */
#include "verify.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/memory.h"
#include "period.h"
#include "verify_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the verification is. */
typedef struct verify {
    catalog_problem_fn report;
    void *ctx;
    const catalog_file *file, *previous; /* of the same series; NULL = the first one */
    const event_row *row;
    tape_file open;
    verify_series series;
    uint8_t checks[VERIFY_CHECKS]; /* those of the series' type */
    size_t nchecks;
    verify_finding found[VERIFY_CHECKS]; /* in this file */
    bool is_cut;                         /* the rest of the file could not be read */

    /* Ids of a file in which they fall. */
    uint64_t *ids;
    size_t nids, ids_room;
    uint64_t twice; /* the id to be found */
    bool is_second; /* the next row that has it is the second one */
    bool is_out_of_memory;

    block_columns columns;
    char events[GROUP_ROWS * EVENT_MAX] __attribute__((aligned(8)));
} verify;

/* What is done with a row. False ends the file. */
typedef bool (*row_fn)(verify *v, const qn_event *ev, int64_t offset);

/* ---- telling ---- */

static void tell(verify *v, catalog_problem problem, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void tell(verify *v, catalog_problem problem, const char *format, ...)
{
    char text[512];
    int n = snprintf(text, sizeof text, "%.300s: ", v->file->path);
    va_list args;

    va_start(args, format);
    vsnprintf(text + n, sizeof text - (size_t)n, format, args);
    va_end(args);
    problem.file = v->file;
    problem.text = text;
    if (problem.count == 0) problem.count = 1;
    v->report(v->ctx, &problem);
}

/* What the book is at the end of a file with holes. */
static const char *healed(const verify *v, size_t check)
{
    if (check != VERIFY_SEQUENCE) return "";
    return qn_book_is_synced(&v->series.book) ? "; healed by a snapshot"
                                              : "; not healed in this file";
}

static void tell_found(verify *v)
{
    char ts[TIME_TEXT];

    for (size_t i = 0; i < VERIFY_CHECKS; i++) {
        const verify_check *c = &verify_checks[i];
        const verify_finding *f = &v->found[i];
        if (f->count == 0) continue;
        time_format(f->ts, ts);
        tell(v,
             (catalog_problem){.is_error = (c->errors >> v->row->type & 1) != 0,
                               .code = c->code,
                               .offset = f->offset,
                               .has_ts = true,
                               .ts = f->ts,
                               .count = f->count},
             "%s: %" PRIu64 " time%s, first at %s%s", c->says, f->count, f->count == 1 ? "" : "s",
             ts, healed(v, i));
    }
}

static void tell_damage(verify *v, int32_t code, int64_t offset, const char *why)
{
    tell(v, (catalog_problem){.is_error = true, .code = code, .offset = offset}, "%s", why);
    v->is_cut = true;
}

/* A file against the one before it. */
static void check_neighbours(verify *v)
{
    const catalog_file *p = v->previous;
    char from[TIME_TEXT];
    char to[TIME_TEXT];

    if (!p || !v->row->has_days || v->file->period_start <= p->period_end) return;
    time_format_short(p->period_end, from);
    time_format_short(v->file->period_start, to);
    tell(v, (catalog_problem){.code = QN_E_GAP, .offset = -1}, "nothing from %s to %s", from, to);
}

/* ---- rows ---- */

/* Give the rows of a block that was just opened. False: the end of what is to be read. */
static bool walk_block(verify *v, block_reader *r, row_fn give)
{
    int64_t offset = (int64_t)tape_file_offset(&v->open, r);
    int32_t n;

    while ((n = block_next(r, v->columns)) > 0) {
        block_events(v->row, v->columns, 0, (uint32_t)n, v->events);
        for (int32_t i = 0; i < n; i++)
            if (!give(v, (const qn_event *)(v->events + (size_t)i * v->row->size), offset))
                return false;
    }
    if (n == 0) return true;
    tell_damage(v, QN_E_DAMAGED, offset, "a block's values cannot be");
    return false;
}

/* Run over all rows of the open file. Damage is told, and ends it. */
static void walk(verify *v, row_fn give)
{
    event_common common = {0, v->file->data.length};
    qn_err why = QN_ERR_INIT;
    block_reader r;

    events_prepare(v->row, &common, v->events, GROUP_ROWS);
    for (uint64_t i = 0; i < v->open.blocks; i++) {
        if (tape_file_block(&v->open, i, &r, &why) != QN_OK) {
            tell_damage(v, QN_E_DAMAGED, (int64_t)v->open.fault, why.msg);
            return;
        }
        if (!walk_block(v, &r, give)) return;
    }
}

static void note(verify_finding *f, uint64_t n, const qn_event *ev, int64_t offset)
{
    if (f->count == 0) {
        f->offset = offset;
        f->ts = verify_key(ev);
    }
    f->count += n;
}

static bool check_row(verify *v, const qn_event *ev, int64_t offset)
{
    for (size_t i = 0; i < v->nchecks; i++) {
        size_t check = v->checks[i];
        uint64_t n = verify_checks[check].find(&v->series, ev);
        if (n) note(&v->found[check], n, ev, offset);
    }
    verify_step(&v->series, ev);
    return true;
}

/* ---- ids that fall ---- */

static bool keep_id(verify *v, const qn_event *ev, int64_t offset)
{
    uint64_t id = verify_id(ev);

    (void)offset;
    if (id == 0) return true;
    v->is_out_of_memory = !mem_reserve((void **)&v->ids, &v->ids_room, v->nids + 1, sizeof *v->ids);
    if (!v->is_out_of_memory) v->ids[v->nids++] = id;
    return !v->is_out_of_memory;
}

static bool find_id(verify *v, const qn_event *ev, int64_t offset)
{
    if (verify_id(ev) != v->twice) return true;
    if (!v->is_second) {
        v->is_second = true;
        return true;
    }
    note(&v->found[VERIFY_IDS], 0, ev, offset);
    return false;
}

static int by_id(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* All ids of the file are sorted, to count those of another row; then the second row with the
 * lowest of them is looked for. */
static int32_t find_repeated(verify *v, qn_err *err)
{
    verify_finding *f = &v->found[VERIFY_IDS];
    uint64_t n = 0;

    v->nids = 0;
    v->open.dropped = 0; /* from the front again */
    walk(v, keep_id);
    if (v->is_out_of_memory)
        return fail(err, QN_E_NO_MEMORY, "out of memory checking %s", v->file->path);
    if (v->nids > 1) qsort(v->ids, v->nids, sizeof *v->ids, by_id);
    for (size_t i = 1; i < v->nids; i++) {
        if (v->ids[i] != v->ids[i - 1]) continue;
        if (n++ == 0) v->twice = v->ids[i];
    }
    if (n <= f->count) return QN_OK; /* they stand side by side, and were seen */
    f->count = 0;
    v->is_second = false;
    v->open.dropped = 0;
    walk(v, find_id);
    f->count = n;
    return QN_OK;
}

/* ---- files ---- */

static int32_t check_file(verify *v, const char *dir, qn_err *err)
{
    qn_err why = QN_ERR_INIT;
    int32_t rc;

    memset(v->found, 0, sizeof v->found);
    v->is_cut = false;
    v->series.file = v->file;
    v->series.ids_fall = false;
    check_neighbours(v);
    rc = tape_file_open_listed(dir, v->file, &v->open, &why);
    if (rc == QN_E_NO_MEMORY) return fail(err, rc, "%s", why.msg);
    if (rc != QN_OK) {
        tell_damage(v, rc, rc == QN_E_DAMAGED ? (int64_t)v->open.fault : -1, why.msg);
        verify_skip(&v->series);
        return QN_OK;
    }
    walk(v, check_row);
    rc = v->series.ids_fall && !v->is_cut ? find_repeated(v, err) : QN_OK;
    if (rc == QN_OK) tell_found(v);
    if (v->is_cut) verify_skip(&v->series);
    tape_file_close(&v->open);
    return rc;
}

static bool is_same_series(const catalog_file *a, const catalog_file *b)
{
    return a && strcmp(a->instrument, b->instrument) == 0 && a->data.type == b->data.type &&
           a->data.length == b->data.length;
}

static int32_t begin_file(verify *v, const catalog *cat, const catalog_file *file, qn_err *err)
{
    v->previous = is_same_series(v->file, file) ? v->file : NULL;
    v->file = file;
    v->row = event_row_of(file->data.type);
    v->nchecks = 0;
    for (uint8_t i = 0; i < VERIFY_CHECKS; i++)
        if (verify_checks[i].types >> file->data.type & 1) v->checks[v->nchecks++] = i;
    return v->previous ? QN_OK : verify_begin(&v->series, cat, file, err);
}

int32_t catalog_verify(const catalog *cat, catalog_problem_fn report, void *ctx, qn_err *err)
{
    const catalog_file *files;
    size_t n = catalog_files(cat, &files);
    verify *v = mem_new(1, sizeof *v);
    int32_t rc = QN_OK;

    if (!v) return fail(err, QN_E_NO_MEMORY, "out of memory checking %s", catalog_dir(cat));
    v->report = report;
    v->ctx = ctx;
    for (size_t i = 0; i < n && rc == QN_OK; i++)
        if ((rc = begin_file(v, cat, &files[i], err)) == QN_OK)
            rc = check_file(v, catalog_dir(cat), err);
    tape_file_close(&v->open);
    verify_end(&v->series);
    mem_free(v->ids);
    mem_free(v);
    return rc;
}
