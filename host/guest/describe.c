/* SPDX-License-Identifier: MIT
 *
 * What a guest says of its module, read as from an enemy: each text has its bound, each number is
 * checked here or by table_check, which sees the tables that are made of it. */
#include "internal.h"

#include "base/fail.h"
#include "module/value.h"

#include <quoin/command.h>

#include <string.h>

#define TEXT_ROOM 1100u /* longer than any that table_check lets pass */
#define ROWS_MOST 256u

typedef struct reader {
    bytes_in in;
    arena *memory;
    bool is_full;
} reader;

static void *take(reader *r, size_t n, size_t size)
{
    void *p = arena_alloc(r->memory, (n + 1) * size, 16);

    r->is_full |= !p;
    return p;
}

static const char *text(reader *r)
{
    char buffer[TEXT_ROOM];
    char *copy;

    buffer[0] = '\0';
    bytes_get_text(&r->in, buffer, sizeof buffer);
    copy = arena_text_n(r->memory, buffer, strlen(buffer));
    r->is_full |= !copy;
    return copy;
}

static const char *optional(reader *r)
{
    return bytes_get_bool(&r->in) ? text(r) : NULL;
}

static uint32_t count(reader *r)
{
    uint32_t n = bytes_get_u32(&r->in);

    return bytes_require(&r->in, n <= ROWS_MOST, "too many rows") ? n : 0;
}

/* Bytes of an instance that its parameters need, from its first one. */
static uint32_t end_of(const qn_param *p)
{
    const value_type *type = value_type_of(p->type);

    return type ? p->offset + type->size : p->offset;
}

static qn_table read_params(reader *r, uint32_t shift, uint32_t size, uint32_t *end)
{
    uint32_t n = count(r);
    qn_param *rows = take(r, n, sizeof *rows);

    *end = 0;
    for (uint32_t i = 0; i < n && rows && r->in.code == QN_OK; i++) {
        qn_param *p = &rows[i];
        p->size = sizeof *p;
        p->type = bytes_get_u32(&r->in);
        p->flags = bytes_get_u32(&r->in);
        p->offset = bytes_get_u32(&r->in);
        p->key = text(r);
        p->unit = text(r);
        p->doc = text(r);
        p->def = optional(r);
        p->min = optional(r);
        p->max = optional(r);
        p->search.lo = optional(r);
        p->search.hi = optional(r);
        p->search.step = optional(r);
        p->labels = optional(r);
        p->since = optional(r);
        p->replaced = optional(r);
        bytes_require(&r->in, p->offset < size && end_of(p) <= size, "a slot outside the instance");
        if (r->in.code != QN_OK) break;
        if (end_of(p) > *end) *end = end_of(p);
        p->offset += shift;
    }
    return (qn_table){rows, n, sizeof *rows};
}

static qn_table read_named(reader *r)
{
    uint32_t n = count(r);
    qn_named *rows = take(r, n, sizeof *rows);

    for (uint32_t i = 0; i < n && rows && r->in.code == QN_OK; i++) {
        rows[i].size = sizeof rows[i];
        rows[i].name = text(r);
        rows[i].unit = text(r);
        rows[i].doc = text(r);
    }
    return (qn_table){rows, n, sizeof *rows};
}

static qn_table read_args(reader *r)
{
    uint32_t n = count(r);
    qn_command_arg *rows = take(r, n, sizeof *rows);

    for (uint32_t i = 0; i < n && rows && r->in.code == QN_OK; i++) {
        rows[i].size = sizeof rows[i];
        rows[i].name = text(r);
        rows[i].unit = text(r);
        rows[i].doc = text(r);
        rows[i].min = optional(r);
        rows[i].max = optional(r);
    }
    return (qn_table){rows, n, sizeof *rows};
}

