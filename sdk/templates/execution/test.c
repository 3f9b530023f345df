/* SPDX-License-Identifier: MIT
 *
 * Tests of PLUGIN_NAME on the bench: test build/PLUGIN_NAME.so */
#include <quoin/bench.h>

/* The child that was sent last. */
static uint64_t last_child(const qn_bench *b)
{
    const qn_bench_output *o = qn_bench_last(b, QN_BENCH_CHILD);

    return o ? (uint64_t)o->answer : 0;
}

static int it_works_clip_by_clip(const char *module, int reloads)
{
    qn_bench *b = qn_bench_new();

    qn_bench_set(b, "clip", "2");
    qn_bench_open(b, module);
    qn_bench_start(b);
    qn_bench_reload_always(b, reloads);
    qn_bench_parent(b, 0, QN_BUY, "3.5");
    qn_bench_expect(b, "#1 child of 1099511627777 2 market\n");
    qn_bench_fill(b, last_child(b), "100", "0.5");
    qn_bench_expect(b, ""); /* a part of the child still works */
    qn_bench_fill(b, last_child(b), "100", "1.5");
    qn_bench_expect(b, "#3 child of 1099511627777 1.5 market\n");
    qn_bench_fill(b, last_child(b), "100", "1.5");
    qn_bench_expect(b, "");
    return qn_bench_end(b);
}

static int it_gives_up_what_the_venue_refuses(const char *module)
{
    qn_bench *b = qn_bench_new();

    qn_bench_open(b, module);
    qn_bench_start(b);
    qn_bench_parent(b, 0, QN_SELL, "1");
    qn_bench_report(b, last_child(b), QN_ORDER_REJECTED, QN_REASON_FILTER_MIN_QTY);
    qn_bench_expect(b, "#1 child of 1099511627777 1 market\n"
                       "#2 finish 1099511627777\n");
    return qn_bench_end(b);
}

int main(int argc, char **argv)
{
    const char *module = argc > 1 ? argv[1] : "build/PLUGIN_NAME.so";

    return it_works_clip_by_clip(module, 0) + it_works_clip_by_clip(module, 1) +
           it_gives_up_what_the_venue_refuses(module);
}
