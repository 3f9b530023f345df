# SPDX-License-Identifier: MIT
# cmake --install build --prefix P
#   P/bin/quoin                 the program
#   P/lib/quoin/plugins/KIND/   the plugins (quoin_add_plugin installs them)
#   P/include/quoin/            what a plugin is written against: the ABI, and the SDK in sdk/
#   P/lib/libquoin_sdk.a        the SDK
#   P/lib/pkgconfig/quoin.pc    how a plugin is built:
#                               cc $(pkg-config --cflags quoin) -shared -fPIC x.c -o x.so \
#                                  $(pkg-config --libs quoin)
#   P/share/quoin/              the linker's version script, the licence
# "lib" is meant literally, on a multiarch system too: the program finds its plugins by it.

set(QUOIN_PLUGIN_CFLAGS -ffp-contract=off -fvisibility=hidden)
list(JOIN QUOIN_PLUGIN_CFLAGS " " QUOIN_PLUGIN_CFLAGS)
list(JOIN QUOIN_PLUGIN_LINK " " QUOIN_PLUGIN_LIBS)
configure_file(cmake/quoin.pc.in quoin.pc @ONLY)

# Plugins in folders that others may write are refused, whatever the umask of who installs.
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
install(TARGETS quoin RUNTIME DESTINATION bin)
install(TARGETS quoin_sdk ARCHIVE DESTINATION lib)
install(DIRECTORY include/quoin sdk/include/quoin DESTINATION include FILES_MATCHING PATTERN "*.h")
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/quoin.pc DESTINATION lib/pkgconfig)
install(FILES cmake/plugin.map LICENSE DESTINATION share/quoin)
