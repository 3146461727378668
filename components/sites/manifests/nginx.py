"""A static site in a slot: nginx serves the files of its artefact."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from pulumi_kubernetes import apps, core, meta

from components.manifests import names, pod, priorities
from components.manifests.scope import Scope
from components.manifests.versions import Pins
from components.sites.manifests import artefact
from slipway.settings.services import Replicas, Site
from slipway.settings.stacks import SystemDeployment

PORT = 8080
"""Port of the server. Source: nginx/docker-nginx-unprivileged."""
USER = 101
"""User id of `nginx`. Source: nginx/docker-nginx-unprivileged."""
REPLICAS = Replicas(minimum=2, maximum=6)

CONFIGURATION = """\
server_tokens off;
server {
  listen 8080;
  root /artefact;
  gzip on;
  gzip_types text/css application/javascript application/json image/svg+xml;
  add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
  add_header X-Content-Type-Options nosniff always;
  add_header X-Frame-Options DENY always;
  add_header Referrer-Policy strict-origin-when-cross-origin always;
  add_header Cache-Control $caching always;
  location = /healthz { access_log off; return 200 "ok\\n"; }
  location = /config.json { alias /config/config.json; }
  # A file by its name; everything else is a page of the application.
  location / { try_files $uri /index.html; }
}
# Names with a digest never change what they hold; all else is asked for again.
map $uri $caching {
  default no-cache;
  "~HASHED" "public, max-age=31536000, immutable";
}
""".replace("HASHED", artefact.HASHED)


def configuration(scope: Scope, *, name: str, source: str) -> core.v1.ConfigMapInitArgs:
    return core.v1.ConfigMapInitArgs(
        metadata=scope.metadata(config_name(name), source, service=name), data={"default.conf": CONFIGURATION}
    )


def config_name(name: str) -> str:
    return f"{name}-nginx"


def service(scope: Scope, *, name: str, slot: str, source: str) -> core.v1.ServiceInitArgs:
    """Returns the Service of a slot, on port 80."""
    return core.v1.ServiceInitArgs(
        metadata=scope.metadata(names.in_slot(name, slot), source, service=name, slot=slot),
        spec=core.v1.ServiceSpecArgs(
            type="ClusterIP",
            selector=names.selector(name, slot),
            ports=[core.v1.ServicePortArgs(name="http", port=80, target_port="http", protocol="TCP")],
        ),
    )


def deployment(
    scope: Scope,
    *,
    name: str,
    slot: str,
    site: Site,
    deployment: SystemDeployment,
    registry: str,
    settings: Mapping[str, str],
) -> apps.v1.DeploymentInitArgs:
    """Returns the Deployment; `settings` are those of /config.json, and a change of them restarts the pods."""
    checksum = hashlib.sha256(repr([CONFIGURATION, sorted(settings.items())]).encode()).hexdigest()[:16]
    return apps.v1.DeploymentInitArgs(
        metadata=scope.metadata(names.in_slot(name, slot), site.source, service=name, slot=slot),
        spec=apps.v1.DeploymentSpecArgs(
            replicas=REPLICAS.minimum,
            selector=meta.v1.LabelSelectorArgs(match_labels=names.selector(name, slot)),
            revision_history_limit=3,
            progress_deadline_seconds=420,
            strategy=apps.v1.DeploymentStrategyArgs(
                type="RollingUpdate",
                rolling_update=apps.v1.RollingUpdateDeploymentArgs(max_surge="25%", max_unavailable=0),
            ),
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(
                    labels=names.labels(scope.system, name, slot), annotations={"slipway.dev/config": checksum}
                ),
                spec=core.v1.PodSpecArgs(
                    priority_class_name=priorities.SERVING,
                    automount_service_account_token=False,
                    enable_service_links=False,
                    termination_grace_period_seconds=20 + pod.PROPAGATION_SECONDS,
                    security_context=pod.security(USER),
                    topology_spread_constraints=pod.spread(names.selector(name, slot)),
                    volumes=[
                        artefact.volume(),
                        _config_map("config", names.in_slot(name, slot)),
                        _config_map("nginx", config_name(name)),
                        *pod.scratch_volumes(["/tmp"]),
                    ],
                    init_containers=[artefact.fetch(scope.pins, site, name, deployment, slot, registry)],
                    containers=[_nginx(scope.pins)],
                ),
            ),
        ),
    )


def _config_map(volume: str, name: str) -> core.v1.VolumeArgs:
    return core.v1.VolumeArgs(name=volume, config_map=core.v1.ConfigMapVolumeSourceArgs(name=name))


def _nginx(pins: Pins) -> core.v1.ContainerArgs:
    return core.v1.ContainerArgs(
        name="nginx",
        image=pins.image("nginx"),
        ports=[core.v1.ContainerPortArgs(name="http", container_port=PORT)],
        resources=pod.resources(artefact.SMALL),
        security_context=pod.container_security(),
        volume_mounts=[
            artefact.mount(),
            core.v1.VolumeMountArgs(name="config", mount_path="/config", read_only=True),
            core.v1.VolumeMountArgs(name="nginx", mount_path="/etc/nginx/conf.d", read_only=True),
            *pod.scratch_mounts(["/tmp"]),
        ],
        lifecycle=pod.lifecycle(),
        readiness_probe=_probe("/", period=5),
        liveness_probe=_probe("/healthz", period=10),
        startup_probe=_probe("/healthz", period=2),
    )


def _probe(path: str, *, period: int) -> core.v1.ProbeArgs:
    """Returns a readiness probe for the artefact's first page: a ready pod is published."""
    return core.v1.ProbeArgs(
        http_get=core.v1.HTTPGetActionArgs(path=path, port="http"),
        period_seconds=period,
        timeout_seconds=3,
        failure_threshold=6,
    )
