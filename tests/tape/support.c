/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "base/memory.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

qn_instrument an_instrument(const char *name, uint32_t number)
{
    qn_instrument ins = {.size = sizeof ins,
                         .number = number,
                         .kind = QN_LINEAR,
                         .price_exp = -2,
                         .qty_exp = -3,
                         .money_exp = QN_MONEY_EXP,
                         .tick_size = 25,
                         .lot_size = 1,
                         .min_notional = 500000000,
                         .contract_size = {1, 0, 0},
                         .base = "BTC",
                         .quote = "USDT",
                         .settle = "USDT"};

    snprintf(ins.name, sizeof ins.name, "%s", name);
    return ins;
}

data_type a_type(uint32_t type, int64_t length)
{
    return (data_type){type, type == QN_EVENT_BAR ? length : 0};
}

void folder_new(char to[PATH_ROOM])
{
    folder_make(to, "tape");
}

/* A value of a field: near the one before it, anywhere, or at an end. */
static uint64_t value(wildness how, uint32_t i, uint64_t middle, uint64_t *state)
{
    static const uint64_t ends[] = {0, 1, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MAX + 1};

    if (how == TAME) return middle + 25 * random_below(state, 100) + (i % 50 == 0 ? 100000 : 0);
    if (how == WILD) return random_next(state) >> (1 + random_below(state, 40));
    return random_below(state, 4) ? ends[random_below(state, 5)] : random_next(state);
}

any_event random_event(data_type data, uint32_t i, wildness how, int64_t start, uint64_t *state)
{
    const event_row *row = event_row_of(data.type);
    any_event ev = {0};
    int64_t step = data.length ? data.length : 7 * QN_NS_PER_MS;
    int64_t venue_ts = start + (int64_t)i * step;

    for (uint32_t f = FIELD_AT_FLAGS + 1; f < row->nfields; f++) {
        const event_field *field = &row->fields[f];
        uint64_t v = value(how, i, field->kind == FIELD_ID ? 5000 + 3 * i : 1000000, state);
        if (field->kind == FIELD_SIDE) v = QN_BUY + random_below(state, 2);
        if (field->size == 4)
            memcpy(ev.room + field->offset, &(uint32_t){(uint32_t)v}, 4);
        else
            memcpy(ev.room + field->offset, &v, 8);
    }
    ev.hdr.type = (uint16_t)data.type;
    ev.hdr.size = (uint16_t)row->size;
    ev.hdr.flags = how == TAME ? (uint32_t)random_below(state, 2) : (uint32_t)random_next(state);
    ev.hdr.ts_ns = venue_ts + data.length;
    if (how != TAME && !data.length) ev.hdr.ts_ns += 100; /* a receive time */
    memcpy(ev.room + row->fields[FIELD_AT_VENUE_TS].offset, &venue_ts, 8);
    if (data.type == QN_EVENT_BAR) ev.bar.length = data.length;
    return ev;
}

catalog_writer *writer_at(const char *dir, const qn_instrument *ins, data_type data)
{
    catalog_writer *w = NULL;
    qn_err err = QN_ERR_INIT;

    ck_assert_msg(catalog_writer_open(dir, &w, &err) == QN_OK, "%s", err.msg);
    ck_assert_msg(catalog_writer_instrument(w, ins, &err) == QN_OK, "%s", err.msg);
    ck_assert_msg(catalog_writer_begin(w, ins->name, data, &err) == QN_OK, "%s", err.msg);
    return w;
}

void writer_add(catalog_writer *w, const qn_event *ev)
{
    qn_err err = QN_ERR_INIT;

    ck_assert_msg(catalog_writer_add(w, ev, &err) == QN_OK, "%s", err.msg);
}

void writer_done(catalog_writer *w)
{
    qn_err err = QN_ERR_INIT;

    ck_assert_msg(catalog_writer_publish(w, &err) == QN_OK, "%s", err.msg);
    catalog_writer_close(w);
}

void write_events(const char *dir, const qn_instrument *ins, data_type data,
                  const any_event *events, size_t n)
{
    catalog_writer *w = writer_at(dir, ins, data);

    for (size_t i = 0; i < n; i++)
        writer_add(w, &events[i].hdr);
    writer_done(w);
}

catalog *catalog_at(const char *dir)
{
    catalog *cat = NULL;
    qn_err err = QN_ERR_INIT;

    ck_assert_msg(catalog_open(dir, &cat, &err) == QN_OK, "%s", err.msg);
    return cat;
}

size_t read_events(const char *dir, const qn_instrument *ins, data_type data, int64_t from,
                   int64_t to, any_event *events, size_t room)
{
    catalog *cat = catalog_at(dir);
    tape_stream stream = {ins, data};
    qn_err err = QN_ERR_INIT;
    tape *t = NULL;
    size_t n = 0;

    ck_assert_msg(tape_open(cat, &stream, 1, from, to, &t, &err) == QN_OK, "%s", err.msg);
    for (; t->head; n++) {
        if (n < room) memcpy(&events[n], t->head, t->head->size);
        ck_assert_msg(tape_next(t, &err) == QN_OK, "%s", err.msg);
    }
    tape_close(t);
    catalog_close(cat);
    return n;
}

void only_file(const char *dir, char path[PATH_ROOM])
{
    catalog *cat = catalog_at(dir);
    const catalog_file *files;

    ck_assert_uint_eq(catalog_files(cat, &files), 1);
    ck_assert_int_eq(path_join(dir, files[0].path, path, NULL), QN_OK);
    catalog_close(cat);
}

void expect_same(const event_row *row, const any_event *got, const any_event *wanted, size_t i)
{
    for (uint32_t f = 0; f < row->nfields; f++) {
        int64_t a = event_field_get(&row->fields[f], &got->hdr);
        int64_t b = event_field_get(&row->fields[f], &wanted->hdr);
        ck_assert_msg(a == b, "%s %zu: %s is %lld, expected %lld", row->name, i,
                      row->fields[f].name, (long long)a, (long long)b);
    }
    ck_assert_uint_eq(got->hdr.type, row->type);
    ck_assert_uint_eq(got->hdr.size, row->size);
    ck_assert_uint_eq(got->hdr.seq, 0);
    ck_assert_uint_eq(got->hdr.slot, 0);
    if (row->type == QN_EVENT_BAR) ck_assert_int_eq(got->bar.length, wanted->bar.length);
}

void put_file(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    /* not by truncating first: some file systems flush such a file to disk when it is closed */
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
    ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
    ck_assert_int_eq(close(fd), 0);
}
