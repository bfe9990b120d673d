# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What netsh says and does: echo, silence, refusals, names, GUIDs, numbers of rules.

Each check is one generator of points. They run after the objects of :mod:`.objects` were made, and use them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .._policies.codec.filter_action import ESP_3DES, ESP_HASH_SHA1, OPERATION_ESP, decode_filter_action
from .._policies.codec.filter_list import decode_filter_list
from .._policies.store.objects import Kind, StoredObject
from .model import Point, point, unasked
from .talk import Answer, Talk

ERROR = re.compile(r"ERR IPsec\s*\[(\d{5})\]", re.IGNORECASE)
_SILENCE = "silence"
_STATIC = "ipsec static"


def said(answer: Answer) -> str:
    """Return what netsh said: silence, the number of an error, or its text."""
    found = ERROR.search(answer.text)
    return f"ERR {found[1]}" if found else answer.text or _SILENCE


def _taken(answer: Answer) -> str:
    return "taken" if not answer.text else "refused"


def _named(talk: Talk, kind: Kind, suffix: str) -> list[StoredObject]:
    name = talk.name(suffix)
    return [each for each in talk.stored() if each.kind is kind and each.name.casefold() == name.casefold()]


def _one(talk: Talk, kind: Kind, suffix: str) -> StoredObject | None:
    found = _named(talk, kind, suffix)
    return found[0] if len(found) == 1 else None


def _names(objects: Sequence[StoredObject]) -> list[str]:
    return [each.name for each in objects]


def prompt_and_echo(talk: Talk) -> Iterator[Point]:
    """Send words that netsh does not know."""
    answers = talk.netsh("winsec-confirm-no-such-word")
    yield point("netsh-prompt-on-pipe", "the prompt stands in the answer", "yes", "netsh>" in talk.raw)
    echoed = talk.raw.count("@@")
    about = "netsh-unknown-word-echo netsh-echo-stream netsh-stdin-pipe netsh-behind-cmd"
    yield point(about, "words that netsh does not know come back, in order", "4 of 4", f"{min(echoed, 4)} of 4")
    yield point(about, "an unknown word is answered", "yes", bool(answers[0].text) and not answers[0].ended)


def error_forms(talk: Talk) -> Iterator[Point]:
    """Make objects a second time, and send what is incomplete."""
    rule = (
        f'policy="{talk.name("P R all")}" filterlist="{talk.name("L plain 0")}" filteraction="{talk.name("A permit")}"'
    )
    answers = talk.netsh(
        f'{_STATIC} add policy name="{talk.name("P poll 1")}"',
        f'{_STATIC} add filterlist name="{talk.name("L empty")}"',
        f'{_STATIC} add filteraction name="{talk.name("A permit")}" action=permit',
        f'{_STATIC} add rule name="{talk.name("R all")}" {rule}',
        f'{_STATIC} delete filterlist name="{talk.name("L nobody made")}"',
    )
    about = "netsh-err-prefix netsh-err-numbers netsh-duplicate-names-refused"
    for what, number, answer in zip(
        ("policy", "filter list", "filter action", "rule"), ("05005", "05010", "05014", "05020"), answers, strict=False
    ):
        yield point(about, f"a second {what} of a name", f"ERR {number}", said(answer))
    yield point("netsh-err-prefix", "a list that is not there", "ERR 05049", said(answers[4]))
    for kind, suffix in ((Kind.POLICY, "P poll 1"), (Kind.FILTER_LIST, "L empty"), (Kind.FILTER_ACTION, "A permit")):
        yield point("netsh-duplicate-names-refused", f"how many {suffix}", 1, len(_named(talk, kind, suffix)))
    (bare,) = talk.netsh(f"{_STATIC} add policy")
    about = "netsh-command-without-words"
    yield point(about, "a command without words prints how to use it", "text without a number", _usage(bare))


def _usage(answer: Answer) -> str:
    return said(answer) if ERROR.search(answer.text) or not answer.text else "text without a number"


def goes_on(talk: Talk) -> Iterator[Point]:
    """Send a refused line between two good ones."""
    talk.netsh(
        f'{_STATIC} add filterlist name="{talk.name("G first")}"',
        f'{_STATIC} delete filterlist name="{talk.name("G nobody made")}"',
        f'{_STATIC} add filterlist name="{talk.name("G last")}"',
    )
    seen = [bool(_named(talk, Kind.FILTER_LIST, suffix)) for suffix in ("G first", "G last")]
    yield point("netsh-goes-on", "both lines around a refused one were carried out", [True, True], seen)


