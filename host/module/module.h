/* SPDX-License-Identifier: MIT
 *
 * Modules: from a file somewhere on disk to a class that instances can be made of.
 *
 *   find       the ELF notes of all files in the plugin folders are read; nothing is executed
 *   preflight  the file is checked against the rules of its tier; nothing is executed
 *   copy       a private copy, named by its SHA-256, so that no later change of the original
 *              can reach a running host, and each build has a path of its own (dlopen returns
 *              the old image for a path it has open)
 *   load       dlopen of the copy, entry point, comparison with the note, check of the tables */
#ifndef QUOIN_MODULE_MODULE_H
#define QUOIN_MODULE_MODULE_H

#include "trust.h"

#include <quoin/plugin.h>

#include <stdbool.h>

#define MODULE_CLASSES 16

/* What a file's note says of one class. */
typedef struct note_class {
    const char *id, *kind, *version, *license; /* in the owner's memory */
} note_class;

typedef struct note {
    uint32_t abi, tier, flags, nclasses;
    note_class classes[MODULE_CLASSES];
} note;

/* One file of the index. */
typedef struct module_file {
    const char *path;
    note note;
    int32_t code; /* QN_OK, or why the note could not be read */
    qn_err err;
} module_file;

/* The index of a search path: which class lies in which file. */
typedef struct module_index module_index;

/* Read the notes of all *.so in the folders, then of those directly below. in the order of
 * their names. The first file that has a class wins. Missing folders are skipped; a file whose
 * note can't be read is listed with the reason. QN_OK, QN_E_IO or QN_E_NO_MEMORY; on error *out is
 * unchanged. */
int32_t module_index_open(const char *const *dirs, size_t ndirs, module_index **out, qn_err *err);
void module_index_close(module_index *index);
size_t module_index_files(const module_index *index, const module_file **out);

/* The file of a class id, or NULL. */
const module_file *module_index_find(const module_index *index, const char *class_id);

/* The class id nearest to a misspelt one, or NULL. */
const char *module_index_nearest(const module_index *index, const char *class_id);

/* A loaded module. */
typedef struct module module;

/* What became of a file: the result of a preflight or a load. */
typedef struct module_info {
    const char *path;      /* the original */
    const char *copy_path; /* the private copy; NULL after a preflight alone */
    char sha256[65];
    char build_id[IMAGE_BUILD_ID]; /* GNU build id, hex; "" = none */
    uint32_t abi, tier;
    bool can_close;             /* passed the strict profile: its image may be unmapped */
    bool is_dev;                /* taken by the dev profile only */
    const char *kept_because;   /* why it can't be closed, a static text; NULL when it can */
    bool is_signed;             /* by a trusted key; false also where nobody looked */
    char signed_by[SHA256_HEX]; /* id of the key; "" = none */
    uint32_t nclasses;          /* of the note; after a load: whose kind this host has */
} module_info;

/* Check a file without running any of its code. The rules are those of its note's tier, in the
 * strict profile, or in the dev profile if QUOIN_DEV=1 is in the environment or the host was
 * built with a sanitizer (QUOIN_DEV=0: not even then).
 *
 * info->path is `path` itself, borrowed.
 * returns QN_OK; a QN_E_ELF_ code, QN_E_ABI_VERSION, QN_E_MODULE_TIER or QN_E_MODULE_ACCESS, with
 *         the reason and what to change; QN_E_NOT_FOUND, QN_E_IO, QN_E_NO_MEMORY. On error *info is
 *         unchanged. */
int32_t module_preflight(const char *path, module_info *info, qn_err *err);

/* Another way of bringing a module in than to load it into this process: guest.h has one. */
typedef struct module_door {
    void *ctx;
    /* Bring in the checked copy; none of its code runs. *image is the door's. */
    int32_t (*load)(void *ctx, const char *copy, void **image, qn_err *err);
    /* Run its entry point, for a host of QN_ABI or, where that is not served, of `abi`. *out lives
     * as long as the image. */
    int32_t (*enter)(void *ctx, void *image, uint32_t abi, const qn_module **out, qn_err *err);
    /* `self` is a zeroed instance of a class of the image, on its way to be filled in. */
    void (*bind)(void *image, const qn_class *cls, void *self);
    void (*close)(void *image);
} module_door;

/* How to load. All zero, or NULL for it: the user's own cache folder, and signatures are not looked
 * at. */
typedef struct module_options {
    const char *cache_dir;
    trust trust;
    const module_door *door; /* NULL = into this process; copied */
} module_options;

/* What a signature says of the file itself: sha256, mapped, build_id. QN_OK; QN_E_IO,
 * QN_E_ELF_FORMAT, QN_E_NO_MEMORY. */
int32_t module_identify(const char *path, signature *out, qn_err *err);

/* Hold a file against its signature and the rules, without running any of its code.
 *
 * returns QN_OK: *out is its signature, all zero where the policy lets it pass without one; what
 *         module_preflight and trust_judge return. On error *out is unchanged. */
int32_t module_verify(const char *path, const trust *t, signature *out, qn_err *err);

/* Check, copy and load one file.
 *
 * The file is read once: what is checked, held against its signature, copied and loaded is the
 * same content, whatever becomes of the file meanwhile.
 *
 * The first load of a build runs its entry point in a process of its own before it does so here:
 * a crash there is QN_E_MODULE_CRASH and leaves this process untouched.
 *
 * A class of a kind that this host does not have is hidden, with a warning in the log.
 *
 * returns QN_OK; QN_E_ELF_..., QN_E_ABI_VERSION or QN_E_MODULE_...: refused, with the reason, and
 *         where the preflight could tell none of its code has run; what trust_judge returns: its
 *         signature will not do, and none of its code has run; QN_E_UNSUPPORTED: no class is of a
 *         kind that this host has; QN_E_NOT_FOUND, QN_E_IO, QN_E_NO_MEMORY. On error *out is
 *         unchanged. */
int32_t module_load(const char *path, const module_options *options, module **out, qn_err *err);

/* Load a build that this machine has loaded before, by its SHA-256: from the module cache, wherever
 * its file has gone; by a door, or NULL. Who asks knows the content: its signature is not looked
 * at.
 *
 * returns QN_OK: path and copy_path of the info are the same; QN_E_MODULE_MISMATCH: the cache has
 *         it no more, and the reason says what to do; what module_load returns. On error *out is
 *         unchanged. */
int32_t module_load_cached(const char *hash, const char *cache_dir, const module_door *door,
                           module **out, qn_err *err);

/* Run the entry point of a module that came in by a door: until then it has no classes, and none of
 * its code has run. Does nothing to others. QN_OK; what module_load returns of its entry and its
 * tables. */
int32_t module_enter(module *m, qn_err *err);

/* Tell a door of a new instance of one of the module's classes: zeroed, and not filled in. */
void module_bind(const module *m, const qn_class *cls, void *self);
/* The ctx of the door that a module came in by; NULL: by none. */
void *module_door_of(const module *m);

/* Give it back. The image is unmapped only if can_close, else it stays, and is counted by
 * module_retired(). No instance of its classes may be left. */
void module_close(module *m);
uint32_t module_retired(void);

const module_info *module_about(const module *m);

/* The class with this id, or NULL; or the i-th. Descriptors are the host's own copies: they
 * live as long as the module, but their functions only as long as its image. */
const qn_class *module_class(const module *m, const char *class_id);
const qn_class *module_class_at(const module *m, uint32_t i);

/* Read a file's note and nothing else. `text` receives what the note's strings point to; free
 * it by mem_free. */
int32_t module_read_note(const char *path, note *out, char **text, qn_err *err);

#endif
