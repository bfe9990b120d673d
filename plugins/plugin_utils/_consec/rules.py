# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules from their texts (MS-GPFAS 2.2.6.2, 2.2.7.1). Fields may stand in any order; what is not known is said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from .._common.address_sets import read_interval
from .._common.packets import HIGHEST_PORT
from .._windows.rule_string import RuleString
from .doubts import Doubtful, Doubts, flag, number, quoted, word
from .kinds import DEFAULT, PRIMARY, Kind
from .model import MainModeRule, Rule, Texts
from .schema import Schema, parse_schema
from .words import ACTIONS, CLEAR_OUT, EXEMPT, INTERFACE_TYPES, KEY_MODULES, PLACES, PROFILES, REQUIRE

_TUNNEL_ONLY = {"secureinclearout": "SecureInClearOut", "bypasstunnel": "ByPassTunnel", "authz": "Authz"}
OLD_ENDS = ("rtunnel4", "rtunnel6", "ltunnel4", "ltunnel6")
_LOCAL_ENDS = ("ltunnel4_2", "ltunnel6_2")
_REMOTE_ENDS = ("rtunnel4_2", "rtunnel6_2", "rtunendpts4", "rtunendpts6")
_ENDS = frozenset((*OLD_ENDS, *_LOCAL_ENDS, *_REMOTE_ENDS, "rtunnelfqdn"))
# What netsh has no words for, with the value that says as much as none.
_NO_WORDS = {
    "if": ("interfaces", "an interface by its identifier", ""),
    "rtunendpts4": ("remote_tunnel_endpoint", "several ends of a tunnel", ""),
    "rtunendpts6": ("remote_tunnel_endpoint", "several ends of a tunnel", ""),
    "rtunnelfqdn": ("remote_tunnel_endpoint", "a tunnel to a DNS name", ""),
    "keymanagerdictate": ("key_modules", "a key manager", "false"),
    "keymanagernotify": ("key_modules", "a key manager", "false"),
    "fwdlifetime": ("mode", "a lifetime of forward paths", "0"),
    "transportmachineauthzsddl": ("mode", "a list of computers of its own", ""),
    "transportuserauthzsddl": ("mode", "a list of users of its own", ""),
}
_SHARED = ("profile", "auth1set", "ep1_4", "ep1_6", "ep2_4", "ep2_6", "name", "desc", "embedctxt", "active")
_CONDITIONS = ("platform", "platform2", "skipver", "securityrealmenabled")
_RULE_FIELDS = frozenset(
    (
        *(*_SHARED, *_CONDITIONS, *_TUNNEL_ONLY, *OLD_ENDS, *_LOCAL_ENDS, *_REMOTE_ENDS, *_NO_WORDS),
        *("action", "protocol", "iftype", "auth2set", "crypto2set", "keymod"),
        *("ep1port", "ep2port", "ep1port2_10", "ep2port2_10"),
    )
)
_MAIN_MODE_FIELDS = frozenset((*_SHARED, *_CONDITIONS, "crypto1set"))
_TCP_AND_UDP = ("6", "17")
_RANGE = re.compile(r"([0-9]{1,5})-([0-9]{1,5})", re.ASCII)


class _Fields:
    """The fields of one text by their folded names."""

    def __init__(self, found: RuleString) -> None:
        self.values: dict[str, list[str]] = {}
        for key, value in found.fields:
            self.values.setdefault(key.casefold(), []).append(value)
        self.doubts = Doubts()

    def once(self, key: str, name: str) -> str | None:
        """Return the value of a field that may stand once, None where it is not there."""
        found = self.values.get(key, [])
        if len(found) > 1:
            raise Doubtful(f"{name} stands there {len(found)} times")
        return found[0] if found else None

    def text(self, key: str, name: str) -> str:
        return self.once(key, name) or ""

    def flag(self, key: str, name: str) -> bool:
        found = self.once(key, name)
        return found is not None and flag(found, name)

    def words(self, key: str, name: str, words: Mapping[str, str]) -> Texts:
        return tuple(dict.fromkeys(word(words, each, name) for each in self.values.get(key, [])))

    def addresses(self, side: str) -> Texts:
        """Return the addresses of EP1 or EP2; a word counts where it stands for both families."""
        if f"{side}_4" not in self.values and f"{side}_6" not in self.values:
            return ()
        found: list[str] = []
        named: dict[int, list[str]] = {4: [], 6: []}
        for version in (4, 6):
            for text in self.values.get(f"{side}_{version}", []):
                if text.casefold() in PLACES:
                    named[version].append(PLACES[text.casefold()])
                else:
                    found.append(_address(text, version, f"{side.upper()}_{version}"))
        lone = set(named[4]) ^ set(named[6])
        if lone:
            only = f"{', '.join(sorted(lone))} is named for one of IPv4 and IPv6 only"
            raise Doubtful(f"{only}, which netsh has no word for")
        return tuple(dict.fromkeys((*named[4], *found)))

    def ports(self, side: str) -> Texts:
        """Return single ports and ranges."""
        name = f"{side.upper()}Port"
        if f"{side}port" not in self.values and f"{side}port2_10" not in self.values:
            return ()
        found = [str(number(text, name, HIGHEST_PORT)) for text in self.values.get(f"{side}port", [])]
        for text in self.values.get(f"{side}port2_10", []):
            match = _RANGE.fullmatch(text)
            if match is None or not int(match[1]) <= int(match[2]) <= HIGHEST_PORT:
                raise Doubtful(f"{name}2_10 is {quoted(text)} and no range of ports")
            found.append(f"{int(match[1])}-{int(match[2])}")
        return tuple(dict.fromkeys(found))

    def reference(self, key: str, name: str, kind: Kind) -> str:
        found = self.text(key, name)
        return DEFAULT if found.casefold() == PRIMARY[kind] else found


