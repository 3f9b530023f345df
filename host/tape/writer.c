/* SPDX-License-Identifier: MIT */
#include "writer.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "manifest.h"
#include "period.h"
#include "sweep.h"
#include "tape_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The rows that are coming in: one instrument, one type, one period at a time. */
typedef struct series {
    const event_row *row; /* NULL = none begun */
    tape_about about;
    const event_field *side; /* the type's side, or NULL */
    int64_t last_key;        /* of the last row taken; INT64_MIN = none */
    int64_t last_ts;
    period now;       /* that the open file is for; end = INT64_MIN: none */
    bool has_file;    /* rows of it were written */
    bool has_old;     /* the catalog's file for it is not yet copied into the new one */
    catalog_file old; /* that file */
    char part[PATH_ROOM];
} series;

/* A list of paths, in the manifest's arena. */
typedef struct path_list {
    const char **paths;
    size_t n, room;
} path_list;

struct catalog_writer {
    char dir[PATH_ROOM];
    int lock;          /* the folder, locked */
    bool has_made_dir; /* the folder did not exist before */
    bool has_manifest; /* a manifest was published, now or earlier */
    bool has_changes;  /* the manifest to be written differs from the published one */
    bool is_broken;    /* only close is allowed */
    bool is_uncertain; /* the disk must be asked which manifest is the published one */
    manifest manifest; /* what publish will write */
    path_list fresh;   /* files that no published manifest names yet */
    path_list stale;   /* files that the next one will not name any more */
    series series;
    tape_out *out;
    block_columns columns; /* for copying */
};

static int32_t path_add(path_list *list, const char *path, qn_err *err)
{
    if (!mem_reserve((void **)&list->paths, &list->room, list->n + 1, sizeof *list->paths))
        return fail(err, QN_E_NO_MEMORY, "out of memory writing the catalog");
    list->paths[list->n++] = path;
    return QN_OK;
}

/* Take a path out; false if it is not in. */
static bool path_take(path_list *list, const char *path)
{
    for (size_t i = list->n; i-- > 0;) {
        if (strcmp(list->paths[i], path) != 0) continue;
        list->paths[i] = list->paths[--list->n];
        return true;
    }
    return false;
}

static int32_t broken(catalog_writer *w, int32_t rc)
{
    if (rc != QN_OK) w->is_broken = true;
    return rc;
}

/* ---- opening and closing ---- */

int32_t catalog_writer_open(const char *dir, catalog_writer **out, qn_err *err)
{
    catalog_writer *w = mem_new(1, sizeof *w);
    int32_t rc;

    if (!w) return fail(err, QN_E_NO_MEMORY, "out of memory opening %s", dir);
    w->lock = -1;
    if ((rc = path_join("", dir, w->dir, err)) != QN_OK) goto done;
    if (!(w->out = tape_out_new())) {
        rc = fail(err, QN_E_NO_MEMORY, "out of memory opening %s", dir);
        goto done;
    }
    w->has_made_dir = !file_exists(dir);
    if ((rc = dir_make(dir, err)) != QN_OK) goto done;
    if ((rc = folder_lock(dir, &w->lock, err)) != QN_OK) goto done;
    rc = manifest_read(dir, &w->manifest, err);
    if (rc != QN_OK && rc != QN_E_NOT_FOUND) goto done;
    w->has_manifest = rc == QN_OK;
    folder_sweep(dir, &w->manifest);
    rc = QN_OK;
done:
    if (rc == QN_OK)
        *out = w;
    else
        catalog_writer_close(w);
    return rc;
}

/* Nobody knows whether the last manifest got to disk: only what is there counts. */
static void sweep_uncertain(catalog_writer *w)
{
    manifest there = {0};
    int32_t rc = manifest_read(w->dir, &there, NULL);

    if (rc == QN_OK || rc == QN_E_NOT_FOUND) folder_sweep(w->dir, &there);
    w->has_manifest = rc == QN_OK;
    manifest_free(&there);
}

void catalog_writer_close(catalog_writer *w)
{
    if (!w) return;
    tape_out_free(w->out);
    if (w->series.has_file) folder_remove(w->dir, w->series.part);
    if (w->is_uncertain)
        sweep_uncertain(w);
    else
        for (size_t i = 0; i < w->fresh.n; i++)
            folder_remove(w->dir, w->fresh.paths[i]);
    if (w->has_made_dir && !w->has_manifest && w->lock >= 0) rmdir(w->dir);
    if (w->lock >= 0) close(w->lock);
    mem_free(w->fresh.paths);
    mem_free(w->stale.paths);
    manifest_free(&w->manifest);
    mem_free(w);
}

