# SPDX-License-Identifier: MIT
"""Guests that die where it is hardest to tell in which call: in a group, in what a command brings
about, as they save for a snapshot, and while two builds are side by side. The run goes on as it
should, and is equal to itself when it is done again with guests that live."""
import os
import random
import shutil
import subprocess
import json
import unittest
from datetime import timedelta

import runs
from support import BUILD, quoin

DRIVER = os.path.join(BUILD, "tests", "again_driver")
BUILDS = os.path.join(BUILD, "tests", "reload")
BARS = 3000


def version(name):
    return os.path.join(BUILDS, f"version_{name}.so")


def isolated(id, data, where="process"):
    text = runs.strategy(version("plain"), data=f'"{data}"', id=id)
    return text[:-1] + f'isolation = "{where}"; }}'


class Deaths(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = runs.Run()
        rng, close, rows = random.Random(7), 10000, []
        for _ in range(BARS):
            open_, close = close, max(500, close + rng.randint(-40, 40))
            rows.append((open_ / 100, (max(open_, close) + rng.randint(0, 9)) / 100,
                         (min(open_, close) - rng.randint(0, 9)) / 100, close / 100))
        csv = cls.run_.write("bars.csv", runs.bars(rows, step=timedelta(minutes=1)))
        cls.run_.load("--format", "ohlcv", "--instrument", "X.v", "--bar", "1m", "--tick", "0.01",
                      "--lot", "1", "--quote", "USD", csv)
        cls.store = cls.run_.path("store")
        os.environ["QUOIN_CACHE"] = cls.run_.path("cache")

    def config(self, *strategies, extra=""):
        self.run_.config(", ".join(strategies), data='"bar:1m"', balance="100000000",
                         extra=extra + f'store = {{ path = "{self.store}"; durability = "group"; '
                               'snapshot_every = 200; };')

    def drive(self, how, *steps):
        env = {**os.environ, "QUOIN_PLUGINS": os.path.join(BUILD, "plugins"),
               "QUOIN_GUEST": os.path.join(BUILD, "quoin-guest")}
        done = subprocess.run([DRIVER, self.run_.path("run.cfg"), how, "0", *steps], env=env,
                              text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def trade(self, *steps):
        shutil.rmtree(self.store, ignore_errors=True)
        got = self.drive("trade", *steps)
        again = self.drive("replay")
        for key in ("decision_hash", "ledger_hash", "events", "plugins", "faults"):
            self.assertEqual(again[key], got[key], key)
        return got

    def records(self, *types):
        done = quoin("journal", "show", self.store, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return [r for r in json.loads(done.stdout) if r["type"] in types]

    def faults(self):
        return [(r["id"], r["place"]) for r in self.records("fault")]

    def steps(self):
        return [r["step"] for r in self.records("reload")]

    def orders_behind(self, seq):
        return [r for r in self.records("submit") if r["seq"] > seq]

    def test_the_one_that_is_called_is_not_the_first_of_its_group(self):
        self.config(isolated("seldom", "bar:1h", "group:one"), isolated("often", "bar:1m", "group:one"))
        self.trade("1090 kill often")
        self.assertEqual(self.faults(), [("often", "within"), ("seldom", "behind")])

    def test_whose_answer_was_waited_for(self):
        """There was none: that of a guest which lives now does not count."""
        self.config(isolated("v", "bar:1h"), extra='risk = ( { id = "limits"; plugin = "risk/limits"; '
                    'isolation = "process"; params = { }; } );')
        self.trade("1100 kill limits")
        self.assertEqual(self.faults(), [("limits", "within")])
        signal = ('{ id = "trend"; plugin = "strategy/trend_following"; route = "portfolio"; '
                  'instruments = [ "X.v" ]; data = [ "bar:1m" ]; params = { }; }')
        self.config(signal, extra='optimizer = { plugin = "optimizer/equal_weight"; rebalance = "1h"; '
                    'isolation = "process"; };')
        self.trade("1100 kill optimizer")
        self.assertEqual(self.faults(), [("optimizer", "within")])

    def test_in_what_a_command_brings_about(self):
        """It is told of the order that closes its position, between two events."""
        self.config(isolated("seldom", "bar:1h"))
        self.trade("1090 kill seldom", "1090 flatten seldom")
        self.assertEqual(self.faults(), [("seldom", "within")])

    def test_as_it_saves_for_a_snapshot(self):
        self.config(isolated("seldom", "bar:1h"))
        got = self.trade("1024 kill seldom")
        self.assertEqual(self.faults(), [("seldom", "between")])
        self.assertGreater(got["snapshots"], 0)

    def test_a_new_build_on_probation(self):
        """The one from before trades on."""
        self.config(isolated("v", "bar:1m"))
        self.trade(f"1000 reload v tune 10 1000 {version('other')}", "1102 kill v")
        self.assertEqual(self.faults(), [("v", "within")])
        self.assertEqual(self.steps(), ["save", "shadow", "commit", "rollback"])
        self.assertTrue(self.orders_behind(self.records("reload")[-1]["seq"]))

    def test_the_build_from_before_while_the_new_one_is_on_probation(self):
        """There is no way back to it: the new one stays."""
        self.config(isolated("v", "bar:1m"))
        self.trade(f"1000 reload v tune 10 1000 {version('other')}", "1102 killother v",
                   "1110 rollback v")
        self.assertEqual(self.faults(), [])
        self.assertEqual(self.steps(), ["save", "shadow", "commit", "keep"])
        self.assertTrue(self.orders_behind(self.records("reload")[-1]["seq"]))

    def test_the_build_from_before_while_its_word_counts(self):
        """A refactor is compared with it, and ends with it; the plugin is out of the run."""
        self.config(isolated("v", "bar:1m"))
        got = self.trade(f"1000 reload v refactor 10 1000 {version('state2')}", "1102 kill v",
                         f"1300 reload v tune 0 0 {version('other')}")
        self.assertEqual(self.faults(), [("v", "within")])
        self.assertEqual(self.steps(), ["save", "shadow", "commit", "rollback", "refuse"])
        self.assertRegex(got["why"], "QN_E_QUARANTINED.*taken out of the run")


if __name__ == "__main__":
    unittest.main()
