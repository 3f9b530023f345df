# SPDX-License-Identifier: MIT
"""Wrong data files: each is refused with file, line, reason and a stable code, and leaves the
catalog as it was."""
import zipfile

from support import *

HEAD = "timestamp,open,high,low,close,volume\n"
GOOD = ["2020-01-01T00:00:00Z,10,12,9,11,100\n", "2020-01-01T00:01:00Z,11,13,10,12,50\n",
        "2020-01-01T00:02:00Z,12,12,11,11,0\n"]
TRADES = "id,ts,price,qty,side\n"
GOOD_TRADES = ["1,1577836800000,10.5,1,buy\n", "2,1577836800000,10.25,2,sell\n",
               "3,1577836801000,10,3,buy\n"]
BARS = ("--bar", "1m", "--tick", "0.01", "--lot", "1")
TICKS = ("--tick", "0.01", "--lot", "0.001")


def bar(row, at=2):
    """A file whose row `at` (from 0) is replaced."""
    rows = list(GOOD)
    rows[at] = row + "\n"
    return HEAD + "".join(rows)


def trade(row, at=2):
    rows = list(GOOD_TRADES)
    rows[at] = row + "\n"
    return TRADES + "".join(rows)


def kline(n=12, first="1577836800000", **change):
    fields = [first, "10", "12", "9", "11", "5", "1577836859999", "55", "3", "2", "22", "0"][:n]
    for place, value in change.items():
        fields[int(place[1:])] = value
    return ",".join(fields) + "\n"


