/* SPDX-License-Identifier: MIT
 *
 * Checks of an instance's life: it is made, it ends, and leaves nothing behind. */
#include "drive.h"

#include "base/fail.h"
#include "module/surroundings.h"

#include <malloc.h>
#include <string.h>

#define SHORT 20u /* minutes of market: enough for every call to have come */
#define LONG 150u
#define DENIED_MAX 2000u
#define LIVES 40u
#define LIVES_FIRST 8u /* until caches of the libraries are filled */
/* Of each life. What the C library rounds up is less. */
#define LEAK_MAX 16

static const shim_mode plain = {.shape = HOST_PLAIN};

/* ------------------------------------------------------------------ again */

void check_again(const subject *s, finding *f)
{
    shim_wrap(s->cls, &plain);
    for (int i = 0; i < 3; i++) {
        drive first, second;
        doing_what("two instances at once, for the %d. time", i + 1);
        if (!drive_run(&first, s, s->seed, 0, f) || !drive_run(&second, s, s->seed, 0, f)) return;
        drive_close(&first);
        drive_go(&second, i == 1 ? SHORT : 0);
        if (drive_failure(&second)) broken(f, "%s", drive_failure(&second));
        drive_close(&second);
    }
}

/* ------------------------------------------------------------------ memory */

/* One try with the n-th memory denied. Returns false when it does not ask so often. */
static bool deny(const subject *s, uint64_t n, finding *f)
{
    shim_mode mode = {.deny = n};
    drive d;
    int32_t rc;

    shim_wrap(s->cls, &mode);
    doing_what("memory denied, the %llu. time it is asked for", (unsigned long long)n);
    if (!drive_open(&d, s, s->seed)) return false;
    rc = qn_bench_try_start(d.b);
    if (rc == QN_OK && shim_look()->allocs >= n)
        drive_go(&d, SHORT); /* it does without, if it can */
    if (rc == QN_OK && drive_failure(&d))
        broken(f, "when the %llu. memory that it asks for is denied, it goes on: %s",
               (unsigned long long)n, drive_failure(&d));
    drive_close(&d);
    return shim_look()->allocs >= n;
}

void check_memory(const subject *s, finding *f)
{
    uint64_t n = 1;

    while (n <= DENIED_MAX && f->state == CONFORM_PASSED && deny(s, n, f))
        n++;
    noted(f, "%llu allocations denied", (unsigned long long)n - 1);
}

static void live_once(const subject *s, finding *f)
{
    drive d;

    if (drive_run(&d, s, s->seed, SHORT, f)) drive_close(&d);
}

void check_leak(const subject *s, finding *f)
{
    size_t before, after;

    shim_wrap(s->cls, &plain);
    for (uint32_t i = 0; i < LIVES_FIRST && f->state == CONFORM_PASSED; i++)
        live_once(s, f);
    before = mallinfo2().uordblks;
    for (uint32_t i = 0; i < LIVES && f->state == CONFORM_PASSED; i++)
        live_once(s, f);
    after = mallinfo2().uordblks;
    if (after == 0) skipped(f, "memory is not counted here: the host was built with a sanitizer");
    if (after > before + LIVES * LEAK_MAX)
        broken(f, "each instance leaves %zu bytes behind when it ends", (after - before) / LIVES);
}

/* ------------------------------------------------------------------ surroundings */

void check_surroundings(const subject *s, finding *f)
{
    const shim_mode mode = {.watches = true};
    surroundings first, last;
    const char *what;
    drive d;

    shim_wrap(s->cls, &mode);
    surroundings_take(&first);
    if (!drive_run(&d, s, s->seed, SHORT, f)) return;
    drive_close(&d);
    surroundings_take(&last);
    what = surroundings_changed(&first, &last);
    if (shim_look()->changed[0])
        broken(f, "it %s", shim_look()->changed);
    else if (what)
        broken(f, "it %s when it has ended", what);
}

/* ------------------------------------------------------------------ apart */

void check_apart(const subject *s, finding *f)
{
    drive alone, first, other;

    shim_wrap(s->cls, &plain);
    if (!drive_run(&alone, s, s->seed, LONG, f)) return;
    if (!drive_run(&first, s, s->seed, 0, f) || !drive_run(&other, s, s->seed + 1, 0, f)) return;
    while (first.step < LONG && !drive_failure(&first)) {
        drive_go(&first, 1);
        drive_go(&other, 1);
    }
    drive_compare(&alone, "alone", &first, "beside another instance", f);
    drive_close(&alone);
    drive_close(&first);
    drive_close(&other);
}
