# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pairs of the matrix as simulated hosts, and what the lab's model and the collection say about them.

Two hosts of Server 2003, whose default response rule works. Variants of the matrix differ in what both negotiate with:
ESP and Kerberos (which has a stand-in where packets are real), AH and Kerberos, ESP and certificates.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from itertools import product
from pathlib import Path

import yaml
from flow_chain import read

from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows import outcome
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.endpoint import Endpoint
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.pair import Pair
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.space import Packet as Question
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.in_force import in_force
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import parse_ver
from winlab.dataplane.wire import Wire
from winlab.host import Host
from winlab.ipsec.packet import Network, Packet
from winlab.testing.policies import in_policy, machine, type_in

FE, BE, PORT = "10.0.0.10", "10.0.1.20", 80
FRONTS = ("none", "permit", "request", "require", "strict", "block")
BACKS = ("none", "respond", "request", "require", "strict", "block")
IKE = ("open", "closed")
ACTIONS = {
    "permit": "action=permit",
    "block": "action=block",
    "request": "action=negotiate inpass=yes soft=yes",
    "require": "action=negotiate inpass=yes soft=no",
    "strict": "action=negotiate inpass=no soft=no",
}
# Fates of the lab's model and of the collection; all others are "blocked".
WORDS = {"clear": "clear", "permit": "clear", "soft_clear": "clear", "esp": "secured", "ah": "secured"}
KEPT = Path(__file__).parents[1] / "kernel"
_OUT, _IN = f"me {BE} protocol=tcp dstport={PORT}", f"{FE} me protocol=tcp dstport={PORT}"
_SETTINGS = 'activatedefaultrule=no mmsec="3DES-SHA1-2"'


@dataclass(frozen=True)
class Variant:
    """What both ends offer in quick mode, how they authenticate, and what then protects the packets."""

    offer: str
    authentication: str
    wire: str


VARIANTS = {
    "esp": Variant("ESP[3DES,SHA1]", "kerberos=yes", "esp"),
    "ah": Variant("AH[SHA1]", "kerberos=yes", "ah"),
    "certificates": Variant("ESP[3DES,SHA1]", 'kerberos=no rootca="CN=Lab Root, O=Example, C=US"', "esp"),
}


@dataclass(frozen=True, order=True)
class Cell:
    """One pair under one firewall, in one variant."""

    ike: str
    front: str
    back: str
    variant: str = "esp"

    @property
    def network(self) -> Network:
        """The firewall as the lab's model has it."""
        return Network(ike=self.ike == "open")

    def hosts(self) -> tuple[Host, Host]:
        """Return both ends, set up through netsh."""
        variant = VARIANTS[self.variant]
        return _end("fe", FE, self.front, _OUT, variant), _end("be", BE, self.back, _IN, variant)


@dataclass(frozen=True)
class Fates:
    """What becomes of the first request and of a later one, and whether clear segments are on the wire in each."""

    first: str
    steady: str
    clear_first: bool | None = None
    clear_steady: bool | None = None


def kept(word: str, variant: str) -> Path:
    """Return the file with what is expected, or was measured, in a variant."""
    return KEPT / f"{word}{'' if variant == 'esp' else f'_{variant}'}.yml"


def cells(variant: str = "esp") -> list[Cell]:
    """Return all cells of a variant, row by row."""
    return [Cell(*each, variant) for each in product(IKE, FRONTS, BACKS)]


def expected(variant: str = "esp") -> dict[Cell, Fates]:
    """Return what was written down before the first run."""
    table = yaml.safe_load(kept("expected", variant).read_text(encoding="utf-8"))
    words, found = table["words"], {}
    for ike, front in product(IKE, FRONTS):
        for back, text in zip(table["columns"], table[ike][front], strict=True):
            first, steady, *seen = text.split()
            clear = (each == "yes" for each in seen)
            found[Cell(ike, front, back, variant)] = Fates(words[first], words[steady], *clear)
    return found


def of_the_model(cell: Cell) -> Fates:
    """Return what the lab's own data plane says; it knows no segments."""
    wire = Wire(cell.hosts(), cell.network)
    fates = [wire.send(Packet(ip_address(FE), ip_address(BE), 6, port, PORT)).fate.value for port in (1025, 1026)]
    return Fates(*(WORDS.get(each, "blocked") for each in fates))


def of_the_collection(cell: Cell) -> str:
    """Return what flow_check says; it knows no history."""
    ends = [_endpoint(host) for host in cell.hosts()]
    found = Pair(*ends, outcome.Network(ike=cell.ike == "open")).fate(
        Question(ip_address(FE), ip_address(BE), 6, 1025, PORT)
    )
    return WORDS.get(found.kind.value, "blocked")


def _end(name: str, address: str, word: str, filters: str, variant: Variant) -> Host:
    host = machine(name, address, version="2003")
    if word == "respond":
        # The offers of the default response rule are its own: ESP and AH, either alone.
        type_in(
            host,
            'add policy P activatedefaultrule=yes mmsec="3DES-SHA1-2"',
            f"set defaultrule policy=P {variant.authentication}",
            "set policy P assign=y",
        )
    elif word in ("permit", "block"):
        in_policy(host, (filters, ACTIONS[word]), settings=_SETTINGS)
    elif word != "none":
        action = f'{ACTIONS[word]} qmsec="{variant.offer}"'
        in_policy(host, (filters, action, variant.authentication), settings=_SETTINGS)
    return host


def _endpoint(host: Host) -> Endpoint:
    return Endpoint(
        name=host.name,
        addresses=host.addresses,
        policy=in_force(read(host)),
        traits=parse_ver(host.version.ver_text).traits,
        exemption_level=None,
        services_running=True,
        key_exchange_running=True,
    )
