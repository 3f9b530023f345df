# SPDX-License-Identifier: MIT
"""Commands of a plugin's own, called by an operator: checked before, on record, told what they
return, and done again when the run is."""
import json
import os
import unittest

import host
import runs
from support import BUILD

BUILDS = os.path.join(BUILD, "tests", "control")


def build(name):
    return os.path.join(BUILDS, f"callable_{name}.so")


def callable_(more=""):
    return runs.strategy(build("plain"), more, data='"bar:1m"', id="mine")


TREND = ('{ id = "trend"; plugin = "strategy/trend_following"; route = "portfolio"; '
         'instruments = [ "X.v" ]; data = [ "bar:1m" ]; params = { bias = 0.25; }; }')
OPTIMIZER = 'optimizer = { plugin = "optimizer/equal_weight"; rebalance = "1h"; };'


class Call(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = host.catalog(20000)

    def host(self, strategies=None, **more):
        h = host.Host(self.run_, strategies or callable_(), **more)
        self.addCleanup(h.__exit__)
        return h

    def call(self, h, *args, returns):
        got = h.ctl("call", *args, "--json")
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual(json.loads(got.stdout)["result"], returns)

    def refused(self, h, *args, says, code=2):
        got = h.ctl("call", *args)
        self.assertEqual(got.returncode, code, got.stderr)
        self.assertIn(says, got.stderr)
        self.assertEqual(got.stdout, "")

    def finish(self, h, *calls):
        """Stop it: (value, code) of each call is on record, and the run can be done again."""
        self.assertEqual(h.ctl("stop").returncode, 0)
        result = h.end()
        got = [(r["value"], r["code"]) for r in h.records("command") if r["verb"] == "call"]
        self.assertEqual(got, list(calls))
        self.assertEqual(h.replay()["decision_hash"], result["decision_hash"])
        return result

    def test_set_bias(self):
        h = self.host(TREND, extra=OPTIMIZER, pace=6000).start()
        h.until(lambda s: s["market_events"] > 300)
        got = h.ctl("call", "trend.set_bias", "0.2")
        self.assertEqual((got.returncode, got.stdout), (0, "trend.set_bias: 0.25\n"), got.stderr)
        self.call(h, "trend.set_bias", "-1", returns=0.2)
        self.call(h, "trend.set_bias", "-.5", returns=-1)
        self.call(h, "trend.set_bias", "1e-1", returns=-0.5)
        self.refused(h, "trend.set_bias", "1.5", says="argument bias: found 1.5, expected -1 to 1")
        self.refused(h, "trend.set_bias", "much", says="expected a number")
        self.refused(h, "trend.set_bias", says="found 0 arguments, expected 1: set_bias(bias)")
        self.refused(h, "trend.set_bias", "0.1", "0.2", says="found 2 arguments")
        self.refused(h, "trend.set_bais", "0.1", says="did you mean 'set_bias'?")
        self.refused(h, "trent.set_bias", "0.1", says="no plugin trent, did you mean 'trend'? known here: ")
        self.refused(h, "v.set_bias", "0.1", says="v: venues and sinks have no commands to call [QN_E_UNSUPPORTED]")
        self.call(h, "trend.set_bias", "0", returns=0.1)  # what was refused had no effect
        self.finish(h, ("set_bias 0.2", "QN_OK"), ("set_bias -1", "QN_OK"),
                    ("set_bias -.5", "QN_OK"), ("set_bias 1e-1", "QN_OK"),
                    ("set_bias 1.5", "QN_E_RANGE"), ("set_bias much", "QN_E_TYPE"),
                    ("set_bias", "QN_E_INVALID"), ("set_bias 0.1 0.2", "QN_E_INVALID"),
                    ("set_bais 0.1", "QN_E_UNKNOWN_NAME"), ("set_bias 0.1", "QN_E_UNKNOWN_NAME"),
                    ("set_bias 0.1", "QN_E_UNSUPPORTED"), ("set_bias 0", "QN_OK"))

    def test_it_decides_what_follows(self):
        """The same calls at the same places are the same run; without them it is another."""
        h = self.host(pace=6000).start()
        before = h.until(lambda s: s["fills"] > 2)["fills"]
        self.call(h, "mine.set_every", "2", returns=50)
        h.until(lambda s: s["fills"] > before + 100)
        self.call(h, "mine.turn", returns=None)
        self.call(h, "mine.set_every", "40", returns=2)
        self.finish(h, ("set_every 2", "QN_OK"), ("turn", "QN_OK"), ("set_every 40", "QN_OK"))

    def test_types(self):
        h = self.host(pace=0.0000001).start()
        self.call(h, "mine.echo", "two words", "-0.5", "255", returns="two words/-0.5/255")
        self.call(h, "mine.echo", 'a "b" \\c', "1e3", "0", returns='a "b" \\c/1000/0')
        self.call(h, "mine.echo", "", "1", "1", returns="/1/1")
        self.call(h, "mine.undefined", returns=None)
        self.assertEqual(h.ctl("call", "mine.turn").stdout, "mine.turn: done\n")
        self.refused(h, "mine.echo", "a", "1", "256", says="a whole number, 0 to 255")
        self.refused(h, "mine.echo", "a\nb", "1", "1", says="control characters")
        self.refused(h, "mine.echo", "x" * 300, "1", "1", says="more than 255 bytes")
        self.refused(h, "mine.refuse", says="not now, says the plugin [QN_E_STATE]")
        self.refused(h, "mine", says="expected what to call: ID.COMMAND")
        # JSON: numbers and texts alike
        ask = {"target": "mine", "name": "echo"}
        self.assertEqual(h.ask("call", **ask, args=["n", 0.1, 7])["result"], "n/0.1/7")
        for args, code in ((["n", True, 7], "QN_E_TYPE"), (["n", [], 7], "QN_E_TYPE"),
                           (["n", 1, 7.5], "QN_E_TYPE"), (["n", 1, -1], "QN_E_RANGE"),
                           ([], "QN_E_INVALID"), ("n", "QN_E_TYPE")):
            got = h.ask("call", **ask, args=args)
            self.assertEqual((got["ok"], got["code"]), (False, code), args)
        self.assertEqual(h.ask("call", target="mine")["code"], "QN_E_MISSING")
        self.assertEqual(h.ask("call", name="echo")["code"], "QN_E_MISSING")
        self.assertEqual(h.ask("halt", name="echo")["code"], "QN_E_INVALID")
        self.assertEqual(h.ctl("stop").returncode, 0)
        result = h.end()
        self.assertEqual(h.replay()["decision_hash"], result["decision_hash"])

    def test_a_call_survives_a_kill(self):
        """What it changed is a part of the state: the run that goes on is the one without a kill."""
        h = self.host(pace=6000, extra="").start()
        h.until(lambda s: s["fills"] > 2)
        self.call(h, "mine.set_every", "7", returns=50)
        h.until(lambda s: s["fills"] > 40)
        h.process.kill()
        h.process.communicate()
        h.start("--resume")
        h.until(lambda s: not s["again"] if "again" in s else True)
        self.call(h, "mine.set_every", "9", returns=7)
        self.finish(h, ("set_every 7", "QN_OK"), ("set_every 9", "QN_OK"))

    # ---- while a new build is beside the one at work

    def reloading(self, name, mode):
        h = self.host(pace=6000).start()
        h.until(lambda s: s["market_events"] > 100)
        process = self.reload = host.subprocess.Popen(
            [host.QUOIN, "ctl", "--store", h.store, "reload", "mine", build(name), "--mode", mode,
             "--shadow", "1000000000"], text=True, stdout=host.subprocess.PIPE,
            stderr=host.subprocess.PIPE)
        h.until(lambda s: [p for p in s["plugins"] if p["id"] == "mine"][0]["state"] == "shadow")
        return h, process

    def outcome(self, process):
        out, err = process.communicate(timeout=host.PATIENCE)
        return process.returncode, err

    def test_both_builds_are_called(self):
        h, process = self.reloading("plain", "refactor")
        self.call(h, "mine.set_every", "3", returns=50)
        state = h.status()
        h.until(lambda s: s["fills"] > state["fills"] + 20)
        self.assertEqual(h.ctl("promote", "mine").returncode, 0)
        self.assertEqual(self.outcome(process)[0], 0)
        h.until(lambda s: s["fills"] > state["fills"] + 40)
        self.call(h, "mine.set_every", "4", returns=3)
        self.finish(h, ("set_every 3", "QN_OK"), ("set_every 4", "QN_OK"))

    def test_a_build_that_lacks_the_command_is_given_up(self):
        for mode in ("refactor", "tune"):
            h, process = self.reloading("lacks", mode)
            self.call(h, "mine.turn", returns=None)
            self.call(h, "mine.set_every", "3", returns=50)
            code, err = self.outcome(process)
            self.assertEqual(code, 3, err)
            h.until(lambda s: [p for p in s["plugins"] if p["id"] == "mine"][0]["state"] == "active")
            self.call(h, "mine.set_every", "5", returns=3)
            self.finish(h, ("turn", "QN_OK"), ("set_every 3", "QN_OK"), ("set_every 5", "QN_OK"))

    def test_another_result_is_a_difference(self):
        h, process = self.reloading("other", "refactor")
        self.call(h, "mine.set_every", "3", returns=50)
        code, err = self.outcome(process)
        self.assertEqual(code, 3, err)
        self.assertIn("result of a command", err)
        self.finish(h, ("set_every 3", "QN_OK"))
        h, process = self.reloading("other", "tune")
        self.call(h, "mine.set_every", "3", returns=50)
        self.assertEqual(h.ctl("promote", "mine").returncode, 0)
        self.assertEqual(self.outcome(process)[0], 0)
        self.call(h, "mine.set_every", "5", returns=4)
        self.assertEqual(h.ctl("stop").returncode, 0)
        h.end()


if __name__ == "__main__":
    unittest.main()
