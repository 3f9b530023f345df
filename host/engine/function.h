/* SPDX-License-Identifier: MIT
 *
 * Functions of libraries as features: `functions` of the config.
 *
 * A function is called with each bar of each of its instruments, after the books are marked and
 * before models and strategies see the bar. Its result is the feature "fn.NAME" of the instrument,
 * which is read as a model's is. A series of n bars is given from the n-th bar on, oldest first, as
 * a copy that the function may write into. Prices and volumes are doubles, in units of price and
 * quantity. A result that is not finite is not published and counted, and the value from before is
 * stale from then on. */
#ifndef QUOIN_ENGINE_FUNCTION_H
#define QUOIN_ENGINE_FUNCTION_H

#include "base/bytes.h"
#include "base/hash.h"
#include "config/config.h"
#include "foreign/call.h"

#include <quoin/event.h>

#include <stdbool.h>

struct engine;
struct json_object;

#define SERIES_MAX 1000000u /* bars */

/* Where an argument comes from that is not a constant. */
typedef struct function_source {
    size_t member;   /* of qn_bar: what it is made of */
    bool is_volume;  /* a quantity, not a price */
    uint32_t length; /* of a series; 0 = one value, of the bar at hand */
    double *values;  /* length x instruments: rings. Bar number k lies at k % length */
    double *given;   /* length: in order, for one call */
} function_source;

typedef struct function {
    const config_function *config;
    const char *feature_name; /* "fn.kama" */
    void *library;            /* NULL = not loaded */
    char sha256[SHA256_HEX];  /* of the library's file */
    bool is_unsigned;         /* nobody trusted has signed it, and the policy is to tell */
    foreign_fn fn;
    foreign_call call;
    foreign_value args[FOREIGN_ARGS];       /* constants stay, the others change with each call */
    function_source *sources[FOREIGN_ARGS]; /* NULL = a constant */
    uint32_t needs;                         /* bars until the first call, 1 or more */
    uint32_t feature;                       /* number in the run */
    uint32_t ninstruments;
    uint32_t *instruments; /* numbers, in the order of the run */
    uint64_t *seen;        /* bars so far, of each of them */
    int64_t longest;       /* length of its longest bars, ns */
    bool is_told;          /* that a result was not finite */
} function;

/* A function that a stream's bars go to, and which of its instruments they are of. */
typedef struct function_use {
    function *function;
    uint32_t slot;
} function_use;

typedef struct functions {
    function *all;
    uint32_t n;
    function_use *uses;      /* by stream: stream.first_use, stream.nuses */
    struct json_object *was; /* of a run that is booked again: what its record says */
} functions;

/* Load the libraries and prepare the calls. What a person got wrong is a mistake of the config;
 * a library that others may write or that the policy refuses ends it with a code of its own. */
int32_t functions_build(struct engine *e, qn_err *err);
/* Name their features, first of all. */
int32_t functions_name(struct engine *e, qn_err *err);
/* Give each its streams of bars; adds those that nobody else has asked for. */
int32_t functions_place(struct engine *e, qn_err *err);
/* How much history before the start they need, ns. */
int64_t functions_lookback(const struct engine *e);
void functions_free(struct engine *e);

/* Call those of a stream with its bar. */
void functions_compute(struct engine *e, uint32_t first, uint32_t n, const qn_bar *bar);

/* Between two events, of a snapshot. */
void functions_save(const struct engine *e, bytes_out *out);
void functions_load(struct engine *e, bytes_in *all, qn_err *err);

/* A run that is done again needs the libraries that it was begun with. `header`: its record.
 * QN_OK, QN_E_MODULE_MISMATCH. */
int32_t functions_check(const struct engine *e, struct json_object *header, qn_err *err);

#endif
