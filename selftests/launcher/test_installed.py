# SPDX-License-Identifier: MIT
"""svsm-run where make install has put it: all in one folder, that is not written to."""

import os
import shutil

from harness import HERE, POWER_OFF, RELEASE, SCRIPTS, LauncherTest, bzimage

OK = [["exec", "svsm-exit @TOKEN@ 0\n"], ["exit", POWER_OFF]]
# As drivers/rules.mk, but for the compiler.
RULES = f"""modules:
\tmkdir -p $(BUILD)/modules/{RELEASE}
\ttest -d $(srctree)/drivers && test -d $(KDIR)
\tfor m in svsm_irq svsm_timer; do \\
\t\tprintf '\\0depends=\\0' >$(BUILD)/modules/{RELEASE}/$$m.ko || exit; done
\techo once >>$(BUILD)/built
"""


class Installed(LauncherTest):
    def setUp(self):
        super().setUp()
        self.lib = self.top / "usr/lib/svsm"
        self.lib.mkdir(parents=True)
        for path in SCRIPTS.iterdir():
            if path.is_file():
                shutil.copy(path, self.lib)
        for path in self.build.iterdir():
            if path.is_file():
                shutil.copy(path, self.lib)
        self.rules = self.lib / "guest/drivers/rules.mk"
        self.rules.parent.mkdir(parents=True)
        self.rules.write_text(RULES)
        modules = self.top / "lib/modules" / RELEASE
        for name in ("kernel", "build"):
            (modules / name).mkdir(parents=True)
        self.kernel = modules / "vmlinuz"
        self.kernel.write_bytes(bzimage(RELEASE))
        self.cache = self.top / "cache"
        self.program = self.top / "usr/bin/svsm-run"
        self.program.parent.mkdir()
        self.program.symlink_to("../lib/svsm/svsm-run")

    def run_installed(self, plan, *args):
        return self.run_command([self.program, "--qemu", HERE / "fake_qemu", "--kernel",
                                 self.kernel, *args], plan, SVSM_CACHE=str(self.cache))

    def files(self):
        return sorted((str(path), path.stat().st_mtime_ns) for path in self.lib.rglob("*"))

    def work(self, name):
        """The files of this name in the cache, one for each source."""
        return list(self.cache.glob(f"run/*/{name}"))

    def times_built(self):
        return sum(path.read_text().count("once") for path in self.work("built"))

    def test_modules_are_built_once_in_the_cache(self):
        before = self.files()
        for _ in range(2):
            done = self.run_installed(OK, "--exec", "true")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.times_built(), 1)
        self.assertEqual(len(self.work(f"initramfs-{RELEASE}.cpio.gz")), 1)
        self.assertEqual(self.files(), before)

    def test_new_source_is_built_again(self):
        self.run_installed(OK, "--exec", "true")
        self.rules.write_text(RULES + "# older, as upgrades may be, and another one\n")
        os.utime(self.rules, (1, 1))
        self.run_installed(OK, "--exec", "true")
        self.assertEqual(self.times_built(), 2)

    def test_modules_that_do_not_build(self):
        self.rules.write_text("modules:\n\t@echo the reason; false\n")
        done = self.run_installed([], "--exec", "true")
        self.assertEqual(done.returncode, 125)
        log, = self.work("modules.log")
        self.assertIn(b"see " + bytes(log), done.stderr)
        self.assertIn("the reason", log.read_text())

    def test_no_headers(self):
        (self.kernel.parent / "build").rmdir()
        self.assert_ends(self.run_installed([], "--exec", "true"), 125, "svsm_irq.ko",
                         "--no-modules")

    def test_products(self):
        (self.lib / "svsm-snp.elf").unlink()
        self.assert_ends(self.run_installed([], "--exec", "true"), 125, "svsm-snp.elf",
                         "svsm packages")

    def test_selftests(self):
        done = self.run_installed([], "--selftest")
        self.assertEqual(done.returncode, 125)
        self.assertIn(b"svsm-selftests", done.stderr)
        tests = self.lib / "selftests"
        tests.mkdir()
        (tests / "run_all.sh").write_text("#!/bin/sh\n")
        done = self.run_installed(OK, "--selftest", "--log-dir", self.logs)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"svsm-selftests/run_all.sh\0", (self.logs / "initrd.img").read_bytes())
