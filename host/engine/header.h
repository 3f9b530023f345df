/* SPDX-License-Identifier: MIT
 *
 * The first and the last words of a recorded run: what it was begun with, and how it ended. JSON
 * in the store, so that people and other programs can read it. */
#ifndef QUOIN_ENGINE_HEADER_H
#define QUOIN_ENGINE_HEADER_H

#include "base/memory.h"

#include <quoin/sdk/record.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEADER_SETS 64

/* What a reader needs to do a run again. Texts live as long as the header. */
typedef struct run_header {
    const char *id;     /* of the run */
    const char *name;   /* that the config gives it */
    const char *begun;  /* ISO 8601, wall clock */
    const char *config; /* absolute path */
    const char *config_identity;
    const char *sets[HEADER_SETS]; /* --set arguments */
    size_t nsets;
    const char *data_sha256;
    int64_t from, to;         /* INT64_MIN, INT64_MAX = no bound */
    int64_t tape_from;        /* what was read for the warm-up included */
    struct json_object *root; /* all of it; owns the texts */
} run_header;

/* Read a header's text. QN_E_DAMAGED: it is no header of a run; *out is then unchanged. */
int32_t run_header_read(const char *text, run_header *out, qn_err *err);
void run_header_free(run_header *h);

/* What the numbers in the records of a run stand for: `all` points into `memory`. Of an
 * instrument its name, the currency it settles in and the exponents are known. */
typedef struct run_names {
    qn_record_names all;
    const char *const *values; /* of the optimizer's diagnostics, in their order */
    uint32_t nvalues;
    arena memory;
} run_names;

/* Read them out of a header. QN_E_DAMAGED: they are not there; QN_E_NO_MEMORY. On error *out is
 * unchanged. */
int32_t run_names_read(const run_header *h, run_names *out, qn_err *err);
void run_names_free(run_names *names);

/* How a run ended. */
typedef struct run_footer {
    char status[16];
    char decision_hash[65];
    char ledger_hash[65];
    uint64_t loop_seq;      /* last sequence number before the end was handled */
    uint64_t last_seq;      /* of all */
    uint64_t market_events; /* of them: the others are in the journal */
    int64_t ended;          /* wall time, ns */
} run_footer;

/* QN_E_DAMAGED as above. */
int32_t run_footer_read(const char *text, run_footer *out, qn_err *err);

#endif
