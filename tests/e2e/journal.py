# SPDX-License-Identifier: MIT
"""`quoin journal` on small runs: what it shows is what orders.csv, fills.csv and the prices say,
what it replays is equal, and whatever is wrong with a store is found.

QUOIN_SCALE raises the number of flipped bytes."""
import hashlib
import json
import os
import random
import shutil
import subprocess
import unittest
from unittest import mock
from decimal import Decimal

import chains
import runs
from support import BUILD, QUOIN, quoin

SCALE = int(os.environ.get("QUOIN_SCALE", "1"))
BARS = 160
CAUSES = ("cause_seq", "signal_seq")


def prices(rng, n):
    """A random walk of closes with bars around it, in cents."""
    rows, close = [], 10000
    for _ in range(n):
        open_ = close
        close = max(500, close + rng.randint(-60, 60))
        rows.append((open_ / 100, (max(open_, close) + rng.randint(0, 20)) / 100,
                     (min(open_, close) - rng.randint(0, 20)) / 100, close / 100))
    return rows


def journal(*args):
    return quoin("journal", *args)


class Store:
    """A store with a run in which something of everything happens."""

    def __init__(self, seed=1, sinks=""):
        self.run = runs.Run()
        self.path = self.run.path("store")
        rng = random.Random(seed)
        self.bars = {}
        for name in "XY":
            self.bars[f"{name}.v"] = prices(rng, BARS)
            csv = self.run.write(f"{name}.csv", runs.bars(self.bars[f"{name}.v"],
                                                          step=runs.timedelta(minutes=1)))
            self.run.load("--format", "ohlcv", "--instrument", f"{name}.v", "--bar", "1m",
                          "--tick", "0.01", "--lot", "0.001", "--quote", "USD", csv)
        os.makedirs(self.run.path("mine", "strategy"))
        data = 'data = [ "bar:1m" ]'
        both = 'instruments = [ "X.v", "Y.v" ]'
        self.run.write("run.cfg", f'''
name = "journal"; seed = {seed}; strikes = 0; catalog = "catalog"; plugin_path = [ "mine", "{runs.TEST_PLUGINS}" ];
store = {{ path = "store"; durability = "group"; }};
venues = ( {{ id = "v"; plugin = "venue/sim"; instruments = [ "X", "Y" ]; {data};
             accounts = ( {{ currency = "USD"; balance = "100000"; }} );
             params = {{ taker_bps = 1.0; maker_bps = 0.5; }}; }} );
models = ( {{ id = "vol"; plugin = "model/volatility"; {both}; {data}; }} );
strategies = (
  {{ id = "chaos"; plugin = "strategy/chaos"; {both}; {data}; params = {{ seed = {seed}; }}; }},
  {{ id = "trend-up"; plugin = "strategy/trend_following"; route = "portfolio"; {both}; {data};
     capital = 0.5; params = {{ fast = 5; slow = 15; volatility = "vol.ewma"; }}; }},
  {{ id = "revert"; plugin = "strategy/mean_reversion"; route = "portfolio"; {both}; {data};
     capital = 0.5; params = {{ length = 10; entry = 1.2; }}; }},
  {{ id = "sma"; plugin = "strategy/sma_cross"; instruments = [ "X.v" ]; {data};
     params = {{ fast = 3; slow = 9; qty = "20"; stop_loss = "0.01"; take_profit = "0.01"; }}; }} );
optimizer = {{ plugin = "optimizer/inverse_volatility"; rebalance = "30m";
              params = {{ period = "1m"; lookback = 20; }}; }};
risk = ( {{ id = "limits"; plugin = "risk/limits"; params = {{ max_gross = 0.6;
            max_order_notional = "30000"; max_orders = 12; per = "1m"; }}; }} );
execution = {{ plugin = "execution/twap"; params = {{ duration = "4m"; slices = 4; }}; }};
sinks = ( {sinks} );
report = {{ sample = "1h"; }};
''')

    def call(self, *args):
        return quoin("run", self.run.path("run.cfg"), "--report", self.run.path("out"), "--json",
                     "--quiet", *args)

    def records(self, *args):
        done = journal("show", self.path, "--json", *args)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def market(self, number):
        """The market event with this number from 1: each minute has a bar of X, then one of Y."""
        name = ["X.v", "Y.v"][(number - 1) % 2]
        return name, self.bars[name][(number - 1) // 2]


class Shown(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.store = Store()
        done = cls.store.call()
        assert done.returncode == 0, done.stderr
        cls.result = json.loads(done.stdout)
        cls.records = cls.store.records()
        cls.by_seq = {r["seq"]: r for r in cls.records}
        cls.seqs = sorted(cls.by_seq)

    def explain(self, order):
        done = journal("show", self.store.path, "--order", order, "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""), order)
        return json.loads(done.stdout)

    def test_records_are_the_run(self):
        kinds = {}
        for r in self.records:
            kinds[r["type"]] = kinds.get(r["type"], 0) + 1
        self.assertEqual(kinds["fill"], self.result["fills"]["count"])
        sent = [r for r in self.records if r["type"] == "submit"]
        self.assertEqual(sum(r["state"] == "DENIED" for r in sent), self.result["orders"]["denied"])
        self.assertEqual(sum(r["state"] == "SUBMITTED" for r in sent),
                         self.result["orders"]["submitted"])
        for kind in ("output", "allocation", "weight", "verdict", "parent", "submit", "request",
                     "order", "fill", "timer", "refusal"):
            self.assertGreater(kinds.get(kind, 0), 0, f"the run has no {kind}: it shows nothing")
        self.assertEqual(self.seqs, [r["seq"] for r in self.records])

    def test_text_has_a_line_a_record(self):
        done = journal("show", self.store.path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        head, body = done.stdout.split("\n\nrecords of run 1:\n")
        self.assertEqual(len(head.split("\n")), 1)
        for word in ("run 1", self.result["run"]["id"], "journal", "completed",
                     f"{len(self.records)} records", self.store.run.path("run.cfg")):
            self.assertIn(word, head)
        lines = body.rstrip("\n").split("\n")
        self.assertEqual(len(lines), len(self.records))
        for line, record in zip(lines, self.records):
            self.assertEqual(line.split()[1:3], [f"#{record['seq']}", record["type"]])

    def test_all_orders_are_explained(self):
        orders = self.store.run.table("orders.csv")
        fills = {}
        for row in self.store.run.table("fills.csv"):
            fills.setdefault(row["order_id"], []).append(row)
        self.assertGreater(len(orders), 100)
        resolved = set()
        for row in orders:
            said = self.explain(row["order_id"])
            self.check_order(said, row, fills.get(row["order_id"], []))
            self.check_chain(said["chain"], row["order_id"])
            resolved |= {c["seq"] for c in said["chain"] if c["type"] == "bar"}
        self.assertGreater(len(resolved), 100)
        states = {row["status"] for row in orders}
        self.assertTrue({"FILLED", "CANCELED", "DENIED"} <= states, states)

    def check_order(self, said, row, fills):
        order = said["order"]
        for key in ("ts", "order_id", "instrument", "strategy", "side", "type", "qty", "status",
                    "filled_qty"):
            self.assertEqual(order[key], row[key], (row["order_id"], key))
        for key in ("price", "avg_price", "reason"):
            self.assertEqual(order[key] or "", row[key], (row["order_id"], key))
        self.assertEqual(Decimal(order["fee"]), sum(Decimal(f["fee"]) for f in fills))
        own = [c for c in said["chain"] if c["type"] == "fill" and c["order_id"] == row["order_id"]]
        for record, fill in zip(own, fills):
            self.assertEqual([record["qty"], record["price"], record["fee"], record["venue_ts"]],
                             [fill["qty"], fill["price"], fill["fee"], fill["ts"]])
        self.assertEqual(len(own), len(fills))

    def check_chain(self, chain, order):
        """Rising, without a gap between a record and its cause, and as the journal has it."""
        seqs = [c["seq"] for c in chain]
        self.assertEqual(seqs, sorted(set(seqs)))
        for link in chain:
            if link["seq"] in self.by_seq:
                self.assertEqual(link, self.by_seq[link["seq"]])
                for key in CAUSES:
                    if link.get(key):
                        self.assertIn(link[key], seqs, (order, link))
                continue
            before = sum(s < link["seq"] for s in self.seqs)
            name, bar = self.store.market(link["seq"] - before)
            self.assertEqual(link["instrument"], name)
            self.assertEqual([Decimal(link[k]) for k in ("open", "high", "low", "close")],
                             [Decimal(str(p)) for p in bar])
            later = self.by_seq[seqs[seqs.index(link["seq"]) + 1]]
            self.assertLessEqual(link["ts"], later["ts"])
        named = {r["seq"] for r in self.records if r.get("order_id") == order and
                 r["type"] != "refusal"}
        self.assertTrue(named <= set(seqs), order)

    def test_what_is_above_an_order(self):
        """A child has its parent's way, an exit its entry's, a parent its children's."""
        seen = set()
        for record in self.records:
            if record["type"] != "submit" or len(seen) == 3:
                continue
            chain = self.explain(record["order_id"])["chain"]
            ids = {c["order_id"] for c in chain if c.get("order_id")}
            if record["parent_id"] and "child" not in seen:
                seen.add("child")
                self.assertIn(record["parent_id"], ids)
                whole = self.explain(record["parent_id"])
                self.assertEqual(whole["order"]["kind"], "parent")
                children = {r["order_id"] for r in self.records
                            if r.get("parent_id") == record["parent_id"] and r["type"] == "submit"}
                self.assertTrue(children <= {c.get("order_id") for c in whole["chain"]})
                filled = sum((Decimal(r["qty"]) for r in self.records if r["type"] == "fill" and
                              r["order_id"] in children), Decimal(0))
                self.assertEqual(Decimal(whole["order"]["filled_qty"]), filled)
            if record["entry_id"] and "exit" not in seen:
                seen.add("exit")
                self.assertIn(record["entry_id"], ids)
                self.assertIn("fill", {c["type"] for c in chain})
            if record["state"] == "DENIED" and "denied" not in seen:
                seen.add("denied")
                self.assertIn("reject", {c.get("action") for c in chain})
        self.assertEqual(seen, {"child", "exit", "denied"})

    def test_words(self):
        """Signals with their weights, verdicts with their limits, each in a line of its own."""
        orders = self.store.run.table("orders.csv")
        signal = next(o for o in orders if o["strategy"] == "trend-up" and o["status"] == "FILLED")
        text = self.words(signal["order_id"])
        head = text[0]
        for word in (f"child {signal['order_id']}: ", f"{signal['side']} {signal['qty']} ",
                     f"filled {signal['filled_qty']} at {signal['avg_price']}, fee ", " USD"):
            self.assertIn(word, head)
        kinds = [line.split()[1] for line in text[1:]]
        for kind in ("bar", "feature", "signal", "weighing", "weight", "verdict", "budget",
                     "parent", "child", "report", "fill"):
            self.assertIn(kind, kinds)
        self.assertLess(kinds.index("bar"), kinds.index("signal"))
        self.assertLess(kinds.index("signal"), kinds.index("weight"))
        self.assertLess(kinds.index("weight"), kinds.index("parent"))
        self.assertLess(kinds.index("parent"), kinds.index("child"))
        for line in (line for line in text[1:] if line.split()[1] == "weighing"):
            self.assertRegex(line, r"weighed 4 lines \(a strategy's instrument each\) on \d+ "
                                   r"periods of returns: ")
        denied = next(o for o in orders if o["status"] == "DENIED")
        text = self.words(denied["order_id"])
        self.assertIn(f"[{denied['reason']}]", text[0])
        self.assertTrue(any("limits rejected it" in line for line in text))
        for record in self.records:
            if record["type"] == "verdict" and record["action"] == "reduce":
                said = "\n".join(self.words(record["order_id"]))
                self.assertIn(f"reduced it from {record['asked']} to {record['allowed']}: ", said)
                break
        else:
            self.fail("no order was reduced")

    def words(self, order):
        done = journal("show", self.store.path, "--order", order)
        self.assertEqual((done.returncode, done.stderr), (0, ""), order)
        lines = done.stdout.rstrip("\n").split("\n")
        self.assertTrue(all(line.startswith("  2") for line in lines[1:]))
        return lines

    def test_names_that_are_not_there(self):
        last = max(int(o["order_id"].split("-")[-1]) for o in self.store.run.table("orders.csv")
                   if o["strategy"] == "sma")
        for args, said in (((f"--order=sma-{last + 1000}",), f"is number"),
                           (("--order=smaa-1",), "did you mean 'sma'"),
                           (("--order=trend-up",), "is no order"),
                           (("--order=sma-0",), "is no order"),
                           (("--run=2",), "the store has 1 run, and none is '2'"),
                           (("--run", "zz"), "none is 'zz'")):
            done = journal("show", self.store.path, *args)
            self.assertEqual((done.returncode, done.stdout), (2, ""), args)
            self.assertIn(said, done.stderr)
            self.assertIn("QN_E_UNKNOWN_NAME", done.stderr)
        done = journal("show", self.store.run.path("nothing"))
        self.assertEqual(done.returncode, 4)
        self.assertIn("QN_E_NOT_FOUND", done.stderr)

    def test_verify(self):
        done = journal("verify", self.store.path, "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        said = json.loads(done.stdout)
        self.assertEqual([said["records"], said["errors"]], [len(self.records), 0])
        run = said["runs"][0]
        self.assertEqual([run["run"], run["id"], run["status"], run["records"], run["last_seq"],
                          run["error"]],
                         [1, self.result["run"]["id"], "completed", len(self.records),
                          2 * BARS + len(self.records), None])

    def files(self):
        held = {}
        for name in ("data.mdb", "ring"):
            with open(os.path.join(self.store.path, name), "rb") as f:
                held[name] = hashlib.sha256(f.read()).hexdigest()
        return held

    def test_replay(self):
        before = self.files()
        for name in ("1", self.result["run"]["id"], self.result["run"]["id"][:9]):
            done = journal("replay", self.store.path, "--run", name, "--json", "--quiet")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            said = json.loads(done.stdout)
            self.assertEqual(said["decision_hash"], self.result["decision_hash"])
            self.assertEqual([said["run"], said["status"], said["records"], said["events"],
                              said["is_equal"]],
                             [1, "completed", len(self.records), 2 * BARS + len(self.records),
                              True])
            self.assertEqual(len(said["ledger_hash"]), 64)
        self.assertEqual(self.files(), before)
        done = journal("replay", self.store.path, "--quiet")
        self.assertIn("equal to the recorded run", done.stdout)


class ChangedOrders(unittest.TestCase):
    """An order is explained as it is after its changes, and so are the exits that follow it."""

    def test_a_bracket_whose_quantity_was_changed(self):
        r = runs.Run()
        rows = [(100, 100.5, 99.5, 100)] * 4 + [(100, 100.5, 97, 98)] + [(98, 99, 97, 98)] * 2
        rows += [(98, 106, 98, 105)] + [(105, 106, 104, 105)] * 3
        r.load("--format", "ohlcv", "--instrument", "X.v", "--bar", "1d", "--tick", "0.01",
               "--lot", "1", "--quote", "USD", r.write("X.csv", runs.bars(rows)))
        acts = "1 order 5 9800 9000 10500; 3 modify 7; 9 order -4 12000; 10 modify 6; 11 drop"
        r.config(runs.strategy("strategy/script", f'acts = "{acts}";'),
                 extra='store = { path = "store"; durability = "none"; };')
        r.run()
        orders = {o["order_id"]: o for o in r.table("orders.csv")}
        self.assertEqual({i: (o["qty"], o["status"], o["reason"]) for i, o in orders.items()},
                         {"s-1": ("7", "FILLED", ""), "s-2": ("7", "CANCELED", "SIBLING_FILLED"),
                          "s-3": ("7", "FILLED", ""), "s-4": ("6", "CANCELED", "REQUESTED")})
        kinds = {}
        for name, row in orders.items():
            done = journal("show", r.path("store"), "--order", name, "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            said = json.loads(done.stdout)
            for key in ("ts", "qty", "status", "filled_qty"):
                self.assertEqual(said["order"][key], row[key], name)
            for key in ("price", "avg_price", "reason"):
                self.assertEqual(said["order"][key] or "", row[key], name)
            kinds[name] = said["order"]["kind"]
            self.assertEqual(sum(c["type"] == "request" for c in said["chain"]),
                             2 if name == "s-4" else 1)
        self.assertEqual(kinds, {"s-1": "order", "s-2": "exit", "s-3": "exit", "s-4": "order"})
        text = journal("show", r.path("store"), "--order", "s-4").stdout
        for words in ("s: change s-4, quantity to 6", "s: cancel s-4",
                      "s-4: its venue was asked to change it, quantity 6",
                      "s-4: its venue was asked to cancel it: its strategy or an operator "):
            self.assertIn(words, text)


class Stories(unittest.TestCase):
    """Small runs in which one thing happens, and how an order's chain tells it."""

    def prepare(self, closes, acts, parts, route="direct"):
        self.r = chains.prepared({"X": chains.flat(*closes)}, tick="1")
        self.r.config(chains.strategy("strategy/script", f'acts = "{acts}";', route=route),
                      data='"bar:1h"', balance="100000", sample="1h",
                      extra=parts + ' store = { path = "store"; durability = "none"; };')

    def go(self, *args):
        self.prepare(*args)
        self.r.run()

    def records(self):
        return json.loads(journal("show", self.r.path("store"), "--json").stdout)

    def chain(self, order, *args):
        done = journal("show", self.r.path("store"), "--order", order, "--json", *args)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def lines(self, order, *args):
        done = journal("show", self.r.path("store"), "--order", order, *args)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.rstrip("\n").split("\n")

    def told(self, order, *args):
        """Each line's kind of step and its text, but for the first line."""
        return [tuple(line.split(None, 2)[1:]) for line in self.lines(order, *args)[1:]]

    TWAP = 'execution/twap: duration = "4h"; slices = 4;'

    def test_a_change_has_the_orders_new_total(self):
        self.go([100] * 5, "1 order 50 90; 2 modify 200; 3 modify 20", chains.chain())
        told = self.told("s-1")
        self.assertEqual([text for kind, text in told if kind == "budget"],
                         ["s-1 may buy up to 50", "s-1 may buy up to 200 in all",
                          "s-1 may buy up to 20 in all"])
        self.assertEqual([text for kind, text in told if kind == "verdict"],
                         ["s-1" + text + ": allowed, for this run has no risk module" for text in
                          ("", ", what the change adds, 150", ", what would then work, 200",
                           ", what would then work, 20")])

    def test_a_change_that_is_not_allowed(self):
        self.go([100] * 4, "1 order 50 90; 2 modify 200",
                chains.chain(risks=[chains.risk("risk/rule", "most = 100;")]))
        told = self.told("s-1")
        self.assertEqual([text for kind, text in told if kind == "budget"],
                         ["s-1 may buy up to 50"])
        self.assertIn(("verdict", "s-1, what the change adds, 150: r reduced it from 150 to 100, "
                       "so nothing is changed: the position would be larger than its limit "
                       "[LIMIT_POSITION] (limit 100, value 150)"), told)
        self.assertTrue(any(kind == "refusal" for kind, _ in told))

    def test_a_stop_ends_what_still_builds_the_position(self):
        self.go([100, 100, 80, 80, 80], "1 target 10 90", chains.chain(execution=self.TWAP))
        words = ": a stop or take-profit of its position was filled [POSITION_CLOSED]"
        self.assertTrue(self.lines("s-1")[0].endswith("canceled" + words), self.lines("s-1")[0])
        ends = [text for kind, text in self.told("s-1") if "ended" in text]
        self.assertEqual(len(ends), 1)
        self.assertTrue(ends[0].endswith(words), ends)

    def test_an_exit_whose_position_is_gone(self):
        self.go([100] * 6, "1 order 10 0 90; 3 order -10", chains.chain())
        words = ": the position that the exit guards was closed or reversed [POSITION_CLOSED]"
        self.assertTrue(self.lines("s-2")[0].endswith(words), self.lines("s-2")[0])
        self.assertIn(("report", "s-2: canceled" + words), self.told("s-2"))

    def test_the_weight_that_took_a_parents_place(self):
        self.go([100] * 9, "1 signal 0.4 1; 2 signal -0.4 1",
                chains.chain(optimizer="optimizer/plain", execution=self.TWAP), "portfolio")
        end = [r for r in self.records() if r["type"] == "parent" and r["reason"] == "REPLACED"]
        self.assertEqual([r["order_id"] for r in end], ["s-1"])
        weights = [c for c in self.chain("s-1")["chain"] if c["type"] == "weight"]
        self.assertEqual([w["weight"] for w in weights], [0.4, -0.4])
        self.assertEqual(weights[1]["cause_seq"], end[0]["cause_seq"])
        told = self.told("s-1")
        at = next(i for i, (_, text) in enumerate(told) if "[REPLACED]" in text)
        self.assertEqual(told[at + 1][0], "weight")
        self.assertIn("the weight -0.4 of equity", told[at + 1][1])

    def test_lines_that_are_weighed(self):
        self.go([100] * 9, "1 signal 0.4 1", chains.chain(optimizer="optimizer/equal_weight"),
                "portfolio")
        self.assertIn(("weighing", "the optimizer weighed 1 line (a strategy's instrument): "
                       "gross 1, net 1, lines 1"), self.told("s-1"))

    HALTED = "trading is halted: only what reduces a position is let through [HALTED]"
    WHY = ("r halted trading: the drawdown from the highest equity has reached its limit "
           "[LIMIT_DRAWDOWN] (limit 0.25, value 0.5)")

    def test_an_order_that_a_halt_denies(self):
        """Of its own run, and of one before it."""
        self.go([100] * 5, "1 order 5 50; 4 order 7 50",
                chains.chain(risks=[chains.risk("risk/rule", "halt_at = 3;")]))
        told = [line for line in self.told("s-2") if line[0] not in ("bar", "wish")]
        self.assertEqual(told,
                         [("halt", self.WHY),
                          ("verdict", "s-2: the host rejected it, asked for 7: " + self.HALTED),
                          ("order", "s-2: buy 7 X.v at the limit 50, denied: " + self.HALTED)])
        self.assertEqual([kind for kind, _ in self.told("s-1")].count("halt"), 1)
        for run in ("2", "3"):
            self.r.run()
            for order, qty in (("s-1", 5), ("s-2", 7)):
                told = [line for line in self.told(order, "--run", run)
                        if line[0] not in ("bar", "wish")]
                self.assertEqual(
                    told, [("halt", "the run began halted: in an earlier one " + self.WHY),
                           ("verdict", f"{order}: the host rejected it, asked for {qty}: "
                            + self.HALTED),
                           ("order", f"{order}: buy {qty} X.v at the limit 50, denied: "
                            + self.HALTED)])


class Changed(unittest.TestCase):
    """What a run was begun with, and is not there any more."""

    def setUp(self):
        self.store = Store(2)
        self.plugin = self.store.run.path("mine", "strategy", "sma_cross.so")
        shutil.copy(os.path.join(BUILD, "plugins", "strategy", "sma_cross.so"), self.plugin)
        self.assertEqual(self.store.call("--set", "strategies.sma.params.fast=4").returncode, 0)
        self.order = next(o["order_id"] for o in self.store.run.table("orders.csv")
                          if o["strategy"] == "sma")
        self.whole = self.explained()

    def explained(self, warning=""):
        done = journal("show", self.store.path, "--order", self.order, "--json")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(warning in done.stderr, True, done.stderr)
        self.assertEqual(bool(warning), bool(done.stderr))
        return json.loads(done.stdout)

    def check(self, status, code, warning):
        """The replay is refused, and the order explained all the same, but for market events."""
        done = journal("replay", self.store.path, "--quiet")
        self.assertEqual((done.returncode, done.stdout), (status, ""))
        self.assertIn(code, done.stderr)
        said = self.explained(warning)
        self.assertEqual(said["order"], self.whole["order"])
        missing = 0
        for now, was in zip(said["chain"], self.whole["chain"]):
            self.assertEqual(now["seq"], was["seq"])
            if was["type"] == "bar":
                self.assertIn(warning, now["why"])
                missing += 1
            else:
                self.assertEqual(now, was)
        self.assertEqual(len(said["chain"]), len(self.whole["chain"]))
        self.assertGreater(missing, 0)
        done = journal("show", self.store.path, "--order", self.order)
        self.assertEqual(done.returncode, 0)
        self.assertIn("cannot be shown: ", done.stdout)

    def test_set_arguments_are_kept(self):
        self.assertEqual(journal("replay", self.store.path).returncode, 0)
        first = self.whole["chain"][0]
        self.assertEqual(first["type"], "bar")

    def test_plugin_is_changed(self):
        """Another build of it: the one of the run is in the module cache. Where it is not, the order
        is still explained, for no plugin is needed for that."""
        with open(self.plugin, "ab") as f:
            f.write(b"\0" * 8)
        self.assertEqual(journal("replay", self.store.path).returncode, 0)
        with mock.patch.dict(os.environ, {"QUOIN_CACHE": self.store.run.path("empty")}):
            done = journal("replay", self.store.path, "--quiet")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("sma (strategy/sma_cross) is another build", done.stderr)
        self.assertIn("QN_E_MODULE_MISMATCH", done.stderr)
        os.remove(self.plugin)
        self.assertEqual(self.explained(), self.whole)

    def test_config_is_changed(self):
        with open(self.store.run.path("run.cfg"), "a", encoding="utf-8") as f:
            f.write("# a comment\n")
        self.check(2, "QN_E_INVALID", "is not what it was when the run was begun")

    def test_config_is_gone(self):
        os.remove(self.store.run.path("run.cfg"))
        self.check(2, "QN_E_NOT_FOUND", "cannot open")

    def test_data_is_gone(self):
        os.rename(self.store.run.catalog, self.store.run.catalog + ".moved")
        self.check(4, "QN_E_NOT_FOUND", "is no catalog")

    def test_data_is_changed(self):
        rng = random.Random(99)
        shutil.rmtree(self.store.run.catalog)
        for name in "XY":
            csv = self.store.run.write(f"{name}.csv", runs.bars(prices(rng, BARS),
                                                                step=runs.timedelta(minutes=1)))
            self.store.run.load("--format", "ohlcv", "--instrument", f"{name}.v", "--bar", "1m",
                                "--tick", "0.01", "--lot", "0.001", "--quote", "USD", csv)
        self.check(4, "QN_E_DAMAGED", "is not what the run was begun on")


class Unfinished(unittest.TestCase):
    """A run that was killed is shown, verified and done again up to its last record."""

    def test_killed(self):
        store = Store(3, sinks='{ id = "kill"; plugin = "sink/kill"; params = { armed = "armed"; '
                               '}; }')
        store.run.write("armed", "700")
        self.assertLess(store.call().returncode, 0)
        records = store.records()
        self.assertGreater(len(records), 100)
        done = journal("show", store.path)
        self.assertIn("  not ended  ", done.stdout.split("\n")[0])
        self.assertIn(f"  {len(records)} records  ", done.stdout.split("\n")[0])
        said = json.loads(journal("verify", store.path, "--json").stdout)
        self.assertEqual([said["errors"], said["records"], said["runs"][0]["status"]],
                         [0, len(records), "not ended"])
        done = journal("replay", store.path, "--json")
        said = json.loads(done.stdout)
        self.assertEqual([done.returncode, said["is_equal"], said["status"]],
                         [0, True, "not ended"])
        self.assertEqual([said["decision_hash"], said["ledger_hash"]], [None, None])
        self.assertEqual(store.call("--resume").returncode, 0)
        done = journal("replay", store.path, "--json", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["status"], "completed")
        self.assertEqual(store.records()[:len(records)], records)


class Beside(unittest.TestCase):
    """A store is read while a host writes to it."""

    def test_running(self):
        store = Store(7)
        # a minute of the market a second: it would take minutes, and is ended here
        args = [QUOIN, "run", store.run.path("run.cfg"), "--quiet", "--json", "--set",
                "venues.v.params.pace=60", "--no-supervise"]
        host = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            seen = []
            while len(seen) < 20:
                self.assertIsNone(host.poll(), "the run is over")
                done = journal("show", store.path, "--json")
                if done.returncode == 0:
                    now = json.loads(done.stdout)
                    self.assertEqual(now[:len(seen)], seen)
                    seen = now
                else:  # there is no store, or no run in it, yet
                    self.assertIn("QN_E_NOT_FOUND", done.stderr)
            order = next(r["order_id"] for r in seen if r["type"] == "submit")
            self.assertEqual(journal("show", store.path, "--order", order).returncode, 0)
            self.assertIn("  not ended  ", journal("show", store.path).stdout.split("\n")[0])
            self.assertEqual(journal("verify", store.path).returncode, 0)
            done = quoin("run", store.run.path("run.cfg"), "--resume")
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"{host.pid}", done.stderr)
            self.assertIsNone(host.poll(), "the run was over before it was read")
            host.terminate()
            said = json.loads(host.communicate()[0])
        finally:
            host.kill()
            host.communicate()
        self.assertEqual([host.returncode, said["run"]["status"]], [0, "stopped"])
        self.assertEqual(store.records()[:len(seen)], seen)
        done = journal("replay", store.path, "--quiet", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        again = json.loads(done.stdout)
        self.assertEqual([again["status"], again["decision_hash"]],
                         ["stopped", said["decision_hash"]])


class Diverged(unittest.TestCase):
    def test_a_strategy_that_decides_otherwise(self):
        r = runs.Run()
        path = r.write("X.csv", runs.bars(prices(random.Random(4), 100)))
        r.load("--format", "ohlcv", "--instrument", "X.v", "--bar", "1d", "--tick", "0.01",
               "--lot", "1", "--quote", "USD", path)
        r.config(runs.strategy("strategy/peek", "every = 7;"),
                 extra='store = { path = "store"; durability = "none"; };')
        os.environ["QUOIN_PEEK"] = r.write("peek.txt", "0")
        try:
            r.run()
            done = journal("replay", r.path("store"), "--json", "--quiet")
        finally:
            del os.environ["QUOIN_PEEK"]
        self.assertEqual(done.returncode, 1)
        self.assertIn("QN_E_DIVERGED", done.stderr)
        self.assertIn("differs from the journal at ", done.stderr)
        self.assertIs(json.loads(done.stdout)["is_equal"], False)


class Damaged(unittest.TestCase):
    """A flipped byte is found, and named by run and record, or it is where nothing stands."""

    def setUp(self):
        self.store = Store(5)
        self.assertEqual(self.store.call().returncode, 0)
        self.records = self.store.records()
        with open(os.path.join(self.store.path, "data.mdb"), "rb") as f:
            self.data = f.read()

    def flip(self, at, bit=1):
        changed = bytearray(self.data)
        changed[at] ^= bit
        with open(os.path.join(self.store.path, "data.mdb"), "wb") as f:
            f.write(changed)

    def test_a_fill_at_another_price(self):
        at = next(i for i, r in enumerate(self.records) if r["type"] == "fill")
        fill = self.records[at]
        behind = f"behind sequence number {self.records[at - 1]['seq']}:"
        head = fill["seq"].to_bytes(8, "little")
        price = int(Decimal(fill["price"]) * 100).to_bytes(8, "little")
        places = [i for i in range(len(self.data))
                  if self.data.startswith(head, i) and price in self.data[i:i + 80]]
        self.assertGreater(len(places), 0)
        for place in places:
            self.flip(self.data.index(price, place))
            done = journal("verify", self.store.path, "--json")
            if done.returncode == 0:
                continue  # a page that a later transaction has left
            self.assertEqual(done.returncode, 4)
            self.assertIn("run 1", done.stderr)
            self.assertIn(behind, done.stderr)
            self.assertIn("QN_E_DAMAGED", done.stderr)
            said = json.loads(done.stdout)
            self.assertEqual(said["errors"], 1)
            self.assertIn(behind, said["runs"][0]["error"])
            for args in (("show", self.store.path), ("show", self.store.path, "--json"),
                         ("replay", self.store.path)):
                done = journal(*args)
                self.assertEqual(done.returncode, 4, args)
                self.assertIn(behind, done.stderr)
            return
        self.fail("no copy of the record is in use")

    def test_any_byte(self):
        rng = random.Random(6)
        found = 0
        for _ in range(120 * SCALE):
            at = rng.randrange(len(self.data))
            self.flip(at, 1 << rng.randrange(8))
            done = journal("verify", self.store.path, "--json")
            self.assertIn(done.returncode, (0, 4), (at, done.stderr))
            if done.returncode == 4:
                found += 1
                self.assertIn("quoin: error: ", done.stderr)
                continue
            self.assertEqual(self.store.records(), self.records, at)
        self.assertGreater(found, 20 * SCALE)


if __name__ == "__main__":
    unittest.main()
