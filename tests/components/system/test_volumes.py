"""docs/volumes.md: its example as a system on each cloud, planned and judged."""

from __future__ import annotations

import copy
import re
import tempfile
import textwrap
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.cluster.monitoring.manifests.alerting.labels import RESTORE_PASSED
from components.manifests import namespace
from components.manifests.scope import Scope
from slipway.cli.selection import select
from slipway.rehearsal import Finding, Step
from slipway.reports import leaving, ledger
from slipway.settings.system import System
from tests.components.system.release.stack import RELEASE, before
from tests.components.system.test_programs import CLOUDS, STACK
from tests.forking import forked_workers
from tests.rehearsed import ROOT, Rehearsed
from tests.shared import shared
from tests.unwatched import unwatched

SLOTS = ("blue", "green")
CLAIMS = {"code-shared-data", "search-shared-index", "thumbnails-blue-made", "thumbnails-green-made"}
CLASSES = {"aws": "standard", "azure": "managed-csi-premium", "local": "fast"}
"""Of the volume `data`; the stack chooses that of `azure`."""


def example(number: int = 0) -> dict[str, Any]:
    """A system, or what a stack says of one."""
    text = (ROOT / "docs" / "volumes.md").read_text(encoding="utf-8")
    return yaml.safe_load(textwrap.dedent(re.findall(r" *```yaml\n(.*?)```", text, re.DOTALL)[number]))


