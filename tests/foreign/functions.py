# SPDX-License-Identifier: MIT
"""Functions of libraries as features: what they are computed of, who reads them, what is refused."""
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import unittest
from datetime import timedelta

import runs
from support import BUILD, quoin

OWN = os.path.join(BUILD, "tests", "own.so")
BARS = 600


def walk(seed, n):
    rng, rows, close = random.Random(seed), [], 10000
    for _ in range(n):
        open_ = close
        close = max(500, close + rng.randint(-60, 60))
        rows.append((open_ / 100, (max(open_, close) + rng.randint(0, 20)) / 100,
                     (min(open_, close) - rng.randint(0, 20)) / 100, close / 100))
    return rows


def function(name, symbol, signature, args, library=OWN, more=""):
    return (f'{{ name = "{name}"; library = "{library}"; symbol = "{symbol}"; '
            f'signature = "{signature}"; args = ( {args} ); {more} }}')


SD = function("sd", "gsl_stats_sd", "f64(f64[],u64,u64)", '"close:60", 1, 60', "libgsl.so.27")
UNIT = function("unit", "relative_sd", "f64(f64[],i32)", '"close:60", 60')


class Book(runs.Run):
    """Two instruments of one-minute bars, a strategy that reads a function, a log of features."""

    def __init__(self, n=BARS):
        super().__init__()
        self.rows = {}
        for k, name in enumerate("XY"):
            self.rows[name] = walk(k + 1, n)
            path = self.write(f"{name}.csv", runs.bars(self.rows[name], step=timedelta(minutes=1)))
            self.load("--format", "ohlcv", "--instrument", f"{name}.v", "--bar", "1m", "--tick",
                      "0.01", "--lot", "0.001", "--quote", "USD", path)

    def configure(self, *functions, data='"bar:1m"', volatility="fn.unit", extra="", bars="bar:5m",
                  types="feature"):
        reads = f'volatility = "{volatility}";' if volatility else ""
        self.config(
            f'{{ id = "trend"; plugin = "strategy/trend_following"; route = "portfolio"; '
            f'instruments = [ "X.v", "Y.v" ]; data = [ "{bars}" ]; params = {{ {reads} }}; }}',
            instruments='"X", "Y"', data=data, extra=f'''
functions = ( {", ".join(functions)} );
optimizer = {{ plugin = "optimizer/equal_weight"; rebalance = "1h"; }};
sinks = ( {{ id = "log"; plugin = "sink/jsonl"; params = {{ path = "log.jsonl";
            types = "{types}"; }}; }}, {{ id = "kill"; plugin = "sink/kill";
            params = {{ armed = "armed"; }}; }} );
{extra}''')
        return self

    def features(self, *args, expect=0):
        """Runs it: {(feature, instrument): [value, ...]}, and the result."""
        if os.path.exists(self.path("log.jsonl")):
            os.unlink(self.path("log.jsonl"))
        result = self.run(*args, expect=expect)
        found = {}
        with open(self.path("log.jsonl"), encoding="utf-8") as f:
            for record in map(json.loads, f):
                if record["type"] == "feature":
                    found.setdefault((record["feature"], record["instrument"]), []).append(record)
        return found, result

    def mistake(self, *functions, part, code=2, args=()):
        self.configure(*functions, volatility="")
        done = quoin("run", self.path("run.cfg"), "--quiet", *args)
        assert done.returncode == code, (done.returncode, done.stderr)
        assert part in done.stderr, done.stderr
        return done.stderr


def values(records):
    return [r["value"] for r in records]


