# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module deployment; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: deployment
short_description: Work out from flows between groups what each host gets, in rounds that never weaken and never interrupt
version_added: 0.1.0
description:
  - 'Says on the controller what follows from flows such as V(web -> sql tcp/1433: require): for every host and round a
    document for M(winsec.ipsec.policies), the openings of its firewall, what M(winsec.ipsec.flow_check) may expect, and
    which associations prove the round. No host is asked and nothing is changed.'
  - 'Two hosts must agree on authentication, algorithms and key exchange. Such changes are made by overlap: in the round
    C(accept) every host takes what its peers have and what they will have, in the round C(settle) each has the new alone.
    Where a pair required IPsec it goes on requiring it; new pairs ask for IPsec first and require it when both ends have
    it.'
  - Every moment of every pair is judged before anything is returned, with any subset of the hosts done. What no overlap can
    make is refused with the way to make it, or made in the round C(swap), both hosts at once, where O(allow_swap) says so.
  - Messages name the variables of the playbooks C(winsec.ipsec.protect) and C(winsec.ipsec.site), which are the options with
    C(ipsec_) before them.
  - No host may begin a round before all hosts have had the last one. A run that was killed anywhere is simply repeated.
  - How Windows negotiates and falls back is read from its documentation and is to be confirmed on Windows.
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
options:
  flows:
    description:
      - The traffic that IPsec shall protect.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The name of the flow, each once.
        type: str
        required: true
      from:
        description:
          - Who begins the traffic, as names of groups or hosts of the inventory, or as addresses and networks.
          - An address of a host stands for the host. For other addresses only this side is made.
        type: list
        elements: str
        required: true
      to:
        description:
          - Who has the service, in the same words. A host that is on both sides is no pair with itself.
        type: list
        elements: str
        required: true
      ports:
        description:
          - The ports of the service. All ports when they are not given.
        type: list
        elements: str
      protocol:
        description:
          - V(tcp), V(udp), V(icmp), V(any), or the number of an IP protocol.
        type: str
        default: tcp
      level:
        description:
          - V(require) talks with IPsec or not at all.
          - V(request) tries IPsec and falls back to clear text where nobody answers. A deployment may stay at this level.
        type: str
        choices:
          - request
          - require
        default: require
      authentication:
        description:
          - The authentication methods, in order of preference. V(kerberos) alone when they are not given.
          - Two hosts have one list for all their flows.
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
              - The key, for O(flows[].authentication[].method=preshared_key).
              - When it is not given, the key that the rule has on the host stays. The key is
                never part of a result, a difference, a message or a command line, but Windows
                stores it in clear text in the registry.
            type: str
          authority:
            description:
              - The name of the certification authority, for O(flows[].authentication[].method=certificate),
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
          - What is offered to the peer, in order of preference. ESP with V(3des) and V(sha1), renewed after 900 seconds
            or 100000 kilobytes, when they are not given.
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
              - The cipher of ESP, given together with O(flows[].security_methods[].esp_integrity).
                No ESP when it is not given. The policy store has no code for AES.
            type: str
            choices:
              - none
              - des
              - 3des
          esp_integrity:
            description:
              - The hash of ESP, given together with O(flows[].security_methods[].esp_encryption).
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
          - Make new key material for every quick mode.
        type: bool
        default: false
      same_site:
        description:
          - Only hosts with the same O(hosts[].site) are pairs.
        type: bool
        default: false
  hosts:
    description:
      - All hosts of the inventory that have or shall have policies. Those that take no part belong here too.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The name of the host in the inventory.
        type: str
        required: true
      addresses:
        description:
          - The addresses at which its peers reach it, IPv4 and IPv6.
        type: list
        elements: str
      system:
        description:
          - What the host runs.
        type: str
        choices:
          - windows
        default: windows
      engine:
        description:
          - What its policy is kept in.
        type: str
        choices:
          - policy_store
        default: policy_store
      absent:
        description:
          - Why the host takes no part in this run. What others have for it stays as it is, and it is named.
        type: str
        choices:
          - limit
          - unreachable
      info:
        description:
          - What M(winsec.ipsec.policies_info) returned for the host. Needed for every host that takes part.
        type: dict
      translated_addresses:
        description:
          - Those of O(hosts[].addresses) that the host does not have itself, since something on the way translates them, or
            since a cluster or a load balancer lends them.
        type: list
        elements: str
      own_addresses:
        description:
          - The addresses that the host says it has. O(hosts[].addresses) must be among them; others are named, since peers
            that use them talk in clear.
          - The IPv4 addresses that O(hosts[].info) tells when it is not given. What is not known there is not compared,
            and named.
        type: list
        elements: str
      keys_differ:
        description:
          - Whether the pre-shared keys on the host are others than those of O(flows). No document tells; RV(hosts.key_check)
            in check mode does.
        type: bool
        default: false
      site:
        description:
          - The site of the host, for O(flows[].same_site).
        type: str
  groups:
    description:
      - The groups of the inventory with their hosts, C(groups) in a playbook.
    type: dict
    default: {}
  policy_name:
    description:
      - The name of the policy on the hosts. A policy of this name is taken for one that this module made.
    type: str
    default: IPsec flows
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
          - How many quick modes one main mode may make, V(0) for no limit. V(0) when it is not given.
          - Beside O(main_mode.perfect_forward_secrecy) it is always V(1), which C(netsh) sets by itself.
            V(0) counts as V(1) there, and another number is refused.
        type: int
      perfect_forward_secrecy:
        description:
          - Make new key material for every main mode (master key). V(false) when it is not given.
          - O(main_mode.quick_modes) is V(1) then.
        type: bool
  article:
    description:
      - Give names and settings as the roles C(frontend) and C(backend) do, by the names of their variables. The source of
        every flow is a front-end, its destination a back-end, which answers only.
      - An empty mapping takes the defaults of the roles. Without it hosts have a rule for each of their peers.
    type: dict
    suboptions:
      frontend_policy_name:
        description: The name of the policy of front-ends.
        type: str
      frontend_filter_list_name:
        description: The name of their filter list.
        type: str
      frontend_filter_action_name:
        description: The name of their filter action.
        type: str
      frontend_request_filter_action_name:
        description: The name of the filter action of front-ends that do not require security yet.
        type: str
      frontend_accept_unsecured:
        description: Whether front-ends let clear packets in and answer with IPsec. V(true) when it is not given.
        type: bool
      frontend_default_response:
        description: Whether the default response rule of front-ends is active. V(true) when it is not given.
        type: bool
      backend_policy_name:
        description: The name of the policy of back-ends.
        type: str
      backend_filter_list_name:
        description: The name of their filter list.
        type: str
      backend_filter_action_name:
        description: The name of their filter action.
        type: str
  allow_swap:
    description:
      - Changes that no overlap can make and that may be made all the same, both hosts of a pair at once. The traffic
        concerned stands still between the first and the second host, usually for seconds.
      - V(key) is another pre-shared key. V(added_port) is more traffic for a pair that has IPsec, V(removed_port) less of it.
        V(other) is all that is not named.
    type: list
    elements: str
    choices:
      - key
      - perfect_forward_secrecy
      - added_port
      - removed_port
      - other
    default: []
  skip_unreachable:
    description:
      - Whether the rest is done when hosts do not answer. Otherwise that is refused.
    type: bool
    default: false
  leave_refused:
    description:
      - Whether pairs whose change is refused stay as they are, and the rest is done. They are named in RV(left).
    type: bool
    default: false
  remove_unknown_peers:
    description:
      - Whether filters that name no host of the inventory are removed from policies of this module. Otherwise they are
        kept, and named.
    type: bool
    default: false
  replace_policy:
    description:
      - Whether a policy of another name that is in force on a host may be replaced. Otherwise that is refused, since its
        rules would no longer count.
    type: bool
    default: false
  only_look:
    description:
      - Only say what each host should have and where each pair is. Nothing is refused because of the way to get there,
        or because a host has something else now.
    type: bool
    default: false
  serial:
    description:
      - How many hosts change at a time, as numbers or percentages of those that answer, do both or ask; the last one
        counts again and again. The first host is alone when it is not given.
    type: list
    elements: str
    default: ['1', 100%]
  fail:
    description:
      - Whether the task fails when anything is refused.
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
      - It runs on the controller, for hosts with Windows Server 2003 to 2025.
  action:
    details:
      - All of it runs on the controller, without a connection.
