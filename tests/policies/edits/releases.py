"""Edits of releases that the controller carries out; no stack of the project has one yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.policies.swift import Addition, Change

RELEASE = "kubernetes:slipway.dev/v1:Release"
API = ("v1:Deployment", "fleet/fleet-api-blue")
ROUTE = "fleet-api-web"


def release(**spec: Any) -> Addition:
    """A release for which nothing waits."""
    metadata = {
        "name": "fleet",
        "namespace": "fleet",
        "labels": {"app.kubernetes.io/part-of": "fleet", "app.kubernetes.io/managed-by": "slipway"},
        "annotations": {"slipway.dev/source": "systems/fleet/system.yaml:release"},
    }
    wanted = {"system": "fleet", "target": {"slot": "blue", "version": "1"}, **spec}
    return Addition(
        RELEASE,
        "fleet/fleet",
        {"apiVersion": "slipway.dev/v1", "kind": "Release", "metadata": metadata, "spec": wanted},
        API,
    )


CAUGHT: Mapping[str, Mapping[str, list[Change]]] = {"release-gates": {"local": [release()], "prod": [release()]}}
