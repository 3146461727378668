"""Smoke tests and load, as the controller carries them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.manifests import environment
from slipway.release.objects import Check, HttpRequest, Load, SecretKey
from slipway.settings import operations, releases
from slipway.settings.fields import seconds
from slipway.settings.stacks import DeployedSystem


def checks(deployed: DeployedSystem) -> list[Check]:
    """Returns the smoke tests in their order."""
    return [_check(deployed, each) for each in deployed.definition.checks]


def loads(deployed: DeployedSystem) -> list[Load]:
    """Returns the warm-up requests; without a limit of their own they may fail as often as the objectives say."""
    return [_load(deployed, each) for each in deployed.definition.release.load]


def secrets(deployed: DeployedSystem) -> list[str]:
    """Returns the names of the Secrets that checks and load read, besides the bypass token's."""
    requests = [each.request for each in (*checks(deployed), *loads(deployed))]
    keys = [key for each in requests for key in (each.token, *each.cookies.values(), *each.secret_headers.values())]
    return sorted({key.secret for key in keys if key is not None})


def _check(deployed: DeployedSystem, check: operations.Check) -> Check:
    request = HttpRequest(
        host=deployed.definition.domains[check.domain],
        path=check.path,
        method=check.method,
        query=check.query,
        headers=check.headers,
        secret_headers=_keys(deployed, check.secret_headers),
        token=_key(deployed, check.token),
        cookies=_keys(deployed, check.cookie),
        body=dict(check.body) or None,
    )
    return Check(
        name=check.name,
        request=request,
        status=check.status,
        json_equals=dict(check.json_equals),
        present=check.present,
        absent=check.absent,
        capture=dict(check.capture),
        response_headers=check.response_headers,
        within_seconds=seconds(check.within) if check.within else None,
        during_maintenance=check.during_maintenance,
    )


def _load(deployed: DeployedSystem, load: releases.Load) -> Load:
    objective = deployed.definition.objectives.error_percent
    return Load(
        request=HttpRequest(
            host=deployed.definition.domains[load.domain], path=load.path, token=_key(deployed, load.token)
        ),
        requests=load.requests,
        concurrency=load.concurrency,
        p95_seconds=seconds(load.p95),
        error_percent=objective if load.error_percent is None else load.error_percent,
    )


def _keys(deployed: DeployedSystem, secrets: Mapping[str, str]) -> dict[str, Any]:
    return {name: _key(deployed, secret) for name, secret in secrets.items()}


def _key(deployed: DeployedSystem, secret: str | None) -> SecretKey | None:
    if secret is None:
        return None
    found = environment.declared_secret(deployed, secret)
    return SecretKey(secret=found.secret, key=found.key)
