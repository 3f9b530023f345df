#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Proof that the golden record sees a change: each row damages a copy of the headers the way a
careless commit would, and `abi.py check` must refuse it and name what changed."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# what is done, header, pattern, replacement, what the answer must name
CHANGES = (
    ("a field is appended", "order.h", r"\} qn_order;", "    uint64_t extra;\n} qn_order;",
     "extra"),
    ("a field is inserted", "event.h", r"(    int64_t open_ts;)", r"    int64_t early;\n\1",
     "early"),
    ("two fields change places", "instrument.h", r"int64_t tick_size;(.*)\n(.*)int64_t lot_size;",
     r"int64_t lot_size;\1\n\2int64_t tick_size;", "lot_size"),
    ("a field gets another type", "event.h", r"int64_t price; /\* > 0 \*/",
     "uint64_t price;", "uint64_t"),
    ("a field grows, a hole opens", "host.h", r"uint32_t abi;", "uint64_t abi;", "qn_host"),
    ("a call returns another type", "intent.h", r"int64_t \(\*push\)", "int32_t (*push)", "push"),
    ("a call gets another argument", "venue.h", r"\(\*on_end\)\(void \*self, int64_t ts_ns\)",
     "(*on_end)(void *self, int64_t ts_ns, uint32_t why)", "on_end"),
    ("a constant gets another value", "order.h", r"#define QN_SELL 2u", "#define QN_SELL 3u",
     "QN_SELL"),
    ("a constant gets another type", "order.h", r"#define QN_SELL 2u", "#define QN_SELL 2",
     "QN_SELL"),
    ("a constant is added", "order.h", r"(#define QN_SELL 2u)", r"\1\n#define QN_BOTH 3u",
     "QN_BOTH"),
    ("an id is renamed", "strategy.h", r'"qn\.strategy/1"', '"qn.strategy/2"', "QN_KIND_STRATEGY"),
    ("an error changes its number", "error.h", r"X\(-19, BUSY", "X(-99, BUSY", "QN_E_BUSY"),
    ("an event changes its rank", "event.h", r"X\(16, TIMER, qn_timer, 2",
     "X(16, TIMER, qn_timer, 4", "QN_EVENT_LIST"),
    ("a reason is removed", "order.h", r"    X\(17, SHORT_SPOT.*\n", "", "SHORT_SPOT"),
    ("a function disappears", "event.h", r"qn_bar_close_ts", "qn_bar_end_ts", "qn_bar_end_ts"),
    ("a decision's field changes places", "decision.h",
     r"uint32_t feature; (.*)\n    uint32_t instrument;",
     r"uint32_t instrument; \1\n    uint32_t feature;", "qn_feature_read"),
    ("a constant of the decisions changes", "decision.h", r"#define QN_REJECT 3u",
     "#define QN_REJECT 4u", "QN_REJECT"),
    ("an array of a struct grows", "decision.h", r"#define QN_ALLOCATION_VALUES 8u",
     "#define QN_ALLOCATION_VALUES 16u", "QN_ALLOCATION_VALUES"),
    ("a model's call loses an argument", "model.h", r"double value,\n\s*int64_t valid_ns\);",
     "double value);", "publish"),
    ("an optimizer's array gets another type", "optimizer.h", r"double \*weights;",
     "float *weights;", "weights"),
    ("a check may change the instance", "risk.h", r"\(\*check\)\(const void \*self",
     "(*check)(void *self", "check"),
    ("a child's field grows", "execution.h", r"uint32_t tif;", "uint64_t tif;", "qn_child"),
    ("a sink's call is renamed", "sink.h", r"\(\*write\)", "(*put)", "put"),
    ("a struct is added", "state.h", r"(#ifdef __cplusplus\n\}\n)",
     r"typedef struct qn_extra {\n    uint32_t size;\n} qn_extra;\n\n\1", "qn_extra"),
    ("a declaration of a new form", "state.h", r"(#ifdef __cplusplus\n\}\n)",
     r"union qn_odd { int64_t i; double d; };\n\n\1", "qn_odd"),
)


def check(include):
    return subprocess.run(
        [sys.executable, str(HERE / "abi.py"), "check", "--cc", os.environ.get("CC", "cc"),
         "--include", str(include)], capture_output=True, text=True, check=False)


def main():
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        include = Path(folder, "include")
        for what, header, pattern, to, named in CHANGES:
            shutil.rmtree(include, ignore_errors=True)
            shutil.copytree(ROOT / "include", include)
            path = include / "quoin" / header
            text, count = re.subn(pattern, to, path.read_text(), count=1)
            path.write_text(text)
            done = check(include)
            if count != 1:
                failures.append(f"{what}: {header} no longer has /{pattern}/: correct this row")
            elif done.returncode != 1 or named not in done.stdout:
                failures.append(f"{what}: not seen, or '{named}' not named\n{done.stdout}")
            elif "Traceback" in done.stderr:
                failures.append(f"{what}: {done.stderr}")
    print("\n".join(failures))
    print(f"proof: abi record: {len(CHANGES) - len(failures)} of {len(CHANGES)} changes seen")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
