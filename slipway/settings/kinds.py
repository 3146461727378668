"""The kinds of objects that clusters of a stack serve: those of Kubernetes, and those of the charts that it installs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal as OneOf

Scope = OneOf["namespace", "cluster"]

_NAMESPACED = {
    "v1": "ConfigMap Endpoints LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota "
    "Secret Service ServiceAccount",
    "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "autoscaling/v1": "HorizontalPodAutoscaler",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "batch/v1": "CronJob Job",
    "coordination.k8s.io/v1": "Lease",
    "discovery.k8s.io/v1": "EndpointSlice",
    "networking.k8s.io/v1": "Ingress NetworkPolicy",
    "policy/v1": "PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1": "Role RoleBinding",
    "resource.k8s.io/v1": "ResourceClaim ResourceClaimTemplate",
    "storage.k8s.io/v1": "CSIStorageCapacity",
    "barmancloud.cnpg.io/v1": "ObjectStore",
    "cert-manager.io/v1": "Certificate",
    "elasticsearch.k8s.elastic.co/v1": "Elasticsearch",
    "external-secrets.io/v1": "ExternalSecret SecretStore",
    "gateway.envoyproxy.io/v1alpha1": "BackendTrafficPolicy ClientTrafficPolicy EnvoyProxy HTTPRouteFilter SecurityPolicy",
    "gateway.networking.k8s.io/v1": "Gateway HTTPRoute TCPRoute TLSRoute",
    "keda.sh/v1alpha1": "ScaledJob ScaledObject TriggerAuthentication",
    "kibana.k8s.elastic.co/v1": "Kibana",
    "mongodbcommunity.mongodb.com/v1": "MongoDBCommunity",
    "monitoring.coreos.com/v1": "PodMonitor Probe PrometheusRule ServiceMonitor",
    "postgresql.cnpg.io/v1": "Cluster Pooler ScheduledBackup",
    "rabbitmq.com/v1beta1": "RabbitmqCluster",
}
_OF_THE_CLUSTER = {
    "v1": "Namespace Node PersistentVolume",
    "admissionregistration.k8s.io/v1": "MutatingWebhookConfiguration ValidatingAdmissionPolicy "
    "ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    "apiregistration.k8s.io/v1": "APIService",
    "certificates.k8s.io/v1": "CertificateSigningRequest",
    "flowcontrol.apiserver.k8s.io/v1": "FlowSchema PriorityLevelConfiguration",
    "networking.k8s.io/v1": "IPAddress IngressClass ServiceCIDR",
    "node.k8s.io/v1": "RuntimeClass",
    "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding",
    "resource.k8s.io/v1": "DeviceClass ResourceSlice",
    "scheduling.k8s.io/v1": "PriorityClass",
    "storage.k8s.io/v1": "CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass",
    "cert-manager.io/v1": "ClusterIssuer",
    "gateway.networking.k8s.io/v1": "GatewayClass",
}


def _by_kind(groups: Mapping[str, str], scope: Scope) -> dict[tuple[str, str], Scope]:
    return {(version, kind): scope for version, kinds in groups.items() for kind in kinds.split()}


KINDS: Mapping[tuple[str, str], Scope] = {
    **_by_kind(_NAMESPACED, "namespace"),
    **_by_kind(_OF_THE_CLUSTER, "cluster"),
}
"""The scope of each kind by `apiVersion` and `kind`. Source: API reference of Kubernetes 1.36, and `tests/charts/kinds`."""

HOLDS_DATA = {
    ("v1", "PersistentVolumeClaim"),
    ("elasticsearch.k8s.elastic.co/v1", "Elasticsearch"),
    ("mongodbcommunity.mongodb.com/v1", "MongoDBCommunity"),
    ("postgresql.cnpg.io/v1", "Cluster"),
    ("rabbitmq.com/v1beta1", "RabbitmqCluster"),
}
"""Kinds whose objects hold data. A StatefulSet does so if it has volume claims."""

MONITORS = {("monitoring.coreos.com/v1", kind) for kind in ("PodMonitor", "Probe", "PrometheusRule", "ServiceMonitor")}
"""Kinds whose objects Prometheus selects by their labels."""
SCRAPING = {("monitoring.coreos.com/v1", kind) for kind in ("PodMonitor", "ServiceMonitor")}
"""Kinds by which Prometheus scrapes pods."""

PODS_OF: Mapping[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "Deployment": ("spec", "template", "spec"),
    "ReplicaSet": ("spec", "template", "spec"),
    "ReplicationController": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
    "DaemonSet": ("spec", "template", "spec"),
    "Job": ("spec", "template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    "ScaledJob": ("spec", "jobTargetRef", "template", "spec"),
}
"""Where the specification of pods is, by kind of workload; their metadata is beside it."""


def group_of(api_version: str) -> str:
    """Return the API group; empty for the core group."""
    return api_version.rpartition("/")[0]


def is_built_in(api_version: str) -> bool:
    """Return whether the group is Kubernetes' own: it has no dot, or ends with `.k8s.io`, which is reserved."""
    group = group_of(api_version)
    return "." not in group or group.endswith(".k8s.io")
