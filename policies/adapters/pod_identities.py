"""Kubernetes objects that name identities of clouds, by which pods and controllers act."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.plain_values import Plain, leaves
from framework import Resource

SERVICE_ACCOUNTS = ("kubernetes:core/v1:ServiceAccount", "kubernetes:core/v1:ServiceAccountPatch")
NAMING = (
    *SERVICE_ACCOUNTS,
    "kubernetes:external-secrets.io/v1:SecretStore",
    "kubernetes:external-secrets.io/v1:ClusterSecretStore",
    "kubernetes:keda.sh/v1alpha1:TriggerAuthentication",
    "kubernetes:keda.sh/v1alpha1:ClusterTriggerAuthentication",
)


def named(resource: Resource) -> Iterator[Plain]:
    """Return each value of an object that may name an identity, with its key."""
    yield from leaves(resource["metadata"]["annotations"] if resource.type in SERVICE_ACCOUNTS else resource["spec"])
