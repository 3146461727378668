"""Envoy's names of backends in its metrics: `httproute/<namespace>/<service>-<domain>/rule/<number>/backend/<number>`.

They are Envoy Gateway's own. A name of ours (`clusterStatName`) would be that of a whole rule, the same for both slots
between which it splits visitors. Every rule for visitors has the backends of all slots in their order (system/routes), so
a backend's number is that of its slot.
"""

from __future__ import annotations

from components.cluster.monitoring.manifests.alerting.promql import exactly, matching
from slipway.release.objects import SLOTS, SlotName
from slipway.settings.stacks import DeployedSystem

LABEL = "envoy_cluster_name"
NAMESPACE = "httproute/([^/]+)/.+"
"""A backend, of which the namespace is captured."""
_PART = "(-origin)?([.][0-9]+)?"
"""End of a route's name: at the origin's own name, and its number if a service needs several."""


def of(*namespaces: str) -> str:
    """Returns the matcher of all backends in these namespaces."""
    names = exactly(*namespaces)
    return matching(LABEL, f"httproute/({names})/.+" if len(namespaces) > 1 else f"httproute/{names}/.+")


def of_system(deployed: DeployedSystem) -> list[str]:
    """Returns the matchers of a system's backends, without those of smoke tests, which have one backend each."""
    return [of(deployed.namespace), _without_smoke_tests(deployed)]


def of_slot(deployed: DeployedSystem, slot: SlotName) -> list[str]:
    """Returns the matchers of a slot's backends, without those of smoke tests."""
    place = f"httproute/{exactly(deployed.namespace)}/.+/backend/{SLOTS.index(slot)}"
    return [matching(LABEL, place), _without_smoke_tests(deployed)]


def named(deployed: DeployedSystem, expr: str) -> str:
    """Adds the labels `service` and `slot` to the series of backends."""
    route = f"httproute/[^/]+/(.+)-({_domains(deployed)}){_PART}/rule/.+"
    found = f'label_replace({expr}, "service", "$1", "{LABEL}", "{route}")'
    for number, slot in enumerate(SLOTS):
        found = f'label_replace({found}, "slot", "{slot}", "{LABEL}", ".+/backend/{number}")'
    return found


def _without_smoke_tests(deployed: DeployedSystem) -> str:
    return f'{LABEL}!~"httproute/[^/]+/.+-({_domains(deployed)}){_PART}-pass/.+"'


def _domains(deployed: DeployedSystem) -> str:
    return exactly(*sorted(deployed.definition.domains))
