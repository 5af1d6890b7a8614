# SPDX-License-Identifier: MIT
"""Whole runs of the launcher on a fake QEMU."""

import os
import pathlib
import pty
import select
import signal
import subprocess
import time

from harness import (GUEST_ENDED, LIMIT, MACHINE_ERROR, POWER_OFF, RESET, SELFTEST_FAILED,
                     LauncherTest)

TRAILER = "svsm-exit @TOKEN@ "


def alive(pid):
    try:
        # A process that waits for its parent to notice its end is not alive.
        return "State:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


class Exits(LauncherTest):
    def ends(self, plan, status, *errors, args=("--exec", "true"), out=None):
        self.assert_ends(self.run_plan(plan, *args), status, *errors, out=out)

    def test_status_of_the_command(self):
        for status in (0, 1, 7, 124, 255):
            with self.subTest(status):
                self.ends([["exec", f"out\n{TRAILER}{status}\n"], ["exit", POWER_OFF]], status,
                          out=b"out\n")

    def test_forged_trailer(self):
        self.ends([["exec", "svsm-exit 0000 0\n"], ["exec", f"{TRAILER}5\n"], ["exit", POWER_OFF]],
                  5, out=b"svsm-exit 0000 0\n")
        self.ends([["exec", "svsm-exit 0000 0\n"], ["exit", POWER_OFF]], 126,
                  "before the command ended", out=b"svsm-exit 0000 0\n")

    def test_power_off_without_status(self):
        self.ends([["exec", "half"], ["exit", POWER_OFF]], 126, "before the command ended",
                  out=b"half")

    def test_half_a_trailer(self):
        self.ends([["exec", "out\nsvsm-exit @TOKEN@ 1"], ["exit", POWER_OFF]], 126,
                  "before the command ended", args=("--exec", "true", "--log-dir", self.logs))
        self.ends([["exec", "out svsm-ex"], ["exit", POWER_OFF]], 126,
                  "before the command ended", out=b"out svsm-ex")

    def test_demonstration(self):
        counters = '{"total":{"switches_to_svsm":12,"mmio":0},"vcpus":[]}'
        self.ends([["console", "hello\n"], ["machine", f"machine: counters: {counters}\n"],
                   ["exit", POWER_OFF]], 0, args=(),
                  out=b"hello\n\n--- counters of the machine\nswitches to svsm: 12\n")

    def test_odd_counters(self):
        for counters in ("[1]", "7", "{}", '{"total":[1]}', "{"):
            self.ends([["machine", f"machine: counters: {counters}\n"], ["exit", POWER_OFF]], 0,
                      args=(), out=b"")

    def test_reset(self):
        self.ends([["exec", f"{TRAILER}0\n"], ["exit", RESET]], 126, "reset")
        self.ends([["exit", RESET]], 126, "reset", args=())

    def test_guest_ended(self):
        self.ends([["machine", "machine: guest ended: GHCB protocol: request 1\n"],
                   ["exit", GUEST_ENDED]], 126, "ended the guest", "GHCB protocol: request 1")
        self.ends([["exec", f"{TRAILER}0\n"], ["exit", GUEST_ENDED]], 126, "no reason on its log")

    def test_machine_error(self):
        self.ends([["machine", "machine: error: this CPU has no SVM\n"],
                   ["exit", MACHINE_ERROR]], 126, "this CPU has no SVM")

    def test_panic(self):
        line = "[    2.0] Kernel panic - not syncing: no init found\n"
        self.ends([["console", line], ["hang"]], 126, "panicked: no init found")
        self.ends([["console", line], ["exit", RESET]], 126, "panicked: no init found")

    def test_timeout(self):
        pid = self.top / "pid"
        self.ends([["exec", "begun\n"], ["touch", str(pid)], ["hang"]], 124, "timeout",
                  "2 seconds", args=("--exec", "true", "--timeout", "2"), out=b"begun\n")
        self.assertFalse(alive(int(pid.read_text())))

    def test_qemu_fails(self):
        self.ends([["stderr", "qemu: no such device\nqemu: warning: TCG lacks x\n"], ["exit", 1]],
                  125, "QEMU failed: qemu: no such device")
        self.ends([["exit", 1]], 125, "exit status 1")
        self.ends([["signal", signal.SIGABRT]], 125, "signal 6")

    def test_no_result(self):
        self.ends([["exit", 0]], 126, "without a result")

    def test_reason_is_one_line(self):
        self.ends([["machine", "machine: error: a\\nb\x1b[2J\nmore\n"], ["exit", MACHINE_ERROR]],
                  126, "the machine failed: a")


