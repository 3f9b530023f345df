# SPDX-License-Identifier: MIT
# How everything is compiled. quoin_options: the host, tests and tools. Plugins get the same
# warnings by quoin_add_plugin.

set(QUOIN_WARNINGS
    -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
    -Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wno-overlength-strings)
if(QUOIN_WERROR)
    list(APPEND QUOIN_WARNINGS -Werror)
endif()

# Doubles must come out the same wherever they are computed: no fused multiply-add, no
# fast-math, no instructions of one machine.
set(QUOIN_CODEGEN -ffp-contract=off -fno-omit-frame-pointer -fvisibility=hidden)

add_library(quoin_options INTERFACE)
target_compile_options(quoin_options INTERFACE ${QUOIN_WARNINGS} ${QUOIN_CODEGEN})
target_compile_definitions(quoin_options INTERFACE _GNU_SOURCE)
