# SPDX-License-Identifier: MIT
"""Plugins in processes of their own: the same decisions in each tier, a culprit that costs nobody
else anything, what a plugin's process may not do, and runs whose guests are killed from outside."""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import unittest

import hostile  # of tests/e2e: tests/control has one, too

sys.path.insert(0, os.path.join(os.environ["QUOIN_SOURCE"], "tests", "control"))
import runs
from host import Host, catalog, sma, sma_build
from support import QUOIN, SANITIZED, SOURCE, quoin

TIERS = ["none", "process", "group:all"]
KINDS = ("model/", "strategy/", "optimizer/", "risk/", "execution/", "/")


def isolated(text, tier):
    """A config with all that can be isolated in a tier."""
    def key(m):
        return m.group(0) + (f' isolation = "{tier}";' if m.group(1).startswith(KINDS) else "")
    return re.sub(r'plugin = "([^"]*)";', key, text)


def call(path, *args):
    return subprocess.run([QUOIN, "run", path, "--json", *args], text=True, capture_output=True,
                          timeout=300, check=False)


def decided(test, done, expect=0):
    test.assertEqual(done.returncode, expect, (done.returncode, done.stderr))
    return json.loads(done.stdout)


class Tiers(unittest.TestCase):
    """The demo's portfolio: a model, three strategies, optimizer, risk, execution."""

    @classmethod
    def setUpClass(cls):
        cls.run_ = runs.Run()
        subprocess.run([os.path.join(SOURCE, "conf/demo/import.sh"), cls.run_.catalog], check=True,
                       capture_output=True, env={**os.environ, "QUOIN": QUOIN}, cwd=SOURCE)

    def config(self, name, tier, extra=""):
        with open(os.path.join(SOURCE, "conf/demo", name), encoding="utf-8") as file:
            text = file.read()
        text = re.sub("^(catalog|store) .*$", "", text, flags=re.M)
        return self.run_.write("tier.cfg",
                               isolated(text, tier) + f'\ncatalog = "catalog";\n{extra}\n')

    def test_decisions_do_not_depend_on_the_tier(self):
        for name in ["portfolio.cfg", "sma.cfg"]:
            hashes = {tier: decided(self, call(self.config(name, tier), "--to", "2002-01-01"))
                      for tier in TIERS}
            hashes["spin"] = decided(self, call(
                self.config(name, "group:x", 'guest = { wait = "spin"; };'), "--to", "2002-01-01"))
            self.assertGreater(hashes["none"]["fills"]["count"], 0)
            for tier, result in hashes.items():
                with self.subTest(name, tier=tier):
                    self.assertEqual(result["decision_hash"], hashes["none"]["decision_hash"])

    def test_mistakes_in_parameters_are_told_at_their_line(self):
        for tier in TIERS:
            done = call(self.config("sma.cfg", tier), "--set", "strategies.sma.params.fast=none")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("fast", done.stderr)


def book(*strategies, extra="", bars=40, **more):
    """Days of bars, a strategy that trades in the host, and others."""
    run = runs.Run()
    csv = run.write("x.csv", runs.bars([(100 + i % 7, 110, 90, 100 + i % 5) for i in range(bars)]))
    run.load("--format", "ohlcv", "--instrument", "X.v", "--bar", "1d", "--tick", "1", "--lot", "1",
             "--quote", "USD", csv)
    good = runs.strategy("strategy/sma_cross", 'fast = 2; slow = 3; qty = "2";', id="good")
    run.config(", ".join([good, *strategies]), extra=extra, **more)
    return run


def guest(name, params="", id="bad", tier="process"):
    one = runs.strategy(f"strategy/{name}", params, id=id)
    return one.replace(" plugin =", f' isolation = "{tier}"; plugin =', 1)


def result(run, expect=None):
    done = call(run.path("run.cfg"), "--report", run.path("out"))
    if expect is None:
        assert done.returncode in (0, 3), (done.returncode, done.stderr)
    else:
        assert done.returncode == expect, (done.returncode, done.stderr)
    return done


def trades(run):
    """What the strategy in the host did."""
    return [row for name in ("orders.csv", "fills.csv") for row in run.table(name)
            if row["strategy"] == "good"]


