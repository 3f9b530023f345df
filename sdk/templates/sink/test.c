/* SPDX-License-Identifier: MIT
 *
 * Tests of PLUGIN_NAME on the bench: test build/PLUGIN_NAME.so */
#include <quoin/bench.h>

#include <stdio.h>
#include <string.h>

static const char path[] = "PLUGIN_NAME-test.csv";

static qn_fill fill_of(int64_t qty, int64_t price)
{
    qn_fill fill = {.hdr = {.size = sizeof fill, .type = QN_EVENT_FILL},
                    .qty = qty,
                    .price = price,
                    .fee = 50000000,
                    .side = QN_BUY};

    return fill;
}

/* One run of the sink, new (cursor 0) or gone on, that is given one fill and one bar. */
static int run(const char *module, uint64_t cursor, const qn_fill *fill)
{
    const qn_sink_start start = {.size = sizeof start, .run_id = "test", .cursor = cursor};
    qn_bench *b = qn_bench_new();

    qn_bench_set(b, "path", path);
    qn_bench_sink_start(b, &start);
    qn_bench_open(b, module);
    qn_bench_start(b);
    qn_bench_send(b, &fill->hdr);
    qn_bench_bar(b, 0, QN_NS_PER_S, "100");
    if (qn_bench_write(b) != QN_OK) qn_bench_fail(b, "write: %s", qn_bench_reason(b));
    if (qn_bench_stop(b) != QN_OK) qn_bench_fail(b, "stop: %s", qn_bench_reason(b));
    return qn_bench_end(b);
}

static int it_writes_fills_and_nothing_else(const char *module)
{
    static const char expected[] = "ts,instrument,side,qty,price,fee\n"
                                   "1970-01-01T00:00:00.000000000Z,TEST.bench,buy,1.5,99.25,0.5\n"
                                   "1970-01-01T00:00:00.000000000Z,TEST.bench,buy,2,100,0.5\n";
    qn_fill first = fill_of(1500, 9925), second = fill_of(2000, 10000);
    char text[512] = "";
    int failed = run(module, 0, &first) + run(module, 2, &second);
    FILE *file = fopen(path, "r");

    if (file) {
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
    }
    remove(path);
    if (strcmp(text, expected) == 0) return failed;
    fprintf(stderr, "the file is\n%s", text);
    return failed + 1;
}

static int it_says_why_it_cannot_write(const char *module)
{
    qn_bench *b = qn_bench_new();

    qn_bench_set(b, "path", "no/such/folder/fills.csv");
    qn_bench_open(b, module);
    qn_bench_refuses(b, QN_E_IO, "no/such/folder");
    return qn_bench_end(b);
}

int main(int argc, char **argv)
{
    const char *module = argc > 1 ? argv[1] : "build/PLUGIN_NAME.so";

    return it_writes_fills_and_nothing_else(module) + it_says_why_it_cannot_write(module);
}
