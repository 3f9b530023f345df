# SPDX-License-Identifier: MIT
"""Venues that are replaced while a run goes on: the run whose venue was replaced is the run whose
venue was not, unless orders were lost or filled meanwhile, and then the books say so. A build that
does not start, or says what cannot be, is refused, and the one before serves again.

QUOIN_SCALE raises the number of deaths."""
import json
import os
import random
import shutil
import subprocess
import unittest
from datetime import timedelta

import runs
from support import BUILD, quoin

SCALE = int(os.environ.get("QUOIN_SCALE", "1"))
BUILDS = os.path.join(BUILD, "tests", "reload")
SIM = os.path.join(BUILD, "plugins", "venue", "sim.so")
BARS = 6000
KEYS = ("decision_hash", "ledger_hash")


def venue(name):
    return os.path.join(BUILDS, f"venue_{name}.so")


def reload(at, file):
    return f"{at} reload v refactor 0 0 {file}"


STRATEGIES = ", ".join((
    runs.strategy("strategy/sma_cross", 'fast = 3; slow = 9; qty = "1"; rule = "level"; '
                  'stop_loss = "0.01"; take_profit = "0.02";', data='"bar:1m"', id="sma"),
    runs.strategy(os.path.join(BUILDS, "counted_0.so"), f"bars = {BARS}; turn = 10; orders = true;",
                  data='"bar:1m"', id="c")))


