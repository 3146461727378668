"""The RabbitmqCluster that RabbitMQ's Cluster Operator runs. Nothing is sent to it or by it in plain text."""

from __future__ import annotations

from typing import Any

from pulumi_kubernetes import meta, policy

from builders.scope import Scope
from settings.databases import Queue

API_VERSION = "rabbitmq.com/v1beta1"
KIND = "RabbitmqCluster"
PORT = 5671
METRICS = 15691
USER = 999
"""Of the image."""
DEFINITIONS = "/etc/rabbitmq-definitions"
CA_FOLDER = "/etc/slipway/queue"
"""Where services find `ca.crt`, by which they know the broker."""


def pods(name: str) -> dict[str, str]:
    """Labels that the operator gives to the nodes' pods."""
    return {"app.kubernetes.io/name": name}


def certificate_secret(name: str) -> str:
    return f"{name}-tls"


def definitions_secret(name: str) -> str:
    return f"{name}-definitions"


def hosts(name: str, namespace: str) -> list[str]:
    """Names by which services, and the nodes themselves, reach it."""
    return [
        f"{name}.{namespace}.svc",
        f"{name}.{namespace}.svc.cluster.local",
        f"*.{name}-nodes.{namespace}.svc.cluster.local",
    ]


def certificate(name: str, namespace: str, issuer: str) -> dict[str, Any]:
    """The spec of the Certificate that cert-manager renews; nodes load a new one by themselves."""
    return {
        "secretName": certificate_secret(name),
        "dnsNames": hosts(name, namespace),
        "duration": "2160h",
        "renewBefore": "720h",
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "issuerRef": {"kind": "ClusterIssuer", "name": issuer},
    }


def spec(name: str, queue: Queue, image: str, digest: str) -> dict[str, Any]:
    """Nodes apart from each other; a partition pauses the smaller side. Another `digest` of the definitions rolls the
    nodes one by one, for they read them when they start."""
    tls = certificate_secret(name)
    return {
        "image": image,
        "replicas": queue.replicas,
        "persistence": {"storage": f"{queue.storage}Gi"},
        "resources": {"requests": {"cpu": "250m", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        "tls": {"secretName": tls, "caSecretName": tls, "disableNonTLSListeners": True},
        "rabbitmq": {
            "additionalConfig": (
                "cluster_partition_handling = pause_minority\n"
                "default_queue_type = quorum\n"
                "ssl_options.versions.1 = tlsv1.3\n"
                "ssl_options.versions.2 = tlsv1.2\n"
                f"load_definitions = {DEFINITIONS}/definitions.json\n"
            )
        },
        "override": {"statefulSet": {"spec": {"template": _template(name, digest)}}},
    }


def _template(name: str, digest: str) -> dict[str, Any]:
    """What the operator leaves out of its pods: the restricted pod security standard, zones, and the definitions."""
    container = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    spread = [
        {
            "topologyKey": key,
            "maxSkew": 1,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": pods(name)},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
    mount = {"name": "definitions", "mountPath": DEFINITIONS, "readOnly": True}
    return {
        "metadata": {"annotations": {"slipway.dev/definitions": digest}},
        "spec": {
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": USER,
                "fsGroup": USER,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "topologySpreadConstraints": spread,
            "initContainers": [{"name": "setup-container", "securityContext": container}],
            "containers": [{"name": "rabbitmq", "securityContext": container, "volumeMounts": [mount]}],
            "volumes": [{"name": "definitions", "secret": {"secretName": definitions_secret(name)}}],
        },
    }


def disruption_budget(scope: Scope, name: str, source: str) -> policy.v1.PodDisruptionBudgetInitArgs:
    """One node at a time: quorum queues need more than half."""
    return policy.v1.PodDisruptionBudgetInitArgs(
        metadata=scope.metadata(name, source),
        spec=policy.v1.PodDisruptionBudgetSpecArgs(
            max_unavailable=1, selector=meta.v1.LabelSelectorArgs(match_labels=pods(name))
        ),
    )
