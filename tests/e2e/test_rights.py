"""Who may do what: pods nothing, people what their role says and no more."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import World

SYSTEMS = {"expenses": "expenses", "fleet": "fleet", "marketplace": "rent-to-own", "smartwallet": "smartwallet"}
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


def can(world: World, namespace: str, right: str, *subject: str) -> bool:
    """What the API server answers to the question."""
    verb, kind = right.split()
    kind, _, part = kind.partition("/")
    group, _, rest = kind.partition(".")
    attributes = {"namespace": namespace, "verb": verb, "resource": group, "group": rest, "subresource": part}
    user, groups = (word.split("=", 1)[1] for word in subject)
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "groups": [groups], "resourceAttributes": attributes},
    }
    answer = world.rig.kubectl("create", "-o", "json", "-f", "-", stdin=json.dumps(review))
    return json.loads(answer)["status"]["allowed"]


def test_no_service_account_may_do_anything(world: World) -> None:
    """Of any system: a pod that is taken over finds nothing at the API server, not even a token."""
    accounts = [each["metadata"] for each in world.rig.get("serviceaccounts", "-A")]
    ours = [each for each in accounts if each["namespace"] in SYSTEMS.values() and each["name"] != "default"]
    planned = {
        (step.inputs["metadata"]["namespace"], step.inputs["metadata"]["name"])
        for step in world.plan.steps
        if step.type == "kubernetes:core/v1:ServiceAccount"
    }
    assert {(each["namespace"], each["name"]) for each in ours} == {
        (namespace, name) for namespace, name in planned if namespace in SYSTEMS.values()
    }
    for account in ours:
        name = f"system:serviceaccount:{account['namespace']}:{account['name']}"
        everything = world.rig.kubectl("auth", "can-i", "--list", "-n", account["namespace"], f"--as={name}")
        rights = [line.split()[0] for line in everything.splitlines()[1:] if not line.startswith(" ")]
        allowed = {right for right in rights if not right.startswith(("selfsubject", "[/"))}
        assert allowed <= {
            "selfsubjectreviews.authentication.k8s.io",
            "localsubjectaccessreviews.authorization.k8s.io",
        }, name


@pytest.mark.parametrize("system", ["fleet", "marketplace"])
@pytest.mark.parametrize("role", ["operators", "developers", "auditors"])
def test_people_may_do_what_their_role_says(world: World, system: str, role: str) -> None:
    """In their system; nothing in another one."""
    person = ("--as=somebody", f"--as-group=slipway:{system}:{role}")
    namespace = SYSTEMS[system]
    assert {right: can(world, namespace, right, *person) for right in MAY[role]} == dict.fromkeys(MAY[role], True)
    assert {right: can(world, namespace, right, *person) for right in MAY_NOT[role]} == dict.fromkeys(
        MAY_NOT[role], False
    )
    assert not can(world, "expenses", MAY[role][0], *person)
