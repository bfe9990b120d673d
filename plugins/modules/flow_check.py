# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module flow_check; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: flow_check
short_description: Check what IPsec policies and connection security rules do to packets between hosts
version_added: 0.1.0
description:
  - Works out on the controller what becomes of packets between hosts under given policy documents, and compares
    that with expectations. No host is asked, so it runs before a change and in a pipeline.
  - 'The answer is exact: an expectation that holds does so for every packet of its traffic, one that does not comes
    with a packet that shows it and with the deciding rule of each end.'
  - Hosts may have connection security rules instead of a policy, and pairs may be mixed. What no document tells, such
    as which of two equally specific rules wins, makes the outcome V(unknown), with the reason, and no expectation holds
    for it.
  - How Windows ranks filters and rules and how it negotiates is read from its documentation and was not confirmed on
    Windows.
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
options:
  hosts:
    description:
      - The hosts, each with its document. A host without a document has no policy.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The name of the host in O(expect).
        type: str
        required: true
      addresses:
        description:
          - Every address of the host.
        type: list
        elements: str
        required: true
      config:
        description:
          - The document of the policy store of the host, in the shape of O(winsec.ipsec.policies#module:config) and of
            RV(winsec.ipsec.policies_info#module:config).
          - The policy that O(hosts[].config) names as assigned is in force. An empty document is no policy.
          - Pre-shared keys that the document does not tell are taken to fit those of the other end.
        type: dict
      version:
        description:
          - The server product, such as V(2003), V(2008 R2) or V(2025), or the numbers of
            RV(winsec.ipsec.policies_info#module:host.version), such as V(10.0.26100).
        type: str
        default: '2025'
      exemption_level:
        description:
          - The value of C(NoDefaultExempt), from V(0) to V(3). The default of the version when it is not given.
        type: int
      services_running:
        description:
          - Whether the service C(PolicyAgent) runs. Without it no policy is in force.
        type: bool
        default: true
      key_exchange_running:
        description:
          - Whether the service C(IKEEXT) runs, which exists from Windows Vista and Server 2008 on. Without it rules
            that negotiate hold packets.
        type: bool
        default: true
      connection_security:
        description:
          - The connection security rules of the host. Either a document, in the shape of
            O(winsec.ipsec.connection_security#module:config), or what M(winsec.ipsec.connection_security_info) returned,
            whole. That has the rules of the group policy, the services, the profiles with their locks and what is not
            sure about a rule, and all of it counts.
          - A rule of which is not known what it does, a tunnel among them, makes the outcome V(unknown) for all packets
            that it may be about.
          - Sets that nothing is said of are those that Windows has built in, which offer integrity without encryption
            first.
          - It is refused beside a policy in force, since which of the two engines acts is documented nowhere, unless
            O(hosts[].both_engines) is set.
        type: dict
      profile:
        description:
          - The profile of the firewall that is active. Where it is not known, rules for some profiles make the outcome
            V(unknown).
        type: str
        choices:
          - domain
          - private
          - public
      stands_for:
        description:
          - What words in rules and filters stand for on this host, under C(dns), C(wins), C(dhcp), C(defaultgateway)
            (addresses) and C(localsubnet) (networks).
          - Connection security rules with a word that nothing is said of may be about anybody.
        type: dict
        default: {}
      both_engines:
        description:
          - Judge a host with a policy and connection security rules in force, as in the step of a migration. A packet that
            both speak of is V(unknown), unless the policy blocks it or both let it pass.
        type: bool
        default: false
  networks:
    description:
      - Names for hosts without policy, each with an address, a network, a range or a list of these.
      - A network does not stand for the single addresses that have a name of their own. V(any) and V(internet) need
        no definition and are all hosts without a name. No host can have one of these two names.
    type: dict
    default: {}
  expect:
    description:
      - 'What is expected, one line each: V(fe -> be tcp/80: esp). The traffic may be left out, have several protocols
        and ports as in V(tcp+udp/53,88), or be V(icmp) or V(any). Packets come from the ports of clients unless the
        source names others, as in V(fe:88 -> be tcp/80: blocked).'
      - 'The words are V(clear), V(permit) (in clear because a rule says so), V(esp), V(ah), V(ah_esp), V(secured)
        (any of these three), V(upgraded) (protected, or so after first packets in clear, as connection security rules
        that request do it), V(soft) (in clear after IKE got no answer) and V(blocked).'
    type: list
    elements: str
    default: []
  flows:
    description:
      - The traffic that RV(matrix) shows, in the words of O(expect). The traffic of all expectations when it is empty.
    type: list
    elements: str
    default: []
  closed:
    description:
      - What the network between the hosts does not let pass.
    type: list
    elements: str
    choices:
      - ike
      - esp
      - ah
    default: []
  fail:
    description:
      - Whether the task fails when an expectation does not hold.
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
      - It runs on the controller, for documents of Windows Server 2003 to 2025.
  action:
    details:
      - All of it runs on the controller, without a connection.
seealso:
  - module: winsec.ipsec.policies
  - module: winsec.ipsec.policies_info
  - module: winsec.ipsec.connection_security
  - module: winsec.ipsec.connection_security_info
"""

EXAMPLES = r"""
---
- name: What the documents of both ends do
  winsec.ipsec.flow_check:
    hosts:
      - name: fe
        addresses: [10.0.0.10]
        version: '2016'
        config:
          filter_lists:
            - name: Web to the back-end
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
          policies:
            - name: Front-end
              rules:
                - name: To the back-end
                  filter_list: Web to the back-end
                  filter_action: Require ESP
          assigned: Front-end
      - name: be
        addresses: [10.0.1.20]
        version: '2016'
        config: "{{ lookup('ansible.builtin.file', 'be.yml') | ansible.builtin.from_yaml }}"
    networks:
      controller: 10.0.9.9
      domain: [10.0.0.2, 10.0.0.3]
    expect:
      - 'fe -> be tcp/80: esp'
      - 'fe -> domain tcp+udp/88: clear'
      - 'internet -> fe tcp/443: clear'
      - 'controller -> fe tcp/5985-5986: clear'

- name: A host with connection security rules, and one that still has its policy
  winsec.ipsec.flow_check:
    hosts:
      - name: web
        addresses: [10.0.0.10]
        version: '2025'
        connection_security:
          rules:
            - name: To the database
              action: requireinrequireout
              endpoint2: [10.0.1.20]
              protocol: tcp
              port2: [1433]
              first_authentication:
                - method: computerkerb
              quick_mode:
                suites:
                  - esp_encryption: aesgcm256
                  - esp_encryption: 3des
                    esp_integrity: sha1
      - name: db
        addresses: [10.0.1.20]
        version: '2012 R2'
        config: "{{ lookup('ansible.builtin.file', 'db.yml') | ansible.builtin.from_yaml }}"
    expect:
      - 'web -> db tcp/1433: esp'

- name: Read what the hosts have
  winsec.ipsec.policies_info:
  register: found

- name: What it does when a firewall in between stops IKE
  winsec.ipsec.flow_check:
    hosts:
      - name: fe
        addresses: [10.0.0.10]
        version: "{{ hostvars['fe'].found.host.version }}"
        config: "{{ hostvars['fe'].found.config }}"
      - name: be
        addresses: [10.0.1.20]
        version: "{{ hostvars['be'].found.host.version }}"
        config: "{{ hostvars['be'].found.config }}"
    expect:
      - 'fe -> be tcp/80: secured'
    closed: [ike]
    fail: false
  register: behind_the_firewall
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
---
passed:
  description: Whether every expectation holds.
  returned: success or failure
  type: bool
  sample: false
failures:
  description: The expectations that do not hold.
  returned: success or failure
  type: list
  elements: dict
  contains:
    expectation:
      description: The line.
      returned: always
      type: str
      sample: 'fe -> be tcp/80: esp'
    path:
      description: Where it stands.
      returned: always
      type: str
      sample: expect[0]
    expected:
      description: Its word.
      returned: always
      type: str
      sample: esp
    packet:
      description: A packet that does otherwise.
      returned: always
      type: str
      sample: 10.0.0.10:50000 -> 10.0.1.20:80 tcp
    outcome:
      description: What becomes of it, for example V(clear), V(esp), V(upgraded), V(soft_clear), V(blocked_there),
        V(no_answer), V(auth_mismatch) or V(unknown).
      returned: always
      type: str
      sample: no_answer
    why:
      description: The reason in one sentence.
      returned: always
      type: str
      sample: "fe insists on IPsec (Require, rule 'To the back-end'); be has no policy in force: IKE gets no answer."
    here:
      description: What decides at the source, with C(word) (Permit, Block, Respond, Request, Require in, Require,
        unknown), C(policy), C(rule), C(filter_list), C(filter_action), C(filter) and whether that is the C(mirror) of
        the filter. A connection security rule has an C(action) instead of the last ones.
      returned: always
      type: dict
    there:
      description: What decides at the destination.
      returned: always
      type: dict
    agreement:
      description: What both ends agree on, with the key module where connection security rules take part. Empty when
        nothing protects the packet.
      returned: always
      type: str
      sample: ''
matrix:
  description: A row for every pair of ends with at least one host, and for every flow.
  returned: success or failure
  type: list
  elements: dict
  contains:
    from:
      description: The source.
      returned: always
      type: str
      sample: fe
    to:
      description: The destination.
      returned: always
      type: str
      sample: be
    flow:
      description: The traffic.
      returned: always
      type: str
      sample: tcp/80
    outcomes:
      description: Every outcome that packets of the flow have, each with a packet that has it, and like an element
        of RV(failures) from C(outcome) on.
      returned: always
      type: list
      elements: dict
findings:
  description: What the author of the policies should see, for example equally specific filters that do different
    things, filters that never decide, and rules that ask for IPsec where nobody answers.
  returned: success or failure
  type: list
  elements: dict
  contains:
    kind:
      description: The kind of finding, V(equal_rank_overlap), V(shadowed_filter), V(not_mirrored), V(no_answer),
        V(not_known) or V(not_encrypted).
      returned: always
      type: str
      sample: not_mirrored
    host:
      description: The host.
      returned: always
      type: str
      sample: fe
    rule:
      description: The rule.
      returned: always
      type: str
      sample: To the back-end
    packet:
      description: A packet that shows it, empty where none can.
      returned: always
      type: str
      sample: 10.0.1.20:80 -> 10.0.0.10:50000 tcp
    sentence:
      description: The finding in words.
      returned: always
      type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._argspec import SPECS


def main() -> None:
    """Fail: the action of the same name does the work. The sanity tests compare the options above with the spec."""
    module = AnsibleModule(argument_spec=SPECS["flow_check"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller.")


if __name__ == "__main__":
    main()
