"""The kinds that a plan needs: whether the cluster serves them, and how to install the CRDs of a folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from slipway.ops.cluster.api import Api, Refused
from slipway.ops.cluster.api_kinds import Kind, Kinds
from slipway.ops.cluster.marks import FIELD_MANAGER
from slipway.ops.cluster.objects import Object
from slipway.ops.cluster.readiness import readiness
from slipway.ops.failure import CloudFailure

DEFINITION = Kind("apiextensions.k8s.io/v1", "CustomResourceDefinition")
PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
POLL = 0.2
"""Seconds between two checks. Chosen: a CustomResourceDefinition is established within a second."""


class BadDefinitions(CloudFailure):
    """The folder of CRDs is invalid."""


def read(folder: Path) -> list[dict[str, Any]]:
    """Read the CRDs of a YAML file, or of all files in a folder. Raises BadDefinitions."""
    import yaml

    files = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]) if folder.is_dir() else [folder]
    found: list[dict[str, Any]] = []
    for file in files:
        try:
            documents = list(yaml.load_all(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise BadDefinitions(f"{file}: cannot be read as YAML ({type(error).__name__})") from None
        found += [each for each in documents if isinstance(each, dict) and each.get("kind") == DEFINITION.name]
    if not found:
        raise BadDefinitions(f"{folder}: no CustomResourceDefinition in it")
    return found


def install(api: Api, found: Sequence[dict[str, Any]], *, timeout: float) -> int:
    """Apply CRDs, wait until each is established, and return how many are new or changed. Raises CloudFailure."""
    changed = 0
    for each in found:
        path, name = f"{PATH}/{each['metadata']['name']}", each["metadata"]["name"]
        before = api.get(path)
        body = {key: value for key, value in each.items() if key != "status"}
        try:
            after = api.apply(path, body, manager=FIELD_MANAGER, force=True)
        except Refused as refusal:
            raise CloudFailure(f"CustomResourceDefinition {name}: {refusal}") from None
        changed += before is None or before["metadata"]["resourceVersion"] != after["metadata"]["resourceVersion"]
    until = time.monotonic() + timeout
    for each in found:
        _established(api, each["metadata"]["name"], until)
    return changed


def _established(api: Api, name: str, until: float) -> None:
    while True:
        verdict = readiness(DEFINITION, api.get(f"{PATH}/{name}") or {})
        if verdict.is_ready:
            return
        if verdict.reason.startswith("its names") or time.monotonic() > until:
            raise CloudFailure(f"CustomResourceDefinition {name}: {verdict.reason}")
        api.pause(POLL)


def missing(objects: Iterable[Object], find: Callable[[Kind], object | None] | Kinds) -> tuple[Kind, ...]:
    """Return the kinds of the plan that neither the cluster nor a CRD of the plan provides."""
    search = find.find if isinstance(find, Kinds) else find
    found = list(objects)
    brought = {_defined(each) for each in found if each.kind.name == DEFINITION.name}
    kinds = sorted({each.kind for each in found})
    return tuple(kind for kind in kinds if (kind.group, kind.name) not in brought and search(kind) is None)


def _defined(definition: Object) -> tuple[str, str]:
    spec = definition.body.get("spec", {})
    return spec.get("group", ""), spec.get("names", {}).get("kind", "")
