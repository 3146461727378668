"""What a change of the program, or of a pod, can bring in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.policies.pack_under_test import UNKNOWN
from tests.policies.plan_under_test import DROPPED, Edit
from tests.policies.swift import Addition

NEAR = {
    "aws": ("s3/bucket:Bucket", "expenses/backups"),
    "azure-native": ("storage:StorageAccount", "fleet/backups"),
    "pulumi": ("providers:kubernetes", "main"),
    "acme": ("pulumi:Stack", "slipway-prod"),
}
OBJECT = ("v1:Service", "fleet/flagd")
"""What gives an addition its provider, by package."""
LABELS = {
    "app.kubernetes.io/managed-by": "slipway",
    "app.kubernetes.io/part-of": "fleet",
    "app.kubernetes.io/name": "new",
}
DIGEST = f"sha256:{'0' * 64}"
IMAGE = f"docker.io/library/busybox@{DIGEST}"
RESTRICTED = {
    "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True,
    "runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"},
}  # fmt: skip
BOUNDS = {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "1", "memory": "64Mi"}}
PROBE = {"exec": {"command": ["true"]}}
CONTAINER: dict[str, Any] = {
    "name": "new", "image": IMAGE, "resources": BOUNDS, "securityContext": RESTRICTED, "livenessProbe": PROBE,
    "readinessProbe": PROBE,
}  # fmt: skip
POD: dict[str, Any] = {"automountServiceAccountToken": False, "containers": [CONTAINER]}


def metadata(name: str = "new", **more: Any) -> dict[str, Any]:
    return {"name": name, "namespace": "fleet", "labels": LABELS, **more}


def pod(**changes: Any) -> dict[str, Any]:
    return {"metadata": {"labels": LABELS}, "spec": {**POD, **changes}}


def container(**changes: Any) -> dict[str, Any]:
    return {**CONTAINER, **changes}


def confined(**changes: Any) -> list[dict[str, Any]]:
    """A container whose security context differs."""
    return [
        container(securityContext={key: val for key, val in {**RESTRICTED, **changes}.items() if val is not DROPPED})
    ]


def an_object(type_: str, spec: Mapping[str, Any] | None = None, **more: Any) -> Addition:
    """An object of Kubernetes in the namespace of a system."""
    group, _, name = type_.rpartition(":")
    written = {"apiVersion": group.removeprefix("core/"), "kind": name, "metadata": metadata(), "spec": spec or {}}
    return cloud(f"kubernetes:{type_}", {**written, **more}, "fleet/new")


def daemon_set(**changes: Any) -> Addition:
    return an_object("apps/v1:DaemonSet", {"selector": {"matchLabels": LABELS}, "template": pod(**changes)})


def cloud(kind: str, inputs: Mapping[str, Any] | None = None, name: str = "new") -> Addition:
    return Addition(kind, name, inputs or {}, NEAR.get(kind.partition(":")[0], OBJECT))


API, EXPORTER = "fleet/fleet-api-blue", "fleet/fleet-db-exporter"
MIGRATION = "fleet/migrate-005-personal-business-use"
DEPLOYMENT, CRON_JOB, JOB, RELEASE = "v1:Deployment", "v1:CronJob", "v1:Job", "v3:Release"
RABBIT, CNPG, POOLER = "RabbitmqCluster", "cnpg.io/v1:Cluster", "cnpg.io/v1:Pooler"
QUEUE = "marketplace/marketplace-queue"
POD_OF = ("spec", "template", "spec")
FIRST = (*POD_OF, "containers", 0)
CONTEXT = (*FIRST, "securityContext")
ENDING = {"activeDeadlineSeconds": 600}
NIGHTLY = ("spec", "jobTemplate", *POD_OF)
OVERRIDE = ("spec", "override", "statefulSet", *POD_OF)
ENVOY = ("spec", "provider", "kubernetes", "envoyDeployment")

UNKNOWN_TYPES = [
    *(
        cloud(f"aws:{each}")
        for each in (
            "ec2/instance:Instance", "lambda/function:Function", "iam/user:User",
            "iam/group:Group", "sagemaker/notebookInstance:NotebookInstance", "lightsail/instance:Instance",
            "apigatewayv2/api:Api", "elb/loadBalancer:LoadBalancer", "lb/listenerRule:ListenerRule", "ec2/keyPair:KeyPair",
            "ec2/launchTemplate:LaunchTemplate", "autoscaling/group:Group", "ecs/service:Service", "dynamodb/table:Table",
            "elasticache/cluster:Cluster", "opensearch/domain:Domain", "redshift/cluster:Cluster",
            "transfer/server:Server", "ssm/document:Document", "ssm/parameter:Parameter", "cloudformation/stack:Stack",
            "ram/resourceShare:ResourceShare", "ec2/vpcPeeringConnection:VpcPeeringConnection",
            "ec2/networkInterface:NetworkInterface", "s3/bucketObjectv2:BucketObjectv2", "s3/accessPoint:AccessPoint",
            "eks/nodeGroup:NodeGroup", "eks/addon:Addon", "apprunner/service:Service", "dms/endpoint:Endpoint",
            "cloudtrail/trail:Trail", "organizations/policy:Policy", "mediastore/container:Container",
        )
    ),
    *(
        cloud(f"azure-native:{each}")
        for each in (
            "compute:VirtualMachine", "web:WebApp", "sql:Server", "cosmosdb:DatabaseAccount", "network:InboundNatRule",
            "network:VirtualNetworkGateway", "resources:Deployment", "containerinstance:ContainerGroup",
            "automation:Runbook", "logic:Workflow", "network/v20230201:VirtualNetworkPeering",
            "authorization:PolicyAssignment",
        )
    ),
    *(
        an_object(each)
        for each in (
            "apps/v1:DeploymentPatch", "core/v1:ConfigMapPatch", "rbac.authorization.k8s.io/v1:ClusterRoleBindingPatch",
            "core/v1:ConfigMapList", "helm.sh/v4:Chart", "helm.sh/v3:Chart", "yaml/v2:ConfigGroup", "yaml:ConfigFile",
            "kustomize/v2:Directory", "apiregistration.k8s.io/v1:APIService",
            "admissionregistration.k8s.io/v1:MutatingWebhookConfiguration", "storage.k8s.io/v1:CSIDriver",
            "core/v1:PersistentVolume", "node.k8s.io/v1:RuntimeClass", "core/v1:Endpoints",
            "discovery.k8s.io/v1:EndpointSlice", "extensions/v1beta1:Ingress", "apps/v1beta2:Deployment",
            "batch/v1beta1:CronJob", "certificates.k8s.io/v1:CertificateSigningRequest",
            "argoproj.io/v1alpha1:Application", "networking.istio.io/v1:VirtualService",
            "cilium.io/v2:CiliumNetworkPolicy", "tekton.dev/v1:PipelineRun", "gateway.networking.k8s.io/v1alpha2:TCPRoute",
            "gateway.envoyproxy.io/v1alpha1:EnvoyPatchPolicy", "external-secrets.io/v1:ClusterSecretStore",
            "external-secrets.io/v1alpha1:PushSecret", "monitoring.coreos.com/v1:Prometheus",
            "karpenter.k8s.aws/v1:EC2NodeClass", "rabbitmq.com/v1beta1:User",
        )
    ),
    *(
        cloud(each)
        for each in (
            "gcp:compute/instance:Instance", "google-native:storage/v1:Bucket", "digitalocean:index/droplet:Droplet",
            "cloudflare:index/record:Record", "github:index/actionsSecret:ActionsSecret",
            "docker:index/container:Container", "docker-build:index:Image", "tls:index/privateKey:PrivateKey",
            "null:index/resource:Resource", "command:local:Command", "command:remote:Command",
            "pulumi-python:dynamic:Resource", "pulumi-python:dynamic/things:Thing", "eks:index:Cluster",
            "awsx:ec2:Vpc", "aws-native:ec2:Instance", "azuread:index/application:Application",
            "postgresql:index/role:Role", "random:index/randomId:RandomId", "terraform:state:RemoteStateReference",
            "pulumiservice:index:DeploymentSettings",
        )
    ),
    cloud("pulumi:providers:gcp", {"project": "elsewhere"}),
    cloud("pulumi:providers:command"),
]  # fmt: skip
DISGUISED = [
    an_object("core/v1:ConfigMap", apiVersion="rbac.authorization.k8s.io/v1", kind="ClusterRoleBinding"),
    an_object("core/v1:ConfigMap", kind="Pod"),
]
"""Objects that say of themselves something else than their type."""

OWN_AWS = {"region": "us-east-1", "allowedAccountIds": '["444455556666"]'}
OWN_AZURE = {"subscriptionId": "00000000-0000-4000-8000-000000000004"}
PROVIDERS = [
    cloud("pulumi:providers:aws", OWN_AWS, "other"),
    cloud("pulumi:providers:aws", {"region": "us-east-1"}, "main"),
    cloud("pulumi:providers:azure-native", OWN_AZURE, "other"),
    cloud("pulumi:providers:kubernetes", {"kubeconfig": UNKNOWN}, "other"),
    cloud("pulumi:providers:kubernetes", {}, "default_4_34_2"),
    *(
        Edit("providers:aws", "main", (key,), value)
        for key, value in (
            ("endpoints", '[{"s3": "https://s3.example.net"}]'), ("profile", "other"), ("insecure", "true"),
            ("assumeRoles", '[{"roleArn": "arn:aws:iam::999988887777:role/deployer"}]'), ("token", UNKNOWN),
            ("allowedAccountIds", '["999988887777"]'), ("allowedAccountIds", DROPPED),
            ("allowedAccountIds", '["444455556666", "999988887777"]'),
            ("__internal", {"pluginDownloadURL": "https://plugins.example.net"}),
        )
    ),
    *(
        Edit("providers:azure-native", "fleet", (key,), value)
        for key, value in (
            ("subscriptionId", "00000000-0000-4000-8000-000000000009"), ("subscriptionId", DROPPED),
            ("msiEndpoint", "http://example.net"), ("auxiliaryTenantIds", '["00000000-0000-4000-8000-000000000009"]'),
        )
    ),
    *(
        Edit("providers:kubernetes", "fleet-systems", (key,), value)
        for key, value in (("renderYamlToDirectory", "rendered"), ("cluster", "other"), ("deleteUnreachable", "true"))
    ),
]  # fmt: skip

OPTIONS = [
    Edit("v1:NetworkPolicy", "fleet/default-deny", ("ignoreChanges",), ["spec"], part=""),
    Edit("rbac.authorization.k8s.io/v1:Role", "fleet/operators", ("ignoreChanges",), ["rules"], part=""),
    Edit("v1:PrometheusRule", "fleet/fleet", ("ignoreChanges",), ["spec.groups"], part=""),
    Edit("rds/instance:Instance", "kingstons/kingstons", ("ignoreChanges", "+"), "storageEncrypted", part=""),
    Edit("bucketPolicy:BucketPolicy", "expenses/backups", ("ignoreChanges",), ["policy"], part=""),
    Edit("iam/role:Role", "main-nodes", ("ignoreChanges",), ["assumeRolePolicy"], part=""),
    Edit("kms/key:Key", "main-data", ("ignoreChanges",), ["*"], part=""),
    Edit(DEPLOYMENT, API, ("ignoreChanges", "+"), "spec.template", part=""),
    Edit("rds/instance:Instance", "kingstons/kingstons", ("customTimeouts",), {"delete": 1}, part=""),
    Edit(JOB, MIGRATION, ("customTimeouts",), {"create": 86_400}, part=""),
]

COMPONENTS = [cloud("acme:web:Site")]

PODS_PROD = [
    *(Edit(DEPLOYMENT, API, (*POD_OF, key), True) for key in ("hostNetwork", "hostPID", "hostIPC")),
    *(
        Edit(DEPLOYMENT, API, (*CONTEXT, key), value)
        for key, value in (
            ("privileged", True), ("procMount", "Unmasked"), ("seLinuxOptions", {"type": "spc_t"}),
            ("seLinuxOptions", {"user": "system_u"}), ("seccompProfile", {"type": "Unconfined"}),
            ("appArmorProfile", {"type": "Unconfined"}), ("windowsOptions", {"hostProcess": True}), ("runAsUser", 0),
            ("runAsNonRoot", False), ("allowPrivilegeEscalation", DROPPED), ("capabilities", {"drop": ["NET_RAW"]}),
            ("capabilities", {"drop": ["ALL"], "add": ["NET_ADMIN"]}),
        )
    ),
    *(
        Edit(DEPLOYMENT, API, (*POD_OF, "securityContext", key), value)
        for key, value in (
            ("sysctls", [{"name": "kernel.msgmax", "value": "1"}]), ("seLinuxOptions", {"role": "system_r"}),
            ("appArmorProfile", {"type": "Unconfined"}), ("windowsOptions", {"hostProcess": True}), ("runAsUser", 0),
        )
    ),
    *(
        Edit(DEPLOYMENT, API, (*POD_OF, "volumes", "+"), {"name": "new", **volume})
        for volume in (
            {"hostPath": {"path": "/var/run"}}, {"nfs": {"server": "example.net", "path": "/"}}, {"iscsi": {}},
            {"flexVolume": {"driver": "any"}}, {"csi": {"driver": "hostpath.csi.k8s.io"}}, {"gitRepo": {}}, {"any": {}},
        )
    ),
    *(
        Edit(DEPLOYMENT, API, (*FIRST, key), value)
        for key, value in (
            ("ports", [{"containerPort": 3000, "hostPort": 3000}]),
            ("livenessProbe", {"httpGet": {"host": "169.254.169.254", "port": 80}}),
            ("lifecycle", {"preStop": {"httpGet": {"host": "example.net", "port": 80}}}),
            ("startupProbe", {"tcpSocket": {"host": "10.0.0.1", "port": 80}}),
        )
    ),
    Edit(
        DEPLOYMENT,
        API,
        ("spec", "template", "metadata", "annotations"),
        {"container.apparmor.security.beta.kubernetes.io/api": "unconfined"},
    ),
    Edit(DEPLOYMENT, API, (*POD_OF, "initContainers"), [{"name": "first", "image": IMAGE, "resources": BOUNDS}]),
    Edit(DEPLOYMENT, API, (*POD_OF, "ephemeralContainers"), [{"name": "debug", "image": IMAGE}]),
    Edit(CRON_JOB, "fleet/fleet-db-dump", (*NIGHTLY, "hostPID"), True),
    Edit(CRON_JOB, "fleet/fleet-db-dump", (*NIGHTLY, "containers", 0, "securityContext", "privileged"), True),
    Edit(JOB, MIGRATION, (*CONTEXT, "capabilities"), {}),
    Edit(RABBIT, QUEUE, (*OVERRIDE, "hostNetwork"), True),
    Edit(RABBIT, QUEUE, (*OVERRIDE, "securityContext", "runAsNonRoot")),
    Edit(RABBIT, QUEUE, (*OVERRIDE, "containers", 0, "securityContext", "capabilities")),
    Edit(RABBIT, QUEUE, (*OVERRIDE, "volumes", "+"), {"name": "node", "hostPath": {"path": "/"}}),
    *(
        Edit("v1:Elasticsearch", "fleet/elasticsearch", ("spec", "nodeSets", 0, "podTemplate", "spec", *path), value)
        for path, value in (
            (("securityContext", "runAsUser"), 0), (("hostNetwork",), True),
            (("containers", 0, "securityContext", "allowPrivilegeEscalation"), True),
            (("initContainers",), [{"name": "sysctl", "securityContext": {"privileged": True}}]),
        )
    ),
    Edit("v1:Kibana", "fleet/kibana", ("spec", "podTemplate", "spec", "securityContext", "seccompProfile")),
    Edit("v1:Kibana", "fleet/kibana", ("spec", "podTemplate")),
    *(
        Edit("EnvoyProxy", "fleet/slipway", (*ENVOY, *path), value)
        for path, value in (
            (("container", "securityContext"), {"privileged": True}), (("pod", "securityContext"), {"runAsUser": 0}),
            (("pod", "volumes"), [{"name": "node", "hostPath": {"path": "/etc"}}]),
            (("patch",), {"value": {"spec": {"template": {"spec": {"hostNetwork": True}}}}}),
        )
    ),
    *(
        Edit(RELEASE, "main/reloader", ("values", *path), value)
        for path, value in (
            (("hostNetwork",), True), (("securityContext",), {"privileged": True}),
            (("extraVolumes",), [{"name": "node", "hostPath": {"path": "/"}}]),
            (("containerSecurityContext",), {"capabilities": {"add": ["SYS_ADMIN"]}}),
        )
    ),
    daemon_set(hostNetwork=True),
    daemon_set(containers=confined(readOnlyRootFilesystem=DROPPED)),
    daemon_set(containers=[container(resources={})]),
    daemon_set(containers=[container(readinessProbe={})]),
    daemon_set(volumes=[{"name": "node", "hostPath": {"path": "/var/log"}}]),
    an_object("apps/v1:StatefulSet", {"selector": {}, "template": pod(containers=confined(runAsNonRoot=DROPPED))}),
    an_object("core/v1:Pod", {**POD, "hostIPC": True}),
    an_object("core/v1:ReplicationController", {"selector": LABELS, "template": pod(containers=confined(privileged=True))}),
    an_object("keda.sh/v1alpha1:ScaledJob", {"jobTargetRef": {**ENDING, "template": pod(hostPID=True)}}),
    an_object("core/v1:PodTemplate", template=pod(hostPID=True)),
]  # fmt: skip
PODS_LOCAL = [
    Edit(CNPG, "expenses/expenses", ("spec", "seccompProfile", "type"), "Unconfined"),
    Edit(CNPG, "expenses/expenses", ("spec", "postgresUID"), 0),
    Edit(CNPG, "expenses/expenses", ("spec", "podSecurityContext"), {"runAsNonRoot": False}),
    Edit(CNPG, "expenses/expenses", ("spec", "securityContext"), {"privileged": True}),
    Edit(POOLER, "marketplace/creditdb-pooler", ("spec", "template", "spec", "hostNetwork"), True),
    Edit(
        POOLER,
        "marketplace/creditdb-pooler",
        ("spec", "template", "spec", "containers", 0, "securityContext"),
        {"allowPrivilegeEscalation": True},
    ),
]

TOKENS = [
    Edit(
        DEPLOYMENT,
        API,
        (*POD_OF, "volumes", "+"),
        {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
    ),
    daemon_set(automountServiceAccountToken=True),
]
FOREIGN = [
    Edit(DEPLOYMENT, API, (*POD_OF, "volumes", "+"), {"name": "data", "image": {"reference": f"ghcr.io/a/b@{DIGEST}"}}),
    Edit(RABBIT, QUEUE, (*OVERRIDE, "containers", 0, "image"), f"ghcr.io/a/b@{DIGEST}"),
    Edit(
        "EnvoyProxy", "fleet/slipway", (*ENVOY, "initContainers"), [{"name": "new", "image": f"ghcr.io/a/b@{DIGEST}"}]
    ),
    daemon_set(containers=[container(image=f"ghcr.io/a/b@{DIGEST}")]),
]
"""Images of registries that nobody allowed."""
UNPINNED = [
    Edit(
        DEPLOYMENT,
        API,
        (*POD_OF, "volumes", "+"),
        {"name": "data", "image": {"reference": "docker.io/library/a:latest"}},
    ),
    daemon_set(containers=[container(image="docker.io/library/busybox:latest")]),
]
SCALING = [
    *(
        Edit("v2:HorizontalPodAutoscaler", API, ("spec", key), value)
        for key, value in (
            ("maxReplicas", 1), ("maxReplicas", 100_000), ("maxReplicas", DROPPED), ("maxReplicas", "9"),
            ("behavior", {"scaleUp": {"selectPolicy": "Disabled"}}),
        )
    ),
    *(
        an_object("keda.sh/v1alpha1:ScaledObject", {"scaleTargetRef": {"name": "fleet-db-exporter"}, **spec})
        for spec in ({}, {"minReplicaCount": 0}, {"minReplicaCount": 5, "maxReplicaCount": 2})
    ),
    an_object(
        "keda.sh/v1alpha1:ScaledObject",
        {"scaleTargetRef": {"name": "fleet-db-exporter"}, "minReplicaCount": 2},
        metadata=metadata(annotations={"autoscaling.keda.sh/paused": "true"}),
    ),
]  # fmt: skip
SINGLETON = metadata(annotations={"slipway.dev/singleton": "it keeps a lock of its own"})


def deployment(spec: Mapping[str, Any], about: Mapping[str, Any] = SINGLETON) -> Addition:
    written = {"selector": {"matchLabels": LABELS}, "template": pod(), **spec}
    return an_object("apps/v1:Deployment", written, metadata=about)


CAUGHT = {
    "known-types": {"prod": [*UNKNOWN_TYPES, *DISGUISED]},
    "visible-children": {"prod": COMPONENTS},
    "declared-providers": {"prod": PROVIDERS},
    "resource-options": {"prod": OPTIONS},
    "container-hardening": {"prod": PODS_PROD, "local": PODS_LOCAL},
    "workload-deadlines": {
        "prod": [an_object("keda.sh/v1alpha1:ScaledJob", {"jobTargetRef": {"template": pod(restartPolicy="Never")}})]
    },
    "service-account-tokens": {"prod": TOKENS},
    "image-registries": {"prod": FOREIGN},
    "image-pins": {"staging": UNPINNED},
    "workload-minimum": {"prod": SCALING},
    "deployment-replicas": {
        "staging": [
            deployment({"replicas": 3, "strategy": {"type": "Recreate"}}),
            deployment({"replicas": 1, "strategy": {"type": "RollingUpdate"}}),
            deployment({"replicas": 1}),
        ]
    },
    "secret-strength": {
        "prod": [
            cloud("random:index/randomPassword:RandomPassword", {"length": 8}),
            cloud("random:index/randomPassword:RandomPassword", {"length": 32, "lower": False, "upper": False}),
            cloud("random:index/randomBytes:RandomBytes", {"length": 4}),
        ]
    },
    "node-limits": {
        "staging": [
            Edit("v1:NodePool", "main-nodes", ("spec", "limits")),
            Edit("v1:NodePool", "main-nodes", ("spec", "limits", "cpu"), "100000"),
            Edit("v1:NodePool", "main-nodes", ("spec", "template", "spec", "expireAfter"), "Never"),
        ]
    },
}

SPREAD = [
    {
        "maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": LABELS},
    }
]  # fmt: skip
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "new"}
WORKER = an_object(
    "apps/v1:Deployment", {"selector": {"matchLabels": LABELS}, "template": pod(topologySpreadConstraints=SPREAD)}
)
GUARD = an_object("policy/v1:PodDisruptionBudget", {"maxUnavailable": 1, "selector": {"matchLabels": LABELS}})
ALLOWED_IMAGE = f"quay.io/prometheuscommunity/postgres-exporter@{DIGEST}"


def scaler(**spec: Any) -> Addition:
    return an_object("autoscaling/v2:HorizontalPodAutoscaler", {"scaleTargetRef": TARGET, **spec})


def keda(**spec: Any) -> Addition:
    return an_object("keda.sh/v1alpha1:ScaledObject", {"scaleTargetRef": {"name": "new"}, **spec})


def nightly(**changes: Any) -> Addition:
    job = {"spec": {"activeDeadlineSeconds": 3600, "template": pod(restartPolicy="Never", **changes)}}
    spec = {"schedule": "0 3 * * *", "startingDeadlineSeconds": 600, "concurrencyPolicy": "Forbid", "jobTemplate": job}
    return an_object("batch/v1:CronJob", spec)


FINE = {
    "prod": [
        # A service of its own, with what scales and guards it.
        (WORKER, GUARD, scaler(minReplicas=2, maxReplicas=6)),
        (WORKER, GUARD, scaler(minReplicas=3, maxReplicas=30, behavior={"scaleDown": {"selectPolicy": "Disabled"}})),
        (WORKER, GUARD, keda(minReplicaCount=2, maxReplicaCount=20)),
        (WORKER, GUARD, keda(minReplicaCount=2), an_object("keda.sh/v1alpha1:TriggerAuthentication", {})),
        # What runs once only, and says why.
        deployment({"replicas": 1, "strategy": {"type": "Recreate"}}),
        deployment({"strategy": {"type": "Recreate"}}),
        # Jobs and agents.
        nightly(),
        nightly(volumes=[{"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}]),
        nightly(initContainers=[container(name="first")]),
        an_object(
            "batch/v1:Job", {"activeDeadlineSeconds": 600, "backoffLimit": 0, "template": pod(restartPolicy="Never")}
        ),
        daemon_set(),
        daemon_set(tolerations=[{"operator": "Exists"}]),
        an_object("keda.sh/v1alpha1:ScaledJob", {"jobTargetRef": {**ENDING, "template": pod(restartPolicy="Never")}}),
        an_object("apps/v1:StatefulSet", {"selector": {"matchLabels": LABELS}, "template": pod()}),
        # Changes of a pod.
        Edit(DEPLOYMENT, API, (*FIRST, "resources", "limits", "memory"), "2Gi"),
        Edit(DEPLOYMENT, API, (*FIRST, "resources", "requests", "cpu"), "500m"),
        Edit(DEPLOYMENT, API, (*FIRST, "env", "+"), {"name": "LOG_LEVEL", "value": "debug"}),
        Edit(DEPLOYMENT, API, (*FIRST, "startupProbe"), {"httpGet": {"path": "/health", "port": 3000}}),
        Edit(DEPLOYMENT, API, (*CONTEXT, "runAsUser"), 10_001),
        Edit(DEPLOYMENT, API, (*CONTEXT, "capabilities"), {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
        Edit(DEPLOYMENT, API, (*CONTEXT, "appArmorProfile"), {"type": "RuntimeDefault"}),
        Edit(DEPLOYMENT, API, (*CONTEXT, "seLinuxOptions"), {"type": "container_t"}),
        Edit(
            DEPLOYMENT,
            API,
            (*POD_OF, "securityContext", "sysctls"),
            [{"name": "net.ipv4.tcp_syncookies", "value": "1"}],
        ),
        Edit(DEPLOYMENT, API, (*POD_OF, "containers", "+"), container(name="exporter", image=ALLOWED_IMAGE)),
        Edit(DEPLOYMENT, API, (*POD_OF, "initContainers"), [container(name="sidecar", restartPolicy="Always")]),
        Edit(DEPLOYMENT, API, (*POD_OF, "volumes", "+"), {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}),
        Edit(
            DEPLOYMENT,
            API,
            (*POD_OF, "volumes", "+"),
            {"name": "tls", "csi": {"driver": "csi.cert-manager.io", "readOnly": True}},
        ),
        Edit(DEPLOYMENT, API, (*POD_OF, "volumes", "+"), {"name": "model", "image": {"reference": IMAGE}}),
        Edit(
            DEPLOYMENT,
            API,
            (*POD_OF, "volumes", "+"),
            {
                "name": "identity",
                "projected": {"sources": [{"serviceAccountToken": {"audience": "sts.amazonaws.com", "path": "token"}}]},
            },
        ),
        Edit(DEPLOYMENT, API, (*POD_OF, "terminationGracePeriodSeconds"), 60),
        Edit("v2:HorizontalPodAutoscaler", API, ("spec", "maxReplicas"), 12),
        Edit("v2:HorizontalPodAutoscaler", API, ("spec", "minReplicas"), 4),
        # Machines, memory of databases and brokers, mirrors of charts.
        Edit("v1:NodePool", "main-nodes", ("spec", "limits", "cpu"), "200"),
        Edit("rds/instance:Instance", "kingstons/kingstons", ("instanceClass",), "db.r8g.xlarge"),
        Edit("rds/instance:Instance", "kingstons/kingstons", ("allocatedStorage",), 200),
        Edit(RABBIT, QUEUE, ("spec", "resources", "limits", "memory"), "4Gi"),
        Edit(RABBIT, QUEUE, (*OVERRIDE, "securityContext", "fsGroupChangePolicy"), "OnRootMismatch"),
        Edit("v1:Elasticsearch", "fleet/elasticsearch", ("spec", "nodeSets", 0, "count"), 5),
        Edit(RELEASE, "main/reloader", ("repositoryOpts",), {"repo": "https://charts.mirror.example.com"}),
        Edit(RELEASE, "main/reloader", ("values", "resources"), {"limits": {"memory": "128Mi"}}),
        Edit(RELEASE, "main/vector", ("values", "persistence", "hostPath", "path"), "/var/lib/vector/data"),
        cloud("random:index/randomPassword:RandomPassword", {"length": 48, "special": True}),
        Edit("v1:Deployment", API, ("customTimeouts",), {"create": 1800}, part=""),
        an_object("monitoring.coreos.com/v1:ServiceMonitor", {"selector": {"matchLabels": LABELS}}),
        an_object("core/v1:ConfigMap", data={"greeting": "hello"}),
    ],
    "local": [
        Edit(CNPG, "expenses/expenses", ("spec", "instances"), 3),
        Edit(CNPG, "expenses/expenses", ("spec", "resources", "limits", "memory"), "4Gi"),
        Edit(POOLER, "marketplace/creditdb-pooler", ("spec", "instances"), 3),
    ],
}
