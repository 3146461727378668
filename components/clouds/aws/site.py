"""A static site: files in a bucket, CloudFront in front of it, and an edge function that chooses the slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi_kubernetes import batch, core, networking

from components.clouds import contract
from components.clouds.aws import pod_identity
from components.clouds.aws.certificate import Certificate, CertificateArgs
from components.clouds.aws.context import AwsClusterContext
from components.clouds.aws.distribution import Distribution, DistributionArgs
from components.clouds.aws.pod_identity import ControllerIdentity
from components.clouds.aws.policy import allow, deferred
from components.clouds.aws.site_bucket import SiteBucket, SiteBucketArgs
from components.clouds.aws.site_edge import SiteEdge, SiteEdgeArgs
from components.clouds.aws.site_firewall import EDGE_REGION, SiteFirewall, SiteFirewallArgs
from components.clouds.contract import IdentityArgs, SiteFacts, UseBucket, WorkloadIdentity, ZoneFacts
from components.manifests import environment, names, namespace, network_policy
from components.manifests.domains import within
from components.manifests.environment import BucketFacts
from components.sites.manifests import edge, maintenance, publishing
from slipway.settings.fields import seconds
from slipway.settings.limits import most
from slipway.settings.stacks import SystemDeployment

PUBLISHER = "publisher"
"""The service account of the Jobs that publish."""
SLOTS = ("blue", "green")


@dataclass(frozen=True, kw_only=True)
class SiteArgs:
    context: AwsClusterContext
    asked: contract.SiteArgs
    controller: ControllerIdentity | None = None
    """The controller of releases, which writes the state of the edge."""


class Site(pulumi.ComponentResource):
    """A static site. Visitors reach a slot only after its files are published and the services of its version run;
    during maintenance they are blocked before either changes."""

    facts: SiteFacts
    closed: Sequence[pulumi.Resource] = ()

    def __init__(self, name: str, args: SiteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Site", name, opts=opts)
        asked = args.asked
        self._name, self._context, self._args, self._scope = name, args.context, asked, asked.scope
        self._site = asked.deployed.definition.sites[asked.name]
        self._opts = pulumi.ResourceOptions(parent=self)
        self._tags = args.context.tagged(self._site.source, system=self._scope.system)
        self._domain = asked.deployed.definition.domains[self._site.domain]
        self.facts = SiteFacts(store=self._full_name)
        zone = _zone_of(self._domain, asked.zones)

        self._edge_part = self._edge()
        if args.controller is not None and asked.released:
            self._open_to(args.controller)
        self._distributed = self._distribution(self._edge_part, self._certificate(zone))
        self._buckets = [self._bucket(bucket, self._distributed) for bucket in self._bucket_facts()]
        self._record(zone, self._distributed)
        if asked.deployed.deployment.maintenance:
            self.closed = [self._edge_part.write_state([])]
        self.register_outputs({"domain": self._domain})

    def publish(self, depends_on: Sequence[pulumi.Resource]) -> pulumi.Resource:
        self._depends_on = list(depends_on)
        account, identity = self._publisher()
        published: list[pulumi.Resource] = [
            self._publish(slot, account, identity, self._buckets)
            for slot in SLOTS
            if self._args.deployed.deployment.slot(slot).version is not None
        ]
        waited = [*depends_on, self._distributed, *published]
        if self._args.released:
            self._edge_part.write_bypass(waited)
        elif not self.closed:
            self._edge_part.write_state(waited)
        return self

    @property
    def _full_name(self) -> str:
        """Returns a name such as `slipway-prod-main-smartwallet-web`, short enough for the suffixes added to it."""
        return names.site(self._context.cluster_name, self._scope.system, self._args.name)

    def _edge(self) -> SiteEdge:
        deployed = self._args.deployed
        chosen = edge.Edge(
            cookie=names.slot_cookie(self._args.stack, deployed.name),
            domain=edge.parent_domain(list(deployed.definition.domains.values())),
            active=_fallback(deployed.deployment, released=self._args.released),
            page=maintenance.page(deployed.definition),
            retry_after_seconds=round(seconds(deployed.definition.maintenance_page.retry_after)),
        )
        state = edge.state(deployed.deployment, epoch=deployed.deployment.attempt)
        return SiteEdge(
            self._name,
            SiteEdgeArgs(
                edge_name=self._full_name,
                edge=chosen,
                state=state,
                bypass_digest=self._args.bypass_digest,
                tags=self._tags,
            ),
            self._opts,
        )

    def _open_to(self, controller: ControllerIdentity) -> None:
        """Lets the controller of releases read and write the state of this site's edge."""
        data = [f"cloudfront-keyvaluestore:{action}" for action in ("DescribeKeyValueStore", "GetKey", "PutKey")]
        aws.iam.RolePolicy(
            f"{self._name}-edge",
            name=names.shortened(f"edge-of-{self._name.replace('/', '-')}", most("iam policy")),
            role=controller.role_name,
            policy=deferred(allow(["cloudfront:DescribeKeyValueStore", *data], self._edge_part.store)),
            opts=self._opts,
        )

    def _certificate(self, zone: ZoneFacts) -> Certificate:
        assert zone.id is not None
        return Certificate(
            self._name,
            CertificateArgs(domain=self._domain, zone=zone.id, region=EDGE_REGION, tags=self._tags),
            self._opts,
        )

    def _distribution(self, edge_part: SiteEdge, certificate: Certificate) -> Distribution:
        firewall = SiteFirewall(
            self._name,
            SiteFirewallArgs(firewall_name=self._full_name, tags=self._tags),
            self._opts,
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
        return Distribution(self._name, args, self._opts)

    def _bucket_facts(self) -> list[BucketFacts]:
        """Returns the buckets in the cluster's region and, if configured, in the second region."""
        regions = [self._context.region, *([self._context.second_region] if self._context.second_region else [])]
        stems = [self._full_name if region == self._context.region else f"{self._full_name}-copy" for region in regions]
        return [
            BucketFacts(bucket=names.globally_unique(self._context.account, prefix, most("s3 bucket")), region=region)
            for prefix, region in zip(stems, regions, strict=True)
        ]

    def _bucket(self, bucket: BucketFacts, distribution: Distribution) -> SiteBucket:
        name = self._name if bucket.region == self._context.region else f"{self._name}-copy"
        args = SiteBucketArgs(
            bucket_name=bucket.name, region=bucket.region, distribution=distribution.arn, tags=self._tags
        )
        return SiteBucket(name, args, self._opts)

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

    def _publisher(self) -> tuple[pulumi.Resource, WorkloadIdentity]:
        name, source = f"{self._args.name}-{PUBLISHER}", self._site.source
        grants = [UseBucket(bucket=bucket, prefix=f"{slot}/") for bucket in self._bucket_facts() for slot in SLOTS]
        wanted = IdentityArgs(scope=self._scope, name=name, source=source, grants=grants)
        identity = pod_identity.identity(wanted, self._context, self._opts)
        account = core.v1.ServiceAccount(
            self._scope.logical(name),
            namespace.service_account(self._scope, name=name, source=source, annotations=identity.facts.annotations),
            opts=pulumi.ResourceOptions(parent=self, depends_on=self._depends_on),
        )
        return account, identity

    def _publish(
        self, slot: str, account: pulumi.Resource, identity: WorkloadIdentity, buckets: Sequence[pulumi.Resource]
    ) -> batch.v1.Job:
        args, scope = self._args, self._scope
        publication = publishing.Publication(
            pins=self._scope.pins,
            name=args.name,
            slot=slot,
            site=self._site,
            deployment=args.deployed.deployment,
            registry=args.registry,
            buckets=self._bucket_facts(),
            settings=environment.public_settings(args.deployed, args.name, slot, args.buckets),
            account=f"{args.name}-{PUBLISHER}",
            identity=identity.facts.pod,
        )
        allowed = networking.v1.NetworkPolicy(
            scope.logical(publication.job_group),
            network_policy.of_job(
                scope,
                name=publication.job_group,
                source=self._site.source,
                pods=publication.pods,
                peers=identity.facts.peers,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=self._depends_on),
        )
        return batch.v1.Job(
            scope.logical(publication.job_group),
            publishing.job(scope, publication),
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[*self._depends_on, account, allowed, *buckets, *identity.grants]
            ),
        )


def _fallback(deployment: SystemDeployment, *, released: bool) -> str:
    """Returns the slot for visitors whose edge cannot read the state. During a release the candidate may not work yet,
    so it is the other slot, if that has a version."""
    other = next(slot for slot in SLOTS if slot != deployment.active)
    return other if released and deployment.slot(other).version is not None else deployment.active


def _zone_of(domain: str, zones: Sequence[ZoneFacts]) -> ZoneFacts:
    """Returns the nearest zone that contains `domain`."""
    return max((zone for zone in zones if within(domain, zone.domain)), key=lambda zone: len(zone.domain))
