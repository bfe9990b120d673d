# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Associations as the management classes of Windows Server 2012 and later show them.

One PowerShell line asks for all of them. It prints marks between the lists, because a list without objects prints
nothing at all: only a mark before it and one behind it tell an empty list from an answer that was cut short.

[ledger: sa-classes-show-policy, sa-empty-list-prints-nothing]
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from .._common.packets import HIGHEST_PORT, format_protocol, natural_number
from .._windows.queries import Section
from .address import host_address
from .clock import CLOCK_CLASS, CLOCK_FIELDS, read_clock
from .model import (
    DRIVER_CLASS,
    DRIVER_COUNTERS,
    IKE_CLASS,
    IKE_COUNTERS,
    MainModeAssociation,
    QuickModeAssociation,
    Unreadable,
    counted,
)

_SYSTEM = "root/cimv2"
_NETWORK = "root/standardcimv2"
_TRANSFORMS = ("First", "Second")
# What names a main mode at both of its ends (RFC 2408) [ledger: two-association-names].
_COOKIES = ("InitiatorCookie", "ResponderCookie")


@dataclass(frozen=True, slots=True)
class Listing:
    """All objects of a class, with the properties that are asked for. [ledger: sa-properties-exist]"""

    namespace: str
    name: str
    properties: tuple[str, ...]

    def statement(self) -> str:
        """Return the statement that prints them as comma-separated values."""
        query = f"Get-CimInstance -Namespace {self.namespace} -ClassName {self.name}"
        return f"{query} | Select-Object {','.join(self.properties)} | ConvertTo-Csv -NoTypeInformation"


LISTINGS = {
    "clock": Listing(_SYSTEM, CLOCK_CLASS, CLOCK_FIELDS),
    "mm": Listing(
        _NETWORK,
        "MSFT_NetMainModeSA",
        (
            *("LocalEndpoint", "RemoteEndpoint", "CipherAlgorithm", "HashAlgorithm", "GroupId", "KeyModule"),
            *_COOKIES,
        ),
    ),
    "qm": Listing(
        _NETWORK,
        "MSFT_NetQuickModeSA",
        (
            *("LocalEndpoint", "RemoteEndpoint", "LocalPort", "RemotePort", "IpProtocol"),
            *(
                f"{place}{name}"
                for place in _TRANSFORMS
                for name in ("TransformType", "IntegrityAlgorithm", "CipherAlgorithm")
            ),
            *("PfsGroupId", "InboundDirection", "QmSaId"),
        ),
    ),
    "driver": Listing(_SYSTEM, DRIVER_CLASS, tuple(DRIVER_COUNTERS.values())),
    "ike": Listing(_SYSTEM, IKE_CLASS, tuple(IKE_COUNTERS.values())),
}
_MARKS = (*LISTINGS, "end")


def _command() -> str:
    # [ledger: powershell-wide-output]
    parts = ["$ErrorActionPreference = 'Stop'"]
    for name, listing in LISTINGS.items():
        parts += [f"'@{name}'", listing.statement()]
    statements = "; ".join([*parts, "'@end'"])
    return f'powershell.exe -NoProfile -NonInteractive -Command "{statements}"'


COMMAND = _command()

# The numbers of MSFT_NetMainModeSA and MSFT_NetQuickModeSA; those that are not here are not known.
CIPHERS = {0: "none", 2: "des", 6: "3des", 65001: "aes", 65002: "aes", 65003: "aes"}
HASHES = {2: "md5", 3: "sha1", 65001: "sha256"}
GROUPS = frozenset({1, 2, 14, 19, 20, 24})
KEY_MODULES = {0: "ikev1", 1: "authip", 2: "ikev2"}
# IPSEC_TRANSFORM_TYPE of fwptypes.h.
AH, ESP_INTEGRITY, ESP_CIPHER, ESP_BOTH = 1, 2, 3, 4

Row = Mapping[str, str | None]

_FIELD = r'"(?:[^"]|"")*"|'
_ROW = re.compile(rf"(?:{_FIELD})(?:,(?:{_FIELD}))*")
_FIELDS = re.compile(rf"(?:^|,)({_FIELD})")


@dataclass(frozen=True, slots=True, kw_only=True)
class CimAnswer:
    """What the line printed. ``trouble`` says why the lists are not complete, and is empty when they are."""

    trouble: str = ""
    main_mode: tuple[MainModeAssociation, ...] = ()
    quick_mode: tuple[QuickModeAssociation, ...] = ()
    counters: Mapping[str, int | None] = field(default_factory=lambda: counted({}))
    clock: datetime | None = None


