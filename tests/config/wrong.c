/* SPDX-License-Identifier: MIT
 *
 * Each file of wrong/ begins with the mistakes that it must give, in their order:
 *
 *   # expect: LINE CODE part of the text
 *
 * exactly these, no more and no fewer. */
#include "support.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/memory.h"

#include "check_main.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

/* Compares the mistakes with the head of the file; returns what differs, or NULL. */
static const char *compare(const char *text, const config_mistake *m, size_t n)
{
    static char why[2048];
    static const char word[] = "# expect: ";
    size_t i = 0;

    for (; strncmp(text, word, sizeof word - 1) == 0; i++) {
        char code[64];
        char part[512];
        int line;
        ck_assert_int_eq(sscanf(text, "# expect: %d %63s %511[^\n]", &line, code, part), 3);
        text = strchr(text, '\n') + 1;
        snprintf(why, sizeof why, "expected %d %s %s, found %d %s %s", line, code, part,
                 i < n ? (int)m[i].line : 0, i < n ? error_name(m[i].code) : "nothing",
                 i < n ? m[i].text : "");
        if (i >= n || m[i].line != line || strcmp(error_name(m[i].code), code) != 0 ||
            !strstr(m[i].text, part))
            return why;
    }
    if (i == n) return i > 0 ? NULL : "the file expects nothing";
    snprintf(why, sizeof why, "not expected: %d %s %s", (int)m[i].line, error_name(m[i].code),
             m[i].text);
    return why;
}

/* Returns whether the file behaved. */
static bool run_file(const char *path)
{
    const config_mistake *m;
    config *cfg = open_config(path, NULL, 0);
    size_t n = config_mistakes(cfg, &m);
    char *text = NULL;
    size_t size;
    const char *why;

    ck_assert_int_eq(file_read(path, &text, &size, NULL), QN_OK);
    if ((why = compare(text, m, n))) fprintf(stderr, "%s: %s\n", path, why);
    for (size_t i = 0; i < n; i++)
        ck_assert_str_eq(m[i].file, path);
    mem_free(text);
    config_close(cfg);
    return !why;
}

START_TEST(wrong_files_are_told)
{
    char path[PATH_ROOM];
    DIR *dir = opendir(here("wrong"));
    struct dirent *entry;
    int files = 0;
    int failed = 0;

    ck_assert_ptr_nonnull(dir);
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", here("wrong"), entry->d_name);
        files++;
        failed += !run_file(path);
    }
    closedir(dir);
    ck_assert_int_eq(failed, 0);
    ck_assert_int_ge(files, 30);
}
END_TEST

START_TEST(a_file_that_is_not_there)
{
    qn_err err = QN_ERR_INIT;
    config *cfg = NULL;

    ck_assert_int_eq(config_open(here("wrong/none.cfg"), NULL, 0, &cfg, &err), QN_E_NOT_FOUND);
    ck_assert_ptr_null(cfg);
    ck_assert_ptr_nonnull(strstr(err.msg, "none.cfg"));
    ck_assert_int_eq(config_open(here("wrong"), NULL, 0, &cfg, &err), QN_E_IO);
    ck_assert_ptr_null(cfg);
}
END_TEST

CHECK_MAIN("wrong configs", wrong_files_are_told, a_file_that_is_not_there)
