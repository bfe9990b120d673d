# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words of `netsh advfirewall consec` and `mainmode` for the words of the registry: suites and authentication.

[ledger: cs-methods-grammar]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..consec.authentication import CERTIFICATES, Method, Suite
from ..consec.crypto import GCM, MainSuite, QuickSuite
from ..versions import WindowsVersion
from .firewall_common import Refusal, bad, one_of, require
from .words import Given

GROUPS = {
    "dhgroup1": "DH1",
    "dhgroup2": "DH2",
    "dhgroup14": "DH2048",
    "dhgroup24": "DH24",
    "ecdhp256": "ECDH-256",
    "ecdhp384": "ECDH-384",
}
PFS = {
    "none": "Disable",
    "mainmode": "EnableDHFromPhase1",
    "dhgroup1": "ReKeyDH1",
    "dhgroup2": "ReKeyDH2",
    "dhgroup14": "ReKeyDH2048",
    "dhgroup24": "ReKeyDH24",
    "ecdhp256": "ReKeyECDH256",
    "ecdhp384": "ReKeyECDH384",
}
_OLD_CIPHERS = {"des": "DES", "3des": "3DES", "aes128": "AES-128", "aes192": "AES-192", "aes256": "AES-256"}
_GCM = {f"aesgcm{each.removeprefix('AES-GCM')}": each for each in GCM}
_GMAC = {f"aesgmac{each.removeprefix('AES-GCM')}": each for each in GCM}
_OLD_HASHES = {"md5": "MD5", "sha1": "SHA1", "sha256": "SHA256"}
_MAIN_HASHES = {**_OLD_HASHES, "sha384": "SHA384"}
_FIRST = {
    "computerkerb": Method.MACHINE_KERBEROS,
    "computercert": Method.MACHINE_CERTIFICATE,
    "computerpsk": Method.KEY,
    "computerntlm": Method.MACHINE_NTLM,
    "anonymous": Method.ANONYMOUS,
}
_SECOND = {
    "userkerb": Method.USER_KERBEROS,
    "usercert": Method.USER_CERTIFICATE,
    "userntlm": Method.USER_NTLM,
    "computercert": Method.MACHINE_CERTIFICATE,
    "anonymous": Method.ANONYMOUS,
}
_SIGNING = {"": "", "ecdsap256": "ECDSA256", "ecdsap384": "ECDSA384"}
_ISSUER_FLAG = re.compile(r"\s+(certmapping|excludecaname|catype)\s*:\s*(\w+)\s*$", re.IGNORECASE)
_MAIN_SUITE = re.compile(r"(\w+):(\w+)-(\w+)")

FIRST_TAGS = (
    "auth1",
    "auth1psk",
    "auth1ca",
    "auth1healthcert",
    "auth1ecdsap256ca",
    "auth1ecdsap256healthcert",
    "auth1ecdsap384ca",
    "auth1ecdsap384healthcert",
)
SECOND_TAGS = ("auth2", "auth2ca", "auth2ecdsap256ca", "auth2ecdsap384ca")


def known_group(tag: str, value: str, choices: Mapping[str, str], version: WindowsVersion) -> str:
    """Return what a word for a group stands for; group 24 came with Server 2012."""
    word = value.strip().lower()
    if word not in choices or (word == "dhgroup24" and version.schema < (2, 20)):
        raise bad(tag, value)
    return choices[word]


def main_suites(text: str, version: WindowsVersion) -> tuple[MainSuite, ...]:
    """Read `ecdhp384:aes256-sha384,dhgroup2:3des-sha1`."""
    tag, suites = "mmsecmethods", []
    for part in text.split(","):
        match = _MAIN_SUITE.fullmatch(part.strip().lower())
        if match is None or match[2] not in _OLD_CIPHERS or match[3] not in _MAIN_HASHES:
            raise bad(tag, text)
        suites.append(
            MainSuite(known_group(tag, match[1], GROUPS, version), _OLD_CIPHERS[match[2]], _MAIN_HASHES[match[3]])
        )
    return tuple(suites)


def quick_suites(text: str) -> tuple[QuickSuite, ...]:
    """Read `esp:aesgcm256-aesgcm256+60min+100000kb,ah:sha1`."""
    return tuple(_quick_suite(part.strip().lower(), text) for part in text.split(","))


