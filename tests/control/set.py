# SPDX-License-Identifier: MIT
"""Parameters set while a run goes on: all of a command or none, on record, in force until the end of
the run, and set again when the run is done again."""
import json
import os
import unittest

import host

TREND = ('{ id = "trend"; plugin = "strategy/trend_following"; route = "portfolio"; '
         'instruments = [ "X.v" ]; data = [ "bar:1m" ]; params = { bias = 0.25; }; }')
OPTIMIZER = 'optimizer = { plugin = "optimizer/equal_weight"; rebalance = "1h"; };'
RISK = ('risk = ( { id = "limits"; plugin = "risk/limits"; '
        'params = { max_position = "100"; max_orders = 10000; }; } );')


def plugin(state, id):
    return [p for p in state["plugins"] if p["id"] == id][0]


class Set(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = host.catalog(20000)

    def host(self, strategies=None, **more):
        h = host.Host(self.run_, strategies, **more)
        self.addCleanup(h.__exit__)
        return h

    def set(self, h, *args, now):
        got = h.ctl("set", *args, "--json")
        self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual(json.loads(got.stdout)["params"], now)
        self.assertEqual(plugin(h.status(), args[0].split(".")[0])["params"], now)

    def refused(self, h, *args, says, code=2):
        got = h.ctl("set", *args)
        self.assertEqual(got.returncode, code, got.stderr)
        self.assertIn(says, got.stderr)
        self.assertEqual(got.stdout, "")

    def finish(self, h, *sets):
        """Stop it: (value, code) of each set is on record, and the run can be done again."""
        self.assertEqual(h.ctl("stop").returncode, 0)
        result = h.end()
        got = [(r["value"], r["code"]) for r in h.records("command") if r["verb"] == "set"]
        self.assertEqual(got, list(sets))
        self.assertEqual(h.replay()["decision_hash"], result["decision_hash"])
        return result

    def orders(self, h):
        """Quantities that strategies sent, in their order."""
        return [r["qty"] for r in h.records("submit")]

    def test_a_size(self):
        """It is what the strategy trades from its next bar on; what it remembers goes on."""
        h = self.host(pace=6000).start()
        h.until(lambda s: s["fills"] > 4)
        got = h.ctl("set", "sma.qty=5")
        self.assertEqual((got.returncode, got.stdout), (0, "sma.qty: 5\n"), got.stderr)
        fills = h.status()["fills"]
        h.until(lambda s: s["fills"] > fills + 4)
        self.assertEqual(plugin(h.status(), "sma")["params"], {"qty": "5"})
        self.assertEqual(h.ctl("set", "sma.qty", "8").stdout, "sma: as the config says\n")
        self.finish(h, ("qty=5", "QN_OK"), ("qty=8", "QN_OK"))
        qty = [float(q) for q in self.orders(h)]
        at = qty.index(10)  # 5 to -5, with the config's 8 before
        self.assertEqual(set(qty[1:at - 1]), {16})
        self.assertIn(qty[at - 1], (3, 13))  # from 8 to 5, or over to the other side

    def test_what_is_not_to_be(self):
        h = self.host(TREND, extra=OPTIMIZER + RISK, pace=6000).start()
        h.until(lambda s: s["market_events"] > 300)
        self.refused(h, "trend.bias=2", says="set trend: bias: found '2', which lies outside the "
                     "range, expected a number, -1 or more, 1 or less [QN_E_RANGE]")
        self.refused(h, "trend.bias=much", says="[QN_E_TYPE]")
        self.refused(h, "trend.bais=0.1", says="did you mean 'bias'?")
        self.refused(h, "trend.fast=5", says="fast does not change while a run goes on; what does "
                     "of this class: full_distance adx_floor adx_full stop bias step repeat "
                     "[QN_E_UNSUPPORTED]")
        self.refused(h, "trent.bias=0.1", says="the run has no plugin trent, did you mean 'trend'? known here: ")
        self.refused(h, "v.latency=1ms", says="venues and sinks do not change")
        # each is right, and they do not go together
        self.refused(h, "trend.adx_floor=50", says="adx_floor (50) must be below adx_full (40)")
        # one of them is wrong: none is set
        self.refused(h, "trend.bias=0.5", "trend.stop=-1", says="stop: found '-1'")
        self.refused(h, "limits.max_position=1e-17", says="smaller than the smallest amount")
        self.refused(h, "trend.bias=" + "0" * 250 + "1", says="more than 255 bytes")
        self.assertEqual([p["params"] for p in h.status()["plugins"]], [{}] * 4)
        # what the command line itself can tell
        for args in (["trend.bias"], ["trend"], ["bias=1"], ["trend.bias=1", "limits.per=2s"], [],
                     ["trend.bias=1", "trend.bias=0"], ["trend.bias", "1", "trend.stop=2"]):
            self.refused(h, *args, says="expected what to set", code=2)
        self.set(h, "trend.bias", "-.5", now={"bias": "-.5"})  # what was refused had no effect
        self.set(h, "trend.adx_floor=50", "trend.adx_full=80", "trend.bias=0.5",
                 now={"bias": "0.5", "adx_floor": "50", "adx_full": "80"})
        self.set(h, "limits.max_position=5", "limits.max_drawdown=0.5",
                 now={"max_position": "5", "max_drawdown": "0.5"})
        self.set(h, "optimizer.gross=0.5", now={"gross": "0.5"})
        self.assertEqual(h.ctl("stop").returncode, 0)
        result = h.end()
        self.assertEqual(h.replay()["decision_hash"], result["decision_hash"])

    def test_a_state_that_holds_the_parameter(self):
        """bias is a part of the state, for a command changes it: what is set last counts."""
        h = self.host(TREND, extra=OPTIMIZER, pace=6000).start()
        h.until(lambda s: s["market_events"] > 300)
        bias = lambda: json.loads(h.ctl("call", "trend.set_bias", "0.75", "--json").stdout)["result"]
        self.assertEqual(bias(), 0.25)
        self.set(h, "trend.bias=-0.5", now={"bias": "-0.5"})
        self.assertEqual(bias(), -0.5)
        self.set(h, "trend.stop=2", now={"bias": "-0.5", "stop": "2"})
        self.assertEqual(bias(), 0.75)  # that was the command's, and it is not set again
        self.finish(h, ("bias=-0.5", "QN_OK"), ("stop=2", "QN_OK"))

    def test_it_stands_in_the_report(self):
        """Who did what to a run, and when, is in its result, on its page, and in that of a replay."""
        out = self.run_.path("report")
        h = self.host(host.sma() + ", " + TREND, extra=OPTIMIZER, pace=6000)
        h.start("--report", out)
        h.until(lambda s: s["market_events"] > 300)
        self.assertEqual(h.ctl("set", "trend.bias=0.5").returncode, 0)
        self.assertEqual(h.ctl("call", "trend.set_bias", "-0.5").returncode, 0)
        self.assertEqual(h.ctl("halt").returncode, 0)
        self.assertEqual(h.ctl("reload", "sma", host.sma_build(1), "--mode", "force").returncode, 0)
        h.until(lambda s: plugin(s, "sma")["epoch"] == 1)
        self.assertEqual(h.ctl("stop").returncode, 0)
        result = h.end()
        done = result["operations"]
        self.assertEqual([(o["record"], o["verb"], o["target"], o["code"]) for o in done
                          if o["verb"] not in ("save", "shadow", "keep")],
                         [("command", "set", "trend", "QN_OK"), ("command", "call", "trend", "QN_OK"),
                          ("command", "halt", "", "QN_OK"), ("command", "reload", "sma", "QN_OK"),
                          ("reload", "commit", "sma", "QN_OK"), ("command", "stop", "", "QN_OK")])
        self.assertEqual([o["value"] for o in done[:2]], ["bias=0.5", "set_bias -0.5"])
        self.assertEqual({o["uid"] for o in done if o["record"] == "command"}, {os.getuid()})
        self.assertEqual([o["seq"] for o in done], sorted({o["seq"] for o in done}))
        self.assertEqual(h.replay().get("operations", done), done)
        with open(os.path.join(out, "report.html"), encoding="utf-8") as f:
            page = f.read()
        table = page[page.index("What operators did"):]
        table = table[:table.index("</table>")]
        for o in done:
            for key in ("verb", "target", "value", "code"):
                self.assertIn(o[key], table)
            self.assertIn(o["ts"][:19].replace("T", " "), table)
        self.assertIn("Operators changed this run", page)

    def test_a_limit_is_in_force_at_once(self):
        """Of a risk module: each order behind it is held against the new one."""
        h = self.host(extra=RISK, pace=6000).start()
        h.until(lambda s: s["fills"] > 4)
        self.set(h, "limits.max_position=3", now={"max_position": "3"})
        fills = h.status()["fills"]
        h.until(lambda s: s["fills"] > fills + 6)
        self.finish(h, ("max_position=3", "QN_OK"))
        filled = [float(r["qty"]) for r in h.records("fill")]
        self.assertEqual(filled[-4:-1], [6, 6, 6])  # from 3 to -3, and back
        self.assertEqual(filled[2], 16)

    def test_texts(self):
        h = self.host(pace=0.0000001).start()
        for params, code in (({}, "QN_E_MISSING"), ([], "QN_E_TYPE"), ({"qty": [1]}, "QN_E_TYPE"),
                             ({"qty": None}, "QN_E_TYPE"), ({"": 1}, "QN_E_UNKNOWN_NAME"),
                             ({"qty=3 x": 1}, "QN_E_UNKNOWN_NAME"), ({"qty": "3 4"}, "QN_E_SYNTAX"),
                             ({"qty": "a\nb"}, "QN_E_TYPE"), ({"qty": "\""}, "QN_E_SYNTAX"),
                             ({"qty": 8.5}, "QN_E_RANGE"), ({"x y": 1}, "QN_E_UNKNOWN_NAME"),
                             ({str(i): i for i in range(10)}, "QN_E_INVALID"),
                             ({"qty": True}, "QN_E_SYNTAX")):
            got = h.ask("set", target="sma", params=params)
            self.assertEqual((got["ok"], got["code"]), (False, code), (params, got))
        self.assertEqual(h.ask("set", params={"qty": 1})["code"], "QN_E_MISSING")
        self.assertEqual(h.ask("halt", params={"qty": 1})["code"], "QN_E_INVALID")
        got = h.ask("set", target="sma", params={"qty": 4, "stop_loss": 0.125})
        self.assertEqual((got["ok"], got["params"]), (True, {"qty": "4", "stop_loss": "0.125"}))
        self.assertEqual(h.ctl("stop").returncode, 0)
        result = h.end()
        self.assertEqual(h.replay()["decision_hash"], result["decision_hash"])

    def test_it_survives_a_kill(self):
        h = self.host(pace=6000, extra="").start()
        h.until(lambda s: s["fills"] > 2)
        self.set(h, "sma.qty=5", "sma.stop_loss=0.2", now={"qty": "5", "stop_loss": "0.2"})
        fills = h.status()["fills"]
        h.until(lambda s: s["fills"] > fills + 20)
        h.process.kill()
        h.process.communicate()
        h.start("--resume")
        h.until(lambda s: s["status"] != "resuming")
        self.assertEqual(plugin(h.status(), "sma")["params"], {"qty": "5", "stop_loss": "0.2"})
        self.set(h, "sma.qty=6", now={"qty": "6", "stop_loss": "0.2"})
        fills = h.status()["fills"]
        h.until(lambda s: s["fills"] > fills + 6)
        self.finish(h, ("qty=5 stop_loss=0.2", "QN_OK"), ("qty=6", "QN_OK"))
        self.assertEqual([float(q) for q in self.orders(h)][-4:-1], [12, 12, 12])

    def test_during_a_reload(self):
        h = self.host(pace=6000).start()
        h.until(lambda s: s["market_events"] > 100)
        process = host.subprocess.Popen(
            [host.QUOIN, "ctl", "--store", h.store, "reload", "sma", host.sma_build(1),
             "--shadow", "1000000000"], text=True, stdout=host.subprocess.PIPE,
            stderr=host.subprocess.PIPE)
        h.until(lambda s: plugin(s, "sma")["state"] == "shadow")
        self.refused(h, "sma.qty=5", says="a reload of sma is under way")
        self.assertEqual(h.ctl("promote", "sma").returncode, 0)
        process.communicate(timeout=host.PATIENCE)
        self.refused(h, "sma.qty=5", says="a reload of sma is under way")
        self.assertEqual(h.ctl("promote", "sma").returncode, 0)
        h.until(lambda s: plugin(s, "sma")["state"] == "active")
        self.set(h, "sma.qty=5", now={"qty": "5"})
        # and a build that comes later keeps it
        self.assertEqual(h.ctl("reload", "sma", host.sma_build(2), "--probation", "0").returncode, 0)
        h.until(lambda s: plugin(s, "sma")["state"] == "active")
        self.assertEqual(plugin(h.status(), "sma")["params"], {"qty": "5"})
        fills = h.status()["fills"]
        h.until(lambda s: s["fills"] > fills + 6)
        self.finish(h, ("qty=5", "QN_E_STATE"), ("qty=5", "QN_E_STATE"), ("qty=5", "QN_OK"))
        self.assertEqual([float(q) for q in self.orders(h)][-4:-1], [10, 10, 10])


if __name__ == "__main__":
    unittest.main()
