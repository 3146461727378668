"""Caches ask for a password and survive the loss of a node."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_policy import Severity

from adapters import cache_pods, clouds
from adapters.clouds.contract import Evaluation
from framework import Declaration, Resource, Settings, Verdict, resource_rule

_AUTHENTICATION: Mapping[str, Evaluation] = {
    **clouds.alone("cache-authentication"),
    **cache_pods.AUTHENTICATION,
}
_STANDBY: Mapping[str, Evaluation] = {**clouds.alone("cache-standby"), cache_pods.IN_CLUSTER: cache_pods.standby}


@resource_rule(
    Declaration(
        name="cache-authentication",
        description="No cache lets anybody in without a password.",
        why="A cache has sessions and answers of others; who reaches it reads and forges them",
        clauses=(
            "OWASP: broken access control",
            *clouds.clauses("cache-authentication"),
        ),
        types=_AUTHENTICATION.keys(),
        severity=Severity.CRITICAL,
    )
)
def cache_authentication(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check a cache, and its users where they are resources."""
    _AUTHENTICATION[resource.type](resource, settings, verdict)


@resource_rule(
    Declaration(
        name="cache-standby",
        description="Caches of production have a second node.",
        why="Without it the loss of a node ends sessions and slows every page until a new one is full",
        clauses=(
            "runbooks: recovery objectives",
            *clouds.clauses("cache-standby"),
        ),
        types=_STANDBY.keys(),
        severity=Severity.MEDIUM,
        is_advice=True,
    )
)
def cache_standby(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check the number of nodes of a cache."""
    _STANDBY[resource.type](resource, settings, verdict)
