"""What encrypts data, where it lies and on its way, by the type that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from frame import Absence, Property, Resource
from kinds.buckets import ACCOUNT, DISTRIBUTION
from kinds.databases import DATABASES
from kinds.safeguards import Safeguard

_PLAIN_AT_REST = "is not encrypted at rest"
_PLAIN_ON_ITS_WAY = "can be talked to without TLS"
_OLD_TLS = "accepts TLS older than 1.2"

_ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
ENCRYPTIONS = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
)
"""How a bucket is encrypted; AWS encrypts one without these too."""
ALGORITHM = Safeguard(
    path=("applyServerSideEncryptionByDefault", "sseAlgorithm"), safe=_ALGORITHMS, otherwise=_PLAIN_AT_REST
)

AT_REST: Mapping[str, Sequence[Safeguard]] = {
    **{type_: [kind.encrypted] for type_, kind in DATABASES.items() if kind.encrypted},
    "aws:ebs/volume:Volume": [Safeguard(path=("encrypted",), safe=(True,), otherwise=_PLAIN_AT_REST)],
    "aws:efs/fileSystem:FileSystem": [Safeguard(path=("encrypted",), safe=(True,), otherwise=_PLAIN_AT_REST)],
    "aws:sqs/queue:Queue": [
        Safeguard(path=("sqsManagedSseEnabled",), safe=(True,), by_default=True, otherwise=_PLAIN_AT_REST)
    ],
    ACCOUNT: [
        Safeguard(
            path=("encryption", "services", service, "enabled"), safe=(True,), by_default=True, otherwise=_PLAIN_AT_REST
        )
        for service in ("blob", "file")
    ],
}

CLUSTER = "aws:eks/cluster:Cluster"
CLUSTER_KEY = Safeguard(
    path=("encryptionConfig", "provider", "keyArn"), otherwise="keeps secrets without a key of its own"
)

STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
PROVISIONERS: Mapping[str, Safeguard] = {
    provisioner: Safeguard(path=("parameters", "encrypted"), safe=("true",), otherwise="makes volumes in plain text")
    for provisioner in ("ebs.csi.eks.amazonaws.com", "ebs.csi.aws.com", "kubernetes.io/aws-ebs", "efs.csi.aws.com")
}
"""What those must be told that do not encrypt by themselves."""

IN_TRANSIT: Mapping[str, Sequence[Safeguard]] = {
    ACCOUNT: [
        Safeguard(path=("enableHttpsTrafficOnly",), safe=(True,), by_default=True, otherwise=_PLAIN_ON_ITS_WAY),
        Safeguard(path=("minimumTlsVersion",), safe=("TLS1_2", "TLS1_3"), otherwise=_OLD_TLS),
    ],
    "aws:rds/proxy:Proxy": [Safeguard(path=("requireTls",), safe=(True,), otherwise=_PLAIN_ON_ITS_WAY, key="pooling")],
    DISTRIBUTION: [
        Safeguard(
            path=("viewerCertificate", "minimumProtocolVersion"),
            safe=("TLSv1.2_2018", "TLSv1.2_2019", "TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"),
            otherwise=_OLD_TLS,
        ),
    ],
    "kubernetes:gateway.envoyproxy.io/v1alpha1:ClientTrafficPolicy": [
        Safeguard(path=("spec", "tls", "minVersion"), safe=("1.2", "1.3"), by_default=True, otherwise=_OLD_TLS)
    ],
    "kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster": [
        Safeguard(path=("spec", "tls", "disableNonTLSListeners"), safe=(True,), otherwise=_PLAIN_ON_ITS_WAY)
    ],
}

VIEWERS = Safeguard(
    path=("viewerProtocolPolicy",), safe=("https-only", "redirect-to-https"), otherwise=_PLAIN_ON_ITS_WAY
)
"""Of each behaviour of a distribution."""
ORIGIN = Safeguard(path=("originProtocolPolicy",), safe=("https-only",), otherwise="asks an origin without TLS")
ORIGIN_VERSION = Safeguard(path=("originSslProtocols",), safe=("TLSv1.2",), otherwise="asks an origin over old TLS")
"""Of each origin that is no bucket."""


def behaviours(distribution: Resource) -> Iterator[Property]:
    """Each behaviour of a distribution."""
    yield distribution["defaultCacheBehavior"]
    yield from _each(distribution["orderedCacheBehaviors"])


def servers(distribution: Resource) -> Iterator[Property]:
    """The way to each origin that is no bucket."""
    ways = (each["customOriginConfig"] for each in _each(distribution["origins"]))
    return (each for each in ways if each.present)


def _each(listing: Property) -> Iterator[Property]:
    yield from [listing] if listing.unknown else listing.elements()


@dataclass(frozen=True)
class Forced:
    """A parameter with which a server refuses to talk in plain text."""

    name: str
    safe: tuple[str, ...]
    since: int | None
    """The version from which on it is so by default; none if it never is."""

    def by_default(self, version: str) -> bool:
        """Whether a server of that version does so untold."""
        major = re.match(r"\d+", version)
        return self.since is not None and major is not None and int(major[0]) >= self.since


_FORCED: Sequence[tuple[str, Forced]] = (
    ("aurora-postgresql", Forced("rds.force_ssl", ("1",), 17)),
    ("postgres", Forced("rds.force_ssl", ("1",), 15)),
    ("aurora-mysql", Forced("require_secure_transport", ("1", "ON"), None)),
    ("mysql", Forced("require_secure_transport", ("1", "ON"), None)),
    ("docdb", Forced("tls", ("enabled", "tls1.2+", "tls1.3+", "fips-140-3"), 3)),
)
"""By the beginning of the name of a family of parameters."""

PARAMETER_GROUPS = (
    "aws:rds/parameterGroup:ParameterGroup",
    "aws:rds/clusterParameterGroup:ClusterParameterGroup",
    "aws:docdb/clusterParameterGroup:ClusterParameterGroup",
)
GROUPED: Mapping[str, str] = {
    "aws:rds/instance:Instance": "parameterGroupName",
    "aws:rds/cluster:Cluster": "dbClusterParameterGroupName",
}
"""Where a database names its group of parameters, in place of AWS's defaults."""
CONFIGURATION = "azure-native:dbforpostgresql:Configuration"
CONFIGURED: Mapping[str, Safeguard] = {
    "require_secure_transport": Safeguard(path=("value",), safe=("ON", "on"), otherwise=_PLAIN_ON_ITS_WAY),
    "ssl_min_protocol_version": Safeguard(path=("value",), safe=("TLSv1.2", "TLSv1.3"), otherwise=_OLD_TLS),
}
"""By name, of a flexible server, whose own defaults are safe."""


def forced(family: str, *, server: bool) -> tuple[Forced, bool] | None:
    """The parameter of a family such as `postgres17`, and whether it is on by default. A server of Aurora has it from
    its cluster."""
    if server and family.startswith("aurora"):
        return None
    for prefix, each in _FORCED:
        if family.startswith(prefix):
            return each, each.by_default(family.removeprefix(prefix))
    return None


def parameter(group: Resource, forcing: Forced, *, by_default: bool) -> tuple[Safeguard, Property]:
    """What a group must say of a parameter, and what it says."""
    listed = group["parameters"]
    unknown = next((each["name"] for each in listed.elements() if each["name"].unknown), listed)
    found = next((each["value"] for each in listed.elements() if each["name"].text == forcing.name), None)
    safeguard = Safeguard(
        path=("parameters", forcing.name), safe=forcing.safe, by_default=by_default, otherwise=_PLAIN_ON_ITS_WAY
    )
    if found is None and unknown.unknown:
        return safeguard, unknown
    return safeguard, found or Property(Absence.MISSING, f"parameters.{forcing.name}")
