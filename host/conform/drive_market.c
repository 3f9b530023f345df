/* SPDX-License-Identifier: MIT
 *
 * A minute of the market: two instruments that wander, with every type of market event. A hostile
 * market has what real ones have had, and what only a broken venue sends: each row of the table
 * below spoils one event. Engine time does not go back, whatever the venue's does: that is the
 * host's own rule. */
#include "drive.h"

#include <string.h>

#define MINUTE (60 * QN_NS_PER_S)

/* ------------------------------------------------------------------ what is spoiled */

#define SPOIL(name, type, statement)                                                               \
    static void name(type *ev)                                                                     \
    {                                                                                              \
        statement;                                                                                 \
    }

SPOIL(bar_zero, qn_bar, ev->open = ev->high = ev->low = ev->close = 0)
SPOIL(bar_negative, qn_bar, ev->open = ev->high = ev->low = ev->close = -ev->close)
SPOIL(bar_huge, qn_bar, ev->high = ev->close = INT64_MAX)
SPOIL(bar_least, qn_bar, ev->low = ev->close = INT64_MIN)
SPOIL(bar_upside_down, qn_bar, ev->high = ev->low - 1)
SPOIL(bar_volume, qn_bar, ev->volume = INT64_MIN)
SPOIL(bar_short, qn_bar, ev->length = 0)
SPOIL(bar_back, qn_bar, ev->open_ts = -ev->open_ts)
SPOIL(bar_future, qn_bar, ev->open_ts = INT64_MAX - 1)
SPOIL(bar_gap, qn_bar, (ev->close *= 40, ev->high = ev->close))
SPOIL(trade_zero, qn_trade, ev->price = 0)
SPOIL(trade_negative, qn_trade, ev->price = -ev->price)
SPOIL(trade_huge, qn_trade, (ev->price = INT64_MAX, ev->qty = INT64_MAX))
SPOIL(trade_nothing, qn_trade, ev->qty = 0)
SPOIL(trade_less, qn_trade, ev->qty = INT64_MIN)
SPOIL(trade_side, qn_trade, ev->side = 9)
SPOIL(trade_back, qn_trade, ev->venue_ts = INT64_MIN)
SPOIL(quote_crossed, qn_quote, ev->ask = ev->bid - 5)
SPOIL(quote_locked, qn_quote, ev->ask = ev->bid)
SPOIL(quote_empty, qn_quote, ev->bid_qty = ev->ask_qty = 0)
SPOIL(quote_no_bid, qn_quote, ev->bid = ev->bid_qty = 0)
SPOIL(quote_negative, qn_quote, (ev->bid = -1, ev->ask = -2))
SPOIL(quote_huge, qn_quote, (ev->bid = INT64_MAX - 1, ev->ask = INT64_MAX))
SPOIL(quote_qty, qn_quote, (ev->bid_qty = INT64_MIN, ev->ask_qty = INT64_MAX))
SPOIL(depth_crossed, qn_depth, ev->price = ev->side == QN_BUY ? INT64_MAX : 1)
SPOIL(depth_negative, qn_depth, ev->qty = -ev->qty - 1)
SPOIL(depth_side, qn_depth, ev->side = 0)
SPOIL(depth_gap, qn_depth, ev->prev_update_id += 1000)
SPOIL(depth_more, qn_depth, ev->hdr.flags |= QN_EVENT_MORE)
SPOIL(depth_price, qn_depth, ev->price = INT64_MIN)
SPOIL(mark_zero, qn_mark, ev->price = 0)
SPOIL(mark_negative, qn_mark, ev->price = INT64_MIN)
SPOIL(mark_huge, qn_mark, ev->price = INT64_MAX)
SPOIL(rate_huge, qn_funding, ev->rate = INT64_MAX)
SPOIL(rate_least, qn_funding, ev->rate = INT64_MIN)

