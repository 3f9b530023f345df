# SPDX-License-Identifier: MIT
"""Runs through the whole chain, their records, and an auditor of them: what the tests of models,
optimizers, risk, execution and halts share."""
import json
import re
from datetime import timedelta
from fractions import Fraction

from runs import Run, bars

JOURNAL = '''sinks = ( { id = "log"; plugin = "sink/jsonl";
            params = { path = "records.jsonl"; }; } );'''


def strategy(plugin, params="", instruments='"X.v"', data='"bar:1h"', id="s", route="direct",
             capital="1"):
    return (f'{{ id = "{id}"; plugin = "{plugin}"; instruments = [ {instruments} ]; '
            f'data = [ {data} ]; route = "{route}"; capital = {capital}; '
            f'params = {{ {params} }}; }}')


def model(plugin, params="", instruments='"X.v"', data='"bar:1h"', id="m"):
    return (f'{{ id = "{id}"; plugin = "{plugin}"; instruments = [ {instruments} ]; '
            f'data = [ {data} ]; params = {{ {params} }}; }}')


def risk(plugin, params="", id="r"):
    return f'{{ id = "{id}"; plugin = "{plugin}"; params = {{ {params} }}; }}'


def chain(models=(), optimizer="", rebalance="1d", min_trade="0", risks=(), execution="", data="",
          is_journaled=True):
    """The parts of a config behind its strategies. `optimizer` and `execution`: PLUGIN, or
    PLUGIN: PARAMS."""
    parts = [JOURNAL] if is_journaled else []
    if models:
        parts.append(f"models = ( {', '.join(models)} );")
    if optimizer:
        plugin, _, params = optimizer.partition(":")
        parts.append(f'optimizer = {{ plugin = "{plugin}"; rebalance = "{rebalance}"; '
                     f'min_trade = "{min_trade}"; params = {{ {params} }}; }};')
    if risks:
        parts.append(f"risk = ( {', '.join(risks)} );")
    if execution:
        plugin, _, params = execution.partition(":")
        given = f"data = [ {data} ]; " if data else ""
        parts.append(f'execution = {{ plugin = "{plugin}"; {given}params = {{ {params} }}; }};')
    return "\n".join(parts)


def prepared(prices, kind="linear", lot="1", step=timedelta(hours=1), tick="0.01", run=None):
    """A run whose catalog has bars: {"X": rows, "Y": rows}."""
    r = run or Run()
    for name, rows in prices.items():
        path = r.write(f"{name}.csv", bars(rows, step=step))
        length = f"{int(step.total_seconds())}s"
        r.load("--format", "ohlcv", "--bar", length, "--instrument", f"{name}.v", "--tick", tick,
               "--lot", lot, "--quote", "USD", "--kind", kind, path)
    return r


def flat(*closes):
    """Bars that open where they close: what is sent at one close fills at the next one."""
    return [(c, c, c, c) for c in closes]


