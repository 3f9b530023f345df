#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures Quoin against yardsticks measured in the same run: cmake --build build --target bench

Prints a table and writes build/bench.json. Gates are ratios, because only they carry over to
another machine. CPU time for throughput, wall time for latency; ours and the floor take turns,
and the median of the pairs counts. A row measured while the core lost more than 15 % of its
time to others is measured again, and not judged if it never gets quiet.

  bench.py [--only RE] [--pairs N]
"""
import argparse
import datetime
import hashlib
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time

BUILD = os.environ["QUOIN_BUILD"]
QUOIN = os.path.join(BUILD, "quoin")
TOOLS = os.path.join(BUILD, "tests", "bench")
WORK = os.path.join(BUILD, "bench")  # generated once, kept for the next run
FLOOR = os.path.join(TOOLS, "bench_floor")
INSTRUMENT = "BTCUSDT.sim"
MINUTES = 1_000_000
LOST_MOST = 0.15
ROUNDS = 3  # how often a row is measured when the machine is not quiet

# What the generator must make, and the run must come to.
SHA256 = {
    "bars": "e842d19f702145173bf04b0f8bc5647116e540aa9340692879fad9a8c5bd178e",
    "trades": "4fe4e1f5df58cf5a2ac0728771b769d0270bdf72566a6174ade15c1fd0f7d623",
}
FILLS, FEES, EQUITY = 27356, "415867.5168", "593592.4832"


def path(*names):
    return os.path.join(WORK, *names)


# ---------------------------------------------------------------- running programs

def cpu_of(argv, stdout=os.devnull):
    """CPU seconds, wall seconds of a program that must succeed."""
    out = (os.POSIX_SPAWN_OPEN, 1, stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    quiet = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)
    begin = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=[out, quiet])
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - begin
    if status != 0:
        sys.exit(f"bench: {' '.join(argv)} failed with status {status:#x}")
    return usage.ru_utime + usage.ru_stime, wall


def floor(*args):
    return float(subprocess.run([FLOOR, *args], check=True, capture_output=True, text=True).stdout)


def result_of(*args):
    """The JSON of a run. Through a shell that forks: peak memory is inherited by exec, and a
    Python interpreter's would count as ours."""
    done = subprocess.run(["sh", "-c", '"$@"; exit $?', "sh", QUOIN, "run", *args, "--json"],
                          check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


# ---------------------------------------------------------------- the workload

def generate(kind, minutes, name):
    if not os.path.exists(path(name)):
        with open(path("part"), "wb") as f:
            subprocess.run([os.path.join(TOOLS, "bench_generate"), kind, str(minutes)],
                           check=True, stdout=f)
        os.rename(path("part"), path(name))
    if minutes == MINUTES:
        with open(path(name), "rb") as f:
            made = hashlib.file_digest(f, "sha256") if hasattr(hashlib, "file_digest") \
                else hashlib.sha256(f.read())
        if made.hexdigest() != SHA256[kind]:
            sys.exit(f"bench: {path(name)} is not the published workload")
    return path(name)


def import_argv(fmt, catalog, csv):
    options = ["--bar", "1m"] if fmt == "ohlcv" else []
    return [QUOIN, "data", "import", "--format", fmt, "--instrument", INSTRUMENT, "--into",
            catalog, "--tick", "0.25", "--lot", "0.001", "--quote", "USDT", *options, csv]


def load(fmt, catalog, csv):
    subprocess.run(["rm", "-rf", path(catalog)], check=True)
    subprocess.run(import_argv(fmt, path(catalog), csv), check=True, capture_output=True)


def config(name, catalog, strategies, more="", pace=0):
    with open(path(name), "w", encoding="utf-8") as f:
        f.write(f'''
name = "bench"; seed = 1; catalog = "{catalog}";
plugin_path = [ "{TOOLS}", "{os.path.join(BUILD, "tests", "plugins")}" ];
venues = ( {{ id = "sim"; plugin = "venue/sim"; instruments = [ "BTCUSDT" ]; data = [ "bar:1m" ];
             accounts = ( {{ currency = "USDT"; balance = "1000000"; }} );
             params = {{ taker_bps = 4.0; pace = {float(pace)}; }}; }} );
strategies = ( {", ".join(strategies)} );
report = {{ sample = "1d"; }};
{more}
''')
    return path(name)


def strategy(name, plugin, params="", route="direct", tier="none"):
    return (f'{{ isolation = "{tier}"; id = "{name}"; plugin = "{plugin}"; instruments = [ "{INSTRUMENT}" ]; '
            f'data = [ "bar:1m" ]; route = "{route}"; params = {{ {params} }}; }}')


# Every kind at work on each bar, and a minimum size of trades that none reaches: no order is made.
CHAIN = f'''
models = ( {{ id = "vol"; plugin = "model/volatility"; instruments = [ "{INSTRUMENT}" ];
             data = [ "bar:1m" ]; }} );
optimizer = {{ plugin = "optimizer/inverse_volatility"; rebalance = "4h"; min_trade = "1000000000";
              params = {{ period = "1h"; }}; }};
risk = ( {{ id = "limits"; plugin = "risk/limits"; params = {{ max_gross = 1.0;
            max_daily_loss = 0.5; max_drawdown = 0.9; max_orders = 10; per = "1m"; }}; }} );
execution = {{ plugin = "execution/twap"; }};
'''


SMA = strategy("sma", "strategy/sma_cross",
               'fast = 10; slow = 50; qty = "1"; mode = "long_flat"; rule = "level";')


def prepare():
    os.makedirs(WORK, exist_ok=True)
    load("ohlcv", "bars", generate("bars", MINUTES, "bars.csv"))
    load("trades", "trades", generate("trades", MINUTES, "trades.csv"))
    if not os.path.exists(path("ten", "manifest.json")):
        load("ohlcv", "ten", generate("bars", 10 * MINUTES, "ten.csv"))
        os.remove(path("ten.csv"))
    config("bars.cfg", "bars", [SMA])
    config("trades.cfg", "trades", [SMA])
    config("ten.cfg", "ten", [SMA])
    quiet = [f"e{i}" for i in range(3)]
    config("quiet.cfg", "bars", [strategy(e, "strategy/empty") for e in quiet])
    config("chain.cfg", "bars",
           [strategy(e, "strategy/empty", route="portfolio") for e in quiet], CHAIN)
    config("signals.cfg", "bars",
           [strategy("t1", "strategy/trend_following", route="portfolio"),
            strategy("t2", "strategy/trend_following", "slow = 300;", route="portfolio"),
            strategy("m1", "strategy/mean_reversion", route="portfolio")], CHAIN)
    config("restart.cfg", "bars", [SMA, strategy("bad", "strategy/crash", f"at = {MINUTES - 1};")],
           f'store = {{ path = "{path("restart.store")}"; durability = "group"; '
           'snapshot_every = 0; };', pace=1e10)
    for tier, wait in (("none", "spin"), ("process", "spin"), ("process", "futex")):
        for plugin in ("empty", "asking"):
            config(f"{plugin}_{tier}_{wait}.cfg", "bars",
                   [strategy("e", f"strategy/{plugin}", tier=tier)],
                   f'guest = {{ wait = "{wait}"; deadline = "60s"; }};')
    for n in (1, 2, 4, 8):
        config(f"empty{n}.cfg", "bars",
               [strategy(f"e{i}", "strategy/empty") for i in range(n)])


def check_result(name):
    """Speed of a wrong result is worth nothing."""
    r = result_of(path(name))
    account = r["accounts"][0]
    got = r["fills"]["count"], account["fees"], account["equity"]
    if got != (FILLS, FEES, EQUITY):
        sys.exit(f"bench: {name} came to {got}")
    return r


# ---------------------------------------------------------------- measuring

PAIRS = 5


def pairs(ours, against):
    """Medians of ours and of the floor, taken in turns."""
    taken = [(ours(), against()) for _ in range(PAIRS)]
    return statistics.median(a for a, _ in taken), statistics.median(b for _, b in taken)


ONE_BAR = ["--to", "2020-01-01T00:01:00"]


def events_cpu(conf, n=MINUTES):
    """ns of CPU an event: a whole run, less a run of one bar."""
    whole, _ = cpu_of([QUOIN, "run", path(conf), "--json"])
    start, _ = cpu_of([QUOIN, "run", path(conf), "--json", *ONE_BAR])
    return (whole - start) / n * 1e9


def read_tape(catalog, data):
    """Events, ns of CPU each, KiB of peak memory. Through a shell, as in result_of."""
    argv = [os.path.join(TOOLS, "bench_tape"), path(catalog), INSTRUMENT, data]
    done = subprocess.run(["sh", "-c", '"$@"; exit $?', "sh", *argv], check=True,
                          capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]


def tape_cpu(catalog, data):
    return read_tape(catalog, data)[1]


def rate(ns):
    return 1e9 / ns


def bars_so():
    check_result("bars.cfg")
    ours, base = pairs(lambda: events_cpu("bars.cfg"),
                       lambda: floor("so", os.path.join(TOOLS, "floor.so")))
    return rate(ours), rate(base), base / ours


def bars_plain():
    ours, base = pairs(lambda: events_cpu("bars.cfg"), lambda: floor("plain"))
    return rate(ours), rate(base), base / ours


def whole_process():
    argv = ["/bin/sh", "-c", f'rm -rf "{path("cold")}" && '
            + " ".join(f'"{a}"' for a in import_argv("ohlcv", path("cold"), path("bars.csv")))
            + f' && "{QUOIN}" run "{config("cold.cfg", "cold", [SMA])}" --report "{path("out")}"']
    ours, base = pairs(lambda: cpu_of(argv)[0],
                       lambda: (floor("csv", path("bars.csv")) + floor("plain")) * MINUTES / 1e9)
    return ours, base, ours / base


def catalog_to_report():
    argv = [QUOIN, "run", path("bars.cfg"), "--report", path("out")]
    ours, base = pairs(lambda: cpu_of(argv)[0], lambda: floor("plain") * MINUTES / 1e9)
    return ours, base, ours / base


def importing():
    ours, base = pairs(
        lambda: cpu_of(import_argv("ohlcv", path("cold"), path("bars.csv")))[0] / MINUTES * 1e9
        if subprocess.run(["rm", "-rf", path("cold")], check=True) else 0,
        lambda: floor("csv", path("bars.csv")))
    return rate(ours), rate(base), base / ours


def import_bytes():
    ours, base, ratio = importing()
    size = os.path.getsize(path("bars.csv")) / MINUTES
    return ours * size, base * size, ratio


def tape_size():
    """Bytes a trade on the tape, against the 32 of a plain struct."""
    files = [os.path.join(folder, name) for folder, _, names in os.walk(path("trades"))
             for name in names if name.endswith(".tape")]
    ours = sum(map(os.path.getsize, files)) / (5 * MINUTES)
    return ours, 32, ours / 32


def tape_memory():
    """MiB of peak memory that reading takes, of 5 M trades against 1 M bars."""
    ours = read_tape("trades", "trade")[2] / 1024
    bars = read_tape("bars", "bar:1m")[2] / 1024
    return ours, bars, ours / bars


def memory():
    one = result_of(path("bars.cfg"))["engine"]["max_rss_bytes"]
    ten = result_of(path("ten.cfg"))["engine"]["max_rss_bytes"]
    return max(one, ten) / (1 << 20), one / (1 << 20), ten / one


def synth_cpu(days):
    subprocess.run(["rm", "-rf", path("synth")], check=True)
    return cpu_of([QUOIN, "data", "synth", "--into", path("synth"), "--days", str(days), "--types",
                   "bar:1m"])[0]


def synth():
    n = MINUTES // 1440
    ours, base = pairs(lambda: synth_cpu(n + 1) - synth_cpu(1),
                       lambda: cpu_of([os.path.join(TOOLS, "bench_generate"), "bars",
                                       str(n * 1440)])[0])
    return n * 1440 / ours, n * 1440 / base, base / ours


def tape_bars():
    ours, base = pairs(lambda: tape_cpu("bars", "bar:1m"), lambda: floor("walk", "88"))
    return rate(ours), rate(base), base / ours


def tape_trades():
    ours, base = pairs(lambda: tape_cpu("trades", "trade"), lambda: floor("walk", "72"))
    return rate(ours), rate(base), base / ours


def trades_to_bars():
    ours, base = pairs(lambda: tape_cpu("trades", "bar:1m") / 5, lambda: floor("aggregate"))
    return rate(ours), rate(base), base / ours


def dispatch():
    """The slope over the number of empty strategies, by least squares."""
    counts = (1, 2, 4, 8)

    def slope():
        cost = [events_cpu(f"empty{n}.cfg") for n in counts]
        mean_n, mean_c = statistics.mean(counts), statistics.mean(cost)
        return (sum((n - mean_n) * (c - mean_c) for n, c in zip(counts, cost))
                / sum((n - mean_n) ** 2 for n in counts))

    ours, base = pairs(slope, lambda: floor("call"))
    return ours, base, ours - base


def no_orders(conf):
    r = result_of(path(conf))
    if r["orders"]["submitted"] or r["engine"]["features"] < MINUTES:
        sys.exit(f"bench: {conf} is not what it should be: {r['orders']}")


def chain():
    """What the other kinds add to three strategies that send nothing."""
    no_orders("chain.cfg")
    ours, base = pairs(lambda: events_cpu("chain.cfg"), lambda: events_cpu("quiet.cfg"))
    return ours, base, ours - base


def signals():
    """Three strategies at work beside them, which push about one signal a bar."""
    no_orders("signals.cfg")
    ours, base = pairs(lambda: events_cpu("signals.cfg"), lambda: events_cpu("quiet.cfg"))
    return ours, base, ours - base


def call_p50(conf):
    """ns from the call of a strategy to its return, p50 of the sampled events: a core that others
    have for a while makes some calls slow, and not the one in the middle."""
    argv = [QUOIN, "run", path(conf), "--json", "--to", "2020-03-01"]
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count()))  # two processes, two cores
    try:
        done = subprocess.run(argv, check=True, capture_output=True, text=True)
    finally:
        os.sched_setaffinity(0, everywhere)
    stages = json.loads(done.stdout)["engine"]["stages"]
    return next(s["p50_ns"] for s in stages if s["stage"] == "strategies")


