#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What may change between two versions of the plugin ABI: nothing but additions.

    gates.py additive   compare include/quoin with each recorded version that this host serves
    gates.py abidiff    the same by libabigail's abidiff, on libraries with debug information
    gates.py recorded   each version below the current one is recorded, and says what it is; the
                        sizes in host/module/oldest.h are those of the oldest one that is served

The recorded headers are in versions/MAJOR.MINOR. `additive` knows the rules of docs/abi.md and
looks at structs, constants, lists, signatures. `abidiff` knows nothing of them and looks at what
a compiler made of the structs: it is the second witness, with an anchor library that exports one
function for each struct, because types that no symbol leads to are not compared at all."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import abi  # noqa: E402

ROOT = abi.ROOT
VERSIONS = abi.HERE / "versions"
SKIPPED = 77  # what ctest takes for "not run"

# What names the versions may rise, and so may the count at the end of an enum.
RISING = {"QN_ABI", "QN_ABI_MINOR", "QN_ABI_OLDEST"}
FROZEN = {"qn_str", "qn_table", "qn_note_head"}  # without a size: they never grow
HEADERS = {"qn_event", "qn_intent"}              # stand at the front of others: they never grow
ENTRY = re.compile(r"X\((?:[^()]|\([^()]*\))*\)")


class Version:
    """One set of headers, measured."""

    def __init__(self, cc, include):
        self.include = include
        self.api = abi.read_api(cc, include)
        self.sizes, self.places, self.lines = abi.measure(cc, include, self.api)
        self.fields = dict(self.api.structs)
        self.values = {}
        for line in self.lines:
            _, name, ctype, value = line.split(" ", 3)
            self.values[name] = (ctype, value)
        self.texts = {}
        for text in self.api.texts:
            name, body = self.named(text)
            self.texts[name] = body

    @staticmethod
    def named(text):
        """('define QN_X(a,b)', its text), ('function f', its signature), ('type t', its text)."""
        if text.startswith("define "):
            return text.split(": ", 1)
        call = re.search(r"(\w+)\(", text) if text.startswith("function") else None
        word = call or re.search(r"\( ?\* ?(\w+) ?\)", text) or re.search(r"(\w+)$", text)
        return f"{text.split()[0]} {word.group(1)}", text

    def number(self, name):
        return int(self.values[name][1])


def name_of(number):
    return f"{number >> 16}.{number & 0xffff}"


# ------------------------------------------------------------------ only additions

def may_grow(version, name):
    first = version.fields[name][0]
    return name not in FROZEN | HEADERS and (first[0] in ("size", "hdr"))


def compare_struct(old, new, name):
    if name not in new.fields:
        yield f"struct {name} was removed"
        return
    declared = dict(new.fields[name])
    at = {new.places[name, path][0]: path for path in declared}
    for path, declaration in old.fields[name]:
        place = old.places[name, path]
        now = path if path in declared else None
        if now is None and path.startswith("rsv") and place[0] in at:
            now = at[place[0]]  # padding may be given a meaning of the same type
        if now is None:
            yield f"{name}.{path} was removed"
        elif new.places[name, now] != place:
            yield (f"{name}.{path} moved or changed its size: offset and size {place}, "
                   f"now {new.places[name, now]}")
        elif declared[now] != declaration:
            yield f"{name}.{path} was '{declaration}', now '{declared[now]}'"
    known = {path for path, _ in old.fields[name]}
    size, align = old.sizes[name]
    for path in declared:
        if path not in known and "." not in path and new.places[name, path][0] >= size:
            if not may_grow(old, name):
                yield f"{name}.{path} was appended to a struct that has no size and never grows"
    if new.sizes[name][0] < size or new.sizes[name][1] != align:
        yield f"{name}: size and alignment {old.sizes[name]}, now {new.sizes[name]}"


