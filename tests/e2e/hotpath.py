# SPDX-License-Identifier: MIT
"""An event costs no system call and no allocation: a run of forty times as many bars makes as
many of both as the short one. What is counted is calls, not time, so the machine's load does not
matter."""
import os
import random
import subprocess
import unittest

from runs import BUILD, Run, bars, strategy
from support import QUOIN
from datetime import timedelta

COUNT_CALLS = os.path.join(BUILD, "tests", "count_calls")
COUNT_ALLOCATIONS = os.path.join(BUILD, "tests", "count_allocations.so")
NOT_ALLOWED = 77

# Bars of one month lie in one file. Both runs trade, and often enough to close as many orders as
# the host keeps; what it takes for them it takes once.
SHORT, LONG = 10000, 44000
# The tape is mapped whole and given back in steps, the heap grows in steps.
STEPS = 16


def walk(n):
    """Prices that trade: a random walk of ticks, always the same one."""
    rng = random.Random(7)
    price = 10000
    rows = []
    for _ in range(n):
        o = price
        price = max(100, price + rng.choice((-25, -5, 0, 5, 25)))
        rows.append((o / 100, max(o, price) / 100, min(o, price) / 100, price / 100))
    return rows


class HotPath(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.short = cls.prepared(SHORT)
        cls.long = cls.prepared(LONG)

    @classmethod
    def prepared(cls, n):
        r = Run()
        csv = r.write("bars.csv", bars(walk(n), step=timedelta(minutes=1)))
        r.load("--format", "ohlcv", "--bar", "1m", "--instrument", "X.v", "--tick", "0.01",
               "--lot", "1", "--quote", "USD", csv)
        r.config(strategy("strategy/sma_cross", 'fast = 2; slow = 3; qty = "1";',
                          data='"bar:1m"'), data='"bar:1m"', venue="taker_bps = 1.0;")
        # compiled caches and the like are made by the first run
        subprocess.run([QUOIN, "run", r.path("run.cfg"), "--json"], check=True,
                       capture_output=True)
        return r

    def counted(self, run, argv=(), env=None):
        out = run.path("count")
        done = subprocess.run([*argv, QUOIN, "run", run.path("run.cfg"), "--json"],
                              capture_output=True, text=True,
                              env={**os.environ, **(env or {}), "QUOIN_COUNT_OUT": out})
        if done.returncode == NOT_ALLOWED:
            self.skipTest("tracing is not allowed here")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(out, encoding="ascii") as f:
            return int(f.read())

    def test_system_calls_do_not_grow_with_the_data(self):
        short, long = (self.counted(r, [COUNT_CALLS, r.path("count")])
                       for r in (self.short, self.long))
        self.assertGreater(short, 50)
        self.assertLessEqual(long - short, STEPS)

    def test_allocations_do_not_grow_with_the_data(self):
        short, long = (self.counted(r, env={"LD_PRELOAD": COUNT_ALLOCATIONS})
                       for r in (self.short, self.long))
        self.assertGreater(short, 50)
        self.assertLessEqual(long - short, STEPS)

    def test_the_runs_trade(self):
        orders = [r.run()["orders"]["filled"] for r in (self.short, self.long)]
        self.assertGreater(orders[0], 2000)
        self.assertGreater(orders[1], 3 * orders[0])


if __name__ == "__main__":
    if os.path.exists(COUNT_CALLS):
        unittest.main()
    print("skipped: a sanitizer makes system calls and allocations of its own")
