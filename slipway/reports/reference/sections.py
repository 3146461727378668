"""The sections of a schema: each mapping with known keys once, at the first path that leads to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from slipway.reports.explained import Explained, Schema, clouds_of, is_open
from slipway.settings.clouds import CLOUDS
from slipway.settings.pointers import Path, dotted

ENTRY = "NAME"
"""Stands in a path for the name of an entry, such as a service's."""


@dataclass(frozen=True)
class Key:
    """A key of a section."""

    explained: Explained
    required: bool
    below: tuple[str, ...]
    """The definitions of the mappings that its value consists of."""


@dataclass(frozen=True)
class Section:
    """A mapping with known keys. `form`, a key or the one value of it, tells it from the others that may stand at the same
    path, and `cloud` from those of other clouds."""

    definition: str
    path: Path
    form: str
    text: str
    keys: tuple[Key, ...]
    cloud: str = ""

    @property
    def title(self) -> str:
        return f"`{dotted(self.path)}`" + (f" with `{self.form}`" if self.form else "") + self._on_cloud

    @property
    def heading(self) -> str:
        """Return the heading above its keys: the value itself is a key of another section, with a heading of its own."""
        return f"Keys of {self.title}"

    def key_heading(self, key: Key) -> str:
        """Return the heading of a key, which is unique on its page."""
        name, _, value = self.form.partition(": ")
        is_form = not name or key.explained.path.endswith(f".{name}")
        shown = f"{key.explained.path}: {value}" if is_form and value else key.explained.path
        return f"`{shown}`" + ("" if is_form else f" beside `{self.form}`") + self._on_cloud

    @property
    def _on_cloud(self) -> str:
        return f" on {CLOUDS[self.cloud].title}" if self.cloud else ""


@cache
def _definitions() -> dict[str, frozenset[str]]:
    """Return the definitions of mappings that a cluster on each cloud has."""
    return {
        name: frozenset(cloud.cluster.model_json_schema(by_alias=True).get("$defs", {}))
        for name, cloud in CLOUDS.items()
    }


def _only(definition: str) -> str:
    """Return the one cloud whose clusters have a definition; empty if several have it, or none."""
    found = [cloud for cloud, names in _definitions().items() if definition in names]
    return found[0] if len(found) == 1 else ""


def _form(schema: Schema) -> str:
    """Return the first key that a mapping needs, with its value if only one is legal: `queue: url`."""
    key = next(iter(schema.get("required", schema["properties"])), "")
    only = schema["properties"].get(key, {}).get("const")
    return key if only is None else f"{key}: {only}"


def _on(cloud: str, key: Key) -> Key:
    return replace(key, explained=replace(key.explained, clouds=(cloud,))) if cloud else key


@dataclass(frozen=True)
class _Mapping:
    """A mapping below a value: the path from there, the name of its definition, its schema."""

    path: Path
    definition: str
    schema: Schema


class Walk:
    """A walk through a schema from the top. A definition is described once: at its shortest path, of those the first."""

    def __init__(self, document: Schema) -> None:
        self._document = document
        self.homes = self._found_homes()

    def sections(self, path: Path, schema: Schema, overridable: bool = False) -> Iterator[Section]:
        """Yield the sections of a value and below it whose home is there."""
        found = list({(each.path, each.definition): each for each in self._mappings(schema)}.values())
        for each in found:
            whole = (*path, *each.path)
            if self.homes[each.definition] == whole:
                beside = [
                    other
                    for other in found
                    if other.path == each.path
                    and other is not each
                    and _only(other.definition) == _only(each.definition)
                ]
                yield from self._section(whole, each, bool(beside), overridable)

    def _found_homes(self) -> dict[str, Path]:
        """Return the path at which each definition is described."""
        homes: dict[str, Path] = {}
        pending: list[tuple[Path, Schema]] = [((), {**self._document, "additionalProperties": False})]
        while pending:
            below = [
                ((*path, name, *each.path), each)
                for path, schema in pending
                for name, inner in schema["properties"].items()
                for each in self._mappings(inner)
            ]
            pending = []
            for path, each in sorted(below, key=lambda found: len(found[0])):
                if each.definition not in homes or len(path) < len(homes[each.definition]):
                    homes[each.definition] = path
                    pending.append((path, each.schema))
        return homes

    def keys(self, path: Path, schema: Schema, overridable: bool = False) -> Iterator[Key]:
        """Yield the keys of a mapping."""
        for name, inner in schema["properties"].items():
            below = (*path, name)
            marked = is_open(schema, inner, overridable)
            explained = Explained(dotted(below), (inner,), self._document, marked, clouds_of(below))
            definitions = tuple(each.definition for each in self._mappings(inner))
            yield Key(explained, name in schema.get("required", ()), definitions)

    def _section(self, path: Path, mapping: _Mapping, has_forms: bool, overridable: bool) -> Iterator[Section]:
        schema = mapping.schema
        cloud = _only(mapping.definition)
        keys = tuple(_on(cloud, key) for key in self.keys(path, schema, overridable))
        form = _form(schema) if has_forms else ""
        yield Section(mapping.definition, path, form, schema.get("description", ""), keys, cloud)
        for name, inner in schema["properties"].items():
            yield from self.sections((*path, name), inner, is_open(schema, inner, overridable))

    def _mappings(self, schema: Schema, path: Path = ()) -> Iterator[_Mapping]:
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            definition = self._document["$defs"][name]
            if "properties" in definition:
                yield _Mapping(path, name, definition)
            else:
                yield from self._mappings(definition, path)
        for option in schema.get("anyOf", ()):
            yield from self._mappings(option, path)
        if isinstance(schema.get("additionalProperties"), dict):
            yield from self._mappings(schema["additionalProperties"], (*path, ENTRY))
        if "items" in schema:
            yield from self._mappings(schema["items"], (*path, 0))
