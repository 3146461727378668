"""Data is encrypted where it lies and on its way, on each cloud."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, outcomes, secret

RULES = ("encryption-at-rest", "encryption-in-transit", "plain-http")
REST, TRANSIT, PLAIN = RULES
SOURCE = "systems/fleet/system.yaml:databases.fleet_db"

OVER_TLS = json.dumps(
    {
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "*",
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ]
    }
)
"""A policy of a queue or a topic."""

VOLUME = "aws:ebs/volume:Volume"
ACCOUNT = "azure-native:storage:StorageAccount"
STORAGE = "kubernetes:storage.k8s.io/v1:StorageClass"
EKS = "aws:eks/cluster:Cluster"
SSE = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
ENCRYPTED = {
    "aws:rds/instance:Instance": "storageEncrypted",
    "aws:rds/cluster:Cluster": "storageEncrypted",
    "aws:docdb/cluster:Cluster": "storageEncrypted",
    VOLUME: "encrypted",
    "aws:efs/fileSystem:FileSystem": "encrypted",
}


@pytest.mark.parametrize(("type_", "key"), ENCRYPTED.items())
class TestDisks:
    """What AWS encrypts only if it is told to."""

    def test_encrypted_satisfies(self, preview: Evaluator, type_: str, key: str) -> None:
        """True, and nothing else."""
        assert preview.evaluate(Fact(type_, {key: True}), Fact(type_, {key: secret(True)})) == []

    @pytest.mark.parametrize("value", [None, False, "true", 1, [True], CANARY])
    def test_plain_violates(self, preview: Evaluator, type_: str, key: str, value: Any) -> None:
        """Not set, false, or of the wrong type."""
        findings = preview.evaluate(Fact(type_, {key: value, "tags": {"slipway.dev/source": SOURCE}}))
        assert outcomes(findings) == [(REST, "mandatory")]
        assert CANARY not in findings[0].message
        assert findings[0].message.endswith(f"fix: {SOURCE}")

    def test_unknown(self, preview: Evaluator, update: Evaluator, type_: str, key: str) -> None:
        """What is not known yet is advice, and blocks an update."""
        fact = Fact(type_, {key: UNKNOWN})
        assert outcomes(preview.evaluate(fact)) == [(REST, "advisory")]
        assert outcomes(update.evaluate(fact)) == [(REST, "mandatory")]


def sse(*algorithms: Any) -> Fact:
    rules = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": each}} for each in algorithms]
    return Fact(SSE, {"rules": rules})


def eks(**encryption: Any) -> Fact:
    return Fact(EKS, {"encryptionConfig": encryption} if encryption else {})


def account(**more: Any) -> Fact:
    return Fact(ACCOUNT, {"minimumTlsVersion": "TLS1_2", "enableHttpsTrafficOnly": True, **more})


def storage(provisioner: Any, **parameters: Any) -> Fact:
    return Fact(STORAGE, {"provisioner": provisioner, "parameters": parameters})


KEY = {"keyArn": UNKNOWN}


@pytest.mark.parametrize(
    "fact",
    [
        sse("aws:kms"),
        sse("AES256"),
        sse("aws:kms:dsse"),
        eks(provider=KEY, resources=["secrets"]),
        account(),
        account(encryption={"services": {"blob": {"enabled": True}}}),
        storage("ebs.csi.eks.amazonaws.com", encrypted="true", type="gp3"),
        storage("disk.csi.azure.com"),
        storage("rancher.io/local-path"),
        Fact("aws:sqs/queue:Queue", {"policy": OVER_TLS}),
        Fact("aws:sqs/queue:Queue", {"policy": OVER_TLS, "sqsManagedSseEnabled": False, "kmsMasterKeyId": UNKNOWN}),
        Fact("aws:sns/topic:Topic", {"policy": OVER_TLS, "kmsMasterKeyId": UNKNOWN}),
    ],
)
def test_encrypted_at_rest_satisfies(preview: Evaluator, fact: Fact) -> None:
    """Said where it must be, and left out where the cloud does it by itself."""
    assert preview.evaluate(fact) == []


@pytest.mark.parametrize(
    "fact",
    [
        sse(),
        sse(None),
        sse("none"),
        sse(256),
        Fact(SSE, {"rules": "aws:kms"}),
        Fact(SSE, {}),
        eks(),
        eks(provider={}, resources=["secrets"]),
        eks(provider=KEY, resources=[]),
        eks(provider=KEY, resources="secrets"),
        eks(provider={"keyArn": 7}, resources=["secrets"]),
        account(encryption={"services": {"blob": {"enabled": False}}}),
        account(encryption={"services": {"file": {"enabled": "false"}}}),
        storage("ebs.csi.aws.com"),
        storage("ebs.csi.aws.com", encrypted=True),
        storage("ebs.csi.aws.com", encrypted="false"),
        Fact("aws:sqs/queue:Queue", {"policy": OVER_TLS, "sqsManagedSseEnabled": False}),
        Fact("aws:sns/topic:Topic", {"policy": OVER_TLS}),
    ],
)
def test_plain_at_rest_violates(preview: Evaluator, fact: Fact) -> None:
    """Turned off, left out where it must be said, or of the wrong type."""
    assert outcomes(preview.evaluate(fact)) == [(REST, "mandatory")]


@pytest.mark.parametrize(
    "fact",
    [
        sse(UNKNOWN),
        Fact(SSE, {"rules": UNKNOWN}),
        eks(provider=KEY, resources=[UNKNOWN]),
        account(encryption={"services": {"blob": {"enabled": UNKNOWN}}}),
        storage(UNKNOWN),
        storage("ebs.csi.aws.com", encrypted=UNKNOWN),
        Fact("aws:sqs/queue:Queue", {"policy": OVER_TLS, "sqsManagedSseEnabled": UNKNOWN}),
    ],
)
def test_unknown_at_rest(preview: Evaluator, update: Evaluator, fact: Fact) -> None:
    """What is not known yet is advice, and blocks an update."""
    assert outcomes(preview.evaluate(fact)) == [(REST, "advisory")]
    assert outcomes(update.evaluate(fact)) == [(REST, "mandatory")]


def distribution(version: Any = "TLSv1.2_2021", viewers: Any = "redirect-to-https", **more: Any) -> Fact:
    """A distribution of CloudFront."""
    properties = {
        "viewerCertificate": {"minimumProtocolVersion": version},
        "defaultCacheBehavior": {"viewerProtocolPolicy": viewers},
        **more,
    }
    return Fact("aws:cloudfront/distribution:Distribution", properties)


def origin(policy: Any = "https-only", versions: Any = ("TLSv1.2",)) -> dict[str, Any]:
    versions = list(versions) if isinstance(versions, tuple) else versions
    server = {"customOriginConfig": {"originProtocolPolicy": policy, "originSslProtocols": versions}}
    return {"origins": [{"domainName": "files.s3.amazonaws.com"}, server]}


def parameters(family: Any = "postgres14", type_: str = "rds/parameterGroup:ParameterGroup", **values: Any) -> Fact:
    """A group with these parameters, their names with dots for underscores twice."""
    listed = [{"name": name.replace("__", "."), "value": value} for name, value in values.items()]
    return Fact(f"aws:{type_}", {"family": family, "parameters": listed})


def configuration(name: Any, value: Any) -> Fact:
    properties = {"configurationName": name, "value": value}
    return Fact("azure-native:dbforpostgresql:Configuration", properties)


def proxy(tls: Any) -> Fact:
    return Fact("aws:rds/proxy:Proxy", {"requireTls": tls})


def traffic(**tls: Any) -> Fact:
    return Fact("kubernetes:gateway.envoyproxy.io/v1alpha1:ClientTrafficPolicy", {"spec": {"tls": tls}})


def broker(**tls: Any) -> Fact:
    return Fact("kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster", {"spec": {"tls": tls}})


def database(group: Any = None, engine: Any = "postgres", version: Any = "14.7", **more: Any) -> Fact:
    """A database of RDS, or of Aurora, with a group of parameters or the defaults of its engine."""
    type_ = "rds/cluster:Cluster" if str(engine).startswith("aurora") else "rds/instance:Instance"
    key = "dbClusterParameterGroupName" if str(engine).startswith("aurora") else "parameterGroupName"
    values = {"engine": engine, "engineVersion": version, "storageEncrypted": True, key: group, **more}
    return Fact(f"aws:{type_}", values)


DOCDB, AURORA = "docdb/clusterParameterGroup:ClusterParameterGroup", "rds/clusterParameterGroup:ClusterParameterGroup"
BEHAVIOUR = "orderedCacheBehaviors"


@pytest.mark.parametrize(
    "fact",
    [
        account(minimumTlsVersion="TLS1_3", enableHttpsTrafficOnly=None),
        distribution(),
        distribution(viewers="https-only", **origin()),
        distribution(**{BEHAVIOUR: [{"viewerProtocolPolicy": "https-only"}]}),
        parameters(rds__force_ssl="1"),
        parameters("postgres17"),
        parameters("postgres17", rds__force_ssl="1"),
        parameters("aurora-postgresql17", AURORA),
        parameters("docdb5.0", DOCDB),
        parameters("docdb5.0", DOCDB, tls="enabled"),
        parameters("mysql8.4", require_secure_transport="ON"),
        parameters("oracle-ee-19"),
        parameters("aurora-postgresql16"),
        database("own"),
        database(UNKNOWN),
        database(version="17"),
        database(engine="aurora-postgresql", version="17.4"),
        database(engine="oracle-ee", version="19"),
        database(replicateSourceDb=UNKNOWN),
        configuration("require_secure_transport", "ON"),
        configuration("ssl_min_protocol_version", "TLSv1.3"),
        configuration("work_mem", "4096"),
        proxy(True),
        traffic(),
        traffic(minVersion="1.2"),
        broker(disableNonTLSListeners=True),
    ],
)
def test_tls_satisfies(preview: Evaluator, fact: Fact) -> None:
    """TLS 1.2 or later, said or by default."""
    assert preview.evaluate(fact) == []


@pytest.mark.parametrize(
    "fact",
    [
        account(minimumTlsVersion="TLS1_0"),
        account(minimumTlsVersion=None),
        account(minimumTlsVersion=1.2),
        account(enableHttpsTrafficOnly=False),
        account(enableHttpsTrafficOnly="true"),
        distribution("TLSv1.1_2016"),
        distribution(None),
        distribution(1.2),
        distribution(viewers="allow-all"),
        distribution(viewers=None),
        distribution(**{BEHAVIOUR: [{"viewerProtocolPolicy": "allow-all"}]}),
        distribution(**origin("match-viewer")),
        distribution(**origin(versions=("TLSv1.2", "TLSv1"))),
        distribution(**origin(versions=())),
        distribution(**origin(versions=None)),
        parameters(),
        parameters(rds__force_ssl="0"),
        parameters("postgres17", rds__force_ssl="0"),
        parameters("postgres17", rds__force_ssl=1),
        parameters("postgres17", rds__force_ssl=CANARY),
        parameters("aurora-postgresql16", AURORA),
        parameters("docdb5.0", DOCDB, tls="disabled"),
        parameters("aurora-mysql8.0", AURORA),
        database(),
        database(version=None),
        database(version=14),
        database(engine="aurora-postgresql", version="16.2"),
        database(engine="mysql", version="8.0"),
        configuration("require_secure_transport", "OFF"),
        configuration("require_secure_transport", True),
        configuration("ssl_min_protocol_version", "TLSv1.1"),
        proxy(False),
        proxy(None),
        proxy("true"),
        traffic(minVersion="1.0"),
        traffic(minVersion="Auto"),
        traffic(minVersion=1.2),
        broker(),
        broker(disableNonTLSListeners=False),
        broker(disableNonTLSListeners="true"),
    ],
)
def test_plain_or_old_tls_violates(preview: Evaluator, fact: Fact) -> None:
    """Plain text, a version of TLS that is broken, nothing where it must be said, or the wrong type."""
    findings = preview.evaluate(fact)
    assert outcomes(findings) == [(TRANSIT, "mandatory")]
    assert CANARY not in findings[0].message


@pytest.mark.parametrize(
    ("fact", "named"),
    [
        (account(minimumTlsVersion=UNKNOWN), "minimumTlsVersion"),
        (distribution(UNKNOWN), "minimumProtocolVersion"),
        (distribution(viewers=UNKNOWN), "viewerProtocolPolicy"),
        (distribution(**{BEHAVIOUR: UNKNOWN}), "orderedCacheBehaviors"),
        (distribution(origins=UNKNOWN), "origins"),
        (distribution(**origin(UNKNOWN)), "originProtocolPolicy"),
        (parameters(UNKNOWN), "family"),
        (parameters(rds__force_ssl=UNKNOWN), "value"),
        (Fact("aws:rds/parameterGroup:ParameterGroup", {"family": "postgres17", "parameters": UNKNOWN}), "parameters"),
        (database(engine=UNKNOWN), "engine"),
        (database(version=UNKNOWN), "engineVersion"),
        (configuration(UNKNOWN, "ON"), "configurationName"),
        (configuration("require_secure_transport", UNKNOWN), "value"),
        (proxy(UNKNOWN), "requireTls"),
        (traffic(minVersion=UNKNOWN), "minVersion"),
        (broker(disableNonTLSListeners=UNKNOWN), "disableNonTLSListeners"),
    ],
)
def test_unknown_in_transit(preview: Evaluator, update: Evaluator, fact: Fact, named: str) -> None:
    """What is not known yet is advice, and blocks an update."""
    findings = preview.evaluate(fact)
    assert outcomes(findings) == [(TRANSIT, "advisory")]
    assert named in findings[0].message
    assert outcomes(update.evaluate(fact)) == [(TRANSIT, "mandatory")]


BUCKET = Fact("aws:s3/bucket:Bucket", {"bucket": "files", "tags": {"slipway.dev/source": SOURCE}}, "files")
SITE = Fact("aws:cloudfront/distribution:Distribution", {}, "site")
DENIAL: dict[str, Any] = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::files", "arn:aws:s3:::files/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def policy(document: Any = None, bucket: Any = UNKNOWN, *dependencies: str) -> Fact:
    """A bucket's policy: a statement, or whatever is no mapping."""
    text = json.dumps({"Statement": [document]}) if isinstance(document, dict) else document
    return Fact("aws:s3/bucketPolicy:BucketPolicy", {"policy": text, "bucket": bucket}, dependencies=dependencies)


