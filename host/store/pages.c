/* SPDX-License-Identifier: MIT */
#include "pages.h"

#include "base/fail.h"

#include <string.h>
#include <unistd.h>

/* MDB_page: number of the page (u64), pad (u16), flags (u16), then two offsets (u16) or, of an
 * overflow page, how many pages follow each other (u32). */
enum { HEAD = 16, AT_FLAGS = 10, AT_LOWER = 12, AT_UPPER = 14 };
enum { BRANCH = 0x01, LEAF = 0x02, OVERFLOW = 0x04, META = 0x08 };

/* MDB_node: two halves of a length or page number (u16 each), flags (u16), length of the key
 * (u16), key, value. */
enum { NODE = 8, NODE_BIG = 0x01, NODE_TREE = 0x02 };

/* MDB_meta, behind the page's head: magic, version (u32), address, map size (u64), two MDB_db of
 * 48 bytes, last page, transaction (u64). */
#define META_MAGIC 0xBEEFC0DEu
#define META_VERSION 1u
enum { DB = 48, META_BYTES = 24 + 2 * DB + 16 };

/* MDB_db: pad (u32), flags, depth (u16), branches, leaves, overflows, entries, root (u64). */
enum { DB_NUMBERS = 0x08, DB_SUBDIR = 0x4000 };

static uint16_t get16(const unsigned char *at)
{
    uint16_t v;

    memcpy(&v, at, sizeof v);
    return v;
}

static uint32_t get32(const unsigned char *at)
{
    uint32_t v;

    memcpy(&v, at, sizeof v);
    return v;
}

static uint64_t get64(const unsigned char *at)
{
    uint64_t v;

    memcpy(&v, at, sizeof v);
    return v;
}

int32_t page_damaged(const page_file *f, uint64_t page, const char *what, qn_err *err)
{
    return fail(err, QN_E_DAMAGED, "%s is damaged: page %llu: %s", f->path,
                (unsigned long long)page, what);
}

/* Bytes of the file; what lies behind its end is damage. */
static int32_t read_at(const page_file *f, uint64_t page, uint64_t from, void *to, size_t n,
                       qn_err *err)
{
    unsigned char *at = to;

    while (n > 0) {
        ssize_t got = pread(f->fd, at, n, (off_t)(page * f->page_size + from));
        if (got < 0)
            return fail_errno(err, "cannot read %s, page %llu", f->path, (unsigned long long)page);
        if (got == 0) return page_damaged(f, page, "lies behind the end of the file", err);
        at += got;
        from += (uint64_t)got;
        n -= (size_t)got;
    }
    return QN_OK;
}

/* ------------------------------------------------------------------ heads */

static bool tree_parse(const unsigned char *db, uint64_t last_page, tree *out)
{
    *out = (tree){.root = get64(db + 40),
                  .branches = get64(db + 8),
                  .leaves = get64(db + 16),
                  .overflows = get64(db + 24),
                  .entries = get64(db + 32),
                  .depth = get16(db + 6),
                  .has_numbers = get16(db + 4) & DB_NUMBERS};
    if (out->root == NO_PAGE) return out->depth == 0 && out->entries == 0;
    return out->depth >= 1 && out->depth <= TREE_DEPTH && out->root >= 2 &&
           out->root <= last_page && out->leaves >= 1 && out->leaves <= last_page &&
           out->branches <= last_page && out->overflows <= last_page;
}

/* A page size that LMDB can have made. */
static bool is_page_size(uint32_t n)
{
    return n >= 512 && n <= 32768 && (n & (n - 1)) == 0;
}

/* The head on a page. Says what is wrong, or NULL. */
static const char *meta_parse(const unsigned char *p, uint64_t page, page_meta *out)
{
    const unsigned char *m = p + HEAD;
    uint32_t free_flags = get16(m + 24 + 4), main_flags = get16(m + 24 + DB + 4);

    if (get64(p) != page || get16(p + AT_FLAGS) != META) return "is no head of LMDB";
    if (get32(m) != META_MAGIC) return "is no head of LMDB";
    if (get32(m + 4) != META_VERSION) return "is a head of another version of LMDB";
    if (get64(m + 8) != 0) return "its head has an address";
    if (!is_page_size(get32(m + 24)) || get32(m + 24 + DB) != 0)
        return "its head has an impossible page size";
    if ((free_flags & ~DB_SUBDIR) != DB_NUMBERS || main_flags != 0)
        return "its head has unknown flags";
    out->last_page = get64(m + 24 + 2 * DB);
    out->txn = get64(m + 24 + 2 * DB + 8);
    if (out->last_page < 1 || out->last_page >= INT64_MAX / 32768 || (out->txn & 1) != page)
        return "its head has impossible numbers";
    out->is_whole = tree_parse(m + 24, out->last_page, &out->free);
    if (!tree_parse(m + 24 + DB, out->last_page, &out->main)) out->is_whole = false;
    return NULL;
}

static int32_t whole_check(const page_file *f, const page_meta *meta, qn_err *err)
{
    if (meta->is_whole) return QN_OK;
    return page_damaged(f, meta->txn & 1, "its head names an impossible tree", err);
}