def _quick_suite(part: str, text: str) -> QuickSuite:
    found: dict[str, tuple[str, str]] = {}
    numbers = {"min": 60, "kb": 100_000}
    given: set[str] = set()
    for piece in part.split("+"):
        kind, colon, words = piece.partition(":")
        unit = next((each for each in numbers if re.fullmatch(rf"[0-9]{{1,10}}{each}", piece)), "")
        kind = kind if colon else unit
        if not kind or kind in given or (colon and given & set(numbers)):
            raise bad("qmsecmethods", text)
        given.add(kind)
        if unit and not colon:
            numbers[unit] = int(piece.removesuffix(unit))
        else:
            found[kind] = _algorithms(kind, words, text)
    if sorted(found) not in (["ah"], ["esp"], ["ah", "esp"], ["authnoencap"]):
        raise bad("qmsecmethods", text)
    ah, _none = found.get("ah", found.get("authnoencap", ("", "")))
    esp, cipher = found.get("esp", ("", ""))
    protocol = "AUTH_NO_ENCAP" if "authnoencap" in found else "&".join(each.upper() for each in sorted(found))
    return QuickSuite(protocol, cipher, ah, esp, numbers["min"], numbers["kb"])


def _algorithms(kind: str, words: str, text: str) -> tuple[str, str]:
    """Return hash and cipher; a hash by the name of GCM goes with its cipher, GMAC with none."""
    digest, dash, cipher = words.partition("-")
    if kind == "esp" and dash:
        if digest in _GCM and digest == cipher:
            return _GCM[digest], _GCM[cipher]
        if digest in _OLD_HASHES and (cipher in _OLD_CIPHERS or cipher == "none"):
            return _OLD_HASHES[digest], _OLD_CIPHERS.get(cipher, "")
        if digest in _GMAC and cipher == "none":
            return _GMAC[digest], ""
    elif kind in ("ah", "authnoencap") and not dash and digest in {**_OLD_HASHES, **_GMAC}:
        return {**_OLD_HASHES, **_GMAC}[digest], ""
    raise bad("qmsecmethods", text)


def first(given: Given) -> tuple[Suite, ...]:
    """Return the suites of `auth1` and what goes with it."""
    return _authentication(given, "auth1", _FIRST)


def second(given: Given) -> tuple[Suite, ...]:
    """Return the suites of `auth2` and what goes with it."""
    return _authentication(given, "auth2", _SECOND)


def _authentication(given: Given, tag: str, methods: Mapping[str, Method]) -> tuple[Suite, ...]:
    text = require(given, tag)
    suites: list[Suite] = []
    used = {tag}
    for part in text.split(","):
        word, curve, size = part.strip().lower().partition("ecdsap")
        signing = curve + size
        method = methods.get(word)
        if method is None or signing not in _SIGNING or (signing and method not in CERTIFICATES):
            raise bad(tag, text)
        if method is Method.KEY:
            used.add(f"{tag}psk")
            suites.append(Suite(method=method, key=_key(given, f"{tag}psk")))
        elif method in CERTIFICATES:
            used |= {f"{tag}{signing}ca", f"{tag}{signing}healthcert"}
            suites += _certificates(given, f"{tag}{signing}", method, _SIGNING[signing])
        else:
            suites.append(Suite(method=method))
    unused = next((name for name, _value in given.pairs if name.startswith(tag) and name not in used), None)
    if unused:
        raise Refusal("consec_unused", tag=unused)
    return tuple(suites)


def _key(given: Given, tag: str) -> str:
    value = require(given, tag)
    if "|" in value or len(value) > 9999:
        raise Refusal("consec_key")
    return value


def _certificates(given: Given, tag: str, method: Method, signing: str) -> Iterable[Suite]:
    """Yield a suite for each authority."""
    first_one = tag.startswith("auth1")
    health = one_of(f"{tag}healthcert", given.get(f"{tag}healthcert") or "no", ("yes", "no")) == "yes"
    text = require(given, f"{tag}ca")
    for part in text.split("|"):
        issuer, flags = part, {}
        while match := _ISSUER_FLAG.search(issuer):
            flags[match[1].lower()] = match[2].lower()
            issuer = issuer[: match.start()]
        issuer = issuer.strip().replace(r"\'", '"')
        if not issuer or ("excludecaname" in flags and not first_one):
            raise bad(f"{tag}ca", text)
        yield Suite(
            method=method,
            ca=issuer,
            mapping=_flag(flags, "certmapping", ("no", "yes"), text),
            exclude_ca=_flag(flags, "excludecaname", ("no", "yes"), text),
            # The second authentication knows certificates of machines for their health only.
            health=health or (not first_one and method is Method.MACHINE_CERTIFICATE),
            signing=signing,
            intermediate=_flag(flags, "catype", ("root", "intermediate"), text),
        )


def _flag(flags: Mapping[str, str], name: str, words: tuple[str, str], text: str) -> bool:
    value = flags.get(name, words[0])
    if value not in words:
        raise bad(name, text)
    return value == words[1]
