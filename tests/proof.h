/* SPDX-License-Identifier: MIT
 *
 * The size of a proof. The ordinary tests run it at a stated size, tests/long at a multiple;
 * both print "proof: WHAT: SIZE". */
#ifndef QUOIN_TESTS_PROOF_H
#define QUOIN_TESTS_PROOF_H

#include <stdint.h>
#include <stdlib.h>

/* What the stated size is multiplied with: QUOIN_SCALE, 1 when it is not set. */
static inline uint64_t proof_scale(void)
{
    const char *text = getenv("QUOIN_SCALE");
    uint64_t scale = text ? strtoull(text, NULL, 10) : 1;

    return scale ? scale : 1;
}

#endif
