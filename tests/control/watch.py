# SPDX-License-Identifier: MIT
"""watch = true: a plugin whose file has changed is reloaded; a file that will not do is refused, and
the build at work goes on."""
import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
import unittest

import host
import runs
from support import SANITIZED


def hash_of(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


class Watch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = host.catalog(20000)

    def setUp(self):
        self.dir = self.run_.path(self.id().rsplit(".", 1)[-1])
        os.mkdir(self.dir, 0o755)
        self.file = os.path.join(self.dir, "sma.so")
        shutil.copyfile(host.sma_build(0), self.file)
        os.chmod(self.file, 0o755)

    def host(self):
        at_work = runs.strategy(self.file, 'fast = 3; slow = 9; qty = "8"; rule = "level";',
                                data='"bar:1m"', id="sma")
        h = host.Host(self.run_, at_work.replace("params =", "watch = true; params ="), pace=6000)
        self.addCleanup(h.__exit__)
        return h.start()

    def replace(self, build):
        """As a careful installer does it: the file is whole when it has its name."""
        new = self.file + ".new"
        shutil.copyfile(build, new)
        os.chmod(new, 0o755)
        os.rename(new, self.file)

    def epoch(self, h, n):
        return h.until(lambda s: s["plugins"][1]["epoch"] == n and
                       s["plugins"][1]["state"] == "active")["plugins"][1]

    def test_a_file_that_changes(self):
        h = self.host()
        self.assertEqual(h.status()["plugins"][1]["epoch"], 0)
        self.replace(host.sma_build(1))
        self.epoch(h, 1)
        shutil.copyfile(host.sma_build(2), self.file)  # written in place: told when it is closed
        self.epoch(h, 2)
        engine = host.children(h.process.pid)[0]
        self.assertEqual(h.ctl("stop").returncode, 0)
        h.end()
        asked = [r for r in h.records("command") if r["verb"] == "reload"]
        self.assertEqual([(r["uid"], r["pid"], r["code"]) for r in asked],
                         [(os.getuid(), engine, "QN_OK")] * 2)
        self.assertEqual(asked[0]["value"], "refactor " + self.file)
        h.replay()  # with what it was begun with, though the file is another one by now

    def maps(self, process):
        with open(f"/proc/{process.pid}/maps", encoding="utf-8") as f:
            return f.read()

    def until(self, process, holds):
        end = time.monotonic() + host.PATIENCE
        while not holds():
            self.assertIsNone(process.poll())
            self.assertLess(time.monotonic(), end)

    def is_watching(self, process):
        folder = f"/proc/{process.pid}/fdinfo"
        for name in os.listdir(folder):
            try:
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    if "inotify wd:" in f.read():
                        return True
            except FileNotFoundError:
                pass
        return False

    def test_without_a_store(self):
        """Nobody can be asked then: which build is there, the process's own map says."""
        strategy = runs.strategy(self.file, 'fast = 3; slow = 9; qty = "8"; rule = "level";',
                                 data='"bar:1m"', id="sma")
        path = self.run_.config(strategy.replace("params =", "watch = true; params ="),
                                venue="pace = 6000.0;", data='"bar:1m"', balance="100000000")
        was, new = (hash_of(host.sma_build(n)) for n in (0, 1))
        process = subprocess.Popen([host.QUOIN, "run", path, "--json"], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.until(process, lambda: self.is_watching(process))
            self.assertIn(was, self.maps(process))
            self.replace(host.sma_build(1))
            # the old one goes when the new one is kept; what a sanitizer instruments is never closed
            self.until(process, lambda: new in self.maps(process)
                       and (SANITIZED or was not in self.maps(process)))
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=host.PATIENCE)
        finally:
            process.kill()
            process.communicate()
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(json.loads(out)["run"]["status"], "stopped")

    def test_files_that_will_not_do(self):
        h = self.host()
        with open(host.sma_build(1), "rb") as f:
            whole = f.read()
        with open(self.file + ".part", "wb") as f:  # half of it, moved into place
            f.write(whole[:len(whole) // 2])
        os.rename(self.file + ".part", self.file)
        self.refused(h, 1)
        self.replace(host.version("plain"))  # of another class
        self.refused(h, 2)
        os.unlink(self.file)
        with open(os.path.join(self.dir, "other.so"), "wb") as f:  # nobody's
            f.write(whole)
        self.replace(host.sma_build(1))
        self.epoch(h, 1)
        self.assertEqual(h.ctl("stop").returncode, 0)
        _, told = h.process.communicate(timeout=host.PATIENCE)
        self.assertEqual(h.process.returncode, 0, told)
        self.assertEqual(told.count("sma was not reloaded"), 2, told)
        self.assertIn("has no class", told)
        self.assertEqual(len(h.records("command")), 3 + 1)  # and the stop

    def refused(self, h, n):
        """So many were: then the build at work is alone again, and the first one."""
        h.until(lambda s: s["plugins"][1]["state"] == "active" and
                s["control"]["clients"] >= 0 and
                len([r for r in h.records("reload") if r["step"] == "refuse"]) == n)
        self.assertEqual(h.status()["plugins"][1]["epoch"], 0)


if __name__ == "__main__":
    unittest.main()
