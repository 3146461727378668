"""`python -m slipway.scanners`: run independent scanners over the plan of every stack.

The exit status is 1 for a finding without an answer in `policies/scanners.yaml`, and for an answer without a finding.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from slipway.cli.selection import select
from slipway.reports import scanner_answers
from slipway.scanners import checkov, kube_score
from slipway.scanners.plans import Document, write
from slipway.scanners.scanner_findings import Finding, idle, unanswered
from slipway.settings.exit_statuses import BAD_INPUT
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project


def main() -> int:
    """Scan, print the findings, and return the exit status."""
    project = find_project(Path())
    answered = scanner_answers.read(project.root)
    with tempfile.TemporaryDirectory() as folder:
        documents = [each for stack in project.stacks() for each in _planned(stack, Path(folder))]
        ran, findings = _scan(documents)
    wrong = [*map(str, unanswered(findings, answered)), *idle(answered, findings, ran)]
    print("\n".join(wrong) or "Every finding is answered, and every answer is needed.")
    return 1 if wrong else 0


def _planned(stack: str, folder: Path) -> Iterator[Document]:
    rehearsal = select(Path(), stack, None).rehearse(policies=False)
    if rehearsal.failure:
        raise SystemExit(str(rehearsal.failure))
    return write(rehearsal.plan, folder / stack)


def _scan(documents: Sequence[Document]) -> tuple[list[str], list[Finding]]:
    """Return the scanners that ran, and their findings."""
    objects = [each for each in documents if each.framework == "kubernetes"]
    found = {checkov.NAME: _findings(checkov.scan, documents)}
    if kube_score.PROGRAM.is_file():
        found[kube_score.NAME] = _findings(kube_score.scan, objects)
    else:
        print("kube-score: not run: no go")
    for name, findings in found.items():
        print(f"{name}: {len(findings)} findings on {len({each.stack for each in documents})} stacks")
    return list(found), [each for findings in found.values() for each in findings]


def _findings(scan: Callable[[Document], Iterable[Finding]], documents: Sequence[Document]) -> list[Finding]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [each for found in pool.map(lambda document: list(scan(document)), documents) for each in found]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InvalidSettings as error:
        print(error, file=sys.stderr)
        sys.exit(BAD_INPUT)
