"""Secrets are only in secret stores, and every secret is rotated."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pulumi_policy import Severity

from adapters import clouds
from adapters.plain_values import Plain, leaves, plain_values
from adapters.safeguards import at
from adapters.secret_values import holds_pair, literal, secret_by_form, secret_by_name, secret_in_context
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule

WHY = "Plain text can be read by everyone with read access, and stays in histories, logs and backups"
CLAUSES = (
    "runbook: marketplace, 1.2: set up secrets management",
    "runbook: smartwallet, security: secrets not committed to repository",
    "CIS Kubernetes 5.4.1, 5.4.2",
    "CWE-312",
)
SHORTEST = 8
"""Length of the shortest string that is checked for the form of a secret. Chosen: no form of gitleaks is shorter."""
STACK = "pulumi:pulumi:Stack"


@resource_rule(
    Declaration(
        name="plain-secrets",
        description="No secret is in plain text in a ConfigMap, a variable, a tag, an annotation or chart values.",
        why=WHY,
        clauses=CLAUSES,
        severity=Severity.CRITICAL,
    )
)
def plain_secrets(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check values that are marked as secret, or have the name or the form of a secret."""
    _evaluate(resource, plain_values(resource), verdict)


@stack_rule(
    Declaration(
        name="plain-outputs",
        description="Every stack output that is a secret is marked secret.",
        why=WHY,
        clauses=CLAUSES,
        types=(STACK,),
        severity=Severity.CRITICAL,
    )
)
def plain_outputs(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check the outputs; one marked as secret is encrypted and never shown."""
    for stack in resources:
        shown = (each for each in leaves(stack.properties) if not stack.is_secret(each.value))
        _evaluate(stack, shown, verdict)


def _evaluate(resource: Resource, values: Iterable[Plain], verdict: Verdict) -> None:
    found: dict[str, list[str]] = defaultdict(list)
    reported: set[str] = set()
    for each in values:
        marked = resource.is_secret(each.value)
        if marked and not each.shown:
            continue
        is_found = marked or _looks_secret(each)
        is_undecided = not is_found and each.value.unknown and each.shown and secret_by_name(each.name)
        if not (is_found or is_undecided) or each.value.path in reported:
            continue
        if is_found:
            reported.add(each.value.path)
            found[each.key].append(str(each))
        else:
            verdict.undecided(resource, each.value, each.key)
    for key, places in found.items():
        verdict.violated(resource, f"contains secrets in plain text: {', '.join(places)}", key)


def _looks_secret(plain: Plain) -> bool:
    if plain.value.unknown:
        return False
    by_name = bool(plain.name) and secret_by_name(plain.name) and literal(plain.name, plain.value)
    text = plain.value.text or ""
    if by_name or len(text) < SHORTEST:
        return by_name
    return secret_by_form(text) or secret_in_context(plain.name, text) or holds_pair(text)


ENTRIES = clouds.types(lambda cloud: cloud.secret_entries)
FILLED_BY = clouds.types(lambda cloud: cloud.filled_by)
ROTATED_AFTER = clouds.table(lambda cloud: cloud.rotated_after)
OBJECTS = ("kubernetes:core/v1:Secret", "kubernetes:external-secrets.io/v1:ExternalSecret")
_HOURS = {"ms": 0, "s": 0, "m": 0, "h": 1, "d": 24}
"""Hours per unit; a unit below an hour counts as one."""
_NAME = re.compile(r"[A-Za-z_]\w{0,127}")


@stack_rule(
    Declaration(
        name="secret-rotation",
        description="Every supplied secret has a maximum age.",
        why="A key that is never rotated stays usable by everybody who ever saw it",
        clauses=clouds.clauses("secret-rotation"),
        types=(*ENTRIES, *FILLED_BY, *OBJECTS),
        schema={
            "maximumDays": {
                "type": "integer",
                "minimum": 1,
                "default": 365,
                "description": "Maximum age that a secret may declare, in days.",
            }
        },
    )
)
def secret_rotation(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check Slipway's annotations on supplied entries, and on the objects that sync them into a cluster."""
    longest = int(settings["maximumDays"])
    filled = {urn for each in resources if each.type in FILLED_BY for urn in each.dependencies}
    for resource in resources:
        days = at(resource.properties, ROTATED_AFTER.get(resource.type, ("",)))
        if (days.whole_number or 0) > longest:
            verdict.violated(resource, f"is rotated less often than every {longest} days: {days.path}")
        if resource.type in ENTRIES and resource.urn not in filled:
            age = resource.annotation("rotate-every")
            _evaluate_ages(
                resource, age, {(resource["name"].text or "").rpartition("/")[2]: age.text}, longest, verdict
            )
        elif resource.type in OBJECTS and resource.annotation("supplied-keys").present:
            _evaluate_object(resource, longest, verdict)


def _evaluate_object(resource: Resource, longest: int, verdict: Verdict) -> None:
    supplied, ages = resource.annotation("supplied-keys"), resource.annotation("rotate-every")
    if supplied.unknown:
        verdict.undecided(resource, supplied)
        return
    declared = dict(each.split("=", 1) for each in (ages.text or "").split(",") if "=" in each)
    keys = [each for each in (supplied.text or "").split(",") if each]
    _evaluate_ages(resource, ages, {key: declared.get(key) for key in keys}, longest, verdict)


def _evaluate_ages(
    resource: Resource, noted: Property, ages: Mapping[str, str | None], longest: int, verdict: Verdict
) -> None:
    if noted.unknown:
        verdict.undecided(resource, noted, "rotateEvery")
        return
    for name, age in ages.items():
        if not 0 < _hours(age) <= longest * 24:
            shown = name if _NAME.fullmatch(name) else ""
            problem = f"has no rotation within {longest} days: {shown}".removesuffix(": ")
            key = ".".join(filter(None, (shown, "rotateEvery")))
            verdict.violated(resource, problem, key, f"{longest}d" if shown else None)


def _hours(age: str | None) -> int:
    """Return the hours of a duration such as `90d`; 0 if it is invalid."""
    written = re.fullmatch(r"([1-9]\d{0,6})(ms|s|m|h|d)", age or "")
    return int(written[1]) * _HOURS[written[2]] or 1 if written else 0
