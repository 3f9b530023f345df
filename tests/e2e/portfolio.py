# SPDX-License-Identifier: MIT
"""The whole chain on many bars: three strategies, several instruments, a model, inverse-volatility
weights, limits and TWAP. What must hold whatever they decide: orders and fills agree, the books of
the strategies add up to the account's, no order goes beyond its limits, weights are within what
they may sum to, each parent is worked as approved, and each order is explained.

Twice: conf/demo/portfolio.cfg on the demo's days, an index and five generated instruments, and four
coins on bars of four hours, which do not belong to the repository."""
import json
import os
import re
import subprocess
import unittest
from collections import defaultdict, deque
from datetime import timedelta
from fractions import Fraction

from runs import Run, instant, quoin, shared
from support import BUILD, SOURCE

SCALE = int(os.environ.get("QUOIN_SCALE", "1"))  # 150: every order is explained
UNIT = Fraction(1, 10**8)
COINS = ("btc", "eth", "sol", "bnb")
TICKS = {"btc": "0.01", "eth": "0.01", "sol": "0.01", "bnb": "0.1"}
LOTS = {"btc": "0.00001", "eth": "0.0001", "sol": "0.01", "bnb": "0.001"}

CONFIG = '''
name = "coins"; seed = 7; catalog = "catalog";
store = { path = "store"; durability = "group"; };
venues = ( { id = "v"; plugin = "venue/sim"; instruments = [ "BTC", "ETH", "SOL", "BNB" ];
             data = [ "bar:4h" ]; accounts = ( { currency = "USDT"; balance = "1000000"; } );
             params = { taker_bps = 4.0; maker_bps = 2.0; }; } );
models = ( { id = "vol"; plugin = "model/volatility"; data = [ "bar:4h" ];
             instruments = [ "BTC.v", "ETH.v", "SOL.v", "BNB.v" ]; } );
strategies = (
  { id = "slow"; plugin = "strategy/trend_following"; route = "portfolio"; capital = 0.5;
    instruments = [ "BTC.v", "ETH.v", "SOL.v", "BNB.v" ]; data = [ "bar:4h" ];
    params = { fast = 20; slow = 60; volatility = "vol.ewma"; stop = 6.0; }; },
  { id = "fast"; plugin = "strategy/trend_following"; route = "portfolio"; capital = 0.25;
    instruments = [ "ETH.v", "SOL.v" ]; data = [ "bar:4h" ];
    params = { fast = 6; slow = 20; adx = 10; volatility = "vol.atr"; stop = 4.0; }; },
  { id = "reversion"; plugin = "strategy/mean_reversion"; route = "portfolio"; capital = 0.25;
    instruments = [ "BTC.v", "BNB.v" ]; data = [ "bar:4h" ]; params = { length = 20; }; } );
optimizer = { plugin = "optimizer/inverse_volatility"; rebalance = "1d"; min_trade = "5000";
              params = { lookback = 42; period = "4h"; gross = 2.5; max_weight = 0.6;
                         target_vol = 0.5; periods_per_year = 2190.0; }; };
risk = ( { id = "limits"; plugin = "risk/limits"; params = { max_position_notional = "250000";
           max_order_notional = "200000"; max_gross = 0.6; max_net = 0.5; max_orders = 24;
           per = "1d"; max_daily_loss = 0.02; }; } );
execution = { plugin = "execution/twap"; params = { duration = "12h"; slices = 3; }; };
report = { sample = "1d"; };
'''


def prepared_coins(r):
    for coin in COINS:
        r.load("--format", "ohlcv", "--bar", "4h", "--instrument", f"{coin.upper()}.v", "--tick",
               TICKS[coin], "--lot", LOTS[coin], "--qty-exp", "-6", "--quote", "USDT",
               shared("bars", f"binance_spot_{coin}usdt_4h_2024.csv"))
    r.write("run.cfg", CONFIG)


def prepared_demo(r):
    subprocess.run([os.path.join(SOURCE, "conf/demo/import.sh"), r.catalog], check=True,
                   env={**os.environ, "QUOIN": os.path.join(BUILD, "quoin")},
                   stdout=subprocess.DEVNULL)
    with open(os.path.join(SOURCE, "conf/demo/portfolio.cfg"), encoding="utf-8") as f:
        text = f.read()
    for there in ("catalog", "store"):
        assert f'"../../build/demo/{there}"' in text
        text = text.replace(f'"../../build/demo/{there}"', f'"{there}"')
    r.write("run.cfg", text)


