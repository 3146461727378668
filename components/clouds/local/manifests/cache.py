"""Valkey in one pod that keeps everything in memory: with a password, over TLS only."""

from __future__ import annotations

import hashlib
from typing import Any

from pulumi_kubernetes import apps, core, meta

from components.cluster.gateway.manifests import certificates
from components.manifests import names, pod, priorities
from components.manifests.namespace import CACHE_CPU, CACHE_CPU_LIMIT
from components.manifests.scope import Scope
from slipway.settings.caches import Cache, pod_memory
from slipway.settings.services import Resources

PORT = 6379
"""Default port. Source: valkey.io, configuration."""
USER = 999
"""User id of `valkey`. Source: valkey-io/valkey-container."""
TLS_FOLDER, USERS_FOLDER = "/etc/valkey/tls", "/etc/valkey/users"
SOCKET_FOLDER = "/run/valkey"
SOCKET = f"{SOCKET_FOLDER}/valkey.sock"
"""Where the exporter reaches the server: within the pod, so without TLS."""
METRICS_PORT = 9121
"""Default port. Source: oliver006/redis_exporter."""
RELOAD_SECONDS = 3600
"""Seconds between two looks for a renewed certificate. Chosen: cert-manager renews it 30 days before its end."""
RIGHTS = "~* &* +@all -@admin"
"""Rights of the services' user, `default`: all data, no administration."""
EXPORTER = "exporter"
"""The user of the exporter, which reads figures of the server and no data."""
EXPORTER_RIGHTS = "resetkeys resetchannels -@all +info +ping +client|setname"
"""Source: oliver006/redis_exporter, README, of which the rights on keys and on the configuration are left out."""
EXPORTER_RESOURCES = Resources(cpu="10m", memory="32Mi", cpu_limit="200m", memory_limit="64Mi")


def pods(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/component": names.CACHE}


def host(name: str, namespace: str) -> str:
    return f"{name}.{namespace}.svc"


def certificate_secret(name: str) -> str:
    return f"{name}-tls"


def users_secret(name: str) -> str:
    return f"{name}-users"


def users(password: str, exporter: str | None = None) -> str:
    """Returns the file of users, which has the digests of their passwords alone."""
    lines = [f"user default on #{_digest(password)} {RIGHTS}"]
    if exporter:
        lines.append(f"user {EXPORTER} on #{_digest(exporter)} {EXPORTER_RIGHTS}")
    return "".join(f"{line}\n" for line in lines)


def _digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def exporter_secret(name: str) -> str:
    return f"{name}-exporter"


def certificate(name: str, namespace: str) -> dict[str, Any]:
    """Returns the spec of the Certificate, which cert-manager renews; the server reloads it without a restart."""
    return {
        "secretName": certificate_secret(name),
        "dnsNames": [host(name, namespace), f"{host(name, namespace)}.cluster.local"],
        "duration": "2160h",
        "renewBefore": "720h",
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "issuerRef": {"kind": "ClusterIssuer", "name": certificates.INTERNAL},
    }


def service(scope: Scope, *, name: str, source: str) -> core.v1.ServiceInitArgs:
    """Returns the Service of the pod."""
    return core.v1.ServiceInitArgs(
        metadata=scope.metadata(name, source),
        spec=core.v1.ServiceSpecArgs(
            selector=pods(name), ports=[core.v1.ServicePortArgs(name="valkey", port=PORT, target_port="valkey")]
        ),
    )


def arguments(settings: Cache, *, watched: bool) -> list[str]:
    """Returns the arguments of the server: no port without TLS, no snapshots, no journal; a socket for its exporter."""
    values = {
        "port": "0",
        "tls-port": str(PORT),
        "tls-cert-file": f"{TLS_FOLDER}/tls.crt",
        "tls-key-file": f"{TLS_FOLDER}/tls.key",
        "tls-ca-cert-file": f"{TLS_FOLDER}/ca.crt",
        "tls-auth-clients": "no",
        "tls-protocols": "TLSv1.2 TLSv1.3",
        "tls-auto-reload-interval": str(RELOAD_SECONDS),
        "aclfile": f"{USERS_FOLDER}/users.acl",
        "maxmemory": f"{settings.memory_mb}mb",
        "maxmemory-policy": settings.eviction,
        "save": "",
        "appendonly": "no",
        "dir": "/tmp",
        **({"unixsocket": SOCKET, "unixsocketperm": "700"} if watched else {}),
    }
    return [part for name, value in values.items() for part in (f"--{name}", value)]


def stateful_set(scope: Scope, *, name: str, settings: Cache) -> apps.v1.StatefulSetInitArgs:
    """Returns the StatefulSet, of one pod without a volume: an update empties the cache, and there are never two."""
    return apps.v1.StatefulSetInitArgs(
        metadata=scope.metadata(name, settings.source),
        spec=apps.v1.StatefulSetSpecArgs(
            service_name=name,
            replicas=1,
            selector=meta.v1.LabelSelectorArgs(match_labels=pods(name)),
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(labels={**names.labels(scope.system), **pods(name)}),
                spec=core.v1.PodSpecArgs(
                    priority_class_name=priorities.DATA,
                    automount_service_account_token=False,
                    enable_service_links=False,
                    security_context=pod.security(USER),
                    volumes=[
                        *pod.scratch_volumes(_written(scope)),
                        _secret_volume("tls", certificate_secret(name)),
                        _secret_volume("users", users_secret(name)),
                    ],
                    containers=[_server(scope, settings), *([_exporter(scope, name)] if scope.watched else [])],
                ),
            ),
        ),
    )


