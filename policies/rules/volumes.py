"""Persistent volumes are backed up or say why not, are on encrypted disks, and stay when their pods go."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from pulumi_policy import Severity

from adapters import clouds
from adapters.cluster_objects import Match, refers, same_text, unknown_between
from adapters.containers import WORKLOADS, pod_of
from adapters.encrypted_types import STORAGE_CLASS
from adapters.restore_tests import CRON_JOB, RestoreTests, named_after
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule

CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
CLASS_KEY = "storageClass"
"""Key of a volume with the class of its disk."""
BUILT_IN = frozenset(clouds.types(lambda cloud: cloud.disk_classes))
"""Classes that a cloud's cluster has from the start, all of them encrypted."""


@stack_rule(
    Declaration(
        name="volume-backups",
        description="Every persistent volume is backed up by a CronJob, or says why it need not be.",
        why="A lost or damaged disk can only be restored from a backup",
        clauses=("runbooks: database backups", "NIST CSF 2.0 PR.DS-11"),
        types=(CLAIM, CRON_JOB),
        severity=Severity.CRITICAL,
        schema={
            "minimumRetentionDays": {
                "type": "integer",
                "minimum": 1,
                "maximum": 3650,
                "default": 7,
                "description": "Minimum retention of backups of volumes, in days.",
            }
        },
    )
)
def volume_backups(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check each claim with the CronJobs that mount it."""
    jobs = _mounting(resources)
    for claim in (each for each in resources if each.type == CLAIM):
        declared = claim.annotation("backup-retention")
        if declared.unknown:
            verdict.undecided(claim, declared, "backup")
        elif declared.text == "none":
            _evaluate_reason(claim, verdict)
        elif not re.fullmatch(r"\d{1,4}", declared.text or ""):
            problem = f"has no backup: {declared.path} is neither a number of days nor none"
            verdict.violated(claim, problem, "backup.retentionDays")
        elif int(declared.text or "") < (least := int(settings["minimumRetentionDays"])):
            problem = f"retains backups for {int(declared.text or '')} days, fewer than the {least} required"
            verdict.violated(claim, problem, "backup.retentionDays", least)
        else:
            _evaluate_jobs(claim, jobs, verdict)


def _evaluate_reason(claim: Resource, verdict: Verdict) -> None:
    reason = claim.annotation("unsaved")
    if reason.unknown:
        verdict.undecided(claim, reason, "reason")
    elif not (reason.text or "").strip():
        verdict.violated(claim, "is declared without a backup, and without the reason", "reason")


Mounts = Mapping[str | None, Sequence[tuple[Resource, Property]]]
"""CronJobs and their references to claims, by the claim's name; None for names that are not known."""


def _mounting(resources: Sequence[Resource]) -> Mounts:
    """Return the CronJobs that run, by the claims that they mount."""
    found: dict[str | None, list[tuple[Resource, Property]]] = defaultdict(list)
    for job in (each for each in resources if each.type == CRON_JOB):
        if job["spec"]["suspend"].value is True:
            continue
        pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        volumes = [pod] if pod.unknown else list(pod["volumes"].elements())
        for volume in volumes:
            named = volume["persistentVolumeClaim"]["claimName"]
            if named.present:
                found[named.text].append((job, named))
    return found


def _evaluate_jobs(claim: Resource, jobs: Mounts, verdict: Verdict) -> None:
    name = claim["metadata"]["name"].text
    candidates = [*jobs.get(name, ()), *(jobs.get(None, ()) if name else ())]
    if name is None:
        candidates = [each for found in jobs.values() for each in found]
    matches = [(refers(job, named, claim), job, named) for job, named in candidates]
    match, job, named = max(matches, key=lambda each: each[0], default=(Match.NO, claim, claim.properties))
    if match is Match.MAYBE:
        verdict.undecided(claim, unknown_between(job, named, claim), "backup")
    elif match is Match.NO:
        verdict.violated(claim, "has no backup: no CronJob that runs mounts it", "backup")


@stack_rule(
    Declaration(
        name="volume-restore-tests",
        description="Every persistent volume with a backup has a scheduled restore test.",
        why="A backup that was never restored may be unusable",
        clauses=("runbook: marketplace, 11.1", "NIST CSF 2.0 PR.DS-11"),
        types=(CLAIM, CRON_JOB),
        severity=Severity.HIGH,
    )
)
def volume_restore_tests(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each claim with the CronJobs that depend on it, or that stand beside it as `<claim>-restore-test`. One without a
    backup has nothing to restore."""
    tests = RestoreTests(resources)
    for claim in (each for each in resources if each.type == CLAIM):
        declared = claim.annotation("backup-retention")
        if declared.text == "none":
            continue
        found = tests.of(claim.urn, named_after(claim))
        match, decisive = max(found, key=lambda each: each[0], default=(Match.NO, None))
        if match is Match.YES:
            continue
        unknown = decisive if match is Match.MAYBE else declared if declared.unknown else None
        if unknown is not None:
            verdict.undecided(claim, unknown, "restoreTest")
        else:
            verdict.violated(claim, "has no restore test", "restoreTest")


@stack_rule(
    Declaration(
        name="volume-encryption",
        description="Every persistent volume, of a template too, names a StorageClass whose disks are known to be encrypted.",
        why="Otherwise anyone who gets hold of a disk or of its snapshot can read it",
        clauses=("runbook: marketplace, 2.2",),
        types=(CLAIM, STORAGE_CLASS, *WORKLOADS),
        severity=Severity.HIGH,
        schema={
            "encryptedClasses": {
                "type": "array",
                "items": {"type": "string"},
                "default": [],
                "description": "StorageClasses that the owner of a cluster has made, with encrypted disks.",
            }
        },
    )
)
def volume_encryption(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check the class of each claim: one of the plan, which `encryption-at-rest` judges, one of a cloud, or one that the
    stack knows."""
    trusted = BUILT_IN | set(settings["encryptedClasses"])
    classes = [each for each in resources if each.type == STORAGE_CLASS]
    for maker, spec in _claimed(resources):
        named = spec["storageClassName"]
        found = [same_text(named, each["metadata"]["name"]) for each in classes if _same_cluster(maker, each)]
        key = CLASS_KEY if maker.type == CLAIM else ""
        if named.unknown:
            verdict.undecided(maker, named, key)
        elif not named.text:
            problem = "takes the cluster's default StorageClass, and nothing says that its disks are encrypted"
            verdict.violated(maker, f"{problem}: {named.path} is not set", key)
        elif named.text not in trusted and Match.YES not in found:
            problem = "names a StorageClass that is not in the plan, and nothing says that its disks are encrypted"
            verdict.violated(maker, f"{problem}: {named.path}", key)


def _claimed(resources: Sequence[Resource]) -> Iterator[tuple[Resource, Property]]:
    """Yield claims, and the templates from which workloads make some: of a StatefulSet, and of volumes that end with their
    pod. What is not known yet is yielded itself."""
    for each in resources:
        if each.type == CLAIM:
            yield each, each["spec"]
        if each.type == STATEFUL_SET:
            yield from ((each, template["spec"]) for template in _listed(each["spec"]["volumeClaimTemplates"]))
        if each.type in WORKLOADS:
            for volume in _listed(pod_of(each)["volumes"]):
                made = volume["ephemeral"]
                if made.present:
                    yield each, made["volumeClaimTemplate"]["spec"]


def _listed(found: Property) -> Iterator[Property]:
    """Yield the elements of a list, or itself while it is not known."""
    yield from [found] if found.unknown else found.elements()


def _same_cluster(claim: Resource, storage: Resource) -> bool:
    """Return whether both are made by the same provider, or the claim by one for a part of the same cluster: `main` and
    `main-systems`."""
    own, other = (each.provider.rpartition("::")[2] for each in (claim, storage))
    return own == other or own.startswith(f"{other}-")


@resource_rule(
    Declaration(
        name="volume-retention",
        description="No StatefulSet deletes the volumes of its pods.",
        why="A renamed or scaled StatefulSet would take its data along",
        clauses=("runbooks: never drop what holds data without a verified backup", "Kubernetes: StatefulSets"),
        types=(STATEFUL_SET,),
        severity=Severity.CRITICAL,
    )
)
def volume_retention(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check the retention policy, which Kubernetes has as Retain where it is not set."""
    policy = resource["spec"]["persistentVolumeClaimRetentionPolicy"]
    for found in [policy] if policy.unknown else [policy[key] for key in ("whenDeleted", "whenScaled")]:
        if found.unknown:
            verdict.undecided(resource, found)
        elif found.present and found.text != "Retain":
            verdict.violated(resource, f"deletes the volumes of its pods: {found.path} is not Retain")
