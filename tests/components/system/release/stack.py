"""The stack `local` with the controller of releases, and what waits for what in its plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from slipway.rehearsal import Plan, Step
from tests.rehearsed import ROOT, planned_with

RELEASE = "kubernetes:slipway.dev/v1:Release"
JOB, DEPLOYMENT = "kubernetes:batch/v1:Job", "kubernetes:apps/v1:Deployment"
ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
SYSTEMS = ("expenses", "fleet", "kingstons", "marketplace", "smartwallet")
IMAGE = "localhost:5000/slipway:1.4.0"


def released(
    *, environment: str = "production", controller: Mapping[str, Any] = {}, only: str = "", **systems: Mapping[str, Any]
) -> Plan:
    """`local` with the controller installed, set as `controller` says; `systems` are their deployments, where they are
    other than there. The fleet has a candidate beside the former version. With `only` that system is alone, which takes a
    quarter of the time."""
    stack = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())
    stack["config"]["slipway:environment"] = environment
    main = stack["config"]["slipway:clusters"]["main"]
    main["controllers"] = {"releases": "installed"}
    main["releases"] = {"image": IMAGE, **controller}
    fleet = {
        "active": "green",
        "blue": {"version": "personal-use-v1.0.0"},
        "green": {"version": "personal-use-v1.1.0"},
    }
    deployed = {**main["systems"], "fleet": fleet, **systems}
    main["systems"] = {only: deployed[only]} if only else deployed
    return planned_with("local", stack)


def one(plan: Plan, type_: str, name: str) -> Step:
    """The only resource of a type and a name."""
    (found,) = [step for step in plan.steps if (step.type, step.name) == (type_, name)]
    return found


def of(plan: Plan, type_: str, system: str) -> list[Step]:
    """A system's resources of a type."""
    return [step for step in plan.steps if step.type == type_ and step.name.partition("/")[0] == system]


def before(plan: Plan, step: Step) -> set[str]:
    """URNs of everything that is there before `step`, at any distance."""
    seen: set[str] = set()
    waiting = list(step.dependencies)
    while waiting:
        urn = waiting.pop()
        if urn not in seen:
            seen.add(urn)
            waiting += plan.by_urn[urn].dependencies
    return seen


def spec(plan: Plan, system: str) -> dict[str, Any]:
    """The spec of a system's Release."""
    return one(plan, RELEASE, system).inputs["spec"]
