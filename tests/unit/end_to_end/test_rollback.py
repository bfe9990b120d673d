# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rollback, step by step on one lab: what is wrong stops it before a back-end goes, and it can be run again."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from playbook_runner import EARLIER, meaning, play

from winlab import shell
from winlab.host import Host
from winlab.lab import Lab
from winlab.netsh.talk import static
from winlab.registry import Kind, Value
from winlab.spec import HostSpec
from winlab.wsman.faultplan import Effect, Fault

pytestmark = pytest.mark.slow

LOCAL = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec\Policy\Local"
FRONT_ENDS, BACK_ENDS = ("fe1", "fe2"), ("be1",)
# What somebody might write into a saved file: nobody could reach the host any more.
CLOSED = {
    "filter_lists": [{"name": "Everything", "filters": [{"source": "any", "destination": "me"}]}],
    "filter_actions": [{"name": "Block", "action": "block"}],
    "policies": [{"name": "Closed", "rules": [{"name": "R", "filter_list": "Everything", "filter_action": "Block"}]}],
    "assigned": "Closed",
}


@dataclass
class Site:
    """Hosts on which site.yml has run; ``before`` is what they had, ``after`` what they have since."""

    lab: Lab
    folder: Path
    before: dict[str, object]
    after: dict[str, object]

    def rollback(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return play("rollback.yml", self.folder, self.lab, *arguments)

    def saved(self, name: str) -> Path:
        return self.folder / ".ipsec-saved" / f"{name}.json"

    @property
    def now(self) -> dict[str, object]:
        return meaning(self.lab)

    def open_firewalls(self) -> list[str]:
        line = "netsh advfirewall firewall show rule name=all"
        said = {name: shell.run(each.host, line, None).stdout for name, each in self.lab.hosts.items()}
        return [name for name, text in said.items() if b"winsec.ipsec ike in" in text]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    hosts = [(name, "exchange_frontends", f"10.0.0.{10 + place}") for place, name in enumerate(FRONT_ENDS)]
    hosts += [(name, "exchange_backends", f"10.0.1.{20 + place}") for place, name in enumerate(BACK_ENDS)]
    folder = tmp_path_factory.mktemp("site")
    with Lab(
        HostSpec(name=name, version="2016", netsh=EARLIER, groups=(group,), vars={"ipsec_address": address})
        for name, group, address in hosts
    ) as lab:
        before = meaning(lab)
        done = play("site.yml", folder, lab, "-e", "ipsec_replace_policy=true")
        assert done.returncode == 0, done.stdout
        yield Site(lab, folder, before, meaning(lab))


# The tests are the steps of one story, in this order: as long as anything is refused, nothing has changed.


@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_a_saved_file_that_cannot_be_read_is_named_before_anything_changes(
    site: Site, monkeypatch: pytest.MonkeyPatch, strategy: str
) -> None:
    monkeypatch.setenv("ANSIBLE_STRATEGY", strategy)
    whole = site.saved("fe1").read_text()
    site.saved("fe1").write_text("ipsec_saved: [unclosed\n")
    try:
        done = site.rollback()
    finally:
        site.saved("fe1").write_text(whole)
    assert done.returncode != 0
    assert str(site.saved("fe1")) in done.stdout
    assert "neither as JSON nor as YAML" in done.stdout
    assert site.now == site.after


def test_a_saved_file_that_would_lock_the_controller_out_is_refused(site: Site) -> None:
    whole = site.saved("fe1").read_text()
    site.saved("fe1").write_text(json.dumps(CLOSED))
    try:
        done = site.rollback()
    finally:
        site.saved("fe1").write_text(whole)
    assert done.returncode != 0
    assert "critical flow management" in done.stdout, done.stdout
    assert site.now == site.after


def test_a_front_end_whose_file_is_lost_keeps_its_back_ends(site: Site) -> None:
    site.saved("fe1").rename(site.folder / "elsewhere")
    try:
        done = site.rollback()
    finally:
        (site.folder / "elsewhere").rename(site.saved("fe1"))
    assert done.returncode != 0
    assert "fe1 has the policy of this inventory in force, but nothing is saved for it" in done.stdout
    assert site.now == site.after


def odd_rule(host: Host, name: str, odd: str) -> None:
    """Give a rule a name that no command can give."""
    keys = [rf"{LOCAL}\{key}" for key in host.registry.subkeys(LOCAL) if key.startswith("ipsecNFA")]
    (key,) = (key for key in keys if (found := host.registry.get(key, "ipsecName")) and found.data == name)
    host.registry.set(key, "ipsecName", Value(Kind.SZ, odd))


@pytest.mark.parametrize("odd", ["the case of its letters", "a rule without words"])
def test_a_front_end_whose_file_is_lost_is_known_although_somebody_changed_its_policy(site: Site, odd: str) -> None:
    host, rule = site.lab.hosts["fe1"].host, ("To the back-ends", "B\xfcro")
    if odd == "a rule without words":
        odd_rule(host, *rule)
    else:
        static(host, 'set policy name="Exchange front-end" newname="EXCHANGE Front-End"')
    changed = site.now
    site.saved("fe1").rename(site.folder / "elsewhere")
    try:
        done = site.rollback()
        assert site.now == changed
    finally:
        (site.folder / "elsewhere").rename(site.saved("fe1"))
        if odd == "a rule without words":
            odd_rule(host, *rule[::-1])
        else:
            static(host, 'set policy name="EXCHANGE Front-End" newname="Exchange front-end"')
    assert done.returncode != 0
    assert "fe1 has the policy of this inventory in force, but nothing is saved for it" in done.stdout
    assert site.now == site.after


def test_who_may_keep_its_policy_is_named_in_full(site: Site) -> None:
    """The name of another host, given on the command line, has this one's name in it."""
    site.saved("fe1").rename(site.folder / "elsewhere")
    try:
        done = site.rollback("-e", "ipsec_not_saved=fe10,fe11")
    finally:
        (site.folder / "elsewhere").rename(site.saved("fe1"))
    assert done.returncode != 0
    assert "nothing is saved for it" in done.stdout
    assert site.now == site.after


def test_a_policy_that_an_earlier_version_could_not_save_is_told_of(site: Site) -> None:
    whole = site.saved("fe1").read_text()
    data = json.loads(whole)
    del data["assigned"]
    site.saved("fe1").write_text(json.dumps(data))
    site.saved("fe2").rename(site.folder / "elsewhere")
    try:
        done = site.rollback("--check", "-e", "ipsec_not_saved=fe9,fe2")
    finally:
        site.saved("fe1").write_text(whole)
        (site.folder / "elsewhere").rename(site.saved("fe2"))
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("had a policy in force that its saved file does not name") == 1
    assert site.now == site.after


def test_a_critical_flow_of_the_inventory_counts(site: Site) -> None:
    """The earlier policy blocks the mail: now somebody has declared it critical."""
    mail = {"name": "mail", "peers": ["10.7.0.5"], "direction": "outbound", "traffic": "tcp/25"}
    done = site.rollback("-e", json.dumps({"ipsec_critical_flows": [mail]}))
    assert done.returncode != 0
    assert "critical flow mail" in done.stdout
    assert site.now == site.after


def test_a_group_that_is_not_there_is_a_refusal(site: Site, tmp_path: Path) -> None:
    site.lab.inventory(tmp_path / "inventory.yml")
    hosts = yaml.safe_load((tmp_path / "inventory.yml").read_text())
    text = yaml.safe_dump(hosts).replace("exchange_frontends", "exchange_frontend")
    done = play("rollback.yml", tmp_path, site.lab, inventory=text)
    assert done.returncode != 0
    assert "no host in the group exchange_frontends" in done.stdout
    assert site.now == site.after


def test_back_ends_wait_for_front_ends_that_a_limit_leaves_out(site: Site) -> None:
    done = site.rollback("--limit", "be1")
    assert done.returncode != 0
    assert "fe1, fe2" in done.stdout
    assert site.now == site.after


# The host is read, and a prediction reads it, then asks how it is managed.
@pytest.mark.parametrize("skip", [0, 3], ids=["from the start", "after the prediction"])
def test_a_front_end_that_does_not_answer_stops_everything_behind_it(site: Site, skip: int) -> None:
    site.lab.faults.add(Fault(effect=Effect.DROP_BEFORE, host="fe1", operation="Send", skip=skip, times=None))
    try:
        done = site.rollback()
    finally:
        site.lab.faults.clear()
    assert done.returncode != 0
    assert site.now["be1"] == site.after["be1"]
    assert site.now["fe1"] == site.after["fe1"]
    # In the second case the run had come as far as the front-ends.
    assert site.now["fe2"] == (site.before if skip else site.after)["fe2"]
    assert site.saved("be1").exists()
    assert site.saved("fe1").exists()
    assert site.open_firewalls() == ["fe1", "fe2", "be1"]


def test_check_mode_predicts_it_all(site: Site) -> None:
    now = site.now
    done = site.rollback("--check", "--diff")
    assert done.returncode == 0, done.stdout
    assert 'ipsec static set policy name="Before" assign=yes' in done.stdout
    assert site.now == now
    assert site.saved("fe1").exists()


def test_one_front_end_alone_may_go_back_and_the_firewalls_wait(site: Site) -> None:
    done = site.rollback("--limit", "fe1")
    assert done.returncode == 0, done.stdout
    assert "The firewalls stay open for IPsec until every host is back. Not in this run: be1, fe2." in done.stdout
    assert site.now["fe1"] == site.before["fe1"]
    assert site.now["be1"] == site.after["be1"]
    assert site.open_firewalls() == ["fe1", "fe2", "be1"]


def test_the_next_run_brings_back_the_rest_and_confirms_it(site: Site) -> None:
    marks = {name: len(each.log.stdin()) for name, each in site.lab.hosts.items()}
    done = site.rollback()
    assert done.returncode == 0, done.stdout
    assert "Nothing is saved for fe1, so there is nothing to bring back." in done.stdout
    assert site.now == site.before
    assert site.open_firewalls() == []
    assert b"schtasks.exe /create" in site.lab.hosts["be1"].log.stdin()[marks["be1"] :]
    assert not list((site.folder / ".ipsec-saved").iterdir())


def test_once_more_is_nothing_to_do(site: Site) -> None:
    done = site.rollback()
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Nothing is saved for") == 3
    assert all("changed=0" in line for line in done.stdout.splitlines() if "unreachable=" in line), done.stdout
    assert site.now == site.before
