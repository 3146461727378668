"""Runs of `slipway rehearse` beside each other, interrupted, refused, cut off, and under the eyes of visitors."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from slipway.ops.cluster.marks import ANNOTATION, LABEL, Mark
from tests.e2e import images
from tests.e2e.conftest import World
from tests.e2e.door import door
from tests.e2e.rig import IMAGES, STACK, ended, rehearse, rehearsing
from tests.e2e.test_traffic import HOST, address

BAD_INPUT, FAILED, INTERRUPTED = 2, 3, 130
FLEET = """        fleet:
          blue: {version: personal-use-v1.0.0, weight: 90}
          green: {version: personal-use-v1.1.0, weight: 10}
"""
ONLY_GREEN = """        fleet:
          active: green
          green: {version: personal-use-v1.1.0}
"""
BOTH_ANEW = """        fleet:
          blue: {version: personal-use-v1.2.0, weight: 60}
          green: {version: personal-use-v1.3.0, weight: 40}
"""
ONE_POD, TWO_PODS = (f"fleet-api: {{replicas: {{minimum: {number}, maximum: {number}}}" for number in (1, 2))
NEW = [f"registry.example.com/{name}:personal-use-v1.{n}.0" for name in ("fleet-api", "fleet-frontend") for n in (2, 3)]
MARK = Mark("rig", "main")
FINALIZER = "slipway.dev/held-by-a-test"
HELD = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {
        "name": "held",
        "namespace": "fleet",
        "labels": {LABEL: MARK.digest},
        "annotations": {ANNOTATION: MARK.text},
        "finalizers": [FINALIZER],
    },
}
"""Of the stack, as far as anybody can tell, and no longer in its plan; it does not go before somebody lets it."""
PASS, THEIRS = "fleet-pass", {"smoke-tests": "dGhlaXJz"}


def changed(folder: Path, *changes: tuple[str, str]) -> Path:
    """The stack's file with other words."""
    text = STACK.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / STACK.name
    file.write_text(text, encoding="utf-8")
    return file


def until(run: subprocess.Popen[str], wanted: str) -> str:
    """What a run printed, up to a line that tells of something."""
    assert run.stdout is not None
    said = ""
    for line in run.stdout:
        said += line
        if re.search(wanted, line):
            return said
    raise AssertionError(f"it never said {wanted!r}: {said[-3000:]}")


def brought_to(world: World, stack: Path, *options: str) -> str:
    """A whole run, which ends well."""
    status, said = rehearse(world.rig, stack, options=("--yes", *options))
    assert status == 0, said[-3000:]
    return said


def one(world: World, kind: str, namespace: str, name: str) -> dict[str, Any]:
    words = ("-n", namespace, "--show-managed-fields", "--field-selector", f"metadata.name={name}")
    (found,) = world.rig.get(kind, *words)
    return found


def test_a_second_run_is_told_of_the_first(world: World) -> None:
    """By its holder's name, and changes nothing. The first one waits for a deletion, and tells what holds that."""
    world.rig.kubectl("apply", "-f", "-", stdin=json.dumps(HELD))
    run = rehearsing(world.rig, STACK)
    try:
        said = until(run, f"ConfigMap fleet/held: .*held by finalizer {FINALIZER}")
        status, other = rehearse(world.rig, STACK)
    finally:
        world.rig.kubectl("-n", "fleet", "patch", "configmap", "held", "-p", '{"metadata": {"finalizers": null}}')
    assert status == BAD_INPUT, other[-2000:]
    assert re.search(rf"another rehearsal is running on this cluster: .*\(process {run.pid}\)", other), other[-2000:]
    status, rest = ended(run)
    assert status == 0, (said + rest)[-3000:]
    assert "ConfigMap fleet/held: deleted" in rest


