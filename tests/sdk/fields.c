/* SPDX-License-Identifier: MIT
 *
 * State by fields: what is saved comes back, older layouts are read, damage is refused. */
#include <quoin/sdk/fields.h>

#include "check_main.h"

#include <string.h>

static char memory[1 << 16] __attribute__((aligned(16)));
static size_t used;

static void *take(qn_ctx *ctx, uint64_t n, uint64_t align)
{
    char *p = memory + (used + align - 1) / align * align;

    (void)ctx;
    used = (size_t)(p - memory) + n;
    return used <= sizeof memory ? memset(p, 0, n) : NULL;
}

static const qn_host host = {.size = sizeof host, .abi = QN_ABI, .alloc = take};
static const qn_setup setup = {.size = sizeof setup, .host = &host};

typedef struct item {
    qn_window closes;
    int64_t side;
} item;

typedef struct thing {
    int32_t small;
    double real;
    int64_t list[3];
    item *items;
    uint32_t nitems;
    int64_t added; /* in layout 2 */
} thing;

static const qn_field item_rows[] = {QN_FIELD_OF_WINDOW(item, closes), QN_FIELD(item, side)};
static const qn_field rows_1[] = {QN_FIELD(thing, small), QN_FIELD(thing, real),
                                  QN_FIELD(thing, list),
                                  QN_FIELD_OF_EACH(thing, items, nitems, item, item_rows)};
static const qn_field rows_2[] = {QN_FIELD(thing, small), QN_FIELD(thing, real),
                                  QN_FIELD_SINCE(thing, added, 2), QN_FIELD(thing, list),
                                  QN_FIELD_OF_EACH(thing, items, nitems, item, item_rows)};
static const qn_fields layout_1 = {rows_1, 4, 0};
static const qn_fields layout_2 = {rows_2, 5, 0};

/* A stream over memory that moves at most `step` bytes a call. */
typedef struct blob {
    char data[4096];
    uint64_t len, at, step;
} blob;

static int64_t blob_read(void *ctx, void *to, uint64_t n)
{
    blob *b = ctx;
    uint64_t left = b->len - b->at;

    n = n < left ? n : left;
    n = n < b->step ? n : b->step;
    memcpy(to, b->data + b->at, n);
    b->at += n;
    return (int64_t)n;
}

static int64_t blob_write(void *ctx, const void *from, uint64_t n)
{
    blob *b = ctx;

    n = n < b->step ? n : b->step;
    if (b->len + n > sizeof b->data) return QN_E_FULL;
    memcpy(b->data + b->len, from, n);
    b->len += n;
    return (int64_t)n;
}

static qn_stream stream_of(blob *b)
{
    return (qn_stream){sizeof(qn_stream), 0, b, blob_read, blob_write};
}

static thing make(uint32_t nitems)
{
    thing t = {.nitems = nitems};

    t.items = take(NULL, nitems * sizeof *t.items, 16);
    for (uint32_t i = 0; i < nitems; i++)
        ck_assert_int_eq(qn_window_init(&t.items[i].closes, &setup, 5, NULL), QN_OK);
    return t;
}

static thing example(void)
{
    thing t = make(2);

    t.small = -7;
    t.real = 0.1;
    t.list[1] = INT64_MIN;
    t.added = 99;
    for (int64_t i = 0; i < 8; i++)
        qn_window_push(&t.items[0].closes, i * 1000003);
    qn_window_push(&t.items[1].closes, -5);
    t.items[1].side = 1;
    return t;
}

START_TEST(saved_loaded_saved_is_the_same_bytes)
{
    for (uint64_t step = 1; step < 9; step++) {
        thing a = example();
        thing b = make(2);
        blob one = {.step = step};
        blob two = {.step = step};
        qn_stream to = stream_of(&one);
        qn_stream again = stream_of(&two);
        qn_err err = QN_ERR_INIT;
        ck_assert_int_eq(qn_fields_save(&layout_2, &a, &to, &err), QN_OK);
        ck_assert_msg(qn_fields_load(&layout_2, &b, 2, &to, &err) == QN_OK, "%s", err.msg);
        ck_assert_uint_eq(one.at, one.len);
        ck_assert_int_eq(qn_fields_save(&layout_2, &b, &again, &err), QN_OK);
        ck_assert_uint_eq(one.len, two.len);
        ck_assert_mem_eq(one.data, two.data, one.len);
        ck_assert(qn_window_sum(&b.items[0].closes, 5) == qn_window_sum(&a.items[0].closes, 5));
        ck_assert_int_eq(b.items[1].side, 1);
        used = 0;
    }
}
END_TEST

START_TEST(an_older_layout_is_read)
{
    thing a = example();
    thing b = make(2);
    blob one = {.step = 64};
    qn_stream s = stream_of(&one);
    qn_err err = QN_ERR_INIT;

    b.added = 5;
    ck_assert_int_eq(qn_fields_save(&layout_1, &a, &s, &err), QN_OK);
    ck_assert_msg(qn_fields_load(&layout_2, &b, 1, &s, &err) == QN_OK, "%s", err.msg);
    ck_assert_int_eq(b.added, 5);
    ck_assert_int_eq(b.small, -7);
}
END_TEST

START_TEST(every_cut_is_refused)
{
    thing a = example();
    blob whole = {.step = 64};
    qn_stream to = stream_of(&whole);
    qn_err err = QN_ERR_INIT;

    ck_assert_int_eq(qn_fields_save(&layout_2, &a, &to, &err), QN_OK);
    for (uint64_t len = 0; len < whole.len; len++) {
        thing b = make(2);
        blob cut = whole;
        qn_stream from = stream_of(&cut);
        cut.len = len;
        cut.at = 0;
        ck_assert_int_lt(qn_fields_load(&layout_2, &b, 2, &from, &err), 0);
        used = 2048;
    }
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    thing a = example();
    thing other = make(3);
    blob one = {.step = 64};
    qn_stream s = stream_of(&one);
    qn_err err = QN_ERR_INIT;

    ck_assert_int_eq(qn_fields_save(&layout_2, &a, &s, &err), QN_OK);
    ck_assert_int_eq(qn_fields_load(&layout_2, &other, 2, &s, &err), QN_E_DAMAGED);
    ck_assert_ptr_nonnull(strstr(err.msg, "items"));
    one.at = 0;
    a = make(2);
    ck_assert_int_eq(qn_fields_load(&layout_1, &a, 1, &s, &err), QN_E_MISSING);
}
END_TEST

START_TEST(a_field_that_comes_twice_is_refused)
{
    thing a = example();
    blob one = {.step = 64};
    qn_stream s = stream_of(&one);
    qn_err err = QN_ERR_INIT;

    /* the second record becomes another one of the first field, whose record has 19 bytes */
    ck_assert_int_eq(qn_fields_save(&layout_1, &a, &s, &err), QN_OK);
    ck_assert_mem_eq(one.data + 6, "small", 5);
    memmove(one.data + 4 + 19 + 19, one.data + 4 + 19 + 22, one.len - (4 + 19 + 22));
    memcpy(one.data + 4 + 19, one.data + 4, 19);
    one.len -= 3;
    a = make(2);
    ck_assert_int_eq(qn_fields_load(&layout_1, &a, 1, &s, &err), QN_E_DAMAGED);
    ck_assert_ptr_nonnull(strstr(err.msg, "'small' twice"));
}
END_TEST

CHECK_MAIN("fields", a_field_that_comes_twice_is_refused, saved_loaded_saved_is_the_same_bytes,
           an_older_layout_is_read, every_cut_is_refused, what_does_not_fit_is_refused)
