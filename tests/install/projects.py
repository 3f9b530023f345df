#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`quoin plugin new` against an installation alone: for each kind a project is made, built by CMake
with gcc and with clang and by the lines of its README, and passes its own tests and all checks;
strategies in C, C++ and Rust run, and trade alike. What cannot be made is refused, and nothing is
left behind."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUILD = Path(os.environ["QUOIN_BUILD"])
SOURCE = Path(os.environ["QUOIN_SOURCE"])
KINDS = sorted(p.name for p in (SOURCE / "sdk/templates").iterdir() if "-" not in p.name)
COMPILERS = [pair for pair in (("gcc", "g++"), ("clang", "clang++")) if shutil.which(pair[0])]

count = 0


def run(*command, cwd=None, env=None, status=0):
    global count
    count += 1
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=env)
    if done.returncode != status:
        sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}, expected {status}\n"
                 f"{done.stdout}{done.stderr}")
    return done.stdout if status == 0 else done.stderr


def environment(prefix):
    """What a user sets; the source tree is in none of it."""
    return {**os.environ, "PATH": f"{prefix}/bin:{os.environ['PATH']}",
            "PKG_CONFIG_PATH": f"{prefix}/lib/pkgconfig"}


def cmake(folder, env, pair):
    shutil.rmtree(folder / "build", ignore_errors=True)
    out = run("cmake", "-S", folder, "-B", folder / "build",
              env={**env, "CC": pair[0], "CXX": pair[1]})
    out += run("cmake", "--build", folder / "build", env=env)
    if "warning" in out:
        sys.exit(f"{folder.name} with {pair[0]}: {out}")
    out = run("ctest", "--test-dir", folder / "build", env=env)
    if "100% tests passed, 0 tests failed out of 2" not in out:
        sys.exit(f"{folder.name} with {pair[0]}: {out}")
    for line in (folder / "build/CMakeCache.txt").read_text().split("\n"):
        if str(SOURCE) in line:
            sys.exit(f"{folder.name} was built with the source tree: {line}")


def by_readme(folder, env):
    """The lines below `Or without CMake`, as a shell runs them."""
    text = (folder / "README.md").read_text()
    lines = re.search(r"Or without CMake.*?\n\n((?:    .*\n)+)", text).group(1)
    shutil.rmtree(folder / "build", ignore_errors=True)
    run("sh", "-ec", lines, cwd=folder, env=env)
    show(folder, env)


def show(folder, env):
    """Accepted under the strict profile, exports its entry alone, and keeps every rule there is."""
    module = next((folder / "build").glob("*.so"))
    shown = json.loads(run("quoin", "plugin", "show", module, "--json", env=env))
    if shown["id"].split("/")[1] != folder.name or shown["profile"] != "strict":
        sys.exit(f"{module}: {shown}")
    exported = [line.split()[-1] for line in run("nm", "-D", "--defined-only",
                                                 module).splitlines()]
    if exported != ["qn_plugin_entry"]:
        sys.exit(f"{module} exports {exported}")
    run("quoin", "plugin", "check", module, env=env)


def new(env, where, kind, name, *options):
    made = json.loads(run("quoin", "plugin", "new", kind, name, "--into", where, "--json", *options,
                          env=env))
    folder = where / name
    files = sorted(p.name for p in folder.iterdir())
    if made["files"] != files or Path(made["folder"]) != folder or len(made["next"]) != 3:
        sys.exit(f"plugin new {kind}: {made}, files {files}")
    for path in folder.iterdir():
        if re.search("PLUGIN_(NAME|DIR|PREFIX)", path.read_text()):
            sys.exit(f"{path}: a word of the template was left")
    return folder, made["next"]


def check_kinds(env, where):
    for kind in KINDS:
        folder, _ = new(env, where, kind, f"my_{kind}")
        for pair in COMPILERS:
            cmake(folder, env, pair)
            show(folder, env)
        by_readme(folder, env)


def check_kept_states(env, folder):
    """A state that is kept is a part of the project's tests from the next build on."""
    module = folder / f"build/{folder.name}.so"
    run("quoin", "plugin", "check", module, "--golden", folder / "golden", "--keep", env=env)
    state = next((folder / "golden").glob("*/*/1.state"))
    for text, status in ((state.read_bytes(), 0), (b"not one", 8)):
        state.write_bytes(text)
        run("cmake", "--build", folder / "build", env=env)
        told = run("ctest", "--test-dir", folder / "build", "-R", "_check$", "-V", env=env,
                   status=status)
        if status == 0 and "state.golden       layout 1" not in told:
            sys.exit(f"{folder}: the kept state is not looked at: {told}")


