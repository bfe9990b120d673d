# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores as people leave them who work with the snap-in: rules without names, names in the language of the server."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from cut_off import CONTROLLER, OWN, PORT, obeying
from lab_runner import LabConnection, run, tree

from winlab.dataplane.inforce import DEFAULT_EXEMPT_LEVEL, InForce, in_force
from winlab.dataplane.judge import assess
from winlab.host import Host
from winlab.ipsec.packet import TCP, UDP, Network, Packet
from winlab.store import policy_store
from winlab.store.identifiers import ObjectClass

Data = dict[str, Any]

# What the names of our copies have in them.
OURS = "~winsec~"
LAN_PEER, OTHER_PEER = "10.0.0.7", "192.0.2.77"


def add_list(name: str, *filters: str) -> list[str]:
    """Return the lines that make a filter list; each filter is the rest of its line."""
    return [f'add filterlist name="{name}"', *(f'add filter filterlist="{name}" {text}' for text in filters)]


def hardened(version: str = "2016", language: str = "en") -> Host:
    """Return a host with what secpol.msc makes of the usual advice: two rules without a name, in force."""
    host = obeying(
        version,
        *add_list(
            "Bad",
            "srcaddr=any dstaddr=me protocol=TCP dstport=135",
            "srcaddr=any dstaddr=me protocol=TCP dstport=445",
        ),
        *add_list("Good", "srcaddr=10.0.0.0 srcmask=24 dstaddr=me protocol=TCP dstport=445"),
        "add filteraction name=Block action=block",
        "add filteraction name=Permit action=permit",
        "add policy name=Hardening activatedefaultrule=no",
        "add rule name=one policy=Hardening filterlist=Bad filteraction=Block conntype=all kerberos=yes",
        "add rule name=two policy=Hardening filterlist=Good filteraction=Permit conntype=lan kerberos=yes",
        "set policy name=Hardening assign=yes",
        language=language,
    )
    call(host, ObjectClass.NFA, "one", None)
    call(host, ObjectClass.NFA, "two", None)
    return host


def server(version: str, language: str, *, policy: str, filter_list: str, action: str) -> Host:
    """Return a host whose objects have names in the language of the server; their policy is in force."""
    host = obeying(
        version,
        *add_list("L", "srcaddr=any dstaddr=me protocol=TCP dstport=445"),
        "add filteraction name=A action=block",
        "add policy name=P activatedefaultrule=no",
        "add rule name=R policy=P filterlist=L filteraction=A",
        "set policy name=P assign=yes",
        "add policy name=Q activatedefaultrule=no",
        language=language,
    )
    call(host, ObjectClass.FILTER, "L", filter_list)
    call(host, ObjectClass.NEGOTIATION, "A", action)
    call(host, ObjectClass.POLICY, "P", policy)
    call(host, ObjectClass.POLICY, "Q", f"{policy} 2")
    return host


def call(host: Host, kind: ObjectClass, old: str, new: str | None) -> str:
    """Give an object another name, or none; return its GUID as netsh takes it."""
    objects = policy_store(host).objects
    (key,) = [key for key in objects.names(kind) if objects.text(key, "ipsecName") == old]
    if new is None:
        objects.remove(key, "ipsecName")
    else:
        objects.put(key, "ipsecName", new)
    return "{" + key.partition("{")[2].lower()


def fates(host: Host) -> tuple[object, ...]:
    """Return what becomes of some packets between the host and peers without IPsec, by the lab's judgement."""
    found = []
    for peer, protocol, port in (
        (CONTROLLER, TCP, PORT),
        *((each, TCP, port) for each in (LAN_PEER, OTHER_PEER) for port in (80, 135, 139, 445)),
        (OTHER_PEER, UDP, 137),
    ):
        plain = InForce(frozenset({ip_address(peer)}), (), None, None, DEFAULT_EXEMPT_LEVEL, keying=False, modern=True)
        packet = Packet(ip_address(peer), ip_address(OWN), protocol, 49152, port)
        judged = assess(plain, in_force(host), packet, Network())
        found.append((judged.fate, judged.delivered, judged.replied))
    return tuple(found)


def info(host: Host) -> Data:
    return run(host, "policies_info", {})


def policy_of(config: Data, name: str) -> Data:
    (found,) = [item for item in config["policies"] if item["name"] == name]
    return found


def settles(host: Host, module: str, args: Data) -> Data:
    """Run a task in check mode, for real and again; return the result of the change."""
    before = tree(host)
    predicted = run(host, module, args, check_mode=True, diff=True)
    assert tree(host) == before
    done = run(host, module, args, diff=True)
    assert done["commands"] == predicted["commands"]
    assert done["after"] == predicted["after"]
    again = LabConnection(host)
    assert run(again, module, args)["changed"] is False
    assert again.netsh_lines() == []
    assert OURS not in str(policy_store(host).snapshot())
    return done


NAMED = ("Stop", "Let in")


def named(host: Host, names: tuple[str, ...] = NAMED, **more: Any) -> Data:
    """Return the task that gives names to the rules."""
    config = info(host)["config"]
    for rule, name in zip(policy_of(config, "Hardening")["rules"], names, strict=True):
        rule["name"] = name
    # Windows' own are left out: they stay.
    config["policies"] = [policy_of(config, "Hardening")]
    return {"config": config, "state": "replaced", **more}


GERMAN = {"policy": "B\u00fcro", "filter_list": "Gro\u00dfe Liste", "action": "Sperren f\u00fcr alle"}
CHINESE = {"policy": "\u670d\u52a1\u5668", "filter_list": "\u6240\u6709 IP", "action": "\u963b\u6b62"}
WORLDS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "2003 de": ("2003", "de", "cp850", GERMAN),
    "2016 de": ("2016", "de", "cp850", GERMAN),
    "2016 zh": ("2016", "en", "cp936", CHINESE),
    "2016 zh by a console that lacks it": ("2016", "en", "cp437", CHINESE),
    "2025 de in UTF-8": ("2025", "de", "utf-8", GERMAN),
}
NEW = {"filter_lists": "Big list", "filter_actions": "Block all", "policies": "Office"}


def odd(host: Host) -> dict[str, list[Data]]:
    """Return the objects of a document whose names netsh cannot be given, by kind."""
    found = info(host)
    guids = {item["guid"] for item in found["unmanaged"]}
    return {kind: [item for item in found["config"][kind] if item.get("guid") in guids] for kind in NEW}


def translated(host: Host) -> Data:
    """Return the task that gives ASCII names to a list, an action and two policies, by their GUIDs."""
    config: Data = odd(host)
    assert [len(config[kind]) for kind in NEW] == [1, 1, 2]
    for kind, name in NEW.items():
        for number, item in enumerate(config[kind]):
            item["name"] = f"{name} {number + 1}"
    for policy in config["policies"]:
        for rule in policy.get("rules", []):
            rule |= {"filter_list": f"{NEW['filter_lists']} 1", "filter_action": f"{NEW['filter_actions']} 1"}
    return {"config": config, "state": "replaced"}


def gone_by_document(host: Host) -> tuple[str, Data]:
    things = {
        kind: [{"guid": item["guid"], "name": item["name"]} for item in items] for kind, items in odd(host).items()
    }
    return "policies", {"config": things, "state": "deleted"}
