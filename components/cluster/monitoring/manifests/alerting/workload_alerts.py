"""Alerts on a system's pods from Kubernetes' metrics: missing, crashing, overloaded, too few.

All series carry the pod and Service of kube-state-metrics as labels. They are aggregated away: they would be mistaken
for the labels of the alert's pod, and a restart of kube-state-metrics would recreate every alert.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.cluster.monitoring.manifests.alerting import labels
from components.cluster.monitoring.manifests.alerting.promql import exactly, matching, quoted, selector
from components.cluster.monitoring.manifests.alerting.rule import Rule, recording
from slipway.settings.services import Service
from slipway.settings.stacks import DeployedSystem

SLOT = "(.+)-(blue|green)"
"""Name of a slot's Deployment, from which service and slot are extracted."""
SLOT_PODS = rf"{SLOT}-[0-9a-z]+-[0-9a-z]+"
"""Names of its pods."""


def recordings(deployed: DeployedSystem) -> list[dict[str, Any]]:
    """Returns the recording rules of what the most used pod of each service uses, of which a week can be read at once."""
    return [
        recording(name, most_of_a_pod(_used(resource, deployed.namespace, _services(deployed))), system=deployed.name)
        for name, resource in ((labels.POD_CPU, "cpu"), (labels.POD_MEMORY, "memory"))
    ]


def most_of_a_pod(expr: str) -> str:
    """Returns the most that one pod has, by service and slot."""
    return f"max by (service, slot) ({_in_slot(f'sum by (pod) ({expr})', 'pod', SLOT_PODS)})"


def alerts(deployed: DeployedSystem) -> list[Rule]:
    namespace, objectives = deployed.namespace, deployed.definition.objectives
    services = _services(deployed)
    return [
        _down(namespace),
        _crashing(namespace),
        _saturated("CpuSaturated", namespace, services, "cpu", objectives.cpu_percent, "CPU"),
        _saturated("MemorySaturated", namespace, services, "memory", objectives.memory_percent, "memory"),
        _at_maximum(namespace),
        *(
            _unmeasured(namespace, name)
            for name, service in deployed.definition.services.items()
            if _is_measured(service)
        ),
    ]


def _is_measured(service: Service) -> bool:
    """Returns whether there is always a pod that serves the service's metrics."""
    return service.metrics is not None and service.replicas.fewest > 0


_USED = {
    "cpu": ("rate({}[5m])", "container_cpu_usage_seconds_total"),
    "memory": ("{}", "container_memory_working_set_bytes"),
}


def _used(resource: str, namespace: str, pods: Sequence[str]) -> str:
    of, metric = _USED[resource]
    return of.format(selector(metric, 'container!=""', *pods, namespace=namespace))


def _services(deployed: DeployedSystem) -> list[str]:
    """Returns matchers of the pods of slots without those of schedules, whose Jobs' names end like those of ReplicaSets
    and which may use all that they ask for."""
    schedules = deployed.definition.schedules
    runs = [f"pod!~{quoted(f'({exactly(*schedules)})-(blue|green)-[0-9]+-.+')}"] if schedules else []
    return [matching("pod", SLOT_PODS), *runs]


def _down(namespace: str) -> Rule:
    slots = matching("deployment", SLOT)
    wanted = selector("kube_deployment_spec_replicas", slots, namespace=namespace)
    there = selector("kube_deployment_status_replicas_available", slots, namespace=namespace)
    by = "max by (namespace, deployment)"
    return Rule(
        name="ServiceDown",
        expr=_in_slot(f"{by} ({there}) == 0 and {by} ({wanted}) > 0", "deployment", SLOT),
        for_="1m",
        severity="critical",
        summary="{{ $labels.deployment }} has no pod that serves",
        description="Every request to this slot of the service fails.",
        steps=(
            "See why: kubectl -n <namespace> describe deployment <deployment>, and the events of its pods.",
            "If the other slot is well, give it all visitors.",
        ),
    )


def _unmeasured(namespace: str, service: str) -> Rule:
    return Rule(
        name="MetricsMissing",
        expr=f"absent({selector('up', namespace=namespace, service=service)} == 1)",
        for_="15m",
        labels={"service": service},
        summary=f"Prometheus gets no metrics of {service}",
        description="What the service counts itself is missing: alerts and panels on it say nothing.",
        steps=(
            "Does the program serve metrics at the path and port of its `metrics`? Ask a pod of it.",
            "Why the scrape fails stands at `/targets` of Prometheus: "
            "kubectl -n monitoring port-forward service/prometheus-operated 9090",
        ),
    )


def _crashing(namespace: str) -> Rule:
    waiting = selector("kube_pod_container_status_waiting_reason", reason="CrashLoopBackOff", namespace=namespace)
    return Rule(
        name="PodCrashLooping",
        expr=_in_slot(f"max by (namespace, pod, container) (max_over_time({waiting}[5m])) >= 1", "pod", SLOT_PODS),
        for_="5m",
        summary="{{ $labels.pod }} crashes again and again",
        description="A container ends soon after each start.",
        steps=(
            "Read its last words: kubectl -n <namespace> logs <pod> --previous",
            "OOMKilled means that it needs more memory than its limit; exit code 1 is mostly a missing setting.",
        ),
    )


def _saturated(name: str, namespace: str, pods: Sequence[str], resource: str, percent: int, what: str) -> Rule:
    used = _used(resource, namespace, pods)
    asked = selector("kube_pod_container_resource_requests", *pods, namespace=namespace, resource=resource)
    return Rule(
        name=name,
        expr=f"{_by_service(used)} / {_by_service(asked)} > {percent / 100:g}",
        for_="15m",
        summary=f"{{{{ $labels.service }}}} uses {{{{ $value | humanizePercentage }}}} of the {what} that it asked for",
        description=f"The objective is {percent} percent. The autoscaler adds pods at its own threshold; when it cannot, users wait.",
        steps=(
            "Look whether AutoscalerAtMaximum fires too: then raise replicas.maximum.",
            "Otherwise compare the requests with the usage of a week, and adjust the resources.",
        ),
    )


def _by_service(expr: str) -> str:
    return f"sum by (service, slot) ({_in_slot(expr, 'pod', SLOT_PODS)})"


def _in_slot(expr: str, label: str, pattern: str) -> str:
    """Adds the labels `service` and `slot`, extracted from another label."""
    named = f'label_replace({expr}, "service", "$1", "{label}", "{pattern}")'
    return f'label_replace({named}, "slot", "$2", "{label}", "{pattern}")'


def _at_maximum(namespace: str) -> Rule:
    now = selector("kube_horizontalpodautoscaler_status_current_replicas", namespace=namespace)
    most = selector("kube_horizontalpodautoscaler_spec_max_replicas", namespace=namespace)
    by = "max by (namespace, horizontalpodautoscaler)"
    return Rule(
        name="AutoscalerAtMaximum",
        expr=f"{by} ({now}) >= {by} ({most}) and {by} ({most}) > 1",
        for_="15m",
        summary="{{ $labels.horizontalpodautoscaler }} cannot add pods any more",
        description="The autoscaler has reached the most that it may: more load makes everybody wait.",
        steps=(
            "Look at the requests a second: is it visitors, or one client?",
            "Raise replicas.maximum, and the quota follows.",
        ),
    )
