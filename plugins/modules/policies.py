# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module policies; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: policies
short_description: Bring a whole IPsec policy document to a Windows host
version_added: 0.1.0
description:
  - 'Reads the local IPsec policy store, computes the difference to a document, changes what differs without
    a gap, and reads the store again: one task, whatever the number of objects.'
  - Objects are matched by name, or by GUID where one is given. Objects of which netsh cannot be told all are shown,
    judged and kept; what of them cannot be changed is refused before anything is sent.
  - With O(state=parsed) and O(state=rendered) no host is asked, and none need be up. Their names and those of
    their options and results are those of the resource modules for network devices.
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
  - winsec.ipsec.confirm
  - winsec.ipsec.guard
options:
  config:
    description:
      - The document. RV(winsec.ipsec.policies_info#module:config) has the same shape.
      - Required unless O(state=parsed).
    type: dict
    suboptions:
      filter_lists:
        description:
          - The filter lists.
        type: list
        elements: dict
        suboptions:
          name:
            description:
              - The name of the filter list. Windows keeps the case of names and ignores it.
            type: str
            required: true
          guid:
            description:
              - 'The GUID of a filter list that the host has, in braces: it is found by that, whatever its name is, and
                gets this name. The rules go on using it.'
              - A host that has no object of this GUID goes by the name alone.
              - Documents of a host have it where netsh cannot be told all (RV(unmanaged)).
            type: str
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
                  - 'Where packets come from: V(me) (every address of the host; IPv4 ones unless the other
                    side is IPv6), V(any), an IPv4 or IPv6 address, V(address/prefix), V(address/mask),
                    a range V(first-last), or one of the server roles V(dns), V(wins), V(dhcp) and V(gateway).'
                  - 'V(me) when it is not given. Ranges and IPv6 need Windows Vista or Server 2008; the
                    other side of a server role must be V(me). Host names are refused: give addresses.'
                  - An IPv6 address has no scope id here, as in V(fe80::1%3), since filters have no scope.
                type: str
              destination:
                description:
                  - Where packets go to, in the forms of O(config.filter_lists[].filters[].source).
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
                  - 'The destination port, or V(any). Only for V(tcp) and V(udp). One filter has one port:
                    write one filter for each port.'
                  - V(any) when it is not given.
                type: str
              mirrored:
                description:
                  - Whether the filter also stands for the answers, with both sides exchanged. V(true)
                    when it is not given.
                type: bool
              description:
                description:
                  - A remark about the filter.
                type: str
      filter_actions:
        description:
          - The filter actions.
        type: list
        elements: dict
        suboptions:
          name:
            description:
              - The name of the filter action. Windows keeps the case of names and ignores it.
            type: str
            required: true
          guid:
            description:
              - 'The GUID of a filter action that the host has, in braces: it is found by that, whatever its name is, and
                gets this name. The rules go on using it.'
              - A host that has no object of this GUID goes by the name alone.
              - Documents of a host have it where netsh cannot be told all (RV(unmanaged)).
            type: str
          description:
            description:
              - A remark about the filter action.
            type: str
          action:
            description:
              - What happens to packets that a rule with this filter action matches. Required for a new
                filter action.
            type: str
            choices:
              - permit
              - block
              - negotiate
          security_methods:
            description:
              - What is offered to the peer, in order of preference. Required when O(config.filter_actions[].action=negotiate).
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
                  - The cipher of ESP, given together with O(config.filter_actions[].security_methods[].esp_integrity).
                    No ESP when it is not given. The policy store has no code for AES.
                type: str
                choices:
                  - none
                  - des
                  - 3des
              esp_integrity:
                description:
                  - The hash of ESP, given together with O(config.filter_actions[].security_methods[].esp_encryption).
                type: str
                choices:
                  - none
                  - md5
                  - sha1
              lifetime_kilobytes:
                description:
                  - How much may be sent under one key, in kilobytes. V(100000) when it is not given;
                    V(0) leaves it to the host.
                type: int
              lifetime_seconds:
                description:
                  - How long one key may be used, in seconds. V(3600) when it is not given; V(0) leaves
                    it to the host.
                type: int
          accept_unsecured:
            description:
              - Accept unsecured packets, but always answer with IPsec (C(inpass) of netsh). V(false)
                when it is not given.
            type: bool
          fallback_to_clear:
            description:
              - Allow unsecured communication with peers that do not answer IKE (C(soft) of netsh). V(false)
                when it is not given.
            type: bool
          perfect_forward_secrecy:
            description:
              - Make new key material for every quick mode. V(false) when it is not given.
            type: bool
      policies:
        description:
          - The policies.
        type: list
        elements: dict
        suboptions:
          name:
            description:
              - The name of the policy. Windows keeps the case of names and ignores it.
            type: str
            required: true
          guid:
            description:
              - 'The GUID of a policy that the host has, in braces: it is found by that, whatever its name is, and
                gets this name. It stays in force if it is.'
              - A host that has no object of this GUID goes by the name alone.
              - Documents of a host have it where netsh cannot be told all (RV(unmanaged)).
            type: str
          description:
            description:
              - A remark about the policy.
            type: str
          polling_interval_minutes:
            description:
              - How often the host looks for changes of the policy, in minutes. V(180) when it is not
                given.
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
                  - How many quick modes one main mode may make, V(0) for no limit. V(0) when it is not
                    given.
                  - Beside O(config.policies[].main_mode.perfect_forward_secrecy) it is always V(1), which
                    C(netsh) sets by itself. V(0) counts as V(1) there, and another number is refused.
                type: int
              perfect_forward_secrecy:
                description:
                  - Make new key material for every main mode (master key). V(false) when it is not given.
                  - O(config.policies[].main_mode.quick_modes) is V(1) then.
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
                      - The key, for O(config.policies[].default_response.authentication[].method=preshared_key).
                      - When it is not given, the key that the rule has on the host stays. The key is
                        never part of a result, a difference, a message or a command line, but Windows
                        stores it in clear text in the registry.
                    type: str
                  authority:
                    description:
                      - The name of the certification authority, for O(config.policies[].default_response.authentication[].method=certificate),
                        in the form C(OU=..., O=..., CN=...).
                    type: str
                  map_to_account:
                    description:
                      - Map certificates to computer accounts. Needs Windows Vista or Server 2008. V(false)
                        when it is not given.
                    type: bool
                  exclude_authority_name:
                    description:
                      - Leave the name of the authority out of the request. Needs Windows Vista or Server
                        2008. V(false) when it is not given.
                    type: bool
              security_methods:
                description:
                  - What is offered to the peer, in order of preference. ESP with V(3des) and V(sha1),
                    then AH with V(sha1), when they are not given.
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
                      - The cipher of ESP, given together with O(config.policies[].default_response.security_methods[].esp_integrity).
                        No ESP when it is not given. The policy store has no code for AES.
                    type: str
                    choices:
                      - none
                      - des
                      - 3des
                  esp_integrity:
                    description:
                      - The hash of ESP, given together with O(config.policies[].default_response.security_methods[].esp_encryption).
                    type: str
                    choices:
                      - none
                      - md5
                      - sha1
                  lifetime_kilobytes:
                    description:
                      - How much may be sent under one key, in kilobytes. V(100000) when it is not given;
                        V(0) leaves it to the host.
                    type: int
                  lifetime_seconds:
                    description:
                      - How long one key may be used, in seconds. V(3600) when it is not given; V(0) leaves
                        it to the host.
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
                  - The name of the rule. Rules of the snap-in have none, so theirs is empty; they are told apart by
                    filter list and filter action.
                  - They can be kept. When one of them changes or goes, the policy is made anew, and each rule needs
                    a name.
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
                      - The key, for O(config.policies[].rules[].authentication[].method=preshared_key).
                      - When it is not given, the key that the rule has on the host stays. The key is
                        never part of a result, a difference, a message or a command line, but Windows
                        stores it in clear text in the registry.
                    type: str
                  authority:
                    description:
                      - The name of the certification authority, for O(config.policies[].rules[].authentication[].method=certificate),
                        in the form C(OU=..., O=..., CN=...).
                    type: str
                  map_to_account:
                    description:
                      - Map certificates to computer accounts. Needs Windows Vista or Server 2008. V(false)
                        when it is not given.
                    type: bool
                  exclude_authority_name:
                    description:
                      - Leave the name of the authority out of the request. Needs Windows Vista or Server
                        2008. V(false) when it is not given.
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
                  - The address of the far end of a tunnel, or V(none) for transport mode. V(none) when
                    it is not given.
                type: str
              enabled:
                description:
                  - Whether the rule applies. V(true) when it is not given.
                type: bool
      assigned:
        description:
          - The policy in force, an empty string for none. The assignment stays as it is when it is not
            given.
          - It may be a policy of any name, and the GUID of one without a name, as M(winsec.ipsec.policies_info) shows them.
          - When a policy is named, its services are made to run and to start automatically, as with M(winsec.ipsec.assignment).
        type: str
  running_config:
    description:
      - 'A saved registry as text, for O(state=parsed): an export (C(.reg)) or what C(reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\IPSec /s)
        printed. Other keys may be in it.'
      - It holds the pre-shared keys of its rules. No result and no message shows it.
    type: str
  src:
    description:
      - 'A file on the controller that has a saved registry, for O(state=parsed): an export in UTF-16, UTF-8 or ANSI,
        what C(reg query) printed, or C(Registry.pol). It is looked for as M(ansible.builtin.copy) looks for its C(src),
        and may be encrypted by Ansible Vault.'
    type: path
  dest:
    description:
      - A file on the controller that gets the script, for O(state=rendered). It has the pre-shared keys, so it is
        for its owner only (mode C(0600)). It is written in one step.
      - Without it there is only RV(rendered), in which keys are hidden.
    type: path
  state:
    description:
      - 'V(merged) changes what is said and keeps the rest: options that are not given stay, filters and
        rules are added to those that are there.'
      - V(replaced) makes the named objects exactly what is said, with defaults for options that are not
        given, and keeps other objects.
      - V(overridden) also removes the objects that are not named. The predefined objects of Windows,
        objects of which netsh cannot be told all (RV(unmanaged)), and what those use, are kept.
      - V(deleted) removes the named objects; only their names count. A policy in force is unassigned
        first.
      - V(parsed) returns the document of a saved registry (O(running_config) or O(src)). A damaged one is refused
        with the line, or the offset in the file.
      - V(rendered) returns the script of C(netsh) that makes the document (O(config)) on a host whose store is empty. A
        document that names objects without having them, or a rule without its pre-shared key, is refused.
    type: str
    choices:
      - merged
      - replaced
      - overridden
      - deleted
      - parsed
      - rendered
    default: merged
  allow_domain_policy:
    description:
      - Assign although the domain assigns a policy to the host, which wins over the local one.
      - Without it such an assignment is refused, because it would have no effect.
    type: bool
    default: false
