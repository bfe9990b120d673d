# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Suites of crypto sets, of main mode and of quick mode (MS-GPFAS 2.2.5). Words are those of the registry.

[ledger: cs-words]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..firewall.spans import read_number
from .fields import truth, write_truth
from .sets import StoredSet, Texts, look

OLD_CIPHERS = ("DES", "3DES", "AES-128", "AES-192", "AES-256")
GCM = ("AES-GCM128", "AES-GCM192", "AES-GCM256")
OLD_HASHES = ("MD5", "SHA1")
GROUPS = ("DH1", "DH2", "DH2048", "ECDH-256", "ECDH-384", "DH24")
PFS = (
    "Disable",
    "EnableDHFromPhase1",
    "ReKeyDH1",
    "ReKeyDH2",
    "ReKeyDH2048",
    "ReKeyECDH256",
    "ReKeyECDH384",
    "ReKeyDH24",
)
PROTOCOLS = ("AH", "ESP", "AH&ESP", "AUTH_NO_ENCAP")
_MAIN_HASHES = (*OLD_HASHES, "SHA256", "SHA384")
_QUICK_HASHES = (*OLD_HASHES, "SHA256", *GCM)
_TOP = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class MainSuite:
    """One proposal of main mode."""

    group: str
    cipher: str
    hash: str


@dataclass(frozen=True, slots=True)
class MainSet:
    """Proposals of main mode; `sessions` 0: no limit; `force_dh`: AuthIP exchanges keys by Diffie-Hellman too."""

    suites: tuple[MainSuite, ...]
    minutes: int = 480
    sessions: int = 0
    force_dh: bool = False


@dataclass(frozen=True, slots=True)
class QuickSuite:
    """One proposal of quick mode; a cipher or hash that is empty is not used. GMAC goes by the words of GCM."""

    protocol: str
    cipher: str = ""
    ah: str = ""
    esp: str = ""
    minutes: int = 60
    kilobytes: int = 100_000


@dataclass(frozen=True, slots=True)
class QuickSet:
    """Proposals of quick mode, all with the same forward secrecy."""

    suites: tuple[QuickSuite, ...]
    pfs: str = "Disable"


# What holds when nothing is configured (MS-FASP 2.2.74, Microsoft Learn).
DEFAULT_MAIN = MainSet((MainSuite("DH2", "AES-128", "SHA1"), MainSuite("DH2", "3DES", "SHA1")))
DEFAULT_QUICK = QuickSet(
    (
        QuickSuite("ESP", esp="SHA1"),
        QuickSuite("ESP", "AES-128", esp="SHA1"),
        QuickSuite("ESP", "3DES", esp="SHA1"),
        QuickSuite("AH", ah="SHA1"),
    )
)


def _either(texts: Texts, *names: str, choices: tuple[str, ...], default: str | None = None) -> str:
    """Return the word under one of several names, in its canonical case; two that differ are nonsense.

    [ledger: cs-two-forms]
    """
    said = {value.upper() for value in (look(texts, name) for name in names) if value is not None}
    if len(said) > 1:
        raise ValueError(f"{' and '.join(names)} differ")
    if not said and default is not None:
        return default
    found = [each for each in choices if each.upper() in said]
    if not found:
        raise ValueError(f"{names[0]} is none of {', '.join(choices)}")
    return found[0]


def read_main(stored: StoredSet) -> MainSet:
    """Return a set of main mode; ValueError for a value that cannot be."""
    header = stored.header
    return MainSet(
        tuple(
            MainSuite(
                _either(texts, "KeyExchange", "2_16KeyExchange", choices=GROUPS),
                _either(texts, "Encryption", choices=OLD_CIPHERS),
                _either(texts, "Hash", "2_1Hash", choices=_MAIN_HASHES),
            )
            for texts in stored.suites
        ),
        read_number(look(header, "TimeOutMinutes") or "480", _TOP),
        read_number(look(header, "TimeOutSessions") or "0", _TOP),
        truth(look(header, "DoNotSkipDH") or "FALSE"),
    )


def read_quick(stored: StoredSet) -> QuickSet:
    """Return a set of quick mode; ValueError for a value that cannot be."""
    pfs = _either(stored.header, "PFS", "2_16PFS", choices=PFS, default="Disable")
    return QuickSet(tuple(map(_quick, stored.suites)), pfs)


def _quick(texts: Texts) -> QuickSuite:
    return QuickSuite(
        _either(texts, "Protocol", "2_9Protocol", choices=PROTOCOLS),
        _either(texts, "Encryption", "2_1Encryption", choices=(*OLD_CIPHERS, *GCM), default=""),
        _either(texts, "AhHash", "2_1AhHash", choices=_QUICK_HASHES, default=""),
        _either(texts, "EspHash", "2_1EspHash", choices=_QUICK_HASHES, default=""),
        read_number(look(texts, "TimeOutMinutes") or "60", _TOP),
        read_number(look(texts, "TimeOutKbytes") or "100000", _TOP),
    )


def write_main(one: MainSet, version: str) -> StoredSet:
    """Return a set of main mode as it is stored."""
    header = (
        ("Version", version),
        ("DoNotSkipDH", write_truth(one.force_dh)),
        ("TimeOutMinutes", str(one.minutes)),
        ("TimeOutSessions", str(one.sessions)),
    )
    return StoredSet(header, tuple(tuple(_main_texts(each)) for each in one.suites))


def _main_texts(suite: MainSuite) -> Iterator[tuple[str, str]]:
    yield "2_16KeyExchange" if suite.group == "DH24" else "KeyExchange", suite.group
    yield "Encryption", suite.cipher
    newer = suite.hash not in OLD_HASHES
    yield "2_1Hash" if newer else "Hash", suite.hash
    if newer:
        yield "SkipVersion", "2.0"


def write_quick(one: QuickSet, version: str) -> StoredSet:
    """Return a set of quick mode as it is stored."""
    header = (("Version", version), ("2_16PFS" if one.pfs == "ReKeyDH24" else "PFS", one.pfs))
    return StoredSet(header, tuple(tuple(_quick_texts(each)) for each in one.suites))


def _quick_texts(suite: QuickSuite) -> Iterator[tuple[str, str]]:
    bare = suite.protocol == "AUTH_NO_ENCAP"
    yield "2_9Protocol" if bare else "Protocol", suite.protocol
    words = (
        ("AhHash", suite.ah, OLD_HASHES),
        ("Encryption", suite.cipher, OLD_CIPHERS),
        ("EspHash", suite.esp, OLD_HASHES),
    )
    for name, value, old in words:
        if value:
            yield name if value in old else f"2_1{name}", value
    yield "TimeOutMinutes", str(suite.minutes)
    yield "TimeOutKbytes", str(suite.kilobytes)
    if bare:
        yield "SkipVersion", "2.9"
    elif any(value and value not in old for _name, value, old in words):
        yield "SkipVersion", "2.0"
