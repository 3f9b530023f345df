/* SPDX-License-Identifier: MIT
 *
 * The venue's whole state as bytes, little-endian as it lies in memory, in the form of
 * <quoin/sdk/fields.h>: a group of records {u16 length of the name, name, u64 length of the value,
 * value}. Each value here is a table: u32 number of rows, u32 bytes of a row, the rows. Written by
 * hand, because a table of fields knows no pointers between orders and no lists that grow. */
#include "sim.h"

#include <quoin/sdk/fail.h>
#include <quoin/sdk/stream.h>

#include <string.h>

/* ----------------------------------------------------------------------------------- rows */

typedef struct clock_row {
    int64_t now;
    uint64_t trades;
} clock_row;

typedef struct balance_row {
    qn_wide amount;
    char currency[16];
    uint32_t has_account;
    uint32_t rsv[3];
} balance_row;

typedef struct book_row {
    int64_t net_qty, net_cost, close, close_ts, mark;
    uint32_t number;
    uint32_t rsv0;
} book_row;

/* Books in their order; of one book in the order of its list. */
typedef struct position_row {
    int64_t qty;
    uint32_t slot, strategy;
} position_row;

/* The same. */
typedef struct order_row {
    uint64_t id;
    int64_t qty, price, works_from, expire_ts;
    uint32_t slot, strategy, state, side, type, tif;
    uint32_t is_exit, is_reducing;
} order_row;

/* One for each order that has a parent or a sibling. An entry's exits follow from them. */
typedef struct link_row {
    uint64_t id;
    uint64_t parent, sibling; /* ids, 0 = none */
} link_row;

/* No bytes that nobody sets. */
_Static_assert(sizeof(balance_row) == 48 && sizeof(book_row) == 48, "no holes");
_Static_assert(sizeof(position_row) == 16 && sizeof(order_row) == 72, "no holes");

/* A state being loaded: rows come one by one. */
typedef struct loader {
    sim *s;
    uint32_t at;     /* place of the row in its table */
    uint32_t slot;   /* of the row before: they only rise */
    position **tail; /* where the next position of that slot goes */
} loader;

/* ------------------------------------------------------------------------------- counting */

static uint64_t one(const sim *s)
{
    (void)s;
    return 1;
}

static uint64_t count_balances(const sim *s)
{
    return s->nbalances;
}

static uint64_t count_books(const sim *s)
{
    return s->nbooks;
}

static uint64_t count_positions(const sim *s)
{
    return (uint64_t)s->positions_used;
}

static uint64_t most_positions(const sim *s)
{
    return (uint64_t)s->max_positions;
}

static uint64_t count_orders(const sim *s)
{
    return (uint64_t)s->orders_open;
}

static uint64_t most_orders(const sim *s)
{
    return (uint64_t)s->max_orders;
}

static bool has_link(const order *o)
{
    return o->parent || o->sibling;
}

static uint64_t count_links(const sim *s)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < s->nbooks; i++) {
        for (const order *o = s->books[i].first; o; o = o->next)
            n += has_link(o);
    }
    return n;
}

/* --------------------------------------------------------------------------------- saving */

static int32_t save_clock(const sim *s, const qn_stream *to, qn_err *err)
{
    clock_row row = {s->now, s->trades};

    return qn_stream_put(to, &row, sizeof row, err);
}

static int32_t save_balances(const sim *s, const qn_stream *to, qn_err *err)
{
    int32_t rc = QN_OK;

    for (uint32_t i = 0; i < s->nbalances && rc == QN_OK; i++) {
        const balance *b = &s->balances[i];
        balance_row row = {.amount = b->amount, .has_account = b->has_account};
        memcpy(row.currency, b->currency, sizeof row.currency);
        rc = qn_stream_put(to, &row, sizeof row, err);
    }
    return rc;
}

static int32_t save_books(const sim *s, const qn_stream *to, qn_err *err)
{
    int32_t rc = QN_OK;

    for (uint32_t i = 0; i < s->nbooks && rc == QN_OK; i++) {
        const book *b = &s->books[i];
        book_row row = {b->net_qty, b->net_cost, b->close, b->close_ts, b->mark, b->number, 0};
        rc = qn_stream_put(to, &row, sizeof row, err);
    }
    return rc;
}

