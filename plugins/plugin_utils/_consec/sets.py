# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets from their stored values (MS-GPFAS 2.2.4, 2.2.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from .._common.secret import Secret
from .._windows.rule_string import Damaged, decode_rule
from .doubts import Doubtful, Doubts, flag, number, quoted, word
from .kinds import PRIMARY, Kind
from .model import (
    AuthenticationSuite,
    Criteria,
    MainModeSuite,
    QuickModeSuite,
    Suite,
    SuiteSet,
)
from .schema import Schema, parse_schema
from .stored import KEY, StoredSet, Values
from .words import (
    CERTIFICATES,
    CIPHERS,
    CIPHERS_2_1,
    CRITERIA,
    FIRST_METHODS,
    FRESH_KEYS,
    FRESH_KEYS_2_16,
    GROUPS,
    GROUPS_2_16,
    HASHES,
    KERBEROS,
    MAIN_HASHES_2_1,
    NAME_TYPES,
    PROTOCOLS,
    PROTOCOLS_2_9,
    QUICK_HASHES_2_1,
    SECOND_METHODS,
    SIGNATURES,
)
from .words import (
    KEY as KEY_METHOD,
)

Found = TypeVar("Found")
_HEADER = ("version", "name", "description", "embeddedcontext")
_MAIN_HEADER = ("donotskipdh", "timeoutminutes", "timeoutsessions")
_QUICK_HEADER = ("pfs", "2_16pfs")
_CERTIFICATE_VALUES = (
    *("caname", "certaccountmapping", "excludecaname", "healthcert", "othercertsigning", "intermediateca"),
    "certcriteria",
)
_KERBEROS_VALUES = ("allowproxy", "proxyserver")
_MAIN_VALUES = ("keyexchange", "2_16keyexchange", "encryption", "hash", "2_1hash")
_QUICK_VALUES = (
    *("protocol", "2_9protocol", "encryption", "2_1encryption", "ahhash", "2_1ahhash", "esphash", "2_1esphash"),
    *("timeoutminutes", "timeoutkbytes"),
)
_CRITERIA_FIELDS = ("criteriatype", "nametype", "name", "eku", "hash", "followrenewal")
_MOST = 2147483647
_MOST_MINUTES = 2880


@dataclass(frozen=True, slots=True)
class _Part:
    """The values of a set or of one of its suites; ``path`` is the option of the set."""

    values: Values
    path: str
    doubts: Doubts
    # In authentication sets a text in a wrong place may be a key.
    quote: bool = True

    def read(self, option: str, reader: Callable[[], Found]) -> Found | None:
        return self.doubts.read((self.path + option).rstrip("."), reader)

    def text(self, name: str) -> str | None:
        return self.values.text(name)

    def need(self, name: str) -> str:
        found = self.text(name)
        if found is None:
            raise Doubtful(f"{name} is not there")
        return found

    def flag(self, name: str) -> bool:
        found = self.text(name)
        return found is not None and flag(found, name)

    def number(self, name: str, most: int) -> int:
        return number(self.need(name), name, most)

    def word(self, name: str, words: Mapping[str, str]) -> str | None:
        found = self.text(name)
        return None if found is None else word(words, found, name)

    def either(self, old: str, words: Mapping[str, str], new: str, newer: Mapping[str, str]) -> str | None:
        """Return the word of a value that has an older and a newer form; which of two that differ counts is open."""
        found = [each for each in (self.word(old, words), self.word(new, newer)) if each is not None]
        if len(set(found)) > 1:
            raise Doubtful(f"{old} and {new} differ, and which of them counts is not known")
        return found[0] if found else None

    def only(self, *names: str) -> None:
        """Note values of other names."""
        others = [each.name for each in self.values if each.name.casefold() not in names]
        for name in others if self.quote else ():
            self.doubts.add(
                self.path.rstrip("."), f"it has a value that is not known or not taken here, {quoted(name)}"
            )
        if others and not self.quote:
            reason = f"values that are not known or not taken here: {len(others)}"
            self.doubts.add(self.path.rstrip("."), reason)


