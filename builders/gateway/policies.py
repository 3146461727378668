"""Envoy Gateway's policies: limits, retries, TLS, CORS, and who passes while a system is closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from builders.gateway.routes import PASS_HEADER
from settings.fields import seconds
from settings.operations import GatewayRules, RateLimit

API_VERSION = "gateway.envoyproxy.io/v1alpha1"
_UNITS = {"Second": 1, "Minute": 60, "Hour": 3600}


def clients(system: str, listeners: Sequence[str], trusted_hops: int) -> dict[str, Any]:
    """ClientTrafficPolicy of a system's TLS listeners. X-Forwarded-For of strangers is not believed."""
    believed = {"clientIPDetection": {"xForwardedFor": {"numTrustedHops": trusted_hops}}} if trusted_hops else {}
    return {
        "targetRefs": [{**_gateway(system), "sectionName": listener} for listener in listeners],
        "tls": {"minVersion": "1.2", "alpnProtocols": ["h2", "http/1.1"]},
        "timeout": {"http": {"requestReceivedTimeout": "60s", "idleTimeout": "300s"}},
        "headers": {"withUnderscoresAction": "DropHeader"},
        "path": {"escapedSlashesAction": "UnescapeAndRedirect", "disableMergeSlashes": False},
        **believed,
    }


def traffic(route: str, rules: GatewayRules, limit: RateLimit | None, *, retried: Sequence[str] = ()) -> dict[str, Any]:
    """BackendTrafficPolicy of a route, or of those of its rules that are `retried`."""
    retry = {
        "retry": {
            "numRetries": rules.retries,
            "perRetry": {"backOff": {"baseInterval": "100ms", "maxInterval": "1s"}},
            "retryOn": {"triggers": ["connect-failure", "reset", "refused-stream"], "httpStatusCodes": [502, 503]},
        }
    }
    return {
        "targetRefs": [{**_route(route), "sectionName": rule} for rule in retried] or [_route(route)],
        "timeout": {"tcp": {"connectTimeout": "2s"}, "http": {"requestTimeout": rules.timeout}},
        "requestBuffer": {"limit": rules.maximum_body},
        **({"rateLimit": _rate_limit(limit)} if limit else {}),
        **(retry if retried and rules.retries else {}),
    }


def cross_origin(route: str, origins: Sequence[str]) -> dict[str, Any]:
    """SecurityPolicy that lets the pages of `origins` call the route from a browser, with their cookies."""
    return {
        "targetRefs": [_route(route)],
        "cors": {
            "allowOrigins": list(origins),
            "allowMethods": ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"],
            "allowHeaders": ["authorization", "content-type", "x-requested-with", "x-csrf-token"],
            "allowCredentials": True,
            "maxAge": "1h",
        },
    }


def only_with_pass(route: str, secret: str) -> dict[str, Any]:
    """SecurityPolicy of a route that answers only who knows a value of the Secret."""
    return {
        "targetRefs": [_route(route)],
        "apiKeyAuth": {
            "credentialRefs": [{"kind": "Secret", "name": secret}],
            "extractFrom": [{"headers": [PASS_HEADER]}],
            "sanitize": True,
        },
    }


def closed(page: str, retry_after: str) -> dict[str, Any]:
    """HTTPRouteFilter that answers with the page of the ConfigMap `page`."""
    reference = {"group": "", "kind": "ConfigMap", "name": page}
    headers = [
        {"name": "Retry-After", "value": str(round(seconds(retry_after)))},
        {"name": "Cache-Control", "value": "no-store"},
    ]
    return {
        "directResponse": {
            "statusCode": 503,
            "contentType": "text/html; charset=utf-8",
            "body": {"type": "ValueRef", "valueRef": reference},
            "header": {"set": headers},
        }
    }


def _rate_limit(limit: RateLimit) -> dict[str, Any]:
    """Each client address has a bucket of its own in each proxy: the limit of one client is that of one proxy."""
    requests, unit = rate(limit)
    everybody = [{"sourceCIDR": {"type": "Distinct", "value": network}} for network in ("0.0.0.0/0", "::/0")]
    rules = [{"clientSelectors": [each], "limit": {"requests": requests, "unit": unit}} for each in everybody]
    return {"type": "Local", "local": {"rules": rules}}


def rate(limit: RateLimit) -> tuple[int, str]:
    """Requests and the unit of time that Envoy counts in: the largest one that is no longer than the window."""
    window = max(1.0, seconds(limit.window))
    unit = max((unit for unit, length in _UNITS.items() if length <= window), key=lambda unit: _UNITS[unit])
    return max(1, round(limit.requests * _UNITS[unit] / window)), unit


def _gateway(name: str) -> dict[str, str]:
    return {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": name}


def _route(name: str) -> dict[str, str]:
    return {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": name}
