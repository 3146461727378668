"""The frame of every rule: what it sees, what it may say, and how that reaches the engine.

A rule is an ordinary CrossGuard policy, made from a function by `resource_rule` or `stack_rule`. Three things hold
for all of them:

* Nothing unknown ends a judgement. Properties are read through `reading.Property`. A value that a rule needs and that
  is unknown goes to `Verdict.undecided`: at preview an advisory report under the rule's own name, after all that is
  certain was reported; in an update, where inputs are resolved before creation, a violation.
* A message is the problem, the reason, and as its last line `mend: <place>.<key>`: the source pointer that the
  resource carries (`slipway.dev/source`) and the key that mends it. It holds no value but whole numbers, for policies
  see secrets in plain text.
* Levels and thresholds are the engine's own configuration (see `levels`), so each rule has its own, and a report
  names its rule. A threshold is declared with its JSON Schema and default beside the rule.

Rules on one resource run before it is created; rules on the whole stack run after the program, on outputs, where a
provider may have filled in what the program left out. A provider that is not configured yet (that of a cluster in its
first preview) gives no outputs at all: there the inputs count, remembered since the resource was judged alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_policy import (
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from reading import Absence, Property

Settings = Mapping[str, Any]
"""A rule's thresholds by name; numbers may be floats."""

PREVIEW = os.environ.get("PULUMI_DRY_RUN") == "true"

_VERSION = re.compile(r"/v\d{8}(preview|privatepreview)?(?=:)")
_SOURCE = re.compile(r"[\w./-]+:[\w.\[\]-]+")

NOTES: Mapping[str, Callable[[Property, str], Property]] = {
    "kubernetes": lambda properties, name: properties["metadata"]["annotations"][f"slipway.dev/{name}"],
    "aws": lambda properties, name: properties["tags"][f"slipway.dev/{name}"],
    "azure-native": lambda properties, name: properties["tags"][f"slipway-{name}"],
}
"""Where a resource of each package carries what Slipway notes on it. Azure allows no `/` in the name of a tag."""


@dataclass(frozen=True, eq=False)
class Resource:
    """A resource as rules see it: inputs in a rule on one resource, outputs in a rule on the stack."""

    type: str
    """Without the version of an API: `azure-native:dbforpostgresql:Server`."""
    name: str
    urn: str
    properties: Property
    provider: str = ""
    """URN of its provider, which tells clusters apart."""
    dependencies: frozenset[str] = frozenset()
    """URNs of what it was made from."""

    def __getitem__(self, key: str) -> Property:
        return self.properties[key]

    def __str__(self) -> str:
        return f"{self.name} ({self.type})"

    def note(self, name: str) -> Property:
        """What Slipway noted on it: `source`, `backup-retention`, …"""
        read = NOTES.get(self.type.split(":", 1)[0])
        return read(self.properties, name) if read else Property(Absence.MISSING)

    @property
    def source(self) -> str:
        """The place that declares it, such as `systems/fleet/system.yaml:services.api`; empty if it does not say."""
        pointer = self.note("source").text or ""
        return pointer if _SOURCE.fullmatch(pointer) else ""


_INPUTS: dict[str, Any] = {}
"""Inputs by URN, of every resource of the run."""


def _of_args(args: ResourceValidationArgs | PolicyResource) -> Resource:
    dependencies = args.dependencies if isinstance(args, PolicyResource) else []
    properties = args.props if len(args.props) else _INPUTS.get(args.urn, args.props)
    return Resource(
        type=_VERSION.sub("", args.resource_type),
        name=args.name,
        urn=args.urn,
        properties=Property(properties),
        provider=args.provider.urn if args.provider else "",
        dependencies=frozenset(each.urn for each in dependencies),
    )


class Undecided(UnknownValueError):
    """Values that decide are unknown: the SDK turns it into an advisory report under the rule's name."""

    def __init__(self, reports: Sequence[tuple[str, str]]) -> None:
        super().__init__(UNKNOWN_STRING_VALUE, [])
        self.reports = reports
        """URN and message of each."""
        self.message = "\n".join(message for _, message in reports)


