"""Rules: ordinary CrossGuard policies, created from functions by `resource_rule` and `stack_rule`.

Three invariants apply to all of them:

* No unknown value ends an evaluation. Rules read properties through `reading.Property`; a relevant unknown goes to
`Verdict.undecided`, and the rule continues.

* Rules report through a `Verdict`, which formats all messages alike and applies exemptions.

* Levels and thresholds are the engine's own configuration (see `levels`), so each rule has its own, and a report names
its rule. A threshold is declared with its JSON Schema and default beside the rule.

Rules on one resource run before it is created. Rules on the whole stack run after the program, on outputs, in which a
provider may have added values that the program did not set.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_policy import (
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from framework import known_types
from framework.resources import Resource, of_inputs, of_outputs, unversioned
from framework.verdicts import Advice, Verdict

Settings = Mapping[str, Any]
"""A rule's thresholds by name; numbers may be floats."""
Additions = Mapping[tuple[str, ...], str]
"""Texts that a remediation adds to a resource, by path: `("metadata", "labels", "app.kubernetes.io/part-of")`."""


class PublicError(Exception):
    """A failure whose text contains nothing from the stack, so that it can be shown unchanged."""


class RuleError(Exception):
    """The failure of a rule; the message names the rule, the resource and the exception's type, but never a value."""


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """The metadata of a rule."""

    name: str
    description: str
    why: str
    """The reason, as a sentence without a full stop."""
    clauses: tuple[str, ...]
    """Requirements that the rule implements: `CIS Kubernetes 5.1.1`, `runbook: fleet, step 2`. Every message contains
    reason and clauses."""
    types: Collection[str] = ()
    """Types of the resources that it checks, without API versions; empty means all."""
    unlisted: bool = False
    """Whether it also checks Kubernetes objects that the pack does not know (see `types.yaml`)."""
    severity: Severity = Severity.HIGH
    is_advice: bool = False
    """Whether it recommends: the level `all` never makes it mandatory, only an entry of its own does."""
    schema: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """JSON Schema by threshold, each with a default."""

    def covers(self, resource_type: str) -> bool:
        """Return whether the rule checks resources of this type."""
        if not self.types or unversioned(resource_type) in self.types:
            return True
        return self.unlisted and resource_type.startswith("kubernetes:") and not known_types.is_known(resource_type)

    def settings(self, configured: Settings) -> Settings:
        """Return the effective thresholds: configured values override defaults."""
        return {**{name: each["default"] for name, each in self.schema.items()}, **configured}

    def run(self, evaluate: Callable[[Verdict], None], subject: str, report: ReportViolation) -> None:
        """Evaluate `subject`. Raises `Advice` after all reports, and `RuleError` if the rule itself fails."""
        verdict = Verdict(self.name, f"{self.why} ({'; '.join(self.clauses)}).", report)
        try:
            evaluate(verdict)
        except Exception as error:
            reason = error if isinstance(error, PublicError) else type(error).__name__
            raise RuleError(f"rule {self.name} failed on {subject}: {reason}") from error
        if verdict.advice:
            raise Advice(verdict.advice)

    def metadata(self) -> dict[str, Any]:
        """Return the rule's metadata for the engine."""
        return {
            "name": self.name,
            "description": self.description,
            "severity": self.severity,
            "config_schema": PolicyConfigSchema(dict(self.schema)),
            "tags": list(self.clauses),
        }


ResourceEvaluation = Callable[[Resource, Settings, Verdict], None]
StackEvaluation = Callable[[Sequence[Resource], Settings, Verdict], None]
Remedy = Callable[[Resource, Settings], Additions]


class ResourceRule(ResourceValidationPolicy):
    """A rule on one resource at a time. One with a remediation may have the level `remediate` (see `serving`)."""

    def __init__(self, declaration: Declaration, evaluate: ResourceEvaluation, remedy: Remedy | None = None) -> None:
        super().__init__(**declaration.metadata())
        self.declaration, self._evaluate, self._remedy = declaration, evaluate, remedy

    def validate(self, args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        """Check one resource; called by the SDK's own server."""
        if self.declaration.covers(args.resource_type):
            self.evaluate(of_inputs(args), args.get_config(), report_violation)

    def evaluate(self, resource: Resource, configured: Settings, report: ReportViolation) -> None:
        """Check a resource of a covered type."""
        settings = self.declaration.settings(configured)
        self.declaration.run(lambda verdict: self._evaluate(resource, settings, verdict), resource.urn, report)

    @property
    def remedies(self) -> bool:
        """Return whether the rule has a remediation."""
        return self._remedy is not None

    def remedied(self, resource: Resource, configured: Settings) -> Additions:
        """Return the additions that remediate a resource of a covered type."""
        return self._remedy(resource, self.declaration.settings(configured)) if self._remedy else {}


class StackRule(StackValidationPolicy):
    """A rule on the relations between resources."""

    def __init__(self, declaration: Declaration, evaluate: StackEvaluation) -> None:
        super().__init__(**declaration.metadata())
        self.declaration, self._evaluate = declaration, evaluate

    def validate(self, args: StackValidationArgs, report_violation: ReportViolation) -> None:
        """Check the stack; called by the SDK's own server."""
        self.evaluate([of_outputs(each) for each in args.resources], args.get_config(), report_violation)

    def evaluate(self, resources: Sequence[Resource], configured: Settings, report: ReportViolation) -> None:
        """Check the covered resources among all resources."""
        declared = self.declaration
        related = [each for each in resources if declared.covers(each.type)] if declared.types else resources
        settings = self.declaration.settings(configured)
        self.declaration.run(lambda verdict: self._evaluate(related, settings, verdict), "the stack", report)


Rule = ResourceRule | StackRule


def resource_rule(
    declaration: Declaration, *, remedy: Remedy | None = None
) -> Callable[[ResourceEvaluation], ResourceRule]:
    """Create a policy from a function that checks one resource."""
    return lambda evaluate: ResourceRule(declaration, evaluate, remedy)


def stack_rule(declaration: Declaration) -> Callable[[StackEvaluation], StackRule]:
    """Create a policy from a function that checks all resources of the declared types together."""
    return lambda evaluate: StackRule(declaration, evaluate)
