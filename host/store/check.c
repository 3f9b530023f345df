/* SPDX-License-Identifier: MIT
 *
 * Checks of a whole store. */
#include "internal.h"

#include "base/fail.h"
#include "base/hash.h"
#include "base/memory.h"

#include <string.h>

/* ------------------------------------------------------------------ structure */

typedef struct checker {
    const view *v;
    unsigned char *used; /* one bit a page */
    uint64_t highest;    /* of those that have a use */
    unsigned char *buffers;
    tree counted; /* of the tree that is being walked */
    bool with_leaves;
} checker;

/* Pages [first, first + n) have a use now; they must not have had one. */
static int32_t use(checker *k, uint64_t first, uint64_t n, qn_err *err)
{
    if (first < 2 || first > k->v->meta.last_page || n > k->v->meta.last_page + 1 - first)
        return page_damaged(k->v->file, first, "there is no such page", err);
    for (uint64_t page = first; page < first + n; page++) {
        unsigned char bit = (unsigned char)(1u << page % 8);
        if (k->used[page / 8] & bit) return page_damaged(k->v->file, page, "is used twice", err);
        k->used[page / 8] |= bit;
        if (page > k->highest) k->highest = page;
    }
    return QN_OK;
}

static int32_t use_big(checker *k, const entry *e, qn_err *err)
{
    uint64_t n;
    int32_t rc = entry_pages(k->v->file, &k->v->meta, e, &n, err);

    if (rc != QN_OK || n == 0) return rc;
    k->counted.overflows += n;
    return use(k, e->big, n, err);
}

/* A list of free pages: how many, then their numbers, falling. */
static int32_t use_free(checker *k, const entry *e, qn_err *err)
{
    const page_file *f = k->v->file;
    uint64_t n, last = NO_PAGE, txn;
    int32_t rc = entry_read(f, &k->v->meta, e, 0, &n, sizeof n, err);

    if (rc != QN_OK) return rc;
    memcpy(&txn, e->key, sizeof txn);
    if (txn > k->v->meta.txn || n > e->ndata / 8 - 1)
        return fail(err, QN_E_DAMAGED, "%s is damaged: its list of free pages", f->path);
    for (uint64_t i = 1; i <= n && rc == QN_OK; i++) {
        uint64_t page;
        rc = entry_read(f, &k->v->meta, e, i * 8, &page, sizeof page, err);
        if (rc == QN_OK && page >= last)
            rc = page_damaged(f, page, "stands twice in the list of free pages", err);
        if (rc == QN_OK) rc = use(k, page, 1, err);
        last = page;
    }
    return rc;
}

static int32_t use_leaf(checker *k, const tree *t, const unsigned char *page, qn_err *err)
{
    uint32_t n = page_entries(page);
    int32_t rc = QN_OK;

    k->counted.entries += n;
    for (uint32_t i = 0; i < n && rc == QN_OK; i++) {
        entry e = page_entry(page, i);
        rc = use_big(k, &e, err);
        if (rc == QN_OK && t->has_numbers) rc = use_free(k, &e, err);
    }
    return rc;
}

/* The page and all below it; recursion as deep as TREE_DEPTH. */
static int32_t walk(checker *k, const tree *t, uint32_t level, uint64_t page, qn_err *err)
{
    unsigned char *to = k->buffers + (size_t)level * k->v->file->page_size;
    bool is_leaf = level + 1 == t->depth;
    int32_t rc = use(k, page, 1, err);

    if (is_leaf) k->counted.leaves++;
    if (rc != QN_OK || (is_leaf && !k->with_leaves)) return rc;
    rc = page_read(k->v->file, &k->v->meta, t, page, is_leaf, to, err);
    if (rc != QN_OK || is_leaf) return rc == QN_OK ? use_leaf(k, t, to, err) : rc;
    k->counted.branches++;
    for (uint32_t i = 0; i < page_entries(to) && rc == QN_OK; i++)
        rc = walk(k, t, level + 1, page_child(to, i), err);
    return rc;
}

