/* SPDX-License-Identifier: MIT
 *
 * Checks of what an instance does while events flow. */
#include "drive.h"

#include "base/fail.h"

#include <stdlib.h>
#include <string.h>

#define MINUTES 400u

static const shim_mode plain = {.shape = HOST_PLAIN};

/* ------------------------------------------------------------------ calls, answers */

void check_calls(const subject *s, finding *f)
{
    drive d;

    shim_wrap(s->cls, &plain);
    if (!drive_run(&d, s, s->seed, MINUTES, f)) return;
    if (drive_failure(&d)) broken(f, "%s", drive_failure(&d));
    drive_close(&d);
}

void check_answers(const subject *s, finding *f)
{
    drive d;

    shim_wrap(s->cls, &plain);
    if (!drive_run(&d, s, s->seed, MINUTES, f)) return;
    if (d.insane[0])
        broken(f, "on an ordinary market, %s", d.insane);
    else if (d.error[0])
        broken(f, "on an ordinary market, %s", d.error);
    else if (qn_bench_count(d.b, 0) == 0 && d.kind != KIND_SINK)
        noted(f, "%llu events and no output: checks of what it says had nothing to look at",
              (unsigned long long)qn_bench_event(d.b));
    else
        noted(f, "%llu events, %u outputs", (unsigned long long)qn_bench_event(d.b),
              qn_bench_count(d.b, 0));
    drive_close(&d);
}

void check_alloc(const subject *s, finding *f)
{
    drive d;

    shim_wrap(s->cls, &plain);
    if (!drive_run(&d, s, s->seed, MINUTES, f)) return;
    if (shim_look()->event_allocs > 0)
        broken(f, "it took memory %llu times while events flow, first in %s",
               (unsigned long long)shim_look()->event_allocs, shim_look()->alloc_call);
    drive_close(&d);
}

#define MARKETS 5u

void check_hostile(const subject *s, finding *f)
{
    shim_wrap(s->cls, &plain);
    for (uint32_t i = 0; i < MARKETS && f->state == CONFORM_PASSED; i++) {
        drive d;
        if (!drive_run(&d, s, s->seed + i, 0, f)) return;
        drive_go(&d, MINUTES / 4); /* first in order, so that it holds something */
        d.is_hostile = true;
        drive_go(&d, MINUTES);
        if (drive_failure(&d))
            broken(f, "%s", drive_failure(&d));
        else if (d.insane[0])
            broken(f, "%s", d.insane);
        drive_close(&d);
    }
}

/* ------------------------------------------------------------------ latency */

static int by_size(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;

    return (*x > *y) - (*x < *y);
}

void check_latency(const subject *s, finding *f)
{
    const shim_mode mode = {.measures = true};
    const shim_seen *seen = shim_look();
    drive d;

    shim_wrap(s->cls, &mode);
    if (!drive_run(&d, s, s->seed, 5 * MINUTES, f)) return;
    if (seen->ntimes > 0) {
        qsort(seen->times, seen->ntimes, sizeof *seen->times, by_size);
        noted(f, "p50 %llu ns, p99 %llu ns, most %llu ns, %llu calls",
              (unsigned long long)seen->times[seen->ntimes / 2],
              (unsigned long long)seen->times[seen->ntimes * 99 / 100],
              (unsigned long long)seen->times[seen->ntimes - 1], (unsigned long long)seen->ntimes);
    }
    drive_close(&d);
}

/* ------------------------------------------------------------------ repeat */

/* The two states must be the same bytes, too. */
static void compare_states(const drive *a, const drive *b, finding *f)
{
    uint64_t n, m;
    const void *x = qn_bench_save(a->b, &n);
    const void *y = qn_bench_save(b->b, &m);

    if (n != m || (n > 0 && memcmp(x, y, n) != 0))
        broken(f, "the same events leave another state: %llu and %llu bytes", (unsigned long long)n,
               (unsigned long long)m);
}

void check_repeat(const subject *s, finding *f)
{
    drive first, second;

    shim_wrap(s->cls, &plain);
    if (!drive_run(&first, s, s->seed, MINUTES, f)) return;
    if (!drive_run(&second, s, s->seed, MINUTES, f)) return;
    drive_compare(&first, "first", &second, "when the same events come again", f);
    compare_states(&first, &second, f);
    drive_close(&first);
    drive_close(&second);
}

/* ------------------------------------------------------------------ hosts of other shapes */

/* The plugin on a host of another shape says what it says on ours. */
static void compare_hosts(const subject *s, const shim_mode *mode, const char *name, finding *f)
{
    drive ours, theirs;

    shim_wrap(s->cls, &plain);
    if (!drive_run(&ours, s, s->seed, MINUTES / 4, f)) return;
    shim_wrap(s->cls, mode);
    if (!drive_run(&theirs, s, s->seed, 0, f)) {
        broken(f, "%s", "");
        return;
    }
    theirs.tail = mode->shape == HOST_NEWER ? 16 : 0;
    drive_go(&theirs, MINUTES / 4);
    if (drive_failure(&theirs)) broken(f, "%s", drive_failure(&theirs));
    drive_compare(&ours, "on this host", &theirs, name, f);
}

void check_host_short(const subject *s, finding *f)
{
    const shim_mode mode = {.shape = HOST_SHORT};

    compare_hosts(s, &mode, "on the oldest host of this ABI", f);
}

void check_host_long(const subject *s, finding *f)
{
    const shim_mode mode = {.shape = HOST_LONG};

    compare_hosts(s, &mode, "on a host whose structs are longer", f);
}

void check_host_newer(const subject *s, finding *f)
{
    const shim_mode mode = {.shape = HOST_NEWER};

    compare_hosts(s, &mode, "on a host of a later version", f);
}

/* Without the extensions that it can do without it may do less, or say why it will not start. */
void check_host_bare(const subject *s, finding *f)
{
    const shim_mode mode = {.is_bare = true};
    drive d;
    int32_t rc;

    shim_wrap(s->cls, &mode);
    if (!drive_open(&d, s, s->seed)) return;
    rc = qn_bench_try_start(d.b);
    if (rc != QN_OK && !qn_bench_reason(d.b)[0])
        broken(f, "it does not start on a host without extensions, and does not say why [%s]",
               error_name(rc));
    if (rc == QN_OK) drive_go(&d, MINUTES / 4);
    if (rc == QN_OK && drive_failure(&d)) broken(f, "%s", drive_failure(&d));
    drive_close(&d);
}
