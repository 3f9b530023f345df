/* SPDX-License-Identifier: MIT
 *
 * The plugin: one instance, outside of any run. */
#include "internal.h"

#include "base/fail.h"
#include "base/file.h"
#include "module/resolve.h"
#include "module/service.h"

#include <math.h>
#include <string.h>

/* Trials that are asked for and not told, at most. A constant: it is a part of the order in which
 * the tuner is asked and told, which no number of processes may change. */
#define OUTSTANDING 256

struct tuner {
    arena memory; /* of the instance */
    module_index *index;
    module *module;
    const qn_class *cls;
    const qn_tuner *table;
    void *self;
    bool is_created;
    qn_host host;
    qn_setup setup;
    qn_space space;
};

/* The handle that the plugin carries around is the tuner itself. */
static tuner *tuner_of(qn_ctx *ctx)
{
    return (tuner *)(void *)ctx;
}

static void host_log(qn_ctx *ctx, int32_t level, qn_str text)
{
    service_log(tuner_of(ctx)->cls->id, level, text);
}

static const void *host_ext(qn_ctx *ctx, const char *id)
{
    (void)ctx;
    (void)id;
    return NULL;
}

static void *host_alloc(qn_ctx *ctx, uint64_t n, uint64_t align)
{
    return service_alloc(&tuner_of(ctx)->memory, n, align);
}

/* There is no engine time here. */
static int32_t host_timer(qn_ctx *ctx, int64_t due_ns, uint64_t cookie)
{
    (void)ctx;
    (void)due_ns;
    (void)cookie;
    return QN_E_UNSUPPORTED;
}

const char *tuner_class(const tuner *tn)
{
    return tn->cls->id;
}

const char *tuner_sha256(const tuner *tn)
{
    return module_about(tn->module)->sha256;
}

static int32_t find(tune *t, tuner *tn, char path[PATH_ROOM], qn_err *err)
{
    const config_run *run = config_get(t->cfg);
    const char **dirs = arena_alloc(&tn->memory, (run->nplugin_path + 1) * sizeof *dirs, 8);
    size_t n = 0;
    int32_t rc;

    if (!dirs) return fail(err, QN_E_NO_MEMORY, "no memory for the plugin folders");
    for (; n < run->nplugin_path; n++)
        dirs[n] = run->plugin_path[n];
    if (t->options.plugin_dir) dirs[n++] = t->options.plugin_dir;
    if ((rc = module_index_open(dirs, n, &tn->index, err)) != QN_OK) return rc;
    return module_resolve(t->cfg, tn->index, t->config->plugin, t->config->node, path, err);
}

/* A class that cannot do without an extension is refused: a tuner is given none. */
static int32_t check_needs(const qn_class *cls, qn_err *err)
{
    if (cls->needs[strspn(cls->needs, " ")] == '\0') return QN_OK;
    return fail(err, QN_E_ABI_VERSION, "%s needs the host extension %.64s, which no tuner is given",
                cls->id, cls->needs);
}

static int32_t create(tune *t, tuner *tn, qn_err *err)
{
    qn_err why = QN_ERR_INIT;
    int32_t rc;

    tn->self = arena_alloc(&tn->memory, tn->cls->instance_size, tn->cls->instance_align);
    if (!tn->self) return fail(err, QN_E_NO_MEMORY, "no memory for %s", tn->cls->id);
    rc = config_fill(t->cfg, t->config->node, t->config->params, &tn->cls->params, tn->self);
    if (rc != QN_OK) return fail(err, rc, "the config has mistakes");
    tn->host = (qn_host){.size = sizeof tn->host,
                         .abi = QN_ABI,
                         .ctx = (qn_ctx *)(void *)tn,
                         .log = host_log,
                         .ext = host_ext,
                         .alloc = host_alloc,
                         .timer = host_timer};
    tn->setup = (qn_setup){.size = sizeof tn->setup, .host = &tn->host, .id = "tuner"};
    if (tn->cls->create) rc = tn->cls->create(tn->self, &tn->setup, &why);
    if (rc != QN_OK) {
        config_add_mistake(t->cfg, t->config->node, rc, "%s: %s", tn->cls->id,
                           error_text(&why, rc));
        return fail(err, QN_E_INVALID, "the config has mistakes");
    }
    tn->is_created = true;
    return QN_OK;
}

