"""Nothing is reached but through the gateway: databases, buckets, ports, namespaces."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, Pack, outcomes

RULES = ("database-exposure", "bucket-exposure", "open-ingress")
DATABASE, BUCKETS, INGRESS = RULES
ISOLATION, EGRESS = "namespace-isolation", "egress-networks"
"""Heard for itself, for most of the other facts are in no namespace."""
SOURCE = "systems/fleet/system.yaml:buckets.files"
TAGS = {"slipway.dev/source": SOURCE}
SERVER, MONGO = "azure-native:dbforpostgresql:Server", "azure-native:mongocluster:MongoCluster"


def instance(public: Any = False, type_: str = "aws:rds/instance:Instance") -> Fact:
    return Fact(type_, {} if public is None else {"publiclyAccessible": public})


def server(access: Any = "Disabled") -> Fact:
    return Fact(SERVER, {"network": {"publicNetworkAccess": access}})


def documents(access: Any = "Disabled") -> Fact:
    return Fact(MONGO, {"properties": {"publicNetworkAccess": access}})


def operated(type_: Any = "ClusterIP") -> Fact:
    """A database of CloudNativePG with a service beside its own."""
    services = {"additional": [{"serviceTemplate": {"spec": {"type": type_}}}]}
    return Fact("kubernetes:postgresql.cnpg.io/v1:Cluster", {"spec": {"managed": {"services": services}}})


class TestDatabases:
    """No database is public."""

    @pytest.mark.parametrize(
        "fact",
        [
            instance(),
            instance(None),
            instance(type_="aws:rds/clusterInstance:ClusterInstance"),
            server(),
            documents(),
            operated(),
            operated(None),
            Fact("kubernetes:postgresql.cnpg.io/v1:Cluster", {"spec": {}}),
            Fact("aws:docdb/cluster:Cluster", {}),
        ],
    )
    def test_private_satisfies(self, preview: Evaluator, fact: Fact) -> None:
        """Closed, or closed by default."""
        assert preview.evaluate(fact) == []

    @pytest.mark.parametrize(
        "fact",
        [
            instance(True),
            instance("false"),
            instance(True, "aws:rds/clusterInstance:ClusterInstance"),
            server("Enabled"),
            server(None),
            server(False),
            documents("Enabled"),
            documents(None),
            documents(["Disabled"]),
            operated("LoadBalancer"),
            operated("NodePort"),
            operated(7),
        ],
    )
    def test_public_violates(self, preview: Evaluator, fact: Fact) -> None:
        """Open, open by default, or of the wrong type."""
        assert outcomes(preview.evaluate(fact)) == [(DATABASE, "mandatory")]

    @pytest.mark.parametrize("fact", [instance(UNKNOWN), server(UNKNOWN), documents(UNKNOWN), operated(UNKNOWN)])
    def test_unknown(self, preview: Evaluator, update: Evaluator, fact: Fact) -> None:
        """What is not known yet is advice, and blocks an update."""
        assert outcomes(preview.evaluate(fact)) == [(DATABASE, "advisory")]
        assert outcomes(update.evaluate(fact)) == [(DATABASE, "mandatory")]


BUCKET = Fact("aws:s3/bucket:Bucket", {"bucket": "files", "tags": TAGS}, "files")
SITE = Fact("aws:cloudfront/distribution:Distribution", {"webAclId": "firewall"}, "site")
FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def closing(bucket: Any = "files", dependencies: tuple[str, ...] = (), flags: Mapping[str, Any] | None = None) -> Fact:
    """What closes a bucket."""
    properties = {"bucket": bucket, **dict.fromkeys(FLAGS, True), **(flags or {})}
    return Fact("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", properties, dependencies=dependencies)


def policy(document: Any, *dependencies: str) -> Fact:
    text = json.dumps({"Statement": [document]}) if isinstance(document, dict) else document
    return Fact("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "files", "policy": text}, dependencies=dependencies)


def grant(principal: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*", **more}


def account(**more: Any) -> Fact:
    properties = {"allowBlobPublicAccess": False, "publicNetworkAccess": "Disabled", **more}
    return Fact("azure-native:storage:StorageAccount", properties)


def container(access: Any) -> Fact:
    return Fact("azure-native:storage:BlobContainer", {"publicAccess": access})


CDN = {"Service": "cloudfront.amazonaws.com"}
OWN = {"Condition": {"ArnEquals": {"AWS:SourceArn": "arn:aws:cloudfront::444455556666:distribution/E1"}}}
OPEN_NETWORK = {"publicNetworkAccess": "Enabled", "networkRuleSet": {"defaultAction": "Allow"}}


class TestBuckets:
    """No bucket is public."""

    @pytest.mark.parametrize(
        "facts",
        [
            (BUCKET, closing()),
            (BUCKET, closing(UNKNOWN, (BUCKET.urn,))),
            (BUCKET, closing(), policy(grant(CDN, **OWN))),
            (BUCKET, closing(), policy(grant({"AWS": "arn:aws:iam::444455556666:role/reader"}))),
            (BUCKET, closing(), policy({"Effect": "Deny", "Principal": "*"})),
            (BUCKET, closing(), SITE, policy(UNKNOWN, SITE.urn)),
            (account(),),
            (account(publicNetworkAccess="Enabled", networkRuleSet={"defaultAction": "Deny"}),),
            (container("None"), container(None)),
            (Fact("aws:s3/bucketAcl:BucketAcl", {"acl": "private"}),),
        ],
    )
    def test_closed_satisfies(self, preview: Evaluator, facts: tuple[Fact, ...]) -> None:
        """Closed to everybody; a site's bucket is open to its own distribution."""
        assert preview.evaluate(*facts) == []

    @pytest.mark.parametrize(
        "facts",
        [
            (BUCKET,),
            (BUCKET, closing("others")),
            *((BUCKET, closing(flags={flag: value})) for flag in FLAGS for value in (False, None, "true")),
            (policy(grant("*")),),
            (policy(grant({"AWS": "*"})),),
            (policy(grant({"AWS": ["*", "arn:aws:iam::444455556666:root"]})),),
            (policy(grant("*", Condition={"Bool": {"aws:SecureTransport": "true"}})),),
            (policy(grant(CDN)),),
            (policy(CANARY),),
            (policy(7),),
            (policy(None),),
            (account(allowBlobPublicAccess=True),),
            (account(allowBlobPublicAccess=None),),
            (account(allowBlobPublicAccess="false"),),
            (account(**OPEN_NETWORK),),
            (account(publicNetworkAccess=None),),
            (account(publicNetworkAccess=False),),
            (container("Blob"),),
            (container(0),),
            (Fact("aws:s3/bucketAcl:BucketAcl", {"acl": "public-read"}),),
            (Fact("aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration", {}),),
        ],
    )
    def test_open_violates(self, preview: Evaluator, facts: tuple[Fact, ...]) -> None:
        """Nothing that closes it, something that opens it, or what cannot be read."""
        findings = preview.evaluate(*facts)
        assert outcomes(findings) == [(BUCKETS, "mandatory")]
        assert CANARY not in findings[0].message

    @pytest.mark.parametrize(
        "facts",
        [
            (BUCKET, closing(UNKNOWN)),
            (BUCKET, closing(flags={"blockPublicAcls": UNKNOWN})),
            (policy(UNKNOWN),),
            (account(allowBlobPublicAccess=UNKNOWN),),
            (account(publicNetworkAccess=UNKNOWN),),
            (container(UNKNOWN),),
            (Fact("aws:s3/bucketAcl:BucketAcl", {"acl": UNKNOWN}),),
        ],
    )
    def test_unknown(self, preview: Evaluator, update: Evaluator, facts: tuple[Fact, ...]) -> None:
        """What is not known yet is advice, and blocks an update."""
        assert outcomes(preview.evaluate(*facts)) == [(BUCKETS, "advisory")]
        assert outcomes(update.evaluate(*facts)) == [(BUCKETS, "mandatory")]

    def test_policy_of_a_distribution_is_known_in_an_update(self, update: Evaluator) -> None:
        """There, one that is still unknown blocks."""
        assert outcomes(update.evaluate(SITE, policy(UNKNOWN, SITE.urn))) == [(BUCKETS, "mandatory")]