def read_set(kind: Kind, stored: StoredSet, schema: Schema, *, primary: bool | None = None) -> SuiteSet:
    """Return the set that values describe to a Windows of this schema.

    ``primary`` says whether it is the one for rules that name none; without it the identifier does.
    """
    doubts = Doubts()
    header = _Part(stored.header, "", doubts, quote=kind not in (Kind.FIRST, Kind.SECOND))
    _check_form(kind, stored, doubts)
    suites = tuple(
        _suite(kind, _Part(values, f"suites[{index}].", doubts, header.quote), schema)
        for index, (_name, values) in enumerate(sorted(stored.suites, key=lambda each: each[0]))
    )
    found = SuiteSet(
        kind=kind,
        id=stored.id,
        stored=stored,
        primary=stored.id.casefold() == PRIMARY[kind] if primary is None else primary,
        version=header.read("version", lambda: header.text("Version") or ""),
        name=header.read("name", lambda: header.text("Name") or ""),
        description=header.read("description", lambda: header.text("Description") or ""),
        group=header.read("group", lambda: header.text("EmbeddedContext") or ""),
        suites=suites,
    )
    if kind is Kind.MAIN_MODE:
        found = replace(
            found,
            force_diffie_hellman=header.read("force_diffie_hellman", lambda: header.flag("DoNotSkipDH")),
            lifetime_minutes=header.read("lifetime_minutes", lambda: header.number("TimeOutMinutes", _MOST_MINUTES)),
            sessions=header.read("sessions", lambda: header.number("TimeOutSessions", _MOST)),
        )
        header.only(*_HEADER, *_MAIN_HEADER)
    elif kind is Kind.QUICK_MODE:
        fresh = header.read("perfect_forward_secrecy", lambda: _fresh_keys(header))
        found = replace(found, perfect_forward_secrecy=fresh)
        header.only(*_HEADER, *_QUICK_HEADER)
    else:
        header.only(*_HEADER)
    return replace(found, doubts=doubts.found)


def _check_form(kind: Kind, stored: StoredSet, doubts: Doubts) -> None:
    names = sorted(name for name, _values in stored.suites)
    if names != [f"{index:04}" for index in range(len(names))]:
        doubts.add("suites", "the keys of its suites are not numbered from 0000 on")
    if stored.deeper:
        doubts.add("suites", "there are keys below those of its suites")
    if not names and kind is not Kind.SECOND:
        doubts.add("suites", "it has no suite")


def _suite(kind: Kind, part: _Part, schema: Schema) -> Suite:
    part.read("", lambda: _check_skipped(part, schema))
    if kind in (Kind.FIRST, Kind.SECOND):
        return _authentication(kind, part)
    return _main_mode(part) if kind is Kind.MAIN_MODE else _quick_mode(part)


def _check_skipped(part: _Part, schema: Schema) -> None:
    text = part.text("SkipVersion")
    if text is None:
        return
    skipped = parse_schema(text)
    if skipped is None:
        raise Doubtful("SkipVersion is no version")
    if schema <= skipped:
        part.doubts.add(part.path.rstrip("."), "this version of Windows skips the suite", known=True)


def _fresh_keys(header: _Part) -> str:
    found = header.either("PFS", FRESH_KEYS, "2_16PFS", FRESH_KEYS_2_16)
    if found is None:
        raise Doubtful("neither PFS nor 2_16PFS is there")
    return found


def _method(kind: Kind, part: _Part) -> str:
    found = (FIRST_METHODS if kind is Kind.FIRST else SECOND_METHODS).get(part.need("Method").casefold())
    if found is None:
        raise Doubtful("Method has a word that is not known")
    return found


def _authentication(kind: Kind, part: _Part) -> AuthenticationSuite:
    method = part.read("method", lambda: _method(kind, part))
    allowed: tuple[str, ...] = ("method", "skipversion")
    suite = AuthenticationSuite(method=method)
    if method in CERTIFICATES:
        allowed += _CERTIFICATE_VALUES
        suite = _certificate(method, part)
    elif method in KERBEROS:
        allowed += _KERBEROS_VALUES
        suite = replace(suite, proxy=part.read("proxy", lambda: _proxy(part)))
    elif method == KEY_METHOD:
        allowed += (KEY,)
        suite = replace(suite, key=part.read("method", lambda: _key(part)))
    part.only(*allowed)
    return suite


def _certificate(method: str | None, part: _Part) -> AuthenticationSuite:
    read = part.read
    return AuthenticationSuite(
        method=method,
        authority=read("authority", lambda: part.need("CAName")),
        intermediate=read("intermediate", lambda: _quiet_flag(part, "IntermediateCA")),
        signature=read("signature", lambda: _signature(part)),
        certificate_mapping=read("certificate_mapping", lambda: _quiet_flag(part, "CertAccountMapping")),
        exclude_ca_name=read("exclude_ca_name", lambda: _quiet_flag(part, "ExcludeCAName")),
        health=read("health", lambda: _quiet_flag(part, "HealthCert")),
        criteria=read("criteria", lambda: _criteria(part)),
    )


def _key(part: _Part) -> Secret:
    found = part.values.get(KEY)
    if found is None or not isinstance(found.data, Secret):
        raise Doubtful("SHKey is not there")
    return found.data


def _quiet_flag(part: _Part, name: str) -> bool:
    try:
        return part.flag(name)
    except Doubtful:
        raise Doubtful(f"{name} is neither TRUE nor FALSE") from None


def _signature(part: _Part) -> str:
    text = part.text("OtherCertSigning")
    found = "rsa" if text is None else SIGNATURES.get(text.casefold())
    if found is None:
        raise Doubtful("OtherCertSigning has a word that is not known")
    return found


def _proxy(part: _Part) -> str:
    server = part.text("ProxyServer") or ""
    if (server != "") != _quiet_flag(part, "AllowProxy"):
        raise Doubtful("AllowProxy and ProxyServer do not go together")
    return server


