/* SPDX-License-Identifier: MIT
 *
 * A run from its start to its end: store, sinks and venues are brought up, events flow, and
 * what still works is ended. */
#include "internal.h"

#include "base/fail.h"
#include "base/log.h"
#include "watch.h"

#include <inttypes.h>
#include <stdio.h>

/* Sinks are told names by number; instances are told by their setup. */
static int32_t build_bus(engine *e, qn_err *err)
{
    bus_sink *sinks = arena_alloc(&e->arena, (e->nsinks + 1) * sizeof *sinks, 8);
    const char **strategies = arena_alloc(&e->arena, (e->nstrategies + 1) * sizeof *strategies, 8);
    const char **modules = arena_alloc(&e->arena, (e->nrisk + 1) * sizeof *modules, 8);
    qn_sink_start start = {.size = sizeof start,
                           .run_id = e->run_id,
                           .strategies = strategies,
                           .features = e->features.names,
                           .modules = modules,
                           .nstrategies = e->nstrategies + 1,
                           .nfeatures = e->features.n,
                           .nmodules = e->nrisk + 1};
    bus_options options = {.start = &start, .stop = e->options.stop, .ctx = e};
    int32_t rc;

    if (!e->nsinks) return QN_OK;
    if (!sinks || !strategies || !modules) return fail(err, QN_E_NO_MEMORY, "no memory for sinks");
    for (uint32_t i = 0; i <= e->nstrategies; i++)
        strategies[i] = engine_strategy_id(e, i);
    modules[0] = "host";
    for (uint32_t i = 0; i < e->nrisk; i++)
        modules[i + 1] = e->risk[i].in.id;
    for (uint32_t i = 0; i < e->nsinks; i++) {
        sinks[i] = (bus_sink){e->sinks[i].cls->table, e->sinks[i].self, e->sinks[i].id, 0,
                              e->sinks[i].owner};
        if ((rc = cursor_load(e, i, &sinks[i].cursor, err)) != QN_OK) return rc;
    }
    if (e->store) options.save = cursor_save;
    for (uint32_t i = 0; i < e->nvenues; i++)
        options.is_paced = options.is_paced || e->venues[i].info.pace > 0;
    return bus_new(sinks, e->nsinks, &options, &e->bus, err);
}

/* Builds in quarantine: a new run begins without them, and one that is resumed goes on without them
 * where its journal ends. */
static void bar_quarantined(engine *e)
{
    bool is_new = e->options.mode == ENGINE_TRADE;

    if (e->options.crashed_at) fault_expect(e, e->options.crashed_at);
    for (uint32_t i = 1; i < e->nowners; i++) {
        if (!module_is_barred(e, e->owners[i]->live->module)) continue;
        fault_plan_out(e, e->owners[i], is_new ? QN_FAULT_QUARANTINED : QN_FAULT_CRASHED,
                       is_new ? QN_E_QUARANTINED : QN_E_CRASHED,
                       is_new ? "its build is in quarantine: it has crashed the host before"
                              : "its build has crashed the host, and is in quarantine");
    }
}

/* Everything that a run needs to be under way. The store first: what venues and sinks are told
 * (the incarnation, the cursors) stands in it. */
static int32_t start(engine *e, qn_err *err)
{
    const char *hindrance;
    int32_t rc;

    if ((rc = journal_begin(e, err)) != QN_OK || e->is_books) return rc;
    faults_begin(e);
    bar_quarantined(e);
    if ((rc = build_bus(e, err)) != QN_OK) return rc;
    for (uint32_t i = 0; i < e->nvenues && rc == QN_OK; i++)
        rc = venue_start(&e->venues[i], e->venues[i].in.live, err);
    if (rc == QN_OK && e->bus) rc = bus_start(e->bus, err);
    e->snapshot_at = UINT64_MAX;
    if (rc != QN_OK || !e->store || e->run->snapshot_every == 0) return rc;
    if (!(hindrance = snapshot_hindrance(e)))
        e->snapshot_at = (uint64_t)e->run->snapshot_every;
    else
        log_line(LOG_INFO,
                 "%s does not save its state: no snapshots are taken, and a resume does "
                 "the run again from its start",
                 hindrance);
    return rc;
}