static int32_t save_positions(const sim *s, const qn_stream *to, qn_err *err)
{
    int32_t rc = QN_OK;

    for (uint32_t i = 0; i < s->nbooks; i++) {
        for (const position *p = s->books[i].positions; p && rc == QN_OK; p = p->next) {
            position_row row = {p->qty, i, p->strategy};
            rc = qn_stream_put(to, &row, sizeof row, err);
        }
    }
    return rc;
}

static int32_t save_orders(const sim *s, const qn_stream *to, qn_err *err)
{
    int32_t rc = QN_OK;

    for (uint32_t i = 0; i < s->nbooks; i++) {
        for (const order *o = s->books[i].first; o && rc == QN_OK; o = o->next) {
            order_row row = {.id = o->id,
                             .qty = o->qty,
                             .price = o->price,
                             .works_from = o->works_from,
                             .expire_ts = o->expire_ts,
                             .slot = i,
                             .strategy = o->position->strategy,
                             .state = o->state,
                             .side = o->side,
                             .type = o->type,
                             .tif = o->tif,
                             .is_exit = o->is_exit,
                             .is_reducing = o->is_reducing};
            rc = qn_stream_put(to, &row, sizeof row, err);
        }
    }
    return rc;
}

static int32_t save_links(const sim *s, const qn_stream *to, qn_err *err)
{
    int32_t rc = QN_OK;

    for (uint32_t i = 0; i < s->nbooks; i++) {
        for (const order *o = s->books[i].first; o && rc == QN_OK; o = o->next) {
            link_row row = {.id = o->id};
            if (!has_link(o)) continue;
            if (o->parent) row.parent = o->parent->id;
            if (o->sibling) row.sibling = o->sibling->id;
            rc = qn_stream_put(to, &row, sizeof row, err);
        }
    }
    return rc;
}

/* -------------------------------------------------------------------------------- loading */

/* A rule of the state; returns whether it holds. */
static bool must(bool holds, const char *what, qn_err *err)
{
    if (!holds) qn_fail(err, QN_E_DAMAGED, "the venue's state is damaged: %s", what);
    return holds;
}

static bool load_clock(loader *l, const void *from, qn_err *err)
{
    const clock_row *row = from;

    (void)err;
    l->s->now = row->now;
    l->s->trades = row->trades;
    return true;
}

static bool load_balance(loader *l, const void *from, qn_err *err)
{
    static const qn_wide most = (qn_wide)1 << 126; /* a fill adds 2^125 at most */
    const balance_row *row = from;
    balance *b = &l->s->balances[l->at];

    if (!must(memcmp(row->currency, b->currency, sizeof b->currency) == 0, "another currency",
              err) ||
        !must(row->amount >= -most && row->amount <= most, "a balance that cannot be", err) ||
        !must(row->has_account <= 1 && !row->rsv[0] && !row->rsv[1] && !row->rsv[2],
              "a balance that is no account's", err))
        return false;
    b->amount = row->amount;
    b->has_account = row->has_account == 1;
    return true;
}

static bool load_book(loader *l, const void *from, qn_err *err)
{
    const book_row *row = from;
    book *b = &l->s->books[l->at];

    if (!must(row->number == b->number && row->rsv0 == 0, "another instrument", err) ||
        !must(row->close >= 0 && row->mark >= 0, "a price below zero", err) ||
        !must(row->net_qty != 0 || row->net_cost == 0, "nothing is held, and has a cost", err))
        return false;
    b->net_qty = row->net_qty;
    b->net_cost = row->net_cost;
    b->close = row->close;
    b->close_ts = row->close_ts;
    b->mark = row->mark;
    return true;
}

static position *position_find(const book *b, uint32_t strategy)
{
    position *p = b->positions;

    while (p && p->strategy != strategy)
        p = p->next;
    return p;
}

static bool load_position(loader *l, const void *from, qn_err *err)
{
    const position_row *row = from;
    sim *s = l->s;
    position *p;

    if (!must(row->slot < s->nbooks && row->slot >= l->slot, "a position of no instrument", err))
        return false;
    if (!l->tail || row->slot != l->slot) l->tail = &s->books[row->slot].positions;
    l->slot = row->slot;
    if (!must(!position_find(&s->books[row->slot], row->strategy), "a position twice", err))
        return false;
    p = &s->positions[s->positions_used++];
    *p = (position){.strategy = row->strategy, .qty = row->qty};
    *l->tail = p;
    l->tail = &p->next;
    return true;
}

