"""Secrets stand where they are kept, never beside, and none of them lasts for ever."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pulumi_policy import Severity

from frame import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule
from kinds.plain_places import Plain, leaves, plain_values
from kinds.secret_values import literal, secret_by_form, secret_by_name

WHY = "What stands in plain text is read by everybody who may look, and stays in histories, logs and backups"
CLAUSES = (
    "runbook: marketplace, 1.2: set up secrets management",
    "runbook: smartwallet, security: secrets not committed to repository",
    "CIS Kubernetes 5.4.1, 5.4.2",
    "CWE-312",
)
STACK = "pulumi:pulumi:Stack"


@resource_rule(
    Declaration(
        name="plain-secrets",
        description="No secret stands in plain text: in a ConfigMap, a variable, a tag, an annotation, values of a chart.",
        why=WHY,
        clauses=CLAUSES,
        severity=Severity.CRITICAL,
    )
)
def plain_secrets(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge what is marked secret, has the name of a secret, or the form of one."""
    _judge(resource, plain_values(resource), verdict)


@stack_rule(
    Declaration(
        name="plain-outputs",
        description="No output of the stack is a secret that is not marked so.",
        why=WHY,
        clauses=CLAUSES,
        types=(STACK,),
        severity=Severity.CRITICAL,
    )
)
def plain_outputs(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge the outputs; one that is marked secret is kept encrypted and shown to nobody."""
    for stack in resources:
        shown = (each for each in leaves(stack.properties) if not stack.is_secret(each.value))
        _judge(stack, shown, verdict)


def _judge(resource: Resource, values: Iterable[Plain], verdict: Verdict) -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for each in values:
        if resource.is_secret(each.value) or _gives_itself_away(each):
            found[each.key].append(str(each))
        elif each.value.unknown and secret_by_name(each.name):
            verdict.undecided(resource, each.value, each.key)
    for key, places in found.items():
        verdict.violated(resource, f"holds secrets in plain text: {', '.join(places)}", key)


def _gives_itself_away(plain: Plain) -> bool:
    if plain.value.unknown:
        return False
    by_name = bool(plain.name) and secret_by_name(plain.name) and literal(plain.value)
    return by_name or secret_by_form(plain.value.text or "")


ENTRY = "aws:secretsmanager/secret:Secret"
FILLED_BY = ("aws:secretsmanager/secretVersion:SecretVersion", "aws:secretsmanager/secretRotation:SecretRotation")
OBJECTS = ("kubernetes:core/v1:Secret", "kubernetes:external-secrets.io/v1:ExternalSecret")
_HOURS = {"ms": 0, "s": 0, "m": 0, "h": 1, "d": 24}
"""Of a unit; less than an hour counts as one."""
_NAME = re.compile(r"[A-Za-z_]\w{0,127}")


@stack_rule(
    Declaration(
        name="secret-rotation",
        description="Every secret that people supply is declared to be replaced in time.",
        why="A key that is never replaced stays with everybody who ever saw it, and nobody notices that it is old",
        clauses=(
            "AWS Foundational Security Best Practices: SecretsManager.1, SecretsManager.4",
            "CIS Azure: key rotation",
        ),
        types=(ENTRY, *FILLED_BY, *OBJECTS),
        schema={
            "maximumDays": {
                "type": "integer",
                "minimum": 1,
                "default": 365,
                "description": "Days that a secret may be declared to live at most.",
            }
        },
    )
)
def secret_rotation(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Judge what Slipway notes on entries that people fill, and on the objects that bring those into a cluster."""
    longest = int(settings["maximumDays"])
    filled = {urn for each in resources if each.type in FILLED_BY for urn in each.dependencies}
    for resource in resources:
        if resource.type == ENTRY and resource.urn not in filled:
            age = resource.note("rotate-every")
            _judge_ages(resource, age, {(resource["name"].text or "").rpartition("/")[2]: age.text}, longest, verdict)
        elif resource.type in OBJECTS and resource.note("supplied-keys").present:
            _judge_object(resource, longest, verdict)


def _judge_object(resource: Resource, longest: int, verdict: Verdict) -> None:
    supplied, ages = resource.note("supplied-keys"), resource.note("rotate-every")
    if supplied.unknown:
        verdict.undecided(resource, supplied)
        return
    declared = dict(each.split("=", 1) for each in (ages.text or "").split(",") if "=" in each)
    keys = [each for each in (supplied.text or "").split(",") if each]
    _judge_ages(resource, ages, {key: declared.get(key) for key in keys}, longest, verdict)


def _judge_ages(
    resource: Resource, noted: Property, ages: Mapping[str, str | None], longest: int, verdict: Verdict
) -> None:
    if noted.unknown:
        verdict.undecided(resource, noted, "rotateEvery")
        return
    for name, age in ages.items():
        if not 0 < _hours(age) <= longest * 24:
            shown = name if _NAME.fullmatch(name) else ""
            problem = f"holds a secret that nobody has to replace within {longest} days: {shown}".removesuffix(": ")
            verdict.violated(resource, problem, ".".join(filter(None, (shown, "rotateEvery"))))


def _hours(age: str | None) -> int:
    """Hours of a duration such as `90d`; 0 if it is none."""
    written = re.fullmatch(r"([1-9]\d{0,6})(ms|s|m|h|d)", age or "")
    return int(written[1]) * _HOURS[written[2]] or 1 if written else 0
