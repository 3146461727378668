"""Least privilege: no excess permissions, no static keys where there are identities, no local accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from pulumi_policy import Severity

from adapters import clouds, cluster_rights, operated_settings, providers
from adapters.clouds.contract import Rights, nothing
from adapters.containers import WORKLOADS, containers_of
from adapters.local_accounts import AUTH_SETTINGS, CLUSTERS, LOGINS
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule
from framework.verdicts import PREVIEW

RIGHTS: Mapping[str, Rights] = {
    **clouds.table(lambda cloud: cloud.rights),
    **cluster_rights.RIGHTS,
    **{type_: Rights(wildcards=problems) for type_, problems in operated_settings.ADMITTING.items()},
}
WILDCARDS, ESCALATIONS, TRUST = (
    {type_: each for type_, each in RIGHTS.items() if getattr(each, kind) is not nothing}
    for kind in ("wildcards", "escalations", "trust")
)


@resource_rule(
    Declaration(
        name="iam-wildcards",
        description="No role allows everything everywhere, and no permission is granted to everybody.",
        why="Otherwise one compromised workload or account compromises all others",
        clauses=(
            "CIS Kubernetes 5.1.1, 5.1.3",
            *clouds.clauses("iam-wildcards"),
        ),
        types=WILDCARDS.keys(),
        severity=Severity.CRITICAL,
    )
)
def wildcards(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check permissions. A document built from unknown values is unknown as a whole at preview; the update checks it
    before creation."""
    rights = WILDCARDS[resource.type]
    for where, problem in rights.wildcards(resource):
        if problem:
            verdict.violated(resource, f"{where.path} {problem}")
        elif not (PREVIEW and rights.seen_later):
            verdict.undecided(resource, where)


