"""JSON Schemas of `system.yaml` and of stack files, for editors: `python -m slipway.settings.schema --update | --verify`."""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from slipway.settings.clouds import CLOUDS
from slipway.settings.cluster_settings import ClusterSettings
from slipway.settings.generated_files import Generated, main
from slipway.settings.load import systems_path
from slipway.settings.project import Project
from slipway.settings.setting import Setting
from slipway.settings.shapes import Generator, Schema
from slipway.settings.stack_reader import StackConfig
from slipway.settings.stacks import SystemDeployment
from slipway.settings.system import System

EXAMPLES = Path(__file__).with_name("examples.yaml")
DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def system_schema() -> Schema:
    """Return the JSON Schema of `systems/<name>/system.yaml`, which must not be changed."""
    definitions = _definitions(System)
    root = definitions.pop("System")
    return {"$schema": DIALECT, "title": "A system of Slipway", **root, "$defs": definitions}


@cache
def stack_schema(project: str = "slipway") -> Schema:
    """Return the JSON Schema of `Pulumi.<stack>.yaml`, which must not be changed: Pulumi's own keys, and those of the
    namespace `project` in `config`."""
    definitions = _definitions(System, SystemDeployment, StackConfig, *(cloud.cluster for cloud in CLOUDS.values()))
    overrides = _overrides(definitions)
    config = definitions.pop("StackConfig")
    definitions["DeployedSystem"] = {
        **definitions["SystemDeployment"],
        "properties": definitions.pop("SystemDeployment")["properties"] | overrides.pop("System")["properties"],
    }
    for kind in [cloud.cluster for cloud in CLOUDS.values()]:
        definitions[kind.__name__]["properties"]["systems"] = _deployed_systems()
    config["properties"]["clusters"]["additionalProperties"] = {
        "type": "object",
        "required": ["cloud"],
        "properties": {"cloud": {"enum": list(CLOUDS)}},
        "allOf": [_when_cloud(name, cloud.cluster.__name__) for name, cloud in CLOUDS.items()],
    }
    names = [f"{project}:{key}" for key in config["properties"]]
    root: Schema = {
        "$schema": DIALECT,
        "title": "A stack of Slipway",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "description": config["description"],
                "properties": dict(zip(names, config["properties"].values(), strict=True)),
                "required": [f"{project}:{key}" for key in config["required"]],
                "propertyNames": {"anyOf": [{"enum": names}, {"pattern": f"^(?!{project}:).+:"}]},
            }
        },
        "required": ["config"],
        "$defs": definitions | overrides,
    }
    return _reachable(root)


def rendered(schema: Schema) -> str:
    """Return the text of a schema's file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _deployed_systems() -> Schema:
    deployed = {"anyOf": [{"$ref": "#/$defs/DeployedSystem"}, {"type": "null"}]}
    return {
        "type": ["object", "null"],
        "description": "The systems on this cluster by name: their versions and slots, and what differs here.",
        "additionalProperties": deployed,
    }


def _when_cloud(cloud: str, kind: str) -> Schema:
    return {"if": {"properties": {"cloud": {"const": cloud}}}, "then": {"$ref": f"#/$defs/{kind}"}}


def _definitions(*models: type[BaseModel]) -> dict[str, Schema]:
    """Return the schema of every model that `models` reach, by name, with the docstrings of their fields."""
    _, schema = models_json_schema([(model, "validation") for model in models], schema_generator=Generator)
    definitions = schema["$defs"]
    for model in _subclasses(Setting):
        if model.__name__ in definitions:
            properties = definitions[model.__name__].get("properties", {})
            for name, description in field_docstrings(model).items():
                alias = model.model_fields[name].alias or name
                properties[alias] = {"description": description, **properties[alias]}
            for alias, example in examples_of(model).items():
                properties[alias] = {**properties[alias], "examples": [example]}
    return definitions


def examples_of(model: type[Setting]) -> dict[str, Any]:
    """Return the examples of a model's keys, by key; those of a base count if it has none of its own."""
    found: dict[str, Any] = {}
    for base in reversed(model.__mro__):
        found |= examples().get("Cluster" if base is ClusterSettings else base.__name__, {})
    aliases = {field.alias or name for name, field in model.model_fields.items()}
    return {key: example for key, example in found.items() if key in aliases}


@cache
def examples() -> dict[str, dict[str, Any]]:
    """Return the examples by model and key."""
    return yaml.safe_load(EXAMPLES.read_text("utf-8"))


