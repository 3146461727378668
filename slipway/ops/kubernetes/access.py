"""Connects to the cluster that a kubeconfig names, and translates its errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from slipway.ops.cluster.api import ApiUnavailable, Refused
from slipway.ops.failure import CloudFailure

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

    from slipway.settings.clouds.local import LocalCluster

TIMEOUT = (5, 30)
"""Seconds to connect, and to respond. Chosen: a loaded API server responds within 30 s."""


def connect(cluster: LocalCluster) -> ApiClient:
    """Return a client of the cluster's context, or of the current one. Raises CloudFailure without a kubeconfig."""
    from kubernetes import config

    from slipway.ops.cluster.client import client_by_kubeconfig

    try:
        return client_by_kubeconfig(cluster.context)
    except config.ConfigException:
        wanted = f"context {cluster.context}" if cluster.context else "current context"
        raise CloudFailure(f"kubernetes: the kubeconfig has no {wanted}; set KUBECONFIG, or `context`") from None


@contextmanager
def translated_errors(subject: str) -> Iterator[None]:
    """Turn a refusal, or an error of the Kubernetes client, into a CloudFailure about `subject` without the server's text,
    which may repeat what it refuses."""
    from kubernetes.client.exceptions import ApiException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (ApiException, Refused) as error:
        raise CloudFailure(f"kubernetes: {_meaning(error.status, subject)}") from None
    except ApiUnavailable as failure:
        raise CloudFailure(f"kubernetes: {failure}; is its context right?") from None
    except HTTPError as error:
        reason = type(error).__name__
        raise CloudFailure(f"kubernetes: the cluster cannot be reached ({reason}); is its context right?") from None


def _meaning(status: int | None, subject: str) -> str:
    if status == 401:
        return "the login has expired or is unknown; log in to the cluster again"
    if status == 403:
        return f"the login may not use {subject}; ask for a role in its namespace"
    if status == 404:
        return f"{subject} does not exist; run `pulumi up` first"
    return f"the request about {subject} failed (HTTP {status})"


def verified(cluster: LocalCluster) -> str:
    """Return the context of a cluster that answers. Raises CloudFailure."""
    from slipway.ops.cluster.connection import connect as connect_to

    return f"context {connect_to(None, cluster.context).context}"
