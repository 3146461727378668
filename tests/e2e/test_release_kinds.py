"""The kinds of releases and their admission policies, as an API server takes them. They need no node: a control plane of
their own is up in seconds."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from components.cluster.releases.manifests.controller import USER_NAME
from slipway.release.objects import ApprovalSpec, manifest
from slipway.release.observed import Verb
from tests.components.system.release.stack import released
from tests.e2e.conftest import RIG
from tests.e2e.rig import NAME

KINDS = ("CustomResourceDefinition", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
COMMAND = "slipway.dev/command"
LEAD, STEERS = "lead@example.com", "steers@example.com"


class ControlPlane:
    """An API server with the kinds, and one Release in each system's namespace."""

    def __init__(self, folder: Path) -> None:
        self._rig = [str(folder / "rig"), "-n", f"{NAME}-kinds"]
        home = Path(os.environ.get("RIG_HOME", Path.home() / ".cache" / "rig"))
        self._kubectl = str(home / "bin" / "kubectl")
        subprocess.run([*self._rig, "up", "control-plane"], check=True, capture_output=True, timeout=600)
        shown = subprocess.run([*self._rig, "kubeconfig"], check=True, capture_output=True, text=True, timeout=60)
        self._kubeconfig = shown.stdout.split()[-1]

    def down(self) -> None:
        subprocess.run([*self._rig, "down"], check=True, capture_output=True, timeout=120)

    def ask(self, *words: str, document: Any = None, by: str | None = None, groups: tuple[str, ...] = ()) -> str:
        """What kubectl says, whether or not it is refused; `by` is who asks."""
        who = ["--as", by, *(word for group in groups for word in ("--as-group", group))] if by else []
        run = subprocess.run(
            [self._kubectl, "--kubeconfig", self._kubeconfig, *who, *words],
            input=None if document is None else json.dumps(document),
            capture_output=True,
            text=True,
            timeout=60,
        )
        return run.stdout + run.stderr

    def apply(self, document: Any, **who: Any) -> str:
        return self.ask("apply", "--server-side", "--force-conflicts", "-f", "-", document=document, **who)


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    folder = os.environ.get(RIG)
    if folder is None:
        pytest.skip("not run: no cluster")
    found = ControlPlane(Path(folder).resolve())
    try:
        prepare(found)
        yield found
    finally:
        found.down()


def prepare(plane: ControlPlane) -> None:
    plan = released(fleet=FLEET)
    objects = [dict(step.inputs) for step in plan.steps if step.package == "kubernetes" and "kind" in step.inputs]
    for kind in KINDS:
        for each in (each for each in objects if each["kind"] == kind):
            assert "serverside-applied" in plane.apply(each)
        plane.ask("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    for each in (each for each in objects if each["apiVersion"] == "slipway.dev/v1"):
        plane.ask("create", "namespace", each["metadata"]["namespace"])
        output = plane.apply(each)
        assert "serverside-applied" in output, output
    for each in objects:
        if each["kind"] in ("Role", "RoleBinding") and each["metadata"]["name"] in ("operators", "approvers"):
            plane.apply(each)


FLEET = {
    "active": "green",
    "blue": {"version": "personal-use-v1.0.0"},
    "green": {"version": "personal-use-v1.1.0"},
    "release": {"roles": {"Lead engineer": ["leads"]}},
}


def fleet(plane: ControlPlane) -> dict[str, Any]:
    return json.loads(plane.ask("-n", "fleet", "get", "release", "fleet", "-o", "json"))


def wanted(plane: ControlPlane, **changes: Any) -> dict[str, Any]:
    found = fleet(plane)
    metadata = {"name": "fleet", "namespace": "fleet"}
    return {
        "apiVersion": "slipway.dev/v1",
        "kind": "Release",
        "metadata": metadata,
        "spec": {**found["spec"], **changes},
    }


def at(plane: ControlPlane, phase: str, weights: dict[str, int]) -> str:
    body = json.dumps({"status": {"phase": phase, "weights": weights}})
    return plane.ask("-n", "fleet", "patch", "release", "fleet", "--subresource=status", "--type=merge", "-p", body)


def test_all_systems_are_taken_and_shown(plane: ControlPlane) -> None:
    """Strictly, and with columns that a person reads at night."""
    shown = plane.ask("get", "releases", "-A")
    assert all(name in shown for name in ("expenses", "fleet", "kingstons", "marketplace", "smartwallet"))
    assert shown.split("\n")[0].split() == [
        *("NAMESPACE", "NAME", "VERSION", "SLOT", "PHASE", "STEP", "BLUE", "GREEN", "CLOSED", "REASON", "AGE")
    ]


def test_another_release_waits_for_the_one_in_progress(plane: ControlPlane) -> None:
    """The refusal names it, and how to end it; once it ended, the next is taken."""
    before = fleet(plane)["spec"]["id"]
    at(plane, "Stepping", {"blue": 90, "green": 10})
    output = plane.apply(wanted(plane, id="0123456789"))
    assert f"release {before} of fleet personal-use-v1.1.0 is in progress (Stepping)" in output
    assert "slipway release abort --stack" in output
    assert "serverside-applied" in plane.apply(wanted(plane, owner="fleet-team"))
    at(plane, "Promoted", {"blue": 0, "green": 100})
    assert "serverside-applied" in plane.apply(wanted(plane, id="0123456789"))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"steps": [{"weight": 50, "holdSeconds": 1}, {"weight": 10, "holdSeconds": 1}]}, "steps must increase"),
        ({"steps": [{"weight": 50, "holdSeconds": 1}]}, "the last step must have weight 100"),
        ({"system": "other"}, "spec.system cannot change"),
        ({"target": {"slot": "red", "version": "1"}}, "Unsupported value"),
    ],
)
def test_what_makes_no_sense_is_refused(plane: ControlPlane, changes: dict[str, Any], problem: str) -> None:
    assert problem in plane.apply(wanted(plane, **changes))


