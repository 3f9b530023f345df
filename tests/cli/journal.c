/* SPDX-License-Identifier: MIT
 *
 * `quoin journal verify` and `show --order` on journals that no engine writes: each with one thing
 * in it that is wrong, all checksums right. */
#include "check_main.h"
#include "folder.h"

#include "base/file.h"
#include "base/log.h"
#include "cli/cli.h"
#include "store/store.h"

#include <quoin/risk.h>
#include <quoin/sdk/record.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAR 5000u /* more records than verify has at hand */

static char dir[FOLDER_ROOM];
static char said[4096];    /* what was logged */
static char printed[8192]; /* on standard output */

static void take_line(log_level level, const char *text)
{
    size_t used = strlen(said);

    (void)level;
    snprintf(said + used, sizeof said - used, "%s\n", text);
}

/* ------------------------------------------------------------------ records */

#define HEADER(names)                                                                              \
    "{\"id\":\"01-run\",\"name\":\"crafted\",\"begun\":\"2020-01-01T00:00:00.000000000Z\","        \
    "\"config\":\"/nowhere/at/all.cfg\",\"config_identity\":\"00\",\"data_sha256\":\"00\","        \
    "\"sets\":[],\"from_ns\":\"0\",\"to_ns\":\"0\",\"tape_from_ns\":\"0\"," names "}"
#define NAMES                                                                                      \
    "\"instruments\":[{\"name\":\"X.v\",\"settle\":\"USD\",\"price_exp\":-2,\"qty_exp\":0,"        \
    "\"money_exp\":-8}],\"strategies\":[\"host\",\"s\"],\"risk\":[\"host\"],\"features\":[],"      \
    "\"allocation\":[]"
#define FOOTER(seq, market)                                                                        \
    "{\"status\":\"completed\",\"decision_hash\":\"1\",\"ledger_hash\":\"2\",\"loop_seq\":\"" seq  \
    "\",\"last_seq\":\"" seq "\",\"market_events\":\"" market                                      \
    "\",\"ended\":\"2024-01-01T00:00:00Z\"}"

static qn_event head(uint32_t type, uint64_t seq)
{
    return (qn_event){.size = (uint16_t)qn_record_size(type),
                      .type = (uint16_t)type,
                      .seq = seq,
                      .ts_ns = (int64_t)seq * 1000000000};
}

static void put_timer(store *s, uint64_t seq)
{
    qn_timer r = {.hdr = head(QN_EVENT_TIMER, seq)};

    journal_put(s, &r.hdr);
}

static void put_output(store *s, uint64_t seq, uint64_t cause)
{
    qn_output r = {.hdr = head(QN_EVENT_OUTPUT, seq),
                   .cause_seq = cause,
                   .counter = 1,
                   .strategy = 1,
                   .kind = QN_INTENT_TARGET,
                   .qty = 3};

    journal_put(s, &r.hdr);
}

static void put_verdict(store *s, uint64_t seq, uint64_t cause)
{
    qn_verdict r = {.hdr = head(QN_EVENT_VERDICT, seq),
                    .cause_seq = cause,
                    .order_id = QN_ORDER_ID(1, 1),
                    .strategy = 1,
                    .stage = 3,
                    .action = QN_ALLOW,
                    .side = QN_BUY,
                    .asked = 3,
                    .allowed = 3,
                    .expire_ts = INT64_MAX};

    journal_put(s, &r.hdr);
}

static void put_submit(store *s, uint64_t seq, uint64_t cause)
{
    qn_submit r = {.hdr = head(QN_EVENT_SUBMIT, seq),
                   .cause_seq = cause,
                   .state = QN_ORDER_SUBMITTED,
                   .order = {.size = sizeof(qn_order),
                             .id = QN_ORDER_ID(1, 1),
                             .strategy = 1,
                             .side = QN_BUY,
                             .type = QN_MARKET,
                             .tif = QN_GTC,
                             .qty = 3}};

    journal_put(s, &r.hdr);
}

/* A limit order of 50 of which 30 are filled is changed to 60: 30 would then work. */
static void change_of_a_part(store *s)
{
    qn_submit submit = {.hdr = head(QN_EVENT_SUBMIT, 4),
                        .cause_seq = 3,
                        .state = QN_ORDER_SUBMITTED,
                        .order = {.size = sizeof(qn_order),
                                  .id = QN_ORDER_ID(1, 1),
                                  .strategy = 1,
                                  .side = QN_BUY,
                                  .type = QN_LIMIT,
                                  .tif = QN_GTC,
                                  .price = 100,
                                  .qty = 50}};
    qn_fill fill = {.hdr = head(QN_EVENT_FILL, 5),
                    .order_id = QN_ORDER_ID(1, 1),
                    .side = QN_BUY,
                    .liquidity = QN_MAKER,
                    .price = 100,
                    .qty = 30};
    qn_output change = {.hdr = head(QN_EVENT_OUTPUT, 6),
                        .cause_seq = 5,
                        .counter = 2,
                        .strategy = 1,
                        .kind = QN_INTENT_MODIFY,
                        .order_id = QN_ORDER_ID(1, 1),
                        .qty = 60};
    qn_verdict verdict = {.hdr = head(QN_EVENT_VERDICT, 7),
                          .cause_seq = 6,
                          .order_id = QN_ORDER_ID(1, 1),
                          .strategy = 1,
                          .stage = QN_STAGE_ORDER,
                          .action = QN_ALLOW,
                          .side = QN_BUY,
                          .asked = 30,
                          .allowed = 30,
                          .expire_ts = INT64_MAX};

    put_output(s, 2, 1);
    put_verdict(s, 3, 2);
    journal_put(s, &submit.hdr);
    journal_put(s, &fill.hdr);
    journal_put(s, &change.hdr);
    journal_put(s, &verdict.hdr);
}