@dataclass(frozen=True)
class Release:
    """What four runs came to, one after the other, and what visitors had for answers all the time."""

    removed: str
    after_removal: frozenset[str]
    interrupted: tuple[int, str]
    leases: int
    cut_off: str
    deployments: Mapping[str, Mapping[str, Any]]
    pods: Mapping[str, Any]
    route: Mapping[str, Any]
    answers: Mapping[str, int]


@contextmanager
def visitors(world: World, folder: Path, answers: dict[str, int]) -> Iterator[None]:
    """They come until the block ends; then `answers` tells what they got."""
    file = folder / "enough"
    words = [str(IMAGES / "visitors.py"), address(world), HOST, "/api/x", str(file)]
    coming = world.rig.begin("python3", *words)
    try:
        yield
    finally:
        file.touch()
        said, _ = coming.communicate(timeout=300)
    answers |= json.loads(said)


@pytest.fixture(scope="module")
def release(world: World, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A slot goes. It comes back at a new version, with twice the pods and other weights, while the other slot changes its
    version: by a run that is interrupted, and one that the API server leaves for a while. Then all is as it was."""
    folder, answers = tmp_path_factory.mktemp("release"), dict[str, int]()
    images.make(world.rig, NEW)
    try:
        with visitors(world, folder, answers):
            removed = brought_to(world, changed(folder, (FLEET, ONLY_GREEN)))
            after_removal = frozenset(deployments(world))
            stack = changed(folder, (FLEET, BOTH_ANEW), (ONE_POD, TWO_PODS))
            interrupted = interrupt(world, stack)
            leases = len(world.rig.get("leases.coordination.k8s.io", "-n", "slipway-rehearsal"))
            cut_off = cut(world, stack, folder)
        return Release(
            removed,
            after_removal,
            interrupted,
            leases,
            cut_off,
            deployments(world),
            {each["metadata"]["name"]: each for each in world.rig.get("pods", "-n", "fleet")},
            one(world, "httproutes.gateway.networking.k8s.io", "fleet", "fleet-api-web"),
            answers,
        )
    finally:
        brought_to(world, STACK)


def deployments(world: World) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in world.rig.get("deployments.apps", "-n", "fleet")}


def interrupt(world: World, stack: Path) -> tuple[int, str]:
    """By Ctrl-C, while it waits for the new slot's pods."""
    run = rehearsing(world.rig, stack)
    said = until(run, "Deployment fleet/fleet-api-blue: created")
    run.send_signal(signal.SIGINT)
    status, rest = ended(run)
    return status, said + rest


def cut(world: World, stack: Path, folder: Path) -> str:
    """The API server goes away when the run has begun to change something, and comes back when it was missed."""
    with door(world.rig.kubeconfig, folder) as (way, kubeconfig):
        run = rehearsing(world.rig, stack, kubeconfig=kubeconfig)
        said = until(run, ": (created|changed)$")
        way.shut()
        said += until(run, "the API server does not respond")
        way.open()
        status, rest = ended(run)
    assert status == 0, (said + rest)[-3000:]
    return said + rest


def test_a_removed_slot_goes_with_all_that_it_had(release: Release) -> None:
    """What the plan no longer has is pruned, after visitors went elsewhere."""
    assert "Deployment fleet/fleet-api-blue: deleted" in release.removed
    assert release.removed.index("HTTPRoute fleet/fleet-api-web: changed") < release.removed.index(": deleted")
    assert not [name for name in release.after_removal if name.endswith("-blue")]


def test_nobody_is_turned_away(release: Release) -> None:
    """Not while a slot goes, nor while one comes, nor when versions and weights change in one run."""
    assert sum(release.answers.values()) > 100
    assert release.answers.keys() == {"200"}, release.answers


def test_an_interrupted_run_gives_its_lease_back(release: Release) -> None:
    """It leaves no traceback, and visitors where they were; the next run makes what was left."""
    status, said = release.interrupted
    assert status == INTERRUPTED, said[-3000:]
    assert "Traceback" not in said
    assert "HTTPRoute fleet/fleet-api-web" not in said
    assert release.leases == 0


def test_an_api_server_that_comes_back_is_waited_for(release: Release) -> None:
    """It was away for some seconds in the middle of a run, which ended well."""
    assert "the API server responds again" in release.cut_off
    assert re.search(r"(?m)^rehearsed rig on .* 0 pruned", release.cut_off), release.cut_off[-1000:]


def test_versions_and_weights_change_in_one_run(release: Release) -> None:
    """Each slot has its new image, and the routes the new weights."""
    found = {
        name: each["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]
        for name, each in release.deployments.items()
        if name.startswith("fleet-api-")
    }
    assert found == {"fleet-api-blue": "personal-use-v1.2.0", "fleet-api-green": "personal-use-v1.3.0"}
    (rule,) = (each for each in release.route["spec"]["rules"] if each["name"] == "by-weight-any")
    assert [each["weight"] for each in rule["backendRefs"]] == [60, 40]


@pytest.mark.parametrize("slot", ["blue", "green"])
def test_a_slot_has_its_minimum_before_visitors(release: Release, slot: str) -> None:
    """One that is new, and one whose minimum was raised: its pods were ready when the routes changed."""
    fields = release.route["metadata"]["managedFields"]
    (routed,) = (each["time"] for each in fields if each["manager"] == "slipway" and "subresource" not in each)
    ready = sorted(
        next(each["lastTransitionTime"] for each in pod["status"]["conditions"] if each["type"] == "Ready")
        for name, pod in release.pods.items()
        if name.startswith(f"fleet-api-{slot}-") and "deletionTimestamp" not in pod["metadata"]
    )
    assert len(ready) == 2
    assert datetime.fromisoformat(ready[1]) <= datetime.fromisoformat(routed)


@pytest.fixture(scope="module")
def theirs(world: World) -> Iterator[None]:
    """A Secret that somebody else made, and that the plan has too."""
    world.rig.kubectl("-n", "fleet", "delete", "secret", PASS)
    world.rig.kubectl("-n", "fleet", "create", "secret", "generic", PASS, "--from-literal=smoke-tests=theirs")
    yield
    if data(world) == THEIRS:
        brought_to(world, STACK, "--take-over")


def data(world: World) -> Mapping[str, str]:
    return one(world, "secrets", "fleet", PASS)["data"]


def test_a_dry_run_shows_what_a_run_would_do(world: World, theirs: None, tmp_path: Path) -> None:
    """One value of a route, and what would be refused. Nobody is asked, and nothing is changed."""
    stack = changed(tmp_path, ("weight: 90}", "weight: 80}"), ("weight: 10}", "weight: 20}"))
    kind = "httproutes.gateway.networking.k8s.io"
    before = one(world, kind, "fleet", "fleet-api-web"), data(world)
    status, said = rehearse(world.rig, stack, options=("--dry-run",))
    assert status == FAILED, said[-3000:]
    assert re.search(r"(?m)^~ HTTPRoute fleet/fleet-api-web\n", said), said[-3000:]
    assert re.search(r"(?m)^    spec\.rules\[\d\]\.backendRefs\[0\]\.weight: 90 → 80$", said), said[-3000:]
    assert f"! Secret fleet/{PASS}\n" in said
    assert before == (one(world, kind, "fleet", "fleet-api-web"), data(world))


def test_nothing_of_others_is_taken_over(world: World, theirs: None) -> None:
    """It stays as it is until it is said that this stack is to have it."""
    before = data(world)
    status, said = rehearse(world.rig, STACK)
    assert status == FAILED, said[-3000:]
    told = rf"(?m)^  Secret fleet/{PASS}: another manager owns data\.smoke-tests from [\w-]+: pass --take-over"
    assert re.search(told, said), said[-3000:]
    assert data(world) == before == THEIRS
    brought_to(world, STACK, "--take-over")
    assert data(world) != before
