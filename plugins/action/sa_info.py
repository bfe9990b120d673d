# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module sa_info: the associations of a host, and whether its policy works."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from ..plugin_utils._actions.base import Data, IpsecAction
from ..plugin_utils._associations.model import Associations
from ..plugin_utils._associations.read import CIM, FIRST, further_questions, read_first, read_further
from ..plugin_utils._policies.host import QUESTIONS, Host, read_host
from ..plugin_utils._policies.precedence import precedence
from ..plugin_utils._remote.connection import Remote
from ..plugin_utils._windows.queries import Questions, Section
from ..plugin_utils._windows.talk import HostSession, Run

Now = Callable[[], datetime]


def now() -> datetime:
    """Return the time of the controller."""
    return datetime.now(UTC)


def look(run: Run, clock: Now = now) -> Data:
    """Return what a host tells about itself and its associations.

    That takes one command, and two on a host that has no classes for associations.
    """

    def understand(sections: Mapping[str, Section]) -> tuple[Host, Section]:
        return read_host(sections), sections[CIM]

    before = clock()
    host, section = HostSession(run, Questions({**QUESTIONS.commands, **FIRST}), understand).read()
    further = further_questions(host.version)
    if further is None:
        found = read_first(section)
    else:
        before = clock()
        found = HostSession[Associations](run, further, lambda sections: read_further(host.version, sections)).read()
    after = clock()
    return {
        "changed": False,
        **replace(found, clock=found.clock.compared(before, after)).to_data(),
        "host": host.to_data(),
        "policy": precedence(host).to_data(),
    }


class ActionModule(IpsecAction[None]):
    """Reads security associations."""

    module = "sa_info"

    def check(self, given: Data) -> None:
        """There is nothing to refuse."""

    def act(self, args: Data, request: None) -> Data:
        """Return the associations of the host; check mode is no different."""
        return look(Remote(self, self.host).run)
