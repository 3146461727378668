"""docs/extensions.md: manifests of a system's own on each cloud, planned and judged."""

from __future__ import annotations

import copy
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.manifests import own_pods
from components.manifests.own_pods import Footprint
from slipway.cli.selection import select
from slipway.rehearsal import Step
from slipway.reports import ledger
from slipway.settings.locate import locate
from slipway.settings.manifests import read
from slipway.settings.project import find_project
from tests.components.system.test_programs import CLOUDS, STACK
from tests.forking import forked_workers
from tests.rehearsed import ROOT, Rehearsed
from tests.shared import shared

KINDS = ("Deployment", "Service", "NetworkPolicy", "PodDisruptionBudget")
EXTRA = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: papers
  annotations: {note: kept}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader-of-nodes}
rules: [{apiGroups: [""], resources: [nodes], verbs: [get]}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: words, namespace: legacy}
data: {words: umbrella}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: converter}
spec: {selector: {matchLabels: {app.kubernetes.io/name: converter}}, podMetricsEndpoints: [{port: http}]}
"""
RIGHTS = {
    "namespaces": ["legacy"],
    "kinds": [{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "scope": "cluster"}],
}


def blocks() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "extensions.md").read_text(encoding="utf-8"), re.DOTALL)


def project(folder: Path, manifests: dict[str, str], rights: dict[str, Any]) -> Path:
    """A stack of production with the example on each cloud, in systems that are called like their cloud."""
    clusters = copy.deepcopy(STACK)
    for room in ("components", "slipway", "__main__.py", "Pulumi.yaml", "policies"):
        (folder / room).symlink_to(ROOT / room)
    for cloud in CLOUDS:
        definition = {"title": "Shop", "owner": {"team": "shop"}, "domains": {"web": f"{cloud}.example.com"}}
        home = folder / "systems" / cloud
        (home / "manifests").mkdir(parents=True)
        text = yaml.safe_dump({**definition, **yaml.safe_load(blocks()[0])}, sort_keys=False)
        (home / "system.yaml").write_text(text, encoding="utf-8")
        for name, content in manifests.items():
            (home / "manifests" / name).write_text(content, encoding="utf-8")
        home = {"namespace": "observability", "labels": {}, "prober": "prober.observability.svc:9115"}
        clusters[cloud] |= {"controllers": {"metrics": "present"}, "present": {"metrics": home}}
        clusters[cloud]["systems"] = {cloud: {"blue": {"version": "2.3.0"}, "manifests": copy.deepcopy(rights)}}
    config = {"slipway:environment": "production", "slipway:clusters": clusters}
    (folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
    return folder


@shared
def planned() -> Rehearsed:
    """The example as the page has it."""
    return _rehearsed({"converter.yaml": blocks()[1]}, {})


@shared
def more() -> Rehearsed:
    """The example with objects that a stack allows, or that hold data, or that nobody serves."""
    return _rehearsed({"converter.yaml": blocks()[1], "more.yml": EXTRA, "notes.txt": "no object"}, RIGHTS)


def _rehearsed(manifests: dict[str, str], rights: dict[str, Any]) -> Rehearsed:
    with tempfile.TemporaryDirectory() as made:
        selection = select(project(Path(made), manifests, rights), "test", None)
        with forked_workers():
            return Rehearsed(selection.rehearse(policies=True), selection.stack)


@cache
def steps(extended: bool = False) -> dict[str, Step]:
    """The resources of manifests: `aws/Deployment/converter`."""
    plan = (more() if extended else planned()).plan
    found = [step for step in plan.steps if "slipway:system:Manifests$" in step.urn]
    return {
        f"{step.name.partition('/')[0]}/{step.type.rpartition(':')[2]}/{step.name.partition('/')[2]}": step
        for step in found
    }


def test_each_object_is_a_resource_of_the_plan() -> None:
    calls = {f"{cloud}/NetworkPolicy/shop-to-converter" for cloud in CLOUDS}
    assert set(steps()) == calls | {f"{cloud}/{kind}/converter" for cloud in CLOUDS for kind in KINDS}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_object_has_namespace_labels_and_source(cloud: str) -> None:
    """Beside what its file says, and in the form in which the API server gets it."""
    step = steps()[f"{cloud}/Deployment/converter"]
    assert step.type == "kubernetes:apps/v1:Deployment"
    assert step.inputs["apiVersion"] == "apps/v1"
    assert step.inputs["spec"]["replicas"] == 2
    metadata = step.inputs["metadata"]
    assert metadata["namespace"] == cloud
    assert metadata["labels"] == {
        "app.kubernetes.io/component": "support",
        "app.kubernetes.io/part-of": cloud,
        "app.kubernetes.io/managed-by": "slipway",
    }
    own = {"app.kubernetes.io/name": "converter"}
    ours = {"app.kubernetes.io/part-of": cloud, "app.kubernetes.io/managed-by": "slipway"}
    assert step.inputs["spec"]["template"]["metadata"]["labels"] == own | ours, "so that their logs are collected"
    assert step.inputs["spec"]["selector"]["matchLabels"] == own
    assert metadata["annotations"] == {"slipway.dev/source": f"systems/{cloud}/manifests/converter.yaml:[0]"}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_object_waits_for_the_namespace(cloud: str) -> None:
    waits = steps()[f"{cloud}/Service/converter"].dependencies
    assert any(urn.endswith(f"slipway:system:Namespace::{cloud}") for urn in waits) or any(
        "core/v1:Namespace" in urn for urn in waits
    )


def test_the_rules_find_nothing() -> None:
    """Whatever they judge, in production."""
    assert [str(each) for each in planned().findings if "Manifests$" in str(each.urn)] == []


def test_the_rules_judge_them() -> None:
    """As they judge what the program makes: here a tag without digest, and a container that may do anything."""
    text = re.sub(r"@sha256:[0-9a-f]+", "", blocks()[1]).replace("readOnlyRootFilesystem: true", "privileged: true")
    found = {each.policy for each in _rehearsed({"converter.yaml": text}, {}).findings if "Manifests$" in str(each.urn)}
    assert {"image-pins", "container-hardening"} <= found


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_holds_data_is_protected_and_in_the_ledger(cloud: str) -> None:
    claim = steps(True)[f"{cloud}/PersistentVolumeClaim/papers"]
    assert claim.state["protect"] is True
    assert claim.urn in ledger.protected(more().plan)
    assert claim.inputs["metadata"]["annotations"]["note"] == "kept"
    assert not steps(True)[f"{cloud}/Deployment/converter"].state.get("protect")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_a_stack_allows(cloud: str) -> None:
    """An object of the whole cluster has no namespace, and one of another namespace is called after it."""
    role = steps(True)[f"{cloud}/ClusterRole/reader-of-nodes"]
    assert "namespace" not in role.inputs["metadata"]
    words = steps(True)[f"{cloud}/ConfigMap/legacy/words"]
    assert words.inputs["metadata"]["namespace"] == "legacy"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_quota_has_room_for_their_pods(cloud: str) -> None:
    def quota(plan: Rehearsed) -> dict[str, str]:
        (found,) = [each for each in plan.plan.steps if each.type.endswith(":ResourceQuota") and each.name == cloud]
        return found.inputs["spec"]["hard"]

    without = _without()
    before, after = quota(without), quota(planned())
    assert int(after["pods"]) - int(before["pods"]) == 3, "two, and one more while it is updated"
    assert int(after["limits.memory"][:-2]) - int(before["limits.memory"][:-2]) == 3 * 512


@shared
def _without() -> Rehearsed:
    return _rehearsed({"words.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: words}, data: {a: b}}"}, {})


def test_a_name_that_the_program_uses_itself_is_refused(tmp_path: Path) -> None:
    """With file and line: in the cluster there would be one of both."""
    text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: shop-blue\nspec: {ports: [{port: 80}]}\n"
    with forked_workers():
        rehearsal = select(project(tmp_path, {"a.yaml": text}, {}), "test", None).rehearse(policies=False)
    said = "\n".join(each.message for each in rehearsal.diagnostics)
    assert rehearsal.failure is not None
    assert (
        "systems/aws/manifests/a.yaml:4: metadata.name: is the name of a Service that the program makes itself" in said
    )


def test_a_pointer_is_the_line_of_its_document(tmp_path: Path) -> None:
    """Of the second document too, whose lines do not begin at 1."""
    folder = project(tmp_path, {"more.yml": EXTRA}, RIGHTS)
    found = locate(find_project(folder), folder / "Pulumi.test.yaml", "systems/aws/manifests/more.yml:[1]", "rules")
    assert str(found) == "systems/aws/manifests/more.yml:12"


OWN = {
    "Job": (
        "batch/v1",
        {"parallelism": 3, "template": {"spec": {"containers": [{}]}}},
        Footprint(3, 150, 192, 1500, 768),
    ),
    "CronJob": (
        "batch/v1",
        {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{}]}}}}},
        Footprint(1, 50, 64, 500, 256),
    ),
    "ScaledJob": (
        "keda.sh/v1alpha1",
        {"maxReplicaCount": 4, "jobTargetRef": {"parallelism": 2, "template": {"spec": {"containers": [{}]}}}},
        Footprint(8, 400, 512, 4000, 2048),
    ),
    "DaemonSet": ("apps/v1", {"template": {"spec": {"containers": [{}]}}}, Footprint(7, 350, 448, 3500, 1792)),
    "StatefulSet": (
        "apps/v1",
        {
            "replicas": 2,
            "template": {
                "spec": {
                    "initContainers": [{"resources": {"limits": {"cpu": 1, "memory": "1G"}}}],
                    "containers": [{"resources": {"requests": {"cpu": "1.5", "memory": "1Gi"}}}],
                }
            },
        },
        Footprint(2, 5000, 3956, 3000, 2420),
    ),
}


@pytest.mark.parametrize("kind", OWN)
def test_what_pods_take(tmp_path: Path, kind: str) -> None:
    """Defaults are those of the namespace's LimitRange, and a limit without a request is one too."""
    version, spec, wanted = OWN[kind]
    text = yaml.safe_dump({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": spec})
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    manifests, problems = read(tmp_path, "systems/a", ["a.yaml"])
    assert problems == []
    assert own_pods.footprint(manifests, "a", nodes=7) == wanted


def test_an_autoscaler_says_how_many_pods_there_are(tmp_path: Path) -> None:
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "a"},
        "spec": {"maxReplicas": 8, "scaleTargetRef": {"kind": "Deployment", "name": "a"}},
    }
    scaled = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a"},
        "spec": {"template": {"spec": {"containers": [{}]}}},
    }
    (tmp_path / "a.yaml").write_text(yaml.safe_dump_all([scaler, scaled]), encoding="utf-8")
    manifests, _ = read(tmp_path, "systems/a", ["a.yaml"])
    assert own_pods.footprint(manifests, "a", nodes=1).pods == 10
