/* SPDX-License-Identifier: MIT
 *
 * strategy/version, a test plugin: one strategy in several builds. It turns its position over at
 * each EVERY-th bar, and by a timer in between. Macros make the builds differ:
 *
 *   EVERY       5   how many bars lie between two orders
 *   SCHEMA      1   layout of its state; 2 knows the last close, too
 *   SCHEMA_MIN  1   the oldest that it loads
 *   LOAD        0   what load returns in place of loading: an error
 *   FAIL_AT     0   from this bar on each event fails; 0 = none
 *   DIFFER_AT   0   from this bar on it turns over at each bar; 0 = none
 *   GARBLE_AT   0   from this bar on it sends an intent that no host takes; 0 = none
 *   DOUBLE      0   1 = it sends each order twice
 *   GATE        0   so many loads wait for a byte of the descriptor that QUOIN_GATE_FD names
 *   ASKS        0   1 = it asks at each bar what others do not ask, and makes nothing of it
 *   CUT         0   so many bytes of its state are saved, and not the rest; 0 = all
 *   CHASE       0   1 = it closes what was filled at once
 *   EXTRA       0   1 = a parameter without which it cannot be, and which no config has */
#include <quoin/sdk/strategy.h>

#include <quoin/sdk/fields.h>

#include <stdlib.h>
#include <unistd.h>

#ifndef EVERY
#define EVERY 5
#endif
#ifndef SCHEMA
#define SCHEMA 1
#endif
#ifndef SCHEMA_MIN
#define SCHEMA_MIN 1
#endif
#ifndef LOAD
#define LOAD 0
#endif
#ifndef FAIL_AT
#define FAIL_AT 0
#endif
#ifndef DIFFER_AT
#define DIFFER_AT 0
#endif
#ifndef GARBLE_AT
#define GARBLE_AT 0
#endif
#ifndef DOUBLE
#define DOUBLE 0
#endif
#ifndef GATE
#define GATE 0
#endif
#ifndef ASKS
#define ASKS 0
#endif
#ifndef CUT
#define CUT 0
#endif
#ifndef CHASE
#define CHASE 0
#endif
#ifndef EXTRA
#define EXTRA 0
#endif

typedef struct version {
    int64_t lots, extra;
    const qn_setup *setup;
    int64_t bars, last_close;
} version;

static const qn_param params[] = {
    QN_PARAM(version, lots, I64, "lots", "how much it holds", .flags = QN_PARAM_LIVE, .def = "1",
             .min = "1"),
#if EXTRA
    QN_PARAM(version, extra, I64, "", "what no config has", .flags = QN_PARAM_REQUIRED),
#endif
};

static const qn_field fields[] = {
    QN_FIELD(version, bars),
    QN_FIELD_SINCE(version, last_close, 2),
};
#define NFIELDS (SCHEMA > 1 ? 2u : 1u)

static int32_t create(void *self, const qn_setup *setup, qn_err *err)
{
    version *v = self;

    (void)err;
    v->setup = setup;
    return QN_OK;
}

/* A stream that forgets what comes behind its first CUT bytes. */
typedef struct cut_stream {
    const qn_stream *to;
    int64_t left;
} cut_stream;

static int64_t cut_write(void *ctx, const void *from, uint64_t n)
{
    cut_stream *s = ctx;
    uint64_t most = s->left < (int64_t)n ? (uint64_t)s->left : n;
    int64_t done = most > 0 ? s->to->write(s->to->ctx, from, most) : (int64_t)n;

    if (most > 0 && done > 0) s->left -= done;
    return done;
}

static int32_t save(const void *self, const qn_stream *to, qn_err *err)
{
    static const qn_fields table = {fields, NFIELDS, 0};
    cut_stream cut = {to, CUT};
    const qn_stream shorter = {.size = sizeof shorter, .ctx = &cut, .write = cut_write};

    return qn_fields_save(&table, self, CUT > 0 ? &shorter : to, err);
}

