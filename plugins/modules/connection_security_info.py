# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module connection_security_info; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: connection_security_info
short_description: Read the connection security rules of a Windows host
version_added: 0.1.0
description:
  - Returns the connection security rules of I(Windows Defender Firewall with Advanced Security), its main-mode rules,
    its authentication and crypto sets and its settings, those of the host and those of its group policy.
  - They are read from the registry in one command, so the answer does not depend on the language of the host.
  - What is not sure is null, and RV(unmanaged) says why. Nothing is guessed.
  - Pre-shared keys are not returned.
  - The form of the registry is read from its documentation and was not confirmed on Windows.
  - Names and descriptions are data of the host. Write what is returned into a file that
    P(winsec.ipsec.saved_document#filter) reads, never into one of variables.
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
options:
  query:
    description:
      - A JMESPath expression. Its result is returned as RV(answer).
      - It is evaluated over RV(config), with RV(group_policy) and RV(host) beside the options of the document. Needs
        the Python library C(jmespath) on the controller.
    type: str
attributes:
  check_mode:
    support: full
    details:
      - The module changes nothing.
  diff_mode:
    support: N/A
    details:
      - The module changes nothing.
  platform:
    details:
      - Windows Server 2003 has no connection security rules, and RV(host.supported) says so.
seealso:
  - module: winsec.ipsec.policies_info
"""

EXAMPLES = r"""
---
- name: Read the connection security rules
  winsec.ipsec.connection_security_info:
  register: found

- name: The group policy lets local rules count
  ansible.builtin.assert:
    that: found.host.profiles.domain.local_rules_count

- name: Nothing is in doubt
  ansible.builtin.assert:
    that: found.unmanaged | rejectattr('known') | length == 0

- name: Enabled rules that require protection
  winsec.ipsec.connection_security_info:
    query: rules[?enabled && action=='requireinrequireout'].name
  register: strict
"""

RETURN = r"""
---
config:
  description: The document of the local store. An empty list of a rule stands for any, null for what is not sure.
  returned: success
  type: dict
  contains:
    rules:
      description:
        - The connection security rules. C(endpoint1) is this host, C(endpoint2) the other side.
        - Sets are named by their identifiers under C(first_authentication), C(second_authentication) and
          C(quick_mode); V(default) is the one under C(defaults), an empty text is none.
      returned: success
      type: list
      elements: dict
      sample:
        - id: '{0B0F6C1E-6E0C-4F0C-9C56-0B6B1C0F8001}'
          version: '2.26'
          name: web-backend
          description: ''
          group: ''
          enabled: true
          action: requireinrequireout
          mode: transport
          profiles: []
          interface_types: []
          interfaces: []
          protocol: '6'
          endpoint1: []
          endpoint2:
            - 192.0.2.10
          port1:
            - '80'
          port2: []
          local_tunnel_endpoint: []
          remote_tunnel_endpoint: []
          exempt_protected_connections: false
          apply_authorization: false
          first_authentication: '{5B1C6C2A-3D6B-4C5E-8A0F-2F6E3E9A0001}'
          second_authentication: ''
          quick_mode: default
          key_modules: []
    main_mode_rules:
      description: The main-mode rules. They say how the key exchange between two sets of addresses is protected.
      returned: success
      type: list
      elements: dict
      sample: []
    sets:
      description:
        - The sets under C(first_authentication), C(second_authentication), C(main_mode) and C(quick_mode), each with
          its suites in order of preference.
        - The words are those of C(netsh advfirewall).
      returned: success
      type: dict
      sample:
        first_authentication:
          - id: '{5B1C6C2A-3D6B-4C5E-8A0F-2F6E3E9A0001}'
            version: '2.26'
            name: ''
            description: ''
            group: ''
            suites:
              - method: computerkerb
                authority: null
                intermediate: null
                signature: null
                certificate_mapping: null
                exclude_ca_name: null
                health: null
                criteria: null
                proxy: ''
        second_authentication: []
        main_mode: []
        quick_mode: []
    defaults:
      description:
        - The sets of rules that name none, in the form of RV(config.sets), null where Windows takes the one that is
          built into it, which offers integrity without encryption first.
        - Under C(settings) are those for all rules, null where they are not set.
      returned: success
      type: dict
      sample:
        first_authentication: null
        second_authentication: null
        main_mode: null
        quick_mode: null
        settings:
          idle_seconds: null
          crl_check: null
          exemptions:
            - neighbordiscovery
            - dhcp
          through_nat: never
          key_in_utf8: true
          match_per_key_module: null
          packet_queue: null
          tunnel_computers: null
          tunnel_users: null
          transport_computers: null
          transport_users: null
group_policy:
  description: The document of the group policy, in the form of RV(config). It can be changed in the domain only.
  returned: success
  type: dict
  sample:
    rules: []
    main_mode_rules: []
    sets:
      first_authentication: []
      second_authentication: []
      main_mode: []
      quick_mode: []
    defaults:
      first_authentication: null
      second_authentication: null
      main_mode: null
      quick_mode: null
      settings: {}
answer:
  description: The result of O(query).
  returned: when O(query) is given
  type: raw
  sample:
    - web-backend
host:
  description: Facts about the host.
  returned: success
  type: dict
  contains:
    version:
      description: The version that the host reports.
      returned: success
      type: str
      sample: 10.0.14393
    product:
      description: The product of that version.
      returned: success
      type: str
      sample: Windows Server 2016
    supported:
      description: Whether this Windows has connection security rules.
      returned: success
      type: bool
      sample: true
    why_not:
      description: Why it has none, empty when it has.
      returned: success
      type: str
      sample: ''
    schema:
      description: The version of the rule language that this Windows speaks, empty for none.
      returned: success
      type: str
      sample: '2.26'
    services:
      description: C(MpsSvc), C(BFE) and C(IKEEXT), each with C(running). No rule works without them.
      returned: success
      type: dict
      sample:
        MpsSvc:
          running: true
        BFE:
          running: true
        IKEEXT:
          running: true
    profiles:
      description:
        - The profiles C(domain), C(private) and C(public) of the firewall, without whose being C(on) rules are not
          enforced; null where nothing says so.
        - C(local_rules_count) is false where the group policy lets no local connection security rule count
          (C(AllowLocalIPsecPolicyMerge)).
      returned: success
      type: dict
      sample:
        domain:
          'on': true
          local_rules_count: true
    policy_in_force:
      description: Which policy of I(IP Security Policies) is assigned, that of the host or of its domain; empty for none.
      returned: success
      type: str
      sample: ''
unmanaged:
  description: Objects of which not all is known or can be told to C(netsh), with the reasons.
  returned: success
  type: list
  elements: dict
  contains:
    store:
      description: The store, V(local) or V(group_policy).
      returned: success
      type: str
      sample: local
    kind:
      description: The option of the document that the object belongs to.
      returned: success
      type: str
      sample: rules
    id:
      description: Its identifier.
      returned: success
      type: str
      sample: '{0B0F6C1E-6E0C-4F0C-9C56-0B6B1C0F8001}'
    name:
      description: Its name, empty where it has none.
      returned: success
      type: str
      sample: site-to-site
    known:
      description: Whether it is known all the same what it does.
      returned: success
      type: bool
      sample: false
    reasons:
      description: The option in question, empty for the whole object, the reason, and whether the option is known.
      returned: success
      type: list
      elements: dict
      sample:
        - option: local_tunnel_endpoint
          reason: whether RTunnel is the end of this host or the other one is not known for this form
          known: false
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._argspec import SPECS


def main() -> None:
    """Fail: the action of the same name does the work. The sanity tests compare the options above with the spec."""
    module = AnsibleModule(argument_spec=SPECS["connection_security_info"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller, with a connection to the Windows host.")


if __name__ == "__main__":
    main()
