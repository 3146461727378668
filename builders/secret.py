"""The Secrets of a system."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_kubernetes import core

from builders.scope import Scope

OBJECT_STORE = "object-store"
"""The Secret with the address and keys of an S3-compatible store, which its owner fills where no cloud has buckets."""
OBJECT_STORE_KEYS = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")


def secret(scope: Scope, *, name: str, source: str, values: Mapping[str, pulumi.Input[str]]) -> core.v1.SecretInitArgs:
    """A Secret with `values`, which must be secret outputs."""
    return core.v1.SecretInitArgs(metadata=scope.metadata(name, source), type="Opaque", string_data=dict(values))


def empty_entry(scope: Scope, *, name: str, source: str, keys: list[str]) -> core.v1.SecretInitArgs:
    """A Secret whose values others supply. Pods that need a missing key wait for it and start when it is there."""
    annotations = {"slipway.dev/supplied-keys": ",".join(sorted(keys))}
    return core.v1.SecretInitArgs(
        metadata=scope.metadata(name, source, annotations=annotations),
        type="Opaque",
    )


def login(scope: Scope, *, name: str, source: str, user: str, password: pulumi.Input[str]) -> core.v1.SecretInitArgs:
    """A user's name and password in the form that operators read."""
    return core.v1.SecretInitArgs(
        metadata=scope.metadata(name, source),
        type="kubernetes.io/basic-auth",
        string_data={"username": user, "password": password},
    )
