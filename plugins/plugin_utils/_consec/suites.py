# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What protects packets and key exchange: as options, as data, and as netsh is told (MS-FASP 2.2.74)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .._common.errors import IpsecError
from .._common.fields import Fields
from .._windows.netsh.line import Parameter
from .definitions import MainMode, QuickMode
from .model import MainModeSuite, QuickModeSuite
from .values import read_word
from .words import (
    CIPHERS,
    CIPHERS_2_1,
    FRESH_KEYS_2_16,
    GROUPS_2_16,
    HASHES,
    MAIN_HASHES_2_1,
    PROTOCOLS,
    PROTOCOLS_2_9,
    QUICK_HASHES_2_1,
)

NONE, NO_ENCAPSULATION = "none", "authnoencap"
QUICK_OPTIONS = (
    *("protocol", "ah_integrity", "esp_integrity", "esp_encryption", "lifetime_minutes", "lifetime_kilobytes"),
)
MAIN_OPTIONS = ("key_exchange", "encryption", "integrity")
QUICK_MODE_OPTIONS = ("suites", "perfect_forward_secrecy")
MAIN_MODE_OPTIONS = ("suites", "lifetime_minutes", "sessions", "force_diffie_hellman")
# What a set of a host has besides; a document of a host shows it.
SHOWN = ("id", "version", "name", "description", "group")

_FRESH_KEYS = tuple(FRESH_KEYS_2_16.values())
_PROTOCOLS = (*PROTOCOLS.values(), *PROTOCOLS_2_9.values())
_QUICK_HASHES = (*HASHES.values(), *QUICK_HASHES_2_1.values())
_ESP_HASHES = (*_QUICK_HASHES, *CIPHERS_2_1.values())
_QUICK_CIPHERS = (NONE, *CIPHERS.values(), *CIPHERS_2_1.values())
_MAIN_HASHES = (*HASHES.values(), *MAIN_HASHES_2_1.values())
_MINUTES, _KILOBYTES = 60, 100000
# The documents of netsh say 2880, the specification 2879.
_SHORTEST, _LONGEST = 5, 2879
_LEAST, _MOST = 20480, 2147483647


def read_quick_mode(data: object, path: str) -> QuickMode:
    """Return proposals for quick mode."""
    fields = _set_fields(data, path, QUICK_MODE_OPTIONS)
    fields.require("suites", "at least one suite")
    suites = tuple(_quick_suite(item, where) for where, item in fields.items("suites"))
    fresh = (
        read_word(fields, "perfect_forward_secrecy", _FRESH_KEYS) if fields.given("perfect_forward_secrecy") else NONE
    )
    _check_each_once(suites, fields)
    open_ones = [each for each in suites if each.protocol == NO_ENCAPSULATION]
    if open_ones and len(open_ones) == len(suites):
        expected, remedy = f"a suite of AH or ESP beside {NO_ENCAPSULATION}", "Add one for peers that need it."
        raise IpsecError(fields.at("suites"), NO_ENCAPSULATION, expected, remedy)
    if open_ones and fresh != NONE:
        expected = f"none beside {NO_ENCAPSULATION}"
        raise fields.error("perfect_forward_secrecy", fresh, expected, "Leave one of the two out.")
    return QuickMode(suites=suites, perfect_forward_secrecy=fresh)


def _set_fields(data: object, path: str, options: tuple[str, ...]) -> Fields:
    fields = Fields(data, path, (*options, *SHOWN))
    for name in SHOWN:
        fields.text(name, "")
    return fields


