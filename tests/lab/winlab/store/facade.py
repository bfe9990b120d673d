# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole store of one host behind one name."""

from __future__ import annotations

from typing import Any

from . import foreign
from .contents import Contents
from .identifiers import ObjectClass
from .snapshot import take


class PolicyStore(Contents):
    """What a store holds, and what is done with it as a whole."""

    def snapshot(self) -> dict[str, Any]:
        """Return everything as plain data, see `winlab.store.snapshot`. Pre-shared keys are in it as they are."""
        return take(self)

    def delete_everything(self) -> None:
        """Delete all objects and the assignment."""
        self.objects.assign(None)
        for object_class in ObjectClass:
            for name in list(self.objects.names(object_class)):
                self.objects.delete(name)

    def add_foreign(self, kind: str, **words: str) -> str:
        """Plant an object beyond what netsh can make; `kind` names one of `foreign.KINDS`. Returns its key name."""
        return foreign.KINDS[kind](self, **words)
