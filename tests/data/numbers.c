/* SPDX-License-Identifier: MIT
 *
 * Numbers, times and rows as the importers read them. */
#include "check_main.h"

#include "tape/import/csv.h"
#include "tape/import/number.h"
#include "tape/import/stamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

typedef struct number_case {
    const char *text;
    int32_t exp;
    int32_t rc;
    int64_t value;
} number_case;

static const number_case number_cases[] = {
    {"0", 0, QN_OK, 0},
    {"-0", -2, QN_OK, 0},
    {"0.000000000000000000000000000", -2, QN_OK, 0},
    {"1", -2, QN_OK, 100},
    {"+1.5", -2, QN_OK, 150},
    {"-1.5", -2, QN_OK, -150},
    {"1.", -2, QN_OK, 100},
    {".5", -2, QN_OK, 50},
    {"1.50000", -1, QN_OK, 15},
    {"75901.45000000", -2, QN_OK, 7590145},
    {"1e3", 0, QN_OK, 1000},
    {"1.5E+2", -1, QN_OK, 1500},
    {"1.23456789e-7", -15, QN_OK, 123456789},
    {"12e-1", -1, QN_OK, 12},
    {"1200", 2, QN_OK, 12},
    {"1201", 2, QN_E_PRECISION, 0},
    {"9223372036854775807", 0, QN_OK, INT64_MAX},
    {"9223372036854775808", 0, QN_E_OVERFLOW, 0},
    {"92233720368547758.07", -2, QN_OK, INT64_MAX},
    {"92233720368547758.08", -2, QN_E_OVERFLOW, 0},
    {"10", -18, QN_E_OVERFLOW, 0},
    {"9.2", -18, QN_OK, INT64_C(9200000000000000000)},
    {"1e9999999999", 0, QN_E_OVERFLOW, 0},
    {"1e-9999999999", 0, QN_E_PRECISION, 0},
    {"0e9999999999", 0, QN_OK, 0},
    /* noise: within 2^-50 of a multiple, and not */
    {"1.2147000000000001", -4, QN_OK, 12147},
    {"1.2146999999999999", -4, QN_OK, 12147},
    {"0.30000000000000004", -1, QN_OK, 3},
    {"0.1000000000000000055511151231257827021181583404541015625", -1, QN_OK, 1},
    {"3153694.6073590001", -6, QN_OK, INT64_C(3153694607359)},
    {"1.000000000000001", -4, QN_E_PRECISION, 0},
    {"1.0000000000000008", -4, QN_OK, 10000},
    {"1.0000000000000009", -4, QN_E_PRECISION, 0},
    {"1.12345", -4, QN_E_PRECISION, 0},
    {"0.00001", -4, QN_E_PRECISION, 0},
    {"1e-30", -4, QN_E_PRECISION, 0},
    /* no numbers */
    {"", 0, QN_E_SYNTAX, 0},
    {".", 0, QN_E_SYNTAX, 0},
    {"-", 0, QN_E_SYNTAX, 0},
    {"+.", 0, QN_E_SYNTAX, 0},
    {"1..2", 0, QN_E_SYNTAX, 0},
    {"1,2", 0, QN_E_SYNTAX, 0},
    {"1e", 0, QN_E_SYNTAX, 0},
    {"1e+", 0, QN_E_SYNTAX, 0},
    {"1e5x", 0, QN_E_SYNTAX, 0},
    {"--1", 0, QN_E_SYNTAX, 0},
    {"0x10", 0, QN_E_SYNTAX, 0},
    {"nan", 0, QN_E_SYNTAX, 0},
    {" 1", 0, QN_E_SYNTAX, 0},
    {"1 ", 0, QN_E_SYNTAX, 0},
};

START_TEST(reads_numbers)
{
    for (size_t i = 0; i < COUNT(number_cases); i++) {
        const number_case *c = &number_cases[i];
        int64_t value = 77;
        int32_t rc = number_read(c->text, strlen(c->text), c->exp, &value);
        ck_assert_msg(rc == c->rc, "'%s': %d", c->text, rc);
        ck_assert_msg(value == (rc == QN_OK ? c->value : 77), "'%s': %" PRId64, c->text, value);
    }
}
END_TEST

static const struct {
    const char *text;
    int32_t rc, places;
} places_cases[] = {
    {"1", QN_OK, 0},
    {"100", QN_OK, 0},
    {"1.0", QN_OK, 0},
    {"1.50", QN_OK, 1},
    {"75901.45000000", QN_OK, 2},
    {"1.2147000000000001", QN_OK, 4},
    {"9999.9900000000016", QN_OK, 2},
    {"9.000000000000001", QN_OK, 0},
    {"1.00000000000001", QN_OK, 14},
    {"1e-7", QN_OK, 7},
    {"1.23456789e-7", QN_OK, 15},
    {"1e-18", QN_OK, 18},
    {"1e-19", QN_E_PRECISION, 0},
    {"1e20", QN_OK, 0},
    {"0.0000000", QN_OK, 0},
    {"x", QN_E_SYNTAX, 0},
    {"", QN_E_SYNTAX, 0},
};

