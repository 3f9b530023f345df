# SPDX-License-Identifier: MIT
"""Plugins that are taken out of a run: what follows from it, and that it happens again at the same
place when the run is done again, though the plugin does well then."""
import json
import os
import random
import subprocess
import unittest
from datetime import timedelta

import runs
from support import BUILD

DRIVER = os.path.join(BUILD, "tests", "fault_driver")
CRASHED, DIED, HUNG, STRIKES, QUARANTINED = 1, 2, 3, 4, 5
HOLD, FLATTEN, HALT, STALE = 1, 2, 3, 4
BETWEEN, BEFORE, WITHIN, BEHIND = 1, 2, 3, 4
BARS = 6000


def prices(rng, n):
    rows, close = [], 10000
    for _ in range(n):
        open_ = close
        close = max(500, close + rng.randint(-60, 60))
        rows.append((open_ / 100, (max(open_, close) + rng.randint(0, 20)) / 100,
                     (min(open_, close) - rng.randint(0, 20)) / 100, close / 100))
    return rows


class Fault(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = runs.Run()
        rng = random.Random(11)
        for name in "XY":
            path = cls.run_.write(f"{name}.csv",
                                  runs.bars(prices(rng, BARS), step=timedelta(minutes=1)))
            cls.run_.load("--format", "ohlcv", "--instrument", f"{name}.v", "--bar", "1m",
                          "--tick", "0.01", "--lot", "0.001", "--quote", "USD", path)
        cls.stores = 0

    def config(self, on_fault="hold"):
        """All kinds, on two instruments."""
        data, both = 'data = [ "bar:1m" ]', 'instruments = [ "X.v", "Y.v" ]'
        fault = f'on_fault = "{on_fault}"'
        return self.run_.write("run.cfg", f'''
name = "fault"; seed = 1; catalog = "catalog"; plugin_path = [ "{runs.TEST_PLUGINS}" ];
venues = ( {{ id = "v"; plugin = "venue/sim"; instruments = [ "X", "Y" ]; {data};
             accounts = ( {{ currency = "USD"; balance = "1000000"; }} );
             params = {{ taker_bps = 0.1; maker_bps = 0.05; }}; }} );
models = ( {{ id = "vol"; plugin = "model/volatility"; {both}; {data}; }} );
strategies = (
  {{ id = "chaos"; plugin = "strategy/chaos"; {both}; {data}; {fault}; }},
  {{ id = "trend"; plugin = "strategy/trend_following"; route = "portfolio"; {both}; {fault};
     data = [ "bar:5m" ]; capital = 0.5; }},
  {{ id = "sma"; plugin = "strategy/sma_cross"; instruments = [ "X.v" ]; {data}; {fault};
     params = {{ stop_loss = "0.02"; take_profit = "0.03"; }}; }} );
optimizer = {{ plugin = "optimizer/inverse_volatility"; rebalance = "1h";
              params = {{ period = "5m"; lookback = 24; }}; }};
risk = ( {{ id = "limits"; plugin = "risk/limits"; params = {{ max_gross = 0.8; max_orders = 20;
            per = "1m"; }}; }} );
execution = {{ plugin = "execution/twap"; params = {{ duration = "10m"; slices = 4; }}; }};
''')

    def drive(self, *cases):
        Fault.stores += 1
        env = {**os.environ, "QUOIN_PLUGINS": os.path.join(BUILD, "plugins")}
        args = [str(a) for case in cases for a in case]
        done = subprocess.run([DRIVER, self.run_.path("run.cfg"),
                               self.run_.path(f"store{self.stores}"), *args],
                              env=env, text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def same(self, got, places):
        """The run that is done again, and its books made of the record, are the run."""
        run, replay, books = got["run"], got["replay"], got["books"]
        for one in got.values():
            self.assertEqual((one["code"], one["error"]), ("QN_OK", ""))
        self.assertEqual([f["place"] for f in run["faults"]], places)
        self.assertEqual(replay, run)
        for key in ("decision_hash", "ledger_hash", "faults", "parts"):
            self.assertEqual(books[key], run[key])
        return run

    def held(self, run, strategy):
        return [p["qty"] for p in run["parts"] if p["strategy"] == strategy]

    # ---- where

    def test_within_a_call(self):
        self.config()
        for how in ("early", "push"):
            for ident, at in (("chaos", 1), ("chaos", 777), ("trend", 30), ("sma", 40),
                              ("vol", 4321), ("execution", 25)):
                with self.subTest(id=ident, how=how):
                    got = self.drive((ident, DIED, how, at))
                    run = self.same(got, [WITHIN])
                    fault = run["faults"][0]
                    self.assertEqual((fault["id"], fault["reason"], fault["code"], fault["why"]),
                                     (ident, DIED, "QN_E_DIED", "test"))
                    if ident != "execution":  # its cancels and ends are effects, too
                        self.assertGreaterEqual(fault["sent"], at - (how == "early"))

    def test_in_place_of_a_call_and_between(self):
        self.config()
        for ident, place in (("chaos", BEFORE), ("vol", BEFORE), ("limits", BEFORE),
                             ("sma", BETWEEN), ("trend", BETWEEN), ("optimizer", BETWEEN)):
            with self.subTest(id=ident):
                got = self.drive((ident, CRASHED, "plan", 3002))
                run = self.same(got, [place])
                self.assertEqual(run["faults"][0]["reason"], CRASHED)

    def test_several_at_once(self):
        self.config()
        run = self.same(self.drive(("chaos", DIED, "push", 500), ("sma", DIED, "behind", 0),
                                   ("vol", DIED, "behind", 0), ("trend", HUNG, "push", 60)),
                        [WITHIN, BEHIND, BEHIND, WITHIN])
        self.assertEqual([f["id"] for f in run["faults"]], ["chaos", "sma", "vol", "trend"])


if __name__ == "__main__":
    unittest.main()
