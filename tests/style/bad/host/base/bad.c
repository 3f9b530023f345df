/* SPDX-License-Identifier: MIT */
#include "memory.h"
#include "tape/tape.h" /* expect: arrows */

void *fine(void)
{
    return malloc(1); /* base/ is where memory comes from */
}
