"""Whether figures are beyond what is allowed."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest

from slipway.release import sequential_tests
from slipway.release.objects import Analysis
from slipway.release.observed import Sample
from slipway.release.sequential_tests import Verdict
from slipway.release.status import Breaches
from tests.slipway.release.world import START

INTERVAL = 15
USUAL = Analysis(error_percent=1, p95_seconds=0.5, regression_percent=20)


def sample(number: int, requests: float, errors: float = 0, p95: float | None = None) -> Sample:
    return Sample(at=START + timedelta(seconds=INTERVAL * number), requests=requests, errors=errors, p95_seconds=p95)


def verdicts_of(
    figures: list[tuple[float, float, float | None]],
    active: tuple[float, float] | None = None,
    analysis: Analysis = USUAL,
) -> list[Verdict]:
    """The verdict after each of some samples: requests, errors, p95; of the active slot requests and p95."""
    breaches, verdicts = Breaches(), []
    for number, (requests, errors, p95) in enumerate(figures):
        one = sample(number, requests, errors, p95)
        other = sample(number, active[0], 0, active[1]) if active is not None else None
        breaches, verdict = sequential_tests.count(analysis, INTERVAL, breaches, one, other, START)
        verdicts.append(verdict)
    return verdicts


def first(verdicts: list[Verdict]) -> tuple[str, int] | None:
    """Which breach is found, after how many samples."""
    for number, verdict in enumerate(verdicts, start=1):
        if verdict.critical or verdict.ordinary:
            return ("critical" if verdict.critical else "ordinary"), number
    return None


@pytest.mark.parametrize(
    ("figures", "found"),
    [
        # An outage: few requests are enough, one is not.
        ((5, 5, None), ("critical", 1)),
        ((1, 1, None), ("critical", 5)),
        ((300, 60, None), ("critical", 1)),
        # At the critical threshold, requests decide how soon it is certain.
        ((1000, 50, None), ("critical", 1)),
        ((200, 10, None), ("critical", 3)),
        # Beyond the objective, below the critical share: three samples, however clear it is.
        ((100_000, 4_900, None), ("ordinary", 3)),
        ((100_000, 1_200, None), ("ordinary", 3)),
        ((3_000, 60, None), ("ordinary", 3)),
        # At the objective or better: never.
        ((3_000, 30, None), None),
        ((100_000, 1_000, None), None),
        ((10, 0, None), None),
        ((0, 0, None), None),
        # Times.
        ((3_000, 0, 0.8), ("ordinary", 3)),
        ((300, 0, 1.0), ("ordinary", 3)),
        ((100_000, 0, 0.55), ("ordinary", 3)),
        ((3_000, 0, 0.5), None),
        ((100_000, 0, 0.2), None),
    ],
)
def test_a_steady_figure(figures: tuple[float, float, float | None], found: tuple[str, int] | None) -> None:
    """A critical breach needs one sample that proves it, an ordinary one three; what is allowed is never one."""
    assert first(verdicts_of([figures] * 60)) == found


def test_one_bad_sample_is_forgiven() -> None:
    """Three per cent of one sample, and all is well again."""
    assert first(verdicts_of([(300, 9, 0.9), *[(300, 0, 0.2)] * 20] * 5)) is None


def test_errors_that_few_requests_show_over_time() -> None:
    """Ten requests a sample of which 5 % fail: no sample proves it, forty do."""
    kind, number = first(verdicts_of([(10, 0.5, None)] * 400)) or ("", 0)
    assert kind == "ordinary" or kind == "critical"
    assert 20 < number < 80


@pytest.mark.parametrize(
    ("candidate", "active", "found"),
    [((3_000, 0.30), (30_000, 0.20), 3), ((3_000, 0.24), (30_000, 0.20), None), ((3_000, 0.30), None, None)],
)
def test_slower_than_the_active_slot(
    candidate: tuple[float, float], active: tuple[float, float] | None, found: int | None
) -> None:
    """A regression is one within the objective too; without requests to compare there is none."""
    verdicts = verdicts_of([(candidate[0], 0, candidate[1])] * 60, active)
    assert first(verdicts) == (found and ("ordinary", found))
    assert not sequential_tests.Verdict().ordinary
    if found:
        assert "that of the active slot 0.2 s, and 20 % more is allowed" in (verdicts[2].ordinary or "")


def test_the_declared_threshold_takes_the_place_of_five_times_the_objective() -> None:
    """`rollback.errorPercent` is the critical share."""
    declared = Analysis(error_percent=0.1, p95_seconds=1, rollback_error_percent=2)
    assert sequential_tests.critical_share(declared) == 0.02
    assert first(verdicts_of([(3_000, 45, None)] * 9, analysis=declared)) == ("ordinary", 3)
    verdicts = verdicts_of([(3_000, 75, None)], analysis=declared)
    assert verdicts[0].critical == "2.5 % of 3,000 requests failed in 1 sample; a rollback follows at 2 %"


@pytest.mark.parametrize("percent", [0, 50, 99.9, 100])
@pytest.mark.parametrize("rollback", [None, 0, 0.5, 100])
def test_odd_objectives(percent: float, rollback: float | None) -> None:
    """Every declared objective can be judged by; none is breached without errors."""
    declared = Analysis(error_percent=percent, p95_seconds=1, rollback_error_percent=rollback)
    assert first(verdicts_of([(1_000, 0, 0.1)] * 5, analysis=declared)) is None
    verdicts_of([(1_000, 1_000, 0.1)] * 5, analysis=declared)


@pytest.mark.parametrize(
    "changes",
    [
        {"requests": math.nan},
        {"requests": -1},
        {"requests": math.inf},
        {"errors": math.nan},
        {"at": START - timedelta(seconds=46)},
        {"at": START + timedelta(seconds=16)},
    ],
)
def test_a_garbled_or_old_sample_is_not_counted(changes: dict[str, Any]) -> None:
    """Nor is one that was counted already."""
    usual: dict[str, Any] = {"at": START, "requests": 10, "errors": 0, "p95_seconds": None}
    assert sequential_tests.is_counted(Sample(**usual), Breaches(), INTERVAL, START)
    assert not sequential_tests.is_counted(Sample(**(usual | changes)), Breaches(), INTERVAL, START)
    assert not sequential_tests.is_counted(Sample(**usual), Breaches(last_sample=START), INTERVAL, START)


def test_silence_covers_nothing() -> None:
    """After a gap a sample stands for two intervals at most."""
    breaches, _ = sequential_tests.count(USUAL, INTERVAL, Breaches(), sample(0, 10), None, START)
    assert breaches.covered_seconds == 0
    breaches, _ = sequential_tests.count(USUAL, INTERVAL, breaches, sample(1, 10), None, START)
    assert breaches.covered_seconds == 15
    breaches, _ = sequential_tests.count(USUAL, INTERVAL, breaches, sample(40, 10), None, START)
    assert breaches.covered_seconds == 45
    assert sequential_tests.count(USUAL, INTERVAL, Breaches(), sample(5, 10), None, None)[0].covered_seconds == 0


@pytest.mark.parametrize("p95", [math.nan, math.inf, -1.0, 0.0])
def test_a_percentile_that_is_no_time_is_not_judged(p95: float) -> None:
    """Histograms answer so without requests."""
    assert first(verdicts_of([(1_000, 0, p95)] * 5, (1_000, p95))) is None


def test_the_bound_on_chance() -> None:
    """Five tests on all samples of a release with a watch of two days stay below 0.1 %."""
    samples = (2 * 86_400 + 45 * 60) / INTERVAL
    assert 5 * samples / sequential_tests.ODDS < 0.001
    assert (
        pytest.approx(sequential_tests.CONVICTION, abs=0.1)
        == sequential_tests.ORDINARY_SAMPLES * sequential_tests.RESOLUTION**2 / 2
    )