def number(text, key):
    """The value of a key that stands once in a config."""
    return Fraction(re.search(rf'\b{key} = "?([0-9.]+)', text).group(1))


def market(r, result):
    """All bars in the order in which the engine meets them: by their end, then by instrument."""
    listed = json.loads(quoin("data", "list", r.catalog, "--json").stdout)
    bars = []
    for i, name in enumerate(result["data"]["instruments"]):
        kind = next(d["data"] for d in listed["data"] if d["instrument"] == name)
        length = timedelta(days=1) if kind == "bar:1d" else timedelta(hours=4)
        rows = quoin("data", "export", r.catalog, "--instrument", name, "--type", kind).stdout
        for row in rows.splitlines()[1:]:
            row = row.split(",")
            bars.append((instant(row[0]) + length, i, name, Fraction(row[4])))
    return [(ts, name, close) for ts, _, name, close in sorted(bars)]


class Account:
    """The books as far as limits look at them: kept from bars and fills alone."""

    def __init__(self, start):
        self.start, self.flow, self.fees = Fraction(start), Fraction(0), Fraction(0)
        self.mark, self.held = {}, defaultdict(Fraction)

    def fill(self, r):
        signed = Fraction(r["qty"]) * (1 if r["side"] == "buy" else -1)
        self.held[r["instrument"]] += signed
        self.flow -= signed * Fraction(r["price"])
        self.fees += Fraction(r["fee"])

    def worth(self, name):
        return self.held[name] * self.mark.get(name, 0)

    def equity(self):
        return self.start + self.flow - self.fees + sum(map(self.worth, self.held))


class Limits:
    """What risk/limits promises of what it let pass: exposure is limited when a wish is approved,
    size and rate of orders when they are sent. Orders that work and may fill are not looked at
    here: with them a limit is tighter."""

    def __init__(self, text, account):
        self.account = account
        self.most = {key: number(text, key) for key in (
            "max_position_notional", "max_order_notional", "max_gross", "max_net")}
        self.rate = number(text, "max_orders") if "max_orders" in text else None
        self.passed = deque()
        self.nadding = self.nreduced = 0

    def check(self, test, r):
        if r["action"] == "reject":
            return
        self.nreduced += r["action"] == "reduce"
        held = self.account.held[r["instrument"]] * (1 if r["side"] == "buy" else -1)
        is_adding = held + Fraction(r["allowed"]) > 0
        if is_adding and "intent" in r["stage"]:
            self.check_exposure(test, r, held)
        if "order" in r["stage"]:
            self.check_rate(test, r)
        if held >= 0 and "order" in r["stage"]:
            asked = Fraction(r["asked"]) * self.account.mark[r["instrument"]]
            test.assertLessEqual(asked, self.most["max_order_notional"], r)

    def check_exposure(self, test, r, held):
        a = self.account
        value = (held + Fraction(r["allowed"])) * a.mark[r["instrument"]]
        others = [a.worth(n) for n in a.held if n != r["instrument"]]
        net = value + (1 if r["side"] == "buy" else -1) * sum(others)
        equity = a.equity() + UNIT * 1000
        self.nadding += 1
        test.assertLessEqual(value, self.most["max_position_notional"], r)
        test.assertLessEqual(value + sum(map(abs, others)), self.most["max_gross"] * equity, r)
        test.assertLessEqual(net, self.most["max_net"] * equity, r)

    def check_rate(self, test, r):
        if not self.rate:
            return
        now = instant(r["ts"])
        self.passed.append(now)
        while self.passed[0] <= now - timedelta(days=1):
            self.passed.popleft()
        test.assertLessEqual(len(self.passed), self.rate, r)


