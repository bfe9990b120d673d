# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates for hosts whose policies name an authority.

Simulated hosts have no certificate store. Whoever names an authority is taken to have a certificate of it; authorities
exist for one data plane and are made when they are first named.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from ..dataplane.inforce import InForce
from ..ipsec.associations import AnyRule
from ..ipsec.connection import ConnectionRule, Proof, ProofKind
from ..store.model import AuthType
from .keying import Identity

_KEY_BITS = 2048
_DAYS = 30
_OTHERS = (" ECDSA256", " ECDSA384")


@dataclass(frozen=True, slots=True)
class _Signer:
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate


class Authorities:
    """All authorities of a data plane, by the name that policies give them."""

    def __init__(self) -> None:
        self._signers: dict[str, _Signer] = {}
        self._identities: dict[tuple[str, str], Identity] = {}
        self._guard = threading.Lock()

    def identities(self, host: str, state: InForce) -> dict[str, Identity]:
        """Return a host's certificates for the authorities that its policy names."""
        named = {name for rule in state.keyed_rules for name in _named(rule)}
        named |= {name for each in state.connections.main_modes for name in _proven(each.first or ())}
        with self._guard:
            return {name: self._identity(name, host) for name in sorted(named)}

    def _identity(self, authority: str, host: str) -> Identity:
        if authority not in self._signers:
            self._signers[authority] = _authority(authority)
        if (authority, host) not in self._identities:
            self._identities[authority, host] = _issue(self._signers[authority], host)
        return self._identities[authority, host]


def _named(rule: AnyRule) -> Iterable[str]:
    """Return the authorities that a rule names."""
    if isinstance(rule, ConnectionRule):
        return _proven(rule.first)
    return [each.text for each in rule.authentication if each.type == AuthType.CERTIFICATE]


def _proven(proofs: Iterable[Proof]) -> Iterable[str]:
    """Return the authorities of proofs, those of RSA: no others are made."""
    return [each.text for each in proofs if each.kind is ProofKind.CERTIFICATE and not each.text.endswith(_OTHERS)]


def _name(text: str) -> x509.Name:
    """Return the distinguished name in a text, most general part last as Windows writes it; any other text as a CN."""
    try:
        return x509.Name.from_rfc4514_string(text)
    except ValueError:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
    )


def _authority(name: str) -> _Signer:
    key, subject = rsa.generate_private_key(65537, _KEY_BITS), _name(name)
    builder = _builder(subject, subject, key).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    return _Signer(key, builder.sign(key, hashes.SHA256()))


def _issue(signer: _Signer, host: str) -> Identity:
    key = rsa.generate_private_key(65537, _KEY_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    certificate = _builder(subject, signer.certificate.subject, key).sign(signer.key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = serialization.Encoding.PEM
    return Identity(certificate.public_bytes(pem), private, signer.certificate.public_bytes(pem))