notes:
  - The options of the guard mean nothing to O(state=parsed) and O(state=rendered), and may be there.
  - A pre-shared key is part of no document that is returned. In RV(before) and RV(after) the option is
    left out, which means that the key stays as it is.
seealso:
  - module: winsec.ipsec.policies_info
  - module: winsec.ipsec.filter_list
  - module: winsec.ipsec.filter_action
  - module: winsec.ipsec.policy
  - module: winsec.ipsec.assignment
"""

EXAMPLES = r"""
---
- name: ESP from the front-end to the back-end
  winsec.ipsec.policies:
    state: replaced
    config:
      filter_lists:
        - name: Exchange back-ends
          filters:
            - source: me
              destination: 10.0.1.20
              protocol: tcp
              destination_port: 80
      filter_actions:
        - name: Require ESP
          action: negotiate
          security_methods:
            - esp_encryption: 3des
              esp_integrity: sha1
              lifetime_kilobytes: 100000
              lifetime_seconds: 900
      policies:
        - name: Exchange front-end
          default_response:
            enabled: true
          rules:
            - name: To the back-ends
              filter_list: Exchange back-ends
              filter_action: Require ESP
              connection_type: lan
      assigned: Exchange front-end

- name: One more back-end, nothing else
  winsec.ipsec.policies:
    state: merged
    config:
      filter_lists:
        - name: Exchange back-ends
          filters:
            - destination: 10.0.1.21
              protocol: tcp
              destination_port: 80

