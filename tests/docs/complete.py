#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Nothing that a user can type or read is missing from the documentation, and nothing is
documented that is not there: commands and their options, import formats, the keys of a result,
the columns of the CSV files, and the index of the pages."""

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(os.environ["QUOIN_SOURCE"])
QUOIN = Path(os.environ["QUOIN_BUILD"], "quoin")
OPTION = re.compile(r"--([a-z][a-z-]+)")
EVERYWHERE = {"help", "usage"}  # what each command has

found = 0


def quoin(*args):
    done = subprocess.run([QUOIN, *args], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"quoin {' '.join(map(str, args))}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def page(name):
    return (SOURCE / "docs" / name).read_text(encoding="utf-8")


def same(what, documented, real):
    """Both sets are equal; the difference is told."""
    global found
    found += len(real)
    if documented != real:
        sys.exit(f"{what}: not documented: {sorted(real - documented)}; documented, but not "
                 f"there: {sorted(documented - real)}")


def sections(text):
    """The texts below '## quoin ...', by the words behind quoin."""
    parts = re.split(r"^## (.*)$", text, flags=re.M)
    return {title[6:]: body for title, body in zip(parts[1::2], parts[2::2])
            if title.startswith("quoin ")}


def listed(*command):
    """The subcommands that a help text lists."""
    return re.findall(r"^  ([a-z]+) ", quoin(*command, "--help"), re.M)


def commands():
    for name in listed():
        if "COMMAND" in quoin(name, "--help").split("\n")[0]:
            yield from (f"{name} {sub}" for sub in listed(name))
        else:
            yield name


def options_of(command):
    """Option lines of a help text begin with blanks and a dash; examples are left out."""
    lines = quoin(*command.split(), "--help").split("\n")
    return {m for line in lines if re.match(r"^ +-", line)
            for m in OPTION.findall(re.split(r"  +", line.strip())[0])} - EVERYWHERE


def check_commands():
    documented = sections(page("cli.md"))
    same("commands in cli.md", set(documented), set(commands()))
    for command, text in documented.items():
        without_code = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
        named = {m for code in re.findall(r"`([^`]*)`", without_code) for m in OPTION.findall(code)}
        same(f"options of quoin {command} in cli.md", named, options_of(command))


def check_formats():
    help_text = quoin("data", "import", "--help")
    real = set(re.findall(r"^  ([a-z-]+) +\S", help_text.split("Formats:")[1].split("\n\n")[0], re.M))
    table = page("cli.md").split("| `--format` | input |")[1].split("\n\n")[0]
    same("formats in cli.md", set(re.findall(r"^\| `([a-z-]+)`", table, re.M)), real)


def keys_of(value):
    if isinstance(value, dict):
        for key, below in value.items():
            yield key
            yield from keys_of(below)
    elif isinstance(value, list):
        for below in value:
            yield from keys_of(below)


def check_results(folder):
    catalog = folder / "catalog"
    quoin("data", "import", "--format", "ohlcv", "--instrument", "SP500.demo", "--into", catalog,
          "--bar", "1d", "--tick", "0.000001", "--lot", "1", "--quote", "USD", "--quiet",
          SOURCE / "conf/demo/sp500-2000.csv")
    quoin("run", SOURCE / "conf/demo/sma.cfg", "--set", f"catalog={catalog}", "--report",
          folder / "out", "--quiet")
    text = page("results.md")
    words = set(re.findall(r"[a-z_0-9]+", " ".join(re.findall(r"`([^`\n]+)`", text))))
    words |= {word for title in re.findall(r"^## (.*)$", text, re.M)
              for word in re.findall(r"[a-z_]+", title)}
    for name in ("report.json", "manifest.json"):
        real = set(keys_of(json.loads((folder / "out" / name).read_text())))
        same(f"keys of {name} in results.md", words & real, real)
    for path in sorted((folder / "out").glob("*.csv")):
        with path.open(newline="") as file:
            real = set(next(csv.reader(file)))
        part = re.search(rf"\*\*{path.name}\*\*(.*?)(?=\n\*\*|\n## )", text, re.S)
        if not part:
            sys.exit(f"{path.name} is not in results.md")
        named = {word for code in re.findall(r"`([^`\n]+)`", part.group(1))
                 for word in re.findall(r"^[a-z_]+$", code)}
        same(f"columns of {path.name} in results.md", named & real, real)


def check_index():
    linked = set(re.findall(r"\]\(([a-z-]+\.md)\)", page("README.md")))
    same("pages in docs/README.md", linked,
         {p.name for p in (SOURCE / "docs").glob("*.md")} - {"README.md"})


def main():
    check_commands()
    check_formats()
    with tempfile.TemporaryDirectory() as folder:
        check_results(Path(folder))
    check_index()
    print(f"proof: documentation is complete: {found} commands, options, keys, columns, pages")


if __name__ == "__main__":
    main()
