"""Least privilege: no excess permissions, no static keys where there are identities, no local accounts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache

from pulumi_policy import Severity

from adapters import clouds
from adapters.clouds.contract import Problem, Rights, listed, nothing
from adapters.containers import WORKLOADS, containers_of
from adapters.local_accounts import AUTH_SETTINGS, CLUSTERS, LOGINS
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule
from framework.verdicts import PREVIEW

RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
ROLES = (f"{RBAC}:Role", f"{RBAC}:ClusterRole")
BINDINGS = (f"{RBAC}:RoleBinding", f"{RBAC}:ClusterRoleBinding")


def _role_problems(role: Resource) -> Iterator[Problem]:
    for rule in listed(role["rules"]):
        for group in ("verbs", "resources"):
            for word in listed(rule[group]):
                if word.unknown:
                    yield word, ""
                elif "*" in (word.text or ""):
                    yield word, "is a wildcard: name what is needed"


def _binding_problems(binding: Resource) -> Iterator[Problem]:
    role = binding["roleRef"]["name"]
    if role.unknown:
        yield role, ""
    elif role.text == "cluster-admin":
        yield role, "is the role that allows everything"
    elif binding.type == BINDINGS[1] and role.text in ("admin", "edit"):
        yield role, "is a role that may change everything and read Secrets in every namespace"
    elif (role.text or "").startswith("system:") and role.text not in _FOR_ALL:
        yield role, "is a role of Kubernetes' own components"


_FOR_ALL = ("system:auth-delegator", "system:public-info-viewer", "system:basic-user", "system:discovery")


def _role_escalations(role: Resource) -> Iterator[Problem]:
    selectors = role["aggregationRule"]["clusterRoleSelectors"]
    for selector in selectors.elements():
        if not selector["matchLabels"].mapping and not list(selector["matchExpressions"].elements()):
            yield selector, "aggregates the permissions of every role"
    for label in role["metadata"]["labels"].keys:
        if label.startswith("rbac.authorization.k8s.io/aggregate-to-"):
            yield (
                role["metadata"]["labels"][label],
                "adds its permissions to a built-in role and so to everybody who has that role",
            )
    for rule in listed(role["rules"]):
        verbs = {(each.text or "").lower() for each in rule["verbs"].elements()}
        resources = {(each.text or "").lower() for each in rule["resources"].elements()}
        if "*" in verbs | resources:
            continue
        if taken := sorted(verbs & {"bind", "escalate", "impersonate"}):
            yield rule, f"lets its holder {taken[0]}"
        for found, needed, what in _KUBERNETES_ESCALATIONS:
            if (
                found in resources
                and verbs & needed
                and not (found == "secrets" and list(rule["resourceNames"].elements()))
            ):
                yield rule, f"lets its holder {what}"


_WRITES = frozenset({"create", "update", "patch"})
_KUBERNETES_ESCALATIONS = (
    ("secrets", frozenset({"get", "list", "watch"}), "read all secrets: name them in resourceNames"),
    ("nodes/proxy", frozenset({"get", *_WRITES}), "run commands in every pod past the API server"),
    ("serviceaccounts/token", frozenset({"create"}), "get the token of any service account"),
    ("pods/exec", frozenset({"get", "create"}), "run commands in pods"),
    ("pods/attach", frozenset({"get", "create"}), "run commands in pods"),
    ("pods/ephemeralcontainers", _WRITES, "run commands in pods"),
    ("certificatesigningrequests/approval", _WRITES, "issue certificates for any identity"),
    ("roles", _WRITES, "change roles"),
    ("clusterroles", _WRITES, "change roles"),
    ("rolebindings", _WRITES, "give roles"),
    ("clusterrolebindings", _WRITES, "give roles"),
    ("mutatingwebhookconfigurations", _WRITES, "change whatever is created"),
    ("validatingwebhookconfigurations", _WRITES, "see whatever is created"),
    ("persistentvolumes", frozenset({"create"}), "mount the disks of nodes"),
)
"""Resources, verbs, and the escalation that they allow."""

_EVERYBODY = {
    "system:masters",
    "system:authenticated",
    "system:unauthenticated",
    "system:serviceaccounts",
    "system:nodes",
}


def _subject_problems(binding: Resource, _known: Collection[str]) -> Iterator[Problem]:
    for subject in listed(binding["subjects"]):
        name = (subject["name"].text or "").lower()
        if name in _EVERYBODY or name == "system:anonymous" or name.startswith("system:serviceaccounts"):
            yield subject["name"], "is everybody, or every authenticated user"
        elif subject["kind"].text == "ServiceAccount" and name == "default":
            yield subject["name"], "is the default service account of every pod that sets none"


RIGHTS: Mapping[str, Rights] = {
    **clouds.table(lambda cloud: cloud.rights),
    **dict.fromkeys(ROLES, Rights(wildcards=_role_problems, escalations=_role_escalations)),
    **dict.fromkeys(BINDINGS, Rights(wildcards=_binding_problems, trust=_subject_problems)),
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
        description="No role allows privilege escalation: passing or assuming any role, changing permissions, reading all secrets.",
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
    known = set(settings["accounts"])
    for where, problem in TRUST[resource.type].trust(resource, known):
        verdict.violated(resource, f"{where.path} {problem}")


SECRETS = "kubernetes:core/v1:Secret"
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
        if service["type"].text == "kubernetes.io/service-account-token":
            verdict.violated(service, "is a token of a service account that lasts until somebody deletes it")
        return
    if service.type in LOGINS:
        verdict.violated(service, "is a login that lasts until somebody deletes it: use a role")
        return
    auth = AUTH_SETTINGS[service.type]
    setting = auth.setting(service)
    if setting.unknown:
        verdict.undecided(service, setting)
    elif setting.missing and not auth.closed_by_default:
        verdict.violated(service, f"allows local accounts: {setting.path} is not set")
    elif setting.present and (not isinstance(setting.value, type(auth.closed)) or setting.value != auth.closed):
        verdict.violated(service, f"allows local accounts: {setting.path} is not {str(auth.closed).lower()}")
