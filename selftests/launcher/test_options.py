# SPDX-License-Identifier: MIT
"""Options, checks before the start, and the commands that result."""

import os
import pathlib
import shlex
import sys
from unittest import mock

import run_prepare
from harness import HERE, POWER_OFF, RELEASE, SVSM_RUN, LauncherTest, bzimage
from run_result import LaunchError

DONE = [["exec", "svsm-exit @TOKEN@ 0\n"], ["exit", POWER_OFF]]


class Usage(LauncherTest):
    def test_help(self):
        done = self.run_command([SVSM_RUN, "--help"])
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"--exec CMD", done.stdout)

    def test_bad_values(self):
        for args, error in ((["--smp", "0"], "--smp"), (["--smp", "x"], "--smp"),
                            (["--memory", "511"], "--memory must be at least 512"),
                            (["--timeout", "-1"], "--timeout"), (["--accel", "hax"], "--accel"),
                            (["--nonsense"], "--nonsense"), (["--smp"], "--smp"),
                            (["--disk", "/no/such"], "--disk: no such file"),
                            (["--initrd", "/no/such"], "--initrd: no such file"),
                            (["--igvm", "/no/such"], "--igvm: no such file"),
                            (["operand"], "operand")):
            with self.subTest(args):
                done = self.run_command([SVSM_RUN, *args])
                self.assertEqual(done.returncode, 125)
                self.assertIn(error, done.stderr.decode().splitlines()[-1])

    def test_igvm_is_booted_as_it_is(self):
        for option in (["--exec", "true"], ["--kernel", "6.12"], ["--no-svsm"], ["--append", "x"],
                       ["--platform", "snp"], ["--svsm-selftest"], ["--selftest"]):
            with self.subTest(option):
                done = self.run_command([SVSM_RUN, "--igvm", self.initrd, *option])
                self.assert_ends(done, 125, option[0], "--igvm")

    def test_selftest_starts_no_guest(self):
        for option in (["--exec", "true"], ["--exec", ""], ["--kernel", "6.12"], ["--no-svsm"],
                       ["--append", "x"], ["--initrd", self.initrd], ["--add", self.initrd],
                       ["--no-modules"], ["--disk", self.initrd], ["--net"], ["--selftest"]):
            with self.subTest(option):
                done = self.run_command([SVSM_RUN, "--svsm-selftest", *option])
                self.assert_ends(done, 125, option[0], "--svsm-selftest starts no guest")

    def test_selftest_of_the_modules(self):
        for option in (["--exec", "true"], ["--exec", ""], ["--no-svsm"], ["--no-modules"]):
            with self.subTest(option):
                done = self.run_command([SVSM_RUN, "--selftest", *option])
                self.assert_ends(done, 125, option[0], "--selftest tests the modules")
        done = self.run_command([SVSM_RUN, "--plots", self.logs])
        self.assert_ends(done, 125, "--plots draws what --selftest measures")

    def test_plots_without_gnuplot(self):
        done = self.run_command([sys.executable, *self.command("--selftest", "--plots", self.logs)],
                                PATH="")
        self.assert_ends(done, 125, "--plots needs gnuplot; run: apt-get install")

    def test_platform(self):
        self.assert_ends(self.run_command([SVSM_RUN, "--platform", "sgx"]), 125, "--platform")
        self.assert_ends(
            self.run_command([SVSM_RUN, "--platform", "tdx"]), 125,
            "no guests below the SVSM on TDX yet: use --no-svsm or --svsm-selftest")


