"""Releases that never were: `python -m benchmarks.releases [--releases 10000] [--seed 1]`.

The core decides on simulated figures of random faults, error rates and traffic; no cluster and no clock is involved.
Printed are the time from a fault's first bad sample to the rollback, rollbacks of candidates that just meet their
objectives, and faults that were promoted. The exit status is 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import NormalDist, quantiles
from typing import Literal

from slipway.release.decide import decide
from slipway.release.objects import Analysis, ReleaseSpec, SlotName
from slipway.release.observed import Observed, Sample, Traffic
from slipway.release.sequential_tests import SPREAD, critical_share
from slipway.release.status import ENDED, Status

Fault = Literal["none", "limit", "critical", "errors", "latency", "regression", "crash", "silence"]
FAULTS: dict[Fault, float] = {
    "none": 0.05,
    "limit": 0.40,
    "critical": 0.15,
    "errors": 0.15,
    "latency": 0.10,
    "regression": 0.05,
    "crash": 0.05,
    "silence": 0.05,
}
"""Share of releases. Chosen: with 4,000 at the limit and no rollback of one, less than 0.1 % are rolled back in truth, with
a confidence of 98 %."""
CRITICAL_GOAL, ORDINARY_GOAL = 30.0, 60.0
"""Seconds from the first bad sample to the decision, for 99 of 100 faults that every sample shows."""
FALSE_GOAL = 0.001
"""Share of candidates that just meet their objectives and are rolled back all the same."""
SHOWN = 5.0
"""Standard errors of a sample by which a fault that each sample shows is beyond what is allowed. Chosen: three samples can
tell 3.5 of them from chance, half of the time."""
START = datetime(2026, 1, 5, tzinfo=UTC)
INTERVAL = 15
"""Seconds, as in `Queries`."""
SIGMA = 0.8
"""Of log-normal response times. Chosen: the 99th percentile is twice the 95th, as of ordinary services."""
NORMAL = NormalDist()
SLOTS: tuple[SlotName, SlotName] = ("blue", "green")


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What happens in one release."""

    fault: Fault
    onset: float
    """Seconds from the candidate's first visitor."""
    rate: float
    """Requests a second of all visitors."""
    objective: float
    """Share of errors."""
    size: float
    """The candidate's share of errors, or its 95th percentile as a multiple of the allowed one."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How it ended."""

    scenario: Scenario
    phase: str
    reason: str | None
    found_after: float | None
    """Seconds from the first bad sample to the decision to roll back."""
    shown: bool
    """Whether every sample shows the fault."""


def scenario(chance: random.Random) -> Scenario:
    """Return a random one: 5 to 2,000 requests a second, an objective of 0.1 to 2 %."""
    faults: list[Fault] = [*FAULTS]
    (fault,) = chance.choices(faults, [FAULTS[each] for each in faults])
    objective = math.exp(chance.uniform(math.log(0.001), math.log(0.02)))
    sizes = {
        "critical": math.exp(chance.uniform(math.log(6 * objective), 0)),
        "errors": objective * chance.uniform(1.5, 5),
        "latency": chance.uniform(1.2, 4),
        "regression": chance.uniform(1.2, 4),
    }
    return Scenario(
        fault=fault,
        onset=chance.choice([0.0, chance.uniform(0, 600)]),
        rate=math.exp(chance.uniform(math.log(5), math.log(2000))),
        objective=objective,
        size=sizes.get(fault, 1.0),
    )


