"""The pods of a service in a slot, or outside of both: what Deployments and StatefulSets have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi_kubernetes import core, meta

from components.cluster.monitoring.manifests import monitors
from components.manifests import names, placement, pod, priorities
from components.manifests.environment import Variables
from components.manifests.placement import NodePools
from components.manifests.scope import Scope
from components.system.slot.manifests import companions, health_probes
from components.system.slot.manifests.companions import Beside
from components.system.slot.manifests.container_files import PodFiles
from slipway.settings.services import Service


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


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A service in a slot, or outside of both, with what only that place knows."""

    name: str
    slot: str
    service: Service
    image: str
    """Complete, with registry and tag."""
    variables: Variables
    identity: pod.Identity
    files: PodFiles
    authorities: Sequence[Authority] = ()
    """CAs of the servers that the service connects to."""
    pull_secrets: Sequence[core.v1.LocalObjectReferenceArgs] = ()
    companions: Sequence[Beside] = ()
    nodes: NodePools = placement.USUAL_NODES
    """Nodes of the cluster for services that ask for them."""

    @property
    def object_name(self) -> str:
        return names.in_slot(self.name, self.slot)

    @property
    def selector(self) -> dict[str, str]:
        return names.selector(self.name, self.slot)

    @property
    def claims(self) -> dict[str, str]:
        """Returns the claims of its volumes, by their names in the definition."""
        return {each: names.claim(self.name, self.slot, each) for each in self.service.volumes}

    @property
    def startup_seconds(self) -> int:
        """Returns the maximum start-up time of a pod: sidecars start before the service, one after the other."""
        return sum(each.health.startup_seconds for each in (self.service, *self.service.sidecars.values()))

    @property
    def annotations(self) -> dict[str, str]:
        """Returns the annotation by which Reloader restarts the pods after any change of these Secrets, and the declared
        reasons why the service lacks what others have, for the policy pack."""
        variables = [self.variables, *(each.variables for each in self.companions)]
        secrets = sorted({*self.files.secrets, *(key.secret for each in variables for key in each.secret.values())})
        reasons = {names.SINGLETON: self.service.singleton, names.UNPROBED: self.service.health.reason}
        return {
            **({"secret.reloader.stakater.com/reload": ",".join(secrets)} if secrets else {}),
            **{name: reason for name, reason in reasons.items() if reason},
        }


def metadata(scope: Scope, wanted: Workload, annotations: Mapping[str, str] = {}) -> meta.v1.ObjectMetaArgs:
    return scope.metadata(
        wanted.object_name,
        wanted.service.source,
        service=wanted.name,
        slot=wanted.slot,
        annotations={**wanted.annotations, **annotations},
    )


def template(scope: Scope, wanted: Workload) -> core.v1.PodTemplateSpecArgs:
    """Returns the pods. They carry checksums of their settings and files, so that a change restarts them."""
    return core.v1.PodTemplateSpecArgs(
        metadata=meta.v1.ObjectMetaArgs(
            labels={**names.labels(scope.system, wanted.name, wanted.slot), **wanted.identity.labels},
            annotations={"slipway.dev/config": wanted.variables.checksum[:16], **wanted.files.checksum},
        ),
        spec=_pod(wanted),
    )


def _pod(wanted: Workload) -> core.v1.PodSpecArgs:
    service = wanted.service
    mounts = [
        *pod.scratch_mounts(service.writable),
        *(authority.mount() for authority in wanted.authorities),
        *_kept_mounts(service),
    ]
    return core.v1.PodSpecArgs(
        image_pull_secrets=list(wanted.pull_secrets) or None,
        priority_class_name=priorities.OF[service.priority],
        affinity=placement.affinity(service.placement, wanted.nodes),
        tolerations=placement.tolerations(service.placement, wanted.nodes),
        service_account_name=wanted.name,
        automount_service_account_token=False,
        enable_service_links=False,
        termination_grace_period_seconds=service.drain_seconds + (pod.PROPAGATION_SECONDS if service.exposed else 0),
        security_context=pod.security(service.user, keeps_files=bool(service.volumes)),
        topology_spread_constraints=pod.spread(wanted.selector),
        volumes=[
            *pod.scratch_volumes(service.writable, service.writable_size),
            *(authority.volume() for authority in wanted.authorities),
            *_kept_volumes(wanted),
            *wanted.files.volumes(),
        ],
        init_containers=companions.containers(wanted.companions, wanted.identity, mounts, wanted.files),
        containers=[_container(wanted, [*mounts, *wanted.files.mounts(wanted.name)])],
    )


def _kept_volumes(wanted: Workload) -> list[core.v1.VolumeArgs]:
    return [
        core.v1.VolumeArgs(
            name=f"volume-{name}",
            persistent_volume_claim=core.v1.PersistentVolumeClaimVolumeSourceArgs(claim_name=claim),
        )
        for name, claim in wanted.claims.items()
    ]


def _kept_mounts(service: Service) -> list[core.v1.VolumeMountArgs]:
    return [
        core.v1.VolumeMountArgs(name=f"volume-{name}", mount_path=each.mount_path)
        for name, each in service.volumes.items()
    ]


def _container(wanted: Workload, mounts: Sequence[core.v1.VolumeMountArgs]) -> core.v1.ContainerArgs:
    service = wanted.service
    return core.v1.ContainerArgs(
        name=wanted.name,
        image=wanted.image,
        command=service.command or None,
        args=service.args or None,
        ports=[
            core.v1.ContainerPortArgs(name=port, container_port=number)
            for port, number in monitors.ports(service).items()
        ],
        env_from=[
            core.v1.EnvFromSourceArgs(config_map_ref=core.v1.ConfigMapEnvSourceArgs(name=wanted.object_name)),
            *pod.identity_environment(wanted.identity),
        ],
        env=pod.environment(wanted.variables),
        resources=pod.resources(service.resources, placement.gpus(service.placement)),
        security_context=pod.container_security(),
        volume_mounts=list(mounts),
        lifecycle=pod.lifecycle(
            exposed=bool(service.exposed), post_start=service.post_start, pre_stop=service.pre_stop
        ),
        startup_probe=health_probes.startup(service.health, service.port),
        readiness_probe=health_probes.readiness(service.health, service.port),
        liveness_probe=health_probes.liveness(service.health, service.port),
    )
