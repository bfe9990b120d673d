# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A key in any wrong place of the options of any module, and that nobody gets to see it."""

from __future__ import annotations

import json
import random
import socket
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.utils.display import Display
from hypothesis import given, settings
from hypothesis import strategies as st
from key_places import CANARY, NUMBER, REPLACING, TREES, Place, places, replaced, spelled, texts, thinned
from lab_runner import LabConnection, run

from ansible_collections.winsec.ipsec.plugins.module_utils._argspec import SPECS
from winlab.connections import managed
from winlab.host import Host
from winlab.netsh.talk import static

pytestmark = pytest.mark.slow

Data = dict[str, Any]
ROLES = Path(__file__).resolve().parents[3] / "roles"
FORMS = (CANARY.casefold(), str(NUMBER))
PRESENT = (
    'add filterlist name="L"',
    'add filter filterlist="L" srcaddr=me dstaddr=10.0.0.1 protocol=TCP srcport=0 dstport=80',
    'add filteraction name="A" action=negotiate qmsecmethods="ESP[3DES,SHA1]"',
    'add policy name="Front" assign=no',
)
PER_EXAMPLE = 40
COUNTED: Counter[str] = Counter()


VAULTED = (CANARY, f'{CANARY}"', f"{CANARY} %", f"{CANARY} " * 30, f"x/{CANARY}, 10.0.0.1", f" {CANARY}\n")


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
    host = Host.create("host", "2016", addresses=("10.9.0.1",))
    host.connections = managed(ip_address("10.9.0.1"), 5985, "10.9.0.2")
    static(host, *PRESENT)
    return host


HOST = lab_host()


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


def missing(spec: Data, tree: Data, path: str) -> list[str]:
    """Return the options of a specification that a tree has not, below too."""
    found = [f"{path}.{key}" for key in spec if key not in tree]
    for key, rule in spec.items():
        if "options" in rule and key in tree:
            below = tree[key] if isinstance(tree[key], list) else [tree[key]]
            # The elements of a list have every option between them.
            together = {name: value for item in reversed(below) for name, value in item.items()}
            found += missing(rule["options"], together, f"{path}.{key}")
    return found


def test_every_module_with_every_option_has_its_tree() -> None:
    assert set(TREES) == set(SPECS)
    assert [option for module, tree in TREES.items() for option in missing(SPECS[module], tree, module)] == []


@pytest.mark.parametrize("module", sorted(TREES))
def test_the_options_themselves_are_accepted(module: str, said: list[str], folder: Path) -> None:
    refused, text = told(Place(module, TREES[module], (), "", False), HOST, folder, check_mode=True)
    assert not refused, text


@pytest.mark.parametrize("module", sorted(TREES))
def test_a_key_in_every_single_place(module: str, said: list[str], folder: Path) -> None:
    found = [place for place in places(module, TREES[module]) if counts(place)]
    COUNTED[module] = len(found)
    shown = [str(place) for place in found if leaks(place, HOST, folder, said)]
    assert not shown, "\n".join(shown)


@given(seed=st.integers(0, 2**32), before=st.text(max_size=12), after=st.text(max_size=12))
def test_a_key_of_any_text_in_any_place_of_any_options(
    seed: int, before: str, after: str, said: list[str], folder: Path
) -> None:
    choice = random.Random(seed)
    module = choice.choice(sorted(TREES))
    tree = thinned(TREES[module], lambda: choice.random() < 0.9)
    found = [place for place in places(module, tree) if counts(place)]
    for place in choice.sample(found, min(PER_EXAMPLE, len(found))):
        spelt = replace(place, args=spelled(place.args, f"{before}{CANARY}{after}"))
        # What is accepted changes the host, so that each task gets its own.
        real = choice.random() < 0.1
        COUNTED["generated"] += 1
        assert not leaks(spelt, lab_host() if real else HOST, folder, said, check_mode=not real), str(spelt)


