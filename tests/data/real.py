# SPDX-License-Identifier: MIT
"""Real files, imported and exported again: every value equal, exactly. Skipped without them."""
from support import *

NOISE = Decimal(2) ** -50

# file, name of its time column, options, bar
BARS = [
    *((("bars", f"binance_spot_adausdt_{n}_2020.csv.gz"), "timestamp", (), n)
      for n in ("1m", "3m", "5m", "15m", "1h", "4h", "1d")),
    *((("bars", f"binance_spot_{s}usdt_4h_2024.csv"), "timestamp", (), "4h")
      for s in ("btc", "eth", "sol", "bnb")),
    (("bars", "binance_spot_btcusdt_1m_202604.csv.gz"), "timestamp", (), "1m"),
    (("bars", "btcperp_1m_first_half.csv.gz"), "timestamp", ("--price-exp", "-4"), "1m"),
    (("bars", "freqtrade_XRP_USDT_USDT-5m-futures.csv"), "date",
     ("--tick", "0.000000001", "--lot", "0.000001"), "5m"),
    (("bars", "freqtrade_XRP_USDT_USDT-1h-futures.csv"), "date", (), "1h"),
    (("bars", "freqtrade_XRP_USDT_USDT-8h-mark.csv"), "date", (), "8h"),
    (("daily", "GOOG.csv"), "", ("--bar", "1d", "--tick", "0.01", "--lot", "1"), "1d"),
    (("daily", "sp500_2000.csv.gz"), "date", ("--bar", "1d"), "1d"),
]


def instant(text):
    """Nanoseconds, from any form of these files; by other means than ours."""
    try:
        number = Decimal(text)
    except ArithmeticError:
        text = text.replace("Z", "+00:00").replace(" ", "T")
        when = datetime.fromisoformat(text)
        when = when if when.tzinfo else when.replace(tzinfo=timezone.utc)
        return int(when.timestamp()) * 10**9 + when.microsecond * 1000
    return int(number * 10**9 if number < 10**11 else number * 10**6)


CAPTURES = [
    ("usdm_btcusdt_20240718.gz", "BTCUSDT", "linear", "0.1", "0.001"),
    ("usdm_btcusdt_20240719.gz", "BTCUSDT", "linear", "0.1", "0.001"),
    ("usdm_ethusdt_20240718.gz", "ETHUSDT", "linear", "0.01", "0.001"),
    ("usdm_ethusdt_20240719.gz", "ETHUSDT", "linear", "0.01", "0.001"),
    ("usdm_btcusdt_20230404.dat.gz", "BTCUSDT", "linear", "0.1", "0.001"),
    ("cm_btcusd_perp_20240808.gz", "BTCUSD_PERP", "inverse", "0.1", "1"),
    ("spot_btcusdt_20240808.gz", "BTCUSDT", "spot", "0.01", "0.000001"),
]
ORDER = ("trade", "quote", "depth", "mark", "index", "liquidation")
NORMAL = {"trade": "trade", "book_change": "depth", "book_ticker": "quote",
          "derivative_ticker": "mark", "liquidation": "liquidation"}