static int32_t walk_tree(checker *k, const tree *t, const char *name, bool with_leaves, qn_err *err)
{
    int32_t rc;

    if (t->root == NO_PAGE) return QN_OK;
    k->counted = (tree){0};
    k->with_leaves = with_leaves;
    if ((rc = walk(k, t, 0, t->root, err)) != QN_OK) return rc;
    if (k->counted.leaves == t->leaves && k->counted.branches == t->branches &&
        (!with_leaves ||
         (k->counted.entries == t->entries && k->counted.overflows == t->overflows)))
        return QN_OK;
    return fail(err, QN_E_DAMAGED,
                "%s is damaged: tree \"%s\" has not the pages that its head says", k->v->file->path,
                name);
}

int32_t structure_check(const view *v, bool is_whole, qn_err *err)
{
    /* leaves with values of pages of their own must be read to know those pages */
    bool with_journal = is_whole || v->trees[TREE_JOURNAL].overflows != 0;
    checker k = {.v = v};
    int32_t rc = QN_OK;

    k.used = mem_new(v->meta.last_page / 8 + 1, 1);
    k.buffers = mem_new(TREE_DEPTH, v->file->page_size);
    if (!k.used || !k.buffers)
        rc = fail(err, QN_E_NO_MEMORY, "out of memory checking %s", v->file->path);
    if (rc == QN_OK) rc = walk_tree(&k, &v->meta.main, "", true, err);
    for (uint32_t i = 0; i < TREES && rc == QN_OK; i++)
        rc = walk_tree(&k, &v->trees[i], tree_names[i], i != TREE_JOURNAL || with_journal, err);
    /* the free pages last: none of them may have a use */
    if (rc == QN_OK) rc = walk_tree(&k, &v->meta.free, "free", true, err);
    /* LMDB goes on behind the last page: a number that is too high would waste the map */
    if (rc == QN_OK && k.highest != v->meta.last_page)
        rc = page_damaged(v->file, v->meta.last_page, "should be the last, and has no use", err);
    mem_free(k.used);
    mem_free(k.buffers);
    return rc;
}

/* ------------------------------------------------------------------ contents */

static int32_t wrong_value(const view *v, const char *what, const entry *e, qn_err *err)
{
    return fail(err, QN_E_DAMAGED, "%s is damaged: %s %.*s", v->file->path, what,
                e->nkey > 64 ? 64 : (int)e->nkey, (const char *)e->key);
}

static int32_t value_check(const view *v, const entry *e, uint32_t number, qn_err *err)
{
    unsigned char bytes[sizeof(uint32_t) + VALUE_BYTES];
    uint32_t crc;
    int32_t rc;

    (void)number;
    if (e->nkey == 0 || e->nkey > VALUE_NAME || e->ndata < sizeof crc || e->ndata > sizeof bytes)
        return wrong_value(v, "value", e, err);
    if ((rc = entry_read(v->file, &v->meta, e, 0, bytes, e->ndata, err)) != QN_OK) return rc;
    memcpy(&crc, bytes, sizeof crc);
    if (crc != crc32c_add(crc32c(e->key, e->nkey), bytes + sizeof crc, e->ndata - sizeof crc))
        return wrong_value(v, "value", e, err);
    return QN_OK;
}

/* Only its key: a snapshot is long, and checked when it is read. */
static int32_t snapshot_check(const view *v, const entry *e, uint32_t number, qn_err *err)
{
    unsigned char key[JOURNAL_KEY];
    snapshot_head head;
    int32_t rc = entry_read(v->file, &v->meta, e, 0, &head, sizeof head, err);

    (void)number;
    if (rc != QN_OK) return rc;
    journal_key_write(head.run, head.seq, key);
    if (key_compare(key, sizeof key, e->key, e->nkey) == 0 && head.nbytes == e->ndata - sizeof head)
        return QN_OK;
    return fail(err, QN_E_DAMAGED, "%s is damaged: a snapshot has a wrong key", v->file->path);
}

