/* SPDX-License-Identifier: MIT
 *
 * What the tests of risk/limits share: orders as the host would propose them, and their answers. */
#ifndef QUOIN_TESTS_KINDS_LIMITS_H
#define QUOIN_TESTS_KINDS_LIMITS_H

#include "fake_host.h"

#define BOTH (QN_STAGE_INTENT | QN_STAGE_ORDER)

/* A market order at the mark, or with `price` a limit order. `reducing` and `notional` come from
 * the books as the host computes them. */
qn_proposal proposal_of(fake_host *h, uint32_t instrument, uint32_t side, int64_t qty,
                        int64_t price);

/* The plugin's answer, which must make sense: returns the quantity that is allowed. */
int64_t ask(fake_host *h, const qn_proposal *p, qn_answer *answer);

/* The host's word that an order was allowed or rejected. */
void tell_verdict(fake_host *h, const qn_proposal *p, uint32_t action);

/* An operator's resume. */
void tell_resume(fake_host *h);

#endif
