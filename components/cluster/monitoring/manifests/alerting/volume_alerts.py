"""Alerts on services with persistent volumes: the pod, its disks, and their archives."""

from __future__ import annotations

from typing import Any

from components.cluster.monitoring.manifests.alerting import backup_alerts
from components.cluster.monitoring.manifests.alerting.promql import exactly, matching, selector
from components.cluster.monitoring.manifests.alerting.rule import Rule
from components.manifests import names
from slipway.settings.claims import Claim, claims_of
from slipway.settings.databases import Backup, RestoreTest
from slipway.settings.stacks import DeployedSystem

STATEFUL_SET = "(.+)-(blue|green|shared)"
"""Name of a service's StatefulSet, from which service and slot are extracted."""
OVERDUE = "26h"
"""Age of an archive that is too old: a day, and two hours to make one."""


def recordings(deployed: DeployedSystem) -> list[dict[str, Any]]:
    """Returns the recording rules of restore tests."""
    return [
        rule
        for each in _archived(deployed)
        if isinstance(each.declared.restore_test, RestoreTest)
        for rule in backup_alerts.recordings(deployed, names.archive_test(each.name), volume=each.name)
    ]


def _archived(deployed: DeployedSystem) -> list[Claim]:
    return [each for each in claims_of(deployed.definition) if isinstance(each.declared.backup, Backup)]


def alerts(deployed: DeployedSystem) -> list[Rule]:
    """Returns the alerts on each volume, and on all pods with volumes together."""
    claims = claims_of(deployed.definition)
    if not claims:
        return []
    return [
        _down(deployed.namespace),
        _full(deployed.namespace, claims),
        *(rule for each in _archived(deployed) for rule in _backups(deployed, each)),
    ]


def _down(namespace: str) -> Rule:
    sets = matching("statefulset", STATEFUL_SET)
    wanted = selector("kube_statefulset_replicas", sets, namespace=namespace)
    there = selector("kube_statefulset_status_replicas_ready", sets, namespace=namespace)
    by = "max by (namespace, statefulset)"
    down = f"{by} ({there}) == 0 and {by} ({wanted}) > 0"
    for label, part in (("service", "$1"), ("slot", "$2")):
        down = f'label_replace({down}, "{label}", "{part}", "statefulset", "{STATEFUL_SET}")'
    return Rule(
        name="VolumeServiceDown",
        expr=down,
        for_="3m",
        severity="critical",
        summary="{{ $labels.statefulset }} has no pod that serves",
        description="Every request to this service fails. It has one pod, so an update or a drained node is a short outage: "
        "this one lasts longer.",
        steps=(
            "See why: kubectl -n <namespace> describe pod <statefulset>-0, and the events of its claims.",
            "A disk that is still attached to a lost node is freed once Kubernetes knows that the node is gone: delete the Node, "
            "or taint it with node.kubernetes.io/out-of-service.",
        ),
    )


def _full(namespace: str, claims: list[Claim]) -> Rule:
    own = matching("persistentvolumeclaim", exactly(*(each.name for each in claims)))
    free = selector("kubelet_volume_stats_available_bytes", own, namespace=namespace)
    whole = selector("kubelet_volume_stats_capacity_bytes", own, namespace=namespace)
    by = "max by (namespace, persistentvolumeclaim)"
    return Rule(
        name="VolumeAlmostFull",
        expr=f"{by} ({free}) / {by} ({whole}) < 0.1",
        for_="15m",
        summary="{{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} left",
        description="A program that cannot write fails in ways of its own, and may damage what it was writing.",
        steps=(
            "Raise the `size` of the volume and update: the disk grows while the program runs.",
            "Look for what a restore left behind: folders called restored-<time>.",
        ),
    )


def _backups(deployed: DeployedSystem, claim: Claim) -> list[Rule]:
    namespace, job, about = deployed.namespace, names.archive(claim.name), {"volume": claim.name}
    waits = "A pod that stays Pending needs room on the node of the service's pod, where the disk is."
    age = backup_alerts.age(namespace, job)
    rules = [backup_alerts.stale("VolumeBackupTooOld", age, namespace, job, OVERDUE, "archive", about, waits)]
    if isinstance(tested := claim.declared.restore_test, RestoreTest):
        rules += backup_alerts.restore_tests(deployed, names.archive_test(claim.name), tested.every, **about)
    return rules
