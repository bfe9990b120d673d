# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of packets between two hosts: the table of words, every class of outcome, versions, the example."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.endpoint import Endpoint
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.outcome import Network, Outcome, OutcomeKind
from ansible_collections.winsec.ipsec.plugins.plugin_utils._flows.pair import Pair, fate
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    Certificate,
    DefaultResponse,
    FilterAction,
    Kerberos,
    MainMode,
    MainModeMethod,
    PresharedKey,
    QuickModeMethod,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import DhGroup, Encryption, Integrity
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._flows.scenes import (
    AH,
    AH_ESP,
    BE,
    BLOCK,
    CONTROLLER,
    DC,
    ESP,
    ESP_MD5,
    FE,
    OUTSIDE,
    PERMIT,
    REQUEST,
    REQUIRE,
    REQUIRE_IN,
    SERVER_2003,
    SERVER_2008,
    WEB,
    does,
    filter_of,
    host,
    packet,
    responding,
)

K = OutcomeKind
TO_BE = filter_of("me", BE, "tcp", 0, 80)
FROM_FE = filter_of(FE, "me", "tcp", 0, 80)


def kind(a: Endpoint, b: Endpoint, network: Network | None = None) -> OutcomeKind:
    return fate(a, b, WEB, network).kind


def end(word: str, name: str, address: str) -> Endpoint:
    if word == "none":
        return host(name, address)
    if word == "respond":
        return responding(name, address)
    actions = {"permit": PERMIT, "block": BLOCK, "request": REQUEST, "require+in": REQUIRE_IN, "require": REQUIRE}
    return host(name, address, does(actions[word]))


COLUMNS = ("none", "permit", "block", "respond", "request", "require+in", "require")
# The first packet goes from the row to the column.
TABLE = {
    "none": (K.CLEAR, K.PERMIT, K.BLOCKED_THERE, K.CLEAR, K.SOFT_CLEAR, K.ONE_SIDED_DROP, K.ONE_SIDED_DROP),
    "permit": (K.PERMIT, K.PERMIT, K.BLOCKED_THERE, K.PERMIT, K.SOFT_CLEAR, K.ONE_SIDED_DROP, K.ONE_SIDED_DROP),
    "block": (K.BLOCKED_HERE,) * 7,
    "respond": (K.CLEAR, K.PERMIT, K.BLOCKED_THERE, K.CLEAR, K.ESP, K.ESP, K.ONE_SIDED_DROP),
    "request": (K.SOFT_CLEAR, K.SOFT_CLEAR, K.BLOCKED_THERE, K.ESP, K.ESP, K.ESP, K.ESP),
    "require+in": (K.NO_ANSWER, K.NO_ANSWER, K.BLOCKED_THERE, K.ESP, K.ESP, K.ESP, K.ESP),
    "require": (K.NO_ANSWER, K.NO_ANSWER, K.BLOCKED_THERE, K.ESP, K.ESP, K.ESP, K.ESP),
}
CELLS = [(row, column, TABLE[row][index]) for row in TABLE for index, column in enumerate(COLUMNS)]


@pytest.mark.parametrize(("row", "column", "expected"), CELLS)
def test_the_table_of_words(row: str, column: str, expected: OutcomeKind) -> None:
    found = fate(end(row, "fe", FE), end(column, "be", BE), WEB)
    assert found.kind is expected
    assert found.why.startswith("fe ")
    words = {"none": "no policy", "require+in": "Require"}
    assert found.here.word == words.get(row, row.capitalize())
    assert found.there.word == words.get(column, column.capitalize())


ARTICLE_FE = host("fe", FE, does(REQUIRE, TO_BE, name="to the back-end"), version=SERVER_2003)


@pytest.mark.parametrize(
    ("back_end", "expected"),
    [
        (responding("be", BE, SERVER_2003), K.ESP),
        (responding("be", BE, SERVER_2008), K.NO_ANSWER),
        (replace(responding("be", BE, SERVER_2003), services_running=False), K.NO_ANSWER),
        (host("be", BE), K.NO_ANSWER),
        (host("be", BE, does(REQUEST, FROM_FE), version=SERVER_2008), K.ESP),
    ],
)
def test_the_article(back_end: Endpoint, expected: OutcomeKind) -> None:
    """The front-end requires, the back-end has Client (Respond Only), which answers before Vista only."""
    assert kind(ARTICLE_FE, back_end) is expected
    assert fate(back_end, ARTICLE_FE, packet(BE, FE)).kind is K.CLEAR, "the back-end begins in clear elsewhere"


