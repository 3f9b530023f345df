/* SPDX-License-Identifier: MIT
 *
 * One class of each pure kind, written against the plain headers: it builds with each recorded
 * version of them and must decide alike on today's host, whichever it was built with. Before 0.2
 * there was the strategy alone. */
#include <quoin/strategy.h>
#if QN_ABI_MINOR >= 2
#include <quoin/execution.h>
#include <quoin/model.h>
#include <quoin/optimizer.h>
#include <quoin/risk.h>
#include <quoin/tuner.h>
#endif

#include <string.h>

#define CLASS(T, KIND, ...)                                                                        \
    static const qn_class T##_class = {.size = sizeof(qn_class),                                   \
                                       .id = KIND "/abi_" #T,                                      \
                                       .kind = "qn." KIND "/1",                                    \
                                       .version = "1.0.0",                                         \
                                       .license = "MIT",                                           \
                                       .table = &T##_table,                                        \
                                       .instance_size = sizeof(T),                                 \
                                       .instance_align = _Alignof(T),                              \
                                       __VA_ARGS__}
#define NOTE(T, KIND) QN_NOTE_CLASS(KIND "/abi_" #T, "qn." KIND "/1", "1.0.0", "MIT")

/* ------------------------------------------------------------------ a strategy */

typedef struct wave {
    int64_t period; /* bars */
    const qn_setup *setup;
    uint32_t feature; /* NO_FEATURE: it asks for positions, not for weights */
    int64_t nbars;
} wave;
#define NO_FEATURE UINT32_MAX

static const qn_param wave_params[] = {
    QN_PARAM(wave, period, I64, "bars", "bars between two changes of mind", .def = "5", .min = "1",
             .max = "100", .search = {"1", "9", "1"}, .flags = QN_PARAM_LIVE),
};

static int32_t wave_create(void *self, const qn_setup *setup, qn_err *err)
{
    wave *s = self;

    (void)err;
    s->setup = setup;
    s->feature = NO_FEATURE;
#if QN_ABI_MINOR >= 2
    const qn_host_features *models = setup->host->ext(setup->host->ctx, QN_HOST_FEATURES);
    if (models && models->find(setup->host->ctx, "m.mean", &s->feature) != QN_OK)
        s->feature = NO_FEATURE;
#endif
    return QN_OK;
}

static void wave_signal(wave *s, const qn_bar *bar, int64_t way, const qn_out *out)
{
    qn_signal signal = {.hdr = {sizeof signal, QN_INTENT_SIGNAL, bar->hdr.instrument, 0},
                        .strength = (double)way / 2,
                        .confidence = 1};
#if QN_ABI_MINOR >= 2
    const qn_host *host = s->setup->host;
    const qn_host_features *models = host->ext(host->ctx, QN_HOST_FEATURES);
    qn_feature mean = {.size = sizeof mean};

    if (models->read(host->ctx, s->feature, bar->hdr.instrument, &mean) == QN_OK &&
        mean.value > (double)bar->close)
        signal.strength = -signal.strength;
#else
    (void)s;
#endif
    out->push(out->ctx, &signal.hdr);
}

static int32_t wave_on_event(void *self, const qn_event *ev, const qn_out *out)
{
    const qn_bar *bar = (const void *)ev;
    const qn_host *host;
    const qn_host_portfolio *books;
    qn_position held = {.size = sizeof held};
    qn_target target = {.hdr = {sizeof target, QN_INTENT_TARGET, ev->instrument, 0}};
    wave *s = self;
    int64_t way;

    if (ev->type != QN_EVENT_BAR || s->nbars++ % s->period != 0) return QN_OK;
    way = s->nbars / s->period % 3 - 1;
    if (s->feature != NO_FEATURE) {
        wave_signal(s, bar, way, out);
        return QN_OK;
    }
    host = s->setup->host;
    books = host->ext(host->ctx, QN_HOST_PORTFOLIO);
    if (!books || books->position(host->ctx, ev->instrument, &held) != QN_OK) return QN_E_STATE;
    target.qty = held.qty > 0 ? -10 : way * 20 + 5;
    target.stop_loss = 0;
    return out->push(out->ctx, &target.hdr) < 0 ? QN_E_INVALID : QN_OK;
}

static int32_t wave_save(const void *self, const qn_stream *to, qn_err *err)
{
    const wave *s = self;

    (void)err;
    return to->write(to->ctx, &s->nbars, sizeof s->nbars) == sizeof s->nbars ? QN_OK : QN_E_IO;
}

static int32_t wave_load(void *self, uint32_t schema, const qn_stream *from, qn_err *err)
{
    wave *s = self;

    (void)schema;
    (void)err;
    return from->read(from->ctx, &s->nbars, sizeof s->nbars) == sizeof s->nbars ? QN_OK
                                                                                : QN_E_DAMAGED;
}

static const qn_strategy wave_table = {.size = sizeof wave_table, .on_event = wave_on_event};
CLASS(wave, "strategy", .params = QN_TABLE(wave_params), .schema = 1, .schema_min = 1,
      .create = wave_create, .save = wave_save, .load = wave_load);

#if QN_ABI_MINOR < 2

static const qn_class *const classes[] = {&wave_class};
QN_NOTE(QN_TIER_PURE, 1, NOTE(wave, "strategy"));
QN_ENTRY(classes)

#else

