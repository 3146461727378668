"""The Gateway of a system: a TLS listener for each of its domains, and one that redirects plain HTTP to TLS.

The Gateways of all systems share the cluster's proxies, because their class merges them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slipway.settings.limits import most

API_VERSION = "gateway.networking.k8s.io/v1"
CLASS = "slipway"
HOSTS = min(most("route hostnames"), most("route parents"))
"""Maximum number of hosts of one route."""
CERTIFICATE_ISSUER = "slipway"
"""ClusterIssuer of each listener's certificate."""


def hosts(domains: Mapping[str, str], fallback: Mapping[str, str]) -> dict[str, str]:
    """Returns host names by listener: each domain, and the cluster's own name of domains with failover to another
    region."""
    return {**domains, **{f"{key}-origin": f"origin.{domain}" for key, domain in fallback.items()}}


def gateway(hosts: Mapping[str, str], others: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Returns the spec, with the `others` of TLS and TCP. Only routes in the system's own namespace can attach to it."""
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
    return {"gatewayClassName": CLASS, "listeners": [*secure, *plain, *others]}


def certificate(key: str) -> str:
    """Returns the Secret in which cert-manager stores the certificate of a listener."""
    return f"{key}-tls"


def redirects(system: str, hosts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Returns the HTTPRoutes that redirect plain HTTP to the same URL over TLS, by name: as many as the hosts need."""
    keys = list(hosts)
    parts = [keys[begun : begun + HOSTS] for begun in range(0, len(keys), HOSTS)]
    return {
        f"{system}-to-https" + (f".{number}" if number > 1 else ""): _redirect(
            system, {key: hosts[key] for key in part}
        )
        for number, part in enumerate(parts, 1)
    }


def _redirect(system: str, hosts: Mapping[str, str]) -> dict[str, Any]:
    filters = [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}]
    return {
        "parentRefs": [{"name": system, "sectionName": f"{key}-http"} for key in hosts],
        "hostnames": list(hosts.values()),
        "rules": [{"name": "to-https", "filters": filters}],
    }
