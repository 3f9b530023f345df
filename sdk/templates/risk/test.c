/* SPDX-License-Identifier: MIT
 *
 * Tests of PLUGIN_NAME on the bench: test build/PLUGIN_NAME.so */
#include <quoin/bench.h>

static void ask(qn_bench *b, const char *qty)
{
    qn_proposal p = qn_bench_proposal(b, 0, QN_BUY, qty, NULL);
    int64_t allowed = qn_bench_check(b, &p, NULL);

    qn_bench_verdict(b, &p, allowed);
}

static int it_limits(const char *module)
{
    qn_bench *b = qn_bench_new();

    qn_bench_set(b, "max_notional", "500");
    qn_bench_set(b, "max_orders", "2");
    qn_bench_open(b, module);
    qn_bench_start(b);
    qn_bench_mark(b, 0, "100");
    ask(b, "5");
    ask(b, "5.001");
    qn_bench_reload(b); /* it has not forgotten the first order */
    ask(b, "1");
    ask(b, "1");
    qn_bench_expect(b, "#1 allow TEST.bench 5\n"
                       "#2 reject TEST.bench 0 LIMIT_ORDER_NOTIONAL\n"
                       "#3 allow TEST.bench 1\n"
                       "#4 reject TEST.bench 0 LIMIT_ORDER_RATE\n");
    qn_bench_advance(b, QN_NS_PER_DAY);
    ask(b, "1");
    qn_bench_expect(b, "#5 allow TEST.bench 1\n");
    return qn_bench_end(b);
}

static int it_lets_a_position_go(const char *module)
{
    qn_bench *b = qn_bench_new();

    qn_bench_set(b, "max_orders", "0");
    qn_bench_open(b, module);
    qn_bench_start(b);
    qn_bench_exposure(b, 0)->qty = -3000; /* 3 are short, so a buy of 3 only reduces */
    ask(b, "3");
    ask(b, "3.001");
    qn_bench_expect(b, "#0 allow TEST.bench 3\n"
                       "#1 reject TEST.bench 0 LIMIT_ORDER_RATE\n");
    return qn_bench_end(b);
}

int main(int argc, char **argv)
{
    const char *module = argc > 1 ? argv[1] : "build/PLUGIN_NAME.so";

    return it_limits(module) + it_lets_a_position_go(module);
}
