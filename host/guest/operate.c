/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "module/value.h"

#include <stdlib.h>
#include <string.h>

void command_elsewhere(void)
{
    abort();
}

/* ------------------------------------------------------------------ commands */

/* What came back, of the type that the signature says. */
static bool read_result(const answer *a, foreign_type type, command_result *out)
{
    wire_result head;
    foreign_value value;
    size_t len;

    if (a->n < sizeof head) return false;
    memcpy(&head, a->bytes, sizeof head);
    value.u = head.value;
    len = a->n - sizeof head;
    if (head.type != (uint32_t)type || len >= sizeof out->text) return false;
    if ((type == FOREIGN_STR || type == FOREIGN_VOID) && head.value) return false;
    if ((type != FOREIGN_STR && len) || !foreign_value_fits(type, &value)) return false;
    *out = (command_result){.type = type, .value = value};
    guest_text(out->text, a->bytes + sizeof head, len);
    return true;
}

int32_t guest_command(void *self, const char *text, const command_ask *ask, command_result *out,
                      qn_err *err)
{
    const proxy *p = self;
    guest *g = p->image->guest;
    const wire_call head = {0};
    call c = {.proxy = p, .type = WIRE_COMMAND};
    answer a;
    int32_t rc;

    *out = (command_result){.type = FOREIGN_VOID};
    if (p->number == 0) return fail(err, QN_E_STATE, "it was not created");
    rc = guest_ask(g, &c, &head, text, strlen(text) + 1, &a, err);
    if (rc != QN_OK || read_result(&a, ask->call.types.result, out)) return rc;
    rc = guest_end(g, QN_E_GUEST_WIRE, "guest process %d of %s: a result of a command that is none",
                   g->pid, g->name);
    return fail(err, rc, "%s", g->why);
}

/* ------------------------------------------------------------------ parameters */

static const qn_param *find(const guest_image *inside, uint32_t cls, const char *key)
{
    const qn_table *params = &inside->classes[cls].params;

    for (uint32_t i = 0; i < params->nrows; i++) {
        const qn_param *row = qn_table_row(params, i);
        if (strcmp(row->key, key) == 0) return row;
    }
    return NULL;
}

int32_t guest_set_param(void *self, const char *key, qn_err *err)
{
    const proxy *p = self;
    const qn_param *row = find(p->image, p->cls, key);
    const void *slot;
    wire_call head;
    qn_str text;

    if (!row) return fail(err, QN_E_UNKNOWN_NAME, "it has no parameter %s", key);
    slot = (const char *)self + row->offset;
    head = (wire_call){.i = row->offset - p->image->shifts[p->cls], .k = param_is_text(row->type)};
    if (!head.k)
        return guest_tell(p, WIRE_PARAM, &head, slot, value_type_of(row->type)->size, NULL, err);
    memcpy(&text, slot, sizeof text);
    return guest_tell(p, WIRE_PARAM, &head, text.ptr, text.len, NULL, err);
}