def run(seed: int) -> Outcome:
    """Simulate one release from its first visitor to its end."""
    chance = random.Random(seed)
    case = scenario(chance)
    spec, status, now, began = _spec(case), _status(), START, START + timedelta(seconds=2)
    first_bad: datetime | None = None
    shown = True
    while status.phase not in ENDED:
        now += timedelta(seconds=INTERVAL)
        is_faulty = (now - began).total_seconds() - INTERVAL >= case.onset
        samples: dict[SlotName, Sample] = {slot: _sample(chance, case, slot, status, now, is_faulty) for slot in SLOTS}
        if is_faulty and _is_bad(case, spec.analysis, samples["green"]):
            first_bad = first_bad or now
            shown = shown and _is_shown(case, samples["green"])
        # Prometheus and the look are up to three seconds behind the sample.
        looked = now + timedelta(seconds=chance.uniform(0.2, 3))
        silent = is_faulty and case.fault == "silence"
        crashing: dict[SlotName, str] = {"green": "exit code 1"} if is_faulty and case.fault == "crash" else {}
        seen = Observed(
            promote_asked=True,
            traffic=Traffic(weights=status.weights, closed=status.closed, settled=True),
            ready={"blue": True, "green": True},
            samples=None if silent else samples,
            critical_alerts=(),
            crashing=crashing,
        )
        status = decide(spec, status, seen, looked).status
        if status.phase == "RollingBack":
            found = (looked - first_bad).total_seconds() if first_bad is not None else None
            return Outcome(scenario=case, phase="RolledBack", reason=status.reason, found_after=found, shown=shown)
    return Outcome(scenario=case, phase=status.phase, reason=status.reason, found_after=None, shown=shown)


def outcomes(number: int, seed: int = 1, workers: int = 1) -> list[Outcome]:
    """Simulate so many releases."""
    seeds = range(seed * 1_000_000, seed * 1_000_000 + number)
    if workers == 1:
        return [run(each) for each in seeds]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(run, seeds, chunksize=50))


def report(found: Sequence[Outcome]) -> Iterator[tuple[str, bool]]:
    """Yield lines, each with whether its goal is met."""
    critical = [each for each in found if each.scenario.fault == "critical"]
    ordinary = [each for each in found if each.scenario.fault in ("errors", "latency", "regression")]
    for name, faulty, goal in (("critical", critical, CRITICAL_GOAL), ("ordinary", ordinary, ORDINARY_GOAL)):
        for shown in (True, False):
            times = [each.found_after for each in faulty if each.shown is shown and each.found_after is not None]
            missed = sum(each.phase == "Promoted" for each in faulty if each.shown is shown)
            p50, p99 = _percentiles(times)
            what = "that each sample shows" if shown else "that show over time only"
            line = f"{name} breaches {what}: {len(times):,} found after p50 {p50:.0f} s, p99 {p99:.0f} s; {missed:,} promoted"
            yield (
                (f"{line} (goal: p99 {goal:.0f} s, none promoted)", p99 <= goal and not missed)
                if shown
                else (line, True)
            )
    limit = [each for each in found if each.scenario.fault in ("limit", "none")]
    false = [each for each in limit if each.phase == "RolledBack"]
    bound = 3 / len(limit) if limit and not false else math.nan
    yield (
        f"candidates that just meet their objectives: {len(false)} of {len(limit):,} rolled back"
        f"{f' (95 % sure: below {bound:.2%})' if not false else ''} (goal: below {FALSE_GOAL:.1%})",
        len(false) <= FALSE_GOAL * len(limit),
    )
    for name, fault in (("crash loops", "crash"), ("releases in which Prometheus went silent", "silence")):
        some = [each for each in found if each.scenario.fault == fault]
        promoted = sum(each.phase == "Promoted" for each in some)
        yield f"{name}: {promoted} of {len(some):,} promoted (goal: none)", not promoted


def _spec(case: Scenario) -> ReleaseSpec:
    return ReleaseSpec.model_validate(
        {
            "id": "aaaaaaaa",
            "system": "shop",
            "stack": "prod",
            "owner": "team",
            "target": {"slot": "green", "version": "2"},
            "steps": [{"weight": weight, "holdSeconds": 300} for weight in (10, 50, 100)],
            "analysis": {"errorPercent": case.objective * 100, "p95Seconds": 0.5, "regressionPercent": 20},
            "queries": {"slots": {slot: {"requests": "r", "errors": "e", "p95": "p"} for slot in SLOTS}},
        }
    )


