# SPDX-License-Identifier: MIT
"""A run that lasts goes on when a plugin has crashed its engine: without that build, and with
everybody else's decisions as they would have been."""
import json
import os
import re
import signal
import shlex
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["QUOIN_SOURCE"], "tests", "supervise"))
from lasting import Lasting, culprit, read
import runs
from host import catalog, children, sma
from support import SANITIZED, quoin

BARS = 3000


class Supervise(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.catalog = catalog(BARS)

    def host(self, *strategies, **more):
        return Lasting(self.catalog, ", ".join(strategies), **more)

    def crashed(self, done):
        self.assertEqual(done.returncode, 3, done.stderr)
        return json.loads(done.stdout)

    def test_the_run_goes_on_without_the_culprit(self):
        alone = self.host(sma("good"), culprit(params="at = 0;"))
        whole = alone.call()
        self.assertEqual(whole.returncode, 0, whole.stderr)
        host = self.host(sma("good"), culprit())
        done = host.call()
        result = self.crashed(done)
        self.assertEqual(done.stderr.count("bad (strategy/crash 1.0.0) crashed in on_event"), 2,
                         done.stderr)
        self.assertEqual(done.stderr.count("is in quarantine: the run"), 1, done.stderr)
        self.assertEqual(len(re.findall(r"the run goes on, \d+ ms after the crash", done.stderr)), 2)
        self.assertEqual(result["run"]["status"], "completed")
        self.assertEqual(result["decision_hash"], json.loads(whole.stdout)["decision_hash"])
        self.assertGreater(len(host.decisions("good")), 100)
        self.assertEqual(host.decisions("good"), alone.decisions("good"))
        self.assertEqual(host.replay()["decision_hash"], result["decision_hash"])

    def test_a_second_culprit_behind_a_snapshot_without_the_first(self):
        alone = self.host(sma("good"))
        self.assertEqual(alone.call().returncode, 0)
        host = self.host(sma("good"), culprit("crash", "at = 300;"),
                         culprit("exit", "at = 1700;", id="worse"))
        done = host.call("--set", "store.durability=sync")  # its snapshots are on disk
        result = self.crashed(done)
        self.assertEqual([(f["id"], f["reason"]) for f in result["faults"]],
                         [("bad", "crashed"), ("worse", "crashed")])
        booked = re.findall(r"(\d+) market events were booked again", done.stderr)
        self.assertGreater(int(booked[-1]), 1000, done.stderr)  # the snapshot is one without it
        self.assertEqual(host.decisions("good"), alone.decisions("good"))
        self.assertEqual(host.replay()["decision_hash"], result["decision_hash"])

    def test_a_second_culprit_that_puts_nothing_down(self):
        """Where the first one crashed says nothing of the second one, which ends its process by a
        system call behind an order."""
        alone = self.host(sma("good"))
        self.assertEqual(alone.call().returncode, 0)
        host = self.host(sma("good"), culprit("crash", "at = 300;"),
                         culprit("exit", 'at = 1700; how = "raw"; trades = true;', id="worse"))
        done = host.call()
        result = self.crashed(done)
        self.assertEqual([(f["id"], f["reason"]) for f in result["faults"]],
                         [("bad", "crashed"), ("worse", "crashed")])
        self.assertEqual(done.stderr.count("the engine is started again"), 4, done.stderr)
        self.assertEqual(host.decisions("good"), alone.decisions("good"))
        self.assertEqual(host.replay()["decision_hash"], result["decision_hash"])

    def test_a_culprit_that_is_called_as_a_venue_is(self):
        """It crashes before it is called for the first time: that is between two events."""
        host = self.host(sma("good"), culprit("crash", "at = 300;", id="v"))
        self.crashed(host.call())
        again = host.call()
        result = self.crashed(again)
        self.assertEqual([(f["id"], f["reason"], f["place"]) for f in host.records("fault")],
                         [("v", "quarantined", "between")])
        self.assertGreater(len(host.decisions("good")), 100)
        self.assertEqual(host.replay()["decision_hash"], result["decision_hash"])

    def test_a_culprit_that_trades_ends_as_it_is_told(self):
        """It crashes behind an order of the same call, which has left and stays on record."""
        for on_fault, held in [("hold", "2"), ("flatten", "0")]:
            with self.subTest(on_fault):
                host = self.host(sma("good"), culprit(
                    params="at = 700; trades = true;", more=f' on_fault = "{on_fault}";'))
                done = host.call()
                result = self.crashed(done)
                self.assertEqual(done.stderr.count("crashed in on_event"), 2, done.stderr)
                fills = [r for r in host.records("fill") if r["order_id"].startswith("bad-")]
                self.assertEqual([f["place"] for f in host.records("fault")], ["within"])
                held_now = sum(int(r["qty"]) * (1 if r["side"] == "buy" else -1) for r in fills)
                self.assertEqual(str(held_now), held, fills)
                self.assertIn("bad-2", [r["order_id"] for r in host.records("submit")])
                self.assertEqual(host.replay()["decision_hash"], result["decision_hash"])

    def test_a_new_build_gets_a_new_chance(self):
        host = self.host(sma("good"), culprit())
        self.crashed(host.call())
        listed = json.loads(quoin("plugin", "quarantine", "list", "--store", host.store,
                                  "--json").stdout)
        self.assertEqual([(b["class"], len(b["crashes"])) for b in listed], [("strategy/crash", 2)])
        again = host.call()  # a new run: without it from the start
        self.crashed(again)
        self.assertNotIn("crashed in", again.stderr)
        faults = host.records("fault")
        self.assertEqual([(f["id"], f["reason"]) for f in faults], [("bad", "quarantined")])
        other = self.catalog.path("other.so")
        shutil.copy(os.path.join(runs.TEST_PLUGINS, "strategy", "crash.so"), other)
        with open(other, "ab") as f:
            f.write(b"another build")
        self.catalog.write(host.name, read(self.catalog.path(host.name)).replace('"strategy/crash"', '"other.so"'))
        self.crashed(host.call())
        self.assertEqual(len(json.loads(quoin("plugin", "quarantine", "list", "--store", host.store,
                                              "--json").stdout)), 2)
        lifted = quoin("plugin", "quarantine", "lift", "--store", host.store,
                       listed[0]["sha256"][:12])
        self.assertEqual(lifted.returncode, 0, lifted.stderr)
        self.assertEqual(len(json.loads(quoin("plugin", "quarantine", "list", "--store", host.store,
                                              "--json").stdout)), 1)

    def test_the_bundle_does_it_again(self):
        host = self.host(sma("good"), culprit())
        self.crashed(host.call())
        bundles = host.bundles()
        self.assertEqual(len(bundles), 2)
        with open(os.path.join(bundles[-1], "crash.json"), encoding="utf-8") as f:
            crash = json.load(f)
        self.assertEqual((crash["plugin"], crash["class"], crash["callback"], crash["signal"],
                          crash["address"]),
                         ("bad", "strategy/crash", "on_event", "SIGSEGV", "0x10"))
        self.assertIn(crash["sha256"], crash["where"])
        self.assertTrue(any(crash["sha256"] in f for f in crash["backtrace"]), crash["backtrace"])
        for bundle in bundles:
            done = quoin("journal", "replay", bundle)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn(f"bad (strategy/crash 1.0.0) crashed in on_event at sequence number "
                          f"{crash['seq']}: SIGSEGV at address 0x10", done.stderr)

    def test_a_store_that_is_too_large_is_not_copied(self):
        """The operator is told how to see the crash again without it, and that does it."""
        host = self.host(sma("good"), culprit(params="at = 900;"))
        before = host.call("--set", "strategies.bad.params.at=0")
        self.assertEqual(before.returncode, 0, before.stderr)
        data = os.path.join(host.store, "data.mdb")
        subprocess.run(["fallocate", "-n", "-l", "257M", data], check=True)  # blocks, and no bytes
        done = host.call("--set", "strategies.bad.params.at=700")
        self.crashed(done)
        bundle = host.bundles()[-1]
        self.assertEqual(done.stderr.count("is without the store, which takes more than 256 MiB"), 2)
        self.assertNotIn("store", os.listdir(bundle))
        told = quoin("journal", "replay", bundle)
        self.assertEqual((told.returncode, told.stdout), (2, ""), told.stderr)
        self.assertIn("took too much room on disk to be kept [QN_E_MISSING]", told.stderr)
        command = re.search("crashes again: quoin (.*) --set store.path=ANOTHER", told.stderr)
        again = quoin(*shlex.split(command.group(1)), "--set",
                      f"store.path={self.catalog.path('another')}")
        self.assertEqual(again.returncode, 3, again.stderr)
        with open(os.path.join(bundle, "crash.json"), encoding="utf-8") as f:
            seq = json.load(f)["seq"]
        self.assertIn(f"bad (strategy/crash 1.0.0) crashed in on_event at sequence number {seq}:",
                      again.stderr)

    def test_bundles_are_bounded(self):
        host = self.host(sma("good"), culprit(), extra="supervise = { bundles = 1; };")
        self.crashed(host.call())
        self.assertEqual(len(host.bundles()), 1)

    def test_restarts_are_bounded(self):
        host = self.host(sma("good"), culprit(),
                         extra='supervise = { crashes = 0; restarts = 3; backoff = "1ms"; };')
        done = host.call()
        self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
        self.assertEqual(done.stderr.count("crashed in on_event"), 4, done.stderr)
        self.assertIn("started again often enough", done.stderr)
        self.assertIn("--resume", done.stderr)

    def test_an_exit_is_a_crash(self):
        for how in ["exit", "at_once"]:
            with self.subTest(how):
                host = self.host(sma("good"), culprit("exit", f'at = 700; how = "{how}";'))
                done = host.call()
                self.crashed(done)
                self.assertEqual(done.stderr.count("bad (strategy/exit 1.0.0) ended the process"), 2)

    def test_wild_pointers(self):
        done = self.host(sma("good"), culprit("scribble", "at = 700;")).call()
        self.crashed(done)
        self.assertEqual(done.stderr.count("bad (strategy/scribble 1.0.0) crashed"), 2)

    @unittest.skipIf(SANITIZED, "the sanitizer ends the process at the first write")
    def test_what_is_damaged_is_not_gone_on_with(self):
        """Who writes all over the host's memory may damage the store: the run is whole, or ends."""
        host = self.host(sma("good"), culprit("scribble", 'at = 700; how = "heap";'))
        quiet = self.host(sma("good"), culprit("scribble", 'at = 0; how = "heap";'))
        done = host.call()
        self.assertIn("bad (strategy/scribble 1.0.0) crashed in on_event", done.stderr)
        self.assertIn(done.returncode, (3, 4), done.stderr)
        if done.returncode == 3 and done.stdout:
            self.assertEqual(json.loads(done.stdout)["decision_hash"],
                             json.loads(quiet.call().stdout)["decision_hash"])

    def test_an_engine_that_was_killed_comes_back(self):
        """Nobody's fault: no build is counted, and ctl goes on with the new engine."""
        with self.host(sma("good"), pace=600) as host:
            first = host.status()
            child = children(host.process.pid)
            self.assertEqual(len(child), 1)
            os.kill(child[0], signal.SIGKILL)
            state = host.until(lambda s: s["incarnation"] > first["incarnation"]
                               and s["status"] == "running")
            self.assertEqual(state["run"], first["run"])
            self.assertEqual(host.ctl("stop").returncode, 0)
            self.assertEqual(host.end()["run"]["status"], "stopped")
            self.assertFalse(os.path.exists(os.path.join(host.store, "quarantine.json")))

    def test_signals_are_handed_on(self):
        for number in [signal.SIGINT, signal.SIGTERM]:
            with self.host(sma("good"), pace=600) as host:
                host.process.send_signal(number)
                self.assertEqual(host.end()["run"]["status"], "stopped")

    def test_the_parents_death_is_the_childs(self):
        with self.host(sma("good"), pace=600) as host:
            child = children(host.process.pid)[0]
            host.process.kill()
            host.process.communicate()  # the child held its output, too: this is its end
            self.assertFalse(os.path.exists(f"/proc/{child}/fd/0"))

    def test_it_can_be_left_out(self):
        host = self.host(sma("good"), culprit())
        for args in [["--no-supervise"], ["--resume", "--set", "supervise.enabled=false"]]:
            done = host.call(*args)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertEqual(done.stderr.count("crashed in on_event"), 1)
            self.assertNotIn("started again", done.stderr)

    def test_what_does_not_begin_is_not_started_again(self):
        done = self.host(sma("good", more="slow = 1;")).call()
        self.assertEqual(done.returncode, 2)
        self.assertNotIn("started again", done.stderr)


if __name__ == "__main__":
    unittest.main()