def tier(plugin, wait):
    """A call over to a guest and back, above one inside the host."""
    def measure_both():
        ours, base = pairs(lambda: call_p50(f"{plugin}_process_{wait}.cfg"),
                           lambda: call_p50(f"{plugin}_none_spin.cfg"))
        return ours, base, ours - base
    return measure_both


def indicator(*names):
    """The slowest of them: ns a value."""
    return max(float(subprocess.run([os.path.join(TOOLS, "bench_indicator"), name], check=True,
                                    capture_output=True, text=True).stdout) for name in names)


def indicators():
    ours, base = pairs(lambda: indicator("ema", "ewma", "atr", "dmi", "rolling"),
                       lambda: floor("call"))
    return ours, base, ours / base


def zscore():
    ours, base = pairs(lambda: indicator("zscore"), lambda: floor("call"))
    return ours, base, ours / base


def book_cpu(which):
    return float(subprocess.run([os.path.join(TOOLS, "bench_book"), which], check=True,
                                capture_output=True, text=True).stdout)


def book():
    ours, base = pairs(lambda: book_cpu("book"), lambda: book_cpu("flat"))
    return rate(ours), rate(base), base / ours


def spawned(argv):
    return statistics.median(cpu_of(argv)[1] for _ in range(20)) * 1e3