@pytest.mark.parametrize(
    "facts",
    [
        (policy(DENIAL, UNKNOWN, BUCKET.urn),),
        (policy(DENIAL, "files"),),
        (
            policy(
                {**DENIAL, "Principal": {"AWS": "*"}, "Condition": {"Bool": {"aws:securetransport": False}}}, "files"
            ),
        ),
        (policy(UNKNOWN, "files", SITE.urn), SITE),
    ],
)
def test_denied_plain_http_satisfies(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """A policy of the bucket denies it; one that is made from a distribution that is yet to be made will be judged."""
    assert [each for each in preview.evaluate(BUCKET, *facts) if each.policy == PLAIN] == []


@pytest.mark.parametrize(
    "facts",
    [
        (),
        (policy(DENIAL, "others"),),
        (policy({**DENIAL, "Effect": "Allow"}, "files"),),
        (policy({**DENIAL, "Principal": {"AWS": "arn:aws:iam::444455556666:root"}}, "files"),),
        (policy({**DENIAL, "Action": "s3:GetObject"}, "files"),),
        (policy({**DENIAL, "Resource": "arn:aws:s3:::files"}, "files"),),
        (policy({**DENIAL, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, "files"),),
        (policy({**DENIAL, "Condition": {"Bool": [CANARY]}}, "files"),),
        (policy({**DENIAL, "Condition": None}, "files"),),
        (policy(secret(CANARY), "files"),),
        (policy("[]", "files"),),
        (policy('{"Statement": [7]}', "files"),),
        (policy(7, "files"),),
        (policy(None, "files"),),
    ],
)
def test_undenied_plain_http_violates(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """No policy, one of another bucket, one that denies less, or what is no policy."""
    findings = preview.evaluate(BUCKET, *facts)
    assert outcomes(findings) == [(PLAIN, "mandatory")]
    assert CANARY not in findings[0].message
    assert findings[0].message.endswith(f"fix: {SOURCE}")


@pytest.mark.parametrize("fact", [policy(UNKNOWN, "files"), policy(DENIAL, UNKNOWN)])
def test_unknown_policy(preview: Evaluator, update: Evaluator, fact: Fact) -> None:
    """A policy without a known text, or without a known bucket."""
    assert outcomes(preview.evaluate(BUCKET, fact)) == [(PLAIN, "advisory")]
    assert outcomes(update.evaluate(BUCKET, fact)) == [(PLAIN, "mandatory")]


def test_policy_of_a_distribution_is_known_in_an_update(update: Evaluator) -> None:
    """There, one that is still unknown blocks."""
    findings = update.evaluate(BUCKET, SITE, policy(UNKNOWN, "files", SITE.urn))
    assert (PLAIN, "mandatory") in outcomes(findings)


GATEWAY = Fact(
    "kubernetes:gateway.networking.k8s.io/v1:Gateway",
    {
        "metadata": {"name": "fleet", "namespace": "fleet"},
        "spec": {"listeners": [{"name": "web", "protocol": "HTTPS"}, {"name": "web-http", "protocol": "HTTP"}]},
    },
    "fleet",
)
REDIRECT = {"filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}]}
SERVE = {"backendRefs": [{"name": "api", "port": 3000}]}


def route(*rules: Any, section: Any = "web-http", gateway: Any = "fleet") -> Fact:
    """A route on a listener."""
    spec = {"parentRefs": [{"name": gateway, "sectionName": section}], "rules": list(rules)}
    properties = {"metadata": {"name": "route", "namespace": "fleet"}, "spec": spec}
    return Fact("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", properties, "route")


def test_redirected_http_satisfies(preview: Evaluator) -> None:
    """A listener without TLS redirects only; a route on TLS, or of another gateway, may serve."""
    for fact in (route(REDIRECT), route(SERVE, section="web"), route(SERVE, gateway="other")):
        assert preview.evaluate(GATEWAY, fact) == []
    assert preview.evaluate(GATEWAY, replace(route(SERVE), provider="other")) == []


@pytest.mark.parametrize(
    "fact",
    [
        route(SERVE),
        route(SERVE, section=None),
        route(REDIRECT, SERVE),
        route(),
        route({"filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "http"}}]}),
        route({"filters": "RequestRedirect"}),
    ],
)
def test_served_http_violates(preview: Evaluator, fact: Fact) -> None:
    """What does more than redirect to TLS."""
    assert outcomes(preview.evaluate(GATEWAY, fact)) == [(PLAIN, "mandatory")]


def gateway(listeners: Any) -> Fact:
    """The gateway with other listeners."""
    return replace(GATEWAY, properties={**GATEWAY.properties, "spec": {"listeners": listeners}})


@pytest.mark.parametrize(
    "facts",
    [
        (GATEWAY, route(SERVE, section=UNKNOWN)),
        (GATEWAY, route(SERVE, gateway=UNKNOWN)),
        (GATEWAY, route(UNKNOWN)),
        (GATEWAY, route({"filters": UNKNOWN})),
        (
            GATEWAY,
            replace(route(SERVE), properties={"metadata": {"namespace": "fleet"}, "spec": {"parentRefs": UNKNOWN}}),
        ),
        (gateway(UNKNOWN), route(SERVE)),
        (gateway([{"name": "web-http", "protocol": UNKNOWN}]), route(SERVE)),
    ],
)
def test_unknown_listener(preview: Evaluator, update: Evaluator, facts: tuple[Fact, ...]) -> None:
    """A route of which nobody knows where it hangs, or what it does."""
    assert outcomes(preview.evaluate(*facts)) == [(PLAIN, "advisory")]
    assert outcomes(update.evaluate(*facts)) == [(PLAIN, "mandatory")]
