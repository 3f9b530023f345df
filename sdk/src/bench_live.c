/* SPDX-License-Identifier: MIT
 *
 * What an operator does while a run goes on: commands of the plugin's own, parameters that
 * change. */
#include "bench_internal.h"

#include <quoin/sdk/fail.h>

#include <string.h>

static int32_t check_phase(qn_bench *b, const char *what)
{
    if (!b) return QN_E_NO_MEMORY;
    if (b->phase == PHASE_ACTIVE) return QN_OK;
    bench_fault(b, TEST, "%s of a plugin that is not started", what);
    return QN_E_STATE;
}

/* ------------------------------------------------------------------ commands */

/* What it refuses has changed nothing: looked at as in a call that only reads. */
static int32_t call(qn_bench *b, const bench_ask *ask, qn_bench_output *result, qn_err *err)
{
    bench_guard g;
    int32_t rc;

    if (!bench_enter(b, &g, CALL_CONTROL, ask->row->name, 1)) return QN_E_STATE;
    rc = bench_command_call(ask, b->self, result, err);
    g.is_reading = rc != QN_OK;
    g.rule = "it refused, which changes nothing";
    bench_leave(b, &g);
    if (rc != QN_OK && !err->msg[0])
        bench_fault(b, PLUGIN, "%s refused with %s and did not say why", ask->row->name,
                    bench_error_name(rc));
    return rc;
}

int32_t qn_bench_call(qn_bench *b, const char *text)
{
    qn_err err = QN_ERR_INIT;
    qn_bench_output result;
    qn_bench_output *o;
    bench_ask ask;
    int32_t rc = check_phase(b, "a command");

    if (rc != QN_OK) return rc;
    memset(&result, 0, sizeof result); /* outputs are compared by their bytes */
    rc = bench_command_read(b, text, &ask, &err);
    if (rc == QN_OK) rc = call(b, &ask, &result, &err);
    if (rc == QN_OK) { /* what it logged stands before what it returned */
        result.as.result.command = ask.place;
        if (!(o = bench_say(b, QN_BENCH_RESULT))) return QN_E_NO_MEMORY;
        o->as.result = result.as.result;
    }
    return bench_keep(b, rc, &err);
}

/* ------------------------------------------------------------------ parameters */

static int32_t give(qn_bench *b, const bench_words *words, qn_err *err)
{
    for (uint32_t i = 0; i < words->n; i++) {
        char *key = words->items[i];
        char *equals = strchr(key, '=');
        const qn_param *p;
        if (!equals || equals == key)
            return qn_fail(err, QN_E_SYNTAX, "%.64s is no PARAMETER=VALUE", key);
        *equals = '\0';
        if (!(p = bench_param_find(b->cls, key)))
            return qn_fail(err, QN_E_UNKNOWN_NAME, "%s has no parameter '%.64s'", b->cls->id, key);
        if (!(p->flags & QN_PARAM_LIVE))
            return qn_fail(err, QN_E_UNSUPPORTED, "%s does not change while a run goes on", key);
        if (qn_bench_set(b, key, equals + 1) != QN_OK)
            return qn_fail(err, QN_E_OVERFLOW, "%s is too long", key);
    }
    return words->n ? QN_OK : qn_fail(err, QN_E_MISSING, "there is no PARAMETER=VALUE");
}

static int32_t change(qn_bench *b, const char *text, qn_err *err)
{
    uint64_t before = b->nparams;
    bench_words words;
    int32_t rc = bench_split(text, &words, err);

    if (rc == QN_OK) rc = give(b, &words, err);
    if (rc == QN_OK) rc = bench_replace_set(b, b->nparams - before, err);
    if (rc != QN_OK) b->nparams = before;
    return rc;
}

int32_t qn_bench_change(qn_bench *b, const char *text)
{
    qn_err err = QN_ERR_INIT;
    int32_t rc = check_phase(b, "a change");

    if (rc != QN_OK) return rc;
    if (bench_is(b, QN_KIND_VENUE) || bench_is(b, QN_KIND_SINK) || bench_is(b, QN_KIND_TUNER))
        rc = qn_fail(&err, QN_E_UNSUPPORTED,
                     "parameters of venues, sinks and tuners do not change while a run goes on");
    else
        rc = change(b, text, &err);
    return bench_keep(b, rc, &err);
}
