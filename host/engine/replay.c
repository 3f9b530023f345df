/* SPDX-License-Identifier: MIT
 *
 * The books of a recorded run, made again of its journal and the tape: no strategy is asked, no
 * venue matches. What changes a book is a record, so reading the records is enough; the tape
 * gives the prices in between. Both are merged by sequence number. */
#include "internal.h"

#include "base/fail.h"

#include <inttypes.h>

/* A timer or a result is an instant of its own; whatever else was recorded belongs to the event
 * that brought it about. What a venue makes of an event of the tape stands before that event. */
static void set_time(engine *e, const qn_event *record)
{
    const qn_event *head = e->tape->head;

    if (record->ts_ns > e->now && head && head->ts_ns == record->ts_ns)
        e->market_ts = engine_market_time(head);
    e->now = record->ts_ns;
    if (record->type == QN_EVENT_TIMER || record->type == QN_EVENT_RESULT)
        e->market_ts = record->ts_ns;
}

static void apply(engine *e, const qn_event *record)
{
    switch (record->type) {
    case QN_EVENT_OUTPUT:
        apply_output(e, (const qn_output *)(const void *)record);
        break;
    case QN_EVENT_VERDICT:
        e->granted = *(const qn_verdict *)(const void *)record;
        break;
    case QN_EVENT_SUBMIT:
        apply_submit(e, (const qn_submit *)(const void *)record);
        break;
    case QN_EVENT_PARENT:
        apply_parent(e, (const qn_parent *)(const void *)record);
        break;
    case QN_EVENT_REQUEST:
        apply_request(e, (const qn_request *)(const void *)record);
        break;
    case QN_EVENT_HALT:
        e->counts.halts += !e->halt.is_halted; /* one that it begins with is an earlier run's */
        e->halt.why = *(const qn_halt *)(const void *)record;
        e->halt.is_halted = e->halt.why.is_halted;
        break;
    case QN_EVENT_COMMAND:
        operation_keep(e, record);
        commands_book(e, (const qn_command *)(const void *)record);
        break;
    case QN_EVENT_FAULT:
        fault_book(e, (const qn_fault *)(const void *)record);
        break;
    case QN_EVENT_RELOAD:
        operation_keep(e, record);
        fault_book_reload(e, (const qn_reload *)(const void *)record);
        reload_book(e, (const qn_reload *)(const void *)record);
        break;
    case QN_EVENT_REFUSAL:
        e->counts.refused++;
        break;
    case QN_EVENT_ORDER:
    case QN_EVENT_FILL:
    case QN_EVENT_PAYMENT:
        answer_apply(e, record);
        break;
    default:
        break; /* what changes no book: outputs of the optimizer, timers, checkpoints */
    }
}

/* A checksum says that a record is what was written, not that this run could have written it. */
static bool is_of_this_run(const engine *e, const qn_event *record)
{
    uint32_t number = 1;

    if (record->instrument >= e->ninstruments && record->instrument != QN_NO_INSTRUMENT)
        return false;
    if (record->type == QN_EVENT_OUTPUT)
        number = ((const qn_output *)(const void *)record)->strategy;
    else if (record->type == QN_EVENT_VERDICT)
        number = ((const qn_verdict *)(const void *)record)->strategy;
    else if (record->type == QN_EVENT_PARENT)
        number = ((const qn_parent *)(const void *)record)->strategy;
    else if (record->type == QN_EVENT_SUBMIT)
        number = ((const qn_submit *)(const void *)record)->order.strategy;
    else
        return true;
    return number >= 1 && number <= e->nstrategies && record->instrument < e->ninstruments;
}

static void book_record(engine *e, const qn_event *record)
{
    if (qn_record_check(record, record->size, NULL) != QN_OK || !is_of_this_run(e, record)) {
        engine_fail(e, QN_E_DAMAGED, "record %" PRIu64 " of the journal is not one of this run",
                    record->seq);
        return;
    }
    set_time(e, record);
    e->seq = record->seq;
    decisions_add(e, record);
    if (e->bus) bus_put(e->bus, record); /* a sink may be behind the snapshot */
    apply(e, record);
}

static void book_market(engine *e)
{
    qn_event *ev = e->tape->head;
    const stream *s = &e->streams[e->tape->stream];

    engine_set_time(e, ev);
    e->counts.market++;
    ev->seq = ++e->seq;
    if (e->bus) bus_put(e->bus, ev);
    if (s->venue != NO_VENUE) engine_mark(e, s, ev);
}

int32_t books_replay(engine *e, uint64_t to, qn_err *err)
{
    uint64_t last = to < replay_last_seq(e->replay) ? to : replay_last_seq(e->replay);
    int32_t rc = QN_OK;

    /* behind the last record of a run that has not ended nobody knows what else it saw */
    if (last == UINT64_MAX) last = 0;
    e->is_books = true;
    while (e->seq < to && e->failed == QN_OK && rc == QN_OK) {
        const qn_event *record = replay_next(e->replay);
        if (record && record->seq <= e->seq)
            return fail(err, QN_E_DAMAGED, "the journal has a record %" PRIu64 " behind %" PRIu64,
                        record->seq, e->seq);
        if (record && record->seq == e->seq + 1) {
            book_record(e, record);
            replay_advance(e);
        } else if (e->tape->head && (record || e->seq < last)) {
            book_market(e);
            rc = tape_next(e->tape, err);
        } else if (record) {
            return fail(err, QN_E_GAP, "the tape ends before record %" PRIu64 " of the journal",
                        record->seq);
        } else {
            break;
        }
        e->status = RUN_COMPLETED; /* a ruin ends a run; here the journal says where it ends */
    }
    e->is_books = e->options.mode == ENGINE_BOOKS;
    return rc;
}

int32_t engine_find_market(engine *e, uint64_t number, const qn_event **out, qn_err *err)
{
    int32_t rc = QN_OK;

    while (rc == QN_OK && e->tape->head && e->counts.market + 1 < number) {
        if (e->tape->head->ts_ns > e->now) e->now = e->tape->head->ts_ns;
        e->counts.market++;
        rc = tape_next(e->tape, err);
    }
    if (rc != QN_OK) return rc;
    if (!e->tape->head)
        return fail(err, QN_E_GAP,
                    "the data has %" PRIu64 " events, and number %" PRIu64 " is asked for",
                    e->counts.market, number);
    if (e->tape->head->ts_ns < e->now) {
        e->tape->head->ts_ns = e->now;
        e->tape->head->flags |= QN_EVENT_LATE;
    }
    *out = e->tape->head;
    return QN_OK;
}
