"""Who is let in: ranges and their sums, each kind of firewall, services, gateways and NetworkPolicies."""

from __future__ import annotations

from typing import Any

from tests.policies.plan_under_test import DROPPED, Edit
from tests.policies.swift import Addition, Change

HALVES = ("0.0.0.0/1", "128.0.0.0/1")
QUARTERS = ("0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2")
SIXTEENTHS = [f"{16 * each}.0.0.0/8" for each in range(16)]
TAGS = {"slipway.dev/source": "Pulumi.prod.yaml:config.slipway:clusters.main", "managed-by": "slipway"}
OF_AWS: dict[str, Any] = {
    "tags": {**TAGS, "slipway.dev/stack": "prod", "slipway.dev/cluster": "slipway-prod-main", "cost-center": "x"}
}
OF_AZURE: dict[str, Any] = {
    "tags": {
        "managed-by": "slipway",
        "slipway-stack": "prod",
        "slipway-cluster": "slipway-prod-fleet",
        "cost-center": "x",
    }
}
GROUP, NSG = ("ec2/securityGroup:SecurityGroup", "main-endpoints"), ("network:NetworkSecurityGroup", "fleet-endpoints")
SERVICE, POLICY = ("core/v1:Service", "fleet/flagd"), ("v1:NetworkPolicy", "fleet/flagd")
SERVER, VAULT = ("dbforpostgresql:Server", "fleet/fleet_db"), ("keyvault:Vault", "monitoring-fleet")
STORE = ("storage:StorageAccount", "logging-fleet/snapshots")


def aws(type_: str, name: str = "new", **inputs: Any) -> Addition:
    return Addition(f"aws:{type_}", name, {**inputs, **OF_AWS}, GROUP, (GROUP,))


def inline(*ranges: str, protocol: str = "tcp", ports: tuple[int, int] = (22, 22), v6: tuple[str, ...] = ()) -> Edit:
    rule = {"protocol": protocol, "fromPort": ports[0], "toPort": ports[1], "cidrBlocks": [*ranges]}
    return Edit(*GROUP, ("ingress",), [rule | ({"ipv6CidrBlocks": [*v6]} if v6 else {})])


def single(cidr: str, name: str = "new", port: int = 5432) -> Addition:
    type_ = "vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    return aws(type_, name, cidrIpv4=cidr, ipProtocol="tcp", fromPort=port, toPort=port)


def older(cidr: str, **more: Any) -> Addition:
    inputs = {"type": "ingress", "protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": [cidr], **more}
    return aws("ec2/securityGroupRule:SecurityGroupRule", **inputs)


def nsg(*sources: str, port: str = "22", **more: Any) -> Edit:
    prefixes = {"sourceAddressPrefix": sources[0]} if len(sources) == 1 else {"sourceAddressPrefixes": [*sources]}
    rule = {"name": "in", "access": "Allow", "direction": "Inbound", "priority": 100, "protocol": "Tcp"}
    return Edit(*NSG, ("securityRules",), [{**rule, "destinationPortRange": port, **prefixes, **more}])


def nsg_rule(source: str, name: str = "new") -> Addition:
    inputs = {"access": "Allow", "direction": "Inbound", "sourceAddressPrefix": source, "destinationPortRange": "22"}
    return Addition("azure-native:network:SecurityRule", name, inputs, NSG, (NSG,))


def firewall(first: str, last: str, type_: str = "azure-native:dbforpostgresql:FirewallRule") -> Addition:
    return Addition(type_, "fleet/new", {"startIpAddress": first, "endIpAddress": last}, SERVER, (SERVER,))


def service(type_: str = "LoadBalancer", annotations: dict[str, str] | None = None, **spec: Any) -> Change:
    """The Service of flags, opened."""
    edits = [Edit(*SERVICE, ("spec", key), value) for key, value in {"type": type_, **spec}.items()]
    noted = [Edit(*SERVICE, ("metadata", "annotations", key), value) for key, value in (annotations or {}).items()]
    return (*edits, *noted)


def allows(way: str = "ingress", **rule: Any) -> Change:
    """Another NetworkPolicy beside that which denies."""
    labels = {"app.kubernetes.io/managed-by": "slipway", "app.kubernetes.io/part-of": "fleet"}
    metadata = {"namespace": "fleet", "name": "new", "labels": labels}
    written = {key.removesuffix("_"): value for key, value in rule.items()}
    spec = {"podSelector": {}, "policyTypes": [way.capitalize()], way: [written]}
    return Addition(
        "kubernetes:networking.k8s.io/v1:NetworkPolicy", "fleet/new", {"metadata": metadata, "spec": spec}, POLICY
    )


def listener(port: int) -> Edit:
    return Edit("v1:Gateway", "fleet/fleet", ("spec", "listeners", 0, "port"), port)


