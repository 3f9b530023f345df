# SPDX-License-Identifier: MIT
"""Builds of plugins that are replaced while a run goes on: the run that has reloads is the run that
has none, and a build that will not do leaves no trace.

QUOIN_SCALE raises the number of reloads."""
import json
import os
import random
import subprocess
import unittest
from datetime import timedelta

import runs
from support import BUILD, quoin

SCALE = int(os.environ.get("QUOIN_SCALE", "1"))
DRIVER = os.path.join(BUILD, "tests", "reload_driver")
BUILDS = os.path.join(BUILD, "tests", "reload")
BARS = 30000
SMA = [os.path.join(BUILDS, f"sma_{n}.so") for n in range(16)]


def version(name):
    return os.path.join(BUILDS, f"version_{name}.so")


def sma(more=""):
    return runs.strategy("strategy/sma_cross",
                         f'fast = 3; slow = 9; qty = "1"; rule = "level"; {more}',
                         data='"bar:1m"', id="sma")


def at_work(name):
    """The strategy in this build, whatever others are called the same."""
    return runs.strategy(version(name), data='"bar:1m"', id="v")


class Reload(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = runs.Run()
        rng, close, rows = random.Random(5), 10000, []
        for _ in range(BARS):
            open_, close = close, max(500, close + rng.randint(-40, 40))
            rows.append((open_ / 100, (max(open_, close) + rng.randint(0, 9)) / 100,
                         (min(open_, close) - rng.randint(0, 9)) / 100, close / 100))
        csv = cls.run_.write("bars.csv", runs.bars(rows, step=timedelta(minutes=1)))
        cls.run_.load("--format", "ohlcv", "--instrument", "X.v", "--bar", "1m", "--tick", "0.01",
                      "--lot", "1", "--quote", "USD", csv)

    def config(self, strategies, extra=""):
        return self.run_.config(strategies, venue="taker_bps = 1.0;", data='"bar:1m"',
                                balance="100000000", extra=extra)

    def plain(self):
        """The same run without a reload."""
        return self.run_.run()

    def drive(self, ident, mode, shadow, probation, count, *files):
        env = {**os.environ, "QUOIN_PLUGINS": os.path.join(BUILD, "plugins")}
        done = subprocess.run([DRIVER, self.run_.path("run.cfg"), ident, mode, str(shadow),
                               str(probation), str(count), *files], env=env, text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout), done.stderr

    def same(self, got, plain):
        self.assertEqual(got["decision_hash"], plain["decision_hash"])
        self.assertEqual(got["ledger_hash"], plain["ledger_hash"])
        self.assertEqual(got["market"], plain["data"]["events"])

    # ---- builds that do the same

    def test_torture(self):
        count = 300 * SCALE
        self.config(sma('stop_loss = "0.01"; take_profit = "0.02";'))
        plain = self.plain()
        self.assertGreater(plain["fills"]["count"], 1000)
        for mode in ("refactor", "tune", "force"):
            got, told = self.drive("sma", mode, 20, 20, count, *SMA)
            self.same(got, plain)
            self.assertEqual((got["done"], got["refused"], told), (count, 0, ""), got["why"])
            self.assertLessEqual(got["modules"], 3)
            self.assertLess(got["pages"] - got["pages_at_tenth"], 200, "memory grows")
        print(f"proof: reloads: {3 * count} of a strategy in {BARS} events, 16 builds, hash and "
              "books as without")

    def test_orders_and_timers(self):
        self.config(at_work("plain"))
        plain = self.plain()
        got, _ = self.drive("v", "refactor", 7, 7, 200, version("plain"), version("state2"))
        self.same(got, plain)
        # from layout 2 on, the build that knows layout 1 alone is refused each time
        self.assertEqual((got["done"], got["refused"]), (101, 99), got["why"])
        self.assertIn("QN_E_STATE", got["why"])

    def test_without_shadow_and_probation(self):
        self.config(sma())
        got, _ = self.drive("sma", "force", 0, 0, 200, *SMA)
        self.same(got, self.plain())
        self.assertEqual(got["done"], 200)

    def test_questions_between_orders(self):
        """What a build asks behind an order that it sent is answered as the other one was."""
        self.config(at_work("double"))
        got, _ = self.drive("v", "refactor", 50, 50, 20, version("double"))
        self.same(got, self.plain())
        self.assertEqual(got["done"], 20, got["why"])

    def test_all_kinds(self):
        extra = '''
models = ( { id = "vol"; plugin = "model/volatility"; instruments = [ "X.v" ]; data = [ "bar:1m" ]; } );
optimizer = { plugin = "optimizer/inverse_volatility"; rebalance = "30m";
              params = { period = "1m"; lookback = 20; }; };
risk = ( { id = "limits"; plugin = "risk/limits"; params = { max_gross = 0.6;
           max_order_notional = "30000000"; max_orders = 12; per = "1m"; }; } );
execution = { plugin = "execution/twap"; params = { duration = "4m"; slices = 4; }; };
'''
        trend = ('{ id = "trend"; plugin = "strategy/trend_following"; route = "portfolio"; '
                 'instruments = [ "X.v" ]; data = [ "bar:1m" ]; '
                 'params = { fast = 5; slow = 15; volatility = "vol.ewma"; }; }')
        self.config(trend, extra)
        plain = self.plain()
        self.assertGreater(plain["fills"]["count"], 500)
        for ident in ("vol", "trend", "optimizer", "limits", "execution"):
            got, told = self.drive(ident, "refactor", 20, 20, 60, "")
            self.same(got, plain)
            self.assertEqual((got["done"], got["refused"]), (60, 0), (ident, got["why"], told))
            self.assertNotIn("is at work again", told)

    # ---- builds that do not

    def test_no_trace_of_what_is_refused(self):
        self.config(at_work("plain"))
        plain = self.plain()
        bad = self.run_.write("bad.so", "no plugin")
        os.chmod(bad, 0o644)
        cases = (
            (version("other"), "refactor", "QN_E_DIVERGED"),
            (version("later"), "refactor", "QN_E_DIVERGED"),
            (version("fails"), "tune", "QN_E_INTERNAL"),
            (version("garbles"), "tune", "QN_E_INTENT_VALUE"),
            (version("noload"), "force", "QN_E_DAMAGED"),
            (version("only2"), "force", "QN_E_STATE"),
            (version("extra"), "force", "extra"),
            (SMA[0], "force", "has no class strategy/version"),
            (bad, "force", "QN_E_ELF_FORMAT"),
            (self.run_.path("nothing.so"), "force", "QN_E_NOT_FOUND"),
        )
        for file, mode, word in cases:
            got, _ = self.drive("v", mode, 2000, 2000, 1, file)
            self.same(got, plain)
            self.assertEqual((got["done"], got["refused"]), (0, 1), (file, got["why"]))
            self.assertIn(word, got["why"])

    def test_a_state_that_is_cut_is_refused(self):
        """The build at work saves a part of its state: whoever would take over says so."""
        self.config(at_work("cut"))
        plain = self.plain()
        for mode in ("refactor", "tune", "force"):
            got, _ = self.drive("v", mode, 10, 10, 5, version("plain"), version("state2"))
            self.same(got, plain)
            self.assertEqual((got["done"], got["refused"]), (0, 5))
            self.assertRegex(got["why"], "QN_E_DAMAGED.*the state is cut short")

    def test_a_later_layout_and_back(self):
        """Layout 1 is taken over by a build of layout 2, and no build of layout 1 takes over then."""
        self.config(at_work("plain"))
        plain = self.plain()
        for mode in ("refactor", "tune", "force"):
            got, told = self.drive("v", mode, 10, 10, 1, version("state2"))
            self.same(got, plain)
            self.assertEqual((got["done"], told), (1, ""))
            got, told = self.drive("v", mode, 10, 10, 2, version("state2"), version("plain"))
            self.same(got, plain)
            self.assertEqual((got["done"], got["refused"]), (1, 1))
            self.assertIn("QN_E_STATE", got["why"])

    def test_rolled_back_on_probation(self):
        """It differs, or fails, only after it was put to work: a refactor leaves no trace."""
        self.config(at_work("plain"))
        plain = self.plain()
        got, told = self.drive("v", "refactor", 10, 5000, 1, version("later"))
        self.same(got, plain)
        self.assertEqual(got["done"], 1)
        self.assertIn("is at work again", told)
        self.assertIn("QN_E_DIVERGED", told)
        got, told = self.drive("v", "tune", 10, 5000, 1, version("fails"))
        self.assertIn("QN_E_INTERNAL", told)

    def test_another_way_of_trading_is_taken_by_force(self):
        self.config(at_work("plain"))
        plain = self.plain()
        for mode in ("tune", "force"):
            got, _ = self.drive("v", mode, 10, 10, 1, version("other"))
            self.assertEqual((got["done"], got["refused"]), (1, 0), got["why"])
            self.assertNotEqual(got["decision_hash"], plain["decision_hash"])

    def test_who_cannot_be_reloaded(self):
        self.config(sma())
        plain = self.plain()
        got, _ = self.drive("nobody", "force", 0, 0, 1, "")
        self.same(got, plain)
        self.assertIn("QN_E_UNKNOWN_NAME", got["why"])


if __name__ == "__main__":
    unittest.main()
