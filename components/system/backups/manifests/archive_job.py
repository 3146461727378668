"""Jobs that pack a volume into the bucket each night, that restore an archive as a test, and that unpack one on demand.

All run as the service's user, who may read its files. A disk has one node, so what mounts it runs where the service's pod
runs; a test has a disk of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_kubernetes import batch, core, meta

from components.manifests import names, pod
from components.manifests.scope import Scope
from components.system.backups.manifests import common_job, script
from components.system.backups.manifests.backup_job import NEWEST
from components.system.backups.manifests.dump_pod import MAX_AGE_HOURS, RCLONE
from components.system.backups.manifests.rclone import REMOTE, Store, remote
from components.system.backups.manifests.retention import BUCKET

HOUR, TEST_HOUR = 3, 5
"""Hours in UTC. Chosen: after the dumps of databases, which most of the load on nodes and buckets comes from; an archive is
tested two hours after it was made, or later in the week."""
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
    storage_class: str | None
    """The class of the disk; None for the cluster's default."""
    tested: common_job.Every | None
    """How often an archive is restored as a test."""
    store: Store
    identity: pod.Identity


def nightly(scope: Scope, archives: Archives) -> batch.v1.CronJobInitArgs:
    """Returns the nightly CronJob. The alert on old backups reads the time of its last success."""
    name = names.archive(archives.claim)
    schedule = common_job.schedule(scope, archives.claim, HOUR, "day")
    template = _template(scope, archives, name, _container(scope, archives, "archive", writes=False))
    return common_job.cron_job(scope, archives.source, name, schedule, common_job.job(template, tries=2))


def restore_test(scope: Scope, archives: Archives, every: common_job.Every) -> batch.v1.CronJobInitArgs:
    """Returns the CronJob of restore tests, without retries: the alert on failed tests reads every failure."""
    name = names.archive_test(archives.claim)
    schedule = common_job.schedule(scope, archives.claim, TEST_HOUR, every)
    container = _container(scope, archives, "retest", writes=True, MAX_AGE_HOURS=str(MAX_AGE_HOURS))
    template = _template(scope, archives, name, container, temporary=True)
    return common_job.cron_job(scope, archives.source, name, schedule, common_job.job(template, tries=1))


def unpack_template(scope: Scope, archives: Archives) -> batch.v1.CronJobInitArgs:
    """Returns a suspended CronJob that unpacks an archive beside the files in use: `slipway restore --volume` and `kubectl
    create job --from=cronjob/…` start one."""
    name = names.unpacking(archives.claim)
    template = _template(scope, archives, name, _container(scope, archives, "unpack", writes=True, AT=NEWEST))
    return common_job.cron_job(
        scope, archives.source, name, "0 0 1 1 *", common_job.job(template, tries=1), suspend=True
    )


def _template(
    scope: Scope, archives: Archives, name: str, container: core.v1.ContainerArgs, *, temporary: bool = False
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
            affinity=None if temporary else _beside(archives.pods),
            volumes=[
                _temporary(archives) if temporary else _mounted(archives),
                core.v1.VolumeArgs(name="scripts", config_map=core.v1.ConfigMapVolumeSourceArgs(name=script.NAME)),
                *pod.scratch_volumes(["/tmp", "/work"]),
            ],
            containers=[container],
        ),
    )


def _mounted(archives: Archives) -> core.v1.VolumeArgs:
    source = core.v1.PersistentVolumeClaimVolumeSourceArgs(claim_name=archives.claim)
    return core.v1.VolumeArgs(name="volume", persistent_volume_claim=source)


def _temporary(archives: Archives) -> core.v1.VolumeArgs:
    """Returns an empty disk like the volume's, which is deleted with the pod: the node's own may be smaller."""
    spec = core.v1.PersistentVolumeClaimSpecArgs(
        access_modes=["ReadWriteOnce"],
        storage_class_name=archives.storage_class,
        resources=core.v1.VolumeResourceRequirementsArgs(requests={"storage": f"{archives.size}Gi"}),
    )
    template = core.v1.PersistentVolumeClaimTemplateArgs(spec=spec)
    source = core.v1.EphemeralVolumeSourceArgs(volume_claim_template=template)
    return core.v1.VolumeArgs(name="volume", ephemeral=source)


def _beside(pods: Mapping[str, str]) -> core.v1.AffinityArgs:
    """Requires the node of the service's pod, on which the disk is; without such a pod the Job waits, and fails at its
    deadline."""
    term = core.v1.PodAffinityTermArgs(
        label_selector=meta.v1.LabelSelectorArgs(match_labels=dict(pods)), topology_key="kubernetes.io/hostname"
    )
    return core.v1.AffinityArgs(
        pod_affinity=core.v1.PodAffinityArgs(required_during_scheduling_ignored_during_execution=[term])
    )


def _container(scope: Scope, archives: Archives, program: str, *, writes: bool, **more: str) -> core.v1.ContainerArgs:
    """Returns a container that runs the script of its name."""
    sized = {f"{REMOTE}CHUNK_SIZE": _part(archives.size)}
    environment = {"DATABASE": archives.claim, **remote(archives.store), **sized, **more}
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
