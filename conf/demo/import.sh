#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Import the demo's data into a new catalog: build/demo/catalog, or the one that is named. The index
# is a file; five instruments are generated.
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
generated=$(mktemp -d)
trap 'rm -rf "$generated"' EXIT

into() { # SYMBOL TICK FILE
    "$quoin" data import --format ohlcv --instrument "$1.demo" --into "$catalog.part" --bar 1d \
        --tick "$2" --lot 1 --quote USD "$3"
}

into SP500 0.000001 "$here/sp500-2000.csv"
# Five more instruments, for the days of that file: generated, no market's.
python3 "$here/generate.py" "$here/sp500-2000.csv" "$generated"
for file in "$generated"/*.csv; do
    into "$(basename "$file" .csv)" 0.01 "$file"
done
mv "$catalog.part" "$catalog"
