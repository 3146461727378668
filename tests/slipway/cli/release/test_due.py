"""`slipway release due`."""

from __future__ import annotations

import json

from tests.slipway.cli.conftest import Copy
from tests.slipway.cli.release.conftest import Release
from tests.slipway.ops.cluster.sample_release import spec, status
from tests.slipway.ops.cluster.server import Cluster


def test_nothing_is_due(cluster: Cluster, release: Release) -> None:
    cluster.put_release("fleet", "fleet", spec(), status("Promoted"))
    run = release("due")
    assert (run.status, run.out) == (0, "nothing is due\n")


def test_what_people_owe_after_a_release(cluster: Cluster, release: Release) -> None:
    """As the controller asks for it; exit status 1."""
    cluster.put_release("fleet", "fleet", spec(), status("Promoted", asked=["Sign-off by Lead: `…`.", "Retire blue."]))
    run = release("due", "--system", "fleet")
    assert run.status == 1
    assert run.out.splitlines()[1:] == ["fleet   Sign-off by Lead: `…`.", "fleet   Retire blue."]
    found = json.loads(release("due", "--format", "json").out)
    assert found[1] == {"system": "fleet", "what": "Retire blue."}


def test_a_drill_is_due_until_somebody_attests_it(cluster: Cluster, release: Release, project: Copy) -> None:
    """By the interval of `recovery`, whatever release the word was given on."""
    cluster.put_release("rent-to-own", "marketplace", spec(system="marketplace"), status("Promoted"))
    run = release("due")
    assert run.status == 1
    assert "The drill of the quarter: there is none yet; see docs/recovery.md" in run.out
    attest = ("--name", "Recovery", "--link", "https://wiki.example/drill")
    assert release("attest", "--system", "marketplace", *attest).status == 0
    (attestation,) = (each for key, each in cluster.custom.items() if key[1] == "approvals")
    attestation["metadata"]["creationTimestamp"] = "2099-11-21T10:00:00Z"
    attestation["spec"]["id"] = "ffffffffff"
    assert release("due").out == "nothing is due\n"
    attestation["metadata"]["creationTimestamp"] = "2020-11-21T10:00:00Z"
    assert "the last one is of 2020-11-21 10:00 UTC" in release("due").out