/* Values that an order which was accepted has. */
static bool is_sound(const order_row *row)
{
    bool is_exit = row->is_exit == 1;

    return row->id != 0 && row->qty > 0 && (row->side == QN_BUY || row->side == QN_SELL) &&
           row->type >= QN_MARKET && row->type <= QN_STOP && row->tif >= QN_GTC &&
           row->tif <= QN_GTD && (row->type == QN_MARKET ? row->price == 0 : row->price > 0) &&
           (row->tif == QN_GTD || row->expire_ts == INT64_MAX) && row->is_exit <= 1 &&
           row->is_reducing <= 1 && (row->state == SIM_WORKING || row->state == SIM_HELD) &&
           (row->state == SIM_WORKING || is_exit) &&
           (!is_exit || (row->is_reducing && row->type != QN_MARKET && row->tif == QN_GTC));
}

static bool load_order(loader *l, const void *from, qn_err *err)
{
    const order_row *row = from;
    sim *s = l->s;
    position *p = row->slot < s->nbooks ? position_find(&s->books[row->slot], row->strategy) : NULL;
    order *o;

    if (!must(is_sound(row) && row->slot >= l->slot, "an order that cannot be", err) ||
        !must(p != NULL, "an order of nobody", err) ||
        !must(!order_find(s, row->id), "two orders of one id", err))
        return false;
    l->slot = row->slot;
    o = order_new(s, &s->books[row->slot], row->id);
    o->position = p;
    o->state = row->state;
    o->side = row->side;
    o->type = row->type;
    o->tif = row->tif;
    o->is_exit = row->is_exit == 1;
    o->is_reducing = row->is_reducing == 1;
    o->qty = row->qty;
    o->price = row->price;
    o->works_from = row->works_from;
    o->expire_ts = row->expire_ts;
    return true;
}

/* An exit and its entry: of one position, and of opposite sides. The stop loss is the entry's
 * first exit, the take profit its second one. */
static bool link_parent(order *o, order *parent)
{
    uint32_t k = o->type == QN_STOP ? 0 : 1;

    if (!parent || parent->is_exit || parent->exits[k] || parent->position != o->position ||
        parent->book != o->book || parent->side == o->side)
        return false;
    o->parent = parent;
    parent->exits[k] = o;
    return true;
}

static bool load_link(loader *l, const void *from, qn_err *err)
{
    const link_row *row = from;
    order *o = order_find(l->s, row->id);

    if (!must(o && o->is_exit && !has_link(o) && (row->parent || row->sibling), "a link of nothing",
              err))
        return false;
    if (row->parent &&
        !must(link_parent(o, order_find(l->s, row->parent)), "an exit of no entry", err))
        return false;
    if (!row->sibling) return true;
    o->sibling = order_find(l->s, row->sibling);
    return must(o->sibling != NULL, "an exit without its other one", err);
}

/* What can only be seen once all is there. */
static bool is_whole(const sim *s, qn_err *err)
{
    for (uint32_t i = 0; i < s->nbooks; i++) {
        const book *b = &s->books[i];
        qn_wide held = 0;
        for (const position *p = b->positions; p; p = p->next)
            held += p->qty;
        if (!must(held == b->net_qty, "positions do not add up", err)) return false;
        for (const order *o = b->first; o; o = o->next) {
            const order *t = o->sibling;
            if (!must((o->state == SIM_HELD) == (o->parent != NULL), "an exit of no entry", err) ||
                !must(!t || (t != o && t->sibling == o && t->position == o->position &&
                             t->parent == o->parent && t->type != o->type && t->side == o->side),
                      "an exit without its other one", err))
                return false;
        }
    }
    return true;
}

/* -------------------------------------------------------------------------------- records */

#define ROW_ROOM 72u /* of the longest one */
#define NAME_ROOM 16u

typedef struct record {
    const char *name;
    uint32_t bytes;                  /* of a row */
    uint64_t (*count)(const sim *s); /* rows now */
    uint64_t (*most)(const sim *s);  /* that an instance can take */
    bool is_exact;                   /* it takes no fewer */
    int32_t (*save)(const sim *s, const qn_stream *to, qn_err *err);
    bool (*load)(loader *l, const void *from, qn_err *err);
} record;

/* In the order in which they are written and read: each needs those before it. */
static const record records[] = {
    {"clock", sizeof(clock_row), one, one, true, save_clock, load_clock},
    {"balances", sizeof(balance_row), count_balances, count_balances, true, save_balances,
     load_balance},
    {"books", sizeof(book_row), count_books, count_books, true, save_books, load_book},
    {"positions", sizeof(position_row), count_positions, most_positions, false, save_positions,
     load_position},
    {"orders", sizeof(order_row), count_orders, most_orders, false, save_orders, load_order},
    {"links", sizeof(link_row), count_links, count_orders, false, save_links, load_link},
};

