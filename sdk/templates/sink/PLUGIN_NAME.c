/* SPDX-License-Identifier: MIT
 *
 * PLUGIN_NAME: writes each fill as a line of a CSV file. A batch counts as taken over when its
 * lines are handed to the system; after a crash its last fills may stand in the file twice, by
 * design: a sink is given each event at least once. */
#include <quoin/sdk/decimal.h>
#include <quoin/sdk/sink.h>
#include <quoin/sdk/time.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct PLUGIN_NAME { /* one instance; made by the host, zeroed */
    qn_str path;             /* parameter: filled in before configure */
    const qn_setup *setup;
    FILE *file;
} PLUGIN_NAME;

static const qn_param params[] = {
    QN_PARAM(PLUGIN_NAME, path, PATH, "", "file that is written; a run that goes on appends to it",
             .flags = QN_PARAM_REQUIRED),
};

static int32_t configure(PLUGIN_NAME *s, const qn_setup *setup, qn_err *err)
{
    (void)err;
    s->setup = setup;
    return QN_OK;
}

static int32_t start(PLUGIN_NAME *s, const qn_sink_start *start, qn_err *err)
{
    char path[4096];

    snprintf(path, sizeof path, "%.*s", (int)s->path.len, s->path.ptr);
    s->file = fopen(path, start->cursor == 0 ? "w" : "a");
    if (!s->file) return qn_fail(err, QN_E_IO, "%.150s: %s", path, strerror(errno));
    if (start->cursor == 0) fputs("ts,instrument,side,qty,price,fee\n", s->file);
    return QN_OK;
}

static const qn_instrument *instrument_of(const PLUGIN_NAME *s, uint32_t number)
{
    for (uint32_t i = 0; i < s->setup->ninstruments; i++)
        if (s->setup->instruments[i]->number == number) return s->setup->instruments[i];
    return NULL;
}

static void write_fill(const PLUGIN_NAME *s, const qn_fill *fill)
{
    const qn_instrument *in = instrument_of(s, fill->hdr.instrument);
    char ts[QN_TIME_TEXT], qty[QN_DECIMAL_TEXT], price[QN_DECIMAL_TEXT], fee[QN_DECIMAL_TEXT];

    if (!in) return;
    qn_time_format(fill->venue_ts, ts);
    qn_decimal_format(fill->qty, in->qty_exp, qty);
    qn_decimal_format(fill->price, in->price_exp, price);
    qn_decimal_format(fill->fee, in->money_exp, fee);
    fprintf(s->file, "%s,%s,%s,%s,%s,%s\n", ts, in->name, fill->side == QN_BUY ? "buy" : "sell",
            qty, price, fee);
}

static int32_t take(PLUGIN_NAME *s, const qn_batch *batch, qn_err *err)
{
    for (const qn_event *ev = NULL; (ev = qn_batch_next(batch, ev));)
        if (ev->type == QN_EVENT_FILL) write_fill(s, (const qn_fill *)(const void *)ev);
    if (fflush(s->file) != 0) return qn_fail(err, QN_E_IO, "cannot write: %s", strerror(errno));
    return QN_OK;
}

static int32_t stop(PLUGIN_NAME *s, qn_err *err)
{
    FILE *file = s->file;

    s->file = NULL;
    if (fclose(file) != 0) return qn_fail(err, QN_E_IO, "cannot close: %s", strerror(errno));
    return QN_OK;
}

QN_SINK(PLUGIN_NAME, "sink/PLUGIN_NAME", "1.0.0", "MIT", .name = "PLUGIN_NAME",
        .doc = "Fills as lines of a CSV file.", .params = QN_TABLE(params), .configure = configure,
        .start = start, .write = take, .stop = stop)