typedef union any_event {
    qn_event hdr;
    qn_bar bar;
    qn_trade trade;
    qn_quote quote;
    qn_depth depth;
    qn_mark mark;
    qn_funding funding;
    qn_gap gap;
    qn_timer timer;
    qn_result result;
    qn_order_report order;
    qn_fill fill;
} any_event;

/* One row: ROW(type of event, member of any_event, function, what it makes of it). */
#define ROW(TYPE, member, function, name)                                                          \
    static void spoil_##function(any_event *ev)                                                    \
    {                                                                                              \
        function(&ev->member);                                                                     \
    }
#define SPOILED(X)                                                                                 \
    X(BAR, bar, bar_zero, "a bar of price 0")                                                      \
    X(BAR, bar, bar_negative, "a bar of a negative price")                                         \
    X(BAR, bar, bar_huge, "a bar that closes at the largest number there is")                      \
    X(BAR, bar, bar_least, "a bar that closes at the smallest number there is")                    \
    X(BAR, bar, bar_upside_down, "a bar whose high is below its low")                              \
    X(BAR, bar, bar_volume, "a bar of negative volume")                                            \
    X(BAR, bar, bar_short, "a bar of no length")                                                   \
    X(BAR, bar, bar_back, "a bar whose venue time goes back")                                      \
    X(BAR, bar, bar_future, "a bar from the end of time")                                          \
    X(BAR, bar, bar_gap, "a bar that closes at 40 times its price")                                \
    X(TRADE, trade, trade_zero, "a trade at price 0")                                              \
    X(TRADE, trade, trade_negative, "a trade at a negative price")                                 \
    X(TRADE, trade, trade_huge, "a trade of the largest numbers there are")                        \
    X(TRADE, trade, trade_nothing, "a trade of quantity 0")                                        \
    X(TRADE, trade, trade_less, "a trade of a negative quantity")                                  \
    X(TRADE, trade, trade_side, "a trade of a side that does not exist")                           \
    X(TRADE, trade, trade_back, "a trade whose venue time goes back")                              \
    X(QUOTE, quote, quote_crossed, "a crossed quote")                                              \
    X(QUOTE, quote, quote_locked, "a quote with the bid at the ask")                               \
    X(QUOTE, quote, quote_empty, "a quote with two empty sides")                                   \
    X(QUOTE, quote, quote_no_bid, "a quote without a bid")                                         \
    X(QUOTE, quote, quote_negative, "a quote of negative prices")                                  \
    X(QUOTE, quote, quote_huge, "a quote of the largest prices there are")                         \
    X(QUOTE, quote, quote_qty, "a quote of impossible quantities")                                 \
    X(DEPTH, depth, depth_crossed, "a level that crosses the book")                                \
    X(DEPTH, depth, depth_negative, "a level of a negative quantity")                              \
    X(DEPTH, depth, depth_side, "a level of no side")                                              \
    X(DEPTH, depth, depth_gap, "a book update with a hole before it")                              \
    X(DEPTH, depth, depth_more, "a book update that does not end")                                 \
    X(DEPTH, depth, depth_price, "a level at the smallest number there is")                        \
    X(MARK, mark, mark_zero, "a mark of 0")                                                        \
    X(MARK, mark, mark_negative, "a negative mark")                                                \
    X(MARK, mark, mark_huge, "a mark of the largest number there is")                              \
    X(FUNDING, funding, rate_huge, "the largest funding rate there is")                            \
    X(FUNDING, funding, rate_least, "the smallest funding rate there is")
SPOILED(ROW)
#undef ROW
#define ROW(TYPE, member, function, name) {QN_EVENT_##TYPE, spoil_##function, name},

static const struct {
    uint16_t type;
    void (*spoil)(any_event *ev);
    const char *name;
} spoils[] = {SPOILED(ROW)};
#define NSPOILS (sizeof spoils / sizeof spoils[0])

