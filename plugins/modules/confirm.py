# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module confirm; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: confirm
short_description: Ask a Windows host which statements about Windows hold there
version_added: 0.1.0
description:
  - Asks a host that may be touched what this collection believes about Windows, compares the answers and the bytes with what it
    expects, and says what is confirmed, what differs and what was not asked.
  - Makes policies that are never assigned, filter lists, filter actions, disabled rules of the firewall and of connection
    security, a scheduled task that does nothing within a day, and one key of its own in the registry. Their names begin
    with C(winsec-confirm-).
  - Removes all of it, after a failure too. A run that is killed leaves what it made; all of it sleeps, and the next run removes it first.
    The store is compared before and after.
  - Refuses a host on which a policy is in force, unless O(allow_policy_in_force) says otherwise.
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
options:
  folder:
    description:
      - The folder on the controller into which the bundle is written, as C(confirm-HOST.json).
      - A bundle holds versions, answers and bytes. It has no names of the host's own objects, no addresses, no users and no keys.
      - Without it no bundle is written.
    type: path
  allow_policy_in_force:
    description:
      - Whether a host may be asked on which a local policy, or one of the domain, is in force. The run assigns nothing there either.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    details:
      - Says whether the host would be refused and what an earlier run has left. What is not made cannot be compared, so no check is asked.
  diff_mode:
    support: none
    details:
      - The host has afterwards what it had before.
  idempotent:
    support: full
    details:
      - C(changed) is false when the host has what it had before.
  action:
    details:
      - The host needs neither Python nor PowerShell modules, only C(netsh), C(reg), C(sc) and C(schtasks).
seealso:
  - module: winsec.ipsec.policies_info
"""

EXAMPLES = r"""
---
- name: Ask a host that may be touched
  winsec.ipsec.confirm:
    folder: build/confirm
  register: confirmed

- name: Show what came out
  ansible.builtin.debug:
    var: confirmed.table
"""

RETURN = r"""
---
counts:
  description: How many checks are confirmed, differ, and were not asked.
  returned: success
  type: dict
  sample:
    confirmed: 45
    differs: 1
    not_asked: 60
checks:
  description: Every check of the ledger with what became of it.
  returned: success
  type: list
  elements: dict
  contains:
    check:
      description: The name of the check.
      returned: success
      type: str
      sample: object.rule
    state:
      description: V(confirmed), V(differs) or V(not_asked).
      returned: success
      type: str
      sample: confirmed
    reason:
      description: Why it was not asked, empty when it was.
      returned: success
      type: str
      sample: ''
    points:
      description:
        - What was asked, each with C(about) (ids of statements in the ledger), C(what), C(state), C(expected), C(seen) and C(reason).
      returned: success
      type: list
      elements: dict
table:
  description: The same for people, as lines, and what to do next.
  returned: success
  type: list
  elements: str
version:
  description: The version of Windows.
  returned: success
  type: str
  sample: 10.0.14393
bundle:
  description: The path of the bundle.
  returned: when O(folder) is given, outside check mode
  type: str
  sample: build/confirm/confirm-fe1.json
left_behind:
  description: What could not be removed, for people.
  returned: success
  type: list
  elements: str
  sample: []
removed_first:
  description: What an earlier run had left and this one removed.
  returned: success
  type: list
  elements: str
  sample: []
store_as_before:
  description: Whether the policy store is as it was before.
  returned: success
  type: bool
  sample: true
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._argspec import SPECS


def main() -> None:
    """Fail: the action of the same name does the work. The sanity tests compare the options above with the spec."""
    module = AnsibleModule(argument_spec=SPECS["confirm"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller, with a connection to the Windows host.")


if __name__ == "__main__":
    main()
