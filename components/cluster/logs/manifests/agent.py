"""Vector on each node, as values of its chart: from the log files of pods to Elasticsearch and to counters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.cluster.logs.manifests import places, vrl, vrl_program
from components.cluster.monitoring.manifests.alerting.operations import LOG_LINES
from components.manifests.versions import Pins
from slipway.settings.cluster_services import HOMES, NAMESPACES, Homes
from slipway.settings.stacks import DeployedSystem

COUNTERS_PORT = 9598
"""Default port of Vector's sink `prometheus_exporter`. Source: vector.dev, reference of sinks."""
BUFFER = 1024**3
"""Bytes of disk on each node that buffer lines until Elasticsearch accepts them. Chosen: hours of an ordinary node's
logs."""
_CA = "/etc/elasticsearch"
_PASSWORD = "ELASTICSEARCH_PASSWORD"
_INTERPOLATION = "VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION"
"""Since 0.57 Vector interpolates `$NAME` only if this is set. The file escapes every other `$`, such as in patterns, by
doubling it."""


def values(
    systems: Sequence[DeployedSystem],
    pins: Pins,
    *,
    environment: str,
    cluster: str,
    homes: Homes = HOMES,
) -> dict[str, Any]:
    """Returns the chart's values. The log files belong to root, so the agent runs as root, but without capabilities and
    with access to the logs only. Its API is off, because anybody who reaches it could read every line."""
    return {
        "role": "Agent",
        "fullnameOverride": "vector",
        "image": _image(pins.image("vector")),
        "customConfig": vrl.in_file(
            config(systems, environment=environment, cluster=cluster, gateway=homes.gateway and homes.gateway.namespace)
        ),
        "env": [{"name": _PASSWORD, "valueFrom": _password()}, {"name": _INTERPOLATION, "value": "true"}],
        "service": {"enabled": False},
        "serviceHeadless": {"enabled": False},
        "podMonitor": {
            "enabled": homes.metrics is not None,
            "port": "prom-exporter",
            "honorLabels": True,
            **({"additionalLabels": dict(homes.metrics.labels)} if homes.metrics and homes.metrics.labels else {}),
        },
        "tolerations": [{"operator": "Exists"}],
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%"}},
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}},
        "podSecurityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "securityContext": {
            "runAsUser": 0,
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "livenessProbe": {"tcpSocket": {"port": COUNTERS_PORT}, "periodSeconds": 20, "failureThreshold": 6},
        "readinessProbe": {"tcpSocket": {"port": COUNTERS_PORT}},
        "persistence": {"hostPath": {"enabled": True, "path": "/var/lib/vector"}},
        "defaultVolumes": [{"name": "var-log", "hostPath": {"path": "/var/log/"}}],
        "defaultVolumeMounts": [{"name": "var-log", "mountPath": "/var/log/", "readOnly": True}],
        "extraVolumes": [{"name": "elasticsearch-ca", "secret": _ca()}],
        "extraVolumeMounts": [{"name": "elasticsearch-ca", "mountPath": _CA, "readOnly": True}],
    }


def _image(image: str) -> dict[str, str]:
    name, _, digest = image.partition("@")
    repository, _, tag = name.rpartition(":")
    return {"repository": repository, "tag": tag, **({"sha": digest} if digest else {})}


def _password() -> dict[str, Any]:
    return {"secretKeyRef": {"name": places.user_secret(places.AGENT), "key": "password"}}


def _ca() -> dict[str, Any]:
    return {"secretName": places.CA_SECRET, "items": [{"key": "ca.crt", "path": "ca.crt"}]}


def config(
    systems: Sequence[DeployedSystem], *, environment: str, cluster: str, gateway: str | None = NAMESPACES["gateway"]
) -> dict[str, Any]:
    """Returns Vector's configuration before it is escaped for the chart. `gateway` is the namespace of the proxies."""
    owners = {"of_proxies": _remap(["proxies"], vrl_program.proxies(environment, cluster))} if gateway else {}
    if systems:
        owners["of_systems"] = _remap(["systems"], vrl_program.owner(systems, environment, cluster))
    return {
        "data_dir": "/vector-data-dir",
        "sources": _sources(systems, gateway),
        "transforms": {
            **owners,
            "masked": _remap(sorted(owners), vrl_program.shape()),
            "counts": _remap(["masked"], vrl_program.count(systems)),
            "counters": {"type": "log_to_metric", "inputs": ["counts"], "metrics": [_counter()]},
        },
        "sinks": {"elasticsearch": _elasticsearch(environment), "prom_exporter": _prometheus()},
    }


def _sources(systems: Sequence[DeployedSystem], gateway: str | None) -> dict[str, Any]:
    shared = {"type": "kubernetes_logs", "use_apiserver_cache": True, "max_line_bytes": 262144}
    part_of = ",".join(sorted(deployed.name for deployed in systems))
    of_systems = {"systems": {**shared, "extra_label_selector": f"app.kubernetes.io/part-of in ({part_of})"}}
    of_proxies = {
        "proxies": {
            **shared,
            "extra_label_selector": "app.kubernetes.io/managed-by=envoy-gateway,app.kubernetes.io/component=proxy",
            "extra_namespace_label_selector": f"kubernetes.io/metadata.name={gateway}",
        }
    }
    return {
        **(of_systems if systems else {}),
        **(of_proxies if gateway else {}),
        "internal": {"type": "internal_metrics"},
    }


def _remap(of: Sequence[str], source: str) -> dict[str, Any]:
    """Returns the transform. A line on which the program fails is dropped, because it might not be masked."""
    return {"type": "remap", "inputs": list(of), "drop_on_abort": True, "drop_on_error": True, "source": source}


def _counter() -> dict[str, Any]:
    tags = {each: f"{{{{ {each} }}}}" for each in ("system", "service", "slot", "kind")}
    return {"type": "counter", "name": LOG_LINES, "field": "value", "increment_by_value": True, "tags": tags}


def _elasticsearch(environment: str) -> dict[str, Any]:
    """Returns the sink. Each event names its data stream. A full buffer drops the newest lines, because blocking would
    stop the counters too."""
    return {
        "type": "elasticsearch",
        "inputs": ["masked"],
        "endpoints": [places.ADDRESS],
        "api_version": "v8",
        "mode": "data_stream",
        "data_stream": {"type": "logs", "dataset": "unknown", "namespace": environment, "auto_routing": True},
        "auth": {"strategy": "basic", "user": places.AGENT, "password": vrl.Variable(_PASSWORD)},
        "tls": {"ca_file": f"{_CA}/ca.crt"},
        "compression": "gzip",
        "healthcheck": {"enabled": False},
        "encoding": {"except_fields": ["line"]},
        "buffer": {"type": "disk", "max_size": BUFFER, "when_full": "drop_newest"},
    }


def _prometheus() -> dict[str, Any]:
    """Returns the sink of counters. A counter without updates for a week is removed."""
    return {
        "type": "prometheus_exporter",
        "inputs": ["counters", "internal"],
        "address": f"0.0.0.0:{COUNTERS_PORT}",
        "flush_period_secs": 604800,
    }