/* ---- instruments ---- */

const qn_instrument *catalog_writer_find(const catalog_writer *w, const char *name, int64_t ts_ns)
{
    return manifest_instrument(&w->manifest, name, ts_ns);
}

static bool says_the_same(const qn_instrument *a, const qn_instrument *b)
{
    return a->kind == b->kind && a->money_exp == b->money_exp && a->tick_size == b->tick_size &&
           a->lot_size == b->lot_size && a->min_qty == b->min_qty && a->max_qty == b->max_qty &&
           a->min_notional == b->min_notional &&
           a->contract_size.mantissa == b->contract_size.mantissa &&
           a->contract_size.exp == b->contract_size.exp && strcmp(a->base, b->base) == 0 &&
           strcmp(a->quote, b->quote) == 0 && strcmp(a->settle, b->settle) == 0;
}

int32_t catalog_writer_instrument(catalog_writer *w, const qn_instrument *definition, qn_err *err)
{
    const qn_instrument *newest = manifest_instrument(&w->manifest, definition->name, INT64_MAX);
    const qn_instrument *valid;
    char date[TIME_TEXT];
    int32_t rc;

    if (w->is_broken) return fail(err, QN_E_STATE, "the catalog writer has failed before");
    if ((rc = instrument_check(definition, err)) != QN_OK) return rc;
    if (newest &&
        (newest->price_exp != definition->price_exp || newest->qty_exp != definition->qty_exp ||
         newest->money_exp != definition->money_exp))
        return fail(err, QN_E_EXISTS,
                    "%s is stored with exponents %d (price), %d (quantity) and %d (money), not %d, "
                    "%d and %d; they cannot change: import into another catalog",
                    definition->name, newest->price_exp, newest->qty_exp, newest->money_exp,
                    definition->price_exp, definition->qty_exp, definition->money_exp);
    valid = manifest_instrument(&w->manifest, definition->name, definition->valid_from);
    if (newest && (says_the_same(newest, definition) || says_the_same(valid, definition)))
        return QN_OK;
    if (manifest_dated(&w->manifest, definition->name, definition->valid_from)) {
        time_format_short(definition->valid_from, date);
        return fail(err, QN_E_EXISTS, "%s has another definition that is valid from %s",
                    definition->name, date);
    }
    if ((rc = manifest_put_instrument(&w->manifest, definition, err)) != QN_OK)
        return broken(w, rc);
    w->has_changes = true;
    return QN_OK;
}

/* ---- one period's file ---- */

static int32_t begin_file(catalog_writer *w, qn_err *err)
{
    series *s = &w->series;
    char path[PATH_ROOM];
    char folder[PATH_ROOM];
    char data[DATA_TYPE_TEXT];
    int32_t rc;

    data_type_format(s->about.data, data);
    if (snprintf(s->part, sizeof s->part, "%s/%s/%s" PART_SUFFIX, s->about.instrument, data,
                 s->now.text) >= (int)sizeof s->part)
        return fail(err, QN_E_OVERFLOW, "path too long in %s", w->dir);
    if ((rc = path_join(w->dir, s->part, path, err)) != QN_OK) return rc;
    if ((rc = path_dir(path, folder, err)) != QN_OK) return rc;
    if ((rc = dir_make(folder, err)) != QN_OK) return rc;
    s->has_file = true; /* also when opening fails: what is there then must go */
    return tape_out_open(w->out, path, &s->about, err);
}

/* The rows that the catalog has for this period come next. */
static int32_t copy_old(catalog_writer *w, qn_err *err)
{
    series *s = &w->series;
    _Alignas(8) char events[GROUP_ROWS * EVENT_MAX];
    event_common common = {QN_NO_INSTRUMENT, s->about.data.length};
    tape_file file = {0};
    block_reader reader;
    int32_t n = 0;
    int32_t rc;

    s->has_old = false;
    if (!s->has_file && (rc = begin_file(w, err)) != QN_OK) return rc;
    if ((rc = tape_file_open_listed(w->dir, &s->old, &file, err)) != QN_OK) return rc;
    events_prepare(s->row, &common, events, GROUP_ROWS);
    for (uint64_t i = 0; i < file.blocks && rc == QN_OK; i++) {
        rc = tape_file_block(&file, i, &reader, err);
        while (rc == QN_OK && (n = block_next(&reader, w->columns)) > 0) {
            block_events(s->row, w->columns, 0, (uint32_t)n, events);
            for (int32_t k = 0; k < n && rc == QN_OK; k++)
                rc = tape_out_add(w->out, (qn_event *)(void *)(events + (size_t)k * s->row->size),
                                  err);
        }
        if (rc == QN_OK && n < 0)
            rc = tape_file_damaged(&file, tape_file_offset(&file, &reader),
                                   "a block's values cannot be", err);
    }
    tape_file_close(&file);
    return rc;
}

