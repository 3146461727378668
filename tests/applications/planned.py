"""Public applications as systems, planned on each cloud and judged; nobody here wrote them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from slipway.cli.init import stack_of, starter
from slipway.cli.selection import select
from slipway.rehearsal import Step
from slipway.settings.library import Library
from slipway.settings.project import Project
from tests.forking import forked_workers
from tests.rehearsed import ROOT, Rehearsed
from tests.shared import shared

FOLDER = Path(__file__).parent
APPLICATIONS = sorted(path.parent.name for path in FOLDER.glob("*/system.yaml"))
CLOUDS = ("aws", "azure", "local")
VERSIONS = {"boutique": "v0.10.6", "miniflux": "2.2.14", "n8n": "2.1.0"}

CALLS = {
    "boutique": {
        "frontend": {
            "adservice": 9555, "cartservice": 7070, "checkoutservice": 5050, "currencyservice": 7000,
            "productcatalogservice": 3550, "recommendationservice": 8080, "shippingservice": 50051,
        },
        "checkoutservice": {
            "cartservice": 7070, "currencyservice": 7000, "emailservice": 8080, "paymentservice": 50051,
            "productcatalogservice": 3550, "shippingservice": 50051,
        },
        "recommendationservice": {"productcatalogservice": 3550},
        "cartservice": {"redis-cart": 6379},
    },
    "miniflux": {},
    "n8n": {
        "n8n": {"redis": 6379},
        "worker": {"redis": 6379},
        "runner": {"n8n": 5679},
        "worker-runner": {"worker": 5679},
    },
}  # fmt: skip
"""Who calls whom at which port of its pods, as the applications' own manifests say."""


def definition(name: str) -> dict[str, Any]:
    return yaml.safe_load((FOLDER / name / "system.yaml").read_text(encoding="utf-8"))


def workload(name: str, service: str) -> str:
    """What runs a service: a Deployment of its slot, or with volumes a StatefulSet outside of both."""
    kept = definition(name)["services"][service].get("volumes")
    return f"StatefulSet/{service}-shared" if kept else f"Deployment/{service}-blue"


def problems(name: str, changed: Mapping[str, Any] | None = None) -> list[str]:
    """What `slipway check` says of an application, as it is or changed."""
    with tempfile.TemporaryDirectory() as made:
        file = Path(made) / "systems" / name / "system.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(yaml.safe_dump(changed or definition(name), sort_keys=False), encoding="utf-8")
        library = Library(Project(Path(made), "slipway", {}), "systems")
        library.system(name)
        return [str(each) for each in library.problems]


def planned(cloud: str) -> Rehearsed:
    """All applications in a new project on a cloud, with everything that `slipway init` puts there."""
    return _planned(cloud, yaml.safe_dump({name: definition(name) for name in APPLICATIONS}))


def planned_with(name: str, changed: Mapping[str, Any]) -> Rehearsed:
    """One application that a test has changed, on a local cluster, whose plan takes least time."""
    return _planned("local", yaml.safe_dump({name: changed}))


def logins(name: str, changed: Mapping[str, Any]) -> dict[str, str]:
    """The user with which an application's services log in to its database, in a plan whose secrets are readable."""
    found = _planned("local", yaml.safe_dump({name: changed}), seed="logins")
    (login,) = [
        step for step in found.plan.steps if step.type.endswith("core/v1:Secret") and step.name == f"{name}/{name}-app"
    ]
    return {"user": login.inputs["stringData"]["user"]}


@shared
def _planned(cloud: str, definitions: str, seed: str | None = None) -> Rehearsed:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "slipway").symlink_to(ROOT)
        for file, text in starter(cloud, "slipway", "slipway").items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")
        stack = stack_of(cloud)
        document = yaml.safe_load((folder / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
        systems = document["config"]["slipway:clusters"]["main"]["systems"] = {}
        for name, wanted in yaml.safe_load(definitions).items():
            (folder / "systems" / name).mkdir()
            (folder / "systems" / name / "system.yaml").write_text(
                yaml.safe_dump(wanted, sort_keys=False), encoding="utf-8"
            )
            systems[name] = {"blue": {"version": VERSIONS[name]}}
        (folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
        selection = select(folder, stack, None)
        with forked_workers():
            return Rehearsed(selection.rehearse(policies=seed is None, seed=seed), selection.stack)


@cache
def objects(cloud: str, system: str) -> dict[str, Step]:
    """The objects of an application's namespace on a cloud: `Deployment/frontend-blue`."""
    return objects_of(planned(cloud), system)


def objects_of(rehearsed: Rehearsed, system: str) -> dict[str, Step]:
    found = [(step, step.name.partition("/")) for step in rehearsed.plan.steps]
    return {
        f"{step.type.rsplit(':', 1)[1]}/{name}": step for step, (owner, _, name) in found if name and owner == system
    }


def policies_of(rehearsed: Rehearsed, kind: str) -> set[str]:
    """The rules that find something in resources of a name."""
    return {each.policy for each in rehearsed.findings if kind in (each.urn or "")}
