# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh ipsec dynamic`: what is taken, what is refused, and that it goes when the agent stops."""

from __future__ import annotations

import pytest

from winlab import Host, services
from winlab.netsh.talk import talk
from winlab.shell import run
from winlab.store import policy_store


def dynamic(host: Host, *lines: str) -> list[str]:
    return talk(host, *(f"ipsec dynamic {line}" for line in lines))


@pytest.mark.parametrize("version", ["2003", "2008R2", "2016", "2025"])
def test_what_scripts_and_the_help_do(version: str) -> None:
    host = Host.create("h", version)
    lines = (
        "set config property=ipsecexempt value=3",
        "set config ikelogging 1",
        "add mmpolicy name=T",
        'add mmpolicy U qmpermm=2 mmlifetime=480 softsaexpirationtime=20 mmsecmethods="3DES-SHA1-2 3DES-SHA1-3"',
        'add qmpolicy name=Q soft=y pfsgroup=GRPMM qmsecmethods="AH[MD5]:100000k/1000s ESP[3DES,SHA1]"',
        "add rule srcaddr=any dstaddr=any mmpolicy=T actioninbound=block actionoutbound=block",
        "add rule srca=WINS dsta=0.0.0.0 dstmask=32 mmpolicy=U qmpolicy=q kerberos=yes",
        'set rule srca=WINS dsta=me qmpolicy=Q actioninbound=permit psk="s3cret"',
        "add rule srcaddr=me dstaddr=192.0.2.1 protocol=TCP dstport=80 mirrored=no conntype=lan",
        "delete rule srcaddr=me dstaddr=192.0.2.1 protocol=tcp srcport=0 dstport=80 mirrored=no conntype=lan",
    )
    assert dynamic(host, *lines) == [""] * len(lines)
    assert host.dynamic.settings == {"ipsecexempt": "3", "ikelogging": "1"}
    assert sorted(host.dynamic.main_mode) == ["t", "u"]
    assert sorted(host.dynamic.quick_mode) == ["q"]
    block, wins = list(host.dynamic.rules.values())
    assert (block["actioninbound"], block["mmpolicy"]) == ("block", "T")
    assert (wins["actioninbound"], wins["psk"], "kerberos" in wins) == ("permit", "s3cret", False)
    assert "s3cret" not in repr(host.dynamic)
    assert dynamic(host, "delete mmpolicy U", "delete qmpolicy all", "delete all") == ["", "", ""]
    assert not host.dynamic.rules
    assert not host.dynamic.main_mode
    assert host.dynamic.settings
    # Beside the store, and without a word in it.
    names = {each["name"] for each in policy_store(host).snapshot()["policies"]}
    assert not names & {"T", "U", "Q"}


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("add mmpolicy t", 5005),
        ("add rule any any mmpolicy=nobody", 5900),
        ("add rule any any qmpolicy=T", 5900),
        ("add rule any any actioninbound=drop", 5907),
        ("add rule any any dstport=80", 5913),
        ("add rule srcaddr=dns dstaddr=any", 5912),
        ("add rule srcaddr=me dstaddr=192.0.2.1", 5020),
        ("add mmpolicy X mmsecmethods=AES", 5907),
        ("add qmpolicy X qmsecmethods=ESP[AES,SHA1]", 5907),
        ("add qmpolicy X pfsgroup=GRP14", 5907),
        ("set rule any any mmpolicy=T", 5901),
        ("delete rule any any", 5901),
        ("delete mmpolicy X", 5900),
        ("set config property=bootmode", 5908),
    ],
)
def test_refusals(line: str, number: int) -> None:
    host = Host.create("h", "2016")
    dynamic(host, "add mmpolicy T", "add rule me 192.0.2.1")
    (answer,) = dynamic(host, line)
    assert answer.startswith(f"ERR IPsec[{number:05d}] : ")
    assert (len(host.dynamic.main_mode), len(host.dynamic.rules), host.dynamic.settings) == (1, 1, {})


def test_unknown_words_and_unknown_commands() -> None:
    host = Host.create("h")
    assert "The command is incomplete" in dynamic(host, "add mmpolicy T color=red")[0]
    assert "not found" in dynamic(host, "change mmpolicy T")[0]
    assert host.dynamic.main_mode == {}


@pytest.mark.parametrize("version", ["2003", "2016"])
def test_everything_goes_when_the_agent_stops(version: str) -> None:
    """cc739550: dynamic settings are discarded when the service stops."""
    host = Host.create("h", version)
    services.start(host, "PolicyAgent")
    dynamic(host, "add mmpolicy T", "add qmpolicy Q", "add rule any any mmpolicy=T", "set config ipsecdiagnostics 7")
    assert run(host, "sc stop PolicyAgent", None).code == 0
    kept = host.dynamic
    assert not (kept.main_mode or kept.quick_mode or kept.rules or kept.settings)