/* Give the finished file its name and put it into the manifest to be. */
static int32_t enter_file(catalog_writer *w, const tape_totals *totals, qn_err *err)
{
    series *s = &w->series;
    char from[PATH_ROOM];
    char to[PATH_ROOM];
    const catalog_file *known =
        manifest_file(&w->manifest, s->about.instrument, s->about.data, s->now.start);
    const char *superseded = known ? known->path : NULL;
    catalog_file file = {.instrument = s->about.instrument,
                         .data = s->about.data,
                         .period_start = s->now.start,
                         .period_end = s->now.end,
                         .first_ts = totals->first_ts,
                         .last_ts = totals->last_ts,
                         .events = totals->events,
                         .bytes = totals->bytes,
                         .crc = totals->crc};
    int32_t rc;

    file.path =
        manifest_path(&w->manifest.texts, file.instrument, file.data, s->now.text, file.crc);
    if (!file.path) return fail(err, QN_E_NO_MEMORY, "out of memory writing the catalog");
    if (superseded && strcmp(superseded, file.path) == 0)
        return fail(err, QN_E_EXISTS, "%s/%s: another file has the same checksum", w->dir,
                    file.path);
    if ((rc = path_join(w->dir, s->part, from, err)) != QN_OK) return rc;
    if ((rc = path_join(w->dir, file.path, to, err)) != QN_OK) return rc;
    if ((rc = path_add(&w->fresh, file.path, err)) != QN_OK) return rc;
    if (rename(from, to) != 0) return fail_errno(err, "cannot rename %s", from);
    s->has_file = false;
    if ((rc = manifest_put_file(&w->manifest, &file, err)) != QN_OK) return rc;
    w->has_changes = true;
    if (!superseded) return QN_OK;
    if (!path_take(&w->fresh, superseded)) return path_add(&w->stale, superseded, err);
    folder_remove(w->dir, superseded); /* nobody has ever seen it */
    return QN_OK;
}

static int32_t end_period(catalog_writer *w, qn_err *err)
{
    series *s = &w->series;
    tape_totals totals;
    int32_t rc = QN_OK;

    if (s->has_file) {
        if (s->has_old) rc = copy_old(w, err);
        if (rc == QN_OK) rc = tape_out_close(w->out, &totals, err);
        if (rc == QN_OK) rc = enter_file(w, &totals, err);
    }
    s->now = (period){INT64_MIN, INT64_MIN, ""};
    s->has_old = false;
    return broken(w, rc);
}

static int32_t begin_period(catalog_writer *w, int64_t key, qn_err *err)
{
    series *s = &w->series;
    const catalog_file *old;
    int32_t rc = end_period(w, err);

    if (rc != QN_OK) return rc;
    s->now = period_of(s->about.data, key);
    old = manifest_file(&w->manifest, s->about.instrument, s->about.data, s->now.start);
    if (old) s->old = *old;
    s->has_old = old != NULL;
    return QN_OK;
}

/* ---- rows ---- */

int32_t catalog_writer_begin(catalog_writer *w, const char *instrument, data_type data, qn_err *err)
{
    const event_row *row = event_row_of(data.type);
    const qn_instrument *ins = manifest_instrument(&w->manifest, instrument, INT64_MAX);
    series *s = &w->series;
    int32_t rc;

    if (w->is_broken) return fail(err, QN_E_STATE, "the catalog writer has failed before");
    if (!row || (data.type == QN_EVENT_BAR) != (data.length > 0) || data.length < 0)
        return fail(err, QN_E_INVALID, "events of type %u and length %" PRId64 " are not stored",
                    data.type, data.length);
    if (!ins) return fail(err, QN_E_UNKNOWN_NAME, "instrument %s has no definition", instrument);
    if ((rc = end_period(w, err)) != QN_OK) return rc;
    *s = (series){.row = row,
                  .about = {data, ins->price_exp, ins->qty_exp, ""},
                  .last_key = INT64_MIN,
                  .last_ts = INT64_MIN,
                  .now = {INT64_MIN, INT64_MIN, ""}};
    memcpy(s->about.instrument, ins->name, sizeof ins->name);
    for (uint32_t f = 0; f < row->nfields; f++)
        if (row->fields[f].kind == FIELD_SIDE) s->side = &row->fields[f];
    return QN_OK;
}

