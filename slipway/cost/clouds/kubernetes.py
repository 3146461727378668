"""The items that Kubernetes orders from its cloud: volumes and load balancers. Its pods are billed as nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from slipway.cost import pod_requests
from slipway.cost.quantity import Cloud, Context, Quantity, Rule, Unknown
from slipway.cost.resources import Resource

Costs = Iterator[Quantity | Unknown]
_PODS = "its pods are billed as nodes"
_OBJECT = "an object of the cluster"
WITH_VOLUMES = (
    "kubernetes:apps/v1:StatefulSet",
    "kubernetes:core/v1:PersistentVolumeClaim",
    "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch",
    "kubernetes:helm.sh/v3:Release",
    "kubernetes:mongodbcommunity.mongodb.com/v1:MongoDBCommunity",
    "kubernetes:postgresql.cnpg.io/v1:Cluster",
    "kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster",
)
ENTRIES = ("kubernetes:core/v1:Service", "kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy")
"""Types that may create a load balancer."""
FREE: Mapping[str, str] = {
    "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy": _OBJECT,
    "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding": _OBJECT,
    "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition": _OBJECT,
    "kubernetes:apps/v1:DaemonSet": "its pods are in what each node keeps for itself",
    "kubernetes:apps/v1:Deployment": _PODS,
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler": "it bounds how many pods are billed as nodes",
    "kubernetes:barmancloud.cnpg.io/v1:ObjectStore": _OBJECT,
    "kubernetes:batch/v1:CronJob": "its pods end: room for them is in what each node keeps for itself",
    "kubernetes:batch/v1:Job": "its pods end: room for them is in what each node keeps for itself",
    "kubernetes:cert-manager.io/v1:Certificate": _OBJECT,
    "kubernetes:cert-manager.io/v1:ClusterIssuer": _OBJECT,
    "kubernetes:core/v1:ConfigMap": _OBJECT,
    "kubernetes:core/v1:LimitRange": _OBJECT,
    "kubernetes:core/v1:Namespace": _OBJECT,
    "kubernetes:core/v1:NamespacePatch": _OBJECT,
    "kubernetes:core/v1:ResourceQuota": _OBJECT,
    "kubernetes:core/v1:Secret": _OBJECT,
    "kubernetes:core/v1:ServiceAccount": _OBJECT,
    "kubernetes:external-secrets.io/v1:ExternalSecret": "the secret that it reads is billed, with the requests of all",
    "kubernetes:external-secrets.io/v1:SecretStore": _OBJECT,
    "kubernetes:gateway.envoyproxy.io/v1alpha1:BackendTrafficPolicy": _OBJECT,
    "kubernetes:gateway.envoyproxy.io/v1alpha1:ClientTrafficPolicy": _OBJECT,
    "kubernetes:gateway.envoyproxy.io/v1alpha1:HTTPRouteFilter": _OBJECT,
    "kubernetes:gateway.envoyproxy.io/v1alpha1:SecurityPolicy": _OBJECT,
    "kubernetes:gateway.networking.k8s.io/v1:Gateway": "all gateways of a cluster share one load balancer",
    "kubernetes:gateway.networking.k8s.io/v1:GatewayClass": _OBJECT,
    "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute": _OBJECT,
    "kubernetes:gateway.networking.k8s.io/v1:TCPRoute": _OBJECT,
    "kubernetes:gateway.networking.k8s.io/v1:TLSRoute": _OBJECT,
    "kubernetes:keda.sh/v1alpha1:ScaledJob": "its pods end: room for them is in what each node keeps for itself",
    "kubernetes:keda.sh/v1alpha1:ScaledObject": _OBJECT,
    "kubernetes:keda.sh/v1alpha1:TriggerAuthentication": _OBJECT,
    "kubernetes:kibana.k8s.elastic.co/v1:Kibana": _PODS,
    "kubernetes:monitoring.coreos.com/v1:PodMonitor": _OBJECT,
    "kubernetes:monitoring.coreos.com/v1:Probe": _OBJECT,
    "kubernetes:monitoring.coreos.com/v1:PrometheusRule": _OBJECT,
    "kubernetes:monitoring.coreos.com/v1:ServiceMonitor": _OBJECT,
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": _OBJECT,
    "kubernetes:policy/v1:PodDisruptionBudget": _OBJECT,
    "kubernetes:postgresql.cnpg.io/v1:Pooler": _PODS,
    "kubernetes:postgresql.cnpg.io/v1:ScheduledBackup": _OBJECT,
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole": _OBJECT,
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": _OBJECT,
    "kubernetes:rbac.authorization.k8s.io/v1:Role": _OBJECT,
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": _OBJECT,
    "kubernetes:scheduling.k8s.io/v1:PriorityClass": _OBJECT,
    "kubernetes:slipway.dev/v1:Release": _OBJECT,
    "kubernetes:storage.k8s.io/v1:StorageClass": "volumes are billed with what makes them",
    "random:index/randomBytes:RandomBytes": "it is in the state alone",
    "random:index/randomPassword:RandomPassword": "it is in the state alone",
}


def on(cloud: Cloud) -> Cloud:
    """Return a cloud's tables, including those of Kubernetes on that cloud."""

    def volumes(resource: Resource, context: Context) -> Costs:
        for each in pod_requests.volumes(resource):
            if each.storage_class in ("", cloud.volume_class):
                yield from cloud.volume(context, each.size, each.count)
            else:
                yield Unknown(f"volumes of the class {each.storage_class}")

    def entry(resource: Resource, context: Context) -> Costs:
        spec = resource.find("spec", "provider", "kubernetes", "envoyService") or resource.find("spec")
        if isinstance(spec, Mapping) and spec.get("type") == "LoadBalancer":
            yield from cloud.entry(resource, context)

    rules: dict[str, Rule] = {**dict.fromkeys(WITH_VOLUMES, volumes), **dict.fromkeys(ENTRIES, entry), **cloud.rules}
    return replace(cloud, rules=rules, free={**FREE, **cloud.free})
