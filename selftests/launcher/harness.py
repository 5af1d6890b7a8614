# SPDX-License-Identifier: MIT
"""A tree of fake build products, and svsm-run started on it."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SCRIPTS = HERE.parent.parent / "scripts"
SVSM_RUN = SCRIPTS / "svsm-run"
RELEASE = "6.12.1-test"
# More than any step needs; a run that gets here is a failure.
LIMIT = 60

# What the machine tells QEMU, as QEMU's exit status.
POWER_OFF = (0x10 << 1) | 1
RESET = (0x11 << 1) | 1
GUEST_ENDED = (0x20 << 1) | 1
SELFTEST_FAILED = (0x21 << 1) | 1
MACHINE_ERROR = (0x30 << 1) | 1

# Writes its own arguments into the IGVM file.
FAKE_IGVM_BUILD = """#!/bin/sh
for arg; do last=$arg; done
printf '%s\\n' "$@" >"$last"
"""


def bzimage(release):
    """As much of a Linux image as the launcher looks at."""
    image = bytearray(0x400)
    image[0x202:0x206] = b"HdrS"
    image[0x20e:0x210] = (0x100).to_bytes(2, "little")
    image[0x300:0x300 + len(release)] = release.encode()
    return bytes(image)


class LauncherTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="svsm-launcher-test.")
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)
        self.build = self.top / "build"
        self.logs = self.top / "logs"
        self.tmp = self.top / "tmp"
        self.tmp.mkdir()
        (self.build / "modules" / RELEASE).mkdir(parents=True)
        for name in ("machine.elf", "svsm-snp.elf", "stub-snp.elf", "svsm-tdx.elf", "stub-tdx.elf",
                     f"modules/{RELEASE}/svsm_irq.ko"):
            (self.build / name).write_bytes(b"")
        self.write_program(self.build / "igvm-build", FAKE_IGVM_BUILD)
        self.kernel = self.top / "vmlinuz"
        self.kernel.write_bytes(bzimage(RELEASE))
        self.initrd = self.top / "initrd"
        self.initrd.write_bytes(b"initrd")

    @staticmethod
    def write_program(path, text):
        path.write_text(text)
        path.chmod(0o755)

    def environment(self, plan, **more):
        return {**os.environ, "FAKE_QEMU_PLAN": json.dumps(plan), "TMPDIR": str(self.tmp), **more}

    def command(self, *args):
        return [SVSM_RUN, "--build", self.build, "--qemu", HERE / "fake_qemu",
                "--kernel", self.kernel, "--initrd", self.initrd, *args]

    def bare_command(self, *args):
        """Without a kernel and an initrd."""
        return [SVSM_RUN, "--build", self.build, "--qemu", HERE / "fake_qemu", *args]

    def run_plan(self, plan, *args, **more):
        """Runs svsm-run on the fake QEMU; returns the finished process."""
        return self.run_command(self.command(*args), plan, **more)

    def run_command(self, command, plan=(), **more):
        return subprocess.run(
            [str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True,
            timeout=LIMIT, env=self.environment(plan, **more), check=False)

    def assert_ends(self, done, status, *errors, out=None):
        """STATUS, and each of ERRORS in the one line that gives the reason."""
        message = done.stderr.decode()
        self.assertEqual(done.returncode, status, message)
        if out is not None:
            self.assertEqual(done.stdout, out)
        reasons = [line for line in message.splitlines()
                   if line.startswith("svsm-run: ") and "logs are in" not in line]
        self.assertEqual(len(reasons), 1 if errors else 0, message)
        for error in errors:
            self.assertIn(error, reasons[0])
