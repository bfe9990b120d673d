# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The YAML blocks of the guides and READMEs."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

import yaml


class Loader(yaml.SafeLoader):
    """YAML as Ansible reads it; a vaulted text becomes a template, because nobody here can open it."""


Loader.add_constructor("!vault", lambda loader, node: "{{ vaulted }}")


def rst_blocks(text: str) -> Iterator[str]:
    """Yield the YAML blocks of a guide."""
    for match in re.finditer(r"^( *)\.\. code-block:: yaml(?:\+jinja)?\n((?:\1 +\S.*\n|\s*\n)+)", text, re.MULTILINE):
        yield textwrap.dedent(match[2])


def markdown_blocks(text: str) -> Iterator[str]:
    """Yield the YAML blocks of a README."""
    for match in re.finditer(r"^```ya?ml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield match[1]
