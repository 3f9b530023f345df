/* SPDX-License-Identifier: MIT
 *
 * Verification of files: order, periods, ids, damage, missing days. verify_rows.c has what rows
 * and books say. */
#include "base/memory.h"
#include "check_main.h"
#include "forge.h"
#include "tape/verify.h"

#include <stdio.h>
#include <string.h>

static char dir[PATH_ROOM];

typedef struct findings {
    uint32_t errors, warnings;
    int32_t code; /* of the last */
    int64_t offset, ts;
    uint64_t count;
    char text[512];
} findings;

static void note(void *ctx, const catalog_problem *p)
{
    findings *f = ctx;

    *(p->is_error ? &f->errors : &f->warnings) += 1;
    f->code = p->code;
    f->offset = p->offset;
    f->ts = p->ts;
    f->count = p->count;
    snprintf(f->text, sizeof f->text, "%s", p->text);
}

static findings verify(void)
{
    findings f = {0};
    catalog *cat = catalog_at(dir);
    qn_err err = QN_ERR_INIT;

    ck_assert_int_eq(catalog_verify(cat, note, &f, &err), QN_OK);
    catalog_close(cat);
    return f;
}

static void write_trades(const int64_t *ts, const uint64_t *ids, size_t n)
{
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    any_event rows[16] = {0};
    uint64_t state = 1;

    folder_new(dir);
    for (size_t i = 0; i < n; i++) {
        rows[i] = random_event(a_type(QN_EVENT_TRADE, 0), 0, TAME, ts[i], &state);
        rows[i].trade.id = ids[i];
    }
    write_events(dir, &ins, a_type(QN_EVENT_TRADE, 0), rows, n);
}

#define DAY QN_NS_PER_DAY

START_TEST(whole_data_has_no_findings)
{
    const int64_t ts[] = {T2020, T2020 + 1, T2020 + DAY, T2020 + 2 * DAY};
    const uint64_t ids[] = {1, 2, 3, 9};
    findings f;

    write_trades(ts, ids, 4);
    f = verify();
    ck_assert_msg(f.errors == 0 && f.warnings == 0, "%s", f.text);
    folder_free(dir);
}
END_TEST

START_TEST(missing_day_is_a_warning)
{
    const int64_t ts[] = {T2020, T2020 + 3 * DAY};
    const uint64_t ids[] = {1, 2};
    findings f;

    write_trades(ts, ids, 2);
    f = verify();
    ck_assert_uint_eq(f.errors, 0);
    ck_assert_uint_eq(f.warnings, 1);
    ck_assert_int_eq(f.code, QN_E_GAP);
    ck_assert_ptr_nonnull(
        strstr(f.text, "nothing from 2020-01-02T00:00:00Z to 2020-01-04T00:00:00Z"));
    folder_free(dir);
}
END_TEST

START_TEST(missing_bars_are_normal)
{
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    data_type data = a_type(QN_EVENT_BAR, MINUTE);
    any_event rows[2] = {0};
    findings f;

    folder_new(dir);
    for (int i = 0; i < 2; i++)
        rows[i].bar = (qn_bar){.hdr = {.size = sizeof(qn_bar), .type = QN_EVENT_BAR},
                               .open_ts = T2020 + i * 100 * DAY,
                               .length = MINUTE,
                               .open = 5,
                               .high = 7,
                               .low = 4,
                               .close = 6};
    for (int i = 0; i < 2; i++)
        rows[i].hdr.ts_ns = qn_bar_close_ts(&rows[i].bar);
    write_events(dir, &ins, data, rows, 2);
    f = verify();
    ck_assert_msg(f.errors == 0 && f.warnings == 0, "%s", f.text);
    folder_free(dir);
}
END_TEST

START_TEST(duplicate_ids_are_errors)
{
    static const struct {
        uint64_t ids[4], count;
        int64_t at; /* row of the first one */
    } cases[] = {{{1, 2, 2, 3}, 1, 2}, {{5, 3, 4, 5}, 1, 3},
                 {{1, 7, 7, 7}, 2, 2}, {{0, 0, 4, 4}, 1, 3},
                 {{5, 5, 4, 4}, 2, 1}, {{4, 3, 4, 3}, 2, 3}}; /* the lowest id is looked for */
    const int64_t ts[] = {T2020, T2020 + 1, T2020 + 2, T2020 + 3};
    findings f;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_trades(ts, cases[i].ids, 4);
        f = verify();
        ck_assert_uint_eq(f.errors, 1);
        ck_assert_int_eq(f.code, QN_E_DUPLICATE);
        ck_assert_uint_eq(f.count, cases[i].count);
        ck_assert_int_eq(f.ts, T2020 + cases[i].at);
        ck_assert_int_eq(f.offset, 128); /* the first block */
        folder_free(dir);
    }
}
END_TEST

