/* SPDX-License-Identifier: MIT */
#include "html.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ text */

void html_free(html *h)
{
    mem_free(h->text);
    *h = (html){0};
}

static void put_n(html *h, const char *text, size_t n)
{
    void *grown = h->text;

    if (h->is_cut) return;
    if (!mem_reserve(&grown, &h->room, h->used + n + 1, 1)) {
        h->is_cut = true;
        return;
    }
    h->text = grown;
    memcpy(h->text + h->used, text, n);
    h->used += n;
    h->text[h->used] = '\0';
}

void html_put(html *h, const char *markup)
{
    put_n(h, markup, strlen(markup));
}

void html_putf(html *h, const char *format, ...)
{
    char text[1024];
    va_list list;
    int n;

    va_start(list, format);
    n = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (n < 0 || (size_t)n >= sizeof text)
        h->is_cut = true; /* no caller puts that much; half a tag would be worse than no page */
    else
        put_n(h, text, (size_t)n);
}

/* Whether XML 1.0 has the character (section 2.2). */
static bool is_character(uint32_t c)
{
    if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
    return !(c >= 0x7f && c < 0xa0) && !(c >= 0xd800 && c < 0xe000) && c != 0xfffe && c != 0xffff &&
           c <= 0x10ffff;
}

/* The character at `p`, and its length in *n; 0 where the bytes are no UTF-8, *n is 1 then. */
static uint32_t character_at(const unsigned char *p, size_t *n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = p[0] < 0x80             ? 1
                    : (p[0] & 0xe0) == 0xc0 ? 2
                    : (p[0] & 0xf0) == 0xe0 ? 3
                    : (p[0] & 0xf8) == 0xf0 ? 4
                                            : 0;
    uint32_t c = length == 1 ? p[0] : length ? p[0] & (0x7fu >> length) : 0;

    *n = 1;
    if (length == 0) return 0;
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80) return 0; /* the NUL at the end is none either */
        c = c << 6 | (p[i] & 0x3f);
    }
    if (c < least[length]) return 0;
    *n = length;
    return c;
}

static const char *entity_of(uint32_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return is_character(c) ? NULL : "\xef\xbf\xbd";
    }
}

void html_text(html *h, const char *text)
{
    const unsigned char *p = (const unsigned char *)(text ? text : "");
    size_t n;

    for (; *p; p += n) {
        const char *entity = entity_of(character_at(p, &n));
        if (entity)
            html_put(h, entity);
        else
            put_n(h, (const char *)p, n);
    }
}

void html_attribute(html *h, const char *name, const char *value)
{
    html_putf(h, " %s=\"", name);
    html_text(h, value);
    html_put(h, "\"");
}

void html_name(html *h, const char *name)
{
    html_put(h, "<bdi>");
    html_text(h, name);
    html_put(h, "</bdi>");
}

/* ------------------------------------------------------------------ numbers */

size_t html_number(double value, int places, char to[HTML_NUMBER])
{
    char digits[HTML_NUMBER];
    size_t used = 0;
    size_t n;
    size_t whole;

    places = places < 0 ? 0 : places > 12 ? 12 : places;
    if (!isfinite(value)) return (size_t)snprintf(to, HTML_NUMBER, "n/a");
    if (fabs(value) >= 1e15) /* no room for commas, and nobody reads them any more */
        return (size_t)snprintf(to, HTML_NUMBER, "%s%.3e", value < 0 ? "\xe2\x88\x92" : "",
                                fabs(value));
    n = (size_t)snprintf(digits, sizeof digits, "%.*f", places, fabs(value));
    whole = places > 0 ? n - (size_t)places - 1 : n;
    if (value < 0 && strspn(digits, "0.") < n)
        used = (size_t)snprintf(to, HTML_NUMBER, "\xe2\x88\x92");
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0) to[used++] = ',';
        to[used++] = digits[i];
    }
    to[used] = '\0';
    return used;
}

size_t html_percent(double value, int places, char to[HTML_NUMBER])
{
    size_t used = html_number(value * 100, places, to);

    if (!isfinite(value)) return used;
    return used + (size_t)snprintf(to + used, HTML_NUMBER - used, "\xc2\xa0%%");
}

