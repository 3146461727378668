"""Objects and plans in a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slipway.ops.cluster.api_kinds import Kind
from slipway.ops.cluster.objects import Object
from slipway.rehearsal import Plan, Step

PROVIDER = "urn:pulumi:test::shop::pulumi:providers:kubernetes::main"
STACK = "urn:pulumi:test::shop::pulumi:pulumi:Stack::shop-test"


def thing(
    name: str,
    kind: str = "ConfigMap",
    version: str = "v1",
    *,
    needs: Sequence[str] = (),
    annotations: Mapping[str, str] = {},
    **parts: Any,
) -> Object:
    """An object in the namespace `shop`, whose URN is its name. `parts` are those of the object, or its fields here."""
    own = {key: parts.pop(key) for key in ("timeouts", "ignored", "protected", "patch", "namespace") if key in parts}
    metadata = {"name": name, "namespace": "shop"} | ({"annotations": dict(annotations)} if annotations else {})
    body = {"apiVersion": version, "kind": kind, "metadata": metadata, **parts}
    return Object(name, Kind(version, kind), name, body, needs=frozenset(needs), **{"namespace": "shop", **own})


def workload(name: str, kind: str = "Deployment", *, needs: Sequence[str] = (), **spec: Any) -> Object:
    template = {"metadata": {"labels": {"app": name}}}
    return thing(name, kind, "apps/v1", needs=needs, spec={"template": template, **spec})


def step(name: str, type_: str = "kubernetes:core/v1:ConfigMap", *, op: str = "create", **state: Any) -> Step:
    """A step whose URN ends with its name."""
    version, kind = type_.split(":")[1].removeprefix("core/"), type_.rpartition(":")[2]
    custom = not type_.startswith("shop:")
    inputs = {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}}
    own = {"inputs": inputs, "provider": f"{PROVIDER}::id"} if type_.startswith("kubernetes:") else {}
    return Step(op, urn(name), {"type": type_, "custom": custom, "parent": STACK, **own, **state})


def urn(name: str) -> str:
    return f"urn:pulumi:test::shop::some:type::{name}"


def plan(*steps: Step) -> Plan:
    return Plan("shop", "test", "organization", steps)
