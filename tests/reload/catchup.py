# SPDX-License-Identifier: MIT
"""A build whose state takes long to load: the run goes on meanwhile, and the build catches up. What
the engine waits for is the saving alone: the load waits for a gate that opens when so many calls
were made, so a run that waited for the load would never end."""
import os
import unittest
from unittest import mock

import reload as builds


class Catchup(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        builds.Reload.setUpClass()
        cls.with_ = builds.Reload()
        cls.with_.config(builds.at_work("plain"))
        cls.plain = cls.with_.plain()

    def drive(self, file, gate, *, room=None, mode="refactor", shadow=10, probation=10, count=1):
        env = {"QUOIN_GATE": str(gate)}
        if room is not None:
            env["QUOIN_ROOM"] = str(room)
        with mock.patch.dict(os.environ, env):
            return self.with_.drive("v", mode, shadow, probation, count, builds.version(file))

    def test_the_run_goes_on_while_a_state_is_loaded(self):
        for gate in (1, 33, 5000):
            for mode in ("refactor", "tune", "force"):
                got, told = self.drive("slow", gate, mode=mode)
                self.with_.same(got, self.plain)
                self.assertEqual((got["done"], got["refused"]), (1, 0), (got["why"], told))
                self.assertEqual(got["saves"], 1)
                self.assertGreaterEqual(got["kept"], gate)
                self.assertEqual(got["given"], got["kept"])

    def test_again_and_again(self):
        got, told = self.drive("slow", 50, count=100)
        self.with_.same(got, self.plain)
        self.assertEqual((got["done"], got["refused"]), (100, 0), (got["why"], told))

    def test_it_is_compared_with_what_was_kept(self):
        for mode, word in (("refactor", "QN_E_DIVERGED"), ("tune", "QN_E_INTERNAL")):
            got, _ = self.drive("slow_fails", 2000, mode=mode)
            self.with_.same(got, self.plain)
            self.assertEqual((got["done"], got["refused"]), (0, 1))
            self.assertIn(word, got["why"])
            self.assertLess(got["given"], got["kept"])
            self.assertGreater(got["given"], 600)

    def test_more_than_can_be_kept(self):
        """The state is saved again, a few times; then the build is refused, and leaves no trace."""
        got, _ = self.drive("slow", 1 << 30, room=20000)
        self.with_.same(got, self.plain)
        self.assertEqual((got["done"], got["refused"], got["saves"]), (0, 1, 3), got["why"])
        self.assertIn("QN_E_FULL", got["why"])
        self.assertIn("make load faster", got["why"])

    def test_room_that_is_used_again(self):
        """What was given makes room for what comes: little more than the backlog is enough."""
        got, _ = self.drive("slow", 50, room=20000)
        self.with_.same(got, self.plain)
        self.assertEqual((got["done"], got["saves"]), (1, 1), got["why"])

    def test_a_load_that_fails(self):
        got, _ = self.drive("slow_noload", 500)
        self.with_.same(got, self.plain)
        self.assertEqual((got["done"], got["refused"]), (0, 1))
        self.assertIn("QN_E_DAMAGED", got["why"])
        self.assertIn("this build loads nothing", got["why"])

    def test_a_run_that_ends_meanwhile(self):
        got, _ = self.drive("slow", 1 << 30)
        self.with_.same(got, self.plain)
        self.assertEqual((got["done"], got["refused"]), (0, 1))
        self.assertIn("the run is over", got["why"])
        self.assertGreater(got["kept"], builds.BARS // 2)

    def test_what_nobody_can_answer_any_more(self):
        """A build that asks more than the other one did gets a state of the moment instead."""
        got, told = self.drive("slow_asks", 3)
        self.with_.same(got, self.plain)
        self.assertEqual((got["done"], got["saves"], got["given"]), (1, 2, 0), (got["why"], told))


if __name__ == "__main__":
    unittest.main()