def inline(source: Any, first: Any = 22, last: Any = 22, protocol: str = "tcp", key: str = "cidrBlocks") -> Fact:
    rule = {key: source if isinstance(source, str) else [*source], "fromPort": first, "toPort": last}
    return Fact("aws:ec2/securityGroup:SecurityGroup", {"ingress": [{**rule, "protocol": protocol}], "tags": TAGS})


def rule(source: Any, first: Any = 22, last: Any = 22, key: str = "cidrIpv4", protocol: str = "tcp") -> Fact:
    properties = {key: source, "fromPort": first, "toPort": last, "ipProtocol": protocol}
    return Fact("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", properties)


def classic(source: Any, direction: str = "ingress") -> Fact:
    properties = {"type": direction, "cidrBlocks": [source], "fromPort": 22, "toPort": 22, "protocol": "tcp"}
    return Fact("aws:ec2/securityGroupRule:SecurityGroupRule", properties)


def azure(source: Any = "Internet", *ports: Any, **more: Any) -> Fact:
    values = {"access": "Allow", "direction": "Inbound", "sourceAddressPrefix": source, **more}
    listed = {"destinationPortRanges": list(ports)} if ports else {"destinationPortRange": "22"}
    return Fact("azure-native:network:NetworkSecurityGroup", {"securityRules": [{**values, **listed}]})


