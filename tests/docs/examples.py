#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The examples of the documentation do what the page says they do.

A page's code blocks are run from top to bottom in a folder of the page's own, which looks like a
clone after `./bootstrap demo`: conf/, include/, build/, and of build/demo the catalog, the portfolio's
report and the store with its run are there. What becomes of a block is written behind the language at
its fence:

    ```sh run            run by a shell; must end with status 0. Variables and the folder that it
                         changes to are there for the next block, as in a terminal
    ```sh run exit=2     must end with this status
    ```c file=PATH       written to PATH; any language
    ```text output       what the block before it printed; `...` stands for any text within a line,
                         a line of nothing but `...` for any number of lines
    ```text errors       the same of what it printed to standard error
    ```sh shown          is not run; any language

A block of the pages in STRICT without such a word is a mistake, so that no example is forgotten.
With arguments, only the pages whose names contain one of them."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BUILD = Path(os.environ["QUOIN_BUILD"])
SOURCE = Path(os.environ["QUOIN_SOURCE"])
STRICT = ("README.md", "docs/get-started.md", "docs/concepts.md", "docs/first-strategy.md",
          "docs/ship-a-plugin.md", "docs/operate.md", "docs/plugin-check.md", "docs/trust.md", "docs/isolation.md",
          "docs/containment.md",
          "docs/faults.md", "docs/functions.md", "docs/commands.md",
          "docs/cli.md", "docs/books.md", "docs/data.md", "docs/results.md", "docs/statistics.md",
          "docs/design-decisions.md",
          "docs/errors.md", "docs/plugins.md", "docs/chain.md", "docs/journal.md",
          "docs/write-a-model.md", "docs/write-an-optimizer.md", "docs/write-a-risk-module.md",
          "docs/write-an-execution-algorithm.md", "docs/write-a-sink.md", "docs/write-a-tuner.md",
          "docs/tune.md", "docs/synthetic-data.md",
          "conf/demo/README.md")
FENCE = re.compile(r"^```(\w*)(.*)$")
PREPARE = """conf/demo/import.sh
./build/quoin run conf/demo/portfolio.cfg --report build/demo/portfolio
"""

# What the shell of one block hands on to the next one.
SCRIPT = """set -e
umask 022
if [ -f "$STATE" ]; then . "$STATE"; fi
if [ -f "$STATE.cwd" ]; then cd "$(cat "$STATE.cwd")"; fi
{text}
export -p >"$STATE"
pwd >"$STATE.cwd"
"""


class Block:
    def __init__(self, page, line, language, words):
        self.place = f"{page}:{line}"
        self.language = language
        self.words = words.split()
        self.lines = []

    def text(self):
        return "".join(line + "\n" for line in self.lines)

    def value(self, key, default=None):
        for word in self.words:
            if word.startswith(key + "="):
                return word[len(key) + 1:]
        return default


def fail(place, what):
    sys.exit(f"{place}: error: {what}")


def read_blocks(page):
    blocks, inside = [], None
    for number, line in enumerate((SOURCE / page).read_text(encoding="utf-8").split("\n"), 1):
        fence = FENCE.match(line)
        if inside is not None and line == "```":
            blocks.append(inside)
            inside = None
        elif inside is not None:
            inside.lines.append(line)
        elif fence:
            inside = Block(page, number, fence.group(1), fence.group(2))
    if inside is not None:
        fail(inside.place, "the block does not end")
    return blocks


def pattern_of(expected):
    """A regular expression for the text of an output block."""
    parts = []
    for line in expected.rstrip("\n").split("\n"):
        if line.strip() == "...":
            parts.append(r"(?:.*\n)*")
        else:
            parts.append(".*".join(re.escape(p) for p in line.rstrip().split("...")) + "[ ]*\n")
    return re.compile("".join(parts))


def first_difference(expected, printed):
    """The first line of the expectation that stands nowhere in what was printed."""
    lines = [line.rstrip() for line in printed.split("\n")]
    for line in expected.split("\n"):
        if line.strip() == "...":
            continue
        match = re.compile(".*".join(re.escape(p) for p in line.rstrip().split("...")))
        if not any(match.fullmatch(one) for one in lines):
            return line
    return "the order of the lines"


class Page:
    def __init__(self, name, folder):
        self.name = name
        self.folder = folder
        self.printed = {}
        self.counts = {"run": 0, "file": 0, "output": 0}
        self.env = {**os.environ, "HOME": str(folder / "home"), "LC_ALL": "C",
                    "PATH": f"{folder / 'clone/build'}:{os.environ['PATH']}",
                    "QUOIN_CACHE": str(folder / "cache"), "STATE": str(folder / "state"),
                    "PWD": str(folder / "clone")}

    def cwd(self):
        place = Path(self.env["STATE"] + ".cwd")
        return Path(place.read_text().strip()) if place.is_file() else self.folder / "clone"

    def prepare(self):
        """A clone after ./bootstrap demo. The build folder's entries are links, so that what a
        page writes into build/ does not reach the real one."""
        clone = self.folder / "clone"
        for name in ("clone/build/demo", "home"):
            (self.folder / name).mkdir(parents=True)
        shutil.copytree(SOURCE / "conf", clone / "conf")
        for name in ("include", "sdk"):
            (clone / name).symlink_to(SOURCE / name)
        for entry in BUILD.iterdir():
            if entry.name != "demo":
                (clone / "build" / entry.name).symlink_to(entry)
        subprocess.run(["bash", "-ec", PREPARE], cwd=clone, env=self.env, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def run(self, block):
        done = subprocess.run(["sh", "-c", SCRIPT.replace("{text}", block.text())],
                              cwd=self.folder / "clone", env=self.env, text=True, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True)
        wanted = int(block.value("exit", "0"))
        if done.returncode != wanted:
            fail(block.place, f"exit status {done.returncode}, expected {wanted}:\n"
                 f"{done.stdout}{done.stderr}")
        self.printed = {"output": done.stdout, "errors": done.stderr}

    def compare(self, block, printed):
        if printed is None:
            fail(block.place, "there is no block before it that was run")
        if not block.text().replace("...", "").strip():
            fail(block.place, "an output that every text fits")
        if not pattern_of(block.text()).fullmatch(printed):
            fail(block.place, "the output differs, first at: "
                 f"{first_difference(block.text(), printed)}\n--- printed:\n{printed}")

    def do(self, block):
        name = block.value("file")
        if name:
            path = self.cwd() / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text(), encoding="utf-8")
            self.counts["file"] += 1
        elif "run" in block.words:
            self.run(block)
            self.counts["run"] += 1
        elif {"output", "errors"} & set(block.words):
            self.compare(block, self.printed.get(block.words[0]))
            self.counts["output"] += 1
        elif "shown" not in block.words:
            fail(block.place, f"a block of '{block.language}' that nobody runs: say run, file=, "
                 "output, errors or shown")


def check_page(name):
    with tempfile.TemporaryDirectory() as temporary:
        page = Page(name, Path(temporary).resolve())
        blocks = read_blocks(name)
        if any("run" in block.words for block in blocks):
            page.prepare()
        for block in blocks:
            page.do(block)
    return page.counts


def main():
    total = {"run": 0, "file": 0, "output": 0}
    pages = [p for p in STRICT if not sys.argv[1:] or any(word in p for word in sys.argv[1:])]
    for name in pages:
        for key, n in check_page(name).items():
            total[key] += n
    print(f"proof: documentation: {len(pages)} pages, {total['run']} command blocks run, "
          f"{total['file']} files written, {total['output']} outputs compared")


if __name__ == "__main__":
    main()
