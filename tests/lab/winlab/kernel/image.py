# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file system, the kernel and the emulator of the data plane, made from Debian packages and kept in the cache.

A set is named after its recipe and the names of the packages, and made once: whoever wants newer packages removes the
folder. It is made beside its place and moved there when it is whole, so that half of one is never taken for one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .cpio import Archive
from .packages import Unavailable, cache_folder, closure, fetch, unpack

SYSTEM = (
    "linux-image-cloud-amd64",
    "iproute2",
    "nftables",
    "charon-systemd",
    "strongswan-swanctl",
    "libstrongswan-standard-plugins",
    "libstrongswan-extra-plugins",
    "python3",
    "busybox-static",
    "nginx",
    "libnginx-mod-mail",
    "dovecot-imapd",
    "dovecot-pop3d",
    "krb5-kdc",
    "krb5-admin-server",
    "krb5-user",
)
"""What the simulated network runs on: kernel, IKE, packet filter, web and mail servers, key distribution centre."""

EMULATOR = ("qemu-system-x86", "erofs-utils")
"""What starts it where the running kernel cannot."""

# Needed by package managers and boot scripts only; nothing in the tree runs them.
_IDLE = (
    *("adduser_", "cpio_", "debconf_", "dpkg_", "initramfs-tools", "klibc-utils_", "libklibc_", "linux-base_"),
    *("passwd_", "tar_", "udev_", "usrmerge_", "libdb5.3_", "libgdbm", "perl", "libperl"),
)
# Counted up when the recipe below changes.
_RECIPE = 2
# Dovecot's: its processes, and those that strangers talk to.
_USERS = (("root", 0), ("mail", 8), ("dovecot", 101), ("dovenull", 102), ("nobody", 65534))
_MODULES = ("virtio_pci", "virtio_blk", "virtio_console", "erofs")
_FOLDERS = ("proc", "sys", "dev", "run", "tmp", "root", "var", "etc", "bin", "sbin", "usr/bin", "usr/sbin")
_INSIDE = Path(__file__).parent / "inside"

_INIT = """#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
for module in {modules}; do /bin/busybox insmod /modules/$module; done
/bin/busybox mount -t erofs -o ro /dev/vda /system || exec /bin/busybox poweroff -f
for place in run tmp; do /bin/busybox mount -t tmpfs $place /system/$place; done
/bin/busybox mount -t proc proc /system/proc
/bin/busybox mount -t sysfs sys /system/sys
/bin/busybox mount -t devtmpfs dev /system/dev
/bin/busybox mkdir /system/run/lab
/bin/busybox cp -r /inside /system/run/lab/inside
cd /system/run/lab
exec /bin/busybox env PYTHONPATH=/run/lab PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /bin/busybox switch_root /system /usr/bin/python3 -B -m inside.boot
"""


@dataclass(frozen=True, slots=True)
class ImageSet:
    """What was made: the tree as a folder, and for the emulator the same tree as a disk, a kernel and the emulator."""

    folder: Path

    @property
    def tree(self) -> Path:
        """The file system of the data plane."""
        return self.folder / "tree"

    @property
    def disk(self) -> Path:
        """The same, read-only, for the guest."""
        return self.folder / "system.erofs"

    @property
    def kernel(self) -> Path:
        """The kernel of the guest."""
        return next((self.tree / "boot").glob("vmlinuz-*"))

    def emulator(self, program: str) -> list[str]:
        """Return the command that starts a program of the emulator's packages, whatever libraries are installed."""
        return loader(self.folder / "emulator", program)


