# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module policies_info; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: policies_info
short_description: Read the IPsec policy store of a Windows host
version_added: 0.1.0
description:
  - Returns everything in the local IPsec policy store as a document that M(winsec.ipsec.policies) accepts
    back, and facts about the host.
  - The store is read from the registry, so the answer does not depend on the language of the host.
  - Names and descriptions are data of the host. What its console prints neither as UTF-8 nor in its OEM code page is shown as U+FFFD, control characters too;
    fed back, it changes nothing. Write what is returned into a file that P(winsec.ipsec.saved_document#filter) reads, never into one of
    variables.
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
options:
  query:
    description:
      - A JMESPath expression. Its result is returned as RV(answer).
      - It is evaluated over RV(config), with RV(host) beside the options of the document. Needs the Python
        library C(jmespath) on the controller.
    type: str
attributes:
  diff_mode:
    support: N/A
    details:
      - The module changes nothing.
seealso:
  - module: winsec.ipsec.policies
"""

EXAMPLES = r"""
---
- name: Read what the host has
  winsec.ipsec.policies_info:
  register: found

- name: A filter list names the back-end's web port
  winsec.ipsec.policies_info:
    query: filter_lists[].filters[?destination_port=='80'].destination | []
  register: protected
  failed_when: "'10.0.1.20' not in protected.answer"
"""

RETURN = r"""
---
config:
  description: The document of the host.
  returned: success
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
answer:
  description: The result of O(query).
  returned: when O(query) is given
  type: raw
  sample:
    - 10.0.1.20
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
predefined:
  description: The names of the objects that Windows itself brought along, up to Windows Server 2003,
    under C(filter_lists), C(filter_actions) and C(policies). C(english) has the English names of those
    that go by another one on the host.
  returned: success
  type: dict
  sample:
    english: {}
    filter_lists:
      - All IP Traffic
    filter_actions:
      - Permit
    policies:
      - Client (Respond Only)
unmanaged:
  description:
    - Objects of which netsh cannot be told all. They are shown and judged like others; some change of
      them, or any, is refused.
    - They stay with O(winsec.ipsec.policies#module:state=overridden), unless they are named.
  returned: success
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
    module = AnsibleModule(argument_spec=SPECS["policies_info"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller, with a connection to the Windows host.")


if __name__ == "__main__":
    main()
