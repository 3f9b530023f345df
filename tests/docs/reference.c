/* SPDX-License-Identifier: MIT
 *
 * Tables in the documentation that are the program's own: errors, reasons, states, events,
 * statistics, the parameters of the plugins. A table stands between <!-- NAME: begin --> and
 * <!-- NAME: end -->. With QUOIN_UPDATE_DOCS set in the environment they are written anew. */
#include "check_main.h"

#include "base/file.h"
#include "base/memory.h"
#include "config/config.h"
#include "ledger/order.h"
#include "module/kind.h"
#include "module/module.h"
#include "report/statistics.h"

#include <quoin/decision.h>
#include <quoin/model.h>
#include <quoin/sdk/record.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ the tables */

static void put_errors(FILE *to)
{
#define ROW(code, NAME, meaning) {(code), #NAME, (meaning)},
    static const struct {
        int32_t code;
        const char *name, *meaning;
    } rows[] = {QN_ERROR_LIST(ROW)};
#undef ROW

    fputs("| code | name | meaning |\n|---|---|---|\n", to);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        fprintf(to, "| %d | `QN_E_%s` | %s |\n", rows[i].code, rows[i].name, rows[i].meaning);
}

static void put_reasons(FILE *to)
{
#define ROW(number, NAME, meaning) {(number), #NAME, (meaning)},
    static const struct {
        unsigned number;
        const char *name, *meaning;
    } rows[] = {QN_REASON_LIST(ROW)};
#undef ROW

    fputs("| number | reason | meaning |\n|---|---|---|\n", to);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        fprintf(to, "| %u | `%s` | %s |\n", rows[i].number, rows[i].name, rows[i].meaning);
}

/* A state, its class, and every state that can follow it. */
static void put_state(FILE *to, uint32_t state, const char *klass)
{
    bool is_first = true;

    fprintf(to, "| `%s` | %s | ", order_state_name(state), klass);
    for (uint32_t next = 1; next < QN_ORDER_STATES; next++) {
        bool can_follow = false;
        for (int change = 0; change < ORDER_CHANGES; change++)
            can_follow |= order_next(state, (order_change)change) == next;
        if (!can_follow || next == state) continue;
        fprintf(to, "%s`%s`", is_first ? "" : ", ", order_state_name(next));
        is_first = false;
    }
    fputs(is_first ? "nothing |\n" : " |\n", to);
}

static void put_states(FILE *to)
{
#define ROW(number, NAME, klass) {(number), #klass},
    static const struct {
        uint32_t number;
        const char *klass;
    } rows[] = {QN_ORDER_STATE_LIST(ROW)};
#undef ROW

    fputs("| state | class | what can follow |\n|---|---|---|\n", to);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        put_state(to, rows[i].number, rows[i].klass);
}

static void put_events(FILE *to)
{
#define ROW(number, NAME, type, rank, meaning) {#NAME, #type, (rank), (meaning)},
    static const struct {
        const char *name, *type;
        unsigned rank;
        const char *meaning;
    } rows[] = {QN_EVENT_LIST(ROW)};
#undef ROW

    fputs("| event | struct | rank | what it says |\n|---|---|---|---|\n", to);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        fprintf(to, "| `QN_EVENT_%s` | `%s` | %u | %s |\n", rows[i].name, rows[i].type,
                rows[i].rank, rows[i].meaning);
}

/* Names of the kinds of members, as a table has them. */
static void put_kind(FILE *to, uint32_t holds)
{
#define ROW(NAME, bytes, json) [QN_HOLDS_##NAME] = #NAME,
    static const char *const names[] = {QN_HOLDS_LIST(ROW)};
#undef ROW

    for (const char *p = names[holds]; *p; p++)
        fputc(*p == '_' ? ' ' : *p | 0x20, to);
}

static void put_record(FILE *to, uint32_t type)
{
    const qn_record_row *row = qn_record_row_of(type);
    const char *lead = "";

    fprintf(to, "| %u | `%s` | %s | %s | %u | ", type, row->name, row->meaning,
            qn_record_is_journaled(type) ? "yes" : "", row->size);
    for (uint32_t i = 0; i < row->nfields; i++) {
        if (row->fields[i].holds == QN_HOLDS_HIDDEN) continue;
        fprintf(to, "%s`%s` ", lead, row->fields[i].name);
        put_kind(to, row->fields[i].holds);
        lead = ", ";
    }
    fputs(" |\n", to);
}

static void put_records(FILE *to)
{
    fputs("| number | type | what it says | in the journal | bytes | members |\n"
          "|---|---|---|---|---|---|\n",
          to);
    for (uint32_t type = 0; type < QN_EVENT_TYPES; type++)
        if (qn_record_row_of(type)) put_record(to, type);
}

static void put_kinds(FILE *to)
{
#define ROW(NAME, bytes, json) [QN_HOLDS_##NAME] = json,
    static const char *const rows[] = {QN_HOLDS_LIST(ROW)};
#undef ROW

    fputs("| member | in JSON |\n|---|---|\n", to);
    for (uint32_t i = 1; i < QN_HOLDS_HIDDEN; i++) {
        fputs("| ", to);
        put_kind(to, i);
        fprintf(to, " | %s |\n", rows[i]);
    }
}