class Venue(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = runs.Run()
        rng, close, rows = random.Random(9), 10000, []
        for _ in range(BARS):
            open_, close = close, max(500, close + rng.randint(-40, 40))
            rows.append((open_ / 100, (max(open_, close) + rng.randint(0, 9)) / 100,
                         (min(open_, close) - rng.randint(0, 9)) / 100, close / 100))
        csv = cls.run_.write("bars.csv", runs.bars(rows, step=timedelta(minutes=1)))
        cls.run_.load("--format", "ohlcv", "--instrument", "X.v", "--bar", "1m", "--tick", "0.01",
                      "--lot", "1", "--quote", "USD", csv)
        cls.store = cls.run_.path("store")
        os.environ["QUOIN_CACHE"] = cls.run_.path("cache")

    def setUp(self):
        self.config()

    def config(self, plugin=SIM, snapshot=500):
        path = self.run_.config(
            STRATEGIES, venue="taker_bps = 1.0;", data='"bar:1m"', balance="100000000",
            extra=f'store = {{ path = "{self.store}"; durability = "group"; '
                  f'snapshot_every = {snapshot}; }};')
        with open(path, encoding="utf-8") as f:
            text = f.read()
        self.run_.write("run.cfg", text.replace('"venue/sim"', f'"{plugin}"'))

    def drive(self, driver, *args, code=0):
        env = {**os.environ, "QUOIN_PLUGINS": os.path.join(BUILD, "plugins")}
        done = subprocess.run([os.path.join(BUILD, "tests", driver), self.run_.path("run.cfg"),
                               *args], env=env, text=True, capture_output=True, check=False)
        self.assertIn(done.returncode, (0, code), done.stderr + done.stdout)
        self.told = done.stderr
        return json.loads(done.stdout) if done.returncode == 0 else None

    def trade(self, *steps):
        """A run; it is equal to itself when it is replayed."""
        shutil.rmtree(self.store, ignore_errors=True)
        got = self.drive("again_driver", "trade", "0", *steps)
        told = self.told
        self.same(self.drive("again_driver", "replay", "0"), got, ("events", "plugins"))
        self.told = told
        return got

    def same(self, a, b, also=()):
        for key in (*KEYS, *also):
            self.assertEqual(a[key], b[key], (key, a, b))

    def records(self, *types):
        done = quoin("journal", "show", self.store, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return [r for r in json.loads(done.stdout) if r["type"] in types]

    def steps(self):
        return [(r["step"], r["code"]) for r in self.records("reload")]

    def plain(self):
        got = self.trade()
        self.assertIn("0 lost, 0 early, 0 late, 0 doubled", self.told)
        return got

    # ---- nothing has happened meanwhile

    def test_replaced_again_and_again(self):
        """With orders working, exits that are held and that work, and timers pending."""
        plain = self.plain()
        shutil.rmtree(self.store)
        count = 300 * SCALE
        got = self.drive("reload_driver", "v", "refactor", "0", "0", str(count), venue("plain"), SIM)
        self.same(got, plain)
        self.assertEqual((got["done"], got["refused"]), (count, 0), got["why"])
        self.assertLessEqual(got["modules"], 5)
        self.assertLess(got["pages"] - got["pages_at_tenth"], 200, "memory grows")
        self.assertIn("0 lost, 0 early, 0 late, 0 doubled", self.told)
        self.assertNotIn("differs from the books", self.told)
        print(f"proof: reloads: {count} of a venue in {BARS} events, decision hash and books as "
              "without")

    def test_a_warm_one_is_on_record_and_done_again(self):
        plain = self.plain()
        steps = [reload(at, (venue("plain"), SIM)[at % 2]) for at in range(301, 5500, 99)]
        got = self.trade(*steps)
        self.same(got, plain)
        self.assertEqual((got["done"], got["refused"]), (len(steps), 0), got["why"])
        self.assertEqual(got["plugins"]["v"][1], len(steps))
        # a command and three steps each, and nothing else
        self.assertEqual(got["events"], plain["events"] + 4 * len(steps))
        self.assertEqual(self.steps(), [("save", "QN_OK"), ("commit", "QN_OK"),
                                        ("keep", "QN_OK")] * len(steps))
        done = quoin("journal", "replay", self.store, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["decision_hash"], got["decision_hash"])

    def test_a_later_layout_and_no_way_back(self):
        plain = self.plain()
        got = self.trade(reload(1000, venue("state2")), reload(2000, venue("plain")))
        self.same(got, plain)
        self.assertEqual((got["done"], got["refused"]), (1, 1))
        self.assertRegex(got["why"], "QN_E_STATE.*layout 2")

    def test_the_file_that_it_came_from(self):
        plain = self.plain()
        self.config(venue("plain"))
        got = self.trade(reload(1000, venue("plain")))
        self.same(got, plain)
        self.assertEqual((got["done"], got["plugins"]["v"][1]), (1, 1), got["why"])

    # ---- builds that will not do

    def test_refused_before_the_old_one_is_stopped(self):
        plain = self.plain()
        bad = self.run_.write("bad.so", "no plugin")
        os.chmod(bad, 0o644)
        for file, word in ((venue("noload"), "QN_E_DAMAGED.*its state did not go over"),
                           (venue("noquery"), "QN_E_UNSUPPORTED.*cannot be asked"),
                           (bad, "QN_E_ELF_FORMAT"), (self.run_.path("nothing.so"), "NOT_FOUND"),
                           (os.path.join(BUILDS, "counted_0.so"), "has no class venue/sim")):
            got = self.trade(reload(1000, file))
            self.same(got, plain)
            self.assertEqual((got["done"], got["refused"]), (0, 1), (file, got["why"]))
            self.assertRegex(got["why"], word)
            self.assertEqual([s for s, _ in self.steps()], ["refuse"])

    def test_the_old_one_serves_again(self):
        """It did not start, or says what cannot be: no order is touched."""
        plain = self.plain()
        cases = {"nostart": "QN_E_IO.*does not start", "pushes": "pushes an event of type",
                 "failing": "QN_E_IO.*cannot say what became of orders",
                 "says1": "does not say what became of order", "says2": "more behind its end",
                 "says3": "a state that cannot be", "says4": "more of it was filled than was sent",
                 "says5": "filled as it cannot be", "says6": "what it was not asked for",
                 "says7": "the run has no such order there", "says8": "pushes an event of type"}
        for name, word in cases.items():
            got = self.trade(reload(1000, venue(name)), reload(1003, SIM))
            self.same(got, plain)
            self.assertEqual((got["done"], got["refused"]), (1, 1), (name, got["why"]))
            self.assertRegex(got["why"], word)
            self.assertEqual(self.steps()[:2], [("save", "QN_OK"),
                                                ("refuse", got["why"].split(":")[0])])
            self.assertEqual([s for s, _ in self.steps()[2:]], ["save", "commit", "keep"])

    def test_neither_serves(self):
        """Trading is halted. Another build gets a new chance, and is asked what became of orders."""
        self.config(venue("startsonce"))
        got = self.trade(reload(1000, venue("nostart")))
        self.assertEqual((got["done"], got["refused"]), (0, 1))
        self.assertRegex(got["why"], "this build does not start; nor does the build before it")
        fault = self.records("fault")
        self.assertEqual([(f["id"], f["reason"], f["action"]) for f in fault],
                         [("v", "stopped", "halt")])
        self.assertIn("nor does the build before it", fault[0]["why"])
        self.assertEqual([h["reason"] for h in self.records("halt")], ["FAULT"])
        self.assertEqual(self.steps(), [("save", "QN_OK"), ("refuse", "QN_E_IO")])
        unknown = [r for r in self.records("order") if r["state"] == "UNKNOWN"]
        self.assertTrue(unknown)
        after = [r for r in self.records("fill") if r["seq"] > fault[0]["seq"]]
        self.assertEqual(after, [])

        got = self.trade(reload(1000, venue("nostart")), reload(1500, venue("failing")),
                         reload(2000, SIM))
        self.assertEqual((got["done"], got["refused"]), (1, 2), got["why"])
        self.assertEqual(self.steps(), [("save", "QN_OK"), ("refuse", "QN_E_IO"),
                                        ("refuse", "QN_E_IO"), ("commit", "QN_OK"),
                                        ("keep", "QN_OK")])
        gone = [r for r in self.records("order") if r["reason"] == "NOT_AT_VENUE"]
        self.assertEqual({r["order_id"] for r in gone}, {r["order_id"] for r in unknown})

    # ---- what has happened meanwhile

    def test_lost_with_its_state(self):
        """Of builds that save nothing a new one has got no order: all of them are booked as gone, at
        once and before anybody can answer, and trading goes on with new ones."""
        self.config(venue("blank"))
        for file in (venue("blank"), SIM):
            got = self.trade(reload(3000, file))
            self.assertEqual((got["done"], got["refused"]), (1, 0), got["why"])
            keep = next(r["seq"] for r in self.records("reload") if r["step"] == "keep")
            gone = [r for r in self.records("order") if r["reason"] == "NOT_AT_VENUE"]
            self.assertGreaterEqual(len(gone), 2)
            self.assertEqual({r["state"] for r in gone}, {"CANCELED"})
            self.assertEqual([r["seq"] for r in gone],
                             list(range(keep + 1, keep + 1 + len(gone))))
            self.assertIn(f"{len(gone)} events are booked", self.told)
            self.assertTrue([r for r in self.records("fill") if r["seq"] > keep])

    def test_a_state_is_not_left_behind(self):
        plain = self.plain()
        got = self.trade(reload(3000, venue("blank")))
        self.same(got, plain)
        self.assertRegex(got["why"], "QN_E_STATE.*the build at work has layout 1")

    def test_an_order_that_was_forgotten(self):
        """The others are as they were."""
        got = self.trade(*[reload(at, venue("forgets")) for at in range(500, 5500, 250)])
        self.assertEqual(got["refused"], 0, got["why"])
        gone = [r for r in self.records("order") if r["reason"] == "NOT_AT_VENUE"]
        self.assertTrue(gone)
        self.assertEqual({r["state"] for r in gone}, {"CANCELED"})
        self.assertNotIn("a report that does not fit", self.told)

    def test_filled_meanwhile(self):
        """Fills are booked, and what followed from them."""
        plain = self.plain()
        got = self.trade(*[reload(at, venue("filled")) for at in range(500, 5500, 250)])
        self.assertEqual(got["refused"], 0, got["why"])
        self.assertNotEqual(got["ledger_hash"], plain["ledger_hash"])
        keeps = {r["seq"] for r in self.records("reload") if r["step"] == "keep"}
        fills = [r for r in self.records("fill") if r["seq"] - 1 in keeps]
        self.assertTrue(fills)
        self.assertIn("differs from the books", self.told)
        self.assertNotIn("filled beyond its quantity", self.told)

    def test_a_request_without_an_answer(self):
        """An order that the old one did not answer works at the new one; a cancel that it did not
        answer was one."""
        self.config(venue("mute"))
        got = self.trade(reload(1000, SIM))
        self.assertEqual(got["done"], 1, got["why"])
        keep = next(r["seq"] for r in self.records("reload") if r["step"] == "keep")
        asked = {r["order_id"] for r in self.records("request") if r["seq"] < keep}
        at, states = keep, {}
        for r in self.records("order"):
            if r["seq"] == at + 1:
                at = r["seq"]
                states.setdefault(r["state"], set()).add(r["order_id"])
        self.assertTrue(asked)
        self.assertTrue(asked <= states["CANCELED"], (asked, states))
        self.assertTrue(states["ACCEPTED"] - asked, states)

    # ---- a host that dies

    STEPS = [reload(1000, venue("plain")), reload(2200, venue("filled")),
             reload(3100, venue("nostart")), reload(4000, venue("forgets")), reload(5000, SIM)]

    def deaths(self, snapshot, seed, cases):
        self.config(snapshot=snapshot)
        whole = self.trade(*self.STEPS)
        self.assertEqual((whole["done"], whole["refused"]), (4, 1), whole["why"])
        rng = random.Random(seed)
        around = [r["seq"] for r in self.records("reload")]
        for case in range(cases):
            near = rng.choice(around) + rng.randint(-1, 2)
            kills = sorted({rng.randint(1, whole["events"] - 1),
                            near if case % 2 else rng.randint(1, whole["events"] - 1)})
            shutil.rmtree(self.store)
            self.assertIsNone(self.drive("again_driver", "trade", str(kills[0]), *self.STEPS, code=-9))
            for at in [*kills[1:], 0]:
                got = self.drive("again_driver", "resume", str(at), *self.STEPS, code=-9)
                if got:
                    break
            self.same(self.drive("again_driver", "replay", "0"), got, ("events",))
            if ("refuse", "QN_E_CANCELED") not in self.steps():
                self.same(got, whole, ("plugins",))

    def test_killed_between_stop_and_start(self):
        """The resume gives the new build up: the old one is started anew, and asked."""
        self.config(venue("blank"))
        shutil.rmtree(self.store, ignore_errors=True)
        self.assertIsNone(self.drive("again_driver", "trade", "0", reload(3000, venue("dies")),
                                     code=-9))
        self.assertEqual(self.steps(), [("save", "QN_OK")])
        got = self.drive("again_driver", "resume", "0")
        self.same(self.drive("again_driver", "replay", "0"), got, ("events", "plugins"))
        self.assertEqual(self.steps(), [("save", "QN_OK"), ("refuse", "QN_E_CANCELED")])
        self.assertTrue([r for r in self.records("order") if r["reason"] == "NOT_AT_VENUE"])

    def test_killed_and_resumed_from_a_snapshot(self):
        self.deaths(500, 21, 12 * SCALE)

    def test_killed_and_resumed_from_its_start(self):
        self.deaths(0, 22, 6 * SCALE)


if __name__ == "__main__":
    unittest.main()
