# SPDX-License-Identifier: MIT
"""Captured messages of Binance, made up from a seed, and what a catalog must hold of them."""
import json
import random

from support import iso_ms, iso_ns, plain

START_MS = 1720000000000


def compact(value):
    return json.dumps(value, separators=(",", ":"))


class Capture:
    """Messages of one symbol of the USD-M futures, with receive times in ns. `rows` are what
    data export must print of each type, without head."""

    def __init__(self, n, seed=1, symbol="BTCUSDT", start_ms=START_MS):
        self.rng = random.Random(seed)
        self.symbol = symbol
        self.ms = start_ms
        self.lines = []
        self.rows = {"trade": [], "quote": [], "depth": [], "mark": [], "index": [],
                     "liquidation": []}
        self.update = self.trade = 1000 + seed
        makers = (self.snapshot, self.depth, self.quote, self.trades, self.mark, self.force)
        for i in range(n):
            self.ms += self.rng.randint(0, 400)
            makers[i if i < len(makers) else self.rng.randrange(1, len(makers))]()

    def text(self):
        return "".join(f"{line}\n" for line in self.lines)

    def recv(self):
        return self.ms * 10**6 + 123456

    def say(self, stream, data):
        body = {"stream": f"{self.symbol.lower()}@{stream}", "data": data} if stream else data
        self.lines.append(f"{self.recv()} {compact(body)}")

    def price(self):
        return f"{self.rng.randint(600000, 610000) / 10:.2f}"

    def levels(self, most):
        return [[self.price(), f"{self.rng.choice([0, self.rng.randint(1, 9999)]) / 1000:.3f}"]
                for _ in range(self.rng.randint(0, most))]

    def book(self, kind, first, last, prev, bids, asks):
        head = (iso_ms(self.ms - 3), iso_ns(self.recv()), first, last, prev, kind)
        levels = [("bid", *x) for x in bids] + [("ask", *x) for x in asks]
        for side, price, qty in levels or [("bid", "0", "0")]:
            self.rows["depth"].append(",".join(map(str, (*head, side, plain(price), plain(qty)))))

    def snapshot(self):
        bids, asks = self.levels(20), self.levels(20)
        self.say(None, {"lastUpdateId": self.update, "E": self.ms, "T": self.ms - 3, "bids": bids,
                        "asks": asks})
        self.book("snapshot", self.update, self.update, 0, bids, asks)

    def depth(self):
        prev, first = self.update, self.update + 1
        self.update += self.rng.randint(1, 9)
        bids, asks = self.levels(4), self.levels(4)
        self.say("depth@100ms", {"e": "depthUpdate", "E": self.ms, "T": self.ms - 3,
                                 "s": self.symbol, "U": first, "u": self.update, "pu": prev,
                                 "b": bids, "a": asks})
        self.book("delta", first, self.update, prev, bids, asks)

    def quote(self):
        self.update += 1
        bid, ask = sorted((self.price(), self.price()))
        self.say("bookTicker", {"e": "bookTicker", "u": self.update, "s": self.symbol, "b": bid,
                                "B": "1.500", "a": ask, "A": "0.025", "T": self.ms - 3,
                                "E": self.ms})
        self.rows["quote"].append(f"{iso_ms(self.ms - 3)},{plain(bid)},1.5,{plain(ask)},0.025")

    def trades(self):
        self.trade += 1
        price, maker = self.price(), self.rng.random() < 0.5
        self.say("trade", {"e": "trade", "E": self.ms, "T": self.ms - 3, "s": self.symbol,
                           "t": self.trade, "p": price, "q": "0.010", "X": "MARKET", "m": maker})
        self.rows["trade"].append(f"{iso_ms(self.ms - 3)},{self.trade},{plain(price)},0.01,"
                                  f"{'sell' if maker else 'buy'}")

    def mark(self):
        self.ms += 1
        price, index = self.price() + "345678", self.price() + "000001"
        self.say("markPrice@1s", {"e": "markPriceUpdate", "E": self.ms, "s": self.symbol,
                                  "p": price, "P": price, "i": index, "r": "0.00010000",
                                  "T": self.ms + 3600000})
        self.rows["mark"].append(f"{iso_ms(self.ms)},{plain(price)}")
        self.rows["index"].append(f"{iso_ms(self.ms)},{plain(index)}")

    def force(self):
        price = self.price()
        self.say("forceOrder", {"e": "forceOrder", "E": self.ms,
                                "o": {"s": self.symbol, "S": "SELL", "o": "LIMIT", "f": "IOC",
                                      "q": "0.200", "p": price, "ap": "1.00", "X": "FILLED",
                                      "l": "0.100", "z": "0.200", "T": self.ms - 3}})
        self.rows["liquidation"].append(f"{iso_ms(self.ms - 3)},0,{plain(price)},0.2,sell")


HEADS = {"trade": "ts,id,price,qty,side", "quote": "ts,bid,bid_qty,ask,ask_qty",
         "depth": "ts,recv_ts,first_update_id,update_id,prev_update_id,kind,side,price,qty",
         "mark": "ts,price", "index": "ts,price", "liquidation": "ts,id,price,qty,side"}
