"""What a cluster remembers of rehearsals: the seed of random values, and the kinds that each mark ever applied."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from typing import Any

from live.cluster.api import Api, Refused
from live.cluster.kinds import Kind
from live.cluster.marks import Mark
from live.failure import CloudFailure

NAME = NAMESPACE = "slipway-rehearsal"
PLACE = f"/api/v1/namespaces/{NAMESPACE}"
SEED = "seed"
SEED_BYTES = 32


def seed_of(api: Api) -> str | None:
    """The cluster's seed; None before the first rehearsal."""
    held = api.get(f"{PLACE}/secrets/{NAME}") or {}
    encoded = (held.get("data") or {}).get(SEED)
    return base64.b64decode(encoded).decode() if encoded else None


def new_seed() -> str:
    return secrets.token_hex(SEED_BYTES)


def keep_seed(api: Api, seed: str) -> None:
    """Writes the seed of a first rehearsal. Raises CloudFailure if another one was first."""
    api.apply(f"/api/v1/namespaces/{NAMESPACE}", _document("Namespace"), manager=NAME)
    if seed_of(api) == seed:
        return
    try:
        api.create(f"{PLACE}/secrets", {**_document("Secret"), "type": "Opaque", "stringData": {SEED: seed}})
    except Refused as refusal:
        if refusal.status != 409:
            raise
        raise CloudFailure("another rehearsal has just begun on this cluster; run it again") from None


def kinds_of(api: Api, mark: Mark) -> tuple[Kind, ...]:
    """The kinds that objects of a mark may have."""
    held = api.get(f"{PLACE}/configmaps/{NAME}") or {}
    lines = (held.get("data") or {}).get(mark.digest, "").splitlines()
    return tuple(Kind(*line.split(" ", 1)) for line in lines)


def keep_kinds(api: Api, mark: Mark, kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """Adds kinds to those of a mark, before objects are applied, and returns all. None is ever taken out."""
    known = set(kinds_of(api, mark))
    together = tuple(sorted(known | set(kinds)))
    if set(together) != known:
        body = {**_document("ConfigMap"), "data": {mark.digest: "\n".join(map(str, together))}}
        # A field manager a mark: what one of them applies takes nothing from the others.
        api.apply(f"{PLACE}/configmaps/{NAME}", body, manager=f"{NAME}-{mark.digest}")
    return together


def _document(kind: str) -> dict[str, Any]:
    place = {} if kind == "Namespace" else {"namespace": NAMESPACE}
    labels = {"app.kubernetes.io/managed-by": "slipway"}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": NAME, **place, "labels": labels}}