def read_answer(section: Section) -> CimAnswer:
    """Return what can be concluded from the answer to ``COMMAND``; the lists are empty unless they are complete."""
    blocks = _blocks(section.text)
    clock = _clock(blocks)
    if section.code != 0:
        return CimAnswer(trouble=f"PowerShell ended with code {section.code}", clock=clock)
    if tuple(blocks) != _MARKS or any(map(str.strip, blocks["end"])):
        return CimAnswer(trouble="its answer is not complete", clock=clock)
    try:
        rows = {name: _rows(listing, blocks[name]) for name, listing in LISTINGS.items()}
        return CimAnswer(
            main_mode=tuple(sorted(map(_main_mode, rows["mm"]), key=repr)),
            quick_mode=_quick_modes(rows["qm"]),
            counters=_counters(rows),
            clock=clock,
        )
    except Unreadable as error:
        return CimAnswer(trouble=str(error), clock=clock)


def _blocks(text: str) -> dict[str, list[str]]:
    """Return the lines behind each mark, as far as marks come in their order and nothing stands before the first."""
    blocks: dict[str, list[str]] = {}
    lines = text.splitlines()
    for line in lines:
        if len(blocks) < len(_MARKS) and line == f"@{_MARKS[len(blocks)]}":
            blocks[_MARKS[len(blocks)]] = []
        elif blocks:
            blocks[_MARKS[len(blocks) - 1]].append(line)
        elif line.strip():
            return {}
    return blocks


def _rows(listing: Listing, lines: list[str]) -> list[Row]:
    """Return the objects that a list of comma-separated values shows; no lines are no objects.

    [ledger: sa-csv-form]
    """
    if not lines:
        return []
    header, *rest = (_fields(listing, line) for line in lines)
    if tuple(header) != listing.properties or not rest:
        raise Unreadable(f"the list of {listing.name} has another head than was asked for")
    return [dict(zip(listing.properties, row, strict=True)) for row in rest]


def _fields(listing: Listing, line: str) -> list[str | None]:
    if _ROW.fullmatch(line) is None:
        raise Unreadable(f"the list of {listing.name} holds a line of another form")
    found = [match[1] for match in _FIELDS.finditer(line)]
    if len(found) != len(listing.properties):
        raise Unreadable(f"the list of {listing.name} holds a line of another length")
    return [text[1:-1].replace('""', '"') if text else None for text in found]


def _number(row: Row, name: str) -> int | None:
    text = row[name]
    if text is None:
        return None
    number = natural_number(text)
    if number is None:
        raise Unreadable(f"{name} is not a number")
    return number


def _address(row: Row, name: str) -> str:
    try:
        return host_address(row[name] or "")
    except ValueError as error:
        raise Unreadable(f"{name} is not an address") from error


def _clock(blocks: Mapping[str, list[str]]) -> datetime | None:
    # Believed only when the next mark shows that the list before it is whole.
    if "mm" not in blocks:
        return None
    try:
        rows = _rows(LISTINGS["clock"], blocks["clock"])
        found = [{name: _number(row, name) for name in CLOCK_FIELDS} for row in rows]
    except Unreadable:
        return None
    return read_clock({name: value for name, value in found[0].items() if value is not None}) if found else None


def _counters(rows: Mapping[str, list[Row]]) -> dict[str, int | None]:
    told: dict[str, int] = {}
    for listing, names in (("driver", DRIVER_COUNTERS), ("ike", IKE_COUNTERS)):
        if len(rows[listing]) == 1:
            found = {name: _number(rows[listing][0], key) for name, key in names.items()}
            told |= {name: value for name, value in found.items() if value is not None}
    return counted(told)


def _word(words: Mapping[int, str], number: int | None) -> str | None:
    return None if number is None else words.get(number)


def _main_mode(row: Row) -> MainModeAssociation:
    # [ledger: sa-key-module-zero]
    group = _number(row, "GroupId")
    return MainModeAssociation(
        local=_address(row, "LocalEndpoint"),
        peer=_address(row, "RemoteEndpoint"),
        encryption=_word(CIPHERS, _number(row, "CipherAlgorithm")),
        integrity=_word(HASHES, _number(row, "HashAlgorithm")),
        dh_group=group if group in GROUPS else None,
        key_module=_word(KEY_MODULES, _number(row, "KeyModule")),
        identities=_cookies(row),
    )


def _cookies(row: Row) -> tuple[str, ...]:
    """Return both cookies as one identity, none where one is not told or no cookie (0)."""
    found = [row[name] or "" for name in _COOKIES]
    return ("-".join(found),) if all(text.strip("0 ") for text in found) else ()


