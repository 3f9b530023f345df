# SPDX-License-Identifier: MIT
"""A run in which builds were replaced, and parameters set, is done again: it takes the same steps at
the same events. So it is equal to itself when it is replayed, and when the process was killed, at
any record, and the run was resumed from a snapshot or from its start.

QUOIN_SCALE raises the number of deaths."""
import hashlib
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
DRIVER = os.path.join(BUILD, "tests", "again_driver")
BUILDS = os.path.join(BUILD, "tests", "reload")
BARS = 6000


def version(name):
    return os.path.join(BUILDS, f"version_{name}.so")


def reload(at, name, mode="tune", shadow=20, probation=50):
    return f"{at} reload v {mode} {shadow} {probation} {version(name)}"


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def put(at, text, id="v"):
    return f"{at} set {id} {text}"


TUNED = [reload(1000, "other", "tune", 200, 200), reload(2500, "later", "force"),
         reload(4000, "state2", "tune", 0, 0)]


class Again(unittest.TestCase):
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

    def setUp(self):
        self.store = self.run_.path("store")
        self.beside = ""
        self.cache = os.environ["QUOIN_CACHE"] = self.run_.path("cache")
        self.config()

    def config(self, snapshot=500, extra="", file=version("plain")):
        self.run_.config(runs.strategy(file, data='"bar:1m"', id="v") + self.beside, strikes=3,
                         venue="taker_bps = 1.0;", data='"bar:1m"', balance="100000000",
                         extra=f'store = {{ path = "{self.store}"; durability = "group"; '
                               f'snapshot_every = {snapshot}; }};' + extra)

    def drive(self, how, steps, kill=0, code=0):
        env = {**os.environ, "QUOIN_PLUGINS": os.path.join(BUILD, "plugins")}
        done = subprocess.run([DRIVER, self.run_.path("run.cfg"), how, str(kill), *steps], env=env,
                              text=True, capture_output=True, check=False)
        self.assertIn(done.returncode, (0, code), done.stderr + done.stdout)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def whole(self, steps):
        """The run that nobody killed. It is equal to itself when it is replayed."""
        shutil.rmtree(self.store, ignore_errors=True)
        got = self.drive("trade", steps)
        self.same(self.drive("replay", []), got)
        return got

    def same(self, a, b):
        for key in ("decision_hash", "ledger_hash", "events", "plugins", "tainted", "faults"):
            self.assertEqual(a[key], b[key], (key, a, b))

    def records(self, *types):
        done = quoin("journal", "show", self.store, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return [r for r in json.loads(done.stdout) if r["type"] in types]

    def deaths(self, steps, snapshot, seed, cases):
        """Kills the run at any records. Returns how often a reload was under way."""
        self.config(snapshot)
        whole = self.whole(steps)
        self.assertEqual(whole["snapshots"] > 0, snapshot > 0)
        rng = random.Random(seed)
        given_up = 0
        for _ in range(cases):
            kills = sorted(rng.sample(range(1, whole["events"]), rng.randint(1, 3)))
            shutil.rmtree(self.store)
            self.assertIsNone(self.drive("trade", steps, kills[0], -9))
            for at in [*kills[1:], 0]:  # one that gave a reload up may end before it is killed
                got = self.drive("resume", steps, at, -9)
                if got:
                    break
            self.same(self.drive("replay", []), got)
            canceled = [r for r in self.records("reload") if r["code"] == "QN_E_CANCELED"]
            given_up += len(canceled)
            self.assertLessEqual({r["step"] for r in canceled}, {"refuse", "rollback"})
            if not canceled:
                self.same(got, whole)
        return given_up

    def test_an_order_that_answers_a_fill(self):
        """It stands before the bar that filled, and is of its market time: in the books, too."""
        self.config(file=version("chases"))
        whole = self.whole([])
        for eighths in range(2, 8):  # not all of them come behind a snapshot that is on disk
            shutil.rmtree(self.store)
            self.assertIsNone(self.drive("trade", [], whole["events"] * eighths // 8, -9))
            self.same(self.drive("resume", []), whole)

    # ---- builds

    def test_a_replay_takes_the_same_builds(self):
        plain = self.whole([])
        got = self.whole(TUNED)
        self.assertEqual(got["done"], 3, got["why"])
        self.assertEqual(got["plugins"]["v"][1], 3)
        self.assertNotEqual(got["decision_hash"], plain["decision_hash"])
        self.assertNotEqual(got["plugins"]["v"][0], plain["plugins"]["v"][0])
        done = quoin("journal", "replay", self.store, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["decision_hash"], got["decision_hash"])

    def test_all_that_can_become_of_one(self):
        steps = [reload(250, "later", "refactor", 5, 5000), reload(500, "other", "refactor"),
                 reload(1000, "noload", "force"), reload(1500, "nothing"),
                 reload(2000, "later", "refactor"), reload(2800, "fails"),
                 reload(3900, "state2", "refactor", 3, 3)]
        got = self.whole(steps)
        became = []
        for r in self.records("reload"):
            if not became or became[-1][-1][0] not in ("save", "shadow", "commit"):
                became.append([])
            became[-1].append((r["step"], r["code"]))
        begun = [("save", "QN_OK"), ("shadow", "QN_OK")]
        self.assertEqual(became, [
            [*begun, ("commit", "QN_OK"), ("rollback", "QN_E_DIVERGED")],
            [*begun, ("refuse", "QN_E_DIVERGED")],
            [("save", "QN_OK"), ("refuse", "QN_E_DAMAGED")],
            [("refuse", "QN_E_NOT_FOUND")],
            # it asks what the one at work did not: it takes over between two events
            [("save", "QN_OK"), *begun, ("refuse", "QN_E_DIVERGED")],
            [("save", "QN_OK"), ("refuse", "QN_E_INTERNAL")],
            [*begun, ("commit", "QN_OK"), ("keep", "QN_OK")]])
        self.assertEqual(got["plugins"]["v"][1], 3)
        self.assertEqual(got["decision_hash"], self.whole([])["decision_hash"])

    # ---- parameters

    SET = [put(700, "lots=3"), put(1600, "lots=0"), put(3000, "lots=2"), put(3000, "lots=5"),
           put(4800, "lots=1")]

    def test_a_replay_sets_the_same(self):
        plain = self.whole([])
        got = self.whole(self.SET)
        self.assertEqual((got["done"], got["refused"]), (4, 1), got["why"])
        self.assertIn("QN_E_RANGE", got["why"])
        self.assertNotEqual(got["decision_hash"], plain["decision_hash"])
        # what is set to what it is changes nothing: the state went over as it was
        same = self.whole([put(at, "lots=1") for at in range(5, BARS, 97)])
        self.assertEqual(same["done"], len(range(5, BARS, 97)))
        self.assertEqual(same["decision_hash"], plain["decision_hash"])
        self.assertEqual(same["ledger_hash"], plain["ledger_hash"])

    def test_a_build_that_comes_later_keeps_it(self):
        """In any order, and whatever becomes of the reload."""
        plain = self.whole([put(900, "lots=3")])
        for steps in ([put(900, "lots=3"), reload(1000, "plain", "refactor", 0, 0)],
                      [reload(100, "plain", "refactor", 5, 5), put(900, "lots=3")],
                      [put(900, "lots=3"), reload(1000, "plain", "refactor", 5, 5),
                       reload(2000, "noload", "force")]):
            got = self.whole(steps)
            self.assertEqual(got["decision_hash"], plain["decision_hash"], got["why"])
        # while it is under way it is refused
        got = self.whole([reload(100, "plain", "refactor", 5, 2000), put(900, "lots=3")])
        self.assertIn("a reload of v is under way", got["why"])
        self.assertEqual(got["decision_hash"], self.whole([])["decision_hash"])

    def test_set_killed_and_resumed_from_a_snapshot(self):
        """Beside reloads, which take over what was set."""
        self.deaths([*self.SET, reload(2200, "state2", "tune", 10, 10),
                     reload(4000, "other", "tune", 50, 50)], 500, 13, 10 * SCALE)

    def test_set_killed_and_resumed_from_its_start(self):
        self.deaths([*self.SET, reload(4000, "other", "tune", 50, 50)], 0, 14, 5 * SCALE)

    def test_killed_and_resumed_from_a_snapshot(self):
        given_up = self.deaths(TUNED, 500, 11, 12 * SCALE)
        print(f"proof: runs with reloads killed and resumed from snapshots: {12 * SCALE}, "
              f"a reload given up {given_up} times")

    def test_killed_and_resumed_from_its_start(self):
        self.deaths(TUNED, 0, 12, 6 * SCALE)

    def test_killed_while_one_is_under_way(self):
        """It is given up: the first new record of the resume says so."""
        for shadow, probation, step in ((3000, 0, "refuse"), (5, 3000, "rollback")):
            steps = [reload(1000, "other", "tune", shadow, probation)]
            shutil.rmtree(self.store, ignore_errors=True)
            self.assertIsNone(self.drive("trade", steps, 3000, -9))
            last = self.records("reload", "output", "order", "fill", "submit", "timer")[-1]["seq"]
            got = self.drive("resume", steps)
            self.same(self.drive("replay", []), got)
            ends = [r for r in self.records("reload") if r["step"] == step]
            self.assertEqual([r["code"] for r in ends], ["QN_E_CANCELED"])
            self.assertGreater(ends[0]["seq"], last)
            after = [r for r in self.records("output", "order", "fill", "timer") if r["seq"] > last]
            self.assertLess(ends[0]["seq"], after[0]["seq"])
            self.assertEqual(got["plugins"]["v"][1], 2 if step == "rollback" else 0)

    def test_no_snapshot_while_one_is_under_way(self):
        often = self.whole([])["snapshots"]
        seldom = self.whole([reload(1000, "plain", "refactor", 2000, 2000)])["snapshots"]
        self.assertGreaterEqual(often - seldom, 4)
        self.assertGreater(seldom, 1)

    # ---- a plugin that was taken out

    def test_killed_when_a_plugin_is_out(self):
        """Its seat is empty in the snapshots behind that, what followed from it is on record, and it
        is not called again; a build that comes later is in them."""
        for on_fault in ("hold", "flatten"):
            bad = runs.strategy("strategy/liar", "at = 300; trades = true;", data='"bar:1m"', id="bad")
            self.beside = ", " + bad.replace("params", f'on_fault = "{on_fault}"; params')
            self.deaths([], 200, 15, 6 * SCALE)
            faults = self.records("fault")
            self.assertEqual([(f["id"], f["reason"], f["action"]) for f in faults],
                             [("bad", "strikes", on_fault)])
            qty = sum(int(r["qty"]) * (1 if r["side"] == "buy" else -1)
                      for r in self.records("fill") if r["order_id"].startswith("bad-"))
            self.assertEqual(qty != 0, on_fault == "hold")
        self.deaths([f"1500 reload bad force 0 0 {self.other_liar()}"], 200, 16, 6 * SCALE)
        self.assertEqual([f["id"] for f in self.records("fault")], ["bad", "bad"])

    def other_liar(self):
        """Another build: a byte behind the end of the file."""
        path = self.run_.path("other_liar.so")
        with open(os.path.join(runs.TEST_PLUGINS, "strategy", "liar.so"), "rb") as f:
            data = f.read()
        with open(path, "wb") as f:
            f.write(data + b"x")
        return path

    # ---- the file that the config names

    def own_file(self, snapshot=500):
        """The config names a file that the test may overwrite."""
        file = self.run_.path("own.so")
        self.install("plain")
        self.config(snapshot, file=file)
        return file

    def install(self, name):
        new = self.run_.path("new.so")
        shutil.copyfile(version(name), new)
        os.chmod(new, 0o755)
        os.rename(new, self.run_.path("own.so"))

    def test_a_file_that_holds_another_build_by_now(self):
        """A run is done again, and goes on, with the build that it was begun with."""
        for snapshot in (0, 500):
            self.own_file(snapshot)
            for steps in ([], TUNED):
                self.install("plain")
                whole = self.whole(steps)
                self.install("state2")
                self.same(self.drive("replay", []), whole)
                shutil.rmtree(self.store)
                self.install("plain")
                self.assertIsNone(self.drive("trade", steps, 3000, -9))
                self.install("state2")
                got = self.drive("resume", steps)
                self.same(got, whole)
                self.same(self.drive("replay", []), whole)
                if not steps:
                    self.assertEqual(got["plugins"]["v"][0], sha256(version("plain")))

    def test_a_reload_of_no_file_takes_the_configs(self):
        """Whatever build is at work, and wherever it came from."""
        later = "5000 reload v tune 0 0 -"
        for steps in ([], [reload(1000, "other", "tune", 0, 0)]):
            for kill in (0, 8000):
                self.own_file()
                shutil.rmtree(self.store, ignore_errors=True)
                if kill:
                    self.assertIsNone(self.drive("trade", steps, kill, -9))
                    self.install("state2")
                    got = self.drive("resume", [*steps, later])
                else:
                    got = self.drive("trade", [*steps, later])
                build = version("state2" if kill else "plain")
                self.assertEqual(got["plugins"]["v"], [sha256(build), len(steps) + 1], got["why"])
                self.same(self.drive("replay", []), got)

    def test_the_build_that_it_was_begun_with_is_gone(self):
        self.own_file()
        got = self.whole([])
        self.install("state2")
        os.remove(os.path.join(self.cache, f"{sha256(version('plain'))}.so"))
        done = quoin("journal", "replay", self.store)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("QN_E_MODULE_MISMATCH", done.stderr)
        self.assertIn(sha256(version("plain"))[:12], done.stderr)
        self.assertIn("quoin plugin show FILE", done.stderr)
        self.assertEqual(quoin("plugin", "show", version("plain")).returncode, 0)
        self.same(self.drive("replay", []), got)

    def test_a_build_that_is_gone(self):
        got = self.whole(TUNED)
        gone = next(r["build"] for r in self.records("reload") if r["step"] == "keep")
        os.remove(os.path.join(self.cache, f"{gone}.so"))
        done = quoin("journal", "replay", self.store)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(gone, done.stderr)
        self.assertIn("quoin plugin show FILE", done.stderr)
        self.assertEqual(quoin("plugin", "show", version("other")).returncode, 0)
        self.same(self.drive("replay", []), got)


if __name__ == "__main__":
    unittest.main()