START_TEST(counts_places)
{
    for (size_t i = 0; i < COUNT(places_cases); i++) {
        const char *text = places_cases[i].text;
        int32_t places = 77;
        int32_t rc = number_places(text, strlen(text), &places);
        ck_assert_msg(rc == places_cases[i].rc, "'%s': %d", text, rc);
        ck_assert_msg(places == (rc == QN_OK ? places_cases[i].places : 77), "'%s': %d", text,
                      places);
    }
}
END_TEST

/* The fast way and the careful one agree: the same number written short and with an exponent. */
START_TEST(fast_is_slow)
{
    uint64_t seed = 12345;

    for (int i = 0; i < 200000; i++) {
        char plain[64];
        char careful[80];
        int64_t a = 1;
        int64_t b = 2;
        int32_t rc;
        uint64_t whole;
        uint64_t part;
        int32_t exp;

        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        whole = seed >> (20 + (seed & 31));
        part = (seed >> 13) % 10000;
        exp = -(int32_t)(seed % 9);
        snprintf(plain, sizeof plain, "%" PRIu64 ".%04" PRIu64, whole, part);
        snprintf(careful, sizeof careful, "%se0", plain);
        rc = number_read(plain, strlen(plain), exp, &a);
        ck_assert_int_eq(rc, number_read(careful, strlen(careful), exp, &b));
        if (rc == QN_OK) ck_assert_int_eq(a, b);
    }
}
END_TEST

typedef struct stamp_case {
    const char *text;
    stamp_form before, after;
    int32_t rc;
    int64_t ns;
} stamp_case;

#define NEW_YEAR INT64_C(1577836800000000000)

static const stamp_case stamp_cases[] = {
    {"2020-01-01", STAMP_UNKNOWN, STAMP_ISO, QN_OK, NEW_YEAR},
    {"2020-01-01 00:00", STAMP_ISO, STAMP_ISO, QN_OK, NEW_YEAR},
    {"2020-01-01T01:00:00.5+01:00", STAMP_ISO, STAMP_ISO, QN_OK, NEW_YEAR + 500000000},
    {"1577836800", STAMP_UNKNOWN, STAMP_S, QN_OK, NEW_YEAR},
    {"1577836800.0", STAMP_S, STAMP_S, QN_OK, NEW_YEAR},
    {"1577836800.123456789", STAMP_S, STAMP_S, QN_OK, NEW_YEAR + 123456789},
    {"1577836800000", STAMP_UNKNOWN, STAMP_MS, QN_OK, NEW_YEAR},
    {"1577836800000.25", STAMP_MS, STAMP_MS, QN_OK, NEW_YEAR + 250000},
    {"1577836800000000", STAMP_UNKNOWN, STAMP_US, QN_OK, NEW_YEAR},
    {"1577836800000000123", STAMP_UNKNOWN, STAMP_NS, QN_OK, NEW_YEAR + 123},
    {"100000000", STAMP_UNKNOWN, STAMP_S, QN_OK, INT64_C(100000000000000000)},
    {"1577836800000", STAMP_S, STAMP_S, QN_E_TYPE, 0},
    {"2020-01-01", STAMP_S, STAMP_S, QN_E_TYPE, 0},
    {"1577836800", STAMP_ISO, STAMP_ISO, QN_E_TYPE, 0},
    {"99999999", STAMP_UNKNOWN, STAMP_UNKNOWN, QN_E_RANGE, 0},
    {"15778368000", STAMP_UNKNOWN, STAMP_UNKNOWN, QN_E_RANGE, 0},
    {"15778368000000", STAMP_UNKNOWN, STAMP_UNKNOWN, QN_E_RANGE, 0},
    {"15778368000000000", STAMP_UNKNOWN, STAMP_UNKNOWN, QN_E_RANGE, 0},
    {"15778368000000000000", STAMP_UNKNOWN, STAMP_UNKNOWN, QN_E_RANGE, 0},
    {"0", STAMP_UNKNOWN, STAMP_UNKNOWN, QN_E_RANGE, 0},
    {"0001577836800", STAMP_UNKNOWN, STAMP_UNKNOWN, QN_E_RANGE, 0},
    {"9999999999", STAMP_UNKNOWN, STAMP_UNKNOWN, QN_E_RANGE, 0},
    {"-1577836800", STAMP_UNKNOWN, STAMP_UNKNOWN, QN_E_SYNTAX, 0},
    {"1.5778368e9", STAMP_UNKNOWN, STAMP_UNKNOWN, QN_E_SYNTAX, 0},
    {"2020-13-01", STAMP_UNKNOWN, STAMP_UNKNOWN, QN_E_SYNTAX, 0},
    {"", STAMP_UNKNOWN, STAMP_UNKNOWN, QN_E_SYNTAX, 0},
    {"noon", STAMP_UNKNOWN, STAMP_UNKNOWN, QN_E_SYNTAX, 0},
};

