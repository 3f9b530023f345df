/* SPDX-License-Identifier: MIT
 *
 * What a plugin in a guest asks of its host, done by the functions that one inside the host would
 * have called. */
#include "internal.h"

#include "base/fail.h"
#include "module/service.h"

#include <quoin/execution.h>
#include <quoin/risk.h>
#include <quoin/strategy.h>

#include <string.h>

#define LOGS_PER_CALL 1000u

/* A question, copied: what it is asked of may be answered in a call of the same guest, whose words
 * then stand in the lane. */
typedef struct question {
    const qn_host *host;
    const call *call;
    wire_ask in;
    const unsigned char *tail; /* in the lane: to be used before anything else is called */
    size_t n;
    wire_answer out;
    const void *made; /* bytes behind the answer */
    size_t nmade;
    union {
        qn_position position;
        qn_feature feature;
        qn_account_state account;
        qn_exposure exposure;
        uint64_t words[WIRE_INTENT_MAX / 8];
    } room;
} question;

static const void *ext(const question *q, const char *id)
{
    return q->host->ext(q->host->ctx, id);
}

/* ------------------------------------------------------------------ the core */

static int32_t serve_log(question *q)
{
    char text[SERVICE_LOG_BYTES + 1];

    if (q->call->asked > LOGS_PER_CALL) return QN_OK;
    guest_text(text, q->tail, q->n);
    q->host->log(q->host->ctx, (int32_t)q->in.i, (qn_str){text, q->n});
    return QN_OK;
}

static int32_t serve_timer(question *q)
{
    q->out.result = q->host->timer(q->host->ctx, q->in.a, (uint64_t)q->in.b);
    return QN_OK;
}

/* ------------------------------------------------------------------ structs that are filled in */

/* The struct in q->room, of the size that the asker has room for: whether it is enough, those
 * whom it asks know. */
static int32_t give(question *q, size_t known)
{
    if (q->in.size > known) return QN_E_GUEST_WIRE;
    memset(q->room.words, 0, known);
    memcpy(q->room.words, &q->in.size, sizeof q->in.size);
    q->made = q->room.words;
    q->nmade = q->in.size;
    return QN_OK;
}

static int32_t serve_position(question *q)
{
    const qn_host_portfolio *p = ext(q, QN_HOST_PORTFOLIO);

    if (!p || give(q, sizeof q->room.position) != QN_OK) return QN_E_GUEST_WIRE;
    q->out.result = p->position(q->host->ctx, q->in.i, &q->room.position);
    return QN_OK;
}

static int32_t serve_equity(question *q)
{
    const qn_host_portfolio *p = ext(q, QN_HOST_PORTFOLIO);

    if (!p) return QN_E_GUEST_WIRE;
    q->out.result = p->equity(q->host->ctx, q->in.i, &q->out.value);
    return QN_OK;
}

static int32_t serve_mark(question *q)
{
    const qn_host_portfolio *p = ext(q, QN_HOST_PORTFOLIO);

    if (!p) return QN_E_GUEST_WIRE;
    q->out.result = p->mark(q->host->ctx, q->in.i);
    return QN_OK;
}

static int32_t serve_feature_find(question *q)
{
    const qn_host_features *f = ext(q, QN_HOST_FEATURES);
    char name[WIRE_NAME_MAX + 1];
    uint32_t found = 0;

    if (!f || memchr(q->tail, '\0', q->n)) return QN_E_GUEST_WIRE;
    memcpy(name, q->tail, q->n);
    name[q->n] = '\0';
    q->out.result = f->find(q->host->ctx, name, &found);
    q->out.value = found;
    return QN_OK;
}

static int32_t serve_feature_read(question *q)
{
    const qn_host_features *f = ext(q, QN_HOST_FEATURES);

    if (!f || give(q, sizeof q->room.feature) != QN_OK) return QN_E_GUEST_WIRE;
    q->out.result = f->read(q->host->ctx, q->in.k, q->in.i, &q->room.feature);
    return QN_OK;
}

