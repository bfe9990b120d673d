# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Openings in the language of every firewall: an option, or a text of the host, is refused or one word of a line."""

from __future__ import annotations

import ipaddress
import json
import string
from collections.abc import Callable
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hostile import BULK, Tally, cisco_statements, hostile, netsh_pairs, nft_statements, texts
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.filter.network_openings import FilterModule
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.address_sets import read_interval
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.lines import cisco_text, nft_text
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.plan import make_plan
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.port_entry import Slot, parse_entry
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.request import read_openings
from ansible_collections.winsec.ipsec.plugins.plugin_utils._firewall.state import Firewall
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.queries import script
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.rule_string import parse_rule
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.versions import WindowsVersion

Data = dict[str, Any]
FILTERS = FilterModule().filters()
ON = {"domain": True, "private": True, "public": True}
PREFIX, PEER = "winsec.ipsec", "10.0.0.9"
NUMBERS = frozenset(string.hexdigits + ".:/-")

GIVEN: Data = {
    "name_prefix": PREFIX,
    "peers": [PEER, "10.0.1.0/24"],
    "local_addresses": ["10.0.0.1"],
    "protocols": ["ike", "esp"],
    "directions": ["in", "out"],
    "profiles": ["domain"],
}
GOOD = (PREFIX, PEER, "10.0.1.0/24", "10.0.0.1-10.0.0.9", "2001:db8::1", "ike", "domain")


def host(version: WindowsVersion, **facts: Any) -> Firewall:
    known: Data = {"running": True, "on": ON, "local_counts": ON, "entries": {}} | facts
    return Firewall(version=version, **known)


NEW, OLD = WindowsVersion(10, 0, 14393), WindowsVersion(5, 2, 3790)


def netsh_told(firewall: Firewall, given: Data) -> list[tuple[str, dict[str, str]]] | None:
    """Return what netsh reads, None for a refusal."""
    try:
        request = read_openings(given)
        plan = make_plan(firewall, request.prefix, request.openings)
    except IpsecError:
        return None
    lines = [line.clear() for line in (*plan.add, *plan.delete, *plan.again)]
    assert script(lines).count(b"\n") == len(lines)
    assert plan.commands == lines[: len(plan.commands)]
    found = []
    for line in lines:
        command, pairs = netsh_pairs(line)
        assert len(dict(pairs)) == len(pairs)
        found.append((command, dict(pairs)))
    return found


def of_option(version: WindowsVersion, option: str, text: str) -> bool:
    given = GIVEN | {option: text if option == "name_prefix" else [text]}
    given |= {"local_addresses": None} if version is OLD else {}
    found = netsh_told(host(version), given)
    if found is None:
        return False
    for command, tags in found:
        assert command in ("advfirewall firewall add rule", "firewall add portopening")
        # The parts of the name that follow are words of ours. An empty option is one that was not given.
        prefix = (text or PREFIX) if option == "name_prefix" else PREFIX
        assert tags.pop("name").startswith(f"{prefix} ")
        for tag, value in tags.items():
            assert all(is_word(part) for part in value.split(",")), (tag, value)
    return True


def is_word(text: str) -> bool:
    """Tell whether a text is an address, a network, a range, a number or a word of ours."""
    return text.isascii() and (text.isalnum() or set(text) <= NUMBERS)


@pytest.mark.parametrize("version", [NEW, OLD], ids=["rules", "exceptions"])
@pytest.mark.parametrize("option", GIVEN)
@given(data=st.data())
def test_an_option_is_words_or_refused(version: WindowsVersion, option: str, data: st.DataObject) -> None:
    of_option(version, option, data.draw(hostile(*GOOD)))