@dataclass
class Verdict:
    """What a rule says of one run."""

    why: str
    report: ReportViolation
    reports: list[tuple[str, str]] = field(default_factory=list)

    def violated(self, resource: Resource, problem: str, key: str = "") -> None:
        """Report that `resource` breaks the rule; `key`, under the place that declares it, mends that."""
        self.report(self._message(resource, problem, key), resource.urn)

    def undecided(self, resource: Resource, unknown: Property, key: str = "") -> None:
        """Report that `unknown`, on which the judgement hangs, is not known yet."""
        problem = f"cannot be judged: {unknown.path} is not known before the update"
        if PREVIEW:
            self.reports.append((resource.urn, self._message(resource, problem, key)))
        else:
            self.violated(resource, problem, key)

    def _message(self, resource: Resource, problem: str, key: str) -> str:
        lines = [f"{resource} {problem}.", self.why]
        if resource.source:
            lines.append(f"mend: {'.'.join(filter(None, (resource.source, key)))}")
        return "\n".join(lines)


class RuleError(Exception):
    """A rule failed; the message names it, the resource and the kind of failure, never a value."""


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What a rule says of itself."""

    name: str
    description: str
    why: str
    """The reason, with the clause that asks for it; every message carries it."""
    types: Collection[str]
    """Types of the resources that it judges, without versions of APIs."""
    severity: Severity = Severity.HIGH
    schema: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """JSON Schema, with a default, by threshold."""

    def covers(self, resource_type: str) -> bool:
        """Whether a resource of this type is judged."""
        return _VERSION.sub("", resource_type) in self.types

    def settings(self, configured: Settings) -> Settings:
        """The thresholds in force: those configured over the defaults."""
        return {**{name: each["default"] for name, each in self.schema.items()}, **configured}

    def run(self, judge: Callable[[Verdict], None], subject: str, report: ReportViolation) -> None:
        """Let the rule judge `subject`. Raises `Undecided` after all reports, and `RuleError` if the rule fails."""
        verdict = Verdict(self.why, report)
        try:
            judge(verdict)
        except Exception as error:
            raise RuleError(f"rule {self.name} failed on {subject}: {type(error).__name__}") from error
        if verdict.reports:
            raise Undecided(verdict.reports)

    def metadata(self) -> dict[str, Any]:
        """What the SDK tells the engine about the rule."""
        return {
            "name": self.name,
            "description": self.description,
            "severity": self.severity,
            "config_schema": PolicyConfigSchema(dict(self.schema)),
        }


ResourceJudge = Callable[[Resource, Settings, Verdict], None]
StackJudge = Callable[[Sequence[Resource], Settings, Verdict], None]


class ResourceRule(ResourceValidationPolicy):
    """A rule on one resource at a time."""

    def __init__(self, declaration: Declaration, judge: ResourceJudge) -> None:
        super().__init__(**declaration.metadata())
        self._declaration, self._judge = declaration, judge

    def validate(self, args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        """Judge one resource."""
        _INPUTS[args.urn] = args.props
        if not self._declaration.covers(args.resource_type):
            return
        settings = self._declaration.settings(args.get_config())
        self._declaration.run(
            lambda verdict: self._judge(_of_args(args), settings, verdict), args.urn, report_violation
        )


class StackRule(StackValidationPolicy):
    """A rule on how resources relate."""

    def __init__(self, declaration: Declaration, judge: StackJudge) -> None:
        super().__init__(**declaration.metadata())
        self._declaration, self._judge = declaration, judge

    def validate(self, args: StackValidationArgs, report_violation: ReportViolation) -> None:
        """Judge the resources of the stack that the rule is about."""
        related = [_of_args(each) for each in args.resources if self._declaration.covers(each.resource_type)]
        settings = self._declaration.settings(args.get_config())
        self._declaration.run(lambda verdict: self._judge(related, settings, verdict), "the stack", report_violation)


def resource_rule(declaration: Declaration) -> Callable[[ResourceJudge], ResourceRule]:
    """Make a policy of a function that judges one resource."""
    return lambda judge: ResourceRule(declaration, judge)


def stack_rule(declaration: Declaration) -> Callable[[StackJudge], StackRule]:
    """Make a policy of a function that judges all resources of the declared types together."""
    return lambda judge: StackRule(declaration, judge)
