"""DNS: the zones of systems on Route 53, and who in the cluster may write to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from builders import names
from builders.domains import within
from components.cloud.aws.pod_identity import IdentitySurroundings, PodIdentity
from components.cloud.aws.policy import allow, deferred
from components.cloud.contract import ControllersFacts, ZoneArgs, ZoneFacts

CONTROLLERS = {"external-dns": ("external-dns", "external-dns"), "cert-manager": ("cert-manager", "cert-manager")}
"""What writes records: namespace and service account of each, by name."""


class Controllers(pulumi.ComponentResource):
    """The identities of external-dns and cert-manager. Each zone grants them its own records and no others."""

    identities: Mapping[str, PodIdentity]

    def __init__(
        self,
        name: str,
        around: IdentitySurroundings,
        tags: Mapping[str, str],
        parent: pulumi.Resource,
        provider: pulumi.ProviderResource,
    ) -> None:
        super().__init__("slipway:aws:Controllers", name, opts=pulumi.ResourceOptions(parent=parent))
        self.identities = {
            controller: PodIdentity(f"{name}-{controller}", namespace, account, around, tags, self, provider)
            for controller, (namespace, account) in CONTROLLERS.items()
        }
        for identity in self.identities.values():
            # Route 53 lists zones all or none, and tells of a change by its id alone.
            identity.may(
                [
                    allow(["route53:ListHostedZones", "route53:ListHostedZonesByName"], "*"),
                    allow(["route53:GetChange"], "arn:aws:route53:::change/*"),
                ]
            )
        self.register_outputs({})


def controllers_facts(controllers: Controllers, region: str) -> ControllersFacts:
    """external-dns and cert-manager write to Route 53; the gateway stands behind a load balancer that keeps visitors'
    addresses. Auto Mode measures no pods."""
    service = "service.beta.kubernetes.io/aws-load-balancer"
    return ControllersFacts(
        identities={name: identity.facts for name, identity in controllers.identities.items()},
        dns={"provider": {"name": "aws"}, "env": [{"name": "AWS_DEFAULT_REGION", "value": region}]},
        solvers=[{"dns01": {"route53": {"region": region}}}],
        load_balancer={
            f"{service}-scheme": "internet-facing",
            f"{service}-nlb-target-type": "ip",
            f"{service}-target-group-attributes": "preserve_client_ip.enabled=true",
            f"{service}-attributes": "load_balancing.cross_zone.enabled=true",
        },
        load_balancer_class="eks.amazonaws.com/nlb",
        measures_pods=False,
    )


@dataclass(frozen=True, kw_only=True)
class ZoneSurroundings:
    existing: Mapping[str, str]
    """Ids of zones that are there already, by domain."""
    controllers: Sequence[PodIdentity]
    protect: bool
    tags: Mapping[str, str]


class Zone(pulumi.ComponentResource):
    """A zone of the system's own, or a part of one that exists."""

    facts: ZoneFacts

    def __init__(
        self, args: ZoneArgs, around: ZoneSurroundings, parent: pulumi.Resource, provider: pulumi.ProviderResource
    ) -> None:
        name = f"{args.system}/{args.domain}"
        super().__init__("slipway:aws:Zone", name, opts=pulumi.ResourceOptions(parent=parent, providers=[provider]))
        self._name, self._opts = name, pulumi.ResourceOptions(parent=self)
        existing = existing_zone(args.domain, around.existing)
        if existing is not None:
            self.facts = ZoneFacts(domain=args.domain, id=pulumi.Output.from_input(existing))
        else:
            created = aws.route53.Zone(
                name,
                name=args.domain,
                comment=f"Of system {args.system}",
                tags=names.tags(args.source, around.tags, system=args.system),
                opts=pulumi.ResourceOptions(parent=self, protect=around.protect),
            )
            self.facts = ZoneFacts(domain=args.domain, id=created.zone_id, servers=created.name_servers)
        self._open_to(around.controllers)
        self.register_outputs({"domain": args.domain})

    def _open_to(self, controllers: Sequence[PodIdentity]) -> None:
        zone = pulumi.Output.concat("arn:aws:route53:::hostedzone/", self.facts.id or "")
        for index, controller in enumerate(controllers):
            aws.iam.RolePolicy(
                f"{self._name}-{index}",
                name=names.shortened(f"records-of-{self._name.replace('/', '-')}", 128),
                role=controller.role_name,
                policy=deferred(allow(["route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"], zone)),
                opts=self._opts,
            )


def existing_zone(domain: str, existing: Mapping[str, str]) -> str | None:
    """The id of the nearest existing zone that holds `domain`."""
    holding = [zone for zone in existing if within(domain, zone)]
    return existing[max(holding, key=len)] if holding else None
