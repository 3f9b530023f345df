# SPDX-License-Identifier: MIT
"""quoin data import with each allocation and each I/O call failing in turn: it says so and
leaves the catalog as it was or complete, or it did its work all the same; it never crashes."""
import shutil

import faults
from capture import Capture
from support import *


class ImportFaults(DataTest):
    def setUp(self):
        super().setUp()
        if not faults.is_possible():
            self.skipTest("no fault library in this build")

    def walk(self, kind, first, second, options, fmt="ohlcv"):
        """Import `second` into a catalog that holds `first` (None = no catalog), call by call."""
        start = self.path("start")
        good = self.path("good")
        if first:
            self.load_well(first, into=start, options=options, fmt=fmt)
            shutil.copytree(start, good)
        expected = self.load_well(second, into=good, options=options, fmt=fmt)
        before, after = published(start), published(good)
        self.assertNotEqual(before, after)

        def put_back():
            shutil.rmtree(self.catalog, ignore_errors=True)
            if first:
                shutil.copytree(start, self.catalog)

        argv = [QUOIN, "data", "import", "--format", fmt, "--instrument", "BTCUSDT.binance",
                "--into", self.catalog, *options, second]
        seen = 0
        harmless = 0
        for fault in faults.each(argv, kind, put_back):
            seen += 1
            with self.subTest(kind=kind, k=fault.k, stderr=fault.run.stderr):
                now = published(self.catalog)
                self.assertGreaterEqual(fault.run.returncode, 0, "killed by a signal")
                self.assertIn(now, (before, after), "neither the old catalog nor the new one")
                if fault.run.returncode == 0:
                    harmless += 1
                    self.assertEqual(now, after)
                    self.assertEqual(fault.run.stdout.decode(), expected.stdout)
                else:
                    self.assertIn(b"error: ", fault.run.stderr)
                    self.assertIn(b"[QN_E_", fault.run.stderr)
        self.assertGreater(seen, 10, "the faults did not reach the program")
        self.assertLess(harmless, seen)
        print(f"{kind}: {seen} calls failed in turn, {harmless} harmless")

    options = ("--bar", "1m", "--tick", "0.01", "--lot", "0.001", "--quote", "USDT")

    def test_alloc_new_catalog(self):
        self.walk("alloc", None, self.write("a.csv", bar_csv(bars(50))), self.options)

    def test_alloc_merging(self):
        rows = bars(100)
        self.walk("alloc", self.write("a.csv", bar_csv(rows[:50])),
                  self.write("b.csv", bar_csv(rows[50:])), self.options)

    def test_io_new_catalog(self):
        packed = gzip.compress(bar_csv(bars(50)).encode())
        self.walk("io", None, self.write("a.csv.gz", packed), self.options)

    def test_io_merging(self):
        rows = bars(100)
        self.walk("io", self.write("a.csv", bar_csv(rows[:50])),
                  self.write("b.csv", bar_csv(rows[50:])), self.options)

    def test_io_long_file(self):
        """A file of several buffers whose rows end where buffers do: a failed read must not look
        like the end of the file."""
        rows = [line.ljust(63, "0") for line in bar_csv(bars(10000), None).splitlines()]
        name = self.write("a.csv", "\n".join(rows) + "\n")
        self.walk("io", None, name, (*self.options, "--columns",
                                     "ts=1,open=2,high=3,low=4,close=5,volume=6"))

    def test_captured_messages(self):
        """Several series of one file: all of them or none."""
        capture = Capture(60)
        halves = ["".join(x + "\n" for x in part)
                  for part in (capture.lines[:30], capture.lines[30:])]
        options = ("--tick", "0.1", "--lot", "0.001", "--price-exp", "-8")
        for kind in ("alloc", "io"):
            self.walk(kind, None, self.write("a.gz", gzip.compress(capture.text().encode())),
                      options, "binance-raw")
            shutil.rmtree(self.path("good"))
        self.walk("io", self.write("a", halves[0]), self.write("b", halves[1]), options,
                  "binance-raw")

    def test_everything_found_out(self):
        """Without --bar, --tick and --lot: the survey's calls fail as well."""
        name = self.write("a.csv", bar_csv(bars(50)))
        self.walk("alloc", None, name, ())
        shutil.rmtree(self.path("good"))
        self.walk("io", None, name, ())


if __name__ == "__main__":
    main()
