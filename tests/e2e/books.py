# SPDX-License-Identifier: MIT
"""Conservation over whole runs: random strategies on random markets, and a bookkeeper of its
own that adds up fills.csv in exact fractions. Size: 60 runs x QUOIN_SCALE."""
import os
import random
import unittest
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from runs import Run, bars, strategy

SIZE = 60 * int(os.environ.get("QUOIN_SCALE", "1"))
UNIT = Fraction(1, 10**8)


def rounded(value):
    """To the currency's unit, half to even."""
    return Fraction(round(value / UNIT)) * UNIT


def market(rng, n, price):
    rows = []
    for _ in range(n):
        o = price
        c = max(1.0, o * (1 + rng.uniform(-0.03, 0.03)))
        h, l = max(o, c) * (1 + rng.random() * 0.02), min(o, c) * (1 - rng.random() * 0.02)
        rows.append([f"{x:.2f}" for x in (o, h, l, c)])
        rows[-1][1] = f"{max(map(float, rows[-1])):.2f}"
        rows[-1][2] = f"{min(map(float, rows[-1])):.2f}"
        price = c * (1 + rng.uniform(-0.005, 0.005))
    return rows


class Bookkeeper:
    """Cash flows, positions and average costs, by instrument and strategy."""

    def __init__(self):
        self.flow = Fraction(0)
        self.fees = Fraction(0)
        self.qty = {}
        self.realized = {}
        self.cost = {}

    def fill(self, row):
        qty, price = Fraction(row["qty"]), Fraction(row["price"])
        signed = qty if row["side"] == "buy" else -qty
        notional = rounded(qty * price)
        self.flow -= notional if signed > 0 else -notional
        self.fees += Fraction(row["fee"])
        key = (row["strategy"], row["instrument"])
        self.qty[key] = self.qty.get(key, 0) + signed


class Books(unittest.TestCase):
    def one(self, seed):
        rng = random.Random(seed)
        r = Run()
        kind = rng.choice(["linear", "spot"])
        lot = rng.choice(["1", "0.1", "0.001"])
        names = ["X", "Y"][:rng.choice([1, 2])]
        last = {}
        for name in names:
            rows = market(rng, 120, rng.uniform(20, 500))
            last[f"{name}.v"] = Fraction(rows[-1][3])
            path = r.write(f"{name}.csv", bars(rows, step=timedelta(hours=1)))
            r.load("--format", "ohlcv", "--bar", "1h", "--instrument", f"{name}.v", "--tick",
                   "0.01", "--lot", lot, "--quote", "USD", "--kind", kind, path)
        listed = ", ".join(f'"{n}.v"' for n in names)
        strategies = ", ".join(
            strategy("strategy/chaos", f"seed = {seed * 10 + i};", instruments=listed,
                     data='"bar:1h"', id=f"s{i}") for i in range(rng.choice([1, 3])))
        r.config(strategies, instruments=", ".join(f'"{n}"' for n in names), data='"bar:1h"',
                 venue=f'maker_bps = {rng.choice(["0", "-1.5", "2.25"])}; '
                       f'taker_bps = {rng.choice(["0", "4.0", "7.77777777"])}; '
                       f'intrabar = "{rng.choice(["worst", "ohlc"])}"; '
                       f'close_at_end = {rng.choice(["true", "false"])};', sample="1h")
        result = r.run()
        self.check(r, result, last, seed)
        return result

    def check(self, r, result, last, seed):
        books = Bookkeeper()
        fills = r.table("fills.csv")
        for row in fills:
            books.fill(row)
        value = sum(rounded(q * last[key[1]]) for key, q in books.qty.items())
        a = result["accounts"][0]
        equity = Fraction(a["start"]) + books.flow - books.fees + value
        self.assertEqual(Fraction(a["equity"]), equity, seed)
        self.assertEqual(Fraction(a["equity"]),
                         Fraction(a["start"]) + Fraction(a["realized_pnl"]) +
                         Fraction(a["unrealized_pnl"]) - Fraction(a["fees"]) +
                         Fraction(a["funding"]), seed)
        self.assertEqual(Fraction(a["fees"]), books.fees, seed)
        parts = sum(Fraction(s["realized_pnl"]) + Fraction(s["unrealized_pnl"])
                    for s in result["strategies"])
        self.assertEqual(parts, Fraction(a["realized_pnl"]) + Fraction(a["unrealized_pnl"]), seed)
        self.assertEqual(sum(Fraction(s["fees"]) for s in result["strategies"]), books.fees, seed)
        self.assertEqual(result["fills"]["count"], len(fills))
        self.check_trades(r, result, books, seed)
        self.check_orders(r, result, fills, seed)
        self.assertEqual(Decimal(r.table("equity.csv")[-1]["equity"]), Decimal(a["equity"]))

    def check_trades(self, r, result, books, seed):
        """Round trips end flat: with nothing open, they hold all of the profit."""
        if any(books.qty.values()):
            return
        pnl = sum(Fraction(row["pnl"]) for row in r.table("trades.csv"))
        a = result["accounts"][0]
        self.assertEqual(Fraction(a["start"]) + pnl, Fraction(a["equity"]), seed)

    def check_orders(self, r, result, fills, seed):
        orders = r.table("orders.csv")
        counts = result["orders"]
        for state, key in (("FILLED", "filled"), ("CANCELED", "canceled"), ("REJECTED", "rejected"),
                           ("DENIED", "denied"), ("EXPIRED", "expired")):
            self.assertEqual(sum(o["status"] == state for o in orders), counts[key], (seed, state))
        self.assertEqual(counts["submitted"] + counts["denied"], len(orders), seed)
        self.assertEqual({o["order_id"] for o in orders if o["filled_qty"] != "0"},
                         {f["order_id"] for f in fills}, seed)
        self.assertEqual(result["engine"]["order_anomalies"], 0, seed)

    def test_random_runs_add_up(self):
        fills = refused = 0
        for seed in range(1, SIZE + 1):
            result = self.one(seed)
            fills += result["fills"]["count"]
            refused += result["engine"]["refused_intents"]
        print(f"proof: books of random runs: {SIZE} runs, {fills} fills, {refused} intents refused")
        self.assertGreater(fills, SIZE)
        self.assertGreater(refused, SIZE)


if __name__ == "__main__":
    unittest.main()
