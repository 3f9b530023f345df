/* SPDX-License-Identifier: MIT
 *
 * Loading: the trial run, the private copy, the host's own descriptors, the index. */
#include "base/fail.h"
#include "base/log.h"
#include "base/memory.h"
#include "module/attach.h"
#include "module/module.h"

#include "check_main.h"
#include "fixture_file.h"

#include <quoin/strategy.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char warned[512];

static void keep_line(log_level level, const char *line)
{
    if (level == LOG_WARNING) snprintf(warned, sizeof warned, "%s", line);
}

static module *load(const char *folder, const char *name)
{
    char path[PATH_ROOM];
    qn_err err = QN_ERR_INIT;
    module *m = NULL;

    fixture_copy(folder, name, path);
    ck_assert_msg(module_load(path, NULL, &m, &err) == QN_OK, "%s", err.msg);
    return m;
}

START_TEST(a_module_is_loaded)
{
    char folder[PATH_ROOM];
    module *m;
    const qn_class *c;
    const qn_param *p;

    fixture_folder(folder);
    m = load(folder, "good");
    ck_assert_uint_eq(module_about(m)->nclasses, 1);
    ck_assert_ptr_null(module_class(m, "strategy/other"));
    ck_assert_ptr_null(module_class_at(m, 1));
    c = module_class(m, "strategy/fixture");
    ck_assert_ptr_nonnull(c);
    ck_assert_ptr_eq(c, module_class_at(m, 0));
    ck_assert_str_eq(c->name, "Fixture");
    ck_assert_uint_eq(c->params.nrows, 1);
    p = qn_table_row(&c->params, 0);
    ck_assert_str_eq(p->key, "length");
    ck_assert_str_eq(p->def, "10");
    ck_assert_ptr_null(p->max);
    ck_assert_int_eq(((const qn_strategy *)c->table)->on_event(NULL, NULL, NULL), QN_OK);
    module_close(m);
    ck_assert_uint_eq(module_retired(), 0);
    fixture_clean(folder);
}
END_TEST

/* Load, close, and look whether the process still maps the copy. */
static int is_mapped_after_close(const char *folder, const char *name)
{
    module *m = load(folder, name);
    char copy[PATH_ROOM];
    char *maps;
    size_t size;
    int is_mapped;

    snprintf(copy, sizeof copy, "%s", module_about(m)->copy_path);
    module_close(m);
    ck_assert_int_eq(file_read("/proc/self/maps", &maps, &size, NULL), QN_OK);
    is_mapped = strstr(maps, copy) != NULL;
    mem_free(maps);
    return is_mapped;
}

START_TEST(what_cannot_be_closed_is_retired_and_counted)
{
    static const char *const names[] = {"runtime", "tls", "venue"};
    char folder[PATH_ROOM];

    fixture_folder(folder);
    for (uint32_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_msg(is_mapped_after_close(folder, names[i]), "%s", names[i]);
        ck_assert_uint_eq(module_retired(), i + 1);
    }
    ck_assert(!is_mapped_after_close(folder, "good"));
    ck_assert_uint_eq(module_retired(), 3);
    fixture_clean(folder);
}
END_TEST

START_TEST(a_class_of_an_unknown_kind_is_hidden)
{
    char folder[PATH_ROOM];
    module *m;

    fixture_folder(folder);
    log_set_sink(keep_line);
    m = load(folder, "later");
    log_set_sink(NULL);
    ck_assert_msg(strstr(warned, "oracle/later") && strstr(warned, "com.vendor.oracle/7"), "%s",
                  warned);
    ck_assert_uint_eq(module_about(m)->nclasses, 1);
    ck_assert_str_eq(module_class_at(m, 0)->id, "strategy/known");
    ck_assert_ptr_null(module_class(m, "oracle/later"));
    module_close(m);
    fixture_clean(folder);
}
END_TEST

