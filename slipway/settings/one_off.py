"""Pods of commands that run once beside a service (`slipway run --service`), as network policies and the command see
them."""

from __future__ import annotations

SLOT = "slipway.dev/slot"
"""Label with the slot of a pod."""
UNDISTURBED = {"karpenter.sh/do-not-disrupt": "true", "cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}
"""Annotation of a pod that runs to completion: autoscalers do not remove its node before."""


def one_off(slot: str) -> str:
    """Return the value of the label `SLOT` of one-off pods: `green-run`. By the name of their service they have its
    permissions; by the slot none of its Service, Deployment, autoscaler and disruption budget selects them."""
    return f"{slot}-run"
