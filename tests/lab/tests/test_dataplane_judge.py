# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a conversation between two hosts: one test for each fate, then the combinations."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from winlab import Host
from winlab.dataplane.inforce import in_force
from winlab.dataplane.judge import Judgement, assess, judge
from winlab.ipsec.fate import Fate
from winlab.ipsec.packet import Network, Packet
from winlab.services import State
from winlab.store import policy_store
from winlab.testing.policies import POLICY, in_policy, machine, type_in

FE, BE = "10.0.0.10", "10.0.1.20"
WEB = Packet(ip_address(FE), ip_address(BE), 6, 1025, 80)
THERE, HERE = f"me {BE} protocol=tcp dstport=80", f"{FE} me protocol=tcp dstport=80"
ESP = "qmsec=ESP[3DES,SHA1]"
REQUIRE, REQUIRE_IN = f"action=negotiate inpass=no soft=no {ESP}", f"action=negotiate inpass=yes soft=no {ESP}"
REQUEST = f"action=negotiate inpass=yes soft=yes {ESP}"
FALL_BACK = f"action=negotiate inpass=no soft=yes {ESP}"
KEY = "kerberos=no psk=abc"

Given = tuple[str, str] | tuple[str, str, str]


def front(*rules: Given, version: str = "2016", settings: str = "") -> Host:
    host = machine("fe", FE, version=version)
    return in_policy(host, *rules, settings=settings) if rules else host


def back(*rules: Given, version: str = "2016", settings: str = "") -> Host:
    host = machine("be", BE, version=version)
    return in_policy(host, *rules, settings=settings) if rules else host


def fully(fe: Host, be: Host, packet: Packet = WEB, network: Network | None = None) -> Judgement:
    found = assess(in_force(fe), in_force(be), packet, network or Network())
    assert judge(fe, be, packet, network) is found.fate
    return found


def outcome(fe: Host, be: Host, network: Network | None = None) -> tuple[Fate, bool, bool]:
    found = fully(fe, be, network=network)
    return found.fate, found.delivered, found.replied


def test_clear() -> None:
    assert outcome(front(), back()) == (Fate.CLEAR, True, True)
    assert outcome(front(("me 10.9.9.9", REQUIRE)), back(("any me protocol=udp", REQUIRE))) == (Fate.CLEAR, True, True)


def test_permit() -> None:
    assert outcome(front((THERE, "action=permit")), back()) == (Fate.PERMIT, True, True)
    assert outcome(front(), back((HERE, "action=permit"))) == (Fate.PERMIT, True, True)
    assert outcome(front((THERE, "action=permit")), back((HERE, REQUEST))) == (Fate.SOFT_CLEAR, True, True)


def test_blocked_here() -> None:
    assert outcome(front((THERE, "action=block")), back((HERE, "action=block"))) == (Fate.BLOCKED_HERE, False, False)


@pytest.mark.parametrize("action", [None, "action=permit", REQUEST, REQUIRE])
def test_blocked_there(action: str | None) -> None:
    fe = front((THERE, action)) if action else front()
    assert outcome(fe, back((HERE, "action=block"))) == (Fate.BLOCKED_THERE, False, False)


@pytest.mark.parametrize(
    ("offer", "fate", "algorithms"),
    [
        ("ESP[3DES,SHA1]", Fate.ESP, "ESP[3DES,SHA1]"),
        ("ESP[None,MD5]", Fate.ESP, "ESP[None,MD5]"),
        ("AH[SHA1]", Fate.AH, "AH[SHA1]"),
        ("AH[MD5]+ESP[DES,None]", Fate.AH_ESP, "AH[MD5]+ESP[DES,None]"),
    ],
)
def test_esp_ah_and_both(offer: str, fate: Fate, algorithms: str) -> None:
    action = f"action=negotiate inpass=no soft=no qmsec={offer}"
    found = fully(front((THERE, action)), back((HERE, action)))
    assert (found.fate, found.delivered, found.replied) == (fate, True, True)
    assert found.bargain is not None
    assert str(found.bargain.agreement.protection) == algorithms


