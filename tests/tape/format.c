/* SPDX-License-Identifier: MIT
 *
 * docs/tape.md shows a file byte by byte: it must be the one that the writer writes. */
#include "base/memory.h"
#include "check_main.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

/* The example of docs/tape.md. */
static void write_example(const char *dir)
{
    static const struct {
        int64_t ms, price, qty;
        uint32_t side;
    } rows[] = {
        {0, 5000000, 1500, QN_BUY}, {120, 5000025, 20, QN_SELL}, {360, 4999975, 310, QN_BUY}};
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    any_event events[3] = {0};

    for (uint32_t i = 0; i < 3; i++) {
        int64_t ts = T2020 + rows[i].ms * QN_NS_PER_MS;
        events[i].trade = (qn_trade){.hdr = {.type = QN_EVENT_TRADE, .ts_ns = ts},
                                     .venue_ts = ts,
                                     .id = 1000 + i,
                                     .price = rows[i].price,
                                     .qty = rows[i].qty,
                                     .side = rows[i].side};
    }
    write_events(dir, &ins, a_type(QN_EVENT_TRADE, 0), events, 3);
}

/* The text between the line after `begin` and the next fence. */
static char *section(const char *text, const char *begin)
{
    const char *at = strstr(text, begin);
    const char *end;

    ck_assert_msg(at != NULL, "docs/tape.md has no \"%s\"", begin);
    at = strstr(at, "```\n");
    ck_assert_ptr_nonnull(at);
    at += 4;
    end = strstr(at, "```");
    ck_assert_ptr_nonnull(end);
    return mem_text_n(at, (size_t)(end - at));
}

static void dump(const unsigned char *bytes, size_t size, char *to, size_t room)
{
    size_t len = 0;

    for (size_t i = 0; i < size; i += 16) {
        len += (size_t)snprintf(to + len, room - len, "%04zx ", i);
        for (size_t k = i; k < i + 16 && k < size; k++)
            len += (size_t)snprintf(to + len, room - len, " %02x", bytes[k]);
        len += (size_t)snprintf(to + len, room - len, "\n");
    }
}

static char *documentation(void)
{
    char *text = NULL;
    size_t size;

    ck_assert_int_eq(file_read(QUOIN_SOURCE_DIR "/docs/tape.md", &text, &size, NULL), QN_OK);
    return text;
}

START_TEST(example_is_what_is_written)
{
    char dir[PATH_ROOM];
    char path[PATH_ROOM];
    char made[4096];
    char *bytes = NULL;
    char *text = documentation();
    char *shown = section(text, "<!-- example: file -->");
    size_t size;

    folder_new(dir);
    write_example(dir);
    only_file(dir, path);
    ck_assert_int_eq(file_read(path, &bytes, &size, NULL), QN_OK);
    dump((unsigned char *)bytes, size, made, sizeof made);
    ck_assert_str_eq(shown, made);
    mem_free(bytes);
    mem_free(shown);

    ck_assert_int_eq(path_join(dir, "manifest.json", path, NULL), QN_OK);
    ck_assert_int_eq(file_read(path, &bytes, &size, NULL), QN_OK);
    shown = section(text, "<!-- example: manifest -->");
    ck_assert_str_eq(shown, bytes);
    mem_free(bytes);
    mem_free(shown);
    mem_free(text);
    folder_free(dir);
}
END_TEST

/* Every type and every field is in the documentation. */
START_TEST(all_fields_are_documented)
{
    const event_row *rows;
    size_t n = event_rows(&rows);
    char *text = documentation();

    for (size_t i = 0; i < n; i++) {
        char line[512];
        size_t len =
            (size_t)snprintf(line, sizeof line, "| %u | `%s` | ", rows[i].type, rows[i].name);
        for (uint32_t f = 0; f < rows[i].nfields; f++)
            len += (size_t)snprintf(line + len, sizeof line - len, "%s`%s`", f ? ", " : "",
                                    rows[i].fields[f].name);
        ck_assert_msg(strstr(text, line) != NULL, "docs/tape.md has no row \"%s\"", line);
    }
    mem_free(text);
}
END_TEST

CHECK_MAIN("tape_format", example_is_what_is_written, all_fields_are_documented)