def _subclasses(model: type[Setting]) -> list[type[Setting]]:
    return [found for child in model.__subclasses__() for found in [child, *_subclasses(child)]]


def field_docstrings(model: type[Setting]) -> dict[str, str]:
    """Return the docstring under each field of `model`, including those of its bases, as one line; fields without one
    are left out."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if not issubclass(base, Setting):
            continue
        body = _classes(base.__module__).get(base.__name__, [])
        for statement, following in itertools.pairwise(body):
            if isinstance(statement, ast.AnnAssign) and isinstance(following, ast.Expr):
                name, docstring = statement.target, following.value
                if isinstance(name, ast.Name) and isinstance(docstring, ast.Constant) and name.id in model.model_fields:
                    found[name.id] = " ".join(str(docstring.value).split())
    return found


@cache
def _classes(module: str) -> dict[str, list[ast.stmt]]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node.body for node in tree.body if isinstance(node, ast.ClassDef)}


def _overrides(definitions: dict[str, Schema]) -> dict[str, Schema]:
    """Return, for each definition with overridable keys, a variant that has only those keys, none of them required.

    The variant of System has the plain name; the others are called `<name>Overrides`.
    """
    variants: dict[str, Schema] = {}
    for name, schema in definitions.items():
        properties = schema.get("properties", {})
        kept = {key: _override(definitions, value) for key, value in properties.items() if _is_open(definitions, value)}
        if kept:
            variant = {key: value for key, value in schema.items() if key != "required"} | {"properties": kept}
            variants[name if name == "System" else f"{name}Overrides"] = variant
    return variants


def _override(definitions: dict[str, Schema], schema: Schema) -> Schema:
    """Return the schema of an override of a value: settings that are merged key by key become their variants."""
    result = {key: value for key, value in schema.items() if key not in ("default", "x-overridable")}
    name = _reference(schema)
    if name is not None and _has_open_keys(definitions, name):
        result["$ref"] = f"#/$defs/{name}Overrides"
    if isinstance(schema.get("additionalProperties"), dict):
        result["additionalProperties"] = _override(definitions, schema["additionalProperties"])
    if "anyOf" in schema:
        mergeable = any(_is_merged(definitions, option) for option in schema["anyOf"])
        result["anyOf"] = [
            _override(definitions, option)
            for option in schema["anyOf"]
            if not mergeable or _reference(option) is None or _is_merged(definitions, option)
        ]
    return result


def _is_open(definitions: dict[str, Schema], schema: Schema) -> bool:
    inner = schema.get("additionalProperties")
    options = [schema, *schema.get("anyOf", [])]
    if isinstance(inner, dict):
        options += [inner, *inner.get("anyOf", [])]
    return bool(schema.get("x-overridable")) or any(_is_merged(definitions, option) for option in options)


def _is_merged(definitions: dict[str, Schema], schema: Schema) -> bool:
    name = _reference(schema)
    return name is not None and _has_open_keys(definitions, name)


def _has_open_keys(definitions: dict[str, Schema], name: str) -> bool:
    return any(_is_open(definitions, value) for value in definitions[name].get("properties", {}).values())


def _reference(schema: Schema) -> str | None:
    return schema["$ref"].rsplit("/", 1)[1] if "$ref" in schema else None


def _reachable(root: Schema) -> Schema:
    """Return the schema without unreferenced definitions."""
    pending, kept = [{key: value for key, value in root.items() if key != "$defs"}], {}
    while pending:
        for name in _names(pending.pop()) - set(kept):
            kept[name] = root["$defs"][name]
            pending.append(kept[name])
    return {**root, "$defs": dict(sorted(kept.items()))}


def _names(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        own = {schema["$ref"].rsplit("/", 1)[1]} if isinstance(schema.get("$ref"), str) else set()
        return own.union(*map(_names, schema.values()))
    return set().union(*map(_names, schema)) if isinstance(schema, list) else set()


def texts(project: Project) -> dict[Path, str]:
    """Return the schemas of a project by their files."""
    folder = systems_path(project)
    wanted = {"system.schema.json": system_schema(), "stack.schema.json": stack_schema(project.name)}
    return {Path(folder, name): rendered(schema) for name, schema in wanted.items()}


GENERATED = Generated(
    description="Generate the JSON Schemas of systems and stacks.", command="make schema", texts=texts
)

if __name__ == "__main__":
    sys.exit(main(GENERATED))