def unpack(source):
    """The text of a .zst file by the command of that name, or None."""
    try:
        return subprocess.run(["zstd", "-dc", source], capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def read_capture(source, symbol=None):
    """The rows that export must print, by type."""
    rows = {k: [] for k in ORDER}
    opener = gzip.open if source.endswith(".gz") else open
    with opener(source, "rt") as f:
        for text in f:
            recv, body = text.split(" ", 1)
            recv = int(recv) * 10**(19 - len(recv))
            message = json.loads(body)
            data = message.get("data", message)
            if symbol and data.get("s", data.get("symbol")) != symbol:
                continue
            times = [data[k] for k in ("T", "E") if k in data]
            read_message(rows, data, recv, times[0] * 10**6 if times else recv)
    return rows


def read_message(rows, m, recv, venue):
    ts = iso_ns(venue)
    event = m.get("e", "book" if "lastUpdateId" in m else "bookTicker")
    if event in ("trade", "aggTrade"):
        side = "sell" if m["m"] else "buy"
        number = m["t" if event == "trade" else "a"]
        rows["trade"].append(f"{ts},{number},{plain(m['p'])},{plain(m['q'])},{side}")
    elif event == "bookTicker":
        rows["quote"].append(",".join((ts, *(plain(m[k]) for k in "bBaA"))))
    elif event == "markPriceUpdate":
        ts = iso_ms(m["E"])
        rows["mark"].append(f"{ts},{plain(m['p'])}")
        rows["index"].append(f"{ts},{plain(m['i'])}")
    elif event in ("book", "depthUpdate"):
        is_book = event == "book"
        ids = (m["lastUpdateId"],) * 2 + (0,) if is_book else (m["U"], m["u"], m.get("pu", 0))
        head = (ts, iso_ns(recv), *ids, "snapshot" if is_book else "delta")
        for side, levels in (("bid", m["bids" if is_book else "b"]),
                             ("ask", m["asks" if is_book else "a"])):
            for price, qty in levels:
                rows["depth"].append(",".join(map(str, (*head, side, plain(price), plain(qty)))))


class Real(DataTest):
    def close_to(self, ours, theirs, what):
        """Equal, or apart by less than the noise of a double."""
        ours, theirs = Decimal(ours), Decimal(theirs)
        self.assertLessEqual(abs(ours - theirs), NOISE * abs(theirs), what)

    def test_bars(self):
        done = 0
        for path, time, options, length in BARS:
            source = shared(*path)
            if not source:
                continue
            done += 1
            with self.subTest(file=path[-1]):
                name = f"T{done}.x"
                self.load_well(source, instrument=name, options=options)
                ours = list(csv.DictReader(io.StringIO(self.export(f"bar:{length}", name))))
                theirs = [{k.lower(): v for k, v in row.items()} for row in read_rows(source)]
                self.assertEqual(len(ours), len(theirs))
                for a, b in zip(ours, theirs):
                    self.assertEqual(instant(a["ts"][:19] + "Z"), instant(b[time]))
                    for key in ("open", "high", "low", "close", "volume"):
                        self.close_to(a[key], b[key], (path[-1], b))
        if not done:
            self.skipTest("no real data here")
        run = quoin("data", "verify", self.catalog)
        self.assertEqual(run.returncode, 0, run.stderr)
        print(f"{done} files of bars")

    def test_trades(self):
        source = shared("market", "freqtrade_XRP_ETH-trades.csv.gz")
        if not source:
            self.skipTest("no real data here")
        self.load_well(source, fmt="trades", instrument="XRPETH.binance",
                       options=("--tick", "0.00000001", "--lot", "1"))
        ours = list(csv.DictReader(io.StringIO(self.export("trade", "XRPETH.binance"))))
        theirs = read_rows(source)
        self.assertEqual(len(ours), len(theirs))
        for a, b in zip(ours, theirs):
            self.assertEqual(a["ts"], iso_ms(int(b["timestamp"])))
            self.assertEqual((a["id"], a["side"]), (b["id"], b["side"]))
            self.assertEqual(Decimal(a["price"]), Decimal(b["price"]))
            self.assertEqual(Decimal(a["qty"]), Decimal(b["amount"]))

    def values(self, kind, name, *columns):
        """Exported rows, as decimals but for `ts`."""
        rows = csv.DictReader(io.StringIO(self.export(kind, name)))
        return [(row["ts"], *(Decimal(row[c]) for c in columns)) for row in rows]

    def test_funding_and_marks(self):
        """The rate, or price, stands in the column `open` of these files."""
        done = 0
        for path, fmt, value in (("8h-funding_rate", "funding", "rate"), ("8h-mark", "mark", "price"),
                                 ("1h-mark", "mark", "price")):
            source = shared("bars", f"freqtrade_XRP_USDT_USDT-{path}.csv")
            if not source:
                continue
            done += 1
            name = f"XRPUSDT.f{done}"
            self.load_well(source, fmt=fmt, instrument=name,
                           options=("--columns", f"ts=date,{value}=open"))
            ours, theirs = self.values(fmt, name, value), read_rows(source)
            self.assertEqual(len(ours), len(theirs))
            for (ts, price), row in zip(ours, theirs):
                self.assertEqual(ts, iso_ns(instant(row["date"])))
                self.close_to(price, row["open"], (path, row))
        if not done:
            self.skipTest("no real data here")
        run = quoin("data", "verify", self.catalog)
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_daily_prices(self):
        """Files of closes alone: each series is a mark."""
        source = shared("daily", "skfolio_sp500_dataset.csv.gz")
        if not source:
            self.skipTest("no real data here")
        rows = read_rows(source)
        for ticker in ("AAPL", "XOM"):
            self.load_well(source, fmt="mark", instrument=f"{ticker}.x",
                           options=("--columns", f"price={ticker}", "--quote", "USD"))
            theirs = [(f"{r['Date'][:10]}T00:00:00.000000000Z", r[ticker]) for r in rows]
            ours = self.values("mark", f"{ticker}.x", "price")
            self.assertEqual(len(ours), len(theirs))
            for (ts, price), (date, said) in zip(ours, theirs):
                self.assertEqual(ts, date)
                self.close_to(price, said, date)

    def test_captures(self):
        """Every message of every capture, read by other means than ours."""
        done = 0
        for name, symbol, kind, price, qty in CAPTURES:
            source = shared("market", name)
            if not source:
                continue
            done += 1
            with self.subTest(file=name):
                instrument = f"{symbol}.c{done}"
                run = self.load_well(source, fmt="binance-raw", instrument=instrument, options=(
                    "--kind", kind, "--tick", price, "--lot", qty, "--json"))
                told = json.loads(run.stdout)
                self.assertEqual((told["skipped"], told["late"]), (0, 0))
                theirs = read_capture(source)
                self.assertEqual([s["data"] for s in told["series"]],
                                 [k for k in ORDER if theirs[k]])
                for what in ORDER:
                    if not theirs[what]:
                        continue
                    head, *ours = self.export(what, instrument).splitlines()
                    self.same_rows(ours, theirs[what], head)
        if not done:
            self.skipTest("no real data here")
        run = quoin("data", "verify", self.catalog)
        self.assertEqual(run.returncode, 0, run.stderr)
        print(f"{done} captures")

    def test_captures_of_two_days(self):
        """Two files of one capture make one series without a gap."""
        sources = [shared("market", f"usdm_btcusdt_202407{d}.gz") for d in (18, 19)]
        if not all(sources):
            self.skipTest("no real data here")
        self.load_well(*reversed(sources), fmt="binance-raw")
        theirs = [read_capture(source)["depth"] for source in sources]
        self.same_rows(self.export("depth").splitlines()[1:], theirs[0] + theirs[1])

    def test_frames(self):
        """Messages of each kind and year, against their published normal form."""
        frames = shared("frames", "tardis_binance_futures.jsonl")
        if not frames:
            self.skipTest("no real data here")
        with open(frames) as f:
            pairs = [json.loads(line) for line in f]
        done = 0
        for pair in pairs:
            for normal in pair["normalized"] or []:
                kind = NORMAL.get(normal["type"])
                event = pair["raw"]["data"].get("e")
                if not kind or event in ("24hrTicker", None):
                    continue
                done += 1
                name = f"{normal['symbol']}.n{done}"
                self.load_well(self.write("x", json.dumps(pair["raw"])), fmt="binance-raw",
                               instrument=name)
                self.check_frame(kind, normal, name)
        self.assertGreaterEqual(done, 8)

    def check_frame(self, kind, normal, name):
        if kind == "mark":
            for key, what in (("markPrice", "mark"), ("indexPrice", "index")):
                if normal[key] is None:
                    continue
                (ts, price), = self.values(what, name, "price")
                self.assertEqual(price, Decimal(str(normal[key])))
                self.assertEqual(ts[:23], normal["timestamp"][:23])
            return
        rows = list(csv.DictReader(io.StringIO(self.export(kind, name))))
        if kind == "depth":
            theirs = [(side, x["price"], x["amount"]) for side, key in
                      (("bid", "bids"), ("ask", "asks")) for x in normal[key]]
            self.assertEqual([(r["side"], float(r["price"]), float(r["qty"])) for r in rows], theirs)
            self.assertEqual(rows[0]["recv_ts"][:23], normal["timestamp"][:23])
        elif kind == "quote":
            for ours, key in (("bid", "bidPrice"), ("bid_qty", "bidAmount"), ("ask", "askPrice"),
                              ("ask_qty", "askAmount")):
                self.assertEqual(float(rows[0][ours]), normal[key])
        else:
            self.assertEqual((float(rows[0]["price"]), float(rows[0]["qty"]), rows[0]["side"]),
                             (normal["price"], normal["amount"], normal["side"]))
            self.assertEqual(rows[0]["ts"][:23], normal["timestamp"][:23])
            self.assertEqual(rows[0]["id"], normal["id"] or "0")

    def test_public_frames(self):
        frames = shared("frames", "binance_usdm_public_frames.jsonl")
        if not frames:
            self.skipTest("no real data here")
        for symbol, kind, row in (
                ("BTCUSDT", "trade", "2026-08-08T06:51:24.471000000Z,3404749954,64990.9,0.002,sell"),
                ("BTCUSDT", "mark", "2026-08-08T06:51:24.000000000Z,64991.37858696"),
                ("BTCUSDT", "index", "2026-08-08T06:51:24.000000000Z,65016.05673913"),
                ("STGUSDT", "liquidation", "2026-08-08T07:02:36.607000000Z,0,0.1336,5,sell"),
                ("ETHUSDT", "liquidation", "2025-02-04T09:30:34.384000000Z,0,2694.06,0.036,sell"),
                ("IOTXUSDT", "liquidation", "2021-10-19T14:26:39.180000000Z,0,0.06606,3661,sell")):
            if not os.path.exists(os.path.join(self.catalog, f"{symbol}.x")):
                self.load_well(frames, fmt="binance-raw", instrument=f"{symbol}.x")
            self.assertEqual(self.export(kind, f"{symbol}.x").splitlines()[1:], [row])

    def test_recorded_exchange_info(self):
        """Of a recording by another program: its exchangeInfo, books and messages."""
        source = shared("market", "cryptofeed_BINANCE_FUTURES.jsonl.zst")
        unpacked = source and unpack(source)
        if not unpacked:
            self.skipTest("no real data, or no zstd, here")
        info, lines = None, []
        for record in map(json.loads, unpacked.splitlines()):
            if record["t"] == "http" and "exchangeInfo" in record["url"]:
                info = record["data"]
            elif record["t"] == "http" and "depth?symbol=SUSHIUSDT" in record["url"]:
                book = dict(json.loads(record["data"]), symbol="SUSHIUSDT")
                lines.append((record["ts"], json.dumps(book)))
            elif record["t"] == "recv":
                lines.append((record["ts"], record["data"]))
        text = "".join(f"{int(Decimal(str(ts)) * 10**9)} {data}\n" for ts, data in sorted(lines))
        run = self.load_well(self.write("x", text), fmt="binance-raw", instrument="SUSHIUSDT.x",
                             options=("--exchange-info", self.write("info", info), "--json"))
        told = json.loads(run.stdout)
        self.assertEqual((told["instrument"]["tick"], told["instrument"]["lot"],
                          told["instrument"]["kind"]), ("0.001", "1", "linear"))
        theirs = read_capture(self.path("x"), "SUSHIUSDT")
        for what in ORDER:
            if theirs[what]:
                self.same_rows(self.export(what, "SUSHIUSDT.x").splitlines()[1:], theirs[what])
        self.assertGreater(told["passed_over"]["other_symbols"], 500)
        run = quoin("data", "verify", self.catalog)
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_a_mark_file_is_no_bar_file(self):
        source = shared("bars", "freqtrade_XRP_USDT_USDT-1h-mark.csv")
        if not source:
            self.skipTest("no real data here")
        run = self.load(source, options=("--tick", "0.00001", "--lot", "1"))
        self.assertEqual(run.returncode, 4)
        self.assertIn("1h-mark.csv:2: error: volume is empty", run.stderr)

    def test_bars_of_coarser_length(self):
        """The exchange's own 5m candles are what its 1m candles add up to."""
        minute = shared("bars", "binance_spot_adausdt_1m_2020.csv.gz")
        five = shared("bars", "binance_spot_adausdt_5m_2020.csv.gz")
        if not minute or not five:
            self.skipTest("no real data here")
        steps = ("--tick", "0.00001", "--lot", "0.1")
        self.load_well(minute, instrument="M.x", options=steps)
        self.load_well(five, instrument="F.x", options=steps)
        built = self.export("bar:5m", "M.x").splitlines()[2:-1]  # complete ones
        theirs = set(self.export("bar:5m", "F.x").splitlines())
        overlapping = [b for b in built if b[:19] in {t[:19] for t in theirs}]
        self.assertGreaterEqual(len(overlapping), 90)
        wrong = [b for b in overlapping if b not in theirs]
        self.assertLessEqual(len(wrong), 1, wrong)  # the file's last candle is incomplete


if __name__ == "__main__":
    main()
