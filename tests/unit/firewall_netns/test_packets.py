# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real packets through two real firewalls: what the role opens passes, exactly that, and nothing else does.

Needs ``nft``, ``ip`` and ``unshare``, and root or user namespaces. Without root the namespaces belong to the user.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
# The checkout lays its tree below collections; ansible-test runs in a tree already.
COLLECTIONS = ROOT.parents[2] if ROOT.parent.parent.name == "ansible_collections" else ROOT / "collections"
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"

A1, A2, A3 = "10.0.0.10", "10.0.0.11", "10.0.0.12"
B1, B2, B3 = "10.0.1.20", "10.0.1.21", "10.0.1.22"
FLOWS = [{"from": [A1, A2], "to": [B1]}, {"from": [A2], "to": [B2]}]
PAIRS = {(A1, B1), (A2, B1), (A2, B2)}
OPENED = ("ike", "nat_traversal", "esp", "ah")
ALL_KINDS = (*OPENED, "udp 501", "gre")

Probe = tuple[str, str, str]

EVERYTHING = {
    (kind, *ends)
    for kind in ALL_KINDS
    for near, far in itertools.product((A1, A2, A3), (B1, B2, B3))
    for ends in ((near, far), (far, near))
}
EXPECTED = {(kind, *ends) for kind in OPENED for near, far in PAIRS for ends in ((near, far), (far, near))}


def isolation() -> list[str]:
    """Return the command that gives a program its own network; skip when this machine lets nobody have one."""
    missing = [name for name in ("nft", "ip", "unshare") if shutil.which(name, path=PATH) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (Debian: nftables, iproute2, util-linux)")
    alone = ["unshare", "--net", "--mount", "--fork", "--kill-child"]
    ways = [alone] if os.geteuid() == 0 else [[*alone, "--user", "--map-root-user"]]
    why = ""
    for way in ways:
        trial = "mount -t tmpfs tmpfs /run && ip netns add trial && ip netns exec trial nft add table inet trial"
        done = subprocess.run(
            [*way, "sh", "-c", trial], capture_output=True, text=True, check=False, env=os.environ | {"PATH": PATH}
        )
        if done.returncode == 0:
            return way
        why = done.stderr.strip()
    pytest.skip(f"no network namespaces here (uid {os.geteuid()}): {why}")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Play the whole story once and return what happened at each stage."""
    folder = tmp_path_factory.mktemp("netns")
    variables = {"firewall_flows": FLOWS, "firewall_protocols": list(OPENED)}
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ANSIBLE_")}
    env = kept | {
        "PATH": PATH,
        "HOME": str(folder),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCAL_TEMP": str(folder / "local"),
        "ANSIBLE_REMOTE_TEMP": str(folder / "remote"),
    }
    done = subprocess.run(
        [*isolation(), sys.executable, str(HERE / "network.py"), str(folder), json.dumps(variables)],
        capture_output=True,
        text=True,
        check=False,
        env=env,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    story: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return story


def arrived(probes: list[list[str]]) -> set[Probe]:
    return {tuple(probe) for probe in probes}


def test_without_firewalls_every_packet_arrives(told: dict[str, Any]) -> None:
    assert arrived(told["without firewalls"]) == EVERYTHING


def test_firewalls_drop_everything_by_default(told: dict[str, Any]) -> None:
    assert arrived(told["default drop"]) == set()


def test_one_firewall_is_not_enough(told: dict[str, Any]) -> None:
    assert arrived(told["one firewall open"]) == set()


def test_exactly_the_listed_pairs_pass(told: dict[str, Any]) -> None:
    assert arrived(told["both open"]) == EXPECTED


def test_the_role_changes_once(told: dict[str, Any]) -> None:
    # Rules, folder, file, line in the main file.
    assert (told["changed on outer"], told["changed on inner"], told["changed again"]) == (4, 4, 0)


def test_each_opening_lets_through_what_it_says_and_nothing_else(told: dict[str, Any]) -> None:
    rounds = told["removed in turn"]
    # Four protocols, two directions, two flows, two firewalls.
    assert len(rounds) == 4 * 2 * 2 * 2
    stopped = []
    for each in rounds:
        match = re.search(
            r'saddr (?P<sources>.*?) ip daddr (?P<ends>.*?) (udp|meta).* comment "winsec.ipsec (?P<kind>\w+)"',
            each["rule"],
        )
        assert match is not None, each["rule"]
        gone = EXPECTED - arrived(each["arriving"])
        assert gone == {
            probe
            for probe in EXPECTED
            if probe[0] == match["kind"] and among(probe[1], match["sources"]) and among(probe[2], match["ends"])
        }
        assert arrived(each["arriving"]) < EXPECTED
        stopped.append((each["firewall"], frozenset(gone)))
    for firewall in ("outer", "inner"):
        mine = [gone for name, gone in stopped if name == firewall]
        assert sum(map(len, mine)) == len(EXPECTED)
        assert frozenset().union(*mine) == EXPECTED


def among(address: str, text: str) -> bool:
    """Whether the addresses of a rule, as nft lists them, hold an address; written for the addresses above."""
    if "/31" in text:
        text = text.replace("10.0.0.10/31", f"{A1}, {A2}")
    return address in re.findall(r"[\d.]+", text)


def test_damage_is_seen_in_the_kernel_and_repaired(told: dict[str, Any]) -> None:
    # The files were as they should be: only the kernel lacked a rule.
    assert told["changed after damage"] == 1
    assert arrived(told["repaired"]) == EXPECTED


def test_the_openings_survive_a_restart(told: dict[str, Any]) -> None:
    assert arrived(told["after a restart"]) == EXPECTED


def test_what_was_tried(told: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    way = "root" if os.geteuid() == 0 else "a user namespace"
    rounds = 2 + 1 + 1 + 1 + 32 + 1 + 1
    assert told["packets"] == rounds * len(EVERYTHING)
    with capsys.disabled():
        print(f"\nfirewalls in network namespaces, by {way}: {told['packets']} packets tried in {rounds} rounds")
