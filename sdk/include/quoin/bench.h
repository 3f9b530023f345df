/* SPDX-License-Identifier: MIT
 *
 * The test bench: a host for one plugin, in a program of the author's. It loads a module of any
 * kind, gives it parameters, instruments and books, feeds it events, and keeps what it says. It
 * needs no test framework and changes nothing of the system.
 *
 *   int main(int argc, char **argv)
 *   {
 *       qn_bench *b = qn_bench_new();
 *
 *       qn_bench_set(b, "fast", "2");
 *       qn_bench_set(b, "slow", "3");
 *       qn_bench_open(b, argc > 1 ? argv[1] : "./sma.so");
 *       qn_bench_start(b);
 *       qn_bench_closes(b, 0, "10 9 8 9 12");
 *       qn_bench_expect(b, "#5 target TEST.bench 1\n");
 *       return qn_bench_end(b);
 *   }
 *
 *   cc $(pkg-config --cflags quoin-bench) test.c -o test $(pkg-config --libs quoin-bench)
 *
 * Failures. The first thing that goes wrong is kept as a sentence: a rule of the ABI that the
 * plugin broke, an expectation that was not met, or a mistake of the test itself, which the
 * sentence says. Calls after a failure still work, so that a test needs to look only once:
 * qn_bench_end says it on stderr and returns 1. qn_bench_failure is for those who have a framework.
 *
 * What is watched, without being asked for:
 *   - the life of an instance: created, active, quiesced (its state is saved), ended. A call of
 *     the host that its state does not allow is a failure: memory that is taken while events
 *     flow, a feature that is looked up in a callback, a timer set in configure;
 *   - one call at a time, and no call of the host from another thread or after the call has
 *     ended that it was meant for (a `qn_out` that was kept);
 *   - calls that only read (check, save, describe, lookback, need) leave the instance's bytes and
 *     its arena as they were;
 *   - each call returns with the floating-point rounding it was called with;
 *   - intents and children are checked as the host checks them, and refused with its codes.
 *
 * Numbers. Prices, quantities and money are texts, "99.5", as in a config; times are ns. An
 * instrument is named by its slot, 0 for the first one; its number may be another, as in a run.
 *
 * Threads: a bench belongs to the thread that made it. Out of memory is a failure, too. The header
 * is C11 and C++17. */
#ifndef QUOIN_BENCH_H
#define QUOIN_BENCH_H

#include <quoin/command.h>
#include <quoin/decision.h>
#include <quoin/execution.h>
#include <quoin/optimizer.h>
#include <quoin/risk.h>
#include <quoin/sink.h>
#include <quoin/strategy.h>
#include <quoin/tuner.h>
#include <quoin/venue.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_BENCH_INSTRUMENTS 64u /* at most */
#define QN_BENCH_ACCOUNTS 8u
#define QN_BENCH_FEATURES 32u
#define QN_BENCH_DIMENSIONS 32u
#define QN_BENCH_EVENT_BYTES 1024u /* of one event */

typedef struct qn_bench qn_bench;

/* ------------------------------------------------------------------ a bench and its failures
 *
 *   if (fill.fee <= 0) qn_bench_fail(b, "a fee of %lld", (long long)fill.fee);
 *   return qn_bench_end(b);                                                                    */

/* A bench; NULL when out of memory, which all functions take for a failed bench. */
qn_bench *qn_bench_new(void);

/* End the instance and free everything. NULL is fine. */
void qn_bench_free(qn_bench *b);

/* The first failure, or NULL. Valid until the bench is freed. */
const char *qn_bench_failure(const qn_bench *b);