int html_places(double value, int digits)
{
    int places;

    if (!isfinite(value) || value == 0) return 2;
    places = digits - 1 - (int)floor(log10(fabs(value)));
    return places < 0 ? 0 : places > 12 ? 12 : places;
}

const char *html_month(int32_t month)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

    return names[month - 1];
}

/* ------------------------------------------------------------------ frame */

/* One accent and its opposite, blue and orange, which every kind of colour vision tells apart.
 * Text on the ground has a contrast of 4.5 at least in both modes. Charts are drawn for 480 or
 * 1032 units of width; the wide ones have a narrow twin for small screens. */
static const char style[] =
    ":root{color-scheme:light dark;--bg:#fff;--text:#17212b;--muted:#566473;--line:#e2e7ec;"
    "--strong:#aab4bf;--accent:#0b62c4;--other:#b45309;--soft:#f5f7f9;"
    "--p1:#e8f1fc;--p2:#cadff8;--p3:#9dc4f2;--p4:#63a2e8;--p5:#1b66bd;--p5t:#fff;"
    "--n1:#fdf0e3;--n2:#fadcbf;--n3:#f4bc89;--n4:#e3954c;--n5:#a94a05;--n5t:#fff}\n"
    "@media (prefers-color-scheme:dark){:root{--bg:#11161c;--text:#e7ecf1;--muted:#9fabb8;"
    "--line:#27303a;--strong:#4b5866;--accent:#6cb0ff;--other:#ffa657;--soft:#181f27;"
    "--p1:#152638;--p2:#193a5d;--p3:#1c4d80;--p4:#2463a6;--p5:#79b8ff;--p5t:#0b1117;"
    "--n1:#332515;--n2:#523617;--n3:#734917;--n4:#8f5a16;--n5:#ffb066;--n5t:#0b1117}}\n"
    "*{box-sizing:border-box}"
    "html{-webkit-text-size-adjust:100%;text-size-adjust:100%}"
    "body{margin:0;background:var(--bg);color:var(--text);"
    "font:15px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums lining-nums}"
    "main{max-width:1080px;margin:0 auto;padding:40px 24px 64px}"
    "h1{font-size:30px;line-height:1.2;font-weight:650;letter-spacing:-.015em;margin:0 0 6px;"
    "overflow-wrap:anywhere}"
    "h2{font-size:19px;font-weight:650;letter-spacing:-.005em;margin:52px 0 14px;padding-top:14px;"
    "border-top:1px solid var(--line)}"
    "h3{font-size:15px;font-weight:650;margin:22px 0 8px;overflow-wrap:anywhere}"
    "p{margin:0 0 12px;max-width:75ch}"
    ".muted,.note{color:var(--muted)}.note{font-size:13px}"
    ".mono{font-family:ui-monospace,monospace;font-size:12.5px;overflow-wrap:anywhere}"
    ".up{color:var(--accent)}.down{color:var(--other)}"
    ".badge{display:inline-block;font-size:12px;font-weight:650;letter-spacing:.04em;"
    "border:1px solid currentColor;border-radius:4px;padding:1px 8px;margin:0 8px 6px 0}"
    ".badge.warn{color:var(--other)}"
    ".pair{display:grid;grid-template-columns:1fr 1fr;gap:8px 32px;align-items:start}"
    ".pair>*{min-width:0}"
    ".columns{columns:2;column-gap:32px}.keep{break-inside:avoid}td.mono{min-width:38ch}"
    ".tiles{display:grid;grid-template-columns:repeat(6,1fr);gap:20px 16px;margin:28px 0 0;"
    "padding:20px 0 0;border-top:2px solid var(--text)}"
    ".tiles div{display:flex;flex-direction:column-reverse;justify-content:flex-end}"
    ".tiles dt{color:var(--muted);font-size:13px}"
    ".tiles dd{margin:0;font-size:25px;font-weight:600;letter-spacing:-.01em;white-space:nowrap}\n"
    "figure{margin:0 0 8px}figcaption{font-weight:600;font-size:14px;margin:6px 0 4px;"
    "overflow-wrap:anywhere}figcaption small{font-weight:400;color:var(--muted);font-size:13px}"
    "svg{display:block;width:100%;height:auto;overflow:visible}.narrow{display:none}"
    "svg text{font:13px system-ui,sans-serif;fill:var(--muted);"
    "font-variant-numeric:tabular-nums lining-nums}"
    "svg .ink{fill:var(--text)}"
    ".g{stroke:var(--line);fill:none}.z{stroke:var(--strong);fill:none}"
    ".a,.b,.c{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}"
    ".a{stroke:var(--accent)}.b{stroke:var(--other)}"
    ".c{stroke:var(--muted);stroke-dasharray:5 3;stroke-width:1.3}"
    ".p{fill:none;stroke:var(--muted);stroke-width:1;stroke-linejoin:round;"
    "stroke-linecap:round}"
    ".fa{fill:var(--accent);fill-opacity:.24}.fb{fill:var(--other);fill-opacity:.2}"
    ".ba{fill:var(--accent)}.bb{fill:var(--other)}.bc{fill:var(--muted)}"
    ".ma{fill:var(--accent);stroke:var(--bg);stroke-width:.8}"
    ".mb{fill:var(--other);stroke:var(--bg);stroke-width:.8}"
    ".oa{fill:none;stroke:var(--accent);stroke-width:1.5}"
    ".ob{fill:none;stroke:var(--other);stroke-width:1.5}\n"
    "td.h0{color:var(--muted)}"
    ".h0{background:var(--soft);fill:var(--soft)}"
    ".p1{background:var(--p1);fill:var(--p1)}.p2{background:var(--p2);fill:var(--p2)}"
    ".p3{background:var(--p3);fill:var(--p3)}.p4{background:var(--p4);fill:var(--p4)}"
    ".p5{background:var(--p5);fill:var(--p5);color:var(--p5t)}"
    ".n1{background:var(--n1);fill:var(--n1)}.n2{background:var(--n2);fill:var(--n2)}"
    ".n3{background:var(--n3);fill:var(--n3)}.n4{background:var(--n4);fill:var(--n4)}"
    ".n5{background:var(--n5);fill:var(--n5);color:var(--n5t)}"
    "svg text.p5{fill:var(--p5t)}svg text.n5{fill:var(--n5t)}\n"
    ".scroll{overflow-x:auto;margin:0 0 12px}"
    "table{border-collapse:collapse;width:100%;font-size:14px}"
    "caption{text-align:left;font-weight:600;font-size:14px;padding:6px 0 6px}"
    "th,td{text-align:left;padding:5px 9px;vertical-align:top;"
    "border-bottom:1px solid var(--line);font-weight:400}"
    "thead th{color:var(--muted);font-size:13px;border-bottom-color:var(--strong);"
    "vertical-align:bottom}"
    "td.r,th.r{text-align:right;white-space:nowrap}"
    "td.r+td:not(.r),th.r+th:not(.r){padding-left:24px}"
    ".pair h3:first-child{margin:6px 0;font-size:14px}"
    "tr>:first-child{padding-left:0}tr>:last-child{padding-right:0}"
    ".quiet thead th{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}"
    ".quiet table{border-top:1px solid var(--strong)}.columns .scroll{margin-bottom:22px}"
    ".heat{min-width:620px;table-layout:fixed}.heat td,.heat "
    "tr>:last-child{text-align:right;padding:6px;border:2px "
    "solid var(--bg);"
    "font-size:13px;white-space:nowrap}"
    ".heat th{border:0;padding:6px}.heat th.r{padding:6px}"
    "details{margin:12px 0}summary{cursor:pointer;color:var(--accent)}\n"
    "@media (max-width:760px){main{padding:20px 12px "
    "40px}.pair{grid-template-columns:1fr}.columns{columns:1}"
    ".tiles{grid-template-columns:repeat(2,1fr)}.tiles dd{font-size:22px}h1{font-size:24px}"
    "h2{margin-top:36px}.wide{display:none}.narrow{display:block}}\n"
    "@page{size:A4;margin:13mm 12mm}"
    "@media print{:root{color-scheme:light;--bg:#fff;--text:#000;--muted:#444;--line:#ddd;"
    "--strong:#888;--accent:#0b62c4;--other:#b45309;--soft:#f5f7f9;--p1:#e8f1fc;--p2:#cadff8;"
    "--p3:#9dc4f2;--p4:#63a2e8;--p5:#1b66bd;--p5t:#fff;--n1:#fdf0e3;--n2:#fadcbf;--n3:#f4bc89;"
    "--n4:#e3954c;--n5:#a94a05;--n5t:#fff}"
    "*{-webkit-print-color-adjust:exact;print-color-adjust:exact}"
    "body{font-size:9.5pt;line-height:1.4}main{max-width:none;padding:0}"
    ".wide{display:block}.narrow{display:none}.columns{columns:2}td.mono{min-width:0}"
    ".pair{grid-template-columns:1fr 1fr;gap:4px 20px}.tiles{grid-template-columns:repeat(6,1fr);"
    "margin-top:14px;padding-top:12px}.tiles dd{font-size:15pt}"
    "h1{font-size:20pt}h2{margin:22px 0 8px;padding-top:10px;font-size:13pt}"
    "table{font-size:8.5pt}thead th{font-size:8pt}th,td{padding-top:2.5px;padding-bottom:2.5px}"
    ".scroll{overflow:visible;break-inside:avoid}details .scroll{break-inside:auto}"
    "td.r+td:not(.r),th.r+th:not(.r){padding-left:16px}"
    ".heat{min-width:0}.heat td,.heat tr>:last-child{padding:3px 2px;font-size:7.5pt}.heat "
    "th{padding:3px 2px}"
    "figure,tr,.tiles,.keep{break-inside:avoid}h2,h3,caption,figcaption{break-after:avoid}"
    "thead{display:table-header-group}details,#result{display:none}}\n";

