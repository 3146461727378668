"""`Stack` objects of Pulumi's Kubernetes Operator against its CRD, and what is wrong with `operator.yaml`.

`operator/stack.json` is that CRD's schema; `source` in it names where it is from, and its licence.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway.reports.operator_stacks import stack_objects
from slipway.scanners.charts.crd_validation import problems
from slipway.settings.operator_file import read_operator_file
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import Project

CRD = json.loads((Path(__file__).parent / "operator" / "stack.json").read_text(encoding="utf-8"))
LEAST = {
    "repository": "https://github.com/acme/deployments",
    "branch": "main",
    "image": "registry.example.com/pulumi:3.272.0",
}
MOST = {
    **LEAST,
    "repository": "git@github.com:acme/deployments.git",
    "folder": "deploy",
    "namespace": "stacks",
    "serviceAccount": "runner",
    "backend": "s3://slipway-state?region=us-east-1",
    "secretsProvider": "awskms:///alias/slipway?region=us-east-1",
    "gitAuth": {"secret": "git", "key": "token"},
    "variables": {"PULUMI_CONFIG_PASSPHRASE": {"secret": "pulumi", "key": "passphrase"}, "AWS_REGION": "us-east-1"},
    "stacks": {
        "prod": {
            "commit": "0123456789abcdef0123456789abcdef01234567",
            "serviceAccount": "prod",
            "secretsProvider": "awskms:///alias/prod?region=us-east-1",
            "variables": {"AWS_REGION": "eu-west-1"},
        },
        "staging": {"branch": "next", "preview": True},
    },
    "without": ["local"],
}


def project_with(folder: Path, written: Any) -> Project:
    for stack in ("local", "staging", "prod"):
        (folder / f"Pulumi.{stack}.yaml").write_text("config: {}\n", encoding="utf-8")
    (folder / "operator.yaml").write_text(
        written if isinstance(written, str) else yaml.safe_dump(written), encoding="utf-8"
    )
    return Project(folder, "shop_floor", {})


def made(folder: Path, written: Any) -> dict[str, dict[str, Any]]:
    project = project_with(folder, written)
    return {each["metadata"]["name"]: each for each in stack_objects(project, read_operator_file(project))}


PAGE = Path(__file__).parents[3] / "docs" / "operator.md"
(DOCUMENTED,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("written", [LEAST, MOST, {**LEAST, "organization": "acme"}, DOCUMENTED])
def test_the_operators_crd_accepts_every_object(tmp_path: Path, written: Any) -> None:
    """As an API server would with strict validation; a misspelt field is refused, so the check can fail."""
    for each in made(tmp_path, written).values():
        assert (each["apiVersion"], each["kind"]) == (CRD["apiVersion"], CRD["kind"])
        assert problems(CRD["schema"], each) == []
        assert problems(CRD["schema"], {**each, "spec": {**each["spec"], "brunch": "main"}})


def test_every_stack_has_an_object_but_those_without(tmp_path: Path) -> None:
    """Named after project and stack, in the namespace of the file."""
    assert set(made(tmp_path, LEAST)) == {"shop-floor-local", "shop-floor-prod", "shop-floor-staging"}
    found = made(tmp_path, MOST)
    assert set(found) == {"shop-floor-prod", "shop-floor-staging"}
    assert {each["metadata"]["namespace"] for each in found.values()} == {"stacks"}


def test_a_stack_differs_where_the_file_says(tmp_path: Path) -> None:
    """Commit in place of the branch, its own account, key and variables; a preview only where it is asked for."""
    found = made(tmp_path, MOST)
    prod, staging = found["shop-floor-prod"]["spec"], found["shop-floor-staging"]["spec"]
    assert (prod["commit"], prod.get("branch"), prod["serviceAccountName"]) == (
        "0123456789abcdef" * 2 + "01234567",
        None,
        "prod",
    )
    assert prod["secretsProvider"] == "awskms:///alias/prod?region=us-east-1"
    assert prod["envRefs"]["AWS_REGION"] == {"type": "Literal", "literal": {"value": "eu-west-1"}}
    assert (staging["branch"], staging["preview"], prod.get("preview")) == ("next", True, None)
    assert staging["envRefs"]["PULUMI_CONFIG_PASSPHRASE"]["secret"] == {"name": "pulumi", "key": "passphrase"}
    assert (staging["repoDir"], staging["backend"]) == ("deploy", "s3://slipway-state?region=us-east-1")
    assert staging["gitAuth"]["accessToken"]["secret"] == {"name": "git", "key": "token"}


def test_a_foundation_is_updated_before_its_stacks(tmp_path: Path) -> None:
    """Unless somebody else runs it."""
    project = project_with(tmp_path, LEAST)
    named = {"config": {"shop_floor:foundation": "acme/shop_floor/prod"}}
    (tmp_path / "Pulumi.apps.yaml").write_text(yaml.safe_dump(named), encoding="utf-8")
    settings = read_operator_file(project)
    specs = {each["metadata"]["name"]: each for each in stack_objects(project, settings)}
    assert specs["shop-floor-apps"]["spec"]["prerequisites"] == [{"name": "shop-floor-prod"}]
    assert "prerequisites" not in specs["shop-floor-prod"]["spec"]
    assert problems(CRD["schema"], specs["shop-floor-apps"]) == []
    alone = stack_objects(project, settings.model_copy(update={"without": ["prod"]}))
    assert all("prerequisites" not in each["spec"] for each in alone)


def test_a_deleted_object_destroys_nothing(tmp_path: Path) -> None:
    """And no object makes a stack that its backend does not have."""
    for each in made(tmp_path, MOST).values():
        assert (each["spec"]["destroyOnFinalize"], each["spec"]["useLocalStackOnly"]) == (False, True)


def test_stacks_of_pulumi_cloud_are_named_with_their_organization(tmp_path: Path) -> None:
    """A backend of one's own has none."""
    found = made(tmp_path, {**LEAST, "organization": "acme"})
    assert found["shop-floor-prod"]["spec"]["stack"] == "acme/prod"
    assert made(tmp_path, LEAST)["shop-floor-prod"]["spec"]["stack"] == "prod"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"stacks": {"prd": {}}}, "operator.yaml:5: stacks.prd: is not a stack of the project; did you mean 'prod'?"),
        ({"without": ["qa"]}, "is not a stack of the project"),
        ({"stacks": {"prod": {"preview": True}}, "without": ["prod"]}, "is in 'without' too"),
        ({"stacks": {"prod": {"branch": "a", "commit": "0" * 40}}}, "set one of 'branch' and 'commit'"),
        ({"organization": "acme", "backend": "s3://state"}, "is of Pulumi Cloud"),
        ({"repository": "https://me:secret-token@github.com/a/b"}, "is not the address of a Git repository"),
        ({"image": "pulumi"}, "image: "),
        ({"variables": {"PULUMI_ACCESS_TOKEN": "pul-" + "0a1b2c3d4e" * 4}}, "variables"),
    ],
)
def test_one_clear_line_for_each_mistake(tmp_path: Path, changed: Any, message: str) -> None:
    """With file, line and path, and without what may be secret."""
    with pytest.raises(InvalidSettings) as refused:
        made(tmp_path, {**LEAST, **changed})
    said = "\n".join(map(str, refused.value.problems))
    assert message in said
    assert "secret-token" not in said
    assert "0a1b2c3d4e" not in said


def test_a_missing_file_says_what_to_write(tmp_path: Path) -> None:
    """With an example."""
    project = project_with(tmp_path, LEAST)
    (tmp_path / "operator.yaml").unlink()
    with pytest.raises(
        InvalidSettings, match=r"operator\.yaml: does not exist beside Pulumi\.yaml, for example repository:"
    ):
        read_operator_file(project)
