/* SPDX-License-Identifier: MIT
 *
 * State as bytes: what is written is read, in the layout that the header says; what was cut or
 * changed is refused, and the section that it is in is named. */
#include "base/bytes.h"

#include "check_main.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define NUMBERS BYTES_TAG('N', 'U', 'M', 'S')
#define TEXTS BYTES_TAG('T', 'E', 'X', 'T')
#define ALL BYTES_TAG('A', 'L', 'L', '!')

static const qn_wide wides[] = {
    0, 1, -1, (qn_wide)INT64_MAX *INT64_MAX, (qn_wide)INT64_MIN *INT64_MAX,
};
static const double doubles[] = {0.0, -0.0, 1.5, -DBL_MIN / 2, DBL_MAX, INFINITY};
static const int64_t integers[] = {0, 1, -1, INT64_MAX, INT64_MIN};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Two sections in one, and a number behind them. */
static void write_all(bytes_out *out)
{
    size_t all = bytes_begin(out, ALL);
    size_t part = bytes_begin(out, NUMBERS);

    bytes_put_u8(out, 200);
    bytes_put_u32(out, 0xfedcba98);
    bytes_put_u64(out, UINT64_C(0xfedcba9876543210));
    for (size_t i = 0; i < COUNT(integers); i++)
        bytes_put_i64(out, integers[i]);
    for (size_t i = 0; i < COUNT(wides); i++)
        bytes_put_wide(out, wides[i]);
    for (size_t i = 0; i < COUNT(doubles); i++)
        bytes_put_double(out, doubles[i]);
    bytes_end(out, part);
    part = bytes_begin(out, TEXTS);
    bytes_put_text(out, "");
    bytes_put_text(out, "grün");
    bytes_put_u8(out, 1);
    bytes_put_u64(out, 3);
    bytes_put(out, "abcdef", 6);
    bytes_end(out, part);
    bytes_end(out, all);
    bytes_put_u32(out, 7);
}

static void read_numbers(bytes_in *in)
{
    bool is_same = bytes_get_u8(in) == 200 && bytes_get_u32(in) == 0xfedcba98 &&
                   bytes_get_u64(in) == UINT64_C(0xfedcba9876543210);

    for (size_t i = 0; i < COUNT(integers); i++)
        is_same &= bytes_get_i64(in) == integers[i];
    for (size_t i = 0; i < COUNT(wides); i++)
        is_same &= bytes_get_wide(in) == wides[i];
    for (size_t i = 0; i < COUNT(doubles); i++) {
        double value = bytes_get_double(in);
        is_same &= memcmp(&value, &doubles[i], sizeof value) == 0;
    }
    ck_assert(is_same || in->code != QN_OK);
}

static void read_texts(bytes_in *in)
{
    char text[6];
    char raw[6];

    bytes_get_text(in, text, sizeof text);
    ck_assert_str_eq(text, "");
    bytes_get_text(in, text, sizeof text);
    ck_assert(in->code != QN_OK || strcmp(text, "grün") == 0);
    ck_assert(bytes_get_bool(in) || in->code != QN_OK);
    ck_assert(bytes_get_count(in, 2) == 3 || in->code != QN_OK);
    bytes_get(in, raw, sizeof raw);
    ck_assert(in->code != QN_OK || memcmp(raw, "abcdef", 6) == 0);
}

/* As a loader reads: one check at the end of each section. */
static int32_t read_all(const void *data, size_t n, qn_err *err)
{
    bytes_in in = bytes_reader(data, n);
    bytes_in all = bytes_section(&in, ALL);
    bytes_in part = bytes_section(&all, NUMBERS);
    int32_t rc;

    read_numbers(&part);
    if ((rc = bytes_in_end(&part, err)) != QN_OK) return rc;
    part = bytes_section(&all, TEXTS);
    read_texts(&part);
    if ((rc = bytes_in_end(&part, err)) != QN_OK) return rc;
    if ((rc = bytes_in_end(&all, err)) != QN_OK) return rc;
    ck_assert(bytes_get_u32(&in) == 7 || in.code != QN_OK);
    return bytes_in_end(&in, err);
}

START_TEST(what_is_written_is_read)
{
    bytes_out out = {0};
    bytes_in in;
    qn_err err = QN_ERR_INIT;

    write_all(&out);
    ck_assert_int_eq(bytes_check(&out, &err), QN_OK);
    ck_assert_msg(read_all(out.data, out.used, &err) == QN_OK, "%s", err.msg);
    in = bytes_reader(out.data, out.used);
    ck_assert_uint_eq(bytes_peek(&in), ALL);
    ck_assert_uint_eq(bytes_left(&in), out.used);
    bytes_section(&in, ALL);
    ck_assert_uint_eq(bytes_peek(&in), 0);
    ck_assert_uint_eq(bytes_left(&in), 4);
    bytes_free(&out);
    ck_assert_uint_eq(out.used, 0);
}
END_TEST

START_TEST(the_layout_is_the_headers)
{
    static const unsigned char expected[] = {
        'N', 'U', 'M', 'S', 0x83, 0x92, 0x06, 0xe3, 9,    0,    0,    0,
        0,   0,   0,   0,                                                   /* CRC: RFC 3720's */
        '1', '2', '3', '4', '5',  '6',  '7',  '8',  '9',                    /* check value */
        4,   3,   2,   1,   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* 0x01020304, -1 */
        0,   0,   0,   0,   0,    0,    0xf8, 0x3f,                         /* 1.5, IEEE 754 */
        3,   0,   0,   0,   'a',  'b',  'c',
    };
    bytes_out out = {0};
    size_t begun = bytes_begin(&out, NUMBERS);

    bytes_put(&out, "123456789", 9);
    bytes_end(&out, begun);
    bytes_put_u32(&out, 0x01020304);
    bytes_put_i64(&out, -1);
    bytes_put_double(&out, 1.5);
    bytes_put_text(&out, "abc");
    ck_assert_uint_eq(out.used, sizeof expected);
    ck_assert_mem_eq(out.data, expected, sizeof expected);
    bytes_free(&out);
}
END_TEST

