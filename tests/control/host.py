# SPDX-License-Identifier: MIT
"""A run that goes on while a test talks to it."""
import json
import os
import random
import socket
import subprocess
import time
from datetime import timedelta

import runs
from support import BUILD, QUOIN, quoin

BUILDS = os.path.join(BUILD, "tests", "reload")
PATIENCE = 120  # seconds after which a test gives up; no proof depends on it


def sma_build(n):
    return os.path.join(BUILDS, f"sma_{n}.so")


def version(name):
    return os.path.join(BUILDS, f"version_{name}.so")


def catalog(bars):
    """A Run with a catalog of so many bars of a minute."""
    run = runs.Run()
    rng, close, rows = random.Random(5), 10000, []
    for _ in range(bars):
        open_, close = close, max(500, close + rng.randint(-40, 40))
        rows.append((open_ / 100, (max(open_, close) + rng.randint(0, 9)) / 100,
                     (min(open_, close) - rng.randint(0, 9)) / 100, close / 100))
    csv = run.write("bars.csv", runs.bars(rows, step=timedelta(minutes=1)))
    run.load("--format", "ohlcv", "--instrument", "X.v", "--bar", "1m", "--tick", "0.01",
             "--lot", "1", "--quote", "USD", csv)
    return run


def sma(id="sma", more=""):
    return runs.strategy("strategy/sma_cross", f'fast = 3; slow = 9; qty = "8"; rule = "level"; {more}',
                         data='"bar:1m"', id=id)


def children(pid):
    """The engine of a run that lasts is a child of the process that was started."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as f:
        return [int(n) for n in f.read().split()]


class Host:
    """A `quoin run` with a store of its own."""
    number = 0

    def __init__(self, run, strategies=None, pace=600, extra="", durability="group", store=None):
        Host.number += 1
        self.run = run
        self.name = f"run{Host.number}.cfg"
        self.pace = pace
        self.store = store or run.path(f"store{Host.number}")
        run.config(strategies or sma(), venue=f"taker_bps = 1.0; pace = {float(pace)};",
                   data='"bar:1m"', balance="100000000", name=self.name,
                   extra=extra + f'\nstore = {{ path = "{self.store}"; durability = "{durability}"; }};')
        self.process = None

    def start(self, *args, wait=True):
        self.process = subprocess.Popen(
            [QUOIN, "run", self.run.path(self.name), "--json", *args], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if wait:
            self.until(lambda s: True)
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *what):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.communicate()

    def ctl(self, *args):
        return quoin("ctl", "--store", self.store, *args)

    def connect(self):
        fd = os.open(self.store, os.O_PATH)
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(f"/proc/self/fd/{fd}/control.sock")
            s.settimeout(PATIENCE)
        except OSError:
            s.close()
            raise
        finally:
            os.close(fd)
        return s

    def connected(self):
        """The first connection that there can be."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self.process.poll() is None, self.process.communicate()
            try:
                return self.connect()
            except OSError:
                pass
        raise AssertionError("there is no socket")

    def ask(self, command, **more):
        with self.connect() as s:
            return talk(s, {"version": 1, "id": 1, "command": command, **more})

    def status(self):
        return self.ask("status")["status"]

    def until(self, holds):
        """The first state of the run for which it holds."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self.process.poll() is None, self.process.communicate()
            try:
                state = self.status()
            except (OSError, KeyError):
                continue
            if holds(state):
                return state
            time.sleep(0.002)  # between looks
        raise AssertionError(f"it never came: {state}")

    def end(self, expect=0):
        """The result of the run, which ends by itself or was told to."""
        out, err = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == expect, (self.process.returncode, err)
        return json.loads(out)

    def replay(self):
        """Do the recorded run again, and hold it against its journal."""
        done = quoin("journal", "replay", self.store, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def records(self, *types):
        done = quoin("journal", "show", self.store, "--json")
        assert done.returncode == 0, done.stderr
        return [r for r in json.loads(done.stdout) if r["type"] in types]


def line_of(s):
    """The next line that a socket gives; None at its end."""
    got = b""
    while not got.endswith(b"\n"):
        more = s.recv(65536)
        if not more:
            return None
        got += more
    return json.loads(got)


def line_of_buffered(s):
    """The same where more lines may stand behind it: a byte at a time."""
    got = bytearray()
    while not got.endswith(b"\n"):
        more = s.recv(1)
        if not more:
            return None
        got += more
    return json.loads(bytes(got))


def talk(s, request):
    s.sendall(json.dumps(request).encode() + b"\n")
    answer = line_of(s)
    if answer is None:
        raise ConnectionError("the host has gone")
    return answer
