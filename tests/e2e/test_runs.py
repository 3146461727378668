"""Runs of `slipway rehearse`: concurrent, interrupted, refused, cut off from the API server, and with visitors."""

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
from tests.e2e import built_images
from tests.e2e.api_proxy import api_proxy
from tests.e2e.conftest import World
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
BOTH_NEW = """        fleet:
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
PASS, FOREIGN = "fleet-pass", {"smoke-tests": "dGhlaXJz"}


def changed_stack(folder: Path, *changes: tuple[str, str]) -> Path:
    """The stack's file with replaced texts."""
    text = STACK.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / STACK.name
    file.write_text(text, encoding="utf-8")
    return file


def output_until(run: subprocess.Popen[str], wanted: str) -> str:
    """The output of a run up to the first line that matches."""
    assert run.stdout is not None
    output = ""
    for line in run.stdout:
        output += line
        if re.search(wanted, line):
            return output
    raise AssertionError(f"no line matches {wanted!r}: {output[-3000:]}")


def apply_stack(world: World, stack: Path, *options: str) -> str:
    """The output of a complete and successful run."""
    status, output = rehearse(world.rig, stack, options=("--yes", *options))
    assert status == 0, output[-3000:]
    return output


def object_named(world: World, kind: str, namespace: str, name: str) -> dict[str, Any]:
    words = ("-n", namespace, "--show-managed-fields", "--field-selector", f"metadata.name={name}")
    (found,) = world.rig.get(kind, *words)
    return found


def test_a_second_run_is_refused_during_the_first(world: World) -> None:
    """The error names the holder, and nothing changes. The first run waits for a deletion, and names the finalizer."""
    world.rig.kubectl("apply", "-f", "-", stdin=json.dumps(HELD))
    run = rehearsing(world.rig, STACK)
    try:
        output = output_until(run, f"ConfigMap fleet/held: .*held by finalizer {FINALIZER}")
        status, other = rehearse(world.rig, STACK)
    finally:
        world.rig.kubectl("-n", "fleet", "patch", "configmap", "held", "-p", '{"metadata": {"finalizers": null}}')
    assert status == BAD_INPUT, other[-2000:]
    assert re.search(rf"another rehearsal is running on this cluster: .*\(process {run.pid}\)", other), other[-2000:]
    status, rest = ended(run)
    assert status == 0, (output + rest)[-3000:]
    assert "ConfigMap fleet/held: deleted" in rest


@dataclass(frozen=True)
class Release:
    """The results of four runs, one after the other, and the answers that visitors got meanwhile."""

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
    """Requests until the block ends; then `answers` has the statuses that they got."""
    file = folder / "enough"
    words = [str(IMAGES / "visitors.py"), address(world), HOST, "/api/x", str(file)]
    client = world.rig.begin("python3", *words)
    try:
        yield
    finally:
        file.touch()
        output, _ = client.communicate(timeout=300)
    answers |= json.loads(output)


@pytest.fixture(scope="module")
def release(world: World, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A slot is removed. It returns at a new version, with twice the pods and other weights, while the other slot changes its
    version: by a run that is interrupted, and one during which the API server is away. Then the stack is restored."""
    folder, answers = tmp_path_factory.mktemp("release"), dict[str, int]()
    built_images.make(world.rig, NEW)
    try:
        with visitors(world, folder, answers):
            removed = apply_stack(world, changed_stack(folder, (FLEET, ONLY_GREEN)))
            after_removal = frozenset(deployments(world))
            stack = changed_stack(folder, (FLEET, BOTH_NEW), (ONE_POD, TWO_PODS))
            interrupted = interrupted_run(world, stack)
            leases = len(world.rig.get("leases.coordination.k8s.io", "-n", "slipway-rehearsal"))
            cut_off = cut_off_run(world, stack, folder)
        return Release(
            removed,
            after_removal,
            interrupted,
            leases,
            cut_off,
            deployments(world),
            {each["metadata"]["name"]: each for each in world.rig.get("pods", "-n", "fleet")},
            object_named(world, "httproutes.gateway.networking.k8s.io", "fleet", "fleet-api-web"),
            answers,
        )
    finally:
        apply_stack(world, STACK)


def deployments(world: World) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in world.rig.get("deployments.apps", "-n", "fleet")}


def interrupted_run(world: World, stack: Path) -> tuple[int, str]:
    """By Ctrl-C, while it waits for the new slot's pods."""
    run = rehearsing(world.rig, stack)
    output = output_until(run, "Deployment fleet/fleet-api-blue: created")
    run.send_signal(signal.SIGINT)
    status, rest = ended(run)
    return status, output + rest


def cut_off_run(world: World, stack: Path, folder: Path) -> str:
    """The API server becomes unreachable after the first change, and returns once the run has reported it."""
    with api_proxy(world.rig.kubeconfig, folder) as (way, kubeconfig):
        run = rehearsing(world.rig, stack, kubeconfig=kubeconfig)
        output = output_until(run, ": (created|changed)$")
        way.shut()
        output += output_until(run, "the API server does not respond")
        way.open()
        status, rest = ended(run)
    assert status == 0, (output + rest)[-3000:]
    return output + rest


def test_a_removed_slot_is_deleted_with_its_objects(release: Release) -> None:
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
    status, output = release.interrupted
    assert status == INTERRUPTED, output[-3000:]
    assert "Traceback" not in output
    assert "HTTPRoute fleet/fleet-api-web" not in output
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
def foreign_secret(world: World) -> Iterator[None]:
    """A Secret of another owner, which the plan has too."""
    world.rig.kubectl("-n", "fleet", "delete", "secret", PASS)
    world.rig.kubectl("-n", "fleet", "create", "secret", "generic", PASS, "--from-literal=smoke-tests=theirs")
    yield
    if data(world) == FOREIGN:
        apply_stack(world, STACK, "--take-over")


def data(world: World) -> Mapping[str, str]:
    return object_named(world, "secrets", "fleet", PASS)["data"]


def test_a_dry_run_shows_what_a_run_would_do(world: World, foreign_secret: None, tmp_path: Path) -> None:
    """One value of a route, and what would be refused. Nobody is asked, and nothing is changed."""
    stack = changed_stack(tmp_path, ("weight: 90}", "weight: 80}"), ("weight: 10}", "weight: 20}"))
    kind = "httproutes.gateway.networking.k8s.io"
    before = object_named(world, kind, "fleet", "fleet-api-web"), data(world)
    status, output = rehearse(world.rig, stack, options=("--dry-run",))
    assert status == FAILED, output[-3000:]
    assert re.search(r"(?m)^~ HTTPRoute fleet/fleet-api-web\n", output), output[-3000:]
    assert re.search(r"(?m)^    spec\.rules\[\d\]\.backendRefs\[0\]\.weight: 90 → 80$", output), output[-3000:]
    assert f"! Secret fleet/{PASS}\n" in output
    assert before == (object_named(world, kind, "fleet", "fleet-api-web"), data(world))


def test_nothing_of_others_is_taken_over(world: World, foreign_secret: None) -> None:
    """It stays unchanged until `--take-over` is passed."""
    before = data(world)
    status, output = rehearse(world.rig, STACK)
    assert status == FAILED, output[-3000:]
    refusal = rf"(?m)^  Secret fleet/{PASS}: another manager owns data\.smoke-tests from [\w-]+: pass --take-over"
    assert re.search(refusal, output), output[-3000:]
    assert data(world) == before == FOREIGN
    apply_stack(world, STACK, "--take-over")
    assert data(world) != before