@pytest.mark.parametrize(
    ("source", "destination", "protocol", "port", "expected"),
    [
        (FE, BE, "tcp", 80, K.ESP),
        (FE, BE, "tcp", 443, K.CLEAR),
        (OUTSIDE, FE, "tcp", 443, K.CLEAR),
        (OUTSIDE, BE, "tcp", 80, K.CLEAR),
        (FE, DC, "tcp", 88, K.CLEAR),
        (FE, DC, "udp", 88, K.CLEAR),
        (FE, DC, "udp", 53, K.CLEAR),
        (CONTROLLER, FE, "tcp", 5985, K.CLEAR),
        (CONTROLLER, BE, "tcp", 5986, K.CLEAR),
    ],
)
def test_the_example(source: str, destination: str, protocol: str, port: int, expected: OutcomeKind) -> None:
    ends = {
        FE: host("fe", FE, does(REQUIRE, TO_BE)),
        BE: host("be", BE, does(REQUEST, FROM_FE)),
    }
    a, b = (ends.get(address, host("peer", address)) for address in (source, destination))
    assert fate(a, b, packet(source, destination, protocol, port)).kind is expected


def negotiating(action: FilterAction = REQUIRE, **more: object) -> tuple[Endpoint, Endpoint]:
    """Both ends with the same rule, each in its own words."""
    main_mode = more.pop("main_mode", None)
    both = [
        host(name, address, does(action, found, **more), main_mode=main_mode)  # type: ignore[arg-type]
        for name, address, found in (("fe", FE, TO_BE), ("be", BE, FROM_FE))
    ]
    return both[0], both[1]


@pytest.mark.parametrize(
    ("method", "expected", "shown"),
    [
        (ESP, K.ESP, "ESP[3des,sha1]"),
        (AH, K.AH, "AH[sha1]"),
        (AH_ESP, K.AH_ESP, "AH[sha1]+ESP[3des,sha1]"),
        (QuickModeMethod(esp_encryption=Encryption.NONE, esp_integrity=Integrity.MD5), K.ESP, "ESP[none,md5]"),
    ],
)
def test_secured(method: QuickModeMethod, expected: OutcomeKind, shown: str) -> None:
    found = fate(*negotiating(FilterAction(name="x", methods=(method,))), WEB)
    assert found.kind is expected
    assert found.agreement is not None
    assert str(found.agreement) == f"{shown}, main mode 3des-sha1-2048, Kerberos"
    agreed = found.agreement
    assert (agreed.ah_integrity, agreed.esp_encryption) == (method.ah_integrity, method.esp_encryption)


def test_the_first_of_the_initiators_methods_counts() -> None:
    fe, _rest = negotiating(FilterAction(name="x", methods=(AH, ESP_MD5, ESP)))
    _first, be = negotiating(FilterAction(name="x", methods=(ESP, ESP_MD5)))
    found = fate(fe, be, WEB).agreement
    assert found is not None and found.esp_integrity is Integrity.MD5


def test_a_default_response_has_terms_of_its_own() -> None:
    for method, expected in ((ESP, K.ESP), (AH, K.AH), (AH_ESP, K.QM_PROPOSAL_MISMATCH)):
        fe, _rest = negotiating(FilterAction(name="x", methods=(method,)))
        assert kind(fe, responding("be", BE)) is expected
    fe, _rest = negotiating(authentication=(PresharedKey(Secret("k")),))
    assert kind(fe, responding("be", BE)) is K.AUTH_MISMATCH
    fe, _rest = negotiating()
    own = DefaultResponse(enabled=True, methods=(AH,), authentication=(PresharedKey(Secret("k")),))
    found = host("be", BE, default_response=own, version=SERVER_2003)
    assert kind(fe, found) is K.AUTH_MISMATCH
    assert kind(
        fe, host("be", BE, default_response=replace(own, authentication=(Kerberos(),)), version=SERVER_2003)
    ) is (K.QM_PROPOSAL_MISMATCH)


def test_auth_mismatch() -> None:
    one, other = PresharedKey(Secret("marker-one")), PresharedKey(Secret("marker-two"))
    ca, cb = Certificate("CN=A"), Certificate("CN=B")
    from_fe = {"psk": (one,), "both": (ca, one), "ca": (ca,)}
    for mine, theirs, expected in (
        ("psk", (one,), K.ESP),
        ("psk", (other,), K.AUTH_MISMATCH),
        ("psk", (ca,), K.AUTH_MISMATCH),
        ("ca", (ca,), K.ESP),
        ("ca", (cb,), K.AUTH_MISMATCH),
        ("both", (cb, one), K.ESP),
        ("psk", (PresharedKey(None),), K.ESP),
    ):
        fe, _rest = negotiating(authentication=from_fe[mine])
        _first, be = negotiating(authentication=theirs)
        found = fate(fe, be, WEB)
        assert found.kind is expected
        assert "marker" not in f"{found!r}{found.to_data()}"
        assert ("not known here" in found.why) is (theirs == (PresharedKey(None),))


