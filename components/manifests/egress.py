"""What a service calls outside its slot, as peers of network policies, and who calls it from other systems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.manifests.names import NAME
from components.manifests.network_policy import NetworkPeer
from slipway.settings.egress import Egress, ToNamespace, ToNetwork, ToSystem
from slipway.settings.services import Service
from slipway.settings.stacks import DeployedSystem


def internet(service: Service) -> set[int]:
    """Returns the ports that a service calls on the internet."""
    return {each.port for each in service.egress if isinstance(each, Egress)}


def peers(deployed: DeployedSystem, name: str) -> list[NetworkPeer]:
    """Returns what the service `name` calls in private networks, other namespaces and other systems."""
    found: list[NetworkPeer] = []
    for each in deployed.definition.services[name].egress:
        if isinstance(each, ToNetwork):
            found.append(NetworkPeer(each.port, networks=(each.network,)))
        elif isinstance(each, ToNamespace):
            found.append(NetworkPeer(each.port, pods=each.pods, namespace=each.namespace))
        elif isinstance(each, ToSystem):
            other = deployed.neighbours[each.system]
            port = called_port(other.definition.services[each.service], each)
            found.append(NetworkPeer(port, pods={NAME: each.service}, namespace=other.namespace))
    return found


def callers(deployed: DeployedSystem, name: str) -> list[NetworkPeer]:
    """Returns the services of other systems that call the service `name`, and on which port, if it names them."""
    service = deployed.definition.services[name]
    return [
        NetworkPeer(called_port(service, call), pods={NAME: caller}, namespace=other.namespace)
        for other, caller, call in _calls(deployed.neighbours)
        if (call.system, call.service) == (deployed.name, name)
        and any(each.system == other.name and each.service in (None, caller) for each in service.callers)
    ]


def _calls(neighbours: Mapping[str, DeployedSystem]) -> Iterator[tuple[DeployedSystem, str, ToSystem]]:
    for other in neighbours.values():
        for name, service in other.definition.services.items():
            yield from ((other, name, each) for each in service.egress if isinstance(each, ToSystem))


def called_port(service: Service, call: ToSystem) -> int:
    """Returns the port of the pods that a call of another system reaches."""
    return service.exposed["http" if call.port is None else call.port]
