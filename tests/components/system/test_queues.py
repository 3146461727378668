"""docs/queues.md: its example as a system on each cloud, planned and judged."""

from __future__ import annotations

import copy
import json
import re
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway.cli.selection import select
from slipway.rehearsal import Finding, Step
from slipway.settings.problems import InvalidSettings
from tests.components.system.test_programs import STACK
from tests.forking import forked_workers
from tests.rehearsed import ROOT, Rehearsed
from tests.shared import shared
from tests.unwatched import unwatched

CLOUDS = ("aws", "azure")
HERE = "arn:aws:{}:us-east-1:111122223333:slipway-test-aws-aws-{}"
SENDER, RECEIVER = "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39", "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0"
OWNER = "090c5cfd-751d-490a-894a-3ce6f1109419"


def example() -> dict[str, Any]:
    (block,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "queues.md").read_text(encoding="utf-8"), re.DOTALL)
    return yaml.safe_load(block)


def written(folder: Path, *clouds: str) -> None:
    """Write a project with the example on clusters and in systems that are called like their cloud."""
    stack = {cloud: copy.deepcopy(STACK[cloud]) for cloud in clouds}
    for room in ("components", "slipway", "__main__.py", "Pulumi.yaml", "policies"):
        (folder / room).symlink_to(ROOT / room)
    for cloud in clouds:
        definition = {"title": "Shop", "owner": {"team": "shop"}, "domains": {"web": f"{cloud}.example.com"}}
        file = folder / "systems" / cloud / "system.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(yaml.safe_dump({**definition, **example()}, sort_keys=False), encoding="utf-8")
        stack[cloud] |= copy.deepcopy(unwatched())
        stack[cloud]["systems"] = {cloud: {"blue": {"version": "2.3.0"}}}
    config = {"slipway:environment": "production", "slipway:clusters": stack}
    (folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": config}), encoding="utf-8")


@shared
def planned() -> Rehearsed:
    """The example on each cloud that has queues, in a stack of production."""
    with tempfile.TemporaryDirectory() as made:
        written(Path(made), *CLOUDS)
        selection = select(Path(made), "test", None)
        with forked_workers():
            return Rehearsed(selection.rehearse(policies=True), selection.stack)


@cache
def steps() -> dict[str, Step]:
    """The resources of the systems: `aws/Deployment/shop-blue`."""
    found = [(step, step.name.partition("/")) for step in planned().plan.steps]
    return {f"{cloud}/{re.split('[:/]', step.type)[-1]}/{name}": step for step, (cloud, _, name) in found if name}


def inputs(name: str) -> Mapping[str, Any]:
    return steps()[name].inputs


def findings(rule: str) -> list[Finding]:
    return [each for each in planned().findings if each.policy == rule]


def test_a_cluster_of_ones_own_refuses_queues() -> None:
    """Saying what to use there."""
    with tempfile.TemporaryDirectory() as made:
        written(Path(made), "local")
        with pytest.raises(InvalidSettings) as refused:
            select(Path(made), "test", None)
    found = [str(each) for each in refused.value.problems]
    assert len(found) == 2
    assert "has queues (orders, price-list, audit), which are not available: no cloud runs them here" in found[0]
    assert "declare 'queue', which is RabbitMQ in the cluster" in found[1]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_pods_have_names_and_addresses_from_one_config_map(cloud: str) -> None:
    """By reference, and in texts with others; nothing is a secret."""
    (container,) = inputs(f"{cloud}/Deployment/worker-blue")["spec"]["template"]["spec"]["containers"]
    found = {each["name"]: each["valueFrom"]["configMapKeyRef"] for each in container["env"] if "valueFrom" in each}
    assert {name: (each["name"], each["key"]) for name, each in found.items()} == {
        "ORDERS_URL": ("queues", "queue.orders.url"),
        "ORDERS_NAME": ("queues", "queue.orders.name"),
        "PRICES_PLACE.0": ("queues", "queue.price-list.host"),
        "PRICES_PLACE.2": ("queues", "queue.price-list.name"),
        "PRICES_URL": ("queues", "queue.price-list.url"),
    }
    data = inputs(f"{cloud}/ConfigMap/queues")["data"]
    assert {each["key"] for each in found.values()} <= set(data)
    if cloud == "aws":
        assert (
            data["queue.orders.url"] == "https://sqs.us-east-1.amazonaws.com/111122223333/slipway-test-aws-aws-orders"
        )
        assert data["queue.price-list.name"] == "slipway-test-aws-aws-price-list.fifo"
        assert data["topic.prices.url"] == HERE.format("sns", "prices.fifo")
    else:
        server = inputs("azure/Namespace/queues")["namespaceName"]
        assert data["queue.orders.url"] == f"https://{server}.servicebus.windows.net/orders"
        assert data["topic.prices.name"] == "prices"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_pod_waits_for_queues_and_rights(cloud: str) -> None:
    by_urn, pending, awaited = planned().plan.by_urn, [steps()[f"{cloud}/Deployment/worker-blue"].urn], set()
    while pending:
        urn = pending.pop()
        if urn in by_urn and urn not in awaited:
            awaited.add(urn)
            pending += by_urn[urn].dependencies
    types = {by_urn[urn].type for urn in awaited}
    wanted = {
        "aws": {"aws:sqs/queue:Queue", "aws:iam/rolePolicy:RolePolicy"},
        "azure": {"azure-native:servicebus:Queue", "azure-native:authorization:RoleAssignment"},
    }
    assert wanted[cloud] <= types
    assert steps()[f"{cloud}/ConfigMap/queues"].urn in awaited


def allowed(service: str) -> dict[str, list[str]]:
    """Actions by resource in the role of a service, which a preview shows whole."""
    found: dict[str, list[str]] = {}
    for each in json.loads(inputs(f"aws/RolePolicy/{service}-queues")["policy"])["Statement"]:
        found[each["Resource"]] = each["Action"]
    return found


RECEIVES = [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueUrl",
    "sqs:GetQueueAttributes",
]


def test_a_role_may_send_or_receive_on_named_queues_alone() -> None:
    """What its variables say; the right to use the key through SQS and SNS has a document of its own."""
    assert allowed("shop") == {
        HERE.format("sqs", "orders"): ["sqs:SendMessage", "sqs:GetQueueUrl", "sqs:GetQueueAttributes"],
        HERE.format("sns", "prices.fifo"): ["sns:Publish"],
    }
    assert allowed("worker") == {
        HERE.format("sqs", "orders"): RECEIVES,
        HERE.format("sqs", "price-list.fifo"): RECEIVES,
    }


def test_an_identity_has_a_role_on_each_queue() -> None:
    """One for each right, on the queue or topic and not on the namespace."""
    found = {
        (name.rpartition("/")[2], step.inputs["roleDefinitionId"].rpartition("/")[2])
        for name, step in steps().items()
        if name.startswith("azure/RoleAssignment/") and ("queue-" in name or "topic-" in name) and "scaling" not in name
    }
    assert found == {
        ("shop-queue-orders-send", SENDER),
        ("shop-topic-prices-send", SENDER),
        ("worker-queue-orders-receive", RECEIVER),
        ("worker-queue-price-list-receive", RECEIVER),
    }
    spec = inputs("azure/NetworkPolicy/worker-blue")["spec"]
    assert {each["ports"][0]["port"] for each in spec["egress"]} >= {443, 5671}


def test_a_queue_on_aws_has_dead_letters_a_key_and_tls() -> None:
    """With the declared figures; a topic may write into it, and nobody else of its account by the policy."""
    orders = inputs("aws/Queue/orders")
    assert (orders["messageRetentionSeconds"], orders["visibilityTimeoutSeconds"]) == (7 * 86400, 120)
    assert json.loads(orders["redrivePolicy"]) == {
        "deadLetterTargetArn": HERE.format("sqs", "orders-dead"),
        "maxReceiveCount": 5,
    }
    assert "fifoQueue" not in orders
    ordered, dead = inputs("aws/Queue/price-list"), inputs("aws/Queue/price-list-dead")
    assert (ordered["fifoQueue"], ordered["contentBasedDeduplication"], dead["fifoQueue"]) == (True, True, True)
    assert json.loads(dead["redriveAllowPolicy"])["sourceQueueArns"] == [HERE.format("sqs", "price-list.fifo")]
    refused, sent = json.loads(ordered["policy"])["Statement"]
    assert (refused["Effect"], refused["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert sent["Condition"] == {"ArnEquals": {"aws:SourceArn": [HERE.format("sns", "prices.fifo")]}}
    assert len(json.loads(orders["policy"])["Statement"]) == 1
    (key,) = [
        each.inputs["policy"]
        for each in planned().plan.steps
        if each.type == "aws:kms/key:Key" and "policy" in each.inputs
    ]
    assert json.loads(key)["Statement"][1]["Principal"] == {"Service": "sns.amazonaws.com"}
    for name in ("prices/price-list", "prices/audit"):
        assert inputs(f"aws/TopicSubscription/{name}")["rawMessageDelivery"] is True


def test_a_namespace_on_azure_is_private_and_without_keys() -> None:
    """Its queues keep dead letters, and subscriptions forward into them."""
    server = inputs("azure/Namespace/queues")
    assert {key: server[key] for key in ("disableLocalAuth", "minimumTlsVersion", "publicNetworkAccess")} == {
        "disableLocalAuth": True,
        "minimumTlsVersion": "1.2",
        "publicNetworkAccess": "Disabled",
    }
    (link,) = inputs("azure/PrivateEndpoint/queues")["privateLinkServiceConnections"]
    assert link["groupIds"] == ["namespace"]
    orders = inputs("azure/Queue/orders")
    assert (orders["lockDuration"], orders["maxDeliveryCount"], orders["defaultMessageTimeToLive"]) == (
        "PT120S",
        5,
        "PT604800S",
    )
    assert inputs("azure/Queue/price-list")["requiresSession"] is True
    assert inputs("azure/Topic/prices")["supportOrdering"] is True
    assert inputs("azure/Subscription/prices/audit")["forwardTo"] == "audit"
    zones = {each.inputs["privateZoneName"] for each in planned().plan.steps if each.type.endswith(":PrivateZone")}
    assert "privatelink.servicebus.windows.net" in zones


@pytest.mark.parametrize(
    "name", ["aws/Queue/orders", "aws/Queue/orders-dead", "azure/Namespace/queues", "azure/Queue/orders"]
)
def test_what_holds_messages_is_protected(name: str) -> None:
    assert steps()[name].state["protect"] is True


@pytest.mark.parametrize(
    "rule",
    [
        "queue-dead-letters",
        "encryption-at-rest",
        "encryption-in-transit",
        "plain-http",
        "iam-trust",
        "iam-wildcards",
        "local-accounts",
        "database-exposure",
        "data-protect",
        "cost-tags",
        "known-types",
    ],
)
def test_the_pack_has_nothing_against_them(rule: str) -> None:
    evaluated = ("sqs", "sns", "servicebus", "PrivateEndpoint", "aws:iam/rolePolicy", "RoleAssignment")
    found = [each for each in findings(rule) if any(word in (each.urn or "") for word in evaluated)]
    assert [each.message for each in found] == []


def triggers(cloud: str) -> list[dict[str, Any]]:
    return [
        each for each in inputs(f"{cloud}/ScaledObject/worker-blue")["spec"]["triggers"] if "authenticationRef" in each
    ]


def test_keda_counts_messages_by_its_own_role_on_aws() -> None:
    """It may read attributes of this queue and nothing else; its service account has the role."""
    name = "slipway-test-aws-aws-orders"
    (trigger,) = triggers("aws")
    assert trigger == {
        "type": "aws-sqs-queue",
        "metadata": {
            "queueURL": f"https://sqs.us-east-1.amazonaws.com/111122223333/{name}",
            "awsRegion": "us-east-1",
            "queueLength": "20",
            "activationQueueLength": "0",
        },
        "authenticationRef": {"name": "queues"},
    }
    assert inputs("aws/TriggerAuthentication/queues")["spec"] == {"podIdentity": {"provider": "aws"}}
    policy = json.loads(inputs("aws/RolePolicy/scaling")["policy"])
    assert policy["Statement"] == [
        {"Effect": "Allow", "Action": ["sqs:GetQueueAttributes"], "Resource": [HERE.format("sqs", "orders")]}
    ]
    accounts = {
        (step.inputs["namespace"], step.inputs["serviceAccount"])
        for step in planned().plan.steps
        if step.type.endswith(":PodIdentityAssociation")
    }
    assert ("keda", "keda-operator") in accounts


def test_keda_takes_an_identity_of_the_system_on_azure() -> None:
    """Which may manage this queue alone, and which AKS's own KEDA takes alone."""
    (trigger,) = triggers("azure")
    metadata = trigger["metadata"]
    assert (trigger["type"], metadata["queueName"], metadata["messageCount"]) == ("azure-servicebus", "orders", "20")
    assert metadata["namespace"] == inputs("azure/Namespace/queues")["namespaceName"]
    found = inputs("azure/TriggerAuthentication/queues")["spec"]["podIdentity"]
    assert found["provider"] == "azure-workload"
    assert "identityId" in found
    assert inputs("azure/FederatedIdentityCredential/scaling")["subject"] == (
        "system:serviceaccount:kube-system:keda-operator"
    )
    (role,) = [name for name in steps() if name.startswith("azure/RoleAssignment/scaling-")]
    assert inputs(role)["roleDefinitionId"].endswith(OWNER)
    assert steps()["azure/Queue/orders"].urn in steps()[role].dependencies


@pytest.mark.parametrize("cloud", CLOUDS)
def test_keda_reads_no_secrets_for_queues_of_a_cloud(cloud: str) -> None:
    charts = [step.inputs for step in planned().plan.steps if step.inputs.get("chart") == "keda"]
    assert [each["values"]["permissions"]["operator"]["restrict"]["secret"] for each in charts] == [True]
    assert "secretTargetRef" not in inputs(f"{cloud}/TriggerAuthentication/queues")["spec"]
