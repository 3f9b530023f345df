/* SPDX-License-Identifier: MIT
 *
 * Checks of parameters: every value that the table allows is taken, or refused with a reason. */
#include "drive.h"

#include "base/fail.h"
#include "base/memory.h"
#include "module/value.h"

#include <quoin/sdk/decimal.h>
#include <quoin/sdk/random.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTES 12u
#define DRAWS 12u /* values of one parameter */
#define LIVE_MINUTES 40u
#define LIVE_DRAWS 4u

static const shim_mode plain = {.shape = HOST_PLAIN};

/* ------------------------------------------------------------------ one try */

/* Make an instance with other values; taken or refused, it must say so and live. */
static void attempt(const subject *s, const qn_param *p, const char *value, finding *f)
{
    drive d;
    int32_t rc;

    doing_what("%s = \"%s\"", p->key, value);
    if (!drive_open(&d, s, s->seed)) return;
    qn_bench_set(d.b, p->key, value);
    rc = qn_bench_try_start(d.b);
    if (rc == QN_OK) drive_go(&d, MINUTES);
    if (rc == QN_OK && drive_failure(&d))
        broken(f, "%s = \"%s\" is within its range, but %s", p->key, value, drive_failure(&d));
    if (rc != QN_OK && !qn_bench_reason(d.b)[0])
        broken(f, "%s = \"%s\" is refused without a reason [%s]", p->key, value, error_name(rc));
    drive_close(&d);
}

static const qn_param *param_at(const subject *s, uint32_t i)
{
    return qn_table_row(&s->cls->params, i);
}

/* Is the text a value that the table allows? */
static bool is_inside(const qn_param *p, const char *text)
{
    if (!value_is_valid(p->type, text, p->labels)) return false;
    if (!value_is_ordered(p->type)) return true;
    return (!p->min || value_is_at_most(p->type, p->min, text)) &&
           (!p->max || value_is_at_most(p->type, text, p->max));
}

/* ------------------------------------------------------------------ defaults, labels, bounds */

void check_defaults(const subject *s, finding *f)
{
    drive d;

    shim_wrap(s->cls, &plain);
    doing_what("the defaults of its parameters");
    if (drive_open(&d, s, s->seed)) drive_start(&d, f);
}

static void try_labels(const subject *s, const qn_param *p, finding *f)
{
    char label[256];

    for (const char *at = p->labels; at && *at && f->state == CONFORM_PASSED;) {
        size_t len = strcspn(at, "|");
        snprintf(label, sizeof label, "%.*s", (int)len, at);
        attempt(s, p, label, f);
        at += len + (at[len] == '|');
    }
}

void check_labels(const subject *s, finding *f)
{
    shim_wrap(s->cls, &plain);
    for (uint32_t i = 0; i < s->cls->params.nrows && f->state == CONFORM_PASSED; i++) {
        const qn_param *p = param_at(s, i);
        if (p->type == QN_PARAM_TYPE_ENUM) try_labels(s, p, f);
        if (p->type != QN_PARAM_TYPE_BOOL) continue;
        attempt(s, p, "false", f);
        attempt(s, p, "true", f);
    }
}

void check_bounds(const subject *s, finding *f)
{
    shim_wrap(s->cls, &plain);
    for (uint32_t i = 0; i < s->cls->params.nrows && f->state == CONFORM_PASSED; i++) {
        const qn_param *p = param_at(s, i);
        const char *ends[] = {p->min, p->max, p->search.lo, p->search.hi};
        for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++)
            if (ends[k]) attempt(s, p, ends[k], f);
    }
}

/* ------------------------------------------------------------------ drawn values */

static int64_t whole_of(const char *text, int32_t exp, int64_t otherwise)
{
    int64_t value;

    return text && qn_decimal_parse_at(text, strlen(text), exp, &value) == QN_OK ? value
                                                                                 : otherwise;
}

/* Between two mantissas, mostly near the lower one: large windows take their time. */
static int64_t between(uint64_t *random, int64_t low, int64_t high)
{
    uint64_t room = (uint64_t)high - (uint64_t)low;
    uint64_t shift = qn_random_below(random, 64);

    if (room == 0) return low;
    return (int64_t)((uint64_t)low + (qn_random_next(random) >> shift) % room);
}

