# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module connection_security_rule; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: connection_security_rule
short_description: Keep one connection security rule of a Windows host
version_added: 0.1.0
description:
  - Makes a connection security rule of I(Windows Defender Firewall with Advanced Security) present or absent, as
    M(winsec.ipsec.connection_security) does with many.
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
  - winsec.ipsec.guard
options:
  name:
    description:
      - The name of the rule, by which C(netsh) finds it. Names are compared without letter case.
      - 'A name that several rules of the host have is refused: C(netsh) would reach all of them.'
    type: str
    required: true
  description:
    description:
      - A remark about the rule.
    type: str
  enabled:
    description:
      - Whether the rule is in force. V(true) for a new rule when it is not given.
    type: bool
  action:
    description:
      - What the rule asks for. Required for a new rule.
      - V(requireinrequireout) drops what is not protected, in both directions.
      - V(requireinrequestout) drops what comes in unprotected, and asks for protection of what goes out.
      - V(requestinrequestout) asks for protection and lets everything pass. The first packets go in clear at once.
      - V(noauthentication) exempts its packets. V(requireinclearout) is for tunnels, from Windows Server 2008 R2 on.
    type: str
    choices:
      - requireinrequireout
      - requireinrequestout
      - requestinrequestout
      - noauthentication
      - requireinclearout
  mode:
    description:
      - Whether packets are protected between their ends or in a tunnel. V(transport) when it is not given.
    type: str
    choices:
      - transport
      - tunnel
  profiles:
    description:
      - 'The network profiles in which the rule counts: V(domain), V(private) and V(public), or V(any). V(any) when
        they are not given.'
    type: list
    elements: str
  interface_types:
    description:
      - The type of interfaces, V(lan), V(wireless) or V(ras), or V(any). V(any) when it is not given. Not beside
        addresses in C(endpoint1).
    type: list
    elements: str
  protocol:
    description:
      - 'The protocol: V(any), V(tcp), V(udp), V(icmpv4), V(icmpv6) or a number from 0 to 255. V(any) when it is not
        given.'
    type: str
  endpoint1:
    description:
      - 'The addresses of this host: V(any), addresses, networks and ranges. V(any) when they are not given.'
      - The words V(localsubnet), V(dns), V(dhcp), V(wins) and V(defaultgateway) stand for what the host takes them
        for.
    type: list
    elements: str
  endpoint2:
    description:
      - The addresses of the other side, in the forms of C(endpoint1). V(any) when they are not given.
    type: list
    elements: str
  port1:
    description:
      - The ports of this host, for V(tcp) and V(udp). V(any) when they are not given. Ranges go with
        V(noauthentication) only.
      - A rule for a service of this host has its port here, a rule for its clients in C(port2).
    type: list
    elements: str
  port2:
    description:
      - The ports of the other side, in the forms of C(port1). V(any) when they are not given.
    type: list
    elements: str
  local_tunnel_endpoint:
    description:
      - The address at which a tunnel ends on this host, or V(any).
    type: list
    elements: str
  remote_tunnel_endpoint:
    description:
      - The address at which a tunnel ends on the other side, or V(any).
    type: list
    elements: str
  exempt_protected_connections:
    description:
      - Whether packets that are protected already stay out of the tunnel. V(false) when it is not given.
    type: bool
  apply_authorization:
    description:
      - Whether peers of the tunnel are checked against the lists of the host. V(false) when it is not given.
    type: bool
  first_authentication:
    description:
      - 'How the computers prove who they are, in order of preference: a list of methods, each a mapping.'
      - C(method) is V(computerkerb), V(computercert), V(computerpsk), V(computerntlm) or V(anonymous).
      - V(computercert) takes C(authority), the issuer exactly as its certificate has it, and C(signature) (V(rsa),
        V(ecdsap256), V(ecdsap384)), C(intermediate), C(certificate_mapping), C(exclude_ca_name) and C(health).
      - V(computerpsk) takes C(preshared_key). Without it the key that the rule has on the host stays. Windows stores
        it in clear text.
      - V(default), or the name of a set of the document, stands for a list. V(default) when it is not given.
    type: raw
  second_authentication:
    description:
      - How the users, or the computers again, prove who they are, in the form of C(first_authentication). None when
        it is not given.
      - C(method) is V(userkerb), V(usercert), V(userntlm), V(anonymous), or V(computercert) for health certificates.
      - It needs AuthIP, and goes not beside a pre-shared key.
    type: raw
  quick_mode:
    description:
      - 'What protects packets: a mapping with C(suites) and C(perfect_forward_secrecy).'
      - A suite has C(protocol) (V(esp), V(ah), V(ah+esp), V(authnoencap)), C(ah_integrity), C(esp_integrity),
        C(esp_encryption), C(lifetime_minutes) and C(lifetime_kilobytes). V(esp), 60 minutes and 100000 kilobytes when
        they are not given.
      - Hashes are V(md5), V(sha1), V(sha256), V(aesgmac128), V(aesgmac192) and V(aesgmac256), ciphers V(none),
        V(des), V(3des), V(aes128), V(aes192), V(aes256), V(aesgcm128), V(aesgcm192) and V(aesgcm256). A cipher of GCM
        has its own hash.
      - C(perfect_forward_secrecy) is V(none), V(mainmode), V(dhgroup1), V(dhgroup2), V(dhgroup14), V(dhgroup24),
        V(ecdhp256) or V(ecdhp384).
      - V(default), or the name of a set of the document, stands for a mapping. V(default) when it is not given. The
        suites that are built into Windows offer integrity without encryption first.
    type: raw
  state:
    description:
      - V(present) makes the rule what the options say; options that are not given stay as they are on the host.
      - V(absent) removes the rule.
    type: str
    choices:
      - present
      - absent
    default: present