def balancer(internal: bool, **listener: Any) -> tuple[Addition, ...]:
    """A load balancer of AWS and its listener."""
    made = aws("lb/loadBalancer:LoadBalancer", "edge", internal=internal, arn="arn:edge")
    written = {"port": 443, "protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06", **listener}
    return (made, aws("lb/listener:Listener", "edge", loadBalancerArn="arn:edge", defaultActions=FORWARD, **written))


def of_azure(type_: str, **inputs: Any) -> Addition:
    return Addition(f"azure-native:{type_}", "edge", {**inputs, **OF_AZURE}, NSG, (NSG,))


def azure_balancer(port: int, group: str = "loadBalancingRules", **frontend: Any) -> Addition:
    return of_azure(
        "network:LoadBalancer",
        frontendIPConfigurations=[{"name": "a", **frontend}],
        **{group: [{"frontendPort": port}]},
    )


def application_gateway(protocol: str = "Https", policy: Any = None, port: int = 443, **rule: Any) -> Addition:
    routing = {"httpListener": {"id": "/gateways/edge/httpListeners/web"}, "backendAddressPool": {"id": "b"}, **rule}
    return of_azure(
        "network:ApplicationGateway",
        frontendIPConfigurations=[{"name": "a", "publicIPAddress": {"id": "p"}}],
        frontendPorts=[{"name": "p", "port": port}],
        httpListeners=[{"name": "web", "protocol": protocol}],
        requestRoutingRules=[routing],
        sslPolicy=policy or {"policyType": "Predefined", "policyName": "AppGwSslPolicy20220101"},
    )


def front_door(**inputs: Any) -> Addition:
    usual = {"httpsRedirect": "Enabled", "forwardingProtocol": "HttpsOnly", "supportedProtocols": ["Http", "Https"]}
    return Addition("azure-native:cdn:Route", "edge", {**usual, **inputs}, NSG, (NSG,))


def ingress(annotations: dict[str, str] | None = None, **spec: Any) -> Addition:
    labels = {"app.kubernetes.io/managed-by": "slipway", "app.kubernetes.io/part-of": "fleet"}
    metadata = {"namespace": "fleet", "name": "new", "labels": labels, "annotations": annotations or {}}
    written = {"rules": [{"host": "fleet.example.com"}], **spec}
    type_ = "kubernetes:networking.k8s.io/v1:Ingress"
    return Addition(type_, "fleet/new", {"metadata": metadata, "spec": written}, POLICY)


def by_list(list_: str, **more: Any) -> Addition:
    """A rule that names a list of ranges by its id."""
    type_ = "vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    return aws(type_, prefixListId=list_, ipProtocol="tcp", fromPort=22, toPort=22, **more)


