# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module filter_list; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: filter_list
short_description: Keep an IP filter list on a Windows host
version_added: 0.1.0
description:
  - 'Creates, changes and removes an IP filter list of the local IPsec policy store: what C(netsh ipsec
    static) and the snap-in IP Security Policies call by the same name.'
  - 'A filter list in use by the policy in force is changed without a gap: no packet meets a half-changed
    list.'
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
  - winsec.ipsec.confirm
  - winsec.ipsec.guard
options:
  name:
    description:
      - The name of the filter list. Windows keeps the case of names and ignores it.
    type: str
    required: true
  description:
    description:
      - A remark about the filter list.
    type: str
  filters:
    description:
      - The filters, whose order means nothing.
    type: list
    elements: dict
    suboptions:
      source:
        description:
          - 'Where packets come from: V(me) (every address of the host; IPv4 ones unless the other side
            is IPv6), V(any), an IPv4 or IPv6 address, V(address/prefix), V(address/mask), a range V(first-last),
            or one of the server roles V(dns), V(wins), V(dhcp) and V(gateway).'
          - 'V(me) when it is not given. Ranges and IPv6 need Windows Vista or Server 2008; the other
            side of a server role must be V(me). Host names are refused: give addresses.'
          - An IPv6 address has no scope id here, as in V(fe80::1%3), since filters have no scope.
        type: str
      destination:
        description:
          - Where packets go to, in the forms of O(filters[].source).
          - V(any) when it is not given.
        type: str
      protocol:
        description:
          - 'The IP protocol: V(any), V(tcp), V(udp), V(icmp), V(raw) or a number from 0 to 255.'
          - V(any) when it is not given.
        type: str
      source_port:
        description:
          - The source port, or V(any). Only for V(tcp) and V(udp). V(any) when it is not given.
        type: str
      destination_port:
        description:
          - 'The destination port, or V(any). Only for V(tcp) and V(udp). One filter has one port: write
            one filter for each port.'
          - V(any) when it is not given.
        type: str
      mirrored:
        description:
          - Whether the filter also stands for the answers, with both sides exchanged. V(true) when it
            is not given.
        type: bool
      description:
        description:
          - A remark about the filter.
        type: str
  guid:
    description:
      - 'The GUID of a filter list that the host has, in braces: it is found by that, whatever its name is, and
        gets the name O(name). The rules go on using it.'
      - 'For what netsh cannot be told by name: names beyond ASCII, no name, two of one name. M(winsec.ipsec.policies_info)
        lists GUIDs under RV(winsec.ipsec.policies_info#module:unmanaged).'
      - With O(state=absent) it says what is removed, and O(name) does not count.
    type: str
  state:
    description:
      - V(present) makes the object what the options say; options that are not given stay as they are
        on the host.
      - V(absent) removes the object. It is refused while a rule uses it.
    type: str
    choices:
      - present
      - absent
    default: present
notes:
  - 'O(filters) is the whole list: filters that are not named in it are removed.'
seealso:
  - module: winsec.ipsec.filter_action
  - module: winsec.ipsec.policy
  - module: winsec.ipsec.policies
"""

EXAMPLES = r"""
---
- name: The web servers behind the front-end
  winsec.ipsec.filter_list:
    name: Exchange back-ends
    description: Web traffic to the back-end servers
    filters:
      - source: me
        destination: 10.0.1.20
        protocol: tcp
        destination_port: 80
      - source: me
        destination: 10.0.1.21
        protocol: tcp
        destination_port: 80

- name: A filter list that is no longer used
  winsec.ipsec.filter_list:
    name: Old servers
    state: absent

- name: A filter list of a German server gets a name that netsh can be told
  winsec.ipsec.filter_list:
    guid: '{0a1b2c3d-4e5f-4a6b-8c7d-112233445566}'
    name: Back-ends
"""

RETURN = r"""
---
before:
  description: The filter list, empty when it is not there, before the task.
  returned: when changed, or with C(--diff)
  type: dict
  sample:
    name: Back-ends
    description: ''
    filters:
      - source: me
        destination: 10.0.1.20
        protocol: tcp
        source_port: any
        destination_port: '80'
        mirrored: true
        description: ''
after:
  description: 'The filter list, empty when it is not there, after the task: read from the host, or predicted
    in check mode.'
  returned: when changed, or with C(--diff)
  type: dict
  sample:
    name: Back-ends
    description: ''
    filters:
      - source: me
        destination: 10.0.1.20
        protocol: tcp
        source_port: any
        destination_port: '80'
        mirrored: true
        description: ''
confirmed:
  description: Whether a change of what is in force was confirmed over a new connection. Always V(false)
    without C(confirm_timeout).
  returned: success
  type: bool
  sample: false
reverted:
  description: Whether the host took the change back because it was not confirmed.
  returned: failure, when a change was not carried out
  type: bool
  sample: false
commands:
  description:
    - The commands that ran, or would run in check mode, in their order. Pre-shared keys are hidden.
    - With O(confirm_timeout) the scheduled task that would undo the change, and its removal, are among them.
    - When the task fails or the host is lost, what the host had been told until then.
  returned: always
  type: list
  elements: str
  sample:
    - ipsec static add filterlist name="Back-ends" description=""
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
    default_response_works:
      description: Whether a default response rule has any effect on the host.
      returned: success
      type: bool
      sample: false
    services:
      description: C(PolicyAgent), and C(IKEEXT) where it exists, each with C(running) and C(automatic).
      returned: success
      type: dict
      sample:
        PolicyAgent:
          running: true
          automatic: true
    domain_policy:
      description: The policy that the domain assigns, empty for none.
      returned: success
      type: str
      sample: ''
    local_policy_counts:
      description: Whether the domain lets local policies work (C(AllowLocalIPsecPolicyMerge)).
      returned: success
      type: bool
      sample: true
    exemption_level:
      description: The value C(NoDefaultExempt), which says what traffic no filter sees; null for the
        default of the version.
      returned: success
      type: int
      sample: 3
    unconfirmed:
      description: Whether a change waits for its confirmation, so that the host goes back by itself.
      returned: success
      type: bool
      sample: false
    own_addresses:
      description: The IPv4 addresses that the host has by its registry; null when they are not known.
      returned: success
      type: list
      elements: str
      sample:
        - 10.0.0.10
failed_command:
  description: The command that the host refused, with pre-shared keys hidden.
  returned: failure, when the host refused a command
  type: str
  sample: ipsec static delete filterlist name="Back-ends"
answer:
  description: What the host said to it, in its own language, with pre-shared keys hidden.
  returned: failure, when the host refused a command
  type: str
  sample: ERR IPsec[05010] ...
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._argspec import SPECS


def main() -> None:
    """Fail: the action of the same name does the work. The sanity tests compare the options above with the spec."""
    module = AnsibleModule(argument_spec=SPECS["filter_list"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller, with a connection to the Windows host.")


if __name__ == "__main__":
    main()
