# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run may give away: versions, answers and bytes, without names, addresses, users and keys of the host.

What is kept is chosen, not what is left out: of the store only the objects of the run, of other questions only those
whose answers name nothing. What is kept goes through :func:`scrubbed` all the same. Names of the run are told by one
token, which becomes :data:`TOKEN`, so that two bundles of one host are alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network

from .._common.errors import StoreError
from .._policies.codec.guids import PREDEFINED
from .._policies.host import IPSEC_KEY
from .._policies.store.objects import Kind, Reference, StoredObject, from_registry
from .._policies.store.read import LOCAL_STORE
from .._windows.registry.keys import folded_key
from .._windows.registry.query import parse_answer
from . import rule_checks
from .cleanup import is_ours
from .model import Check
from .run import Report
from .talk import PREFIX, Exchange, Talk

Data = dict[str, object]

FORM = 1
_SHORTEST_NAME = 4
TOKEN = "5ec0dede"
# Questions whose answers name nothing but Windows, and those of the run about what it made itself.
_KEPT = frozenset(
    {
        "version",
        "code_page",
        "oem",
        "agent",
        "agent_start",
        "ike",
        "ike_start",
        "exempt_agent",
        "exempt_driver",
        "merge",
    }
)
_OWN = frozenset({"empty", "key", "none", "made", "again", "missing", "context"})
_MARKER = re.compile(r"(@@[0-9a-z]+:([a-z0-9_]+) -?[0-9]{1,10}[ \t]*\r?\n?)")
_ADDRESS = re.compile(
    r"(?<![0-9A-Za-z.:{-])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![0-9A-Za-z.:-])"
)
_SID = re.compile(r"S-1-[0-9]+(?:-[0-9]+)+")
_ACCOUNT = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_DOCUMENTS = tuple(
    map(ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "0.0.0.0/32", "255.0.0.0/8"))
)


def key_of(token: str) -> str:
    """Return the key that the rules of a run have. Nobody uses it: no policy of a run is ever assigned."""
    return f"Confirm-{token}"


def scrubbed(text: str, token: str, hidden: Iterable[str] = ()) -> str:
    """Return a text without addresses, accounts and identifiers of accounts, and without the texts in ``hidden``."""
    text = _with_token(text, token)
    for word in sorted(filter(None, hidden), key=len, reverse=True):
        text = re.sub(re.escape(word), "(name)", text, flags=re.IGNORECASE)
    text = _SID.sub("(account)", _ACCOUNT.sub("(account)", text))
    return _ADDRESS.sub(_address, text)


def _with_token(text: str, token: str) -> str:
    for old, new in ((token, TOKEN), (token.upper(), TOKEN.upper()), (_hex(token), _hex(TOKEN))):
        text = text.replace(old, new)
    return text


def _hex(text: str) -> str:
    return text.encode("utf-16-le").hex().upper()


def _address(found: re.Match[str]) -> str:
    try:
        address = ip_address(found[0])
    except ValueError:
        return found[0]
    known = any(address.version == each.version and address in each for each in _DOCUMENTS)
    return found[0] if known else "(address)"


def bundle(report: Report, talk: Talk) -> Data:
    """Return the bundle of a run as plain data."""
    hidden = foreign_names(talk)
    pieces: dict[str, int] = {}
    exchanges = []
    for each in talk.exchanges:
        said = [
            pieces.setdefault(piece, len(pieces))
            for text in kept(each, talk)
            for piece in _blocks(scrubbed(text, talk.token, hidden))
        ]
        sent = _with_token(each.sent, talk.token)  # nothing of the host is in it
        exchanges.append({"line": each.line, "sent": sent.splitlines(), "said": said})
    return {
        "form": FORM,
        "windows": report.version,
        "left_behind": len(report.left),
        "checks": [_check(each, talk.token, hidden) for each in report.checks],
        "pieces": list(pieces),
        "exchanges": exchanges,
    }


def _check(check: Check, token: str, hidden: frozenset[str]) -> object:
    def clean(value: object) -> object:
        if isinstance(value, dict):
            return {key: clean(item) for key, item in value.items()}
        if isinstance(value, list):
            return [clean(item) for item in value]
        return scrubbed(value, token, hidden) if isinstance(value, str) else value

    return clean(check.to_data())


def foreign_names(talk: Talk) -> frozenset[str]:
    """Return the names of the host and of its objects, of which nothing may show; not those that Windows gave.

    Names of two or three letters are parts of any text. They stand nowhere in what is kept.
    """
    objects = [each for each in talk.stored() if not is_ours(each) and each.identity not in PREDEFINED]
    names = {text for each in objects for text in (each.name, each.description)} | talk.hidden
    return frozenset(name for name in names if len(name) >= _SHORTEST_NAME)


def kept(exchange: Exchange, talk: Talk) -> Iterator[str]:
    """Yield the parts of an answer that are kept, markers included."""
    parts = _MARKER.split(exchange.said)
    texts, marks, names = parts[::3], parts[1::3], parts[2::3]
    for text, mark, name in zip(texts, marks, names, strict=False):
        yield _part(text, name)
        yield mark


def _part(text: str, name: str) -> str:
    if name == "begin":
        return text  # what netsh said to the lines of the run, or nothing
    if name in rule_checks.QUESTIONS:
        return "".join(line for line in text.splitlines(keepends=True) if line.startswith("HKEY_") or PREFIX in line)
    if name == "ipsec":
        return "".join(_own_keys(text))
    if name in ("windows", "policies"):
        wanted = (folded_key(IPSEC_KEY), folded_key(IPSEC_KEY.rpartition("\\")[0]))
        return "".join(line for line in text.splitlines(keepends=True) if folded_key(line.strip()) in wanted)
    return text if name in _KEPT or name in _OWN else ""


def _own_keys(text: str) -> Iterator[str]:
    """Yield the keys of a store that are the run's own, as reg printed them, and the banner before the first one."""
    own = _own_paths(text)
    for block in _blocks(text):
        path = folded_key(block.splitlines()[0].rstrip()) if block.startswith("HKEY_") else ""
        if not path:
            yield "".join(line for line in block.splitlines(keepends=True) if "REG.EXE" in line or not line.strip())
        elif path.rpartition("\\")[2] in own:
            yield block
        elif path == folded_key(LOCAL_STORE):
            yield block.splitlines(keepends=True)[0]


def _own_paths(text: str) -> frozenset[str]:
    try:
        objects = from_registry(parse_answer(text), LOCAL_STORE).objects
    except StoreError:
        return frozenset()
    by: dict[Reference, StoredObject] = {each.reference: each for each in objects}
    own = {each.reference for each in objects if is_ours(each)}
    for reference in [each for each in own if each.kind is Kind.POLICY]:
        own.update((*by[reference].main_modes, *by[reference].rules))
    for reference in [each for each in own if each.kind is Kind.RULE and each in by]:
        # A filter action without a name belongs to its rule.
        own.update(each for each in by[reference].filter_actions if each in by and not by[each].name)
    return frozenset(f"{each.kind}{each.identity}" for each in own)


def _blocks(text: str) -> list[str]:
    """Return a text in pieces, each beginning where reg prints a key."""
    return [piece for piece in re.split(r"(?m)^(?=HKEY_)", text) if piece]
