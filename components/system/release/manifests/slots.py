"""What a system has in each slot: Deployments, what runs in the live slot only, and sites at a cloud's edge."""

from __future__ import annotations

from collections.abc import Mapping

from components.clouds.contract import Site
from components.manifests import names
from components.system.slot.manifests.deployment import pods
from slipway.release.objects import SLOTS, EdgeSite, SlotName, Workload
from slipway.settings.stacks import DeployedSystem


def deployments(deployed: DeployedSystem, sites: Mapping[str, Site]) -> dict[SlotName, list[str]]:
    """Returns the Deployments of each slot with a version; without those of the live slot alone, which the candidate
    has not yet. StatefulSets are none: the update itself waits for them before it promotes."""
    serving = [
        name for name, service in deployed.definition.services.items() if not service.live_only and not service.volumes
    ]
    served = [name for name, site in sites.items() if site.facts.services]
    return {
        slot: [names.in_slot(name, slot) for name in (*serving, *served)]
        for slot in SLOTS
        if deployed.deployment.slot(slot).version is not None
    }  # type: ignore[return-value]


def workloads(deployed: DeployedSystem) -> list[Workload]:
    """Returns the Deployments that run in the live slot only, and the schedules, all of which do."""
    slots = [slot for slot in SLOTS if deployed.deployment.slot(slot).version is not None]
    consumers = [
        Workload(
            kind="ScaledObject" if service.replicas.triggers else "Deployment",
            names={slot: names.in_slot(name, slot) for slot in slots},  # type: ignore[misc]
            replicas=pods(service),
        )
        for name, service in deployed.definition.services.items()
        if service.live_only
    ]
    schedules = [
        Workload(kind="CronJob", names={slot: names.in_slot(name, slot) for slot in slots})  # type: ignore[misc]
        for name in deployed.definition.schedules
    ]
    return [*consumers, *schedules]


def edge_sites(deployed: DeployedSystem, sites: Mapping[str, Site]) -> list[EdgeSite]:
    """Returns the sites whose visitors the cloud splits."""
    definition = deployed.definition
    return [
        EdgeSite(name=name, store=site.facts.store, host=definition.domains[definition.sites[name].domain])
        for name, site in sites.items()
        if site.facts.store is not None
    ]