@shared
def planned() -> Rehearsed:
    """The example on each cloud, in a stack of production whose systems are called like their cloud. The controller
    releases on `local`."""
    clusters = copy.deepcopy(STACK)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for room in ("components", "slipway", "__main__.py", "Pulumi.yaml", "policies"):
            (folder / room).symlink_to(ROOT / room)
        for cloud in CLOUDS:
            definition = {"title": "Shop", "owner": {"team": "shop"}, "domains": {"web": f"{cloud}.example.com"}}
            file = folder / "systems" / cloud / "system.yaml"
            file.parent.mkdir(parents=True)
            file.write_text(yaml.safe_dump({**definition, **example()}, sort_keys=False), encoding="utf-8")
            clusters[cloud] |= unwatched()
            clusters[cloud]["systems"] = {
                cloud: {"active": "green", "blue": {"version": "2.3.0"}, "green": {"version": "2.4.0"}}
            }
        clusters["azure"]["systems"]["azure"]["services"] = example(1)["fleet"]["services"]
        clusters["local"]["storageClass"] = "fast"
        clusters["local"]["controllers"] = {"logs": "absent", "releases": "installed"}
        del clusters["local"]["monitoring"]
        clusters["local"]["releases"] = {"image": "localhost:5000/slipway:1.4.0"}
        config = {"slipway:environment": "production", "slipway:clusters": clusters}
        (folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
        selection = select(folder, "test", None)
        with forked_workers():
            return Rehearsed(selection.rehearse(policies=True), selection.stack)


@cache
def steps() -> dict[str, Step]:
    """The resources of the systems: `aws/StatefulSet/code-shared`."""
    found = [(step, step.name.partition("/")) for step in planned().plan.steps]
    return {f"{cloud}/{re.split('[:/]', step.type)[-1]}/{name}": step for step, (cloud, _, name) in found if name}


def spec(cloud: str, kind: str, name: str) -> dict[str, Any]:
    return steps()[f"{cloud}/{kind}/{name}"].inputs["spec"]


def pod(cloud: str, name: str) -> dict[str, Any]:
    return spec(cloud, "StatefulSet", name)["template"]["spec"]


def names(cloud: str, kind: str) -> set[str]:
    return {key.split("/", 2)[2] for key in steps() if key.startswith(f"{cloud}/{kind}/")}


def awaited(cloud: str, kind: str, name: str) -> set[str]:
    by_urn = planned().plan.by_urn
    found = (by_urn[urn] for urn in steps()[f"{cloud}/{kind}/{name}"].dependencies)
    return {f"{re.split('[:/]', each.type)[-1]} {each.name.partition('/')[2]}" for each in found}


def findings(rule: str) -> list[Finding]:
    return [each for each in planned().findings if each.policy == rule]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_service_with_volumes_is_one_pod_that_never_runs_twice(cloud: str) -> None:
    """A StatefulSet outside the slots, or in each; services without volumes stay Deployments."""
    assert names(cloud, "StatefulSet") >= {"code-shared", "search-shared", "thumbnails-blue", "thumbnails-green"}
    assert {"review-blue", "review-green"} <= names(cloud, "Deployment")
    assert not any(name.startswith(("code-b", "code-g", "code-s", "thumb")) for name in names(cloud, "Deployment"))
    scaled = names(cloud, "HorizontalPodAutoscaler")
    assert scaled == {"review-blue", "review-green"}
    for name in ("code-shared", "thumbnails-blue"):
        declared = spec(cloud, "StatefulSet", name)
        assert declared["replicas"] == 1
        assert declared["updateStrategy"] == {"type": "RollingUpdate"}
        assert "volumeClaimTemplates" not in declared
        budget = spec(cloud, "PodDisruptionBudget", name)
        assert budget["selector"] == declared["selector"]
        assert budget["maxUnavailable"] == 1


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_volume_is_a_claim_of_its_own(cloud: str) -> None:
    """Of the cluster's encrypted class, for one pod, protected, and mounted where the definition says."""
    assert names(cloud, "PersistentVolumeClaim") == CLAIMS
    claim = steps()[f"{cloud}/PersistentVolumeClaim/code-shared-data"]
    assert claim.inputs["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": CLASSES[cloud],
        "resources": {"requests": {"storage": "20Gi"}},
    }
    usual = {**CLASSES, "azure": "managed-csi"}[cloud]
    assert spec(cloud, "PersistentVolumeClaim", "search-shared-index")["storageClassName"] == usual
    assert claim.state["protect"] is True
    assert "PersistentVolumeClaim code-shared-data" in awaited(cloud, "StatefulSet", "code-shared")
    found = pod(cloud, "code-shared")
    assert {"name": "volume-data", "persistentVolumeClaim": {"claimName": "code-shared-data"}} in found["volumes"]
    assert {"name": "volume-data", "mountPath": "/var/lib/code"} in found["containers"][0]["volumeMounts"]
    assert found["securityContext"]["fsGroup"] == found["securityContext"]["runAsUser"] == 10001
    assert found["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_both_slots_lead_to_the_one_pod(cloud: str) -> None:
    """By a name that no slot has; routes find it by the Services of the slots, which workers do not have."""
    labels = {"app.kubernetes.io/name": "code", "slipway.dev/slot": "shared"}
    assert spec(cloud, "StatefulSet", "code-shared")["template"]["metadata"]["labels"].items() >= labels.items()
    for name in ("code-blue", "code-green", "code-shared"):
        assert spec(cloud, "Service", name)["selector"] == labels
    assert not {"search-blue", "search-green"} & names(cloud, "Service")
    for slot in SLOTS:
        assert steps()[f"{cloud}/ConfigMap/review-{slot}"].inputs["data"]["CODE_URL"] == "http://code-shared:3000"
        assert "StatefulSet code-shared" in awaited(cloud, "Deployment", f"review-{slot}")
    assert steps()[f"{cloud}/ConfigMap/code-shared"].inputs["data"]["SEARCH_URL"] == "http://search-shared:7700"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_callers_of_both_slots_are_let_in(cloud: str) -> None:
    """And nobody else; what is outside the slots calls what is outside of them."""
    (ingress,) = spec(cloud, "NetworkPolicy", "code-shared")["ingress"]
    pods = [each["podSelector"]["matchLabels"] for each in ingress["from"] if "podSelector" in each]
    callers = [each for slot in SLOTS for each in (slot, f"{slot}-run")]
    assert pods == [{"app.kubernetes.io/name": "review", "slipway.dev/slot": each} for each in callers]
    shared_code = {"app.kubernetes.io/name": "code", "slipway.dev/slot": "shared"}
    (ingress,) = spec(cloud, "NetworkPolicy", "search-shared")["ingress"]
    assert [each["podSelector"]["matchLabels"] for each in ingress["from"]] == [shared_code]
    called = spec(cloud, "NetworkPolicy", "review-blue")["egress"][0]
    assert called["to"] == [{"podSelector": {"matchLabels": shared_code}}]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_is_outside_the_slots_has_the_version_of_the_active_one(cloud: str) -> None:
    """An image of others has its own."""
    assert pod(cloud, "search-shared")["containers"][0]["image"].endswith("shop/search:2.4.0")
    assert pod(cloud, "thumbnails-blue")["containers"][0]["image"].endswith("shop/thumbnails:2.3.0")
    assert ":1.22.3@sha256:" in pod(cloud, "code-shared")["containers"][0]["image"]


def test_it_is_updated_after_admission_and_before_promotion() -> None:
    """Where the controller releases, which looks at Deployments alone: the update itself waits for StatefulSets."""
    by_urn = planned().plan.by_urn
    (release,) = [step for step in planned().plan.steps if step.type == RELEASE and step.name == "local"]
    assert release.inputs["spec"]["deployments"] == {slot: [f"review-{slot}"] for slot in SLOTS}
    promote = {by_urn[urn].name for urn in before(planned().plan, steps()["local/Job/promote"])}
    for name in ("code-shared", "search-shared", "thumbnails-green"):
        assert "Job admit" in awaited("local", "StatefulSet", name)
        assert f"local/{name}" in promote
    assert "Job admit" not in awaited("local", "StatefulSet", "thumbnails-blue")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_archive_is_made_beside_the_pod_that_has_the_disk(cloud: str) -> None:
    """Read-only, as the user whose files they are, with the identity that may add to the bucket; and one unpacks it."""
    nightly, unpack = (spec(cloud, "CronJob", f"code-shared-data-{each}") for each in ("archive", "unpack"))
    assert (nightly["suspend"], unpack["suspend"]) == (False, True)
    found = nightly["jobTemplate"]["spec"]["template"]["spec"]
    (term,) = found["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    assert term["labelSelector"]["matchLabels"] == spec(cloud, "StatefulSet", "code-shared")["selector"]["matchLabels"]
    assert found["securityContext"]["runAsUser"] == 10001
    assert found["serviceAccountName"] == "backups"
    mounts = {each["name"]: each for each in found["containers"][0]["volumeMounts"]}
    assert mounts["volume"] == {"name": "volume", "mountPath": "/volume", "readOnly": True}
    writing = unpack["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    assert {"name": "volume", "mountPath": "/volume"} in writing
    test = spec(cloud, "CronJob", "code-shared-data-restore-test")
    assert (test["suspend"], test["schedule"].split()[1]) == (False, "5")
    tested = test["jobTemplate"]["spec"]["template"]["spec"]
    assert "affinity" not in tested
    (disk,) = [each["ephemeral"] for each in tested["volumes"] if each["name"] == "volume"]
    claimed = steps()[f"{cloud}/PersistentVolumeClaim/code-shared-data"].inputs["spec"]
    assert disk["volumeClaimTemplate"]["spec"] == claimed
    assert not {"search-shared-index-archive", "thumbnails-blue-made-archive"} & names(cloud, "CronJob")


@pytest.mark.parametrize("cloud", ["local"])
def test_a_volume_has_alerts(cloud: str) -> None:
    """On its pod, its space, its archive, and on the test of that."""
    groups = spec(cloud, "PrometheusRule", cloud)["groups"]
    (rules,) = [each["rules"] for each in groups if each["name"] == f"{cloud}-volumes"]
    assert [each["alert"] for each in rules] == [
        "VolumeServiceDown",
        "VolumeAlmostFull",
        "VolumeBackupTooOld",
        "RestoreTestOverdue",
        "RestoreTestFailed",
    ]
    assert {each["labels"].get("volume") for each in rules[2:]} == {"code-shared-data"}
    (recorded,) = [each["rules"] for each in groups if each["name"] == f"{cloud}-recording"]
    assert any(
        each["record"] == RESTORE_PASSED and "code-shared-data-restore-test" in each["expr"] for each in recorded
    )
    assert "code-shared-data-archive" in rules[2]["expr"]
    assert all(claim in rules[1]["expr"] for claim in CLAIMS)


def test_the_rules_on_volumes_have_nothing_against_it() -> None:
    """But that nobody knows the disks of a cluster that Slipway did not make."""
    assert (
        findings("volume-backups")
        == findings("volume-restore-tests")
        == findings("volume-retention")
        == findings("data-protect")
        == []
    )
    assert findings("release-gates") == findings("service-endpoints") == findings("namespace-isolation") == []
    assert {each.urn.rsplit("::", 1)[1] for each in findings("volume-encryption") if each.urn} == {
        f"local/{each}" for each in (*CLAIMS, "code-shared-data-restore-test")
    }


def test_leaving_lists_the_volumes_and_the_ledger_holds_them() -> None:
    """Protected, and gone with what they contain."""
    lines = leaving.leaving(planned().stack, planned().plan)
    for cloud in CLOUDS:
        assert f"{cloud}/code-shared-data (kubernetes:core/v1:PersistentVolumeClaim): the volume" in lines[leaving.GOES]
    kept = ledger.protected(planned().plan)
    assert sum("PersistentVolumeClaim" in urn for urn in kept) == len(CLOUDS) * len(CLAIMS)


def test_the_quota_has_room_for_one_pod_of_each() -> None:
    """Not for as many as a service without volumes may have."""
    few = System.model_validate({"title": "s", "owner": {"team": "s"}, "services": {"a": service()}})
    many = System.model_validate({"title": "s", "owner": {"team": "s"}, "services": {"a": service(volumes={})}})
    pods = [
        int(namespace.quota(Scope("s", "s"), definition=each).spec.hard["pods"])  # type: ignore[index,union-attr]
        for each in (few, many)
    ]
    assert pods[0] < pods[1]


def service(**more: Any) -> dict[str, Any]:
    return {"image": "a", "port": 1, "volumes": {"data": {"mountPath": "/d", "size": 1}}, **more}
