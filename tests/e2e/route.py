# SPDX-License-Identifier: MIT
"""What the chain does, step by step, in runs small enough to work out by hand: bars of an hour from
midnight on that open where they close, so that what is decided at one close fills at the next."""
import os
import unittest

from datetime import timedelta

from chains import chain, flat, model, of, prepared, records, risk, strategy
from runs import bars, quoin

DAY = "2024-01-01T"


def script(acts, id="s", route="direct", capital="1", feature="", instruments='"X.v"'):
    params = f'acts = "{acts}";' + (f' feature = "{feature}";' if feature else "")
    return strategy("strategy/script", params, id=id, route=route, capital=capital,
                    instruments=instruments)


def at(row):
    """Hour and minute of a record on the first day."""
    assert row["ts"].startswith(DAY), row
    return row["ts"][11:16]


class Route(unittest.TestCase):
    def go(self, closes, strategies, parts, balance="10000", expect=0, **more):
        self.r = prepared({"X": flat(*closes)}, tick="1", **more)
        self.r.config(strategies, data='"bar:1h"', balance=balance, sample="1h", extra=parts)
        self.result = self.r.run(expect=expect)
        rows = records(self.r)
        self.of = lambda type_, **members: of(rows, type_, **members)
        return rows

    def column(self, type_, *names, **members):
        return [tuple(row[n] for n in names) for row in self.of(type_, **members)]

    # ---- weights

    def test_a_weight_is_a_share_of_the_equity_down_to_a_lot(self):
        self.go([100] * 4, script("1 signal 0.333 1; 2 signal -0.333 1", route="portfolio"),
                chain(optimizer="optimizer/plain"))
        first, second = self.of("weight")[:2]
        self.assertEqual((first["equity"], first["price"], first["weight"]),
                         ("10000", "100", 0.333))
        self.assertEqual((first["target"], first["held"], first["order"]), ("33", "0", "33"))
        self.assertEqual((second["target"], second["held"], second["order"]), ("-33", "33", "-66"))
        self.assertEqual(self.column("fill", "qty", "side"), [("33", "buy"), ("66", "sell")])
        self.assertEqual([f["venue_ts"][11:16] for f in self.of("fill")], ["01:00", "02:00"])

    def test_what_works_counts_as_held(self):
        """The order of bar 1 is not filled when the sign changes in the same hour."""
        self.go([100] * 3, script("1 signal 0.5 1; 1 signal -0.5 1", route="portfolio"),
                chain(optimizer="optimizer/plain"))
        self.assertEqual(self.column("weight", "target", "held", "order")[:2],
                         [("50", "0", "50"), ("-50", "50", "-100")])

    def test_a_trade_below_min_trade_is_not_made(self):
        """50 are bought at 101. At 101: 10000 x 0.5 / 101 = 49, an order of 1 for 101. At 104, with
        49 or 50 held: (10000 + 3 a lot) x 0.5 / 104 = 48, an order of 1 for 104 or of 2 for 208."""
        for least, orders in (("101", ["50", "-1", "-1"]), ("102", ["50", "0", "-2"])):
            self.go([100, 101, 104, 104], script("1 signal 0.5 1", route="portfolio"),
                    chain(optimizer="optimizer/plain", rebalance="1h", min_trade=least))
            made = {at(w): w["order"] for w in self.of("weight")}
            self.assertEqual([made[hour] for hour in ("01:00", "02:00", "03:00")], orders)
            self.assertEqual(len(self.of("submit")), sum(o != "0" for o in made.values()))

    def test_between_rebalances_only_a_new_sign_counts(self):
        self.go([100] * 9, script("1 signal 0.5 1; 2 signal 0.25 1; 4 signal -0.1 1; "
                                  "5 signal 0 1; 6 signal 0 0.5", route="portfolio"),
                chain(optimizer="optimizer/plain", rebalance="3h"))
        outputs = {o["seq"]: o for o in self.of("output")}
        timers = {t["seq"] for t in self.of("timer")}
        causes = [(at(a), "signal" if a["cause_seq"] in outputs else "timer"
                   if a["cause_seq"] in timers else "?") for a in self.of("allocation")]
        self.assertEqual(causes, [("01:00", "signal"), ("03:00", "timer"), ("04:00", "signal"),
                                  ("05:00", "signal"), ("06:00", "timer"), ("09:00", "timer")])
        self.assertEqual([w["target"] for w in self.of("weight")],
                         ["50", "25", "-10", "0", "0", "0"])

    def test_capital_is_a_strategys_share_of_the_equity(self):
        self.go([100] * 3,
                script("1 signal 1 1", id="a", route="portfolio", capital="0.25") + ", " +
                script("1 signal -1 0.5", id="b", route="portfolio", capital="0.75"),
                chain(optimizer="optimizer/plain"))
        last = {w["strategy"]: w for w in self.of("weight")[-2:]}
        self.assertEqual((last["a"]["equity"], last["a"]["target"]), ("2500", "25"))
        self.assertEqual((last["b"]["equity"], last["b"]["target"]), ("7500", "-37"))

    def test_two_strategies_against_each_other_net_on_one_account(self):
        self.go([100, 100, 110, 120], script("1 signal 0.5 1", id="a", route="portfolio") + ", " +
                script("1 target -50", id="b"), chain(optimizer="optimizer/plain"))
        a, b = self.result["strategies"]
        self.assertEqual((a["unrealized_pnl"], b["unrealized_pnl"]), ("1000", "-1000"))
        self.assertEqual(self.result["accounts"][0]["equity"], "10000")

    def test_a_weight_is_not_given_when_the_optimizer_fails(self):
        self.go([100] * 5, script("1 signal 0.5 1; 3 signal -0.5 1", route="portfolio"),
                chain(optimizer="optimizer/plain: fail_from = 2;"))
        statuses = [a["status"] for a in self.of("allocation")]
        self.assertEqual(statuses[0], "QN_OK")
        self.assertEqual(set(statuses[1:]), {"QN_E_RANGE"})
        self.assertEqual(len(self.of("weight")), 1)
        self.assertEqual(self.column("fill", "qty"), [("50",)])
        self.assertGreater(self.result["engine"]["refused_intents"], 0)

    def test_a_weight_that_no_position_has_leaves_what_is_held(self):
        self.go([100] * 4, script("1 signal 0.5 1", route="portfolio"),
                chain(optimizer="optimizer/plain: huge_from = 2;", rebalance="1h"))
        made = {at(w): (w["target"], w["held"], w["order"]) for w in self.of("weight")}
        self.assertEqual(made["01:00"], ("50", "0", "50"))
        self.assertEqual(made["02:00"], ("50", "50", "0"))
        self.assertEqual(self.column("fill", "qty"), [("50",)])

    def test_an_opinion_on_the_direct_route_and_an_order_on_the_other_are_refused(self):
        self.go([100] * 3, script("1 signal 0.5 1", id="a") + ", " +
                script("1 target 5; 2 order 5", id="b", route="portfolio"),
                chain(optimizer="optimizer/plain"))
        self.assertEqual(self.column("refusal", "strategy", "code"),
                         [("a", "QN_E_INTENT_ROUTE")] + [("b", "QN_E_INTENT_ROUTE")] * 2)
        self.assertEqual(self.of("submit"), [])

    # ---- signals that end

    def test_an_exit_ends_the_signal_that_it_belongs_to(self):
        self.go([100, 100, 90, 90, 90, 90],
                script("1 signal 0.5 1 0 95; 5 signal 0.5 1", route="portfolio"),
                chain(optimizer="optimizer/plain", rebalance="1h"))
        entry, stop = self.of("submit")[:2]
        self.assertEqual((entry["stop_loss"], entry["stop_loss_id"]), ("95", stop["order_id"]))
        self.assertEqual((stop["entry_id"], stop["order_type"], stop["side"], stop["trigger"]),
                         (entry["order_id"], "stop", "sell", "95"))
        self.assertEqual(self.column("fill", "side", "qty", "price")[:2],
                         [("buy", "50", "100"), ("sell", "50", "90")])
        after = [w for w in self.of("weight") if "03:00" <= at(w) < "05:00"]
        self.assertEqual({(w["signal_seq"], w["target"]) for w in after}, {(None, "0")})
        self.assertGreaterEqual(len(after), 2)
        self.assertEqual(of(self.of("weight"), "weight", target="52")[0]["ts"][11:16], "05:00")

    def test_a_signal_counts_up_to_its_horizon(self):
        self.go([100] * 6, script(f"1 signal 0.5 1 {2 * 3600 * 10**9}", route="portfolio"),
                chain(optimizer="optimizer/plain", rebalance="1h"))
        targets = {at(w): (w["target"], w["signal_seq"] is not None) for w in self.of("weight")}
        self.assertEqual([targets[f"0{n}:00"] for n in range(1, 6)],
                         [("50", True)] * 3 + [("0", False)] * 2)

    # ---- risk

    def test_a_reduction_and_a_rejection_are_on_record(self):
        self.go([100] * 6, script("1 order 5; 2 order 15; 3 order 25"),
                chain(risks=[risk("risk/rule", "most = 10; never = 20;", id="rule")]))
        self.assertEqual(self.column("verdict", "action", "reason", "module", "asked", "allowed",
                                     "limit", "value"),
                         [("allow", None, None, "5", "5", 0, 0),
                          ("reduce", "LIMIT_POSITION", "rule", "15", "10", 10, 15),
                          ("reject", "LIMIT_ORDER_NOTIONAL", "rule", "25", "0", 20, 25)])
        self.assertEqual([(o["status"], o["reason"], o["qty"]) for o in self.r.table("orders.csv")],
                         [("FILLED", "", "5"), ("FILLED", "", "10"),
                          ("DENIED", "LIMIT_ORDER_NOTIONAL", "25")])

    def test_each_module_sees_what_the_one_before_it_left(self):
        self.go([100] * 3, script("1 order 15"), chain(risks=[
            risk("risk/rule", "most = 10;", id="first"), risk("risk/rule", "never = 10;", id="b"),
            risk("risk/rule", "most = 4;", id="c")]))
        self.assertEqual(self.column("verdict", "allowed", "module", "value"), [("4", "c", 10)])

    def test_an_approval_that_has_expired_lets_no_child_go(self):
        self.go([100] * 8, script("1 target 10"), chain(
            risks=[risk("risk/rule", f"lifetime = {2 * 3600 * 10**9};")],
            execution='execution/half: price = 50;'))
        parent = self.of("parent")[0]
        self.assertEqual(parent["expire_ts"][11:16], "03:00")
        self.assertEqual(len(self.of("submit", parent_id=parent["order_id"])), 2)
        self.go([100] * 8, script("1 target 10"), chain(
            risks=[risk("risk/rule", f"lifetime = {3600 * 10**9};")],
            execution='execution/half: price = 50;'))
        self.assertEqual(len(self.of("submit", parent_id="s-1")), 1)

    def test_a_child_beyond_the_price_that_was_approved_is_not_sent(self):
        for bound, sent in (("100", 2), ("99", 1)):
            self.go([99, 100, 100, 100], script("1 target 10"), chain(
                risks=[risk("risk/rule", f"bound = {bound};")],
                execution='execution/half: price = 50;'))
            self.assertEqual(len(self.of("submit", parent_id="s-1")), sent, bound)

    def test_what_the_books_could_not_hold_is_denied(self):
        """A quarter of 2^63 units of 10^-8 is 23,058,430,092.1, all that works included."""
        self.go([100] * 6, script(f"1 target {2**63 - 2**12}; 2 order {-2**60}; 2 order 230584301; "
                                  "3 order 230584300; 3 order 1; 4 order 1; 4 order -1"),
                chain(), balance="100000000")
        self.assertEqual(self.column("verdict", "action", "reason", "module"),
                         [("reject", "INVALID_VALUE", None)] * 3 + [("allow", None, None)] +
                         [("reject", "INVALID_VALUE", None)] * 2 + [("allow", None, None)])
        self.assertEqual(self.result["run"]["status"], "completed")

    def test_an_order_without_a_price_is_denied(self):
        """A timer that is due before the other instrument has had its first bar."""
        self.r = prepared({"X": flat(100, 100, 100, 100)}, tick="1")
        path = self.r.write("Y.csv", bars(flat(100, 100), start="2024-01-01T02:00:00",
                                          step=timedelta(hours=1)))
        self.r.load("--format", "ohlcv", "--bar", "1h", "--instrument", "Y.v", "--tick", "1",
                    "--lot", "1", "--quote", "USD", "--kind", "linear", path)
        self.r.config(script("1 timer 60e9 5; 4 timer 60e9 5", instruments='"Y.v", "X.v"'),
                      instruments='"X", "Y"', data='"bar:1h"', extra=chain())
        self.r.run()
        rows = records(self.r)
        self.assertEqual([(v["instrument"], at(v), v["reason"]) for v in of(rows, "verdict")],
                         [("Y.v", "01:01", "NO_PRICE"), ("Y.v", "03:01", None)])

    def test_a_change_is_judged_as_the_order_that_it_becomes(self):
        """5 and 3 are each no more than 6; 8 are."""
        self.go([100] * 5, script("1 order 5 90; 2 modify 8; 3 modify 6"),
                chain(risks=[risk("risk/rule", "never = 6;")]))
        self.assertEqual(self.column("refusal", "code"), [("QN_E_BUDGET",)])
        self.assertEqual(self.column("request", "kind", "qty")[0], ("modify", "6"))
        self.assertEqual(self.column("verdict", "stage", "action", "asked")[1:],
                         [(["intent"], "allow", "3"), (["order"], "reject", "8"),
                          (["intent"], "allow", "1"), (["order"], "allow", "6")])

    def test_a_target_that_opens_nothing_has_no_exits(self):
        self.go([100] * 6, script("1 target 10 50; 3 target 4 50; 4 target -2 150"), chain())
        orders = [(s["side"], s["qty"], s["order_type"]) for s in self.of("submit")]
        self.assertEqual(orders, [("buy", "10", "market"), ("sell", "10", "stop"),
                                  ("sell", "6", "market"), ("sell", "6", "market"),
                                  ("buy", "6", "stop")])

    # ---- halt

    def test_a_halt_cancels_what_adds_lets_reduce_and_denies_the_rest(self):
        self.go([100] * 9, script(
            "1 order 10; 2 order 5 90; 2 order -4 120; 4 order 3; 5 order -4; 6 order -20; "
            "7 order -1"), chain(risks=[risk("risk/rule", "halt_at = 3; never = 10;", id="rule")]))
        self.assertEqual(self.result["run"]["status"], "halted")
        halt, = self.of("halt")
        self.assertEqual((at(halt), halt["reason"], halt["module"], halt["limit"], halt["value"]),
                         ("03:00", "LIMIT_DRAWDOWN", "rule", 0.25, 0.5))
        self.assertEqual([(q["order_id"], q["kind"]) for q in self.of("request")
                          if q["cause_seq"] == halt["seq"]], [("s-2", "cancel")])
        self.assertEqual(self.column("verdict", "action", "reason", "asked", "allowed")[3:],
                         [("reject", "HALTED", "3", "0"), ("allow", None, "4", "4"),
                          ("reduce", "HALTED", "20", "2"), ("reject", "HALTED", "1", "0")])
        ends = {o["order_id"]: (o["status"], o["reason"]) for o in self.r.table("orders.csv")}
        self.assertEqual(ends["s-2"][0], "CANCELED")
        self.assertEqual(ends["s-3"], ("CANCELED", "RUN_END"))  # it only reduces: left alone
        self.assertEqual(ends["s-4"], ("DENIED", "HALTED"))

    def test_what_reduces_alone_and_adds_together_is_canceled(self):
        """Two orders stand against the one position: what is more than it may not stay."""
        self.go([100] * 6, script("1 order 10; 2 order -10 120; 2 order -6 130; 2 order -4 140"),
                chain(risks=[risk("risk/rule", "halt_at = 3;")]))
        halt, = self.of("halt")
        self.assertEqual([(q["order_id"], q["cause_seq"]) for q in self.of("request")][:2],
                         [("s-3", halt["seq"]), ("s-4", halt["seq"])])

    def test_what_a_fill_leaves_more_than_is_held_is_canceled(self):
        """Held are 10 for s and -4 for t, 6 in all: a sale of 6 stays. When s has sold 3 at its stop
        they are 3, and it would add."""
        closes = [100, 100, 100, 100, 80, 80]
        self.go(closes, script("1 target 7; 1 order 3 0 90; 2 order -6 150", id="s") + ", " +
                script("1 target -4", id="t"), chain(risks=[risk("risk/rule", "halt_at = 3;")]))
        halt, = self.of("halt")
        stop = self.of("fill")[-1]
        self.assertEqual((stop["order_id"], stop["qty"]), ("s-3", "3"))
        self.assertGreater(stop["seq"], halt["seq"])
        self.assertEqual([(q["order_id"], q["cause_seq"]) for q in self.of("request")][:1],
                         [("s-4", stop["seq"])])

    def test_a_halt_between_the_verdict_and_the_order(self):
        """A module that counts what was allowed halts on the second order: that one stays here."""
        for execution in ("", "execution/immediate"):
            self.go([100] * 6, script("1 target 10; 2 target 15; 3 target 6"), chain(
                risks=[risk("risk/rule", f"halt_on = {3 if execution else 2};")],
                execution=execution))
            orders = [(o["status"], o["reason"], o["side"], o["qty"])
                      for o in self.r.table("orders.csv")]
            self.assertEqual(orders, [("FILLED", "", "buy", "10"), ("DENIED", "HALTED", "buy", "5"),
                                      ("FILLED", "", "sell", "4")], execution)
            self.assertEqual(len(self.of("parent", state="ACCEPTED")), 2 if execution else 0)

    def test_such_a_halt_denies_what_goes_beyond_reducing(self):
        for qty, end in ((-10, ("FILLED", "")), (-11, ("DENIED", "HALTED"))):
            self.go([100] * 5, script(f"1 order 10; 2 order {qty}"),
                    chain(risks=[risk("risk/rule", "halt_on = 2;")]))
            last = self.r.table("orders.csv")[-1]
            self.assertEqual((last["status"], last["reason"]), end, qty)

    def test_a_halt_ends_a_parent_that_adds(self):
        self.go([100] * 9, script("1 target 8"), chain(
            risks=[risk("risk/rule", "halt_at = 3;")],
            execution='execution/twap: duration = "8h"; slices = 8;'))
        end = self.of("parent")[-1]
        self.assertEqual((end["state"], end["reason"], end["filled"], at(end)),
                         ("CANCELED", "HALTED", "2", "03:00"))

    # ---- execution

    def test_slices_come_in_time(self):
        self.go([100] * 7, script("1 target 10"), chain(
            execution='execution/twap: duration = "4h"; slices = 4;'))
        children = self.of("submit")
        self.assertEqual([(at(c), c["qty"], c["parent_id"]) for c in children],
                         [("01:00", "2", "s-1"), ("02:00", "3", "s-1"), ("03:00", "2", "s-1"),
                          ("04:00", "3", "s-1")])
        self.assertEqual([(p["state"], p["filled"]) for p in self.of("parent")],
                         [("ACCEPTED", "0"), ("FILLED", "10")])
        self.assertEqual([v["stage"] for v in self.of("verdict")], [["intent"]] + [["order"]] * 4)

    def test_a_canceled_parent_takes_its_children_along(self):
        self.go([100] * 5, script("1 target 10; 1 drop"), chain(
            execution='execution/twap: duration = "4h"; slices = 4;'))
        self.assertEqual([(p["state"], p["reason"]) for p in self.of("parent")],
                         [("ACCEPTED", None), ("CANCELED", "REQUESTED")])
        self.assertEqual(self.column("request", "order_id", "kind"), [("s-2", "cancel")])
        self.assertEqual(len(self.of("submit")), 1)
        self.assertEqual(self.of("fill"), [])

    def test_a_newer_opposite_target_takes_a_parents_place(self):
        self.go([100] * 9, script("1 signal 0.4 1; 2 signal -0.4 1", route="portfolio"), chain(
            optimizer="optimizer/plain",
            execution='execution/twap: duration = "4h"; slices = 4;'))
        first = [p for p in self.of("parent") if p["order_id"] == "s-1"]
        self.assertEqual([(p["state"], p["reason"], p["filled"]) for p in first],
                         [("ACCEPTED", None, "0"), ("CANCELED", "REPLACED", "10")])
        self.assertEqual(at(first[1]), "02:00")
        position = sum(int(f["qty"]) * (1 if f["side"] == "buy" else -1) for f in self.of("fill"))
        self.assertEqual(position, -40)

    def test_a_child_is_not_its_strategys_to_change(self):
        """Or half and half of a parent could become more than the whole."""
        self.go([100] * 6, script("1 target 10; 2 child 10"), chain(
            execution="execution/half: price = 90;"))
        self.assertEqual(self.column("refusal", "code"), [("QN_E_INTENT_ORDER",)])
        self.assertEqual([(s["qty"], s["order_type"]) for s in self.of("submit")],
                         [("5", "limit"), ("5", "market")])
        self.assertEqual(self.of("request", kind="modify"), [])

    def test_an_algorithm_that_does_not_take_no_for_an_answer_comes_to_an_end(self):
        self.go([100] * 3, script("1 target 10"), chain(
            risks=[risk("risk/rule", "never = 5; stage = 2;")], execution="execution/again"))
        self.assertEqual(self.of("fill"), [])
        self.assertEqual(self.of("parent")[-1]["reason"], "RUN_END")
        self.assertEqual(self.result["orders"]["denied"], 1023)  # and the parent makes 1,024
        self.assertGreater(self.result["engine"]["refused_intents"], 0)

    def test_a_newer_member_that_asks_for_something_is_not_dropped(self):
        self.go([100] * 4, script("1 newer 5 0; 2 newer 7 1"), chain())
        self.assertEqual(self.column("output", "qty"), [("5",)])
        self.assertEqual(self.column("refusal", "code"), [("QN_E_TOO_NEW",)])

    # ---- features, timers, slow work

    def test_features_are_there_for_the_event_that_made_them(self):
        self.go([100] * 5, script("; ".join(f"{n} follow" for n in range(1, 6)),
                                  feature="m.step"),
                chain(models=[model("model/steps", "from = 2; every = 2; valid = 1;")]))
        outputs = self.of("output")
        self.assertEqual([o["qty"] for o in outputs], ["-1", "2", "-2", "4", "-2"])
        self.assertEqual([o["read"] for o in outputs][:2],
                         [[], [{"feature": "m.step", "instrument": "X.v", "value": 2}]])
        bars = {b["seq"]: n for n, b in enumerate(self.of("bar"), 1)}
        self.assertEqual([(bars[f["seq"]], f["value"]) for f in self.of("feature")],
                         [(2, 2), (4, 4)])

    def test_a_feature_counts_up_to_the_end_of_its_time(self):
        for valid, seen in ((3600 * 10**9, "1"), (3600 * 10**9 - 1, "-2"), (0, "1")):
            self.go([100] * 2, script("2 follow", feature="m.step"),
                    chain(models=[model("model/steps", f"every = 5; valid = {valid};")]))
            self.assertEqual(self.column("output", "qty"), [(seen,)], valid)

    def test_a_feature_that_nobody_has_is_a_mistake(self):
        self.r = prepared({"X": flat(100)}, tick="1")
        self.r.config(script("1 follow", feature="m.stop"), data='"bar:1h"',
                      extra=chain(models=[model("model/steps")]))
        done = quoin("run", self.r.path("run.cfg"))
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("m.stop", done.stderr)

    def test_a_model_reads_those_before_it(self):
        for feature, status in (("first.step", 0), ("second.step", 2), ("third.step", 2)):
            self.r = prepared({"X": flat(100)}, tick="1")
            self.r.config("", data='"bar:1h"', extra=chain(models=[
                model("model/steps", id="first"),
                model("model/steps", f'feature = "{feature}";', id="second"),
                model("model/steps", id="third")]))
            done = quoin("run", self.r.path("run.cfg"))
            self.assertEqual(done.returncode, status, (feature, done.stderr))

    def test_each_has_its_own_timers(self):
        half = 1800 * 10**9
        self.go([100] * 4, script(f"1 timer {half} 4", id="a") + ", " +
                script(f"1 timer {half} 7; 1 timer {2 * half} 9", id="b"),
                chain(execution='execution/twap: duration = "2h"; slices = 2;',
                      optimizer="optimizer/plain", rebalance="30m"))
        self.assertEqual([(o["strategy"], at(o), o["qty"]) for o in self.of("output")],
                         [("a", "01:30", "4"), ("b", "01:30", "7"), ("b", "02:00", "9")])

    def test_slow_work_comes_at_its_date(self):
        acts = "; ".join(f"{n} follow" for n in range(1, 9))
        closes = [100 + n for n in range(8)]
        self.go(closes, script(acts, feature="m.answer"),
                chain(models=[model("model/slow", 'delay = "90m";')]))
        self.assertEqual([at(x) for x in self.of("result")],
                         [f"{n + 2:02}:30" for n in range(6)])
        answers = {f["seq"]: f["value"] for f in self.of("feature")}
        self.assertEqual(sorted(answers), [x["seq"] for x in self.of("result")])
        followed = [o["qty"] for o in self.of("output")]
        self.assertEqual(followed[:2], ["-1", "-1"])
        self.assertEqual(followed[2:], [str(int(v)) for v in answers.values()])
        self.assertGreater(len(set(followed[2:])), 2)

    def test_slow_work_is_the_same_with_one_processor(self):
        closes = [100 + 7 * n % 31 for n in range(60)]
        acts = "; ".join(f"{n} follow" for n in range(1, 61))
        self.go(closes, script(acts, feature="m.answer"),
                chain(models=[model("model/slow", 'delay = "30m";')]))
        many = self.result["decision_hash"], self.result["ledger_hash"]
        all_cpus = os.sched_getaffinity(0)
        try:
            os.sched_setaffinity(0, {min(all_cpus)})
            one = self.r.run()
        finally:
            os.sched_setaffinity(0, all_cpus)
        self.assertEqual((one["decision_hash"], one["ledger_hash"]), many)
        self.assertGreater(one["fills"]["count"], 20)


if __name__ == "__main__":
    unittest.main()
