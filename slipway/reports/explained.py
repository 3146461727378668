"""What the schemas say of a key: meaning, type, bounds, default, example, and the keys below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from slipway.settings.clouds import CLOUDS
from slipway.settings.inert_anywhere import ANYWHERE, IN_EVERY_STACK
from slipway.settings.pointers import Path, dotted, parse_path
from slipway.settings.problems import nearest
from slipway.settings.schema import stack_schema

Schema = Mapping[str, Any]

CLUSTER_KEY = 2
"""Position of a cluster's key in a path: `clusters.main.region`."""
OVERRIDE_KEY = 4
"""Position of a system's key in a path: `clusters.main.systems.shop.budget`."""
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
    clouds: tuple[str, ...] = tuple(CLOUDS)
    """The clouds on which it may be set."""

    @property
    def texts(self) -> list[str]:
        """Return its descriptions, without duplicates."""
        return list(dict.fromkeys(each["description"] for each in self.schemas if each.get("description")))

    @property
    def keys(self) -> dict[str, Schema]:
        """Return the keys below it, with their schemas."""
        found: dict[str, Schema] = {}
        for form in forms_of(self.document, self.schemas):
            found.update(form.get("properties", {}))
        return found


def explain(document: Schema, path: Path) -> Explained:
    """Return the key at `path` of a schema. The names of entries, such as a service's, may be any. Raises ValueError,
    which names the first unknown key and what may stand there."""
    schemas, overridable = _schemas_at(document, path)
    return Explained(dotted(path), schemas, document, overridable, clouds_of(path))


def _schemas_at(document: Schema, path: Path) -> tuple[tuple[Schema, ...], bool]:
    """Return the schemas of a key, and whether a stack may override it. Raises ValueError as `explain`."""
    schemas: tuple[Schema, ...] = (document,)
    overridable = False
    for depth, segment in enumerate(path):
        schemas = (*schemas, *_entries(document, schemas, segment))
        forms = [form for form in forms_of(document, schemas) if _below(form, segment) is not None]
        found = [each for form in forms if (each := _below(form, segment)) is not None]
        if not found:
            raise ValueError(_unknown(document, schemas, dotted(path[:depth]), segment))
        schemas = tuple(found)
        overridable = any(is_open(form, each, overridable) for form, each in zip(forms, found, strict=True))
    return schemas, overridable


def is_open(mapping: Schema, key: Schema, inherited: bool) -> bool:
    """Return whether a stack may override a key: it is marked, or a value above is and no key beside it, so that the
    mapping is not merged key by key."""
    beside = mapping.get("properties", {}).values()
    return bool(key.get("x-overridable")) or (inherited and not any(each.get("x-overridable") for each in beside))


def clouds_of(path: Path) -> tuple[str, ...]:
    """Return the clouds on which a path may be set: a key of a cluster on those whose clusters have it, any other on
    all."""
    if path[:1] != ("clusters",) or len(path) <= CLUSTER_KEY or path[CLUSTER_KEY] == "systems":
        return tuple(CLOUDS)
    return tuple(name for name in CLOUDS if has_key(_cluster_schema(name), path[CLUSTER_KEY:]))


@cache
def _cluster_schema(cloud: str) -> Schema:
    definitions = stack_schema()["$defs"]
    return {**definitions[CLOUDS[cloud].cluster.__name__], "$defs": definitions}


def has_key(document: Schema, path: Path) -> bool:
    """Return whether a schema has a key at `path`."""
    try:
        _schemas_at(document, path)
    except ValueError:
        return False
    return True


def stack_document(project: str) -> Schema:
    """Return the schema of a stack's own keys, without their namespace."""
    schema = stack_schema(project)
    config = schema["properties"]["config"]
    properties = {key.removeprefix(f"{project}:"): value for key, value in config["properties"].items()}
    required = [key.removeprefix(f"{project}:") for key in config["required"]]
    return {
        "description": config["description"],
        "properties": properties,
        "required": required,
        "$defs": schema["$defs"],
    }


def lines(explained: Explained) -> Iterator[str]:
    """Yield the explanation line by line."""
    if explained.path:
        yield explained.path
    yield from (f"  {each}" for each in explained.texts)
    for name, values in facts(explained).items():
        yield f"  {name}: {values}"
    keys = explained.keys
    if keys:
        width = max(map(len, keys))
        yield ""
        for name, schema in keys.items():
            yield f"  {name:{width}}  {_summary(explained.document, schema)}"