/* From the first event to the last. */
static int32_t run_events(engine *e, qn_err *err)
{
    uint64_t before;
    int32_t rc = QN_OK;

    if (e->options.mode == ENGINE_RESUME) rc = snapshot_restore(e, err);
    isolation_begin(e);
    before = mem_count();
    if (e->options.mode == ENGINE_BOOKS)
        rc = books_replay(e, UINT64_MAX, err);
    else if (rc == QN_OK)
        rc = engine_loop(e, err);
    e->counts.allocations = mem_count() - before;
    e->last_ts = e->now > e->first_ts ? e->now : e->first_ts;
    e->loop_seq = e->seq;
    if (rc == QN_OK && e->failed == QN_OK && e->status == RUN_COMPLETED && !e->is_live &&
        !e->options.is_prefix && !e->is_books)
        rc = fail(err, QN_E_NOT_FOUND,
                  "catalog %s has no data of this config in the range asked for: only what comes "
                  "before it, to warm up on",
                  e->run->catalog);
    while (e->cut < e->options.ncuts && rc == QN_OK) /* cuts behind the last event */
        rc = decisions_hex(&e->decisions, e->cuts[e->cut++], err);
    if (rc == QN_OK && e->failed == QN_OK && !e->options.is_prefix && !e->is_books &&
        !e->is_cut_short)
        order_end_all(e);
    return rc;
}

/* The first error counts; what comes behind it is ended all the same. */
static int32_t finish(engine *e, int32_t rc, qn_err *err)
{
    qn_err later_err = QN_ERR_INIT;
    int32_t ended;

    if (rc == QN_OK && e->failed != QN_OK) {
        rc = e->failed;
        if (err) *err = e->failure;
    }
    if (rc == QN_OK) rc = ledger_check(e->ledger, err);
    if (rc != QN_OK)
        e->status = RUN_FAILED;
    else if (e->status == RUN_COMPLETED && e->halt.is_halted)
        e->status = RUN_HALTED;
    if (e->bus && (ended = bus_stop(e->bus, &later_err)) != QN_OK && rc == QN_OK) {
        e->status = RUN_FAILED;
        e->stays_unfinished = true; /* a resume gives the sink the rest */
        rc = fail(err, ended, "%s", later_err.msg);
    }
    later_err = (qn_err)QN_ERR_INIT;
    if (rc == QN_OK && e->replay && (rc = journal_compare_end(e, &later_err)) != QN_OK) {
        e->status = RUN_FAILED;
        fail(err, rc, "%s", later_err.msg);
    }
    return rc;
}

int32_t engine_start(engine *e, qn_err *err)
{
    int32_t rc = start(e, err);

    e->is_started = true;
    if (rc == QN_OK) return QN_OK;
    e->status = RUN_FAILED;
    if (e->run_number && e->options.mode == ENGINE_TRADE) engine_end(e, NULL); /* it never was */
    return rc;
}

int32_t engine_end(engine *e, qn_err *err)
{
    if (!e->run_number || !e->store || e->replay || e->is_books || e->stays_unfinished)
        return QN_OK;
    return journal_end(e, err);
}

/* A run whose files cannot be watched goes on: an operator can reload what has changed. */
static watch *watch_files(engine *e)
{
    qn_err err = QN_ERR_INIT;
    watch *files = NULL;
    int32_t rc = e->options.watches ? watch_start(e, &files, &err) : QN_OK;

    if (rc != QN_OK)
        log_line(LOG_WARNING, "watch = true has no effect: %s [%s]", err.msg, error_name(rc));
    return files;
}

int32_t engine_run(engine *e, qn_err *err)
{
    watch *files;
    int32_t rc = e->is_started ? QN_OK : engine_start(e, err);

    if (rc != QN_OK) return rc;
    e->slot = slot_here(); /* of this thread, whichever has built it */
    e->slot->seq = &e->cause;
    if (!e->is_books && (rc = watchdog_start(e, err)) != QN_OK) return finish(e, rc, err);
    e->started = e->pace_begun = clock_steady();
    e->pace_from = e->first_ts;
    files = watch_files(e);
    rc = run_events(e, err);
    watchdog_stop(e);
    commands_close(e);
    reloads_give_up(e); /* who waits for one is told, before the report is made */
    watch_stop(files);
    e->run_ns = clock_steady() - e->started;
    e->counts.events = e->seq;
    return finish(e, rc, err);
}
