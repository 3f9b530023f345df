# SPDX-License-Identifier: MIT
"""quoin data synth: what is in the catalogs that it makes. The same bytes for ever (and with every
compiler and level of optimisation: the sums below are of files, and hold in every build), bars that
are the trades' aggregation, funding at its hours, quotes that do not cross, verification without a
warning; nothing left behind by a process that was killed."""
import math
import os
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["QUOIN_SOURCE"], "tests", "data"))
import faults
from support import *

BTC, ETH = "BTCUSDT.synthetic", "ETHUSDT.synthetic"
ALL = "trade,quote,bar:1s,bar:1m,bar:1h,mark,index,funding"

# SHA-256 over manifest and files. A change of these is a change of what every seed means: it
# belongs into docs/synthetic-data.md.
GOLDEN_BARS = "a351379faa72fb770077a47b803e1b8589683e84d6692a3354b10435ca8f73ac"
GOLDEN_FLOW = "3bfaf408593113825ddc96dceb4cf7622cc7e34fd791485521fccec4ed7311bf"


def correlation(a, b):
    ma, mb = sum(a) / len(a), sum(b) / len(b)
    cov = sum((x - ma) * (y - mb) for x, y in zip(a, b))
    return cov / math.sqrt(sum((x - ma) ** 2 for x in a) * sum((y - mb) ** 2 for y in b))


def kurtosis(r):
    mean = sum(r) / len(r)
    variance = sum((x - mean) ** 2 for x in r) / len(r)
    return sum((x - mean) ** 4 for x in r) / len(r) / variance ** 2


