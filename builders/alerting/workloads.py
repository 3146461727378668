"""What Kubernetes tells of a system's pods: gone, crashing, too busy, too few."""

from __future__ import annotations

from builders.alerting.promql import matching, selector
from builders.alerting.rule import Rule
from settings.stacks import PlacedSystem

SLOT_PODS = r"(.+)-(blue|green)-[0-9a-z]+-[0-9a-z]+"
"""A Deployment's pod, from which service and slot are read."""


def alerts(placed: PlacedSystem) -> list[Rule]:
    namespace, objectives = placed.namespace, placed.definition.objectives
    return [
        _down(namespace),
        _crashing(namespace),
        _saturated("CpuSaturated", namespace, _CPU, "cpu", objectives.cpu_percent, "CPU"),
        _saturated("MemorySaturated", namespace, _MEMORY, "memory", objectives.memory_percent, "memory"),
        _at_maximum(namespace),
    ]


_CPU = "rate({}[5m])"
_MEMORY = "{}"


def _down(namespace: str) -> Rule:
    wanted = selector("kube_deployment_spec_replicas", matching("deployment", ".+-(blue|green)"), namespace=namespace)
    there = selector("kube_deployment_status_replicas_available", namespace=namespace)
    return Rule(
        name="ServiceDown",
        expr=f"{there} == 0 and on (namespace, deployment) {wanted} > 0",
        lasting="1m",
        severity="critical",
        summary="{{ $labels.deployment }} has no pod that serves",
        meaning="Every request to this slot of the service fails.",
        steps=(
            "See why: kubectl -n <namespace> describe deployment <deployment>, and the events of its pods.",
            "If the other slot is well, give it all visitors.",
        ),
    )


def _crashing(namespace: str) -> Rule:
    waiting = selector("kube_pod_container_status_waiting_reason", reason="CrashLoopBackOff", namespace=namespace)
    return Rule(
        name="PodCrashLooping",
        expr=f"max_over_time({waiting}[5m]) >= 1",
        lasting="5m",
        summary="{{ $labels.pod }} crashes again and again",
        meaning="A container ends soon after each start.",
        steps=(
            "Read its last words: kubectl -n <namespace> logs <pod> --previous",
            "OOMKilled means that it needs more memory than its limit; exit code 1 is mostly a missing setting.",
        ),
    )


def _saturated(name: str, namespace: str, of: str, resource: str, percent: int, what: str) -> Rule:
    metric = {"cpu": "container_cpu_usage_seconds_total", "memory": "container_memory_working_set_bytes"}[resource]
    used = of.format(selector(metric, 'container!=""', matching("pod", SLOT_PODS), namespace=namespace))
    asked = selector(
        "kube_pod_container_resource_requests", matching("pod", SLOT_PODS), namespace=namespace, resource=resource
    )
    return Rule(
        name=name,
        expr=f"{_by_service(used)} / {_by_service(asked)} > {percent / 100:g}",
        lasting="15m",
        summary=f"{{{{ $labels.service }}}} uses {{{{ $value | humanizePercentage }}}} of the {what} that it asked for",
        meaning=f"The objective is {percent} percent. The autoscaler adds pods at its own threshold; when it cannot, users wait.",
        steps=(
            "Look whether AutoscalerAtMaximum fires too: then raise replicas.maximum.",
            "Otherwise compare the requests with the use of a week, and set resources anew.",
        ),
    )


def _by_service(expr: str) -> str:
    named = f'label_replace({expr}, "service", "$1", "pod", "{SLOT_PODS}")'
    return f'sum by (service, slot) (label_replace({named}, "slot", "$2", "pod", "{SLOT_PODS}"))'


def _at_maximum(namespace: str) -> Rule:
    now = selector("kube_horizontalpodautoscaler_status_current_replicas", namespace=namespace)
    most = selector("kube_horizontalpodautoscaler_spec_max_replicas", namespace=namespace)
    return Rule(
        name="AutoscalerAtMaximum",
        expr=f"{now} >= {most} and {most} > 1",
        lasting="15m",
        summary="{{ $labels.horizontalpodautoscaler }} cannot add pods any more",
        meaning="The autoscaler has reached the most that it may: more load makes everybody wait.",
        steps=(
            "Look at the requests a second: is it visitors, or one client?",
            "Raise replicas.maximum, and the quota follows.",
        ),
    )
