/* SPDX-License-Identifier: MIT */
#include "attach.h"

#include "base/fail.h"
#include "table.h"

#include <dlfcn.h>
#include <string.h>

/* What the dynamic linker said, without the name of the copy that it begins with. */
static int32_t linker_failed(const char *copy, qn_err *err)
{
    const char *text = dlerror();
    size_t len = strlen(copy);

    if (!text) text = "unknown error";
    if (strncmp(text, copy, len) == 0 && strncmp(text + len, ": ", 2) == 0) text += len + 2;
    return fail(err, QN_E_MODULE_LOAD, "%.200s%s", text,
                strstr(text, "failed to map") ? " (is the cache folder mounted noexec?)" : "");
}

int32_t attach(const char *copy, const note *n, bool can_close, attachment *out, qn_err *err)
{
    /* local: a symbol of one module must never satisfy another; now: a missing one is found
     * here and not in the middle of a run */
    void *handle = dlopen(copy, RTLD_NOW | RTLD_LOCAL | (can_close ? 0 : RTLD_NODELETE));
    const qn_module *table;
    qn_entry_fn entry;
    void *symbol;
    int32_t rc;

    if (!handle) return linker_failed(copy, err);
    if (!(symbol = dlsym(handle, QN_ENTRY_NAME))) {
        rc = linker_failed(copy, err);
        goto done;
    }
    memcpy(&entry, &symbol, sizeof entry); /* ISO C has no cast from object to function */
    table = entry(QN_ABI);
    if (!table && n->abi < QN_ABI) table = entry(n->abi); /* 0.2 compared for equality */
    if (!table) {
        rc = fail(err, QN_E_MODULE_ENTRY,
                  QN_ENTRY_NAME " returned NULL: it does not serve a host of ABI %u.%u",
                  QN_ABI_MAJOR, QN_ABI_MINOR);
        goto done;
    }
    if ((rc = table_check(table, n, err)) != QN_OK) goto done;
    *out = (attachment){handle, table};
    return QN_OK;
done:
    dlclose(handle);
    return rc;
}

void detach(attachment *a)
{
    if (a->handle) dlclose(a->handle);
    *a = (attachment){0};
}