# name, content, options, place and text that must be said, code
WRONG = [
    # --- what a row must be
    ("high below low", bar("2020-01-01T00:02:00Z,10,1,2,10,1"), BARS,
     "x.csv:4: error: high 1 is below low 2", "RANGE"),
    ("high below open", bar("2020-01-01T00:02:00Z,12.5,12,9,11,1"), BARS,
     "x.csv:4: error: high 12 is below open 12.5", "RANGE"),
    ("high below close", bar("2020-01-01T00:02:00Z,10,12,9,12.01,1"), BARS,
     "x.csv:4: error: high 12 is below close 12.01", "RANGE"),
    ("low above open", bar("2020-01-01T00:02:00Z,8.99,12,9,11,1"), BARS,
     "x.csv:4: error: low 9 is above open 8.99", "RANGE"),
    ("low above close", bar("2020-01-01T00:02:00Z,10,12,9,8,1"), BARS,
     "x.csv:4: error: low 9 is above close 8", "RANGE"),
    ("price zero", bar("2020-01-01T00:02:00Z,10,12,0,8,1"), BARS,
     "x.csv:4: error: low 0 is not above 0", "RANGE"),
    ("price negative", bar("2020-01-01T00:02:00Z,10,12,-9,8,1"), BARS,
     "x.csv:4: error: low -9 is not above 0", "RANGE"),
    ("volume negative", bar("2020-01-01T00:02:00Z,10,12,9,11,-5"), BARS,
     "x.csv:4: error: volume -5 is negative", "RANGE"),
    ("not a number", bar("2020-01-01T00:02:00Z,ten,12,9,11,5"), BARS,
     "x.csv:4: error: open 'ten' is not a number", "SYNTAX"),
    ("empty field", bar("2020-01-01T00:02:00Z,10,12,9,11,"), BARS,
     "x.csv:4: error: volume is empty", "SYNTAX"),
    ("nan", bar("2020-01-01T00:02:00Z,10,nan,9,11,1"), BARS,
     "x.csv:4: error: high 'nan' is not a number", "SYNTAX"),
    ("infinity", bar("2020-01-01T00:02:00Z,10,inf,9,11,1"), BARS,
     "x.csv:4: error: high 'inf' is not a number", "SYNTAX"),
    ("hexadecimal", bar("2020-01-01T00:02:00Z,10,0xc,9,11,1"), BARS,
     "x.csv:4: error: high '0xc' is not a number", "SYNTAX"),
    ("blanks around a number", bar("2020-01-01T00:02:00Z, 10,12,9,11,1"), BARS,
     "x.csv:4: error: open ' 10' is not a number", "SYNTAX"),
    ("a point alone", bar("2020-01-01T00:02:00Z,10,12,9,11,."), BARS,
     "x.csv:4: error: volume '.' is not a number", "SYNTAX"),
    ("two points", bar("2020-01-01T00:02:00Z,10,12.0.0,9,11,1"), BARS,
     "x.csv:4: error: high '12.0.0' is not a number", "SYNTAX"),
    ("finer than the tick's exponent", bar("2020-01-01T00:02:00Z,10,12.001,9,11,1"), BARS,
     "x.csv:4: error: high 12.001 is finer than 0.01", "PRECISION"),
    ("finer than the lot's exponent", bar("2020-01-01T00:02:00Z,10,12,9,11,1.5"), BARS,
     "x.csv:4: error: volume 1.5 is finer than 1", "PRECISION"),
    ("nearly noise", bar("2020-01-01T00:02:00Z,10,12.00000000000002,9,11,1"), BARS,
     "x.csv:4: error: high 12.00000000000002 is finer than 0.01", "PRECISION"),
    ("volume too large", bar("2020-01-01T00:02:00Z,10,12,9,11,9223372036854775808"), BARS,
     "x.csv:4: error: volume 9223372036854775808 is too large", "OVERFLOW"),
    ("volume far too large", bar("2020-01-01T00:02:00Z,10,12,9,11,1e300"), BARS,
     "x.csv:4: error: volume 1e300 is too large", "OVERFLOW"),
    ("price too large", bar("2020-01-01T00:02:00Z,10,92233720368547758.08,9,11,1"), BARS,
     "x.csv:4: error: high 92233720368547758.08 is too large", "OVERFLOW"),
    ("too few fields", bar("2020-01-01T00:02:00Z,10,12,9,11"), BARS,
     "x.csv:4: error: the row has 5 fields; expected 6", "SYNTAX"),
    ("too many fields", bar("2020-01-01T00:02:00Z,10,12,9,11,1,1"), BARS,
     "x.csv:4: error: the row has 7 fields; expected 6", "SYNTAX"),
    ("far too many fields", bar("," * 70), BARS,
     "x.csv:4: error: the row has more than 64 fields", "SYNTAX"),
    ("a line without end", bar("9" * 70000), BARS,
     "x.csv:4: error: the line is longer than 65536 bytes", "SYNTAX"),
    ("a blank line between", HEAD + GOOD[0] + "\n" + GOOD[1], BARS,
     "x.csv:3: error: the line is blank", "SYNTAX"),
    ("an open quote", bar('2020-01-01T00:02:00Z,"10,12,9,11,1'), BARS,
     "x.csv:4: error: a quoted field does not end on its line", "SYNTAX"),
    ("text behind a quote", bar('2020-01-01T00:02:00Z,"10"1,12,9,11,1'), BARS,
     "x.csv:4: error: text follows a quoted field", "SYNTAX"),
    ("a NUL byte", bar("2020-01-01T00:02:00Z,1\x000,12,9,11,1"), BARS,
     "x.csv:4: error: open '1", "SYNTAX"),
    # --- times
    ("time goes back", bar("2019-12-31T23:59:00Z,10,12,9,11,1"), BARS,
     "x.csv:4: error: time goes back: 2019-12-31T23:59:00Z follows 2020-01-01T00:01:00Z", "ORDER"),
    ("a bar twice", bar("2020-01-01T00:01:00Z,10,12,9,11,1"), BARS,
     "x.csv:4: error: a second row of time 2020-01-01T00:01:00Z", "DUPLICATE"),
    ("off the grid", bar("2020-01-01T00:02:30Z,10,12,9,11,1"), BARS,
     "x.csv:4: error: time 2020-01-01T00:02:30Z does not begin a bar of 1m", "INVALID"),
    ("no time", bar("yesterday,10,12,9,11,1"), BARS,
     "x.csv:4: error: 'yesterday' is no time", "SYNTAX"),
    ("no such day", bar("2020-02-30,10,12,9,11,1"), BARS,
     "x.csv:4: error: '2020-02-30' is no time", "SYNTAX"),
    ("forms mixed", bar("1577836920000,10,12,9,11,1"), BARS,
     "x.csv:4: error: time '1577836920000' is in milliseconds, but the file's times are in ISO",
     "TYPE"),
    ("units mixed", HEAD + "1577836800,10,12,9,11,1\n1577836860000,10,12,9,11,1\n", BARS,
     "x.csv:3: error: time '1577836860000' is in milliseconds, but the file's times are in seconds",
     "TYPE"),
    ("an ambiguous number", bar("20200101,10,12,9,11,1"), BARS,
     "x.csv:4: error: time '20200101' is ambiguous", "RANGE"),
    ("beyond 2261", bar("9999999999999999999,10,12,9,11,1"), BARS,
     "x.csv:4: error: time '9999999999999999999' is beyond", "RANGE"),
    ("length cannot be told", HEAD + GOOD[0], ("--tick", "0.01", "--lot", "1"),
     "x.csv: error: the length of the bars cannot be told from one row", "MISSING"),
    ("steps that no length divides",
     HEAD + GOOD[0] + "2020-01-01T00:02:00Z,1,1,1,1,1\n2020-01-01T00:05:00Z,1,1,1,1,1\n",
     ("--tick", "0.01", "--lot", "1"),
     "x.csv: error: the length of the bars cannot be told: the smallest step, 2m", "MISSING"),
    ("bars of another length",
     HEAD + "".join(f"2020-01-{d:02}T{h:02}:00:00Z,10,12,9,11,1\n" for d in (1, 2, 6)
                    for h in range(0, 24, 4)), BARS,
     "x.csv: error: no two of the bars lie less than 4h apart: they are not of --bar 1m; give "
     "--bar 4h", "RANGE"),
    # --- the file as a whole
    ("empty file", "", BARS, "x.csv: error: nothing to import", "MISSING"),
    ("header only", HEAD, BARS, "x.csv: error: nothing to import", "MISSING"),
    ("no header", "".join(GOOD), BARS, "x.csv:1: error: the header has no column for ts",
     "MISSING"),
    ("a column is missing", "timestamp,open,high,low,volume\n2020-01-01,1,1,1,1\n", BARS,
     "x.csv:1: error: the header has no column for close", "MISSING"),
    ("volume is missing", "timestamp,open,high,low,close\n2020-01-01,1,1,1,1\n", BARS,
     "x.csv:1: error: the header has no column for volume; expected a header with volume, or "
     "--columns; =none where there is none", "MISSING"),
    ("no column but volume may lack", HEAD + GOOD[0], (*BARS, "--columns", "close=none"),
     "x.csv:1: error: no column is called 'none'", "UNKNOWN_NAME"),
    ("a column comes twice", "timestamp,open,high,low,close,Close,volume\n", BARS,
     "x.csv:1: error: two columns fit close", "DUPLICATE"),
    ("two columns of time", "time,date,open,high,low,close,volume\n", BARS,
     "x.csv:1: error: two columns fit ts", "DUPLICATE"),
    ("a named column is not there", HEAD + GOOD[0], (*BARS, "--columns", "close=last"),
     "x.csv:1: error: no column is called 'last'", "UNKNOWN_NAME"),
    ("a numbered column is not there", HEAD + GOOD[0], (*BARS, "--columns", "close=9"),
     "x.csv:1: error: --columns close=9, but the row has 6 fields", "RANGE"),
    ("semicolons", HEAD.replace(",", ";") + GOOD[0].replace(",", ";"), BARS,
     "x.csv:1: error: the line has semicolons and no comma; the separator must be a comma",
     "SYNTAX"),
    ("tabs", HEAD.replace(",", "\t"), BARS,
     "x.csv:1: error: the line has tabs and no comma; the separator must be a comma", "SYNTAX"),
    ("no row has a time", HEAD + "soon,1,1,1,1,1\nlater,1,1,1,1,1\n", BARS,
     "x.csv:2: error: 'soon' is no time", "SYNTAX"),
    ("no row has a time, steps wanted", HEAD + "soon,1,1,1,1,1\n", (),
     "x.csv:2: error: 'soon' is no time", "SYNTAX"),
    ("no row has a price, places wanted", HEAD + "2020-01-01,1,high,1,1,1\n", (),
     "x.csv:2: error: high 'high' is not a number", "SYNTAX"),
    ("no row has its fields", HEAD + "2020-01-01;1;1;1;1;1\n", BARS,
     "x.csv:2: error: the row has 1 fields; expected 6", "SYNTAX"),
    ("no row has an end", HEAD + '2020-01-01,"1,1,1,1,1\n', BARS,
     "x.csv:2: error: a quoted field does not end on its line", "SYNTAX"),
    ("blanks around names, a bad row", HEAD.replace(",", " , ") + "2020-01-01,1,1,1,1,x\n", BARS,
     "x.csv:2: error: volume 'x' is not a number", "SYNTAX"),
    ("binary", bytes(range(256)) * 40, BARS, "x.csv:1: error: ", "MISSING"),
    ("gzip cut", gzip.compress((HEAD + "".join(GOOD)).encode())[:-9], BARS,
     "x.csv: error: the gzip data ends early", "DAMAGED"),
    ("gzip with a wrong checksum",
     (lambda z: z[:-8] + bytes([z[-8] ^ 1]) + z[-7:])(gzip.compress((HEAD + GOOD[0]).encode())),
     BARS, "x.csv: error: the gzip data is damaged", "DAMAGED"),
    ("gzip, then something else", gzip.compress((HEAD + GOOD[0]).encode()) + b"tail", BARS,
     "x.csv: error: the gzip data is damaged", "DAMAGED"),
    ("zstd that is none", b"\x28\xb5\x2f\xfd" + b"\xff" * 40, BARS,
     "x.csv: error: the zstd data is damaged", "DAMAGED"),
    ("zstd cut", b"\x28\xb5\x2f\xfd", BARS, "x.csv: error: the zstd data ends early", "DAMAGED"),
    ("zip that is none", b"PK\x03\x04" + b"x" * 60, BARS,
     "x.csv: error: the zip archive cannot be read", "DAMAGED"),
]

