"""Whether a slot's figures are beyond what is allowed, or only seem so by chance.

Each kind of breach is a sequential test (CUSUM): from sample to sample it adds the logarithm of how much likelier the
figures are beyond the threshold than at the objective, and starts again at 0 whenever that is negative. A slot that just
meets its objectives exceeds a score of ln(ODDS) within T samples with a probability of at most T / ODDS (Doob's
inequality for the Shiryaev-Roberts sum, which is never below the test's). So there is no minimum of requests for a
verdict: five failures in five requests are enough, and one in five says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from slipway.release.objects import Analysis
from slipway.release.observed import Sample
from slipway.release.status import Breaches, Excess

ODDS = 1e8
"""Chosen: five tests on the 11,700 samples of a release with a watch of two days roll back a slot that just meets all of
its objectives with a probability below 0.06 %."""
CONVICTION = math.log(ODDS)
"""Score of a breach."""
ORDINARY_SAMPLES = 3
"""Samples that an ordinary breach needs, and a critical one does not. Source: the figures of the design of releases."""
CRITICAL_FACTOR = 5
"""Multiple of the objective that is a critical share of errors by default. Source: the same."""
RESOLUTION = 3.5
"""Standard errors. Chosen: the smallest difference that three samples can tell, as 3 × 3.5² / 2 = 18.4 = ln(ODDS)."""
LARGEST_FACTOR = 2
"""Multiple of the objective that the test for errors looks for, where requests are too few to tell a smaller one."""
SLOWEST_FACTOR = 1.5
"""The same of response times. Chosen: their spread is smaller than that of rare errors."""
OUTAGE = 0.5
"""Share of errors that the test for outages looks for. Chosen: a few requests, most of which fail, are enough."""
SPREAD = 2.2
"""Standard error of the logarithm of a 95th percentile, times the square root of requests. Source: √(0.05 × 0.95) / 0.103
= 2.1 for times that are log-normal with σ = 1, which is wide for a service; a little more as histograms are coarse."""
LOWEST_OBJECTIVE = 1e-5
"""Share of errors. Chosen: an objective of zero is judged as one error in 100,000 requests."""
HIGHEST_OBJECTIVE = 0.95
"""Share of errors. Chosen: above it, nothing could be worse."""
FRESH_INTERVALS = 3
"""Intervals after which a sample is old. Chosen: two may be lost without holding a step."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a look at the figures found; sentences with figure and threshold."""

    critical: str | None = None
    """A breach that ends the release at once, in the watch too."""
    ordinary: str | None = None
    """A breach that ends the release."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one kind of breach adds in one sample."""

    ratio: float
    """Logarithm of how much likelier the figures are beyond the threshold."""
    shown: str
    """The figure and its threshold, once it is a breach; `{share}`, `{errors}`, `{requests}` and `{samples}` are of all
    samples of the excess."""
    critical_share: float | None = None
    """Present if one sample is enough, for a share of errors of at least this."""


def is_counted(sample: Sample, breaches: Breaches, interval: int, now: datetime) -> bool:
    """Return whether a sample is new, of now, and made of numbers."""
    age = (now - sample.at).total_seconds()
    known = breaches.last_sample
    numbers = math.isfinite(sample.requests) and sample.requests >= 0 and math.isfinite(sample.errors)
    return numbers and -interval <= age <= FRESH_INTERVALS * interval and (known is None or sample.at > known)


def is_fresh(breaches: Breaches, interval: int, now: datetime) -> bool:
    """Return whether figures are known of now."""
    last = breaches.last_sample
    return last is not None and now - last <= timedelta(seconds=FRESH_INTERVALS * interval)


def count(
    analysis: Analysis,
    interval: int,
    breaches: Breaches,
    sample: Sample,
    active: Sample | None,
    in_force: datetime | None,
) -> tuple[Breaches, Verdict]:
    """Return what is counted with a new sample, and the verdict: the active slot's sample of the same time, if any, is
    compared with it. The time it covers counts from `in_force` on; two intervals at most, so that silence covers nothing.
    """
    sample = replace(sample, errors=min(max(sample.errors, 0.0), sample.requests))
    tests = _tests(analysis, sample, active)
    excesses = {kind: _add(breaches.excesses.get(kind, Excess()), test, sample) for kind, test in tests.items()}
    kept = {kind: excess for kind, excess in breaches.excesses.items() if kind not in tests}
    counted = breaches.model_copy(
        update={
            "ordinary": breaches.ordinary + 1 if _is_beyond(analysis, sample) else 0,
            "requests": breaches.requests + sample.requests,
            "errors": breaches.errors + sample.errors,
            "p95_seconds": max(
                (each for each in (breaches.p95_seconds, _time(sample)) if each is not None), default=None
            ),
            "covered_seconds": breaches.covered_seconds + _covered(breaches, sample, interval, in_force),
            "last_sample": sample.at,
            "excesses": kept | {kind: excess for kind, excess in excesses.items() if excess.score > 0},
        }
    )
    return counted, _verdict(tests, excesses)


def figures(analysis: Analysis, counted: Breaches) -> str:
    """Return what was counted, and what is allowed."""
    found = f"{counted.requests:,.0f} requests"
    if not counted.requests:
        return found
    found += f", of which {counted.errors / counted.requests * 100:.3g} % failed (at most {analysis.error_percent:g} %)"
    if counted.p95_seconds is None:
        return found
    return f"{found}; the slowest 95th percentile was {counted.p95_seconds:.3g} s (at most {analysis.p95_seconds:g} s)"