@pytest.mark.parametrize("action", [REQUEST, FALL_BACK])
def test_soft_clear(action: str) -> None:
    assert outcome(front((THERE, action)), back()) == (Fate.SOFT_CLEAR, True, True)
    ike_closed = Network(ike=False)
    assert outcome(front((THERE, action)), back((HERE, REQUEST)), ike_closed) == (Fate.SOFT_CLEAR, True, True)


def test_soft_clear_on_the_way_back() -> None:
    assert outcome(front(), back((HERE, REQUEST))) == (Fate.SOFT_CLEAR, True, True)


def test_no_answer() -> None:
    assert outcome(front((THERE, REQUIRE)), back()) == (Fate.NO_ANSWER, False, False)
    assert outcome(front((THERE, REQUIRE)), back((HERE, REQUIRE)), Network(ike=False)) == (Fate.NO_ANSWER, False, False)
    # Falling back does not help where the peer insists, before or after it let the packet in.
    ike_closed = Network(ike=False)
    assert outcome(front((THERE, REQUEST)), back((HERE, REQUIRE)), ike_closed) == (Fate.NO_ANSWER, False, False)
    assert outcome(front((THERE, REQUEST)), back((HERE, REQUIRE_IN)), ike_closed) == (Fate.NO_ANSWER, True, False)


@pytest.mark.parametrize(
    ("offer", "network", "passes"),
    [
        ("ESP[3DES,SHA1]", Network(esp=False), False),
        ("ESP[3DES,SHA1]", Network(ah=False), True),
        ("AH[SHA1]", Network(ah=False), False),
        ("AH[SHA1]", Network(esp=False), True),
        ("AH[SHA1]+ESP[3DES,None]", Network(ah=False), False),
        ("AH[SHA1]+ESP[3DES,None]", Network(esp=False), False),
    ],
)
def test_no_answer_because_the_network_drops_what_was_agreed_on(offer: str, network: Network, passes: bool) -> None:
    action = f"action=negotiate inpass=yes soft=yes qmsec={offer}"
    found = fully(front((THERE, action)), back((HERE, action)), network=network)
    assert found.replied is passes
    assert (found.fate is Fate.NO_ANSWER) is not passes
    assert ("which the network drops" in found.sentence) is not passes


def test_main_mode_mismatch_comes_first_and_does_not_fall_back() -> None:
    fe = front((THERE, REQUEST, KEY), settings="mmsec=3DES-SHA1-2")
    be = back((HERE, "action=negotiate soft=yes qmsec=AH[MD5]"), settings="mmsec=3DES-SHA1-3")
    assert outcome(fe, be) == (Fate.MM_PROPOSAL_MISMATCH, False, False)


@pytest.mark.parametrize(
    ("ours", "theirs", "agree"),
    [
        ("kerberos=yes", "kerberos=yes", True),
        ("kerberos=yes", KEY, False),
        (KEY, KEY, True),
        (KEY, "kerberos=no psk=abC", False),
        ("kerberos=yes psk=abc", KEY, True),
        ('kerberos=no rootca="CN=One"', 'kerberos=no rootca="CN=One"', True),
        ('kerberos=no rootca="CN=One"', 'kerberos=no rootca="CN=Two"', False),
        ('kerberos=no rootca="abc"', KEY, False),
    ],
)
def test_auth_mismatch_comes_second(ours: str, theirs: str, agree: bool) -> None:
    other_offer = "action=negotiate soft=yes qmsec=AH[MD5]"
    expected = Fate.QM_PROPOSAL_MISMATCH if agree else Fate.AUTH_MISMATCH
    assert outcome(front((THERE, REQUEST, ours)), back((HERE, other_offer, theirs))) == (expected, False, False)


