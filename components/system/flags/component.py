"""The server of a system's feature flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import apiextensions, apps, core, networking, policy

from components.cluster.monitoring.manifests import monitors
from components.manifests import network_policy
from components.manifests.scope import Scope
from components.system.flags import manifests as flags
from slipway.settings.stacks import DeployedSystem


@dataclass(frozen=True, kw_only=True)
class FlagsArgs:
    scope: Scope
    system: DeployedSystem
    depends_on: Sequence[pulumi.Resource]


class Flags(pulumi.ComponentResource):
    """Creates the flag server; nothing for a system without flags."""

    def __init__(self, name: str, args: FlagsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Flags", name, opts=opts)
        if args.system.definition.flags:
            self._serve(args.scope, f"{args.system.definition.source}flags", args)
        self.register_outputs({})

    def _serve(self, scope: Scope, source: str, args: FlagsArgs) -> None:
        name, served = scope.logical(flags.NAME), flags.served(args.system)
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on))
        content = core.v1.ConfigMap(name, flags.config_map(scope, source=source, served=served), opts=opts)
        networking.v1.NetworkPolicy(
            name,
            network_policy.of_flags(
                scope,
                name=flags.NAME,
                source=source,
                pods=flags.PODS,
                ports=[port for each in served for port in each.ports.values()],
                metrics=[each.metrics for each in served],
            ),
            opts=opts,
        )
        core.v1.Service(name, flags.service(scope, source=source, served=served), opts=opts)
        after = pulumi.ResourceOptions(parent=self, depends_on=[*args.depends_on, content])
        apps.v1.Deployment(name, flags.deployment(scope, source=source, served=served), opts=after)
        if scope.watched:
            apiextensions.CustomResource(
                name,
                api_version=monitors.API_VERSION,
                kind="PodMonitor",
                metadata=scope.selected(flags.NAME, source),
                spec=monitors.pods(flags.PODS, *(each.port_name("metrics") for each in served)),
                opts=opts,
            )
        policy.v1.PodDisruptionBudget(name, flags.disruption_budget(scope, source=source), opts=opts)
