# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each connection plugin takes a constant command line whose program reads standard input: one table.

What lies between the line and its program differs: the shells of WinRM, PowerShell as a program, a runspace, sshd with
its default shell. Everything that varies goes through standard input in all of them.
[ledger: netsh-stdin-through-winrm]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleActionFail

if TYPE_CHECKING:
    from ansible.plugins.connection import ConnectionBase

_KIB = 1024
# One Send must fit the message that the host takes, with base64 and SOAP around it.
_IN_SMALL_MESSAGES = 90 * _KIB
_IN_LARGE_MESSAGES = 180 * _KIB
# Where the connection cuts standard input into pieces by itself.
_IN_PIECES = 480 * _KIB


Option = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class CommandForm:
    """How a line becomes what the connection runs, and whether standard input travels in pieces of a fitting size.

    ``settle`` connects, where something is to be done before the first command. ``address`` is the option with the
    name of the host; ``port`` returns the port from the options, as the plugin works it out.
    """

    line: Callable[[ConnectionBase, str], str]
    in_pieces: bool = True
    settle: Callable[[ConnectionBase], None] = lambda _connection: None
    address: str = "remote_addr"
    port: Callable[[Option], Any] = lambda option: option("port")


def _port_of_psrp(option: Option) -> Any:
    """Return the port that psrp takes where none is given: that of the protocol, which is HTTPS by default."""
    return option("port") or (5985 if option("protocol") == "http" else 5986)


def _port_of_ssh(option: Option) -> Any:
    """Return the port of an option, or ssh's own; what a configuration file of ssh says is not known here."""
    return option("port") or 22


def _look_up_once(connection: ConnectionBase) -> None:
    """Connect, and have proxies and certificates of the environment looked up no more: pywinrm's session has them.

    Requests does so for each message otherwise, which is a tenth of the processor time of a task.
    """
    connection._connect()
    protocol: Any = getattr(connection, "protocol", None)
    session = getattr(getattr(protocol, "transport", None), "session", None)
    if session is not None:
        session.trust_env = False


def _as_it_is(_connection: ConnectionBase, line: str) -> str:
    """Return the line: cmd.exe reads it, or a PowerShell that leaves standard input to the programs that it starts.

    [ledger: powershell-hands-stdin-on]
    """
    return line


def _in_runspace(connection: ConnectionBase, line: str) -> str:
    """Return the line for a runspace, which has no standard input: what is sent arrives as $input.

    [ledger: powershell-input-to-cmd]
    """
    return _encoded(connection, f"$input | & {_constant(line)}; exit $LASTEXITCODE")


def _over_ssh(connection: ConnectionBase, line: str) -> str:
    """Return the line for the default shell of sshd.

    cmd.exe takes it as it is. On its way to PowerShell quotes would get lost, so it travels encoded: a script that does
    not mention $input leaves standard input to its program.

    [ledger: powershell-argument-quotes, ssh-stdin-to-shell]
    """
    shell: Any = connection._shell
    family = shell.SHELL_FAMILY
    if family == "cmd":
        return line
    if family == "powershell":
        return _encoded(connection, _constant(line))
    raise AnsibleActionFail(
        f"The shell of the ssh connection is {family!r}: expected cmd or powershell. Set ansible_shell_type to the "
        "default shell of the host's sshd."
    )


def _constant(line: str) -> str:
    """Return a line that PowerShell reads as cmd.exe does: none of ours has what it would replace.

    [ledger: cmd-line-through-powershell]
    """
    if not (line.isascii() and line.isprintable()) or "$" in line or "`" in line:
        raise AnsibleActionFail("A command line holds what PowerShell would replace; this is a bug.")
    return line


def _encoded(connection: ConnectionBase, script: str) -> str:
    shell: Any = connection._shell
    encoded: str = shell._encode_script(script, strict_mode=False, preserve_rc=False)
    return encoded


FORMS: Mapping[str, CommandForm] = MappingProxyType(
    {
        # Sends 200,000 bytes at once, whatever the host takes.
        "winrm": CommandForm(_as_it_is, in_pieces=False, settle=_look_up_once),
        "winrs": CommandForm(_as_it_is),
        "psrp": CommandForm(_in_runspace, port=_port_of_psrp),
        "ssh": CommandForm(_over_ssh, address="host", port=_port_of_ssh),
    }
)


def form_of(connection: ConnectionBase) -> CommandForm:
    """Return the form for a connection. Raises AnsibleActionFail for connections that are not in the table."""
    name = name_of(connection)
    form = FORMS.get(name)
    if form is None:
        raise AnsibleActionFail(
            f"The connection plugin is {name!r}: expected one of {', '.join(FORMS)}. "
            "Set ansible_connection to one of them for Windows hosts."
        )
    return form


def room_of(connection: ConnectionBase, large_messages: bool) -> int:
    """Return how many bytes of standard input one command may get over a connection."""
    if form_of(connection).in_pieces:
        return _IN_PIECES
    return _IN_LARGE_MESSAGES if large_messages else _IN_SMALL_MESSAGES


def address_option(connection: ConnectionBase) -> str:
    """Return the option that holds the name or address of the host."""
    return form_of(connection).address


def port_of(connection: ConnectionBase, option: Option) -> Any:
    """Return the port that a connection goes to, given its options; None where it says none."""
    return form_of(connection).port(option)


def name_of(connection: ConnectionBase) -> str:
    """Return the name of a connection plugin without its collection."""
    return str(getattr(connection, "ansible_name", "") or connection.transport).rpartition(".")[2]


@contextmanager
def sent_once(connection: ConnectionBase) -> Iterator[None]:
    """Keep the ssh connection from repeating commands: it cannot know whether the lost answer was one to a change."""
    if name_of(connection) != "ssh":
        yield
        return
    before = connection.get_option("reconnection_retries")
    connection.set_option("reconnection_retries", 0)
    try:
        yield
    finally:
        connection.set_option("reconnection_retries", before)
