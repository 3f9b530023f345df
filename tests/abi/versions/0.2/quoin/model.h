/* SPDX-License-Identifier: MIT
 *
 * Kind "model": market events in, features out. Tier: pure.
 *
 * A feature is a named number of one instrument, published by one model and read by every
 * strategy, optimizer and later model under "MODEL-ID.FEATURE" ("vol.ewma"). Models run before
 * strategies, so what one publishes on an event can be read on that same event. A model filters
 * and never smooths: what it publishes depends on events up to now alone.
 *
 * Slow work. A model that must fit something for longer than an event may take hands the data to
 * the worker pool (qn_host_worker) and is given the result as a QN_EVENT_RESULT. */
#ifndef QUOIN_MODEL_H
#define QUOIN_MODEL_H

#include <quoin/event.h>
#include <quoin/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_KIND_MODEL "qn.model/1"

/* A named number that a class gives out: a model's feature, an optimizer's diagnostic. */
typedef struct qn_named {
    uint32_t size;
    uint32_t rsv0;
    const char *name; /* [a-z][a-z0-9_]*, at most 31 characters: "ewma" */
    const char *unit; /* "fraction per year", "" = none */
    const char *doc;  /* one sentence, with its formula's source */
} qn_named;

/* Where a model publishes. Host-owned, valid for the call it was passed to. */
typedef struct qn_model_out {
    uint32_t size;
    uint32_t rsv0;
    void *ctx;
    /* Publish a feature of an instrument. [event & active]
     *
     * feature   place in the class's table
     * valid_ns  how long it counts from now, engine time, ns; 0 = until the next one
     * returns   QN_OK; QN_E_INTENT_INSTRUMENT: not one of the model's; QN_E_RANGE: no such
     *           feature, or valid_ns < 0; QN_E_INTENT_VALUE: not finite. On error the feature
     *           keeps its value, and the host counts it.                                */
    int32_t (*publish)(void *ctx, uint32_t instrument, uint32_t feature, double value,
                       int64_t valid_ns); /* [event & active] */
} qn_model_out;

typedef struct qn_model {
    uint32_t size;
    uint32_t rsv0;
    qn_table features; /* of qn_named; 1 .. 64 */
    /* One event: market data of its instruments, its own timers and results. Returns QN_OK, or
     * an error, which the host logs and counts; what was published stands. */
    int32_t (*on_event)(void *self, const qn_event *ev,
                        const qn_model_out *out); /* [event & active] */
    /* How much history of data of that bar length it needs before its first value, ns. NULL =
     * none. Asked once, after create. */
    int64_t (*lookback)(const void *self, int64_t bar_length); /* [control & !active] */
} qn_model;

/* ------------------------------------------------------------------ reading features */

#define QN_HOST_FEATURES "qn.host.features/1"

/* A feature as it stands now. The reader sets size. */
typedef struct qn_feature {
    uint32_t size;
    uint32_t instrument;
    double value;
    int64_t ts_ns;    /* engine time at which it was published */
    int64_t valid_to; /* engine time up to which it counts */
} qn_feature;

/* Host extension: features of the models that stand before the reader in the data's way. What is
 * read is recorded with the intents that follow, so that an order can be explained by it. */
typedef struct qn_host_features {
    uint32_t size;
    uint32_t rsv0;
    /* The number of a feature by its name, "vol.ewma", or QN_E_UNKNOWN_NAME. Models are created
     * before the others, in the order of the config. */
    int32_t (*find)(qn_ctx *ctx, const char *name, uint32_t *feature); /* [control & !active] */
    /* QN_OK; QN_E_NOT_FOUND: never published for that instrument; QN_E_STALE: no longer valid,
     * *out is the last one; QN_E_RANGE: no such feature or instrument. */
    int32_t (*read)(qn_ctx *ctx, uint32_t feature, uint32_t instrument,
                    qn_feature *out); /* [event & active] */
} qn_host_features;

/* ------------------------------------------------------------------ slow work */

#define QN_WORK "qn.work/1"

/* Extension of a class: the work it gives to the pool. A pure function of its input: it sees no
 * instance and keeps nothing, so that a model can be replaced while it runs.
 *
 * cancel   becomes 1 when nobody waits for the result any more: return soon
 * returns  bytes written to `output`, at most `room` (QN_RESULT_BYTES), or an error */
typedef struct qn_work {
    uint32_t size;
    uint32_t rsv0;
    int64_t (*run)(const void *input, uint64_t n, void *output, uint64_t room,
                   const volatile uint32_t *cancel); /* [worker] */
} qn_work;

#define QN_HOST_WORKER "qn.host.worker/1"

/* Host extension: give work to the pool. */
typedef struct qn_host_worker {
    uint32_t size;
    uint32_t rsv0;
    /* Have the class's qn_work run over a copy of `input` (at most 16 MiB). The result comes as
     * a QN_EVENT_RESULT with `cookie` at engine time due_ns > now, as a timer would: the date at
     * which a result is known is part of the model, not of the machine's speed. A replay waits
     * for it; at real pace a late one comes as soon as it is there.
     * QN_OK; QN_E_RANGE; QN_E_FULL: 16 of the instance are under way; QN_E_NO_MEMORY;
     * QN_E_UNSUPPORTED: the class has no qn_work. */
    int32_t (*submit)(qn_ctx *ctx, int64_t due_ns, uint64_t cookie, const void *input,
                      uint64_t n); /* [event & active] */
} qn_host_worker;

#ifdef __cplusplus
}
#endif
#endif
