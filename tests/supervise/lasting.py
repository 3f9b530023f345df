# SPDX-License-Identifier: MIT
"""A run that lasts, beside a strategy that harms its process: what these tests share."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.environ["QUOIN_SOURCE"], "tests", "control"))
import runs
from host import Host
from support import quoin

FAST = 6e9  # a pace at which nothing is waited for


def culprit(name="crash", params="at = 700;", id="bad", more=""):
    text = runs.strategy(f"strategy/{name}", params, data='"bar:1m"', id=id)
    return text[:-1] + f"{more} }}"


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


class Lasting(Host):
    """A run of a pace with a store that survives its process."""

    def __init__(self, run, strategies, extra="", pace=FAST, snapshot=200, store=""):
        super().__init__(run, strategies, pace=pace, extra=extra)
        text = read(run.path(self.name))
        run.write(self.name, text.replace(
            'durability = "group";', f'durability = "group"; snapshot_every = {snapshot}; {store}'))

    def call(self, *args):
        return quoin("run", self.run.path(self.name), "--json", *args)

    def decisions(self, strategy):
        """What a strategy decided: its outputs and orders, without numbers that others shift."""
        done = quoin("journal", "show", self.store, "--json")
        assert done.returncode == 0, done.stderr
        kept = []
        for r in json.loads(done.stdout):
            if r.get("strategy") != strategy or r["type"] in ("fault",):
                continue
            kept.append({k: v for k, v in r.items()
                         if k not in ("seq", "incarnation", "order_id")
                         and not k.endswith("_seq")})
        return kept

    def bundles(self):
        folder = os.path.join(self.store, "crashes")
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
