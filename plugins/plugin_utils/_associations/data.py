# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Associations out of data, as the module sa_info returns them and as a proof hands them on."""

from __future__ import annotations

from .._common.errors import IpsecError
from .._common.fields import ToldFields, freely_named
from .._common.packets import HIGHEST_PORT
from .clock import MOMENT, Clock, read_moment
from .model import Associations, MainModeAssociation, QuickModeAssociation, Source

ASSOCIATION_OPTIONS = ("known", "reason", "source", "main_mode", "quick_mode", "counters", "clock")
_HIGHEST_GROUP = 65535
_HIGHEST_COUNT = 2**64 - 1
_MOST_SECONDS = 2**40


def read_associations(data: object, path: str) -> Associations:
    """Return the associations of a host; raise :class:`IpsecError` with the path of the option that cannot be."""
    fields = ToldFields(data, path, ASSOCIATION_OPTIONS)
    expected, remedy = "a mapping of names", "Write the names as key: value."
    counters = freely_named(fields.mapping("counters"), fields.at("counters"), expected, remedy)
    numbers = ToldFields(counters, fields.at("counters"), tuple(counters))
    return Associations(
        known=fields.flag("known", False),
        reason=fields.text("reason", ""),
        source=fields.choice("source", Source, Source.NONE),
        main_mode=tuple(_main_mode(item, where) for where, item in fields.items("main_mode")),
        quick_mode=tuple(_quick_mode(item, where) for where, item in fields.items("quick_mode")),
        counters={name: numbers.told_number(name, 0, _HIGHEST_COUNT, name) for name in sorted(counters)},
        clock=_clock(fields.mapping("clock"), fields.at("clock")),
    )


def _main_mode(data: object, path: str) -> MainModeAssociation:
    fields = ToldFields(
        data, path, ("local", "peer", "encryption", "integrity", "dh_group", "key_module", "identities")
    )
    return MainModeAssociation(
        local=fields.words("local", "the address of the host"),
        peer=fields.words("peer", "the address of the peer"),
        encryption=fields.told("encryption"),
        integrity=fields.told("integrity"),
        dh_group=fields.told_number("dh_group", 0, _HIGHEST_GROUP, "the group"),
        key_module=fields.told("key_module"),
        identities=_identities(fields),
    )


def _quick_mode(data: object, path: str) -> QuickModeAssociation:
    known = ("local", "peer", "protocol", "local_port", "peer_port")
    fields = ToldFields(data, path, (*known, "ah_integrity", "esp_encryption", "esp_integrity", "pfs", "identities"))
    return QuickModeAssociation(
        local=fields.words("local", "the address of the host"),
        peer=fields.words("peer", "the address of the peer"),
        protocol=fields.told("protocol"),
        local_port=fields.told_number("local_port", 0, HIGHEST_PORT, "the port"),
        peer_port=fields.told_number("peer_port", 0, HIGHEST_PORT, "the port"),
        ah_integrity=fields.told("ah_integrity"),
        esp_encryption=fields.told("esp_encryption"),
        esp_integrity=fields.told("esp_integrity"),
        pfs=fields.flag("pfs", False) if fields.given("pfs") else None,
        identities=_identities(fields),
    )


def _identities(fields: ToldFields) -> tuple[str, ...]:
    return tuple(text for _where, text in fields.elements("identities"))


def _clock(data: object, path: str) -> Clock:
    fields = ToldFields(data, path, ("utc", "skew_seconds"))
    text = fields.text("utc", "")
    utc = read_moment(text)
    if text and utc is None:
        raise IpsecError(fields.at("utc"), text, MOMENT, "Leave it out when the host does not tell.")
    return Clock(utc, fields.told_number("skew_seconds", -_MOST_SECONDS, _MOST_SECONDS, "seconds"))
