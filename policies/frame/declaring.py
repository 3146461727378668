"""Rules: ordinary CrossGuard policies, made from functions by `resource_rule` and `stack_rule`.

Three things hold for all of them:

* Nothing unknown ends a judgement. Properties are read through `reading.Property`, and an unknown that decides goes to
  `Verdict.undecided`, after which the rule goes on.
* What a rule says goes through a `Verdict`, which gives all messages one form and knows what is exempt.
* Levels and thresholds are the engine's own configuration (see `levels`), so each rule has its own, and a report
  names its rule. A threshold is declared with its JSON Schema and default beside the rule.

Rules on one resource run before it is created; rules on the whole stack run after the program, on outputs, where a
provider may have filled in what the program left out.
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

from frame.resources import Resource, of_inputs, of_outputs, unversioned
from frame.verdicts import Advice, Verdict

Settings = Mapping[str, Any]
"""A rule's thresholds by name; numbers may be floats."""
Additions = Mapping[tuple[str, ...], str]
"""Texts that a remedy adds to a resource, by path: `("metadata", "labels", "app.kubernetes.io/part-of")`."""


class Told(Exception):
    """A failure whose text holds nothing of the stack: it is shown as it stands."""


class RuleError(Exception):
    """A rule failed; the message names it, the resource and the kind of failure, never a value."""


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What a rule says of itself."""

    name: str
    description: str
    why: str
    """The reason, as a sentence without its full stop."""
    clauses: tuple[str, ...]
    """Who asks for it: `CIS AWS 2.3.1`, `runbook: fleet, step 2`. Every message carries reason and clauses."""
    types: Collection[str] = ()
    """Types of the resources that it judges, without versions of APIs; none means all."""
    severity: Severity = Severity.HIGH
    schema: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """JSON Schema, with a default, by threshold."""

    def covers(self, resource_type: str) -> bool:
        """Whether a resource of this type is judged."""
        return not self.types or unversioned(resource_type) in self.types

    def settings(self, configured: Settings) -> Settings:
        """The thresholds in force: those configured over the defaults."""
        return {**{name: each["default"] for name, each in self.schema.items()}, **configured}

    def run(self, judge: Callable[[Verdict], None], subject: str, report: ReportViolation) -> None:
        """Let the rule judge `subject`. Raises `Advice` after all reports, and `RuleError` if the rule fails."""
        verdict = Verdict(self.name, f"{self.why} ({'; '.join(self.clauses)}).", report)
        try:
            judge(verdict)
        except Exception as error:
            reason = error if isinstance(error, Told) else type(error).__name__
            raise RuleError(f"rule {self.name} failed on {subject}: {reason}") from error
        if verdict.advice:
            raise Advice(verdict.advice)

    def metadata(self) -> dict[str, Any]:
        """What the SDK tells the engine about the rule."""
        return {
            "name": self.name,
            "description": self.description,
            "severity": self.severity,
            "config_schema": PolicyConfigSchema(dict(self.schema)),
            "tags": list(self.clauses),
        }


ResourceJudge = Callable[[Resource, Settings, Verdict], None]
StackJudge = Callable[[Sequence[Resource], Settings, Verdict], None]
Remedy = Callable[[Resource, Settings], Additions]


class ResourceRule(ResourceValidationPolicy):
    """A rule on one resource at a time. One with a remedy may have the level `remediate` (see `serving`)."""

    def __init__(self, declaration: Declaration, judge: ResourceJudge, remedy: Remedy | None = None) -> None:
        super().__init__(**declaration.metadata())
        self.declaration, self._judge, self._remedy = declaration, judge, remedy

    def validate(self, args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        """Judge one resource, as the SDK's own server asks for it."""
        if self.declaration.covers(args.resource_type):
            self.judge(of_inputs(args), args.get_config(), report_violation)

    def judge(self, resource: Resource, configured: Settings, report: ReportViolation) -> None:
        """Judge a resource of a type that the rule covers."""
        settings = self.declaration.settings(configured)
        self.declaration.run(lambda verdict: self._judge(resource, settings, verdict), resource.urn, report)

    @property
    def remedies(self) -> bool:
        """Whether it can mend what it finds."""
        return self._remedy is not None

    def remedied(self, resource: Resource, configured: Settings) -> Additions:
        """What would mend a resource of a type that the rule covers."""
        return self._remedy(resource, self.declaration.settings(configured)) if self._remedy else {}


class StackRule(StackValidationPolicy):
    """A rule on how resources relate."""

    def __init__(self, declaration: Declaration, judge: StackJudge) -> None:
        super().__init__(**declaration.metadata())
        self.declaration, self._judge = declaration, judge

    def validate(self, args: StackValidationArgs, report_violation: ReportViolation) -> None:
        """Judge the stack, as the SDK's own server asks for it."""
        self.judge([of_outputs(each) for each in args.resources], args.get_config(), report_violation)

    def judge(self, resources: Sequence[Resource], configured: Settings, report: ReportViolation) -> None:
        """Judge those of all resources that the rule is about."""
        related = [each for each in resources if self.declaration.covers(each.type)]
        settings = self.declaration.settings(configured)
        self.declaration.run(lambda verdict: self._judge(related, settings, verdict), "the stack", report)


Rule = ResourceRule | StackRule


def resource_rule(declaration: Declaration, *, remedy: Remedy | None = None) -> Callable[[ResourceJudge], ResourceRule]:
    """Make a policy of a function that judges one resource."""
    return lambda judge: ResourceRule(declaration, judge, remedy)


def stack_rule(declaration: Declaration) -> Callable[[StackJudge], StackRule]:
    """Make a policy of a function that judges all resources of the declared types together."""
    return lambda judge: StackRule(declaration, judge)
