"""Encryption of data on AWS, at rest and in transit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapters.clouds.aws.buckets import DISTRIBUTION
from adapters.clouds.aws.managed_databases import AURORA, DATABASES, DOCUMENTS, ENCRYPTED, INSTANCE
from adapters.clouds.contract import Evaluation, each_of, guarded
from adapters.safeguards import OLD_TLS, PLAIN_AT_REST, PLAIN_ON_ITS_WAY, Safeguard, at
from framework import Absence, Property, Resource, Settings, Verdict

YEAR = 31_536_000
"""Seconds for which a browser must remember to use TLS. Source: checkov CKV_AWS_259; hstspreload.org."""
_ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
_ENCRYPTIONS = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
)
"""Types that configure a bucket's encryption; AWS encrypts a bucket without them too."""
_ALGORITHM = Safeguard(
    path=("applyServerSideEncryptionByDefault", "sseAlgorithm"), safe=_ALGORITHMS, otherwise=PLAIN_AT_REST
)

_VOLUME = Safeguard(path=("encrypted",), safe=(True,), otherwise=PLAIN_AT_REST)
_CLUSTER_KEY = Safeguard(
    path=("encryptionConfig", "provider", "keyArn"), otherwise="stores Secrets without a key of its own"
)


def _evaluate_bucket(configuration: Resource, _settings: Settings, verdict: Verdict) -> None:
    rules = configuration["rules"]
    for rule in [rules] if rules.unknown else rules.elements():
        _ALGORITHM.evaluate(configuration, verdict, at(rule, _ALGORITHM.path))
    if not rules.unknown and not any(rules.elements()):
        verdict.violated(configuration, "encrypts nothing: rules is not a list")


def _evaluate_secrets(cluster: Resource, _settings: Settings, verdict: Verdict) -> None:
    resources = cluster["encryptionConfig"]["resources"]
    _CLUSTER_KEY.evaluate(cluster, verdict)
    if resources.first_unknown:
        verdict.undecided(cluster, resources.first_unknown)
    elif cluster["encryptionConfig"].present and not any(each.text == "secrets" for each in resources.elements()):
        verdict.violated(cluster, f"stores Secrets without a key of its own: {resources.path} does not contain secrets")


AT_REST: Mapping[str, Evaluation] = {
    **dict.fromkeys((INSTANCE, AURORA, DOCUMENTS), guarded(ENCRYPTED)),
    "aws:ebs/volume:Volume": guarded(_VOLUME),
    "aws:efs/fileSystem:FileSystem": guarded(_VOLUME),
    "aws:eks/cluster:Cluster": _evaluate_secrets,
    **dict.fromkeys(_ENCRYPTIONS, _evaluate_bucket),
}

PROVISIONERS = {
    provisioner: Safeguard(path=("parameters", "encrypted"), safe=("true",), otherwise="creates unencrypted volumes")
    for provisioner in ("ebs.csi.eks.amazonaws.com", "ebs.csi.aws.com", "kubernetes.io/aws-ebs", "efs.csi.aws.com")
}
"""Required settings of provisioners that do not encrypt by default."""

_OWN_VERSION = Safeguard(
    path=("viewerCertificate", "minimumProtocolVersion"),
    safe=("TLSv1.2_2018", "TLSv1.2_2019", "TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"),
    otherwise=OLD_TLS,
)
_VIEWERS = Safeguard(
    path=("viewerProtocolPolicy",), safe=("https-only", "redirect-to-https"), otherwise=PLAIN_ON_ITS_WAY
)
"""Setting of each behaviour of a distribution."""
_ORIGIN = Safeguard(path=("originProtocolPolicy",), safe=("https-only",), otherwise="connects to an origin without TLS")
_ORIGIN_VERSION = Safeguard(
    path=("originSslProtocols",), safe=("TLSv1.2",), otherwise="connects to an origin with an old TLS version"
)
"""Setting of each origin that is not a bucket."""


def _evaluate_distribution(distribution: Resource, _settings: Settings, verdict: Verdict) -> None:
    _OWN_VERSION.evaluate(distribution, verdict)
    for behaviour in (distribution["defaultCacheBehavior"], *each_of(distribution["orderedCacheBehaviors"])):
        _VIEWERS.evaluate(distribution, verdict, at(behaviour, _VIEWERS.path))
    for way in _servers(distribution):
        _ORIGIN.evaluate(distribution, verdict, at(way, _ORIGIN.path))
        for version in [] if way.unknown else list(way["originSslProtocols"].elements()) or [way["originSslProtocols"]]:
            _ORIGIN_VERSION.evaluate(distribution, verdict, version)


def _servers(distribution: Resource) -> Iterator[Property]:
    """Return the protocol settings of each origin that is not a bucket."""
    ways = (each["customOriginConfig"] for each in each_of(distribution["origins"]))
    return (each for each in ways if each.present)


@dataclass(frozen=True)
class Forced:
    """A parameter by which a server rejects unencrypted connections."""

    name: str
    safe: tuple[str, ...]
    since: int | None
    """Version since which it is on by default; None if it never is."""

    def by_default(self, version: str) -> bool:
        """Return whether a server of that version has it on by default."""
        major = re.match(r"\d+", version)
        return self.since is not None and major is not None and int(major[0]) >= self.since


_FORCED: Sequence[tuple[str, Forced]] = (
    ("aurora-postgresql", Forced("rds.force_ssl", ("1",), 17)),
    ("postgres", Forced("rds.force_ssl", ("1",), 15)),
    ("aurora-mysql", Forced("require_secure_transport", ("1", "ON"), None)),
    ("mysql", Forced("require_secure_transport", ("1", "ON"), None)),
    ("docdb", Forced("tls", ("enabled", "tls1.2+", "tls1.3+", "fips-140-3"), 3)),
)
"""Parameters by the prefix of a parameter group's family."""