static void read_commands(reader *r, qn_ext *to)
{
    uint32_t n = count(r);
    qn_command_row *rows = take(r, n, sizeof *rows);
    qn_command_table *table = take(r, 1, sizeof *table);

    for (uint32_t i = 0; i < n && rows && r->in.code == QN_OK; i++) {
        rows[i].size = sizeof rows[i];
        rows[i].name = text(r);
        rows[i].signature = text(r);
        rows[i].doc = text(r);
        rows[i].fn = command_elsewhere;
        rows[i].args = read_args(r);
    }
    if (table) *table = (qn_command_table){.size = sizeof *table, .rows = {rows, n, sizeof *rows}};
    *to = (qn_ext){sizeof *to, 0, QN_COMMAND_TABLE, table};
}

/* The extensions that a host looks for. */
static qn_table read_exts(guest_image *made, reader *r, uint32_t cls, uint32_t has)
{
    qn_ext *rows = take(r, 2, sizeof *rows);
    uint32_t n = 0;

    if (!rows) return (qn_table){0};
    if (has & HAS(WORK)) r->is_full |= !proxy_work(made, cls, &rows[n++]);
    if (has & HAS(COMMANDS)) read_commands(r, &rows[n++]);
    return (qn_table){rows, n, sizeof *rows};
}

/* One class. The instance that the host holds is the proxy and the parameters; the plugin's own one
 * is in the guest. */
static void read_class(guest_image *made, reader *r, uint32_t i)
{
    qn_class *c = &made->classes[i];
    uint32_t size;
    uint32_t end;
    uint32_t has;
    qn_table named;

    c->size = sizeof *c;
    c->flags = bytes_get_u32(&r->in);
    c->id = text(r);
    c->kind = text(r);
    c->version = text(r);
    c->license = text(r);
    c->name = text(r);
    c->doc = text(r);
    c->needs = text(r);
    size = bytes_get_u32(&r->in);
    c->instance_align = bytes_get_u32(&r->in);
    c->schema = bytes_get_u32(&r->in);
    c->schema_min = bytes_get_u32(&r->in);
    has = bytes_get_u32(&r->in);
    bytes_require(&r->in, size < UINT32_MAX / 2, "size of an instance");
    bytes_require(&r->in,
                  c->instance_align > 0 && c->instance_align <= 4096 &&
                      (c->instance_align & (c->instance_align - 1)) == 0,
                  "alignment of an instance");
    bytes_require(&r->in, has < 1u << HAS_BITS, "what the class has");
    if (r->in.code != QN_OK) return;
    made->shifts[i] = (uint32_t)(sizeof(proxy) + c->instance_align - 1) & ~(c->instance_align - 1);
    c->params = read_params(r, made->shifts[i], size, &end);
    named = read_named(r);
    if (r->in.code != QN_OK || r->is_full) return;
    c->instance_size = made->shifts[i] + end;
    if (c->instance_align < _Alignof(proxy)) c->instance_align = _Alignof(proxy);
    proxy_functions(c, has);
    c->table = proxy_table(r->memory, c->kind, has, &named);
    bytes_require(&r->in, c->table != NULL, "a kind that does not run in a guest");
    c->exts = read_exts(made, r, i, has);
}

int32_t describe_read(guest_image *made, const void *data, size_t n, qn_err *err)
{
    reader r = {.in = bytes_reader(data, n), .memory = &made->memory};
    uint32_t abi = bytes_get_u32(&r.in);
    uint32_t nclasses = bytes_get_u32(&r.in);
    const qn_class **list;
    int32_t rc;

    bytes_require(&r.in, nclasses > 0 && nclasses <= MODULE_CLASSES, "number of classes");
    if (r.in.code != QN_OK) nclasses = 0;
    list = take(&r, nclasses, sizeof *list);
    made->classes = take(&r, nclasses, sizeof *made->classes);
    made->shifts = take(&r, nclasses, sizeof *made->shifts);
    for (uint32_t i = 0; i < nclasses && !r.is_full; i++) {
        read_class(made, &r, i);
        list[i] = &made->classes[i];
    }
    if (r.is_full) return fail(err, QN_E_NO_MEMORY, "no memory for a module's description");
    if ((rc = bytes_in_end(&r.in, err)) != QN_OK) return rc;
    made->table = (qn_module){sizeof made->table, abi, list, nclasses, 0};
    return QN_OK;
}
