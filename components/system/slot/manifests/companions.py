"""The containers beside the one of a service: sidecars, and programs that end before it starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi_kubernetes import core

from components.manifests import environment, pod, service_images
from components.manifests.environment import BucketFacts, Variables
from components.manifests.versions import Pins
from components.system.slot.manifests import health_probes
from components.system.slot.manifests.container_files import PodFiles
from slipway.settings.containers import Companion, Sidecar
from slipway.settings.references import FromBucket, references
from slipway.settings.stacks import DeployedSystem


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A container of a pod, with what only its slot knows."""

    name: str
    declared: Companion
    image: str
    """Complete, with registry and tag."""
    variables: Variables

    @property
    def uses_identity(self) -> bool:
        """Whether it uses the pod's cloud identity, where that is keys in a Secret."""
        return any(isinstance(each, FromBucket) for each in references(self.declared.environment.values()))


def of_service(
    deployed: DeployedSystem,
    service: str,
    slot: str,
    *,
    registry: str,
    pins: Pins,
    buckets: Mapping[str, BucketFacts],
) -> list[Beside]:
    """Returns the containers beside that of `service` in a slot that has a version, in the order in which they start."""
    declared = deployed.definition.services[service]
    version = deployed.deployment.slot(slot).version_of(service)
    return [
        Beside(
            name=name,
            declared=each,
            image=service_images.reference(each.image or declared.image, registry=registry, version=version, pins=pins),
            variables=environment.variables_of(deployed, service, slot, each.environment, buckets),
        )
        for name, each in declared.companions.items()
    ]


def containers(
    companions: Sequence[Beside], identity: pod.Identity, mounts: Sequence[core.v1.VolumeMountArgs], files: PodFiles
) -> list[core.v1.ContainerArgs] | None:
    """Returns them as init containers, of which Kubernetes keeps those running that always restart; None without any.
    They share the folders of the pod, and have their own files."""
    return [_container(each, identity, [*mounts, *files.mounts(each.name)]) for each in companions] or None


def _container(
    beside: Beside, identity: pod.Identity, mounts: Sequence[core.v1.VolumeMountArgs]
) -> core.v1.ContainerArgs:
    declared = beside.declared
    health = declared.health if isinstance(declared, Sidecar) else None
    plain = {name: environment.unexpanded(value) for name, value in beside.variables.plain.items()}
    return core.v1.ContainerArgs(
        name=beside.name,
        image=beside.image,
        restart_policy="Always" if health else None,
        command=declared.command or None,
        args=declared.args or None,
        env_from=pod.identity_environment(identity) if beside.uses_identity else None,
        env=[*pod.literals(plain), *pod.environment(beside.variables)],
        resources=pod.resources(declared.resources),
        security_context=pod.container_security(declared.user),
        volume_mounts=list(mounts),
        startup_probe=health_probes.startup(health, None) if health else None,
        readiness_probe=health_probes.readiness(health, None) if health else None,
        liveness_probe=health_probes.liveness(health, None) if health else None,
    )
