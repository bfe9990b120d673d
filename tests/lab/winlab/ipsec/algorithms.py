# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of algorithms that the policy store does not have, beside those that it has.

Ciphers, hashes and the two elliptic groups go by the numbers of MSFT_NetMainModeSA and MSFT_NetQuickModeSA, which the
store's own numbers never reach. Groups 1, 2 and 14 keep the numbers of the store, where 3 is group 14.
"""

from __future__ import annotations

from enum import IntEnum

from ..store.wording import CIPHERS, ESP_CIPHERS, HASHES


class NewCipher(IntEnum):
    """Ciphers of connection security rules only."""

    AES_128 = 65001
    AES_192 = 65002
    AES_256 = 65003
    GCM_128 = 65004
    GCM_192 = 65005
    GCM_256 = 65006


class NewHash(IntEnum):
    """Hashes of connection security rules only."""

    SHA256 = 65001
    SHA384 = 65002
    GMAC_128 = 65003
    GMAC_192 = 65004
    GMAC_256 = 65005


P256, P384, GROUP_24 = 19, 20, 24
"""Groups of connection security rules only, by their numbers in IKE."""

GROUP_NUMBERS = {1: 1, 2: 2, 3: 14, P256: P256, P384: P384, GROUP_24: GROUP_24}
"""Numbers in IKE of the groups of a main-mode method."""

_NEW_CIPHERS: dict[int, str] = {each: each.name.replace("GCM", "AES-GCM").replace("_", "-") for each in NewCipher}
_NEW_HASHES: dict[int, str] = {each: each.name.replace("GMAC", "AES-GMAC").replace("_", "-") for each in NewHash}
_ALL_HASHES = {**HASHES, **_NEW_HASHES}
GMAC_OF = {
    NewCipher.GCM_128: NewHash.GMAC_128,
    NewCipher.GCM_192: NewHash.GMAC_192,
    NewCipher.GCM_256: NewHash.GMAC_256,
}
"""The integrity that each combined cipher brings along."""


def hash_name(number: int) -> str:
    """Return the name of a hash, or its number."""
    return _ALL_HASHES.get(number, str(number))


def cipher_name(number: int) -> str:
    """Return the name of a main-mode cipher, or its number."""
    return {**CIPHERS, **_NEW_CIPHERS}.get(number, str(number))


def esp_cipher_name(number: int) -> str:
    """Return the name of an ESP cipher, or its number."""
    return {**ESP_CIPHERS, **_NEW_CIPHERS}.get(number, str(number))


def main_mode_name(cipher: int, digest: int, group: int) -> str:
    """Return for example `3DES-SHA1-2`, as netsh writes methods of the policy store, or `AES-256-SHA384-20`."""
    return f"{cipher_name(cipher)}-{hash_name(digest)}-{group}"
