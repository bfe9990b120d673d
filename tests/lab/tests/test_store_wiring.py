# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the objects of the store refer to each other, and what it holds from the start."""

from __future__ import annotations

import pytest

from winlab import Host, Kind, Value
from winlab.netsh.talk import static
from winlab.store import policy_store
from winlab.store.foreign import KINDS
from winlab.store.identifiers import ObjectClass
from winlab.store.objects import FILTERS, ISAKMP, LOCAL, NEGOTIATION, NFAS, OWNERS, Objects

NEW_ROOT = r"SOFTWARE\Policies\Microsoft\Windows\IPSEC\Policy\Local"
SUFFIX = "-70FA-11D1-864C-14A300000000"


def _built(version: str = "2016") -> tuple[Host, Objects, dict[str, str]]:
    """Return a host with a policy of two rules, and the key names of its objects."""
    host = Host.create("h", version)
    host.clock.set(1000)
    answers = static(
        host,
        'add filter filterlist="L 1" srcaddr=me dstaddr=any protocol=tcp dstport=80',
        "add filteraction name=A action=negotiate",
        "add filteraction name=Unused action=block",
        'add policy name=P description="about P"',
    )
    host.clock.set(2000)
    answers += static(
        host,
        'add rule name=First policy=P filterlist="L 1" filteraction=A',
        'add rule name=Second policy=P filterlist="L 1" filteraction=A',
    )
    assert set(answers) == {""}
    objects = policy_store(host).objects
    names = {
        str(value.data): key
        for key in host.registry.subkeys(LOCAL)
        if (value := host.registry.get(f"{LOCAL}\\{key}", "ipsecName")) is not None
    }
    return host, objects, names


def test_new_rules_and_owners_come_first_and_the_default_response_last() -> None:
    _host, objects, names = _built()
    rules = [objects.text(name, "ipsecName") for name in objects.targets(names["P"], NFAS)]
    assert rules == ["Second", "First", None]
    for target in ("L 1", "A"):
        owners = objects.references(names[target], OWNERS)
        assert owners == [f"{NEW_ROOT}\\{names['Second']}", f"{NEW_ROOT}\\{names['First']}"]
    assert objects.references(names["Unused"], OWNERS) == []
    assert objects.host.registry.get(objects.path(names["Unused"]), OWNERS) is None


def test_kinds_and_contents_of_the_attributes() -> None:
    host, objects, names = _built()
    policy = dict(host.registry.values(objects.path(names["P"])))
    guid = names["P"].removeprefix("ipsecPolicy")
    isakmp = objects.target(names["P"], ISAKMP)
    assert isakmp is not None
    rules = tuple(objects.references(names["P"], NFAS))
    assert policy.pop("ipsecData").kind is Kind.BINARY
    assert policy == {
        "className": Value(Kind.SZ, "ipsecPolicy"),
        "name": Value(Kind.SZ, names["P"]),
        "ipsecName": Value(Kind.SZ, "P"),
        "description": Value(Kind.SZ, "about P"),
        "ipsecID": Value(Kind.SZ, guid),
        "ipsecDataType": Value(Kind.DWORD, 256),
        "whenChanged": Value(Kind.DWORD, 2000),
        "ipsecISAKMPReference": Value(Kind.SZ, f"{NEW_ROOT}\\{isakmp}"),
        "ipsecNFAReference": Value(Kind.MULTI_SZ, rules),
    }
    assert guid == guid.lower()
    assert objects.references(isakmp, OWNERS) == [f"{NEW_ROOT}\\{names['P']}"]
    rule = dict(host.registry.values(objects.path(names["First"])))
    assert rule[FILTERS] == Value(Kind.MULTI_SZ, (f"{NEW_ROOT}\\{names['L 1']}",))
    assert rule[NEGOTIATION] == Value(Kind.SZ, f"{NEW_ROOT}\\{names['A']}")
    assert rule[OWNERS] == Value(Kind.MULTI_SZ, (f"{NEW_ROOT}\\{names['P']}",))


def test_adding_a_rule_stamps_policy_rule_and_list_but_not_the_action() -> None:
    _host, objects, names = _built()
    stamps = {name: objects.changed(names[name]) for name in ("P", "First", "L 1", "A")}
    assert stamps == {"P": 2000, "First": 2000, "L 1": 2000, "A": 1000}


def test_default_response_rule() -> None:
    host, objects, names = _built()
    default = objects.targets(names["P"], NFAS)[-1]
    values = dict(host.registry.values(objects.path(default)))
    assert "ipsecName" not in values
    assert FILTERS not in values
    action = objects.target(default, NEGOTIATION)
    assert action is not None
    assert objects.text(action, "ipsecName") is None
    assert objects.text(action, "ipsecNegotiationPolicyType") == "{62F49E13-6C37-11D1-864C-14A300000000}"
    assert objects.text(action, "ipsecNegotiationPolicyAction") == "{8A171DD3-77E3-11D1-8659-A04F00000000}"
    view = policy_store(host).list_policies()[0].rules[-1]
    assert view.default_response
    assert not view.body.active
    blob = objects.data(default) or b""
    # Tunnel address, is-tunnel and is-active of a default response rule that is off are all zero.
    assert blob[20 + 4 + 8 + 2 + 4 + 6 :][:12] == bytes(12)


