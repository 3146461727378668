"""Who may do what: no rights beyond need, no keys where there are identities, no accounts beside the cloud's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pulumi_policy import Severity

from frame import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule
from frame.verdicts import PREVIEW
from kinds.accounts import CLUSTERS, DOORS, LONG_LIVED
from kinds.containers import WORKLOADS, containers_of
from kinds.statements import ATTACHMENTS, DOCUMENTS, Holder, allowing, documents_of

RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
ROLES = (f"{RBAC}:Role", f"{RBAC}:ClusterRole")
BINDINGS = (f"{RBAC}:RoleBinding", f"{RBAC}:ClusterRoleBinding")
AZURE_ROLE, AZURE_ASSIGNMENT = "azure-native:authorization:RoleDefinition", "azure-native:authorization:RoleAssignment"

_ADMINISTRATORS = re.compile(r"arn:aws[\w-]*:iam::aws:policy/(AdministratorAccess|PowerUserAccess)")
_OWNERS = re.compile(r".*/(8e3af657-a8ff-443c-a75c-2fe8c4bcb635|b24988ac-6180-42a0-ab88-20f7382dd24c)")
"""Azure's own roles Owner and Contributor."""
_EVERY_AZURE_ACTION = re.compile(r"\*(/(?!read$).*)?")

Problem = tuple[Property, str]
"""A property and what is wrong with it; no text if that hangs on its value, which is unknown."""


