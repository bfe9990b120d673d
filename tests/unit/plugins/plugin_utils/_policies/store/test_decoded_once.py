# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each stored object is decoded once while a store is read, damaged ones too: counted."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.cursor import Cursor
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.codec.form import LEGACY, VISTA
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.model import Store
from ansible_collections.winsec.ipsec.plugins.plugin_utils._policies.store import read_store
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies import strategies
from ansible_collections.winsec.ipsec.tests.unit.plugins.plugin_utils._policies.wire import ROOT, Image, image_of


def decoded(image: Image) -> Counter[str]:
    """Return how often the data of each object was begun to be read, by its class and identifier."""
    counts: Counter[str] = Counter()
    begin = Cursor.__init__

    def counting(self: Cursor, data: bytes, path: str) -> None:
        counts[path] += 1
        begin(self, data, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cursor, "__init__", counting)
        read_store(image.as_keys())
    return counts


@given(store=strategies.stores(modern=False), legacy=st.booleans(), data=st.data())
def test_each_object_is_decoded_once(store: Store, legacy: bool, data: st.DataObject) -> None:
    image = image_of(store, LEGACY if legacy else VISTA)
    objects = {path: values for path, values in image.keys.items() if path != ROOT}
    for path in data.draw(st.sets(st.sampled_from(sorted(objects)))) if objects else ():
        kind, damaged = objects[path]["ipsecData"]
        assert isinstance(damaged, bytes)
        objects[path]["ipsecData"] = (kind, damaged[:-2])
    assert decoded(image) == {path.rpartition("\\")[2].lower(): 1 for path in objects}
