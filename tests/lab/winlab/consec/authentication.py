# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Suites of authentication sets: how an end proves who it is (MS-GPFAS 2.2.4). [ledger: cs-words]"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from .fields import truth, word, write_truth
from .sets import StoredSet, Texts, look


class Method(StrEnum):
    """Methods of the first and of the second authentication."""

    ANONYMOUS = "Anonymous"
    MACHINE_KERBEROS = "MachineKerb"
    MACHINE_CERTIFICATE = "MachineCert"
    KEY = "MachineSHKey"
    MACHINE_NTLM = "MachineNtlm"
    USER_KERBEROS = "UserKerb"
    USER_CERTIFICATE = "UserCert"
    USER_NTLM = "UserNtlm"


CERTIFICATES = (Method.MACHINE_CERTIFICATE, Method.USER_CERTIFICATE)
FIRST = (Method.ANONYMOUS, Method.MACHINE_KERBEROS, Method.MACHINE_CERTIFICATE, Method.KEY, Method.MACHINE_NTLM)
SECOND = (
    Method.ANONYMOUS,
    Method.MACHINE_CERTIFICATE,
    Method.USER_KERBEROS,
    Method.USER_CERTIFICATE,
    Method.USER_NTLM,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One way to prove it. `signing` is empty for RSA, or ECDSA256 or ECDSA384; `key` is a secret.

    [ledger: cs-key-clear-text]
    """

    method: Method
    ca: str = ""
    key: str = field(default="", repr=False)
    mapping: bool = False
    exclude_ca: bool = False
    health: bool = False
    signing: str = ""
    intermediate: bool = False
    criteria: str = ""


KERBEROS = (Suite(method=Method.MACHINE_KERBEROS),)
"""The first authentication where nothing is configured. The second one is empty then."""


def read(stored: StoredSet) -> tuple[Suite, ...]:
    """Return the suites of a set; ValueError for a value that cannot be."""
    return tuple(map(_suite, stored.suites))


def _suite(texts: Texts) -> Suite:
    def flag(name: str) -> bool:
        return truth(look(texts, name) or "FALSE")

    return Suite(
        method=word(Method)(look(texts, "Method") or ""),
        ca=look(texts, "CAName") or "",
        key=look(texts, "SHKey") or "",
        mapping=flag("CertAccountMapping"),
        exclude_ca=flag("ExcludeCAName"),
        health=flag("HealthCert"),
        signing=(look(texts, "OtherCertSigning") or "").upper(),
        intermediate=flag("IntermediateCA"),
        criteria=look(texts, "CertCriteria") or "",
    )


def write(suites: tuple[Suite, ...], version: str, *, first: bool) -> StoredSet:
    """Return a set as it is stored; `first`: of the first authentication."""
    return StoredSet((("Version", version),), tuple(tuple(_texts(each, first)) for each in suites))


def _texts(suite: Suite, first: bool) -> Iterator[tuple[str, str]]:
    yield "Method", suite.method
    if suite.key:
        yield "SHKey", suite.key
    if suite.method not in CERTIFICATES:
        return
    yield "CAName", suite.ca
    yield "CertAccountMapping", write_truth(suite.mapping)
    if first:
        yield "ExcludeCAName", write_truth(suite.exclude_ca)
    yield "HealthCert", write_truth(suite.health)
    if suite.signing:
        yield "OtherCertSigning", suite.signing
    if suite.intermediate:
        yield "IntermediateCA", "TRUE"
    if suite.criteria:
        yield "CertCriteria", suite.criteria
    if suite.signing or suite.intermediate:
        # Components of this schema or older do not know the value, and skip the suite.
        yield "SkipVersion", "2.8" if suite.intermediate else "2.0"
