/* SPDX-License-Identifier: MIT
 *
 * Checks of parameters: every value that the table allows is taken, or refused with a reason. */
#include "drive.h"

#include "base/fail.h"
#include "module/value.h"

#include <quoin/sdk/decimal.h>
#include <quoin/sdk/random.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTES 12u
#define DRAWS 12u /* values of one parameter */

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