attributes:
  platform:
    details:
      - Windows Server 2008 and later, main-mode rules from 2008 R2 on. Windows Server 2003 has no connection security rules.
notes:
  - A new rule is made disabled, read again and compared before it is enabled. A rule that shall match other packets, or
    prove itself in another way, is made anew beside the old one, which goes when the new one is in force.
  - What C(netsh) says is in the language of the host and decides nothing. What is read from the registry afterwards does.
  - Rules are not put in force while a policy of I(IP Security Policies) is assigned, by the host or by its domain. Which
    of the two engines negotiates then is documented nowhere.
  - The guard is cautious. A rule that requires protection and may match the flow that carries the task is refused, unless
    an exemption matches all of that flow and wins for certain, or O(allow_lockout) names it.
  - Another firewall that owns the connection security of the host, and which network profile is active, cannot be read
    from the registry, so nothing warns of them.
  - The form of the registry and the words of C(netsh) are read from their documentation and were not confirmed on Windows.
seealso:
  - module: winsec.ipsec.connection_security
  - module: winsec.ipsec.connection_security_info
"""

EXAMPLES = r"""
---
- name: Exempt the management net
  winsec.ipsec.connection_security_rule:
    name: management
    action: noauthentication
    endpoint2:
      - 198.51.100.0/24

- name: Ask SQL clients for protection by Kerberos, of computers and of users
  winsec.ipsec.connection_security_rule:
    name: SQL clients
    action: requestinrequestout
    protocol: tcp
    port1:
      - '1433'
    first_authentication:
      - method: computerkerb
    second_authentication:
      - method: userkerb
    quick_mode:
      suites:
        - esp_encryption: aesgcm128
        - esp_integrity: sha256
          esp_encryption: aes256

- name: Demand it from now on
  winsec.ipsec.connection_security_rule:
    name: SQL clients
    action: requireinrequireout

- name: A rule that is no longer needed
  winsec.ipsec.connection_security_rule:
    name: SQL clients
    state: absent
"""

RETURN = r"""
---
before:
  description: The rules that the task names or removes, before it, without what says nothing. Keys are left out.
  returned: when changed, or with C(--diff)
  type: dict
  sample:
    rules:
      - name: web-backend
        action: requireinrequireout
        endpoint2:
          - 192.0.2.10
        protocol: '6'
        port1:
          - '80'
        enabled: true
    main_mode_rules: []
after:
  description: 'The same rules after the task: read from the host, or predicted in check mode.'
  returned: when changed, or with C(--diff)
  type: dict
  sample:
    rules:
      - name: web-backend
        action: requireinrequireout
        endpoint2:
          - 192.0.2.10
        protocol: '6'
        port1:
          - '80'
        enabled: true
    main_mode_rules: []
commands:
  description:
    - The commands that ran, or would run in check mode, in their order. Pre-shared keys are hidden.
    - When the task fails or the host is lost, what the host had been told until then.
  returned: always
  type: list
  elements: str
  sample:
    - advfirewall consec set rule name="web-backend" new enable=yes
host:
  description: Facts about the host, as RV(winsec.ipsec.connection_security_info#module:host) has them.
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
    policy_in_force:
      description: Which policy of I(IP Security Policies) is assigned, that of the host or of its domain; empty for none.
      returned: success
      type: str
      sample: ''
failed_command:
  description: The command that the host did not carry out, with pre-shared keys hidden.
  returned: failure, when the host did not carry out a command
  type: str
  sample: advfirewall consec delete rule name="web-backend"
answer:
  description: What the host said, in its own language, with pre-shared keys hidden.
  returned: failure, when the host did not carry out a command
  type: str
  sample: No rules match the specified criteria.
unmanaged:
  description: Objects of which netsh cannot be told all, as RV(winsec.ipsec.connection_security_info#module:unmanaged) has them.
  returned: success
  type: list
  elements: dict
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._argspec import SPECS


def main() -> None:
    """Fail: the action of the same name does the work. The sanity tests compare the options above with the spec."""
    module = AnsibleModule(argument_spec=SPECS["connection_security_rule"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller, with a connection to the Windows host.")


if __name__ == "__main__":
    main()
