"""Sets of members: what is stored is what was put in, and a member in two sets is one."""

from __future__ import annotations

import random

import pytest

from app.modules.analytics.services.payers import STRETCH, count, members, packed, unite, unpacked


@pytest.mark.parametrize("ids", [
    [], [0], [1], [STRETCH - 1, STRETCH, STRETCH + 1], [2**31 - 1], [5, 5, 5], list(range(0, 3 * STRETCH, 7)),
])
def test_a_set_survives_storing(ids: list[int]) -> None:
    found = unpacked(packed(members(ids)))
    assert found == members(ids)
    assert count(found) == len(set(ids))


def test_united_sets_count_everyone_once() -> None:
    chance = random.Random(3)
    one, two = ({chance.randrange(200_000) for _number in range(5_000)} for _set in range(2))
    together = members(one)
    unite(together, members(two))
    assert count(together) == len(one | two)
    assert together == members(one | two)


def test_a_day_of_a_large_shop_takes_little_room() -> None:
    chance = random.Random(3)
    assert len(packed(members(chance.randrange(1_000_000) for _number in range(3_000)))) < 12_000
