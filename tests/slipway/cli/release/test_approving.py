"""`slipway release approve` and `attest`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.slipway.cli.release.conftest import Release, refused
from tests.slipway.ops.cluster.sample_release import ID, NEW, spec, status
from tests.slipway.ops.cluster.server import Cluster

APPROVALS = [
    {"role": "Product owner"},
    {"role": "Database administrator", "when": "migration", "anyOf": ["Lead"]},
    {"role": "Lead", "when": "go-live"},
]
WALK = {"name": "UI walk-through", "role": "QA", "when": "before", "maximumAgeSeconds": 86400}


def approvals(cluster: Cluster) -> list[dict[str, Any]]:
    return [each["spec"] for key, each in cluster.custom.items() if key[1] == "approvals"]


@pytest.fixture
def waiting(cluster: Cluster) -> Cluster:
    wanted = spec(approvals=APPROVALS, attestations=[WALK], evidence={"after": "staging"})
    cluster.put_release("fleet", "fleet", wanted, status("Waiting"))
    return cluster


def test_an_approval_is_an_object(waiting: Cluster, release: Release) -> None:
    """Of this release, by whom the API server says."""
    run = release("approve", "--system", "fleet", "--role", "Product owner", "--comment", "looked at it")
    assert (run.status, run.err) == (0, "")
    assert run.out == (
        f"fleet {NEW} in green: approved by anna@example.com as Product owner (before), 2026-11-21 10:00 UTC\n"
    )
    (made,) = approvals(waiting)
    assert made == {
        "release": "fleet",
        "id": ID,
        "role": "Product owner",
        "by": "anna@example.com",
        "comment": "looked at it",
    }


def test_the_moment_is_the_only_one_of_the_role(waiting: Cluster, release: Release) -> None:
    release("approve", "--system", "fleet", "--role", "Database administrator")
    assert [each["when"] for each in approvals(waiting)] == ["migration"]


def test_a_role_with_several_moments_says_which(waiting: Cluster, release: Release) -> None:
    error = refused(release("approve", "--system", "fleet", "--role", "Lead"))
    assert "Lead approves several things: pass --when (migration, go-live)" in error
    release("approve", "--system", "fleet", "--role", "Lead", "--when", "go-live")
    assert [each["when"] for each in approvals(waiting)] == ["go-live"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--role", "Product Owner"), "approves nothing in the release of fleet; did you mean 'Product owner'?"),
        (
            ("--role", "Lead", "--when", "before"),
            "--when before is not an approval of Lead: pass --when (migration, go",
        ),
    ],
)
def test_an_approval_that_nobody_asks_for(
    waiting: Cluster, release: Release, words: tuple[str, ...], message: str
) -> None:
    assert message in refused(release("approve", "--system", "fleet", *words))
    assert approvals(waiting) == []


def test_a_release_without_approvals(cluster: Cluster, release: Release) -> None:
    cluster.put_release("fleet", "fleet", spec(), status("Waiting"))
    assert "the release of fleet needs no approvals" in refused(release("approve", "--system", "fleet", "--role", "QA"))
    link = ("--link", "https://x.example/1")
    assert "the release of fleet needs no attestations" in refused(
        release("attest", "--system", "fleet", "--name", "walk", *link)
    )


@pytest.mark.parametrize("role", [(), ("--role", "QA")])
def test_an_attestation_has_the_evidence(waiting: Cluster, release: Release, role: tuple[str, ...]) -> None:
    """The role is the declared one."""
    run = release(
        "attest", "--system", "fleet", "--name", "UI walk-through", "--link", "https://wiki.example/walk", *role
    )
    assert run.status == 0, run.everything
    assert run.out == (
        f"fleet {NEW} in green: 'UI walk-through' attested by anna@example.com as QA, 2026-11-21 10:00 UTC\n"
    )
    (made,) = approvals(waiting)
    assert (made["kind"], made["name"], made["role"]) == ("attestation", "UI walk-through", "QA")
    assert made["link"] == "https://wiki.example/walk"


def test_what_another_stack_says_can_be_attested(waiting: Cluster, release: Release) -> None:
    """By any role; by default that of the owner."""
    name = ("--name", "released on staging", "--link", "https://ci.example/runs/7")
    assert release("attest", "--system", "fleet", *name).status == 0
    assert [(each["name"], each["role"]) for each in approvals(waiting)] == [("released on staging", "fleet")]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--name", "UI walk through", "--link", "https://x.example"), "did you mean 'UI walk-through'?"),
        (("--name", "UI walk-through", "--link", "looked at it"), "is not the address of the evidence, for example"),
        (
            ("--name", "UI walk-through", "--link", "https://x.example", "--role", "Lead"),
            "--role Lead does not attest 'UI walk-through': QA does",
        ),
    ],
)
def test_an_attestation_that_says_nothing(
    waiting: Cluster, release: Release, words: tuple[str, ...], message: str
) -> None:
    assert message in refused(release("attest", "--system", "fleet", *words))
    assert approvals(waiting) == []


def test_a_role_that_somebody_else_has(waiting: Cluster, release: Release) -> None:
    """The API server refuses, in its own words."""
    waiting.refused["POST approvals"] = 403
    run = release("approve", "--system", "fleet", "--role", "Product owner")
    assert run.status == 3
    assert "this login may not create approvals as Product owner in namespace fleet" in run.err
