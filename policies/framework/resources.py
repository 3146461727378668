"""Resources in the form that rules read."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pulumi_policy import PolicyResource, PolicyResourceOptions, ResourceValidationArgs

from framework.reading import Property

_VERSION = re.compile(r"/v\d{8}(preview|privatepreview)?(?=:)")
_SOURCE = re.compile(r"[\w./-]+:[\w.:\[\]-]*")


@cache
def unversioned(resource_type: str) -> str:
    """Return a type without its API version: `provider:storage:Account`."""
    return _VERSION.sub("", resource_type)


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a resource that policies receive, besides those in `Resource`."""

    delete_before_replace: bool = False
    timeouts: Mapping[str, float] = field(default_factory=dict)
    """Seconds by operation, without the provider's defaults."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Resource:
    """A resource: inputs in a rule on one resource, outputs in a rule on the stack."""

    type: str
    """The type without its API version."""
    name: str
    urn: str
    properties: Property
    protected: bool = False
    """Whether the option `protect` is set."""
    aliases: Sequence[str] = ()
    """Its previous URNs."""
    ignored: Sequence[str] = ()
    """Paths of inputs whose changes are ignored: they apply only at creation."""
    provider: str = ""
    """URN of its provider, which distinguishes clusters."""
    parent: str = ""
    """URN of its parent component; empty in a rule on one resource."""
    options: Options = field(default_factory=Options)
    """Its other options."""
    dependencies: frozenset[str] = frozenset()
    """URNs of the resources that it depends on."""
    secrets: Callable[[], Collection[str]] = tuple
    """Paths of secret values; empty if the SDK's own server reads the properties (see `serving`)."""

    def __getitem__(self, key: str) -> Property:
        return self.properties[key]

    @property
    def token(self) -> str:
        """Its type with the API version, as in the program."""
        return self.urn.split("::", 3)[2].rpartition("$")[2] if self.urn.count("::") > 2 else self.type

    def __str__(self) -> str:
        return f"{self.name} ({self.type})"

    def is_secret(self, found: Property) -> bool:
        """Return whether a property, or a value that contains it, is secret."""
        marked = self.secrets()
        return bool(marked) and any(f"{found.path}.".startswith((f"{each}.", f"{each}[")) for each in marked)

    @property
    def package(self) -> str:
        """The first part of its type: `kubernetes`, `random`, or a cloud's package."""
        return self.type.partition(":")[0]

    def annotation(self, name: str) -> Property:
        """Return Slipway's annotation or tag on it: `source`, `backup-retention`, …; some clouds allow no `/` in tag
        keys."""
        if self.package == "kubernetes":
            return self.properties["metadata"]["annotations"][f"slipway.dev/{name}"]
        tags = self.properties["tags"]
        tag = tags[f"slipway.dev/{name}"]
        return tags[f"slipway-{name}"] if tag.missing else tag

    @property
    def source(self) -> str:
        """The place that declares it, such as `systems/fleet/system.yaml:services.api`; empty if it has no source."""
        pointer = self.annotation("source").text or ""
        return pointer if _SOURCE.fullmatch(pointer) else ""


def of_inputs(args: ResourceValidationArgs) -> Resource:
    """Create a resource from its inputs, before it exists."""
    _inputs[args.urn] = args.props
    return _resource(args, args.props)


def of_outputs(args: PolicyResource) -> Resource:
    """Create a resource of the whole stack. An unconfigured provider returns no outputs; its inputs are used instead."""
    return _resource(args, args.props if len(args.props) else _inputs.get(args.urn, args.props))


def given_inputs(urn: str) -> Any:
    """Return the inputs of a resource that was judged before; None if there was none."""
    return _inputs.get(urn)


_inputs: dict[str, Any] = {}
"""Inputs of all resources of the run by URN: the engine sends them before it sends the stack."""


def _resource(args: ResourceValidationArgs | PolicyResource, properties: Any) -> Resource:
    related = args if isinstance(args, PolicyResource) else None
    return Resource(
        type=unversioned(args.resource_type),
        name=args.name,
        urn=args.urn,
        properties=Property(properties),
        protected=args.opts.protect,
        aliases=args.opts.aliases,
        ignored=args.opts.ignore_changes,
        options=Options(delete_before_replace=bool(args.opts.delete_before_replace), timeouts=_timeouts(args.opts)),
        provider=args.provider.urn if args.provider else "",
        parent=related.parent.urn if related and related.parent else "",
        dependencies=frozenset(each.urn for each in related.dependencies) if related else frozenset(),
        secrets=getattr(properties, "secrets", tuple),
    )


def _timeouts(options: PolicyResourceOptions) -> Mapping[str, float]:
    timeouts = options.custom_timeouts
    found = {name: getattr(timeouts, f"{name}_seconds", 0) for name in ("create", "update", "delete")}
    return {name: seconds for name, seconds in found.items() if seconds}