int32_t tuner_open(tune *t, qn_err *err)
{
    tuner *tn = mem_new(1, sizeof *tn);
    module_options how = {0};
    char path[PATH_ROOM];
    int32_t rc;

    if (!tn) return fail(err, QN_E_NO_MEMORY, "no memory for the tuner");
    t->tuner = tn; /* tuner_close frees it, whatever comes */
    if ((rc = find(t, tn, path, err)) != QN_OK) return rc;
    how.trust = trust_from(&config_get(t->cfg)->trust);
    if ((rc = module_load(path, &how, &tn->module, err)) != QN_OK) return rc;
    tn->cls =
        module_resolve_class(t->cfg, tn->module, t->config->plugin, QN_KIND_TUNER, t->config->node);
    if (!tn->cls) return fail(err, QN_E_INVALID, "the config has mistakes");
    tn->table = tn->cls->table;
    if ((rc = check_needs(tn->cls, err)) != QN_OK) return rc;
    return create(t, tn, err);
}

void tuner_close(tuner *tn)
{
    if (!tn) return;
    if (tn->is_created && tn->cls->destroy) tn->cls->destroy(tn->self);
    module_close(tn->module);
    if (tn->index) module_index_close(tn->index);
    arena_free(&tn->memory);
    mem_free(tn);
}

int32_t tuner_begin(tune *t, qn_err *err)
{
    tuner *tn = t->tuner;
    qn_err why = QN_ERR_INIT;
    uint64_t planned = 0;
    int32_t rc;

    tn->space =
        (qn_space){.size = sizeof tn->space,
                   .outstanding = OUTSTANDING,
                   .dimensions = {t->dimensions, t->ndimensions, (uint32_t)sizeof *t->dimensions},
                   .figures = {t->figures, t->nfigures, (uint32_t)sizeof *t->figures},
                   .seed = (uint64_t)config_get(t->cfg)->seed,
                   .most = (uint64_t)t->config->trials};
    if ((rc = tn->table->begin(tn->self, &tn->space, &planned, &why)) != QN_OK) {
        config_add_mistake(t->cfg, t->config->node, rc, "%s: %s", tn->cls->id,
                           error_text(&why, rc));
        return fail(err, QN_E_INVALID, "the config has mistakes");
    }
    t->planned = planned && planned < tn->space.most ? planned : tn->space.most;
    return QN_OK;
}

static int32_t broken(tune *t, qn_err *err, const char *what)
{
    t->is_tuner_at_fault = true;
    return fail(err, QN_E_INVALID, "%s %s: the search cannot go on with this plugin",
                t->tuner->cls->id, what);
}

static int32_t check_values(tune *t, const int64_t *values, qn_err *err)
{
    for (uint32_t i = 0; i < t->ndimensions; i++) {
        const qn_dimension *d = &t->dimensions[i];
        if (value_is_in(d, values[i])) continue;
        t->is_tuner_at_fault = true;
        return fail(
            err, QN_E_RANGE,
            "%s asks for a value that is not in the space: %s = %lld, in steps of %lld from "
            "%lld to %lld (x 10^%d)",
            t->tuner->cls->id, d->name, (long long)values[i], (long long)d->step, (long long)d->low,
            (long long)d->high, (int)d->exp);
    }
    return QN_OK;
}

int32_t tuner_ask(tune *t, uint64_t outstanding, int64_t *values, uint32_t *answer, qn_err *err)
{
    qn_ask ask = {.size = sizeof ask, .nvalues = t->ndimensions, .values = values};
    qn_err why = QN_ERR_INIT;
    int32_t rc;

    if (outstanding >= OUTSTANDING) {
        *answer = QN_ASK_WAIT;
        return QN_OK;
    }
    memset(values, 0, t->ndimensions * sizeof *values);
    if ((rc = t->tuner->table->ask(t->tuner->self, &ask, &why)) != QN_OK)
        return fail(err, rc, "%s: %s", t->tuner->cls->id, error_text(&why, rc));
    *answer = ask.answer;
    if (ask.answer == QN_ASK_END) return QN_OK;
    if (ask.answer == QN_ASK_TRIAL) return check_values(t, values, err);
    if (ask.answer != QN_ASK_WAIT) return broken(t, err, "answers neither trial, wait nor end");
    if (outstanding == 0) return broken(t, err, "waits for results when it has been told them all");
    return QN_OK;
}

int32_t tuner_tell(tune *t, const trial *tr, qn_err *err)
{
    double none[FIGURES_MAX];
    qn_trial told = {.size = sizeof told,
                     .state = tr->train.state,
                     .number = tr->number,
                     .nvalues = t->ndimensions,
                     .nfigures = t->nfigures,
                     .values = tr->values,
                     .objective = merit(t, &tr->train),
                     .figures = tr->train.figures ? tr->train.figures : none};
    qn_err why = QN_ERR_INIT;
    int32_t rc;

    for (uint32_t i = 0; i < t->nfigures; i++)
        none[i] = NAN;
    if ((rc = t->tuner->table->tell(t->tuner->self, &told, &why)) == QN_OK) return QN_OK;
    return fail(err, rc, "%s: %s", t->tuner->cls->id, error_text(&why, rc));
}