static int32_t serve_submit(question *q)
{
    const qn_host_worker *w = ext(q, QN_HOST_WORKER);

    if (!w) return QN_E_GUEST_WIRE;
    q->out.result = (*w->submit)(q->host->ctx, q->in.a, (uint64_t)q->in.b, q->tail, q->n);
    return QN_OK;
}

/* ------------------------------------------------------------------ the books */

static int32_t serve_accounts(question *q)
{
    const qn_host_books *b = ext(q, QN_HOST_BOOKS);

    if (!b) return QN_E_GUEST_WIRE;
    q->out.result = b->accounts(q->host->ctx);
    return QN_OK;
}

static int32_t serve_account(question *q)
{
    const qn_host_books *b = ext(q, QN_HOST_BOOKS);

    if (!b || give(q, sizeof q->room.account) != QN_OK) return QN_E_GUEST_WIRE;
    q->out.result = b->account(q->host->ctx, q->in.i, &q->room.account);
    return QN_OK;
}

static int32_t serve_exposure(question *q)
{
    const qn_host_books *b = ext(q, QN_HOST_BOOKS);

    if (!b || give(q, sizeof q->room.exposure) != QN_OK) return QN_E_GUEST_WIRE;
    q->out.result = b->exposure(q->host->ctx, q->in.i, &q->room.exposure);
    return QN_OK;
}

static int32_t serve_part(question *q)
{
    const qn_host_books *b = ext(q, QN_HOST_BOOKS);

    if (!b || give(q, sizeof q->room.position) != QN_OK) return QN_E_GUEST_WIRE;
    q->out.result = b->position(q->host->ctx, q->in.k, q->in.i, &q->room.position);
    return QN_OK;
}

static int32_t serve_money(question *q)
{
    const qn_host_books *b = ext(q, QN_HOST_BOOKS);

    if (!b) return QN_E_GUEST_WIRE;
    q->out.result = b->money(q->host->ctx, q->in.i, q->in.a, q->in.b, &q->out.value);
    return QN_OK;
}

/* ------------------------------------------------------------------ what plugins send */

/* Where the plugin of the call under way may put things: only one of `kind`, in an event. */
static const void *out_of(const question *q, const char *kind)
{
    const call *c = q->call;

    return strcmp(c->proxy->image->classes[c->proxy->cls].kind, kind) == 0 ? c->out : NULL;
}

/* A struct that says its size: zeros behind what was sent of it, up to that. */
static void take_sized(question *q)
{
    uint32_t size;

    memcpy(q->room.words, q->tail, q->n);
    memcpy(&size, q->room.words, sizeof size);
    if (size > q->n) memset((char *)q->room.words + q->n, 0, sizeof q->room.words - q->n);
}

static int32_t serve_intent(question *q)
{
    const qn_out *out = out_of(q, QN_KIND_STRATEGY);

    if (!out) return QN_E_GUEST_WIRE;
    take_sized(q);
    q->out.result = out->push(out->ctx, (const qn_intent *)(const void *)q->room.words);
    return QN_OK;
}

static int32_t serve_publish(question *q)
{
    const qn_model_out *out = out_of(q, QN_KIND_MODEL);

    if (!out) return QN_E_GUEST_WIRE;
    q->out.result = out->publish(out->ctx, q->in.i, q->in.k, q->in.x, q->in.a);
    return QN_OK;
}

static int32_t serve_child(question *q)
{
    const qn_child_out *out = out_of(q, QN_KIND_EXECUTION);

    if (!out) return QN_E_GUEST_WIRE;
    take_sized(q);
    q->out.result = out->send(out->ctx, (const qn_child *)(const void *)q->room.words);
    return QN_OK;
}

static int32_t serve_child_cancel(question *q)
{
    const qn_child_out *out = out_of(q, QN_KIND_EXECUTION);

    if (!out) return QN_E_GUEST_WIRE;
    q->out.result = out->cancel(out->ctx, (uint64_t)q->in.a);
    return QN_OK;
}

static int32_t serve_child_finish(question *q)
{
    const qn_child_out *out = out_of(q, QN_KIND_EXECUTION);

    if (!out) return QN_E_GUEST_WIRE;
    q->out.result = out->finish(out->ctx, (uint64_t)q->in.a);
    return QN_OK;
}

