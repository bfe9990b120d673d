# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one netsh process has at hand while it works on a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..host import Host
from ..store import Code, PolicyStore, StoreError, policy_store
from ..text import Texts, texts


@dataclass(slots=True)
class Process:
    """One netsh process. The chosen store lasts as long as the process, the store's content longer.

    [ledger: netsh-store-one-process]
    """

    host: Host
    say: Callable[[str], None]
    location: str = "local"
    texts: Texts = field(init=False)
    _store: PolicyStore = field(init=False)

    def __post_init__(self) -> None:
        self.texts = texts(self.host.language)
        self._store = policy_store(self.host)

    @property
    def store(self) -> PolicyStore:
        """The store that commands work on; there is no domain in the lab, so only the local one opens.

        It opens whether or not PolicyAgent runs: what Windows does then is not known, so this is the lab's choice.

        [ledger: force-netsh-without-agent]
        """
        if self.location != "local":
            raise StoreError(Code.STORE_NOT_OPEN)
        return self._store

    def report(self, error: StoreError) -> None:
        """Print the line for a refused command; prefix and number are the same in every language."""
        self.say(f"ERR IPsec[{error.code:05d}] : {self.texts.errors[error.code].format(**error.words)}")
