# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions through whole changes on simulated hosts: one after every line of netsh, judged by the lab and not by us.

The lab remembers associations, soft ones too; here all hosts forget them before every session, so that each is
negotiated anew by what stands in the registries of that moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from unittest import mock

import pytest
from lab_runner import LabConnection, run

from ansible_collections.winsec.ipsec.plugins.filter.with_keys import with_keys
from winlab.dataplane.wire import Wire
from winlab.host import Host
from winlab.ipsec.associations import Associations
from winlab.ipsec.packet import Network, Packet
from winlab.netsh import static
from winlab.netsh.context import Process
from winlab.netsh.words import Word
from winlab.testing.policies import machine

pytestmark = pytest.mark.slow

Data = dict[str, Any]

ADDRESSES = {"web1": "10.0.0.1", "web2": "10.0.0.2", "sql1": "10.0.1.1", "sql2": "10.0.1.2"}
GROUPS = {"web": ["web1", "web2"], "sql": ["sql1", "sql2"]}
FLOW: Data = {"name": "Web to SQL", "from": "web", "to": "sql", "ports": [1433]}
KERBEROS, CERTIFICATE = [{"method": "kerberos"}], [{"method": "certificate", "authority": "CN=Example CA"}]
KEY = [{"method": "preshared_key", "preshared_key": "Quiet-Harbour-41"}]
SHA1, MD5 = ([{"esp_encryption": "3des", "esp_integrity": word}] for word in ("sha1", "md5"))
AH = [{"ah_integrity": "sha1"}]


@dataclass
class Site:
    """Hosts with the wire between them, and what became of the sessions."""

    hosts: dict[str, Host]
    fates: Counter[str] = field(default_factory=Counter)
    clear_without_ike: int = 0
    task: Callable[..., Data] = run

    def sessions(self, port: int = 1433) -> None:
        """Hold a session of every pair, as the network is and where no IKE gets through."""
        for network in (Network(), Network(ike=False)):
            for source in GROUPS["web"]:
                for destination in GROUPS["sql"]:
                    for host in self.hosts.values():
                        host.associations = Associations()
                    ends = ip_address(ADDRESSES[source]), ip_address(ADDRESSES[destination])
                    sent = Wire(self.hosts.values(), network).send(Packet(*ends, 6, 50_000, port))
                    if network.ike:
                        self.fates[sent.fate.value] += 1
                    elif sent.delivered and sent.replied:
                        self.clear_without_ike += 1

    @contextmanager
    def watched(self, port: int = 1433) -> Iterator[None]:
        """Hold sessions after every line that any host gets."""
        genuine = static.run

        def line(process: Process, words: list[Word]) -> int:
            code = genuine(process, words)
            self.sessions(port)
            return code

        with mock.patch.object(static, "run", line):
            yield

    def play(self, flow: Data, **more: Any) -> list[str]:
        """Play a deployment, and return the names of its rounds."""
        hosts = [
            {"name": name, "addresses": [ADDRESSES[name]], "info": run(host, "policies_info", {})}
            for name, host in self.hosts.items()
        ]
        options = {"flows": [flow], "hosts": hosts, "groups": GROUPS, **more}
        found = run(LabConnection(Host.create("unused", "2016")), "deployment", options)
        assert found["refusals"] == []
        for round_ in found["rounds"]:
            for name in round_["hosts"]:
                mine = found["hosts"][name]
                config = with_keys(mine["documents"][round_["name"]], mine["keyed_rules"][round_["name"]], [flow])
                self.task(self.hosts[name], "policies", {"state": "replaced", "config": config})
        return [one["name"] for one in found["rounds"]]


@pytest.fixture
def site() -> Site:
    versions = {"web1": "2003", "sql2": "2025"}
    return Site({name: machine(name, ADDRESSES[name], version=versions.get(name, "2016")) for name in ADDRESSES})


CHANGES = {
    "Kerberos to certificate": (FLOW, {**FLOW, "authentication": CERTIFICATE}, {}),
    "key to Kerberos": ({**FLOW, "authentication": KEY}, FLOW, {}),
    "certificate to key": ({**FLOW, "authentication": CERTIFICATE}, {**FLOW, "authentication": KEY}, {}),
    "one suite to another": ({**FLOW, "security_methods": SHA1}, {**FLOW, "security_methods": MD5}, {}),
    "ESP to AH and another method": (FLOW, {**FLOW, "authentication": CERTIFICATE, "security_methods": AH}, {}),
    "another group": (FLOW, FLOW, {"main_mode": {"security_methods": [{"dh_group": "768"}]}}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_no_session_fails_and_none_is_in_clear(site: Site, name: str) -> None:
    before, after, more = CHANGES[name]
    site.play(before)
    with site.watched():
        assert site.play(after, **more) == ["accept", "settle"]
    assert site.fates.total() >= 32
    assert set(site.fates) <= {"esp", "ah"}
    assert site.clear_without_ike == 0


def test_a_first_rollout_cuts_nobody_off(site: Site) -> None:
    with site.watched():
        assert site.play(FLOW) == ["accept", "settle"]
    assert set(site.fates) == {"clear", "soft_clear", "esp"}


def test_from_require_to_nothing_cuts_nobody_off(site: Site) -> None:
    """A host leaves: what it has with others fades."""
    site.play(FLOW)
    with site.watched():
        site.play({**FLOW, "from": "web1", "to": "sql1"})
    assert set(site.fates) <= {"clear", "soft_clear", "esp"}


def test_a_further_port_never_weakens_the_first(site: Site) -> None:
    """People 1: a port more, and the port that was there goes on as if nothing were."""
    site.play(FLOW)
    with site.watched():
        assert site.play({**FLOW, "ports": [1433, 1434]}, allow_swap=["added_port"]) == ["swap"]
    assert set(site.fates) == {"esp"}
    assert site.clear_without_ike == 0


class Killed(Exception):
    """The controller died."""


@dataclass
class Dying:
    """Runs tasks until so many hosts have been changed."""

    left: int

    def __call__(self, target: Host, module: str, args: Data) -> Data:
        if not self.left:
            raise Killed
        self.left -= 1
        return run(target, module, args)


@pytest.mark.parametrize("hosts", range(9))
def test_killed_after_any_host_the_next_run_arrives(site: Site, hosts: int) -> None:
    """Four hosts take two rounds; the eighth is the last, so nothing is killed then."""
    wanted = {**FLOW, "authentication": CERTIFICATE}
    site.play(FLOW)
    with site.watched():
        site.task = Dying(hosts)
        with pytest.raises(Killed) if hosts < 8 else nullcontext():
            site.play(wanted)
        site.task = run
        site.play(wanted)
        assert site.play(wanted) == []
    assert set(site.fates) == {"esp"}
    assert site.clear_without_ike == 0
