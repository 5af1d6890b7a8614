# SPDX-License-Identifier: MIT
"""The parsers of what a guest or the machine writes."""

import json
import unittest

from run_channel import LINE_MAX, ConsoleWatch, ExecChannel, LineReader, MachineLog, SelfTest

TOKEN = "0123456789abcdef0123456789abcdef"
TRAILER = f"svsm-exit {TOKEN} ".encode()


def split_everywhere(data):
    """DATA in two pieces at every place, and byte by byte."""
    for cut in range(len(data) + 1):
        yield [data[:cut], data[cut:]]
    yield [data[i:i + 1] for i in range(len(data))]


class Exec(unittest.TestCase):
    def check(self, data, output, status):
        for pieces in split_everywhere(data):
            channel = ExecChannel(TOKEN)
            got = b"".join(channel.feed(piece) for piece in pieces)
            got += channel.flush()
            self.assertEqual(got, output, pieces)
            self.assertEqual(channel.status, status, pieces)

    def test_output_and_status(self):
        self.check(b"one\ntwo\n" + TRAILER + b"0\n", b"one\ntwo\n", 0)
        self.check(b"no newline" + TRAILER + b"255\n", b"no newline", 255)
        self.check(TRAILER + b"7\n", b"", 7)

    def test_binary(self):
        data = bytes(range(256)) * 2
        self.check(data + TRAILER + b"1\n", data, 1)

    def test_no_trailer(self):
        self.check(b"cut sho", b"cut sho", None)
        self.check(b"", b"", None)
        self.check(b"out" + TRAILER, b"out" + TRAILER, None)
        self.check(b"out" + TRAILER + b"12", b"out" + TRAILER + b"12", None)

    def test_forged(self):
        for forged in (b"svsm-exit 0 0\n", b"svsm-exit " + b"f" * 32 + b" 0\n",
                       b"svsm-exit svsm-exit ", f"svsm.token={TOKEN} 0\n".encode(),
                       TRAILER + b"\n", TRAILER + b"x\n", TRAILER + b"1234\n",
                       TRAILER + b"0 \n", TRAILER + TRAILER):
            self.check(forged + TRAILER + b"3\n", forged, 3)

    def test_nothing_after_the_trailer(self):
        self.check(b"a" + TRAILER + b"0\nlate" + TRAILER + b"9\n", b"a", 0)

    def test_holds_back_no_more_than_a_trailer(self):
        channel = ExecChannel(TOKEN)
        self.assertEqual(channel.feed(b"text svsm-ex"), b"text ")
        self.assertEqual(channel.feed(b"pert"), b"svsm-expert")
        for _ in range(1000):
            channel.feed(TRAILER)
        self.assertLess(len(channel.pending), 2 * len(TRAILER))


class Lines(unittest.TestCase):
    def test_pieces(self):
        for pieces in split_everywhere(b"one\r\ntwo\n\nthree"):
            reader = LineReader()
            lines = [line for piece in pieces for line in reader.feed(piece)]
            self.assertEqual(lines + reader.flush(), ["one", "two", "", "three"])

    def test_bounded(self):
        reader = LineReader()
        for _ in range(5):
            reader.feed(b"x" * LINE_MAX)
        self.assertLessEqual(len(reader.rest), LINE_MAX)

    def test_any_bytes(self):
        self.assertEqual(len(LineReader().feed(bytes(range(256)) + b"\n")), 2)


class Console(unittest.TestCase):
    def panic(self, data):
        watch = ConsoleWatch()
        watch.feed(data)
        watch.flush()
        return watch.panic

    def test_panic(self):
        self.assertEqual(self.panic(b"[    1.5] Kernel panic - not syncing: no init\r\n"),
                         "no init")
        self.assertEqual(self.panic(b"half[12345.5] Kernel panic - not syncing: x\n"), "x")
        self.assertEqual(self.panic(b"[    1.5] Kernel panic - not syncing"), "no reason given")

    def test_first_counts(self):
        self.assertEqual(self.panic(b"[ 1.5] Kernel panic - not syncing: a\n"
                                    b"[ 1.6] Kernel panic - not syncing: b\n"), "a")

    def test_quotation(self):
        self.assertIsNone(self.panic(b"Kernel panic - not syncing: said the manual\n"))


