#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Proof that the gates of the ABI can fail, and that they let an addition pass.

Each row is a pair of headers: today's, and a copy that was changed the way a careless commit would
change it. The gates, each for itself:

    layout     tests/abi/layout.h, made of today's headers, is compiled against the copy
    constants  constants.txt of the copy against that of today's headers
    additive   gates.py: nothing but additions since today's headers
    abidiff    libabigail on the anchor libraries of both

The first two see every change, wanted or not, and ask for a row in docs/abi-history.md; the other
two say whether plugins that exist go on working. Each row says which gates must see it, and a
gate that sees more or less than that fails the test, so the table that is printed is true."""

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import abi  # noqa: E402
import gates  # noqa: E402

L, C, A, D = "layout", "constants", "additive", "abidiff"
GATES = (L, C, A, D)

# class, what, header, pattern, replacement, gates that must see it
BREAKS = (
    ("insert", "a member in the middle of an event", "event.h", r"(    int64_t open_ts;)",
     r"    int64_t early;\n\1", {L, A, D}),
    ("insert", "a function in the middle of a kind's table", "venue.h",
     r"(    void \(\*stop\)\(void \*self\);)", r"    void (*pause)(void *self);\n\1", {L, A, D}),
    ("insert", "a member in the header of all intents", "intent.h",
     r"(    uint32_t instrument;\n    uint32_t rsv0;\n)", r"\1    uint64_t cause;\n", {L, A, D}),
    ("reorder", "two members of one type", "instrument.h",
     r"int64_t tick_size;(.*)\n(.*)int64_t lot_size;", r"int64_t lot_size;\1\n\2int64_t tick_size;",
     {L, A, D}),
    ("reorder", "two functions of a kind's table", "tuner.h",
     r"(?s)    int32_t \(\*ask\)(.*?)    int32_t \(\*tell\)",
     r"    int32_t (*tell_)\1    int32_t (*ask)", {L, A, D}),
    ("retype", "a price without a sign", "event.h", r"int64_t price; /\* > 0 \*/",
     "uint64_t price;", {A, D}),
    ("retype", "an argument of a function", "venue.h",
     r"\(\*cancel\)\(void \*self, uint64_t order_id\)", "(*cancel)(void *self, uint32_t order_id)",
     {A, D}),
    ("retype", "a pointer to another type", "optimizer.h", r"double \*weights;", "float *weights;",
     {A, D}),
    ("retype", "an array that grows", "decision.h", r"#define QN_ALLOCATION_VALUES 8u",
     "#define QN_ALLOCATION_VALUES 16u", {L, C, A, D}),
    ("renumber", "an error", "error.h", r"X\(-19, BUSY", "X(-99, BUSY", {L, C, A}),
    ("renumber", "an event", "event.h", r"X\(16, TIMER,", "X(15, TIMER,", {L, C, A}),
    ("renumber", "a retired reason's number is given away", "order.h", r"X\(17, SHORT_SPOT",
     "X(17, SHORT_PERP", {L, C, A}),
    ("remove", "the last member of a struct", "sink.h", r"    uint64_t first_seq, last_seq;\n",
     "    uint64_t first_seq;\n", {L, A, D}),
    ("remove", "the last function of a kind's table", "risk.h",
     r"(?s)    int32_t \(\*on_event\).*?\n(} qn_risk;)", r"\1", {L, A, D}),
    ("remove", "a struct", "venue.h", r"(?s)typedef struct qn_account \{.*?\} qn_account;\n",
     "", {L, A, D}),
    ("remove", "a constant", "venue.h", r"#define QN_QUERY_FILLS .*\n", "", {L, C, A}),
    ("remove", "a function of the headers", "event.h", r"qn_bar_close_ts", "qn_bar_end_ts", {C, A}),
    ("constant", "a flag", "order.h", r"#define QN_SELL 2u", "#define QN_SELL 3u", {L, C, A}),
    ("constant", "the type of a flag", "order.h", r"#define QN_SELL 2u", "#define QN_SELL 2",
     {C, A}),
    ("constant", "an id", "host.h", r'"qn\.host\.portfolio/1"', '"qn.host.portfolio/2"', {C, A}),
    ("constant", "the rank of an event", "event.h", r"X\(16, TIMER, qn_timer, 2",
     "X(16, TIMER, qn_timer, 4", {C, A}),
    # what is allowed: seen by the record, let through by the other two
    ("append", "a member at the end of a struct with a size", "sink.h", r"\} qn_sink_start;",
     "    uint64_t extra;\n} qn_sink_start;", {L}),
    ("append", "a function at the end of a kind's table", "risk.h", r"\} qn_risk;",
     "    int32_t (*more)(void *self);\n} qn_risk;", {L}),
    ("append", "a constant", "order.h", r"(#define QN_SELL 2u)", r"\1\n#define QN_BOTH 3u", {C}),
    ("append", "an error at the end of its list", "error.h",
     r"(?P<last>    X\(-22, INTERNAL)", r'    X(-39, EXTRA, "more") \\\n\g<last>', {C}),
    ("append", "padding is given a meaning", "host.h", r"uint32_t rsv0;", "uint32_t flags;", {L}),
    # what must not be taken for it
    ("append", "a member at the end of a struct without a size", "abi.h", r"\} qn_str;",
     "    uint64_t extra;\n} qn_str;", {L, A, D}),
    ("append", "a member at the end of a struct that lies inside of another", "order.h",
     r"\} qn_order;", "    uint64_t extra;\n} qn_order;", {L, A}),
    ("append", "a member at the end of a struct that others begin with", "event.h",
     r"\} qn_event;", "    uint64_t extra;\n} qn_event;", {L, A, D}),
)


class Broken:
    """The gates, for one changed copy of the headers."""

    def __init__(self, cc, today, texts, include):
        self.cc, self.today, self.texts, self.include = cc, today, texts, include
        self.now = gates.Version(cc, include)

    def layout(self):
        command = [*self.cc, "-std=c17", "-fsyntax-only", "-w", "-I", str(self.include), "-x", "c",
                   str(abi.HERE / "layout.c")]
        try:
            abi.run(command, "layout")
        except abi.Broken as seen:
            return "error" in str(seen)
        return False

    def constants(self):
        return abi.render(self.now.api, self.now.sizes, self.now.places, self.now.lines,
                          self.include)[1] != self.texts[1]

    def additive(self):
        return bool(gates.breaches(self.today, self.now))

    def abidiff(self):
        said = gates.abidiff(self.cc, self.today, self.now)
        return said.startswith("exit status")


def damaged(folder, header, pattern, to):
    include = Path(folder, "include")
    shutil.rmtree(include, ignore_errors=True)
    shutil.copytree(abi.ROOT / "include", include)
    path = include / "quoin" / header
    text, count = re.subn(pattern, to, path.read_text(), count=1)
    path.write_text(text)
    return include if count == 1 else None


def stripped_is_refused(cc, today, folder):
    """Without debug information libabigail finds nothing to compare, and would be content."""
    library = gates.anchor(cc, today.include, list(today.fields), folder, "stripped")
    abi.run(["strip", "-g", str(library)], "strip")
    return len(gates.is_seen(library, list(today.fields))) == len(today.fields)


def main():
    cc = os.environ.get("CC", "cc").split()
    today = gates.Version(cc, abi.ROOT / "include")
    texts = abi.make(cc, abi.ROOT / "include")[1]
    wanted = GATES if shutil.which("abidiff") else GATES[:3]
    failures, seen_by = [], {}
    print(f"{'class':9} {'layout':7} {'constants':10} {'additive':9} {'abidiff':8} what")
    with tempfile.TemporaryDirectory() as folder:
        for kind, what, header, pattern, to, gates_of in BREAKS:
            include = damaged(folder, header, pattern, to)
            if include is None:
                failures.append(f"{what}: {header} no longer has /{pattern}/: correct this row")
                continue
            subject = Broken(cc, today, texts, include)
            seen = {gate for gate in wanted if getattr(subject, gate)()}
            seen_by.setdefault(kind, set()).update(seen)
            marks = ["yes" if g in seen else "-" if g in wanted else "?" for g in GATES]
            print("{:9} {:7} {:10} {:9} {:8} {}".format(kind, *marks, what))
            if seen != gates_of & set(wanted):
                failures.append(f"{what}: seen by {sorted(seen)}, expected {sorted(gates_of)}")
        if "abidiff" in wanted and not stripped_is_refused(cc, today, folder):
            failures.append("an anchor without debug information was taken for a good one")
    for kind in ("insert", "reorder", "retype", "renumber", "remove", "constant"):
        if not seen_by.get(kind):
            failures.append(f"no gate saw anything of the class {kind}")
    print("\n".join(failures))
    print(f"proof: abi gates: {len(BREAKS)} changed headers, {len(seen_by)} classes, "
          f"{len(wanted)} gates, {len(failures)} surprises")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
