# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The binary values of all five classes: any bytes are read or refused, and what was read is written as the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wounds import binaries, bounded

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import IpsecError, StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_action import (
    decode_filter_action,
    encode_filter_action,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_list import (
    decode_filter_list,
    encode_filter_list,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.form import LEGACY, VISTA
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.main_mode import (
    decode_main_mode,
    encode_main_mode,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.policy import decode_policy, encode_policy
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.rule import decode_rule, encode_rule
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.store import read_store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._windows.registry.keys import Keys, Value
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.damage import STORE, image
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.wire import image_of

pytestmark = pytest.mark.slow

CLASSES = {
    "ipsecPolicy{": (decode_policy, encode_policy),
    "ipsecISAKMPPolicy{": (decode_main_mode, encode_main_mode),
    "ipsecNFA{": (decode_rule, encode_rule),
    "ipsecFilter{": (decode_filter_list, encode_filter_list),
    "ipsecNegotiationPolicy{": (decode_filter_action, encode_filter_action),
}


def blobs(part: str) -> list[bytes]:
    """Return the sound values of one class, as hosts before and from Vista on write them."""
    found = []
    for form in (LEGACY, VISTA):
        for path, values in image_of(STORE, form).keys.items():
            if part in path:
                found.append(values["ipsecData"][1])
    assert found
    return found  # type: ignore[return-value]


ALL = [data for part in CLASSES for data in blobs(part)]


@pytest.mark.parametrize("part", CLASSES, ids=lambda part: part.rstrip("{"))
@given(data=st.data())
def test_values_are_read_or_refused(part: str, data: st.DataObject) -> None:
    decode: Callable[[bytes, str], Any] = CLASSES[part][0]
    encode: Callable[..., bytes] = CLASSES[part][1]
    raw = data.draw(st.one_of(binaries(blobs(part)), binaries(ALL)))
    with bounded():
        try:
            found = decode(raw, "x")
        except StoreError as error:
            assert error.path.startswith("x: ")
            return
        for form in (LEGACY, VISTA):
            try:
                written = encode(found, form)
            except IpsecError:
                continue  # a form that has no place for it
            assert encode(decode(written, "x"), form) == written


@given(wounded=binaries(ALL), part=st.sampled_from(list(CLASSES)))
def test_stores_with_such_values_are_read(wounded: bytes, part: str) -> None:
    found = image()
    next(values for path, values in found.keys.items() if part in path)["ipsecData"] = ("REG_BINARY", wounded)
    with bounded():
        store = read_store(found.as_keys())
    assert all(each.reason for each in (*store.opaque, *store.unmanaged.values()))


@given(st.data())
def test_stores_with_values_of_any_type_are_read(data: st.DataObject) -> None:
    keys = {
        path: {name: Value(kind, held) for name, (kind, held) in values.items()}
        for path, values in image().keys.items()
    }
    odd = st.one_of(
        st.text(max_size=20),
        st.binary(max_size=20),
        st.integers(0, 2**64 - 1),
        st.lists(st.text(max_size=9)).map(tuple),
    )
    for _wound in range(data.draw(st.integers(1, 4))):
        values = keys[data.draw(st.sampled_from(sorted(keys)))]
        if values:
            name = data.draw(st.sampled_from(sorted(values)))
            values[name] = Value(values[name].type, data.draw(odd))
    with bounded():
        store = read_store(Keys(keys))
    assert all(each.reason for each in (*store.opaque, *store.unmanaged.values()))