def test_mm_proposal_mismatch() -> None:
    def mode(group: DhGroup) -> MainMode:
        return MainMode(methods=(MainModeMethod(dh_group=group),))

    fe, _rest = negotiating(main_mode=mode(DhGroup.HIGH))
    _first, be = negotiating(main_mode=mode(DhGroup.MEDIUM))
    assert kind(fe, be) is K.MM_PROPOSAL_MISMATCH
    _first, be = negotiating(main_mode=MainMode(methods=(*mode(DhGroup.LOW).methods, *mode(DhGroup.HIGH).methods)))
    assert kind(fe, be) is K.ESP


def test_qm_proposal_mismatch() -> None:
    fe, _rest = negotiating(FilterAction(name="x", methods=(ESP,)))
    _first, be = negotiating(FilterAction(name="x", methods=(ESP_MD5,)))
    assert kind(fe, be) is K.QM_PROPOSAL_MISMATCH
    _first, be = negotiating(FilterAction(name="x", methods=(ESP,), perfect_forward_secrecy=True))
    assert kind(fe, be) is K.QM_PROPOSAL_MISMATCH


def test_fallback_covers_silence_not_disagreement() -> None:
    fe, _rest = negotiating(REQUEST)
    _first, be = negotiating(replace(REQUEST, methods=(ESP_MD5,)))
    assert kind(fe, be) is K.QM_PROPOSAL_MISMATCH
    updated = replace(fe, fallback_on_mismatch=True)
    assert kind(updated, be) is K.QM_PROPOSAL_MISMATCH, "the back-end's reply fails as well"
    assert kind(updated, replace(be, fallback_on_mismatch=True)) is K.SOFT_CLEAR
    _first, strict = negotiating(replace(REQUIRE, methods=(ESP_MD5,)))
    assert kind(updated, strict) is K.QM_PROPOSAL_MISMATCH


def test_filter_not_mirrored() -> None:
    one_way = filter_of("me", BE, "tcp", 0, 80, mirrored=False)
    back = filter_of(BE, "me", "tcp", 80, 0, mirrored=False)
    fe, be = negotiating()
    for a, b in (
        (host("fe", FE, does(REQUIRE, one_way)), be),
        (fe, host("be", BE, does(REQUIRE, replace(FROM_FE, mirrored=False)))),
    ):
        found = fate(a, b, WEB)
        assert found.kind is K.FILTER_NOT_MIRRORED
        culprit = found.here if a is not fe else found.there
        assert culprit.word == "Require"
    assert kind(host("fe", FE, does(REQUIRE, one_way, back)), be) is K.ESP, "a sibling covers the reply"
    assert kind(host("fe", FE, does(REQUIRE, back)), be) is K.ONE_SIDED_DROP, "nobody gets as far as an agreement"


def test_one_sided_drop() -> None:
    _first, be = negotiating(REQUIRE)
    found = fate(host("fe", FE), be, WEB)
    assert found.kind is K.ONE_SIDED_DROP
    assert found.why == (
        "fe has no policy in force; be insists on IPsec (Require, rule 'rule 0'): "
        "the receiver drops what comes in clear."
    )
    _first, be = negotiating(REQUIRE_IN)
    assert fate(host("fe", FE), be, WEB).why.endswith("the receiver holds its reply, IKE gets no answer.")
    fe, _rest = negotiating()
    narrow = host("be", BE, does(REQUIRE, filter_of(FE, "me")), does(PERMIT, filter_of(FE, "me", "tcp", 0, 81)))
    assert fate(fe, narrow, packet(FE, BE, "tcp", 81)).kind is K.PERMIT
    assert fate(fe, narrow, packet(FE, BE, "tcp", 82)).kind is K.ONE_SIDED_DROP


def test_an_exception_on_one_side_only() -> None:
    fe = host("fe", FE, does(REQUIRE, filter_of("me", BE)), does(PERMIT, filter_of("me", BE, "tcp", 0, 81)))
    be = host("be", BE, does(REQUIRE, filter_of(FE, "me")))
    assert fate(fe, be, packet(FE, BE, "tcp", 81)).kind is K.ONE_SIDED_DROP