def facts(explained: Explained) -> dict[str, str]:
    """Return type, bounds, default, example and clouds, those that exist."""
    forms = list(forms_of(explained.document, explained.schemas))
    found = {
        "type": _joined(list(dict.fromkeys(filter(None, (_type(explained.document, each) for each in forms))))),
        "allowed": ", ".join(dict.fromkeys(_plain(value) for each in forms for value in each.get("enum", []))),
        "bounds": ", ".join(
            dict.fromkeys(
                text.format(each[key]) for each in forms for key, text in BOUNDS.items() if _is_bound(each, key)
            )
        ),
        "pattern": " or ".join(dict.fromkeys(each["pattern"] for each in forms if "pattern" in each)),
        "default": _default(explained.schemas),
        "example": _example(explained.document, explained.schemas),
        "clouds": _clouds(explained),
        "no effect": _without_effect(explained),
    }
    if explained.overridable:
        found["override"] = "below clusters.<cluster>.systems.<system> of a stack"
    return {name: value for name, value in found.items() if value}


def _joined(types: list[str]) -> str:
    """Return alternatives, apart where one has words of its own."""
    return ("; or " if any("," in each for each in types) else " or ").join(types)


def _clouds(explained: Explained) -> str:
    """Return the clouds that have a key, each with the reason if it cannot act on the key, or lacks the capability that the
    key needs."""
    capability = next((each["x-capability"] for each in explained.schemas if "x-capability" in each), "")
    path = _pattern(parse_path(explained.path))
    lacks = {name: _always(name, path) or {**CLOUDS[name].lacks}.get(capability) for name in explained.clouds}
    return ", ".join(f"{name} ({reason})" if reason else name for name, reason in lacks.items())


def _always(cloud: str, path: Path) -> str | None:
    """Return why a cloud can never act on a key."""
    return next((row.reason for row in CLOUDS[cloud].own_inert if row.covers(path) and not row.when), None)


def _without_effect(explained: Explained) -> str:
    """Return the values of other keys with which a key does nothing, and why."""
    path = _pattern(parse_path(explained.path))
    rows = [("", row) for row in (*IN_EVERY_STACK, *ANYWHERE)]
    rows += [(f"on {name} ", row) for name in explained.clouds for row in CLOUDS[name].own_inert if row.when]
    return "; ".join(f"{where}{row.condition} ({row.reason})" for where, row in rows if row.covers(path))


def _pattern(path: Path) -> Path:
    """Return the path of a key in its system's file, also where a stack overrides it; of a cluster's own key the path itself,
    and nothing for the other keys of a stack."""
    if path[:1] != ("clusters",) or len(path) <= CLUSTER_KEY:
        return () if path[:1] == ("clusters",) else path
    return path[OVERRIDE_KEY:] if path[CLUSTER_KEY] == "systems" else path


def _default(schemas: tuple[Schema, ...]) -> str:
    values = [each["default"] for each in schemas if "default" in each]
    return "" if not values else "none" if values[0] is None else _plain(values[0])


def _example(document: Schema, schemas: tuple[Schema, ...]) -> str:
    value = example_of(document, schemas)
    return "" if value is None else _plain(value)


def example_of(document: Schema, schemas: tuple[Schema, ...]) -> Any:
    """Return an example of the key, or else of its type; a word or a boolean that is not the default. None without one."""
    forms = list(forms_of(document, schemas))
    given = [each["examples"][0] for each in (*schemas, *forms) if each.get("examples")]
    default = next((each["default"] for each in schemas if "default" in each), None)
    words = [word for each in forms for word in (*each.get("enum", ()), *_const(each), *_booleans(each))]
    others = [word for word in words if word != default]
    return next(iter([*given, *others, *words]), None) if given or words else _entry(document, forms)


def _entry(document: Schema, forms: list[Schema]) -> Any:
    """Return a list or a mapping with one plain entry, or None if its entries have no example."""
    for each in forms:
        if isinstance(each.get("items"), Mapping):
            value = example_of(document, (each["items"],))
            return None if value is None else [value]
        if isinstance(each.get("additionalProperties"), Mapping) and "propertyNames" in each:
            name = example_of(document, (each["propertyNames"],))
            value = example_of(document, (each["additionalProperties"],))
            return None if value is None or name is None else {name: value}
    return None


