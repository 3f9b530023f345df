# SPDX-License-Identifier: MIT
"""What an operator can do to a run while it goes on: each command has its effect, is on record, and
is done again when the run is."""
import json
import os
import re
import stat
import unittest

import host
import runs
from support import SOURCE, quoin

TWAP = 'execution = { plugin = "execution/twap"; params = { duration = "60m"; slices = 8; }; };'


class Control(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = host.catalog(20000)
        cls.short = host.catalog(6000)

    def host(self, *args, **more):
        h = host.Host(self.run_, *args, **more)
        self.addCleanup(h.__exit__)
        return h

    def done(self, h, *args):
        got = h.ctl(*args)
        self.assertEqual(got.returncode, 0, got.stderr)
        return got.stdout

    def finish(self, h, *verbs):
        """Stop it; the commands are on record, and the run can be done again."""
        self.assertEqual(self.done(h, "stop"), "stop: done\n")
        result = h.end()
        self.assertEqual(result["run"]["status"], "stopped")
        got = h.records("command")
        self.assertEqual([r["verb"] for r in got], [*verbs, "stop"])
        for r in got:
            self.assertEqual((r["uid"], r["code"]), (os.getuid(), "QN_OK"))
            self.assertGreater(r["pid"], 0)
            self.assertGreater(r["wall_ts"], "2024")
        self.assertEqual(h.replay()["decision_hash"], result["decision_hash"])
        return result

    # ---- looking

    def test_status(self):
        h = self.host(host.sma() + ", " + host.sma("other")).start()
        state = h.until(lambda s: s["positions"] and s["plugins"][0]["p99_ns"])
        self.assertEqual((state["name"], state["status"], state["halt"]), ("test", "running", None))
        self.assertEqual((state["store"], state["incarnation"]), (h.store, 1))
        self.assertEqual({p["id"]: p["kind"] for p in state["plugins"]},
                         {"v": "qn.venue/1", "sma": "qn.strategy/1", "other": "qn.strategy/1"})
        for p in state["plugins"]:
            self.assertEqual((p["state"], p["epoch"], p["faults"], p["missed"]), ("active", 0, 0, 0))
            self.assertGreater(p["events"], 0)
            self.assertEqual(len(p["sha256"]), 64)
            self.assertGreater(p["p99_ns"], 0)
        self.assertEqual(state["positions"][0]["instrument"], "X.v")
        self.assertEqual(abs(int(state["positions"][0]["qty"])), 8)
        self.assertEqual(set(json.loads(self.done(h, "status", "--json"))), set(state))
        with open(os.path.join(SOURCE, "docs", "operate.md"), encoding="utf-8") as f:
            told = set(re.findall(r"`([a-z_0-9]+)`", f.read().split("## What `status")[1].split("\n## ")[0]))
        self.assertLessEqual({*state, *state["control"], *state["positions"][0],
                              *(k for p in state["plugins"] for k in p)}, told)
        text = self.done(h, "status")
        self.assertIn("test: running at 2024-01-01T", text)
        self.assertIn("strategy/sma_cross", text)
        self.finish(h)

    def test_a_sleeping_run_is_woken(self):
        """At real time the next bar is a minute away, and at this pace more than a year."""
        with self.host(pace=0.0000001) as h:
            before = h.status()
            self.done(h, "halt")
            self.done(h, "resume")
            self.assertEqual(h.status()["market_events"], before["market_events"])
            self.finish(h, "halt", "resume")

    # ---- trading

    def test_halt_and_resume(self):
        h = self.host(pace=6000).start()
        h.until(lambda s: s["fills"] > 3)
        self.done(h, "halt")
        state = h.until(lambda s: s["denied"] > 0)
        self.assertEqual((state["status"], state["halt"]["by"], state["halt"]["reason"]),
                         ("halted", "host", "OPERATOR"))
        self.done(h, "halt")  # once more changes nothing
        self.done(h, "resume")
        fills = h.status()["fills"]
        state = h.until(lambda s: s["fills"] > fills + 3)
        self.assertEqual((state["status"], state["halted"]), ("running", False))
        self.finish(h, "halt", "halt", "resume")
        halts = h.records("halt")
        self.assertEqual([(r["is_halted"], r["reason"]) for r in halts],
                         [(True, "OPERATOR"), (False, "OPERATOR")])

    def test_a_halt_outlives_its_run(self):
        h = self.host().start()
        self.done(h, "halt")
        self.done(h, "stop")
        self.assertEqual(h.end()["run"]["status"], "stopped")
        h.replay()
        h.start()
        self.assertTrue(h.status()["halted"])
        self.done(h, "resume")
        self.done(h, "stop")
        h.end()
        h.replay()
        h.start()
        self.assertFalse(h.status()["halted"])
        self.finish(h)

    def test_cancel(self):
        h = self.host(host.sma() + ", " + host.sma("other"), extra=TWAP, pace=6000).start()
        h.until(lambda s: s["orders_working"] >= 2)
        self.assertRegex(self.done(h, "cancel", "sma"), "^cancel: [1-9][0-9]* orders\n$")
        h.until(lambda s: s["orders_working"] >= 2)
        self.done(h, "halt")  # so that none comes but what reduces
        self.done(h, "cancel")
        h.until(lambda s: s["orders_working"] == 0)
        self.done(h, "cancel", "all")
        self.finish(h, "cancel", "halt", "cancel", "cancel")
        first = h.records("command")[0]["seq"]
        ended = [r for r in h.records("parent") if r["cause_seq"] == first]
        self.assertEqual({(r["order_id"].split("-")[0], r["reason"]) for r in ended},
                         {("sma", "OPERATOR")})

    def test_flatten(self):
        """One strategy holds its position from its first bar on: there is one to close."""
        h = self.host(host.sma(more='mode = "long_flat";') + ", " +
                      runs.strategy("strategy/buy_and_hold", 'qty = "1";', id="hold"),
                      pace=6000).start()
        h.until(lambda s: s["positions"])
        self.done(h, "halt")
        orders = int(self.done(h, "flatten").split()[1])
        self.assertGreater(orders, 0)
        h.until(lambda s: not s["positions"])
        self.assertEqual(self.done(h, "flatten"), "flatten: 0 orders\n")
        self.finish(h, "halt", "flatten", "flatten")
        by = {r["seq"]: r["verb"] for r in h.records("command")}
        verdicts = [r for r in h.records("verdict") if by.get(r["cause_seq"]) == "flatten"]
        self.assertEqual(len(verdicts), orders)
        self.assertEqual({r["action"] for r in verdicts}, {"allow"})
        submits = {r["cause_seq"]: r for r in h.records("submit")}
        chain = quoin("journal", "show", h.store, "--order", submits[verdicts[0]["seq"]]["order_id"])
        self.assertIn(f"flatten, asked for by user {os.getuid()} (process ", chain.stdout)

    def test_flatten_twice_at_once_sells_once(self):
        """The first orders wait for the next bar: the second command counts with them."""
        with self.host(pace=600) as h:
            h.until(lambda s: s["positions"])
            with h.connect() as s:
                first = host.talk(s, {"version": 1, "id": 1, "command": "flatten"})
                second = host.talk(s, {"version": 1, "id": 2, "command": "flatten"})
            self.assertTrue(first["ok"] and second["ok"])
            self.finish(h, "flatten", "flatten")
            sent = [r for r in h.records("submit")]
            fills = h.records("fill")
            held = sum(int(f["qty"]) * (1 if f["side"] == "buy" else -1) for f in fills)
            self.assertLessEqual(abs(held), 8, sent)

    # ---- builds

    def test_reload(self):
        """Reloads into a paced run: it decides as the run does that has none."""
        plain = host.Host(self.short, pace=0, durability="none")
        result = self.short.run(config=plain.name)
        h = host.Host(self.short, pace=60000)
        self.addCleanup(h.__exit__)
        h.start()
        for n in range(20):
            self.done(h, "reload", "sma", host.sma_build(n % 16), "--shadow", "5", "--probation", "5")
        state = h.until(lambda s: s["plugins"][1]["state"] == "active")
        self.assertEqual(state["plugins"][1]["epoch"], 20)
        self.assertNotEqual(state["plugins"][1]["sha256"], "")
        got = h.end()
        self.assertEqual(got["run"]["status"], "completed")
        self.assertEqual(got["decision_hash"], result["decision_hash"])
        self.assertEqual(h.replay()["decision_hash"], result["decision_hash"])
        steps = [r["step"] for r in h.records("reload")]
        self.assertEqual(steps.count("commit"), 20)
        asked = h.records("command")
        self.assertEqual(asked[0]["value"], "refactor " + host.sma_build(0))

    def test_steps_of_a_reload(self):
        h = self.host(pace=6000).start()
        with h.connect() as s:
            s.sendall(b'{"version":1,"id":"r","command":"reload","target":"sma","file":"%s",'
                      b'"shadow":1000000,"probation":1000000}\n' % host.sma_build(1).encode())
            h.until(lambda s: s["plugins"][1]["state"] == "shadow")
            self.done(h, "promote", "sma")
            answer = host.line_of(s)
            self.assertEqual((answer["id"], answer["ok"], answer["reload"]), ("r", True, "committed"))
        self.assertEqual(h.status()["plugins"][1]["state"], "probation")
        self.done(h, "rollback", "sma")
        state = h.until(lambda s: s["plugins"][1]["state"] == "active")
        self.assertEqual(state["plugins"][1]["epoch"], 2)
        self.assertEqual(h.ctl("rollback", "sma").returncode, 2)
        self.done(h, "stop")
        h.end()
        h.replay()
        self.assertEqual([r["step"] for r in h.records("reload")], ["save", "shadow", "commit", "rollback"])

    def test_refused_builds(self):
        h = self.host(runs.strategy(host.version("plain"), data='"bar:1m"', id="s"), pace=60000).start()
        bad = self.run_.write("bad.so", "no plugin")
        os.chmod(bad, 0o644)
        for file, mode, word in ((bad, "force", "QN_E_ELF_FORMAT"),
                                 (self.run_.path("none.so"), "force", "QN_E_NOT_FOUND"),
                                 (host.sma_build(0), "force", f"{host.sma_build(0)}: it has no class"),
                                 (host.version("noload"), "force", "QN_E_DAMAGED"),
                                 (host.version("other"), "refactor", "QN_E_DIVERGED")):
            got = h.ctl("reload", "s", file, "--mode", mode, "--shadow", "500")
            self.assertEqual(got.returncode, 3, (file, got.stderr))
            self.assertIn(word, got.stderr)
        got = h.ctl("reload", "v", host.sma_build(0))
        self.assertEqual(got.returncode, 3, got.stderr)
        self.assertEqual(h.status()["plugins"][1]["epoch"], 0)
        self.done(h, "stop")
        h.end()

    # ---- what is refused

    def test_refused_commands(self):
        h = self.host().start()
        for args, status, word in (
                (["dance"], 2, "no command dance, did you mean 'cancel'? known here: status, "),
                (["cancel", "nobody"], 2, "no strategy nobody"),
                (["flatten", "v"], 2, "no strategy v"),
                (["reload"], 2, "needs the id of a plugin"),
                (["reload", "nobody"], 2, "no plugin nobody"),
                (["reload", "sma", "--mode", "maybe"], 2, "refactor, tune or force"),
                (["reload", "sma", "--shadow", "-1"], 2, "--shadow"),
                (["promote", "sma"], 2, "no new build of sma"),
                (["halt", "sma"], 2, "halt takes no target"),
                (["stop", "--mode", "tune"], 2, "stop takes no file, mode"),
                (["cancel", "x" * 64], 2, "1 to 63 bytes"),
                ([], 2, "expected what to do")):
            got = h.ctl(*args)
            self.assertEqual((got.returncode, got.stdout), (status, ""), (args, got.stderr))
            self.assertIn(word, got.stderr)
        got = h.ctl("cancel", "nobody", "--json")
        self.assertEqual((got.returncode, json.loads(got.stdout)["code"]), (2, "QN_E_UNKNOWN_NAME"))
        self.assertEqual(quoin("ctl", "status").returncode, 2)
        self.done(h, "stop")
        h.end()
        # what was asked in vain is on record, too
        self.assertEqual({(r["verb"], r["target"], r["code"]) for r in h.records("command")},
                         {("cancel", "nobody", "QN_E_UNKNOWN_NAME"),
                          ("flatten", "v", "QN_E_UNKNOWN_NAME"),
                          ("reload", "nobody", "QN_E_UNKNOWN_NAME"),
                          ("promote", "sma", "QN_E_NOT_FOUND"), ("stop", "", "QN_OK")})
        h.replay()

    def test_no_host(self):
        h = self.host()
        got = h.ctl("status")
        self.assertEqual(got.returncode, 1, got.stderr)
        h.start()
        self.done(h, "stop")
        h.end()
        got = h.ctl("halt")
        self.assertEqual(got.returncode, 1, got.stderr)
        self.assertIn("no host is running", got.stderr)
        self.assertNotIn("control.sock", os.listdir(h.store))

    def test_the_end_of_a_run_answers(self):
        """A reload that waits for events that never come hears of the end."""
        with self.host(pace=6000) as h:
            with h.connect() as s:
                s.sendall(b'{"version":1,"id":1,"command":"reload","target":"sma","shadow":1000000}\n')
                h.until(lambda s: s["plugins"][1]["state"] == "shadow")
                self.done(h, "stop")
                answer = host.line_of(s)
            self.assertEqual((answer["code"], answer["reload"]), ("QN_E_CANCELED", "refused"))
            h.end()

    # ---- the socket

    def test_socket(self):
        h = self.host().start()
        mode = os.lstat(os.path.join(h.store, "control.sock")).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        self.finish(h)

    def test_after_a_crash(self):
        """The socket of a dead host is replaced; commands before the crash are done again."""
        h = self.host(pace=6000).start()
        h.until(lambda s: s["fills"] > 3)
        self.done(h, "halt")
        h.until(lambda s: s["denied"] > 0)
        h.process.kill()
        h.process.communicate()
        self.assertIn("control.sock", os.listdir(h.store))
        got = h.ctl("status")
        self.assertEqual(got.returncode, 1, got.stderr)
        h.start("--resume")
        state = h.until(lambda s: s["status"] != "resuming")
        self.assertEqual((state["halted"], state["incarnation"]), (True, 2))
        self.done(h, "resume")
        fills = h.status()["fills"]
        h.until(lambda s: s["fills"] > fills)
        self.finish(h, "halt", "resume")

    def test_commands_wait_for_what_was_recorded(self):
        """A resume is told something while it does again what was recorded: that comes first."""
        h = self.host(pace=600000).start()
        h.until(lambda s: s["market_events"] > 10000)
        h.process.kill()
        h.process.communicate()
        os.remove(os.path.join(h.store, "control.sock"))
        h.start("--resume", wait=False)
        with h.connected() as s:
            self.assertTrue(host.talk(s, {"version": 1, "id": 1, "command": "cancel"})["ok"])
        self.finish(h, "cancel")
        self.assertGreater(h.records("command")[0]["seq"], 10000)

    def test_long_path(self):
        deep = self.run_.path(*(["d" * 60] * 3))
        os.makedirs(deep)
        h = self.host(store=os.path.join(deep, "store")).start()
        self.assertGreater(len(os.path.join(h.store, "control.sock")), 108)
        self.assertIn("running", self.done(h, "status"))
        self.finish(h)

    def test_what_is_no_socket_is_left(self):
        h = self.host(pace=0)
        os.makedirs(h.store)
        self.run_.write(os.path.join(h.store, "control.sock"), "mine")
        done = quoin("run", self.run_.path(h.name), "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("no operator can reach this run", done.stderr)
        with open(os.path.join(h.store, "control.sock"), encoding="utf-8") as f:
            self.assertEqual(f.read(), "mine")


if __name__ == "__main__":
    unittest.main()
