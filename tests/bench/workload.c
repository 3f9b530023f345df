/* SPDX-License-Identifier: MIT */
#include "workload.h"

workload workload_begin(void)
{
    return (workload){
        .state = UINT64_C(0x5DEECE66D2024), .ts_ms = INT64_C(1577836800000), .price = 200000};
}

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* One number makes a trade: the step is its remainder, at most 480 / 2^20 of the price, rounded
 * towards zero; quantity, time and side are bits of it. */
static workload_trade next_trade(workload *w, int place)
{
    const int64_t slice = WORKLOAD_MINUTE_MS / WORKLOAD_TRADES;
    uint64_t r = splitmix64(&w->state);
    int64_t step = (int64_t)(r % 961) - 480;

    w->price += w->price * step / (1 << 20);
    return (workload_trade){.ts_ms =
                                w->ts_ms + place * slice + (int64_t)((r >> 32) % (uint64_t)slice),
                            .price = w->price,
                            .qty = 1 + (int64_t)((r >> 20) % 2000),
                            .is_buyer_maker = (int32_t)((r >> 50) & 1),
                            .id = ++w->id};
}

void workload_next(workload *w, workload_trade trades[WORKLOAD_TRADES], workload_bar *bar)
{
    for (int i = 0; i < WORKLOAD_TRADES; i++) {
        workload_trade *t = &trades[i];
        *t = next_trade(w, i);
        if (i == 0) *bar = (workload_bar){w->ts_ms, t->price, t->price, t->price, t->price, 0};
        if (t->price > bar->high) bar->high = t->price;
        if (t->price < bar->low) bar->low = t->price;
        bar->close = t->price;
        bar->volume += t->qty;
    }
    w->ts_ms += WORKLOAD_MINUTE_MS;
}
