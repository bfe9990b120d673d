# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module report; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: report
short_description: Write a proof as a page for people, as JUnit XML and as JSON
version_added: 0.1.0
description:
  - Writes what M(winsec.ipsec.proof) found into a folder on the controller.
  - C(index.html) is one page that fetches nothing. It has a drawing of the hosts and flows, the flow matrix, the checks with their
    causes, the associations, weak cryptography with its waivers, and the policy of each host in the words of the snap-in.
  - C(junit.xml) has a test case for each check, for the pipelines that understand it. What is unproven counts as skipped there.
  - C(report.json) has everything, also what a page of many hosts leaves out.
  - The same proof gives the same files, byte for byte.
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
options:
  proof:
    description:
      - The proof, as RV(winsec.ipsec.proof#module:proof).
    type: dict
    required: true
    suboptions:
      title:
        description:
          - The title.
        type: str
        required: true
      made:
        description:
          - When it was made, in UTC, such as V(2026-11-25T04:20:00Z).
        type: str
        required: true
      hosts:
        description:
          - The hosts with their policies and associations.
        type: list
        elements: dict
      firewalls:
        description:
          - The network firewalls.
        type: list
        elements: dict
      flows:
        description:
          - What becomes of the flows.
        type: list
        elements: dict
      checks:
        description:
          - The checks.
        type: list
        elements: dict
      findings:
        description:
          - What is weak, as RV(winsec.ipsec.audit#module:findings).
        type: list
        elements: dict
  folder:
    description:
      - The folder on the controller. It is made when it is not there.
    type: path
    required: true
attributes:
  platform:
    platforms: all
    details:
      - It runs on the controller.
  action:
    details:
      - All of it runs on the controller, without a connection.
seealso:
  - module: winsec.ipsec.proof
"""

EXAMPLES = r"""
---
- name: Write the report
  winsec.ipsec.report:
    proof: "{{ proven.proof }}"
    folder: build/report
"""

RETURN = r"""
---
page:
  description: The path of the page.
  returned: success
  type: str
  sample: /srv/ipsec/report/index.html
data:
  description: The path of the JSON file.
  returned: success
  type: str
  sample: /srv/ipsec/report/report.json
junit:
  description: The path of the JUnit file.
  returned: success
  type: str
  sample: /srv/ipsec/report/junit.xml
outcome:
  description: V(failed), V(unproven) or V(passed), the worst that a check has; V(unproven) without checks.
  returned: success
  type: str
  sample: passed
verdict:
  description: The same as a sentence.
  returned: success
  type: str
  sample: 'Proven: all 24 checks passed.'
counts:
  description: How many checks, flows, hosts and findings there are, by what became of them.
  returned: success
  type: dict
  sample:
    passed: 24
    failed: 0
    unproven: 0
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._argspec import SPECS


def main() -> None:
    """Fail: the action of the same name does the work. The sanity tests compare the options above with the spec."""
    module = AnsibleModule(argument_spec=SPECS["report"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller, without a connection.")


if __name__ == "__main__":
    main()
