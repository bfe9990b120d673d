# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only file that talks to a host: one constant command line, one script on standard input, one answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.text.converters import to_text
from ansible.utils.display import Display

from ._ipsec.errors import HostLost

if TYPE_CHECKING:
    from ansible.plugins.action import ActionBase

# Connection plugins whose way with standard input is known. Other lines need another form.
_PLAIN_LINE = ("winrm",)
# At this verbosity connections show command lines and no answers.
_SHOWS_COMMANDS = 3
_LONGEST_SCRIPT_BYTES = 96 * 1024
# What connection plugins for Windows are made of.
_LIBRARIES = ("winrm", "pypsrp", "requests", "urllib3", "spnego")


class Remote:
    """Runs command lines over the connection of a task."""

    def __init__(self, action: ActionBase) -> None:
        self._action = action

    def run(self, line: str, script: bytes) -> str:
        """Return what the command printed to standard output and standard error.

        The line is one of the constants of :mod:`._ipsec.session`; everything variable is in ``script``. Exit codes
        other than 0 and 1 mean that the command did not run. Raises :class:`HostLost` when there is no answer.
        """
        if len(script) > _LONGEST_SCRIPT_BYTES:
            raise AnsibleActionFail(f"A script of {len(script)} bytes does not fit one request; this is a bug.")
        form = self._form(line)
        with _losses(), _unheard():
            # The base class would write the whole answer into the debug log.
            code, stdout, stderr = self._action._connection.exec_command(form, in_data=script, sudoable=False)
        output: str = to_text(stdout + stderr, errors="surrogate_then_replace")
        if code not in (0, 1):
            program = line.split()[0]
            last = output.strip().splitlines()[-1:] or ["no output"]
            raise HostLost(f"{program} ended with code {code} on the host: {last[0]}")
        return output

    def renew(self) -> None:
        """Make a new connection: what an established one still carries proves nothing."""
        # The stock winrm connection forgets its shell when it is reset; old hosts allow five and keep each for minutes.
        with suppress(HostLost), _losses():
            self._action._connection.close()
        with _losses():
            self._action._connection.reset()

    def _form(self, line: str) -> str:
        """Return the line in the form that the connection of the task takes."""
        connection = self._action._connection
        name = str(getattr(connection, "ansible_name", "") or connection.transport).rpartition(".")[2]
        if name in _PLAIN_LINE or getattr(connection, "takes_plain_lines", False):
            return line
        expected = ", ".join(_PLAIN_LINE)
        raise AnsibleActionFail(
            f"The connection plugin is {name!r}: expected one of {expected}. "
            "Set ansible_connection to winrm for Windows hosts."
        )


@contextmanager
def _unheard() -> Iterator[None]:
    """Keep connection plugins from printing what they carry: answers hold the store's keys as hexadecimal digits."""
    display = Display()
    before = display.verbosity
    display.verbosity = min(before, _SHOWS_COMMANDS)
    try:
        yield
    finally:
        display.verbosity = before


@contextmanager
def _losses() -> Iterator[None]:
    """Report what means that there is no answer as :class:`HostLost`.

    The stock winrm connection lets errors of its libraries out when it fails while it recovers or cleans up, and has
    a bare AnsibleError for input that could not be sent.
    """
    try:
        yield
    except AnsibleConnectionFailure as error:
        raise HostLost(str(error)) from error
    except AnsibleError as error:
        if "send_input failed" not in str(error):
            raise
        # Its text holds all that the host has printed, keys among it.
        message = "winrm send_input failed: the host did not take the standard input, or its answer was lost"
        raise HostLost(message) from None
    except Exception as error:
        if not isinstance(error, OSError) and type(error).__module__.partition(".")[0] not in _LIBRARIES:
            raise
        raise HostLost(str(error)) from error
