"""A static site where the cloud has no edge to publish to: nginx in each slot, behind the gateway."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes import apps, autoscaling, core, networking, policy

from builders import artefact, environment, names, network_policy, nginx, scaling
from components.cloud.contract import SiteArgs, SiteFacts

SLOTS = ("blue", "green")


class NginxSite(pulumi.ComponentResource):
    """A slot's pods are ready once they have the artefact: nobody visits a slot that is not published."""

    facts: SiteFacts

    def __init__(self, args: SiteArgs, parent: pulumi.Resource) -> None:
        self._args, self._scope = args, args.scope
        self._site = args.placed.definition.sites[args.name]
        super().__init__(
            "slipway:site:NginxSite", self._scope.logical(args.name), opts=pulumi.ResourceOptions(parent=parent)
        )
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.ready))
        configuration = core.v1.ConfigMap(
            self._scope.logical(nginx.config_name(args.name)),
            nginx.configuration(self._scope, name=args.name, source=self._site.source),
            opts=self._opts,
        )
        for slot in SLOTS:
            self._address(slot)
            if args.placed.placement.slot(slot).version is not None:
                self._deploy(slot, configuration)
        self.facts = SiteFacts(services={slot: names.in_slot(args.name, slot) for slot in SLOTS})
        self.register_outputs({})

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
                downloads=artefact.is_downloaded(args.name, args.placed.placement, slot),
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
                placement=args.placed.placement,
                registry=args.registry,
                settings=environment.public_settings(args.placed, args.name, slot, args.buckets),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*args.ready, allowed, configuration]),
        )
        self._scale(slot, created)

    def _scale(self, slot: str, created: pulumi.Resource) -> None:
        opts = pulumi.ResourceOptions(parent=self, depends_on=[created])
        name, source = self._args.name, self._site.source
        autoscaling.v2.HorizontalPodAutoscaler(
            self._logical(slot),
            scaling.autoscaler(self._scope, name=name, slot=slot, source=source, replicas=nginx.REPLICAS),
            opts=opts,
        )
        policy.v1.PodDisruptionBudget(
            self._logical(slot),
            scaling.disruption_budget(self._scope, name=name, slot=slot, source=source),
            opts=opts,
        )

    def _logical(self, slot: str) -> str:
        return self._scope.logical(names.in_slot(self._args.name, slot))
