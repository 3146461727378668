"""Elasticsearch as its operator (ECK) runs it: nodes, volumes, users and snapshot repository."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from components.cluster.logs.manifests import snapshots as copies
from components.cluster.logs.manifests.places import AGENT, ELASTICSEARCH, ROLES_SECRET, SETUP, user_secret
from components.cluster.logs.manifests.snapshots import Snapshots
from components.manifests.versions import Pins
from slipway.settings.cluster_services import Logging

API_VERSION = "elasticsearch.k8s.elastic.co/v1"
USER = 1000
"""User id. Source: the images of Elasticsearch and Kibana."""
_CLUSTER = {"elasticsearch.k8s.elastic.co/cluster-name": ELASTICSEARCH}


def spec(settings: Logging, pins: Pins, *, storage_class: str | None, snapshots: Snapshots | None) -> dict[str, Any]:
    """Returns the spec. HTTP uses TLS with ECK's own CA, which is the default. Volumes are retained if the object is
    deleted."""
    image = pins.image("elasticsearch")
    secured = snapshots is not None and bool(snapshots.keystore)
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
    """Returns the tag of an image's name."""
    return image.split("@", 1)[0].rsplit(":", 1)[1]


def _nodes(settings: Logging, storage_class: str | None, snapshots: Snapshots | None) -> dict[str, Any]:
    """Returns the nodes, each with all roles. Without mmap, no privileged pod has to raise a kernel setting of the
    node."""
    config: dict[str, Any] = {"node.store.allow_mmap": False}
    if snapshots is not None:
        config |= snapshots.client
    return {
        "name": "all",
        "count": settings.nodes,
        "config": config,
        "podTemplate": _template(settings, snapshots),
        "volumeClaimTemplates": [_volume(settings.storage, storage_class)],
    }


def _template(settings: Logging, snapshots: Snapshots | None) -> dict[str, Any]:
    """Returns the pod template. Pods have no API server token; with a bucket they have a token for the cloud."""
    pod = _pod(settings)
    if snapshots is None:
        return {"spec": pod}
    (container,) = pod["containers"]
    variables = [{"name": name, "value": value} for name, value in snapshots.environment.items()]
    container["env"] = [_java_options(settings, *snapshots.java_options), *variables]
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
    """Returns a security context that meets `restricted`, although the namespace must admit more for the agents."""
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
    """Returns the file `roles.yml`. ILM and SLM run with the rights of the user who wrote a policy, so `setup` has the
    rights on `logs-*` that its policies need, but cannot read log lines."""
    cluster = ["monitor", "manage_ilm", "manage_index_templates"]
    if snapshots:
        cluster += ["manage_slm", "create_snapshot", "cluster:admin/repository/put"]
    file = {
        AGENT: {"cluster": [], "indices": [{"names": ["logs-*"], "privileges": ["auto_configure", "create_doc"]}]},
        SETUP: {"cluster": cluster, "indices": [{"names": ["logs-*", ".ds-logs-*"], "privileges": ["manage"]}]},
    }
    return yaml.safe_dump(file, sort_keys=False)
