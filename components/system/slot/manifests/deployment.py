"""The Deployment of a service in a slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi_kubernetes import apps, core, meta

from components.cluster.monitoring.manifests import monitors
from components.manifests import names, pod, priorities
from components.manifests.environment import Variables
from components.manifests.scope import Scope
from components.system.slot.manifests import health_probes
from slipway.settings.services import Service

SCALED = "spec.replicas"
"""Ignored changes of an existing Deployment: with server-side apply the provider then sends the live number of
replicas, or none if the autoscaler owns it."""

ROLLING = apps.v1.DeploymentStrategyArgs(
    type="RollingUpdate", rolling_update=apps.v1.RollingUpdateDeploymentArgs(max_surge="25%", max_unavailable=0)
)


@dataclass(frozen=True)
class Authority:
    """The CA of a server inside the cluster: `ca.crt` of a Secret, mounted at `folder`."""

    name: str
    secret: str
    folder: str

    def volume(self) -> core.v1.VolumeArgs:
        """Returns an optional volume: without it a pod still starts, but does not trust the server and logs so."""
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
    pull_secrets: Sequence[core.v1.LocalObjectReferenceArgs] = (),
    live_only: bool = False,
) -> apps.v1.DeploymentInitArgs:
    """Returns the Deployment. `image` is complete, with registry and tag; `authorities` are CAs of the servers that the
    service connects to. `replicas` applies only at creation, so that a slot starts with its minimum; then only the
    autoscaler changes it (`SCALED`). A singleton has no autoscaler: it is one pod, and never two during an update. With
    `live_only` there are no pods at first, and the controller of releases scales it."""
    selector = names.selector(name, slot)
    labels = {**names.labels(scope.system, name, slot), **identity.labels}
    return apps.v1.DeploymentInitArgs(
        metadata=scope.metadata(
            names.in_slot(name, slot),
            service.source,
            service=name,
            slot=slot,
            annotations={
                **_rolled(variables),
                **_reasons(service),
                **({names.LIVE_ONLY: "true"} if live_only else {}),
            },
        ),
        spec=apps.v1.DeploymentSpecArgs(
            replicas=0 if live_only else pods(service),
            selector=meta.v1.LabelSelectorArgs(match_labels=selector),
            revision_history_limit=3,
            progress_deadline_seconds=service.health.startup_seconds + 300,
            strategy=apps.v1.DeploymentStrategyArgs(type="Recreate") if service.singleton else ROLLING,
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(
                    labels=labels, annotations={"slipway.dev/config": variables.checksum[:16]}
                ),
                spec=_pod(name, slot, service, image, variables, identity, authorities, pull_secrets),
            ),
        ),
    )


def pods(service: Service) -> int:
    """Returns the number of pods that a service starts with."""
    return 1 if service.singleton else service.replicas.minimum


def _rolled(variables: Variables) -> dict[str, str]:
    """Returns the annotation by which Reloader restarts the pods after any change of these Secrets."""
    secrets = sorted({key.secret for key in variables.secret.values()})
    return {"secret.reloader.stakater.com/reload": ",".join(secrets)} if secrets else {}


def _reasons(service: Service) -> dict[str, str]:
    """Returns the declared reasons why the service lacks what others have, for the policy pack."""
    reasons = {names.SINGLETON: service.singleton, names.UNPROBED: service.health.reason}
    return {name: reason for name, reason in reasons.items() if reason}


def _pod(
    name: str,
    slot: str,
    service: Service,
    image: str,
    variables: Variables,
    identity: pod.Identity,
    authorities: Sequence[Authority],
    pull_secrets: Sequence[core.v1.LocalObjectReferenceArgs],
) -> core.v1.PodSpecArgs:
    return core.v1.PodSpecArgs(
        image_pull_secrets=list(pull_secrets) or None,
        priority_class_name=priorities.SERVING,
        service_account_name=name,
        automount_service_account_token=False,
        enable_service_links=False,
        termination_grace_period_seconds=service.drain_seconds + (pod.PROPAGATION_SECONDS if service.exposed else 0),
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
        args=service.args or None,
        ports=[
            core.v1.ContainerPortArgs(name=port, container_port=number)
            for port, number in monitors.ports(service).items()
        ],
        env_from=[
            core.v1.EnvFromSourceArgs(config_map_ref=core.v1.ConfigMapEnvSourceArgs(name=names.in_slot(name, slot))),
            *pod.identity_environment(identity),
        ],
        env=pod.environment(variables),
        resources=pod.resources(service.resources),
        security_context=pod.container_security(),
        volume_mounts=[*pod.scratch_mounts(service.writable), *(authority.mount() for authority in authorities)],
        lifecycle=pod.pre_stop(service.pre_stop) if service.exposed or service.pre_stop else None,
        startup_probe=health_probes.startup(service.health, service.port),
        readiness_probe=health_probes.readiness(service.health, service.port),
        liveness_probe=health_probes.liveness(service.health, service.port),
    )
