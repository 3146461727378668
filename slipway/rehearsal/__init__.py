"""Run an unmodified Pulumi program as `pulumi preview` would, without Pulumi's CLI, plugins, network or credentials."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slipway.rehearsal.answers import NO_ANSWERS, Answers, Asked
from slipway.rehearsal.config import ConfigValue
from slipway.rehearsal.errors import (
    PackConfigError,
    PolicyPackError,
    ProgramNotFoundError,
    RehearsalError,
    StateError,
    WorkerError,
)
from slipway.rehearsal.findings import EvaluatedPack, Finding, PolicyPack
from slipway.rehearsal.marks import Marked
from slipway.rehearsal.plan import SECRET, UNKNOWN, Diagnostic, Plan, Step
from slipway.rehearsal.process import Progress, run_worker

__all__ = [
    "SECRET",
    "UNKNOWN",
    "Answers",
    "Asked",
    "ConfigValue",
    "Diagnostic",
    "EvaluatedPack",
    "Finding",
    "PackConfigError",
    "Plan",
    "PolicyPack",
    "PolicyPackError",
    "ProgramNotFoundError",
    "Progress",
    "Rehearsal",
    "RehearsalError",
    "StateError",
    "Step",
    "Timings",
    "WorkerError",
    "rehearse",
]


@dataclass(frozen=True)
class Timings:
    """Seconds spent importing packages, running the program, and checking policies."""

    imports: float
    program: float
    policies: float


@dataclass(frozen=True)
class Rehearsal:
    """The result of a run. After a `failure` the plan has the resources registered before it, and whole-stack policies
    did not run.

    `failure` is the text of the program's exception, with its traceback, or of the error that cancelled the deployment.
    """

    plan: Plan
    findings: tuple[Finding, ...]
    diagnostics: tuple[Diagnostic, ...]
    failure: str | None
    timings: Timings
    evaluated_by: tuple[EvaluatedPack, ...] = ()
    """The policy packs that checked; empty if there was nothing to check."""
    old_urns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """All earlier URNs of each resource by its URN, from its aliases and those of its parents."""
    marks: Marked = field(default_factory=dict)
    """Marks of the secrets, if a key was given."""
    asked: tuple[Asked, ...] = ()
    """Calls of functions that no answer matched."""


def rehearse(
    program: Path,
    *,
    root: Path | None = None,
    project: str,
    stack: str,
    organization: str = "organization",
    config: Mapping[str, ConfigValue],
    packs: Sequence[PolicyPack] = (),
    environment: Mapping[str, str] = {},  # never written to
    on_progress: Callable[[Progress], None] | None = None,
    seed: str | None = None,
    existing: Collection[str] = (),
    marks_key: str | None = None,
    answers: Answers = NO_ANSWERS,
    is_evaluated: Callable[[Rehearsal], bool] | None = None,
) -> Rehearsal:
    """Run the program in a directory in a fresh process and return its plan.

    `root` is the folder of `Pulumi.yaml`, by default the program's. `config` is keyed `namespace:key`. What the program
    prints goes to this process's stderr. `environment` is added to the program's. An exception of the program is not
    raised here: see `Rehearsal.failure`. Raises RehearsalError.

    `existing` are URNs that the stack is known to have: of a resource's aliases, the one in `existing` is kept, as the
    engine keeps the one that its state knows. With a `seed` the outputs of the provider `random` are known and the same
    for the same seed, and secrets in the plan are readable. Such a plan is only for applying it: never print or write
    it. With a `marks_key` secrets are marked: the marks of two runs with the same key show whether a secret changed.
    `answers` are for calls of functions and for references to stacks.

    With `is_evaluated` the packs evaluate only after the program has run, if this returns True for the plan: who needs no
    findings saves their time. Otherwise `evaluated_by` stays empty.
    """
    directory = program.resolve()
    if not (directory / "__main__.py").is_file():
        raise ProgramNotFoundError(f"{program}: not a Pulumi program: there is no __main__.py")
    request = {
        "program": str(directory),
        "root": str((root or program).resolve()),
        "project": project,
        "stack": stack,
        "organization": organization,
        "config": {key: {"value": item.value, "secret": item.secret} for key, item in config.items()},
        "seed": seed,
        "existing": sorted(existing),
        "marksKey": marks_key,
        "answers": answers.to_json(),
        "packs": [
            {
                "path": str(pack.path.resolve()),
                "config": dict(pack.config),
                "data": str(pack.data.resolve()) if pack.data else None,
            }
            for pack in packs
        ],
    }

    def found(result: Mapping[str, Any]) -> Rehearsal:
        return _rehearsal(result, project, stack, organization, config)

    evaluated = is_evaluated and (lambda result: is_evaluated(found(result)))
    return found(run_worker(request, environment, on_progress, evaluated))


def _rehearsal(
    result: Mapping[str, Any], project: str, stack: str, organization: str, config: Mapping[str, ConfigValue]
) -> Rehearsal:
    diagnostics = tuple(Diagnostic(**item) for item in result["diagnostics"])
    plan = Plan(
        project=project,
        stack=stack,
        organization=organization,
        steps=tuple(Step(op, urn, state) for op, urn, state in result["steps"]),
        outputs=result["outputs"],
        config={key: SECRET if item.secret else item.value for key, item in config.items()},
        diagnostics=diagnostics,
    )
    findings = tuple(Finding(**item) for item in result["findings"])
    evaluated_by = tuple(EvaluatedPack(**item) for item in result["evaluated_by"])
    return Rehearsal(
        plan,
        findings,
        diagnostics,
        result["failure"],
        Timings(**result["timings"]),
        evaluated_by,
        result["old_urns"],
        result["marks"],
        tuple(Asked(**each) for each in result["asked"]),
    )
