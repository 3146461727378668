"""The server of a system's feature flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import apiextensions, apps, core, networking, policy

from builders import flags, monitors, network_policy
from builders.scope import Scope
from settings.system import System


@dataclass(frozen=True, kw_only=True)
class FlagsArgs:
    scope: Scope
    definition: System
    ready: Sequence[pulumi.Resource]


class Flags(pulumi.ComponentResource):
    """Nothing for a system without flags."""

    def __init__(self, name: str, args: FlagsArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:system:Flags", name, opts=pulumi.ResourceOptions(parent=parent))
        if args.definition.flags:
            self._serve(args.scope, f"{args.definition.source}flags", args)
        self.register_outputs({})

    def _serve(self, scope: Scope, source: str, args: FlagsArgs) -> None:
        name = scope.logical(flags.NAME)
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.ready))
        content = core.v1.ConfigMap(
            name, flags.config_map(scope, source=source, flags=args.definition.flags), opts=opts
        )
        networking.v1.NetworkPolicy(
            name,
            network_policy.of_flags(
                scope,
                name=flags.NAME,
                source=source,
                pods=flags.PODS,
                ports=list(flags.PORTS.values()),
                metrics=flags.METRICS,
            ),
            opts=opts,
        )
        core.v1.Service(name, flags.service(scope, source=source), opts=opts)
        after = pulumi.ResourceOptions(parent=self, depends_on=[*args.ready, content])
        apps.v1.Deployment(name, flags.deployment(scope, source=source), opts=after)
        apiextensions.CustomResource(
            name,
            api_version=monitors.API_VERSION,
            kind="PodMonitor",
            metadata=scope.metadata(flags.NAME, source),
            spec=monitors.pods(flags.PODS, "metrics"),
            opts=opts,
        )
        policy.v1.PodDisruptionBudget(name, flags.disruption_budget(scope, source=source), opts=opts)
