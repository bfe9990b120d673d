# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of IPsec policy: enumerations, addresses, ports and protocols, each with its reader and its writer."""

from __future__ import annotations

from enum import StrEnum

QUICK_MODES_WITH_PFS = 1


def effective_quick_modes(stated: int, perfect_forward_secrecy: bool) -> int:
    """Return the limit of quick modes per main mode, 0 for none: where main mode makes fresh keys, none means one.

    Whoever switches that on with netsh gets a limit of 1 (help of ``add policy``).

    [ledger: netsh-mmpfs-sets-limit, data-main-mode-pfs]
    """
    return stated or (QUICK_MODES_WITH_PFS if perfect_forward_secrecy else 0)


class ActionKind(StrEnum):
    """What a filter action does with a packet that its rule matches."""

    PERMIT = "permit"
    BLOCK = "block"
    NEGOTIATE = "negotiate"


class ConnectionType(StrEnum):
    """The network connections to which a rule applies."""

    ALL = "all"
    LAN = "lan"
    DIALUP = "dialup"


class Encryption(StrEnum):
    """Ciphers that the policy store has codes for; it has none for AES (MS-GPIPSEC 2.2.1.4.1).

    [ledger: data-no-aes]
    """

    NONE = "none"
    DES = "des"
    TRIPLE_DES = "3des"


class Integrity(StrEnum):
    """Hashes that the policy store has codes for; it has none for SHA-2 (MS-GPIPSEC 2.2.1.4.1).

    [ledger: data-no-aes]
    """

    NONE = "none"
    MD5 = "md5"
    SHA1 = "sha1"


class DhGroup(StrEnum):
    """Diffie-Hellman groups of main mode, by the size of their modulus in bits: groups 1, 2 and 14."""

    LOW = "768"
    MEDIUM = "1024"
    HIGH = "2048"
