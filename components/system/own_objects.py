"""Kubernetes objects of a system's own, each a resource of the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.manifests import own_objects
from components.manifests.scope import Scope
from slipway.settings.kinds import group_of
from slipway.settings.problems import InvalidSettings
from slipway.settings.stacks import DeployedSystem

Identity = tuple[str, str, str, str]
"""API group, kind, namespace and name."""


@dataclass(frozen=True)
class Made:
    """The objects that the program makes itself below a component, by identity."""

    identities: set[Identity] = field(default_factory=set)

    def note(self, asked: pulumi.ResourceTransformationArgs) -> None:
        """Notes an object; a transformation that changes nothing."""
        package, _, kind = asked.type_.partition(":")
        version, _, name = kind.rpartition(":")
        metadata = asked.props.get("metadata")
        if package == "kubernetes" and metadata is not None:
            found = [_text(metadata, "namespace"), _text(metadata, "name")]
            self.identities.add((group_of(version.removeprefix("core/")), name, *found))  # type: ignore[arg-type]


def _text(metadata: Any, key: str) -> str:
    value = metadata.get(key) if isinstance(metadata, Mapping) else getattr(metadata, key)
    return value if isinstance(value, str) else ""


@dataclass(frozen=True, kw_only=True)
class OwnObjectsArgs:
    scope: Scope
    deployed: DeployedSystem
    made: Made
    """What the program made for the system before."""
    protect: bool
    """Whether objects that hold data have Pulumi's protect option."""
    depends_on: Sequence[pulumi.Resource]


class OwnObjects(pulumi.ComponentResource):
    """Creates the objects of a system's `manifests`. They belong to no slot: a release neither tests nor moves them."""

    def __init__(self, name: str, args: OwnObjectsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Manifests", name, opts=opts)
        deployed, scope = args.deployed, args.scope
        _refuse_made(args)
        for each in deployed.manifests:
            namespace = own_objects.namespace(deployed, each)
            pulumi.CustomResource(
                own_objects.token(each),
                own_objects.logical_name(scope, each, namespace),
                own_objects.body(scope, each, namespace),
                pulumi.ResourceOptions(
                    parent=self, depends_on=list(args.depends_on), protect=args.protect and each.holds_data
                ),
            )
        self.register_outputs({})


def _refuse_made(args: OwnObjectsArgs) -> None:
    """Raises InvalidSettings for objects that the program makes itself: the cluster would have one of both."""
    problems = []
    for each in args.deployed.manifests:
        namespace = own_objects.namespace(args.deployed, each) or ""
        if (group_of(each.api_version), each.kind, namespace, each.name) in args.made.identities:
            rule = f"is the name of a {each.kind} that the program makes itself: choose another"
            problems.append(each.problem(("metadata", "name"), rule))
    if problems:
        raise InvalidSettings(problems)