seealso:
  - module: winsec.ipsec.policies
  - module: winsec.ipsec.policies_info
  - module: winsec.ipsec.flow_check
  - plugin: winsec.ipsec.with_keys
    plugin_type: filter
"""

EXAMPLES = r"""
---
- name: Read what the hosts have
  winsec.ipsec.policies_info:
  register: found

- name: What follows from the flows
  winsec.ipsec.deployment:
    flows:
      - name: Web to SQL
        from: web
        to: sql
        ports: [1433]
      - name: Copies between the SQL servers
        from: sql
        to: sql
        ports: [5022]
        level: request
    hosts:
      - name: web1
        addresses: [10.0.1.10]
        info: "{{ hostvars['web1'].found }}"
      - name: sql1
        addresses: [10.0.2.10]
        info: "{{ hostvars['sql1'].found }}"
      - name: sql2
        addresses: [10.0.2.11]
        absent: unreachable
    groups: "{{ groups }}"
    skip_unreachable: true
  register: deployment
  run_once: true

- name: First round, accept what the peers have and what they will have
  winsec.ipsec.policies:
    state: replaced
    config: "{{ deployment.hosts[inventory_hostname].documents.accept }}"
  when: "'accept' in deployment.hosts[inventory_hostname].documents"
"""

RETURN = r"""
---
refusals:
  description: What cannot be, in the words of the inventory. With any of them there are no rounds.
  returned: success or failure
  type: list
  elements: str
  sample:
    - web1 and web2 have one address in the inventory, 10.0.1.10. Correct one.
findings:
  description: What is odd about what hosts have, for example rules of one pair with different authentication.
  returned: success or failure
  type: list
  elements: str
left:
  description: With O(leave_refused) the refusals for pairs that stay as they are.
  returned: success or failure
  type: list
  elements: str