class Functions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.book = Book()

    def closes(self, name):
        return [row[3] for row in self.book.rows[name]]

    # ---- what they compute

    def test_gsl_equals_a_direct_computation(self):
        self.book.configure(SD, volatility="")
        found, result = self.book.features()
        for name in "XY":
            closes = self.closes(name)
            want = [statistics.stdev(closes[i - 59:i + 1]) for i in range(59, BARS)]
            got = values(found["fn.sd", f"{name}.v"])
            self.assertEqual(len(got), len(want))
            for a, b in zip(got, want):
                self.assertTrue(math.isclose(a, b, rel_tol=1e-9), (a, b))
        self.assertEqual(result["engine"]["features"], 2 * (BARS - 59))
        self.assertEqual([(f["name"], f["library"], f["symbol"], f["signature"], len(f["sha256"]))
                          for f in result["functions"]],
                         [("sd", "libgsl.so.27", "gsl_stats_sd", "f64(f64[],u64,u64)", 64)])

    def test_own_library(self):
        self.book.configure(
            function("oldest", "spoil", "f64(f64[],u64)", '"close:7", 7'),
            function("again", "spoil", "f64(f64[],u64)", '"volume:3", 3'),
            function("bar", "of_bar", "f64(f64,f64,f64,f64,f64)",
                     '"open", "high", "low", "close", "volume"'),
            function("up", "direction", "i8(f64,f64)", '"open", "close"'),
            function("scaled", "scaled", "f64(f64,str,i16,f32)", '"close", "down", -4, 0.25'),
            function("none", "nothing", "u64()", ""), volatility="")
        found, result = self.book.features()
        for name in "XY":
            rows, closes = self.book.rows[name], self.closes(name)

            def got(feature):
                return values(found["fn." + feature, f"{name}.v"])

            self.assertEqual(got("oldest"), closes[:BARS - 6])
            self.assertEqual(got("again"), [1000.0] * (BARS - 2))
            for a, (o, h, l, c) in zip(got("bar"), rows):
                self.assertTrue(math.isclose(a, o + 2 * h + 3 * l + 4 * c + 1), a)
            self.assertEqual(got("up"), [(c > o) - (c < o) for o, _, _, c in rows])
            self.assertIn(-1, got("up"))
            self.assertEqual(got("scaled"), [c / -4 + 0.25 for c in closes])
            self.assertEqual(got("none"), [float(2**64)] * BARS)
        with open(OWN, "rb") as f:
            import hashlib
            self.assertEqual(result["functions"][0]["sha256"], hashlib.sha256(f.read()).hexdigest())
        with open(self.book.path("out", "manifest.json"), encoding="utf-8") as f:
            self.assertEqual(json.load(f)["functions"], result["functions"])

    def test_which_bars(self):
        """Those it asks for, or the shortest that are read; each instrument has its own window."""
        self.book.configure(
            function("short", "mean", "f64(f64[],i32)", '"close:2", 2'),
            function("five", "mean", "f64(f64[],i32)", '"close:2", 2',
                     more='bar = "5m"; instruments = [ "Y.v" ];'), volatility="", bars="bar:15m")
        found, _ = self.book.features()
        self.assertNotIn(("fn.five", "X.v"), found)
        closes = self.closes("Y")
        self.assertEqual(values(found["fn.short", "Y.v"]),
                         [(a + b) / 2 for a, b in zip(closes, closes[1:])])
        fives = closes[4::5]
        self.assertEqual(values(found["fn.five", "Y.v"]),
                         [(a + b) / 2 for a, b in zip(fives, fives[1:])])

    def test_what_is_not_finite_is_not_published(self):
        self.book.configure(function("below", "below", "f64(f64,f64)", '"close", 100.0'),
                            volatility="")
        found, result = self.book.features()
        counts = 0
        for name in "XY":
            good = [c for c in self.closes(name) if c < 100]
            self.assertEqual(values(found.get(("fn.below", f"{name}.v"), [])), good)
            counts += BARS - len(good)
        self.assertGreater(counts, 0)
        self.assertEqual(result["engine"]["functions_not_finite"], counts)

    def test_a_value_that_fails_leaves_none_behind(self):
        """The one before it is stale: a strategy that reads it does nothing, as before the first."""
        self.book.configure(
            function("unit", "below", "f64(f64,f64)", '"close", 1.0'), bars="bar:1m")
        none = self.book.run()
        self.assertEqual(none["orders"]["submitted"], 0)
        closes = self.closes("X") + self.closes("Y")
        self.book.configure(
            function("unit", "below", "f64(f64,f64)", f'"close", {min(closes) + 0.05}'),
            bars="bar:1m", types="output")
        self.book.run()
        with open(self.book.path("log.jsonl"), encoding="utf-8") as f:
            outputs = [r for r in map(json.loads, f) if r["type"] == "output"]
        few = sum(c < min(closes) + 0.05 for c in closes)
        self.assertLessEqual(len(outputs), few)

    # ---- who reads them

    def test_strategies_read_them_as_features_of_models(self):
        self.book.configure(UNIT)
        found, result = self.book.features()
        self.assertGreater(result["fills"]["count"], 10)
        other = self.book.features("--set", 'functions.unit.args=("close:30", 30)')[1]
        self.assertNotEqual(result["decision_hash"], other["decision_hash"])
        done = quoin("check", self.book.path("run.cfg"), "--lookahead", "--determinism")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_warm_up_knows_the_length(self):
        self.book.configure(UNIT, extra='warmup = "auto";')
        found, _ = self.book.features("--from", "2024-01-01T03:00:00Z")
        records = found["fn.unit", "X.v"]
        closes = self.closes("X")
        at = {r["ts"]: r["value"] for r in records}
        first = [r for r in records if r["ts"] > "2024-01-01T03:00:30"][0]
        self.assertEqual(first["ts"][:19], "2024-01-01T03:01:00")
        window = closes[180 - 59:181]
        self.assertTrue(math.isclose(first["value"], statistics.stdev(window) / window[-1]))
        self.assertGreater(len(at), 400)
        # without it the 60th bar of the run has the first one
        found, _ = self.book.features("--from", "2024-01-01T03:00:00Z", "--set", "warmup=off")
        self.assertEqual(found["fn.unit", "X.v"][0]["ts"][:19], "2024-01-01T04:00:00")

    def test_warm_up_is_the_functions_own(self):
        """With nobody else who asks for history."""
        self.book.config(runs.strategy("strategy/buy_and_hold", 'qty = "1";', data='"bar:1m"'),
                         data='"bar:1m"', extra=f'''warmup = "auto"; functions = ( {UNIT} );
sinks = ( {{ id = "log"; plugin = "sink/jsonl"; params = {{ path = "log.jsonl"; }}; }} );''')
        found, _ = self.book.features("--from", "2024-01-01T03:00:00Z")
        self.assertEqual(found["fn.unit", "X.v"][0]["ts"][:19], "2024-01-01T03:01:00")

    # ---- again

    STORE = 'store = { path = "store"; durability = "group"; snapshot_every = 300; };'
    SYNC = STORE.replace("group", "sync")  # what a sink is given is on disk, snapshots and all

    def fresh(self, extra="", store=STORE):
        self.book.configure(UNIT, function("below", "below", "f64(f64,f64)", '"close", 100.0'),
                            extra=store + extra)
        shutil.rmtree(self.book.path("store"), ignore_errors=True)

    def test_replay_is_equal(self):
        self.fresh()
        result = self.book.run()
        done = quoin("journal", "replay", self.book.path("store"), "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["decision_hash"], result["decision_hash"])
        done = quoin("report", self.book.path("store"), "--into", self.book.path("again"), "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["functions"], result["functions"])

    def test_a_killed_run_goes_on_with_its_windows(self):
        """From a snapshot in the middle of the windows: features and counts are those of the whole."""
        self.book = Book(6000)
        self.fresh()
        whole = self.book.run()
        for seq in (8000, 11000):
            self.fresh(store=self.SYNC)
            self.book.write("armed", str(seq))
            self.book.run(expect=-9)
            done = quoin("run", self.book.path("run.cfg"), "--resume", "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("were booked again from the journal", done.stderr)  # there was a snapshot
            result = json.loads(done.stdout)
            for key in ("decision_hash", "ledger_hash", "orders", "accounts"):
                self.assertEqual(result[key], whole[key], (seq, key))
            for key in ("features", "functions_not_finite"):
                self.assertEqual(result["engine"][key], whole["engine"][key], (seq, key))

    def test_another_library_is_another_run(self):
        self.fresh()
        copy = self.book.path("copy.so")
        shutil.copy(OWN, copy)
        self.book.configure(UNIT.replace(OWN, "./copy.so"), extra=self.STORE)
        self.book.write("armed", "700")
        self.book.run(expect=-9)
        with open(copy, "ab") as f:
            f.write(b"\0")
        done = quoin("run", self.book.path("run.cfg"), "--resume", "--quiet")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("is not the one that the run was begun with", done.stderr)

    # ---- what is refused

    def test_mistakes_have_a_line(self):
        book = self.book
        cases = [
            (function("f", "no_such", "f64()", ""), "has no function 'no_such'"),
            (function("f", "a_table", "f64()", ""), "is data, expected a function"),
            (function("f", "mean", "f64()", "", "libnone.so.9"), "does not load libnone.so.9, a name without a slash"),
            (function("f", "mean", "f64()", "", "./none.so"), "there is no file"),
            (function("f", "mean", "f64(f64[],i33)", '"close:9", 9'), "column 11: found 'i33'"),
            (function("f", "mean", "f64(f64[],i32)", '"close:9"'), "args: found 1, expected 2"),
            (function("f", "mean", "f64(f64[],i32)", '"close:0", 9'), 'found "close:0"'),
            (function("f", "mean", "f64(f64[],i32)", '"close:1000001", 9'), "1 to 1000000"),
            (function("f", "mean", "f64(f64[],i32)", '"clos:9", 9'), 'found "clos:9"'),
            (function("f", "mean", "f64(f64[],i32)", '"close", 9'), "expected a series"),
            (function("f", "mean", "f64(f64[],i32)", '9, 9'), "expected a series"),
            (function("f", "mean", "f64(f64[],i32)", '"close:9", 1.5'), "argument 2, i32"),
            (function("f", "mean", "f64(f64[],i32)", '"close:9", 3000000000'), "argument 2, i32"),
            (function("f", "mean", "f64(f64[],i32)", '"close:9", "9"'), "found the text 9"),
            (function("f", "below", "f64(f64,f64)", '"close", "close:9"'), 'found "close:9"'),
            (function("f", "scaled", "f64(f64,str,i16,f32)", '1.0, 5, 1, 1.0'), "found the number 5"),
            (function("f", "mean", "f64()", "", more='instruments = [ "Z.v" ];'), "Z"),
        ]
        for given, part in cases:
            with self.subTest(part=part):
                # the line of the mistake is that of the functions
                self.assertIn("run.cfg:10: error: ", book.mistake(given, part=part))
        twice = function("f", "nothing", "u64()", "")
        book.mistake(twice, twice, part="'f' is given twice")
        book.mistake(twice, part="the id 'fn' is taken", args=(
            "--set", 'models=( { id = "fn"; plugin = "model/volatility"; instruments = [ "X.v" ]; '
            'data = [ "bar:1m" ]; } )'))

    def test_a_file_that_others_may_write(self):
        copy = self.book.path("open.so")
        shutil.copy(OWN, copy)
        os.chmod(copy, 0o666)
        self.book.mistake(UNIT.replace(OWN, "./open.so"), part="may be written by others", code=3)

    def test_signatures(self):
        os.makedirs(self.book.path("keys"), exist_ok=True)
        taint = 'trust = { policy = "taint"; keys = "keys"; };'
        self.book.configure(UNIT, SD, extra=taint)
        result = self.book.run()
        self.assertTrue(result["trust"]["tainted"])
        self.assertLessEqual({"fn.unit", "fn.sd"}, set(result["trust"]["unsigned"]))
        for given in (UNIT, SD):
            self.book.config("", instruments='"X", "Y"', data='"bar:1m"',
                             extra=f'functions = ( {given} ); ' + taint.replace("taint", "require"))
            done = quoin("run", self.book.path("run.cfg"), "--quiet")
            self.assertEqual(done.returncode, 3, done.stderr)

    def test_a_signed_library(self):
        own, key = self.book.path("own.so"), self.book.path("mine.key")
        keys, open_ = self.book.path("keys"), self.book.path("keys", "mine.pem")
        os.makedirs(keys)
        shutil.copy(OWN, own)
        for args in (["genpkey", "-algorithm", "ed25519", "-out", key],
                     ["pkey", "-in", key, "-pubout", "-out", open_]):
            subprocess.run(["openssl", *args], check=True, capture_output=True)
        os.chmod(own, 0o644)
        os.chmod(open_, 0o644)
        done = quoin("plugin", "sign", own, "--key", key)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("a library of functions is signed with --library [QN_E_ELF_NOTE]", done.stderr)
        plugin = os.path.join(BUILD, "plugins", "strategy", "sma_cross.so")
        done = quoin("plugin", "sign", plugin, "--library", "--key", key)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("is a plugin: sign it without --library", done.stderr)
        done = quoin("plugin", "sign", own, "--library", "--key", key, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        made = json.loads(done.stdout)
        self.assertEqual((made["classes"], made["abi"]), ([], None))
        done = quoin("plugin", "verify", own, "--library", "--trust", keys, "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)), (0, made), done.stderr)
        # all else of the run is unsigned: the library's own signature is what is looked at here
        self.book.configure(UNIT.replace(OWN, "./own.so"),
                            extra='trust = { policy = "taint"; keys = "keys"; };')
        self.assertNotIn("fn.unit", self.book.run()["trust"]["unsigned"])
        with open(own, "ab") as f:
            f.write(b"more")
        done = quoin("plugin", "verify", own, "--library", "--trust", keys)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("[QN_E_SIGNATURE_", done.stderr)
        done = quoin("run", self.book.path("run.cfg"), "--quiet")
        self.assertEqual(done.returncode, 3, done.stderr)


if __name__ == "__main__":
    unittest.main()