@pytest.mark.parametrize(
    ("ours", "theirs", "fate"),
    [
        ("qmsec=ESP[3DES,SHA1]", "qmsec=ESP[3DES,MD5]", Fate.QM_PROPOSAL_MISMATCH),
        ("qmsec=ESP[3DES,SHA1]", "qmsec=ESP[DES,SHA1]", Fate.QM_PROPOSAL_MISMATCH),
        ("qmsec=AH[SHA1]+ESP[3DES,None]", "qmsec=ESP[3DES,None]", Fate.QM_PROPOSAL_MISMATCH),
        ("qmpfs=yes qmsec=AH[SHA1]", "qmpfs=no qmsec=AH[SHA1]", Fate.QM_PROPOSAL_MISMATCH),
        ("qmpfs=yes qmsec=AH[SHA1]", "qmpfs=yes qmsec=AH[SHA1]", Fate.AH),
        ('qmsec="AH[SHA1]:50000k/300s"', 'qmsec="AH[SHA1]:100000k/900s"', Fate.AH),
        ('qmsec="AH[MD5] AH[SHA1] ESP[DES,MD5]"', 'qmsec="ESP[DES,MD5] AH[SHA1]"', Fate.AH),
    ],
)
def test_quick_mode_takes_the_initiators_first_that_both_have(ours: str, theirs: str, fate: Fate) -> None:
    fe = front((THERE, f"action=negotiate inpass=no soft=yes {ours}"))
    be = back((HERE, f"action=negotiate inpass=no soft=yes {theirs}"))
    assert judge(fe, be, WEB) is fate


def test_main_mode_takes_the_initiators_first_that_both_have() -> None:
    fe = front((THERE, REQUIRE), settings='mmsec="DES-MD5-1 3DES-MD5-2 3DES-SHA1-2"')
    be = back((HERE, REQUIRE), settings='mmsec="3DES-SHA1-2 3DES-MD5-2"')
    found = fully(fe, be)
    assert found.bargain is not None
    assert found.bargain.agreement.method.hash == 1


def test_filter_not_mirrored() -> None:
    one_way, mirrored = f"{THERE} mirrored=no", f"{HERE} mirrored=no"
    assert outcome(front((one_way, REQUIRE)), back((HERE, REQUIRE))) == (Fate.FILTER_NOT_MIRRORED, False, False)
    assert outcome(front((THERE, REQUIRE)), back((mirrored, REQUIRE))) == (Fate.FILTER_NOT_MIRRORED, False, False)
    sibling = (f"{BE} me protocol=tcp srcport=80 mirrored=no", REQUIRE)
    assert outcome(front((one_way, REQUIRE), sibling), back((HERE, REQUIRE))) == (Fate.ESP, True, True)


def test_filter_not_mirrored_seen_from_the_answer() -> None:
    """The front-end's only rule meets the answer, so the back-end's request finds half a filter."""
    fe = front((f"{BE} me protocol=tcp srcport=80 mirrored=no", REQUIRE))
    assert outcome(fe, back((HERE, REQUIRE_IN))) == (Fate.FILTER_NOT_MIRRORED, True, False)


def test_one_sided_drop() -> None:
    assert outcome(front(), back((HERE, REQUIRE))) == (Fate.ONE_SIDED_DROP, False, False)
    assert outcome(front((THERE, "action=permit")), back((HERE, REQUIRE))) == (Fate.ONE_SIDED_DROP, False, False)
    # Accepting unsecured packets lets the first one in; nothing comes back.
    assert outcome(front(), back((HERE, REQUIRE_IN))) == (Fate.ONE_SIDED_DROP, True, False)


def test_tunnel() -> None:
    assert outcome(front((THERE, REQUIRE, "tunnel=192.0.2.1")), back()) == (Fate.TUNNEL, False, False)
    assert outcome(front(), back((HERE, REQUIRE, "tunnel=192.0.2.1"))) == (Fate.TUNNEL, False, False)


