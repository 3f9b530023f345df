# SPDX-License-Identifier: MIT
"""Plugins that misbehave, of every kind and in every company: the run goes to its end, and nothing
reaches a venue that was not approved. Size: 16 runs x QUOIN_SCALE."""
import os
import random
import shutil
import unittest

from books import market
from chains import Auditor, chain, model, of, prepared, records, risk, strategy

SIZE = 16 * int(os.environ.get("QUOIN_SCALE", "1"))

LIMITS = ('max_order_notional = "200000"; max_position_notional = "500000"; max_gross = 3.0; '
          'max_drawdown = 0.5; max_orders = 500; per = "1h";')


def pick(rng, seed, listed):
    """The parts of one run: whom it is made of, at random."""
    n = rng.randint(1, 4)
    strategies = []
    for i in range(n):
        plugin, params, route = rng.choice([
            ("strategy/wild", f"seed = {seed * 10 + i};", "direct"),
            ("strategy/wild", f"seed = {seed * 10 + i};", "portfolio"),
            ("strategy/chaos", f"seed = {seed * 10 + i};", "direct"),
            ("strategy/mean_reversion", "length = 10; entry = 1.0;", "portfolio"),
            ("strategy/sma_cross", "fast = 2; slow = 7;", "direct")])
        strategies.append(strategy(plugin, params, instruments=listed, id=f"s{i}", route=route,
                                   capital=str(round(1 / n, 3)) if n > 1 else "1"))
    risks = rng.choice([[], ["wild"], ["limits"], ["wild", "limits"], ["limits", "wild", "wild"]])
    made = {"wild": ("risk/wild", f"seed = {seed}; halts = {rng.choice([0, 0, 200, 2000])};"),
            "limits": ("risk/limits", LIMITS)}
    return ", ".join(strategies), chain(
        models=[model(p, f"seed = {seed};" if p.endswith("wild") else "", listed, id=f"m{i}")
                for i, p in enumerate(rng.choice([[], ["model/wild"],
                                                  ["model/volatility", "model/wild"]]))],
        optimizer=rng.choice([f"optimizer/wild: seed = {seed};"] * 2 +
                             ["optimizer/equal_weight", "optimizer/inverse_volatility"]),
        rebalance=rng.choice(["1h", "7h", "1d"]), min_trade=rng.choice(["0", "100"]),
        risks=[risk(*made[name], id=f"r{i}") for i, name in enumerate(risks)],
        execution=rng.choice([f"execution/wild: seed = {seed};"] * 2 +
                             ["", "execution/immediate",
                              'execution/twap: duration = "5h"; slices = 5;']),
        data=rng.choice(["", '"bar:1h"']))


class Hostile(unittest.TestCase):
    def one(self, seed):
        rng = random.Random(seed)
        kind = rng.choice(["linear", "linear", "spot"])
        names = ["X", "Y"][:rng.choice([1, 2])]
        r = prepared({n: market(rng, 120, rng.uniform(20, 500)) for n in names}, kind=kind,
                     lot=rng.choice(["1", "0.001"]))
        strategies, parts = pick(rng, seed, ", ".join(f'"{n}.v"' for n in names))
        r.config(strategies, instruments=", ".join(f'"{n}"' for n in names), data='"bar:1h"',
                 venue=f'taker_bps = 4.0; close_at_end = {rng.choice(["true", "false"])};',
                 sample="1h", balance="1000000", extra=parts)
        result = r.run()
        self.assertIn(result["run"]["status"], ("completed", "halted", "ruined"), seed)
        self.assertEqual(result["engine"]["order_anomalies"], 0, seed)
        counts = self.audit(seed, r, result)
        shutil.rmtree(r.dir)
        return counts

    def audit(self, seed, r, result):
        rows = records(r)
        audit = Auditor(rows)
        counts = result["orders"]
        sent = audit.sent()
        self.assertEqual(len(sent), counts["submitted"], seed)
        self.assertEqual(len(audit.orders), counts["submitted"] + counts["denied"], seed)
        self.assertEqual(audit.counts.get("fill", 0), result["fills"]["count"], seed)
        self.assertEqual({o["order_id"]: o["status"] == "DENIED" for o in r.table("orders.csv")},
                         {id: o["denied"] for id, o in audit.orders.items()}, seed)
        self.assertGreaterEqual(result["engine"]["refused_intents"], len(of(rows, "refusal")), seed)
        if result["run"]["status"] != "ruined":
            self.assertEqual(audit.halted is not None, result["run"]["status"] == "halted", seed)
        return {"sent": len(sent), "refused": result["engine"]["refused_intents"],
                "rejected": len(of(rows, "verdict", action="reject")),
                "reduced": len(of(rows, "verdict", action="reduce")),
                "parents": len(audit.parents), "halts": audit.counts.get("halt", 0),
                "children": sum(o["row"]["parent_id"] is not None for o in sent),
                "records": len(rows)}

    def test_nothing_leaves_that_was_not_approved_and_nothing_stops_a_run(self):
        total = {}
        for seed in range(1, SIZE + 1):
            for key, n in self.one(seed).items():
                total[key] = total.get(key, 0) + n
        print("proof: hostile plugins in whole runs: " + f"{SIZE} runs, " +
              ", ".join(f"{n} {key}" for key, n in total.items()))
        for key, least in (("sent", 20), ("refused", 100), ("rejected", 10), ("parents", 1),
                           ("children", 1)):
            self.assertGreater(total[key], least * SIZE, key)
        self.assertGreater(total["halts"], SIZE / 20)


if __name__ == "__main__":
    unittest.main()
