"""The controllers: gateway, certificates, DNS, secrets, queues, databases."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pulumi

from components.cluster.gateway.manifests.proxies import CONTROLLER

CLOSED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
"""Security context of containers whose chart sets none; the namespaces here admit no others."""
OWNED_WILDCARD = "slipway-wildcard"
"""In place of the asterisk in names of external-dns' TXT records; no host may begin with it."""
PODS = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}
"""Resources of a controller: it is idle most of the time, and a CPU limit would only delay it."""


def envoy_gateway() -> dict[str, Any]:
    """Returns Envoy Gateway's values. The chart includes its CRDs: as a separate Release they exceed the size that Helm
    can store in a Secret (envoyproxy/gateway recommends kubectl apply). Helm installs them once and never upgrades
    them."""
    return {
        "crds": {"enabled": True},
        "deployment": {"replicas": 2, "envoyGateway": {"resources": PODS}},
        "podDisruptionBudget": {"minAvailable": 1},
        "config": {"envoyGateway": {"gateway": {"controllerName": CONTROLLER}}},
    }


def cert_manager(
    account: Mapping[str, pulumi.Input[str]],
    labels: Mapping[str, str],
    *,
    monitored: Mapping[str, str] | None,
    routed: bool,
) -> dict[str, Any]:
    """Returns cert-manager's values. `account` are annotations of its service account, which link it to a cloud
    identity. Its CRDs are templates of the chart, so Helm upgrades them too. It does not start if it shall read Gateways
    and nobody knows that kind (not `routed`)."""
    return {
        "crds": {"enabled": True, "keep": True},
        "replicaCount": 2,
        "podDisruptionBudget": {"enabled": True, "minAvailable": 1},
        "serviceAccount": {"name": "cert-manager", "annotations": dict(account)},
        "podLabels": dict(labels),
        "resources": PODS,
        "webhook": {"replicaCount": 3, "podDisruptionBudget": {"enabled": True, "minAvailable": 1}},
        "config": {
            "apiVersion": "controller.config.cert-manager.io/v1alpha1",
            "kind": "ControllerConfiguration",
            "enableGatewayAPI": routed,
        },
        "prometheus": {"enabled": True, "servicemonitor": {**_monitor(monitored, "labels"), "honorLabels": True}},
    }


def external_dns(
    dns: Mapping[str, Any],
    *,
    owner: str,
    zones: Sequence[str],
    wildcards: bool,
    routes: Collection[str],
    account: Mapping[str, pulumi.Input[str]] | None,
    labels: Mapping[str, str],
    monitored: Mapping[str, str] | None,
) -> dict[str, Any]:
    """Returns external-dns' values; `dns` are those of the cloud. It sets `owner` on its records and leaves records of
    other owners alone. Without `account` it shares the service account of the first release. The TXT record that says who
    owns a wildcard has another name: DNS allows an asterisk as a whole label only. `routes` are further kinds of routes, such
    as tlsroute."""
    replaced = {"extraArgs": [f"--txt-wildcard-replacement={OWNED_WILDCARD}"]} if wildcards else {}
    own = {"name": "external-dns", "annotations": dict(account)} if account is not None else None
    return {
        "sources": ["gateway-httproute", *(f"gateway-{route}" for route in sorted(routes))],
        "domainFilters": list(zones),
        "policy": "sync",
        "registry": "txt",
        "txtOwnerId": owner,
        "serviceAccount": own or {"create": False, "name": "external-dns"},
        "podLabels": dict(labels),
        "resources": PODS,
        "serviceMonitor": _monitor(monitored, "additionalLabels"),
        **replaced,
        **dns,
    }


def external_secrets(*, monitored: Mapping[str, str] | None) -> dict[str, Any]:
    """Returns External Secrets' values. Each namespace has its own store; stores and secrets for the whole cluster are
    disabled."""
    return {
        "installCRDs": True,
        "replicaCount": 2,
        "leaderElect": True,
        "resources": PODS,
        "podDisruptionBudget": {"enabled": True, "minAvailable": 1},
        "processClusterStore": False,
        "processClusterExternalSecret": False,
        "webhook": {"replicaCount": 2, "podDisruptionBudget": {"enabled": True, "minAvailable": 1}},
        "serviceMonitor": _monitor(monitored, "additionalLabels"),
    }


def _monitor(labels: Mapping[str, str] | None, key: str) -> dict[str, Any]:
    """Returns a chart's values of its ServiceMonitor, with the labels by which Prometheus selects it below `key`."""
    return {"enabled": labels is not None, **({key: dict(labels)} if labels else {})}


def metrics_server() -> dict[str, Any]:
    return {"replicas": 2, "podDisruptionBudget": {"enabled": True, "minAvailable": 1}, "resources": PODS}


def reloader() -> dict[str, Any]:
    """Returns Reloader's values. It restarts pods with its annotation and records the restart in another annotation;
    Pulumi manages the rest of the template."""
    return {
        "reloader": {
            "reloadStrategy": "annotations",
            "watchGlobally": True,
            "enableHA": True,
            "readOnlyRootFileSystem": True,
            "deployment": {"replicas": 2, "resources": PODS, "containerSecurityContext": CLOSED},
        }
    }


def rabbitmq_operator() -> dict[str, Any]:
    """Returns the Cluster Operator's values. The broker's definitions include queues and users, so the topology
    operator is not needed."""
    return {"msgTopologyOperator": {"enabled": False}}


def cloudnative_pg() -> dict[str, Any]:
    return {"crds": {"create": True}, "replicaCount": 2, "resources": PODS}


def barman_plugin() -> dict[str, Any]:
    return {"crds": {"create": True}, "resources": PODS}


def mongodb_operator() -> dict[str, Any]:
    """Returns the values of MongoDB's operator, which watches every namespace because each system has its own."""
    return {"operator": {"watchNamespace": "*", "resources": PODS}}


def keda(own: Mapping[str, Any], *, reads_secrets: bool, monitored: Mapping[str, str] | None) -> dict[str, Any]:
    """Returns KEDA's values; `own` are those of the cloud. It signs its certificates itself. Unless it reads logins of
    brokers in the namespaces of systems (`reads_secrets`), it may read Secrets in its own alone."""
    several = {"maxUnavailable": 1}
    return {
        "operator": {"replicaCount": 2},
        "metricsServer": {"replicaCount": 2},
        "webhooks": {"replicaCount": 2},
        "podDisruptionBudget": {"operator": several, "metricServer": several, "webhooks": several},
        "resources": {"operator": PODS, "metricServer": PODS, "webhooks": PODS},
        "rbac": {"enabledCustomScaledRefKinds": False},
        "permissions": {
            "operator": {"restrict": {"secret": not reads_secrets}},
            "metricServer": {"restrict": {"secret": True}},
        },
        "prometheus": {
            "operator": {
                "enabled": monitored is not None,
                "serviceMonitor": _monitor(monitored, "additionalLabels"),
            }
        },
        **own,
    }


def elastic_crds() -> dict[str, Any]:
    return {}


def elastic_operator() -> dict[str, Any]:
    confined = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    return {"installCRDs": False, "replicaCount": 1, "podSecurityContext": confined, "resources": PODS}