def fills(folder):
    with open(folder / "report/fills.csv", encoding="utf-8") as file:
        return [(row["ts"], row["side"], row["qty"], row["price"]) for row in csv.DictReader(file)]


def check_strategies(env, where):
    """The three next steps of each language, timed; what they trade on the same market."""
    traded = {}
    languages = [("c", "in_c")]
    if shutil.which("g++"):
        languages.append(("c++", "in_cpp"))
    if shutil.which("rustc") and subprocess.run(["rustc", "--version"], check=False,
                                                capture_output=True).returncode == 0:
        languages.append(("rust", "in_rust"))
    for language, name in languages:
        start = time.monotonic()
        folder, steps = new(env, where, "strategy", name, "--language", language)
        for step in steps:
            run("sh", "-ec", step, env=env)
        took = time.monotonic() - start
        show(folder, env)
        run("quoin", "run", "run.cfg", "--report", "report", "--quiet", cwd=folder, env=env)
        traded[language] = fills(folder)
        run("quoin", "check", "run.cfg", "--lookahead", "--determinism", cwd=folder, env=env)
        if language == "c":
            check_kept_states(env, folder)
        if language == "c++":
            for pair in COMPILERS:
                cmake(folder, env, pair)
            by_readme(folder, env)
        print(f"proof: project: from nothing to a backtest in {language}: {took:.1f} s")
    if len(traded["c"]) < 20 or any(rows != traded["c"] for rows in traded.values()):
        sys.exit(f"fills: { {k: len(v) for k, v in traded.items()} }")


def check_refusals(env, where):
    cases = [
        (("strategi", "x"), 2, "did you mean 'strategy'"),
        (("strategy-cpp", "x"), 2, "there is no kind"),
        (("strategy", "Breakout"), 2, "is no name"),
        (("strategy", "9lives"), 2, "is no name"),
        (("strategy", "a" * 32), 2, "is no name"),
        (("strategy", "../x"), 2, "is no name"),
        (("strategy", "double"), 2, "a word of the language"),
        (("model", "book"), 2, "the code of the template uses the word"),
        (("strategy", "x", "--language", "fortran"), 2, "known here: c, c++, rust"),
        (("risk", "x", "--language", "rust"), 2, "no template of a risk in rust"),
        (("strategy",), 2, "a KIND and a NAME"),
        (("strategy", "x", "y"), 2, "one too many"),
        (("strategy", "my_strategy"), 2, "exists already"),
    ]
    before = sorted(p.name for p in where.iterdir())
    for args, status, words in cases:
        told = run("quoin", "plugin", "new", *args, "--into", where, env=env, status=status)
        if words not in told:
            sys.exit(f"plugin new {args}: {told}")
    file = where / "file"
    file.write_text("not a folder")
    told = run("quoin", "plugin", "new", "risk", "x", "--into", file, env=env, status=1)
    if "file" not in told:
        sys.exit(told)
    file.unlink()
    if sorted(p.name for p in where.iterdir()) != before:
        sys.exit(f"left behind: {sorted(p.name for p in where.iterdir())}")
    return len(cases) + 1


def check_headers(prefix, where):
    """The bench in C11 and C++17, and the header for C++: without a warning by either compiler."""
    for pair in COMPILERS:
        cases = ((pair[0], "c11", "bench.h"), (pair[1], "c++17", "bench.h"),
                 (pair[1], "c++17", "sdk/strategy.hpp"))
        for compiler, standard, header in cases:
            if not shutil.which(compiler):
                continue
            source = where / ("header.cpp" if "++" in standard else "header.c")
            source.write_text(f"#include <quoin/{header}>\n")
            run(compiler, f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                "-I", prefix / "include", "-c", source, "-o", os.devnull)
            source.unlink()


def check_build_folder(where):
    """The program of a build folder finds the tree's templates, and what they need."""
    folder = where / "from_build"
    made = json.loads(run(BUILD / "quoin", "plugin", "new", "sink", folder.name, "--into", where,
                          "--json"))
    for step in made["next"][:2]:
        run("sh", "-ec", step)


def main():
    with tempfile.TemporaryDirectory() as top:
        prefix, where = Path(top, "prefix"), Path(top, "work")
        where.mkdir()
        run("cmake", "--install", BUILD, "--prefix", prefix)
        env = environment(prefix)
        check_kinds(env, where)
        check_strategies(env, where)
        refused = check_refusals(env, where)
        check_headers(prefix, where)
        check_build_folder(where)
    print(f"proof: project: {len(KINDS)} kinds, {len(COMPILERS)} compilers, {refused} refusals, "
          f"{count} commands")


if __name__ == "__main__":
    main()