- name: Read what a host has
  winsec.ipsec.policies_info:
  register: saved

- name: Bring it back later
  winsec.ipsec.policies:
    state: overridden
    config: "{{ saved.config }}"

- name: Remove the policy and what belongs to it
  winsec.ipsec.policies:
    state: deleted
    config:
      policies:
        - name: Exchange front-end
      filter_lists:
        - name: Exchange back-ends
      filter_actions:
        - name: Require ESP

- name: Read what somebody exported, without its host
  winsec.ipsec.policies:
    state: parsed
    src: exports/fe1.reg
  register: exported

- name: Write the script that makes the same on a new host, keys included
  winsec.ipsec.policies:
    state: rendered
    config: "{{ exported.parsed }}"
    dest: /root/ipsec/fe1.txt
"""

RETURN = r"""
---
before:
  description: The document of the host before the task.
  returned: when changed, or with C(--diff)
  type: dict
  sample:
    filter_lists:
      - name: Back-ends
        description: ''
        filters:
          - source: me
            destination: 10.0.1.20
            protocol: tcp
            source_port: any
            destination_port: '80'
            mirrored: true
            description: ''
    filter_actions: []
    policies: []
    assigned: ''
after:
  description: 'The document of the host after the task: read from the host, or predicted in check mode.'
  returned: when changed, or with C(--diff)
  type: dict
  sample:
    filter_lists:
      - name: Back-ends
        description: ''
        filters:
          - source: me
            destination: 10.0.1.20
            protocol: tcp
            source_port: any
            destination_port: '80'
            mirrored: true
            description: ''
    filter_actions: []
    policies: []
    assigned: ''
