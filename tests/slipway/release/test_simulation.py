"""A part of `python -m benchmarks.releases`, which simulates ten thousand releases."""

from __future__ import annotations

import random

import pytest

from benchmarks import releases

RELEASES = 250
"""Chosen: a few seconds."""


def test_simulated_releases_meet_the_goals() -> None:
    """Each fault that shows is found in time, nothing that just meets its objectives is rolled back."""
    found = releases.outcomes(RELEASES, seed=7)
    missed = [line for line, met in releases.report(found) if not met]
    assert missed == []
    assert {each.phase for each in found} == {"Promoted", "RolledBack"}
    assert all(each.reason for each in found if each.phase == "RolledBack")


@pytest.mark.parametrize(("number", "share"), [(100, 0.03), (100, 0.8), (100_000, 0.5), (1_000, 0.0), (0, 0.5)])
def test_binomial(number: int, share: float) -> None:
    """Mean and variance are those of the distribution."""
    chance = random.Random(1)
    drawn = [releases.binomial(chance, number, share) for _ in range(2_000)]
    mean, variance = number * share, number * share * (1 - share)
    found = sum(drawn) / len(drawn)
    assert found == pytest.approx(mean, abs=5 * (variance / len(drawn)) ** 0.5)
    assert sum((each - found) ** 2 for each in drawn) / len(drawn) == pytest.approx(variance, rel=0.2)


def test_percentile() -> None:
    """It scatters around the true one, the wider the fewer requests there are."""
    chance = random.Random(1)
    for requests, width in ((100, 0.5), (10_000, 0.05)):
        drawn = sorted(releases.percentile(chance, requests, 0.5) or 0 for _ in range(1_000))
        assert drawn[500] == pytest.approx(0.5, rel=0.07)
        assert drawn[900] - drawn[100] < width
    assert releases.percentile(chance, 0, 0.5) is None
