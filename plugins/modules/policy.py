# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module policy; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: policy
short_description: Keep an IPsec policy with its rules on a Windows host
version_added: 0.1.0
description:
  - Creates, changes and removes a policy of the local IPsec policy store, with its rules and its key
    exchange settings.
  - The policy is not assigned by this module; see M(winsec.ipsec.assignment).
  - 'If the policy is in force and a change needs several commands, a copy is built beside it, takes over
    in one command and hands back when the policy is complete: no half-built policy is ever in force.'
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
  - winsec.ipsec.confirm
  - winsec.ipsec.guard
options:
  name:
    description:
      - The name of the policy. Windows keeps the case of names and ignores it.
    type: str
    required: true
  description:
    description:
      - A remark about the policy.
    type: str
  polling_interval_minutes:
    description:
      - How often the host looks for changes of the policy, in minutes. V(180) when it is not given.
    type: int
  main_mode:
    description:
      - The settings of the key exchange.
    type: dict
    suboptions:
      security_methods:
        description:
          - What is offered for the protection of the key exchange, in order of preference.
          - V(3des) and V(sha1) with the groups V(2048) and V(1024) when they are not given.
        type: list
        elements: dict
        suboptions:
          encryption:
            description:
              - The cipher. V(3des) when it is not given.
            type: str
            choices:
              - des
              - 3des
          integrity:
            description:
              - The hash. V(sha1) when it is not given.
            type: str
            choices:
              - md5
              - sha1
          dh_group:
            description:
              - The size of the Diffie-Hellman group in bits. V(2048) when it is not given.
            type: str
            choices:
              - '768'
              - '1024'
              - '2048'
      lifetime_minutes:
        description:
          - How long a main mode lasts, in minutes. V(480) when it is not given.
        type: int
      quick_modes:
        description:
          - How many quick modes one main mode may make, V(0) for no limit. V(0) when it is not given.
          - Beside O(main_mode.perfect_forward_secrecy) it is always V(1), which C(netsh) sets by itself.
            V(0) counts as V(1) there, and another number is refused.
        type: int
      perfect_forward_secrecy:
        description:
          - Make new key material for every main mode (master key). V(false) when it is not given.
          - O(main_mode.quick_modes) is V(1) then.
        type: bool
  default_response:
    description:
      - The default response rule, which answers peers that ask for IPsec.
      - Windows Vista, Server 2008 and later store it and ignore it.
    type: dict
    suboptions:
      enabled:
        description:
          - Whether the rule is active. V(false) when it is not given.
        type: bool
      authentication:
        description:
          - The authentication methods, in order of preference.
          - V(kerberos) alone when they are not given.
        type: list
        elements: dict
        suboptions:
          method:
            description:
              - How the peers prove who they are.
            type: str
            required: true
            choices:
              - kerberos
              - preshared_key
              - certificate
          preshared_key:
            description:
              - The key, for O(default_response.authentication[].method=preshared_key).
              - When it is not given, the key that the rule has on the host stays. The key is never part
                of a result, a difference, a message or a command line, but Windows stores it in clear
                text in the registry.
            type: str
          authority:
            description:
              - The name of the certification authority, for O(default_response.authentication[].method=certificate),
                in the form C(OU=..., O=..., CN=...).
            type: str
          map_to_account:
            description:
              - Map certificates to computer accounts. Needs Windows Vista or Server 2008. V(false) when
                it is not given.
            type: bool
          exclude_authority_name:
            description:
              - Leave the name of the authority out of the request. Needs Windows Vista or Server 2008.
                V(false) when it is not given.
            type: bool
      security_methods:
        description:
          - What is offered to the peer, in order of preference. ESP with V(3des) and V(sha1), then AH
            with V(sha1), when they are not given.
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
              - The cipher of ESP, given together with O(default_response.security_methods[].esp_integrity).
                No ESP when it is not given. The policy store has no code for AES.
            type: str
            choices:
              - none
              - des
              - 3des
          esp_integrity:
            description:
              - The hash of ESP, given together with O(default_response.security_methods[].esp_encryption).
            type: str
            choices:
              - none
              - md5
              - sha1
          lifetime_kilobytes:
            description:
              - How much may be sent under one key, in kilobytes. V(100000) when it is not given; V(0)
                leaves it to the host.
            type: int
          lifetime_seconds:
            description:
              - How long one key may be used, in seconds. V(3600) when it is not given; V(0) leaves it
                to the host.
            type: int
      perfect_forward_secrecy:
        description:
          - Make new key material for every quick mode. V(false) when it is not given.
        type: bool
  rules:
    description:
      - 'The rules. They have no order: the most specific filter of all rules wins.'
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The name of the rule. Rules of the snap-in have none, so theirs is empty; they are told apart by filter
            list and filter action.
          - They can be kept. When one of them changes or goes, the policy is made anew, and each rule needs a name.
        type: str
        required: true
      description:
        description:
          - A remark about the rule.
        type: str
      filter_list:
        description:
          - The name of the filter list. Required for a new rule.
        type: str
      filter_action:
        description:
          - The name of the filter action. Required for a new rule.
        type: str
      authentication:
        description:
          - The authentication methods, in order of preference.
          - V(kerberos) alone when they are not given.
        type: list
        elements: dict
        suboptions:
          method:
            description:
              - How the peers prove who they are.
            type: str
            required: true
            choices:
              - kerberos
              - preshared_key
              - certificate
          preshared_key:
            description:
              - The key, for O(rules[].authentication[].method=preshared_key).
              - When it is not given, the key that the rule has on the host stays. The key is never part
                of a result, a difference, a message or a command line, but Windows stores it in clear
                text in the registry.
            type: str
          authority:
            description:
              - The name of the certification authority, for O(rules[].authentication[].method=certificate),
                in the form C(OU=..., O=..., CN=...).
            type: str
          map_to_account:
            description:
              - Map certificates to computer accounts. Needs Windows Vista or Server 2008. V(false) when
                it is not given.
            type: bool
          exclude_authority_name:
            description:
              - Leave the name of the authority out of the request. Needs Windows Vista or Server 2008.
                V(false) when it is not given.
            type: bool
      connection_type:
        description:
          - The network connections to which the rule applies. V(all) when it is not given.
        type: str
        choices:
          - all
          - lan
          - dialup
      tunnel_endpoint:
        description:
          - The address of the far end of a tunnel, or V(none) for transport mode. V(none) when it is
            not given.
        type: str
      enabled:
        description:
          - Whether the rule applies. V(true) when it is not given.
        type: bool
  guid:
    description:
      - 'The GUID of a policy that the host has, in braces: it is found by that, whatever its name is, and
        gets the name O(name).'
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
  - 'O(rules) is the whole list: rules that are not named in it are removed. Options of a rule that are
    not given stay as they are.'
