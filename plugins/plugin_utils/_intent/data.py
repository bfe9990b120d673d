# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A deployment as plain data for playbooks: rounds, and per host documents, openings and what is left over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network

from .._common.packets import AddressRange, format_address, format_protocol
from .._common.said import said_by_host
from .._firewall.openings import Protocol
from .._policies.document import write_document
from .._policies.model import PresharedKey, QuickModeMethod, Store, by_name, folded
from .batches import batches
from .bindings import Form, keeps_key, put_together
from .deployment import Deployment, reachable
from .model import Absence, Flow, Host, Level
from .rounds import Round
from .standing import Standing
from .targets import pair_of

Data = dict[str, object]
_WORDS = {
    Round.ACCEPT: "Every host accepts what its peers have and what they will have",
    Round.SETTLE: "Every host has the new alone",
    Round.SWAP: "Both hosts of a pair change at once",
}
_LONGEST_SENTENCE = 1_500
# In this order: who answers, who does both, who asks.
_ANSWERS, _BOTH, _ASKS = range(3)


def to_data(found: Deployment) -> Data:
    """Return a deployment as plain data, without anything secret."""
    result: Data = {
        "refusals": _sentences(found.refusals),
        "warnings": _sentences(found.warnings),
        "findings": _sentences(found.findings),
        "left": _sentences(found.left),
        "missing": {name: absence.value for name, absence in found.missing.items()},
        "unknown_peers": found.unknown,
        "rounds": [],
        "hosts": {},
        "pairs": [],
        "left_pairs": [list(one.pair) for one in found.plan.left],
        "flows": [],
        "asking": sorted(found.ends.asking),
        "answering": sorted(found.ends.answering),
        "divided": _divided(found),
        "expect": [],
        "network": {"flows": [], "protocols": []},
    }
    if found.refusals:
        return result
    documents = {name: _documents(found, name) for name in sorted(found.changes) if not found.changes[name].bystander}
    result["rounds"] = [each for round_ in Round if (each := _round(found, round_, documents))]
    result["hosts"] = {name: _host(found, name, mine) for name, mine in documents.items()}
    result["pairs"] = _pairs(found)
    result["flows"] = _flows(found)
    result["expect"] = _expectations(found, len(Round))
    result["network"] = {"flows": _network_flows(found), "protocols": _protocols(_offers_of_flows(found))}
    return result


def _sentences(found: Sequence[str]) -> list[str]:
    """Return sentences, each once; names that a host told cannot move a terminal."""
    return [said_by_host(one, _LONGEST_SENTENCE) for one in dict.fromkeys(found)]


def _documents(found: Deployment, name: str) -> dict[Round, Store]:
    """Return what a host gets in each round in which anything changes on it."""
    change = found.changes[name]
    known: Store | None = None
    documents: dict[Round, Store] = {}
    for at, round_ in enumerate(Round, start=1):
        store = _document(found, name, at)
        same = store == known if known is not None else _is_there(store, change.host)
        if not same:
            documents[round_] = store
            known = store
    return documents


def _document(found: Deployment, name: str, at: int) -> Store:
    if name in found.targets.assigned_only:
        return Store(assigned=found.targets.assigned_only[name])
    return put_together(found.plan.stages[name][at], found.changes[name].host.predefined_actions)


def _is_there(wanted: Store, host: Host) -> bool:
    """Tell whether the host has all of a document already; a key counts as the one that it has, unless they differ.

    Who has a policy but not the services that it needs, as they should be, does not have it: writing it starts them.
    """
    has = host.store or Store()
    if wanted.assigned and not (host.services_running and host.key_exchange_running and host.services_automatic):
        return False
    if folded(wanted.assigned or "") != folded(has.assigned or ""):
        return False
    mine, its = _comparable(wanted, keys=host.keys_differ), _comparable(has, keys=host.keys_differ)
    return all(its.get(key) == item for key, item in mine.items())


