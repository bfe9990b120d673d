# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disabled rules of the firewall and of connection security, and the texts that the registry has for them.

The rules of connection security name no methods of their own, so that no sets are made for them.
"""

from __future__ import annotations

from collections.abc import Iterator

from .._windows.firewall_keys import POLICY_KEY
from .._windows.queries import Section
from .._windows.registry.query import parse_answer
from .._windows.rule_string import RuleString, parse_rule
from .._windows.versions import WindowsVersion
from .model import Point, point
from .talk import PREFIX, Talk

QUESTIONS = {
    "firewall_rules": rf"reg.exe query {POLICY_KEY}\FirewallRules",
    "consec_rules": rf"reg.exe query {POLICY_KEY}\ConSecRules",
}
WORDS = {"firewall_rules": "firewall", "consec_rules": "consec"}
_WINDOWS_8 = (6, 2)

_FIREWALL = {
    "tcp": ("protocol=tcp localport=80 remoteip=192.0.2.10", "Protocol=6 LPort=80 RA4=192.0.2.10", "fw-rule-string"),
    "esp": ("protocol=50 remoteip=192.0.2.10", "Protocol=50 RA4=192.0.2.10", "fw-rule-string fw-protocol-numbers"),
    "net": ("protocol=udp remoteip=192.0.2.0/24", "Protocol=17 RA4=192.0.2.0{}", "fw-addresses-spelling"),
}
_CONSEC = {
    "request": ("action=requestinrequestout protocol=tcp port2=80", "Action=Boundary Protocol=6 EP2Port=80"),
    "require": ("action=requireinrequireout", "Action=Secure"),
    "none": ("action=noauthentication", "Action=DoNotSecure"),
}


def is_there(version: WindowsVersion) -> bool:
    """Tell whether this version has such rules: those from Vista on. [ledger: fw-2003-context, cs-from-2008]"""
    return version.ikeext


def own(section: Section) -> list[RuleString]:
    """Return the rules that runs made, from the answer to one of the questions."""
    keys = parse_answer(section.text) if section.code == 0 else {}
    texts = [str(value.data) for key in keys.values() for value in key.values.values()]
    found = [parse_rule(text) for text in texts if PREFIX in text.casefold()]
    return [rule for rule in found if rule is not None and rule.name.casefold().startswith(PREFIX)]


def _rules(talk: Talk, name: str, suffix: str) -> list[RuleString]:
    wanted = talk.name(suffix).casefold()
    return [rule for rule in own(talk.ask(QUESTIONS)[name]) if rule.name.casefold() == wanted]


def _compare(about: str, suffix: str, expected: str, rules: list[RuleString]) -> Point:
    """Compare the fields that are expected; further ones are the host's matter."""
    names = [field.partition("=")[0] for field in expected.split()]
    seen = [" ".join(f"{name}={value}" for name in names for value in rule.all(name)) for rule in rules]
    return point(about, f"the text of the rule {suffix}", [expected], seen)


def firewall(talk: Talk) -> Iterator[Point]:
    """Make disabled rules of the firewall, one of them twice, and remove that one by its name."""
    line = 'advfirewall firewall add rule name="{}" dir=in action=allow enable=no {}'
    new = (talk.version.major, talk.version.minor) >= _WINDOWS_8
    answers = talk.netsh(
        *(line.format(talk.name(f"W {suffix}"), words) for suffix, (words, _fields, _about) in _FIREWALL.items()),
        f'advfirewall firewall add rule name="{talk.name("W bad")}" dir=sideways action=allow enable=no',
    )
    for suffix, answer in zip(_FIREWALL, answers, strict=False):
        yield point("fw-ok-is-success", f"netsh says Ok to the rule {suffix}", "", answer.text)
    yield point("fw-ok-is-success", "a bad line is refused", True, bool(answers[-1].text))
    for suffix, (_words, fields, about) in _FIREWALL.items():
        expected = f"Action=Allow Active=FALSE Dir=In {fields.format('/24' if new else '/255.255.255.0')}"
        yield _compare(f"{about} fw-keys-local", suffix, expected, _rules(talk, "firewall_rules", f"W {suffix}"))
    talk.netsh(line.format(talk.name("W esp"), _FIREWALL["esp"][0]))
    yield point("fw-duplicates-taken", "rules of one name", 2, len(_rules(talk, "firewall_rules", "W esp")))
    talk.netsh(f'advfirewall firewall delete rule name="{talk.name("W ESP").upper()}"')
    about = "fw-delete-by-name fw-names-fold"
    yield point(about, "rules after both were deleted by name", 0, len(_rules(talk, "firewall_rules", "W esp")))
    yield point("fw-delete-by-name", "another rule is there", 1, len(_rules(talk, "firewall_rules", "W tcp")))


def consec(talk: Talk) -> Iterator[Point]:
    """Make disabled connection security rules, and one of them twice."""
    line = 'advfirewall consec add rule name="{}" endpoint1=any endpoint2=192.0.2.10 enable=no {}'
    answers = talk.netsh(
        *(line.format(talk.name(f"V {suffix}"), words) for suffix, (words, _fields) in _CONSEC.items()),
    )
    for suffix, answer in zip(_CONSEC, answers, strict=True):
        yield point("cs-netsh-on-stdin", f"netsh says Ok to the rule {suffix}", "", answer.text)
    for suffix, (_words, fields) in _CONSEC.items():
        found = _rules(talk, "consec_rules", f"V {suffix}")
        expected = f"Active=FALSE {fields} EP2_4=192.0.2.10"
        yield _compare("cs-rule-grammar cs-keys-local", suffix, expected, found)
    described = [rule.all("Desc") for rule in _rules(talk, "consec_rules", "V none")]
    yield point("cs-stored-text-of-netsh", "Desc is always there", [("",)], described)
    talk.netsh(line.format(talk.name("V none"), _CONSEC["none"][0]))
    yield point("cs-names-repeat", "rules of one name", 2, len(_rules(talk, "consec_rules", "V none")))
    talk.netsh(f'advfirewall consec delete rule name="{talk.name("V none")}"')
    about = "cs-names-repeat cs-every-match"
    yield point(about, "rules after both were deleted by name", 0, len(_rules(talk, "consec_rules", "V none")))
