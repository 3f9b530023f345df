/* SPDX-License-Identifier: MIT */
#include <quoin/sdk/text.h>

#include <quoin/sdk/decimal.h>
#include <quoin/sdk/time.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void qn_text_back_to(qn_text *t, uint64_t used)
{
    t->used = used;
    t->to[used] = '\0';
    t->is_cut = 0;
}

void qn_text_add_n(qn_text *t, const char *text, uint64_t len)
{
    if (t->is_cut || len >= t->room - t->used) {
        t->is_cut = 1;
        return;
    }
    memcpy(t->to + t->used, text, len);
    t->used += len;
    t->to[t->used] = '\0';
}

void qn_text_add(qn_text *t, const char *text)
{
    if (text) qn_text_add_n(t, text, strlen(text));
}

void qn_text_add_char(qn_text *t, char c)
{
    qn_text_add_n(t, &c, 1);
}

void qn_text_add_count(qn_text *t, uint64_t value)
{
    char digits[24];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    qn_text_add_n(t, digits + at, sizeof digits - at);
}

void qn_text_add_integer(qn_text *t, int64_t value)
{
    if (value < 0) qn_text_add_char(t, '-');
    qn_text_add_count(t, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void qn_text_add_real(qn_text *t, double value)
{
    char digits[40];
    int n = 0;

    if (!isfinite(value)) {
        qn_text_add(t, "null");
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        n = snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value) break;
    }
    qn_text_add_n(t, digits, (uint64_t)n);
}

void qn_text_add_decimal(qn_text *t, int64_t mantissa, int32_t exp)
{
    char digits[QN_DECIMAL_TEXT];

    qn_text_add_n(t, digits, qn_decimal_format(mantissa, exp, digits));
}

void qn_text_add_time(qn_text *t, int64_t ts_ns)
{
    char iso[QN_TIME_TEXT];

    qn_text_add_n(t, iso, qn_time_format(ts_ns, iso));
}

void qn_text_add_time_short(qn_text *t, int64_t ts_ns)
{
    char iso[QN_TIME_TEXT];

    qn_text_add_n(t, iso, qn_time_format_short(ts_ns, iso));
}

/* Length of the UTF-8 character at `p`, 0 if there is none: RFC 3629, section 4, which leaves out
 * overlong forms, surrogates and what lies above U+10FFFF. The text ends with a NUL, which is no
 * continuation byte, so nothing behind it is read. */
static uint32_t utf8_length(const unsigned char *p)
{
    static const struct {
        unsigned char lead_lo, lead_hi, next_lo, next_hi, length;
    } forms[] = {
        {0x00, 0x7f, 0x00, 0xff, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (p[0] < forms[i].lead_lo || p[0] > forms[i].lead_hi) continue;
        if (forms[i].length == 1) return 1;
        if (p[1] < forms[i].next_lo || p[1] > forms[i].next_hi) return 0;
        for (uint32_t k = 2; k < forms[i].length; k++)
            if ((p[k] & 0xc0) != 0x80) return 0;
        return forms[i].length;
    }
    return 0;
}

void qn_text_add_json(qn_text *t, const char *text)
{
    static const char plain[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const unsigned char *p = (const unsigned char *)text;

    for (uint32_t n; *p; p += n ? n : 1) {
        const char *short_form = strchr(plain, *p);
        char code[8];

        n = utf8_length(p);
        if (short_form) {
            qn_text_add_char(t, '\\');
            qn_text_add_char(t, letters[short_form - plain]);
        } else if (n == 0) {
            qn_text_add(t, "\\ufffd");
        } else if (*p < 0x20 || *p == 0x7f) {
            snprintf(code, sizeof code, "\\u%04x", (unsigned)*p);
            qn_text_add(t, code);
        } else {
            qn_text_add_n(t, (const char *)p, n);
        }
    }
}

void qn_text_add_clean(qn_text *t, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;

    for (uint32_t n; *p; p += n ? n : 1) {
        n = utf8_length(p);
        if (n == 0)
            qn_text_add(t, "\xef\xbf\xbd");
        else if (*p < 0x20 || *p == 0x7f)
            qn_text_add_char(t, '?');
        else
            qn_text_add_n(t, (const char *)p, n);
    }
}
