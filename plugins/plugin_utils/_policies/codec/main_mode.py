# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data of ``ipsecISAKMPPolicy`` (MS-GPIPSEC 2.2.1.2): main mode settings of one policy.

[ledger: data-main-mode, data-quick-mode-limit]
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import takewhile
from struct import Struct
from uuid import UUID

from .cursor import U32, Cursor, length_notes
from .form import Form
from .guids import MAIN_MODE_CLASS

ENCRYPTION_NONE, ENCRYPTION_DES, ENCRYPTION_3DES_TOO, ENCRYPTION_3DES = range(4)
HASH_NONE, HASH_MD5, HASH_SHA1 = range(3)
GROUP_1, GROUP_2, GROUP_14 = 1, 2, 0x10000001

# A New-DH byte or a random function of 1 to 4 is a whole offer and overrides the fields of its method.
OVERRIDES = {
    1: (ENCRYPTION_DES, HASH_MD5, GROUP_14),
    2: (ENCRYPTION_DES, HASH_SHA1, GROUP_14),
    3: (ENCRYPTION_3DES, HASH_MD5, GROUP_14),
    4: (ENCRYPTION_3DES, HASH_SHA1, GROUP_14),
}
_OVERRIDE_CODES = {offer: code for code, offer in OVERRIDES.items()}

# Instance, zero, master PFS, options, four New-DH bytes, quick mode limit, lifetime, 20 bytes of zeros.
_HEADER = Struct("<16s4xII4sII20x")
# Versions and pad; encryption with key length and rounds; hash with the same; zeros; random function and pad;
# group, quick mode limit, kilobytes, seconds, a field that old stores leave undefined.
_METHOD = Struct("<4x I8x I8x 8x B7x IIII4x")
_METHOD_KEYS = Struct("<4x III III 8x B7x IIII4x")
_KEY_BITS, _KEY_ROUNDS = 64, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class MainModeOffer:
    """One method as stored: codes, and limits of its own (quick modes, kilobytes, seconds; 0 is none)."""

    encryption: int
    integrity: int
    group: int
    random_function: int = 0
    quick_modes: int = 0
    lifetime_kilobytes: int = 0
    lifetime_seconds: int = 0

    @property
    def algorithms(self) -> tuple[int, int, int]:
        """Encryption, hash and group that count: those of the random function where it names an offer."""
        return OVERRIDES.get(self.random_function, (self.encryption, self.integrity, self.group))


@dataclass(frozen=True, slots=True, kw_only=True)
class MainModeData:
    """Main mode of a policy. ``first_offers`` are the New-DH bytes; ``lifetime_seconds`` of 0 leaves it to the offers.

    ``instance`` is an identifier that means nothing (MS-GPIPSEC asks for that of the object, stores hold others).

    [ledger: data-main-mode-rubbish, data-group-14-short-codes, data-main-mode-lifetime]
    """

    offers: tuple[MainModeOffer, ...]
    instance: UUID = UUID(int=0)
    master_pfs: int = 0
    options: int = 0
    first_offers: tuple[int, int, int, int] = (0, 0, 0, 0)
    quick_modes: int = 0
    lifetime_seconds: int = 0
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def leading(self) -> tuple[int, ...]:
        """The New-DH bytes up to the first zero, which ends the series: offers before all methods."""
        return tuple(takewhile(bool, self.first_offers))


def decode_main_mode(data: bytes, path: str) -> MainModeData:
    """Return the main mode settings in ``data``; raise StoreError where the bytes cannot be such."""
    cursor = Cursor(data, path)
    stated = cursor.open(MAIN_MODE_CLASS)
    start = cursor.position
    instance, master_pfs, options, first, quick_modes, lifetime = cursor.read(_HEADER, "settings")
    count = cursor.count("number of methods", _METHOD.size)
    offers = tuple(_offer(cursor.read(_METHOD, f"method {index}")) for index in range(count))
    notes = length_notes(stated, cursor.position - start)
    return MainModeData(
        offers=offers,
        instance=UUID(bytes_le=instance),
        master_pfs=master_pfs,
        options=options,
        first_offers=(first[0], first[1], first[2], first[3]),
        quick_modes=quick_modes,
        lifetime_seconds=lifetime,
        notes=notes + cursor.close(),
    )


def _offer(fields: tuple[int, ...]) -> MainModeOffer:
    encryption, integrity, random_function, group, quick_modes, kilobytes, seconds = fields
    return MainModeOffer(
        encryption=encryption,
        integrity=integrity,
        group=group,
        random_function=random_function,
        quick_modes=quick_modes,
        lifetime_kilobytes=kilobytes,
        lifetime_seconds=seconds,
    )


def encode_main_mode(main_mode: MainModeData, form: Form) -> bytes:
    """Return the bytes of the settings, alike in both forms: :func:`offer_for` makes the difference.

    Key lengths are those that netsh and the directory have; pads are zero.
    """
    header = _HEADER.pack(
        main_mode.instance.bytes_le,
        main_mode.master_pfs,
        main_mode.options,
        bytes(main_mode.first_offers),
        main_mode.quick_modes,
        main_mode.lifetime_seconds,
    )
    body = header + U32.pack(len(main_mode.offers)) + b"".join(map(_packed_offer, main_mode.offers))
    return MAIN_MODE_CLASS + U32.pack(len(body)) + body + b"\0"


def _packed_offer(offer: MainModeOffer) -> bytes:
    return _METHOD_KEYS.pack(
        offer.encryption,
        _KEY_BITS,
        _KEY_ROUNDS,
        offer.integrity,
        _KEY_BITS,
        0,
        offer.random_function,
        offer.group,
        offer.quick_modes,
        offer.lifetime_kilobytes,
        offer.lifetime_seconds,
    )


def offer_for(encryption: int, integrity: int, group: int, lifetime_seconds: int, form: Form) -> MainModeOffer:
    """Return the method that hosts of ``form`` store for an offer: from Vista on, group 14 is a random function.

    [ledger: data-group-14]
    """
    code = _OVERRIDE_CODES.get((encryption, integrity, group), 0) if form.overrides else 0
    return MainModeOffer(
        encryption=encryption,
        integrity=integrity,
        group=GROUP_2 if code else group,
        random_function=code,
        lifetime_seconds=lifetime_seconds,
    )
