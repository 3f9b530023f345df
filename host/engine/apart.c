/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#define STACK_BYTES ((size_t)8 << 20) /* as the program's own */
#define GUARD_BYTES ((size_t)1 << 20) /* below it, as the kernel leaves below that one */

struct apart {
    ucontext_t host, plugin;
    apart_call call;
    instance *in;
    const qn_event *ev;
    const void *out;
    int32_t rc; /* QN_OK until the call comes back */
};

/* makecontext hands on integers only: half of a pointer each. */
static void begin(unsigned high, unsigned low)
{
    apart *a = (apart *)(((uintptr_t)high << 32) | low);

    a->rc = a->call(a->in, a->ev, a->out);
}

/* A call that overflows its stack crashes there, and not in what lies below. NULL: no memory. */
static char *stack_make(void)
{
    char *p = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);

    if (p == MAP_FAILED) return NULL;
    if (mprotect(p + GUARD_BYTES, STACK_BYTES, PROT_READ | PROT_WRITE) == 0) return p + GUARD_BYTES;
    munmap(p, GUARD_BYTES + STACK_BYTES);
    return NULL;
}

static void stack_free(char *stack)
{
    if (stack) munmap(stack - GUARD_BYTES, GUARD_BYTES + STACK_BYTES);
}

int32_t apart_make(instance *in, apart_call call, const qn_event *ev, const void *out)
{
    apart *a = mem_new(1, sizeof *a);
    char *stack = stack_make();
    int32_t rc = QN_E_NO_MEMORY;

    if (a && stack && getcontext(&a->plugin) == 0) {
        a->call = call;
        a->in = in;
        a->ev = ev;
        a->out = out;
        a->plugin.uc_stack = (stack_t){.ss_sp = stack, .ss_size = STACK_BYTES};
        a->plugin.uc_link = &a->host;
        makecontext(&a->plugin, (void (*)(void))begin, 2, (unsigned)((uintptr_t)a >> 32),
                    (unsigned)(uintptr_t)a);
        in->apart = a;
        swapcontext(&a->host, &a->plugin);
        in->apart = NULL;
        rc = a->rc;
    }
    stack_free(stack);
    mem_free(a);
    return rc;
}

void apart_leave(instance *in)
{
    setcontext(&in->apart->host);
    abort(); /* setcontext comes back only for a context that is none */
}