/* What a state of many megabytes does by its size. */
static int32_t wait_at_gate(qn_err *err)
{
    static int loads;
    const char *fd = getenv("QUOIN_GATE_FD");
    char byte;

    if (loads++ >= GATE) return QN_OK;
    if (fd && read((int)strtol(fd, NULL, 10), &byte, 1) == 1) return QN_OK;
    return qn_fail(err, QN_E_IO, "the gate cannot be read");
}

static void ask(const version *v, const qn_event *ev)
{
    const qn_host_portfolio *p = v->setup->host->ext(v->setup->host->ctx, QN_HOST_PORTFOLIO);
    int64_t equity;

    p->equity(v->setup->host->ctx, ev->instrument, &equity);
}

static int32_t load(void *self, uint32_t schema, const qn_stream *from, qn_err *err)
{
    static const qn_fields table = {fields, NFIELDS, 0};

    if (GATE > 0 && wait_at_gate(err) != QN_OK) return QN_E_IO;
    if (LOAD != QN_OK) return qn_fail(err, LOAD, "this build loads nothing");
    return qn_fields_load(&table, self, schema, from, err);
}

static void turn_over(const version *v, const qn_event *ev, const qn_out *out)
{
    const qn_host_portfolio *p = v->setup->host->ext(v->setup->host->ctx, QN_HOST_PORTFOLIO);
    qn_position held = {.size = sizeof held};
    int64_t lot = v->setup->instruments[ev->slot]->lot_size * v->lots;

    p->position(v->setup->host->ctx, ev->instrument, &held);
    qn_out_target(out, ev->instrument, held.qty + held.market_orders > 0 ? -lot : lot);
    /* what it sent is in the books at once: the second look differs from the first */
    p->position(v->setup->host->ctx, ev->instrument, &held);
    if (DOUBLE == 1 && held.market_orders) qn_out_target(out, ev->instrument, 0);
}

static int32_t on_bar(version *v, const qn_bar *bar, const qn_out *out)
{
    int64_t every = DIFFER_AT > 0 && v->bars >= DIFFER_AT ? 1 : EVERY;

    v->bars++;
    v->last_close = bar->close;
    if (ASKS) ask(v, &bar->hdr);
    if (FAIL_AT > 0 && v->bars >= FAIL_AT) return QN_E_INTERNAL;
    if (GARBLE_AT > 0 && v->bars >= GARBLE_AT) {
        qn_target none = {.hdr = {.size = sizeof none, .kind = 99}};
        out->push(out->ctx, &none.hdr);
    }
    if (v->bars % every != 0) return QN_OK;
    turn_over(v, &bar->hdr, out);
    return v->setup->host->timer(v->setup->host->ctx, bar->hdr.ts_ns + QN_NS_PER_S,
                                 (uint64_t)v->bars);
}

static int32_t on_event(void *self, const qn_event *ev, const qn_out *out)
{
    version *v = self;

    if (ev->type == QN_EVENT_BAR) return on_bar(v, (const qn_bar *)(const void *)ev, out);
    if (CHASE && ev->type == QN_EVENT_FILL) qn_out_target(out, ev->instrument, 0);
    if (ev->type == QN_EVENT_TIMER && FAIL_AT > 0 && v->bars >= FAIL_AT) return QN_E_INTERNAL;
    return QN_OK;
}

static const qn_strategy table = {.size = sizeof table, .on_event = on_event};
static const qn_class class_version = {
    .size = sizeof class_version,
    .id = "strategy/version",
    .kind = QN_KIND_STRATEGY,
    .version = "1.0.0",
    .license = "MIT",
    .name = "version",
    .doc = "Turns its position over.",
    .needs = QN_HOST_PORTFOLIO,
    .params = {params, sizeof params / sizeof params[0], sizeof params[0]},
    .table = &table,
    .instance_size = sizeof(version),
    .instance_align = _Alignof(version),
    .schema = SCHEMA,
    .schema_min = SCHEMA_MIN,
    .create = create,
    .save = save,
    .load = load,
};
static const qn_class *const classes[] = {&class_version};

QN_NOTE(QN_TIER_PURE, 1, QN_NOTE_CLASS("strategy/version", QN_KIND_STRATEGY, "1.0.0", "MIT"));
QN_ENTRY(classes)