static void put_checkpoint(store *s, uint64_t seq, uint64_t market)
{
    qn_checkpoint r = {.hdr = head(QN_EVENT_CHECKPOINT, seq), .market_events = market};

    journal_put(s, &r.hdr);
}

static void put_feature(store *s, uint64_t seq)
{
    qn_feature_value r = {.hdr = head(QN_EVENT_FEATURE, seq)};

    journal_put(s, &r.hdr);
}

/* ------------------------------------------------------------------ runs */

static void good(store *s) /* market events 1, 2 and 4 */
{
    put_output(s, 3, 2);
    put_verdict(s, 5, 3);
    put_submit(s, 6, 5);
    put_checkpoint(s, 7, 3);
}

static void cause_ahead(store *s)
{
    put_output(s, 3, 3);
}

static void cause_of_wrong_type(store *s)
{
    put_output(s, 3, 2);
    put_verdict(s, 5, 3);
    put_submit(s, 6, 3);
}

static void cause_is_market(store *s)
{
    put_output(s, 3, 2);
    put_submit(s, 6, 5);
}

static void far_cause(store *s)
{
    put_output(s, 2, 1);
    put_verdict(s, 3, 2);
    for (uint64_t i = 0; i < FAR; i++)
        put_timer(s, 5 + i);
    put_submit(s, 5 + FAR, 3);
}

static void far_cause_of_wrong_type(store *s)
{
    put_output(s, 2, 1);
    for (uint64_t i = 0; i < FAR; i++)
        put_timer(s, 5 + i);
    put_submit(s, 5 + FAR, 2);
}

static void far_cause_is_market(store *s)
{
    put_output(s, 2, 1);
    for (uint64_t i = 0; i < FAR; i++)
        put_timer(s, 5 + i);
    put_submit(s, 5 + FAR, 4);
}

static void wrong_count(store *s)
{
    put_output(s, 3, 2);
    put_checkpoint(s, 7, 4);
}

static void not_journaled(store *s)
{
    put_feature(s, 3);
}

static void broken_member(store *s)
{
    qn_verdict r = {.hdr = head(QN_EVENT_VERDICT, 3), .action = 17};

    journal_put(s, &r.hdr);
}

static const struct {
    const char *name;
    void (*put)(store *);
    const char *header, *footer; /* "" = the run does not end */
    int status;
    const char *error; /* NULL = none */
} cases[] = {
    {"good", good, HEADER(NAMES), FOOTER("7", "3"), EXIT_DONE, NULL},
    {"not ended", good, HEADER(NAMES), "", EXIT_DONE, NULL},
    {"far", far_cause, HEADER(NAMES), FOOTER("5005", "2"), EXIT_DONE, NULL},
    {"ahead", cause_ahead, HEADER(NAMES), "", EXIT_DATA,
     "run 1, record 3: its cause is 3, which does not lie before it"},
    {"wrong type", cause_of_wrong_type, HEADER(NAMES), "", EXIT_DATA,
     "run 1, record 6: its cause 3 is 'output', expected 'verdict'"},
    {"market", cause_is_market, HEADER(NAMES), "", EXIT_DATA,
     "run 1, record 6: its cause 5 is 'market event', expected 'verdict'"},
    {"far, wrong type", far_cause_of_wrong_type, HEADER(NAMES), "", EXIT_DATA,
     "run 1, record 5005: its cause 2 is 'output', expected 'verdict'"},
    {"far, market", far_cause_is_market, HEADER(NAMES), "", EXIT_DATA,
     "run 1, record 5005: its cause 4 is 'market event', expected 'verdict'"},
    {"wrong count", wrong_count, HEADER(NAMES), "", EXIT_DATA,
     "run 1, record 7: 4 market events were noted, and the numbers before it leave room for 5"},
    {"feature", not_journaled, HEADER(NAMES), "", EXIT_DATA,
     "run 1, record 3 is a feature, which no journal holds"},
    {"member", broken_member, HEADER(NAMES), "", EXIT_DATA,
     "run 1, record 3: verdict: action is 17, which stands for nothing"},
    {"more records than the end says", good, HEADER(NAMES), FOOTER("7", "4"), EXIT_DATA,
     "run 1 ended with 3 records up to 7; it has 4 up to 7"},
    {"records behind the end", good, HEADER(NAMES), FOOTER("6", "2"), EXIT_DATA,
     "run 1 ended with 4 records up to 6; it has 4 up to 7"},
    {"no header", good, "{}", "", EXIT_DATA, "the header of the run cannot be read: {}"},
    {"no names", good, HEADER("\"risk\":[]"), "", EXIT_DATA,
     "the header of run 01-run lacks names that its records need"},
    {"no footer", good, HEADER(NAMES), "{}", EXIT_DATA, "the footer of the run cannot be read: {}"},
};

