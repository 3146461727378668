"""Values in use before Slipway: where a system's secrets say that they are."""

from __future__ import annotations

import base64
import json
from importlib import import_module

from slipway.ops.clouds import PACKAGES
from slipway.ops.cluster.api import Api
from slipway.ops.failure import CloudFailure, MissingEntry
from slipway.settings.services import InSecret, InStore
from slipway.settings.stacks import StackCluster

SECRET = "/api/v1/namespaces/{}/secrets/{}"


def in_secret(api: Api, name: str, origin: InSecret) -> bytes:
    """Return the value of a key of a Kubernetes Secret. Raises CloudFailure, which never quotes it."""
    found = api.get(SECRET.format(*origin.secret.split("/")))
    if found is None:
        raise MissingEntry(f"kubernetes: there is no Secret {origin.secret}")
    key, data = origin.key_of(name), found.get("data") or {}
    if key not in data:
        raise MissingEntry(
            f"kubernetes: Secret {origin.secret} has no key {key}: it has {', '.join(sorted(data)) or 'none'}"
        )
    return base64.b64decode(data[key])


def in_store(cluster: StackCluster, origin: InStore) -> bytes:
    """Return the value of an entry, or of a key of its JSON. Raises CloudFailure, which never quotes it."""
    package = import_module(f"{PACKAGES[cluster.settings.cloud]}.stored_values")
    text: str = package.value_of(cluster.settings, origin.entry)
    if origin.key is None:
        return text.encode()
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise CloudFailure(f"{origin.entry} is not a JSON object, so it has no key {origin.key}: leave `key` out")
    value = found.get(origin.key)
    if not isinstance(value, str):
        raise MissingEntry(
            f"{origin.entry} has no text under {origin.key}: it has {', '.join(sorted(found)) or 'no keys'}"
        )
    return value.encode()
