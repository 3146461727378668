"""The body that is sent to the cluster for an object: with the mark, filled secrets, and without ignored changes."""

from __future__ import annotations

import base64
import copy
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from slipway.ops.cluster import annotations
from slipway.ops.cluster.marks import ANNOTATION, DIGEST, LABEL, Mark
from slipway.ops.cluster.objects import Object
from slipway.ops.cluster.snapshot import digest
from slipway.rehearsal import SECRET, UNKNOWN

GENERATED_BYTES = 16
"""Random bytes of a generated value. Chosen: 128 bits cannot be guessed."""
PATH = re.compile(r"""\[["']([^"']+)["']\]|\[([^\]]+)\]|([^.\[\]]+)""")

Document = dict[str, Any]


def contents(target: Object, live: Mapping[str, Any] | None, mark: Mark) -> Document:
    """Return the object to apply. `live` is the current object in the cluster."""
    body: Document = copy.deepcopy(dict(target.body))
    body.pop("status", None)
    metadata = body.setdefault("metadata", {})
    metadata["name"] = target.name
    if not target.patch:
        metadata["labels"] = {**(metadata.get("labels") or {}), LABEL: mark.digest}
        reported = {} if is_secret(target) else {DIGEST: digest(target, mark)}
        metadata["annotations"] = {**(metadata.get("annotations") or {}), ANNOTATION: mark.text, **reported}
    ignored = target.ignored
    if is_secret(target):
        _fill(body, live)
        ignored = tuple(re.sub("^stringData", "data", path) for path in ignored)
    if live is not None:
        for path in ignored:
            _preserve(
                body, live, [next(filter(None, found)) for found in PATH.findall(path)], annotations.manager(target)
            )
    return body


def unknowns(target: Object) -> tuple[str, ...]:
    """Return the paths of values that only a cloud knows, except in Secrets, which are filled."""
    body = {key: value for key, value in target.body.items() if not is_secret(target) or not key.endswith("ata")}
    body["metadata"] = target.body.get("metadata", {})
    return tuple(_unknown_paths(body, ""))


def is_secret(target: Object) -> bool:
    return target.kind.name == "Secret" and not target.kind.group


def _fill(body: Document, live: Mapping[str, Any] | None) -> None:
    """Merge the entries into `data`, as the API server does: it does not record the owner of entries from
    `stringData`."""
    held: Mapping[str, str] = (live or {}).get("data") or {}
    plain, encoded = body.pop("stringData", None), body.pop("data", None)
    if plain is None and encoded is None:
        return
    data: dict[str, str] = {}
    for key, text in _entries(encoded, held):
        data[key] = _random_value(key, held) if _is_open(text) else text
    for key, text in _entries(plain, held):
        data[key] = _random_value(key, held) if _is_open(text) else base64.b64encode(text.encode()).decode()
    body["data"] = data


def _entries(values: Any, held: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the entries of a map; one that is unknown as a whole has the keys of the live map."""
    yield from values.items() if isinstance(values, Mapping) else [(key, UNKNOWN) for key in held if values]


def _is_open(text: str) -> bool:
    return UNKNOWN in text or text == SECRET


def _random_value(key: str, held: Mapping[str, str]) -> str:
    """Return the live value, or a new one: so the value stays the same from run to run."""
    return held.get(key) or base64.b64encode(secrets.token_hex(GENERATED_BYTES).encode()).decode()


def _preserve(body: Any, live: Mapping[str, Any], path: list[str], manager: str) -> None:
    """Preserve the live value at an ignored path, or leave the path out if only another manager owns it, such as an
    autoscaler, whose next update would conflict. Pulumi's provider does the same."""
    owners = _owners(live, path)
    found: Any = live
    for part in path[:-1]:
        body, found = _at(body, part), _at(found, part)
    if not path or not isinstance(body, dict) or path[-1] not in body:
        return
    if owners and manager not in owners:
        del body[path[-1]]
    elif isinstance(found, Mapping) and path[-1] in found:
        body[path[-1]] = copy.deepcopy(found[path[-1]])


def _owners(live: Mapping[str, Any], path: list[str]) -> set[str]:
    """Return the managers of a field that is in no list."""
    entries = live.get("metadata", {}).get("managedFields") or ()
    return {entry.get("manager", "") for entry in entries if _owns(entry.get("fieldsV1") or {}, path)}


def _owns(fields: Any, path: list[str]) -> bool:
    return all((fields := fields.get(f"f:{part}")) is not None for part in path)


def _at(value: Any, part: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
        return value[int(part)]
    return None


def _unknown_paths(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, str) and _is_open(value):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _unknown_paths(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown_paths(item, f"{path}[{index}]")
