# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A registry that somebody saved: an export, the text of reg query, or Registry.pol, told apart by how they begin."""

from __future__ import annotations

from ..._common.code_pages import decoded
from ..._common.errors import StoreError
from ..._common.said import REPLACEMENT
from .export import HEADERS
from .keys import Keys
from .preg import SIGNATURE, parse_policy_file
from .query import is_query, parse_export, parse_query

_LONGEST_HEAD = 4096


def parse_saved(content: bytes | str, path: str) -> Keys:
    """Return the keys of a file, or of a text; ``path`` is the option that has it.

    Raises StoreError for what is none of the three, and with a line or an offset for one that is damaged.
    """
    if isinstance(content, bytes) and content.startswith(SIGNATURE):
        return parse_policy_file(content).readable()
    text = decoded(content) if isinstance(content, bytes) else content
    head = text.lstrip("\ufeff")[:_LONGEST_HEAD]
    if head.startswith(HEADERS):
        return parse_export(content).readable()
    if is_query(head):
        # Printed in the code page of a console, of which a file says nothing.
        lost = REPLACEMENT in text
        finding = "The text has characters beyond ASCII in a code page that is not known; they are shown as U+FFFD."
        return parse_query(text).readable(*([finding] if lost else []))
    expected = "an export of the registry (.reg), what reg query printed, or a file Registry.pol"
    binary = isinstance(content, str) and content.startswith(SIGNATURE.decode("ascii"))
    remedy = "That file is binary: name it with src." if binary else "Give the whole file, from its first line on."
    raise StoreError(path, "something else" if content.strip() else "empty", expected, remedy)
