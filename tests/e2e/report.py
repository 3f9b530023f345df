# SPDX-License-Identifier: MIT
"""`quoin report`: the report of a recorded run is the one that the run itself wrote, whatever became
of the run, and is refused where it could not be."""
import filecmp
import json
import os
import shutil
import signal
import subprocess
import unittest

import runs
from journal import Store
from support import QUOIN, quoin

TABLES = ("orders.csv", "fills.csv", "trades.csv", "equity.csv")
# What the process knew that made the run, and no record holds.
OWN = ("events_per_s", "dispatch_p50_ns", "dispatch_p99_ns", "max_rss_bytes", "allocations_hot",
       "strategy_errors", "strikes", "over_budget", "features", "functions_not_finite", "snapshots", "stages")
WALL = ("started", "finished", "wall_s")


def kept(result):
    result = json.loads(json.dumps(result))
    for key in OWN:
        del result["engine"][key]
    for key in WALL:
        del result["run"][key]
    return result


class Report(unittest.TestCase):
    maxDiff = None

    def again(self, store, *args, expect=0):
        done = quoin("report", store.path, "--into", store.run.path("again"), "--json", *args)
        self.assertEqual(done.returncode, expect, done.stderr)
        return json.loads(done.stdout) if expect == 0 else done.stderr

    def compare(self, store, result):
        self.assertEqual(kept(self.again(store)), kept(result))
        for name in TABLES:
            self.assertTrue(filecmp.cmp(store.run.path("out", name), store.run.path("again", name),
                                        shallow=False), name)
        with open(store.run.path("again", "report.json"), encoding="utf-8") as f:
            self.assertEqual(kept(json.load(f)), kept(result))

    def ended(self, store, *args):
        done = store.call(*args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_is_the_report_of_the_run(self):
        for seed in (1, 2, 3):
            store = Store(seed)
            self.compare(store, self.ended(store))

    def test_of_a_part_of_the_data_with_sets(self):
        store = Store(4)
        result = self.ended(store, "--from", "2024-01-01T00:20:00", "--to", "2024-01-01T02:00:00",
                            "--set", "strategies.sma.params.fast=4")
        self.assertGreater(result["fills"]["count"], 0)
        self.compare(store, result)

    def test_of_a_halted_run(self):
        store = Store(5)
        result = self.ended(store, "--set", "risk.limits.params.max_drawdown=0.0001")
        self.assertEqual(result["run"]["status"], "halted")
        self.compare(store, result)

    def test_of_a_ruined_run(self):
        store = Store(6)
        result = self.ended(store, "--set", "venues.v.params.taker_bps=9000.0")
        self.assertEqual(result["run"]["status"], "ruined")
        self.compare(store, result)

    def test_each_run_of_a_store(self):
        store = Store(7)
        first = self.ended(store)
        second = self.ended(store, "--set", "strategies.sma.params.qty=10")
        self.assertEqual(kept(self.again(store, "--run", "1")), kept(first))
        self.assertEqual(kept(self.again(store, "--run", second["run"]["id"])), kept(second))

    def test_goes_beside_the_store_by_default(self):
        store = Store(8)
        self.ended(store)
        done = quoin("report", store.path)
        self.assertEqual(done.returncode, 0, done.stderr)
        page = os.path.join(store.path, "report-1", "report.html")
        self.assertEqual(done.stdout.rstrip().split("\n")[-1], page)
        self.assertTrue(os.path.exists(os.path.join(store.path, "report-1", "report.json")))
        self.assertEqual(quoin("journal", "verify", store.path).returncode, 0)

    def test_needs_no_plugin(self):
        store = Store(9)
        result = self.ended(store)
        conf = store.run.path("run.cfg")
        os.rename(store.run.path("mine"), store.run.path("gone"))
        self.assertTrue(os.path.exists(conf))
        self.compare(store, result)

    def test_of_a_run_that_has_not_ended(self):
        store = Store(10)
        with subprocess.Popen([QUOIN, "run", store.run.path("run.cfg"), "--quiet", "--set",
                               "venues.v.params.pace=600.0"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE) as p:
            while not self.has_fills(store):
                self.assertIsNone(p.poll(), "the run is over before it was killed")
            p.send_signal(signal.SIGKILL)
        result = self.again(store)
        self.assertEqual(result["run"]["status"], "unfinished")
        with open(store.run.path("again", "report.html"), encoding="utf-8") as f:
            self.assertIn(">UNFINISHED<", f.read())
        self.assertIsNone(result["run"]["finished"])
        self.assertIsNone(result["run"]["wall_s"])
        self.assertGreater(result["fills"]["count"], 0)
        shown = json.loads(quoin("journal", "show", store.path, "--json").stdout)
        self.assertEqual(sum(r["type"] == "fill" for r in shown), result["fills"]["count"])

    @staticmethod
    def has_fills(store):
        if not os.path.exists(os.path.join(store.path, "data.mdb")):
            return False
        done = quoin("journal", "show", store.path, "--json")
        return done.returncode == 0 and '"fill"' in done.stdout


class Refused(unittest.TestCase):
    def setUp(self):
        self.store = Store(11)
        done = self.store.call()
        self.assertEqual(done.returncode, 0, done.stderr)

    def refused(self, status, *words, args=()):
        into = self.store.run.path("again")
        done = quoin("report", self.store.path, "--into", into, *args)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, "")
        for word in words:
            self.assertIn(word, done.stderr)

    def test_another_config(self):
        conf = self.store.run.path("run.cfg")
        with open(conf, encoding="utf-8") as f:
            text = f.read()
        self.store.run.write("run.cfg", text.replace("lookback = 20", "lookback = 21"))
        self.refused(2, conf, "is not what it was")

    def test_other_data(self):
        rows = [(100, 101, 99, 100)] * 5
        csv = self.store.run.write("more.csv", runs.bars(rows, start="2024-01-01T05:00:00",
                                                         step=runs.timedelta(minutes=1)))
        self.store.run.load("--format", "ohlcv", "--instrument", "X.v", "--bar", "1m", csv)
        self.refused(4, "is not what the run was begun on")

    def test_no_data(self):
        shutil.rmtree(self.store.run.catalog)
        self.refused(4, "catalog")

    def test_unknown_run(self):
        self.refused(2, "9", args=("--run", "9"))

    def test_no_store(self):
        done = quoin("report", self.store.run.path("nothing"))
        self.assertEqual(done.returncode, 4, done.stderr)

    def test_a_folder_that_cannot_be_made(self):
        self.store.run.write("again", "a file")
        self.refused(1, "again")


if __name__ == "__main__":
    unittest.main()