def startup():
    ours, base = pairs(lambda: spawned([QUOIN, "--version"]), lambda: spawned([FLOOR, "nothing"]))
    return ours, base, ours / base


def startup_run():
    argv = [QUOIN, "run", path("bars.cfg"), "--json", *ONE_BAR]
    ours, base = pairs(lambda: spawned(argv), lambda: spawned([FLOOR, "nothing"]))
    return ours, base, ours / base


def restart():
    """Seconds from the crash of a plugin on the last bar but one to the engine that goes on, all
    bars done again: the bundle kept, the process, the config, the plugins, the store, the events.
    Against a run of the same bars."""
    def down():
        subprocess.run(["rm", "-rf", path("restart.store")], check=True)
        done = subprocess.run([QUOIN, "run", path("restart.cfg"), "--json"], check=False,
                              capture_output=True, text=True)
        found = re.findall(r"the run goes on, (\d+) ms after the crash", done.stderr)
        if done.returncode != 3 or len(found) != 2:
            sys.exit(f"bench: restart.cfg ended with {done.returncode}: {done.stderr}")
        return max(map(int, found)) / 1e3

    ours, base = pairs(down, lambda: events_cpu("bars.cfg") * MINUTES / 1e9)
    subprocess.run(["rm", "-rf", path("restart.store")], check=True)
    return ours, base, ours / base


