/* SPDX-License-Identifier: MIT
 *
 * How to run it again, and to see that it is the same; and every value of report.json. */
#include "page_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ the command */

/* An argument for a POSIX shell: quoted where a shell would read more into it. */
static void put_argument(page *p, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-./=:,+@%";
    char one[2] = {0};

    html_put(&p->h, " ");
    if (*text && strspn(text, plain) == strlen(text)) {
        html_text(&p->h, text);
        return;
    }
    html_put(&p->h, "&#39;");
    for (const char *at = text; *at;) {
        size_t n = strcspn(at, "'");
        char piece[256];
        n = n < sizeof piece - 1 ? n : sizeof piece - 1;
        while (n > 0 && n < strlen(at) && ((unsigned char)at[n] & 0xc0) == 0x80)
            n--; /* not in the middle of a character */
        memcpy(piece, at, n);
        piece[n] = '\0';
        html_text(&p->h, piece);
        at += n;
        one[0] = *at == '\'' ? *at++ : '\0';
        if (one[0]) html_put(&p->h, "&#39;\\&#39;&#39;");
    }
    html_put(&p->h, "&#39;");
}

static void put_option(page *p, const char *option, const char *value)
{
    if (!value) return;
    html_putf(&p->h, " %s", option);
    put_argument(p, value);
}

static size_t count_of(struct json_object *of, const char *path)
{
    struct json_object *list = page_find(of, path);

    return list ? json_object_array_length(list) : 0;
}

static void command(page *p)
{
    struct json_object *m = p->manifest;
    struct json_object *sets = page_find(m, "set");
    const char *file = page_string(m, "config.file");

    html_put(&p->h, "<h3>Run it again</h3>\n<p class=\"mono\">quoin run");
    put_argument(p, file ? file : "CONF");
    for (size_t i = 0; sets && i < json_object_array_length(sets); i++)
        put_option(p, "--set", json_object_get_string(json_object_array_get_idx(sets, i)));
    put_option(p, "--from", page_string(m, "from"));
    put_option(p, "--to", page_string(m, "to"));
    html_put(&p->h, " --report DIR</p>\n");
    html_paragraph(&p->h, "note",
                   "The same config, plugins and data give the same decision hash: the run made "
                   "the same decisions in the same order.");
    if (count_of(p->result, "operations"))
        html_paragraph(&p->h, "note",
                       "Operators changed this run while it went on: the command above does not "
                       "do so again, a replay of its journal does.");
}

/* ------------------------------------------------------------------ tables */

static const html_column pair_columns[] = {{"What", false}, {"Value", false}};

static void manifest_row(page *p, const char *title, const char *text)
{
    html_row_begin(&p->h, title);
    html_put(&p->h, "<td class=\"mono\">");
    html_text(&p->h, text ? text : "n/a");
    html_put(&p->h, "</td>");
    html_row_end(&p->h);
}

static void plugin_table(page *p)
{
    static const html_column columns[] = {{"Plugin", false},
                                          {"Class", false},
                                          {"Version", false},
                                          {"License", false},
                                          {"SHA-256", false}};
    static const char *const keys[] = {"class", "version", "license"};
    struct json_object *list = page_find(p->manifest, "plugins");
    size_t n = list ? json_object_array_length(list) : 0;

    html_table_begin(&p->h, "Plugins", columns, 5);
    for (size_t i = 0; i < n; i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        html_row_begin(&p->h, page_string(one, "id"));
        for (size_t k = 0; k < 3; k++)
            html_cell(&p->h, page_string(one, keys[k]));
        html_put(&p->h, "<td class=\"mono\">");
        html_text(&p->h, page_string(one, "sha256"));
        html_put(&p->h, "</td>");
        html_row_end(&p->h);
    }
    html_table_end(&p->h);
}

/* A time to the second; other texts as they are. */
static void put_short(page *p, const char *text)
{
    if (text && strlen(text) > 19 && text[4] == '-' && text[10] == 'T')
        html_putf(&p->h, "%.10s %.8s", text, text + 11);
    else
        html_text(&p->h, text ? text : "");
}

/* Rows of a list of report.json: the first key heads the row, the `mono`-th is long. Nothing where
 * the list is empty. */