static const struct refused {
    const char *name;
    int32_t code;
    const char *says;
} refused[] = {
    {"mismatch_id", QN_E_MODULE_MISMATCH, "strategy/another"},
    {"mismatch_kind", QN_E_MODULE_MISMATCH, "com.vendor.strategy/1"},
    {"mismatch_version", QN_E_MODULE_MISMATCH, "1.0.1"},
    {"mismatch_license", QN_E_MODULE_MISMATCH, "GPL-3.0-or-later"},
    {"mismatch_count", QN_E_MODULE_MISMATCH, "2 classes"},
    {"undefined", QN_E_MODULE_LOAD, "nobody_has_this"},
    {"entry_null", QN_E_MODULE_ENTRY, "returned NULL"},
    {"entry_crash", QN_E_MODULE_CRASH, "Segmentation fault"},
    {"entry_exit", QN_E_MODULE_CRASH, "ended the process"},
    {"entry_file", QN_E_ELF_CONSTRUCTOR, "leaves a file open"},
    {"entry_signal", QN_E_ELF_CONSTRUCTOR, "handling of a signal"},
    {"entry_rounding", QN_E_ELF_CONSTRUCTOR, "rounding mode"},
    {"wild", QN_E_MODULE_CRASH, "Segmentation fault"},
    {"class_size", QN_E_MODULE_TABLE, "size"},
    {"table_null", QN_E_MODULE_TABLE, "table of qn.strategy/1"},
    {"param_offset", QN_E_MODULE_TABLE, "outside the instance"},
    {"param_twice", QN_E_MODULE_TABLE, "row 0 has the same key"},
    {"param_default", QN_E_MODULE_TABLE, "min 1 is above the default 0"},
};

/* Twice each: a build that failed its trial must not pass because it was seen before. */
START_TEST(a_bad_module_is_refused_and_the_host_lives)
{
    char folder[PATH_ROOM];
    char path[PATH_ROOM];

    fixture_folder(folder);
    for (size_t i = 0; i < 2 * sizeof refused / sizeof refused[0]; i++) {
        const struct refused *r = &refused[i / 2];
        qn_err err = QN_ERR_INIT;
        module *m = NULL;
        int32_t code;

        fixture_copy(folder, r->name, path);
        code = module_load(path, NULL, &m, &err);
        ck_assert_msg(code == r->code, "%s: %s instead of %s: %s", r->name, error_name(code),
                      error_name(r->code), err.msg);
        ck_assert_msg(strstr(err.msg, r->says), "%s: %s", r->name, err.msg);
        ck_assert_ptr_null(m);
    }
    fixture_clean(folder);
}
END_TEST

START_TEST(an_entry_that_does_not_return_is_killed)
{
    note n = {.abi = QN_ABI_USED, .tier = QN_TIER_PURE, .nclasses = 1};
    qn_err err = QN_ERR_INIT;

    ck_assert_int_eq(probe(FIXTURES "/entry_hang.so", &n, 1, &err), QN_E_MODULE_CRASH);
    ck_assert_msg(strstr(err.msg, "did not return within 1 s"), "%s", err.msg);
}
END_TEST

/* ------------------------------------------------------------------ the private copy */

