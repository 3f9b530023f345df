/* SPDX-License-Identifier: MIT
 *
 * The page of a search: less than 2 MB and well formed however many trials and dimensions there
 * are, whatever their names, and with nothing to show. The searches are made up. */
#include "tune/internal.h"

#include "base/file.h"

#include "check_main.h"
#include "folder.h"
#include "random.h"
#include "report/wellformed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT (2u << 20)
#define TRIALS 10000

static const char *const labels[] = {"<script>", "a & b", "\"quoted\"", "\xff\xfe",
                                     "long long long"};
static const char text[] =
    "name = \"<b>search & 'find'\"; catalog = \"c\";\n"
    "venues = ( { id = \"%s\"; plugin = \"venue/sim\"; instruments = [ \"X\" ]; data = [ "
    "\"bar:1d\" "
    "];\n"
    "             accounts = ( { currency = \"USD\"; balance = \"1\"; } ); } );\n"
    "strategies = ( );\n"
    "tuner = { plugin = \"tuner/grid\"; path = \"p\"; space = ( { path = \"a.b\"; } );\n"
    "          test = { from = \"2024-01-01\"; }; train = { to = \"2024-01-01\"; }; };\n";

static const char *venue = "v";
static char dir[FOLDER_ROOM];
static qn_dimension dimensions[DIMENSIONS_MAX];
static tune t;

/* The page names the class of the tuner; there is none here. */
const char *tuner_class(const tuner *tn)
{
    (void)tn;
    return "tuner/none";
}

static qn_dimension dimension_of(uint32_t i)
{
    static char names[DIMENSIONS_MAX][40];
    qn_dimension d = {.size = sizeof d,
                      .type = QN_DIMENSION_REAL,
                      .flags = QN_DIMENSION_ORDERED,
                      .name = names[i],
                      .unit = "",
                      .low = 1,
                      .high = 1000000000,
                      .exp = -9};

    snprintf(names[i], sizeof names[i], "strategies.s%u.params.<x>", i);
    if (i % 3 == 1) d.scale = QN_SCALE_LOG;
    if (i % 3 == 2) {
        d.type = QN_DIMENSION_CHOICE;
        d.flags = 0;
        d.low = d.exp = 0;
        d.high = 4;
        d.step = 1;
        d.labels = labels;
        d.nlabels = 5;
    }
    return d;
}

static void make_trial(uint64_t number, uint64_t *state)
{
    trial *tr = &t.trials[number - 1];
    static const char *const reasons[] = {"", "", "", "fast < slow & \"more\"", "killed <9>"};

    *tr = (trial){.number = number,
                  .values = arena_alloc(&t.memory, t.ndimensions * sizeof(int64_t), 8),
                  .train = {.state = random_below(state, 5) ? QN_TRIAL_DONE
                                                            : 1 + (uint32_t)random_below(state, 4),
                            .status = "completed"}};
    for (uint32_t i = 0; i < t.ndimensions; i++) {
        const qn_dimension *d = &t.dimensions[i];
        tr->values[i] = d->low + (int64_t)random_below(state, (uint64_t)(d->high - d->low) + 1);
    }
    tr->train.reason = reasons[tr->train.state];
    tr->train.figures = arena_alloc(&t.memory, t.nfigures * sizeof(double), 8);
    for (uint32_t i = 0; i < t.nfigures; i++)
        tr->train.figures[i] = (double)random_below(state, 2000001) * 1e-6 - 1;
    if (tr->train.state == QN_TRIAL_UNDEFINED) tr->train.figures[t.objective] = NAN;
    if (tr->train.state > QN_TRIAL_UNDEFINED) tr->train.figures = NULL;
    tr->test = tr->train;
}