def _comparable(store: Store, *, keys: bool) -> dict[tuple[str, str], object]:
    found: dict[tuple[str, str], object] = {}
    data = write_document(store)
    for kind in ("filter_lists", "filter_actions", "policies"):
        items = data[kind]
        for item in items if isinstance(items, list) else ():
            found[kind, folded(str(item["name"]))] = item
    if keys:
        given = [one for policy in store.policies for rule in policy.rules for one in rule.authentication]
        found["key", ""] = any(isinstance(one, PresharedKey) and one.key is not None for one in given)
    return found


def _round(found: Deployment, round_: Round, documents: Mapping[str, Mapping[Round, Store]]) -> Data | None:
    names = [name for name, mine in documents.items() if round_ in mine]
    if not names:
        return None
    at = list(Round).index(round_) + 1
    order = [[name for name in names if _place(found, name) == place] for place in (_ANSWERS, _BOTH, _ASKS)]
    swaps = [list(pair) for pair in sorted(found.plan.swaps)] if round_ is Round.SWAP else []
    return {
        "name": round_.value,
        "words": _WORDS[round_],
        "hosts": [name for batch in order for name in batch],
        "batches": [few for batch in order for few in batches(batch, found.intent.serial)],
        "together": swaps,
        "expect": _expectations(found, at),
        "proof": _proof(found, at, set(names)),
    }


def _place(found: Deployment, name: str) -> int:
    asks = any(way.source.name == name for way in found.ends.ways)
    answers = any(way.destination.name == name for way in found.ends.ways)
    return _BOTH if asks and answers else _ASKS if asks else _ANSWERS


def _expectations(found: Deployment, at: int) -> list[str]:
    """Return what flow_check may expect after a round: every flow of hosts that take part is protected."""
    lines = [
        f"{source} -> {destination} {traffic}: secured"
        for (source, destination, traffic), stands in found.stands.items()
        if stands[at].standing in (Standing.REQUESTED, Standing.REQUIRED) and _speakable(source, destination)
    ]
    return list(dict.fromkeys(lines))


def _speakable(*names: str) -> bool:
    """Tell whether expectations can name the hosts."""
    return not any(character in name for name in names for character in " \t:>") and "any" not in names


def _proof(found: Deployment, at: int, changed: set[str]) -> list[Data]:
    """Return the associations that prove a round, by these methods, between these addresses.

    They must be younger than it where the round changes what the two agree on, and so must a main mode where it does.
    """
    rows: list[Data] = []
    for (source, destination, traffic), stands in found.stands.items():
        if stands[at].authentication and changed & {source, destination}:
            ends = [[str(one) for one in found.ends.hosts[name].addresses] for name in (source, destination)]
            swapped = at == len(Round) and pair_of(source, destination) in found.plan.swaps
            rows.append(
                {
                    "from": source,
                    "to": destination,
                    "traffic": traffic,
                    "addresses": {"from": ends[0], "to": ends[1]},
                    "authentication": list(stands[at].authentication),
                    "standing": stands[at].standing.value,
                    "younger": swapped or stands[at].agreements != stands[at - 1].agreements,
                    "main_mode": swapped or stands[at].key_exchange != stands[at - 1].key_exchange,
                }
            )
    return rows


def _pairs(found: Deployment) -> list[Data]:
    return [
        {
            "from": source,
            "to": destination,
            "traffic": traffic,
            "now": stands[0].standing.value,
            "rounds": {each.value: stands[at].standing.value for at, each in enumerate(Round, start=1)},
            "then": stands[-1].standing.value,
        }
        for (source, destination, traffic), stands in found.stands.items()
    ]


def _divided(found: Deployment) -> list[Data]:
    """Return the pairs of which one host takes part and the other does not; ``asks`` says that the other one asks."""
    rows: dict[tuple[str, str, bool], None] = {}
    for way in found.ends.ways:
        for one, other, asks in ((way.source, way.destination, False), (way.destination, way.source, True)):
            if isinstance(one, Host) and isinstance(other, Host) and one.present and not other.present:
                rows[one.name, other.name, asks] = None
    return [{"host": one, "other": other, "asks": asks} for one, other, asks in sorted(rows)]


