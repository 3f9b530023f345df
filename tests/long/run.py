#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs every proof at many times its stated size and writes docs/proofs.md: what was proved, on
how much, when. Takes long; not part of the ordinary tests.

    tests/long/run.py [--scale 10] [--build build]
"""
import argparse
import concurrent.futures
import datetime
import json
import os
import platform
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def cpu():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def tests_of(build):
    """(name, command, environment) of each test, as ctest would run it, but without its limit of
    time: a proof at many times its size takes many times as long."""
    listed = subprocess.run(["ctest", "--show-only=json-v1"], cwd=build, capture_output=True,
                            text=True, check=True)
    for test in json.loads(listed.stdout)["tests"]:
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        env = dict(pair.split("=", 1) for pair in properties.get("ENVIRONMENT", []))
        yield test["name"], test["command"], env, properties.get("WORKING_DIRECTORY", build)


def run(test, scale):
    name, command, env, folder = test
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False,
                          env={**os.environ, **env, "QUOIN_SCALE": str(scale),
                               "CK_TIMEOUT_MULTIPLIER": str(10 * scale)})
    print(f"{'ok' if done.returncode == 0 else 'FAILED':6} {name}", file=sys.stderr, flush=True)
    return name, done.returncode, done.stdout + done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=int, default=10, help="times the stated sizes")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), help="build folder")
    args = parser.parse_args()
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda test: run(test, args.scale), tests_of(args.build)))
    failed = [r for r in results if r[1] != 0]
    for name, status, output in failed:
        sys.stderr.write(f"\n=== {name}: exit status {status}\n{output[-4000:]}\n")
    if failed or not results:
        return 1
    proofs = sorted({p for r in results for p in re.findall(r"^proof: (.*)$", r[2], re.M)})
    lines = ["# Proofs", "",
             "What the long tests have shown, written by `tests/long/run.py`. The same tests run at",
             f"1/{args.scale} of the sizes that can grow with every change.", "",
             f"Date: {datetime.date.today()}. Machine: {cpu()}, {os.cpu_count()} processors. "
             f"Time: {(time.monotonic() - started) / 60:.0f} minutes. "
             f"{len(results)} tests, all passed.", "",
             "| proof | size |", "|---|---|"]
    lines += ["| " + p.replace("|", "/").replace(": ", " | ", 1) + " |" for p in proofs]
    with open(os.path.join(ROOT, "docs", "proofs.md"), "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
