"""Nothing points at nothing, and no Secret lies about for nobody."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from frame import Absence, Declaration, Property, Resource, Settings, Verdict, stack_rule
from kinds.cluster_objects import Match, Shortlist, label_pairs, refers, same_text, selects, unknown_between
from kinds.pods import LABELS, Pods, pods_in
from kinds.routes import ROUTE, SERVICE, SLOT, Backend, rules_of
from kinds.secret_names import SECRETS, mentions, namespace_of

AUTOSCALERS = ("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "kubernetes:autoscaling/v1:HorizontalPodAutoscaler")
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
Place = tuple[str, str | None]
"""A namespace of a cluster."""


@stack_rule(
    Declaration(
        name="service-endpoints",
        description="Every Service has a workload behind it, unless its slot is idle.",
        why="A Service that selects no pods refuses every call",
        clauses=("kube-score: service-targets-pod",),
        types=(SERVICE, ROUTE, *LABELS),
    )
)
def service_endpoints(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge each Service that selects pods. A slot is idle if the namespace has no pod of it and no route sends anyone."""
    services = [each for each in resources if each.type == SERVICE and _selects_pods(each)]
    pods = list(pods_in(resources))
    alive = {(_place(each.maker), each.labels[SLOT].text) for each in pods}
    served = {(_place(each), backend.name.text) for each in resources if each.type == ROUTE for backend in _live(each)}
    for service, match in _picked(services, _selector, pods).items():
        place, slot = _place(service), service["spec"]["selector"][SLOT].text
        idle = slot is not None and (place, slot) not in alive and (place, _name(service)) not in served
        if match is Match.MAYBE or (match is Match.NO and not idle):
            _tell(service, match, service["spec"]["selector"], "selects no pod of the plan", verdict)


def _selects_pods(service: Resource) -> bool:
    selector = service["spec"]["selector"]
    empty = selector.missing or (not selector.unknown and selector.text is None and not selector.keys)
    return not empty and service["spec"]["type"].text != "ExternalName"


def _selector(service: Resource) -> Property:
    """A Service's selector as others write theirs; nothing where it is no mapping."""
    selector = service["spec"]["selector"]
    return Property({"matchLabels": selector.value}, selector.path) if selector.mapping else selector[""]


def _live(route: Resource) -> Iterable[Backend]:
    """Those that visitors are sent to; one alone may be there for those who ask for its slot by name."""
    shared = (each for rule in rules_of(route) if len(rule) > 1 for each in rule)
    return (each for each in shared if (each.weight.whole_number or 0) > 0)


def _picked(
    selecting: Sequence[Resource], selector_of: Callable[[Resource], Property], pods: Iterable[Pods]
) -> dict[Resource, Match]:
    """Whether each of those that select pods selects any."""
    wanted = [label_pairs(selector_of(each)["matchLabels"]) or () for each in selecting]
    shortlist = Shortlist(selecting, wanted)
    found = dict.fromkeys(selecting, Match.NO)
    for each in pods:
        for candidate in shortlist.sharing(label_pairs(each.labels)):
            match = selects(selector_of(candidate), candidate, each.labels, each.maker)
            found[candidate] = max(found[candidate], match)
    return found


def _tell(resource: Resource, match: Match, link: Property, otherwise: str, verdict: Verdict) -> None:
    """Report what is certainly not there, or what cannot be known."""
    if match is Match.MAYBE:
        verdict.undecided(resource, unknown_between(resource, link, resource))
    else:
        verdict.violated(resource, otherwise)


