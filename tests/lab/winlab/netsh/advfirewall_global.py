# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`netsh advfirewall set global` and `show global`: settings of connection security for the whole host.

Words and values are separated by blanks, one setting on a line. Settings are those of the local store.

[ledger: cs-global-one-setting]
"""

from __future__ import annotations

from collections.abc import Callable

from ..consec import crypto, settings, store
from ..consec.checks import Unfit
from ..consec.store import SetKind
from .consec_drafts import local_main_set, main_mode_set
from .consec_show import show_main_set
from .context import Process
from .firewall_common import Refusal, bad, field, one_of
from .words import Given, UsageError, Word, pick

_EXEMPTIONS = {
    "neighbordiscovery": settings.NEIGHBOR_DISCOVERY,
    "icmp": settings.ICMP,
    "dhcp": settings.DHCP,
}
_SPELLED = {"neighbordiscovery": "NeighborDiscovery", "icmp": "ICMP", "dhcp": "DHCP"}
_NAT = ("never", "serverbehindnat", "serverandclientbehindnat")
_NAT_SPELLED = ("Never", "ServerBehindNAT", "ServerAndClientBehindNAT")
_SDDL = {
    "authzcomputergrp": (settings.MACHINES, "consec_machines"),
    "authzusergrp": (settings.USERS, "consec_users"),
    "authzcomputergrptransport": (settings.TRANSPORT_MACHINES, "consec_transport_machines"),
    "authzusergrptransport": (settings.TRANSPORT_USERS, "consec_transport_users"),
}
_IDLE_MINUTES = range(5, 61)


def change(process: Process, words: list[Word]) -> None:
    """Run `set global`."""
    if len(words) != 3:
        raise Refusal("missing", tag="value")
    part, setting, value = (word.text for word in words)
    table = {"ipsec": _IPSEC, "mainmode": _MAIN_MODE}
    chosen = pick(part, table)
    if chosen is None:
        raise UsageError(part)
    name = pick(setting, table[chosen])
    if name is None:
        raise UsageError(setting)
    if value.lower() == "notconfigured":
        # Only a group policy knows this word.
        raise bad(name, value)
    table[chosen][name](process, name, value)


def _main_mode(process: Process, name: str, value: str) -> None:
    primary = SetKind.CRYPTO1.primary
    try:
        wanted = main_mode_set(process.host, Given(((name, value),)), local_main_set(process.host, primary))
    except Unfit as err:
        raise Refusal(err.key) from None
    if wanted == crypto.DEFAULT_MAIN:
        store.remove_set(process.host, SetKind.CRYPTO1, primary)
    else:
        written = crypto.write_main(wanted, process.host.version.firewall_schema)
        store.put_set(process.host, SetKind.CRYPTO1, primary, written)


def _crl(process: Process, name: str, value: str) -> None:
    settings.set_number(process.host, settings.CRL_CHECK, int(one_of(name, value, ("0", "1", "2"))))


def _idle(process: Process, name: str, value: str) -> None:
    minutes = int(value) if value.isascii() and value.isdecimal() and len(value) < 3 else 0
    if minutes not in _IDLE_MINUTES:
        raise bad(name, value)
    settings.set_number(process.host, settings.IDLE_SECONDS, minutes * 60)


def _exempt(process: Process, name: str, value: str) -> None:
    words = [pick(part.strip(), (*_EXEMPTIONS, "none")) for part in value.split(",")]
    if None in words or len(set(words)) < len(words) or ("none" in words and len(words) > 1):
        raise bad(name, value)
    settings.set_number(process.host, settings.EXEMPTIONS, sum(_EXEMPTIONS.get(word or "", 0) for word in words))


def _nat(process: Process, name: str, value: str) -> None:
    if value.lower() not in _NAT:
        raise bad(name, value)
    settings.set_number(process.host, settings.NAT, _NAT.index(value.lower()))


def _sddl(process: Process, name: str, value: str) -> None:
    if value.lower() != "none" and not value.startswith(("O:", "G:", "D:")):
        raise bad(name, value)
    settings.set_text(process.host, _SDDL[name][0], "" if value.lower() == "none" else value)


Setter = Callable[[Process, str, str], None]
_IPSEC: dict[str, Setter] = {
    "strongcrlcheck": _crl,
    "saidletimemin": _idle,
    "defaultexemptions": _exempt,
    "ipsecthroughnat": _nat,
    **dict.fromkeys(_SDDL, _sddl),
}
_MAIN_MODE: dict[str, Setter] = dict.fromkeys(("mmsecmethods", "mmkeylifetime", "mmforcedh"), _main_mode)


def show(process: Process, words: list[Word]) -> None:
    """Run `show global`, for all settings or for those of one part."""
    parts = ("ipsec", "mainmode")
    chosen = pick(words[0].text, parts) if words else None
    if len(words) > 1 or (words and chosen is None):
        raise UsageError(words[-1].text)
    texts, host = process.texts.firewall, process.host
    if chosen in (None, "ipsec"):
        process.say("")
        process.say(texts["consec_ipsec"])
        process.say("-" * 70)
        bits = settings.local_number(host, settings.EXEMPTIONS)
        exempt = ",".join(_SPELLED[word] for word, bit in _EXEMPTIONS.items() if bits & bit)
        field(process, "consec_crl", str(settings.local_number(host, settings.CRL_CHECK)))
        field(process, "consec_idle", f"{settings.local_number(host, settings.IDLE_SECONDS) // 60}min")
        field(process, "consec_exemptions", exempt or texts["consec_nothing"])
        nat = settings.local_number(host, settings.NAT)
        field(process, "consec_nat", _NAT_SPELLED[nat] if nat < len(_NAT_SPELLED) else str(nat))
        for name, label in _SDDL.values():
            field(process, label, settings.local_text(host, name) or texts["consec_nothing"])
    if chosen in (None, "mainmode"):
        process.say("")
        process.say(texts["consec_main_mode"])
        process.say("-" * 70)
        show_main_set(process, local_main_set(host, SetKind.CRYPTO1.primary))