FORWARD, REDIRECT = [{"type": "forward"}], [{"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443"}}]
CERTIFIED = [{"hosts": ["fleet.example.com"], "secretName": "tls"}]
ALB = "alb.ingress.kubernetes.io"
PUBLIC: dict[str, Any] = {"publicIPAddress": {"id": "p"}}
PRIVATE: dict[str, Any] = {"subnet": {"id": "s"}}
INTERNAL = {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"}
INSIDE = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"]
EVERY_NAMESPACE = {"key": "kubernetes.io/metadata.name", "operator": "Exists"}
VENDORS = {"ipBlock": {"cidr": "0.0.0.0/0"}}

CAUGHT = {
    "open-ingress": {
        "prod": [
            inline("0.0.0.0/0"),
            inline(*HALVES),
            inline(*QUARTERS),
            inline(*SIXTEENTHS),
            inline("0.0.0.0/3"),
            inline("10.0.0.0/8", v6=("::/0",)),
            inline("10.0.0.0/8", v6=("2000::/3",)),
            inline("0.0.0.0/0", ports=(443, 444)),
            inline("0.0.0.0/0", ports=(0, 65535)),
            inline("0.0.0.0/0", protocol="-1", ports=(0, 0)),
            single("0.0.0.0/0"),
            single("128.0.0.0/1"),
            older("0.0.0.0/0"),
            older("0.0.0.0/0", protocol="all"),
            aws("ec2/managedPrefixList:ManagedPrefixList", entries=[{"cidr": each} for each in HALVES]),
            aws("ec2/managedPrefixList:ManagedPrefixList", entries=[{"cidr": "0.0.0.0/0"}]),
            aws(
                "ec2/networkAcl:NetworkAcl",
                ingress=[{"action": "allow", "cidrBlock": "0.0.0.0/0", "protocol": "tcp", "fromPort": 22, "toPort": 22}],
            ),
            aws(
                "ec2/networkAclRule:NetworkAclRule",
                ruleAction="allow", cidrBlock="0.0.0.0/0", protocol="-1", fromPort=0, toPort=0,
            ),
            nsg("*"),
            nsg("Internet"),
            nsg("AzureCloud.eastus"),
            nsg(*HALVES),
            nsg("203.0.113.0/24", "0.0.0.0-255.255.255.255"),
            nsg("Any", port="443-8443"),
            nsg("*", port="*"),
            nsg_rule("Internet"),
            service(),
            service(loadBalancerSourceRanges=[*HALVES]),
            service(annotations={"service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing"}),
            service("NodePort"),
            service("ClusterIP", externalIPs=["198.51.100.7"]),
            listener(8443),
            Edit("eks/cluster:Cluster", "main", ("vpcConfig", "publicAccessCidrs"), [*HALVES]),
            Edit(
                "containerservice:ManagedCluster", "fleet", ("apiServerAccessProfile", "authorizedIPRanges"), [*QUARTERS]
            ),
            allows(),
            allows(ports=[{"port": 443}]),
            allows(from_=[], ports=[{"port": 80}]),
            allows(from_=[{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}], ports=[{"port": 5432}]),
            aws("lambda/functionUrl:FunctionUrl", authorizationType="NONE", functionName="f"),
            azure_balancer(22, **PUBLIC),
            azure_balancer(5432, "inboundNatRules", **PUBLIC),
            azure_balancer(0, publicIPPrefix={"id": "p"}),
            application_gateway(port=8443),
            ingress({f"{ALB}/listen-ports": '[{"HTTPS": 8443}]'}),
            ingress({f"{ALB}/listen-ports": '[{"HTTPS": 8443}]', f"{ALB}/inbound-cidrs": "0.0.0.0/1,128.0.0.0/1"}),
        ]
    },
    "open-ingress-together": {
        "prod": [
            (single("0.0.0.0/8", "a"), single("16.0.0.0/8", "b")),
            tuple(single(each, f"new-{number}") for number, each in enumerate(SIXTEENTHS)),
            balancer(False, port=8443),
            balancer(False, port=5432, protocol="TCP"),
            by_list("pl-0123456789"),
            aws("ec2/securityGroupRule:SecurityGroupRule", type="ingress", protocol="tcp", prefixListIds=["pl-0"]),
            Edit(*GROUP, ("ingress",), [{"protocol": "tcp", "fromPort": 22, "toPort": 22, "prefixListIds": ["pl-0"]}]),
            tuple(nsg_rule(each, f"new-{number}") for number, each in enumerate(("3.0.0.0/8", "4.0.0.0/8"))),
        ]
    },
    "plain-http": {
        "prod": [
            balancer(False, port=80, protocol="HTTP"),
            balancer(False, port=443, protocol="HTTP"),
            application_gateway("Http", port=80),
            ingress(),
            ingress(tls=[{"hosts": ["other.example.com"]}]),
            ingress(tls=CERTIFIED, rules=[{"host": "fleet.example.com"}, {"host": "api.example.com"}]),
            ingress({"nginx.ingress.kubernetes.io/ssl-redirect": "false"}, tls=CERTIFIED),
            ingress({f"{ALB}/listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]'}),
            ingress({f"{ALB}/listen-ports": '[{"HTTP": 80}]', f"{ALB}/scheme": "internet-facing"}),
        ]
    },
    "encryption-in-transit": {
        "prod": [
            balancer(False, sslPolicy="ELBSecurityPolicy-2016-08"),
            balancer(False, sslPolicy=None),
            balancer(True, sslPolicy="ELBSecurityPolicy-TLS-1-1-2017-01"),
            application_gateway(policy={"policyType": "Predefined", "policyName": "AppGwSslPolicy20150501"}),
            application_gateway(policy={"policyType": "Custom", "minProtocolVersion": "TLSv1_0"}),
            front_door(httpsRedirect="Disabled"),
            front_door(httpsRedirect="Disabled", supportedProtocols=["Http"]),
            front_door(forwardingProtocol="MatchRequest"),
            Addition("azure-native:cdn:AFDCustomDomain", "e", {"tlsSettings": {"minimumTlsVersion": "TLS10"}}, NSG, (NSG,)),
        ]
    },
    "database-exposure": {
        "prod": [
            firewall("0.0.0.0", "255.255.255.255"),
            firewall("0.0.0.0", "0.0.0.0"),
            firewall("1.0.0.0", "9.255.255.255"),
            Edit(*SERVER, ("network", "publicNetworkAccess"), "Enabled"),
            Edit("rds/instance:Instance", "kingstons/kingstons", ("publiclyAccessible",), True),
        ]
    },
    "vault-exposure": {
        "prod": [
            Edit(*VAULT, ("properties", "networkAcls", "defaultAction"), "Allow"),
            Edit(*VAULT, ("properties", "networkAcls"), DROPPED),
            Edit(*VAULT, ("properties", "networkAcls", "ipRules"), [{"value": each} for each in HALVES]),
        ]
    },
    "bucket-exposure": {
        "prod": [
            Edit(*STORE, ("networkRuleSet", "ipRules"), [{"iPAddressOrRange": each} for each in HALVES]),
            Edit(*STORE, ("networkRuleSet", "defaultAction"), "Allow"),
        ]
    },
    "namespace-isolation": {
        "prod": [
            allows(from_=[{"namespaceSelector": {}}], ports=[{"port": 3000}]),
            allows(from_=[{"namespaceSelector": {}, "podSelector": {}}]),
            allows(from_=[{"namespaceSelector": {"matchExpressions": [EVERY_NAMESPACE]}}], ports=[{"port": 3000}]),
            allows("egress", to=[{"ipBlock": {"cidr": "0.0.0.0/0", "except": INSIDE}}]),
            allows("egress", to=[{"namespaceSelector": {"matchLabels": {}}}], ports=[{"port": 5432}]),
        ]
    },
    "egress-networks": {
        "prod": [
            allows("egress"),
            allows("egress", to=[]),
            *(allows("egress", ports=[{"port": port}]) for port in (22, 25, 80, "http")),
            allows("egress", to=[], ports=[{"port": 80}]),
            allows("egress", ports=[{"port": 53, "endPort": 80}]),
            allows("egress", to=[{"ipBlock": {"cidr": "::/0"}}], ports=[{"port": 25}]),
        ]
    },
}  # fmt: skip

FINE = {
    "prod": [
        inline("203.0.113.0/24"),
        inline("203.0.113.0/24", "198.51.100.7/32", "10.0.0.0/8", "172.16.0.0/12"),
        inline("0.0.0.0/0", ports=(443, 443)),
        single("198.51.100.0/24", port=22),
        (single("198.51.100.0/24", "a", 22), single("203.0.113.0/24", "b", 5432)),
        older("0.0.0.0/0", type="egress"),
        aws("ec2/managedPrefixList:ManagedPrefixList", entries=[{"cidr": "203.0.113.0/24"}]),
        balancer(False),
        balancer(True, port=8443),
        balancer(True, port=80, protocol="HTTP"),
        (*balancer(False), aws("lb/listener:Listener", "plain", loadBalancerArn="arn:edge", defaultActions=REDIRECT,
                               port=80, protocol="HTTP")),
        (aws("ec2/managedPrefixList:ManagedPrefixList", "l", id="pl-1", entries=[{"cidr": "203.0.113.0/24"}]),
         by_list("pl-1")),
        azure_balancer(443, **PUBLIC),
        azure_balancer(5432, **PRIVATE),
        application_gateway(),
        application_gateway("Http", port=80, backendAddressPool=None, redirectConfiguration={"id": "r"}),
        application_gateway(policy={"policyType": "Custom", "minProtocolVersion": "TLSv1_2"}),
        front_door(),
        front_door(httpsRedirect="Disabled", supportedProtocols=["Https"]),
        ingress(tls=CERTIFIED),
        ingress(tls=[{"hosts": ["*.example.com"]}]),
        ingress({f"{ALB}/listen-ports": '[{"HTTPS": 443}]', f"{ALB}/certificate-arn": "arn:aws:acm:c"}),
        ingress({f"{ALB}/listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]', f"{ALB}/ssl-redirect": "443"}),
        ingress({f"{ALB}/scheme": "internal", f"{ALB}/listen-ports": '[{"HTTPS": 8443}]'}, tls=CERTIFIED),
        nsg("VirtualNetwork"),
        nsg("AzureFrontDoor.Backend", port="8080"),
        nsg("203.0.113.0/24", "198.51.100.1-198.51.100.9"),
        nsg("*", access="Deny"),
        service(annotations=INTERNAL),
        service(annotations={"service.beta.kubernetes.io/azure-load-balancer-internal": "true"}),
        service(loadBalancerSourceRanges=["203.0.113.0/24"]),
        firewall("203.0.113.1", "203.0.113.9"),
        Edit(
            *VAULT, ("properties", "networkAcls", "ipRules"), [{"value": "203.0.113.0/24"}, {"value": "198.51.100.7"}]
        ),
        Edit("eks/cluster:Cluster", "main", ("vpcConfig", "publicAccessCidrs"), ["203.0.113.0/24", "198.51.100.0/24"]),
        allows(from_=[{"podSelector": {}}], ports=[{"port": 3000}]),
        allows("egress", to=[VENDORS], ports=[{"port": 443}]),
        allows("egress", ports=[{"port": 53, "protocol": "UDP"}]),
        allows("egress", to=[{"ipBlock": {"cidr": "2000::/3"}}], ports=[{"port": 587}]),
        allows(from_=[{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]),
    ]
}  # fmt: skip
