"""Identities reach the stack's own accounts, and others that are listed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet

from pulumi_policy import Severity

from adapters import clouds, pod_identities, providers
from framework import Declaration, Property, Resource, Settings, Verdict, stack_rule
from framework.verdicts import PREVIEW

REACHED = clouds.table(lambda cloud: cloud.reached)
KEYS = clouds.table(lambda cloud: cloud.identity_keys)
IDENTITIES = clouds.types(lambda cloud: cloud.identities)
_PROVIDERS = {f"pulumi:providers:{package}": cloud.account for package, cloud in clouds.CLOUDS.items()}


@stack_rule(
    Declaration(
        name="foreign-accounts",
        description="No identity has rights on resources of an account or subscription that is neither the stack's own nor listed, "
        "and no pod takes on an identity of one.",
        why="A right in somebody else's account carries data out of yours, and nobody here sees what becomes of it",
        clauses=(
            "CIS Controls 3.3: data access control lists",
            "MITRE ATT&CK: T1537",
            *clouds.clauses("foreign-accounts"),
        ),
        types=(*REACHED, *_PROVIDERS, *pod_identities.NAMING, *IDENTITIES),
        severity=Severity.HIGH,
        schema={
            "accounts": {
                "type": "array",
                "items": {
                    "type": "string",
                    "pattern": "^([0-9]{12}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$",
                },
                "default": [],
                "description": "Accounts and subscriptions of others on whose resources identities may have rights.",
            }
        },
    )
)
def foreign_accounts(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Compare what each identity reaches with the accounts of the stack's clusters and of its provider, which
    `declared-providers` compares with its cluster's. A document with unknown values is checked in the update, by
    `iam-wildcards`; a bucket's name tells no account, but a condition may. An object of a cluster names identities of any
    of the stack's accounts."""
    own = {each.urn: _own(each) for each in resources if each.type in _PROVIDERS}
    known = {*providers.declared_accounts(), *settings["accounts"]}
    of_stack = known.union(*own.values())
    made = [each for each in resources if each.type in IDENTITIES]
    ids = {*settings["accounts"], *((each[key].text or "").lower() for each in made for key in KEYS.values())}
    for resource in resources:
        if resource.type in REACHED:
            _evaluate(resource, REACHED[resource.type](resource), {*known, *own.get(resource.provider, ())}, verdict)
        elif resource.type in pod_identities.NAMING:
            _evaluate(resource, _named_roles(resource), of_stack, verdict)
            _evaluate_ids(resource, ids, verdict)


def _own(provider: Resource) -> Collection[str]:
    return {each.lower() for each in providers.texts(provider[_PROVIDERS[provider.type]])}


def _named_roles(resource: Resource) -> Iterator[tuple[Property, str]]:
    for each in pod_identities.named(resource):
        accounts = (cloud.account_of(each.name, each.value.text or "") for cloud in clouds.CLOUDS.values())
        account = next((found for found in accounts if found is not None), None)
        if account is not None or each.value.unknown:
            yield each.value, account or ""


def _evaluate_ids(resource: Resource, known: AbstractSet[str], verdict: Verdict) -> None:
    """Advise on an id that is none of the stack's identities': it may be a known one's, since an id tells no account."""
    for each in pod_identities.named(resource):
        if each.name in KEYS and not each.value.unknown and (each.value.text or "").lower() not in known - {""}:
            problem = f"names an identity that the stack does not make: {each.value.path}; list its id in accounts if you know it"
            verdict.advise(resource, problem, "grants")


def _evaluate(
    resource: Resource, reached: Iterator[tuple[Property, str]], known: Collection[str], verdict: Verdict
) -> None:
    foreign: dict[str, Property] = {}
    for place, account in reached:
        if place.unknown:
            if not PREVIEW:
                verdict.undecided(resource, place)
        elif account not in known:
            foreign[account] = place
    if foreign:
        place = next(iter(foreign.values()))
        problem = f"{place.path} has rights in {len(foreign)} unknown accounts: list known ones in accounts"
        verdict.violated(resource, problem, "grants")
