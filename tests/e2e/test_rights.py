"""Who may do what: pods nothing, people what their role says and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from tests.e2e.conftest import World

SYSTEMS = {
    **{name: name for name in ("expenses", "fleet", "kingstons", "smartwallet")},
    "marketplace": "rent-to-own",
}
MAY = {
    "operators": (
        "get pods",
        "get pods/log",
        "delete pods",
        "patch deployments.apps",
        "patch deployments.apps/scale",
        "create jobs.batch",
    ),
    "developers": (
        "get pods",
        "get pods/log",
        "list events",
        "list jobs.batch",
        "get httproutes.gateway.networking.k8s.io",
    ),
    "auditors": (
        "list roles.rbac.authorization.k8s.io",
        "list rolebindings.rbac.authorization.k8s.io",
        "list networkpolicies.networking.k8s.io",
    ),
}
MAY_NOT = {
    "operators": (
        "get secrets",
        "create pods/exec",
        "create pods",
        "delete persistentvolumeclaims",
        "patch roles.rbac.authorization.k8s.io",
    ),
    "developers": ("get secrets", "delete pods", "patch deployments.apps", "create pods/exec", "create jobs.batch"),
    "auditors": ("get secrets", "get pods/log", "list pods", "patch networkpolicies.networking.k8s.io"),
}


Question = tuple[str, str]
"""A namespace, and a verb with a kind."""


def allowed(world: World, questions: Sequence[Question], user: str, group: str) -> dict[Question, bool]:
    """What the API server answers to each, asked by one kubectl."""
    reviews = [
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": user, "groups": [group], "resourceAttributes": _attributes(*question)},
        }
        for question in questions
    ]
    output = world.rig.kubectl("create", "-o", "json", "-f", "-", stdin="\n".join(map(json.dumps, reviews)))
    answers = {_key(each["spec"]["resourceAttributes"]): each["status"]["allowed"] for each in _documents(output)}
    return {question: answers[_key(_attributes(*question))] for question in questions}


def _attributes(namespace: str, right: str) -> dict[str, str]:
    verb, kind = right.split()
    kind, _, part = kind.partition("/")
    resource, _, group = kind.partition(".")
    named = {"namespace": namespace, "verb": verb, "resource": resource, "group": group, "subresource": part}
    return {key: value for key, value in named.items() if value}


def _key(attributes: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(attributes.items())


def _documents(text: str) -> Iterator[dict[str, Any]]:
    """JSON documents, one after the other."""
    decoder, text = json.JSONDecoder(), text.lstrip()
    while text:
        document, end = decoder.raw_decode(text)
        text = text[end:].lstrip()
        yield document


def test_no_service_account_may_do_anything(world: World) -> None:
    """Of any system: a pod that is taken over finds nothing at the API server, not even a token."""
    accounts = [each["metadata"] for each in world.rig.get("serviceaccounts", "-A")]
    ours = [each for each in accounts if each["namespace"] in SYSTEMS.values() and each["name"] != "default"]
    planned = {
        (step.inputs["metadata"]["namespace"], step.inputs["metadata"]["name"])
        for step in world.plan.steps
        if step.type == "kubernetes:core/v1:ServiceAccount"
    }
    assert {namespace for namespace, _ in planned} >= set(SYSTEMS.values())
    assert {(each["namespace"], each["name"]) for each in ours} == {
        (namespace, name) for namespace, name in planned if namespace in SYSTEMS.values()
    }
    for account in ours:
        name = f"system:serviceaccount:{account['namespace']}:{account['name']}"
        everything = world.rig.kubectl("auth", "can-i", "--list", "-n", account["namespace"], f"--as={name}")
        rights = [line.split()[0] for line in everything.splitlines()[1:] if not line.startswith(" ")]
        given = {right for right in rights if not right.startswith(("selfsubject", "[/"))}
        assert given <= {
            "selfsubjectreviews.authentication.k8s.io",
            "localsubjectaccessreviews.authorization.k8s.io",
        }, name


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("role", ["operators", "developers", "auditors"])
def test_people_may_do_what_their_role_says(world: World, system: str, role: str) -> None:
    """In their system; nothing in another one."""
    namespace = SYSTEMS[system]
    own = dict.fromkeys(MAY[role], True) | dict.fromkeys(MAY_NOT[role], False)
    expected = {(namespace, right): may for right, may in own.items()}
    expected |= {(other, MAY[role][0]): False for other in SYSTEMS.values() if other != namespace}
    assert allowed(world, list(expected), "somebody", f"slipway:{system}:{role}") == expected
