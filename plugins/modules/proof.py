# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module proof; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: proof
short_description: Prove that IPsec protects the way from front-ends to back-ends
version_added: 0.1.0
description:
  - Judges on the controller what other modules collected about a deployment, and answers with checks. No host is asked.
  - A check passes only on evidence. Where the evidence is missing it is unproven, and says what is missing.
  - A check that fails names its likely causes in the order in which a person should look, each with what speaks for it and
    with what helps.
  - The playbook C(winsec.ipsec.verify) collects everything and calls this module.
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
options:
  title:
    description:
      - The title of the proof.
    type: str
    default: IPsec between front-ends and back-ends
  hosts:
    description:
      - The front-ends and back-ends, or the hosts of O(flows). Leave out of each what could not be collected.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The name of the host.
        type: str
        required: true
      role:
        description:
          - Its part. Front-ends talk to back-ends, and V(other) is for the hosts of O(flows).
        type: str
        choices:
          - front-end
          - back-end
          - other
        required: true
      address:
        description:
          - The address at which its peers reach it, as the policies name it.
        type: str
      addresses:
        description:
          - The same where it has several.
        type: list
        elements: str
      info:
        description:
          - What M(winsec.ipsec.policies_info) returned. Without it the host counts as one that could not be read.
        type: dict
      wanted:
        description:
          - The document that the host should have, such as RV(winsec.ipsec.policies#module:after) in check mode.
          - What both ends would agree on with these documents is what the associations are compared with.
        type: dict
      commands:
        description:
          - What separates the host from that, such as RV(winsec.ipsec.policies#module:commands) in check mode.
        type: list
        elements: str
      openings:
        description:
          - What its firewall lacks, such as RV(winsec.ipsec.firewall#module:commands) in check mode.
        type: list
        elements: str
      associations_before:
        description:
          - What M(winsec.ipsec.sa_info) returned before the sessions.
        type: dict
      associations:
        description:
          - What M(winsec.ipsec.sa_info) returned after the sessions.
        type: dict
  ports:
    description:
      - The TCP ports of the back-ends that are protected.
    type: list
    elements: int
    default: [80]
  flows:
    description:
      - The traffic that should be protected, as RV(winsec.ipsec.deployment#module:flows). From every front-end to O(ports)
        of every back-end when it is not given.
    type: list
    elements: dict
    suboptions:
      from:
        description:
          - The name of the host that begins it.
        type: str
        required: true
      to:
        description:
          - The name of the host that has the service.
        type: str
        required: true
      protocol:
        description:
          - The protocol, as O(winsec.ipsec.deployment#module:flows[].protocol).
        type: str
        default: tcp
      port:
        description:
          - The port of the service. All ports when it is not given.
        type: int
      level:
        description:
          - V(require) lets the check fail when clear text is possible. With V(request) it says where the flow is.
        type: str
        choices:
          - request
          - require
        default: require
  firewalls:
    description:
      - The network firewalls.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - The name of the firewall.
        type: str
        required: true
      between:
        description:
          - The hosts between which it stands. All of them when it is not given.
        type: list
        elements: str
      openings:
        description:
          - What it should let through, for the report.
        type: list
        elements: str
      commands:
        description:
          - What it lacks. Leave it out when nobody looked.
        type: list
        elements: str
  sessions:
    description:
      - What RV(winsec.ipsec.session_check#module:sessions) says became of sessions with the back-ends.
      - Each needs C(name), C(protocol), C(backend) (the name of the host), C(service_port) (the TCP port of the back-end
        that is talked to, whatever port the client uses) and C(outcome).
      - With C(frontend), the name of a host, it went through that front-end. Without, it was clear text straight to
        the back-end, and C(source) is the address that it came from. What should become of it is worked out from the policies.
    type: list
    elements: dict
    default: []
  expect:
    description:
      - What else must hold, above all what must stay clear, as O(winsec.ipsec.flow_check#module:expect).
    type: list
    elements: str
    default: []
  networks:
    description:
      - Names for other ends, as O(winsec.ipsec.flow_check#module:networks).
    type: dict
    default: {}
  findings:
    description:
      - What RV(winsec.ipsec.audit#module:findings) says, for the report.
    type: list
    elements: dict
    default: []
  unproven:
    description:
      - Whether checks without evidence let the task fail too.
    type: str
    choices:
      - report
      - fail
    default: report
  fail:
    description:
      - Whether the task fails when a check fails. A playbook that writes a report first sets this to V(false).
    type: bool
    default: true
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
      - It runs on the controller, for what was collected from Windows Server 2003 to 2025.
  action:
    details:
      - All of it runs on the controller, without a connection.
seealso:
  - module: winsec.ipsec.sa_info
  - module: winsec.ipsec.session_check
  - module: winsec.ipsec.audit
  - module: winsec.ipsec.report
"""

EXAMPLES = r"""
---
- name: Judge what was collected
  winsec.ipsec.proof:
    hosts:
      - name: fe1
        role: front-end
        address: 10.0.0.10
        info: "{{ hostvars.fe1.found }}"
        associations: "{{ hostvars.fe1.associations }}"
      - name: be1
        role: back-end
        address: 10.0.1.20
        info: "{{ hostvars.be1.found }}"
        associations: "{{ hostvars.be1.associations }}"
    networks:
      internet: 203.0.113.0/24
    expect:
      - 'internet -> fe1 tcp/443: clear'
    fail: false
  register: proven
"""

RETURN = r"""
---
proof:
  description: Everything for M(winsec.ipsec.report).
  returned: success
  type: dict
  sample:
    title: IPsec between front-ends and back-ends
    made: '2026-11-25T04:20:00Z'
checks:
  description: Every check.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: What is checked and where.
      returned: success
      type: str
      sample: association.fe1.be1.80
    subject:
      description: The host, the flow or the expectation.
      returned: success
      type: str
      sample: fe1 -> be1 tcp/80
    title:
      description: What should be.
      returned: success
      type: str
      sample: An association with the specified algorithms exists
    outcome:
      description: V(passed), V(failed), or V(unproven) where the evidence is missing.
      returned: success
      type: str
      sample: passed
    evidence:
      description: What the answer rests on, or what is missing.
      returned: success
      type: str
      sample: ESP[3des,sha1], told by fe1, be1.
    causes:
      description: The likely causes of a failure, as RV(causes).
      returned: success
      type: list
      elements: dict
      sample: []
counts:
  description: How many checks C(passed), C(failed) and are C(unproven).
  returned: success
  type: dict
  sample:
    passed: 24
    failed: 0
    unproven: 2
causes:
  description: The causes of all failures, each once, the first one first.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: What kind of cause it is.
      returned: success
      type: str
      sample: service_stopped
    subject:
      description: Where.
      returned: success
      type: str
      sample: be1
    cause:
      description: What is wrong.
      returned: success
      type: str
      sample: The service PolicyAgent of be1 does not run.
    evidence:
      description: What speaks for it.
      returned: success
      type: str
      sample: sc query says that PolicyAgent is not in the state RUNNING.
    remedy:
      description: What helps.
      returned: success
      type: str
      sample: 'Start it: sc start PolicyAgent. Look at the system event log if it stops again.'
summary:
  description: The counts, what does not pass and the likely causes, for people.
  returned: success
  type: str
  sample: 24 passed, 0 failed, 2 unproven
passed:
  description: Whether no check failed.
  returned: success
  type: bool
  sample: true
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._argspec import SPECS


def main() -> None:
    """Fail: the action of the same name does the work. The sanity tests compare the options above with the spec."""
    module = AnsibleModule(argument_spec=SPECS["proof"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller, without a connection.")


if __name__ == "__main__":
    main()
