/* SPDX-License-Identifier: MIT */
#include "verify_check.h"

#include "base/memory.h"
#include "depth_book.h"

#include <string.h>

/* Events of all types begin alike: header, then the venue's time (of a bar its open). */
#define VENUE_TS offsetof(qn_trade, venue_ts)
_Static_assert(offsetof(qn_bar, open_ts) == VENUE_TS && offsetof(qn_quote, venue_ts) == VENUE_TS &&
                   offsetof(qn_depth, venue_ts) == VENUE_TS &&
                   offsetof(qn_mark, venue_ts) == VENUE_TS &&
                   offsetof(qn_funding, venue_ts) == VENUE_TS,
               "the venue's time stands behind the header");

static int64_t venue_ts_of(const qn_event *ev)
{
    int64_t ts;

    memcpy(&ts, (const char *)ev + VENUE_TS, sizeof ts);
    return ts;
}

int64_t verify_key(const qn_event *ev)
{
    return ev->type == QN_EVENT_BAR ? venue_ts_of(ev) : ev->ts_ns;
}

/* ---- time ---- */

static uint64_t goes_back(verify_series *s, const qn_event *ev)
{
    int64_t key = verify_key(ev);

    if (!s->has_row) return 0;
    return ev->ts_ns < s->last_ts || key < s->last_key ||
           (ev->type == QN_EVENT_BAR && key == s->last_key);
}

static uint64_t is_outside(verify_series *s, const qn_event *ev)
{
    int64_t key = verify_key(ev);

    return key < s->file->period_start || key >= s->file->period_end;
}

static uint64_t clock_falls(verify_series *s, const qn_event *ev)
{
    if (!s->has_row || (ev->flags & QN_EVENT_SNAPSHOT)) return 0;
    return ev->ts_ns > s->last_ts && venue_ts_of(ev) < s->last_venue_ts;
}

/* ---- ids ---- */

uint64_t verify_id(const qn_event *ev)
{
    switch (ev->type) {
    case QN_EVENT_TRADE:
        return ((const qn_trade *)ev)->id;
    case QN_EVENT_QUOTE:
        return ((const qn_quote *)ev)->update_id;
    case QN_EVENT_DEPTH: /* a message has one, at its last row; a snapshot shares that of a delta */
        return ev->flags & (QN_EVENT_MORE | QN_EVENT_SNAPSHOT) ? 0
                                                               : ((const qn_depth *)ev)->update_id;
    default:
        return 0;
    }
}

/* Ids of most venues rise, and cost nothing to check. Where they don't, the file is searched. */
static uint64_t is_repeated(verify_series *s, const qn_event *ev)
{
    uint64_t id = verify_id(ev);
    bool is_same = id && id == s->last_id;

    if (id == 0) return 0;
    if (id < s->last_id) s->ids_fall = true;
    s->last_id = id;
    return is_same;
}

/* ---- values ---- */

static bool is_side(uint32_t side)
{
    return side == QN_BUY || side == QN_SELL;
}

static bool is_bad_bar(const qn_bar *b)
{
    return b->low <= 0 || b->high < b->low || b->open < b->low || b->open > b->high ||
           b->close < b->low || b->close > b->high || b->volume < 0;
}

static bool is_bad_level(int64_t price, int64_t qty)
{
    return qty < 0 || (qty > 0 && price <= 0);
}

/* A message without levels is a row of price 0 and quantity 0. */
static bool is_bad_depth(const qn_depth *d)
{
    return d->qty < 0 || d->price < 0 || (d->price == 0 && d->qty) || !is_side(d->side);
}

static uint64_t is_impossible(verify_series *s, const qn_event *ev)
{
    const qn_trade *trade = (const qn_trade *)ev;
    const qn_quote *quote = (const qn_quote *)ev;

    (void)s;
    switch (ev->type) {
    case QN_EVENT_BAR:
        return is_bad_bar((const qn_bar *)ev);
    case QN_EVENT_TRADE:
    case QN_EVENT_LIQUIDATION:
        return trade->price <= 0 || trade->qty <= 0 || !is_side(trade->side);
    case QN_EVENT_QUOTE:
        return is_bad_level(quote->bid, quote->bid_qty) || is_bad_level(quote->ask, quote->ask_qty);
    case QN_EVENT_DEPTH:
        return is_bad_depth((const qn_depth *)ev);
    case QN_EVENT_MARK:
    case QN_EVENT_INDEX:
        return ((const qn_mark *)ev)->price <= 0;
    default:
        return 0;
    }
}