def _address(text: str, version: int, name: str) -> str:
    found = read_interval(text)
    if found is None or found.version != version:
        raise Doubtful(f"{name} is {quoted(text)} and no address of IPv{version}, range, network or known word")
    return str(found)


def read_rule(identity: str, found: RuleString, schema: Schema) -> Rule:
    """Return the rule that a text describes to a Windows of this schema."""
    fields = _Fields(found)
    read = fields.doubts.read
    tunnel = _is_tunnel(fields)
    action = read("action", lambda: _action(fields, tunnel=tunnel))
    protocol = read("protocol", lambda: _protocol(fields))
    local, remote = _ends(fields) if tunnel else ((), ())
    rule = Rule(
        id=identity,
        text=found,
        version=found.version,
        name=read("name", lambda: fields.text("name", "Name")),
        description=read("description", lambda: fields.text("desc", "Desc")),
        group=read("group", lambda: fields.text("embedctxt", "EmbedCtxt")),
        enabled=read("enabled", lambda: _enabled(fields, schema)),
        action=action,
        mode=read("mode", lambda: _mode(fields, tunnel=tunnel)),
        profiles=read("profiles", lambda: fields.words("profile", "Profile", PROFILES)),
        interface_types=read("interface_types", lambda: fields.words("iftype", "IFType", INTERFACE_TYPES)),
        interfaces=tuple(dict.fromkeys(fields.values.get("if", []))),
        protocol=protocol,
        endpoint1=read("endpoint1", lambda: fields.addresses("ep1")),
        endpoint2=read("endpoint2", lambda: fields.addresses("ep2")),
        port1=read("port1", lambda: _ports(fields, "ep1", action, protocol)),
        port2=read("port2", lambda: _ports(fields, "ep2", action, protocol)),
        local_tunnel_endpoint=local,
        remote_tunnel_endpoint=remote,
        exempt_protected_connections=read(
            "exempt_protected_connections", lambda: fields.flag("bypasstunnel", "ByPassTunnel")
        ),
        apply_authorization=read("apply_authorization", lambda: fields.flag("authz", "Authz")),
        first_authentication=read(
            "first_authentication", lambda: _named_set(fields, "Auth1Set", Kind.FIRST, action, needed=True)
        ),
        second_authentication=read(
            "second_authentication", lambda: _named_set(fields, "Auth2Set", Kind.SECOND, action, needed=False)
        ),
        quick_mode=read("quick_mode", lambda: _named_set(fields, "Crypto2Set", Kind.QUICK_MODE, action, needed=True)),
        key_modules=read("key_modules", lambda: _key_modules(fields)),
    )
    _no_words(fields)
    _unknown(fields, _RULE_FIELDS)
    return replace(rule, doubts=fields.doubts.found) if fields.doubts.found else rule


def read_main_mode_rule(identity: str, found: RuleString, schema: Schema) -> MainModeRule:
    """Return the main-mode rule that a text describes to a Windows of this schema."""
    fields = _Fields(found)
    read = fields.doubts.read
    rule = MainModeRule(
        id=identity,
        text=found,
        version=found.version,
        name=read("name", lambda: fields.text("name", "Name")),
        description=read("description", lambda: fields.text("desc", "Desc")),
        group=read("group", lambda: fields.text("embedctxt", "EmbedCtxt")),
        enabled=read("enabled", lambda: _enabled(fields, schema)),
        profiles=read("profiles", lambda: fields.words("profile", "Profile", PROFILES)),
        endpoint1=read("endpoint1", lambda: fields.addresses("ep1")),
        endpoint2=read("endpoint2", lambda: fields.addresses("ep2")),
        first_authentication=read("first_authentication", lambda: fields.reference("auth1set", "Auth1Set", Kind.FIRST)),
        main_mode=read("main_mode", lambda: fields.reference("crypto1set", "Crypto1Set", Kind.MAIN_MODE)),
    )
    if schema < (2, 8):
        fields.doubts.add("enabled", "this version of Windows ignores main-mode rules", known=True)
    _unknown(fields, _MAIN_MODE_FIELDS)
    return replace(rule, doubts=fields.doubts.found)


