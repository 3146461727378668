"""Policy documents on AWS: the resources that contain them, and the meaning of their statements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from adapters.clouds.aws import action_lists
from adapters.clouds.aws import conditions as bounds
from adapters.clouds.aws.conditions import binding, binds_who, is_about
from adapters.clouds.aws.policy_documents import conditions
from adapters.json_documents import parsed
from adapters.token_subjects import names_subject
from framework import Property, Resource


class Holder(Enum):
    """The kind of resource that a document is attached to."""

    IDENTITY = "identity"
    """An identity; its statements name no principals."""
    RESOURCE = "resource"
    KEY = "key"
    """A KMS key, to which only its own document grants access."""


DOCUMENTS: Mapping[str, tuple[str, Holder]] = {
    "aws:iam/policy:Policy": ("policy", Holder.IDENTITY),
    "aws:iam/rolePolicy:RolePolicy": ("policy", Holder.IDENTITY),
    "aws:iam/userPolicy:UserPolicy": ("policy", Holder.IDENTITY),
    "aws:iam/groupPolicy:GroupPolicy": ("policy", Holder.IDENTITY),
    "aws:iam/role:Role": ("assumeRolePolicy", Holder.RESOURCE),
    "aws:s3/bucketPolicy:BucketPolicy": ("policy", Holder.RESOURCE),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": ("policy", Holder.RESOURCE),
    "aws:secretsmanager/secretPolicy:SecretPolicy": ("policy", Holder.RESOURCE),
    "aws:sqs/queuePolicy:QueuePolicy": ("policy", Holder.RESOURCE),
    "aws:sns/topicPolicy:TopicPolicy": ("policy", Holder.RESOURCE),
    "aws:backup/vaultPolicy:VaultPolicy": ("policy", Holder.RESOURCE),
    "aws:sqs/queue:Queue": ("policy", Holder.RESOURCE),
    "aws:sns/topic:Topic": ("policy", Holder.RESOURCE),
    "aws:secretsmanager/secret:Secret": ("policy", Holder.RESOURCE),
    "aws:ecr/registryPolicy:RegistryPolicy": ("policy", Holder.RESOURCE),
    "aws:efs/fileSystemPolicy:FileSystemPolicy": ("policy", Holder.RESOURCE),
    "aws:opensearch/domainPolicy:DomainPolicy": ("accessPolicies", Holder.RESOURCE),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": ("policyDocument", Holder.RESOURCE),
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": ("inlinePolicy", Holder.IDENTITY),
    "aws:kms/key:Key": ("policy", Holder.KEY),
    "aws:kms/replicaKey:ReplicaKey": ("policy", Holder.KEY),
    "aws:kms/keyPolicy:KeyPolicy": ("policy", Holder.KEY),
}
"""The property of each type with its document."""

ATTACHMENTS = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment",
)
"""Types that attach a policy by its `policyArn`."""

_EVERYWHERE = re.compile(
    r"[*?]*\*[*?]*|arn:[^:]*:(?P<service>[^:]*):[^:]*:[^:]*:([*/:]*\*[*/:]*|(?P<kind>[\w-]+)[/:][*/:]*\*[*/:]*)"
)
_COME_FOR_THEIR_OWN = {
    f"{each}.amazonaws.com"
    for each in ("ec2", "rds", "lambda", "edgelambda", "ecs", "ecs-tasks", "eks-nodegroup", "eks-fargate-pods", "spot")
}
"""Services that assume a role only for resources in the same account."""
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{8,}")
"""Such as `AROA…` of a role and `AIDA…` of a user. Source: AWS IAM, identifiers, unique ID prefixes."""
_OF_ACCOUNT = re.compile(r"arn:[^:]*:[^:]*:[^:]*:(\d{12}):")
_ACCOUNT = re.compile(r"arn:aws[\w-]*:iam::\d{12}:root|\d{12}")


def documents_of(resource: Resource) -> Iterator[tuple[Property, Holder]]:
    """Return every document of a resource, set or not."""
    key, holder = DOCUMENTS[resource.type]
    yield resource[key], holder
    inline = resource["inlinePolicies"]
    for each in [inline] if inline.unknown else inline.elements():
        yield each["policy"], Holder.IDENTITY


@dataclass(frozen=True)
class Statement:
    """A statement that allows something."""

    fields: Mapping[str, Any]

    @property
    def wide(self) -> bool:
        """Whether it allows all actions, or all of a service, on everything; `NotAction` leaves whole services allowed."""
        if not self.everywhere:
            return False
        actions = None if "NotAction" in self.fields else self.actions
        return actions is None or any(action_lists.is_whole(service, found) for service, found in actions.items())

    @property
    def everywhere(self) -> bool:
        """Whether it applies to all resources, or to all of a type."""
        return "NotResource" in self.fields or any(map(_means_all, self._texts("Resource")))

    @property
    def actions(self) -> Mapping[str, frozenset[str]] | None:
        """The actions that it allows by AWS' own lists, by service; None if that is every service."""
        return action_lists.expanded(frozenset(self._texts("Action")))

    @property
    def escalating(self) -> list[str]:
        """Its escalating actions on everything without a restricting condition."""
        bound = any(not (key.endswith("passedtoservice")) for key, _ in binding(self.fields))
        actions = None if "NotAction" in self.fields else self.actions
        return action_lists.escalating(actions) if actions and self.everywhere and not bound else []

    @property
    def passes_several(self) -> bool:
        """Whether it allows passing roles that it names by a pattern."""
        if "NotAction" in self.fields or "passrole" not in (self.actions or {}).get("iam", ()):
            return False
        return "NotResource" in self.fields or any(set("*?") & set(each) for each in self._texts("Resource"))

    @property
    def for_anybody(self) -> bool:
        """Whether it admits any principal without a condition that restricts callers."""
        anybody = "NotPrincipal" in self.fields or "*" in self.principals
        return anybody and not binds_who(self.fields)

    @property
    def for_the_account(self) -> bool:
        """Whether its only principal is the account as a whole, so that IAM decides about access."""
        return bool(self.principals) and all(_ACCOUNT.fullmatch(each) for each in self.principals)

    @property
    def principals(self) -> list[str]:
        """All principals, of any kind."""
        named = self.fields.get("Principal")
        groups = named.values() if isinstance(named, Mapping) else [named]
        return [text for each in groups for text in _texts(each)]

    @property
    def accounts(self) -> list[str]:
        """The account numbers of its principals, and of conditions on who calls."""
        named = self.fields.get("Principal")
        texts = _texts(named.get("AWS")) if isinstance(named, Mapping) else []
        return [*bounds.accounts(self.fields), *self._named_accounts(texts)]

    @staticmethod
    def _named_accounts(texts: Sequence[str]) -> list[str]:
        return [found[1] for each in texts if (found := re.match(r"(?:arn:aws[\w-]*:(?:iam|sts)::)?(\d{12})\b", each))]

    @property
    def by_address(self) -> bool:
        """Whether it admits somebody by an id that tells no account: one of S3, or of a user or role that may be gone."""
        named = self.fields.get("Principal")
        if not isinstance(named, Mapping):
            return False
        return bool(_texts(named.get("CanonicalUser"))) or any(map(_UNIQUE_ID.fullmatch, _texts(named.get("AWS"))))

    @property
    def reached(self) -> list[str]:
        """The accounts of its resources, by their names or by the condition on their owner."""
        named = [found[1] for each in self._texts("Resource") if (found := _OF_ACCOUNT.match(each))]
        owners = [values for _, key, values in conditions(self.fields) if key == "aws:resourceaccount"]
        return [*named, *(each for values in owners for each in values)]

    @property
    def unnamed_subjects(self) -> bool:
        """Whether it accepts tokens of an issuer for any subject or any audience."""
        named = self.fields.get("Principal")
        if not isinstance(named, Mapping) or not _texts(named.get("Federated")):
            return False
        asked = list(binding(self.fields))
        if any(":saml-provider/" in each for each in _texts(named["Federated"])):
            return not is_about(asked, "saml:aud")
        subjects, audiences = is_about(asked, ":sub"), is_about(asked, ":aud")
        return not subjects or not audiences or not all(map(names_subject, subjects))

    @property
    def unnamed_service(self) -> bool:
        """Whether a service may act for any of its customers: it must be restricted to an account if it passes one."""
        named = self.fields.get("Principal")
        services = _texts(named.get("Service")) if isinstance(named, Mapping) else []
        return any(each not in _COME_FOR_THEIR_OWN for each in services) and not binds_who(self.fields)

    def _texts(self, key: str) -> list[str]:
        return _texts(self.fields.get(key))


@lru_cache(maxsize=1024)
def allowing(document: str) -> list[Statement] | None:
    """Return the statements that allow something; None if the text is not a policy document."""
    try:
        found = parsed(document)
    except ValueError:
        return None
    statements = found.get("Statement") if isinstance(found, dict) else None
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not all(isinstance(each, dict) for each in statements):
        return None
    return [Statement(each) for each in statements if each.get("Effect") != "Deny"]


def _means_all(resource: str) -> bool:
    """Return whether it means all resources. A bucket's objects are not a type: `arn:aws:s3:::files/*` is one bucket."""
    found = _EVERYWHERE.fullmatch(resource)
    return found is not None and not (found["service"] == "s3" and found["kind"])


def _texts(value: Any) -> list[str]:
    """Return a text, or the texts in a list."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
