# SPDX-License-Identifier: MIT
"""The benchmark workload: a million generated bars, and the five million trades they come
from. Both must give the same, known books. Skipped where the generator is not at hand."""
import json
import os
import subprocess
import tempfile
import unittest

from runs import Run, quoin, strategy

GENERATOR = next((p for p in (os.path.join(root, "bench", "gen.c") for root in (
    os.environ.get("QUOIN_SHARED", ""), os.path.join(os.environ["QUOIN_SOURCE"], "..", "shared")))
    if os.path.exists(p)), None)


class Workload(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keep = tempfile.TemporaryDirectory(prefix="quoin-workload-")
        gen = os.path.join(cls.keep.name, "gen")
        subprocess.run(["cc", "-O2", "-o", gen, GENERATOR], check=True)
        subprocess.run([gen, cls.keep.name], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.keep.cleanup()

    def result(self, fmt, name, *args):
        r = Run()
        r.load("--format", fmt, "--instrument", "X.v", "--tick", "0.25", "--lot", "0.001",
               "--quote", "USDT", *args, os.path.join(self.keep.name, name))
        r.config(strategy("strategy/sma_cross",
                          'fast = 10; slow = 50; qty = "1"; mode = "long_flat"; rule = "level";',
                          data='"bar:1m"'), venue="taker_bps = 4.0;", data='"bar:1m"',
                 currency="USDT", balance="1000000")
        done = quoin("run", r.path("run.cfg"), "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_bars_and_trades_give_the_same_exact_books(self):
        bars = self.result("ohlcv", "bars_1m.csv", "--bar", "1m")
        trades = self.result("trades", "trades_5m.csv")
        for result in (bars, trades):
            account = result["accounts"][0]
            self.assertEqual(result["fills"]["count"], 27356)
            self.assertEqual(account["fees"], "415867.5168")
            self.assertEqual(account["equity"], "593592.4832")
            self.assertEqual(account["realized_pnl"], "9460")
            self.assertEqual(result["performance"]["trades"], 13678)
            self.assertLess(result["engine"]["allocations_hot"], 16)
        self.assertEqual(bars["decision_hash"], trades["decision_hash"])
        if "asan" not in os.environ["QUOIN_BUILD"] and "tsan" not in os.environ["QUOIN_BUILD"]:
            self.assertLess(trades["engine"]["max_rss_bytes"], 32 << 20)


if __name__ == "__main__":
    if GENERATOR:
        unittest.main()
    print("skipped: no workload generator beside the repository")