static void draw_whole(const qn_param *p, int32_t exp, uint64_t *random, char to[256])
{
    int64_t low = whole_of(p->min, exp, -1000);
    int64_t high = whole_of(p->max, exp, low + 100000);

    qn_decimal_format(between(random, low, high < low ? low : high), exp, to);
}

static void draw_i64(const qn_param *p, uint64_t *random, char to[256])
{
    draw_whole(p, 0, random, to);
}

static void draw_rate(const qn_param *p, uint64_t *random, char to[256])
{
    draw_whole(p, QN_RATE_EXP, random, to);
}

static void draw_decimal(const qn_param *p, uint64_t *random, char to[256])
{
    draw_whole(p, -3, random, to);
}

static void draw_f64(const qn_param *p, uint64_t *random, char to[256])
{
    double low = p->min ? strtod(p->min, NULL) : -1000;
    double high = p->max ? strtod(p->max, NULL) : low + 100000;
    double unit = qn_random_unit(random);

    snprintf(to, 256, "%.17g", low + (high - low) * unit * unit * unit);
}

static void draw_duration(const qn_param *p, uint64_t *random, char to[256])
{
    static const char *const units[] = {"ms", "s", "m", "h", "d"};

    (void)p;
    snprintf(to, 256, "%llu%s", 1 + (unsigned long long)qn_random_below(random, 90),
             units[qn_random_below(random, sizeof units / sizeof units[0])]);
}

static void draw_text(const qn_param *p, uint64_t *random, char to[256])
{
    static const char *const texts[] = {"", " ", "vol.ewma", "%s%n%d", "\xc3\xa4\xe2\x82\xac"};
    uint64_t i = qn_random_below(random, sizeof texts / sizeof texts[0] + 1);

    (void)p;
    memset(to, 'x', 255);
    to[255] = '\0';
    if (i < sizeof texts / sizeof texts[0]) snprintf(to, 256, "%s", texts[i]);
}

static void (*const drawers[QN_PARAM_TYPES])(const qn_param *, uint64_t *, char to[256]) = {
    [QN_PARAM_TYPE_I64] = draw_i64,         [QN_PARAM_TYPE_F64] = draw_f64,
    [QN_PARAM_TYPE_STRING] = draw_text,     [QN_PARAM_TYPE_DURATION] = draw_duration,
    [QN_PARAM_TYPE_DECIMAL] = draw_decimal, [QN_PARAM_TYPE_RATIO] = draw_rate,
    [QN_PARAM_TYPE_BPS] = draw_rate};

void param_draw(const qn_param *p, uint64_t *random, char to[256])
{
    drawers[p->type](p, random, to);
}

void check_inside(const subject *s, finding *f)
{
    uint64_t random = s->seed;
    uint32_t n = 0;
    char text[256];

    shim_wrap(s->cls, &plain);
    for (uint32_t i = 0; i < s->cls->params.nrows * DRAWS && f->state == CONFORM_PASSED; i++) {
        const qn_param *p = param_at(s, i / DRAWS);
        if (!drawers[p->type]) continue;
        drawers[p->type](p, &random, text);
        if (!is_inside(p, text)) continue;
        attempt(s, p, text, f);
        n++;
    }
    noted(f, "%u values", n);
}

/* ------------------------------------------------------------------ outside */

static const char *const outsiders[] = {"-1000000000", "-1",   "0",      "1000000000",
                                        "9999999999",  "1ms",  "36500d", "nan",
                                        "garbage",     "1e99", "--1",    "0x10"};

/* A host refuses it before the plugin is asked: that the table says enough is what is tried. */
static void refuse(const subject *s, const qn_param *p, const char *value, finding *f)
{
    drive d;

    doing_what("%s = \"%s\", which is out of range", p->key, value);
    if (!drive_open(&d, s, s->seed)) return;
    qn_bench_set(d.b, p->key, value);
    if (qn_bench_try_start(d.b) == QN_OK)
        broken(f, "%s = \"%s\" is taken, and its table does not allow it", p->key, value);
    drive_close(&d);
}

void check_outside(const subject *s, finding *f)
{
    shim_wrap(s->cls, &plain);
    for (uint32_t i = 0; i < s->cls->params.nrows; i++) {
        const qn_param *p = param_at(s, i);
        if (!value_is_ordered(p->type) && p->type != QN_PARAM_TYPE_ENUM) continue;
        for (size_t k = 0; k < sizeof outsiders / sizeof outsiders[0]; k++)
            if (!is_inside(p, outsiders[k])) refuse(s, p, outsiders[k], f);
    }
}

