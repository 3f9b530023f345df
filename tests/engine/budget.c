/* SPDX-License-Identifier: MIT
 *
 * Budgets: every reason for which an approval does not let an order go; and that an order which
 * has none goes nowhere: a debug build ends at once, a release build keeps it back. This file is
 * compiled both ways, each time together with budget.c itself. */
#include "engine/internal.h"

#include "check_main.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ------------------------------------------------------------------ the table */

typedef struct check_row {
    uint32_t side, type;
    int64_t price; /* limit price or trigger */
    int64_t qty, mark, now;
    budget b;
    uint32_t reason;
} check_row;

#define NEVER INT64_MAX

static const check_row rows[] = {
    /* quantity */
    {QN_BUY, QN_MARKET, 0, 10, 100, 5, {10, 10, 0, NEVER}, QN_REASON_NONE},
    {QN_BUY, QN_MARKET, 0, 11, 100, 5, {10, 10, 0, NEVER}, QN_REASON_BUDGET},
    {QN_BUY, QN_MARKET, 0, 1, 100, 5, {0, 0, 0, NEVER}, QN_REASON_BUDGET},
    {QN_SELL, QN_MARKET, 0, 1, 100, 5, {-1, 0, 0, NEVER}, QN_REASON_BUDGET},
    {QN_BUY, QN_MARKET, 0, 0, 100, 5, {0, 0, 0, NEVER}, QN_REASON_BUDGET},
    /* a parent whose other children have taken it up */
    {QN_BUY, QN_MARKET, 0, 4, 100, 5, {10, 11, 0, NEVER}, QN_REASON_BUDGET},
    {QN_BUY, QN_MARKET, 0, 4, 100, 5, {10, 0, 0, NEVER}, QN_REASON_NONE},
    /* time: the end is the first moment at which it is void */
    {QN_BUY, QN_MARKET, 0, 1, 100, 4, {10, 1, 0, 5}, QN_REASON_NONE},
    {QN_BUY, QN_MARKET, 0, 1, 100, 5, {10, 1, 0, 5}, QN_REASON_BUDGET_EXPIRED},
    {QN_BUY, QN_MARKET, 0, 1, 100, 6, {10, 1, 0, 5}, QN_REASON_BUDGET_EXPIRED},
    /* price: of a limit its own, of a stop its trigger, of a market order the mark */
    {QN_BUY, QN_LIMIT, 100, 1, 500, 5, {10, 1, 100, NEVER}, QN_REASON_NONE},
    {QN_BUY, QN_LIMIT, 101, 1, 50, 5, {10, 1, 100, NEVER}, QN_REASON_PRICE_BOUND},
    {QN_SELL, QN_LIMIT, 100, 1, 50, 5, {10, 1, 100, NEVER}, QN_REASON_NONE},
    {QN_SELL, QN_LIMIT, 99, 1, 500, 5, {10, 1, 100, NEVER}, QN_REASON_PRICE_BOUND},
    {QN_BUY, QN_STOP, 100, 1, 500, 5, {10, 1, 100, NEVER}, QN_REASON_NONE},
    {QN_BUY, QN_STOP, 101, 1, 50, 5, {10, 1, 100, NEVER}, QN_REASON_PRICE_BOUND},
    {QN_SELL, QN_STOP, 99, 1, 500, 5, {10, 1, 100, NEVER}, QN_REASON_PRICE_BOUND},
    {QN_BUY, QN_MARKET, 0, 1, 100, 5, {10, 1, 100, NEVER}, QN_REASON_NONE},
    {QN_BUY, QN_MARKET, 0, 1, 101, 5, {10, 1, 100, NEVER}, QN_REASON_PRICE_BOUND},
    {QN_SELL, QN_MARKET, 0, 1, 100, 5, {10, 1, 100, NEVER}, QN_REASON_NONE},
    {QN_SELL, QN_MARKET, 0, 1, 99, 5, {10, 1, 100, NEVER}, QN_REASON_PRICE_BOUND},
    /* no mark yet: there is nothing to compare */
    {QN_BUY, QN_MARKET, 0, 1, 0, 5, {10, 1, 100, NEVER}, QN_REASON_NONE},
};

START_TEST(each_reason)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const check_row *r = &rows[i];
        qn_order o = {.side = r->side,
                      .type = r->type,
                      .price = r->type == QN_LIMIT ? r->price : 0,
                      .trigger = r->type == QN_STOP ? r->price : 0};
        ck_assert_msg(budget_check(&r->b, &o, r->qty, r->now, r->mark) == r->reason, "row %zu", i);
    }
}
END_TEST

/* ------------------------------------------------------------------ what leaves */

static uint32_t nsubmitted, nmodified;

static int32_t fake_submit(void *self, const qn_order *o)
{
    (void)self;
    (void)o;
    nsubmitted++;
    return QN_OK;
}

static int32_t fake_modify(void *self, const qn_order *o)
{
    (void)self;
    (void)o;
    nmodified++;
    return QN_OK;
}

