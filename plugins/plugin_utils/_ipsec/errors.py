# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one error of the core: what is wrong, where, what was expected and what to do."""

from __future__ import annotations

_LONGEST_VALUE = 80


class IpsecError(Exception):
    """A refusal that a person can act on.

    ``path`` is the option or object (``policies[0].rules[2].filter_list``), ``value`` the offending value as
    plain data (never a secret), ``expected`` a noun phrase, ``remedy`` a full sentence.
    """

    def __init__(self, path: str, value: object, expected: str, remedy: str) -> None:
        self.path = path
        self.value = value
        self.expected = expected
        self.remedy = remedy
        super().__init__(f"{path} is {shown(value)}: expected {expected}. {remedy}")


class HostLost(Exception):
    """The host did not answer, or no longer; nothing is known about what it did.

    ``established`` says that there had been a connection, so that asking again over a new one may help.
    """

    def __init__(self, message: str, *, established: bool = False) -> None:
        super().__init__(message)
        self.established = established


class StoreError(IpsecError):
    """Text or bytes that a host gave us and that cannot be a policy store."""


def shown(value: object) -> str:
    """Return ``value`` for a message: quoted, on one line, at most 80 characters."""
    text = ascii(str(value)) if isinstance(value, str) else ascii(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."
