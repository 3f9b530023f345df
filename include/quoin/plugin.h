/* SPDX-License-Identifier: MIT
 *
 * Modules and classes: what a plugin's shared object shows to the host.
 *
 * A module is one .so. It exports one function, qn_plugin_entry, and carries an ELF note
 * that says what the entry will say, so that a host can list, check and refuse a module
 * without running any of its code. A module holds one or more classes; a class is what a
 * config names ("strategy/sma_cross") and what instances are made of.
 *
 * Why an entry function and not a data symbol: one binary can then serve hosts of two ABI
 * versions with two tables.
 *
 * Tiers. A pure module (strategy, model, optimizer, risk, execution, tuner) only computes:
 * no threads, no thread-local or mutable static data, no constructors, no library but libc,
 * libm and GSL. An I/O module (venue, sink) may link what speaks to a network. */
#ifndef QUOIN_PLUGIN_H
#define QUOIN_PLUGIN_H

#include <quoin/host.h>
#include <quoin/param.h>
#include <quoin/state.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_TIER_PURE 1u
#define QN_TIER_IO 2u

/* A table of a class that is not its kind's own: an extension of a later version or a vendor. */
typedef struct qn_ext {
    uint32_t size;
    uint32_t rsv0;
    const char *id;    /* "qn.commands/1", "com.vendor.thing/1" */
    const void *table; /* starts with its size */
} qn_ext;

/* Flag of a class that remembers nothing from one event to the next: what it does depends on its
 * parameters and what it is given alone. A host may make a new instance of it at any time. */
#define QN_CLASS_STATELESS 1u

/* The members of a class. They stand in a macro so that the SDK can put an author's typed
 * callbacks behind the same members; read it as the body of qn_class.
 *
 * create   Bring a zeroed instance, parameters filled in, into service. NULL = nothing to do.
 *          Memory comes from setup->host->alloc. On error the host frees the instance
 *          without calling destroy.
 * destroy  End an instance. NULL = nothing to do; memory of the arena needs none.
 * save     Write the state in layout `schema`. Does not change the instance. On error what
 *          was written is discarded.
 * load     Read a state of layout schema_min .. schema into an instance that was created and
 *          has seen no event. A later layout is refused (QN_E_TOO_NEW): the host does not ask for
 *          it, but it may be mistaken. On error the instance is destroyed.
 * `needs` lists ids with a blank between them, NULL = none: a host that lacks one refuses the
 * class before it makes an instance, so create need not look for NULL.
 * A class with schema 0 saves nothing: it starts anew at each reload, save and load are NULL.
 * Unless it says QN_CLASS_STATELESS, a run with it cannot go on from a snapshot, only from its
 * start. */
#define QN_CLASS_MEMBERS                                                                           \
    uint32_t size, flags;                   /* sizeof(qn_class); QN_CLASS_STATELESS or 0 */        \
    const char *id;                         /* "strategy/sma_cross" */                             \
    const char *kind;                       /* interface the table has: "qn.strategy/1" */         \
    const char *version;                    /* of the class: "1.0.0" */                            \
    const char *license;                    /* SPDX expression */                                  \
    const char *name;                       /* for people */                                       \
    const char *doc;                        /* one or two sentences */                             \
    const char *needs;                      /* ids of host extensions it cannot do without */      \
    qn_table params;                        /* of qn_param */                                      \
    qn_table exts;                          /* of qn_ext */                                        \
    const void *table;                      /* of the kind: qn_strategy, qn_venue */               \
    uint32_t instance_size, instance_align; /* of one instance, bytes */                           \
    uint32_t schema, schema_min; /* layout of the state that save writes; oldest for load */       \
    int32_t (*create)(void *self, const qn_setup *setup, qn_err *err);   /* [control & !active] */ \
    void (*destroy)(void *self);                                         /* [control & !active] */ \
    int32_t (*save)(const void *self, const qn_stream *to, qn_err *err); /* [event & quiesced] */  \
    int32_t (*load)(void *self, uint32_t schema, const qn_stream *from,                            \
                    qn_err *err); /* [control & !active] */

/* A class. Static data of the module; the host copies what it needs when it loads it. */
typedef struct qn_class {
    QN_CLASS_MEMBERS
} qn_class;

/* A module. */
typedef struct qn_module {
    uint32_t size;
    uint32_t abi; /* QN_ABI_USED of its headers: the oldest host that it asks for */
    const qn_class *const *classes;
    uint32_t nclasses;
    uint32_t rsv0;
} qn_module;

/* The one exported function. `host_abi` is the host's QN_ABI. Returns the module's table,
 * static, or NULL if it cannot serve that host: one of another major version, or of an older
 * minor than the module asks for. Called right after loading; again, with the version that the
 * note asks for, where a later host was answered by NULL (modules of 0.2 know no other host). */
typedef const qn_module *(*qn_entry_fn)(uint32_t host_abi); /* [control] */
#define QN_ENTRY_NAME "qn_plugin_entry"

/* The ELF note: section .note.quoin.plugin, owner "QUOIN", type 1. The description is these
 * 16 bytes and then, for each class, its id, kind, version and license, each NUL-ended, in
 * the order of the module's table. */
#define QN_NOTE_SECTION ".note.quoin.plugin"
#define QN_NOTE_OWNER "QUOIN"
#define QN_NOTE_TYPE 1u

typedef struct qn_note_head {
    uint32_t abi;      /* QN_ABI_USED of the module's headers */
    uint32_t tier;     /* QN_TIER_ */
    uint32_t flags;    /* 0 */
    uint32_t nclasses; /* >= 1 */
} qn_note_head;

/* One class in a note's text. All four are string literals. */
#define QN_NOTE_CLASS(id, kind, version, license) id "\0" kind "\0" version "\0" license "\0"

/* Emit the note. `text` is one QN_NOTE_CLASS after the other. Once a module. */
#define QN_NOTE(tier, nclasses, text)                                                              \
    struct qn_note_bytes {                                                                         \
        uint32_t owner_size, desc_size, type;                                                      \
        char owner[8];                                                                             \
        qn_note_head head;                                                                         \
        char classes[sizeof(text) - 1];                                                            \
    };                                                                                             \
    __attribute__((section(QN_NOTE_SECTION), used,                                                 \
                   aligned(4))) static const struct qn_note_bytes qn_note_data = {                 \
        sizeof(QN_NOTE_OWNER), sizeof(qn_note_head) + sizeof(text) - 1, QN_NOTE_TYPE,              \
        QN_NOTE_OWNER,         {QN_ABI_USED, tier, 0, nclasses},        text}

/* Emit the entry function for a static array of classes. Once a module. */
#define QN_ENTRY(class_array)                                                                      \
    QN_EXPORT const qn_module *qn_plugin_entry(uint32_t host_abi);                                 \
    QN_EXPORT const qn_module *qn_plugin_entry(uint32_t host_abi)                                  \
    {                                                                                              \
        static const qn_module module = {sizeof(qn_module), QN_ABI_USED, class_array,              \
                                         sizeof(class_array) / sizeof((class_array)[0]), 0};       \
        return QN_ABI_FITS(host_abi) ? &module : NULL;                                             \
    }

#ifdef __cplusplus
}
#endif
#endif
