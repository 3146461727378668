"""The RabbitmqCluster for RabbitMQ's Cluster Operator. All its traffic is encrypted."""

from __future__ import annotations

from typing import Any

from pulumi_kubernetes import meta, policy

from components.manifests import priorities
from components.manifests.scope import Scope
from slipway.settings.databases import Queue

API_VERSION = "rabbitmq.com/v1beta1"
KIND = "RabbitmqCluster"
PORT = 5671
"""AMQP over TLS. Source: rabbitmq.com, TLS support."""
METRICS = 15691
"""Prometheus metrics over TLS. Source: rabbitmq.com, monitoring with Prometheus (`prometheus.ssl.port`)."""
USER = 999
"""User id of `rabbitmq`. Source: docker-library/rabbitmq."""
DEFINITIONS = "/etc/rabbitmq-definitions"
CA_FOLDER = "/etc/slipway/queue"
"""Directory with `ca.crt`, by which services verify the broker."""


def pods(name: str) -> dict[str, str]:
    """Returns the labels that the operator sets on the nodes' pods."""
    return {"app.kubernetes.io/name": name}


def certificate_secret(name: str) -> str:
    return f"{name}-tls"


def definitions_secret(name: str) -> str:
    return f"{name}-definitions"


def hosts(name: str, namespace: str) -> list[str]:
    """Returns the host names by which services, and the nodes themselves, reach the broker."""
    return [
        f"{name}.{namespace}.svc",
        f"{name}.{namespace}.svc.cluster.local",
        f"*.{name}-nodes.{namespace}.svc.cluster.local",
    ]


def certificate(name: str, namespace: str, issuer: str) -> dict[str, Any]:
    """Returns the spec of the Certificate, which cert-manager renews; nodes reload it without a restart."""
    return {
        "secretName": certificate_secret(name),
        "dnsNames": hosts(name, namespace),
        "duration": "2160h",
        "renewBefore": "720h",
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "issuerRef": {"kind": "ClusterIssuer", "name": issuer},
    }


def spec(name: str, queue: Queue, image: str, digest: str) -> dict[str, Any]:
    """Returns the spec, with nodes spread apart; with Raft, the smaller side of a partition pauses. Another `digest` of
    the definitions restarts the nodes one by one, because they read the definitions at start."""
    tls = certificate_secret(name)
    return {
        "image": image,
        "replicas": queue.replicas,
        "persistence": {"storage": f"{queue.storage}Gi"},
        "resources": {"requests": {"cpu": "250m", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        "tls": {"secretName": tls, "caSecretName": tls, "disableNonTLSListeners": True},
        "rabbitmq": {
            "additionalConfig": (
                "default_queue_type = quorum\n"
                "ssl_options.versions.1 = tlsv1.3\n"
                "ssl_options.versions.2 = tlsv1.2\n"
                f"load_definitions = {DEFINITIONS}/definitions.json\n"
            )
        },
        "override": {"statefulSet": {"spec": {"template": _template(name, digest)}}},
    }


def _template(name: str, digest: str) -> dict[str, Any]:
    """Returns the pod settings that the operator omits: the restricted pod security standard, zone spreading, and the
    definitions."""
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
            "priorityClassName": priorities.DATA,
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
    """Returns a budget of one node at a time, because quorum queues need a majority."""
    return policy.v1.PodDisruptionBudgetInitArgs(
        metadata=scope.metadata(name, source),
        spec=policy.v1.PodDisruptionBudgetSpecArgs(
            max_unavailable=1, selector=meta.v1.LabelSelectorArgs(match_labels=pods(name))
        ),
    )