def _quick_suite(data: object, path: str) -> QuickModeSuite:
    fields = Fields(data, path, QUICK_OPTIONS)
    protocol = read_word(fields, "protocol", _PROTOCOLS) if fields.given("protocol") else "esp"
    ah, esp = _hash(fields, "ah_integrity", _QUICK_HASHES), _hash(fields, "esp_integrity", _ESP_HASHES)
    cipher = _hash(fields, "esp_encryption", _QUICK_CIPHERS)
    has_ah, has_esp = "ah" in protocol.split("+"), "esp" in protocol.split("+")
    if protocol == NO_ENCAPSULATION:
        return _without_encapsulation(fields, ah, esp, cipher)
    if has_ah != (ah != NONE):
        expected = "a hash for AH" if has_ah else f"none beside {protocol}"
        raise fields.error("ah_integrity", ah, expected, "Give the hash of AH exactly where there is AH.")
    if not has_esp and (esp, cipher) != (NONE, NONE):
        key = "esp_integrity" if esp != NONE else "esp_encryption"
        raise fields.error(key, fields.text(key, ""), "none beside ah", "Choose ah+esp, or remove it.")
    if has_esp:
        esp = _esp_hash(fields, esp, cipher)
        if has_ah and _gmac(ah) != _gmac(esp):
            expected = "the same hash for AH and ESP"
            raise fields.error("ah_integrity", ah, expected, "Windows refuses two hashes: choose one of them for both.")
    return QuickModeSuite(
        protocol=protocol,
        ah_integrity=ah,
        esp_integrity=esp,
        esp_encryption=cipher,
        lifetime_minutes=fields.number("lifetime_minutes", _MINUTES, _SHORTEST, _LONGEST, "minutes"),
        lifetime_kilobytes=fields.number("lifetime_kilobytes", _KILOBYTES, _LEAST, _MOST, "kilobytes"),
    )


def _hash(fields: Fields, key: str, words: tuple[str, ...]) -> str:
    return read_word(fields, key, dict.fromkeys((NONE, *words))) if fields.given(key) else NONE


def _gmac(name: str) -> str:
    """Return the hash that stands behind a name: that of a cipher with its own hash is GMAC."""
    return name.replace("gcm", "gmac")


def _esp_hash(fields: Fields, esp: str, cipher: str) -> str:
    """Return the hash of ESP as netsh names it."""
    if cipher.startswith("aesgcm"):
        if esp not in (NONE, cipher, _gmac(cipher)):
            expected = f"{cipher}, the hash of that cipher"
            raise fields.error("esp_integrity", esp, expected, "Leave esp_integrity out: the cipher has its own.")
        return cipher
    if esp == NONE:
        raise fields.error("esp_integrity", None, "a hash for ESP", "Add for example esp_integrity: sha256.")
    if esp.startswith("aesgcm"):
        expected = f"{esp} as cipher, too"
        raise fields.error("esp_encryption", cipher, expected, f"Choose it, or {_gmac(esp)} as the hash.")
    return esp


def _without_encapsulation(fields: Fields, ah: str, esp: str, cipher: str) -> QuickModeSuite:
    if cipher != NONE:
        raise fields.error("esp_encryption", cipher, f"none beside {NO_ENCAPSULATION}", "Remove it.")
    found = {ah, esp} - {NONE}
    if len(found) != 1:
        raise fields.error("esp_integrity", esp, f"one hash beside {NO_ENCAPSULATION}", "Give esp_integrity alone.")
    return QuickModeSuite(
        protocol=NO_ENCAPSULATION,
        ah_integrity=NONE,
        esp_integrity=found.pop(),
        esp_encryption=NONE,
        lifetime_minutes=fields.number("lifetime_minutes", _MINUTES, _SHORTEST, _LONGEST, "minutes"),
        lifetime_kilobytes=fields.number("lifetime_kilobytes", _KILOBYTES, _LEAST, _MOST, "kilobytes"),
    )


def _check_each_once(suites: tuple[object, ...], fields: Fields) -> None:
    if not suites:
        raise IpsecError(fields.at("suites"), [], "at least one suite", "Add a suite.")
    for index, each in enumerate(suites):
        if each in suites[:index]:
            raise IpsecError(f"{fields.at('suites')}[{index}]", "a suite", "each suite once", "Remove the second one.")


def in_one_form(suite: QuickModeSuite) -> QuickModeSuite:
    """Return a suite of a host in the form of one that was written here."""
    if suite.protocol != NO_ENCAPSULATION or suite.ah_integrity in (None, NONE):
        return suite
    return replace(suite, ah_integrity=NONE, esp_integrity=suite.ah_integrity)