def test_weights_add_up(plane: ControlPlane) -> None:
    assert "must add up to 100" in at(plane, "Promoted", {"blue": 10, "green": 100})


def approval(called: str, **changes: Any) -> dict[str, Any]:
    given = {"release": "fleet", "id": "0123456789", "role": "Lead engineer", "by": LEAD, **changes}
    return manifest("Approval", "fleet", called, ApprovalSpec.model_validate(given))


def create(plane: ControlPlane, document: Any, by: str, *groups: str) -> str:
    return plane.ask("create", "-f", "-", document=document, by=by, groups=("slipway:fleet:approvers", *groups))


def test_who_approved_is_who_asked(plane: ControlPlane) -> None:
    """Nobody speaks for another, and a role with groups is spoken for by their members."""
    output = create(plane, approval("a1"), "other@example.com", "leads")
    assert "spec.by must be who creates it: other@example.com" in output
    assert "only members of leads give the word of Lead engineer" in create(plane, approval("a1"), LEAD)
    assert "created" in create(plane, approval("a1"), LEAD, "leads")
    assert "created" in create(plane, approval("a2", role="Manager"), LEAD)


def test_a_word_never_changes(plane: ControlPlane) -> None:
    create(plane, approval("a3"), LEAD, "leads")
    output = plane.ask("-n", "fleet", "patch", "approval", "a3", "--type=merge", "-p", '{"spec": {"comment": "no"}}')
    assert "an approval never changes" in output


def test_an_attestation_has_its_evidence(plane: ControlPlane) -> None:
    without = approval("a4", kind="attestation", name="Drill", role="Manager")
    assert "needs the link to its evidence" in create(plane, without, LEAD)
    complete = approval("a4", kind="attestation", name="Drill", role="Manager", link="https://example.com/1")
    assert "created" in create(plane, complete, LEAD)


def test_nobody_approves_where_nothing_is_released(plane: ControlPlane) -> None:
    plane.ask("create", "namespace", "empty")
    document = {**approval("a5", by="admin"), "metadata": {"name": "a5", "namespace": "empty"}}
    assert "created" not in plane.ask("create", "-f", "-", document=document)


def steer(plane: ControlPlane, text: str) -> str:
    words = ("-n", "fleet", "annotate", "release", "fleet", "--overwrite", f"{COMMAND}={text}")
    return plane.ask(*words, by=STEERS, groups=("slipway:fleet:operators",))


def test_operators_steer_in_their_own_name(plane: ControlPlane) -> None:
    """As `slipway release` writes commands; no quoting makes one the word of another."""
    command = {"id": "1", "verb": "abort", "by": STEERS, "reason": 'it "fails": é'}
    assert "annotated" in steer(plane, json.dumps(command, ensure_ascii=False))
    assert "in the name of who writes it" in steer(plane, json.dumps({**command, "id": "2", "by": LEAD}))
    hidden = {**command, "id": "3", "by": LEAD, "reason": f'"by": "{STEERS}"'}
    assert "in the name of who writes it" in steer(plane, json.dumps(hidden))
    twice = f'{{"id": "4", "verb": "abort", "by": "{STEERS}", "by": "{LEAD}"}}'
    assert "in the name of who writes it" in steer(plane, twice)


@pytest.mark.parametrize("verb", get_args(Verb))
def test_every_command_is_taken(plane: ControlPlane, verb: str) -> None:
    assert "annotated" in steer(plane, json.dumps({"id": verb, "verb": verb, "by": STEERS, "reason": "e2e"}))


def test_the_controller_deletes_gates_alone(plane: ControlPlane) -> None:
    """RBAC cannot tell Jobs apart; others delete as before."""
    pod = {"restartPolicy": "Never", "containers": [{"name": "gate", "image": "gate"}]}
    for name, labels in (("migrate-1", {}), ("admit-1", {"slipway.dev/gate": "admit"})):
        metadata = {"name": name, "namespace": "fleet", "labels": labels}
        spec = {"suspend": True, "template": {"spec": pod}}
        plane.apply({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec})
    words = ("-n", "fleet", "delete", "job", "--wait=false", "--cascade=background")
    masters = ("system:masters",)
    assert "deletes gates alone" in plane.ask(*words, "migrate-1", by=USER_NAME, groups=masters)
    assert "deleted" in plane.ask(*words, "admit-1", by=USER_NAME, groups=masters)
    assert "deleted" in plane.ask(*words, "migrate-1")


def test_operators_change_nothing_that_a_release_wants(plane: ControlPlane) -> None:
    words = ("-n", "fleet", "patch", "release", "fleet", "--type=merge", "-p", '{"spec": {"owner": "me"}}')
    output = plane.ask(*words, by=STEERS, groups=("slipway:fleet:operators",))
    assert "changed by `pulumi up` alone" in output
