"""The reports of a rule in one run, and their delivery to the engine.

A message has the problem, the reason with its clauses, and as its last line `fix: <place>.<key>`: the source pointer of
the resource (`slipway.dev/source`) and the key that fixes the problem, or the overriding value of the stack, with ` = `
and a sufficient value if the rule knows one. It contains no value of the stack except whole numbers, because policies
see secrets in plain text.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from pulumi_policy import ReportViolation
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from framework import context, exemptions
from framework.overrides import fix_pointer
from framework.reading import Property
from framework.resources import Resource

PREVIEW = os.environ.get("PULUMI_DRY_RUN") == "true"


THRESHOLDS = "policies/stacks.yaml"
Wanted = int | float | bool | str
"""A value that fixes a violation, from a threshold or from the rule itself."""


class Advice(UnknownValueError):
    """Non-blocking reports, which the SDK turns into an advisory report under the rule's name."""

    def __init__(self, reports: Sequence[tuple[str, str]]) -> None:
        super().__init__(UNKNOWN_STRING_VALUE, [])
        self.reports = reports
        """URN and message of each report."""
        self.message = "\n".join(message for _, message in reports)


@dataclass
class Verdict:
    """The reports of a rule in one run."""

    rule: str
    why: str
    report: ReportViolation
    advice: list[tuple[str, str]] = field(default_factory=list)

    def violated(self, resource: Resource, problem: str, key: str = "", value: Wanted | None = None) -> None:
        """Report that `resource` violates the rule; setting `key`, below its source, to `value` fixes it."""
        self.report_at(resource.urn, f"{resource} {problem}", _place(resource, key), value if key else None)

    def undecided(self, resource: Resource, unknown: Property, key: str = "") -> None:
        """Report that the relevant value `unknown` is not known yet: advice at preview, a violation in an update, where
        inputs are resolved before creation."""
        problem = f"{resource} cannot be checked: {unknown.path} is not known before the update"
        if PREVIEW:
            self.advice.append((resource.urn, self._message(problem, _place(resource, key))))
        else:
            self.report_at(resource.urn, problem, _place(resource, key))

    def advise(self, resource: Resource, problem: str, key: str = "") -> None:
        """Report a problem that does not block."""
        self.advice.append((resource.urn, self._message(f"{resource} {problem}", _place(resource, key))))

    def without_threshold(self, urn: str | None, problem: str) -> None:
        """Report that the rule judges nothing, because a threshold of the stack is not set; in production that blocks."""
        if context.IS_PRODUCTION:
            self.report_at(urn, problem, THRESHOLDS)
        else:
            self.advice.append((urn or "", self._message(problem, THRESHOLDS)))

    def report_at(self, urn: str | None, problem: str, place: str = "", value: Wanted | None = None) -> None:
        """Report a problem of the resource `urn`, or of the stack; an exempted one becomes advice."""
        message = self._message(problem, place, value)
        exemption = exemptions.covering(self.rule, urn)
        if exemption is None:
            self.report(message, urn)
        else:
            self.advice.append((urn or "", f"{exemption}\n{message}"))

    def _message(self, problem: str, place: str, value: Wanted | None = None) -> str:
        lines = [f"{problem}.", self.why]
        wanted = "" if value is None else f" = {_written(value)}"
        return "\n".join([*lines, f"fix: {fix_pointer(place)}{wanted}"] if place else lines)


def _written(value: Wanted) -> str:
    """Return the value as YAML."""
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _place(resource: Resource, key: str) -> str:
    """Return the key below the resource's source; a source that ends with a colon is a whole file."""
    source = resource.source
    return f"{source}.{key}".replace(":.", ":") if source and key else source
