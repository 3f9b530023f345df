/* SPDX-License-Identifier: MIT */
#include <quoin/sdk/book.h>

#include <quoin/sdk/fail.h>

#include "book_side.h"

#include <math.h>
#include <string.h>

/* ---- memory ---- */

static bool is_in(uint64_t value, uint64_t low, uint64_t high)
{
    return value >= low && value <= high;
}

static bool is_room(const qn_book_room *r)
{
    return is_in(r->ticks, 256, 1u << 24) && (r->ticks & (r->ticks - 1)) == 0 &&
           is_in(r->far, 1, 1u << 24) && is_in(r->rows, 1, 1u << 24) &&
           is_in(r->messages, 1, 1u << 20);
}

/* Words of the bitmap over `ticks` places, and of the one over that. */
static uint64_t words_of(uint64_t bits)
{
    return (bits + 63) / 64;
}

uint64_t qn_book_bytes(const qn_book_room *room)
{
    uint64_t words = words_of(room->ticks);
    uint64_t side = (room->ticks + words + words_of(words)) * sizeof(uint64_t) +
                    room->far * sizeof(qn_book_entry);

    if (!is_room(room)) return 0;
    return 2 * side + room->rows * sizeof(qn_book_entry) + room->messages * sizeof(qn_book_message);
}

static char *make_side(qn_book_side *s, const qn_book_room *room, char *at)
{
    uint64_t words = words_of(room->ticks);

    *s = (qn_book_side){.best = BOOK_NO_KEY, .ticks = room->ticks, .far_room = room->far};
    s->qty = (int64_t *)(void *)at;
    s->bits = (uint64_t *)(s->qty + room->ticks);
    s->summary = s->bits + words;
    s->far = (qn_book_entry *)(void *)(s->summary + words_of(words));
    return (char *)(s->far + room->far);
}

int32_t qn_book_init(qn_book *book, void *memory, const qn_book_room *room, int64_t tick,
                     uint32_t rule, qn_err *err)
{
    char *at = (char *)memory;

    if (!is_room(room))
        return qn_fail(err, QN_E_RANGE,
                       "a book of %u ticks, %u far levels, %u rows, %u messages is not possible",
                       room->ticks, room->far, room->rows, room->messages);
    if (tick <= 0)
        return qn_fail(err, QN_E_RANGE, "a tick of %lld: it must be above 0", (long long)tick);
    if (rule >= QN_BOOK_RULES) return qn_fail(err, QN_E_INVALID, "no rule of sequence: %u", rule);
    *book = (qn_book){
        .tick = tick, .rule = rule, .rows_room = room->rows, .messages_room = room->messages};
    at = make_side(&book->side[0], room, at);
    at = make_side(&book->side[1], room, at);
    book->rows = (qn_book_entry *)(void *)at;
    book->messages = (qn_book_message *)(void *)(book->rows + room->rows);
    return QN_OK;
}

int32_t qn_book_make(qn_book *book, const qn_setup *setup, const qn_book_room *room, int64_t tick,
                     uint32_t rule, qn_err *err)
{
    uint64_t n = qn_book_bytes(room);
    void *memory = n ? setup->host->alloc(setup->host->ctx, n, 16) : NULL;

    if (n && !memory) return qn_fail(err, QN_E_NO_MEMORY, "no memory for a book");
    return qn_book_init(book, memory, room, tick, rule, err);
}

/* ---- sequence ---- */

typedef enum turn { FOLLOWS, OLD, HOLE } turn;

/* What a rule compares: the id that the first delta after a snapshot must span is the snapshot's
 * plus `step`, and each later one names the one before by pu, or by U - 1. */
static const struct {
    uint8_t step;
    bool names_previous, is_numbered;
} rules[QN_BOOK_RULES] = {
    [QN_BOOK_CHAINED] = {0, true, true},
    [QN_BOOK_ADJACENT] = {1, false, true},
};

static uint32_t rule_of(const qn_book *b, const qn_book_message *m)
{
    if (b->rule != QN_BOOK_AUTO) return b->rule;
    if (m->update_id == 0) return QN_BOOK_UNNUMBERED;
    return m->prev_update_id ? QN_BOOK_CHAINED : QN_BOOK_ADJACENT;
}

/* A delta against the snapshot with id `last`. */
static turn turn_on_snapshot(const qn_book *b, uint64_t last, const qn_book_message *m)
{
    uint32_t rule = rule_of(b, m);
    uint64_t wanted = last + rules[rule].step;

    if (!rules[rule].is_numbered) return FOLLOWS;
    if (m->update_id < wanted) return OLD;
    if (rules[rule].names_previous && m->prev_update_id == last) return FOLLOWS;
    return m->first_update_id <= wanted ? FOLLOWS : HOLE;
}