def single(source: Any) -> Fact:
    properties = {
        "access": "Allow",
        "direction": "Inbound",
        "sourceAddressPrefixes": [source],
        "destinationPortRange": "22",
    }
    return Fact("azure-native:network:SecurityRule", properties)


def pods(*rules: Any) -> Fact:
    return Fact("kubernetes:networking.k8s.io/v1:NetworkPolicy", {"spec": {"ingress": list(rules)}})


def block(cidr: Any, *ports: Any) -> dict[str, Any]:
    return {"from": [{"ipBlock": {"cidr": cidr}}], "ports": [{"port": port} for port in ports]}


def eks(**vpc: Any) -> Fact:
    return Fact("aws:eks/cluster:Cluster", {"vpcConfig": vpc})


def aks(**profile: Any) -> Fact:
    return Fact("azure-native:containerservice:ManagedCluster", {"apiServerAccessProfile": profile})


def balancer(*ports: int, **more: Any) -> Fact:
    spec = {"type": "LoadBalancer", "ports": [{"port": port} for port in ports], **more}
    return Fact("kubernetes:core/v1:Service", {"spec": spec})


OFFICE, WORLD = "203.0.113.0/24", "0.0.0.0/0"


class TestIngress:
    """Only the gateway's ports are open to everybody."""

    @pytest.mark.parametrize(
        "fact",
        [
            inline([OFFICE]),
            inline([WORLD], 443, 443),
            inline([UNKNOWN], 443, 443),
            Fact("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", {"ingress": []}),
            rule("10.40.0.0/16"),
            rule(WORLD, 80.0, 80.0),
            rule("::/0", 443, 443, "cidrIpv6"),
            classic(OFFICE),
            classic(WORLD, "egress"),
            azure("Internet", "80", "443"),
            azure("VirtualNetwork"),
            azure(access="Deny"),
            azure(direction="Outbound"),
            single(OFFICE),
            pods(),
            pods(block(OFFICE, 5432)),
            pods(block(WORLD, 443)),
            pods({"from": [{"namespaceSelector": {}}], "ports": [{"port": 9187}]}),
            eks(endpointPublicAccess=True, publicAccessCidrs=[OFFICE]),
            eks(endpointPublicAccess=False),
            aks(authorizedIPRanges=[OFFICE, UNKNOWN]),
            aks(enablePrivateCluster=True),
            balancer(80, 443),
            balancer(5432, loadBalancerSourceRanges=[OFFICE]),
            Fact("kubernetes:core/v1:Service", {"spec": {"type": "ClusterIP", "ports": [{"port": 5432}]}}),
        ],
    )
    def test_narrow_satisfies(self, preview: Evaluator, fact: Fact) -> None:
        """A known range, the gateway's ports, or no ingress at all."""
        assert preview.evaluate(fact) == []

    @pytest.mark.parametrize(
        "fact",
        [
            inline([WORLD]),
            inline(["::/0"], key="ipv6CidrBlocks"),
            inline(["0.0.0.0/1"]),
            inline([OFFICE, WORLD]),
            inline([WORLD], 80, 443),
            inline([WORLD], 443, 443, "-1"),
            inline([WORLD], "https", "https"),
            inline([7]),
            inline([{"cidr": CANARY}]),
            rule(WORLD),
            rule(WORLD, None, None),
            rule(WORLD, 443, 443, "cidrIpv4", "-1"),
            classic(WORLD),
            azure(),
            azure("*"),
            azure("Any", "*"),
            azure("0.0.0.0/0", "80-443"),
            azure(7),
            single("Internet"),
            pods(block(WORLD, 5432)),
            pods(block(WORLD)),
            pods(block("::/0", "postgres")),
            pods({"ports": [{"port": 5432}]}),
            pods({"from": [], "ports": [{"port": 5432}]}),
            pods({"ports": [{"port": 443}]}),
            pods({"from": [], "ports": [{"port": 80}]}),
            pods({"from": [{}], "ports": [{"port": 80}]}),
            pods(block(7, 5432)),
            eks(endpointPublicAccess=True),
            eks(),
            eks(publicAccessCidrs=[OFFICE, WORLD]),
            eks(publicAccessCidrs=7),
            aks(),
            aks(authorizedIPRanges=[]),
            aks(authorizedIPRanges=[WORLD]),
            balancer(5432),
            balancer(80, loadBalancerSourceRanges=[WORLD], ports=[{"port": 80}, {"port": 15672}]),
        ],
    )
    def test_open_violates(self, preview: Evaluator, fact: Fact) -> None:
        """The whole internet on another port, or a source of the wrong type."""
        findings = preview.evaluate(fact)
        assert outcomes(findings) == [(INGRESS, "mandatory")]
        assert CANARY not in findings[0].message

    @pytest.mark.parametrize(
        ("fact", "named"),
        [
            (inline([UNKNOWN]), "cidrBlocks"),
            (inline([WORLD], UNKNOWN, 443), "fromPort"),
            (Fact("aws:ec2/securityGroup:SecurityGroup", {"ingress": UNKNOWN}), "ingress"),
            (rule(UNKNOWN), "cidrIpv4"),
            (classic(UNKNOWN), "cidrBlocks"),
            (azure(UNKNOWN), "sourceAddressPrefix"),
            (azure("Internet", UNKNOWN), "destinationPortRanges"),
            (Fact("azure-native:network:NetworkSecurityGroup", {"securityRules": UNKNOWN}), "securityRules"),
            (pods(block(UNKNOWN, 5432)), "cidr"),
            (pods(UNKNOWN), "ingress"),
            (eks(publicAccessCidrs=UNKNOWN), "publicAccessCidrs"),
            (aks(authorizedIPRanges=[UNKNOWN]), "authorizedIPRanges"),
            (balancer(5432, loadBalancerSourceRanges=UNKNOWN), "loadBalancerSourceRanges"),
        ],
    )
    def test_unknown(self, preview: Evaluator, update: Evaluator, fact: Fact, named: str) -> None:
        """What is not known yet is advice that names it, and blocks an update."""
        findings = preview.evaluate(fact)
        assert outcomes(findings) == [(INGRESS, "advisory")]
        assert named in findings[0].message
        assert outcomes(update.evaluate(fact)) == [(INGRESS, "mandatory")]

    def test_ports_are_configured(self) -> None:
        """A stack's own ports hold in place of the gateway's usual ones."""
        pack = Pack(config={INGRESS: {"ports": [8443]}})
        try:
            assert outcomes(pack.about(INGRESS).evaluate(rule(WORLD, 8443, 8443), rule(WORLD, 443, 443))) == [
                (INGRESS, "mandatory")
            ]
        finally:
            pack.close()