def _flows(found: Deployment) -> list[Data]:
    """Return every flow between two hosts of the inventory port by port, as the module proof takes them.

    Hosts outside of the limit are left out, those that do not answer only where that is allowed.
    """
    left_out = set(Absence) if found.intent.switches.skip_unreachable else {Absence.LIMIT}
    rows: dict[tuple[str, str, str, int], Level] = {}
    for way in found.ends.ways:
        source, destination = way.source, way.destination
        if not isinstance(source, Host) or not isinstance(destination, Host) or not reachable(source, destination):
            continue
        for port in () if {source.absent, destination.absent} & left_out else way.flow.ports or (0,):
            row = (source.name, destination.name, format_protocol(way.flow.protocol), port)
            if rows.get(row) is not Level.REQUIRE:
                rows[row] = way.flow.level
    return [
        {
            "from": source,
            "to": destination,
            "protocol": protocol,
            "level": level.value,
            **({"port": port} if port else {}),
        }
        for (source, destination, protocol, port), level in rows.items()
    ]


def _host(found: Deployment, name: str, documents: Mapping[Round, Store]) -> Data:
    forms = found.plan.stages[name]
    last = documents[max(documents, key=list(Round).index)] if documents else _document(found, name, len(Round))
    host = found.changes[name].host
    return {
        "addresses": [str(one) for one in host.addresses],
        "changes": bool(documents),
        "documents": {each.value: write_document(store) for each, store in documents.items()},
        "keyed_rules": {
            **{each.value: _keys(found, store) for each, store in documents.items()},
            "config": _keys(found, last),
            "key_check": _flows_with_keys(found, name),
        },
        "assigned": folded((host.store or Store()).assigned or "") == folded(last.assigned or ""),
        "config": _written(last, host),
        "target": write_document(last),
        "key_check": _key_check(found, name),
        "leftovers": _leftovers(found, name, last),
        "firewall": _firewall(found, name, forms),
        "firewall_after": _firewall(found, name, forms[-1:]),
        "peers": sorted({peer for one in forms for peer in one.by_peer() if peer}),
    }


def _written(store: Store, host: Host) -> Data:
    """Return the document that counts in the end; what the host has, where a policy that it has is assigned."""
    if store.policies or store.assigned is None or host.store is None:
        return write_document(store)
    return write_document(replace(host.store, assigned=store.assigned))


def _keys(found: Deployment, store: Store) -> dict[str, str]:
    """Return the flows whose pre-shared keys the rules of a document need; results hold no keys."""
    owners: dict[PresharedKey, Flow] = {}
    for flow in found.intent.flows:
        for one in flow.authentication:
            if isinstance(one, PresharedKey) and one.key is not None:
                owners.setdefault(one, flow)
    return {
        rule.name: owners[one].name
        for policy in store.policies
        for rule in policy.rules
        for one in rule.authentication
        if isinstance(one, PresharedKey) and one in owners
    }


def _flows_with_keys(found: Deployment, name: str) -> dict[str, str]:
    """Return for each rule that a host has with a key the flow whose key it should be."""
    rules: dict[str, str] = {}
    for one in found.changes[name].before.bindings if found.changes[name].ours else ():
        for way in found.targets.flows.get(pair_of(name, one.peer), []) if keeps_key(one.rule) else []:
            if any(isinstance(method, PresharedKey) and method.key is not None for method in way.flow.authentication):
                rules.setdefault(one.rule.name, way.flow.name)
    return rules


def _key_check(found: Deployment, name: str) -> Data:
    """Return a document with the rules that a host has with a key; merged, it changes nothing if they are the same."""
    rules = _flows_with_keys(found, name)
    store = put_together(found.changes[name].before)
    return {
        "policies": [
            {
                "name": policy.name,
                "rules": [
                    {"name": rule["name"], "authentication": rule["authentication"]}
                    for rule in _rules(write_document(replace(store, policies=(policy,))))
                    if rule["name"] in rules
                ],
            }
            for policy in store.policies
            if rules
        ]
    }