def test_one_way_rules_in_clear() -> None:
    no_way_back = (f"me {FE} protocol=tcp srcport=80 mirrored=no", "action=block")
    assert outcome(front(), back(no_way_back)) == (Fate.BLOCKED_THERE, True, False)
    permitted = back(no_way_back, (f"{HERE} mirrored=no", "action=permit"))
    assert outcome(front(), permitted) == (Fate.BLOCKED_THERE, True, False)
    assert outcome(front((THERE, REQUEST)), back(no_way_back)) == (Fate.BLOCKED_THERE, True, False)
    inward = (f"{HERE} mirrored=no", REQUIRE_IN)
    assert outcome(front(), back(inward)) == (Fate.CLEAR, True, True)
    assert outcome(front(), back(inward, no_way_back)) == (Fate.BLOCKED_THERE, True, False)


def respond_only(version: str, *, assigned: bool = True) -> Host:
    """Return the article's back-end: nothing but the default response rule."""
    host = back(version=version)
    if version == "2003":
        if assigned:
            type_in(host, 'set policy "Client (Respond Only)" assign=y')
        return host
    type_in(host, f"add policy {POLICY} activatedefaultrule=yes assign={'yes' if assigned else 'no'}")
    return host


def predefined_front(policy: str) -> Host:
    """Return a front-end of Server 2003 whose rule is about the back-end, with the action of a predefined policy."""
    host = front(version="2003")
    type_in(host, "add policy Web activatedefaultrule=yes", f"add filter Back {THERE}")
    type_in(host, f'add rule name=Web policy=Web filterlist=Back filteraction="{policy}" conntype=lan kerberos=yes')
    type_in(host, "set policy Web assign=y")
    return host


@pytest.mark.parametrize(
    ("assigned", "action", "expected"),
    [
        (True, "Request Security (Optional)", (Fate.ESP, True, True)),
        (True, "Require Security", (Fate.ESP, True, True)),
        (False, "Request Security (Optional)", (Fate.SOFT_CLEAR, True, True)),
        (False, "Require Security", (Fate.NO_ANSWER, False, False)),
    ],
)
def test_the_four_combinations_of_the_article(assigned: bool, action: str, expected: tuple[Fate, bool, bool]) -> None:
    assert outcome(predefined_front(action), respond_only("2003", assigned=assigned)) == expected


@pytest.mark.parametrize(
    ("version", "fate"), [("2003", Fate.ESP), ("2008R2", Fate.NO_ANSWER), ("2025", Fate.NO_ANSWER)]
)
def test_the_default_response_rule_answers_before_vista_only(version: str, fate: Fate) -> None:
    old_methods = 'mmsec="3DES-SHA1-2"'
    fe = front((THERE, REQUIRE), settings=old_methods)
    assert judge(fe, respond_only(version), WEB) is fate


def test_a_default_response_rule_that_is_off_or_that_cannot_agree() -> None:
    fe = front((THERE, REQUIRE), settings='mmsec="3DES-SHA1-2"')
    be = respond_only("2003")
    type_in(be, 'set defaultrule policy="Client (Respond Only)" activate=no')
    assert judge(fe, be, WEB) is Fate.NO_ANSWER
    by_key = front((THERE, REQUIRE, KEY), settings='mmsec="3DES-SHA1-2"')
    assert judge(by_key, respond_only("2003"), WEB) is Fate.AUTH_MISMATCH
    des = front((THERE, "action=negotiate soft=no qmsec=ESP[DES,SHA1]"), settings='mmsec="3DES-SHA1-2"')
    assert judge(des, respond_only("2003"), WEB) is Fate.QM_PROPOSAL_MISMATCH
    other = front((THERE, REQUIRE), settings='mmsec="3DES-SHA1-3"')
    assert judge(other, respond_only("2003"), WEB) is Fate.MM_PROPOSAL_MISMATCH


