/* SPDX-License-Identifier: MIT
 *
 * Signatures and values as text: what is taken, and what is refused where. */
#include "foreign/signature.h"

#include "check_main.h"
#include "random.h"

#include <stdio.h>
#include <string.h>

/* The signature as it is understood, "f64(f64[],i32)". */
static void write_out(const foreign_signature *s, char to[512])
{
    int n = snprintf(to, 512, "%s(", foreign_type_name(s->result));

    for (uint32_t i = 0; i < s->nargs; i++)
        n += snprintf(to + n, 512 - (size_t)n, "%s%s", i ? "," : "", foreign_type_name(s->args[i]));
    snprintf(to + n, 512 - (size_t)n, ")");
}

START_TEST(signatures_are_read)
{
    static const struct {
        const char *text, *canonical;
        uint32_t use;
    } cases[] = {
        {"f64(f64[],i32)", "f64(f64[],i32)", FOREIGN_FUNCTION},
        {"  f64 ( f64[] , u64,str )  ", "f64(f64[],u64,str)", FOREIGN_FUNCTION},
        {"i32()", "i32()", FOREIGN_FUNCTION},
        {"void()", "void()", FOREIGN_COMMAND},
        {"str(str)", "str(str)", FOREIGN_COMMAND},
        {"f32(i8,u8,i16,u16,i32,u32,i64,u64)", "f32(i8,u8,i16,u16,i32,u32,i64,u64)",
         FOREIGN_COMMAND},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        foreign_signature s;
        char text[512];
        ck_assert_int_eq(foreign_signature_parse(cases[i].text, cases[i].use, &s, NULL), QN_OK);
        write_out(&s, text);
        ck_assert_str_eq(text, cases[i].canonical);
    }
}
END_TEST

START_TEST(mistakes_name_their_column)
{
    static const struct {
        const char *text;
        uint32_t use;
        int32_t code;
        const char *says;
    } cases[] = {
        {"", FOREIGN_COMMAND, QN_E_SYNTAX, "column 1: the signature ends"},
        {"f63(f64)", FOREIGN_COMMAND, QN_E_UNKNOWN_NAME, "column 1: found 'f63'"},
        {"double(f64)", FOREIGN_COMMAND, QN_E_UNKNOWN_NAME, "column 1: found 'double'"},
        {"f64", FOREIGN_COMMAND, QN_E_SYNTAX, "column 4: the signature ends, expected '('"},
        {"f64 f64", FOREIGN_COMMAND, QN_E_SYNTAX, "column 5: found 'f64', expected '('"},
        {"f64(", FOREIGN_COMMAND, QN_E_SYNTAX, "column 5: the signature ends"},
        {"f64(f64", FOREIGN_COMMAND, QN_E_SYNTAX,
         "column 8: the signature ends, expected ',' or ')'"},
        {"f64(f64,)", FOREIGN_COMMAND, QN_E_SYNTAX, "column 9: found ')'"},
        {"f64(f64 i32)", FOREIGN_COMMAND, QN_E_SYNTAX, "column 9: found 'i32'"},
        {"f64(,f64)", FOREIGN_COMMAND, QN_E_SYNTAX, "column 5: found ','"},
        {"f64(f64))", FOREIGN_COMMAND, QN_E_SYNTAX, "column 9: found ')', expected the end"},
        {"f64(f64*)", FOREIGN_COMMAND, QN_E_UNKNOWN_NAME, "column 5: found 'f64*'"},
        {"f64(F64)", FOREIGN_COMMAND, QN_E_UNKNOWN_NAME, "column 5: found 'F64'"},
        {"f64(void)", FOREIGN_COMMAND, QN_E_TYPE, "column 5: void cannot stand here"},
        {"f64(f64[])", FOREIGN_COMMAND, QN_E_TYPE, "column 5: f64[] cannot stand here"},
        {"f64[](f64)", FOREIGN_FUNCTION, QN_E_TYPE, "column 1: f64[] cannot stand here"},
        {"void(f64)", FOREIGN_FUNCTION, QN_E_TYPE, "column 1: void cannot stand here"},
        {"str(f64)", FOREIGN_FUNCTION, QN_E_TYPE, "column 1: str cannot stand here"},
        {"f64(i8,i8,i8,i8,i8,i8,i8,i8,i8)", FOREIGN_COMMAND, QN_E_FULL,
         "column 29: more than 8 arguments"},
    };
    char longest[300];
    qn_err err;
    foreign_signature s;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        err = (qn_err)QN_ERR_INIT;
        memset(&s, 0x5a, sizeof s);
        ck_assert_int_eq(foreign_signature_parse(cases[i].text, cases[i].use, &s, &err),
                         cases[i].code);
        ck_assert_msg(strstr(err.msg, cases[i].says) != NULL, "'%s': %s", cases[i].text, err.msg);
        ck_assert_uint_eq(s.nargs, 0x5a5a5a5a); /* unchanged */
    }
    memset(longest, ' ', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ck_assert_int_eq(foreign_signature_parse(longest, FOREIGN_COMMAND, &s, &err), QN_E_SYNTAX);
}
END_TEST

/* Random pieces of signatures, and random bytes: never a crash, and what is taken is taken again
 * when it is written out. */
