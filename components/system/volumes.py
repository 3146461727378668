"""The claims of a system's persistent volumes, which stay whatever becomes of the pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core

from components.manifests.scope import Scope
from components.system.slot.manifests import stateful_set
from slipway.settings.claims import claims_of
from slipway.settings.system import System


@dataclass(frozen=True, kw_only=True)
class VolumesArgs:
    scope: Scope
    definition: System
    storage_class: str | None
    """None for the cluster's default."""
    protect: bool
    depends_on: Sequence[pulumi.Resource]


class Volumes(pulumi.ComponentResource):
    """Creates the claims, protected where the cluster protects what holds data."""

    claims: Mapping[str, pulumi.Resource]
    """By their names."""

    def __init__(self, name: str, args: VolumesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Volumes", name, opts=opts)
        own = pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on), protect=args.protect)
        self.claims = {
            each.name: core.v1.PersistentVolumeClaim(
                args.scope.logical(each.name),
                stateful_set.claim(
                    args.scope,
                    service=each.service,
                    slot=each.slot,
                    volume=each.volume,
                    declared=each.declared,
                    storage_class=each.declared.storage_class or args.storage_class,
                ),
                opts=own,
            )
            for each in claims_of(args.definition)
        }
        self.register_outputs({})
