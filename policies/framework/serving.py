"""Reads each resource once for all rules.

The SDK converts every resource again for every policy, so twenty rules cost twenty conversions: at a thousand
Deployments about half a second per rule. Here rules share one conversion, and a resource that no rule reads is not
converted. The behaviour is otherwise the same, except that an undecided value of a stack rule is reported on its
resource. The extended class is private to the SDK: under another version the pack does not start.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any

import pulumi_policy.policy as sdk
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import proto
from pulumi_policy import (
    EnforcementLevel,
    PolicyProviderResource,
    PolicyResource,
    ResourceValidationArgs,
)
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY, deserialize_properties
from pulumi_policy.version import VERSION

from framework import embedded
from framework.declaring import Additions, ResourceRule, StackRule
from framework.reading import path_below
from framework.resources import Resource, given_inputs, of_inputs, of_outputs
from framework.verdicts import Advice

KNOWN_SDK = "1.21.0"


class Properties(Mapping[str, Any]):
    """The properties of a resource, converted on first access."""

    def __init__(self, wire: struct_pb2.Struct) -> None:
        self._wire = wire

    @cached_property
    def _plain(self) -> Mapping[str, Any]:
        return json_format.MessageToDict(self._wire)

    @cached_property
    def _converted(self) -> Mapping[str, Any]:
        return deserialize_properties(dict(self._plain))

    def secrets(self) -> Collection[str]:
        """Paths of secret values, which the conversion drops."""
        return self._secrets

    @cached_property
    def _secrets(self) -> Collection[str]:
        holds_any = SPECIAL_SECRET_SIG.encode() in self._wire.SerializeToString()
        return tuple(_secret_paths(self._plain, "")) if holds_any else ()

    def __getitem__(self, key: str) -> Any:
        return self._converted[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._converted)

    def __len__(self) -> int:
        return len(self._wire.fields)

    def converted_before(self, earlier: Any) -> Properties:
        """Return `earlier` if it is the same message, since it has been converted; a preview's outputs are mostly inputs."""
        return earlier if isinstance(earlier, Properties) and self._wire == earlier._wire else self


def _secret_paths(value: Any, path: str) -> Iterator[str]:
    """Return the paths of the outermost secrets in a value on the wire."""
    if isinstance(value, dict) and value.get(SPECIAL_SIG_KEY) == SPECIAL_SECRET_SIG:
        yield path
        return
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from _secret_paths(each, path_below(path, key))


