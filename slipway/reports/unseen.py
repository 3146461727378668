"""Checks resource options that Pulumi does not pass to policies."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.rehearsal import Finding, Plan, Step

RULE = "resource-options"
RETAINED = frozenset(["aws:ecr/repository:Repository", "azure-native:containerregistry:Registry"])
"""Types that remain after a stack is destroyed: other stacks use their images."""
WHY = "Options override what the settings of a resource say (Pulumi: resource options)."


def options(plan: Plan, environment: str) -> Iterator[Finding]:
    """Yield a finding for each option that bypasses the review of a resource."""
    level = "advisory" if environment == "local" else "mandatory"
    for step in plan.steps:
        for problem in _problems(step):
            name = f"{step.name} ({step.type})"
            yield Finding("slipway", "", RULE, level, step.urn, f"{name} {problem}.\n{WHY}", "", "high")


def _problems(step: Step) -> Iterator[str]:
    state = step.state
    if state.get("retainOnDelete") and state.get("custom") and step.type not in RETAINED:
        yield "stays in the cloud, unmanaged, when it is removed from the program: retainOnDelete is set"
    if state.get("importID"):
        yield "takes over an existing resource: import is set"
    if state.get("deletedWith"):
        yield "is deleted with another resource, without its own protection or backup: deletedWith is set"
    if state.get("replaceOnChanges"):
        yield "is replaced where it could be updated: replaceOnChanges is set"
    if state.get("replaceWith"):
        yield "is replaced together with another resource: replaceWith is set"
    if state.get("resourceHooks"):
        yield "runs code of the program that no plan shows: hooks are set"
