# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module assignment; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: assignment
short_description: Assign an IPsec policy on a Windows host
version_added: 0.1.0
description:
  - Puts a policy of the local store in force, or none.
  - 'When a policy is assigned, the service C(PolicyAgent), and C(IKEEXT) where it exists, are made to
    run and to start automatically: without them a policy does nothing.'
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
  - winsec.ipsec.confirm
  - winsec.ipsec.guard
options:
  name:
    description:
      - The policy. Required for O(state=assigned), unless O(guid) names it.
      - With O(state=unassigned) only this policy is taken out of force; without it whichever is in force.
      - It may be any name that the host shows, also one that netsh cannot be told.
    type: str
  guid:
    description:
      - The policy by its GUID, in braces, instead of O(name). M(winsec.ipsec.policies_info) lists the GUIDs
        of policies that have no name of their own, or that cannot be read.
    type: str
  state:
    description:
      - Whether the policy is in force.
    type: str
    choices:
      - assigned
      - unassigned
    default: assigned
  allow_domain_policy:
    description:
      - Assign although the domain assigns a policy to the host, which wins over the local one.
      - Without it such an assignment is refused, because it would have no effect.
    type: bool
    default: false
notes:
  - 'One policy is in force at a time: assigning one unassigns the other in the same command.'
  - A policy that is assigned by the domain wins over the local one.
seealso:
  - module: winsec.ipsec.policy
  - module: winsec.ipsec.policies
"""

EXAMPLES = r"""
---
- name: The back-end answers whoever asks for IPsec
  winsec.ipsec.assignment:
    name: Client (Respond Only)

- name: Require security, but go back if that locks the controller out
  winsec.ipsec.assignment:
    name: Exchange front-end
    confirm_timeout: 120

- name: The policy that was there before, whatever its name is
  winsec.ipsec.assignment:
    guid: '{0a1b2c3d-4e5f-4a6b-8c7d-112233445588}'

- name: No policy in force
  winsec.ipsec.assignment:
    state: unassigned
"""

RETURN = r"""
---
before:
  description: C(assigned), the name of the policy in force, empty for none, before the task.
  returned: when changed, or with C(--diff)
  type: dict
  sample:
    assigned: Client (Respond Only)
after:
  description: 'C(assigned), the name of the policy in force, empty for none, after the task: read from
    the host, or predicted in check mode.'
  returned: when changed, or with C(--diff)
  type: dict
  sample:
    assigned: Client (Respond Only)
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
    - ipsec static set policy name="Client (Respond Only)" assign=yes
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
    module = AnsibleModule(argument_spec=SPECS["assignment"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller, with a connection to the Windows host.")


if __name__ == "__main__":
    main()
