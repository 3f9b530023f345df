/* SPDX-License-Identifier: MIT */
#include "forge.h"

#include "tape/manifest.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

void forge(const char *dir, const qn_instrument *ins, data_type data, const any_event *rows,
           size_t n)
{
    tape_about about = {.data = data, .price_exp = ins->price_exp, .qty_exp = ins->qty_exp};
    bool is_monthly = event_row_of(data.type)->span != SPAN_DAY;
    tape_out *out = tape_out_new();
    manifest m = {0};
    catalog_file file = {.instrument = ins->name,
                         .data = data,
                         .period_start = T2020,
                         .period_end = T2020 + (is_monthly ? 31 : 1) * QN_NS_PER_DAY};
    tape_totals totals;
    char path[PATH_ROOM];
    char final[PATH_ROOM];
    char *slash;

    snprintf(about.instrument, sizeof about.instrument, "%s", ins->name);
    ck_assert_int_eq(path_join(dir, "forged", path, NULL), QN_OK);
    ck_assert_int_eq(tape_out_open(out, path, &about, NULL), QN_OK);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(tape_out_add(out, &rows[i].hdr, NULL), QN_OK);
    ck_assert_int_eq(tape_out_close(out, &totals, NULL), QN_OK);
    tape_out_free(out);
    file.first_ts = totals.first_ts;
    file.last_ts = totals.last_ts;
    file.events = totals.events;
    file.bytes = totals.bytes;
    file.crc = totals.crc;
    file.path =
        manifest_path(&m.texts, ins->name, data, is_monthly ? "2020-01" : "2020-01-01", totals.crc);
    ck_assert_int_eq(path_join(dir, file.path, final, NULL), QN_OK);
    slash = strrchr(final, '/');
    *slash = '\0';
    ck_assert_int_eq(dir_make(final, NULL), QN_OK);
    *slash = '/';
    ck_assert_int_eq(rename(path, final), 0);
    ck_assert_int_eq(manifest_put_instrument(&m, ins, NULL), QN_OK);
    ck_assert_int_eq(manifest_put_file(&m, &file, NULL), QN_OK);
    ck_assert_int_eq(manifest_write(dir, &m, NULL), QN_OK);
    manifest_free(&m);
}
