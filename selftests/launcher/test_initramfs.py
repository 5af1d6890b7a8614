# SPDX-License-Identifier: MIT
"""The initramfs: contents, order of modules, the same bytes every time."""

import gzip
import lzma
import os
import shutil
import subprocess

from harness import RELEASE, SCRIPTS, LauncherTest

FAKE_BUSYBOX = """#!/bin/sh
printf 'bin/busybox\\nbin/sh\\nsbin/modprobe\\n'
"""


def module(*needs):
    return b"\x7fELF\0license=GPL\0depends=" + ",".join(needs).encode() + b"\0name=x\0"


def entries(archive):
    """Parses a newc archive: {name: (mode, data)}."""
    found, at = {}, 0
    while True:
        assert archive[at:at + 6] == b"070701", f"no header at {at}"
        field = [int(archive[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        name = archive[at + 110:at + 110 + field[11] - 1].decode()
        start = (at + 110 + field[11] + 3) & ~3
        if name == "TRAILER!!!":
            return found
        found[name] = (field[1], archive[start:start + field[6]])
        at = (start + field[6] + 3) & ~3


class Initramfs(LauncherTest):
    def setUp(self):
        super().setUp()
        self.write_program(self.top / "busybox", FAKE_BUSYBOX)
        self.tree = self.top / "lib/modules" / RELEASE
        self.own = self.build / "modules" / RELEASE
        (self.tree / "kernel/net").mkdir(parents=True)
        (self.tree / "modules.builtin").write_text("kernel/drivers/virtio/virtio_pci.ko\n"
                                                   "kernel/virtio-ring.ko\n")
        self.add_module("virtio_blk", "virtio_ring")
        self.add_module("virtio_net", "net-failover")
        self.add_module("net_failover", "failover")
        self.add_module("failover")
        self.add_module("unwanted")
        (self.own / "svsm_irq.ko").write_bytes(module())
        (self.own / "svsm_timer.ko").write_bytes(module("svsm_irq"))

    def add_module(self, name, *needs):
        path = self.tree / "kernel/net" / f"{name}.ko.xz"
        path.write_bytes(lzma.compress(module(*needs)))

    def test_kinds_of_compression(self):
        kinds = {"": bytes, ".gz": gzip.compress}
        if shutil.which("zstd"):
            kinds[".zst"] = self.zstd
        (self.tree / "kernel/net/virtio_blk.ko.xz").unlink()
        for suffix, compress in kinds.items():
            with self.subTest(suffix):
                path = self.tree / f"kernel/net/virtio_blk.ko{suffix}"
                path.write_bytes(compress(module("virtio_ring")))
                (self.top / "out").unlink(missing_ok=True)
                self.assertEqual(self.contents()[f"lib/modules/{RELEASE}/virtio_blk.ko"][1],
                                 module("virtio_ring"))
                path.unlink()

    @staticmethod
    def zstd(data):
        return subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE,
                              check=True).stdout

    def make(self, name="out"):
        done = self.run_command([SCRIPTS / "initramfs", "--busybox", self.top / "busybox",
                                 "--modules", self.tree, "--own-modules", self.own,
                                 "-o", self.top / name])
        return done

    def contents(self):
        done = self.make()
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return entries(gzip.decompress((self.top / "out").read_bytes()))

    def test_modules(self):
        found = self.contents()
        folder = f"lib/modules/{RELEASE}"
        names = {name.rpartition("/")[2] for name in found if name.endswith(".ko")}
        self.assertEqual(names, {"virtio_blk.ko", "virtio_net.ko", "net_failover.ko",
                                 "failover.ko", "svsm_irq.ko", "svsm_timer.ko"})
        self.assertEqual(found[f"{folder}/virtio_blk.ko"][1], module("virtio_ring"))
        self.assertEqual(found["etc/modules.virtio"][1], b"virtio_blk\nvirtio_net\n")
        self.assertEqual(found["etc/modules.svsm"][1], b"svsm_irq\nsvsm_timer\n")
        dep = found[f"{folder}/modules.dep"][1].decode().splitlines()
        self.assertIn("virtio_net.ko: net_failover.ko failover.ko", dep)
        self.assertIn("svsm_timer.ko: svsm_irq.ko", dep)

    def test_system(self):
        found = self.contents()
        self.assertEqual(found["init"], (0o100755, (SCRIPTS / "guest-init").read_bytes()))
        self.assertEqual(found["bin/sh"], (0o120777, b"/bin/busybox"))
        self.assertEqual(found["dev/console"][0], 0o020600)
        self.assertEqual(found["tmp"][0], 0o041777)

    def test_without_own_modules(self):
        for path in self.own.glob("*.ko"):
            path.unlink()
        self.assertEqual(self.contents()["etc/modules.svsm"][1], b"")

    def test_same_bytes(self):
        self.make("one")
        os.utime(self.top / "busybox", (1, 1))
        self.make("two")
        one = (self.top / "one").read_bytes()
        self.assertEqual(one, (self.top / "two").read_bytes())
        # The time in the gzip header, which two quick runs may share.
        self.assertEqual(one[4:8], bytes(4))

    def test_made_again_only_when_needed(self):
        self.make()
        first = (self.top / "out").stat().st_ino
        self.make()
        self.assertEqual((self.top / "out").stat().st_ino, first)
        (self.own / "svsm_timer.ko").unlink()
        self.assertNotIn(f"lib/modules/{RELEASE}/svsm_timer.ko", self.contents())

    def test_missing_dependency(self):
        (self.tree / "kernel/net/failover.ko.xz").unlink()
        done = self.make()
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"net_failover needs failover", done.stderr)

    def test_bad_module(self):
        for data in (b"", b"not xz", lzma.compress(b"no module")):
            (self.tree / "kernel/net/failover.ko.xz").write_bytes(data)
            done = self.make()
            self.assertEqual(done.returncode, 1)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertFalse((self.top / "out").exists())

    def test_no_busybox(self):
        (self.top / "busybox").unlink()
        self.assertIn(b"run scripts/deps", self.make().stderr)
