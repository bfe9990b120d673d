# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules with the sets that they bring along, made out of the tags of a line, and written all at once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .. import services
from ..consec import authentication, checks, crypto, store
from ..consec.authentication import Method
from ..consec.crypto import MainSet, QuickSet
from ..consec.mainmode import MainModeRule
from ..consec.rule import Action, Rule
from ..consec.sets import StoredSet
from ..consec.store import Origin, SetKind
from ..host import Host
from .consec_values import fields, tunnel
from .consec_words import FIRST_TAGS, PFS, SECOND_TAGS, first, known_group, main_suites, quick_suites, second
from .firewall_common import Refusal, bad, one_of
from .words import Given


@dataclass(slots=True)
class Draft:
    """A rule that is to be written, its new sets, and what its former ones were."""

    rule_id: str
    rule: Rule | MainModeRule
    sets: list[tuple[SetKind, str, StoredSet]] = field(default_factory=list)
    former: list[tuple[SetKind, str | None]] = field(default_factory=list)

    def bring(self, kind: SetKind, stored: StoredSet) -> str:
        """Add a set to what is written; returns its identifier."""
        set_id = store.new_id()
        self.sets.append((kind, set_id, stored))
        return set_id

    def write(self, host: Host) -> None:
        """Write rule and sets; the former sets are for `store.prune`, once all drafts are written.

        An enabled rule starts the keying modules, as a trigger of their service does (lab's choice).

        [ledger: cs-set-leaks, cs-starts-ikeext]
        """
        for kind, set_id, stored in self.sets:
            store.put_set(host, kind, set_id, stored)
        store.put(host, self.rule_id, self.rule)
        if isinstance(self.rule, Rule) and self.rule.active:
            services.start(host, "IKEEXT")


def sets_of(rule: Rule | MainModeRule) -> list[tuple[SetKind, str | None]]:
    """Return the sets that a rule names."""
    if isinstance(rule, Rule):
        return [(SetKind.AUTH1, rule.auth1), (SetKind.AUTH2, rule.auth2), (SetKind.CRYPTO2, rule.crypto2)]
    return [(SetKind.AUTH1, rule.auth1), (SetKind.CRYPTO1, rule.crypto1)]


def _mentions(given: Given, tags: tuple[str, ...]) -> bool:
    return any(tag in given for tag in tags)


def draft(host: Host, given: Given, rule: Rule, rule_id: str = "") -> Draft:
    """Return a rule with what tags say about it; `rule` is the one to change, or one that says nothing yet.

    :raises Refusal: for values that do not fit; what does not fit together is an Unfit.
    """
    fresh = not rule_id
    made = Draft(rule_id or store.new_id(), rule, former=[] if fresh else sets_of(rule))
    rule = tunnel(given, replace(rule, **fields(given)))
    secured = (*FIRST_TAGS, *SECOND_TAGS, "qmpfs", "qmsecmethods")
    if rule.action is Action.EXEMPT:
        if _mentions(given, secured):
            raise Refusal("consec_exempt")
        made.rule = replace(rule, auth1=None, auth2=None, crypto2=None)
    else:
        rule = _authenticated(host, given, rule, made)
        made.rule = _protected(host, given, rule, made)
    checks.rule(made.rule)
    return made


def _authenticated(host: Host, given: Given, rule: Rule, made: Draft) -> Rule:
    """Return a rule with its first and second authentication. Without any word about them the primary sets hold."""
    auth1, auth2 = rule.auth1, rule.auth2
    if _mentions(given, FIRST_TAGS):
        suites = first(given)
        checks.first(suites)
        auth1 = made.bring(SetKind.AUTH1, authentication.write(suites, host.version.firewall_schema, first=True))
        if auth2 and SetKind.AUTH2.is_primary(auth2) and any(each.method is Method.KEY for each in suites):
            # A key takes no second authentication, so the reference to the default one goes (lab's choice).
            # [ledger: cs-key-drops-second]
            auth2 = None
    elif auth1 is None:
        auth1, auth2 = SetKind.AUTH1.primary, SetKind.AUTH2.primary
    if _mentions(given, SECOND_TAGS):
        suites = second(given)
        checks.second(suites)
        auth2 = made.bring(SetKind.AUTH2, authentication.write(suites, host.version.firewall_schema, first=False))
    return replace(rule, auth1=auth1, auth2=auth2)