class Synth(DataTest):
    def make(self, *options, into=None):
        done = quoin("data", "synth", "--into", into or self.catalog, "--json", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")
        return json.loads(done.stdout)

    def rows(self, kind, instrument=BTC, catalog=None):
        return [line.split(",") for line in
                self.export(kind, instrument, catalog).splitlines()[1:]]

    def returns(self, kind, instrument=BTC):
        logs = [math.log(float(r[4])) for r in self.rows(kind, instrument)]
        return [b - a for a, b in zip(logs, logs[1:])]

    def verify_clean(self, catalog=None):
        done = quoin("data", "verify", catalog or self.catalog)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(done.stdout.endswith(": 0 errors, 0 warnings\n"), done.stdout)


class TheSame(Synth):
    def test_bytes_are_the_published_ones(self):
        self.make("--days", "40", "--types", "bar:1m,bar:4h,mark,index,funding", "-i", BTC, "-i", ETH)
        self.assertEqual(published(self.catalog), GOLDEN_BARS)
        self.make("--days", "2", "--types", ALL, "--seed", "99", "--from", "2024-02-28T00:00:00Z",
                  into=self.path("flow"))
        self.assertEqual(published(self.path("flow")), GOLDEN_FLOW)

    def test_twice_the_same_another_seed_another_market(self):
        for name, seed in (("a", "5"), ("b", "5"), ("c", "6")):
            self.make("--days", "1", "--types", "bar:1m,trade", "--seed", seed, into=self.path(name))
        self.assertEqual(tree(self.path("a")), tree(self.path("b")))
        self.assertNotEqual(published(self.path("a")), published(self.path("c")))

    def test_the_order_of_options_changes_nothing(self):
        self.make("--days", "3", "--types", "bar:1m,mark", "-i", BTC, "-i", ETH)
        self.make("--days", "3", "--types", "mark,bar:1m", "-i", ETH, "-i", BTC,
                  into=self.path("other"))
        self.assertEqual(tree(self.catalog), tree(self.path("other")))

    def test_a_series_does_not_depend_on_the_others(self):
        self.make("--days", "2", "--types", "trade,quote,mark,bar:1m", "-i", BTC, "-i", ETH)
        self.make("--days", "2", "--types", "quote,mark", "-i", ETH, into=self.path("alone"))
        for kind in ("quote", "mark"):
            self.same_rows(self.rows(kind, ETH), self.rows(kind, ETH, self.path("alone")))


class Shape(Synth):
    def test_default_is_90_days_of_one_perpetual(self):
        told = self.make()
        self.assertEqual([(s["data"], s["rows"]) for s in told["series"]],
                         [("bar:1m", 129600), ("funding", 270), ("mark", 129600)])
        self.assertIs(told["synthetic"], True)
        self.assertEqual(told["instruments"][0]["name"], BTC)
        self.assertEqual((told["from"], told["to"]),
                         ("2024-01-01T00:00:00.000000000Z", "2024-03-31T00:00:00.000000000Z"))
        self.verify_clean()
        bars = self.rows("bar:1m")
        for r, after in zip(bars, bars[1:]):
            o, h, l, c = (Decimal(x) for x in r[1:5])
            if not (l <= min(o, c) and max(o, c) <= h and l > 0 and Decimal(r[5]) > 0
                    and after[1] == r[4]):
                self.fail(f"{r} {after}")
        self.assertGreater(kurtosis(self.returns("bar:1m")), 6)

    def test_volatility_and_correlation_in_the_bars(self):
        self.make("--from", "2020-01-01", "--to", "2024-01-01", "--types", "bar:1h", "-i", BTC,
                  "-i", ETH, "--volatility", "0.8", "--correlation", "0.3")
        self.verify_clean()
        a, b = self.returns("bar:1h"), self.returns("bar:1h", ETH)
        for r in (a, b):
            self.assertAlmostEqual(math.sqrt(sum(x * x for x in r) / 4), 0.8, delta=0.05)
            self.assertGreater(kurtosis(r), 5)
            self.assertLess(abs(correlation(r[:-1], r[1:])), 0.02)
            # Volatility clusters: what is wild is followed by what is wild.
            wild = [abs(x) for x in r]
            self.assertGreater(correlation(wild[:-1], wild[1:]), 0.15)
            self.assertGreater(correlation(wild[:-24], wild[24:]), 0.05)
        self.assertAlmostEqual(correlation(a, b), 0.3, delta=0.03)

    def test_longer_bars_are_the_shorter_ones(self):
        self.make("--days", "7", "--types", "bar:1h,bar:1m")
        self.make("--days", "7", "--types", "bar:1m", into=self.path("minutes"))
        self.same_rows(self.rows("bar:1h"), self.rows("bar:1h", catalog=self.path("minutes")))

    def test_bars_are_the_aggregation_of_the_trades(self):
        self.make("--days", "1", "--types", "trade,bar:1s,bar:1m")
        self.make("--days", "1", "--types", "trade", into=self.path("trades"))
        for kind in ("bar:1s", "bar:1m"):
            self.same_rows(self.rows(kind), self.rows(kind, catalog=self.path("trades")))
        minutes = {}
        for ts, _, price, qty, _ in self.rows("trade"):
            minutes.setdefault(ts[:16], []).append((Decimal(price), Decimal(qty)))
        mine = [[f"{m}:00.000000000Z", *map(plain, (t[0][0], max(t)[0], min(t)[0], t[-1][0],
                                                    sum(q for _, q in t)))]
                for m, t in minutes.items()]
        self.same_rows(self.rows("bar:1m"), mine)

    def test_funding_is_due_at_its_hours_and_bounded(self):
        self.make("--from", "2023-01-01", "--to", "2024-01-01", "--types", "funding")
        rates = self.rows("funding")
        self.assertEqual(len(rates), 3 * 365)
        self.assertEqual({r[0][11:] for r in rates},
                         {f"{h}:00:00.000000000Z" for h in ("00", "08", "16")})
        values = [Decimal(r[1]) for r in rates]
        self.assertTrue(all(abs(v) <= Decimal("0.003") for v in values))
        self.assertTrue(0.2 < sum(v == Decimal("0.0001") for v in values) / len(values) < 0.8)
        self.assertTrue(min(values) < 0 < max(values))
        self.assertTrue(all(v * 10**8 % 1 == 0 for v in values))

    def test_marks_and_index_follow_the_price(self):
        self.make("--days", "5", "--types", "bar:1m,mark,index")
        close = {r[0]: float(r[4]) for r in self.rows("bar:1m")}
        marks, indices = self.rows("mark"), self.rows("index")
        self.assertEqual(len(marks), 5 * 1440)
        self.assertEqual(marks[-1][0], "2024-01-06T00:00:00.000000000Z")
        for mark, index, price in zip(marks, indices, close.values()):
            self.assertEqual(mark[0], index[0])
            self.assertLess(abs(float(mark[1]) / price - 1), 0.001)
            self.assertLess(abs(float(index[1]) / price - 1), 0.006)
        self.assertTrue(any(m[1] != i[1] for m, i in zip(marks, indices)))

    def test_flow_in_the_catalog(self):
        told = self.make("--days", "2", "--types", "trade,quote", "--trade-rate", "0.5")
        self.verify_clean()
        quotes, trades = self.rows("quote"), self.rows("trade")
        self.assertEqual([s["rows"] for s in told["series"]], [len(trades), len(quotes)])
        self.assertAlmostEqual(len(trades) / 86400 / 2, 0.5, delta=0.25)
        self.assertTrue(all(Decimal(q[1]) < Decimal(q[3]) for q in quotes))
        book = {q[0]: q for q in quotes}
        for ts, _, price, _, side in trades:
            quote = book[ts[:23] + "000000Z"]
            self.assertEqual(price, quote[3] if side == "buy" else quote[1])
        # The spread widens with volatility: wide ones go with large moves of the next minutes.
        minutes = {}
        for ts, bid, _, ask, _ in quotes:
            minutes.setdefault(ts[:16], []).append((float(bid), float(ask)))
        spreads = [sum((a - b) / b for b, a in m) / len(m) for m in minutes.values()]
        moves = [abs(math.log(m[-1][0] / m[0][0])) for m in minutes.values()]
        self.assertGreater(correlation(spreads, moves), 0.05)


class Adding(Synth):
    def test_what_exists_is_refused_and_what_follows_is_added(self):
        week = ("--types", "bar:1m,trade,mark,funding", "--seed", "3")
        self.make("--from", "2024-01-01", "--days", "2", *week)
        before = tree(self.catalog)
        for span in (("2024-01-01", "1"), ("2024-01-02", "2"), ("2023-12-31", "5")):
            done = quoin("data", "synth", "--into", self.catalog, "--from", span[0], "--days",
                         span[1], *week)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn("already: choose another span, or another catalog", done.stderr)
            self.assertEqual(tree(self.catalog), before)
        self.make("--from", "2024-01-03", "--days", "1", *week)
        self.make("--from", "2023-12-31", "--days", "1", *week)
        self.make("--days", "1", "-i", ETH)
        self.verify_clean()

    def test_another_definition_is_refused(self):
        self.make("--days", "1", "--types", "bar:1m")
        before = tree(self.catalog)
        done = quoin("data", "synth", "--into", self.catalog, "--from", "2024-02-01", "--days", "1",
                     "--tick", "0.01")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("exponents", done.stderr)
        self.assertEqual(tree(self.catalog), before)


class Stopped(Synth):
    argv = ("--from", "2024-02-01", "--days", "1", "--types", "bar:1h,trade,funding",
            "--trade-rate", "0.01")

    def test_killed_ahead_of_each_call(self):
        if not faults.is_possible():
            self.skipTest("no fault library in this build")
        start, good = self.path("start"), self.path("good")
        self.make("--days", "1", "--types", "bar:1h,trade", into=start)
        shutil.copytree(start, good)
        self.make(*self.argv, into=good)
        seen = {published(start): 0, published(good): 0}

        def put_back():
            shutil.rmtree(self.catalog, ignore_errors=True)
            shutil.copytree(start, self.catalog)

        for kind in ("kill", "io", "alloc"):
            argv = [QUOIN, "data", "synth", "--into", self.catalog, *self.argv]
            for fault in faults.each(argv, kind, put_back):
                now = published(self.catalog)
                self.assertIn(now, seen, f"{kind} {fault.k}")
                seen[now] += 1
                self.assertNotEqual(fault.run.returncode, 0 if kind == "kill" else -signal.SIGSEGV)
        self.assertGreater(seen[published(start)], 20)

    def test_ctrl_c(self):
        self.make("--days", "1", "--types", "bar:1m")
        before = published(self.catalog)
        run = subprocess.Popen([QUOIN, "data", "synth", "--into", self.catalog, "--from",
                                "2024-02-01", "--days", "20000", "--types", "bar:1m"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        folder = os.path.join(self.catalog, BTC, "bar:1m")
        while len(os.listdir(folder)) < 3 and run.poll() is None:
            pass
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)
        self.assertEqual(run.returncode, -signal.SIGINT)
        self.assertEqual(published(self.catalog), before)
        self.make("--from", "2024-02-01", "--days", "1", "--types", "bar:1m")
        self.verify_clean()


if __name__ == "__main__":
    main()
