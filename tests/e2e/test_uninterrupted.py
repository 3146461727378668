"""Connections that were opened before all other tests, and stayed open for ten minutes. This file is the last one: it waits for
what is left of them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.e2e.conftest import World
from tests.e2e.listening import COUNT, MINUTES

SLACK = 150
"""Seconds until the gateway answered, and by which a busy machine may be slower than half a second for each number."""
LATEST = 10
"""Seconds that a number may be late, on a machine that makes images meanwhile."""


@pytest.mark.parametrize("by", ["stream", "websocket"])
def test_a_connection_stays_open_for_ten_minutes(world: World, by: str) -> None:
    """Every number came once, in order and in time, while systems came and went and the API server was away."""
    assert world.listening.ended(by, SLACK) == "whole"
    heard = [each for each in world.listening.events(by) if "number" in each]
    assert [each["number"] for each in heard] == list(range(COUNT))
    assert heard[-1]["at"] - heard[0]["at"] > MINUTES * 60 - 1
    silences = [after["at"] - before["at"] for before, after in pairwise(heard)]
    late = max(max(silences), *(each["at"] - each.get("said", each["at"]) for each in heard))
    assert late < LATEST, f"{late:.1f} s"
    print(
        f"\n{by}: {len(heard):,} numbers in {heard[-1]['at'] - heard[0]['at']:.0f} s, none more than {late:.1f} s late"
    )
