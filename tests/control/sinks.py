# SPDX-License-Identifier: MIT
"""A sink that is replaced while the run goes on: each record is written once, whoever writes it."""
import json
import os
import shutil
import unittest

import host
from support import BUILD

JSONL = os.path.join(BUILD, "plugins", "sink", "jsonl.so")
BAD = os.path.join(BUILD, "tests", "reload", "sink_bad.so")


class Sinks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = host.catalog(5000)

    def host(self, pace):
        self.out = self.run_.path(f"{self.id().rsplit('.', 1)[-1]}.jsonl")
        sinks = f'sinks = ( {{ id = "out"; plugin = "sink/jsonl"; params = {{ path = "{self.out}"; }}; }} );'
        h = host.Host(self.run_, pace=pace, extra=sinks)
        self.addCleanup(h.__exit__)
        return h.start()

    def finish(self, h):
        self.assertEqual(h.ctl("stop").returncode, 0)
        h.end()
        h.replay()
        with open(self.out, encoding="utf-8") as f:
            lines = [json.loads(line) for line in f]
        numbers = [line["seq"] for line in lines]
        self.assertEqual(numbers, list(range(len(numbers))))  # none is missing, none twice
        return lines

    def sink(self, h):
        return next(p for p in h.status()["plugins"] if p["id"] == "out")

    def test_replaced_again_and_again(self):
        h = self.host(pace=60000)
        other = self.run_.path("other.so")
        shutil.copyfile(JSONL, other)
        os.chmod(other, 0o755)
        for n in range(10):
            got = h.ctl("reload", "out", (other, JSONL)[n % 2])
            self.assertEqual(got.returncode, 0, got.stderr)
        self.assertEqual(self.sink(h)["epoch"], 10)
        lines = self.finish(h)
        steps = [line["step"] for line in lines if line["type"] == "reload"]
        self.assertEqual(steps, ["commit"] * 10)

    def test_one_that_does_not_start(self):
        h = self.host(pace=60000)
        for _ in range(3):
            got = h.ctl("reload", "out", BAD)
            self.assertEqual(got.returncode, 3, got.stderr)
            self.assertIn("this build does not start", got.stderr)
        self.assertEqual(self.sink(h)["epoch"], 0)
        got = h.ctl("reload", "out", host.sma_build(0))
        self.assertEqual(got.returncode, 3, got.stderr)
        lines = self.finish(h)
        steps = [line["step"] for line in lines if line["type"] == "reload"]
        self.assertEqual(steps, ["refuse"] * 4)


if __name__ == "__main__":
    unittest.main()