/* Spoil the event in one of the ways of its type. */
static void spoil(drive *d, any_event *ev, uint16_t type)
{
    size_t first = 0;
    size_t n = 0;

    for (size_t i = 0; i < NSPOILS; i++) {
        if (spoils[i].type != type) continue;
        if (n++ == 0) first = i;
    }
    if (n == 0) return;
    first += drive_draw(d, n); /* rows of a type stand together */
    spoils[first].spoil(ev);
    doing_what("%s (event %llu)", spoils[first].name, (unsigned long long)qn_bench_event(d->b) + 1);
}

/* ------------------------------------------------------------------ what does not belong there */

static uint16_t stranger_gap(any_event *ev)
{
    ev->gap.missed = UINT64_MAX;
    ev->hdr.type = QN_EVENT_GAP;
    return sizeof ev->gap;
}

static uint16_t stranger_type(any_event *ev)
{
    ev->hdr.type = QN_EVENT_TYPES - 1;
    return sizeof ev->hdr;
}

static uint16_t stranger_timer(any_event *ev)
{
    ev->timer.cookie = UINT64_MAX;
    ev->hdr.type = QN_EVENT_TIMER;
    return sizeof ev->timer;
}

static uint16_t stranger_result(any_event *ev)
{
    ev->result.cookie = UINT64_MAX;
    ev->result.status = QN_E_CANCELED;
    ev->hdr.type = QN_EVENT_RESULT;
    return sizeof ev->result;
}

static uint16_t stranger_order(any_event *ev)
{
    ev->order.order_id = UINT64_MAX;
    ev->order.state = QN_ORDER_UNKNOWN;
    ev->hdr.type = QN_EVENT_ORDER;
    return sizeof ev->order;
}

static uint16_t stranger_fill(any_event *ev)
{
    ev->fill.order_id = UINT64_MAX;
    ev->fill.side = QN_SELL;
    ev->fill.price = ev->fill.qty = 1;
    ev->hdr.type = QN_EVENT_FILL;
    return sizeof ev->fill;
}

static const struct {
    uint16_t (*make)(any_event *ev);
    const char *name;
} strangers[] = {{stranger_gap, "a gap in the data"},
                 {stranger_type, "an event of a type that is not known yet"},
                 {stranger_timer, "a timer that it did not set"},
                 {stranger_result, "the result of work that it did not ask for"},
                 {stranger_order, "a report on an order that it did not send"},
                 {stranger_fill, "a fill of an order that it did not send"}};

static void send_stranger(drive *d, uint32_t slot)
{
    any_event ev = {.hdr = {0}};
    uint64_t i = drive_draw(d, sizeof strangers / sizeof strangers[0]);
    uint16_t size = strangers[i].make(&ev);

    doing_what("%s (event %llu)", strangers[i].name, (unsigned long long)qn_bench_event(d->b) + 1);
    drive_send(d, &ev.hdr, size, ev.hdr.type, slot);
}

/* ------------------------------------------------------------------ a minute */

static void put(drive *d, any_event *ev, size_t size, uint16_t type, uint32_t slot)
{
    if (d->is_hostile && drive_draw(d, 2)) spoil(d, ev, type);
    drive_send(d, &ev->hdr, (uint16_t)size, type, slot);
}

static int64_t wander(drive *d, uint32_t slot)
{
    int64_t by = (int64_t)drive_draw(d, 101) - 50;

    if (d->price[slot] + by > 1000) d->price[slot] += by;
    return d->price[slot];
}

static void put_bar(drive *d, uint32_t slot, int64_t ts)
{
    int64_t open = d->price[slot];
    int64_t close = wander(d, slot);
    int64_t top = open > close ? open : close;
    int64_t bottom = open < close ? open : close;
    any_event ev = {.bar = {.hdr.ts_ns = ts,
                            .open_ts = ts - MINUTE,
                            .length = MINUTE,
                            .open = open,
                            .high = top + (int64_t)drive_draw(d, 20),
                            .low = bottom - (int64_t)drive_draw(d, 20),
                            .close = close,
                            .volume = 1 + (int64_t)drive_draw(d, 100000)}};

    put(d, &ev, sizeof ev.bar, QN_EVENT_BAR, slot);
}

