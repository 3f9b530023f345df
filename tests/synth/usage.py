# SPDX-License-Identifier: MIT
"""quoin data synth: wrong options, each with an error that says what is wrong and status 2; and
what it prints."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["QUOIN_SOURCE"], "tests", "data"))
from support import *

# options, what the error says
WRONG = (
    (("-i", "BTCUSDT.binance"), "expected SYMBOL.synthetic"),
    (("-i", "BTCUSDT"), "expected SYMBOL.venue"),
    (("-i", "BTC USDT.synthetic"), "cannot stand in a name"),
    (("-i", ".synthetic"), "expected SYMBOL.venue"),
    (("-i", "A.synthetic", "-i", "A.synthetic"), "--instrument A.synthetic is given twice"),
    (("--seed", "x"), "--seed x: expected a whole number"),
    (("--seed", "-1"), "--seed -1: expected a whole number"),
    (("--seed", "1.5"), "--seed 1.5: expected a whole number"),
    (("--from", "yesterday"), "--from yesterday: expected a time"),
    (("--to", "2024-13-01"), "--to 2024-13-01: expected a time"),
    (("--to", "2023-01-01"), "--to does not lie after --from"),
    (("--to", "2024-02-01", "--days", "3"), "--to and --days both say"),
    (("--days", "0"), "--days 0: expected a whole number, 1 to"),
    (("--days", "1e9"), "--days 1e9: expected a whole number, 1 to"),
    (("--from", "2261-01-01", "--days", "40000"), "outside the years"),
    (("--from", "2024-01-01T00:00:30"), "--from 2024-01-01T00:00:30Z lies inside a minute"),
    (("--from", "2024-01-01T00:30", "--types", "bar:1h"), "lies inside a bar:1h"),
    (("--to", "2024-01-02T00:30", "--types", "bar:1h"), "lies inside a bar:1h"),
    (("--types", ""), "'' is no type of data"),
    (("--types", "bar"), "'bar' is no type of data"),
    (("--types", "trade,,mark"), "'' is no type of data"),
    (("--types", "candles"), "'candles' is no type of data"),
    (("--types", "depth"), "--types depth is not made"),
    (("--types", "liquidation"), "--types liquidation is not made"),
    (("--types", "bar:30s"), "bars of parts of a minute need trade"),
    (("--types", "mark,trade,mark"), "mark is given twice"),
    (("--types", ",".join(f"bar:{n}m" for n in range(1, 30))), "more than 16"),
    (("--volatility", "0"), "--volatility 0: expected more than 0"),
    (("--volatility", "-1"), "--volatility -1: expected more than 0"),
    (("--volatility", "11"), "--volatility 11: expected more than 0, at most 10"),
    (("--volatility", "60%"), "--volatility 60%: expected a decimal number"),
    (("--drift", "11"), "--drift 11: expected at least -10, at most 10"),
    (("--correlation", "1.1"), "--correlation 1.1: expected at least 0, at most 1"),
    (("--correlation", "-0.1"), "--correlation -0.1: expected at least 0, at most 1"),
    (("--trade-rate", "0"), "--trade-rate 0: expected more than 0"),
    (("--trade-rate", "101"), "--trade-rate 101: expected more than 0, at most 100"),
    (("--price", "0.00000001"), "--price 0.00000001: expected 10^-7 to 10^12"),
    (("--price", "0"), "--price 0: expected 10^-7 to 10^12"),
    (("--price", "-5"), "--price -5: expected 10^-7 to 10^12"),
    (("--price", "1e15"), "--price 1e15: expected 10^-7 to 10^12"),
    (("--price", "100.001", "--tick", "0.01"), "--price 100.001 is finer than --tick 0.01"),
    (("--price", "103", "--tick", "5"), "--price is no multiple of --tick"),
    (("--tick", "0"), "--tick 0: expected a number above 0"),
    (("--lot", "x"), "--lot x: expected a decimal number"),
    (("--lot", "1e12", "--price", "100"), "--lot is too large"),
    (("FILE",), "'FILE' is no option"),
    (("--instruments", "A.synthetic"), "unrecognized option"),
)


class Usage(DataTest):
    def test_wrong_options(self):
        for options, says in WRONG:
            with self.subTest(options=options):
                done = quoin("data", "synth", "--into", self.catalog, *options)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertTrue("quoin: error: " in done.stderr, done.stderr)
                self.assertIn(says, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertFalse(os.path.exists(self.catalog))

    def test_into_is_required(self):
        done = quoin("data", "synth")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--into CATALOG is required", done.stderr)

    def test_what_is_printed(self):
        done = quoin("data", "synth", "--into", self.catalog, "--days", "1", "--types",
                     "bar:1h,funding")
        self.assertEqual(done.stdout,
                         "BTCUSDT.synthetic bar:1h: 24 rows, 2024-01-01T00:00:00Z to "
                         "2024-01-02T00:00:00Z\n"
                         "BTCUSDT.synthetic funding: 3 rows, 2024-01-01T08:00:00Z to "
                         "2024-01-02T00:00:00Z\n")
        self.assertEqual(done.stderr, "")

    def test_definitions_fit_the_price(self):
        for symbol, price, tick, lot in (("BTCUSDT", None, "0.1", "0.001"),
                                         ("ETHUSDC", None, "0.01", "0.01"),
                                         ("XRPUSDT", None, "0.000001", "100"),
                                         ("GOLD", None, "0.001", "0.1"),
                                         ("GOLD", "2345.6", "0.01", "0.01"),
                                         ("X", "0.00001234", "0.0000000001", "1000000"),
                                         ("X", "1230000000", "10000", "0.00000001")):
            into = self.path(f"{symbol}-{price}")
            done = quoin("data", "synth", "--into", into, "--days", "1", "--types", "bar:1h,trade",
                         "--json", "-i", f"{symbol}.synthetic", *(("--price", price) if price else ()))
            self.assertEqual(done.returncode, 0, done.stderr)
            made = json.loads(done.stdout)["instruments"][0]
            self.assertEqual((made["tick"], made["lot"], made["kind"]), (tick, lot, "linear"))
            first = self.export("bar:1h", f"{symbol}.synthetic", into).splitlines()[1].split(",")
            if price:
                self.assertAlmostEqual(float(first[1]) / float(price), 1, delta=0.02)

    def test_no_row_in_a_span_without_a_rate(self):
        done = quoin("data", "synth", "--into", self.catalog, "--to", "2024-01-01T01:00", "--types",
                     "funding,mark", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        series = json.loads(done.stdout)["series"][0]
        self.assertEqual((series["rows"], series["from"], series["to"]), (0, None, None))
        done = quoin("data", "synth", "--into", self.path("text"), "--to", "2024-01-01T01:00",
                     "--types", "funding")
        self.assertEqual(done.stdout, "BTCUSDT.synthetic funding: no rows\n")


if __name__ == "__main__":
    main()
