# SPDX-License-Identifier: MIT
"""Reload torture: a strategy that counts its events is replaced again and again while a backtest
runs. No event is lost, early, late or doubled, decisions and books are those of the run without a
reload, and memory does not grow.

QUOIN_SCALE raises the number of events and reloads: 10 = 5.2 million events, 10,000 reloads."""
import json
import os
import re
import subprocess
import unittest

import runs
from support import BUILD, quoin

SCALE = int(os.environ.get("QUOIN_SCALE", "1"))
DAYS = 360
STEPS = 200  # events beside the old build, and again on probation
DRIVER = os.path.join(BUILD, "tests", "reload_driver")
BUILDS = [os.path.join(BUILD, "tests", "reload", f"counted_{n}.so") for n in range(16)]
GROWTH = 100  # pages over the last nine tenths of the reloads


class Torture(unittest.TestCase):
    def torture(self, days, count, params="", mode="refactor"):
        run = runs.Run()
        done = quoin("data", "synth", "--into", run.catalog, "--days", str(days), "--types",
                     "bar:1m", "--volatility", "0.1", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        bars = days * 24 * 60
        strategy = runs.strategy(BUILDS[0], f"bars = {bars}; turn = 10; {params}",
                                 instruments='"BTCUSDT.synthetic"', data='"bar:1m"', id="counted")
        path = run.config(strategy, venue="taker_bps = 1.0;", instruments='"BTCUSDT"',
                          data='"bar:1m"', currency="USDT", balance="100000000")
        with open(path, encoding="utf-8") as f:
            run.write("run.cfg", f.read().replace('id = "v";', 'id = "synthetic";'))
        plain = run.run()
        self.assertEqual(plain["data"]["events"], bars)
        self.assertGreater(plain["fills"]["count"], bars // 10 - 2)
        done = subprocess.run(
            [DRIVER, run.path("run.cfg"), "counted", mode, str(STEPS), str(STEPS), str(count), *BUILDS], env={**os.environ, "QUOIN_PLUGINS": os.path.join(BUILD, "plugins")},
            text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        got = json.loads(done.stdout)
        told = re.findall(r"counted (\d+) bars, (\d+) timers, (\d+) reports of (\d+) orders: "
                          r"(\d+) lost, (\d+) early, (\d+) late, (\d+) doubled", done.stderr)
        self.assertTrue(told, done.stderr)
        for line in told:
            self.assertEqual((int(line[0]), line[4:]), (bars, ("0",) * 4), done.stderr)
        self.assertEqual((got["done"], got["refused"]), (count, 0), got["why"])
        self.assertNotIn("is at work again", done.stderr)  # none was taken back on probation
        self.assertEqual(got["decision_hash"], plain["decision_hash"])
        self.assertEqual(got["ledger_hash"], plain["ledger_hash"])
        self.assertEqual(got["market"], bars)
        self.assertLessEqual(got["modules"], 3)
        self.assertLess(got["pages"] - got["pages_at_tenth"], GROWTH, "memory grows")
        words = f"{count} in {bars} events, 16 builds: 0 lost, 0 early, 0 late, 0 doubled; " \
                "decisions and books as without"
        return words, told[0], got

    def test_events(self):
        words, _, got = self.torture(DAYS * SCALE, 1000 * SCALE)
        print(f"proof: reload torture: {words}; {got['pages_at_tenth']} pages after a tenth, "
              f"{got['pages']} at the end; events waited {got['pause_p50_ns'] // 1000} us (p50), "
              f"{got['pause_p99_ns'] // 1000} us (p99)")

    def test_orders_and_timers(self):
        """Orders are the host's, and so are timers: what works and waits outlives a build."""
        bars = 30 * SCALE * 24 * 60
        for mode in ("refactor", "force"):  # by force nobody but the strategy itself compares
            words, (_, timers, reports, orders, *_), _ = self.torture(30 * SCALE, 100 * SCALE,
                                                                      "orders = true;", mode)
            self.assertGreater(int(timers), bars - 4)
            self.assertEqual(int(orders), bars // 10 + bars // 7 + 1)
        print(f"proof: reload torture at work: {words}; {timers} timers, {orders} orders, "
              f"{reports} reports")


if __name__ == "__main__":
    unittest.main()