TOGETHER = "open-ingress-together"


def in_system(kind: str, spec: Any, *, name: str = "shop", namespace: str = "shop") -> Fact:
    return Fact(f"kubernetes:{kind}", {"metadata": {"name": name, "namespace": namespace}, "spec": spec}, name)


def listening(port: Any = 1884, protocol: str = "TCP", **more: Any) -> Fact:
    listener = {"name": "tcp", "port": port, "protocol": protocol}
    return in_system("gateway.networking.k8s.io/v1:Gateway", {"listeners": [listener], **more})


def admission(
    *cidrs: Any,
    kind: str = "Gateway",
    target: str = "shop",
    default: Any = "Deny",
    namespace: str = "shop",
    **section: Any,
) -> Fact:
    rule_ = {"action": "Allow", "principal": {"clientCIDRs": list(cidrs)}}
    spec = {
        "targetRefs": [{"kind": kind, "name": target, **section}],
        "authorization": {"defaultAction": default, "rules": [rule_]},
    }
    return in_system(
        "gateway.envoyproxy.io/v1alpha1:SecurityPolicy", spec, name=f"networks-{kind}", namespace=namespace
    )


OFFICE = "203.0.113.0/24"


class TestListeners:
    """A gateway's ports for connections are open to the networks of their policies alone."""

    @pytest.fixture
    def evaluate(self, previewing: Pack) -> Evaluator:
        return previewing.about(TOGETHER)

    @pytest.mark.parametrize(
        "facts",
        [
            (listening(443, "TLS"),),
            (listening(), admission(OFFICE)),
            (listening(protocol="TLS"), admission(OFFICE, sectionName="tcp")),
            (listening(), admission(OFFICE, sectionName="tcp"), admission("10.0.0.0/8", kind="TCPRoute")),
            (listening(infrastructure={"annotations": {"networking.gke.io/load-balancer-type": "Internal"}}),),
            (listening(8080, "HTTP"),),
        ],
    )
    def test_limited_satisfies(self, evaluate: Evaluator, facts: tuple[Fact, ...]) -> None:
        """Listeners for requests are judged alone."""
        assert evaluate.evaluate(*facts) == []

    @pytest.mark.parametrize(
        "facts",
        [
            (listening(),),
            (listening(protocol="TLS"),),
            (listening(), admission(OFFICE, sectionName="other")),
            (listening(), admission(OFFICE, target="other")),
            (listening(), admission(OFFICE, namespace="other")),
            (listening(), admission(OFFICE, default="Allow")),
            (listening(), admission()),
            (listening(), admission(OFFICE, "0.0.0.0/0")),
            (listening(), admission("0.0.0.0/1", "128.0.0.0/1")),
            (listening(), admission(OFFICE, kind="TCPRoute")),
            (listening(), admission(OFFICE), admission("0.0.0.0/0", kind="TCPRoute")),
        ],
    )
    def test_open_violates(self, evaluate: Evaluator, facts: tuple[Fact, ...]) -> None:
        """Without a policy for the listener, or with one that admits everybody, be it for a route."""
        assert set(outcomes(evaluate.evaluate(*facts))) == {(TOGETHER, "mandatory")}

    @pytest.mark.parametrize(
        "facts",
        [
            (listening(), admission(UNKNOWN)),
            (listening(), admission(OFFICE, default=UNKNOWN)),
            (listening(UNKNOWN),),
        ],
    )
    def test_unknown(self, evaluate: Evaluator, updating: Pack, facts: tuple[Fact, ...]) -> None:
        assert outcomes(evaluate.evaluate(*facts)) == [(TOGETHER, "advisory")]
        assert outcomes(updating.about(TOGETHER).evaluate(*facts)) == [(TOGETHER, "mandatory")]


