/* SPDX-License-Identifier: MIT
 *
 * The CSV files of a report. Amounts are exact decimals, times ISO 8601 in UTC with
 * nanoseconds; identifiers come from the config and hold no character that needs quoting. */
#include "internal.h"

#include "base/clock.h"

#include <string.h>

static const struct {
    const char *name, *header;
} files[TABLES] = {
    [TABLE_ORDERS] = {"orders.csv", "ts,instrument,strategy,side,type,qty,price,order_id,status,"
                                    "filled_qty,avg_price,reason\n"},
    [TABLE_FILLS] = {"fills.csv",
                     "ts,instrument,strategy,side,qty,price,fee,fee_currency,liquidity,"
                     "order_id,trade_id,realized_pnl\n"},
    [TABLE_TRADES] = {"trades.csv", "instrument,strategy,side,qty,entry_ts,entry_price,exit_ts,"
                                    "exit_price,pnl,fees,bars,mae,mfe\n"},
    [TABLE_EQUITY] = {"equity.csv", "ts,equity,cash,drawdown\n"},
};

int32_t tables_open(report *r, qn_err *err)
{
    char path[PATH_ROOM];
    int32_t rc = dir_make(r->dir, err);

    for (int i = 0; i < TABLES && rc == QN_OK; i++) {
        if ((rc = path_join(r->dir, files[i].name, path, err)) == QN_OK &&
            (rc = file_out_open(&r->tables[i], path, err)) == QN_OK)
            file_out_text(&r->tables[i], files[i].header);
    }
    return rc;
}

int32_t tables_close(report *r, qn_err *err)
{
    int32_t rc = QN_OK;

    for (int i = 0; i < TABLES; i++) {
        int32_t one = file_out_close(&r->tables[i], false, rc == QN_OK ? err : NULL);
        if (rc == QN_OK) rc = one;
    }
    return rc;
}

/* ------------------------------------------------------------------ one line at a time */

typedef struct line {
    char text[1024];
    size_t len;
} line;

static void add_text(line *l, const char *text)
{
    size_t n = strlen(text);

    if (l->len + n + 2 > sizeof l->text) return; /* ids and numbers are far shorter than this */
    memcpy(l->text + l->len, text, n);
    l->len += n;
    l->text[l->len++] = ',';
}

static void add_amount(line *l, int64_t mantissa, int32_t exp)
{
    char text[QN_DECIMAL_TEXT];

    qn_decimal_format(mantissa, exp, text);
    add_text(l, text);
}

static void add_time(line *l, int64_t ts)
{
    char text[TIME_TEXT];

    time_format(ts, text);
    add_text(l, text);
}

static void add_count(line *l, uint64_t n)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    add_text(l, text);
}

static void add_mean(line *l, qn_wide value, int64_t qty, int32_t price_exp)
{
    qn_decimal mean;

    if (qty == 0) {
        add_text(l, "");
        return;
    }
    mean = price_mean(value, qty, price_exp);
    add_amount(l, mean.mantissa, mean.exp);
}

static void put(report *r, int table, line *l)
{
    l->text[l->len - 1] = '\n';
    file_out_write(&r->tables[table], l->text, l->len);
}

const char *side_text(uint32_t side)
{
    return side == QN_BUY ? "buy" : "sell";
}

static const char *type_text(uint32_t type)
{
    static const char *const names[] = {
        [QN_MARKET] = "market", [QN_LIMIT] = "limit", [QN_STOP] = "stop"};

    return names[type];
}

void order_text(const report *r, uint64_t id, char to[ORDER_TEXT])
{
    snprintf(to, ORDER_TEXT, "%s-%llu", engine_strategy_id(r->engine, QN_ORDER_STRATEGY(id)),
             (unsigned long long)QN_ORDER_COUNTER(id));
}

void tables_order(report *r, const order *o)
{
    const qn_instrument *in = engine_instrument(r->engine, o->sent.instrument);
    int64_t price = o->sent.type == QN_STOP ? o->sent.trigger : o->sent.price;
    char id[ORDER_TEXT];
    line l;

    if (!r->dir) return;
    l.len = 0;
    add_time(&l, o->made_ts);
    add_text(&l, in->name);
    add_text(&l, engine_strategy_id(r->engine, o->sent.strategy));
    add_text(&l, side_text(o->sent.side));
    add_text(&l, type_text(o->sent.type));
    add_amount(&l, o->sent.qty, in->qty_exp);
    if (o->sent.type == QN_MARKET)
        add_text(&l, "");
    else
        add_amount(&l, price, in->price_exp);
    order_text(r, o->sent.id, id);
    add_text(&l, id);
    add_text(&l, order_state_name(o->state));
    add_amount(&l, o->filled, in->qty_exp);
    add_mean(&l, o->filled_value, o->filled, in->price_exp);
    add_text(&l, o->reason ? order_reason_name(o->reason) : "");
    put(r, TABLE_ORDERS, &l);
}

void tables_fill(report *r, const qn_fill *fill, const order *o, int64_t realized)
{
    const qn_instrument *in = engine_instrument(r->engine, fill->hdr.instrument);
    char id[ORDER_TEXT];
    line l;

    if (!r->dir) return;
    l.len = 0;
    add_time(&l, fill->venue_ts);
    add_text(&l, in->name);
    add_text(&l, engine_strategy_id(r->engine, o->sent.strategy));
    add_text(&l, side_text(fill->side));
    add_amount(&l, fill->qty, in->qty_exp);
    add_amount(&l, fill->price, in->price_exp);
    add_amount(&l, fill->fee, in->money_exp);
    add_text(&l, in->settle);
    add_text(&l, fill->liquidity == QN_MAKER ? "maker" : "taker");
    order_text(r, fill->order_id, id);
    add_text(&l, id);
    add_count(&l, fill->trade_id);
    add_amount(&l, realized, in->money_exp);
    put(r, TABLE_FILLS, &l);
}

void tables_trip(report *r, const trip *t)
{
    const qn_instrument *in = engine_instrument(r->engine, t->instrument);
    line l;

    if (!r->dir) return;
    l.len = 0;
    add_text(&l, in->name);
    add_text(&l, engine_strategy_id(r->engine, t->strategy));
    add_text(&l, side_text(t->side));
    add_amount(&l, t->entered, in->qty_exp);
    add_time(&l, t->entry_ts);
    add_mean(&l, t->entry_value, t->entered, in->price_exp);
    add_time(&l, t->exit_ts);
    add_mean(&l, t->exit_value, t->left, in->price_exp);
    add_amount(&l, trip_pnl(t), in->money_exp);
    add_amount(&l, t->fees, in->money_exp);
    add_count(&l, t->bars);
    add_amount(&l, t->mae, in->money_exp);
    add_amount(&l, t->mfe, in->money_exp);
    put(r, TABLE_TRADES, &l);
}

void tables_sample(report *r, const curve_sample *s)
{
    char drawdown[32];
    line l;

    if (!r->dir) return;
    l.len = 0;
    add_time(&l, s->ts);
    add_amount(&l, s->equity, QN_MONEY_EXP);
    add_amount(&l, s->cash, QN_MONEY_EXP);
    snprintf(drawdown, sizeof drawdown, "%.10g", s->drawdown);
    add_text(&l, drawdown);
    put(r, TABLE_EQUITY, &l);
}
