/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"

#include "check_main.h"

#include <string.h>
#include <unistd.h>

START_TEST(times_read_and_print)
{
    static const struct {
        const char *text, *printed;
    } good[] = {
        {"1970-01-01", "1970-01-01T00:00:00.000000000Z"},
        {"2020-02-29T12:30", "2020-02-29T12:30:00.000000000Z"},
        {"2021-11-15 03:40:00", "2021-11-15T03:40:00.000000000Z"},
        {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000000Z"},
        {"2024-07-18T23:57:01.123456789Z", "2024-07-18T23:57:01.123456789Z"},
        {"2024-01-01T00:00:00+01:00", "2023-12-31T23:00:00.000000000Z"},
        {"2024-01-01T00:00:00-0530", "2024-01-01T05:30:00.000000000Z"},
        {"1678-01-01", "1678-01-01T00:00:00.000000000Z"},
    };
    static const char *const bad[] = {"",
                                      "2020",
                                      "2020-13-01",
                                      "2021-02-29",
                                      "1900-02-29",
                                      "2020-01-01T",
                                      "2020-01-01T24:00",
                                      "2020-01-01x",
                                      "2020-01-01T00:00:60",
                                      "2020-1-1",
                                      "9999-01-01",
                                      "2020-01-01T00:00:00."};
    char text[TIME_TEXT];
    int64_t t;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_int_eq(time_parse(good[i].text, strlen(good[i].text), &t), QN_OK);
        time_format(t, text);
        ck_assert_str_eq(text, good[i].printed);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(time_parse(bad[i], strlen(bad[i]), &t) == QN_E_SYNTAX, "%s", bad[i]);
}
END_TEST

START_TEST(every_day_of_500_years_survives)
{
    civil date;

    for (int64_t day = -106000; day < 106000; day++) {
        date = civil_of(day * QN_NS_PER_DAY + 1);
        ck_assert_int_eq(civil_time(date), day * QN_NS_PER_DAY);
    }
}
END_TEST

START_TEST(durations)
{
    char text[24];
    int64_t ns;

    ck_assert_int_eq(duration_parse("250ms", 5, &ns), QN_OK);
    ck_assert_int_eq(ns, 250 * QN_NS_PER_MS);
    ck_assert_int_eq(duration_parse("1m", 2, &ns), QN_OK);
    duration_format(ns, text);
    ck_assert_str_eq(text, "1m");
    duration_format(90 * QN_NS_PER_S, text);
    ck_assert_str_eq(text, "90s");
    duration_format(7 * QN_NS_PER_DAY, text);
    ck_assert_str_eq(text, "7d");
    ck_assert_int_eq(duration_parse("m", 1, &ns), QN_E_SYNTAX);
    ck_assert_int_eq(duration_parse("0s", 2, &ns), QN_E_SYNTAX);
    ck_assert_int_eq(duration_parse("1 m", 3, &ns), QN_E_SYNTAX);
    ck_assert_int_eq(duration_parse("99999999999d", 12, &ns), QN_E_OVERFLOW);
}
END_TEST

START_TEST(hashes_match_published_vectors)
{
    char text[SHA256_HEX];
    sha256 *h = sha256_new();

    /* FIPS 180-2, B.1; RFC 3720, B.4 */
    ck_assert_int_eq(sha256_of("abc", 3, text, NULL), QN_OK);
    ck_assert_str_eq(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_add(h, "a", 1);
    ck_assert_int_eq(sha256_hex(h, text, NULL), QN_OK);
    sha256_add(h, "bc", 2);
    ck_assert_int_eq(sha256_hex(h, text, NULL), QN_OK);
    ck_assert_str_eq(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_free(h);
    ck_assert_uint_eq(crc32c("123456789", 9), 0xE3069283);
    ck_assert_uint_eq(crc32c((char[32]){0}, 32), 0x8A9136AA);
}
END_TEST

START_TEST(a_file_is_replaced_whole_or_not_at_all)
{
    char dir[] = "/tmp/quoin-test-XXXXXX";
    char path[PATH_ROOM];
    char *data = NULL;
    size_t size = 0;
    qn_err err = QN_ERR_INIT;

    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(path_join(dir, "file", path, &err), QN_OK);
    ck_assert_int_eq(file_replace(path, "one", 3, &err), QN_OK);
    ck_assert_int_eq(file_replace(path, "second", 6, &err), QN_OK);
    ck_assert_int_eq(file_read(path, &data, &size, &err), QN_OK);
    ck_assert_str_eq(data, "second");
    mem_free(data);
    ck_assert_int_eq(file_replace("/proc/no/such", "x", 1, &err), QN_E_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.msg, "/proc/no/such"));
    unlink(path);
    rmdir(dir);
}
END_TEST

START_TEST(arenas_align_and_zero)
{
    arena a = {0};

    for (size_t n = 1; n < 40000; n = n * 3 + 1) {
        unsigned char *p = arena_alloc(&a, n, 64);
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq((uintptr_t)p % 64, 0);
        for (size_t i = 0; i < n; i++)
            ck_assert_uint_eq(p[i], 0);
        memset(p, 0xff, n);
    }
    ck_assert_str_eq(arena_format(&a, "%d-%s", 7, "x"), "7-x");
    ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX / 2, 8));
    arena_free(&a);
}
END_TEST

START_TEST(every_error_has_a_name_of_its_own)
{
    ck_assert_str_eq(error_name(QN_OK), "QN_OK");
    ck_assert_str_eq(error_name(QN_E_GAP), "QN_E_GAP");
    ck_assert_str_eq(error_name(12345), "?");
    ck_assert_ptr_ne(strstr(error_meaning(QN_E_BUSY), "process"), NULL);
    ck_assert_str_eq(error_text(&(qn_err){.msg = "its own words"}, QN_E_BUSY), "its own words");
    ck_assert_ptr_eq(error_text(&(qn_err){0}, QN_E_BUSY), error_meaning(QN_E_BUSY));
}
END_TEST

CHECK_MAIN("base", times_read_and_print, every_day_of_500_years_survives, durations,
           hashes_match_published_vectors, a_file_is_replaced_whole_or_not_at_all,
           arenas_align_and_zero, every_error_has_a_name_of_its_own)
