/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "base/hash.h"
#include "base/memory.h"

#include <string.h>

static uint32_t value_crc(const char *name, const void *bytes, size_t n)
{
    return crc32c_add(crc32c(name, strlen(name)), bytes, n);
}

typedef struct setting {
    const char *name;
    unsigned char bytes[sizeof(uint32_t) + VALUE_BYTES];
    size_t n; /* 0 = remove */
} setting;

static int32_t write_value(store *s, MDB_txn *txn, store_head *head, void *ctx, qn_err *err)
{
    setting *v = ctx;
    MDB_val key = {strlen(v->name), (void *)(uintptr_t)v->name}, value = {v->n, v->bytes};
    int code;

    (void)head;
    code = v->n ? mdb_put(txn, s->trees[TREE_VALUES], &key, &value, 0)
                : mdb_del(txn, s->trees[TREE_VALUES], &key, NULL);
    if (code == 0 || (code == MDB_NOTFOUND && !v->n)) return QN_OK;
    return lmdb_error(s, code, "write", err);
}

static int32_t name_check(const char *name, qn_err *err)
{
    size_t n = strlen(name);

    if (n > 0 && n <= VALUE_NAME) return QN_OK;
    return fail(err, QN_E_RANGE, "the name of a value has %zu bytes; 1 to %u are allowed", n,
                VALUE_NAME);
}

int32_t value_put(store *s, const char *name, const void *bytes, size_t n, qn_err *err)
{
    setting v = {.name = name};
    int32_t rc = name_check(name, err);
    uint32_t crc;

    if (rc != QN_OK) return rc;
    if (s->options.is_read_only)
        return fail(err, QN_E_STATE, "the store %s was opened for reading only", s->dir);
    if (n > VALUE_BYTES)
        return fail(err, QN_E_RANGE, "value %s has %zu bytes; at most %u are allowed", name, n,
                    VALUE_BYTES);
    if (n > 0) {
        crc = value_crc(name, bytes, n);
        memcpy(v.bytes, &crc, sizeof crc);
        memcpy(v.bytes + sizeof crc, bytes, n);
        v.n = sizeof crc + n;
    }
    return commit_with(s, write_value, &v, err);
}

static int32_t value_copy(const store *s, const char *name, const unsigned char *stored,
                          size_t size, void *bytes, size_t *n, qn_err *err)
{
    size_t room = *n;
    uint32_t crc;

    if (size >= sizeof crc) memcpy(&crc, stored, sizeof crc);
    if (size < sizeof crc || crc != value_crc(name, stored + sizeof crc, size - sizeof crc))
        return fail(err, QN_E_DAMAGED, "%s is damaged: value %s", s->data_path, name);
    *n = size - sizeof crc;
    if (*n > room)
        return fail(err, QN_E_FULL, "value %s has %zu bytes, and there is room for %zu", name, *n,
                    room);
    memcpy(bytes, stored + sizeof crc, *n);
    return QN_OK;
}

int32_t value_get(store *s, const char *name, void *bytes, size_t *n, qn_err *err)
{
    void *stored = NULL;
    size_t size = 0;
    int32_t rc = name_check(name, err);
    view v;

    if (rc != QN_OK || (rc = view_open(s, &v, err)) != QN_OK) return rc;
    rc = view_get(&v, TREE_VALUES, name, strlen(name), &stored, &size, err);
    view_close(&v);
    if (rc == QN_E_NOT_FOUND) return fail(err, rc, "there is no value %s in %s", name, s->dir);
    if (rc != QN_OK) return rc;
    rc = value_copy(s, name, stored, size, bytes, n, err);
    mem_free(stored);
    return rc;
}
