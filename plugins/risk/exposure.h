/* SPDX-License-Identifier: MIT
 *
 * What the books would be after an order: for limits on position and exposure.
 *
 * Nobody knows which working orders will fill, so the worst case is taken: `reach` is the position
 * in the order's own direction once all approved orders of its side and the order itself have
 * filled, and none of the other side:
 *
 *   reach = side x position + approved and not filled on that side + quantity
 *
 * A buy can only make the account longer, a sell only shorter: an order is judged by its own
 * direction alone, and never for what orders of the other side may do. */
#ifndef QUOIN_RISK_EXPOSURE_H
#define QUOIN_RISK_EXPOSURE_H

#include <quoin/risk.h>

/* Where the books are read. */
typedef struct books {
    const qn_host_books *table;
    qn_ctx *ctx;
    const qn_setup *setup; /* its instruments are those that exposure is summed over */
} books;

/* One order and the books around it. */
typedef struct scene {
    const qn_proposal *order;
    const qn_instrument *instrument;
    qn_exposure exposure;
    qn_account_state account;
    int64_t sign;  /* 1 = buy, -1 = sell */
    int64_t price; /* to value the position with: the mark, else the order's; 0 = none */
    qn_wide base;  /* reach without the order, mantissa */
} scene;

/* Read it. QN_OK, or the books' error. */
int32_t scene_read(const books *b, const qn_proposal *order, const qn_instrument *instrument,
                   scene *out);

/* What `reach` is worth for a quantity, money, signed: < 0 while the account stays on the other
 * side. Saturates at the ends of int64_t. */
int64_t scene_worth(const books *b, const scene *s, int64_t qty);

/* The largest quantity of 0 .. the order's with scene_worth <= room; 0 where there is none. */
int64_t scene_fit(const books *b, const scene *s, qn_wide room);

/* Exposure of the account's other instruments in the worst case, money. QN_OK; QN_E_NOT_FOUND: one
 * of them has orders or a position, and no price.
 *
 * gross  sum of the larger of what each can become long and short
 * net    signed, in the order's direction: what lies on its side counts above 0, and approved
 *        orders of its side are filled */
int32_t scene_others(const books *b, const scene *s, qn_wide *gross, qn_wide *net);

#endif
