/* SPDX-License-Identifier: MIT */
#include "book_ref.h"

#include "base/memory.h"

#include <check.h>
#include <string.h>

void ref_init(book_ref *r, uint32_t rule)
{
    memset(r, 0, sizeof *r);
    r->rule = rule;
}

static void forget(book_ref *r)
{
    for (size_t i = 0; i < r->nkept; i++)
        mem_free(r->kept[i]);
    r->nkept = 0;
}

void ref_free(book_ref *r)
{
    forget(r);
}

void ref_set(ref_side *s, bool is_bid, int64_t price, int64_t qty)
{
    size_t i = 0;

    while (i < s->n && (is_bid ? s->levels[i].price > price : s->levels[i].price < price))
        i++;
    if (i < s->n && s->levels[i].price == price) {
        s->levels[i].qty = qty;
        if (qty) return;
        s->n--;
        memmove(&s->levels[i], &s->levels[i + 1], (s->n - i) * sizeof s->levels[0]);
    } else if (qty) {
        if (s->n == REF_LEVELS) ck_abort_msg("too many levels");
        memmove(&s->levels[i + 1], &s->levels[i], (s->n - i) * sizeof s->levels[0]);
        s->levels[i] = (qn_book_level){price, qty};
        s->n++;
    }
}

static void set_all(book_ref *r, const ref_message *m)
{
    for (size_t i = 0; i < m->n; i++) {
        const qn_depth *d = &m->rows[i];
        if (d->price) ref_set(&r->side[d->side == QN_SELL], d->side == QN_BUY, d->price, d->qty);
    }
    r->first = m->rows[0].first_update_id;
    r->last = m->rows[0].update_id;
}

static uint32_t rule_of(const book_ref *r, const qn_depth *d)
{
    if (r->rule != QN_BOOK_AUTO) return r->rule;
    if (d->update_id == 0) return QN_BOOK_UNNUMBERED;
    return d->prev_update_id != 0 ? QN_BOOK_CHAINED : QN_BOOK_ADJACENT;
}

/* The rules as the venue's documentation words them. */
static bool is_older(const book_ref *r, uint64_t snapshot, const qn_depth *d)
{
    switch (rule_of(r, d)) {
    case QN_BOOK_CHAINED:
        return d->update_id < snapshot;
    case QN_BOOK_ADJACENT:
        return d->update_id <= snapshot;
    default:
        return false;
    }
}

static bool fits_snapshot(const book_ref *r, uint64_t snapshot, const qn_depth *d)
{
    switch (rule_of(r, d)) {
    case QN_BOOK_CHAINED:
        return d->prev_update_id == snapshot ||
               (d->first_update_id <= snapshot && snapshot <= d->update_id);
    case QN_BOOK_ADJACENT:
        return d->first_update_id <= snapshot + 1 && snapshot + 1 <= d->update_id;
    default:
        return true;
    }
}

static bool is_repeated(const book_ref *r, uint64_t first, uint64_t last, const qn_depth *d)
{
    return rule_of(r, d) != QN_BOOK_UNNUMBERED && d->first_update_id == first &&
           d->update_id == last;
}

static bool fits_delta(const book_ref *r, uint64_t last, const qn_depth *d)
{
    switch (rule_of(r, d)) {
    case QN_BOOK_CHAINED:
        return d->prev_update_id == last;
    case QN_BOOK_ADJACENT:
        return d->first_update_id == last + 1;
    default:
        return true;
    }
}

static void keep(book_ref *r)
{
    ref_message *m = mem_new(1, offsetof(ref_message, rows) + r->open.n * sizeof m->rows[0]);

    ck_assert_ptr_nonnull(m);
    ck_assert_uint_lt(r->nkept, REF_KEPT);
    m->n = r->open.n;
    memcpy(m->rows, r->open.rows, m->n * sizeof m->rows[0]);
    r->kept[r->nkept++] = m;
}

