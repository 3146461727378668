"""The accounts whose resources policies of identities name, and those of the roles that pods take on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from adapters.clouds.aws import conditions
from adapters.clouds.aws.statements import DOCUMENTS, Holder, allowing, documents_of
from adapters.safeguards import EACH, every
from framework import Property, Resource

_ROLE = re.compile(r"\s*arn:[^:]*:(?:iam|sts)::([^:]*):(?:role|assumed-role)/.*", re.DOTALL)
_ANNOTATION = "eks.amazonaws.com/role-arn"


def account_of(key: str, text: str) -> str | None:
    """Return the account of a role's name; empty if a service account's annotation is no such name."""
    found = _ROLE.fullmatch(text)
    return found[1] if found else "" if key == _ANNOTATION else None


def _of_association(association: Resource) -> Iterator[tuple[Property, str]]:
    """Return the accounts of the role of a service account, and of that which it takes on in turn."""
    for role in (association["roleArn"], association["targetRoleArn"]):
        if role.present:
            yield role, account_of(_ANNOTATION, role.text or "") or ""


def _of_documents(resource: Resource) -> Iterator[tuple[Property, str]]:
    for document, holder in documents_of(resource):
        if holder is Holder.IDENTITY and document.text is not None:
            for statement in allowing(document.text) or ():
                yield from ((document, account) for account in statement.reached)


def _of_names(*path: str) -> Callable[[Resource], Iterator[tuple[Property, str]]]:
    """Return a function that returns the accounts of the names of AWS at a path."""

    def accounts(resource: Resource) -> Iterator[tuple[Property, str]]:
        for named in every(resource.properties, path):
            if named.unknown or (named.text or "").startswith("arn:"):
                yield named, conditions.account_of(named.text or "")

    return accounts


REACHED: Mapping[str, Callable[[Resource], Iterator[tuple[Property, str]]]] = {
    **{type_: _of_documents for type_, (_, holder) in DOCUMENTS.items() if holder is Holder.IDENTITY},
    "aws:iam/role:Role": _of_documents,
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": _of_association,
    "aws:sns/topicSubscription:TopicSubscription": _of_names("endpoint"),
    "aws:backup/plan:Plan": _of_names("rules", EACH, "copyActions", EACH, "destinationVaultArn"),
}
