"""KEDA's autoscalers can begin and end with no pod, and what they look at can be out of reach or in others' hands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters import scaling
from adapters.cluster_objects import Match, selects
from adapters.scaling import DEPLOYMENT, SCALED_OBJECT
from adapters.traffic_split import SERVICE
from adapters.trigger_servers import SCALED_JOB, Address, Trigger, triggers_of
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule

MEASURED = ("cpu", "memory")
"""Triggers that Kubernetes itself measures, of which a fallback is no part. Source: KEDA, ScaledObject, fallback."""


@stack_rule(
    Declaration(
        name="scale-to-zero",
        description="Nothing that a Service leads to scales to zero.",
        why="No request starts a pod: KEDA asks queues, metrics and clocks, so visitors would find nobody",
        clauses=("KEDA: activating and scaling thresholds",),
        types=(SCALED_OBJECT, DEPLOYMENT, SERVICE),
    )
)
def scale_to_zero(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each ScaledObject that may scale to zero, because it is of what runs in the live slot alone, with the Services of
    its Deployment's pods. `workload-minimum` refuses zero for all others."""
    scalers_of = scaling.finder(resources)
    services = [each for each in resources if each.type == SERVICE]
    for deployment in (each for each in resources if each.type == DEPLOYMENT):
        scalers = [each for each, match in scalers_of(deployment).items() if match is not Match.NO]
        for scaler in (each for each in scalers if scaling.is_paused(each)):
            lowest = next(_lowest(scaler), None)
            called = next(_called(services, deployment), None)
            if lowest is None or called is None:
                continue
            if lowest.unknown:
                verdict.undecided(scaler, lowest, "replicas.minimum")
            else:
                problem = f"scales to zero ({lowest.path}), but the Service {called.name} leads to its pods"
                verdict.violated(scaler, problem, "replicas.minimum", 1)


def _lowest(scaler: Resource) -> Iterator[Property]:
    """Yield the number of pods that may be none."""
    for each in (scaling.bounds_of(scaler)[0], scaler["spec"]["idleReplicaCount"]):
        if each.unknown or (each.present and (each.whole_number or 0) < 1):
            yield each


def _called(services: Sequence[Resource], deployment: Resource) -> Iterator[Resource]:
    """Yield the Services that select a Deployment's pods."""
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    for service in services:
        selector = service["spec"]["selector"]
        wanted = Property({"matchLabels": selector.value}, selector.path) if selector.mapping else selector[""]
        if selector.mapping and selects(wanted, service, labels, deployment) is Match.YES:
            yield service


@resource_rule(
    Declaration(
        name="scaling-fallback",
        description="Every ScaledObject has a fallback, for as long as its triggers cannot be read.",
        why="Without one a queue that cannot be counted keeps as many pods as by accident, or none, while messages wait",
        clauses=("KEDA: ScaledObject, fallback",),
        types=(SCALED_OBJECT,),
    )
)
def scaling_fallback(scaler: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check the pods of the fallback: one at least."""
    triggers = scaler["spec"]["triggers"]
    if not triggers.unknown and all(each["type"].text in MEASURED for each in triggers.elements()):
        return
    pods = scaler["spec"]["fallback"]["replicas"]
    if pods.unknown:
        verdict.undecided(scaler, pods, "replicas")
    elif not (pods.whole_number or 0) >= 1:
        verdict.violated(scaler, f"has no fallback of one pod or more: {pods.path}", "replicas")


TRIGGERS = "replicas.triggers"
"""The setting of a service that names what its autoscaler looks at."""


@resource_rule(
    Declaration(
        name="scaling-servers",
        description="KEDA asks servers outside the cluster over TLS and with a login, and checks every certificate.",
        why="Who listens on the way, or answers in the server's place, reads the login and decides how many pods run",
        clauses=("CWE-319", "CWE-295", "KEDA: authentication, TriggerAuthentication"),
        types=(SCALED_OBJECT, SCALED_JOB),
    )
)
def scaling_servers(scaler: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check the servers that each trigger asks. The cluster's own Services are reached by its network policies; secrets in
    a trigger are for `plain-secrets`."""
    for trigger in triggers_of(scaler):
        if trigger.unknown:
            verdict.undecided(scaler, trigger.unknown, TRIGGERS)
        elif trigger.unchecked:
            problem = f"trusts any certificate of the server that it asks: {trigger.unchecked.path}"
            verdict.violated(scaler, problem, TRIGGERS)
        else:
            for address in trigger.addresses():
                _evaluate_address(scaler, trigger, address, verdict)


def _evaluate_address(scaler: Resource, trigger: Trigger, address: Address, verdict: Verdict) -> None:
    """Check a server outside the cluster. One that is asked by HTTPS may let everybody read its figures."""
    has_tls = trigger.has_tls if address.has_tls is None else address.has_tls
    if has_tls is None and trigger.has_login:
        problem = (
            f"may ask a server without TLS: {address.place.path} does not say, and its authenticationRef cannot be seen"
        )
        verdict.advise(scaler, problem, TRIGGERS)
    elif not has_tls:
        problem = f"asks a server that is no name.namespace.svc of the cluster without TLS: {address.place.path}"
        verdict.violated(scaler, problem, TRIGGERS)
    elif address.scheme.lower() != "https" and not trigger.has_login:
        problem = f"asks a server outside the cluster without a login: {address.place.path} has no authenticationRef"
        verdict.violated(scaler, problem, TRIGGERS)
