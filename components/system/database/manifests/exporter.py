"""Prometheus exporter of a database, in the system's namespace; its role reads statistics and no data."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi_kubernetes import apps, core, meta

from components.manifests import names, pod
from components.manifests.scope import Scope
from slipway.settings.services import Resources

PORT = 9187
"""Default port. Source: prometheus-community/postgres_exporter."""
USER = 65534
"""User id of `nobody`. Source: the image of prometheus-community/postgres_exporter."""
SMALL = Resources(cpu="10m", memory="32Mi", cpu_limit="200m", memory_limit="128Mi")


@dataclass(frozen=True, kw_only=True)
class Exporter:
    """The exporter of one server: the database's own, or a replica identified by its `role`. `login` is a Secret."""

    database: str
    role: str
    source: str
    login: str

    @property
    def name(self) -> str:
        base = names.kubernetes_name(self.database)
        return f"{base}-exporter" if self.role == "primary" else f"{base}-{self.role}-exporter"

    @property
    def pods(self) -> dict[str, str]:
        return {"app.kubernetes.io/name": self.name}


def deployment(scope: Scope, exporter: Exporter) -> apps.v1.DeploymentInitArgs:
    """Returns a Deployment with one pod: if it is moved, two minutes of metrics are missing, which no user notices."""
    return apps.v1.DeploymentInitArgs(
        metadata=_metadata(scope, exporter),
        spec=apps.v1.DeploymentSpecArgs(
            replicas=1,
            selector=meta.v1.LabelSelectorArgs(match_labels=exporter.pods),
            revision_history_limit=3,
            strategy=apps.v1.DeploymentStrategyArgs(type="Recreate"),
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(labels=names.supporting(scope.system, exporter.name)),
                spec=core.v1.PodSpecArgs(
                    automount_service_account_token=False,
                    enable_service_links=False,
                    security_context=pod.security(USER),
                    containers=[_container(scope, exporter)],
                ),
            ),
        ),
    )


def _metadata(scope: Scope, exporter: Exporter) -> meta.v1.ObjectMetaArgs:
    metadata = scope.metadata(exporter.name, exporter.source)
    metadata.labels = names.supporting(scope.system, exporter.name)
    return metadata


def _container(scope: Scope, exporter: Exporter) -> core.v1.ContainerArgs:
    def key(name: str) -> core.v1.EnvVarSourceArgs:
        return core.v1.EnvVarSourceArgs(secret_key_ref=core.v1.SecretKeySelectorArgs(name=exporter.login, key=name))

    alive = core.v1.HTTPGetActionArgs(path="/", port="metrics")
    return core.v1.ContainerArgs(
        name="exporter",
        image=scope.pins.image("postgres-exporter"),
        args=["--collector.stat_statements", "--no-collector.wal", f"--web.listen-address=:{PORT}"],
        env=[
            core.v1.EnvVarArgs(name="PORT", value=str(PORT)),
            core.v1.EnvVarArgs(name="DATA_SOURCE_NAME", value_from=key("url")),
        ],
        ports=[core.v1.ContainerPortArgs(name="metrics", container_port=PORT)],
        resources=pod.resources(SMALL),
        security_context=pod.container_security(),
        readiness_probe=core.v1.ProbeArgs(http_get=alive, period_seconds=10),
        liveness_probe=core.v1.ProbeArgs(http_get=alive, period_seconds=30, failure_threshold=4),
    )
