# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole stores through the text of a host and back, and damage that must never end in anything but a refusal."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError, StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.secret import Secret
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.form import LEGACY, VISTA, Form
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.in_force import in_force
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import (
    Filter,
    FilterAction,
    FilterList,
    Policy,
    PresharedKey,
    QuickModeMethod,
    Rule,
    Store,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.store import read_store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.words import Encryption, Integrity
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.keys import Keys
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.query import parse_export, parse_query
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies import strategies, wiretext
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.wire import ROOT, Image, image_of

pytestmark = pytest.mark.slow

FORMS = pytest.mark.parametrize("form", [LEGACY, VISTA], ids=["legacy", "vista"])
KEY = "Purple-Elephant-7"


@FORMS
@given(data=st.data())
def test_store_survives_reg_query(form: Form, data: st.DataObject) -> None:
    store = data.draw(strategies.stores(modern=form is VISTA))
    assert read_store(parse_query(wiretext.query(image_of(store, form)))) == store


@given(store=strategies.stores(modern=False))
def test_store_survives_old_reg_query(store: Store) -> None:
    # Columns of unknown width cannot keep blanks at the ends of a description.
    bare = replace(
        store,
        policies=tuple(
            replace(p, description="", rules=tuple(replace(r, description="") for r in p.rules)) for p in store.policies
        ),
        filter_lists=tuple(replace(x, description="") for x in store.filter_lists),
        filter_actions=tuple(replace(x, description="") for x in store.filter_actions),
    )
    assert read_store(parse_query(wiretext.query_5(image_of(bare, LEGACY)))) == bare


@given(store=strategies.stores())
def test_store_survives_reg_export(store: Store) -> None:
    assert read_store(parse_export(wiretext.export(image_of(store, VISTA)))) == store


ODD_KEYS = (
    '[HKEY_LOCAL_MACHINE\\SOFTWARE\\Example\\Hand made]\r\n"Half"=hex(b):70,89,0\r\n"Text"="{"a":1}"\r\n# remark\r\n',
    '[HKEY_LOCAL_MACHINE\\SOFTWARE\\Open]\r\n"Text"="never closed\r\n"Bytes"=hex:01,\\\r\n',
    '[HKEY_LOCAL_MACHINE\\SOFTWARE\\Cut]\r\n"Bytes"=hex:01,\\\r\n',
)


@given(store=strategies.stores(), odd=st.lists(st.sampled_from(ODD_KEYS), min_size=1), data=st.data())
def test_odd_keys_of_others_in_a_file_change_nothing(store: Store, odd: list[str], data: st.DataObject) -> None:
    head, *keys = wiretext.export(image_of(store, VISTA)).decode("utf-16").split("\r\n\r\n[")
    blocks = [f"[{key}\r\n\r\n" for key in keys]
    for text in odd:
        blocks.insert(data.draw(st.integers(0, len(blocks))), text)
    found = read_store(parse_export("".join([f"{head}\r\n\r\n", *blocks]).encode("utf-16")))
    assert found.findings
    assert replace(found, findings=()) == store


def example() -> Store:
    method = QuickModeMethod(esp_encryption=Encryption.TRIPLE_DES, esp_integrity=Integrity.SHA1)
    rule = Rule(
        name="Web", filter_list="Web servers", filter_action="Secure", authentication=(PresharedKey(Secret(KEY)),)
    )
    return Store(
        filter_lists=(FilterList(name="Web servers", filters=(Filter(protocol=6, destination_port=443),)),),
        filter_actions=(FilterAction(name="Secure", methods=(method,), fallback_to_clear=True),),
        policies=(Policy(name="Front end", rules=(rule,)),),
        assigned="Front end",
    )


def leaks(text: str) -> bool:
    return any(form in text for form in (KEY, KEY.encode("utf-16-le").hex(), KEY.encode("utf-16-le").hex().upper()))


def texts_of(store: Store) -> str:
    return (
        repr(store)
        + "".join(store.findings)
        + "".join(each.reason for each in (*store.opaque, *store.unmanaged.values()))
    )


def read_anything(keys: Keys) -> str:
    """Return every word that reading and judging these keys gives, or the words of the refusal."""
    try:
        store = read_store(keys)
        return f"{texts_of(store)}{in_force(store)!r}"
    except StoreError as error:
        return str(error)
    except IpsecError as error:
        return f"{texts_of(store)}{error}"


@FORMS
def test_no_text_shows_a_key(form: Form) -> None:
    image = image_of(example(), form)
    store = read_store(image.as_keys())
    (policy,) = store.policies
    assert policy.rules[0].authentication == (PresharedKey(Secret(KEY)),)
    assert not leaks(texts_of(store))
    assert not leaks(repr(image.as_keys()) + repr(list(image.as_keys().values())))


@FORMS
@pytest.mark.parametrize("part", ["ipsecPolicy{", "ipsecISAKMPPolicy", "ipsecNFA", "ipsecFilter", "ipsecNegotiation"])
def test_every_truncation_is_refused_or_reported(form: Form, part: str) -> None:
    whole = image_of(example(), form).key(part)["ipsecData"][1]
    assert isinstance(whole, bytes)
    sound = read_store(image_of(example(), form).as_keys())
    for size in range(len(whole)):
        image = image_of(example(), form)
        image.key(part)["ipsecData"] = ("REG_BINARY", whole[:size])
        store = read_store(image.as_keys())
        assert store.opaque or store.findings, size
        assert store != sound
        assert not leaks(texts_of(store))


@FORMS
def test_flipped_bytes_never_raise_anything_else(form: Form) -> None:
    chance = random.Random(20031)
    parts = ["ipsecPolicy{", "ipsecISAKMPPolicy", "ipsecNFA", "ipsecFilter", "ipsecNegotiation"]
    for _round in range(600):
        image = image_of(example(), form)
        values = image.key(chance.choice(parts))
        raw = bytearray(values["ipsecData"][1])  # type: ignore[arg-type]
        for _flip in range(chance.randint(1, 3)):
            raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        values["ipsecData"] = ("REG_BINARY", bytes(raw))
        # The flip may be in the key itself; what is shown never holds the rest of it.
        assert not leaks(read_anything(image.as_keys()))


@given(noise=st.binary(max_size=400), part=st.sampled_from(["ipsecPolicy{", "ipsecISAKMP", "ipsecNFA", "ipsecFilter"]))
def test_noise_behind_a_class_never_raises_anything_else(noise: bytes, part: str) -> None:
    image = image_of(example(), VISTA)
    values = image.key(part)
    values["ipsecData"] = ("REG_BINARY", values["ipsecData"][1][:16] + noise)  # type: ignore[operator, index]
    store = read_store(image.as_keys())
    assert isinstance(store, Store)


@given(text=st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (parse_query, parse_export):
        try:
            read(text)
        except StoreError:
            continue


@given(data=st.data())
def test_damaged_query_text_is_read_or_refused(data: st.DataObject) -> None:
    text = wiretext.query(image_of(example(), VISTA))
    start = data.draw(st.integers(0, len(text)))
    size = data.draw(st.integers(0, 200))
    damaged = text[:start] + data.draw(st.text(max_size=10)) + text[start + size :]
    try:
        words = texts_of(read_store(parse_query(damaged)))
    except StoreError as error:
        words = str(error)
    assert not leaks(words)


def test_an_empty_image_has_a_root_and_nothing_else() -> None:
    assert read_store(Image({ROOT: {}}).as_keys()) == Store()
