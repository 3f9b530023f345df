/* SPDX-License-Identifier: MIT
 *
 * What the same work costs with nothing around it: the yardsticks of the benchmarks.
 *
 *   bench_floor plain          ns of CPU a bar: the strategy inlined into its loop
 *   bench_floor so PLUGIN      the same, the strategy in a shared object, called by a table
 *   bench_floor csv FILE       ns of CPU a row: reading a CSV of numbers by hand
 *   bench_floor aggregate      ns of CPU a trade: trades in memory to bars
 *   bench_floor walk SIZE      ns of CPU an event: touching a million events of SIZE bytes
 *   bench_floor call           ns a call of an empty handler, direct
 *   bench_floor nothing        start and end
 *   bench_floor spin MS        share of the time that a spinning core loses in gaps > 1 us
 *
 * Each prints one number. The first two check that they came to the right books. */
#include "floor.h"

#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REPEATS 5 /* of which the best counts: the floor is what is possible */

static double clock_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void *room(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (p) return p;
    fputs("bench_floor: out of memory\n", stderr);
    exit(1);
}

/* ------------------------------------------------------------------ the bar workload */

typedef struct outcome {
    long fills;
    double equity;
} outcome;

static inline __attribute__((always_inline)) outcome backtest(const floor_bar *bars,
                                                              const floor_strategy *table)
{
    floor_sma sma = {0};
    double cash = WORKLOAD_CASH;
    int position = 0;
    int order = 0;
    long fills = 0;

    for (long i = 0; i < WORKLOAD_BARS; i++) {
        if (order) {
            cash -= order * bars[i].open + bars[i].open * WORKLOAD_FEE;
            position += order;
            fills++;
        }
        order = table ? table->on_bar(&sma, &bars[i], position)
                      : floor_sma_on_bar(&sma, &bars[i], position);
    }
    return (outcome){fills, cash + position * bars[WORKLOAD_BARS - 1].close};
}

static __attribute__((noinline)) outcome backtest_plain(const floor_bar *bars)
{
    return backtest(bars, NULL);
}

static __attribute__((noinline)) outcome backtest_table(const floor_bar *bars,
                                                        const floor_strategy *table)
{
    return backtest(bars, table);
}

static floor_bar *make_bars(void)
{
    floor_bar *bars = room(WORKLOAD_BARS, sizeof *bars);
    workload w = workload_begin();
    workload_trade trades[WORKLOAD_TRADES];
    workload_bar b;

    for (long i = 0; i < WORKLOAD_BARS; i++) {
        workload_next(&w, trades, &b);
        bars[i] = (floor_bar){b.ts_ms,           (double)b.open / 4,  (double)b.high / 4,
                              (double)b.low / 4, (double)b.close / 4, (double)b.volume / 1000};
    }
    return bars;
}

static double run_bars(const char *plugin)
{
    floor_bar *bars = make_bars();
    void *library = plugin ? dlopen(plugin, RTLD_NOW | RTLD_LOCAL) : NULL;
    const floor_strategy *table = library ? dlsym(library, "floor_entry") : NULL;
    double best = INFINITY;

    if (plugin && !table) {
        fprintf(stderr, "bench_floor: %s\n", dlerror());
        exit(1);
    }
    for (int i = 0; i < REPEATS; i++) {
        double before = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
        outcome o = plugin ? backtest_table(bars, table) : backtest_plain(bars);
        best = fmin(best, clock_ns(CLOCK_PROCESS_CPUTIME_ID) - before);
        if (o.fills != WORKLOAD_FILLS || fabs(o.equity - WORKLOAD_EQUITY) > 1e-4) {
            fprintf(stderr, "bench_floor: %ld fills, equity %.4f\n", o.fills, o.equity);
            exit(1);
        }
    }
    free(bars);
    return best / WORKLOAD_BARS;
}

/* ------------------------------------------------------------------ reading and aggregating */

static volatile int64_t keep; /* so that what is measured is not optimised away */

/* Reads "[digits][.digits]" as an integer and steps over what ends it. */
static inline const char *number(const char *at, int64_t *out)
{
    int64_t value = 0;

    for (; *at >= '.' && *at <= '9'; at++)
        if (*at != '.') value = value * 10 + (*at - '0');
    *out = value;
    return at + 1;
}

