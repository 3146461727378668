"""What Kubernetes' pod security standards leave open: groups of root, the node, names of hosts."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.pod_security import Problem
from framework.reading import Property

OF_SYSTEM = "system-"
"""Begin of the priorities of Kubernetes' own components, before which all other pods give way."""


def of_pod(pod: Property) -> Iterator[Problem]:
    """Return the settings of a pod that reach beyond it."""
    context = pod["securityContext"]
    if pod["shareProcessNamespace"].value is True:
        yield pod["shareProcessNamespace"], "shows the memory and the variables of each container to the others"
    if (pod["priorityClassName"].text or "").startswith(OF_SYSTEM):
        yield pod["priorityClassName"], "is a priority of Kubernetes' own components"
    if pod["nodeName"].present:
        yield pod["nodeName"], "goes past the scheduler, its taints and quotas"
    for names in (pod["dnsConfig"]["nameservers"], pod["hostAliases"]):
        if any(names.elements()):
            yield names, "answers names in place of the cluster's DNS"
    yield from _of_root(context["fsGroup"], context["runAsGroup"], *context["supplementalGroups"].elements())


def of_container(container: Property) -> Iterator[Problem]:
    """Return the settings of a container that reach beyond it."""
    yield from _of_root(container["securityContext"]["runAsGroup"])
    for mount in container["volumeMounts"].elements():
        if mount["mountPropagation"].text == "Bidirectional":
            yield mount["mountPropagation"], "mounts into its node"


def _of_root(*groups: Property) -> Iterator[Problem]:
    return ((each, "is the group of root") for each in groups if each.whole_number == 0)