static bool is_storable(int64_t ts_ns)
{
    return ts_ns >= STORED_TS_MIN && ts_ns <= STORED_TS_MAX;
}

/* Everything about a row that does not depend on what is stored already. */
static int32_t check_row(const series *s, const qn_event *ev, int64_t key, qn_err *err)
{
    bool is_bar = ev->type == QN_EVENT_BAR;
    char then[TIME_TEXT];
    char last[TIME_TEXT];

    if (ev->type != s->about.data.type)
        return fail(err, QN_E_INVALID, "event of type %u in a series of %s", ev->type,
                    s->row->name);
    if (is_bar && ((const qn_bar *)(const void *)ev)->length != s->about.data.length)
        return fail(err, QN_E_INVALID, "a bar of another length");
    if (s->side && (uint64_t)event_field_get(s->side, ev) - QN_BUY > QN_SELL - QN_BUY)
        return fail(err, QN_E_INVALID, "a side that is neither buy nor sell");
    if (!is_storable(ev->ts_ns) ||
        !is_storable(event_field_get(&s->row->fields[FIELD_AT_VENUE_TS], ev)))
        return fail(err, QN_E_RANGE, "a time outside the years 1678 to 2261");
    if (ev->ts_ns < s->last_ts || key < s->last_key || (is_bar && key == s->last_key)) {
        time_format(key, then);
        time_format(s->last_key, last);
        return fail(err, QN_E_ORDER, "time goes back: %s after %s", then, last);
    }
    return QN_OK;
}

/* The catalog has rows of this period: is the new one before or after all of them? */
static int32_t meet_old(catalog_writer *w, const qn_event *ev, qn_err *err)
{
    series *s = &w->series;
    char data[DATA_TYPE_TEXT];
    char times[3][TIME_TEXT];

    if (ev->ts_ns < s->old.first_ts) return QN_OK;
    if (ev->ts_ns > s->old.last_ts) return broken(w, copy_old(w, err));
    data_type_format(s->about.data, data);
    time_format_short(ev->ts_ns, times[0]);
    time_format_short(s->old.first_ts, times[1]);
    time_format_short(s->old.last_ts, times[2]);
    return fail(
        err, QN_E_EXISTS,
        "%s %s: the catalog has %s to %s, which %s lies in: import what is before or after, "
        "or into another catalog",
        s->about.instrument, data, times[1], times[2], times[0]);
}

int32_t catalog_writer_add(catalog_writer *w, const qn_event *ev, qn_err *err)
{
    series *s = &w->series;
    int64_t key;
    int32_t rc;

    if (w->is_broken || !s->row) return fail(err, QN_E_STATE, "no series is begun");
    key = period_key(ev);
    if ((rc = check_row(s, ev, key, err)) != QN_OK) return rc;
    if (key >= s->now.end || key < s->now.start)
        if ((rc = begin_period(w, key, err)) != QN_OK) return rc;
    if (s->has_old && (rc = meet_old(w, ev, err)) != QN_OK) return rc;
    if (!s->has_file && (rc = begin_file(w, err)) != QN_OK) return broken(w, rc);
    s->last_key = key;
    s->last_ts = ev->ts_ns;
    rc = tape_out_add(w->out, ev, err);
    return rc == QN_OK ? rc : broken(w, rc);
}

/* ---- publishing ---- */

int32_t catalog_writer_publish(catalog_writer *w, qn_err *err)
{
    int32_t rc;

    if (w->is_broken) return fail(err, QN_E_STATE, "the catalog writer has failed before");
    if ((rc = end_period(w, err)) != QN_OK) return rc;
    if (!w->has_changes && w->has_manifest) return QN_OK;
    rc = folder_sync(w->dir, w->lock, w->fresh.paths, w->fresh.n, err);
    if (rc != QN_OK) return broken(w, rc);
    w->is_uncertain = true;
    if ((rc = manifest_write(w->dir, &w->manifest, err)) != QN_OK) return broken(w, rc);
    w->is_uncertain = false;
    w->has_manifest = true;
    w->has_changes = false;
    w->fresh.n = 0;
    for (size_t i = 0; i < w->stale.n; i++)
        folder_remove(w->dir, w->stale.paths[i]);
    w->stale.n = 0;
    return QN_OK;
}
