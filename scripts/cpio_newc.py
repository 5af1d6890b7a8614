# SPDX-License-Identifier: MIT
"""Writes initramfs archives (cpio "newc" format) with the same bytes every time.

No cpio program and no root privilege is needed: device nodes are only archive
entries. Format: Documentation/driver-api/early-userspace/buffer-format.rst in
the Linux source.
"""

import stat


class Archive:
    def __init__(self):
        self.entries = {}

    def add(self, path, mode, data=b"", rdev=(0, 0)):
        """Adds one entry, and the folders on the way to it that are not there yet."""
        path = path.strip("/")
        parent = path.rpartition("/")[0]
        if parent and parent not in self.entries:
            self.directory(parent)
        self.entries[path] = (mode, data, rdev)

    def directory(self, path, mode=0o755):
        self.add(path, stat.S_IFDIR | mode)

    def file(self, path, data, mode=0o644):
        self.add(path, stat.S_IFREG | mode, data)

    def symlink(self, path, target):
        self.add(path, stat.S_IFLNK | 0o777, target.encode())

    def char_device(self, path, mode, major, minor):
        self.add(path, stat.S_IFCHR | mode, rdev=(major, minor))

    def to_bytes(self):
        out = bytearray()
        # Sorted, so that a folder comes before what is in it.
        for inode, path in enumerate(sorted(self.entries), 1):
            _header(out, inode, path, *self.entries[path])
        _header(out, 0, "TRAILER!!!", 0, b"", (0, 0))
        return bytes(out)


def _header(out, inode, path, mode, data, rdev):
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    # magic, ino, mode, uid, gid, nlink, mtime, filesize, device (2), rdev (2),
    # namesize, check
    fields = (inode, mode, 0, 0, links, 0, len(data), 0, 0, *rdev, len(name), 0)
    out += b"070701" + b"".join(b"%08X" % field for field in fields) + name
    _pad(out)
    out += data
    _pad(out)


def _pad(out):
    out += bytes(-len(out) % 4)
