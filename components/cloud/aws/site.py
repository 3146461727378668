"""A static site: its files in a bucket, CloudFront before it, and at the edge a function that chooses the slot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi_kubernetes import batch, core, networking

from builders import edge, environment, maintenance, names, namespace, network_policy, publishing
from builders.domains import within
from builders.environment import BucketFacts
from components.cloud.aws.certificate import Certificate
from components.cloud.aws.distribution import Distribution, DistributionArgs
from components.cloud.aws.site_bucket import SiteBucket, SiteBucketArgs
from components.cloud.aws.site_edge import SiteEdge, SiteEdgeArgs
from components.cloud.aws.site_firewall import EDGE_REGION, SiteFirewall, SiteFirewallArgs
from components.cloud.contract import Cloud, IdentityArgs, IdentityFacts, SiteArgs, UseBucket, ZoneFacts
from settings.fields import seconds

PUBLISHER = "publisher"
"""The service account of the Jobs that publish."""
SLOTS = ("blue", "green")


@dataclass(frozen=True, kw_only=True)
class SiteSurroundings:
    """Where a site stands and what belongs to all of them. `cloud` hands out the publisher's identity."""

    cloud: Cloud
    account: str
    cluster_name: str
    region: str
    second_region: str | None
    tags: Mapping[str, str]


