# SPDX-License-Identifier: MIT
"""The gallery: ten reports from the ordinary to the degenerate, made by the script that a user has.
Each is whole, stands alone, and holds the numbers of its report.json."""
import json
import os
import subprocess
import sys
import unittest

import page
import runs
from support import QUOIN

MAKE = os.path.join(os.environ["QUOIN_SOURCE"], "docs", "gallery", "make.py")

# What each of them is there to show.
SHOWS = {
    "basket": lambda r: len(r["strategies"]) == 3 and len(r["data"]["instruments"]) == 4,
    "perpetual": lambda r: r["accounts"][0]["funding"] != "0",
    "decade": lambda r: int(r["data"]["events"]) > 5_000_000,
    "fills": lambda r: int(r["fills"]["count"]) > 50_000,
    "day": lambda r: r["data"]["to"] <= "2024-03-02T00:00:00.000000000Z",
    "none": lambda r: int(r["fills"]["count"]) == 0,
    "one": lambda r: int(r["fills"]["count"]) == 1,
    "ruin": lambda r: r["run"]["status"] == "ruined",
    "halted": lambda r: r["run"]["status"] == "halted" and int(r["orders"]["denied"]) > 0,
    "short": lambda r: float(r["performance"]["short_trades"]) > 10,
}


class Gallery(unittest.TestCase):
    def test_all(self):
        into = runs.Run().path("gallery")
        done = subprocess.run([sys.executable, MAKE, "--quoin", QUOIN, "--into", into], text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        checker = page.Page()
        bytes_ = 0
        for name, shows in SHOWS.items():
            with open(os.path.join(into, name, "report.html"), encoding="utf-8", newline="") as f:
                text = f.read()
            with open(os.path.join(into, name, "report.json"), encoding="utf-8") as f:
                result = json.load(f, parse_float=str, parse_int=str)
            with self.subTest(name):
                self.assertTrue(shows(result), result["run"])
                self.assertIn("synthetic data", checker.words(checker.check(text, result)).lower())
            bytes_ += len(text)
        with open(os.path.join(into, "index.html"), encoding="utf-8") as f:
            index = f.read()
        for name in SHOWS:
            self.assertIn(f'href="{name}/report.html"', index)
        self.assertEqual(len(SHOWS), index.count("<li>"))
        print(f"proof: gallery: {len(SHOWS)} reports, {bytes_} bytes")


if __name__ == "__main__":
    unittest.main()
