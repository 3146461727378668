"""Envoy Gateway's policies: limits, retries, TLS, CORS, and access while a system is closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.cluster.gateway.manifests.numbers import NEVER, time
from slipway.release.objects import BYPASS_HEADER
from slipway.settings.fields import seconds
from slipway.settings.operations import GatewayRules, RateLimit

API_VERSION = "gateway.envoyproxy.io/v1alpha1"
HEADERS = "30s"
"""Timeout for the headers of a request."""
_UNITS = {"Second": 1, "Minute": 60, "Hour": 3600}


def clients(
    system: str, listeners: Sequence[str], trusted_hops: int, rules: GatewayRules, *, stream: bool = False
) -> dict[str, Any]:
    """Returns the ClientTrafficPolicy of a system's TLS listeners. X-Forwarded-For from clients is not trusted. With
    streams, requests have no total timeout, but their headers do."""
    believed = {"clientIPDetection": {"xForwardedFor": {"numTrustedHops": trusted_hops}}} if trusted_hops else {}
    return {
        "targetRefs": [{**_gateway(system), "sectionName": listener} for listener in listeners],
        "tls": {"minVersion": "1.2", "alpnProtocols": ["h2", "http/1.1"]},
        "timeout": {
            "http": {
                "requestReceivedTimeout": NEVER if stream else time(rules.upload_timeout),
                "requestHeadersReceivedTimeout": HEADERS,
                "idleTimeout": time(rules.idle_timeout),
                "streamIdleTimeout": time(rules.idle_timeout),
            }
        },
        "headers": {"withUnderscoresAction": "DropHeader"},
        "path": {"escapedSlashesAction": "UnescapeAndRedirect", "disableMergeSlashes": False},
        **believed,
    }


def traffic(
    route: str, rules: GatewayRules, limit: RateLimit | None, *, retried: Sequence[str] = (), stream: bool = False
) -> dict[str, Any]:
    """Returns the BackendTrafficPolicy of a route, or of those of its rules that are `retried`."""
    retry = {
        "retry": {
            "numRetries": rules.retries,
            "perRetry": {"backOff": {"baseInterval": "100ms", "maxInterval": "1s"}},
            "retryOn": {"triggers": ["connect-failure", "reset", "refused-stream"], "httpStatusCodes": [502, 503]},
        }
    }
    return {
        "targetRefs": [{**_route(route), "sectionName": rule} for rule in retried] or [_route(route)],
        "timeout": {"tcp": {"connectTimeout": "2s"}, "http": {"requestTimeout": answer_time(rules, stream=stream)}},
        **({"rateLimit": _rate_limit(limit)} if limit else {}),
        **(retry if retried and rules.retries else {}),
    }


def answer_time(rules: GatewayRules, *, stream: bool) -> str:
    return NEVER if stream else time(rules.timeout)


def cross_origin(route: str, origins: Sequence[str]) -> dict[str, Any]:
    """Returns a SecurityPolicy that lets the pages of `origins` call the route from a browser, with cookies."""
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


def only_with_bypass_token(route: str, secret: str) -> dict[str, Any]:
    """Returns a SecurityPolicy that admits only requests with a value of the Secret."""
    return {
        "targetRefs": [_route(route)],
        "apiKeyAuth": {
            "credentialRefs": [{"kind": "Secret", "name": secret}],
            "extractFrom": [{"headers": [BYPASS_HEADER]}],
            "sanitize": True,
        },
    }


def probed() -> dict[str, Any]:
    """Returns an HTTPRouteFilter that answers probers while the system is closed on purpose."""
    answer = {"type": "Inline", "inline": "closed for maintenance\n"}
    return {"directResponse": {"statusCode": 200, "contentType": "text/plain; charset=utf-8", "body": answer}}


def closed(page: str, retry_after: str) -> dict[str, Any]:
    """Returns an HTTPRouteFilter that answers with the page in the ConfigMap `page`."""
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


def too_large() -> dict[str, Any]:
    """Returns an HTTPRouteFilter that rejects a request as too large."""
    return {
        "directResponse": {
            "statusCode": 413,
            "contentType": "text/plain",
            "body": {"type": "Inline", "inline": "The request is too large.\n"},
        }
    }


def _rate_limit(limit: RateLimit) -> dict[str, Any]:
    """Returns a rate limit with a bucket for each client address in each proxy, so a client's limit applies per proxy."""
    requests, unit = rate(limit)
    everybody = [{"sourceCIDR": {"type": "Distinct", "value": network}} for network in ("0.0.0.0/0", "::/0")]
    rules = [{"clientSelectors": [each], "limit": {"requests": requests, "unit": unit}} for each in everybody]
    return {"type": "Local", "local": {"rules": rules}}


def rate(limit: RateLimit) -> tuple[int, str]:
    """Returns requests and Envoy's unit of time: the largest unit that is not longer than the window."""
    window = max(1.0, seconds(limit.window))
    unit = max((unit for unit, length in _UNITS.items() if length <= window), key=lambda unit: _UNITS[unit])
    return max(1, round(limit.requests * _UNITS[unit] / window)), unit


def _gateway(name: str) -> dict[str, str]:
    return {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": name}


def _route(name: str) -> dict[str, str]:
    return {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": name}
