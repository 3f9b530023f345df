#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Performance figures of real returns against those of PerformanceAnalytics, to 1e-9 of
themselves, and against what Bacon's book prints. Skipped where the references are not there."""
import csv
import gzip
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["QUOIN_SOURCE"], "tests", "data"))
from support import BUILD, shared  # noqa: E402

TABLE = os.path.join(BUILD, "tests", "sdk", "performance_table")
REFERENCE = shared("ref", "performance_pa.json")
# what the reference has beside ours: other definitions of the same, or parts of ours
NOT_OURS = {"source", "n", "scale", "Rf_per_period", "MAR_per_period", "ann_return_arith",
            "sharpe_annualized_geometric", "downside_dev_subset", "semi_dev", "kelly_half",
            "worst_drawdowns"}


def column(name, *path):
    with (gzip.open if path[-1].endswith(".gz") else open)(shared(*path), "rt",
                                                           encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    keys = list(rows[0])
    time = keys[0]
    key = next(k for k in keys if k.lower().startswith(name.lower()))
    return [row[time] for row in rows], [float(row[key]) for row in rows]


def of_closes(*path):
    times, closes = column("close", *path)
    return times[1:], [b / a - 1 for a, b in zip(closes, closes[1:])]


SERIES = {
    "GOOG_daily_simple": lambda: of_closes("daily", "GOOG.csv"),
    "SP500_2000_daily_simple": lambda: of_closes("daily", "sp500_2000.csv.gz"),
    "btcusdt_4h_simple": lambda: of_closes("bars", "binance_spot_btcusdt_4h_2024.csv"),
    "solusdt_4h_simple": lambda: of_closes("bars", "binance_spot_solusdt_4h_2024.csv"),
    "HAM1_monthly": lambda: column("HAM1", "daily", "managers.csv"),
    "BACON_portfolio_monthly": lambda: column("portfolio", "daily", "portfolio_bacon.csv"),
}


def ours(returns, benchmark, scale, riskless, target):
    lines = f"{scale!r} {riskless!r} {target!r}\n"
    lines += "".join(f"{r!r} {b!r}\n" for r, b in zip(returns, benchmark))
    out = subprocess.run([TABLE], input=lines, capture_output=True, text=True, check=True).stdout
    worst = [line.split()[1:] for line in out.splitlines() if line.startswith("worst ")]
    values = dict(line.split() for line in out.splitlines() if not line.startswith("worst "))
    return {k: float(v) for k, v in values.items()}, worst


@unittest.skipUnless(REFERENCE, "reference figures are not here")
class Real(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(REFERENCE, encoding="utf-8") as f:
            cls.reference = json.load(f)

    def close(self, got, expected, what, part=1e-9):
        self.assertLessEqual(abs(got - expected), part * abs(expected), (what, got, expected))

    def test_every_series_and_figure(self):
        series = [k for k in self.reference if k not in ("definitions", "BACON_published_vs_now")]
        self.assertEqual(set(series), set(SERIES))
        compared = 0
        for name in series:
            theirs = self.reference[name]
            _, returns = SERIES[name]()
            self.assertEqual(len(returns), theirs["n"])
            mine, _ = ours(returns, returns, theirs["scale"], theirs["Rf_per_period"],
                           theirs["MAR_per_period"])
            for key in set(theirs) - NOT_OURS:
                self.close(mine[key], theirs[key], (name, key))
                compared += 1
            self.close(mine["kelly_full"] / 2, theirs["kelly_half"], (name, "kelly_half"))
        print(f"proof: performance figures: {compared} of {len(series)} series to 1e-9")

    def test_the_worst_drawdowns(self):
        for name, read in SERIES.items():
            times, returns = read()
            _, worst = ours(returns, returns, 1, 0, 0)
            theirs = self.reference[name]["worst_drawdowns"]
            self.assertEqual(len(worst), len(theirs))
            for mine, other in zip(worst, theirs):
                start, trough, to = (int(i) for i in mine[:3])
                self.assertEqual(round(-float(mine[3]), 4), other["depth"], name)
                if "4h" not in name:  # times there are seconds
                    self.assertEqual(times[start], other["from"], name)
                    self.assertEqual(times[trough], other["trough"], name)
                    self.assertEqual(times[to] if to < len(times) else None, other["to"], name)
                # one that has not ended is counted there with a period behind the last
                self.assertEqual(to - start + 1, other["length"], name)

    def test_what_the_book_prints(self):
        rows = {k: v for k, v in self.reference["BACON_published_vs_now"].items()
                if v.get("agrees") is True}
        _, r = column("portfolio", "daily", "portfolio_bacon.csv")
        _, b = column("benchmark", "daily", "portfolio_bacon.csv")
        mine, _ = ours(r, b, 12, 0, 0.005)
        residual = [x - mine["alpha"] - mine["beta"] * y for x, y in zip(r, b)]
        figures = {
            "MartinRatio": mine["martin"],
            "DownsideDeviation_MAR0.5pct": mine["downside_dev_full"],
            "Kappa_l2": mine["sortino_per_period"],
            "BernardoLedoit": mine["omega_L0"],
            "OmegaSharpe": ours([x - 0.005 for x in r], b, 12, 0, 0)[0]["omega_L0"] - 1,
            "SkewnessKurtosisRatio": mine["skew_moment"] / (mine["kurt_excess_moment"] + 3),
            "SpecificRisk": (sum(e * e for e in residual) / len(r) * 12) ** 0.5,
        }
        for key, value in figures.items():
            self.close(value, rows[key]["package"], key)


if __name__ == "__main__":
    unittest.main()
