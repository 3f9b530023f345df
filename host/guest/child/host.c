/* SPDX-License-Identifier: MIT
 *
 * The host table as plugins in a guest see it: memory and texts are here, all else is asked. */
#include "child.h"

#include "module/service.h"

#include <quoin/model.h>
#include <quoin/risk.h>

#include <string.h>

static seat *seat_of(qn_ctx *ctx)
{
    return (seat *)(void *)ctx;
}

/* Ask, and wait: what comes back holds until the next question. */
static const wire_answer *ask(const seat *s, uint32_t type, const wire_ask *q, const void *tail,
                              size_t n, const unsigned char **bytes, size_t *nbytes)
{
    const wire_part parts[] = {{q, sizeof *q}, {tail, n}};

    if (wire_send(&self_.lane, type, s->number, parts, 2) != QN_OK) give_up();
    return wait_answer(bytes, nbytes);
}

int64_t ask_host(const seat *s, uint32_t type, const wire_ask *q, const void *tail, size_t n)
{
    const unsigned char *bytes;
    size_t nbytes;

    return ask(s, type, q, tail, n, &bytes, &nbytes)->result;
}

/* A question whose answer is a struct that starts with its size, which the asker has set. */
static int32_t ask_struct(const seat *s, uint32_t type, uint32_t i, uint32_t k, void *out,
                          size_t known)
{
    wire_ask q = {.i = i, .k = k};
    const unsigned char *bytes;
    const wire_answer *a;
    uint32_t room;
    size_t n;

    memcpy(&room, out, sizeof room);
    q.size = room < known ? room : (uint32_t)known;
    a = ask(s, type, &q, NULL, 0, &bytes, &n);
    if (n > sizeof room && n <= known && n <= room)
        memcpy((char *)out + sizeof room, bytes + sizeof room, n - sizeof room);
    return (int32_t)a->result;
}

/* ------------------------------------------------------------------ the core */

static void host_log(qn_ctx *ctx, int32_t level, qn_str text)
{
    const wire_ask q = {.i = (uint32_t)level};
    const wire_part parts[] = {
        {&q, sizeof q}, {text.ptr, text.len < SERVICE_LOG_BYTES ? text.len : SERVICE_LOG_BYTES}};

    if (wire_send(&self_.lane, ASK_LOG, seat_of(ctx)->number, parts, 2) != QN_OK) give_up();
}

static void *host_alloc(qn_ctx *ctx, uint64_t n, uint64_t align)
{
    return service_alloc(&seat_of(ctx)->arena, n, align);
}

static int32_t host_timer(qn_ctx *ctx, int64_t due_ns, uint64_t cookie)
{
    const wire_ask q = {.a = due_ns, .b = (int64_t)cookie};

    return (int32_t)ask_host(seat_of(ctx), ASK_TIMER, &q, NULL, 0);
}

/* ------------------------------------------------------------------ extensions */

static int32_t position(qn_ctx *ctx, uint32_t instrument, qn_position *out)
{
    return ask_struct(seat_of(ctx), ASK_POSITION, instrument, 0, out, sizeof *out);
}

static int32_t ask_value(const seat *s, uint32_t type, const wire_ask *q, const void *tail,
                         size_t n, int64_t *out)
{
    const unsigned char *bytes;
    size_t nbytes;
    const wire_answer *a = ask(s, type, q, tail, n, &bytes, &nbytes);

    if (a->result == QN_OK) *out = a->value;
    return (int32_t)a->result;
}

static int32_t equity(qn_ctx *ctx, uint32_t instrument, int64_t *out)
{
    const wire_ask q = {.i = instrument};

    return ask_value(seat_of(ctx), ASK_EQUITY, &q, NULL, 0, out);
}

static int64_t mark(qn_ctx *ctx, uint32_t instrument)
{
    const wire_ask q = {.i = instrument};

    return ask_host(seat_of(ctx), ASK_MARK, &q, NULL, 0);
}

static int32_t feature_find(qn_ctx *ctx, const char *name, uint32_t *feature)
{
    const wire_ask q = {0};
    int64_t found = 0;
    int32_t rc =
        ask_value(seat_of(ctx), ASK_FEATURE_FIND, &q, name, strnlen(name, WIRE_NAME_MAX), &found);

    if (rc == QN_OK) *feature = (uint32_t)found;
    return rc;
}

static int32_t feature_read(qn_ctx *ctx, uint32_t feature, uint32_t instrument, qn_feature *out)
{
    return ask_struct(seat_of(ctx), ASK_FEATURE_READ, instrument, feature, out, sizeof *out);
}

/* What the host would refuse is not sent. */
static int32_t submit(qn_ctx *ctx, int64_t due_ns, uint64_t cookie, const void *input, uint64_t n)
{
    const wire_ask q = {.a = due_ns, .b = (int64_t)cookie};

    if (n > WIRE_WORK_MAX) return QN_E_RANGE;
    if (!input && n) return QN_E_INVALID;
    return (int32_t)ask_host(seat_of(ctx), ASK_SUBMIT, &q, input, n);
}

static uint32_t accounts(qn_ctx *ctx)
{
    const wire_ask q = {0};

    return (uint32_t)ask_host(seat_of(ctx), ASK_ACCOUNTS, &q, NULL, 0);
}

static int32_t account(qn_ctx *ctx, uint32_t number, qn_account_state *out)
{
    return ask_struct(seat_of(ctx), ASK_ACCOUNT, number, 0, out, sizeof *out);
}

static int32_t exposure(qn_ctx *ctx, uint32_t instrument, qn_exposure *out)
{
    return ask_struct(seat_of(ctx), ASK_EXPOSURE, instrument, 0, out, sizeof *out);
}

static int32_t part(qn_ctx *ctx, uint32_t strategy, uint32_t instrument, qn_position *out)
{
    return ask_struct(seat_of(ctx), ASK_PART, instrument, strategy, out, sizeof *out);
}

static int32_t money(qn_ctx *ctx, uint32_t instrument, int64_t qty, int64_t price, int64_t *out)
{
    const wire_ask q = {.i = instrument, .a = qty, .b = price};

    return ask_value(seat_of(ctx), ASK_MONEY, &q, NULL, 0, out);
}

static const void *host_ext(qn_ctx *ctx, const char *id)
{
    static const qn_host_portfolio own = {sizeof own, 0, position, equity, mark};
    static const qn_host_features features = {sizeof features, 0, feature_find, feature_read};
    static const qn_host_worker worker = {.size = sizeof worker, .submit = submit};
    static const qn_host_books books = {sizeof books, 0, accounts, account, exposure, part, money};
    static const void *const tables[WIRE_EXTS] = {&own, &features, &worker, &books};

    for (uint32_t i = 0; i < WIRE_EXTS; i++)
        if (strcmp(wire_exts[i], id) == 0) return seat_of(ctx)->exts & 1u << i ? tables[i] : NULL;
    return NULL;
}

void host_table(seat *s)
{
    s->host = (qn_host){.size = sizeof s->host,
                        .abi = QN_ABI,
                        .ctx = (qn_ctx *)(void *)s,
                        .log = host_log,
                        .ext = host_ext,
                        .alloc = host_alloc,
                        .timer = host_timer};
}
