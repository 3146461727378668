"""Levels and thresholds of a policy pack, reconciled as the engine does it.

The pack's initial configuration overrides the defaults of each policy, and the file's overrides both. `all` sets the
level of every policy. Unlike the engine, a policy that the pack does not have is refused.

Engine: pkg/resource/analyzer/config.go (ReconcilePolicyPackConfig).
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2

from slipway.rehearsal.errors import PackConfigError

LEVELS = {
    "advisory": analyzer_pb2.ADVISORY,
    "mandatory": analyzer_pb2.MANDATORY,
    "disabled": analyzer_pb2.DISABLED,
    "remediate": analyzer_pb2.REMEDIATE,
}
LEVEL_NAMES = {number: name for name, number in LEVELS.items()}
_LEVEL_KEY = "enforcementLevel"


@dataclass(frozen=True)
class PolicyConfig:
    """The level and the properties of a policy."""

    level: str = ""
    """Empty in a layer that does not set it."""
    properties: Mapping[str, Any] = field(default_factory=dict)

    def under(self, other: PolicyConfig) -> PolicyConfig:
        """Return this configuration overridden by `other`."""
        return PolicyConfig(other.level or self.level, {**self.properties, **other.properties})

    def to_proto(self) -> analyzer_pb2.PolicyConfig:
        """Return the message that `Configure` takes."""
        config = analyzer_pb2.PolicyConfig(enforcementLevel=LEVELS[self.level])
        config.properties.update(self.properties)
        return config


def reconciled(info: analyzer_pb2.AnalyzerInfo, given: Mapping[str, Any]) -> dict[str, PolicyConfig]:
    """Return the configuration of every policy; one `PackConfigError` reports all problems of `given`."""
    problems: list[str] = []
    layers = [_initial(info), _parsed(given, [policy.name for policy in info.policies], problems)]
    result = {}
    for policy in info.policies:
        config = PolicyConfig(LEVEL_NAMES[policy.enforcementLevel], _defaults(policy))
        for layer in layers:
            everyone = PolicyConfig(layer["all"].level) if "all" in layer else PolicyConfig()
            config = config.under(everyone).under(layer.get(policy.name, PolicyConfig()))
        problems += _mismatches(policy, config.properties)
        result[policy.name] = config
    if problems:
        raise PackConfigError("\n".join(f"policy pack {info.name}: {problem}" for problem in problems))
    return result


def _initial(info: analyzer_pb2.AnalyzerInfo) -> dict[str, PolicyConfig]:
    return {
        name: PolicyConfig(LEVEL_NAMES[config.enforcementLevel], json_format.MessageToDict(config.properties))
        for name, config in info.initialConfig.items()
    }


def _parsed(given: Mapping[str, Any], known: list[str], problems: list[str]) -> dict[str, PolicyConfig]:
    layer = {}
    for name, entry in given.items():
        if name not in known and name != "all":
            problems.append(f"{name} is not a policy of the pack{_hint(name, known)}")
        elif not isinstance(entry, str | Mapping):
            problems.append(f"{name} is neither a level nor a mapping, for example {name}: advisory")
        else:
            layer[name] = _entry(name, entry, problems)
    return layer


def _entry(name: str, entry: str | Mapping[str, Any], problems: list[str]) -> PolicyConfig:
    properties: dict[str, Any] = {_LEVEL_KEY: entry} if isinstance(entry, str) else dict(entry)
    level = properties.pop(_LEVEL_KEY, "")
    if level and (not isinstance(level, str) or level not in LEVELS):
        problems.append(f"{name}: {level!r} is not a level; levels are {', '.join(LEVELS)}")
        level = ""
    return PolicyConfig(level, properties)


def _hint(name: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {nearest[0]}?" if nearest else f"; it has {', '.join(known)}"


def _defaults(policy: analyzer_pb2.PolicyInfo) -> dict[str, Any]:
    schemas = json_format.MessageToDict(policy.configSchema.properties)
    return {name: schema["default"] for name, schema in schemas.items() if "default" in schema}


def _mismatches(policy: analyzer_pb2.PolicyInfo, properties: Mapping[str, Any]) -> list[str]:
    """Return the violations of the policy's JSON Schema by its properties, including its own defaults."""
    required = list(policy.configSchema.required)
    if not required and not properties:
        return []
    from jsonschema import Draft7Validator

    schema = {
        "type": "object",
        "properties": json_format.MessageToDict(policy.configSchema.properties),
        "required": required,
    }
    errors = sorted(Draft7Validator(schema).iter_errors(dict(properties)), key=lambda error: error.json_path)
    return [f"{'.'.join([policy.name, *map(str, error.absolute_path)])}: {error.message}" for error in errors]
