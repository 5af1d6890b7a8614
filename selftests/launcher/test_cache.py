# SPDX-License-Identifier: MIT
"""scripts/cache without a network: what it finds, and what it says."""

import json
import os
import shlex

import run_prepare
from harness import SCRIPTS, LauncherTest, bzimage

NEWER = "7.3.4+deb13-cloud-amd64"
RELEASES = (NEWER, "7.0.10+deb13-cloud-amd64", "6.12.9+deb12-cloud-amd64",
            "6.12.10+deb12-cloud-amd64", "6.12.11+deb12-amd64",
            "6.1.0-50-cloud-amd64", "6.1.0-9-cloud-amd64")


# What apt would say of an archive: suites, and the headers that each offers.
ARCHIVE = {
    "bookworm": ("6.1.0-9-amd64", "6.1.0-50-amd64", "6.1.0-50-cloud-amd64", "6.1.0-50-rt-amd64"),
    "bookworm-security": ("6.1.0-53-amd64", "6.1.0-56-amd64", "6.12-amd64"),
    "bookworm-backports": ("6.12.9+deb12-amd64", "6.12.95+deb12-amd64"),
    "trixie": ("6.12.9+deb13-cloud-amd64", "6.12.100+deb13-cloud-amd64"),
    "trixie-security": ("6.12.100+deb13-cloud-amd64", "6.12.100+deb13-amd64"),
    "trixie-backports": ("7.2.9+deb13-amd64", "7.2.12+deb13-amd64", "7.3.4+deb13-amd64"),
    "sid": ("7.2.13+deb14-amd64", "7.2-amd64", "7.2.13+deb14-arm64"),
}
OFFERS = """\
bookworm amd64 6.1.0-50-amd64
bookworm cloud-amd64 6.1.0-50-cloud-amd64
bookworm-security amd64 6.1.0-56-amd64
bookworm-backports amd64 6.12.95+deb12-amd64
trixie cloud-amd64 6.12.100+deb13-cloud-amd64
trixie-security amd64 6.12.100+deb13-amd64
trixie-backports amd64 7.2.12+deb13-amd64
trixie-backports amd64 7.3.4+deb13-amd64
sid amd64 7.2.13+deb14-amd64
"""

# In the place of apt-get and apt-cache: "-c FILE [-q] [-o OPTION] COMMAND ...".
# The state folder is named in FILE, the suites in the sources.list beside it.
FAKE_APT = """#!/usr/bin/env python3
import json, os, pathlib, re, sys
archive = json.loads(os.environ["FAKE_ARCHIVE"])
etc = pathlib.Path(sys.argv[2]).parent
found = re.findall(r"^deb .* (\\S+) (\\S+) main$", (etc / "sources.list").read_text(), re.MULTILINE)
suites = [suite for _, suite in found]
for uri, suite in found:
    if uri != ("file:/updates" if "-security" in suite else "file:/archive"):
        sys.exit(f"E: {uri} has no {suite}")
offers = [(suite, f"linux-headers-{release}") for suite in suites for release in archive[suite]]
if "update" in sys.argv:
    for suite in suites:
        origin = "Debian Backports" if suite.endswith("-backports") else "Debian"
        (etc.parent / f"state/lists/x_dists_{suite}_InRelease").write_text(f"Origin: {origin}\\n")
elif "pkgnames" in sys.argv:
    print(*(name for _, name in offers), sep="\\n")
elif "madison" in sys.argv:
    for wanted in sys.argv[sys.argv.index("madison") + 1:]:
        for suite, name in offers:
            if name == wanted:
                print(f" {name} | 1-1 | file:/archive {suite}/main amd64 Packages")
else:
    sys.exit(f"{sys.argv}")
"""

