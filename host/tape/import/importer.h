/* SPDX-License-Identifier: MIT
 *
 * The table of importers: how rows of a kind of file become events.
 *
 * An importer is one file and one row in importers.c: it says which columns the file has,
 * what they are called, and where their values go in the event. Reading, number and time
 * forms, order, duplicates, the grid of bars, --skip-bad and publishing are common to all. */
#ifndef QUOIN_IMPORT_IMPORTER_H
#define QUOIN_IMPORT_IMPORTER_H

#include "csv.h"
#include "stamp.h"

#include <quoin/event.h>
#include <quoin/instrument.h>

#include <stdbool.h>

#define COLUMNS_MAX 8

/* What a column holds, and so how it is read. */
typedef enum column_kind {
    COLUMN_TIME,  /* int64_t, ns */
    COLUMN_PRICE, /* int64_t, a mantissa at price_exp */
    COLUMN_QTY,   /* int64_t, a mantissa at qty_exp */
    COLUMN_RATE,  /* int64_t, a mantissa at QN_FUNDING_EXP */
    COLUMN_ID,    /* uint64_t */
    COLUMN_SIDE,  /* uint32_t: "buy" or "sell" of the aggressor */
    COLUMN_MAKER, /* uint32_t: true if the buyer was the maker, so that the aggressor sold */
    COLUMN_KINDS
} column_kind;

/* Must the file have it? */
typedef enum column_need {
    NEED_ALWAYS,
    NEED_ONE,  /* one of the columns that fill the same field */
    NEED_WORD, /* --columns may say that there is none: "volume=none"; its field is 0 then */
    NEED_NOT
} column_need;

typedef struct import_column {
    const char *role;  /* as --columns names it: "ts" */
    const char *names; /* in a header, any case: "timestamp|time|date" */
    column_kind kind;
    column_need need;
    uint16_t offset; /* of the value in the event */
    uint16_t place;  /* from 1, in files without a header; 0 = unknown */
} import_column;

#define BAR_LENGTH_MAX (366 * QN_NS_PER_DAY) /* a year */

/* What the rows of one import have in common. */
typedef struct import_settings {
    int32_t price_exp, qty_exp;
    int64_t length;     /* of bars, ns; 0 while it is being found out */
    bool is_close_time; /* the time column is the bar's end (--stamp close) */
} import_settings;

/* Where each column of an importer stands in the file at hand. */
typedef struct import_layout {
    int32_t at[COLUMNS_MAX]; /* field of the row, from 0; -1 = not there */
    uint32_t nfields;        /* of each row */
    stamp_form form;         /* of the file's times */
} import_layout;

typedef struct importer {
    const char *name;  /* as --format names it */
    const char *about; /* one line of --help */
    const import_column *columns;
    size_t ncolumns;
    uint32_t type;      /* QN_EVENT_ of what comes out; 0 = several */
    bool has_places;    /* files without a header are in its format */
    bool is_archive;    /* a FILE.CHECKSUM beside the file is verified */
    bool is_messages;   /* lines are captured messages of several types (raw.h); no columns */
    bool is_off_tick;   /* prices are computed, not traded: they may be finer than the tick */
    uint16_t row_sizes; /* bit n: a row without header may have n fields; 0 = any number */

    /* Complete an event whose columns were read, and judge it: QN_OK, or a code and why. */
    int32_t (*finish)(qn_event *ev, const import_settings *set, qn_err *err);
} importer;

/* The importers, in the order of --help. */
size_t importers(const importer *const **out);
/* By name, or NULL. */
const importer *importer_find(const char *name);

/* finish for bars: open time, length, engine time; prices above 0, high and low around open
 * and close, volume not negative, open time on the grid (multiples of the length since 1970;
 * not judged while the length is 0). */
int32_t bar_finish(qn_event *ev, const import_settings *set, qn_err *err);

/* finish for trades: engine time; price and quantity above 0. */
int32_t trade_finish(qn_event *ev, const import_settings *set, qn_err *err);

/* finish for best bids and asks: engine time, the venue's where the row has no other; prices
 * and quantities not negative, a price above 0 where there is a quantity. */
int32_t quote_finish(qn_event *ev, const import_settings *set, qn_err *err);

/* finish for mark and index prices: engine time; price above 0. */
int32_t mark_finish(qn_event *ev, const import_settings *set, qn_err *err);

/* finish for funding rates: engine time; a rate between -1 and 1. */
int32_t funding_finish(qn_event *ev, const import_settings *set, qn_err *err);

/* finish for one level of a book: price above 0, quantity not negative. */
int32_t level_finish(qn_event *ev, const import_settings *set, qn_err *err);

/* --- where columns stand (layout.c) --------------------------------------------------- */

/* Find the importer's columns in the first row of a file.
 *
 * map      what --columns said ("ts=1,open=Open"), or NULL
 * has_header  set to whether the row is a header, or the first row of data
 * returns QN_OK; QN_E_MISSING for a column that is needed and not there; QN_E_DUPLICATE if
 *         two columns of the file have a name that fits; QN_E_UNKNOWN_NAME for a name of --columns
 *         that the header lacks, QN_E_RANGE for a number beyond the row; QN_E_SYNTAX for a
 *         row that is no header where one is needed. */
int32_t layout_find(const importer *imp, const char *map, const csv_row *row, import_layout *out,
                    bool *has_header, qn_err *err);

/* Judge --columns before any file is opened: QN_OK, QN_E_SYNTAX, QN_E_UNKNOWN_NAME for a role
 * that the importer has not, QN_E_DUPLICATE. */
int32_t layout_check(const importer *imp, const char *map, qn_err *err);

/* --- rows (row.c) --------------------------------------------------------------------- */

/* Room for an event of any stored type. */
typedef union import_event {
    qn_event hdr;
    qn_bar bar;
    qn_trade trade;
    qn_quote quote;
    qn_depth depth;
    qn_mark mark;
    qn_funding funding;
} import_event;

/* Read a number of `role` as a mantissa: as number_read, with the reason. */
int32_t field_decimal(const char *role, text_piece field, int32_t exp, int64_t *to, qn_err *err);

/* Read a row into an event: every column, then the importer's finish. A layout's first row
 * sets its time form.
 *
 * returns QN_OK, or a code and what is wrong with which column: QN_E_SYNTAX, QN_E_PRECISION,
 *         QN_E_OVERFLOW, QN_E_RANGE, QN_E_TYPE. */
int32_t row_read(const importer *imp, const import_settings *set, import_layout *layout,
                 const csv_row *row, import_event *out, qn_err *err);

/* The most decimal places that the row's columns of a kind need: raises *places. As
 * number_places for errors. */
int32_t row_places(const importer *imp, const import_layout *layout, const csv_row *row,
                   column_kind kind, int32_t *places);

#endif
