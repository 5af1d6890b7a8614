# SPDX-License-Identifier: MIT
"""scripts/cache without a network: what it finds, and what it says."""

import os
import shlex

import run_prepare
from harness import SCRIPTS, LauncherTest, bzimage

NEWER = "7.3.4+deb13-cloud-amd64"
RELEASES = (NEWER, "7.0.10+deb13-cloud-amd64", "6.12.9+deb12-cloud-amd64",
            "6.12.10+deb12-cloud-amd64", "6.12.11+deb12-amd64",
            "6.1.0-50-cloud-amd64", "6.1.0-9-cloud-amd64")


class Cache(LauncherTest):
    def setUp(self):
        super().setUp()
        self.cache = self.top / "cache"
        self.etc = self.top / "apt"
        self.etc.mkdir()

    def fill(self):
        for release in RELEASES:
            (self.cache / "kernel" / release).mkdir(parents=True)
        (self.cache / "qemu").mkdir()
        self.write_program(self.cache / "qemu/qemu-system-x86_64", "#!/bin/sh\n")
        (self.cache / "qemu/version").write_text("10.0.2\n")

    def run_cache(self, *args, **more):
        return self.run_command([SCRIPTS / "cache", *args], SVSM_CACHE=str(self.cache),
                                SVSM_ETC_APT=str(self.etc), **more)

    def found_kernel(self, *args):
        done = self.run_cache("kernel", *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return dict(word.split("=", 1) for word in shlex.split(done.stdout.decode()))

    def test_choice_of_kernel(self):
        self.fill()
        self.assertEqual(self.found_kernel("7.3.4")["release"], NEWER)
        for args, release in (((), "6.12.10+deb12-cloud-amd64"),
                              (("6.12",), "6.12.10+deb12-cloud-amd64"),
                              (("6.12.9",), "6.12.9+deb12-cloud-amd64"),
                              (("6.1",), "6.1.0-50-cloud-amd64"),
                              (("6.1.0",), "6.1.0-50-cloud-amd64"),
                              (("6.1.0-9",), "6.1.0-9-cloud-amd64"),
                              (("--flavour", "amd64"), "6.12.11+deb12-amd64"),
                              (("6.12.11+deb12-amd64",), "6.12.11+deb12-amd64")):
            with self.subTest(args):
                found = self.found_kernel(*args)
                self.assertEqual(found["release"], release)
                self.assertEqual(found["vmlinuz"],
                                 f"{self.cache}/kernel/{release}/boot/vmlinuz-{release}")

    def test_layout_of_newer_packages(self):
        self.fill()
        folder = self.cache / "kernel" / NEWER / "usr/lib/modules" / NEWER
        (folder / "kernel").mkdir(parents=True)
        for name in ("vmlinuz", "config"):
            (folder / name).touch()
        found = self.found_kernel("7")
        self.assertEqual(found, {
            "release": NEWER, "vmlinuz": f"{folder}/vmlinuz", "config": f"{folder}/config",
            "modules": str(folder),
            "headers": f"{self.cache}/kernel/{NEWER}/usr/src/linux-headers-{NEWER}"})
        # svsm-run takes the file itself, too.
        (folder / "vmlinuz").write_bytes(bzimage(NEWER))
        kernel = run_prepare.find_kernel(found["vmlinuz"])
        self.assertEqual((kernel.modules, kernel.config), (folder, folder / "config"))

    def test_paths_are_quoted(self):
        self.cache = self.top / "a b'$c"
        self.fill()
        release = "6.12.10+deb12-cloud-amd64"
        self.assertEqual(self.found_kernel()["modules"],
                         f"{self.cache}/kernel/{release}/lib/modules/{release}")

    def test_qemu(self):
        self.fill()
        for version, path in (("7.2.22", self.cache / "qemu/qemu-system-x86_64"),
                              ("9.2.0", self.cache / "qemu/qemu-system-x86_64"),
                              ("10.0.0", self.top / "bin/qemu-system-x86_64"),
                              ("11.1.3", self.top / "bin/qemu-system-x86_64")):
            with self.subTest(version):
                (self.top / "bin").mkdir(exist_ok=True)
                self.write_program(self.top / "bin/qemu-system-x86_64",
                                   f"#!/bin/sh\necho 'QEMU emulator version {version}'\n")
                done = self.run_cache("qemu", PATH=f"{self.top}/bin:{os.environ['PATH']}")
                self.assertEqual(done.stdout.decode(), f"{path}\n")

    def test_list_and_clean(self):
        self.fill()
        self.assertEqual(len(self.run_cache("list").stdout.splitlines()), 1 + len(RELEASES))
        self.run_cache("clean", "qemu")
        self.assertEqual(len(self.run_cache("list").stdout.splitlines()), len(RELEASES))
        self.run_cache("clean")
        self.assertEqual(self.run_cache("list").stdout, b"")

    def assert_no_archive(self):
        done = self.run_cache("kernel")
        self.assertEqual(done.returncode, 1)
        error, = done.stderr.decode().splitlines()
        self.assertIn("no Debian archive", error)
        self.assertEqual([name for name in os.listdir(self.cache) if name != ".lock"], [])

    def test_no_debian_archive(self):
        self.assert_no_archive()

    def test_entries_that_do_not_count(self):
        (self.etc / "sources.list").write_text(
            "# deb file:/none bookworm main\n"
            "deb file:/none bookworm contrib\n"
            "deb file:/none vendor-stable main\n"
            "deb-src file:/none bookworm main\n"
            "deb file:/none bookworm-security main\n"
            "deb cdrom:[x]/ bookworm main\n")
        parts = self.etc / "sources.list.d"
        parts.mkdir()
        (parts / "off.sources").write_text(
            "Types: deb\nURIs: file:/none\nSuites: bookworm\nComponents: main\nEnabled: no\n"
            "\nTypes: deb-src\nURIs: file:/none\nSuites: bookworm\nComponents: main\n")
        self.assert_no_archive()

    def tried(self):
        done = self.run_cache("kernel")
        self.assertEqual(done.returncode, 1)
        self.assertEqual([name for name in os.listdir(self.cache) if name != ".lock"], [])
        return [line.split()[-1] for line in done.stderr.decode().splitlines()
                if "reading the package lists" in line]

    def test_entries_that_count(self):
        (self.etc / "sources.list").write_text(
            "deb [ arch=amd64 signed-by=/none.gpg ] file:/none/one bookworm main contrib\n"
            "deb file:/none/two bookworm-updates main\n")
        parts = self.etc / "sources.list.d"
        parts.mkdir()
        (parts / "x.sources").write_text(
            "# a comment\nTypes: deb deb-src\nURIs: file:/none/three\n file:/none/four\n"
            "Suites: bookworm bookworm-updates\nComponents: main\n")
        self.assertEqual(sorted(self.tried()), ["file:/none/four", "file:/none/one",
                                                "file:/none/three", "file:/none/two"])

    def test_usage(self):
        self.assertIn(b"Usage", self.run_cache("--help").stdout)
        for args in (("bogus",), ("kernel", "--bogus"), ("kernel", "--flavour"),
                     ("kernel", "--flavour", "rt"), ("qemu", "x"), ("clean", "bogus")):
            with self.subTest(args):
                self.cache.mkdir(exist_ok=True)
                done = self.run_cache(*args)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
