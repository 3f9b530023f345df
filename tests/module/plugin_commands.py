#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""quoin plugin list and show, from outside: tables, JSON, exit statuses, and that listing runs
no code."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

BUILD = os.environ["QUOIN_BUILD"]
QUOIN = os.path.join(BUILD, "quoin")
FIXTURES = os.path.join(BUILD, "tests", "module", "fixtures")


class PluginCommands(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.marker = os.path.join(self.dir, "marker")
        self.plugins = os.path.join(self.dir, "plugins")
        os.mkdir(self.plugins, 0o755)

    def tearDown(self):
        shutil.rmtree(self.dir)

    def put(self, name, below=""):
        folder = os.path.join(self.plugins, below)
        os.makedirs(folder, 0o755, exist_ok=True)
        path = os.path.join(folder, name + ".so")
        shutil.copyfile(os.path.join(FIXTURES, name + ".so"), path)
        os.chmod(path, 0o644)
        return path

    def quoin(self, *args, status=0):
        env = dict(os.environ, QUOIN_CACHE=os.path.join(self.dir, "cache"), QUOIN_DEV="0",
                   QUOIN_TEST_MARKER=self.marker)
        run = subprocess.run([QUOIN, "plugin", *args], env=env, capture_output=True, text=True,
                             stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(run.returncode, status, run.stdout + run.stderr)
        return run

    def test_list_reads_notes_and_runs_nothing(self):
        good = self.put("good")
        self.put("constructor", "a")
        crash = self.put("entry_crash", "b")
        run = self.quoin("list", "--path", self.plugins)
        lines = run.stdout.splitlines()
        self.assertEqual(lines[0].split(), ["CLASS", "VERSION", "KIND", "TIER", "LICENSE", "FILE"])
        self.assertEqual(len(lines), 4)
        row = ["strategy/fixture", "1.0.0", "qn.strategy/1", "pure", "MIT"]
        self.assertEqual(lines[1].split(), row + [good]) # the folder's own file comes first
        self.assertEqual(lines[3].split(),
                         row + [crash, "(hidden", "by", "an", "earlier", "one)"])
        self.assertFalse(os.path.exists(self.marker))
        self.assertFalse(os.path.exists(os.path.join(self.dir, "cache")))

    def test_list_as_json(self):
        self.put("two", "strategy")
        self.put("venue", "venue")
        rows = json.loads(self.quoin("list", "--path", self.plugins, "--json").stdout)
        self.assertEqual([r["id"] for r in rows], ["strategy/one", "strategy/two", "venue/fixture"])
        self.assertEqual(rows[2], {
            "id": "venue/fixture", "kind": "qn.venue/1", "version": "0.1.0", "license": "MIT",
            "tier": "io", "file": os.path.join(self.plugins, "venue", "venue.so"),
            "hidden": False})

    def test_list_of_several_folders(self):
        self.put("good", "one")
        self.put("venue", "two")
        rows = json.loads(self.quoin("list", "--json", "--path", os.path.join(self.plugins, "two"),
                                     "--path", os.path.join(self.plugins, "one")).stdout)
        self.assertEqual([r["id"] for r in rows], ["venue/fixture", "strategy/fixture"])

    def test_list_tells_what_is_no_plugin(self):
        self.put("good")
        with open(os.path.join(self.plugins, "text.so"), "w", encoding="utf-8") as f:
            f.write("no module at all, only a text that is long enough to be looked at closely\n")
        run = self.quoin("list", "--path", self.plugins)
        self.assertIn("text.so: not an ELF file", run.stderr)
        self.assertIn("[QN_E_ELF_FORMAT]", run.stderr)
        self.assertEqual(len(run.stdout.splitlines()), 2)

    def test_list_of_nothing(self):
        self.assertEqual(json.loads(self.quoin("list", "--path", self.plugins, "--json").stdout), [])
        self.quoin("list", "--path", "/nowhere/at/all", status=2)
        self.quoin("list", "extra", status=2)

    def test_list_of_the_default_folder(self):
        ids = [r["id"] for r in json.loads(self.quoin("list", "--json").stdout)]
        for expected in ("strategy/sma_cross", "strategy/buy_and_hold", "venue/sim"):
            self.assertIn(expected, ids)

    def test_show_by_id_and_by_file(self):
        path = self.put("good", "strategy")
        by_id = self.quoin("show", "strategy/fixture", "--path", self.plugins, "--json")
        by_file = self.quoin("show", path, "--json")
        shown = json.loads(by_id.stdout)
        self.assertEqual(shown, json.loads(by_file.stdout))
        self.assertEqual(
            {k: shown[k] for k in ("id", "name", "version", "license", "kind", "abi", "tier",
                                   "profile", "can_unload", "kept_because", "file")},
            {"id": "strategy/fixture", "name": "Fixture", "version": "1.0.0", "license": "MIT",
             "kind": "qn.strategy/1", "abi": "0.2", "tier": "pure", "profile": "strict",
             "can_unload": True, "kept_because": None, "file": path})
        self.assertRegex(shown["sha256"], "^[0-9a-f]{64}$")
        self.assertRegex(shown["build_id"], "^[0-9a-f]{40}$")
        self.assertEqual(len(shown["params"]), 1)
        param = shown["params"][0]
        self.assertEqual((param["key"], param["type"], param["unit"], param["default"],
                          param["min"], param["max"], param["required"]),
                         ("length", "i64", "bars", "10", "1", None, False))

    def test_show_as_text(self):
        path = self.put("good")
        out = self.quoin("show", path).stdout
        for part in ("strategy/fixture 1.0.0 - Fixture", "MIT", "qn.strategy/1", "strict",
                     "length", "bars", ">= 1", "a length"):
            self.assertIn(part, out)
        self.assertIn("no: modules of tier I/O are never unloaded",
                      self.quoin("show", self.put("venue")).stdout)

    def test_show_of_all_classes_of_a_file(self):
        path = self.put("two")
        self.assertEqual([c["id"] for c in json.loads(self.quoin("show", path, "--json").stdout)],
                         ["strategy/one", "strategy/two"])
        one = json.loads(self.quoin("show", "strategy/two", "--path", self.plugins, "--json").stdout)
        self.assertEqual(one["id"], "strategy/two")

    def test_show_of_what_a_model_and_an_optimizer_give_out(self):
        path = self.put("model")
        model, optimizer = json.loads(self.quoin("show", path, "--json").stdout)
        self.assertEqual(model["features"], [
            {"name": "ewma", "unit": "fraction per year", "doc": "A first feature."},
            {"name": "age", "unit": "", "doc": "A second one."}])
        self.assertNotIn("values", model)
        self.assertEqual(optimizer["values"], [
            {"name": "variance", "unit": "fraction", "doc": "A value."}])
        self.assertNotIn("features", optimizer)
        lines = [line.split() for line in self.quoin("show", path).stdout.splitlines()]
        self.assertIn(["FEATURE", "UNIT", "MEANING"], lines)
        self.assertIn(["ewma", "fraction", "per", "year", "A", "first", "feature."], lines)
        self.assertIn(["age", "A", "second", "one."], lines)
        self.assertIn(["VALUE", "UNIT", "MEANING"], lines)
        self.assertIn(["variance", "fraction", "A", "value."], lines)
        good = json.loads(self.quoin("show", self.put("good"), "--json").stdout)
        self.assertFalse({"features", "values"} & good.keys())

    def test_unknown_ids_exit_2(self):
        self.put("good")
        run = self.quoin("show", "strategy/fixtrue", "--path", self.plugins, status=2)
        self.assertIn("did you mean 'strategy/fixture'", run.stderr)
        self.assertEqual(run.stdout, "")
        self.quoin("show", status=2)

    def test_refused_files_exit_3(self):
        for name, code in (("constructor", "QN_E_ELF_CONSTRUCTOR"), ("no_note", "QN_E_ELF_NOTE"),
                           ("entry_crash", "QN_E_MODULE_CRASH"),
                           ("param_default", "QN_E_MODULE_TABLE")):
            run = self.quoin("show", self.put(name), "--json", status=3)
            self.assertIn(f"[{code}]", run.stderr)
            self.assertEqual(run.stdout, "")
        self.quoin("show", os.path.join(self.plugins, "missing.so"), status=3)
        self.assertFalse(os.path.exists(self.marker))


if __name__ == "__main__":
    unittest.main()
