"""What a project answers in place of providers and of other stacks."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from slipway.rehearsal import UNKNOWN, Rehearsal, rehearse
from slipway.rehearsal.answers import Answer, Answers, StackOutputs
from tests.forking import forked_workers

TOKEN = "test:index:getZones"


def ran(root: Path, text: str, *functions: Answer, stacks: tuple[StackOutputs, ...] = ()) -> Rehearsal:
    (root / "__main__.py").write_text("import pulumi\nfrom pulumi.runtime import *\n" + dedent(text))
    with forked_workers():
        return rehearse(root, project="shop", stack="dev", config={}, answers=Answers(functions, stacks))


def answer(result: dict[str, object], line: int = 2, token: str = TOKEN, **arguments: object) -> Answer:
    return Answer(token, arguments, result, f"rehearsal.yaml:{line}")


def messages(rehearsal: Rehearsal, severity: str) -> list[str]:
    return [each.message for each in rehearsal.diagnostics if each.severity == severity]


def test_both_forms_get_the_first_answer_whose_arguments_the_call_has(tmp_path: Path) -> None:
    """At any depth, among others; a list and a text must be equal."""
    rehearsal = ran(
        tmp_path,
        f"""
        filters = {{"filters": {{"state": "open", "kind": ["a"]}}, "region": "eu"}}
        pulumi.export("plain", invoke("{TOKEN}", filters).value["names"])
        pulumi.export("output", invoke_output("{TOKEN}", {{"region": "us"}}))
        """,
        answer({"names": ["never"]}, 2, filters={"kind": ["a", "b"]}),
        answer({"names": ["a"]}, 3, filters={"kind": ["a"]}),
        answer({"names": ["b"]}, 4),
    )
    assert rehearsal.failure is None
    assert rehearsal.plan.outputs == {"plain": ["a"], "output": {"names": ["b"]}}
    assert messages(rehearsal, "warning") == [
        f"rehearsal.yaml:2: the answer for {TOKEN} was not used: remove it, or correct its arguments"
    ]


def test_a_value_that_is_needed_at_once_and_missing_is_one_line(tmp_path: Path) -> None:
    """With the program's line and the entry to add; an output is unknown instead."""
    rehearsal = ran(
        tmp_path,
        f"""
        pulumi.export("zones", invoke_output("{TOKEN}", {{"state": "b"}}))
        print(invoke("{TOKEN}", {{"state": "a"}}).value["names"])
        """,
    )
    assert rehearsal.failure == (
        f"__main__.py:5: {TOKEN} was not called: a rehearsal asks no provider, and the program needs the result at once: "
        f'add it to rehearsal.yaml, for example functions: {{"{TOKEN}": [{{arguments: {{"state": "a"}}, result: {{…}}}}]}}'
        "; `slipway preview --record` asks the provider"
    )
    assert "unless rehearsal.yaml has it" in messages(rehearsal, "info")[0]
    assert rehearsal.plan.outputs in ({}, {"zones": UNKNOWN})


ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"


@pytest.mark.parametrize(
    ("result", "failure"),
    [
        ({"name": ["a"]}, f"rehearsal.yaml:2: the result of {ZONES} has no property 'name': did you mean 'names'?"),
        (
            {"qqq": ["a"]},
            f"rehearsal.yaml:2: the result of {ZONES} has no property 'qqq': it has allAvailabilityZones, ",
        ),
    ],
)
def test_a_property_that_the_result_has_not_is_one_line(
    tmp_path: Path, result: dict[str, object], failure: str
) -> None:
    """By the class of the SDK, before the program reads None."""
    program = """
    import pulumi_aws as aws
    print(aws.get_availability_zones().names[0])
    """
    rehearsal = ran(tmp_path, program, answer(result, token=ZONES))
    assert rehearsal.failure is not None
    assert rehearsal.failure.startswith(failure)
    assert len(rehearsal.failure.splitlines()) == 1
    assert ran(tmp_path, program, answer({"names": ["a"]}, token=ZONES)).failure is None


def test_a_program_that_does_without_is_warned(tmp_path: Path) -> None:
    rehearsal = ran(
        tmp_path,
        f"""
        try:
            invoke("{TOKEN}", {{}})
        except Exception:
            pulumi.export("zones", "none")
        """,
    )
    assert (rehearsal.failure, rehearsal.plan.outputs) == (None, {"zones": "none"})
    assert len(messages(rehearsal, "warning")) == 1


