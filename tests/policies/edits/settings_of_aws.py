"""Settings of AWS by which data is shared, served plain or lost, from the benchmarks of CIS and of AWS itself."""

from __future__ import annotations

import json
from typing import Any

from tests.policies.edits.data import BUCKET, PLAN
from tests.policies.edits.identity import OTHER, OWN, ROLE, allows, attached, document, shares, trusts
from tests.policies.edits.network import GROUP, OF_AWS, aws
from tests.policies.plan_under_test import Edit
from tests.policies.swift import Addition, Change

LIFECYCLE, EDGE = ("LifecycleConfiguration", "expenses/backups"), ("distribution:Distribution", "smartwallet/web")
DATABASE, CLUSTER = ("rds/instance:Instance", "kingstons/kingstons"), ("eks/cluster:Cluster", "main")
PARAMETERS = ("rds/parameterGroup:ParameterGroup", "kingstons/kingstons")
HEADERS = ("ResponseHeadersPolicy", "smartwallet/web")
SIGNING = ("OriginAccessControl", "smartwallet/web")
DEFAULT = ("defaultSecurityGroup:DefaultSecurityGroup", "main")
SUPPLIED = ("secretsmanager/secret:Secret", "monitoring-main/SLACK_URL")
NARROW = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["203.0.113.0/24"]}
EVERYBODY = "http://acs.amazonaws.com/groups/global/"
FIREWALL = ("wafv2/webAcl:WebAcl", "smartwallet/web")
PLUGIN = ("core/v1:ConfigMap", "main-network-policies")
PROVIDER = ("providers:kubernetes", "main")
KEPT = {"versioningConfiguration": {"status": "Enabled"}}


def beside_bucket(kind: str, **inputs: Any) -> Addition:
    return Addition(f"aws:s3/{kind}", "expenses/new", {"bucket": "b", **inputs}, BUCKET, (BUCKET,))


def granted(group: str) -> list[dict[str, Any]]:
    return [{"grantee": {"type": "Group", "uri": f"{EVERYBODY}{group}"}, "permission": "READ"}]


def expires(**rule: Any) -> Edit:
    """What a bucket deletes by itself."""
    return Edit(*LIFECYCLE, ("rules",), [{"id": "it", "status": "Enabled", "filter": {"prefix": ""}, **rule}])


def image_rule(count: int, tagged: str = "any", kind: str = "imageCountMoreThan") -> Edit:
    selection = {"tagStatus": tagged, "countType": kind, "countNumber": count}
    rules = [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]
    return Edit("ecr/lifecyclePolicy:LifecyclePolicy", "main/app", ("policy",), json.dumps({"rules": rules}))


def parameter(name: str, value: str) -> Edit:
    return Edit(*PARAMETERS, ("parameters", "+"), {"name": name, "value": value})


def may_call(**inputs: Any) -> Addition:
    usual = {"action": "lambda:InvokeFunction", "principal": "sns.amazonaws.com", "function": "f"}
    return Addition("aws:lambda/permission:Permission", "new", {**usual, **inputs}, ROLE)


def subscribed(**inputs: Any) -> Addition:
    own = {"topic": f"arn:aws:sns:us-east-1:{OWN}:orders"}
    return Addition("aws:sns/topicSubscription:TopicSubscription", "new", {**own, **inputs}, ROLE)


