"""Personal data stays in the regions that it may be kept in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pulumi_policy import Severity

from frame import Declaration, Resource, Settings, Verdict, stack_rule
from kinds.regions import HOLDERS, PROVIDERS, Place, plain

IMPERSONAL = ("public", "internal")


@stack_rule(
    Declaration(
        name="data-residence",
        description="What may hold personal data, and each copy of it, lies in a region allowed for that.",
        why="Personal data in a region without a legal ground is a breach from its first byte on",
        clauses=("runbook: smartwallet, GDPR compliance is verified", "GDPR Art. 44", "settings: compliance.regions"),
        types=(*HOLDERS, *PROVIDERS),
        severity=Severity.CRITICAL,
        schema={
            "allowedRegions": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
                "default": {},
                "description": (
                    "Regions by cloud (aws, azure) that personal data may be kept in. A cloud that is not named has "
                    "none; without any, all regions are allowed."
                ),
            }
        },
    )
)
def data_residence(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Judge what is not noted to hold no personal data."""
    allowed = {cloud: {plain(each) for each in regions} for cloud, regions in settings["allowedRegions"].items()}
    providers = {each.urn: each for each in resources if each.type in PROVIDERS}
    for holder in (each for each in resources if allowed and each.type in HOLDERS):
        if holder.note("data-class").text in IMPERSONAL:
            continue
        for place in HOLDERS[holder.type](holder, providers):
            _judge(holder, place, allowed, verdict)


def _judge(holder: Resource, place: Place, allowed: Mapping[str, Collection[str]], verdict: Verdict) -> None:
    region = place.region
    what = "would copy personal data to" if place.key else "may hold personal data in"
    if region.unknown:
        verdict.undecided(holder, region, place.key)
    elif region.text is None:
        verdict.violated(holder, f"{what} a region that nothing names: {region.path} does not", place.key)
    elif plain(region.text) not in allowed.get(place.cloud, ()):
        verdict.violated(holder, f"{what} a region that is not allowed: {region.path}", place.key)