def compare_value(old, new, name):
    was, now = old.values[name], new.values.get(name)
    if now is None:
        yield f"constant {name} was removed"
    elif name in RISING or name in old.api.counts:
        if now[0] != was[0] or int(now[1]) < int(was[1]):
            yield f"constant {name} was {was[1]}, now {now[1]}: it may only rise"
    elif now != was:
        yield f"constant {name} was {' '.join(was)}, now {' '.join(now)}"


def compare_text(old, new, name):
    was, now = old.texts[name], new.texts.get(name)
    if now is None:
        yield f"{name} was removed, or takes other arguments"
    elif re.match(r"define \w+_LIST\(", name):
        rows = set(ENTRY.findall(now))
        for row in ENTRY.findall(was):
            if row not in rows:
                yield f"{name}: the row {row} was removed or changed"
    elif not name.startswith("define ") and now != was:
        yield f"'{was}' is now '{now}'"  # a macro's text is compiled into the plugin: its own


def breaches(old, new):
    """Everything by which `new` is more than `old` with additions."""
    found = []
    for name, _ in old.api.structs:
        found += compare_struct(old, new, name)
    for name in old.values:
        found += compare_value(old, new, name)
    for name in old.texts:
        found += compare_text(old, new, name)
    return found


# ------------------------------------------------------------------ abidiff

def anchor(cc, include, structs, folder, name):
    """A library with one exported function for each struct, with debug information."""
    source, library = Path(folder, name + ".c"), Path(folder, f"lib{name}.so")
    lines = [f"#include <{h.as_posix()}>" for h in abi.headers(include)]
    lines += [f"void anchor_{s}(const {s} *p);\nvoid anchor_{s}(const {s} *p) {{ (void)p; }}"
              for s in structs]
    lines.append("qn_entry_fn anchor_entry;")
    source.write_text("\n".join(lines) + "\n")
    abi.run([*cc, "-std=c17", "-g", "-fno-eliminate-unused-debug-types", "-shared", "-fPIC", "-w",
             "-I", str(include), "-o", str(library), str(source)], "cannot build the anchor")
    return library


def suppressions(structs, path):
    """The one change that abidiff may not complain of: a member at the end of a sized struct. Only
    structs that have grown are named: of the others libabigail 2.2 would hide every change,
    because none of their members was inserted anywhere else."""
    names = "|".join(structs) or "none"
    path.write_text("[suppress_type]\n  label = members at the end of sized structs\n"
                    f"  type_kind = struct\n  name_regexp = ^({names})$\n"
                    "  has_data_member_inserted_at = end\n")


def is_seen(library, structs):
    """Does libabigail see each struct? Of a stripped library it sees none, and exits with 0."""
    text = abi.run(["abidw", "--no-architecture", "--no-corpus-path", str(library)], "abidw")
    return [s for s in structs if not re.search(rf"name='{s}'", text)]


