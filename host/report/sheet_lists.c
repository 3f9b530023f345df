/* SPDX-License-Identifier: MIT
 *
 * The tear sheet's lists: what is deepest, best, worst and most frequent. */
#include "gather.h"

#include <string.h>

/* Where a row with `rank` belongs in a list of `*n` rows, highest rank first and the earlier first
 * of equal ones; room is made there and *n grows, up to `max`. NULL if it is not among them. */
#define INSERT(list, n, max, rank, rank_of) insert(list, sizeof *(list), n, max, rank, rank_of)

static void *insert(void *list, size_t size, size_t *n, size_t max, double rank,
                    double (*rank_of)(const void *row))
{
    char *rows = list;
    size_t at = *n;

    while (at > 0 && rank_of(rows + (at - 1) * size) < rank)
        at--;
    if (at == max) return NULL;
    if (*n < max) ++*n;
    memmove(rows + (at + 1) * size, rows + at * size, (*n - 1 - at) * size);
    return rows + at * size;
}

static double depth_of(const void *row)
{
    return ((const sheet_drawdown *)row)->depth;
}

static double gain_of(const void *row)
{
    return ((const sheet_trade *)row)->pnl;
}

static double loss_of(const void *row)
{
    return -((const sheet_trade *)row)->pnl;
}

void drawdowns_add(sheet *s, const sheet_drawdown *d)
{
    sheet_drawdown *to = INSERT(s->drawdowns, &s->ndrawdowns, SHEET_DRAWDOWNS, d->depth, depth_of);

    if (to) *to = *d;
}

/* Every points_step-th one; when there is no room, every other goes and the step doubles. */
static void points_add(sheet *s, const sheet_trade *t)
{
    if (s->ntrades++ % s->points_step != 0) return;
    if (s->npoints == SHEET_POINTS) {
        for (size_t i = 0; i < SHEET_POINTS / 2; i++)
            s->points[i] = s->points[2 * i];
        s->npoints = SHEET_POINTS / 2;
        s->points_step *= 2; /* this one is a multiple of it: SHEET_POINTS is even */
    }
    s->points[s->npoints++] = *t;
}

_Static_assert(SHEET_POINTS % 2 == 0, "every other point is half of them");

void trades_add(sheet *s, const sheet_trade *t)
{
    sheet_trade *best = INSERT(s->best, &s->nbest, SHEET_TRADES, t->pnl, gain_of);
    sheet_trade *worst = INSERT(s->worst, &s->nworst, SHEET_TRADES, -t->pnl, loss_of);
    sheet_side *side = &s->sides[t->side == QN_BUY ? 0 : 1];

    if (best) *best = *t;
    if (worst) *worst = *t;
    side->trades++;
    side->wins += t->pnl > 0;
    side->pnl += t->pnl;
    points_add(s, t);
}

void refusals_add(sheet *s, uint32_t state, uint32_t reason)
{
    size_t i = 0;

    while (i < s->nrefusals && (s->refusals[i].state != state || s->refusals[i].reason != reason))
        i++;
    if (i == SHEET_REFUSALS) return; /* cannot be: no reason has another number */
    if (i == s->nrefusals) s->refusals[s->nrefusals++] = (sheet_refusal){state, reason, 0};
    s->refusals[i].count++;
}

/* Equally frequent ones stay in the order in which they came. */
void refusals_sort(sheet *s)
{
    for (size_t i = 1; i < s->nrefusals; i++) {
        sheet_refusal one = s->refusals[i];
        size_t at = i;

        for (; at > 0 && s->refusals[at - 1].count < one.count; at--)
            s->refusals[at] = s->refusals[at - 1];
        s->refusals[at] = one;
    }
}