def store(*args):
    """The first figure of bench_store, in a fresh folder on the disk of the build."""
    subprocess.run(["rm", "-rf", path("store.bench")], check=True)
    os.mkdir(path("store.bench"))
    argv = [os.path.join(TOOLS, "bench_store"), args[0], path("store.bench"), *map(str, args[1:])]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    subprocess.run(["rm", "-rf", path("store.bench")], check=True)
    return float(done.stdout.split()[0])


def commits(ours, batch):
    """Records a second, by the wall: what is waited for is the disk."""
    n = {1: 1000, 10: 5000, 100: 50000, 1000: 500000, 10000: 1000000}[batch]

    def measure_both():
        a, b = pairs(lambda: store(ours, n, batch), lambda: store("bare", n, batch))
        return a, b, a / b
    return measure_both


def enqueue():
    copy = [os.path.join(TOOLS, "bench_store"), "copy", "12000"]
    ours, base = pairs(lambda: store("enqueue", 12000), lambda: float(
        subprocess.run(copy, check=True, capture_output=True, text=True).stdout.split()[0]))
    return ours, base, ours - base


def scan():
    """Bytes of records a second, against the floor's walk over a row of 88 bytes in memory."""
    ours, base = pairs(lambda: store("scan", 1000000), lambda: 88 * rate(floor("walk", "88")))
    return ours, base, ours / base


