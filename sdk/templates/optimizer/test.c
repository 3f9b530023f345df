/* SPDX-License-Identifier: MIT
 *
 * Tests of PLUGIN_NAME on the bench: test build/PLUGIN_NAME.so */
#include <quoin/bench.h>

#include <math.h>

static int it_weighs_by_the_signal(const char *module)
{
    qn_line lines[] = {qn_bench_line(0, 1.0), qn_bench_line(1, -0.5), qn_bench_line(2, 0.0),
                       qn_bench_line(3, -1.0)};
    double weights[4], values[1];
    qn_bench *b = qn_bench_new();

    lines[3].min_weight = 0; /* cannot be sold short */
    qn_bench_set(b, "gross", "2");
    qn_bench_open(b, module);
    qn_bench_start(b);
    qn_bench_allocate(b, lines, 4, weights, values);
    qn_bench_expect(b, "#0 weights 0.5 -0.25 0 0\n");
    if (fabs(values[0] - 0.75) > 1e-12) qn_bench_fail(b, "gross is %g", values[0]);
    lines[0].strength = NAN;
    qn_bench_reload(b);
    qn_bench_allocate(b, lines, 4, weights, values);
    qn_bench_expect(b, "#0 weights 0 -0.25 0 0\n");
    return qn_bench_end(b);
}

int main(int argc, char **argv)
{
    return it_weighs_by_the_signal(argc > 1 ? argv[1] : "build/PLUGIN_NAME.so");
}
