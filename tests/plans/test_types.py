"""Every input of every plan agrees with the SDKs' own annotations; a real provider would refuse what does not."""

from __future__ import annotations

from typing import Any

import pytest

from slipway.rehearsal import SECRET, UNKNOWN, Step
from tests.plans.moved import CLUSTERS, moved
from tests.plans.sdk_types import arguments_of, disagreements
from tests.plans.test_plans import STACKS, planned

BUCKET = "aws:s3/bucket:Bucket"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
VAULT = "azure-native:keyvault:Vault"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"


@pytest.mark.parametrize("stack", STACKS)
def test_inputs_of_a_stack(stack: str) -> None:
    """Names, kinds, required ones and closed lists of words, however deep."""
    steps = [step for step in planned(stack)[0].steps if step.state["custom"] and step.package != "pulumi"]
    assert len(steps) > 200
    assert [found for step in steps for found in disagreements(step)] == []


@pytest.mark.parametrize("cloud", CLUSTERS)
def test_inputs_of_systems_on_a_cloud(cloud: str) -> None:
    """The same of every system wherever it is moved."""
    steps = [step for step in moved(cloud).plan.steps if step.state["custom"] and step.package != "pulumi"]
    assert len(steps) > 700
    assert [found for step in steps for found in disagreements(step)] == []


def test_only_custom_objects_have_no_annotations() -> None:
    """Everything else is checked: a type that no SDK knows would pass unseen."""
    kinds = {step.type for stack in STACKS for step in planned(stack)[0].steps if step.state["custom"]}
    unknown = {kind for kind in kinds if not kind.startswith("pulumi:") and arguments_of(kind) is None}
    groups = {kind.split(":")[1].split("/")[0] for kind in unknown}
    assert groups == {
        "barmancloud.cnpg.io",
        "cert-manager.io",
        "elasticsearch.k8s.elastic.co",
        "external-secrets.io",
        "gateway.envoyproxy.io",
        "gateway.networking.k8s.io",
        "karpenter.sh",
        "kibana.k8s.elastic.co",
        "monitoring.coreos.com",
        "postgresql.cnpg.io",
        "rabbitmq.com",
        "slipway.dev",
    }


def evaluated(type_: str, inputs: dict[str, Any]) -> list[str]:
    step = Step("create", f"urn:pulumi:test::slipway::{type_}::it", {"type": type_, "inputs": inputs, "custom": True})
    return [found.removeprefix(f"{type_} it: ") for found in disagreements(step)]


@pytest.mark.parametrize(
    ("type_", "inputs", "found"),
    [
        (BUCKET, {"bucket": "shop", "forceDestroy": False, "tags": {"a": "b"}}, ""),
        (BUCKET, {"bucket": UNKNOWN, "forceDestroy": UNKNOWN, "tags": SECRET}, ""),
        (BUCKET, {"bukcet": "shop"}, "bukcet is no input; there are accelerationStatus"),
        (BUCKET, {"forceDestroy": "no"}, "forceDestroy: 'no' is not a bool"),
        (BUCKET, {"tags": {"a": 3}}, "tags.a: 3 is not a str"),
        (BUCKET, {"tags": ["a"]}, "tags: ['a'] is not a mapping"),
        (LIFECYCLE, {"bucket": "shop", "rules": [{"id": "x"}]}, "rules[0].status is required"),
        (LIFECYCLE, {"bucket": "shop", "rules": {"id": "x"}}, "rules: {'id': 'x'} is not a list"),
        (LIFECYCLE, {"rules": []}, "bucket is required"),
        (
            LIFECYCLE,
            {"bucket": "b", "rules": [{"id": "x", "status": "Enabled", "expiration": {"days": 1.5}}]},
            "rules[0].expiration.days: 1.5 is not a int",
        ),
        (
            VAULT,
            {
                "resourceGroupName": "g",
                "properties": {"tenantId": "t", "sku": {"family": "A", "name": "Standard"}},
            },
            "properties.sku.name: 'Standard' is not 'standard' or 'premium'",
        ),
        (
            DEPLOYMENT,
            {"spec": {"selector": {}, "template": {}}, "apiVersion": "apps/v2"},
            "apiVersion: 'apps/v2' is not 'apps/v1'",
        ),
        (DEPLOYMENT, {"spec": {"selector": {}, "template": {}, "replicas": "2"}}, "spec.replicas: '2' is not a int"),
    ],
)
def test_the_walker_sees(type_: str, inputs: dict[str, Any], found: str) -> None:
    """Each kind of disagreement, with its path; unknown and secret values pass."""
    said = evaluated(type_, inputs)
    assert (said == []) if not found else (len(said) == 1 and said[0].startswith(found)), said


@pytest.mark.parametrize("stack", STACKS)
def test_kubernetes_providers_change_objects_in_place(stack: str) -> None:
    """A ConfigMap or a Secret of a fixed name that is replaced is away for a while: pods that start then fail."""
    providers = [step for step in planned(stack)[0].steps if step.type == "pulumi:providers:kubernetes"]
    assert providers
    for provider in providers:
        flags = {key: provider.inputs.get(key) for key in ("enableConfigMapMutable", "enableSecretMutable")}
        assert flags == {"enableConfigMapMutable": "true", "enableSecretMutable": "true"}, provider.urn
