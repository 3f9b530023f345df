/* SPDX-License-Identifier: MIT
 *
 * The table of stored event types: one row a type, one entry a field. The codec, the periods
 * of the catalog, verification and export are all driven by it, so that a new type of market
 * data is one struct in include/quoin/event.h and one row in event_table.c. */
#ifndef QUOIN_TAPE_EVENT_TABLE_H
#define QUOIN_TAPE_EVENT_TABLE_H

#include <quoin/event.h>

#include <stdbool.h>

/* What a field holds: how export prints it, and what the writer checks. */
typedef enum field_kind {
    FIELD_TIME,  /* ns */
    FIELD_PRICE, /* mantissa at price_exp */
    FIELD_QTY,   /* mantissa at qty_exp */
    FIELD_ID,    /* uint64_t */
    FIELD_SIDE,  /* QN_BUY, QN_SELL */
    FIELD_FLAGS, /* QN_EVENT_MORE, ... */
    FIELD_RATE   /* mantissa at QN_FUNDING_EXP */
} field_kind;

/* What a value is predicted from; only the difference is stored. `a` and `b` are places of
 * fields that stand before it in the row. */
typedef enum field_guess {
    GUESS_ZERO,     /* nothing */
    GUESS_PREVIOUS, /* the same field of the row before */
    GUESS_FIELD,    /* field a of the same row */
    GUESS_LAST,     /* field a of the row before */
    GUESS_HIGHER,   /* the higher one of fields a and b of the same row */
    GUESS_LOWER     /* the lower one of fields a and b of the same row */
} field_guess;

#define FIELDS_MAX 10
#define EVENT_MAX 128 /* bytes of the largest stored event, with room to grow */

/* One field of a type, in the order of decoding. */
typedef struct event_field {
    const char *name; /* of the struct's member */
    uint16_t offset;  /* in the event */
    uint8_t size;     /* 4 or 8 bytes */
    uint8_t kind;     /* field_kind */
    uint8_t guess;    /* field_guess */
    uint8_t a, b;     /* see field_guess */
    uint8_t place;    /* column of an export, from 1; 0 = not exported */
    const char *head; /* the column's heading */
} event_field;

/* How much time one file of the catalog covers. */
typedef enum file_span { SPAN_DAY, SPAN_MONTH, SPAN_YEAR, SPAN_ALL, SPAN_BAR } file_span;

/* One stored type. Its fields begin with the three that each type has: venue time (a bar's
 * open), engine time, flags. Members that are not fields are zero, but for a bar's length,
 * which is the file's. */
#define FIELD_AT_VENUE_TS 0
#define FIELD_AT_TS 1
#define FIELD_AT_FLAGS 2

typedef struct event_row {
    uint32_t type;    /* QN_EVENT_ */
    const char *name; /* "trade": in configs, folders and messages */
    uint32_t size;    /* of the event, bytes */
    uint32_t rank;    /* of the one order, from QN_EVENT_LIST */
    uint32_t nfields;
    file_span span;
    bool has_days; /* a day without data is worth a warning */
    bool has_ids;  /* `id` names a row: no two may share one */
    const event_field *fields;
} event_row;

/* The row of a type, or NULL if events of that type are not stored. */
const event_row *event_row_of(uint32_t type);
/* The row by name ("trade", "bar"; `len` bytes), or NULL. */
const event_row *event_row_named(const char *name, size_t len);
/* The rows, in the order of their type numbers. */
size_t event_rows(const event_row **out);

/* The value of a field of an event; 4-byte fields are zero-extended. */
int64_t event_field_get(const event_field *field, const qn_event *ev);

#endif
