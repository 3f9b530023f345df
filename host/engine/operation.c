/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <string.h>

void operation_keep(engine *e, const qn_event *record)
{
    operations *o = &e->operations;
    operation *to;

    if (record->seq <= o->last_seq) return;
    o->last_seq = record->seq;
    if (o->n == OPERATIONS_KEPT) memmove(o->kept, o->kept + 1, --o->n * sizeof *o->kept);
    to = &o->kept[o->n++];
    memcpy(to, record, record->size < sizeof *to ? record->size : sizeof *to);
}

uint32_t engine_operations(const engine *e)
{
    return e->operations.n;
}

const qn_event *engine_operation_at(const engine *e, uint32_t i)
{
    return &e->operations.kept[i].hdr;
}