# As above, for --format trades.
WRONG_TRADES = [
    ("price zero", trade("3,1577836801000,0,3,buy"), TICKS,
     "x.csv:4: error: price 0 is not above 0", "RANGE"),
    ("quantity zero", trade("3,1577836801000,10,0,buy"), TICKS,
     "x.csv:4: error: quantity 0 is not above 0", "RANGE"),
    ("no side", trade("3,1577836801000,10,3,long"), TICKS,
     "x.csv:4: error: side 'long' is neither buy nor sell", "SYNTAX"),
    ("an id that is no number", trade("a3,1577836801000,10,3,buy"), TICKS,
     "x.csv:4: error: id 'a3' is not a whole number", "SYNTAX"),
    ("an id too large", trade("18446744073709551616,1577836801000,10,3,buy"), TICKS,
     "x.csv:4: error: id '18446744073709551616' is not a whole number", "OVERFLOW"),
    ("an id twice", trade("1,1577836800000,10,3,buy"), TICKS,
     "x.csv:4: error: a second row of id 1 at 2020-01-01T00:00:00Z", "DUPLICATE"),
    ("time goes back", trade("3,1577836799999,10,3,buy"), TICKS,
     "x.csv:4: error: time goes back", "ORDER"),
    ("no column for the side", "id,ts,price,qty\n1,1577836800000,1,1\n", TICKS,
     "x.csv:1: error: the header has no column for side", "MISSING"),
]