/* ---- books ---- */

static uint64_t has_hole(verify_series *s, const qn_event *ev)
{
    uint64_t before = s->book.gaps;
    int32_t rc = qn_book_apply(&s->book, (const qn_depth *)ev);

    /* What is not a hole was told as an impossible value, or is our own bound. */
    return rc == QN_E_INVALID || rc == QN_E_FULL ? 0 : s->book.gaps - before;
}

static void note_crossing(void *ctx, const qn_book *book)
{
    verify_series *s = ctx;

    s->crossings += qn_book_is_crossed(book) != 0;
}

static uint64_t is_crossed(verify_series *s, const qn_event *ev)
{
    const qn_quote *q = (const qn_quote *)ev;
    uint64_t n = s->crossings;

    if (ev->type == QN_EVENT_QUOTE) return q->bid_qty > 0 && q->ask_qty > 0 && q->bid >= q->ask;
    s->crossings = 0;
    return n;
}

/* ---- the table ---- */

#define BIT(NAME) (1u << QN_EVENT_##NAME)
#define TAKEN (BIT(TRADE) | BIT(QUOTE) | BIT(DEPTH) | BIT(LIQUIDATION))
#define ALL (TAKEN | BIT(BAR) | BIT(MARK) | BIT(INDEX) | BIT(FUNDING))

const verify_check verify_checks[VERIFY_CHECKS] = {
    [VERIFY_ORDER] = {"time goes back", ALL, QN_E_ORDER, ALL, goes_back},
    [VERIFY_PERIOD] = {"time outside the file's period", ALL, QN_E_RANGE, ALL, is_outside},
    /* a trade counts twice then; a quote or a delta that is told again says nothing new */
    [VERIFY_IDS] = {"id of another row", BIT(TRADE), QN_E_DUPLICATE,
                    BIT(TRADE) | BIT(QUOTE) | BIT(DEPTH), is_repeated},
    [VERIFY_VALUES] = {"a price, quantity or side that cannot be", ALL, QN_E_INVALID,
                       ALL & ~BIT(FUNDING), is_impossible},
    [VERIFY_CLOCK] = {"the venue's clock goes back", 0, QN_E_ORDER, TAKEN | BIT(MARK) | BIT(INDEX),
                      clock_falls},
    [VERIFY_SEQUENCE] = {"messages are missing", 0, QN_E_GAP, BIT(DEPTH), has_hole},
    [VERIFY_CROSSED] = {"the best bid is not below the best ask", 0, QN_E_CROSSED,
                        BIT(QUOTE) | BIT(DEPTH), is_crossed},
};

/* ---- series ---- */

void verify_end(verify_series *s)
{
    mem_free(s->book_memory);
    *s = (verify_series){0};
}

int32_t verify_begin(verify_series *s, const catalog *cat, const catalog_file *file, qn_err *err)
{
    const qn_instrument *def = catalog_instrument(cat, file->instrument, file->first_ts);
    int32_t rc;

    verify_end(s);
    s->file = file;
    if (file->data.type != QN_EVENT_DEPTH) return QN_OK;
    if ((rc = depth_book_make(&s->book, &s->book_memory, def, err)) != QN_OK) return rc;
    s->book.watch = note_crossing;
    s->book.watch_ctx = s;
    return QN_OK;
}

void verify_skip(verify_series *s)
{
    if (s->book_memory) qn_book_reset(&s->book);
}

void verify_step(verify_series *s, const qn_event *ev)
{
    s->has_row = true;
    s->last_ts = ev->ts_ns;
    s->last_key = verify_key(ev);
    if (!(ev->flags & QN_EVENT_SNAPSHOT)) s->last_venue_ts = venue_ts_of(ev);
}