static int32_t break_here(book_ref *r)
{
    r->is_synced = false;
    r->gaps++;
    r->dropped += r->nkept;
    forget(r);
    keep(r);
    r->is_hole_known = true;
    return QN_E_GAP;
}

static int32_t synced_delta(book_ref *r, const qn_depth *d)
{
    bool old = r->is_fresh ? is_older(r, r->last, d) : is_repeated(r, r->first, r->last, d);
    bool fits = r->is_fresh ? fits_snapshot(r, r->last, d) : fits_delta(r, r->last, d);

    if (old) {
        r->dropped++;
        return QN_OK;
    }
    if (!fits) return break_here(r);
    set_all(r, &r->open);
    r->applied++;
    r->is_fresh = false;
    return QN_OK;
}

static int32_t stale_delta(book_ref *r, const qn_depth *d)
{
    const qn_depth *before = r->nkept ? r->kept[r->nkept - 1]->rows : NULL;

    if (before && is_repeated(r, before->first_update_id, before->update_id, d)) {
        r->dropped++;
        return QN_OK;
    }
    if (before && !fits_delta(r, before->update_id, d)) return break_here(r);
    keep(r);
    return QN_OK;
}

static int32_t snapshot(book_ref *r, const qn_depth *d)
{
    size_t i = 0;

    if (r->is_synced && d->update_id < r->last) {
        r->refused++;
        return QN_OK;
    }
    while (i < r->nkept && is_older(r, d->update_id, r->kept[i]->rows))
        i++;
    if (i < r->nkept && !fits_snapshot(r, d->update_id, r->kept[i]->rows)) {
        if (!r->is_hole_known) r->gaps++;
        r->is_hole_known = true;
        r->refused++;
        return QN_E_GAP;
    }
    r->side[0].n = r->side[1].n = 0;
    set_all(r, &r->open);
    r->snapshots++;
    r->is_synced = r->is_fresh = true;
    r->dropped += i;
    for (; i < r->nkept; i++) {
        set_all(r, r->kept[i]);
        r->applied++;
        r->is_fresh = false;
    }
    forget(r);
    return QN_OK;
}

static int32_t lose(book_ref *r, int32_t reason)
{
    if (r->open.rows[0].hdr.flags & QN_EVENT_SNAPSHOT)
        r->refused++;
    else
        r->dropped++;
    r->is_synced = r->is_hole_known = false;
    r->gaps++;
    r->dropped += r->nkept;
    forget(r);
    return reason;
}

static bool is_valid(const qn_depth *d)
{
    if (d->price == 0 && d->qty == 0) return true;
    return d->price > 0 && d->qty >= 0 && (d->side == QN_BUY || d->side == QN_SELL);
}

static int32_t end_message(book_ref *r)
{
    const qn_depth *d = &r->open.rows[0];

    for (size_t i = 0; i < r->open.n; i++)
        if (!is_valid(&r->open.rows[i])) return lose(r, QN_E_INVALID);
    if (d->hdr.flags & QN_EVENT_SNAPSHOT) return snapshot(r, d);
    return r->is_synced ? synced_delta(r, d) : stale_delta(r, d);
}

int32_t ref_apply(book_ref *r, const qn_depth *row)
{
    const qn_depth *d = &r->open.rows[0];
    int32_t rc = QN_OK;
    int32_t end = QN_OK;

    if (r->open.n &&
        (row->update_id != d->update_id || ((row->hdr.flags ^ d->hdr.flags) & QN_EVENT_SNAPSHOT))) {
        rc = lose(r, QN_E_GAP);
        r->open.n = 0;
    }
    if (r->open.n == REF_ROWS) ck_abort_msg("a message too long");
    r->open.rows[r->open.n++] = *row;
    if (row->hdr.flags & QN_EVENT_MORE) return rc;
    end = end_message(r);
    r->open.n = 0;
    return end == QN_OK ? rc : end;
}