void html_begin(html *h, const char *title)
{
    html_put(h, "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n"
                "<head>\n<meta charset=\"utf-8\"/>\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                "<title>");
    html_text(h, title);
    html_put(h, "</title>\n<style>\n");
    html_put(h, style);
    html_put(h, "</style>\n</head>\n<body>\n<main>\n");
}

void html_end(html *h)
{
    html_put(h, "</main>\n</body>\n</html>\n");
}

void html_section(html *h, const char *id, const char *title)
{
    html_put(h, "<section");
    html_attribute(h, "id", id);
    html_put(h, ">\n<h2>");
    html_text(h, title);
    html_put(h, "</h2>\n");
}

void html_paragraph(html *h, const char *class, const char *text)
{
    html_put(h, "<p");
    if (class) html_attribute(h, "class", class);
    html_put(h, ">");
    html_text(h, text);
    html_put(h, "</p>\n");
}

/* ------------------------------------------------------------------ tables */

void html_table_begin(html *h, const char *caption, const html_column *columns, size_t n)
{
    html_put(h, "<div class=\"scroll\"><table>\n");
    if (caption) {
        html_put(h, "<caption>");
        html_text(h, caption);
        html_put(h, "</caption>\n");
    }
    html_put(h, "<thead><tr>");
    for (size_t i = 0; i < n; i++) {
        html_put(h, columns[i].is_number ? "<th scope=\"col\" class=\"r\">" : "<th scope=\"col\">");
        html_text(h, columns[i].title);
        html_put(h, "</th>");
    }
    html_put(h, "</tr></thead>\n<tbody>\n");
}

void html_table_end(html *h)
{
    html_put(h, "</tbody></table></div>\n");
}

void html_row_begin(html *h, const char *heading)
{
    html_put(h, "<tr><th scope=\"row\">");
    html_name(h, heading);
    html_put(h, "</th>");
}

void html_row_end(html *h)
{
    html_put(h, "</tr>\n");
}

void html_cell(html *h, const char *text)
{
    html_put(h, "<td>");
    html_text(h, text);
    html_put(h, "</td>");
}

void html_cell_number(html *h, const char *text)
{
    html_put(h, "<td class=\"r\">");
    html_text(h, text);
    html_put(h, "</td>");
}

int32_t html_write(const html *h, const char *path, qn_err *err)
{
    if (h->is_cut || !h->text) return fail(err, QN_E_NO_MEMORY, "no memory for %s", path);
    return file_replace(path, h->text, h->used, err);
}
