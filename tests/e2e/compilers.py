# SPDX-License-Identifier: MIT
"""Decisions do not depend on the compiler: the same plugins built by gcc and clang, at -O0 and
-O3, take the same decisions in one host. (The hosts of the other builds are held to the same
golden hash by behaviour.py.)"""
import os
import random
import shutil
import subprocess
import unittest
from datetime import timedelta

from books import market
from runs import Run, bars, strategy

SOURCE = os.environ["QUOIN_SOURCE"]
PLUGINS = {"strategy": ["plugins/strategy/sma_cross.c", "tests/plugins/strategy/chaos.c"],
           "venue": ["plugins/venue/sim/" + f for f in os.listdir(
               os.path.join(SOURCE, "plugins/venue/sim")) if f.endswith(".c")]}
SDK = [os.path.join(SOURCE, "sdk/src", f)
       for f in sorted(os.listdir(os.path.join(SOURCE, "sdk/src"))) if f.endswith(".c")]


def compile_all(cc, level, into):
    """What quoin_add_plugin does, by hand."""
    common = [cc, "-std=gnu17", level, "-fPIC", "-shared", "-fvisibility=hidden",
              "-ffp-contract=off", "-I", f"{SOURCE}/include", "-I", f"{SOURCE}/sdk/include",
              f"-Wl,--version-script={SOURCE}/cmake/plugin.map", "-Wl,-z,now", "-Wl,-z,noexecstack",
              "-Wl,--build-id=sha1"]
    os.makedirs(into)
    for path in PLUGINS["strategy"]:
        name = os.path.basename(path)[:-2] + ".so"
        subprocess.run(common + ["-o", os.path.join(into, name), os.path.join(SOURCE, path)] + SDK,
                       check=True)
    subprocess.run(common + ["-o", os.path.join(into, "sim.so")] +
                   [os.path.join(SOURCE, p) for p in PLUGINS["venue"]] + SDK, check=True)


class Compilers(unittest.TestCase):
    def test_same_hash_from_each(self):
        r = Run()
        path = r.write("x.csv", bars(market(random.Random(8), 600, 80.0), step=timedelta(hours=1)))
        r.load("--format", "ohlcv", "--bar", "1h", "--instrument", "X.v", "--tick", "0.01", "--lot",
               "0.1", "--quote", "USD", path)
        hashes = {}
        for cc in filter(shutil.which, ("gcc", "clang")):
            for level in ("-O0", "-O3"):
                into = r.path(f"{cc}{level}")
                compile_all(cc, level, into)
                listed = [strategy(os.path.join(into, f"{p}.so"), params, data='"bar:1h"', id=p)
                          for p, params in (("sma_cross", "fast = 4; slow = 11; take_profit = 0.03;"),
                                            ("chaos", "seed = 3;"))]
                r.config(", ".join(listed), data='"bar:1h"', venue="taker_bps = 3.3; maker_bps = -1;")
                with open(r.path("run.cfg"), encoding="utf-8") as f:
                    text = f.read().replace('"venue/sim"', f'"{into}/sim.so"')
                r.write("run.cfg", text)
                result = r.run()
                self.assertGreater(result["fills"]["count"], 100)
                hashes[cc + level] = result["decision_hash"]
        print(f"proof: one decision hash: {len(hashes)} builds, {', '.join(hashes)}")
        self.assertGreaterEqual(len(hashes), 2)
        self.assertEqual(len(set(hashes.values())), 1, hashes)


if __name__ == "__main__":
    unittest.main()
