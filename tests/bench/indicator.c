/* SPDX-License-Identifier: MIT
 *
 * What an indicator costs: bench_indicator NAME prints ns of CPU a value, the best of seven walks
 * over a million bars. */
#include <quoin/sdk/indicator.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#define BARS 1000000

static struct {
    int64_t high, low, close;
} bars[BARS];

static char memory[4096] __attribute__((aligned(16)));

static void *take(qn_ctx *ctx, uint64_t n, uint64_t align)
{
    (void)ctx;
    (void)align;
    return n <= sizeof memory ? memory : NULL;
}

static const qn_host host = {.size = sizeof host, .abi = QN_ABI, .alloc = take};
static const qn_setup setup = {.size = sizeof setup, .host = &host};

static void generate(void)
{
    uint64_t x = 1;
    int64_t price = INT64_C(4000000000000); /* 40,000 at 10^-8, with steps of up to 10 */

    for (int i = 0; i < BARS; i++) {
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        price += (int64_t)(x >> 33) - (INT64_C(1) << 30);
        bars[i].close = price;
        bars[i].high = price + (int64_t)(x >> 40);
        bars[i].low = price - (int64_t)(x >> 41);
    }
}

/* Each walk returns something of its last value, so that none is left out. */
static double walk_ema(void)
{
    qn_ema e;

    qn_ema_init(&e, 20, NULL);
    for (int i = 0; i < BARS; i++)
        qn_ema_push(&e, (double)bars[i].close);
    return e.value;
}

static double walk_ewma(void)
{
    qn_ewma e;

    qn_ewma_init(&e, 0.94, 0, NULL);
    for (int i = 0; i < BARS; i++)
        qn_ewma_push(&e, bars[i].close);
    return e.sum;
}

static double walk_atr(void)
{
    qn_atr a;

    qn_atr_init(&a, 14, NULL);
    for (int i = 0; i < BARS; i++)
        qn_atr_push(&a, bars[i].high, bars[i].low, bars[i].close);
    return a.value;
}

static double walk_dmi(void)
{
    qn_dmi d;

    qn_dmi_init(&d, 14, NULL);
    for (int i = 0; i < BARS; i++)
        qn_dmi_push(&d, bars[i].high, bars[i].low, bars[i].close);
    return d.adx;
}

static double walk_rolling(void)
{
    qn_rolling r = {0};

    qn_rolling_init(&r, &setup, 20, 0, NULL);
    for (int i = 0; i < BARS; i++)
        qn_rolling_push(&r, bars[i].close);
    return qn_rolling_mean(&r);
}

static double walk_zscore(void)
{
    qn_rolling r = {0};
    double sum = 0.0;

    qn_rolling_init(&r, &setup, 20, 0, NULL);
    for (int i = 0; i < BARS; i++)
        if (qn_rolling_push(&r, bars[i].close)) sum += qn_rolling_zscore(&r);
    return sum;
}

static const struct {
    const char *name;
    double (*walk)(void);
} rows[] = {{"ema", walk_ema}, {"ewma", walk_ewma},       {"atr", walk_atr},
            {"dmi", walk_dmi}, {"rolling", walk_rolling}, {"zscore", walk_zscore}};

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    volatile double kept = 0.0;
    double best = 0.0;
    size_t i = 0;

    while (argc == 2 && i < sizeof rows / sizeof rows[0] && strcmp(rows[i].name, argv[1]) != 0)
        i++;
    if (argc != 2 || i == sizeof rows / sizeof rows[0]) {
        fprintf(stderr, "bench_indicator ema | ewma | atr | dmi | rolling | zscore\n");
        return 2;
    }
    generate();
    for (int k = 0; k < 7; k++) {
        double before = cpu_ns();
        kept = rows[i].walk();
        double ns = (cpu_ns() - before) / BARS;
        if (k == 0 || ns < best) best = ns;
    }
    (void)kept;
    printf("%.6f\n", best);
    return 0;
}
