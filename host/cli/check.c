/* SPDX-License-Identifier: MIT
 *
 * quoin check: is a config right, does its run look ahead, does it decide twice alike. */
#include "cli.h"
#include "run.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>

#define CUTS 5

typedef struct arguments {
    run_request request;
    bool with_lookahead, with_determinism;
} arguments;

enum { OPTION_LOOKAHEAD = 256, OPTION_DETERMINISM };

static const struct argp_option options[] = {
    {"lookahead", OPTION_LOOKAHEAD, NULL, 0,
     "Prefix test: a run on the data up to a time takes the same decisions as a run on all of it",
     0},
    {"determinism", OPTION_DETERMINISM, NULL, 0, "Twice test: two runs take the same decisions", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    (void)arg;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->request;
        return 0;
    case OPTION_LOOKAHEAD:
        a->with_lookahead = true;
        return 0;
    case OPTION_DETERMINISM:
        a->with_determinism = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&run_request_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    options,
    parse,
    "CONF",
    "Check a config without trading on it: its text, its plugins, their parameters, its data.\v"
    "With --lookahead or --determinism the run itself is put to the test. Exit status 0: all "
    "passed; 1: a test failed; 2: the config has mistakes; 3: a plugin was refused; 4: data is "
    "missing or damaged.\n\n"
    "  quoin check conf/demo/sma.cfg --lookahead --determinism\n",
    children,
    NULL,
    NULL,
};

/* What a whole run has to say to the tests. */
typedef struct outcome {
    char hash[SHA256_HEX];
    char at_cut[CUTS][SHA256_HEX];
    uint64_t events;
    int64_t first_ts, last_ts;
} outcome;

/* One run of the config. With `to` below INT64_MAX it is a prefix: nothing is done at its
 * end. Returns an exit status. */
static int run_once(const arguments *a, int64_t to, const int64_t *cuts, size_t ncuts, outcome *out)
{
    engine_options with = {
        .from = INT64_MIN, .to = to, .is_prefix = to != INT64_MAX, .cuts = cuts, .ncuts = ncuts};
    qn_err err = QN_ERR_INIT;
    config *cfg = NULL;
    engine *e = NULL;
    int status = run_open(&a->request, &with, &cfg, &e);
    int32_t rc;

    if (status != EXIT_DONE) return status;
    rc = engine_run(e, &err);
    if (rc == QN_OK) rc = engine_decision_hash(e, out->hash, &err);
    if (rc == QN_OK) {
        out->events = engine_count(e)->market;
        out->first_ts = engine_first_ts(e);
        out->last_ts = engine_last_ts(e);
        for (size_t i = 0; i < ncuts; i++)
            memcpy(out->at_cut[i], engine_cut_hash(e, i), SHA256_HEX);
    } else {
        status = cli_fail(rc, &err);
    }
    engine_free(e);
    config_close(cfg);
    return status;
}

static void report_test(struct json_object *list, const char *name, bool has_passed,
                        const char *what)
{
    struct json_object *row = json_append_object(list);

    json_put_text(row, "test", name);
    json_put_bool(row, "passed", has_passed);
    json_put_text(row, "detail", what);
}

/* Cuts at even distances of the run's time, none at its very end. */
static void place_cuts(const outcome *whole, int64_t cuts[CUTS])
{
    for (int64_t i = 0; i < CUTS; i++)
        cuts[i] = whole->first_ts + (whole->last_ts - whole->first_ts) / (CUTS + 1) * (i + 1);
}

static int check_lookahead(const arguments *a, const outcome *whole, struct json_object *list,
                           bool *has_passed)
{
    int64_t cuts[CUTS];
    outcome with_cuts;
    outcome prefix;
    char text[TIME_TEXT];
    char what[160];
    int status;

    place_cuts(whole, cuts);
    if ((status = run_once(a, INT64_MAX, cuts, CUTS, &with_cuts)) != EXIT_DONE) return status;
    for (int i = 0; i < CUTS; i++) {
        bool is_same;
        time_format_short(cuts[i], text);
        if ((status = run_once(a, cuts[i], NULL, 0, &prefix)) != EXIT_DONE) return status;
        is_same = strcmp(prefix.hash, with_cuts.at_cut[i]) == 0;
        snprintf(what, sizeof what,
                 is_same
                     ? "data up to %s: same decisions, %llu events"
                     : "data up to %s: other decisions than with the data behind it, %llu events",
                 text, (unsigned long long)prefix.events);
        report_test(list, "lookahead", is_same, what);
        *has_passed = *has_passed && is_same;
    }
    return EXIT_DONE;
}

static int check_determinism(const arguments *a, const outcome *whole, struct json_object *list,
                             bool *has_passed)
{
    outcome again;
    char what[160];
    int status = run_once(a, INT64_MAX, NULL, 0, &again);
    bool is_same;

    if (status != EXIT_DONE) return status;
    is_same = strcmp(whole->hash, again.hash) == 0;
    snprintf(what, sizeof what, "decision hash %s%s", whole->hash,
             is_same ? " twice" : ", then another");
    report_test(list, "determinism", is_same, what);
    *has_passed = *has_passed && is_same;
    return EXIT_DONE;
}

static void print_tests(struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        printf("%-5s %-12s %s\n",
               json_object_get_boolean(json_object_object_get(row, "passed")) ? "ok" : "FAIL",
               json_object_get_string(json_object_object_get(row, "test")),
               json_object_get_string(json_object_object_get(row, "detail")));
    }
}

static int print_result(const arguments *a, struct json_object *list, bool has_passed)
{
    int status = has_passed ? EXIT_DONE : EXIT_FAILED;
    struct json_object *json;
    bool is_whole;

    if (!a->request.is_json) {
        print_tests(list);
        return status;
    }
    json = json_object_new_object();
    is_whole =
        json_put_bool(json, "passed", has_passed) && json_put(json, "tests", json_object_get(list));
    return cli_print_json(json, is_whole, status);
}

/* Builds the run and nothing more: that finds every mistake of config, plugins and data. */
static int check_build(const arguments *a, struct json_object *list)
{
    engine_options all = {.from = INT64_MIN, .to = INT64_MAX};
    config *cfg = NULL;
    engine *e = NULL;
    int status = run_open(&a->request, &all, &cfg, &e);
    char what[160];

    if (status != EXIT_DONE) return status;
    snprintf(what, sizeof what, "%u instruments, %u venues, %u strategies", engine_instruments(e),
             engine_venues(e), engine_strategies(e));
    report_test(list, "config", true, what);
    engine_free(e);
    config_close(cfg);
    return EXIT_DONE;
}

int cmd_check(int argc, char **argv)
{
    arguments a = {0};
    struct json_object *list = json_object_new_array();
    outcome whole;
    bool has_passed = true;
    int status;

    cli_parse(&argp, argc, argv, &a);
    status = check_build(&a, list);
    if (status == EXIT_DONE && (a.with_lookahead || a.with_determinism))
        status = run_once(&a, INT64_MAX, NULL, 0, &whole);
    if (status == EXIT_DONE && a.with_lookahead)
        status = check_lookahead(&a, &whole, list, &has_passed);
    if (status == EXIT_DONE && a.with_determinism)
        status = check_determinism(&a, &whole, list, &has_passed);
    if (status == EXIT_DONE) status = print_result(&a, list, has_passed);
    json_object_put(list);
    return status;
}
