"""What Kubernetes tells of a system's pods: gone, crashing, too busy, too few.

kube-state-metrics' own pod and Service are labels of all its series. They are aggregated away, for they would be taken
for those of the alert, and a restart of it would make every alert anew.
"""

from __future__ import annotations

from builders.alerting.promql import matching, selector
from builders.alerting.rule import Rule
from settings.stacks import PlacedSystem

SLOT = "(.+)-(blue|green)"
"""A Deployment of a slot, from which service and slot are read."""
SLOT_PODS = rf"{SLOT}-[0-9a-z]+-[0-9a-z]+"
"""Its pods."""


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
    slots = matching("deployment", SLOT)
    wanted = selector("kube_deployment_spec_replicas", slots, namespace=namespace)
    there = selector("kube_deployment_status_replicas_available", slots, namespace=namespace)
    by = "max by (namespace, deployment)"
    return Rule(
        name="ServiceDown",
        expr=_in_slot(f"{by} ({there}) == 0 and {by} ({wanted}) > 0", "deployment", SLOT),
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
        expr=_in_slot(f"max by (namespace, pod, container) (max_over_time({waiting}[5m])) >= 1", "pod", SLOT_PODS),
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
    return f"sum by (service, slot) ({_in_slot(expr, 'pod', SLOT_PODS)})"


def _in_slot(expr: str, label: str, pattern: str) -> str:
    """The same with labels `service` and `slot`, read from another one."""
    named = f'label_replace({expr}, "service", "$1", "{label}", "{pattern}")'
    return f'label_replace({named}, "slot", "$2", "{label}", "{pattern}")'


def _at_maximum(namespace: str) -> Rule:
    now = selector("kube_horizontalpodautoscaler_status_current_replicas", namespace=namespace)
    most = selector("kube_horizontalpodautoscaler_spec_max_replicas", namespace=namespace)
    by = "max by (namespace, horizontalpodautoscaler)"
    return Rule(
        name="AutoscalerAtMaximum",
        expr=f"{by} ({now}) >= {by} ({most}) and {by} ({most}) > 1",
        lasting="15m",
        summary="{{ $labels.horizontalpodautoscaler }} cannot add pods any more",
        meaning="The autoscaler has reached the most that it may: more load makes everybody wait.",
        steps=(
            "Look at the requests a second: is it visitors, or one client?",
            "Raise replicas.maximum, and the quota follows.",
        ),
    )
