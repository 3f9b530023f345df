/* SPDX-License-Identifier: MIT */
#include "verify.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/memory.h"
#include "period.h"
#include "tape_file.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the check is: one instrument and data type, file by file. */
typedef struct check {
    catalog_problem_fn report;
    void *ctx;
    const catalog_file *file;
    tape_file open;
    const event_row *row;
    const event_field *id; /* of a row, NULL = rows have none */
    uint32_t id_at;        /* its column */

    /* What the rows before were; a new series starts it anew. */
    const catalog_file *previous;
    int64_t last_ts, last_key;
    uint64_t last_id;

    /* What was told of the file already: one fault is told once a file, at its first place. */
    bool has_order, has_period, ids_fall;
    bool is_at_start; /* no id of this file was seen yet */
    uint64_t *ids;
    size_t nids, ids_room;
    block_columns columns;
} check;

static void tell(check *c, bool is_error, int32_t code, int64_t offset, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static void tell(check *c, bool is_error, int32_t code, int64_t offset, const char *format, ...)
{
    char text[512];
    int n = snprintf(text, sizeof text, "%.300s: ", c->file->path);
    catalog_problem problem = {is_error, code, c->file, offset, text};
    va_list args;

    va_start(args, format);
    vsnprintf(text + n, sizeof text - (size_t)n, format, args);
    va_end(args);
    c->report(c->ctx, &problem);
}

/* ---- rows ---- */

static int64_t offset_of(const check *c, const block_reader *r)
{
    return (int64_t)tape_file_offset(&c->open, r);
}

static void check_times(check *c, const block_reader *r, uint32_t n)
{
    bool is_bar = c->row->type == QN_EVENT_BAR;
    const int64_t *ts = c->columns[FIELD_AT_TS];
    const int64_t *key = is_bar ? c->columns[FIELD_AT_VENUE_TS] : ts;
    char text[TIME_TEXT];

    for (uint32_t i = 0; i < n; i++) {
        bool goes_back =
            ts[i] < c->last_ts || key[i] < c->last_key || (is_bar && key[i] == c->last_key);
        bool is_outside = key[i] < c->file->period_start || key[i] >= c->file->period_end;

        if (goes_back && !c->has_order) {
            c->has_order = true;
            time_format(key[i], text);
            tell(c, true, QN_E_ORDER, offset_of(c, r), "time goes back to %s", text);
        }
        if (is_outside && !c->has_period) {
            c->has_period = true;
            time_format(key[i], text);
            tell(c, true, QN_E_RANGE, offset_of(c, r), "%s lies outside the file's period", text);
        }
        c->last_ts = ts[i];
        c->last_key = key[i];
    }
}

static void check_ids(check *c, uint32_t n)
{
    const uint64_t *id = (const uint64_t *)c->columns[c->id_at];

    for (uint32_t i = 0; i < n; i++) {
        if (id[i] == 0) continue; /* the venue gave none */
        if (id[i] == c->last_id && c->is_at_start)
            tell(c, true, QN_E_DUPLICATE, -1, "begins with the id that the file before ends with");
        c->is_at_start = false;
        if (id[i] <= c->last_id) c->ids_fall = true;
        c->last_id = id[i];
    }
}

static int32_t keep_ids(check *c, uint32_t n, qn_err *err)
{
    const uint64_t *id = (const uint64_t *)c->columns[c->id_at];

    if (!mem_reserve((void **)&c->ids, &c->ids_room, c->nids + n, sizeof *c->ids))
        return fail(err, QN_E_NO_MEMORY, "out of memory checking %s", c->file->path);
    for (uint32_t i = 0; i < n; i++)
        if (id[i]) c->ids[c->nids++] = id[i];
    return QN_OK;
}

/* Run over all groups of the open file: check the rows, or only collect their ids. Damage is
 * told, and ends the file. Returns QN_OK or QN_E_NO_MEMORY. */
static int32_t walk(check *c, bool collects, qn_err *err)
{
    qn_err why = QN_ERR_INIT;
    block_reader r;
    int32_t n = 0;
    int32_t rc;

    for (uint64_t i = 0; i < c->open.blocks; i++) {
        if (tape_file_block(&c->open, i, &r, &why) != QN_OK) {
            tell(c, true, QN_E_DAMAGED, (int64_t)c->open.fault, "%s", why.msg);
            return QN_OK;
        }
        while ((n = block_next(&r, c->columns)) > 0) {
            if (collects) {
                if ((rc = keep_ids(c, (uint32_t)n, err)) != QN_OK) return rc;
                continue;
            }
            check_times(c, &r, (uint32_t)n);
            if (c->id) check_ids(c, (uint32_t)n);
        }
        if (n < 0) {
            tell(c, true, QN_E_DAMAGED, offset_of(c, &r), "a block's values cannot be");
            return QN_OK;
        }
    }
    return QN_OK;
}

static int by_id(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Ids of most venues rise, and cost nothing to check. Where they don't, the file's are sorted. */
static int32_t find_duplicates(check *c, qn_err *err)
{
    uint64_t twice = 0;
    uint64_t first = 0;
    int32_t rc;

    c->nids = 0;
    c->open.dropped = 0; /* from the front again */
    if ((rc = walk(c, true, err)) != QN_OK) return rc;
    if (c->nids > 1) qsort(c->ids, c->nids, sizeof *c->ids, by_id);
    for (size_t i = 1; i < c->nids; i++) {
        if (c->ids[i] != c->ids[i - 1]) continue;
        if (twice++ == 0) first = c->ids[i];
    }
    if (twice)
        tell(c, true, QN_E_DUPLICATE, -1,
             "%" PRIu64 " rows have the id of another, first: %" PRIu64, twice, first);
    return QN_OK;
}

/* ---- files ---- */

/* A file against the one before it. */
static void check_neighbours(check *c)
{
    const catalog_file *p = c->previous;
    char from[TIME_TEXT];
    char to[TIME_TEXT];

    if (!p || !c->row->has_days || c->file->period_start <= p->period_end) return;
    time_format_short(p->period_end, from);
    time_format_short(c->file->period_start, to);
    tell(c, false, QN_E_GAP, -1, "nothing from %s to %s", from, to);
}

static void begin_series(check *c)
{
    c->previous = NULL;
    c->last_ts = c->last_key = INT64_MIN;
    c->last_id = 0;
    c->row = event_row_of(c->file->data.type);
    c->id = NULL;
    for (uint32_t f = 0; f < c->row->nfields; f++) {
        if (!c->row->has_ids || c->row->fields[f].kind != FIELD_ID) continue;
        c->id = &c->row->fields[f];
        c->id_at = f;
    }
}

static int32_t check_file(check *c, const char *dir, qn_err *err)
{
    qn_err why = QN_ERR_INIT;
    int32_t rc = tape_file_open_listed(dir, c->file, &c->open, &why);

    if (rc == QN_E_NO_MEMORY) return fail(err, rc, "%s", why.msg);
    if (rc != QN_OK) {
        tell(c, true, rc, rc == QN_E_DAMAGED ? (int64_t)c->open.fault : -1, "%s", why.msg);
        return QN_OK;
    }
    c->has_order = c->has_period = c->ids_fall = false;
    c->is_at_start = true;
    check_neighbours(c);
    if ((rc = walk(c, false, err)) == QN_OK && c->ids_fall) rc = find_duplicates(c, err);
    tape_file_close(&c->open);
    return rc;
}

static bool is_same_series(const catalog_file *a, const catalog_file *b)
{
    return a && strcmp(a->instrument, b->instrument) == 0 && a->data.type == b->data.type &&
           a->data.length == b->data.length;
}

int32_t catalog_verify(const catalog *cat, catalog_problem_fn report, void *ctx, qn_err *err)
{
    const catalog_file *files;
    size_t n = catalog_files(cat, &files);
    check *c = mem_new(1, sizeof *c);
    const catalog_file *before = NULL;
    int32_t rc = QN_OK;

    if (!c) return fail(err, QN_E_NO_MEMORY, "out of memory checking %s", catalog_dir(cat));
    c->report = report;
    c->ctx = ctx;
    for (size_t i = 0; i < n && rc == QN_OK; i++) {
        c->file = &files[i];
        if (!is_same_series(before, c->file)) begin_series(c);
        rc = check_file(c, catalog_dir(cat), err);
        before = c->previous = c->file;
    }
    tape_file_close(&c->open);
    mem_free(c->ids);
    mem_free(c);
    return rc;
}
