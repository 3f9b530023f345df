# SPDX-License-Identifier: MIT
# How a plugin is built. The tree's own plugins and those of others use this very file: it is
# installed as P/lib/cmake/quoin/plugin.cmake, and quoin.pc is made from the lists below.
#
#   quoin_add_plugin(NAME mine KIND strategy SOURCES mine.c [LIBRARIES ...] [OUTPUT DIR])
#       A module DIR/mine.so (default: the current build folder) from C or C++ sources that see
#       only the installed headers. Its target is plugin_KIND_NAME. Without OUTPUT it is installed
#       to lib/quoin/plugins/KIND, where the program looks for plugins. Where the program is found,
#       ctest runs `quoin plugin check` of it as NAME_check, which also loads the states of
#       released layouts that lie in the source folder as golden/CLASS/LAYOUT.state.
#   quoin_add_plugin_test(NAME t SOURCES t.c PLUGIN mine [LIBRARIES ...])
#       A program t that is linked with the test bench (<quoin/bench.h>), and a test that runs it
#       with the path of the plugin's module as its one argument.
#
# Set before: QUOIN_PLUGIN_MAP, the linker's version script; quoin::sdk and quoin::bench. May be
# set: QUOIN_PROGRAM, the quoin that checks plugins; QUOIN_PLUGIN_OUTPUT, a folder with a folder
# for each kind, in place of the current build folder; QUOIN_PLUGIN_OPTIONS, further options of
# the compiler.

# Doubles come out the same wherever they are computed, and nothing is exported by chance.
set(QUOIN_PLUGIN_CFLAGS -ffp-contract=off -fvisibility=hidden)

# C++ without a runtime of its own, which could not be unloaded: no exceptions, no RTTI, no guards
# of static variables, and (g++) no symbols that keep a module in memory for ever.
set(QUOIN_PLUGIN_CXXFLAGS -fno-exceptions -fno-rtti -fno-threadsafe-statics)
set(QUOIN_PLUGIN_CXXFLAGS_GNU -fno-gnu-unique)

# One export, everything resolved when it is loaded, nothing writable that need not be: what the
# host's preflight asks for.
set(QUOIN_PLUGIN_LINK -Wl,-z,now -Wl,-z,relro -Wl,-z,noexecstack -Wl,--build-id=sha1
                      -Wl,--gc-sections)
if(NOT QUOIN_SANITIZER)
    list(APPEND QUOIN_PLUGIN_LINK -Wl,-z,defs) # a sanitizer's symbols come from the program
endif()
# The SDK's mathematics; a module that uses none of it does not name the library.
set(QUOIN_PLUGIN_LIBM -Wl,--push-state,--as-needed -lm -Wl,--pop-state)

function(quoin_add_plugin)
    cmake_parse_arguments(P "" "NAME;KIND;OUTPUT" "SOURCES;LIBRARIES" ${ARGN})
    if(P_UNPARSED_ARGUMENTS OR NOT P_NAME OR NOT P_KIND OR NOT P_SOURCES)
        message(FATAL_ERROR "quoin_add_plugin(NAME name KIND kind SOURCES file... "
                            "[LIBRARIES ...] [OUTPUT folder])")
    endif()
    set(target plugin_${P_KIND}_${P_NAME})
    add_library(${target} MODULE ${P_SOURCES})
    if(NOT P_OUTPUT)
        install(TARGETS ${target} LIBRARY DESTINATION lib/quoin/plugins/${P_KIND})
        set(P_OUTPUT ${CMAKE_CURRENT_BINARY_DIR})
        if(QUOIN_PLUGIN_OUTPUT)
            set(P_OUTPUT ${QUOIN_PLUGIN_OUTPUT}/${P_KIND})
        endif()
        if(TARGET plugins)
            add_dependencies(plugins ${target})
        endif()
    endif()
    # Linked by the C compiler's driver, whatever the language: that of C++ adds its runtime.
    set_target_properties(
        ${target}
        PROPERTIES PREFIX "" OUTPUT_NAME ${P_NAME} LIBRARY_OUTPUT_DIRECTORY ${P_OUTPUT}
                   LINKER_LANGUAGE C LINK_DEPENDS ${QUOIN_PLUGIN_MAP} SKIP_BUILD_RPATH ON)
    target_link_libraries(${target} PRIVATE quoin::sdk ${P_LIBRARIES} ${QUOIN_PLUGIN_LIBM})
    # The host refuses a module that others may write, which a umask of 002 would make it.
    add_custom_command(TARGET ${target} POST_BUILD VERBATIM
                       COMMAND chmod go-w $<TARGET_FILE:${target}> ${P_OUTPUT})
    target_compile_options(
        ${target}
        PRIVATE ${QUOIN_PLUGIN_OPTIONS} ${QUOIN_PLUGIN_CFLAGS}
                "$<$<COMPILE_LANGUAGE:CXX>:${QUOIN_PLUGIN_CXXFLAGS}>"
                "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:${QUOIN_PLUGIN_CXXFLAGS_GNU}>")
    target_link_options(${target} PRIVATE -Wl,--version-script=${QUOIN_PLUGIN_MAP}
                        ${QUOIN_PLUGIN_LINK})
    set_property(GLOBAL PROPERTY QUOIN_PLUGIN_NAMED_${P_NAME} ${target})
    if(QUOIN_PROGRAM)
        set(golden)
        file(GLOB states CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/golden/*/*/*.state)
        if(states)
            set(golden --golden ${CMAKE_CURRENT_SOURCE_DIR}/golden)
        endif()
        add_test(NAME ${P_NAME}_check COMMAND ${QUOIN_PROGRAM} plugin check
                                              $<TARGET_FILE:${target}> ${golden})
    endif()
endfunction()

function(quoin_add_plugin_test)
    cmake_parse_arguments(T "" "NAME;PLUGIN" "SOURCES;LIBRARIES" ${ARGN})
    get_property(plugin GLOBAL PROPERTY QUOIN_PLUGIN_NAMED_${T_PLUGIN})
    if(T_UNPARSED_ARGUMENTS OR NOT T_NAME OR NOT T_SOURCES OR NOT plugin)
        message(FATAL_ERROR "quoin_add_plugin_test(NAME name SOURCES file... PLUGIN name of a "
                            "plugin that was added before [LIBRARIES ...])")
    endif()
    add_executable(${T_NAME} ${T_SOURCES})
    target_compile_options(${T_NAME} PRIVATE ${QUOIN_PLUGIN_OPTIONS})
    target_link_libraries(${T_NAME} PRIVATE quoin::bench ${T_LIBRARIES})
    add_dependencies(${T_NAME} ${plugin})
    add_test(NAME ${T_NAME} COMMAND ${T_NAME} $<TARGET_FILE:${plugin}>)
endfunction()
