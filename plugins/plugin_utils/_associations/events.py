# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Associations as the security log of Windows Server 2008 and 2008 R2 tells their beginnings and their ends.

The log has them only while auditing is on, and it does not tell what a restart ended. So what it tells is believed
only as far as the counters of the host agree, see :mod:`.read`.

[ledger: sa-events-numbers, sa-events-every-end]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_network
from itertools import pairwise
from typing import TypeVar
from xml.etree import ElementTree

from .._common.packets import HIGHEST_PORT, format_protocol, natural_number, plain_address
from .._windows.queries import Section
from .address import host_address
from .model import MainModeAssociation, QuickModeAssociation, Unreadable

MAIN_BEGINS, MAIN_ENDS = (4650, 4651), (4655,)
QUICK_BEGINS, QUICK_ENDS = (5451,), (5452,)
_IDS = (*MAIN_BEGINS, *MAIN_ENDS, *QUICK_BEGINS, *QUICK_ENDS)
_MOST = 200

COMMAND = (
    f'wevtutil.exe qe Security "/q:*[System[({" or ".join(f"EventID={number}" for number in _IDS)})]]" '
    f"/c:{_MOST} /rd:true /f:xml"
)

Found = TypeVar("Found", MainModeAssociation, QuickModeAssociation)

_NAMESPACE = "{http://schemas.microsoft.com/win/2004/08/events/event}"
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)
# Words are numbers of a message table (%%n) that is not documented; a host may also write the name itself.
# [ledger: sa-events-words]
_KEY_MODULES = {"IKEv1": "ikev1", "AuthIP": "authip", "IKEv2": "ikev2"}
_NO_MASK = ("", "-", "255.255.255.255")


@dataclass(frozen=True, slots=True)
class _Event:
    number: int
    record: int | None
    time: tuple[str, str]
    data: Mapping[str, str]

    def text(self, name: str) -> str:
        found = self.data.get(name)
        if not found:
            raise Unreadable(f"event {self.number} lacks {name}")
        return found


@dataclass(frozen=True, slots=True)
class EventAnswer:
    """The associations that began and did not end, as far as the log goes back."""

    main_mode: tuple[MainModeAssociation, ...] = ()
    quick_mode: tuple[QuickModeAssociation, ...] = ()


def read_events(section: Section) -> EventAnswer:
    """Return what the log tells; raise Unreadable when it is not readable or of another form."""
    if section.code != 0:
        raise Unreadable(f"the security log cannot be read (code {section.code})")
    main: dict[str, MainModeAssociation] = {}
    quick: dict[str, QuickModeAssociation] = {}
    # The newest comes first.
    for event in reversed(_events(section.text)):
        if event.number in MAIN_BEGINS:
            main[event.text("MMSAID")] = replace(_main_mode(event), identities=(event.text("MMSAID"),))
        elif event.number in MAIN_ENDS:
            main.pop(event.text("MMSAID"), None)
        elif event.number in QUICK_BEGINS:
            quick[event.text("QuickModeSaId")] = replace(_quick_mode(event), identities=(event.text("QuickModeSaId"),))
        elif event.number in QUICK_ENDS:
            quick.pop(event.text("QuickModeSaId"), None)
    return EventAnswer(tuple(sorted(main.values(), key=repr)), tuple(sorted(quick.values(), key=repr)))


def _events(text: str) -> list[_Event]:
    # Accounts and names of computers may hold what the code page did not carry. Inside a root of our own a document
    # type, and with it entities, would be an error.
    # [ledger: sa-wevtutil-form]
    damaged = text.encode("utf-8", "replace")
    try:
        root = ElementTree.fromstring(b"<events>" + damaged + b"</events>")
    except ElementTree.ParseError as error:
        raise Unreadable("the security log is not well-formed") from error
    found = [_event(element) for element in root]
    outside = [root.text, *(element.tail for element in root)]
    if any((piece or "").strip() for piece in outside):
        raise Unreadable("there is text between the events")
    if not all(_in_order(newer, older) for newer, older in pairwise(found)):
        raise Unreadable("the events are not in their order, the newest first")
    return found


def _in_order(newer: _Event, older: _Event) -> bool:
    # Clocks may be set back, the numbers of records only grow.
    if newer.record is not None and older.record is not None:
        return newer.record > older.record
    return newer.time >= older.time


def _event(element: ElementTree.Element) -> _Event:
    # [ledger: sa-events-fields]
    number = element.findtext(f"{_NAMESPACE}System/{_NAMESPACE}EventID", "").strip()
    created = element.find(f"{_NAMESPACE}System/{_NAMESPACE}TimeCreated")
    time = _TIME.fullmatch("" if created is None else created.get("SystemTime", ""))
    if element.tag != f"{_NAMESPACE}Event" or number not in map(str, _IDS) or time is None:
        raise Unreadable("the security log holds an event of another form")
    data = {
        item.get("Name", ""): (item.text or "").strip()
        for item in element.iterfind(f"{_NAMESPACE}EventData/{_NAMESPACE}Data")
    }
    record = element.findtext(f"{_NAMESPACE}System/{_NAMESPACE}EventRecordID", "").strip()
    return _Event(int(number), natural_number(record), (time[1], (time[2] or "").ljust(9, "0")), data)


def _address(event: _Event, side: str) -> str:
    text, mask = event.text(f"{side}Address"), event.data.get(f"{side}AddressMask", "")
    try:
        if mask in _NO_MASK:
            return host_address(text)
        network = ip_network(f"{plain_address(text)}/{mask}")
    except ValueError as error:
        raise Unreadable(f"{side}Address of event {event.number} is not an address") from error
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _number(event: _Event, name: str, highest: int) -> int:
    number = natural_number(event.text(name))
    if number is None or number > highest:
        raise Unreadable(f"{name} of event {event.number} is not a number up to {highest}")
    return number


def _main_mode(event: _Event) -> MainModeAssociation:
    return MainModeAssociation(
        local=_address(event, "Local"),
        peer=_address(event, "Remote"),
        key_module=_KEY_MODULES.get(event.data.get("KeyModName", "")),
    )


def _quick_mode(event: _Event) -> QuickModeAssociation:
    return QuickModeAssociation(
        local=_address(event, "Local"),
        peer=_address(event, "Remote"),
        protocol=format_protocol(_number(event, "IpProtocol", 255)),
        local_port=_number(event, "LocalPort", HIGHEST_PORT),
        peer_port=_number(event, "RemotePort", HIGHEST_PORT),
    )
