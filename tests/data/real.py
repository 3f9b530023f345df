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
            self.assertEqual(a["ts"], iso(int(b["timestamp"]) // 1000,
                                          int(b["timestamp"]) % 1000 * 10**6))
            self.assertEqual((a["id"], a["side"]), (b["id"], b["side"]))
            self.assertEqual(Decimal(a["price"]), Decimal(b["price"]))
            self.assertEqual(Decimal(a["qty"]), Decimal(b["amount"]))

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
