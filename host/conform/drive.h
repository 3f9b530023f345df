/* SPDX-License-Identifier: MIT
 *
 * A bench with the checked class on it, led through a market that is drawn from a seed: bars,
 * trades, quotes, depth, marks, funding, what becomes of the orders it sends, and for each kind
 * what that kind is asked. */
#ifndef QUOIN_CONFORM_DRIVE_H
#define QUOIN_CONFORM_DRIVE_H

#include "internal.h"
#include "shim.h"

#include <quoin/bench.h>

#define DRIVE_SLOTS 2u /* instruments, where the class takes so many */
#define DRIVE_ORDERS 64u

/* An order, child or venue's order that the driver answers for. */
typedef struct drive_order {
    uint64_t id, parent_id;
    uint32_t slot, side;
    int64_t qty, filled;
    uint32_t is_market, is_accepted;
} drive_order;

typedef struct drive {
    qn_bench *b;
    const qn_class *cls;
    unsigned kind;
    uint32_t slots; /* instruments: 1 .. DRIVE_SLOTS */
    uint64_t random;
    uint64_t reload_every; /* steps; 0 = never */
    bool is_hostile;       /* half of the market is not as it should be */
    uint32_t tail;         /* bytes behind each market event that the plugin does not know */
    uint64_t step;
    int64_t price[DRIVE_SLOTS];         /* ticks */
    uint32_t next_output;               /* of the bench's that was not looked at */
    int64_t market_orders[DRIVE_SLOTS]; /* as they were before the event */
    drive_order orders[DRIVE_ORDERS];
    uint32_t norders;
    uint64_t parent; /* that is worked now; 0 = none */
    int64_t parent_qty, parent_filled;
    uint32_t parent_slot, parent_side;
    uint64_t forgotten; /* orders up to this id are not looked at any more */
    uint64_t trades;    /* ids of fills */
    uint32_t ntrials;   /* that are out */
    bool is_searched;   /* the tuner has ended */
    char error[256];    /* the first call that returned an error */
    char insane[256];   /* the first output that makes no sense */
} drive;

/* How many instruments the class is given: two, or one where it refuses two. */
uint32_t drive_slots(const subject *s);

/* Make a bench for the class as the shim shows it: s->slots instruments, an account of 1,000,000
 * USD, a value for each parameter that has no default. Not started. False = out of memory. */
bool drive_open(drive *d, const subject *s, uint64_t seed);

/* Start it. False: it was not, and f says so. */
bool drive_start(drive *d, finding *f);

/* Go on for so many minutes of the market. Ends early after a failure of the bench. */
void drive_go(drive *d, uint64_t steps);

/* End its service (a sink's and a venue's stop) and free everything. */
void drive_close(drive *d);

/* The whole: open, start, go. False: it was not started. */
bool drive_run(drive *d, const subject *s, uint64_t seed, uint64_t steps, finding *f);

/* The first thing that two benches said differently, as a broken rule: `one` and `other` are their
 * names in the sentence. */
void drive_compare(const drive *a, const char *one, const drive *b, const char *other, finding *f);

/* What went wrong by the rules that the bench watches, or NULL. */
const char *drive_failure(const drive *d);

/* Where the class may leave its files; the value of a parameter that must be given. */
void drive_value(const subject *s, const qn_param *p, char to[256]);

/* A value from within a parameter's bounds, of a type that has more than a few. */
void param_draw(const qn_param *p, uint64_t *random, char to[256]);

/* The parts of a step, by kind (drive_kind.c), and of the market (drive_market.c). */
void drive_step_kind(drive *d);
void drive_market(drive *d);

/* Hand over one event of an instrument, header filled in but for size, type and flags. */
void drive_send(drive *d, qn_event *ev, uint16_t size, uint16_t type, uint32_t slot);

/* Look at what it said since the last time, and take its orders in. */
void drive_settle(drive *d);

/* One answer to each order that works: accepted, rejected, canceled, filled whole or in part. */
void drive_answer(drive *d);

/* Fire what is due up to a time. */
void drive_advance(drive *d, int64_t to_ns);

/* Keep an error that a call returned, the first one. */
void drive_returned(drive *d, const char *call, int64_t rc);

/* Draw 0 .. n - 1. */
uint64_t drive_draw(drive *d, uint64_t n);

#endif
