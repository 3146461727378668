"""Costs can be attributed to an owner and stay within the budget.

Tags and labels only affect how a bill can be split, so missing ones whose value is certain are added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from pulumi_policy import Severity

from adapters import clouds, referenced_clusters, tags
from adapters.budget_amounts import MONTHLY, dollars
from framework import Additions, Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule

BUDGETS = clouds.table(lambda cloud: cloud.budgets)
Key = tuple[str, str]
"""The cluster's provider and the system; no system means the whole cluster."""


def _tags_to_add(resource: Resource, settings: Settings) -> Additions:
    """Return the missing tags whose value is certain."""
    if not tags.can_take_more(resource["tags"]):
        return {}
    known = tags.known_tags(resource)
    return {("tags", name): known[tag] for tag, name in _missing_tags(resource, settings) if tag in known}


@resource_rule(
    Declaration(
        name="cost-tags",
        description="Every taggable resource has the tags for cost allocation.",
        why="Untagged costs cannot be attributed, and a budget counts only what has its tag",
        clauses=clouds.clauses("cost-tags"),
        types=tags.TAGGABLE,
        severity=Severity.LOW,
        schema={
            "tags": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "default": ["managed-by", "slipway.dev/stack", "slipway.dev/cluster"],
                "description": "Required tags, before a cloud spells them its own way; a system's resources also need the system's tag.",
            },
            "own": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "default": [],
                "description": "Additional tags of your company, such as cost-center.",
            },
        },
    ),
    remedy=_tags_to_add,
)
def cost_tags(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check that the tags are present, with any value."""
    found = resource["tags"]
    if found.unknown:
        verdict.undecided(resource, found, "tags")
        return
    missing = dict(_missing_tags(resource, settings))
    if missing:
        own = next((tag for tag in settings["own"] if tag in missing), "")
        problem = f"{resource} lacks tags: {', '.join(sorted(missing.values()))}"
        place = tags.place_of_own(resource, own) if own else _place(resource)
        verdict.report_at(resource.urn, problem, place, tags.value_of_own(own) if own else None)


def _place(resource: Resource) -> str:
    return f"{resource.source}.tags".replace(":.", ":") if resource.source else ""


def _missing_tags(resource: Resource, settings: Settings) -> Iterator[tuple[str, str]]:
    for tag in tags.expected_tags(resource, [*settings["tags"], *settings["own"]]):
        name = tags.tag_name(resource, tag)
        if tags.lacks(resource["tags"], name):
            yield tag, name


def _labels_to_add(resource: Resource, _settings: Settings) -> Additions:
    """Return the missing labels whose value is certain; labels of pods and selectors are left alone."""
    metadata = resource["metadata"]
    if not tags.is_object(resource) or not all(map(tags.can_take_more, (metadata, metadata["labels"]))):
        return {}
    known = tags.known_labels(resource)
    return {("metadata", "labels", label): known[label] for label in _missing_labels(resource) if label in known}


@resource_rule(
    Declaration(
        name="object-labels",
        description="Every Kubernetes object has the recommended labels.",
        why="They show where to change an object, and costs are split by them",
        clauses=("Kubernetes: recommended labels",),
        severity=Severity.LOW,
    ),
    remedy=_labels_to_add,
)
def object_labels(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check the labels of the object itself."""
    if not tags.is_object(resource):
        return
    found = resource["metadata"]["labels"]
    if found.unknown:
        verdict.undecided(resource, found)
        return
    missing = _missing_labels(resource)
    if missing:
        verdict.violated(resource, f"lacks labels: {', '.join(missing)}")


def _missing_labels(resource: Resource) -> list[str]:
    labels = resource["metadata"]["labels"]
    return [each for each in (tags.MANAGED_BY, tags.PART_OF) if tags.lacks(labels, each)]


@stack_rule(
    Declaration(
        name="cost-budget",
        description="Every cloud cluster has a monthly budget with notifications, and the planned cost fits it.",
        why="Otherwise an unexpected bill is noticed a month late",
        clauses=("runbooks: cost estimate", *clouds.clauses("cost-budget")),
        types=(*BUDGETS, *tags.TAGGABLE, referenced_clusters.TYPE),
        severity=Severity.MEDIUM,
        schema={
            "monthlyBudget": {
                "type": "number",
                "minimum": 0,
                "default": 0,
                "description": "Limit of the sum of all clusters' budgets, in US dollars a month; 0 for no limit.",
            }
        },
    )
)
def cost_budget(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check the budgets of each provider, and the annotated monthly costs of its resources against them."""
    budgets, elsewhere = _budgets(resources, verdict), referenced_clusters.budgeted(resources)
    for provider in dict.fromkeys(each.provider for each in resources if each.package in clouds.CLOUDS):
        if (provider, "") not in budgets and provider.rpartition("::")[2] not in elsewhere:
            problem = f"{provider.rpartition('::')[2]} has no monthly budget with notifications"
            verdict.report_at(provider or None, f"{problem}; give its cluster 'monthlyBudget' and 'billingContacts'")
    _evaluate_sum(budgets, settings["monthlyBudget"], verdict)
    costs = _costs(resources, verdict)
    for key, budget in budgets.items():
        amount = dollars(BUDGETS[budget.type].amount(budget))
        if amount is not None and costs[key] > amount:
            problem = f"allows {amount:.0f} US dollars a month, and what is planned costs {costs[key]:.0f}"
            verdict.violated(budget, problem, "monthly" if key[1] else "monthlyBudget")


def _budgets(resources: Sequence[Resource], verdict: Verdict) -> dict[Key, Resource]:
    """Return the budgets by scope. An unreadable one is reported and counts as present."""
    found: dict[Key, Resource] = {}
    for budget in (each for each in resources if each.type in BUDGETS):
        kind = BUDGETS[budget.type]
        system, amount = kind.system(budget), kind.amount(budget)
        key = "monthly" if system.present else "monthlyBudget"
        found[budget.provider, _system(system)] = budget
        for each in (system, amount, kind.period(budget), kind.notifies(budget)):
            if each.unknown:
                verdict.undecided(budget, each, key)
        if not amount.unknown and dollars(amount) is None:
            verdict.violated(budget, f"limits nothing: {amount.path} is not an amount of money", key)
        if not kind.period(budget).unknown and kind.period(budget).text not in MONTHLY:
            verdict.violated(budget, f"is not monthly: {kind.period(budget).path} is not set or another period", key)
        if kind.notifies(budget).missing:
            verdict.violated(budget, "notifies nobody", "billingContacts")
    return found


def _system(system: Property) -> str:
    """Return the system; an unknown one matches none that resources name."""
    return "" if system.missing else system.text or "?"


def _evaluate_sum(budgets: Mapping[Key, Resource], limit: float, verdict: Verdict) -> None:
    whole = [each for (_, system), each in budgets.items() if not system]
    allowed = sum(dollars(BUDGETS[each.type].amount(each)) or 0 for each in whole)
    if limit and allowed > limit:
        for budget in whole:
            problem = f"allows, with those of the stack's other clusters, {allowed:.0f} US dollars a month"
            verdict.violated(budget, f"{problem}, more than {limit:.0f}", "monthlyBudget")


def _costs(resources: Sequence[Resource], verdict: Verdict) -> dict[Key, float]:
    """Sum the annotations `monthly-cost` for each cluster and for each of its systems."""
    found: dict[Key, float] = defaultdict(float)
    for resource in resources:
        note = resource.annotation("monthly-cost")
        cost = dollars(note)
        if note.unknown:
            verdict.undecided(resource, note)
        elif note.present and cost is None:
            verdict.violated(resource, f"has a cost that cannot be added up: {note.path} is not an amount of money")
        for system in {"", resource.annotation("system").text or ""} if cost else ():
            found[resource.provider, system] += cost or 0
    return found
