/* SPDX-License-Identifier: MIT */
#include "series.h"

#include "base/fail.h"
#include "flow.h"
#include "funding.h"

#include <quoin/sdk/bars.h>

/* The logarithm of a minute's volume has this deviation around what heat and range say. */
#define VOLUME_DEVIATION 0.5
/* The expected range of a minute at twelve steps, in deviations of a step: the volume of a
 * minute of that range is the usual one. */
#define RANGE_USUAL 4.8

/* A jump brings no more volume than a range of so many usual ones. */
#define WILD_MOST 50.0

/* A series in the making. */
typedef struct series {
    const synth_instrument *ins;
    data_type data;
    catalog_writer *w;
    synth_series *made;
    path path;
    flow flow;
    funding funding;
    qn_bar_builder builder;
    draw volumes;
    double tick, lot;
    double usual_volume; /* lots a minute */
    int64_t close;       /* of the last bar made from the path; 0 = none */
} series;

typedef int32_t (*minute_fn)(series *s, const path_minute *m, qn_err *err);

static int32_t put(series *s, const qn_event *ev, qn_err *err)
{
    int32_t rc = catalog_writer_add(s->w, ev, err);

    if (rc != QN_OK) return rc;
    if (s->made->rows++ == 0) s->made->from = ev->ts_ns - s->data.length;
    s->made->to = ev->ts_ns;
    return QN_OK;
}

static int32_t put_bar(series *s, const qn_event *part, qn_err *err)
{
    qn_bar bar;
    int32_t rc = qn_bar_builder_add(&s->builder, part, &bar);

    if (rc < 0) return fail(err, rc, "%s: a bar cannot be built", s->ins->definition.name);
    return rc == QN_BAR_DONE ? put(s, &bar.hdr, err) : QN_OK;
}

static int32_t end_bars(series *s, int64_t venue_ts, qn_err *err)
{
    qn_bar bar;

    return qn_bar_builder_end(&s->builder, venue_ts, &bar) == QN_BAR_DONE ? put(s, &bar.hdr, err)
                                                                          : QN_OK;
}

/* ---- what a minute brings ---- */

static int64_t next_volume(series *s, const path_minute *m, double range)
{
    double noise = VOLUME_DEVIATION * draw_normal(&s->volumes, &s->path.normal);
    double wild = range / (RANGE_USUAL * m->deviation);
    double lots = s->usual_volume * m->heat * (0.5 + 0.5 * (wild < WILD_MOST ? wild : WILD_MOST)) *
                  portable_exp(noise - 0.5 * VOLUME_DEVIATION * VOLUME_DEVIATION);

    return portable_round(lots < 1.0 ? 1.0 : lots) * (int64_t)s->lot;
}

static int32_t bar_of_path(series *s, const path_minute *m, qn_err *err)
{
    double high = m->open;
    double low = m->open;
    qn_bar bar = {
        .hdr = {.size = sizeof bar, .type = QN_EVENT_BAR, .ts_ns = m->start + PATH_MINUTE},
        .open_ts = m->start,
        .length = PATH_MINUTE};
    int32_t rc;

    for (int i = 0; i < PATH_STEPS; i++) {
        high = m->fair[i] > high ? m->fair[i] : high;
        low = m->fair[i] < low ? m->fair[i] : low;
    }
    bar.open = s->close ? s->close : flow_price(m->open, s->tick);
    bar.high = flow_price(high, s->tick);
    bar.low = flow_price(low, s->tick);
    /* A minute's beginning and the end of the one before may differ in the last bit. */
    if (bar.high < bar.open) bar.high = bar.open;
    if (bar.low > bar.open) bar.low = bar.open;
    bar.close = s->close = flow_price(m->fair[PATH_STEPS - 1], s->tick);
    bar.volume = next_volume(s, m, high - low);
    if (s->data.length == PATH_MINUTE) return put(s, &bar.hdr, err);
    rc = put_bar(s, &bar.hdr, err);
    return rc == QN_OK ? end_bars(s, bar.hdr.ts_ns, err) : rc;
}

static int32_t bars_of_trades(series *s, const path_minute *m, qn_err *err)
{
    int32_t rc = QN_OK;

    flow_minute(&s->flow, m);
    while (rc == QN_OK && flow_next(&s->flow))
        if (s->flow.has_trade) rc = put_bar(s, &s->flow.trade.hdr, err);
    return rc == QN_OK ? end_bars(s, m->start + PATH_MINUTE, err) : rc;
}

