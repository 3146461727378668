"""The record of rehearsals in a cluster: the seed of random values, and the kinds applied with each mark."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from slipway.ops.cluster.api import Api, Refused
from slipway.ops.cluster.api_kinds import Kind
from slipway.ops.cluster.marks import Mark
from slipway.ops.failure import CloudFailure

NAME = NAMESPACE = "slipway-rehearsal"
PLACE = f"/api/v1/namespaces/{NAMESPACE}"
SEED = "seed"
SEED_BYTES = 32
"""Bytes of a seed. Chosen: 256 bits, as the digest that it feeds."""
FAILURES = f"{NAME}-failures"
"""The ConfigMap with the logs and events of recent failures."""
MOST_WORDS, LONGEST_WORDS = 20, 8000
"""Recorded failures, and characters of each. Chosen: together they fit into a ConfigMap of 1 MiB."""


def seed_of(api: Api) -> str | None:
    """Return the cluster's seed; None before the first rehearsal."""
    held = api.get(f"{PLACE}/secrets/{NAME}") or {}
    encoded = (held.get("data") or {}).get(SEED)
    return base64.b64decode(encoded).decode() if encoded else None


def new_seed() -> str:
    return secrets.token_hex(SEED_BYTES)


def create_namespace(api: Api) -> None:
    """Create the namespace of all records."""
    if api.get(f"/api/v1/namespaces/{NAMESPACE}") is None:
        api.apply(f"/api/v1/namespaces/{NAMESPACE}", _document("Namespace"), manager=NAME)


def store_seed(api: Api, seed: str) -> None:
    """Store the seed of a first rehearsal. Raises CloudFailure if another rehearsal was first."""
    if seed_of(api) == seed:
        return
    try:
        api.create(f"{PLACE}/secrets", {**_document("Secret"), "type": "Opaque", "stringData": {SEED: seed}})
    except Refused as refusal:
        if refusal.status != 409:
            raise
        raise CloudFailure("another rehearsal has just started on this cluster: run it again") from None


def kinds_of(api: Api, mark: Mark) -> tuple[Kind, ...]:
    """Return the kinds that objects of a mark may have."""
    held = api.get(f"{PLACE}/configmaps/{NAME}") or {}
    lines = (held.get("data") or {}).get(mark.digest, "").splitlines()
    return tuple(Kind(*line.split(" ", 1)) for line in lines)


def store_kinds(api: Api, mark: Mark, kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """Add kinds to those of a mark, before objects are applied, and return all. Kinds are never removed."""
    known = set(kinds_of(api, mark))
    together = tuple(sorted(known | set(kinds)))
    if set(together) != known:
        body = {**_document("ConfigMap"), "data": {mark.digest: "\n".join(map(str, together))}}
        # One field manager per mark: applying the entries of one mark then does not remove those of others.
        api.apply(f"{PLACE}/configmaps/{NAME}", body, manager=f"{NAME}-{mark.digest}")
    return together


def store_failure(api: Api, title: str, lines: Sequence[str]) -> None:
    """Add the lines of a failure to the newest ones, which outlive the failed objects."""
    path = f"{PLACE}/configmaps/{FAILURES}"
    found = (api.get(path) or {}).get("data") or {}
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    key = re.sub(r"[^A-Za-z0-9._-]+", "_", f"{stamp}_{title}")[:250]
    words = "\n".join(line for line in lines if line)[:LONGEST_WORDS]
    kept = dict(sorted({**found, key: words}.items())[-MOST_WORDS:])
    body = _document("ConfigMap")
    body["metadata"]["name"] = FAILURES
    api.apply(path, {**body, "data": kept}, manager=FAILURES, force=True)


def _document(kind: str) -> dict[str, Any]:
    place = {} if kind == "Namespace" else {"namespace": NAMESPACE}
    labels = {"app.kubernetes.io/managed-by": "slipway"}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": NAME, **place, "labels": labels}}
