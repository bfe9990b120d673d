# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""WinRM's plain command shell as a connection: no PowerShell on the host, no PowerShell in the way."""

from __future__ import annotations

DOCUMENTATION = r"""
name: winrs
author: the winsec.ipsec authors (@winsec)
short_description: Run command lines over WinRM without PowerShell
version_added: 0.1.0
description:
  - Runs native command lines in WinRM's own command shell. No C(powershell.exe) starts on the host, which makes it the
    way to Windows Server 2003 SP2 with the Windows Management Framework Core package, to 2008 and to 2008 R2, and saves
    the start of PowerShell on every other version.
  - Takes the variables C(ansible_winrm_*) of P(ansible.builtin.winrm#connection), so that a group of hosts changes over
    with C(ansible_connection) alone.
  - Standard input goes to the host in pieces that fit a message of 150 KiB, the limit of old hosts. Command lines above
    8191 characters, the limit of C(cmd.exe), are refused before anything is sent.
  - A command is sent once. Only one that the host refused because of its quota of operations is started again, in a new
    shell.
notes:
  - There is no way to copy files, so tasks that need one fail with a message that says so. The modules of this
    collection need none.
  - PowerShell modules can be sent over it, but hosts need the PowerShell that ansible-core asks for.
  - Commands that never end are ended by the keyword C(timeout) of the task.
requirements:
  - pywinrm
  - requests-ntlm, requests-credssp or pykerberos for the authentication of that name
extends_documentation_fragment:
  - ansible.builtin.connection_pipelining
seealso:
  - plugin: ansible.builtin.winrm
    plugin_type: connection
  - plugin: ansible.builtin.psrp
    plugin_type: connection
options:
  remote_addr:
    description:
      - Name or address of the host. An IPv6 address may name an interface of the controller, as in V(fe80::1%eth0).
    type: str
    default: inventory_hostname
    vars:
      - name: inventory_hostname
      - name: ansible_host
      - name: ansible_winrm_host
  remote_user:
    description:
      - Account on the host. A name with C(@) is one of a domain, for which Kerberos is the default.
    type: str
    vars:
      - name: ansible_user
      - name: ansible_winrm_user
    keyword:
      - name: remote_user
  remote_password:
    description: Password of the account.
    type: str
    aliases: [password]
    vars:
      - name: ansible_password
      - name: ansible_winrm_pass
      - name: ansible_winrm_password
  port:
    description: TCP port of the host's WinRM service.
    type: int
    default: 5986
    vars:
      - name: ansible_port
      - name: ansible_winrm_port
    keyword:
      - name: port
  scheme:
    description:
      - Whether TLS is used. Without a value it is, unless O(port) is V(5985).
    type: str
    choices: [http, https]
    vars:
      - name: ansible_winrm_scheme
  path:
    description: Path of the WinRM service.
    type: str
    default: /wsman
    vars:
      - name: ansible_winrm_path
  transport:
    description:
      - Ways of authentication in the order in which they are tried, by pywinrm's names.
      - Without a value it is V(kerberos) for an account with C(@), else V(ssl) or V(plaintext), which both mean Basic.
    type: list
    elements: str
    vars:
      - name: ansible_winrm_transport
  message_encryption:
    description:
      - Whether messages are encrypted with the key of the authentication, which NTLM, Kerberos and CredSSP can do. With
        V(auto) they are where there is no TLS.
    type: str
    choices: [auto, always, never]
    default: auto
    vars:
      - name: ansible_winrm_message_encryption
  server_cert_validation:
    description: Whether the certificate of the host must be valid.
    type: str
    choices: [validate, ignore]
    default: validate
    vars:
      - name: ansible_winrm_server_cert_validation
  ca_trust_path:
    description: File or folder with the certificates of trusted authorities, instead of those of the controller.
    type: path
    vars:
      - name: ansible_winrm_ca_trust_path
  cert_pem:
    description: File with the client certificate, for V(certificate) in O(transport).
    type: path
    vars:
      - name: ansible_winrm_cert_pem
  cert_key_pem:
    description: File with the key of O(cert_pem).
    type: path
    vars:
      - name: ansible_winrm_cert_key_pem
  send_cbt:
    description: Whether the authentication is bound to the TLS channel.
    type: bool
    default: true
    vars:
      - name: ansible_winrm_send_cbt
  credssp_disable_tlsv1_2:
    description: Whether CredSSP may use TLS before 1.2, for Windows Server 2008 R2 without its update.
    type: bool
    default: false
    vars:
      - name: ansible_winrm_credssp_disable_tlsv1_2
  connection_timeout:
    description:
      - Seconds that one request may wait on the host for something to happen; the controller waits ten more. A command
        that takes longer is simply asked again.
    type: int
    vars:
      - name: ansible_winrm_connection_timeout
  operation_timeout_sec:
    description: Seconds that one request may wait on the host. Overrides O(connection_timeout).
    type: int
    vars:
      - name: ansible_winrm_operation_timeout_sec
  read_timeout_sec:
    description: Seconds that the controller waits for a response. It must be longer than the time on the host.
    type: int
    vars:
      - name: ansible_winrm_read_timeout_sec
  proxy:
    description: URL of an HTTP proxy, instead of the one that the environment names.
    type: str
    vars:
      - name: ansible_winrm_proxy
  service:
    description: Service name of the host's Kerberos principal.
    type: str
    default: HTTP
    vars:
      - name: ansible_winrm_service
  kerberos_hostname_override:
    description: Host name in the host's Kerberos principal, where it is not O(remote_addr).
    type: str
    vars:
      - name: ansible_winrm_kerberos_hostname_override
  kerberos_delegation:
    description: Whether the host may use the ticket for further hosts.
    type: bool
    default: false
    vars:
      - name: ansible_winrm_kerberos_delegation
  kerberos_mode:
    description:
      - Whether a ticket is obtained for the task (V(managed)) or is there already (V(manual)). Without a value it is
        obtained where there is a password.
    type: str
    choices: [managed, manual]
    vars:
      - name: ansible_winrm_kinit_mode
  kerberos_command:
    description: Program that obtains a ticket.
    type: str
    default: kinit
    vars:
      - name: ansible_winrm_kinit_cmd
  kinit_args:
    description: Arguments of O(kerberos_command), instead of C(-f) for O(kerberos_delegation).
    type: str
    vars:
      - name: ansible_winrm_kinit_args
  kinit_env_vars:
    description: Names of environment variables that O(kerberos_command) gets to see.
    type: list
    elements: str
    default: []
    ini:
      - section: winrm
        key: kinit_env_vars
    vars:
      - name: ansible_winrm_kinit_env_vars
  codepage:
    description:
      - Code page of the shell. The modules of this collection send ASCII only and judge no localised text, so they work
        with any.
    type: int
    default: 65001
    vars:
      - name: ansible_winrs_codepage
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.connection import ConnectionBase
from ansible.utils.display import Display

from ..plugin_utils._common.said import said_by_host
from ..plugin_utils._remote.winrs import CommandShell, ConnectionPlan, WrongOption, kinit, loss, plan

try:
    import winrm
    from winrm.exceptions import WinRMError
    from winrm.protocol import Protocol
except ImportError as error:
    MISSING: Exception | None = error
else:
    MISSING = None

display = Display()


class Connection(ConnectionBase):
    """One shell for one task."""

    transport = "winsec.ipsec.winrs"
    # By these attributes ansible-core knows a Windows host; it keeps no list of connections.
    module_implementation_preferences = (".ps1", ".exe", "")
    allow_executable = False
    has_pipelining = True
    always_pipeline_modules = True
    has_native_async = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._shell_type = "cmd"
        self._commands: CommandShell | None = None
        self._tickets: tempfile.TemporaryDirectory[str] | None = None
        super().__init__(*args, **kwargs)

    def _connect(self) -> Connection:
        if MISSING is not None:
            raise AnsibleError(missing_required_lib("pywinrm")) from MISSING
        if self._commands is None:
            with _losses():
                chosen = plan(self.get_option, winrm.FEATURE_SUPPORTED_AUTHTYPES)
                self._commands = self._first_that_works(chosen)
            self._connected = True
        return self

    def _first_that_works(self, chosen: ConnectionPlan) -> CommandShell:
        host = self.get_option("remote_addr")
        said = []
        for transport in chosen.transports:
            display.vvv(
                f"WINRS CONNECT {chosen.endpoint} AS {self.get_option('remote_user')} BY {transport}", host=host
            )
            try:
                if transport == "kerberos" and chosen.manages_tickets:
                    self._get_ticket()
                return CommandShell(partial(_client, chosen, transport), self.get_option("codepage"))
            except WrongOption:
                raise
            except Exception as error:
                if len(chosen.transports) == 1:
                    raise
                said.append(f"{transport}: {said_by_host(error)}")
        raise AnsibleConnectionFailure("; ".join(said))

    def _get_ticket(self) -> None:
        # The file must outlive the requests; a worker of Ansible has one connection, and ends with it.
        self._tickets = tempfile.TemporaryDirectory(prefix="winrs-")
        cache = os.path.join(self._tickets.name, "tickets")
        kinit(self.get_option, cache, os.environ)
        os.environ["KRB5CCNAME"] = f"FILE:{cache}"

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run a command line and return exit code, standard output and standard error."""
        self._connect()
        host = self.get_option("remote_addr")
        # What goes through standard input, and what comes back, may hold secrets: only its size is told.
        display.vvv(f"WINRS EXEC {cmd} WITH {len(in_data or b'')} BYTES OF INPUT", host=host)
        if self._commands is None:
            raise AnsibleConnectionFailure("There is no shell.")
        with _losses():
            code, out, err = self._commands.run(cmd, in_data)
        display.vvvvv(f"WINRS RESULT {code}, {len(out)} AND {len(err)} BYTES OF OUTPUT", host=host)
        return code, out, err

    def put_file(self, in_path: str, out_path: str) -> None:
        """Refuse."""
        raise AnsibleError(_no_files(f"{in_path} cannot be copied to the host"))

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Refuse."""
        raise AnsibleError(_no_files(f"{in_path} cannot be fetched from the host"))

    def reset(self) -> None:
        """Make a new connection."""
        try:
            self.close()
        except AnsibleConnectionFailure as error:
            display.vvv(f"WINRS CLOSE: {error}", host=self.get_option("remote_addr"))
        self._connect()

    def close(self) -> None:
        """Close the shell, if there is one."""
        commands, self._commands, self._connected = self._commands, None, False
        if commands is not None:
            with _losses():
                commands.close()


def _for_ntlm(password: str) -> str:
    """Return what NTLM makes of a password, as pyspnego takes it in its place: no LM hash, and the NT hash.

    Of a password itself it makes both, the LM hash by DES in Python, which is a sixth of the processor time of a task.
    NTLMv2 has no use for it. Where somebody asks for an older one, or pyspnego is another one, the password stays.
    """
    if not password or "LM_COMPAT_LEVEL" in os.environ:
        return password
    try:
        from spnego._ntlm_raw.crypto import ntowfv1

        return f"{'0' * 32}:{ntowfv1(password).hex()}"
    except Exception:  # whatever is different there, the password is right
        return password


def _client(chosen: ConnectionPlan, transport: Any) -> Any:
    arguments = chosen.arguments
    if transport == "ntlm":
        arguments = {**arguments, "password": _for_ntlm(arguments["password"])}
    try:
        client = Protocol(chosen.endpoint, transport=transport, **arguments)
    except (WinRMError, ValueError) as error:
        # Nothing was sent yet: arguments do not fit.
        raise WrongOption(f"pywinrm does not take the options of the connection: {error}") from error
    # A session of pywinrm has proxies and certificates from the environment in it. Requests looks them up again for
    # each message otherwise, which is a tenth of the processor time of a task.
    client.transport.build_session().trust_env = False
    return client


def _no_files(what: str) -> str:
    return (
        f"{what}: the connection winsec.ipsec.winrs runs command lines and carries no files. The modules of "
        "winsec.ipsec need none. For other modules set ansible_connection to winrm or psrp in the task."
    )


@contextmanager
def _losses() -> Iterator[None]:
    """Report lost hosts as unreachable, and wrong options as what they are."""
    try:
        yield
    except WrongOption as error:
        raise AnsibleError(str(error)) from error
    except Exception as error:
        lost = loss(error)
        if lost is None:
            raise
        # Ansible shows the text of a cause, which is the host's own.
        raise AnsibleConnectionFailure(lost) from None
