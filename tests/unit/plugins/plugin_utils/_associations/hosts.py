# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts print about associations, written from the documents of its classes, events and tools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._associations.model import (
    MainModeAssociation,
    QuickModeAssociation,
)

CIPHERS = {"none": 0, "des": 2, "3des": 6}
HASHES = {"md5": 2, "sha1": 3}
# Protocols that have a name; the others are words by their numbers.
PROTOCOLS = {0: "any", 1: "icmp", 6: "tcp", 17: "udp", 255: "raw"}
KEY_MODULES = {"ikev1": 0, "authip": 1, "ikev2": 2}
CLOCK = ("Year", "Month", "Day", "Hour", "Minute", "Second")
MAIN = (
    *("LocalEndpoint", "RemoteEndpoint", "CipherAlgorithm", "HashAlgorithm", "GroupId", "KeyModule"),
    *("InitiatorCookie", "ResponderCookie"),
)
QUICK = (
    *("LocalEndpoint", "RemoteEndpoint", "LocalPort", "RemotePort", "IpProtocol"),
    *("FirstTransformType", "FirstIntegrityAlgorithm", "FirstCipherAlgorithm"),
    *("SecondTransformType", "SecondIntegrityAlgorithm", "SecondCipherAlgorithm"),
    *("PfsGroupId", "InboundDirection", "QmSaId"),
)
# What is asked of the driver and of IKE, by the names in results.
DRIVER = {
    "active_associations": "ActiveSecurityAssociations",
    "pending_associations": "PendingSecurityAssociations",
    "plaintext_packets_received": "PlaintextPacketsReceived",
    "incorrect_spi_packets": "IncorrectSPIPackets",
    "packets_not_authenticated": "PacketsNotAuthenticated",
    "packets_not_decrypted": "PacketsNotDecrypted",
    "bytes_sent": "BytesSentinTransportModePersec",
    "bytes_received": "BytesReceivedinTransportModePersec",
    "packets_received": "TotalInboundPacketsReceived",
    "packets_dropped": "TotalInboundPacketsDropped",
}
IKE = {"active_main_mode": "ActiveMainModeSAs", "active_quick_mode": "ActiveQuickModeSAs"}

Value = object
Row = Mapping[str, Value]


def csv(names: Sequence[str], rows: Sequence[Row]) -> str:
    """Return what ConvertTo-Csv prints for objects with these properties."""

    def cell(value: Value) -> str:
        return "" if value is None else f'"{value}"'

    lines = [",".join(f'"{name}"' for name in names)] if rows else []
    lines += [",".join(cell(row.get(name)) for name in names) for row in rows]
    return "".join(f"{line}\r\n" for line in lines)


def main_row(one: MainModeAssociation) -> Row:
    return {
        "LocalEndpoint": one.local,
        "RemoteEndpoint": one.peer,
        "CipherAlgorithm": None if one.encryption is None else CIPHERS[one.encryption],
        "HashAlgorithm": None if one.integrity is None else HASHES[one.integrity],
        "GroupId": one.dh_group,
        "KeyModule": None if one.key_module is None else KEY_MODULES[one.key_module],
    }


def _transforms(one: QuickModeAssociation) -> list[tuple[object, object, object]]:
    """Return (type, integrity, cipher) of each protocol."""
    if one.ah_integrity is None:
        return [(None, None, None)]
    found: list[tuple[object, object, object]] = []
    if one.ah_integrity != "none":
        found.append((1, HASHES[one.ah_integrity], 0))
    encryption, integrity = one.esp_encryption, one.esp_integrity
    if encryption != "none" and integrity != "none":
        found.append((4, HASHES[str(integrity)], CIPHERS[str(encryption)]))
    elif encryption != "none":
        found.append((3, 0, CIPHERS[str(encryption)]))
    elif integrity != "none":
        found.append((2, HASHES[str(integrity)], 0))
    return found


def _number(one: QuickModeAssociation) -> int | None:
    names = {name: number for number, name in PROTOCOLS.items()}
    return None if one.protocol is None else int(names.get(one.protocol, one.protocol))


def quick_rows(one: QuickModeAssociation, number: int, numbering: str = "shared") -> list[Row]:
    """Return both directions; ``numbering`` says whether they share an identity, have their own, or none."""
    (first, *second) = _transforms(one)
    row = {
        "LocalEndpoint": one.local,
        "RemoteEndpoint": one.peer,
        "LocalPort": one.local_port,
        "RemotePort": one.peer_port,
        "IpProtocol": _number(one) or 0,
        **dict(zip(QUICK[5:8], first, strict=True)),
        **dict(zip(QUICK[8:11], second[0] if second else (0, 0, 0), strict=True)),
        "PfsGroupId": None if one.pfs is None else 2 if one.pfs else 0,
    }
    identities = {"shared": (number, number), "own": (2 * number, 2 * number + 1), "none": (None, None)}[numbering]
    return [
        {**row, "InboundDirection": inbound, "QmSaId": identity}
        for inbound, identity in zip((True, False), identities, strict=True)
    ]


def clock_row(time: datetime) -> Row:
    return dict(zip(CLOCK, time.timetuple()[:6], strict=True))


def counter_row(names: Mapping[str, str], told: Mapping[str, int]) -> Row:
    return {key: told.get(name) for name, key in names.items()}


