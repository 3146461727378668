"""Run an unmodified Pulumi program as `pulumi preview` would, without Pulumi's CLI, plugins, network or credentials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal.config import ConfigValue
from rehearsal.errors import (
    PackConfigError,
    PolicyPackError,
    ProgramNotFoundError,
    RehearsalError,
    StateError,
    WorkerError,
)
from rehearsal.findings import Finding, PolicyPack
from rehearsal.plan import SECRET, UNKNOWN, Diagnostic, Plan, Step
from rehearsal.process import Progress, run_worker

__all__ = [
    "SECRET",
    "UNKNOWN",
    "ConfigValue",
    "Diagnostic",
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
    """Seconds spent importing packages, running the program, and judging policies."""

    imports: float
    program: float
    policies: float


@dataclass(frozen=True)
class Rehearsal:
    """What a run came to. With a `failure` the plan holds what registered before it, and whole-stack policies did not run.

    `failure` is the text of the program's exception, with its traceback, or of the error that cancelled the deployment.
    """

    plan: Plan
    findings: tuple[Finding, ...]
    diagnostics: tuple[Diagnostic, ...]
    failure: str | None
    timings: Timings


def rehearse(
    program: Path,
    *,
    project: str,
    stack: str,
    organization: str = "organization",
    config: Mapping[str, ConfigValue],
    packs: Sequence[PolicyPack] = (),
    environment: Mapping[str, str] = {},  # never written to
    on_progress: Callable[[Progress], None] | None = None,
    seed: str | None = None,
) -> Rehearsal:
    """Run the program in a directory in a fresh process and return its plan.

    `config` is keyed `namespace:key`. What the program prints goes to this process's stderr. `environment` is added to
    the program's. An exception of the program is no exception here: see `Rehearsal.failure`. Raises RehearsalError.

    With a `seed` the outputs of the provider `random` are known, the same for the same seed, and secrets stand in the
    plan as they are. Such a plan is for whoever applies it, and must not be printed or written.
    """
    directory = program.resolve()
    if not (directory / "__main__.py").is_file():
        raise ProgramNotFoundError(f"{program}: no Pulumi program here: a program is a directory with a __main__.py")
    request = {
        "program": str(directory),
        "project": project,
        "stack": stack,
        "organization": organization,
        "config": {key: {"value": item.value, "secret": item.secret} for key, item in config.items()},
        "seed": seed,
        "packs": [{"path": str(pack.path.resolve()), "config": dict(pack.config)} for pack in packs],
    }
    result = run_worker(request, environment, on_progress)
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
    return Rehearsal(plan, findings, diagnostics, result["failure"], Timings(**result["timings"]))
