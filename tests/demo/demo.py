#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The demo, done twice: by quoin, and by a few lines that know nothing of it.

The two configs of conf/demo with one strategy run on the committed S&P 500 bars. This file computes from the same CSV,
in integers, what the documentation promises: which bars are traded on, at which price, at which
fee, and what the account holds at the end. Every fill and every sum must be equal.

The portfolio runs as ./bootstrap demo runs it, and again in the same store: the second run is added
to the first and comes to the same. What orders and books must look like is tested by
tests/e2e/portfolio.py."""

import csv
import json
import os
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

SOURCE = Path(os.environ["QUOIN_SOURCE"])
QUOIN = Path(os.environ["QUOIN_BUILD"], "quoin")
BARS = SOURCE / "conf/demo/sp500-2000.csv"

FAST, SLOW, QTY, START = 50, 200, 500, Decimal(1_000_000)
TAKER = Decimal("0.0001")
CENT = Decimal("0.00000001")  # the smallest unit of the account


def quoin(*args):
    done = subprocess.run([QUOIN, *args], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"quoin {' '.join(map(str, args))}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def read_bars():
    with BARS.open(newline="") as file:
        return [(row["date"], Decimal(row["open"]), Decimal(row["close"]))
                for row in csv.DictReader(file)]


def moving_average(bars):
    """Position wanted after each bar: QTY while the fast average is above the slow one."""
    wanted, closes = 0, []
    for _, _, close in bars:
        closes.append(close)
        if len(closes) >= SLOW:
            d = SLOW * sum(closes[-FAST:]) - FAST * sum(closes[-SLOW:])
            wanted = QTY if d > 0 else 0 if d < 0 else wanted
        yield wanted


def buy_and_hold(bars):
    for _ in bars:
        yield QTY


def keep_books(bars, wants):
    """Fills and totals: what is wanted after a bar is bought or sold at the next open."""
    fills, position, cost, realized, fees = [], 0, Decimal(0), Decimal(0), Decimal(0)
    wanted = 0
    for (date, opened, _), next_wanted in zip(bars, wants):
        change = wanted - position
        if change:
            fee = (abs(change) * opened * TAKER).quantize(CENT)  # half to even
            if change < 0:
                realized += -change * opened + cost
                cost = Decimal(0)
            else:
                cost -= change * opened
            fees += fee
            position = wanted
            fills.append((date, "buy" if change > 0 else "sell", abs(change), opened, fee))
        wanted = next_wanted
    unrealized = position * bars[-1][2] + cost
    return fills, {"realized_pnl": realized, "unrealized_pnl": unrealized, "fees": fees,
                   "equity": START + realized + unrealized - fees}


def read_fills(path):
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            midnight = row["ts"][10:].rstrip("Z").strip("T:.0") == ""
            yield (row["ts"][:10] if midnight else row["ts"], row["side"].lower(),
                   Decimal(row["qty"]), Decimal(row["price"]), Decimal(row["fee"]))


def compare(name, bars, wants, folder):
    into = folder / name
    result = json.loads(quoin("run", SOURCE / f"conf/demo/{name}.cfg", "--json", "--quiet", "--set",
                              f"catalog={folder / 'catalog'}", "--report", into))
    fills, totals = keep_books(bars, wants)
    ours = list(read_fills(into / "fills.csv"))
    for i, (got, expected) in enumerate(zip(ours, fills)):
        if got != expected:
            sys.exit(f"{name}: fill {i}: {got}, expected {expected}")
    if len(ours) != len(fills):
        sys.exit(f"{name}: {len(ours)} fills, expected {len(fills)}")
    account = result["accounts"][0]
    for key, expected in totals.items():
        if Decimal(account[key]) != expected:
            sys.exit(f"{name}: {key} {account[key]}, expected {expected}")
    if result["data"]["events"] < len(bars) or result["run"]["status"] != "completed":
        sys.exit(f"{name}: {result['data']}, {result['run']}")
    if json.loads((into / "report.json").read_text())["decision_hash"] != result["decision_hash"]:
        sys.exit(f"{name}: report.json differs from what was printed")
    print(f"proof: demo {name}: {len(bars)} bars, {len(fills)} fills, equity {totals['equity']}")


def portfolio(folder):
    store = folder / "store"
    results = [json.loads(quoin("run", SOURCE / "conf/demo/portfolio.cfg", "--json", "--quiet",
                                "--set", f"catalog={folder / 'catalog'}", "--set",
                                f"store.path={store}", "--report", folder / "portfolio"))
               for _ in range(2)]
    if [r["run"]["store_run"] for r in results] != [1, 2]:
        sys.exit(f"portfolio: runs {[r['run'] for r in results]}, expected 1 and 2")
    for key in ("decision_hash", "ledger_hash", "orders", "accounts", "strategies"):
        if results[0][key] != results[1][key]:
            sys.exit(f"portfolio: {key} is {results[0][key]}, then {results[1][key]}")
    with (folder / "portfolio/orders.csv").open(newline="") as file:
        filled = next(row["order_id"] for row in csv.DictReader(file) if row["status"] == "FILLED")
    config = (SOURCE / "conf/demo/portfolio.cfg").read_text()
    if f"--order {filled}\n" not in config:
        sys.exit(f"portfolio.cfg tells to look at another order than the first filled, {filled}")
    for run in ("1", "2"):
        quoin("journal", "show", store, "--run", run, "--order", filled)
    print(f"proof: demo portfolio: twice, {results[0]['fills']['count']} fills")


def main():
    bars = read_bars()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        subprocess.run([SOURCE / "conf/demo/import.sh", folder / "catalog"], check=True,
                       env={**os.environ, "QUOIN": str(QUOIN)}, stdout=subprocess.DEVNULL)
        compare("sma", bars, moving_average(bars), folder)
        compare("buy_and_hold", bars, buy_and_hold(bars), folder)
        portfolio(folder)


if __name__ == "__main__":
    main()
