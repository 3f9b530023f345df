/* SPDX-License-Identifier: MIT */
#include <quoin/sdk/signal.h>

#include <quoin/sdk/decimal.h>

#include <math.h>

static int sign_of(double x)
{
    return (x > 0.0) - (x < 0.0);
}

static int is_new(const qn_signal_gate *gate, const qn_signal *signal, double step, int64_t repeat)
{
    if (!gate->has_spoken) return signal->strength != 0.0;
    if (sign_of(signal->strength) != sign_of(gate->strength)) return 1;
    if (fabs(signal->strength - gate->strength) > step) return 1;
    if (fabs(signal->confidence - gate->confidence) > step) return 1;
    return repeat > 0 && gate->silent >= repeat;
}

int qn_signal_say(qn_signal_gate *gate, const qn_out *out, uint32_t instrument, qn_signal signal,
                  double step, int64_t repeat)
{
    gate->silent++;
    if (!is_new(gate, &signal, step, repeat)) return 0;
    *gate = (qn_signal_gate){
        .strength = signal.strength, .confidence = signal.confidence, .has_spoken = 1};
    qn_out_signal(out, instrument, signal);
    return 1;
}

int64_t qn_stop_price(const qn_instrument *instrument, int64_t price, double distance, int side)
{
    double whole = ceil(distance);
    int64_t tick = instrument->tick_size;
    int64_t at;

    if (!(whole >= 0.0 && whole < 0x1p62)) return 0;
    if (side > 0) {
        at = price - (int64_t)whole;
        return at > 0 ? qn_floor_to(at, tick) : 0;
    }
    if (__builtin_add_overflow(price, (int64_t)whole, &at) || at <= 0 || at > INT64_MAX - tick)
        return 0;
    return qn_ceil_to(at, tick);
}
