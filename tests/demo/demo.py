#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The demo, done twice: by quoin, and by a few lines that know nothing of it.

The two configs of conf/demo with one strategy run on the committed S&P 500 bars. This file computes
from the same CSV, in integers, what the documentation promises: which bars are traded on, at which
price, at which fee, and what the account holds at the end. Every fill and every sum must be equal.

The generated instruments are what generate.py says of them: the same bytes again, whole bars of the
same days, moving together, with trends that lead somewhere and regimes in which nothing lasts. What
is imported of them is what was generated.

The portfolio runs as ./bootstrap demo runs it, and again in the same store: the second run is added
to the first and comes to the same. What orders and books must look like is tested by
tests/e2e/portfolio.py."""

import csv
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from statistics import mean, pstdev

SOURCE = Path(os.environ["QUOIN_SOURCE"])
QUOIN = Path(os.environ["QUOIN_BUILD"], "quoin")
BARS = SOURCE / "conf/demo/sp500-2000.csv"

FAST, SLOW, QTY, START = 50, 200, 500, Decimal(1_000_000)
TAKER = Decimal("0.0001")
CENT = Decimal("0.00000001")  # the smallest unit of the account

GENERATED = tuple(f"GEN{i}" for i in range(1, 6))
# splitmix64 from this seed: rosettacode.org, Pseudo-random numbers/Splitmix64.
WORDS_OF_1234567 = (6457827717110365317, 3203168211198807973, 9817491932198370423)


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


def generate(into, *options):
    into.mkdir()
    subprocess.run([SOURCE / "conf/demo/generate.py", *options, BARS, into], check=True)
    return {path.stem: path.read_bytes() for path in sorted(into.iterdir())}


def check_random():
    spec = importlib.util.spec_from_file_location("generate", SOURCE / "conf/demo/generate.py")
    generator = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(generator)
    random = generator.Random(1234567)
    words = tuple(random.word() for _ in WORDS_OF_1234567)
    if words != WORDS_OF_1234567:
        sys.exit(f"generate.py: splitmix64 gives {words}")
    drawn = [random.normal(10000) for _ in range(20000)]
    if abs(mean(drawn)) > 300 or abs(pstdev(drawn) - 10000) > 250:
        sys.exit(f"generate.py: normal has mean {mean(drawn)}, deviation {pstdev(drawn)}")


def check_rows(name, rows, days):
    if [row["date"] for row in rows] != days:
        sys.exit(f"{name}: other days than the index")
    for row in rows:
        o, h, l, c = (Decimal(row[key]) for key in ("open", "high", "low", "close"))
        if not 0 < l <= min(o, c) <= max(o, c) <= h or int(row["volume"]) <= 0:
            sys.exit(f"{name}: not a bar: {row}")


def returns_of(rows):
    closes = [float(row["close"]) for row in rows]
    return [b / a - 1 for a, b in zip(closes, closes[1:])]


def correlation(x, y):
    mx, my = mean(x), mean(y)
    return mean((a - mx) * (b - my) for a, b in zip(x, y)) / (pstdev(x) * pstdev(y))


def check_regimes(rows, returns):
    """Over all instruments. What all do together is taken out of each: the regimes are of what an
    instrument does of its own. Ten days in one regime move sqrt(10) times as far as one day if
    what happens stays, and less if it fades."""
    together = [mean(day) for day in zip(*returns.values())]
    days, tens = {}, {}
    for name in GENERATED:
        regime = [row["regime"] for row in rows[name]][1:]
        own = [a - b for a, b in zip(returns[name], together)]
        for i, (a, b) in enumerate(zip(regime, own)):
            days.setdefault(a, []).append(b)
            if i % 10 == 9 and set(regime[i - 9:i + 1]) == {a}:
                tens.setdefault(a, []).append(sum(own[i - 9:i + 1]))
    if set(days) != {"up", "down", "revert"}:
        sys.exit(f"generated: regimes {set(days)}")
    if not mean(days["up"]) > 1e-4 > -1e-4 > mean(days["down"]):
        sys.exit(f"generated: trends lead {mean(days['up'])} up and {mean(days['down'])} down a day")
    ratio = {a: pstdev(tens[a]) / pstdev(days[a]) / 10**0.5 for a in days}
    if not ratio["revert"] < 0.85 < 0.9 < min(ratio["up"], ratio["down"]):
        sys.exit(f"generated: ten days against one: {ratio}")


def generated(bars, folder):
    """What is generated, and that the catalog holds it."""
    check_random()
    files = generate(folder / "generated")
    if tuple(files) != GENERATED or generate(folder / "again") != files:
        sys.exit("generated: not the same a second time")
    if any(a == b for a, b in zip(files.values(), generate(folder / "seed", "--seed", "2").values())):
        sys.exit("generated: another seed, the same bars")
    digest = hashlib.sha256(b"".join(files.values())).hexdigest()
    if digest not in (SOURCE / "conf/demo/README.md").read_text():
        sys.exit(f"generated: conf/demo/README.md says another SHA-256 than {digest}")
    rows = {name: list(csv.DictReader(text.decode().splitlines())) for name, text in files.items()}
    returns = {name: returns_of(rows[name]) for name in GENERATED}
    for name in GENERATED:
        check_rows(name, rows[name], [date for date, _, _ in bars])
        check_imported(name, rows[name], folder)
    for a, b in combinations(GENERATED, 2):
        if not 0.1 < correlation(returns[a], returns[b]) < 0.7:
            sys.exit(f"generated: {a} and {b}: {correlation(returns[a], returns[b])}")
    check_regimes(rows, returns)
    print(f"proof: demo generated: {len(GENERATED)} instruments, {len(bars)} bars each")


def check_imported(name, rows, folder):
    text = quoin("data", "export", folder / "catalog", "--instrument", f"{name}.demo", "--type",
                 "bar:1d")
    keys = ("open", "high", "low", "close", "volume")
    there = [(line[0][:10], *map(Decimal, line[1:6])) for line in csv.reader(text.splitlines()[1:])]
    if there != [(row["date"], *(Decimal(row[key]) for key in keys)) for row in rows]:
        sys.exit(f"{name}: the catalog holds other bars")


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
        generated(bars, folder)
        portfolio(folder)


if __name__ == "__main__":
    main()
