"""Each single edit of a good plan is caught by exactly the rule named; the good plans break none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
import yaml

from slipway.reports import catalogue
from tests.policies import edits
from tests.policies.edits.releases import waits_not
from tests.policies.pack_under_test import PACK, UNKNOWN
from tests.policies.plan_under_test import DROPPED, Edit, Replaced, Without
from tests.policies.swift import Addition, Change, broken
from tests.rehearsed import rehearsed
from tests.shared import shared

STACKS = ("local", "prod", "staging")
EVERYWHERE = "0.0.0.0/0"
KEY = "AKIA" + "QWERTYUIOPASDFGH"
POD = ("spec", "template", "spec")
CONTAINER = (*POD, "containers", 0)
SECURITY = (*CONTAINER, "securityContext")
GROUPS = ("spec", "groups")
FACT = ("metadata", "annotations")

RDS, AZURE_DATABASE, CLUSTER = "rds/instance:Instance", "dbforpostgresql:Server", "cnpg.io/v1:Cluster"
DEPLOYMENT, AUTOSCALER, BUDGET = "v1:Deployment", "v2:HorizontalPodAutoscaler", "v1:PodDisruptionBudget"
JOB, CRON_JOB, MAP, SECRET = "v1:Job", "v1:CronJob", "core/v1:ConfigMap", "core/v1:Secret"
ROUTE, SERVICE, POLICY, ALERTS = "v1:HTTPRoute", "v1:Service", "v1:NetworkPolicy", "v1:PrometheusRule"
RELEASE, EXTERNAL, ROLE = "v3:Release", "v1:ExternalSecret", "rbac.authorization.k8s.io/v1:Role"
GROUP_RULE, FIREWALL, ACCOUNT = "SecurityGroupIngressRule", "NetworkSecurityGroup", "storage:StorageAccount"
EKS, AKS, EDGE = "eks/cluster:Cluster", "containerservice:ManagedCluster", "distribution:Distribution"

API = "fleet/fleet-api-blue"
EXPORTER = "fleet/fleet-db-exporter"
MIGRATION = "fleet/migrate-005-personal-business-use"

MUTATIONS: Mapping[str, Mapping[str, Sequence[Change]]] = {
    "database-backups": {
        "prod": [
            *(
                Edit(RDS, "kingstons/kingstons", ("backupRetentionPeriod",), value)
                for value in (DROPPED, 0, -1, "7", 6.5, True)
            ),
            Edit(RDS, "expenses/expenses", ("tags", "slipway.dev/backup-retention"), "none"),
            Edit(AZURE_DATABASE, "fleet/fleet_db", ("backup", "backupRetentionDays"), 3),
        ],
        "staging": [Edit(AZURE_DATABASE, "fleet/fleet_db", ("backup", "backupRetentionDays"))],
    },
    "database-backup-schedules": {
        "local": [
            Edit("ScheduledBackup", "fleet/fleet-db"),
            Edit("ScheduledBackup", "fleet/fleet-db", ("spec", "suspend"), True),
            *(
                Edit("ObjectStore", "expenses/expenses", ("spec", "retentionPolicy"), value)
                for value in (DROPPED, "0d", "6d", 7)
            ),
            Edit(CLUSTER, "kingstons/kingstons", ("spec", "plugins")),
        ]
    },
    "database-backup-copies": {
        "prod": [
            Edit("backup/selection:Selection", "kingstons/kingstons"),
            Edit("backup/plan:Plan", "kingstons/kingstons", ("rules", 1, "copyActions")),
            Edit(AZURE_DATABASE, "fleet/fleet_db", ("backup", "geoRedundantBackup"), "Disabled"),
        ]
    },
    "database-restore-tests": {
        "prod": [
            Edit(CRON_JOB, "fleet/fleet-db-restore-test"),
            Edit(CRON_JOB, "fleet/fleet-db-restore-test", ("spec", "suspend"), True),
            Edit(CRON_JOB, "fleet/fleet-db-restore-test", ("spec", "suspend"), UNKNOWN),
        ],
        "local": [Edit(CRON_JOB, "kingstons/kingstons-restore-test")],
    },
    "database-protection": {
        "local": [Edit(CLUSTER, "fleet/fleet-db", ("protect",), False, part="")],
        "prod": [
            Edit(RDS, "expenses/expenses", ("deletionProtection",), False),
            Edit(RDS, "expenses/expenses", ("skipFinalSnapshot",), True),
            Edit(RDS, "expenses/expenses", ("finalSnapshotIdentifier",)),
        ],
    },
    "database-exposure": {
        "prod": [
            Edit(RDS, "kingstons/kingstons", ("publiclyAccessible",), True),
            Edit(AZURE_DATABASE, "fleet/fleet_db", ("network", "publicNetworkAccess"), "Enabled"),
        ],
        "local": [
            Edit(
                CLUSTER,
                "fleet/fleet-db",
                ("spec", "managed"),
                {"services": {"additional": [{"serviceTemplate": {"spec": {"type": "LoadBalancer"}}}]}},
            )
        ],
    },
    "encryption-at-rest": {
        "prod": [
            Edit(RDS, "kingstons/kingstons", ("storageEncrypted",), False),
            Edit(RDS, "kingstons/kingstons", ("storageEncrypted",)),
            Edit(EKS, "main", ("encryptionConfig",)),
            Edit("v1:StorageClass", "main-storage", ("parameters", "encrypted"), "false"),
            Edit(
                "BucketServerSideEncryptionConfiguration",
                "expenses/backups",
                ("rules", 0, "applyServerSideEncryptionByDefault", "sseAlgorithm"),
                "none",
            ),
        ],
    },
    "encryption-in-transit": {
        "prod": [
            Edit("rds/proxy:Proxy", "marketplace/creditdb", ("requireTls",), False),
            Edit("parameterGroup:ParameterGroup", "kingstons/kingstons", ("parameters", 0, "value"), "0"),
            Edit("dbforpostgresql:Configuration", "fleet/fleet_db-ssl_min_protocol_version", ("value",), "TLSv1"),
            Edit(EDGE, "smartwallet/web", ("viewerCertificate", "minimumProtocolVersion"), "TLSv1"),
            Edit(EDGE, "smartwallet/web", ("defaultCacheBehavior", "viewerProtocolPolicy"), "allow-all"),
            Edit("ClientTrafficPolicy", "fleet/fleet", ("spec", "tls", "minVersion"), "1.0"),
        ],
        "staging": [
            Edit(ACCOUNT, "fleet/backups", ("minimumTlsVersion",), "TLS1_0"),
            Edit(ACCOUNT, "fleet/backups", ("enableHttpsTrafficOnly",), False),
        ],
        "local": [Edit("RabbitmqCluster", "marketplace/marketplace-queue", ("spec", "tls", "disableNonTLSListeners"))],
    },
    "plain-http": {
        "prod": [
            Edit("bucketPolicy:BucketPolicy", "expenses/backups"),
            Edit("bucketPolicy:BucketPolicy", "expenses/backups", ("policy",), Replaced('"false"', '"true"')),
        ],
        "local": [Edit(ROUTE, "fleet/fleet-api-web-pass", ("spec", "parentRefs", 0, "sectionName"))],
    },
    "open-ingress": {
        "prod": [
            Edit(GROUP_RULE, "kingstons/kingstons-0", ("cidrIpv4",), EVERYWHERE),
            Edit(FIREWALL, "fleet-nodes", ("securityRules", 0, "destinationPortRanges"), ["22"]),
            Edit(EKS, "main", ("vpcConfig", "publicAccessCidrs"), [EVERYWHERE]),
            Edit(AKS, "fleet", ("apiServerAccessProfile", "authorizedIPRanges"), [EVERYWHERE]),
            Edit(AKS, "fleet", ("apiServerAccessProfile",)),
        ],
        "staging": [
            Edit(
                "defaultSecurityGroup:DefaultSecurityGroup",
                "main",
                ("ingress",),
                [{"protocol": "-1", "cidrBlocks": [EVERYWHERE]}],
            ),
            Edit(POLICY, API, ("spec", "ingress", "+"), {"from": [{"ipBlock": {"cidr": EVERYWHERE}}]}),
        ],
        "local": [Edit(SERVICE, API, ("spec", "type"), "LoadBalancer")],
    },
    "bucket-exposure": {
        "prod": [
            Edit("BucketPublicAccessBlock", "expenses/backups"),
            Edit("BucketPublicAccessBlock", "expenses/backups", ("blockPublicPolicy",), False),
            Edit(ACCOUNT, "fleet/backups", ("allowBlobPublicAccess",), True),
            Edit(ACCOUNT, "fleet/backups", ("networkRuleSet", "defaultAction"), "Allow"),
        ],
        "staging": [Edit("storage:BlobContainer", "fleet/backups", ("publicAccess",), "Blob")],
    },
    "egress-networks": {
        "prod": [
            Edit(POLICY, "fleet/flagd", ("spec", "egress"), [{"to": [{"ipBlock": block}], "ports": [{"port": 443}]}])
            for block in ({"cidr": "10.0.0.0/8"}, {"cidr": "169.254.169.254/32"})
        ]
    },
    "route-timeouts": {
        "prod": [
            Edit("v1alpha1:BackendTrafficPolicy", "fleet/fleet-api-web", ("spec", "timeout", "http", *end), *value)
            for end, value in ((("requestTimeout",), ("0s",)), (("requestTimeout",), ()), ((), ()))
        ]
    },
    "client-networks": {
        "prod": [
            Edit(
                "v1alpha1:SecurityPolicy",
                "fleet/fleet-api-web-pass",
                ("spec", "authorization"),
                {"defaultAction": default, "rules": [{"action": "Allow", "principal": {"clientCIDRs": networks}}]},
            )
            for default, networks in (("Deny", [EVERYWHERE]), ("Allow", ["203.0.113.0/24"]))
        ]
    },
    "visitor-logins": {
        "prod": [
            Edit(
                "v1alpha1:SecurityPolicy",
                "fleet/fleet-api-web-pass",
                ("spec", "oidc"),
                {"provider": {"issuer": issuer}, "clientID": "a", "clientSecret": {"name": "a"}, **plain},
            )
            for issuer, plain in (
                ("http://login.example.com", {}),
                ("https://login.example.com", {"disableTokenEncryption": True}),
            )
        ]
    },
    "namespace-isolation": {
        "prod": [
            Edit(POLICY, "fleet/default-deny"),
            Edit(POLICY, "kingstons/default-deny", ("spec", "podSelector", "matchLabels"), {"app": "one"}),
        ],
        "local": [Edit(POLICY, "expenses/default-deny", ("spec", "policyTypes"), ["Ingress"])],
    },
    "iam-wildcards": {
        "prod": [
            Edit(
                "rolePolicy:RolePolicy",
                "expenses/backups",
                ("policy",),
                '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}',
            ),
            Edit(
                "iam/role:Role",
                "main-nodes",
                ("assumeRolePolicy",),
                Replaced('{"Service": "ec2.amazonaws.com"}', '{"AWS": "*"}'),
            ),
            Edit(
                "RolePolicyAttachment",
                "main-control-plane-AmazonEKSLoadBalancingPolicy",
                ("policyArn",),
                "arn:aws:iam::aws:policy/AdministratorAccess",
            ),
            Edit("authorization:RoleDefinition", "fleet", ("permissions", 0, "dataActions"), ["*"]),
            Edit(ROLE, "fleet/operators", ("rules", 0, "verbs"), ["*"]),
        ],
        "local": [
            Edit("v1:RoleBinding", "fleet/operators", ("roleRef", "name"), "cluster-admin"),
            Edit(ROLE, "fleet/developers", ("rules", 0, "resources", "+"), "*"),
        ],
    },
    "static-cloud-keys": {
        "staging": [
            Edit(
                DEPLOYMENT,
                API,
                (*CONTAINER, "env", "+"),
                {
                    "name": "AWS_SECRET_ACCESS_KEY",
                    "valueFrom": {"secretKeyRef": {"name": "fleet-db-app", "key": "key"}},
                },
            ),
            Edit(
                EXTERNAL,
                "monitoring-main/monitoring-main-supplied-slack-url",
                ("spec", "data", 0, "secretKey"),
                "AZURE_CLIENT_SECRET",
            ),
        ]
    },
    "local-accounts": {
        "staging": [
            Edit(AKS, "fleet", ("disableLocalAccounts",), False),
            Edit(AKS, "fleet", ("disableLocalAccounts",)),
            Edit(EKS, "main", ("accessConfig", "authenticationMode"), "API_AND_CONFIG_MAP"),
            Edit("containerregistry:Registry", "fleet", ("adminUserEnabled",), True),
            Edit(ACCOUNT, "fleet/backups", ("allowSharedKeyAccess",)),
        ]
    },
    "image-pins": {
        "prod": [
            Edit(DEPLOYMENT, API, (*CONTAINER, "image"), "slipwayprodfleet653a32.azurecr.io/fleet-api:latest"),
            Edit(DEPLOYMENT, API, (*CONTAINER, "image"), "slipwayprodfleet653a32.azurecr.io/fleet-api"),
            Edit(
                "RabbitmqCluster",
                "marketplace/marketplace-queue",
                ("spec", "image"),
                "docker.io/library/rabbitmq:4.3.6-management",
            ),
            Edit(JOB, MIGRATION, (*CONTAINER, "image"), "docker.io/library/postgres:latest"),
        ],
        "local": [Edit(CLUSTER, "fleet/fleet-db", ("spec", "imageName"), "ghcr.io/cloudnative-pg/postgresql:17")],
    },
    "image-registries": {
        "prod": [
            Edit(DEPLOYMENT, EXPORTER, (*CONTAINER, "image"), f"registry.example.net/exporter@sha256:{'0' * 64}"),
        ],
        "staging": [
            Edit(
                "RabbitmqCluster",
                "marketplace/marketplace-queue",
                ("spec", "image"),
                f"docker.io/somebody/rabbitmq@sha256:{'0' * 64}",
            ),
        ],
    },
    "image-scanning": {
        "prod": [
            Edit("ecr/repository:Repository", "main/app", ("imageScanningConfiguration", "scanOnPush"), False),
            Edit("containerregistry:Registry", "fleet", ("anonymousPullEnabled",), True),
        ],
        "staging": [Edit("ecr/repository:Repository", "main/app", ("imageScanningConfiguration",))],
    },
    "chart-pins": {
        "prod": [Edit(RELEASE, "main/reloader", ("version",))],
        "local": [Edit(RELEASE, "main/reloader", ("version",), "^2.0.0")],
    },
    "container-hardening": {
        "staging": [
            Edit(DEPLOYMENT, API, (*CONTAINER, "resources", "limits")),
            Edit(DEPLOYMENT, API, (*CONTAINER, "resources", "requests", "memory"), "0"),
            Edit(DEPLOYMENT, API, (*CONTAINER, "livenessProbe")),
            Edit(DEPLOYMENT, API, (*CONTAINER, "readinessProbe"), {}),
            Edit(DEPLOYMENT, API, (*SECURITY, "runAsNonRoot"), False),
            Edit(DEPLOYMENT, API, (*SECURITY, "runAsUser"), 0),
            Edit(DEPLOYMENT, API, (*SECURITY, "privileged"), True),
            Edit(DEPLOYMENT, API, (*SECURITY, "capabilities"), {"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
            Edit(DEPLOYMENT, API, (*SECURITY, "readOnlyRootFilesystem")),
        ],
        "prod": [
            Edit(DEPLOYMENT, API, (*POD, "volumes", "+"), {"name": "node", "hostPath": {"path": "/"}}),
            Edit(DEPLOYMENT, API, (*POD, "hostNetwork"), True),
            Edit(DEPLOYMENT, API, (*SECURITY, "seccompProfile"), {"type": "Unconfined"}),
        ],
        "local": [Edit(DEPLOYMENT, EXPORTER, (*SECURITY, "allowPrivilegeEscalation"), True)],
    },
    "workload-deadlines": {
        "staging": [
            Edit(CRON_JOB, "fleet/fleet-db-dump", ("spec", "jobTemplate", "spec", "activeDeadlineSeconds")),
            Edit(CRON_JOB, "fleet/fleet-db-dump", ("spec", "concurrencyPolicy"), "Allow"),
            Edit(JOB, "fleet/fleet-db-roles", ("spec", "activeDeadlineSeconds"), 0),
        ],
        "prod": [Edit(JOB, MIGRATION, ("spec", "activeDeadlineSeconds"))],
    },
    "workload-spread": {
        "prod": [
            Edit(DEPLOYMENT, API, (*POD, "topologySpreadConstraints")),
            Edit(DEPLOYMENT, API, (*POD, "topologySpreadConstraints", 0, "labelSelector", "matchLabels"), {"a": "b"}),
        ]
    },
    "spot-availability": {
        "prod": [
            Edit(DEPLOYMENT, API, (*POD, "nodeSelector"), {"slipway.dev/spot": "true"}),
        ]
    },
    "workload-minimum": {
        "prod": [
            Edit(AUTOSCALER, API, ("spec", "minReplicas"), 1),
            Edit(AUTOSCALER, API, ("spec", "minReplicas")),
            Edit(AUTOSCALER, API, ("spec", "minReplicas"), "3"),
        ]
    },
    "service-account-tokens": {
        "prod": [Edit(DEPLOYMENT, API, (*POD, "automountServiceAccountToken"), True)],
        "local": [
            Edit(CRON_JOB, "fleet/fleet-db-dump", ("spec", "jobTemplate", *POD, "automountServiceAccountToken"), True)
        ],
    },
    "deployment-replicas": {
        "prod": [Edit(DEPLOYMENT, API, ("ignoreChanges",), [], part="")],
        "local": [Edit(DEPLOYMENT, API, ("ignoreChanges",), [], part="")],
    },
    "deployment-availability": {
        "prod": [
            Edit(AUTOSCALER, API),
            Edit(BUDGET, API),
            Edit(BUDGET, API, ("spec", "maxUnavailable"), 0),
            (
                Edit(DEPLOYMENT, API, ("metadata", "annotations", "slipway.dev/fixed-replicas"), "true"),
                Edit(DEPLOYMENT, API, ("ignoreChanges",), [], part=""),
            ),
        ],
        "staging": [Edit(BUDGET, API, ("spec", "maxUnavailable"), "none")],
    },
    "autoscaler-target": {
        "prod": [
            Edit(BUDGET, "marketplace/marketplace-queue", ("spec", "selector", "matchLabels"), {"a": "b"}),
        ],
    },
    "service-endpoints": {
        "prod": [
            Edit(SERVICE, "fleet/flagd", ("spec", "selector"), {"app.kubernetes.io/name": "nobody"}),
        ],
    },
    "backend-service": {
        "local": [Edit(SERVICE, "fleet/fleet-api-green")],
    },
    "unused-secret": {
        "prod": [Edit(SECRET, "main/grafana-login", ("metadata", "name"), "nobodys")],
        "local": [Edit(SECRET, "fleet/fleet-generated", ("metadata", "name"), "nobodys")],
        "staging": [Edit(EXTERNAL, "fleet/fleet-generated", ("spec", "target", "name"), "nobodys")],
    },
    "release-compatibility": {
        "prod": [Edit(JOB, MIGRATION, (*FACT, "slipway.dev/migration-compatible"))],
        "staging": [Edit(JOB, MIGRATION, (*FACT, "slipway.dev/migration-compatible"), UNKNOWN)],
    },
    "data-residence": {
        "prod": [
            Edit(AZURE_DATABASE, "fleet/fleet_db", ("location",), "westus3"),
            Edit(
                "backup/plan:Plan",
                "kingstons/kingstons",
                ("rules", 1, "copyActions", 0, "destinationVaultArn"),
                Replaced("us-west-2", "sa-east-1"),
            ),
        ],
        "staging": [Edit(RDS, "kingstons/kingstons", ("region",), "eu-west-1")],
    },
    "data-ledger": {
        "prod": [
            Edit("kms/key:Key", "main-data"),
            Edit("s3/bucket:Bucket", "expenses/backups", ("bucket",), "another"),
        ],
        "staging": [Edit("resources:ResourceGroup", "fleet", ("resourceGroupName",), "another")],
    },
    "plain-secrets": {
        "prod": [
            Edit(MAP, API, ("data", "PAYMENT"), KEY),
            Edit(MAP, API, ("data", "DB_PASSWORD"), "correct horse"),
            Edit(DEPLOYMENT, EXPORTER, (*CONTAINER, "env", "+"), {"name": "API_TOKEN", "value": "correct horse"}),
            Edit("s3/bucket:Bucket", "expenses/backups", ("tags", "password"), "correct horse"),
            Edit(RELEASE, "main/reloader", ("values", "password"), "correct horse"),
        ],
        "local": [Edit(DEPLOYMENT, API, ("metadata", "annotations", "note"), "https://me:correct@example.com")],
    },
    "plain-outputs": {"prod": [Edit("pulumi:Stack", "slipway-prod", ("password",), "correct horse")]},
    "secret-rotation": {
        "prod": [
            Edit(EXTERNAL, "monitoring-main/monitoring-main-supplied-slack-url", (*FACT, "slipway.dev/rotate-every")),
            Edit(
                EXTERNAL,
                "monitoring-main/monitoring-main-supplied-slack-url",
                (*FACT, "slipway.dev/rotate-every"),
                Replaced("365d", "366d"),
            ),
        ],
        "staging": [
            Edit("secretsmanager/secret:Secret", "monitoring-main/SLACK_URL", ("tags", "slipway.dev/rotate-every"))
        ],
    },
    "log-retention": {
        "prod": [
            Edit("logGroup:LogGroup", "main", ("retentionInDays",)),
            Edit("logGroup:LogGroup", "main", ("retentionInDays",), 7),
            Edit("operationalinsights:Workspace", "fleet", ("retentionInDays",), 0),
        ],
        "local": [
            Edit(MAP, "main/logs-setup", ("data", "000.json"), Replaced('"min_age": "30d"', '"min_age": "3650d"'))
        ],
    },
    "audit-logs": {
        "staging": [
            Edit(EKS, "main", ("enabledClusterLogTypes",), ["api"]),
            Edit(RDS, "kingstons/kingstons", ("enabledCloudwatchLogsExports",)),
        ]
    },
    "audit-log-settings": {
        "prod": [
            Edit("ec2/flowLog:FlowLog", "main-flows"),
            Edit("ec2/flowLog:FlowLog", "main-flows", ("trafficType",), "ACCEPT"),
            Edit("monitor:DiagnosticSetting", "fleet", ("logs", 1, "enabled"), False),
        ],
        "staging": [Edit("monitor:DiagnosticSetting", "fleet/fleet_db")],
    },
    "log-lifecycle": {
        "prod": [
            Edit(MAP, "main/logs-setup", ("data", "requests"), Replaced("/_slm/policy/nightly", "/_slm/nothing")),
            Edit(MAP, "fleet/logs-setup"),
        ],
        "local": [Edit(MAP, "main/logs-setup", ("data", "001.json"), Replaced("index.lifecycle.name", "index.name"))],
    },
    "service-logs": {
        "staging": [
            Edit(RELEASE, "main/vector", ("values", "customConfig", "sinks", "elasticsearch", "inputs"), ["systems"]),
            Edit(RELEASE, "main/vector", ("values", "customConfig", "transforms", "masked", "drop_on_error"), False),
            Edit(RELEASE, "fleet/vector"),
        ]
    },
    "service-alerts": {
        "prod": [
            Edit(ALERTS, "kingstons/kingstons", (*GROUPS, 2, "rules"), Without("alert", "ServiceDown")),
        ]
    },
    "service-dashboards": {
        "prod": [
            Edit(MAP, "fleet/dashboard-fleet", ("data", "fleet.json"), "{"),
        ],
    },
    "data-alerts": {
        "staging": [
            Edit(ALERTS, "fleet/fleet", (*GROUPS, 3, "rules"), Without("alert", "DatabaseDown")),
            Edit(ALERTS, "fleet/fleet", (*GROUPS, 3, "rules"), Without("alert", "BackupTooOld")),
            Edit("v1:PodMonitor", EXPORTER),
        ],
        "local": [Edit(ALERTS, "marketplace/marketplace", (*GROUPS, 4, "rules"), Without("alert", "BrokerNodeDown"))],
    },
    "alert-form": {
        "staging": [
            Edit(ALERTS, "fleet/fleet", (*GROUPS, 3, "rules", 2, "labels", "severity")),
            Edit(ALERTS, "fleet/fleet", (*GROUPS, 3, "rules", 2, "for")),
            Edit(ALERTS, "fleet/fleet", (*GROUPS, 3, "rules", 2, "annotations", "runbook_url")),
        ],
        "local": [Edit(ALERTS, "fleet/fleet", (*GROUPS, 3, "rules", 2, "annotations", "summary"), " ")],
    },
    "alert-burn-rates": {
        "staging": [
            Edit(ALERTS, "fleet/fleet", (*GROUPS, 1, "rules", 0, "expr"), Replaced("rate5m", "rate30m")),
            Edit(ALERTS, "fleet/fleet", (*GROUPS, 1, "rules", 1, "expr"), Replaced("0.006", "0.06")),
            Edit(ALERTS, "fleet/fleet", (*GROUPS, 4, "rules"), Without("alert", "AvailabilityBudgetBurn")),
            Edit(ALERTS, "fleet/fleet", (*FACT, "slipway.dev/objective-errors"), "99.5"),
        ],
        "local": [Edit(ALERTS, "fleet/fleet", (*FACT, "slipway.dev/objective-latency"), "most")],
    },
    "alert-receivers": {
        "staging": [
            Edit(
                SECRET,
                "main/alertmanager-routes",
                ("stringData", "alertmanager.yaml"),
                Replaced('system = "kingstons"', 'system = "kingston"'),
            ),
            Edit(SECRET, "main/alertmanager-routes", ("stringData", "alertmanager.yaml"), "nothing"),
            Edit(
                SECRET,
                "main/alertmanager-routes",
                ("stringData", "alertmanager.yaml"),
                Replaced("slack_configs", "slack"),
            ),
        ]
    },
    "cost-tags": {
        "prod": [
            Edit(RDS, "kingstons/kingstons", ("tags", "cost-center")),
            Edit(RDS, "kingstons/kingstons", ("tags", "slipway.dev/system"), ""),
            Edit(AKS, "fleet", ("tags", "slipway-cluster")),
        ],
        "staging": [Edit("s3/bucket:Bucket", "expenses/backups", ("tags", "managed-by"))],
    },
    "object-labels": {
        "prod": [Edit(SERVICE, "fleet/flagd", ("metadata", "labels", "app.kubernetes.io/part-of"))],
        "local": [Edit("v1:Namespace", "main/monitoring", ("metadata", "labels"))],
    },
    "cost-budget": {
        "prod": [
            Edit("budgets/budget:Budget", "main"),
            Edit("budgets/budget:Budget", "main", ("timeUnit",), "ANNUALLY"),
            Edit("consumption:Budget", "fleet", ("notifications",)),
            Edit("budgets/budget:Budget", "main", ("limitAmount",), "much"),
        ],
        "staging": [Edit("consumption:Budget", "fleet")],
    },
    "migration-online": {
        "prod": [Edit(MAP, MIGRATION, ("data", "migration.sql"), "DROP TABLE vehicles;\n")],
    },
    "migration-lint": {
        "prod": [Edit(MAP, MIGRATION, ("data", "migration.sql"), "CREATE TABLE t (at timestamp);\n")],
        "local": [Edit(MAP, MIGRATION, ("data", "migration.sql"), "CREATE TABLE t (at timestamp);\n")],
    },
    "migration-backup": {
        "prod": [
            Edit(JOB, MIGRATION, (*FACT, "slipway.dev/migration-backup"), "false"),
            Edit(JOB, "fleet/backup-005-personal-business-use"),
        ],
        "local": [waits_not(JOB, MIGRATION, "fleet/backup-005-personal-business-use")],
    },
    "migration-verification": {
        "prod": [Edit(JOB, MIGRATION, (*FACT, "slipway.dev/migration-verified"), "false")],
        "staging": [Edit(JOB, MIGRATION, (*FACT, "slipway.dev/migration-verified"))],
    },
    "migration-rollback": {
        "prod": [Edit(JOB, MIGRATION, (*FACT, "slipway.dev/migration-rollback"), "false")],
        "staging": [Edit(JOB, MIGRATION, (*FACT, "slipway.dev/migration-rollback"), "maybe")],
    },
    "migration-job": {
        "prod": [
            Edit(JOB, MIGRATION, ("spec", "backoffLimit"), 3),
            Edit(JOB, MIGRATION, ("spec", "ttlSecondsAfterFinished"), 600),
            Edit(JOB, MIGRATION, (*POD, "restartPolicy"), "OnFailure"),
        ],
        "local": [Edit(MAP, MIGRATION, ("immutable",), False)],
    },
}
"""Edits by rule and stack."""


CAUGHT = edits.caught()
KNOWN = yaml.load((PACK / "types.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)["types"].keys()


@pytest.mark.parametrize("stack", STACKS)
def test_the_plan_breaks_nothing(stack: str) -> None:
    """The five systems as they are, before the pack's own server."""
    assert rehearsed(stack).findings == ()