@resource_rule(
    Declaration(
        name="iam-escalation",
        description="No role allows privilege escalation: passing or assuming any role, changing permissions, reading all secrets; nor "
        "reading, sharing or deleting all data.",
        why="A role that can extend its own permissions has all permissions",
        clauses=(
            "CIS Kubernetes 5.1.2, 5.1.8-5.1.13",
            "MITRE ATT&CK: T1098, T1548",
            *clouds.clauses("iam-escalation"),
        ),
        types=ESCALATIONS.keys(),
        severity=Severity.CRITICAL,
    )
)
def escalations(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check for privilege escalation; `iam-wildcards` reports wildcards."""
    for where, problem in ESCALATIONS[resource.type].escalations(resource):
        verdict.violated(resource, f"{where.path} {problem}")


@stack_rule(
    Declaration(
        name="iam-escalation-together",
        description="No holder has permissions that only together allow privilege escalation.",
        why="A program that runs under a passed role has all of its permissions",
        clauses=("MITRE ATT&CK: T1098, T1548", *clouds.clauses("iam-escalation-together")),
        types=clouds.together("iam-escalation-together"),
        severity=Severity.CRITICAL,
    )
)
def escalations_together(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check all documents of each holder; `iam-escalation` reports single actions."""
    clouds.evaluate_together("iam-escalation-together", resources, settings, verdict)


@resource_rule(
    Declaration(
        name="iam-trust",
        description="Permissions go to named principals only: known accounts, token subjects, your own groups.",
        why="A principal that is not named may be anybody",
        clauses=(
            "CIS Kubernetes 5.1.7",
            *clouds.clauses("iam-trust"),
        ),
        types=TRUST.keys(),
        severity=Severity.CRITICAL,
        schema={
            "accounts": {
                "type": "array",
                "items": {"type": "string", "pattern": "^[0-9]{12}$"},
                "default": [],
                "description": "Accounts whose roles are trusted: the stack's own, and those of partners.",
            }
        },
    )
)
def trust(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check the trusted principals; the update checks unknown documents, by `iam-wildcards`."""
    known = {*settings["accounts"], *providers.declared_accounts()}
    for where, problem in TRUST[resource.type].trust(resource, known):
        verdict.violated(resource, f"{where.path} {problem}")


SECRETS = "kubernetes:core/v1:Secret"
LASTING = {
    "kubernetes.io/service-account-token": "a token of a service account",
    "bootstrap.kubernetes.io/token": "a token by which anything becomes a node",
}
"""Tokens by the type of their Secret."""
EXTERNAL_SECRETS = "kubernetes:external-secrets.io/v1:ExternalSecret"
PROVIDER = "pulumi:providers:kubernetes"
_CLOUD_KEY = re.compile(
    "|".join(each.key_variables for each in clouds.CLOUDS.values())
    + r"|RCLONE_CONFIG_\w+_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|KEY|SAS_URL)"
    r"|GOOGLE_(APPLICATION_)?CREDENTIALS|(GOOGLE_|GCP_)?SERVICE_ACCOUNT(_KEY|_JSON)?"
)


@stack_rule(
    Declaration(
        name="static-cloud-keys",
        description="Pods of managed clusters use a cloud identity, never static keys.",
        why="A leaked key works from anywhere until it is revoked, a token for an hour",
        clauses=(
            "NSA Kubernetes Hardening: authentication",
            *clouds.clauses("static-cloud-keys"),
        ),
        severity=Severity.CRITICAL,
    )
)
def static_cloud_keys(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check the credentials of pods on clusters whose cloud has pod identities; other clusters have only keys."""
    clusters = _ManagedClusters(resources)
    for resource in resources:
        if resource.type not in (*WORKLOADS, SECRETS, EXTERNAL_SECRETS) or not clusters.includes(resource):
            continue
        if given := [key for key in _pod_credentials(resource) if key.unknown or _is_cloud_key(key.text or "")]:
            _report_keys(resource, given, verdict)


def _report_keys(resource: Resource, given: Sequence[Property], verdict: Verdict) -> None:
    known = sorted({each.path for each in given if not each.unknown})
    if known:
        problem = f"gives pods static cloud keys ({', '.join(known)}): use the identity of their service account"
        verdict.violated(resource, problem, "environment")
    for unknown in (each for each in given if each.unknown):
        verdict.undecided(resource, unknown, "environment")


def _pod_credentials(resource: Resource) -> Iterator[Property]:
    """Return the names of a pod's credentials: variables, and keys of Secrets; the value of each is its name."""
    supplied = resource.annotation("supplied-keys")
    yield from (Property(key, supplied.path) for key in (supplied.text or "").split(","))
    if resource.type == SECRETS:
        for group in (resource["data"], resource["stringData"]):
            yield from (Property(key, group[key].path) for key in group.keys)
    elif resource.type == EXTERNAL_SECRETS:
        yield from (each["secretKey"] for each in resource["spec"]["data"].elements())
    else:
        for container in containers_of(resource):
            yield from (each["name"] for each in container["env"].elements())


@lru_cache(maxsize=4096)
def _is_cloud_key(name: str) -> bool:
    return bool(_CLOUD_KEY.fullmatch(re.sub(r"[-. ]", "_", name).upper()))


class _ManagedClusters:
    """The Kubernetes objects on managed clusters, found by the dependencies of their provider."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._by_urn = {each.urn: each for each in resources}
        self._managed: dict[str, bool] = {}

    def includes(self, resource: Resource) -> bool:
        """Return whether the resource is on a managed cluster."""
        return self._leads_to_one(resource.provider)

    def _leads_to_one(self, provider: str) -> bool:
        """Return whether a provider depends on a managed cluster, directly or through another provider of it."""
        if provider not in self._managed:
            self._managed[provider] = False
            needed = self._needed_by(provider)
            self._managed[provider] = any(each.type in CLUSTERS for each in needed) or any(
                self._leads_to_one(each.provider) for each in needed if each.package == "kubernetes"
            )
        return self._managed[provider]

    def _needed_by(self, provider: str) -> list[Resource]:
        found = self._by_urn.get(provider)
        return [self._by_urn[urn] for urn in found.dependencies if urn in self._by_urn] if found else []


@resource_rule(
    Declaration(
        name="local-accounts",
        description="People and programs log in with cloud identities, never with a service's local accounts or keys.",
        why="Local accounts are in no directory: nobody revokes them, and logs cannot attribute them",
        clauses=clouds.clauses("local-accounts"),
        types=(*AUTH_SETTINGS, *LOGINS, SECRETS),
    )
)
def local_accounts(service: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check the setting of one service, or the mere presence of a key."""
    if service.type == SECRETS:
        if service["type"].text in LASTING:
            verdict.violated(service, f"is {LASTING[service['type'].text]} that lasts until somebody deletes it")
        return
    if service.type in LOGINS:
        verdict.violated(service, "is a login that lasts until somebody deletes it: use a role")
        return
    for auth in AUTH_SETTINGS[service.type]:
        setting = auth.setting(service)
        if setting.unknown:
            verdict.undecided(service, setting)
        elif setting.missing and not auth.closed_by_default:
            verdict.violated(service, f"allows local accounts: {setting.path} is not set")
        elif setting.present and (not isinstance(setting.value, type(auth.closed)) or setting.value != auth.closed):
            verdict.violated(service, f"allows local accounts: {setting.path} is not {str(auth.closed).lower()}")
