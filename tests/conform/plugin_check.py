#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""quoin plugin check, from outside: a module that breaks one rule fails the check of that rule and
no other one; modules that break none pass; a seed repeats a run; JSON, JUnit and exit statuses."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

BUILD = Path(os.environ["QUOIN_BUILD"])
QUOIN = BUILD / "quoin"
OWN = BUILD / "tests/conform/fixtures"
MODULES = BUILD / "tests/module/fixtures"
PLUGINS = BUILD / "plugins"
KEPT = Path(os.environ["QUOIN_SOURCE"], "plugins/golden")
HANGS = ("--limit", "15")  # seconds: far more than a check takes, and what one that hangs takes

# Module of fixtures/bad.c: the check that names its rule, and words of what it says.
RULES = {
    "defaults_refused": ("params.defaults", "no [QN_E_RANGE]"),
    "create_crash": ("params.defaults", "crashed in create"),
    "label_crash": ("params.labels", 'mode = "other"'),
    "bound_crash": ("params.bounds", 'length = "1000"'),
    "inside_silent": ("params.inside", "without a reason"),
    "destroy_early": ("life.again", "crashed in destroy"),
    "memory_unchecked": ("life.memory", "memory denied"),
    "leak": ("life.leak", "leaves 80 bytes behind"),
    "rounding": ("life.surroundings", "changes the rounding mode in on_event"),
    "signals": ("life.surroundings", "handling of a signal in create"),
    "file_left": ("life.surroundings", "leaves a file open in on_event"),
    "locale": ("life.surroundings", "changes the locale in create"),
    "event_hang": ("run.calls", "did not come back within"),
    "event_crash": ("run.calls", "crashed in on_event"),
    "event_exit": ("run.calls", "ended the process in on_event"),
    "timer_early": ("run.calls", "timer was called in create"),
    "find_late": ("run.calls", "find was called in on_event"),
    "lookback_writes": ("run.calls", "lookback changed the instance"),
    "error_returned": ("run.answers", "on_event returned QN_E_RANGE"),
    "nan_signal": ("run.answers", "a signal that a host refuses: QN_E_INTENT_VALUE"),
    "zero_order": ("run.answers", "an order that a host refuses: QN_E_INTENT_VALUE"),
    "stranger_instrument": ("run.answers", "QN_E_INTENT_INSTRUMENT"),
    "alloc_in_event": ("run.alloc", "first in on_event"),
    "static_counter": ("run.repeat", "when the same events come again"),
    "reads_clock": ("run.repeat", "when the same events come again"),
    "saves_address": ("run.repeat", "leave another state"),
    "shared_static": ("life.apart", "beside another instance"),
    "hostile_crash": ("run.hostile", "with a bar of price 0"),
    "hostile_nan": ("run.hostile", "a signal that a host refuses"),
    "hostile_hang": ("run.hostile", "did not come back within"),
    "hostile_type": ("run.hostile", "a type that is not known yet"),
    "loads_less": ("state.round", "saved as other bytes"),
    "write_once": ("state.pieces", "1 bytes a call"),
    "takes_short": ("state.short", "for a whole one"),
    "damaged_crash": ("state.damaged", "of its state turned"),
    "newer_taken": ("state.newer", "takes a state of layout 2"),
    "live_refused": ("state.live", "state of another length"),
    "forgets": ("state.resume", "with reloads"),
    "stateless_lie": ("state.resume", "with reloads"),
    "command_crash": ("commands.calls", "crashed in nudge"),
    "command_silent": ("commands.calls", "did not say why"),
    "command_spoils": ("commands.calls", "nudge changed the instance"),
    "command_extreme": ("commands.extremes", "crashed in nudge"),
    "command_static": ("commands.repeat", "when the same events and calls come again"),
    "command_forgotten": ("commands.resume", "with one behind each call"),
    "bare_crash": ("host.bare", "crashed in create"),
    "reads_behind": ("host.short", "crashed in create"),
    "size_equal": ("host.long", "odd host"),
    "uses_tail": ("host.newer", "crashed in create"),
    "any_abi": ("file.version", "ABI 65535.0"),
}

# Modules of tests/module: what is wrong with the file itself.
FILES = {
    "file.rules": ("exports", "no_note", "no_entry", "constructor", "destructor", "statics", "tier",
                   "tls_static", "textrel", "execstack", "unique", "exit_handler", "threads"),
    "file.load": ("entry_crash", "entry_exit", "entry_null", "entry_file", "entry_signal",
                  "entry_rounding", "undefined"),
    "file.note": ("mismatch_id", "mismatch_kind", "mismatch_version", "mismatch_license",
                  "mismatch_count"),
    "file.tables": ("class_size", "table_null", "param_offset", "param_twice", "param_default"),
}


