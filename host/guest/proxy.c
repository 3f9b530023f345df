/* SPDX-License-Identifier: MIT
 *
 * What stands in the host for a class in a guest: each function hands its call over and gives back
 * what came back. */
#include "internal.h"
#include "portfolio.h"

#include "base/fail.h"

#include <quoin/execution.h>
#include <quoin/optimizer.h>
#include <quoin/risk.h>
#include <quoin/sdk/decimal.h>
#include <quoin/strategy.h>

#include <string.h>

static guest *guest_of(const proxy *p)
{
    return p->image->guest;
}

int32_t guest_tell(const proxy *p, uint32_t type, const wire_call *head, const void *data, size_t n,
                   const void *out, qn_err *err)
{
    call c = {.proxy = p, .type = type, .out = out};
    answer a;

    if (p->number == 0) return QN_E_STATE;
    return guest_ask(guest_of(p), &c, head, data, n, &a, err);
}

/* ------------------------------------------------------------------ begin and end */

bool param_is_text(uint32_t type)
{
    return type == QN_PARAM_TYPE_STRING || type == QN_PARAM_TYPE_PATH ||
           type == QN_PARAM_TYPE_SECRET;
}

/* The parameters as they lie, then the texts that they point to. */
static void put_params(const proxy *p, bytes_out *out)
{
    const qn_table *params = &p->image->classes[p->cls].params;
    uint32_t shift = p->image->shifts[p->cls];
    uint32_t ntexts = 0;

    bytes_put_u32(out, p->params);
    bytes_put(out, (const char *)p + shift, p->params);
    for (uint32_t i = 0; i < params->nrows; i++)
        ntexts += param_is_text(((const qn_param *)qn_table_row(params, i))->type);
    bytes_put_u32(out, ntexts);
    for (uint32_t i = 0; i < params->nrows; i++) {
        const qn_param *row = qn_table_row(params, i);
        qn_str text;
        if (!param_is_text(row->type)) continue;
        memcpy(&text, (const char *)p + row->offset, sizeof text);
        bytes_put_u32(out, row->offset - shift);
        bytes_put_u32(out, (uint32_t)text.len);
        if (text.len) bytes_put(out, text.ptr, text.len);
    }
}

static uint32_t exts_of(const qn_host *host)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < WIRE_EXTS; i++)
        if (host->ext(host->ctx, wire_exts[i])) found |= 1u << i;
    return found;
}

static int32_t take_seat(proxy *p, qn_err *err)
{
    guest *g = guest_of(p);

    for (uint32_t i = 1; i <= WIRE_SEATS; i++) {
        if (g->seats[i]) continue;
        g->seats[i] = p;
        p->number = i;
        return QN_OK;
    }
    return fail(err, QN_E_FULL, "more than %u instances in one guest process", WIRE_SEATS);
}

static void leave_seat(proxy *p)
{
    guest_of(p)->seats[p->number] = NULL;
    p->number = 0;
}

static int32_t create(void *self, const qn_setup *setup, qn_err *err)
{
    proxy *p = self;
    wire_call head = {.i = p->cls, .k = p->image->number};
    bytes_out out = {0};
    int32_t rc;

    p->host = setup->host;
    head.a = exts_of(p->host);
    if ((rc = take_seat(p, err)) != QN_OK) return rc;
    bytes_put_text(&out, setup->id);
    bytes_put_u32(&out, setup->ninstruments);
    for (uint32_t i = 0; i < setup->ninstruments; i++)
        bytes_put(&out, setup->instruments[i], sizeof *setup->instruments[i]);
    put_params(p, &out);
    rc = bytes_check(&out, err);
    if (rc == QN_OK) rc = guest_tell(p, WIRE_CREATE, &head, out.data, out.used, NULL, err);
    if (out.data) explicit_bzero(out.data, out.used); /* secrets */
    bytes_free(&out);
    if (rc != QN_OK) leave_seat(p);
    return rc;
}

static void destroy(void *self)
{
    proxy *p = self;
    const wire_call head = {0};

    if (p->number == 0) return;
    if (guest_is_alive(guest_of(p))) guest_tell(p, WIRE_DESTROY, &head, NULL, 0, NULL, NULL);
    leave_seat(p);
}

/* ------------------------------------------------------------------ state */

static int32_t write_all(const qn_stream *to, const unsigned char *from, size_t n)
{
    while (n) {
        int64_t done = to->write(to->ctx, from, n);
        if (done <= 0 || (uint64_t)done > n) return done < 0 ? (int32_t)done : QN_E_IO;
        from += done;
        n -= (size_t)done;
    }
    return QN_OK;
}

static int32_t save(const void *self, const qn_stream *to, qn_err *err)
{
    const proxy *p = self;
    const wire_call head = {0};
    call c = {.proxy = p, .type = WIRE_SAVE};
    answer a;
    int32_t rc;

    if (p->number == 0) return QN_E_STATE;
    if ((rc = guest_ask(guest_of(p), &c, &head, NULL, 0, &a, err)) != QN_OK) return rc;
    return write_all(to, a.bytes, a.n);
}

