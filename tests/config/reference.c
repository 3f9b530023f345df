/* SPDX-License-Identifier: MIT
 *
 * docs/configuration.md: its reference is that of the tables, and its example is read without a
 * mistake. With QUOIN_UPDATE_DOCS set in the environment the reference is written anew. */
#include "support.h"

#include "base/file.h"
#include "base/memory.h"

#include "check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE QUOIN_SOURCE_DIR "/docs/configuration.md"
#define BEGIN "<!-- keys: begin -->\n"
#define END "<!-- keys: end -->"

static char *page_text(void)
{
    char *text = NULL;
    size_t size;

    ck_assert_int_eq(file_read(PAGE, &text, &size, NULL), QN_OK);
    return text;
}

static char *reference_text(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(to);
    config_reference(to);
    ck_assert_int_eq(fclose(to), 0);
    return text;
}

START_TEST(reference_is_that_of_the_tables)
{
    char *page = page_text();
    char *reference = reference_text();
    char *begin = strstr(page, BEGIN);
    char *end = strstr(page, END);
    char *whole = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&whole, &size);

    ck_assert(begin && end && begin < end && to);
    begin += sizeof BEGIN - 1;
    fprintf(to, "%.*s\n%s%s", (int)(begin - page), page, reference, end);
    ck_assert_int_eq(fclose(to), 0);
    if (getenv("QUOIN_UPDATE_DOCS"))
        ck_assert_int_eq(file_replace(PAGE, whole, size, NULL), QN_OK);
    else
        ck_assert_msg(strcmp(whole, page) == 0,
                      "docs/configuration.md is out of date: run this test with "
                      "QUOIN_UPDATE_DOCS=1");
    mem_free(whole);
    mem_free(reference);
    mem_free(page);
}
END_TEST

START_TEST(example_is_right)
{
    static const char open[] = "```libconfig\n";
    char *page = page_text();
    char *begin = strstr(page, open);
    char *end = begin ? strstr(begin + sizeof open - 1, "```") : NULL;
    config *cfg;

    ck_assert_ptr_nonnull(end);
    *end = '\0';
    cfg = open_text(begin + sizeof open - 1);
    config_print_mistakes(cfg);
    ck_assert_uint_eq(mistakes_of(cfg), 0);
    ck_assert_uint_eq(config_get(cfg)->nstrategies, 1);
    config_close(cfg);
    mem_free(page);
}
END_TEST

CHECK_MAIN("config reference", reference_is_that_of_the_tables, example_is_right)
