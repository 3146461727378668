"""Remedies add what is certain and missing, and leave all else of a resource as it was sent."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import analyzer_pb2
from rich.console import Console

from slipway.rehearsal import PolicyPack, Rehearsal, rehearse
from slipway.rehearsal.analyzers import PackHost
from slipway.reports import grouped_findings, machine, text
from slipway.settings.project import find_project
from slipway.settings.stacks import Stack
from tests.forking import forked_workers
from tests.policies.pack_under_test import CANARY, PACK, UNKNOWN, Fact, copied, secret

ROOT = PACK.parent
LEVELS = {"all": "disabled", "cost-tags": "remediate", "object-labels": "remediate"}
SOURCE = "systems/fleet/system.yaml:services.api"
CLUSTER = "Pulumi.trial.yaml:config.slipway:clusters.main"
PROVIDER = "urn:pulumi:trial::slipway::pulumi:providers:aws::main"
MANAGED_BY, PART_OF = "app.kubernetes.io/managed-by", "app.kubernetes.io/part-of"


@pytest.fixture(scope="module")
def host() -> Iterator[PackHost]:
    """The pack with the two rules that have remedies, and no other."""
    pack = PolicyPack(PACK, LEVELS)
    with closing(
        PackHost([pack], project="slipway", stack="trial", organization="organization", config={}, secret_keys=[])
    ) as started:
        yield started


def altered(host: PackHost, fact: Fact) -> dict[str, Any] | None:
    """The properties after all remedies; nothing where none was needed."""
    found = host.remediate(analyzer_pb2.AnalyzeRequest(**fact.parts()))
    return None if found is None else MessageToDict(found)


def remediated(host: PackHost, fact: Fact) -> dict[str, Any]:
    """The same where something was needed."""
    found = altered(host, fact)
    assert found is not None
    return found


def bucket(provider: str = PROVIDER, **properties: Any) -> Fact:
    return Fact("aws:s3/bucket:Bucket", properties, "files", provider)


def vault(**properties: Any) -> Fact:
    return Fact("azure-native:keyvault:Vault", properties, "vault", PROVIDER)


def deployment(labels: Any = None, source: str = SOURCE) -> Fact:
    metadata = {"name": "api", "annotations": {"slipway.dev/source": source}}
    spec = {"selector": {"matchLabels": {"app": "api"}}, "template": {"metadata": {"labels": {"app": "api"}}}}
    metadata = metadata if labels is None else {**metadata, "labels": labels}
    return Fact("kubernetes:apps/v1:Deployment", {"metadata": metadata, "spec": spec}, "api")


WRITTEN = {"managed-by": "slipway", "slipway.dev/stack": "trial", "slipway.dev/cluster": "slipway-trial-main"}


def test_tags_are_added_as_each_cloud_writes_them(host: PackHost) -> None:
    """What is missing is added, and what is there stays, be it another's."""
    assert altered(host, bucket()) == {"tags": WRITTEN}
    own = {"managed-by": "somebody", "team": "fleet"}
    assert altered(host, bucket(tags=own)) == {"tags": {**WRITTEN, **own}}
    on_azure = {key.replace("slipway.dev/", "slipway-"): value for key, value in WRITTEN.items()}
    assert altered(host, vault()) == {"tags": on_azure}


def test_tag_of_the_system_follows_from_the_place(host: PackHost) -> None:
    """A system's resource is paid by the system."""
    found = altered(host, bucket(tags={"slipway.dev/source": SOURCE}))
    assert found == {"tags": {**WRITTEN, "slipway.dev/source": SOURCE, "slipway.dev/system": "fleet"}}


def test_labels_are_added_to_the_object_alone(host: PackHost) -> None:
    """Selectors and the labels of pods are left alone: a selector cannot change, and pods would be recreated."""
    before = deployment().properties
    found = remediated(host, deployment())
    assert found["metadata"]["labels"] == {MANAGED_BY: "slipway", PART_OF: "fleet"}
    assert found["spec"] == before["spec"]
    assert remediated(host, deployment({PART_OF: "other"}))["metadata"]["labels"] == {
        MANAGED_BY: "slipway",
        PART_OF: "other",
    }
    assert remediated(host, deployment(source=CLUSTER))["metadata"]["labels"][PART_OF] == "cluster"


def test_only_what_is_certain_is_added(host: PackHost) -> None:
    """Pulumi's own provider names no cluster, and an object of no place belongs to nothing that is known."""
    found = altered(host, bucket("urn:pulumi:trial::slipway::pulumi:providers:aws::default_7_51_1"))
    assert found == {"tags": {key: WRITTEN[key] for key in ("managed-by", "slipway.dev/stack")}}
    assert remediated(host, deployment(source="elsewhere"))["metadata"]["labels"] == {MANAGED_BY: "slipway"}


@pytest.mark.parametrize(
    "fact",
    [
        bucket(tags=WRITTEN),
        bucket(tags=UNKNOWN),
        bucket(tags=WRITTEN | {"managed-by": UNKNOWN}),
        bucket(tags="none"),
        bucket(tags=["managed-by"]),
        deployment({MANAGED_BY: "slipway", PART_OF: UNKNOWN}),
        deployment(UNKNOWN),
        deployment("none"),
        Fact("kubernetes:core/v1:ConfigMap", {"metadata": UNKNOWN}),
        Fact("kubernetes:helm.sh/v3:Release", {"chart": "some"}),
        Fact("aws:s3/bucketPolicy:BucketPolicy", {}),
        Fact("random:index/randomPassword:RandomPassword", {}),
    ],
)
def test_what_is_well_or_unknown_or_of_the_wrong_type_stays(host: PackHost, fact: Fact) -> None:
    """An unknown may turn out to be right; a wrong type is for its author to fix."""
    assert altered(host, fact) is None


