/* SPDX-License-Identifier: MIT
 *
 * Signals of a strategy that looks at every bar: pushed when they say something new.
 *
 * A signal holds until the next one, so pushing the same opinion on every bar tells nobody
 * anything and fills the journal. What is new: another sign, a strength or confidence that moved
 * by more than `step`, or the same opinion after `repeat` bars. Signals that are pushed while the
 * host still warms the instance up are not taken, and it is not told so: without `repeat` an
 * instance that warms up longer than it must would stay unheard until it changes its mind. */
#ifndef QUOIN_SDK_SIGNAL_H
#define QUOIN_SDK_SIGNAL_H

#include <quoin/sdk/strategy.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What was said last of an instrument. All zero = nothing yet. */
typedef struct qn_signal_gate {
    double strength, confidence; /* as pushed last */
    int64_t silent;              /* bars since then, or since the start */
    int64_t has_spoken;          /* 1 = something was pushed */
} qn_signal_gate;

#define QN_FIELDS_OF_GATE(type, member)                                                            \
    QN_FIELD(type, member.strength), QN_FIELD(type, member.confidence),                            \
        QN_FIELD(type, member.silent), QN_FIELD(type, member.has_spoken)

/* Once a bar: push `signal` (header filled in here) if it says something new. Before the first one
 * a strength of 0 is nothing new. A signal that is refused counts as said: it would be refused
 * again. step >= 0; repeat in bars, 0 = never. Returns 1 if it was pushed. [event & active] */
int qn_signal_say(qn_signal_gate *gate, const qn_out *out, uint32_t instrument, qn_signal signal,
                  double step, int64_t repeat);

/* The price that lies `distance` >= 0 (mantissa) from `price`, below it for side > 0 and above it
 * for side < 0, at the tick that is further away: a stop. 0, which is none, where there is no such
 * price: at or below zero, too large, or a distance that is not finite. */
int64_t qn_stop_price(const qn_instrument *instrument, int64_t price, double distance, int side);

#ifdef __cplusplus
}
#endif
#endif
