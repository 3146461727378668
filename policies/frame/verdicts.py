"""What a rule may say of a run, and how that reaches the engine.

A message is the problem, the reason with the clauses that ask for it, and as its last line `mend: <place>.<key>`: the
source pointer that the resource carries (`slipway.dev/source`) and the key that mends it. It holds no value but whole
numbers, for policies see secrets in plain text.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from pulumi_policy import ReportViolation
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from frame import exemptions
from frame.reading import Property
from frame.resources import Resource

PREVIEW = os.environ.get("PULUMI_DRY_RUN") == "true"


class Advice(UnknownValueError):
    """What blocks nothing: the SDK turns it into an advisory report under the rule's name."""

    def __init__(self, reports: Sequence[tuple[str, str]]) -> None:
        super().__init__(UNKNOWN_STRING_VALUE, [])
        self.reports = reports
        """URN and message of each."""
        self.message = "\n".join(message for _, message in reports)


@dataclass
class Verdict:
    """What a rule says of one run."""

    rule: str
    why: str
    report: ReportViolation
    advice: list[tuple[str, str]] = field(default_factory=list)

    def violated(self, resource: Resource, problem: str, key: str = "") -> None:
        """Report that `resource` breaks the rule; `key`, under the place that declares it, mends that."""
        self.say(resource.urn, f"{resource} {problem}", _place(resource, key))

    def undecided(self, resource: Resource, unknown: Property, key: str = "") -> None:
        """Report that `unknown`, on which the judgement hangs, is not known yet: advice at preview, a violation in an
        update, where inputs are resolved before creation."""
        problem = f"{resource} cannot be judged: {unknown.path} is not known before the update"
        if PREVIEW:
            self.advice.append((resource.urn, self._message(problem, _place(resource, key))))
        else:
            self.say(resource.urn, problem, _place(resource, key))

    def say(self, urn: str | None, problem: str, place: str = "") -> None:
        """Report a problem of the resource `urn`, or of the stack; one that is exempt becomes advice."""
        message = self._message(problem, place)
        exemption = exemptions.covering(self.rule, urn)
        if exemption is None:
            self.report(message, urn)
        else:
            self.advice.append((urn or "", f"{exemption}\n{message}"))

    def _message(self, problem: str, place: str) -> str:
        lines = [f"{problem}.", self.why]
        return "\n".join([*lines, f"mend: {place}"] if place else lines)


def _place(resource: Resource, key: str) -> str:
    """The key below the resource's source; a source that ends with its colon is a whole file."""
    source = resource.source
    return f"{source}.{key}".replace(":.", ":") if source and key else source
