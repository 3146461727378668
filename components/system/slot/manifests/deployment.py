"""The Deployment of a service in a slot."""

from __future__ import annotations

from pulumi_kubernetes import apps, meta

from components.manifests import names
from components.manifests.scope import Scope
from components.system.slot.manifests import workload
from components.system.slot.manifests.workload import Workload
from slipway.settings.services import Service

SCALED = "spec.replicas"
"""Ignored changes of an existing Deployment: with server-side apply the provider then sends the live number of
replicas, or none if the autoscaler owns it."""

ROLLING = apps.v1.DeploymentStrategyArgs(
    type="RollingUpdate", rolling_update=apps.v1.RollingUpdateDeploymentArgs(max_surge="25%", max_unavailable=0)
)


def deployment(scope: Scope, wanted: Workload, *, live_only: bool = False) -> apps.v1.DeploymentInitArgs:
    """Returns the Deployment. `replicas` applies only at creation, so that a slot starts with its minimum; then only the
    autoscaler changes it (`SCALED`). A singleton has no autoscaler: it is one pod, and never two during an update; nor
    have fixed replicas. With `live_only` there are no pods at first, and the controller of releases scales it."""
    own = {
        **({names.LIVE_ONLY: "true"} if live_only else {}),
        **({names.FIXED: "true", names.FORCE: "true"} if _is_fixed(wanted.service) and not live_only else {}),
    }
    return apps.v1.DeploymentInitArgs(
        metadata=workload.metadata(scope, wanted, own),
        spec=apps.v1.DeploymentSpecArgs(
            replicas=0 if live_only or _starts_without_pods(wanted.service) else pods(wanted.service),
            selector=meta.v1.LabelSelectorArgs(match_labels=wanted.selector),
            revision_history_limit=3,
            progress_deadline_seconds=wanted.startup_seconds + 300,
            strategy=apps.v1.DeploymentStrategyArgs(type="Recreate") if wanted.service.singleton else ROLLING,
            template=workload.template(scope, wanted),
        ),
    )


def pods(service: Service) -> int:
    """Returns the number of pods that a service starts with."""
    return 1 if service.singleton else service.replicas.fewest


def is_scaled(service: Service) -> bool:
    """Returns whether an autoscaler chooses the number of pods."""
    return not service.singleton and not _is_fixed(service)


def _starts_without_pods(service: Service) -> bool:
    """Returns whether KEDA starts the first pod: it pauses what runs in the live slot alone in the other."""
    return service.live_only and bool(service.replicas.triggers)


def _is_fixed(service: Service) -> bool:
    return service.replicas.fixed is not None
