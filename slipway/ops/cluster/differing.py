"""The changes that applying would make, from a dry run on the API server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from slipway.ops.cluster import annotations
from slipway.ops.cluster.api import Refused
from slipway.ops.cluster.api_kinds import Kind, Resource
from slipway.ops.cluster.applying import OWN, Applier, is_failed_job, must_replace, owners, refusal_of
from slipway.ops.cluster.contents import contents, is_secret
from slipway.ops.cluster.evidence import HIDDEN, Masks, values_of
from slipway.ops.cluster.marks import ANNOTATION, DIGEST
from slipway.ops.cluster.objects import Object
from slipway.ops.cluster.snapshot import is_as_sent

CREATED, CHANGED, UNCHANGED, REPLACED, PRUNED, REFUSED = "+", "~", " ", "±", "-", "!"
WORKERS, LONGEST = 8, 200
"""Concurrent requests, and characters of a line that is shown. Chosen: as in `scheduling`, and a line of a terminal."""
SECRET = Kind("v1", "Secret")


@dataclass(frozen=True)
class Difference:
    """The difference of one object: a sign, and lines of changes, or the reason of a refusal."""

    title: str
    sign: str
    lines: tuple[str, ...] = ()


def differences(applier: Applier, objects: Sequence[Object]) -> list[Difference]:
    """Return the differences of all objects, in their order. Raises CloudFailure if the cluster cannot be reached."""
    old = [live for kind, live in applier.before.found.values() if kind == SECRET] if applier.before else []
    secrets = [*old, *(each.body for each in objects if is_secret(each))]
    masks = Masks(value for each in secrets for value in values_of(each))
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda target: _difference(applier, target, masks), objects))


def _difference(applier: Applier, target: Object, masks: Masks) -> Difference:
    resource = applier.kinds.find(target.kind)
    known = applier.before.of(target) if applier.before and not target.patch else None
    live = known
    if known is None and resource is not None:
        live = applier.api.get(resource.path(target.namespace, target.name))
    if live is None or resource is None:
        return Difference(target.title, CREATED)
    body = contents(target, live, applier.mark)
    if known is not None and is_as_sent(known, body):
        return Difference(target.title, UNCHANGED)
    if is_failed_job(target, live):
        return Difference(target.title, REPLACED, ("recreated, as the last one failed",))
    return _dry_run(applier, target, resource, live, body, masks)


def _dry_run(
    applier: Applier, target: Object, resource: Resource, live: Mapping[str, Any], body: Mapping[str, Any], masks: Masks
) -> Difference:
    path, manager = resource.path(target.namespace, target.name), annotations.manager(target)
    reported = [refused] if (refused := applier.refusal(target, live)) else []
    try:
        after = applier.api.apply(path, body, manager=manager, dry=True)
    except Refused as refusal:
        if not refusal.conflicts:
            return _refused(target, refusal)
        reported = reported or [applier.refusal(target, live, refusal) or f"takes over {owners(refusal)}"]
        try:
            after = applier.api.apply(path, body, manager=manager, force=True, dry=True)
        except Refused as other:
            return _refused(target, other)
    if reported and not reported[0].startswith("takes over"):
        return Difference(target.title, REFUSED, tuple(reported))
    # The result of a dry run has the current resource version, even if it differs.
    lines = [*reported, *(masks.hide(line) for line in _lines(target, live, after))]
    return Difference(target.title, CHANGED if lines else UNCHANGED, tuple(lines))


def _refused(target: Object, refusal: Refused) -> Difference:
    if must_replace(target, refusal):
        return Difference(target.title, REPLACED, (f"recreated, as {refusal.fields or 'what changed'} is immutable",))
    return Difference(target.title, REFUSED, (refusal_of(target, refusal),))


def _lines(target: Object, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = dict(_leaves(before)), dict(_leaves(after))
    for path in sorted(old.keys() | new.keys()):
        if old.get(path) != new.get(path):
            hidden = is_secret(target) and path.startswith(("data", "stringData"))
            yield f"{path}: {_shown(old, path, hidden)} → {_shown(new, path, hidden)}"


def _leaves(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    metadata = {key: value for key, value in document["metadata"].items() if key not in OWN}
    metadata["annotations"] = {
        key: value
        for key, value in (metadata.get("annotations") or {}).items()
        if key not in (DIGEST, ANNOTATION, "kubectl.kubernetes.io/last-applied-configuration")
    }
    rest = {key: value for key, value in document.items() if key != "status"}
    yield from _below({**rest, "metadata": metadata}, "")


def _below(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _below(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _below(item, f"{path}[{index}]")
    elif value not in ({}, []):
        yield path, value


def _shown(values: Mapping[str, Any], path: str, hidden: bool) -> str:
    if path not in values:
        return "(nothing)"
    if hidden:
        return HIDDEN
    text = values[path] if isinstance(values[path], str) else json.dumps(values[path])
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
