/* SPDX-License-Identifier: MIT
 *
 * Tests of PLUGIN_NAME on the bench: test build/PLUGIN_NAME.so */
#include <quoin/bench.h>

static int it_measures_the_return(const char *module, int reloads)
{
    qn_instrument a = qn_bench_linear("A.test");
    qn_instrument z = qn_bench_linear("Z.test");
    qn_bench *b = qn_bench_new();

    qn_bench_add_instrument(b, &a);
    qn_bench_add_instrument(b, &z);
    qn_bench_set(b, "length", "2");
    qn_bench_open(b, module);
    qn_bench_start(b);
    qn_bench_reload_always(b, reloads);
    qn_bench_closes(b, 0, "100 110 120");
    qn_bench_closes(b, 1, "50 50 25");
    qn_bench_expect(b, "#3 feature A.test return 0.2 for 120000000000\n"
                       "#6 feature Z.test return -0.5 for 120000000000\n");
    if (qn_bench_lookback(b, QN_NS_PER_S) != 3 * QN_NS_PER_S)
        qn_bench_fail(b, "it needs a bar more than the length");
    return qn_bench_end(b);
}

int main(int argc, char **argv)
{
    const char *module = argc > 1 ? argv[1] : "build/PLUGIN_NAME.so";

    return it_measures_the_return(module, 0) + it_measures_the_return(module, 1);
}
