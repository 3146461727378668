"""Limits of the targets: the longest names and the largest objects, in one table.

Names are shortened to the limit. Values that cannot be shortened are refused where they are too long, and tests check
every object of a plan.
"""

from __future__ import annotations

from typing import NamedTuple

_KUBERNETES = "https://kubernetes.io/docs/concepts"
_GATEWAY = "https://gateway-api.sigs.k8s.io/reference/spec"
_RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html"
_AZURE = "https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules"


class Limit(NamedTuple):
    """A maximum, and the page that documents it."""

    most: int
    said: str


TABLE = {
    "kubernetes name": Limit(253, f"{_KUBERNETES}/overview/working-with-objects/names/"),
    "kubernetes label": Limit(63, f"{_KUBERNETES}/overview/working-with-objects/labels/"),
    "kubernetes service": Limit(63, f"{_KUBERNETES}/services-networking/service/"),
    # Of a container; that of a Service may be as long as a label.
    "kubernetes port": Limit(15, "https://www.rfc-editor.org/rfc/rfc6335#section-5.1"),
    "kubernetes namespace": Limit(63, f"{_KUBERNETES}/overview/working-with-objects/namespaces/"),
    # Its name is a label of its pods.
    "kubernetes job": Limit(63, f"{_KUBERNETES}/workloads/controllers/job/"),
    # The names of its Jobs have eleven more characters.
    "kubernetes cron job": Limit(52, f"{_KUBERNETES}/workloads/controllers/cron-jobs/"),
    # A label of its pods is its name and eleven more characters.
    "kubernetes stateful set": Limit(52, "https://github.com/kubernetes/kubernetes/issues/64023"),
    "kubernetes annotations": Limit(256 * 1024, f"{_KUBERNETES}/overview/working-with-objects/annotations/"),
    "kubernetes config map": Limit(1024 * 1024, f"{_KUBERNETES}/configuration/configmap/"),
    "kubernetes object": Limit(1536 * 1024, "https://etcd.io/docs/latest/dev-guide/limit/"),
    # Linux' MAX_ARG_STRLEN, including the name and `=`.
    "environment variable": Limit(128 * 1024 - 1, "https://man7.org/linux/man-pages/man2/execve.2.html"),
    "gateway listeners": Limit(64, f"{_GATEWAY}/#gatewayspec"),
    "route hostnames": Limit(16, f"{_GATEWAY}/#httproutespec"),
    "route parents": Limit(32, f"{_GATEWAY}/#httproutespec"),
    "route rules": Limit(16, f"{_GATEWAY}/#httproutespec"),
    "route matches of a rule": Limit(64, f"{_GATEWAY}/#httprouterule"),
    "route matches": Limit(128, f"{_GATEWAY}/#httproutespec"),
    "route headers": Limit(16, f"{_GATEWAY}/#httproutematch"),
    "route header changes": Limit(16, f"{_GATEWAY}/#httpheaderfilter"),
    "route path": Limit(1024, f"{_GATEWAY}/#httppathmatch"),
    "cloudnative-pg cluster": Limit(50, "https://github.com/cloudnative-pg/cloudnative-pg/issues/3031"),
    # The operator's StatefulSet is called `<name>-server`.
    "rabbitmq cluster": Limit(52 - len("-server"), "https://github.com/rabbitmq/cluster-operator"),
    "postgres identifier": Limit(63, "https://www.postgresql.org/docs/current/limits.html"),
    "postgres milliseconds": Limit(2**31 - 1, "https://www.postgresql.org/docs/current/runtime-config-client.html"),
    # The lowest limit of all that have the cluster's name unchanged: AWS Backup's vaults.
    "cluster": Limit(50, "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupVault.html"),
    "rds identifier": Limit(63, _RDS),
    "rds proxy": Limit(60, "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBProxy.html"),
    "backup plan": Limit(50, "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupPlanInput.html"),
    "mq broker": Limit(50, "https://docs.aws.amazon.com/amazon-mq/latest/api-reference/brokers.html"),
    "elasticache id": Limit(
        40, "https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html"
    ),
    "sqs queue": Limit(
        80, "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"
    ),
    # In seconds, as the lock.
    "queue retention": Limit(
        14 * 86400, "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"
    ),
    "queue lock": Limit(
        12 * 3600, "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"
    ),
    "azure queue lock": Limit(
        300, "https://learn.microsoft.com/azure/service-bus-messaging/message-transfers-locks-settlement"
    ),
    "sns topic": Limit(256, "https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html"),
    "iam role": Limit(64, "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"),
    "iam policy": Limit(128, "https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html"),
    # Of all inline policies together, without white space.
    "iam policies of a role": Limit(
        10_240, "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
    ),
    "aws budget": Limit(
        100, "https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Budget.html"
    ),
    "aws budget subscribers": Limit(
        10, "https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html"
    ),
    "aws tag value": Limit(256, "https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html"),
    "aws certificate": Limit(64, "https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html"),
    "s3 bucket": Limit(63, "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"),
    "cloudfront name": Limit(64, "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateFunction.html"),
    "cloudfront function": Limit(
        10 * 1024, "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"
    ),
    "ecr repository": Limit(256, "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html"),
    "rds replicas": Limit(
        15, "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PostgreSQL.Replication.ReadReplicas.html"
    ),
    "azure cluster": Limit(63, _AZURE),
    "azure resource group": Limit(90, _AZURE),
    "azure database server": Limit(63, _AZURE),
    "azure document server": Limit(40, _AZURE),
    "azure cache": Limit(60, _AZURE),
    "azure service bus": Limit(50, _AZURE),
    "azure service bus queue": Limit(260, _AZURE),
    "azure service bus subscription": Limit(50, _AZURE),
    "azure storage account": Limit(24, _AZURE),
    "azure container": Limit(63, _AZURE),
    "azure vault": Limit(24, _AZURE),
    "azure backup vault": Limit(50, _AZURE),
    "azure backup instance": Limit(50, _AZURE),
    "azure registry": Limit(50, _AZURE),
    "azure identity": Limit(120, _AZURE),
    "azure budget": Limit(63, "https://learn.microsoft.com/rest/api/consumption/budgets/create-or-update"),
    "azure front door endpoint": Limit(46, _AZURE),
    "azure tag value": Limit(256, "https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources"),
    "azure replicas": Limit(5, "https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-read-replicas"),
}


def most(what: str) -> int:
    """Return how much of it the target accepts."""
    return TABLE[what].most
