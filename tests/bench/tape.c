/* SPDX-License-Identifier: MIT
 *
 * What reading the tape costs: bench_tape CATALOG INSTRUMENT DATA
 * prints the number of events, ns of CPU an event, and KiB of peak memory. */
#include "base/fail.h"
#include "tape/tape.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int32_t walk(tape *t, uint64_t *n, qn_err *err)
{
    int32_t rc = QN_OK;

    for (*n = 0; t->head && rc == QN_OK; ++*n)
        rc = tape_next(t, err);
    return rc;
}

int main(int argc, char **argv)
{
    qn_err err = QN_ERR_INIT;
    tape_stream stream = {0};
    struct rusage usage;
    catalog *cat = NULL;
    tape *t = NULL;
    uint64_t n = 0;
    double before = 0;
    int32_t rc = argc == 4 ? QN_OK : QN_E_INVALID;

    if (rc == QN_OK) rc = catalog_open(argv[1], &cat, &err);
    if (rc == QN_OK) rc = data_type_parse(argv[3], &stream.data);
    if (rc == QN_OK && !(stream.instrument = catalog_instrument(cat, argv[2], INT64_MAX)))
        rc = QN_E_NOT_FOUND;
    before = cpu_ns();
    if (rc == QN_OK) rc = tape_open(cat, &stream, 1, INT64_MIN, INT64_MAX, &t, &err);
    if (rc == QN_OK) rc = walk(t, &n, &err);
    getrusage(RUSAGE_SELF, &usage);
    if (rc == QN_OK)
        printf("%" PRIu64 " %.6f %ld\n", n, (cpu_ns() - before) / (double)n, usage.ru_maxrss);
    if (rc != QN_OK)
        fprintf(stderr, "bench_tape CATALOG INSTRUMENT DATA: %s %s\n", error_name(rc), err.msg);
    tape_close(t);
    catalog_close(cat);
    return rc == QN_OK ? 0 : 1;
}