def test_the_default_response_rule_does_not_initiate_but_answers_what_comes_back() -> None:
    be = respond_only("2003")
    assert judge(be, front(), WEB.reply()) is Fate.CLEAR
    fe = front((THERE, REQUIRE_IN), settings='mmsec="3DES-SHA1-2"')
    found = fully(be, fe, WEB.reply())
    assert (found.fate, found.delivered, found.replied) == (Fate.ESP, True, True)
    assert found.bargain is not None
    assert not found.bargain.by_sender


@pytest.mark.parametrize(
    ("closed", "changed", "fate"),
    [
        (Network(ike=False), REQUIRE_IN, Fate.ONE_SIDED_DROP),
        (Network(ike=False), REQUEST, Fate.SOFT_CLEAR),
        (Network(esp=False), REQUEST, Fate.NO_ANSWER),
        (Network(), f"action=negotiate inpass=yes soft=yes qmpfs=yes {ESP}", Fate.QM_PROPOSAL_MISMATCH),
    ],
)
def test_negotiation_that_the_answer_asks_for_and_that_fails(closed: Network, changed: str, fate: Fate) -> None:
    fe = front((THERE, changed), settings='mmsec="3DES-SHA1-2"')
    found = fully(respond_only("2003"), fe, WEB.reply(), closed)
    assert (found.fate, found.delivered, found.replied) == (fate, True, fate is Fate.SOFT_CLEAR)


@pytest.mark.parametrize("service", ["PolicyAgent", "IKEEXT"])
def test_services_of_the_receiver(service: str) -> None:
    fe, be = front((THERE, REQUIRE)), back((HERE, REQUIRE))
    assert judge(fe, be, WEB) is Fate.ESP
    be.services[service].state = State.STOPPED
    assert judge(fe, be, WEB) is Fate.NO_ANSWER
    # Without PolicyAgent there is no filter left; without IKEEXT there is, and it holds what it cannot protect.
    expected = {"PolicyAgent": Fate.CLEAR, "IKEEXT": Fate.ONE_SIDED_DROP}
    assert judge(front(), be, WEB) is expected[service]


@pytest.mark.parametrize(("service", "fate"), [("PolicyAgent", Fate.SOFT_CLEAR), ("IKEEXT", Fate.NO_ANSWER)])
def test_services_of_the_sender(service: str, fate: Fate) -> None:
    fe, be = front((THERE, REQUEST)), back((HERE, REQUEST))
    fe.services[service].state = State.STOPPED
    assert judge(fe, be, WEB) is fate


def test_a_receiver_without_keying_module_holds_its_answer_even_if_it_may_fall_back() -> None:
    be = back((HERE, REQUEST))
    be.services["IKEEXT"].state = State.STOPPED
    assert outcome(front(), be) == (Fate.ONE_SIDED_DROP, True, False)


def test_falling_back_on_the_way_back_needs_a_sender_that_lets_the_answer_in() -> None:
    deaf = front((f"{BE} me protocol=tcp srcport=80 mirrored=no", "action=block"))
    assert outcome(deaf, back((HERE, REQUEST))) == (Fate.BLOCKED_HERE, True, False)
    strict = front((f"{BE} me protocol=tcp srcport=80 mirrored=no", REQUIRE))
    assert outcome(strict, back((HERE, REQUEST)), Network(ike=False)) == (Fate.ONE_SIDED_DROP, True, False)


def test_only_the_assigned_policy_counts() -> None:
    be = back((HERE, REQUIRE))
    policy_store(be).objects.assign(None)
    assert judge(front(), be, WEB) is Fate.CLEAR


def test_exempt_packets_go_in_clear() -> None:
    fe, be = front(("any any", REQUIRE)), back(("any any", "action=block"))
    ike = Packet(ip_address(FE), ip_address(BE), 17, 500, 500)
    assert judge(fe, be, ike) is Fate.CLEAR
    assert judge(fe, be, WEB) is Fate.BLOCKED_THERE