static void put_statistics(FILE *to)
{
    static const char *const units[] = {[STATISTIC_RATIO] = "number",
                                        [STATISTIC_PART] = "fraction, 0.05 is 5 %",
                                        [STATISTIC_DAYS] = "days",
                                        [STATISTIC_COUNT] = "count",
                                        [STATISTIC_MONEY] = "money, text"};
    const statistic *rows;
    size_t n = statistics(&rows);

    fputs("| name | title | unit | `null` when |\n|---|---|---|---|\n", to);
    for (size_t i = 0; i < n; i++)
        fprintf(to, "| `%s` | %s | %s | %s |\n", rows[i].name, rows[i].title, units[rows[i].unit],
                rows[i].undefined ? rows[i].undefined : "");
}

static void put_definitions(FILE *to)
{
    const statistic *rows;
    size_t n = statistics(&rows);

    for (int group = 0; group < STATISTIC_GROUPS; group++) {
        fprintf(to, "%s## %s\n\n| name | definition | source |\n|---|---|---|\n", group ? "\n" : "",
                statistic_group_title((statistic_group)group));
        for (size_t i = 0; i < n; i++)
            if ((int)rows[i].group == group)
                fprintf(to, "| `%s` | %s | %s |\n", rows[i].name, rows[i].definition,
                        rows[i].source ? rows[i].source : "");
    }
}

/* A bar would end the cell. */
static void put_cell(FILE *to, const char *text)
{
    for (; *text; text++)
        fprintf(to, *text == '|' ? "\\%c" : "%c", *text);
}

/* A model's features, an optimizer's values; nothing where the kind has none. */
static void put_named(FILE *to, const qn_class *cls)
{
    const kind *k = kind_find(cls->kind);
    const qn_table *named = kind_named_rows(k, cls->table);

    if (!named || named->nrows == 0) return;
    fprintf(to, "\n| %s | unit | meaning |\n|---|---|---|\n", k->named.row);
    for (uint32_t i = 0; i < named->nrows; i++) {
        const qn_named *n = qn_table_row(named, i);
        fprintf(to, "| `%s` | ", n->name);
        put_cell(to, n->unit);
        fputs(" | ", to);
        put_cell(to, n->doc);
        fputs(" |\n", to);
    }
}

static void put_class(FILE *to, const qn_class *cls)
{
    fprintf(to, "### %s\n\n%s Version %s, licence %s.\n\n", cls->id, cls->doc, cls->version,
            cls->license);
    config_describe_params(&cls->params, to);
    put_named(to, cls);
}

static void put_plugins(FILE *to)
{
    static const char *const dirs[] = {QUOIN_BUILD_DIR "/plugins"};
    const module_file *files;
    module_index *index = NULL;
    qn_err err = QN_ERR_INIT;
    size_t n;

    ck_assert_int_eq(module_index_open(dirs, 1, &index, &err), QN_OK);
    n = module_index_files(index, &files);
    ck_assert_uint_gt(n, 0);
    for (size_t i = 0; i < n; i++) {
        module *m = NULL;
        ck_assert_msg(module_load(files[i].path, NULL, &m, &err) == QN_OK, "%s: %s", files[i].path,
                      err.msg);
        for (uint32_t k = 0; k < module_about(m)->nclasses; k++) {
            if (i || k) fputc('\n', to);
            put_class(to, module_class_at(m, k));
        }
        module_close(m);
    }
    module_index_close(index);
}

static const struct {
    const char *page, *name;
    void (*put)(FILE *to);
} tables[] = {
    {"errors.md", "errors", put_errors},          {"errors.md", "reasons", put_reasons},
    {"concepts.md", "states", put_states},        {"concepts.md", "events", put_events},
    {"journal.md", "records", put_records},       {"journal.md", "kinds", put_kinds},
    {"results.md", "statistics", put_statistics}, {"statistics.md", "definitions", put_definitions},
    {"plugins.md", "plugins", put_plugins},
};

/* ------------------------------------------------------------------ pages */

static char *read_page(const char *path)
{
    char *text = NULL;
    size_t size;

    ck_assert_msg(file_read(path, &text, &size, NULL) == QN_OK, "cannot read %s", path);
    return text;
}

/* The page with table `i` in its place, as the program would write it; by mem_free. */
static char *with_table(const char *page, size_t i, size_t *size)
{
    char begin[64];
    char end[64];
    char *whole = NULL;
    FILE *to = open_memstream(&whole, size);
    const char *from;
    const char *until;

    snprintf(begin, sizeof begin, "<!-- %s: begin -->\n", tables[i].name);
    snprintf(end, sizeof end, "<!-- %s: end -->", tables[i].name);
    from = strstr(page, begin);
    until = strstr(page, end);
    ck_assert_ptr_nonnull(to);
    ck_assert_msg(from && until && from < until, "docs/%s has no place for the table '%s'",
                  tables[i].page, tables[i].name);
    from += strlen(begin);
    fprintf(to, "%.*s\n", (int)(from - page), page);
    tables[i].put(to);
    fprintf(to, "\n%s", until);
    ck_assert_int_eq(fclose(to), 0);
    return whole;
}

START_TEST(tables_are_current)
{
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char path[PATH_ROOM];
        char *page;
        char *wanted;
        size_t size = 0;

        snprintf(path, sizeof path, "%s/docs/%s", QUOIN_SOURCE_DIR, tables[i].page);
        page = read_page(path);
        wanted = with_table(page, i, &size);
        if (getenv("QUOIN_UPDATE_DOCS"))
            ck_assert_int_eq(file_replace(path, wanted, size, NULL), QN_OK);
        else
            ck_assert_msg(strcmp(page, wanted) == 0,
                          "docs/%s: the table '%s' is out of date: run this test with "
                          "QUOIN_UPDATE_DOCS=1",
                          tables[i].page, tables[i].name);
        mem_free(wanted);
        mem_free(page);
    }
}
END_TEST

CHECK_MAIN("docs reference", tables_are_current)
