"""Identities have rights in the stack's own accounts and in those that the pack's file lists, and pods are of no others."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, Pack, outcomes, secret

RULES = ("foreign-accounts",)
(RULE,) = RULES

OWN, OTHER = "444455556666", "999988887777"
HOME, ABROAD = "00000000-0000-4000-8000-000000000004", "00000000-0000-4000-8000-000000000009"
AWS = Fact("pulumi:providers:aws", {"allowedAccountIds": json.dumps([OWN])}, "main")
AZURE = Fact("pulumi:providers:azure-native", {"subscriptionId": HOME}, "west")
QUEUE = "arn:aws:sqs:us-east-1:{}:orders"


def role(resource: Any, type_: str = "aws:iam/rolePolicy:RolePolicy", **more: Any) -> Fact:
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": resource, **more}
    return document(json.dumps({"Statement": [statement]}), type_)


def document(policy: Any, type_: str = "aws:iam/rolePolicy:RolePolicy") -> Fact:
    return Fact(type_, {"policy": policy}, "api", provider=AWS.urn)


def assigned(scope: Any) -> Fact:
    return Fact("azure-native:authorization:RoleAssignment", {"scope": scope}, "api", provider=AZURE.urn)


def owned_by(account: str) -> dict[str, Any]:
    return {"Condition": {"StringEquals": {"aws:ResourceAccount": account}}}


def association(**roles: Any) -> Fact:
    return Fact("aws:eks/podIdentityAssociation:PodIdentityAssociation", roles, "api", provider=AWS.urn)


def account(annotations: Any) -> Fact:
    """A service account of the cluster."""
    return Fact("kubernetes:core/v1:ServiceAccount", {"metadata": {"name": "api", "annotations": annotations}}, "api")


def assuming(role: Any) -> Fact:
    return account({"eks.amazonaws.com/role-arn": role})


def acting_as(**ids: Any) -> Fact:
    return account({f"azure.workload.identity/{key.replace('_', '-')}": value for key, value in ids.items()})


def store(provider: Any, kind: str = "external-secrets.io/v1:SecretStore") -> Fact:
    return Fact(f"kubernetes:{kind}", {"metadata": {"name": "api"}, "spec": {"provider": provider}}, "api")


def pod(variable: str, value: Any, *, asks: bool = True) -> Fact:
    """A pod that asks for a token of its service account, and says for which identity."""
    volumes = [{"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}] if asks else []
    container = {"name": "c", "env": [{"name": variable, "value": value}]}
    return Fact("kubernetes:core/v1:Pod", {"spec": {"containers": [container], "volumes": volumes}}, "api")


ROLE = "arn:aws:iam::{}:role/admin"
FINE = {
    "a pod's role": association(roleArn=ROLE.format(OWN)),
    "a service account's role": assuming(ROLE.format(OWN)),
    "no role": account(None),
    "a pod's variable": pod("AWS_ROLE_ARN", ROLE.format(OWN)),
    "a pod without a token": pod("AWS_ROLE_ARN", ROLE.format(OTHER), asks=False),
    "another annotation": account({"team": OTHER}),
    "a store's role": store({"aws": {"role": ROLE.format(OWN)}}),
    "a store of another kind": store({"vault": {"auth": {"kubernetes": {"role": "reader"}}}}),
    "own": role(QUEUE.format(OWN)),
    "no account": role("arn:aws:s3:::files/*"),
    "no resource": role([]),
    "the cloud's": role("arn:aws:bedrock:us-east-1::foundation-model/one"),
    "own bucket": role("arn:aws:s3:::files", **owned_by(OWN)),
    "a denial": role(QUEUE.format(OTHER), Effect="Deny"),
    "a customer's policy": role(QUEUE.format(OWN), "aws:iam/policy:Policy"),
    "own subscription": assigned(f"/subscriptions/{HOME}/resourceGroups/shop"),
    "own in capitals": assigned(f"/subscriptions/{HOME.upper()}"),
    "no scope": assigned(None),
    "no policy": document(None),
    "no text": document(7),
}
FOREIGN = {
    "a pod's role": association(roleArn=ROLE.format(OTHER)),
    "a pod's second role": association(roleArn=ROLE.format(OWN), targetRoleArn=ROLE.format(OTHER)),
    "a service account's role": assuming(ROLE.format(OTHER)),
    "a pod's variable": pod("AWS_ROLE_ARN", ROLE.format(OTHER)),
    "a role of another partition": assuming(f"arn:aws-cn:iam::{OTHER}:role/path/admin"),
    "a store's role": store({"aws": {"role": ROLE.format(OTHER)}}),
    "a store's further role": store({"aws": {"additionalRoles": [ROLE.format(OWN), ROLE.format(OTHER)]}}),
    "a store's role for the cluster": store(
        {"aws": {"role": ROLE.format(OTHER)}}, "external-secrets.io/v1:ClusterSecretStore"
    ),
    "a scaler's role": store({"roleArn": ROLE.format(OTHER)}, "keda.sh/v1alpha1:TriggerAuthentication"),
    "no role's name": assuming("admin"),
    "no text": assuming(7),
    "another account": role(QUEUE.format(OTHER)),
    "one of several": role([QUEUE.format(OWN), QUEUE.format(OTHER)]),
    "a customer's policy": role(QUEUE.format(OTHER), "aws:iam/policy:Policy"),
    "another's role": role(f"arn:aws:iam::{OTHER}:role/partner"),
    "another's bucket": role("arn:aws:s3:::files", **owned_by(OTHER)),
    "another subscription": assigned(f"/subscriptions/{ABROAD}/resourceGroups/shop"),
    "many subscriptions": assigned("/providers/Microsoft.Management/managementGroups/all"),
    "no id": assigned(7),
}


@pytest.mark.parametrize("fact", FINE.values(), ids=FINE)
def test_own_accounts_satisfy(preview: Evaluator, fact: Fact) -> None:
    assert preview.evaluate(AWS, AZURE, fact) == []


@pytest.mark.parametrize("fact", FOREIGN.values(), ids=FOREIGN)
def test_accounts_of_others_violate(preview: Evaluator, fact: Fact) -> None:
    assert outcomes(preview.evaluate(AWS, AZURE, fact)) == [(RULE, "mandatory")]


def test_without_a_provider_no_account_is_its_own(preview: Evaluator) -> None:
    """What is not known is not trusted."""
    assert outcomes(preview.evaluate(role(QUEUE.format(OWN)))) == [(RULE, "mandatory")]


def test_a_listed_account_satisfies() -> None:
    """And no other one does."""
    pack = Pack(config={RULE: {"accounts": [OTHER, ABROAD]}})
    try:
        reported = {name: pack.about(RULE).evaluate(AWS, AZURE, fact) for name, fact in FOREIGN.items()}
    finally:
        pack.close()
    assert {name for name, found in reported.items() if found} == {
        "many subscriptions",
        "no id",
        "no role's name",
        "no text",
    }


def test_an_inline_policy_is_read_too(preview: Evaluator) -> None:
    inline = [{"name": "it", "policy": role(QUEUE.format(OTHER)).properties["policy"]}]
    fact = Fact("aws:iam/role:Role", {"inlinePolicies": inline}, "api", provider=AWS.urn)
    assert outcomes(preview.evaluate(AWS, fact)) == [(RULE, "mandatory")]


IDENTITY = Fact("azure-native:managedidentity:UserAssignedIdentity", {"clientId": HOME}, "api-identity")


def test_an_identity_of_the_stack_satisfies(preview: Evaluator) -> None:
    """An id is the same in capitals."""
    assert preview.evaluate(IDENTITY, acting_as(client_id=HOME.upper())) == []


@pytest.mark.parametrize(
    "fact",
    [
        acting_as(client_id=ABROAD),
        acting_as(client_id=HOME, tenant_id=ABROAD),
        acting_as(client_id=7),
        pod("AZURE_CLIENT_ID", ABROAD),
    ],
)
def test_an_identity_that_the_stack_does_not_make_is_advice(update: Evaluator, fact: Fact) -> None:
    """An id tells no account, and identities of others may be known ones."""
    assert outcomes(update.evaluate(IDENTITY, fact)) == [(RULE, "advisory")]


def test_a_listed_identity_is_not_advised_on() -> None:
    pack = Pack(config={RULE: {"accounts": [ABROAD]}})
    try:
        assert pack.about(RULE).evaluate(IDENTITY, acting_as(client_id=ABROAD)) == []
    finally:
        pack.close()


@pytest.mark.parametrize("fact", [assuming(UNKNOWN), account(UNKNOWN), acting_as(client_id=UNKNOWN)])
def test_an_identity_that_is_not_known_yet_is_judged_in_the_update(
    preview: Evaluator, update: Evaluator, fact: Fact
) -> None:
    assert preview.evaluate(fact) == []
    assert outcomes(update.evaluate(fact)) == [(RULE, "mandatory")]


def test_what_is_not_known_yet_is_judged_in_the_update(preview: Evaluator, update: Evaluator) -> None:
    """A scope is known before an assignment is made; of a document `iam-wildcards` says so."""
    assert preview.evaluate(AZURE, assigned(UNKNOWN)) == []
    assert outcomes(update.evaluate(AZURE, assigned(UNKNOWN))) == [(RULE, "mandatory")]
    assert preview.evaluate(AWS, document(UNKNOWN)) == update.evaluate(AWS, document(UNKNOWN)) == []


def test_no_value_is_shown(preview: Evaluator) -> None:
    found = preview.evaluate(
        AWS, role(QUEUE.format(OTHER), Sid=CANARY), replace(document(secret(CANARY)), name="other")
    )
    assert len(found) == 1
    assert CANARY not in found[0].message
    assert OTHER not in found[0].message
