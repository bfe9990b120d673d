# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Web sessions through whole changes with real packets: none fails, and no segment is in clear.

A session begins every 100 ms while a deployment goes from Kerberos (its stand-in) to a certificate, and from one suite
to another. After each line of netsh that changes what is in force, the kernel and the daemon of that host get it; all
associations of the host end then, which is the worst that Windows may do. Run by ``tools/check kernel``.
"""

from __future__ import annotations

import base64
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from lab_runner import LabConnection, run

from ansible_collections.winsec.ipsec.plugins.filter.with_keys import with_keys
from winlab.dataplane.inforce import in_force
from winlab.host import Host
from winlab.kernel.authorities import Authorities
from winlab.kernel.carrier import Carrier
from winlab.kernel.enforce import Enforcement, load, translate
from winlab.kernel.wirelog import read_capture
from winlab.netsh import static
from winlab.netsh.context import Process
from winlab.netsh.words import Word
from winlab.testing.policies import machine

pytestmark = pytest.mark.skipif(not os.environ.get("LAB_KERNEL"), reason="real packets are for tools/check kernel")

Data = dict[str, Any]
ADDRESSES, PORT = {"web1": "10.0.0.10", "sql1": "10.0.1.20"}, 80
EVERY, PATIENCE = 0.1, 60.0
QUESTION, ANSWER = b"GET / HTTP/1.0\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n"
FLOW: Data = {"name": "Web", "from": "web1", "to": "sql1", "ports": [PORT]}
CERTIFICATE = [{"method": "certificate", "authority": "CN=Lab Root, O=Example, C=US"}]
CHANGES = {
    "Kerberos to a certificate": {"authentication": CERTIFICATE},
    "one suite to another": {"security_methods": [{"esp_encryption": "3des", "esp_integrity": "md5"}]},
}


class Site:
    """Two hosts on the kernel, and the sessions between them."""

    def __init__(self, plane: Carrier) -> None:
        self.call, self.channel = plane.channel.call, plane.channel
        self.hosts = {name: machine(name, address) for name, address in ADDRESSES.items()}
        self.authorities = Authorities()
        self.loaded: dict[str, Enforcement] = {}
        self.loads = 0
        ends = [{"name": name, "addresses": [address], "at": "fw"} for name, address in ADDRESSES.items()]
        self.call("lay", prefix="c-", firewalls=["fw"], hosts=ends, patience=120)
        self.call("listen", name="c-sql1", ports=[PORT])
        for name in self.hosts:
            self.follow(name)

    def follow(self, name: str) -> None:
        """Load what is in force on a host, if that is something else than what is loaded."""
        state = in_force(self.hosts[name])
        wanted = translate(state, identities=self.authorities.identities(name, state))
        before = self.loaded.get(name)
        if wanted != before:
            load(self.channel, f"c-{name}", wanted, before=before)
            # The daemon has it at 165 s: as long would a packet wait that asked for an association while it was down.
            setting = "/proc/sys/net/core/xfrm_acq_expires"
            self.call("execute", name=f"c-{name}", command=["sh", "-c", f"echo 3 > {setting}"])
            self.loaded[name] = wanted
            self.loads += 1

    def change(self, flow: Data) -> list[str]:
        """Play a deployment, the kernel following every line."""
        genuine = static.run

        def line(process: Process, words: list[Word]) -> int:
            code = genuine(process, words)
            for name in self.hosts:
                self.follow(name)
            return code

        hosts = [
            {"name": name, "addresses": [ADDRESSES[name]], "info": run(host, "policies_info", {})}
            for name, host in self.hosts.items()
        ]
        options = {"flows": [flow], "hosts": hosts}
        found = run(LabConnection(Host.create("unused", "2016")), "deployment", options)
        with mock.patch.object(static, "run", line):
            for round_ in found["rounds"]:
                # The daemon offers its first method only, Windows offers all: so who asks has the new alone first;
                # the order of the hosts of a round is free.
                for name in reversed(round_["hosts"]):
                    mine = found["hosts"][name]
                    config = with_keys(mine["documents"][round_["name"]], mine["keyed_rules"][round_["name"]], [flow])
                    run(self.hosts[name], "policies", {"state": "replaced", "config": config})
        return [one["name"] for one in found["rounds"]]

    def session(self) -> str:
        """Hold one session, and return what came of it."""
        number = self.call(
            "open",
            source="c-web1",
            target="c-sql1",
            address=ADDRESSES["sql1"],
            port=PORT,
            seconds=PATIENCE,
            patience=PATIENCE * 3,
        )
        if not number:
            return "no connection"
        try:
            for near, far, data in (("near", "far", QUESTION), ("far", "near", ANSWER)):
                self.call("send", number=number, end=near, data=base64.b64encode(data).decode())
                came = self.call("receive", number=number, end=far, seconds=PATIENCE, patience=PATIENCE * 3)
                if base64.b64decode(came or "") != data:
                    return f"nothing at the {far} end"
            return "answered"
        finally:
            self.call("close", number=number)

    @contextmanager
    def watched(self) -> Iterator[Data]:
        """Hold a session every 100 ms, and tell what came of them and what was on the wire."""
        cable = {"name": "c-fw", "interface": "to-sql1"}
        over, told, tasks = threading.Event(), {}, list[Future[str]]()
        self.call("start_capture", **cable)
        with ThreadPoolExecutor(256) as pool:

            def begin() -> None:
                due = time.monotonic()
                while not over.wait(max(0.0, due - time.monotonic())):
                    tasks.append(pool.submit(self.session))
                    due += EVERY

            clock = threading.Thread(target=begin)
            clock.start()
            try:
                yield told
                # The last of what was changed is used as well.
                time.sleep(3)
            finally:
                over.set()
                clock.join()
        told["sessions"] = Counter(task.result() for task in tasks)
        told["late"] = [number for number, task in enumerate(tasks) if task.result() != "answered"]
        capture = read_capture(base64.b64decode(self.call("stop_capture", **cable, patience=120)))
        told["wire"] = Counter(each.kind for each in capture)


@pytest.fixture
def site(plane: Carrier) -> Iterator[Site]:
    try:
        yield Site(plane)
    finally:
        plane.channel.call("remove", prefix="c-", patience=120)


@pytest.mark.parametrize("name", CHANGES)
def test_no_session_fails_and_no_segment_is_in_clear(site: Site, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert site.change(FLOW) == ["accept", "settle"]
    assert site.session() == "answered"
    before = site.loads
    with site.watched() as told:
        assert site.change({**FLOW, **CHANGES[name]}) == ["accept", "settle"]
    with capsys.disabled():
        print(
            f"\n{name}: {dict(told['sessions'])}, {site.loads - before} loads, on the wire {dict(told['wire'])}",
            end=" ",
        )
    logs = {each: site.call("keying_log", name=f"c-{each}")[-4000:] for each in site.hosts}
    assert set(told["sessions"]) == {"answered"}, (told["late"], logs)
    assert told["sessions"].total() >= 30
    assert told["wire"]["esp"] > 6 * told["sessions"].total()
    assert not told["wire"][f"tcp/{PORT}"]
