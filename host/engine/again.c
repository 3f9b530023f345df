/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "base/log.h"

#include <string.h>

/* ------------------------------------------------------------------ step by step */

/* The build that the journal names becomes one of the run's. */
static int32_t adopt_again(engine *e, const qn_reload *record, qn_err *err)
{
    reloads *r = &e->reloads;
    char hex[SHA256_HEX];
    int32_t rc;

    if (r->adopted) return QN_OK;
    sha256_text(record->build, hex);
    rc = isolation_load(e, r->seat, NULL, hex, &r->module, err);
    if (rc != QN_OK || (rc = module_adopt(e, r->module, err)) != QN_OK) return rc;
    r->adopted = r->module;
    r->module = NULL;
    return QN_OK;
}

/* It takes the place of one that was taken out of the run. */
static void take_seat_again(engine *e, const qn_reload *record)
{
    reloads *r = &e->reloads;
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    r->what = (engine_reload){.mode = record->mode};
    rc = adopt_again(e, record, &err);
    if (rc == QN_OK) rc = reload_make_again(r, &err);
    if (rc == QN_OK)
        reload_take_seat(e);
    else
        engine_fail(e, rc, "%s: %s", r->seat->id, error_text(&err, rc));
}

/* The build that the journal names takes over the state that the one at work has here. */
static int32_t take_over_again(engine *e, const qn_reload *record, qn_err *err)
{
    reloads *r = &e->reloads;
    int32_t rc = catchup_open(&r->later, err);

    if (rc == QN_OK) rc = adopt_again(e, record, err);
    if (rc != QN_OK || (rc = reload_make_again(r, err)) != QN_OK) return rc;
    if ((rc = reload_save_state(r, err)) != QN_OK) return rc;
    if (reload_has_state(r) && (rc = reload_load_state(r, r->body, err)) != QN_OK) return rc;
    catchup_begin(&r->later);
    return tee_begin(&r->tee, r->seat, r->what.mode, &r->later);
}

/* A state that it cannot take over is no failure here: the journal may go on to say so. */
static void save_again(engine *e, const qn_reload *record)
{
    reloads *r = &e->reloads;

    r->what = (engine_reload){.mode = record->mode, .shadow = UINT64_MAX, .probation = UINT64_MAX};
    r->is_again = true;
    if (r->seat->tee) tee_end(&r->tee);
    r->tee = (tee){0};
    r->old = r->seat->live;
    r->err = (qn_err)QN_ERR_INIT;
    r->code = take_over_again(e, record, &r->err);
    reload_record(e, QN_RELOAD_SAVE, QN_OK);
    r->phase = RELOAD_CATCHING_UP;
    engine_attend(e);
}

/* What was kept is given as it was then, whatever the pace. */
void reload_catch_up_again(engine *e)
{
    reloads *r = &e->reloads;

    if (r->phase != RELOAD_CATCHING_UP || r->code != QN_OK) return;
    tee_catch_up(&r->tee, r->body, UINT32_MAX);
    engine_attend(e);
}

static void shadow_again(engine *e)
{
    reloads *r = &e->reloads;

    if (r->code != QN_OK) {
        engine_fail(e, r->code, "%s: %s", r->seat->id, error_text(&r->err, r->code));
        return;
    }
    reload_catch_up_again(e);
    reload_shadow(e);
}

/* The build that the journal names, and one more of the one at work. */
static int32_t make_venue_again(engine *e, const qn_reload *record, qn_err *err)
{
    reloads *r = &e->reloads;
    int32_t rc = adopt_again(e, record, err);

    r->what = (engine_reload){.mode = record->mode};
    r->old = r->seat->live;
    if (rc == QN_OK) rc = reload_make_again(r, err);
    return rc == QN_OK ? venue_make_ready(r, err) : rc;
}

/* A venue: states have gone over, and the one at work is stopped in the next step. */
static int32_t save_venue_again(engine *e, const qn_reload *record, qn_err *err)
{
    int32_t rc = make_venue_again(e, record, err);

    if (rc == QN_OK) rc = venue_hand_over(e, err);
    if (rc != QN_OK) return rc;
    e->reloads.is_again = true;
    e->reloads.phase = RELOAD_CHANGING;
    reload_record(e, QN_RELOAD_SAVE, QN_OK);
    return QN_OK;
}

static int32_t commit_venue_again(engine *e, const qn_reload *record, qn_err *err)
{
    int32_t rc = e->reloads.seat->is_out ? make_venue_again(e, record, err) : QN_OK;

    return rc == QN_OK ? venue_take_over(e, err) : rc;
}

static void step_venue_again(engine *e, const qn_reload *record)
{
    const instance *seat = e->reloads.seat;
    qn_err err = QN_ERR_INIT;
    int32_t rc = QN_OK;

    if (record->step == QN_RELOAD_SAVE)
        rc = save_venue_again(e, record, &err);
    else if (record->step == QN_RELOAD_COMMIT)
        rc = commit_venue_again(e, record, &err);
    else
        venue_go_back(e, record->code, "as it was recorded");
    if (rc != QN_OK) engine_fail(e, rc, "%s: %s", seat->id, error_text(&err, rc));
}

/* It never came to stand beside the build at work: that is on record, and nothing was done. */
static void put_as_it_was(engine *e, const qn_reload *record)
{
    qn_reload copy = *record;

    record_put(e, &copy.hdr);
    record_publish(e);
}