def _const(form: Schema) -> tuple[Any, ...]:
    return (form["const"],) if "const" in form else ()


def _booleans(form: Schema) -> tuple[bool, ...]:
    return (True, False) if form.get("type") == "boolean" else ()


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_plain(each)}' for key, each in value.items())}}}"
    return f"[{', '.join(map(_plain, value))}]" if isinstance(value, list) else str(value)


def _type(document: Schema, form: Schema) -> str:
    """Return the kind of a value, with what its type says of it: `integer, a port`."""
    kind = form.get("type", "object" if "properties" in form else "")
    kinds = kind if isinstance(kind, list) else [kind]
    names = " or ".join(each for each in kinds if each != "null")
    if names == "array" and isinstance(form.get("items"), Mapping):
        inner = [_type(document, each) for each in forms_of(document, (form["items"],))]
        return f"array of {_joined(list(dict.fromkeys(filter(None, inner))))}"
    return f"{names}, {form['title']}" if "title" in form and names else names


def _is_bound(form: Schema, key: str) -> bool:
    """Return whether a keyword is a bound that the words of the type do not imply."""
    return key in form and not ("title" in form and key.endswith("Length"))


def _summary(document: Schema, schema: Schema) -> str:
    """Return the first sentence of a key, and its default if that is short."""
    forms = list(forms_of(document, (schema,)))
    text = schema.get("description") or next((each["description"] for each in forms if each.get("description")), "")
    value = schema.get("default")
    return text.partition(". ")[0].rstrip(".") + (f" [{_plain(value)}]" if _is_short(value) else "")


def _is_short(value: Any) -> bool:
    return isinstance(value, bool | int | float | str) and value != "" and len(str(value)) <= 30


def forms_of(document: Schema, schemas: tuple[Schema, ...]) -> Iterator[Schema]:
    """Yield the plain schemas that a value may have: references followed, alternatives and conditions taken apart."""
    for schema in schemas:
        if "$ref" in schema:
            target = document["$defs"][schema["$ref"].rsplit("/", 1)[1]]
            yield from forms_of(
                document, ({**target, **{key: value for key, value in schema.items() if key != "$ref"}},)
            )
            continue
        inner = [*schema.get("anyOf", []), *(each["then"] for each in schema.get("allOf", []) if "then" in each)]
        if inner:
            yield from forms_of(document, tuple(inner))
        if not inner or "properties" in schema:
            yield schema


def _entries(document: Schema, schemas: tuple[Schema, ...], segment: str | int) -> Iterator[Schema]:
    """Yield the schemas of a list's entries, whose keys may be named without an index: `routes.path`."""
    if not _is_index(segment):
        yield from (form["items"] for form in forms_of(document, schemas) if isinstance(form.get("items"), Mapping))


def _is_index(segment: str | int) -> bool:
    return isinstance(segment, int) or segment.isdecimal() or segment == "*"


def _below(form: Schema, segment: str | int) -> Schema | None:
    if _is_index(segment) and isinstance(form.get("items"), Mapping):
        return form["items"]
    if isinstance(segment, int):
        return None
    if segment in form.get("properties", {}):
        return form["properties"][segment]
    others = form.get("additionalProperties")
    return others if isinstance(others, Mapping) else None


def _unknown(document: Schema, schemas: tuple[Schema, ...], walked: str, segment: str | int) -> str:
    forms = list(forms_of(document, schemas))
    keys = {key for form in forms for key in form.get("properties", {})}
    named = any(isinstance(form.get("additionalProperties"), Mapping) for form in forms)
    place = f"`{walked}` has no key" if walked else "there is no key"
    if isinstance(segment, int) and walked and (keys or named):
        below = f"name an entry, as in `{walked}.NAME`" if named else f"its keys are {', '.join(sorted(keys))}"
        return f"`{walked}` is a mapping, not a list: {below}"
    if not keys:
        return f"`{walked}` is a plain value and has no keys"
    return f"{place} '{segment}'{nearest(segment, keys)}"
