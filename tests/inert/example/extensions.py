"""What the example adds to each system on a cluster of its own."""

import pulumi_kubernetes as kubernetes


def extend_system(facts, opts):
    if facts.cluster.cloud == "local":
        kubernetes.core.v1.ConfigMap(
            f"{facts.name}/about",
            metadata={"namespace": facts.namespace, "name": "about"},
            data={"first": facts.name},
            opts=opts,
        )
