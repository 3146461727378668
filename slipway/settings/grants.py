"""Rights of a service on resources of its cloud that are not its system's own."""

from __future__ import annotations

from typing import Annotated
from typing import Literal as OneOf

from pydantic import AfterValidator, Field

from slipway.settings.fields import AwsAccount, CloudResource, distinct
from slipway.settings.setting import OVERRIDABLE, Setting, needs

Right = OneOf["read", "write", "send", "receive", "encrypt", "decrypt", "sign", "verify", "invoke"]
"""A named set of actions; the tables of the clouds say which actions, by kind of resource."""

GRANTED = needs("grants")
"""Marks keys that act only on clouds that grant rights on resources of others."""


class Grant(Setting):
    """Rights of a service on one resource that others own: a bucket, queue, topic, key, model or mail identity."""

    resource: CloudResource | None = Field(default=None, json_schema_extra={**OVERRIDABLE, **GRANTED})
    """The resource, by its whole id in the cloud. None by default: each stack names its own, and a cluster that gives
    pods no identities grants nothing."""
    may: Annotated[list[Right], Field(min_length=1), AfterValidator(distinct)]
    """What the service does with it: `read`, `write` (a bucket), `send`, `receive` (a queue or a topic), `encrypt`,
    `decrypt`, `sign`, `verify` (a key), `invoke` (a model), `send` (mail)."""
    account: AwsAccount | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """The account that owns a bucket whose id names none, so that nobody else's bucket of that name is used; by default
    the cluster's own."""
