/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "module/resolve.h"

#include <string.h>

bool isolation_is_process(const char *where)
{
    return where && strcmp(where, "none") != 0;
}

/* ------------------------------------------------------------------ processes */

static int32_t start(const engine *e, const char *name, guest **out, qn_err *err)
{
    const config_guest *cfg = &e->run->guest;
    const guest_options options = {.is_spinning = strcmp(cfg->wait, "spin") == 0,
                                   .deadline_ns = cfg->deadline,
                                   .memory = (uint64_t)cfg->memory_mib << 20};

    return guest_start(name, &options, out, err);
}

int32_t isolation_guest(engine *e, const instance *in, guest **out, qn_err *err)
{
    isolation *all = &e->isolation;
    struct isolation_group *group;
    int32_t rc;

    if (strcmp(in->isolation, "process") == 0) return start(e, in->id, out, err);
    for (uint32_t i = 0; i < all->ngroups; i++) {
        if (strcmp(all->groups[i].name, in->isolation) != 0) continue;
        *out = guest_keep(all->groups[i].guest);
        return QN_OK;
    }
    if (!all->groups &&
        !(all->groups = arena_alloc(&e->arena, CLASS_MODULES * sizeof *all->groups, 8)))
        return fail(err, QN_E_NO_MEMORY, "no memory for groups");
    if (all->ngroups == CLASS_MODULES)
        return fail(err, QN_E_FULL, "more than %u groups in one run", CLASS_MODULES);
    group = &all->groups[all->ngroups];
    group->name = in->isolation;
    if ((rc = start(e, in->isolation, &group->guest, err)) != QN_OK) return rc;
    all->ngroups++;
    *out = guest_keep(group->guest);
    return QN_OK;
}

void isolation_free(engine *e)
{
    for (uint32_t i = 0; i < e->isolation.ngroups; i++)
        guest_release(e->isolation.groups[i].guest);
    e->isolation.ngroups = 0;
}

/* ------------------------------------------------------------------ modules in them */

int32_t isolation_wait(engine *e, instance *in, const char *plugin, module *m, qn_err *err)
{
    isolation *all = &e->isolation;

    if (!all->waiting &&
        !(all->waiting = arena_alloc(&e->arena, e->most_owners * sizeof *all->waiting, 8)))
        return fail(err, QN_E_NO_MEMORY, "no memory for %s", in->id);
    all->waiting[all->nwaiting++] = (struct isolation_waits){in, plugin, m};
    return QN_OK;
}

int32_t isolation_enter(engine *e, qn_err *err)
{
    isolation *all = &e->isolation;
    int32_t rc = QN_OK;
    bool has_mistakes = false;

    for (uint32_t i = 0; i < all->nwaiting; i++) {
        struct isolation_waits *w = &all->waiting[i];
        if (rc == QN_OK) rc = module_enter(w->module, err);
        if (rc == QN_OK) {
            rc = instance_take_class(w->in, w->module, w->plugin, err);
            has_mistakes = has_mistakes || rc == QN_E_INVALID;
            if (rc == QN_E_INVALID) rc = QN_OK; /* all mistakes are told together */
        } else {
            module_give_back(e, w->module);
        }
    }
    all->nwaiting = 0;
    return rc == QN_OK && has_mistakes ? QN_E_INVALID : rc;
}

int32_t isolation_load(engine *e, const instance *in, const char *path, const char *hash,
                       module **out, qn_err *err)
{
    module_options options = e->loading;
    module_door door;
    guest *g = NULL;
    module *m;
    int32_t rc;

    if (isolation_is_process(in->isolation)) {
        if ((rc = start(e, in->id, &g, err)) != QN_OK) return rc;
        door = guest_door(g);
        options.door = &door;
    }
    rc =
        path ? module_load(path, &options, &m, err) : recorded_load(e, hash, options.door, &m, err);
    guest_release(g); /* the module holds it */
    if (rc != QN_OK) return rc;
    if ((rc = module_enter(m, err)) == QN_OK)
        *out = m;
    else
        module_close(m);
    return rc;
}

/* ------------------------------------------------------------------ their end */

static bool is_in(const body *b, const guest *g)
{
    return b && b->module && module_door_of(b->module) == g;
}

/* The instance that this thread is calling; NULL = none. */
static instance *called(const engine *e)
{
    uint32_t row = SLOT_WORD_ROW(atomic_load_explicit(&slot_here()->word, memory_order_relaxed));

    return row < e->nowners ? e->owners[row] : NULL;
}

/* A new build whose word does not count yet only fails to come in. All others are out of the run,
 * first the one that is called: a run that is done again finds the fault in that call, and those
 * of the others behind it. */
static void died(void *ctx, guest *g, int32_t code, const char *why)
{
    engine *e = ctx;
    instance *first = called(e);
    uint32_t reason = code == QN_E_HUNG ? QN_FAULT_HUNG : QN_FAULT_DIED;

    if (first && is_in(first->live, g)) fault_take_out(e, first, reason, code, why);
    for (uint32_t i = 1; i < e->nowners; i++) {
        instance *in = e->owners[i];
        if (is_in(in->live, g))
            fault_take_out(e, in, reason, code, why);
        else if (in->tee && e->reloads.phase >= RELOAD_SHADOWED && is_in(e->reloads.body, g))
            tee_break(in->tee, code, why);
    }
}

void isolation_watch(engine *e, const body *b)
{
    guest *g = module_door_of(b->module);

    if (g) guest_watch(g, died, e);
}

void isolation_begin(engine *e)
{
    for (uint32_t i = 1; i < e->nowners; i++)
        if (e->owners[i]->live) isolation_watch(e, e->owners[i]->live);
}
