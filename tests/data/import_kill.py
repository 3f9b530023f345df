# SPDX-License-Identifier: MIT
"""quoin data import killed (kill -9) ahead of each of its I/O calls: the catalog opens and is
as before or complete, and the next import goes through and gives what an undisturbed one gives."""
import shutil
import signal

import faults
from capture import Capture
from support import *


def trades(days, per_day, start=1577836800):
    rng = random.Random(7)
    lines = ["id,ts,price,qty,is_buyer_maker"]
    number = 0
    for day in range(days):
        for i in range(per_day):
            number += 1
            ms = (start + day * 86400) * 1000 + i * (86400000 // per_day)
            lines.append(f"{number},{ms},{rng.randint(4000000, 4100000) / 100:.2f},"
                         f"{rng.randint(1, 9999) / 1000:.3f},{rng.choice(['true', 'false'])}")
    return "\n".join(lines) + "\n"


class ImportKill(DataTest):
    options = ("--tick", "0.01", "--lot", "0.001", "--quote", "USDT")
    fmt = "trades"

    def setUp(self):
        super().setUp()
        if not faults.is_possible():
            self.skipTest("no fault library in this build")

    def walk(self, first, second, kind):
        start, good = self.path("start"), self.path("good")
        if first:
            self.load_well(first, into=start, fmt=self.fmt, options=self.options)
            shutil.copytree(start, good)
        self.load_well(second, into=good, fmt=self.fmt, options=self.options)
        before, after = published(start), published(good)
        self.verified = quoin("data", "verify", good).returncode

        def put_back():
            shutil.rmtree(self.catalog, ignore_errors=True)
            if first:
                shutil.copytree(start, self.catalog)

        argv = [QUOIN, "data", "import", "--format", self.fmt, "--instrument", "BTCUSDT.binance",
                "--into", self.catalog, *self.options, second]
        seen = {before: 0, after: 0}
        for fault in faults.each(argv, "kill", put_back):
            with self.subTest(k=fault.k):
                self.assertEqual(fault.run.returncode, -signal.SIGKILL)
                now = published(self.catalog)
                self.assertIn(now, seen)
                seen[now] += 1
                if now is not None:
                    check = quoin("data", "verify", self.catalog)
                    self.assertEqual(check.returncode, self.verified, check.stderr)
                if now == before:
                    self.load_well(second, fmt=self.fmt, options=self.options)
                    self.assertEqual(tree(self.catalog), tree(good))
        self.assertGreater(seen[before], 10)
        self.assertGreater(seen[after], 0, "no kill came behind the publishing")
        print(f"{kind}: killed ahead of {sum(seen.values())} calls; "
              f"{seen[before]} as before, {seen[after]} complete")

    def test_new_catalog(self):
        self.walk(None, self.write("a.csv", trades(4, 4000)), "new catalog")

    def test_merging(self):
        lines = trades(4, 4000).splitlines(keepends=True)
        head, rows = lines[0], lines[1:]
        cut = len(rows) * 5 // 8  # in the middle of a day, so that a file is replaced
        self.walk(self.write("a.csv", head + "".join(rows[:cut])),
                  self.write("b.csv", head + "".join(rows[cut:])), "merging")

    def test_captured_messages(self):
        """Six series in one import: none without the others, at any moment."""
        self.fmt = "binance-raw"
        capture = Capture(6000)
        cut = len(capture.lines) * 5 // 8
        head, tail = ("".join(x + "\n" for x in part)
                      for part in (capture.lines[:cut], capture.lines[cut:]))
        self.options = ("--tick", "0.1", "--lot", "0.001", "--price-exp", "-8")
        self.walk(self.write("a", head), self.write("b", tail), "captured messages")


if __name__ == "__main__":
    main()
