"""DNS: the zones of systems on Route 53, and the controllers that may write to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds import contract
from components.clouds.aws.context import AwsContext, ControlPlane
from components.clouds.aws.pod_identity import ControllerIdentity, PodIdentity, PodIdentityArgs
from components.clouds.aws.policy import allow, deferred
from components.clouds.contract import ControllersFacts, ZoneFacts
from components.manifests import names
from components.manifests.domains import nearest_zone
from slipway.settings.limits import most

RELEASES = "releases"
"""The controller of releases, which writes the state of edges and looks images up."""
KEDA = "keda"
"""KEDA's operator, which counts messages in queues."""


@dataclass(frozen=True, kw_only=True)
class ControllersArgs:
    context: AwsContext
    control_plane: ControlPlane
    writers: Mapping[str, tuple[str, str]]
    """Namespace and service account of the controllers that write records, by name."""
    repositories: Sequence[str] = ()
    """Repositories of images that the controller of releases looks up; none without that controller."""
    queue_reader: tuple[str, str] | None = None
    """Namespace and service account of KEDA's operator, if it counts messages in queues."""


class Controllers(pulumi.ComponentResource):
    """The identities of external-dns and cert-manager, to which each zone grants its own records only, of the controller of
    releases, to which each site grants its own edge only, and of KEDA, to which each system grants its own queues only."""

    identities: Mapping[str, PodIdentity]

    def __init__(self, name: str, args: ControllersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Controllers", name, opts=opts)
        self._name, self._args = name, args
        found = {controller: self._identity(controller, *place) for controller, place in args.writers.items()}
        for identity in found.values():
            # Route 53 can list only all zones, and identifies a change by its id alone.
            identity.may(
                [
                    allow(["route53:ListHostedZones", "route53:ListHostedZonesByName"], "*"),
                    allow(["route53:GetChange"], "arn:aws:route53:::change/*"),
                ]
            )
        if args.repositories:
            found[RELEASES] = self._identity(RELEASES, names.RELEASES_NAMESPACE, names.RELEASES_ACCOUNT)
            found[RELEASES].may([allow(["ecr:DescribeImages"], self._images())])
        if args.queue_reader is not None:
            found[KEDA] = self._identity(KEDA, *args.queue_reader)
        self.identities = found
        self.register_outputs({})

    def _identity(self, controller: str, namespace: str, account: str) -> PodIdentity:
        args = PodIdentityArgs(
            context=self._args.context,
            control_plane=self._args.control_plane,
            namespace=namespace,
            service_account=account,
            tags=self._args.context.cluster_tags,
        )
        return PodIdentity(f"{self._name}-{controller}", args, pulumi.ResourceOptions(parent=self))

    def _images(self) -> list[str]:
        context = self._args.context
        registry = f"arn:aws:ecr:{context.region}:{context.account}:repository"
        return [f"{registry}/{repository}" for repository in self._args.repositories]


def controllers_facts(region: str, subnets: Sequence[str]) -> ControllersFacts:
    """Returns the settings of external-dns and cert-manager for Route 53, and of the gateway's load balancer, which
    preserves client addresses and is in `subnets`, or in those with its tags. Auto Mode has no metrics server."""
    service = "service.beta.kubernetes.io/aws-load-balancer"
    return ControllersFacts(
        dns={"provider": {"name": "aws"}, "env": [{"name": "AWS_DEFAULT_REGION", "value": region}]},
        solvers=[{"dns01": {"route53": {"region": region}}}],
        load_balancer={
            f"{service}-scheme": "internet-facing",
            f"{service}-nlb-target-type": "ip",
            f"{service}-target-group-attributes": "preserve_client_ip.enabled=true",
            f"{service}-attributes": "load_balancing.cross_zone.enabled=true",
            **({f"{service}-subnets": ",".join(subnets)} if subnets else {}),
        },
        load_balancer_class="eks.amazonaws.com/nlb",
        measures_pods=False,
    )


@dataclass(frozen=True, kw_only=True)
class ZoneArgs:
    context: AwsContext
    asked: contract.ZoneArgs
    existing: Mapping[str, str]
    """Ids of existing zones by domain."""
    controllers: Sequence[ControllerIdentity]
    """Controllers that may write records."""


class Zone(pulumi.ComponentResource):
    """A zone of the system, or an existing zone."""

    facts: ZoneFacts

    def __init__(self, name: str, args: ZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Zone", name, opts=opts)
        context, asked = args.context, args.asked
        self._name, self._opts = name, pulumi.ResourceOptions(parent=self)
        existing = existing_zone(asked.domain, args.existing)
        if existing is not None:
            self.facts = ZoneFacts(
                domain=asked.domain,
                name=nearest_zone(asked.domain, args.existing) or "",
                id=pulumi.Output.from_input(existing),
            )
        else:
            created = aws.route53.Zone(
                name,
                name=asked.domain,
                comment=f"Of system {asked.system}",
                tags=context.tagged(asked.source, system=asked.system),
                opts=pulumi.ResourceOptions(parent=self, protect=context.protect),
            )
            self.facts = ZoneFacts(
                domain=asked.domain, name=asked.domain, id=created.zone_id, servers=created.name_servers
            )
        self._open_to(args.controllers)
        self.register_outputs({"domain": asked.domain})

    def _open_to(self, controllers: Sequence[ControllerIdentity]) -> None:
        zone = pulumi.Output.concat("arn:aws:route53:::hostedzone/", self.facts.id or "")
        for index, controller in enumerate(controllers):
            aws.iam.RolePolicy(
                f"{self._name}-{index}",
                name=names.shortened(f"records-of-{self._name.replace('/', '-')}", most("iam policy")),
                role=controller.role_name,
                policy=deferred(allow(["route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"], zone)),
                opts=self._opts,
            )


def existing_zone(domain: str, existing: Mapping[str, str]) -> str | None:
    """Returns the id of the nearest existing zone that contains `domain`."""
    zone = nearest_zone(domain, existing)
    return existing[zone] if zone is not None else None