def test_there_were_thousands_of_places() -> None:
    every = sum(count for module, count in COUNTED.items() if module != "generated")
    assert every > 4000, COUNTED
    # Small modules have fewer places than are asked for.
    assert COUNTED["generated"] > settings.default.max_examples * PER_EXAMPLE // 2, COUNTED


@pytest.mark.parametrize("module", sorted(TREES))
def test_a_text_from_a_vault_in_every_single_option(module: str, said: list[str], folder: Path) -> None:
    tags = pytest.importorskip("ansible._internal._datatag._tags")
    shown = []
    number = 0
    for path in texts(TREES[module]):
        for text in VAULTED:
            said.clear()
            tagged = tags.VaultedValue(ciphertext="$ANSIBLE_VAULT;1.1;AES256\n3132").tag(text)
            place = Place(module, replaced(TREES[module], path, tagged), path, f"from a vault {text[:30]!r}", True)
            refused, said_here = told(place, HOST, folder, check_mode=True)
            number += refused
            if refused and any(part in said_here.casefold() for part in ("canary", "7f3a9zq")):
                shown.append(str(place))
    assert not shown, "\n".join(shown)
    assert number > len(VAULTED) or module in ("sa_info", "policies_info", "connection_security_info", "confirm"), (
        number
    )


@pytest.mark.parametrize("role", sorted(path.name for path in ROLES.iterdir()))
def test_ansible_validates_the_options_of_roles_without_showing_them(role: str) -> None:
    """Any text and any container in each option: those with a list of words, or of another type, would be quoted."""
    options = yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]
    for option, spec in options["options"].items():
        for make in REPLACING.values():
            for value in (make(), [make()]):
                said = " ".join(ArgumentSpecValidator({option: spec}).validate({option: value}).errors.messages)
                assert not any(shown in said for shown in (CANARY, str(NUMBER))), (option, said)


@pytest.mark.parametrize(
    ("template", "given"),
    [
        ("peers | winsec.ipsec.filters_to(80)", {"peers": CANARY}),
        ("peers | winsec.ipsec.filters_from(80)", {"peers": ["10.0.0.1", CANARY]}),
        ("flows | winsec.ipsec.cisco_openings('asa')", {"flows": [{"from": [CANARY], "to": ["10.0.0.1"]}]}),
        ("[] | winsec.ipsec.cisco_openings('ios', protocols=words)", {"words": [CANARY]}),
        ("[] | winsec.ipsec.cisco_openings(platform)", {"platform": CANARY}),
        ("[] | winsec.ipsec.firewalld_openings(ingress_zones=zones)", {"zones": [f"{CANARY} %"]}),
        ("[] | winsec.ipsec.nftables_openings('{}', family=family)", {"family": CANARY}),
        ("documents | winsec.ipsec.needed_openings", {"documents": [{"assigned": CANARY}]}),
    ],
)
def test_filters_do_not_show_what_came_from_a_vault(template: str, given: Data) -> None:
    tags = pytest.importorskip("ansible._internal._datatag._tags")
    template_tags = pytest.importorskip("ansible.template")

    def marked(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: marked(item) for key, item in value.items()}
        if isinstance(value, list):
            return [marked(item) for item in value]
        return tags.VaultedValue(ciphertext="x").tag(value) if CANARY in value else value

    templar = Templar(loader=DataLoader(), variables=marked(given))
    with pytest.raises(AnsibleError) as caught:
        templar.template(template_tags.trust_as_template("{{ " + template + " }}"))
    assert "expected" in str(caught.value)
    assert CANARY not in str(caught.value)


def test_numbers_from_a_vault_and_parts_of_a_text_from_one_are_not_shown(said: list[str], folder: Path) -> None:
    tags = pytest.importorskip("ansible._internal._datatag._tags")
    listed = tags.VaultedValue(ciphertext="x").tag("ike,Canary-7f3a9Zq")
    place = Place("firewall", {**TREES["firewall"], "protocols": listed}, ("protocols",), "vaulted list", True)
    refused, text = told(place, HOST, folder, check_mode=True)
    assert refused
    assert "protocols[1] is a text (not shown): expected one of" in text
    assert "7f3a9Zq" not in text
