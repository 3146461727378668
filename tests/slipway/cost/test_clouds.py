"""What each cloud bills for a resource: the rows of its table, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from slipway.cost import Prices, Span, load
from slipway.cost.clouds import CLOUDS
from slipway.cost.estimate import estimate
from slipway.rehearsal import Step
from tests.slipway.cost.plans import AWS, MAIN, SHOP, component, plan, provider, resource

ROOT = Path(__file__).parents[3]
AZURE = (
    component("slipway:azure:Foundation", "far"),
    component("slipway:cluster:Cluster", "far"),
    provider("azure-native", "far", location="eastus2"),
    provider("kubernetes", "far"),
)
ON = {"aws": (MAIN, AWS, MAIN[3]), "azure": (AZURE, AZURE[2], AZURE[3])}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
POOL = {"osDiskType": "Ephemeral"}
CLAIM = {"spec": {"resources": {"requests": {"storage": "100Gi"}}}}


@dataclass(frozen=True)
class Case:
    """A resource, the items that it needs with their amounts (a number is low and high), and what is unknown of it."""

    cloud: str
    type: str
    inputs: Mapping[str, Any]
    items: Mapping[str, Any]
    unknown: tuple[str, ...] = ()


def rotating(rotates: bool) -> Mapping[str, Any]:
    return {"enableKeyRotation": rotates}


HOURS = 730
CASES = {
    "a control plane": Case("aws", "aws:eks/cluster:Cluster", {}, {"kubernetes cluster": HOURS}),
    "a version past its end": Case(
        "aws",
        "aws:eks/cluster:Cluster",
        {"upgradePolicy": {"supportType": "EXTENDED"}},
        {"kubernetes cluster": HOURS},
        ("support of a version past its end, which costs more while it is in use",),
    ),
    "a server": Case(
        "aws",
        "aws:rds/instance:Instance",
        {"engine": "postgres", "instanceClass": "db.t4g.medium", "allocatedStorage": 32, "monitoringInterval": 60},
        {"postgres db.t4g.medium single-az": HOURS, "database storage single-az": 32, "logs ingested": 1},
    ),
    "a server with a standby": Case(
        "aws",
        "aws:rds/instance:Instance",
        {"engine": "postgres", "instanceClass": "db.m7g.large", "allocatedStorage": 100, "multiAz": True},
        {"postgres db.m7g.large multi-az": HOURS, "database storage multi-az": 100},
    ),
    "a server of unknown size": Case(
        "aws",
        "aws:rds/instance:Instance",
        {"engine": "postgres", "instanceClass": "db.t4g.medium", "allocatedStorage": UNKNOWN},
        {"postgres db.t4g.medium single-az": HOURS},
        ("storage, whose size is not known yet",),
    ),
    "a server of a class without a price": Case(
        "aws",
        "aws:rds/instance:Instance",
        {"engine": "mysql", "instanceClass": "db.x9.large", "allocatedStorage": 10},
        {"database storage single-az": 10},
        ("server, db.x9.large: no price of 'mysql db.x9.large single-az' in us-east-1",),
    ),
    "a proxy of no database": Case("aws", "aws:rds/proxy:Proxy", {}, {}, ("cores of its database",)),
    "a document database": Case(
        "aws",
        "aws:docdb/cluster:Cluster",
        {},
        {"documentdb storage": 32, "documentdb requests": 10, "documentdb backup": 32},
    ),
    "its server": Case(
        "aws",
        "aws:docdb/clusterInstance:ClusterInstance",
        {"instanceClass": "db.r6g.large"},
        {"documentdb db.r6g.large": HOURS},
    ),
    "a cache": Case(
        "aws",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        {"nodeType": "cache.t4g.small", "numCacheClusters": 1},
        {"cache cache.t4g.small": HOURS},
    ),
    "a cache with a standby": Case(
        "aws",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        {"nodeType": "cache.m7g.large", "numCacheClusters": 2},
        {"cache cache.m7g.large": 2 * HOURS},
    ),
    "a queue": Case(
        "aws",
        "aws:sqs/queue:Queue",
        {"redrivePolicy": "{}"},
        {"queue requests": 3},
    ),
    "an ordered queue": Case("aws", "aws:sqs/queue:Queue", {"fifoQueue": True}, {"queue requests fifo": 3}),
    "a queue of dead letters": Case("aws", "aws:sqs/queue:Queue", {"redriveAllowPolicy": "{}"}, {}),
    "a topic": Case("aws", "aws:sns/topic:Topic", {}, {"topic requests": 1}),
    "an ordered topic": Case(
        "aws", "aws:sns/topic:Topic", {"fifoTopic": True}, {"topic requests fifo": 1, "topic data fifo": 4}
    ),
    "a topic of alarms": Case(
        "aws", "aws:sns/topic:Topic", {"policy": '{"Principal": {"Service": "cloudwatch.amazonaws.com"}}'}, {}
    ),
    "an alert of Azure": Case(
        "azure", "azure-native:monitor:MetricAlert", {"criteria": {"allOf": [{}]}}, {"metric alert": 1}
    ),
    "queues on Azure": Case(
        "azure",
        "azure-native:servicebus:Namespace",
        {"sku": {"tier": "Premium", "capacity": 2}},
        {"messaging Premium": 2 * HOURS},
    ),
    "a cache on Azure, whose price nobody has entered": Case(
        "azure",
        "azure-native:redisenterprise:RedisEnterprise",
        {"sku": {"name": "Balanced_B1"}, "highAvailability": "Enabled"},
        {},
        ("server, Balanced_B1 with a standby: no price of 'cache Balanced_B1' in eastus2",),
    ),
    "a machine": Case(
        "aws",
        "aws:ec2/instance:Instance",
        {
            "instanceType": "t3.micro",
            "rootBlockDevice": {"volumeSize": 30, "volumeType": "gp3"},
            "ebsBlockDevices": [{"volumeSize": 100}],
            "associatePublicIpAddress": True,
        },
        {"node t3.micro": HOURS, "volume": 30, "volume gp2": 100, "public address": HOURS},
    ),
    "a machine of the usual disk": Case(
        "aws",
        "aws:ec2/instance:Instance",
        {"instanceType": "t3.large"},
        {"node t3.large": HOURS},
        ("root disk, whose size its image says",),
    ),
    "a machine of another type": Case(
        "aws",
        "aws:ec2/instance:Instance",
        {"instanceType": "x9.large", "rootBlockDevice": {"volumeSize": 8}},
        {"volume gp2": 8},
        ("machine, x9.large with Linux: no price of 'node x9.large' in us-east-1",),
    ),
    "a machine of an unknown type": Case(
        "aws",
        "aws:ec2/instance:Instance",
        {"instanceType": UNKNOWN, "rootBlockDevice": {"volumeSize": 8}},
        {"volume gp2": 8},
        ("a machine, whose type is not known yet",),
    ),
    "a spot machine": Case(
        "aws",
        "aws:ec2/instance:Instance",
        {
            "instanceType": "t3.large",
            "instanceMarketOptions": {"marketType": "spot"},
            "rootBlockDevice": {"volumeSize": 8},
        },
        {"volume gp2": 8},
        ("a spot machine: its price changes by the hour, and is below that of others",),
    ),
    "a machine alone on its hardware": Case(
        "aws",
        "aws:ec2/instance:Instance",
        {"instanceType": "t3.large", "tenancy": "dedicated", "rootBlockDevice": {"volumeSize": 8}},
        {"volume gp2": 8},
        ("a machine on hardware of its own",),
    ),
    "a disk with more than is included": Case(
        "aws",
        "aws:ebs/volume:Volume",
        {"size": 100, "type": "gp3", "iops": 6000},
        {"volume": 100},
        ("more than the 3000 IOPS and 125 MiB/s that a disk includes",),
    ),
    "a disk of the usual type": Case("aws", "aws:ebs/volume:Volume", {"size": 50}, {"volume gp2": 50}),
    "a disk without a price": Case(
        "aws",
        "aws:ebs/volume:Volume",
        {"size": 50, "type": "io2", "iops": 9000},
        {},
        ("disk, 50 GB io2: no price of 'volume io2' in us-east-1", "9000 IOPS of a disk"),
    ),
    "a balancer": Case(
        "aws",
        "aws:lb/loadBalancer:LoadBalancer",
        {"subnets": [UNKNOWN, UNKNOWN]},
        {
            "application load balancer": HOURS,
            "application load balancer capacity": HOURS,
            "public address": 2 * HOURS,
            "internet data": 100,
        },
    ),
    "a balancer by its earlier name": Case(
        "aws",
        "aws:alb/loadBalancer:LoadBalancer",
        {"internal": True},
        {"application load balancer": HOURS, "application load balancer capacity": HOURS},
    ),
    "a balancer of connections": Case(
        "aws",
        "aws:lb/loadBalancer:LoadBalancer",
        {"loadBalancerType": "network"},
        {
            "load balancer": HOURS,
            "load balancer capacity": HOURS,
            "public address": 3 * HOURS,
            "internet data": 100,
        },
    ),
    "a balancer of another type": Case(
        "aws",
        "aws:lb/loadBalancer:LoadBalancer",
        {"loadBalancerType": "gateway"},
        {},
        ("a balancer of the type gateway",),
    ),
    "a table": Case(
        "aws",
        "aws:dynamodb/table:Table",
        {
            "readCapacity": 5,
            "writeCapacity": 2,
            "globalSecondaryIndexes": [{"name": "by-day", "readCapacity": 5, "writeCapacity": 1}],
        },
        {"table reads": 10 * HOURS, "table writes": 3 * HOURS, "table storage": 10},
    ),
    "a table by use": Case(
        "aws",
        "aws:dynamodb/table:Table",
        {"billingMode": "PAY_PER_REQUEST", "replicas": [{"regionName": "us-west-2"}]},
        {"table storage": 10},
        ("reads and writes, billed by use", "replicas in 1 regions, and what is written there"),
    ),
    "a table of unknown capacity": Case(
        "aws",
        "aws:dynamodb/table:Table",
        {"readCapacity": UNKNOWN, "writeCapacity": 1},
        {"table writes": HOURS, "table storage": 10},
        ("reads, whose capacity is not known yet",),
    ),
    "a function": Case(
        "aws", "aws:lambda/function:Function", {"memorySize": 512}, {}, ("calls and their time, billed by use",)
    ),
    "tasks on machines": Case("aws", "aws:ecs/service:Service", {"desiredCount": 2}, {}),
    "tasks of an unknown size": Case(
        "aws",
        "aws:ecs/service:Service",
        {"launchType": "FARGATE", "desiredCount": 2, "taskDefinition": UNKNOWN},
        {},
        ("tasks, whose number or size is not known yet",),
    ),
    "tasks on spare capacity": Case(
        "aws",
        "aws:ecs/service:Service",
        {"capacityProviderStrategies": [{"capacityProvider": "FARGATE_SPOT"}]},
        {},
        ("tasks on spare capacity: their price changes, and is below that of others",),
    ),
    "a machine on Azure": Case(
        "azure",
        "azure-native:compute:VirtualMachine",
        {
            "hardwareProfile": {"vmSize": "Standard_B2s"},
            "storageProfile": {
                "osDisk": {
                    "createOption": "FromImage",
                    "diskSizeGB": 30,
                    "managedDisk": {"storageAccountType": "Premium_LRS"},
                },
                "dataDisks": [
                    {
                        "createOption": "Empty",
                        "diskSizeGB": 200,
                        "managedDisk": {"storageAccountType": "StandardSSD_LRS"},
                    },
                    {"createOption": "Attach"},
                ],
            },
        },
        {"node Standard_B2s": HOURS, "disk P4 LRS": 1, "disk E15 LRS": 1},
    ),
    "a machine with Windows": Case(
        "azure",
        "azure-native:compute:VirtualMachine",
        {"hardwareProfile": {"vmSize": "Standard_B2s"}, "osProfile": {"windowsConfiguration": {}}},
        {"node Standard_B2s": HOURS},
        ("the licence of Windows, unless it is brought along", "disk, whose size its image says"),
    ),
    "a spot machine on Azure": Case(
        "azure",
        "azure-native:compute:VirtualMachine",
        {
            "hardwareProfile": {"vmSize": "Standard_B2s"},
            "priority": "Spot",
            "storageProfile": {"osDisk": {"diskSizeGB": 30}},
        },
        {"disk S4 LRS": 1},
        ("a spot machine: its price changes by the hour, and is at most that of others",),
    ),
    "a disk on Azure": Case(
        "azure", "azure-native:compute:Disk", {"diskSizeGB": 128, "sku": {"name": "Premium_LRS"}}, {"disk P10 LRS": 1}
    ),
    "a disk of another kind": Case(
        "azure",
        "azure-native:compute:Disk",
        {"diskSizeGB": 128, "sku": {"name": "UltraSSD_LRS"}},
        {},
        ("a disk of 128 GB UltraSSD_LRS",),
    ),
    "a balancer on Azure": Case(
        "azure",
        "azure-native:network:LoadBalancer",
        {"sku": {"name": "Standard"}},
        {"load balancer": HOURS, "load balancer data": 100},
    ),
    "a balancer of the tier that cost nothing": Case("azure", "azure-native:network:LoadBalancer", {}, {}),
    "a plan of web apps": Case(
        "azure",
        "azure-native:web:AppServicePlan",
        {"kind": "Linux", "reserved": True, "sku": {"name": "B1", "capacity": 2}},
        {"app plan B1 Linux": 2 * HOURS},
    ),
    "a plan with Windows": Case(
        "azure",
        "azure-native:web:AppServicePlan",
        {"sku": {"name": "S1"}},
        {},
        ("1 × S1 with Windows: no price of 'app plan S1 Windows' in eastus2",),
    ),
    "a plan that costs nothing": Case("azure", "azure-native:web:AppServicePlan", {"sku": {"name": "F1"}}, {}),
    "a plan by use": Case(
        "azure",
        "azure-native:web:AppServicePlan",
        {"sku": {"name": "Y1"}},
        {},
        ("calls of functions and their time, billed by use",),
    ),
    "a plan by app": Case(
        "azure", "azure-native:web:AppServicePlan", {"sku": {"name": "D1"}}, {}, ("a plan of the size D1",)
    ),
    "a way out": Case("aws", "aws:ec2/natGateway:NatGateway", {}, {"nat gateway": HOURS, "nat data": 100}),
    "an endpoint in two zones": Case(
        "aws",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        {"vpcEndpointType": "Interface", "subnetIds": ["a", "b"]},
        {"private endpoint": 2 * HOURS, "private endpoint data": 20},
    ),
    "an endpoint of a gateway": Case("aws", "aws:ec2/vpcEndpoint:VpcEndpoint", {"vpcEndpointType": "Gateway"}, {}),
    "a key that rotates": Case("aws", "aws:kms/key:Key", rotating(True), {"key": (1, 3), "key requests": 10}),
    "a key that does not": Case("aws", "aws:kms/key:Key", rotating(False), {"key": 1, "key requests": 10}),
    "a secret in two regions": Case(
        "aws",
        "aws:secretsmanager/secret:Secret",
        {"replicas": [{"region": "us-west-2"}]},
        {"secret": 2, "secret requests": 0.1},
    ),
    "a bucket": Case(
        "aws",
        "aws:s3/bucket:Bucket",
        {"bucket": "b"},
        {"bucket storage": 50, "bucket writes": 100, "bucket reads": 1000},
    ),
    "a site at the edge": Case(
        "aws", "aws:cloudfront/distribution:Distribution", {}, {"edge data": 100, "edge requests": 10}
    ),
    "a firewall": Case(
        "aws",
        "aws:wafv2/webAcl:WebAcl",
        {"rules": [{}, {}, {}]},
        {"firewall": 1, "firewall rule": 3, "firewall requests": 10},
    ),
    "a plain health check": Case("aws", "aws:route53/healthCheck:HealthCheck", {"type": "TCP"}, {"health check": 1}),
    "a health check with all options": Case(
        "aws",
        "aws:route53/healthCheck:HealthCheck",
        {"type": "HTTPS_STR_MATCH", "measureLatency": True, "requestInterval": 10},
        {"health check": 1, "health check option": 4},
    ),
    "logs of a quarter": Case(
        "aws", "aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 90}, {"logs ingested": 1, "logs stored": 0.45}
    ),
    "logs without an end": Case(
        "aws", "aws:cloudwatch/logGroup:LogGroup", {}, {"logs ingested": 1, "logs stored": 0.15}
    ),
    "an alarm": Case("aws", "aws:cloudwatch/metricAlarm:MetricAlarm", {}, {"alarm": 1}),
    "a broker of three": Case(
        "aws",
        "aws:mq/broker:Broker",
        {"hostInstanceType": "mq.m5.large", "deploymentMode": "CLUSTER_MULTI_AZ"},
        {"broker mq.m5.large": 3 * HOURS, "broker storage": 60},
    ),
    "a disk": Case("aws", "aws:ebs/volume:Volume", {"size": 40, "type": "gp3"}, {"volume": 40}),
    "volumes of pods": Case(
        "aws",
        "kubernetes:apps/v1:StatefulSet",
        {"spec": {"replicas": 3, "volumeClaimTemplates": [CLAIM]}},
        {"volume": 300},
    ),
    "a load balancer": Case(
        "aws",
        "kubernetes:core/v1:Service",
        {"spec": {"type": "LoadBalancer"}},
        {"load balancer": HOURS, "load balancer capacity": HOURS, "public address": 3 * HOURS, "internet data": 100},
    ),
    "a Service within the cluster": Case("aws", "kubernetes:core/v1:Service", {"spec": {"type": "ClusterIP"}}, {}),
    "nodes of an odd size": Case(
        "aws", "kubernetes:karpenter.sh/v1:NodePool", {"spec": {}}, {}, ("nodes with any number of cores",)
    ),
    "restore tests": Case(
        "aws",
        "aws:backup/restoreTestingPlan:RestoreTestingPlan",
        {},
        {},
        ("restore tests: the fee of each, and the server that runs while it lasts",),
    ),
    "Azure's control plane and nodes": Case(
        "azure",
        "azure-native:containerservice:ManagedCluster",
        {
            "sku": {"tier": "Standard"},
            "agentPoolProfiles": [
                {
                    **POOL,
                    "name": "system",
                    "mode": "System",
                    "minCount": 2,
                    "maxCount": 4,
                    "vmSize": "Standard_D2ads_v5",
                },
                {
                    "name": "user",
                    "mode": "User",
                    "minCount": 3,
                    "maxCount": 9,
                    "vmSize": "Standard_D8ads_v5",
                    "osDiskSizeGB": 64,
                },
            ],
        },
        {
            "kubernetes cluster standard": HOURS,
            "node Standard_D2ads_v5": 2 * HOURS,
            "node Standard_D8ads_v5": 3 * HOURS,
            "disk E6": 3,
        },
    ),
    "nodes of a kind that no table knows": Case(
        "azure",
        "azure-native:containerservice:ManagedCluster",
        {
            "sku": {"tier": "Free"},
            "agentPoolProfiles": [
                {
                    "name": "x",
                    "mode": "User",
                    "minCount": 1,
                    "maxCount": 5,
                    "vmSize": "Standard_L3",
                    "osDiskType": "Ephemeral",
                }
            ],
        },
        {},
        ("nodes of pool x, Standard_L3: no price of 'node Standard_L3' in eastus2",),
    ),
    "a pool of spot nodes": Case(
        "azure",
        "azure-native:containerservice:AgentPool",
        {"agentPoolName": "batch", "vmSize": "Standard_D4pds_v5", "scaleSetPriority": "Spot"},
        {},
        ("spot nodes of pool batch: their price changes by the hour, and is at most that of others",),
    ),
    "a pool of its own": Case(
        "azure",
        "azure-native:containerservice:AgentPool",
        {"agentPoolName": "arm", "vmSize": "Standard_D4pds_v5", "mode": "User", "minCount": 2, "maxCount": 9, **POOL},
        {"node Standard_D4pds_v5": 2 * HOURS},
    ),
    "Azure's server with a standby": Case(
        "azure",
        "azure-native:dbforpostgresql:Server",
        {
            "sku": {"name": "Standard_D2ads_v5"},
            "storage": {"storageSizeGB": 32},
            "highAvailability": {"mode": "ZoneRedundant"},
            "backup": {"geoRedundantBackup": "Enabled"},
        },
        {"postgres Standard_D2ads_v5": 2 * HOURS, "database storage": 64, "database backup in two regions": 32},
    ),
    "Azure's server alone": Case(
        "azure",
        "azure-native:dbforpostgresql:Server",
        {
            "sku": {"name": "Standard_D4ads_v5"},
            "storage": {"storageSizeGB": 64},
            "highAvailability": {"mode": "Disabled"},
        },
        {"postgres Standard_D4ads_v5": HOURS, "database storage": 64},
    ),
    "Azure's document database": Case(
        "azure",
        "azure-native:mongocluster:MongoCluster",
        {"properties": {"compute": {"tier": "M30"}, "storage": {"sizeGb": 128}}},
        {},
        (
            "server, M30: no price of 'document database M30' in eastus2",
            "storage, 128 GB: no price of 'document database storage' in eastus2",
        ),
    ),
    "Azure's registry": Case(
        "azure", "azure-native:containerregistry:Registry", {"sku": {"name": "Premium"}}, {"registry premium": 30}
    ),
    "Azure's logs": Case(
        "azure",
        "azure-native:operationalinsights:Workspace",
        {"retentionInDays": 90},
        {"logs ingested": 20, "logs stored": 40},
    ),
    "Azure's bucket in two regions": Case(
        "azure",
        "azure-native:storage:StorageAccount",
        {"sku": {"name": "Standard_GZRS"}},
        {"bucket storage gzrs": 50, "bucket writes gzrs": 10, "bucket reads": 100, "bucket replication": 10},
    ),
    "Azure's bucket in one": Case(
        "azure",
        "azure-native:storage:StorageAccount",
        {"sku": {"name": "Standard_ZRS"}},
        {"bucket storage zrs": 50, "bucket writes zrs": 10, "bucket reads": 100},
    ),
    "backups in a vault": Case(
        "azure",
        "azure-native:dataprotection:BackupInstance",
        {"properties": {"dataSourceInfo": {"datasourceType": "Microsoft.DBforPostgreSQL/flexibleServers"}}},
        {},
        ("backups in the vault of Microsoft.DBforPostgreSQL/flexibleServers: a fee by its size, and storage",),
    ),
    "Front Door": Case(
        "azure",
        "azure-native:cdn:Profile",
        {"sku": {"name": "Standard_AzureFrontDoor"}, "location": "Global"},
        {"edge standard": 1, "edge data": 100, "edge requests": 10},
    ),
    "Traffic Manager": Case(
        "azure",
        "azure-native:trafficmanager:Profile",
        {"endpoints": [{}, {}], "location": "global"},
        {"traffic manager queries": 1, "traffic manager check": 2},
    ),
    "Azure's disks": Case(
        "azure",
        "kubernetes:apps/v1:StatefulSet",
        {"spec": {"replicas": 2, "volumeClaimTemplates": [CLAIM]}},
        {"disk E10": 2},
    ),
    "Azure's load balancer": Case(
        "azure",
        "kubernetes:core/v1:Service",
        {"spec": {"type": "LoadBalancer"}},
        {"load balancer": HOURS, "public address": HOURS, "load balancer data": 100, "internet data": 100},
    ),
}


@pytest.fixture(scope="module")
def prices() -> Prices:
    return load(ROOT)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_resource_needs_its_quantities(prices: Prices, case: Case) -> None:
    """Of each item so much a month, at the fewest and at the most; what is not known is told."""
    cluster, cloud, objects = ON[case.cloud]
    by = objects if case.type.startswith("kubernetes:") else cloud
    found = estimate(plan(*cluster, resource(case.type, "it", by=by, **case.inputs)), prices)
    amounts: dict[str, Span] = {}
    for line in found.lines:
        amounts[line.price.item] = amounts.get(line.price.item, Span()) + line.amount
    wanted = {
        item: Span(*amount) if isinstance(amount, tuple) else Span.exactly(amount)
        for item, amount in case.items.items()
    }
    assert {item: _rounded(amount) for item, amount in amounts.items()} == wanted
    assert tuple(each.what for each in found.unknown) == case.unknown


def _rounded(amount: Span) -> Span:
    return Span(round(amount.low, 6), round(amount.high, 6))


def test_a_replica_has_the_size_of_what_it_replicates(prices: Prices) -> None:
    """And is paid where it is, with what is sent there."""
    server = {"engine": "postgres", "instanceClass": "db.t4g.medium"}
    home = component("slipway:aws:Postgres", "shop/db", SHOP.urn)
    source = resource("aws:rds/instance:Instance", "db", by=AWS, parent=home, allocatedStorage=32, **server)
    copy = {"replicateSourceDb": UNKNOWN, "region": "us-west-2"}
    replica = resource("aws:rds/instance:Instance", "db-copy", by=AWS, parent=home, **server, **copy)
    found = estimate(plan(*MAIN, home, source, replica), prices)
    assert {
        (line.price.item, line.price.region): line.amount.low
        for line in found.lines
        if line.resource.urn == replica.urn
    } == {
        ("postgres db.t4g.medium single-az", "us-west-2"): HOURS,
        ("database storage single-az", "us-west-2"): 32,
        ("transfer between regions", "us-east-1"): 30,
    }


def test_backups_are_as_large_as_their_database(prices: Prices) -> None:
    """In each vault that a rule names, with what is sent there."""
    home = component("slipway:aws:Postgres", "shop/db", SHOP.urn)
    server = resource("aws:rds/instance:Instance", "db", by=AWS, parent=home, allocatedStorage=100)
    vault = "arn:aws:backup:us-west-2:444455556666:backup-vault:slipway"
    rules = [{"ruleName": "daily", "copyActions": [{"destinationVaultArn": vault}]}]
    backups = resource("aws:backup/plan:Plan", "db", by=AWS, parent=home, rules=rules)
    found = estimate(plan(*MAIN, home, server, backups), prices)
    assert {
        (line.price.item, line.price.region): line.amount.low
        for line in found.lines
        if line.resource.urn == backups.urn
    } == {
        ("backup of a database", "us-east-1"): 100,
        ("backup of a database", "us-west-2"): 100,
        ("transfer between regions", "us-east-1"): 60,
    }


def test_backups_of_documents_are_as_large_as_is_assumed(prices: Prices) -> None:
    """Their cluster says no size; another database of the system is not theirs. Without any it is the state that is kept."""
    other = component("slipway:aws:Postgres", "shop/db", SHOP.urn)
    server = resource("aws:rds/instance:Instance", "db", by=AWS, parent=other, allocatedStorage=100)
    home = component("slipway:aws:DocumentDatabase", "shop/documents", SHOP.urn)
    cluster = resource("aws:docdb/cluster:Cluster", "documents", by=AWS, parent=home)
    foundation = MAIN[0]
    for parent, expected in ((home, ("documentdb backup", 32)), (foundation, ("backup of a bucket", 1))):
        backups = resource("aws:backup/plan:Plan", "kept", by=AWS, parent=parent, rules=[{"ruleName": "daily"}])
        found = estimate(plan(*MAIN, other, server, home, cluster, backups), prices)
        lines = [line for line in found.lines if line.resource.urn == backups.urn]
        assert [(line.price.item, line.amount.low) for line in lines] == [expected]


def test_a_proxy_has_the_cores_of_its_database(prices: Prices) -> None:
    home = component("slipway:aws:Postgres", "shop/db", SHOP.urn)
    server = resource("aws:rds/instance:Instance", "db", by=AWS, parent=home, instanceClass="db.m7g.2xlarge")
    proxy = resource("aws:rds/proxy:Proxy", "db", by=AWS, parent=home)
    found = estimate(plan(*MAIN, home, server, proxy), prices)
    assert [line.amount for line in found.lines if line.resource.urn == proxy.urn] == [Span.exactly(8 * HOURS)]


@pytest.mark.parametrize(
    ("size", "cores", "gibibytes"),
    [({"cpu": "512", "memory": "1024"}, 0.5, 1), ({"cpu": ".25 vCPU", "memory": "2 GB"}, 0.25, 2)],
)
@pytest.mark.parametrize(("platform", "suffix"), [({}, ""), ({"cpuArchitecture": "ARM64"}, " arm64")])
def test_tasks_have_the_size_of_their_definition(
    prices: Prices, size: Mapping[str, Any], cores: float, gibibytes: float, platform: Mapping[str, str], suffix: str
) -> None:
    """The one that the service refers to, among several."""
    kind = "aws:ecs/taskDefinition:TaskDefinition"
    other = resource(kind, "other", by=AWS, cpu="4096", memory="8192")
    own = resource(kind, "own", by=AWS, runtimePlatform=platform, **size)
    service = resource(
        "aws:ecs/service:Service", "it", by=AWS, launchType="FARGATE", desiredCount=3, taskDefinition=UNKNOWN
    )
    referring = replace(service, state={**service.state, "propertyDependencies": {"taskDefinition": [own.urn]}})
    found = estimate(plan(*MAIN, other, own, referring), prices)
    assert {line.price.item: line.amount.low for line in found.lines} == {
        f"fargate core{suffix}": 3 * cores * HOURS,
        f"fargate memory{suffix}": 3 * gibibytes * HOURS,
    }
    assert found.unknown == ()


def test_a_bucket_that_replication_fills_is_of_the_class_that_it_says(prices: Prices) -> None:
    """The bucket itself does not say so."""
    target = {"bucket": "arn:aws:s3:::copy", "storageClass": "STANDARD_IA"}
    steps: list[Step] = [
        resource("aws:s3/bucket:Bucket", "copy", by=AWS, bucket="copy", region="us-west-2"),
        resource(
            "aws:s3/bucketReplicationConfig:BucketReplicationConfig", "to", by=AWS, rules=[{"destination": target}]
        ),
    ]
    found = estimate(plan(*MAIN, *steps), prices)
    assert [line.price.item for line in found.lines] == [
        "bucket storage rarely read",
        "bucket writes",
        "bucket reads",
        "transfer between regions",
    ]


def test_every_row_of_a_table_is_held_here_or_by_the_stacks() -> None:
    """A row that nobody looks at may say anything."""
    looked_at = {case.type for case in CASES.values()}
    other = {
        *("aws:backup/plan:Plan", "aws:s3/bucketReplicationConfig:BucketReplicationConfig"),
        *("aws:cloudfront/function:Function", "aws:cloudfront/keyValueStore:KeyValueStore", "aws:ec2/eip:Eip"),
        *("aws:ecr/repository:Repository", "aws:kms/replicaKey:ReplicaKey", "aws:route53/zone:Zone"),
        *("azure-native:dns:Zone", "azure-native:privatedns:PrivateZone", "azure-native:keyvault:Vault"),
        *("azure-native:network:NatGateway", "azure-native:network:PrivateEndpoint"),
        *("azure-native:network:PublicIPAddress", "azure-native:network:VirtualNetworkPeering"),
    }
    rules = {type_ for cloud in CLOUDS.values() for type_ in cloud.rules if not type_.startswith("kubernetes:")}
    assert rules - looked_at == other