def abidiff(cc, old, new):
    """What abidiff says of the change from `old` to `new`; '' = nothing."""
    common = [name for name, _ in old.api.structs if name in new.fields]
    with tempfile.TemporaryDirectory() as folder:
        libraries = [anchor(cc, v.include, [n for n, _ in v.api.structs], folder, side)
                     for v, side in ((old, "old"), (new, "new"))]
        for library, version in zip(libraries, (old, new)):
            unseen = is_seen(library, [n for n, _ in version.api.structs])
            if unseen:
                return f"abidw does not see {' '.join(unseen)} in the anchor"
        rules = Path(folder, "rules.ini")
        grown = [n for n in common if new.sizes[n][0] > old.sizes[n][0]
                 and not list(compare_struct(old, new, n))]
        suppressions(grown, rules)
        done = subprocess.run(["abidiff", "--no-added-syms", "--suppressions", str(rules),
                               *map(str, libraries)], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    return f"exit status {done.returncode}\n{done.stdout}{done.stderr}"


# ------------------------------------------------------------------ commands

def recorded():
    """{"0.2": folder}, oldest first."""
    found = {f.name: f for f in VERSIONS.iterdir() if f.is_dir()}
    return dict(sorted(found.items(), key=lambda row: [int(n) for n in row[0].split(".")]))


def served(cc, now):
    """The recorded versions whose plugins a host of these headers serves."""
    oldest = now.number("QN_ABI_OLDEST")
    for name, include in recorded().items():
        major, minor = map(int, name.split("."))
        if major << 16 | minor >= oldest:
            yield name, Version(cc, include)


def check_additive(cc, now):
    bad = n = 0
    for name, old in served(cc, now):
        n += 1
        for breach in breaches(old, now):
            bad += 1
            print(f"since {name}: {breach}")
    if bad:
        print("A plugin that was built then would go wrong on this host. Add at the end, and give "
              "new things new numbers; or raise QN_ABI_OLDEST, which shuts those plugins out.")
    print(f"proof: abi additive: {n} recorded versions, {len(now.fields)} structs, "
          f"{len(now.values)} constants, {bad} breaches")
    return bad == 0 and n > 0


def check_abidiff(cc, now):
    bad = n = 0
    for name, old in served(cc, now):
        n += 1
        said = abidiff(cc, old, now)
        if said:
            bad += 1
            print(f"since {name}: abidiff: {said}")
    print(f"proof: abi abidiff: {n} recorded versions, {len(now.fields)} anchors, {bad} differ")
    return bad == 0 and n > 0


def oldest_sizes(cc):
    """What host/module/oldest.h says of this host's own headers."""
    program = ('#include "oldest.h"\n#include <stdio.h>\nint main(void) {\n'
               "#define PUT(type, last) printf(#type \" %d\\n\", OLDEST_##type);\n"
               "OLDEST_LIST(PUT)\nreturn 0; }\n")
    with tempfile.TemporaryDirectory() as folder:
        source, binary = Path(folder, "oldest.c"), Path(folder, "oldest")
        source.write_text(program)
        abi.run([*cc, "-std=gnu17", "-w", "-I", str(ROOT / "include"),
                 "-I", str(ROOT / "host/module"), "-o", str(binary), str(source)], "oldest.h")
        lines = abi.run([str(binary)], "oldest.h").splitlines()
    return {line.split()[0]: int(line.split()[1]) for line in lines}


def check_recorded(cc, now):
    bad = []
    kept = recorded()
    current, oldest = now.number("QN_ABI"), now.number("QN_ABI_OLDEST")
    for minor in range(1, current & 0xffff):
        if f"{current >> 16}.{minor}" not in kept:
            bad.append(f"version {current >> 16}.{minor} is not in tests/abi/versions")
    for name, include in kept.items():
        says = name_of(Version(cc, include).number("QN_ABI"))
        if says != name:
            bad.append(f"tests/abi/versions/{name} holds the headers of {says}")
    then = Version(cc, VERSIONS / name_of(oldest)) if name_of(oldest) in kept else now
    for struct, size in oldest_sizes(cc).items():
        if struct in then.sizes and then.sizes[struct][0] != size:
            bad.append(f"host/module/oldest.h: {struct} had {then.sizes[struct][0]} bytes in "
                       f"{name_of(oldest)}, not {size}")
    print("\n".join(bad))
    print(f"proof: abi record: {len(kept)} recorded versions, {len(bad)} mistakes")
    return not bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("command", choices=("additive", "abidiff", "recorded"))
    parser.add_argument("--cc", default=os.environ.get("CC", "cc"))
    parser.add_argument("--include", type=Path, default=ROOT / "include")
    args = parser.parse_args()
    cc = args.cc.split()
    try:
        now = Version(cc, args.include.resolve())
        check = {"additive": check_additive, "abidiff": check_abidiff, "recorded": check_recorded}
        return 0 if check[args.command](cc, now) else 1
    except FileNotFoundError as absent:
        print(f"not run: {absent.filename} is not installed (Debian package abigail-tools)")
        return SKIPPED
    except abi.Broken as reason:
        print(reason)
        return 1


if __name__ == "__main__":
    sys.exit(main())
