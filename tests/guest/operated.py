# SPDX-License-Identifier: MIT
"""What operators ask of plugins that run in processes of their own: all that the tests of
tests/control expect of commands and of parameters, with each plugin in a guest."""
import datetime
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["QUOIN_SOURCE"], "tests", "control"))
import call
import host
import runs
import set as set_
from guest import guests_of, isolated


class Isolated(host.Host):
    """A run whose plugins are in guests, each in its own."""

    def __init__(self, run, strategies=None, extra="", **more):
        super().__init__(run, isolated(strategies or host.sma(), "process"),
                         extra=isolated(extra, "process"), **more)

    def start(self, *args, **more):
        super().start(*args, **more)
        assert guests_of(self.process.pid), "there is no guest"
        return self


class Guests:
    def host(self, strategies=None, **more):
        h = Isolated(self.run_, strategies or self.strategies(), **more)
        self.addCleanup(h.__exit__)
        return h


class Call(Guests, call.Call):
    strategies = staticmethod(call.callable_)


class Set(Guests, set_.Set):
    strategies = staticmethod(host.sma)


def with_a_gap(gap):
    """200 bars of a minute, the last 100 of them after some days: between them there is time."""
    run, minute = runs.Run(), datetime.timedelta(minutes=1)
    rows = [(100 + i % 7, 110, 90, 100 + i % 5) for i in range(200)]
    begin = datetime.date(2020, 1, 1)
    early, late = (runs.bars(part, start=day.isoformat(), step=minute)
                   for part, day in ((rows[:100], begin), (rows[100:], begin + gap)))
    csv = run.write("x.csv", early + late.split("\n", 1)[1])
    run.load("--format", "ohlcv", "--instrument", "X.v", "--bar", "1m", "--tick", "1", "--lot", "1",
             "--quote", "USD", csv)
    return run


class Tiers(unittest.TestCase):
    PACE = 86400.0  # a day in a second

    def decided(self, run, where):
        """The result of a run that is operated in the gap; None if it came too late for that."""
        strategies = f"{call.callable_('every = 20;')}, {host.sma()}"
        h = where(run, strategies, pace=self.PACE).start()
        self.addCleanup(h.__exit__)
        h.until(lambda s: s["market_events"] >= 100)
        for words in (["call", "mine.set_every", "3"], ["set", "sma.qty=5", "sma.stop_loss=0.02"],
                      ["call", "mine.turn"], ["set", "sma.qty=6"]):
            done = h.ctl(*words)
            if done.returncode != 0:
                return None
        if h.status()["market_events"] != 100:
            return None
        result = h.end()
        self.assertEqual(h.replay()["decision_hash"], result["decision_hash"])
        return result

    def test_the_same_commands_are_the_same_run(self):
        for days in (4, 40, 400):
            run = with_a_gap(datetime.timedelta(days=days))
            there, here = self.decided(run, host.Host), self.decided(run, Isolated)
            if there and here:
                break
        self.assertGreater(there["fills"]["count"], 40)  # 100 bars after the commands
        self.assertEqual(there["decision_hash"], here["decision_hash"])


if __name__ == "__main__":
    unittest.main()