class Culprits(unittest.TestCase):
    def alone(self):
        run = book()
        result(run, 0)
        found = trades(run)
        self.assertGreater(len(found), 10)
        return found

    def test_a_culprit_costs_its_author_alone(self):
        alone = self.alone()
        cases = [("crash", f'how = "{how}";', "ended by signal")
                 for how in ("read", "write", "abort", "trap", "divide", "overflow")]
        cases += [("exit", f'how = "{how}";', "ended with status 0")
                  for how in ("exit", "at_once", "quick")]
        cases += [("scribble", "", "ended by signal")]
        if not SANITIZED:  # it takes address space by the terabyte itself
            cases += [("leak", "", "ended by signal")]
        for name, params, why in cases:
            if SANITIZED:  # a sanitizer tells what it found, and ends the process its own way
                why = "ended"
            with self.subTest(name, params=params):
                run = book(guest(name, params), extra='guest = { memory_mib = 128; };')
                done = result(run)
                self.assertEqual(trades(run), alone)
                self.assertRegex(done.stderr, rf"bad.*guest process \d+ of bad, in on_event: it was "
                                 rf"{why}|bad.*guest process \d+ of bad, in on_event: it {why}")

    def test_wrong_output_is_what_it_is_in_the_host(self):
        """Refused, with three strikes; the same decisions in each tier, and the others' own."""
        alone = self.alone()
        cases = [("nan", how) for how in ("nan", "inf")]
        cases += [("liar", how) for how in ("value", "instrument", "size", "kind", "route", "exits")]
        for name, how in cases:
            with self.subTest(name, how=how):
                told = []
                for tier in ("none", "process"):
                    run = book(guest(name, f'how = "{how}";', tier=tier), strikes=3)
                    got = decided(self, result(run, 3), 3)
                    self.assertEqual(trades(run), alone)
                    fault, = got["faults"]
                    self.assertEqual((fault["id"], fault["reason"]), ("bad", "strikes"))
                    self.assertEqual(got["engine"]["strikes"], 3)
                    told.append((got["decision_hash"], fault["why"]))
                self.assertEqual(told[0], told[1])

    def test_who_may_not_copy_itself_goes_on(self):
        alone = self.alone()
        run = book(guest("fork"))
        result(run, 0)
        self.assertEqual(trades(run), alone)

    def test_a_call_that_does_not_return_ends_by_the_deadline(self):
        alone = self.alone()
        run = book(guest("hang"), extra='guest = { deadline = "200ms"; };')
        done = result(run, 3)
        self.assertEqual(trades(run), alone)
        self.assertRegex(done.stderr, r"guest process \d+ of bad did not return from on_event in 0.200 s")

    def test_a_group_ends_together_and_others_go_on(self):
        alone = self.alone()
        run = book(guest("crash", id="bad", tier="group:one"),
                   guest("edges", id="mate", tier="group:one"),
                   guest("edges", id="other", tier="group:two"))
        done = result(run)
        self.assertEqual(trades(run), alone)
        for id in ("bad", "mate"):
            self.assertRegex(done.stderr, f"{id}.*guest process")
        self.assertNotRegex(done.stderr, "other.*guest process")

    def test_a_create_that_crashes_is_told(self):
        run = book(guest("sma_cross", 'fast = 9; slow = 3; qty = "2";'))
        done = call(run.path("run.cfg"))
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("run.cfg:", done.stderr)


class Wild(unittest.TestCase):
    """Numbers out of range in all that plugins of each kind send, in companies at random."""
    SIZE = 6 * int(os.environ.get("QUOIN_SCALE", "1"))

    def one(self, seed, tier):
        rng = random.Random(seed)
        r = hostile.prepared({n: hostile.market(rng, 120, 50 + seed) for n in ("X", "Y")})
        strategies, parts = hostile.pick(rng, seed, '"X.v", "Y.v"')
        r.config(isolated(strategies, tier), instruments='"X", "Y"', data='"bar:1h"',
                 venue="taker_bps = 4.0;", sample="1h", balance="1000000",
                 extra=isolated(parts, tier))
        got = r.run()
        self.assertEqual(got["engine"]["order_anomalies"], 0, seed)
        shutil.rmtree(r.dir)
        return (got["decision_hash"], got["engine"]["refused_intents"], got["engine"]["strikes"],
                got["orders"], got["fills"])

    def test_what_is_refused_in_the_host_is_refused_of_a_guest(self):
        refused = 0
        for seed in range(1, self.SIZE + 1):
            here = self.one(seed, "none")
            self.assertEqual(self.one(seed, "group:all"), here, seed)
            refused += here[1]
        self.assertGreater(refused, 50 * self.SIZE)
        print(f"proof: wild plugins in guests, decisions as in the host: {self.SIZE} runs, "
              f"{refused} refused intents")


