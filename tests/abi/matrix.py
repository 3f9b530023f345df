#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plugins of all kinds, built with the headers of each recorded version of the ABI, on today's
host: those that it serves decide exactly as those that are built today, alone and mixed; the
others are refused by name. And today's plugins on older hosts: taken and right, or refused."""
import ctypes
import json
import os
import random
import re
import shutil
import subprocess
import sys
import unittest
from datetime import timedelta

SOURCE = os.environ["QUOIN_SOURCE"]
HERE = os.path.join(SOURCE, "tests/abi")
sys.path.insert(0, HERE)

from books import market  # noqa: E402
from gates import recorded  # noqa: E402
from runs import Run, bars  # noqa: E402
from support import quoin  # noqa: E402

CC = os.environ.get("CC") or shutil.which("gcc") or "cc"
PARTS = ("pure", "io")
NOW = "now"             # today's headers; asks for the oldest host that there is
NEWEST = "now, asking" # today's headers; asks for today's host


def version_of_headers(name):
    with open(os.path.join(SOURCE, "include/quoin/abi.h"), encoding="utf-8") as f:
        text = f.read()
    number = re.search(rf"#define {name} .*?(\d+)u\)?$", text, re.M)
    return int(number.group(1))


MINOR, OLDEST = version_of_headers("QN_ABI_MINOR"), version_of_headers("QN_ABI_OLDEST")


def build(source, include, to, *options, libraries=()):
    subprocess.run([CC, "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-I", include, *options,
                    "-o", to, os.path.join(HERE, source), *libraries], check=True)
    return to