class SharedReading(sdk._PolicyAnalyzerServicer):
    """The SDK's server with this pack's own versions of the three calls that check and remediate."""

    def __init__(self, name: str, version: str, policies: list[sdk.Policy], *rest: Any) -> None:
        super().__init__(name, version, policies, *rest)
        self._pack, self._version, self._policies = name, version, policies

    def Remediate(self, request: Any, _context: Any) -> Any:
        """Add the values that rules of the level `remediate` require; the rest of the resource is returned as received."""
        response = proto.RemediateResponse()
        for rule in self._covering(request.type):
            if rule.remedies and self._get_enforcement_level(rule) is EnforcementLevel.REMEDIATE:
                additions = rule.remedied(self._alone(request), self._get_policy_config(rule.name) or {})
                if additions:
                    _add(request.properties, additions)
                    response.remediations.append(
                        proto.Remediation(
                            policyName=rule.name,
                            policyPackName=self._pack,
                            policyPackVersion=self._version,
                            description=rule.description,
                            properties=request.properties,
                        )
                    )
        return response

    def Analyze(self, request: Any, _context: Any) -> Any:
        """Check one resource by every rule on single resources."""
        response = proto.AnalyzeResponse()
        for rule, resource in self._evaluated(request):
            self._evaluate(rule, resource, response)
        return response

    def AnalyzeStack(self, request: Any, _context: Any) -> Any:
        """Check all resources together by every rule on the stack."""
        response = proto.AnalyzeResponse()
        resources = self._related(request.resources)
        for rule in self._policies:
            if isinstance(rule, StackRule):
                self._evaluate(rule, resources, response)
        return response

    def _covering(self, resource_type: str) -> Sequence[ResourceRule]:
        return _covering(tuple(self._policies), resource_type)

    def _evaluated(self, request: Any) -> Iterator[tuple[ResourceRule, Resource]]:
        """Return the resource, and the objects that it contains, each with the rules that cover it."""
        resource = self._alone(request)
        for each in (resource, *embedded.of_one(resource)):
            yield from ((rule, each) for rule in self._covering(each.type))

    def _alone(self, request: Any) -> Resource:
        wire = _Wire(request)
        options = self._get_resource_options(request)
        return of_inputs(
            ResourceValidationArgs(request.type, wire.properties, request.urn, request.name, options, wire.provider, {})
        )

    def _evaluate(self, rule: Any, subject: Any, response: Any) -> None:
        level = self._get_enforcement_level(rule)
        if level is EnforcementLevel.DISABLED:
            return
        # A violation that remains after remediation blocks.
        level = EnforcementLevel.MANDATORY if level is EnforcementLevel.REMEDIATE else level
        report, advise = (
            self._create_report_violation(response, rule.name, rule.description, each, rule.severity)
            for each in (level, EnforcementLevel.ADVISORY)
        )
        try:
            rule.evaluate(subject, self._get_policy_config(rule.name) or {}, report)
        except Advice as advice:
            for urn, message in advice.reports:
                advise(message, urn)

    def _related(self, resources: Any) -> list[Resource]:
        by_urn = {each.urn: self._resource(each) for each in resources}
        for each in resources:
            resource = by_urn[each.urn]
            resource.parent = by_urn.get(each.parent)
            resource.dependencies = [by_urn[urn] for urn in each.dependencies if urn in by_urn]
        found = [of_outputs(each) for each in by_urn.values()]
        return [*found, *(inside for each in found for inside in embedded.of_stack(each))]

    def _resource(self, each: Any) -> PolicyResource:
        wire = _Wire(each)
        options = self._get_resource_options(each)
        properties = wire.properties.converted_before(given_inputs(each.urn))
        return PolicyResource(each.type, properties, each.urn, each.name, options, wire.provider, None, [], {})


class _Wire:
    """The parts of a message that are expensive to convert."""

    def __init__(self, message: Any) -> None:
        self.properties = Properties(message.properties)
        self.provider: PolicyProviderResource | None = None
        if message.HasField("provider"):
            provider = message.provider
            self.provider = PolicyProviderResource(
                provider.type, Properties(provider.properties), provider.urn, provider.name
            )


@cache
def _covering(rules: tuple[sdk.Policy, ...], resource_type: str) -> Sequence[ResourceRule]:
    return [each for each in rules if isinstance(each, ResourceRule) and each.declaration.covers(resource_type)]


def _add(properties: struct_pb2.Struct, additions: Additions) -> None:
    for path, text in additions.items():
        parent = properties
        for key in path[:-1]:
            parent = _opened(parent.fields[key].struct_value)
        parent.fields[path[-1]].string_value = text


def _opened(value: struct_pb2.Struct) -> struct_pb2.Struct:
    """Return the content of a secret, or the value itself: an addition goes inside the secret."""
    is_secret = SPECIAL_SIG_KEY in value.fields and value.fields[SPECIAL_SIG_KEY].string_value == SPECIAL_SECRET_SIG
    return _opened(value.fields["value"].struct_value) if is_secret else value


class SdkError(Exception):
    """The SDK's version is not the one that the pack supports."""


def install() -> None:
    """Make `PolicyPack` serve through `SharedReading`. Raises SdkError under any other version of the SDK."""
    if VERSION != KNOWN_SDK:
        raise SdkError(f"pulumi-policy {VERSION} is installed, but the pack needs {KNOWN_SDK}: install that version")
    sdk._PolicyAnalyzerServicer = SharedReading
