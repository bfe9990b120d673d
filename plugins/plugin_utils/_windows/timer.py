# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's own way back: a scheduled task that restores the previous assignment unless it is taken away in time.

The task needs neither the controller nor the network. It names policies by GUID, so that nothing in its command
depends on what a name may contain, and repeats until it is deleted, which does no harm: it only assigns again.
Only /sc MINUTE is used, because dates follow the host's language (Microsoft's schtasks documentation).

[ledger: netsh-assign-by-guid, host-schtasks-runs-netsh, host-schtasks-offline]
"""

from __future__ import annotations

from .._common.errors import IpsecError
from .._common.packets import natural_number
from .lines import cmd_line

# The name of the task.
TIMER = "winsec-ipsec-revert"
SECONDS_PER_MINUTE = 60
LONGEST_TIMEOUT_SECONDS = 24 * 60 * SECONDS_PER_MINUTE
SHORTEST_TIMEOUT_SECONDS = SECONDS_PER_MINUTE


def check_timeout(value: object, path: str = "confirm_timeout") -> int | None:
    """Return the seconds within which a change must be confirmed; None for no confirmation."""
    if value is None:
        return None
    seconds = natural_number(str(value).strip())
    if isinstance(value, bool) or seconds is None or not SHORTEST_TIMEOUT_SECONDS <= seconds <= LONGEST_TIMEOUT_SECONDS:
        expected = f"a whole number of seconds from {SHORTEST_TIMEOUT_SECONDS} to {LONGEST_TIMEOUT_SECONDS}"
        remedy = "The host's scheduler counts in minutes: 120 to 300 seconds suit most networks."
        raise IpsecError(path, value, expected, remedy)
    return seconds


def minutes(seconds: int) -> int:
    """Return the whole minutes after which the host goes back: the scheduler knows no smaller unit."""
    return -(-seconds // SECONDS_PER_MINUTE)


def arm_command(command: str, seconds: int) -> str:
    """Return the command that sets the timer: after the seconds, in whole minutes, the host runs ``command``.

    [ledger: host-schtasks-minute, host-schtasks-system, host-schtasks-limits]
    """
    return cmd_line(
        f'schtasks.exe /create /f /tn {TIMER} /ru SYSTEM /sc MINUTE /mo {minutes(seconds)} /tr "{cmd_line(command)}"'
    )


DISARM_COMMAND = f"schtasks.exe /delete /tn {TIMER} /f"
