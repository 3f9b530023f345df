# SPDX-License-Identifier: MIT
# find_package(quoin REQUIRED): what a plugin is built with.
#   quoin::sdk             headers and libquoin_sdk.a
#   quoin::bench           the test bench, libquoin_bench.a, for programs that test a plugin
#   QUOIN_PROGRAM          the quoin of this installation, where it has one
#   quoin_add_plugin(), quoin_add_plugin_test()   see plugin.cmake
# The prefix is where this file lies, so that an installation may be moved.

get_filename_component(QUOIN_PREFIX "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(CMAKE_VERSION VERSION_LESS 3.20)
    set(quoin_FOUND FALSE)
    set(quoin_NOT_FOUND_MESSAGE "quoin needs CMake 3.20")
    return()
endif()
if(NOT CMAKE_C_COMPILER_LOADED)
    set(quoin_FOUND FALSE)
    set(quoin_NOT_FOUND_MESSAGE
        "modules are linked by the C compiler: project(... LANGUAGES C), for C++ plugins C CXX")
    return()
endif()

set(QUOIN_PLUGIN_MAP "${QUOIN_PREFIX}/share/quoin/plugin.map")
set(QUOIN_PROGRAM "${QUOIN_PREFIX}/bin/quoin")
set(quoin_INCLUDE_DIRS "${QUOIN_PREFIX}/include")
set(quoin_sdk_LIBRARY "${QUOIN_PREFIX}/lib/libquoin_sdk.a")
set(quoin_bench_LIBRARY "${QUOIN_PREFIX}/lib/libquoin_bench.a")
# A build folder has these elsewhere, and says where.
include("${CMAKE_CURRENT_LIST_DIR}/build-tree.cmake" OPTIONAL)
if(NOT EXISTS "${QUOIN_PROGRAM}")
    unset(QUOIN_PROGRAM)
endif()

foreach(part sdk bench)
    if(NOT TARGET quoin::${part})
        add_library(quoin::${part} STATIC IMPORTED)
        set_target_properties(
            quoin::${part} PROPERTIES IMPORTED_LOCATION "${quoin_${part}_LIBRARY}"
                                      INTERFACE_INCLUDE_DIRECTORIES "${quoin_INCLUDE_DIRS}")
    endif()
endforeach()
set_target_properties(quoin::bench PROPERTIES INTERFACE_LINK_LIBRARIES
                                               "quoin::sdk;@QUOIN_BENCH_FFI@;m;dl")

include("${CMAKE_CURRENT_LIST_DIR}/plugin.cmake")