def test_blocked_in_one_direction_only() -> None:
    block_reply = does(BLOCK, filter_of(BE, "me", mirrored=False))
    assert kind(host("fe", FE, block_reply), host("be", BE)) is K.BLOCKED_HERE
    block_answer = does(BLOCK, filter_of("me", FE, mirrored=False))
    assert kind(host("fe", FE), host("be", BE, block_answer)) is K.BLOCKED_THERE


def test_soft_clear() -> None:
    fe, be = negotiating(REQUEST)
    assert fate(fe, host("be", BE), WEB).why == (
        "fe asks for IPsec and falls back to clear (Request, rule 'rule 0'); be has no policy in force: "
        "IKE gets no answer, the sender falls back to clear."
    )
    assert kind(fe, be) is K.ESP
    assert kind(fe, be, Network(ike=False)) is K.SOFT_CLEAR
    assert kind(host("fe", FE), be, Network(ike=False)) is K.SOFT_CLEAR


def test_fallback_alone_takes_a_first_packet_in_clear() -> None:
    """A reading of the documents that is not confirmed; lockout does not rely on it."""
    _first, be = negotiating(replace(REQUEST, accept_unsecured=False))
    assert kind(host("fe", FE), be) is K.SOFT_CLEAR


def test_both_ends_must_fall_back_where_ike_is_stopped() -> None:
    fe, _rest = negotiating(REQUEST)
    for action, expected in ((REQUEST, K.SOFT_CLEAR), (REQUIRE_IN, K.NO_ANSWER), (REQUIRE, K.NO_ANSWER)):
        _first, be = negotiating(action)
        assert kind(fe, be, Network(ike=False)) is expected


def test_the_network_in_between() -> None:
    fe, be = negotiating()
    assert kind(fe, be, Network(ike=False)) is K.NO_ANSWER
    assert kind(fe, be, Network(esp=False)) is K.NO_ANSWER
    assert kind(fe, be, Network(ah=False)) is K.ESP
    fe, be = negotiating(FilterAction(name="x", methods=(AH,)))
    assert kind(fe, be, Network(ah=False)) is K.NO_ANSWER
    assert kind(fe, be, Network(esp=False)) is K.AH
    _first, require_in = negotiating(REQUIRE_IN)
    assert kind(responding("fe", FE), require_in, Network(ike=False)) is K.ONE_SIDED_DROP


def test_tunnel_is_reported_and_not_guessed() -> None:
    tunnel = does(REQUIRE, filter_of("me", BE, mirrored=False), tunnel_endpoint=packet(FE, OUTSIDE).destination)
    fe = host("fe", FE, tunnel)
    found = fate(fe, host("be", BE), WEB)
    assert (found.kind, found.here.word) == (K.TUNNEL, "Tunnel")
    assert fate(host("be", BE), fe, packet(BE, FE)).there.word == "Tunnel"


def test_every_class_has_been_seen() -> None:
    """The tests above name each class; this one fails when a class is added without a test."""
    source = "".join(
        (Path(__file__).with_name(name)).read_text(encoding="utf-8")
        for name in ("test_outcome.py", "test_connections.py")
    )
    assert [one for one in OutcomeKind if f"K.{one.name}" not in source] == []


def test_results_are_plain_data() -> None:
    found = fate(ARTICLE_FE, responding("be", BE), WEB)
    assert isinstance(found, Outcome)
    assert found.to_data() == {
        "outcome": "esp",
        "why": (
            "fe insists on IPsec (Require, rule 'to the back-end'); be responds only, by its default response rule: "
            "both agree on ESP[3des,sha1], main mode 3des-sha1-2048, Kerberos."
        ),
        "agreement": "ESP[3des,sha1], main mode 3des-sha1-2048, Kerberos",
        "here": {
            "host": "fe",
            "word": "Require",
            "policy": "policy",
            "rule": "to the back-end",
            "filter_list": "list of to the back-end",
            "filter_action": "Require of to the back-end",
            "filter": f"me <-> {BE}:80 tcp",
            "mirror": False,
        },
        "there": {
            "host": "be",
            "word": "Respond",
            "policy": "policy",
            "rule": "",
            "filter_list": "",
            "filter_action": "",
            "filter": "",
            "mirror": False,
        },
    }


def test_a_packet_of_others_is_refused() -> None:
    with pytest.raises(IpsecError, match="a packet from fe to be"):
        Pair(host("fe", FE), host("be", BE)).fate(packet(FE, DC))
