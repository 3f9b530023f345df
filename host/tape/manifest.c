/* SPDX-License-Identifier: MIT */
#include "manifest.h"

#include "base/fail.h"
#include "event_table.h"
#include "period.h"

#include <quoin/sdk/decimal.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void manifest_free(manifest *m)
{
    arena_free(&m->texts);
    mem_free(m->instruments);
    mem_free(m->files);
    *m = (manifest){0};
}

static int by_instrument(const void *a, const void *b)
{
    const qn_instrument *x = a;
    const qn_instrument *y = b;
    int names = strcmp(x->name, y->name);

    return names ? names : (x->valid_from > y->valid_from) - (x->valid_from < y->valid_from);
}

static int by_data(data_type x, data_type y)
{
    if (x.type != y.type) return x.type < y.type ? -1 : 1;
    return (x.length > y.length) - (x.length < y.length);
}

static int by_file(const void *a, const void *b)
{
    const catalog_file *x = a;
    const catalog_file *y = b;
    int names = strcmp(x->instrument, y->instrument);
    int data = by_data(x->data, y->data);

    if (names) return names;
    if (data) return data;
    return (x->period_start > y->period_start) - (x->period_start < y->period_start);
}

void manifest_sort(manifest *m)
{
    if (m->ninstruments)
        qsort(m->instruments, m->ninstruments, sizeof *m->instruments, by_instrument);
    if (m->nfiles) qsort(m->files, m->nfiles, sizeof *m->files, by_file);
}

int32_t manifest_add_file(manifest *m, const catalog_file *file, qn_err *err)
{
    catalog_file copy = *file;

    copy.instrument = arena_text_n(&m->texts, file->instrument, strlen(file->instrument));
    copy.path = arena_text_n(&m->texts, file->path, strlen(file->path));
    if (!copy.instrument || !copy.path ||
        !mem_reserve((void **)&m->files, &m->files_room, m->nfiles + 1, sizeof *m->files))
        return fail(err, QN_E_NO_MEMORY, "out of memory for the manifest");
    m->files[m->nfiles++] = copy;
    return QN_OK;
}

int32_t manifest_add_instrument(manifest *m, const qn_instrument *ins, qn_err *err)
{
    if (!mem_reserve((void **)&m->instruments, &m->instruments_room, m->ninstruments + 1,
                     sizeof *m->instruments))
        return fail(err, QN_E_NO_MEMORY, "out of memory for the manifest");
    m->instruments[m->ninstruments] = *ins;
    m->instruments[m->ninstruments].size = sizeof *ins;
    m->instruments[m->ninstruments++].number = 0;
    return QN_OK;
}

const char *manifest_path(arena *texts, const char *instrument, data_type data, const char *period,
                          uint32_t crc)
{
    char type[DATA_TYPE_TEXT];

    data_type_format(data, type);
    return arena_format(texts, "%s/%s/%s-%08" PRIx32 ".tape", instrument, type, period, crc);
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

    for (size_t i = 0; i < m->ninstruments; i++) {
        const qn_instrument *ins = &m->instruments[i];
        if (strcmp(ins->name, name) != 0) continue;
        if (!found || ins->valid_from <= ts_ns) found = ins;
    }
    return found;
}

size_t manifest_find(const manifest *m, const char *instrument, data_type data, size_t *count)
{
    const catalog_file key = {.instrument = instrument, .data = data, .period_start = INT64_MIN};
    size_t low = 0;
    size_t high = m->nfiles;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_file(&m->files[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (high = low; high < m->nfiles; high++)
        if (strcmp(m->files[high].instrument, instrument) != 0 ||
            by_data(m->files[high].data, data) != 0)
            break;
    *count = high - low;
    return low;
}
