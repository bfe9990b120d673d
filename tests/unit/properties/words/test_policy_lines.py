# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever stands in a document: it is refused, or netsh gets it as the one word that it is."""

from __future__ import annotations

import copy
import ipaddress
import re
import string
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hostile import BULK, Tally, hostile, netsh_pairs, texts
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.document import read_document
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    Certificate,
    Filter,
    FilterAction,
    Policy,
    PresharedKey,
    Rule,
    Store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.netsh import render
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning import operations as op
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.planning.plan import make_plan
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.lines import check_netsh_value
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.netsh.line import Line
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.netsh.script import batches

Data = dict[str, Any]
Pairs = list[tuple[str, list[tuple[str, str]]]]

DOCUMENT: Data = {
    "filter_lists": [
        {
            "name": "Web",
            "description": "d1",
            "filters": [
                {
                    "source": "10.0.0.0/24",
                    "destination": "10.0.1.20",
                    "protocol": "tcp",
                    "source_port": "1024",
                    "destination_port": "80",
                    "mirrored": "yes",
                    "description": "d2",
                }
            ],
        }
    ],
    "filter_actions": [
        {
            "name": "Secure",
            "description": "d3",
            "action": "negotiate",
            "security_methods": [{"esp_encryption": "3des", "esp_integrity": "sha1", "lifetime_seconds": "900"}],
            "perfect_forward_secrecy": "no",
        }
    ],
    "policies": [
        {
            "name": "Front",
            "description": "d4",
            "polling_interval_minutes": "180",
            "main_mode": {
                "security_methods": [{"encryption": "3des", "integrity": "sha1", "dh_group": "2048"}],
                "lifetime_minutes": "480",
                "quick_modes": "0",
            },
            "rules": [
                {
                    "name": "Rule",
                    "description": "d5",
                    "filter_list": "Web",
                    "filter_action": "Secure",
                    "connection_type": "lan",
                    "tunnel_endpoint": "192.0.2.1",
                    "authentication": [
                        {"method": "preshared_key", "preshared_key": "k1"},
                        {"method": "certificate", "authority": "CN=Root"},
                    ],
                }
            ],
        }
    ],
    "assigned": "Front",
}
LIST, ACTION, POLICY = (DOCUMENT[key][0] for key in ("filter_lists", "filter_actions", "policies"))
Spot = tuple[tuple[str | int, ...], ...]


def places(data: Any, path: tuple[str | int, ...] = ()) -> Iterable[tuple[str | int, ...]]:
    """Return the paths of all texts in a document."""
    if isinstance(data, str):
        yield path
        return
    for key, item in data.items() if isinstance(data, dict) else enumerate(data):
        yield from places(item, (*path, key))