class Checks(LauncherTest):
    def test_products(self):
        for name, *args in (("machine.elf",), ("svsm-snp.elf",), ("igvm-build",),
                            ("stub-snp.elf", "--no-svsm"),
                            ("stub-tdx.elf", "--no-svsm", "--platform", "tdx")):
            with self.subTest(name):
                (self.build / name).rename(self.top / name)
                self.assert_ends(self.run_plan(DONE, *args), 125, name, "run make")
                (self.top / name).rename(self.build / name)
        (self.build / "svsm-tdx.elf").unlink()
        self.assert_ends(self.run_command(
            self.bare_command("--platform", "tdx", "--svsm-selftest"), DONE),
            125, "svsm-tdx.elf", "run make")

    def test_modules(self):
        (self.build / f"modules/{RELEASE}/svsm_irq.ko").unlink()
        command = self.command("--exec", "true")
        at = command.index("--initrd")
        del command[at:at + 2]
        self.assert_ends(self.run_command(command, DONE), 125, "svsm_irq.ko", "--no-modules")

    def test_old_qemu(self):
        self.assert_ends(self.run_plan(DONE, FAKE_QEMU_VERSION="7.2.22"), 125,
                         "QEMU 7.2, need 10.0")

    def test_new_qemu(self):
        self.assert_ends(self.run_plan(DONE, "--exec", "true", FAKE_QEMU_VERSION="11.1.0"), 0)

    def test_no_qemu(self):
        self.assert_ends(self.run_plan(DONE, "--qemu", "/no/such/qemu"), 125, "/no/such/qemu")

    def test_not_qemu(self):
        self.assert_ends(self.run_plan(DONE, "--qemu", "/bin/echo"), 125, "does not say")

    def test_kvm(self):
        for access, nested, error in ((False, "1", "/dev/kvm"), (True, None, "AMD processor"),
                                      (True, "0", "nested SVM is off"),
                                      (True, "N\n", "nested SVM is off")):
            with self.subTest((access, nested)), mock.patch("os.access", return_value=access), \
                    mock.patch("pathlib.Path.read_text", side_effect=[nested or OSError()]):
                with self.assertRaisesRegex(LaunchError, error):
                    run_prepare.check_accel("kvm")
        for nested in ("1\n", "Y\n"):
            with mock.patch("os.access", return_value=True), \
                    mock.patch("pathlib.Path.read_text", return_value=nested):
                run_prepare.check_accel("kvm")

    def test_no_kernel(self):
        self.assert_ends(self.run_plan(DONE, "--kernel", "/no/such/vmlinuz"), 125,
                         "/no/such/vmlinuz")

    def test_not_a_kernel(self):
        for data in (b"", b"\x7fELF" + bytes(0x1000)):
            self.kernel.write_bytes(data)
            self.assert_ends(self.run_plan(DONE), 125, "not an x86 Linux kernel")

    def test_old_kernel(self):
        self.kernel.write_bytes(bzimage("6.1.0-50-amd64"))
        self.assert_ends(self.run_plan(DONE), 125, "6.1.0-50-amd64", "needs 6.11")
        self.assert_ends(self.run_plan(DONE, "--no-svsm", "--exec", "true"), 0)

    def test_kernel_that_cannot_be_a_td(self):
        args = ("--no-svsm", "--platform", "tdx", "--exec", "true")
        config = self.top / f"config-{RELEASE}"
        for path in (config, self.top / "config"):
            path.write_text("CONFIG_X=y\n# CONFIG_INTEL_TDX_GUEST is not set\n")
            self.assert_ends(self.run_plan(DONE, *args), 125, RELEASE, "CONFIG_INTEL_TDX_GUEST")
            self.assert_ends(self.run_plan(DONE, "--no-svsm", "--exec", "true"), 0)
            path.write_text("CONFIG_X=y\nCONFIG_INTEL_TDX_GUEST=y\n")
            self.assert_ends(self.run_plan(DONE, *args), 0)
            path.unlink()
        self.assert_ends(self.run_plan(DONE, *args), 0)

    def test_igvm_build_fails(self):
        self.write_program(self.build / "igvm-build",
                           "#!/bin/sh\necho 'igvm-build: kernel overlaps initrd' >&2\nexit 1\n")
        self.assert_ends(self.run_plan(DONE), 125, "igvm-build: kernel overlaps initrd")

    def test_long_command(self):
        self.assert_ends(self.run_plan(DONE, "--exec", "x" * 2000), 125, "too long", "--add")

    def test_add_missing_file(self):
        self.assert_ends(self.run_plan(DONE, "--add", "/no/such"), 125, "/no/such")

    def test_early_failure_leaves_nothing(self):
        self.run_plan(DONE, "--add", "/no/such")
        self.assertEqual(os.listdir(self.tmp), [])


