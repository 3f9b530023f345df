/* SPDX-License-Identifier: MIT
 *
 * Compiled, never run: each assertion of the golden layout is checked by whichever compiler,
 * language version and machine tests/abi/CMakeLists.txt asks for. */
#include "layout.h"

typedef int abi_layout_is_checked; /* ISO C wants one declaration in a file */
