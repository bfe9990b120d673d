# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts can hardly do without: warnings about a policy that stops everything and lets none of it through.

[ledger: two-domain-controllers-clear]
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_network

from .._common.packets import Address, AddressRange, Place, ServerRole
from .._policies.in_force import BoundRule, InForce
from .._policies.model import Filter
from .._policies.words import ActionKind
from .endpoint import Endpoint
from .lockout import CriticalFlow, FlowDirection, domain_controllers, leases, name_service, some_passes
from .traffic import parse_traffic

_EVERYBODY = (ip_network("0.0.0.0/0"), ip_network("::/0"))
# A port that a system hands out, so that no filter for a port of the host itself lets it through by accident.
_CLIENTS = "49152-65535"
# A network of at most as many bits counts as everybody: 0.0.0.0/1 and 128.0.0.0/1 are how people write that.
_WIDE_PREFIX = 1


@dataclass(frozen=True, slots=True)
class Essential:
    """A service in words, its flow to whomever, and how to declare it."""

    words: str
    flow: CriticalFlow
    option: str


ESSENTIALS = (
    Essential("DHCP, by which the host keeps its address,", leases(_EVERYBODY), "dhcp_servers"),
    Essential(
        "DNS",
        replace(name_service(_EVERYBODY), traffic=parse_traffic("tcp+udp/53", "dns", _CLIENTS)),
        "dns_servers",
    ),
    Essential(
        "NTP",
        CriticalFlow("ntp", _EVERYBODY, FlowDirection.OUTBOUND, parse_traffic("udp/123", "ntp", "123")),
        "critical_flows",
    ),
    Essential(
        "Kerberos and LDAP of domain controllers",
        replace(domain_controllers(_EVERYBODY), traffic=parse_traffic("tcp+udp/88,389", "dcs", _CLIENTS)),
        "domain_controllers",
    ),
)


def missing_essentials(policy: InForce, host: Endpoint, declared: Collection[str]) -> Iterator[str]:
    """Yield a warning for each service that ``policy`` lets through to nobody, unless its flow is ``declared``.

    Only for policies that stop whatever is not permitted: any other stops what it names, on purpose.
    """
    if not any(_is_wide(bound, each) for bound in policy.rules for each in bound.filters.filters):
        return
    for each in ESSENTIALS:
        if each.flow.name not in declared and not some_passes(policy, host, each.flow):
            yield (
                f"The policy {policy.policy.name!a} lets {each.words} through to nobody. Permit what the host needs; "
                f"the option {each.option} makes sure of it."
            )


def _is_wide(bound: BoundRule, found: Filter) -> bool:
    """Tell whether a filter stops all packets between the host and more or less everybody."""
    stops = bound.action.action is not ActionKind.PERMIT or bound.rule.tunnel_endpoint is not None
    return stops and not found.protocol and all(_wide(side) for side in (found.source, found.destination))


def _wide(side: Address) -> bool:
    if isinstance(side, Place):
        return True
    if isinstance(side, (ServerRole, AddressRange)):
        return False
    return side.prefixlen <= _WIDE_PREFIX