class SelfTest(LauncherTest):
    GOOD = [["svsm", "svsm: 2 CPUs\nsvsm: KTAP version 1\nsvsm: 1..2\nsvsm: ok 1 - one\n"],
            ["console", "noise\n"], ["svsm", "svsm: ok 2 - two\n"]]
    SHOWN = b"KTAP version 1\n1..2\nok 1 - one\nok 2 - two\n"

    def ends(self, plan, status, *errors, args=(), out=None):
        done = self.run_command(self.bare_command("--svsm-selftest", *args), plan)
        self.assert_ends(done, status, *errors, out=out)
        return done

    def test_all_ok(self):
        counters = ["machine", 'machine: counters: {"total": {"mmio": 3}}\n']
        for platform in ("snp", "tdx"):
            for smp in ("1", "16"):
                self.ends([*self.GOOD, counters, ["exit", POWER_OFF]], 0, out=self.SHOWN,
                          args=("--platform", platform, "--smp", smp))
        self.assertEqual(os.listdir(self.tmp), [])
        done = self.run_command(self.bare_command(
            "--svsm-selftest", "--verbose", "--log-dir", self.logs),
            [*self.GOOD, counters, ["exit", POWER_OFF]])
        self.assertEqual((done.returncode, done.stdout), (0, self.SHOWN))
        for text in ("mmio: 3", "svsm.log: svsm: 2 CPUs", "noise"):
            self.assertIn(text, done.stderr.decode())
        self.assertIn("svsm: ok 2 - two\n", (self.logs / "svsm.log").read_text())

    def test_a_failure(self):
        bad = [["svsm", "svsm: 1..1\nsvsm: not ok 1 - one\n"]]
        for status in (SELFTEST_FAILED, POWER_OFF):
            self.ends([*bad, ["exit", status]], 1, "1 of 1 tests failed",
                      out=b"1..1\nnot ok 1 - one\n")

    def test_last_line_without_its_end(self):
        self.ends([self.GOOD[0], ["svsm", "svsm: ok 2 - two"], ["exit", POWER_OFF]], 0,
                  out=self.SHOWN)

    def test_incomplete(self):
        self.ends([self.GOOD[0], ["exit", POWER_OFF]], 1, "1 of 2 tests have a result")
        self.ends([["exit", POWER_OFF]], 1, "no plan", out=b"")
        self.ends([["svsm", "svsm: error: no memory\nsvsm: error: more\n"],
                   ["exit", SELFTEST_FAILED]], 1, "failed: error: no memory", out=b"")

    def test_another_end(self):
        self.ends([*self.GOOD, ["exit", SELFTEST_FAILED]], 1, "every test that it printed is ok",
                  out=self.SHOWN)
        self.ends([*self.GOOD, ["machine", "machine: guest ended: shutdown\n"],
                   ["exit", GUEST_ENDED]], 126, "ended the guest: shutdown", out=self.SHOWN)
        self.ends([*self.GOOD, ["exit", MACHINE_ERROR]], 126, "the machine failed")
        self.ends([*self.GOOD, ["exit", RESET]], 126, "reset")
        self.ends([*self.GOOD, ["exit", 0]], 126, "without a result")
        self.ends([*self.GOOD, ["exit", 1]], 125, "QEMU failed")

    def test_timeout(self):
        self.ends([*self.GOOD, ["hang"]], 124, "timeout", out=self.SHOWN, args=("--timeout", "2"))

    def test_shown_at_once(self):
        go = self.top / "go"
        plan = [self.GOOD[0], ["wait", str(go)], self.GOOD[2], ["exit", POWER_OFF]]
        with subprocess.Popen(self.bare_command("--svsm-selftest"), stdout=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, env=self.environment(plan)) as child:
            self.assertEqual(child.stdout.readline(), b"KTAP version 1\n")
            go.touch()
            self.assertEqual(child.stdout.read(), self.SHOWN.partition(b"\n")[2])
            self.assertEqual(child.wait(LIMIT), 0)

    def test_other_runs_know_no_such_status(self):
        done = self.run_plan([["exit", SELFTEST_FAILED]])
        self.assert_ends(done, 125, "QEMU failed")


