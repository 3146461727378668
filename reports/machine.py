"""A preview for programs: the plan in the form of `pulumi preview --json`, and the findings. The same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rehearsal import Rehearsal
from reports.findings import PlacedFinding


def as_json(rehearsal: Rehearsal, findings: Sequence[PlacedFinding]) -> str:
    document = rehearsal.plan.to_dict() | {
        "findings": [found.to_json() for found in findings],
        "failure": rehearsal.failure,
    }
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
