"""Resources as rules see them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pulumi_policy import PolicyResource, ResourceValidationArgs

from frame.reading import Absence, Property

_VERSION = re.compile(r"/v\d{8}(preview|privatepreview)?(?=:)")
_SOURCE = re.compile(r"[\w./-]+:[\w.:\[\]-]*")

NOTES: Mapping[str, Callable[[Property, str], Property]] = {
    "kubernetes": lambda properties, name: properties["metadata"]["annotations"][f"slipway.dev/{name}"],
    "aws": lambda properties, name: properties["tags"][f"slipway.dev/{name}"],
    "azure-native": lambda properties, name: properties["tags"][f"slipway-{name}"],
}
"""Where a resource of each package carries what Slipway notes on it. Azure allows no `/` in the name of a tag."""


@cache
def unversioned(resource_type: str) -> str:
    """A type without the version of its API: `azure-native:dbforpostgresql:Server`."""
    return _VERSION.sub("", resource_type)


@dataclass(frozen=True, eq=False, kw_only=True)
class Resource:
    """A resource as rules see it: inputs in a rule on one resource, outputs in a rule on the stack."""

    type: str
    """Without the version of an API."""
    name: str
    urn: str
    properties: Property
    protected: bool = False
    """Whether Pulumi refuses to delete it."""
    aliases: Sequence[str] = ()
    """URNs that it had before."""
    provider: str = ""
    """URN of its provider, which tells clusters apart."""
    parent: str = ""
    """URN of the component that made it."""
    dependencies: frozenset[str] = frozenset()
    """URNs of what it was made from."""
    secrets: Callable[[], Collection[str]] = tuple
    """Paths of what is marked secret; none if the SDK's own server reads the properties (see `serving`)."""

    def __getitem__(self, key: str) -> Property:
        return self.properties[key]

    def __str__(self) -> str:
        return f"{self.name} ({self.type})"

    def is_secret(self, found: Property) -> bool:
        """Whether a property is marked secret, or stands in what is."""
        return any(f"{found.path}.".startswith((f"{each}.", f"{each}[")) for each in self.secrets())

    @property
    def package(self) -> str:
        """The first part of its type: `aws`, `azure-native`, `kubernetes`."""
        return self.type.partition(":")[0]

    def note(self, name: str) -> Property:
        """What Slipway noted on it: `source`, `backup-retention`, …"""
        read = NOTES.get(self.package)
        return read(self.properties, name) if read else Property(Absence.MISSING)

    @property
    def source(self) -> str:
        """The place that declares it, such as `systems/fleet/system.yaml:services.api`; empty if it does not say."""
        pointer = self.note("source").text or ""
        return pointer if _SOURCE.fullmatch(pointer) else ""


def of_inputs(args: ResourceValidationArgs) -> Resource:
    """A resource alone, before it is created."""
    _inputs[args.urn] = args.props
    return _resource(args, args.props)


def of_outputs(args: PolicyResource) -> Resource:
    """A resource of the whole stack. A provider that is not configured gave no outputs: then its inputs count."""
    return _resource(args, args.props if len(args.props) else _inputs.get(args.urn, args.props))


_inputs: dict[str, Any] = {}
"""By URN, of every resource of the run: the engine tells them before it tells the stack."""


def _resource(args: ResourceValidationArgs | PolicyResource, properties: Any) -> Resource:
    related = args if isinstance(args, PolicyResource) else None
    return Resource(
        type=unversioned(args.resource_type),
        name=args.name,
        urn=args.urn,
        properties=Property(properties),
        protected=args.opts.protect,
        aliases=args.opts.aliases,
        provider=args.provider.urn if args.provider else "",
        parent=related.parent.urn if related and related.parent else "",
        dependencies=frozenset(each.urn for each in related.dependencies) if related else frozenset(),
        secrets=getattr(properties, "secrets", tuple),
    )
