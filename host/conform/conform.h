/* SPDX-License-Identifier: MIT
 *
 * Conformance: does a plugin keep the rules of the ABI?
 *
 * A table of checks, one row a rule. Each check runs in a process of its own, so that a crash or a
 * hang is the result of one check and not the end of all. What a file is like is judged by the
 * loader's own rules (module/), what an instance does by the SDK's test bench (<quoin/bench.h>),
 * with a layer between bench and plugin that watches each call (shim.h). The process that asks
 * runs none of the plugin's code.
 *
 * A check that rests on a rule which is broken is not run: so a plugin that breaks one rule is told
 * that rule, and not its consequences.
 *
 * Everything that is drawn comes from the seed: the same file, seed and choice of checks give the
 * same results, but for the measured times. */
#ifndef QUOIN_CONFORM_CONFORM_H
#define QUOIN_CONFORM_CONFORM_H

#include <quoin/error.h>

#include <stdbool.h>
#include <stddef.h>

#define CONFORM_TEXT 1200
#define CONFORM_LIMIT_S 60 /* of one check, unless said otherwise */

/* What the documentation says of a check. Static texts. */
typedef struct conform_check {
    const char *name; /* "state.round" */
    const char *what; /* the rule, one sentence */
    const char *why;
    const char *fix; /* what the author is to do */
} conform_check;

/* The i-th check, or NULL behind the last one. */
const conform_check *conform_check_at(size_t i);

typedef enum conform_state { CONFORM_PASSED, CONFORM_FAILED, CONFORM_SKIPPED } conform_state;

/* One check of one class, or of the whole file. */
typedef struct conform_result {
    const conform_check *check;
    char class_id[64]; /* "" = the file */
    conform_state state;
    double seconds;
    char text[CONFORM_TEXT]; /* failed: what was found; skipped: why; passed: a figure, or "" */
} conform_result;

typedef struct conform_options {
    const char *path;
    const char *only;        /* extended regular expression over the names of checks; NULL = all */
    const char *const *sets; /* "key=value": parameters that are not to have their defaults */
    size_t nsets;
    uint64_t seed;
    const char *golden; /* folder of states of released layouts, CLASS/LAYOUT.state; NULL = the
                           folder "golden" beside the file, if there is one */
    bool keeps;         /* write the state of the file's own layout there, where there is none */
    unsigned limit_s;   /* for one check; it is stopped then, and has failed */
    /* Called after each check, in the order of the table, class by class. */
    void (*report)(void *ctx, const conform_result *result);
    void *ctx;
} conform_options;

typedef struct conform_totals {
    size_t passed, failed, skipped;
} conform_totals;

/* Run the checks. A plugin that fails is no error of this call.
 *
 * returns  QN_OK; QN_E_SYNTAX: `only` is no regular expression, or no check has such a name,
 *          or one of `sets` has no key;
 *          QN_E_NOT_FOUND: there is no such file; QN_E_INVALID: there is no such folder `golden`,
 *          and nothing is to be kept in it; QN_E_IO, QN_E_NO_MEMORY. On error *out tells what
 *          was done until then. */
int32_t conform_run(const conform_options *options, conform_totals *out, qn_err *err);

#endif
