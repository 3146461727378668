"""What is sent to the cluster for an object: marked, its secrets filled, ignored changes left out."""

from __future__ import annotations

import base64
import copy
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from live.cluster.marks import ANNOTATION, LABEL, Mark
from live.cluster.objects import Object
from rehearsal import SECRET, UNKNOWN

GENERATED_BYTES = 16
PATH = re.compile(r"""\[["']([^"']+)["']\]|\[([^\]]+)\]|([^.\[\]]+)""")

Document = dict[str, Any]


def contents(target: Object, live: Mapping[str, Any] | None, mark: Mark) -> Document:
    """The object to apply. `live` is what the cluster has of it."""
    body: Document = copy.deepcopy(dict(target.body))
    body.pop("status", None)
    metadata = body.setdefault("metadata", {})
    metadata["name"] = target.name
    if not target.patch:
        metadata["labels"] = {**(metadata.get("labels") or {}), LABEL: mark.digest}
        metadata["annotations"] = {**(metadata.get("annotations") or {}), ANNOTATION: mark.text}
    ignored = target.ignored
    if _is_secret(target):
        _fill(body, live)
        ignored = tuple(re.sub("^stringData", "data", path) for path in ignored)
    if live is not None:
        for path in ignored:
            _keep(body, live, [next(filter(None, found)) for found in PATH.findall(path)])
    return body


def unknowns(target: Object) -> tuple[str, ...]:
    """Paths of values that only a cloud knows, beside those of Secrets, which are filled."""
    body = {key: value for key, value in target.body.items() if not _is_secret(target) or not key.endswith("ata")}
    body["metadata"] = target.body.get("metadata", {})
    return tuple(_unknown_paths(body, ""))


def _is_secret(target: Object) -> bool:
    return target.kind.name == "Secret" and not target.kind.group


def _fill(body: Document, live: Mapping[str, Any] | None) -> None:
    """One map `data`, as the API server keeps it: it forgets who owned what came as `stringData`."""
    held: Mapping[str, str] = (live or {}).get("data") or {}
    plain, encoded = body.pop("stringData", None), body.pop("data", None)
    if plain is None and encoded is None:
        return
    data: dict[str, str] = {}
    for key, text in _entries(encoded, held):
        data[key] = _kept(key, held) if _is_open(text) else text
    for key, text in _entries(plain, held):
        data[key] = _kept(key, held) if _is_open(text) else base64.b64encode(text.encode()).decode()
    body["data"] = data


def _entries(values: Any, held: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The entries of a map; one that is unknown as a whole has the keys that the cluster has."""
    yield from values.items() if isinstance(values, Mapping) else [(key, UNKNOWN) for key in held if values]


def _is_open(text: str) -> bool:
    return UNKNOWN in text or text == SECRET


def _kept(key: str, held: Mapping[str, str]) -> str:
    """The live value, or a new one: so it stays the same from run to run."""
    return held.get(key) or base64.b64encode(secrets.token_hex(GENERATED_BYTES).encode()).decode()


def _keep(body: Any, live: Any, path: list[str]) -> None:
    """Takes the live value at a path that the object sets, as changes there are to be ignored."""
    for part in path[:-1]:
        body, live = _at(body, part), _at(live, part)
    if path and isinstance(body, dict) and path[-1] in body and isinstance(live, Mapping) and path[-1] in live:
        body[path[-1]] = copy.deepcopy(live[path[-1]])


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
