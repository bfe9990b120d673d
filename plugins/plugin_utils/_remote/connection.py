# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only file that talks to a host: one constant command line, one script on standard input, one answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.utils.display import Display

from .._common.errors import HostLost
from .._common.said import readable, said_by_host
from .forms import form_of, room_of, sent_once
from .progress import Progress
from .warm import warm_up

if TYPE_CHECKING:
    from ansible.plugins.action import ActionBase
    from ansible.plugins.connection import ConnectionBase

# At this verbosity connections show command lines and no answers; ssh shows both from 3 on.
_SHOWS_COMMANDS = 2
# What stands in every answer about the registry, in all languages, before any data. Keys are among these.
_WORDS_OF_REG = ("HKEY_", "REG_BINARY")
# What connection plugins for Windows are made of.
_LIBRARIES = ("winrm", "pypsrp", "requests", "urllib3", "spnego")

warm_up()


class Remote:
    """Runs command lines over the connection of a task; ``host`` is what it says long work is done for."""

    def __init__(self, action: ActionBase, host: str = "") -> None:
        self._action = action
        self._progress = Progress(
            lambda text: Display().display(said_by_host(f"{action._task.action} [{host}]: {text}"))
        )

    def run(self, line: str, script: bytes) -> str:
        """Return what the command printed to standard output and standard error.

        The line is one of the constants of :mod:`.._windows.netsh.script`; everything variable is in ``script``. Exit
        codes other than 0 and 1 mean that the command did not run. Raises :class:`HostLost` when there is no answer.

        [ledger: netsh-echo-stream, powershell-exit-zero-one]
        """
        if len(script) > self.room(large_messages=True):
            raise AnsibleActionFail(f"A script of {len(script)} bytes does not fit one request; this is a bug.")
        connection = self._action._connection
        form = form_of(connection)
        command = form.line(connection, line)
        with _losses(connection), _unheard(), sent_once(connection), self._progress.while_waiting():
            form.settle(connection)
            # The base class would write the whole answer into the debug log.
            code, stdout, stderr = connection.exec_command(command, in_data=script, sudoable=False)
        output = readable(stdout + stderr)
        if code not in (0, 1):
            program = line.split()[0]
            last = output.strip().splitlines()[-1:] or ["no output"]
            raise HostLost(f"{program} ended with code {code} on the host: {_quoted(last[0], output)}")
        return output

    def tell(self, text: str) -> None:
        """Say what the task is at, if it takes long."""
        self._progress.note(text)

    def room(self, large_messages: bool) -> int:
        """Return how many bytes of standard input one command may get, given whether the host takes large messages."""
        return room_of(self._action._connection, large_messages)

    def renew(self) -> None:
        """Make a new connection: what an established one still carries proves nothing."""
        connection = self._action._connection
        # The stock winrm connection forgets its shell when it is reset; old hosts allow five and keep each for minutes.
        with suppress(HostLost), _losses(connection):
            connection.close()
        with _losses(connection):
            connection.reset()


@contextmanager
def _unheard() -> Iterator[None]:
    """Keep connection plugins from printing what they carry: answers hold the store's keys as hexadecimal digits."""
    display, settings = Display(), vars(constants)
    verbosity, debug = display.verbosity, settings["DEFAULT_DEBUG"]
    display.verbosity = min(verbosity, _SHOWS_COMMANDS)
    settings["DEFAULT_DEBUG"] = False
    try:
        yield
    finally:
        display.verbosity = verbosity
        settings["DEFAULT_DEBUG"] = debug


@contextmanager
def _losses(connection: ConnectionBase) -> Iterator[None]:
    """Report what means that there is no answer as :class:`HostLost`.

    The stock winrm connection lets errors of its libraries out when it fails while it recovers or cleans up, and has
    a bare AnsibleError for input that could not be sent.
    """
    try:
        yield
    except AnsibleConnectionFailure as error:
        raise HostLost(_quoted(error), established=_established(connection)) from None
    except AnsibleError as error:
        if "send_input failed" not in str(error):
            raise AnsibleError(_quoted(error)) from None
        # Its text holds all that the host has printed, keys among it.
        message = "winrm send_input failed: the host did not take the standard input, or its answer was lost"
        raise HostLost(message, established=True) from None
    except Exception as error:
        if not isinstance(error, OSError) and type(error).__module__.partition(".")[0] not in _LIBRARIES:
            raise
        raise HostLost(_quoted(error), established=_established(connection)) from None


def _quoted(text: object, answer: str = "") -> str:
    """Return a text that came over a connection for a message, unless it may be a part of an answer with keys in it."""
    said = str(text)
    if any(word in each for word in _WORDS_OF_REG for each in (said, answer)):
        return "(not shown, since it is a part of the registry)"
    return said_by_host(said)


def _established(connection: ConnectionBase) -> bool:
    """Tell whether a connection had been made: a host that rejects the credentials is not to be asked again."""
    return bool(getattr(connection, "_connected", False))
