"""Releases as a cluster's API has them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from components.cluster.releases.manifests.admission import _COMMAND as COMMAND_PATTERN
from slipway.ops.cluster import release_client
from slipway.ops.cluster.api import Api
from slipway.ops.cluster.connection import connect
from slipway.ops.failure import CloudFailure
from slipway.release.objects import ApprovalSpec
from tests.slipway.ops.cluster.sample_release import ID, NEW, obedient, spec, status, stepping
from tests.slipway.ops.cluster.server import Cluster, served


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setattr(release_client, "PAUSE", 0)
    with served() as started:
        started.put_release("fleet", "fleet", spec(), stepping())
        yield started


@pytest.fixture
def api(cluster: Cluster, tmp_path: Path) -> Api:
    return connect(Path(cluster.kubeconfig(tmp_path)), None).api


def approval(**changes: str) -> ApprovalSpec:
    given = {"release": "fleet", "id": ID, "role": "Product owner", "by": "anna@example.com"}
    return ApprovalSpec.model_validate(given | changes)


def test_a_release_is_found_by_its_system(api: Api) -> None:
    """With its spec and status; another system of the namespace has none."""
    found = release_client.get(api, "fleet", "fleet", "test")
    assert (found.name, found.spec.target.version, found.status.phase) == ("fleet", NEW, "Stepping")
    assert release_client.find(api, "fleet", "other") is None
    with pytest.raises(
        release_client.NoRelease, match="test has no Release of other in namespace fleet: run `pulumi up`"
    ):
        release_client.get(api, "fleet", "other", "test")


def test_a_cluster_without_releases(cluster: Cluster, api: Api) -> None:
    """Says what installs them."""
    cluster.has_releases = False
    with pytest.raises(release_client.NoRelease, match=r"test has no releases: `controllers\.releases` installs them"):
        release_client.get(api, "fleet", "fleet", "test")


def test_a_status_of_another_version_names_its_field_alone(cluster: Cluster, api: Api) -> None:
    """Values could be anything, and are not shown."""
    cluster.put_release("fleet", "fleet", spec(), status("Stepping", watchUntil="canary"))
    with pytest.raises(CloudFailure, match=r"status of Release fleet/fleet cannot be read \(watchUntil\)") as failure:
        release_client.get(api, "fleet", "fleet", "test")
    assert "canary" not in str(failure.value)


def test_who_asks_is_who_the_api_server_says(cluster: Cluster, api: Api) -> None:
    assert release_client.whoami(api) == "anna@example.com"
    cluster.user = ""
    with pytest.raises(CloudFailure, match="does not say who this login is"):
        release_client.whoami(api)


def test_an_approval_given_twice_is_one(cluster: Cluster, api: Api) -> None:
    """Its name is made of what it says; another word is another object."""
    release = release_client.get(api, "fleet", "fleet", "test")
    first, second = release_client.approve(api, release, approval()), release_client.approve(api, release, approval())
    assert first == second
    release_client.approve(api, release, approval(when="go-live"))
    assert [each.spec.when for each in release_client.approvals(api, release)] == ["before", "go-live"]
    names = [name for _, plural, name in cluster.custom if plural == "approvals"]
    assert all(name.startswith(f"fleet-{ID}-approval-") and len(name) < 64 for name in names)


def test_approvals_are_of_one_release(api: Api) -> None:
    """A word on an earlier one says nothing of this one."""
    release = release_client.get(api, "fleet", "fleet", "test")
    release_client.approve(api, release, approval(id="ffffffffff"))
    assert release_client.approvals(api, release) == []
    assert len(release_client.approvals(api, release, "ffffffffff")) == 1


def test_a_command_is_an_annotation(cluster: Cluster, api: Api) -> None:
    """With an id of its own, which the controller writes into `handled` once it has carried it out."""
    release = release_client.get(api, "fleet", "fleet", "test")
    identifier = release_client.command(api, release, "abort", "anna", "prices are wrong")
    live = cluster.custom["fleet", "releases", "fleet"]
    command = json.loads(live["metadata"]["annotations"][release_client.COMMAND])
    assert command == {"id": identifier, "verb": "abort", "by": "anna", "reason": "prices are wrong"}
    assert release_client.is_pending(release_client.again(api, release))
    cluster.controller = obedient(phase="RollingBack")
    after = release_client.wait_until_handled(api, release, identifier)
    assert (after.status.phase, release_client.is_pending(after)) == ("RollingBack", False)


def test_a_command_that_nobody_carries_out(api: Api) -> None:
    """Is said to stay."""
    release = release_client.get(api, "fleet", "fleet", "test")
    with pytest.raises(release_client.Unanswered, match="no controller has answered within 0 s; the command stays"):
        release_client.wait_until_handled(api, release, "none", timeout=0)


def test_a_release_that_goes_away(cluster: Cluster, api: Api) -> None:
    release = release_client.get(api, "fleet", "fleet", "test")
    cluster.custom.clear()
    with pytest.raises(release_client.NoRelease, match="somebody deleted Release fleet/fleet"):
        release_client.again(api, release)


REFUSED: dict[str, tuple[Callable[[Api, release_client.Release], object], str]] = {
    "GET releases": (release_client.again, "may not read releases in namespace fleet"),
    "PATCH releases": (
        lambda api, release: release_client.command(api, release, "pause", "anna", None),
        "may not pause releases in namespace fleet",
    ),
    "POST approvals": (
        lambda api, release: release_client.approve(api, release, approval()),
        "may not create approvals as Product owner in namespace fleet",
    ),
    "GET approvals": (release_client.approvals, "may not read approvals in namespace fleet"),
}


@pytest.mark.parametrize("request_", REFUSED)
def test_a_login_without_rights(cluster: Cluster, api: Api, request_: str) -> None:
    """Is told what it may not, in one line."""
    release = release_client.get(api, "fleet", "fleet", "test")
    cluster.refused[request_] = 403
    call, message = REFUSED[request_]
    with pytest.raises(CloudFailure, match=message):
        call(api, release)


def test_a_command_is_as_the_admission_policy_wants_it(cluster: Cluster, api: Api) -> None:
    """Its pattern, and who says it, word for word."""
    release = release_client.get(api, "fleet", "fleet", "test")
    for reason in (None, 'a "quoted" \\ reason'):
        release_client.command(api, release, "abort", "jürgen@example.com", reason)
        text = cluster.custom["fleet", "releases", "fleet"]["metadata"]["annotations"][release_client.COMMAND]
        assert re.fullmatch(COMMAND_PATTERN.replace("\\\\", "\\"), text), text
        assert '"by": "jürgen@example.com"' in text
