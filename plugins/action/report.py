# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action of the module report: a proof becomes files on the controller."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..plugin_utils._actions.base import Data, IpsecAction
from ..plugin_utils._common.errors import IpsecError
from ..plugin_utils._common.fields import element
from ..plugin_utils._proof.model import Proof
from ..plugin_utils._proof.reading import read_proof
from ..plugin_utils._report.files import DATA, JUNIT, PAGE, render


class ActionModule(IpsecAction[Proof]):
    """Writes the report of a proof. No host is asked."""

    _requires_connection = False

    module = "report"
    read_whole = ("proof",)

    def check(self, given: Data) -> Proof:
        """Refuse a proof that no report could show, and a folder that has no name."""
        proof = read_proof(given.get("proof"))
        if not element(given.get("folder") or "", "folder").strip():
            raise IpsecError("folder", given.get("folder"), "a folder on the controller", "Name the folder.")
        return proof

    def act(self, args: Data, request: Proof) -> Data:
        """Write what differs from what is there; return the paths, the counts and the verdict."""
        report = render(request)
        folder = Path(self._loader.path_dwim(args["folder"]))
        paths = {name: folder / name for name in (PAGE, DATA, JUNIT)}
        try:
            changes = _changes(paths, report.files)
            if not self._task.check_mode:
                for name in changes:
                    _write(paths[name], report.files[name])
        except OSError as error:
            expected = "a folder that can be written to on the controller"
            raise IpsecError("folder", str(folder), expected, f"The system says: {error.strerror or error}.") from None
        result: Data = {
            "changed": bool(changes),
            "page": str(paths[PAGE]),
            "data": str(paths[DATA]),
            "junit": str(paths[JUNIT]),
            "outcome": report.outcome,
            "verdict": report.verdict,
            "counts": report.counts.to_data(),
        }
        if self._task.diff:
            lines = "".join(f"{word} {paths[name]}\n" for name, word in changes.items())
            result["diff"] = [{"prepared": lines}] if lines else []
        return result


def _changes(paths: Mapping[str, Path], texts: Mapping[str, str]) -> dict[str, str]:
    """Return the files that are to be written, by name, each with the word for what happens to it."""
    changes = {}
    for name, path in paths.items():
        if not path.exists():
            changes[name] = "new:"
        elif path.read_bytes() != texts[name].encode("utf-8"):
            changes[name] = "changed:"
    return changes


def _write(path: Path, text: str) -> None:
    """Write a file in one step, so that no reader meets half a report, with the rights that new files have."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
