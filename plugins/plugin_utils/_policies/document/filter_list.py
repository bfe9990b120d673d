# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters and filter lists as user data. [ledger: netsh-server-roles, netsh-address-name]"""

from __future__ import annotations

from functools import lru_cache

from ....module_utils import _argspec
from ..._common.errors import IpsecError
from ..._common.fields import Fields
from ..._common.packets import (
    Address,
    Place,
    ServerRole,
    address_order,
    family,
    format_address,
    format_port,
    format_protocol,
    has_ports,
    parse_address,
    parse_port,
    parse_protocol,
)
from ..model import FILTER_LIST, Filter, FilterList
from .trouble import STRICT, Noted, Notes

FILTER_OPTIONS = tuple(_argspec.FILTER)
FILTER_LIST_OPTIONS = tuple(_argspec.FILTER_LIST)


# The same addresses come again, in filters and each time that a document is read.
@lru_cache(maxsize=65536)
def _cached_address(text: str) -> Address:
    return parse_address(text, "")


def _one(fields: Fields, key: str, default: str) -> str:
    """Return what stands on one side of a filter; a list there is a wish for several filters."""
    what = "port" if key.endswith("_port") else "protocol" if key == "protocol" else "address, network or range"
    remedy = "For several write several filters; the filter plugins filters_to and filters_from make them of lists."
    return fields.text(key, default, f"one {what}", remedy)


def _address(fields: Fields, key: str, default: Place) -> Address:
    text = _one(fields, key, default)
    try:
        return _cached_address(text)
    except IpsecError as error:
        raise IpsecError(fields.at(key), error.value, error.expected, error.remedy) from None


def read_filter(data: object, path: str, notes: Notes = STRICT) -> Filter:
    """Return the filter that ``data`` describes; from Me to Any, any protocol, mirrored, where it says nothing."""
    fields = Fields(data, path, FILTER_OPTIONS)
    found = Filter(
        source=_address(fields, "source", Place.ME),
        destination=_address(fields, "destination", Place.ANY),
        protocol=parse_protocol(_one(fields, "protocol", "any"), fields.at("protocol")),
        source_port=parse_port(_one(fields, "source_port", "any"), fields.at("source_port")),
        destination_port=parse_port(_one(fields, "destination_port", "any"), fields.at("destination_port")),
        mirrored=fields.flag("mirrored", True),
        description=fields.text("description", ""),
    )
    for key, port in (("source_port", found.source_port), ("destination_port", found.destination_port)):
        if port and not has_ports(found.protocol):
            shown = format_protocol(found.protocol)
            remedy = "Say protocol: tcp or udp, or leave the port out. AH and ESP are protocols 51 and 50, not ports."
            raise IpsecError(fields.at(key), port, f"no port with protocol {shown}", remedy)
    _check_sides(found, fields, notes)
    return found


def _check_sides(found: Filter, fields: Fields, notes: Notes) -> None:
    sides = (("source", found.source, found.destination), ("destination", found.destination, found.source))
    for key, side, other in sides:
        if isinstance(side, ServerRole) and other is not Place.ME:
            opposite = "destination" if key == "source" else "source"
            expected = f"me as the {opposite} of a filter with a server role"
            raise IpsecError(fields.at(key), side.value, expected, f"Write {opposite}: me.")
    families = (family(found.source), family(found.destination))
    if None not in families and families[0] != families[1]:
        expected = f"an IPv{families[0]} address like the source"
        shown = format_address(found.destination)
        raise IpsecError(fields.at("destination"), shown, expected, "Write one filter for each address family.")
    if found.source is Place.ME and found.destination is Place.ME:
        expected = "another host than the source"
        notes.add(IpsecError(fields.at("destination"), "me", expected, "Correct one of the sides."))


def write_filter(found: Filter) -> dict[str, object]:
    """Return the filter as user data with every option."""
    return {
        "source": format_address(found.source),
        "destination": format_address(found.destination),
        "protocol": format_protocol(found.protocol),
        "source_port": format_port(found.source_port),
        "destination_port": format_port(found.destination_port),
        "mirrored": found.mirrored,
        "description": found.description,
    }


def read_filter_list(data: object, path: str, noted: Noted | None = None) -> FilterList:
    """Return the filter list that ``data`` describes; equal filters are kept once.

    What netsh cannot be told is refused or noted, see :mod:`.trouble`.
    """
    fields = Fields(data, path, FILTER_LIST_OPTIONS)
    fields.require("name", "the name of the filter list")
    notes = Notes(fields, noted or Noted())
    filters = dict.fromkeys(read_filter(item, where, notes) for where, item in fields.items("filters"))
    found = FilterList(
        name=notes.name(fields, "name"),
        description=fields.text("description", ""),
        filters=tuple(filters),
    )
    notes.close(FILTER_LIST, found.name)
    return found


def write_filter_list(found: FilterList) -> dict[str, object]:
    """Return the filter list as user data with every option; filters are sorted, since their order means nothing."""
    return {
        "name": found.name,
        "description": found.description,
        "filters": [write_filter(item) for item in sorted(found.filters, key=_order)],
    }


def _order(found: Filter) -> tuple[object, ...]:
    """Return what decides the place of a filter: everything that it says, so that equal sets look the same."""
    ends = (address_order(found.source), address_order(found.destination))
    return *ends, found.protocol, found.source_port, found.destination_port, found.mirrored, found.description
