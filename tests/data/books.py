# SPDX-License-Identifier: MIT
"""quoin data book: the sequence rules by hand, and real captures against an independent replay
and against the exchange's own best quotes."""
import hashlib
import json
import re
from support import *

# Capture, symbol, definition, reference.
CAPTURES = [
    (["usdm_btcusdt_20230404.dat.gz"], "BTCUSDT.binance", ["--tick", "0.1", "--lot", "0.001"],
     "book_usdm_btcusdt_20230404.json"),
    (["usdm_btcusdt_20240718.gz", "usdm_btcusdt_20240719.gz"], "BTCUSDT.binance",
     ["--tick", "0.1", "--lot", "0.001"], "book_usdm_btcusdt_20240718_19.json"),
    (["usdm_ethusdt_20240718.gz", "usdm_ethusdt_20240719.gz"], "ETHUSDT.binance",
     ["--tick", "0.01", "--lot", "0.001"], "book_usdm_ethusdt_20240718_19.json"),
    (["cm_btcusd_perp_20240808.gz"], "BTCUSD_PERP.binance",
     ["--kind", "inverse", "--tick", "0.1", "--lot", "1"], "book_coinm_btcusd_perp_20240808.json"),
    (["spot_btcusdt_20240808.gz"], "BTCUSDT.binance",
     ["--kind", "spot", "--tick", "0.01", "--lot", "0.00001", "--qty-exp", "-8"],
     "book_spot_btcusdt_20240808.json"),
]
BEST = ("best_bid", "bid_qty", "best_ask", "ask_qty")


class Books(DataTest):
    def book(self, instrument="BTCUSDT.binance", *options):
        run = quoin("data", "book", self.catalog, "--instrument", instrument, "--json", *options)
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stdout)


def best_quotes(names):
    """The exchange's best quotes by their update id."""
    quotes = {}
    for name in names:
        with gzip.open(shared("market", name), "rt") as f:
            for line in f:
                if "bookTicker" in line:
                    q = json.loads(line.partition(" ")[2])["data"]
                    quotes[q["u"]] = [plain(q[k]) for k in "bBaA"]
    return quotes


@unittest.skipUnless(shared("market") and shared("ref"), "no real data here")
class Real(Books):
    def check(self, names, instrument, definition, reference):
        with open(shared("ref", reference), encoding="utf-8") as f:
            ref = json.load(f)
        self.load_well(*(shared("market", n) for n in names), fmt="binance-raw",
                       instrument=instrument, options=definition)
        book = self.book(instrument, "--every", "1000")
        final = ref["final"]
        self.assertEqual(
            {k: book[k] for k in ("gaps", "crossed", "applied", "dropped", "update_id", "sha256",
                                  "levels_bid", "levels_ask", "waiting", "snapshots")},
            {"gaps": 0, "crossed": 0, "applied": ref["depth_events_applied"],
             "dropped": ref["depth_events_dropped_before_snapshot"], "update_id": ref["last_u"],
             "sha256": final["sha256_full_book"], "levels_bid": final["n_bid_levels"],
             "levels_ask": final["n_ask_levels"], "waiting": 0, "snapshots": 1})
        self.assertEqual([book[k] for k in BEST],
                         [plain(final[k]) for k in ("best_bid", "best_bid_qty", "best_ask",
                                                    "best_ask_qty")])
        self.assertEqual(
            [[c["applied"], c["update_id"], c["levels_bid"], c["levels_ask"], *(c[k] for k in BEST)]
             for c in book["checkpoints"]],
            [[c["n_applied"], c["u"], c["levels_bid"], c["levels_ask"], *(plain(c[k]) for k in BEST)]
             for c in ref["checkpoints"]])
        quotes = best_quotes(names)
        each = self.book(instrument, "--every", "1")["checkpoints"]
        self.assertEqual(len(each), ref["depth_events_applied"])
        same = [c for c in each if c["update_id"] in quotes]
        self.assertGreaterEqual(len(same), ref["bookticker_crosscheck"]["compared"])
        for c in same:
            self.assertEqual([c[k] for k in BEST], quotes[c["update_id"]], c)
        verified = quoin("data", "verify", self.catalog, "--json")
        self.assertEqual((verified.returncode, json.loads(verified.stdout)["problems"]), (0, []))

    def test_captures_equal_the_references(self):
        for i, capture in enumerate(CAPTURES):
            with self.subTest(capture[3]):
                self.catalog = self.path(f"catalog{i}")
                self.check(*capture)


def delta(first, last, previous=None, bids=(), asks=(), at=None):
    """A line of a capture; `previous` None is spot's form."""
    data = {"e": "depthUpdate", "E": 1700000000000 + last, "s": "BTCUSDT", "U": first, "u": last,
            "b": [list(x) for x in bids], "a": [list(x) for x in asks]}
    if previous is not None:
        data["pu"] = previous
        data["T"] = data["E"]
    return {"stream": "btcusdt@depth", "data": data}


def snapshot(last, bids, asks):
    return {"lastUpdateId": last, "bids": [list(x) for x in bids], "asks": [list(x) for x in asks]}


