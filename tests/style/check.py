#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rules of the house that a script can check.

    check.py [--root DIR] [--lengths]     all files below DIR; --lengths adds statistics
    check.py --self                       each bad snippet in bad/ must be caught, and nothing else

A finding is printed as file:line: error: what [rule]. The rules are rows of RULES; a rule is a
function that is given a file and yields (line, what)."""

import argparse
import posixpath
import re
import sys
from pathlib import Path, PurePosixPath
from statistics import median

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOLDERS = ("include", "sdk", "plugins", "host", "tests", "cmake", "conf", "docs", ".ci")
SKIPPED = re.compile(r"(^|/)(build[^/]*|__pycache__|\.git|var)/|^tests/style/bad/")
COLUMNS = 100
FILE_LINES, FUNCTION_LINES, FUNCTION_MOST = 600, 50, 120

CODE = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def blank(text):
    """The text with everything but its line breaks replaced by blanks."""
    return re.sub(r"[^\n]", " ", text)


class File:
    """A file as the rules see it: `text` as it is, `code` without comments and texts, `strings`
    with nothing but texts. All three have the same lines and columns."""

    def __init__(self, path, name):
        self.name = name
        self.path = path
        self.text = path.read_text(encoding="utf-8", errors="replace")
        self.is_c = path.suffix in (".c", ".h")
        self.code = self.strings = self.text
        if self.is_c:
            self.code = CODE.sub(lambda m: blank(m.group()), self.text)
            self.strings = self.only_strings()
        self.lines = self.text.split("\n")

    def only_strings(self):
        out, end = [], 0
        for m in CODE.finditer(self.text):
            if m.group()[0] == '"':
                out += [blank(self.text[end:m.start()]), m.group()]
                end = m.end()
        return "".join(out) + blank(self.text[end:])

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1


def each(pattern, text, file, what):
    for m in re.finditer(pattern, text):
        yield file.line_of(m.start()), what.format(*m.groups())


# ---- words that may not be used

def calls(*names):
    """A call of one of these functions, and not of a member that has its name."""
    return rf"(?<![.>])\b({'|'.join(names)})\s*\("


BANNED = calls("strcpy", "strcat", "sprintf", "vsprintf", "strncpy", "atoi", "atof", "strtok",
               "gets", "alloca", "siglongjmp")
RAW_MEMORY = calls("malloc", "calloc", "realloc", "reallocarray", "free", "aligned_alloc",
                   "posix_memalign", "strdup", "strndup", "asprintf", "vasprintf")
WORLD = calls("time", "gettimeofday", "clock_gettime", "clock", "localtime", "gmtime", "rand",
              "random", "srand", "drand48", "getrandom", "getenv", "setlocale", "signal",
              "sigaction", "exit", "abort", "fork", "atexit", "pthread_create")


def banned(file):
    return each(BANNED, file.code, file, "{0} is banned: it cannot be used safely")


def raw_memory(file):
    return each(RAW_MEMORY, file.code, file, "{0} outside host/base: use base/memory.h")


def plugin_world(file):
    return each(WORLD, file.code, file,
                "{0}: a plugin gets time, randomness and identity from the host and events alone")


# ---- the first lines

def spdx(file):
    if not any("SPDX-License-Identifier: " in line for line in file.lines[:3]):
        yield 1, "no SPDX-License-Identifier in the first three lines"


# ---- layout

def long_lines(file):
    for number, line in enumerate(file.lines, 1):
        if len(line) > COLUMNS:
            yield number, f"{len(line)} columns; at most {COLUMNS}"


def white_space(file):
    for number, line in enumerate(file.lines, 1):
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
        if "\t" in line:
            yield number, "a tab; indent by blanks"
    if file.text and not file.text.endswith("\n"):
        yield len(file.lines), "no line end at the end of the file"


# ---- the ABI's headers

THREAD = r"(?:event|control|io|worker|any)"
STATE = r"!?(?:active|quiesced|event)"
CLASS = re.compile(rf"\[{THREAD}(?: & {STATE})*(?:, {THREAD}(?: & {STATE})*)*\]")
POINTER = re.compile(r"\(\s*\*\s*(\w+)\s*\)\s*\(")


def annotated(file):
    """A function pointer declares its thread class between its name and the end of the line on
    which its declaration ends."""
    for m in POINTER.finditer(file.code):
        end = file.code.find(";", m.start())
        end = file.text.find("\n", end if end >= 0 else m.start())
        if not CLASS.search(file.text[m.start():end if end >= 0 else len(file.text)]):
            yield file.line_of(m.start()), f"{m.group(1)} has no thread class such as [event]"


# ---- the house: who may include whom

ABOVE_BASE = ("ledger", "store", "config", "tape", "supervise")
STANDS_ON = {  # part of host/ -> the parts it may include
    "base": set(),
    **{part: {"base"} for part in ABOVE_BASE},
    "synth": {"base", "tape"},
    "foreign": {"base"},
    "module": {"base", "config", "foreign"},
    "guest": {"base", "module", "foreign"},
    "engine": {"base", *ABOVE_BASE, "module", "foreign", "guest"},
    "report": {"base", "ledger", "tape", "config", "engine"},
    "tune": {"base", "config", "module", "engine", "report"},
    "control": {"base", *ABOVE_BASE, "module", "foreign", "engine", "report"},
    "conform": {"base", "config", "module", "foreign"},
    "cli": {"base", *ABOVE_BASE, "synth", "module", "engine", "report", "tune", "control",
            "conform", "foreign"},
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def resolve(file, quote, path):
    """An include as the part of the house that it leads to: "abi", "sdk", "host/<part>",
    "system", "local" or None for a way out of its part by .. ."""
    if path.startswith("quoin/sdk/"):
        return "sdk"
    if path.startswith("quoin/"):
        return "abi"
    if quote == "<":
        return "system"
    if ".." in path.split("/"):
        own, to = (PurePosixPath(n).parts[:2] for n in (
            file.name, posixpath.normpath(posixpath.join(posixpath.dirname(file.name), path))))
        return "local" if own == to else None
    first = path.split("/")[0]
    if "/" in path and first in STANDS_ON:
        return f"host/{first}"
    return "local"


def allowed(name):
    """What the file `name` may include, or None where all is allowed."""
    parts = name.split("/")
    if parts[0] == "include":
        return {"abi", "system"}
    if parts[0] == "sdk":
        return {"abi", "sdk", "system", "local"}
    if parts[0] == "plugins":
        return {"abi", "sdk", "system", "local"}
    if parts[0] == "host" and len(parts) > 2:
        own = {f"host/{parts[1]}"} | {f"host/{part}" for part in STANDS_ON.get(parts[1], ())}
        return {"abi", "sdk", "system", "local"} | own
    return None


# The headers that the ABI may ask of a compiler: no library is needed to read it.
FREESTANDING = {"stddef.h", "stdint.h"}


def direction(file):
    may = allowed(file.name)
    if may is None:
        return
    for m in INCLUDE.finditer(file.text):
        target = resolve(file, *m.groups())
        line = file.line_of(m.start())
        if target is None:
            yield line, f"{m.group(2)} leaves its part of the house by .."
        elif target not in may:
            yield line, f"{m.group(2)} ({target}) lies above {file.name}"
        elif "local" not in may and target == "system" and m.group(2) not in FREESTANDING:
            yield line, f"{m.group(2)}: the ABI includes stddef.h and stdint.h only"


KINDS = "venue|model|strategy|optimizer|risk|execution|sink|tuner"


def names_plugin(file):
    return each(rf"\b({KINDS})/([a-z][a-z0-9_]*)", file.strings, file,
                "the host names the plugin {0}/{1}; it knows kinds only")


# ---- the one way out

# A call through a venue's table, or a copy of its function: of qn_venue's members only, so that
# functions and fields of those names are left alone.
VENUE = re.compile(r"(?:->|\.)\s*(submit|modify)\s*\(|"
                   r"=\s*&?[^;=]*\btable\s*(?:->|\.)\s*(submit|modify)\s*[;,)}]")


def leaves_for_venue(file):
    """Orders leave the host where their budget is looked at, and nowhere else."""
    for m in VENUE.finditer(file.code):
        which = 1 if m.group(1) else 2
        yield (file.line_of(m.start(which)),
               f"qn_venue.{m.group(which)} outside host/engine/budget.c: an order "
               f"leaves on its budget alone")


# ---- documentation

LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def dead_links(file):
    for m in LINK.finditer(file.text):
        if not (file.path.parent / m.group(1)).exists():
            yield file.line_of(m.start()), f"the link {m.group(1)} leads nowhere"


# name, which files, which suffixes, function
RULES = (
    ("banned", r"", (".c", ".h"), banned),
    ("memory", r"^(include|sdk/(?!src/bench_memory\.c$)|plugins|host/(?!base/))", (".c", ".h"),
     raw_memory),
    ("world", r"^(sdk/(src|include)|plugins)/", (".c", ".h"), plugin_world),
    ("spdx", r"", (".c", ".h", ".py", ".sh", ".cmake", "CMakeLists.txt", "bootstrap", "run"),
     spdx),
    ("columns", r"", (".c", ".h"), long_lines),
    ("blanks", r"", (".c", ".h", ".py", ".sh", ".cmake", "CMakeLists.txt", "bootstrap", "run"),
     white_space),
    ("thread", r"^include/", (".h",), annotated),
    ("arrows", r"^(include|sdk|plugins|host)/", (".c", ".h"), direction),
    ("kinds", r"^host/", (".c", ".h"), names_plugin),
    ("venue", r"^host/(?!engine/budget\.c$)", (".c", ".h"), leaves_for_venue),
    ("links", r"", (".md",), dead_links),
)
# Generated, or wrong on purpose: the file's first lines say so.
EXCEPTIONS = {
    ("tests/abi/layout.h", "columns"),
}


def files_of(root):
    found = [p for p in root.iterdir() if p.is_file()]
    for folder in FOLDERS:
        found += [p for p in (root / folder).rglob("*") if p.is_file()]
    for path in sorted(found):
        name = path.relative_to(root).as_posix()
        if not SKIPPED.search(name):
            yield path, name


def check(root):
    """All findings below `root`: (name, line, rule, what); and the number of files looked at."""
    findings, count = [], 0
    for path, name in files_of(root):
        rules = [(rule, test) for rule, where, suffixes, test in RULES
                 if re.match(where, name) and path.name.endswith(suffixes)
                 and (name, rule) not in EXCEPTIONS]
        if not rules:
            continue
        count += 1
        file = File(path, name)
        for rule, test in rules:
            findings += [(name, line, rule, what) for line, what in test(file)]
    return sorted(findings), count


# ---- lengths: reported, not failed

FUNCTION = re.compile(r"^(?!typedef|struct|enum|union|static const|#)[A-Za-z_][^;={}]*\)\s*\n\{$",
                      re.M)


def lengths(root):
    per_file, functions = [], []
    for path, name in files_of(root):
        if path.suffix not in (".c", ".h") or not name.startswith(("include", "sdk", "plugins",
                                                                   "host")):
            continue
        file = File(path, name)
        per_file.append((len(file.lines) - 1, name))
        for m in FUNCTION.finditer(file.code):
            end = file.code.find("\n}", m.end())
            head = file.code[m.start():m.end()]
            title = re.search(r"(\w+)\s*\(", head)
            functions.append((file.code.count("\n", m.end(), end + 1) + 2,
                              f"{name}: {title.group(1) if title else head.strip()}"))
    if not per_file or not functions:
        return
    p90 = sorted(n for n, _ in functions)[int(0.9 * (len(functions) - 1))]
    print(f"{len(per_file)} files, {sum(n for n, _ in per_file)} lines, median "
          f"{median(n for n, _ in per_file):.0f}; {len(functions)} functions, median "
          f"{median(n for n, _ in functions):.0f}, 9 of 10 up to {p90} lines")
    for number, name in sorted(per_file, reverse=True):
        if number > FILE_LINES:
            print(f"  long file:     {number:4d} lines  {name}")
    for number, name in sorted(functions, reverse=True):
        if number > FUNCTION_LINES:
            mark = " (too long)" if number > FUNCTION_MOST else ""
            print(f"  long function: {number:4d} lines  {name}{mark}")


# ---- the check checks itself

EXPECT = re.compile(r"expect: ([a-z]+)")


def self_test():
    """In bad/, a line with "expect: RULE" must be reported under that rule, and no other line
    may be. A rule without a bad example is an error, too."""
    root = HERE / "bad"
    found = {(name, line, rule) for name, line, rule, _ in check(root)[0]}
    wanted = set()
    for path, name in files_of(root):
        for number, line in enumerate(path.read_text().split("\n"), 1):
            wanted |= {(name, number, rule) for rule in EXPECT.findall(line)}
    for name, line, rule in sorted(wanted - found):
        print(f"bad/{name}:{line}: error: rule {rule} did not see this")
    for name, line, rule in sorted(found - wanted):
        print(f"bad/{name}:{line}: error: rule {rule} reports what is right")
    silent = {rule for rule, *_ in RULES} - {rule for _, _, rule in wanted}
    for rule in sorted(silent):
        print(f"error: no bad example for rule {rule}")
    print(f"proof: style: {len(wanted)} bad lines, {len(RULES)} rules")
    return not (wanted ^ found or silent)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--lengths", action="store_true")
    parser.add_argument("--self", action="store_true", dest="is_self")
    args = parser.parse_args()
    if args.is_self:
        return 0 if self_test() else 1
    findings, count = check(args.root.resolve())
    for name, line, rule, what in findings:
        print(f"{name}:{line}: error: {what} [{rule}]")
    if args.lengths:
        lengths(args.root.resolve())
    print(f"style: {count} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
