# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""WinRM's command shell without PowerShell: what the connection plugin does, as functions of values and of a client.

The client is pywinrm's ``Protocol``; nothing here imports it. What may be repeated is decided here: a command that the
host refused for a quota was not started, so it is started again in a new shell. Everything else is sent once.

[ledger: winrs-every-version, winrm-idle-shell, winrm-quota-not-started, winrm-faults-numbers]
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address
from typing import Any, Protocol
from urllib.parse import urlunsplit

from .._common.said import said_by_host

# cmd.exe takes no longer line. Hosts were seen to refuse longer ones, and to run a part of them in silence.
# [ledger: cmd-line-limit]
LONGEST_LINE = 8191
# With base64 and SOAP around it, one piece fits the 150 KiB that old hosts take in one message.
PIECE_BYTES = 96 * 1024
# Too many operations of one shell: old hosts count those that have ended too, until the shell goes.
_QUOTA = 0x803381A6
_HTTP_PORT = 5985

_NAME = re.compile(r"[\w.-]+")
_PATH = re.compile(r"/[!-~]*")

Option = Callable[[str], Any]
Answer = tuple[int, bytes, bytes]


class WrongOption(Exception):
    """Options, or a command line, that no host could take. Nothing was sent."""


class KerberosFailure(Exception):
    """There is no ticket for the user."""


class Client(Protocol):
    """What is used of pywinrm's ``Protocol``."""

    def open_shell(self, *, codepage: int, noprofile: bool) -> str:
        """Open a shell and return its identity."""

    def run_command(self, shell_id: str, command: str, *, console_mode_stdin: bool, skip_cmd_shell: bool) -> str:
        """Start a command and return its identity."""

    def send_command_input(self, shell_id: str, command_id: str, stdin_input: bytes, end: bool) -> None:
        """Add to the standard input of a command."""

    def get_command_output(self, shell_id: str, command_id: str) -> tuple[bytes, bytes, int]:
        """Return standard output, standard error and the exit code when the command has ended."""

    def cleanup_command(self, shell_id: str, command_id: str) -> None:
        """Let the host forget a command."""

    def close_shell(self, shell_id: str) -> None:
        """Close a shell and the TCP connection."""


class CommandShell:
    """One shell on one host, opened at once. ``connect`` makes a client, another one for every new shell."""

    def __init__(self, connect: Callable[[], Client], codepage: int) -> None:
        self._connect = connect
        self._codepage = codepage
        self._ended: str | None = None
        self._client, self._shell = self._open()

    def run(self, line: str, stdin: bytes | None) -> Answer:
        """Return exit code, standard output and standard error of one command line, which cmd.exe reads.

        Without ``stdin`` the command has a console on which nobody types; with it, a pipe that ends.

        [ledger: stdin-pieces-are-one, winrm-console-stdin-never-ends]
        """
        if len(line) > LONGEST_LINE:
            raise WrongOption(
                f"The command line has {len(line)} characters: cmd.exe takes {LONGEST_LINE}, and some hosts run a part "
                "of a longer one without an error. Nothing was sent; put what varies into standard input."
            )
        command = self._start(line, console=not stdin)
        try:
            for piece, last in pieces(stdin or b""):
                self._client.send_command_input(self._shell, command, piece, end=last)
            out, err, code = self._client.get_command_output(self._shell, command)
        except BaseException:
            # What went wrong is of more interest than what goes wrong afterwards.
            with suppress(Exception):
                self._client.cleanup_command(self._shell, command)
            raise
        # The host forgets the last command with its shell, which saves the request; others must make room.
        self._ended = command
        return code, out, err

    def close(self) -> None:
        """Close the shell: old hosts allow five of them, and keep each for minutes."""
        self._client.close_shell(self._shell)

    def _open(self) -> tuple[Client, str]:
        client = self._connect()
        return client, client.open_shell(codepage=self._codepage, noprofile=True)

    def _start(self, line: str, *, console: bool) -> str:
        if self._ended is not None:
            self._client.cleanup_command(self._shell, self._ended)
            self._ended = None
        try:
            return self._command(line, console)
        except Exception as error:
            if not is_quota(error):
                raise
        with suppress(Exception):
            self.close()
        self._client, self._shell = self._open()
        return self._command(line, console)

    def _command(self, line: str, console: bool) -> str:
        return self._client.run_command(self._shell, line, console_mode_stdin=console, skip_cmd_shell=False)


def is_quota(error: Exception) -> bool:
    """Tell whether an error is a host's fault about its quota of operations, in either form that hosts use."""
    return _QUOTA in (getattr(error, "wsman_fault_code", None), getattr(error, "wmierror_code", None))


# What pywinrm stands on. What one of them raises while it talks to a host means that there is no answer.
_LIBRARIES = (
    "winrm", "requests", "urllib3", "http", "ssl", "spnego", "requests_ntlm", "requests_credssp", "kerberos", "OpenSSL",
)  # fmt: skip


def loss(error: Exception) -> str | None:
    """Return the words for an error that means that a host gave no answer, None for an error of another kind."""
    if isinstance(error, KerberosFailure):
        return said_by_host(error)
    if not isinstance(error, OSError) and type(error).__module__.partition(".")[0] not in _LIBRARIES:
        return None
    name = type(error).__name__
    if name == "WinRMOperationTimeoutError":
        return "The host did not deal with a request in time."
    if name == "WinRMTransportError":
        # The error holds the whole response.
        return f"The host answered with HTTP status {getattr(error, 'code', 'unknown')}."
    return said_by_host(error) or name


