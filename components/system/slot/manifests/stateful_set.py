"""The StatefulSet of a service with volumes, in a slot or outside of both, and its claims."""

from __future__ import annotations

from pulumi_kubernetes import apps, core, meta, policy

from components.manifests import names
from components.manifests.scope import Scope
from components.system.slot.manifests import workload
from components.system.slot.manifests.workload import Workload
from slipway.settings.databases import Backup
from slipway.settings.volumes import Volume


def stateful_set(scope: Scope, wanted: Workload) -> apps.v1.StatefulSetInitArgs:
    """Returns a StatefulSet of one pod, because it never has two with the same name: not in an update, and not while
    nobody knows whether a lost node still runs the first. Its claims are objects of their own, so that they grow in place
    and stay when it is deleted. By `Parallel` a pod that never became ready is replaced by the next template, which
    otherwise waits for ever: https://github.com/kubernetes/kubernetes/issues/67250."""
    return apps.v1.StatefulSetInitArgs(
        metadata=workload.metadata(scope, wanted),
        spec=apps.v1.StatefulSetSpecArgs(
            service_name=wanted.object_name,
            replicas=1,
            selector=meta.v1.LabelSelectorArgs(match_labels=wanted.selector),
            pod_management_policy="Parallel",
            revision_history_limit=3,
            update_strategy=apps.v1.StatefulSetUpdateStrategyArgs(type="RollingUpdate"),
            template=workload.template(scope, wanted),
        ),
    )


def claim(
    scope: Scope, *, service: str, slot: str, volume: str, declared: Volume, storage_class: str | None
) -> core.v1.PersistentVolumeClaimInitArgs:
    """Returns the claim of a volume. Pulumi does not wait for it: most disks are made in the zone of the first pod."""
    days = declared.backup.retention_days if isinstance(declared.backup, Backup) else "none"
    reason = {names.UNSAVED: declared.reason} if declared.reason else {}
    return core.v1.PersistentVolumeClaimInitArgs(
        metadata=scope.metadata(
            names.claim(service, slot, volume),
            declared.source,
            service=service,
            slot=slot,
            annotations={names.BACKUP_RETENTION: str(days), **reason, names.SKIP_AWAIT: "true"},
        ),
        spec=core.v1.PersistentVolumeClaimSpecArgs(
            access_modes=["ReadWriteOnce"],
            storage_class_name=storage_class,
            resources=core.v1.VolumeResourceRequirementsArgs(requests={"storage": f"{declared.size}Gi"}),
        ),
    )


def disruption_budget(scope: Scope, wanted: Workload) -> policy.v1.PodDisruptionBudgetInitArgs:
    """Returns a budget that lets the pod be evicted, so that its node can be drained: it starts again on another one, with
    its disks."""
    return policy.v1.PodDisruptionBudgetInitArgs(
        metadata=scope.metadata(wanted.object_name, wanted.service.source, service=wanted.name, slot=wanted.slot),
        spec=policy.v1.PodDisruptionBudgetSpecArgs(
            selector=meta.v1.LabelSelectorArgs(match_labels=wanted.selector),
            max_unavailable=1,
            unhealthy_pod_eviction_policy="AlwaysAllow",
        ),
    )