# Under a sanitizer the C library does not count its memory, and the sanitizer finds leaks itself.
SANITIZED = re.search("^QUOIN_SANITIZER:STRING=.", (BUILD / "CMakeCache.txt").read_text(), re.M)


def quoin(*args):
    env = dict(os.environ, QUOIN_DEV="0")
    return subprocess.run([QUOIN, "plugin", "check", *map(str, args)], env=env, text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, check=False)


def check(file, *args):
    """The results of one file: status, and the failed checks with what they say."""
    run = quoin(file, "--json", *args)
    result = json.loads(run.stdout)
    failed = {row["check"]: row["text"] for row in result["checks"] if row["result"] == "failed"}
    return run.returncode, failed, result


def timeless(result):
    """What a seed must repeat: everything but what was measured."""
    return [{k: v for k, v in row.items() if k != "seconds"} for row in result["checks"]
            if row["check"] not in ("run.latency", "file.scan")]


class PluginCheck(unittest.TestCase):
    maxDiff = None

    def test_each_rule_is_named_alone(self):
        for name, (rule, words) in RULES.items():
            if name == "leak" and SANITIZED:
                continue
            with self.subTest(name):
                status, failed, _ = check(OWN / f"{name}.so", *(HANGS if "hang" in name else ()))
                self.assertEqual((status, list(failed)), (3, [rule]))
                self.assertIn(words, failed[rule])

    def test_each_fault_of_a_file_is_named_alone(self):
        for rule, names in FILES.items():
            for name in names:
                with self.subTest(name):
                    status, failed, _ = check(MODULES / f"{name}.so")
                    self.assertEqual((status, list(failed)), (3, [rule]))

    def test_what_breaks_nothing_passes(self):
        files = [OWN / "good.so", OWN / "command_good.so", MODULES / "good.so", MODULES / "two.so", MODULES / "venue.so",
                 MODULES / "model.so"]
        for file in files:
            with self.subTest(file.name):
                status, failed, result = check(file)
                self.assertEqual((status, failed, result["failed"]), (0, {}, 0))
                self.assertGreater(result["passed"], 20)

    def test_the_tree_s_own_plugins_pass_with_any_seed(self):
        files = sorted(PLUGINS.glob("*/*.so"))
        self.assertGreater(len(files), 12)
        for file in files:
            for seed in ("1", "20261122"):
                with self.subTest(f"{file.parent.name}/{file.name}, seed {seed}"):
                    run = subprocess.run([QUOIN, "plugin", "check", file, "--seed", seed], text=True,
                                         capture_output=True, check=False)
                    self.assertEqual((run.returncode, run.stderr), (0, ""), run.stdout)

    # ---- states of released layouts

    def golden(self, file, folder, *args):
        """What state.golden finds: result and text."""
        status, _, result = check(file, "--only", "golden", "--golden", folder, *args)
        (row,) = result["checks"]
        self.assertEqual(status, 3 if row["result"] == "failed" else 0)
        return row["result"], row["text"]

    def test_states_of_released_layouts(self):
        with tempfile.TemporaryDirectory() as top:
            folder = Path(top, "golden")
            run = quoin(OWN / "good.so", "--golden", folder)
            self.assertEqual((run.returncode, run.stdout), (2, ""))
            self.assertIn("there is no folder", run.stderr)
            self.assertEqual(quoin(OWN / "good.so", "--keep").returncode, 2)
            self.assertEqual(self.golden(OWN / "good.so", folder, "--keep"), ("passed", "layout 1"))
            file = folder / "strategy/bad/1.state"
            kept = file.read_bytes()
            # what is there stays, whatever its parameters were: they are its own
            self.assertEqual(self.golden(OWN / "good.so", folder, "--keep", "--seed", "9"),
                             ("passed", "layout 1"))
            self.assertEqual(kept, file.read_bytes())
            file.unlink()
            self.golden(OWN / "good.so", folder, "--keep", "--set", "length=20")
            self.assertEqual(self.golden(OWN / "good.so", folder), ("passed", "layout 1"))
            result, text = self.golden(OWN / "good.so", folder, "--set", "length=10")
            self.assertEqual((result, "state of another length" in text), ("failed", True), text)

            # another layout that takes the old one, that does not, and one without a new number
            self.assertEqual(self.golden(OWN / "old_taken.so", folder),
                             ("passed", "layout 1; 2 is not kept yet"))
            for name, words in (("old_refused", "a layout of long ago"),
                                ("layout_changed", "saves other bytes than it loaded")):
                status, failed, _ = check(OWN / f"{name}.so", "--golden", folder)
                self.assertEqual((status, list(failed)), (3, ["state.golden"]))
                self.assertIn("1.state: ", failed["state.golden"])
                self.assertIn(words, failed["state.golden"])
            self.assertEqual(self.golden(OWN / "old_taken.so", folder, "--keep"),
                             ("passed", "layout 1, 2"))
            result, text = self.golden(OWN / "good.so", folder)
            self.assertEqual((result, "a number was taken back" in text), ("failed", True), text)

    def test_a_folder_golden_beside_the_file_is_found(self):
        with tempfile.TemporaryDirectory() as top:
            own = shutil.copy(OWN / "old_refused.so", top)
            os.chmod(own, 0o644)
            _, _, result = check(own, "--only", "golden")
            self.assertEqual(result["checks"][0]["result"], "skipped")
            self.golden(OWN / "good.so", Path(top, "golden"), "--keep")
            self.assertEqual(list(check(own)[1]), ["state.golden"])

    def test_files_that_hold_no_kept_state(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "strategy/bad/1.state")
            self.golden(OWN / "good.so", folder, "--keep")
            whole = file.read_bytes()
            head = whole.index(b"\n}\n") + 3
            turned = bytearray(whole)
            turned[-1] ^= 1
            for bad, words in (
                    (b"", "is no file that"), (b"{}", "is no file that"),
                    (b"{\n}\n", "is no file that"), (whole[head:], "is no file that"),
                    (whole[:head - 9], "is no file that"), (b"[\n" + whole[1:], "is no file that"),
                    (whole.replace(b'"state_file": 1', b'"state_file": 2'), "is no file that"),
                    (whole[:-1], "is damaged"), (whole + b"x", "is damaged"),
                    (whole[:head], "is damaged"), (bytes(turned), "is damaged"),
                    (whole.replace(b'"sha256"', b'"sha257"'), "is damaged"),
                    (whole.replace(b'"layout": 1', b'"layout": 2'), "holds layout 2"),
                    (whole.replace(b"strategy/bad", b"strategy/mad"), "holds layout 1 of strategy/mad"),
                    (whole.replace(b'"params"', b'"param"'), "parameters cannot be read"),
                    (whole.replace(b'"length": "10"', b'"length": "x"'), "1.state: it is not created")):
                file.write_bytes(bad)
                result, text = self.golden(OWN / "good.so", folder)
                self.assertEqual((result, words in text), ("failed", True), (words, text))
            # a parameter that the class has no more is nobody's; other files are not looked at
            file.write_bytes(whole.replace(b'"mode"', b'"gone"'))
            for name in ("README", "0.state", "x.state", "2.state~", "-1.state"):
                file.with_name(name).write_text("not this one")
            self.assertEqual(self.golden(OWN / "good.so", folder), ("passed", "layout 1"))

    def test_the_tree_s_own_plugins_load_the_states_of_each_release(self):
        count = 0
        for file in sorted(PLUGINS.glob("*/*.so")):
            shown = json.loads(subprocess.run([QUOIN, "plugin", "show", file, "--json"], check=True,
                                              text=True, capture_output=True).stdout)
            if not shown["state_schema"] or shown["kind"] in ("qn.sink/1", "qn.tuner/1"):
                continue
            # in the host's own profile: with a sanitizer its plugins have one, too
            run = subprocess.run([QUOIN, "plugin", "check", file, "--only", "golden", "--golden",
                                  KEPT, "--json"], text=True, capture_output=True, check=False)
            (row,) = json.loads(run.stdout)["checks"]
            self.assertEqual((row["result"], "not kept" in row["text"]), ("passed", False), row)
            count += len(list((KEPT / shown["id"]).glob("*.state")))
        self.assertGreater(count, 7)
        self.assertEqual(count, len(list(KEPT.glob("*/*/*.state"))), "of a class that is no more")
        print(f"proof: states of released layouts: {count} loaded")

    def test_a_seed_repeats_a_run(self):
        for file in (OWN / "hostile_crash.so", OWN / "damaged_crash.so", OWN / "good.so"):
            first, again = check(file, "--seed", "7")[2], check(file, "--seed", "7")[2]
            self.assertEqual(timeless(first), timeless(again))
        other = check(OWN / "damaged_crash.so", "--seed", "8")[2]
        self.assertNotEqual(timeless(check(OWN / "damaged_crash.so", "--seed", "7")[2]),
                            timeless(other))

    def test_only_some(self):
        _, _, result = check(OWN / "good.so", "--only", "^state[.](round|newer)$")
        self.assertEqual([row["check"] for row in result["checks"]], ["state.round", "state.newer"])
        run = quoin(OWN / "good.so", "--only", "(")
        self.assertEqual((run.returncode, run.stdout), (2, ""))
        self.assertIn("is no regular expression", run.stderr)
        run = quoin(OWN / "good.so", "--only", "nothing")
        self.assertEqual(run.returncode, 2)
        self.assertIn("no check has a name", run.stderr)

    def test_parameters_may_be_set(self):
        own = OWN / "inside_silent.so" # takes lengths of 2, 10 and 1000 alone
        self.assertEqual(check(own, "--only", "defaults", "--set", "length=2")[:2], (0, {}))
        self.assertEqual(check(own, "--only", "defaults", "--set", "length=10", "--set", "length=3")[0],
                         3)
        _, failed, _ = check(own, "--only", "defaults", "--set", "lenght=2")
        self.assertIn("strategy/bad has no parameter 'lenght'", failed["params.defaults"])
        trend = PLUGINS / "strategy/trend_following.so"
        run = subprocess.run([QUOIN, "plugin", "check", trend, "--set", "volatility=vol.ewma"],
                             text=True, capture_output=True, check=False)
        self.assertEqual(run.returncode, 0, run.stdout)
        self.assertEqual(quoin(own, "--set", "length").returncode, 2)

    def test_what_rests_on_a_broken_rule_is_not_run(self):
        _, _, result = check(OWN / "event_crash.so")
        rows = {row["check"]: row for row in result["checks"]}
        self.assertEqual(rows["run.hostile"]["result"], "skipped")
        self.assertEqual(rows["run.hostile"]["text"], "not run: it rests on run.calls")
        self.assertEqual(rows["params.outside"]["result"], "passed")

    def test_text_says_what_to_do(self):
        run = quoin(OWN / "size_equal.so", "--only", "^host.long$")
        self.assertEqual(run.returncode, 3)
        lines = run.stdout.splitlines()
        self.assertEqual(lines[0], "strategy/bad")
        self.assertRegex(lines[1], "^  FAIL  host.long +it is not created .*odd host")
        self.assertRegex(lines[2], "^        rule: Structs of the host that are longer")
        self.assertRegex(lines[3], "^        to do: Do not compare a size")
        self.assertEqual(lines[-1], "0 passed, 1 failed, 0 skipped (seed 1)")

    def test_junit(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "out.xml")
            run = quoin(OWN / "label_crash.so", "--junit", path)
            self.assertEqual(run.returncode, 3)
            suite = ElementTree.parse(path).getroot()
        cases = {case.get("name"): case for case in suite}
        self.assertEqual(suite.get("failures"), "1")
        self.assertEqual(suite.get("tests"), str(len(cases)))
        failure = cases["params.labels"].find("failure")
        self.assertIn('mode = "other"', failure.get("message"))
        self.assertTrue(failure.text.startswith("Handle each label"))
        self.assertIsNone(cases["params.bounds"].find("failure"))
        run = quoin(OWN / "good.so", "--only", "scan", "--junit", "/nowhere/out.xml")
        self.assertEqual(run.returncode, 1)

    def test_usage(self):
        for args, status in ((("--seed", "x", OWN / "good.so"), 2), ((), 2),
                             ((OWN / "good.so", OWN / "good.so"), 2),
                             ((OWN / "good.so", "--limit", "0"), 2), (("/nowhere/x.so",), 3)):
            run = quoin(*args)
            self.assertEqual((run.returncode, run.stdout), (status, ""), args)
            self.assertRegex(run.stderr, "^quoin: error: ")

    def test_nothing_is_left_behind(self):
        with tempfile.TemporaryDirectory() as folder:
            env = dict(os.environ, TMPDIR=folder, QUOIN_CACHE=f"{folder}/cache")
            subprocess.run([QUOIN, "plugin", "check", PLUGINS / "sink/jsonl.so"], env=env,
                           check=True, capture_output=True)
            self.assertEqual(os.listdir(folder), [])


if __name__ == "__main__":
    unittest.main()
