/* SPDX-License-Identifier: MIT
 *
 * qn_book against its slow twin and against a venue whose true book is known: random messages
 * with every fault a feed has. Size: 100,000 messages x QUOIN_SCALE. */
#include "base/memory.h"
#include "book_ref.h"
#include "check_main.h"
#include "proof.h"
#include "random.h"

#include <stdio.h>
#include <string.h>

#define TICK 5

static qn_book book;
static book_ref ref;
static void *memory;

static const qn_book_room wide = {256, 4096, 65536, 4096};

static void make(const qn_book_room *room, int64_t tick, uint32_t rule)
{
    qn_err err = QN_ERR_INIT;

    ck_assert_ptr_nonnull(memory = mem_new(qn_book_bytes(room), 1));
    ck_assert_int_eq(qn_book_init(&book, memory, room, tick, rule, &err), QN_OK);
    ref_init(&ref, rule);
}

static void drop(void)
{
    mem_free(memory);
    ref_free(&ref);
}

/* ---- a venue ---- */

#define LIVE_ROWS 24
#define QUEUE 64

typedef struct message {
    qn_depth rows[LIVE_ROWS];
    uint32_t n;
} message;

typedef struct venue {
    uint64_t random;
    uint32_t rule;
    bool is_finer;     /* some prices lie between two ticks */
    int64_t middle;    /* in ticks */
    ref_side side[2];  /* the truth */
    uint64_t id, last; /* ids given; u of the message before */
} venue;

static int64_t some_price(venue *v)
{
    uint64_t how = random_below(&v->random, 100);
    uint64_t reach = how < 80 ? 30 : how < 97 ? 500 : 1u << 20;
    int64_t ticks = v->middle + (int64_t)random_below(&v->random, 2 * reach) - (int64_t)reach;

    return (ticks < 1 ? 1 : ticks) * TICK + (v->is_finer && random_below(&v->random, 2000) == 0);
}

/* A level that exists, now and then: else most removals would be of none. */
static qn_depth some_row(venue *v)
{
    uint32_t side = random_below(&v->random, 2) ? QN_BUY : QN_SELL;
    const ref_side *s = &v->side[side == QN_SELL];
    qn_depth d = {.hdr = {.size = sizeof d, .type = QN_EVENT_DEPTH}, .side = side};
    bool is_known = s->n && random_below(&v->random, 10) < 6;

    d.price = is_known
                  ? s->levels[random_below(&v->random, random_below(&v->random, s->n) + 1)].price
                  : some_price(v);
    if (random_below(&v->random, s->n > 150 ? 4 : 2))
        d.qty = 0;
    else
        d.qty = 1 + (int64_t)random_below(&v->random, 1000);
    return d;
}

static void stamp(message *m, uint64_t first, uint64_t last, uint64_t previous, uint32_t flags)
{
    for (uint32_t i = 0; i < m->n; i++) {
        m->rows[i].first_update_id = first;
        m->rows[i].update_id = last;
        m->rows[i].prev_update_id = previous;
        m->rows[i].venue_ts = m->rows[i].hdr.ts_ns = (int64_t)last;
        m->rows[i].hdr.flags = flags | (i + 1 < m->n ? QN_EVENT_MORE : 0);
    }
}

static message next_message(venue *v)
{
    message m = {.n = 1 + (uint32_t)random_below(&v->random, LIVE_ROWS)};
    bool is_chained = v->rule == QN_BOOK_CHAINED;
    uint64_t first = v->id + 1 + (is_chained ? random_below(&v->random, 5) : 0);
    uint64_t last = first + random_below(&v->random, 4);

    v->middle += (int64_t)random_below(&v->random, 41) - 20;
    if (random_below(&v->random, 200) == 0)
        v->middle = 1000 + (int64_t)random_below(&v->random, 100000);
    if (random_below(&v->random, 50) == 0) {
        m.n = 1; /* a message without levels */
        m.rows[0] = (qn_depth){.hdr = {.type = QN_EVENT_DEPTH}, .side = QN_BUY};
    } else {
        for (uint32_t i = 0; i < m.n; i++) {
            qn_depth d = m.rows[i] = some_row(v);
            ref_set(&v->side[d.side == QN_SELL], d.side == QN_BUY, d.price, d.qty);
        }
    }
    stamp(&m, first, last, is_chained ? v->last : 0, 0);
    v->id = v->last = last;
    return m;
}

/* ---- what is compared ---- */

/* Check's own assertion tells its parent that it passed, which is most of the time here. */
static void same(uint64_t got, uint64_t wanted)
{
    if (got != wanted)
        ck_abort_msg("%llu is not %llu", (unsigned long long)got, (unsigned long long)wanted);
}

static void same_side(uint32_t side, const ref_side *expected)
{
    qn_book_walk w = qn_book_walk_of(&book, side);
    qn_book_level level;
    int64_t qty;

    same(qn_book_levels(&book, side), expected->n);
    for (size_t i = 0; i < expected->n; i++) {
        same(qn_book_walk_next(&w, &level), 1);
        same(level.price, expected->levels[i].price);
        same(level.qty, expected->levels[i].qty);
        if (i) continue;
        same(qn_book_best(&book, side, &level), QN_OK);
        same(level.price, expected->levels[0].price);
        same(level.qty, expected->levels[0].qty);
        same(qn_book_qty(&book, side, level.price, &qty), QN_OK);
        same(qty, level.qty);
    }
    same(qn_book_walk_next(&w, &level), 0);
    if (expected->n == 0) same(qn_book_best(&book, side, &level), QN_E_NOT_FOUND);
}

