#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds build/PLUGIN_NAME.so and its test. rustc makes an object without a runtime; the C compiler
# links it as it links every plugin, so that one symbol is exported and the module can be unloaded.
set -eu
cd "$(dirname "$0")"
mkdir -p build

# Where Quoin is: PKG_CONFIG_PATH, else beside the quoin of the PATH.
: "${PKG_CONFIG_PATH:=$(dirname "$(command -v quoin)")/../lib/pkgconfig}"
export PKG_CONFIG_PATH

rustc --edition 2021 --crate-type lib --emit obj -C opt-level=2 -C panic=abort \
    -C relocation-model=pic -C codegen-units=1 PLUGIN_NAME.rs -o build/PLUGIN_NAME.o
${CC:-cc} -shared build/PLUGIN_NAME.o -o build/PLUGIN_NAME.so $(pkg-config --libs quoin)
chmod go-w build build/PLUGIN_NAME.so
${CC:-cc} $(pkg-config --cflags quoin-bench) test.c -o build/test $(pkg-config --libs quoin-bench)
