/* SPDX-License-Identifier: MIT
 *
 * Writes the workload as CSV: bench_generate bars|trades MINUTES > FILE */
#include "workload.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRICE(p) (p) / 4, (int)((p) % 4 * 25)
#define QTY(q) (q) / 1000, (int)((q) % 1000)
#define PRICE_FORMAT "%" PRId64 ".%02d"
#define QTY_FORMAT "%" PRId64 ".%03d"

static void put_bar(const workload_bar *b)
{
    printf("%" PRId64 "," PRICE_FORMAT "," PRICE_FORMAT "," PRICE_FORMAT "," PRICE_FORMAT
           "," QTY_FORMAT "\n",
           b->ts_ms, PRICE(b->open), PRICE(b->high), PRICE(b->low), PRICE(b->close),
           QTY(b->volume));
}

static void put_trade(const workload_trade *t)
{
    printf("%" PRIu32 ",%" PRId64 "," PRICE_FORMAT "," QTY_FORMAT ",%d\n", t->id, t->ts_ms,
           PRICE(t->price), QTY(t->qty), t->is_buyer_maker);
}

int main(int argc, char **argv)
{
    workload w = workload_begin();
    workload_trade trades[WORKLOAD_TRADES];
    workload_bar bar;
    bool is_bars = argc == 3 && strcmp(argv[1], "bars") == 0;
    long minutes = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

    if (minutes <= 0 || (!is_bars && strcmp(argv[1], "trades") != 0)) {
        fputs("usage: bench_generate bars|trades MINUTES > FILE\n", stderr);
        return 2;
    }
    puts(is_bars ? "ts_ms,open,high,low,close,volume" : "id,ts_ms,price,qty,is_buyer_maker");
    for (long i = 0; i < minutes; i++) {
        workload_next(&w, trades, &bar);
        if (is_bars) put_bar(&bar);
        for (int k = 0; !is_bars && k < WORKLOAD_TRADES; k++)
            put_trade(&trades[k]);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