def test_deleting_a_policy_leaves_lists_and_actions_without_owners() -> None:
    host, objects, names = _built()
    assert static(host, "delete policy name=p") == [""]
    assert {key.partition("{")[0] for key in host.registry.subkeys(LOCAL)} == {"ipsecFilter", "ipsecNegotiationPolicy"}
    assert len(host.registry.subkeys(LOCAL)) == 3
    for name in ("L 1", "A"):
        assert objects.host.registry.get(objects.path(names[name]), OWNERS) is None


def test_server_2003_spells_like_windows_2000() -> None:
    host, objects, names = _built("2003")
    assert names["P"].removeprefix("ipsecPolicy") == names["P"].removeprefix("ipsecPolicy").upper()
    assert "ClassName" in dict(host.registry.values(objects.path(names["P"])))
    assert r"\IPSec\Policy" in objects.references(names["P"], ISAKMP)[0]


def test_predefined_objects_only_on_server_2003() -> None:
    for version in ("2008R2", "2016", "2025"):
        assert policy_store(Host.create("h", version)).snapshot()["policies"] == []
    host = Host.create("h", "2003")
    assert len(host.registry.subkeys(LOCAL)) == 21
    assert policy_store(host).assigned_policy() is None


def test_predefined_wiring() -> None:
    objects = policy_store(Host.create("h", "2003")).objects
    server = f"ipsecPolicy{{72385230{SUFFIX}}}"
    assert objects.text(server, "ipsecName") == "Server (Request Security)"
    assert objects.target(server, ISAKMP) == f"ipsecISAKMPPolicy{{72385231{SUFFIX}}}"
    assert objects.targets(server, NFAS) == [
        "ipsecNFA{594272E2-071D-11D3-AD22-0060B0ECCA17}",
        "ipsecNFA{59319BE2-5EE3-11D2-ACE8-0060B0ECCA17}",
        f"ipsecNFA{{72385232{SUFFIX}}}",
    ]
    request = objects.find_guid(ObjectClass.NEGOTIATION, f"72385233{SUFFIX}")
    assert request is not None
    assert objects.text(request, "ipsecNegotiationPolicyAction") == "{3F91A81A-7647-11D1-864D-D46A00000000}"
    assert len(objects.data(request) or b"") == 25 + 5 * 80


def test_predefined_bytes() -> None:
    objects = policy_store(Host.create("h", "2003")).objects
    # All IP Traffic: frame A, Me to Any, mirrored, filter id 59319BDD.
    assert objects.data(f"ipsecFilter{{7238523A{SUFFIX}}}") == bytes.fromhex(
        "b520dc80 c82ed111 a89e00a0 248d3021 4a000000 01000000"
        "02000000 0000 02000000 0000 02000000 0000"
        "dd9b3159 e35e d211 ace8 0060b0ecca17 01000000"
        "00000000 ffffffff 00000000 00000000 00000000 00000000 0000 0000 00 00 0000 00"
    )
    permit = objects.data(f"ipsecNegotiationPolicy{{7238523B{SUFFIX}}}")
    assert permit == bytes.fromhex("b920dc80 c82ed111 a89e00a0 248d3021 04000000 00000000 00")
    main_mode = objects.data(f"ipsecISAKMPPolicy{{72385231{SUFFIX}}}") or b""
    assert len(main_mode) == 85 + 4 * 64
    assert main_mode[40:80] == bytes(40)
    assert main_mode[84 : 84 + 4] == b"\0\0\xcd\xcd"
    assert main_mode[84 + 60 : 84 + 64] == b"\xcd" * 4
    default = objects.data("ipsecNFA{59319C04-5EE3-11D2-ACE8-0060B0ECCA17}") or b""
    assert len(default) == 63
    assert default[-11:-7] == b"\x01\0\0\0"


@pytest.mark.parametrize("version", ["2003", "2025"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_foreign_objects_disturb_nobody(version: str, kind: str) -> None:
    host = Host.create("h", version)
    store = policy_store(host)
    key = store.add_foreign(kind)
    assert host.registry.exists(key if key.startswith("HKLM") else f"{LOCAL}\\{key}")
    assert static(host, "add policy name=Mine assign=yes") == [""]
    snapshot = store.snapshot()
    assert snapshot["assigned"] == "Mine"
    unreadable = {"half_written_key", "unknown_filter_data", "wrong_class"}
    assert snapshot["unreadable"] == ([key] if kind in unreadable else [])
    assert all("Mine" in answer for answer in static(host, "show policy all"))


def test_foreign_authentication_keeps_its_number() -> None:
    store = policy_store(Host.create("h", "2025"))
    store.add_foreign("unknown_authentication")
    (policy,) = store.snapshot()["policies"]
    assert policy["rules"][0]["authentication"] == [{"type": 99}]
