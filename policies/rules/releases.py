"""Traffic is split by whole percentages, and never between versions that need different databases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from pulumi_policy import Severity

from adapters.migration_jobs import JOB, declared, is_migration
from adapters.traffic_split import ROUTES, SERVICE, SHARES, SLOT, Backend, rules_of
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
SHARED = "shared"
"""In place of a slot: what runs outside of both, at the version of the active one."""
WEIGHTS = "blue.weight and green.weight of the system in the stack's file"


@resource_rule(
    Declaration(
        name="route-weights",
        description="Wherever traffic is split, the weights are percentages that add up to 100.",
        why="With any other sum, a candidate gets more or less traffic than the release states",
        clauses=("runbook: smartwallet, route 10% of traffic to green",),
        types=SHARES.keys(),
    )
)
def route_weights(route: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check each choice of a route, or of a site's edge. The same problem in several choices is reported once."""
    problems: dict[str, None] = {}
    unknowns: dict[str, Property] = {}
    for shares in SHARES[route.type](route):
        unknown = next((each for each in shares if each.unknown), None)
        if unknown:
            unknowns[unknown.path] = unknown
        elif problem := _wrong(shares):
            problems[problem] = None
    for unknown in unknowns.values():
        verdict.undecided(route, unknown)
    for problem in problems:
        verdict.violated(route, f"splits traffic wrongly: {problem}; see {WEIGHTS}")


def _wrong(shares: Sequence[Property]) -> str:
    numbers = [each.whole_number for each in shares]
    wrong = next((path.path for path, number in zip(shares, numbers, strict=True) if not _percent(number)), "")
    if wrong:
        return f"{wrong} is not a percentage from 0 to 100"
    total = sum(number or 0 for number in numbers)
    return "" if not shares or total == 100 else f"its weights add up to {total}, not 100"


def _percent(number: int | None) -> bool:
    return number is not None and 0 <= number <= 100


Place = tuple[str, str]
"""A namespace of a cluster."""


