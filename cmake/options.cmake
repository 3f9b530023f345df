# SPDX-License-Identifier: MIT
# How everything is compiled. quoin_options: the host, tests and tools. Plugins get the same
# warnings by quoin_add_plugin.

set(QUOIN_SANITIZER "" CACHE STRING "Build everything, plugins too, with: address | thread")
set_property(CACHE QUOIN_SANITIZER PROPERTY STRINGS "" address thread)

# Optimised builds keep their asserts and their symbols: a crash in production must be readable,
# and a test that passes because its assert was compiled out has tested nothing. Sanitizers want
# -O1: readable stacks, and not so slow that the long tests time out.
set(CMAKE_C_FLAGS_RELEASE "-O3 -g")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g3")

set(QUOIN_WARNINGS
    -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
    -Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wno-overlength-strings)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_C_COMPILER_VERSION VERSION_LESS 13)
    # gcc 12 takes what an inlined function returns for the address of that function's variable.
    list(APPEND QUOIN_WARNINGS -Wno-dangling-pointer)
endif()
if(QUOIN_WERROR)
    list(APPEND QUOIN_WARNINGS -Werror)
endif()

# Doubles must come out the same wherever they are computed: no fused multiply-add, no
# fast-math, no instructions of one machine.
set(QUOIN_CODEGEN -ffp-contract=off -fno-omit-frame-pointer -fvisibility=hidden)

add_library(quoin_options INTERFACE)
target_compile_options(quoin_options INTERFACE ${QUOIN_WARNINGS} ${QUOIN_CODEGEN})
target_compile_definitions(quoin_options INTERFACE _GNU_SOURCE)

# A sanitizer must see all of a process, so its flags are set for every target below. The macro
# lets the host accept modules that link a sanitizer's runtime.
set(QUOIN_SANITIZER_address -fsanitize=address,undefined -fno-sanitize-recover=all)
set(QUOIN_SANITIZER_thread -fsanitize=thread)
if(QUOIN_SANITIZER)
    if(NOT DEFINED QUOIN_SANITIZER_${QUOIN_SANITIZER})
        message(FATAL_ERROR "QUOIN_SANITIZER is \"${QUOIN_SANITIZER}\"; known: address, thread")
    endif()
    set(CMAKE_C_FLAGS_DEBUG "-O1 -g")
    add_compile_options(${QUOIN_SANITIZER_${QUOIN_SANITIZER}})
    add_link_options(${QUOIN_SANITIZER_${QUOIN_SANITIZER}})
    add_compile_definitions(QUOIN_SANITIZER=1)
else()
    # The sanitizers replace what _FORTIFY_SOURCE checks, and it needs optimised code. The loader
    # resolves every symbol at start (-z now), so that the tables can be read-only afterwards.
    add_compile_options("$<$<CONFIG:Release>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>"
                        -fstack-protector-strong)
    add_link_options(-Wl,-z,relro -Wl,-z,now)
endif()

# Executables are position-independent, as libraries are (CMAKE_POSITION_INDEPENDENT_CODE).
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
