"""Envoy Gateway's policies: limits, retries, TLS, CORS, and access while a system is closed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from components.cluster.gateway.manifests.numbers import NEVER, time
from slipway.release.objects import BYPASS_HEADER
from slipway.settings.fields import seconds
from slipway.settings.operations import GatewayRules
from slipway.settings.routes import Login, RateLimit

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
    route: str,
    rules: GatewayRules,
    limit: RateLimit | None,
    *,
    timeout: str,
    idle_timeout: str | None = None,
    retried: Sequence[str] = (),
) -> dict[str, Any]:
    """Returns the BackendTrafficPolicy of a route, or of those of its rules that are `retried`."""
    retry = {
        "retry": {
            "numRetries": rules.retries,
            "perRetry": {"backOff": {"baseInterval": "100ms", "maxInterval": "1s"}},
            "retryOn": {"triggers": ["connect-failure", "reset", "refused-stream"], "httpStatusCodes": [502, 503]},
        }
    }
    silence = {} if idle_timeout is None else {"streamIdleTimeout": idle_timeout}
    return {
        "targetRefs": [{**_route(route), "sectionName": rule} for rule in retried] or [_route(route)],
        "timeout": {"tcp": {"connectTimeout": "2s"}, "http": {"requestTimeout": timeout, **silence}},
        **({"rateLimit": _rate_limit(limit)} if limit else {}),
        **(retry if retried and rules.retries else {}),
    }


def access(
    route: str,
    *,
    origins: Sequence[str],
    networks: Sequence[str] = (),
    login: Mapping[str, Any] | None = None,
    rules: Sequence[str] = (),
) -> dict[str, Any]:
    """Returns a SecurityPolicy that lets the pages of `origins` call the route from a browser, with cookies, and of
    `networks` alone the clients, after a `login`. It is for the named `rules`, so that others of the route answer
    everybody. Envoy Gateway takes one policy for a rule, so all of it is in one."""
    cors = {
        "allowOrigins": list(origins),
        "allowMethods": ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"],
        "allowHeaders": ["authorization", "content-type", "x-requested-with", "x-csrf-token"],
        "allowCredentials": True,
        "maxAge": "1h",
    }
    return {
        "targetRefs": [{**_route(route), "sectionName": rule} for rule in rules] or [_route(route)],
        **({"cors": cors} if origins else {}),
        **({"authorization": _only(networks)} if networks else {}),
        **({"oidc": dict(login)} if login else {}),
    }


def connections(system: str, listener: str, networks: Sequence[str]) -> dict[str, Any]:
    """Returns a SecurityPolicy that admits connections from `networks` alone. Envoy Gateway takes none for a TLSRoute, and
    for the listener of one (securitypolicy.go, translateSecurityPolicyForGateway)."""
    return {
        "targetRefs": [{**_gateway(system), "sectionName": listener}],
        "authorization": _only(networks),
    }


def _only(networks: Sequence[str]) -> dict[str, Any]:
    admitted = {"name": "allowed", "action": "Allow", "principal": {"clientCIDRs": list(networks)}}
    return {"defaultAction": "Deny", "rules": [admitted]}


def login(declared: Login, secret: str) -> dict[str, Any]:
    """Returns a login whose client secret is in the Secret `secret`. Visitors come back to the host that they left. Pages
    that call the route in the background get 401, since a redirect would end at a page that no script can read."""
    background = [("Sec-Fetch-Mode", "cors"), ("X-Requested-With", "XMLHttpRequest")]
    forwarded = {"forwardIDToken": {"header": declared.id_token_header}} if declared.id_token_header else {}
    return {
        "provider": {"issuer": declared.issuer},
        "clientID": declared.client_id,
        "clientSecret": {"name": secret},
        "scopes": ["openid", *(scope for scope in declared.scopes if scope != "openid")],
        "redirectURL": f"https://%REQ(:authority)%{declared.callback}",
        "logoutPath": declared.logout,
        "forwardAccessToken": declared.forward_access_token,
        "cookieConfig": {"sameSite": "Lax"},
        "denyRedirect": {"headers": [{"name": name, "type": "Exact", "value": value} for name, value in background]},
        **forwarded,
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


def rewritten(paths: Sequence[str], into: str) -> dict[str, Any]:
    """Returns an HTTPRouteFilter that replaces the path that a route matches, one of `paths`, by `into`. URLRewrite of the
    Gateway API can do it in a rule with one match only, and a rule has one for each method and path."""
    named = "|".join(re.escape(path.rstrip("/")) for path in sorted(paths, key=len, reverse=True))
    pattern, rest = (
        (rf"^(?:{named})/?(.*)$", r"/\1") if into == "/" else (rf"^(?:{named})(/.*)?$", rf"{into.rstrip('/')}\1")
    )
    replaced = {"pattern": pattern, "substitution": rest}
    return {"urlRewrite": {"path": {"type": "ReplaceRegexMatch", "replaceRegexMatch": replaced}}}


def _rate_limit(limit: RateLimit) -> dict[str, Any]:
    """Returns a rate limit with a bucket for each client address, or each value of a header, in each proxy, so a client's
    limit applies per proxy. Requests without the header have a bucket together: nobody escapes by leaving it out. A proxy
    keeps the 20 buckets used last, until Envoy Gateway sets more (envoyproxy/gateway#9973)."""
    requests, unit = rate(limit)
    if limit.header is not None:
        each = {"headers": [{"name": limit.header, "type": "Distinct"}]}
        most = {"requests": requests, "unit": unit}
        return {"type": "Local", "local": {"rules": [{"clientSelectors": [each], "limit": most}, {"limit": most}]}}
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
