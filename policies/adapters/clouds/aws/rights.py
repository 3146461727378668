"""Permissions on AWS: policy documents, attached policies, access entries of clusters, permissions of functions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from adapters.clouds.aws.conditions import account_of, is_any_account
from adapters.clouds.aws.managed_databases import INSTANCE
from adapters.clouds.aws.statements import ATTACHMENTS, DOCUMENTS, Holder, allowing, documents_of
from adapters.clouds.contract import AuthSetting, Problem, Rights, listed
from framework import Property, Resource

CLUSTER, ROLE = "aws:eks/cluster:Cluster", "aws:iam/role:Role"
_ENTRIES = "aws:eks/accessEntry:AccessEntry", "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
_PERMISSION = "aws:lambda/permission:Permission"
_PRINCIPAL = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):role/[\w+=,.@/-]+")
_ADMINISTRATORS = re.compile(
    r"arn:aws[\w-]*:iam::aws:policy/([\w-]+/)*(AdministratorAccess[\w-]*|\w*FullAccess(V\d|_v\d)?|ReadOnlyAccess"
    r"|\w*(PowerUser(Access)?|Administrator|AdminAccess|ReadWrite)|DataScientist|AmazonEC2RoleforSSM)"
)
"""AWS managed policies that allow everything, or all of a service; read access to everything includes all secrets."""


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
        yield "is not a policy document"
        return
    if any(each.wide and not (holder is Holder.KEY and each.for_the_account) for each in statements):
        yield "allows everything, or all of a service, on everything"
    if holder is not Holder.IDENTITY and any(each.for_anybody for each in statements):
        yield "allows something to everybody, without a condition that restricts it"


def _attachment_problems(attachment: Resource) -> Iterator[Problem]:
    for policy in (attachment["policyArn"], *listed(attachment["managedPolicyArns"])):
        if policy.unknown:
            yield policy, ""
        elif _ADMINISTRATORS.fullmatch(policy.text or ""):
            yield policy, "allows everything on everything"


def _escalations(resource: Resource) -> Iterator[Problem]:
    for document, holder in documents_of(resource):
        if holder is Holder.IDENTITY and document.text is not None:
            for each in allowing(document.text) or ():
                if each.escalating and not each.wide:
                    yield document, f"allows {', '.join(each.escalating[:3])} on everything: name on what"


def _trust(resource: Resource, known: Collection[str]) -> Iterator[Problem]:
    for document, holder in documents_of(resource):
        if holder is Holder.IDENTITY or document.text is None:
            continue
        for each in allowing(document.text) or ():
            if foreign := [account for account in each.accounts if account not in known]:
                yield document, f"trusts {len(set(foreign))} unknown accounts: list known ones in accounts"
            if each.by_address:
                yield document, "trusts somebody by an id that tells no account: write a name"
            if each.unnamed_subjects:
                yield document, "accepts every token of an issuer: add conditions on sub and aud"
            if each.unnamed_service and resource.type == ROLE:
                yield document, "lets a service act for any of its customers: add a condition on aws:SourceAccount"


def _permission_trust(permission: Resource, known: Collection[str]) -> Iterator[Problem]:
    """Check who may run a function; a bucket's name has no account."""
    principal, organization = permission["principal"], permission["principalOrgId"]
    sources = [each for each in (permission["sourceArn"], permission["sourceAccount"]) if each.present]
    accounts = [account_of(each.text or "") for each in sources if not each.unknown]
    foreign = [each for each in accounts if each.isdigit() and each not in known]
    if foreign:
        yield principal, "may run a function for an unknown account: list known ones in accounts"
    elif any(map(is_any_account, accounts)) or not (sources or organization.present or principal.text in known):
        yield principal, "may run a function for anybody: set sourceArn or sourceAccount"


def _cluster_trust(cluster: Resource, _known: Collection[str]) -> Iterator[Problem]:
    creator = cluster["accessConfig"]["bootstrapClusterCreatorAdminPermissions"]
    if not creator.unknown and creator.value is not False:
        yield creator, "makes whoever creates the cluster its administrator: name one by an access entry"


def _entry_trust(entry: Resource, known: Collection[str]) -> Iterator[Problem]:
    for group in entry["kubernetesGroups"].elements():
        if (group.text or "").startswith("system:"):
            yield group, "is a built-in group of Kubernetes"
    principal = entry["principalArn"]
    named = _PRINCIPAL.fullmatch(principal.text or "")
    if principal.text is not None and (not named or named[1] not in known):
        yield principal, "is not a role of a known account: list it in accounts"


RIGHTS: Mapping[str, Rights] = {
    **{
        type_: Rights(wildcards=_document_problems, escalations=_escalations, trust=_trust, seen_later=True)
        for type_ in DOCUMENTS
    },
    **dict.fromkeys(ATTACHMENTS, Rights(wildcards=_attachment_problems, seen_later=True)),
    **dict.fromkeys(_ENTRIES, Rights(trust=_entry_trust)),
    _PERMISSION: Rights(trust=_permission_trust),
    CLUSTER: Rights(trust=_cluster_trust),
}
KEY_VARIABLES = r"AWS_(ACCESS_KEY_ID|SECRET_(ACCESS_)?KEY)"
AUTH = {
    CLUSTER: [AuthSetting(lambda cluster: cluster["accessConfig"]["authenticationMode"], "API")],
    INSTANCE: [
        AuthSetting(lambda database: database["iamDatabaseAuthenticationEnabled"], True, closed_by_default=True)
    ],
}
LOGINS = ("aws:iam/accessKey:AccessKey", "aws:iam/userLoginProfile:UserLoginProfile")
