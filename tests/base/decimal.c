/* SPDX-License-Identifier: MIT */
#include <quoin/sdk/decimal.h>

#include "check_main.h"

#include <string.h>

static int32_t parse(const char *text, qn_decimal *out)
{
    return qn_decimal_parse(text, strlen(text), out);
}

START_TEST(text_to_decimal)
{
    static const struct {
        const char *text;
        int64_t mantissa;
        int32_t exp;
    } good[] = {
        {"0", 0, 0},
        {"-0.000", 0, 0},
        {"1.50", 15, -1},
        {"+7", 7, 0},
        {".25", 25, -2},
        {"12.", 12, 0},
        {"1e3", 1, 3},
        {"2.5E-2", 25, -3},
        {"100", 100, 0},
        {"0.00000001", 1, -8},
        {"-3.10", -31, -1},
        {"15e18", 15, 18},
        {"92233720368547758.07", INT64_MAX, -2},
        {"1000000000.000000000000000000", 1000000000, 0},
    };
    static const struct {
        const char *text;
        int32_t code;
    } bad[] = {
        {"", QN_E_SYNTAX},
        {".", QN_E_SYNTAX},
        {"-", QN_E_SYNTAX},
        {"1x", QN_E_SYNTAX},
        {" 1", QN_E_SYNTAX},
        {"1e", QN_E_SYNTAX},
        {"1.2.3", QN_E_SYNTAX},
        {"nan", QN_E_SYNTAX},
        {"1e19", QN_OK},
        {"1e400", QN_E_OVERFLOW},
        {"1e-19", QN_E_OVERFLOW},
        {"9223372036854775808", QN_E_OVERFLOW},
        {"1e99999999999", QN_E_OVERFLOW},
    };
    qn_decimal d;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_msg(parse(good[i].text, &d) == QN_OK, "%s", good[i].text);
        ck_assert_msg(d.mantissa == good[i].mantissa && d.exp == good[i].exp, "%s: %lde%d",
                      good[i].text, (long)d.mantissa, d.exp);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(parse(bad[i].text, &d) == bad[i].code, "%s", bad[i].text);
}
END_TEST

START_TEST(exponents_are_exact)
{
    int64_t m = 77;

    ck_assert_int_eq(qn_decimal_parse_at("1.25", 4, -2, &m), QN_OK);
    ck_assert_int_eq(m, 125);
    ck_assert_int_eq(qn_decimal_parse_at("1.25", 4, -8, &m), QN_OK);
    ck_assert_int_eq(m, 125000000);
    ck_assert_int_eq(qn_decimal_parse_at("1.25", 4, -1, &m), QN_E_PRECISION);
    ck_assert_int_eq(qn_decimal_parse_at("1e18", 4, -1, &m), QN_E_OVERFLOW);
    ck_assert_int_eq(m, 125000000);
    ck_assert_int_eq(qn_decimal_parse_at("1200", 4, 2, &m), QN_OK);
    ck_assert_int_eq(m, 12);
}
END_TEST

START_TEST(decimal_to_text)
{
    static const struct {
        int64_t mantissa;
        int32_t exp;
        const char *text;
    } rows[] = {
        {0, -8, "0"},
        {25, -2, "0.25"},
        {-25, -2, "-0.25"},
        {100, -2, "1"},
        {12345, -2, "123.45"},
        {5, 3, "5000"},
        {1, -8, "0.00000001"},
        {INT64_MIN, 0, "-9223372036854775808"},
        {INT64_MAX, -18, "9.223372036854775807"},
        {-10, 0, "-10"},
    };
    char text[QN_DECIMAL_TEXT];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_uint_eq(qn_decimal_format(rows[i].mantissa, rows[i].exp, text),
                          strlen(rows[i].text));
        ck_assert_str_eq(text, rows[i].text);
    }
    qn_decimal_format_fixed(12345, -2, 4, text);
    ck_assert_str_eq(text, "123.4500");
    qn_decimal_format_fixed(5, 0, 2, text);
    ck_assert_str_eq(text, "5.00");
    qn_decimal_format_fixed(-125, -3, 2, text);
    ck_assert_str_eq(text, "-0.12");
    qn_decimal_format_fixed(0, -8, 2, text);
    ck_assert_str_eq(text, "0.00");
}
END_TEST

START_TEST(halves_go_to_even)
{
    static const int64_t rows[][3] = {{5, 2, 2},  {7, 2, 4},   {-5, 2, -2}, {-7, 2, -4},
                                      {10, 4, 2}, {11, 4, 3},  {9, 4, 2},   {1, 3, 0},
                                      {2, 3, 1},  {-2, 3, -1}, {0, 5, 0},   {6, 3, 2}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_int_eq((int64_t)qn_wide_divide(rows[i][0], rows[i][1]), rows[i][2]);
}
END_TEST

START_TEST(wide_scaling_is_checked)
{
    qn_wide w = 1;
    int64_t n = 1;

    ck_assert_int_eq(qn_wide_scale(15, -1, &w), QN_OK);
    ck_assert_int_eq((int64_t)w, 2);
    ck_assert_int_eq(qn_wide_scale(3, 30, &w), QN_OK);
    ck_assert_int_eq((int64_t)(w / qn_pow10(18)), INT64_C(3000000000000));
    ck_assert_int_eq(qn_wide_scale(w, 18, &w), QN_E_OVERFLOW);
    ck_assert_int_eq(qn_wide_narrow(w, &n), QN_E_OVERFLOW);
    ck_assert_int_eq(n, 1);
}
END_TEST

START_TEST(steps)
{
    ck_assert_int_eq(qn_floor_to(17, 5), 15);
    ck_assert_int_eq(qn_floor_to(-17, 5), -20);
    ck_assert_int_eq(qn_ceil_to(17, 5), 20);
    ck_assert_int_eq(qn_ceil_to(-17, 5), -15);
    ck_assert_int_eq(qn_ceil_to(15, 5), 15);
    ck_assert_int_eq(qn_floor_to(-15, 5), -15);
}
END_TEST

START_TEST(as_a_double)
{
    ck_assert_double_eq(qn_decimal_double(-12345, -2), -123.45);
    ck_assert_double_eq(qn_decimal_double(12, 3), 12000.0);
    ck_assert_double_eq(qn_decimal_double(1, -18), 1e-18);
}
END_TEST

CHECK_MAIN("decimal", as_a_double, text_to_decimal, exponents_are_exact, decimal_to_text,
           halves_go_to_even, wide_scaling_is_checked, steps)
