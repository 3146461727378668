"""The controllers: gateway, certificates, DNS, secrets, queues, databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from builders.gateway.proxies import CONTROLLER

PODS = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}
"""Of a controller: it is idle most of the time, and a limit of CPU would only make it late."""


def envoy_gateway() -> dict[str, Any]:
    """It brings its own CRDs: as a Release of their own they are larger than what Helm can keep in a Secret
    (envoyproxy/gateway says to apply them by kubectl). Helm makes them once and never upgrades them."""
    return {
        "crds": {"enabled": True},
        "deployment": {"replicas": 2, "envoyGateway": {"resources": PODS}},
        "podDisruptionBudget": {"minAvailable": 1},
        "config": {"envoyGateway": {"gateway": {"controllerName": CONTROLLER}}},
    }


def cert_manager(
    account: Mapping[str, pulumi.Input[str]], labels: Mapping[str, str], *, monitored: bool
) -> dict[str, Any]:
    """`account` are annotations of its service account, by which the cloud knows it. Its CRDs are templates of the
    chart, so Helm upgrades them too."""
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
            "enableGatewayAPI": True,
        },
        "prometheus": {"enabled": True, "servicemonitor": {"enabled": monitored, "honorLabels": True}},
    }


def external_dns(
    dns: Mapping[str, Any],
    *,
    owner: str,
    domains: Sequence[str],
    account: Mapping[str, pulumi.Input[str]],
    labels: Mapping[str, str],
    monitored: bool,
) -> dict[str, Any]:
    """`dns` is what the cloud adds. Records carry `owner`, and those of others are left alone."""
    return {
        "sources": ["gateway-httproute"],
        "domainFilters": list(domains),
        "policy": "sync",
        "registry": "txt",
        "txtOwnerId": owner,
        "serviceAccount": {"name": "external-dns", "annotations": dict(account)},
        "podLabels": dict(labels),
        "resources": PODS,
        "serviceMonitor": {"enabled": monitored},
        **dns,
    }


def external_secrets(*, monitored: bool) -> dict[str, Any]:
    """Each namespace has a store of its own; stores and secrets of the whole cluster are switched off."""
    return {
        "installCRDs": True,
        "replicaCount": 2,
        "leaderElect": True,
        "resources": PODS,
        "podDisruptionBudget": {"enabled": True, "minAvailable": 1},
        "processClusterStore": False,
        "processClusterExternalSecret": False,
        "webhook": {"replicaCount": 2, "podDisruptionBudget": {"enabled": True, "minAvailable": 1}},
        "serviceMonitor": {"enabled": monitored},
    }


def metrics_server() -> dict[str, Any]:
    return {"replicas": 2, "podDisruptionBudget": {"enabled": True, "minAvailable": 1}, "resources": PODS}


def reloader() -> dict[str, Any]:
    """It rolls what asks for it by an annotation, and says so in one of its own: the rest of the template is Pulumi's."""
    return {
        "reloader": {
            "reloadStrategy": "annotations",
            "watchGlobally": True,
            "enableHA": True,
            "deployment": {"replicas": 2, "resources": PODS},
        }
    }


def rabbitmq_operator() -> dict[str, Any]:
    """Queues and users come with the broker's definitions, so its second operator is not needed."""
    return {"msgTopologyOperator": {"enabled": False}}


def cloudnative_pg() -> dict[str, Any]:
    return {"crds": {"create": True}, "replicaCount": 2, "resources": PODS}


def barman_plugin() -> dict[str, Any]:
    return {"crds": {"create": True}, "resources": PODS}


def mongodb_operator() -> dict[str, Any]:
    """It looks after every namespace, for each system has its own."""
    return {"operator": {"watchNamespace": "*", "resources": PODS}}


def elastic_crds() -> dict[str, Any]:
    return {}


def elastic_operator() -> dict[str, Any]:
    return {"installCRDs": False, "replicaCount": 1, "resources": PODS}
