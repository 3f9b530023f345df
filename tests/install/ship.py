#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""From the documentation to a running host, with an installation alone: a strategy of a page of the
docs is built by gcc and by clang, by one line and by CMake; it is checked and run, and a changed
build is reloaded into a paced run, which refuses those that will not do and trades on. The
templates in C++ and Rust go the same way.

Nothing here sees the build folder: the environment is empty but for what a user sets."""

import csv
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

BUILD = Path(os.environ["QUOIN_BUILD"])
SOURCE = Path(os.environ["QUOIN_SOURCE"])
COMPILERS = [cc for cc in ("gcc", "clang") if shutil.which(cc)]
PATIENCE = 300  # seconds after which the test gives up; no proof depends on it
BARS = 20000    # of a second: more than a paced run sees before it is told to stop
PACE = 60
CMAKE = """cmake_minimum_required(VERSION 3.20)
project(donchian LANGUAGES C)
find_package(quoin REQUIRED)
enable_testing()
quoin_add_plugin(NAME donchian KIND strategy SOURCES donchian.c)
"""
CONFIG = """name = "{name}"; catalog = "{top}/catalog";
venues = ( {{ id = "v"; plugin = "venue/sim"; instruments = [ "X" ]; data = [ "bar:1s" ];
             accounts = ( {{ currency = "USD"; balance = "1000000"; }} );
             params = {{ taker_bps = 1.0; {pace} }}; }} );
strategies = ( {{ id = "mine"; plugin = "{module}"; instruments = [ "X.v" ]; data = [ "bar:1s" ];
                 params = {{ {params} }}; }} );
{store}
"""


class Shipped:
    def __init__(self, top):
        self.top = top
        prefix = top / "prefix"
        done = subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        self.env = {"PATH": f"{prefix}/bin:/usr/local/bin:/usr/bin:/bin", "HOME": str(top),
                    "PKG_CONFIG_PATH": f"{prefix}/lib/pkgconfig", "LC_ALL": "C.UTF-8"}
        rustc = shutil.which("rustc")
        if rustc:  # of rustup it finds its parts below the home folder
            self.env["PATH"] += ":" + os.path.dirname(rustc)
            self.env["RUSTUP_HOME"] = os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup"))
        self.count = 0

    def run(self, *command, cwd=None, status=0, **more):
        self.count += 1
        done = subprocess.run(command, cwd=cwd or self.top, env={**self.env, **more}, text=True,
                              capture_output=True, check=False)
        if done.returncode != status:
            sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}, expected {status}\n"
                     f"{done.stdout}{done.stderr}")
        return done.stdout if status == 0 else done.stderr

    def data(self):
        rng, close, at = random.Random(3), 10000, datetime(2024, 1, 1, tzinfo=timezone.utc)
        with open(self.top / "bars.csv", "w", encoding="utf-8") as f:
            f.write("ts,open,high,low,close,volume\n")
            for _ in range(BARS):
                open_, close = close, max(1000, close + rng.randint(-30, 30))
                high, low = max(open_, close) + rng.randint(0, 9), min(open_, close) - rng.randint(0, 9)
                f.write(f"{at.isoformat()},{open_ / 100},{high / 100},{low / 100},{close / 100},9\n")
                at += timedelta(seconds=1)
        self.run("quoin", "data", "import", "--into", "catalog", "--format", "ohlcv", "--instrument",
                 "X.v", "--bar", "1s", "--tick", "0.01", "--lot", "1", "--quote", "USD", "bars.csv")

    def config(self, name, module, params, is_paced):
        path = self.top / f"{name}.cfg"
        store = f'store = {{ path = "{self.top}/{name}"; }};' if is_paced else ""
        path.write_text(CONFIG.format(name=name, top=self.top, module=module, params=params,
                                      store=store, pace=f"pace = {PACE}.0;" if is_paced else ""))
        return path

    def ctl(self, name, *args, status=0):
        return self.run("quoin", "ctl", "--store", self.top / name, *args, status=status)

    def until(self, name, process, holds):
        """The first state of a running host for which it holds."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if process.poll() is not None:
                sys.exit(f"{name} has ended: {process.communicate()}")
            done = subprocess.run(["quoin", "ctl", "--store", self.top / name, "status", "--json"],
                                  env=self.env, capture_output=True, text=True, check=False)
            state = json.loads(done.stdout) if done.returncode == 0 else None
            if state and holds(state):
                return state
        sys.exit(f"{name}: it never came: {state}")


def plugin(state):
    (row,) = [p for p in state["plugins"] if p["id"] == "mine"]
    return row


def fills(folder):
    with open(folder / "fills.csv", encoding="utf-8") as f:
        return [(row["ts"], row["side"], row["qty"], row["price"]) for row in csv.DictReader(f)]


def backtest(s, name, module, params):
    s.run("quoin", "run", s.config(name, module, params, False), "--report", s.top / f"{name}.out",
          "--quiet")
    traded = fills(s.top / f"{name}.out")
    if len(traded) < 100:
        sys.exit(f"{name} hardly trades: {len(traded)}")
    return traded


