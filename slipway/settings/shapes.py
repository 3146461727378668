"""The JSON Schema that a model expects at a path, for hints, examples and stand-ins."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from slipway.settings.document import value_at
from slipway.settings.pointers import Path

Schema = dict[str, Any]


class Generator(GenerateJsonSchema):
    """Generates JSON Schema without titles from names, in which mappings refuse keys of another form."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:
        return {key: value for key, value in super().model_schema(schema).items() if key != "title"}

    def dict_schema(self, schema: core_schema.DictSchema) -> Schema:
        result = super().dict_schema(schema)
        for values in result.pop("patternProperties", {}).values():
            result["additionalProperties"] = values
            result["propertyNames"] = self.generate_inner(schema["keys_schema"])  # type: ignore[typeddict-item]
        return result


def schema_at(model: type[BaseModel], data: Any, location: Path) -> Schema:
    """Return the part of `model`'s JSON Schema that describes the value at `location` of `data`; empty if there is
    none.

    `[key]` as last segment selects the schema of the key before it.
    """
    root = _root(model)
    schema: Schema = root
    for index, segment in enumerate(location):
        schema = _of_mapping(root, schema, value_at(data, location[:index]))
        if location[index + 1 :] == ("[key]",):
            return _resolved(root, schema.get("propertyNames", {}))
        schema = _step(schema, segment)
    return _inlined(root, schema)


def keys(model: type[BaseModel], data: Any, location: Path) -> list[str]:
    """Return the keys that the mapping at `location` of `data` may have."""
    schema = _of_mapping(_root(model), schema_at(model, data, location), value_at(data, location))
    return list(schema.get("properties", {}))


def example(schema: Schema) -> Any:
    """Return a valid value: the schema's example or default, else the simplest one."""
    for key in ("examples", "enum"):
        if key in schema:
            return schema[key][0]
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if "anyOf" in schema:
        return example(schema["anyOf"][0])
    if schema.get("type") == "object":
        return {key: example(schema["properties"][key]) for key in schema.get("required", [])}
    kinds = schema.get("type", "string")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    return {"array": [], "boolean": False, "integer": 1, "number": 1}.get(kind, "text")


@cache
def _root(model: type[BaseModel]) -> Schema:
    return model.model_json_schema(schema_generator=Generator)


def _step(schema: Schema, segment: str | int) -> Schema:
    if isinstance(segment, int):
        return schema.get("items", {})
    inner = schema.get("properties", {}).get(segment, schema.get("additionalProperties"))
    return inner if isinstance(inner, dict) else {}


def _of_mapping(root: Schema, schema: Schema, value: Any) -> Schema:
    """Return the option of a union whose required keys a mapping has, or else the first that accepts its type."""
    schema = _resolved(root, schema)
    options = [_of_mapping(root, option, value) for option in schema.get("anyOf", [])]
    kind = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else None
    fitting = [option for option in options if option.get("type") == kind]
    if isinstance(value, dict):
        fitting = [option for option in fitting if all(key in value for key in option.get("required", []))] or fitting
    return fitting[0] if fitting else schema


def _resolved(root: Schema, schema: Schema) -> Schema:
    while "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**root["$defs"][schema["$ref"].rsplit("/", 1)[1]], **beside}
    return schema


def _inlined(root: Schema, schema: Schema) -> Schema:
    """Return the schema without references; settings are not recursive."""
    schema = dict(_resolved(root, schema))
    if "properties" in schema:
        schema["properties"] = {key: _inlined(root, value) for key, value in schema["properties"].items()}
    if "anyOf" in schema:
        schema["anyOf"] = [_inlined(root, option) for option in schema["anyOf"]]
    return schema
