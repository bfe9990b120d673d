# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives in the cpio format that Linux reads as an initial file system (the "newc" form)."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field


@dataclass(slots=True)
class Archive:
    """Collects files; `packed` returns the archive. Owners are root, times are zero: equal files, equal bytes."""

    _parts: list[bytes] = field(default_factory=list)
    _number: int = 0

    def folder(self, name: str) -> None:
        """Add a directory; those above it must be there already."""
        self._entry(name, b"", stat.S_IFDIR | 0o755, links=2)

    def file(self, name: str, data: bytes, *, executable: bool = False) -> None:
        """Add a regular file."""
        self._entry(name, data, stat.S_IFREG | (0o755 if executable else 0o644))

    def link(self, name: str, target: str) -> None:
        """Add a symbolic link."""
        self._entry(name, target.encode(), stat.S_IFLNK | 0o777)

    def device(self, name: str, major: int, minor: int) -> None:
        """Add a character device."""
        self._entry(name, b"", stat.S_IFCHR | 0o600, device=(major, minor))

    def packed(self) -> bytes:
        """Return the archive as it is now, closed."""
        whole = Archive(list(self._parts), self._number)
        whole._entry("TRAILER!!!", b"", 0)
        return b"".join(whole._parts)

    def _entry(self, name: str, data: bytes, mode: int, *, links: int = 1, device: tuple[int, int] = (0, 0)) -> None:
        self._number += 1
        label = name.encode() + b"\0"
        # Inode, mode, uid, gid, links, time, size, device, special device, length of the name, check.
        fields = (self._number, mode, 0, 0, links, 0, len(data), 0, 0, *device, len(label), 0)
        head = b"070701" + b"".join(b"%08X" % each for each in fields) + label
        self._parts += [_padded(head), _padded(data)]


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
