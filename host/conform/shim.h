/* SPDX-License-Identifier: MIT
 *
 * The layer between the bench and a plugin. It shows the bench a class that is the plugin's own,
 * with each call led through here: the call is named for the report of a crash, the surroundings
 * are looked at, its time is taken, and the host that the plugin sees can be given another shape.
 *
 * Why a layer: what it catches here (memory that is taken in an event, another rounding mode) it
 * also keeps from the bench, so that one broken rule does not fail every other check.
 *
 * One class at a time in a process, which is a check's own: the state is static. */
#ifndef QUOIN_CONFORM_SHIM_H
#define QUOIN_CONFORM_SHIM_H

#include <quoin/plugin.h>

#include <stdbool.h>

/* How the host's structs look to the plugin. */
typedef enum host_shape {
    HOST_PLAIN,
    HOST_SHORT, /* no byte behind what the ABI's oldest version has can be read */
    HOST_LONG,  /* longer than the plugin knows, zeros behind */
    HOST_NEWER, /* longer, and what is behind is not zero */
} host_shape;

typedef struct shim_mode {
    host_shape shape;
    bool is_bare;        /* the host has no extension that the class does not need */
    uint64_t deny;       /* the n-th memory that the plugin asks for is not given; 0 = none */
    bool watches;        /* the surroundings, at each call */
    bool measures;       /* the time of each call in an event */
    uint32_t newer_load; /* 1 = the class seems to read one layout of state more than it does */
} shim_mode;

typedef struct shim_seen {
    uint64_t allocs;       /* that the plugin asked for outside of events */
    uint64_t event_allocs; /* and in them */
    char alloc_call[32];   /* the first call that did */
    char changed[160];     /* what of the surroundings changed first, and in which call */
    uint64_t ntimes;       /* calls that were measured */
    uint64_t *times;       /* ns */
} shim_seen;

/* From now on shim_entry shows this class. What was seen begins anew. */
void shim_wrap(const qn_class *cls, const shim_mode *mode);
const qn_module *shim_entry(uint32_t host_abi);
const shim_seen *shim_look(void);

#endif
