"""Jobs that pack a volume into the bucket each night, and that unpack it on demand.

A disk has one node, so their pods run where the service's pod runs, and with its user, who may read its files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_kubernetes import batch, core, meta

from components.manifests import names, pod
from components.manifests.scope import Scope
from components.system.backups.manifests import common_job, script
from components.system.backups.manifests.dump_pod import RCLONE
from components.system.backups.manifests.rclone import REMOTE, Store, remote
from components.system.backups.manifests.retention import BUCKET

HOUR = 3
"""Hour in UTC. Chosen: after the dumps of databases, which most of the load on nodes and buckets comes from."""
PARTS = 10_000
"""Most parts of an upload. Source: rclone's documentation of `chunk_size`; the least of all stores."""
LEAST_PART = 5
"""MiB of a part at least. Source: rclone's documentation of `chunk_size`; the most of all stores."""


@dataclass(frozen=True, kw_only=True)
class Archives:
    """The archives of one volume."""

    claim: str
    source: str
    size: int
    """GiB of the disk."""
    user: int
    pods: Mapping[str, str]
    """Labels of the pod that mounts it."""
    store: Store
    identity: pod.Identity


def nightly(scope: Scope, archives: Archives) -> batch.v1.CronJobInitArgs:
    """Returns the nightly CronJob. The alert on old backups reads the time of its last success."""
    name = names.archive(archives.claim)
    schedule = f"{common_job.spread(scope, archives.claim, 60)} {HOUR} * * *"
    template = _template(scope, archives, name, "archive", writes=False)
    return common_job.cron_job(scope, archives.source, name, schedule, common_job.job(template, tries=2))


def unpack_template(scope: Scope, archives: Archives) -> batch.v1.CronJobInitArgs:
    """Returns a suspended CronJob that unpacks an archive beside the files in use: `kubectl create job --from=cronjob/…`
    starts one."""
    name = names.unpacking(archives.claim)
    template = _template(scope, archives, name, "unpack", writes=True)
    return common_job.cron_job(
        scope, archives.source, name, "0 0 1 1 *", common_job.job(template, tries=1), suspend=True
    )


def _template(
    scope: Scope, archives: Archives, name: str, program: str, *, writes: bool
) -> core.v1.PodTemplateSpecArgs:
    return core.v1.PodTemplateSpecArgs(
        metadata=meta.v1.ObjectMetaArgs(
            labels={**names.supporting(scope.system, name), **archives.identity.labels},
            annotations={**names.source_annotation(archives.source), **pod.UNDISTURBED},
        ),
        spec=core.v1.PodSpecArgs(
            restart_policy="Never",
            service_account_name=BUCKET,
            automount_service_account_token=False,
            enable_service_links=False,
            security_context=pod.security(archives.user, keeps_files=True),
            affinity=_beside(archives.pods),
            volumes=[
                core.v1.VolumeArgs(
                    name="volume",
                    persistent_volume_claim=core.v1.PersistentVolumeClaimVolumeSourceArgs(claim_name=archives.claim),
                ),
                core.v1.VolumeArgs(name="scripts", config_map=core.v1.ConfigMapVolumeSourceArgs(name=script.NAME)),
                *pod.scratch_volumes(["/tmp", "/work"]),
            ],
            containers=[_container(scope, archives, program, writes=writes)],
        ),
    )


def _beside(pods: Mapping[str, str]) -> core.v1.AffinityArgs:
    """Requires the node of the service's pod, on which the disk is; without such a pod the Job waits, and fails at its
    deadline."""
    term = core.v1.PodAffinityTermArgs(
        label_selector=meta.v1.LabelSelectorArgs(match_labels=dict(pods)), topology_key="kubernetes.io/hostname"
    )
    return core.v1.AffinityArgs(
        pod_affinity=core.v1.PodAffinityArgs(required_during_scheduling_ignored_during_execution=[term])
    )


def _container(scope: Scope, archives: Archives, program: str, *, writes: bool) -> core.v1.ContainerArgs:
    environment = {"DATABASE": archives.claim, **remote(archives.store), f"{REMOTE}CHUNK_SIZE": _part(archives.size)}
    return core.v1.ContainerArgs(
        name=program,
        image=scope.pins.image("rclone"),
        command=["sh", f"/scripts/{program}.sh"],
        env=pod.literals(environment),
        env_from=pod.identity_environment(archives.identity),
        resources=pod.resources(RCLONE),
        security_context=pod.container_security(),
        volume_mounts=[
            core.v1.VolumeMountArgs(name="volume", mount_path="/volume", read_only=None if writes else True),
            core.v1.VolumeMountArgs(name="scripts", mount_path="/scripts", read_only=True),
            *pod.scratch_mounts(["/tmp", "/work"]),
        ],
    )


def _part(size: int) -> str:
    """Returns the size of a part, with which a stream as large as the disk is not too many of them: rclone cannot know
    how long it will be."""
    return f"{max(LEAST_PART, -(-size * 1024 * 11 // (PARTS * 10)))}Mi"