def _rules(document: Data) -> list[Data]:
    policies = document["policies"]
    return [rule for policy in policies for rule in policy["rules"]] if isinstance(policies, list) else []


def _leftovers(found: Deployment, name: str, last: Store) -> Data:
    """Return what the rounds leave behind, of what only they made, for state deleted."""
    change = found.changes[name]
    article = found.intent.article
    kept = {folded(article.frontend_request_filter_action_name)} if article else set()
    made = [put_together(form, change.host.predefined_actions) for form in found.plan.stages[name][:-1]]
    made = made if change.ours else made[1:]
    others = [one for one in (change.host.store or Store()).policies if folded(one.name) != folded(last.assigned or "")]
    used = {folded(word) for one in others for rule in one.rules for word in (rule.filter_list, rule.filter_action)}
    lists = [one.name for store in made for one in store.filter_lists]
    actions = [one.name for store in made for one in store.filter_actions]
    return {
        "filter_lists": _gone(lists, by_name(last.filter_lists), used),
        "filter_actions": _gone(actions, by_name(last.filter_actions), used | kept),
    }


def _gone(names: Sequence[str], known: Mapping[str, object], used: set[str]) -> list[Data]:
    gone = {folded(name): name for name in names if folded(name) not in known and folded(name) not in used}
    return [{"name": gone[key]} for key in sorted(gone)]


def _firewall(found: Deployment, name: str, forms: Sequence[Form]) -> Data:
    """Return the options of the module firewall for a host: openings to all peers that it speaks IPsec with."""
    bindings = [one for form in forms for one in form.bindings if one.negotiates]
    peers = {
        text for one in bindings for text in _far_addresses(found, name, one.filter.source, one.filter.destination)
    }
    offers = [method for one in bindings for method in one.action.methods]
    if name in found.targets.assigned_only:
        offers += _offers_of_flows(found)
        ways = [way for way in found.ends.ways if way.destination.name == name and isinstance(way.source, Host)]
        peers |= {str(one) for way in ways if isinstance(way.source, Host) for one in way.source.addresses}
    if not peers:
        return {"state": "absent"}
    return {"state": "present", "peers": sorted(peers), "protocols": _protocols(offers)}


def _far_addresses(found: Deployment, name: str, *sides: object) -> Iterator[str]:
    own = found.changes[name].host.addresses
    for side in sides:
        if isinstance(side, (IPv4Network, IPv6Network)):
            if side.prefixlen < side.max_prefixlen or side.network_address not in own:
                yield format_address(side)
        elif isinstance(side, AddressRange):
            yield format_address(side)


def _offers_of_flows(found: Deployment) -> list[QuickModeMethod]:
    return [method for flow in found.intent.flows for method in flow.methods]


def _protocols(offers: Sequence[QuickModeMethod]) -> list[str]:
    found = [Protocol.IKE, Protocol.NAT_TRAVERSAL]
    if any(one.esp_encryption is not None or one.esp_integrity is not None for one in offers):
        found.append(Protocol.ESP)
    if any(one.ah_integrity is not None for one in offers):
        found.append(Protocol.AH)
    return [one.value for one in found]


def _network_flows(found: Deployment) -> list[Data]:
    """Return what network firewalls on the way let pass: a flow for each flow, site and address family."""
    sides: dict[tuple[str, str, int], tuple[dict[str, None], dict[str, None]]] = {}
    for way in found.ends.ways:
        site = way.source.site if way.flow.same_site and isinstance(way.source, Host) else ""
        for number, end in enumerate((way.source, way.destination)):
            networks = end.addresses if isinstance(end, Host) else (end.network,)
            for one in networks:
                key = (way.flow.name, site, one.version)
                text = format_address(one) if isinstance(one, (IPv4Network, IPv6Network)) else str(one)
                sides.setdefault(key, ({}, {}))[number][text] = None
    return [{"from": list(source), "to": list(target)} for source, target in sides.values() if source and target]
