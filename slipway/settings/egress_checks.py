"""What systems of one cluster call in each other, and in its networks."""

from __future__ import annotations

from collections.abc import Collection

from slipway.settings.egress import ToNamespace, ToSystem
from slipway.settings.finding import Finding, Found
from slipway.settings.pointers import Path
from slipway.settings.problems import nearest
from slipway.settings.services import HTTP, Service
from slipway.settings.stacks import DeployedSystem, StackCluster


def findings(path: Path, cluster: StackCluster, reserved: Collection[str]) -> Found:
    """Yield every call of another system or namespace that cannot work, at the system's entry in the stack;
    `reserved` are the namespaces of the cluster's own services."""
    for name, system in cluster.systems.items():
        for service, declared in system.definition.services.items():
            for index, each in enumerate(declared.egress):
                key = f"services.{service}.egress[{index}]"
                place = (*path, "systems", name)
                if isinstance(each, ToSystem):
                    yield from _call(place, key, system, service, each)
                elif isinstance(each, ToNamespace):
                    yield from _namespace(place, key, system, each, reserved)


def _call(place: Path, key: str, system: DeployedSystem, caller: str, call: ToSystem) -> Found:
    if call.system == system.name:
        yield Finding(place, f"has {key} to its own system: name the service in 'needs'")
        return
    other = system.neighbours.get(call.system)
    if other is None:
        hint = nearest(call.system, system.neighbours)
        yield Finding(place, f"has {key} to '{call.system}', which is not on this cluster{hint}")
        return
    service = other.definition.services.get(call.service)
    if service is None:
        hint = nearest(call.service, other.definition.services)
        yield Finding(place, f"has {key} to '{call.service}', which is no service of '{call.system}'{hint}")
    elif (call.port or HTTP) not in service.exposed:
        hint = nearest(call.port or HTTP, service.exposed)
        yield Finding(place, f"has {key} to a port that '{call.service}' of '{call.system}' has not{hint}")
    elif not _admits(service, system.name, caller):
        consent = f"services.{call.service}.callers of '{call.system}', for example {{system: {system.name}}}"
        yield Finding(place, f"has {key} without the other side's consent: add it to {consent}")


def _admits(service: Service, system: str, caller: str) -> bool:
    return any(each.system == system and each.service in (None, caller) for each in service.callers)


def _namespace(place: Path, key: str, system: DeployedSystem, call: ToNamespace, reserved: Collection[str]) -> Found:
    owner = next((each.name for each in system.neighbours.values() if each.namespace == call.namespace), None)
    if call.namespace == system.namespace:
        yield Finding(place, f"has {key} to its own namespace: name the service in 'needs'")
    elif owner is not None:
        yield Finding(place, f"has {key} to the namespace of system '{owner}': use {{system: {owner}, service: …}}")
    elif call.namespace in reserved:
        yield Finding(place, f"has {key} to namespace '{call.namespace}', which is reserved for cluster services")
