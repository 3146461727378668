"""The CronJob of a schedule in a slot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi_kubernetes import batch, core, meta

from components.manifests import names, placement, pod
from components.manifests.environment import Variables
from components.manifests.placement import NodePools
from components.manifests.scope import Scope
from components.system.slot.manifests import companions
from components.system.slot.manifests.companions import Beside
from components.system.slot.manifests.container_files import PodFiles
from components.system.slot.manifests.workload import Authority
from slipway.settings.fields import seconds
from slipway.settings.schedules import Schedule
from slipway.settings.services import Service

SUSPENDED = "spec.suspend"
"""Ignored changes of an existing CronJob where the controller of releases says which slot's runs."""


@dataclass(frozen=True, kw_only=True)
class Scheduled:
    """A schedule in a slot, with what it has of its service."""

    name: str
    slot: str
    schedule: Schedule
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
    """The containers beside that of the service."""
    nodes: NodePools = field(default_factory=NodePools)
    """Nodes of the cluster for services that ask for them: its pods ask as their service's do."""
    suspended: bool = False
    """Whether it does not run: its slot is not live, or the system is closed."""

    @property
    def pods(self) -> Mapping[str, str]:
        """The labels that select its pods, and no pod of the service."""
        return names.selector(self.name, self.slot)


def cron_job(scope: Scope, wanted: Scheduled) -> batch.v1.CronJobInitArgs:
    """Returns the CronJob. Each Job ends by its deadline, and two never run at once."""
    declared = wanted.schedule
    labels = {**names.labels(scope.system, wanted.name, wanted.slot), **wanted.identity.labels}
    return batch.v1.CronJobInitArgs(
        metadata=scope.metadata(
            names.in_slot(wanted.name, wanted.slot),
            declared.source,
            service=wanted.name,
            slot=wanted.slot,
            annotations={names.LIVE_ONLY: "true"},
        ),
        spec=batch.v1.CronJobSpecArgs(
            schedule=declared.schedule,
            time_zone=declared.time_zone,
            suspend=wanted.suspended,
            concurrency_policy=declared.concurrency,
            starting_deadline_seconds=int(seconds(declared.starting_deadline)),
            successful_jobs_history_limit=declared.kept_successes,
            failed_jobs_history_limit=declared.kept_failures,
            job_template=batch.v1.JobTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(labels=labels),
                spec=batch.v1.JobSpecArgs(
                    backoff_limit=declared.retries,
                    active_deadline_seconds=int(seconds(declared.deadline)),
                    pod_failure_policy=pod.disruptions_ignored(),
                    template=core.v1.PodTemplateSpecArgs(
                        metadata=meta.v1.ObjectMetaArgs(labels=labels, annotations=pod.UNDISTURBED),
                        spec=_pod(wanted),
                    ),
                ),
            ),
        ),
    )


def _pod(wanted: Scheduled) -> core.v1.PodSpecArgs:
    service, authorities = wanted.service, wanted.authorities
    mounts = [*pod.scratch_mounts(service.writable), *(authority.mount() for authority in authorities)]
    return core.v1.PodSpecArgs(
        restart_policy="Never",
        affinity=placement.affinity(service.placement, wanted.nodes),
        tolerations=placement.tolerations(service.placement, wanted.nodes),
        image_pull_secrets=list(wanted.pull_secrets) or None,
        service_account_name=wanted.schedule.service,
        automount_service_account_token=False,
        enable_service_links=False,
        security_context=pod.security(service.user),
        volumes=[
            *pod.scratch_volumes(service.writable, service.writable_size),
            *(authority.volume() for authority in authorities),
            *wanted.files.volumes(),
        ],
        init_containers=companions.containers(wanted.companions, wanted.identity, mounts, wanted.files),
        containers=[_container(wanted, [*mounts, *wanted.files.mounts(wanted.schedule.service)])],
    )


def _container(wanted: Scheduled, mounts: Sequence[core.v1.VolumeMountArgs]) -> core.v1.ContainerArgs:
    declared, service = wanted.schedule, wanted.service
    settings = core.v1.ConfigMapEnvSourceArgs(name=names.in_slot(declared.service, wanted.slot))
    return core.v1.ContainerArgs(
        name=wanted.name,
        image=wanted.image,
        command=declared.command or service.command or None,
        args=declared.args or None,
        env_from=[
            core.v1.EnvFromSourceArgs(config_map_ref=settings),
            *pod.identity_environment(wanted.identity),
        ],
        env=pod.environment(wanted.variables),
        resources=pod.resources(declared.resources or service.resources, placement.gpus(service.placement)),
        security_context=pod.container_security(),
        volume_mounts=list(mounts),
    )
