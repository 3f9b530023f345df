/* SPDX-License-Identifier: MIT
 *
 * What a row of depth costs: bench_book book prints ns of CPU a row of qn_book, bench_book flat
 * that of its floor, one flat array by tick over all prices there are, with no sequence, no
 * messages and no bitmap. The best of seven walks over a million rows; both must come to the same
 * best levels. */
#include <quoin/sdk/book.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROWS 1000000
#define WALKS 7
#define PRICES 100000 /* in ticks */
#define TICK 10

static qn_depth rows[ROWS];

/* Splitmix64, as the other workloads. */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* How far from the best price: near it most often, as in a real feed. */
static int64_t distance(uint64_t *state)
{
    uint64_t r = random_next(state);
    uint64_t reach = UINT64_C(1) << (r % 12);

    return (int64_t)((r >> 8) % reach);
}

static void put(int i, uint64_t id, uint32_t flags, uint32_t side, int64_t ticks, int64_t qty)
{
    rows[i] = (qn_depth){.hdr = {.size = sizeof rows[i], .type = QN_EVENT_DEPTH, .flags = flags},
                         .first_update_id = id,
                         .update_id = id,
                         .prev_update_id = id - 1,
                         .price = ticks * TICK,
                         .qty = qty,
                         .side = side};
}

/* A snapshot of one level a side, then messages of 16 rows around a price that wanders; what the
 * price leaves behind on the wrong side is removed by the message, as a venue would. */
static void generate(void)
{
    uint64_t state = 1;
    uint64_t id = 2;
    int64_t middle = PRICES / 2;

    put(0, 1, QN_EVENT_SNAPSHOT | QN_EVENT_MORE, QN_BUY, middle - 1, 1);
    put(1, 1, QN_EVENT_SNAPSHOT, QN_SELL, middle + 1, 1);
    for (int i = 2; i < ROWS; i++) {
        bool is_last = (i - 1) % 16 == 0 || i == ROWS - 1;
        uint32_t side = random_next(&state) & 1 ? QN_BUY : QN_SELL;
        int64_t away = 1 + distance(&state);
        int64_t ticks = side == QN_BUY ? middle - away : middle + away;
        int64_t qty = random_next(&state) % 10 < 4 ? 0 : (int64_t)(random_next(&state) % 1000) + 1;
        put(i, id, is_last ? 0 : QN_EVENT_MORE, side, ticks, qty);
        if (!is_last) continue;
        id++;
        middle += (int64_t)(random_next(&state) % 3) - 1;
    }
}

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- the floor ---- */

typedef struct flat {
    int64_t qty[2][PRICES];
    int64_t best[2]; /* bids, asks */
} flat;

static void flat_apply(flat *f, const qn_depth *row)
{
    uint32_t s = row->side == QN_SELL;
    int64_t at = row->price / TICK;
    int64_t step = s ? 1 : -1;

    f->qty[s][at] = row->qty;
    if (row->qty) {
        if ((f->best[s] - at) * step > 0) f->best[s] = at;
    } else if (at == f->best[s]) {
        while (at > 0 && at < PRICES - 1 && f->qty[s][at] == 0)
            at += step;
        f->best[s] = at;
    }
}

static flat flat_book;

static void walk_flat(int64_t best[2])
{
    memset(&flat_book, 0, sizeof flat_book);
    flat_book.best[0] = 0;
    flat_book.best[1] = PRICES - 1;
    for (int i = 0; i < ROWS; i++)
        flat_apply(&flat_book, &rows[i]);
    best[0] = flat_book.best[0] * TICK;
    best[1] = flat_book.best[1] * TICK;
}

/* ---- ours ---- */

static qn_book book;
static void *memory;

static void walk_book(int64_t best[2])
{
    qn_book_level level = {0};

    qn_book_reset(&book);
    for (int i = 0; i < ROWS; i++)
        qn_book_apply(&book, &rows[i]);
    qn_book_best(&book, QN_BUY, &level);
    best[0] = level.price;
    qn_book_best(&book, QN_SELL, &level);
    best[1] = level.price;
}

int main(int argc, char **argv)
{
    bool is_flat = argc == 2 && strcmp(argv[1], "flat") == 0;
    qn_err err = QN_ERR_INIT;
    int64_t got[2];
    int64_t wanted[2];
    double best = 0.0;

    if (argc != 2 || (!is_flat && strcmp(argv[1], "book") != 0)) {
        fprintf(stderr, "bench_book book | flat\n");
        return 2;
    }
    generate();
    memory = calloc(1, qn_book_bytes(&QN_BOOK_ROOM));
    if (!memory || qn_book_init(&book, memory, &QN_BOOK_ROOM, TICK, QN_BOOK_AUTO, &err) != QN_OK)
        return 1;
    for (int k = 0; k < WALKS; k++) {
        double before = cpu_ns();
        double ns;
        (is_flat ? walk_flat : walk_book)(got);
        ns = (cpu_ns() - before) / ROWS;
        if (k == 0 || ns < best) best = ns;
    }
    (is_flat ? walk_book : walk_flat)(wanted);
    if (got[0] != wanted[0] || got[1] != wanted[1] || book.gaps) {
        fprintf(stderr, "bench_book: the books differ\n");
        return 1;
    }
    printf("%.6f\n", best);
    free(memory);
    return 0;
}
