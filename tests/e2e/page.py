# SPDX-License-Identifier: MIT
"""report.html of whole runs: it is XML and HTML, one file that fetches nothing, and each value of
report.json stands on it, to the last digit, under its own name."""
import json
import random
import unittest
import xml.etree.ElementTree as ElementTree
from datetime import timedelta
from html.parser import HTMLParser

from runs import Run, bars, strategy

XHTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
CROSS = "fast = 2; slow = 4; qty = \"1\"; rule = \"level\";"


class Tags(HTMLParser):
    """What a browser sees: tags that are open and the attributes that point elsewhere."""

    def __init__(self):
        super().__init__()
        self.tags, self.links = set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [v for k, v in attrs if k in ("src", "href", "data", "action", "srcset")]


def leaves(value, path=""):
    """(path, value) of everything in a JSON object that is no object and no array."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from leaves(child, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for i, child in enumerate(value):
            yield from leaves(child, f"{path}.{i}" if path else str(i))
    else:
        yield path, value


def walk(rng, n, spread):
    price, rows = 100.0, []
    for _ in range(n):
        close = max(1.0, price * (1 + rng.uniform(-spread, spread)))
        rows.append([f"{x:.2f}" for x in (price, max(price, close), min(price, close), close)])
        price = close
    return rows


class Page(unittest.TestCase):
    def run_of(self, prices, strategies=None, step=timedelta(days=1), bar="1d", **options):
        r = Run()
        r.load("--format", "ohlcv", "--instrument", "X.v", "--bar", bar, "--tick", "0.01", "--lot",
               "0.001", "--quote", "USD", r.write("x.csv", bars(prices, step=step)))
        r.config(strategies or strategy("strategy/sma_cross", CROSS, data=f'"bar:{bar}"'),
                 data=f'"bar:{bar}"', **options)
        r.run()
        with open(r.path("out", "report.html"), encoding="utf-8", newline="") as f:
            text = f.read()
        with open(r.path("out", "report.json"), encoding="utf-8") as f:
            # numbers stay the text that they are
            result = json.load(f, parse_float=str, parse_int=str)
        return text, result

    def check(self, text, result):
        root = ElementTree.fromstring(text)
        self.assertEqual(root.tag, XHTML + "html")
        self.assertEqual(root.get("lang"), "en")
        self.assertLess(len(text.encode()), 2_000_000)
        seen = Tags()
        seen.feed(text)
        self.assertFalse(seen.tags & {"script", "link", "img", "iframe", "object", "embed"})
        self.assertEqual(seen.links, [])
        self.assertNotIn("url(", text)
        self.assertEqual(text.count("http"), text.count('xmlns="http'))
        self.check_values(root, result)
        self.check_accessible(root)
        return root

    def check_values(self, root, result):
        shown = {}
        for element in root.iter():
            if element.get("data-key"):
                shown.setdefault(element.get("data-key"), set()).add(element.get("data-value"))
        expected = {path: {"null" if value is None else str(value)}
                    for path, value in leaves(result)}
        self.assertEqual(shown, expected)
        for name in result["performance"]:
            self.assertIn(f"performance.{name}", shown)

    def check_accessible(self, root):
        ids = [e.get("id") for e in root.iter() if e.get("id")]
        self.assertEqual(len(ids), len(set(ids)))
        for svg in root.iter(SVG + "svg"):
            self.assertEqual(svg.get("role"), "img")
            names = svg.get("aria-labelledby").split()
            self.assertEqual([e.get("id") for e in svg[:2]], names)
            self.assertTrue(all(e.text for e in svg[:2]))
        for head in root.iter(XHTML + "th"):
            self.assertIn(head.get("scope"), ("row", "col"))
        levels = [int(e.tag[-1]) for e in root.iter() if e.tag in (XHTML + "h1", XHTML + "h2",
                                                                   XHTML + "h3")]
        self.assertEqual(levels[0], 1)
        self.assertEqual(levels.count(1), 1)
        self.assertTrue(all(b - a <= 1 for a, b in zip(levels, levels[1:])))

    def words(self, root):
        return " ".join(" ".join(root.itertext()).split())

    def test_two_years(self):
        root = self.check(*self.run_of(
            walk(random.Random(5), 730, 0.03), balance="10000"))
        charts = {svg.get("aria-labelledby").split("-t ")[0] for svg in root.iter(SVG + "svg")}
        for name in ("equity-chart", "drawdown-chart", "periods-chart", "histogram-chart",
                     "rolling-sharpe-chart", "rolling-volatility-chart", "exposure-chart",
                     "turnover-chart", "price-0", "mae-chart", "mfe-chart"):
            self.assertIn(name, charts)

    def test_best_and_worst_share_no_trade(self):
        text, result = self.run_of(walk(random.Random(9), 50, 0.03))
        root = self.check(text, result)
        trades = int(result["performance"]["trades"])
        rows = {}
        for table in root.iter(XHTML + "table"):
            caption = table.find(XHTML + "caption")
            if caption is not None and caption.text.split()[0] in ("Best", "Worst"):
                rows[caption.text.split()[0]] = [
                    tuple("".join(cell.itertext()) for cell in row[1:])
                    for row in table.find(XHTML + "tbody")]
        self.assertTrue(10 < trades < 20)  # fewer than there is room for
        self.assertEqual(len(rows["Best"]) + len(rows["Worst"]), trades)
        self.assertFalse(set(rows["Best"]) & set(rows["Worst"]))

    def test_no_trades(self):
        root = self.check(*self.run_of(walk(random.Random(1), 3, 0.01)))
        self.assertIn("No trades were made.", self.words(root))

    def test_one_bar(self):
        self.check(*self.run_of(walk(random.Random(1), 1, 0.01)))

    def test_one_trade(self):
        prices = [[p] * 4 for p in ("10.00", "10.00", "10.00", "10.00", "11.00", "12.00", "13.00",
                                    "9.00", "8.00", "7.00", "7.00")]
        params = 'fast = 2; slow = 4; qty = "1"; rule = "level"; mode = "long_flat";'
        root = self.check(*self.run_of(prices, strategy("strategy/sma_cross", params)))
        self.assertIn("2 fills, each with its own triangle.", self.words(root))

    def test_one_day_of_minutes(self):
        root = self.check(*self.run_of(walk(random.Random(2), 1440, 0.001),
                                       step=timedelta(minutes=1), bar="1m", sample="1h"))
        self.assertIn("06:00", self.words(root))

    def test_a_loss_of_everything(self):
        text, result = self.run_of(walk(random.Random(3), 400, 0.05), balance="20")
        self.assertEqual(result["run"]["status"], "ruined")
        self.assertIn("RUINED", self.words(self.check(text, result)))

    def test_a_name_that_would_be_markup(self):
        r = Run()
        r.load("--format", "ohlcv", "--instrument", "X.v", "--bar", "1d", "--tick", "0.01",
               "--lot", "0.001", "--quote", "USD",
               r.write("x.csv", bars(walk(random.Random(4), 40, 0.02))))
        path = r.config(strategy("strategy/sma_cross", CROSS))
        with open(path, encoding="utf-8") as f:
            config = f.read()
        r.write("run.cfg", config.replace(
            'name = "test"', 'name = "</h1><script>alert(1)</script>&amp; \u05e9\u05dc\u05d5\u05dd"'))
        r.run()
        with open(r.path("out", "report.html"), encoding="utf-8") as f:
            text = f.read()
        with open(r.path("out", "report.json"), encoding="utf-8") as f:
            result = json.load(f, parse_float=str, parse_int=str)
        root = self.check(text, result)
        self.assertEqual("".join(next(root.iter(XHTML + "h1")).itertext()), result["run"]["name"])

    def test_the_same_run_gives_the_same_page(self):
        prices = walk(random.Random(6), 200, 0.03)
        pages = []
        for _ in range(2):
            text, result = self.run_of(prices)
            root = ElementTree.fromstring(text)
            # times and paths of the process differ, pictures and figures do not
            pages.append([ElementTree.tostring(e) for e in root.iter(SVG + "svg")])
        self.assertEqual(pages[0], pages[1])


if __name__ == "__main__":
    unittest.main()