class Walls(unittest.TestCase):
    """What a plugin's process is told when it tries what it has no business with."""

    def test_it_is_told_no(self):
        run = book(guest("probe", f"at = 3; how = {os.getpid()};"))
        done = result(run, 0)
        told = dict(re.findall(r"bad: (\w+): (\w+)", done.stderr))
        self.assertGreater(len(told), 38)
        if SANITIZED:  # it may write, to say what it found
            told.pop("write_socket")
        for what, answer in told.items():
            with self.subTest(what):
                self.assertEqual(answer, "EPERM")

    def test_in_the_host_it_may(self):
        with subprocess.Popen(["sleep", "600"]) as victim:  # which it may stop
            run = book(guest("probe", f"at = 3; how = {victim.pid};", tier="none"))
            done = result(run, 0)
            victim.kill()
        self.assertIn("bad: open: done", done.stderr)
        self.assertIn("bad: fork: done", done.stderr)

    def test_venues_and_sinks_stay_in_the_host(self):
        run = book()
        path = run.path("run.cfg")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        run.write("run.cfg", text.replace('plugin = "venue/sim";',
                                          'plugin = "venue/sim"; isolation = "process";'))
        done = call(path)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("venues and sinks run inside the host", done.stderr)


def guests_of(pid):
    """The guests among what a process and its children have started."""
    found = []
    with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
        for child in map(int, file.read().split()):
            with open(f"/proc/{child}/comm", encoding="utf-8") as comm:
                found += [child] if comm.read() == "quoin-guest\n" else guests_of(child)
    return found


class Killed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = catalog(bars=4000)

    def strategies(self):
        one = sma("one").replace(" plugin =", ' isolation = "process"; plugin =', 1)
        return f"{one}, {sma('two')}"

    def test_a_killed_guest_is_on_record_and_the_run_is_done_again(self):
        with Host(self.run_, self.strategies(), pace=60000) as host:
            host.until(lambda s: s["market_events"] > 200)
            pids = guests_of(host.process.pid)
            self.assertEqual(len(pids), 1)
            os.kill(pids[0], signal.SIGKILL)
            out, err = host.process.communicate(timeout=120)
            self.assertIn(host.process.returncode, (0, 3), err)
            self.assertRegex(err, r"one.*guest process \d+ of one, .*signal 9")
            run = json.loads(out)
            self.assertEqual(len(host.records("fault")), 1)
            self.assertEqual(host.replay()["decision_hash"], run["decision_hash"])

    def test_a_new_build_comes_in_a_new_process(self):
        """It decides alike, and so does the run that is done again."""
        with Host(self.run_, self.strategies(), pace=60000) as host:
            host.until(lambda s: s["market_events"] > 200)
            before = guests_of(host.process.pid)
            done = host.ctl("reload", "one", sma_build(3), "--mode", "force")
            self.assertEqual(done.returncode, 0, done.stderr)
            run = host.end()
            self.assertEqual(len(before), 1)
            steps = [r["step"] for r in host.records("reload")]
            self.assertIn("commit", steps)
            self.assertEqual(host.replay()["decision_hash"], run["decision_hash"])

    def test_guests_end_with_their_host(self):
        with Host(self.run_, self.strategies()) as host:
            pids = guests_of(host.process.pid)
            self.assertEqual(len(pids), 1)
            fd = os.pidfd_open(pids[0])
            host.process.kill()
            host.process.communicate()
            # it is readable as soon as the process has ended
            self.assertTrue(__import__("select").select([fd], [], [], 60)[0])
            os.close(fd)


if __name__ == "__main__":
    unittest.main()
