"""The shared reading changes nothing but the time: the SDK's own server gives the same findings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi.runtime.proto import analyzer_pb2

from slipway.rehearsal.pack_pipe import PackRaised
from tests.policies.pack_under_test import PACK, SECONDS, UNKNOWN, Fact, Finding, Pack, secret

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
FACTS = (
    Fact(DEPLOYMENT, {"metadata": {"name": "api"}, "spec": {"replicas": 2}}, "api"),
    Fact(DEPLOYMENT, {"metadata": {"name": UNKNOWN}, "spec": {"template": {"spec": {"containers": [{}]}}}}, "web"),
    Fact(
        "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
        {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "api"}}},
        "scaler",
    ),
    Fact("aws:rds/instance:Instance", {"backupRetentionPeriod": UNKNOWN}, "a"),
    Fact("aws:rds/instance:Instance", {"backupRetentionPeriod": secret(3)}, "b"),
    Fact("kubernetes:core/v1:ConfigMap", {"data": {"key": "value"}}, "settings"),
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pack]:
    """The same rules, served by the SDK."""
    directory: Path = tmp_path_factory.mktemp("plain")
    (directory / "PulumiPolicy.yaml").write_text("runtime: python\n")
    main = (PACK / "__main__.py").read_text()
    assert "serving.install()\n" in main
    search = f"import sys\nsys.path.insert(0, {str(PACK)!r})\n"
    (directory / "__main__.py").write_text(search + main.replace("serving.install()\n", ""))
    pack = Pack(directory=directory)
    yield pack
    pack.close()


def test_same_findings(preview: Pack, plain: Pack) -> None:
    """Rule, level and text are the same, alone and together."""

    def certain(message: list[Finding]) -> list[tuple[Finding, str]]:
        return [(each, each.message) for each in message if each.level == "mandatory"]

    assert certain(preview.evaluate(*FACTS)) == certain(plain.evaluate(*FACTS))
    assert len(certain(plain.evaluate(*FACTS))) > 5


def test_same_advice(preview: Pack, plain: Pack) -> None:
    """The SDK gathers what is undecided of a rule; here it stands with each resource. That no region is named is of the
    stack."""
    shared = [each for each in preview.evaluate(*FACTS) if each.level == "advisory"]
    gathered = [each for each in plain.evaluate(*FACTS) if each.level == "advisory"]
    assert {each.policy for each in shared} == {each.policy for each in gathered}
    assert {each.policy for each in shared if not each.name} == {"data-residence"}
    for each in shared:
        problem = each.message.splitlines()[1]
        assert any(problem in other.message for other in gathered)


def test_pulumi_hears_the_same(previewing: Pack) -> None:
    """By gRPC, by which Pulumi asks."""
    alone = [analyzer_pb2.AnalyzeRequest(**each.parts()) for each in FACTS]
    together = analyzer_pb2.AnalyzeStackRequest(
        resources=[analyzer_pb2.AnalyzerResource(**each.parts()) for each in FACTS]
    )
    asked = [*(("Analyze", each) for each in alone), ("AnalyzeStack", together)]
    heard = [getattr(previewing.stub, method)(request, timeout=SECONDS) for method, request in asked]
    assert heard == [*previewing.answers(*asked)]
    assert sum(len(each.diagnostics) for each in heard) > 5


def test_what_the_sdk_cannot_convert_ends_the_run(preview: Pack) -> None:
    """Every resource is looked into, so one that cannot be read is judged by nobody: that is no pass."""
    strange = Fact("example:index/thing:Thing", {"data": {"4dabf18193072939515e22adb298388d": "of no kind"}})
    with pytest.raises(PackRaised, match="rule known-types failed on urn:pulumi:test"):
        preview.evaluate(strange)