def loader(tree: Path, program: str, name: str | None = None) -> list[str]:
    """Return the command that starts a program of a tree with the libraries of that tree, without entering it."""
    found = next((tree / place / program for place in _PATH if (tree / place / program).exists()), None)
    if found is None:
        raise Unavailable(f"{program} is in none of the packages unpacked in {tree}")
    libraries = ":".join(str(tree / place / "x86_64-linux-gnu") for place in ("lib", "usr/lib"))
    start = str(tree / "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
    return [start, "--library-path", libraries, "--argv0", name or program, str(found)]


_PATH = ("usr/bin", "bin", "usr/sbin", "sbin")


def prepare(say: Callable[[str], None], *, emulated: bool) -> ImageSet:
    """Return the set; make it, of the packages that apt offers now, if it is not in the cache.

    :param say: told what is downloaded and where to.
    :param emulated: whether the emulator and its disk are needed too.
    :raises Unavailable: when packages are not to be had.
    """
    cache = cache_folder()
    archives = cache / "archives"
    wanted = (*SYSTEM, *(EMULATOR if emulated else ()))
    done = ImageSet(cache / _name(wanted))
    if done.folder.is_dir():
        return done
    missing = {**closure(SYSTEM, archives), **(closure(EMULATOR, archives) if emulated else {})}
    count, size = sum(1 for each in missing.values() if each), sum(missing.values())
    say(f"Debian packages, unpacked and not installed, in {cache}: {', '.join(wanted)}")
    say(f"{len(missing)} with all that they need, {count} of them to be downloaded, {size / 1e6:.0f} MB")
    with tempfile.TemporaryDirectory(dir=cache, prefix="making-") as place:
        _make(ImageSet(Path(place, "set")), archives, emulated=emulated)
        Path(place, "set").rename(done.folder)
    return done


def _name(packages: Sequence[str]) -> str:
    whole = "\n".join((str(_RECIPE), *packages))
    return f"set-{hashlib.sha256(whole.encode()).hexdigest()[:16]}"


def _make(made: ImageSet, archives: Path, *, emulated: bool) -> None:
    unpack((each for each in fetch(SYSTEM, archives) if not each.name.startswith(_IDLE)), made.tree)
    _settle(made.tree)
    if emulated:
        unpack(fetch(EMULATOR, archives), made.folder / "emulator")
        _quiet([*made.emulator("mkfs.erofs"), "-zlz4", "--all-root", str(made.disk), str(made.tree)])


def _settle(tree: Path) -> None:
    """Do what the packages' scripts would do: users, links, lists of kernel modules."""
    for name in _FOLDERS:
        (tree / name).mkdir(parents=True, exist_ok=True)
    shutil.rmtree(tree / "var/run", ignore_errors=True)
    for name, target in {"var/run": "/run", "bin/sh": "busybox", "var/tmp": "/tmp"}.items():
        (tree / name).unlink(missing_ok=True)
        (tree / name).symlink_to(target)
    (tree / "etc/passwd").write_text("".join(f"{name}:x:{number}:{number}::/:/bin/sh\n" for name, number in _USERS))
    (tree / "etc/group").write_text("".join(f"{name}:x:{number}:\n" for name, number in _USERS))
    release = next((tree / "lib/modules").iterdir()).name
    _quiet([*loader(tree, "kmod", "depmod"), "-b", str(tree), release])
    for place in ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info"):
        shutil.rmtree(tree / place, ignore_errors=True)


def _quiet(command: Sequence[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{' '.join(command)}: {done.stderr.strip()}")


def initial_files(made: ImageSet) -> bytes:
    """Return the initial file system of the guest: modules to reach its disk, and the programs that run inside.

    The programs are not on the disk: the image is the same whatever they say.
    """
    archive = Archive()
    for name in ("bin", "dev", "modules", "inside", "system"):
        archive.folder(name)
    archive.device("dev/console", 5, 1)
    archive.file("bin/busybox", (made.tree / "bin/busybox").read_bytes(), executable=True)
    modules = modules_for(made.tree, _MODULES)
    for path in modules:
        archive.file(f"modules/{path.name}", path.read_bytes())
    for path in sorted(_INSIDE.glob("*.py")):
        archive.file(f"inside/{path.name}", path.read_bytes())
    init = _INIT.format(modules=" ".join(path.name for path in modules))
    archive.file("init", init.encode(), executable=True)
    return archive.packed()


def modules_for(tree: Path, names: Sequence[str]) -> list[Path]:
    """Return the files of kernel modules and of all that they need, in the order in which they can be loaded."""
    folder = next((tree / "lib/modules").iterdir())
    needs = {}
    for line in (folder / "modules.dep").read_text().splitlines():
        path, _colon, rest = line.partition(":")
        needs[os.path.basename(path).removesuffix(".ko")] = (path, rest.split())
    ordered: dict[Path, None] = {}
    for name in names:
        path, others = needs[name]
        # The list names what is needed last first.
        ordered.update(dict.fromkeys(folder / each for each in (*reversed(others), path)))
    return list(ordered)
