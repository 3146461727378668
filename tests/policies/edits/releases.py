"""Edits of releases, which the controller carries out, and of the routes in them."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.policies.plan_under_test import DROPPED, Edit
from tests.policies.swift import Addition, Change

RELEASE, JOB, DEPLOYMENT = "slipway.dev/v1:Release", "batch/v1:Job", "v1:Deployment"
API, MIGRATION = "fleet/fleet-api-blue", "fleet/migrate-005-personal-business-use"
ROUTES = ("spec", "routes")
STORE = "aws:cloudfront/keyvaluestoreKey:KeyvaluestoreKey"
KEPT = ("KeyvaluestoreKey", "smartwallet/web-pass")


@dataclass(frozen=True)
class Shared:
    """Routes in which a backend of the rules by weight has another value, in each of a route's states."""

    route: str
    backend: int
    key: str
    value: Any

    def __call__(self, routes: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        changed = copy.deepcopy(list(routes))
        (found,) = [each for each in changed if each["name"] == self.route]
        rules = [rule for state in ("blue", "green", "split") for rule in found[state]["rules"]]
        shared = [rule["backendRefs"][self.backend] for rule in rules if rule["name"].startswith("by-weight")]
        assert shared, f"{self.route} has no rule by weight"
        for backend in shared:
            backend[self.key] = self.value
            if self.value is DROPPED:
                del backend[self.key]
        return changed


@dataclass(frozen=True)
class NotAfter:
    """What a resource waits for, but for one other."""

    name: str

    def __call__(self, urns: Sequence[str]) -> list[str]:
        left = [urn for urn in urns if not urn.endswith(f"::{self.name}")]
        assert len(left) < len(urns), f"nothing waits for {self.name}"
        return left


def waits_not(type_: str, name: str, other: str) -> Edit:
    return Edit(type_, name, ("dependencies",), NotAfter(other), part="")


def weights(text: str) -> Addition:
    """A state of an edge that the plan writes."""
    return Addition(STORE, "smartwallet/web", {"key": "state", "keyValueStoreArn": "arn", "value": text}, KEPT)


CAUGHT: Mapping[str, Mapping[str, list[Change]]] = {
    "release-gates": {
        "local": [Edit(JOB, "fleet/promote"), waits_not(JOB, "fleet/admit", "fleet")],
        "prod": [
            Edit(JOB, "fleet/admit"),
            waits_not(DEPLOYMENT, API, "fleet/admit"),
            waits_not(JOB, MIGRATION, "fleet/admit"),
        ],
        "staging": [waits_not(DEPLOYMENT, "smartwallet/smartwallet-api-green", "smartwallet/admit")],
    },
    "release-evidence": {
        "prod": [
            Edit(RELEASE, "kingstons", ("spec", "checks"), []),
            Edit(RELEASE, "fleet", ("spec", "steps"), []),
            Edit(RELEASE, "fleet", ("spec", "queries"), {}),
        ],
    },
    "backend-service": {
        "prod": [Edit(RELEASE, "fleet", ROUTES, Shared("fleet-frontend-web", 1, "name", "nobody"))],
    },
    "route-weights": {
        "prod": [
            Edit(RELEASE, "fleet", ROUTES, Shared("fleet-api-web", 0, "weight", value)) for value in (90, "50", DROPPED)
        ],
        "staging": [
            weights('{"active":"blue","weights":{"blue":90,"green":0}}'),
            Edit(RELEASE, "smartwallet", ROUTES, Shared("smartwallet-api-api", 1, "weight", 60)),
        ],
    },
}