@stack_rule(
    Declaration(
        name="autoscaler-target",
        description="Every autoscaler has something to scale, and every disruption budget something to guard.",
        why="What nobody scales or guards is noticed in the busiest hour only",
        clauses=("kube-score: horizontalpodautoscaler-has-target",),
        types=(*AUTOSCALERS, BUDGET, *LABELS),
    )
)
def autoscaler_target(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge each autoscaler and each budget with what makes pods in its namespace."""
    makers = [each for each in resources if each.type in LABELS]
    by_name = Shortlist(makers, [_known(each["metadata"]["name"]) or () for each in makers])
    for scaler in (each for each in resources if each.type in AUTOSCALERS):
        target = scaler["spec"]["scaleTargetRef"]
        matches = (_means(scaler, target, each) for each in by_name.sharing(_known(target["name"])))
        match = max(matches, default=Match.NO)
        if match is not Match.YES:
            _tell(scaler, match, target, "scales nothing: its target is not in the plan", verdict)
    budgets = [each for each in resources if each.type == BUDGET]
    for budget, match in _picked(budgets, lambda each: each["spec"]["selector"], pods_in(makers)).items():
        if match is not Match.YES:
            _tell(budget, match, budget["spec"]["selector"], "guards nothing: it selects no pod of the plan", verdict)


def _means(scaler: Resource, target: Property, maker: Resource) -> Match:
    kind = same_text(target["kind"], Property(maker.type.rpartition(":")[2]))
    return min(kind, refers(scaler, target["name"], maker))


def _known(name: Property) -> list[str] | None:
    return None if name.text is None else [name.text]


@stack_rule(
    Declaration(
        name="backend-service",
        description="Every route leads to Services that exist.",
        why="A gateway answers with an error wherever the backend of a route is missing",
        clauses=("Gateway API: HTTPRoute, BackendNotFound",),
        types=(ROUTE, SERVICE),
    )
)
def backend_service(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge each route, once for each backend that is missing."""
    services = [each for each in resources if each.type == SERVICE]
    by_name = Shortlist(services, [_known(each["metadata"]["name"]) or () for each in services])
    for route in (each for each in resources if each.type == ROUTE):
        backends = {each.name.text or each.name.path: each for rule in rules_of(route) for each in rule if each.service}
        for backend in backends.values():
            matches = (_leads(route, backend, each) for each in by_name.sharing(_known(backend.name)))
            match = max(matches, default=Match.NO)
            if backend.name.unknown and match is not Match.YES:
                verdict.undecided(route, backend.name)
            elif match is not Match.YES:
                link = backend.fields
                _tell(route, match, link, f"leads nowhere: {link.path} names a Service that is not there", verdict)


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
        description="Every Secret is read by something in its namespace, or supplied by people for their own checks.",
        why="A Secret that nobody needs can leak all the same",
        clauses=("Popeye: POP-400",),
    )
)
def unused_secret(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge each Secret. The logins of one database are made and rotated together, so one that is read vouches for all;
    those that people supply are read by the checks of a release too."""
    secrets = [each for each in resources if each.type in SECRETS and not _supplied(each)]
    named = _named_secrets(resources, {each.provider for each in secrets})
    groups: dict[tuple[Place, str], list[Resource]] = defaultdict(list)
    for secret in secrets:
        family = secret.source if DATABASE.fullmatch(secret.source) else secret.urn
        groups[(_place(secret), family)].append(secret)
    for group in groups.values():
        if not any(named.uses(each) for each in group):
            for each in group:
                _judge_unused(each, named, verdict)


def _supplied(secret: Resource) -> bool:
    return secret["metadata"]["annotations"]["slipway.dev/supplied-keys"].present


@dataclass
class _Named:
    """Secrets that objects name, and what nobody knows yet."""

    names: set[tuple[Place, str]] = field(default_factory=set)
    unknown: dict[Place, Property] = field(default_factory=dict)
    made_from: set[str] = field(default_factory=set)
    """URNs that objects which name an unknown Secret depend on."""

    def uses(self, secret: Resource) -> bool:
        """Whether something certainly names it, from its namespace or from outside all of them."""
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


def _judge_unused(secret: Resource, named: _Named, verdict: Verdict) -> None:
    name = SECRETS[secret.type](secret)
    unknown = named.unknown.get(_place(secret)) or named.unknown.get((secret.provider, None))
    if not name.text:
        verdict.undecided(secret, Property(Absence.UNKNOWN, name.path))
    elif unknown:
        verdict.undecided(secret, unknown)
    else:
        verdict.violated(secret, "is read by nothing in the plan")


def _place(resource: Resource) -> Place:
    return resource.provider, namespace_of(resource).text or "default"


def _name(resource: Resource) -> str | None:
    return resource["metadata"]["name"].text
