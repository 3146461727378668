"""The cluster that the controller runs in, and where its objects are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slipway.ops.cluster.api import TIMEOUT, Api
from slipway.release.objects import API_VERSION, ROUTE_KINDS, RouteKind

ALL_RELEASES = f"/apis/{API_VERSION}/releases"
RELEASES = f"/apis/{API_VERSION}/namespaces/{{namespace}}/releases"
APPROVALS = f"/apis/{API_VERSION}/namespaces/{{namespace}}/approvals"
ROUTES: Mapping[RouteKind, str] = {
    kind: f"/apis/gateway.networking.k8s.io/v1/namespaces/{{namespace}}/{kind.lower()}s" for kind in ROUTE_KINDS
}
GATEWAYS = "/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/gateways"
SCALED_OBJECTS = "/apis/keda.sh/v1alpha1/namespaces/{namespace}/scaledobjects"
PODS = "/api/v1/namespaces/{namespace}/pods"
SECRETS = "/api/v1/namespaces/{namespace}/secrets"
EVENTS = "/api/v1/namespaces/{namespace}/events"
POOL = 32
"""Connections that are kept open. Chosen: one for each thread that looks at a release."""


def client() -> Any:
    """Return a client with the pod's own identity, or with the kubeconfig of a developer's machine. Raises
    ConfigException from `kubernetes.config` without either."""
    from kubernetes.config import ConfigException

    from slipway.ops.cluster.client import client_by_kubeconfig, client_in_cluster

    try:
        return client_in_cluster(pool=POOL)
    except ConfigException:
        return client_by_kubeconfig(None, pool=POOL)


def api(timeout: tuple[float, float] = TIMEOUT, *, outage_timeout: float = 0, pauses: tuple[float, ...] = ()) -> Api:
    """Return requests to the API server; by default none is repeated, because the next look does it."""
    return Api(client(), pauses=pauses, timeout=timeout, outage_timeout=outage_timeout)