static int32_t serve_halt(question *q)
{
    const qn_risk_out *out = out_of(q, QN_KIND_RISK);

    if (!out) return QN_E_GUEST_WIRE;
    q->out.result = out->halt(out->ctx, q->in.i, q->in.x, q->in.y);
    return QN_OK;
}

/* ------------------------------------------------------------------ all of them */

static const struct {
    int32_t (*serve)(question *q);
    size_t least, most; /* bytes behind the question */
    bool has_no_answer;
} questions[] = {
    [ASK_LOG - WIRE_FIRST_ASK] = {serve_log, 0, SERVICE_LOG_BYTES, true},
    [ASK_TIMER - WIRE_FIRST_ASK] = {serve_timer, 0, 0, false},
    [ASK_POSITION - WIRE_FIRST_ASK] = {serve_position, 0, 0, false},
    [ASK_EQUITY - WIRE_FIRST_ASK] = {serve_equity, 0, 0, false},
    [ASK_MARK - WIRE_FIRST_ASK] = {serve_mark, 0, 0, false},
    [ASK_FEATURE_FIND - WIRE_FIRST_ASK] = {serve_feature_find, 0, WIRE_NAME_MAX, false},
    [ASK_FEATURE_READ - WIRE_FIRST_ASK] = {serve_feature_read, 0, 0, false},
    [ASK_SUBMIT - WIRE_FIRST_ASK] = {serve_submit, 0, WIRE_WORK_MAX, false},
    [ASK_ACCOUNTS - WIRE_FIRST_ASK] = {serve_accounts, 0, 0, false},
    [ASK_ACCOUNT - WIRE_FIRST_ASK] = {serve_account, 0, 0, false},
    [ASK_EXPOSURE - WIRE_FIRST_ASK] = {serve_exposure, 0, 0, false},
    [ASK_PART - WIRE_FIRST_ASK] = {serve_part, 0, 0, false},
    [ASK_MONEY - WIRE_FIRST_ASK] = {serve_money, 0, 0, false},
    [ASK_INTENT - WIRE_FIRST_ASK] = {serve_intent, sizeof(qn_intent), WIRE_INTENT_MAX, false},
    [ASK_PUBLISH - WIRE_FIRST_ASK] = {serve_publish, 0, 0, false},
    [ASK_CHILD - WIRE_FIRST_ASK] = {serve_child, sizeof(uint32_t), WIRE_INTENT_MAX, false},
    [ASK_CHILD_CANCEL - WIRE_FIRST_ASK] = {serve_child_cancel, 0, 0, false},
    [ASK_CHILD_FINISH - WIRE_FIRST_ASK] = {serve_child_finish, 0, 0, false},
    [ASK_HALT - WIRE_FIRST_ASK] = {serve_halt, 0, 0, false},
};

int32_t serve(guest *g, call *c)
{
    uint32_t row = g->lane.type - WIRE_FIRST_ASK;
    question q;
    wire_part parts[2];
    int32_t rc;

    if (!c->proxy || g->lane.type < WIRE_FIRST_ASK || row >= sizeof questions / sizeof questions[0])
        return QN_E_GUEST_WIRE;
    if (g->lane.n < sizeof q.in) return QN_E_GUEST_WIRE;
    q.host = c->proxy->host;
    q.call = c;
    q.out = (wire_answer){0};
    q.made = NULL;
    q.nmade = 0;
    memcpy(&q.in, g->lane.bytes, sizeof q.in);
    q.tail = g->lane.bytes + sizeof q.in;
    q.n = g->lane.n - sizeof q.in;
    if (q.n < questions[row].least || q.n > questions[row].most) return QN_E_GUEST_WIRE;
    if ((rc = questions[row].serve(&q)) != QN_OK) return rc;
    if (questions[row].has_no_answer || g->is_dead) return QN_OK;
    /* what was not filled in stays as the asker has it */
    if (q.out.result != QN_OK && q.out.result != QN_E_STALE) q.nmade = 0;
    parts[0] = (wire_part){&q.out, sizeof q.out};
    parts[1] = (wire_part){q.made, q.nmade};
    return wire_send(&g->lane, WIRE_ANSWER, c->proxy->number, parts, 2);
}