def value_at(data: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


# Names that are said twice change in both places, so that the document stays whole.
REFERENCES = {"filter_list": ("filter_lists", 0, "name"), "filter_action": ("filter_actions", 0, "name")}
FREE = ("name", "description", "filter_list", "filter_action", "assigned", "preshared_key", "authority")
ADDRESSES = ("source", "destination", "tunnel_endpoint")
PATHS = sorted(places(DOCUMENT), key=str)


def document(path: tuple[str | int, ...], text: str) -> Data:
    found: Data = copy.deepcopy(DOCUMENT)
    old = value_at(DOCUMENT, path)
    named = path[-1] in ("name", "filter_list", "filter_action", "assigned")
    for other in PATHS if named else [path]:
        if value_at(DOCUMENT, other) == old:
            value_at(found, other[:-1])[other[-1]] = text
    return found


def lines_of(data: Data) -> tuple[Line, ...]:
    return tuple(render(step.operation) for step in make_plan(Store(), read_document(data)))


def told(lines: Iterable[Line]) -> Pairs:
    """Return what netsh reads out of standard input, without the markers."""
    found: Pairs = []
    for batch in batches(list(lines)):
        sent = batch.input("0badf00d").decode("ascii")
        assert sent.endswith("exit\r\n")
        rows = sent[: -len("\r\n")].split("\r\n")
        assert len(rows) == 2 * len(batch.lines) + 4
        markers = [row for row in rows if row.startswith("@@0badf00d:")]
        assert markers == [rows[0], *rows[1:-2:2], rows[-2]]
        found += [netsh_pairs(row, "ipsec", "static") for row in rows[2:-2:2]]
    return found


PLAIN = told(lines_of(DOCUMENT))
SAFE = frozenset(string.ascii_letters + string.digits + ".:/,+-[] ")


def arrives(path: tuple[str | int, ...], text: str) -> bool:
    """Put the text in one place of the document; tell whether it was taken, and fail if it was taken apart."""
    try:
        lines = lines_of(document(path, text))
    except IpsecError as error:
        assert str(error).isascii()
        assert "\n" not in str(error)
        return False
    found = told(lines)
    last, old = str(path[-1]), value_at(DOCUMENT, path)
    if last in FREE:
        word = text.replace('"', "\\'") if last == "authority" else text
        # What follows an authority in its quotes are settings, which a document has options of its own for.
        assert last != "authority" or not re.search(r"(^|\s)(certmap|excludecaname)\s*:", text, re.IGNORECASE)
        assert found == [
            (command, [(tag, word if value == old else value) for tag, value in pairs]) for command, pairs in PLAIN
        ]
        return True
    # Other options are words of ours and numbers: which parameters follow from them is not looked at here.
    assert [command for command, _pairs in found] == [command for command, _pairs in PLAIN]
    for (_command, pairs), (_same, expected) in zip(found, PLAIN, strict=True):
        texts_of = [value for tag, value in pairs if (tag, value) not in expected]
        assert all(set(value) <= SAFE for value in texts_of), pairs
    if last in ADDRESSES:
        assert is_address(text.strip()), text
    return True


def is_address(text: str) -> bool:
    """Tell in other words than the product what an address may look like."""
    if text.lower() in ("me", "any", "dns", "wins", "dhcp", "gateway", "none"):
        return True
    ends = [part.strip() for part in text.replace("/", "-").split("-")]
    return len(ends) <= 2 and all(
        set(end) <= set(string.hexdigits + ".:") and (end.isdecimal() or bool(ipaddress.ip_address(end).version))
        for end in ends
    )


@pytest.mark.parametrize("path", PATHS, ids=lambda path: "/".join(map(str, path)))
@given(data=st.data())
def test_a_text_is_one_word_or_refused(path: tuple[str | int, ...], data: st.DataObject) -> None:
    arrives(path, data.draw(hostile(value_at(DOCUMENT, path))))


def test_thousands_of_texts() -> None:
    """Every option gets its share; free texts in their thousands, of which most are refused and some arrive."""
    tally = Tally()
    share = BULK // len(PATHS) + 1
    for number, path in enumerate(PATHS):
        for text in texts(share, number, value_at(DOCUMENT, path)):
            tally.take(arrives(path, text))
    assert tally.seen >= 5000
    assert tally.arrived >= 500
    assert tally.refused >= 3000


SCOPED = ("fe80::1%3", "fe80::1%eth0", "fe80::1%1 x=y", "fe80::1%1\nipsec static add filterlist name=x", "fe80::%1/64")


@pytest.mark.parametrize("text", [*SCOPED, "fe80::1-fe80::9%1", "fe80::1%1-fe80::9", "2001:db8::/64%1"])
@pytest.mark.parametrize("path", [path for path in PATHS if path[-1] in ADDRESSES], ids=str)
def test_a_scope_is_refused_with_the_reason(path: tuple[str | int, ...], text: str) -> None:
    with pytest.raises(IpsecError, match=r"since filters have no scope\. Leave out the %"):
        read_document(document(path, text))


# What was read from a host is data too: operations are made of it as it is.
RULE = Rule(name="r", filter_list="l", filter_action="a", description="d")
OPERATIONS: dict[str, Callable[[str], op.Operation]] = {
    "create list": lambda text: op.CreateFilterList(text, "d"),
    "describe": lambda text: op.DescribeFilterList("l", text),
    "delete list": op.DeleteFilterList,
    "add filter": lambda text: op.AddFilter(text, Filter(description=text)),
    "delete filter": lambda text: op.DeleteFilter(text, Filter()),
    "create action": lambda text: op.CreateFilterAction(FilterAction(name=text, description=text)),
    "change action": lambda text: op.ChangeFilterAction(FilterAction(name=text)),
    "delete action": op.DeleteFilterAction,
    "create policy": lambda text: op.CreatePolicy(Policy(name=text, description=text)),
    "change policy": lambda text: op.ChangePolicy(Policy(name=text)),
    "delete policy": op.DeletePolicy,
    "default response": lambda text: op.ChangeDefaultResponse(text, Policy(name="").default_response),
    "add rule": lambda text: op.AddRule(text, replace(RULE, name=text, description=text, filter_list=text)),
    "change rule": lambda text: op.ChangeRule("p", replace(RULE, filter_action=text)),
    "key": lambda text: op.AddRule("p", replace(RULE, authentication=(PresharedKey(Secret(text)),))),
    "delete rule": lambda text: op.DeleteRule(text, text),
    "assign": op.Assign,
    "unassign": op.Unassign,
}


def said_by(operation: object) -> set[str]:
    """Return all texts that an operation is made of."""
    if isinstance(operation, Secret):
        return {operation.reveal()}
    if is_dataclass(operation):
        return set().union(*(said_by(getattr(operation, each.name)) for each in fields(operation)))
    if isinstance(operation, (tuple, list)):
        return set().union(*map(said_by, operation))
    return {operation} if isinstance(operation, str) else set()


def stays_one_word(kind: str, text: str) -> bool:
    operation = OPERATIONS[kind](text)
    assert text in said_by(operation)
    try:
        line = render(operation)
    except IpsecError as error:
        assert kind != "key" or not text.strip() or len(text) < 4 or text not in str(error)
        return False
    ((_command, pairs),) = told([line])
    plain = told([render(OPERATIONS[kind]("zzz"))])[0][1]
    assert pairs == [(tag, text if value == "zzz" else value) for tag, value in plain]
    return True


@pytest.mark.parametrize("kind", OPERATIONS)
@given(data=st.data())
def test_an_operation_is_one_line_or_refused(kind: str, data: st.DataObject) -> None:
    stays_one_word(kind, data.draw(hostile("name")))


def test_thousands_of_texts_in_operations() -> None:
    tally = Tally()
    for number, kind in enumerate(OPERATIONS):
        for text in texts(BULK // len(OPERATIONS) + 1, 100 + number, "name"):
            tally.take(stays_one_word(kind, text))
    assert tally.seen >= 5000
    assert min(tally.arrived, tally.refused) >= 500


@pytest.mark.parametrize(
    "text", ["CN=x certmap:yes", "CN=x EXCLUDECANAME:no", "certmap:yes", "CN=x certmap :yes", "a\nb"]
)
def test_an_authority_brings_no_settings(text: str) -> None:
    assert not arrives(("policies", 0, "rules", 0, "authentication", 1, "authority"), text)
    with pytest.raises(IpsecError, match="authentication is "):
        render(op.AddRule("p", replace(RULE, authentication=(Certificate(text),))))


def test_an_authority_may_hold_double_quotes_and_no_apostrophes() -> None:
    rule = replace(RULE, authentication=(Certificate('O="x", CN=y'),))
    ((_command, pairs),) = told([render(op.AddRule("p", rule))])
    assert pairs[-1] == ("rootca", "O=\\'x\\', CN=y")


def only_one_word(value: str) -> bool:
    try:
        check_netsh_value("tag", value)
    except IpsecError:
        return False
    ((_tag, _value),) = netsh_pairs(f"tag={value}")[1]
    assert "@@" not in value
    assert "=" not in value or value.startswith('"')
    return True


@given(hostile("10.0.0.1", '"a name"', "3DES-SHA1-3"))
def test_no_line_exists_whose_value_is_not_one_word(value: str) -> None:
    only_one_word(value)


def test_thousands_of_values_for_the_last_check() -> None:
    tally = Tally()
    for text in texts(BULK, 7, "10.0.0.1", '"a name"', '""', "me"):
        tally.take(only_one_word(text))
        tally.take(only_one_word(f'"{text}"'))
    assert min(tally.arrived, tally.refused) >= 500


@pytest.mark.parametrize(
    "value", ["a b", "a\nb", 'a"b', '"a', "", '"a\\"', "a=b", "@@x", '"@@"', "\u0663", '"a"b"', "a\x00"]
)
def test_a_line_refuses_to_exist(value: str) -> None:
    with pytest.raises(IpsecError, match="one word of a netsh line"):
        Line("ipsec static add filter", (("srcaddr", value),))


def test_a_line_that_refuses_a_secret_does_not_show_it() -> None:
    with pytest.raises(IpsecError, match=r"netsh psk is '\(hidden\)'") as caught:
        Line("ipsec static add rule", (("psk", Secret('t0p" secret')),))
    assert "t0p" not in str(caught.value)