# As above, for --format binance-klines.
WRONG_KLINES = [
    ("fields missing", kline(n=11), BARS, "x.csv:1: error: a row of 11 fields is none of format",
     "SYNTAX"),
    ("a header of something else", "a,b,c,d,e,f,g,h,i,j,k,l\n" + kline(), BARS,
     "x.csv:1: error: the header has no column for ts", "MISSING"),
    ("microseconds among milliseconds", kline() + kline(first="1577836860000000"), BARS,
     "x.csv:2: error: time '1577836860000000' is in microseconds", "TYPE"),
    ("volume no number", kline(_5="x"), BARS, "x.csv:1: error: volume 'x' is not a number",
     "SYNTAX"),
]

# Options that are wrong whatever the file says: name, options, text, code. Exit status 2.
USAGE = [
    ("unknown format", ("--format", "csv"), "--format csv: expected one of ohlcv, ",
     "UNKNOWN_NAME"),
    ("instrument without venue", ("--instrument", "BTCUSDT"), "expected SYMBOL.venue", "SYNTAX"),
    ("instrument with a slash", ("--instrument", "BTC/USDT.x"), "'/' cannot stand", "SYNTAX"),
    ("a venue in capitals", ("--instrument", "GOOG.NASDAQ"),
     "'NASDAQ' is no venue; expected an id of a-z, 0-9, '_' and '-'", "SYNTAX"),
    ("a venue too long", ("--instrument", "A." + "x" * 33), "longer than 32", "OVERFLOW"),
    ("instrument with a comma", ("--instrument", "A,B.w"),
     "',' cannot stand in a name; expected letters, digits", "SYNTAX"),
    ("instrument with a quote", ("--instrument", 'A"B.w'), "cannot stand", "SYNTAX"),
    ("instrument like an option", ("--instrument=-A.w",), "expected SYMBOL.venue", "SYNTAX"),
    ("instrument upwards", ("--instrument", "..x"), "expected SYMBOL.venue", "SYNTAX"),
    ("tick zero", ("--tick", "0"), "--tick 0: expected a number above 0", "RANGE"),
    ("tick no number", ("--tick", "x"), "--tick x: expected a decimal", "SYNTAX"),
    ("lot negative", ("--lot", "-1"), "--lot -1: expected a number above 0", "RANGE"),
    ("lot too fine", ("--lot", "1e-19"), "--lot 1e-19: expected a decimal", "OVERFLOW"),
    ("exponent no number", ("--price-exp", "2.5"), "--price-exp 2.5: expected a whole", "SYNTAX"),
    ("exponent too fine", ("--qty-exp", "-19"), "--qty-exp -19: expected -18 to 18", "RANGE"),
    ("tick finer than its exponent", ("--tick", "0.001", "--price-exp", "-2"),
     "--tick 0.001 does not fit the exponent -2", "PRECISION"),
    ("bar no length", ("--bar", "minute"), "--bar minute: expected a length", "SYNTAX"),
    ("bar too long", ("--bar", "53w"), "--bar 53w: expected at most 366d", "RANGE"),
    ("stamp", ("--stamp", "middle"), "--stamp middle: expected open or close", "UNKNOWN_NAME"),
    ("kind", ("--kind", "future"), "--kind future: expected spot, linear or inverse",
     "UNKNOWN_NAME"),
    ("columns without value", ("--columns", "ts"), "'ts' is not COLUMN=NAME", "SYNTAX"),
    ("columns of another format", ("--columns", "price=1"), "has no column 'price'",
     "UNKNOWN_NAME"),
    ("columns twice", ("--columns", "ts=1,ts=2"), "ts is given twice", "DUPLICATE"),
    ("min notional too fine", ("--min-notional", "1e-9"), "does not fit 8 places", "PRECISION"),
    ("currency too long", ("--quote", "A" * 16), "longer than 15", "OVERFLOW"),
]


