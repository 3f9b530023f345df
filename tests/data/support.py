# SPDX-License-Identifier: MIT
"""What the tests of market data share: running quoin, comparing catalogs, finding real files."""
import csv
import gzip
import hashlib
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest
from datetime import datetime, timezone
from decimal import Decimal

BUILD = os.environ["QUOIN_BUILD"]
SOURCE = os.environ["QUOIN_SOURCE"]
QUOIN = os.path.join(BUILD, "quoin")
with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as cache:
    SANITIZED = bool(re.search("^QUOIN_SANITIZER:STRING=.", cache.read(), re.M))


def quoin(*args, stdin=None):
    return subprocess.run([QUOIN, *map(str, args)], capture_output=True, text=True, input=stdin,
                          timeout=300)


def shared(*path):
    """A file of the real data that does not belong to the repository, or None."""
    for root in (os.environ.get("QUOIN_SHARED"), os.path.join(SOURCE, "..", "shared")):
        name = root and os.path.join(root, "data", *path)
        if name and os.path.exists(name):
            return name
    return None


def published(catalog):
    """What a reader can see of a catalog: the manifest and the bytes of the files it names."""
    manifest = os.path.join(catalog, "manifest.json")
    if not os.path.exists(manifest):
        return None
    with open(manifest, "rb") as f:
        text = f.read()
    seen = hashlib.sha256(text)
    for folder, _, names in sorted(os.walk(catalog)):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.relpath(path, catalog).encode() in text:
                with open(path, "rb") as f:
                    seen.update(path[len(catalog):].encode() + f.read())
    return seen.hexdigest()


def tree(folder):
    """Every file below a folder, by name and content."""
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as f:
                found[os.path.relpath(path, folder)] = hashlib.sha256(f.read()).hexdigest()
    return found


def iso(seconds, fraction=0):
    """Contract form: nanoseconds and Z."""
    text = datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction:09d}Z"


def iso_ns(ns):
    return iso(*divmod(ns, 10**9))


def iso_ms(ms):
    return iso_ns(ms * 10**6)


def plain(number):
    """A decimal as quoin prints it: no exponent, no zeros at the end."""
    text = format(Decimal(number), "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def bars(n, start=1577836800, step=60, seed=1):
    """Made-up bars: seconds, then open, high, low, close, volume as texts of 2 and 3 places."""
    rng = random.Random(seed)
    price = 5000000
    rows = []
    for i in range(n):
        o = price
        c = max(100, o + rng.randint(-500, 500))
        h = max(o, c) + rng.randint(0, 100)
        low = max(1, min(o, c) - rng.randint(0, 99))
        v = rng.randint(0, 10**6)
        rows.append((start + i * step, *(f"{x // 100}.{x % 100:02d}" for x in (o, h, low, c)),
                     f"{v // 1000}.{v % 1000:03d}"))
        price = c
    return rows


def bar_csv(rows, head="timestamp,open,high,low,close,volume", stamp=str):
    lines = [",".join((stamp(r[0]), *r[1:])) for r in rows]
    return "\n".join(([head] if head else []) + lines) + "\n"


def bar_export(rows):
    """What quoin data export must print for them."""
    lines = [",".join((iso(r[0]), *map(plain, r[1:]))) for r in rows]
    return "\n".join(["ts,open,high,low,close,volume", *lines]) + "\n"


class DataTest(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="quoin-data-")
        self.addCleanup(self.folder.cleanup)
        self.catalog = self.path("catalog")

    def path(self, *names):
        return os.path.join(self.folder.name, *names)

    def write(self, name, content):
        data = content.encode() if isinstance(content, str) else content
        with open(self.path(name), "wb") as f:
            f.write(data)
        return self.path(name)

    def load(self, *files, fmt="ohlcv", instrument="BTCUSDT.binance", into=None, options=()):
        return quoin("data", "import", "--format", fmt, "--instrument", instrument, "--into",
                     into or self.catalog, *options, *files)

    def load_well(self, *files, **more):
        result = self.load(*files, **more)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def export(self, kind, instrument="BTCUSDT.binance", catalog=None, options=()):
        result = quoin("data", "export", catalog or self.catalog, "--instrument", instrument,
                       "--type", kind, *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def same_rows(self, ours, theirs, what=None):
        """Equal lists, else the first difference: unittest's own comparison takes minutes."""
        for number, (a, b) in enumerate(zip(ours, theirs), 1):
            if a != b:
                self.fail(f"{what}: row {number} is {a!r}; expected {b!r}")
        self.assertEqual(len(ours), len(theirs), what)


def read_rows(path):
    """A CSV file of the real data, packed or not, as dicts."""
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", newline="") as f:
        return list(csv.DictReader(io.StringIO(f.read())))


def main():
    unittest.main(argv=sys.argv, verbosity=1)


__all__ = [n for n in dir() if not n.startswith("_")]
