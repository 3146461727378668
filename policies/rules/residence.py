"""Personal data stays in the allowed regions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pulumi_policy import Severity

from adapters import clouds
from adapters.clouds.contract import Place
from adapters.regions import plain
from framework import Declaration, Resource, Settings, Verdict, stack_rule

HOLDERS = clouds.table(lambda cloud: cloud.places)
PROVIDERS = clouds.together("data-residence")
NO_REGION = (
    "No region is named, so personal data may be in any: set `data-residence.allowedRegions`, regions by cloud, "
    "under `default`, an environment or the stack"
)
IMPERSONAL = ("public", "internal")


@stack_rule(
    Declaration(
        name="data-residence",
        description="Everything that may hold personal data, and each copy of it, is in an allowed region.",
        why="Personal data in a region without a legal basis is a breach from the first byte",
        clauses=("runbook: smartwallet, GDPR compliance is verified", "GDPR Art. 44", "settings: compliance.regions"),
        types=(*HOLDERS, *PROVIDERS),
        severity=Severity.CRITICAL,
        schema={
            "allowedRegions": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
                "default": {},
                "description": (
                    "Allowed regions for personal data, by cloud. A cloud that is not listed has "
                    "none; with an empty mapping the rule judges nothing, which it reports."
                ),
            }
        },
    )
)
def data_residence(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check resources that are not annotated as free of personal data, and that the stack names regions at all."""
    allowed = {cloud: {plain(each) for each in regions} for cloud, regions in settings["allowedRegions"].items()}
    providers = {each.urn: each for each in resources if each.type in PROVIDERS}
    holders = [each for each in resources if each.type in HOLDERS]
    personal = [each for each in holders if each.annotation("data-class").text not in IMPERSONAL]
    if personal and not allowed:
        verdict.without_threshold(None, NO_REGION)
    for holder in personal if allowed else ():
        for place in HOLDERS[holder.type](holder, providers):
            _evaluate(holder, place, allowed, verdict)


def _evaluate(holder: Resource, place: Place, allowed: Mapping[str, Collection[str]], verdict: Verdict) -> None:
    region, cloud = place.region, clouds.CLOUDS[holder.package].name
    what = "would copy personal data to" if place.key else "may hold personal data in"
    if region.unknown:
        verdict.undecided(holder, region, place.key)
    elif region.text is None:
        verdict.violated(holder, f"{what} an unknown region: {region.path} names none", place.key)
    elif plain(region.text) not in allowed.get(cloud, ()):
        verdict.violated(holder, f"{what} a region that is not allowed: {region.path}", place.key)
