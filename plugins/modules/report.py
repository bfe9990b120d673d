# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module report; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: report
short_description: Write the report of an IPsec proof
version_added: 0.1.0
description:
  - Writes a proof as a page for people (C(index.html)), as data for programs (C(report.json)) and as test results for
    pipelines (C(junit.xml)) into a folder on the controller. No host is asked.
  - The page is one file. It loads nothing, runs no script, and can be printed.
  - The same proof gives the same files, byte for byte.
  - 'A pre-shared key that a document holds is in none of the files.'
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
options:
  proof:
    description:
      - What was found and checked. Keys that are not listed here are refused.
    type: dict
    required: true
    suboptions:
      title:
        description:
          - The title of the report.
        type: str
        required: true
      made:
        description:
          - When the proof was made, in UTC, such as V(2026-11-25T04:20:00Z).
        type: str
        required: true
      hosts:
        description:
          - 'The hosts. Each has C(name) and C(role), one of V(front-end), V(back-end), V(firewall),
            V(domain controller), V(controller) and V(other).'
          - 'It may have C(addresses), C(product), C(version), C(services) (by name, with C(running) and C(automatic)),
            C(assigned), C(effective), C(why_not), C(domain_policy), C(exemption_level), C(drift) (lines of text),
            C(config) (as RV(winsec.ipsec.policies_info#module:config)) and C(associations).'
          - 'C(associations) may have C(known), C(reason), C(source) (V(cim), V(events) or V(none)), C(main_mode) (with
            C(local), C(peer), C(encryption), C(integrity), C(dh_group), C(key_module)), C(quick_mode) (with C(local),
            C(peer), C(protocol), C(local_port), C(peer_port), C(ah_integrity), C(esp_encryption), C(esp_integrity),
            C(pfs)), C(counters) (numbers by name) and C(clock) (with C(utc) and C(skew_seconds)). Null is what the
            host does not tell.'
        type: list
        elements: dict
      firewalls:
        description:
          - The firewalls between hosts, each with C(name), C(between) (names of hosts or networks) and C(openings)
            (lines of text).
        type: list
        elements: dict
      flows:
        description:
          - 'The flows. Each has C(source) and C(destination), which are names of hosts or of networks, and C(outcome),
            one of V(protected), V(clear), V(permitted), V(blocked), V(falls back), V(fails) and V(unknown).'
          - 'It may have C(protocol), C(port), C(expected), C(algorithms), C(sentence), C(rules) (with C(source) and
            C(destination)) and C(proven), one of V(associations), V(session), V(analysis) and V(unproven).'
        type: list
        elements: dict
      checks:
        description:
          - 'The checks. Each has C(id), C(title) and C(outcome), one of V(passed), V(failed) and V(unproven).'
          - It may have C(subject), C(evidence) and C(causes), the most likely first, each with C(cause),
            C(evidence) and C(remedy).
        type: list
        elements: dict
      findings:
        description:
          - 'What is to be seen in the policies. Each has C(id), C(severity), one of V(high), V(medium), V(low) and
            V(info), and C(text).'
          - It may have C(host), C(path), C(reference) and C(waiver) with C(reason) and C(until), the last day, such as
            V(2026-12-31). A waiver whose last day is before the proof counts no more.
        type: list
        elements: dict
  folder:
    description:
      - The folder on the controller. It is made when it is not there. Other files in it stay as they are.
    type: path
    required: true
attributes:
  diff_mode:
    details:
      - The files are named, their contents are not shown.
  platform:
    platforms: all
    details:
      - It runs on the controller.
  action:
    details:
      - All of it runs on the controller, without a connection.
seealso:
  - module: winsec.ipsec.flow_check
  - module: winsec.ipsec.policies_info
"""

EXAMPLES = r"""
---
- name: Read what the front-end has
  winsec.ipsec.policies_info:
  register: found

- name: Write the report
  winsec.ipsec.report:
    folder: build/report
    proof:
      title: Exchange front-ends and back-ends
      made: '2026-11-25T04:20:00Z'
      hosts:
        - name: fe1
          role: front-end
          addresses: [10.0.0.10]
          product: "{{ found.host.product }}"
          services: "{{ found.host.services }}"
          assigned: "{{ found.config.assigned }}"
          effective: true
          config: "{{ found.config }}"
        - name: be1
          role: back-end
          addresses: [10.0.1.20]
      flows:
        - source: fe1
          destination: be1
          protocol: tcp
          port: 80
          expected: esp
          outcome: protected
          proven: analysis
      checks:
        - id: flow-fe1-be1-80
          subject: fe1
          title: fe1 reaches be1 tcp/80 under ESP
          outcome: unproven
          evidence: Only the policies were looked at.
"""

RETURN = r"""
---
page:
  description: The path of the page.
  returned: success
  type: str
  sample: /srv/ipsec/build/report/index.html
data:
  description: The path of the data.
  returned: success
  type: str
  sample: /srv/ipsec/build/report/report.json
junit:
  description: The path of the test results.
  returned: success
  type: str
  sample: /srv/ipsec/build/report/junit.xml
outcome:
  description: V(failed) when a check failed, V(unproven) when one is unproven or nothing was checked, else V(passed).
  returned: success
  type: str
  sample: unproven
verdict:
  description: The sentence at the top of the page.
  returned: success
  type: str
  sample: 'Not fully proven: 1 of 1 check unproven, 0 passed, none failed.'
counts:
  description: Numbers of checks, hosts, findings and flows.
  returned: success
  type: dict
  contains:
    passed:
      description: Checks that passed.
      returned: success
      type: int
      sample: 0
    failed:
      description: Checks that failed.
      returned: success
      type: int
      sample: 0
    unproven:
      description: Checks that could not be proven.
      returned: success
      type: int
      sample: 1
    hosts:
      description: Hosts.
      returned: success
      type: int
      sample: 2
    drifted:
      description: Hosts that differ from what was declared.
      returned: success
      type: int
      sample: 0
    findings:
      description: Findings without a waiver that counts.
      returned: success
      type: int
      sample: 0
    waived:
      description: Findings with one.
      returned: success
      type: int
      sample: 0
    flows:
      description: Flows by outcome.
      returned: success
      type: dict
      sample:
        fails: 0
        falls_back: 0
        unknown: 0
        blocked: 0
        clear: 0
        permitted: 0
        protected: 1
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._argspec import SPECS


def main() -> None:
    """Fail: the action of the same name does the work. The sanity tests compare the options above with the spec."""
    module = AnsibleModule(argument_spec=SPECS["report"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller.")


if __name__ == "__main__":
    main()
