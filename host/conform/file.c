/* SPDX-License-Identifier: MIT
 *
 * Checks of the file: the loader's own rules, each code at the check that it belongs to. */
#include "internal.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/memory.h"
#include "module/attach.h"

#include <dlfcn.h>
#include <string.h>

/* A file on a slow disk is read into memory by the first look at it. */
#define LOOKS 5
#define SCAN_MAX_NS (100 * QN_NS_PER_MS)

int32_t subject_load(const subject *s, module **out, qn_err *err)
{
    const module_options options = {.cache_dir = s->folder};

    return module_load(s->path, &options, out, err);
}

void check_file_rules(const subject *s, finding *f)
{
    qn_err err = QN_ERR_INIT;
    module_info info;
    int32_t rc = module_preflight(s->path, &info, &err);

    if (rc != QN_OK)
        broken(f, "%s [%s]", err.msg, error_name(rc));
    else if (info.kept_because)
        noted(f, "taken, but it stays in memory when it is replaced: %s", info.kept_because);
}

void check_file_scan(const subject *s, finding *f)
{
    int64_t best = INT64_MAX;

    for (int i = 0; i < LOOKS; i++) {
        qn_err err = QN_ERR_INIT;
        int64_t start = clock_steady();
        char *text = NULL;
        note n;
        int64_t took;
        if (module_read_note(s->path, &n, &text, &err) != QN_OK) {
            broken(f, "%s", err.msg);
            return;
        }
        took = clock_steady() - start;
        if (took < best) best = took;
        mem_free(text);
    }
    if (best > SCAN_MAX_NS)
        broken(f, "its note takes %.1f ms to read; at most 100 ms", (double)best / 1e6);
    else
        noted(f, "%.3f ms", (double)best / 1e6);
}

/* The codes that a load can be refused with, and the check that each belongs to. */
static const struct {
    int32_t code;
    check_run check;
} refusals[] = {
    {QN_E_MODULE_MISMATCH, check_file_note}, {QN_E_MODULE_TABLE, check_file_tables},
    {QN_E_MODULE_TIER, check_file_note},     {QN_E_MODULE_CRASH, check_file_load},
    {QN_E_MODULE_LOAD, check_file_load},     {QN_E_MODULE_ENTRY, check_file_load},
};

/* Load it, and judge the refusals that are the check's own; others are told at theirs. */
static void load(const subject *s, check_run check, finding *f)
{
    qn_err err = QN_ERR_INIT;
    check_run owner = check_file_load;
    module *m = NULL;
    int32_t rc;

    doing_call("the entry point");
    rc = subject_load(s, &m, &err);
    if (rc == QN_OK) {
        module_close(m);
        return;
    }
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (refusals[i].code == rc) owner = refusals[i].check;
    if (owner == check)
        broken(f, "%s [%s]", err.msg, error_name(rc));
    else
        skipped(f, "it is refused before: [%s]", error_name(rc));
}

void check_file_load(const subject *s, finding *f)
{
    load(s, check_file_load, f);
}

void check_file_note(const subject *s, finding *f)
{
    load(s, check_file_note, f);
}

void check_file_tables(const subject *s, finding *f)
{
    load(s, check_file_tables, f);
}

/* Versions of the ABI that no plugin of today can serve. */
static const uint32_t strangers[] = {0xffffu << 16, (QN_ABI_MAJOR + 1) << 16,
                                     (QN_ABI_MAJOR + 7) << 16 | 9, UINT32_MAX};

void check_file_version(const subject *s, finding *f)
{
    qn_err err = QN_ERR_INIT;
    qn_entry_fn entry;
    void *handle, *symbol;
    module *m = NULL;
    uint32_t abi;

    if (subject_load(s, &m, &err) != QN_OK) {
        skipped(f, "it cannot be loaded");
        return;
    }
    handle = dlopen(module_about(m)->copy_path, RTLD_NOW | RTLD_LOCAL);
    abi = module_about(m)->abi;
    symbol = handle ? dlsym(handle, QN_ENTRY_NAME) : NULL;
    if (!symbol) {
        broken(f, "it was loaded, and " QN_ENTRY_NAME " is not found");
        return;
    }
    memcpy(&entry, &symbol, sizeof entry); /* ISO C has no cast from object to function */
    doing_call(QN_ENTRY_NAME);
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        doing_what("ABI %u.%u", strangers[i] >> 16, strangers[i] & 0xffff);
        if (entry(strangers[i]))
            broken(f, QN_ENTRY_NAME " says that it serves a host of ABI %u.%u", strangers[i] >> 16,
                   strangers[i] & 0xffff);
    }
    if ((abi & 0xffff) > 0 && entry(abi - 1))
        broken(f,
               QN_ENTRY_NAME " says that it serves a host of ABI %u.%u, and the note asks for "
                             "%u.%u",
               (abi - 1) >> 16, (abi - 1) & 0xffff, abi >> 16, abi & 0xffff);
    if (entry(QN_ABI) != entry(QN_ABI))
        broken(f, QN_ENTRY_NAME " returns another table when it is called again");
}
