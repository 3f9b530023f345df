/* SPDX-License-Identifier: MIT
 *
 * Tests of PLUGIN_NAME on the bench: test build/PLUGIN_NAME.so */
#include <quoin/bench.h>

static const char closes[] = "9 9 9 12 13 9 8"; /* the third is the average: not above it */
static const char expected[] = "#4 target TEST.bench 2\n"  /* 12 > (9 + 9 + 12) / 3 */
                               "#6 target TEST.bench 0\n"; /* 9 < (12 + 13 + 9) / 3 */

static qn_bench *open_it(const char *module)
{
    qn_bench *b = qn_bench_new();

    qn_bench_set(b, "length", "3");
    qn_bench_set(b, "qty", "2");
    qn_bench_open(b, module);
    return b;
}

static int it_follows_the_average(const char *module)
{
    qn_bench *b = open_it(module);

    qn_bench_start(b);
    qn_bench_closes(b, 0, closes);
    qn_bench_expect(b, expected);
    return qn_bench_end(b);
}

/* The same with the state saved and loaded before each bar. */
static int it_can_be_reloaded_anywhere(const char *module)
{
    qn_bench *b = open_it(module);

    qn_bench_start(b);
    qn_bench_reload_always(b, 1);
    qn_bench_closes(b, 0, closes);
    qn_bench_expect(b, expected);
    return qn_bench_end(b);
}

static int it_refuses_a_quantity_off_the_lot(const char *module)
{
    qn_bench *b = open_it(module);

    qn_bench_set(b, "qty", "0.00001");
    qn_bench_refuses(b, QN_E_RANGE, "multiple of the lot");
    return qn_bench_end(b);
}

/* From the next entry on, as after `quoin ctl set PLUGIN_NAME.qty=3`. */
static int its_quantity_changes_while_it_runs(const char *module)
{
    qn_bench *b = open_it(module);

    qn_bench_start(b);
    qn_bench_closes(b, 0, "9 9 9 12");
    if (qn_bench_change(b, "qty=3") != QN_OK) qn_bench_fail(b, "%s", qn_bench_reason(b));
    qn_bench_closes(b, 0, "9 8 12");
    qn_bench_expect(b, "#4 target TEST.bench 2\n"
                       "#5 target TEST.bench 0\n"
                       "#7 target TEST.bench 3\n");
    return qn_bench_end(b);
}

int main(int argc, char **argv)
{
    const char *module = argc > 1 ? argv[1] : "build/PLUGIN_NAME.so";

    return it_follows_the_average(module) + it_can_be_reloaded_anywhere(module) +
           it_refuses_a_quantity_off_the_lot(module) + its_quantity_changes_while_it_runs(module);
}
