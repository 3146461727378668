"""The items that AWS bills: an instance by the hour, storage by the GB, requests by the million."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from slipway.cost import pod_requests
from slipway.cost.clouds import aws_others
from slipway.cost.quantity import Budget, Cloud, Context, Quantity, Rule, Unknown
from slipway.cost.resources import FOUNDATION, Resource
from slipway.cost.span import Span

Costs = Iterator[Quantity | Unknown]
GLOBAL = "global"
NODE_SIZES = {2: "large", 4: "xlarge", 8: "2xlarge", 16: "4xlarge", 32: "8xlarge", 48: "12xlarge", 64: "16xlarge"}
"""Sizes of instances by their number of cores."""
ALARMS = "cloudwatch.amazonaws.com"
"""Who sends alarms to a topic, by its policy."""
GPU_SIZES = ("xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge")
"""Sizes of g4dn that have one GPU (https://aws.amazon.com/ec2/instance-types/g4/)."""
PROXY_CORES = {"medium": 2, "large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16}
"""Cores of a database by the size in its class; a proxy is billed for at least two."""
KEY_YEARS = Span(1, 3)
"""A key that rotates costs the price of a key more after its first and its second year, and no more after that."""
INSTANCE, DOCUMENTS = "aws:rds/instance:Instance", "aws:docdb/cluster:Cluster"


def _eks(cluster: Resource, context: Context) -> Costs:
    extended = cluster.text("upgradePolicy", "supportType") == "EXTENDED"
    yield context.hours("kubernetes cluster", "control plane")
    if extended:
        yield Unknown("support of a version past its end, which costs more while it is in use")


def _node_pool(pool: Resource, context: Context) -> Costs:
    """Yield the nodes that Auto Mode creates for the pods of the cluster. It chooses the cheapest instance that
    fits."""
    name = pool.text("spec", "template", "metadata", "labels", pod_requests.NODE_POOL)
    cores = int(_required(pool, "instance-cpu") or 0)
    gibibytes = (float(_required(pool, "instance-memory") or 0) + 1) / 1024
    kind = _machine(pool, cores, gibibytes)
    if _required(pool, "capacity-type") == "spot":
        yield Unknown(f"spot nodes of pool {name}: their price changes by the hour, and is below that of others")
        return
    if kind is None:
        yield Unknown(f"nodes{f' of pool {name}' if name else ''} with {cores or 'any number of'} cores")
        return
    limit = pod_requests.amount(pool.find("spec", "limits", "cpu"))
    needed = pod_requests.requests(context.resources.of_cluster(pool.cluster), name)
    count = pod_requests.nodes(
        needed,
        cpu=cores - context.prices.assumed("node-cpu"),
        memory=gibibytes - context.prices.assumed("node-memory"),
        minimum=0 if name else context.prices.assumed("nodes-minimum"),
        maximum=limit // cores if limit else float("inf"),
    )
    by_pods = ("hours", "node-cpu", "node-memory", *(() if name else ("nodes-minimum",)))
    hours = context.prices.assumed("hours")
    what = f"nodes of pool {name}, {kind}" if name else f"nodes, {kind}"
    yield Quantity(f"node {kind}", count * hours, what, assumes=by_pods)
    yield Quantity(f"auto mode {kind}", count * hours, "Auto Mode's fee", assumes=by_pods)
    disk = context.prices.assumed("node-disk")
    yield Quantity("volume", count * disk, "disks of nodes", assumes=(*by_pods[1:], "node-disk"))


def _machine(pool: Resource, cores: int, gibibytes: float) -> str | None:
    """Return the machine that Auto Mode is taken to choose; None if the table has none with these cores. Machines with one GPU
    are the cheapest of NVIDIA's; those with several have no price here."""
    if gpus := _required(pool, "instance-gpu-count"):
        size = NODE_SIZES.get(cores, "")
        return f"g4dn.{size}" if gpus == "1" and size in GPU_SIZES and gibibytes <= 4 * cores else None
    if cores not in NODE_SIZES or gibibytes > 8 * cores:
        return None
    series = "6g" if _required(pool, "arch") == "arm64" else "6i"
    return f"{'m' if gibibytes <= 4 * cores else 'r'}{series}.{NODE_SIZES[cores]}"


def _required(pool: Resource, key: str) -> str:
    for each in pool.entries("spec", "template", "spec", "requirements"):
        if each.get("key", "").endswith(f"/{key}") and each.get("values"):
            return str(each["values"][0])
    return ""


def _database(database: Resource, context: Context) -> Costs:
    """Yield a server, its standby and its storage at the initial size. A replica has the size of its source."""
    place = "multi-az" if database.find("multiAz") is True else "single-az"
    kind = database.text("instanceClass")
    engine = database.text("engine", default="postgres")
    yield context.hours(f"{engine} {kind} {place}", f"server, {kind}{' with a standby' if place == 'multi-az' else ''}")
    size = _storage(database, context)
    if size:
        yield context.month(f"database storage {place}", f"storage, {size:.0f} GB", size)
    else:
        yield Unknown("storage, whose size is not known yet")
    if "replicateSourceDb" in database.inputs:
        source = context.resources.near(database, INSTANCE)
        if source is not None and context.region(source) != context.region(database):
            yield context.assumed(
                "transfer between regions", "what is replicated", "replicated", region=context.region(source)
            )
    if database.number("monitoringInterval"):
        yield context.assumed("logs ingested", "metrics of the system", "monitored")


def _storage(database: Resource, context: Context) -> float:
    own = database.number("allocatedStorage")
    source = context.resources.near(database, INSTANCE) if not own and "replicateSourceDb" in database.inputs else None
    return source.number("allocatedStorage") if source is not None else own


def _proxy(proxy: Resource, context: Context) -> Costs:
    database = context.resources.near(proxy, INSTANCE)
    size = database.text("instanceClass").rpartition(".")[2] if database is not None else ""
    cores = PROXY_CORES.get(size)
    if cores is None:
        yield Unknown("cores of its database")
    else:
        yield context.hours("database proxy core", f"{cores} cores", cores)


def _document_server(server: Resource, context: Context) -> Costs:
    kind = server.text("instanceClass")
    yield context.hours(f"documentdb {kind}", f"server, {kind}")


def _document_cluster(_cluster: Resource, context: Context) -> Costs:
    yield context.assumed("documentdb storage", "storage", "documents")
    yield context.assumed("documentdb requests", "reads and writes of storage", "document-requests")
    yield context.assumed("documentdb backup", "backups", "documents")


def _backup_plan(plan: Resource, context: Context) -> Costs:
    """Yield backups as large as the nearby database, in each vault; the plan of the foundation is for the bucket of the
    state."""
    database = context.resources.near(plan, INSTANCE, DOCUMENTS) if plan.system != FOUNDATION else None
    size = database.number("allocatedStorage") if database is not None else 0
    item, name, times = ("backup of a database", "backups", size) if size else ("backup of a bucket", "state", 1)
    if database is not None and database.type == DOCUMENTS:
        item, name, times = "documentdb backup", "documents", 1
    rules = plan.entries("rules")
    if rules:
        yield context.assumed(item, "backups", name, times)
    copies = [copy for rule in rules for copy in rule.get("copyActions") or () if isinstance(copy, Mapping)]
    for copy in copies:
        region = _region_of(copy.get("destinationVaultArn"))
        yield context.assumed(item, f"copies in {region or 'another vault'}", name, times, region=region)
        if region != context.region(plan):
            yield context.assumed("transfer between regions", "what is copied", "changed" if size else name, times)


def _region_of(arn: object) -> str:
    found = re.match(r"arn:[\w-]+:[\w-]+:([a-z0-9-]+):", arn) if isinstance(arn, str) else None
    return found[1] if found else ""


def _nat(_gateway: Resource, context: Context) -> Costs:
    yield context.hours("nat gateway", "gateway")
    yield context.assumed("nat data", "what goes through it", "nat")


def _endpoint(endpoint: Resource, context: Context) -> Costs:
    if endpoint.text("vpcEndpointType", default="Gateway") != "Gateway":
        zones = max(1, endpoint.count("subnetIds"))
        yield context.hours("private endpoint", f"in {zones} zones", zones)
        yield context.assumed("private endpoint data", "what goes through it", "endpoint")


def _key(key: Resource, context: Context) -> Costs:
    rotates = key.find("enableKeyRotation") is True
    yield context.month("key", "key" + (" and its rotations" if rotates else ""), KEY_YEARS if rotates else 1)
    yield context.assumed("key requests", "requests", "key-requests")


def _secret(secret: Resource, context: Context) -> Costs:
    yield context.month("secret", "secret")
    yield context.assumed("secret requests", "requests", "secret-requests")
    for replica in secret.entries("replicas"):
        yield context.month("secret", f"replica in {replica.get('region')}", region=str(replica.get("region")))


def _bucket(bucket: Resource, context: Context) -> Costs:
    rarely = _storage_class(bucket, context) == "STANDARD_IA"
    yield context.assumed("bucket storage rarely read" if rarely else "bucket storage", "storage", "bucket")
    yield context.assumed("bucket writes", "writes", "bucket-writes")
    yield context.assumed("bucket reads", "reads", "bucket-reads")


def _storage_class(bucket: Resource, context: Context) -> str:
    """Return the storage class that the replication into the bucket sets."""
    arn = f":::{bucket.text('bucket')}"
    for each in context.resources.of_type("aws:s3/bucketReplicationConfig:BucketReplicationConfig"):
        for rule in each.entries("rules"):
            destination = rule.get("destination") or {}
            if str(destination.get("bucket", "")).endswith(arn):
                return str(destination.get("storageClass", ""))
    return ""


def _replication(_config: Resource, context: Context) -> Costs:
    yield context.assumed("transfer between regions", "what is replicated", "bucket-changed")


def _distribution(_distribution: Resource, context: Context) -> Costs:
    yield context.assumed("edge data", "what visitors get", "site", region=GLOBAL)
    yield context.assumed("edge requests", "requests", "site-requests", region=GLOBAL)


def _function(_function: Resource, context: Context) -> Costs:
    yield context.assumed("edge function", "calls", "site-requests", region=GLOBAL)


def _key_values(_store: Resource, context: Context) -> Costs:
    yield context.assumed("edge key value reads", "reads by functions", "site-requests", region=GLOBAL)


def _firewall(acl: Resource, context: Context) -> Costs:
    yield context.month("firewall", "access list")
    yield context.month("firewall rule", f"{acl.count('rules')} rules", acl.count("rules"))
    yield context.assumed("firewall requests", "requests", "site-requests")


def _zone(_zone: Resource, context: Context) -> Costs:
    yield context.month("dns zone", "zone", region=GLOBAL)
    yield context.assumed("dns queries", "queries", "dns-queries", region=GLOBAL)


def _health_check(check: Resource, context: Context) -> Costs:
    features = (
        check.text("type").startswith("HTTPS"),
        check.find("measureLatency") is True,
        check.number("requestInterval", default=30) < 30,
        check.text("type").endswith("STR_MATCH"),
    )
    yield context.month("health check", "check", region=GLOBAL)
    if any(features):
        yield context.month("health check option", f"{sum(features)} options", sum(features), region=GLOBAL)


def _log_group(group: Resource, context: Context) -> Costs:
    """Yield the stored logs of the whole retention, compressed."""
    yield context.assumed("logs ingested", "logs", "log-group")
    days = group.number("retentionInDays")
    kept = context.prices.assumed("log-group") * context.prices.assumed("log-compression") * max(days, 30) / 30
    name = "kept" if days else "kept, without an end: those of a month"
    yield Quantity("logs stored", Span.exactly(kept), name, assumes=("log-group", "log-compression"))


def _alarm(_alarm: Resource, context: Context) -> Costs:
    yield context.month("alarm", "alarm")


def _repository(_repository: Resource, context: Context) -> Costs:
    yield context.assumed("image storage", "images", "repository")


def _broker(broker: Resource, context: Context) -> Costs:
    kind = broker.text("hostInstanceType")
    count = 3 if broker.text("deploymentMode") == "CLUSTER_MULTI_AZ" else 1
    yield context.hours(f"broker {kind}", f"{count} × {kind}", count)
    yield context.assumed("broker storage", "storage", "broker", count)


def _cache(cache: Resource, context: Context) -> Costs:
    kind, count = cache.text("nodeType"), int(cache.number("numCacheClusters", default=1))
    yield context.hours(f"cache {kind}", f"{count} × {kind}", count)


def _queue(queue: Resource, context: Context) -> Costs:
    """Yield nothing for a queue of dead letters, which are few."""
    if not queue.text("redriveAllowPolicy"):
        ordered = " fifo" if queue.find("fifoQueue") is True else ""
        yield context.assumed(f"queue requests{ordered}", "requests", "queue-requests")


def _topic(topic: Resource, context: Context) -> Costs:
    """Yield what is sent; copies into queues cost nothing, but those of ordered topics, which are billed by GB too. Alarms are
    few: the first million requests and thousand mails cost nothing."""
    if ALARMS in topic.text("policy"):
        return
    if topic.find("fifoTopic") is True:
        yield context.assumed("topic requests fifo", "messages that are sent", "topic-requests")
        yield context.assumed("topic data fifo", "their contents", "topic-data")
    else:
        yield context.assumed("topic requests", "messages that are sent", "topic-requests")


def _address(_address: Resource, context: Context) -> Costs:
    yield context.hours("public address", "address")


def _restore_tests(_plan: Resource, _context: Context) -> Costs:
    yield Unknown("restore tests: the fee of each, and the server that runs while it lasts")


def _volumes(context: Context, size: float, count: Span) -> Costs:
    yield context.month("volume", f"volumes of {size:.0f} GB", count * size)


def _entry(_service: Resource, context: Context) -> Costs:
    """Yield a Network Load Balancer with an address in each zone."""
    zones = context.prices.assumed("zones")
    yield context.hours("load balancer", "load balancer")
    yield Quantity(
        "load balancer capacity", Span.exactly(context.prices.assumed("hours") * context.prices.assumed("entry-capacity")),
        "capacity units", assumes=("hours", "entry-capacity"),
    )  # fmt: skip
    yield Quantity(
        "public address", Span.exactly(context.prices.assumed("hours") * zones), "addresses", assumes=("hours", "zones")
    )
    yield context.assumed("internet data", "what visitors get", "internet")


def _budget(budget: Resource) -> Budget:
    return Budget(budget, budget.number("limitAmount"), budget.text("tags", "slipway.dev/system"))


def _region(resource: Resource) -> str:
    """Return the resource's own region, or that of its provider. Kubernetes resources are in the region of their
    cluster."""
    return resource.text("region") or str(resource.provider.get("region") or "")


RULES: Mapping[str, Rule] = {
    **aws_others.RULES,
    "aws:backup/plan:Plan": _backup_plan,
    "aws:backup/restoreTestingPlan:RestoreTestingPlan": _restore_tests,
    "aws:cloudfront/distribution:Distribution": _distribution,
    "aws:cloudfront/function:Function": _function,
    "aws:cloudfront/keyValueStore:KeyValueStore": _key_values,
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    DOCUMENTS: _document_cluster,
    "aws:docdb/clusterInstance:ClusterInstance": _document_server,
    "aws:ec2/eip:Eip": _address,
    "aws:ec2/natGateway:NatGateway": _nat,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:ecr/repository:Repository": _repository,
    "aws:eks/cluster:Cluster": _eks,
    "aws:elasticache/replicationGroup:ReplicationGroup": _cache,
    "aws:kms/key:Key": _key,
    "aws:kms/replicaKey:ReplicaKey": _key,
    "aws:mq/broker:Broker": _broker,
    INSTANCE: _database,
    "aws:rds/proxy:Proxy": _proxy,
    "aws:route53/healthCheck:HealthCheck": _health_check,
    "aws:route53/zone:Zone": _zone,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": _replication,
    "aws:secretsmanager/secret:Secret": _secret,
    "aws:sns/topic:Topic": _topic,
    "aws:sqs/queue:Queue": _queue,
    "aws:wafv2/webAcl:WebAcl": _firewall,
    "kubernetes:karpenter.sh/v1:NodePool": _node_pool,
}
_PART = "it is billed with what it belongs to"
_RIGHTS = "rights cost nothing"
_TRAFFIC = "what goes through it is billed where it enters or leaves"
FREE: Mapping[str, str] = {
    **aws_others.FREE,
    "aws:acm/certificate:Certificate": "public certificates cost nothing (https://aws.amazon.com/certificate-manager/pricing/)",
    "aws:acm/certificateValidation:CertificateValidation": "it waits for a certificate",
    "aws:backup/restoreTestingSelection:RestoreTestingSelection": _PART,
    "aws:backup/selection:Selection": _PART,
    "aws:backup/vault:Vault": "what is in it is billed with its plan",
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": _PART,
    "aws:budgets/budget:Budget": "budgets without actions cost nothing (https://aws.amazon.com/aws-cost-management/aws-budgets/pricing/)",
    "aws:cloudfront/cachePolicy:CachePolicy": _PART,
    "aws:cloudfront/keyvaluestoreKey:KeyvaluestoreKey": _PART,
    "aws:cloudfront/originAccessControl:OriginAccessControl": _PART,
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": _PART,
    "aws:docdb/clusterParameterGroup:ClusterParameterGroup": _PART,
    "aws:docdb/subnetGroup:SubnetGroup": _PART,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _RIGHTS,
    "aws:ec2/flowLog:FlowLog": "what it writes is billed with its log group",
    "aws:ec2/internetGateway:InternetGateway": _TRAFFIC,
    "aws:ec2/route:Route": _TRAFFIC,
    "aws:ec2/routeTable:RouteTable": _TRAFFIC,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _TRAFFIC,
    "aws:ec2/securityGroup:SecurityGroup": _RIGHTS,
    "aws:ec2/securityGroupRule:SecurityGroupRule": _RIGHTS,
    "aws:ec2/subnet:Subnet": _TRAFFIC,
    "aws:ec2/vpc:Vpc": _TRAFFIC,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _PART,
    "aws:eks/accessEntry:AccessEntry": _RIGHTS,
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _RIGHTS,
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": _RIGHTS,
    "aws:elasticache/parameterGroup:ParameterGroup": _PART,
    "aws:elasticache/subnetGroup:SubnetGroup": _PART,
    "aws:elasticache/user:User": _RIGHTS,
    "aws:elasticache/userGroup:UserGroup": _RIGHTS,
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _RIGHTS,
    "aws:iam/policy:Policy": _RIGHTS,
    "aws:iam/role:Role": _RIGHTS,
    "aws:iam/rolePolicy:RolePolicy": _RIGHTS,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _RIGHTS,
    "aws:kms/alias:Alias": "it is a name",
    "aws:rds/parameterGroup:ParameterGroup": _PART,
    "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup": _PART,
    "aws:rds/proxyTarget:ProxyTarget": _PART,
    "aws:rds/subnetGroup:SubnetGroup": _PART,
    "aws:route53/record:Record": "records are billed by query, with their zone",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _PART,
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": _PART,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _RIGHTS,
    "aws:s3/bucketPolicy:BucketPolicy": _RIGHTS,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _RIGHTS,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "its key is billed as one",
    "aws:s3/bucketVersioning:BucketVersioning": "old versions are in the GB that a bucket is assumed to hold",
    "aws:secretsmanager/secretPolicy:SecretPolicy": _RIGHTS,
    "aws:secretsmanager/secretVersion:SecretVersion": _PART,
    "aws:sns/topicSubscription:TopicSubscription": "copies into queues, and a thousand mails a month, cost nothing (https://aws.amazon.com/sns/pricing/)",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _RIGHTS,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _RIGHTS,
}
CLOUD = Cloud(RULES, FREE, _region, _volumes, "standard", _entry, {"aws:budgets/budget:Budget": _budget})
