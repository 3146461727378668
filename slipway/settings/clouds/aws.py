"""AWS: the keys of an EKS cluster, what AWS cannot do, and checks of AWS' limits."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Annotated
from typing import Literal as OneOf

from pydantic import Field

from slipway.settings.clouds import aws_cluster, aws_existing
from slipway.settings.clouds.aws_cluster import AwsKubernetes
from slipway.settings.clouds.aws_existing import AwsNetwork
from slipway.settings.clouds.aws_zones import PREFIXES, zone_ids
from slipway.settings.clouds.base import CloudSettings
from slipway.settings.clouds.grants.aws import KINDS, too_long
from slipway.settings.clouds.shared_checks import (
    Forms,
    adopted,
    certificates,
    databases,
    existing_cluster,
    existing_network,
    second_region,
)
from slipway.settings.cluster_settings import ManagedCluster
from slipway.settings.fields import AwsAccount, AwsRole, BucketName, Known, Matching, Repository
from slipway.settings.finding import Finding, Found
from slipway.settings.inert import Inert
from slipway.settings.limits import most
from slipway.settings.pointers import Path, dotted
from slipway.settings.stacks import StackCluster

REGIONS = frozenset(
    [
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-7",
        "ca-central-1",
        "ca-west-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "mx-central-1",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    ]
)
"""Supported regions, so that a typo is found before the cloud is called. Add new ones here."""
LOG_RETENTION = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
"""Retention periods that CloudWatch Logs supports, in days. Source: CloudWatch Logs API, PutRetentionPolicy."""
GROWTH = 1.1
"""Factor by which `maximumStorage` must exceed the initial storage. Source: RDS User Guide, storage autoscaling."""
SMALLEST_STORAGE = 20
"""Smallest gp3 volume, in GiB. Source: RDS User Guide, DB instance storage."""
NO_POOLER = frozenset({"use1-az3", "apne1-az3"})
"""Zones without RDS Proxy. Source: RDS User Guide, RDS Proxy limitations."""
_RDS_ID = (r"(?=.{1,63}$)[a-z](-?[a-z0-9])*", "orders-prod")
IDS = Forms(
    postgres=_RDS_ID,
    document_database=_RDS_ID,
    bucket=(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "receipts-of-2019"),
)
_ZONE = re.compile(r"Z[A-Z0-9]{1,31}")
AwsRegion = Annotated[str, Known("a region of AWS", "us-east-1", REGIONS)]


class AwsCluster(ManagedCluster):
    """An EKS cluster with its network, in one region of AWS."""

    cloud: OneOf["aws"]  # pyright: ignore[reportIncompatibleVariableOverride]
    """Always `aws`."""
    region: AwsRegion
    """Region of the cluster and its systems."""
    account: AwsAccount
    """Account that the stack may change; the provider refuses any other."""
    network: AwsNetwork = Field(default_factory=AwsNetwork)  # pyright: ignore[reportIncompatibleVariableOverride]
    """The cluster's private network."""
    kubernetes: AwsKubernetes  # pyright: ignore[reportIncompatibleVariableOverride]
    """Control plane and nodes."""
    second_region: AwsRegion | None = None
    """Region for copies of backups, secrets and buckets, and for read replicas that can be promoted; no copies without it."""
    state_bucket: BucketName | None = None
    """Bucket with Pulumi's state, which is backed up with the databases."""
    deployers: list[AwsRole] = Field(default_factory=list, min_length=1)
    """Roles that administer a new cluster, including the one that runs `pulumi up`. Required for a new cluster."""
    image_prefix: Repository | None = Field(default=None, examples=["shop"])
    """What begins the names of the cluster's image repositories in ECR, where an account has each name once in a region: with
    `shop` the image `orders` is in `shop/orders`. By default nothing, so that repositories keep their names; `slipway init`
    writes the name of the project. With another prefix pods pull from other repositories: push the images there first."""

    def repository(self, image: str) -> str:
        """Return the repository in ECR of an image of a system."""
        return image if self.image_prefix is None else f"{self.image_prefix}/{image}"


