"""Specs of the External Secrets operator, by which a namespace reads its secrets from a cloud's store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slipway.settings.store_names import CLIENT_KEY, PULL_KEY

API_VERSION = "external-secrets.io/v1"
STORE, SECRET = "SecretStore", "ExternalSecret"
STORE_NAME = "slipway"
ACCOUNT = "secrets"
"""Service account in each namespace with which the operator reads the entries of that system only."""
PULLS = "kubernetes.io/dockerconfigjson"
"""Type of a Secret with which nodes pull images."""
REFRESH = "1m"
"""Maximum delay until a new value reaches the cluster."""


def whole(name: str, entry: str) -> dict[str, Any]:
    """Returns the spec of Secret `name` with every key of the JSON in `entry`."""
    return {**_target(name), "dataFrom": [{"extract": {"key": entry}}]}


def by_key(name: str, entries: Mapping[str, str]) -> dict[str, Any]:
    """Returns the spec of Secret `name`, with each key from its own entry."""
    data = [{"secretKey": key, "remoteRef": {"key": entry}} for key, entry in entries.items()]
    return {**_target(name), "data": data}


def login(name: str, entry: str) -> dict[str, Any]:
    """Returns the spec of Secret `name` with which nodes pull images."""
    spec = by_key(name, {PULL_KEY: entry})
    return {**spec, "target": {**spec["target"], "template": {"type": PULLS}}}


def client_secret(name: str, entry: str) -> dict[str, Any]:
    """Returns the spec of Secret `name` with which the gateway logs visitors in."""
    return by_key(name, {CLIENT_KEY: entry})


def supplied_annotations(keys: Sequence[str], rotations: Mapping[str, str]) -> dict[str, str]:
    """Returns annotations with the supplied keys and their maximum ages."""
    aged = [f"{key}={rotations[key]}" for key in sorted(keys) if key in rotations]
    return {"slipway.dev/supplied-keys": ",".join(sorted(keys)), "slipway.dev/rotate-every": ",".join(aged)}


def _target(name: str) -> dict[str, Any]:
    """Returns a target that retains the last known Secret if an entry vanishes: pods continue, and the operator reports
    an error."""
    return {
        "refreshInterval": REFRESH,
        "secretStoreRef": {"kind": STORE, "name": STORE_NAME},
        "target": {"name": name, "creationPolicy": "Owner", "deletionPolicy": "Retain"},
    }