def workload(namespace: Any = "fleet", type_: str = "kubernetes:apps/v1:Deployment", **more: Any) -> Fact:
    return Fact(type_, {"metadata": {"namespace": namespace, "annotations": TAGS}}, "api", **more)


def denial(namespace: Any = "fleet", **spec: Any) -> Fact:
    """A policy for a namespace as a whole."""
    egress = [{"ports": [{"port": 53, "protocol": "UDP"}]}]
    values = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [], "egress": egress, **spec}
    properties = {"metadata": {"namespace": namespace}, "spec": values}
    return Fact("kubernetes:networking.k8s.io/v1:NetworkPolicy", properties, "deny")


def allowing(*peers: Any) -> Fact:
    """A policy beside it, which admits peers at one port."""
    ingress = [{"from": list(peers), "ports": [{"port": 3000}]}]
    spec = {"podSelector": {"matchLabels": {"app": "api"}}, "policyTypes": ["Ingress"], "ingress": ingress}
    type_ = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
    return Fact(type_, {"metadata": {"namespace": "fleet"}, "spec": spec}, "allow")


EVERY_NAMESPACE = {"key": "kubernetes.io/metadata.name", "operator": "Exists"}
ALL_BUT_ONE = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["none"]}
SOME = {"key": "team", "operator": "In", "values": ["fleet"]}