/* The head on page 0 or 1. The first says how long pages are. */
static int32_t meta_read(page_file *f, uint64_t page, page_meta *out, qn_err *err)
{
    unsigned char bytes[HEAD + META_BYTES];
    const char *wrong;
    int32_t rc;

    if ((rc = read_at(f, page, 0, bytes, sizeof bytes, err)) != QN_OK) return rc;
    memset(out, 0, sizeof *out);
    if ((wrong = meta_parse(bytes, page, out)) != NULL) return page_damaged(f, page, wrong, err);
    if (page == 0) f->page_size = get32(bytes + HEAD + 24);
    if (get32(bytes + HEAD + 24) != f->page_size)
        return page_damaged(f, page, "its head has another page size", err);
    return QN_OK;
}

/* Pages at the end that were taken and not needed are not written: the file may be shorter than
 * its last page says, but not by more than LMDB takes in a transaction or a few. What says more
 * would make LMDB map more than there are addresses. */
#define PAGES_UNWRITTEN (UINT64_C(1) << 22)

static int32_t length_check(const page_file *f, const page_meta *meta, qn_err *err)
{
    off_t size = lseek(f->fd, 0, SEEK_END);

    if (size < 0) return fail_errno(err, "cannot read %s", f->path);
    if (meta->last_page < (uint64_t)size / f->page_size + PAGES_UNWRITTEN) return QN_OK;
    return page_damaged(f, meta->last_page, "should be the last, and lies behind the end", err);
}

int32_t page_meta_read(page_file *f, page_meta *out, qn_err *err)
{
    page_meta heads[2];
    int32_t rc;

    f->page_size = 4096; /* until page 0 has told; it is read from the start of the file */
    if ((rc = meta_read(f, 0, &heads[0], err)) != QN_OK) return rc;
    if ((rc = meta_read(f, 1, &heads[1], err)) != QN_OK) return rc;
    *out = heads[0].txn > heads[1].txn ? heads[0] : heads[1];
    /* only the newer: when LMDB fails to write one, it leaves a mixture that is marked as old */
    if ((rc = whole_check(f, out, err)) != QN_OK) return rc;
    /* each transaction is written over the head of the one before the last; both are 0 at first,
     * and page 1 then has the number of page 0 */
    if (heads[0].txn + 1 != heads[1].txn && heads[1].txn + 1 != heads[0].txn)
        return page_damaged(f, 0, "the two heads do not follow each other", err);
    return length_check(f, out, err);
}

int32_t page_meta_of(const page_file *f, uint64_t txn, page_meta *out, qn_err *err)
{
    unsigned char first[HEAD + META_BYTES], again[HEAD + META_BYTES];
    page_file same = *f; /* any thread: the page size is not written again */
    int32_t rc;

    /* twice: a transaction two later may be written over it at this moment */
    if ((rc = read_at(f, txn & 1, 0, first, sizeof first, err)) != QN_OK) return rc;
    if ((rc = meta_read(&same, txn & 1, out, err)) != QN_OK) return rc;
    if ((rc = read_at(f, txn & 1, 0, again, sizeof again, err)) != QN_OK) return rc;
    if (out->txn != txn || memcmp(first, again, sizeof again) != 0)
        return fail(err, QN_E_STALE, "%s: a later transaction was written", f->path);
    return whole_check(f, out, err);
}

/* ------------------------------------------------------------------ pages and nodes */

static const unsigned char *node_at(const unsigned char *page, uint32_t i)
{
    return page + get16(page + HEAD + 2 * i);
}

static size_t node_data(const unsigned char *node, bool is_leaf)
{
    size_t n = get16(node) | (size_t)get16(node + 2) << 16;

    if (!is_leaf) return 0;
    return get16(node + 4) & NODE_BIG ? sizeof(uint64_t) : n;
}

int key_compare(const void *a, size_t na, const void *b, size_t nb)
{
    int order = memcmp(a, b, na < nb ? na : nb);

    return order ? order : (na > nb) - (na < nb);
}

