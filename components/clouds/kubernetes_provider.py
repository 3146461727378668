"""The Kubernetes provider of a cluster, created the same way on every cloud."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as kubernetes


def kubernetes_provider(
    name: str,
    *,
    kubeconfig: pulumi.Input[str] | None = None,
    context: str | None = None,
    opts: pulumi.ResourceOptions | None = None,
) -> kubernetes.Provider:
    """Returns a provider that updates ConfigMaps and Secrets in place.

    By default the provider replaces them. They have fixed names, so the old one would be deleted first: a pod that
    starts in between would fail, and a gateway would read no weights.
    """
    return kubernetes.Provider(
        name,
        kubeconfig=kubeconfig,
        context=context,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        opts=opts,
    )
