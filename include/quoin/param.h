/* SPDX-License-Identifier: MIT
 *
 * Parameters: one static table a class. It drives the check of the config, --help, the
 * reference documentation, a tuner's search space and changes while running.
 *
 * The host reads the config's text, checks type and range, and writes the value into the
 * instance at `offset` before the class is created. Values are stored plain, never scaled
 * or normalised. The meaning of a key never changes; a new meaning is a new key. */
#ifndef QUOIN_PARAM_H
#define QUOIN_PARAM_H

#include <quoin/number.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(number, NAME, C type of the slot, how the config writes it) */
#define QN_PARAM_TYPE_LIST(X)                                                                      \
    X(1, I64, int64_t, "whole number")                                                             \
    X(2, F64, double, "number")                                                                    \
    X(3, BOOL, int64_t, "true or false")                                                           \
    X(4, ENUM, int64_t, "one of its labels; the slot holds the label's place, from 0")             \
    X(5, STRING, qn_str, "text")                                                                   \
    X(6, DURATION, int64_t, "\"250ms\", \"1m\", \"4h\", \"1d\"; the slot holds ns")                \
    X(7, DECIMAL, qn_decimal, "exact decimal, \"0.001\": a price or a quantity")                   \
    X(8, RATIO, int64_t, "ratio, up to 8 places; the slot holds 10^-8")                            \
    X(9, BPS, int64_t, "basis points, up to 8 places; the slot holds 10^-8 basis points")          \
    X(10, PATH, qn_str, "path, relative to the config file")                                       \
    X(11, SECRET, qn_str, "name of a secret; the value never reaches a log or a file")

#define QN_PARAM_ENUM(number, NAME, type, text) QN_PARAM_TYPE_##NAME = (number),
enum { QN_PARAM_TYPE_LIST(QN_PARAM_ENUM) QN_PARAM_TYPES = 12 };
#undef QN_PARAM_ENUM

/* Flags.
 *
 * LIVE: an operator may set the parameter while a run goes on. Between two events the host makes a
 * new instance with the value: slots filled, create, load of the state that the instance before has
 * saved. After load it writes the values that were set into their slots once more, so that a state
 * which holds a parameter (because a command changes it) does not undo the set. What that asks of a
 * class:
 *   - it saves its state, or says QN_CLASS_STATELESS;
 *   - the value decides neither size nor layout of the state, and load takes a state that was saved
 *     with another value;
 *   - what create computes from the value is computed from it again, and is not in the state; load
 *     does not compute from a parameter that is in the state;
 *   - the value does not change what was asked for at the start: lookback, names of features,
 *     history of an optimizer;
 *   - create sets no timers that it counts on: those of the instance before are there, and one that
 *     takes over gets no others. */
#define QN_PARAM_REQUIRED 1u /* no default: the config must give it */
#define QN_PARAM_OPTIONAL 2u /* may be absent: the slot is then zero */
#define QN_PARAM_LIVE 4u     /* may change while events flow: above */
#define QN_PARAM_ADVANCED 8u /* left out of short help */

/* One parameter. Bounds and default are text, parsed by the parameter's type; NULL = none.
 * Exactly one of: a default, QN_PARAM_REQUIRED, QN_PARAM_OPTIONAL. */
typedef struct qn_param {
    uint32_t size;
    uint32_t type;   /* QN_PARAM_TYPE_ */
    uint32_t flags;  /* QN_PARAM_ */
    uint32_t offset; /* of the slot in the instance, bytes; aligned for the slot's type */
    const char *key;
    const char *unit; /* "bars", "fraction"; "" = none */
    const char *doc;  /* one sentence */
    const char *def;
    const char *min, *max;
    struct {
        const char *lo, *hi, *step;
    } search;             /* a tuner's range; all NULL = not searched */
    const char *labels;   /* QN_PARAM_TYPE_ENUM: "reverse|long_flat" */
    const char *since;    /* version of the class that added it; NULL = its first */
    const char *replaced; /* key that replaces this deprecated one; NULL = not deprecated */
} qn_param;

/* A row of the table: QN_PARAM(sma, fast, I64, "bars", "length of the fast average",
 *                              .def = "10", .min = "1", .search = {"2", "60", "1"}) */
#define QN_PARAM(instance, member, TYPE, unit_, doc_, ...)                                         \
    {                                                                                              \
        .size = sizeof(qn_param), .type = QN_PARAM_TYPE_##TYPE,                                    \
        .offset = (uint32_t)offsetof(instance, member), .key = #member, .unit = unit_,             \
        .doc = doc_, __VA_ARGS__                                                                   \
    }

#ifdef __cplusplus
}
#endif
#endif
