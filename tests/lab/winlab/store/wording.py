# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How netsh writes algorithms, addresses and protocols (`netsh ipsec static` help); also used by snapshots.

[ledger: netsh-protocol-words]
"""

from __future__ import annotations

from ipaddress import IPv4Address

from .model import HOST_MASK, Cipher, EspCipher, Hash, MainModeMethod, Offer, Operation, Side, SideKind

CIPHERS: dict[int, str] = {Cipher.NONE: "None", Cipher.DES: "DES", Cipher.TRIPLE_DES: "3DES"}
HASHES: dict[int, str] = {Hash.NONE: "None", Hash.MD5: "MD5", Hash.SHA1: "SHA1"}
ESP_CIPHERS: dict[int, str] = {EspCipher.NONE: "None", EspCipher.DES: "DES", EspCipher.TRIPLE_DES: "3DES"}
PROTOCOLS: dict[int, str] = {0: "ANY", 1: "ICMP", 6: "TCP", 17: "UDP", 255: "RAW"}


def _name(names: dict[int, str], number: int) -> str:
    return names.get(number, str(number))


def main_mode_method(method: MainModeMethod) -> str:
    """Return for example `3DES-SHA1-2`; numbers stand for what has no name."""
    return f"{_name(CIPHERS, method.cipher)}-{_name(HASHES, method.hash)}-{method.group}"


def offer(one: Offer) -> str:
    """Return for example `AH[MD5]+ESP[3DES,SHA1]:100000k/3600s`; a lifetime of 0 is written too."""
    words = []
    for each in one.algorithms:
        if each.operation == Operation.AH:
            words.append(f"AH[{_name(HASHES, each.algorithm)}]")
        else:
            words.append(f"ESP[{_name(ESP_CIPHERS, each.algorithm)},{_name(HASHES, each.integrity)}]")
    return f"{'+'.join(words)}:{one.lifetime_kilobytes}k/{one.lifetime_seconds}s"


def protocol(number: int) -> str:
    """Return the word for a protocol, or its number."""
    return PROTOCOLS.get(number, str(number))


def side(one: Side) -> str:
    """Return one side as netsh takes it, masks as prefixes where they are that."""
    if one.kind is SideKind.RANGE:
        return f"{one.first}-{one.last}"
    if one.kind is not SideKind.ADDRESS or one.first is None:
        return one.kind.value
    if not isinstance(one.first, IPv4Address):
        return str(one.first) if one.mask == 128 else f"{one.first}/{one.mask}"
    if one.mask == HOST_MASK:
        return str(one.first)
    prefix = one.mask.bit_count()
    whole = one.mask == (HOST_MASK << (32 - prefix)) & HOST_MASK
    return f"{one.first}/{prefix}" if whole else f"{one.first}/{IPv4Address(one.mask)}"
