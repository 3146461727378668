"""`python -m slipway.scanners.charts`: renders every pinned chart with the values of the plans, and writes what is recorded of it.

The exit status is 1 where `--verify` finds a record that is out of date.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from components.cluster.controllers import manifests as controllers
from components.manifests.versions import pins
from slipway.cli.selection import select
from slipway.rehearsal.plan import Plan
from slipway.scanners.charts import crd_validation, records
from slipway.scanners.charts.helm import Chart, opened, rendered
from slipway.settings.project import find_project

IN_NO_PLAN: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "keda": (controllers.keda({}, reads_secrets=True, monitored={}), "keda"),
    "mongodb-kubernetes": (controllers.mongodb_operator(), "mongodb-system"),
}
"""Values and namespace of charts that no stack here installs."""
KINDS_IN_NO_PLAN = frozenset(
    [
        ("gateway.networking.k8s.io/v1", "TCPRoute"),
        ("gateway.networking.k8s.io/v1", "TLSRoute"),
        ("keda.sh/v1alpha1", "ScaledJob"),
        ("keda.sh/v1alpha1", "ScaledObject"),
        ("keda.sh/v1alpha1", "TriggerAuthentication"),
        ("mongodbcommunity.mongodb.com/v1", "MongoDBCommunity"),
        ("monitoring.coreos.com/v1", "ServiceMonitor"),
    ]
)


def main() -> int:
    arguments = _arguments()
    project = find_project(Path())
    plans = [select(project.root, stack, None).rehearse(policies=False).plan for stack in project.stacks()]
    wanted = frozenset(_kinds(plans)) | KINDS_IN_NO_PLAN
    changed = [file for chart in sorted(pins()["charts"]) for file in _record(chart, plans, wanted, arguments)]
    for file in changed:
        print(f"{'out of date' if arguments.verify else 'written'}: {file.relative_to(records.FOLDER.parents[1])}")
    return int(arguments.verify and bool(changed))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m slipway.scanners.charts", description=__doc__)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--update", action="store_true", help="write the records")
    mode.add_argument("--verify", action="store_true", help="fail when a record is out of date")
    parser.add_argument("--sources", type=Path, help="a folder with the charts, by name, instead of their repositories")
    return parser.parse_args()


def _kinds(plans: list[Plan]) -> set[tuple[str, str]]:
    inputs = [step.inputs for plan in plans for step in plan.steps if step.package == "kubernetes"]
    return {(str(each["apiVersion"]), str(each["kind"])) for each in inputs if "apiVersion" in each and "kind" in each}


def _record(
    name: str, plans: list[Plan], wanted: frozenset[tuple[str, str]], arguments: argparse.Namespace
) -> list[Path]:
    """Return the changed files of one chart."""
    version = str(pins()["charts"][name]["version"])
    uses = _uses(name, plans)
    with opened(name, arguments.sources) as chart:
        if _minor(chart.version) != _minor(version):
            raise SystemExit(f"{name}: versions.yaml pins {version}, the folder of sources has {chart.version}")
        record = records.Record(
            version=version, read_at=chart.version, rendered=[rendered(chart, *use) for use in uses]
        )
        found = crd_validation.lines(chart.definitions(chart.render(*uses[0])), wanted)
        files = {
            records.FOLDER / "rendered" / f"{name}.yaml": records.text(record),
            records.FOLDER / f"{name}.yaml": _keys(name, version, chart),
        }
    if found and name != "kube-prometheus-stack":
        files[records.FOLDER / "kinds" / f"{name}.jsonl"] = found
    return [file for file, text in files.items() if _differs(file, text, write=arguments.update)]


def _uses(name: str, plans: list[Plan]) -> list[tuple[Mapping[str, Any], str]]:
    """Return values and namespace of each release with different output."""
    steps = [step for plan in plans for step in records.releases(plan) if step.inputs["name"] == name]
    seen: dict[str, tuple[Mapping[str, Any], str]] = {}
    for step in steps:
        seen.setdefault(repr(records.reduced(step.inputs["values"])), (step.inputs["values"], step.inputs["namespace"]))
    return list(seen.values()) or [IN_NO_PLAN[name]]


def _minor(version: str) -> str:
    return version.rpartition(".")[0]


def _keys(name: str, version: str, chart: Chart) -> str:
    """Return the recorded list of keys; for another version the keys that Helm sees, which omits those with null."""
    file = records.FOLDER / f"{name}.yaml"
    text = file.read_text() if file.exists() else "{}"
    content = yaml.safe_load(text)
    if str(content.get("version")) == version:
        return text
    found = content | {"version": version, "source": pins()["charts"][name]["source"], "keys": chart.keys()}
    return yaml.safe_dump(found, sort_keys=False, width=120)


def _differs(file: Path, text: str, *, write: bool) -> bool:
    if file.exists() and file.read_text() == text:
        return False
    if write:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return True


if __name__ == "__main__":
    sys.exit(main())