seealso:
  - module: winsec.ipsec.filter_list
  - module: winsec.ipsec.filter_action
  - module: winsec.ipsec.assignment
  - module: winsec.ipsec.policies
"""

EXAMPLES = r"""
---
- name: The front-end's policy
  winsec.ipsec.policy:
    name: Exchange front-end
    description: ESP to the back-ends
    default_response:
      enabled: true
    rules:
      - name: To the back-ends
        filter_list: Exchange back-ends
        filter_action: Require ESP
        authentication:
          - method: kerberos
        connection_type: lan

- name: Authentication by a key from the vault
  winsec.ipsec.policy:
    name: DMZ
    rules:
      - name: To the back-ends
        filter_list: Exchange back-ends
        filter_action: Require ESP
        authentication:
          - method: preshared_key
            preshared_key: "{{ vault_ipsec_key }}"

- name: A policy whose name netsh cannot be told goes
  winsec.ipsec.policy:
    guid: '{0a1b2c3d-4e5f-4a6b-8c7d-112233445588}'
    name: Old policy
    state: absent
"""

RETURN = r"""
---
before:
  description: The policy, empty when it is not there, before the task.
  returned: when changed, or with C(--diff)
  type: dict
  sample:
    name: Exchange front-end
    rules: []
after:
  description: 'The policy, empty when it is not there, after the task: read from the host, or predicted
    in check mode.'
  returned: when changed, or with C(--diff)
  type: dict
  sample:
    name: Exchange front-end
    rules: []
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
    - ipsec static delete rule name="Old rule" policy="Exchange front-end"
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
    module = AnsibleModule(argument_spec=SPECS["policy"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller, with a connection to the Windows host.")


if __name__ == "__main__":
    main()
