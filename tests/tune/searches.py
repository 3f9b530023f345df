# SPDX-License-Identifier: MIT
"""Searches of small configs: what the tests of quoin tune share."""
import json
import os
import random
import shutil
import subprocess
import time

from runs import Run, bars, strategy
from support import QUOIN

SMA = strategy("strategy/sma_cross", "fast = 5; slow = 20; qty = \"10\"; rule = \"level\";")


def dimension(path, **keys):
    text = "".join(f"{key} = {value}; " for key, value in keys.items())
    return f'{{ path = "{path}"; {text}}}'


FAST = dimension("strategies.s.params.fast", low=2, high=11, step=3)
SLOW = dimension("strategies.s.params.slow", low=5, high=20, step=5)
SPLIT = 'train = { to = "2024-09-01"; }; test = { from = "2024-09-01"; };'


def wait_until(is_so):
    """Looks again and again; no limit of time but the test's own."""
    while not is_so():
        time.sleep(0.001)


class Search(Run):
    """A folder with 400 days of made-up prices and a config that searches on them."""

    def __init__(self, days=400):
        super().__init__()
        draw = random.Random(7)
        price, rows = 100.0, []
        for _ in range(days):
            last, price = price, max(5.0, price * (1 + draw.gauss(0.0005, 0.02)))
            rows.append((f"{last:.2f}", f"{max(last, price) + 1:.2f}",
                         f"{min(last, price) - 1:.2f}", f"{price:.2f}"))
        self.load("--format", "ohlcv", "--instrument", "X.v", "--bar", "1d", "--tick", "0.01",
                  "--lot", "1", "--quote", "USD", self.write("x.csv", bars(rows)))

    def search(self, *space, plugin="tuner/grid", params="", keys=SPLIT, strategies=SMA,
               name="run.cfg"):
        tuner = f'''tuner = {{ plugin = "{plugin}"; path = "found"; params = {{ {params} }};
            space = ( {", ".join(space)} ); {keys} }};'''
        return self.config(strategies, extra=tuner, name=name)

    def call(self, *args, env=None):
        return subprocess.run([QUOIN, "tune", self.path("run.cfg"), *map(str, args)],
                              capture_output=True, text=True, timeout=300,
                              env=dict(os.environ, **(env or {})))

    def tune(self, *args):
        """The result, without what differs from call to call."""
        done = self.call("--json", *args)
        assert done.returncode == 0, (done.returncode, done.stderr)
        result = json.loads(done.stdout)
        self.about = result.pop("call")
        return result

    def start(self, *args):
        return subprocess.Popen([QUOIN, "tune", self.path("run.cfg"), "--json", *args],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def forget(self):
        shutil.rmtree(self.path("found"), ignore_errors=True)

    def record(self):
        """Line ends of the file of results: that of its head, and one for each result."""
        try:
            with open(self.path("found", "trials.log"), "rb") as f:
                return f.read().count(b"\n")
        except FileNotFoundError:
            return 0

    def lines(self):
        """Whole results that are on record."""
        return max(0, self.record() - 1)

    def has_record(self):
        return self.record() > 0
