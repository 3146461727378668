"""A static site on a cloud without an edge: nginx in each slot, behind the gateway."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_kubernetes import apps, autoscaling, core, networking, policy

from components.clouds.contract import SiteArgs, SiteFacts
from components.manifests import environment, names, network_policy
from components.sites.manifests import artefact, nginx
from components.system.slot.manifests import deployment, scaling

SLOTS = ("blue", "green")


class NginxSite(pulumi.ComponentResource):
    """Serves a site with nginx. A pod is ready once it has the artefact, so visitors never reach an unpublished slot."""

    facts: SiteFacts
    closed: Sequence[pulumi.Resource] = ()

    def __init__(self, name: str, args: SiteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:site:NginxSite", name, opts=opts)
        self._args, self._scope = args, args.scope
        self._site = args.deployed.definition.sites[args.name]
        self.facts = SiteFacts(services={slot: names.in_slot(args.name, slot) for slot in SLOTS})
        self.register_outputs({})

    def publish(self, depends_on: Sequence[pulumi.Resource]) -> pulumi.Resource:
        args, self._depends_on = self._args, list(depends_on)
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=self._depends_on)
        configuration = core.v1.ConfigMap(
            self._scope.logical(nginx.config_name(args.name)),
            nginx.configuration(self._scope, name=args.name, source=self._site.source),
            opts=self._opts,
        )
        for slot in SLOTS:
            self._address(slot)
            if args.deployed.deployment.slot(slot).version is not None:
                self._deploy(slot, configuration)
        return self

    def _address(self, slot: str) -> None:
        core.v1.Service(
            self._logical(slot),
            nginx.service(self._scope, name=self._args.name, slot=slot, source=self._site.source),
            opts=self._opts,
        )

    def _deploy(self, slot: str, configuration: pulumi.Resource) -> None:
        args = self._args
        allowed = networking.v1.NetworkPolicy(
            self._logical(slot),
            network_policy.of_site(
                self._scope,
                name=args.name,
                slot=slot,
                source=self._site.source,
                port=nginx.PORT,
                downloads=artefact.is_downloaded(args.name, args.deployed.deployment, slot),
            ),
            opts=self._opts,
        )
        created = apps.v1.Deployment(
            self._logical(slot),
            nginx.deployment(
                self._scope,
                name=args.name,
                slot=slot,
                site=self._site,
                deployment=args.deployed.deployment,
                registry=args.registry,
                settings=environment.public_settings(args.deployed, args.name, slot, args.buckets),
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*self._depends_on, allowed, configuration],
                ignore_changes=[deployment.SCALED],
            ),
        )
        self._scale(slot, created)

    def _scale(self, slot: str, created: pulumi.Resource) -> None:
        name, source = self._args.name, self._site.source
        scaler = autoscaling.v2.HorizontalPodAutoscaler(
            self._logical(slot),
            scaling.autoscaler(self._scope, name=name, slot=slot, source=source, replicas=nginx.REPLICAS),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[created]),
        )
        policy.v1.PodDisruptionBudget(
            self._logical(slot),
            scaling.disruption_budget(self._scope, name=name, slot=slot, source=source, replicas=nginx.REPLICAS),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[created, scaler]),
        )

    def _logical(self, slot: str) -> str:
        return self._scope.logical(names.in_slot(self._args.name, slot))
