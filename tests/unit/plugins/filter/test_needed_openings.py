# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What firewalls must let through: AH only where a policy in force offers it."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.winsec.ipsec.plugins.filter.needed_openings import needed_openings

ESP = {"esp_encryption": "3des", "esp_integrity": "sha1"}
AH = {"ah_integrity": "sha1"}
ALWAYS = ["ike", "nat_traversal"]


def document(*methods, action="negotiate", assigned="P", enabled=True):
    return {
        "filter_lists": [{"name": "L", "filters": [{"source": "me", "destination": "10.0.1.20"}]}],
        "filter_actions": [{"name": "A", "action": action, "security_methods": list(methods)}],
        "policies": [
            {"name": "P", "rules": [{"name": "R", "filter_list": "L", "filter_action": "A", "enabled": enabled}]}
        ],
        "assigned": assigned,
    }


@pytest.mark.parametrize(
    ("documents", "more"),
    [
        ([], []),
        ([document(ESP)], ["esp"]),
        ([document(AH)], ["ah"]),
        ([document({**ESP, **AH})], ["esp", "ah"]),
        ([document(ESP), document(AH)], ["esp", "ah"]),
        ([document({"esp_encryption": "none", "esp_integrity": "sha1"})], ["esp"]),
        ([document(AH, assigned="")], []),
        ([document(AH, enabled=False)], []),
        ([document(action="block")], []),
    ],
)
def test_only_what_is_in_force_counts(documents, more):
    assert needed_openings(documents) == ALWAYS + more


@pytest.mark.parametrize("wrong", [document(ESP), "text", [{"assigned": "nobody"}], [{"polices": []}]], ids=repr)
def test_anything_else_is_refused(wrong):
    with pytest.raises(AnsibleFilterError, match="expected"):
        needed_openings(wrong)