static double run_csv(const char *path)
{
    FILE *f = fopen(path, "rb");
    size_t size = 0;
    char *text = NULL;
    double best = INFINITY;
    long rows = 0;

    if (!f || fseek(f, 0, SEEK_END) != 0 || ftell(f) <= 0) {
        fprintf(stderr, "bench_floor: cannot read %s\n", path);
        exit(1);
    }
    size = (size_t)ftell(f);
    rewind(f);
    text = room(size + 1, 1);
    for (int i = 0; i < REPEATS; i++, rewind(f)) {
        double before = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
        size_t got = fread(text, 1, size, f);
        int64_t sum = 0;
        rows = 0;
        for (const char *at = strchr(text, '\n') + 1; at < text + got; rows++) {
            for (int field = 0; field < 6; field++) {
                int64_t value;
                at = number(at, &value);
                sum += value;
            }
        }
        keep = sum;
        best = fmin(best, clock_ns(CLOCK_PROCESS_CPUTIME_ID) - before);
    }
    fclose(f);
    free(text);
    return best / (double)rows;
}

static double run_aggregate(void)
{
    const long n = (long)WORKLOAD_BARS * WORKLOAD_TRADES;
    workload_trade *trades = room((size_t)n, sizeof *trades);
    workload_bar *bars = room(WORKLOAD_BARS + 1, sizeof *bars);
    workload w = workload_begin();
    workload_bar b;
    double best = INFINITY;

    for (long i = 0; i < WORKLOAD_BARS; i++)
        workload_next(&w, trades + i * WORKLOAD_TRADES, &b);
    for (int i = 0; i < REPEATS; i++) {
        double before = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
        workload_bar *bar = bars;
        int64_t end = 0;
        for (long k = 0; k < n; k++) {
            const workload_trade *t = &trades[k];
            if (t->ts_ms >= end) {
                end = t->ts_ms - t->ts_ms % WORKLOAD_MINUTE_MS + WORKLOAD_MINUTE_MS;
                *++bar = (workload_bar){end, t->price, t->price, t->price, t->price, 0};
            }
            if (t->price > bar->high) bar->high = t->price;
            if (t->price < bar->low) bar->low = t->price;
            bar->close = t->price;
            bar->volume += t->qty;
        }
        keep = bar - bars;
        best = fmin(best, clock_ns(CLOCK_PROCESS_CPUTIME_ID) - before);
    }
    free(trades);
    free(bars);
    return best / (double)n;
}

static double run_walk(size_t size)
{
    const long n = WORKLOAD_BARS;
    char *events = room((size_t)n, size);
    double best = INFINITY;

    memset(events, 1, (size_t)n * size);
    for (int i = 0; i < REPEATS; i++) {
        double before = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
        int64_t sum = 0;
        for (long k = 0; k < n; k++) {
            int64_t words[2];
            memcpy(&words[0], events + (size_t)k * size, 8);
            memcpy(&words[1], events + (size_t)(k + 1) * size - 8, 8);
            sum += words[0] ^ words[1];
        }
        keep = sum;
        best = fmin(best, clock_ns(CLOCK_PROCESS_CPUTIME_ID) - before);
    }
    free(events);
    return best / (double)n;
}

/* ------------------------------------------------------------------ calls and time */

static __attribute__((noinline)) void handler(int64_t *state, const int64_t *event)
{
    *state = *event;
}

static double run_call(void)
{
    const long n = 100000000;
    double before = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    int64_t state = 0;

    for (int64_t i = 0; i < n; i++)
        handler(&state, &i);
    keep = state;
    return (clock_ns(CLOCK_PROCESS_CPUTIME_ID) - before) / (double)n;
}

static double run_spin(double ms)
{
    double begin = clock_ns(CLOCK_MONOTONIC);
    double last = begin;
    double lost = 0;

    while (last - begin < ms * 1e6) {
        double now = clock_ns(CLOCK_MONOTONIC);
        if (now - last > 1000) lost += now - last;
        last = now;
    }
    return lost / (last - begin);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    const char *with = argc > 2 ? argv[2] : "";
    double result = 0;

    if (strcmp(what, "plain") == 0)
        result = run_bars(NULL);
    else if (strcmp(what, "so") == 0)
        result = run_bars(with);
    else if (strcmp(what, "csv") == 0)
        result = run_csv(with);
    else if (strcmp(what, "aggregate") == 0)
        result = run_aggregate();
    else if (strcmp(what, "walk") == 0)
        result = run_walk(strtoul(with, NULL, 10));
    else if (strcmp(what, "call") == 0)
        result = run_call();
    else if (strcmp(what, "spin") == 0)
        result = run_spin(strtod(with, NULL));
    else if (strcmp(what, "nothing") != 0)
        return 2;
    printf("%.6f\n", result);
    return 0;
}