START_TEST(reads_times)
{
    for (size_t i = 0; i < COUNT(stamp_cases); i++) {
        const stamp_case *c = &stamp_cases[i];
        stamp_form form = c->before;
        int64_t ns = 77;
        qn_err err = QN_ERR_INIT;
        int32_t rc = stamp_read(c->text, strlen(c->text), &form, &ns, &err);
        ck_assert_msg(rc == c->rc, "'%s': %s", c->text, err.msg);
        ck_assert_msg(form == c->after, "'%s': form %d", c->text, (int)form);
        ck_assert_msg(ns == (rc == QN_OK ? c->ns : 77), "'%s': %" PRId64, c->text, ns);
    }
}
END_TEST

/* Rows of a text, "a|b" each, with the line in front; "!" for a row that is none. */
static void rows_of(const char *text, size_t len, char *to, size_t room)
{
    char path[] = "/tmp/quoin-csv-XXXXXX";
    int fd = mkstemp(path);
    size_t used = 0;
    csv *c = NULL;
    csv_row row;
    int32_t rc;

    to[0] = '\0';
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
    close(fd);
    ck_assert_int_eq(csv_open(path, &c, NULL), QN_OK);
    for (;;) {
        rc = csv_next(c, &row, NULL);
        ck_assert(rc == QN_OK || rc == QN_E_SYNTAX);
        if (rc == QN_OK && row.line == 0) break;
        used += (size_t)snprintf(to + used, room - used, "%" PRId64 ":", row.line);
        if (rc != QN_OK) used += (size_t)snprintf(to + used, room - used, "!");
        for (uint32_t i = 0; i < row.n && rc == QN_OK; i++)
            used += (size_t)snprintf(to + used, room - used, "%s%.*s", i ? "|" : "",
                                     (int)row.fields[i].len, row.fields[i].text);
        used += (size_t)snprintf(to + used, room - used, ";");
    }
    csv_close(c);
    unlink(path);
}

static const struct {
    const char *text, *rows;
} csv_cases[] = {
    {"", ""},
    {"\n", "1:;"},
    {"a", "1:a;"},
    {"a\n", "1:a;"},
    {"a,b\nc,d", "1:a|b;2:c|d;"},
    {"a,b\r\nc,d\r\n", "1:a|b;2:c|d;"},
    {"a,\r\n,b", "1:a|;2:|b;"},
    {",", "1:|;"},
    {"a\r\n\r\nb", "1:a;2:;3:b;"},
    {"\xef\xbb\xbf"
     "a,b",
     "1:a|b;"},
    {"\"a,b\",c", "1:a,b|c;"},
    {"\"a\"\"b\",\"\"", "1:a\"b|;"},
    {"x,\"y\"\r\nz", "1:x|y;2:z;"},
    {"a\"b,c", "1:a\"b|c;"},
    {"\"a\nb", "1:!;2:b;"},
    {"\"a\"b\nc", "1:!;2:c;"},
};

START_TEST(splits_rows)
{
    char rows[4096];

    for (size_t i = 0; i < COUNT(csv_cases); i++) {
        rows_of(csv_cases[i].text, strlen(csv_cases[i].text), rows, sizeof rows);
        ck_assert_str_eq(rows, csv_cases[i].rows);
    }
}
END_TEST

/* A line that is too long is one bad row, wherever in the buffer it lies. */
START_TEST(passes_over_long_lines)
{
    static char text[1 << 20];
    char rows[4096];
    size_t len = 0;

    memcpy(text, "a,b\n", 4);
    len = 4;
    memset(text + len, 'x', 700000);
    len += 700000;
    memcpy(text + len, "\nc,d\n", 5);
    len += 5;
    rows_of(text, len, rows, sizeof rows);
    ck_assert_str_eq(rows, "1:a|b;2:!;3:c|d;");
}
END_TEST

CHECK_MAIN("import_text", reads_numbers, counts_places, fast_is_slow, reads_times, splits_rows,
           passes_over_long_lines)