static int32_t load(void *self, uint32_t schema, const qn_stream *from, qn_err *err)
{
    const proxy *p = self;
    const wire_call head = {.i = schema};
    bytes_out all = {0};
    char piece[4096];
    int64_t n;
    int32_t rc;

    while ((n = from->read(from->ctx, piece, sizeof piece)) > 0)
        bytes_put(&all, piece, (size_t)n);
    rc = n < 0 ? (int32_t)n : bytes_check(&all, err);
    if (rc == QN_OK) rc = guest_tell(p, WIRE_RESTORE, &head, all.data, all.used, NULL, err);
    bytes_free(&all);
    return rc;
}

/* ------------------------------------------------------------------ the kinds */

static int64_t lookback(const void *self, int64_t bar_length)
{
    const proxy *p = self;
    const wire_call head = {.a = bar_length};
    const wire_part parts[] = {{&head, sizeof head}};
    call c = {.proxy = p, .type = WIRE_LOOKBACK};
    answer a;

    return p->number && guest_call(guest_of(p), &c, parts, 1, &a) == QN_OK ? a.result : 0;
}

/* An event, whatever the kind: `out` is the table of the kind. */
static int32_t see(const void *self, const qn_event *ev, const void *out)
{
    const wire_call head = {0};

    return guest_tell(self, WIRE_EVENT, &head, ev, ev->size, out, NULL);
}

static int32_t strategy_event(void *self, const qn_event *ev, const qn_out *out)
{
    return see(self, ev, out);
}

static int32_t model_event(void *self, const qn_event *ev, const qn_model_out *out)
{
    return see(self, ev, out);
}

static int32_t execution_event(void *self, const qn_event *ev, const qn_child_out *out)
{
    return see(self, ev, out);
}

static int32_t risk_event(void *self, const qn_event *ev, const qn_risk_out *out)
{
    return see(self, ev, out);
}

static int32_t check(const void *self, const qn_proposal *proposal, qn_answer *answered)
{
    const proxy *p = self;
    const wire_call head = {.size = proposal->size};
    const wire_part parts[] = {
        {&head, sizeof head}, {proposal, sizeof *proposal}, {answered, sizeof *answered}};
    call c = {.proxy = p, .type = WIRE_CHECK};
    answer a;
    int32_t rc;

    if (p->number == 0) return QN_E_STATE;
    if ((rc = guest_call(guest_of(p), &c, parts, 3, &a)) != QN_OK) return rc;
    if (a.result != (int32_t)a.result || a.n != sizeof *answered)
        return guest_end(guest_of(p), QN_E_GUEST_WIRE,
                         "guest process of %s: an answer of %zu bytes", guest_of(p)->name, a.n);
    memcpy(answered, a.bytes, a.n);
    return (int32_t)a.result;
}

static void need(const void *self, qn_history_need *out)
{
    const proxy *p = self;
    const wire_call head = {0};
    const wire_part parts[] = {{&head, sizeof head}};
    call c = {.proxy = p, .type = WIRE_NEED};
    answer a;

    if (p->number == 0 || guest_call(guest_of(p), &c, parts, 1, &a) != QN_OK) return;
    out->nreturns = a.result < 0 || a.result > UINT32_MAX ? UINT32_MAX : (uint32_t)a.result;
    out->period = a.value;
}

static int32_t allocate(void *self, const qn_portfolio *in, qn_weights *out, qn_err *err)
{
    const proxy *p = self;
    const wire_call head = {0};
    const wire_portfolio numbers = {.nlines = in->lines.nrows,
                                    .stride = in->lines.stride,
                                    .ncolumns = in->ncolumns,
                                    .nreturns = in->nreturns,
                                    .nweights = out->nweights,
                                    .nvalues = out->nvalues,
                                    .has_covariance = in->covariance != NULL,
                                    .period = in->period,
                                    .ts_ns = in->ts_ns};
    size_t columns = in->ncolumns;
    const wire_part parts[] = {
        {&head, sizeof head},
        {&numbers, sizeof numbers},
        {in->lines.rows, (size_t)in->lines.nrows * in->lines.stride},
        {in->returns, in->nreturns * columns * sizeof(double)},
        {in->covariance, in->covariance ? columns * columns * sizeof(double) : 0}};
    size_t nweights = out->nweights * sizeof(double);
    size_t nvalues = out->nvalues * sizeof(double);
    call c = {.proxy = p, .type = WIRE_ALLOCATE};
    answer a;
    int32_t rc;

    if (p->number == 0) return QN_E_STATE;
    rc = guest_call_told(guest_of(p), &c, parts, 5, &a, err);
    if (rc != QN_OK) return rc;
    if (a.n != nweights + nvalues)
        return fail(err,
                    guest_end(guest_of(p), QN_E_GUEST_WIRE,
                              "guest process of %s: weights of %zu bytes", guest_of(p)->name, a.n),
                    "the guest process answered nonsense");
    memcpy(out->weights, a.bytes, nweights);
    if (nvalues) memcpy(out->values, a.bytes + nweights, nvalues);
    return QN_OK;
}

/* ------------------------------------------------------------------ slow work */

