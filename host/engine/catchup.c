/* SPDX-License-Identifier: MIT */
#include "catchup.h"

#include "base/fail.h"
#include "base/memory.h"

#include <string.h>

static size_t padded(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

int32_t catchup_open(catchup *c, qn_err *err)
{
    if (!c->room) c->room = CATCHUP_BYTES;
    if (!c->bytes) c->bytes = mem_new(c->room, 1);
    if (c->bytes) return QN_OK;
    return fail(err, QN_E_NO_MEMORY, "no memory for what it has to catch up with");
}

void catchup_begin(catchup *c)
{
    c->begun = c->used = 0;
    c->kept = c->given = 0;
    c->is_overrun = false;
}

/* What was given already makes room: it is moved over once half of the room is free. */
static bool make_room(catchup *c, size_t size)
{
    if (size <= c->room - c->used) return true;
    if (c->begun >= c->room / 2) {
        memmove(c->bytes, c->bytes + c->begun, c->used - c->begun);
        c->used -= c->begun;
        c->begun = 0;
    }
    return size <= c->room - c->used;
}

void catchup_keep(catchup *c, const kept_call *head, const void *in, const void *out,
                  const void *log)
{
    size_t size = sizeof *head + padded(head->nin) + padded(head->nout) + padded(head->nlog);
    kept_call *to;

    if (c->is_overrun) return;
    if (!make_room(c, size)) {
        c->begun = c->used = 0;
        c->is_overrun = true;
        return;
    }
    to = (kept_call *)(void *)(c->bytes + c->used);
    *to = *head;
    to->size = (uint32_t)size;
    memcpy((void *)(uintptr_t)kept_in(to), in, head->nin);
    if (head->nout) memcpy((void *)(uintptr_t)kept_out(to), out, head->nout);
    if (head->nlog) memcpy((void *)(uintptr_t)kept_log(to), log, head->nlog);
    c->used += size;
    c->kept++;
}

const kept_call *catchup_first(const catchup *c)
{
    return c->begun < c->used ? (const kept_call *)(const void *)(c->bytes + c->begun) : NULL;
}

void catchup_drop(catchup *c)
{
    const kept_call *first = catchup_first(c);

    if (!first) return;
    c->begun += first->size;
    c->given++;
    if (c->begun == c->used) c->begun = c->used = 0;
}

void catchup_close(catchup *c)
{
    mem_free(c->bytes);
    *c = (catchup){0};
}