/* A delta against the delta before it. */
static turn turn_on_delta(const qn_book *b, uint64_t first, uint64_t last, const qn_book_message *m)
{
    uint32_t rule = rule_of(b, m);

    if (!rules[rule].is_numbered) return FOLLOWS;
    if (m->update_id == last && m->first_update_id == first) return OLD;
    return (rules[rule].names_previous ? m->prev_update_id : m->first_update_id - 1) == last
               ? FOLLOWS
               : HOLE;
}

/* ---- deltas kept while the book is stale ---- */

/* Drop the oldest `n` kept deltas; the rows behind them move to the front. */
static void drop_kept(qn_book *b, uint32_t n)
{
    uint32_t begin = n < b->nmessages ? b->messages[n].begin : b->open.begin;

    if (n == 0) return;
    b->nrows -= begin;
    memmove(b->rows, b->rows + begin, b->nrows * sizeof *b->rows);
    b->open.begin -= begin;
    b->nmessages -= n;
    memmove(b->messages, b->messages + n, b->nmessages * sizeof *b->messages);
    for (uint32_t i = 0; i < b->nmessages; i++)
        b->messages[i].begin -= begin;
    b->dropped += n;
    b->is_hole_known = 0;
}

/* Half of them at once, so that the moves cost little a message. */
static void drop_half(qn_book *b)
{
    drop_kept(b, (b->nmessages + 1) / 2);
}

static void keep(qn_book *b)
{
    if (b->nmessages == b->messages_room) drop_half(b);
    b->messages[b->nmessages++] = b->open;
}

/* The open message is kept as the first one behind a hole that was counted. */
static int32_t lose_sync(qn_book *b)
{
    b->is_synced = 0;
    b->gaps++;
    drop_kept(b, b->nmessages);
    keep(b);
    b->is_hole_known = 1;
    return QN_E_GAP;
}

/* ---- messages ---- */

static bool set_rows(qn_book *b, const qn_book_message *m)
{
    const qn_book_entry *row = b->rows + m->begin;
    const qn_book_entry *end = row + m->nrows;

    for (; row < end; row++)
        if (!book_side_set(&b->side[row->key < 0], row->key, row->qty)) return false;
    book_side_settle(&b->side[0]);
    book_side_settle(&b->side[1]);
    return true;
}

static void note_applied(qn_book *b, const qn_book_message *m)
{
    b->first_update_id = m->first_update_id;
    b->update_id = m->update_id;
    b->venue_ts = m->venue_ts;
    b->ts_ns = m->ts_ns;
    if (b->watch) b->watch(b->watch_ctx, b);
}

/* Stale, nothing kept, a gap counted: the open message is lost for the reason given. */
static int32_t lose_all(qn_book *b, int32_t reason)
{
    b->is_synced = 0;
    b->gaps++;
    b->dropped += b->nmessages;
    b->nmessages = b->nrows = 0;
    b->is_hole_known = 0;
    return reason;
}

static int32_t apply_delta(qn_book *b, const qn_book_message *m)
{
    if (!set_rows(b, m)) {
        b->dropped++;
        return lose_all(b, QN_E_FULL);
    }
    b->is_fresh = 0;
    b->applied++;
    note_applied(b, m);
    return QN_OK;
}

static int32_t end_delta(qn_book *b)
{
    const qn_book_message *m = &b->open;
    const qn_book_message *last = b->nmessages ? &b->messages[b->nmessages - 1] : NULL;
    int32_t rc = QN_OK;
    turn t;

    if (b->is_synced)
        t = b->is_fresh ? turn_on_snapshot(b, b->update_id, m)
                        : turn_on_delta(b, b->first_update_id, b->update_id, m);
    else
        t = last ? turn_on_delta(b, last->first_update_id, last->update_id, m) : FOLLOWS;
    if (t == HOLE) return lose_sync(b);
    if (t == FOLLOWS && !b->is_synced) {
        keep(b);
        return QN_OK;
    }
    if (t == FOLLOWS)
        rc = apply_delta(b, m);
    else
        b->dropped++;
    b->nrows = m->begin;
    return rc;
}

/* The array of each side is put where the snapshot's best level will be. */
static void clear_for(qn_book *b, const qn_book_message *m)
{
    int64_t best[2] = {BOOK_NO_KEY, BOOK_NO_KEY};

    for (uint32_t i = m->begin; i < m->begin + m->nrows; i++) {
        const qn_book_entry *row = &b->rows[i];
        if (row->qty && row->key > best[row->key < 0]) best[row->key < 0] = row->key;
    }
    book_side_clear(&b->side[0], best[0]);
    book_side_clear(&b->side[1], best[1]);
}

