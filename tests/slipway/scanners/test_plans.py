"""A plan's objects are written by cluster."""

from __future__ import annotations

from pathlib import Path

import yaml

from slipway.rehearsal import UNKNOWN, Plan
from slipway.rehearsal.plan import Step
from slipway.scanners.plans import CHART, write


def deployed(type_: str, name: str, provider: str) -> Step:
    """An object, and the handle that it is applied with."""
    handle = f"urn:pulumi:prod::slipway::slipway:cluster:Cluster$pulumi:providers:kubernetes::{provider}::{UNKNOWN}"
    inputs = {"kind": type_.rsplit(":", 1)[-1], "metadata": {"name": name}}
    urn = f"urn:pulumi:prod::slipway::{type_}::{name}"
    return Step("create", urn, {"type": type_, "inputs": inputs, "provider": handle})


def test_objects_of_each_cluster_are_in_a_file_of_their_own(tmp_path: Path) -> None:
    """Both handles of a cluster lead to it, and a chart is no object: a Service guards no pod of another cluster."""
    steps = (
        deployed("kubernetes:core/v1:Namespace", "fleet", "main"),
        deployed("kubernetes:core/v1:Service", "fleet", "main-systems"),
        deployed("kubernetes:core/v1:Service", "other", "fleet-systems"),
        deployed(CHART, "envoy", "main"),
    )
    documents = list(write(Plan("slipway", "prod", "organization", steps), tmp_path / "prod"))
    written = {
        each.file.name: [o["metadata"]["name"] for o in yaml.safe_load_all(each.file.open())] for each in documents
    }
    assert written == {"main.yaml": ["fleet", "fleet"], "fleet.yaml": ["other"]}
    assert {(each.stack, each.framework) for each in documents} == {("prod", "kubernetes")}
