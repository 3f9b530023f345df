/* SPDX-License-Identifier: MIT
 *
 * Kind "tuner": searches a space of parameters. It is asked for trials and told what came of
 * them. Tier: pure.
 *
 *   begin(space)         once
 *   ask -> a trial       until it says WAIT or END
 *   tell(trial, result)  for each trial, in the order in which they were asked for
 *
 * The order of the calls. The host asks until the tuner waits or ends, or until
 * space.outstanding trials are asked for and not told; then it tells the oldest one that was not
 * told yet, and asks again. That order depends on the tuner's answers alone: neither the number of
 * processes that run trials nor which of them ends first can change it. A tuner that reads no
 * clock and draws from space.seed alone therefore finds the same with any number of workers.
 *
 * Its state is never saved. A search that goes on after an interruption makes a new instance, asks
 * it again from the start, and tells it the results that are stored; an answer that differs from
 * the one before ends the search with an error. So a class of this kind has no state to save.
 *
 * Values are whole numbers: of steps of 10^exp, of nanoseconds, or a place among labels. They are
 * exact, so that a trial can be run again by hand with the texts that the host prints for them.
 *
 * How a search that learns uses it. A model of the objective (a Gaussian process, a tree of Parzen
 * estimators) proposes a batch of points, says WAIT until it has been told all of them, fits, and
 * proposes the next batch: how many trials can run at once is the size of its batch. One that
 * proposes a new point for each result says WAIT when its batch is out, and is asked again after
 * each tell; the points that are out count for it as with the value that it expects. Refused and
 * failed trials come with a state of their own and no objective: they mark where the space cannot
 * be used. A search over several windows of time (walk-forward) is a search of its own for each
 * window, with an instance and a seed of its own; a search that looks at several figures finds
 * them in trial.figures, under the names of space.figures. */
#ifndef QUOIN_TUNER_H
#define QUOIN_TUNER_H

#include <quoin/model.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_KIND_TUNER "qn.tuner/1"

/* X(number, NAME, what a value counts) */
#define QN_DIMENSION_LIST(X)                                                                       \
    X(1, INTEGER, "whole numbers, exp is 0")                                                       \
    X(2, REAL, "10^exp; step may be 0")                                                            \
    X(3, DECIMAL, "10^exp, a price or a quantity")                                                 \
    X(4, DURATION, "nanoseconds, exp is 0")                                                        \
    X(5, BOOL, "0 or 1")                                                                           \
    X(6, CHOICE, "place among the labels, from 0")

#define QN_DIMENSION_ENUM(number, NAME, text) QN_DIMENSION_##NAME = (number),
enum { QN_DIMENSION_LIST(QN_DIMENSION_ENUM) QN_DIMENSION_TYPES = 7 };
#undef QN_DIMENSION_ENUM

/* How a range is to be spread. */
#define QN_SCALE_LINEAR 0u
#define QN_SCALE_LOG 1u /* low > 0: 1 to 10 has as much room as 10 to 100 */

/* Flags: the values have an order, so that near values can be expected to do alike. Set for all
 * types but CHOICE and BOOL, and for a CHOICE of rising numbers. */
#define QN_DIMENSION_ORDERED 1u

/* One dimension of the space. A value is low + k x step within low .. high; with step 0 it is any
 * whole number within low .. high. */
typedef struct qn_dimension {
    uint32_t size;
    uint32_t type;     /* QN_DIMENSION_ */
    uint32_t scale;    /* QN_SCALE_ */
    uint32_t flags;    /* QN_DIMENSION_ORDERED */
    const char *name;  /* path of the value in the config: "strategies.sma.params.fast" */
    const char *unit;  /* "bars", "" = none or not known */
    int64_t low, high; /* low <= high */
    int64_t step;      /* >= 0 */
    int32_t exp;       /* a value counts 10^exp of what the config writes */
    uint32_t nlabels;  /* CHOICE: high + 1; else 0 */
    const char *const *labels;
} qn_dimension;

/* What is searched. Host-owned, lives as long as the instance. */
typedef struct qn_space {
    uint32_t size;
    uint32_t outstanding; /* trials at most that are asked for and not told */
    qn_table dimensions;  /* of qn_dimension, 1 or more */
    qn_table figures;     /* of qn_named: the figures of each trial's result */
    uint64_t seed;        /* of all random numbers of the search */
    uint64_t most;        /* trials at most; the host ends the search there */
} qn_space;

/* What ask answers. */
#define QN_ASK_TRIAL 1u /* values are filled in: a trial to run */
#define QN_ASK_WAIT 2u  /* tell the next result first; not without a trial that was not told */
#define QN_ASK_END 3u   /* the search is over; trials that still run are told */

/* Host-owned, borrowed for the call. */
typedef struct qn_ask {
    uint32_t size;
    uint32_t answer;  /* QN_ASK_; 0 before the call */
    uint32_t nvalues; /* = dimensions */
    uint32_t rsv0;
    int64_t *values; /* by dimension; zeros before the call */
} qn_ask;

/* X(number, NAME, name in results, meaning) */
#define QN_TRIAL_LIST(X)                                                                           \
    X(1, DONE, "done", "its run ended and has an objective")                                       \
    X(2, UNDEFINED, "undefined", "its run ended, but its objective has no value")                  \
    X(3, REFUSED, "refused", "its config was refused: this combination is not allowed")            \
    X(4, FAILED, "failed", "its run failed, crashed or was killed")

#define QN_TRIAL_ENUM(number, NAME, name, meaning) QN_TRIAL_##NAME = (number),
enum { QN_TRIAL_LIST(QN_TRIAL_ENUM) QN_TRIAL_STATES = 5 };
#undef QN_TRIAL_ENUM

/* A trial with its result. Host-owned, borrowed for the call. */
typedef struct qn_trial {
    uint32_t size;
    uint32_t state;  /* QN_TRIAL_ */
    uint64_t number; /* from 1, in the order in which they were asked for */
    uint32_t nvalues;
    uint32_t nfigures;
    const int64_t *values;
    double objective; /* more is better, whichever direction the config gives (a figure to be
                              made small comes with its sign turned); NAN unless DONE */
    const double
        *figures; /* by space.figures; NAN = not defined; all of them unless the run ended */
} qn_trial;

typedef struct qn_tuner {
    uint32_t size;
    uint32_t rsv0;
    /* Take the space in. *planned: how many trials the search will have, where that is known, else
     * left 0. An error, with its reason, where the space cannot be searched this way, or not within
     * space->most trials: nothing else is called then. Memory comes from setup->host->alloc. */
    int32_t (*begin)(void *self, const qn_space *space, uint64_t *planned,
                     qn_err *err); /* [control & !active] */
    /* The next trial. A trial that was asked for before is not run again: its result is told once
     * more. An error, with its reason, ends the search; so does a value outside of the space. */
    int32_t (*ask)(void *self, qn_ask *out, qn_err *err); /* [control & active] */
    /* What came of a trial. An error, with its reason, ends the search. */
    int32_t (*tell)(void *self, const qn_trial *trial, qn_err *err); /* [control & active] */
} qn_tuner;

#ifdef __cplusplus
}
#endif
#endif