def live(s, name, module, better, wrong, params):
    """A paced run that a changed build is reloaded into: it trades what the backtest did."""
    expected = backtest(s, f"{name}_all", module, params)
    nonsense = s.top / "nonsense.so"
    nonsense.write_text("no plugin\n")
    nonsense.chmod(0o644)
    path = s.config(name, module, params, True)
    process = subprocess.Popen(["quoin", "run", path, "--quiet", "--json"], env=s.env, cwd=s.top,
                               text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        first = plugin(s.until(name, process, lambda state: state["fills"] > 0))
        if (first["version"], first["epoch"]) != ("1.0.0", 0):
            sys.exit(f"{name}: {first}")
        s.ctl(name, "reload", "mine", better, "--shadow", "10", "--probation", "10")
        now = plugin(s.until(name, process, lambda state: plugin(state)["version"] == "1.1.0"
                             and plugin(state)["state"] == "active"))
        if now["epoch"] != 1 or now["sha256"] == first["sha256"]:
            sys.exit(f"{name}: {now}")
        for bad, word in [(nonsense, "QN_E_ELF_FORMAT")] + [(w, "QN_E_DIVERGED") for w in wrong]:
            told = s.ctl(name, "reload", "mine", bad, "--shadow", "100000", status=3)
            if word not in told:
                sys.exit(f"{name}: {bad}: {told}")
        before = s.until(name, process, lambda state: True)
        after = s.until(name, process, lambda state: state["fills"] > before["fills"])
        if plugin(after)["sha256"] != now["sha256"] or plugin(after)["epoch"] != 1:
            sys.exit(f"{name}: a build that was refused is at work: {plugin(after)}")
        s.ctl(name, "stop")
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            process.kill()
    result = json.loads(out)
    if process.returncode != 0 or result["run"]["status"] != "stopped":
        sys.exit(f"{name}: {result['run']} {err}")
    s.run("quoin", "journal", "replay", s.top / name)
    s.run("quoin", "report", s.top / name, "--into", s.top / f"{name}.out")
    traded = fills(s.top / f"{name}.out")
    if not traded or traded != expected[:len(traded)]:
        sys.exit(f"{name} did not trade what the backtest did: {traded[-3:]}, "
                 f"{expected[len(traded) - 3:len(traded)]}")
    print(f"proof: shipped: {name}: reloaded at pace {PACE}, {1 + len(wrong)} other builds refused, "
          f"{len(traded)} fills as in the backtest")


def one_line(s, source, module, cc):
    """As README.md has it."""
    s.run("sh", "-ec", f"{cc} -O2 $(pkg-config --cflags quoin) -shared -fPIC {source} -o {module} "
          "$(pkg-config --libs quoin) && chmod go-w . " + str(module))
    return module


def strategy_of_the_docs(s):
    page = (SOURCE / "docs/first-strategy.md").read_text(encoding="utf-8")
    code = re.search(r"^```c file=donchian.c\n(.*?)^```", page, re.M | re.S).group(1)
    params = 'entry = 4; exit = 2; qty = "1";'
    for cc in COMPILERS:
        folder = s.top / f"by_{cc}"
        folder.mkdir(mode=0o755)
        (folder / "donchian.c").write_text(code)
        (folder / "better.c").write_text(code.replace('"1.0.0"', '"1.1.0"'))
        (folder / "wrong.c").write_text(code.replace("s->is_long ? s->lots : 0",
                                                     "s->is_long ? 0 : s->lots"))
        (folder / "CMakeLists.txt").write_text(CMAKE)
        first, better, wrong = (one_line(s, folder / f"{n}.c", folder / f"{n}.so", cc)
                                for n in ("donchian", "better", "wrong"))
        s.run("quoin", "plugin", "check", first)
        s.run("cmake", "-S", folder, "-B", folder / "build", CC=cc)
        s.run("cmake", "--build", folder / "build")
        s.run("ctest", "--test-dir", folder / "build")  # plugin check
        built = folder / "build/donchian.so"
        if backtest(s, f"line_{cc}", first, params) != backtest(s, f"cmake_{cc}", built, params):
            sys.exit(f"{cc}: the build of the line and that of CMake trade differently")
        live(s, f"docs_{cc}", built, better, [wrong], params)


def template(s, language, suffix, cc):
    """A project of `plugin new`, and its next version."""
    name = f"in_{suffix}"
    s.run("quoin", "plugin", "new", "strategy", name, "--language", language)
    source = s.top / name / f"{name}.{suffix}"
    text = source.read_text()
    built = {}
    for step, now in (("first", text), ("better", re.sub(r'1[.]0[.]0("|\\0)', r"1.1.0\1", text))):
        if step == "better" and now == text:
            sys.exit(f"{source} says no version")
        source.write_text(now)
        if (s.top / name / "build.sh").exists():
            s.run("sh", "build.sh", cwd=s.top / name, CC=cc)
        else:
            s.run("cmake", "-S", name, "-B", f"{name}/build", CC=cc, CXX=cc.replace("gcc", "g++")
                  .replace("clang", "clang++"))
            s.run("cmake", "--build", f"{name}/build")
        built[step] = shutil.copy(s.top / name / f"build/{name}.so", s.top / f"{name}_{step}.so")
        s.run("quoin", "plugin", "check", built[step])
    live(s, name + "_live", built["first"], built["better"], [], 'length = 5; qty = "1";')


def main():
    os.umask(0o022)
    if not COMPILERS:
        sys.exit("there is no C compiler")
    with tempfile.TemporaryDirectory() as top:
        s = Shipped(Path(top))
        s.data()
        strategy_of_the_docs(s)
        for language, suffix, compiler in (("c++", "cpp", "g++"), ("rust", "rs", "rustc")):
            if shutil.which(compiler, path=s.env["PATH"]):
                template(s, language, suffix, COMPILERS[0])
            else:
                print(f"SKIPPED: no {compiler}: the template in {language} was not built")
    print(f"proof: shipped: {len(COMPILERS)} compilers, {s.count} commands")


if __name__ == "__main__":
    main()