#define RECORDS ((uint32_t)(sizeof records / sizeof records[0]))

static int32_t save_record(const sim *s, const record *r, const qn_stream *to, qn_err *err)
{
    uint16_t len = (uint16_t)strlen(r->name);
    uint32_t shape[2] = {(uint32_t)r->count(s), r->bytes};
    uint64_t bytes = sizeof shape + (uint64_t)shape[0] * shape[1];
    int32_t rc = qn_stream_put(to, &len, sizeof len, err);

    if (rc == QN_OK) rc = qn_stream_put(to, r->name, len, err);
    if (rc == QN_OK) rc = qn_stream_put(to, &bytes, sizeof bytes, err);
    if (rc == QN_OK) rc = qn_stream_put(to, shape, sizeof shape, err);
    return rc == QN_OK ? r->save(s, to, err) : rc;
}

int32_t sim_save(const void *self, const qn_stream *to, qn_err *err)
{
    uint32_t n = RECORDS;
    int32_t rc = qn_stream_put(to, &n, sizeof n, err);

    for (uint32_t i = 0; i < RECORDS && rc == QN_OK; i++)
        rc = save_record(self, &records[i], to, err);
    return rc;
}

/* Name and shape of a record. */
static int32_t load_head(const sim *s, const record *r, uint32_t *nrows, const qn_stream *from,
                         qn_err *err)
{
    char name[NAME_ROOM] = "";
    uint16_t len;
    uint64_t bytes;
    uint32_t shape[2];
    uint64_t most = r->most(s);
    int32_t rc = qn_stream_get(from, &len, sizeof len, err);

    if (rc == QN_OK && !must(len < sizeof name, "the name of a record", err)) rc = QN_E_DAMAGED;
    if (rc == QN_OK) rc = qn_stream_get(from, name, len, err);
    if (rc == QN_OK) rc = qn_stream_get(from, &bytes, sizeof bytes, err);
    if (rc == QN_OK) rc = qn_stream_get(from, shape, sizeof shape, err);
    if (rc != QN_OK) return rc;
    if (!must(strcmp(name, r->name) == 0 && shape[1] == r->bytes &&
                  bytes == sizeof shape + (uint64_t)shape[0] * shape[1],
              "a record is not what it should be", err))
        return QN_E_DAMAGED;
    if (shape[0] > most || (r->is_exact && shape[0] < most))
        return qn_fail(err, QN_E_RANGE, "a state of %u %s, this instance has %s%llu", shape[0],
                       r->name, r->is_exact ? "" : "room for ", (unsigned long long)most);
    *nrows = shape[0];
    return QN_OK;
}

static int32_t load_record(loader *l, const record *r, const qn_stream *from, qn_err *err)
{
    _Alignas(16) char row[ROW_ROOM];
    uint32_t n = 0;
    int32_t rc = load_head(l->s, r, &n, from, err);

    l->slot = 0;
    for (l->at = 0; l->at < n && rc == QN_OK; l->at++) {
        rc = qn_stream_get(from, row, r->bytes, err);
        if (rc == QN_OK && !r->load(l, row, err)) rc = QN_E_DAMAGED;
    }
    return rc;
}

int32_t sim_load(void *self, uint32_t schema, const qn_stream *from, qn_err *err)
{
    sim *s = self;
    loader l = {.s = s};
    uint32_t n;
    int32_t rc;

    if (schema != SIM_SCHEMA)
        return qn_fail(err, QN_E_TOO_NEW, "a state of layout %u, known is %u", schema, SIM_SCHEMA);
    if (s->orders_used || s->positions_used)
        return qn_fail(err, QN_E_STATE, "a state is loaded before anything is traded");
    rc = qn_stream_get(from, &n, sizeof n, err);
    if (rc == QN_OK && !must(n == RECORDS, "another number of records", err)) rc = QN_E_DAMAGED;
    for (uint32_t i = 0; i < RECORDS && rc == QN_OK; i++)
        rc = load_record(&l, &records[i], from, err);
    if (rc == QN_OK && !is_whole(s, err)) rc = QN_E_DAMAGED;
    if (rc == QN_OK && !s->out) s->is_loaded = true;
    return rc;
}
