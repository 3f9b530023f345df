/* SPDX-License-Identifier: MIT
 *
 * The search of `quoin tune`: many runs of one config with other values, each in a process of its
 * own, led by a plugin of the kind "tuner".
 *
 *   tune_open ─► tune_search ─► tune_finish ─► tune_json, tune_print
 *
 * The result does not depend on the number of processes: quoin/tuner.h fixes the order in which the
 * plugin is asked and told. Each result is kept in the file trials.log of the search's folder as
 * soon as it is there; a search that was interrupted, in whatever way, goes on from it. A trial is
 * what `quoin run` does with the same --set arguments, without store and sinks: the same figures,
 * the same decisions.
 *
 * Trials see the config's `train` alone. The best of them are run on `test` when the search is
 * over; nothing is chosen by what comes of that. */
#ifndef QUOIN_TUNE_TUNE_H
#define QUOIN_TUNE_TUNE_H

#include "config/config.h"
#include "engine/engine.h"

#include <signal.h>
#include <stdio.h>

typedef struct tune tune;

/* How far the search is. */
typedef struct tune_progress {
    bool is_testing;      /* the best are run on test */
    uint64_t done, total; /* trials */
    double best;          /* objective; NAN = none yet */
    uint64_t best_trial;
    double left_s; /* wall time left; NAN = not known yet */
} tune_progress;

typedef struct tune_options {
    const char *conf; /* the config's file, and its --set arguments: what a trial opens again */
    const char *const *sets;
    size_t nsets;
    const char *plugin_dir;
    const char *version;         /* of the host */
    uint32_t workers;            /* processes, 1 .. TUNE_WORKERS */
    bool is_fresh;               /* results that are there are thrown away */
    volatile sig_atomic_t *stop; /* set from outside to end the search in order */
    void (*progress)(void *ctx, const tune_progress *p); /* NULL = nobody looks */
    void *ctx;
} tune_options;

#define TUNE_WORKERS 256

/* Check the group `tuner`, the config, its plugins and its data, and open the folder. Mistakes go
 * to the config (QN_E_INVALID). `cfg` and what the options point to outlive the search.
 *
 * returns QN_OK; what engine_new and module_load return; QN_E_BUSY: another process searches in the
 *         folder; QN_E_STATE: its results are of another config, data or plugin; QN_E_DAMAGED: its
 *         file is. On error *out is unchanged and no result is lost. */
int32_t tune_open(config *cfg, const tune_options *options, tune **out, qn_err *err);
void tune_free(tune *t);

/* Search, then run the best on `test`. Forks: no other thread may run. A stop is no error.
 * On error the results so far are kept. */
int32_t tune_search(tune *t, qn_err *err);

/* True when the search failed because the tuner broke a rule of its interface. */
bool tune_is_tuner_at_fault(const tune *t);

/* Rank, and write tune.html, tune.json and trials.csv into the folder. After tune_search. */
int32_t tune_finish(tune *t, qn_err *err);

/* The result, after tune_finish: an object that the caller frees, NULL when out of memory; and a
 * summary for people. */
struct json_object *tune_json(const tune *t);
void tune_print(const tune *t, FILE *to);

#endif