def quoting(talk: Talk) -> Iterator[Point]:
    """Make lists whose names hold what shells read."""
    marks = {
        "blanks": "two  blanks",
        "shell": "a&b<c>d^e|f(g)",
        "percent": "100%OS%",
        "slash": r"back\slash",
        "apostrophe": "it's",
    }
    talk.netsh(*(f'{_STATIC} add filterlist name="{talk.name(f"Q {text}")}"' for text in marks.values()))
    for what, text in marks.items():
        about = "netsh-cmd-characters" if what in ("shell", "percent") else "netsh-double-quotes"
        yield point(
            about, f"a name with {what}", [talk.name(f"Q {text}")], _names(_named(talk, Kind.FILTER_LIST, f"Q {text}"))
        )
    reason = "A line whose quotes do not end could swallow the lines behind it."
    yield unasked("netsh-no-quote-in-quotes netsh-backslash-before-quote", "quotes inside quotes", reason)


def tags(talk: Talk) -> Iterator[Point]:
    """Send forms that scripts use and that we never send."""
    forms = {
        "netsh-tag-prefix": ("T prefix", 'add filterlist name="{}" desc="short"'),
        "netsh-positional-values": ("T place", 'add filterlist "{}"'),
        "netsh-blank-around-equals": ("T blank", 'add filterlist name = "{}"'),
    }
    talk.netsh(*(f"{_STATIC} {line.format(talk.name(suffix))}" for suffix, line in forms.values()))
    for about, (suffix, _line) in forms.items():
        seen = len(_named(talk, Kind.FILTER_LIST, suffix))
        yield point(about, f"lists that were made by the form {suffix!r}", 1, seen)
    target = f'filterlist="{talk.name("L empty")}"'
    (answer,) = talk.netsh(f"{_STATIC} set filter {target} srcaddr=me dstaddr=any")
    yield point("netsh-no-set-filter", "set filter", "refused", _taken(answer))
    for about, words in (
        ("netsh-port-any-word", "srcaddr=me dstaddr=192.0.2.1 protocol=TCP dstport=any"),
        ("netsh-address-prefix", "srcaddr=me dstaddr=192.0.2.0/24"),
    ):
        (answer,) = talk.netsh(f'{_STATIC} add filter filterlist="{talk.name("T words")}" {words}')
        yield point(about, words, "taken", _taken(answer))
    rule = f'name="{talk.name("T rule")}" policy="{talk.name("P poll 1")}" filteraction="{talk.name("A permit")}"'
    (answer,) = talk.netsh(f'{_STATIC} add rule {rule} filter="{talk.name("L plain 0")}"')
    yield point("netsh-filter-short-tag", "filter= in add rule", "taken", _taken(answer))
    yield unasked("netsh-address-name", "a name for an address", "It would ask the host's name server.")
    yield unasked("netsh-batch-mode", "set batch", "It changes nothing that a run can see.")


def filters(talk: Talk) -> Iterator[Point]:
    """Add filters twice, to a list that is not there, and delete one of several."""
    name = talk.name("F made")
    one, other = "srcaddr=me dstaddr=192.0.2.1 protocol=TCP mirrored=yes", "srcaddr=me dstaddr=192.0.2.2 protocol=TCP"
    answers = talk.netsh(
        f'{_STATIC} add filter filterlist="{name}" {one} srcport=0 dstport=80',
        f'{_STATIC} add filter filterlist="{name}" {one} srcport=0 dstport=80',
        f'{_STATIC} add filter filterlist="{name}" {other} mirrored=yes srcport=0 dstport=80',
    )
    yield point(
        "netsh-add-filter-makes-list", "a list that was not there", 1, len(_named(talk, Kind.FILTER_LIST, "F made"))
    )
    yield point("netsh-duplicate-filter", "the same filter again", _SILENCE, said(answers[1]))
    yield point("netsh-duplicate-filter", "filters in the list", 3, _count(talk, "F made"))
    talk.netsh(f'{_STATIC} delete filter filterlist="{name}" {one} srcport=0 dstport=80')
    yield point("netsh-delete-filter-matches-all", "filters after one was deleted", 1, _count(talk, "F made"))


def _count(talk: Talk, suffix: str) -> int:
    found = [each.data for each in _named(talk, Kind.FILTER_LIST, suffix) if each.data]
    return len(decode_filter_list(found[0], suffix).specs) if len(found) == 1 else -1