class Portfolio(unittest.TestCase):
    def whole(self, r, every):
        with open(r.path("run.cfg"), encoding="utf-8") as f:
            self.text = f.read()
        result = r.run()
        self.orders, self.fills = r.table("orders.csv"), r.table("fills.csv")
        self.records = json.loads(quoin("journal", "show", r.path("store"), "--json").stdout)
        self.assertEqual(result["run"]["status"], "completed")
        self.check_orders(result)
        self.check_books(result)
        limits = self.check_limits(r, result)
        self.check_weights()
        self.check_parents()
        explained = self.check_explained(r, every)
        self.check_again(r, result)
        return result, limits, explained

    def check_orders(self, result):
        fills = defaultdict(list)
        for f in self.fills:
            fills[f["order_id"]].append(f)
        for o in self.orders:
            parts = fills.pop(o["order_id"], [])
            qty = sum(Fraction(f["qty"]) for f in parts)
            self.assertEqual(Fraction(o["filled_qty"]), qty, o)
            self.assertLessEqual(qty, Fraction(o["qty"]), o)
            self.assertEqual(o["status"] == "FILLED", qty == Fraction(o["qty"]), o)
            self.assertEqual(o["reason"] == "", o["status"] == "FILLED", o)
            for f in parts:
                for key in ("instrument", "strategy", "side"):
                    self.assertEqual(f[key], o[key], o)
                self.assertGreaterEqual(f["ts"], o["ts"], o)
            if parts:
                mean = sum(Fraction(f["qty"]) * Fraction(f["price"]) for f in parts) / qty
                self.assertLess(abs(Fraction(o["avg_price"]) - mean), Fraction(1, 10**6), o)
        self.assertEqual(fills, {})
        self.assertEqual(result["fills"]["count"], len(self.fills))
        self.assertEqual(result["engine"]["order_anomalies"], 0)

    def check_books(self, result):
        account = result["accounts"][0]

        def profit(books):
            return Fraction(books["realized_pnl"]) + Fraction(books["unrealized_pnl"])

        strategies = result["strategies"]
        self.assertEqual(sum(map(profit, strategies)), profit(account))
        self.assertEqual(sum(Fraction(s["fees"]) for s in strategies), Fraction(account["fees"]))
        self.assertEqual(sum(Fraction(f["fee"]) for f in self.fills), Fraction(account["fees"]))
        self.assertEqual(Fraction(account["equity"]), Fraction(account["start"]) +
                         profit(account) - Fraction(account["fees"]))
        for s in strategies:
            self.assertEqual(Fraction(s["fees"]), sum(
                Fraction(f["fee"]) for f in self.fills if f["strategy"] == s["id"]), s)

    def check_limits(self, r, result):
        """Goes through the run again: a number that the journal lacks is that of the next bar."""
        account = Account(result["accounts"][0]["start"])
        limits = Limits(self.text, account)
        bars = iter(market(r, result))
        seq = 0
        for record in self.records:
            for seq in range(seq + 1, record["seq"]):
                ts, name, close = next(bars)
                self.assertLessEqual(ts, instant(record["ts"]))
                account.mark[name] = close
            seq = record["seq"]
            if record["type"] == "verdict":
                limits.check(self, record)
            elif record["type"] == "fill":
                account.fill(record)
        for _, name, close in bars:
            account.mark[name] = close
        self.assertLess(abs(account.equity() - Fraction(result["accounts"][0]["equity"])),
                        UNIT * 10**6)
        return limits

    def check_weights(self):
        gross, largest = number(self.text, "gross"), number(self.text, "max_weight")
        capital = dict(re.findall(r'id = "(\w+)";[^}]*?capital = ([0-9.]+)', self.text))
        sums, said = defaultdict(list), {}
        for w in self.records:
            if w["type"] == "allocation":
                said[w["seq"]] = w["values"][0]
            if w["type"] != "weight":
                continue
            sums[w["cause_seq"]].append((abs(w["weight"]), float(capital[w["strategy"]])))
            self.assertLessEqual(abs(w["weight"]), largest + Fraction(1, 10**9), w)
            self.assertFalse(w["weight"] and w["weight"] * w["strength"] <= 0, w)
            self.assertLessEqual(abs(Fraction(w["target"])) * Fraction(w["price"]), Fraction(
                abs(w["weight"])) * Fraction(w["equity"]) + UNIT, w)
            self.assertIn(Fraction(w["order"]), (0, Fraction(w["target"]) - Fraction(w["held"])), w)
        self.assertEqual(set(sums), set(said))
        for seq, weights in sums.items():
            self.assertLessEqual(sum(w for w, _ in weights), float(gross) + 1e-9)
            self.assertAlmostEqual(sum(w * c for w, c in weights), said[seq], 9)

    def check_parents(self):
        """An approval is a budget, and TWAP spends it slice by slice."""
        allowed, left, children = {}, {}, defaultdict(list)
        parents = {}
        for r in self.records:
            if r["type"] == "verdict" and r["action"] != "reject":
                allowed[r["order_id"]] = Fraction(r["allowed"])
            elif r["type"] == "parent" and r["order_id"] not in parents:
                parents[r["order_id"]] = r
                left[r["order_id"]] = Fraction(r["qty"])
                self.assertLessEqual(left[r["order_id"]], allowed[r["order_id"]], r)
            elif r["type"] == "submit" and r["state"] == "DENIED":
                self.assertNotIn(r["order_id"], allowed)
            elif r["type"] == "submit":
                allowed.setdefault(r["order_id"], allowed.get(r["entry_id"]))  # an exit: no more
                self.assertLessEqual(Fraction(r["qty"]), allowed[r["order_id"]], r)
                if r["parent_id"]:
                    children[r["parent_id"]].append(r)
            elif r["type"] == "fill" and r["parent_id"]:
                left[r["parent_id"]] -= Fraction(r["qty"])
                self.assertGreaterEqual(left[r["parent_id"]], 0, r)
        step = timedelta(hours=4 if '"12h"' in self.text else 24)
        whole = 0
        for name, parent in parents.items():
            sent = [instant(c["sent_ts"]) for c in children[name]]
            self.assertLessEqual(len(sent), 3, parent)
            due = [instant(parent["ts"]) + step * i for i in range(3)]
            self.assertLessEqual(set(sent), set(due), parent)
            whole += sent == due and left[name] == 0
        self.assertGreater(whole, len(parents) / 4)

    def check_explained(self, r, every):
        chosen = self.orders[::max(1, every // SCALE)]
        for o in chosen:
            done = quoin("journal", "show", r.path("store"), "--order", o["order_id"])
            self.assertEqual((done.returncode, done.stderr), (0, ""), o)
            lines = done.stdout.splitlines()
            self.assertIn(f" {o['order_id']}: {o['side']} {o['qty']} {o['instrument']}", lines[0])
            steps = {line.split()[1] for line in lines[1:]}
            self.assertLessEqual({"weighing", "weight", "verdict"}, steps, done.stdout)
            if "no signal counts now" not in done.stdout:
                self.assertLessEqual({"bar", "signal"}, steps, done.stdout)
            parts = re.findall(rf" fill +{o['order_id']}: (?:bought|sold) ([0-9.]+) ", done.stdout)
            self.assertEqual(sum(map(Fraction, parts)), Fraction(o["filled_qty"]), done.stdout)
        return len(chosen)

    def check_again(self, r, result):
        done = quoin("check", r.path("run.cfg"), "--lookahead", "--determinism")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        again = quoin("run", r.path("run.cfg"))
        self.assertEqual((again.returncode, again.stderr), (0, ""))
        self.assertIn(f"\nDecision hash {result['decision_hash']}\n", again.stdout)
        self.check_table(again.stdout, result)
        for run in ("1", "2"):
            done = quoin("journal", "replay", r.path("store"), "--run", run, "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            for key in ("decision_hash", "ledger_hash"):
                self.assertEqual(json.loads(done.stdout)[key], result[key])

    def check_table(self, text, result):
        """The strategies in the printed result."""
        rows = [line.split() for line in
                text.split("Round trips\n", 1)[1].split("\n\n", 1)[0].splitlines()]
        self.assertEqual([(row[0], int(row[3])) for row in rows],
                         [(s["id"], s["trades"]) for s in result["strategies"]])
        account = {key: Fraction(result["accounts"][0][key]) for key in (
            "realized_pnl", "unrealized_pnl", "fees", "funding")}
        self.assertEqual(sum(Fraction(row[1]) for row in rows), account["realized_pnl"] +
                         account["unrealized_pnl"] + account["funding"])
        self.assertEqual(sum(Fraction(row[2]) for row in rows), account["fees"])

    def tell(self, name, result, limits, explained):
        denied = result["orders"]["denied"]
        print(f"proof: portfolio of {name}: {len(self.orders)} orders, {len(self.fills)} fills, "
              f"{limits.nadding} additions within limits, {limits.nreduced} reduced, {denied} "
              f"denied, {explained} orders explained")
        self.assertEqual({f["strategy"] for f in self.fills}, {s["id"] for s in result["strategies"]})
        self.assertEqual({f["instrument"] for f in self.fills}, set(result["data"]["instruments"]))
        self.assertGreater(limits.nadding, 100)
        self.assertGreater(limits.nreduced, 0)
        self.assertGreater(denied, 0)

    def test_demo(self):
        r = Run()
        prepared_demo(r)
        self.tell("the demo", *self.whole(r, every=150))

    @unittest.skipUnless(shared("bars", "binance_spot_btcusdt_4h_2024.csv"), "no shared data")
    def test_coins(self):
        r = Run()
        prepared_coins(r)
        self.tell("coins", *self.whole(r, every=25))


if __name__ == "__main__":
    unittest.main()
