"""Sets of member ids that can be stored, united and counted: how many different people paid in any period.

A set is a number of bits for each stretch of 65,536 ids in which there is a member, so that uniting two days is one
`or`, and a shop with a million members unites a year of months in some milliseconds. Stored, each stretch is its
number in four bytes and its bits in 8,192, all of it compressed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import lru_cache

Members = dict[int, int]

STRETCH = 1 << 16
BYTES = STRETCH // 8


def members(ids: Iterable[int]) -> Members:
    """The set of these ids, none of them negative."""
    bits: dict[int, bytearray] = {}
    for member_id in ids:
        stretch, place = divmod(member_id, STRETCH)
        if stretch not in bits:
            bits[stretch] = bytearray(BYTES)
        bits[stretch][place >> 3] |= 1 << (place & 7)
    return {stretch: int.from_bytes(found, "little") for stretch, found in bits.items()}


def unite(into: Members, other: Members) -> None:
    """Add all members of `other`."""
    for stretch, bits in other.items():
        into[stretch] = into.get(stretch, 0) | bits


def count(of: Members) -> int:
    """How many they are."""
    return sum(bits.bit_count() for bits in of.values())


def packed(of: Members) -> bytes:
    """The set as it is stored."""
    parts = (stretch.to_bytes(4, "little") + bits.to_bytes(BYTES, "little") for stretch, bits in sorted(of.items()))
    return zlib.compress(b"".join(parts), 1)


@lru_cache(maxsize=256)
def unpacked(stored: bytes) -> Members:
    """A stored set, not to be changed: the days of last month are asked for again and again, so they are kept."""
    raw = zlib.decompress(stored)
    size = 4 + BYTES
    return {int.from_bytes(raw[at:at + 4], "little"): int.from_bytes(raw[at + 4:at + size], "little")
            for at in range(0, len(raw), size)}