def findings(path: Path, settings: AwsCluster, cluster: StackCluster) -> Found:
    days = settings.kubernetes.log_retention_days
    if days not in LOG_RETENTION:
        known = ", ".join(map(str, LOG_RETENTION))
        rule = f"is not a number of days that CloudWatch keeps logs; allowed: {known}"
        yield Finding((*path, "kubernetes", "logRetentionDays"), rule)
    yield from second_region(path, settings)
    of_new = ("cidr", "nat") if settings.second_region else ("cidr", "nat", "zones")
    yield from existing_network((*path, "network"), settings.network, of_new)
    yield from aws_existing.findings(
        (*path, "network"), settings.region, PREFIXES.get(settings.region), settings.network
    )
    yield from existing_cluster(path, settings.kubernetes, settings.network)
    yield from aws_cluster.findings(path, settings.account, settings.region, settings.kubernetes, settings.deployers)
    yield from _zones(path, settings)
    for domain, id in settings.dns_zones.items():
        if not _ZONE.fullmatch(id):
            yield Finding(
                (*path, "dnsZones", domain), "is not the id of a hosted zone, for example Z0123456789ABCDEFGHIJ"
            )
    yield from _sites_at_the_edge(path, cluster)
    yield from adopted(path, cluster, IDS)
    for system in cluster.systems.values():
        yield from too_long((*path, "systems", system.name), system, settings.account)
        services = system.definition.services.items()
        images = [
            (("services", name, "image"), image)
            for name, each in services
            for image in each.images
            if isinstance(image, str)
        ]
        images += [(("sites", name, "artefact"), each.artefact) for name, each in system.definition.sites.items()]
        for key, repository in images:
            yield from _repository(path, (*path, "systems", system.name), key, settings.repository(repository))
    for system, name, database in databases(cluster):
        where = (*path, "systems", system.name, "databases", name)
        if database.read_replicas > most("rds replicas"):
            yield Finding((*where, "readReplicas"), f"is more than RDS supports, {most('rds replicas')}")
        if database.engine == "postgres" and database.maximum_storage < math.ceil(database.storage * GROWTH):
            rule = f"leaves RDS too little room to grow: set {math.ceil(database.storage * GROWTH)} or more"
            yield Finding((*where, "maximumStorage"), rule, ((*where, "storage"),))
        if database.engine == "postgres" and database.storage < SMALLEST_STORAGE:
            rule = f"is smaller than RDS supports: set {SMALLEST_STORAGE} GiB or more"
            yield Finding((*path, "systems", system.name, "databases", name, "storage"), rule)
        for zone in _without_poolers(settings.network) if database.engine == "postgres" and database.pooling else ():
            rule = f"is not available in {zone}, where RDS has no proxies: choose another database subnet"
            yield Finding((*where, "pooling"), rule, ((*path, "network", "existing", "database", zone),))
        if database.backup == "none" and database.read_replicas:
            rule = "requires read replicas without a backup, but RDS creates replicas from backups: set 'backup'"
            yield Finding((*path, "systems", system.name, "databases", name, "readReplicas"), rule)


def _repository(cluster: Path, system: Path, key: Path, repository: str) -> Found:
    """Check the length of a repository's name in ECR."""
    longest = most("ecr repository")
    if len(repository) < 2:
        rule = f"has {dotted(key)} in a repository '{repository}'; on AWS a repository name needs at least two letters"
        yield Finding(system, rule)
    elif len(repository) > longest:
        rule = f"makes the repository of {dotted(key)} longer than the {longest} characters of ECR: '{repository}'"
        yield Finding((*cluster, "imagePrefix"), rule, (system,))


def across(clusters: Mapping[str, StackCluster]) -> Found:
    """Check that no two clusters create the same repository of images: an account has each name once in a region."""
    owners: dict[tuple[str, str, str], str] = {}
    for name, cluster in clusters.items():
        settings = cluster.settings
        if not isinstance(settings, AwsCluster):
            continue
        for image in cluster.repositories:
            repository = settings.repository(image)
            owner = owners.setdefault((settings.account, settings.region, repository), name)
            if owner != name:
                rule = (
                    f"would create the image repository '{repository}', which cluster '{owner}' has in the same account and "
                    f"region: set an 'imagePrefix' of its own, for example {name}"
                )
                yield Finding(("clusters", name), rule, (("clusters", name, "imagePrefix"),))
                break


def _without_poolers(network: AwsNetwork) -> list[str]:
    existing = network.existing
    return [] if existing is None else [zone for zone in existing.database if zone in NO_POOLER]


def _sites_at_the_edge(path: Path, cluster: StackCluster) -> Found:
    for system in cluster.systems.values():
        if not system.definition.sites:
            continue
        where, domains = (*path, "systems", system.name), system.definition.domains
        yield from certificates(where, system)
        if len({".".join(domain.split(".")[-2:]) for domain in domains.values()}) > 1:
            rule = f"has domains without a common parent, so visitors of its sites cannot stay on their slot: {', '.join(domains.values())}"
            yield Finding((*where, "domains"), rule)


def _zones(path: Path, settings: AwsCluster) -> Found:
    """Check the number of zones, since not every region has three."""
    own = settings.region if settings.network.existing is None else settings.second_region
    for region in (own, settings.second_region):
        try:
            if region is not None:
                zone_ids(region, settings.network.zones)
        except ValueError as error:
            yield Finding((*path, "network", "zones"), str(error), ((*path, "region"),))


SECRET_ENTRY = Matching(
    "a name or an ARN in Secrets Manager",
    "shop/production",
    r"(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:)?[A-Za-z0-9/_+=.@-]+",
    600,
)
CLOUD = CloudSettings(
    title="AWS",
    secret_entry=SECRET_ENTRY,
    cluster=AwsCluster,
    findings=findings,
    across=across,
    grantable=KINDS,
    label_domains=("amazonaws.com", "aws", "karpenter.sh"),
    own_inert=(
        Inert("databases.NAME.storage", "the disk of DocumentDB grows by itself", {"databases.NAME.engine": "mongodb"}),
    ),
)