def _criteria(part: _Part) -> Criteria | None:
    text = part.text("CertCriteria")
    if text is None:
        return None
    found = decode_rule(text)
    if isinstance(found, Damaged):
        raise Doubtful(f"CertCriteria cannot be read: {found.reason}")
    if any(key.casefold() not in _CRITERIA_FIELDS for key, _value in found.fields):
        raise Doubtful("CertCriteria has a field that is not known")
    once = {key: found.all(key) for key in _CRITERIA_FIELDS if key != "eku"}
    if any(len(values) > 1 for values in once.values()):
        raise Doubtful("CertCriteria has a field twice")
    one = {key: next(iter(values), None) for key, values in once.items()}
    kind, name_type = one["criteriatype"], one["nametype"]
    if kind is None or kind.casefold() not in CRITERIA:
        raise Doubtful("CriteriaType is not there or has a word that is not known")
    unknown = name_type is not None and name_type.casefold() not in NAME_TYPES
    if unknown or (name_type is None) != (one["name"] is None):
        raise Doubtful("NameType and Name do not go together")
    renewal = one["followrenewal"] or "false"
    if renewal.casefold() not in ("true", "false"):
        raise Doubtful("FollowRenewal is neither TRUE nor FALSE")
    part.doubts.add(f"{part.path}criteria", "how netsh is told criteria of certificates is not known", known=True)
    return Criteria(
        type=CRITERIA[kind.casefold()],
        name_type=name_type and NAME_TYPES[name_type.casefold()],
        name=one["name"],
        ekus=found.all("eku"),
        thumbprint=one["hash"],
        follow_renewal=renewal.casefold() == "true",
    )


def _needed(found: str | None, what: str) -> str:
    if found is None:
        raise Doubtful(f"{what} is not there")
    return found


def _main_mode(part: _Part) -> MainModeSuite:
    part.only(*_MAIN_VALUES, "skipversion")
    read = part.read
    return MainModeSuite(
        key_exchange=read(
            "key_exchange",
            lambda: _needed(part.either("KeyExchange", GROUPS, "2_16KeyExchange", GROUPS_2_16), "KeyExchange"),
        ),
        encryption=read("encryption", lambda: _needed(part.word("Encryption", CIPHERS), "Encryption")),
        integrity=read("integrity", lambda: _needed(part.either("Hash", HASHES, "2_1Hash", MAIN_HASHES_2_1), "Hash")),
    )


def _quick_mode(part: _Part) -> QuickModeSuite:
    part.only(*_QUICK_VALUES, "skipversion")
    read = part.read
    protocol = read(
        "protocol",
        lambda: _needed(part.either("Protocol", PROTOCOLS, "2_9Protocol", PROTOCOLS_2_9), "Protocol"),
    )
    cipher = read(
        "esp_encryption",
        lambda: part.either("Encryption", CIPHERS, "2_1Encryption", CIPHERS_2_1) or "none",
    )
    esp = read("esp_integrity", lambda: part.either("EspHash", HASHES, "2_1EspHash", QUICK_HASHES_2_1) or "none")
    ah = read("ah_integrity", lambda: part.either("AhHash", HASHES, "2_1AhHash", QUICK_HASHES_2_1) or "none")
    if protocol is not None and None not in (cipher, esp, ah):
        words = (protocol, ah or "", esp or "", cipher or "")
        protocol = read("protocol", lambda: _checked_protocol(*words))
    return QuickModeSuite(
        protocol=protocol,
        ah_integrity=ah,
        # Beside a cipher of the same size the hash is no work of its own, and netsh calls it by the cipher's name.
        esp_integrity=cipher if cipher and esp and cipher == esp.replace("gmac", "gcm") else esp,
        esp_encryption=cipher,
        lifetime_minutes=read("lifetime_minutes", lambda: part.number("TimeOutMinutes", _MOST_MINUTES)),
        lifetime_kilobytes=read("lifetime_kilobytes", lambda: part.number("TimeOutKbytes", _MOST)),
    )


def _checked_protocol(protocol: str, ah: str, esp: str, cipher: str) -> str:
    """Return the protocol, unless Windows refuses what stands beside it (MS-FASP 2.2.74)."""
    has_ah, has_esp = "ah" in protocol.split("+"), "esp" in protocol.split("+")
    if has_ah != (ah != "none") and protocol != "authnoencap":
        raise Doubtful("Protocol and AhHash do not go together")
    if has_esp and esp == cipher == "none":
        raise Doubtful("ESP has neither a hash nor a cipher")
    if (not has_esp and cipher != "none") or (protocol == "ah" and esp != "none"):
        raise Doubtful("Protocol does not go with a hash or a cipher of ESP")
    if cipher.startswith("aesgcm") and esp != cipher.replace("gcm", "gmac"):
        raise Doubtful("a cipher with GCM stands beside another hash than its own")
    return protocol