/* Runs are numbered without a gap. */
static int32_t run_entry_check(const view *v, const entry *e, uint32_t number, qn_err *err)
{
    unsigned char key[RUN_KEY];
    void *bytes;
    int32_t rc;

    run_key_write(number, key);
    if (key_compare(key, sizeof key, e->key, e->nkey) != 0 || e->ndata > UINT32_MAX)
        return fail(err, QN_E_DAMAGED, "%s is damaged: run %u is missing", v->file->path, number);
    if (!(bytes = mem_new(e->ndata + 1, 1)))
        return fail(err, QN_E_NO_MEMORY, "out of memory reading %s", v->file->path);
    rc = entry_read(v->file, &v->meta, e, 0, bytes, e->ndata, err);
    if (rc == QN_OK) rc = run_check(v->file->path, number, bytes, e->ndata, err);
    mem_free(bytes);
    return rc;
}

typedef int32_t (*entry_check)(const view *v, const entry *e, uint32_t number, qn_err *err);

static int32_t entries_check(const view *v, store_tree which, entry_check check, qn_err *err)
{
    const tree *t = &v->trees[which];
    cursor c = {0};
    uint32_t n = 0;
    int32_t rc;
    entry e;

    if (t->root == NO_PAGE) return QN_OK;
    if ((rc = cursor_open(&c, v->file, &v->meta, t, err)) != QN_OK) return rc;
    rc = cursor_seek(&c, "", 0, err);
    while (rc == QN_OK && cursor_entry(&c, &e)) {
        if ((rc = check(v, &e, ++n, err)) == QN_OK) rc = cursor_next(&c, err);
    }
    if (rc == QN_OK && n != t->entries)
        rc = fail(err, QN_E_DAMAGED, "%s is damaged: tree \"%s\" has %u entries and not %llu",
                  v->file->path, tree_names[which], n, (unsigned long long)t->entries);
    cursor_close(&c);
    return rc;
}

int32_t small_trees_check(const view *v, qn_err *err)
{
    int32_t rc = entries_check(v, TREE_RUNS, run_entry_check, err);

    if (rc == QN_OK) rc = entries_check(v, TREE_SNAPSHOTS, snapshot_check, err);
    if (rc == QN_OK) rc = entries_check(v, TREE_VALUES, value_check, err);
    if (rc == QN_OK && v->head.run > v->trees[TREE_RUNS].entries)
        rc =
            fail(err, QN_E_DAMAGED, "%s is damaged: run %u is missing", v->file->path, v->head.run);
    return rc;
}

static int32_t no_tail(const view *v, qn_err *err)
{
    return fail(err, QN_E_DAMAGED,
                "%s is damaged: run %u, sequence number %llu: the last record is missing or wrong",
                v->file->path, v->head.run, (unsigned long long)v->head.last_seq);
}

/* The record that the head calls the last one of its run. */
static int32_t last_check(const view *v, cursor *c, qn_err *err)
{
    unsigned char key[JOURNAL_KEY];
    uint32_t crc = 0;
    int32_t rc;
    entry e;

    if (v->head.last_seq == 0) return QN_OK;
    journal_key_write(v->head.run, v->head.last_seq, key);
    if ((rc = cursor_seek(c, key, sizeof key, err)) != QN_OK) return rc;
    if (!cursor_entry(c, &e) || key_compare(e.key, e.nkey, key, sizeof key) != 0)
        return no_tail(v, err);
    if ((rc = entry_read(v->file, &v->meta, &e, 0, &crc, sizeof crc, err)) != QN_OK) return rc;
    return crc == v->head.last_crc ? QN_OK : no_tail(v, err);
}

int32_t tail_check(const view *v, qn_err *err)
{
    const tree *t = &v->trees[TREE_JOURNAL];
    unsigned char end[JOURNAL_KEY];
    cursor c = {0};
    int32_t rc;

    if (t->root == NO_PAGE) return v->head.last_seq == 0 ? QN_OK : no_tail(v, err);
    if ((rc = cursor_open(&c, v->file, &v->meta, t, err)) != QN_OK) return rc;
    rc = last_check(v, &c, err);
    /* and the way to the end of the tree, where a new run is put */
    memset(end, 0xff, sizeof end);
    if (rc == QN_OK) rc = cursor_seek(&c, end, sizeof end, err);
    cursor_close(&c);
    return rc;
}
