/* SPDX-License-Identifier: MIT
 *
 * The records of an order: those that name it, then, upwards from each, what brought it about; and
 * what stands beside: the weight that took a parent's place, the halt that denied an order. */
#include "journal_order.h"

#include "base/fail.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* ------------------------------------------------------------------ items */

qn_event *chain_copy(chain *c, const qn_event *record)
{
    qn_event *copy = arena_alloc(&c->memory, record->size, 8);

    if (copy) memcpy(copy, record, record->size);
    return copy;
}

/* Where an item with this sequence number is, or belongs. */
static size_t place_of(const chain *c, uint64_t seq)
{
    size_t lo = 0;
    size_t hi = c->n;

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (c->items[mid].seq < seq)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const chain_item *chain_find(const chain *c, uint64_t seq)
{
    size_t at = place_of(c, seq);

    return at < c->n && c->items[at].seq == seq ? &c->items[at] : NULL;
}

/* `record` is the caller's; NULL stands for a market event. */
static int32_t add_item(chain *c, uint64_t seq, const qn_event *record, qn_err *err)
{
    size_t at = place_of(c, seq);
    chain_item item = {.seq = seq, .is_market = record == NULL};

    if (at < c->n && c->items[at].seq == seq) return QN_OK;
    if ((record && !(item.record = chain_copy(c, record))) ||
        !mem_reserve((void **)&c->items, &c->room, c->n + 1, sizeof *c->items))
        return fail(err, QN_E_NO_MEMORY, "no memory for the chain of an order");
    memmove(&c->items[at + 1], &c->items[at], (c->n - at) * sizeof *c->items);
    c->items[at] = item;
    c->n++;
    return QN_OK;
}

void chain_free(chain *c)
{
    mem_free(c->items);
    mem_free(c->children);
    arena_free(&c->memory);
    *c = (chain){0};
}

/* ------------------------------------------------------------------ where an order begins */

typedef struct search {
    chain *c;
    uint64_t order;
    const qn_event *found;
    uint64_t last; /* highest number that the strategy gave to an order */
} search;

/* The order that a record begins; 0 = it begins none. */
static uint64_t begun_by(const qn_event *record)
{
    const qn_parent *p = (const qn_parent *)(const void *)record;

    if (record->type == QN_EVENT_SUBMIT) return ((const qn_submit *)(const void *)record)->order.id;
    return record->type == QN_EVENT_PARENT && p->state == QN_ORDER_ACCEPTED ? p->order_id : 0;
}

static int32_t look_for_begin(void *ctx, const qn_event *record, qn_err *err)
{
    search *s = ctx;
    uint64_t id = begun_by(record);

    if (!id) return QN_OK;
    if (QN_ORDER_STRATEGY(id) == QN_ORDER_STRATEGY(s->order) && QN_ORDER_COUNTER(id) > s->last)
        s->last = QN_ORDER_COUNTER(id);
    if (id != s->order) return QN_OK;
    s->found = chain_copy(s->c, record);
    return s->found ? WALK_ENDS : fail(err, QN_E_NO_MEMORY, "no memory for the chain of an order");
}

static int32_t find_begin(chain *c, uint64_t order, const qn_event **out, qn_err *err)
{
    search s = {.c = c, .order = order};
    char room[160];
    qn_text name = QN_TEXT(room);
    int32_t rc = recorded_walk(c->run, 0, look_for_begin, &s, err);

    if (rc != QN_OK) return rc;
    *out = s.found;
    if (s.found) return QN_OK;
    qn_record_order_id(&name, order, &c->run->names.all);
    if (s.last == 0)
        return fail(err, QN_E_UNKNOWN_NAME, "run %u has no order %s: its strategy made none",
                    c->run->number, room);
    qn_text_add(&name, "; the last one of its strategy is number ");
    qn_text_add_count(&name, s.last);
    return fail(err, QN_E_UNKNOWN_NAME, "run %u has no order %s", c->run->number, room);
}

/* Of an exit the order whose position it guards, of a child its parent; 0 = neither. */
static uint64_t order_above(const qn_event *begin)
{
    const qn_submit *s = (const qn_submit *)(const void *)begin;

    if (begin->type != QN_EVENT_SUBMIT) return 0;
    return s->entry_id ? s->entry_id : s->parent_id;
}

static int32_t find_above(chain *c, qn_err *err)
{
    const qn_event *begin = c->origin;
    uint64_t above;
    int32_t rc;

    while ((above = order_above(begin)) != 0 && c->nabove < CHAIN_ABOVE) {
        if ((rc = find_begin(c, above, &begin, err)) != QN_OK) return rc;
        c->above[c->nabove++] = above;
    }
    return QN_OK;
}

/* ------------------------------------------------------------------ records that name it */

/* Where a record has the id of the order that it is about. */
static const size_t id_offsets[QN_EVENT_TYPES] = {
    [QN_EVENT_ORDER] = offsetof(qn_order_report, order_id),
    [QN_EVENT_FILL] = offsetof(qn_fill, order_id),
    [QN_EVENT_OUTPUT] = offsetof(qn_output, order_id),
    [QN_EVENT_VERDICT] = offsetof(qn_verdict, order_id),
    [QN_EVENT_PARENT] = offsetof(qn_parent, order_id),
    [QN_EVENT_SUBMIT] = offsetof(qn_submit, order.id),
    [QN_EVENT_REQUEST] = offsetof(qn_request, order_id),
};

static uint64_t member(const qn_event *record, size_t offset)
{
    uint64_t value;

    memcpy(&value, (const char *)record + offset, sizeof value);
    return value;
}

static bool is_among(const uint64_t *list, size_t n, uint64_t id)
{
    for (size_t i = n; i > 0; i--) /* the last children are the ones that still work */
        if (list[i - 1] == id) return true;
    return false;
}

/* The order itself, a child of it, or the entry that it guards: everything. The parent of a child
 * is told up to where it was given to the execution algorithm: the rest is its other children's. */
static bool is_about(const chain *c, const qn_event *record)
{
    uint64_t id = id_offsets[record->type] ? member(record, id_offsets[record->type]) : 0;
    const qn_submit *s = (const qn_submit *)(const void *)record;

    if (!id) return false;
    if (id == c->order || is_among(c->children, c->nchildren, id)) return true;
    if (record->type == QN_EVENT_SUBMIT && s->entry_id == c->order) return true;
    if (!is_among(c->above, c->nabove, id)) return false;
    return id == ((const qn_submit *)(const void *)c->origin)->entry_id ? true
                                                                        : begun_by(record) == id;
}

static int32_t add_child(chain *c, const qn_event *record, qn_err *err)
{
    const qn_submit *s = (const qn_submit *)(const void *)record;

    if (record->type != QN_EVENT_SUBMIT || s->parent_id != c->order) return QN_OK;
    if (!mem_reserve((void **)&c->children, &c->children_room, c->nchildren + 1,
                     sizeof *c->children))
        return fail(err, QN_E_NO_MEMORY, "no memory for the children of an order");
    c->children[c->nchildren++] = s->order.id;
    return QN_OK;
}

static bool is_denied_by_halt(const qn_event *record)
{
    if (record->type == QN_EVENT_VERDICT)
        return ((const qn_verdict *)(const void *)record)->reason == QN_REASON_HALTED;
    return record->type == QN_EVENT_SUBMIT &&
           ((const qn_submit *)(const void *)record)->reason == QN_REASON_HALTED;
}

static int32_t take(void *ctx, const qn_event *record, qn_err *err)
{
    chain *c = ctx;
    int32_t rc = add_child(c, record, err);
    bool is_answer = record->type == QN_EVENT_REFUSAL &&
                     chain_find(c, ((const qn_refusal *)(const void *)record)->cause_seq);

    if (record->type == QN_EVENT_HALT && !(c->halt = chain_copy(c, record)))
        return fail(err, QN_E_NO_MEMORY, "no memory for the chain of an order");
    if (rc != QN_OK || (!is_answer && !is_about(c, record))) return rc;
    if (c->halt && is_denied_by_halt(record) &&
        (rc = add_item(c, c->halt->seq, c->halt, err)) != QN_OK)
        return rc;
    return add_item(c, record->seq, record, err);
}

/* ------------------------------------------------------------------ upwards */

/* What brought a record about. A weight has two causes. */
static const struct {
    uint32_t type;
    size_t offset;
} causes[] = {
    {QN_EVENT_OUTPUT, offsetof(qn_output, cause_seq)},
    {QN_EVENT_REFUSAL, offsetof(qn_refusal, cause_seq)},
    {QN_EVENT_ALLOCATION, offsetof(qn_allocation, cause_seq)},
    {QN_EVENT_WEIGHT, offsetof(qn_weight, cause_seq)},
    {QN_EVENT_WEIGHT, offsetof(qn_weight, signal_seq)},
    {QN_EVENT_VERDICT, offsetof(qn_verdict, cause_seq)},
    {QN_EVENT_PARENT, offsetof(qn_parent, cause_seq)},
    {QN_EVENT_SUBMIT, offsetof(qn_submit, cause_seq)},
    {QN_EVENT_REQUEST, offsetof(qn_request, cause_seq)},
};

typedef struct fetch {
    chain *c;
    uint64_t seq;
    const qn_event *found;
} fetch;

static int32_t fetch_first(void *ctx, const qn_event *record, qn_err *err)
{
    fetch *f = ctx;

    if (record->seq == f->seq && !(f->found = chain_copy(f->c, record)))
        return fail(err, QN_E_NO_MEMORY, "no memory for the chain of an order");
    return WALK_ENDS;
}

/* Adds the record, or the market event, with this number. */
static int32_t add_cause(chain *c, uint64_t seq, qn_err *err)
{
    fetch f = {.c = c, .seq = seq};
    int32_t rc;

    if (seq == 0 || chain_find(c, seq)) return QN_OK;
    if ((rc = recorded_walk(c->run, seq - 1, fetch_first, &f, err)) != QN_OK) return rc;
    return add_item(c, seq, f.found, err);
}

static int32_t add_causes(chain *c, const chain_item *of, qn_err *err)
{
    const qn_event *record = of->record;
    int32_t rc = QN_OK;

    for (size_t i = 0; record && i < sizeof causes / sizeof causes[0] && rc == QN_OK; i++) {
        uint64_t cause = causes[i].type == record->type ? member(record, causes[i].offset) : 0;
        if (cause >= record->seq)
            return fail(err, QN_E_DAMAGED,
                        "run %u, record %" PRIu64 ": its cause does not lie before it",
                        c->run->number, record->seq);
        rc = add_cause(c, cause, err);
    }
    return rc;
}

/* From the last one to the first: a cause lies before what it brought about, so that what is
 * added is still to come. */
static int32_t climb(chain *c, qn_err *err)
{
    size_t at = c->n;
    int32_t rc = QN_OK;

    while (at > 0 && rc == QN_OK) {
        size_t before = c->n;
        rc = add_causes(c, &c->items[at - 1], err);
        at += c->n - before;
        at--;
    }
    return rc;
}

/* ------------------------------------------------------------------ sideways */

typedef struct replacement {
    chain *c;
    const qn_parent *ended;
} replacement;

static int32_t take_replacement(void *ctx, const qn_event *record, qn_err *err)
{
    const replacement *r = ctx;
    const qn_weight *w = (const qn_weight *)(const void *)record;
    int32_t rc;

    if (record->type != QN_EVENT_WEIGHT || w->cause_seq != r->ended->cause_seq ||
        w->strategy != r->ended->strategy || record->instrument != r->ended->hdr.instrument)
        return QN_OK;
    rc = add_item(r->c, record->seq, record, err);
    return rc == QN_OK ? WALK_ENDS : rc;
}

/* A parent that gave way to a newer weight was ended by the allocation: the weight is what its
 * reader asks for. It stands behind the parent's end. */
static int32_t add_replacements(chain *c, qn_err *err)
{
    int32_t rc = QN_OK;

    for (size_t i = 0; i < c->n && rc == QN_OK; i++) {
        const qn_parent *p = (const qn_parent *)(const void *)c->items[i].record;
        const chain_item *cause;
        replacement r = {.c = c, .ended = p};
        if (!p || p->hdr.type != QN_EVENT_PARENT || p->reason != QN_REASON_REPLACED) continue;
        cause = chain_find(c, p->cause_seq);
        if (cause && cause->record && cause->record->type == QN_EVENT_ALLOCATION)
            rc = recorded_walk(c->run, p->hdr.seq, take_replacement, &r, err);
    }
    return rc;
}

/* ------------------------------------------------------------------ numbers of market events */

typedef struct numbering {
    chain *c;
    uint64_t records; /* of the journal, so far */
    size_t at;        /* first item that is not behind the walk */
} numbering;

/* The market events of the chain that lie before `seq`: every number that no record has is one. */
static void number_up_to(numbering *n, uint64_t seq)
{
    for (; n->at < n->c->n && n->c->items[n->at].seq < seq; n->at++)
        if (n->c->items[n->at].is_market)
            n->c->items[n->at].market = n->c->items[n->at].seq - n->records;
}

/* A signal takes the place of the one before it. */
static int32_t note_before(chain *c, size_t from, const qn_event *record, qn_err *err)
{
    const qn_output *o = (const qn_output *)(const void *)record;

    if (record->type != QN_EVENT_OUTPUT || o->kind != QN_INTENT_SIGNAL) return QN_OK;
    for (size_t i = from; i < c->n; i++) {
        chain_item *item = &c->items[i];
        const qn_output *later = (const qn_output *)(const void *)item->record;
        if (!later || item->record->type != QN_EVENT_OUTPUT || later->kind != QN_INTENT_SIGNAL ||
            later->strategy != o->strategy || later->hdr.instrument != record->instrument ||
            later->hdr.seq <= record->seq)
            continue;
        if (!item->before && !(item->before = arena_alloc(&c->memory, sizeof *o, 8)))
            return fail(err, QN_E_NO_MEMORY, "no memory for the chain of an order");
        *item->before = *o;
    }
    return QN_OK;
}

static int32_t number_record(void *ctx, const qn_event *record, qn_err *err)
{
    numbering *n = ctx;
    const qn_checkpoint *mark = (const qn_checkpoint *)(const void *)record;
    uint64_t market = record->seq - 1 - n->records;

    number_up_to(n, record->seq);
    if (n->at == n->c->n) return WALK_ENDS;
    if (record->type == QN_EVENT_CHECKPOINT && mark->market_events != market)
        return fail(err, QN_E_DAMAGED,
                    "run %u, record %" PRIu64 ": %" PRIu64 " market events were noted, and the "
                    "numbers before it leave room for %" PRIu64,
                    n->c->run->number, record->seq, mark->market_events, market);
    n->records++;
    return note_before(n->c, n->at, record, err);
}

static int32_t number_market(chain *c, qn_err *err)
{
    numbering n = {.c = c};
    int32_t rc = recorded_walk(c->run, 0, number_record, &n, err);

    if (rc == QN_OK) number_up_to(&n, UINT64_MAX);
    return rc;
}

int32_t chain_collect(chain *c, const recorded_run *run, uint64_t order, qn_err *err)
{
    int32_t rc;

    *c = (chain){.run = run, .order = order};
    if ((rc = find_begin(c, order, &c->origin, err)) != QN_OK) return rc;
    if ((rc = find_above(c, err)) != QN_OK) return rc;
    if ((rc = recorded_walk(run, 0, take, c, err)) != QN_OK) return rc;
    if ((rc = climb(c, err)) != QN_OK) return rc;
    if ((rc = add_replacements(c, err)) != QN_OK) return rc;
    if ((rc = climb(c, err)) != QN_OK) return rc;
    return number_market(c, err);
}
