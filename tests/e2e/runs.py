# SPDX-License-Identifier: MIT
"""Runs of small configs: what the tests of whole runs share."""
import atexit
import csv
import json
import os
import shutil
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from decimal import Decimal

sys.path.insert(0, os.path.join(os.environ["QUOIN_SOURCE"], "tests", "data"))
from support import BUILD, quoin, shared  # noqa: E402,F401

TEST_PLUGINS = os.path.join(BUILD, "tests", "plugins")


class Run:
    """A folder with a catalog and a config, and the results of running it."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="quoin-run-")
        atexit.register(shutil.rmtree, self.dir, ignore_errors=True)
        self.catalog = os.path.join(self.dir, "catalog")

    def path(self, *name):
        return os.path.join(self.dir, *name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        return self.path(name)

    def load(self, *args):
        done = quoin("data", "import", "--into", self.catalog, *args)
        assert done.returncode == 0, done.stderr

    def config(self, strategies, venue="", instruments='"X"', data='"bar:1d"', currency="USD",
               balance="100000", sample="1d", extra="", name="run.cfg", strikes=0):
        # without strikes: many plugins of tests send what is wrong, and are to go on
        return self.write(name, f'''
name = "test"; seed = 1; catalog = "catalog"; strikes = {strikes};
plugin_path = [ "{TEST_PLUGINS}" ];
venues = ( {{ id = "v"; plugin = "venue/sim"; instruments = [ {instruments} ]; data = [ {data} ];
             accounts = ( {{ currency = "{currency}"; balance = "{balance}"; }} );
             params = {{ {venue} }}; }} );
strategies = ( {strategies} );
report = {{ sample = "{sample}"; }};
{extra}
''')

    def run(self, *args, config="run.cfg", expect=0):
        """Runs the config with a report; returns the parsed JSON of its result."""
        done = quoin("run", self.path(config), "--report", self.path("out"), "--json", *args)
        assert done.returncode == expect, (done.returncode, done.stderr)
        return json.loads(done.stdout) if done.stdout else None

    def table(self, name):
        with open(self.path("out", name), newline="", encoding="utf-8") as f:
            return list(csv.DictReader(f))


def strategy(plugin, params="", instruments='"X.v"', data='"bar:1d"', id="s"):
    return (f'{{ id = "{id}"; plugin = "{plugin}"; instruments = [ {instruments} ]; '
            f'data = [ {data} ]; params = {{ {params} }}; }}')


def instant(text):
    """A time as the reports write it, cut to microseconds."""
    return datetime.fromisoformat(text[:26].rstrip("Z")).replace(tzinfo=timezone.utc)


def day(text):
    """A time of the reference files: a date, or a date and a time, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def bars(prices, start="2024-01-01", step=timedelta(days=1)):
    """CSV of bars from (open, high, low, close) rows."""
    at = day(start)
    lines = ["ts,open,high,low,close,volume"]
    for o, h, l, c in prices:
        lines.append(f"{at.isoformat()},{o},{h},{l},{c},1000")
        at += step
    return "\n".join(lines) + "\n"


def close(a, b, relative=Decimal("1e-9")):
    a, b = Decimal(a), Decimal(b)
    return abs(a - b) <= relative * max(abs(a), abs(b))
