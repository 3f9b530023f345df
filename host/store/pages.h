/* SPDX-License-Identifier: MIT
 *
 * Reading LMDB's file with suspicion.
 *
 * LMDB believes what a page says: a flipped bit in one makes it read past the end of the page,
 * loop, or write over pages that are in use. So a store that exists is checked before LMDB
 * writes to it, and what is read of the journal, runs, snapshots and values is read here: every
 * offset, length, flag, order of keys and page number is checked before it is used, and pages
 * come by pread, so that a short file or a bad sector is an error and not a signal. (Rejected: a
 * trial walk by LMDB in another process. Not every damage crashes, and a crash names no page.)
 *
 * The format is that of LMDB 0.9, "data version 1" (lmdb.h and mdb.c of 0.9.24: MDB_page,
 * MDB_node, MDB_db, MDB_meta); LMDB refuses any other version, and so do we. */
#ifndef QUOIN_STORE_PAGES_H
#define QUOIN_STORE_PAGES_H

#include <quoin/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGES_AHEAD 16u /* read in one go while a cursor goes forward */
#define TREE_DEPTH 10u  /* with 12-byte keys more than any disk holds */
#define NO_PAGE UINT64_MAX

typedef struct page_file {
    int fd;
    uint32_t page_size;
    const char *path; /* for messages; lives as long as the file is used */
} page_file;

typedef struct tree {
    uint64_t root; /* page; NO_PAGE = empty */
    uint64_t branches, leaves, overflows, entries;
    uint32_t depth;
    bool has_numbers; /* keys are u64 of the machine (the list of free pages) */
} tree;

/* The head of one state of the file. */
typedef struct page_meta {
    uint64_t txn, last_page;
    tree free, main;
    bool is_whole; /* both trees are possible ones */
} page_meta;

/* Read and check both heads; *out is the newer. Sets f->page_size. While another process writes
 * one of them can be seen half written; the caller then tries again. */
int32_t page_meta_read(page_file *f, page_meta *out, qn_err *err);
/* The head of the transaction `txn`, which a reader of LMDB holds. QN_E_STALE: it is there no
 * more, a later one has been written over it. */
int32_t page_meta_of(const page_file *f, uint64_t txn, page_meta *out, qn_err *err);

/* A page of a tree: read, and all its nodes checked. `to` has page_size bytes. */
int32_t page_read(const page_file *f, const page_meta *meta, const tree *t, uint64_t page,
                  bool is_leaf, unsigned char *to, qn_err *err);
/* The check alone, of bytes that were read. */
int32_t page_check(const page_file *f, const tree *t, uint64_t page, bool is_leaf,
                   const unsigned char *bytes, qn_err *err);
uint32_t page_entries(const unsigned char *page);

/* An entry of a leaf; points into the page. */
typedef struct entry {
    const unsigned char *key, *data; /* data NULL: the value has pages of its own, at `big` */
    size_t nkey, ndata;
    uint64_t big;
    bool is_tree; /* the value is a tree's own head */
} entry;

entry page_entry(const unsigned char *page, uint32_t i);
uint64_t page_child(const unsigned char *page, uint32_t i); /* of a branch */

/* Part of an entry's value. DAMAGED if it has less. */
int32_t entry_read(const page_file *f, const page_meta *meta, const entry *e, size_t from, void *to,
                   size_t n, qn_err *err);
/* How many pages of its own it has: none, or as many as its first one says. LMDB may have kept
 * more of them than the value needs. */
int32_t entry_pages(const page_file *f, const page_meta *meta, const entry *e, uint64_t *n,
                    qn_err *err);

/* The tree whose head an entry is. */
int32_t entry_tree(const page_file *f, const page_meta *meta, const entry *e, tree *out,
                   qn_err *err);

/* "FILE is damaged: page N: WHAT". Returns QN_E_DAMAGED. */
int32_t page_damaged(const page_file *f, uint64_t page, const char *what, qn_err *err);

/* A walk along a tree in the order of its keys. */
typedef struct cursor {
    const page_file *file;
    const page_meta *meta;
    tree tree;
    unsigned char *pages; /* one a level, then PAGES_AHEAD of them */
    uint64_t ahead;       /* number of the first one of those */
    uint32_t nahead;
    bool is_placed;
    struct {
        uint64_t page;
        uint32_t index;
    } levels[TREE_DEPTH];
} cursor;

/* `file` and `meta` outlive the cursor. All zero is a closed one. */
int32_t cursor_open(cursor *c, const page_file *file, const page_meta *meta, const tree *t,
                    qn_err *err);
void cursor_close(cursor *c);

/* To the first entry whose key is not below `key`. That no entry before it is either is
 * checked: a damaged branch cannot lead astray. */
int32_t cursor_seek(cursor *c, const void *key, size_t nkey, qn_err *err);
/* The entry where the cursor is; false at the end. Lives until the cursor moves. */
bool cursor_entry(const cursor *c, entry *out);
int32_t cursor_next(cursor *c, qn_err *err);
int32_t cursor_previous(cursor *c, bool *is_there, qn_err *err);

/* Order of two keys of a tree, as memcmp's. */
int key_compare(const void *a, size_t na, const void *b, size_t nb);

#endif
