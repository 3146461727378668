"""The two files as the reference describes them: a system's, and a stack's without what it only overrides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slipway.reports.explained import Schema, stack_document
from slipway.settings.clouds import CLOUDS
from slipway.settings.pointers import Path
from slipway.settings.schema import system_schema
from slipway.settings.stacks import SystemDeployment

OVERRIDES = "Keys of the [system](../system/README.md) of which the reference says that a stack may override them may stand beside these."


@dataclass(frozen=True)
class Document:
    """A file, and the mappings whose keys have a page each."""

    folder: str
    title: str
    about: str
    schema: Schema
    tops: dict[Path, Schema]
    """By path: keys below it have pages of their own if they have keys themselves."""


def system() -> Document:
    schema = system_schema()
    about = (
        "What the owners of a system declare, wherever it runs. [Systems](../../systems.md) has a whole example. A stack "
        "may override the keys of which this is said, below `clusters.NAME.systems.NAME`."
    )
    return Document("system", "`systems/NAME/system.yaml`", about, schema, {(): schema})


def stack() -> Document:
    schema = _with_one_kind_of_cluster(stack_document("slipway"))
    about = (
        "Where systems run, and at which versions. In the file each first key has the project's name before it, and all "
        "are below `config`: `slipway:environment` in a project of the name `slipway`. [Stacks](../../stacks.md) has a "
        "whole example."
    )
    tops = {(): schema, ("clusters", "NAME"): schema["$defs"]["Cluster"]}
    return Document("stack", "`Pulumi.STACK.yaml`", about, schema, tops)


def _with_one_kind_of_cluster(document: Schema) -> Schema:
    """Return the schema with the keys of all clouds' clusters together, and those of a deployed system without the
    overrides, which are keys of the system."""
    definitions = dict(document["$defs"])
    clusters = [definitions.pop(cloud.cluster.__name__) for cloud in CLOUDS.values()]
    own = {field.alias or name for name, field in SystemDeployment.model_fields.items()}
    deployed = definitions["DeployedSystem"]
    properties = {name: each for name, each in deployed["properties"].items() if name in own}
    definitions["DeployedSystem"] = {
        **deployed,
        "description": f"{deployed['description']} {OVERRIDES}",
        "properties": properties,
    }
    definitions["Cluster"] = {
        "description": "A cluster of a stack.",
        "properties": _merged([each["properties"] for each in clusters]),
        "required": [key for key in clusters[0]["required"] if all(key in each["required"] for each in clusters)],
    }
    clusters_key = {**document["properties"]["clusters"], "additionalProperties": {"$ref": "#/$defs/Cluster"}}
    return {**document, "properties": {**document["properties"], "clusters": clusters_key}, "$defs": definitions}


def _merged(kinds: list[dict[str, Any]]) -> dict[str, Schema]:
    """Return every key of several kinds of mapping; one that differs may have each of its forms."""
    names = dict.fromkeys(name for each in kinds for name in each)
    return {name: _united([each[name] for each in kinds if name in each]) for name in names}


def _united(schemas: list[Schema]) -> Schema:
    distinct = [each for index, each in enumerate(schemas) if each not in schemas[:index]]
    first = distinct[0]
    if len(distinct) == 1:
        return first
    texts = " ".join(dict.fromkeys(each["description"] for each in distinct))
    shared = {key: first[key] for key in ("default", "x-overridable", "x-capability") if key in first}
    return {"description": texts, **shared, "anyOf": distinct}
