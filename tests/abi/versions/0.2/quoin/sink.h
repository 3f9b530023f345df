/* SPDX-License-Identifier: MIT
 *
 * Kind "sink": the whole stream of events and decisions, behind the engine. Tier: I/O.
 *
 * A sink has a thread of its own and a cursor: the sequence number up to which it has taken
 * everything over. It is given batches; what it has not taken over is given again after a
 * restart, so each event arrives at least once. Only features may not: they are not recorded, and
 * of a stretch that a resume books again, up to a snapshot, they are left out. In a replay as fast
 * as possible the engine waits for the slowest sink. At real pace it never does: what a sink is
 * too slow for is left out, and a QN_EVENT_GAP stands in its place. */
#ifndef QUOIN_SINK_H
#define QUOIN_SINK_H

#include <quoin/decision.h>
#include <quoin/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_KIND_SINK "qn.sink/1"

/* What a sink is started with. Host-owned; lives until stop has returned. qn_setup has all
 * instruments of the run: events name them by number. The counts are the lengths of the arrays,
 * "host" included. */
typedef struct qn_sink_start {
    uint32_t size;
    uint32_t nstrategies;
    const char *run_id;
    const char *const *strategies; /* ids by number; 0 is "host" */
    const char *const *features;   /* names by number: "vol.ewma" */
    const char *const *modules;    /* ids of risk modules by number; 0 is "host" */
    uint32_t nfeatures;
    uint32_t nmodules;
    uint64_t cursor; /* the first event has a higher sequence number than this; 0 = a new run */
} qn_sink_start;

/* Events in their order, each at qn_event_room() bytes behind the one before. A feature has the
 * sequence number of its cause and follows it at once; a batch never parts them. */
typedef struct qn_batch {
    uint32_t size;
    uint32_t nevents;
    const void *events; /* 8-byte aligned, borrowed for the call */
    uint64_t nbytes;
    uint64_t first_seq, last_seq;
} qn_batch;

typedef struct qn_sink {
    uint32_t size;
    uint32_t rsv0;
    /* Begin: open files, connect. On error the run does not start. */
    int32_t (*start)(void *self, const qn_sink_start *start, qn_err *err); /* [control & !active] */
    /* Take a batch over. On QN_OK the cursor moves behind it. On error the host logs the reason,
     * and gives the same batch again after a pause that grows to 5 s; when the run ends it tries
     * once more, and then the run has failed. */
    int32_t (*write)(void *self, const qn_batch *batch, qn_err *err); /* [io] */
    /* The last batch was given: flush and close. QN_OK, or what could not be written. */
    int32_t (*stop)(void *self, qn_err *err); /* [io] */
} qn_sink;

#ifdef __cplusplus
}
#endif
#endif
