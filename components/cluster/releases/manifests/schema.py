"""Structural schemas of Kubernetes from pydantic models: no references, no unions with null, closed keys."""

from __future__ import annotations

import ast
import inspect
import itertools
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from slipway.release.objects import Object

Schema = dict[str, Any]
_FREE = "x-kubernetes-preserve-unknown-fields"
_PLAIN = ("pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "enum", "format", _FREE)
"""Keywords that mean the same in both."""


def structural(model: type[BaseModel]) -> Schema:
    """Return the schema of the model. Defaults are left to the reader, so that what is stored is what was sent."""
    schema = model.model_json_schema(by_alias=True, mode="validation")
    definitions = schema.get("$defs", {})
    for each in _subclasses(Object):
        described = schema if each is model else definitions.get(each.__name__)
        for name, text in _docstrings(each).items() if described else ():
            alias = each.model_fields[name].alias or name
            described["properties"][alias] = {**described["properties"][alias], "description": text}
    return _converted(schema, definitions)


def _converted(schema: Mapping[str, Any], definitions: Mapping[str, Schema]) -> Schema:
    if "$ref" in schema:
        found = _converted(definitions[schema["$ref"].rpartition("/")[2]], definitions)
        return {**found, **_described(schema)}
    if "anyOf" in schema:
        return {**_one_of(schema["anyOf"], definitions), **_described(schema)}
    made: Schema = {key: schema[key] for key in _PLAIN if key in schema} | _described(schema)
    if "const" in schema:
        made["enum"] = [schema["const"]]
    if "exclusiveMinimum" in schema:
        made |= {"minimum": schema["exclusiveMinimum"], "exclusiveMinimum": True}
    if "type" in schema:
        made["type"] = schema["type"]
    if schema.get("type") == "array":
        made["items"] = _converted(schema["items"], definitions)
    if schema.get("type") == "object":
        made |= _fields(schema, definitions)
    return made


def _fields(schema: Mapping[str, Any], definitions: Mapping[str, Schema]) -> Schema:
    """Return the keys of an object. A mapping with few possible keys has them as its properties."""
    if _FREE in schema:
        return {}
    if "properties" in schema:
        required = {"required": schema["required"]} if schema.get("required") else {}
        return {"properties": {name: _converted(each, definitions) for name, each in schema["properties"].items()}} | (
            required
        )
    values = _converted(schema.get("additionalProperties", {}), definitions)
    if "enum" in schema.get("propertyNames", {}):
        return {"properties": dict.fromkeys(schema["propertyNames"]["enum"], values)}
    return {"additionalProperties": values}


def _one_of(choices: list[Schema], definitions: Mapping[str, Schema]) -> Schema:
    """Return the only kind besides null. Raises TypeError for a union, which a structural schema cannot express."""
    kinds = [each for each in choices if each.get("type") != "null"]
    if len(kinds) != 1:
        raise TypeError(f"a union of {len(kinds)} types has no structural schema")
    return _converted(kinds[0], definitions)


def _described(schema: Mapping[str, Any]) -> Schema:
    return {"description": schema["description"]} if "description" in schema else {}


def _subclasses(model: type[BaseModel]) -> list[type[BaseModel]]:
    return [found for child in model.__subclasses__() for found in [child, *_subclasses(child)]]


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstring under each field, as one line."""
    pairs = itertools.pairwise(_classes(model.__module__).get(model.__name__, []))
    return {
        statement.target.id: " ".join(str(following.value.value).split())
        for statement, following in pairs
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and isinstance(following, ast.Expr)
        and isinstance(following.value, ast.Constant)
    }


@cache
def _classes(module: str) -> dict[str, list[ast.stmt]]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node.body for node in tree.body if isinstance(node, ast.ClassDef)}