def queue(**inputs: Any) -> Addition:
    only_tls = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    policy = document({**only_tls, "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    usual = {"name": "new", "policy": policy, "redrivePolicy": '{"deadLetterTargetArn": "a", "maxReceiveCount": 5}'}
    return Addition("aws:sqs/queue:Queue", "new", {**usual, **inputs, **OF_AWS}, ROLE, protect=True)


def aurora(**inputs: Any) -> Change:
    return Addition("aws:rds/cluster:Cluster", "kingstons/new", inputs, DATABASE, protect=True)


def function_of(kind: str, **inputs: Any) -> Addition:
    return Addition(f"aws:{kind}", "new", inputs, ROLE, (ROLE,))


ANY_OWNER = "arn:aws:iam::*:role/admin"

CAUGHT = {
    "bucket-exposure": {
        "prod": [
            beside_bucket("bucketAcl:BucketAcl", accessControlPolicy={"grants": granted("AllUsers")}),
            beside_bucket("bucketAclV2:BucketAclV2", accessControlPolicy={"grants": granted("AuthenticatedUsers")}),
            Edit(*BUCKET, ("acl",), "public-read"),
            Edit(*BUCKET, ("grants",), [{"type": "Group", "uri": f"{EVERYBODY}AllUsers", "permissions": ["READ"]}]),
            Edit(*BUCKET, ("policy",), document({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"})),
            Edit(*BUCKET, ("website",), {"indexDocument": "index.html"}),
            Edit("OwnershipControls", "expenses/backups", ("rule", "objectOwnership"), "ObjectWriter"),
            Edit("OwnershipControls", "expenses/backups", ("rule", "objectOwnership"), "BucketOwnerPreferred"),
            Edit(*SIGNING, ("signingBehavior",), "never"),
            Edit(*SIGNING, ("signingBehavior",), "no-override"),
            Edit(*EDGE, ("origins", 0, "originAccessControlId")),
        ]
    },
    "deletion-guards": {
        "prod": [
            expires(expiration={"days": 1}),
            expires(filter={}, expiration={"days": 3}),
            expires(expiration={"date": "2026-12-24T00:00:00Z"}),
            expires(noncurrentVersionExpiration={"noncurrentDays": 1}),
            Edit(*BUCKET, ("lifecycleRules",), [{"enabled": True, "expiration": {"days": 1}}]),
            Edit(*BUCKET, ("lifecycleRules",), [{"enabled": True, "noncurrentVersionExpiration": {"days": 1}}]),
            Edit("ObjectLockConfiguration", "expenses/backups", ("rule",)),
            Edit(*PLAN, ("rules", 1, "lifecycle", "deleteAfter"), 1),
            Edit(*PLAN, ("rules", 1, "copyActions", 0, "lifecycle", "deleteAfter"), 2),
            Edit("route53/zone:Zone", "expenses/expenses.example.com", ("forceDestroy",), True),
            Edit("ecr/repository:Repository", "main/app", ("forceDelete",), True),
            image_rule(1),
            image_rule(3, "tagged"),
            function_of("kms/keyPolicy:KeyPolicy", keyId="k", policy=document(), bypassPolicyLockoutSafetyCheck=True),
        ]
    },
    "iam-wildcards": {
        "prod": [
            attached("arn:aws:iam::aws:policy/SecretsManagerReadWrite"),
            attached("arn:aws:iam::aws:policy/service-role/AmazonEC2RoleforSSM"),
            attached("arn:aws:iam::aws:policy/AWSKeyManagementServicePowerUser"),
            attached("arn:aws:iam::aws:policy/AmazonAPIGatewayAdministrator"),
            attached("arn:aws:iam::aws:policy/AWSCodeBuildAdminAccess"),
            attached("arn:aws:iam::aws:policy/aws-service-role/SomeFullAccess"),
            attached("arn:aws-us-gov:iam::aws:policy/AdministratorAccess"),
            trusts("*", StringLike={"aws:PrincipalArn": ANY_OWNER}),
            trusts({"AWS": "*"}, ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:role/*"}),
            shares("*", StringLike={"aws:PrincipalOrgID": "o-*"}),
            shares("*", StringEquals={"aws:PrincipalTag/team": "fleet"}),
            shares("*", StringEquals={"aws:username": "admin"}),
            shares("*", StringLike={"aws:PrincipalAccount": "*"}),
            shares("*", StringLike={"aws:PrincipalAccount": "4*"}),
            shares("*", StringEquals={"sns:Protocol": "https"}),
            shares("*", StringNotEquals={"aws:PrincipalAccount": OTHER}),
            shares("*", Null={"aws:PrincipalOrgID": "false"}),
            shares("*", ArnLike={"aws:SourceArn": "arn:aws:sns:*:*:*"}),
            shares("*", ArnLike={"aws:SourceArn": "arn:aws:sns:us-east-1:*:orders"}),
            shares("*", IpAddress={"aws:SourceIp": ["::/0"]}),
            shares("*", IpAddress={"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/0"]}),
            shares({"Service": "*"}),
            function_of(
                "opensearch/domainPolicy:DomainPolicy", domainName="d",
                accessPolicies=document({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "es:*", "Resource": "*"}),
            ),
            function_of(
                "backup/vaultPolicy:VaultPolicy", backupVaultName="d",
                policy=document({"Effect": "Allow", "NotPrincipal": {"AWS": OWN}, "Action": "backup:StartRestoreJob", "Resource": "*"}),
            ),
            allows("s3:*", "arn:aws:s3:::*/*"),
            allows("rds:*", "arn:aws:rds:*:*:*:*"),
            allows("i?m:*"),
            allows(["sqs:SendMessage", "dynamodb:**"]),
        ]
    },
    "iam-escalation": {
        "prod": [
            allows("kms:Decrypt"),
            *map(allows, ("s3:GetObject", "s3:Delete*", "rds:DeleteDBInstance", "backup:DeleteRecoveryPoint", "cloudtrail:*Logging")),
            allows("s3:GetObject", "arn:aws:s3:::*"),
            allows(["kms:ReEncryptFrom", "kms:DescribeKey"], f"arn:aws:kms:us-east-1:{OWN}:key/*"),
            allows("ssm:GetParameter*"),
            allows(["ssm:GetParametersByPath"], "arn:aws:ssm:*:*:parameter/*"),
            allows("ec2:ModifySnapshotAttribute"),
            allows("rds:ModifyDBSnapshotAttribute"),
            allows("ec2:ModifyImageAttribute"),
            allows("ecr:SetRepositoryPolicy"),
            allows("sns:AddPermission"),
            allows("s3:DeleteBucketPolicy"),
            allows("backup:PutBackupVaultAccessPolicy"),
            allows("sts:GetFederationToken"),
            allows("rds-db:connect", "arn:aws:rds-db:*:*:dbuser:*/*"),
            allows("redshift:GetClusterCredentials"),
            allows("ec2:GetPasswordData"),
            allows("iam:CreateServiceSpecificCredential"),
            allows("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:*"),
            allows("lambda:Update*"),
            allows("iam:*Role*"),
        ]
    },
    "iam-trust": {
        "prod": [
            shares("*", StringEquals={"aws:SourceAccount": OTHER}),
            shares("*", StringEquals={"aws:PrincipalAccount": [OWN, OTHER]}),
            shares("*", ArnEquals={"aws:SourceArn": f"arn:aws:sns:us-east-1:{OTHER}:orders"}),
            shares({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}),
            shares({"AWS": "AROAEXAMPLEID234567"}),
            may_call(sourceArn="*"),
            may_call(sourceArn="arn:aws:sns:*:*:orders"),
            may_call(sourceAccount=OTHER),
            may_call(sourceArn=f"arn:aws:sns:us-east-1:{OTHER}:orders"),
            may_call(principal="*", functionUrlAuthType="NONE"),
            Edit(*CLUSTER, ("accessConfig", "bootstrapClusterCreatorAdminPermissions"), True),
            Edit(*CLUSTER, ("accessConfig", "bootstrapClusterCreatorAdminPermissions")),
        ]
    },
    "local-accounts": {"prod": [Edit(*DATABASE, ("iamDatabaseAuthenticationEnabled",), False)]},
    "foreign-accounts": {
        "prod": [
            subscribed(protocol="sqs", endpoint=f"arn:aws:sqs:us-east-1:{OTHER}:orders"),
            subscribed(protocol="lambda", endpoint=f"arn:aws:lambda:us-east-1:{OTHER}:function:f"),
        ]
    },
    "encryption-in-transit": {
        "prod": [
            subscribed(protocol="http", endpoint="http://shop.example.com/hook"),
            Edit(*DATABASE, ("caCertIdentifier",), "rds-ca-2019"),
            parameter("ssl_min_protocol_version", "TLSv1"),
            parameter("ssl_min_protocol_version", "TLSv1.1"),
            Edit(*HEADERS, ("securityHeadersConfig", "strictTransportSecurity")),
            Edit(*HEADERS, ("securityHeadersConfig", "strictTransportSecurity", "accessControlMaxAgeSec"), 60),
            Edit(*EDGE, ("viewerCertificate",), {"cloudfrontDefaultCertificate": True}),
            Edit(*EDGE, ("orderedCacheBehaviors",), [{"viewerProtocolPolicy": "redirect-to-https"}, {"viewerProtocolPolicy": "allow-all"}]),
        ]
    },
    "open-ingress": {
        "prod": [
            Edit(*DEFAULT, ("ingress",), [{"protocol": "-1", "self": True, "fromPort": 0, "toPort": 0}]),
            Edit(*DEFAULT, ("egress",), [{"protocol": "-1", "cidrBlocks": ["0.0.0.0/0"], "fromPort": 0, "toPort": 0}]),
            aws("lb/loadBalancer:LoadBalancer", internal=True, desyncMitigationMode="monitor"),
            Edit(*EDGE, ("webAclId",)),
            Edit(*FIREWALL, ("rules",), []),
            Edit(*FIREWALL, ("rules", 0, "overrideAction"), {"count": {}}),
            Edit("ec2/subnet:Subnet", "main-data-0", ("mapPublicIpOnLaunch",), True),
            Edit(*GROUP, ("ingress",), [NARROW, {"protocol": "udp", "fromPort": 53, "toPort": 53, "ipv6CidrBlocks": ["::/1", "8000::/1"]}]),
            Edit(*GROUP, ("ingress",), [{"protocol": "icmp", "fromPort": -1, "toPort": -1, "cidrBlocks": ["0.0.0.0/0"]}]),
            Edit(*GROUP, ("ingress",), [{"protocol": "tcp", "fromPort": "3389", "toPort": "3389", "cidrBlocks": ["::ffff:0:0/0"]}]),
            aws("ec2/managedPrefixListEntry:ManagedPrefixListEntry", cidr="::/0", prefixListId="pl"),
            aws("lambda/functionUrl:FunctionUrl", functionName="f"),
        ]
    },
    "security-updates": {
        "prod": [
            Edit(*DATABASE, ("autoMinorVersionUpgrade",), False),
            Edit(*DATABASE, ("autoMinorVersionUpgrade",), "false"),
            aws("docdb/clusterInstance:ClusterInstance", autoMinorVersionUpgrade=False),
        ]
    },
    "database-standby": {"prod": [Edit(*DATABASE, ("multiAz",), False), Edit(*DATABASE, ("multiAz",))]},
    "namespace-isolation": {
        "prod": [Edit(*PLUGIN), Edit(*PLUGIN, ("data", "enable-network-policy-controller"), "false")],
    },
    "secret-rotation": {
        "prod": [
            (
                aws("secretsmanager/secret:Secret", name="login"),
                Addition(
                    "aws:secretsmanager/secretRotation:SecretRotation", "new",
                    {"rotationRules": {"automaticallyAfterDays": 3650}}, GROUP, (SUPPLIED,),
                ),
            ),
        ]
    },
    "queue-dead-letters": {
        "prod": [queue(messageRetentionSeconds=60)],
    },
    "audit-logs": {"prod": [parameter("log_connections", "0"), parameter("pgaudit.log", "none")]},
    "log-retention": {
        "prod": [Edit("logGroup:LogGroup", "main", ("logGroupClass",), "DELIVERY")],
    },
    "declared-providers": {
        "prod": [
            Edit(*PROVIDER, ("kubeconfig",), json.dumps({"clusters": [{"cluster": {"insecure-skip-tls-verify": True}}]})),
            Edit(*PROVIDER, ("kubeconfig",), "clusters:\n- cluster:\n    insecure-skip-tls-verify: true\n"),
            Edit(*PROVIDER, ("kubeconfig",), "clusters:\n- cluster:\n    server: http://a\n"),
        ]
    },
}  # fmt: skip

FINE = {
    "prod": [
        beside_bucket("bucketAcl:BucketAcl", acl="private"),
        Edit(*BUCKET, ("acl",), "private"),
        expires(expiration={"days": 365}),
        expires(expiration={"days": 1}, noncurrentVersionExpiration={"noncurrentDays": 90}),
        expires(filter={"prefix": "tmp/"}, expiration={"days": 1}),
        expires(status="Disabled", expiration={"days": 1}),
        expires(noncurrentVersionExpiration={"noncurrentDays": 30}),
        expires(expiration={"expiredObjectDeleteMarker": True}),
        Edit(*PLAN, ("rules", 1, "lifecycle", "deleteAfter"), 30),
        image_rule(30),
        image_rule(1, "untagged", "sinceImagePushed"),
        attached("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"),
        attached("arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"),
        shares("*", StringEquals={"aws:PrincipalAccount": OWN}),
        shares("*", ArnEquals={"aws:SourceArn": f"arn:aws:sns:us-east-1:{OWN}:orders"}),
        shares("*", ArnLike={"aws:SourceArn": "arn:aws:s3:::fleet-files"}, StringEquals={"aws:SourceAccount": OWN}),
        allows("kms:Decrypt", f"arn:aws:kms:us-east-1:{OWN}:key/00000000-0000-4000-8000-000000000001"),
        allows("ssm:GetParameter", f"arn:aws:ssm:us-east-1:{OWN}:parameter/fleet/*"),
        allows("kms:Decrypt", Condition={"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}),
        allows(["s3:ListAllMyBuckets", "ec2:DescribeSnapshots", "rds:DescribeDBSnapshots"]),
        may_call(sourceArn=f"arn:aws:sns:us-east-1:{OWN}:orders"),
        may_call(principal="s3.amazonaws.com", sourceArn="arn:aws:s3:::fleet-files", sourceAccount=OWN),
        subscribed(protocol="sqs", endpoint=f"arn:aws:sqs:us-east-1:{OWN}:orders"),
        subscribed(protocol="https", endpoint="https://shop.example.com/hook"),
        parameter("ssl_min_protocol_version", "TLSv1.2"),
        parameter("log_connections", "1"),
        queue(messageRetentionSeconds=345_600),
        Edit(*HEADERS, ("securityHeadersConfig", "strictTransportSecurity", "accessControlMaxAgeSec"), 63_072_000),
    ]
}  # fmt: skip