def _status() -> Status:
    """Checked, and about to get its first visitor."""
    return Status(
        id="aaaaaaaa",
        version="2",
        candidate="green",
        phase="Testing",
        active="blue",
        weights={"blue": 100, "green": 0},
        closed=False,
        started=START,
        since=START,
        deadline=START + timedelta(hours=1),
    )


def _sample(
    chance: random.Random, case: Scenario, slot: SlotName, status: Status, at: datetime, is_faulty: bool
) -> Sample:
    """A sample of independent requests, of which as many fail and are as slow as the scenario says."""
    weight = status.weights.get(slot, 0)
    if not weight:
        return Sample(at=at, requests=0, errors=0, p95_seconds=None)
    requests = binomial(chance, round(case.rate * INTERVAL * 2), weight / 200)
    share, p95 = case.objective * 0.3, 0.2
    if case.fault == "limit":
        share, p95 = case.objective, 0.5
    if slot == "green" and is_faulty:
        share = case.size if case.fault in ("critical", "errors") else share
        p95 = 0.5 * case.size if case.fault == "latency" else p95
        p95 = 0.24 * case.size if case.fault == "regression" else p95
    errors = binomial(chance, requests, share)
    return Sample(at=at, requests=requests, errors=errors, p95_seconds=percentile(chance, requests, p95))


def percentile(chance: random.Random, requests: int, p95: float) -> float | None:
    """Return the 95th percentile of so many log-normal times whose true one is `p95`."""
    if not requests:
        return None
    # The order statistic of rank 0.95 × (requests + 1), of which fractions are possible.
    quantile = min(max(chance.betavariate(0.95 * (requests + 1), 0.05 * (requests + 1)), 1e-12), 1 - 1e-12)
    return p95 * math.exp(SIGMA * (NORMAL.inv_cdf(quantile) - NORMAL.inv_cdf(0.95)))


def binomial(chance: random.Random, number: int, share: float) -> int:
    """Return how many of `number` happen, each with the probability `share`."""
    if share > 0.5:
        return number - binomial(chance, number, 1 - share)
    mean = number * share
    if mean > 100:
        return min(max(round(chance.gauss(mean, math.sqrt(mean * (1 - share)))), 0), number)
    if share <= 0:
        return 0
    found, position, gap = 0, 0, math.log1p(-share)
    while True:
        position += int(math.log(1 - chance.random()) / gap) + 1
        if position > number:
            return found
        found += 1


def _is_bad(case: Scenario, analysis: Analysis, sample: Sample) -> bool:
    """Whether the candidate's figures alone are beyond the threshold."""
    share = sample.errors / sample.requests if sample.requests else 0.0
    if case.fault == "critical":
        return share >= critical_share(analysis)
    if case.fault == "errors":
        return share > case.objective
    allowed = {"latency": 0.5, "regression": 0.24}.get(case.fault)
    return allowed is not None and sample.p95_seconds is not None and sample.p95_seconds > allowed


def _is_shown(case: Scenario, sample: Sample) -> bool:
    """Whether the true figure is so far beyond what is allowed that a sample of so many requests shows it."""
    if not sample.requests:
        return False
    if case.fault in ("critical", "errors"):
        error = math.sqrt(case.size * (1 - case.size) / sample.requests)
        return case.size - case.objective >= SHOWN * error
    both = math.sqrt(2) if case.fault == "regression" else 1
    return math.log(case.size) >= SHOWN * both * SPREAD / math.sqrt(sample.requests)


def _percentiles(times: Sequence[float]) -> tuple[float, float]:
    if len(times) < 2:
        return math.nan, math.nan
    cut = quantiles(times, n=100, method="inclusive")
    return cut[49], cut[98]


def main(arguments: Sequence[str]) -> int:
    """Simulate, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    began = time.perf_counter()
    found = outcomes(given.releases, given.seed, workers=os.cpu_count() or 1)
    lines = list(report(found))
    print(f"{len(found):,} releases simulated in {time.perf_counter() - began:.0f} s")
    for line, met in lines:
        print(line if met else f"MISSED {line}")
    return 0 if all(met for _, met in lines) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
