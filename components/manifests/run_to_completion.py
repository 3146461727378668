"""A service's program that runs to completion, with the environment and the permissions of that service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi_kubernetes import core

from components.manifests import environment, pod, service_images
from components.manifests.environment import BucketFacts
from components.manifests.versions import Pins
from slipway.settings.services import Resources
from slipway.settings.stacks import DeployedSystem

SMALL = Resources(cpu="50m", memory="64Mi", cpu_limit="500m", memory_limit="256Mi")
"""Resources of a client that waits for a server most of the time."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program and how it runs."""

    image: str
    arguments: Sequence[str]
    user: int
    account: str
    environment: Sequence[core.v1.EnvVarArgs] = ()
    environment_from: Sequence[core.v1.EnvFromSourceArgs] = ()
    resources: Resources = SMALL
    writable: Sequence[str] = ("/tmp",)
    writable_size: str = pod.SCRATCH
    identity: pod.Identity = field(default_factory=pod.Identity)
    pull_secrets: Sequence[core.v1.LocalObjectReferenceArgs] = ()


def of_service(
    deployed: DeployedSystem,
    service: str,
    slot: str,
    *,
    arguments: Sequence[str],
    registry: str,
    pins: Pins,
    buckets: Mapping[str, BucketFacts],
    identity: pod.Identity,
) -> Program:
    """Returns a program of the service's image at the slot's version. Its plain variables are written out, because the
    slot's ConfigMap may not exist yet."""
    declared = deployed.definition.services[service]
    variables = environment.variables(deployed, service, slot, buckets)
    plain = pod.literals({name: environment.unexpanded(value) for name, value in variables.plain.items()})
    return Program(
        image=service_images.of_service(deployed, service, slot, registry=registry, pins=pins),
        arguments=arguments,
        user=declared.user,
        account=service,
        environment=[*plain, *pod.environment(variables)],
        environment_from=pod.identity_environment(identity),
        resources=declared.resources,
        writable=declared.writable,
        writable_size=declared.writable_size,
        identity=identity,
        pull_secrets=service_images.pull_secrets(deployed.name, [declared.image]),
    )


def pod_of(program: Program, container: str) -> core.v1.PodSpecArgs:
    """Returns a pod with the program alone, in a container of this name. It must be idempotent."""
    return core.v1.PodSpecArgs(
        restart_policy="Never",
        service_account_name=program.account,
        automount_service_account_token=False,
        enable_service_links=False,
        security_context=pod.security(program.user),
        image_pull_secrets=list(program.pull_secrets) or None,
        volumes=pod.scratch_volumes(program.writable, program.writable_size),
        containers=[
            core.v1.ContainerArgs(
                name=container,
                image=program.image,
                command=list(program.arguments),
                env=list(program.environment),
                env_from=list(program.environment_from),
                resources=pod.resources(program.resources),
                security_context=pod.container_security(),
                volume_mounts=pod.scratch_mounts(program.writable),
            )
        ],
    )
