/* SPDX-License-Identifier: MIT
 *
 * Runs a config in which plugins are taken out as if from outside, keeps it in a store, does it
 * again from its record, and prints what came of both:
 *
 *   fault_driver CONF STORE { ID REASON HOW AT }...
 *
 * REASON is a number of QN_FAULT_LIST. HOW and AT say when: "push" within its AT-th effect of the
 * run (of a strategy, a model, an execution algorithm), behind that effect; "early" within it,
 * before; "plan" at the AT-th event that marks the books, wherever it is called next; "behind"
 * together with the one before it in the list. */
#include "base/fail.h"
#include "base/log.h"
#include "engine/internal.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES 4

typedef struct fault_case {
    const char *id, *how;
    uint32_t reason;
    uint64_t at, seen;
} fault_case;

static fault_case cases[CASES];
static uint32_t ncases;
static engine *now;
static uint64_t marks;
static int64_t (*real_push)(void *, const qn_intent *);
static int32_t (*real_publish)(void *, uint32_t, uint32_t, double, int64_t);
static int64_t (*real_send)(void *, const qn_child *);

static instance *find(const char *id)
{
    for (uint32_t i = 1; i < now->nowners; i++)
        if (strcmp(now->owners[i]->id, id) == 0 && now->owners[i]->table_at) return now->owners[i];
    fprintf(stderr, "no plugin %s\n", id);
    exit(9);
}

static void take_out(uint32_t i)
{
    do {
        fault_take_out(now, find(cases[i].id), cases[i].reason, QN_E_DIED, "test");
        i++;
    } while (i < ncases && strcmp(cases[i].how, "behind") == 0);
}

/* Takes the instance out when its time has come: `when` "early" or "push". */
static void step(const instance *in, const char *when)
{
    for (uint32_t i = 0; i < ncases; i++) {
        fault_case *c = &cases[i];
        if (strcmp(c->id, in->id) != 0 || strcmp(c->how, when) != 0) continue;
        if (++c->seen == c->at) take_out(i);
    }
}

static int64_t push(void *ctx, const qn_intent *intent)
{
    instance *in = &((strategy *)ctx)->in;
    int64_t rc;

    step(in, "early");
    rc = real_push(ctx, intent);
    step(in, "push");
    return rc;
}

static int32_t publish(void *ctx, uint32_t instrument, uint32_t feature, double value,
                       int64_t valid_ns)
{
    instance *in = &((model *)ctx)->in;
    int32_t rc;

    step(in, "early");
    rc = real_publish(ctx, instrument, feature, value, valid_ns);
    step(in, "push");
    return rc;
}

static int64_t send(void *ctx, const qn_child *child)
{
    instance *in = &((execution *)ctx)->in;
    int64_t rc;

    step(in, "early");
    rc = real_send(ctx, child);
    step(in, "push");
    return rc;
}

static void on_mark(void *ctx, uint32_t instrument, int64_t price, int64_t ts)
{
    (void)ctx;
    (void)instrument;
    (void)price;
    (void)ts;
    marks++;
    for (uint32_t i = 0; i < ncases; i++)
        if (strcmp(cases[i].how, "plan") == 0 && cases[i].at == marks)
            fault_plan_out(now, find(cases[i].id), cases[i].reason, QN_E_CRASHED, "test");
}

static void hook(engine *e)
{
    for (uint32_t i = 0; i < e->nstrategies; i++) {
        real_push = e->strategies[i].out.push;
        e->strategies[i].out.push = push;
    }
    for (uint32_t i = 0; i < e->nmodels; i++) {
        real_publish = e->models[i].out.publish;
        e->models[i].out.publish = publish;
    }
    real_send = e->execution.out.send;
    e->execution.out.send = send;
}

static void print(const engine *e, const char *what, int32_t rc, const qn_err *err)
{
    char decided[SHA256_HEX] = "";
    char books[SHA256_HEX] = "";

    engine_decision_hash(e, decided, NULL);
    engine_ledger_hash(e, books, NULL);
    printf("%s\"%s\":{\"code\":\"%s\",\"error\":\"%s\",\"decision_hash\":\"%s\","
           "\"ledger_hash\":\"%s\",\"events\":%" PRIu64 ",\"halted\":%s,\"faults\":[",
           strcmp(what, "run") == 0 ? "{" : ",", what, error_name(rc), rc == QN_OK ? "" : err->msg,
           decided, books, engine_count(e)->events, e->halt.is_halted ? "true" : "false");
    for (uint32_t i = 0; i < engine_faults(e); i++) {
        bool is_over;
        const qn_fault *f = engine_fault_at(e, i, &is_over);
        printf("%s{\"id\":\"%s\",\"reason\":%u,\"action\":%u,\"place\":%u,\"seq\":%" PRIu64
               ",\"sent\":%" PRIu64 ",\"code\":\"%s\",\"why\":\"%s\"}",
               i ? "," : "", f->id, f->reason, f->action, f->place, f->hdr.seq, f->sent,
               error_name(f->code), f->why);
    }
    printf("],\"parts\":[");
    for (uint32_t s = 0; s < e->nstrategies; s++)
        for (uint32_t i = 0; i < e->ninstruments; i++)
            printf("%s{\"strategy\":\"%s\",\"qty\":%" PRId64 "}", s + i ? "," : "",
                   e->strategies[s].in.id, ledger_part(e->ledger, s + 1, i)->qty);
    printf("]}");
}

static void run(const char *file, store *kept, engine_mode mode, const char *what)
{
    engine_observer watch = {.on_mark = on_mark};
    engine_options options = {.from = INT64_MIN,
                              .to = INT64_MAX,
                              .version = "test",
                              .plugin_dir = getenv("QUOIN_PLUGINS"),
                              .store = kept,
                              .mode = mode,
                              .run = 1};
    qn_err err = QN_ERR_INIT;
    config *cfg = NULL;
    int32_t rc;

    if (config_open(file, NULL, 0, &cfg, &err) != QN_OK ||
        engine_new(cfg, &options, &now, &err) != QN_OK) {
        if (cfg) config_print_mistakes(cfg);
        fprintf(stderr, "%s\n", err.msg);
        exit(2);
    }
    if (mode == ENGINE_TRADE) {
        engine_observe(now, &watch);
        hook(now);
    }
    rc = engine_run(now, &err);
    if (rc == QN_OK) rc = engine_end(now, &err);
    print(now, what, rc, &err);
    engine_free(now);
    config_close(cfg);
}

int main(int argc, char **argv)
{
    qn_err err = QN_ERR_INIT;
    store_options options = {.durability = DURABILITY_NONE};
    store *kept;

    if (argc < 3 || (argc - 3) % 4 || argc > 3 + 4 * CASES) return 2;
    log_set_level(LOG_ERROR);
    for (int i = 3; i < argc; i += 4)
        cases[ncases++] = (fault_case){.id = argv[i],
                                       .reason = (uint32_t)strtoul(argv[i + 1], NULL, 10),
                                       .how = argv[i + 2],
                                       .at = strtoull(argv[i + 3], NULL, 10)};
    options.path = argv[2];
    if (store_open(&options, &kept, &err) != QN_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 2;
    }
    run(argv[1], kept, ENGINE_TRADE, "run");
    run(argv[1], kept, ENGINE_REPLAY, "replay");
    run(argv[1], kept, ENGINE_BOOKS, "books");
    printf("}\n");
    store_close(kept, NULL);
    return 0;
}