class Site(pulumi.ComponentResource):
    """Visitors are let to a slot only once its files are published and the services of its version run."""

    def __init__(
        self, args: SiteArgs, around: SiteSurroundings, parent: pulumi.Resource, provider: pulumi.ProviderResource
    ) -> None:
        self._args, self._around, self._scope = args, around, args.scope
        self._site = args.placed.definition.sites[args.name]
        self._name = self._scope.logical(args.name)
        super().__init__(
            "slipway:aws:Site", self._name, opts=pulumi.ResourceOptions(parent=parent, providers=[provider])
        )
        self._opts = pulumi.ResourceOptions(parent=self)
        self._tags = names.tags(self._site.source, around.tags, system=self._scope.system)
        self._domain = args.placed.definition.domains[self._site.domain]
        zone = _zone_of(self._domain, args.zones)

        edge_part = self._edge()
        distribution = self._distribution(edge_part, self._certificate(zone))
        buckets = [self._bucket(bucket, distribution) for bucket in self._bucket_facts()]
        self._record(zone, distribution)
        account, identity = self._publisher()
        published: list[pulumi.Resource] = [
            self._publish(slot, account, identity, buckets)
            for slot in SLOTS
            if args.placed.placement.slot(slot).version is not None
        ]
        edge_part.open([*args.ready, distribution, *published])
        self.register_outputs({"domain": self._domain})

    @property
    def _full_name(self) -> str:
        """`slipway-prod-main-smartwallet-web`, short enough for what is added to it."""
        return names.site(self._around.cluster_name, self._scope.system, self._args.name)

    def _edge(self) -> SiteEdge:
        placed = self._args.placed
        chosen = edge.Edge(
            cookie=names.slot_cookie(self._args.stack, placed.name),
            domain=edge.parent_domain(list(placed.definition.domains.values())),
            active=placed.placement.active,
            page=maintenance.page(placed.definition),
            retry_after_seconds=round(seconds(placed.definition.maintenance_page.retry_after)),
        )
        state = edge.state(placed.placement, epoch=placed.placement.attempt)
        return SiteEdge(
            self._name,
            SiteEdgeArgs(
                edge_name=self._full_name, edge=chosen, state=state, pass_digest=self._args.pass_digest, tags=self._tags
            ),
            self,
        )

    def _certificate(self, zone: ZoneFacts) -> Certificate:
        assert zone.id is not None
        return Certificate(self._name, self._domain, zone.id, EDGE_REGION, self._tags, self)

    def _distribution(self, edge_part: SiteEdge, certificate: Certificate) -> Distribution:
        firewall = SiteFirewall(
            self._name,
            SiteFirewallArgs(
                firewall_name=self._full_name, limit=self._args.placed.definition.rate_limit, tags=self._tags
            ),
            self,
        )
        args = DistributionArgs(
            distribution_name=self._full_name,
            domain=self._domain,
            buckets=[(bucket.name, bucket.region) for bucket in self._bucket_facts()],
            edge=edge_part,
            firewall=firewall.arn,
            certificate=certificate.arn,
            tags=self._tags,
        )
        return Distribution(self._name, args, self)

    def _bucket_facts(self) -> list[BucketFacts]:
        """In the cluster's region, and in the second one where there is one."""
        regions = [self._around.region, *([self._around.second_region] if self._around.second_region else [])]
        stems = [self._full_name if region == self._around.region else f"{self._full_name}-copy" for region in regions]
        return [
            BucketFacts(name=names.globally_unique(self._around.account, stem, 63), region=region)
            for stem, region in zip(stems, regions, strict=True)
        ]

    def _bucket(self, bucket: BucketFacts, distribution: Distribution) -> SiteBucket:
        name = self._name if bucket.region == self._around.region else f"{self._name}-copy"
        args = SiteBucketArgs(
            bucket_name=bucket.name, region=bucket.region, distribution=distribution.arn, tags=self._tags
        )
        return SiteBucket(name, args, self)

    def _record(self, zone: ZoneFacts, distribution: Distribution) -> None:
        assert zone.id is not None
        for kind in ("A", "AAAA"):
            aws.route53.Record(
                f"{self._name}-{kind}",
                zone_id=zone.id,
                name=self._domain,
                type=kind,
                aliases=[
                    aws.route53.RecordAliasArgs(
                        name=distribution.host, zone_id=distribution.zone, evaluate_target_health=False
                    )
                ],
                opts=self._opts,
            )

    def _publisher(self) -> tuple[pulumi.Resource, IdentityFacts]:
        name, source = f"{self._args.name}-{PUBLISHER}", self._site.source
        grants = [UseBucket(bucket=bucket, prefix=f"{slot}/") for bucket in self._bucket_facts() for slot in SLOTS]
        wanted = IdentityArgs(scope=self._scope, name=name, source=source, grants=grants)
        identity = self._around.cloud.identity(wanted, self)
        account = core.v1.ServiceAccount(
            self._scope.logical(name),
            namespace.service_account(self._scope, name=name, source=source, annotations=identity.annotations),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(self._args.ready)),
        )
        return account, identity

    def _publish(
        self, slot: str, account: pulumi.Resource, identity: IdentityFacts, buckets: Sequence[pulumi.Resource]
    ) -> batch.v1.Job:
        args, scope = self._args, self._scope
        publication = publishing.Publication(
            parts=self._scope.parts,
            name=args.name,
            slot=slot,
            site=self._site,
            placement=args.placed.placement,
            registry=args.registry,
            buckets=self._bucket_facts(),
            settings=environment.public_settings(args.placed, args.name, slot, args.buckets),
            account=f"{args.name}-{PUBLISHER}",
            identity=identity.pod,
        )
        allowed = networking.v1.NetworkPolicy(
            scope.logical(publication.job_group),
            network_policy.of_job(
                scope,
                name=publication.job_group,
                source=self._site.source,
                pods=publication.pods,
                targets=identity.targets,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.ready)),
        )
        return batch.v1.Job(
            scope.logical(publication.job_group),
            publishing.job(scope, publication),
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[*args.ready, account, allowed, *buckets, *identity.made]
            ),
        )


def _zone_of(domain: str, zones: Sequence[ZoneFacts]) -> ZoneFacts:
    """The nearest zone that holds `domain`; a system has one for each of its domains."""
    return max((zone for zone in zones if within(domain, zone.domain)), key=lambda zone: len(zone.domain))