# A sparse that knows __typeof_unqual__ is silent about it.
OLD_SPARSE = "#!/bin/sh\necho 'error: Expected ;'\n"
NEW_SPARSE = "#!/bin/sh\n"


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

    def test_choice_of_source(self):
        for version in ("6.12.9", "6.12.95", "6.1.170", "7.3.4", "7.2.13"):
            (self.cache / "source" / version).mkdir(parents=True)
        for args, version in (((), "6.12.95"), (("6.12",), "6.12.95"), (("6.12.9",), "6.12.9"),
                              (("6.1",), "6.1.170"), (("6",), "6.12.95"), (("7",), "7.3.4"),
                              (("7.2",), "7.2.13")):
            with self.subTest(args):
                done = self.run_cache("source", *args)
                self.assertEqual(done.stdout.decode().splitlines(),
                                 [f"version={version}", f"source={self.cache}/source/{version}"])
        (self.cache / "kunit/7.3.4-um").mkdir(parents=True)
        (self.cache / "kunit/ccache").mkdir()
        self.assertEqual(len(self.run_cache("list").stdout.splitlines()), 6)
        self.run_cache("clean", "kunit")
        self.assertEqual(len(self.run_cache("list").stdout.splitlines()), 5)
        self.run_cache("clean", "source")
        self.assertEqual(self.run_cache("list").stdout, b"")

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

    def bin_path(self):
        (self.top / "bin").mkdir(exist_ok=True)
        return f"{self.top}/bin:{os.environ['PATH']}"

    def run_offers(self, *args, archive, sources="deb file:/archive bookworm main\n"):
        path = self.bin_path()
        for name in ("apt-get", "apt-cache"):
            self.write_program(self.top / "bin" / name, FAKE_APT)
        (self.etc / "sources.list").write_text(sources)
        return self.run_cache("offers", *args, PATH=path, FAKE_ARCHIVE=json.dumps(archive))

    def test_offers(self):
        archive = dict(ARCHIVE)
        for args, first, offers in (((), True, OFFERS), ((), False, OFFERS),
                                    (("--refresh",), False, OFFERS.replace("7.3.4", "7.3.5"))):
            with self.subTest(args, first=first):
                done = self.run_offers(*args, archive=archive,
                                       sources="deb file:/archive bookworm main\n"
                                       "deb file:/updates bookworm-security main\n")
                self.assertEqual(done.stdout.decode(), offers, done.stderr)
            # What is remembered stays the answer until asked once more.
            archive["trixie-backports"] += ("7.3.5+deb13-amd64",)
        self.run_cache("clean", "headers")
        self.assertEqual(self.run_cache("offers").returncode, 1)

    def test_offers_without_security_updates(self):
        done = self.run_offers(archive=ARCHIVE)
        self.assertEqual(done.stdout.decode().splitlines(),
                         [line for line in OFFERS.splitlines() if "-security" not in line])

    def test_suite_without_kernels(self):
        done = self.run_offers(archive={**ARCHIVE, "sid": ()})
        self.assertEqual(done.returncode, 1)
        self.assertIn("offers no headers in sid", done.stderr.decode())

    def write_headers(self, release, compiler):
        config = self.cache / f"headers/{release}/usr/src/linux-headers-{release}/include/config"
        config.mkdir(parents=True)
        (config / "auto.conf").write_text(f"CONFIG_CC_VERSION_TEXT={compiler}\n")

    def test_compiler(self):
        path = self.bin_path()
        for compiler in ("here-gcc-15", "x86_64-linux-gnu-gcc-98"):
            self.write_program(self.top / "bin" / compiler, "#!/bin/sh\n")
        (self.cache / "compiler/gcc-99").mkdir(parents=True)
        cases = (("1-a", "here-gcc-15 (Debian 15.1) 15.1", 0, ""),
                 ("2-b", '"x86_64-linux-gnu-gcc-98 (Debian 98.1) 98.1"', 0, ""),
                 ("3-c", "x86_64-linux-gnu-gcc-99 (Debian 99.1) 99.1", 0,
                  f"{self.cache}/compiler/gcc-99/usr/bin\n"),
                 ("4-d", "none-cc version 99", 1, ""),
                 # Would have to be downloaded, and there is no archive.
                 ("5+deb13-e", "gcc-97 (Debian 97.1) 97.1", 1, ""))
        for release, text, status, printed in cases:
            with self.subTest(release):
                self.write_headers(release, text)
                done = self.run_cache("compiler", release, PATH=path)
                self.assertEqual((done.returncode, done.stdout.decode()), (status, printed),
                                 done.stderr)

    def test_sparse(self):
        path = self.bin_path()
        (self.cache / "sparse/usr/bin").mkdir(parents=True)
        self.write_program(self.cache / "sparse/usr/bin/sparse", NEW_SPARSE)
        for program, found in ((OLD_SPARSE, self.cache / "sparse/usr/bin/sparse"),
                               (NEW_SPARSE, self.top / "bin/sparse")):
            self.write_program(self.top / "bin/sparse", program)
            done = self.run_cache("sparse", PATH=path)
            self.assertEqual(done.stdout.decode(), f"{found}\n")

    def test_uefi(self):
        (self.etc / "sources.list").write_text("deb file:/none bookworm main\n")
        done = self.run_cache("uefi")
        self.assertEqual(done.returncode, 1)
        (self.cache / "uefi").mkdir()
        done = self.run_cache("uefi")
        self.assertEqual(done.stdout.decode(), f"{self.cache / 'uefi'}\n")
        self.run_cache("clean", "uefi")
        self.assertFalse((self.cache / "uefi").exists())

    def test_headers_from_one_suite(self):
        (self.etc / "sources.list").write_text("deb file:/none bookworm main\n")
        done = self.run_cache("headers", "--from", "trixie-backports", "7")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.decode().count("reading the package lists of"), 1)
        self.assertIn("reading the package lists of trixie from", done.stderr.decode())

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
                     ("kernel", "--flavour", "rt"), ("qemu", "x"), ("clean", "bogus"),
                     ("headers", "--from"), ("headers", "--from", "sarge"), ("sparse", "x"),
                     ("kernel", "--from", "sid"), ("offers", "x"), ("compiler",),
                     ("compiler", "6.12-x"),
                     ("source", "six"), ("source", "7", "6.12")):
            with self.subTest(args):
                self.cache.mkdir(exist_ok=True)
                done = self.run_cache(*args)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
