# SPDX-License-Identifier: MIT
"""A run that is killed goes on as if it had not been: same decisions, same books, same reports.

The process is killed from within, by a sink that sees a record of a certain number, so no moment
of the engine is special. Then `quoin run --resume` takes the run up, from its last snapshot or from
its start, and whatever it reports must equal a run that nobody killed."""
import os
import random
import shutil
import unittest

import runs
from support import quoin

SCALE = int(os.environ.get("QUOIN_SCALE", "1"))
BARS = 12000
FILES = ["orders.csv", "fills.csv", "trades.csv", "equity.csv"]


def prices(rng, n):
    """A random walk of closes with bars around it, in cents."""
    rows, close = [], 10000
    for _ in range(n):
        open_ = close
        close = max(500, close + rng.randint(-60, 60))
        rows.append((open_ / 100, (max(open_, close) + rng.randint(0, 20)) / 100,
                     (min(open_, close) - rng.randint(0, 20)) / 100, close / 100))
    return rows


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


class Book:
    """The config under test: everything that has a state, on two instruments."""

    def __init__(self, seed, durability="group", snapshot=2000, bars=BARS, log=None):
        self.run = runs.Run()
        rng = random.Random(seed)
        for name in "XY":
            path = self.run.write(f"{name}.csv", runs.bars(prices(rng, bars), step=runs.timedelta(
                minutes=1)))
            self.run.load("--format", "ohlcv", "--instrument", f"{name}.v", "--bar", "1m",
                          "--tick", "0.01", "--lot", "0.001", "--quote", "USD", path)
        log = (f', {{ id = "log"; plugin = "sink/jsonl"; params = {{ path = "{log}"; }}; }}'
               if log else "")
        data = 'data = [ "bar:1m" ]'
        both = 'instruments = [ "X.v", "Y.v" ]'
        self.run.write("run.cfg", f'''
name = "resume"; seed = 1; strikes = 0; catalog = "catalog"; plugin_path = [ "{runs.TEST_PLUGINS}" ];
store = {{ path = "store"; durability = "{durability}"; snapshot_every = {snapshot}; }};
venues = ( {{ id = "v"; plugin = "venue/sim"; instruments = [ "X", "Y" ]; {data};
             accounts = ( {{ currency = "USD"; balance = "1000000"; }} );
             params = {{ taker_bps = 0.1; maker_bps = 0.05; close_at_end = true; }}; }} );
models = ( {{ id = "vol"; plugin = "model/volatility"; {both}; {data}; }} );
strategies = (
  {{ id = "chaos"; plugin = "strategy/chaos"; {both}; {data}; }},
  {{ id = "trend"; plugin = "strategy/trend_following"; route = "portfolio"; {both};
     data = [ "bar:5m" ]; capital = 0.5; }},
  {{ id = "revert"; plugin = "strategy/mean_reversion"; route = "portfolio"; {both};
     data = [ "bar:5m" ]; capital = 0.5; }},
  {{ id = "sma"; plugin = "strategy/sma_cross"; instruments = [ "X.v" ]; {data};
     params = {{ stop_loss = "0.02"; take_profit = "0.03"; }}; }} );
optimizer = {{ plugin = "optimizer/inverse_volatility"; rebalance = "1h";
              params = {{ period = "5m"; lookback = 24; }}; }};
risk = ( {{ id = "limits"; plugin = "risk/limits"; params = {{ max_gross = 0.8; max_orders = 20;
            per = "1m"; }}; }} );
execution = {{ plugin = "execution/twap"; params = {{ duration = "10m"; slices = 4; }}; }};
sinks = ( {{ id = "kill"; plugin = "sink/kill"; params = {{ armed = "armed"; }}; }} {log} );
report = {{ sample = "1h"; }};
''')

    def reset(self):
        shutil.rmtree(self.run.path("store"), ignore_errors=True)

    def arm(self, seq):
        self.run.write("armed", str(seq))

    def call(self, *args):
        return quoin("run", self.run.path("run.cfg"), "--report", self.run.path("out"), "--json",
                     "--quiet", *args)

    def reports(self):
        return {name: read(self.run.path("out", name)) for name in FILES}


def same(result):
    """What must not depend on how often a run was killed."""
    keys = ["decision_hash", "ledger_hash", "orders", "fills", "accounts", "strategies",
            "performance", "data"]
    counts = ["refused_intents", "strategy_errors", "strikes", "order_anomalies", "features", "halts", "events"]
    return {key: result[key] for key in keys} | {key: result["engine"][key] for key in counts}


