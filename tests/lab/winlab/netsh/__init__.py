# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The netsh of a simulated host.

Exit codes, lab's choice where nothing is documented: an interactive session always ends with 0, and so does a file of
lines (`-f`); a one-shot command ends with 1 if it is unknown, incomplete, malformed or refused, but with 0 if it was
refused because the object is already there or because the store holds nothing to show. Success prints nothing.

[ledger: netsh-silence-is-success, netsh-exit-codes]
"""

from __future__ import annotations

from collections.abc import Callable

from ..firewall import store
from ..host import Host
from . import advfirewall, advfirewall_rules, consec, dynamic, dynamic_entries, firewall, monitor
from .session import EXTENSIONS, ONLY_ON, VERBS, Reader, Session
from .words import from_arguments, split

__all__ = ["EXTENSIONS", "ONLY_ON", "main"]

# Lab's choice: each version has the one context that was made for it.
# [ledger: fw-2003-context]
EXTENSIONS[("advfirewall",)] = advfirewall.run
EXTENSIONS[("advfirewall", "firewall")] = advfirewall_rules.run
EXTENSIONS[("advfirewall", "consec")] = consec.run
EXTENSIONS[("advfirewall", "mainmode")] = consec.run_main_mode
EXTENSIONS[("advfirewall", "monitor")] = monitor.run
EXTENSIONS[("firewall",)] = firewall.run
EXTENSIONS[("ipsec", "dynamic")] = dynamic.run
VERBS[("ipsec", "dynamic")] = (*dynamic_entries.COMMANDS, "show")
for _context in ((), ("consec",), ("firewall",), ("mainmode",), ("monitor",)):
    ONLY_ON[("advfirewall", *_context)] = store.modern
ONLY_ON[("firewall",)] = lambda host: not store.modern(host)


def main(host: Host, arguments: list[str] | str, stdin: Reader, out: Callable[[bytes], None]) -> int:
    """Run netsh with what stands behind its name, as raw text or as words that somebody split.

    Without arguments it reads lines from `stdin`. Output goes to `out` in the host's OEM code page with CRLF line
    ends. Returns the exit code.
    """
    line = arguments if isinstance(arguments, str) else " ".join(arguments)
    words = split(arguments) if isinstance(arguments, str) else from_arguments(arguments)
    session = Session(host, out)
    return session.one_shot(line.strip(), words) if words else session.interact(stdin)
