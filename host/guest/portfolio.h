/* SPDX-License-Identifier: MIT
 *
 * How a portfolio goes over: these numbers, then the lines, the returns, the covariance. */
#ifndef QUOIN_GUEST_PORTFOLIO_H
#define QUOIN_GUEST_PORTFOLIO_H

#include <stdint.h>

typedef struct wire_portfolio {
    uint32_t nlines, stride, ncolumns, nreturns, nweights, nvalues, has_covariance, rsv0;
    int64_t period, ts_ns;
} wire_portfolio;

#endif