def _action(fields: _Fields, *, tunnel: bool) -> str:
    text = fields.once("action", "Action")
    if text is None:
        raise Doubtful("Action is not there")
    found = word(ACTIONS, text, "Action")
    if not fields.flag("secureinclearout", "SecureInClearOut"):
        return found
    if found != REQUIRE or not tunnel:
        raise Doubtful("SecureInClearOut stands beside something else than a tunnel that requires")
    return CLEAR_OUT


def _protocol(fields: _Fields) -> str:
    text = fields.once("protocol", "Protocol")
    return "any" if text is None else str(number(text, "Protocol", 255))


def _ports(fields: _Fields, side: str, action: str | None, protocol: str | None) -> Texts:
    """Return the ports; Windows refuses some beside others (MS-FASP 2.2.55), so what it makes of those is unknown."""
    found = fields.ports(side)
    if found and protocol not in _TCP_AND_UDP:
        raise Doubtful("ports stand beside another protocol than TCP and UDP")
    if action != EXEMPT and any("-" in each for each in found):
        raise Doubtful("a range of ports stands beside another action than DoNotSecure")
    return found


def _is_tunnel(fields: _Fields) -> bool:
    return not _ENDS.isdisjoint(fields.values)


def _mode(fields: _Fields, *, tunnel: bool) -> str:
    flags = {key: fields.flag(key, name) for key, name in _TUNNEL_ONLY.items()}
    if tunnel:
        return "tunnel"
    if any(flags.values()):
        names = ", ".join(_TUNNEL_ONLY[key] for key, given in flags.items() if given)
        raise Doubtful(f"{names} is for tunnels, and no end of one is there")
    return "transport"


def _ends(fields: _Fields) -> tuple[Texts | None, Texts | None]:
    """Return the ends of a tunnel on this host and on the other side.

    MS-GPFAS 2.2.6.2 gives the older forms the sides that their letters do not have. Whether Windows does is to be
    confirmed, so nobody says which end is which.
    """
    if any(fields.values.get(key) for key in OLD_ENDS):
        reason = "whether RTunnel is the end of this host or the other one is not known for this form"
        for option in ("local_tunnel_endpoint", "remote_tunnel_endpoint"):
            fields.doubts.add(option, reason)
        return None, None
    local = fields.doubts.read("local_tunnel_endpoint", lambda: _end(fields, _LOCAL_ENDS))
    return local, fields.doubts.read("remote_tunnel_endpoint", lambda: _remote_end(fields))


def _end(fields: _Fields, keys: Texts) -> Texts:
    found: list[str] = []
    for key in keys:
        version = 4 if "4" in key else 6
        texts = fields.values.get(key, [])
        if key.endswith("_2") and len(texts) > 1:
            raise Doubtful(f"{key} stands there {len(texts)} times")
        found += [_address(text, version, key) for text in texts]
    return tuple(found)


def _remote_end(fields: _Fields) -> Texts:
    name = fields.text("rtunnelfqdn", "RTunnelFqdn")
    return (*_end(fields, _REMOTE_ENDS), *((name,) if name else ()))


def _named_set(fields: _Fields, name: str, kind: Kind, action: str | None, *, needed: bool) -> str:
    found = fields.reference(name.casefold(), name, kind)
    if found and action == EXEMPT:
        raise Doubtful(f"{name} stands beside DoNotSecure, which takes no sets")
    if needed and not found and action not in (EXEMPT, None):
        raise Doubtful(f"{name} is not there")
    return found


def _key_modules(fields: _Fields) -> Texts:
    found = fields.words("keymod", "KeyMod", KEY_MODULES)
    if found not in ((), ("default",)):
        fields.doubts.add("key_modules", "netsh has no words for a key module", known=True)
    return found


def _enabled(fields: _Fields, schema: Schema) -> bool:
    """Return whether a rule is enabled; unknown where it is for some Windows and may not be for this one."""
    for key, name in (("platform", "Platform"), ("platform2", "Platform2")):
        if fields.values.get(key):
            raise Doubtful(f"{name} says for which Windows the rule is, which was not worked out")
    for text in fields.values.get("skipver", []):
        skipped = parse_schema(text)
        if skipped is None:
            raise Doubtful(f"SkipVer is {quoted(text)} and no version")
        if schema <= skipped:
            fields.doubts.add("enabled", f"this version of Windows skips the rule (SkipVer={text})", known=True)
    return fields.flag("active", "Active")


def _no_words(fields: _Fields) -> None:
    if fields.values.keys().isdisjoint(_NO_WORDS):
        return
    for key, (option, what, nothing) in _NO_WORDS.items():
        if any(text.casefold() != nothing for text in fields.values.get(key, [])):
            fields.doubts.add(option, f"netsh has no words for {what}", known=True)


def _unknown(fields: _Fields, known: frozenset[str]) -> None:
    if fields.values.get("securityrealmenabled"):
        fields.doubts.add("", "what SecurityRealmEnabled does is not known")
    for key in fields.values:
        if key not in known:
            fields.doubts.add("", f"it has a field that is not known, {quoted(key)}")