def store_open():
    ours, base = pairs(lambda: store("open", 1000000), lambda: store("open", 100))
    return ours, base, ours / base


# (id, name, unit, function, gate as text, gate on (ours, floor, ratio); None = reported only)
ROWS = [
    ("bars", "bar backtest, against a bare loop with its strategy in a .so", "bars/s", bars_so,
     "ratio >= 0.15", lambda o, f, r: r >= 0.15),
    ("bars_plain", "bar backtest, against one C loop", "bars/s", bars_plain, None, None),
    ("whole_csv", "56 MB of CSV to a written report, CPU, against parse + loop", "s",
     whole_process, "<= 0.3 s", lambda o, f, r: o <= 0.3),
    ("whole_catalog", "imported catalog to a written report, CPU, against the loop", "s",
     catalog_to_report, None, None),
    ("import", "import of bars from CSV, against a parse by hand", "B/s", import_bytes,
     ">= 400 MB/s", lambda o, f, r: o >= 400e6),
    ("synth", "bars made from a seed into a catalog, against a random walk as CSV", "bars/s", synth,
     ">= 1 M/s", lambda o, f, r: o >= 1e6),
    ("memory", "peak memory, 10 M bars against 1 M", "MiB", memory,
     "<= 32 MiB and ratio <= 1.1", lambda o, f, r: o <= 32 and r <= 1.1),
    ("tape_bars", "reading checked bars, against a walk over memory", "bars/s", tape_bars,
     None, None),
    ("tape_trades", "reading checked trades, against a walk over memory", "trades/s", tape_trades,
     ">= 40 M/s", lambda o, f, r: o >= 40e6),
    ("tape_size", "a trade on the tape, against a plain struct", "B", tape_size,
     "<= 8 B", lambda o, f, r: o <= 8),
    ("tape_memory", "peak memory of reading 5 M trades, against 1 M bars", "MiB", tape_memory,
     "<= 9.5 MiB (10 MB)", lambda o, f, r: o <= 9.5),
    ("trades_to_bars", "checked trades to bars, against aggregation in memory", "trades/s",
     trades_to_bars, "ratio >= 0.1 and >= 40 M/s", lambda o, f, r: r >= 0.1 and o >= 40e6),
    ("dispatch", "dispatch: each further subscriber of an event, above a direct call", "ns",
     dispatch, "difference <= 2 ns", lambda o, f, r: r <= 2),
    ("chain", "model, optimizer, limits, TWAP on events without an order, above the same run "
     "without them", "ns", chain, "difference <= 150 ns", lambda o, f, r: r <= 150),
    ("signals", "the same with 3 strategies that push a signal a bar", "ns", signals, None, None),
    ("guest_spin", "a call of a strategy in a guest that spins, p50, above one in the host", "ns",
     tier("empty", "spin"), "difference <= 600 ns", lambda o, f, r: r <= 600),
    ("guest_ask", "the same with a question of its position in each call", "ns",
     tier("asking", "spin"), None, None),
    ("guest_futex", "a call of a strategy in a guest that sleeps, p50, above one in the host", "ns",
     tier("empty", "futex"), None, None),
    ("indicators", "update of the slowest indicator of the SDK, against a direct call", "ns",
     indicators, "<= 10 ns", lambda o, f, r: o <= 10),
    ("book", "rows of depth applied to a book, against a flat array of all prices", "rows/s", book,
     None, None),
    ("zscore", "update and z-score of a window, against a direct call", "ns", zscore, None, None),
    *((f"journal_{n}", f"journal, {n} records a commit, on disk, against LMDB alone", "rec/s",
       commits("commit", n), "ratio >= 0.85", lambda o, f, r: r >= 0.85)
      for n in (1, 10, 100, 1000, 10000)),
    ("journal_group", "journal, group commit, 1,000 published at once, against LMDB alone", "rec/s",
     commits("group", 1000), "ratio >= 0.85 and >= 1.5 M",
     lambda o, f, r: r >= 0.85 and o >= 1.5e6),
    ("journal_put", "journal, one record put and published, p50, against a copy", "ns", enqueue,
     "<= 60 ns", lambda o, f, r: o <= 60),
    ("journal_scan", "journal, read back and checked, against a walk over memory", "B/s", scan,
     ">= 1.5 GB/s", lambda o, f, r: o >= 1.5e9),
    ("store_open", "store of 1 M records opened and checked, against one of 100", "ms", store_open,
     None, None),
    ("startup", "start and end of the program, against an empty program", "ms", startup,
     "ratio <= 7", lambda o, f, r: r <= 7),
    ("restart", "from a plugin's crash to an engine that has done 1 M events again, against a run of "
     "them", "s", restart, "<= 1 s", lambda o, f, r: o <= 1),
    ("startup_run", "a run of one bar, against an empty program", "ms", startup_run, None, None),
]


