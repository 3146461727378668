"""No reference points to a missing object, and no Secret is unused."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from adapters.cluster_objects import Match, Shortlist, label_pairs, refers, same_text, selects, unknown_between
from adapters.pod_templates import LABELS, Pods, pods_in
from adapters.secret_names import SECRETS, mentions, namespace_of
from adapters.traffic_split import ROUTES, SERVICE, SLOT, Backend, rules_of, serving
from framework import Absence, Declaration, Property, Resource, Settings, Verdict, stack_rule

SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"
AUTOSCALERS = (
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
    "kubernetes:autoscaling/v1:HorizontalPodAutoscaler",
    SCALED_OBJECT,
)
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
NOT_DEPLOYED = (
    "has visitors and no pods, because no slot of its system has a version: set one, or `maintenance: true` of the system in "
    "the stack, which shows visitors a page"
)
Place = tuple[str, str | None]
"""A namespace of a cluster."""


@stack_rule(
    Declaration(
        name="service-endpoints",
        description="Every Service selects a workload, unless its slot is idle.",
        why="A Service that selects no pods refuses every connection",
        clauses=("kube-score: service-targets-pod",),
        types=(SERVICE, *ROUTES, *LABELS),
    )
)
def service_endpoints(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each Service that selects pods. A slot is idle if the namespace has none of its pods and no route sends
    traffic to it; before its first version a system has no pods in any slot, and whatever a route says, none can serve."""
    for each in (each for each in resources if each.type == SERVICE):
        if each["spec"]["type"].text == "ExternalName":
            verdict.violated(each, "selects no workload: it is a name for whatever stands outside the namespace")
    services = [each for each in resources if each.type == SERVICE and _selects_pods(each)]
    pods = list(pods_in(resources))
    alive = {(_place(each.maker), each.labels[SLOT].text) for each in pods}
    served = {
        (_place(each), backend.name.text) for each in resources if each.type in ROUTES for backend in serving(each)
    }
    for service, match in _picked(services, _selector, pods).items():
        place, slot = _place(service), service["spec"]["selector"][SLOT].text
        idle = slot is not None and (place, slot) not in alive and (place, _name(service)) not in served
        if match is Match.NO and not idle and slot is not None and not _is_deployed(service, pods):
            verdict.advise(service, NOT_DEPLOYED)
        elif match is Match.MAYBE or (match is Match.NO and not idle):
            _report_mismatch(service, match, service["spec"]["selector"], "selects no pod of the plan", verdict)


def _is_deployed(service: Resource, pods: Iterable[Pods]) -> bool:
    """Return whether pods of any slot are in a Service's namespace, or pods that it would select but for the slot."""
    selector = service["spec"]["selector"]
    others = [key for key in selector.keys if key != SLOT]
    return any(
        each.labels[SLOT].present or all(same_text(selector[key], each.labels[key]) is Match.YES for key in others)
        for each in pods
        if _place(each.maker) == _place(service)
    )


def _selects_pods(service: Resource) -> bool:
    selector = service["spec"]["selector"]
    empty = selector.missing or (not selector.unknown and selector.text is None and not selector.keys)
    return not empty and service["spec"]["type"].text != "ExternalName"


def _selector(service: Resource) -> Property:
    """Return a Service's selector as a label selector; a missing or unknown property if it is not a mapping."""
    selector = service["spec"]["selector"]
    return Property({"matchLabels": selector.value}, selector.path) if selector.mapping else selector[""]


def _picked(
    selecting: Sequence[Resource], selector_of: Callable[[Resource], Property], pods: Iterable[Pods]
) -> dict[Resource, Match]:
    """Return whether each selecting object selects any pods."""
    wanted = [label_pairs(selector_of(each)["matchLabels"]) or () for each in selecting]
    shortlist = Shortlist(selecting, wanted)
    found = dict.fromkeys(selecting, Match.NO)
    for each in pods:
        for candidate in shortlist.sharing(label_pairs(each.labels)):
            match = selects(selector_of(candidate), candidate, each.labels, each.maker)
            found[candidate] = max(found[candidate], match)
    return found


def _report_mismatch(resource: Resource, match: Match, link: Property, otherwise: str, verdict: Verdict) -> None:
    """Report a missing object, or one that cannot be determined."""
    if match is Match.MAYBE:
        verdict.undecided(resource, unknown_between(resource, link, resource))
    else:
        verdict.violated(resource, otherwise)