def read_main_mode(data: object, path: str, *, partly: bool = False) -> MainMode:
    """Return proposals for main mode; ``partly`` lets the suites be those that Windows has built in."""
    fields = _set_fields(data, path, MAIN_MODE_OPTIONS)
    if not partly:
        fields.require("suites", "at least one suite")
    suites = tuple(_main_suite(item, where) for where, item in fields.items("suites"))
    if fields.given("suites"):
        _check_each_once(suites, fields)
    usual = MainMode()
    return MainMode(
        suites=suites,
        lifetime_minutes=fields.number("lifetime_minutes", usual.lifetime_minutes, 1, _LONGEST, "minutes"),
        sessions=fields.number("sessions", usual.sessions, 0, _MOST, "sessions"),
        force_diffie_hellman=fields.flag("force_diffie_hellman", usual.force_diffie_hellman),
    )


def _main_suite(data: object, path: str) -> MainModeSuite:
    fields = Fields(data, path, MAIN_OPTIONS)
    words = (tuple(GROUPS_2_16.values()), tuple(CIPHERS.values()), _MAIN_HASHES)
    for key, known in zip(MAIN_OPTIONS, words, strict=True):
        fields.require(key, f"one of {', '.join(known)}")
    group, cipher, found = (read_word(fields, key, known) for key, known in zip(MAIN_OPTIONS, words, strict=True))
    return MainModeSuite(key_exchange=group, encryption=cipher, integrity=found)


def write_quick_mode(found: QuickMode) -> dict[str, object]:
    """Return quick mode as data, without what says nothing."""
    suites = [
        {key: value for key in QUICK_OPTIONS if (value := getattr(each, key)) not in (None, NONE) or key == "protocol"}
        for each in found.suites
    ]
    return {"suites": suites, "perfect_forward_secrecy": found.perfect_forward_secrecy}


def write_main_mode(found: MainMode) -> dict[str, object]:
    """Return main mode as data."""
    data: dict[str, object] = {key: getattr(found, key) for key in MAIN_MODE_OPTIONS[1:]}
    if found.suites:
        data["suites"] = [{key: getattr(each, key) for key in MAIN_OPTIONS} for each in found.suites]
    return data


def tell_quick_mode(found: QuickMode | None) -> Iterator[Parameter]:
    """Yield the parameters of netsh for quick mode; the usual set takes its fresh keys with it."""
    if found is None:
        yield "qmsecmethods", "default"
        return
    yield "qmpfs", found.perfect_forward_secrecy
    yield "qmsecmethods", ",".join(map(_told_quick_suite, found.suites))


def _told_quick_suite(suite: QuickModeSuite) -> str:
    parts = []
    if suite.protocol == NO_ENCAPSULATION:
        parts.append(f"{NO_ENCAPSULATION}:{suite.esp_integrity}")
    else:
        if suite.ah_integrity != NONE:
            parts.append(f"ah:{suite.ah_integrity}")
        if suite.esp_integrity != NONE:
            parts.append(f"esp:{suite.esp_integrity}-{suite.esp_encryption}")
    return "+".join((*parts, f"{suite.lifetime_minutes}min", f"{suite.lifetime_kilobytes}kb"))


def told_main_suites(suites: tuple[MainModeSuite, ...]) -> str:
    """Return proposals as netsh is told them, for a rule or for all of them."""
    return ",".join(f"{each.key_exchange}:{each.encryption}-{each.integrity}" for each in suites) or "default"


def tell_main_mode(found: MainMode | None) -> Iterator[Parameter]:
    """Yield the parameters of netsh for the main mode of a rule."""
    if found is None:
        yield "mmsecmethods", "default"
        return
    yield "mmsecmethods", told_main_suites(found.suites)
    yield "mmkeylifetime", f"{found.lifetime_minutes}min,{found.sessions}sess"
    yield "mmforcedh", "yes" if found.force_diffie_hellman else "no"
