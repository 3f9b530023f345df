/* SPDX-License-Identifier: MIT
 *
 * One sink's side of the bus: its ring, its thread. Only bus*.c sees this. */
#ifndef QUOIN_ENGINE_BUS_LANE_H
#define QUOIN_ENGINE_BUS_LANE_H

#include "base/ring.h"
#include "bus.h"

#include <pthread.h>

typedef struct lane {
    bus_sink sink;
    const bus_options *options;
    uint32_t number;
    bool is_started; /* the sink was started */
    bool has_thread;
    qn_sink_start start;

    /* the engine's thread */
    ring_writer writer;
    uint64_t put;      /* number of the last record put or left out; at first the cursor */
    uint64_t missed;   /* all that were left out */
    uint64_t gap;      /* those left out since the last one that was put; 0 = none */
    qn_gap gap_record; /* that will tell of them; when the stream ends the sink's thread takes it */

    /* the sink's thread */
    pthread_t thread;
    ring_reader reader;
    unsigned char *batch;
    uint64_t batch_room; /* BUS_BATCH and the largest group, which is a ring */
    uint64_t batch_bytes;
    uint32_t batch_events;
    uint64_t first_seq, last_seq;
    uint64_t saved;
    _Atomic uint64_t cursor; /* the engine looks at it */
    int64_t save_at;         /* steady clock */
    bool is_failing;         /* the last try to write failed, and the log says so */
    bool is_unsaved;         /* the same of the cursor */
    bool is_frozen;          /* the cursor is not stored any more */
    int32_t code;            /* what the thread ended with */
    qn_err err;

    /* both */
    _Atomic uint32_t failures; /* tries in a row that failed: a full ring is not waited for long */
    pthread_mutex_t
        lock; /* of is_ending, has_change, change, and of the engine's members once it is set */
    pthread_cond_t wake; /* is_ending was set */
    bool is_ending;
    bool has_change;
    bus_change change;
    ring_shared shared;
} lane;

/* The thread of a lane; the argument is the lane. */
void *lane_run(void *arg);

#endif
