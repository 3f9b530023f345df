/* SPDX-License-Identifier: MIT
 *
 * Records as text: one table of all event and decision types, from which the JSON of a sink, the
 * lines of `quoin journal show` and the check of bytes that come from a file are made.
 *
 * A record is a qn_event with its body, 8-byte aligned. Bytes of unknown origin go through
 * qn_record_check first; the writers below then never read beyond the record. */
#ifndef QUOIN_SDK_RECORD_H
#define QUOIN_SDK_RECORD_H

#include <quoin/decision.h>
#include <quoin/error.h>
#include <quoin/instrument.h>
#include <quoin/sdk/text.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a member holds, which says how it is checked and written. X(NAME, bytes, how JSON has it) */
#define QN_HOLDS_LIST(X)                                                                           \
    X(TIME, 8, "time")                                                                             \
    X(NS, 8, "number: nanoseconds")                                                                \
    X(PRICE, 8, "decimal string, by the instrument's price_exp")                                   \
    X(QTY, 8, "decimal string, by the instrument's qty_exp")                                       \
    X(MONEY, 8, "decimal string, by the instrument's money_exp")                                   \
    X(RATE, 8, "decimal string")                                                                   \
    X(COUNT, 8, "number")                                                                          \
    X(NUMBER, 4, "number")                                                                         \
    X(REAL, 8, "number, null if it is not finite")                                                 \
    X(ORDER_ID, 8, "string: strategy, dash, counter")                                              \
    X(STRATEGY, 4, "string: id")                                                                   \
    X(MODULE, 4, "string: id")                                                                     \
    X(FEATURE, 4, "string: name")                                                                  \
    X(INSTRUMENT, 4, "string: name")                                                               \
    X(BOOL, 4, "true or false")                                                                    \
    X(SIDE, 4, "buy, sell")                                                                        \
    X(LIQUIDITY, 4, "maker, taker")                                                                \
    X(STATE, 4, "name of an order state")                                                          \
    X(REASON, 4, "name of a reason")                                                               \
    X(ORDER_TYPE, 4, "market, limit, stop")                                                        \
    X(TIF, 4, "gtc, ioc, gtd")                                                                     \
    X(ACTION, 4, "allow, reduce, reject")                                                          \
    X(INTENT, 4, "signal, target, order, cancel, modify")                                          \
    X(ORDER_FLAGS, 4, "array of reduce_only, post_only, close_out")                                \
    X(STAGE, 4, "array of intent, order")                                                          \
    X(CODE, 4, "name of an error, QN_OK")                                                          \
    X(REALS, 0, "array of numbers")                                                                \
    X(READS, 0, "array of objects: feature, instrument, value")                                    \
    X(BYTES, 0, "string of hex digits")                                                            \
    X(HASH, 0, "string of hex digits")                                                             \
    X(TEXT, 0, "string")                                                                           \
    X(RELOAD_STEP, 4, "shadow, commit, keep, rollback, refuse")                                    \
    X(RELOAD_MODE, 4, "refactor, tune, force")                                                     \
    X(COMMAND, 4, "halt, resume, cancel, flatten, stop, reload, promote, rollback")                \
    X(FAULT, 4, "crashed, died, hung, strikes, quarantined")                                       \
    X(FAULT_ACTION, 4, "hold, flatten, halt, stale")                                               \
    X(FAULT_PLACE, 4, "between, before, within, behind")                                           \
    X(HIDDEN, 0, "not written: it is a copy of another member, or a size")

#define QN_HOLDS_ENUM(NAME, bytes, json) QN_HOLDS_##NAME,
enum { QN_HOLDS_NOTHING, QN_HOLDS_LIST(QN_HOLDS_ENUM) QN_HOLDS_KINDS };
#undef QN_HOLDS_ENUM

/* Flags of a field. */
#define QN_RECORD_NONE_0 1u   /* 0 = there is none: null in JSON, left out of a line */
#define QN_RECORD_NEVER 2u    /* INT64_MAX = never: the same */
#define QN_RECORD_QUIET 4u    /* 0 is left out of a line */
#define QN_RECORD_AS_GIVEN 8u /* as an untrusted plugin gave it: any value passes the check */

