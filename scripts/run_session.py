# SPDX-License-Identifier: MIT
"""Runs QEMU once: feeds its streams where they belong and waits for its end."""

import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import termios
import time
import tty

import run_channel
import run_result

POLL = 0.05           # seconds between looks at the log files
PANIC_GRACE = 2.0     # for the rest of the panic message
POWER_OFF_GRACE = 15.0
END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1


class Follower:
    """Reads what is appended to a file that QEMU writes."""

    def __init__(self, path):
        self.path = path
        self.file = None

    def read(self):
        if self.file is None:
            try:
                self.file = open(self.path, "rb")
            except FileNotFoundError:
                return b""
        return self.file.read()

    def close(self):
        if self.file:
            self.file.close()


class Terminal:
    """The user's terminal in raw mode; Ctrl-A x quits, as in QEMU."""

    ESCAPE = b"\x01"

    def __init__(self):
        self.fd = sys.stdin.fileno()
        self.saved = termios.tcgetattr(self.fd)
        self.escaped = False

    def __enter__(self):
        tty.setraw(self.fd)
        return self

    def __exit__(self, *_):
        termios.tcsetattr(self.fd, termios.TCSADRAIN, self.saved)

    def read(self):
        """Returns (bytes for the guest, does the user want to quit)."""
        out = bytearray()
        data = os.read(self.fd, 4096)
        if not data:
            return b"", True
        for byte in data:
            key = bytes([byte])
            if self.escaped:
                self.escaped = False
                if key in b"xX":
                    return bytes(out), True
                out += self.ESCAPE if key in b"aA\x01" else self.ESCAPE + key
            elif key == self.ESCAPE:
                self.escaped = True
            else:
                out += key
        return bytes(out), False


class Interrupted(Exception):
    def __init__(self, number):
        super().__init__(number)
        self.number = number


def catch_signals():
    """From now on these signals end the run in an orderly way: Interrupted."""
    def on_signal(number, _frame):
        raise Interrupted(number)

    for number in END_SIGNALS:
        signal.signal(number, on_signal)


def _die_with_parent():
    # Even a launcher that is killed outright must not leave a guest behind.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Session:
    """One QEMU process and its streams.

    logs: folder for console.log, machine.log, svsm.log, exec.log, qemu.log.
    token: of the exec channel; None when no command was given.
    selftest: the SVSM tests itself, and its log takes the console's place.
    """

    def __init__(self, logs, token, interactive, timeout, verbose, selftest=False):
        self.logs = logs
        self.channel = run_channel.ExecChannel(token) if token else None
        self.console = run_channel.ConsoleWatch()
        self.machine = run_channel.MachineLog()
        self.selftest = run_channel.SelfTest() if selftest else None
        self.interactive = interactive
        self.timeout = timeout
        self.verbose = verbose
        self.terminal = None
        self.child = None
        self.socket = None
        self.seen = run_result.Observed(wants_status=token is not None, selftest=selftest,
                                        interactive=interactive)

    def run(self, command):
        """Starts COMMAND and returns what was observed once it has ended."""
        for name in ("console", "machine", "svsm", "exec", "qemu"):
            (self.logs / f"{name}.log").write_bytes(b"")
        self.socket, theirs = socket.socketpair()
        self.console_log = open(self.logs / "console.log", "wb", buffering=0)
        self.machine_file = Follower(self.logs / "machine.log")
        self.svsm_file = Follower(self.logs / "svsm.log")
        self.exec_file = Follower(self.logs / "exec.log")
        try:
            with theirs, open(self.logs / "qemu.log", "wb") as errors:
                self.child = subprocess.Popen(
                    command, stdin=theirs, stdout=theirs, stderr=errors,
                    start_new_session=True, preexec_fn=_die_with_parent)
            if self.interactive:
                with Terminal() as self.terminal:
                    self._loop()
            else:
                self._loop()
        finally:
            self._stop()
            for each in (self.socket, self.console_log, self.machine_file,
                         self.svsm_file, self.exec_file):
                each.close()
        self._conclude()
        return self.seen

    def _loop(self):
        started = time.monotonic()
        give_up = None
        while True:
            # Asked first: what QEMU wrote before its end is there to be read.
            ended = self.child.poll()
            if self._pump():
                self.seen.user_quit = True
                return
            if ended is not None:
                self.seen.qemu_status = ended
                return
            now = time.monotonic()
            if self.timeout and now - started > self.timeout:
                self.seen.timed_out = True
                return
            if give_up is None and self.console.panic is not None:
                give_up = now + PANIC_GRACE
            if give_up is None and self.channel and self.channel.status is not None:
                give_up = now + POWER_OFF_GRACE
            if give_up is not None and now > give_up:
                return

    def _pump(self):
        """Moves what is there; True when the user wants to quit."""
        quit_wanted = False
        wait = [self.socket] if self.socket else []
        if self.terminal:
            wait.append(sys.stdin)
        ready = select.select(wait, [], [], POLL)[0]
        if sys.stdin in ready:
            data, quit_wanted = self.terminal.read()
            if self.socket:
                try:
                    self.socket.sendall(data)
                except OSError:
                    pass   # QEMU is going; its exit status says why
        if self.socket in ready:
            self._console_data()
        self._log_data("machine", self.machine_file.read(), self.machine.feed)
        self._log_data("svsm", self.svsm_file.read(), self._selftest_data)
        data = self.exec_file.read()
        if data and self.channel:
            _write_out(self.channel.feed(data))
        return quit_wanted

    def _console_data(self):
        while True:
            try:
                data = self.socket.recv(65536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except ConnectionError:
                return
            if not data:
                # Closed by QEMU: nothing to wait for, but do not spin on it.
                time.sleep(POLL)
                return
            self.console_log.write(data)
            self.console.feed(data)
            if not self.channel and not self.selftest:
                _write_out(data)
            elif self.verbose:
                _write_err("", data)

    def _selftest_data(self, data):
        if self.selftest:
            _write_out(self.selftest.feed(data))

    def _log_data(self, name, data, consumer):
        if not data:
            return
        consumer(data)
        if self.verbose:
            _write_err(f"{name}.log: ", data)

    def _stop(self):
        # A second Ctrl-C must not stop the cleaning up.
        for number in END_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        if self.child and self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(5)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    def _conclude(self):
        self.console.flush()
        self.machine.flush()
        if self.channel:
            _write_out(self.channel.flush())
            self.seen.status = self.channel.status
        if self.selftest:
            _write_out(self.selftest.flush())
            self.seen.test_failure = self.selftest.failure()
        self.seen.panic = self.console.panic
        self.seen.ended = self.machine.ended
        self.seen.error = self.machine.error
        self.seen.qemu_message = self._qemu_message()

    def _qemu_message(self):
        lines = (self.logs / "qemu.log").read_text(errors="replace").splitlines()
        # TCG lists the features of the CPU model that it lacks: expected.
        lines = [line for line in lines if line and ": warning: " not in line]
        return lines[-1] if lines else ""


def _write_out(data):
    # Not through sys.stdout, which may be unbuffered and then writes in part.
    while data:
        data = data[os.write(sys.stdout.fileno(), data):]


def _write_err(prefix, data):
    for line in data.decode(errors="replace").splitlines():
        print(prefix + line, file=sys.stderr, end="\r\n" if sys.stderr.isatty() else "\n")
