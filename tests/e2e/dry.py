"""What a real API server says of a plan's objects, of which it keeps none."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slipway.cli.selection import select
from slipway.rehearsal import Plan
from tests.e2e.rig import Rig
from tests.rehearsed import ROOT

PROGRAM = ("components", "slipway", "__main__.py", "Pulumi.yaml")
SEED = "dry run"


def planned(stack: str, files: Mapping[str, str]) -> Plan:
    """With readable secrets, which the server decodes. Raises InvalidSettings."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for part in PROGRAM:
            (folder / part).symlink_to(ROOT / part)
        for name, text in (("Pulumi.test.yaml", stack), *files.items()):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        rehearsal = select(folder, "test", None).rehearse(policies=False, seed=SEED)
    assert rehearsal.failure is None, rehearsal.failure
    return rehearsal.plan


OF_A_CLOUD = ("karpenter.sh/v1",)
"""Kinds that a cluster has from its cloud. Classes of volumes have fixed parts, and the rig has its own of that name."""


def objects(plan: Plan) -> list[dict[str, Any]]:
    found = [dict(step.inputs) for step in plan.steps if step.package == "kubernetes" and "kind" in step.inputs]
    return [each for each in found if each["apiVersion"] not in OF_A_CLOUD and each["kind"] != "StorageClass"]


def refused(rig: Rig, plan: Plan) -> str:
    """What the server refuses of the plan, by `dryRun=All` and strict validation. Namespaces are made, for others to stand
    in, and stay."""
    found = objects(plan)
    for namespace in sorted({each["metadata"]["namespace"] for each in found if "namespace" in each["metadata"]}):
        document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        rig.kubectl("apply", "-f", "-", stdin=json.dumps(document))
    every = {"apiVersion": "v1", "kind": "List", "items": found}
    words = (
        "apply",
        "--server-side",
        "--force-conflicts",
        "--dry-run=server",
        "--validate=strict",
        "-o",
        "name",
        "-f",
        "-",
    )
    try:
        output = rig.kubectl(*words, stdin=json.dumps(every))
    except AssertionError as refusal:
        return str(refusal)
    assert len(output.splitlines()) == len(found)
    return ""