def pieces(stdin: bytes) -> Iterator[tuple[bytes, bool]]:
    """Yield standard input in pieces that fit one message each, with whether it is the last one."""
    for start in range(0, len(stdin), PIECE_BYTES):
        yield stdin[start : start + PIECE_BYTES], start + PIECE_BYTES >= len(stdin)


@dataclass(frozen=True, slots=True)
class ConnectionPlan:
    """How to reach a host: its address, the ways of authentication in order, and the arguments of pywinrm."""

    endpoint: str
    transports: tuple[str, ...]
    arguments: Mapping[str, Any]
    manages_tickets: bool


# Options that pywinrm takes under the same name, when they are set.
_PASSED_ON = (
    "server_cert_validation", "ca_trust_path", "cert_pem", "cert_key_pem", "kerberos_delegation", "service",
    "kerberos_hostname_override", "message_encryption", "send_cbt", "credssp_disable_tlsv1_2", "proxy",
)  # fmt: skip
# The response must have the time to travel back.
_WAY_BACK_SECONDS = 10


def plan(option: Option, supported: Sequence[str]) -> ConnectionPlan:
    """Return how to reach the host that the options describe; ``supported`` is what the library can do."""
    user, password, port = option("remote_user"), option("remote_password"), int(option("port"))
    _check_account(user or "", password or "")
    path = str(option("path"))
    if not _PATH.fullmatch(path):
        raise WrongOption(f"ansible_winrm_path is {path!a}: expected a path such as /wsman, in ASCII without blanks.")
    scheme = option("scheme") or ("http" if port == _HTTP_PORT else "https")
    transports = tuple(option("transport") or (_default_transport(user or "", scheme),))
    unsupported = [name for name in transports if name not in supported]
    if unsupported:
        raise WrongOption(
            f"ansible_winrm_transport is {unsupported[0]!r}: this pywinrm knows {', '.join(sorted(supported))}."
        )
    arguments = {"username": user, "password": password}
    arguments |= {name: option(name) for name in _PASSED_ON if option(name) is not None}
    arguments |= _timeouts(option)
    mode = option("kerberos_mode")
    return ConnectionPlan(
        endpoint=urlunsplit((scheme, f"{_bracketed(str(option('remote_addr')))}:{port}", path, "", "")),
        transports=transports,
        arguments=arguments,
        manages_tickets=mode == "managed" or (mode is None and bool(password)),
    )


def _default_transport(user: str, scheme: str) -> str:
    if "@" in user:
        return "kerberos"
    return "ssl" if scheme == "https" else "plaintext"


def _check_account(user: str, password: str) -> None:
    """Refuse what a request for a ticket would read as an option, or as more than one line."""
    if user.startswith("-") or not user.isprintable():
        raise WrongOption(f"The user is {user!a}: expected a name on one line that does not begin with a hyphen.")
    if any(character in password for character in "\r\n\0"):
        raise WrongOption("The password holds a line end or a NUL: expected one line.")


def _bracketed(address: str) -> str:
    try:
        found = IPv6Address(address)
    except AddressValueError:
        if not _NAME.fullmatch(address):
            raise WrongOption(f"The address of the host is {address!a}: expected a name or an address.") from None
        return address
    # The library takes any text for a scope id, which here is an interface of this controller.
    if found.scope_id is not None and not _NAME.fullmatch(found.scope_id):
        raise WrongOption(f"The address of the host is {address!a}: expected the name of an interface behind the %.")
    return f"[{found}]"


def _timeouts(option: Option) -> dict[str, int]:
    operation, read = option("operation_timeout_sec"), option("read_timeout_sec")
    both = option("connection_timeout")
    if operation is None:
        operation = both
    if operation is None:
        return {} if read is None else {"read_timeout_sec": read}
    if read is None:
        read = operation + _WAY_BACK_SECONDS
    if not 0 < operation < read:
        raise WrongOption(
            f"ansible_winrm_read_timeout_sec is {read} and ansible_winrm_operation_timeout_sec {operation}: the "
            "operation must have at least a second, and reading must wait longer than that."
        )
    return {"operation_timeout_sec": operation, "read_timeout_sec": read}


def kinit(option: Option, cache: str, environment: Mapping[str, str]) -> None:
    """Get a ticket for the user into the file ``cache``. The password goes through standard input."""
    user, password = option("remote_user"), option("remote_password") or ""
    given = option("kinit_args")
    arguments = shlex.split(given) if given else ["-f"] if option("kerberos_delegation") else []
    passed = {name: environment[name] for name in option("kinit_env_vars") or () if name in environment}
    command = [option("kerberos_command"), *arguments, str(user)]
    try:
        done = subprocess.run(
            command,
            # Neither prompts nor asks the terminal of whoever runs the playbook.
            start_new_session=True,
            input=f"{password}\n",
            env={**passed, "PATH": environment.get("PATH", os.defpath), "KRB5CCNAME": f"FILE:{cache}"},
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise KerberosFailure(f"{command[0]} could not be started: {error}") from error
    if done.returncode != 0:
        said = done.stderr.strip()
        if password:
            said = said.replace(password, "(hidden)")
        raise KerberosFailure(f"No Kerberos ticket for {user}: {said}")
