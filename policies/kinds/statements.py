"""Documents of rights on AWS: where resources keep them, and what their statements say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from frame import Property, Resource
from kinds.documents import parsed


class Holder(Enum):
    """What a document is attached to."""

    IDENTITY = "identity"
    """Who has the rights; statements name no principals."""
    RESOURCE = "resource"
    KEY = "key"
    """A key of KMS, whose rights nobody has but by its own document."""


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
    "aws:kms/key:Key": ("policy", Holder.KEY),
    "aws:kms/replicaKey:ReplicaKey": ("policy", Holder.KEY),
    "aws:kms/keyPolicy:KeyPolicy": ("policy", Holder.KEY),
}
"""The property of each type that holds its document."""

ATTACHMENTS = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
)
"""What gives a policy to somebody by its `policyArn`."""

_EVERYTHING = re.compile(r"\*+|[\w*-]+:\*+")
_EVERYWHERE = re.compile(r"\*+|arn:[^:]*:[^:]*:[^:]*:[^:]*:\*+")
_ACCOUNT = re.compile(r"arn:aws[\w-]*:iam::\d{12}:root|\d{12}")


def documents_of(resource: Resource) -> Iterator[tuple[Property, Holder]]:
    """Every document of a resource, set or not."""
    key, holder = DOCUMENTS[resource.type]
    yield resource[key], holder
    inline = resource["inlinePolicies"]
    for each in [inline] if inline.unknown else inline.elements():
        yield each["policy"], Holder.IDENTITY


@dataclass(frozen=True)
class Statement:
    """A statement of a document that allows something."""

    fields: Mapping[str, Any]

    @property
    def wide(self) -> bool:
        """Whether it allows all actions, or all of a service, on everything."""
        actions = "NotAction" in self.fields or any(_EVERYTHING.fullmatch(each) for each in self._texts("Action"))
        places = "NotResource" in self.fields or any(_EVERYWHERE.fullmatch(each) for each in self._texts("Resource"))
        return actions and places

    @property
    def for_anybody(self) -> bool:
        """Whether principals are all there are, on no condition."""
        anybody = "NotPrincipal" in self.fields or "*" in self.principals
        return anybody and not self.fields.get("Condition")

    @property
    def for_the_account(self) -> bool:
        """Whether an account as a whole is all it speaks of: IAM then decides who may."""
        return bool(self.principals) and all(_ACCOUNT.fullmatch(each) for each in self.principals)

    @property
    def principals(self) -> list[str]:
        """Those that it names, whatever their kind."""
        named = self.fields.get("Principal")
        groups = named.values() if isinstance(named, Mapping) else [named]
        return [text for each in groups for text in _texts(each)]

    def _texts(self, key: str) -> list[str]:
        return _texts(self.fields.get(key))


def allowing(document: str) -> list[Statement] | None:
    """The statements that allow something; `None` if the text is no document."""
    try:
        found = parsed(document)
    except ValueError:
        return None
    statements = found.get("Statement") if isinstance(found, dict) else None
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not all(isinstance(each, dict) for each in statements):
        return None
    return [Statement(each) for each in statements if each.get("Effect") != "Deny"]


def _texts(value: Any) -> list[str]:
    """A text, or the texts in a list."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
