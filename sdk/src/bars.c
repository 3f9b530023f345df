/* SPDX-License-Identifier: MIT */
#include <quoin/sdk/bars.h>

/* What a row, trade or bar, brings. */
typedef struct piece {
    int64_t from, to; /* venue time it covers, `to` included */
    int64_t open, high, low, close, volume;
} piece;

int32_t qn_bar_builder_init(qn_bar_builder *b, int64_t length)
{
    if (length <= 0) return QN_E_RANGE;
    *b = (qn_bar_builder){.length = length, .end = INT64_MIN, .done = INT64_MIN};
    return QN_OK;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void finish(qn_bar_builder *b, qn_bar *done)
{
    *done = b->bar;
    done->hdr.ts_ns = later(b->bar.hdr.ts_ns, b->end);
    b->done = b->end;
    b->end = INT64_MIN;
}

/* Where the bar that holds `ts` opens and ends. */
static int32_t bounds(const qn_bar_builder *b, int64_t ts, int64_t *open, int64_t *end)
{
    int64_t into = ts % b->length;

    if (into < 0) into += b->length;
    if (__builtin_sub_overflow(ts, into, open)) return QN_E_RANGE;
    return __builtin_add_overflow(*open, b->length, end) ? QN_E_RANGE : QN_OK;
}

static int32_t start(qn_bar_builder *b, const qn_event *ev, const piece *p, qn_bar *done)
{
    int64_t open;
    int64_t end;
    int32_t rc = bounds(b, p->from, &open, &end);
    int32_t answer = QN_BAR_NONE;

    if (rc != QN_OK) return rc;
    if (p->to >= end) return QN_E_RANGE;
    if (b->end != INT64_MIN) {
        finish(b, done);
        answer = QN_BAR_DONE;
    }
    b->end = end;
    b->bar = (qn_bar){.hdr = {.size = sizeof(qn_bar),
                              .type = QN_EVENT_BAR,
                              .ts_ns = ev->ts_ns,
                              .instrument = ev->instrument},
                      .open_ts = open,
                      .length = b->length,
                      .open = p->open,
                      .high = p->high,
                      .low = p->low,
                      .close = p->close,
                      .volume = p->volume};
    return answer;
}

static int32_t extend(qn_bar_builder *b, const qn_event *ev, const piece *p)
{
    qn_bar *bar = &b->bar;
    int64_t volume;

    if (p->to >= b->end) return QN_E_RANGE;
    if (__builtin_add_overflow(bar->volume, p->volume, &volume)) return QN_E_OVERFLOW;
    bar->volume = volume;
    bar->high = later(bar->high, p->high);
    bar->low = bar->low < p->low ? bar->low : p->low;
    bar->close = p->close;
    bar->hdr.ts_ns = later(bar->hdr.ts_ns, ev->ts_ns);
    return QN_BAR_NONE;
}

int32_t qn_bar_builder_add(qn_bar_builder *b, const qn_event *ev, qn_bar *done)
{
    piece p;

    if (ev->type == QN_EVENT_TRADE) {
        const qn_trade *t = (const qn_trade *)(const void *)ev;
        p = (piece){t->venue_ts, t->venue_ts, t->price, t->price, t->price, t->price, t->qty};
    } else if (ev->type == QN_EVENT_BAR) {
        const qn_bar *f = (const qn_bar *)(const void *)ev;
        p = (piece){f->open_ts, 0, f->open, f->high, f->low, f->close, f->volume};
        if (f->length <= 0 || __builtin_add_overflow(f->open_ts, f->length - 1, &p.to))
            return QN_E_RANGE;
    } else {
        return QN_E_TYPE;
    }
    if (p.from < b->done || (b->end != INT64_MIN && p.from < b->bar.open_ts)) {
        b->late++;
        return QN_BAR_NONE;
    }
    return p.from >= b->end ? start(b, ev, &p, done) : extend(b, ev, &p);
}

int32_t qn_bar_builder_end(qn_bar_builder *b, int64_t venue_ts, qn_bar *done)
{
    if (b->end == INT64_MIN || b->end > venue_ts) return QN_BAR_NONE;
    finish(b, done);
    return QN_BAR_DONE;
}
