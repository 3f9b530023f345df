# SPDX-License-Identifier: MIT
"""Quotes, marks and funding rates from CSV and the public archives, and the definition of an
instrument from exchangeInfo."""
import shutil

from formats import zipped, zstd
from support import *

MS = 1704067200000
HOUR = 3600000


class Series(DataTest):
    def same(self, kind, fmt, text, expected, options=(), name="x.csv"):
        shutil.rmtree(self.catalog, ignore_errors=True)
        self.load_well(self.write(name, text), fmt=fmt, options=options)
        self.assertEqual(self.export(kind).splitlines()[1:], expected)
        run = quoin("data", "verify", self.catalog)
        self.assertEqual(run.returncode, 0, run.stderr)

    def refused(self, fmt, text, said, code, options=()):
        shutil.rmtree(self.catalog, ignore_errors=True)
        run = self.load(self.write("x.csv", text), fmt=fmt, options=options, instrument="NEW.x")
        self.assertEqual(run.returncode, 4, run.stderr)
        self.assertIn(said, run.stderr)
        self.assertIn(f"[QN_E_{code}]", run.stderr)
        self.assertFalse(os.path.exists(self.catalog))

    def test_funding(self):
        rates = ["0.0001", "-0.00025", "0.000000000001", "0"]
        expected = [f"{iso_ms(MS + i * 8 * HOUR)},{r}" for i, r in enumerate(rates)]
        rows = [f"{MS + i * 8 * HOUR},{r}" for i, r in enumerate(rates)]
        for head in ("time,rate", "timestamp,funding_rate", "Date,Rate"):
            self.same("funding", "funding", "\n".join([head, *rows]), expected)
        self.same("funding", "funding", "\n".join(rows), expected,
                  ("--columns", "ts=1,rate=2"))
        wide = "\n".join(["date,open,high", *(f"{iso_ms(MS + i * 8 * HOUR)},{r},0"
                                              for i, r in enumerate(rates))])
        self.same("funding", "funding", wide, expected, ("--columns", "ts=date,rate=open"))
        self.same("funding", "funding", self.export("funding"), expected)
        three = [f"{MS + i * 8 * HOUR},8,{r}" for i, r in enumerate(rates)]
        head = "calc_time,funding_interval_hours,last_funding_rate"
        for text in ("\n".join(three), "\n".join([head, *three])):
            self.same("funding", "binance-fundingrate", text, expected)
            self.same("funding", "binance-fundingrate", zipped(text), expected, name="x.zip")
        us = "\n".join(x.replace(",8,", "000,8,") for x in three)
        self.same("funding", "binance-fundingrate", us, expected)

    def test_mark(self):
        prices = ["42000.12345678", "41999.5", "42001"]
        expected = [f"{iso_ms(MS + i * HOUR)},{p}" for i, p in enumerate(prices)]
        rows = [f"{MS + i * HOUR},{p}" for i, p in enumerate(prices)]
        for options in ((), ("--tick", "0.1", "--lot", "0.001")):
            for head in ("time,price", "timestamp,mark_price"):
                self.same("mark", "mark", "\n".join([head, *rows]), expected, options)
        self.same("mark", "mark", self.export("mark"), expected)
        wide = "\n".join(["Time,open,close", *(f"{x},1" for x in rows)])
        self.same("mark", "mark", wide, expected, ("--columns", "price=open"))
        kline = [f"{MS + i * HOUR},{p},43000,41000,42000,0,{MS + (i + 1) * HOUR - 1},0,3600,0,0,0"
                 for i, p in enumerate(prices)]
        head = ("open_time,open,high,low,close,volume,close_time,quote_volume,count,"
                "taker_buy_volume,taker_buy_quote_volume,ignore")
        for text in ("\n".join(kline), "\n".join([head, *kline])):
            self.same("mark", "binance-markprice", text, expected, ("--tick", "0.1", "--lot", "1"))

    def test_mark_of_a_known_instrument(self):
        """Its exponent stays what it is; the message says what is too fine."""
        bars_file = self.write("b.csv", bar_csv(bars(10)))
        self.load_well(bars_file, options=("--tick", "0.01", "--lot", "0.001"))
        run = self.load(self.write("m.csv", f"time,price\n{MS},1.123\n"), fmt="mark")
        self.assertEqual(run.returncode, 4)
        self.assertIn("m.csv:2: error: price 1.123 is finer than 0.01", run.stderr)

    def test_quotes(self):
        rows = [("7", "1.5", "10", "1.6", "20", MS, MS + 2),
                ("8", "1.5", "0", "1.6", "1", MS, MS + 2),
                ("9", "0", "0", "1.6", "1", MS + 1, MS + 3)]
        expected = [f"{iso_ms(t)},{b},{bq},{a},{aq}" for _, b, bq, a, aq, t, _ in rows]
        lines = [",".join(map(str, r)) for r in rows]
        head = ("update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,"
                "transaction_time,event_time")
        for text in ("\n".join(lines), "\n".join([head, *lines])):
            self.same("quote", "binance-bookticker", text, expected)
            self.same("quote", "binance-bookticker", zstd(text.encode()), expected)
        got = self.export("quote", options=("--to", iso_ms(MS + 2))).splitlines()
        self.assertEqual(len(got), 3, "a quote is known when its event was sent")
        later = f"10,1.5,1,1.6,1,{MS},{MS + 3}"  # an older transaction, told later
        self.load_well(self.write("x.csv", f"{lines[2]}\n{later}"), fmt="binance-bookticker",
                       instrument="LATER.x")
        self.refused("binance-bookticker", "\n".join([*lines, lines[2]]),
                     "a second row of id 9", "DUPLICATE")
        self.refused("binance-bookticker", "\n".join([lines[2], lines[0]]), "time goes back",
                     "ORDER")
        for bad, said in (("9,-1,1,1,1", "bid -1 is not above 0"), ("9,0,1,1,1", "bid 0 is not"),
                          ("9,1,-1,1,1", "bid_qty -1 is negative"), ("9,1,1,0,1", "ask 0 is not"),
                          ("9,1,1,1,-1", "ask_qty -1 is negative")):
            self.refused("binance-bookticker", f"{lines[0]}\n{bad},{MS},{MS + 3}", said, "RANGE")

    def test_wrong_rows(self):
        for fmt, name, head in (("funding", "rate", "time,rate"), ("mark", "price", "time,price")):
            good = f"{head}\n{MS},0.5\n"
            self.refused(fmt, f"{good}{MS},0.5\n", "x.csv:3: error: a second row of time",
                         "DUPLICATE")
            self.refused(fmt, f"{good}{MS - 1},0.5\n", "time goes back", "ORDER")
            self.refused(fmt, f"{good}{MS + 1},\n", f"{name} is empty", "SYNTAX")
            self.refused(fmt, f"{good}{MS + 1},x\n", f"{name} 'x' is not a number", "SYNTAX")
            self.refused(fmt, f"{good}{MS + 1},1,2\n", "3 fields; expected 2", "SYNTAX")
            self.refused(fmt, f"{head.replace(',', ';')}\n{MS};0.5\n", "has semicolons", "SYNTAX")
            self.refused(fmt, "time,other\n", f"no column for {name}", "MISSING")
        self.refused("funding", f"time,rate\n{MS},1.5\n", "rate 1.5 is not a fraction", "RANGE")
        self.refused("funding", f"time,rate\n{MS},1e-13\n", "is finer than", "PRECISION")
        self.refused("mark", f"time,price\n{MS},0\n", "price 0 is not above 0", "RANGE")

    def test_json_has_one_shape(self):
        """Every import lists its series."""
        run = self.load_well(self.write("x.csv", f"time,rate\n{MS},0.5\n"), fmt="funding",
                             options=("--json",))
        told = json.loads(run.stdout)
        self.assertEqual(told["series"], [{"data": "funding", "rows": 1, "from": told["from"],
                                           "to": told["to"]}])
        self.assertEqual(told["from"], told["to"])
        self.assertEqual((told["data"], told["late"]), ("funding", 0))
        self.assertEqual(sum(told["passed_over"].values()), 0)