/* A failure of the test's own making. */
void qn_bench_fail(qn_bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Write the failure to stderr, if there is one, and free the bench. Returns 0 or 1: what main
 * returns. */
int qn_bench_end(qn_bench *b);

/* Why the last call failed that returned an error, in the plugin's words; never NULL. */
const char *qn_bench_reason(const qn_bench *b);

/* ------------------------------------------------------------------ before it starts
 *
 *   qn_instrument btc = qn_bench_linear("BTCUSDT.test");
 *   btc.lot_size = 10;
 *   qn_bench_add_instrument(b, &btc);
 *   qn_bench_set(b, "qty", "0.25");
 *   qn_bench_open(b, "./mine.so");                                                              */

/* A linear instrument: prices in steps of 0.01, quantities of 0.001, money of 10^-8, settled in
 * the currency "USD"; no filters. `name` is cut to what a name can hold. */
qn_instrument qn_bench_linear(const char *name);

/* Give the plugin one more instrument. It keeps its number, unless another one has it: then it gets
 * the next free one. Without any the plugin gets "TEST.bench", a linear one. Returns the slot;
 * QN_E_FULL, QN_E_STATE are failures. */
int32_t qn_bench_add_instrument(qn_bench *b, const qn_instrument *instrument);

/* One more account, and what is on it. Without any there is one of 1,000 USD. */
int32_t qn_bench_add_account(qn_bench *b, const char *currency, const char *balance);

/* A parameter, as the config would write it: "10", "0.5", "4h", "true", a label, a text; a path is
 * taken as it is. A key that the class lacks or a value out of its range fails qn_bench_start. */
int32_t qn_bench_set(qn_bench *b, const char *key, const char *value);

/* Load a module from a file. QN_OK; QN_E_MODULE_LOAD, QN_E_MODULE_ENTRY, QN_E_MODULE_TABLE:
 * failures, and the loader's words. */
int32_t qn_bench_open(qn_bench *b, const char *path);

/* The same for a plugin that is linked into the test: its qn_plugin_entry. */
int32_t qn_bench_link(qn_bench *b, qn_entry_fn entry);

/* Of a module with several classes, the one with this id; else the first one is taken. */
int32_t qn_bench_pick(qn_bench *b, const char *class_id);

/* Make the instance and bring it into service: create, then what its kind begins with (start,
 * begin, need, lookback). A refusal is a failure. */
int32_t qn_bench_start(qn_bench *b);

/* The same where a refusal is an answer: QN_OK, or the error, with its qn_bench_reason. */
int32_t qn_bench_try_start(qn_bench *b);

/* Expect that it is refused, with this code and words in its reason:
 *   qn_bench_refuses(b, QN_E_RANGE, "fast must be below slow");
 * Returns 1 if it was. */
int qn_bench_refuses(qn_bench *b, int32_t code, const char *words);

/* What the plugin said of itself. NULL before it was loaded or started, or not of that kind. */
const qn_class *qn_bench_class(const qn_bench *b);
const qn_venue_info *qn_bench_venue(const qn_bench *b);
const qn_history_need *qn_bench_need(const qn_bench *b);
int64_t qn_bench_lookback(qn_bench *b, int64_t bar_length); /* ns; 0 = none */

/* ------------------------------------------------------------------ events
 *
 *   qn_bench_bar(b, 0, 60 * QN_NS_PER_S, "100 101 99 100.5");
 *   qn_bench_trade(b, 0, QN_BUY, "100.5", "0.2");
 *   qn_bench_advance(b, qn_bench_now(b) + QN_NS_PER_S);          fires the timers up to there
 *
 * Events are numbered from 1; expectations name them by that number. Timers and results that are
 * due come first, as in a run. Each returns what the plugin returned; an error is a failure, but
 * for qn_bench_send, which is the raw door: it fires no timers and takes every type. */

/* Engine time, ns; begins at 0. */
int64_t qn_bench_now(const qn_bench *b);

/* Number of the last event; 0 = none. */
uint64_t qn_bench_event(const qn_bench *b);

/* Fire all timers and results due up to a time, and set the clock to it. */
int32_t qn_bench_advance(qn_bench *b, int64_t to_ns);

/* The next bar of an instrument: "open high low close [volume]", or one price for all four. */
int32_t qn_bench_bar(qn_bench *b, uint32_t slot, int64_t length, const char *prices);

/* A bar of one minute for each close, with nothing above or below it. */
int32_t qn_bench_closes(qn_bench *b, uint32_t slot, const char *closes);

/* The rest of the market, now. `side` is the aggressor's. A rate is a fraction: "0.0001". */
int32_t qn_bench_trade(qn_bench *b, uint32_t slot, uint32_t side, const char *price,
                       const char *qty);
int32_t qn_bench_quote(qn_bench *b, uint32_t slot, const char *bid, const char *bid_qty,
                       const char *ask, const char *ask_qty);
int32_t qn_bench_mark(qn_bench *b, uint32_t slot, const char *price);
int32_t qn_bench_funding(qn_bench *b, uint32_t slot, const char *rate);

/* What becomes of an order or a child that the plugin sent. A fill changes the position. */
int32_t qn_bench_fill(qn_bench *b, uint64_t order_id, const char *price, const char *qty);
int32_t qn_bench_report(qn_bench *b, uint64_t order_id, uint32_t state, uint32_t reason);

/* Trading is halted (a reason), or allowed again (QN_REASON_NONE). */
int32_t qn_bench_halt(qn_bench *b, uint32_t reason);

/* Any event, copied: the bench fills in seq, and ts_ns where it is 0. It must not go back in time.
 * A sink is given it with the next qn_bench_write, not at once. */
int32_t qn_bench_send(qn_bench *b, const qn_event *event);

/* ------------------------------------------------------------------ what it said
 *
 *   qn_bench_expect(b, "#3 order TEST.bench buy 1 limit 99.5\n"
 *                      "#3 timer 60000000000 cookie 7\n");
 *   const qn_bench_output *o = qn_bench_last(b, QN_BENCH_SIGNAL);
 *   if (!o || o->as.signal.strength < 0.5) qn_bench_fail(b, "no strong signal");
 *
 * X(number, NAME, what stands behind the number of the event in a line) */
#define QN_BENCH_OUTPUT_LIST(X)                                                                    \
    X(1, SIGNAL, "signal INSTRUMENT strength S confidence C [stop P] [take P]")                    \
    X(2, TARGET, "target INSTRUMENT QTY [stop P] [take P]")                                        \
    X(3, ORDER,                                                                                    \
      "order INSTRUMENT buy|sell QTY market|limit P|stop P [ioc|gtd] [reduce-only] "               \
      "[post-only] [stop P] [take P]")                                                             \
    X(4, CANCEL, "cancel INSTRUMENT ID")                                                           \
    X(5, MODIFY, "modify INSTRUMENT ID QTY PRICE TRIGGER")                                         \
    X(6, FEATURE, "feature INSTRUMENT NAME VALUE [for NS]")                                        \
    X(7, CHILD, "child of PARENT QTY market|limit P|stop P ...")                                   \
    X(8, CHILD_CANCEL, "cancel child ID")                                                          \
    X(9, FINISH, "finish PARENT")                                                                  \
    X(10, HALT, "halt REASON limit L value V")                                                     \
    X(11, TIMER, "timer NS cookie N")                                                              \
    X(12, WORK, "work NS cookie N")                                                                \
    X(13, REPORT, "report ID STATE [REASON]")                                                      \
    X(14, FILL, "fill ID QTY at PRICE fee F maker|taker")                                          \
    X(15, PAYMENT, "payment INSTRUMENT AMOUNT")                                                    \
    X(16, ANSWER, "allow|reduce|reject INSTRUMENT QTY [REASON]")                                   \
    X(17, WEIGHTS, "weights W W ...")                                                              \
    X(18, TRIAL, "trial V V ... | wait | end")                                                     \
    X(19, LOG, "log TEXT: not among the lines of qn_bench_expect")                                 \
    X(20, RESULT, "result COMMAND [VALUE]")

#define QN_BENCH_OUTPUT_ENUM(number, NAME, line) QN_BENCH_##NAME = (number),
enum { QN_BENCH_OUTPUT_LIST(QN_BENCH_OUTPUT_ENUM) QN_BENCH_OUTPUTS = 21 };
#undef QN_BENCH_OUTPUT_ENUM

/* One thing that the plugin said. */
typedef struct qn_bench_output {
    uint32_t what; /* QN_BENCH_ */
    uint32_t rsv0;
    uint64_t event; /* number of the event it answered; 0 = before the first one */
    int64_t answer; /* what the bench returned: an order id, 0, or the error it was refused with */
    union {
        qn_intent intent;
        qn_signal signal;
        qn_target target;
        qn_order_intent order;
        qn_cancel cancel;
        qn_modify modify;
        qn_child child;
        qn_event hdr;
        qn_order_report report;
        qn_fill fill;
        qn_payment payment;
        qn_halt halt; /* reason, limit, value */
        qn_answer verdict;
        struct {
            uint32_t instrument, feature; /* feature: place in the class's table */
            double value;
            int64_t valid_ns;
        } feature;
        struct {
            int64_t due_ns;
            uint64_t cookie;
        } timer;     /* and WORK */
        uint64_t id; /* CHILD_CANCEL: of the child; FINISH: of the parent */
        struct {
            uint32_t answer, n; /* QN_ASK_; values or weights */
            union {
                int64_t whole[QN_BENCH_DIMENSIONS];
                double real[QN_BENCH_DIMENSIONS];
            } values; /* the first ones */
        } list;       /* TRIAL, WEIGHTS */
        struct {
            int32_t level;
            char text[252];
        } log;
        struct {
            uint32_t command; /* place in the class's table */
            uint32_t rsv0;
            double value;               /* 0 where it returned a text, or nothing */
            char text[QN_COMMAND_TEXT]; /* what it returned, a number too; "" = nothing */
        } result;
    } as;
} qn_bench_output;

/* How much of one sort was said since qn_bench_forget; 0 counts all sorts. */
uint32_t qn_bench_count(const qn_bench *b, uint32_t what);

/* The n-th of a sort, from 0; NULL = there is none. Valid until the next event. */
const qn_bench_output *qn_bench_nth(const qn_bench *b, uint32_t what, uint32_t n);

/* The last one of a sort, or NULL. */
const qn_bench_output *qn_bench_last(const qn_bench *b, uint32_t what);

/* Forget all that was said up to here. */
void qn_bench_forget(qn_bench *b);

/* Expect that since the last qn_bench_expect exactly this was said, in lines as above, each with
 * "#EVENT " before it; "" = nothing. Reals have 6 digits; what the bench refused ends in
 * " refused QN_E_...". Returns 1 if so. */
int qn_bench_expect(qn_bench *b, const char *lines);

/* The same lines as text, of all since qn_bench_forget. Valid until the next call of it. */
const char *qn_bench_told(qn_bench *b);

/* ------------------------------------------------------------------ what an operator does
 *
 *   qn_bench_call(b, "set_bias 0.2");
 *   qn_bench_expect(b, "#5 result set_bias 0\n");
 *   if (qn_bench_call(b, "set_bias 7") != QN_E_RANGE) qn_bench_fail(b, "a bias of 7");
 *   qn_bench_change(b, "qty=3");
 *
 * Both take what `quoin ctl call` and `quoin ctl set` take behind the plugin's id, in one text: a
 * blank between two words, a word that has blanks in quotation marks. */

/* Call a command of the plugin's own between two events. What it returned is an output, RESULT.
 * QN_OK, or the error with which the host or the command refused it, which is no failure: see
 * qn_bench_reason. A command that refuses and has changed the instance or does not say why, that
 * pushes or takes memory, is one. */
int32_t qn_bench_call(qn_bench *b, const char *text);

/* Set parameters that may change while a run goes on (QN_PARAM_LIVE), all of them or none: a new
 * instance with the values is given the state of the one there is. QN_OK, or the error, with which
 * the old instance stays; an error is no failure. */
int32_t qn_bench_change(qn_bench *b, const char *text);

/* ------------------------------------------------------------------ the books, features, refusals
 *
 *   qn_bench_feature(b, "vol.ewma", 0, 0.4);
 *   qn_bench_exposure(b, 0)->qty = 500;
 *   qn_bench_answer(b, QN_BENCH_TIMER, QN_E_FULL);           the host has no room for timers   */

/* A feature as models would have published it, for qn_host_features. A name must be known before
 * the start to be found. */
int32_t qn_bench_feature(qn_bench *b, const char *name, uint32_t slot, double value);

/* What reading it returns from now on: QN_OK, QN_E_NOT_FOUND, QN_E_STALE. */
int32_t qn_bench_feature_state(qn_bench *b, const char *name, int32_t code);

/* The books as the plugin sees them; the test changes them in place. Fills change position and
 * exposure, bars and marks the exposure's mark. NULL = no such slot. */
qn_position *qn_bench_position(qn_bench *b, uint32_t slot);
qn_exposure *qn_bench_exposure(qn_bench *b, uint32_t slot);
qn_account_state *qn_bench_account(qn_bench *b, uint32_t account);
qn_instrument *qn_bench_instrument(qn_bench *b, uint32_t slot);

/* What the bench answers to one sort of output from now on: an error, or 0 for its own answer. */
void qn_bench_answer(qn_bench *b, uint32_t what, int64_t code);

/* The table of the host that the instance sees, and its first argument. Its functions watch who
 * calls them. */
const qn_host *qn_bench_host(const qn_bench *b);

/* qty x price x contract size of an instrument as money; the host's own function. */
int32_t qn_bench_money(qn_bench *b, uint32_t slot, int64_t qty, int64_t price, int64_t *out);

/* ------------------------------------------------------------------ risk
 *
 *   qn_proposal p = qn_bench_proposal(b, 0, QN_BUY, "3", NULL);
 *   qn_bench_check(b, &p, NULL);
 *   qn_bench_expect(b, "#0 reduce TEST.bench 2 LIMIT_POSITION\n");                              */

/* An order that asks for approval, both stages at once; price NULL = at the market, valued at the
 * exposure's mark. `reducing` and `notional` come from the books. */
qn_proposal qn_bench_proposal(qn_bench *b, uint32_t slot, uint32_t side, const char *qty,
                              const char *price);

/* Ask the module. Returns the quantity it allows, or its error; an answer that the host would take
 * for a fault (no reason, a quantity out of range) is a failure. *answer may be NULL. */
int64_t qn_bench_check(qn_bench *b, const qn_proposal *proposal, qn_answer *answer);

/* Tell it the verdict of the chain on a proposal: allowed = 0 rejects it. */
int32_t qn_bench_verdict(qn_bench *b, const qn_proposal *proposal, int64_t allowed);

/* ------------------------------------------------------------------ optimizers
 *
 *   qn_line lines[] = {qn_bench_line(0, 1.0), qn_bench_line(1, -0.5)};
 *   qn_bench_allocate(b, lines, 2, NULL, NULL);
 *   qn_bench_expect(b, "#0 weights 0.5 -0.5\n");                                                */

/* A line of strategy 1, fully confident, with all of the capital and nothing held. */
qn_line qn_bench_line(uint32_t slot, double strength);

/* Ask for weights of `n` lines without history. QN_OK or its error; weights that the host would
 * refuse are a failure. `weights` (n) and `values` (rows of its table) may be NULL. */
int32_t qn_bench_allocate(qn_bench *b, const qn_line *lines, uint32_t n, double *weights,
                          double *values);

/* The same with a portfolio of the test's own, history included. */
int32_t qn_bench_allocate_of(qn_bench *b, const qn_portfolio *portfolio, double *weights,
                             double *values);

/* ------------------------------------------------------------------ execution
 *
 *   uint64_t id = qn_bench_parent(b, 0, QN_BUY, "2");
 *   qn_bench_expect(b, "#1 child of 1099511627777 2 market\n");
 *   qn_bench_fill(b, qn_bench_last(b, QN_BENCH_CHILD)->answer, "100", "2");                      */

/* Give it a parent to work. Returns its order id; 0 after a failure. */
uint64_t qn_bench_parent(qn_bench *b, uint32_t slot, uint32_t side, const char *qty);

/* The parent has ended: FILLED or CANCELED, and why. */
int32_t qn_bench_parent_end(qn_bench *b, uint64_t parent_id, uint32_t state, uint32_t reason);

/* ------------------------------------------------------------------ venues
 *
 *   qn_order o = qn_bench_order(b, 0, QN_BUY, "1", NULL);
 *   qn_bench_submit(b, &o);
 *   qn_bench_bar(b, 0, 60 * QN_NS_PER_S, "100 101 99 100.5");
 *   qn_bench_expect(b, "#0 report 1099511627777 ACCEPTED\n"
 *                      "#1 fill 1099511627777 1 at 100 fee 0 taker\n");                       */

/* An order with the next id of strategy 1: a limit order, price NULL = at the market. */
qn_order qn_bench_order(qn_bench *b, uint32_t slot, uint32_t side, const char *qty,
                        const char *price);

/* Return what the venue returned; an error is no failure. */
int32_t qn_bench_submit(qn_bench *b, const qn_order *order);
int32_t qn_bench_modify(qn_bench *b, const qn_order *order);
int32_t qn_bench_cancel(qn_bench *b, uint64_t order_id);

/* Ask it what became of one order, of which `filled` is booked; or which orders work (id 0): what a
 * host asks of a build that takes the place of another one. QN_E_UNSUPPORTED without a query. */
int32_t qn_bench_query(qn_bench *b, uint32_t slot, uint64_t order_id, const char *filled);

/* The data has ended. */
void qn_bench_end_of_data(qn_bench *b, int64_t ts_ns);

/* ------------------------------------------------------------------ sinks
 *
 *   qn_bench_bar(b, 0, 60 * QN_NS_PER_S, "100");                 collected
 *   qn_bench_write(b);                                           given as one batch
 *   qn_bench_stop(b);                                                                           */

/* What it is started with: the run, names, and the cursor of a run that goes on. Borrowed for the
 * life of the bench, before the start; else a new run "bench" of one strategy and one risk
 * module. */
void qn_bench_sink_start(qn_bench *b, const qn_sink_start *start);

/* Give it all events since the last batch that it took. QN_OK or its error, with which the same
 * events are given again. */
int32_t qn_bench_write(qn_bench *b);

/* End the service: a sink's and a venue's stop; nothing for other kinds. QN_OK or its error. */
int32_t qn_bench_stop(qn_bench *b);

/* ------------------------------------------------------------------ tuners
 *
 *   qn_bench_add_dimension(b, "strategies.sma.params.fast", 2, 10, 1);
 *   qn_bench_start(b);
 *   while (qn_bench_ask(b) == QN_ASK_TRIAL)
 *       qn_bench_tell(b, objective_of(qn_bench_last(b, QN_BENCH_TRIAL)));                        */

/* One more dimension of whole numbers, before the start. */
int32_t qn_bench_add_dimension(qn_bench *b, const char *name, int64_t low, int64_t high,
                               int64_t step);

/* The same of any type; names and labels are borrowed for the life of the bench. */
int32_t qn_bench_add_dimension_of(qn_bench *b, const qn_dimension *dimension);

/* How the search begins: its seed, how many trials may be out, and how many there may be. Before
 * the start; else 1, 1 and 1,000. */
int32_t qn_bench_search(qn_bench *b, uint64_t seed, uint32_t outstanding, uint64_t most);

/* How many trials the tuner said it will ask for; 0 = it did not say. */
uint64_t qn_bench_planned(const qn_bench *b);

/* Ask for the next trial. QN_ASK_, or the tuner's error; values that are not in the space are a
 * failure. */
int32_t qn_bench_ask(qn_bench *b);

/* Tell the oldest trial that was not told its objective; NAN = it failed. QN_OK or the error. */
int32_t qn_bench_tell(qn_bench *b, double objective);

/* ------------------------------------------------------------------ state
 *
 *   qn_bench_reload_always(b, 1);
 *   qn_bench_closes(b, 0, "10 9 8 9 12");
 *   qn_bench_expect(b, "#5 target TEST.bench 1\n");      the same answers, reloaded or not      */

/* Put a new instance in the place of the one there is, with its state: save, create, load, save.
 * The two states must be the same bytes. Streams move 3 bytes a call, as they may. A class without
 * state starts anew where it says that it is stateless; else that is a failure. */
int32_t qn_bench_reload(qn_bench *b);

/* Do so before each event from now on (1), or no longer (0). */
void qn_bench_reload_always(qn_bench *b, int is_on);

/* The state now: bytes that stay valid until the next call that saves. NULL, *n = 0: no state, or
 * a failure. */
const void *qn_bench_save(qn_bench *b, uint64_t *n);

/* Put a new instance in its place that has loaded a state of layout `schema`. QN_OK, or the error
 * of load, with which the old instance stays: what a host does with a state it cannot use. */
int32_t qn_bench_load(qn_bench *b, uint32_t schema, const void *bytes, uint64_t n);

/* Load a state before the service begins (1), as a reload does, or behind that (0, the default), as
 * a run does that goes on from a snapshot. Of venues only these differ. */
void qn_bench_loads_early(qn_bench *b, int is_on);

/* How many bytes a stream moves at most in one call; 3 unless said otherwise. */
void qn_bench_stream_bytes(qn_bench *b, uint64_t most);

/* ------------------------------------------------------------------ the last resort */

/* The instance, for calls that the bench has no function for; the author's own struct. */
void *qn_bench_self(qn_bench *b);

#ifdef __cplusplus
}
#endif
#endif