/* ------------------------------------------------------------------ a model */

typedef struct mean {
    double value;
} mean;

static const qn_named mean_features[] = {
    {sizeof(qn_named), 0, "mean", "mantissa", "A mean of closes, half of it the last one."}};

static int32_t mean_on_event(void *self, const qn_event *ev, const qn_model_out *out)
{
    const qn_bar *bar = (const void *)ev;
    mean *m = self;

    if (ev->type != QN_EVENT_BAR) return QN_OK;
    m->value = m->value > 0 ? (m->value + (double)bar->close) / 2 : (double)bar->close;
    return out->publish(out->ctx, ev->instrument, 0, m->value, 0);
}

static const qn_model mean_table = {
    .size = sizeof mean_table, .features = QN_TABLE(mean_features), .on_event = mean_on_event};
CLASS(mean, "model", .flags = 0);

/* ------------------------------------------------------------------ an optimizer */

typedef struct share {
    int64_t asked;
} share;

static const qn_named share_values[] = {{sizeof(qn_named), 0, "asked", "", "How often so far."}};

static int32_t share_allocate(void *self, const qn_portfolio *in, qn_weights *out, qn_err *err)
{
    share *o = self;

    (void)err;
    for (uint32_t i = 0; i < in->lines.nrows; i++) {
        const qn_line *line = qn_table_row(&in->lines, i);
        double weight = line->strength * line->confidence / (double)in->lines.nrows;
        out->weights[i] = weight < line->min_weight ? line->min_weight : weight;
    }
    if (out->nvalues > 0) out->values[0] = (double)++o->asked;
    return QN_OK;
}

static const qn_optimizer share_table = {
    .size = sizeof share_table, .values = QN_TABLE(share_values), .allocate = share_allocate};
CLASS(share, "optimizer", .flags = 0);

/* ------------------------------------------------------------------ a risk module */

typedef struct most {
    int64_t nevents;
} most;

static int32_t most_check(const void *self, const qn_proposal *proposal, qn_answer *answer)
{
    (void)self;
    if (proposal->qty <= 30) return QN_OK;
    answer->action = QN_REDUCE;
    answer->reason = QN_REASON_LIMIT_ORDER_NOTIONAL;
    answer->qty = 30;
    return QN_OK;
}

static int32_t most_on_event(void *self, const qn_event *ev, const qn_risk_out *out)
{
    most *r = self;

    (void)ev;
    (void)out;
    r->nevents++;
    return QN_OK;
}

static const qn_risk most_table = {
    .size = sizeof most_table, .check = most_check, .on_event = most_on_event};
CLASS(most, "risk", .flags = 0);

/* ------------------------------------------------------------------ an execution algorithm */

typedef struct two {
    int64_t nparents;
} two;

static int32_t two_on_event(void *self, const qn_event *ev, const qn_child_out *out)
{
    const qn_parent *parent = (const void *)ev;
    qn_child child = {.size = sizeof child, .type = QN_MARKET};
    two *x = self;

    if (ev->type != QN_EVENT_PARENT || parent->state != QN_ORDER_ACCEPTED) return QN_OK;
    x->nparents++;
    child.parent_id = parent->order_id;
    child.qty = parent->qty / 2;
    if (child.qty > 0) out->send(out->ctx, &child);
    child.qty = parent->qty - child.qty;
    out->send(out->ctx, &child);
    return QN_OK;
}

static const qn_execution two_table = {.size = sizeof two_table, .on_event = two_on_event};
CLASS(two, "execution", .flags = 0);

/* ------------------------------------------------------------------ a tuner */

typedef struct climb {
    const qn_space *space;
    int64_t next, best;
    double most;
} climb;

static int32_t climb_begin(void *self, const qn_space *space, uint64_t *planned, qn_err *err)
{
    const qn_dimension *d = qn_table_row(&space->dimensions, 0);
    climb *t = self;

    (void)err;
    t->space = space;
    t->next = d->low;
    *planned = (uint64_t)(d->high - d->low + 1);
    return QN_OK;
}

static int32_t climb_ask(void *self, qn_ask *out, qn_err *err)
{
    climb *t = self;
    const qn_dimension *d = qn_table_row(&t->space->dimensions, 0);

    (void)err;
    out->answer = t->next <= d->high ? QN_ASK_TRIAL : QN_ASK_END;
    if (out->answer == QN_ASK_TRIAL) out->values[0] = t->next++;
    return QN_OK;
}

static int32_t climb_tell(void *self, const qn_trial *trial, qn_err *err)
{
    climb *t = self;

    (void)err;
    if (trial->state == QN_TRIAL_DONE && trial->objective > t->most) {
        t->most = trial->objective;
        t->best = trial->values[0];
    }
    return QN_OK;
}

static const qn_tuner climb_table = {
    .size = sizeof climb_table, .begin = climb_begin, .ask = climb_ask, .tell = climb_tell};
CLASS(climb, "tuner", .flags = 0);

static const qn_class *const classes[] = {&wave_class, &mean_class, &share_class,
                                          &most_class, &two_class,  &climb_class};
QN_NOTE(QN_TIER_PURE, 6,
        NOTE(wave, "strategy") NOTE(mean, "model") NOTE(share, "optimizer") NOTE(most, "risk")
            NOTE(two, "execution") NOTE(climb, "tuner"));
QN_ENTRY(classes)

#endif
