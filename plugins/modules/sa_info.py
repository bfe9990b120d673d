# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module sa_info; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: sa_info
short_description: Read the IPsec security associations of a Windows host
version_added: 0.1.0
description:
  - Returns the main-mode and quick-mode associations that a host has at this moment, its counters, its clock, and
    whether its local policy works.
  - 'What is in the lists exists. Only with RV(known) nothing else does: an empty list is believed when the answer is
    whole and the counters agree, and is unknown otherwise, with the reason. Nothing is read from localised text.'
  - Windows Server 2012 and later show associations in management classes. Windows Server 2008 and 2008 R2 record
    beginnings and ends in the security log, while auditing of IPsec main mode and quick mode is on. Windows Server
    2003 shows them in the words of its language only, so that they stay unknown there.
  - A session in clear text after a failed negotiation (a soft association) shows in none of these sources.
  - Where Windows shows what is read from its documentation and was not confirmed on Windows.
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
options: {}
attributes:
  check_mode:
    support: full
    details:
      - The module changes nothing.
  diff_mode:
    support: N/A
    details:
      - The module changes nothing.
  action:
    details:
      - The host needs neither Python nor PowerShell modules. Windows Server 2012 and later are asked through
        C(powershell), which they have, older hosts through C(wmic) and C(wevtutil).
seealso:
  - module: winsec.ipsec.policies_info
  - module: winsec.ipsec.session_check
"""

EXAMPLES = r"""
---
- name: Read the associations
  winsec.ipsec.sa_info:
  register: found

- name: The traffic to the back-end is encrypted
  ansible.builtin.assert:
    that: found.quick_mode | selectattr('peer', 'eq', '10.0.1.20') | selectattr('esp_encryption', 'eq', '3des')

- name: There is no association with anybody else
  ansible.builtin.assert:
    that:
      - found.known
      - found.quick_mode | rejectattr('peer', 'eq', '10.0.1.20') | length == 0
"""

RETURN = r"""
---
known:
  description: Whether the lists hold all associations of the host. What they hold exists either way.
  returned: success
  type: bool
  sample: true
reason:
  description: Why the lists may not hold all associations, empty when they do.
  returned: success
  type: str
  sample: ''
source:
  description:
    - Where the associations were read, V(cim) for management classes, V(events) for the security log and counters,
      V(none) for a host that shows nothing.
  returned: success
  type: str
  sample: cim
main_mode:
  description: The associations that protect the key exchange itself.
  returned: success
  type: list
  elements: dict
  contains:
    local:
      description: The address of this host.
      returned: success
      type: str
      sample: 10.0.0.10
    peer:
      description: The address of the other one.
      returned: success
      type: str
      sample: 10.0.1.20
    encryption:
      description: V(des), V(3des), V(aes) or V(none), null when the host does not tell.
      returned: success
      type: str
      sample: 3des
    integrity:
      description: V(md5), V(sha1) or V(sha256), null when the host does not tell.
      returned: success
      type: str
      sample: sha1
    dh_group:
      description: The number of the Diffie-Hellman group, 1 for 768 bits, 2 for 1024, 14 for 2048; null when the
        host does not tell.
      returned: success
      type: int
      sample: 2
    key_module:
      description: V(ikev1), V(authip) or V(ikev2), null when the host does not tell.
      returned: success
      type: str
      sample: ikev1
    identities:
      description: What the host names it by, so that it can be told from those before and after it; empty when the host does
        not tell. The cookies of IKE, or the number in the security log.
      returned: success
      type: list
      elements: str
      sample:
        - '8153409129383011325-2281718520396914721'
