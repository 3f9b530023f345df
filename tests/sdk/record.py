#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Records as JSON, against a second reading of the same bytes.

Each type of QN_EVENT_LIST is filled with edge cases and with random values, from the layout that
the compiler gives the public headers (tests/abi/abi.py), not from the table under test. Python's
own json must read back what was put in: every member, under its name, with its exact value, and
nothing else. The lines for people must be lines, and have what is not none."""

import json
import math
import os
import random
import re
import struct
import subprocess
import sys
from datetime import datetime, timedelta
from decimal import Decimal, getcontext
from pathlib import Path

getcontext().prec = 60
BUILD, SOURCE = Path(os.environ["QUOIN_BUILD"]), Path(os.environ["QUOIN_SOURCE"])
sys.path.insert(0, str(SOURCE / "tests/abi"))
import abi  # noqa: E402

INSTRUMENTS = (("BTCUSDT.binance", -2, -3, -8), ('quote"back\\tab\tpound£.x', -8, 2, 0))
STRATEGIES = ("host", "sma", "mean\nreversion")
MODULES = ("host", "limits", "\ufffd\ufffd\ufffd no utf-8")
FEATURES = ("vol.ewma", "vol.atr")
NONE = 2**32 - 1
HEADER = struct.Struct("=HHIQqII")

# ---- what members mean: by "struct.member", else by member

MEANS = {}
for kind, members in {
    "time": "venue_ts open_ts due_ns valid_to expire_ts made_ts sent_ts market_ts wall_ts",
    "ns": "length horizon",
    "price": "open high low close price bid ask trigger stop_loss take_profit price_bound",
    "qty": "volume qty bid_qty ask_qty position asked allowed filled target held qn_weight.order",
    "money": "fee amount equity",
    "rate": "rate",
    "count": "id update_id first_update_id prev_update_id cookie trade_id missed cause_seq counter "
             "signal_seq market_events nlines nreturns incarnation epoch events uid pid sent",
    "real": "limit value strength confidence before weight",
    "order": "order_id parent_id entry_id stop_loss_id take_profit_id order.id",
    "strategy": "strategy",
    "module": "module",
    "feature": "feature",
    "bool": "is_halted is_unsigned",
    "side": "side",
    "liquidity": "liquidity",
    "state": "state",
    "reason": "reason",
    "order_type": "type",
    "tif": "tif",
    "action": "action",
    "intent": "kind",
    "order_flags": "flags",
    "stage": "stage",
    "code": "status code",
    "reals": "values",
    "reads": "read",
    "bytes": "bytes",
    "hash": "build",
    "fault": "qn_fault.reason",
    "fault_action": "qn_fault.action",
    "fault_place": "place",
    "text": "qn_fault.id qn_fault.why qn_reload.id qn_command.target qn_command.value",
    "reload_step": "step",
    "reload_mode": "mode",
    "command": "verb",
    "hidden": "nread nvalues nbytes order.size order.instrument",
}.items():
    for member in members.split():
        MEANS[member] = kind

KEYS = {"length": "length_ns", "horizon": "horizon_ns", "qn_output.type": "order_type",
        "qn_output.flags": "order_flags", "order.id": "order_id", "order.type": "order_type",
        "order.flags": "order_flags"}

# Members whose 0 (or largest time) says that there is none.
NONE_0 = set("""qn_trade.id qn_quote.update_id reason parent_id entry_id cause_seq signal_seq
    qn_output.side qn_output.type qn_output.tif qn_output.price qn_output.trigger qn_output.expire_ts
    stop_loss take_profit qn_output.horizon qn_output.order_id qn_verdict.module price_bound
    order.price order.trigger order.expire_ts stop_loss_id take_profit_id qn_request.qty
    qn_request.price qn_request.trigger""".split())
NEVER = {"valid_to", "qn_verdict.expire_ts", "qn_parent.expire_ts"}


def listed(text, name, first=0, lower=False):
    """Numbers and names of an X-macro list."""
    body = re.search(rf"#define {name}\(X\)(.*?)\n\n", text, re.S)[1]
    return {int(n): (w.lower() if lower else w)
            for n, w in re.findall(r"X\((-?\d+), (\w+)", body)}


def words():
    read = lambda name: (SOURCE / "include/quoin" / name).read_text()  # noqa: E731
    order, error, decision = read("order.h"), read("error.h"), read("decision.h")
    return {
        "bool": {0: False, 1: True},
        "side": {1: "buy", 2: "sell"}, "liquidity": {1: "maker", 2: "taker"},
        "state": listed(order, "QN_ORDER_STATE_LIST"), "reason": listed(order, "QN_REASON_LIST"),
        "order_type": {1: "market", 2: "limit", 3: "stop"}, "tif": {1: "gtc", 2: "ioc", 3: "gtd"},
        "action": {1: "allow", 2: "reduce", 3: "reject"},
        "intent": {1: "signal", 2: "target", 3: "order", 4: "cancel", 5: "modify"},
        "code": {0: "QN_OK", **{n: f"QN_E_{w}" for n, w in listed(error, "QN_ERROR_LIST").items()}},
        "reload_step": listed(decision, "QN_RELOAD_STEP_LIST", lower=True),
        "fault": listed(decision, "QN_FAULT_LIST", lower=True),
        "fault_action": listed(decision, "QN_FAULT_ACTION_LIST", lower=True),
        "fault_place": listed(decision, "QN_FAULT_PLACE_LIST", lower=True),
        "reload_mode": listed(decision, "QN_RELOAD_MODE_LIST", lower=True),
        "command": listed(read("event.h"), "QN_COMMAND_LIST", lower=True),
        "order_flags": ("reduce_only", "post_only", "close_out"), "stage": ("intent", "order"),
    }


WORDS = words()


def lookup(table, *names):
    return next((table[n] for n in names if n in table), None)


def iso(ns):
    seconds, rest = divmod(ns, 10**9)
    return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S") + \
        f".{rest:09d}Z"


def order_id(value):
    owner = value >> 40
    return f"{STRATEGIES[owner] if owner < 3 else owner}-{value & (1 << 40) - 1}"


def amount(mantissa, exp):
    text = format(Decimal(mantissa).scaleb(exp), "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) if mantissa else "0"


class Member:
    """One member of a type, as the headers have it."""

    def __init__(self, owner, path, declaration, offset, size):
        names = (f"{owner}.{path}", path, path.split(".")[-1])
        self.kind = lookup(MEANS, *names)
        self.key = lookup(KEYS, *names) or names[2]
        self.path, self.offset, self.size = path, offset, size
        self.is_signed = declaration.startswith("int")
        self.none_0 = any(n in NONE_0 for n in names) and self.kind != "fault"
        self.never = any(n in NEVER for n in names)
        assert self.kind, f"no meaning for {names[0]}"

    def random(self, rng):
        """A value that a record may have."""
        if self.none_0 and rng.random() < 0.3:
            return 0
        if self.never and rng.random() < 0.3:
            return 2**63 - 1
        if self.kind in ("order_flags", "stage"):
            return rng.randrange(1 << len(WORDS[self.kind]))
        if self.kind in WORDS:
            return rng.choice([n for n in WORDS[self.kind] if n or not self.none_0])
        if self.kind in ("strategy", "module"):
            return rng.choice((0, 1, 2, 3, NONE)) or (1 if self.none_0 else 0)
        if self.kind == "feature":
            return rng.choice((0, 1, 2))
        if self.kind == "order":
            return rng.choice((0, 1, 2, 7)) << 40 | rng.choice((1, 17, (1 << 40) - 1))
        if self.kind == "real":
            return rng.choice((0.1, -1 / 3, 1e300, 5e-324, 0.0, -2.5, 123456789.0, math.nan,
                               math.inf, rng.uniform(-1, 1)))
        top = 2 ** (8 * self.size - self.is_signed) - 1
        low = -top - 1 if self.is_signed else 0
        value = rng.choice((0, 1, 10, 1000, 123456789, top, low, rng.randint(low, top)))
        return value or (1 if self.none_0 else 0)

    def pack(self, value):
        if self.kind == "real":
            return struct.pack("=d", value)
        return value.to_bytes(self.size, "little", signed=value < 0)

    def wanted(self, value, instrument):
        """What JSON must have."""
        if (self.none_0 and value == 0) or (self.never and value == 2**63 - 1):
            return None
        exps = dict(zip(("price", "qty", "money"), INSTRUMENTS[instrument][1:])) \
            if instrument < 2 else {}
        if self.kind in ("price", "qty", "money"):
            return amount(value, exps[self.kind]) if exps else value
        table = WORDS.get(self.kind)
        if isinstance(table, tuple):
            return [w for bit, w in enumerate(table) if value >> bit & 1]
        return {
            "time": lambda: iso(value), "rate": lambda: amount(value, -12),
            "real": lambda: value if math.isfinite(value) else None,
            "order": lambda: order_id(value),
            "strategy": lambda: STRATEGIES[value] if value < 3 else value,
            "module": lambda: MODULES[value] if value < 3 else value,
            "feature": lambda: FEATURES[value] if value < 2 else value,
            "ns": lambda: value, "count": lambda: value,
        }.get(self.kind, lambda: table[value])()


def instrument_name(number):
    return INSTRUMENTS[number][0] if number < 2 else None if number == NONE else number


def fill_list(kind, size, count, rng):
    """Bytes of an array of which `count` are in use, and what JSON must have."""
    if kind == "bytes":
        data = rng.randbytes(count)
        return data.ljust(size, b"\xaa"), data.hex()
    if kind == "reals":
        reals = [rng.choice((0.25, -1e-7, math.nan)) for _ in range(count)]
        return (struct.pack(f"={count}d", *reals).ljust(size, b"\xaa"),
                [r if math.isfinite(r) else None for r in reals])
    reads = [(rng.choice((0, 1, 5)), rng.choice((0, 1, 9, NONE)), rng.uniform(-9, 9))
             for _ in range(count)]
    return (b"".join(struct.pack("=IId", *r) for r in reads).ljust(size, b"\xaa"),
            [{"feature": FEATURES[f] if f < 2 else f, "instrument": instrument_name(i), "value": v}
             for f, i, v in reads])


ROOM = {"values": 8, "read": 6, "bytes": 464}
COUNTED = {"values": "nvalues", "read": "nread", "bytes": "nbytes"}


def make(number, size, members, seq, rng):
    """One record: its bytes, and what JSON must have."""
    data = bytearray(size)
    instrument = rng.choice((0, 0, 1, 1, 2, NONE))
    flags = rng.choice((0, 0, 1, 6, 16))
    ts = rng.choice((0, -1, 1577836800000000000, 2**63 - 1, -2**63, 1700000000123456789))
    HEADER.pack_into(data, 0, size, number, flags, seq, ts, instrument, 77)
    want = {"seq": seq, "ts": iso(ts), "instrument": instrument_name(instrument)}
    if flags:
        bits = [b for b in range(32) if flags >> b & 1]
        want["flags"] = [("more", "snapshot", "late")[b] if b < 3 else b for b in bits]
    by_path = {m.path: m for m in members}
    for m in members:
        if m.kind == "hidden":
            continue
        if m.kind in ("reals", "reads", "bytes"):
            count = rng.choice((0, 1, ROOM[m.path]))
            packed, want[m.key] = fill_list(m.kind, m.size, count, rng)
            n = by_path[COUNTED[m.path]]
            data[n.offset:n.offset + n.size] = count.to_bytes(4, "little")
        elif m.kind == "hash":
            packed = rng.randbytes(m.size)
            want[m.key] = packed.hex()
        elif m.kind == "text":
            want[m.key] = rng.choice(("", "sma", "a" * (m.size - 1), 'quoted " and \\'))
            packed = want[m.key].encode().ljust(m.size, b"\0")
        else:
            value = m.random(rng)
            packed, want[m.key] = m.pack(value), m.wanted(value, instrument)
        data[m.offset:m.offset + m.size] = packed
    return bytes(data), want


def types():
    """(number, NAME, struct) of QN_EVENT_LIST, and the members of each struct."""
    include = SOURCE / "include"
    cc = os.environ.get("CC", "cc").split()
    api = abi.read_api(cc, include.resolve())
    structs, fields, _ = abi.measure(cc, include.resolve(), api)
    declared = dict(api.structs)
    text = (include / "quoin/event.h").read_text()
    for number, name, owner in re.findall(r"X\((\d+), (\w+), (\w+), \d", text):
        members = []
        for path, declaration in declared[owner]:
            offset, size = fields[owner, path]
            if path == "hdr" or path.startswith("rsv"):
                continue
            if declaration == "qn_order":
                members += [Member(owner, f"order.{p}", d, offset + fields["qn_order", p][0],
                                   fields["qn_order", p][1]) for p, d in declared["qn_order"]]
            else:
                members.append(Member(owner, path, declaration, offset, size))
        yield int(number), name.lower(), structs[owner][0], members


def compare(got, want, line):
    keys = list(got)
    assert keys[:3] == ["seq", "ts", "type"], keys
    assert set(got) == set(want), f"keys differ: {set(got) ^ set(want)}"
    for key, value in want.items():
        same = got[key] == value and isinstance(got[key], bool) == isinstance(value, bool)
        assert same, f"{want['type']}.{key}: {got[key]!r}, must be {value!r}"
    assert f"#{want['seq']}  {want['type']}  " in line, line
    assert not re.search(r"[\x00-\x1f\x7f]", line), line
    for key, value in want.items():
        if isinstance(value, str) and key not in ("ts", "type", "instrument", "bytes"):
            assert f" {key}=" in line, f"{key} is not in: {line}"


def main():
    rng = random.Random(20200101)
    data, wants = b"", []
    all_types = list(types())
    for number, name, size, members in all_types:
        for _ in range(200):
            record, want = make(number, size, members, rng.choice((1, 2**53 + 1, 2**64 - 1)), rng)
            wants.append({**want, "type": name})
            data += record
    done = subprocess.run([str(BUILD / "tests/sdk/record_filter")], input=data, check=False,
                          stdout=subprocess.PIPE)
    assert done.returncode == 0, "record_filter failed"
    out = done.stdout.decode().split("\n")
    assert len(out) == 2 * len(wants) + 1, f"{len(out)} lines for {len(wants)} records"
    for i, want in enumerate(wants):
        compare(json.loads(out[2 * i]), want, out[2 * i + 1])
    print(f"proof: records as JSON: {len(all_types)} types, "
          f"{sum(len(m) for *_, m in all_types)} members, {len(wants)} records read back exactly")


if __name__ == "__main__":
    main()