START_TEST(random_texts_are_read_or_refused)
{
    static const char *const pieces[] = {"f64", "f64[]", "i32", "u64",  "str", "(",  ")",
                                         ",",   " ",     "[]",  "void", "f",   "\t", "\xff"};
    uint64_t state = 7;
    uint32_t taken = 0;

    for (int round = 0; round < 400000; round++) {
        uint32_t use = random_below(&state, 2) ? FOREIGN_COMMAND : FOREIGN_FUNCTION;
        uint64_t n = random_below(&state, 12);
        char text[160] = "";
        char canonical[512];
        foreign_signature s;
        foreign_signature again;
        qn_err err = QN_ERR_INIT;
        int32_t rc;
        size_t used = 0;
        if (random_below(&state, 4)) used = (size_t)snprintf(text, sizeof text, "f64(");
        for (uint64_t i = 0; i < n; i++) {
            const char *piece = pieces[random_below(&state, sizeof pieces / sizeof pieces[0])];
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", piece);
        }
        if (used && random_below(&state, 5) == 0)
            text[random_below(&state, used)] = (char)random_next(&state);
        rc = foreign_signature_parse(text, use, &s, &err);
        ck_assert_msg(rc == QN_OK || err.msg[0], "'%s' is refused without a word", text);
        if (rc != QN_OK) continue;
        taken++;
        write_out(&s, canonical);
        ck_assert_int_eq(foreign_signature_parse(canonical, use, &again, NULL), QN_OK);
        ck_assert_int_eq(memcmp(&s, &again, sizeof s), 0);
    }
    ck_assert_uint_gt(taken, 1000);
}
END_TEST

START_TEST(values_are_checked_by_type)
{
    static const struct {
        foreign_type type;
        const char *text;
        int32_t code;
        int64_t whole;
        double number;
    } cases[] = {
        {FOREIGN_I8, "-128", QN_OK, -128, 0},
        {FOREIGN_I8, "128", QN_E_RANGE, 0, 0},
        {FOREIGN_U8, "255", QN_OK, 255, 0},
        {FOREIGN_U8, "-1", QN_E_RANGE, 0, 0},
        {FOREIGN_I16, "32768", QN_E_RANGE, 0, 0},
        {FOREIGN_U16, "65535", QN_OK, 65535, 0},
        {FOREIGN_I32, "-2147483648", QN_OK, INT32_MIN, 0},
        {FOREIGN_U32, "4294967296", QN_E_RANGE, 0, 0},
        {FOREIGN_I64, "9223372036854775807", QN_OK, INT64_MAX, 0},
        {FOREIGN_I64, "9223372036854775808", QN_E_RANGE, 0, 0},
        {FOREIGN_U64, "18446744073709551615", QN_OK, -1, 0},
        {FOREIGN_U64, "18446744073709551616", QN_E_RANGE, 0, 0},
        {FOREIGN_U64, "-1", QN_E_RANGE, 0, 0},
        {FOREIGN_I32, "1.5", QN_E_TYPE, 0, 0},
        {FOREIGN_I32, "", QN_E_TYPE, 0, 0},
        {FOREIGN_I32, "-", QN_E_TYPE, 0, 0},
        {FOREIGN_I32, " 1", QN_E_TYPE, 0, 0},
        {FOREIGN_I32, "0x10", QN_E_TYPE, 0, 0},
        {FOREIGN_I32, "true", QN_E_TYPE, 0, 0},
        {FOREIGN_F64, "0.2", QN_OK, 0, 0.2},
        {FOREIGN_F64, "-1e3", QN_OK, 0, -1000},
        {FOREIGN_F64, "nan", QN_E_TYPE, 0, 0},
        {FOREIGN_F64, "inf", QN_E_TYPE, 0, 0},
        {FOREIGN_F64, "0x1p3", QN_E_TYPE, 0, 0},
        {FOREIGN_F64, "1e999", QN_E_RANGE, 0, 0},
        {FOREIGN_F64, "1e", QN_E_TYPE, 0, 0},
        {FOREIGN_F64, "", QN_E_TYPE, 0, 0},
        {FOREIGN_F32, "1e39", QN_E_RANGE, 0, 0},
        {FOREIGN_STR, "a\nb", QN_E_TYPE, 0, 0},
        {FOREIGN_SERIES, "1", QN_E_TYPE, 0, 0},
        {FOREIGN_VOID, "", QN_E_TYPE, 0, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        foreign_value v = {.u = 0x1234};
        qn_err err = QN_ERR_INIT;
        int32_t rc = foreign_value_parse(cases[i].type, cases[i].text, &v, &err);
        ck_assert_msg(rc == cases[i].code, "%s \"%s\": %d %s", foreign_type_name(cases[i].type),
                      cases[i].text, rc, err.msg);
        if (rc != QN_OK) {
            ck_assert_uint_eq(v.u, 0x1234); /* unchanged */
            ck_assert_ptr_nonnull(strstr(err.msg, foreign_type_doc(cases[i].type)));
        } else if (cases[i].type >= FOREIGN_F32) {
            ck_assert_double_eq(v.f, cases[i].number);
        } else {
            ck_assert_int_eq(v.i, cases[i].whole);
        }
    }
}
END_TEST

START_TEST(values_have_an_order)
{
    foreign_value small = {.u = 1};
    foreign_value large = {.u = UINT64_MAX}; /* -1 with a sign */

    ck_assert_int_lt(foreign_value_compare(FOREIGN_U64, &small, &large), 0);
    ck_assert_int_gt(foreign_value_compare(FOREIGN_I64, &small, &large), 0);
    small.f = -0.5;
    large.f = 0.25;
    ck_assert_int_lt(foreign_value_compare(FOREIGN_F64, &small, &large), 0);
    ck_assert_int_eq(foreign_value_compare(FOREIGN_F64, &small, &small), 0);
}
END_TEST

CHECK_MAIN("foreign_signature", signatures_are_read, mistakes_name_their_column,
           random_texts_are_read_or_refused, values_are_checked_by_type, values_have_an_order)
