"""Elasticsearch as its operator (ECK) runs it: nodes, volumes, users, and where snapshots go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from builders.logs import snapshots as copies
from builders.logs.places import AGENT, ELASTICSEARCH, ROLES_SECRET, SETUP, user_secret
from builders.logs.snapshots import Snapshots
from builders.parts import Parts
from settings.cluster_services import Logging

API_VERSION = "elasticsearch.k8s.elastic.co/v1"
USER = 1000
"""Of the images of Elasticsearch and Kibana."""
_CLUSTER = {"elasticsearch.k8s.elastic.co/cluster-name": ELASTICSEARCH}


def spec(settings: Logging, parts: Parts, *, storage_class: str | None, snapshots: Snapshots | None) -> dict[str, Any]:
    """HTTP is TLS by ECK's own authority, which is its default. Volumes outlive the object."""
    image = parts.image("elasticsearch")
    secured = snapshots is not None and snapshots.kind == "azure"
    return {
        "version": version(image),
        "image": image,
        "volumeClaimDeletePolicy": "DeleteOnScaledownOnly",
        "auth": {
            "fileRealm": [{"secretName": user_secret(user)} for user in (AGENT, SETUP)],
            "roles": [{"secretName": ROLES_SECRET}],
        },
        "podDisruptionBudget": {"spec": {"maxUnavailable": 1, "selector": {"matchLabels": _CLUSTER}}},
        "nodeSets": [_nodes(settings, storage_class, snapshots)],
        **({"secureSettings": [{"secretName": copies.SECRET}]} if secured else {}),
    }


def version(image: str) -> str:
    """The tag of an image's name."""
    return image.split("@", 1)[0].rsplit(":", 1)[1]


def _nodes(settings: Logging, storage_class: str | None, snapshots: Snapshots | None) -> dict[str, Any]:
    """All of them with every role. Without mmap no kernel setting of the node has to be raised by a privileged pod."""
    config: dict[str, Any] = {"node.store.allow_mmap": False}
    if snapshots is not None and snapshots.kind == "s3":
        config["s3.client.default.region"] = snapshots.region
    return {
        "name": "all",
        "count": settings.nodes,
        "config": config,
        "podTemplate": _template(settings, snapshots),
        "volumeClaimTemplates": [_volume(settings.storage, storage_class)],
    }


def _template(settings: Logging, snapshots: Snapshots | None) -> dict[str, Any]:
    """No pod has a token for the API server; with a bucket it has one for the cloud."""
    pod = _pod(settings)
    if snapshots is None:
        return {"spec": pod}
    (container,) = pod["containers"]
    container["env"] = [_java_options(settings, *copies.java_options(snapshots)), *copies.environment(snapshots)]
    container["volumeMounts"] = [copies.mount(snapshots)]
    pod |= {"serviceAccountName": copies.ACCOUNT, "volumes": [copies.volume(snapshots)]}
    return {"spec": pod, **({"metadata": {"labels": dict(snapshots.labels)}} if snapshots.labels else {})}


def _java_options(settings: Logging, *more: str) -> dict[str, str]:
    heap = f"{settings.memory * 512}m"
    return {"name": "ES_JAVA_OPTS", "value": " ".join([f"-Xms{heap}", f"-Xmx{heap}", *more])}


def _pod(settings: Logging) -> dict[str, Any]:
    memory = f"{settings.memory}Gi"
    return {
        "automountServiceAccountToken": False,
        "securityContext": pod_security(),
        "affinity": {
            "podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": _CLUSTER}}
                ]
            }
        },
        "topologySpreadConstraints": [spread("topology.kubernetes.io/zone", _CLUSTER)],
        "containers": [
            {
                "name": "elasticsearch",
                "env": [_java_options(settings)],
                "resources": {"requests": {"cpu": "500m", "memory": memory}, "limits": {"memory": memory}},
                "securityContext": container_security(),
            }
        ],
    }


def pod_security() -> dict[str, Any]:
    """As `restricted` asks, though the namespace must admit more for the agents."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> dict[str, Any]:
    return {"allowPrivilegeEscalation": False, "runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}}


def spread(key: str, selector: Mapping[str, str]) -> dict[str, Any]:
    return {
        "topologyKey": key,
        "maxSkew": 1,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": dict(selector)},
    }


def _volume(gibibytes: int, storage_class: str | None) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": f"{gibibytes}Gi"}},
    }
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    return {"metadata": {"name": "elasticsearch-data"}, "spec": spec}


def roles(*, snapshots: bool) -> str:
    """The file `roles.yml`. ILM and SLM act with the rights of whoever wrote a policy, so `setup` may do to `logs-*`
    what its policies do; it may not read a line."""
    cluster = ["monitor", "manage_ilm", "manage_index_templates"]
    if snapshots:
        cluster += ["manage_slm", "create_snapshot", "cluster:admin/repository/put"]
    file = {
        AGENT: {"cluster": [], "indices": [{"names": ["logs-*"], "privileges": ["auto_configure", "create_doc"]}]},
        SETUP: {"cluster": cluster, "indices": [{"names": ["logs-*", ".ds-logs-*"], "privileges": ["manage"]}]},
    }
    return yaml.safe_dump(file, sort_keys=False)
