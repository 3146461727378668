"""Renders a preview for programs: the plan in the form of `pulumi preview --json`, and the findings. The output is
deterministic."""

from __future__ import annotations

import json
from collections.abc import Sequence

from slipway.cost import Difference as CostDifference
from slipway.rehearsal import Rehearsal
from slipway.rehearsal.difference import Difference
from slipway.reports import cost, difference
from slipway.reports.applied import Applied
from slipway.reports.findings import LocatedFinding
from slipway.reports.policy_changes import PolicyChange


def as_json(
    rehearsal: Rehearsal,
    findings: Sequence[LocatedFinding],
    changes: Sequence[PolicyChange] | None = None,
    changed: Difference | None = None,
    told: Applied | None = None,
    costs: CostDifference | None = None,
) -> str:
    """Return the JSON document. Changes of the policy pack come first; without a base they are left out."""
    document = rehearsal.plan.to_dict() | {
        "findings": [found.to_json() for found in findings],
        "failure": rehearsal.failure,
        "judgedBy": [
            {"pack": each.pack, "version": each.version, "rules": each.rules, "rulesInForce": each.in_force}
            for each in rehearsal.judged_by
        ],
    }
    if changed is not None:
        document["difference"] = difference.as_json(changed)
    if told is not None:
        document["applied"] = told.to_json()
    if costs is not None:
        document["cost"] = cost.as_json(costs.after, costs)
    first = {} if changes is None else {"policyChanges": [each.to_json() for each in changes]}
    rest = json.loads(json.dumps(document, sort_keys=True))
    return json.dumps({**first, **rest}, indent=2, ensure_ascii=False)
