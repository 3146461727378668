"""What is spent is known, by whom, and stays within what may be spent.

Tags and labels change nothing but what a bill can be split by, so what is certain of them is added where it is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from pulumi_policy import Severity

from frame import Additions, Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule
from kinds import tags
from kinds.budgets import BUDGETS, MONTHLY, dollars

CLOUDS = ("aws", "azure-native")
Key = tuple[str, str]
"""The provider, which is a cluster's, and the system; no system means all of the cluster."""


def _tags_to_add(resource: Resource, settings: Settings) -> Additions:
    """What is certain of the tags that are missing."""
    if not tags.can_take_more(resource["tags"]):
        return {}
    known = tags.known_tags(resource)
    return {("tags", name): known[tag] for tag, name in _missing_tags(resource, settings) if tag in known}


@resource_rule(
    Declaration(
        name="cost-tags",
        description="Every resource that can be tagged says who pays for it.",
        why="A bill that cannot be split is nobody's, and a budget counts only what has its tag",
        clauses=("AWS Well-Architected: COST03-BP03", "Azure Cloud Adoption Framework: tagging"),
        types=tags.TAGGABLE,
        severity=Severity.LOW,
        schema={
            "tags": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "default": ["managed-by", "slipway.dev/stack", "slipway.dev/cluster"],
                "description": "Tags of every resource, as AWS writes them; a system's have the tag of the system too.",
            },
            "own": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "default": [],
                "description": "Tags of the company besides those, such as cost-center.",
            },
        },
    ),
    remedy=_tags_to_add,
)
def cost_tags(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Judge that the tags are there, whatever they say."""
    found = resource["tags"]
    if found.unknown:
        verdict.undecided(resource, found, "tags")
        return
    missing = sorted(name for _, name in _missing_tags(resource, settings))
    if missing:
        verdict.violated(resource, f"lacks tags: {', '.join(missing)}", "tags")


def _missing_tags(resource: Resource, settings: Settings) -> Iterator[tuple[str, str]]:
    for tag in tags.expected_tags(resource, [*settings["tags"], *settings["own"]]):
        name = tags.tag_name(resource, tag)
        if tags.lacks(resource["tags"], name):
            yield tag, name


def _labels_to_add(resource: Resource, _settings: Settings) -> Additions:
    """What is certain of the labels that are missing; labels of pods and selectors are left alone."""
    metadata = resource["metadata"]
    if not tags.is_object(resource) or not all(map(tags.can_take_more, (metadata, metadata["labels"]))):
        return {}
    known = tags.known_labels(resource)
    return {("metadata", "labels", label): known[label] for label in _missing_labels(resource) if label in known}


@resource_rule(
    Declaration(
        name="object-labels",
        description="Every object of Kubernetes says what manages it and what it is part of.",
        why="Who finds it in the cluster sees where to change it, and costs are split by it",
        clauses=("Kubernetes: recommended labels",),
        severity=Severity.LOW,
    ),
    remedy=_labels_to_add,
)
def object_labels(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge the labels of the object itself."""
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
        description="Every cluster in a cloud has a monthly budget that tells somebody, and what is planned fits it.",
        why="A bill that nobody expected is noticed a month late otherwise",
        clauses=("AWS Well-Architected: COST02-BP05", "runbooks: cost estimate"),
        types=(*BUDGETS, *tags.TAGGABLE),
        severity=Severity.MEDIUM,
        schema={
            "monthlyBudget": {
                "type": "number",
                "minimum": 0,
                "default": 0,
                "description": "US dollars a month that all clusters' budgets may reach together; 0 for no limit.",
            }
        },
    )
)
def cost_budget(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Judge the budgets of each provider, and the notes of what resources cost a month against them."""
    budgets = _budgets(resources, verdict)
    for provider in dict.fromkeys(each.provider for each in resources if each.package in CLOUDS):
        if (provider, "") not in budgets:
            problem = f"{provider.rpartition('::')[2]} has no monthly budget that tells somebody"
            verdict.say(provider or None, f"{problem}; give its cluster 'monthlyBudget' and 'billingContacts'")
    _judge_sum(budgets, settings["monthlyBudget"], verdict)
    costs = _costs(resources, verdict)
    for key, budget in budgets.items():
        amount = dollars(BUDGETS[budget.type].amount(budget))
        if amount is not None and costs[key] > amount:
            problem = f"allows {amount:.0f} US dollars a month, and what is planned costs {costs[key]:.0f}"
            verdict.violated(budget, problem, "monthly" if key[1] else "monthlyBudget")


def _budgets(resources: Sequence[Resource], verdict: Verdict) -> dict[Key, Resource]:
    """Budgets by what they are for. One that cannot be read is reported, and counts as being there."""
    found: dict[Key, Resource] = {}
    for budget in (each for each in resources if each.type in BUDGETS):
        kind = BUDGETS[budget.type]
        system, amount = kind.system(budget), kind.amount(budget)
        key = "monthly" if system.present else "monthlyBudget"
        found[budget.provider, _system(system)] = budget
        for each in (system, amount, kind.period(budget), kind.tells(budget)):
            if each.unknown:
                verdict.undecided(budget, each, key)
        if not amount.unknown and dollars(amount) is None:
            verdict.violated(budget, f"limits nothing: {amount.path} is no amount of money", key)
        if not kind.period(budget).unknown and kind.period(budget).text not in MONTHLY:
            verdict.violated(budget, f"is for no month: {kind.period(budget).path} is another period or not set", key)
        if kind.tells(budget).missing:
            verdict.violated(budget, "tells nobody what was spent", "billingContacts")
    return found


def _system(system: Property) -> str:
    """An unknown system is none of those that resources name."""
    return "" if system.missing else system.text or "?"


def _judge_sum(budgets: Mapping[Key, Resource], limit: float, verdict: Verdict) -> None:
    whole = [each for (_, system), each in budgets.items() if not system]
    allowed = sum(dollars(BUDGETS[each.type].amount(each)) or 0 for each in whole)
    if limit and allowed > limit:
        for budget in whole:
            problem = f"allows, with those of the stack's other clusters, {allowed:.0f} US dollars a month"
            verdict.violated(budget, f"{problem}, more than {limit:.0f}", "monthlyBudget")


def _costs(resources: Sequence[Resource], verdict: Verdict) -> dict[Key, float]:
    """The notes `monthly-cost` of each cluster and of each of its systems, in sum."""
    found: dict[Key, float] = defaultdict(float)
    for resource in resources:
        note = resource.note("monthly-cost")
        cost = dollars(note)
        if note.unknown:
            verdict.undecided(resource, note)
        elif note.present and cost is None:
            verdict.violated(resource, f"costs nothing that can be counted: {note.path} is no amount of money")
        for system in {"", resource.note("system").text or ""} if cost else ():
            found[resource.provider, system] += cost or 0
    return found
