"""Volumes are backed up or say why not, are on encrypted disks, are protected, and stay when their pods go."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, outcomes

BACKUPS, ENCRYPTION, RETENTION, PROTECT = "volume-backups", "volume-encryption", "volume-retention", "data-protect"
TESTS = "volume-restore-tests"
CLAIM, JOB = "kubernetes:core/v1:PersistentVolumeClaim", "kubernetes:batch/v1:CronJob"
CLASS, SET = "kubernetes:storage.k8s.io/v1:StorageClass", "kubernetes:apps/v1:StatefulSet"
SOURCE = "systems/shop/system.yaml:services.code.volumes.data"
NAME = "code-shared-data"


class Protected(Fact):
    """A resource that Pulumi refuses to delete."""

    def parts(self) -> dict[str, Any]:
        return super().parts() | {"options": analyzer_pb2.AnalyzerResourceOptions(protect=True)}


def claim(retention: Any = "14", named: Any = "managed-csi", **annotations: Any) -> Fact:
    said = {"slipway.dev/source": SOURCE, "slipway.dev/backup-retention": retention, **annotations}
    metadata = {"name": NAME, "namespace": "shop", "annotations": {k: v for k, v in said.items() if v is not None}}
    spec = {} if named is None else {"storageClassName": named}
    return Protected(CLAIM, {"metadata": metadata, "spec": spec}, NAME, provider="urn:pulumi:a::b::c::main-systems")


def job(mounted: Any = NAME, suspend: Any = False, namespace: str = "shop") -> Fact:
    pod = {"volumes": [{"name": "volume", "persistentVolumeClaim": {"claimName": mounted}}]}
    template = {"spec": {"template": {"spec": pod}}}
    spec = {"suspend": suspend, "schedule": "0 3 * * *", "jobTemplate": template}
    metadata = {"name": "nightly", "namespace": namespace}
    return Fact(JOB, {"metadata": metadata, "spec": spec}, "nightly", provider="urn:pulumi:a::b::c::main-systems")


def storage(name: Any = "standard", provider: str = "main") -> Fact:
    properties = {"metadata": {"name": name}, "provisioner": "any.csi.example.com"}
    return Fact(CLASS, properties, "class", provider=f"urn:pulumi:a::b::c::{provider}")


def said(pack: Evaluator, *facts: Fact) -> list[tuple[str, str]]:
    """The outcomes of the rules on the whole stack that are about volumes."""
    found = pack.evaluate(*facts)
    assert all(CANARY not in each.message for each in found)
    return [(each.policy, each.level) for each in found if each.policy in (BACKUPS, ENCRYPTION)]


@pytest.mark.parametrize(
    "facts",
    [
        [claim(), job()],
        [claim("7"), job()],
        [claim("none", **{"slipway.dev/unsaved": "It is made again"})],
        [claim(named="standard"), storage(), job()],
    ],
)
def test_a_volume_with_a_backup_on_an_encrypted_disk_satisfies(preview: Evaluator, facts: list[Fact]) -> None:
    """Or with the reason why there is none."""
    assert said(preview, *facts) == []


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ([claim(None), job()], BACKUPS),
        ([claim("often"), job()], BACKUPS),
        ([claim(14), job()], BACKUPS),
        ([claim({"days": CANARY}), job()], BACKUPS),
        ([claim("6"), job()], BACKUPS),
        ([claim("none")], BACKUPS),
        ([claim("none", **{"slipway.dev/unsaved": "  "})], BACKUPS),
        ([claim("none", **{"slipway.dev/unsaved": [CANARY]})], BACKUPS),
        ([claim()], BACKUPS),
        ([claim(), job(suspend=True)], BACKUPS),
        ([claim(), job("another")], BACKUPS),
        ([claim(), job(namespace="elsewhere")], BACKUPS),
        ([claim(named=None), job()], ENCRYPTION),
        ([claim(named=""), job()], ENCRYPTION),
        ([claim(named=[CANARY]), job()], ENCRYPTION),
        ([claim(named="standard"), job()], ENCRYPTION),
        ([claim(named="standard"), storage("fast"), job()], ENCRYPTION),
        ([claim(named="standard"), storage(provider="other"), job()], ENCRYPTION),
    ],
)
def test_a_volume_that_could_be_lost_or_read_violates(preview: Evaluator, facts: list[Fact], rule: str) -> None:
    """Not declared, too short, of the wrong type, made by nobody; on a disk of which nothing is known."""
    assert said(preview, *facts) == [(rule, "mandatory")]


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ([claim(UNKNOWN), job()], BACKUPS),
        ([claim("none", **{"slipway.dev/unsaved": UNKNOWN})], BACKUPS),
        ([claim(), job(UNKNOWN)], BACKUPS),
        ([claim(named=UNKNOWN), job()], ENCRYPTION),
    ],
)
def test_what_is_not_known_yet_is_advice_and_blocks_an_update(
    preview: Evaluator, update: Evaluator, facts: list[Fact], rule: str
) -> None:
    assert said(preview, *facts) == [(rule, "advisory")]
    assert said(update, *facts) == [(rule, "mandatory")]


def template(named: Any = "managed-csi", *, ephemeral: bool = False) -> Fact:
    """A workload that makes claims of its own."""
    spec = {} if named is None else {"storageClassName": named}
    metadata = {"name": "made", "namespace": "shop"}
    if ephemeral:
        pod = {"volumes": [{"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": spec}}}]}
        jobs = {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {"spec": pod}}}}
        return Fact(JOB, {"metadata": metadata, "spec": jobs}, "made")
    return Fact(SET, {"metadata": metadata, "spec": {"volumeClaimTemplates": [{"spec": spec}]}}, "made")


@pytest.mark.parametrize("ephemeral", [False, True])
@pytest.mark.parametrize(
    ("named", "level"),
    [
        ("managed-csi", None),
        (None, "mandatory"),
        ("unheard-of", "mandatory"),
        ([CANARY], "mandatory"),
        (UNKNOWN, "advisory"),
    ],
)
def test_claims_of_templates_are_judged_too(preview: Evaluator, named: Any, level: str | None, ephemeral: bool) -> None:
    """Of StatefulSets, and of disks that end with their pod."""
    assert said(preview, template(named, ephemeral=ephemeral)) == ([(ENCRYPTION, level)] if level else [])


@pytest.mark.parametrize(
    ("policy", "violated"),
    [
        (None, False),
        ({}, False),
        ({"whenDeleted": "Retain", "whenScaled": "Retain"}, False),
        ({"whenDeleted": "Delete"}, True),
        ({"whenScaled": "Delete"}, True),
        ({"whenScaled": [CANARY]}, True),
    ],
)
def test_pods_leave_their_volumes(preview: Evaluator, policy: Any, violated: bool) -> None:
    """As Kubernetes has it where nothing is set."""
    spec = {} if policy is None else {"persistentVolumeClaimRetentionPolicy": policy}
    found = preview.evaluate(Fact(SET, {"metadata": {"name": "s"}, "spec": spec}))
    assert [each for each in outcomes(found) if each[0] == RETENTION] == (
        [(RETENTION, "mandatory")] if violated else []
    )
    assert all(CANARY not in each.message for each in found)


@pytest.mark.parametrize("policy", [UNKNOWN, {"whenDeleted": UNKNOWN}])
def test_a_policy_that_is_not_known_yet_blocks_an_update(preview: Evaluator, update: Evaluator, policy: Any) -> None:
    fact = Fact(SET, {"metadata": {"name": "s"}, "spec": {"persistentVolumeClaimRetentionPolicy": policy}})
    assert (RETENTION, "advisory") in outcomes(preview.evaluate(fact))
    assert (RETENTION, "mandatory") in outcomes(update.evaluate(fact))


def test_a_claim_without_protection_violates(preview: Evaluator) -> None:
    """A renamed service would take its data along."""
    bare = Fact(CLAIM, claim().properties, NAME)
    assert (PROTECT, "mandatory") in outcomes(preview.evaluate(bare))
    assert (PROTECT, "mandatory") not in outcomes(preview.evaluate(claim()))


def restoring(
    name: Any = f"{NAME}-restore-test", suspend: Any = False, depends: bool = True, space: str = "shop"
) -> Fact:
    properties = {"metadata": {"name": name, "namespace": space}, "spec": {"suspend": suspend, "schedule": "0 5 * * 1"}}
    urn = claim().urn if depends else ""
    return Fact(JOB, properties, "test", dependencies=(urn,) if urn else ())


@pytest.mark.parametrize(
    "facts",
    [
        [claim(), restoring()],
        [claim(), restoring("shortened-0a1b2c-restore-test")],
        [claim(), restoring(depends=False)],
        [claim("none", **{"slipway.dev/unsaved": "It is made again"})],
    ],
)
def test_a_volume_whose_archives_are_restored_satisfies(preview: Evaluator, facts: list[Fact]) -> None:
    """By a CronJob that depends on its claim, or that is called after it; one without archives has nothing to test."""
    assert TESTS not in [each.policy for each in preview.evaluate(*facts)]


@pytest.mark.parametrize(
    "facts",
    [
        [claim()],
        [claim(None)],
        [claim("often")],
        [claim({"days": CANARY})],
        [claim(), restoring(suspend=True)],
        [claim(), restoring("nightly")],
        [claim(), restoring([CANARY])],
        [claim(), restoring("another-restore-test", depends=False)],
        [claim(), restoring(depends=False, space="elsewhere")],
    ],
)
def test_a_volume_whose_archives_nobody_restores_violates(preview: Evaluator, facts: list[Fact]) -> None:
    found = preview.evaluate(*facts)
    assert [each.level for each in found if each.policy == TESTS] == ["mandatory"]
    assert all(CANARY not in each.message for each in found)


@pytest.mark.parametrize(
    "facts", [[claim(UNKNOWN)], [claim(), restoring(UNKNOWN)], [claim(), restoring(suspend=UNKNOWN)]]
)
def test_a_restore_test_that_is_not_known_yet_blocks_an_update(
    preview: Evaluator, update: Evaluator, facts: list[Fact]
) -> None:
    assert [each.level for each in preview.evaluate(*facts) if each.policy == TESTS] == ["advisory"]
    assert [each.level for each in update.evaluate(*facts) if each.policy == TESTS] == ["mandatory"]