static void list_table(page *p, const char *title, const char *path, const html_column *columns,
                       const char *const *keys, size_t n, size_t mono)
{
    struct json_object *list = page_find(p->result, path);
    size_t rows = count_of(p->result, path);

    if (!rows) return;
    html_table_begin(&p->h, title, columns, n);
    for (size_t i = 0; i < rows; i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        html_row_begin(&p->h, page_string(one, keys[0]));
        for (size_t k = 1; k < n; k++) {
            html_put(&p->h, k == mono ? "<td class=\"mono\">" : "<td>");
            put_short(p, page_string(one, keys[k]));
            html_put(&p->h, "</td>");
        }
        html_row_end(&p->h);
    }
    html_table_end(&p->h);
}

static void function_table(page *p)
{
    static const html_column columns[] = {{"Function", false},
                                          {"Symbol", false},
                                          {"Signature", false},
                                          {"Library", false},
                                          {"SHA-256", false}};
    static const char *const keys[] = {"name", "symbol", "signature", "library", "sha256"};

    list_table(p, "Functions of libraries", "functions", columns, keys, 5, 4);
}

static void operation_table(page *p)
{
    static const html_column columns[] = {
        {"What", false},    {"Of", false},   {"Engine time", false}, {"With", false},
        {"Outcome", false}, {"User", false}, {"Wall clock", false}};
    static const char *const keys[] = {"verb", "target", "ts", "value", "code", "uid", "wall_ts"};

    list_table(p, "What operators did, and new builds of plugins", "operations", columns, keys, 7,
               3);
}

void page_manifest(page *p)
{
    static const struct {
        const char *title, *path;
    } rows[] = {
        {"Run", "run_id"},
        {"Quoin", "host_version"},
        {"ABI", "abi"},
        {"Config", "config.file"},
        {"Config, SHA-256", "config.sha256"},
        {"Seed", "seed"},
        {"Data from", "data.from"},
        {"Data to", "data.to"},
        {"Events", "data.events"},
        {"Data, SHA-256", "data.sha256"},
        {"Signatures of plugins", "trust.policy"},
        {"Tainted by unsigned plugins", "trust.tainted"},
        {"Decision hash", "decision_hash"},
        {"Ledger hash", "ledger_hash"},
    };

    html_section(&p->h, "manifest", "Run manifest");
    command(p);
    html_table_begin(&p->h, "What went in, and what came out", pair_columns, 2);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        manifest_row(p, rows[i].title, page_string(p->manifest, rows[i].path));
    html_table_end(&p->h);
    plugin_table(p);
    function_table(p);
    operation_table(p);
    html_put(&p->h, "</section>\n");
}

/* ------------------------------------------------------------------ report.json */

#define LEAVES_MAX 3000 /* rows, so that the page keeps its size */
#define PATH_MAX_TEXT 160

/* One value of report.json: a row with its path and its exact text. */
static void leaf(page *p, const char *path, size_t *left)
{
    const char *text = page_string(p->result, path);

    if (*left == 0) return;
    --*left;
    html_put(&p->h, "<tr><th scope=\"row\" class=\"mono\">");
    html_text(&p->h, path);
    html_put(&p->h, "</th><td class=\"mono\"");
    page_mark(p, path);
    html_put(&p->h, ">");
    html_text(&p->h, text ? text : "n/a");
    html_put(&p->h, "</td></tr>\n");
}

/* Depth of report.json is 4; a path that does not fit is not shown. */
static void leaves(page *p, struct json_object *value, const char *path, size_t *left)
{
    char below[PATH_MAX_TEXT];
    const char *point = *path ? "." : "";

    if (json_object_is_type(value, json_type_object)) {
        struct json_object_iterator at = json_object_iter_begin(value);
        struct json_object_iterator end = json_object_iter_end(value);
        for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
            if ((size_t)snprintf(below, sizeof below, "%s%s%s", path, point,
                                 json_object_iter_peek_name(&at)) < sizeof below)
                leaves(p, json_object_iter_peek_value(&at), below, left);
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++)
            if ((size_t)snprintf(below, sizeof below, "%s%s%zu", path, point, i) < sizeof below)
                leaves(p, json_object_array_get_idx(value, i), below, left);
    } else {
        leaf(p, path, left);
    }
}

void page_appendix(page *p)
{
    size_t left = LEAVES_MAX;

    html_section(&p->h, "result", "All values");
    html_put(&p->h, "<details><summary>Every value of report.json, to the last digit</summary>\n");
    html_table_begin(&p->h, NULL, pair_columns, 2);
    leaves(p, p->result, "", &left);
    html_table_end(&p->h);
    if (left == 0)
        html_putf(&p->h, "<p class=\"note\">The first %d; report.json has them all.</p>\n",
                  LEAVES_MAX);
    html_put(&p->h, "</details>\n</section>\n");
}
