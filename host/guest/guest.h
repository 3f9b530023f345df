/* SPDX-License-Identifier: MIT
 *
 * Plugins in a process of their own, the guest.
 *
 * The guest, `quoin-guest`, loads the module and runs it behind the very interface that it has in
 * the host. Here stands a class in its place whose functions hand each call over and answer what
 * the plugin asks meanwhile, by the host table that the instance was given: whoever works with the
 * class cannot tell, and what is decided is the same.
 *
 * Before any code of a module runs in it, a guest gives up the right to open files and sockets, to
 * make processes and to touch others' memory. All that it says is checked as if its plugin had
 * said it. A guest that ends, breaks the protocol or does not answer in time is killed, its watcher
 * is told once, and every call to it is QN_E_DIED (QN_E_HUNG, QN_E_GUEST_WIRE) from then on.
 *
 * Threads. All calls to the instances of one guest come from one thread at a time; the work of a
 * class may run on another one meanwhile. */
#ifndef QUOIN_GUEST_GUEST_H
#define QUOIN_GUEST_GUEST_H

#include "foreign/command.h"
#include "module/module.h"

#include <quoin/model.h>

typedef struct guest guest;

typedef struct guest_options {
    bool is_spinning;    /* wait for answers without sleep */
    int64_t deadline_ns; /* of one call; > 0 */
    uint64_t memory;     /* bytes that the process may have */
    const char *program; /* NULL = where this program was installed */
} guest_options;

/* Start a guest; nothing is loaded in it. `name` is for messages, and copied.
 *
 * returns QN_OK, *out has one user; QN_E_GUEST_START with the reason; QN_E_NO_MEMORY */
int32_t guest_start(const char *name, const guest_options *options, guest **out, qn_err *err);

/* One user more, or less: the process ends with the last one. Modules in it count as users. */
guest *guest_keep(guest *g);
void guest_release(guest *g);

/* Have `died` called, on the thread of the call that found it out, when the guest is no more.
 * code: QN_E_DIED, QN_E_HUNG, QN_E_GUEST_WIRE; `why` is a sentence, borrowed. */
typedef void (*guest_death)(void *ctx, guest *g, int32_t code, const char *why);
void guest_watch(guest *g, guest_death died, void *ctx);

bool guest_is_alive(const guest *g);
int32_t guest_pid(const guest *g);

/* How module_load brings a module into the guest (module_options.door). What it loads counts as a
 * user. No code of it runs before module_enter, with which the guest is locked: from then on it
 * loads no more. */
module_door guest_door(guest *g);

/* For the pool: which work its thread runs now. The work of a class in a guest finds its way by
 * it. */
void guest_work_is(const qn_work *work);

/* Call a command of an instance whose class is in a guest: `text` was read as `ask` of that class.
 * As command_call, and QN_E_DIED, QN_E_HUNG, QN_E_GUEST_WIRE. */
int32_t guest_command(void *self, const char *text, const command_ask *ask, command_result *out,
                      qn_err *err);

/* Hand a parameter of such an instance over as it stands in the host's copy now. `key` is one of
 * the class's. QN_OK; QN_E_NO_MEMORY; the same errors. */
int32_t guest_set_param(void *self, const char *key, qn_err *err);

/* Path of the guest program: beside this one, or in ../libexec/quoin; the environment variable
 * QUOIN_GUEST names another one. QN_OK; QN_E_NOT_FOUND. */
int32_t guest_program(char to[], size_t room, qn_err *err);

#endif
