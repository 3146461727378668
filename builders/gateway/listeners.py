"""The Gateway of a system: a listener for each of its domains, over TLS, and one that sends plain HTTP there.

All systems' Gateways share the cluster's proxies, for their class merges them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

API_VERSION = "gateway.networking.k8s.io/v1"
CLASS = "slipway"
CERTIFICATE_ISSUER = "slipway"
"""The ClusterIssuer that cert-manager asks for each listener's certificate."""


def hosts(domains: Mapping[str, str], fallback: Mapping[str, str]) -> dict[str, str]:
    """Host names by listener: each domain, and the cluster's own name of those that can move to another region."""
    return {**domains, **{f"{key}-origin": f"origin.{domain}" for key, domain in fallback.items()}}


def gateway(hosts: Mapping[str, str]) -> dict[str, Any]:
    """The spec. Routes of the system's own namespace only may use it."""
    allowed = {"namespaces": {"from": "Same"}}
    secure = [
        {
            "name": key,
            "hostname": host,
            "port": 443,
            "protocol": "HTTPS",
            "tls": {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": certificate(key)}]},
            "allowedRoutes": allowed,
        }
        for key, host in hosts.items()
    ]
    plain = [
        {"name": f"{key}-http", "hostname": host, "port": 80, "protocol": "HTTP", "allowedRoutes": allowed}
        for key, host in hosts.items()
    ]
    return {"gatewayClassName": CLASS, "listeners": [*secure, *plain]}


def certificate(key: str) -> str:
    """The Secret that cert-manager keeps the certificate of a listener in."""
    return f"{key}-tls"


def redirect(system: str, hosts: Mapping[str, str]) -> dict[str, Any]:
    """The HTTPRoute that answers plain HTTP with the same address over TLS."""
    filters = [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}]
    return {
        "parentRefs": [{"name": system, "sectionName": f"{key}-http"} for key in hosts],
        "hostnames": list(hosts.values()),
        "rules": [{"name": "to-https", "filters": filters}],
    }
