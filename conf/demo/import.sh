#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Import the data of the demo into a new catalog: build/demo/catalog, or the one that is named.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
quoin=${QUOIN:-$here/../../build/quoin}
catalog=${1:-$here/../../build/demo/catalog}

if [ -e "$catalog" ]; then
    echo "import.sh: $catalog is there already: remove it first" >&2
    exit 1
fi

# Beside it, then renamed: what was cut off halfway is not taken for a whole catalog.
rm -rf "$catalog.part"

into() { # SYMBOL TICK FILE [option...]
    "$quoin" data import --format ohlcv --instrument "$1.demo" --into "$catalog.part" --bar 1d \
        --tick "$2" --lot 1 --quote USD "${@:4}" "$here/$3"
}

into SP500 0.000001 sp500-2000.csv
# One price a day and no volume: the price is all four of the bar's.
for share in AAPL JPM KO WMT XOM; do
    into $share 0.001 shares-2000.csv \
        --columns ts=Date,open=$share,high=$share,low=$share,close=$share,volume=none
done
mv "$catalog.part" "$catalog"
