"""What the pack holds, as JSON on standard output: `python policies/catalogue.py STACK…`.

For whoever lists or documents the rules without an engine; the levels are those of the stacks named.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import rules
from frame import exemptions
from frame.declaring import ResourceRule, Rule
from frame.levels import StacksError, of_stack


def catalogue(stacks: Sequence[str]) -> dict[str, Any]:
    """Every rule, by concern. Raises StacksError and ExemptionsError."""
    levels = {stack: of_stack(stack, rules.every()) for stack in stacks}
    exemptions.refuse_unknown([each.name for each in rules.every()])
    return {
        concern: {
            "about": (inspect.getdoc(import_module(f"rules.{concern}")) or "").split("\n")[0],
            "rules": [_rule(each) | {"levels": _levels(each, levels)} for each in found],
        }
        for concern, found in rules.by_concern().items()
    }


def _rule(rule: Rule) -> dict[str, Any]:
    declared = rule.declaration
    return {
        "name": declared.name,
        "description": declared.description,
        "why": declared.why,
        "clauses": list(declared.clauses),
        "severity": declared.severity.value,
        "types": sorted(declared.types),
        "of": "resource" if isinstance(rule, ResourceRule) else "stack",
        "remedies": isinstance(rule, ResourceRule) and rule.remedies,
        "thresholds": dict(declared.schema),
    }


def _levels(rule: Rule, of: dict[str, Any]) -> dict[str, str]:
    return {stack: levels[rule.name]["enforcementLevel"].value for stack, levels in of.items()}


if __name__ == "__main__":
    try:
        print(json.dumps(catalogue(sys.argv[1:]), ensure_ascii=False))
    except (StacksError, exemptions.ExemptionsError) as error:
        sys.exit(str(error))
