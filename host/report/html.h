/* SPDX-License-Identifier: MIT
 *
 * Writing a page of HTML that is XML as well: text is escaped, tables have headings that a screen
 * reader finds, the frame brings its own style and no script. Nothing on the page is fetched.
 *
 * The page grows in memory. Lack of it sticks and is told by html_write, so that a writer of many
 * elements checks once. Not shared between threads. */
#ifndef QUOIN_REPORT_HTML_H
#define QUOIN_REPORT_HTML_H

#include <quoin/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A page under way. All zero is an empty one. Invariant: text[used] is a NUL once text is there. */
typedef struct html {
    char *text;
    size_t used, room;
    bool is_cut; /* memory ran out: what was put since is lost */
} html;

void html_free(html *h);

/* Markup as it is. The formatted one is for constants and numbers: text of others is escaped. */
void html_put(html *h, const char *markup);
void html_putf(html *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Text, escaped so that it is safe between tags and in a quoted attribute. What XML cannot hold
 * (control characters, broken UTF-8) becomes U+FFFD. NULL is nothing. */
void html_text(html *h, const char *text);
/* ` name="value"`, the value escaped. */
void html_attribute(html *h, const char *name, const char *value);
/* A name that others chose: set apart, so that its direction does not turn the line around it. */
void html_name(html *h, const char *name);

/* The frame: head with title and style, <main> open; and its end. */
void html_begin(html *h, const char *title);
void html_end(html *h);

/* <section id="..."><h2>...</h2>; the caller closes by html_put(h, "</section>\n"). */
void html_section(html *h, const char *id, const char *title);
/* <p class="...">text</p>; a NULL class is none. */
void html_paragraph(html *h, const char *class, const char *text);

/* One column of a table. A title of "" is a column without one. */
typedef struct html_column {
    const char *title;
    bool is_number; /* set to the right */
} html_column;

/* A table that scrolls sideways where it is too wide. The caption is read aloud and shown above;
 * NULL = none. */
void html_table_begin(html *h, const char *caption, const html_column *columns, size_t n);
void html_table_end(html *h);
/* A row starts with its heading and ends by html_row_end. */
void html_row_begin(html *h, const char *heading);
void html_row_end(html *h);
/* A cell of text, and one of a figure. */
void html_cell(html *h, const char *text);
void html_cell_number(html *h, const char *text);

/* Room for a number of html_number and the NUL. */
#define HTML_NUMBER 64

/* A number for people: thousands set apart by commas, a true minus sign, `places` digits behind
 * the point (0 to 12); "n/a" for what is not finite. -0.00 is 0.00. Returns the length. */
size_t html_number(double value, int places, char to[HTML_NUMBER]);
/* A fraction as per cent: 0.05 is "5.00 %". */
size_t html_percent(double value, int places, char to[HTML_NUMBER]);
/* As many places as leave about `digits` significant ones: 2 for 123.4 at 5, 6 for 0.0123456 at
 * 5; between 0 and 12. */
int html_places(double value, int digits);

/* A month, 1 to 12: "Jan". */
const char *html_month(int32_t month);

/* Put the page at `path` as a whole (file_replace). QN_OK, QN_E_NO_MEMORY, or what the file
 * says; the page stays as it is. */
int32_t html_write(const html *h, const char *path, qn_err *err);

#endif
