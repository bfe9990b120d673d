# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the module session_check; the work is done by the action of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: session_check
short_description: Hold client sessions from the controller and see whether they work
version_added: 0.1.0
description:
  - Opens sessions as a client does, with greeting, log-on, one harmless command and log-out, and compares what came
    of them with what was expected.
  - 'It also proves the opposite: with O(sessions[].expect=refused) a session in clear text must get no answer. A host
    may accept a connection and still refuse, so what is watched for is an answer.'
  - All of it runs on the controller and as the controller. What the front-end and the back-end say to each other is
    not seen from there; M(winsec.ipsec.sa_info) shows whether that is protected.
author:
  - the winsec.ipsec authors (@winsec)
extends_documentation_fragment:
  - winsec.ipsec.attributes
options:
  sessions:
    description:
      - The sessions. They are held side by side.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - What the session is called in the result.
        type: str
        required: true
      protocol:
        description:
          - What is spoken. V(http), V(imap) and V(pop3) are in clear text, passwords included.
          - V(tcp) sends a small request of HTTP and only looks whether anything answers, whatever it says.
        type: str
        required: true
        choices:
          - http
          - https
          - imap
          - imaps
          - pop3
          - pop3s
          - tcp
      host:
        description:
          - The name or address of the host. With V(https), V(imaps) and V(pop3s) it is also what the certificate
            must be for.
        type: str
        required: true
      port:
        description:
          - The port. The usual one of the protocol when it is not given, which V(tcp) has none of.
        type: int
      path:
        description:
          - The path to ask for with V(http) and V(https).
          - V(/) when it is not given. An answer below status 400 means that it works.
        type: str
      user:
        description:
          - The user to log on. Without it the session ends before the log-on.
          - With HTTP the log-on is C(Basic). With POP3 the name of the user has no blanks.
        type: str
      password:
        description:
          - The password of O(sessions[].user). It appears in no result and no message.
        type: str
      timeout:
        description:
          - How many seconds the whole session may take.
        type: int
        default: 10
      validate_certs:
        description:
          - Whether the certificate of the server must be trusted and be for O(sessions[].host).
        type: bool
        default: true
      expect:
        description:
          - What shall come of the session. V(works) for all of it, V(refused) when nothing may answer.
        type: str
        choices:
          - works
          - refused
        default: works
      frontend:
        description:
          - The front-end that the session goes through, for M(winsec.ipsec.proof). It comes back with the result and does
            nothing to the session, as the next three.
        type: str
      backend:
        description:
          - The back-end that it reaches.
        type: str
      service_port:
        description:
          - The TCP port of the back-end that is used, whatever port this session connects to.
        type: int
      source:
        description:
          - The address that the session comes from, as the policies see it.
        type: str
  fail:
    description:
      - Whether the task fails when a session is not as expected.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    details:
      - The module changes nothing. It holds the sessions in check mode too.
  diff_mode:
    support: N/A
    details:
      - The module changes nothing.
  platform:
    platforms: all
    details:
      - It runs on the controller, for services on any host.
  action:
    details:
      - All of it runs on the controller, without a connection of Ansible.
seealso:
  - module: winsec.ipsec.sa_info
  - module: winsec.ipsec.flow_check
"""

EXAMPLES = r"""
---
- name: Users of the front-end can work
  winsec.ipsec.session_check:
    sessions:
      - name: Outlook Web Access
        protocol: https
        host: mail.example.org
        path: /exchange/
        user: 'EXAMPLE\probe'
        password: "{{ probe_password }}"
      - name: IMAP
        protocol: imaps
        host: mail.example.org
        user: probe@example.org
        password: "{{ probe_password }}"
  delegate_to: localhost
  run_once: true

- name: The back-end answers nobody in clear text
  winsec.ipsec.session_check:
    sessions:
      - name: Web port
        protocol: tcp
        host: 10.0.1.20
        port: 80
        timeout: 5
        expect: refused
"""

RETURN = r"""
---
passed:
  description: Whether every session is as expected.
  returned: always
  type: bool
  sample: true
sessions:
  description: What came of each session, in their order.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: What it is called.
      returned: always
      type: str
      sample: IMAP
    protocol:
      description: What was spoken.
      returned: always
      type: str
      sample: imaps
    host:
      description: With whom.
      returned: always
      type: str
      sample: mail.example.org
    port:
      description: At which port.
      returned: always
      type: int
      sample: 993
    expect:
      description: What was expected.
      returned: always
      type: str
      sample: works
    outcome:
      description:
        - V(works) when all of it did. V(refused) when nothing ever answered, be it by a reset, by the end of the
          connection or by silence until the time limit. V(failed) when something answered and the session did not
          work, or when there was no way to try.
      returned: always
      type: str
      sample: works
    as_expected:
      description: Whether the outcome is what was expected.
      returned: always
      type: bool
      sample: true
    stage:
      description: How far it came, V(connect), V(tls), V(greeting), V(logon) or V(command).
      returned: always
      type: str
      sample: command
    detail:
      description: What happened there, in words of this collection. What a server says is not repeated.
      returned: always
      type: str
      sample: The session was opened and closed.
    seconds:
      description: How long it took.
      returned: always
      type: float
      sample: 0.214
    frontend:
      description: As it was given, like C(backend), C(service_port) and C(source).
      returned: when given
      type: str
      sample: fe1
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._argspec import SPECS


def main() -> None:
    """Fail: the action of the same name does the work. The sanity tests compare the options above with the spec."""
    module = AnsibleModule(argument_spec=SPECS["session_check"], supports_check_mode=True)
    module.fail_json(msg="This module runs as an action on the controller.")


if __name__ == "__main__":
    main()
