#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Indicators of real bars against the tables that TA-Lib and TTR made of them: every bar, to
1e-9, and ready at the same bar. Skipped where the tables are not there."""
import csv
import gzip
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["QUOIN_SOURCE"], "tests", "data"))
from support import BUILD, shared  # noqa: E402

TABLE = os.path.join(BUILD, "tests", "sdk", "indicator_table")
SCALE = 10 ** 6
COLUMNS = ("ema", "atr", "plus_di", "minus_di", "adx", "mean", "deviation")
IN_PRICES = {"ema", "atr", "mean", "deviation"}
NAMES = {
    "talib": dict(ema="ema20", atr="atr14", plus_di="plus_di14", minus_di="minus_di14",
                  adx="adx14", mean="sma20"),
    "ttr": dict(ema="ema20", atr="atr14", plus_di="dip14", minus_di="din14", adx="adx14",
                mean="sma20", sample_deviation="runsd20"),
}


def rows(name):
    with gzip.open(shared("ref", name), "rt", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def number(text):
    return None if text in ("", "-", "NA", "NaN", "nan") else float(text)


def ours(bars):
    lines = "".join(" ".join(str(round(float(b[k]) * SCALE)) for k in ("high", "low", "close"))
                    + "\n" for b in bars)
    out = subprocess.run([TABLE], input=lines, capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        values = dict(zip(COLUMNS, map(number, line.split())))
        values = {k: v / SCALE if v is not None and k in IN_PRICES else v
                  for k, v in values.items()}
        deviation = values["deviation"]
        # TTR takes ddof 1; the deviation in TA-Lib's table turns into its square on the way
        values["sample_deviation"] = deviation and deviation * (20 / 19) ** 0.5
        yield values


@unittest.skipUnless(shared("ref", "indicators_ttr_GOOG.csv.gz"), "reference tables are not here")
class Real(unittest.TestCase):
    def compare(self, data):
        bars = rows(f"indicators_ttr_{data}.csv.gz")
        mine = list(ours(bars))
        self.assertEqual(len(mine), len(bars))
        for library, names in NAMES.items():
            table = rows(f"indicators_{library}_{data}.csv.gz")
            self.assertEqual(len(table), len(bars))
            for key, name in names.items():
                compared = 0
                for i, (row, own) in enumerate(zip(table, mine)):
                    expected = number(row[name])
                    where = f"{data}, {library} {name}, bar {i}: {own[key]}, expected {expected}"
                    self.assertEqual(own[key] is None, expected is None, where)
                    if expected is None:
                        continue
                    compared += 1
                    self.assertLessEqual(abs(own[key] - expected), 1e-9 * max(1, abs(expected)),
                                         where)
                self.assertGreater(compared, len(bars) - 40)

    def test_daily_shares(self):
        self.compare("GOOG")

    def test_four_hours_of_a_coin(self):
        self.compare("btcusdt_4h")


if __name__ == "__main__":
    unittest.main()
