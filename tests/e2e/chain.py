# SPDX-License-Identifier: MIT
"""Conservation over the chain: random sessions of several strategies on one netted account, on both
routes, with execution, limits, exits of signals and halts. A bookkeeper of its own adds fills.csv
up again in exact fractions; each session runs twice; an auditor holds each order of some against
its approval. Size: 60 sessions x QUOIN_SCALE."""
import json
import os
import random
import shutil
import unittest
from fractions import Fraction

from books import market, rounded
from chains import Auditor, chain, model, prepared, records, risk, strategy
from runs import quoin

SIZE = 60 * int(os.environ.get("QUOIN_SCALE", "1"))
CHECKED = 10  # one in so many is held against its prefixes, too
UNIT = Fraction(1, 10**8)


class Part:
    """What one strategy holds and has made of one instrument, by its fills alone."""

    def __init__(self):
        self.qty = self.flow = self.fees = Fraction(0)

    def fill(self, row):
        signed = Fraction(row["qty"]) * (1 if row["side"] == "buy" else -1)
        self.qty += signed
        self.flow -= rounded(signed * Fraction(row["price"]))
        self.fees += Fraction(row["fee"])


def limits(rng):
    rule = rng.choice(['max_order_notional = "20000";', 'max_position = "40";',
                       "max_gross = 1.5; max_net = 0.7;", "max_drawdown = 0.02;",
                       "max_daily_loss = 0.01; halt_on_daily_loss = true;",
                       'max_orders = 3; per = "2h";',
                       'max_position_notional = "9000"; max_gross = 2.0;'])
    return risk("risk/limits", rule, "limits")


def session(rng, seed, listed):
    """Strategies and the parts behind them. Signals, targets and orders are all sane."""
    n = rng.randint(2, 5)
    routes = ["portfolio", "direct"] + [rng.choice(["portfolio", "direct"]) for _ in range(n - 2)]
    capital = rng.choice(["1", str(round(1 / n, 8))])
    strategies = []
    for i, route in enumerate(routes):
        plugin, params = rng.choice(
            [("strategy/moods", f"seed = {seed * 10 + i}; every = {rng.randint(1, 4)};"),
             ("strategy/mean_reversion", "length = 8; entry = 1.0;"),
             ("strategy/trend_following", "")] if route == "portfolio" else
            [("strategy/chaos", f"seed = {seed * 10 + i};"),
             ("strategy/sma_cross", f"fast = 2; slow = {rng.randint(3, 9)}; stop_loss = 0.02;")])
        strategies.append(strategy(plugin, params, listed, id=f"s{i}", route=route,
                                   capital=capital))
    optimizer = rng.choice(["optimizer/equal_weight", "optimizer/inverse_volatility",
                            "optimizer/plain"])
    return ", ".join(strategies), dict(
        models=[model("model/volatility", "", listed, id="vol")] if rng.random() < 0.5 else [],
        optimizer=optimizer, rebalance=rng.choice(["1h", "5h", "1d"]),
        min_trade=rng.choice(["0", "50"]),
        risks=[limits(rng)] if rng.random() < 0.7 else [],
        execution=rng.choice(["", "execution/immediate",
                              'execution/twap: duration = "4h"; slices = 4;',
                              'execution/twap: duration = "90m"; slices = 9;']))