static int tree_compare(const tree *t, const void *a, size_t na, const void *b, size_t nb)
{
    uint64_t x, y;

    if (!t->has_numbers || na != sizeof x || nb != sizeof y) return key_compare(a, na, b, nb);
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static bool node_flags_fit(uint32_t flags, bool is_leaf)
{
    return !is_leaf || flags == 0 || flags == NODE_BIG || flags == NODE_TREE;
}

/* All nodes of a page: inside it, in the order of their keys, and filling it. */
static const char *nodes_wrong(const page_file *f, const tree *t, const unsigned char *page,
                               bool is_leaf)
{
    uint32_t n = page_entries(page), upper = get16(page + AT_UPPER);
    size_t filled = 0;

    for (uint32_t i = 0; i < n; i++) {
        const unsigned char *node = node_at(page, i), *before = i ? node_at(page, i - 1) : NULL;
        size_t at = (size_t)(node - page), size;
        if (at < upper || at + NODE > f->page_size || at % 2 != 0)
            return "a node lies outside of its page";
        size = NODE + (size_t)get16(node + 6) + node_data(node, is_leaf);
        if (size > f->page_size - at) return "a node ends outside of its page";
        if (!node_flags_fit(get16(node + 4), is_leaf)) return "a node has unknown flags";
        if (t->has_numbers && (is_leaf || i) && get16(node + 6) != sizeof(uint64_t))
            return "a key has a wrong length";
        /* the first key of a branch is left out: it counts as below all others */
        if (before && (is_leaf || i > 1) &&
            tree_compare(t, before + NODE, get16(before + 6), node + NODE, get16(node + 6)) >= 0)
            return "its keys are not in order";
        filled += (size + 1) & ~(size_t)1;
    }
    return filled == f->page_size - upper ? NULL : "its nodes do not fill it";
}

int32_t page_check(const page_file *f, const tree *t, uint64_t page, bool is_leaf,
                   const unsigned char *bytes, qn_err *err)
{
    uint32_t lower = get16(bytes + AT_LOWER), upper = get16(bytes + AT_UPPER);
    const char *wrong;

    if (get64(bytes) != page || get16(bytes + AT_FLAGS) != (is_leaf ? LEAF : BRANCH))
        return page_damaged(f, page, "is not the page that it should be", err);
    if (lower < HEAD + 2 || lower % 2 != 0 || lower > upper || upper > f->page_size)
        return page_damaged(f, page, "has impossible bounds", err);
    wrong = nodes_wrong(f, t, bytes, is_leaf);
    return wrong ? page_damaged(f, page, wrong, err) : QN_OK;
}

int32_t page_read(const page_file *f, const page_meta *meta, const tree *t, uint64_t page,
                  bool is_leaf, unsigned char *to, qn_err *err)
{
    int32_t rc;

    if (page < 2 || page > meta->last_page)
        return page_damaged(f, page, "there is no such page", err);
    if ((rc = read_at(f, page, 0, to, f->page_size, err)) != QN_OK) return rc;
    return page_check(f, t, page, is_leaf, to, err);
}

uint32_t page_entries(const unsigned char *page)
{
    return (get16(page + AT_LOWER) - (uint32_t)HEAD) / 2;
}

entry page_entry(const unsigned char *page, uint32_t i)
{
    const unsigned char *node = node_at(page, i);
    uint32_t flags = get16(node + 4);
    entry e = {.key = node + NODE,
               .nkey = get16(node + 6),
               .ndata = get16(node) | (size_t)get16(node + 2) << 16,
               .is_tree = flags & NODE_TREE};

    if (flags & NODE_BIG)
        e.big = get64(e.key + e.nkey);
    else
        e.data = e.key + e.nkey;
    return e;
}

uint64_t page_child(const unsigned char *page, uint32_t i)
{
    const unsigned char *node = node_at(page, i);

    return get16(node) | (uint64_t)get16(node + 2) << 16 | (uint64_t)get16(node + 4) << 32;
}

int32_t entry_pages(const page_file *f, const page_meta *meta, const entry *e, uint64_t *n,
                    qn_err *err)
{
    unsigned char head[HEAD];
    uint64_t need = (HEAD - 1 + e->ndata) / f->page_size + 1;
    int32_t rc;

    *n = 0;
    if (e->data) return QN_OK;
    if (e->big < 2 || e->big > meta->last_page)
        return page_damaged(f, e->big, "there is no such page", err);
    if ((rc = read_at(f, e->big, 0, head, sizeof head, err)) != QN_OK) return rc;
    *n = get32(head + AT_LOWER);
    if (get64(head) != e->big || get16(head + AT_FLAGS) != OVERFLOW || *n < need ||
        *n > meta->last_page + 1 - e->big)
        return page_damaged(f, e->big, "is not the page that it should be", err);
    return QN_OK;
}

int32_t entry_read(const page_file *f, const page_meta *meta, const entry *e, size_t from, void *to,
                   size_t n, qn_err *err)
{
    uint64_t pages;
    int32_t rc;

    if (from > e->ndata || n > e->ndata - from)
        return fail(err, QN_E_DAMAGED, "%s is damaged: a value is too short", f->path);
    if (e->data) {
        memcpy(to, e->data + from, n);
        return QN_OK;
    }
    if ((rc = entry_pages(f, meta, e, &pages, err)) != QN_OK) return rc;
    return read_at(f, e->big, HEAD + from, to, n, err);
}

int32_t entry_tree(const page_file *f, const page_meta *meta, const entry *e, tree *out,
                   qn_err *err)
{
    if (!e->is_tree || !e->data || e->ndata != DB || get32(e->data) != 0 ||
        get16(e->data + 4) != 0 || !tree_parse(e->data, meta->last_page, out))
        return fail(err, QN_E_DAMAGED, "%s is damaged: tree \"%.*s\" has an impossible head",
                    f->path, e->nkey > 32 ? 32 : (int)e->nkey, (const char *)e->key);
    return QN_OK;
}