class Resume(unittest.TestCase):
    maxDiff = 4000

    def killed(self, book, seqs):
        """Kills the run at each number in turn, then lets it end. Returns its result."""
        first = True
        for seq in seqs:
            book.arm(seq)
            done = book.call(*([] if first else ["--resume"]))
            self.assertEqual(done.returncode, -9, done.stderr)
            first = False
        done = book.call("--resume")
        self.assertEqual(done.returncode, 0, done.stderr)
        return runs.json.loads(done.stdout)

    def check(self, durability, snapshot, cases, seed, bars=BARS):
        book = Book(seed, durability, snapshot, bars)
        rng = random.Random(seed)
        done = book.call()
        self.assertEqual(done.returncode, 0, done.stderr)
        whole = runs.json.loads(done.stdout)
        tables = book.reports()
        self.assertGreater(whole["fills"]["count"], bars // 20)
        self.assertEqual(whole["engine"]["snapshots"] > 0, snapshot > 0)
        for case in range(cases):
            book.reset()
            kills = sorted(rng.sample(range(1, whole["engine"]["events"]), rng.randint(1, 3)))
            result = self.killed(book, kills)
            self.assertEqual(same(result), same(whole), kills)
            self.assertEqual(book.reports(), tables, kills)
            replayed = quoin("journal", "replay", book.run.path("store"), "--json")
            self.assertEqual(replayed.returncode, 0, replayed.stderr)
            self.assertEqual(runs.json.loads(replayed.stdout)["decision_hash"],
                             whole["decision_hash"])
        return cases

    def test_from_snapshots(self):
        n = self.check("group", 2000, 4 * SCALE, 1)
        n += self.check("sync", 200, 1 * SCALE, 2, bars=400)
        print(f"proof: runs killed and resumed from a snapshot: {n} runs, all reports equal")

    def test_from_a_snapshot_at_a_checkpoint(self):
        """Both are taken at the same count of market events: the second run makes one of them."""
        book = Book(6, snapshot=65536, bars=36000)
        done = book.call()
        self.assertEqual(done.returncode, 0, done.stderr)
        whole = runs.json.loads(done.stdout)
        self.assertEqual(whole["engine"]["snapshots"], 1)
        book.reset()
        self.assertEqual(same(self.killed(book, [whole["engine"]["events"] - 1000])), same(whole))

    def test_from_the_start(self):
        n = self.check("group", 0, 2 * SCALE, 3)
        print(f"proof: runs killed and resumed from their start: {n} runs, all reports equal")


class Store(unittest.TestCase):
    """What a person meets who runs a config twice, or twice at once."""

    def test_an_unfinished_run_is_not_passed_over(self):
        book = Book(4)
        book.arm(5000)
        self.assertEqual(book.call().returncode, -9)
        again = book.call()
        self.assertEqual(again.returncode, 2)
        self.assertIn("--resume", again.stderr)
        self.assertEqual(book.call("--resume").returncode, 0)
        self.assertEqual(book.call("--resume").returncode, 0)  # none is left: a new one

    def test_a_ring_that_is_gone_is_missed(self):
        book = Book(12)
        book.arm(5000)
        self.assertEqual(book.call().returncode, -9)
        os.remove(book.run.path("store", "ring"))
        for command in [["run", book.run.path("run.cfg"), "--resume"],
                        ["journal", "verify", book.run.path("store")]]:
            done = quoin(*command)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn("ring", done.stderr)
        book.run.write("store/ring", "")  # its records are given up
        self.assertEqual(book.call("--resume").returncode, 0)

    def test_a_changed_config_is_not_resumed(self):
        book = Book(5)
        book.arm(5000)
        self.assertEqual(book.call().returncode, -9)
        again = book.call("--resume", "--set", "strategies.sma.params.fast=11")
        self.assertEqual(again.returncode, 2)
        self.assertIn("not what it was", again.stderr)

    def test_a_full_map_is_mended_by_a_larger_one(self):
        book = Book(7)
        full = book.call("--set", "store.map_mib=1")
        self.assertEqual(full.returncode, 1)
        self.assertIn("map_mib", full.stderr)
        mended = book.call("--resume", "--set", "store.map_mib=64")
        self.assertEqual(mended.returncode, 0, mended.stderr)
        whole = Book(7).call()
        self.assertEqual(same(runs.json.loads(mended.stdout)), same(runs.json.loads(whole.stdout)))

    def test_what_does_not_start_leaves_nothing_unfinished(self):
        book = Book(8, bars=400, log="catalog")
        done = book.call()
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")
        self.assertFalse(os.path.exists(book.run.path("out")))
        self.assertEqual(book.call("--set", "sinks.log.params.path=log.jsonl").returncode, 0)

    def test_a_refused_resume_leaves_the_report(self):
        book = Book(9, bars=1200)
        self.assertEqual(book.call().returncode, 0)
        tables = book.reports()
        book.reset()
        book.arm(3000)
        self.assertEqual(quoin("run", book.run.path("run.cfg"), "--quiet").returncode, -9)
        refused = book.call("--resume", "--set", "seed=2")
        self.assertEqual((refused.returncode, refused.stdout), (2, ""))
        self.assertEqual(book.reports(), tables)

    def test_real_pace_goes_on_where_it_was(self):
        book = Book(11, bars=1200, snapshot=0)
        pace = ["--set", "venues.v.params.pace=72000"]  # 20 hours in a second
        book.arm(6000)
        self.assertEqual(book.call("--no-supervise", *pace).returncode, -9)
        done = book.call("--resume", *pace)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(same(runs.json.loads(done.stdout)),
                         same(runs.json.loads(Book(11, bars=1200, snapshot=0).call().stdout)))

    def test_durability_does_not_change_decisions(self):
        hashes = set()
        for durability in ["none", "group", "sync"]:
            book = Book(6, durability, bars=400)
            result = runs.json.loads(book.call().stdout)
            hashes.add((result["decision_hash"], result["ledger_hash"]))
        self.assertEqual(len(hashes), 1)


if __name__ == "__main__":
    unittest.main()