/* ------------------------------------------------------------------ while a run goes on */

/* A state of ours: the bench's own is gone with its next call that saves. */
static void *saved(const drive *d, uint64_t *n)
{
    const void *bytes = qn_bench_save(d->b, n);
    void *copy = bytes ? mem_new(*n + 1, 1) : NULL;

    if (copy) memcpy(copy, bytes, *n);
    return copy;
}

/* `to` is given a state of the same class whose `key` is another one, and goes on with it. */
static void take_over(const subject *s, drive *to, const void *bytes, uint64_t n, const char *key,
                      const char *from, finding *f)
{
    if (f->state != CONFORM_PASSED) return;
    if (qn_bench_load(to->b, s->cls->schema, bytes, n) != QN_OK) {
        broken(
            f,
            "%s may change while a run goes on, and a state that was saved with %s is refused: %s",
            key, from, qn_bench_reason(to->b));
        return;
    }
    drive_go(to, MINUTES);
    if (drive_failure(to))
        broken(f, "it takes a state that was saved with %s of %s, but then %s", from, key,
               drive_failure(to));
}

static void exchange(const subject *s, const qn_param *p, const char *value, drive *one,
                     drive *other, finding *f)
{
    char another[300];
    uint64_t n = 0;
    uint64_t nother = 0;
    void *bytes = saved(one, &n);
    void *bytes_other = saved(other, &nother);

    snprintf(another, sizeof another, "\"%s\"", value);
    if (bytes && bytes_other) {
        take_over(s, other, bytes, n, p->key, "the value that it begins with", f);
        take_over(s, one, bytes_other, nother, p->key, another, f);
    }
    mem_free(bytes);
    mem_free(bytes_other);
}

/* A value that does not go together with those of other parameters is refused, as it should be.
 * Returns how many pairs were tried: 0, 1. */
static uint32_t try_live(const subject *s, const qn_param *p, const char *value, finding *f)
{
    drive one, other;
    uint32_t n = 0;

    if (!is_inside(p, value)) return 0;
    doing_what("%s = \"%s\" while a run goes on", p->key, value);
    if (!drive_run(&one, s, s->seed, LIVE_MINUTES, f)) return 0;
    if (drive_open(&other, s, s->seed)) {
        qn_bench_set(other.b, p->key, value);
        if (qn_bench_try_start(other.b) == QN_OK) {
            drive_go(&other, LIVE_MINUTES);
            exchange(s, p, value, &one, &other, f);
            n = 1;
        }
        drive_close(&other);
    }
    drive_close(&one);
    return n;
}

static uint32_t try_live_values(const subject *s, const qn_param *p, finding *f)
{
    const char *ends[] = {p->min, p->max, p->search.lo, p->search.hi, "false", "true"};
    uint64_t random = s->seed;
    uint32_t n = 0;
    char text[256];

    for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++)
        if (ends[k] && (k < 4 || p->type == QN_PARAM_TYPE_BOOL)) n += try_live(s, p, ends[k], f);
    for (const char *at = p->type == QN_PARAM_TYPE_ENUM ? p->labels : NULL; at && *at;) {
        size_t len = strcspn(at, "|");
        snprintf(text, sizeof text, "%.*s", (int)len, at);
        n += try_live(s, p, text, f);
        at += len + (at[len] == '|');
    }
    for (uint32_t i = 0; i < LIVE_DRAWS && drawers[p->type]; i++) {
        drawers[p->type](p, &random, text);
        n += try_live(s, p, text, f);
    }
    return n;
}

void check_live(const subject *s, finding *f)
{
    const qn_class *cls = s->cls;
    bool is_stateless = cls->flags & QN_CLASS_STATELESS;
    uint32_t nlive = 0;
    uint32_t n = 0;

    shim_wrap(cls, &plain);
    for (uint32_t i = 0; i < cls->params.nrows && f->state == CONFORM_PASSED; i++) {
        const qn_param *p = param_at(s, i);
        if (!(p->flags & QN_PARAM_LIVE)) continue;
        nlive++;
        if (!cls->schema && !is_stateless)
            broken(f, "%s may change while a run goes on, but the class saves no state", p->key);
        else if (!is_stateless)
            n += try_live_values(s, p, f);
    }
    if (!nlive)
        skipped(f, "none of its parameters changes while a run goes on");
    else
        noted(f, "%u values of %u parameters", n, nlive);
}
