"""What the schemas say of a key: meaning, type, bounds, default, example, and the keys below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slipway.settings.pointers import Path, dotted
from slipway.settings.problems import nearest

Schema = Mapping[str, Any]

BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "minProperties": "at least {} entries",
}
"""How the bounds of JSON Schema read."""


@dataclass(frozen=True)
class Explained:
    """A key: its schemas (several if a value may have several forms), and the schema document of their references."""

    path: str
    schemas: tuple[Schema, ...]
    document: Schema
    overridable: bool = False

    @property
    def keys(self) -> dict[str, Schema]:
        """Return the keys below it, with their schemas."""
        found: dict[str, Schema] = {}
        for form in _forms(self.document, self.schemas):
            found.update(form.get("properties", {}))
        return found


def explain(document: Schema, path: Path) -> Explained:
    """Return the key at `path` of a schema. The names of entries, such as a service's, may be any. Raises ValueError,
    which names the first unknown key and what may stand there."""
    schemas: tuple[Schema, ...] = (document,)
    overridable = False
    for depth, segment in enumerate(path):
        found = [each for form in _forms(document, schemas) if (each := _below(form, segment)) is not None]
        if not found:
            raise ValueError(_unknown(document, schemas, dotted(path[:depth]), segment))
        schemas = tuple(found)
        overridable = overridable or any(each.get("x-overridable") for each in schemas)
    return Explained(dotted(path), schemas, document, overridable)


def lines(explained: Explained) -> Iterator[str]:
    """Yield the explanation line by line."""
    if explained.path:
        yield explained.path
    told = [each["description"] for each in explained.schemas if each.get("description")]
    yield from (f"  {each}" for each in dict.fromkeys(told))
    for name, values in _facts(explained).items():
        yield f"  {name}: {values}"
    keys = explained.keys
    if keys:
        width = max(map(len, keys))
        yield ""
        for name, schema in keys.items():
            yield f"  {name:{width}}  {_summary(explained.document, schema)}"


def _facts(explained: Explained) -> dict[str, str]:
    """Return type, bounds, default and example, those that exist."""
    forms = list(_forms(explained.document, explained.schemas))
    found = {
        "type": " or ".join(dict.fromkeys(filter(None, map(_type, forms)))),
        "allowed": ", ".join(str(value) for each in forms for value in each.get("enum", [])),
        "bounds": ", ".join(
            dict.fromkeys(text.format(each[key]) for each in forms for key, text in BOUNDS.items() if key in each)
        ),
        "pattern": " or ".join(dict.fromkeys(each["pattern"] for each in forms if "pattern" in each)),
        "default": _default(explained.schemas),
        "example": _example(forms),
    }
    if explained.overridable:
        found["override"] = "below clusters.<cluster>.systems.<system> of a stack"
    return {name: value for name, value in found.items() if value}


def _default(schemas: tuple[Schema, ...]) -> str:
    values = [each["default"] for each in schemas if "default" in each]
    return "" if not values else "none" if values[0] is None else _plain(values[0])


def _example(forms: list[Schema]) -> str:
    return next((_plain(each["examples"][0]) for each in forms if each.get("examples")), "")


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_plain(each)}' for key, each in value.items())}}}"
    return f"[{', '.join(map(_plain, value))}]" if isinstance(value, list) else str(value)


def _type(form: Schema) -> str:
    kind = form.get("type", "object" if "properties" in form else "")
    kinds = kind if isinstance(kind, list) else [kind]
    return " or ".join(each for each in kinds if each != "null")


def _summary(document: Schema, schema: Schema) -> str:
    """Return the first sentence of a key, and its default if that is short."""
    forms = list(_forms(document, (schema,)))
    text = schema.get("description") or next((each["description"] for each in forms if each.get("description")), "")
    value = schema.get("default")
    return text.partition(". ")[0].rstrip(".") + (f" [{_plain(value)}]" if _is_short(value) else "")


def _is_short(value: Any) -> bool:
    return isinstance(value, bool | int | float | str) and value != "" and len(str(value)) <= 30


def _forms(document: Schema, schemas: tuple[Schema, ...]) -> Iterator[Schema]:
    """Yield the plain schemas that a value may have: references followed, alternatives and conditions taken apart."""
    for schema in schemas:
        if "$ref" in schema:
            target = document["$defs"][schema["$ref"].rsplit("/", 1)[1]]
            yield from _forms(document, ({**target, **{key: value for key, value in schema.items() if key != "$ref"}},))
            continue
        inner = [*schema.get("anyOf", []), *(each["then"] for each in schema.get("allOf", []) if "then" in each)]
        if inner:
            yield from _forms(document, tuple(inner))
        if not inner or "properties" in schema:
            yield schema


def _below(form: Schema, segment: str | int) -> Schema | None:
    if isinstance(segment, int):
        return form.get("items")
    if segment in form.get("properties", {}):
        return form["properties"][segment]
    others = form.get("additionalProperties")
    return others if isinstance(others, Mapping) else None


def _unknown(document: Schema, schemas: tuple[Schema, ...], walked: str, segment: str | int) -> str:
    keys = {key for form in _forms(document, schemas) for key in form.get("properties", {})}
    place = f"`{walked}` has no key" if walked else "there is no key"
    if not keys:
        return f"`{walked}` is a plain value and has no keys"
    return f"{place} '{segment}'{nearest(segment, keys)}"