START_TEST(any_byte_that_is_cut_or_changed_is_found)
{
    bytes_out out = {0};
    unsigned char *copy;
    size_t behind; /* the number behind the sections: no checksum covers it */
    qn_err err = QN_ERR_INIT;

    write_all(&out);
    copy = malloc(out.used);
    behind = out.used - 4;
    for (size_t n = 0; n < out.used; n++) { /* in a block of that size: a read beyond is seen */
        unsigned char *cut = malloc(n + 1);
        memcpy(cut + 1, out.data, n);
        ck_assert_int_eq(read_all(cut + 1, n, &err), QN_E_DAMAGED);
        free(cut);
    }
    for (size_t i = 0; i < behind * 8; i++) {
        memcpy(copy, out.data, out.used);
        copy[i / 8] ^= (unsigned char)(1u << i % 8);
        ck_assert_int_eq(read_all(copy, out.used, &err), QN_E_DAMAGED);
    }
    memcpy(copy, out.data, out.used);
    copy[40] ^= 1;
    read_all(copy, out.used, &err);
    ck_assert_str_eq(err.msg, "section ALL!: byte 16: its bytes do not fit its checksum");
    free(copy);
    bytes_free(&out);
}
END_TEST

/* Bytes whose checksum is right and whose values are not. */
START_TEST(values_that_cannot_be_are_refused)
{
    static const struct {
        unsigned char bytes[12];
        size_t n;
        char kind;
        const char *what;
    } rows[] = {
        {{2}, 1, 'b', "section TEXT: byte 17: a flag is neither 0 nor 1"},
        {{4, 0, 0, 0, 'a', 'b', 'c', 'd'}, 8, 't', "section TEXT: byte 20: a text is too long"},
        {{3, 0, 0, 0, 'a', 0, 'c'}, 7, 't', "section TEXT: byte 23: a text holds a NUL"},
        {{3, 0, 0, 0, 'a'}, 5, 't', "section TEXT: byte 20: it is cut short"},
        {{2, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3}, 11, 'c', "more is announced than follows"},
        {{0, 0, 0, 0, 0, 0, 0, 0x80}, 8, 'c', "more is announced than follows"},
        {{1, 2}, 2, 'b', "section TEXT: byte 17: more follows than was expected"},
    };
    char text[4];

    for (size_t i = 0; i < COUNT(rows); i++) {
        bytes_out out = {0};
        size_t begun = bytes_begin(&out, TEXTS);
        bytes_in in, part;
        qn_err err = QN_ERR_INIT;
        bytes_put(&out, rows[i].bytes, rows[i].n);
        bytes_end(&out, begun);
        in = bytes_reader(out.data, out.used);
        part = bytes_section(&in, TEXTS);
        if (rows[i].kind == 'b')
            bytes_get_bool(&part);
        else if (rows[i].kind == 't')
            bytes_get_text(&part, text, sizeof text);
        else
            ck_assert_uint_eq(bytes_get_count(&part, 2), 0);
        ck_assert_int_eq(bytes_in_end(&part, &err), QN_E_DAMAGED);
        ck_assert_msg(strstr(err.msg, rows[i].what) != NULL, "%s", err.msg);
        ck_assert_uint_eq(bytes_get_u8(&part), 0);
        ck_assert_ptr_null(bytes_borrow(&part, 0));
        bytes_free(&out);
    }
}
END_TEST

START_TEST(streams_go_both_ways)
{
    bytes_out out = {0};
    bytes_in in;
    qn_stream to = bytes_stream_out(&out);
    qn_stream from;
    char text[8];

    ck_assert_int_eq(to.write(to.ctx, "abc", 3), 3);
    ck_assert_int_eq(to.write(to.ctx, "de", 2), 2);
    ck_assert_int_lt(to.read(to.ctx, text, 1), 0);
    in = bytes_reader(out.data, out.used);
    from = bytes_stream_in(&in);
    ck_assert_int_eq(from.read(from.ctx, text, 4), 4);
    ck_assert_int_eq(from.read(from.ctx, text + 4, 4), 1);
    ck_assert_int_eq(from.read(from.ctx, text + 5, 3), 0);
    ck_assert_mem_eq(text, "abcde", 5);
    ck_assert_int_lt(from.write(from.ctx, "x", 1), 0);
    ck_assert_int_eq(bytes_in_end(&in, NULL), QN_OK);
    bytes_free(&out);
    out.code = QN_E_NO_MEMORY;
    ck_assert_int_eq(to.write(to.ctx, "abc", 3), QN_E_NO_MEMORY);
    ck_assert_int_eq(bytes_check(&out, NULL), QN_E_NO_MEMORY);
    ck_assert_uint_eq(out.used, 0);
}
END_TEST

CHECK_MAIN("bytes", what_is_written_is_read, the_layout_is_the_headers,
           any_byte_that_is_cut_or_changed_is_found, values_that_cannot_be_are_refused,
           streams_go_both_ways)
