"""A system of a test beside the five, on what they stand on: its objects alone are brought there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from slipway.rehearsal import Plan
from tests.e2e.dry import objects, planned
from tests.e2e.rig import STACK, Rig


def planned_alone(name: str, definition: Mapping[str, Any]) -> Plan:
    """This system in place of those of the rig's stack."""
    rig = yaml.safe_load(STACK.read_text())
    rig["config"]["slipway:clusters"]["main"]["systems"] = {name: {"blue": {"version": "1.0.0"}}}
    return planned(
        yaml.safe_dump(rig), {f"systems/{name}/system.yaml": yaml.safe_dump(dict(definition), sort_keys=False)}
    )


def bring(rig: Rig, name: str, definition: Mapping[str, Any]) -> None:
    """Its namespace first, and all else in it."""
    plan = planned_alone(name, definition)
    own = [each for each in objects(plan) if name in (each["metadata"].get("namespace"), each["metadata"]["name"])]
    namespaces = [each for each in own if each["kind"] == "Namespace"]
    for found in (namespaces, [each for each in own if each not in namespaces]):
        document = {"apiVersion": "v1", "kind": "List", "items": found}
        rig.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(document))
