# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks as users run them: a mismatch is found before anything changes, and rollback brings everything back."""

from __future__ import annotations

import pytest
import yaml
from playbook_runner import EARLIER, meaning, play

from winlab import shell
from winlab.lab import Lab
from winlab.spec import HostSpec
from winlab.wsman.faultplan import Effect, Fault

pytestmark = pytest.mark.slow

ACCEPT, SETTLE = "Every host accepts what its peers have and what they will have", "Every host has the new alone"
PAIR = (("be", "exchange_backends", "2003", "10.0.1.20"), ("fe", "exchange_frontends", "2025", "10.0.0.10"))


REPLACING = ("-e", "ipsec_replace_policy=true")


def lab() -> Lab:
    return Lab(
        HostSpec(name=name, version=version, netsh=EARLIER, groups=(group,), vars={"ipsec_address": address})
        for name, group, version, address in PAIR
    )


def test_rollback_brings_back_what_was_there(tmp_path):
    with lab() as running:
        before = meaning(running)
        assert {state[0] for state in before.values()} == {"Before"}
        done = play("site.yml", tmp_path, running)
        assert done.returncode != 0
        assert "fe has another policy in force, 'Before'" in done.stdout, done.stdout
        assert "Set ipsec_replace_policy if that is meant" in done.stdout
        done = play("site.yml", tmp_path, running, "--check", "--diff", *REPLACING)
        assert done.returncode == 0, done.stdout
        assert meaning(running) == before
        done = play("site.yml", tmp_path, running, *REPLACING)
        assert done.returncode == 0, done.stdout
        assert [state[0] for state in meaning(running).values()] == ["Client (Respond Only)", "Exchange front-end"]
        done = play("verify.yml", tmp_path, running)
        assert done.returncode == 0, done.stdout
        shell.run(running.hosts["be"].host, "netsh firewall delete portopening UDP 4500", None)
        shell.run(running.hosts["fe"].host, "sc stop PolicyAgent", None)
        done = play("verify.yml", tmp_path, running)
        assert done.returncode != 0
        for number, cause in enumerate(
            ("The service PolicyAgent of fe does not run.", "The firewall of be does not"), 1
        ):
            assert f"{number}. {cause}" in done.stdout, done.stdout
        done = play("site.yml", tmp_path, running)
        assert done.returncode == 0, done.stdout
        done = play("rollback.yml", tmp_path, running)
        assert done.returncode == 0, done.stdout
        assert meaning(running) == before
        assert not list((tmp_path / ".ipsec-saved").iterdir())
        assert not any(each.host.tasks for each in running.hosts.values())


def test_a_host_that_does_not_answer_is_part_of_the_proof(tmp_path):
    with lab() as running:
        running.faults.add(Fault(effect=Effect.DROP_BEFORE, host="fe", times=None))
        done = play("verify.yml", tmp_path, running, "-e", f"ipsec_report_folder={tmp_path / 'report'}")
        assert done.returncode != 0
        assert "1. fe could not be read." in done.stdout, done.stdout
        assert "2. Another policy is in force on be." in done.stdout
        assert (tmp_path / "report" / "index.html").is_file()


def test_ends_that_would_not_talk_are_found_before_anything_changes(tmp_path):
    """The back-end's predefined policy knows Kerberos only; front-ends with a key would be cut off."""
    key = '{"frontend_authentication": [{"method": "preshared_key", "preshared_key": "Quiet-Harbour-41"}]}'
    with lab() as running:
        before = meaning(running)
        done = play("site.yml", tmp_path, running, "-e", key, *REPLACING)
        assert done.returncode != 0
        assert "At the end fe -> be tcp/80 would be cut_off, not required." in done.stdout, done.stdout
        assert "authentication" in done.stdout.split("would be cut_off")[1]
        assert "Quiet-Harbour-41" not in done.stdout + done.stderr
        assert meaning(running) == before
        assert not any(b"ipsec static" in each.log.stdin() for each in running.hosts.values())


@pytest.mark.parametrize(
    ("name", "strategy"),
    [
        ("Firewalls of the hosts", "linear"),
        (ACCEPT, "linear"),
        (ACCEPT, "free"),  # as somebody's ansible.cfg may say
        (SETTLE, "linear"),
    ],
)
def test_a_back_end_that_does_not_answer_when_its_turn_comes_stops_the_rest(tmp_path, monkeypatch, name, strategy):
    """It was predicted, and then it is gone, one of several: no front-end may require what it may lack."""
    monkeypatch.setenv("ANSIBLE_STRATEGY", strategy)
    names = {"be1": "10.0.1.20", "be2": "10.0.1.21", "be3": "10.0.1.22", "fe": "10.0.0.10"}
    groups = {each: "exchange_frontends" if each == "fe" else "exchange_backends" for each in names}
    with Lab(
        HostSpec(name=each, netsh=EARLIER, groups=(groups[each],), vars={"ipsec_address": address})
        for each, address in names.items()
    ) as running:
        before = meaning(running)
        running.inventory(tmp_path / "inventory.yml")
        hosts = yaml.safe_load((tmp_path / "inventory.yml").read_text())
        found = next(each["hosts"]["be2"] for each in hosts["all"]["children"].values() if each["hosts"].get("be2"))
        usual = found["ansible_port"]
        found["ansible_port"] = f"{{{{ 1 if ansible_play_name == '{name}' else {usual} }}}}"
        done = play("site.yml", tmp_path, running, *REPLACING, inventory=yaml.safe_dump(hosts))
        assert done.returncode != 0
        assert "fatal: [be2]: UNREACHABLE" in done.stdout
        assert "PLAY [Both hosts of a pair change at once]" not in done.stdout
        fe = meaning(running)["fe"]
        assert fe == before["fe"] if name != SETTLE else "Request Security (Optional)" in fe[2]
