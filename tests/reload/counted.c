/* SPDX-License-Identifier: MIT
 *
 * strategy/counted, a test plugin: it counts what it is given, and tells at its last bar what was
 * lost, came too early, too late or twice. Its counts are its state: an instance that takes over
 * goes on where the one before it stopped, so an event that a reload loses, repeats or hands to
 * the wrong one of the two stands in the last line, and a wrong count changes what it trades.
 *
 * Each bar ends one minute after the one before. With `orders` a limit order that nobody fills
 * always works, and two or three timers always wait. */
#include <quoin/sdk/strategy.h>
#include <quoin/sdk/text.h>

#define STEP (60 * QN_NS_PER_S)
#define TIMER_AFTER (STEP * 5 / 2)

typedef struct counted {
    int64_t bars; /* parameters: how many there will be */
    int64_t turn; /* bars between two orders at the market */
    uint32_t orders;
    uint32_t rsv0;
    const qn_setup *setup;
    /* state */
    int64_t seen, last_ts;
    uint64_t last_seq;
    int64_t set, fired;      /* timers */
    int64_t sent, told, out; /* orders sent, their reports, those that work no more */
    uint64_t working;        /* the limit order */
    int64_t lost, early, late, doubled;
} counted;

static const qn_param params[] = {
    QN_PARAM(counted, bars, I64, "bars", "how many come", .def = "1", .min = "1"),
    QN_PARAM(counted, turn, I64, "bars", "bars between two orders", .def = "10", .min = "1"),
    QN_PARAM(counted, orders, BOOL, "", "keep an order working and timers waiting", .def = "false"),
};

static const qn_field fields[] = {
    QN_FIELD(counted, seen),    QN_FIELD(counted, last_ts), QN_FIELD(counted, last_seq),
    QN_FIELD(counted, set),     QN_FIELD(counted, fired),   QN_FIELD(counted, sent),
    QN_FIELD(counted, told),    QN_FIELD(counted, out),     QN_FIELD(counted, working),
    QN_FIELD(counted, lost),    QN_FIELD(counted, early),   QN_FIELD(counted, late),
    QN_FIELD(counted, doubled),
};

static int32_t configure(counted *s, const qn_setup *setup, qn_err *err)
{
    (void)err;
    s->setup = setup;
    return QN_OK;
}

/* Whatever its type: each event comes behind the one before. */
static void count_event(counted *s, const qn_event *ev)
{
    s->doubled += ev->seq == s->last_seq;
    s->late += ev->seq < s->last_seq;
    s->last_seq = ev->seq;
}

static void count_bar(counted *s, const qn_event *ev)
{
    int64_t step = ev->ts_ns - s->last_ts;

    if (s->seen++ > 0) {
        s->doubled += step == 0;
        s->late += step < 0;
        s->lost += step > STEP;
        s->early += step > 0 && step < STEP;
    }
    s->last_ts = ev->ts_ns;
}

static int64_t wrong(const counted *s)
{
    return s->lost + s->early + s->late + s->doubled;
}

static void tell(counted *s)
{
    char room[400];
    qn_text t = QN_TEXT(room);
    const struct {
        const char *word;
        int64_t value;
    } rows[] = {{"counted ", s->seen},     {" bars, ", s->fired},  {" timers, ", s->told},
                {" reports of ", s->sent}, {" orders: ", s->lost}, {" lost, ", s->early},
                {" early, ", s->late},     {" late, ", s->doubled}};

    /* what must have come by now: all timers but those of the last bars, all reports but those of
     * the last order */
    if (s->orders && (s->set - s->fired > 3 || s->set - s->fired < 2)) s->lost++;
    if (s->out < s->sent - 2) s->lost++;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        qn_text_add(&t, rows[i].word);
        qn_text_add_integer(&t, rows[i].value);
    }
    qn_text_add(&t, " doubled");
    s->setup->host->log(s->setup->host->ctx, QN_LOG_WARNING, (qn_str){room, t.used});
}

static void keep_busy(counted *s, const qn_bar *bar, const qn_out *out)
{
    const qn_instrument *in = s->setup->instruments[bar->hdr.slot];
    qn_order_intent order = {.side = QN_BUY,
                             .type = QN_LIMIT,
                             .tif = QN_GTC,
                             .qty = in->lot_size,
                             .price = bar->close / 2 / in->tick_size * in->tick_size};
    int64_t id;

    if (s->setup->host->timer(s->setup->host->ctx, bar->hdr.ts_ns + TIMER_AFTER,
                              (uint64_t)s->set) == QN_OK)
        s->set++;
    if (s->working && s->seen % 7 != 0) return;
    if (s->working) qn_out_cancel(out, bar->hdr.instrument, s->working);
    id = qn_out_order(out, bar->hdr.instrument, order);
    if (id > 0) s->sent++;
    s->working = id > 0 ? (uint64_t)id : 0;
}

static void on_bar(counted *s, const qn_bar *bar, const qn_out *out)
{
    int64_t lot = s->setup->instruments[bar->hdr.slot]->lot_size;

    count_event(s, &bar->hdr);
    count_bar(s, &bar->hdr);
    if (s->orders) keep_busy(s, bar, out);
    /* up, down, up: and by as much as went wrong, so that no mistake keeps the hash */
    if (s->seen % s->turn == 0 &&
        qn_out_target(out, bar->hdr.instrument,
                      (s->seen / s->turn % 2 ? lot : -lot) * (1 + wrong(s))) > 0)
        s->sent++;
    if (s->seen == s->bars) tell(s);
}

/* Timers come in the order in which they were set, each once, and when they are due. */
static void on_timer(counted *s, const qn_timer *ev, const qn_out *out)
{
    (void)out;
    count_event(s, &ev->hdr);
    s->lost += (int64_t)ev->cookie > s->fired;
    s->doubled += (int64_t)ev->cookie < s->fired;
    s->early += ev->hdr.ts_ns < ev->due_ns;
    s->late += ev->hdr.ts_ns > ev->due_ns;
    s->fired++;
}

static void on_order(counted *s, const qn_order_report *ev, const qn_out *out)
{
    (void)out;
    count_event(s, &ev->hdr);
    s->told++;
    if (ev->state == QN_ORDER_CANCELED || ev->state == QN_ORDER_REJECTED ||
        ev->state == QN_ORDER_DENIED || ev->state == QN_ORDER_FILLED) {
        s->out++;
        if (ev->order_id == s->working) s->working = 0;
    }
}

static void on_fill(counted *s, const qn_fill *ev, const qn_out *out)
{
    (void)out;
    count_event(s, &ev->hdr);
    s->told++;
    s->out++; /* market orders fill whole, and the limit order never does */
}

QN_STRATEGY(counted, "strategy/counted", "1.0.0", "MIT", .name = "Counted",
            .doc = "Counts what it is given.", .params = QN_TABLE(params),
            .state = QN_STATE(1, fields), .configure = configure, .on_bar = on_bar,
            .on_timer = on_timer, .on_order = on_order, .on_fill = on_fill)
