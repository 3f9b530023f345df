/* SPDX-License-Identifier: MIT
 *
 * Which plugins of a run are in processes of their own (guest/guest.h): the config's key
 * `isolation`.
 *
 * At the start all modules are brought in first, and entered when all are: a group's process gives
 * up its rights once, before any plugin's code runs in it. A build that comes by a reload gets a
 * new process, whatever its group. */
#ifndef QUOIN_ENGINE_ISOLATION_H
#define QUOIN_ENGINE_ISOLATION_H

#include "guest/guest.h"

struct body;
struct engine;
struct instance;
struct instance_spec;

/* Of a run. Lists in the engine's arena. */
typedef struct isolation {
    struct isolation_group {
        const char *name;
        guest *guest;
    } * groups;
    uint32_t ngroups;
    struct isolation_waits {
        struct instance *in;
        const char *plugin; /* of the config */
        module *module;
    } * waiting; /* instances that were brought in and not entered */
    uint32_t nwaiting;
} isolation;

/* An isolation of the config that is a process. */
bool isolation_is_process(const char *where);

/* The guest that an instance of the config belongs into: its group's, or a new one, in use once
 * more. QN_OK; what guest_start returns. */
int32_t isolation_guest(struct engine *e, const struct instance *in, guest **out, qn_err *err);

/* A module was brought in for an instance, and is to be entered with all others. */
int32_t isolation_wait(struct engine *e, struct instance *in, const char *plugin, module *m,
                       qn_err *err);
/* Enter what waits, and give each instance its body. QN_OK; the error of a module that was refused.
 * Mistakes of the config are collected. */
int32_t isolation_enter(struct engine *e, qn_err *err);

/* Load a build for a reload, on any thread: into a new guest where the instance is in one. A file,
 * or with path NULL what the cache has of that hash. QN_OK; what module_load, module_load_cached
 * and guest_start return. */
int32_t isolation_load(struct engine *e, const struct instance *in, const char *path,
                       const char *hash, module **out, qn_err *err);

/* From here on a guest's end takes its plugins out of the run: before the first event, and for a
 * body that came by a reload. On the engine's thread. */
void isolation_begin(struct engine *e);
void isolation_watch(struct engine *e, const struct body *b);

/* Groups that hold no module any more need no process. */
void isolation_free(struct engine *e);

#endif