class TestIsolation:
    """Namespaces deny what nobody allows."""

    @pytest.fixture
    def evaluate(self, previewing: Pack) -> Evaluator:
        return previewing.about(ISOLATION)

    @pytest.mark.parametrize(
        "facts",
        [
            (workload(), denial()),
            (workload(), denial(podSelector={"matchLabels": {}}, egress=[])),
            (workload(), denial(podSelector={"matchLabels": {"app": "api"}}), denial()),
            (workload(None), denial("default")),
            (workload(type_="kubernetes:batch/v1:CronJob"), denial()),
            (workload(type_="kubernetes:postgresql.cnpg.io/v1:Cluster"), denial()),
            (Fact("kubernetes:helm.sh/v3:Release", {"namespace": "fleet"}), denial()),
            (Fact("kubernetes:helm.sh/v3:Release", {"namespace": "cert-manager"}),),
            (Fact("kubernetes:core/v1:ConfigMap", {"metadata": {"namespace": "empty"}}),),
            (workload(), denial(), allowing({"namespaceSelector": {"matchExpressions": [SOME]}})),
            (workload(), denial(), allowing({"namespaceSelector": {}, "podSelector": {"matchExpressions": [SOME]}})),
            (workload(), denial(), allowing({"podSelector": {}})),
        ],
    )
    def test_denied_satisfies(self, evaluate: Evaluator, facts: tuple[Fact, ...]) -> None:
        """A policy for all pods both ways; a namespace without pods, or of the cluster's charts, needs none."""
        assert evaluate.evaluate(*facts) == []

    @pytest.mark.parametrize(
        "facts",
        [
            (workload(),),
            (workload(), workload(type_="kubernetes:batch/v1:Job")),
            (workload(), denial("other")),
            (workload(provider="other"), denial()),
            (workload(), denial(podSelector={"matchLabels": {"app": "api"}})),
            (workload(), denial(podSelector={"matchExpressions": [{"key": "app", "operator": "Exists"}]})),
            (workload(), denial(policyTypes=["Ingress"])),
            (workload(), denial(policyTypes=None)),
            (workload(), denial(policyTypes="Ingress")),
            (workload(), denial(ingress=[{}])),
            (workload(), denial(egress=[{}])),
            (workload(), denial(egress=[{"ports": "53"}])),
            (workload(), denial(), allowing({"namespaceSelector": {}})),
            (workload(), denial(), allowing({"namespaceSelector": {"matchExpressions": [EVERY_NAMESPACE]}})),
            (workload(), denial(), allowing({"namespaceSelector": {"matchExpressions": [ALL_BUT_ONE]}})),
            (
                workload(),
                denial(),
                allowing({"namespaceSelector": {}, "podSelector": {"matchExpressions": [ALL_BUT_ONE]}}),
            ),
            (Fact("kubernetes:helm.sh/v3:Release", {"namespace": "fleet"}),),
        ],
    )
    def test_open_violates(self, evaluate: Evaluator, facts: tuple[Fact, ...]) -> None:
        """No policy there, one for some pods, one way only, or with a door, be it in another policy; each namespace is told
        once."""
        assert outcomes(evaluate.evaluate(*facts)) == [(ISOLATION, "mandatory")]

    @pytest.mark.parametrize(
        "facts",
        [
            (workload(UNKNOWN), denial()),
            (workload(), denial(podSelector=UNKNOWN)),
            (workload(), denial(podSelector={"matchLabels": {"app": UNKNOWN}})),
            (workload(), denial(policyTypes=UNKNOWN)),
            (workload(), denial(policyTypes=["Ingress", UNKNOWN])),
        ],
    )
    def test_unknown(self, evaluate: Evaluator, updating: Pack, facts: tuple[Fact, ...]) -> None:
        """What is not known yet is advice, and blocks an update."""
        assert outcomes(evaluate.evaluate(*facts)) == [(ISOLATION, "advisory")]
        assert outcomes(updating.about(ISOLATION).evaluate(*facts)) == [(ISOLATION, "mandatory")]


def test_an_open_api_server_is_remediated_where_the_stack_allows_it(preview: Evaluator) -> None:
    """A cluster's place is in the stack's file, whose keys hold a colon; the last line names the very key."""
    place = "Pulumi.prod.yaml:config.slipway:clusters.main"
    cluster = Fact("aws:eks/cluster:Cluster", {"tags": {"slipway.dev/source": place}, "vpcConfig": {}})
    (findings,) = (each for each in preview.evaluate(cluster) if each.policy == INGRESS)
    assert findings.message.splitlines()[-1] == f"fix: {place}.kubernetes.authorizedNetworks"


