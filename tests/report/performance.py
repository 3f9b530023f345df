# SPDX-License-Identifier: MIT
"""Whole runs and their performance figures: against the benchmark's prices, with nothing to say,
and the same at one sample a day as from equity.csv."""
import json
import random
import unittest
from math import sqrt
from statistics import fmean, stdev

from runs import Run, bars, strategy


def made_up(n, seed):
    """Bars whose opens are the closes before them."""
    rng = random.Random(seed)
    rows = []
    close = 100.0
    for _ in range(n):
        last, close = close, round(close * (1 + rng.uniform(-0.05, 0.05)), 2)
        rows.append((last, max(last, close), min(last, close), close))
    return rows


def prepared(**instruments):
    r = Run()
    for name, rows in instruments.items():
        path = r.write(f"{name}.csv", bars(rows))
        r.load("--format", "ohlcv", "--bar", "1d", "--instrument", f"{name}.v", "--tick", "0.01",
               "--lot", "1", "--quote", "USD", path)
    return r


RELATIVE = ("beta", "alpha", "correlation", "tracking_error", "information_ratio", "up_capture",
            "down_capture")


class Performance(unittest.TestCase):
    def test_a_benchmark_that_is_not_traded(self):
        x, y = made_up(60, 1), made_up(60, 2)
        r = prepared(X=x, Y=y)
        # Y is bought at the second open; X is only looked at, by the report
        r.config(strategy("strategy/buy_and_hold", 'qty = "500";', instruments='"Y.v"'),
                 instruments='"X", "Y"')
        p = r.run("--set", "report.benchmark=X.v")["performance"]
        equity = [float(row["equity"]) for row in r.table("equity.csv")]
        own = [b / a - 1 for a, b in zip(equity, equity[1:])][1:]
        closes = [row[3] for row in x]
        base = [b / a - 1 for a, b in zip(closes, closes[1:])]
        self.assertEqual(len(own), len(base))
        mean, other = fmean(own), fmean(base)
        beta = (sum((a - mean) * (b - other) for a, b in zip(own, base))
                / sum((b - other) ** 2 for b in base))
        active = [a - b for a, b in zip(own, base)]
        up = [(a, b) for a, b in zip(own, base) if b > 0]
        expected = {
            "beta": beta,
            "alpha": (mean - beta * other) * 365,
            "tracking_error": stdev(active) * sqrt(365),
            "information_ratio": fmean(active) / stdev(active) * sqrt(365),
            "up_capture": sum(a for a, _ in up) / sum(b for _, b in up),
        }
        for name, value in expected.items():
            self.assertAlmostEqual(p[name], value, delta=1e-9 * abs(value), msg=name)
        self.assertEqual(p["periods"], 60)
        self.assertAlmostEqual(p["benchmark_return"], closes[-1] / closes[0] - 1, places=11)

    def test_the_benchmark_moves_no_sample(self):
        r = prepared(X=made_up(40, 3), Y=made_up(40, 4))
        r.config(strategy("strategy/buy_and_hold", 'qty = "500";', instruments='"Y.v"'),
                 instruments='"X", "Y"')
        without = r.run()["performance"]
        samples = r.table("equity.csv")
        benchmarked = r.run("--set", "report.benchmark=X.v")["performance"]
        self.assertEqual(r.table("equity.csv"), samples)
        for name, value in without.items():
            if name in RELATIVE or name.startswith("benchmark"):
                self.assertIsNone(value, name)
                self.assertIsNotNone(benchmarked[name], name)
            else:
                self.assertEqual(benchmarked[name], value, name)

    def test_a_day(self):
        r = prepared(X=[(100, 101, 99, 100)])
        r.config(strategy("strategy/buy_and_hold", 'qty = "1";'))
        p = r.run("--set", "report.benchmark=X.v")["performance"]
        self.assertEqual((p["periods"], p["mean_return"], p["drawdowns"]), (1, 0, 0))
        for name in RELATIVE + ("sharpe", "var_95", "es_99_gaussian", "kelly", "recovery_days",
                                "average_win", "holding_days", "fee_share"):
            self.assertIsNone(p[name], name)

    def test_a_loss_of_everything(self):
        r = prepared(X=[(100, 101, 99, 100), (100, 100, 90, 90), (90, 90, 40, 40)])
        r.config(strategy("strategy/buy_and_hold", 'qty = "10";'), balance="500")
        result = r.run("--set", "report.benchmark=X.v")
        self.assertEqual(result["run"]["status"], "ruined")
        p = result["performance"]
        self.assertAlmostEqual(p["total_return"], -1.2, places=11)
        self.assertAlmostEqual(p["worst_return"], -100 / 400 - 1, places=11)
        self.assertEqual(p["underwater"], round(1 / 3, 12))
        for name in ("cagr", "calmar", "martin_ratio", "pain_ratio", "recovery_days"):
            self.assertIsNone(p[name], name)
        with open(r.path("out", "report.json"), encoding="utf-8") as f:
            self.assertEqual(json.load(f)["performance"], p)


if __name__ == "__main__":
    unittest.main()