@stack_rule(
    Declaration(
        name="release-compatibility",
        description="Traffic is not split between two versions across an incompatible migration.",
        why="Part of the traffic would reach a version whose database no longer fits",
        clauses=("runbook: expenses, step 2.1: enable maintenance mode",),
        types=(JOB, DEPLOYMENT, SERVICE, *ROUTES),
        severity=Severity.CRITICAL,
    )
)
def release_compatibility(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each incompatible migration with the routes of its namespace. A slot needs the migration if its Deployments
    wait for it."""
    slots = _slots_by_service(resources)
    weights: dict[Place, list[Backend]] = defaultdict(list)
    for route in (each for each in resources if each.type in ROUTES):
        weights[_place(route)] += [
            each for rule in rules_of(route, used=True) for each in rule if len(rule) > 1 or each.name.unknown
        ]
    deployments: dict[Place, list[Resource]] = defaultdict(list)
    for deployment in (each for each in resources if each.type == DEPLOYMENT):
        deployments[_place(deployment)].append(deployment)
    for job in (each for each in resources if each.type == JOB and is_migration(each)):
        place = _place(job)
        if _incompatible(job, verdict):
            shares = list(_shares(weights[place], place, slots))
            _evaluate_split(job, shares, set(_slots_after(job, deployments[place])), verdict)


def _place(resource: Resource) -> Place:
    return resource.provider, resource["metadata"]["namespace"].text or "default"


def _slots_by_service(resources: Sequence[Resource]) -> dict[tuple[Place, str], str]:
    services = [each for each in resources if each.type == SERVICE]
    slots = {(_place(each), each["metadata"]["name"].text or ""): each["spec"]["selector"][SLOT] for each in services}
    return {service: slot.text for service, slot in slots.items() if slot.text and slot.text != SHARED}


def _shares(
    backends: Sequence[Backend], place: Place, slots: Mapping[tuple[Place, str], str]
) -> Iterator[tuple[str, Property]]:
    """Return the weight of each backend with its slot, or the unknown name of a backend with traffic."""
    for each in backends:
        slot = slots.get((place, each.name.text or ""))
        if slot:
            yield slot, each.weight
        elif each.name.unknown and each.weight.whole_number != 0:
            yield "", each.name


def _slots_after(job: Resource, deployments: Sequence[Resource]) -> Iterator[str]:
    for deployment in deployments:
        slot = deployment["metadata"]["labels"][SLOT].text
        if slot and job.urn in deployment.dependencies:
            yield slot


def _incompatible(job: Resource, verdict: Verdict) -> bool:
    """Return whether the migration declares itself incompatible; a missing declaration is reported."""
    declaration = declared(job, "compatible")
    if declaration.unknown:
        verdict.undecided(job, declaration, "compatible")
    elif declaration.text not in ("true", "false"):
        verdict.violated(job, "does not declare whether it is compatible with the previous version", "compatible")
    return declaration.text == "false"


def _evaluate_split(job: Resource, shares: Sequence[tuple[str, Property]], needing: set[str], verdict: Verdict) -> None:
    served = {slot for slot, weight in shares if slot and (weight.whole_number or 0) > 0}
    unknown = {slot: weight for slot, weight in shares if weight.unknown and slot not in served}
    if _split(served, needing):
        slots = " and ".join(sorted(served))
        problem = f"is incompatible, and traffic is split among {slots}, which do not all wait for it"
        verdict.violated(job, f"{problem}; see {WEIGHTS}", "compatible")
    elif unknown and _split(served | unknown.keys(), needing):
        verdict.undecided(job, next(iter(unknown.values())), "compatible")


def _split(slots: set[str], needing: set[str]) -> bool:
    return len(slots) > 1 and not slots <= needing


RELEASE = "kubernetes:slipway.dev/v1:Release"
GATES = ("admit", "promote")
GATE = "slipway.dev/gate"
"""Label of the Jobs that wait for a release."""


@stack_rule(
    Declaration(
        name="release-gates",
        description="Every release has both gates, and migrations and the candidate's pods wait for the first.",
        why="Without a gate the update neither waits for approvals nor fails when the release is rolled back",
        clauses=("runbook: expenses, step 1.1: go or no-go", "NIST SP 800-53 CM-3: change control"),
        types=(RELEASE, JOB, DEPLOYMENT, STATEFUL_SET),
        severity=Severity.CRITICAL,
    )
)
def release_gates(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each Release with the Jobs, Deployments and StatefulSets of its namespace."""
    gates = {(_place(each), gate): each for each in resources if (gate := _gate(each))}
    for release in (each for each in resources if each.type == RELEASE):
        place = _place(release)
        for name in GATES:
            gate = gates.get((place, name))
            if gate is None or release.urn not in _all_before(gate, resources):
                verdict.violated(release, f"has no Job '{name}' that waits for it")
        admit = gates.get((place, "admit"))
        if admit is not None:
            for each in _held(release, resources):
                if admit.urn not in each.dependencies:
                    verdict.violated(each, "does not wait for the admission of its release")


def _gate(resource: Resource) -> str | None:
    return resource["metadata"]["labels"][GATE].text if resource.type == JOB else None


def _all_before(gate: Resource, resources: Sequence[Resource]) -> set[str]:
    """Return the URNs that a gate waits for, also by way of another gate."""
    others = [each for each in resources if _gate(each) and each.urn in gate.dependencies]
    return {*gate.dependencies, *(urn for each in others for urn in each.dependencies)}


def _held(release: Resource, resources: Sequence[Resource]) -> Iterator[Resource]:
    """Return what must not start before admission: the Jobs of migrations, the target's Deployments and StatefulSets, and
    what both slots use."""
    place, target = _place(release), release["spec"]["target"]["slot"].text
    for each in resources:
        if _place(each) != place or each.urn == release.urn:
            continue
        slot = each["metadata"]["labels"][SLOT].text
        if (each.type == JOB and is_migration(each)) or (
            each.type in (DEPLOYMENT, STATEFUL_SET) and slot in (target, SHARED) and slot
        ):
            yield each


EVIDENCE = "see `release.steps`, `checks`, `release.load` and `validations` of the system"


@resource_rule(
    Declaration(
        name="release-evidence",
        description="A release proves its candidate before all visitors have it: by checks, and by steps that are judged.",
        why="A version that starts and fails its visitors would be promoted, and found by them",
        clauses=(
            "runbook: smartwallet, smoke tests",
            "runbook: smartwallet, route 10% of traffic to green, monitor for 15 minutes",
        ),
        types=(RELEASE,),
        is_advice=True,
    )
)
def release_evidence(release: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check the Releases of systems with visitors. Behind a maintenance page nobody could be in a step."""
    spec = release["spec"]
    unknown = next((each for key in _PROVING if (each := spec[key]).unknown), None)
    if unknown:
        verdict.undecided(release, unknown)
        return
    if not any(spec["routes"].elements()) and not any(spec["sites"].elements()):
        return
    for lacking in _lacking(spec):
        verdict.violated(release, f"promotes on little evidence: {lacking}; {EVIDENCE}")


_PROVING = ("routes", "sites", "checks", "load", "jobs", "steps", "maintenance", "queries")


def _lacking(spec: Property) -> Iterator[str]:
    """Return what would show that a candidate fails, and is not there."""
    validated = any("after" in [when.text for when in each["when"].elements()] for each in spec["jobs"].elements())
    if not validated and not any(spec["checks"].elements()) and not any(spec["load"].elements()):
        yield "nothing is asked of the candidate before its first visitor"
    if spec["maintenance"].value is True:
        return
    if not any(step["weight"].whole_number not in (None, 100) for step in spec["steps"].elements()):
        yield "all visitors get the candidate at once"
    elif not spec["queries"]["slots"].mapping:
        yield "no figures judge its steps, for `controllers.metrics` of the cluster is absent"
