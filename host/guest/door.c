/* SPDX-License-Identifier: MIT
 *
 * Modules in a guest: loaded, entered when all are, bound to what the host makes of
 * their classes. */
#include "internal.h"

#include "base/fail.h"
#include "base/log.h"

#include <string.h>

static int32_t load(void *ctx, const char *copy, void **inside, qn_err *err)
{
    guest *g = ctx;
    guest_image *made = mem_new(1, sizeof *made);
    call c = {.type = WIRE_LOAD};
    const wire_call head = {0};
    answer a;
    int32_t rc;

    if (!made) return fail(err, QN_E_NO_MEMORY, "no memory for a module");
    if (g->is_locked || g->nimages == WIRE_IMAGES)
        rc = fail(err, QN_E_STATE, "the guest process of %s loads no more modules", g->name);
    else
        rc = guest_ask(g, &c, &head, copy, strlen(copy) + 1, &a, err);
    if (rc != QN_OK) {
        mem_free(made);
        return rc;
    }
    made->guest = guest_keep(g);
    made->number = g->nimages++;
    *inside = made;
    return QN_OK;
}

/* It answers with the names of what the kernel lacks. */
static int32_t lock(guest *g, qn_err *err)
{
    static bool is_told; /* a run has one kernel */
    call c = {.type = WIRE_LOCK};
    const wire_call head = {0};
    char lacks[64];
    answer a;
    int32_t rc;

    if (g->is_locked) return QN_OK;
    g->is_locked = true;
    if ((rc = guest_ask(g, &c, &head, NULL, 0, &a, err)) != QN_OK) return rc;
    if (a.n && !is_told) {
        guest_text(lacks, a.bytes, a.n < sizeof lacks - 1 ? a.n : sizeof lacks - 1);
        log_line(
            LOG_WARNING,
            "this kernel lacks %s: guest processes are held by what it has (docs/isolation.md)",
            lacks);
        is_told = true;
    }
    return QN_OK;
}

static int32_t enter(void *ctx, void *which, uint32_t abi, const qn_module **out, qn_err *err)
{
    guest *g = ctx;
    guest_image *inside = which;
    call c = {.type = WIRE_ENTER};
    const wire_call head = {.i = inside->number, .k = abi};
    answer a;
    int32_t rc;

    if ((rc = lock(g, err)) != QN_OK) return rc;
    if ((rc = guest_ask(g, &c, &head, NULL, 0, &a, err)) != QN_OK)
        return g->is_dead ? fail(err, QN_E_MODULE_CRASH, "%s", g->why) : rc;
    if ((rc = describe_read(inside, a.bytes, a.n, err)) == QN_OK) *out = &inside->table;
    return rc;
}

static void bind(void *which, const qn_class *cls, void *self)
{
    guest_image *inside = which;
    proxy *p = self;

    p->image = inside;
    for (uint32_t i = 0; i < inside->table.nclasses; i++)
        if (strcmp(inside->classes[i].id, cls->id) == 0) p->cls = i;
    p->params = cls->instance_size - inside->shifts[p->cls];
}

static void leave(void *which)
{
    guest_image *inside = which;
    guest *g = inside->guest;

    arena_free(&inside->memory);
    mem_free(inside);
    guest_release(g);
}

module_door guest_door(guest *g)
{
    return (module_door){.ctx = g, .load = load, .enter = enter, .bind = bind, .close = leave};
}