def cim(
    time: datetime, main: Sequence[Row], quick: Sequence[Row], counters: Mapping[str, int], *, counted: bool = True
) -> str:
    """Return what the line for Windows Server 2012 and later prints; ``counted`` for counters that have an object."""
    parts = {
        "clock": csv(CLOCK, [clock_row(time)]),
        "mm": csv(MAIN, main),
        "qm": csv(QUICK, quick),
        "driver": csv(tuple(DRIVER.values()), [counter_row(DRIVER, counters)] if counted else []),
        "ike": csv(tuple(IKE.values()), [counter_row(IKE, counters)] if counted else []),
        "end": "",
    }
    return "".join(f"@{name}\r\n{text}" for name, text in parts.items())


def wmic(row: Row) -> str:
    """Return what wmic prints with /value: ends of lines of its own between empty lines."""
    lines = [f"{name}={'' if value is None else value}" for name, value in row.items()]
    return "\r\r\n\r\r\n" + "".join(f"{line}\r\r\n" for line in lines) + "\r\r\n\r\r\n"


def event(number: int, time: str, data: Mapping[str, object]) -> str:
    """Return an event as wevtutil prints it."""
    items = "".join(f"<Data Name='{name}'>{value}</Data>" for name, value in data.items())
    return (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        "<Provider Name='Microsoft-Windows-Security-Auditing' Guid='{54849625-5478-4994-A5BA-3E3B0328C30D}'/>"
        f"<EventID>{number}</EventID><Version>0</Version><TimeCreated SystemTime='{time}'/>"
        f"<Channel>Security</Channel></System><EventData>{items}</EventData></Event>"
    )


def main_begins(one: MainModeAssociation, identity: int, time: str) -> str:
    data = {
        "LocalMMPrincipalName": "FE$",
        "RemoteMMPrincipalName": "BE$",
        "LocalAddress": one.local,
        "LocalKeyModPort": 500,
        "RemoteAddress": one.peer,
        "RemoteKeyModPort": 500,
        "KeyModName": "%%8222",
        "MMCipherAlg": "%%8233",
        "DHGroup": "%%8262",
        "MMSAID": identity,
    }
    return event(4650, time, data)


def main_ends(one: MainModeAssociation, identity: int, time: str) -> str:
    data = {"LocalAddress": one.local, "RemoteAddress": one.peer, "KeyModName": "%%8222", "MMSAID": identity}
    return event(4655, time, data)


def quick_begins(one: QuickModeAssociation, identity: int, time: str) -> str:
    data = {
        "LocalAddress": one.local,
        "LocalAddressMask": "255.255.255.255",
        "LocalPort": one.local_port,
        "LocalTunnelEndpoint": "-",
        "RemoteAddress": one.peer,
        "RemoteAddressMask": "255.255.255.255",
        "RemotePort": one.peer_port,
        "IpProtocol": _number(one),
        "EspAuthType": "%%8249",
        "CipherType": "%%8255",
        "MainModeSaId": 1,
        "QuickModeSaId": identity,
    }
    return event(5451, time, data)


def quick_ends(one: QuickModeAssociation, identity: int, time: str) -> str:
    data = {"LocalAddress": one.local, "RemoteAddress": one.peer, "IpProtocol": _number(one), "QuickModeSaId": identity}
    return event(5452, time, data)


def newest_first(events: Iterable[str]) -> str:
    return "\r\n".join(reversed(list(events)))


addresses = st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str))
ports = st.one_of(st.just(0), st.integers(1, 65535))
main_modes = st.builds(
    MainModeAssociation,
    local=addresses,
    peer=addresses,
    encryption=st.sampled_from([None, "des", "3des"]),
    integrity=st.sampled_from([None, *HASHES]),
    dh_group=st.sampled_from([None, 1, 2, 14, 19, 20, 24]),
    key_module=st.sampled_from([None, *KEY_MODULES]),
)
_algorithms = st.one_of(
    st.just((None, None, None)),
    st.tuples(
        st.sampled_from(["none", *HASHES]),
        st.sampled_from(list(CIPHERS)),
        st.sampled_from(["none", *HASHES]),
    ).filter(lambda one: one != ("none", "none", "none")),
)


@st.composite
def quick_modes(draw: st.DrawFn, *, told: bool = True) -> QuickModeAssociation:
    """Draw an association, without what events do not tell unless ``told``."""
    ah, encryption, integrity = draw(_algorithms) if told else (None, None, None)
    words = st.integers(1, 255).map(lambda number: PROTOCOLS.get(number, str(number)))
    return QuickModeAssociation(
        local=draw(addresses if told else st.ip_addresses(v=4).map(str)),
        peer=draw(addresses if told else st.ip_addresses(v=4).map(str)),
        protocol=draw(st.none() | words if told else st.just("any") | words),
        local_port=draw(ports),
        peer_port=draw(ports),
        ah_integrity=ah,
        esp_encryption=encryption,
        esp_integrity=integrity,
        pfs=draw(st.sampled_from([None, True, False])) if told else None,
    )


counters = st.dictionaries(st.sampled_from([*DRIVER, *IKE]), st.integers(0, 2**64 - 1))
times = st.datetimes(datetime(2003, 1, 1), datetime(2099, 1, 1)).map(lambda time: time.replace(microsecond=0))