class Machine(unittest.TestCase):
    def test_lines(self):
        counters = {"exits": {"CPUID": 3}, "switches": 12}
        log = ("SeaBIOS (version x)\nmachine: guest ended: GHCB protocol: 1\n"
               f"machine: error: out of memory\nmachine: counters: {json.dumps(counters)}\n")
        for pieces in split_everywhere(log.encode()):
            machine = MachineLog()
            for piece in pieces:
                machine.feed(piece)
            self.assertEqual(machine.ended, "GHCB protocol: 1")
            self.assertEqual(machine.error, "out of memory")
            self.assertEqual(machine.counters, counters)

    def test_bad_counters(self):
        machine = MachineLog()
        machine.feed(b"machine: counters: {broken\n")
        self.assertIsNone(machine.counters)

    def test_only_at_the_start_of_a_line(self):
        machine = MachineLog()
        machine.feed(b"note: machine: error: no\n machine: guest ended: no\n")
        self.assertIsNone(machine.error)
        self.assertIsNone(machine.ended)


class SelfTests(unittest.TestCase):
    GOOD = "KTAP version 1\n1..2\nok 1 - one\n# 7 ticks\nok 2 - two # SKIP no host\n"

    def judge(self, text, pieces=None):
        """(what is shown, the judgement) of a log with TEXT, each line with the prefix."""
        log = "".join(f"svsm: {line}\n" for line in text.splitlines()).encode()
        test = SelfTest()
        shown = b"".join(test.feed(piece) for piece in (pieces(log) if pieces else [log]))
        return (shown + test.flush()).decode(), test.failure()

    def test_good(self):
        self.assertEqual(self.judge(self.GOOD), (self.GOOD, None))
        for cut in range(len(self.GOOD)):
            got = self.judge(self.GOOD, lambda log, n=cut: [log[:n], log[n:]])
            self.assertEqual(got, (self.GOOD, None))

    def test_other_lines(self):
        text = self.GOOD.replace("# 7", "warning: ok 2\n2 CPUs\nok 2nd\nok, so what\n#VE\n# 7")
        self.assertEqual(self.judge(text), (self.GOOD, None))
        test = SelfTest()
        self.assertEqual(test.feed(self.GOOD.encode()), b"")
        self.assertEqual(test.failure(), "it printed no plan")

    def test_last_line_without_its_end(self):
        test = SelfTest()
        shown = test.feed(b"svsm: 1..1\nsvsm: ok 1 - x")
        self.assertEqual(shown, b"1..1\n")
        self.assertEqual(test.failure(), "0 of 1 tests have a result")
        self.assertEqual(test.flush(), b"ok 1 - x\n")
        self.assertIsNone(test.failure())

    def test_failures(self):
        for text, why in (
                ("", "it printed no plan"),
                ("ok 1\nok 2", "it printed no plan"),
                ("1..0", "0 of 0 tests have a result"),
                ("1..2\nok 1", "1 of 2 tests have a result"),
                ("1..2\nok 1\nok 2\nok 3", "3 of 2 tests have a result"),
                ("1..2\nok 1\nnot ok 2 - two", "1 of 2 tests failed"),
                ("1..3\nnot ok 1\nnot ok 2", "2 of 3 tests failed"),
                ("1..2\nok 2\nok 1", "result 2 came as number 1"),
                ("1..2\nok 1\nok 1", "result 1 came as number 2"),
                ("1..2\nok 1\n1..1", "it printed two plans"),
                ("1..2\nok 1\nok 2\nBail out! no timer", "Bail out! no timer")):
            with self.subTest(text):
                shown, failure = self.judge(text)
                self.assertEqual(shown, text + "\n" * bool(text))
                self.assertEqual(failure, why)
