# SPDX-License-Identifier: MIT
"""quoin check: the prefix and the twice test pass for honest strategies and find a cheat."""
import json
import os
import random
import unittest
from datetime import timedelta

from books import market
from runs import Run, bars, quoin, strategy


class Checks(unittest.TestCase):
    def setUp(self):
        self.r = Run()
        path = self.r.write("x.csv", bars(market(random.Random(3), 900, 100.0),
                                          step=timedelta(hours=1)))
        self.r.load("--format", "ohlcv", "--bar", "1h", "--instrument", "X.v", "--tick", "0.01",
                    "--lot", "1", "--quote", "USD", path)

    def check(self, *args, env=None):
        if env:
            os.environ.update(env)
        done = quoin("check", self.r.path("run.cfg"), "--json", *args)
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    def test_honest_strategies_pass(self):
        for plugin, params in (("strategy/sma_cross", "fast = 3; slow = 9; stop_loss = 0.02;"),
                               ("strategy/chaos", "seed = 11;"), ("strategy/limit_dip", 'qty = "3";'),
                               ("strategy/buy_and_hold", "")):
            self.r.config(strategy(plugin, params, data='"bar:1h"'), data='"bar:1h"',
                          venue="taker_bps = 4.0; close_at_end = true;")
            status, result, err = self.check("--lookahead", "--determinism")
            self.assertEqual(status, 0, err)
            self.assertTrue(result["passed"])
            self.assertEqual([t["test"] for t in result["tests"]],
                             ["config"] + ["lookahead"] * 5 + ["determinism"])

    def test_a_strategy_that_differs_between_runs_is_found(self):
        self.r.config(strategy("strategy/peek", "every = 7;", data='"bar:1h"'), data='"bar:1h"')
        memory = self.r.write("peek.txt", "0")
        status, result, _ = self.check("--determinism", env={"QUOIN_PEEK": memory})
        self.assertEqual(status, 1)
        self.assertFalse(result["passed"])
        status, result, _ = self.check("--lookahead", env={"QUOIN_PEEK": memory})
        self.assertEqual(status, 1)

    def test_a_timer_between_the_last_bar_and_the_cut(self):
        """901 hours: the cuts do not fall on bars, and timers of the prefix lie behind its last bar."""
        path = self.r.write("y.csv", bars(market(random.Random(3), 901, 100.0),
                                          step=timedelta(hours=1)))
        self.r.load("--format", "ohlcv", "--bar", "1h", "--instrument", "Y.v", "--tick", "0.01",
                    "--lot", "1", "--quote", "USD", path)
        for seed in range(11, 15):
            self.r.config(strategy("strategy/chaos", f"seed = {seed};", instruments='"Y.v"',
                                   data='"bar:1h"'), data='"bar:1h"', instruments='"Y"')
            status, result, err = self.check("--lookahead")
            self.assertEqual(status, 0, (seed, result, err))

    def test_a_cut_before_the_first_bar_has_ended(self):
        r = self.r = Run()
        r.load("--format", "ohlcv", "--bar", "1d", "--instrument", "X.v", "--tick", "0.01", "--lot",
               "1", "--quote", "USD", r.write("x.csv", bars(market(random.Random(3), 3, 100.0))))
        r.config(strategy("strategy/buy_and_hold", ""))
        status, result, err = self.check("--lookahead")
        self.assertEqual((status, len(result["tests"])), (0, 6), err)

    def test_a_later_bar_changes_no_earlier_decision(self):
        """The prefix test from outside: other data behind a time, same fills before it."""
        self.r.config(strategy("strategy/chaos", "seed = 5;", data='"bar:1h"'), data='"bar:1h"')
        self.r.run()
        whole = self.r.table("fills.csv")
        self.r.run("--to", "2024-01-20")
        prefix = self.r.table("fills.csv")
        self.assertGreater(len(prefix), 20)
        self.assertEqual(whole[:len(prefix)], prefix)

    def test_mistakes_and_missing_things(self):
        self.r.config(strategy("strategy/sma_cros", "", data='"bar:1h"'), data='"bar:1h"')
        status, _, err = self.check()
        self.assertEqual(status, 2)
        self.assertIn("did you mean 'strategy/sma_cross'", err)
        self.r.config(strategy("strategy/sma_cross", "fast = 60;", data='"bar:1h"'), data='"bar:1h"')
        status, _, err = self.check()
        self.assertEqual(status, 2)
        self.assertIn("fast (60) must be below slow (50)", err)
        self.r.config(strategy("strategy/sma_cross", "", data='"trade"'), data='"bar:1h"')
        status, _, err = self.check()
        self.assertEqual(status, 4)
        self.assertIn("has no trade of X.v", err)


if __name__ == "__main__":
    unittest.main()