class Chain(unittest.TestCase):
    def one(self, seed):
        rng = random.Random(seed)
        names = ["X", "Y", "Z"][:rng.choice([1, 2, 3])]
        rows = {n: market(rng, 120, rng.uniform(20, 500)) for n in names}
        r = prepared(rows, kind=rng.choice(["linear", "linear", "spot"]),
                     lot=rng.choice(["1", "0.1", "0.001"]))
        strategies, parts = session(rng, seed, ", ".join(f'"{n}.v"' for n in names))
        is_audited = seed % 4 == 0
        r.config(strategies, instruments=", ".join(f'"{n}"' for n in names), data='"bar:1h"',
                 venue=f'maker_bps = {rng.choice(["0", "-1.5"])}; '
                       f'taker_bps = {rng.choice(["0", "4.0", "7.77777777"])}; '
                       f'intrabar = "{rng.choice(["worst", "ohlc"])}"; '
                       f'close_at_end = {rng.choice(["true", "false"])};',
                 sample="1h", extra=chain(**parts, is_journaled=is_audited))
        result = r.run()
        self.check_books(r, result, self.last_prices(r, result, rows), seed)
        self.check_twice(r, result, seed)
        if is_audited:
            Auditor(records(r))
        if seed % CHECKED == 0:
            done = quoin("check", r.path("run.cfg"), "--json", "--lookahead", "--determinism")
            self.assertEqual(done.returncode, 0, (seed, done.stdout, done.stderr))
            self.assertTrue(json.loads(done.stdout)["passed"], seed)
        shutil.rmtree(r.dir)
        return result

    def last_prices(self, r, result, rows):
        """The last close that the run saw: a ruined one ends before the data does."""
        n = result["data"]["events"]
        self.assertTrue(n == 120 * len(rows) or result["run"]["status"] == "ruined")
        seen = {name: n // len(rows) + (i < n % len(rows)) for i, name in enumerate(rows)}
        return {f"{name}.v": Fraction(rows[name][seen[name] - 1][3]) for name in rows}

    def check_books(self, r, result, last, seed):
        parts = {}
        fills = r.table("fills.csv")
        for row in fills:
            parts.setdefault((row["strategy"], row["instrument"]), Part()).fill(row)
        net = {}
        for (_, instrument), part in parts.items():
            net[instrument] = net.get(instrument, Fraction(0)) + part.qty
        account = result["accounts"][0]
        fees = sum((p.fees for p in parts.values()), Fraction(0))
        flow = sum((p.flow for p in parts.values()), Fraction(0))
        value = sum((rounded(qty * last[name]) for name, qty in net.items()), Fraction(0))
        self.assertEqual(Fraction(account["fees"]), fees, seed)
        self.assertEqual(Fraction(account["realized_pnl"]) + Fraction(account["unrealized_pnl"]),
                         flow + value, seed)
        self.assertEqual(Fraction(account["equity"]),
                         Fraction(account["start"]) + flow + value - fees, seed)
        for s in result["strategies"]:
            own = {name: p for (id, name), p in parts.items() if id == s["id"]}
            self.assertEqual(Fraction(s["fees"]), sum((p.fees for p in own.values()), Fraction(0)),
                             (seed, s["id"]))
            self.assertEqual(Fraction(s["realized_pnl"]) + Fraction(s["unrealized_pnl"]),
                             sum((p.flow + rounded(p.qty * last[name]) for name, p in own.items()),
                                 Fraction(0)), (seed, s["id"]))
        with open(r.path("out", "report.json"), encoding="utf-8") as f:
            report = json.load(f)
        self.assertEqual(report["accounts"], result["accounts"])
        self.assertEqual(report["strategies"], result["strategies"])
        self.check_orders(r, result, fills, seed)

    def check_orders(self, r, result, fills, seed):
        """Each order's fills are its own, and none is filled beyond its quantity."""
        filled = {}
        for row in fills:
            filled[row["order_id"]] = filled.get(row["order_id"], 0) + Fraction(row["qty"])
        orders = r.table("orders.csv")
        for row in orders:
            self.assertEqual(Fraction(row["filled_qty"]), filled.pop(row["order_id"], 0), seed)
            self.assertLessEqual(Fraction(row["filled_qty"]), Fraction(row["qty"]), seed)
        self.assertEqual(filled, {}, seed)
        counts = result["orders"]
        self.assertEqual(counts["submitted"] + counts["denied"], len(orders), seed)
        self.assertEqual(result["engine"]["order_anomalies"], 0, seed)

    def check_twice(self, r, result, seed):
        again = r.run()
        for key in ("decision_hash", "ledger_hash", "accounts", "strategies", "orders"):
            self.assertEqual(again[key], result[key], (seed, key))

    def test_random_sessions_add_up(self):
        fills = orders = denied = 0
        statuses = {}
        for seed in range(1, SIZE + 1):
            result = self.one(seed)
            fills += result["fills"]["count"]
            orders += result["orders"]["submitted"]
            denied += result["orders"]["denied"]
            status = result["run"]["status"]
            statuses[status] = statuses.get(status, 0) + 1
        print(f"proof: conservation over the chain: {SIZE} sessions, {fills} fills, {orders} "
              f"orders, {denied} denied; " + ", ".join(f"{n} {s}" for s, n in statuses.items()))
        self.assertGreater(fills, 50 * SIZE)
        self.assertGreater(denied, SIZE)
        self.assertGreater(statuses["completed"], SIZE / 4)
        self.assertGreater(statuses["halted"], SIZE / 50)

    def test_prefix_and_twice_for_all_kinds(self):
        """The kinds that a session does not draw: slow work, and plugins that misbehave."""
        for seed in (1, 2, 3):
            rng = random.Random(seed)
            r = prepared({"X": market(rng, 120, 100.0)})
            r.config(", ".join([strategy("strategy/wild", f"seed = {seed};", id="a"),
                                strategy("strategy/moods", f"seed = {seed};", id="b",
                                         route="portfolio"),
                                strategy("strategy/script", 'acts = "9 follow; 40 follow"; '
                                         'feature = "slow.answer";', id="c")]),
                     data='"bar:1h"', balance="1000000", extra=chain(
                         models=[model("model/slow", 'delay = "30m";', id="slow"),
                                 model("model/wild", f"seed = {seed};")],
                         optimizer=f"optimizer/wild: seed = {seed};", rebalance="7h",
                         risks=[risk("risk/wild", f"seed = {seed}; halts = 3000;")],
                         execution=f"execution/wild: seed = {seed};", data='"bar:1h"'))
            done = quoin("check", r.path("run.cfg"), "--json", "--lookahead", "--determinism")
            self.assertEqual(done.returncode, 0, (seed, done.stdout, done.stderr))


if __name__ == "__main__":
    unittest.main()