def guids(talk: Talk) -> Iterator[Point]:
    """Rename objects by their GUIDs, and make one anew."""
    kinds = (
        (Kind.FILTER_LIST, "filterlist", ""),
        (Kind.FILTER_ACTION, "filteraction", " action=permit"),
        (Kind.POLICY, "policy", ""),
    )
    talk.netsh(*(f'{_STATIC} add {word} name="{talk.name(f"I {word}")}"{more}' for _kind, word, more in kinds))
    before = {word: _named(talk, kind, f"I {word}") for kind, word, _more in kinds}
    identities = {word: found[0].identity for word, found in before.items() if found}
    answers = talk.netsh(
        *(
            f'{_STATIC} set {word} guid={identity.upper()} newname="{talk.name(f"I new {word}")}"'
            for word, identity in identities.items()
        )
    )
    after = {word: _named(talk, kind, f"I new {word}") for kind, word, _more in kinds}
    for (word, identity), answer in zip(identities.items(), answers, strict=True):
        yield point("netsh-guid-form netsh-set-by-guid", f"set {word} guid=", _SILENCE, said(answer))
        seen = [each.identity for each in after[word]]
        yield point("netsh-guid-form netsh-set-by-guid", f"the {word} has its new name", True, seen == [identity])
    name = talk.name("I new filterlist")
    talk.netsh(f'{_STATIC} delete filterlist name="{name}"', f'{_STATIC} add filterlist name="{name}"')
    again = [each.identity for each in _named(talk, Kind.FILTER_LIST, "I new filterlist")]
    new = len(again) == 1 and again[0] not in identities.values()
    yield point("netsh-new-guids", "an object that is made anew has a new GUID", True, new)
    yield unasked("netsh-assign-by-guid", "assign by GUID", "The run assigns nothing.")


def rename(talk: Talk) -> Iterator[Point]:
    """Rename a list that a rule uses, try to delete it, and read the rule."""
    policy, used = talk.name("N policy"), talk.name("N list")
    talk.netsh(
        f'{_STATIC} add filterlist name="{used}"',
        f'{_STATIC} add policy name="{policy}" activatedefaultrule=no',
        f'{_STATIC} add rule name="{talk.name("N rule")}" policy="{policy}" filterlist="{used}" '
        f'filteraction="{talk.name("A permit")}"',
        f'{_STATIC} set filterlist name="{used}" newname="{talk.name("N other")}"',
    )
    lists = [each.reference for each in _named(talk, Kind.FILTER_LIST, "N other")]
    seen = [list(each.filter_lists) for each in _named(talk, Kind.RULE, "N rule")]
    yield point("force-rename-keeps-uses", "the rule uses the renamed list", True, bool(lists) and seen == [lists])
    answers = talk.netsh(
        f'{_STATIC} delete filterlist name="{talk.name("N other")}"',
        f'{_STATIC} delete filteraction name="{talk.name("A permit")}"',
    )
    about = "force-delete-in-use"
    for what, answer in zip(("list", "action"), answers, strict=True):
        yield point(about, f"deleting a filter {what} in use", "refused", _taken(answer))
    there = [len(_named(talk, Kind.FILTER_LIST, "N other")), len(_named(talk, Kind.FILTER_ACTION, "A permit"))]
    yield point(about, "both are there", [1, 1], there)


def case(talk: Talk) -> Iterator[Point]:
    """Find an object by its name in another letter case."""
    name = talk.name("C Mixed")
    answers = talk.netsh(
        f'{_STATIC} add filterlist name="{name}"',
        f'{_STATIC} set filterlist name="{name.upper()}" description="found"',
        f'{_STATIC} add filterlist name="{name.lower()}"',
    )
    found = [
        each for each in talk.stored() if each.kind is Kind.FILTER_LIST and each.name.casefold() == name.casefold()
    ]
    yield point("names-ignore-case", "a name in capitals is found", _SILENCE, said(answers[1]))
    yield point("names-ignore-case", "a second one in small letters", "refused", _taken(answers[2]))
    seen = [(each.name, each.description) for each in found]
    yield point("names-ignore-case", "the first spelling is kept", [(name, "found")], seen)


def length(talk: Talk) -> Iterator[Point]:
    """Make objects with the longest names, descriptions and keys that we send."""
    name, text = talk.name("Z ").ljust(240, "z"), "d" * 1000
    policy = talk.name("P poll 1")
    uses = f'filterlist="{talk.name("L plain 0")}" filteraction="{talk.name("A permit")}"'
    answers = talk.netsh(
        f'{_STATIC} add filterlist name="{name}" description="{text}"',
        f'{_STATIC} add rule name="{talk.name("Z rule")}" policy="{policy}" {uses} kerberos=no psk="{"k" * 256}"',
    )
    found = [(len(each.name), len(each.description)) for each in talk.stored() if each.name == name]
    yield point("names-length", "a name of 240 characters and a description of 1000", [(240, 1000)], found)
    yield point("names-length", "a key of 256 characters", _SILENCE, said(answers[1]))


