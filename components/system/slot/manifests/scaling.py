"""A service's autoscaler and disruption budget."""

from __future__ import annotations

from pulumi_kubernetes import autoscaling, meta, policy

from components.manifests import names
from components.manifests.scope import Scope
from slipway.settings.services import Replicas


def autoscaler(
    scope: Scope, *, name: str, slot: str, source: str, replicas: Replicas
) -> autoscaling.v2.HorizontalPodAutoscalerInitArgs:
    """Returns an autoscaler on CPU and memory between the declared bounds; it scales down slowly, because load comes in
    waves."""
    target = names.in_slot(name, slot)
    return autoscaling.v2.HorizontalPodAutoscalerInitArgs(
        metadata=scope.metadata(target, source, service=name, slot=slot),
        spec=autoscaling.v2.HorizontalPodAutoscalerSpecArgs(
            scale_target_ref=autoscaling.v2.CrossVersionObjectReferenceArgs(
                api_version="apps/v1", kind="Deployment", name=target
            ),
            min_replicas=replicas.minimum,
            max_replicas=replicas.maximum,
            metrics=_metrics(replicas),
            behavior=autoscaling.v2.HorizontalPodAutoscalerBehaviorArgs(
                scale_down=autoscaling.v2.HPAScalingRulesArgs(stabilization_window_seconds=300)
            ),
        ),
    )


def _metrics(replicas: Replicas) -> list[autoscaling.v2.MetricSpecArgs]:
    targets = {"cpu": replicas.cpu_percent, "memory": replicas.memory_percent}
    return [
        autoscaling.v2.MetricSpecArgs(
            type="Resource",
            resource=autoscaling.v2.ResourceMetricSourceArgs(
                name=resource,
                target=autoscaling.v2.MetricTargetArgs(type="Utilization", average_utilization=percent),
            ),
        )
        for resource, percent in targets.items()
    ]


def disruption_budget(
    scope: Scope, *, name: str, slot: str, source: str, replicas: Replicas
) -> policy.v1.PodDisruptionBudgetInitArgs:
    """Returns a budget by which one healthy pod at a time may be evicted, and unhealthy ones always, so that a node can
    be drained."""
    return policy.v1.PodDisruptionBudgetInitArgs(
        metadata=scope.metadata(
            names.in_slot(name, slot), source, service=name, slot=slot, annotations=_at_least(replicas.fewest)
        ),
        spec=policy.v1.PodDisruptionBudgetSpecArgs(
            selector=meta.v1.LabelSelectorArgs(match_labels=names.selector(name, slot)),
            max_unavailable=1,
            unhealthy_pod_eviction_policy="AlwaysAllow",
        ),
    )


def _at_least(minimum: int) -> dict[str, str]:
    """Returns an annotation by which `pulumi up` waits for as many healthy pods as the autoscaler's minimum, which only
    the budget's status counts. The provider does not wait for an autoscaler, so visitors would arrive before the pods
    of a raised minimum. A Deployment scaled to zero by hand is not waited for. The expression has no `>=`: the provider
    takes its `=` for the end of the path."""
    healthy = f"@.currentHealthy > {minimum - 1} || @.expectedPods == 0"
    return {names.WAIT_FOR: f"jsonpath={{$[?{healthy}].currentHealthy}}"}