/* A search of `n` trials in so many dimensions, ranked. */
static void make(uint32_t ndimensions, uint64_t n)
{
    const statistic *rows;
    uint64_t state = 9;
    char path[PATH_ROOM];
    qn_err err = QN_ERR_INIT;
    const config_mistake *list;
    char file[2 * sizeof text];

    folder_make(dir, "tune");
    ck_assert_int_eq(path_join(dir, "x.cfg", path, NULL), QN_OK);
    snprintf(file, sizeof file, text, venue);
    ck_assert_int_eq(file_replace(path, file, strlen(file), &err), QN_OK);
    ck_assert_int_eq(config_open(path, NULL, 0, &t.cfg, &err), QN_OK);
    ck_assert_msg(config_mistakes(t.cfg, &list) == 0, "%s", list ? list[0].text : "");
    t.config = &config_get(t.cfg)->tuner;
    t.options.version = "<1>";
    t.plugins = json_object_new_object();
    json_put_text(t.plugins, "a<b", "0");
    t.nfigures = (uint32_t)statistics(&rows);
    t.figures = arena_alloc(&t.memory, t.nfigures * sizeof *t.figures, 8);
    for (uint32_t i = 0; i < t.nfigures; i++) {
        t.figures[i].name = rows[i].name;
        if (strcmp(rows[i].name, "sharpe") == 0) t.objective = i;
    }
    t.dimensions = dimensions;
    t.ndimensions = ndimensions;
    for (uint32_t i = 0; i < ndimensions; i++)
        dimensions[i] = dimension_of(i);
    t.trials = mem_new(n + 1, sizeof *t.trials);
    for (t.ntrials = 0; t.ntrials < n; t.ntrials++)
        make_trial(t.ntrials + 1, &state);
    ck_assert_int_eq(rank_all(&t, &err), QN_OK);
}

/* Write the page, and look at it. Returns its size. */
static size_t check_page(void)
{
    char path[PATH_ROOM];
    qn_err err = QN_ERR_INIT;
    char *page;
    size_t size;

    ck_assert_int_eq(path_join(dir, "tune.html", path, NULL), QN_OK);
    ck_assert_msg(page_of_tune(&t, path, &err) == QN_OK, "%s", err.msg);
    ck_assert_int_eq(file_read(path, &page, &size, &err), QN_OK);
    ck_assert_uint_lt(size, LIMIT);
    check_wellformed(page);
    ck_assert_uint_eq(count_text(page, "<script"), 0);
    ck_assert_uint_eq(count_text(page, "nan"), 0);
    mem_free(page);
    return size;
}

static void done(void)
{
    ck_assert_int_eq(folder_free(dir), 0);
    mem_free(t.ranked);
    mem_free(t.trials);
    json_object_put(t.plugins);
    arena_free(&t.memory);
    config_close(t.cfg);
    t = (tune){0};
}

START_TEST(any_size)
{
    static const struct {
        uint32_t dimensions;
        uint64_t trials;
    } rows[] = {{1, 0}, {2, 0}, {1, 1}, {3, 1}, {2, 100}, {6, TRIALS}, {DIMENSIONS_MAX, TRIALS}};
    size_t most = 0;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t size;
        make(rows[i].dimensions, rows[i].trials);
        size = check_page();
        if (size > most) most = size;
        done();
    }
    printf("proof: tune: a page of %d trials in %d dimensions has %zu KiB\n", TRIALS,
           DIMENSIONS_MAX, most / 1024);
}
END_TEST

/* However many trials, the worst is in the picture of each dimension as the best is: marks that are
 * given out by rank until there are none left show a search that has no bad trials. */
START_TEST(bad_trials_are_seen)
{
    char path[PATH_ROOM];
    qn_err err = QN_ERR_INIT;
    char *page;
    const char *at;
    size_t size;
    double lowest = 0;

    make(1, TRIALS);
    ck_assert_int_eq(path_join(dir, "tune.html", path, NULL), QN_OK);
    ck_assert_int_eq(page_of_tune(&t, path, &err), QN_OK);
    ck_assert_int_eq(file_read(path, &page, &size, &err), QN_OK);
    at = strstr(page, "id=\"dimensions\"");
    ck_assert_ptr_nonnull(at);
    while ((at = strstr(at, " cy=\""))) {
        double y = strtod(at + 5, NULL);
        lowest = y > lowest ? y : lowest;
        at++;
    }
    ck_assert_double_gt(lowest, 210); /* of a plot whose foot is at 218 */
    mem_free(page);
    done();
}
END_TEST

static bool page_says(const char *what)
{
    char path[PATH_ROOM];
    qn_err err = QN_ERR_INIT;
    char *page;
    size_t size;
    bool is_said;

    ck_assert_int_eq(path_join(dir, "tune.html", path, NULL), QN_OK);
    ck_assert_int_eq(page_of_tune(&t, path, &err), QN_OK);
    ck_assert_int_eq(file_read(path, &page, &size, &err), QN_OK);
    is_said = strstr(page, what) != NULL;
    mem_free(page);
    return is_said;
}

