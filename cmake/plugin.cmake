# SPDX-License-Identifier: MIT
# quoin_add_plugin(NAME sma_cross KIND strategy SOURCES sma_cross.c [LIBRARIES ...])
# builds build/plugins/<kind>/<name>.so from sources that see only include/quoin and the SDK, and
# installs it. With OUTPUT folder it is built there and not installed (fixtures of the tests).

set(QUOIN_PLUGIN_MAP ${CMAKE_CURRENT_LIST_DIR}/plugin.map)

# One export, everything resolved when it is loaded, nothing writable that need not be: what the
# host's preflight asks for. Plugins of others get the same from quoin.pc.
set(QUOIN_PLUGIN_LINK -Wl,-z,now -Wl,-z,relro -Wl,-z,noexecstack -Wl,--build-id=sha1
                      -Wl,--gc-sections)
if(NOT QUOIN_SANITIZER)
    list(APPEND QUOIN_PLUGIN_LINK -Wl,-z,defs) # a sanitizer's symbols come from the program
endif()

function(quoin_add_plugin)
    cmake_parse_arguments(P "" "NAME;KIND;OUTPUT" "SOURCES;LIBRARIES" ${ARGN})
    set(target plugin_${P_KIND}_${P_NAME})
    add_library(${target} MODULE ${P_SOURCES})
    if(NOT P_OUTPUT)
        set(P_OUTPUT ${CMAKE_BINARY_DIR}/plugins/${P_KIND})
        install(TARGETS ${target} LIBRARY DESTINATION lib/quoin/plugins/${P_KIND})
        add_dependencies(plugins ${target})
    endif()
    set_target_properties(
        ${target}
        PROPERTIES PREFIX "" OUTPUT_NAME ${P_NAME} C_VISIBILITY_PRESET hidden
                   LIBRARY_OUTPUT_DIRECTORY ${P_OUTPUT} LINK_DEPENDS ${QUOIN_PLUGIN_MAP})
    target_link_libraries(${target} PRIVATE quoin_sdk ${P_LIBRARIES})
    # The host refuses a module that others may write, which a umask of 002 would make it.
    add_custom_command(TARGET ${target} POST_BUILD VERBATIM
                       COMMAND chmod go-w $<TARGET_FILE:${target}> ${P_OUTPUT})
    target_compile_options(${target} PRIVATE ${QUOIN_WARNINGS} ${QUOIN_CODEGEN})
    target_link_options(${target} PRIVATE -Wl,--version-script=${QUOIN_PLUGIN_MAP}
                        ${QUOIN_PLUGIN_LINK})
endfunction()

add_custom_target(plugins)
