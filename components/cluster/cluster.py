"""What a cluster runs for its systems, in the order in which its parts need each other."""

from __future__ import annotations

from dataclasses import replace

import pulumi
import pulumi_kubernetes as kubernetes

from builders.parts import parts_of
from components.cloud.contract import ClusterFacts
from components.cluster.controllers import Controllers, ControllersArgs
from components.cluster.entrance import Entrance, EntranceArgs
from components.cluster.logs import Logs, LogsArgs
from components.cluster.monitoring import Monitoring, MonitoringArgs
from settings.fields import seconds
from settings.stacks import PlacedCluster


class Cluster(pulumi.ComponentResource):
    """`facts` are the cluster's, with a way to it that waits until everything here stands: no object of a system comes
    before its controller."""

    facts: ClusterFacts

    def __init__(self, facts: ClusterFacts, placed: PlacedCluster) -> None:
        super().__init__(
            "slipway:cluster:Cluster",
            placed.name,
            opts=pulumi.ResourceOptions(providers=[facts.access.provider]),
        )
        settings = placed.settings
        parts = parts_of(settings.mirrors)
        controllers = Controllers(
            placed.name,
            ControllersArgs(cluster=placed, facts=facts.controllers, parts=parts, owner=facts.cluster_name),
            self,
        )
        after = pulumi.ResourceOptions(parent=self, depends_on=[controllers])
        latencies = {round(seconds(system.definition.objectives.p95) * 1000) for system in placed.systems.values()}
        Entrance(
            placed.name,
            EntranceArgs(settings=settings, facts=facts.controllers, parts=parts, latencies=sorted(latencies)),
            after,
        )
        Monitoring(
            placed.name,
            MonitoringArgs(
                cluster=placed,
                stack=facts.stack,
                parts=parts,
                cloud=facts.cloud,
                storage_class=facts.controllers.storage_class,
                ready=[controllers],
            ),
            self,
        )
        Logs(
            placed.name,
            LogsArgs(
                cluster=placed,
                environment=facts.environment,
                stack=facts.stack,
                parts=parts,
                facts=facts.controllers,
                cloud=facts.cloud,
            ),
            after,
        )
        self.facts = replace(facts, access=replace(facts.access, provider=self._way_in(facts, controllers)))
        self.register_outputs({})

    def _way_in(self, facts: ClusterFacts, controllers: pulumi.Resource) -> kubernetes.Provider:
        return kubernetes.Provider(
            f"{facts.name}-systems",
            kubeconfig=facts.access.kubeconfig,
            context=facts.access.context,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[controllers]),
        )
