"""Writes a stack's plan in the formats that scanners read."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from slipway.rehearsal import Plan
from slipway.rehearsal.plan import Step
from slipway.rehearsal.urns import name_of
from slipway.scanners import arm, terraform

CHART = "kubernetes:helm.sh/v3:Release"
"""Charts are left out: their objects are not in the plan, and their values are not an object."""


@dataclass(frozen=True)
class Document:
    """A file with a part of the plan of `stack`; `framework` is checkov's name for its format. `names` are the
    resources' kinds and names by the scanner's name, if that differs."""

    stack: str
    framework: str
    file: Path
    names: Mapping[str, str] = field(default_factory=dict)


def write(plan: Plan, folder: Path) -> Iterator[Document]:
    """Write one document for the objects of each cluster, and one for each cloud."""
    folder.mkdir(parents=True)
    for cluster, objects in _clusters(plan).items():
        file = folder / f"{cluster}.yaml"
        file.write_text(yaml.safe_dump_all(objects, sort_keys=False), encoding="utf-8")
        yield Document(plan.stack, "kubernetes", file)
    for framework, form in (("terraform_plan", terraform), ("arm", arm)):
        resources = form.resources(plan)
        if resources:
            file = folder / f"{framework}.json"
            file.write_text(json.dumps(form.document(resources), indent=1), encoding="utf-8")
            yield Document(plan.stack, framework, file, {each.address: each.label for each in resources})


def _clusters(plan: Plan) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return the objects of each cluster: a cluster has one provider, and another for its systems."""
    objects: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for step in plan.steps:
        if step.package == "kubernetes" and step.type != CHART and step.inputs:
            objects[_cluster(step)].append(step.inputs)
    return objects


def _cluster(step: Step) -> str:
    return name_of(step.provider).split("::")[0].removesuffix("-systems")
