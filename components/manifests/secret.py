"""The Secrets of a system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_kubernetes import core

from components.manifests.external_secrets import PULLS, supplied_annotations
from components.manifests.scope import Scope
from slipway.settings.store_names import NO_LOGIN, PULL_KEY

OBJECT_STORE = "object-store"
"""Secret with the address and keys of an S3-compatible store; its owner fills it on clusters without cloud buckets."""
OBJECT_STORE_KEYS = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
OBJECT_STORE_ROTATION = "90d"
"""Maximum age of these values, which are filled together."""


def secret(scope: Scope, *, name: str, source: str, values: Mapping[str, pulumi.Input[str]]) -> core.v1.SecretInitArgs:
    """Returns a Secret with `values`, which must be secret outputs."""
    return core.v1.SecretInitArgs(metadata=scope.metadata(name, source), type="Opaque", string_data=dict(values))


def empty_entry(
    scope: Scope, *, name: str, source: str, keys: Sequence[str], rotations: Mapping[str, str], pulls: bool = False
) -> core.v1.SecretInitArgs:
    """Returns a Secret for supplied values, each with a maximum age. Pods that need a missing key wait and start once
    it exists. One with which nodes pull images is of its own type, which needs a value: no login."""
    return core.v1.SecretInitArgs(
        metadata=scope.metadata(name, source, annotations=supplied_annotations(keys, rotations)),
        type=PULLS if pulls else "Opaque",
        string_data={PULL_KEY: NO_LOGIN} if pulls else None,
    )


def login(scope: Scope, *, name: str, source: str, user: str, password: pulumi.Input[str]) -> core.v1.SecretInitArgs:
    """Returns a user's name and password in the form that operators read."""
    return core.v1.SecretInitArgs(
        metadata=scope.metadata(name, source),
        type="kubernetes.io/basic-auth",
        string_data={"username": user, "password": password},
    )
