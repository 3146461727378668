"""What runs on spot nodes can lose one: it has further pods, and other nodes to run on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adapters import clouds, scaling
from adapters.cluster_objects import Match
from adapters.containers import pod_of
from adapters.scaling import AUTOSCALERS, DEPLOYMENT
from framework import Declaration, Property, Resource, Settings, Verdict, stack_rule

STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
SPOT: Mapping[str, str] = {"slipway.dev/spot": "true", **clouds.table(lambda cloud: cloud.spot_nodes)}
"""Labels and taints of nodes that a cloud may take back, by key."""


@stack_rule(
    Declaration(
        name="spot-availability",
        description="Every service that may run on spot nodes has several replicas, and other nodes to run on.",
        why="The cloud takes spot nodes back within minutes, often all of one kind: with one pod that is an outage",
        clauses=("Kubernetes: disruptions", *clouds.clauses("spot-availability")),
        types=(DEPLOYMENT, STATEFUL_SET, *AUTOSCALERS),
        schema={
            "minimumReplicas": {
                "type": "integer",
                "minimum": 1,
                "default": 1,
                "description": "Fewest replicas of a Deployment that may run on spot nodes.",
            },
            "alone": {
                "type": "boolean",
                "default": True,
                "description": "Whether a Deployment may run on spot nodes alone.",
            },
        },
    )
)
def spot_availability(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check each workload that tolerates the taint of spot nodes, or chooses them by a label. The controller of releases
    scales what has pods in the live slot only, without visitors."""
    scalers_of = scaling.finder(resources)
    for deployment in (each for each in resources if each.type in (DEPLOYMENT, STATEFUL_SET)):
        pod = pod_of(deployment)
        chosen = list(_chosen(pod))
        unknown = next((each for each in (pod["tolerations"], pod["affinity"], *chosen) if each.unknown), None)
        if unknown:
            verdict.undecided(deployment, unknown, "placement.spot")
        elif chosen or _tolerates(pod):
            if chosen and not settings["alone"]:
                problem = f"runs on spot nodes alone: {chosen[0].path}; a node pool without spot is missing"
                verdict.violated(deployment, problem, "placement.spot")
            _count(deployment, scalers_of(deployment), int(settings["minimumReplicas"]), verdict)


def _count(deployment: Resource, scalers: Mapping[Resource, Match], needed: int, verdict: Verdict) -> None:
    if scaling.is_live_only(deployment):
        return
    found = [each for each, match in scalers.items() if match is Match.YES]
    fewest = scaling.bounds_of(found[0])[0] if found else deployment["spec"]["replicas"]
    if fewest.unknown:
        verdict.undecided(deployment, fewest, "replicas")
    elif (pods := 1 if fewest.missing else fewest.whole_number or 0) < needed:
        problem = f"has {pods} pods at the fewest on spot nodes, fewer than the {needed} required"
        verdict.violated(deployment, problem, "replicas")


def _tolerates(pod: Property) -> bool:
    """Return whether a toleration admits spot nodes; one without a key admits all."""
    return any(
        each["key"].missing or each["key"].text in SPOT
        for each in pod["tolerations"].elements()
        if each["effect"].text != "NoExecute"
    )


def _chosen(pod: Property) -> Iterator[Property]:
    """Yield what requires spot nodes: a selector, or an expression in every required term."""
    for key, value in SPOT.items():
        if pod["nodeSelector"][key].text == value:
            yield pod["nodeSelector"][key]
    required = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    terms = [required] if required.unknown else list(required.elements())
    spot = [next(_of_spot(each), None) for each in terms]
    found = [each for each in spot if each is not None]
    if terms and len(found) == len(terms):
        yield from found


def _of_spot(term: Property) -> Iterator[Property]:
    if term.unknown:
        yield term
    for each in term["matchExpressions"].elements():
        values = [value.text for value in each["values"].elements()]
        if each["operator"].text == "In" and values == [SPOT.get(each["key"].text or "")]:
            yield each