/* The table of a class's work, and where it is done: the host copies the whole of it. */
typedef struct guest_work {
    qn_work table;
    guest_image *image;
    uint32_t cls;
} guest_work;

static _Thread_local const qn_work *running;

void guest_work_is(const qn_work *work)
{
    running = work;
}

static int64_t work_over(guest *g, const guest_work *w, const void *input, uint64_t n, void *output,
                         uint64_t room)
{
    const wire_call head = {.i = w->cls, .k = w->image->number};
    const wire_part parts[] = {{&head, sizeof head}, {input, n}};
    wire_answer a;
    int32_t rc;

    g->work.asked_at = 0;
    rc = wire_is_empty(&g->work) ? wire_send(&g->work, WIRE_WORK, 0, parts, 2) : QN_E_GUEST_WIRE;

    if (rc == QN_OK) rc = wire_receive(&g->work);
    if (rc != QN_OK) return rc;
    if (g->work.type != WIRE_RETURN || g->work.n < sizeof a) return QN_E_GUEST_WIRE;
    memcpy(&a, g->work.bytes, sizeof a);
    if (a.result < 0) return a.result;
    if (a.result > (int64_t)room || (uint64_t)a.result != g->work.n - sizeof a)
        return QN_E_GUEST_WIRE;
    memcpy(output, g->work.bytes + sizeof a, (size_t)a.result);
    return a.result;
}

static int64_t run_work(const void *input, uint64_t n, void *output, uint64_t room,
                        const volatile uint32_t *cancel)
{
    const guest_work *w = (const void *)running;
    guest *g = w->image->guest;
    int64_t result;

    pthread_mutex_lock(&g->working);
    g->canceled = cancel;
    g->canceled_at = 0;
    atomic_store_explicit(&g->memory->cancel, 0, memory_order_relaxed);
    result = *cancel ? QN_E_CANCELED : work_over(g, w, input, n, output, room);
    /* its lane is of no use any more: the guest goes */
    if (result == QN_E_GUEST_WIRE) guest_kill(g);
    pthread_mutex_unlock(&g->working);
    return result;
}

bool proxy_work(guest_image *inside, uint32_t cls, qn_ext *to)
{
    guest_work *w = arena_alloc(&inside->memory, sizeof *w, 16);

    if (!w) return false;
    *w = (guest_work){{sizeof *w, 0, run_work}, inside, cls};
    *to = (qn_ext){sizeof *to, 0, QN_WORK, w};
    return true;
}

/* ------------------------------------------------------------------ tables */

void proxy_functions(qn_class *c, uint32_t has)
{
    c->create = create; /* a class that has none is made in the guest all the same */
    c->destroy = destroy;
    c->save = has & HAS(SAVE) ? save : NULL;
    c->load = has & HAS(LOAD) ? load : NULL;
}

static const void *strategy_table(arena *memory, uint32_t has, const qn_table *named)
{
    qn_strategy *t = arena_alloc(memory, sizeof *t, 16);

    (void)named;
    if (t)
        *t = (qn_strategy){.size = sizeof *t,
                           .on_event = strategy_event,
                           .lookback = has & HAS(LOOKBACK) ? lookback : NULL};
    return t;
}

static const void *model_table(arena *memory, uint32_t has, const qn_table *named)
{
    qn_model *t = arena_alloc(memory, sizeof *t, 16);

    if (t)
        *t = (qn_model){.size = sizeof *t,
                        .features = *named,
                        .on_event = model_event,
                        .lookback = has & HAS(LOOKBACK) ? lookback : NULL};
    return t;
}

static const void *optimizer_table(arena *memory, uint32_t has, const qn_table *named)
{
    qn_optimizer *t = arena_alloc(memory, sizeof *t, 16);

    if (t)
        *t = (qn_optimizer){.size = sizeof *t,
                            .values = *named,
                            .need = has & HAS(NEED) ? need : NULL,
                            .allocate = allocate};
    return t;
}

static const void *risk_table(arena *memory, uint32_t has, const qn_table *named)
{
    qn_risk *t = arena_alloc(memory, sizeof *t, 16);

    (void)named;
    if (t)
        *t = (qn_risk){
            .size = sizeof *t, .check = check, .on_event = has & HAS(ON_EVENT) ? risk_event : NULL};
    return t;
}

static const void *execution_table(arena *memory, uint32_t has, const qn_table *named)
{
    qn_execution *t = arena_alloc(memory, sizeof *t, 16);

    (void)has;
    (void)named;
    if (t) *t = (qn_execution){.size = sizeof *t, .on_event = execution_event};
    return t;
}

static const struct {
    const char *kind;
    const void *(*make)(arena *memory, uint32_t has, const qn_table *named);
} kinds[] = {
    {QN_KIND_STRATEGY, strategy_table},   {QN_KIND_MODEL, model_table},
    {QN_KIND_OPTIMIZER, optimizer_table}, {QN_KIND_RISK, risk_table},
    {QN_KIND_EXECUTION, execution_table},
};

const void *proxy_table(arena *memory, const char *kind, uint32_t has, const qn_table *named)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].kind, kind) == 0) return kinds[i].make(memory, has, named);
    return NULL;
}