@stack_rule(
    Declaration(
        name="autoscaler-target",
        description="Every autoscaler has a target, and every disruption budget selects pods.",
        why="A missing target is only noticed under peak load",
        clauses=("kube-score: horizontalpodautoscaler-has-target",),
        types=(*AUTOSCALERS, BUDGET, *LABELS),
    )
)
def autoscaler_target(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each autoscaler and each disruption budget with the workloads of its namespace."""
    makers = [each for each in resources if each.type in LABELS]
    by_name = Shortlist(makers, [_known(each["metadata"]["name"]) or () for each in makers])
    for scaler in (each for each in resources if each.type in AUTOSCALERS):
        target = scaler["spec"]["scaleTargetRef"]
        matches = (_means(scaler, target, each) for each in by_name.sharing(_known(target["name"])))
        match = max(matches, default=Match.NO)
        if match is not Match.YES:
            _report_mismatch(scaler, match, target, "scales nothing: its target is not in the plan", verdict)
    budgets = [each for each in resources if each.type == BUDGET]
    for budget, match in _picked(budgets, lambda each: each["spec"]["selector"], pods_in(makers)).items():
        if match is not Match.YES:
            _report_mismatch(
                budget, match, budget["spec"]["selector"], "protects nothing: it selects no pod of the plan", verdict
            )


def _means(scaler: Resource, target: Property, maker: Resource) -> Match:
    usual = "Deployment" if scaler.type == SCALED_OBJECT else ""
    kind = same_text(target["kind"], Property(maker.type.rpartition(":")[2]), usual)
    return min(kind, refers(scaler, target["name"], maker))


def _known(name: Property) -> list[str] | None:
    return None if name.text is None else [name.text]


@stack_rule(
    Declaration(
        name="backend-service",
        description="Every route refers to Services that exist.",
        why="The gateway responds with an error if the backend of a route is missing",
        clauses=("Gateway API: HTTPRoute, BackendNotFound",),
        types=(*ROUTES, SERVICE),
    )
)
def backend_service(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each route, once per missing backend."""
    services = [each for each in resources if each.type == SERVICE]
    by_name = Shortlist(services, [_known(each["metadata"]["name"]) or () for each in services])
    for route in (each for each in resources if each.type in ROUTES):
        backends = {each.name.text or each.name.path: each for rule in rules_of(route) for each in rule if each.service}
        for backend in backends.values():
            matches = (_leads(route, backend, each) for each in by_name.sharing(_known(backend.name)))
            match = max(matches, default=Match.NO)
            if backend.name.unknown and match is not Match.YES:
                verdict.undecided(route, backend.name)
            elif match is not Match.YES:
                link = backend.fields
                _report_mismatch(route, match, link, f"refers to a missing Service: {link.path}", verdict)


def _leads(route: Resource, backend: Backend, service: Resource) -> Match:
    elsewhere = backend.fields["namespace"]
    if elsewhere.missing:
        return refers(route, backend.name, service)
    if route.provider != service.provider:
        return Match.NO
    place = same_text(elsewhere, service["metadata"]["namespace"], "default")
    return min(place, same_text(backend.name, service["metadata"]["name"]))


DATABASE = re.compile(r".+:databases\.\w+")


@stack_rule(
    Declaration(
        name="unused-secret",
        description="Every Secret is used in its namespace, or supplied for manual checks.",
        why="An unused Secret can still leak",
        clauses=("Popeye: POP-400",),
    )
)
def unused_secret(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each Secret. The logins of one database are created and rotated together, so using one counts for all; the
    checks of a release also read supplied secrets."""
    secrets = [each for each in resources if each.type in SECRETS and not _supplied(each)]
    named = _named_secrets(resources, {each.provider for each in secrets})
    groups: dict[tuple[Place, str], list[Resource]] = defaultdict(list)
    for secret in secrets:
        family = secret.source if DATABASE.fullmatch(secret.source) else secret.urn
        groups[(_place(secret), family)].append(secret)
    for group in groups.values():
        if not any(named.uses(each) for each in group):
            for each in group:
                _evaluate_unused(each, named, verdict)


def _supplied(secret: Resource) -> bool:
    return secret["metadata"]["annotations"]["slipway.dev/supplied-keys"].present


@dataclass
class _Named:
    """Secrets that objects name, and unknown names."""

    names: set[tuple[Place, str]] = field(default_factory=set)
    unknown: dict[Place, Property] = field(default_factory=dict)
    made_from: set[str] = field(default_factory=set)
    """URNs that objects with an unknown Secret name depend on."""

    def uses(self, secret: Resource) -> bool:
        """Return whether an object certainly names it, from its namespace or without a namespace."""
        name = SECRETS[secret.type](secret).text
        places = (_place(secret), (secret.provider, None))
        return secret.urn in self.made_from or any((place, name) in self.names for place in places)


def _named_secrets(resources: Sequence[Resource], clusters: set[str]) -> _Named:
    named = _Named()
    for each in (each for each in resources if each.provider in clusters):
        for mention in mentions(each):
            place = (each.provider, None if mention.namespace.missing else mention.namespace.text)
            if mention.text.unknown:
                named.unknown[place] = Property(Absence.UNKNOWN, f"{mention.text.path} of {each.name}")
                named.made_from |= each.dependencies
            elif mention.text.text:
                named.names.add((place, mention.text.text))
    return named


def _evaluate_unused(secret: Resource, named: _Named, verdict: Verdict) -> None:
    name = SECRETS[secret.type](secret)
    unknown = named.unknown.get(_place(secret)) or named.unknown.get((secret.provider, None))
    if not name.text:
        verdict.undecided(secret, Property(Absence.UNKNOWN, name.path))
    elif unknown:
        verdict.undecided(secret, unknown)
    else:
        verdict.violated(secret, "is not used by anything in the plan")


def _place(resource: Resource) -> Place:
    return resource.provider, namespace_of(resource).text or "default"


def _name(resource: Resource) -> str | None:
    return resource["metadata"]["name"].text
