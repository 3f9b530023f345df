/* SPDX-License-Identifier: MIT
 *
 * Checks of state: what is saved is whole, what is loaded is judged. */
#include "drive.h"

#include "base/fail.h"
#include "base/memory.h"

#include <string.h>

#define MINUTES 120u
#define RUN 400u   /* minutes of a run that is compared with another */
#define RELOADS 7u /* every so many minutes: not a divisor of anything a plugin counts by */
#define CUTS 200u  /* lengths tried at most */
#define FLIPS 400u /* bits tried at most */
#define AFTER 10u  /* minutes that a plugin goes on with what it took */

static const shim_mode plain = {.shape = HOST_PLAIN};

/* A plugin in the middle of a market, and its state as bytes of ours. */
typedef struct held {
    drive d;
    unsigned char *bytes;
    uint64_t n;
} held;

static void let_go(held *h)
{
    drive_close(&h->d);
    mem_free(h->bytes);
}

/* The bench's failure, as a broken rule. */
static bool has_failed(const held *h, finding *f)
{
    if (drive_failure(&h->d)) broken(f, "%s", drive_failure(&h->d));
    return f->state != CONFORM_PASSED;
}

static bool hold(held *h, const subject *s, const shim_mode *mode, finding *f)
{
    const void *bytes;

    *h = (held){.bytes = NULL};
    if (!s->cls->schema) {
        skipped(f, "the class keeps no state");
        return false;
    }
    shim_wrap(s->cls, mode);
    if (!drive_run(&h->d, s, s->seed, MINUTES, f)) return false;
    bytes = qn_bench_save(h->d.b, &h->n);
    if (!bytes || !(h->bytes = mem_new(h->n + 1, 1))) {
        has_failed(h, f);
        let_go(h);
        return false;
    }
    memcpy(h->bytes, bytes, h->n);
    return true;
}

/* Its state is still what it was. */
static bool is_unchanged(held *h)
{
    uint64_t n;
    const void *now = qn_bench_save(h->d.b, &n);

    return now && n == h->n && memcmp(now, h->bytes, n) == 0;
}

void check_round(const subject *s, finding *f)
{
    held h;

    if (!hold(&h, s, &plain, f)) return;
    if (!is_unchanged(&h) && !has_failed(&h, f)) broken(f, "what is saved twice in a row differs");
    qn_bench_reload(h.d.b);
    if (!has_failed(&h, f) && !is_unchanged(&h))
        broken(f, "what was loaded is saved as other bytes");
    has_failed(&h, f);
    noted(f, "%llu bytes", (unsigned long long)h.n);
    let_go(&h);
}

void check_pieces(const subject *s, finding *f)
{
    static const uint64_t pieces[] = {1, 3, 7};
    held h;

    if (!hold(&h, s, &plain, f)) return;
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0] && f->state == CONFORM_PASSED; i++) {
        qn_bench_stream_bytes(h.d.b, pieces[i]);
        doing_what("a stream that moves %llu bytes a call", (unsigned long long)pieces[i]);
        if (!is_unchanged(&h) && !has_failed(&h, f))
            broken(f,
                   "a stream that takes %llu bytes a call is written other bytes than one that "
                   "takes all",
                   (unsigned long long)pieces[i]);
        qn_bench_load(h.d.b, s->cls->schema, h.bytes, h.n);
        if (qn_bench_reason(h.d.b)[0])
            broken(f, "its own state is refused from a stream that gives %llu bytes a call: %s",
                   (unsigned long long)pieces[i], qn_bench_reason(h.d.b));
        else if (!has_failed(&h, f) && !is_unchanged(&h))
            broken(f, "from a stream that gives %llu bytes a call it reads another state",
                   (unsigned long long)pieces[i]);
    }
    let_go(&h);
}

void check_short(const subject *s, finding *f)
{
    uint64_t step;
    held h;

    if (!hold(&h, s, &plain, f)) return;
    step = h.n / CUTS + 1;
    for (uint64_t n = 0; n < h.n && f->state == CONFORM_PASSED; n += step) {
        doing_what("the first %llu of %llu bytes of a state", (unsigned long long)n,
                   (unsigned long long)h.n);
        if (qn_bench_load(h.d.b, s->cls->schema, h.bytes, n) == QN_OK)
            broken(f, "it takes the first %llu of the %llu bytes of its state for a whole one",
                   (unsigned long long)n, (unsigned long long)h.n);
        else if (!has_failed(&h, f) && !is_unchanged(&h))
            broken(f, "a state that it refused has changed another instance");
    }
    let_go(&h);
}

/* What it refuses must not touch the instance that lives; what it takes, it must live with. */
static void damage(held *h, const subject *s, uint64_t bit, finding *f)
{
    int32_t rc;

    doing_what("bit %llu of its state turned", (unsigned long long)bit);
    h->bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    rc = qn_bench_load(h->d.b, s->cls->schema, h->bytes, h->n);
    h->bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    if (has_failed(h, f)) return;
    if (rc != QN_OK) {
        if (!is_unchanged(h)) broken(f, "a state that it refused has changed another instance");
        return;
    }
    drive_go(&h->d, AFTER); /* what it says now is not judged, as long as it says it */
    if (qn_bench_load(h->d.b, s->cls->schema, h->bytes, h->n) != QN_OK)
        broken(f, "its own state is refused after a damaged one was taken: %s",
               qn_bench_reason(h->d.b));
}

void check_damaged(const subject *s, finding *f)
{
    uint64_t bits, step;
    held h;

    if (!hold(&h, s, &plain, f)) return;
    bits = h.n * 8;
    step = bits / FLIPS + 1;
    for (uint64_t i = 0; i < bits && f->state == CONFORM_PASSED; i += step)
        damage(&h, s, i + drive_draw(&h.d, step < bits - i ? step : bits - i), f);
    let_go(&h);
}

/* The host never asks for it; but a build that is taken back may be given what a later one wrote
 * by a host that is mistaken, and must not trade on it. */
void check_newer(const subject *s, finding *f)
{
    const shim_mode mode = {.newer_load = 1};
    held h;

    if (!hold(&h, s, &mode, f)) return;
    doing_what("a state of layout %u", s->cls->schema + 1);
    if (qn_bench_load(h.d.b, s->cls->schema + 1, h.bytes, h.n) == QN_OK)
        broken(f, "it takes a state of layout %u; it knows layouts %u to %u", s->cls->schema + 1,
               s->cls->schema_min, s->cls->schema);
    else
        has_failed(&h, f);
    let_go(&h);
}

void check_resume(const subject *s, finding *f)
{
    drive through, resumed;

    if (!s->cls->schema && !(s->cls->flags & QN_CLASS_STATELESS)) {
        skipped(f, "the class saves no state, and does not say that it has none");
        return;
    }
    shim_wrap(s->cls, &plain);
    if (!drive_run(&through, s, s->seed, RUN, f)) return;
    if (!drive_run(&resumed, s, s->seed, 0, f)) return;
    resumed.reload_every = RELOADS;
    drive_go(&resumed, RUN);
    if (drive_failure(&resumed)) broken(f, "%s", drive_failure(&resumed));
    drive_compare(&through, "without a reload", &resumed, "with reloads", f);
    drive_close(&through);
    drive_close(&resumed);
}
