/* SPDX-License-Identifier: MIT
 *
 * Runs a config with a store while things are asked of it at given market events, and dies where it
 * is told to:
 *
 *   again_driver CONF trade|resume|replay KILL_AT [STEP]...
 *
 *   STEP      "MARKET reload ID MODE SHADOW PROBATION FILE", "MARKET set ID VALUES", "MARKET
 *             flatten ID", "MARKET rollback ID": asked for with the market event of this number.
 *             FILE "-": none is given. "MARKET kill ID" and "MARKET killother ID" kill the guest of
 *             the build at work, and of the one beside it
 *   KILL_AT   sequence number from which on the process kills itself, also within an event; 0 = not
 *
 * Events wait while a build is being loaded, so a run takes the same steps at the same events
 * whatever the machine's speed. What was asked for before a death is not asked for again. Prints
 * what came of it as JSON. */
#include "base/fail.h"
#include "base/log.h"
#include "engine/internal.h"

#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEPS 64
#define KILL 1000u /* in place of a QN_COMMAND_ */
#define KILL_OTHER 1001u

typedef struct step {
    uint64_t at;
    engine_command command;
} step;

typedef struct driver {
    engine *e;
    step steps[STEPS];
    uint32_t n;
    uint64_t kill_at, done, refused;
    char why[256];
} driver;

static void on_done(engine_command *c, int32_t code, const char *why)
{
    driver *d = c->ctx;

    if (code == QN_OK) {
        d->done++;
    } else {
        d->refused++;
        snprintf(d->why, sizeof d->why, "%s: %s", error_name(code), why);
    }
}

/* Not within an event with which something is asked for, nor while that is being loaded: whether it
 * was on record yet depends on the machine's speed, and what was lost is asked for by nobody. */
static void die_here(const driver *d)
{
    if (d->e->reloads.phase == RELOAD_LOADING) return;
    for (uint32_t i = 0; i < d->n; i++)
        if (d->steps[i].at == d->e->counts.market) return;
    if (d->kill_at && d->e->seq >= d->kill_at) kill(getpid(), SIGKILL);
}

static void kill_guest(const engine *e, const engine_command *c)
{
    const instance *in = instance_find(e, c->target);
    const body *b = c->verb == KILL ? in->live : in->tee->second;
    const guest *g = module_door_of(b->module);

    if (kill(guest_pid(g), SIGKILL) != 0) exit(9);
}

static void take(driver *d, step *s)
{
    if (s->command.verb >= KILL)
        kill_guest(d->e, &s->command);
    else if (engine_post(d->e, &s->command, NULL) != QN_OK)
        exit(9);
}

/* On the engine's thread, at each event that marks the books. */
static void on_mark(void *ctx, uint32_t instrument, int64_t price, int64_t ts)
{
    driver *d = ctx;
    const reloads *r = &d->e->reloads;

    (void)instrument;
    (void)price;
    (void)ts;
    die_here(d);
    for (uint32_t i = 0; i < d->n && !d->e->replay; i++)
        if (d->steps[i].at == d->e->counts.market) take(d, &d->steps[i]);
    while ((r->phase == RELOAD_LOADING || r->phase == RELOAD_TAKING_OVER) &&
           !atomic_load(&r->is_loaded))
        sched_yield();
}

static void on_fill(void *ctx, const qn_fill *fill, const order *o, int64_t realized)
{
    (void)fill;
    (void)o;
    (void)realized;
    die_here(ctx);
}

