# SPDX-License-Identifier: MIT
"""What a run does at its edges: its end, ruin, refusals, ranges, signals, full disks."""
import json
import os
import signal
import subprocess
import unittest
from decimal import Decimal

from runs import Run, bars, quoin, strategy
from support import QUOIN

RISING = [(100, 101, 99, 100), (100, 103, 99, 102), (102, 105, 101, 104), (104, 107, 103, 106),
          (106, 109, 105, 108)]


def prepared(rows, kind="linear", lot="1"):
    r = Run()
    path = r.write("x.csv", bars(rows))
    r.load("--format", "ohlcv", "--bar", "1d", "--instrument", "X.v", "--tick", "0.01", "--lot", lot,
           "--quote", "USD", "--kind", kind, path)
    return r


class Behaviour(unittest.TestCase):
    def test_an_order_fills_at_the_next_open_and_stays_open(self):
        r = prepared(RISING)
        r.config(strategy("strategy/buy_and_hold", 'qty = "10";'), venue="taker_bps = 10.0;")
        result = r.run()
        fill = r.table("fills.csv")[0]
        self.assertEqual(fill["ts"], "2024-01-02T00:00:00.000000000Z")
        self.assertEqual((fill["price"], fill["qty"], fill["fee"]), ("100", "10", "1"))
        self.assertEqual(fill["liquidity"], "taker")
        a = result["accounts"][0]
        self.assertEqual(a["unrealized_pnl"], "80")
        self.assertEqual(a["equity"], "100079")
        self.assertEqual(a["end"], "99999")
        self.assertEqual(result["run"]["status"], "completed")
        self.assertEqual([e["ts"][:10] for e in r.table("equity.csv")],
                         [f"2024-01-0{n}" for n in range(1, 7)])

    def test_close_at_end_leaves_nothing_open(self):
        r = prepared(RISING)
        r.config(strategy("strategy/buy_and_hold", 'qty = "10";'), venue="close_at_end = true;")
        result = r.run()
        last = r.table("fills.csv")[-1]
        self.assertEqual((last["side"], last["price"], last["ts"]),
                         ("sell", "108", "2024-01-06T00:00:00.000000000Z"))
        self.assertEqual(result["accounts"][0]["unrealized_pnl"], "0")
        self.assertEqual(result["accounts"][0]["realized_pnl"], "80")
        self.assertEqual(len(r.table("trades.csv")), 1)

    def test_an_order_that_still_works_at_the_end_is_canceled(self):
        r = prepared(RISING[:1])
        r.config(strategy("strategy/buy_and_hold", 'qty = "10";'))
        result = r.run()
        order = r.table("orders.csv")[0]
        self.assertEqual((order["status"], order["reason"]), ("CANCELED", "RUN_END"))
        self.assertEqual(result["orders"]["canceled"], 1)
        self.assertEqual(result["fills"]["count"], 0)
        for name in ("sharpe", "win_rate", "profit_factor", "expectancy"):
            self.assertIsNone(result["performance"][name], name)

    def test_ruin_ends_the_run(self):
        r = prepared([(100, 101, 99, 100), (100, 100, 90, 90), (90, 90, 40, 40), (40, 50, 30, 45)])
        r.config(strategy("strategy/buy_and_hold", 'qty = "10";'), balance="500")
        result = r.run()
        self.assertEqual(result["run"]["status"], "ruined")
        self.assertEqual(result["accounts"][0]["equity"], "-100")
        self.assertEqual(result["data"]["events"], 3)

    def test_spot_refuses_what_is_not_there(self):
        r = prepared(RISING, kind="spot")
        r.config(strategy("strategy/buy_and_hold", 'qty = "10000";'))
        result = r.run()
        self.assertEqual(result["orders"]["rejected"], 1)
        self.assertEqual(r.table("orders.csv")[0]["reason"], "INSUFFICIENT_BALANCE")
        r.config(strategy("strategy/sma_cross", 'fast = 1; slow = 2; rule = "level"; qty = "1";'))
        r.run()
        self.assertEqual(r.table("fills.csv")[0]["side"], "buy")

    def test_from_and_to_choose_by_the_close(self):
        r = prepared(RISING)
        r.config(strategy("strategy/buy_and_hold", 'qty = "1";'))
        result = r.run("--from", "2024-01-03", "--to", "2024-01-05")
        self.assertEqual(result["data"]["events"], 2)
        self.assertEqual(r.table("fills.csv")[0]["price"], "104")
        done = quoin("run", r.path("run.cfg"), "--from", "2030-01-01")
        self.assertEqual(done.returncode, 4)
        self.assertIn("no data", done.stderr)
        self.assertEqual(quoin("run", r.path("run.cfg"), "--from", "yesterday").returncode, 2)

    def test_warm_up_reads_before_from(self):
        r = prepared([(100 + n, 101 + n, 99 + n, 100 + n) for n in range(20)])
        params = 'fast = 2; slow = 5; rule = "level"; mode = "long_flat"; qty = "1";'
        r.config(strategy("strategy/sma_cross", params))
        r.run("--from", "2024-01-11")
        self.assertEqual(r.table("fills.csv")[0]["ts"][:10], "2024-01-16")
        r.config(strategy("strategy/sma_cross", params), extra='warmup = "auto";')
        r.run("--from", "2024-01-11")
        self.assertEqual(r.table("fills.csv")[0]["ts"][:10], "2024-01-12")

    def test_what_is_bought_once_is_not_bought_while_warming_up(self):
        r = prepared(RISING)
        r.config(strategy("strategy/sma_cross", "fast = 1; slow = 2;") + ", " +
                 strategy("strategy/buy_and_hold", 'qty = "7";', id="hold"),
                 extra='warmup = "auto";')
        r.run("--from", "2024-01-03")
        fill = next(f for f in r.table("fills.csv") if f["strategy"] == "hold")
        self.assertEqual((fill["ts"][:10], fill["qty"]), ("2024-01-04", "7"))

    def test_a_range_of_which_only_the_warm_up_has_data(self):
        r = prepared(RISING)
        r.config(strategy("strategy/sma_cross", "fast = 1; slow = 3;"), extra='warmup = "auto";')
        done = quoin("run", r.path("run.cfg"), "--from", "2024-01-06")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("has no data", done.stderr)

    def test_a_venue_starts_with_all_its_accounts(self):
        r = prepared(RISING)
        accounts = "".join(f'{{ currency = "C{n}"; balance = "1"; }}, ' for n in range(20))
        with open(r.config(strategy("strategy/buy_and_hold", 'qty = "1";')), encoding="utf-8") as f:
            text = f.read()
        r.write("run.cfg", text.replace("accounts = ( ", "accounts = ( " + accounts))
        self.assertEqual(r.run()["accounts"][20]["equity"], "100008")

    def test_the_volume_of_a_run_may_be_more_than_an_account_holds(self):
        r = prepared([(100000 + 10 * (n % 3),) * 4 for n in range(40)])
        r.config(strategy("strategy/sma_cross", 'fast = 1; slow = 2; mode = "long_flat"; '
                          'qty = "200000";'), balance="10000000000")
        result = r.run()
        volume = sum(Decimal(f["qty"]) * Decimal(f["price"]) for f in r.table("fills.csv"))
        self.assertGreater(volume, 2**63 // 10**8)
        self.assertEqual(Decimal(result["fills"]["volume"]), volume)

    def test_statistics_are_of_one_currency(self):
        r = prepared([(100 + 10 * (n % 3),) * 4 for n in range(40)])
        r.load("--format", "ohlcv", "--bar", "1d", "--instrument", "Y.v", "--tick", "0.01", "--lot",
               "1", "--quote", "EUR", r.path("x.csv"))
        params = 'fast = 1; slow = 2; mode = "long_flat"; qty = "3";'
        with open(r.config(strategy("strategy/sma_cross", params, instruments='"Y.v"'),
                           instruments='"X", "Y"'), encoding="utf-8") as f:
            text = f.read()
        r.write("run.cfg", text.replace("accounts = ( ", 'accounts = ( { currency = "EUR"; balance = "1000"; }, '))
        euros = r.run()
        r.write("run.cfg", text.replace('"100000"; }', '"100000"; }, { currency = "EUR"; balance = "1000"; }'))
        dollars = r.run()
        self.assertEqual(euros["performance"]["currency"], "EUR")
        self.assertGreater(euros["performance"]["trades"], 5)
        self.assertGreater(euros["performance"]["turnover"], 0)
        self.assertEqual(dollars["performance"]["currency"], "USD")
        self.assertEqual(dollars["strategies"][0]["trades"], euros["performance"]["trades"])
        self.assertEqual(dollars["performance"]["trades"], 0)
        self.assertEqual(dollars["performance"]["turnover"], 0)
        self.assertIsNone(dollars["performance"]["profit_factor"])

    def test_set_changes_one_value(self):
        r = prepared(RISING)
        r.config(strategy("strategy/buy_and_hold", 'qty = "1";'))
        r.run("--set", "strategies.s.params.qty=7")
        self.assertEqual(r.table("fills.csv")[0]["qty"], "7")
        done = quoin("run", r.path("run.cfg"), "--set", "strategies.s.params.qyt=7")
        self.assertEqual(done.returncode, 2)
        self.assertIn("qty", done.stderr)

    def test_a_signal_ends_a_paced_run_with_its_report(self):
        r = prepared(RISING)
        r.config(strategy("strategy/buy_and_hold", 'qty = "1";'), venue="pace = 1.0;")
        run = subprocess.Popen([QUOIN, "run", r.path("run.cfg"), "--json", "--report",
                                r.path("out")], stdout=subprocess.PIPE)
        # no clock: the run is asleep until its next bar, which is a day away
        while True:
            with open(f"/proc/{run.pid}/stat", encoding="utf-8") as f:
                if f.read().rsplit(")", 1)[1].split()[0] == "S" and os.path.exists(
                        r.path("out", "equity.csv")):
                    break
        run.send_signal(signal.SIGINT)
        result = json.loads(run.communicate(timeout=60)[0])
        self.assertEqual(run.returncode, 0)
        self.assertEqual(result["run"]["status"], "stopped")
        self.assertEqual(result["data"]["events"], 0)  # the bar was not due
        self.assertEqual(result["data"]["to"], result["data"]["from"])
        self.assertTrue(os.path.exists(r.path("out", "report.json")))

    def test_a_report_that_cannot_be_written_is_an_error(self):
        r = prepared(RISING)
        r.config(strategy("strategy/buy_and_hold", 'qty = "1";'))
        r.write("file", "")
        done = quoin("run", r.path("run.cfg"), "--report", r.path("file"))
        self.assertEqual(done.returncode, 1)
        self.assertIn(r.path("file"), done.stderr)
        with open("/dev/full", "w") as full:
            done = subprocess.run([QUOIN, "run", r.path("run.cfg")], stdout=full,
                                  stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)

    def edge(self, act, rows=RISING, lot="1", **more):
        """What strategy/edges brings about."""
        r = prepared(rows, lot=lot)
        r.config(strategy("strategy/edges", f'act = "{act}";'), **more)
        return r, r.run()

    def test_a_change_in_answer_to_each_answer_comes_to_an_end(self):
        r, result = self.edge("change_for_ever")
        self.assertEqual(result["run"]["status"], "completed")
        self.assertGreater(result["engine"]["refused_intents"], 0)
        self.assertEqual(result["orders"]["submitted"], 1)
        self.assertEqual(result["orders"]["accepted"], 1)  # a change is no second order

    def test_a_change_waits_for_the_answer_to_the_order(self):
        """The venue's word on the order must not be taken for its word on the change."""
        r, result = self.edge("change_at_once", lot="100")
        self.assertEqual(result["engine"]["refused_intents"], 1)
        self.assertEqual(r.table("orders.csv")[0]["qty"], "200")

    def test_a_change_that_was_accepted_holds_though_the_order_is_canceled(self):
        r, result = self.edge("cancel_changed")
        order = r.table("orders.csv")[0]
        self.assertEqual((order["status"], order["reason"], order["qty"]),
                         ("CANCELED", "REQUESTED", "3"))
        self.assertEqual(result["engine"]["order_anomalies"], 0)

    def test_a_timer_that_sets_itself_for_now_comes_to_an_end(self):
        _, result = self.edge("timer_for_ever")
        self.assertEqual(result["data"]["events"], len(RISING))

    def test_an_order_of_a_late_timer_has_the_time_at_which_it_was_made(self):
        r, _ = self.edge("late_timer")
        self.assertEqual(r.table("orders.csv")[0]["ts"], "2024-01-02T00:00:00.000000000Z")
        self.assertEqual(r.table("fills.csv")[0]["ts"], "2024-01-02T00:00:00.000000000Z")

    def test_the_manifest_names_what_went_in(self):
        r = prepared(RISING)
        r.config(strategy("strategy/buy_and_hold", 'qty = "1";'))
        result = r.run()
        with open(r.path("out", "manifest.json"), encoding="utf-8") as f:
            manifest = json.load(f)
        with open(r.path("out", "report.json"), encoding="utf-8") as f:
            self.assertEqual(json.load(f)["decision_hash"], result["decision_hash"])
        self.assertEqual(manifest["decision_hash"], result["decision_hash"])
        self.assertEqual(manifest["data"]["sha256"], result["data"]["sha256"])
        self.assertEqual(manifest["config"]["sha256"], result["run"]["config_sha256"])
        self.assertEqual({p["class"] for p in manifest["plugins"]},
                         {"venue/sim", "strategy/buy_and_hold"})

    def test_the_manifest_says_how_it_was_called(self):
        r = prepared(RISING)
        r.config(strategy("strategy/buy_and_hold", 'qty = "1";'))
        r.run("--set", "strategies.s.params.qty=7", "--from", "2024-01-02")
        with open(r.path("out", "manifest.json"), encoding="utf-8") as f:
            manifest = json.load(f)
        self.assertEqual(manifest["set"], ["strategies.s.params.qty=7"])
        self.assertEqual(manifest["from"], "2024-01-02T00:00:00.000000000Z")
        self.assertIsNone(manifest["to"])

    def test_mean_prices_of_very_fine_prices(self):
        r = Run()
        rows = [(1359.9300537109375, 1360.5, 1359.0, 1359.9300537109375)] * 3
        r.load("--format", "ohlcv", "--bar", "1d", "--instrument", "X.v", "--tick",
               "0.0000000000001", "--lot", "1", "--quote", "USD", r.write("x.csv", bars(rows)))
        r.config(strategy("strategy/buy_and_hold", 'qty = "3";'))
        r.run()
        self.assertEqual(r.table("orders.csv")[0]["avg_price"], "1359.9300537109375")

    def test_an_account_that_starts_with_nothing_is_not_ruined(self):
        r = prepared(RISING)
        r.config("", balance="0")
        self.assertEqual(r.run()["run"]["status"], "completed")

    def test_a_plugin_file_that_is_not_there_is_a_mistake_on_its_line(self):
        r = prepared(RISING)
        r.config(strategy("nope.so", ""))
        done = quoin("run", r.path("run.cfg"))
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"run.cfg:\d+: error: there is no plugin file .*nope.so")

    def test_a_home_that_cannot_be_used_stops_nothing(self):
        r = prepared(RISING)
        r.config(strategy("strategy/buy_and_hold", 'qty = "1";'))
        env = {k: v for k, v in os.environ.items() if k not in ("XDG_CACHE_HOME", "QUOIN_CACHE")}
        env.update(HOME="/proc/nothing", TMPDIR=r.dir)
        done = subprocess.run([QUOIN, "run", r.path("run.cfg")], env=env, capture_output=True,
                              text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_marks_and_funding_are_optional_for_a_venue(self):
        r = prepared(RISING)
        r.config(strategy("strategy/buy_and_hold", 'qty = "1";'), data='"bar:1d", "mark", "funding"')
        self.assertEqual(r.run()["fills"]["count"], 1)

    def test_bad_calls(self):
        self.assertEqual(quoin("run").returncode, 2)
        self.assertEqual(quoin("run", "no-such.cfg").returncode, 2)
        self.assertEqual(quoin("run", "a", "b").returncode, 2)
        self.assertEqual(quoin("rum").returncode, 2)
        self.assertIn("did you mean 'run'", quoin("rum").stderr)
        r = prepared(RISING)
        r.config(strategy("strategy/buy_and_hold", ""))
        os.rename(r.catalog, r.path("elsewhere"))
        self.assertEqual(quoin("run", r.path("run.cfg")).returncode, 4)

    def test_a_class_that_needs_more_than_the_host_has_is_refused(self):
        r = prepared(RISING)
        r.config(strategy("strategy/needy", ""))
        done = quoin("run", r.path("run.cfg"))
        self.assertEqual(done.returncode, 3)
        self.assertIn("strategy/needy needs the host extension com.example.moon/1", done.stderr)

    def test_damage_is_an_error_and_no_shorter_run(self):
        r = prepared(RISING)
        r.config(strategy("strategy/buy_and_hold", 'qty = "1";'))
        tape = next(os.path.join(d, f) for d, _, names in os.walk(r.catalog) for f in names
                    if f.endswith(".tape"))
        with open(tape, "r+b") as f:
            data = bytearray(f.read())
            data[len(data) // 2] ^= 1
            f.seek(0)
            f.write(data)
        done = quoin("run", r.path("run.cfg"), "--json")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn(os.path.basename(tape), done.stderr)

    def test_decisions_are_the_same_on_every_compiler(self):
        """One hash for gcc, clang, -O0, -O3 and the sanitizers: whichever built this."""
        r = prepared([(100 + n % 7, 112 + n % 3, 90 - n % 4, 98 + n % 11) for n in range(300)])
        r.config(strategy("strategy/chaos", "seed = 1;") + ", " +
                 strategy("strategy/sma_cross", "fast = 2; slow = 5; stop_loss = 0.01;", id="t"))
        self.assertEqual(r.run()["decision_hash"], GOLDEN)


GOLDEN = "e833b7cd8d6b3f8795c402f578666c10381872360752a0c95c98162ba52f5cd0"

if __name__ == "__main__":
    unittest.main()
