# SPDX-License-Identifier: MIT
"""Captured messages: every type becomes its own series, all at once, as it came."""
import shutil

from capture import HEADS, START_MS, Capture, compact
from formats import zipped, zstd
from support import *

STEPS = ("--tick", "0.1", "--lot", "0.001")
MS = START_MS


def line(data, recv=None, stream=None):
    body = {"stream": stream, "data": data} if stream else data
    return f"{recv} {compact(body)}\n" if recv else compact(body) + "\n"


def trade(n, ms=MS, **change):
    return {"e": "trade", "E": ms, "T": ms, "s": "BTCUSDT", "t": n, "p": "60000.1", "q": "0.5",
            "m": False, **change}


def depth(first, last, bids=(("60000.1", "1"),), asks=(), ms=MS, **change):
    return {"e": "depthUpdate", "E": ms, "T": ms - 2, "s": "BTCUSDT", "U": first, "u": last,
            "pu": first - 1, "b": list(bids), "a": list(asks), **change}


def without(data, key):
    return {k: v for k, v in data.items() if k != key}


class Raw(DataTest):
    def load_raw(self, text, name="x.jsonl", options=STEPS, instrument="BTCUSDT.binance"):
        return self.load(self.write(name, text), fmt="binance-raw", options=options,
                         instrument=instrument)

    def load_raw_well(self, text, **more):
        run = self.load_raw(text, **more)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run

    def told(self, text, options=STEPS, **more):
        return json.loads(self.load_raw_well(text, options=(*options, "--json"), **more).stdout)

    def rows(self, kind, instrument="BTCUSDT.binance"):
        return self.export(kind, instrument).splitlines()[1:]

    def same(self, capture, content, name="x.jsonl"):
        shutil.rmtree(self.catalog, ignore_errors=True)
        self.load_raw_well(content, name=name)
        for kind, rows in capture.rows.items():
            self.same_rows(self.export(kind).splitlines(), [HEADS[kind], *rows], kind)
        run = quoin("data", "verify", self.catalog)
        self.assertNotEqual(run.returncode, 2, run.stderr)

    def test_every_type(self):
        """In each packing, in the same catalog: what was said, exactly."""
        capture = Capture(3000)
        text = capture.text().encode()
        for name, data in (("x", text), ("x.gz", gzip.compress(text)), ("x.zst", zstd(text)),
                           ("x.zip", zipped(text)), ("cr", text.replace(b"\n", b"\r\n")),
                           ("bom", b"\xef\xbb\xbf" + text), ("no newline", text[:-1]),
                           ("blank end", text + b"\n\n")):
            with self.subTest(name=name):
                self.same(capture, data, name)

    def test_receive_times(self):
        """In ns, us or ms, told by their digits; those of a file are all of one unit."""
        capture = Capture(50)
        cut = [(x.split(" ", 1)) for x in capture.lines]
        for digits, zeros in ((16, "000"), (13, "000000")):
            shutil.rmtree(self.catalog, ignore_errors=True)
            self.load_raw_well("".join(f"{t[:digits]} {m}\n" for t, m in cut))
            got = [row.split(",")[1] for row in self.rows("depth")]
            self.assertTrue(all(t.endswith(zeros + "Z") for t in got))
        first, second = cut[0], cut[1]
        run = self.load_raw(f"{first[0]} {first[1]}\n{second[0][:16]} {second[1]}\n")
        self.assertEqual(run.returncode, 4)
        self.assertIn("x.jsonl:2: error: ", run.stderr)

    def test_without_receive_times(self):
        """Engine time is E, else T; the venue's T, else E."""
        self.load_raw_well(line(depth(1, 2)) + line(without(depth(3, 4), "T")) +
                           line(without(depth(5, 6, ms=MS + 2), "E")))
        got = [row.split(",")[:2] for row in self.rows("depth")]
        self.assertEqual([[t[20:23] for t in row] for row in got],
                         [["998", "000"], ["000", "000"], ["000", "000"]])

    def test_spot(self):
        """No T in a depthUpdate, no name and no time in a bookTicker and a book."""
        ns = MS * 10**6
        ticker = {"u": 7, "s": "BTCUSDT", "b": "1.5", "B": "1", "a": "1.6", "A": "2"}
        book = {"lastUpdateId": 6, "bids": [["1.5", "1"]], "asks": []}
        self.load_raw_well(line(book, ns + 1) + line(ticker, ns + 2, "btcusdt@bookTicker") +
                           line(without(depth(7, 8), "pu"), ns + 3))
        self.assertEqual(self.rows("quote"), [f"{iso(MS // 1000, 2)},1.5,1,1.6,2"])
        first, second = self.rows("depth")
        self.assertTrue(first.startswith(f"{iso(MS // 1000, 1)},{iso(MS // 1000, 1)},6,6,0,snap"))
        self.assertIn(",7,8,0,delta,bid,60000.1,1", second)

    def test_a_book_is_as_old_as_what_came_before(self):
        book = {"lastUpdateId": 6, "bids": [["1.5", "1"]], "asks": []}
        self.load_raw_well(line(trade(1, MS + 5)) + line(book))
        self.assertIn(iso(MS // 1000, 5000000), self.rows("depth")[0])
        for data in (book, {"u": 7, "s": "BTCUSDT", "b": "1.5", "B": "1", "a": "1.6", "A": "2"}):
            shutil.rmtree(self.catalog, ignore_errors=True)
            run = self.load_raw(line(data))
            self.assertEqual(run.returncode, 4)
            self.assertIn("x.jsonl:1: error: the message has no time", run.stderr)

    def test_more_and_empty_messages(self):
        """A message without a level is one row that changes nothing, so that ids have no gap."""
        self.load_raw_well(line(depth(1, 2, bids=())) + line(depth(3, 4, (("1.5", "0"),), ())))
        self.assertEqual([row.split(",", 2)[2] for row in self.rows("depth")],
                         ["1,2,0,delta,bid,0,0", "3,4,2,delta,bid,1.5,0"])

    def test_arrays(self):
        marks = [{"e": "markPriceUpdate", "E": MS + i, "s": s, "p": "2.5", "r": "0", "T": 0}
                 for i, s in enumerate(("BTCUSDT", "ETHUSDT", "BTCUSDT"))]
        told = self.told(line(marks, stream="!markPrice@arr"))
        self.assertEqual((told["data"], told["rows"]), ("mark", 2))
        self.assertEqual(told["passed_over"]["other_symbols"], 1)

    def test_what_is_passed_over(self):
        ns = MS * 10**6
        text = "".join((
            line(trade(1), ns), line(trade(2, X="MARKET"), ns + 1),
            line(trade(3, X="INSURANCE_FUND"), ns + 2), line(trade(4, X="ADL"), ns + 3),
            line({**trade(5), "e": "aggTrade", "a": 9}, ns + 4),
            line(trade(6, s="ETHUSDT"), ns + 5), line({"result": None, "id": 1}, ns + 6),
            line({"e": "kline", "E": MS, "s": "BTCUSDT", "k": {}}, ns + 7),
            line({"e": "24hrTicker", "E": MS, "s": "BTCUSDT"}, ns + 8),
            line(depth(1, 2), ns + 9, "btcusdt@depth20@100ms")))
        run = self.load_raw_well(text, options=(*STEPS, "--json"))
        told = json.loads(run.stdout)
        self.assertEqual(told["passed_over"], {"other_symbols": 1, "other_messages": 4,
                                               "not_market": 2, "aggregated": 1})
        self.assertEqual([(s["data"], s["rows"]) for s in told["series"]], [("trade", 2)])
        self.assertIn("warning: 1 messages of aggTrade passed over", run.stderr)
        self.assertEqual([row.split(",")[1] for row in self.rows("trade")], ["1", "2"])

    def test_aggregated_trades_alone(self):
        told = self.told(line({**without(trade(1), "t"), "e": "aggTrade", "a": 9, "m": True}))
        self.assertEqual(told["rows"], 1)
        self.assertTrue(self.rows("trade")[0].endswith(",9,60000.1,0.5,sell"))

    def test_types(self):
        capture = Capture(100)
        told = self.told(capture.text(), options=(*STEPS, "--type", "mark,trade"))
        self.assertEqual([s["data"] for s in told["series"]], ["trade", "mark"])
        self.assertIsNone(told["data"])
        self.same_rows(self.rows("mark"), capture.rows["mark"])
        told = self.told(capture.text(), options=(*STEPS, "--type", "index"))
        self.assertEqual((told["data"], told["series"][0]["rows"]),
                         ("index", len(capture.rows["index"])))
        run = self.load_raw(line(trade(1)), options=(*STEPS, "--type", "depth"),
                            instrument="BTCUSDT.x")
        self.assertIn("no such message of BTCUSDT.x", run.stderr)
        for options, said in ((("--type", "bar"), "--type bar: expected some of depth"),
                              (("--type", "depth,"), "--type depth,: expected"),
                              (("--columns", "ts=1"), "which has no columns"),
                              (("--bar", "1m"), "which has no bars")):
            run = self.load_raw("", options=options)
            self.assertEqual(run.returncode, 2, run.stderr)
            self.assertIn(said, run.stderr)

    def test_clock_that_is_set_back(self):
        """Engine time stands still, which is said; nothing is lost."""
        ns = MS * 10**6
        run = self.load_raw_well(
            line(depth(1, 2), ns + 100) +
            line(depth(3, 4, (("1.5", "1"), ("1.6", "1"))), ns + 50) + line(depth(5, 6), ns + 200) +
            line(depth(7, 8), ns + 150), options=(*STEPS, "--json"))
        self.assertEqual(json.loads(run.stdout)["late"], 2)
        self.assertEqual(run.stderr.count("engine time was raised"), 1)
        self.assertEqual([row.split(",")[1][-7:] for row in self.rows("depth")],
                         ["000100Z", "000100Z", "000100Z", "000200Z", "000200Z"])

    def test_files_of_one_capture(self):
        """In any order; the same time twice is refused."""
        capture = Capture(400)
        half = len(capture.lines) // 2
        a = self.write("a", "".join(x + "\n" for x in capture.lines[:half]))
        b = self.write("b", "".join(x + "\n" for x in capture.lines[half:]))
        self.load_well(b, a, fmt="binance-raw", options=STEPS)
        for kind, rows in capture.rows.items():
            self.same_rows(self.rows(kind), rows, kind)
        whole = published(self.catalog)
        shutil.rmtree(self.catalog)
        self.load_well(a, fmt="binance-raw", options=(*STEPS, "--price-exp", "-8"))
        self.load_well(b, fmt="binance-raw")
        self.assertEqual(published(self.catalog), whole)
        again = self.load(b, fmt="binance-raw")
        self.assertEqual(again.returncode, 4)
        self.assertIn("[QN_E_EXISTS]", again.stderr)
        whole_again = self.write("whole", capture.text())
        twice = self.load(a, whole_again, fmt="binance-raw", into=self.path("other"),
                          options=STEPS)
        self.assertEqual(twice.returncode, 4)
        self.assertIn("[QN_E_ORDER]", twice.stderr)

    def test_marks_finer_than_the_tick(self):
        """A mark is computed, not traded: prices are counted as finely as it needs."""
        told = self.told(Capture(50).text())
        self.assertEqual((told["instrument"]["tick"], told["instrument"]["price_exp"]),
                         ("0.1", -8))
        run = self.load_raw(Capture(50).text(), options=(*STEPS, "--price-exp", "-2"),
                            instrument="BTCUSDT.y")
        self.assertEqual(run.returncode, 4)
        self.assertIn("is finer than 0.01 (exponent -2) [QN_E_PRECISION]", run.stderr)
        run = self.load_raw(line(trade(1, p="60000.15")), instrument="BTCUSDT.z")
        self.assertIn("p 60000.15 is finer than 0.1 (exponent -1)", run.stderr)

    def test_other_symbols_books(self):
        """A book that does not say whose it is cannot be told from another's."""
        book = {"lastUpdateId": 6, "bids": [["1.5", "1"]], "asks": []}
        text = line(trade(1)) + line(depth(1, 2, s="ETHUSDT")) + line(book)
        run = self.load_raw(text)
        self.assertEqual(run.returncode, 4)
        self.assertIn("x.jsonl:3: error: the book does not say its symbol", run.stderr)
        named = {**book, "symbol": "BTCUSDT"}
        self.load_raw_well(line(trade(1)) + line(depth(1, 2, s="ETHUSDT")) + line(named))
        self.assertEqual(len(self.rows("depth")), 1)
        shutil.rmtree(self.catalog)
        self.load_raw_well(text.replace(compact(book), compact(
            {"stream": "btcusdt@depthSnapshot", "data": book})))
        self.assertEqual(len(self.rows("depth")), 1)

    def test_marks_of_one_time(self):
        mark = {"e": "markPriceUpdate", "E": MS, "s": "BTCUSDT", "p": "2.5"}
        run = self.load_raw(line(mark, MS * 10**6) + line(mark, MS * 10**6 + 5))
        self.assertEqual(run.returncode, 4)
        self.assertIn("x.jsonl:2: error: time ", run.stderr)
        self.assertIn("[QN_E_DUPLICATE]", run.stderr)

    def test_nothing_of_the_symbol(self):
        run = self.load_raw(line(trade(1)), instrument="ETHUSDT.binance")
        self.assertEqual(run.returncode, 4)
        self.assertIn("no message of ETHUSDT.binance (there are some of BTCUSDT)", run.stderr)
        self.assertFalse(os.path.exists(self.catalog))
        run = self.load_raw("")
        self.assertIn("nothing to import", run.stderr)

    def test_escaped_names(self):
        """A name may be written in escapes: the quick look at a line must not be fooled."""
        text = line(trade(1), MS * 10**6).replace("trade", "\\u0074rade") + \
            line(depth(1, 2), MS * 10**6 + 1).replace("depthUpdate", "depth\\u0055pdate")
        self.load_raw_well(text)
        self.assertEqual(len(self.rows("trade")), 1)
        self.assertEqual(len(self.rows("depth")), 1)

    def test_long_lines(self):
        """A book of thousands of levels is one line."""
        bids = [[f"{60000 - i / 10:.1f}", "1.5"] for i in range(60000)]
        told = self.told(line(depth(1, 2)) + line(depth(3, 4, bids)) + line(depth(5, 6)))
        self.assertEqual(told["rows"], 60002)

    def test_a_message_larger_than_a_book(self):
        levels = [[f"{i + 1}", "1"] for i in range((1 << 19) + 1)]
        book = {"lastUpdateId": 1, "E": 1700000000000, "T": 1700000000000, "bids": levels,
                "asks": []}
        self.load_well(self.write("x.txt", json.dumps(book) + "\n"), fmt="binance-raw",
                       options=("--tick", "1", "--lot", "1"))
        run = quoin("data", "book", self.catalog, "--instrument", "BTCUSDT.binance")
        self.assertEqual(run.returncode, 1)
        self.assertIn("than 524288 in one message", run.stderr)
        self.assertIn("[QN_E_FULL]", run.stderr)

    def test_hostile_lines(self):
        self.assertGreaterEqual(len(HOSTILE), 40)
        good = line(depth(1, 2)) + line(trade(1))
        for title, bad, said, code in HOSTILE:
            with self.subTest(line=title):
                bad = bad if isinstance(bad, str) else line(bad)
                text = good + bad
                run = self.load_raw(text)
                lines = [x for x in run.stderr.splitlines() if " error: " in x]
                self.assertEqual(run.returncode, 4, run.stderr)
                self.assertEqual(len(lines), 1, run.stderr)
                self.assertTrue(lines[0].startswith(self.path("x.jsonl:3: error: ")), lines[0])
                self.assertIn(said, lines[0])
                self.assertTrue(lines[0].endswith(f" [QN_E_{code}]"), lines[0])
                self.assertFalse(os.path.exists(self.catalog))

    def test_skip_bad(self):
        """Each bad line is told once and counted once; the good ones come in."""
        text, bad = line(depth(1, 2)) + line(trade(1)), 0
        for _, hostile, _, _ in HOSTILE:
            hostile = hostile if isinstance(hostile, str) else line(hostile)
            bad += 1
            text += hostile if hostile.endswith("\n") else hostile + "\n"
        text += line(trade(2)) + line(depth(3, 4))
        run = self.load_raw_well(text, options=(*STEPS, "--skip-bad", "--json"))
        told = json.loads(run.stdout)
        warned = [x for x in run.stderr.splitlines() if x.startswith(self.path("x.jsonl:"))]
        self.assertEqual((len(warned), told["skipped"]), (bad, bad), run.stderr)
        self.assertEqual(len(self.rows("trade")), 2)
        self.assertEqual([r.split(",")[3] for r in self.rows("depth")], ["2", "4"])
        run = self.load_raw(line(trade(1, p="x")), options=(*STEPS, "--skip-bad"),
                            instrument="BTCUSDT.w")
        self.assertIn("every row is bad", run.stderr)


LEVEL = '"b": level 1: expected ["price", "quantity"]'
HOSTILE = [
    ("no JSON", "rubbish\n", "no JSON at byte 1", "SYNTAX"),
    ("truncated", compact(trade(2))[:-20], "the message ends too early", "SYNTAX"),
    ("truncated in a string", compact(trade(2))[:9] + "\n", "ends too early", "SYNTAX"),
    ("text behind", compact(trade(2)) + "x\n", "text follows the message", "SYNTAX"),
    ("two messages", compact(trade(2)) * 2 + "\n", "text follows the message", "SYNTAX"),
    ("a list", "[1,2]\n", "expected a message: a JSON object", "SYNTAX"),
    ("a number", "\"x\"\n", "expected a message: a JSON object", "SYNTAX"),
    ("blanks", "   \n", "the message ends too early", "SYNTAX"),
    ("NUL", compact(trade(2)).replace("MAR", "\0") + "\0\n", "at byte", "SYNTAX"),
    ("too deep", '{"a":' * 30 + "1" + "}" * 30 + "\n", "no JSON at byte", "SYNTAX"),
    ("single quotes", "{'e':'trade'}\n", "no JSON at byte", "SYNTAX"),
    ("receive time", line(trade(2), MS * 10**6), "a receive time stands before", "TYPE"),
    ("no data", '{"stream":"btcusdt@trade"}\n', '"data": expected a message', "MISSING"),
    ("data is text", '{"stream":"x","data":"y"}\n', '"data": expected a message', "TYPE"),
    ("element", '{"stream":"x","data":[1]}\n', "element 1: expected a message", "TYPE"),
    ("no price", without(trade(2), "p"), '"p" is missing in a trade', "MISSING"),
    ("no quantity", without(trade(2), "q"), '"q" is missing in a trade', "MISSING"),
    ("no side", without(trade(2), "m"), '"m" is missing in a trade', "MISSING"),
    ("no id", without(trade(2), "t"), '"t" is missing in a trade', "MISSING"),
    ("no time", without(trade(2), "T"), '"T" is missing in a trade', "MISSING"),
    ("price a number", trade(2, p=60000.1), '"p": expected a number as a string', "TYPE"),
    ("price null", {**trade(2), "p": None}, '"p" is missing', "MISSING"),
    ("side a word", trade(2, m="true"), '"m": expected true or false', "TYPE"),
    ("id a string", trade("2"), '"t": expected an id', "TYPE"),
    ("id negative", trade(-2), '"t": expected an id', "TYPE"),
    ("id a fraction", trade(2.5), '"t": expected an id', "TYPE"),
    ("id too large", trade(10**30), '"t" is larger than 64 bits', "OVERFLOW"),
    ("time a string", trade(2, T=str(MS)), '"T": expected a time', "TYPE"),
    ("time in s", trade(2, T=MS // 1000), f'"T": {MS // 1000} is no time in ms or us', "RANGE"),
    ("time negative", trade(2, T=-MS), "is no time in ms or us", "RANGE"),
    ("price no number", trade(2, p="many"), "p 'many' is not a number", "SYNTAX"),
    ("price empty", trade(2, p=""), "p is empty", "SYNTAX"),
    ("price zero", trade(2, p="0"), "price 0 is not above 0", "RANGE"),
    ("price negative", trade(2, p="-1"), "price -1 is not above 0", "RANGE"),
    ("quantity zero", trade(2, q="0.000"), "quantity 0 is not above 0", "RANGE"),
    ("price too fine", trade(2, p="60000.12"), "is finer than 0.1", "PRECISION"),
    ("price too large", trade(2, p="1e19"), "too large", "OVERFLOW"),
    ("the same trade", trade(1), "id 1 does not rise: it follows 1", "DUPLICATE"),
    ("market a number", trade(2, X=1), '"X": expected a string', "TYPE"),
    ("levels an object", depth(3, 4, ()) | {"b": {}}, '"b": expected an array', "TYPE"),
    ("level a string", depth(3, 4, ("x",)), LEVEL, "TYPE"),
    ("level of one", depth(3, 4, (("1",),)), LEVEL, "TYPE"),
    ("level of numbers", depth(3, 4, ((1, 2),)), LEVEL, "TYPE"),
    ("level null", depth(3, 4, (None,)), LEVEL, "TYPE"),
    ("level's price zero", depth(3, 4, (("5", "1"), ("0", "1"))), "price 0 is not", "RANGE"),
    ("level negative", depth(3, 4, (("5", "-1"),)), "quantity -1 is negative", "RANGE"),
    ("no update id", without(depth(3, 4), "u"), '"u" is missing in a depthUpdate', "MISSING"),
    ("no asks", without(depth(3, 4), "a"), '"a" is missing in a depthUpdate', "MISSING"),
    ("a book without asks", {"lastUpdateId": 1, "bids": []}, '"asks" is missing in a book',
     "MISSING"),
    ("force without order", {"e": "forceOrder", "E": MS}, '"o": expected an object', "MISSING"),
    ("force order a list", {"e": "forceOrder", "E": MS, "o": []}, '"o": expected an', "TYPE"),
    ("force side", {"e": "forceOrder", "E": MS, "o": {"s": "BTCUSDT", "S": "sell", "p": "1",
                                                      "q": "1", "T": MS}}, '"S": expected', "TYPE"),
]


if __name__ == "__main__":
    main()
