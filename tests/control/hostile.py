# SPDX-License-Identifier: MIT
"""Clients of the control socket that mean no good: they are answered or dropped, the others are
served, and the run decides as it does alone.

QUOIN_SCALE raises the number of random requests."""
import os
import random
import socket
import subprocess
import sys
import time
import unittest

import host

SCALE = int(os.environ.get("QUOIN_SCALE", "1"))
LINE = 65536

# Another user's try: connects, asks, and says what it heard.
STRANGER = '''
import os, socket, sys
os.setgid(65534); os.setuid(65534)
s = socket.socket(socket.AF_UNIX)
try:
    s.connect(sys.argv[1])
    s.sendall(b'{"version":1,"id":1,"command":"stop"}\\n')
    print("heard", len(s.recv(100)))
except OSError as e:
    print("error", e.errno)
'''


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = host.catalog(20000)

    def setUp(self):
        self.h = host.Host(self.run_, pace=6000)
        self.addCleanup(self.h.__exit__)
        self.h.start()

    def alive(self):
        """An honest client is served, and the run goes on."""
        n = self.h.status()["market_events"]
        return self.h.until(lambda s: s["market_events"] > n)

    def finish(self):
        self.alive()
        self.assertEqual(self.h.ctl("stop").returncode, 0)
        result = self.h.end()
        self.assertEqual(self.h.replay()["decision_hash"], result["decision_hash"])
        self.assertEqual([r["verb"] for r in self.h.records("command")], ["stop"])

    def test_garbage(self):
        good = {"version": 1, "id": 5, "command": "status"}
        bad = [b"", b"\0", b"{", b"[]", b"1", b"null", b'"status"', b"{}", b"\xff\xfe\xfd", b"GET / HTTP/1.1",
               b'{"version":1}', b'{"version":2,"command":"stop"}', b'{"version":"1","command":"stop"}',
               b'{"version":1,"command":7}', b'{"version":1,"command":"stop"} x',
               b'{"version":1,"command":"stop","targte":"sma"}', b'{"version":1,"command":"sto\\u0000p"}',
               b'{"version":1,"command":"stop","id":{}}', b'{"version":1,"command":"stop","id":[[[[[[1]]]]]]}',
               b'{"version":1,"command":"stop","id":1.5}', b'{"version":1,"command":"reload"}',
               b'{"version":1,"command":"reload","target":"sma","file":"relative.so"}',
               b'{"version":1,"command":"reload","target":"sma","shadow":-1}',
               b'{"version":1,"command":"reload","target":"sma","shadow":1e3}',
               b'{"version":1,"command":"reload","target":"sma","file":"/' + b"x" * 5000 + b'"}',
               b'{"version":1,"command":"cancel","target":"' + b"y" * 70 + b'"}',
               b"[" * 60000, b'{"a":' * 10000, b"}" * 100]
        with self.h.connect() as s:
            for line in bad:
                s.sendall(line + b"\n")
                answer = host.line_of(s)
                self.assertFalse(answer["ok"], line[:60])
                self.assertTrue(answer["code"].startswith("QN_E_"), answer)
            self.assertTrue(host.talk(s, good)["ok"])
        self.assertGreaterEqual(self.alive()["control"]["garbage"], 15)
        self.finish()

    def test_random_requests(self):
        """What can be made of good requests by changing bytes; none of them is a command."""
        rng = random.Random(11)
        seeds = [b'{"version":1,"id":1,"command":"status"}',
                 b'{"version":1,"id":"x","command":"promote","target":"nobody"}',
                 b'{"version":1,"id":2,"command":"status","target":"all","mode":"tune"}']
        with self.h.connect() as s:
            for _ in range(2000 * SCALE):
                line = bytearray(rng.choice(seeds))
                for _ in range(rng.randint(1, 6)):
                    at = rng.randrange(len(line))
                    what = rng.randrange(3)
                    if what == 0:
                        line[at] = rng.randrange(256)
                    elif what == 1:
                        del line[at:at + rng.randint(1, 8)]
                    else:
                        line[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 4)))
                    if not line:
                        line = bytearray(b"x")
                s.sendall(bytes(line).replace(b"\n", b" ") + b"\n")
                self.assertIn("code", host.line_of(s))
        self.alive()

    def test_long_lines(self):
        with self.h.connect() as s:
            s.sendall(b"x" * (10 << 20) + b"\n")
            answer = host.line_of(s)
            self.assertEqual((answer["ok"], answer["code"]), (False, "QN_E_RANGE"))
            self.assertTrue(host.talk(s, {"version": 1, "id": 1, "command": "status"})["ok"])
            # the longest one that is kept, and the first that is not
            fits = b'{"version":1,"id":1,"command":"status"}'
            s.sendall(fits + b" " * (LINE - 1 - len(fits)) + b"\n")
            self.assertTrue(host.line_of(s)["ok"])
            s.sendall(fits + b" " * (LINE - len(fits)) + b"\n")
            self.assertFalse(host.line_of(s)["ok"])
        self.finish()

    def test_half_lines(self):
        half = []
        for n in range(8):
            s = self.h.connect()
            s.sendall(b'{"version":1,"id":%d,"comm' % n)
            half.append(s)
        self.alive()
        for n, s in enumerate(half):  # the other half, a byte at a time
            for byte in b'and":"status"}\n':
                s.sendall(bytes([byte]))
            self.assertEqual(host.line_of(s)["id"], n)
            s.close()
        with self.h.connect() as s:  # one that says no more is still answered
            s.sendall(b'{"version":1,"id":9,"command":"status"}\n{"version":1')
            s.shutdown(socket.SHUT_WR)
            self.assertEqual(host.line_of(s)["id"], 9)
            self.assertIsNone(host.line_of(s))
        self.finish()

    def test_many_connections(self):
        held = []
        for _ in range(1000):
            held.append(self.h.connect())
            if len(held) > 100:
                held.pop(0).close()
        state = self.alive()
        self.assertGreaterEqual(state["control"]["connections"], 1000)
        self.assertLessEqual(state["control"]["clients"], 16)
        self.assertGreater(state["control"]["dropped"], 0)
        for s in held:
            s.close()
        self.finish()

    def test_who_does_not_read(self):
        """Many requests in one go, and no look at the answers."""
        deaf = [self.h.connect() for _ in range(4)]
        for s in deaf:
            s.setblocking(False)
            sent = 0
            try:
                while sent < 4 << 20:
                    sent += s.send(b'{"version":1,"id":1,"command":"status"}\n' * 1000)
            except BlockingIOError:
                pass
            self.assertGreater(sent, 0)
        self.alive()
        for s in deaf:
            s.close()
        self.finish()

    def test_who_leaves(self):
        """Gone before the answer comes, also while a reload waits."""
        for n in range(200):
            s = self.h.connect()
            s.sendall(b'{"version":1,"id":1,"command":"status"}\n')
            if n % 2:
                s.shutdown(socket.SHUT_RD)
            s.close()
        s = self.h.connect()
        s.sendall(b'{"version":1,"id":1,"command":"reload","target":"sma","shadow":20,"probation":0}\n')
        s.close()
        self.h.until(lambda s: s["plugins"][1]["epoch"] == 1)
        self.alive()

    def test_flood_of_commands(self):
        """More commands than are let through are refused, the rest is done; the run can be done
        again."""
        refused = done = 0
        begun = time.monotonic()
        with self.h.connect() as s:
            for _ in range(4):
                s.sendall(b'{"version":1,"id":1,"command":"cancel","target":"nobody"}\n' * 500)
                for _ in range(500):
                    answer = host.line_of_buffered(s)
                    done += answer["code"] == "QN_E_UNKNOWN_NAME"
                    refused += answer["code"] == "QN_E_BUSY"
        self.assertEqual(done + refused, 2000)
        self.assertGreaterEqual(done, 256)
        self.assertLessEqual(done, 256 + 512 * (time.monotonic() - begun) + 1)
        state = self.alive()
        self.assertEqual(state["control"]["commands"], done)
        self.assertEqual(state["control"]["limited"], refused)
        self.assertEqual(self.h.ctl("stop").returncode, 0)
        self.h.end()
        self.h.replay()
        self.assertEqual(len(self.h.records("command")), done + 1)

    @unittest.skipUnless(os.geteuid() == 0, "another user's process takes root to make")
    def test_another_user(self):
        path = os.path.join(self.h.store, "control.sock")
        for folder in (self.run_.dir, self.h.store):
            os.chmod(folder, 0o755)
        for mode, heard in ((0o600, "error 13"), (0o666, "heard 0")):
            os.chmod(path, mode)
            got = subprocess.run([sys.executable, "-c", STRANGER, path], capture_output=True, text=True,
                                 check=False)
            self.assertIn(got.stdout.strip(), (heard, "error 104", "error 32") if mode == 0o666
                          else (heard,), got.stderr)
        self.assertGreaterEqual(self.alive()["control"]["turned_away"], 1)
        self.finish()


if __name__ == "__main__":
    unittest.main()
