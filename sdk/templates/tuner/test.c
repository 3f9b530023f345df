/* SPDX-License-Identifier: MIT
 *
 * Tests of PLUGIN_NAME on the bench: test build/PLUGIN_NAME.so */
#include <quoin/bench.h>

#include <math.h>

/* A hill with its top at (30, 5). */
static double height(const int64_t *at)
{
    return -pow((double)at[0] - 30, 2) - pow((double)at[1] - 5, 2);
}

/* The best that a whole search finds; *sum is of all points, to compare two searches by. */
static double search(qn_bench *b, const char *module, uint64_t seed, int64_t *sum)
{
    double best = -INFINITY;
    int32_t answer;

    qn_bench_add_dimension(b, "strategies.sma.params.slow", 2, 60, 1);
    qn_bench_add_dimension(b, "strategies.sma.params.fast", 1, 9, 2);
    qn_bench_search(b, seed, 1, 1000);
    qn_bench_open(b, module);
    qn_bench_start(b);
    for (*sum = 0; !qn_bench_failure(b) && (answer = qn_bench_ask(b)) == QN_ASK_TRIAL;) {
        const int64_t *at = qn_bench_last(b, QN_BENCH_TRIAL)->as.list.values.whole;
        best = height(at) > best ? height(at) : best;
        *sum = *sum * 31 + at[0] * 7 + at[1];
        qn_bench_tell(b, height(at));
    }
    return best;
}

static int it_climbs(const char *module)
{
    qn_bench *b = qn_bench_new();
    int64_t sum;

    if (search(b, module, 1, &sum) < -1) qn_bench_fail(b, "it did not come near the top");
    if (qn_bench_planned(b) != 100) qn_bench_fail(b, "it plans other trials than it asks for");
    return qn_bench_end(b);
}

static int it_does_the_same_for_the_same_seed(const char *module)
{
    qn_bench *benches[3] = {qn_bench_new(), qn_bench_new(), qn_bench_new()};
    int64_t sums[3];

    for (int i = 0; i < 3; i++)
        search(benches[i], module, i < 2 ? 7 : 8, &sums[i]);
    if (sums[0] != sums[1]) qn_bench_fail(benches[0], "two searches of one seed differ");
    if (sums[0] == sums[2]) qn_bench_fail(benches[0], "the seed changes nothing");
    return qn_bench_end(benches[0]) + qn_bench_end(benches[1]) + qn_bench_end(benches[2]);
}

int main(int argc, char **argv)
{
    const char *module = argc > 1 ? argv[1] : "build/PLUGIN_NAME.so";

    return it_climbs(module) + it_does_the_same_for_the_same_seed(module);
}
