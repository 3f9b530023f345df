/* SPDX-License-Identifier: MIT
 *
 * One state of the store, read page by page. */
#include "internal.h"

#include "base/fail.h"
#include "base/hash.h"
#include "base/memory.h"

#include <string.h>

const char *const tree_names[TREES] = {"journal", "runs", "snapshots", "values"};

uint32_t head_crc(const store_head *head)
{
    return crc32c(head, offsetof(store_head, crc));
}

static int32_t no_store(const page_file *f, qn_err *err)
{
    return fail(err, QN_E_DAMAGED, "%s is damaged, or no store of this program", f->path);
}

int32_t head_check(const page_file *f, const store_head *head, qn_err *err)
{
    if (memcmp(head->magic, STORE_MAGIC, sizeof head->magic) != 0) return no_store(f, err);
    if (head->crc != head_crc(head))
        return fail(err, QN_E_DAMAGED, "%s is damaged: its head has a wrong checksum", f->path);
    if (head->version > STORE_VERSION)
        return fail(err, QN_E_TOO_NEW,
                    "%s is a store of format version %u; this program reads version %u: use a "
                    "newer one",
                    f->path, head->version, STORE_VERSION);
    if (head->version < STORE_VERSION)
        return fail(err, QN_E_UNSUPPORTED,
                    "%s is a store of format version %u; this program reads version %u: read it "
                    "with the version that made it",
                    f->path, head->version, STORE_VERSION);
    return QN_OK;
}

static bool is_key(const entry *e, const char *name)
{
    return e->nkey == strlen(name) && memcmp(e->key, name, e->nkey) == 0;
}

/* One entry of the unnamed tree. */
static int32_t take_entry(view *v, const entry *e, uint32_t *seen, qn_err *err)
{
    for (uint32_t i = 0; i < TREES; i++) {
        if (!is_key(e, tree_names[i])) continue;
        *seen |= 1u << i;
        return entry_tree(v->file, &v->meta, e, &v->trees[i], err);
    }
    if (!is_key(e, HEAD_KEY) || e->is_tree || e->ndata != sizeof v->head)
        return no_store(v->file, err);
    *seen |= 1u << TREES;
    return entry_read(v->file, &v->meta, e, 0, &v->head, sizeof v->head, err);
}

/* The head first: what is no store, or one of another version, is called that. */
static int32_t main_read(view *v, qn_err *err)
{
    uint32_t seen = 0;
    cursor c = {0};
    int32_t rc;
    entry e;

    if (v->meta.main.root == NO_PAGE) return no_store(v->file, err);
    if ((rc = cursor_open(&c, v->file, &v->meta, &v->meta.main, err)) != QN_OK) return rc;
    rc = cursor_seek(&c, HEAD_KEY, strlen(HEAD_KEY), err);
    if (rc == QN_OK && (!cursor_entry(&c, &e) || !is_key(&e, HEAD_KEY)))
        rc = no_store(v->file, err);
    if (rc == QN_OK) rc = take_entry(v, &e, &seen, err);
    if (rc == QN_OK) rc = head_check(v->file, &v->head, err);
    if (rc == QN_OK) rc = cursor_seek(&c, "", 0, err);
    while (rc == QN_OK && cursor_entry(&c, &e)) {
        if ((rc = take_entry(v, &e, &seen, err)) == QN_OK) rc = cursor_next(&c, err);
    }
    if (rc == QN_OK && seen != (1u << (TREES + 1)) - 1) rc = no_store(v->file, err);
    cursor_close(&c);
    return rc;
}

static int32_t transaction_check(const view *v, qn_err *err)
{
    if (v->head.txn == v->meta.txn) return QN_OK;
    return fail(err, QN_E_DAMAGED,
                "%s is damaged: it says that it is of transaction %llu, and was written by %llu",
                v->file->path, (unsigned long long)v->meta.txn, (unsigned long long)v->head.txn);
}

int32_t view_first(page_file *f, view *v, qn_err *err)
{
    int32_t rc;

    *v = (view){.file = f};
    if ((rc = page_meta_read(f, &v->meta, err)) != QN_OK) return rc;
    if ((rc = main_read(v, err)) != QN_OK) return rc;
    return transaction_check(v, err);
}

/* Another process commits every few ms; each of its heads stands for two commits. */
#define VIEW_TRIES 1000

int32_t view_open(store *s, view *v, qn_err *err)
{
    int32_t rc = QN_OK;

    for (int i = 0; i < VIEW_TRIES; i++) {
        int code;
        *v = (view){.file = &s->data};
        code = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &v->pin);
        if (code != 0) return lmdb_error(s, code, "read", err);
        rc = page_meta_of(&s->data, mdb_txn_id(v->pin), &v->meta, err);
        if (rc == QN_OK) rc = main_read(v, err);
        if (rc == QN_OK) rc = transaction_check(v, err);
        if (rc == QN_OK) return QN_OK;
        view_close(v);
        if (rc != QN_E_STALE && rc != QN_E_DAMAGED) return rc;
    }
    return rc;
}

void view_close(view *v)
{
    if (v->pin) mdb_txn_abort(v->pin);
    v->pin = NULL;
}

int32_t view_get(const view *v, store_tree which, const void *key, size_t nkey, void **bytes,
                 size_t *n, qn_err *err)
{
    cursor c = {0};
    int32_t rc;
    entry e;

    if (v->trees[which].root == NO_PAGE) return QN_E_NOT_FOUND;
    if ((rc = cursor_open(&c, v->file, &v->meta, &v->trees[which], err)) != QN_OK) return rc;
    rc = cursor_seek(&c, key, nkey, err);
    if (rc == QN_OK &&
        (!cursor_entry(&c, &e) || key_compare(e.key, e.nkey, key, nkey) != 0 || e.is_tree))
        rc = QN_E_NOT_FOUND;
    if (rc == QN_OK && e.ndata > (v->meta.last_page + 1) * v->file->page_size)
        rc = page_damaged(v->file, e.big, "there is no such page", err);
    if (rc == QN_OK && !(*bytes = mem_new(e.ndata + 1, 1)))
        rc = fail(err, QN_E_NO_MEMORY, "out of memory reading %s", v->file->path);
    if (rc == QN_OK) {
        *n = e.ndata;
        rc = entry_read(v->file, &v->meta, &e, 0, *bytes, *n, err);
        if (rc != QN_OK) mem_free(*bytes);
    }
    cursor_close(&c);
    return rc;
}
