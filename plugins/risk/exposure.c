/* SPDX-License-Identifier: MIT */
#include "exposure.h"

/* Signed money of a signed quantity that may not even fit an integer. */
static int64_t worth(const books *b, uint32_t instrument, qn_wide qty, int64_t price)
{
    qn_wide size = qty < 0 ? -qty : qty;
    int64_t end = qty < 0 ? INT64_MIN : INT64_MAX;
    int64_t money;

    if (size > INT64_MAX) return end;
    if (b->table->money(b->ctx, instrument, (int64_t)size, price, &money) != QN_OK) return end;
    return qty < 0 ? -money : money;
}

int32_t scene_read(const books *b, const qn_proposal *order, const qn_instrument *instrument,
                   scene *out)
{
    int32_t rc;

    *out = (scene){.order = order, .instrument = instrument, .sign = qn_sign(order->side)};
    out->exposure.size = sizeof out->exposure;
    out->account.size = sizeof out->account;
    if ((rc = b->table->exposure(b->ctx, order->instrument, &out->exposure)) != QN_OK) return rc;
    rc = b->table->account(b->ctx, out->exposure.account, &out->account);
    out->price = out->exposure.mark ? out->exposure.mark : order->price;
    out->base = (qn_wide)out->sign * out->exposure.qty +
                (out->sign > 0 ? out->exposure.buying : out->exposure.selling);
    return rc;
}

int64_t scene_worth(const books *b, const scene *s, int64_t qty)
{
    return worth(b, s->order->instrument, s->base + qty, s->price);
}

int64_t scene_fit(const books *b, const scene *s, qn_wide room)
{
    int64_t fits = 0;
    int64_t exceeds = s->order->qty;

    if (scene_worth(b, s, exceeds) <= room) return exceeds;
    if (scene_worth(b, s, 0) > room) return 0;
    while (exceeds - fits >
           1) { /* worth only grows with the quantity; its rounding is the host's */
        int64_t middle = fits + (exceeds - fits) / 2;
        if (scene_worth(b, s, middle) <= room)
            fits = middle;
        else
            exceeds = middle;
    }
    return fits;
}

static int32_t add_other(const books *b, const scene *s, uint32_t instrument, qn_wide *gross,
                         qn_wide *net)
{
    qn_exposure e = {.size = sizeof e};
    int32_t rc = b->table->exposure(b->ctx, instrument, &e);
    qn_wide high = (qn_wide)e.qty + e.buying;
    qn_wide low = (qn_wide)e.qty - e.selling;

    if (rc != QN_OK || e.account != s->exposure.account || (high == 0 && low == 0)) return rc;
    if (e.mark == 0) return QN_E_NOT_FOUND;
    *gross += worth(b, instrument, high > -low ? high : -low, e.mark);
    *net += s->sign > 0 ? worth(b, instrument, high, e.mark)
                        : -(qn_wide)worth(b, instrument, low, e.mark);
    return QN_OK;
}

int32_t scene_others(const books *b, const scene *s, qn_wide *gross, qn_wide *net)
{
    int32_t rc = QN_OK;

    *gross = *net = 0;
    for (uint32_t i = 0; i < b->setup->ninstruments && rc == QN_OK; i++) {
        uint32_t instrument = b->setup->instruments[i]->number;
        if (instrument != s->order->instrument) rc = add_other(b, s, instrument, gross, net);
    }
    return rc;
}
