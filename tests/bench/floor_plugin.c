/* SPDX-License-Identifier: MIT
 *
 * The bare strategy behind dlopen and a table of one function. */
#include "floor.h"

static int on_bar(floor_sma *self, const floor_bar *bar, int position)
{
    return floor_sma_on_bar(self, bar, position);
}

__attribute__((visibility("default"))) extern const floor_strategy floor_entry;
const floor_strategy floor_entry = {on_bar};
