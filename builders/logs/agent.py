"""Vector on each node, as values of its chart: from the files of pods to Elasticsearch and to the counters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from builders import names
from builders.alerting.operations import LOG_LINES
from builders.logs import places, program, vrl
from builders.parts import Parts
from settings.stacks import PlacedSystem

COUNTERS_PORT = 9598
BUFFER = 1024**3
"""Bytes of a node's disk for lines that Elasticsearch does not take yet."""
_CA = "/etc/elasticsearch"
_PASSWORD = "ELASTICSEARCH_PASSWORD"


def values(systems: Sequence[PlacedSystem], parts: Parts, *, environment: str, cluster: str) -> dict[str, Any]:
    """Files of pods belong to root: the agent runs as root, with no capability, and sees of the node's disk the logs
    alone. Its interface on the network is off, for whoever reaches it reads every line."""
    return {
        "role": "Agent",
        "fullnameOverride": "vector",
        "image": _image(parts.image("vector")),
        "customConfig": vrl.in_file(config(systems, environment=environment, cluster=cluster)),
        "env": [{"name": _PASSWORD, "valueFrom": _password()}],
        "service": {"enabled": False},
        "serviceHeadless": {"enabled": False},
        "podMonitor": {"enabled": True, "port": "prom-exporter", "honorLabels": True},
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


def config(systems: Sequence[PlacedSystem], *, environment: str, cluster: str) -> dict[str, Any]:
    """Vector's own, before it is escaped for the chart."""
    owners = {"of_proxies": _remap(["proxies"], program.proxies(environment, cluster))}
    if systems:
        owners["of_systems"] = _remap(["systems"], program.owner(systems, environment, cluster))
    return {
        "data_dir": "/vector-data-dir",
        "sources": _sources(systems),
        "transforms": {
            **owners,
            "masked": _remap(sorted(owners), program.shape()),
            "counts": _remap(["masked"], program.count(systems)),
            "counters": {"type": "log_to_metric", "inputs": ["counts"], "metrics": [_counter()]},
        },
        "sinks": {"elasticsearch": _elasticsearch(environment), "prom_exporter": _prometheus()},
    }


def _sources(systems: Sequence[PlacedSystem]) -> dict[str, Any]:
    shared = {"type": "kubernetes_logs", "use_apiserver_cache": True, "max_line_bytes": 262144}
    part_of = ",".join(sorted(placed.name for placed in systems))
    of_systems = {"systems": {**shared, "extra_label_selector": f"app.kubernetes.io/part-of in ({part_of})"}}
    return {
        **(of_systems if systems else {}),
        "proxies": {
            **shared,
            "extra_label_selector": "app.kubernetes.io/managed-by=envoy-gateway,app.kubernetes.io/component=proxy",
            "extra_namespace_label_selector": f"kubernetes.io/metadata.name={names.GATEWAY_NAMESPACE}",
        },
        "internal": {"type": "internal_metrics"},
    }


def _remap(of: Sequence[str], source: str) -> dict[str, Any]:
    """A line that the program fails on is dropped: it might not have been masked."""
    return {"type": "remap", "inputs": list(of), "drop_on_abort": True, "drop_on_error": True, "source": source}


def _counter() -> dict[str, Any]:
    tags = {each: f"{{{{ {each} }}}}" for each in ("system", "service", "slot", "kind")}
    return {"type": "counter", "name": LOG_LINES, "field": "value", "increment_by_value": True, "tags": tags}


def _elasticsearch(environment: str) -> dict[str, Any]:
    """The event itself says which data stream it goes to. A full buffer drops the newest lines, for one that waits
    would stop the counters too."""
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
    """A counter that rests for a week is forgotten."""
    return {
        "type": "prometheus_exporter",
        "inputs": ["counters", "internal"],
        "address": f"0.0.0.0:{COUNTERS_PORT}",
        "flush_period_secs": 604800,
    }