START_TEST(the_copy_is_private_and_named_by_its_content)
{
    char folder[PATH_ROOM];
    char expected[PATH_ROOM + 128];
    struct stat st;
    module *m;

    fixture_folder(folder);
    m = load(folder, "good");
    snprintf(expected, sizeof expected, "%s/cache/%s.so", folder, module_about(m)->sha256);
    ck_assert_str_eq(module_about(m)->copy_path, expected);
    ck_assert_int_eq(stat(expected, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0500);
    snprintf(expected, sizeof expected, "%s/cache", folder);
    ck_assert_int_eq(stat(expected, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0700);
    module_close(m);
    fixture_clean(folder);
}
END_TEST

START_TEST(a_changed_original_does_not_reach_what_is_loaded)
{
    char folder[PATH_ROOM];
    char path[PATH_ROOM];
    char zeros[65536] = {0};
    module *m;

    fixture_folder(folder);
    m = load(folder, "good");
    fixture_write(folder, "good.so", zeros, sizeof zeros, path); /* in place */
    ck_assert_int_eq(
        ((const qn_strategy *)module_class_at(m, 0)->table)->on_event(NULL, NULL, NULL), QN_OK);
    module_close(m);
    fixture_clean(folder);
}
END_TEST

static ino_t inode_of(const char *path)
{
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    return st.st_ino;
}

START_TEST(a_right_copy_is_used_again_and_a_wrong_one_replaced)
{
    char folder[PATH_ROOM];
    char copy[PATH_ROOM];
    module *m;
    FILE *f;
    ino_t first;

    fixture_folder(folder);
    m = load(folder, "good");
    snprintf(copy, sizeof copy, "%s", module_about(m)->copy_path);
    module_close(m);
    first = inode_of(copy);
    module_close(load(folder, "good"));
    ck_assert_uint_eq(inode_of(copy), first);

    ck_assert_int_eq(chmod(copy, 0700), 0);
    ck_assert_ptr_nonnull(f = fopen(copy, "r+"));
    fputs("damage", f);
    fclose(f);
    m = load(folder, "good"); /* the damaged one is never opened by the dynamic linker */
    ck_assert_uint_ne(inode_of(copy), first);
    ck_assert_int_eq(
        ((const qn_strategy *)module_class_at(m, 0)->table)->on_event(NULL, NULL, NULL), QN_OK);
    module_close(m);
    fixture_clean(folder);
}
END_TEST

START_TEST(two_builds_live_side_by_side)
{
    char folder[PATH_ROOM];
    char path[PATH_ROOM];
    char *data;
    size_t size;
    module *one = NULL;
    module *two = NULL;

    fixture_folder(folder);
    one = load(folder, "good");
    ck_assert_int_eq(file_read(FIXTURES "/good.so", &data, &size, NULL), QN_OK);
    memcpy(memmem(data, size, "A module for tests.", 19), "A MODULE", 8);
    fixture_write(folder, "good.so", data, size, path); /* the same path, another build */
    mem_free(data);
    ck_assert_int_eq(module_load(path, NULL, &two, NULL), QN_OK);
    ck_assert_str_ne(module_about(one)->sha256, module_about(two)->sha256);
    ck_assert_ptr_ne(module_class_at(one, 0)->table, module_class_at(two, 0)->table);
    ck_assert_str_eq(module_class_at(one, 0)->doc, "A module for tests.");
    ck_assert_str_eq(module_class_at(two, 0)->doc, "A MODULE for tests.");
    module_close(one);
    ck_assert_int_eq(
        ((const qn_strategy *)module_class_at(two, 0)->table)->on_event(NULL, NULL, NULL), QN_OK);
    module_close(two);
    fixture_clean(folder);
}
END_TEST

START_TEST(a_cache_that_others_may_write_is_refused)
{
    char folder[PATH_ROOM];
    char path[PATH_ROOM];
    char cache[PATH_ROOM];
    module_options options = {0};
    qn_err err = QN_ERR_INIT;
    module *m = NULL;

    fixture_folder(folder);
    fixture_copy(folder, "good", path);
    ck_assert_int_eq(path_join(folder, "open", cache, NULL), QN_OK);
    options.cache_dir = cache;
    ck_assert_int_eq(mkdir(cache, 0700), 0);
    ck_assert_int_eq(chmod(cache, 0777), 0);
    ck_assert_int_eq(module_load(path, &options, &m, &err), QN_E_MODULE_ACCESS);
    ck_assert_msg(strstr(err.msg, "cache folder"), "%s", err.msg);
    ck_assert_int_eq(rmdir(cache), 0);
    ck_assert_int_eq(symlink("/tmp", cache), 0);
    ck_assert_int_eq(module_load(path, &options, &m, &err), QN_E_MODULE_ACCESS);
    ck_assert_int_eq(unlink(cache), 0);
    fixture_write(folder, "open", "a file", 6, cache);
    ck_assert_int_eq(module_load(path, &options, &m, &err), QN_E_MODULE_ACCESS);
    ck_assert_ptr_null(m);
    fixture_clean(folder);
}
END_TEST

/* A mark from other checks, or a torn one, counts as none: the build is tried out again. */
START_TEST(a_mark_counts_only_if_it_is_whole)
{
    char folder[PATH_ROOM];
    char path[PATH_ROOM];
    char mark[PATH_ROOM];
    char name[128];
    qn_err err = QN_ERR_INIT;
    module_info info;
    module *m = NULL;

    fixture_folder(folder);
    fixture_copy(folder, "entry_crash", path);
    ck_assert_int_eq(module_preflight(path, &info, &err), QN_OK);
    ck_assert_int_eq(module_load(path, NULL, &m, &err), QN_E_MODULE_CRASH);
    snprintf(name, sizeof name, "cache/%s.ok", info.sha256);
    fixture_write(folder, name, "quoin module", 12, mark);
    ck_assert_int_eq(module_load(path, NULL, &m, &err), QN_E_MODULE_CRASH);
    fixture_clean(folder);
}
END_TEST

/* ------------------------------------------------------------------ the index */

START_TEST(the_index_reads_notes_of_folders_and_their_folders)
{
    char folder[PATH_ROOM];
    char path[PATH_ROOM];
    char below[PATH_ROOM];
    const char *dirs[] = {folder, "/nowhere/at/all"};
    const module_file *files;
    const module_file *f;
    module_index *index = NULL;

    fixture_folder(folder);
    fixture_copy(folder, "entry_crash", path); /* listing must not run it */
    fixture_copy(folder, "constructor", path);
    fixture_write(folder, "text.so", "no module", 9, path);
    fixture_write(folder, "readme.txt", "no module", 9, path);
    ck_assert_int_eq(path_join(folder, "below", below, NULL), QN_OK);
    ck_assert_int_eq(mkdir(below, 0755), 0);
    fixture_copy(below, "two", path);
    ck_assert_int_eq(path_join(below, "deeper", path, NULL), QN_OK);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    fixture_copy(path, "venue", below);

    ck_assert_int_eq(module_index_open(dirs, 2, &index, NULL), QN_OK);
    ck_assert_uint_eq(module_index_files(index, &files), 4);
    f = module_index_find(index, "strategy/two");
    ck_assert(f && strstr(f->path, "/below/two.so"));
    f = module_index_find(index, "strategy/fixture"); /* two have it; the first by name wins */
    ck_assert(f && strstr(f->path, "/constructor.so"));
    ck_assert_ptr_null(module_index_find(index, "venue/fixture"));
    ck_assert_str_eq(module_index_nearest(index, "strategy/fixtrue"), "strategy/fixture");
    ck_assert_ptr_null(module_index_nearest(index, "sink/postgres"));
    ck_assert_str_eq(strrchr(files[2].path, '/'), "/text.so"); /* a folder's files come first */
    ck_assert_int_eq(files[2].code, QN_E_ELF_FORMAT);
    ck_assert_str_eq(strrchr(files[3].path, '/'), "/two.so");
    ck_assert(!fixture_ran(folder));
    module_index_close(index);
    fixture_clean(folder);
}
END_TEST

CHECK_MAIN("module_load", a_module_is_loaded, what_cannot_be_closed_is_retired_and_counted,
           a_class_of_an_unknown_kind_is_hidden, a_bad_module_is_refused_and_the_host_lives,
           an_entry_that_does_not_return_is_killed, the_copy_is_private_and_named_by_its_content,
           a_changed_original_does_not_reach_what_is_loaded,
           a_right_copy_is_used_again_and_a_wrong_one_replaced, two_builds_live_side_by_side,
           a_cache_that_others_may_write_is_refused, a_mark_counts_only_if_it_is_whole,
           the_index_reads_notes_of_folders_and_their_folders)
