# SPDX-License-Identifier: MIT
"""What a plugin that ends its process does to the others: nothing. Their orders, fills and
decisions are those of a run that it was never in, whatever way it ends and whatever becomes of what
it holds."""
import json
import os
import resource
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["QUOIN_SOURCE"], "tests", "supervise"))
from lasting import Lasting, culprit
from host import catalog, sma
from support import QUOIN, SANITIZED, quoin

BARS = 2000
AT = 700
COUNTS = ("seq", "incarnation", "trade_id")
ROOM = 800 << 20  # bytes of addresses: of a host that takes far less, and of one that leaks

# (plugin, how)
ENDS = [("crash", "read"), ("crash", "abort"), ("crash", "divide"), ("crash", "overflow"),
        ("exit", "exit"), ("exit", "at_once"), ("exit", "quick"), ("exit", "raw"), ("scribble", "wild"),
        ("hang", ""), ("leak", "")]
HUNG = 'budget = { hard = "150ms"; fatal = "300ms"; };'


class Contained(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.catalog = catalog(BARS)
        alone = Lasting(cls.catalog, cls.others())
        done = alone.call()
        assert done.returncode == 0, done.stderr
        cls.alone = cls.of_others(alone)

    @staticmethod
    def others():
        return ", ".join([sma("one"), sma("two", more='stop_loss = "0.01";')])

    @staticmethod
    def of_others(host):
        """Per strategy: its outputs and verdicts, its orders with all that became of them, and its
        fills. Without the numbers that count what all do."""
        done = quoin("journal", "show", host.store, "--json")
        assert done.returncode == 0, done.stderr
        kept = {"one": [], "two": []}
        for r in json.loads(done.stdout):
            who = r.get("strategy") or r.get("order_id", "").rsplit("-", 1)[0]
            if who in kept:
                kept[who].append({k: v for k, v in r.items() if k not in COUNTS
                                  and not k.endswith("_seq")})
        return kept

    def call(self, host, limit):
        def bound():
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if limit:
                resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        return subprocess.run([QUOIN, "run", self.catalog.path(host.name), "--json"], text=True,
                              capture_output=True, timeout=300, preexec_fn=bound)

    def contained(self, name, how, on_fault):
        params = f"at = {AT}; trades = true; " + (f'how = "{how}";' if how else "")
        host = Lasting(self.catalog, self.others() + ", " + culprit(
            name, params, more=f' on_fault = "{on_fault}";'), extra=HUNG if name == "hang" else "",
            store="map_mib = 64;")
        done = self.call(host, ROOM if name == "leak" else None)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(done.stderr.count("is in quarantine: the run goes on"), 1, done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual(result["run"]["status"], "completed")
        self.assertEqual([(f["id"], f["reason"], f["action"]) for f in result["faults"]],
                         [("bad", "crashed", on_fault)])
        got = self.of_others(host)
        for who, records in self.alone.items():
            self.assertGreater(len([r for r in records if r["type"] == "fill"]), 100)
            self.assertEqual(got[who], records)
        self.ended(host, name, on_fault)
        self.assertEqual(host.replay()["decision_hash"], result["decision_hash"])

    def ended(self, host, name, on_fault):
        """Its order of the last call is canceled; what it holds is held, or closed. A leak goes on
        for some bars behind its order, which is filled."""
        orders = [r for r in host.records("order") if r["order_id"].startswith("bad-")]
        fills = [r for r in host.records("fill") if r["order_id"].startswith("bad-")]
        last = [r["state"] for r in orders if r["order_id"] == "bad-2"][-1]
        self.assertEqual(last, "ACCEPTED" if name == "leak" else "CANCELED")
        held = sum(int(r["qty"]) * (1 if r["side"] == "buy" else -1) for r in fills)
        self.assertEqual(held, 0 if on_fault == "flatten" else 1 if name == "leak" else 2)


def case(name, how, on_fault):
    def test(self):
        self.contained(name, how, on_fault)
    return unittest.skipIf(SANITIZED and name == "leak",
                           "it needs addresses of its own, without a limit")(test)


for name_, how_ in ENDS:
    for on_fault_ in ("hold", "flatten"):
        label = "_".join(filter(None, (name_, how_, on_fault_)))
        setattr(Contained, f"test_{label}", case(name_, how_, on_fault_))


if __name__ == "__main__":
    unittest.main()
