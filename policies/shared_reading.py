"""Each resource is read once for all rules.

The SDK converts every resource anew for every policy, so twenty rules cost twenty conversions: at a thousand
Deployments about half a second a rule. Here the conversion is shared, and not made at all for a resource whose
properties no rule looks at. What the rules see and report is the same, but that an undecided value of a stack rule is
reported on its resource. The class extended is private to the SDK: under another version `install` does nothing and
the pack runs as it is, only slower.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

import pulumi_policy.policy as sdk
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import proto
from pulumi_policy import (
    EnforcementLevel,
    PolicyProviderResource,
    PolicyResource,
    ResourceValidationArgs,
    StackValidationArgs,
)
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.proxy import unknown_checking_proxy
from pulumi_policy.version import VERSION

from frame import ResourceRule, StackRule, Undecided

KNOWN_SDK = "1.21.0"

AnyRule = TypeVar("AnyRule", ResourceRule, StackRule)


class Properties(Mapping[str, Any]):
    """The properties of a resource, converted when first looked at."""

    def __init__(self, wire: struct_pb2.Struct) -> None:
        self._wire = wire

    @cached_property
    def _converted(self) -> Mapping[str, Any]:
        return unknown_checking_proxy(deserialize_properties(json_format.MessageToDict(self._wire)))

    def __getitem__(self, key: str) -> Any:
        return self._converted[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._converted)

    def __len__(self) -> int:
        return len(self._converted)


class SharedReading(sdk._PolicyAnalyzerServicer):
    """The SDK's server, with the two calls that judge written for this pack's rules."""

    def __init__(self, name: str, version: str, policies: list[sdk.Policy], *rest: Any) -> None:
        super().__init__(name, version, policies, *rest)
        self._pack, self._version, self._policies = name, version, policies

    def Analyze(self, request: Any, _context: Any) -> Any:
        """Judge one resource by every rule on single resources."""
        response = proto.AnalyzeResponse()
        wire = _Wire(request)
        options = self._get_resource_options(request)
        for rule, level in self._enforced(ResourceRule):
            config = self._get_policy_config(rule.name)
            args = ResourceValidationArgs(
                request.type, wire.properties, request.urn, request.name, options, wire.provider, config
            )
            self._judge(rule, args, level, response)
        return response

    def AnalyzeStack(self, request: Any, _context: Any) -> Any:
        """Judge all resources together by every rule on the stack."""
        response = proto.AnalyzeResponse()
        resources = self._related(request.resources)
        for rule, level in self._enforced(StackRule):
            args = StackValidationArgs(resources, self._get_policy_config(rule.name))
            self._judge(rule, args, level, response)
        return response

    def _enforced(self, kind: type[AnyRule]) -> Iterator[tuple[AnyRule, EnforcementLevel]]:
        for rule in self._policies:
            level = self._get_enforcement_level(rule)
            if isinstance(rule, kind) and level is not EnforcementLevel.DISABLED:
                # What a remediation has left to report blocks.
                yield rule, EnforcementLevel.MANDATORY if level is EnforcementLevel.REMEDIATE else level

    def _judge(self, rule: Any, args: Any, level: EnforcementLevel, response: Any) -> None:
        report = self._create_report_violation(response, rule.name, rule.description, level, rule.severity)
        advise = self._create_report_violation(
            response, rule.name, rule.description, EnforcementLevel.ADVISORY, rule.severity
        )
        try:
            rule.validate(args, report)
        except Undecided as undecided:
            for urn, message in undecided.reports:
                advise(message, urn)

    def _related(self, resources: Any) -> list[PolicyResource]:
        by_urn = {each.urn: self._resource(each) for each in resources}
        for each in resources:
            resource = by_urn[each.urn]
            resource.parent = by_urn.get(each.parent)
            resource.dependencies = [by_urn[urn] for urn in each.dependencies if urn in by_urn]
            resource.property_dependencies = {
                key: [by_urn[urn] for urn in named.urns if urn in by_urn]
                for key, named in each.propertyDependencies.items()
            }
        return list(by_urn.values())

    def _resource(self, each: Any) -> PolicyResource:
        wire = _Wire(each)
        options = self._get_resource_options(each)
        return PolicyResource(each.type, wire.properties, each.urn, each.name, options, wire.provider, None, [], {})


class _Wire:
    """The parts of a message that are worth converting late."""

    def __init__(self, message: Any) -> None:
        self.properties = Properties(message.properties)
        self.provider: PolicyProviderResource | None = None
        if message.HasField("provider"):
            provider = message.provider
            self.provider = PolicyProviderResource(
                provider.type, Properties(provider.properties), provider.urn, provider.name
            )


def install() -> None:
    """Let `PolicyPack` serve through `SharedReading`."""
    if VERSION == KNOWN_SDK:
        sdk._PolicyAnalyzerServicer = SharedReading