static void same_qty(uint32_t side, const ref_side *expected, int64_t price)
{
    int64_t wanted = 0;
    int64_t qty;

    for (size_t i = 0; i < expected->n; i++)
        if (expected->levels[i].price == price) wanted = expected->levels[i].qty;
    same(qn_book_qty(&book, side, price, &qty), QN_OK);
    same(qty, wanted);
}

static bool is_ref_crossed(void)
{
    return ref.side[0].n && ref.side[1].n &&
           ref.side[0].levels[0].price >= ref.side[1].levels[0].price;
}

static void compare(venue *v)
{
    same(qn_book_is_synced(&book), ref.is_synced);
    same(book.applied, ref.applied);
    same(book.dropped, ref.dropped);
    same(book.gaps, ref.gaps);
    same(book.snapshots, ref.snapshots);
    same(book.refused, ref.refused);
    same(book.nmessages, ref.nkept);
    if (!ref.is_synced) return;
    same(book.update_id, ref.last);
    for (uint32_t i = 0; i < 2; i++) {
        same_side(i ? QN_SELL : QN_BUY, &ref.side[i]);
        same_qty(i ? QN_SELL : QN_BUY, &ref.side[i], some_price(v));
    }
    same(qn_book_is_crossed(&book), is_ref_crossed());
}

/* The book knows the last message that the venue made: it must be the venue's. */
static void compare_with_truth(const venue *v)
{
    if (!qn_book_is_synced(&book) || book.update_id != v->id) return;
    same_side(QN_BUY, &v->side[0]);
    same_side(QN_SELL, &v->side[1]);
}

static void give(const qn_depth *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        same(qn_book_apply(&book, &rows[i]), ref_apply(&ref, &rows[i]));
}

/* The truth as a snapshot message. */
static size_t snapshot_of(const venue *v, qn_depth *rows)
{
    size_t n = 0;

    for (uint32_t s = 0; s < 2; s++)
        for (size_t i = 0; i < v->side[s].n; i++)
            rows[n++] = (qn_depth){.price = v->side[s].levels[i].price,
                                   .qty = v->side[s].levels[i].qty,
                                   .side = s ? QN_SELL : QN_BUY};
    if (n == 0) rows[n++] = (qn_depth){.side = QN_BUY};
    for (size_t i = 0; i < n; i++) {
        rows[i].hdr.flags = QN_EVENT_SNAPSHOT | (i + 1 < n ? QN_EVENT_MORE : 0);
        rows[i].first_update_id = rows[i].update_id = v->id;
    }
    return n;
}

static qn_depth shot[2 * REF_LEVELS];

/* One step of a feed: a message with a fault now and then, or a snapshot from `late` messages ago
 * (in `shot`, made when it was asked for). */
static void step(venue *v, size_t *nshot, uint32_t *late)
{
    message m = next_message(v);
    uint64_t fault = random_below(&v->random, 400);

    if (*nshot == 0 && random_below(&v->random, ref.is_synced ? 150 : 12) == 0) {
        *nshot = snapshot_of(v, shot);
        *late = (uint32_t)random_below(&v->random, 6);
    }
    switch (fault) {
    case 0: /* lost */
        break;
    case 1: /* twice */
        give(m.rows, m.n);
        give(m.rows, m.n);
        break;
    case 2: /* in the wrong order */
    {
        message other = next_message(v);
        give(other.rows, other.n);
        give(m.rows, m.n);
        break;
    }
    case 3: /* cut off */
        give(m.rows, m.n - 1);
        break;
    case 4: /* broken */
        m.rows[m.n / 2].qty = -1;
        give(m.rows, m.n);
        break;
    case 5:
        m.rows[m.n - 1].price = 1;
        m.rows[m.n - 1].qty = 1;
        m.rows[m.n - 1].side = 3;
        give(m.rows, m.n);
        break;
    default:
        give(m.rows, m.n);
        compare_with_truth(v);
    }
    compare(v);
    if (*nshot && (*late)-- == 0) {
        give(shot, *nshot);
        *nshot = 0;
        compare(v);
        compare_with_truth(v);
    }
}

static void walk(uint32_t venue_rule, uint32_t book_rule, uint64_t messages, uint64_t seed)
{
    venue *v = mem_new(1, sizeof *v);
    size_t nshot = 0;
    uint32_t late = 0;

    ck_assert_ptr_nonnull(v);
    *v = (venue){.random = seed,
                 .rule = venue_rule,
                 .middle = 20000,
                 .is_finer = seed % 2 == 0,
                 .id = 1000,
                 .last = 1000};
    make(&wide, TICK, book_rule);
    for (uint64_t i = 0; i < messages; i++)
        step(v, &nshot, &late);
    printf("proof: book: %llu messages, rule %u: %llu applied, %llu dropped, %llu gaps, %llu "
           "snapshots\n",
           (unsigned long long)messages, venue_rule, (unsigned long long)book.applied,
           (unsigned long long)book.dropped, (unsigned long long)book.gaps,
           (unsigned long long)book.snapshots);
    ck_assert_uint_gt(book.applied, messages / 2);
    ck_assert_uint_gt(book.gaps, messages / 1000);
    drop();
    mem_free(v);
}

START_TEST(equals_its_twin_chained)
{
    walk(QN_BOOK_CHAINED, QN_BOOK_AUTO, 40000 * proof_scale(), 1);
    walk(QN_BOOK_CHAINED, QN_BOOK_CHAINED, 10000 * proof_scale(), 2);
}
END_TEST

START_TEST(equals_its_twin_adjacent)
{
    walk(QN_BOOK_ADJACENT, QN_BOOK_AUTO, 40000 * proof_scale(), 3);
    walk(QN_BOOK_ADJACENT, QN_BOOK_ADJACENT, 10000 * proof_scale(), 4);
}
END_TEST

CHECK_MAIN("book", equals_its_twin_chained, equals_its_twin_adjacent)
