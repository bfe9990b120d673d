# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Short ways that the reader of filters takes for nearly all of them, against the long way that reads any."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._common.errors import StoreError
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.cursor import Cursor
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.filter_list import (
    FilterListData,
    FilterSpec,
    decode_filter_list,
    encode_filter_list,
)
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.form import LEGACY, VISTA
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.store import filters
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.store.express import Inexpressible, Oddities

NUMBERS = st.integers(0, 0xFFFFFFFF)
PORTS = st.sampled_from([0, 0, 443, 65535])
TEXTS = st.sampled_from(["", "", "", "Web", "a\u202eb"])
# Any address, the host itself, a host, a network, the same with bits beyond its mask, a mask that is none.
SIDES = st.sampled_from(
    [
        *((0, 0), (0, 0), (0, 0xFFFFFFFF), (0, 0xFFFFFFFF), (0x0A000114, 0xFFFFFFFF), (0x0A000100, 0xFFFFFF00)),
        *((0x0A000114, 0xFFFFFF00), (0x0A000114, 0), (0x0A000114, 0xFF00FF00)),
    ]
) | st.tuples(NUMBERS, st.just(0xFFFFFFFF))


@st.composite
def specs(draw: st.DrawFn) -> FilterSpec:
    """Records as hosts write them, most of them with nothing odd, some with one odd field."""
    fields: dict[str, Any] = {
        "mirrored": draw(st.integers(0, 1)),
        "protocol": draw(st.sampled_from([6, 17, 6, 17, 0, 51, 255])),
        "source_port": draw(PORTS),
        "destination_port": draw(PORTS),
        "tunnel": draw(NUMBERS),
        "description": draw(TEXTS),
    }
    fields["source"], fields["source_mask"] = draw(SIDES)
    fields["destination"], fields["destination_mask"] = draw(SIDES)
    odd: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
        [
            *({"mirrored": 2}, {"protocol": 256}, {"is_tunnel": 1}, {"options": 1}, {"special": 2}, {"special": 0x81}),
            *({"special": 9}, {"source_name": "x"}, {"destination_name": "x"}),
        ]
    )
    return FilterSpec(draw(st.binary(min_size=16, max_size=16)), **(fields | draw(st.just(fields) | odd)))


@given(spec=specs())
def test_the_short_way_to_a_filter_leads_where_the_long_one_does(spec: FilterSpec) -> None:
    short, oddities = filters._plain_filter(spec), Oddities()
    try:
        long = filters._block_filter(spec, 1, oddities)
    except Inexpressible:
        assert short is None
        return
    event("short" if short else "long")
    assert short == (None if oddities or spec.special else long)


def read(data: bytes, *, short: bool) -> FilterListData | str:
    """Return the list in the bytes, or why there is none; by the long way only unless ``short``."""
    with pytest.MonkeyPatch.context() as patch:
        if not short:
            patch.setattr(Cursor, "run", lambda *_arguments: b"")
        try:
            return decode_filter_list(data, "f")
        except StoreError as error:
            return str(error)


@given(found=st.lists(specs(), max_size=6), legacy=st.booleans(), data=st.data())
def test_records_without_texts_are_read_alike_in_one_go(
    found: list[FilterSpec], legacy: bool, data: st.DataObject
) -> None:
    whole = encode_filter_list(FilterListData(specs=tuple(found)), LEGACY if legacy else VISTA)
    assert read(whole, short=True) == FilterListData(specs=tuple(found))
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    assert read(cut, short=True) == read(cut, short=False)
