# SPDX-License-Identifier: MIT
"""A plugin that harms its process in a backtest: exit status 3, and its name on standard error."""
import os
import re
import resource
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["QUOIN_SOURCE"], "tests", "control"))
import runs
from host import Host, catalog
from support import QUOIN, SANITIZED


def book(culprit):
    """Forty days of bars, a strategy that trades, and the culprit behind it."""
    run = runs.Run()
    csv = run.write("x.csv", runs.bars([(100 + i % 7, 110, 90, 100 + i % 5) for i in range(40)]))
    run.load("--format", "ohlcv", "--instrument", "X.v", "--bar", "1d", "--tick", "1", "--lot", "1",
             "--quote", "USD", csv)
    sma = runs.strategy("strategy/sma_cross", 'fast = 2; slow = 3; qty = "2";', id="good")
    run.config(f"{sma}, {culprit}")
    return run


def culprit(name, params="", id="bad"):
    return runs.strategy(f"strategy/{name}", params, id=id)


def call(run, *args, limit=None):
    def bound():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if limit:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return subprocess.run([QUOIN, "run", run.path("run.cfg"), "--json", *args], text=True,
                          capture_output=True, timeout=120, preexec_fn=bound)


class Crash(unittest.TestCase):
    def named(self, done, plugin, text):
        self.assertEqual(done.returncode, 3, (done.returncode, done.stderr))
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, rf"quoin: error: bad \(strategy/{plugin} 1.0.0\) {text}")
        return int(re.search(r"at sequence number (\d+)", done.stderr).group(1))

    def test_each_way_to_crash_is_named(self):
        seqs = set()
        for how, signal in [("read", "SIGSEGV at address 0x10"), ("write", "SIGSEGV at address 0x10"),
                            ("abort", "SIGABRT"), ("trap", "SIGILL|SIGTRAP"), ("divide", "SIGFPE"),
                            ("overflow", "SIGSEGV")]:
            if how == "divide" and SANITIZED:
                continue  # the sanitizer ends the process before the processor does
            with self.subTest(how):
                done = call(book(culprit("crash", f'how = "{how}";')))
                seqs.add(self.named(done, "crash",
                                    rf"crashed in on_event at sequence number \d+: ({signal})"))
                self.assertIn("QN_E_CRASHED", done.stderr)
        self.assertEqual(len(seqs), 1)  # the same bar, whatever the way

    def test_an_exit_is_no_end_of_the_run(self):
        for how in ["exit", "at_once", "quick"]:
            with self.subTest(how):
                done = call(book(culprit("exit", f'how = "{how}";')))
                self.named(done, "exit", r"ended the process in on_event at sequence number \d+" +
                           ("" if how == "quick" else " with exit status 0"))

    def test_a_copy_of_the_process_is_ended(self):
        run = book(culprit("fork"))
        done = call(run)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr.count("called fork() in on_event"), 1, done.stderr)
        self.assertIn("bad (strategy/fork 1.0.0)", done.stderr)
        quiet = book(culprit("fork", "at = 0;"))
        self.assertEqual(runs.json.loads(done.stdout)["decision_hash"],
                         runs.json.loads(call(quiet).stdout)["decision_hash"])

    def test_wild_pointers_are_named(self):
        self.named(call(book(culprit("scribble"))), "scribble",
                   r"crashed in on_event at sequence number \d+: (SIGSEGV|SIGBUS) at address 0x")

    @unittest.skipIf(SANITIZED, "it needs addresses of its own, without a limit")
    def test_a_leak_ends_where_the_memory_does(self):
        done = call(book(culprit("leak")), limit=400 << 20)
        self.named(done, "leak", r"crashed in on_event at sequence number \d+: SIGSEGV at address 0x0")

    def test_a_plugin_behind_the_crash_is_not_named(self):
        """Calls nest, and return: the word goes back to whoever was called before."""
        run = book(culprit("crash"))
        run.config(culprit("crash") + ", " + runs.strategy(
            "strategy/sma_cross", 'fast = 2; slow = 3; qty = "2";', id="good"))
        self.named(call(run), "crash", "crashed in on_event")

    def test_the_hosts_own_crash_is_told_as_such(self):
        """Nobody's call is under way: the run waits for its next bar."""
        with Host(catalog(200), pace=1, durability="none") as host:
            host.process.send_signal(signal.SIGSEGV)
            out, err = host.process.communicate(timeout=120)
            self.assertEqual((host.process.returncode, out), (-signal.SIGSEGV, ""))
            self.assertIn("quoin: error: the host crashed: SIGSEGV, which was sent to it", err)
            self.assertIn("QN_E_INTERNAL", err)


if __name__ == "__main__":
    unittest.main()