def _written(scope: Scope) -> list[str]:
    return ["/tmp", SOCKET_FOLDER] if scope.watched else ["/tmp"]


def _secret_volume(name: str, secret: str) -> core.v1.VolumeArgs:
    return core.v1.VolumeArgs(name=name, secret=core.v1.SecretVolumeSourceArgs(secret_name=secret))


def resources(settings: Cache) -> Resources:
    """Returns requests and limits of the server; all of its memory is reserved, since a cache fills what it has."""
    memory = f"{pod_memory(settings)}Mi"
    return Resources(cpu=f"{CACHE_CPU}m", memory=memory, cpu_limit=f"{CACHE_CPU_LIMIT}m", memory_limit=memory)


def _server(scope: Scope, settings: Cache) -> core.v1.ContainerArgs:
    # It has nothing to load, so it can serve as soon as its port is open.
    opened = core.v1.TCPSocketActionArgs(port="valkey")
    return core.v1.ContainerArgs(
        name="valkey",
        image=scope.pins.image("valkey"),
        command=["valkey-server"],
        args=arguments(settings, watched=scope.watched),
        ports=[core.v1.ContainerPortArgs(name="valkey", container_port=PORT)],
        resources=pod.resources(resources(settings)),
        security_context=pod.container_security(),
        startup_probe=core.v1.ProbeArgs(tcp_socket=opened, period_seconds=2, failure_threshold=60),
        readiness_probe=core.v1.ProbeArgs(tcp_socket=opened, period_seconds=5, failure_threshold=3),
        liveness_probe=core.v1.ProbeArgs(tcp_socket=opened, period_seconds=10, timeout_seconds=5, failure_threshold=6),
        volume_mounts=[
            *pod.scratch_mounts(_written(scope)),
            core.v1.VolumeMountArgs(name="tls", mount_path=TLS_FOLDER, read_only=True),
            core.v1.VolumeMountArgs(name="users", mount_path=USERS_FOLDER, read_only=True),
        ],
    )


def _exporter(scope: Scope, name: str) -> core.v1.ContainerArgs:
    """Returns the container that tells Prometheus of the server, with the memory, evictions and time that alerts judge."""
    password = core.v1.SecretKeySelectorArgs(name=exporter_secret(name), key="password")
    alive = core.v1.HTTPGetActionArgs(path="/health", port="metrics")
    return core.v1.ContainerArgs(
        name="exporter",
        image=scope.pins.image("redis-exporter"),
        args=[
            f"--redis.addr=unix://{SOCKET}",
            f"--redis.user={EXPORTER}",
            f"--web.listen-address=:{METRICS_PORT}",
            # What else it would ask needs rights of administration.
            "--config-command=-",
            "--exclude-latency-histogram-metrics",
            # It would ask any server that a caller names for figures.
            "--disable-scrape-endpoint",
        ],
        env=[
            core.v1.EnvVarArgs(name="REDIS_PASSWORD", value_from=core.v1.EnvVarSourceArgs(secret_key_ref=password)),
        ],
        ports=[core.v1.ContainerPortArgs(name="metrics", container_port=METRICS_PORT)],
        resources=pod.resources(EXPORTER_RESOURCES),
        security_context=pod.container_security(),
        readiness_probe=core.v1.ProbeArgs(http_get=alive, period_seconds=10),
        liveness_probe=core.v1.ProbeArgs(http_get=alive, period_seconds=30, failure_threshold=4),
        volume_mounts=pod.scratch_mounts(_written(scope))[1:],
    )
