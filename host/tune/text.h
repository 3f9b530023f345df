/* SPDX-License-Identifier: MIT
 *
 * How figures, dimensions and spans of time are written for people: in the terminal and on the
 * page. */
#ifndef QUOIN_TUNE_TEXT_H
#define QUOIN_TUNE_TEXT_H

#include "internal.h"
#include "report/html.h"

#define CELL_ROOM HTML_NUMBER /* of a figure as text */
#define SPAN_ROOM 128
#define FIGURES_SHOWN 5 /* at most: the objective, and what people ask for next */

/* The last part of a dimension's path; all of it where two end alike. */
const char *dimension_title(const tune *t, uint32_t i);

/* The row of a figure. */
const statistic *statistic_of(uint32_t figure);

void figure_write(const statistic *s, double value, char to[CELL_ROOM]);

/* The figures of a table, the objective first; returns how many. */
uint32_t figures_shown(const tune *t, uint32_t to[FIGURES_SHOWN]);

void span_write(const config_span *span, char to[SPAN_ROOM]);

#endif