def _verdict(tests: Mapping[str, Trial], excesses: Mapping[str, Excess]) -> Verdict:
    critical, ordinary = None, None
    for kind, test in tests.items():
        excess = excesses[kind]
        if excess.score < CONVICTION:
            continue
        if test.critical_share is None:
            if excess.samples >= ORDINARY_SAMPLES:
                ordinary = ordinary or _sentence(test, excess)
        elif excess.errors >= test.critical_share * excess.requests:
            critical = critical or _sentence(test, excess)
    return Verdict(critical=critical, ordinary=ordinary)


def _tests(analysis: Analysis, sample: Sample, active: Sample | None) -> dict[str, Trial]:
    if sample.requests <= 0:
        return {}
    return _error_tests(analysis, sample) | _latency_tests(analysis, sample, active)


def _error_tests(analysis: Analysis, sample: Sample) -> dict[str, Trial]:
    """The share of errors against the objective, and against the share that is critical."""
    objective = _objective(analysis)
    critical = critical_share(analysis)
    found = "{share} of {requests} requests failed in {samples}; "
    at_once = f"{found}a rollback follows at {_percent(critical)}"
    return {
        "errors": Trial(
            ratio=_error_ratio(sample, objective, _told_apart(objective, sample.requests)),
            shown=f"{found}the objective is {analysis.error_percent:g} %",
        ),
        "critical": Trial(
            ratio=_error_ratio(sample, objective if critical > objective else critical / 2, critical),
            shown=at_once,
            critical_share=critical,
        ),
        "outage": Trial(
            ratio=_error_ratio(sample, objective, max(OUTAGE, (1 + objective) / 2)),
            shown=at_once,
            critical_share=critical,
        ),
    }


def _latency_tests(analysis: Analysis, sample: Sample, active: Sample | None) -> dict[str, Trial]:
    """The 95th percentile against the objective, and against that of the active slot."""
    p95 = _time(sample)
    if p95 is None:
        return {}
    figure = f"the 95th percentile of the response time was {p95:.3g} s in the last of {{samples}}; "
    error = SPREAD / math.sqrt(sample.requests)
    tests = {
        "latency": Trial(
            ratio=_time_ratio(p95 / analysis.p95_seconds, error),
            shown=f"{figure}the objective is {analysis.p95_seconds:g} s",
        )
    }
    before = _time(active) if active is not None and analysis.regression_percent is not None else None
    if before is not None and active is not None and analysis.regression_percent is not None:
        allowed = before * (1 + analysis.regression_percent / 100)
        tests["regression"] = Trial(
            ratio=_time_ratio(p95 / allowed, math.hypot(error, SPREAD / math.sqrt(active.requests))),
            shown=f"{figure}that of the active slot {before:.3g} s, and {analysis.regression_percent:g} % more is allowed",
        )
    return tests


def critical_share(analysis: Analysis) -> float:
    """Return the share of errors that is a critical breach."""
    if analysis.rollback_error_percent is not None:
        return min(max(analysis.rollback_error_percent / 100, LOWEST_OBJECTIVE), 1.0)
    return min(CRITICAL_FACTOR * _objective(analysis), 1.0)


def _objective(analysis: Analysis) -> float:
    return min(max(analysis.error_percent / 100, LOWEST_OBJECTIVE), HIGHEST_OBJECTIVE)


def _told_apart(objective: float, requests: float) -> float:
    """The smallest share above the objective that three samples of so many requests can tell from it."""
    factor = min(1 + RESOLUTION / math.sqrt(objective * requests), LARGEST_FACTOR)
    return min(objective * factor, (1 + objective) / 2)


def _error_ratio(sample: Sample, objective: float, alternative: float) -> float:
    """The log-likelihood ratio of independent requests."""
    if alternative <= objective:
        return 0.0
    well = sample.requests - sample.errors
    if alternative >= 1:
        alternative = 1 - 1e-9
    return sample.errors * math.log(alternative / objective) + well * math.log((1 - alternative) / (1 - objective))


def _time_ratio(factor: float, error: float) -> float:
    """The log-likelihood ratio of a percentile that is `factor` times the allowed one, by its standard error."""
    shift = min(math.log(SLOWEST_FACTOR) / error, RESOLUTION)
    return shift * math.log(factor) / error - shift * shift / 2


def _add(excess: Excess, test: Trial, sample: Sample) -> Excess:
    score = excess.score + test.ratio
    if score <= 0:
        return Excess()
    return Excess(
        score=round(score, 3),
        samples=excess.samples + 1,
        requests=excess.requests + sample.requests,
        errors=excess.errors + sample.errors,
    )


def _is_beyond(analysis: Analysis, sample: Sample) -> bool:
    p95 = _time(sample)
    slow = p95 is not None and p95 > analysis.p95_seconds
    return slow or sample.errors > analysis.error_percent / 100 * sample.requests


def _covered(breaches: Breaches, sample: Sample, interval: int, in_force: datetime | None) -> float:
    if in_force is None:
        return 0.0
    begin = max(in_force, breaches.last_sample or in_force)
    return min(max((sample.at - begin).total_seconds(), 0.0), 2.0 * interval)


def _time(sample: Sample) -> float | None:
    """The sample's 95th percentile, if it is a time."""
    p95 = sample.p95_seconds
    return p95 if p95 is not None and sample.requests > 0 and math.isfinite(p95) and p95 > 0 else None


def _sentence(test: Trial, excess: Excess) -> str:
    share = excess.errors / excess.requests if excess.requests else 0.0
    samples = "1 sample" if excess.samples == 1 else f"{excess.samples} samples"
    return test.shown.format(share=_percent(share), requests=f"{excess.requests:,.0f}", samples=samples)


def _percent(share: float) -> str:
    return f"{share * 100:.3g} %"
