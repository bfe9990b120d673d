# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's policy in force, made real: translated, loaded into its namespace, and compared with what is there then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from ..dataplane.inforce import InForce
from ..dataplane.terms import IKE_V2_BY_DEFAULT
from ..dataplane.wire import FALLBACK_SECONDS
from ..host import Host
from ..ipsec.rule import Rule
from .channel import Channel
from .connection_keying import compile_connection_keying
from .connection_policies import compile_connection_policies
from .installed import read_policies
from .keying import DEFAULT_REALM, Identity, Keying, compile_keying
from .policies import Policies, clear_policies, compile_policies

_RULES = """
table inet winlab
delete table inet winlab
table inet winlab {{
  set silent {{
    type ipv4_addr
    flags timeout
  }}
  chain in {{
    type filter hook input priority 0
    udp dport {{ 500, 4500 }} ip saddr @silent drop
    {peers}
    udp dport {{ 500, 4500 }} drop
    {closed}
  }}
}}
"""
_SILENCE = "add element inet winlab silent {{ {{peer}} timeout {seconds}s }}"


class Refused(Exception):
    """A policy in force cannot be enforced faithfully; the text says which part and why."""


class NotAsCompiled(Exception):
    """The kernel holds other policies than those that were loaded."""


@dataclass(frozen=True, slots=True)
class Enforcement:
    """All that is loaded for one host. `notes` say what stands in for something else."""

    policies: Policies
    keying: Keying
    closed: tuple[str, ...] = ()

    @property
    def refused(self) -> tuple[str, ...]:
        """What cannot be said to the kernel or the daemon."""
        return (*self.policies.refused, *self.keying.refused)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not quite what the policy says."""
        return (*self.policies.notes, *self.keying.notes)

    @property
    def soft(self) -> list[dict[str, object]]:
        """What falls back to clear text, for the watcher."""
        # Where nobody asks, nobody hears silence: the packets are held.
        asking = self.keying.asking
        return [
            {"priority": each.priority, "reqid": each.reqid, "clear": clear_policies(each)}
            for each in self.policies.negotiated
            if isinstance(each.rule, Rule) and each.rule.soft and each.reqid in asking
        ]

    def filter_rules(self) -> str:
        """Return the host's own packet filter.

        A host answers IKE only where a rule of its own could come of it; a daemon would answer everybody, if only to
        refuse, and a refusal is an answer.
        """
        peers = ", ".join(map(str, self.keying.peers)) if self.keying.connections else ""
        accept = f"udp dport {{ 500, 4500 }} ip saddr {{ {peers} }} accept" if peers else ""
        return _RULES.format(peers=accept, closed="\n    ".join(self.closed))


def translate(
    state: InForce,
    *,
    realm: str = DEFAULT_REALM,
    identities: Mapping[str, Identity] | None = None,
    closed: tuple[str, ...] = (),
    version_2: frozenset[IPv4Address] = frozenset(),
) -> Enforcement:
    """Return what enforces a policy, or connection security rules, in force. A host with both is refused.

    :param version_2: peers that speak version 2 of IKE.
    :param closed: further rules of the host's own packet filter, as nftables writes them.
    """
    if state.connections.rules and not state.rules:
        policies = compile_connection_policies(state)
        keying = compile_connection_keying(state, policies, realm=realm, identities=identities, version_2=version_2)
        return Enforcement(policies, keying, closed)
    policies = compile_policies(state)
    return Enforcement(policies, compile_keying(state, policies, realm=realm, identities=identities), closed)


def speak_version_2(hosts: Iterable[Host]) -> frozenset[IPv4Address]:
    """Return the addresses of those hosts that speak version 2 of IKE unless a rule says else."""
    able = [each for each in hosts if each.version.schema >= IKE_V2_BY_DEFAULT]
    return frozenset(own for each in able for own in each.addresses if isinstance(own, IPv4Address))


def load(
    channel: Channel,
    namespace: str,
    wanted: Enforcement,
    *,
    hold: float = FALLBACK_SECONDS,
    logon: Callable[[], bool] | None = None,
    before: Enforcement | None = None,
) -> bool:
    """Load into a namespace, in place of what is there. Associations and fallbacks end.

    :param before: what is loaded there. Each of its policies is exchanged for the new one of the same packets, so that
        none is ever without any, and the daemon goes on running; otherwise all of them go before the new ones come.

    :param logon: asked under the new policies, before anybody can ask by Kerberos: whether the host has tickets.
        Without it tickets are nobody's concern.
    :return: whether the host has what it asks with.
    :raises Refused: when something cannot be enforced faithfully; nothing is loaded then.
    :raises NotAsCompiled: when the kernel holds something else afterwards.
    """
    if wanted.refused:
        raise Refused("; ".join(wanted.refused))
    channel.call("unwatch", name=namespace)
    running = before is not None and bool(before.keying.connections and wanted.keying.connections)
    if not running:
        channel.call("stop_keying", name=namespace)
    channel.call("execute", name=namespace, command=["nft", "-f", "-"], text=wanted.filter_rules())
    compiled = wanted.policies.policies
    if before is None:
        text = channel.call("policies", name=namespace, lines=[each.words() for each in compiled])
    else:
        text = channel.call("policies", name=namespace, lines=exchange(before, wanted), flush=False)
    complete = logon is None or not wanted.keying.kerberos or logon()
    made = wanted if complete else replace(wanted, keying=wanted.keying.without_tickets())
    # The watcher listens before anything can ask.
    if made.soft:
        channel.call("watch", name=namespace, rules=made.soft, hold=hold, silence=_SILENCE.format(seconds=300))
    if made.keying.connections:
        channel.call(
            "change_keying" if running else "start_keying",
            name=namespace,
            secrets=list(made.keying.secrets),
            connections=made.keying.connections,
            patience=120,
        )
    check(text, wanted)
    return complete


def exchange(before: Enforcement, wanted: Enforcement) -> list[str]:
    """Return the lines that make the policies of one enforcement those of another: first what stays, then what goes."""
    kept = {(each.way, each.selector) for each in wanted.policies.policies}
    gone = [each for each in before.policies.policies if (each.way, each.selector) not in kept]
    deleted = [f"xfrm policy delete {each.selector.words()} dir {each.way}" for each in gone]
    return [*(each.words("update") for each in wanted.policies.policies), *deleted]


def check(text: str, wanted: Enforcement) -> None:
    """Compare what the kernel printed with what was compiled; policies with a mark are those of a fallback.

    :raises NotAsCompiled: with the difference.
    """
    found, _marked = read_policies(text)
    compiled = frozenset(wanted.policies.policies)
    if found != compiled:
        lacking = [each.words() for each in compiled - found]
        surplus = [each.words() for each in found - compiled]
        raise NotAsCompiled(f"lacking: {'; '.join(lacking) or 'nothing'}; surplus: {'; '.join(surplus) or 'nothing'}")
