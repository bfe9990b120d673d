# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs of filter actions (MS-GPIPSEC 2.2.1.4, bytes of real stores).

[ledger: data-filter-action, data-soft-offer, data-pfs-flag]
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from construct import Array, Const, ConstructError, Default, Int32ul, PrefixedArray, Rebuild, Struct, Terminated

from ..versions import WindowsVersion
from .identifiers import BLOB_IDS, ObjectClass
from .model import Algorithm, Offer
from .text_field import BlobError

_SLOTS = 3

_ALGORITHM = Struct(
    "algorithm" / Default(Int32ul, 0),
    "integrity" / Default(Int32ul, 0),
    "operation" / Default(Int32ul, 0),
    "key_length" / Default(Int32ul, 0),
    "rounds" / Default(Int32ul, 0),
)

_OFFER = Struct(
    "seconds" / Int32ul,
    "kilobytes" / Int32ul,
    "flags" / Default(Int32ul, 0),
    "pfs" / Int32ul,
    "used" / Int32ul,
    "slots" / Array(_SLOTS, _ALGORITHM),
)

_NEGOTIATION = Struct(
    "id" / Const(BLOB_IDS[ObjectClass.NEGOTIATION]),
    "length" / Rebuild(Int32ul, lambda this: 4 + 80 * len(this.offers)),
    "offers" / PrefixedArray(Int32ul, _OFFER),
    "tail" / Const(b"\0"),
    Terminated,
)


def encode_offers(offers: tuple[Offer, ...], version: WindowsVersion) -> bytes:
    """Return the blob of a filter action; unused algorithm slots are zero."""
    built = []
    for offer in offers:
        slots: list[dict[str, int]] = [
            {
                "algorithm": each.algorithm,
                "integrity": each.integrity,
                "operation": each.operation,
                "key_length": version.quick_mode_key_length,
                "rounds": version.quick_mode_rounds,
            }
            for each in offer.algorithms
        ]
        slots += [{} for _free in range(_SLOTS - len(slots))]
        built.append(
            {
                "seconds": offer.lifetime_seconds,
                "kilobytes": offer.lifetime_kilobytes,
                "pfs": int(offer.pfs),
                "used": len(offer.algorithms),
                "slots": slots,
            }
        )
    return bytes(_NEGOTIATION.build({"offers": built}))


@lru_cache(maxsize=256)
def decode_offers(blob: bytes) -> tuple[Offer, ...]:
    """Return the offers, counted algorithm slots only; BlobError if the bytes do not decode."""
    try:
        parsed: Any = _NEGOTIATION.parse(blob)
    except ConstructError as err:
        raise BlobError(f"filter action: {err}") from err
    offers = []
    for each in parsed.offers:
        if each.used > _SLOTS:
            raise BlobError(f"filter action: {each.used} algorithms in one offer")
        used = each.slots[: each.used]
        algorithms = tuple(Algorithm(int(one.operation), int(one.algorithm), int(one.integrity)) for one in used)
        offers.append(Offer(algorithms, int(each.seconds), int(each.kilobytes), bool(each.pfs)))
    return tuple(offers)