START_TEST(what_must_be_known_first)
{
    config_tuner untested;

    make(2, 50);
    ck_assert(page_says("50 trials, searched on the start of the data to 2024-01-01T00:00:00Z"));
    ck_assert(!page_says("NOT TESTED"));
    ck_assert(!page_says(">STOPPED<"));
    ck_assert(!page_says("SYNTHETIC DATA"));
    ck_assert(page_says("Sharpe ratio: the most orange cell "));
    untested = *t.config;
    untested.test.node = NULL;
    t.config = &untested;
    t.is_stopped = true;
    ck_assert(page_says("NOT TESTED"));
    ck_assert(page_says(">STOPPED<"));
    done();
    venue = "synthetic";
    make(1, 2);
    ck_assert(page_says("SYNTHETIC DATA"));
    done();
    venue = "v";
}
END_TEST

START_TEST(a_search_without_a_result)
{
    make(2, 50);
    for (size_t i = 0; i < t.ntrials; i++)
        t.trials[i].train = t.trials[i].test =
            (outcome){.state = QN_TRIAL_FAILED, .status = "", .reason = "no <reason>"};
    ck_assert_int_eq(rank_all(&t, NULL), QN_OK);
    ck_assert_uint_eq(t.nranked, 0);
    check_page();
    done();
}
END_TEST

/* All alike: no best, no variance, no range. */
START_TEST(all_alike)
{
    make(2, 50);
    for (size_t i = 0; i < t.ntrials; i++) {
        t.trials[i].train = t.trials[0].train;
        t.trials[i].train.state = QN_TRIAL_DONE;
        t.trials[i].train.figures[t.objective] = 0.5;
    }
    ck_assert_int_eq(rank_all(&t, NULL), QN_OK);
    ck_assert_uint_eq(t.nranked, 50);
    for (size_t i = 0; i < t.nranked; i++)
        ck_assert_uint_eq(t.ranked[i]->number, i + 1);
    ck_assert(isnan(t.importance[0]));
    check_page();
    done();
}
END_TEST

/* By hand: the best at 5, its neighbours at 4 and 6, of 1 to 9. */
START_TEST(ranks_by_hand)
{
    static const double objectives[] = {0.1, 0.2, 0.3, 0.6, 0.9, 0.4, 0.3, 0.2, 0.1};

    make(1, 9);
    dimensions[0] = (qn_dimension){.size = sizeof(qn_dimension),
                                   .type = QN_DIMENSION_INTEGER,
                                   .flags = QN_DIMENSION_ORDERED,
                                   .name = "a.b",
                                   .unit = "",
                                   .low = 1,
                                   .high = 9,
                                   .step = 1};
    for (size_t i = 0; i < 9; i++) {
        t.trials[i].train.state = QN_TRIAL_DONE;
        if (!t.trials[i].train.figures)
            t.trials[i].train.figures = arena_alloc(&t.memory, t.nfigures * sizeof(double), 8);
        t.trials[i].train.figures[t.objective] = objectives[i];
        t.trials[i].values[0] = (int64_t)i + 1;
    }
    ck_assert_int_eq(rank_all(&t, NULL), QN_OK);
    ck_assert_uint_eq(t.ranked[0]->number, 5);
    ck_assert_uint_eq(t.ranked[8]->number, 9);          /* of equals the later one */
    ck_assert_double_eq_tol(t.importance[0], 1, 1e-12); /* one trial a value: it explains all */
    ck_assert_uint_eq(t.around.n, 2);
    ck_assert_double_eq_tol(t.around.mean, 0.5, 1e-12);
    ck_assert_double_eq_tol(t.around.median, 0.5, 1e-12);
    ck_assert_double_eq_tol(t.around.worst, 0.4, 1e-12);
    t.trials[3].train.state = QN_TRIAL_FAILED;
    ck_assert_int_eq(rank_all(&t, NULL), QN_OK);
    ck_assert_uint_eq(t.around.n, 1);
    ck_assert_uint_eq(t.around.without, 1);
    check_page();
    done();
}
END_TEST

CHECK_MAIN("tune_page", any_size, bad_trials_are_seen, what_must_be_known_first,
           a_search_without_a_result, all_alike, ranks_by_hand)
