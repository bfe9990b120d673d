# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module connection_security; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: connection_security
short_description: Bring a document of connection security rules to a Windows host
version_added: 0.1.0
description:
  - Reads the connection security rules of I(Windows Defender Firewall with Advanced Security), computes the difference to
    a document, changes what differs without a gap, and reads again. It is one task, whatever the number of rules.
  - Rules are matched by name. Rules of which C(netsh) cannot be told all are shown, judged and kept. What of them cannot be
    changed is refused before anything is sent.
  - With O(state=parsed) and O(state=rendered) no host is asked, and none need be up.
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
  - winsec.ipsec.guard
options:
  config:
    description:
      - The document. RV(winsec.ipsec.connection_security_info#module:config) has a shape that can be given back here.
      - Required unless O(state=parsed).
    type: dict
    suboptions:
      rules:
        description:
          - The connection security rules.
        type: list
        elements: dict
        suboptions:
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
              - V(requestinrequestout) asks for protection and lets everything pass. The first packets go in clear at
                once.
              - V(noauthentication) exempts its packets. V(requireinclearout) is for tunnels, from Windows Server 2008
                R2 on.
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
              - 'The network profiles in which the rule counts: V(domain), V(private) and V(public), or V(any). V(any)
                when they are not given.'
            type: list
            elements: str
          interface_types:
            description:
              - The type of interfaces, V(lan), V(wireless) or V(ras), or V(any). V(any) when it is not given. Not
                beside addresses in C(endpoint1).
            type: list
            elements: str
          protocol:
            description:
              - 'The protocol: V(any), V(tcp), V(udp), V(icmpv4), V(icmpv6) or a number from 0 to 255. V(any) when it
                is not given.'
            type: str
          endpoint1:
            description:
              - 'The addresses of this host: V(any), addresses, networks and ranges. V(any) when they are not given.'
              - The words V(localsubnet), V(dns), V(dhcp), V(wins) and V(defaultgateway) stand for what the host takes
                them for.
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
              - V(computercert) takes C(authority), the issuer exactly as its certificate has it, and C(signature)
                (V(rsa), V(ecdsap256), V(ecdsap384)), C(intermediate), C(certificate_mapping), C(exclude_ca_name) and
                C(health).
              - V(computerpsk) takes C(preshared_key). Without it the key that the rule has on the host stays. Windows
                stores it in clear text.
              - V(default), or the name of a set of the document, stands for a list. V(default) when it is not given.
            type: raw
          second_authentication:
            description:
              - How the users, or the computers again, prove who they are, in the form of C(first_authentication).
                None when it is not given.
              - C(method) is V(userkerb), V(usercert), V(userntlm), V(anonymous), or V(computercert) for health
                certificates.
              - It needs AuthIP, and goes not beside a pre-shared key.
            type: raw
          quick_mode:
            description:
              - 'What protects packets: a mapping with C(suites) and C(perfect_forward_secrecy).'
              - A suite has C(protocol) (V(esp), V(ah), V(ah+esp), V(authnoencap)), C(ah_integrity), C(esp_integrity),
                C(esp_encryption), C(lifetime_minutes) and C(lifetime_kilobytes). V(esp), 60 minutes and 100000
                kilobytes when they are not given.
              - Hashes are V(md5), V(sha1), V(sha256), V(aesgmac128), V(aesgmac192) and V(aesgmac256), ciphers
                V(none), V(des), V(3des), V(aes128), V(aes192), V(aes256), V(aesgcm128), V(aesgcm192) and
                V(aesgcm256). A cipher of GCM has its own hash.
              - C(perfect_forward_secrecy) is V(none), V(mainmode), V(dhgroup1), V(dhgroup2), V(dhgroup14),
                V(dhgroup24), V(ecdhp256) or V(ecdhp384).
              - V(default), or the name of a set of the document, stands for a mapping. V(default) when it is not
                given. The suites that are built into Windows offer integrity without encryption first.
            type: raw
          id: &shown
            description:
              - What a document of a host shows. It means nothing here.
            type: str
          version: *shown
          group:
            description:
              - What a document of a host shows. C(netsh) has no words for it, so another value than that of the host
                is refused.
            type: str
          interfaces:
            description:
              - As C(group).
            type: list
            elements: str
          key_modules:
            description:
              - As C(group).
            type: list
            elements: str
      main_mode_rules:
        description:
          - The main-mode rules, which say how the key exchange with some addresses is protected. From Windows Server
            2008 R2 on.
        type: list
        elements: dict
        suboptions:
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
          profiles:
            description:
              - 'The network profiles in which the rule counts: V(domain), V(private) and V(public), or V(any). V(any)
                when they are not given.'
            type: list
            elements: str
          endpoint1:
            description:
              - 'The addresses of this host: V(any), addresses, networks and ranges. V(any) when they are not given.'
              - The words V(localsubnet), V(dns), V(dhcp), V(wins) and V(defaultgateway) stand for what the host takes
                them for.
            type: list
            elements: str
          endpoint2:
            description:
              - The addresses of the other side, in the forms of C(endpoint1). V(any) when they are not given.
            type: list
            elements: str
          first_authentication:
            description:
              - 'How the computers prove who they are, in order of preference: a list of methods, each a mapping.'
              - C(method) is V(computerkerb), V(computercert), V(computerpsk), V(computerntlm) or V(anonymous).
              - V(computercert) takes C(authority), the issuer exactly as its certificate has it, and C(signature)
                (V(rsa), V(ecdsap256), V(ecdsap384)), C(intermediate), C(certificate_mapping), C(exclude_ca_name) and
                C(health).
              - V(computerpsk) takes C(preshared_key). Without it the key that the rule has on the host stays. Windows
                stores it in clear text.
              - V(default), or the name of a set of the document, stands for a list. V(default) when it is not given.
            type: raw
          main_mode:
            description:
              - 'What protects the key exchange: a mapping with C(suites), C(lifetime_minutes), C(sessions) and
                C(force_diffie_hellman).'
              - A suite has C(key_exchange), C(encryption) and C(integrity), in the words of C(quick_mode).
              - V(default), or the name of a set of the document, stands for a mapping. V(default) when it is not
                given.
            type: raw
          id: *shown
          version: *shown
          group:
            description:
              - What a document of a host shows. C(netsh) has no words for it, so another value than that of the host
                is refused.
            type: str
      sets:
        description:
          - 'Sets that several rules share, by their names. They are no objects of the host: each rule gets its own.'
          - The documents of a host have its sets here.
        type: dict
        suboptions:
          first_authentication:
            description:
              - Sets of methods for the first authentication.
            type: list
            elements: dict
            suboptions: &methods
              suites:
                description:
                  - The suites, in order of preference.
                type: list
                elements: dict
                suboptions:
                  method:
                    description:
                      - How it is proved. Required.
                    type: str
                  authority:
                    description:
                      - The issuer, exactly as its certificate has it.
                    type: str
                  intermediate:
                    description:
                      - Whether the issuer is no root. V(false) when it is not given.
                    type: bool
                  signature:
                    description:
                      - 'The signature of the certificate: V(rsa), V(ecdsap256) or V(ecdsap384). V(rsa) when it is not
                        given.'
                    type: str
                  certificate_mapping:
                    description:
                      - Map certificates to accounts. V(false) when it is not given.
                    type: bool
                  exclude_ca_name:
                    description:
                      - Leave the name of the authority out of the request. V(false) when it is not given.
                    type: bool
                  health:
                    description:
                      - Take health certificates only. V(false) when it is not given.
                    type: bool
                  criteria:
                    description:
                      - Which certificates will do. How C(netsh) is told is in no public document, so a rule with it
                        is shown and never made.
                    type: dict
                  proxy:
                    description:
                      - The Kerberos proxy. How C(netsh) is told is in no public document, so a rule with it is shown
                        and never made.
                    type: str
                  preshared_key:
                    description:
                      - The key. It is part of no result, difference, message or command line.
                    type: str
              name:
                description:
                  - The name of the set.
                type: str
              id: *shown
              version: *shown
              description: *shown
              group: *shown
          second_authentication:
            description:
              - Sets of methods for the second authentication.
            type: list
            elements: dict
            suboptions: *methods
          main_mode:
            description:
              - Sets of suites for main mode.
            type: list
            elements: dict
            suboptions: &main_mode
              suites:
                description:
                  - The suites, in order of preference.
                type: list
                elements: dict
                suboptions:
                  key_exchange:
                    description:
                      - 'The group: V(dhgroup1), V(dhgroup2), V(dhgroup14), V(dhgroup24), V(ecdhp256) or V(ecdhp384).'
                    type: str
                    required: true
                  encryption:
                    description:
                      - 'The cipher: V(des), V(3des), V(aes128), V(aes192) or V(aes256).'
                    type: str
                    required: true
                  integrity:
                    description:
                      - 'The hash: V(md5), V(sha1), V(sha256) or V(sha384).'
                    type: str
                    required: true
              lifetime_minutes:
                description:
                  - How long it lasts, in minutes.
                type: int
              sessions:
                description:
                  - How many quick modes one main mode may make, V(0) for no limit. V(0) when it is not given.
                type: int
              force_diffie_hellman:
                description:
                  - Whether AuthIP makes an exchange of Diffie and Hellman, too. V(false) when it is not given.
                type: bool
              name:
                description:
                  - The name of the set.
                type: str
              id: *shown
              version: *shown
              description: *shown
              group: *shown
          quick_mode:
            description:
              - Sets of suites for quick mode.
            type: list
            elements: dict
            suboptions: &quick_mode
              suites:
                description:
                  - The suites, in order of preference.
                type: list
                elements: dict
                suboptions:
                  protocol:
                    description:
                      - 'The protocol: V(esp), V(ah), V(ah+esp) or V(authnoencap). V(esp) when it is not given.'
                    type: str
                  ah_integrity:
                    description:
                      - The hash of AH.
                    type: str
                  esp_integrity:
                    description:
                      - The hash of ESP. A cipher of GCM has its own.
                    type: str
                  esp_encryption:
                    description:
                      - The cipher of ESP. V(none) when it is not given.
                    type: str
                  lifetime_minutes:
                    description:
                      - How long it lasts, in minutes.
                    type: int
                  lifetime_kilobytes:
                    description:
                      - How much may be sent under one key, in kilobytes. V(100000) when it is not given.
                    type: int
              perfect_forward_secrecy:
                description:
                  - Whether new keys are made with an exchange of their own, and in which group. V(none) when it is
                    not given.
                type: str
              name:
                description:
                  - The name of the set.
                type: str
              id: *shown
              version: *shown
              description: *shown
              group: *shown
      defaults:
        description:
          - What counts for all rules.
          - Of the sets for rules that name none, C(netsh) can set that of main mode only. Others must be as on the
            host.
        type: dict
        suboptions:
          first_authentication:
            description:
              - The methods of rules that name none. Must be as on the host.
            type: dict
            suboptions: *methods
          second_authentication:
            description:
              - The second methods of rules that name none. Must be as on the host.
            type: dict
            suboptions: *methods
          main_mode:
            description:
              - The suites of key exchange for all peers without a main-mode rule.
              - Without suites, those that are built into Windows.
            type: dict
            suboptions: *main_mode
          quick_mode:
            description:
              - The suites of rules that name none. Must be as on the host.
            type: dict
            suboptions: *quick_mode
          settings:
            description:
              - Settings for all rules. What is not given stays.
            type: dict
            suboptions:
              idle_seconds:
                description:
                  - After how many seconds without packets an association goes, in whole minutes from 300 to 3600.
                type: int
              crl_check:
                description:
                  - V(0) looks at no list of revoked certificates, V(1) fails for one that is revoked, V(2) for any
                    error.
                type: int
              exemptions:
                description:
                  - 'What no rule sees: V(neighbordiscovery), V(icmp) and V(dhcp), or V(none).'
                type: list
                elements: str
              through_nat:
                description:
                  - Which ends may be behind address translation.
                type: str
                choices:
                  - never
                  - serverbehindnat
                  - serverandclientbehindnat
              key_in_utf8:
                description:
                  - 'Must be as on the host: C(netsh) has no words for it.'
                type: bool
              match_per_key_module:
                description:
                  - 'Must be as on the host: C(netsh) has no words for it.'
                type: bool
              packet_queue:
                description:
                  - 'Must be as on the host: C(netsh) has no words for it.'
                type: int
              tunnel_computers:
                description:
                  - 'Must be as on the host: C(netsh) has no words for it.'
                type: str
              tunnel_users:
                description:
                  - 'Must be as on the host: C(netsh) has no words for it.'
                type: str
              transport_computers:
                description:
                  - 'Must be as on the host: C(netsh) has no words for it.'
                type: str
              transport_users:
                description:
                  - 'Must be as on the host: C(netsh) has no words for it.'
                type: str
  running_config:
    description:
      - 'A saved registry as text, for O(state=parsed): an export (C(.reg)) or what C(reg query) with C(/s) printed of
        the key C(FirewallPolicy), or of C(WindowsFirewall) for a group policy.'
      - It holds the pre-shared keys of its rules. No result and no message shows it.
    type: str
  src:
    description:
      - A file on the controller that has a saved registry, for O(state=parsed). It is looked for as
        M(ansible.builtin.copy) looks for its C(src), and may be encrypted by Ansible Vault.
    type: path
  dest:
    description:
      - A file on the controller that gets the script, for O(state=rendered). It has the pre-shared keys, so it is for
        its owner only (mode C(0600)). It is written in one step.
    type: path
  state:
    description:
      - 'V(merged) changes what is said and keeps the rest: options that are not given stay.'
      - V(replaced) makes the named rules exactly what is said, with defaults for options that are not given, and
        keeps other rules.
      - V(overridden) also removes the rules that are not named. A rule of which C(netsh) cannot be told all must be
        named, or the task is refused.
      - V(deleted) removes the named rules; only their names count.
      - V(parsed) returns the document of a saved registry (O(running_config) or O(src)), read as the newest Windows
        that is known would.
      - V(rendered) returns the script of C(netsh) that makes the document on a host that has no rules.
    type: str
    choices:
      - merged
      - replaced
      - overridden
      - deleted
      - parsed
      - rendered
    default: merged
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
  - module: winsec.ipsec.connection_security_info
  - module: winsec.ipsec.connection_security_rule
  - module: winsec.ipsec.policies
"""

EXAMPLES = r"""
---
- name: The web servers demand protection from their front-ends, the management net stays exempt
  winsec.ipsec.connection_security:
    state: replaced
    config:
      sets:
        first_authentication:
          - name: ours
            suites:
              - method: computercert
                authority: CN=Example Root CA
              - method: computerkerb
        quick_mode:
          - name: strong
            suites:
              - esp_encryption: aesgcm256
            perfect_forward_secrecy: ecdhp384
      rules:
        - name: management
          action: noauthentication
          endpoint2:
            - 198.51.100.7
        - name: web-backend
          action: requireinrequireout
          endpoint2:
            - 192.0.2.10
            - 192.0.2.11
          protocol: tcp
          port1:
            - '80'
          first_authentication: ours
          quick_mode: strong
      main_mode_rules:
        - name: web-key-exchange
          endpoint2:
            - 192.0.2.0/24
          first_authentication: ours
          main_mode:
            suites:
              - key_exchange: ecdhp384
                encryption: aes256
                integrity: sha384
      defaults:
        settings:
          crl_check: 1

- name: Ask only, for the time being
  winsec.ipsec.connection_security:
    config:
      rules:
        - name: web-backend
          action: requestinrequestout

- name: Read what a host has
  winsec.ipsec.connection_security_info:
  register: saved

- name: Bring it back later
  winsec.ipsec.connection_security:
    state: overridden
    config: "{{ saved.config }}"

- name: Remove a rule
  winsec.ipsec.connection_security:
    state: deleted
    config:
      rules:
        - name: web-backend

- name: Read what somebody exported, without its host
  winsec.ipsec.connection_security:
    state: parsed
    src: exports/web1.reg
  register: exported

- name: Write the script that makes the same on a new host
  winsec.ipsec.connection_security:
    state: rendered
    config:
      rules:
        - name: management
          action: noauthentication
          endpoint2:
            - 198.51.100.0/24
    dest: /root/ipsec/web1.txt
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
parsed:
  description: The document of a saved registry, without pre-shared keys.
  returned: success, with O(state=parsed)
  type: dict
  sample:
    rules: []
    main_mode_rules: []
group_policy:
  description: The document of the group policy in a saved registry.
  returned: success, with O(state=parsed)
  type: dict
  sample:
    rules: []
    main_mode_rules: []
rendered:
  description:
    - The lines of a script for C(netsh -f), or for the standard input of C(netsh). Pre-shared keys are hidden; O(dest) has them.
    - It is the plan for a host without rules, and nobody reads in between.
  returned: success, with O(state=rendered)
  type: list
  elements: str
  sample:
    - advfirewall consec add rule name="management" action=noauthentication endpoint1=any endpoint2=198.51.100.0/24 enable=no
commands:
  description:
    - The commands that ran, or would run in check mode, in their order. Pre-shared keys are hidden.
    - When the task fails or the host is lost, what the host had been told until then.
  returned: always, unless O(state) needs no host
  type: list
  elements: str
  sample:
    - advfirewall consec set rule name="web-backend" new enable=yes
host:
  description: Facts about the host, as RV(winsec.ipsec.connection_security_info#module:host) has them.
  returned: success, unless O(state) needs no host
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
  returned: success, unless O(state=rendered)
  type: list
  elements: dict
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._argspec import SPECS


def main() -> None:
    """Fail: the action of the same name does the work. The sanity tests compare the options above with the spec."""
    module = AnsibleModule(argument_spec=SPECS["connection_security"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller, with a connection to the Windows host.")


if __name__ == "__main__":
    main()