def test_unknown_and_secret_values_stay_exactly_as_they_were(host: PackHost) -> None:
    """The properties come back as they were sent, but for what was added."""
    others = {
        "bucket": UNKNOWN, "policy": secret(CANARY), "grants": [secret({"id": UNKNOWN}), {"ids": [UNKNOWN, 7, True, None]}],
        "rules": {"days": 3.5, "nothing": None, "empty": {}},
    }  # fmt: skip
    tags = {"owner": secret(CANARY), "zone": UNKNOWN}
    assert altered(host, bucket(**others, tags=tags)) == {**others, "tags": {**tags, **WRITTEN}}
    secrets = Fact("kubernetes:core/v1:Secret", {**deployment().properties, "stringData": secret({"key": CANARY})})
    assert remediated(host, secrets)["stringData"] == secret({"key": CANARY})


SECOND = """
from framework import Declaration, resource_rule
@resource_rule(
    Declaration(name="second", description="Files have owners.", why="Why", clauses=(), types=("aws:s3/bucket:Bucket",)),
    remedy=lambda bucket, _: {("tags", "owner"): f"with {len(bucket['tags'].keys)} tags", ("acl",): "private"},
)
def second(bucket, _settings, verdict): pass
"""


def test_secret_tags_get_their_additions_inside(host: PackHost) -> None:
    """What is added stands among them, and they stay secret."""
    assert altered(host, bucket(tags=secret({"team": CANARY}))) == {"tags": secret({**WRITTEN, "team": CANARY})}


def test_two_rules_remediate_one_resource(tmp_path: Path) -> None:
    """The later one sees what the earlier one added, and both are reported."""
    pack = copied(tmp_path / "pack")
    (pack / "rules" / "zz_second.py").write_text(SECOND)
    levels = {**LEVELS, "second": "remediate"}
    with closing(
        PackHost(
            [PolicyPack(pack, levels)], project="slipway", stack="trial", organization="o", config={}, secret_keys=[]
        )
    ) as host:
        found = altered(host, bucket(policy=secret(CANARY)))
        reported = [(each.policy, each.message) for each in host.findings()]
    assert found == {"policy": secret(CANARY), "acl": "private", "tags": {**WRITTEN, "owner": "with 3 tags"}}
    assert reported == [("cost-tags", "alters tags"), ("second", "alters acl, tags")]


PROGRAM = """
import pulumi
class Thing(pulumi.CustomResource):
    pass
Thing("aws:s3/bucket:Bucket", "files", {"bucket": "files", "policy": pulumi.Output.secret("canary-7f3a-never-shown")})
Thing("kubernetes:core/v1:ConfigMap", "settings", {"metadata": {"name": "settings"}})
Thing("kubernetes:core/v1:ConfigMap", "flags", {"metadata": {"name": "flags", "labels": {
    "app.kubernetes.io/managed-by": "slipway", "app.kubernetes.io/part-of": "fleet"}}})
"""


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    """A program of which one resource is remediated in full and one in part."""
    program = tmp_path_factory.mktemp("program")
    (program / "__main__.py").write_text(PROGRAM)
    levels = {**LEVELS, "cost-tags": {"enforcementLevel": "remediate", "tags": ["managed-by", "slipway.dev/stack"]}}
    with forked_workers():
        return rehearse(program, project="slipway", stack="trial", config={}, packs=[PolicyPack(PACK, levels)])


def test_a_remediated_resource_is_reported_and_blocks_nothing(rehearsed: Rehearsal) -> None:
    """What is remediated in full has the level `remediate` alone; what is left over of another blocks."""
    reported = {(each.policy, each.level, each.urn.rpartition("::")[2]) for each in rehearsed.findings}
    assert reported == {
        ("cost-tags", "remediate", "files"),
        ("object-labels", "remediate", "settings"),
        ("object-labels", "mandatory", "settings"),
    }
    assert not any(CANARY in each.message for each in rehearsed.findings)


def test_the_plan_holds_what_was_added(rehearsed: Rehearsal) -> None:
    """What is planned is what will be made."""
    inputs = {
        step.urn.rpartition("::")[2]: step.state["inputs"] for step in rehearsed.plan.steps if "inputs" in step.state
    }
    assert inputs["files"]["tags"] == {"managed-by": "slipway", "slipway.dev/stack": "trial"}
    assert inputs["settings"]["metadata"]["labels"] == {MANAGED_BY: "slipway"}


def test_previews_show_it_as_remediated(rehearsed: Rehearsal) -> None:
    """For people and for programs: the level says `remediate`, and it is no violation."""
    project = find_project(ROOT)
    placed = grouped_findings.place(rehearsed.findings, project, Path("Pulumi.prod.yaml"))
    remediated = [each for each in placed if each.finding.level == "remediate"]
    assert [each.blocks for each in remediated] == [False, False]
    assert grouped_findings.tallied(remediated) == grouped_findings.Tally(blocking=0, advisory=0, remediated=2)
    shown = io.StringIO()
    console = Console(file=shown, width=120)
    for each in remediated:
        text.finding(console, each)
    assert "remediate cost-tags  files (aws:s3/bucket:Bucket)" in shown.getvalue()
    assert "alters tags" in shown.getvalue()
    document = machine.as_json(Stack("trial", "staging", {}), rehearsed, placed)
    assert '"level": "remediate"' in document
    assert CANARY not in shown.getvalue() + document