class Wrong(DataTest):
    def setUp(self):
        super().setUp()
        before = self.write("before.csv", HEAD + "2019-12-31T00:00:00Z,10,12,9,11,100\n")
        self.load_well(before, options=BARS)
        self.before = tree(self.catalog)

    def check(self, rows, fmt):
        for name, content, options, text, code in rows:
            with self.subTest(format=fmt, file=name):
                self.write("x.csv", content)
                # the tree's other instrument, so that its definition does not come in the way
                run = self.load(self.path("x.csv"), fmt=fmt, instrument="NEW.x", options=options)
                lines = [line for line in run.stderr.splitlines() if " error: " in line]
                self.assertEqual(run.returncode, 4, run.stderr)
                self.assertEqual(len(lines), 1, run.stderr)
                self.assertIn(text, lines[0])
                self.assertTrue(lines[0].endswith(f" [QN_E_{code}]"), lines[0])
                self.assertTrue(lines[0].startswith(self.path("x.csv")), lines[0])
                self.assertEqual(run.stdout, "")
                self.assertEqual(tree(self.catalog), self.before)

    def test_bars(self):
        self.assertGreaterEqual(len(WRONG), 30)
        self.check(WRONG, "ohlcv")

    def test_trades(self):
        self.check(WRONG_TRADES, "trades")

    def test_klines(self):
        self.check(WRONG_KLINES, "binance-klines")

    def test_usage(self):
        name = self.write("x.csv", HEAD + "".join(GOOD))
        for title, options, text, code in USAGE:
            with self.subTest(options=title):
                run = self.load(name, options=options)
                self.assertEqual(run.returncode, 2, run.stderr)
                self.assertIn("quoin: error: ", run.stderr)
                self.assertIn(text, run.stderr)
                self.assertIn(f"[QN_E_{code}]", run.stderr)
                self.assertEqual(tree(self.catalog), self.before)

    def test_what_must_be_given(self):
        name = self.write("x.csv", HEAD + "".join(GOOD))
        given = {"--format": "ohlcv", "--instrument": "A.x", "--into": self.catalog}
        for missing in given:
            words = [w for k, v in given.items() if k != missing for w in (k, v)]
            run = quoin("data", "import", *words, name)
            self.assertEqual(run.returncode, 2)
            self.assertIn(missing, run.stderr)
        run = quoin("data", "import", *[w for kv in given.items() for w in kv])
        self.assertEqual(run.returncode, 2)
        self.assertIn("no FILE is given", run.stderr)

    def test_missing_file(self):
        for name in (self.path("nowhere.csv"), self.path("no*.csv")):
            run = self.load(name, options=BARS)
            self.assertEqual(run.returncode, 4)
            self.assertIn("QN_E_NOT_FOUND", run.stderr)
        run = self.load(self.folder.name, options=BARS)
        self.assertEqual(run.returncode, 4, run.stderr)
        self.assertEqual(tree(self.catalog), self.before)

    def test_zip_of_several(self):
        with zipfile.ZipFile(self.path("x.zip"), "w") as z:
            z.writestr("a.csv", HEAD + GOOD[0])
            z.writestr("b.csv", HEAD + GOOD[1])
        run = self.load(self.path("x.zip"), options=BARS)
        self.assertEqual(run.returncode, 4)
        self.assertIn("holds several files", run.stderr)
        self.assertIn("[QN_E_UNSUPPORTED]", run.stderr)

    def test_damaged_zip(self):
        with zipfile.ZipFile(self.path("x.zip"), "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("a.csv", bar_csv(bars(500)))
        with open(self.path("x.zip"), "rb") as f:
            good = f.read()
        self.write("x.zip", good[:200] + bytes([good[200] ^ 0x10]) + good[201:])
        run = self.load(self.path("x.zip"), options=("--bar", "1m", "--tick", "0.01", "--lot",
                                                     "0.001"), instrument="NEW.x")
        self.assertEqual(run.returncode, 4, run.stderr)
        self.assertEqual(tree(self.catalog), self.before)

    def test_contradictions(self):
        self.load_well(self.write("a.csv", HEAD + "".join(GOOD)), instrument="BTC-USD.x",
                       options=(*BARS, "--contract-size", "0.1", "--kind", "inverse"))
        later = self.write("b.csv", HEAD + "2020-01-02,10,12,9,11,100\n")
        for options, said in ((("--tick", "0.05"), "--tick 0.05 contradicts"),
                              (("--lot", "0.1"), "--lot 0.1 contradicts"),
                              (("--price-exp", "-3"), "--price-exp -3 contradicts"),
                              (("--contract-size", "1"), "BTC-USD.x has 0.1"),
                              (("--kind", "spot"), "BTC-USD.x has inverse"),
                              (("--settle", "USD"), "BTC-USD.x has BTC"),
                              (("--quote", "EUR"), "BTC-USD.x has USD")):
            run = self.load(later, instrument="BTC-USD.x", options=("--bar", "1m", *options))
            self.assertEqual(run.returncode, 2, run.stderr)
            self.assertIn(said, run.stderr)
            self.assertIn("[QN_E_INVALID]", run.stderr)
        self.load_well(later, instrument="BTC-USD.x",
                       options=("--bar", "1m", "--tick", "0.0100", "--contract-size", "1e-1"))

    def test_overlap(self):
        run = self.load(self.path("before.csv"), options=BARS)
        self.assertEqual(run.returncode, 4)
        self.assertIn("before.csv:2: error: ", run.stderr)
        self.assertIn("[QN_E_EXISTS]", run.stderr)
        self.assertEqual(tree(self.catalog), self.before)

    def test_the_same_file_twice(self):
        name = self.write("a.csv", HEAD + "".join(GOOD))
        run = self.load(name, name, options=BARS)
        self.assertEqual(run.returncode, 4)
        self.assertIn("a.csv:2: error: ", run.stderr)
        self.assertEqual(tree(self.catalog), self.before)

    def test_skip_bad(self):
        rows = [GOOD[0], "rubbish\n", GOOD[1], GOOD[1], "2020-01-01T00:02:00Z,1,2,3,4,5\n", GOOD[2],
                "\n", "2020-01-01T00:03:00Z,10,12,9,11,1\n"]
        name = self.write("x.csv", HEAD + "".join(rows))
        run = self.load_well(name, options=(*BARS, "--skip-bad", "--json"))
        for line in (3, 5, 6, 8):
            self.assertIn(f"x.csv:{line}: warning: ", run.stderr)
        self.assertEqual(json.loads(run.stdout)["skipped"], 4)
        self.assertEqual(json.loads(run.stdout)["rows"], 4)
        out = self.export("bar:1m", options=("--from", "2020-01-01T00:00:00Z"))
        self.assertEqual(len(out.splitlines()), 5)

    def test_good_and_bad_file(self):
        good = self.write("good.csv", HEAD + "".join(GOOD))
        bad = self.write("bad.csv", HEAD + "soon,1,1,1,1,1\nlater,1,1,1,1,1\n")
        empty = self.write("empty.csv", HEAD)
        for options in (BARS, ("--bar", "1m"), ()):
            for files in ((good, bad), (bad, good)):
                run = self.load(*files, instrument="NEW.x", options=options)
                self.assertEqual(run.returncode, 4, run.stderr)
                self.assertIn("bad.csv:2: error: 'soon' is no time", run.stderr)
                self.assertEqual(tree(self.catalog), self.before)
        run = self.load(bad, empty, instrument="NEW.x", options=("--skip-bad",))
        self.assertEqual(run.returncode, 4, run.stderr)
        for said in ("bad.csv:2: warning: 'soon'", "bad.csv:3: warning: 'later'",
                     "empty.csv: warning: the file holds no rows", "every row is bad"):
            self.assertIn(said, run.stderr)
        self.assertEqual(tree(self.catalog), self.before)
        run = self.load_well(good, bad, empty, instrument="NEW.x",
                             options=(*BARS, "--skip-bad", "--json"))
        self.assertIn("bad.csv:2: warning: 'soon'", run.stderr)
        self.assertEqual(json.loads(run.stdout)["skipped"], 2)
        self.assertEqual(json.loads(run.stdout)["rows"], 3)

    def test_pipes(self):
        """Files are read twice: half of a pipe would be lost, or its writer waited for."""
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        text = HEAD + "".join(GOOD)
        for name in (fifo, "/dev/stdin", "/dev/zero"):
            run = quoin("data", "import", "--format", "ohlcv", "--instrument", "NEW.x", "--into",
                        self.catalog, *BARS, name, stdin=text)
            self.assertEqual(run.returncode, 4, name)
            self.assertIn(f"{name}: error: no file but a pipe or device", run.stderr)
            self.assertIn("[QN_E_UNSUPPORTED]", run.stderr)
            self.assertEqual(tree(self.catalog), self.before)
        with open(self.write("good.csv", text), encoding="ascii") as f:
            run = subprocess.run([QUOIN, "data", "import", "--format", "ohlcv", "--instrument",
                                  "NEW.x", "--into", self.catalog, *BARS, "/dev/stdin"],
                                 stdin=f, capture_output=True, text=True, timeout=300)
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_the_manifests_name(self):
        name = self.write("a.csv", HEAD + "".join(GOOD))
        for instrument in ("manifest.json", "manifest.json.new"):
            for into in (self.catalog, self.path("fresh")):
                run = self.load(name, instrument=instrument, options=BARS, into=into)
                self.assertEqual(run.returncode, 2, run.stderr)
                self.assertIn(f"--instrument {instrument}: ", run.stderr)
            self.assertEqual(tree(self.catalog), self.before)
            self.assertFalse(os.path.exists(self.path("fresh")))

    def test_names_beyond_ascii(self):
        name = self.write("a.csv", HEAD + "".join(GOOD))
        for instrument in ("Tür.x", "A\x1bB.x", "A\x7f.x"):
            run = self.load(name, instrument=instrument, options=BARS)  # text=True: valid UTF-8
            self.assertEqual(run.returncode, 2, run.stderr)
            self.assertIn("--instrument: a name is of ASCII letters", run.stderr)
            self.assertTrue(run.stderr.rstrip("\n").isprintable())

    def test_length_that_is_none(self):
        """Rows so far apart that no bar is as long, and that a signed number of ns overflows."""
        row = ",10,12,9,11,1\n"
        for first, second in (("2002-11-09", "2013-10-22"), ("1678-01-01", "2261-12-31")):
            name = self.write("x.csv", HEAD + first + row + second + row)
            run = self.load(name, instrument="NEW.x", options=BARS[2:])
            self.assertEqual(run.returncode, 4, run.stderr)
            self.assertIn("x.csv: error: the length of the bars cannot be told: the rows are "
                          "more than 366d apart", run.stderr)
            self.assertEqual(tree(self.catalog), self.before)

    def test_a_pipe_in_the_catalog(self):
        tape = next(n for n in self.before if n.endswith(".tape"))
        os.unlink(os.path.join(self.catalog, tape))
        os.mkfifo(os.path.join(self.catalog, tape))
        for command in ("verify", "export"):
            run = quoin("data", command, self.catalog, *(
                ("-i", "BTCUSDT.binance", "-t", "bar:1m") if command == "export" else ()))
            self.assertNotEqual(run.returncode, 0)
            self.assertIn("not a regular file", run.stderr)

    def test_blanks_around_names(self):
        name = self.write("x.csv", "Date, Open,High ,\tLow, Close , Volume\n" + "".join(GOOD))
        self.load_well(name, instrument="NEW.x", options=BARS)

    def test_only_bad_rows(self):
        name = self.write("x.csv", HEAD + "2020-01-01T00:02:00Z,1,2,3,4,5\n")
        run = self.load(name, options=(*BARS, "--skip-bad"))
        self.assertEqual(run.returncode, 4)
        self.assertIn("every row is bad", run.stderr)
        self.assertEqual(tree(self.catalog), self.before)


if __name__ == "__main__":
    main()
