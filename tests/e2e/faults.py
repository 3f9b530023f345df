# SPDX-License-Identifier: MIT
"""Runs a program again and again, each time with another of its own calls failing.

    for fault in faults.each([quoin, "data", "import", ...], "alloc", before=prepare):
        # fault.k, fault.run (a finished process), fault.fired
        ...

`before` is called ahead of each run to put things back. The walk ends with the first run in
which nothing failed any more; that one is not handed out. The kinds are those of
tests/torture/fault.c: alloc, io, kill.
"""
import os
import subprocess
import tempfile
from collections import namedtuple

Fault = namedtuple("Fault", "k run")

LIBRARY = os.path.join(os.environ["QUOIN_BUILD"], "tests", "fault.so")
LIMIT = 100000  # more calls than any program of ours makes in a test


def is_possible():
    """False in builds with a sanitizer, which must itself be loaded first."""
    return os.path.exists(LIBRARY)


def run_with(argv, kind, k, mark, timeout=120):
    env = dict(os.environ, LD_PRELOAD=LIBRARY, QUOIN_FAULT=str(k), QUOIN_FAULT_KIND=kind,
               QUOIN_FAULT_OUT=mark)
    return subprocess.run(argv, env=env, capture_output=True, timeout=timeout)


def each(argv, kind, before=lambda: None, timeout=120):
    with tempfile.TemporaryDirectory() as folder:
        mark = os.path.join(folder, "fired")
        for k in range(1, LIMIT):
            before()
            run = run_with(argv, kind, k, mark, timeout)
            if not os.path.exists(mark):
                return
            os.unlink(mark)
            yield Fault(k, run)
    raise AssertionError(f"{argv[0]} never came to an end of its {kind} calls")