def _quick_modes(rows: Iterable[Row]) -> tuple[QuickModeAssociation, ...]:
    """Return the associations behind the rows, of which each direction of an association may have one.

    Whether both directions carry one identity is not documented, so both ways of numbering them are understood.

    [ledger: sa-two-objects, sa-one-identity]
    """
    groups: defaultdict[QuickModeAssociation, list[tuple[str | None, bool | None]]] = defaultdict(list)
    for row in rows:
        groups[_quick_mode(row)].append((row["QmSaId"], _direction(row)))
    found: list[QuickModeAssociation] = []
    for one, seen in groups.items():
        found += [replace(one, identities=identities) for identities in _numbered(seen)]
    identities = [{identity for identity, _inbound in seen if identity is not None} for seen in groups.values()]
    if len(set().union(*identities)) != sum(map(len, identities)):
        raise Unreadable("two rows of one association do not agree")
    return tuple(sorted(found, key=repr))


def _numbered(seen: list[tuple[str | None, bool | None]]) -> list[tuple[str, ...]]:
    """Return the identities of each association; directions that are numbered apart are put together in order.

    Which of them belong together is not told, so of several such associations none is new unless all numbers are.
    """
    count = _count(seen)
    identities = sorted({identity for identity, _inbound in seen if identity is not None})
    if not identities:
        return [()] * count
    return [tuple(identities[number::count]) for number in range(count)]


def _count(seen: list[tuple[str | None, bool | None]]) -> int:
    """Return how many associations rows are that agree in everything but identity and direction."""
    identities = {identity for identity, _inbound in seen}
    inward, outward, untold = ([one for one, inbound in seen if inbound is side] for side in (True, False, None))
    if identities == {None}:
        return max(len(inward), len(outward)) + len(untold)
    if None in identities:
        raise Unreadable("some rows have an identity and others have none")
    if untold or set(inward) & set(outward):
        return len(identities)
    return max(len(set(inward)), len(set(outward)))


def _direction(row: Row) -> bool | None:
    text = row["InboundDirection"]
    if text not in (None, "True", "False"):
        raise Unreadable("InboundDirection is not a truth value")
    return None if text is None else text == "True"


def _quick_mode(row: Row) -> QuickModeAssociation:
    # [ledger: sa-pfs-65535, sa-protocol-zero]
    group = _number(row, "PfsGroupId")
    # 0 only says that the protocol is that of the filter, which the row does not name.
    protocol = _number(row, "IpProtocol") or None
    if protocol is not None and protocol > 255:
        raise Unreadable("IpProtocol is not a protocol")
    ports = [_number(row, name) for name in ("LocalPort", "RemotePort")]
    if any(port is None or port > HIGHEST_PORT for port in ports):
        raise Unreadable("a port is missing or is none")
    ah, encryption, integrity = (_algorithms(row)[name] for name in ("ah_integrity", "esp_encryption", "esp_integrity"))
    return QuickModeAssociation(
        local=_address(row, "LocalEndpoint"),
        peer=_address(row, "RemoteEndpoint"),
        protocol=None if protocol is None else format_protocol(protocol),
        local_port=ports[0] or 0,
        peer_port=ports[1] or 0,
        ah_integrity=ah,
        esp_encryption=encryption,
        esp_integrity=integrity,
        pfs=None if group is None else group != 0,
    )


def _algorithms(row: Row) -> dict[str, str | None]:
    """Return what protects the packets; nothing of it when a transform is of a kind that is not known.

    [ledger: sa-numbers]
    """
    unknown: dict[str, str | None] = dict.fromkeys(("ah_integrity", "esp_encryption", "esp_integrity"))
    found: dict[str, str | None] = dict.fromkeys(unknown, "none")
    used: set[bool] = set()
    for place in _TRANSFORMS:
        kind = _number(row, f"{place}TransformType")
        integrity = _word(HASHES, _number(row, f"{place}IntegrityAlgorithm"))
        cipher = _word(CIPHERS, _number(row, f"{place}CipherAlgorithm"))
        if not kind and place != _TRANSFORMS[0]:
            continue
        if kind not in (AH, ESP_INTEGRITY, ESP_CIPHER, ESP_BOTH) or (kind == AH) in used:
            return unknown
        used.add(kind == AH)
        if kind == AH:
            found["ah_integrity"] = integrity
            continue
        found["esp_integrity"] = "none" if kind == ESP_CIPHER else integrity
        # A cipher of none beside a transform that encrypts is a contradiction.
        found["esp_encryption"] = "none" if kind == ESP_INTEGRITY else None if cipher == "none" else cipher
    return found