class Commands(LauncherTest):
    def dry_run(self, *args):
        done = self.run_plan([], "--dry-run", *args)
        self.assert_ends(done, 0)
        igvm, qemu = (shlex.split(line) for line in done.stdout.decode().splitlines())
        return igvm, qemu

    @staticmethod
    def value(command, option):
        return command[command.index(option) + 1]

    def test_qemu(self):
        _, qemu = self.dry_run("--smp", "3", "--memory", "768", "--machine-append", "seed=1 storm")
        self.assertEqual(qemu[0], str(HERE / "fake_qemu"))
        for option, value in (("-M", "q35"), ("-accel", "tcg,thread=multi"), ("-smp", "4"),
                              ("-m", "768"), ("-cpu", "EPYC,+x2apic,+la57,phys-bits=52,-xsave"),
                              ("-kernel", str(self.build / "machine.elf")),
                              ("-append", "seed=1 storm")):
            self.assertEqual(self.value(qemu, option), value)
        for device in ("isa-debug-exit,iobase=0xf4,iosize=4",
                       "isa-serial,index=2,iobase=0x3e8,irq=5,chardev=exec",
                       "isa-debugcon,iobase=0x402,chardev=machine"):
            self.assertIn(device, qemu)
        self.assertNotIn("-netdev", qemu)
        self.assertIn("-netdev", self.dry_run("--net")[1])

    def test_igvm(self):
        igvm, qemu = self.dry_run("--append", "one two")
        self.assertEqual(self.value(igvm, "--firmware"), str(self.build / "svsm-snp.elf"))
        self.assertEqual(self.value(igvm, "--sev-features"), "0x29")
        self.assertIn("--vtl2", igvm)
        self.assertEqual(self.value(igvm, "--kernel"), str(self.kernel))
        self.assertTrue(self.value(igvm, "--cmdline").endswith(" one two"))
        self.assertEqual(self.value(igvm, "-o"), self.value(qemu, "-initrd"))

    def test_no_svsm(self):
        igvm, _ = self.dry_run("--no-svsm")
        self.assertEqual(self.value(igvm, "--firmware"), str(self.build / "stub-snp.elf"))
        self.assertEqual(self.value(igvm, "--sev-features"), "0x21")
        self.assertNotIn("--vtl2", igvm)
        self.kernel.write_bytes(bzimage("6.1.0-50-amd64"))
        igvm, _ = self.dry_run("--no-svsm")
        self.assertEqual(self.value(igvm, "--sev-features"), "0x1")

    def test_plain_td(self):
        igvm, qemu = self.dry_run("--no-svsm", "--platform", "tdx", "--exec", "true")
        self.assertEqual(self.value(igvm, "--platform"), "tdx")
        self.assertEqual(self.value(igvm, "--firmware"), str(self.build / "stub-tdx.elf"))
        self.assertEqual(self.value(igvm, "--kernel"), str(self.kernel))
        self.assertIn("svsm.nomodules", self.value(igvm, "--cmdline").split())
        self.assertEqual(self.value(qemu, "-append"), "")
        for option in ("--vtl2", "--sev-features", "--svsm-selftest"):
            self.assertNotIn(option, igvm)
        # What no SVSM can run may still be a TD.
        self.kernel.write_bytes(bzimage("6.1.0-50-amd64"))
        self.dry_run("--no-svsm", "--platform", "tdx")

    def test_selftest(self):
        for args, platform, more in (((), "snp", ["--sev-features", "0x29"]),
                                     (("--platform", "snp"), "snp", ["--sev-features", "0x29"]),
                                     (("--platform", "tdx"), "tdx", [])):
            with self.subTest(args):
                done = self.run_command(self.bare_command(
                    "--svsm-selftest", "--dry-run", "--machine-append", "storm", *args))
                self.assert_ends(done, 0)
                igvm, qemu = (shlex.split(line) for line in done.stdout.decode().splitlines())
                self.assertEqual(igvm[1:], [
                    "--platform", platform, "--firmware", str(self.build / f"svsm-{platform}.elf"),
                    "--vtl2", *more, "--svsm-selftest", "-o", "LOG-DIR/run.igvm"])
                self.assertEqual(self.value(qemu, "-append"),
                                 "post=0x51 post-unlisted=0x52 storm")

    def test_no_modules(self):
        for args, there in (([], False), (["--no-modules"], True), (["--no-svsm"], True)):
            igvm, _ = self.dry_run(*args)
            self.assertEqual("svsm.nomodules" in self.value(igvm, "--cmdline").split(), there)

    def test_igvm_file(self):
        done = self.run_command(self.bare_command("--igvm", self.initrd, "--dry-run"))
        qemu, = (shlex.split(line) for line in done.stdout.decode().splitlines())
        self.assertEqual(self.value(qemu, "-initrd"), str(self.initrd))

    def test_comma_in_a_path(self):
        logs = self.top / "a,b"
        done = self.run_plan(DONE, "--exec", "true", "--log-dir", logs)
        self.assert_ends(done, 0)
        self.assertIn(b"svsm-exit", (logs / "exec.log").read_bytes())

    def test_every_token_is_new(self):
        words = {word for _ in range(3) for word in self.value(
            self.dry_run("--exec", "true")[0], "--cmdline").split() if "token" in word}
        self.assertEqual(len(words), 3)

    def test_added_files(self):
        done = self.run_plan(DONE, "--exec", "true", "--log-dir", self.logs,
                             "--add", f"{self.kernel}:opt/it", "--add", HERE / "run")
        self.assert_ends(done, 0)
        image = pathlib.Path(self.logs / "initrd.img").read_bytes()
        self.assertTrue(image.startswith(b"initrd" + bytes(2) + b"070701"))
        for name in (b"opt/it\0", b"opt\0", b"run\0"):
            self.assertIn(name, image)
        self.assertIn(self.kernel.read_bytes(), image)
