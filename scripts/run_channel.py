# SPDX-License-Identifier: MIT
"""What the launcher reads from the guest and from the machine.

All of these bytes come from a guest that may lie or flood: every parser here
keeps a bounded amount and takes any input.
"""

import json
import re

# A console or log line longer than this is cut; no line that matters is.
LINE_MAX = 65536


class ExecChannel:
    """Splits the exec channel into the command's output and its exit status.

    The init script of the guest ends the output with "svsm-exit TOKEN STATUS\\n".
    TOKEN is new for each run, so output that imitates the line stays output.
    """

    def __init__(self, token):
        self.marker = f"svsm-exit {token} ".encode()
        self.trailer = re.compile(re.escape(self.marker) + rb"(\d{1,3})\n")
        self.pending = b""
        self.status = None

    def feed(self, data):
        """Takes bytes as they come; returns those that are output for sure."""
        if self.status is not None:
            return b""
        self.pending += data
        match = self.trailer.search(self.pending)
        if match:
            self.status = int(match[1])
            out, self.pending = self.pending[:match.start()], b""
            return out
        keep = self._undecided()
        cut = len(self.pending) - keep
        out, self.pending = self.pending[:cut], self.pending[cut:]
        return out

    def flush(self):
        """Returns what is left when no more bytes can come."""
        out, self.pending = self.pending, b""
        return out

    def _undecided(self):
        """Length of the longest end of the input that a trailer could start with."""
        start = self.pending.rfind(self.marker)
        # The marker, up to three digits so far.
        if start >= 0 and re.fullmatch(rb"\d{0,3}", self.pending[start + len(self.marker):]):
            return len(self.pending) - start
        for length in range(min(len(self.marker) - 1, len(self.pending)), 0, -1):
            if self.pending.endswith(self.marker[:length]):
                return length
        return 0


class LineReader:
    """Cuts a byte stream into lines of text."""

    def __init__(self):
        self.rest = b""

    def feed(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        self.rest = self.rest[:LINE_MAX]
        return [line[:LINE_MAX].decode(errors="replace").rstrip("\r") for line in lines]

    def flush(self):
        return self.feed(b"\n") if self.rest else []


class ConsoleWatch:
    """Finds the message of a kernel panic on the guest's console."""

    # The time stamp tells the kernel's own line from a quotation of it.
    PANIC = re.compile(r"\[ *\d+\.\d+\] Kernel panic - not syncing(?:: )?(.*)")

    def __init__(self):
        self.reader = LineReader()
        self.panic = None

    def feed(self, data):
        self._look(self.reader.feed(data))

    def flush(self):
        self._look(self.reader.flush())

    def _look(self, lines):
        for line in lines:
            match = self.PANIC.search(line)
            if match and self.panic is None:
                self.panic = match[1] or "no reason given"


class SelfTest:
    """Picks the KTAP of the SVSM's self-test from the SVSM's log, and judges it."""

    PREFIX = "svsm: "
    LINE = re.compile(r"KTAP version \d+|1\.\.(?P<plan>\d{1,4})|"
                      r"(?P<bad>not )?ok (?P<number>\d{1,4})\b.*|# .*|Bail out!.*")

    def __init__(self):
        self.reader = LineReader()
        self.plan = None
        self.done = 0
        self.failed = 0
        self.odd = None
        self.error = None   # what the SVSM itself had to say

    def feed(self, data):
        """Takes the log as it comes; returns its lines of KTAP, as bytes."""
        return self._look(self.reader.feed(data))

    def flush(self):
        return self._look(self.reader.flush())

    def failure(self):
        """Why this is no success, or None."""
        if self.plan is None:
            return self.error or "it printed no plan"
        if self.odd:
            return self.odd
        if self.failed:
            return f"{self.failed} of {self.plan} tests failed"
        if not self.plan or self.done != self.plan:
            return f"{self.done} of {self.plan} tests have a result"
        return None

    def _look(self, lines):
        out = []
        for line in lines:
            match = line.startswith(self.PREFIX) and \
                self.LINE.fullmatch(line.removeprefix(self.PREFIX))
            if match:
                self._count(match)
                out.append(match[0] + "\n")
            elif self.error is None and line.startswith(self.PREFIX + "error: "):
                self.error = line.removeprefix(self.PREFIX)
        return "".join(out).encode()

    def _count(self, match):
        if match["plan"]:
            if self.plan is not None:
                self.odd = self.odd or "it printed two plans"
            self.plan = int(match["plan"])
        elif match["number"]:
            self.done += 1
            if int(match["number"]) != self.done:
                self.odd = self.odd or f"result {match['number']} came as number {self.done}"
            self.failed += bool(match["bad"])
        elif match[0].startswith("Bail out!"):
            self.odd = self.odd or match[0]


class MachineLog:
    """Picks the machine's verdict and its counters from its log."""

    def __init__(self):
        self.reader = LineReader()
        self.ended = None
        self.error = None
        self.counters = None

    def feed(self, data):
        self._look(self.reader.feed(data))

    def flush(self):
        self._look(self.reader.flush())

    def _look(self, lines):
        for line in lines:
            if line.startswith("machine: guest ended: "):
                self.ended = line.removeprefix("machine: guest ended: ")
            elif line.startswith("machine: error: "):
                self.error = line.removeprefix("machine: error: ")
            elif line.startswith("machine: counters: "):
                try:
                    self.counters = json.loads(line.removeprefix("machine: counters: "))
                except ValueError:
                    self.counters = None