/* What may follow in each phase. */
static bool can_follow(const instance *seat, reload_phase phase, uint32_t step)
{
    if (seat->is_out && phase == RELOAD_IDLE)
        return step == QN_RELOAD_COMMIT || step == QN_RELOAD_REFUSE;
    switch (step) {
    case QN_RELOAD_SAVE:
        return phase == RELOAD_IDLE || phase == RELOAD_CATCHING_UP;
    case QN_RELOAD_SHADOW:
        return phase == RELOAD_CATCHING_UP;
    case QN_RELOAD_COMMIT:
        return phase == RELOAD_SHADOWED || phase == RELOAD_CHANGING;
    case QN_RELOAD_REFUSE:
        return phase != RELOAD_ON_PROBATION;
    default:
        return phase == RELOAD_ON_PROBATION;
    }
}

static void step_again(engine *e, const qn_reload *record)
{
    switch (record->step) {
    case QN_RELOAD_SAVE:
        save_again(e, record);
        break;
    case QN_RELOAD_SHADOW:
        shadow_again(e);
        break;
    case QN_RELOAD_COMMIT:
        if (e->reloads.seat->is_out)
            take_seat_again(e, record);
        else
            reload_commit(e);
        break;
    case QN_RELOAD_KEEP:
        reload_settle_on(e, e->reloads.body, record->step, record->code);
        break;
    case QN_RELOAD_ROLLBACK:
        reload_roll_back(e, record->code, "as it was recorded");
        break;
    default:
        reload_refuse(e, record->code, "as it was recorded");
        break;
    }
}

/* A sink decides nothing: which build wrote is on record, and a run done again may have none. */
static bool is_of_sink(const engine *e, const instance *seat, const qn_reload *record)
{
    if (seat && seat->table_at) return false;
    for (size_t i = 0; i < e->run->nsinks; i++)
        if (strcmp(e->run->sinks[i].id, record->id) == 0) return true;
    return false;
}

void reload_again(engine *e, const qn_reload *record)
{
    reloads *r = &e->reloads;
    instance *seat = instance_find(e, record->id);

    if (is_of_sink(e, seat, record)) {
        put_as_it_was(e, record);
        return;
    }
    if (!seat || (r->seat && r->seat != seat) || !can_follow(seat, r->phase, record->step)) {
        engine_fail(e, QN_E_DIVERGED,
                    "the journal has a step of a reload of %.63s that nothing led to", record->id);
        return;
    }
    if (record->is_unsigned) seat->is_unsigned = true;
    if (r->phase == RELOAD_IDLE && record->step == QN_RELOAD_REFUSE) {
        put_as_it_was(e, record);
        return;
    }
    r->seat = seat;
    r->is_unsigned = record->is_unsigned;
    memcpy(r->build, record->build, sizeof r->build);
    if (instance_is_venue(seat))
        step_venue_again(e, record);
    else
        step_again(e, record);
}

/* The host died while it was under way: how long it was to be beside the other build is not on
 * record, and the build that was trusted so far goes on. */
void reload_give_up_again(engine *e)
{
    static const char why[] = "the host ended while its reload was under way";

    if (e->reloads.phase == RELOAD_ON_PROBATION)
        reload_roll_back(e, QN_E_CANCELED, why);
    else if (e->reloads.phase == RELOAD_CHANGING)
        venue_go_back(e, QN_E_CANCELED, why);
    else
        reload_refuse(e, QN_E_CANCELED, why);
}

/* ------------------------------------------------------------------ before a snapshot */

/* No snapshot is taken while a reload is under way, so all of those before it are through: a build
 * that was kept is at work, and one that was not has left nothing behind. */
void reload_book(engine *e, const qn_reload *record)
{
    instance *in = instance_find(e, record->id);

    if (!in) return; /* only the books are wanted: no plugin is there */
    in->epoch = record->epoch;
    if (record->is_unsigned) in->is_unsigned = true;
    if (record->step != QN_RELOAD_KEEP) return;
    in->is_replaced = true;
    memcpy(in->build, record->build, sizeof in->build);
}

/* The module that was at work, its use taken: the one that the run began with, or another one. */
static int32_t take_module(engine *e, const instance *in, module **out, qn_err *err)
{
    char hex[SHA256_HEX];
    module *m;
    int32_t rc;

    if (!in->is_replaced) {
        *out = in->live->module;
        module_share(e, *out);
        return QN_OK;
    }
    sha256_text(in->build, hex);
    if ((rc = isolation_load(e, in, NULL, hex, &m, err)) != QN_OK) return rc;
    if ((rc = module_adopt(e, m, err)) == QN_OK)
        *out = m;
    else
        module_close(m);
    return rc;
}

static int32_t restore(engine *e, instance *in, qn_err *err)
{
    body *was = in->live;
    const qn_class *cls;
    module *m;
    body *b;
    int32_t rc;

    if ((rc = take_module(e, in, &m, err)) != QN_OK) return rc;
    if (!(cls = module_class(m, was->cls->id))) {
        module_give_back(e, m);
        return fail(err, QN_E_MODULE_MISMATCH, "the build that was at work has no class %s",
                    was->cls->id);
    }
    if ((rc = body_make(in, in->changed, m, cls, &b, err)) != QN_OK) {
        module_give_back(e, m);
        return rc;
    }
    if (instance_is_venue(in)) rc = venue_restore(in, b, err);
    instance_seat(in, b);
    body_free(was);
    in->is_replaced = false;
    return rc;
}

int32_t reload_restore(engine *e, qn_err *err)
{
    qn_err why = QN_ERR_INIT;
    int32_t rc = QN_OK;

    for (uint32_t i = 1; i < e->nowners && rc == QN_OK; i++) {
        instance *in = e->owners[i];
        if (!in->is_replaced && !in->changed) continue;
        if ((rc = restore(e, in, &why)) != QN_OK)
            fail(err, rc, "%s: %s", in->id, error_text(&why, rc));
    }
    return rc;
}