class Made(Books):
    """Captures made by hand: one message a millisecond."""

    def load_lines(self, lines):
        text = "".join(f"{1700000000000000000 + i * 1000000} {json.dumps(x)}\n"
                       for i, x in enumerate(lines))
        self.load_well(self.write("capture.txt", text), fmt="binance-raw",
                       options=["--tick", "0.1", "--lot", "0.001"])

    def digest(self, bids, asks):
        return hashlib.sha256("|".join(";".join(f"{p}:{q}" for p, q in side)
                                       for side in (bids, asks)).encode()).hexdigest()

    def test_levels_are_set_and_removed(self):
        self.load_lines([
            snapshot(5, [("100.0", "1.000"), ("99.5", "2")], [("100.1", "3"), ("100.2", "4.5")]),
            delta(4, 6, 3, [("99.5", "0"), ("99.9", "7")], [("100.1", "0.25")]),
            delta(7, 8, 6, [("98.0", "0")], []),
        ])
        book = self.book()
        self.assertEqual([book[k] for k in BEST], ["100", "1", "100.1", "0.25"])
        self.assertEqual(book["sha256"], self.digest([("100", "1"), ("99.9", "7")],
                                                     [("100.1", "0.25"), ("100.2", "4.5")]))
        self.assertEqual((book["applied"], book["dropped"], book["gaps"], book["synced"]),
                         (2, 0, 0, True))

    def test_snapshot_among_later_deltas(self):
        """Chained and adjacent: what is kept before the snapshot goes on it."""
        for previous in ([1, 3, 6, 9], [None] * 4):
            self.catalog = self.path(f"catalog{previous[0]}")
            ids = [(2, 3), (4, 6), (7, 9), (10, 12)]
            lines = [delta(*i, p, [(f"{90 + n}.0", "1")]) for n, (i, p) in
                     enumerate(zip(ids, previous))]
            lines.insert(3, snapshot(5, [("80.0", "1")], [("110.0", "1")]))
            self.load_lines(lines)
            book = self.book()
            self.assertEqual((book["applied"], book["dropped"], book["gaps"]), (3, 1, 0))
            self.assertEqual((book["levels_bid"], book["best_bid"]), (4, "93"))

    def test_gap_is_stale_until_a_snapshot(self):
        lines = [snapshot(5, [("100.0", "1")], [("101.0", "1")]), delta(5, 6, 5),
                 delta(9, 9, 8, [("100.5", "1")])]
        self.load_lines(lines)
        book = self.book()
        self.assertEqual((book["gaps"], book["synced"], book["waiting"]), (1, False, 1))
        self.assertEqual([book[k] for k in (*BEST, "sha256")], [None] * 5)
        text = quoin("data", "book", self.catalog, "-i", "BTCUSDT.binance")
        self.assertIn("the book is stale: no snapshot came after the last gap", text.stdout)
        self.catalog = self.path("healed")
        self.load_lines(lines + [snapshot(8, [("100.0", "2")], [("101.0", "1")]), delta(10, 10, 9)])
        book = self.book()
        self.assertEqual((book["gaps"], book["synced"], book["applied"]), (1, True, 3))
        self.assertEqual([book[k] for k in BEST], ["100.5", "1", "101", "1"])

    def test_checkpoints_and_text(self):
        self.load_lines([snapshot(5, [("100.0", "1")], [("101.0", "1")]),
                         *(delta(i, i, i - 1, [(f"{100 + i / 10:.1f}", "1")]) for i in range(6, 11))])
        got = self.book("BTCUSDT.binance", "--every", "2")["checkpoints"]
        self.assertEqual([(c["applied"], c["update_id"], c["ts"], c["levels_bid"]) for c in got],
                         [(2, 7, "2023-11-14T22:13:20.007000000Z", 3),
                          (4, 9, "2023-11-14T22:13:20.009000000Z", 5)])
        self.assertEqual(self.book()["checkpoints"], [])
        text = quoin("data", "book", self.catalog, "-i", "BTCUSDT.binance", "--every", "2").stdout
        self.assertEqual(len(re.findall(r"(?m)^2023-.* applied  bid .* x 1  ask 101 x 1 ", text)), 3)

    def test_wrong_calls(self):
        self.load_lines([snapshot(5, [("100.0", "1")], [("101.0", "1")])])
        for status, words in ((2, []), (2, ["-i", "BTCUSDT.binance", "--every", "0"]),
                              (2, ["-i", "BTCUSDT.binance", "--every", "1x"]),
                              (2, ["-i", "BTCUSDT.binance", "--every", "-1"]),
                              (4, ["-i", "ETHUSDT.binance"])):
            run = quoin("data", "book", self.catalog, *words)
            self.assertEqual(run.returncode, status, (words, run.stderr))
            self.assertIn("quoin: error: ", run.stderr)

    def test_no_depth(self):
        self.load_well(self.write("b.csv", bar_csv(bars(3))), options=["--bar", "1m"])
        self.assertEqual(quoin("data", "book", self.catalog, "-i", "BTCUSDT.binance").returncode, 4)

    def test_verify_tells_gaps_and_crossings(self):
        self.load_lines([snapshot(5, [("100.0", "1")], [("101.0", "1")]),
                         delta(6, 6, 5, [("101.0", "1")]), delta(9, 9, 8)])
        run = quoin("data", "verify", self.catalog, "--json")
        self.assertEqual(run.returncode, 0, run.stderr)
        found = json.loads(run.stdout)["problems"]
        self.assertEqual([(p["level"], p["code"], p["count"]) for p in found],
                         [("warning", "QN_E_GAP", 1), ("warning", "QN_E_CROSSED", 1)])
        for p in found:
            self.assertEqual((p["offset"], p["ts"][:17]), (128, "2023-11-14T22:13:"))


if __name__ == "__main__":
    main()