def records(r, name="records.jsonl"):
    with open(r.path(name), encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    return [row for row in rows if row["type"] != "run"]


def of(rows, type_, **members):
    """Records of a type whose members are these."""
    return [r for r in rows if r["type"] == type_ and
            all(r.get(key) == value for key, value in members.items())]


ENDS = {"FILLED", "CANCELED", "REJECTED", "EXPIRED"}
SIGN = {"buy": 1, "sell": -1}


class Auditor:
    """Goes through all records of a run and holds each order against what was approved."""

    def __init__(self, rows):
        self.verdicts = {}   # by sequence number
        self.orders = {}     # sent to a venue, by id
        self.parents = {}    # by id
        self.net = {}        # position by instrument
        self.marks = {}
        self.halted = None
        self.wanted = {}     # orders that the halt has to cancel
        self.canceled = set()
        self.counts = {}
        self.seq = 0
        for row in rows:
            self.counts[row["type"]] = self.counts.get(row["type"], 0) + 1
            self.row = row
            self.number(row)
            getattr(self, "on_" + row["type"], lambda row: None)(row)
        self.end()

    def check(self, is_so, what):
        if not is_so:
            raise AssertionError(f"{what}: {json.dumps(self.row)}")

    def number(self, row):
        if row["type"] == "feature":
            self.check(row["seq"] == self.seq, "a feature has the number of its cause")
            return
        self.seq += 1
        self.check(row["seq"] == self.seq, "records have numbers without a gap")
        if row.get("cause_seq"):
            self.check(row["cause_seq"] < row["seq"], "a cause comes before")

    def on_bar(self, row):
        self.marks[row["instrument"]] = Fraction(row["close"])

    def on_feature(self, row):
        self.check(row["value"] is not None, "a feature is a number")
        self.check(re.fullmatch(r"\w+\.(sane|odd|ewma|annual|atr)", row["feature"]),
                   "a feature exists")
        self.check(row["instrument"], "a feature is of an instrument")
        self.check(row["valid_to"] is None or row["valid_to"] >= row["ts"], "a feature counts now")

    def on_weight(self, row):
        for key in ("weight", "before", "strength", "confidence"):
            self.check(row[key] is not None, f"{key} is a number")

    def on_verdict(self, row):
        asked, allowed = Fraction(row["asked"]), Fraction(row["allowed"])
        self.verdicts[row["seq"]] = row
        self.check(row["action"] in ("allow", "reduce", "reject"), "an action")
        self.check((row["action"] == "reject") == (allowed == 0), "what is rejected is 0")
        self.check((row["action"] == "allow") == (allowed == asked), "what is allowed is whole")
        self.check(0 <= allowed <= asked, "never more than was asked")
        self.check((row["action"] == "allow") or row["reason"], "an objection has a reason")
        if self.halted and row["module"] is None and row["reason"] == "HALTED":
            self.check(row["action"] != "allow", "halted")

    def on_parent(self, row):
        if row["state"] != "ACCEPTED":
            self.check(row["order_id"] in self.parents, "a parent began")
            self.check(not self.parents[row["order_id"]]["ended"], "a parent ends once")
            self.parents[row["order_id"]]["ended"] = True
            return
        verdict = self.verdict_of(row, row["order_id"])
        self.check(Fraction(row["qty"]) == Fraction(verdict["allowed"]), "as approved")
        self.check("intent" in verdict["stage"], "a parent is judged as an intent")
        self.parents[row["order_id"]] = {
            "ended": False, "row": row, "qty": Fraction(row["qty"]), "charged": Fraction(0),
            "verdict": verdict}

    def verdict_of(self, row, order_id):
        """The approval that a record stands on: the one given last, and for it."""
        verdict = self.verdicts.get(row["cause_seq"])
        self.check(verdict, "it was approved")
        self.check(verdict["order_id"] == order_id, "the approval is of this order")
        self.check(verdict["action"] != "reject", "it was not rejected")
        self.check(verdict["instrument"] == row["instrument"], "the same instrument")
        self.check(row.get("side") in (None, verdict["side"]), "the same side")
        return verdict

    def within(self, verdict, row):
        """Time and price of an approval, for an order that leaves now."""
        self.check(verdict["expire_ts"] is None or row["ts"] < verdict["expire_ts"], "not expired")
        price = row["price"] or row["trigger"] or self.marks.get(row["instrument"])
        if verdict["price_bound"] and price is not None:
            worse = (Fraction(price) - Fraction(verdict["price_bound"])) * SIGN[row["side"]]
            self.check(worse <= 0, "not beyond the price that was approved")

    def on_submit(self, row):
        id, qty = row["order_id"], Fraction(row["qty"])
        self.check(id not in self.orders, "an order leaves once")
        if row["state"] == "DENIED":
            self.check(row["reason"], "a denial has a reason")
            self.orders[id] = {"row": row, "denied": True, "ended": True}
            return
        self.orders[id] = {"row": row, "denied": False, "ended": False, "qty": qty,
                           "filled": Fraction(0), "asked": None}
        if row["entry_id"]:
            self.exit(row, qty)
            return
        verdict = self.verdict_of(row, id)
        self.check(qty <= Fraction(verdict["allowed"]), "no more than was approved")
        self.within(verdict, row)
        if row["parent_id"]:
            self.child(row, qty)
        else:
            self.check("order" in verdict["stage"], "judged as an order")
        if self.halted and "close_out" not in row["order_flags"]:
            held = self.net.get(row["instrument"], Fraction(0))
            self.check(held * SIGN[row["side"]] < 0 and qty <= abs(held),
                       f"halted, with {held} held: only what reduces")

    def exit(self, row, qty):
        entry = self.orders.get(row["entry_id"])
        self.check(entry and not entry["denied"], "an exit has an entry")
        self.check(qty == entry["qty"], "of its entry's quantity")
        self.check(SIGN[row["side"]] == -SIGN[entry["row"]["side"]], "of the other side")
        self.check("reduce_only" in row["order_flags"], "only reduces")
        self.check(row["cause_seq"] == entry["row"]["cause_seq"], "on its entry's approval")

    def child(self, row, qty):
        parent = self.parents.get(row["parent_id"])
        self.check(parent and not parent["ended"], "its parent works")
        self.check(parent["row"]["side"] == row["side"], "the side of its parent")
        self.check(parent["row"]["instrument"] == row["instrument"], "the instrument of its parent")
        parent["charged"] += qty
        self.check(parent["charged"] <= parent["qty"], "children within their parent")
        self.within(parent["verdict"], row)

    def on_request(self, row):
        order = self.orders.get(row["order_id"])
        self.check(order and not order["denied"], "a request is of an order that left")
        if row["kind"] == "cancel":
            self.canceled.add(row["order_id"])
            return
        verdict = self.verdict_of(row, row["order_id"])
        self.check(verdict["action"] == "allow", "a change is approved whole")
        self.check(Fraction(row["qty"]) - order["qty"] <= Fraction(verdict["allowed"]),
                   "what it adds is approved")
        self.check(not order["row"]["parent_id"], "a child's quantity is its parent's")
        order["asked"] = Fraction(row["qty"])

    def on_order(self, row):
        if row["order_id"] in self.parents:
            return
        order = self.orders.get(row["order_id"])
        self.check(order, "a venue reports what was sent to it")
        if order["denied"]:
            return
        if order["asked"] is not None and row["state"] in ("ACCEPTED", "HELD"):
            if row["reason"] is None:
                order["qty"] = order["asked"]
                self.follow(row["order_id"], order["qty"])
            order["asked"] = None
        if row["state"] in ENDS:
            self.close(order)

    def follow(self, entry_id, qty):
        """Exits that have not begun to fill have their entry's quantity."""
        for order in self.orders.values():
            if order["row"]["entry_id"] == entry_id and order["filled"] == 0:
                order["qty"] = qty

    def close(self, order):
        if order["ended"]:
            return
        order["ended"] = True
        parent = self.parents.get(order["row"]["parent_id"])
        if parent:
            parent["charged"] -= max(order["qty"] - order["filled"], 0)

    def on_fill(self, row):
        order, qty = self.orders.get(row["order_id"]), Fraction(row["qty"])
        self.check(order and not order["denied"], "a fill is of an order that left")
        self.check(order["row"]["side"] == row["side"], "a fill has its order's side")
        order["filled"] += qty
        self.check(order["filled"] <= order["qty"], "a fill is within its order")
        self.check(row["parent_id"] == order["row"]["parent_id"], "a fill names the parent")
        instrument = row["instrument"]
        self.net[instrument] = self.net.get(instrument, Fraction(0)) + qty * SIGN[row["side"]]
        if order["filled"] == order["qty"]:
            self.close(order)

    def on_halt(self, row):
        self.check(row["reason"] and row["is_halted"], "a halt has a reason")
        self.check(not self.halted, "halted once")
        self.halted = row
        for id, order in self.orders.items():
            if order["ended"] or order["row"]["entry_id"] or id in self.canceled:
                continue
            held = self.net.get(order["row"]["instrument"], Fraction(0))
            left = order["qty"] - order["filled"]
            if "reduce_only" not in order["row"]["order_flags"] and (
                    held * SIGN[order["row"]["side"]] >= 0 or left > abs(held)):
                self.wanted[id] = order

    def end(self):
        left = [id for id, order in self.orders.items() if not order["ended"]]
        self.check(not left, f"all orders end: {left[:5]}")
        self.check(all(p["ended"] for p in self.parents.values()), "all parents end")
        kept = [id for id, order in self.wanted.items()
                if id not in self.canceled and order["filled"] < order["qty"] and
                not order["row"]["tif"] == "ioc"]
        self.check(not kept, f"a halt cancels what adds: {kept[:5]}")

    def sent(self):
        return [o for o in self.orders.values() if not o["denied"]]
