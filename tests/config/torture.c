/* SPDX-License-Identifier: MIT
 *
 * Each allocation, each open and each read of loading a config fails in turn: once alone, and
 * once with all that come after it. The answer is QN_E_NO_MEMORY or the error of the file, never
 * a config, a crash or a leak. The executable is linked with --wrap for these calls, which
 * catches those of the host's own code; libconfig's and OpenSSL's lie in libraries of their own. */
#include "support.h"

#include "base/fail.h"
#include "base/log.h"

#include "check_main.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static struct {
    long calls, fail_at; /* fail_at 0 = never */
    bool from_there_on;
    long live; /* blocks */
    bool is_memory, is_io;
    bool is_on; /* the host's code runs, not the test's */
    bool has_failed;
} faults;

static bool must_fail(bool is_this_kind)
{
    if (!is_this_kind || !faults.is_on) return false;
    faults.calls++;
    if (faults.calls != faults.fail_at && !(faults.from_there_on && faults.calls > faults.fail_at))
        return false;
    faults.has_failed = true;
    return true;
}

static void *counted(void *p)
{
    faults.live += faults.is_on && p;
    return p;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
void __real_free(void *p);
int __real_open(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *to, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
void __wrap_free(void *p);
int __wrap_open(const char *path, int flags, ...);
ssize_t __wrap_read(int fd, void *to, size_t n);

static void *no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

void *__wrap_malloc(size_t n)
{
    return must_fail(faults.is_memory) ? no_memory() : counted(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return must_fail(faults.is_memory) ? no_memory() : counted(__real_calloc(n, size));
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
    void *moved;

    if (must_fail(faults.is_memory)) return no_memory();
    moved = __real_reallocarray(p, n, size);
    faults.live += faults.is_on && moved && !p;
    return moved;
}

void __wrap_free(void *p)
{
    faults.live -= faults.is_on && p;
    __real_free(p);
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    int mode;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    if (!must_fail(faults.is_io)) return __real_open(path, flags, mode);
    errno = EMFILE;
    return -1;
}

ssize_t __wrap_read(int fd, void *to, size_t n)
{
    if (!must_fail(faults.is_io)) return __real_read(fd, to, n);
    errno = EIO;
    return -1;
}

typedef struct instance {
    int64_t count, mode;
    qn_str note, file, key;
    qn_decimal qty;
} instance;

static const qn_param params[] = {
    QN_PARAM(instance, count, I64, "", "", .def = "10", .max = "20"),
    QN_PARAM(instance, mode, ENUM, "", "", .def = "a", .labels = "a|b"),
    QN_PARAM(instance, note, STRING, "", "", .def = "default"),
    QN_PARAM(instance, file, PATH, "", "", .def = "x"),
    QN_PARAM(instance, key, SECRET, "", "", .def = "env:QUOIN_TEST_KEY"),
    QN_PARAM(instance, qty, DECIMAL, "", "", .def = "1"),
};
static const qn_table table = QN_TABLE(params);

/* One way to load a config. */
typedef struct load_case {
    const char *file;
    const char *sets[4];
    size_t nsets;
    bool has_mistakes;
} load_case;

static const load_case load_cases[] = {
    {"good/full.cfg",
     {"seed=7", "strategies.sma.params.fast=12", "venues.other-1.data=[\"bar:5m\"]", "a.b=\"\""},
     3,
     false},
    {"good/values.cfg", {NULL}, 0, false},
    {"wrong/82-many-mistakes-in-one-go.cfg", {"seed", "x.y=1", "venues.u.id=3"}, 3, true},
    {"wrong/02-no-closing-brace.cfg", {NULL}, 0, true},
    {"wrong/16-text-without-quotes.cfg", {NULL}, 0, true},
    {"wrong/24-key-named-twice.cfg", {NULL}, 0, true},
};

/* What a load came to. Collected first and judged later: Check itself allocates. */
typedef struct outcome {
    int32_t rc;
    qn_err err;
    bool has_config;
    size_t before, after; /* mistakes */
} outcome;

/* Loads, fills parameters with a default table, and with the file's own keys, which that table
 * does not know; adds a mistake; frees everything. */
static outcome load(const load_case *c, const char *path)
{
    outcome o = {.err = QN_ERR_INIT};
    config *cfg = NULL;
    const config_mistake *m;
    instance it = {0};

    o.rc = config_open(path, c->sets, c->nsets, &cfg, &o.err);
    if (!(o.has_config = cfg != NULL)) return o;
    o.before = config_mistakes(cfg, &m);
    if (o.before == 0) {
        o.rc = config_fill(cfg, NULL, NULL, &table, &it);
        if (o.rc == QN_OK)
            o.rc = config_fill(cfg, NULL, config_find(cfg, "venues.binance.params"), &table, &it);
        config_add_mistake(cfg, NULL, QN_E_INVALID, "%s", "one more");
    }
    o.after = config_mistakes(cfg, &m);
    config_close(cfg);
    return o;
}

static void judge(const load_case *c, const outcome *o, bool is_io)
{
    if (!o->has_config)
        ck_assert_msg(o->rc != QN_OK && o->err.code == o->rc && o->err.msg[0], "%s: %s", c->file,
                      error_name(o->rc));
    else
        ck_assert_uint_gt(o->after, 0); /* at least what was added last */
    if (o->has_config && !is_io) ck_assert((o->before > 0) == c->has_mistakes);
    if (faults.has_failed && !is_io)
        ck_assert_msg(o->rc == QN_E_NO_MEMORY || o->rc == QN_E_INVALID || o->before > 0, "%s: %s",
                      c->file, error_name(o->rc));
}

/* Fails call 1, 2, 3... until a run meets no failure. Returns how many failed. */
static long fail_each(const load_case *c, bool is_io, bool from_there_on)
{
    const char *path = here(c->file);

    for (long k = 1;; k++) {
        outcome o;
        memset(&faults, 0, sizeof faults);
        faults.fail_at = k;
        faults.from_there_on = from_there_on;
        faults.is_memory = !is_io;
        faults.is_io = is_io;
        faults.is_on = true;
        o = load(c, path);
        faults.is_on = false;
        ck_assert_msg(faults.live == 0, "%s: call %ld leaks %ld", c->file, k, faults.live);
        judge(c, &o, is_io);
        if (!faults.has_failed) return k - 1;
    }
}

static void be_quiet(log_level level, const char *line)
{
    (void)level;
    (void)line;
}

static void fail_all(bool is_io)
{
    long failed = 0;

    ck_assert_int_eq(setenv("QUOIN_TEST_KEY", "secret", 1), 0);
    log_set_sink(be_quiet);
    for (size_t i = 0; i < sizeof load_cases / sizeof load_cases[0]; i++)
        for (int from_there_on = 0; from_there_on < 2; from_there_on++)
            failed += fail_each(&load_cases[i], is_io, from_there_on);
    ck_assert_int_ge(failed, is_io ? 24 : 60);
}

START_TEST(every_allocation_fails)
{
    fail_all(false);
}
END_TEST

START_TEST(every_open_and_read_fails)
{
    fail_all(true);
}
END_TEST

CHECK_MAIN("config without memory", every_allocation_fails, every_open_and_read_fails)
