# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts whose policies are called like programs: playbooks and the recipes of the guides take every text for data.

Nothing runs on the controller, no file is written where a name points to, the terminal gets no orders, and a rollback
brings back what was there.
"""

from __future__ import annotations

import json
import re
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import host_names
import pytest
import yaml
from guides import Loader, rst_blocks
from playbook_runner import ROOT, run

from winlab import shell
from winlab.lab import Lab
from winlab.registry import Kind, Value
from winlab.spec import HostSpec
from winlab.store import policy_store

pytestmark = pytest.mark.slow

LOCAL = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"
PAIR = (("be", "exchange_backends", "2016", "de", "10.0.1.20"), ("fe", "exchange_frontends", "2025", "en", "10.0.0.10"))
# As the console of the host prints them, these are UTF-8 for control characters that its code page does not have.
BEHIND_THE_CODE_PAGE = [raw.decode("cp437") for raw in (b"\xc2\x9b31m", b"\xe2\x80\xae", b"\xe2\x80\xa8", b"\x81")]
# The answer of a host that holds such a line ends there: it is refused, which is another test's matter.
UNANSWERABLE = ("@@after:end 0",)
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def earlier(canary: str) -> tuple[str, ...]:
    """Return the netsh lines that make a policy of hostile names and put it in force."""
    names = [text.format(canary=canary) for text in host_names.SENDABLE]
    lists, told = names[:12], f"{names[0]} {names[3]} {names[7]} ../../x"
    action, policy = names[5], f"{names[11]} {names[2]}"
    lines = [f'ipsec static add filteraction name="{action}" description="{told}" action=permit']
    for place, name in enumerate(lists):
        lines.append(f'ipsec static add filterlist name="{name}" description="{told}"')
        filters = f"srcaddr=me dstaddr=10.7.{place}.0 dstmask=255.255.255.0 protocol=TCP dstport=25"
        lines.append(f'ipsec static add filter filterlist="{name}" {filters} description="{told}"')
    lines.append(f'ipsec static add policy name="{policy}" description="{told}" activatedefaultrule=no assign=no')
    for name in lists[:3]:
        rule = f'name="{name}" policy="{policy}" filterlist="{name}" filteraction="{action}" kerberos=yes'
        lines.append(f"ipsec static add rule {rule}")
    lines += [f'ipsec static add filterlist name="Wild {place}"' for place in range(2 * len(wild(canary)))]
    return (*lines, f'ipsec static set policy name="{policy}" assign=yes', "exit")


def wild(canary: str) -> list[str]:
    found = [*host_names.WILD, *BEHIND_THE_CODE_PAGE]
    return [text.format(canary=canary) if "{{" in text else text for text in found if text not in UNANSWERABLE]


@dataclass
class Place:
    """A lab, the folder of its inventory, and the file that appears if anything is run."""

    lab: Lab
    folder: Path
    canary: Path
    before: dict[str, object] = field(default_factory=dict)

    def play(self, playbook: str | Path, *arguments: str) -> str:
        """Run a playbook on the folder as the inventory; return what the terminal got."""
        done = run(playbook, self.folder / "inventory", "-v", "--diff", *arguments)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        odd = {each for each in said if unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp")} | TURNING & {*said}
        assert odd == {"\n"}, said
        assert not self.canary.exists()
        return said

    def texts(self) -> dict[str, object]:
        """Return every name and description of each host, and how they hang together, as its registry has them."""
        found: dict[str, object] = {}
        for name, each in self.lab.hosts.items():
            registry = each.host.registry
            kept = [
                (key[:9], *(registry.get(rf"{LOCAL}\{key}", one) for one in ("ipsecName", "description")))
                for key in registry.subkeys(LOCAL)
            ]
            state = policy_store(each.host).snapshot()
            rules = {one["name"]: {_linked(rule) for rule in one["rules"]} for one in state["policies"]}
            filters = sorted(
                (one["name"], [entry["description"] for entry in one["filters"]]) for one in state["filter_lists"]
            )
            found[name] = (state["assigned"], sorted(map(repr, kept)), rules, filters)
        return found

    def wild(self) -> dict[str, list[object]]:
        """Return every byte of the objects that no command can name."""
        return {
            name: [each.host.registry.values(rf"{LOCAL}\{key}") for key in _wild_keys(each.host)]
            for name, each in self.lab.hosts.items()
        }


def _linked(rule: dict[str, Any]) -> tuple[object, ...]:
    return rule["name"], rule["filter_list"], rule["filter_action"]


def _wild_keys(host: Any) -> list[str]:
    kept = host.registry.subkeys(LOCAL)
    return [key for key in kept if host.registry.get(rf"{LOCAL}\{key}", "wild") is not None]


def _plant(host: Any, texts: list[str]) -> None:
    """Give the lists ``Wild N`` descriptions and, to every second one, names that netsh would not take."""
    registry = host.registry
    for key in registry.subkeys(LOCAL):
        path = rf"{LOCAL}\{key}"
        name = registry.get(path, "ipsecName")
        if name is None or not str(name.data).startswith("Wild "):
            continue
        text = texts[int(str(name.data).removeprefix("Wild ")) % len(texts)]
        registry.set(path, "wild", Value(Kind.DWORD, 1))
        registry.set(path, "description", Value(Kind.SZ, text))
        if int(str(name.data).removeprefix("Wild ")) >= len(texts):
            registry.set(path, "ipsecName", Value(Kind.SZ, f"{text} {name.data}"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "inventory").mkdir()
    # Names hold its path, and have 240 characters at most.
    with tempfile.TemporaryDirectory(prefix="c") as short:
        canary = Path(short) / "c"
        with Lab(
            HostSpec(
                name=name, version=version, language=language, netsh=earlier(str(canary)), groups=(group,),
                vars={"ipsec_address": address},
            )
            for name, group, version, language, address in PAIR
        ) as lab:  # fmt: skip
            for each in lab.hosts.values():
                _plant(each.host, wild(str(canary)))
            lab.inventory(folder / "inventory" / "hosts.yml")
            yield Place(lab, folder, canary)


# The tests are the steps of one story, in this order.


def test_the_rollout_saves_shows_and_reports_every_text_as_data(place: Place) -> None:
    place.before = place.texts()
    assert all(str(state[0]).startswith("../../") for state in place.before.values())
    report = place.folder / "report"
    said = place.play("site.yml", "-e", "ipsec_replace_policy=true", "-e", f"ipsec_report_folder={report}")
    assert "lookup('pipe'" in said
    saved = place.folder / "inventory" / ".ipsec-saved"
    assert sorted(path.name for path in saved.iterdir()) == ["be.json", "fe.json"]
    for page in report.iterdir():
        text = page.read_text(encoding="utf-8")
        assert not {each for each in text if unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp")} - {"\n"}
        assert not TURNING & {*text}
        assert page.suffix == ".json" or not re.search("<script|<img|<!--|]]>", text)


def recipes() -> Iterator[dict[str, Any]]:
    """Yield each play of the guides in which a host is asked for its policies, tasks without a play in one of ours."""
    for guide in sorted((ROOT / "docs/docsite/rst").glob("*.rst")):
        for block in rst_blocks(guide.read_text(encoding="utf-8")):
            if "policies_info" not in block and "saved_document" not in block:
                continue
            found = yaml.load(block, Loader)
            if "hosts" not in found[0]:
                found = [{"name": guide.stem, "hosts": "exchange_frontends", "gather_facts": False, "tasks": found}]
            yield from found


def test_the_recipes_of_the_guides_take_every_text_as_data(place: Place) -> None:
    plays = list(recipes())
    assert len(plays) >= 6
    for task in (task for each in plays for task in each["tasks"]):
        # These are meant to stop at such a host, and say what they found.
        if task["name"] in ("Stop where a document cannot say everything", "Nothing worse than what was accepted"):
            task["ignore_errors"] = True
    before = place.texts()
    (place.folder / "recipes.yml").write_text(yaml.safe_dump(plays, sort_keys=False))
    place.play(place.folder / "recipes.yml")
    assert place.texts() == before
    assert [path.name for path in (place.folder / "files" / "ipsec").iterdir()] == ["fe.yml"]


def test_a_rollback_brings_back_every_text_as_it_was(place: Place) -> None:
    """Also what somebody has removed in the meantime, and from a file that an earlier version saved elsewhere."""
    wild_before = place.wild()
    names = [line.split('"')[1] for line in earlier(str(place.canary)) if " add filterlist name=" in line][:12]
    policies = [name for name in place.before["fe"][2] if name.startswith("../")]  # type: ignore[index]
    lines = [f'ipsec static delete policy name="{name}"' for name in policies]
    lines += [f'ipsec static delete filterlist name="{name}"' for name in names]
    script = "".join(f"{line}\r\n" for line in [*lines, "exit"])
    for each in place.lab.hosts.values():
        shell.run(each.host, "netsh.exe", script.encode("ascii"))
    assert all(name not in repr(place.texts()["fe"]) for name in policies)
    saved = place.folder / "inventory" / ".ipsec-saved" / "be.json"
    old = place.folder / "inventory" / "ipsec-saved" / "be.yml"
    old.parent.mkdir()
    old.write_text(yaml.safe_dump({"ipsec_saved": json.loads(saved.read_text())}, allow_unicode=True))
    saved.unlink()
    place.play("rollback.yml")
    assert place.texts() == place.before
    assert place.wild() == wild_before
    assert not list(old.parent.iterdir())


def test_a_name_in_the_inventory_is_no_path(place: Place) -> None:
    """Machines under names that somebody chose, in two inventories: each is saved beside its own, and comes back."""
    deep, before = place.folder / "deep", place.texts()
    whole = yaml.safe_load((place.folder / "inventory" / "hosts.yml").read_text())["all"]["children"]
    for folder, group, new in (("a", "exchange_frontends", "../../fe"), ("b", "exchange_backends", "/tmp/be")):
        (old,) = whole[group]["hosts"]
        windows = {**whole["windows"], "hosts": {new: whole["windows"]["hosts"][old]}}
        found = {"all": {"children": {"windows": windows, group: {"hosts": {new: whole[group]["hosts"][old]}}}}}
        (deep / folder).mkdir(parents=True)
        (deep / folder / "hosts.yml").write_text(yaml.safe_dump(found))
    both = (deep / "a", "-i", str(deep / "b"))
    done = run("site.yml", *both, "-e", "ipsec_replace_policy=true")
    assert done.returncode == 0, done.stdout
    written = {str(path.relative_to(deep)) for path in deep.rglob("*") if path.is_file()}
    saved = {"a/.ipsec-saved/%2E.%2F..%2Ffe.json", "b/.ipsec-saved/%2Ftmp%2Fbe.json"}
    assert written == {"a/hosts.yml", "b/hosts.yml"} | saved
    done = run("rollback.yml", *both)
    assert done.returncode == 0, done.stdout
    assert place.texts() == before
    assert not any((deep / path).exists() for path in saved)
