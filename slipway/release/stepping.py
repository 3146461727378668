"""The candidate gets its visitors step by step, each held until it is proven."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.release import sequential_tests
from slipway.release.analysis import breach
from slipway.release.checking import alarmed, untested
from slipway.release.draft import Draft, clock, duration, whole
from slipway.release.objects import Step
from slipway.release.returning import PEOPLE_TIMEOUT, roll_back
from slipway.release.watching import promote


def begin_steps(draft: Draft) -> None:
    """Give the tested candidate its first visitors, or all of them where visitors cannot be split."""
    if draft.status.closed or draft.is_first or draft.is_in_place:
        promote(draft)
    else:
        begin_step(draft, len(steps(draft)) - 1 if draft.status.skip_holds else 0)


def begin_step(draft: Draft, index: int) -> None:
    """Set the weights of a step."""
    step, active = steps(draft)[index], draft.status.active
    weights = whole(draft.candidate)
    if active is not None and active != draft.candidate:
        weights = {draft.candidate: step.weight, active: 100 - step.weight}
    breaches = draft.status.breaches.model_copy(
        update={"requests": 0.0, "errors": 0.0, "p95_seconds": None, "covered_seconds": 0.0}
    )
    draft.enter(
        "Stepping",
        step.hold_seconds + draft.progress,
        step=index,
        weights=weights,
        closed=False,
        in_force=None,
        breaches=breaches,
    )
    draft.report("Step", f"{_name(draft)}: the candidate gets {step.weight} % of visitors.")
    draft.announce("step", f"/{index}")


def steps(draft: Draft) -> list[Step]:
    """Return the declared steps, whose last one gives the candidate all visitors."""
    declared = draft.spec.steps
    return list(declared) if declared and declared[-1].weight == 100 else [*declared, Step(weight=100, hold_seconds=0)]


def step_on(draft: Draft) -> None:
    """Judge the candidate; hold the step, pass it, or go back."""
    if draft.is_in_force and draft.status.in_force is None:
        draft.set(in_force=draft.now)
    reason = breach(draft)
    if reason is not None:
        roll_back(draft, f"{_name(draft)}: {reason}")
        return
    holding = list(_holding(draft))
    if not holding:
        _pass_step(draft)
    elif draft.is_late:
        roll_back(draft, f"{_name(draft)}: {_silence(draft, holding)}")
    else:
        draft.set(waiting=holding)


def _holding(draft: Draft) -> Iterator[str]:
    """Why the step does not pass yet. A person's word skips the hold, never readiness and traffic in force."""
    status, step = draft.status, steps(draft)[draft.status.step]
    if not draft.is_in_force:
        yield f"{_name(draft)}: gateway and edges confirm the weights."
    if not draft.is_ready(draft.candidate):
        yield f"{_name(draft)}: all Deployments of {draft.candidate} are available."
    if untested(draft):
        yield f"{_name(draft)}: results of checks are missing."
    if status.paused is not None:
        yield f"Paused by {status.paused.by}: `{draft.command('resume')}`."
    if not status.skip_holds:
        yield from _unproven(draft, step)


def _unproven(draft: Draft, step: Step) -> Iterator[str]:
    """What the hold has not shown yet: time in force, covered by samples, and requests."""
    status, interval = draft.status, draft.spec.queries.interval_seconds
    held, counted = draft.elapsed(status.in_force), status.breaches
    if status.in_force is None or held < step.hold_seconds:
        yield f"{_name(draft)} is held for {duration(step.hold_seconds)}, since {clock(status.in_force or draft.now)}."
    yield from alarmed(draft)
    if not draft.spec.queries.slots or not step.weight:
        return
    if not sequential_tests.is_fresh(counted, interval, draft.now):
        yield f"{_name(draft)}: there are no figures of {draft.candidate}: Prometheus has no new sample."
    if counted.covered_seconds < step.hold_seconds - interval:
        covered = f"{duration(counted.covered_seconds)} of {duration(step.hold_seconds)}"
        yield f"{_name(draft)}: samples cover {covered}."
    if counted.requests < draft.spec.analysis.minimum_requests:
        needed = f"{counted.requests:,.0f} of {draft.spec.analysis.minimum_requests:,} requests"
        yield f"{_name(draft)}: {draft.candidate} had {needed}."


def _silence(draft: Draft, holding: list[str]) -> str:
    if draft.status.paused is not None:
        return f"it was paused for {duration(PEOPLE_TIMEOUT)}."
    prefix = f"{_name(draft)}: "
    missing = "; ".join(each.removeprefix(prefix).rstrip(".") for each in holding)
    return f"it did not pass in {duration(draft.elapsed(draft.status.since))}, waiting for: {missing}."


def _pass_step(draft: Draft) -> None:
    last = len(steps(draft)) - 1
    draft.record(f"{_name(draft)} passed with {sequential_tests.figures(draft.spec.analysis, draft.status.breaches)}.")
    if draft.status.step >= last:
        promote(draft)
    else:
        begin_step(draft, last if draft.status.skip_holds else draft.status.step + 1)


def _name(draft: Draft) -> str:
    index = draft.status.step
    return f"Step {index + 1} ({steps(draft)[index].weight} %)"
