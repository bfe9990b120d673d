# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sphinx settings of the documentation site. Everything comes from this checkout: no inventory of other projects."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes

project = "winsec.ipsec"
author = "the winsec.ipsec authors"
copyright = f"2026, {author}"

extensions = ["sphinx_antsibull_ext"]
default_role = "any"
highlight_language = "none"
nitpicky = True

html_theme = "alabaster"
html_title = "winsec.ipsec"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "description": "Declarative IPsec policy for Windows",
    "fixed_sidebar": True,
    "page_width": "1180px",
    "sidebar_width": "260px",
}

# What the pages about plugins refer to in Ansible's own documentation, which is not here.
ANSIBLE = "https://docs.ansible.com/ansible/latest/"
ELSEWHERE = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
    "ANSIBLE_PIPELINING": "reference_appendices/config.html#envvar-ANSIBLE_PIPELINING",
}


def link_to_ansible(_app: Any, _env: Any, node: Any, content: nodes.TextElement) -> nodes.reference | None:
    """Return a link to Ansible's documentation; None where a page refers to something that is nowhere."""
    page = ELSEWHERE.get(node["reftarget"], "")
    if plugin := re.fullmatch(r"ansible_collections\.ansible\.builtin\.(\w+)", node["reftarget"]):
        page = f"collections/ansible/builtin/{plugin[1]}.html"
    if not page:
        return None
    link = nodes.reference("", "", internal=False, refuri=ANSIBLE + page)
    link += content
    return link


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx of the above."""
    app.connect("missing-reference", link_to_ansible)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
