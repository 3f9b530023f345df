/* SPDX-License-Identifier: MIT
 *
 * A look at files before they are imported: when they begin, and what nobody said about them. */
#ifndef QUOIN_IMPORT_SURVEY_H
#define QUOIN_IMPORT_SURVEY_H

#include "importer.h"

/* What must be found out. Nothing but the first time of a file costs one row, not a pass. */
typedef struct survey_wish {
    bool places; /* decimal places of prices and quantities */
    bool steps;  /* the length of bars */
} survey_wish;

/* One file. */
typedef struct survey_file {
    const char *path;
    bool has_rows;       /* rows that could be read */
    bool has_bad;        /* rows that could not */
    int64_t first, last; /* times of its first and last row */
} survey_file;

/* All files together. All zero to begin with. */
typedef struct survey {
    int32_t price_places, qty_places;
    uint64_t steps;                   /* between rows that follow each other in time: how many */
    uint64_t least_step, common_step; /* the smallest of them, their greatest divisor; 0 = none */
} survey;

/* Look at one file. Rows that cannot be read are passed over: importing tells of them. A file
 * without rows of data has neither has_rows nor has_bad.
 *
 * returns QN_OK; what csv_open, csv_next and layout_find return, *line then says where. */
int32_t survey_look(survey *s, survey_file *file, const importer *imp, const char *columns,
                    survey_wish wish, int64_t *line, qn_err *err);

/* Count the step from the time of one row to that of the next, if it is above 0. */
void survey_step(survey *s, int64_t from, int64_t to);

/* The length of bars: the smallest step, if it divides all others.
 * QN_OK, or QN_E_MISSING with what to do. */
int32_t survey_length(const survey *s, int64_t *out, qn_err *err);

/* Is `length` one that bars with these steps may have? Longer ones would lie closer together, but
 * where no two follow each other and all lie on a coarser grid, they are that grid's: said to be
 * shorter, they would be told to a strategy before they were over.
 * QN_OK, or QN_E_RANGE with what to do. */
int32_t survey_check_length(const survey *s, int64_t length, qn_err *err);

#endif
