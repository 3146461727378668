"""Caches ask for a password and survive the loss of a node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pulumi_policy import Severity

from adapters import cache_pods, clouds
from adapters.clouds.contract import Evaluation
from adapters.containers import WORKLOADS
from adapters.mounted_files import CONFIG_MAP, MountedFiles
from framework import Declaration, Resource, Settings, Verdict, resource_rule, stack_rule

_AUTHENTICATION: Mapping[str, Evaluation] = clouds.alone("cache-authentication")
_STANDBY: Mapping[str, Evaluation] = {**clouds.alone("cache-standby"), cache_pods.IN_CLUSTER: cache_pods.standby}


@stack_rule(
    Declaration(
        name="cache-authentication",
        description="No cache lets anybody in without a password.",
        why="A cache has sessions and answers of others; who reaches it reads and forges them",
        clauses=(
            "OWASP: broken access control",
            *clouds.clauses("cache-authentication"),
        ),
        types=(*_AUTHENTICATION, *WORKLOADS, CONFIG_MAP),
        severity=Severity.CRITICAL,
    )
)
def cache_authentication(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check each cache, and its users where they are resources. A server in a pod may be configured by a ConfigMap."""
    files = MountedFiles(resources)
    for each in resources:
        if each.type in WORKLOADS:
            cache_pods.authentication(each, files, verdict)
        elif each.type in _AUTHENTICATION:
            _AUTHENTICATION[each.type](each, settings, verdict)


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