static bool read_step(driver *d, const char *text)
{
    static const char *const modes[] = {"", "refactor", "tune", "force"};
    static const struct {
        const char *word;
        uint32_t verb;
    } plain[] = {{"set", QN_COMMAND_SET},
                 {"flatten", QN_COMMAND_FLATTEN},
                 {"rollback", QN_COMMAND_ROLLBACK},
                 {"kill", KILL},
                 {"killother", KILL_OTHER}};
    step *s = &d->steps[d->n++];
    engine_command *c = &s->command;
    engine_reload *r = &c->reload;
    char verb[16];
    char mode[16];
    int used = 0;

    *c = (engine_command){.done = on_done, .ctx = d};
    if (sscanf(text, "%" SCNu64 " %15s %63s %n", &s->at, verb, c->target, &used) < 3) return false;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (strcmp(verb, plain[i].word) != 0) continue;
        c->verb = plain[i].verb;
        if (c->verb == QN_COMMAND_SET) snprintf(c->value, sizeof c->value, "%s", text + used);
        return true;
    }
    c->verb = QN_COMMAND_RELOAD;
    if (sscanf(text + used, "%15s %" SCNu64 " %" SCNu64 " %4095s", mode, &r->shadow, &r->probation,
               r->file) != 4)
        return false;
    if (strcmp(r->file, "-") == 0) r->file[0] = '\0';
    for (uint32_t m = 1; m < QN_RELOAD_MODES; m++)
        if (strcmp(mode, modes[m]) == 0) r->mode = m;
    return true;
}

static void print(const driver *d, int32_t rc, const qn_err *err)
{
    const engine *e = d->e;
    char decided[SHA256_HEX] = "";
    char books[SHA256_HEX] = "";

    engine_decision_hash(e, decided, NULL);
    engine_ledger_hash(e, books, NULL);
    printf("{\"code\":\"%s\",\"error\":\"%s\",\"decision_hash\":\"%s\",\"ledger_hash\":\"%s\","
           "\"events\":%" PRIu64 ",\"done\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"why\":\"%s\","
           "\"snapshots\":%" PRIu64 ",\"tainted\":%s,\"faults\":%u,\"plugins\":{",
           error_name(rc), err->msg, decided, books, e->counts.events, d->done, d->refused, d->why,
           e->counts.snapshots, engine_is_tainted(e) ? "true" : "false", engine_faults(e));
    for (uint32_t i = 1; i < e->nowners; i++)
        printf("%s\"%s\":[\"%s\",%" PRIu64 "]", i > 1 ? "," : "", e->owners[i]->id,
               module_about(e->owners[i]->live->module)->sha256, e->owners[i]->epoch);
    puts("}}");
}

static int run(driver *d, config *cfg, store *kept, const char *how)
{
    engine_observer watch = {.ctx = d, .on_mark = on_mark, .on_fill = on_fill};
    engine_options options = {.from = INT64_MIN,
                              .to = INT64_MAX,
                              .version = "test",
                              .store = kept,
                              .run = 1,
                              .mode = strcmp(how, "trade") == 0    ? ENGINE_TRADE
                                      : strcmp(how, "resume") == 0 ? ENGINE_RESUME
                                                                   : ENGINE_REPLAY,
                              .plugin_dir = getenv("QUOIN_PLUGINS")};
    qn_err err = QN_ERR_INIT;
    int32_t rc = engine_new(cfg, &options, &d->e, &err);

    if (rc != QN_OK) {
        config_print_mistakes(cfg);
        fprintf(stderr, "%s\n", err.msg);
        return 2;
    }
    engine_observe(d->e, &watch);
    rc = engine_run(d->e, &err);
    if (rc == QN_OK) rc = engine_end(d->e, &err);
    print(d, rc, &err);
    engine_free(d->e);
    return rc == QN_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    qn_err err = QN_ERR_INIT;
    store_options where = {.durability = DURABILITY_GROUP, .map_bytes = (uint64_t)1 << 30};
    config *cfg = NULL;
    store *kept = NULL;
    driver d = {0};
    int status;

    if (argc < 4) return 2;
    log_set_level(LOG_WARNING);
    d.kill_at = strtoull(argv[3], NULL, 10);
    for (int i = 4; i < argc && i < 4 + STEPS; i++)
        if (!read_step(&d, argv[i])) return 2;
    if (config_open(argv[1], NULL, 0, &cfg, &err) != QN_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 2;
    }
    where.path = config_get(cfg)->store_path;
    if (store_open(&where, &kept, &err) != QN_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 2;
    }
    status = run(&d, cfg, kept, argv[2]);
    store_close(kept, NULL);
    config_close(cfg);
    return status;
}
