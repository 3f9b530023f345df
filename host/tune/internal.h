/* SPDX-License-Identifier: MIT
 *
 * What the files of this folder share: the search itself.
 *
 *   space.c      the config's group and the plugins' tables -> dimensions; values <-> texts
 *   tuner.c      the plugin: loaded, asked, told, and what it answers checked
 *   trial.c      one run, in a process of its own: its result as JSON, and read again
 *   crew.c       the processes
 *   record.c     the file of results
 *   search.c     the order of it all
 *   rank.c       the best; what matters; the neighbourhood of the best
 *   result.c     what came of it: JSON, CSV
 *   text.c       ... for people
 *   page.c       ... and as a page */
#ifndef QUOIN_TUNE_INTERNAL_H
#define QUOIN_TUNE_INTERNAL_H

#include "tune.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"
#include "report/statistics.h"

#include <quoin/tuner.h>

#define DIMENSIONS_MAX 32
#define FIGURES_MAX 128
#define VALUE_TEXT 160 /* room of a value as text, NUL included */

/* What came of one run. */
typedef struct outcome {
    uint32_t state;        /* QN_TRIAL_; 0 = not run yet */
    double *figures;       /* by tune.figures; NAN = undefined; NULL unless the run ended */
    char hash[SHA256_HEX]; /* of its decisions; "" unless the run ended */
    const char *status;    /* of the run: "completed"; "" unless it ended */
    const char *reason;    /* why it was refused or failed; "" otherwise */
} outcome;

typedef struct trial {
    uint64_t number;  /* from 1 */
    uint64_t repeats; /* an earlier trial of the same values, which ran for both; 0 = none */
    int64_t *values;  /* by dimension */
    outcome train, test;
} trial;

typedef struct tuner tuner;
typedef struct record record;

/* Whether the best stands on a plateau or on a peak: what the trials next to it reached. */
typedef struct neighbourhood {
    uint64_t n; /* trials next to the best that have an objective; the best is not one of them */
    uint64_t without;                 /* next to it and refused, failed or undefined */
    double best, mean, median, worst; /* objectives; NAN where n = 0 */
} neighbourhood;

struct tune {
    config *cfg;
    const config_tuner *config;
    tune_options options;
    arena memory; /* everything but the array of trials */
    char identity_config[SHA256_HEX], identity_data[SHA256_HEX];
    struct json_object *plugins; /* id -> SHA-256 of its module */
    qn_dimension *dimensions;
    uint32_t ndimensions;
    qn_named *figures;
    uint32_t nfigures;
    uint32_t objective; /* which figure */
    tuner *tuner;
    record *record;
    uint64_t planned; /* trials the tuner means to make, at most config->trials */
    trial *trials;    /* by number - 1 */
    size_t ntrials, trials_room;
    uint64_t *points; /* hash set of numbers of trials, by their values; 0 = free */
    size_t npoints;   /* places, a power of two */
    trial **ranked;   /* those with an objective, best first: after rank_all */
    size_t nranked;
    double importance[DIMENSIONS_MAX]; /* 0 to 1; NAN where it cannot be told: after rank_all */
    neighbourhood around;
    uint64_t ran, reused;      /* results of this call, and results that were there */
    int64_t started, finished; /* wall time, ns */
    bool is_stopped;
    bool is_tuner_at_fault;
};

/* ---- space.c */

/* The dimensions of the config's space. What is wrong becomes a mistake of the config.
 * QN_OK, QN_E_INVALID, QN_E_NO_MEMORY. */
int32_t space_build(tune *t, const engine *e, qn_err *err);
/* A value as --set takes it. */
void value_write(const qn_dimension *d, int64_t value, char to[VALUE_TEXT]);
/* "path=value" for each dimension, in memory of its own (mem_free); NULL when out of memory. */
char **space_sets(const tune *t, const trial *tr);
void space_sets_free(const tune *t, char **sets);
/* The value as a number for a picture: what the config writes, seconds of a duration, a place. */
double value_as_number(const qn_dimension *d, int64_t value);
/* Is it a value of the dimension? */
bool value_is_in(const qn_dimension *d, int64_t value);

/* ---- tuner.c */

/* Load the plugin and make its instance, t->tuner, which tuner_close frees whatever came of it.
 * QN_E_INVALID: a mistake of the config; what module_load returns. */
int32_t tuner_open(tune *t, qn_err *err);
void tuner_close(tuner *tn);
const char *tuner_class(const tuner *tn);
const char *tuner_sha256(const tuner *tn);
/* Give it the space; t->planned is set. QN_E_INVALID: it cannot search this one, a mistake of the
 * config. */
int32_t tuner_begin(tune *t, qn_err *err);
/* *answer is QN_ASK_; `values` are filled in for a trial. An answer that breaks a rule of the
 * interface sets is_tuner_at_fault. `outstanding`: trials that were not told. */
int32_t tuner_ask(tune *t, uint64_t outstanding, int64_t *values, uint32_t *answer, qn_err *err);
/* The result of a trial. What the plugin returns; it ends the search. */
int32_t tuner_tell(tune *t, const trial *tr, qn_err *err);

/* ---- trial.c */

/* In a process of its own: run the trial on a span, write the result to `fd`. Returns the
 * process's exit status. */
int trial_run(const tune *t, const trial *tr, const config_span *span, int fd);
/* Read a result; texts go to the arena. QN_OK; QN_E_DAMAGED: it is none; QN_E_NO_MEMORY. */
int32_t outcome_read(tune *t, struct json_object *result, outcome *out, qn_err *err);
/* A result of a process that gave none. NULL when out of memory. */
struct json_object *outcome_failed(const char *reason);
double outcome_figure(const outcome *o, uint32_t figure); /* NAN where it has none */

/* ---- record.c */

/* Open or begin the file of results in `folder`, which is made. `identity` is an object that says
 * what they are results of; the format is added to it. `is_fresh` throws away what is there.
 * QN_E_BUSY: another process holds it; QN_E_STATE: its results are of something else; QN_E_DAMAGED.
 * On error *out is unchanged, and no result is lost. */
int32_t record_open(const char *folder, struct json_object *identity, bool is_fresh, record **out,
                    qn_err *err);
/* NULL is fine. On error something may not be on disk. */
int32_t record_close(record *r, qn_err *err);
/* In a child: the file is the parent's. */
void record_forget(record *r);
/* The line of a trial, to be freed by json_object_put; NULL in *out: there is none. */
int32_t record_find(record *r, uint64_t number, bool is_test, struct json_object **out,
                    qn_err *err);
/* Keep a line. It is taken over. */
int32_t record_add(record *r, struct json_object *line, qn_err *err);

/* ---- rank.c */

/* Whether the config wants the objective small. */
bool is_minimised(const tune *t);
/* More is better: the objective, its sign turned where less is better; NAN where it has none. */
double merit(const tune *t, const outcome *o);
/* Fills in t->ranked, t->importance and t->around, anew each time. QN_OK, QN_E_NO_MEMORY. */
int32_t rank_all(tune *t, qn_err *err);
/* How many of the best are told, and tested. */
size_t best_shown(const tune *t);
/* Trials in a state; those that repeat another are counted by count_repeats alone. */
uint64_t count_state(const tune *t, uint32_t state);
uint64_t count_repeats(const tune *t);

/* ---- result.c */

const char *trial_state_name(uint32_t state);
const char *trial_state_meaning(uint32_t state);
int32_t csv_write(const tune *t, const char *path, qn_err *err);

/* ---- page.c */

int32_t page_of_tune(const tune *t, const char *path, qn_err *err);

#endif