static int32_t refuse_snapshot(qn_book *b, int32_t reason)
{
    b->refused++;
    b->nrows = b->open.begin;
    return reason;
}

/* Kept deltas `from` and later go on the snapshot that was set. */
static int32_t apply_kept(qn_book *b, uint32_t from)
{
    int32_t rc = QN_OK;
    uint32_t n = b->nmessages;

    b->dropped += from;
    for (uint32_t i = from; i < n && rc == QN_OK; i++) {
        b->nmessages = n - i - 1; /* kept behind this one: lost with it, where it is too much */
        rc = apply_delta(b, &b->messages[i]);
    }
    return rc;
}

static int32_t end_snapshot(qn_book *b)
{
    const qn_book_message *m = &b->open;
    uint32_t old = 0;
    turn t = FOLLOWS;
    int32_t rc;

    if (b->is_synced && m->update_id < b->update_id) return refuse_snapshot(b, QN_OK);
    while (old < b->nmessages && (t = turn_on_snapshot(b, m->update_id, &b->messages[old])) == OLD)
        old++;
    if (old < b->nmessages && t == HOLE) {
        b->gaps += !b->is_hole_known;
        b->is_hole_known = 1;
        return refuse_snapshot(b, QN_E_GAP);
    }
    clear_for(b, m);
    if (!set_rows(b, m)) {
        b->refused++;
        return lose_all(b, QN_E_FULL);
    }
    b->is_synced = b->is_fresh = 1;
    b->snapshots++;
    note_applied(b, m);
    rc = apply_kept(b, old);
    b->nmessages = b->nrows = 0;
    return rc;
}

/* ---- rows ---- */

static bool is_of_snapshot(const qn_depth *row)
{
    return (row->hdr.flags & QN_EVENT_SNAPSHOT) != 0;
}

static void open_message(qn_book *b, const qn_depth *row)
{
    b->open = (qn_book_message){.first_update_id = row->first_update_id,
                                .update_id = row->update_id,
                                .prev_update_id = row->prev_update_id,
                                .venue_ts = row->venue_ts,
                                .ts_ns = row->hdr.ts_ns,
                                .begin = b->nrows};
    b->is_open = 1;
    b->is_snapshot = is_of_snapshot(row);
    b->fault = QN_OK;
}

/* A price between two ticks: the tick becomes the greatest common divisor of both. False if a
 * side has no room for that: nothing changed, for the book may be read before the message ends. */
static bool refine(qn_book *b, int64_t price)
{
    int64_t tick = b->tick;
    int64_t rest = price % tick;
    int64_t factor;

    while (rest) {
        price = tick;
        tick = rest;
        rest = price % tick;
    }
    if (!book_side_can_refine(&b->side[0]) || !book_side_can_refine(&b->side[1])) return false;
    factor = b->tick / tick;
    book_side_refine(&b->side[0], factor);
    book_side_refine(&b->side[1], factor);
    for (uint32_t i = 0; i < b->nrows; i++)
        b->rows[i].key *= factor;
    b->tick = tick;
    return true;
}

/* Take a row; what is wrong with it becomes the message's fault. */
static void put_row(qn_book *b, const qn_depth *row)
{
    int64_t ticks = b->tick == 1 ? row->price : row->price / b->tick;
    int64_t is_ask;

    if (row->price == 0 && row->qty == 0) return; /* stands for a message without levels */
    if (row->price <= 0 || row->qty < 0 || row->side - QN_BUY > QN_SELL - QN_BUY) {
        b->fault = QN_E_INVALID;
        return;
    }
    if (ticks * b->tick != row->price) {
        if (!refine(b, row->price)) {
            b->fault = QN_E_FULL;
            return;
        }
        ticks = row->price / b->tick;
    }
    while (b->nrows == b->rows_room && b->nmessages)
        drop_half(b);
    if (b->nrows == b->rows_room) {
        b->fault = QN_E_FULL;
        return;
    }
    /* -ticks for an ask, without a branch: which side it is cannot be predicted. */
    is_ask = row->side == QN_SELL;
    b->rows[b->nrows++] = (qn_book_entry){(ticks ^ -is_ask) + is_ask, row->qty};
}

/* The open message is lost, and with it the book. */
static int32_t lose_open(qn_book *b, int32_t reason)
{
    if (b->is_snapshot)
        b->refused++;
    else
        b->dropped++;
    return lose_all(b, reason);
}