def test_a_method_is_answered_like_a_function(tmp_path: Path) -> None:
    rehearsal = ran(
        tmp_path,
        """
        class Thing(pulumi.CustomResource):
            pass

        pulumi.export("key", call("test:index:Thing/key", {}, Thing("test:index:Thing", "a", {})))
        """,
        answer({"value": "k"}, token="test:index:Thing/key"),
    )
    assert rehearsal.plan.outputs == {"key": {"value": "k"}}
    assert messages(rehearsal, "warning") == []


@pytest.mark.parametrize(("name", "vpc", "warnings"), [("acme/net/prod", "vpc-1", 0), ("acme/net/dev", UNKNOWN, 1)])
def test_outputs_of_another_stack(tmp_path: Path, name: str, vpc: str, warnings: int) -> None:
    """They are unknown without an answer for that very stack."""
    rehearsal = ran(
        tmp_path,
        'pulumi.export("vpc", pulumi.StackReference("acme/net/prod").require_output("vpc"))',
        stacks=(StackOutputs(name, {"vpc": "vpc-1"}, "rehearsal.yaml:5"),),
    )
    assert (rehearsal.failure, rehearsal.plan.outputs) == (None, {"vpc": vpc})
    assert len(messages(rehearsal, "warning")) == warnings


MANIFEST = """
apiVersion: v1
kind: List
items:
  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2}}
---
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop, creationTimestamp: null}}
"""


def test_manifests_are_decoded_and_their_objects_planned(tmp_path: Path) -> None:
    """Of a file and of a text, as children of their component, in every document and list."""
    (tmp_path / "app.yaml").write_text(MANIFEST)
    rehearsal = ran(
        tmp_path,
        """
        from pulumi_kubernetes.yaml import ConfigFile, ConfigGroup

        ConfigFile("app", file="app.yaml")
        ConfigGroup("more", yaml=["{apiVersion: v1, kind: ConfigMap, metadata: {name: m}}"])
        """,
    )
    assert rehearsal.failure is None
    found = {step.name: (step.parent.rpartition("::")[2], step.type) for step in rehearsal.plan.steps}
    assert found["web"] == ("app", "kubernetes:apps/v1:Deployment")
    assert found["shop"] == ("app", "kubernetes:core/v1:Namespace")
    assert found["m"] == ("more", "kubernetes:core/v1:ConfigMap")


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ('ConfigGroup("more", files=["k8s/*.yaml"])', "k8s/b.yaml: line 2 of the manifest is not YAML"),
        ('ConfigFile("more", file="k8s/b.yaml")', "k8s/b.yaml: line 2 of the manifest is not YAML"),
        ('ConfigGroup("more", yaml=["b: ["])', "kubernetes:yaml:decode: line 1 of the manifest is not YAML"),
    ],
)
def test_a_manifest_that_is_none_is_named(tmp_path: Path, made: str, message: str) -> None:
    """By its file, which only the SDK knows, unless its text is in the program."""
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "a.yaml").write_text(MANIFEST)
    (tmp_path / "k8s" / "b.yaml").write_text("a: [\n")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "b.yaml").write_text("a: [\n")
    rehearsal = ran(tmp_path, f"from pulumi_kubernetes.yaml import ConfigFile, ConfigGroup\n{made}")
    assert message in str(rehearsal.failure)


def test_components_of_the_provider_are_reported_to_lack_their_children(tmp_path: Path) -> None:
    """The second version of ConfigFile is made by the plugin."""
    (tmp_path / "app.yaml").write_text(MANIFEST)
    rehearsal = ran(tmp_path, 'from pulumi_kubernetes.yaml.v2 import ConfigFile\nConfigFile("app", file="app.yaml")')
    assert messages(rehearsal, "warning") == [
        "kubernetes:yaml/v2:ConfigFile is a component of a provider plugin: its children are not in this plan"
    ]


CHART = """
from pulumi_kubernetes.helm.v3 import Chart, ChartOpts

Chart("nginx", ChartOpts(chart="nginx"))
"""


def test_a_chart_is_not_left_out_in_silence(tmp_path: Path) -> None:
    """Its objects are an answer, which may be empty."""
    assert "or {result: []} to leave them out of the plan" in str(ran(tmp_path, CHART).failure)
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}
    rehearsal = ran(tmp_path, CHART, answer({"result": [service]}, token="kubernetes:helm:template"))
    assert (rehearsal.failure, rehearsal.plan.counts["kubernetes:core/v1:Service"]) == (None, 1)
    assert ran(tmp_path, CHART, answer({"result": []}, token="kubernetes:helm:template")).failure is None