def filters(tick, step, **notional):
    return [{"filterType": "PRICE_FILTER", "tickSize": tick, "minPrice": "0"},
            {"filterType": "LOT_SIZE", "stepSize": step, "minQty": "0.00200000", "maxQty": "500"},
            *([{"filterType": k, **v} for k, v in notional.items()])]


SPOT = {"symbols": [
    {"symbol": "ETHBTC", "baseAsset": "ETH", "quoteAsset": "BTC", "filters": []},
    {"symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT", "status": "TRADING",
     "filters": filters("0.01000000", "0.00001000", NOTIONAL={"minNotional": "5.00000000"})}]}
USDM = {"symbols": [
    {"symbol": "BTCUSDT", "contractType": "PERPETUAL", "baseAsset": "BTC", "quoteAsset": "USDT",
     "marginAsset": "USDT", "filters": filters("0.10", "0.001", MIN_NOTIONAL={"notional": "100"})}]}
COINM = {"symbols": [
    {"symbol": "BTCUSD_PERP", "contractType": "PERPETUAL", "contractSize": 100, "baseAsset": "BTC",
     "quoteAsset": "USD", "marginAsset": "BTC",
     "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.1"},
                 {"filterType": "LOT_SIZE", "stepSize": "1", "minQty": "1", "maxQty": "1000000"}]}]}


