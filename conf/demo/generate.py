#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Generate the demo's instruments GEN1 .. GEN5: daily bars that no market ever made.

    generate.py [--seed N] DATES.csv FOLDER

writes FOLDER/GEN1.csv .. FOLDER/GEN5.csv with a bar for each day in the first column of DATES.csv:
date, open, high, low, close, volume, regime. Prices have two decimals. `regime` says what the
generator did on that day; an import leaves the column out, so no strategy knows it.

The same seed and days make the same bytes on every machine: random numbers are splitmix64's
(Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014), and all
arithmetic is with whole numbers. A return is a number of millionths (PPM) of the price.

    price = base x (1 + gap)
    base grows a day by   beta x common + drift     (+ own, unless the regime is "revert")
    gap                   loses 1/FADE a day        (+ own, if the regime is "revert")

common  one random return a day for all of them, so that they rise and fall together; calm and wild
        times follow each other
own     a random return of the instrument's own
regime  "up", "down": a drift, and what happens stays: something to follow. "revert": no drift, and
        what the instrument did of its own is gone some days later: something to bet against.
        It lasts for a random time and then gives way to one drawn anew

The drift is a small part of what an instrument moves in a day, and a strategy learns of a regime
only while it passes. Nothing here is fitted to a market, and what is earned on it says nothing
about one."""

import argparse
import csv
from pathlib import Path
from typing import NamedTuple

PPM = 10**6
MASK = 2**64 - 1
SEED = 20000103
DAYS = 60, 300      # a regime lasts from .. to
WILD = 120, 400     # so do calm and wild times, in which the common return is twice as large
COMMON = 5000       # standard deviation of the common return
NIGHT = 2000        # of the open against a third of the way from close to close
WICK = 4000         # largest distance of high and low from open and close
FADE = 6


class Instrument(NamedTuple):
    name: str
    price: int      # the first, in cents
    beta: int       # share of the common return, in percent
    own: int        # standard deviation of its own return, PPM
    drift: int      # of a trend, PPM a day
    trends: int     # chance that a regime is a trend, in percent
    volume: int     # of a quiet day


INSTRUMENTS = (
    Instrument("GEN1", 4000, 120, 11000, 700, 80, 900_000),
    Instrument("GEN2", 2500, 90, 13000, 800, 80, 600_000),
    Instrument("GEN3", 6000, 100, 9000, 600, 70, 800_000),
    Instrument("GEN4", 8000, 60, 8000, 400, 30, 400_000),
    Instrument("GEN5", 5000, 50, 7000, 350, 30, 500_000),
)


class Random:
    """splitmix64, and what is made of it."""

    def __init__(self, seed):
        self.state = seed & MASK

    def word(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, n):
        """A number of 0 .. n - 1. The high half of the product: no division, hardly a bias."""
        return (self.word() * n) >> 64

    def within(self, bounds):
        return bounds[0] + self.below(bounds[1] - bounds[0] + 1)

    def normal(self, deviation):
        """Nearly normal, mean 0: the sum of twelve even numbers of 16 bits has a standard
        deviation of 2^16, and never lies further than six of them from its mean."""
        words = [self.word() for _ in range(3)]
        total = sum((w >> shift) & 0xFFFF for w in words for shift in (0, 16, 32, 48))
        return divide((total - 6 * 0xFFFF) * deviation, 2**16)


def divide(a, b):
    """a / b to the nearest; // alone would lean downwards. b > 0."""
    return (2 * a + b) // (2 * b)


def grown(price, ppm):
    return price + divide(price * ppm, PPM)


def common_returns(n, random):
    left, is_wild = 0, True
    for _ in range(n):
        if left == 0:
            left, is_wild = random.within(WILD), not is_wild
        left -= 1
        yield random.normal(COMMON * (2 if is_wild else 1))


def regimes(instrument, random):
    """(regime, drift) of each day, for ever."""
    while True:
        regime, drift = "revert", 0
        if random.below(100) < instrument.trends:
            # Six of ten trends lead upwards: in all, prices should stay in a sensible range.
            regime, drift = ("up", 1) if random.below(10) < 6 else ("down", -1)
        for _ in range(random.within(DAYS)):
            yield regime, drift * instrument.drift


def bars(instrument, common, random):
    """(open, high, low, close, volume, regime) a day, prices in cents."""
    base = instrument.price * PPM  # in millionths of a cent: rounding must not add up
    before, gap = instrument.price, 0
    for shared, (regime, drift) in zip(common, regimes(instrument, random)):
        own = random.normal(instrument.own)
        gap -= divide(gap, FADE)
        move = divide(instrument.beta * shared, 100) + drift
        if regime == "revert":
            gap += own
        else:
            move += own
        base = grown(base, move)
        close = divide(grown(base, gap), PPM)
        opened = grown(before + divide(close - before, 3), random.normal(NIGHT))
        high = grown(max(opened, close), random.below(WICK))
        low = grown(min(opened, close), -random.below(WICK))
        # The further it moved, the more was traded.
        moved = divide(abs(close - before) * 100 * PPM, before * instrument.own)
        volume = instrument.volume * (50 + random.below(50) + moved) // 100
        yield opened, high, low, close, volume, regime
        before = close


def text(cents):
    return f"{cents // 100}.{cents % 100:02d}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=SEED, help="another one makes other bars")
    parser.add_argument("dates", metavar="DATES.csv", help="its first column has the days")
    parser.add_argument("folder", metavar="FOLDER", help="where GEN1.csv .. GEN5.csv go")
    arguments = parser.parse_args()

    with open(arguments.dates, newline="", encoding="ascii") as file:
        days = [row[0] for row in csv.reader(file)][1:]
    seeds = Random(arguments.seed)
    common = list(common_returns(len(days), Random(seeds.word())))
    for instrument in INSTRUMENTS:
        path = Path(arguments.folder, instrument.name + ".csv")
        with path.open("w", newline="", encoding="ascii") as file:
            file.write("date,open,high,low,close,volume,regime\n")
            for day, bar in zip(days, bars(instrument, common, Random(seeds.word()))):
                file.write(",".join((day, *map(text, bar[:4]), str(bar[4]), bar[5])) + "\n")


if __name__ == "__main__":
    main()