class Matrix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.r = Run()
        cls.includes = {name: str(path) for name, path in recorded().items()}
        cls.served = [v for v in cls.includes if int(v.split(".")[1]) >= OLDEST]
        cls.modules = {}
        own = os.path.join(SOURCE, "include")
        kinds = {**{v: (i, ()) for v, i in cls.includes.items()}, NOW: (own, ()),
                 NEWEST: (own, (f"-DQN_USE_ABI_MINOR={MINOR}u",))}
        for i, (name, (include, options)) in enumerate(kinds.items()):
            for part in PARTS:
                cls.modules[name, part] = build(
                    f"plugins/{part}.c", include, cls.r.path(f"{part}{i}.so"), "-shared", "-fPIC",
                    "-fvisibility=hidden", "-ffp-contract=off", "-Wl,-z,noexecstack",
                    f"-Wl,--version-script={SOURCE}/cmake/plugin.map", *options)
        path = cls.r.write("x.csv", bars(market(random.Random(4), 900, 80.0),
                                         step=timedelta(hours=1)))
        cls.r.load("--format", "ohlcv", "--bar", "1h", "--instrument", "X.v", "--tick", "0.01",
                   "--lot", "1", "--quote", "USD", "--kind", "linear", path)

    def config(self, pure, io, route, tuner=""):
        """A run in which every plugin but none else comes from the two modules."""
        more = f'models = ( {{ id = "m"; plugin = "{pure}"; instruments = [ "X.v" ]; ' \
               f'data = [ "bar:1h" ]; }} );\n' \
               f'optimizer = {{ plugin = "{pure}"; rebalance = "1d"; }};' \
               if route == "portfolio" else ""
        self.r.write("run.cfg", f'''
name = "matrix"; seed = 1; catalog = "catalog";
venues = ( {{ id = "v"; plugin = "{io}"; instruments = [ "X" ]; data = [ "bar:1h" ];
             accounts = ( {{ currency = "USD"; balance = "100000"; }} ); }} );
strategies = ( {{ id = "s"; plugin = "{pure}"; instruments = [ "X.v" ]; data = [ "bar:1h" ];
                 route = "{route}"; params = {{ period = 5; }}; }} );
risk = ( {{ id = "r"; plugin = "{pure}"; }} );
execution = {{ plugin = "{pure}"; }};
{more}
sinks = ( {{ id = "log"; plugin = "{io}"; params = {{ path = "tally.txt"; }}; }} );
{tuner}
''')

    def decisions(self, pure, io, route):
        self.config(self.modules[pure, "pure"], self.modules[io, "io"], route)
        result = self.r.run()
        with open(self.r.path("tally.txt"), encoding="utf-8") as f:
            tally = f.read().split()
        self.assertGreater(result["fills"]["count"], 50)
        self.assertGreater(int(tally[0]), 1000)
        return result["decision_hash"], result["fills"]["count"], tally[0]

    def test_old_plugins_decide_as_todays_on_todays_host(self):
        kinds = self.served + [NOW, NEWEST]
        runs = 0
        for route in ("direct", "portfolio"):
            expected = self.decisions(NOW, NOW, route)
            for pure in kinds:
                for io in kinds:
                    self.assertEqual(self.decisions(pure, io, route), expected, (pure, io, route))
                    runs += 1
        print(f"proof: abi matrix: {len(kinds)} builds of 8 kinds, {runs} backtests, one decision "
              f"hash each route")

    def test_old_tuners_search_as_todays(self):
        found = {}
        for name in self.served + [NOW, NEWEST]:
            pure = self.modules[name, "pure"]
            space = '{ path = "strategies.s.params.period"; low = 2; high = 9; step = 1; }'
            self.config(self.modules[NOW, "pure"], self.modules[NOW, "io"], "direct",
                        f'tuner = {{ plugin = "{pure}"; path = "found"; objective = "total_return"; '
                        f'space = ( {space} ); }};')
            shutil.rmtree(self.r.path("found"), ignore_errors=True)
            done = quoin("tune", self.r.path("run.cfg"), "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            result = json.loads(done.stdout)
            found[name] = [(t["values"], t["train"]["decision_hash"]) for t in result["best"]]
            self.assertGreater(len(found[name]), 3)
        self.assertEqual(len({json.dumps(f) for f in found.values()}), 1, found)

    def test_plugins_of_versions_that_are_not_served_are_refused(self):
        strangers = [v for v in self.includes if v not in self.served]
        self.assertTrue(strangers)
        for version in strangers:
            for part in PARTS:
                done = quoin("plugin", "show", self.modules[version, part])
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn(f"asks for plugin ABI {version}", done.stderr)
                self.assertIn(f"serves 0.{OLDEST} to 0.{MINOR}", done.stderr)

    def test_a_plugin_of_a_later_version_is_refused(self):
        """By its note: the bytes behind the owner, before the tier."""
        with open(self.modules[NEWEST, "pure"], "rb") as f:
            data = f.read()
        note = data.index(b"QUOIN\0\0\0" + MINOR.to_bytes(4, "little")) + 8
        later = self.r.path("later.so")
        with open(later, "wb") as f:
            f.write(data[:note] + (MINOR + 1).to_bytes(4, "little") + data[note + 4:])
        done = quoin("plugin", "show", later)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(f"asks for plugin ABI 0.{MINOR + 1}", done.stderr)
        self.assertIn("later host", done.stderr)

    def test_todays_entry_serves_the_hosts_it_should(self):
        for name, floor in ((NOW, OLDEST), (NEWEST, MINOR)):
            for part in PARTS:
                entry = ctypes.CDLL(self.modules[name, part]).qn_plugin_entry
                entry.restype, entry.argtypes = ctypes.c_void_p, [ctypes.c_uint32]
                for minor in range(0, MINOR + 5):
                    self.assertEqual(bool(entry(minor)), minor >= floor, (name, part, minor))
                self.assertFalse(entry(1 << 16 | floor))
                self.assertFalse(entry(0xffffffff))

    def test_todays_plugins_on_old_hosts(self):
        for version, include in self.includes.items():
            host = build("old_host.c", include, self.r.path("host" + version), libraries=["-ldl"])

            def on_it(name):
                done = subprocess.run([host, self.modules[name, "pure"]], capture_output=True,
                                      text=True, check=False)
                self.assertEqual(done.returncode, 0, (version, name, done.stderr))
                return done.stdout.strip()

            own = on_it(version)
            self.assertRegex(own, r"^\d{3} [0-9a-f]{16}$")
            self.assertEqual(on_it(NEWEST), "refused", version)
            self.assertEqual(on_it(NOW), own if version in self.served else "refused", version)


if __name__ == "__main__":
    unittest.main()
