# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A key in any wrong place of the options of any module, and that nobody gets to see it."""

from __future__ import annotations

import json
import socket
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display
from key_places import CANARY, NUMBER, TREES, Place, places
from lab_runner import LabConnection, run

from ansible_collections.winsec.ipsec.plugins.module_utils._argspec import SPECS
from winlab.host import Host
from winlab.netsh.talk import static

Data = dict[str, Any]
FORMS = (CANARY.casefold(), str(NUMBER))
PRESENT = (
    'add filterlist name="L"',
    'add filter filterlist="L" srcaddr=me dstaddr=10.0.0.1 protocol=TCP srcport=0 dstport=80',
    'add filteraction name="A" action=negotiate qmsecmethods="ESP[3DES,SHA1]"',
    'add policy name="Front" assign=no',
)
PER_EXAMPLE = 40
COUNTED: Counter[str] = Counter()


@pytest.fixture(scope="module")
def said() -> Iterator[list[str]]:
    """Return all that Ansible shows or logs, at its most talkative; sessions find no way to any host."""
    lines: list[str] = []

    def record(_self: Display, msg: object, *_args: object, **_more: object) -> None:
        lines.append(str(msg))

    def nowhere(*_args: object, **_more: object) -> None:
        raise socket.gaierror("no names in this test")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Display, "display", record)
        patch.setattr(Display, "verbosity", 6, raising=False)
        patch.setattr(socket, "getaddrinfo", nowhere)
        yield lines


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


def told(place: Place, host: Host, folder: Path, *, check_mode: bool) -> tuple[bool, str]:
    """Run a task; return whether it was refused, and everything that it said and wrote."""
    args = dict(place.args)
    if place.module == "report" and args.get("folder") == "report":
        args["folder"] = str(folder)
    try:
        result = run(LabConnection(host), place.module, args, check_mode=check_mode, diff=True)
    except AnsibleActionFail as error:
        shown = "".join(traceback.format_exception(error, chain=True))
        return True, f"{error} {error.message} {error.result} {error.obj} {shown}"
    files = [path.read_text() for path in folder.rglob("*") if path.is_file()]
    for path in folder.rglob("*"):
        if path.is_file():
            path.unlink()
    return False, " ".join([json.dumps(result, default=str), *files])


def lab_host() -> Host:
    host = Host.create("host", "2016")
    static(host, *PRESENT)
    return host


def leaks(place: Place, host: Host, folder: Path, said: list[str], *, check_mode: bool = True) -> bool:
    """Tell whether a key is shown where it must not be."""
    said.clear()
    refused, text = told(place, host, folder, check_mode=check_mode)
    shown = any(form in text.casefold() + "\n".join(said).casefold() for form in FORMS)
    if place.is_key or not place.text:
        return shown
    # One text or number of an option that is known: people must see it, unless it stands beside a key.
    return shown and refused and place.beside_key


def counts(place: Place) -> bool:
    return place.is_key or place.beside_key or not place.text


def test_every_module_with_every_option_has_its_tree() -> None:
    assert set(TREES) == set(SPECS)
    for module, tree in TREES.items():
        assert set(tree) == set(SPECS[module]), module


@pytest.mark.parametrize("module", sorted(TREES))
def test_the_options_themselves_are_accepted(module: str, said: list[str], folder: Path) -> None:
    refused, text = told(Place(module, TREES[module], (), "", False), lab_host(), folder, check_mode=True)
    assert not refused, text


@pytest.mark.parametrize("module", sorted(TREES))
def test_a_key_in_every_single_place(module: str, said: list[str], folder: Path) -> None:
    host = lab_host()
    found = [place for place in places(module, TREES[module]) if counts(place)]
    COUNTED[module] = len(found)
    shown = [str(place) for place in found if leaks(place, host, folder, said)]
    assert not shown, "\n".join(shown)


def test_there_were_thousands_of_places() -> None:
    assert sum(COUNTED.values()) > 4000