confirmed:
  description: Whether a change of what is in force was confirmed over a new connection. Always V(false)
    without C(confirm_timeout).
  returned: success, unless O(state) needs no host
  type: bool
  sample: false
reverted:
  description: Whether the host took the change back because it was not confirmed.
  returned: failure, when a change was not carried out
  type: bool
  sample: false
parsed:
  description: The document of a saved registry, without pre-shared keys.
  returned: success, with O(state=parsed)
  type: dict
  sample:
    filter_lists: []
    filter_actions: []
    policies: []
    assigned: ''
findings:
  description: What was odd in a saved registry, damage and lines that were left out.
  returned: success, with O(state=parsed)
  type: list
  elements: str
  sample:
    - Line 24 of the registry file has no known form; that was left out.
predefined:
  description: The names of the objects that Windows itself brought along, up to Windows Server 2003,
    under C(filter_lists), C(filter_actions) and C(policies). C(english) has the English names of those
    that go by another one on the host.
  returned: success, with O(state=parsed)
  type: dict
  sample:
    english: {}
    filter_lists:
      - All IP Traffic
    filter_actions:
      - Permit
    policies: []
rendered:
  description:
    - The lines of a script for C(netsh -f), or for the standard input of C(netsh). Pre-shared keys are hidden; O(dest) has them.
    - It is the plan for an empty store, and nobody reads in between. Where something has been made already, C(netsh) refuses single lines.
  returned: success, with O(state=rendered)
  type: list
  elements: str
  sample:
    - ipsec static add filterlist name="Back-ends" description=""
commands:
  description:
    - The commands that ran, or would run in check mode, in their order. Pre-shared keys are hidden.
    - With O(confirm_timeout) the scheduled task that would undo the change, and its removal, are among them.
    - When the task fails or the host is lost, what the host had been told until then.
  returned: always, unless O(state) needs no host
  type: list
  elements: str
  sample:
    - ipsec static add filterlist name="Back-ends" description=""
host:
  description: Facts about the host.
  returned: success, unless O(state) needs no host
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
unmanaged:
  description:
    - Objects of which netsh cannot be told all. They are shown and judged like others; some change of
      them, or any, is refused.
    - They stay with O(state=overridden), unless they are named.
  returned: success, unless O(state=rendered)
  type: list
  elements: dict
  contains:
    kind:
      description: The kind of object.
      returned: success
      type: str
      sample: policy
    name:
      description: Its name as it was read. Its GUID where it has no name, or that of another one.
      returned: success
      type: str
      sample: Standort 1 & 2
    guid:
      description: Its identifier in the store.
      returned: success
      type: str
      sample: '{6f1c1a70-0f3d-4b7c-9a3e-1f5a2d0c9b11}'
    reason:
      description: Why netsh cannot be told all of it.
      returned: success
      type: str
      sample: 'It has a name that netsh cannot be given: expected a text without &.'
    known:
      description: Whether it is known what it does. Where not, it is no part of the document, and whatever
        depends on it is unknown.
      returned: success
      type: bool
      sample: true
    assigned:
      description: Whether it is the policy in force.
      returned: success
      type: bool
      sample: false
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._argspec import SPECS


def main() -> None:
    """Fail: the action of the same name does the work. The sanity tests compare the options above with the spec."""
    module = AnsibleModule(argument_spec=SPECS["policies"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller, with a connection to the Windows host.")


if __name__ == "__main__":
    main()
