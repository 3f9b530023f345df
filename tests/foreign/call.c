/* SPDX-License-Identifier: MIT
 *
 * Calls by signature reach the function as a call in C does: every width, both ways. */
#include "foreign/call.h"

#include "check_main.h"

#include <string.h>

static foreign_value call(const char *text, uint32_t use, foreign_fn fn, void *self,
                          const foreign_value *args, qn_err *err)
{
    foreign_signature s;
    foreign_call c;
    foreign_value result;

    ck_assert_int_eq(foreign_signature_parse(text, use, &s, NULL), QN_OK);
    ck_assert_int_eq(foreign_call_prepare(&c, &s, use, NULL), QN_OK);
    foreign_call_make(&c, fn, self, args, err, &result);
    return result;
}

static foreign_value plain(const char *text, foreign_fn fn, const foreign_value *args)
{
    return call(text, FOREIGN_FUNCTION, fn, NULL, args, NULL);
}

/* ------------------------------------------------------------------ results */

#define RETURNS(name, type)                                                                        \
    static type name(type x)                                                                       \
    {                                                                                              \
        return x;                                                                                  \
    }

RETURNS(same_i8, int8_t)
RETURNS(same_u8, uint8_t)
RETURNS(same_i16, int16_t)
RETURNS(same_u16, uint16_t)
RETURNS(same_i32, int32_t)
RETURNS(same_u32, uint32_t)
RETURNS(same_i64, int64_t)
RETURNS(same_u64, uint64_t)
RETURNS(same_f32, float)
RETURNS(same_f64, double)

/* Narrow results come back with their sign, and without anything above their width. */
START_TEST(every_width_comes_back)
{
    static const struct {
        const char *signature;
        foreign_fn fn;
        int64_t value;
    } cases[] = {
        {"i8(i8)", (foreign_fn)same_i8, -128},
        {"i8(i8)", (foreign_fn)same_i8, 127},
        {"u8(u8)", (foreign_fn)same_u8, 255},
        {"i16(i16)", (foreign_fn)same_i16, -32768},
        {"u16(u16)", (foreign_fn)same_u16, 65535},
        {"i32(i32)", (foreign_fn)same_i32, INT32_MIN},
        {"i32(i32)", (foreign_fn)same_i32, -1},
        {"u32(u32)", (foreign_fn)same_u32, UINT32_MAX},
        {"i64(i64)", (foreign_fn)same_i64, INT64_MIN},
    };
    foreign_value v;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        v = plain(cases[i].signature, cases[i].fn, &(foreign_value){.i = cases[i].value});
        ck_assert_msg(v.i == cases[i].value, "%s: %lld", cases[i].signature, (long long)v.i);
    }
    v = plain("u64(u64)", (foreign_fn)same_u64, &(foreign_value){.u = UINT64_MAX});
    ck_assert_uint_eq(v.u, UINT64_MAX);
    v = plain("f32(f32)", (foreign_fn)same_f32, &(foreign_value){.f = -0.1});
    ck_assert_double_eq(v.f, (double)-0.1f);
    v = plain("f64(f64)", (foreign_fn)same_f64, &(foreign_value){.f = 0.1});
    ck_assert_double_eq(v.f, 0.1);
}
END_TEST

/* ------------------------------------------------------------------ arguments */

static double mixed(const double *series, uint8_t n, double a, int16_t b, float c, const char *text,
                    int64_t d, uint32_t e)
{
    double sum = 0;

    for (uint8_t i = 0; i < n; i++)
        sum = sum * 10 + series[i];
    return sum + a + b + (double)c + (double)strlen(text) + (double)d + e;
}

START_TEST(arguments_stand_in_their_places)
{
    static const double series[] = {1, 2, 3};
    const foreign_value args[] = {{.series = series}, {.i = 3},       {.f = 0.5},
                                  {.i = -7},          {.f = 0.25},    {.text = "four"},
                                  {.i = 1000000},     {.i = 20000000}};
    foreign_value v = plain("f64(f64[],u8,f64,i16,f32,str,i64,u32)", (foreign_fn)mixed, args);

    ck_assert_double_eq(v.f, 123 + 0.5 - 7 + 0.25 + 4 + 1000000 + 20000000);
}
END_TEST

static int64_t none(void)
{
    return 42;
}

START_TEST(a_function_may_take_nothing)
{
    ck_assert_int_eq(plain("i64()", (foreign_fn)none, NULL).i, 42);
}
END_TEST

/* ------------------------------------------------------------------ commands */

static double set(double *self, double value, qn_err *err)
{
    double before = *self;

    if (value > 1) {
        err->code = QN_E_RANGE;
        return 0;
    }
    *self = value;
    return before;
}

static const char *name_of(const double *self, qn_err *err)
{
    (void)self;
    (void)err;
    return "a name";
}

static void forget(double *self, qn_err *err)
{
    (void)err;
    *self = 0;
}

START_TEST(commands_get_their_instance_and_an_error)
{
    double self = 3;
    qn_err err = QN_ERR_INIT;
    foreign_value v =
        call("f64(f64)", FOREIGN_COMMAND, (foreign_fn)set, &self, &(foreign_value){.f = 0.5}, &err);

    ck_assert_double_eq(v.f, 3);
    ck_assert_double_eq(self, 0.5);
    ck_assert_int_eq(err.code, QN_OK);
    call("f64(f64)", FOREIGN_COMMAND, (foreign_fn)set, &self, &(foreign_value){.f = 2}, &err);
    ck_assert_int_eq(err.code, QN_E_RANGE);
    ck_assert_double_eq(self, 0.5);
    v = call("str()", FOREIGN_COMMAND, (foreign_fn)name_of, &self, NULL, &err);
    ck_assert_str_eq(v.text, "a name");
    v = call("void()", FOREIGN_COMMAND, (foreign_fn)forget, &self, NULL, &err);
    ck_assert_uint_eq(v.u, 0);
    ck_assert_double_eq(self, 0);
}
END_TEST

START_TEST(numbers_become_doubles)
{
    ck_assert_double_eq(foreign_value_number(FOREIGN_I32, &(foreign_value){.i = -5}), -5);
    ck_assert_double_eq(foreign_value_number(FOREIGN_U64, &(foreign_value){.u = UINT64_MAX}),
                        18446744073709551615.0);
    ck_assert_double_eq(foreign_value_number(FOREIGN_F64, &(foreign_value){.f = 0.5}), 0.5);
}
END_TEST

CHECK_MAIN("foreign_call", every_width_comes_back, arguments_stand_in_their_places,
           a_function_may_take_nothing, commands_get_their_instance_and_an_error,
           numbers_become_doubles)