/* A run of one instrument, whose mark is 100, on one venue, which counts its calls. */
static engine e;
static qn_venue table = {.size = sizeof table, .submit = fake_submit, .modify = fake_modify};

static void begin(void)
{
    static venue v;
    static uint32_t venue_of[2];
    static qn_instrument in = {.size = sizeof in,
                               .kind = QN_LINEAR,
                               .money_exp = QN_MONEY_EXP,
                               .tick_size = 1,
                               .lot_size = 1,
                               .contract_size = {1, 0, 0}};
    const ledger_instrument list[] = {{&in, 0}, {&in, 0}};
    const account acc = {.currency = "USD", .start = 1000000};

    v.table = &table;
    v.in.id = "v";
    e.slot = slot_here();
    e.venues = &v;
    e.venue_of = venue_of;
    e.now = 5;
    e.orders = orders_new(8);
    ck_assert_int_eq(ledger_new(list, 2, 1, &acc, 1, &e.ledger, NULL), QN_OK);
    ck_assert_int_eq(ledger_mark(e.ledger, 0, 100), QN_OK);
}

static order *working(uint64_t counter, int64_t qty, budget b)
{
    order *o = orders_add(e.orders, QN_ORDER_ID(1, counter));

    o->state = QN_ORDER_SUBMITTED;
    o->sent = (qn_order){.id = QN_ORDER_ID(1, counter),
                         .strategy = 1,
                         .side = QN_BUY,
                         .type = QN_MARKET,
                         .qty = qty};
    o->asked = o->sent;
    o->budget = b;
    return o;
}

static bool submit(order *o)
{
    return budget_submit(&e, o);
}

static bool modify(order *o)
{
    return budget_modify(&e, o) != QN_E_BUDGET;
}

/* True if the order left. What must not leave ends a debug build: in a process of its own. */
static bool leaves(bool (*act)(order *), order *o, const uint32_t *calls)
{
    uint32_t before = *calls;
    bool has_left;

#ifdef NDEBUG
    has_left = act(o);
#else
    int status;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        act(o);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) ? WTERMSIG(status) == SIGABRT : WEXITSTATUS(status) == 0);
    if (WIFSIGNALED(status)) return false;
    has_left = act(o);
    ck_assert_msg(has_left, "an order was kept back, and the program went on");
#endif
    ck_assert_uint_eq(*calls, before + has_left);
    return has_left;
}

START_TEST(an_order_leaves_on_its_budget_alone)
{
    begin();
    ck_assert(leaves(submit, working(1, 10, (budget){10, 10, 0, NEVER}), &nsubmitted));
    ck_assert(!leaves(submit, working(2, 10, (budget){0}), &nsubmitted));
    ck_assert(!leaves(submit, working(3, 11, (budget){10, 11, 0, NEVER}), &nsubmitted));
    ck_assert(!leaves(submit, working(4, 10, (budget){10, 10, 0, 5}), &nsubmitted));
    ck_assert(!leaves(submit, working(5, 10, (budget){10, 10, 99, NEVER}), &nsubmitted));
    ck_assert_uint_eq(nsubmitted, 1);
}
END_TEST

START_TEST(a_child_leaves_on_the_budget_of_its_parent)
{
    order *parent;
    order *child;

    begin();
    parent = working(1, 10, (budget){10, 4, 0, NEVER});
    parent->is_parent = true;
    child = working(2, 4, (budget){4, 4, 0, NEVER});
    child->parent = parent->sent.id;
    ck_assert(leaves(submit, child, &nsubmitted));
    child->budget.qty = 0; /* nobody has looked at it as an order */
    ck_assert(!leaves(submit, child, &nsubmitted));
    child->budget.qty = 4;
    parent->budget.charged = 11; /* with others it is more than was approved */
    ck_assert(!leaves(submit, child, &nsubmitted));
    parent->budget.charged = 4;
    child->sent.side = QN_SELL;
    ck_assert(!leaves(submit, child, &nsubmitted));
    child->sent.side = QN_BUY;
    parent->sent.instrument = 1;
    ck_assert(!leaves(submit, child, &nsubmitted));
    parent->sent.instrument = 0;
    child->parent = QN_ORDER_ID(1, 7); /* nobody knows it */
    ck_assert(!leaves(submit, child, &nsubmitted));
    ck_assert_uint_eq(nsubmitted, 1);
}
END_TEST

START_TEST(a_change_is_held_against_what_it_asks_for)
{
    order *o;

    begin();
    o = working(1, 10, (budget){10, 10, 0, NEVER});
    o->asked.qty = 8;
    ck_assert(leaves(modify, o, &nmodified));
    o->asked.qty = 11;
    ck_assert(!leaves(modify, o, &nmodified));
    ck_assert_uint_eq(nmodified, 1);
    ck_assert_uint_eq(nsubmitted, 0);
}
END_TEST

CHECK_MAIN("engine budget", each_reason, an_order_leaves_on_its_budget_alone,
           a_child_leaves_on_the_budget_of_its_parent, a_change_is_held_against_what_it_asks_for)
