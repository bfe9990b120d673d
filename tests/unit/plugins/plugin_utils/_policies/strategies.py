# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hypothesis strategies for the values of the model: what a store can hold and a document can say."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.packets import (
    Address,
    AddressRange,
    Place,
    ServerRole,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    Authentication,
    Certificate,
    DefaultResponse,
    Filter,
    FilterAction,
    FilterList,
    Kerberos,
    MainMode,
    MainModeMethod,
    Named,
    Policy,
    PresharedKey,
    QuickModeMethod,
    Rule,
    Store,
    folded,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import (
    ActionKind,
    ConnectionType,
    DhGroup,
    Encryption,
    Integrity,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.netsh.text import name_trouble, trouble

_LETTERS = st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"%&^|<>\\@')
_U32 = st.integers(0, 0xFFFFFFFF)
_PORTS = st.integers(0, 65535)


def names() -> st.SearchStrategy[str]:
    """Names of objects and rules."""
    return st.text(_LETTERS, min_size=1, max_size=24).filter(
        lambda name: name_trouble(name) is None and folded(name) != "default"
    )


def texts() -> st.SearchStrategy[str]:
    """Descriptions, most of them empty."""
    return st.just("") | st.text(_LETTERS, max_size=30).filter(lambda text: trouble(text) is None)


def networks_v4() -> st.SearchStrategy[IPv4Network]:
    """IPv4 hosts and networks; the all-zero host means Me in a store and is left out."""
    return st.builds(
        lambda number, prefix: IPv4Network((number >> (32 - prefix) << (32 - prefix), prefix)),
        st.integers(1, 0xFFFFFFFF),
        st.integers(1, 32),
    ).filter(lambda network: int(network.network_address) or network.prefixlen < 32)


def networks_v6() -> st.SearchStrategy[IPv6Network]:
    """IPv6 hosts and networks."""
    return st.builds(
        lambda number, prefix: IPv6Network((number >> (128 - prefix) << (128 - prefix), prefix)),
        st.integers(1, 2**128 - 1),
        st.integers(1, 128),
    ).filter(lambda network: int(network.network_address) or network.prefixlen < 128)


def ranges_v4() -> st.SearchStrategy[AddressRange]:
    """Ranges of IPv4 addresses."""
    pairs = st.lists(st.integers(1, 2**32 - 1), min_size=2, max_size=2, unique=True).map(sorted)
    return pairs.map(lambda pair: AddressRange(IPv4Address(pair[0]), IPv4Address(pair[1])))


def ranges_v6() -> st.SearchStrategy[AddressRange]:
    """Ranges of IPv6 addresses."""
    pairs = st.lists(st.integers(1, 2**128 - 1), min_size=2, max_size=2, unique=True).map(sorted)
    return pairs.map(lambda pair: AddressRange(IPv6Address(pair[0]), IPv6Address(pair[1])))


@st.composite
def filters(draw: st.DrawFn, modern: bool = True) -> Filter:
    """Filters; ``modern`` ones also of ranges and IPv6, as Windows has them from Vista on."""
    v4: st.SearchStrategy[Address] = networks_v4()
    v6: st.SearchStrategy[Address] = networks_v6() | ranges_v6()
    if modern:
        v4 = v4 | ranges_v4()
    concrete = draw(st.sampled_from([v4, v6] if modern else [v4]))
    places: st.SearchStrategy[Address] = st.sampled_from(Place)
    roles: st.SearchStrategy[Address] = st.sampled_from(ServerRole)
    sides: list[st.SearchStrategy[tuple[Address, Address]]] = [
        st.tuples(places | concrete, places | concrete).filter(lambda pair: pair != (Place.ME, Place.ME)),
        st.tuples(st.just(Place.ME), roles),
        st.tuples(roles, st.just(Place.ME)),
    ]
    source, destination = draw(st.one_of(sides))
    protocol = draw(st.sampled_from([0, 1, 6, 17, 255]) | st.integers(0, 255))
    ports = _PORTS if protocol in (6, 17) else st.just(0)
    return Filter(
        source=source,
        destination=destination,
        protocol=protocol,
        source_port=draw(ports),
        destination_port=draw(ports),
        mirrored=draw(st.booleans()),
        description=draw(texts()),
    )


def filter_lists(modern: bool = True) -> st.SearchStrategy[FilterList]:
    """Filter lists without repeated filters; filters that need the second part of the format come last."""
    return st.builds(
        FilterList,
        name=names(),
        description=texts(),
        filters=st.lists(filters(modern), max_size=5, unique=True).map(
            lambda found: tuple(sorted(found, key=needs_second_part))
        ),
    )


def needs_second_part(item: Filter) -> bool:
    """Tell whether a filter has a range or an IPv6 address, which the first part of a filter list cannot hold."""
    return any(isinstance(side, (AddressRange, IPv6Network)) for side in (item.source, item.destination))


def quick_mode_methods() -> st.SearchStrategy[QuickModeMethod]:
    """Offers of AH, ESP or both."""
    hashes = st.sampled_from([Integrity.MD5, Integrity.SHA1])
    esp = st.tuples(st.sampled_from(Encryption), st.sampled_from(Integrity)).filter(
        lambda pair: pair != (Encryption.NONE, Integrity.NONE)
    )
    protections = st.one_of(
        st.tuples(hashes, st.just((None, None))),
        st.tuples(st.none(), esp),
        st.tuples(hashes, esp),
    )
    return st.builds(
        lambda protection, kilobytes, seconds: QuickModeMethod(
            ah_integrity=protection[0],
            esp_encryption=protection[1][0],
            esp_integrity=protection[1][1],
            lifetime_kilobytes=kilobytes,
            lifetime_seconds=seconds,
        ),
        protections,
        _U32,
        _U32,
    )


def _method_lists() -> st.SearchStrategy[tuple[QuickModeMethod, ...]]:
    return st.lists(quick_mode_methods(), min_size=1, max_size=4, unique=True).map(tuple)


def filter_actions() -> st.SearchStrategy[FilterAction]:
    """Filter actions of all three kinds; the settings of negotiation only where there is one."""
    negotiating = st.builds(
        FilterAction,
        name=names(),
        description=texts(),
        action=st.just(ActionKind.NEGOTIATE),
        methods=_method_lists(),
        accept_unsecured=st.booleans(),
        fallback_to_clear=st.booleans(),
        perfect_forward_secrecy=st.booleans(),
    )
    plain = st.builds(
        FilterAction,
        name=names(),
        description=texts(),
        action=st.sampled_from([ActionKind.PERMIT, ActionKind.BLOCK]),
    )
    return negotiating | plain


@st.composite
def authentications(draw: st.DrawFn, modern: bool = True) -> tuple[Authentication, ...]:
    """Authentication methods in order of preference: Kerberos and a key at most once, certificates."""
    options = st.booleans() if modern else st.just(False)
    authorities = st.text(_LETTERS, min_size=1, max_size=20).filter(
        lambda text: trouble(text) is None and text == text.strip() and "'" not in text
    )
    keys = st.text(_LETTERS, min_size=1, max_size=20).filter(
        lambda text: trouble(text) is None and text == text.strip()
    )
    methods: list[st.SearchStrategy[Authentication]] = [
        st.just(Kerberos()),
        st.builds(PresharedKey, keys.map(Secret)),
        st.builds(Certificate, authorities, map_to_account=options, exclude_authority_name=options),
    ]
    found = draw(
        st.lists(
            st.one_of(methods),
            min_size=1,
            max_size=3,
            unique_by=lambda one: repr(one) if isinstance(one, Certificate) else type(one).__name__,
        )
    )
    return tuple(found)


def rules(lists: list[str], actions: list[str], modern: bool = True) -> st.SearchStrategy[Rule]:
    """Rules over the given names of filter lists and filter actions."""
    endpoints: st.SearchStrategy[IPv4Address | IPv6Address | None]
    endpoints = st.none() | st.integers(1, 2**32 - 1).map(IPv4Address)
    if modern:
        endpoints = endpoints | st.integers(1, 2**128 - 1).map(IPv6Address)
    return st.builds(
        Rule,
        name=names(),
        description=texts(),
        filter_list=st.sampled_from(lists),
        filter_action=st.sampled_from(actions),
        authentication=authentications(modern),
        connection_type=st.sampled_from(ConnectionType),
        tunnel_endpoint=endpoints,
        enabled=st.booleans(),
    )


def main_modes() -> st.SearchStrategy[MainMode]:
    """Main mode settings; those with fresh keys always limit quick modes, since no limit means one there."""
    methods = st.builds(
        MainModeMethod,
        encryption=st.sampled_from([Encryption.DES, Encryption.TRIPLE_DES]),
        integrity=st.sampled_from([Integrity.MD5, Integrity.SHA1]),
        dh_group=st.sampled_from(DhGroup),
    )
    return st.builds(
        MainMode,
        methods=st.lists(methods, min_size=1, max_size=4, unique=True).map(tuple),
        lifetime_minutes=st.integers(1, 0xFFFFFFFF // 60),
        quick_modes=_U32,
        perfect_forward_secrecy=st.booleans(),
    ).filter(lambda found: found.quick_modes or not found.perfect_forward_secrecy)


def default_responses(modern: bool = True) -> st.SearchStrategy[DefaultResponse]:
    """Default response rules as a host has them: none at all, or one with everything known."""
    present = st.builds(
        DefaultResponse,
        enabled=st.booleans(),
        authentication=authentications(modern),
        methods=_method_lists(),
        perfect_forward_secrecy=st.booleans(),
    )
    return st.just(DefaultResponse()) | present


@st.composite
def policies(draw: st.DrawFn, lists: list[str], actions: list[str], modern: bool = True) -> Policy:
    """Policies whose rules use the given filter lists and filter actions."""
    found = (
        draw(st.lists(rules(lists, actions, modern), max_size=3, unique_by=lambda rule: folded(rule.name)))
        if lists and actions
        else []
    )
    return Policy(
        name=draw(names()),
        description=draw(texts()),
        polling_interval_minutes=draw(st.integers(1, 0xFFFFFFFF // 60)),
        main_mode=draw(main_modes()),
        default_response=draw(default_responses(modern)),
        rules=tuple(sorted(found, key=lambda rule: folded(rule.name))),
    )


@st.composite
def stores(draw: st.DrawFn, modern: bool = True) -> Store:
    """Whole stores in the order that a reader gives them, without odd objects; ``modern`` from Vista on."""

    def unique(strategy: st.SearchStrategy[Named], most: int) -> tuple[Named, ...]:
        found = draw(st.lists(strategy, max_size=most, unique_by=lambda item: folded(item.name)))
        return tuple(sorted(found, key=lambda item: folded(item.name)))

    lists = unique(filter_lists(modern), 3)
    actions = unique(filter_actions(), 3)
    found = unique(policies([item.name for item in lists], [item.name for item in actions], modern), 2)
    names_of_policies = [item.name for item in found]
    return Store(
        filter_lists=lists,
        filter_actions=actions,
        policies=found,
        assigned=draw(st.none() | st.sampled_from(names_of_policies)) if names_of_policies else None,
    )