@pytest.mark.parametrize("version", [NEW, OLD], ids=["rules", "exceptions"])
def test_thousands_of_options(version: WindowsVersion) -> None:
    tally = Tally()
    for number, option in enumerate(GIVEN):
        for text in texts(BULK // len(GIVEN) + 1, 10 + number, *GOOD):
            tally.take(of_option(version, option, text))
    assert tally.seen >= 5000
    assert min(tally.arrived, tally.refused) >= 100


def of_a_rule(text: str) -> bool:
    """Take the openings away from a host that has a rule of this name; tell whether it is taken for ours."""
    rule = parse_rule(f"v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=500|Name={text}|")
    if rule is None:
        return False
    found = netsh_told(host(NEW, rules=(("x", rule),)), {"name_prefix": PREFIX, "state": "absent"})
    assert found is not None
    # The first field that is a name may be another one where the text holds bars: the product looks at the last.
    assert found in ([], [("advfirewall firewall delete rule", {"name": rule.name})])
    return bool(found)


OURS = ("winsec.ipsec ike in", "WINSEC.IPSEC IKE IN 2", "winsec.ipsec ike in 10")


@given(hostile(*OURS))
def test_the_name_of_a_rule_of_the_host_is_one_word(text: str) -> None:
    of_a_rule(text)


def test_thousands_of_names_of_rules() -> None:
    tally = Tally()
    for text in (*OURS, *texts(BULK, 20, *OURS)):
        tally.take(of_a_rule(text))
    assert tally.seen >= 5000
    assert tally.arrived >= 3


@pytest.mark.parametrize(
    "name", ["win\u017fec.ipsec ike in", "winsec.ipsec i\u212ae in", "winsec.ipsec ike in 1\u0663"]
)
def test_letters_that_fold_to_ours_make_no_rule_of_ours(name: str) -> None:
    assert not of_a_rule(name)


def of_an_entry(text: str) -> None:
    entry = parse_entry(f"500:UDP:{PEER}/255.255.255.255:Enabled:{text}")
    assert entry is not None
    found = netsh_told(host(OLD, entries={(Slot.DOMAIN, 500): entry}), {"name_prefix": PREFIX, "state": "absent"})
    assert found is not None
    deleted = ("firewall delete portopening", {"protocol": "UDP", "port": "500", "profile": "DOMAIN"})
    assert found in ([], [deleted])


def test_thousands_of_names_of_exceptions() -> None:
    for text in ("winsec.ipsec ike", *texts(BULK, 21, "winsec.ipsec ike")):
        of_an_entry(text)


FLOWS = [{"from": [PEER], "to": ["10.0.1.20"]}]
EMPTY: Data = {"nftables": [{"chain": {"family": "inet", "table": "filter", "name": "forward", "handle": 1}}]}


def filtered(call: Callable[[], Any]) -> Any:
    """Return what a filter returns, None for a refusal."""
    try:
        return call()
    except AnsibleFilterError as error:
        assert str(error).isascii()
        return None


def flows_with(text: str) -> list[Data]:
    return [{"from": [PEER, text], "to": ["10.0.1.20"]}]


def side_words(text: str) -> list[str]:
    """Return the numbers that the text may be written as: itself as an address, or networks of it."""
    return [part for part in text.replace("/", "-").split("-") if part]


NFT_OPTIONS = ("peer", "table", "family", "hooks", "file")


def of_nft(option: str, text: str) -> bool:
    hook = text if option == "hooks" else "forward"
    listing = {
        "nftables": [
            {
                "chain": {
                    "family": text if option == "family" else "inet",
                    "table": text if option == "table" else "filter",
                    "name": hook,
                    "handle": 1,
                }
            }
        ]
    }
    flows = flows_with(text) if option == "peer" else FLOWS
    options = {option: [text] if option == "hooks" else text} if option != "peer" else {}
    found = filtered(lambda: FILTERS["nftables_openings"](flows, json.dumps(listing), **options))
    if found is None:
        return False
    table = [text if option == "family" else "inet", text if option == "table" else "filter"]
    chain = [*table, "winsec_ipsec"]
    for written in (found["script"], found["file"]):
        first, second, *rules, jump = nft_statements(written)
        assert first == ["add", "chain", *chain]
        assert second == ["flush", "chain", *chain]
        assert jump == ["insert", "rule", *table, hook, "jump", "winsec_ipsec", "comment", '"winsec.ipsec"']
        # One rule for each protocol and direction, and where a peer is of the other family none.
        assert len(rules) == (0 if text == "ip6" else 6)
        for rule in rules:
            assert rule[:5] == ["add", "rule", *chain]
            assert rule[-4:-1] == ["counter", "accept", "comment"]
            sets = [part for part in rule[5:-4] if part not in ("ip", "ip6", "saddr", "daddr", "{", "}", ",")]
            assert all(is_word(part) or part == "l4proto" for part in sets), sets
    ((word, file),) = nft_statements(found["include"])
    assert word == "include"
    assert file == f'"{text}"' if option == "file" else "/etc/" in file
    assert "*" not in file
    return True


NFT_GOOD = ("filter", "forward", "inet", "10.0.0.10", "2001:db8::/64", "/etc/nftables.d/x.nft")


@pytest.mark.parametrize("option", NFT_OPTIONS)
@given(data=st.data())
def test_nftables_gets_words_or_nothing(option: str, data: st.DataObject) -> None:
    of_nft(option, data.draw(hostile(*NFT_GOOD)))


def test_thousands_of_texts_for_nftables() -> None:
    tally = Tally()
    for number, option in enumerate(NFT_OPTIONS):
        for text in (*NFT_GOOD, *texts(BULK // len(NFT_OPTIONS) + 1, 30 + number, *NFT_GOOD)):
            tally.take(of_nft(option, text))
    assert tally.seen >= 5000
    assert min(tally.arrived, tally.refused) >= 30


def of_kernel(text: str) -> bool:
    """Take our openings away where a chain of this name, by the word of the kernel, has a jump to ours."""
    place = {"family": "inet", "table": "filter"}
    jump = {"jump": {"target": "winsec_ipsec"}}
    listing = {"nftables": [{"rule": place | {"chain": text, "handle": 7, "expr": [jump]}}]}
    found = filtered(lambda: FILTERS["nftables_openings"](FLOWS, listing, state="absent"))
    if found is None or text == "winsec_ipsec":
        return False
    assert nft_statements(found["script"]) == [["delete", "rule", "inet", "filter", text, "handle", "7"]]
    return True


def test_thousands_of_chains_of_the_kernel() -> None:
    tally = Tally()
    for text in ("forward", *texts(BULK, 40, "forward")):
        tally.take(of_kernel(text))
    assert tally.seen >= 5000
    assert min(tally.arrived, tally.refused) >= 100


@given(hostile("forward"))
def test_a_chain_of_the_kernel_is_a_word_or_refused(text: str) -> None:
    of_kernel(text)


FIREWALLD_OPTIONS = ("peer", "ingress_zones", "egress_zones")


def of_firewalld(option: str, text: str) -> bool:
    flows = flows_with(text) if option == "peer" else FLOWS
    options = {} if option == "peer" else {option: [text]}
    found = filtered(lambda: FILTERS["firewalld_openings"](flows, **options))
    if found is None:
        return False
    for item in found:
        what, equals, value = item.partition("=")
        assert equals
        if what in ("--add-ingress-zone", "--add-egress-zone"):
            mine = option.startswith(what[6:12])
            assert value == (text if mine else "ANY")
            assert set(value) <= set(string.ascii_letters + string.digits + "_./-")
            continue
        assert what == "--add-rich-rule"
        words = value.split(" ")
        assert words[0] == "rule"
        assert words[-1] == "accept"
        # Each attribute is one word between quotes.
        quoted = [word.partition("=")[2] for word in words if "=" in word]
        assert all(word[0] == word[-1] == '"' and is_word(word[1:-1]) for word in quoted), value
        assert value.count('"') == 2 * len(quoted)
    return True


@pytest.mark.parametrize("option", FIREWALLD_OPTIONS)
@given(data=st.data())
def test_firewalld_gets_words_or_nothing(option: str, data: st.DataObject) -> None:
    of_firewalld(option, data.draw(hostile("10.0.0.10", "2001:db8::/64", "public")))


def test_thousands_of_texts_for_firewalld() -> None:
    tally = Tally()
    for number, option in enumerate(FIREWALLD_OPTIONS):
        for text in texts(BULK // 3 + 1, 50 + number, "10.0.0.10", "10.0.2.0/24", "public"):
            tally.take(of_firewalld(option, text))
    assert tally.seen >= 5000
    assert min(tally.arrived, tally.refused) >= 100


CISCO_OPTIONS = ("peer", "name", "platform")


def of_cisco(platform: str, option: str, text: str) -> bool:
    flows = flows_with(text) if option == "peer" else FLOWS
    options: Data = {"platform": platform} | ({} if option == "peer" else {option: text})
    found = filtered(lambda: FILTERS["cisco_openings"](flows, **options))
    if found is None:
        return False
    name = text if option == "name" else "WINSEC-IPSEC"
    groups = {f"{name}-{number}" for number in range(1, 9)}
    lists = {f"{name}-{suffix}" for suffix in ("FROM", "TO", "FROM-V6", "TO-V6")}
    words = {"object-group", "network", "access-list", "ip", "extended", "permit", "eq", "esp", "udp", "host", "ipv6"}
    words |= {"network-object", "", "any"}
    for statement in cisco_statements(found):
        assert all(word in words | groups | lists or set(word) <= NUMBERS for word in statement), statement
    comments = [line for line in found.split("\n") if line.startswith("!")]
    assert len(comments) == 2
    return True


@pytest.mark.parametrize("platform", ["asa", "ios"])
@pytest.mark.parametrize("option", CISCO_OPTIONS)
@given(data=st.data())
def test_access_lists_get_words_or_nothing(platform: str, option: str, data: st.DataObject) -> None:
    of_cisco(platform, option, data.draw(hostile("10.0.0.10", "2001:db8::/64", "WINSEC", "asa")))


@pytest.mark.parametrize("platform", ["asa", "ios"])
def test_thousands_of_texts_for_access_lists(platform: str) -> None:
    tally = Tally()
    for number, option in enumerate(CISCO_OPTIONS):
        for text in texts(BULK // 3 + 1, 60 + number, "10.0.0.10", "10.0.2.0/24", "WINSEC", "ios"):
            tally.take(of_cisco(platform, option, text))
    assert tally.seen >= 5000
    assert min(tally.arrived, tally.refused) >= 30


SCOPED = ("fe80::1%1", "fe80::1%1\nanything", "fe80::1-fe80::9%2", "fe80::%1/64", 'fe80::1%" accept')


@pytest.mark.parametrize("text", SCOPED)
def test_a_scope_is_refused_everywhere(text: str) -> None:
    reason = r"since filters have no scope\. Leave out the %"
    for option in ("peers", "local_addresses"):
        with pytest.raises(IpsecError, match=reason):
            read_openings(GIVEN | {option: [text]})
    for name, more in (("nftables", [EMPTY]), ("firewalld", []), ("cisco", ["asa"]), ("cisco", ["ios"])):
        with pytest.raises(AnsibleFilterError, match=reason):
            FILTERS[f"{name}_openings"](flows_with(text), *more)


@pytest.mark.parametrize("text", ["fe80::1%1", "fe80::1%x|y", "fe80::1-fe80::9%1", "fe80::%1/64"])
def test_a_stored_address_with_a_scope_is_no_address_of_ours(text: str) -> None:
    assert read_interval(text) is None
    assert read_interval("fe80::1") is not None


@pytest.mark.parametrize(
    "line", ["add table x; flush ruleset", "a\nb", "a # b", "a $x", "\u0663", "a\\", "a'b", "a\x00"]
)
def test_no_line_for_nft_exists_that_is_more(line: str) -> None:
    with pytest.raises(IpsecError, match="one line of words"):
        nft_text([line])


@pytest.mark.parametrize("line", ["permit ?", "a\nb", "a\x1ab", "a\tb", "a ! b", "\u0663", "a|b", "a\rb"])
def test_no_line_for_a_router_exists_that_is_more(line: str) -> None:
    with pytest.raises(IpsecError, match="one line of words"):
        cisco_text([line])


def test_what_is_taken_means_the_same_address() -> None:
    """Peers arrive as the numbers that they are, however they were written."""
    for text in ("10.0.0.9", " 10.0.0.9 ", "2001:DB8:0::1", "::ffff:10.0.0.1"):
        (_command, tags) = (netsh_told(host(NEW), {"peers": [text], "protocols": ["esp"]}) or [])[0]
        assert ipaddress.ip_address(tags["remoteip"]) == ipaddress.ip_address(text.strip())
