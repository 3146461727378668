"""Findings of scanners, and the answers that cover them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from slipway.reports.scanner_answers import Answer


@dataclass(frozen=True, order=True)
class Finding:
    """One check that fails for one resource of one stack; `resource` is its kind and name, in the form that answers
    use."""

    scanner: str
    check: str
    stack: str
    resource: str
    says: str

    def __str__(self) -> str:
        return f"{self.scanner} {self.check} on {self.stack}: {self.resource}: {self.says}"


def covers(answer: Answer, finding: Finding) -> bool:
    """Return whether the answer covers the finding: its scanner, its check and its resource."""
    return (
        answer.scanner == finding.scanner
        and finding.check in answer.checks
        and any(fnmatchcase(finding.resource, pattern) for pattern in answer.resources)
    )


def unanswered(findings: Iterable[Finding], answers: Sequence[Answer]) -> list[Finding]:
    """Return the findings that must be fixed or answered."""
    return sorted(each for each in set(findings) if not any(covers(answer, each) for answer in answers))


def idle(answers: Sequence[Answer], findings: Sequence[Finding], scanners: Iterable[str]) -> list[str]:
    """Return a sentence for each check and pattern of an answer that covers nothing. Answers to a scanner that did not
    run are ignored."""
    ran = set(scanners)
    return [text for answer in answers if answer.scanner in ran for text in _idle(answer, findings)]


def _idle(answer: Answer, findings: Sequence[Finding]) -> Iterable[str]:
    covered = [each for each in findings if covers(answer, each)]
    checks = {each.check for each in covered}
    for check in answer.checks:
        if check not in checks:
            yield f"{answer.place}: nothing fails {check} there any more: remove it"
    for pattern in answer.resources:
        if not any(fnmatchcase(each.resource, pattern) for each in covered):
            yield f"{answer.place}: {pattern} matches nothing any more: remove it"
