"""Which resources of a cloud carry tags, under which names, and what Slipway would write there."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from frame import Property, Resource

MANAGER = "slipway"
CLUSTER = "cluster"
"""What an object is part of that belongs to no system."""
MANAGED_BY, PART_OF = "app.kubernetes.io/managed-by", "app.kubernetes.io/part-of"

_SYSTEM = re.compile(r"systems/([\w-]+)/")
_CLUSTERS = re.compile(r"Pulumi\.[\w-]+\.yaml:config\.slipway:clusters(\.|$)")
_NO_OBJECTS = re.compile(r"kubernetes:(helm\.sh|yaml|kustomize)/|.*(List|Patch)$")

TAGGABLE = frozenset(
    {
        "aws:acm/certificate:Certificate",
        "aws:backup/plan:Plan",
        "aws:backup/restoreTestingPlan:RestoreTestingPlan",
        "aws:backup/vault:Vault",
        "aws:budgets/budget:Budget",
        "aws:cloudfront/distribution:Distribution",
        "aws:cloudfront/function:Function",
        "aws:cloudfront/keyValueStore:KeyValueStore",
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:docdb/cluster:Cluster",
        "aws:docdb/clusterInstance:ClusterInstance",
        "aws:docdb/clusterParameterGroup:ClusterParameterGroup",
        "aws:docdb/subnetGroup:SubnetGroup",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "aws:ec2/eip:Eip",
        "aws:ec2/flowLog:FlowLog",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/natGateway:NatGateway",
        "aws:ec2/routeTable:RouteTable",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/vpc:Vpc",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "aws:ecr/repository:Repository",
        "aws:eks/accessEntry:AccessEntry",
        "aws:eks/cluster:Cluster",
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        "aws:iam/role:Role",
        "aws:kms/key:Key",
        "aws:kms/replicaKey:ReplicaKey",
        "aws:mq/broker:Broker",
        "aws:rds/cluster:Cluster",
        "aws:rds/instance:Instance",
        "aws:rds/parameterGroup:ParameterGroup",
        "aws:rds/proxy:Proxy",
        "aws:rds/subnetGroup:SubnetGroup",
        "aws:route53/healthCheck:HealthCheck",
        "aws:route53/zone:Zone",
        "aws:s3/bucket:Bucket",
        "aws:secretsmanager/secret:Secret",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "aws:wafv2/webAcl:WebAcl",
        "azure-native:cdn:AFDEndpoint",
        "azure-native:cdn:Profile",
        "azure-native:containerregistry:Registry",
        "azure-native:containerservice:ManagedCluster",
        "azure-native:dataprotection:BackupInstance",
        "azure-native:dataprotection:BackupVault",
        "azure-native:dbforpostgresql:Server",
        "azure-native:dns:Zone",
        "azure-native:keyvault:Secret",
        "azure-native:keyvault:Vault",
        "azure-native:managedidentity:UserAssignedIdentity",
        "azure-native:mongocluster:MongoCluster",
        "azure-native:network:NatGateway",
        "azure-native:network:NetworkSecurityGroup",
        "azure-native:network:PrivateEndpoint",
        "azure-native:network:PublicIPAddress",
        "azure-native:network:VirtualNetwork",
        "azure-native:operationalinsights:Workspace",
        "azure-native:privatedns:PrivateZone",
        "azure-native:privatedns:VirtualNetworkLink",
        "azure-native:resources:ResourceGroup",
        "azure-native:storage:StorageAccount",
        "azure-native:trafficmanager:Profile",
    }
)
"""Types that take a mapping `tags`."""


def is_object(resource: Resource) -> bool:
    """Whether a resource is one object of Kubernetes, which has labels."""
    return resource.package == "kubernetes" and not _NO_OBJECTS.match(resource.type)


def tag_name(resource: Resource, tag: str) -> str:
    """A tag as its cloud allows to write it."""
    if resource.package == "azure-native":
        return tag.replace("slipway.dev/", "slipway-").replace("/", "-")
    return tag


def expected_tags(resource: Resource, tags: Sequence[str]) -> list[str]:
    """Those of every resource, and the system of one that a system declares."""
    return [*tags, *(["slipway.dev/system"] if _system_of(resource) else [])]


def known_tags(resource: Resource) -> Mapping[str, str]:
    """What is certain of tags that may be missing: a provider has the name of its cluster, unless it is Pulumi's own."""
    stack, provider = os.environ.get("PULUMI_STACK", ""), resource.provider.rpartition("::")[2]
    cluster = f"{MANAGER}-{stack}-{provider}" if provider and not provider.startswith("default") else ""
    found = {
        "managed-by": MANAGER,
        "slipway.dev/stack": stack,
        "slipway.dev/cluster": cluster,
        "slipway.dev/system": _system_of(resource),
    }
    return {tag: text for tag, text in found.items() if text}


def known_labels(resource: Resource) -> Mapping[str, str]:
    """What is certain of labels that may be missing."""
    part_of = _system_of(resource) or (CLUSTER if _CLUSTERS.match(_place(resource)) else "")
    return {MANAGED_BY: MANAGER, **({PART_OF: part_of} if part_of else {})}


def lacks(pairs: Property, key: str) -> bool:
    """Whether a tag or label is not set, or to no text."""
    value = pairs[key]
    return not value.unknown and not (value.text or "").strip()


def can_take_more(pairs: Property) -> bool:
    """Whether text can be added: what is unknown, or no mapping at all, stays as it is."""
    return pairs.missing or isinstance(pairs.value, Mapping)


def _system_of(resource: Resource) -> str:
    found = _SYSTEM.match(_place(resource))
    return found[1] if found else ""


def _place(resource: Resource) -> str:
    return resource.note("source").text or ""
