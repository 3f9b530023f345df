#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""quoin tune where something is wrong: mistakes in the config, plugins that break the rules,
trials that crash, results that are damaged or of something else."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from runs import strategy  # noqa: E402
from searches import FAST, SLOW, SMA, Search, dimension, wait_until  # noqa: E402


class Broken(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.s = Search(days=60)

    def setUp(self):
        self.s.forget()

    def refused(self, status, *parts, args=(), env=None):
        done = self.s.call(*args, env=env)
        self.assertEqual(done.returncode, status, (parts, done.stdout[:300], done.stderr))
        self.assertEqual(done.stdout, "")
        for part in parts:
            self.assertIn(part, done.stderr)
        return done.stderr

    def test_mistakes_in_the_space(self):
        path = "strategies.s.params."
        rows = [
            (dimension(path + "fsat", low=1, high=2), "did you mean 'fast'"),
            (dimension("strategies.t.params.fast", low=1, high=2), "found no 't'"),
            (dimension("stratgies.s.params.fast", values="( 1 )"), "unknown key 'stratgies'"),
            (dimension("strategies.s.captal", values="( 1 )"), "unknown key 'captal'"),
            (dimension("strategies.s.capital", low="0.5", high="2.0", step="0.5"), None),
            (dimension("strategies.s.capital", low="1.5", high="2.0", step="0.5"),
             "above 0, up to 1"),
            (dimension("store.path", values='( "a" )'), "a trial has no store"),
            (dimension(path + "fast", low=10), "low without high"),
            (dimension(path + "fast", low=10, high=5), "low is above high"),
            (dimension(path + "fast", low=0, high=5), "outside the range"),
            (dimension(path + "fast", low='"a"', high='"b"'), "no value of this parameter: a"),
            (dimension(path + "fast", low=1, high=5, step="0"), "above 0"),
            (dimension(path + "fast", low=1, high=5, step="-1"), "above 0"),
            (dimension(path + "fast", low=1, high=5, step="0.5"), "more digits"),
            (dimension(path + "fast", low=1, high=5, values="( 1 )"), "one of the two"),
            (dimension(path + "fast", values="( 1, 2, 1 )"), "a value twice: 1"),
            (dimension(path + "rule", values='( "cross", "levle" )'), "levle"),
            (dimension(path + "rule", scale='"log"'), "for numbers"),
            (dimension(path + "qty", low='"1"', high='"9"'), "expected a step"),
            (dimension(path + "qty"), "expected low and high, or values"),
            (dimension("report.sample", low='"1h"', high='"2d"'), "expected a step"),
            (dimension(path + "stop_loss", low='"0.1"', high='"0.5"', scale='"lgo"'), "'log'"),
        ]
        for row, expected in rows:
            self.s.search(row, keys="trials = 100000;")
            if expected is None:
                self.assertEqual(self.s.call().returncode, 0)
                continue
            error = self.refused(2, expected)
            self.assertRegex(error.split("\n")[0], r"run.cfg:\d+: error: ", row)
        self.s.search(FAST, FAST)
        self.refused(2, "twice")

    def test_mistakes_in_the_group(self):
        rows = [
            ('objective = "sharp";', "did you mean 'sharpe'"),
            ('direction = "up";', "direction"),
            ("trials = 0;", "trials"),
            ("trials = 3;", "16 combinations, more than the 3 of trials"),
            ('train = { to = "2024-02-01"; }; test = { from = "2024-01-20"; };', "same data"),
            ('test = { from = "2024-01-20"; };', "same data"),
            ('train = { from = "2024-02-01"; to = "2024-01-01"; };', "begin before"),
            ('train = { from = "yesterday"; };', "expected a time"),
            ('limit = "0s";', "limit"),
            ("params_ = { };", "unknown key 'params_'"),
        ]
        for keys, expected in rows:
            self.s.search(FAST, SLOW, keys=keys)
            self.refused(2, expected, "run.cfg:")
        for params, expected in (("points = 1;", "points"), ("size = 1;", "unknown parameter")):
            self.s.search(FAST, params=params, keys="")
            self.refused(2, expected)
        self.s.search(FAST, plugin="tuner/gird", keys="")
        self.refused(2, "did you mean 'tuner/grid'")
        self.s.search(FAST, plugin="strategy/sma_cross", keys="")
        self.refused(2, "no class of kind qn.tuner/1")
        self.s.config(SMA)
        self.refused(2, "the group 'tuner' is missing")
        self.s.search(FAST, keys="")
        self.refused(2, "--workers 0: expected a whole number, 1 to 256", args=("--workers", "0"))
        self.assertEqual(self.s.run("--quiet")["run"]["status"], "completed")

    def test_a_tuner_that_breaks_the_rules(self):
        s = self.s
        for how, status, expected in (
                ("high", 3, "not in the space"), ("step", 3, "not in the space"),
                ("answer", 3, "neither trial, wait nor end"),
                ("wait", 3, "when it has been told them all"), ("error", 1, "has lost its way"),
                ("begin", 2, "not to its taste"), ("tell", 1, "does not want to know")):
            s.forget()
            s.search(FAST, SLOW, plugin="tuner/wild", params=f'how = "{how}";')
            self.refused(status, expected, "tuner/wild")
        s.forget()
        s.search(FAST, SLOW, plugin="tuner/wild", params='how = "again";', keys="trials = 50;")
        found = s.tune()
        self.assertEqual(found["trials"]["asked"], 50)
        self.assertEqual(found["trials"]["repeated"], 49)
        self.assertEqual(s.about["ran"], 1)

    def test_a_tuner_that_does_not_repeat_itself(self):
        s = self.s
        s.search(FAST, SLOW, plugin="tuner/wild", params='how = "fickle";')
        first = s.tune()
        self.assertEqual(first["trials"]["asked"], 6)
        self.refused(1, "does not repeat itself", env={"QUOIN_TEST_FICKLE": "1"})
        self.assertEqual(s.tune(), first)

    def test_a_trial_that_ends_badly(self):
        s = self.s
        how = dimension("strategies.s.params.how", values='( "not", "crash", "kill" )')
        s.search(how, dimension("strategies.s.params.size", low=1, high=3),
                 keys='objective = "total_return";', strategies=strategy("strategy/mortal"))
        found = s.tune("--workers", "4")
        self.assertEqual(found["trials"]["done"], 3)
        self.assertEqual(found["trials"]["failed"], 6)
        reasons = {row["values"]["strategies.s.params.how"]: row["reason"]
                   for row in found["without_result"]}
        self.assertIn("killed by signal 9", reasons["kill"])
        self.assertRegex(reasons["crash"], "killed by signal|ended with status")
        self.assertEqual(s.tune(), found)
        self.assertEqual(s.about["ran"], 0)

    def test_a_trial_without_end(self):
        s = self.s
        s.search(dimension("strategies.s.params.how", values='( "hang" )'), keys='limit = "1s";',
                 strategies=strategy("strategy/mortal"))
        found = s.tune()
        self.assertEqual(found["trials"]["failed"], 1)
        self.assertIn("longer than the limit", found["without_result"][0]["reason"])

    def test_an_objective_without_a_value(self):
        s = self.s
        s.search(dimension("strategies.s.params.size", low=0, high=2), keys="",
                 strategies=strategy("strategy/mortal"))
        found = s.tune()
        self.assertEqual(found["trials"]["undefined"], 1)
        self.assertEqual(found["without_result"][0]["values"]["strategies.s.params.size"], "0")
        s.forget()
        s.search(dimension("strategies.s.params.size", low=0, high=0), keys="",
                 strategies=strategy("strategy/mortal"))
        found = s.tune()
        self.assertEqual((found["best"], found["neighbourhood"]["mean"]), ([], None))
        self.assertIn("No trial has an objective", s.call().stdout)

    def test_results_of_something_else(self):
        s = self.s
        s.search(FAST, SLOW, keys="")
        first = s.tune()
        self.refused(2, "of another config", "--fresh", args=("--set", "seed=2"))
        s.search(FAST, SLOW, keys="best = 2;")
        self.refused(2, "of another config")
        s.search(FAST, SLOW, keys="")
        self.assertEqual(s.tune(), first)
        self.assertEqual(s.about["ran"], 0)
        s.load("--format", "ohlcv", "--instrument", "X.v", "--bar", "1d", "--tick", "0.01", "--lot",
               "1", "--quote", "USD", s.write("more.csv", "ts,open,high,low,close,volume\n"
                                                          "2030-01-01,10,11,9,10,1\n"))
        self.refused(2, "of other data")
        self.assertNotEqual(s.tune("--fresh")["search"]["data_sha256"],
                            first["search"]["data_sha256"])

    def test_damage(self):
        s = self.s
        s.search(FAST, SLOW, keys="")
        first = s.tune()
        path = s.path("found", "trials.log")
        with open(path, "rb") as f:
            whole = f.read()
        for at in (5, 400, len(whole) // 2, len(whole) - 30):
            with open(path, "wb") as f:
                f.write(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
            self.refused(4, "is damaged", "trials.log")
        for size in (0, 7, len(whole) // 3, len(whole) - 1):
            with open(path, "wb") as f:
                f.write(whole[:size])
            self.assertEqual(s.tune(), first)
        with open(path, "ab") as f:
            f.write(b"\0" * 300)  # what a power loss can leave
        self.assertEqual(s.tune(), first)

    def test_one_search_at_a_time(self):
        s = self.s
        s.search(dimension("strategies.s.params.how", values='( "hang" )'), keys="",
                 strategies=strategy("strategy/mortal"))
        search = s.start()
        wait_until(s.has_record)
        self.refused(1, "another process searches")
        search.terminate()
        out, _ = search.communicate()
        self.assertEqual(search.returncode, 0)
        self.assertEqual(json.loads(out)["search"]["status"], "stopped")


if __name__ == "__main__":
    unittest.main()