/* One member of a record, the header's left out. */
typedef struct qn_record_field {
    const char *name;      /* the key in JSON; a member of a nested struct stands for itself */
    uint32_t offset;       /* in the record, bytes */
    uint32_t bytes;        /* of the member */
    uint32_t holds;        /* QN_HOLDS_ */
    uint32_t flags;        /* QN_RECORD_ */
    uint32_t count_offset; /* REALS, READS, BYTES: of the uint32_t that says how many are in use;
                            * TEXT ends with a NUL, of a HASH all bytes count */
    uint32_t rsv0;
} qn_record_field;

/* One type of record. */
typedef struct qn_record_row {
    const char *name;    /* "fill" */
    const char *meaning; /* from QN_EVENT_LIST */
    uint32_t size;       /* of the struct, bytes */
    uint32_t nfields;
    const qn_record_field *fields;
} qn_record_row;

/* The row of a type; NULL for a number that is no type. Static. [any] */
const qn_record_row *qn_record_row_of(uint32_t type);

/* Name of a type, "?" for none; its size, 0 for none; the type of a name, 0 for none. [any] */
const char *qn_record_name(uint32_t type);
uint32_t qn_record_size(uint32_t type);
uint32_t qn_record_type_named(const char *name, uint64_t len);

/* Whether records of this type go to the journal: all but market events, which the tape has, and
 * features, which follow from them. [any] */
int32_t qn_record_is_journaled(uint32_t type);

/* Whether the `nbytes` bytes at `ev` begin with a whole record that can be relied on: a known
 * type, the size of its type, every number of a list within it, no more items than there is room
 * for. What plugins wrote stays as they wrote it (QN_RECORD_AS_GIVEN), and prices, quantities and
 * numbers of instruments are any. [any]
 *
 * returns QN_OK; QN_E_DAMAGED, and *err (may be NULL) says what is wrong */
int32_t qn_record_check(const qn_event *ev, uint64_t nbytes, qn_err *err);

/* What numbers stand for; a sink has it all from its qn_setup and qn_sink_start. Borrowed. A number
 * without a name is written as a number, and so is a price or a quantity whose instrument is not
 * known: its mantissa. All zero is fine. */
typedef struct qn_record_names {
    const qn_instrument *const *instruments;                 /* by number */
    const char *const *strategies;                           /* by number; 0 is "host" */
    const char *const *modules;                              /* by number; 0 is "host" */
    const char *const *features;                             /* by number */
    uint32_t ninstruments, nstrategies, nmodules, nfeatures; /* lengths of the arrays */
} qn_record_names;

/* Room that is enough for any record, with names of up to 64 bytes. */
#define QN_RECORD_TEXT 4096u

/* Append a record as one JSON object without a line break:
 *
 *   {"seq":7,"ts":"2020-01-01T00:00:00.000000000Z","type":"fill","instrument":"BTCUSDT.sim",...}
 *
 * seq, ts, type, instrument (null for none), "flags" where the header has any, then the members in
 * the order of the struct, all of them, null where there is none.
 *
 * ev       a record that qn_record_check accepts
 * returns  QN_OK; QN_E_FULL if there is no room, *to is then as before                  [any] */
int32_t qn_record_json(qn_text *to, const qn_event *ev, const qn_record_names *names);

/* Append a record as a line for people, without the line break:
 *
 *   2020-01-01T00:05:00Z  #1234  fill  BTCUSDT.binance  order_id=sma-17 price=30000.25 qty=0.5 ...
 *
 * The members of the JSON, but for those that are none or add nothing. Returns as above. [any] */
int32_t qn_record_text(qn_text *to, const qn_event *ev, const qn_record_names *names);

/* Append an order's id as records have it: "sma-17"; "3-17" for a strategy without a name. [any] */
void qn_record_order_id(qn_text *to, uint64_t id, const qn_record_names *names);

#ifdef __cplusplus
}
#endif
#endif