static void make_store(void (*put)(store *), const char *header, const char *footer)
{
    store_options how = {
        .path = dir, .durability = DURABILITY_NONE, .map_bytes = 64u << 20, .ring_bytes = 4u << 20};
    qn_err err = QN_ERR_INIT;
    store_run run;
    store *s = NULL;

    folder_make(dir, "journal");
    ck_assert_msg(store_open(&how, &s, &err) == QN_OK, "%s", err.msg);
    ck_assert_msg(store_run_begin(s, header, &run, &err) == QN_OK, "%s", err.msg);
    put(s);
    if (*footer) ck_assert_msg(store_run_end(s, footer, &err) == QN_OK, "%s", err.msg);
    ck_assert_msg(store_close(s, &err) == QN_OK, "%s", err.msg);
}

/* In a process of its own, as a command is: what it logs goes into the pipe, what it prints into
 * the file. */
static void run_command(int to, FILE *out, const char *command, const char *option)
{
    char words[4][FOLDER_ROOM] = {"quoin journal", "", "", ""};
    char *argv[] = {words[0], words[1], words[2], *option ? words[3] : NULL, NULL};
    int status;

    snprintf(words[1], sizeof words[1], "%s", command);
    snprintf(words[2], sizeof words[2], "%s", dir);
    snprintf(words[3], sizeof words[3], "%s", option);
    log_set_sink(take_line);
    if (dup2(fileno(out), STDOUT_FILENO) < 0) exit(99);
    status = cmd_journal(*option ? 4 : 3, argv);
    if (write(to, said, strlen(said)) != (ssize_t)strlen(said)) status = 99;
    exit(status);
}

/* The command's status; what it prints goes to `printed`, what it logs to `said`. */
static int journal(const char *command, const char *option)
{
    FILE *out = tmpfile();
    int pipes[2];
    int status;
    ssize_t n;
    pid_t pid;

    said[0] = '\0';
    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(pipe(pipes), 0);
    fflush(NULL);
    ck_assert_int_ge(pid = fork(), 0);
    if (pid == 0) run_command(pipes[1], out, command, option);
    close(pipes[1]);
    n = read(pipes[0], said, sizeof said - 1); /* less than what a pipe holds: one piece */
    close(pipes[0]);
    ck_assert_int_ge(n, 0);
    said[n] = '\0';
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    rewind(out);
    printed[fread(printed, 1, sizeof printed - 1, out)] = '\0';
    fclose(out);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(verify_finds_what_is_wrong)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status;
        make_store(cases[i].put, cases[i].header, cases[i].footer);
        status = journal("verify", "");
        folder_free(dir);
        ck_assert_msg(status == cases[i].status, "%s: status %d: %s", cases[i].name, status, said);
        if (cases[i].error)
            ck_assert_msg(strstr(said, cases[i].error), "%s: %s", cases[i].name, said);
        else
            ck_assert_msg(!said[0], "%s: %s", cases[i].name, said);
    }
}
END_TEST

/* An order whose chain is broken is not explained in part. */
START_TEST(an_order_of_a_broken_chain)
{
    static const struct {
        void (*put)(store *);
        int status;
        const char *error;
    } rows[] = {
        {good, EXIT_DONE, "the market events cannot be shown: cannot open /nowhere/at/all.cfg"},
        {cause_of_wrong_type, EXIT_DONE, "the market events cannot be shown"},
        {wrong_count, EXIT_USAGE, "run 1 has no order s-1: its strategy made none"},
        {broken_member, EXIT_DATA, "run 1, record 3: verdict"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status;
        make_store(rows[i].put, HEADER(NAMES), "");
        status = journal("show", "--order=s-1");
        folder_free(dir);
        ck_assert_msg(status == rows[i].status, "%zu: status %d: %s", i, status, said);
        ck_assert_msg(strstr(said, rows[i].error), "%zu: %s", i, said);
    }
}
END_TEST

/* The simulator fills orders whole, other venues do not. */
START_TEST(a_change_of_an_order_that_is_filled_in_part)
{
    make_store(change_of_a_part, HEADER(NAMES), "");
    ck_assert_int_eq(journal("show", "--order=s-1"), EXIT_DONE);
    folder_free(dir);
    ck_assert_msg(strstr(printed, "s-1, what would then work, 30: allowed") != NULL, "%s", printed);
    ck_assert_msg(strstr(printed, "s-1 may buy up to 60 in all\n") != NULL, "%s", printed);
}
END_TEST

CHECK_MAIN("cli journal", verify_finds_what_is_wrong, an_order_of_a_broken_chain,
           a_change_of_an_order_that_is_filled_in_part)
