# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module audit; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: audit
short_description: Find weak cryptography, secrets and exceptions in IPsec policy documents
version_added: 0.1.0
description:
  - Looks through policy documents on the controller for what is weak or too generous, says where it is and which
    public document says so, and takes dated waivers for what is accepted for now. No host is asked.
  - The policy store itself can express nothing stronger than 3DES, SHA-1 and 2048-bit Diffie-Hellman, which is a
    finding of its own.
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
options:
  hosts:
    description:
      - The hosts, each with its document.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The name of the host in the findings.
        type: str
        required: true
      config:
        description:
          - The document of the host, in the shape of O(winsec.ipsec.policies#module:config) and of
            RV(winsec.ipsec.policies_info#module:config).
          - A document from a host tells no pre-shared keys. Where your own documents hold them, they are compared
            with each other, and shown nowhere.
          - Findings about what is not in force have the severity V(low) at most.
        type: dict
      version:
        description:
          - The server product, such as V(2003), V(2008 R2) or V(2025), or the numbers of
            RV(winsec.ipsec.policies_info#module:host.version), such as V(10.0.26100).
        type: str
        default: '2025'
      exemption_level:
        description:
          - The value of C(NoDefaultExempt), from V(0) to V(3), as in
            RV(winsec.ipsec.policies_info#module:host.exemption_level). The default of the version when it is not
            given.
        type: int
  waivers:
    description:
      - Findings that are accepted. A waiver counts to the end of its last day, in UTC. One that has ended, and one that
        speaks of nothing that was found, are findings themselves.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description:
          - The RV(findings[].id) that is accepted.
        type: str
        required: true
      host:
        description:
          - The host of the findings, all when it is not given.
        type: str
      path:
        description:
          - The RV(findings[].path) or one above it, such as V(filter_actions['Require ESP']). All when it is not given.
        type: str
      reason:
        description:
          - Why it is accepted.
        type: str
        required: true
      until:
        description:
          - The last day, as in V(2027-01-31).
        type: str
        required: true
  fail_on:
    description:
      - The task fails when open findings have this severity or a worse one. V(never) only reports.
    type: str
    choices:
      - high
      - medium
      - low
      - info
      - never
    default: high
  scope:
    description:
      - V(store) looks at the whole document, V(in_force) only at what the assigned policy makes of it.
      - Windows up to Server 2003 brings policies along that are full of weak methods and that nobody assigns.
    type: str
    choices:
      - store
      - in_force
    default: store
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
    platforms: all
    details:
      - It runs on the controller, for documents of Windows Server 2003 to 2025.
  action:
    details:
      - All of it runs on the controller, without a connection.
seealso:
  - module: winsec.ipsec.policies
  - module: winsec.ipsec.policies_info
  - module: winsec.ipsec.flow_check
"""

EXAMPLES = r"""
---
- name: Read what the host has
  winsec.ipsec.policies_info:
  register: found

- name: Nothing in it is worse than what was accepted
  winsec.ipsec.audit:
    hosts:
      - name: "{{ inventory_hostname }}"
        version: "{{ found.host.version }}"
        exemption_level: "{{ found.host.exemption_level }}"
        config: "{{ found.config }}"
    fail_on: medium
    waivers:
      - id: fallback_to_clear
        path: filter_actions['Request ESP']
        reason: The back-ends get their policy in the second week of January
        until: '2027-01-31'
"""

RETURN = r"""
---
passed:
  description: Whether no open finding reaches O(fail_on).
  returned: always
  type: bool
  sample: false
findings:
  description: The findings, the worst first.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: What it is about, in a word that waivers name.
      returned: always
      type: str
      sample: des
    severity:
      description: V(high), V(medium), V(low) or V(info).
      returned: always
      type: str
      sample: high
    host:
      description: The host, empty for findings about waivers.
      returned: always
      type: str
      sample: fe
    path:
      description: The option in the document of the host, or of the task.
      returned: always
      type: str
      sample: filter_actions['Require ESP'].security_methods[1].esp_encryption
    text:
      description: What is weak, and what to do.
      returned: always
      type: str
      sample: 'DES keys of 56 bits are found by trying: use 3des.'
    reference:
      description: A public document that says so, empty for findings about waivers.
      returned: always
      type: str
      sample: RFC 8221; RFC 8247
    waiver:
      description: The RV(findings[].waiver.reason) and the RV(findings[].waiver.until) of the waiver that counts, null
        when the finding is open.
      returned: always
      type: dict
      contains:
        reason:
          description: Why it is accepted.
          returned: when the finding is waived
          type: str
          sample: The back-ends get their policy in the second week of January
        until:
          description: The last day.
          returned: when the finding is waived
          type: str
          sample: '2027-01-31'
open:
  description: How many findings are open, by severity.
  returned: always
  type: dict
  sample:
    high: 1
    medium: 0
    low: 2
    info: 1
waived:
  description: How many findings are waived.
  returned: always
  type: int
  sample: 1
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._argspec import SPECS


def main() -> None:
    """Fail: the action of the same name does the work. The sanity tests compare the options above with the spec."""
    module = AnsibleModule(argument_spec=SPECS["audit"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller.")


if __name__ == "__main__":
    main()