def _protected(host: Host, given: Given, rule: Rule, made: Draft) -> Rule:
    """Return a rule with its quick mode. Asking for the default resets the forward secrecy too (Microsoft Learn).

    [ledger: cs-default-resets-pfs]
    """
    methods, pfs = given.get("qmsecmethods"), given.get("qmpfs")
    if rule.crypto2 is None or (methods is not None and methods.lower() == "default"):
        rule = replace(rule, crypto2=SetKind.CRYPTO2.primary)
    if pfs is None and (methods is None or methods.lower() == "default"):
        return rule
    old = _local_quick_set(host, rule.crypto2)
    suites = old.suites if methods is None or methods.lower() == "default" else quick_suites(methods)
    wanted = QuickSet(suites, old.pfs if pfs is None else known_group("qmpfs", pfs, PFS, host.version))
    checks.quick_set(wanted, keyed=_keyed(host, rule, made), tunnel=bool(rule.tunnel))
    return replace(rule, crypto2=made.bring(SetKind.CRYPTO2, crypto.write_quick(wanted, host.version.firewall_schema)))


def _local_quick_set(host: Host, set_id: str | None) -> QuickSet:
    """Return the proposals that a rule of the local store has so far; the default if they cannot be read."""
    stored = store.stored(host, SetKind.CRYPTO2, set_id or "", Origin.LOCAL)
    try:
        return crypto.read_quick(stored) if stored is not None else crypto.DEFAULT_QUICK
    except ValueError:
        return crypto.DEFAULT_QUICK


def _keyed(host: Host, rule: Rule, made: Draft) -> bool:
    """Tell whether the first authentication is by a key."""
    new = next((stored for kind, _id, stored in made.sets if kind is SetKind.AUTH1), None)
    try:
        if new is not None:
            suites = authentication.read(new)
        else:
            suites = store.authentication_of(host, SetKind.AUTH1, rule.auth1 or "", Origin.LOCAL) or ()
    except ValueError:
        return False
    return any(each.method is Method.KEY for each in suites)


_MAIN_TAGS = ("mmsecmethods", "mmkeylifetime", "mmforcedh")


def main_mode_draft(host: Host, given: Given, rule: MainModeRule, rule_id: str = "") -> Draft:
    """Like `draft`, for a main-mode rule. One that says nothing about authentication leaves it to the other rules."""
    made = Draft(rule_id or store.new_id(), rule, former=sets_of(rule) if rule_id else [])
    rule = replace(rule, **fields(given))
    auth1, crypto1 = rule.auth1, rule.crypto1 or SetKind.CRYPTO1.primary
    version = host.version.firewall_schema
    if _mentions(given, FIRST_TAGS):
        suites = first(given)
        checks.first(suites)
        auth1 = made.bring(SetKind.AUTH1, authentication.write(suites, version, first=True))
    if _mentions(given, _MAIN_TAGS):
        wanted = main_mode_set(host, given, local_main_set(host, crypto1))
        default = wanted == crypto.DEFAULT_MAIN
        crypto1 = (
            SetKind.CRYPTO1.primary if default else made.bring(SetKind.CRYPTO1, crypto.write_main(wanted, version))
        )
    made.rule = replace(rule, auth1=auth1, crypto1=crypto1)
    checks.main_mode_rule(made.rule)
    return made


def local_main_set(host: Host, set_id: str) -> MainSet:
    """Return a set of main mode of the local store; the default if it is not there or cannot be read."""
    stored = store.stored(host, SetKind.CRYPTO1, set_id, Origin.LOCAL)
    try:
        return crypto.read_main(stored) if stored is not None else crypto.DEFAULT_MAIN
    except ValueError:
        return crypto.DEFAULT_MAIN


def main_mode_set(host: Host, given: Given, old: MainSet) -> MainSet:
    """Return a set of main mode with what `mmsecmethods`, `mmkeylifetime` and `mmforcedh` say about it."""
    methods, lifetime, force = (given.get(tag) for tag in _MAIN_TAGS)
    if methods is not None:
        default = methods.lower() == "default"
        old = replace(old, suites=crypto.DEFAULT_MAIN.suites if default else main_suites(methods, host.version))
    if lifetime is not None:
        found = _lifetime(lifetime)
        old = replace(old, minutes=found["minutes"], sessions=found.get("sessions", old.sessions))
    if force is not None:
        old = replace(old, force_dh=one_of("mmforcedh", force, ("yes", "no")) == "yes")
    checks.main_set(old)
    return old


def _small(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 10


def _lifetime(text: str) -> dict[str, int]:
    """Read `480min,0sess`; the sessions may be left off."""
    found = {}
    for part in text.lower().replace(" ", "").split(","):
        for unit, name in (("min", "minutes"), ("sess", "sessions")):
            if part.endswith(unit) and _small(part.removesuffix(unit)) and name not in found:
                found[name] = int(part.removesuffix(unit))
                break
        else:
            raise bad("mmkeylifetime", text)
    if "minutes" not in found:
        raise bad("mmkeylifetime", text)
    return found
