# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module filter_action; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: filter_action
short_description: Keep a filter action on a Windows host
version_added: 0.1.0
description:
  - 'Creates, changes and removes a filter action of the local IPsec policy store: permit, block, or negotiate
    security with the methods that are offered to the peer.'
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
  - winsec.ipsec.confirm
  - winsec.ipsec.guard
options:
  name:
    description:
      - The name of the filter action. Windows keeps the case of names and ignores it.
    type: str
    required: true
  description:
    description:
      - A remark about the filter action.
    type: str
  action:
    description:
      - What happens to packets that a rule with this filter action matches. Required for a new filter
        action.
    type: str
    choices:
      - permit
      - block
      - negotiate
  security_methods:
    description:
      - What is offered to the peer, in order of preference. Required when O(action=negotiate).
      - Each method offers AH, ESP or both.
    type: list
    elements: dict
    suboptions:
      ah_integrity:
        description:
          - The hash of AH. No AH when it is not given.
        type: str
        choices:
          - md5
          - sha1
      esp_encryption:
        description:
          - The cipher of ESP, given together with O(security_methods[].esp_integrity). No ESP when it
            is not given. The policy store has no code for AES.
        type: str
        choices:
          - none
          - des
          - 3des
      esp_integrity:
        description:
          - The hash of ESP, given together with O(security_methods[].esp_encryption).
        type: str
        choices:
          - none
          - md5
          - sha1
      lifetime_kilobytes:
        description:
          - How much may be sent under one key, in kilobytes. V(100000) when it is not given; V(0) leaves
            it to the host.
        type: int
      lifetime_seconds:
        description:
          - How long one key may be used, in seconds. V(3600) when it is not given; V(0) leaves it to
            the host.
        type: int
  accept_unsecured:
    description:
      - Accept unsecured packets, but always answer with IPsec (C(inpass) of netsh). V(false) when it
        is not given.
    type: bool
  fallback_to_clear:
    description:
      - Allow unsecured communication with peers that do not answer IKE (C(soft) of netsh). V(false) when
        it is not given.
    type: bool
  perfect_forward_secrecy:
    description:
      - Make new key material for every quick mode. V(false) when it is not given.
    type: bool
  guid:
    description:
      - 'The GUID of a filter action that the host has, in braces: it is found by that, whatever its name is, and
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
  - The predefined filter action Require Security of Windows accepts unsecured packets and answers them
    with IPsec. Set O(accept_unsecured=false) to refuse them.
seealso:
  - module: winsec.ipsec.filter_list
  - module: winsec.ipsec.policy
  - module: winsec.ipsec.policies
"""

EXAMPLES = r"""
---
- name: Require security
  winsec.ipsec.filter_action:
    name: Require ESP
    action: negotiate
    security_methods:
      - esp_encryption: 3des
        esp_integrity: sha1
        lifetime_kilobytes: 100000
        lifetime_seconds: 900

- name: Request security, but talk to everybody
  winsec.ipsec.filter_action:
    name: Request ESP
    action: negotiate
    accept_unsecured: true
    fallback_to_clear: true
    security_methods:
      - esp_encryption: 3des
        esp_integrity: sha1

- name: Let management through
  winsec.ipsec.filter_action:
    name: Permit
    action: permit

- name: A filter action of a German server gets a name that netsh can be told
  winsec.ipsec.filter_action:
    guid: '{0a1b2c3d-4e5f-4a6b-8c7d-112233445577}'
    name: Require security
"""

RETURN = r"""
---
before:
  description: The filter action, empty when it is not there, before the task.
  returned: when changed, or with C(--diff)
  type: dict
  sample:
    name: Permit
    description: ''
    action: permit
    security_methods: []
    accept_unsecured: false
    fallback_to_clear: false
    perfect_forward_secrecy: false
after:
  description: 'The filter action, empty when it is not there, after the task: read from the host, or
    predicted in check mode.'
  returned: when changed, or with C(--diff)
  type: dict
  sample:
    name: Permit
    description: ''
    action: permit
    security_methods: []
    accept_unsecured: false
    fallback_to_clear: false
    perfect_forward_secrecy: false
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
    - ipsec static add filteraction name="Permit" description="" action=permit
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
    module = AnsibleModule(argument_spec=SPECS["filter_action"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller, with a connection to the Windows host.")


if __name__ == "__main__":
    main()
