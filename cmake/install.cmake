# SPDX-License-Identifier: MIT
# cmake --install build --prefix P
#   P/bin/quoin                 the program
#   P/lib/quoin/plugins/KIND/   the plugins (quoin_add_plugin installs them)
#   P/include/quoin/            what a plugin is written against: the ABI, and the SDK in sdk/
#   P/lib/libquoin_sdk.a        the SDK
#   P/lib/libquoin_bench.a      the test bench, for programs that test a plugin
#   P/lib/cmake/quoin/          find_package(quoin), quoin_add_plugin()
#   P/lib/pkgconfig/quoin.pc    how a plugin is built without CMake:
#                               cc $(pkg-config --cflags quoin) -shared -fPIC x.c -o x.so \
#                                  $(pkg-config --libs quoin)
#   P/lib/pkgconfig/quoin-bench.pc                    how its test is
#   P/share/quoin/              the linker's version script, the licence
#   P/share/quoin/templates/    what `quoin plugin new` makes a project of
# "lib" is meant literally, on a multiarch system too: the program finds its plugins by it.

# The lists of plugin.cmake as the words of a shell, here alone: the tests build plugins, too.
block()
foreach(list CFLAGS CXXFLAGS LINK LIBM)
    list(JOIN QUOIN_PLUGIN_${list} " " QUOIN_PLUGIN_${list})
endforeach()
# The library that the bench calls commands by, as the program itself needs it: no headers of it.
list(GET FFI_LINK_LIBRARIES 0 ffi)
file(REAL_PATH ${ffi} ffi)
string(REGEX REPLACE "^.*/(libffi[.]so[.][0-9]+).*$" "-l:\\1" QUOIN_BENCH_FFI ${ffi})
configure_file(cmake/quoin.pc.in quoin.pc @ONLY)
configure_file(cmake/quoinConfig.cmake ${CMAKE_BINARY_DIR}/cmake/quoinConfig.cmake @ONLY)
configure_file(cmake/quoin-bench.pc.in quoin-bench.pc @ONLY)
endblock()

include(CMakePackageConfigHelpers)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/quoinConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)

# Plugins in folders that others may write are refused, whatever the umask of who installs.
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
install(TARGETS quoin RUNTIME DESTINATION bin)
install(TARGETS quoin-guest RUNTIME DESTINATION libexec/quoin)
install(TARGETS quoin_sdk quoin_bench ARCHIVE DESTINATION lib)
install(DIRECTORY include/quoin sdk/include/quoin DESTINATION include FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/quoin.pc ${CMAKE_CURRENT_BINARY_DIR}/quoin-bench.pc
        DESTINATION lib/pkgconfig)
install(FILES ${CMAKE_BINARY_DIR}/cmake/quoinConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/quoinConfigVersion.cmake
              cmake/plugin.cmake DESTINATION lib/cmake/quoin)
install(FILES cmake/plugin.map LICENSE DESTINATION share/quoin)
install(DIRECTORY sdk/templates DESTINATION share/quoin)

# In a build folder the program finds the tree's own templates beside it, and what it makes of them
# is built by -Dquoin_DIR=build/cmake: the same files, and where things lie here.
file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/sdk/templates ${CMAKE_BINARY_DIR}/templates SYMBOLIC)
configure_file(cmake/plugin.cmake ${CMAKE_BINARY_DIR}/cmake/plugin.cmake COPYONLY)
file(
    WRITE ${CMAKE_BINARY_DIR}/cmake/build-tree.cmake
    "set(QUOIN_PLUGIN_MAP ${QUOIN_PLUGIN_MAP})\n"
    "set(QUOIN_PROGRAM ${CMAKE_BINARY_DIR}/quoin)\n"
    "set(quoin_INCLUDE_DIRS ${CMAKE_CURRENT_SOURCE_DIR}/include "
    "${CMAKE_CURRENT_SOURCE_DIR}/sdk/include)\n"
    "set(quoin_sdk_LIBRARY ${CMAKE_BINARY_DIR}/sdk/libquoin_sdk.a)\n"
    "set(quoin_bench_LIBRARY ${CMAKE_BINARY_DIR}/sdk/libquoin_bench.a)\n")