@pytest.mark.parametrize("stack", STACKS)
def test_edit_is_caught_by_its_rule_alone(stack: str) -> None:
    """After each edit of a good plan the rule that a table names speaks, and no other."""
    asked = changes(stack)
    wrong = {
        f"{rule}: {change}": said
        for (rule, change), said in zip(asked, said_of(stack)[0], strict=True)
        if said - strange(change, rule) != {rule}
    }
    assert wrong == {}


@pytest.mark.parametrize("stack", sorted(edits.fine()))
def test_what_a_team_does_every_day_passes(stack: str) -> None:
    """No rule speaks of an edit that is as it should be."""
    found = zip(edits.fine()[stack], said_of(stack)[1], strict=True)
    wrong = {str(change): said for change, said in found if said - strange(change)}
    assert wrong == {}


def test_every_rule_is_named() -> None:
    """No rule is without an edit, but the one on exemptions, which judges no plan."""
    rules = {rule.name for concern in catalogue.read(PACK, {}) for rule in concern.rules}
    assert rules - MUTATIONS.keys() - CAUGHT.keys() == {"exemptions"}
    assert sum(len(changes(stack)) for stack in STACKS) >= 300
    assert sum(map(len, edits.fine().values())) >= 30


@shared
def said_of(stack: str) -> tuple[list[set[str]], list[set[str]]]:
    """The rules that the edits with a rule make speak, and those that should make none: one process judges both."""
    bad, fine = [change for _, change in changes(stack)], edits.fine().get(stack, ())
    found = broken(stack, [*bad, *fine])
    return found[: len(bad)], found[len(bad) :]


def strange(change: Change, rule: str = "") -> set[str]:
    """What is said of types besides, which the program does not make: they must be allowed first."""
    parts = change if isinstance(change, tuple) else (change,)
    added = {each.type for each in parts if isinstance(each, Addition)}
    return {"known-types"} - {rule} if added - KNOWN else set()


def changes(stack: str) -> list[tuple[str, Change]]:
    """Rule and edit, of one stack."""
    tables = (MUTATIONS, CAUGHT)
    return [(rule, edit) for table in tables for rule, by_stack in table.items() for edit in by_stack.get(stack, ())]