static void put_trade(drive *d, uint32_t slot, int64_t ts)
{
    any_event ev = {.trade = {.hdr.ts_ns = ts,
                              .venue_ts = ts,
                              .id = ++d->trades,
                              .price = wander(d, slot),
                              .qty = 1 + (int64_t)drive_draw(d, 5000),
                              .side = drive_draw(d, 2) ? QN_BUY : QN_SELL}};

    put(d, &ev, sizeof ev.trade, QN_EVENT_TRADE, slot);
}

static void put_quote(drive *d, uint32_t slot, int64_t ts)
{
    int64_t mid = wander(d, slot);
    any_event ev = {.quote = {.hdr.ts_ns = ts,
                              .venue_ts = ts,
                              .bid = mid - 1 - (int64_t)drive_draw(d, 3),
                              .bid_qty = 1 + (int64_t)drive_draw(d, 9000),
                              .ask = mid + 1 + (int64_t)drive_draw(d, 3),
                              .ask_qty = 1 + (int64_t)drive_draw(d, 9000)}};

    put(d, &ev, sizeof ev.quote, QN_EVENT_QUOTE, slot);
}

static void put_mark(drive *d, uint32_t slot, int64_t ts)
{
    any_event ev = {.mark = {.hdr.ts_ns = ts, .venue_ts = ts, .price = d->price[slot]}};

    put(d, &ev, sizeof ev.mark, QN_EVENT_MARK, slot);
}

static void put_funding(drive *d, uint32_t slot, int64_t ts)
{
    any_event ev = {.funding = {.hdr.ts_ns = ts,
                                .venue_ts = ts,
                                .rate = (int64_t)drive_draw(d, 200000000) - 100000000}};

    put(d, &ev, sizeof ev.funding, QN_EVENT_FUNDING, slot);
}

/* A snapshot of three levels a side. */
static void put_depth(drive *d, uint32_t slot, int64_t ts)
{
    for (uint32_t i = 0; i < 6; i++) {
        uint32_t side = i < 3 ? QN_BUY : QN_SELL;
        int64_t away = 1 + i % 3;
        any_event ev = {.depth = {.hdr = {.ts_ns = ts,
                                          .flags = QN_EVENT_SNAPSHOT | (i < 5 ? QN_EVENT_MORE : 0)},
                                  .venue_ts = ts,
                                  .first_update_id = d->step + 1,
                                  .update_id = d->step + 1,
                                  .prev_update_id = d->step,
                                  .price = d->price[slot] - qn_sign(side) * away,
                                  .qty = 1 + (int64_t)drive_draw(d, 9000),
                                  .side = side}};
        put(d, &ev, sizeof ev.depth, QN_EVENT_DEPTH, slot);
    }
}

static void (*const others[])(drive *d, uint32_t slot, int64_t ts) = {
    put_trade, put_trade, put_quote, put_quote, put_mark, put_funding, put_depth};

void drive_market(drive *d)
{
    int64_t end = (int64_t)(d->step + 1) * MINUTE;

    for (uint32_t slot = 0; slot < d->slots; slot++)
        if (drive_draw(d, 10) > 0) put_bar(d, slot, end); /* a minute without a trade has none */
    drive_advance(d, end);
    for (uint64_t i = 0; i < 4; i++) {
        uint32_t slot = (uint32_t)drive_draw(d, d->slots);
        uint64_t what = drive_draw(d, sizeof others / sizeof others[0]);
        others[what](d, slot, end + (int64_t)i * QN_NS_PER_S);
    }
    if (d->is_hostile && d->kind != KIND_VENUE) /* a venue is given market data alone */
        send_stranger(d, (uint32_t)drive_draw(d, d->slots));
}