def lost():
    return floor("spin", "200")


def measure(row):
    ident, name, unit, function, gate, judge = row
    for _ in range(ROUNDS):
        before = lost()
        ours, base, ratio = function()
        is_quiet = max(before, lost()) <= LOST_MOST
        verdict = bool(judge(ours, base, ratio)) if judge else True
        if is_quiet or verdict:
            break
    else:
        verdict = None  # never quiet, and not good enough: nothing was learned
    return {"id": ident, "name": name, "unit": unit, "ours": ours, "floor": base, "ratio": ratio,
            "gate": gate, "pass": verdict}


def machine():
    with open("/proc/cpuinfo", encoding="ascii") as f:
        model = re.search(r"model name\s*: (.*)", f.read())
    return (f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} CPUs, "
            f"{platform.system()} {platform.release()}")


def text(value):
    return f"{value / 1e6:.1f} M" if value >= 1e6 else f"{value:.3g}"


VERDICTS = {True: "", False: "MISSED", None: "not judged: busy"}


def show(row):
    print(f"{row['id']:<15}{text(row['ours']):>10}{text(row['floor']):>10} {row['unit']:<9}"
          f"{row['ratio']:>9.3g}  {row['gate'] or 'reported':<28}{VERDICTS[row['pass']]}",
          flush=True)


def main():
    global PAIRS
    args = argparse.ArgumentParser(description="Measure Quoin.")
    args.add_argument("--only", default="", metavar="RE", help="rows whose id matches")
    args.add_argument("--pairs", type=int, default=PAIRS, metavar="N")
    given = args.parse_args()
    PAIRS = given.pairs
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    prepare()
    print(f"{'':<15}{'ours':>10}{'floor':>10} {'unit':<9}{'ratio':>9}  gate")
    rows = []
    for row in ROWS:
        if re.search(given.only, row[0]):
            rows.append(measure(row))
            show(rows[-1])
    with open(os.path.join(BUILD, "bench.json"), "w", encoding="utf-8") as f:
        json.dump({"machine": machine(),
                   "date": datetime.datetime.now(datetime.timezone.utc).isoformat("T", "seconds"),
                   "rows": rows}, f, indent=2)
        f.write("\n")
    return 1 if any(row["pass"] is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