START_TEST(duplicate_over_midnight_is_an_error)
{
    const int64_t ts[] = {T2020, T2020 + DAY};
    const uint64_t ids[] = {7, 7};
    findings f;

    write_trades(ts, ids, 2);
    f = verify();
    ck_assert_uint_eq(f.errors, 1);
    ck_assert_int_eq(f.code, QN_E_DUPLICATE);
    folder_free(dir);
}
END_TEST

/* Ids that do not rise are odd, but only equal ones are wrong; none at all is fine. */
START_TEST(unordered_ids_are_fine)
{
    const int64_t ts[] = {T2020, T2020 + 1, T2020 + 2, T2020 + 3};
    const uint64_t ids[] = {4, 2, 0, 0};
    findings f;

    write_trades(ts, ids, 4);
    f = verify();
    ck_assert_msg(f.errors == 0 && f.warnings == 0, "%s", f.text);
    folder_free(dir);
}
END_TEST

START_TEST(damage_is_told_with_its_place)
{
    const int64_t ts[] = {T2020, T2020 + DAY};
    const uint64_t ids[] = {1, 2};
    const catalog_file *files;
    char path[PATH_ROOM];
    char *bytes;
    size_t size;
    catalog *cat;
    findings f;

    write_trades(ts, ids, 2);
    cat = catalog_at(dir);
    ck_assert_uint_eq(catalog_files(cat, &files), 2);
    ck_assert_int_eq(path_join(dir, files[0].path, path, NULL), QN_OK);
    catalog_close(cat);
    ck_assert_int_eq(file_read(path, &bytes, &size, NULL), QN_OK);
    bytes[200] = (char)(bytes[200] ^ 4);
    put_file(path, bytes, size);
    mem_free(bytes);
    f = verify();
    ck_assert_uint_eq(f.errors, 1);
    ck_assert_int_eq(f.code, QN_E_DAMAGED);
    ck_assert_int_eq(f.offset, 128); /* the first block */
    ck_assert_int_eq(remove(path), 0);
    f = verify();
    ck_assert_uint_eq(f.errors, 1);
    ck_assert_int_eq(f.code, QN_E_NOT_FOUND);
    folder_free(dir);
}
END_TEST

/* Trades at these times, listed as a file of the day T2020. */
static void forge_trades(const int64_t *ts, size_t n)
{
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    any_event rows[4] = {0};

    folder_new(dir);
    for (size_t i = 0; i < n; i++)
        rows[i].trade =
            (qn_trade){.hdr = {.size = sizeof(qn_trade), .type = QN_EVENT_TRADE, .ts_ns = ts[i]},
                       .venue_ts = ts[i],
                       .price = 1,
                       .qty = 1,
                       .side = QN_BUY};
    forge(dir, &ins, a_type(QN_EVENT_TRADE, 0), rows, n);
}

START_TEST(rows_outside_the_period_are_errors)
{
    const int64_t ts[] = {T2020, T2020 + DAY, T2020 + DAY + 1};
    findings f;

    forge_trades(ts, 3);
    f = verify();
    ck_assert_uint_eq(f.errors, 1);
    ck_assert_int_eq(f.code, QN_E_RANGE);
    ck_assert_uint_eq(f.count, 2);
    ck_assert_int_eq(f.ts, T2020 + DAY);
    folder_free(dir);
}
END_TEST

START_TEST(time_that_goes_back_is_an_error)
{
    const int64_t ts[] = {T2020 + 5, T2020 + 4, T2020 + 6};
    findings f;

    forge_trades(ts, 3);
    f = verify();
    ck_assert_uint_eq(f.errors, 1);
    ck_assert_int_eq(f.code, QN_E_DAMAGED); /* a block with such times is no block */
    folder_free(dir);
}
END_TEST

CHECK_MAIN("tape_verify", whole_data_has_no_findings, missing_day_is_a_warning,
           missing_bars_are_normal, duplicate_ids_are_errors, duplicate_over_midnight_is_an_error,
           unordered_ids_are_fine, damage_is_told_with_its_place,
           rows_outside_the_period_are_errors, time_that_goes_back_is_an_error)
