#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""quoin tune: what it finds is what single runs find, whatever the number of processes and
however often it was interrupted; train and test are kept apart."""
import csv
import json
import os
import random
import signal
import sys
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from searches import FAST, SLOW, SPLIT, Search, dimension, wait_until  # noqa: E402
from support import quoin  # noqa: E402

SCALE = int(os.environ.get("QUOIN_SCALE", "1"))
KILLS = 20 * SCALE


class Tune(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.s = Search()

    def setUp(self):
        self.s.forget()

    def test_a_trial_is_a_run(self):
        s = self.s
        s.search(FAST, SLOW)
        found = s.tune("--workers", "3")
        self.assertEqual(found["trials"], {"planned": 16, "asked": 16, "done": 12, "undefined": 0,
                                           "refused": 4, "failed": 0, "repeated": 0})
        self.assertEqual(len(found["best"]), 10)
        objectives = [row["train"]["objective"] for row in found["best"]]
        self.assertEqual(objectives, sorted(objectives, reverse=True))
        for row in found["best"]:
            sets = [f"--set={path}={value}" for path, value in row["values"].items()]
            for part, span in (("train", "--to"), ("test", "--from")):
                run = s.run("--quiet", span, "2024-09-01", *sets)
                self.assertEqual(run["decision_hash"], row[part]["decision_hash"])
                figures = row[part]["performance"]
                self.assertGreater(len(figures), 10)
                self.assertEqual({key: run["performance"][key] for key in figures}, figures)
                self.assertEqual(run["performance"]["sharpe"], row[part]["objective"])

    def test_the_files_agree(self):
        s = self.s
        s.search(FAST, SLOW)
        found = s.tune()
        with open(s.path("found", "tune.json"), encoding="utf-8") as f:
            kept = json.load(f)
        kept.pop("call")
        self.assertEqual(kept, found)
        with open(s.path("found", "trials.csv"), newline="", encoding="utf-8") as f:
            rows = list(csv.DictReader(f))
        self.assertEqual([int(r["trial"]) for r in rows], list(range(1, 17)))
        values = [(int(r["strategies.s.params.fast"]), int(r["strategies.s.params.slow"]))
                  for r in rows]
        self.assertEqual(values, [(f, w) for f in (2, 5, 8, 11) for w in (5, 10, 15, 20)])
        for r, (fast, slow) in zip(rows, values):
            self.assertEqual(r["state"], "done" if fast < slow else "refused")
        best = found["best"][0]
        self.assertEqual(max((float(r["sharpe"]) for r in rows if r["sharpe"])),
                         best["train"]["objective"])
        self.assertEqual(rows[best["trial"] - 1]["decision_hash"], best["train"]["decision_hash"])
        reason = found["without_result"][0]["reason"]
        self.assertIn("must be below slow", reason)
        with open(s.path("found", "tune.html"), encoding="utf-8") as f:
            page = f.read()
        xml.etree.ElementTree.fromstring(page.split("\n", 1)[1])
        self.assertIn("must be below slow", page)
        self.assertNotIn("http", page.replace("http://www.w3.org", ""))
        text = s.call().stdout
        self.assertIn("16 trials: 12 done, 4 refused", text)
        self.assertIn("tune.html", text)

    def test_any_number_of_processes(self):
        s = self.s
        space = [FAST, dimension("strategies.s.params.slow", low=12, high=90, step=1),
                 dimension("strategies.s.params.mode"),
                 dimension("strategies.s.params.stop_loss", low='"0.01"', high='"0.5"',
                           scale='"log"')]
        for plugin, params in (("tuner/grid", "points = 2;"), ("tuner/random", ""),
                               ("tuner/climb", "batches = 5;")):
            keys = SPLIT + ' trials = 40; best = 3; objective = "total_return";'
            dimensions = {"tuner/grid": [FAST, SLOW, space[3]], "tuner/climb": space[:3]}
            s.search(*dimensions.get(plugin, space), plugin=plugin, params=params, keys=keys)
            results = []
            for workers in ("1", "4", "7"):
                results.append(s.tune("--workers", workers, "--fresh"))
                self.assertEqual(s.about["stored"], 0)
                self.assertEqual(s.about["workers"], int(workers))
            self.assertEqual(results[0], results[1])
            self.assertEqual(results[0], results[2])
            self.assertGreater(results[0]["trials"]["done"], 10)
            again = s.tune()
            self.assertEqual(s.about["ran"], 0)
            self.assertEqual(again, results[0])

    def test_what_is_known_when_does_not_depend_on_processes(self):
        s = Search(days=40)
        slow = dimension("strategies.s.params.slow", low=12, high=30, step=1)
        s.search(FAST, slow, dimension("strategies.s.params.mode"), plugin="tuner/climb",
                 params="batches = 60; waits = false;", keys="trials = 420;")
        one = s.tune("--workers", "1")
        self.assertGreater(one["trials"]["repeated"], 0)
        self.assertEqual(s.tune("--workers", "5", "--fresh"), one)

    def test_less_is_better(self):
        s = self.s
        s.search(FAST, SLOW, keys='objective = "max_drawdown"; direction = "min"; best = 100;')
        found = s.tune()
        self.assertIsNone(found["test"])
        self.assertIsNone(found["best"][0]["test"])
        objectives = [row["train"]["objective"] for row in found["best"]]
        self.assertEqual(objectives, sorted(objectives))
        self.assertIn("kept apart", s.call().stderr)

    def test_the_choice_does_not_see_the_test(self):
        s = self.s
        s.search(FAST, SLOW)
        with_test = s.tune()
        s.search(FAST, SLOW, keys='train = { to = "2024-09-01"; };')
        without = s.tune("--fresh")
        self.assertEqual([(r["trial"], r["train"]) for r in with_test["best"]],
                         [(r["trial"], r["train"]) for r in without["best"]])
        self.assertEqual(with_test["neighbourhood"], without["neighbourhood"])

    def test_values_of_every_type(self):
        s = self.s
        s.search(dimension("strategies.s.params.stop_loss", values='( "0.05", 0.1, "0.2" )'),
                 dimension("strategies.s.params.rule"),
                 dimension("strategies.s.capital", low="0.25", high="1.0", step="0.25"),
                 dimension("report.sample", low='"12h"', high='"1d"', step='"12h"'),
                 dimension("venues.v.params.close_at_end"),
                 keys='best = 100; direction = "max"; trials = 96;')
        found = s.tune()
        self.assertEqual(found["trials"]["done"], 96)
        self.assertEqual([d["type"] for d in found["space"]],
                         ["choice", "choice", "decimal", "duration", "bool"])
        seen = {tuple(row["values"].values()) for row in found["best"]}
        self.assertEqual(len(seen), 96)
        self.assertIn(("0.1", "level", "0.25", "12h", "true"), seen)

    def test_a_stop_keeps_what_is_done(self):
        s = self.s
        s.search(FAST, dimension("strategies.s.params.slow", low=12, high=60, step=1))
        whole = s.tune("--workers", "2")
        for number in (signal.SIGINT, signal.SIGTERM):
            s.forget()
            search = s.start("--workers", "2")
            wait_until(lambda: s.lines() >= 5)
            search.send_signal(number)
            out, errors = search.communicate()
            self.assertEqual(search.returncode, 0, errors)
            stopped = json.loads(out)
            self.assertEqual(stopped["search"]["status"], "stopped")
            self.assertGreaterEqual(stopped["trials"]["done"] + stopped["trials"]["refused"], 5)
            self.assertTrue(os.path.exists(s.path("found", "tune.html")))
            self.assertEqual(s.tune("--workers", "3"), whole)
            self.assertGreaterEqual(s.about["stored"], 5)

    def kill(self, draw, kills):
        s = self.s
        whole = s.tune("--workers", "2")
        while kills > 0:
            s.forget()
            while kills > 0:
                search = s.start("--workers", "2")
                target = s.lines() + draw.randrange(1, 12)
                wait_until(lambda: s.lines() >= target or search.poll() is not None)
                if search.poll() is not None:
                    search.communicate()
                    break
                search.kill()
                search.communicate()
                kills -= 1
                if draw.random() < 0.5:  # a write that was cut off
                    with open(s.path("found", "trials.log"), "r+b") as f:
                        f.truncate(os.path.getsize(f.name) - draw.randrange(1, 40))
            self.assertEqual(s.tune("--workers", "2"), whole)
        return whole["trials"]["asked"]

    def test_kill_at_random_moments(self):
        s = self.s
        draw = random.Random(3)
        slow = dimension("strategies.s.params.slow", low=12, high=60, step=1)
        trials = 0
        for plugin, params in (("tuner/climb", "batches = 12;"), ("tuner/random", "")):
            s.forget()
            s.search(FAST, slow, plugin=plugin, params=params, keys=SPLIT + " trials = 84;")
            trials += self.kill(draw, KILLS // 2)
        print(f"proof: tune: killed {KILLS} times, the result of {trials} trials unchanged")


if __name__ == "__main__":
    unittest.main()
