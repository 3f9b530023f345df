/* SPDX-License-Identifier: MIT
 *
 * Pages: whatever text is put on them, they stay well-formed; numbers as people read them. */
#include "report/html.h"

#include "check_main.h"
#include "random.h"
#include "wellformed.h"

#include <math.h>

static void escapes(const char *text, const char *expected)
{
    html h = {0};

    html_put(&h, "");
    html_text(&h, text);
    ck_assert_str_eq(h.text, expected);
    html_free(&h);
}

START_TEST(text_is_escaped)
{
    escapes("a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;");
    escapes("&amp;", "&amp;amp;");
    escapes("tab\tand\nline", "tab\tand\nline");
    escapes("", "");
    escapes(NULL, "");
    escapes("\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xf0\x9f\x93\x88", "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d "
                                                                 "\xf0\x9f\x93\x88");
}
END_TEST

#define BAD "\xef\xbf\xbd"

START_TEST(what_xml_cannot_hold_is_replaced)
{
    escapes("\x01\x1f", BAD BAD);
    escapes("\x7f", BAD);
    escapes("a\xff"
            "b",
            "a" BAD "b");
    escapes("\xc3", BAD); /* cut off */
    escapes("\xe2\x82", BAD BAD);
    escapes("\xc0\xaf", BAD BAD);     /* a '/' in more bytes than it takes */
    escapes("\xed\xa0\x80", BAD);     /* a surrogate */
    escapes("\xef\xbf\xbf", BAD);     /* U+FFFF */
    escapes("\xf4\x90\x80\x80", BAD); /* beyond the last character */
    escapes("\x80<", BAD "&lt;");
}
END_TEST

START_TEST(numbers)
{
    static const struct {
        double value;
        int places;
        const char *text;
    } rows[] = {
        {0, 2, "0.00"},
        {-0.0, 2, "0.00"},
        {-0.001, 2, "0.00"},
        {-0.005001, 2,
         "\xe2\x88\x92"
         "0.01"},
        {999, 0, "999"},
        {1000, 0, "1,000"},
        {999999.995, 1, "1,000,000.0"},
        {-1234567.891, 2,
         "\xe2\x88\x92"
         "1,234,567.89"},
        {123456, 2, "123,456.00"},
        {1.5, -3, "2"},
        {NAN, 2, "n/a"},
        {INFINITY, 2, "n/a"},
        {-2e15, 2,
         "\xe2\x88\x92"
         "2.000e+15"},
        {999999999999999, 12, "999,999,999,999,999.000000000000"},
    };
    char text[HTML_NUMBER];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = html_number(rows[i].value, rows[i].places, text);
        ck_assert_str_eq(text, rows[i].text);
        ck_assert_uint_eq(n, strlen(text));
    }
    ck_assert_uint_eq(html_percent(0.05, 2, text), strlen(text));
    ck_assert_str_eq(text, "5.00\xc2\xa0%");
    html_percent(NAN, 2, text);
    ck_assert_str_eq(text, "n/a");
    ck_assert_int_eq(html_places(123.4, 5), 2);
    ck_assert_int_eq(html_places(0.0123456, 5), 6);
    ck_assert_int_eq(html_places(1e9, 5), 0);
    ck_assert_int_eq(html_places(1e-300, 5), 12);
    ck_assert_int_eq(html_places(0, 5), 2);
    ck_assert_int_eq(html_places(NAN, 5), 2);
}
END_TEST

/* Random bytes in every place that takes text. */
START_TEST(any_text_is_a_page)
{
    static const html_column columns[] = {{"<a>", false}, {"\"&'", true}};
    uint64_t seed = 7;

    for (int i = 0; i < 300; i++) {
        html h = {0};
        char text[64] = {0};
        for (size_t k = 0; k < sizeof text - 1; k++) {
            uint64_t byte = random_below(&seed, 256);
            text[k] = byte ? (char)byte : '<';
        }
        html_begin(&h, text);
        html_section(&h, "id", text);
        html_paragraph(&h, text, text);
        html_table_begin(&h, text, columns, 2);
        html_row_begin(&h, text);
        html_cell(&h, text);
        html_cell_number(&h, text);
        html_row_end(&h);
        html_table_end(&h);
        html_put(&h, "</section>");
        html_end(&h);
        ck_assert(!h.is_cut);
        check_wellformed(h.text);
        html_free(&h);
    }
}
END_TEST

START_TEST(a_page_is_written_whole_or_not_at_all)
{
    html h = {0};
    html cut = {.is_cut = true};
    qn_err err;

    ck_assert_int_eq(html_write(&cut, "/nowhere/x.html", &err), QN_E_NO_MEMORY);
    html_begin(&h, "x");
    html_end(&h);
    ck_assert_int_ne(html_write(&h, "/nowhere/at/all/x.html", &err), QN_OK);
    ck_assert_ptr_nonnull(strstr(err.msg, "/nowhere/at/all"));
    html_free(&h);
    ck_assert_ptr_null(h.text);
}
END_TEST

CHECK_MAIN("report page html", text_is_escaped, what_xml_cannot_hold_is_replaced, numbers,
           any_text_is_a_page, a_page_is_written_whole_or_not_at_all)