def calling(*blocks: Any, **port: Any) -> Fact:
    """A NetworkPolicy that lets pods call these ranges, by default at the port of PostgreSQL."""
    egress = [{"to": [{"ipBlock": each} for each in blocks], "ports": [{"port": 5432, **port}]}]
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": egress}
    return Fact("kubernetes:networking.k8s.io/v1:NetworkPolicy", {"metadata": {"namespace": "shop"}, "spec": spec})


def calling_at(*ports: Any, **target: Any) -> Fact:
    """A NetworkPolicy that lets pods call these ports of anybody."""
    spec = {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [{"ports": list(ports), **target} if ports else target],
    }
    return Fact("kubernetes:networking.k8s.io/v1:NetworkPolicy", {"metadata": {"namespace": "shop"}, "spec": spec})


PRIVATE = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"]


class TestEgress:
    """Pods call few private addresses."""

    @pytest.mark.parametrize(
        "fact",
        [
            calling({"cidr": "10.30.5.4/32"}),
            calling({"cidr": "10.30.0.0/16"}),
            calling({"cidr": "169.254.170.23/32"}),
            calling({"cidr": "0.0.0.0/0", "except": PRIVATE}),
            calling({"cidr": "0.0.0.0/0"}, port=443),
            calling({"cidr": "2000::/3"}, port=25),
            calling({"cidr": "fd00:1::/48"}),
            calling({"cidr": "::/0", "except": ["fc00::/7", "fe80::/10"]}, port=587),
            calling_at({"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}),
            calling_at({"port": 443}, {"port": 6443}, to=[]),
            calling_at({"port": 80}, to=[{"podSelector": {}}]),
        ],
    )
    def test_narrow_ranges_satisfy(self, previewing: Pack, fact: Fact) -> None:
        """And the internet without what is private, all addresses by HTTPS, and any target by DNS and for the cluster's API."""
        assert outcomes(previewing.about(EGRESS).evaluate(fact)) == []

    @pytest.mark.parametrize(
        "fact",
        [
            calling({"cidr": "10.0.0.0/8"}),
            calling({"cidr": "10.30.0.0/15"}),
            calling({"cidr": "0.0.0.0/0"}),
            calling({"cidr": "0.0.0.0/0", "except": PRIVATE[1:]}),
            calling({"cidr": "169.254.169.254/32"}),
            calling({"cidr": "169.254.169.0/24"}),
            calling({"cidr": "0.0.0.0/0"}, port=443, endPort=8443),
            calling({"cidr": "10.0.0.0/8"}, port=443),
            calling({"cidr": "the database"}, port=443),
            calling({"cidr": 7}),
            calling({"except": PRIVATE}),
            calling({"cidr": "::/0"}, port=25),
            calling({"cidr": "::/0", "except": ["fd00:ec2::254/128"]}, port=25),
            calling({"cidr": "fd00:ec2::254/128"}, port=80),
            calling({"cidr": "0.0.0.0/0", "except": PRIVATE}, {"cidr": "::/0"}, port=587),
            calling(),
            calling(port=80),
            calling(port=22),
            calling_at(),
            calling_at(to=[]),
            calling_at({"port": 25}, to=[]),
            calling_at({"port": 25}, to=[{}]),
            calling_at({"port": 53}, {"port": 80}),
            calling_at({"port": 53, "endPort": 80}),
            calling_at({"port": "http"}),
            calling_at({"protocol": "TCP"}),
            calling_at({"port": 80}, to="everybody"),
        ],
    )
    def test_wide_ranges_violate(self, previewing: Pack, fact: Fact) -> None:
        """The metadata service, what is no range, and rules that name no target, which is every one."""
        assert outcomes(previewing.about(EGRESS).evaluate(fact)) == [(EGRESS, "mandatory")]

    @pytest.mark.parametrize(
        "fact",
        [
            calling({"cidr": UNKNOWN}),
            calling({"cidr": "0.0.0.0/0", "except": UNKNOWN}),
            calling_at(to=UNKNOWN),
            calling_at({"port": UNKNOWN}),
            calling_at({"port": 443, "endPort": UNKNOWN}),
        ],
    )
    def test_unknown_ranges_are_undecided(self, previewing: Pack, updating: Pack, fact: Fact) -> None:
        assert outcomes(previewing.about(EGRESS).evaluate(fact)) == [(EGRESS, "advisory")]
        assert outcomes(updating.about(EGRESS).evaluate(fact)) == [(EGRESS, "mandatory")]