@resource_rule(
    Declaration(
        name="iam-wildcards",
        description="No role may do everything everywhere, and nobody has rights just for asking.",
        why="Whoever takes over one workload, or one account, would have all others with it",
        clauses=(
            "CIS AWS: no policies with full administrative privileges",
            "CIS Kubernetes 5.1.1, 5.1.3",
            "AWS Foundational Security Best Practices: IAM.1, IAM.21",
        ),
        types=(*DOCUMENTS, *ATTACHMENTS, AZURE_ROLE, AZURE_ASSIGNMENT, *ROLES, *BINDINGS),
        severity=Severity.CRITICAL,
    )
)
def iam_wildcards(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge rights. Those made from what is not there yet are text as a whole, so a preview cannot see into them; the
    update judges them before they are created."""
    judge = _document_problems if resource.type in DOCUMENTS else _PROBLEMS[resource.type]
    seen_later = PREVIEW and (resource.package == "aws" or resource.type == AZURE_ASSIGNMENT)
    for where, problem in judge(resource):
        if problem:
            verdict.violated(resource, f"{where.path} {problem}")
        elif not seen_later:
            verdict.undecided(resource, where)


def _document_problems(resource: Resource) -> Iterator[Problem]:
    for document, holder in documents_of(resource):
        if document.unknown:
            yield document, ""
        elif document.present:
            for problem in _text_problems(document, holder):
                yield document, problem
    yield from _attachment_problems(resource)


def _text_problems(document: Property, holder: Holder) -> Iterator[str]:
    statements = None if document.text is None else allowing(document.text)
    if statements is None:
        yield "is no document of rights"
        return
    if any(each.wide and not (holder is Holder.KEY and each.for_the_account) for each in statements):
        yield "allows everything, or all of a service, on everything"
    if holder is not Holder.IDENTITY and any(each.for_anybody for each in statements):
        yield "allows something to anybody, on no condition"


def _attachment_problems(attachment: Resource) -> Iterator[Problem]:
    for policy in (attachment["policyArn"], *_each(attachment["managedPolicyArns"])):
        if policy.unknown:
            yield policy, ""
        elif _ADMINISTRATORS.fullmatch(policy.text or ""):
            yield policy, "allows everything on everything"


def _azure_role_problems(role: Resource) -> Iterator[Problem]:
    permissions = role["permissions"]
    for group in ("actions", "dataActions"):
        for permission in _each(permissions):
            for action in _each(permission[group]):
                if action.unknown:
                    yield action, ""
                elif _EVERY_AZURE_ACTION.fullmatch(action.text or ""):
                    yield action, "allows it on everything that the scope holds"


def _assignment_problems(assignment: Resource) -> Iterator[Problem]:
    role = assignment["roleDefinitionId"]
    if role.unknown:
        yield role, ""
    elif _OWNERS.fullmatch(role.text or ""):
        yield role, "is a role that allows everything"


def _kubernetes_role_problems(role: Resource) -> Iterator[Problem]:
    for rule in _each(role["rules"]):
        for group in ("verbs", "resources"):
            for word in _each(rule[group]):
                if word.unknown:
                    yield word, ""
                elif word.text == "*":
                    yield word, "is a wildcard: name what is needed"


def _binding_problems(binding: Resource) -> Iterator[Problem]:
    role = binding["roleRef"]["name"]
    if role.unknown:
        yield role, ""
    elif role.text == "cluster-admin":
        yield role, "is the role that allows everything"


_PROBLEMS = {
    **dict.fromkeys(ATTACHMENTS, _attachment_problems),
    **dict.fromkeys(ROLES, _kubernetes_role_problems),
    **dict.fromkeys(BINDINGS, _binding_problems),
    AZURE_ROLE: _azure_role_problems,
    AZURE_ASSIGNMENT: _assignment_problems,
}


def _each(listed: Property) -> Iterator[Property]:
    """The elements of a list, and what is there in place of one."""
    yield from listed.elements() if listed.listing or listed.missing else [listed]


SECRETS = "kubernetes:core/v1:Secret"
EXTERNAL_SECRETS = "kubernetes:external-secrets.io/v1:ExternalSecret"
PROVIDER = "pulumi:providers:kubernetes"
_CLOUD_KEY = re.compile(
    r"AWS_(ACCESS_KEY_ID|SECRET_(ACCESS_)?KEY)"
    r"|(AZURE|ARM)_(CLIENT_SECRET|CLIENT_CERTIFICATE\w*|ACCESS_KEY|STORAGE_(ACCOUNT_)?KEY|STORAGE_CONNECTION_STRING)"
    r"|(AZURE|ARM)_(STORAGE_)?SAS_TOKEN"
    r"|RCLONE_CONFIG_\w+_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|KEY|SAS_URL)"
    r"|GOOGLE_(APPLICATION_)?CREDENTIALS|(GOOGLE_|GCP_)?SERVICE_ACCOUNT(_KEY|_JSON)?"
)


@stack_rule(
    Declaration(
        name="static-cloud-keys",
        description="No pod of a managed cluster has keys of a cloud: it takes on an identity.",
        why="A key that leaks works from anywhere until somebody notices, an identity's token for an hour",
        clauses=(
            "CIS EKS: prefer dedicated service accounts",
            "CIS AKS: prefer managed identities",
            "NSA Kubernetes Hardening: authentication",
        ),
        severity=Severity.CRITICAL,
    )
)
def static_cloud_keys(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge what pods are given on clusters whose cloud knows its pods; elsewhere there are keys only."""
    clusters = _ManagedClusters(resources)
    for resource in resources:
        if resource.type in WORKLOADS or resource.type in (SECRETS, EXTERNAL_SECRETS):
            given = [key for key in _given(resource) if key.unknown or _is_cloud_key(key)]
            if given and clusters.hold(resource):
                _report_keys(resource, given, verdict)


def _report_keys(resource: Resource, given: Sequence[Property], verdict: Verdict) -> None:
    known = sorted({each.path for each in given if not each.unknown})
    if known:
        problem = f"gives pods keys of a cloud ({', '.join(known)}): their service account has an identity instead"
        verdict.violated(resource, problem, "environment")
    for unknown in (each for each in given if each.unknown):
        verdict.undecided(resource, unknown, "environment")


def _given(resource: Resource) -> Iterator[Property]:
    """The names of what pods get: of variables, and of the keys of Secrets; the value of each is that name."""
    supplied = resource.note("supplied-keys")
    yield from (Property(key, supplied.path) for key in (supplied.text or "").split(","))
    if resource.type == SECRETS:
        for group in (resource["data"], resource["stringData"]):
            yield from (Property(key, group[key].path) for key in group.keys)
    elif resource.type == EXTERNAL_SECRETS:
        yield from (each["secretKey"] for each in resource["spec"]["data"].elements())
    else:
        for container in containers_of(resource):
            yield from (each["name"] for each in container["env"].elements())


def _is_cloud_key(name: Property) -> bool:
    return bool(_CLOUD_KEY.fullmatch(re.sub(r"[-. ]", "_", name.text or "").upper()))


class _ManagedClusters:
    """Which Kubernetes objects stand on clusters that a cloud manages, found by what their provider was made from."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._by_urn = {each.urn: each for each in resources}
        self._managed: dict[str, bool] = {}

    def hold(self, resource: Resource) -> bool:
        """Whether the resource stands on one."""
        return self._leads_to_one(resource.provider)

    def _leads_to_one(self, provider: str) -> bool:
        """A provider is made from its cluster, or from objects of another provider of that cluster."""
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
        description="People and programs come in by identities of the cloud, never by a service's own accounts or keys.",
        why="A service's own account is in no directory: nobody takes it away from those who leave, and no log names them",
        clauses=(
            "CIS AKS: disable local accounts",
            "CIS Azure: shared key access disabled",
            "CIS AWS: no access keys of users",
        ),
        types=(*DOORS, *LONG_LIVED),
    )
)
def local_accounts(service: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge the setting of one service, or the very presence of a key."""
    if service.type in LONG_LIVED:
        verdict.violated(service, "is a login that lasts until somebody deletes it: use a role")
        return
    door = DOORS[service.type]
    setting = door.setting(service)
    if setting.unknown:
        verdict.undecided(service, setting)
    elif setting.missing and not door.closed_by_default:
        verdict.violated(service, f"lets its own accounts in: {setting.path} is not set")
    elif setting.present and (not isinstance(setting.value, type(door.closed)) or setting.value != door.closed):
        verdict.violated(service, f"lets its own accounts in: {setting.path} is not {str(door.closed).lower()}")
