"""Renders a preview for programs: the plan in the form of `pulumi preview --json`, and the findings. The output is
deterministic."""

from __future__ import annotations

import json
from collections.abc import Sequence

from slipway.cost import Difference as CostDifference
from slipway.rehearsal import Rehearsal
from slipway.rehearsal.difference import Difference
from slipway.reports import cost, difference, existing, openings, without_effect
from slipway.reports.applied import Applied
from slipway.reports.grouped_findings import LocatedFinding
from slipway.reports.policy_changes import PolicyChange
from slipway.settings.stacks import Stack


def as_json(
    stack: Stack,
    rehearsal: Rehearsal,
    findings: Sequence[LocatedFinding],
    changes: Sequence[PolicyChange] | None = None,
    changed: Difference | None = None,
    reported: Applied | None = None,
    costs: CostDifference | None = None,
) -> str:
    """Return the JSON document. Changes of the policy pack come first; without a base they are left out."""
    document = rehearsal.plan.to_dict() | {
        "findings": [found.to_json() for found in findings],
        "failure": rehearsal.failure,
        "evaluatedBy": [
            {"pack": each.pack, "version": each.version, "rules": each.rules, "rulesInForce": each.in_force}
            for each in rehearsal.evaluated_by
        ],
        "openedToServices": list(openings.lines(stack)),
        "grantedToServices": list(openings.granted(stack)),
        "notEvaluated": list(existing.lines(stack)),
        "withoutEffect": list(without_effect.lines(stack)),
    }
    if changed is not None:
        document["difference"] = difference.as_json(changed)
    if reported is not None:
        document["applied"] = reported.to_json()
    if costs is not None:
        document["cost"] = cost.as_json(costs.after, costs)
    first = {} if changes is None else {"policyChanges": [each.to_json() for each in changes]}
    rest = json.loads(json.dumps(document, sort_keys=True))
    return json.dumps({**first, **rest}, indent=2, ensure_ascii=False)