class ModulesSelfTest(LauncherTest):
    def test_status(self):
        for status in (0, 1, 4):
            with self.subTest(status):
                done = self.run_plan([["exec", f"1..9\n{TRAILER}{status}\n"],
                                      ["exit", POWER_OFF]], "--selftest")
                self.assert_ends(done, status, out=b"1..9\n")

    def test_guest_ends_before_the_tests(self):
        done = self.run_plan([["exec", "1..9\n"], ["exit", POWER_OFF]], "--selftest")
        self.assert_ends(done, 126, "before the command ended", out=b"1..9\n")

    def test_guest_gets_tests_and_no_modules(self):
        done = self.run_plan([["exec", f"{TRAILER}0\n"], ["exit", POWER_OFF]], "--selftest",
                             "--log-dir", self.logs)
        self.assert_ends(done, 0)
        self.assertIn("svsm.nomodules", (self.logs / "run.igvm").read_text())
        archive = (self.logs / "initrd.img").read_bytes()
        for name in (b"run_all.sh", b"list", b"settings", b"lib.sh", b"sleeper"):
            self.assertIn(b"svsm-selftests/" + name + b"\0", archive)

    def fake_gnuplot(self, text):
        folder = self.logs / "programs"
        folder.mkdir(parents=True)
        self.write_program(folder / "gnuplot", f"#!/bin/sh\n{text}\n")
        return f"{folder}:{os.environ['PATH']}"

    PLOTS = ["exec", f"# latency 4000 5000 7\n# percentile 50 4500\n{TRAILER}1\n"]

    def test_plots_of_tests_that_failed_too(self):
        done = self.run_plan([self.PLOTS, ["exit", POWER_OFF]], "--selftest", "--plots",
                             self.logs / "plots", PATH=self.fake_gnuplot(
                                 f'tee "$0.in" >{self.logs}/plots/latency.svg'))
        self.assert_ends(done, 1)
        script = (self.logs / "programs/gnuplot.in").read_text()
        self.assertIn(f"set output '{self.logs}/plots/latency.svg'", script)
        self.assertIn("# latency 4000 5000 7\n", (self.logs / "plots/selftest.ktap").read_text())

    def test_plots_without_data(self):
        done = self.run_plan([["exec", f"1..1\n{TRAILER}0\n"], ["exit", POWER_OFF]], "--selftest",
                             "--plots", self.logs / "plots", PATH=self.fake_gnuplot("true"))
        self.assert_ends(done, 125, "drawing the plots failed", "no data")

    def test_tests_that_do_not_build(self):
        done = self.run_plan([], "--selftest", CC="false")
        self.assert_ends(done, 125, "building selftests/svsm")


