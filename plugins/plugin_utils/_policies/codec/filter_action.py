# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data of ``ipsecNegotiationPolicy`` (MS-GPIPSEC 2.2.1.4): the quick mode offers of a filter action.

[ledger: data-filter-action, data-unused-slots]
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct

from .cursor import U32, Cursor, length_notes
from .form import Form
from .guids import FILTER_ACTION_CLASS

OPERATION_AH, OPERATION_ESP = 1, 2
AH_MD5, AH_SHA1 = 1, 2
ESP_NONE, ESP_DES, ESP_3DES = 1, 2, 3
ESP_HASH_NONE, ESP_HASH_MD5, ESP_HASH_SHA1 = range(3)

_MOST_ALGORITHMS = 3
_OFFER_HEAD = Struct("<5I")  # seconds, kilobytes, flags, PFS, number of algorithms
_ALGORITHM = Struct("<III8x")  # algorithm, ESP integrity, operation; key length and rounds are ignored
_ALGORITHM_KEYS = Struct("<5I")
_OFFER_SIZE = _OFFER_HEAD.size + _MOST_ALGORITHMS * _ALGORITHM.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """One algorithm of an offer: the operation (AH or ESP) and its codes."""

    operation: int
    algorithm: int
    integrity: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One offer. Without algorithms it is the mark that talking in clear is allowed, and nothing else in it counts.

    ``pfs`` of 1 switches perfect forward secrecy on, as the snap-in shows it; the table of MS-GPIPSEC says the
    reverse. Only the flag of the first offer counts.

    [ledger: data-soft-offer, data-pfs-flag, data-pfs-first-offer]
    """

    algorithms: tuple[Algorithm, ...] = ()
    lifetime_seconds: int = 0
    lifetime_kilobytes: int = 0
    flags: int = 0
    pfs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterActionData:
    """The offers in order of preference. ``notes`` are remarks about the frame."""

    offers: tuple[Offer, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def allows_clear(self) -> bool:
        """Whether one of the offers is the mark for falling back to clear."""
        return any(not offer.algorithms for offer in self.offers)


def decode_filter_action(data: bytes, path: str) -> FilterActionData:
    """Return the offers in ``data``; raise StoreError where the bytes cannot be a filter action."""
    cursor = Cursor(data, path)
    stated = cursor.open(FILTER_ACTION_CLASS)
    count = cursor.count("number of offers", _OFFER_SIZE)
    offers = tuple(_read_offer(cursor, f"offer {index}") for index in range(count))
    return FilterActionData(offers=offers, notes=length_notes(stated, U32.size + count * _OFFER_SIZE) + cursor.close())


def _read_offer(cursor: Cursor, name: str) -> Offer:
    start = cursor.position
    seconds, kilobytes, flags, pfs, count = cursor.read(_OFFER_HEAD, name)
    if count > _MOST_ALGORITHMS:
        raise cursor.refusal(f"number of algorithms of {name}", "too large", f"at most {_MOST_ALGORITHMS}")
    algorithms = tuple(_algorithm(cursor.read(_ALGORITHM, f"algorithm {n} of {name}")) for n in range(count))
    # Slots that are not counted hold rubbish in old stores.
    cursor.take(start + _OFFER_SIZE - cursor.position, name)
    if not algorithms:
        return Offer()
    return Offer(algorithms=algorithms, lifetime_seconds=seconds, lifetime_kilobytes=kilobytes, flags=flags, pfs=pfs)


def _algorithm(fields: tuple[int, ...]) -> Algorithm:
    algorithm, integrity, operation = fields
    return Algorithm(operation=operation, algorithm=algorithm, integrity=integrity)


def encode_filter_action(action: FilterActionData, form: Form) -> bytes:
    """Return the bytes of the offers; unused slots are zero."""
    body = U32.pack(len(action.offers)) + b"".join(_packed_offer(offer, form) for offer in action.offers)
    return FILTER_ACTION_CLASS + U32.pack(len(body)) + body + b"\0"


def _packed_offer(offer: Offer, form: Form) -> bytes:
    head = _OFFER_HEAD.pack(
        offer.lifetime_seconds, offer.lifetime_kilobytes, offer.flags, offer.pfs, len(offer.algorithms)
    )
    slots = b"".join(
        _ALGORITHM_KEYS.pack(each.algorithm, each.integrity, each.operation, *form.quick_mode_keys)
        for each in offer.algorithms
    )
    return (head + slots).ljust(_OFFER_SIZE, b"\0")
