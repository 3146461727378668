"""Prints the rules of the pack as JSON: `python policies/catalogue.py STACK=ENVIRONMENT…`.

For tools that list or document the rules without an engine; the levels are those of the named stacks.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import rules
from framework import exemptions
from framework.declaring import ResourceRule, Rule
from framework.levels import StacksError, of_stack


def catalogue(stacks: Mapping[str, str]) -> dict[str, Any]:
    """Return every rule, by concern; `stacks` has the environment of each. Raises StacksError and ExemptionsError."""
    levels = {stack: of_stack(stack, environment, rules.every()) for stack, environment in stacks.items()}
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
        print(json.dumps(catalogue(dict(each.split("=", 1) for each in sys.argv[1:])), ensure_ascii=False))
    except (StacksError, exemptions.ExemptionsError) as error:
        sys.exit(str(error))