_OLD_AUTHORITIES = ("rds-ca-2010", "rds-ca-2015", "rds-ca-2019")
"""Authorities whose certificates have ended, so that clients either fail or stop checking. Source: Amazon RDS, SSL/TLS."""
_PARAMETER_GROUPS = (
    "aws:rds/parameterGroup:ParameterGroup",
    "aws:rds/clusterParameterGroup:ClusterParameterGroup",
    "aws:docdb/clusterParameterGroup:ClusterParameterGroup",
)
_GROUPED: Mapping[str, str] = {
    "aws:rds/instance:Instance": "parameterGroupName",
    "aws:rds/cluster:Cluster": "dbClusterParameterGroupName",
}
"""Property with a database's parameter group."""


def _forced(family: str, *, server: bool) -> tuple[Forced, bool] | None:
    """Return the parameter of a family such as `postgres17`, and whether it is on by default. An Aurora instance
    inherits it from its cluster."""
    if server and family.startswith("aurora"):
        return None
    for prefix, each in _FORCED:
        if family.startswith(prefix):
            return each, each.by_default(family.removeprefix(prefix))
    return None


def _parameter(group: Resource, forcing: Forced, *, by_default: bool) -> tuple[Safeguard, Property]:
    """Return the required and the actual value of a parameter in a group."""
    listed = group["parameters"]
    unknown = next((each["name"] for each in listed.elements() if each["name"].unknown), listed)
    found = next((each["value"] for each in listed.elements() if each["name"].text == forcing.name), None)
    safeguard = Safeguard(
        path=("parameters", forcing.name), safe=forcing.safe, by_default=by_default, otherwise=PLAIN_ON_ITS_WAY
    )
    if found is None and unknown.unknown:
        return safeguard, unknown
    return safeguard, found or Property(Absence.MISSING, f"parameters.{forcing.name}")


_VERSIONS = {
    name: Safeguard(path=("parameters", name), safe=safe, otherwise=OLD_TLS)
    for name, safe in (
        ("ssl_min_protocol_version", ("TLSv1.2", "TLSv1.3")),
        ("tls_version", ("TLSv1.2", "TLSv1.3", "TLSv1.2,TLSv1.3")),
    )
}
"""Parameters with the versions of TLS, of PostgreSQL and of MySQL, by name; their defaults are safe."""


def _evaluate_parameters(group: Resource, _settings: Settings, verdict: Verdict) -> None:
    family = group["family"]
    forcing = _forced(family.text or "", server=group.type == _PARAMETER_GROUPS[0])
    if family.unknown:
        verdict.undecided(group, family)
    elif forcing:
        safeguard, value = _parameter(group, forcing[0], by_default=forcing[1])
        safeguard.evaluate(group, verdict, value)
    for each in group["parameters"].elements():
        if each["name"].text in _VERSIONS:
            _VERSIONS[each["name"].text].evaluate(group, verdict, each["value"])


def _evaluate_headers(headers: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check that browsers come back by TLS alone."""
    age = headers["securityHeadersConfig"]["strictTransportSecurity"]["accessControlMaxAgeSec"]
    if age.unknown:
        verdict.undecided(headers, age)
    elif (age.whole_number or 0) < YEAR:
        verdict.violated(headers, f"lets browsers come back without TLS: {age.path} is less than a year")


def _evaluate_defaults(database: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check a database without its own parameters; a replica has those of its source."""
    authority = database["caCertIdentifier"]
    if authority.text in _OLD_AUTHORITIES:
        verdict.violated(database, f"shows a certificate that has ended: {authority.path}")
    group, engine, version = database[_GROUPED[database.type]], database["engine"], database["engineVersion"]
    forcing = _forced(f"{engine.text or ''}{version.text or ''}", server="instance" in database.type)
    if group.present or DATABASES[database.type].copy(database).present or (forcing and forcing[1]):
        return
    if engine.unknown or (forcing and version.unknown):
        verdict.undecided(database, engine if engine.unknown else version)
    elif forcing:
        verdict.violated(database, f"accepts connections without TLS by default: {group.path} is not set", "version")


def _evaluate_log_parameters(group: Resource, _settings: Settings, verdict: Verdict) -> None:
    for each in group["parameters"].elements():
        if each["name"].text in _LOGGING and (each["value"].text or "").lower() in ("0", "off", "disabled", "none"):
            verdict.violated(group, f"switches off audit logs: {each['value'].path}")


_LOGGING = ("audit_logs", "log_connections", "log_disconnections", "pgaudit.log", "server_audit_logging")
"""Parameters that write logs for audits, of PostgreSQL, of MySQL and of MongoDB."""
LOGGED: Mapping[str, Evaluation] = dict.fromkeys(_PARAMETER_GROUPS, _evaluate_log_parameters)

IN_TRANSIT: Mapping[str, Evaluation] = {
    "aws:rds/proxy:Proxy": guarded(
        Safeguard(path=("requireTls",), safe=(True,), otherwise=PLAIN_ON_ITS_WAY, key="pooling")
    ),
    DISTRIBUTION: _evaluate_distribution,
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": _evaluate_headers,
    "aws:sns/topicSubscription:TopicSubscription": guarded(
        Safeguard(
            path=("protocol",),
            safe=("application", "email", "email-json", "firehose", "https", "lambda", "sms", "sqs"),
            otherwise="sends messages without TLS",
        )
    ),
    **dict.fromkeys(_PARAMETER_GROUPS, _evaluate_parameters),
    **dict.fromkeys(_GROUPED, _evaluate_defaults),
}
