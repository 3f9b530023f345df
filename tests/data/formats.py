# SPDX-License-Identifier: MIT
"""Every accepted form of input gives the same catalog, and export gives it back."""
import shutil
import zipfile
from itertools import product

from support import *

EXACT = ("--bar", "1m", "--tick", "0.01", "--lot", "0.001")


def zipped(data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("inside.csv", data)
    return out.getvalue()


def zstd(data):
    """One frame of raw blocks: a valid file that needs no compressor to make."""
    out = b"\x28\xb5\x2f\xfd" + b"\x00\x58"  # magic; no content size; window of 2 MiB
    pieces = [data[i:i + 100000] for i in range(0, len(data), 100000)] or [b""]
    for i, piece in enumerate(pieces):
        out += (len(piece) << 3 | (i == len(pieces) - 1)).to_bytes(3, "little") + piece
    return out


class Bars(DataTest):
    def setUp(self):
        super().setUp()
        self.rows = bars(400)
        self.expected = bar_export(self.rows)

    def same(self, content, name="x.csv", options=EXACT, expected=None, fmt="ohlcv"):
        shutil.rmtree(self.catalog, ignore_errors=True)
        self.load_well(self.write(name, content), options=options, fmt=fmt)
        self.assertEqual(self.export("bar:1m"), expected or self.expected)

    def test_packings(self):
        text = bar_csv(self.rows).encode()
        half = len(text) // 2
        self.same(text)
        for name, data in (("x.csv.gz", gzip.compress(text)), ("x.zip", zipped(text)),
                           ("x.csv.zst", zstd(text)),
                           ("two.gz", gzip.compress(text[:half]) + gzip.compress(text[half:])),
                           ("two.zst", zstd(text[:half]) + zstd(text[half:])),
                           ("no_suffix", gzip.compress(text)), ("wrong.gz", text)):
            with self.subTest(name=name):
                self.same(data, name)

    def test_packings_of_much_text(self):
        """Rows that cross every buffer."""
        rows = bars(30000)
        text = bar_csv(rows).encode()
        expected = bar_export(rows)
        for name, data in (("plain", text), ("gzip", gzip.compress(text, 1)), ("zstd", zstd(text)),
                           ("zip", zipped(text))):
            with self.subTest(name=name):
                self.same(data, expected=expected)

    def test_layouts_of_text(self):
        text = bar_csv(self.rows)
        quoted = "\n".join(",".join(f'"{f}"' for f in line.split(","))
                           for line in text.splitlines())
        for name, content in (("CR LF", text.replace("\n", "\r\n")), ("mark", "\ufeff" + text),
                              ("no last newline", text.rstrip("\n")), ("quoted", quoted),
                              ("mark, CR LF, none", "\ufeff" + text.replace("\n", "\r\n")[:-2]),
                              ("blank lines at the end", text + "\n\r\n\n"),
                              ("mark, quoted", "\ufeff" + quoted)):
            with self.subTest(name=name):
                self.same(content)

    def test_headers(self):
        for time in ("timestamp", "time", "date", "datetime", "ts", "ts_ms", "open_time", "",
                     "Timestamp", "DATE", "Open_Time"):
            with self.subTest(time=time):
                self.same(bar_csv(self.rows, f"{time},Open,HIGH,Low,close,VoLuMe"))
        more = [f"{i},{line},x" for i, line in enumerate(bar_csv(self.rows, None).splitlines())]
        self.same("\n".join([",timestamp,open,high,low,close,volume,adjclose", *more]))

    def test_columns(self):
        lines = [",".join((r[5], r[4], r[3], "x", r[2], r[1], str(r[0]))) for r in self.rows]
        numbers = ("--columns", "ts=7,open=6,high=5,low=3,close=2,volume=1")
        self.same("\n".join(lines), options=(*EXACT, *numbers))
        self.same("\n".join(["a,b,c,d,e,f,g", *lines]), options=(*EXACT, *numbers))
        self.same("\n".join(["v,c,l,,h,o,when", *lines]),
                  options=(*EXACT, "--columns", "ts=When,open=o,high=5,low=l,close=C,volume=1"))
        self.same("\n".join(["volume,last,low,,high,open,date", *lines]),
                  options=(*EXACT, "--columns", "close=last"))

    def test_prices_without_volume(self):
        expected = [line.split(",") for line in self.expected.splitlines()]
        expected = "".join(",".join([*line[:5], "0" if i else line[5]]) + "\n"
                           for i, line in enumerate(expected))
        lines = [",".join(str(x) for x in r[:5]) for r in self.rows]
        for name, head, said in (("names", ["ts,open,high,low,close"], "volume=none"),
                                 ("numbers", [], "ts=1,open=2,high=3,low=4,close=5,volume=None")):
            with self.subTest(name=name):
                self.same("\n".join([*head, *lines]), options=(*EXACT, "--columns", said),
                          expected=expected)
        lines = [",".join(str(x) for x in r) for r in self.rows]
        self.same("\n".join(["ts,open,high,low,close,none", *lines]),
                  options=(*EXACT, "--columns", "volume=none"))

    def test_times(self):
        def stamped(stamp):
            return bar_csv(self.rows, stamp=stamp)

        def iso_form(middle, tail):
            def stamp(s):
                return datetime.fromtimestamp(s, timezone.utc).strftime(f"%Y-%m-%d{middle}") + tail
            return stamp

        for middle, tail in product(("T%H:%M", "T%H:%M:%S", " %H:%M:%S", " %H:%M:%S.000",
                                     "T%H:%M:%S.000000000"), ("", "Z", "+00:00")):
            with self.subTest(middle=middle, tail=tail):
                self.same(stamped(iso_form(middle, tail)))
        for name, stamp in (("s", str), ("ms", lambda s: str(s * 10**3)),
                            ("us", lambda s: str(s * 10**6)), ("ns", lambda s: str(s * 10**9)),
                            ("s.0", lambda s: f"{s}.0"), ("ms.000", lambda s: f"{s * 1000}.000"),
                            ("s.000000000", lambda s: f"{s}.000000000")):
            with self.subTest(name=name):
                self.same(stamped(stamp))
        zone = timezone.utc
        self.same(stamped(lambda s: datetime.fromtimestamp(s + 5400, zone)
                          .strftime("%Y-%m-%d %H:%M:%S+01:30")))

    def test_close_stamps(self):
        text = bar_csv([(r[0] + 60, *r[1:]) for r in self.rows])
        self.same(text, options=(*EXACT, "--stamp", "close"))
        self.same(text, options=(*EXACT[2:], "--stamp", "close"))

    def test_dates(self):
        rows = bars(40, step=86400)
        name = self.write("x.csv", bar_csv(rows, stamp=lambda s: iso(s)[:10]))
        self.load_well(name)
        self.assertEqual(self.export("bar"), bar_export(rows))
        self.assertEqual(self.export("bar:1d"), bar_export(rows))

    def test_found_out(self):
        """Without --bar, --tick, --lot: the same numbers; gaps do not confuse the length."""
        rows = self.rows[:100] + self.rows[103:200] + self.rows[250:]
        run = self.load_well(self.write("x.csv", bar_csv(rows)), options=("--json",))
        told = json.loads(run.stdout)
        self.assertEqual(told["data"], "bar:1m")
        self.assertEqual(told["instrument"]["tick"], "0.01")
        self.assertEqual(told["instrument"]["lot"], "0.001")
        self.assertEqual(self.export("bar"), bar_export(rows))
        self.assertIn("no --tick", run.stderr)

    def test_noise(self):
        """Digits that a double left behind are no digits."""
        head = "ts,open,high,low,close,volume\n"
        text = (head +
                "1577836800,1.2147000000000001,1.2147000000000001,0.30000000000000004,1,1e-7\n"
                "1577836860,1.1,1.1000000000000000888178419700125,1.1,1.1,1.23456789e-7\n")
        self.load_well(self.write("x.csv", text))
        self.assertEqual(self.export("bar").splitlines()[1:],
                         [f"{iso(1577836800)},1.2147,1.2147,0.3,1,0.0000001",
                          f"{iso(1577836860)},1.1,1.1,1.1,1.1,0.000000123456789"])

    def test_binance_klines(self):
        def rest(r, unit):
            return f"{(r[0] + 60) * unit - 1},1.5,3,0.5,0.75,0"

        head = ("open_time,open,high,low,close,volume,close_time,quote_volume,count,"
                "taker_buy_volume,taker_buy_quote_volume,ignore")
        for unit, with_head in product((1000, 1000000), (False, True)):
            lines = [f"{r[0] * unit},{','.join(r[1:])},{rest(r, unit)}" for r in self.rows]
            text = "\n".join(([head] if with_head else []) + lines) + "\n"
            self.same(text, fmt="binance-klines")
            self.same(zipped(text), "x.zip", fmt="binance-klines")

    def test_checksum(self):
        lines = [f"{r[0] * 1000},{','.join(r[1:])},1,1,1,1,1,0" for r in self.rows]
        data = zipped("\n".join(lines))
        self.write("x.zip.CHECKSUM", f"{hashlib.sha256(data).hexdigest()}  x.zip\n")
        self.same(data, "x.zip", fmt="binance-klines")
        self.write("x.zip.CHECKSUM", f"{hashlib.sha256(b'').hexdigest()}  x.zip\n")
        run = self.load(self.path("x.zip"), fmt="binance-klines", instrument="B.x", options=EXACT)
        self.assertEqual(run.returncode, 4)
        self.assertIn("[QN_E_DAMAGED]", run.stderr)

    def test_many_files(self):
        """In any order, or as a pattern, at once or one by one: the same bytes."""
        parts = [self.rows[i:i + 100] for i in range(0, 400, 100)]
        names = [self.write(f"part{i}.csv", bar_csv(p)) for i, p in enumerate(parts)]
        self.load_well(*reversed(names), options=EXACT)
        self.assertEqual(self.export("bar:1m"), self.expected)
        whole = published(self.catalog)
        shutil.rmtree(self.catalog)
        self.load_well(self.path("part*.csv"), options=EXACT)
        self.assertEqual(published(self.catalog), whole)
        shutil.rmtree(self.catalog)
        odd = self.write("part[1].csv", bar_csv(parts[1]))  # its own name, not a pattern
        for name in (odd, names[0], names[2], names[3]):
            self.load_well(name, options=EXACT)
        self.assertEqual(published(self.catalog), whole)


class Trades(DataTest):
    expected = ("ts,id,price,qty,side\n"
                f"{iso(1577836800, 5000000)},7,100.25,0.5,buy\n"
                f"{iso(1577836800, 5000000)},8,100,1.25,sell\n"
                f"{iso(1577836801)},9,99.5,2,sell\n")
    rows = (("7", 1577836800005, "100.25", "0.500", False), ("8", 1577836800005, "100.00", "1.25",
                                                            True),
            ("9", 1577836801000, "99.5", "2", True))

    def same(self, lines, fmt="trades", options=(), name="x.csv", expected=None):
        shutil.rmtree(self.catalog, ignore_errors=True)
        self.load_well(self.write(name, "\n".join(lines) + "\n"), fmt=fmt, options=options)
        self.assertEqual(self.export("trade"), expected or self.expected)
        again = self.write("again.csv", self.export("trade"))
        folder = self.path(f"again{len(os.listdir(self.folder.name))}")
        self.load_well(again, fmt="trades", into=folder)
        self.assertEqual(self.export("trade", catalog=folder), expected or self.expected)

    def test_words(self):
        for yes, no in (("true", "false"), ("True", "False"), ("1", "0"), ("TRUE", "FALSE")):
            self.same(["id,ts_ms,price,qty,is_buyer_maker"] +
                      [f"{i},{t},{p},{q},{yes if m else no}" for i, t, p, q, m in self.rows])
        for buy, sell in (("buy", "sell"), ("Buy", "Sell"), ("BUY", "SELL")):
            self.same(["side,qty,price,time,id"] +
                      [f"{sell if m else buy},{q},{p},{t},{i}" for i, t, p, q, m in self.rows])

    def test_columns(self):
        lines = [f"{m},{p},{q},{t},{i}" for i, t, p, q, m in self.rows]
        self.same(lines, options=("--columns", "maker=1,price=2,qty=3,ts=4,id=5"))
        without = "\n".join(f"{line.split(',')[0]},0,{','.join(line.split(',')[2:])}"
                            for line in self.expected.splitlines()[1:])
        self.same(lines, options=("--columns", "maker=1,price=2,qty=3,ts=4"),
                  expected=self.expected.splitlines()[0] + "\n" + without + "\n")

    def test_binance(self):
        agg = [f"{i},{p},{q},{i},{i},{t},{str(m).lower()}" for i, t, p, q, m in self.rows]
        spot = [f"{i},{p},{q},{i},{i},{t * 1000},{m},True" for i, t, p, q, m in self.rows]
        head = ("agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,"
                "is_buyer_maker")
        for lines in (agg, spot, [head, *agg]):
            self.same(lines, "binance-aggtrades")
        single = [f"{i},{p},{q},1,{t},{str(m).lower()}" for i, t, p, q, m in self.rows]
        spot = [f"{i},{p},{q},1,{t * 1000},{m},True" for i, t, p, q, m in self.rows]
        for lines in (single, spot, ["id,price,qty,quote_qty,time,is_buyer_maker", *single]):
            self.same(lines, "binance-trades")


class Commands(DataTest):
    def setUp(self):
        super().setUp()
        self.rows = bars(3000)
        self.load_well(self.write("x.csv", bar_csv(self.rows)), options=EXACT)

    def test_import_json(self):
        run = self.load_well(self.path("x.csv"), into=self.path("other"),
                             options=(*EXACT, "--json", "--quote", "USDT", "--min-notional", "5",
                                      "--kind", "spot"))
        told = json.loads(run.stdout)
        self.assertEqual((told["rows"], told["files"], told["skipped"]), (3000, 1, 0))
        self.assertEqual(told["from"], iso(1577836800))
        self.assertEqual(told["to"], iso(1577836800 + 3000 * 60))
        definition = told["instrument"]
        for key, value in (("name", "BTCUSDT.binance"), ("kind", "spot"), ("base", "BTC"),
                           ("quote", "USDT"), ("settle", "USDT"), ("tick", "0.01"),
                           ("min_notional", "5"), ("price_exp", -2), ("qty_exp", -3)):
            self.assertEqual(definition[key], value)
        self.assertEqual(run.stderr, "")

    def test_list(self):
        run = quoin("data", "list", self.catalog, "--json")
        self.assertEqual(run.returncode, 0, run.stderr)
        told = json.loads(run.stdout)
        self.assertEqual([d["name"] for d in told["instruments"]], ["BTCUSDT.binance"])
        self.assertEqual(told["data"][0]["data"], "bar:1m")
        self.assertEqual(told["data"][0]["events"], 3000)
        self.assertEqual(told["data"][0]["from"], iso(1577836800))
        table = quoin("data", "list", self.catalog).stdout.splitlines()
        self.assertEqual(len(table), 2)
        self.assertIn("bar:1m", table[1])

    def test_missing_catalog(self):
        for words in (["list"], ["verify"], ["export", "-i", "A.x", "-t", "bar:1m"]):
            run = quoin("data", words[0], self.path("nowhere"), *words[1:])
            self.assertEqual(run.returncode, 4, run.stderr)
            self.assertIn("[QN_E_NOT_FOUND]", run.stderr)

    def test_verify_tells_damage(self):
        self.assertEqual(quoin("data", "verify", self.catalog).returncode, 0)
        name = next(n for n in tree(self.catalog) if n.endswith(".tape"))
        with open(os.path.join(self.catalog, name), "r+b") as f:
            f.seek(1000)
            byte = f.read(1)
            f.seek(1000)
            f.write(bytes([byte[0] ^ 4]))
        run = quoin("data", "verify", self.catalog, "--json")
        self.assertEqual(run.returncode, 4)
        told = json.loads(run.stdout)
        self.assertEqual(told["errors"], 1)
        self.assertEqual(told["problems"][0]["file"], name)
        self.assertEqual(told["problems"][0]["code"], "QN_E_DAMAGED")
        self.assertIn("offset", told["problems"][0])
        self.assertIn(f"error: {name}", run.stderr)
        run = quoin("data", "export", self.catalog, "-i", "BTCUSDT.binance", "-t", "bar")
        self.assertEqual(run.returncode, 4)
        self.assertIn("[QN_E_DAMAGED]", run.stderr)

    def test_missing_day_is_a_warning(self):
        text = "id,ts,price,qty,side\n1,2020-01-01,1,1,buy\n2,2020-01-03,1,1,buy\n"
        self.load_well(self.write("t.csv", text), fmt="trades", instrument="T.x")
        run = quoin("data", "verify", self.catalog, "--json")
        self.assertEqual(run.returncode, 0)
        told = json.loads(run.stdout)
        self.assertEqual((told["errors"], told["warnings"]), (0, 1))
        self.assertIn("warning: ", run.stderr)

    def test_export_limits(self):
        first = self.rows[0][0]
        out = self.export("bar:1m", options=("--from", iso(first + 120), "--to", iso(first + 300)))
        self.assertEqual(out, bar_export(self.rows[2:5]))
        five = self.export("bar:5m").splitlines()
        self.assertEqual(len(five), 601)
        chunk = self.rows[:5]
        self.assertEqual(five[1].split(",")[2], plain(max(Decimal(r[2]) for r in chunk)))
        self.assertEqual(five[1].split(",")[5], plain(sum(Decimal(r[5]) for r in chunk)))

    def test_export_usage(self):
        for words, code in ((["-t", "bar"], 2), (["-i", "BTCUSDT.binance"], 2),
                            (["-i", "X.y", "-t", "bar"], 4),
                            (["-i", "BTCUSDT.binance", "-t", "bars"], 2),
                            (["-i", "BTCUSDT.binance", "-t", "trade"], 4),
                            (["-i", "BTCUSDT.binance", "-t", "bar", "--from", "x"], 2)):
            run = quoin("data", "export", self.catalog, *words)
            self.assertEqual(run.returncode, code, (words, run.stderr))
            self.assertIn("quoin: error: ", run.stderr)
            self.assertEqual(run.stdout, "")
        self.load_well(self.write("h.csv", bar_csv(bars(5, step=3600))), options=EXACT[2:])
        run = quoin("data", "export", self.catalog, "-i", "BTCUSDT.binance", "-t", "bar")
        self.assertEqual(run.returncode, 2)
        self.assertIn("bar:1m and bar:1h", run.stderr)

    def test_full_disk(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        with open("/dev/full", "w") as full:
            run = subprocess.run([QUOIN, "data", "export", self.catalog, "-i", "BTCUSDT.binance",
                                  "-t", "bar"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertIn("cannot write to standard output", run.stderr)

    def test_help(self):
        for words in (["data"], ["data", "import"], ["data", "list"], ["data", "verify"],
                      ["data", "export"]):
            run = quoin(*words, "--help")
            self.assertEqual(run.returncode, 0)
            self.assertIn("quoin " + " ".join(words), run.stdout)
            if len(words) > 1:
                self.assertIn("Examples:", run.stdout)
        self.assertEqual(quoin("data", "list").returncode, 2)
        run = quoin("data", "list", "--nonsense")
        self.assertEqual(run.returncode, 2)
        self.assertTrue(run.stderr.startswith("quoin: error: "))


if __name__ == "__main__":
    main()