static int32_t trades(series *s, const path_minute *m, qn_err *err)
{
    int32_t rc = QN_OK;

    flow_minute(&s->flow, m);
    while (rc == QN_OK && flow_next(&s->flow))
        if (s->flow.has_trade) rc = put(s, &s->flow.trade.hdr, err);
    return rc;
}

static int32_t quotes(series *s, const path_minute *m, qn_err *err)
{
    int32_t rc = QN_OK;

    flow_minute(&s->flow, m);
    while (rc == QN_OK && flow_next(&s->flow))
        rc = put(s, &s->flow.quote.hdr, err);
    return rc;
}

static int32_t put_price(series *s, const path_minute *m, double price, qn_err *err)
{
    int64_t ts = m->start + PATH_MINUTE;
    qn_mark mark = {.hdr = {.size = sizeof mark, .type = (uint16_t)s->data.type, .ts_ns = ts},
                    .venue_ts = ts,
                    .price = flow_price(price, s->tick)};

    return put(s, &mark.hdr, err);
}

static int32_t marks(series *s, const path_minute *m, qn_err *err)
{
    double mark;
    int64_t rate;

    funding_minute(&s->funding, m, &mark, &rate);
    return put_price(s, m, mark, err);
}

static int32_t indices(series *s, const path_minute *m, qn_err *err)
{
    return put_price(s, m, m->index, err);
}

static int32_t rates(series *s, const path_minute *m, qn_err *err)
{
    int64_t ts = m->start + PATH_MINUTE;
    qn_funding row = {.hdr = {.size = sizeof row, .type = QN_EVENT_FUNDING, .ts_ns = ts},
                      .venue_ts = ts};
    double mark;

    return funding_minute(&s->funding, m, &mark, &row.rate) ? put(s, &row.hdr, err) : QN_OK;
}

/* What is made, and of what. */
static const struct {
    uint32_t type;
    minute_fn of_path;
    minute_fn of_trades; /* where that differs, and trades are made */
} makers[] = {
    {QN_EVENT_BAR, bar_of_path, bars_of_trades},
    {QN_EVENT_TRADE, trades, trades},
    {QN_EVENT_QUOTE, quotes, quotes},
    {QN_EVENT_MARK, marks, marks},
    {QN_EVENT_INDEX, indices, indices},
    {QN_EVENT_FUNDING, rates, rates},
};
#define MAKERS (sizeof makers / sizeof makers[0])

static minute_fn maker_of(data_type data, bool has_trades)
{
    for (size_t i = 0; i < MAKERS; i++)
        if (makers[i].type == data.type)
            return has_trades ? makers[i].of_trades : makers[i].of_path;
    return NULL;
}

/* ---- from the first minute to the last ---- */

int32_t series_check(data_type data, bool has_trades, qn_err *err)
{
    char text[DATA_TYPE_TEXT];

    data_type_format(data, text);
    if (!maker_of(data, has_trades))
        return fail(err, QN_E_INVALID,
                    "--types %s is not made; expected bar:LENGTH, trade, quote, mark, index or "
                    "funding",
                    text);
    if (data.type == QN_EVENT_BAR && !has_trades && data.length % PATH_MINUTE != 0)
        return fail(err, QN_E_INVALID, "--types %s: bars of parts of a minute need trade, too",
                    text);
    return QN_OK;
}

static void begin(series *s, const synth_options *opt)
{
    const qn_instrument *def = &s->ins->definition;
    double ticks = (double)s->ins->price / (double)def->tick_size;

    path_begin(&s->path, &opt->path, def->name, ticks, opt->from);
    flow_begin(&s->flow, opt->path.seed, def, ticks, opt->trade_rate, opt->from);
    qn_bar_builder_init(&s->builder, s->data.length ? s->data.length : PATH_MINUTE);
    draw_begin(&s->volumes, opt->path.seed, "volumes", def->name);
    s->tick = (double)def->tick_size;
    s->lot = (double)def->lot_size;
    s->usual_volume = opt->trade_rate * 60.0 * FLOW_MEAN_SIZE * flow_usual_lots(def, ticks);
}

int32_t series_make(const synth_options *opt, const synth_instrument *ins, data_type data,
                    bool has_trades, catalog_writer *w, void (*minute_done)(void *ctx), void *ctx,
                    synth_series *out, qn_err *err)
{
    series s = {.ins = ins, .data = data, .w = w, .made = out};
    minute_fn make = maker_of(data, has_trades);
    path_minute m;
    int32_t rc = catalog_writer_begin(w, ins->definition.name, data, err);

    begin(&s, opt);
    while (rc == QN_OK && s.path.now < opt->to) {
        path_next(&s.path, &m);
        rc = make(&s, &m, err);
        minute_done(ctx);
    }
    return rc;
}
