# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy store: from registry keys or directory entries to the model."""

from __future__ import annotations

from .read import LOCAL_STORE, read_directory, read_objects, read_store

__all__ = ["LOCAL_STORE", "read_directory", "read_objects", "read_store"]
