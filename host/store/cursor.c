/* SPDX-License-Identifier: MIT
 *
 * A walk along a tree. Each page on the way to the entry where the cursor is has been checked. */
#include "pages.h"

#include "base/fail.h"
#include "base/memory.h"

#include <string.h>
#include <unistd.h>

int32_t cursor_open(cursor *c, const page_file *file, const page_meta *meta, const tree *t,
                    qn_err *err)
{
    *c = (cursor){.file = file, .meta = meta, .tree = *t};
    c->pages = mem_new(t->depth + PAGES_AHEAD, file->page_size);
    return c->pages ? QN_OK : fail(err, QN_E_NO_MEMORY, "out of memory reading %s", file->path);
}

void cursor_close(cursor *c)
{
    mem_free(c->pages);
    *c = (cursor){0};
}

static unsigned char *page_of(const cursor *c, uint32_t level)
{
    return c->pages + (size_t)level * c->file->page_size;
}

static uint32_t entries_of(const cursor *c, uint32_t level)
{
    return page_entries(page_of(c, level));
}

/* Where to go on a page: to its first entry, its last, or towards a key. */
typedef enum aim { AIM_FIRST, AIM_LAST, AIM_KEY } aim;

/* Branch: the last entry whose key is not above the key. Leaf: the first not below it. */
static uint32_t place_of(const cursor *c, uint32_t level, const void *key, size_t nkey)
{
    const unsigned char *page = page_of(c, level);
    bool is_leaf = level + 1 == c->tree.depth;
    uint32_t low = is_leaf ? 0 : 1, high = page_entries(page);

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        entry e = page_entry(page, middle);
        int order = key_compare(e.key, e.nkey, key, nkey);
        if (is_leaf ? order < 0 : order <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return is_leaf ? low : low - 1;
}

/* A page that stands among those read ahead, or is read with those behind it: the leaves of a
 * journal do follow each other, and a call a page would cost more than the checks. What is read
 * with it and belongs to a later state of the store is not asked for. */
static int32_t load_ahead(cursor *c, uint64_t page, unsigned char *to, qn_err *err)
{
    size_t size = c->file->page_size;
    unsigned char *ahead = page_of(c, c->tree.depth);

    if (page < c->ahead || page >= c->ahead + c->nahead) {
        ssize_t n = pread(c->file->fd, ahead, PAGES_AHEAD * size, (off_t)(page * size));
        c->ahead = page;
        c->nahead = n > 0 ? (uint32_t)((size_t)n / size) : 0;
        if (c->nahead == 0) /* an error, or the end of the file: said in the usual way */
            return page_read(c->file, c->meta, &c->tree, page, true, to, err);
    }
    memcpy(to, ahead + (page - c->ahead) * size, size);
    return page_check(c->file, &c->tree, page, true, to, err);
}

static int32_t load(cursor *c, uint64_t page, bool is_leaf, aim how, unsigned char *to, qn_err *err)
{
    bool is_sequence = is_leaf && how == AIM_FIRST && page >= 2 && page <= c->meta->last_page;

    return is_sequence ? load_ahead(c, page, to, err)
                       : page_read(c->file, c->meta, &c->tree, page, is_leaf, to, err);
}

/* From the page of `level` down to a leaf. */
static int32_t descend(cursor *c, uint32_t level, uint64_t page, aim how, const void *key,
                       size_t nkey, qn_err *err)
{
    for (;; level++) {
        bool is_leaf = level + 1 == c->tree.depth;
        unsigned char *to = page_of(c, level);
        int32_t rc = load(c, page, is_leaf, how, to, err);
        uint32_t n;
        if (rc != QN_OK) return rc;
        n = page_entries(to);
        c->levels[level].page = page;
        c->levels[level].index = how == AIM_FIRST  ? 0
                                 : how == AIM_LAST ? n - 1
                                                   : place_of(c, level, key, nkey);
        if (is_leaf) return QN_OK;
        page = page_child(to, c->levels[level].index);
    }
}

/* To the leaf beside this one; *is_there = false, and nothing moved, if there is none. */
static int32_t beside(cursor *c, bool is_forward, bool *is_there, qn_err *err)
{
    uint32_t level = c->tree.depth - 1;

    *is_there = false;
    while (level > 0) {
        uint32_t *index = &c->levels[--level].index;
        if (is_forward ? *index + 1 >= entries_of(c, level) : *index == 0) continue;
        *index = is_forward ? *index + 1 : *index - 1;
        *is_there = true;
        return descend(c, level + 1, page_child(page_of(c, level), *index),
                       is_forward ? AIM_FIRST : AIM_LAST, NULL, 0, err);
    }
    return QN_OK;
}

bool cursor_entry(const cursor *c, entry *out)
{
    uint32_t leaf = c->tree.depth - 1;

    if (!c->is_placed || c->levels[leaf].index >= entries_of(c, leaf)) return false;
    *out = page_entry(page_of(c, leaf), c->levels[leaf].index);
    return true;
}

/* Behind the last entry of a leaf: to the first of the next one, if there is one. */
static int32_t settle(cursor *c, qn_err *err)
{
    uint32_t leaf = c->tree.depth - 1;
    bool is_there;

    if (c->levels[leaf].index < entries_of(c, leaf)) return QN_OK;
    return beside(c, true, &is_there, err);
}

int32_t cursor_next(cursor *c, qn_err *err)
{
    uint32_t leaf = c->tree.depth - 1;

    if (!c->is_placed) return QN_OK;
    if (c->levels[leaf].index < entries_of(c, leaf)) c->levels[leaf].index++;
    return settle(c, err);
}

int32_t cursor_previous(cursor *c, bool *is_there, qn_err *err)
{
    uint32_t leaf = c->tree.depth - 1;

    *is_there = false;
    if (!c->is_placed) return QN_OK;
    if (c->levels[leaf].index == 0) return beside(c, false, is_there, err);
    c->levels[leaf].index--;
    *is_there = true;
    return QN_OK;
}

/* The entry before the cursor's is below the key, and the cursor's is not. */
static int32_t neighbours_check(cursor *c, const void *key, size_t nkey, qn_err *err)
{
    uint32_t leaf = c->tree.depth - 1;
    bool is_there, is_wrong = false;
    entry e;
    int32_t rc;

    if (cursor_entry(c, &e) && key_compare(e.key, e.nkey, key, nkey) < 0) is_wrong = true;
    if ((rc = cursor_previous(c, &is_there, err)) != QN_OK || !is_there)
        return is_wrong ? page_damaged(c->file, c->levels[leaf].page, "its keys mislead", err) : rc;
    if (cursor_entry(c, &e) && key_compare(e.key, e.nkey, key, nkey) >= 0) is_wrong = true;
    if (is_wrong) return page_damaged(c->file, c->levels[leaf].page, "its keys mislead", err);
    return cursor_next(c, err);
}

int32_t cursor_seek(cursor *c, const void *key, size_t nkey, qn_err *err)
{
    int32_t rc;

    c->is_placed = false;
    if (c->tree.root == NO_PAGE) return QN_OK;
    if ((rc = descend(c, 0, c->tree.root, AIM_KEY, key, nkey, err)) != QN_OK) return rc;
    c->is_placed = true;
    if ((rc = settle(c, err)) != QN_OK) return rc;
    return neighbours_check(c, key, nkey, err);
}
