/* SPDX-License-Identifier: MIT */
#include "manifest.h"

#include "base/fail.h"
#include "event_table.h"
#include "period.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

void manifest_free(manifest *m)
{
    arena_free(&m->texts);
    mem_free(m->instruments);
    mem_free(m->files);
    *m = (manifest){0};
}

static int by_instrument(const qn_instrument *x, const char *name, int64_t valid_from)
{
    int names = strcmp(x->name, name);

    return names ? names : (x->valid_from > valid_from) - (x->valid_from < valid_from);
}

static int by_data(data_type x, data_type y)
{
    if (x.type != y.type) return x.type < y.type ? -1 : 1;
    return (x.length > y.length) - (x.length < y.length);
}

static int by_file(const catalog_file *x, const char *instrument, data_type data, int64_t start)
{
    int order = strcmp(x->instrument, instrument);

    if (!order) order = by_data(x->data, data);
    return order ? order : (x->period_start > start) - (x->period_start < start);
}

/* The first place whose key is not lower. */
static size_t instrument_place(const manifest *m, const char *name, int64_t valid_from)
{
    size_t low = 0;
    size_t high = m->ninstruments;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_instrument(&m->instruments[middle], name, valid_from) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t file_place(const manifest *m, const char *instrument, data_type data, int64_t start)
{
    size_t low = 0;
    size_t high = m->nfiles;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_file(&m->files[middle], instrument, data, start) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const catalog_file *manifest_file(const manifest *m, const char *instrument, data_type data,
                                  int64_t period_start)
{
    size_t at = file_place(m, instrument, data, period_start);

    if (at == m->nfiles || by_file(&m->files[at], instrument, data, period_start) != 0) return NULL;
    return &m->files[at];
}

const qn_instrument *manifest_dated(const manifest *m, const char *name, int64_t valid_from)
{
    size_t at = instrument_place(m, name, valid_from);

    if (at == m->ninstruments || by_instrument(&m->instruments[at], name, valid_from) != 0)
        return NULL;
    return &m->instruments[at];
}

int32_t manifest_put_file(manifest *m, const catalog_file *file, qn_err *err)
{
    catalog_file copy = *file;
    size_t at = file_place(m, file->instrument, file->data, file->period_start);
    bool is_new = !manifest_file(m, file->instrument, file->data, file->period_start);

    copy.instrument = arena_text_n(&m->texts, file->instrument, strlen(file->instrument));
    copy.path = arena_text_n(&m->texts, file->path, strlen(file->path));
    if (!copy.instrument || !copy.path ||
        !mem_reserve((void **)&m->files, &m->files_room, m->nfiles + 1, sizeof *m->files))
        return fail(err, QN_E_NO_MEMORY, "out of memory for the manifest");
    if (is_new) {
        memmove(m->files + at + 1, m->files + at, (m->nfiles - at) * sizeof *m->files);
        m->nfiles++;
    }
    m->files[at] = copy;
    return QN_OK;
}

int32_t manifest_put_instrument(manifest *m, const qn_instrument *ins, qn_err *err)
{
    size_t at = instrument_place(m, ins->name, ins->valid_from);
    bool is_new = !manifest_dated(m, ins->name, ins->valid_from);

    if (!mem_reserve((void **)&m->instruments, &m->instruments_room, m->ninstruments + 1,
                     sizeof *m->instruments))
        return fail(err, QN_E_NO_MEMORY, "out of memory for the manifest");
    if (is_new) {
        memmove(m->instruments + at + 1, m->instruments + at,
                (m->ninstruments - at) * sizeof *m->instruments);
        m->ninstruments++;
    }
    m->instruments[at] = *ins;
    m->instruments[at].size = sizeof *ins;
    m->instruments[at].number = 0;
    return QN_OK;
}

const char *manifest_path(arena *texts, const char *instrument, data_type data, const char *span,
                          uint32_t crc)
{
    char type[DATA_TYPE_TEXT];

    data_type_format(data, type);
    return arena_format(texts, "%s/%s/%s-%08" PRIx32 ".tape", instrument, type, span, crc);
}

/* A name becomes a folder, stands in configs, messages and reports, and is split at its last
 * dot: no separators, no blanks, nothing that a shell or a terminal would take for its own. */
static bool is_instrument_name(const char *name)
{
    size_t len = strnlen(name, sizeof(((qn_instrument *)0)->name));
    const char *dot = strrchr(name, '.');

    if (len == sizeof(((qn_instrument *)0)->name) || !dot) return false;
    if (dot == name || !dot[1] || name[0] == '.' || name[0] == '-') return false;
    for (const char *p = name; *p; p++)
        if (!isgraph((unsigned char)*p) || (unsigned char)*p >= 127 ||
            strchr("/\\\"'`$*?<>|&;", *p))
            return false;
    return true;
}

static bool is_currency(const char text[16], bool may_be_empty)
{
    size_t len = strnlen(text, 16);

    if (len == 16) return false;
    for (size_t i = 0; i < len; i++)
        if (!isgraph((unsigned char)text[i])) return false;
    return len > 0 || may_be_empty;
}

static bool is_exponent(int32_t exp)
{
    return exp >= -18 && exp <= 18;
}

int32_t instrument_check(const qn_instrument *ins, qn_err *err)
{
    if (!memchr(ins->name, '\0', sizeof ins->name) || !is_instrument_name(ins->name))
        return fail(err, QN_E_INVALID,
                    "\"%.63s\" is no name of an instrument: expected SYMBOL.venue without blanks, "
                    "slashes and quotes",
                    ins->name);
    if (ins->kind < QN_SPOT || ins->kind > QN_INVERSE)
        return fail(err, QN_E_INVALID, "%s: kind %u is unknown", ins->name, ins->kind);
    if (!is_exponent(ins->price_exp) || !is_exponent(ins->qty_exp) || !is_exponent(ins->money_exp))
        return fail(err, QN_E_INVALID, "%s: an exponent lies outside -18 to 18", ins->name);
    if (ins->tick_size <= 0 || ins->lot_size <= 0)
        return fail(err, QN_E_INVALID, "%s: tick and lot must be above 0", ins->name);
    if (ins->min_qty < 0 || ins->max_qty < 0 || ins->min_notional < 0)
        return fail(err, QN_E_INVALID, "%s: a limit is below 0", ins->name);
    if (ins->contract_size.mantissa <= 0 || !is_exponent(ins->contract_size.exp))
        return fail(err, QN_E_INVALID, "%s: the contract size must be above 0", ins->name);
    if (ins->valid_from < STORED_TS_MIN || ins->valid_from > STORED_TS_MAX)
        return fail(err, QN_E_INVALID, "%s: valid_from lies outside the years 1678 to 2261",
                    ins->name);
    if (!is_currency(ins->base, true) || !is_currency(ins->quote, false) ||
        !is_currency(ins->settle, false))
        return fail(err, QN_E_INVALID, "%s: quote and settle must name currencies", ins->name);
    return QN_OK;
}

const qn_instrument *manifest_instrument(const manifest *m, const char *name, int64_t ts_ns)
{
    const qn_instrument *found = NULL;

    for (size_t i = instrument_place(m, name, INT64_MIN); i < m->ninstruments; i++) {
        const qn_instrument *ins = &m->instruments[i];
        if (strcmp(ins->name, name) != 0) break;
        if (!found || ins->valid_from <= ts_ns) found = ins;
    }
    return found;
}

size_t manifest_find(const manifest *m, const char *instrument, data_type data, size_t *count)
{
    size_t first = file_place(m, instrument, data, INT64_MIN);
    size_t end = first;

    while (end < m->nfiles && strcmp(m->files[end].instrument, instrument) == 0 &&
           by_data(m->files[end].data, data) == 0)
        end++;
    *count = end - first;
    return first;
}
