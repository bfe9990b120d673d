# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""WS-Management fault numbers, and the error that carries one to the client (MS-WSMV 2.2.4, DSP0226).

[ledger: winrm-faults-numbers]
"""

from __future__ import annotations

from enum import IntEnum


class FaultCode(IntEnum):
    """Numbers of the attribute Code in a WSManFault."""

    TIMED_OUT = 2150858793
    INVALID_SHELL = 2150858843
    ENVELOPE_TOO_LARGE = 2150858880
    QUOTA = 2150859174
    NOT_SUPPORTED = 2150858778
    BAD_REQUEST = 2150858817


_SUBCODES = {
    FaultCode.TIMED_OUT: "w:TimedOut",
    FaultCode.INVALID_SHELL: "w:InvalidSelectors",
    FaultCode.ENVELOPE_TOO_LARGE: "w:EncodingLimit",
    FaultCode.QUOTA: "w:QuotaLimit",
    FaultCode.NOT_SUPPORTED: "a:ActionNotSupported",
    FaultCode.BAD_REQUEST: "w:SchemaValidationError",
}
_REASONS = {
    FaultCode.TIMED_OUT: "The WS-Management service cannot complete the operation within the time specified.",
    FaultCode.INVALID_SHELL: (
        "The WS-Management service cannot process the request because the request contained invalid selectors for the"
        " resource."
    ),
    FaultCode.ENVELOPE_TOO_LARGE: (
        "The WS-Management service cannot process the request because the envelope is larger than the maximum size."
    ),
    FaultCode.QUOTA: (
        "The WS-Management service cannot process the request. The maximum number of concurrent shells or operations"
        " for this user has been exceeded."
    ),
    FaultCode.NOT_SUPPORTED: "The action is not supported by the service.",
    FaultCode.BAD_REQUEST: "The XML contents of the request are not valid.",
}


class WsmanError(Exception):
    """A request that ends in a SOAP fault. Numbers outside FaultCode are allowed, for planted faults."""

    def __init__(self, code: int, reason: str = "") -> None:
        known = next((each for each in FaultCode if each == code), None)
        self.code = int(code)
        self.subcode = _SUBCODES[known] if known else "w:InternalError"
        self.reason = reason or (_REASONS[known] if known else f"The WS-Management service failed with {code}.")
        super().__init__(self.reason)
