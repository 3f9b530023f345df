#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Signatures from outside: quoin plugin sign and verify, each way in which a file is not what was
signed, and what the policies do to a run, its record and its report. Keys and signatures are made
and checked by the openssl program as well."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import unittest
from datetime import timedelta

import runs
from support import BUILD, SOURCE, quoin

sys.path.insert(0, os.path.join(SOURCE, "tests", "control"))
import host  # noqa: E402

SMA = os.path.join(BUILD, "plugins", "strategy", "sma_cross.so")
DRIVER = os.path.join(BUILD, "tests", "reload_driver")
BUILDS = os.path.join(BUILD, "tests", "reload")
CODES = {"unsigned": "QN_E_MODULE_UNSIGNED", "key": "QN_E_SIGNATURE_KEY",
         "altered": "QN_E_SIGNATURE_ALTERED",
         "stripped": "QN_E_SIGNATURE_STRIPPED", "replaced": "QN_E_SIGNATURE_REPLACED", "format": "QN_E_SIGNATURE_FORMAT",
         "access": "QN_E_MODULE_ACCESS"}


def openssl(*args, **more):
    return subprocess.run(["openssl", *args], check=True, capture_output=True, **more).stdout


class Trust(unittest.TestCase):
    def setUp(self):
        self.run_ = runs.Run()
        self.plugins = self.folder("plugins")
        self.keys = self.folder("keys")
        self.make_key("mine")
        shutil.copy(self.run_.path("mine.pub"), os.path.join(self.keys, "mine.pem"))
        os.chmod(os.path.join(self.keys, "mine.pem"), 0o644)
        self.file = self.put(SMA)

    def folder(self, name):
        path = self.run_.path(name)
        os.mkdir(path)
        os.chmod(path, 0o755)
        return path

    def make_key(self, name):
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.run_.path(name + ".key"))
        openssl("pkey", "-in", self.run_.path(name + ".key"), "-pubout", "-out",
                self.run_.path(name + ".pub"))

    def alter(self):
        """A byte of the plugin's code."""
        self.put(SMA)
        with open(self.file, "r+b") as f:
            at = f.read().index(b"qn.strategy/1")
            f.seek(at)
            f.write(b"Q")

    def put(self, source, name=None):
        path = os.path.join(self.plugins, name or os.path.basename(source))
        shutil.copyfile(source, path)
        os.chmod(path, 0o644)
        return path

    def sign(self, path=None, key="mine"):
        done = quoin("plugin", "sign", path or self.file, "--key", self.run_.path(key + ".key"),
                     "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def verify(self, *args):
        return quoin("plugin", "verify", self.file, "--trust", self.keys, *args)

    def refused(self, why, path=None):
        done = quoin("plugin", "verify", path or self.file, "--trust", self.keys)
        self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
        self.assertIn(f"[{CODES[why]}]", done.stderr)

    def text(self):
        with open(self.file + ".sig", encoding="ascii") as f:
            return f.read()

    def rewrite(self, text):
        with open(self.file + ".sig", "w", encoding="ascii") as f:
            f.write(text)

    # ---- sign and verify

    def test_what_is_signed_is_verified(self):
        made = self.sign()
        der = openssl("pkey", "-in", self.run_.path("mine.key"), "-pubout", "-outform", "DER")
        with open(self.file, "rb") as f:
            content = f.read()
        self.assertEqual(made["key"], hashlib.sha256(der).hexdigest())
        self.assertEqual(made["sha256"], hashlib.sha256(content).hexdigest())
        self.assertEqual(made["signature"], self.file + ".sig")
        self.assertEqual([c["id"] for c in made["classes"]], ["strategy/sma_cross"])
        shown = json.loads(quoin("plugin", "show", self.file, "--json").stdout)
        for key in ("id", "kind", "version", "state_schema"):
            self.assertEqual(made["classes"][0][key], shown[key])
        self.assertEqual(made["abi"], shown["abi"])
        done = self.verify("--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)), (0, made))
        done = self.verify()
        self.assertIn(f"{self.file} is signed by a trusted key\n", done.stdout)
        self.assertIn(made["key"], done.stdout)
        self.assertIn("strategy/sma_cross", done.stdout)

    def test_openssl_says_the_same(self):
        """The signature is plain Ed25519 over the lines before it."""
        self.sign()
        signed, _, line = self.text().rpartition("signature ")
        told = self.run_.write("signed.txt", signed)
        with open(self.run_.path("signature.bin"), "wb") as f:
            f.write(openssl("base64", "-d", "-A", input=line.strip().encode() + b"\n"))
        openssl("pkeyutl", "-verify", "-pubin", "-inkey", self.run_.path("mine.pub"), "-rawin",
                "-in", told, "-sigfile", self.run_.path("signature.bin"))
        self.assertRegex(signed, r"\Aquoin-signature 2\nkey [0-9a-f]{64}\nsha256 [0-9a-f]{64}\n"
                                 r"mapped [0-9a-f]{64}\nbuild [0-9a-f]+\n"
                                 r"abi \d+\.\d+\nclass strategy/sma_cross qn\.strategy/1 \S+ "
                                 r"state \d+ \d+\n\Z")

    def test_each_way_to_be_refused(self):
        self.refused("unsigned")
        self.sign()
        whole = self.text()
        with open(self.file, "ab") as f: # behind the end: no loader would miss it
            f.write(b"\0")
        self.refused("stripped")
        self.alter()
        self.refused("altered")
        self.put(SMA)
        self.assertEqual(self.verify().returncode, 0)
        subprocess.run(["strip", self.file], check=True)
        os.chmod(self.file, 0o644)
        self.refused("stripped")
        self.put(os.path.join(BUILD, "plugins", "strategy", "buy_and_hold.so"), "sma_cross.so")
        self.refused("replaced")
        self.put(SMA)
        self.make_key("other")
        self.sign(key="other")
        self.refused("key")
        self.rewrite(whole[:-2])
        self.refused("format")
        self.rewrite("")
        self.refused("format")
        os.remove(self.file + ".sig")
        self.refused("unsigned")

    def test_each_line_counts(self):
        self.sign()
        whole = self.text()
        other = "0" if whole.split("key ")[1][0] != "0" else "1"
        hashed = "0" if whole.split("sha256 ")[1][0] != "0" else "1"
        signature = whole.split("\nsignature ")[1]
        first = "B" if signature[0] != "B" else "C"
        cases = [
            ("quoin-signature 2", "quoin-signature 1", "format"),
            ("quoin-signature 2", "quoin-signature  2", "format"),
            ("key " + whole.split("key ")[1][0], "key " + other, "key"),
            ("sha256 " + whole.split("sha256 ")[1][0], "sha256 " + hashed, "altered"),
            ("sha256 ", "SHA256 ", "format"),
            ("mapped ", "mapped  ", "format"),
            ("build ", "build x", "format"),
            ("build ", "build 00", "altered"),
            ("abi 0.", "abi 1.", "altered"),
            ("class strategy/sma_cross ", "class strategy/sma_crosS ", "altered"),
            (" qn.strategy/1 ", " qn.strategy/2 ", "altered"),
            ("state ", "state 0", "format"),
            ("\nsignature " + signature[0], "\nsignature " + first, "altered"),
            ("\nsignature", "\n\nsignature", "format"),
            (signature, signature + "more\n", "format"),
        ]
        for was, now, why in cases:
            self.assertIn(was, whole)
            self.rewrite(whole.replace(was, now, 1))
            with self.subTest(now=now):
                self.refused(why)
        for line in whole.splitlines(keepends=True): # each one left out, each one twice
            for now in ("", line + line):
                self.rewrite(whole.replace(line, now, 1))
                done = self.verify()
                self.assertEqual(done.returncode, 3, line)
                self.assertRegex(done.stderr, "QN_E_SIGNATURE_(FORMAT|ALTERED)")
        self.rewrite(whole)
        self.assertEqual(self.verify().returncode, 0)

    def test_keys(self):
        self.sign()
        key = os.path.join(self.keys, "mine.pem")
        os.chmod(self.keys, 0o777)
        self.refused("access")
        os.chmod(self.keys, 0o755)
        os.chmod(key, 0o666)
        self.refused("access")
        os.remove(key)
        self.refused("key")
        shutil.copy(self.run_.path("mine.key"), key) # a private key trusts nobody
        self.refused("key")
        os.remove(key)
        os.rmdir(self.keys)
        self.assertEqual(self.verify().returncode, 2)
        self.run_.write("keys", "a file in place of the folder")
        self.refused("key")

    def test_keys_that_do_not_sign(self):
        openssl("genpkey", "-algorithm", "rsa", "-out", self.run_.path("rsa.key"))
        self.run_.write("text.key", "no key\n")
        for key in ("rsa.key", "text.key", "mine.pub", "none.key"):
            done = quoin("plugin", "sign", self.file, "--key", self.run_.path(key))
            self.assertEqual((done.returncode, done.stdout), (2, ""), key)
            self.assertIn(key, done.stderr)
        self.assertFalse(os.path.exists(self.file + ".sig"))
        for args in (("sign", self.file), ("verify", self.file), ("sign", "--key", "k"),
                     ("verify", "--trust", self.keys), ("verify", "a", "b", "--trust", "c")):
            self.assertEqual(quoin("plugin", *args).returncode, 2, args)

    def test_what_cannot_be_loaded_is_not_signed(self):
        broken = self.put(SMA, "broken.so")
        with open(broken, "r+b") as f:
            f.truncate(4000)
        for path in (broken, os.path.join(self.plugins, "nothing.so")):
            done = quoin("plugin", "sign", path, "--key", self.run_.path("mine.key"))
            self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
            self.assertFalse(os.path.exists(path + ".sig"))

    def test_show_tells_whether_one_lies_there(self):
        for expected in (False, True):
            shown = json.loads(quoin("plugin", "show", self.file, "--json").stdout)
            self.assertIs(shown["has_signature"], expected)
            text = quoin("plugin", "show", self.file).stdout
            self.assertIn("signature beside it" if expected else "signature none", text)
            self.sign()

    def test_signing_again_replaces_the_signature(self):
        self.make_key("other")
        self.sign(key="other")
        self.sign()
        self.assertEqual(self.verify().returncode, 0)
        self.assertEqual(sorted(os.listdir(self.plugins)), ["sma_cross.so", "sma_cross.so.sig"])

    # ---- runs

    def prepare(self, policy, extra="", bars=40):
        """A run of a venue and a strategy whose files are ours."""
        rows = [(100 + n % 7, 108, 99, 100 + (n + 1) % 7) for n in range(bars)]
        csv = self.run_.write("bars.csv", runs.bars(rows, step=timedelta(days=1)))
        self.run_.load("--format", "ohlcv", "--instrument", "X.v", "--bar", "1d", "--tick", "0.01",
                       "--lot", "1", "--quote", "USD", csv)
        self.venue = self.put(os.path.join(BUILD, "plugins", "venue", "sim.so"))
        self.configure(policy, extra)

    def configure(self, policy, extra=""):
        path = self.run_.config(
            runs.strategy(self.file, 'fast = 2; slow = 5; qty = "1";', id="sma"),
            extra=f'store = {{ path = "store"; durability = "group"; }};\n{extra}'
                  f'trust = {{ policy = "{policy}"; keys = "keys"; }};')
        with open(path, encoding="utf-8") as f:
            text = f.read().replace('"venue/sim"', f'"{self.venue}"')
        self.run_.write("run.cfg", text)

    def run_refused(self, why, *args):
        for command in (("run",), ("check",)):
            done = quoin(*command, self.run_.path("run.cfg"), *args)
            self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
            self.assertIn(f"[{CODES[why]}]", done.stderr)
        self.assertFalse(os.path.exists(self.run_.path("store", "data.mdb"))
                         and "run 1" in quoin("journal", "show", self.run_.path("store")).stdout)

    def results(self):
        made = {}
        for name in ("report.json", "manifest.json"):
            with open(self.run_.path("out", name), encoding="utf-8") as f:
                made[name] = json.load(f)["trust"]
        self.assertEqual(made["report.json"], made["manifest.json"])
        with open(self.run_.path("out", "report.html"), encoding="utf-8") as f:
            page = f.read()
        return made["report.json"], page

    def test_require(self):
        self.prepare("require")
        self.run_refused("unsigned")
        self.sign(self.venue)
        self.run_refused("unsigned")
        self.make_key("other")
        self.sign(key="other")
        self.run_refused("key")
        self.sign()
        self.rewrite(self.text()[:-1])
        self.run_refused("format")
        self.sign()
        subprocess.run(["strip", self.file], check=True)
        os.chmod(self.file, 0o644)
        self.run_refused("stripped")
        self.put(SMA)
        self.alter()
        self.run_refused("altered")
        self.put(SMA)
        os.chmod(self.keys, 0o777)
        self.run_refused("access")
        os.chmod(self.keys, 0o755)
        got = self.run_.run()
        expected = {"policy": "require", "tainted": False, "unsigned": []}
        self.assertEqual(got["trust"], expected)
        told, page = self.results()
        self.assertEqual(told, expected)
        self.assertNotIn("UNSIGNED PLUGINS", page)

    def test_replaced_between_check_and_run(self):
        """What was checked is not what is loaded: it is judged again, by its content."""
        self.prepare("require")
        self.sign(self.venue)
        self.sign()
        done = quoin("check", self.run_.path("run.cfg"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.verify().returncode, 0)
        other = self.put(os.path.join(BUILD, "plugins", "strategy", "buy_and_hold.so"))
        os.rename(other, self.file)
        self.run_refused("replaced")
        os.remove(self.file + ".sig")  # its signature taken off, too
        self.run_refused("unsigned")

    def test_taint(self):
        self.prepare("taint")
        self.sign(self.venue)
        got = self.run_.run()
        expected = {"policy": "taint", "tainted": True, "unsigned": ["sma"]}
        self.assertEqual(got["trust"], expected)
        told, page = self.results()
        self.assertEqual(told, expected)
        self.assertIn("UNSIGNED PLUGINS", page)
        # the record says so too, whatever lies there by now
        self.sign()
        done = quoin("report", self.run_.path("store"), "--into", self.run_.path("again"), "--json")
        self.assertEqual(json.loads(done.stdout)["trust"], expected, done.stderr)
        text = quoin("report", self.run_.path("store"), "--into", self.run_.path("again")).stdout
        self.assertIn("  tainted: ran unsigned plugins: sma\n", text)
        # signed by now: the next run is clean
        got = self.run_.run()
        self.assertEqual(got["trust"], {"policy": "taint", "tainted": False, "unsigned": []})
        text = quoin("report", self.run_.path("store"), "--into", self.run_.path("again")).stdout
        self.assertNotIn("tainted", text)
        self.rewrite("nonsense")
        done = quoin("run", self.run_.path("run.cfg"))
        self.assertEqual(done.returncode, 3)
        self.assertIn(CODES["format"], done.stderr)

    def test_off_does_not_look(self):
        self.prepare("off")
        self.rewrite("nonsense")
        shutil.rmtree(self.keys)
        got = self.run_.run()
        self.assertEqual(got["trust"], {"policy": "off", "tainted": None, "unsigned": None})

    def test_the_same_decisions_under_each_policy(self):
        self.prepare("off")
        hashes = {self.run_.run()["decision_hash"]}
        self.sign()
        self.sign(self.venue)
        for policy in ("taint", "require"):
            self.configure(policy)
            hashes.add(self.run_.run()["decision_hash"])
        self.assertEqual(len(hashes), 1)

    def test_a_missing_folder_of_keys(self):
        self.prepare("taint")
        shutil.rmtree(self.keys)
        done = quoin("run", self.run_.path("run.cfg"))
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r"trusted keys .*/keys cannot be read.*\[QN_E_SIGNATURE_KEY\]")

    def test_a_run_that_is_resumed_stays_tainted(self):
        kill = self.put(os.path.join(runs.TEST_PLUGINS, "sink", "kill.so"))
        sinks = f'sinks = ( {{ id = "kill"; plugin = "{kill}"; params = {{ armed = "armed"; }}; }} );'
        self.prepare("taint", sinks, bars=200)
        self.sign(self.venue)
        self.sign(kill)
        self.run_.write("armed", "150")
        self.assertLess(quoin("run", self.run_.path("run.cfg")).returncode, 0)
        expected = {"policy": "taint", "tainted": True, "unsigned": ["sma"]}
        self.sign() # by now
        done = quoin("report", self.run_.path("store"), "--into", self.run_.path("again"), "--json")
        told = json.loads(done.stdout)
        self.assertEqual((told["run"]["status"], told["trust"]), ("unfinished", expected))
        self.assertEqual(self.run_.run("--resume")["trust"], expected)
        shutil.rmtree(self.keys) # a report loads no plugin
        done = quoin("report", self.run_.path("store"), "--into", self.run_.path("again"), "--json")
        told = json.loads(done.stdout)
        self.assertEqual((told["run"]["status"], told["trust"]), ("completed", expected))

    def test_tune_asks_for_the_same(self):
        grid = self.put(os.path.join(BUILD, "plugins", "tuner", "grid.so"))
        search = f'''tuner = {{ plugin = "{grid}"; path = "found"; space = (
            {{ path = "strategies.sma.params.fast"; low = 2; high = 3; step = 1; }} ); }};'''
        self.prepare("require", search)
        self.sign(self.venue)
        self.sign()
        done = quoin("tune", self.run_.path("run.cfg"), "--json")
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stderr, r"grid\.so: .*\[QN_E_MODULE_UNSIGNED\]")
        self.sign(grid)
        done = quoin("tune", self.run_.path("run.cfg"), "--json")
        self.assertEqual(done.returncode, 0, done.stderr)

    # ---- reload

    def drive(self, *files):
        env = {**os.environ, "QUOIN_PLUGINS": os.path.join(BUILD, "plugins")}
        done = subprocess.run([DRIVER, self.run_.path("run.cfg"), "sma", "refactor", "5", "5",
                               str(len(files)), *files], env=env, text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_reload_asks_for_the_same(self):
        signed, plain, other = (self.put(os.path.join(BUILDS, f"sma_{n}.so")) for n in (1, 2, 3))
        self.make_key("other")
        self.sign(signed)
        self.sign(other, key="other")
        self.prepare("off", bars=400)
        self.sign(self.venue)
        self.sign()
        for policy, done, tainted in (("require", 1, False), ("taint", 2, True), ("off", 3, False)):
            self.configure(policy)
            got = self.drive(signed, plain, other)
            self.assertEqual((got["done"], got["refused"]), (done, 3 - done), (policy, got["why"]))
            self.assertIs(got["tainted"], tainted)
            if policy != "off":
                self.assertIn(CODES["key"], got["why"])

    def lasting(self):
        """Of a run that goes on: its venue is signed, and the strategy's file, by the key "second"."""
        self.run_ = host.catalog(20000)
        shutil.move(self.keys, self.run_.path("keys"))
        venue = self.put(os.path.join(BUILD, "plugins", "venue", "sim.so"))
        self.make_key("second")
        key = self.run_.path("keys", "second.pem")
        shutil.copy(self.run_.path("second.pub"), key)
        os.chmod(key, 0o644)
        self.sign(key="second")
        self.sign(venue, key="second")
        return venue

    def host(self, venue, policy, more=""):
        strategy = runs.strategy(self.file, data='"bar:1m"', id="sma")
        h = host.Host(self.run_, strategy.replace("params =", f"{more} params ="),
                      extra=f'trust = {{ policy = "{policy}"; keys = "keys"; }};')
        with open(self.run_.path(h.name), encoding="utf-8") as f:
            text = f.read().replace('"venue/sim"', f'"{venue}"')
        self.run_.write(h.name, text)
        return h

    def test_a_file_that_changes_is_asked_for_the_same(self):
        """watch = true: the build at work goes on until a signature comes behind the new file."""
        venue = self.lasting()
        with self.host(venue, "require", "watch = true;") as h:
            new = self.put(os.path.join(BUILDS, "sma_2.so"), "new.so")
            os.rename(new, self.file)
            refused = h.until(lambda s: [r for r in h.records("reload") if r["step"] == "refuse"])
            self.assertEqual(refused["plugins"][1]["epoch"], 0)
            self.assertEqual([r["code"] for r in h.records("reload")], [CODES["replaced"]])
            self.sign(key="second")
            h.until(lambda s: s["plugins"][1]["epoch"] == 1 and s["plugins"][1]["state"] == "active")
            self.assertEqual(h.ctl("stop").returncode, 0)
            self.assertEqual(h.end()["trust"]["tainted"], False)
            h.replay()

    def test_a_reload_is_on_record(self):
        """What an operator loads into a run is judged as what it began with, and told at its end."""
        venue = self.lasting()
        plain = self.put(os.path.join(BUILDS, "sma_2.so"))
        for policy in ("require", "taint"):
            h = self.host(venue, policy)
            with h:
                self.assertIs(h.status()["tainted"], False)
                self.assertNotIn("tainted", h.ctl("status").stdout)
                done = h.ctl("reload", "sma", plain, "--shadow", "0")
                self.assertIs(h.status()["tainted"], policy == "taint")
                self.assertEqual("tainted: unsigned" in h.ctl("status").stdout, policy == "taint")
                self.assertEqual(h.ctl("stop").returncode, 0)
                trust = h.end()["trust"]
            if policy == "require":
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn(CODES["unsigned"], done.stderr)
                self.assertEqual((trust["tainted"], trust["unsigned"]), (False, []))
                continue
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual((trust["tainted"], trust["unsigned"]), (True, ["sma"]))
            told = quoin("report", h.store, "--into", self.run_.path("again"), "--json")
            self.assertEqual(json.loads(told.stdout)["trust"], trust, told.stderr)


if __name__ == "__main__":
    unittest.main()