left_pairs:
  description: These pairs, each as a list of two hosts.
  returned: success or failure
  type: list
  elements: list
missing:
  description: The hosts of flows that take no part, with the reason.
  returned: success or failure
  type: dict
  sample:
    sql2: unreachable
unknown_peers:
  description: For each host the filters of its policy that name no host of the inventory.
  returned: success or failure
  type: dict
  sample:
    sql1:
      - 10.0.9.9 -> me tcp/1433
rounds:
  description: The rounds in which anything changes, in order.
  returned: success or failure
  type: list
  elements: dict
  contains:
    name:
      description: V(accept), V(settle) or V(swap).
      returned: always
      type: str
      sample: accept
    words:
      description: What the round does, in words.
      returned: always
      type: str
      sample: Every host accepts what its peers have and what they will have
    hosts:
      description: The hosts that change, those that only answer first.
      returned: always
      type: list
      elements: str
    batches:
      description: The same hosts in lists, one after the other, by O(serial).
      returned: always
      type: list
      elements: list
    together:
      description: The pairs that must change at the same time, in the round V(swap).
      returned: always
      type: list
      elements: list
    expect:
      description: What O(winsec.ipsec.flow_check#module:expect) may expect after the round.
      returned: always
      type: list
      elements: str
      sample:
        - 'web1 -> sql1 tcp/1433: secured'
    proof:
      description: The associations that prove the round, each with C(from), C(to), C(traffic), the C(addresses) of both,
        the C(authentication) expected and the C(standing). With C(younger) they must be younger than the round, since it
        changes what the two hosts agree on, with C(main_mode) a main mode must be too. The filter
        P(winsec.ipsec.round_proof#filter) compares them with what the hosts tell.
      returned: always
      type: list
      elements: dict
hosts:
  description: What each host that takes part gets, by its name.
  returned: success or failure
  type: dict
  contains:
    addresses:
      description: Its addresses.
      returned: always
      type: list
      elements: str
    changes:
      description: Whether anything changes on it.
      returned: always
      type: bool
    documents:
      description: Its documents by the names of the rounds, for M(winsec.ipsec.policies) with O(winsec.ipsec.policies#module:state=replaced).
      returned: always
      type: dict
    keyed_rules:
      description: For each round the rules that need a pre-shared key, with the flow that has it, for the filter
        P(winsec.ipsec.with_keys#filter).
      returned: always
      type: dict
    config:
      description: Its document in the end. The rules of C(keyed_rules.config) in it need a key.
      returned: always
      type: dict
    target:
      description: The same for M(winsec.ipsec.policies) with O(winsec.ipsec.policies#module:state=replaced); the
        assignment alone where Windows brought the policy along.
      returned: always
      type: dict
    assigned:
      description: Whether the policy that it has in force is the one of this deployment, by its name.
      returned: always
      type: bool
    key_check:
      description: The rules that it has with a pre-shared key. With the keys of the flows, and with
        O(winsec.ipsec.policies#module:state=merged), this changes something only if O(hosts[].keys_differ).
      returned: always
      type: dict
    leftovers:
      description: What the rounds leave behind, for O(winsec.ipsec.policies#module:state=deleted).
      returned: always
      type: dict
    firewall:
      description: The options of M(winsec.ipsec.firewall) while the rounds go on.
      returned: always
      type: dict
    firewall_after:
      description: The same for afterwards.
      returned: always
      type: dict
    peers:
      description: The hosts that its policy is about.
      returned: always
      type: list
      elements: str
pairs:
  description: Where each flow of each pair stands by the policies, C(now), after each of the C(rounds), and C(then). The words
    are V(clear), V(requested), V(required) and V(cut_off).
  returned: success or failure
  type: list
  elements: dict
  sample:
    - from: web1
      to: sql1
      traffic: tcp/1433
      now: clear
      rounds:
        accept: requested
        settle: required
        swap: required
      then: required
flows:
  description: Every flow between two hosts of the inventory, port by port, as O(winsec.ipsec.proof#module:flows) takes them.
  returned: success or failure
  type: list
  elements: dict
  sample:
    - from: web1
      to: sql1
      protocol: tcp
      port: 1433
      level: require
asking:
  description: The hosts that begin traffic of flows.
  returned: success or failure
  type: list
  elements: str
answering:
  description: The hosts that have the services of flows.
  returned: success or failure
  type: list
  elements: str
divided:
  description: The pairs of which one C(host) takes part and the C(other) does not; C(asks) says that the other one begins
    the traffic.
  returned: success or failure
  type: list
  elements: dict
  sample:
    - host: sql1
      other: web2
      asks: true
expect:
  description: What O(winsec.ipsec.flow_check#module:expect) may expect in the end.
  returned: success or failure
  type: list
  elements: str
network:
  description: What network firewalls on the way let pass, as C(flows) and C(protocols) for the role C(firewall).
  returned: success or failure
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._argspec import SPECS


def main() -> None:
    """Fail: the action of the same name does the work. The sanity tests compare the options above with the spec."""
    module = AnsibleModule(argument_spec=SPECS["deployment"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller.")


if __name__ == "__main__":
    main()
