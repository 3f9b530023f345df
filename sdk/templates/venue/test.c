/* SPDX-License-Identifier: MIT
 *
 * Tests of PLUGIN_NAME on the bench: test build/PLUGIN_NAME.so */
#include <quoin/bench.h>

static int it_fills_at_the_next_open(const char *module, int reloads)
{
    qn_bench *b = qn_bench_new();
    qn_order market, limit, canceled;

    qn_bench_set(b, "fee", "10");
    qn_bench_open(b, module);
    qn_bench_start(b);
    qn_bench_reload_always(b, reloads);
    market = qn_bench_order(b, 0, QN_BUY, "2", NULL);
    limit = qn_bench_order(b, 0, QN_BUY, "1", "99");
    canceled = qn_bench_order(b, 0, QN_SELL, "1", NULL);
    qn_bench_submit(b, &market);
    qn_bench_submit(b, &limit);
    qn_bench_submit(b, &canceled);
    qn_bench_cancel(b, canceled.id);
    qn_bench_expect(b, "#0 report 1099511627777 ACCEPTED\n"
                       "#0 report 1099511627778 REJECTED UNSUPPORTED\n"
                       "#0 report 1099511627779 ACCEPTED\n"
                       "#0 report 1099511627779 CANCELED REQUESTED\n");
    qn_bench_bar(b, 0, QN_NS_PER_S, "100 102 99 101");
    qn_bench_bar(b, 0, QN_NS_PER_S, "101");
    qn_bench_expect(b, "#1 fill 1099511627777 2 at 100 fee 0.2 taker\n"); /* 10 bps of 200 */
    return qn_bench_end(b);
}

/* An order that is sent while a bar is under way has not seen its open. */
static int it_does_not_fill_in_the_past(const char *module)
{
    qn_bench *b = qn_bench_new();
    qn_order order;

    qn_bench_open(b, module);
    qn_bench_start(b);
    order = qn_bench_order(b, 0, QN_BUY, "1", NULL);
    order.sent_ts = 1;
    qn_bench_submit(b, &order);
    qn_bench_forget(b);
    qn_bench_bar(b, 0, QN_NS_PER_S, "100");
    qn_bench_expect(b, "");
    qn_bench_bar(b, 0, QN_NS_PER_S, "101");
    qn_bench_expect(b, "#2 fill 1099511627777 1 at 101 fee 0.0505 taker\n");
    return qn_bench_end(b);
}

/* A build that takes the place of this one in a run is asked what became of its orders. */
static int it_says_what_became_of_orders(const char *module)
{
    qn_bench *b = qn_bench_new();
    qn_order order;

    qn_bench_open(b, module);
    qn_bench_start(b);
    order = qn_bench_order(b, 0, QN_BUY, "1", NULL);
    qn_bench_submit(b, &order);
    qn_bench_forget(b);
    qn_bench_reload(b);
    qn_bench_query(b, 0, 0, NULL);
    qn_bench_query(b, 0, order.id, "0");
    qn_bench_expect(b, "#0 report 1099511627777 ACCEPTED\n"
                       "#0 report 1099511627777 ACCEPTED\n");
    qn_bench_cancel(b, order.id);
    qn_bench_forget(b);
    qn_bench_query(b, 0, order.id, "0");
    qn_bench_expect(b, "#0 report 1099511627777 UNKNOWN\n");
    return qn_bench_end(b);
}

int main(int argc, char **argv)
{
    const char *module = argc > 1 ? argv[1] : "build/PLUGIN_NAME.so";

    return it_fills_at_the_next_open(module, 0) + it_fills_at_the_next_open(module, 1) +
           it_does_not_fill_in_the_past(module) + it_says_what_became_of_orders(module);
}
