"""Levels and thresholds of the current stack, from `stacks.yaml`.

The strictness of a rule depends on a stack's environment, never on its name, which can be chosen freely. A stack that
is not declared as staging or local is checked as production.

The engine receives them as the pack's initial configuration: it validates thresholds against each rule's JSON Schema
and applies a `--policy-pack-config` file on top. So the same levels apply under `slipway` and `pulumi`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy import EnforcementLevel

from framework import context, data
from framework.declaring import ResourceRule, Rule

FILE = data.FOLDER / "stacks.yaml"
PRODUCTION = "production"
ENVIRONMENTS = (PRODUCTION, "staging", "local")


class StacksError(Exception):
    """Invalid content of `stacks.yaml`."""


def configuration(rules: Sequence[Rule]) -> dict[str, EnforcementLevel | dict[str, Any]]:
    """Return the initial configuration of every rule for the stack that Pulumi names."""
    return of_stack(context.STACK, context.ENVIRONMENT, rules)


def of_stack(stack: str, environment: str, rules: Sequence[Rule]) -> dict[str, EnforcementLevel | dict[str, Any]]:
    """Return the configuration for any stack. Raises StacksError.

    Every rule gets an explicit level: on the wire, an entry without one means advisory.
    """
    if not FILE.is_file():
        raise StacksError(f"policies/{FILE.name}: does not exist: no rule has a level for this project")
    try:
        document = _mapping(data.read(FILE), "the file")
    except data.UnreadableError as error:
        raise StacksError(str(error)) from None
    _refuse_unknown(document, ["default", "environments", "stacks"], "part of the file")
    environments, stacks = (_mapping(document.get(each), each) for each in ("environments", "stacks"))
    _refuse_unknown(environments, ENVIRONMENTS, "environment")
    for name, layer in stacks.items():
        _refuse_levels(name, _mapping(layer, f"stacks.{name}"))
    _refuse_unknown_stacks(stacks)
    own = environment if environment in ENVIRONMENTS else PRODUCTION
    layers = [
        _mapping(document.get("default"), "default"),
        _mapping(environments.get(own), f"environments.{own}"),
        _mapping(stacks.get(stack), f"stacks.{stack}"),
    ]
    return {rule.name: _of_rule(rule, rules, layers) for rule in rules}


def _mapping(found: Any, what: str) -> Mapping[str, Any]:
    """Return a part of the file; an empty one says nothing. Raises StacksError."""
    if found is not None and not isinstance(found, Mapping):
        raise StacksError(f"policies/{FILE.name}: {what}: is not a mapping of keys")
    return found or {}


def _refuse_unknown_stacks(stacks: Mapping[str, Any]) -> None:
    """Refuse thresholds that apply to no stack. The stacks of a program that is not Slipway's, which have no clusters, may be
    without a file."""
    project = data.FOLDER.resolve().parent
    if context.clusters() and (project / "Pulumi.yaml").is_file():
        files = (each.name for each in project.glob("Pulumi.*.yaml"))
        known = {each.removeprefix("Pulumi.").removesuffix(".yaml") for each in files}
        _refuse_unknown(stacks, sorted({*known, context.STACK}), "stack of the project")


def _refuse_levels(stack: str, layer: Mapping[str, Any]) -> None:
    for name, entry in layer.items():
        if name == "all" or not isinstance(entry, Mapping) or "enforcementLevel" in entry:
            raise StacksError(
                f"policies/{FILE.name}: stacks.{stack}.{name}: a stack has thresholds only; levels follow its "
                "environment: set them under `environments`"
            )


def _of_rule(rule: Rule, rules: Sequence[Rule], layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    is_advice = rule.declaration.is_advice
    result: dict[str, Any] = {
        "enforcementLevel": EnforcementLevel.ADVISORY if is_advice else EnforcementLevel.MANDATORY
    }
    for layer in layers:
        _refuse_unknown(layer, [*(each.name for each in rules), "all"], "rule")
        of_all = _entry(layer.get("all", {}), rule)
        if not (is_advice and of_all.get("enforcementLevel") is EnforcementLevel.MANDATORY):
            result |= of_all
        result |= _entry(layer.get(rule.name, {}), rule)
    return result


def _entry(entry: str | Mapping[str, Any], rule: Rule) -> dict[str, Any]:
    """Return the entry of a rule: a level alone, or a mapping of `enforcementLevel` and thresholds."""
    if not isinstance(entry, str | Mapping):
        raise StacksError(f"policies/{FILE.name}: {rule.name}: is neither a level nor a mapping, for example advisory")
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
            hint = f"did you mean {nearest[0]}?" if nearest else f"choose {', '.join(known)}"
            article = "an" if what[0] in "aeiou" else "a"
            raise StacksError(f"policies/{FILE.name}: {name} is not {article} {what}; {hint}")