int32_t qn_book_apply(qn_book *b, const qn_depth *row)
{
    /* Another message although the open one was not at its end. */
    bool was_cut = b->is_open &&
                   (row->update_id != b->open.update_id || is_of_snapshot(row) != b->is_snapshot);
    int32_t rc;

    if (was_cut) lose_open(b, QN_E_GAP);
    if (was_cut || !b->is_open) open_message(b, row);
    if (b->fault == QN_OK) put_row(b, row);
    if (row->hdr.flags & QN_EVENT_MORE) return was_cut ? QN_E_GAP : QN_OK;
    b->open.nrows = b->nrows - b->open.begin;
    if (b->fault != QN_OK)
        rc = lose_open(b, b->fault);
    else
        rc = b->is_snapshot ? end_snapshot(b) : end_delta(b);
    b->is_open = 0;
    return rc == QN_OK && was_cut ? QN_E_GAP : rc;
}

void qn_book_reset(qn_book *b)
{
    b->dropped += b->nmessages;
    b->is_synced = b->is_fresh = b->is_open = b->is_hole_known = 0;
    b->nmessages = b->nrows = 0;
    book_side_clear(&b->side[0], BOOK_NO_KEY);
    book_side_clear(&b->side[1], BOOK_NO_KEY);
}

/* ---- reading ---- */

static const qn_book_side *side_of(const qn_book *b, uint32_t side)
{
    return &b->side[side != QN_BUY];
}

static int64_t price_of(int64_t key, int64_t tick)
{
    return (key < 0 ? -key : key) * tick;
}

int32_t qn_book_best(const qn_book *b, uint32_t side, qn_book_level *out)
{
    const qn_book_side *s = side_of(b, side);

    if (!b->is_synced) return QN_E_STATE;
    if (s->levels == 0) return QN_E_NOT_FOUND;
    *out = (qn_book_level){price_of(s->best, b->tick), book_side_qty(s, s->best)};
    return QN_OK;
}

int32_t qn_book_qty(const qn_book *b, uint32_t side, int64_t price, int64_t *out)
{
    int64_t ticks = price / b->tick;

    if (!b->is_synced) return QN_E_STATE;
    if (price <= 0 || ticks * b->tick != price)
        *out = 0;
    else
        *out = book_side_qty(side_of(b, side), side == QN_BUY ? ticks : -ticks);
    return QN_OK;
}

qn_book_walk qn_book_walk_of(const qn_book *b, uint32_t side)
{
    const qn_book_side *s = side_of(b, side);

    return (qn_book_walk){s, b->is_synced ? s->best : BOOK_NO_KEY, b->tick};
}

int qn_book_walk_next(qn_book_walk *w, qn_book_level *out)
{
    if (w->next == BOOK_NO_KEY) return 0;
    *out = (qn_book_level){price_of(w->next, w->tick), book_side_qty(w->side, w->next)};
    w->next = book_side_next(w->side, w->next);
    return 1;
}

int32_t qn_book_depth(const qn_book *b, uint32_t side, uint64_t n, int64_t *out)
{
    qn_book_walk w = qn_book_walk_of(b, side);
    qn_book_level level;
    int64_t sum = 0;

    if (!b->is_synced) return QN_E_STATE;
    for (; n > 0 && qn_book_walk_next(&w, &level); n--)
        if (__builtin_add_overflow(sum, level.qty, &sum)) return QN_E_OVERFLOW;
    *out = sum;
    return QN_OK;
}

static bool best_two(const qn_book *b, qn_book_level *bid, qn_book_level *ask)
{
    return qn_book_best(b, QN_BUY, bid) == QN_OK && qn_book_best(b, QN_SELL, ask) == QN_OK;
}

int qn_book_is_crossed(const qn_book *b)
{
    /* Keys, not prices: this is asked after each message. */
    return b->is_synced && b->side[0].levels && b->side[1].levels &&
           b->side[0].best >= -b->side[1].best;
}

double qn_book_mid(const qn_book *b)
{
    qn_book_level bid;
    qn_book_level ask;

    return best_two(b, &bid, &ask) ? ((double)bid.price + (double)ask.price) / 2.0 : NAN;
}

double qn_book_microprice(const qn_book *b)
{
    qn_book_level bid;
    qn_book_level ask;

    if (!best_two(b, &bid, &ask)) return NAN;
    return ((double)bid.price * (double)ask.qty + (double)ask.price * (double)bid.qty) /
           ((double)bid.qty + (double)ask.qty);
}

double qn_book_imbalance(const qn_book *b, uint64_t n)
{
    int64_t bids;
    int64_t asks;

    if (qn_book_depth(b, QN_BUY, n, &bids) != QN_OK ||
        qn_book_depth(b, QN_SELL, n, &asks) != QN_OK || bids == 0 || asks == 0)
        return NAN;
    return ((double)bids - (double)asks) / ((double)bids + (double)asks);
}
