#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/abi.md: its example builds with its command, loads and shows; its tables name every code
with which a module can be refused."""
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

SOURCE = os.environ["QUOIN_SOURCE"]
QUOIN = os.path.join(os.environ["QUOIN_BUILD"], "quoin")

with open(os.path.join(SOURCE, "docs", "abi.md"), encoding="utf-8") as page:
    PAGE = page.read()


def block(mark, language):
    """The text of the code block behind a comment in the page."""
    found = re.search(rf"<!-- {re.escape(mark)} -->\n```{language}\n(.*?)```", PAGE, re.S)
    assert found, mark
    return found.group(1)


class Example(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        os.symlink(os.path.join(SOURCE, "include"), os.path.join(self.dir, "include"))
        with open(os.path.join(self.dir, "hello.c"), "w", encoding="utf-8") as f:
            f.write(block("example: hello.c", "c"))

    def tearDown(self):
        shutil.rmtree(self.dir)

    def run_in(self, args):
        env = dict(os.environ, QUOIN_CACHE=os.path.join(self.dir, "cache"), QUOIN_DEV="0")
        run = subprocess.run(args, cwd=self.dir, env=env, capture_output=True, text=True,
                             check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return run.stdout

    def test_builds_loads_and_shows(self):
        build, show = block("commands: hello.c", "sh").strip().splitlines()
        warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
        self.run_in(shlex.split(build) + warnings)
        os.chmod(os.path.join(self.dir, "hello.so"), 0o755)
        shown = json.loads(self.run_in([QUOIN] + shlex.split(show)[1:] + ["--json"]))
        self.assertEqual(shown["id"], "strategy/hello")
        self.assertEqual(shown["profile"], "strict")
        self.assertTrue(shown["can_unload"])
        self.assertEqual([p["key"] for p in shown["params"]], ["lots"])


class Codes(unittest.TestCase):
    def test_every_code_is_explained(self):
        with open(os.path.join(SOURCE, "include", "quoin", "error.h"), encoding="utf-8") as f:
            names = re.findall(r"X\(-\d+, ((?:ELF|MODULE)_\w+|ABI_VERSION),", f.read())
        self.assertGreater(len(names), 15)
        for name in names:
            self.assertIn(f"`QN_E_{name}`", PAGE)

    def test_no_code_is_invented(self):
        with open(os.path.join(SOURCE, "include", "quoin", "error.h"), encoding="utf-8") as f:
            known = set(re.findall(r"X\(-\d+, (\w+),", f.read()))
        for name in re.findall(r"QN_E_(\w+)", PAGE):
            self.assertIn(name, known)


if __name__ == "__main__":
    unittest.main()
