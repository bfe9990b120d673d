# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module firewall; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: firewall
short_description: Open the firewall of a Windows host for IPsec
version_added: 0.1.0
description:
  - 'Makes all openings that IPsec needs in the host''s own firewall, for all peers, in one task: UDP port 500 for IKE,
    UDP port 4500 for NAT traversal, the IP protocols 50 (ESP) and 51 (AH).'
  - 'One rule is made for each protocol and direction, and its remote addresses are the peers. The rules are compared with
    what the registry holds, so that the order of addresses, masks instead of prefixes and networks in halves make no
    difference. A rule that differs is removed only after the new one was found in the registry.'
  - 'Before Windows Vista and Server 2008 the firewall has port exceptions only. There UDP ports 500 and 4500 are opened for
    what comes in; what cannot be said in its words is in RV(not_expressible) and in the warnings.'
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
options:
  peers:
    description:
      - 'The hosts with which IPsec is spoken: IPv4 and IPv6 addresses, V(address/prefix), V(address/mask) and ranges
        V(first-last). Names, words and addresses with a scope id (V(fe80::1%3)) are refused.'
      - Required when O(state=present).
    type: list
    elements: str
  protocols:
    description:
      - What is opened. V(ike) is UDP port 500, V(nat_traversal) UDP port 4500, V(esp) IP protocol 50, V(ah) IP protocol
        51.
    type: list
    elements: str
    choices:
      - ike
      - nat_traversal
      - esp
      - ah
    default:
      - ike
      - nat_traversal
      - esp
  directions:
    description:
      - The directions, as the host sees them.
      - 'Rules for V(in) name the host''s port and any port of the peer, because address translation on the way changes
        it. Rules for V(out) name both ports: IKE sends from 500 to 500 and from 4500 to 4500.'
    type: list
    elements: str
    choices:
      - in
      - out
    default:
      - in
      - out
  profiles:
    description:
      - The network profiles in which the openings are in force.
      - Before Vista there are two, one in the domain and one elsewhere; the second one is V(private) and V(public)
        together.
    type: list
    elements: str
    choices:
      - domain
      - private
      - public
    default:
      - domain
      - private
      - public
  local_addresses:
    description:
      - The host's own addresses, in the forms of O(peers). All of them when it is not given.
      - Not before Vista.
    type: list
    elements: str
  name_prefix:
    description:
      - 'What the names of the rules begin with: C(winsec.ipsec ike in), C(winsec.ipsec esp out).'
      - 'Rules are taken for ours when they have such a name and allow that protocol in that direction. All others are
        left alone; those whose name begins with O(name_prefix) are listed in RV(foreign).'
    type: str
    default: winsec.ipsec
  state:
    description:
      - V(present) makes the host have exactly the openings of the options; rules of ours beyond them are removed.
      - V(absent) removes all rules of ours, whatever O(peers), O(protocols) and O(directions) say.
    type: str
    choices:
      - present
      - absent
    default: present
notes:
  - The module does not turn the firewall on or off. It warns when an opening has no effect, because the firewall is off,
    because its service does not run, or because group policy lets no local rules count, and when an active rule that
    blocks stands against it.
  - Answers to what an opening let in pass without a rule of their own, as the firewall keeps track of them.
seealso:
  - module: winsec.ipsec.policies
"""

EXAMPLES = r"""
---
- name: Open the front-end for its back-ends
  winsec.ipsec.firewall:
    peers: [10.0.1.20, 10.0.1.21]

- name: ESP and AH, without NAT traversal, in the domain only
  winsec.ipsec.firewall:
    peers:
      - 10.0.0.10-10.0.0.13
      - 10.0.8.0/255.255.255.0
      - 2001:db8:8::/64
    protocols: [ike, esp, ah]
    profiles: [domain]

- name: Close what was opened
  winsec.ipsec.firewall:
    state: absent
"""

RETURN = r"""
---
before:
  description: Our openings before the task. An empty list stands for any.
  returned: when changed, or with C(--diff)
  type: list
  elements: dict
  sample: []
after:
  description: 'Our openings after the task: read from the host, or predicted in check mode.'
  returned: when changed, or with C(--diff)
  type: list
  elements: dict
  sample:
    - name: winsec.ipsec ike in
      protocol: ike
      direction: in
      peers: [10.0.1.20, 10.0.1.21]
      local_addresses: []
      local_ports: ['500']
      remote_ports: []
      profiles: [domain, private, public]
      enabled: true
commands:
  description: The commands that ran, or would run in check mode, in their order.
  returned: always
  type: list
  elements: str
  sample:
    - advfirewall firewall add rule name="winsec.ipsec esp in" dir=in action=allow protocol=50 remoteip=10.0.1.20 localip=any profile=any
foreign:
  description: 'Rules that are left alone: those with a name like ours that are no opening of ours, and those from group policy
    that let the same packets pass.'
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of the rule.
      returned: success
      type: str
      sample: winsec.ipsec test
    reason:
      description: Why it is left alone.
      returned: success
      type: str
      sample: Its name begins like ours, but it is no opening that we make.
not_expressible:
  description: What the firewall of the host has no words for. Always empty from Vista on.
  returned: success
  type: list
  elements: dict
  contains:
    opening:
      description: Protocol and direction.
      returned: success
      type: str
      sample: ike out
    reason:
      description: Why it could not be made.
      returned: success
      type: str
      sample: This firewall has no rules for what goes out.
host:
  description: Facts about the host.
  returned: success
  type: dict
  contains:
    version:
      description: The version that the host reports.
      returned: success
      type: str
      sample: 10.0.26100
    product:
      description: The product of that version.
      returned: success
      type: str
      sample: Windows Server 2025
    firewall:
      description: Whether the service of the firewall runs, and for each profile whether the firewall is on (null where nothing
        says so) and whether the domain lets local rules count.
      returned: success
      type: dict
      sample:
        running: true
        profiles:
          domain:
            'on': true
            local_rules_count: true
failed_command:
  description: The first command to which the host said something, when reading it again did not show the openings.
  returned: failure, when a change was not carried out
  type: str
  sample: advfirewall firewall add rule name="winsec.ipsec esp in" dir=in action=allow protocol=50 remoteip=10.0.1.20 localip=any profile=any
answer:
  description: What the host said to it, in its own language.
  returned: failure, when a change was not carried out
  type: str
  sample: ''
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._argspec import SPECS


def main() -> None:
    """Fail: the action of the same name does the work. The sanity tests compare the options above with the spec."""
    module = AnsibleModule(argument_spec=SPECS["firewall"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller, with a connection to the Windows host.")


if __name__ == "__main__":
    main()
