#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ten tear sheets on synthetic data, from the ordinary to the degenerate: what a report looks like.

    docs/gallery/make.py [--quoin build/quoin] [--into build/gallery] [--only NAME] [--pictures]

Writes NAME/report.html and the other files of each run into the folder, and an index.html. With
--pictures it draws the pages by a headless Chromium into docs/gallery/*.png, and writes README.md
beside them; that program is needed for nothing else."""
import argparse
import html
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DEMO = os.path.join(ROOT, "build", "demo", "report.html")  # its picture opens the README
BASKET = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT")

# Catalogs: name -> arguments of `quoin data synth`.
CATALOGS = {
    "quarter": ["--instrument", "BTCUSDT.synthetic", "--seed", "7", "--from", "2024-01-01",
                "--days", "91", "--types", "bar:1m,mark,funding"],
    "decade": ["--instrument", "BTCUSDT.synthetic", "--seed", "11", "--from", "2014-01-01",
               "--to", "2024-01-01", "--types", "bar:1m", "--drift", "0.3", "--volatility", "0.5"],
    "day": ["--instrument", "BTCUSDT.synthetic", "--seed", "3", "--from", "2024-03-01",
            "--days", "1", "--types", "trade"],
    "basket": [*(word for name in BASKET for word in ("--instrument", f"{name}.synthetic")),
               "--seed", "5", "--from", "2022-01-01", "--to", "2024-01-01", "--types", "bar:1h",
               "--correlation", "0.4", "--drift", "0.3"],
}


def strategy(name, plugin, params="", instruments=("BTCUSDT",), data="bar:1m", route="direct",
             capital="1.0"):
    listed = ", ".join(f'"{i}.synthetic"' for i in instruments)
    return (f'{{ id = "{name}"; plugin = "{plugin}"; instruments = [ {listed} ]; '
            f'data = [ "{data}" ]; route = "{route}"; capital = {capital}; '
            f'params = {{ {params} }}; }}')


def config(name, catalog, strategies, instruments=("BTCUSDT",), data=("bar:1m",),
           balance="100000", fees="taker_bps = 4.0; maker_bps = 2.0;", more="", sample="1d"):
    listed = ", ".join(f'"{i}"' for i in instruments)
    types = ", ".join(f'"{d}"' for d in data)
    return f'''
name = "{name}"; seed = 1; catalog = "{catalog}";
venues = ( {{ id = "synthetic"; plugin = "venue/sim"; instruments = [ {listed} ];
             data = [ {types} ]; params = {{ {fees} }};
             accounts = ( {{ currency = "USDT"; balance = "{balance}"; }} ); }} );
strategies = ( {", ".join(strategies)} );
report = {{ sample = "{sample}"; benchmark = "{instruments[0]}.synthetic"; }};
{more}
'''


LIMITS = 'risk = ( {{ id = "limits"; plugin = "risk/limits"; params = {{ {} }}; }} );'

CALM = "stop = 0.0; step = 0.3; repeat = 0;"  # few signals

# name, title, what it shows, catalog, arguments of config
CASES = [
    ("basket", "Four instruments, three strategies",
     "two years of hours; weights by inverse volatility, limits, orders in slices", "basket",
     {"strategies": [
         strategy("trend", "strategy/trend_following", f"fast = 48; slow = 240; {CALM}", BASKET,
                  "bar:1h", "portfolio", "0.4"),
         strategy("slow", "strategy/trend_following", f"fast = 168; slow = 720; {CALM}", BASKET,
                  "bar:1h", "portfolio", "0.4"),
         strategy("revert", "strategy/mean_reversion", "length = 72; entry = 2.5; repeat = 0;", BASKET,
                  "bar:1h", "portfolio", "0.2")],
      "instruments": BASKET, "data": ("bar:1h",),
      "more": 'optimizer = { plugin = "optimizer/inverse_volatility"; rebalance = "7d"; '
              'min_trade = "2000"; params = { period = "1d"; lookback = 30; }; };'
              'execution = { plugin = "execution/twap"; '
              'params = { duration = "6h"; slices = 3; }; };'
              + LIMITS.format("max_gross = 1.5; max_orders = 200; per = \"1h\";")}),
    ("perpetual", "A perpetual over a quarter", "funding paid and received, 91 days of minutes",
     "quarter",
     {"strategies": [strategy("sma", "strategy/sma_cross",
                              'fast = 600; slow = 2400; qty = "1";')],
      "data": ("bar:1m", "mark", "funding")}),
    ("decade", "Ten years of minutes", "more than five million bars, few trades", "decade",
     {"strategies": [strategy("sma", "strategy/sma_cross",
                              'fast = 14400; slow = 57600; qty = "1"; mode = "long_flat";')]}),
    ("fills", "Fifty thousand fills", "what cannot be marked one by one", "quarter",
     {"strategies": [strategy("sma", "strategy/sma_cross", 'fast = 1; slow = 2; qty = "0.1"; '
                                                           'mode = "reverse";')],
      "balance": "1000000", "fees": "taker_bps = 0.05; maker_bps = 0.0;"}),
    ("day", "One day", "hours on the axis, statistics that need more days are not defined", "day",
     {"strategies": [strategy("sma", "strategy/sma_cross", 'fast = 10; slow = 40; qty = "1"; '
                                                           'mode = "long_flat";')],
      "data": ("trade",), "more": "", "sample": "1h"}),
    ("none", "No trades", "a strategy that waits for more bars than there are", "quarter",
     {"strategies": [strategy("sma", "strategy/sma_cross",
                              'fast = 10; slow = 100000; qty = "1"; mode = "long_flat";')],
      "data": ("bar:1m",)}),
    ("one", "One trade", "bought and held", "quarter",
     {"strategies": [strategy("hold", "strategy/buy_and_hold", 'qty = "1";')]}),
    ("ruin", "The loss of everything", "fees of half a per cent on every crossing", "quarter",
     {"strategies": [strategy("sma", "strategy/sma_cross",
                              'fast = 3; slow = 8; qty = "1"; rule = "level";')],
      "fees": "taker_bps = 50.0; maker_bps = 50.0;"}),
    ("halted", "Halted by its drawdown", "orders denied, and why", "quarter",
     {"strategies": [strategy("sma", "strategy/sma_cross", 'fast = 60; slow = 240; qty = "2";')],
      "more": LIMITS.format('max_drawdown = 0.15; max_order_notional = "150000";')}),
    ("short", "Both sides, with exits", "stop loss and take profit on every entry", "quarter",
     {"strategies": [strategy("sma", "strategy/sma_cross",
                              'fast = 240; slow = 960; qty = "1"; stop_loss = "0.01"; '
                              'take_profit = "0.03";')]}),
]


def call(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"make.py: {' '.join(argv)}: {done.stderr}")
    return done.stdout


def make(case, quoin, into, catalogs):
    name, _, _, source, options = case
    catalog = os.path.join(catalogs, source)
    if not os.path.exists(catalog):
        call(quoin, "data", "synth", "--into", catalog, "--quiet", *CATALOGS[source])
    folder = os.path.join(into, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    path = os.path.join(folder, "run.cfg")
    with open(path, "w", encoding="utf-8") as f:
        f.write(config(f"gallery-{name}", catalog, **options))
    call(quoin, "run", path, "--report", folder, "--quiet")


def index(cases, into):
    with open(os.path.join(into, "index.html"), "w", encoding="utf-8") as f:
        f.write('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
                "<title>Gallery</title></head><body><h1>Gallery</h1><ul>\n")
        for name, title, about, *_ in cases:
            f.write(f'<li><a href="{name}/report.html">{html.escape(title)}</a>: '
                    f"{html.escape(about)}</li>\n")
        f.write("</ul></body></html>\n")


def draw(page, picture, scale):
    """A picture of the beginning of a page."""
    call("chromium", "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu",
         "--window-size=1120,1480", f"--force-device-scale-factor={scale}",
         f"--screenshot={picture}", f"file://{page}")


def pictures(cases, into):
    if os.path.exists(DEMO):
        draw(DEMO, os.path.join(HERE, "demo.png"), 0.8)
    with open(os.path.join(HERE, "README.md"), "w", encoding="utf-8") as f:
        f.write("# Gallery\n\nTen tear sheets on synthetic data, made by `docs/gallery/make.py`. "
                "The pages themselves are\nwritten to `build/gallery`; these are pictures of "
                "their beginnings.\n")
        for name, title, about, *_ in cases:
            draw(os.path.abspath(os.path.join(into, name, "report.html")),
                 os.path.join(HERE, f"{name}.png"), 0.6)
            f.write(f"\n## {title}\n\n{about[0].upper()}{about[1:]}.\n\n"
                    f"![{title}]({name}.png)\n")


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--quoin", default=os.path.join(ROOT, "build", "quoin"))
    args.add_argument("--into", default=os.path.join(ROOT, "build", "gallery"))
    args.add_argument("--only", default="", metavar="NAME")
    args.add_argument("--pictures", action="store_true")
    given = args.parse_args()
    os.makedirs(given.into, exist_ok=True)
    cases = [c for c in CASES if given.only in ("", c[0])]
    with tempfile.TemporaryDirectory(prefix="quoin-gallery-") as catalogs:
        for case in cases:
            make(case, given.quoin, os.path.abspath(given.into), catalogs)
    index(cases, given.into)
    if given.pictures:
        pictures(cases, given.into)


if __name__ == "__main__":
    main()
