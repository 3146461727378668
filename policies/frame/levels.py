"""Levels and thresholds of the stack at hand, from `stacks.yaml`.

They are handed to the engine as the pack's initial configuration: the engine checks thresholds against each rule's
JSON Schema and lays a `--policy-pack-config` file over them. So the same levels hold under `slipway` and `pulumi`.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pulumi_policy import EnforcementLevel

from frame.declaring import ResourceRule, Rule

FILE = Path(__file__).parents[1] / "stacks.yaml"


class StacksError(Exception):
    """`stacks.yaml` says what no rule understands."""


def configuration(rules: Sequence[Rule]) -> dict[str, EnforcementLevel | dict[str, Any]]:
    """The initial configuration of every rule for the stack named by `PULUMI_STACK`."""
    return of_stack(os.environ.get("PULUMI_STACK", ""), rules)


def of_stack(stack: str, rules: Sequence[Rule]) -> dict[str, EnforcementLevel | dict[str, Any]]:
    """The same for any stack. Raises StacksError.

    Every rule gets its level in so many words: on the wire an entry without one means advisory.
    """
    document = yaml.safe_load(FILE.read_text(encoding="utf-8")) or {}
    _refuse_unknown(document, ["default", "stacks"], "part of the file")
    layers = [document.get("default") or {}, (document.get("stacks") or {}).get(stack) or {}]
    return {rule.name: _of_rule(rule, rules, layers) for rule in rules}


def _of_rule(rule: Rule, rules: Sequence[Rule], layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {"enforcementLevel": EnforcementLevel.MANDATORY}
    for layer in layers:
        _refuse_unknown(layer, [*(each.name for each in rules), "all"], "rule")
        for name in ("all", rule.name):
            result |= _entry(layer.get(name, {}), rule)
    return result


def _entry(entry: str | Mapping[str, Any], rule: Rule) -> dict[str, Any]:
    """A level alone, or a mapping of `enforcementLevel` and thresholds."""
    values: dict[str, Any] = {"enforcementLevel": entry} if isinstance(entry, str) else dict(entry)
    thresholds = rule.config_schema.properties if rule.config_schema else {}
    _refuse_unknown(values, [*thresholds, "enforcementLevel"], f"setting of {rule.name}")
    if "enforcementLevel" in values:
        values["enforcementLevel"] = _level(values["enforcementLevel"], rule)
    return values


def _level(name: str, rule: Rule) -> EnforcementLevel:
    levels = [level.value for level in EnforcementLevel if level is not EnforcementLevel.REMEDIATE or _remedies(rule)]
    _refuse_unknown([name], levels, f"level of {rule.name}")
    return EnforcementLevel(name)


def _remedies(rule: Rule) -> bool:
    return isinstance(rule, ResourceRule) and rule.remedies


def _refuse_unknown(given: Mapping[str, Any] | Sequence[str], known: Sequence[str], what: str) -> None:
    for name in given:
        if name not in known:
            nearest = difflib.get_close_matches(str(name), known, n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(known)}"
            raise StacksError(f"policies/{FILE.name}: {name} is no {what}; {hint}")
