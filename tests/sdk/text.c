/* SPDX-License-Identifier: MIT
 *
 * Text into a buffer: the buffer's end, numbers, times, JSON's strings. */
#include <quoin/sdk/text.h>
#include <quoin/sdk/time.h>

#include "check_main.h"

#include <math.h>
#include <string.h>
#include <time.h>

START_TEST(test_end_of_buffer)
{
    char room[8] = "#######";
    qn_text t = {.to = room, .room = 6};

    qn_text_add(&t, "abc");
    qn_text_add(&t, "defg"); /* 7 bytes, and 5 fit */
    ck_assert_uint_eq(t.is_cut, 1);
    ck_assert_str_eq(room, "abc");
    qn_text_add(&t, "x"); /* would fit, but something is missing in front of it */
    ck_assert_str_eq(room, "abc");
    qn_text_back_to(&t, 1);
    qn_text_add(&t, "bcde");
    ck_assert_str_eq(room, "abcde");
    ck_assert_uint_eq(t.is_cut, 0);
    ck_assert_int_eq(room[6], '#');
    qn_text_add_char(&t, 'f');
    ck_assert_uint_eq(t.is_cut, 1);
}
END_TEST

START_TEST(test_integers)
{
    char room[256];
    qn_text t = QN_TEXT(room);

    qn_text_add_count(&t, 0);
    qn_text_add_char(&t, ' ');
    qn_text_add_count(&t, UINT64_MAX);
    qn_text_add_char(&t, ' ');
    qn_text_add_integer(&t, INT64_MIN);
    qn_text_add_char(&t, ' ');
    qn_text_add_integer(&t, INT64_MAX);
    qn_text_add_char(&t, ' ');
    qn_text_add_decimal(&t, -1050, -3);
    ck_assert_str_eq(room, "0 18446744073709551615 -9223372036854775808 9223372036854775807 -1.05");
}
END_TEST

START_TEST(test_reals)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0, "0"},           {0.1, "0.1"},       {1.0 / 3, "0.3333333333333333"},
                {1e300, "1e+300"},  {5e-324, "5e-324"}, {0.1 + 0.2, "0.30000000000000004"},
                {-2.5, "-2.5"},     {NAN, "null"},      {-INFINITY, "null"},
                {INFINITY, "null"}, {1e15, "1e+15"},    {123456789012345, "123456789012345"}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char room[64];
        qn_text t = QN_TEXT(room);

        qn_text_add_real(&t, rows[i].value);
        if (rows[i].value == 5e-324)
            ck_assert_double_eq(strtod(room, NULL), 5e-324);
        else
            ck_assert_str_eq(room, rows[i].text);
    }
}
END_TEST

/* The C library's calendar is the second opinion. */
START_TEST(test_times)
{
    static const int64_t times[] = {0,
                                    -1,
                                    1,
                                    1577836800123456789,
                                    951782400 * QN_NS_PER_S, /* a leap day */
                                    INT64_MIN,
                                    INT64_MAX,
                                    -QN_NS_PER_DAY};

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        int64_t rest = (times[i] % QN_NS_PER_S + QN_NS_PER_S) % QN_NS_PER_S;
        time_t seconds = (time_t)(times[i] / QN_NS_PER_S - (times[i] % QN_NS_PER_S < 0));
        char room[64];
        char wanted[64];
        struct tm tm;
        qn_text t = QN_TEXT(room);
        qn_civil date = qn_civil_of(times[i]);

        gmtime_r(&seconds, &tm);
        strftime(wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%S", &tm);
        qn_text_add_time(&t, times[i]);
        ck_assert_int_eq(strncmp(room, wanted, 19), 0);
        ck_assert_int_eq(strtoll(room + 20, NULL, 10), rest);
        ck_assert_int_eq(room[29], 'Z');
        ck_assert_int_eq(date.day, tm.tm_mday);
        ck_assert_int_eq(date.month, tm.tm_mon + 1);
        ck_assert_int_eq(date.year, tm.tm_year + 1900);
    }
    {
        char room[64];
        qn_text t = QN_TEXT(room);

        qn_text_add_time_short(&t, 60 * QN_NS_PER_S);
        qn_text_add_char(&t, ' ');
        qn_text_add_time_short(&t, 1);
        ck_assert_str_eq(room, "1970-01-01T00:01:00Z 1970-01-01T00:00:00.000000001Z");
    }
}
END_TEST

START_TEST(test_json_strings)
{
    static const struct {
        const char *text, *json;
    } rows[] = {
        {"plain", "plain"},
        {"\"\\/", "\\\"\\\\/"},
        {"\b\f\n\r\t\x01\x1f\x7f", "\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f"},
        {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8d\x8b", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8d\x8b"},
        {"\x80", "\\ufffd"},                                  /* no beginning */
        {"\xc3", "\\ufffd"},                                  /* cut */
        {"\xe2\x82", "\\ufffd\\ufffd"},                       /* cut */
        {"\xc0\xaf", "\\ufffd\\ufffd"},                       /* overlong */
        {"\xe0\x80\x80", "\\ufffd\\ufffd\\ufffd"},            /* overlong */
        {"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},            /* a surrogate */
        {"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"}, /* above U+10FFFF */
        {"\xff-", "\\ufffd-"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char room[128];
        qn_text t = QN_TEXT(room);

        qn_text_add_json(&t, rows[i].text);
        ck_assert_str_eq(room, rows[i].json);
    }
}
END_TEST

START_TEST(test_clean)
{
    char room[64];
    qn_text t = QN_TEXT(room);

    qn_text_add_clean(&t, "a\nb\x1b[2J\x7f \xff \xe2\x82\xac");
    ck_assert_str_eq(room, "a?b?[2J? \xef\xbf\xbd \xe2\x82\xac");
}
END_TEST

CHECK_MAIN("text", test_end_of_buffer, test_integers, test_reals, test_times, test_json_strings,
           test_clean)