class ExchangeInfo(DataTest):
    def run_with(self, info, symbol="BTCUSDT", options=(), name="info.json"):
        text = info if isinstance(info, (str, bytes)) else json.dumps(info)
        trade = self.write("t.csv", f"ts,price,qty,side\n{MS},60000,1,buy\n")
        return self.load(trade, fmt="trades", instrument=f"{symbol}.x", into=self.path(
            f"c{len(os.listdir(self.folder.name))}"), options=(
                "--json", "--exchange-info", self.write(name, text), *options))

    def told(self, *args, **more):
        run = self.run_with(*args, **more)
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads(run.stdout)["instrument"]

    def check(self, told, **expected):
        self.assertEqual({k: told[k] for k in expected}, expected)

    def test_markets(self):
        self.check(self.told(SPOT), kind="spot", tick="0.01", lot="0.00001", min_notional="5",
                   base="BTC", quote="USDT", settle="USDT", price_exp=-2, qty_exp=-5)
        self.check(self.told(USDM), kind="linear", tick="0.1", lot="0.001", min_notional="100",
                   settle="USDT", price_exp=-1, qty_exp=-3)
        self.check(self.told(COINM, "BTCUSD_PERP"), kind="inverse", tick="0.1", lot="1",
                   contract_size="100", base="BTC", quote="USD", settle="BTC", qty_exp=0)
        fine = {"symbols": [{**SPOT["symbols"][1], "baseAssetPrecision": 8,
                             "quoteAssetPrecision": 8}]}
        self.check(self.told(fine), tick="0.01", lot="0.00001", price_exp=-8, qty_exp=-8)
        fine = {"symbols": [{**USDM["symbols"][0], "pricePrecision": 2, "quantityPrecision": 4,
                             "baseAssetPrecision": 8}]}
        self.check(self.told(fine), tick="0.1", price_exp=-2, qty_exp=-4)
        old = {"symbols": [{**SPOT["symbols"][1], "filters": filters(
            "0.01", "0.00001", MIN_NOTIONAL={"minNotional": "10.0"})}]}
        self.check(self.told(old), min_notional="10")

    def test_packed(self):
        text = json.dumps(USDM).encode()
        for data in (gzip.compress(text), zstd(text)):
            self.check(self.told(data), tick="0.1", kind="linear")

    def test_options_win(self):
        self.check(self.told(USDM, options=("--quote", "USD", "--min-notional", "7", "--kind",
                                            "spot", "--tick", "0.1000", "--lot", "1e-3",
                                            "--price-exp", "-4")),
                   quote="USD", min_notional="7", kind="spot", tick="0.1", price_exp=-4)
        round_one = {"symbols": [{**USDM["symbols"][0], "filters": filters("100", "0.001")}]}
        self.check(self.told(round_one, options=("--tick", "1e2")), tick="100")
        for options, said in ((("--tick", "0.01"), "--tick 0.01 contradicts its tickSize 0.10"),
                              (("--lot", "1"), "--lot 1 contradicts its stepSize 0.001")):
            run = self.run_with(USDM, options=options)
            self.assertEqual(run.returncode, 2)
            self.assertIn(said, run.stderr)
            self.assertIn("[QN_E_INVALID]", run.stderr)

    @staticmethod
    def changed(**members):
        return json.dumps({"symbols": [{**USDM["symbols"][0], **members}]})

    def test_wrong(self):
        for info, symbol, said, status in (
                (USDM, "BTCUSTD", "no symbol BTCUSTD among its 1 (did you mean BTCUSDT?)", 2),
                (SPOT, "XYZ", "no symbol XYZ among its 2", 2),
                ("{}", "BTCUSDT", 'it has no array "symbols"', 2),
                ("[]", "BTCUSDT", 'it has no array "symbols"', 2),
                ('{"symbols":[1,{"symbol":2}]}', "BTCUSDT", "no symbol BTCUSDT among its 0", 2),
                ("rubbish", "BTCUSDT", "no JSON at byte 1", 2),
                (json.dumps(USDM)[:-9], "BTCUSDT", "it ends too early", 2),
                (json.dumps(USDM) + "\n}", "BTCUSDT", "text follows the JSON at byte", 2),
                (self.changed(filters=None), "BTCUSDT", '"filters": expected an array', 2),
                (self.changed(filters={}), "BTCUSDT", '"filters": expected an array', 2),
                (self.changed(baseAsset=""), "BTCUSDT", '"baseAsset": expected a text', 2),
                (self.changed(filters=filters(None, "0.001")), "BTCUSDT",
                 '"tickSize": expected a text or a number', 2),
                (self.changed(filters=filters("0." + "0" * 60 + "1", "0.001")), "BTCUSDT",
                 '"tickSize": expected a text or a number', 2),
                (gzip.compress(json.dumps(USDM).encode())[:-9], "BTCUSDT", "gzip", 4)):
            run = self.run_with(info, symbol)
            self.assertEqual(run.returncode, status, run.stderr)
            self.assertIn("--exchange-info ", run.stderr)
            self.assertIn(said, run.stderr)
        run = self.load(self.path("t.csv"), fmt="trades",
                        options=("--exchange-info", self.path("nowhere")))
        self.assertEqual(run.returncode, 4)
        self.assertIn("[QN_E_NOT_FOUND]", run.stderr)


if __name__ == "__main__":
    main()
