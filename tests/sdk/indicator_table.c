/* SPDX-License-Identifier: MIT
 *
 * Indicators of the bars on standard input, a table on standard output, for a comparison with
 * tables of other libraries. In: a line "high low close" a bar, mantissas. Out: a line of all
 * indicators a bar, "-" where one is not ready. */
#include <quoin/sdk/indicator.h>

#include <inttypes.h>
#include <stdio.h>

static char memory[1 << 16] __attribute__((aligned(16)));
static size_t used;

static void *take(qn_ctx *ctx, uint64_t n, uint64_t align)
{
    char *p = memory + (used + align - 1) / align * align;

    (void)ctx;
    used = (size_t)(p - memory) + n;
    return used <= sizeof memory ? p : NULL;
}

static void print(int is_ready, double value)
{
    if (is_ready)
        printf(" %.17g", value);
    else
        printf(" -");
}

int main(void)
{
    qn_host host = {.size = sizeof host, .abi = QN_ABI, .alloc = take};
    qn_setup setup = {.size = sizeof setup, .host = &host};
    qn_ema ema;
    qn_atr atr;
    qn_dmi dmi;
    qn_rolling rolling;
    int64_t high;
    int64_t low;
    int64_t close;

    if (qn_ema_init(&ema, 20, NULL) != QN_OK || qn_atr_init(&atr, 14, NULL) != QN_OK) return 1;
    if (qn_dmi_init(&dmi, 14, NULL) != QN_OK) return 1;
    if (qn_rolling_init(&rolling, &setup, 20, 0, NULL) != QN_OK) return 1;
    while (scanf("%" SCNd64 " %" SCNd64 " %" SCNd64, &high, &low, &close) == 3) {
        qn_ema_push(&ema, (double)close);
        qn_atr_push(&atr, high, low, close);
        qn_dmi_push(&dmi, high, low, close);
        qn_rolling_push(&rolling, close);
        print(qn_ema_is_ready(&ema), ema.value);
        print(qn_atr_is_ready(&atr), atr.value);
        print(dmi.count > dmi.length, dmi.plus_di);
        print(dmi.count > dmi.length, dmi.minus_di);
        print(qn_dmi_is_ready(&dmi), dmi.adx);
        print(qn_rolling_is_ready(&rolling), qn_rolling_mean(&rolling));
        print(qn_rolling_is_ready(&rolling), qn_rolling_deviation(&rolling));
        printf("\n");
    }
    return 0;
}
