/* SPDX-License-Identifier: MIT */
#include <quoin/sdk/decimal.h>
#include <quoin/abi.h>
#include <stdlib.h>
#include "base/file.h" /* expect: arrows */
#include "../../host/base/file.h" /* expect: arrows */

void *bad(void)
{
    return malloc(1); /* expect: memory */
}
