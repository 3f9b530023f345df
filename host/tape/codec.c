/* SPDX-License-Identifier: MIT */
#include "codec.h"

#include "base/hash.h"
#include "bits.h"

/* Places in a block's head, */
enum {
    AT_MAGIC = 0,
    AT_CRC = 4, /* of all bytes from AT_SIZE to the block's end */
    AT_SIZE = 8,
    AT_ROWS = 12,
    AT_FIRST_ROW = 16,
    AT_FIRST_TS = 24,
    AT_LAST_TS = 32
};
/* and in a field's. */
enum { AT_START = 0, AT_BASE = 8, AT_UNIT = 16, AT_WIDTHS = 24 };

static int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t higher(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t lower(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Guesses that stand on the row before need something to stand on in the block's first row. */
static bool needs_start(const event_field *field)
{
    return field->guess == GUESS_PREVIOUS || field->guess == GUESS_LAST;
}

/* ---- encoding ---- */

static void gather(const event_row *row, const void *events, uint32_t n, block_scratch *s)
{
    for (uint32_t f = 0; f < row->nfields; f++) {
        const event_field *field = &row->fields[f];
        const char *at = (const char *)events + field->offset;
        int64_t *column = s->columns[f];

        for (uint32_t i = 0; i < n; i++, at += row->size) {
            uint32_t narrow;
            if (field->size == 8) {
                memcpy(&column[i], at, 8);
            } else {
                memcpy(&narrow, at, 4);
                column[i] = narrow;
            }
        }
    }
}

/* The differences from the guess; the first row's is 0 where it needs a start. */
static void differences(const event_row *row, uint32_t f, uint32_t n, const block_scratch *s,
                        int64_t *to)
{
    const event_field *field = &row->fields[f];
    const int64_t *v = s->columns[f];
    const int64_t *a = s->columns[field->a];
    const int64_t *b = s->columns[field->b];

    switch ((field_guess)field->guess) {
    case GUESS_ZERO:
        memcpy(to, v, n * sizeof *to);
        break;
    case GUESS_PREVIOUS:
        for (uint32_t i = 1; i < n; i++)
            to[i] = minus(v[i], v[i - 1]);
        break;
    case GUESS_FIELD:
        for (uint32_t i = 0; i < n; i++)
            to[i] = minus(v[i], a[i]);
        break;
    case GUESS_LAST:
        for (uint32_t i = 1; i < n; i++)
            to[i] = minus(v[i], a[i - 1]);
        break;
    case GUESS_HIGHER:
        for (uint32_t i = 0; i < n; i++)
            to[i] = minus(v[i], higher(a[i], b[i]));
        break;
    case GUESS_LOWER:
        for (uint32_t i = 0; i < n; i++)
            to[i] = minus(v[i], lower(a[i], b[i]));
        break;
    }
}

static uint64_t divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Division by a constant that is known to leave no rest, without dividing: a multiplication by
 * the inverse modulo 2^64 of the odd part. A number is a multiple if, turned right by the power
 * of 2, its product is small enough (Granlund and Montgomery, "Division by Invariant Integers
 * using Multiplication", 1994, section 9). */
typedef struct exact {
    uint64_t inverse; /* of the odd part */
    uint64_t limit;   /* of products that are quotients */
    uint32_t shift;   /* the power of 2 */
} exact;

static exact exact_of(uint64_t divisor)
{
    exact e = {.shift = (uint32_t)__builtin_ctzll(divisor), .limit = UINT64_MAX / divisor};
    uint64_t odd = divisor >> e.shift;

    e.inverse = odd * 3 ^ 2; /* right in 5 bits; each step doubles them */
    for (uint32_t bits = 5; bits < 64; bits *= 2)
        e.inverse *= 2 - odd * e.inverse;
    return e;
}

static bool is_multiple(const exact *e, uint64_t x)
{
    uint64_t product = x * e->inverse;

    return (product >> e->shift | product << (-e->shift & 63)) <= e->limit;
}

/* Turn differences into steps: (difference - base) / unit. */
static void reduce(int64_t *d, uint32_t from, uint32_t n, int64_t *base, uint64_t *unit)
{
    uint64_t *steps = (uint64_t *)d;
    uint64_t gcd = 0;
    exact by = {0};

    *base = from < n ? d[from] : 0;
    for (uint32_t i = from; i < n; i++)
        *base = lower(*base, d[i]);
    for (uint32_t i = from; i < n; i++)
        steps[i] = (uint64_t)minus(d[i], *base);
    for (uint32_t i = from; i < n && gcd != 1; i++) {
        if (steps[i] == 0 || (gcd != 0 && is_multiple(&by, steps[i]))) continue;
        gcd = divisor(steps[i], gcd);
        by = exact_of(gcd);
    }
    *unit = gcd ? gcd : 1;
    for (uint32_t i = from; i < n && *unit != 1; i++)
        steps[i] = (steps[i] >> by.shift) * by.inverse;
    if (from) steps[0] = 0;
}

/* Everything about one field but its packed numbers, which come after all heads. */
static void put_field(const event_row *row, uint32_t f, uint32_t n, block_scratch *s,
                      unsigned char *head)
{
    const event_field *field = &row->fields[f];
    uint32_t from = needs_start(field) ? 1 : 0;
    int64_t base;
    uint64_t unit;

    differences(row, f, n, s, (int64_t *)s->steps[f]);
    reduce((int64_t *)s->steps[f], from, n, &base, &unit);
    /* the first row's step is 0 too: start is what makes start + base its value */
    store64(head + AT_START, from ? (uint64_t)minus(s->columns[f][0], base) : 0);
    store64(head + AT_BASE, (uint64_t)base);
    store64(head + AT_UNIT, unit);
    for (uint32_t g = 0; g < BLOCK_GROUPS; g++) {
        uint32_t first = g * GROUP_ROWS;
        uint32_t count = n > first ? n - first : 0;
        if (count > GROUP_ROWS) count = GROUP_ROWS;
        head[AT_WIDTHS + g] = (unsigned char)bits_width(s->steps[f] + first, count);
    }
}

size_t block_encode(const event_row *row, const void *events, uint32_t n, uint64_t first_row,
                    block_scratch *scratch, unsigned char to[BLOCK_ROOM])
{
    unsigned char *at = to + BLOCK_HEAD + row->nfields * FIELD_HEAD;

    gather(row, events, n, scratch);
    for (uint32_t f = 0; f < row->nfields; f++)
        put_field(row, f, n, scratch, to + BLOCK_HEAD + f * FIELD_HEAD);
    for (uint32_t first = 0; first < n; first += GROUP_ROWS) {
        uint32_t count = n - first < GROUP_ROWS ? n - first : GROUP_ROWS;
        for (uint32_t f = 0; f < row->nfields; f++) {
            const unsigned char *head = to + BLOCK_HEAD + f * FIELD_HEAD;
            at += bits_pack(scratch->steps[f] + first, count, head[AT_WIDTHS + first / GROUP_ROWS],
                            at);
        }
    }
    store32(to + AT_MAGIC, BLOCK_MAGIC);
    store32(to + AT_SIZE, (uint32_t)(at - to));
    store32(to + AT_ROWS, n);
    store64(to + AT_FIRST_ROW, first_row);
    store64(to + AT_FIRST_TS, (uint64_t)scratch->columns[FIELD_AT_TS][0]);
    store64(to + AT_LAST_TS, (uint64_t)scratch->columns[FIELD_AT_TS][n - 1]);
    store32(to + AT_CRC, crc32c(to + AT_SIZE, (size_t)(at - to) - AT_SIZE));
    return (size_t)(at - to);
}

/* ---- decoding ---- */

/* Made twice, for machines with AVX2 and for all others; the loader chooses. All of it is integers,
 * which come out the same either way. A sanitizer is not ready when the loader asks. */
#if defined(__x86_64__) && !defined(QUOIN_SANITIZER)
#define WIDE_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define WIDE_VECTORS
#endif

static uint32_t group_rows(uint32_t rows, uint32_t done)
{
    return rows - done < GROUP_ROWS ? rows - done : GROUP_ROWS;
}

void block_peek(const unsigned char *data, block_info *info)
{
    info->crc = load32(data + AT_CRC);
    info->size = load32(data + AT_SIZE);
    info->rows = load32(data + AT_ROWS);
    info->first_row = load64(data + AT_FIRST_ROW);
    info->first_ts = (int64_t)load64(data + AT_FIRST_TS);
    info->last_ts = (int64_t)load64(data + AT_LAST_TS);
}

/* Do the widths add up to the block's size, and are the bits between them zero? */
static const char *check_packed(const event_row *row, const unsigned char *data,
                                const block_info *info)
{
    size_t at = BLOCK_HEAD + row->nfields * FIELD_HEAD;

    for (uint32_t g = 0; g < BLOCK_GROUPS; g++) {
        uint32_t first = g * GROUP_ROWS;
        uint32_t count = first < info->rows ? group_rows(info->rows, first) : 0;
        for (uint32_t f = 0; f < row->nfields; f++) {
            uint32_t width = data[BLOCK_HEAD + f * FIELD_HEAD + AT_WIDTHS + g];
            size_t bits = (size_t)count * width;
            if (width > 64) return "a field is wider than 64 bits";
            if (count == 0 && width != 0) return "a group without rows has a width";
            at += bits_size(count, width);
            if (at > info->size) return "its fields do not fit its size";
            if (bits % 8 && data[at - 1] >> (bits % 8)) return "spare bits are not zero";
        }
    }
    return at == info->size ? NULL : "its fields do not fill its size";
}

const char *block_open(block_reader *r, const event_row *row, const unsigned char *data,
                       size_t room, block_info *info)
{
    size_t head = BLOCK_HEAD + row->nfields * FIELD_HEAD;
    const char *reason;

    if (room < head) return "a block is cut short";
    if (load32(data + AT_MAGIC) != BLOCK_MAGIC) return "no block starts here";
    block_peek(data, info);
    if (info->size < head || info->size > room) return "a block's size is wrong";
    if (crc32c(data + AT_SIZE, info->size - AT_SIZE) != info->crc)
        return "a block's checksum is wrong";
    if (info->rows == 0 || info->rows > BLOCK_ROWS) return "a block's number of rows is wrong";
    if ((reason = check_packed(row, data, info))) return reason;
    *r = (block_reader){.row = row,
                        .block = data,
                        .at = data + head,
                        .rows = info->rows,
                        .last_ts = info->first_ts};
    for (uint32_t f = 0; f < row->nfields; f++)
        r->before[f] = (int64_t)load64(data + BLOCK_HEAD + f * FIELD_HEAD + AT_START);
    return NULL;
}

/* Turn the steps in columns[f] into values. A field that needs no bits (a constant, a clock
 * that ticks evenly) has no steps to look at: called with a constant is_flat, so that the
 * compiler makes two functions of it. */
static inline __attribute__((always_inline)) void undo(block_reader *r, uint32_t f, uint32_t n,
                                                       block_columns columns, bool is_flat)
{
    const event_field *field = &r->row->fields[f];
    const unsigned char *head = r->block + BLOCK_HEAD + f * FIELD_HEAD;
    const uint64_t base = load64(head + AT_BASE);
    const uint64_t unit = load64(head + AT_UNIT);
    uint64_t *v = (uint64_t *)columns[f];
    const int64_t *a = columns[field->a];
    const int64_t *b = columns[field->b];
    uint64_t before = (uint64_t)r->before[f];

#define STEP(i) (is_flat ? base : base + unit * v[i])
    switch ((field_guess)field->guess) {
    case GUESS_ZERO:
        for (uint32_t i = 0; i < n; i++)
            v[i] = STEP(i);
        break;
    case GUESS_PREVIOUS:
        for (uint32_t i = 0; i < n; i++)
            v[i] = before += STEP(i);
        r->before[f] = (int64_t)before;
        break;
    case GUESS_FIELD:
        for (uint32_t i = 0; i < n; i++)
            v[i] = (uint64_t)a[i] + STEP(i);
        break;
    case GUESS_LAST:
        v[0] = before + STEP(0);
        for (uint32_t i = 1; i < n; i++)
            v[i] = (uint64_t)a[i - 1] + STEP(i);
        r->before[f] = a[n - 1];
        break;
    case GUESS_HIGHER:
        for (uint32_t i = 0; i < n; i++)
            v[i] = (uint64_t)higher(a[i], b[i]) + STEP(i);
        break;
    case GUESS_LOWER:
        for (uint32_t i = 0; i < n; i++)
            v[i] = (uint64_t)lower(a[i], b[i]) + STEP(i);
        break;
    }
#undef STEP
}

/* Its highest bit is set if a < b, as signed numbers; without a branch and without a compare of
 * 64 bits, which the oldest of these machines cannot do for two at a time. */
static uint64_t less_bit(int64_t a, int64_t b)
{
    uint64_t x = (uint64_t)a;
    uint64_t y = (uint64_t)b;

    return (x & ~y) | ((x - y) & ~(x ^ y));
}

/* Checks of what the numbers came to: a file can be whole and still be wrong. */
static inline bool is_sane(const block_reader *r, uint32_t n, block_columns columns)
{
    const int64_t *ts = columns[FIELD_AT_TS];
    uint64_t goes_back = less_bit(ts[0], r->last_ts);
    uint64_t high = 0;

    for (uint32_t i = 1; i < n; i++)
        goes_back |= less_bit(ts[i], ts[i - 1]);
    for (uint32_t f = 0; f < r->row->nfields; f++) {
        if (r->row->fields[f].size == 8) continue;
        for (uint32_t i = 0; i < n; i++)
            high |= (uint64_t)columns[f][i];
    }
    if (goes_back >> 63 || high > UINT32_MAX) return false;
    if (r->done == 0 && ts[0] != r->last_ts) return false;
    return r->done + n < r->rows || ts[n - 1] == (int64_t)load64(r->block + AT_LAST_TS);
}

/* Decode the next `n` rows; false if they cannot be. */
WIDE_VECTORS static bool decode(block_reader *r, uint32_t n, block_columns columns)
{
    uint32_t group = r->done / GROUP_ROWS;

    for (uint32_t f = 0; f < r->row->nfields; f++) {
        uint32_t width = r->block[BLOCK_HEAD + f * FIELD_HEAD + AT_WIDTHS + group];
        if (width == 0) {
            undo(r, f, n, columns, true);
        } else {
            bits_unpack(r->at, n, width, (uint64_t *)columns[f]);
            undo(r, f, n, columns, false);
        }
        r->at += bits_size(n, width);
    }
    return is_sane(r, n, columns);
}

int32_t block_next(block_reader *r, block_columns columns)
{
    uint32_t n = group_rows(r->rows, r->done);

    if (n == 0) return 0;
    if (!decode(r, n, columns)) return -1;
    r->last_ts = columns[FIELD_AT_TS][n - 1];
    r->done += n;
    return (int32_t)n;
}

static void put_column(const event_field *field, uint32_t stride, const int64_t *column, uint32_t n,
                       char *to)
{
    to += field->offset;
    if (field->size == 8) {
        for (uint32_t i = 0; i < n; i++, to += stride)
            memcpy(to, &column[i], 8);
    } else {
        for (uint32_t i = 0; i < n; i++, to += stride) {
            uint32_t narrow = (uint32_t)column[i];
            memcpy(to, &narrow, 4);
        }
    }
}

void events_prepare(const event_row *row, const event_common *common, void *events, uint32_t n)
{
    char *at = events;

    memset(events, 0, (size_t)n * row->size);
    for (uint32_t i = 0; i < n; i++, at += row->size) {
        qn_event *ev = (qn_event *)(void *)at;
        ev->size = (uint16_t)row->size;
        ev->type = (uint16_t)row->type;
        ev->instrument = common->instrument;
        if (row->type == QN_EVENT_BAR) ((qn_bar *)(void *)at)->length = common->length;
    }
}

void block_events(const event_row *row, block_columns columns, uint32_t first, uint32_t n, void *to)
{
    char *at = to;

    for (uint32_t i = first; i < n; i++, at += row->size) {
        qn_event *ev = (qn_event *)(void *)at;
        ev->seq = 0; /* the reader of the last batch wrote to these two */
        ev->slot = 0;
    }
    for (uint32_t f = 0; f < row->nfields; f++)
        put_column(&row->fields[f], row->size, columns[f] + first, n - first, to);
}