class Streams(LauncherTest):
    OUTPUT = [["console", "con\n"], ["machine", "mach\n"], ["svsm", "svsm\n"],
              ["exec", f"out\n{TRAILER}0\n"]]

    def test_separate_files(self):
        self.assert_ends(self.run_plan(self.OUTPUT + [["exit", POWER_OFF]], "--exec", "true",
                                       "--log-dir", self.logs), 0, out=b"out\n")
        for name, text in (("console", "con\n"), ("machine", "mach\n"), ("svsm", "svsm\n")):
            self.assertEqual((self.logs / f"{name}.log").read_text(), text)
        self.assertIn("out\nsvsm-exit", (self.logs / "exec.log").read_text())

    def test_logs_go_after_success(self):
        self.assert_ends(self.run_plan(self.OUTPUT + [["exit", POWER_OFF]], "--exec", "true"), 0)
        self.assertEqual(os.listdir(self.tmp), [])

    def test_logs_stay_after_failure(self):
        done = self.run_plan(self.OUTPUT + [["exit", GUEST_ENDED]], "--exec", "true")
        self.assertEqual(done.returncode, 126)
        folder, = self.tmp.iterdir()
        self.assertIn(str(folder), done.stderr.decode())
        self.assertEqual((folder / "svsm.log").read_text(), "svsm\n")
        self.assertFalse((folder / "scratch.img").exists())

    def test_verbose(self):
        done = self.run_plan(self.OUTPUT + [["machine", 'machine: counters: {"total": {"n": 1}}\n'],
                                            ["exit", POWER_OFF]], "--exec", "true", "--verbose")
        self.assertEqual((done.returncode, done.stdout), (0, b"out\n"))
        for text in ("con", "machine.log: mach", "svsm.log: svsm", "n: 1", "igvm-build"):
            self.assertIn(text, done.stderr.decode())

    def test_output_comes_at_once(self):
        go = self.top / "go"
        plan = [["exec", "first\n"], ["wait", str(go)], ["exec", f"second\n{TRAILER}0\n"],
                ["exit", POWER_OFF]]
        with subprocess.Popen(self.command("--exec", "true"), stdout=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, env=self.environment(plan)) as child:
            # The fake goes on only when the first line has come out.
            self.assertEqual(child.stdout.readline(), b"first\n")
            go.touch()
            self.assertEqual(child.stdout.read(), b"second\n")
            self.assertEqual(child.wait(LIMIT), 0)

    def test_reader_goes_away(self):
        pid = self.top / "pid"
        plan = [["touch", str(pid)]] + [["exec", "x" * 4096 + "\n"]] * 25 + [["hang"]]
        with subprocess.Popen(self.command("--exec", "true"), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, env=self.environment(plan)) as child:
            child.stdout.read(1)
            child.stdout.close()
            self.assertEqual(child.wait(LIMIT), 128 + signal.SIGPIPE)
        self.assertFalse(alive(int(pid.read_text())))

    def test_signals_end_qemu(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number):
                pid = self.top / f"pid{number}"
                with subprocess.Popen(self.command("--exec", "true"), stderr=subprocess.PIPE,
                                      stdin=subprocess.DEVNULL, env=self.environment(
                                          [["touch", str(pid)], ["hang"]])) as child:
                    self.wait_for(pid.exists)
                    child.send_signal(number)
                    self.assertIn(b"interrupted", child.communicate(timeout=LIMIT)[1])
                    self.assertEqual(child.returncode, 128 + number)
                self.assertFalse(alive(int(pid.read_text())))

    def test_killed_launcher_leaves_no_qemu(self):
        pid = self.top / "pid"
        with subprocess.Popen(self.command("--exec", "true"), stdin=subprocess.DEVNULL,
                              env=self.environment([["touch", str(pid)], ["hang"]])) as child:
            self.wait_for(pid.exists)
            child.kill()
            child.wait(LIMIT)
        self.wait_for(lambda: not alive(int(pid.read_text())))

    def wait_for(self, condition):
        for _ in range(LIMIT * 50):
            if condition():
                return
            time.sleep(0.02)
        self.fail("waited in vain")


class Interactive(LauncherTest):
    def setUp(self):
        super().setUp()
        self.ours, self.theirs = pty.openpty()
        self.addCleanup(os.close, self.ours)
        self.seen = b""

    def start(self, plan, *args):
        child = subprocess.Popen(self.command(*args), stdin=self.theirs, stdout=self.theirs,
                                 stderr=subprocess.PIPE, env=self.environment(plan))
        os.close(self.theirs)
        self.addCleanup(child.stderr.close)
        return child

    def expect(self, text):
        while text not in self.seen:
            self.assertTrue(select.select([self.ours], [], [], LIMIT)[0], self.seen)
            self.seen += os.read(self.ours, 1000)

    def test_console(self):
        child = self.start([["console", "ready\n"], ["echo"], ["exit", POWER_OFF]])
        self.expect(b"ready")
        os.write(self.ours, b"typed\x03\x01aQ")
        # Ctrl-C is a byte like any other; Ctrl-A a is one Ctrl-A.
        self.expect(b"typed\x03\x01Q")
        self.assertEqual(child.wait(LIMIT), 0)

    def test_quit(self):
        pid = self.top / "pid"
        child = self.start([["touch", str(pid)], ["console", "ready\n"], ["echo"], ["hang"]])
        self.expect(b"ready")
        os.write(self.ours, b"\x01x")
        self.assertEqual(child.wait(LIMIT), 0)
        self.assertFalse(alive(int(pid.read_text())))

    def test_reset_is_no_failure(self):
        child = self.start([["console", "ready\n"], ["exit", RESET]])
        self.assertEqual(child.wait(LIMIT), 0)

    def test_shell_only_at_a_terminal(self):
        child = self.start([], "--dry-run")
        self.expect(b"svsm.shell")
        self.assertEqual(child.wait(LIMIT), 0)
        self.assertNotIn(b"svsm.shell", self.run_plan([], "--dry-run").stdout)
