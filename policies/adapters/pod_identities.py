"""Kubernetes objects that name identities of clouds, by which pods and controllers act."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.containers import WORKLOADS, containers_of, pod_of
from adapters.plain_values import Plain, leaves
from framework import Resource

SERVICE_ACCOUNTS = ("kubernetes:core/v1:ServiceAccount", "kubernetes:core/v1:ServiceAccountPatch")
NAMING = (
    *SERVICE_ACCOUNTS,
    *WORKLOADS,
    "kubernetes:external-secrets.io/v1:SecretStore",
    "kubernetes:external-secrets.io/v1:ClusterSecretStore",
    "kubernetes:keda.sh/v1alpha1:TriggerAuthentication",
    "kubernetes:keda.sh/v1alpha1:ClusterTriggerAuthentication",
)


def named(resource: Resource) -> Iterator[Plain]:
    """Return each value of an object that may name an identity, with its key."""
    if resource.type in WORKLOADS:
        yield from _of_pods(resource)
    else:
        yield from leaves(
            resource["metadata"]["annotations"] if resource.type in SERVICE_ACCOUNTS else resource["spec"]
        )


def _of_pods(workload: Resource) -> Iterator[Plain]:
    """Return the variables of pods that ask for a token themselves: without one nobody believes them."""
    if any(each["projected"].present for each in pod_of(workload)["volumes"].elements()):
        for container in containers_of(workload):
            yield from (Plain(each["value"], each["name"].text or "") for each in container["env"].elements())
