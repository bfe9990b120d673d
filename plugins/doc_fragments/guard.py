# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of all modules that may change what packets meet."""

from __future__ import annotations


class ModuleDocFragment:
    """What must never stop, and where the host is."""

    DOCUMENTATION = r"""
options:
  host_addresses:
    description:
      - The addresses of the host in its network.
      - When they are not given, those at which it is managed, as the host sees them.
    type: list
    elements: str
    version_added: 0.1.0
  controller_addresses:
    description:
      - Where controllers come from, as the host sees them, as addresses, networks or ranges.
      - When they are not given, the host is asked for its connections at O(management_ports); the one from the address
        of this controller counts, or all of them where something on the way changes addresses.
      - A task is refused when no connection of the host comes from them, since then they cannot be right.
    type: list
    elements: str
    version_added: 0.1.0
  management_ports:
    description:
      - The TCP ports by which the host is managed, as the host sees them.
      - The port of the connection when they are not given. Give them where a port is forwarded. The task is refused
        when the host has no connection at them.
    type: list
    elements: int
    version_added: 0.1.0
  dns_servers:
    description:
      - Name servers that the host must always reach, in clear. The flow is named V(dns).
      - The server role V(dns) of filters stands for them. A server role without known servers is taken for any peer.
    type: list
    elements: str
    version_added: 0.1.0
  dhcp_servers:
    description:
      - DHCP servers from which the host must always be able to renew its lease, in clear. The flow is named V(dhcp).
      - The server role V(dhcp) of filters stands for them.
    type: list
    elements: str
    version_added: 0.1.0
  domain_controllers:
    description:
      - Domain controllers that the host must always reach, in clear, by Kerberos and LDAP.
        The flow is named V(domain controllers).
    type: list
    elements: str
    version_added: 0.1.0
  critical_flows:
    description: Further flows that must always pass in clear.
    type: list
    elements: dict
    version_added: 0.1.0
    suboptions:
      name:
        description: A name for the flow.
        type: str
        required: true
      peers:
        description: The hosts at the other end, as addresses, networks or ranges.
        type: list
        elements: str
        required: true
      direction:
        description: Whether the peers begin, or the host does.
        type: str
        choices:
          - inbound
          - outbound
        default: inbound
      traffic:
        description: The protocol and ports, for example V(tcp/443), V(tcp+udp/88,389) or V(icmp).
        type: str
        required: true
  allow_lockout:
    description:
      - Names of critical flows that may stop, V(management) among them.
      - A change after which another critical flow would stop is refused before anything is sent, with a packet that
        shows it.
    type: list
    elements: str
    version_added: 0.1.0
"""
