# Copyright: (c) 2026, the winsec.ipsec authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs that are nearly right, and the bounds within which they must be dealt with.

Noise alone is refused at the first byte; what reaches the depth of a reader is a sound input with a few wounds.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hypothesis import strategies as st

# Seconds of this process's own time, for inputs of a few hundred kilobytes: far above what a sound reader needs, far
# below what one takes that goes over the input once for each of its parts.
MOST_SECONDS = 5.0
MOST_MEBIBYTES = 512
_NUMBERS = (0, 1, 2, 3, 0x7F, 0xFF, 0x100, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


@contextmanager
def bounded() -> Iterator[None]:
    """Fail when what happens inside takes more time or memory than an input is worth."""
    start, before = time.process_time(), _mebibytes()
    yield
    taken, grown = time.process_time() - start, _mebibytes() - before
    assert taken < MOST_SECONDS, f"{taken:.1f} s"
    assert grown < MOST_MEBIBYTES, f"{grown} MiB"


def _mebibytes() -> int:
    """Return the most memory that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@st.composite
def texts(draw: st.DrawFn, seeds: Sequence[str], tokens: Sequence[str]) -> str:
    """Return one of the seeds with up to six wounds: cuts, copies, repetitions, foreign parts, tokens in odd places."""
    text = draw(st.sampled_from(seeds))
    for _wound in range(draw(st.integers(0, 6))):
        start, size = draw(st.integers(0, len(text))), draw(st.integers(0, 40))
        part, rest = text[start : start + size], text[start + size :]
        match draw(st.integers(0, 4)):
            case 0:
                part = ""
            case 1:
                part *= draw(st.integers(2, 300))
            case 2:
                part += draw(st.sampled_from(tokens)) * draw(st.sampled_from([1, 1, 2, 5000]))
            case 3:
                part = draw(st.text(max_size=12))
            case _:
                other = draw(st.sampled_from(seeds))
                at = draw(st.integers(0, len(other)))
                part += other[at : at + 200]
        text = text[:start] + part + rest
    return text


@st.composite
def binaries(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """Return one of the seeds with up to six wounds: flipped bits, odd numbers, cuts, copies, foreign parts."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _wound in range(draw(st.integers(0, 6))):
        start, size = draw(st.integers(0, len(data))), draw(st.integers(0, 40))
        match draw(st.integers(0, 5)):
            case 0:
                del data[start : start + size]
            case 1 if start < len(data):
                data[start] ^= 1 << draw(st.integers(0, 7))
            case 2:
                data[start : start + 4] = draw(st.sampled_from(_NUMBERS)).to_bytes(4, "little")
            case 3:
                data[start:start] = data[start : start + size] * draw(st.integers(1, 200))
            case 4:
                other = draw(st.sampled_from(seeds))
                at = draw(st.integers(0, len(other)))
                data[start:start] = other[at : at + 60]
            case _:
                data[start:start] = draw(st.binary(max_size=20))
    return bytes(data)
