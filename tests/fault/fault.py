# SPDX-License-Identifier: MIT
"""Plugins that are taken out of a run: what follows from it, and that it happens again at the same
place when the run is done again, though the plugin does well then."""
import csv
import json
import os
import random
import subprocess
import sys
import unittest
from datetime import timedelta

sys.path.insert(0, os.path.join(os.environ["QUOIN_SOURCE"], "tests", "control"))
import runs
from host import Host, catalog
from support import BUILD, QUOIN, quoin

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
name = "fault"; seed = 1; strikes = 0; catalog = "catalog"; plugin_path = [ "{runs.TEST_PLUGINS}" ];
venues = ( {{ id = "v"; plugin = "venue/sim"; instruments = [ "X", "Y" ]; {data};
             accounts = ( {{ currency = "USD"; balance = "1000000"; }} );
             params = {{ taker_bps = 0.1; maker_bps = 0.05; }}; }} );
models = ( {{ id = "vol"; plugin = "model/volatility"; {both}; {data}; }} );
strategies = (
  {{ id = "chaos"; plugin = "strategy/chaos"; {both}; {data}; {fault}; }},
  {{ id = "trend"; plugin = "strategy/trend_following"; route = "portfolio"; {both}; {fault};
     data = [ "bar:5m" ]; capital = 0.5; params = {{ stop = 0.0; }}; }},
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


    # ---- what follows

    def test_consequences(self):
        self.config("hold")
        held = self.drive(("chaos", DIED, "push", 777))["run"]
        self.config("flatten")
        flat = self.drive(("chaos", DIED, "push", 777))["run"]
        self.assertTrue(any(self.held(held, "chaos")))
        self.assertEqual(self.held(flat, "chaos"), [0, 0])
        self.assertEqual([r["faults"][0]["action"] for r in (held, flat)], [HOLD, FLATTEN])
        self.assertFalse(held["halted"] or flat["halted"])
        for ident, halted, action in (("vol", False, STALE), ("limits", True, HALT),
                                      ("optimizer", True, HALT), ("execution", True, HALT)):
            run = self.drive((ident, DIED, "plan", 3002))["run"]
            self.assertEqual((run["halted"], run["faults"][0]["action"]), (halted, action), ident)

    def test_positions_of_signals(self):
        """What a strategy on the portfolio route holds is held, not weighed down to nothing."""
        self.config("hold")
        held = self.drive(("trend", DIED, "push", 60))["run"]
        self.config("flatten")
        flat = self.drive(("trend", DIED, "push", 60))["run"]
        self.assertTrue(any(self.held(held, "trend")))
        self.assertEqual(self.held(flat, "trend"), [0, 0])


class Strikes(unittest.TestCase):
    """What is sent that is wrong, by a strategy beside one that does well."""

    def book(self, culprit, extra="", strikes=3):
        run = runs.Run()
        rows = [(100 + i % 7, 110, 90, 100 + i % 5) for i in range(60)]
        run.load("--format", "ohlcv", "--instrument", "X.v", "--bar", "1d", "--tick", "1", "--lot",
                 "1", "--quote", "USD", run.write("x.csv", runs.bars(rows)))
        good = runs.strategy("strategy/sma_cross", 'fast = 2; slow = 3; qty = "2";', id="good")
        run.config(f"{good}{', ' if culprit else ''}{culprit}", extra=extra, strikes=strikes)
        return run

    def result(self, run, *args):
        done = quoin("run", run.path("run.cfg"), "--json", "--report", run.path("out"), *args)
        return done, json.loads(done.stdout)

    def of_good(self, run):
        """What the strategy that does well has done."""
        with open(run.path("out", "orders.csv"), encoding="utf-8") as f:
            rows = [r for r in csv.DictReader(f) if r["strategy"] == "good"]
        self.assertGreater(len(rows), 5)
        return rows

    def test_each_wrong_output_is_a_strike(self):
        plain = self.book("")
        done, _ = self.result(plain)
        self.assertEqual(done.returncode, 0, done.stderr)
        alone = self.of_good(plain)
        cases = [("nan", "nan"), ("nan", "inf")]
        cases += [("liar", how) for how in ("value", "instrument", "size", "kind", "route", "exits")]
        for name, how in cases:
            with self.subTest(f"{name} {how}"):
                run = self.book(runs.strategy(f"strategy/{name}", f'how = "{how}";', id="bad"))
                done, got = self.result(run)
                self.assertEqual(done.returncode, 3, done.stderr)
                fault, = got["faults"]
                self.assertEqual((fault["id"], fault["reason"], fault["action"], fault["replaced"]),
                                 ("bad", "strikes", "hold", False))
                self.assertRegex(fault["why"], "^strike 3: ")
                self.assertEqual(got["engine"]["strikes"], 3)
                self.assertEqual(got["engine"]["refused_intents"], 3)
                self.assertIn("strike 2 of 3", done.stderr)
                self.assertIn("the run ended without bad", done.stderr)
                self.assertEqual(self.of_good(run), alone)
                with open(run.path("out", "report.html"), encoding="utf-8") as f:
                    page = f.read()
                self.assertIn("PLUGIN TAKEN OUT", page)
                self.assertIn(fault["why"], page)

    def test_how_many(self):
        bad = runs.strategy("strategy/liar", id="bad")
        for most, count, status in ((1, 1, 3), (7, 7, 3), (0, 51, 0), (52, 51, 0)):
            done, got = self.result(self.book(bad, strikes=most))
            self.assertEqual((done.returncode, got["engine"]["strikes"]), (status, count), most)
            self.assertEqual(len(got["faults"]), 1 if status else 0)

    def test_flatten(self):
        for how, held in (("hold", "2"), ("flatten", "0")):
            bad = runs.strategy("strategy/liar", "trades = true;", id="bad")
            bad = bad.replace("params", f'on_fault = "{how}"; params')
            run = self.book(bad, 'store = { path = "store"; };')
            done, got = self.result(run)
            self.assertEqual(done.returncode, 3, done.stderr)
            qty = sum(int(r["qty"]) * (1 if r["side"] == "buy" else -1) for r in self.fills(run))
            # the order of the call before the first strike is filled before the third
            self.assertEqual(qty, 1 if how == "hold" else 0)
            again = quoin("journal", "replay", run.path("store"), "--json")
            self.assertEqual(again.returncode, 0, again.stderr)
            self.assertEqual(json.loads(again.stdout)["decision_hash"], got["decision_hash"])
            shown = quoin("journal", "show", run.path("store"))
            self.assertIn(" fault ", shown.stdout)
            self.assertIn(f"action={how}", shown.stdout)
            made = quoin("report", run.path("store"), "--json")
            self.assertEqual(json.loads(made.stdout)["faults"], got["faults"])

    def fills(self, run):
        with open(run.path("out", "fills.csv"), encoding="utf-8") as f:
            return [r for r in csv.DictReader(f) if r["strategy"] == "bad"]

    # ---- calls that take too long

    def test_a_call_that_comes_back_too_late(self):
        go = runs.Run().path("go")
        run = self.book(runs.strategy("strategy/hang", f'until = "{go}";', id="bad"),
                        'budget = { soft = "2ms"; hard = "20ms"; fatal = "100s"; };')
        with subprocess.Popen([QUOIN, "run", run.path("run.cfg"), "--json", "--report",
                               run.path("out")], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as host:
            line = host.stderr.readline()
            while line and "its hard budget" not in line:
                line = host.stderr.readline()
            self.assertIn("bad (strategy/hang) has been at work on one event for 20 ms", line)
            with open(go, "w", encoding="utf-8"):
                pass
            out, err = host.communicate(timeout=60)
        self.assertEqual(host.returncode, 3, err)
        got = json.loads(out)
        fault, = got["faults"]
        self.assertEqual((fault["id"], fault["reason"], fault["code"]), ("bad", "hung", "QN_E_HUNG"))
        self.assertEqual(got["engine"]["over_budget"], 1)
        self.assertEqual(self.fills(run), [])  # the order that it sent at last had no effect

    def test_a_call_that_never_comes_back(self):
        run = self.book(runs.strategy("strategy/hang", id="bad"),
                        'budget = { hard = "10ms"; fatal = "40ms"; };')
        done = quoin("run", run.path("run.cfg"), "--json")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertIn("bad (strategy/hang) does not come back", done.stderr)
        self.assertRegex(done.stderr, r"bad \(strategy/hang 1.0.0\) did not come back|hung|on_event")


class Back(unittest.TestCase):
    """A plugin that was taken out comes back by a reload of another build."""

    def state(self, host):
        return next(p for p in host.status()["plugins"] if p["id"] == "bad")

    def test_a_new_build_gets_a_new_chance(self):
        run = catalog(6000)
        liar = os.path.join(BUILD, "tests/plugins/strategy/liar.so")
        other = run.path("other.so")
        with open(liar, "rb") as f:  # another build: a byte behind the end of the file
            data = f.read()
        with open(other, "wb") as f:
            f.write(data + b"x")
        bad = runs.strategy("strategy/liar", "at = 3;", data='"bar:1m"', id="bad")
        host = Host(run, bad, pace=1200)
        with open(run.path(host.name), encoding="utf-8") as f:
            text = f.read().replace("strikes = 0", "strikes = 3")
        run.write(host.name, text)
        with host:
            host.until(lambda s: s["plugins"][-1]["state"] == "out")
            state = self.state(host)
            self.assertEqual(state["strikes"], 3)
            self.assertRegex(state["why"], "^strike 3: ")
            self.assertIn(state["why"], host.ctl("status").stdout)
            for args, why in ((("--mode", "force"), "this build was taken out"),
                              ((other,), "ask for mode force")):
                done = host.ctl("reload", "bad", *args)
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn(why, done.stderr)
            done = host.ctl("reload", "bad", other, "--mode", "force")
            self.assertEqual(done.returncode, 0, done.stderr)
            host.until(lambda s: s["plugins"][-1]["state"] == "out"
                       and s["plugins"][-1]["epoch"] == 1)
            self.assertEqual(host.ctl("stop").returncode, 0)
            out, err = host.process.communicate(timeout=60)
        self.assertEqual(host.process.returncode, 3, err)
        self.assertEqual([(f["reason"], f["replaced"]) for f in json.loads(out)["faults"]],
                         [("strikes", True), ("strikes", False)])
        again = quoin("journal", "replay", host.store, "--json")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(json.loads(again.stdout)["decision_hash"], json.loads(out)["decision_hash"])
        made = quoin("report", host.store, "--json")
        self.assertEqual(json.loads(made.stdout)["faults"], json.loads(out)["faults"])


if __name__ == "__main__":
    unittest.main()