quick_mode:
  description: The associations that protect packets. Both directions are one entry.
  returned: success
  type: list
  elements: dict
  contains:
    local:
      description: The address of this host.
      returned: success
      type: str
      sample: 10.0.0.10
    peer:
      description: The address of the other one.
      returned: success
      type: str
      sample: 10.0.1.20
    protocol:
      description: V(any), V(icmp), V(tcp), V(udp), V(raw) or the number of the IP protocol, null when the host does
        not tell.
      returned: success
      type: str
      sample: tcp
    local_port:
      description: The port of this host, 0 for any.
      returned: success
      type: int
      sample: 0
    peer_port:
      description: The port of the other one, 0 for any.
      returned: success
      type: int
      sample: 80
    ah_integrity:
      description: V(md5), V(sha1), V(sha256), or V(none) without AH; null when the host does not tell.
      returned: success
      type: str
      sample: none
    esp_encryption:
      description: V(des), V(3des), V(aes), or V(none) for ESP that does not encrypt and without ESP; null when the
        host does not tell.
      returned: success
      type: str
      sample: 3des
    esp_integrity:
      description: V(md5), V(sha1), V(sha256), or V(none) for ESP that does not authenticate and without ESP; null
        when the host does not tell.
      returned: success
      type: str
      sample: sha1
    pfs:
      description: Whether it has a Diffie-Hellman exchange of its own, null when the host does not tell.
      returned: success
      type: bool
      sample: false
    identities:
      description: What the host names it by, so that it can be told from those before and after it; empty when the host does
        not tell. A host may number each direction by itself.
      returned: success
      type: list
      elements: str
      sample:
        - '281474976710662'
counters:
  description: Counters of the whole host since its start, each null when the host does not tell.
  returned: success
  type: dict
  contains:
    active_main_mode:
      description: Main-mode associations of IKE over IPv4 now.
      returned: success
      type: int
      sample: 1
    active_quick_mode:
      description: Quick-mode associations of IKE over IPv4 now.
      returned: success
      type: int
      sample: 1
    active_associations:
      description: Associations in the IPsec driver now.
      returned: success
      type: int
      sample: 1
    pending_associations:
      description: Negotiations for which packets wait.
      returned: success
      type: int
      sample: 0
    plaintext_packets_received:
      description: Packets that came in clear text.
      returned: success
      type: int
      sample: 20481
    incorrect_spi_packets:
      description: Packets of an association that the host does not have.
      returned: success
      type: int
      sample: 0
    packets_not_authenticated:
      description: Packets whose integrity could not be confirmed.
      returned: success
      type: int
      sample: 0
    packets_not_decrypted:
      description: Packets that could not be decrypted.
      returned: success
      type: int
      sample: 0
    bytes_sent:
      description: Bytes that were sent protected, in transport mode.
      returned: success
      type: int
      sample: 12044
    bytes_received:
      description: Bytes that were received protected, in transport mode.
      returned: success
      type: int
      sample: 65120
    packets_received:
      description: Packets that came in.
      returned: success
      type: int
      sample: 20873
    packets_dropped:
      description: Packets that came in and were dropped.
      returned: success
      type: int
      sample: 3
clock:
  description: The clock of the host. Kerberos needs clocks that agree.
  returned: success
  type: dict
  contains:
    utc:
      description: The time of the host in UTC, null when the host does not tell.
      returned: success
      type: str
      sample: '2026-11-25T04:20:00Z'
    skew_seconds:
      description: By how many seconds the host is ahead of the controller, negative for behind. What the duration of
        the read leaves open counts as 0. Null when the host does not tell.
      returned: success
      type: int
      sample: 0
host:
  description: Facts about the host, those of RV(winsec.ipsec.policies_info#module:host).
  returned: success
  type: dict
  sample:
    version: 10.0.14393
    product: Windows Server 2016
    default_response_works: false
    services:
      IKEEXT:
        running: true
        automatic: true
      PolicyAgent:
        running: true
        automatic: true
    domain_policy: ''
    local_policy_counts: true
    exemption_level: null
    unconfirmed: false
    own_addresses:
      - 10.0.0.10
policy:
  description: What becomes of the local policy of the host.
  returned: success
  type: dict
  contains:
    assigned:
      description: The local policy that is assigned, empty for none.
      returned: success
      type: str
      sample: Front-end
    effective:
      description: Whether it works.
      returned: success
      type: bool
      sample: true
    why_not:
      description: Why it does not work, empty when it does.
      returned: success
      type: str
      sample: ''
    store:
      description: The store whose policy wins, V(domain), V(local) or V(none).
      returned: success
      type: str
      sample: local
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._argspec import SPECS


def main() -> None:
    """Fail: the action of the same name does the work. The sanity tests compare the options above with the spec."""
    module = AnsibleModule(argument_spec=SPECS["sa_info"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller, with a connection to the Windows host.")


if __name__ == "__main__":
    main()
