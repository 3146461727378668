"""AWS: the actions of each right, and the statements of policies that allow them.

Actions and their resources are those of AWS' Service Authorization Reference; a test compares them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from slipway.settings.clouds.grants.granted_kinds import Kind, kind_of
from slipway.settings.finding import Finding, Found
from slipway.settings.grants import Grant
from slipway.settings.limits import most
from slipway.settings.pointers import Path
from slipway.settings.references import FromCloudQueue, FromTopic
from slipway.settings.stacks import DeployedSystem

_REGION = r"[a-z]{2}(-[a-z]+)+-[0-9]"
_PLACE = rf"{_REGION}:[0-9]{{12}}"
_BUCKET = re.compile(
    r"arn:aws:s3:::(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?P<prefix>([A-Za-z0-9!_.'()-]+/){1,20}))?"
)
_HERE = "arn:aws:{}:us-east-1:111122223333:{}"
_MODEL = r"[A-Za-z0-9][A-Za-z0-9.:_-]{0,200}"

KINDS = (
    Kind(
        name="bucket",
        form=_BUCKET.pattern,
        example="arn:aws:s3:::catalogue, or arn:aws:s3:::catalogue/exports/ for a folder in it",
        rights={
            "read": ("s3:ListBucket", "s3:GetObject"),
            "write": ("s3:PutObject", "s3:DeleteObject"),
        },
        accountless=True,
    ),
    Kind(
        name="queue",
        form=rf"arn:aws:sqs:{_PLACE}:[A-Za-z0-9_-]{{1,80}}(\.fifo)?",
        example=_HERE.format("sqs", "orders"),
        rights={
            "send": ("sqs:SendMessage", "sqs:GetQueueUrl", "sqs:GetQueueAttributes"),
            "receive": (
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueUrl",
                "sqs:GetQueueAttributes",
            ),
        },
    ),
    Kind(
        name="topic",
        form=rf"arn:aws:sns:{_PLACE}:[A-Za-z0-9_-]{{1,256}}(\.fifo)?",
        example=_HERE.format("sns", "orders"),
        rights={"send": ("sns:Publish",)},
    ),
    Kind(
        name="key",
        form=rf"arn:aws:kms:{_PLACE}:key/(mrk-[0-9a-f]{{32}}|[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})",
        example=_HERE.format("kms", "key/00000000-0000-4000-8000-000000000001"),
        rights={
            "encrypt": ("kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey"),
            "decrypt": ("kms:Decrypt", "kms:DescribeKey"),
            "sign": ("kms:Sign", "kms:GetPublicKey"),
            "verify": ("kms:Verify", "kms:GetPublicKey"),
        },
    ),
    Kind(
        name="model",
        form=rf"arn:aws:bedrock:({_REGION}::foundation-model|{_PLACE}:(inference-profile|application-inference-profile"
        rf"|provisioned-model|imported-model))/{_MODEL}",
        example="arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-v1:0",
        rights={"invoke": ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")},
    ),
    Kind(
        name="mail identity",
        form=rf"arn:aws:ses:{_PLACE}:(identity|configuration-set)/[A-Za-z0-9][A-Za-z0-9.@_+-]{{0,254}}",
        example=_HERE.format("ses", "identity/example.com"),
        rights={"send": ("ses:SendEmail", "ses:SendRawEmail")},
    ),
)
OF_BUCKETS = frozenset({"s3:ListBucket"})
"""Actions on a bucket itself and not on its objects."""
OF_OWN_BUCKET, OF_OWN_KEY, OF_OWN_QUEUE = 500, 400, 400
"""Most characters of the statements on a bucket of the system, on the cluster's key, and on a queue or topic of the system.
Chosen: above those of the longest names."""

Statement = dict[str, Any]


def statements(grant: Grant, account: str) -> list[Statement]:
    """Return what a grant allows, on its resource alone; `account` is the cluster's own, which owns a bucket unless the
    grant names another."""
    assert grant.resource is not None
    kind = kind_of(KINDS, grant.resource)
    assert kind is not None, "settings refuse other resources"
    actions = list(dict.fromkeys(action for right in grant.may for action in kind.rights[right]))
    bucket = _BUCKET.fullmatch(grant.resource)
    if bucket is None:
        return [_allow(actions, grant.resource)]
    return _on_bucket(actions, bucket["bucket"], bucket["prefix"] or "", grant.account or account)


def _on_bucket(actions: Iterable[str], bucket: str, prefix: str, account: str) -> list[Statement]:
    arn, owned = f"arn:aws:s3:::{bucket}", {"StringEquals": {"aws:ResourceAccount": account}}
    below = {"StringLike": {"s3:prefix": [f"{prefix}*"]}} if prefix else {}
    listing = [each for each in actions if each in OF_BUCKETS]
    objects = [each for each in actions if each not in OF_BUCKETS]
    found = [_allow(listing, arn, {**owned, **below})] if listing else []
    return found + ([_allow(objects, f"{arn}/{prefix}*", owned)] if objects else [])


def _allow(actions: list[str], resource: str, condition: Mapping[str, Any] | None = None) -> Statement:
    more = {"Condition": condition} if condition else {}
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def too_long(path: Path, system: DeployedSystem, account: str) -> Found:
    """Yield the services whose role would have longer policies than AWS accepts."""
    limit = most("iam policies of a role")
    for name, service in system.definition.services.items():
        given = [each for each in service.grants.values() if set(each.may) <= set(_rights(each))]
        length = sum(len(json.dumps(each)) for grant in given for each in statements(grant, account))
        uses = list(system.definition.uses(service))
        queues = {each.queue for each in uses if isinstance(each, FromCloudQueue)}
        topics = {each.topic for each in uses if isinstance(each, FromTopic)}
        length += OF_OWN_QUEUE * (len(queues) + len(topics))
        length += OF_OWN_KEY + OF_OWN_BUCKET * len(system.definition.buckets) if length else 0
        if length > limit:
            rule = (
                f"has services.{name} whose grants and queues may need {length:,} characters of policies, and a role has "
                f"{limit:,}: grant less, or split the service"
            )
            yield Finding((*path, "services", name, "grants"), rule)


def _rights(grant: Grant) -> Mapping[str, Any]:
    kind = kind_of(KINDS, grant.resource or "")
    return kind.rights if kind else {}
