/* SPDX-License-Identifier: MIT
 *
 * Runs a config while builds of one of its plugins are replaced, as fast as they can be:
 *
 *   reload_driver CONF ID MODE SHADOW PROBATION COUNT FILE...
 *
 * The files take turns. Events wait while a build is being loaded, so that there is a reload every
 * SHADOW + PROBATION events, whatever the machine's speed. Prints what came of it as JSON.
 *
 * QUOIN_GATE=N: events do not wait while a state is being loaded, until N calls were kept for the
 * new build, or were too many. Its load is to read a byte from the descriptor QUOIN_GATE_FD first:
 * it is written then, or when the run has ended. QUOIN_ROOM=N: so many bytes keep calls. */
#include "base/fail.h"
#include "base/log.h"
#include "engine/internal.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct driver {
    engine *e;
    engine_reload what;
    char *const *files;
    uint64_t nfiles, asked, most;
    uint64_t done, refused;
    char why[256];
    bool is_busy;
    uint64_t gate;    /* calls; 0 = none */
    int gate_fd;      /* that opens it */
    uint32_t nopened; /* for so many saves */
    long rss_at_tenth;
} driver;

/* A sanitizer keeps what was freed for a while. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_MEMORY_OF_ITS_OWN 1
#else
#define HAS_MEMORY_OF_ITS_OWN 0
#endif

static long rss_pages(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long size = 0;
    long resident = 0;

    if (!f) return 0;
    if (fscanf(f, "%ld %ld", &size, &resident) != 2 || HAS_MEMORY_OF_ITS_OWN) resident = 0;
    fclose(f);
    return resident;
}

static void on_done(void *ctx, int32_t code, const char *why)
{
    driver *d = ctx;

    d->is_busy = false;
    if (code == QN_OK) {
        d->done++;
    } else {
        d->refused++;
        snprintf(d->why, sizeof d->why, "%s: %s", error_name(code), why);
    }
    if (d->asked == d->most / 10) d->rss_at_tenth = rss_pages();
}

static void open_gate(const driver *d)
{
    if (write(d->gate_fd, "", 1) != 1) exit(9);
}

/* On the engine's thread, at each event that marks the books. */
static void on_mark(void *ctx, uint32_t instrument, int64_t price, int64_t ts)
{
    driver *d = ctx;
    const reloads *r = &d->e->reloads;

    (void)instrument;
    (void)price;
    (void)ts;
    if (!d->is_busy && r->phase == RELOAD_IDLE && d->asked < d->most) {
        snprintf(d->what.file, sizeof d->what.file, "%s", d->files[d->asked++ % d->nfiles]);
        d->is_busy = true;
        d->nopened = 0;
        if (engine_ask_reload(d->e, &d->what, NULL) != QN_OK) exit(9);
        return;
    }
    while ((r->phase == RELOAD_LOADING || r->phase == RELOAD_TAKING_OVER) &&
           !atomic_load(&r->is_loaded)) {
        if (r->phase == RELOAD_TAKING_OVER && d->gate && d->nopened < r->nsaves) {
            if (r->later.kept < d->gate && !r->later.is_overrun) return;
            d->nopened = r->nsaves;
            open_gate(d);
        }
        sched_yield();
    }
}

static int make_gate(driver *d)
{
    const char *gate = getenv("QUOIN_GATE");
    int ends[2];
    char text[16];

    if (!gate) return 0;
    if (pipe(ends) != 0) return -1;
    d->gate = strtoull(gate, NULL, 10);
    d->gate_fd = ends[1];
    snprintf(text, sizeof text, "%d", ends[0]);
    return setenv("QUOIN_GATE_FD", text, 1);
}

static int run(driver *d, config *cfg)
{
    engine_observer watch = {.ctx = d, .on_mark = on_mark};
    engine_options options = {.from = INT64_MIN,
                              .to = INT64_MAX,
                              .version = "test",
                              .plugin_dir = getenv("QUOIN_PLUGINS")};
    qn_err err = QN_ERR_INIT;
    char decided[SHA256_HEX] = "";
    char books[SHA256_HEX] = "";
    int32_t rc = engine_new(cfg, &options, &d->e, &err);

    if (rc != QN_OK) {
        config_print_mistakes(cfg);
        fprintf(stderr, "%s\n", err.msg);
        return 2;
    }
    engine_observe(d->e, &watch);
    if (getenv("QUOIN_ROOM")) d->e->reloads.later.room = strtoull(getenv("QUOIN_ROOM"), NULL, 10);
    rc = engine_run(d->e, &err);
    if (d->gate) open_gate(d);
    if (rc == QN_OK) rc = engine_decision_hash(d->e, decided, &err);
    if (rc == QN_OK) rc = engine_ledger_hash(d->e, books, &err);
    printf("{\"code\":\"%s\",\"error\":\"%s\",\"decision_hash\":\"%s\",\"ledger_hash\":\"%s\","
           "\"events\":%" PRIu64 ",\"market\":%" PRIu64 ",\"done\":%" PRIu64 ",\"refused\":%" PRIu64
           ",\"saves\":%u,\"kept\":%" PRIu64 ",\"given\":%" PRIu64
           ",\"why\":\"%s\",\"pages_at_tenth\":%ld,\"pages\":%ld,\"modules\":%u,\"tainted\":%s,"
           "\"pause_p50_ns\":%" PRId64 ",\"pause_p99_ns\":%" PRId64 "}\n",
           error_name(rc), err.msg, decided, books, engine_count(d->e)->events,
           engine_count(d->e)->market, d->done, d->refused, d->e->reloads.nsaves,
           d->e->reloads.later.kept, d->e->reloads.later.given, d->why, d->rss_at_tenth,
           rss_pages(), d->e->nmodules, engine_is_tainted(d->e) ? "true" : "false",
           engine_reload_pause_ns(d->e, 0.5), engine_reload_pause_ns(d->e, 0.99));
    engine_free(d->e);
    return rc == QN_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const char *const modes[] = {"", "refactor", "tune", "force"};
    qn_err err = QN_ERR_INIT;
    config *cfg = NULL;
    driver d = {0};
    int status;

    if (argc < 8) return 2;
    log_set_level(LOG_WARNING);
    snprintf(d.what.id, sizeof d.what.id, "%s", argv[2]);
    for (uint32_t m = 1; m < 4; m++)
        if (strcmp(argv[3], modes[m]) == 0) d.what.mode = m;
    d.what.shadow = strtoull(argv[4], NULL, 10);
    d.what.probation = strtoull(argv[5], NULL, 10);
    d.most = strtoull(argv[6], NULL, 10);
    d.files = argv + 7;
    d.nfiles = (uint64_t)argc - 7;
    d.what.done = on_done;
    d.what.ctx = &d;
    if (make_gate(&d) != 0) return 2;
    if (config_open(argv[1], NULL, 0, &cfg, &err) != QN_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 2;
    }
    status = run(&d, cfg);
    config_close(cfg);
    return status;
}
