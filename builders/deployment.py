"""The Deployment of a service in a slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi_kubernetes import apps, core, meta

from builders import names, pod
from builders.environment import Variables
from builders.scope import Scope
from settings.services import Health, Service


@dataclass(frozen=True)
class Authority:
    """Who signed the certificate of a server inside the cluster: `ca.crt` of a Secret, mounted at `folder`."""

    name: str
    secret: str
    folder: str

    def volume(self) -> core.v1.VolumeArgs:
        """A pod starts without it too: then it does not trust the server, and says so."""
        return core.v1.VolumeArgs(
            name=self.name,
            secret=core.v1.SecretVolumeSourceArgs(
                secret_name=self.secret, optional=True, items=[core.v1.KeyToPathArgs(key="ca.crt", path="ca.crt")]
            ),
        )

    def mount(self) -> core.v1.VolumeMountArgs:
        return core.v1.VolumeMountArgs(name=self.name, mount_path=self.folder, read_only=True)


def deployment(
    scope: Scope,
    *,
    name: str,
    slot: str,
    service: Service,
    image: str,
    variables: Variables,
    identity: pod.Identity,
    authorities: Sequence[Authority] = (),
) -> apps.v1.DeploymentInitArgs:
    """`image` is complete, with registry and tag; `authorities` signed what the service connects to. There is no
    `replicas`: the autoscaler alone decides it."""
    selector = names.selector(name, slot)
    labels = {**names.labels(scope.system, name, slot), **identity.labels}
    return apps.v1.DeploymentInitArgs(
        metadata=scope.metadata(
            names.in_slot(name, slot), service.source, service=name, slot=slot, annotations=_rolled(variables)
        ),
        spec=apps.v1.DeploymentSpecArgs(
            selector=meta.v1.LabelSelectorArgs(match_labels=selector),
            revision_history_limit=3,
            progress_deadline_seconds=service.health.startup_seconds + 300,
            strategy=apps.v1.DeploymentStrategyArgs(
                type="RollingUpdate",
                rolling_update=apps.v1.RollingUpdateDeploymentArgs(max_surge="25%", max_unavailable=0),
            ),
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(
                    labels=labels, annotations={"slipway.dev/config": variables.checksum[:16]}
                ),
                spec=_pod(name, slot, service, image, variables, identity, authorities),
            ),
        ),
    )


def _rolled(variables: Variables) -> dict[str, str]:
    """Reloader rolls the pods when one of these Secrets changes, wherever that was done."""
    secrets = sorted({key.secret for key in variables.secret.values()})
    return {"secret.reloader.stakater.com/reload": ",".join(secrets)} if secrets else {}


def _pod(
    name: str,
    slot: str,
    service: Service,
    image: str,
    variables: Variables,
    identity: pod.Identity,
    authorities: Sequence[Authority],
) -> core.v1.PodSpecArgs:
    return core.v1.PodSpecArgs(
        service_account_name=name,
        automount_service_account_token=False,
        enable_service_links=False,
        termination_grace_period_seconds=service.drain_seconds + pod.PROPAGATION_SECONDS,
        security_context=pod.security(service.user),
        topology_spread_constraints=pod.spread(names.selector(name, slot)),
        volumes=[*pod.scratch_volumes(service.writable), *(authority.volume() for authority in authorities)],
        containers=[_container(name, slot, service, image, variables, identity, authorities)],
    )


def _container(
    name: str,
    slot: str,
    service: Service,
    image: str,
    variables: Variables,
    identity: pod.Identity,
    authorities: Sequence[Authority],
) -> core.v1.ContainerArgs:
    return core.v1.ContainerArgs(
        name=name,
        image=image,
        command=service.command or None,
        ports=[core.v1.ContainerPortArgs(name="http", container_port=service.port)],
        env_from=[
            core.v1.EnvFromSourceArgs(config_map_ref=core.v1.ConfigMapEnvSourceArgs(name=names.in_slot(name, slot))),
            *pod.identity_environment(identity),
        ],
        env=pod.environment(variables),
        resources=pod.resources(service.resources),
        security_context=pod.container_security(),
        volume_mounts=[*pod.scratch_mounts(service.writable), *(authority.mount() for authority in authorities)],
        lifecycle=pod.leaving(),
        startup_probe=_probe(service.health.path, period=5, failures=max(1, service.health.startup_seconds // 5)),
        readiness_probe=_probe(_ready_path(service.health), period=5, failures=3),
        liveness_probe=_probe(service.health.path, period=10, failures=6),
    )


def _ready_path(health: Health) -> str:
    return health.ready_path or health.path


def _probe(path: str, *, period: int, failures: int) -> core.v1.ProbeArgs:
    return core.v1.ProbeArgs(
        http_get=core.v1.HTTPGetActionArgs(path=path, port="http"),
        period_seconds=period,
        timeout_seconds=3,
        failure_threshold=failures,
    )