def edit(talk: Talk) -> Iterator[Point]:
    """Change one thing of an object, and compare the rest."""
    talk.netsh(
        f'{_STATIC} add filteraction name="{talk.name("E action")}" description="kept" soft=yes action=negotiate '
        'qmsecmethods="ESP[3DES,SHA1]:100k/300s"',
    )
    before = _one(talk, Kind.FILTER_ACTION, "E action")
    talk.netsh(f'{_STATIC} set filteraction name="{talk.name("E action")}" newname="{talk.name("E renamed")}"')
    after = _one(talk, Kind.FILTER_ACTION, "E renamed")
    seen = [(each.data, each.description, each.action) for each in (before, after) if each]
    about = "netsh-set-keeps-the-rest"
    yield point(about, "a new name changes nothing else", True, len(seen) == 2 and seen[0] == seen[1])
    policy = talk.name("P R order 1")
    rule = _one(talk, Kind.RULE, "R order 1")
    talk.netsh(f'{_STATIC} set rule name="{talk.name("R order 1")}" policy="{policy}" kerberos=yes')
    changed = _one(talk, Kind.RULE, "R order 1")
    plain = _one(talk, Kind.RULE, "R all")
    about = "netsh-set-rule-replaces-methods"
    data = [each.data if each else None for each in (rule, changed, plain)]
    whole = data[1] is not None and data[1] == data[2] and data[1] != data[0]
    yield point(about, "set rule with one method leaves that one", True, whole)


def rule_numbers(talk: Talk) -> Iterator[Point]:
    """Make two rules, and describe the first by its number; delete all."""
    policy = talk.name("D policy")
    uses = f'filterlist="{talk.name("L plain 0")}" filteraction="{talk.name("A permit")}"'
    rules = [f'{_STATIC} add rule name="{talk.name(f"D {word}")}" policy="{policy}" {uses}' for word in ("one", "two")]
    talk.netsh(f'{_STATIC} add policy name="{policy}" activatedefaultrule=no', *rules)
    order = _order(talk)
    expected = [talk.name("D two"), talk.name("D one"), ""]
    yield point("store-new-first", "the rules, as they are stored", expected, order)
    talk.netsh(f'{_STATIC} set rule id=1 policy="{policy}" description="first"')
    seen = [each.name for each in talk.stored() if each.description == "first" and each.kind is Kind.RULE]
    yield point("netsh-rule-id-counting", "the rule that id=1 means", order[:1], seen)
    talk.netsh(f'{_STATIC} delete rule all policy="{policy}"')
    yield point("netsh-delete-rule-all-spares-default", "rules after all were deleted", [""], _order(talk))


def _order(talk: Talk) -> list[str]:
    by = {each.reference: each.name for each in talk.stored() if each.kind is Kind.RULE}
    policy = _one(talk, Kind.POLICY, "D policy")
    return [by.get(each, "?") for each in policy.rules] if policy else []


def defaults(talk: Talk) -> Iterator[Point]:
    """Make a filter action without methods."""
    talk.netsh(f'{_STATIC} add filteraction name="{talk.name("B bare")}" action=negotiate')
    found = _one(talk, Kind.FILTER_ACTION, "B bare")
    offers = decode_filter_action(found.data, "B bare").offers if found and found.data else ()
    seen = [(each.operation, each.algorithm, each.integrity) for offer in offers for each in offer.algorithms]
    expected = [(OPERATION_ESP, ESP_3DES, ESP_HASH_SHA1)]
    yield point("netsh-action-default-offer", "offers of an action without methods", expected, seen)


def long_lines(talk: Talk) -> Iterator[Point]:
    """Send words that netsh does not know, of up to 8000 characters: longer lines are never sent."""
    words = {size: "w" * size for size in (1000, 2000, 4000, 8000)}
    answers = talk.netsh(*words.values())
    for (size, word), answer in zip(words.items(), answers, strict=True):
        yield point("netsh-line-length", f"a word of {size} characters comes back whole", True, word in answer.text)


def show_key(talk: Talk, key: str) -> Iterator[Point]:
    """Show a rule with a key that the run made."""
    words = f'name="{talk.name("R order 0")}" policy="{talk.name("P R order 0")}" level=verbose'
    (answer,) = talk.netsh(f"{_STATIC} show rule {words}")
    yield point("netsh-show-hides-nothing", "show rule prints the key", True, key in answer.text)
