"""The rehearsal held against what Pulumi's own engine answered to small programs (`README.md` tells how)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from slipway.cli.answers import answers_of
from slipway.rehearsal import SECRET, UNKNOWN, ConfigValue, Rehearsal, rehearse
from slipway.rehearsal.difference import compare, read_file
from slipway.settings.project import configuration, find_project, read_stack_file
from tests.fidelity import digests
from tests.forking import forked_workers

HERE = Path(__file__).parent / "programs"
PROGRAMS = sorted(each.name for each in HERE.iterdir() if (each / "engine.json").is_file())
BUCKET = "aws:s3/bucket:Bucket"

HIDDEN = {
    "config:hidden": ConfigValue("hush", secret=True),
    "config:mixed": ConfigValue('{"a":"hush","b":"plain"}', secret=True),
}
"""Secrets that one program ran with; encrypted, they cannot stand in its file."""

ABSENT = {
    # The engine had not finished it when the second one of that name ended the deployment.
    "duplicate": {("create", f"{BUCKET}::a")},
    # No other stack is asked, so the run goes on with unknown outputs.
    "reads": {("create", f"{BUCKET}::uses"), ("create", f"{BUCKET}::refs")},
}
"""Steps that only the rehearsal has, by program."""

MISSING = {
    # What is imported is compared with what exists: the stand-in's answer differed.
    "inheritance": {("update", f"{BUCKET}::opts")},
    # The plain form of a function wants an answer at once, which only a provider has.
    "invokes": {("create", f"{BUCKET}::by-plain")},
}
"""Steps that only the engine has, by program."""

PROVIDERS_ONLY = {
    ("invokes", f"{BUCKET}::by-output"): {"inputs": {"bucket": "b", "tags": {"r": UNKNOWN}}},
    ("kubernetes", "kubernetes:core/v1:Secret::se"): {
        "inputs": {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "se", "namespace": "shop"},
            "stringData": SECRET,
        }
    },
}
"""What a rehearsal says in place of what only a provider knows."""


@cache
def rehearsed(name: str) -> Rehearsal:
    """The program's run in a process of its own."""
    project = find_project(HERE / name)
    entries = configuration(project, read_stack_file(project.stack_file("dev"), "Pulumi.dev.yaml"), sealed=UNKNOWN)
    config = {key: ConfigValue(each.text, secret=each.secret) for key, each in entries.items()}
    with forked_workers():
        return rehearse(
            HERE / name,
            project=name,
            stack="dev",
            config=config | (HIDDEN if name == "config" else {}),
            answers=answers_of(HERE / name),
        )


@cache
def recorded(name: str) -> Any:
    return json.loads((HERE / name / "engine.json").read_text())


def of_plan(name: str) -> list[Mapping[str, Any]]:
    return [step.to_json() for step in rehearsed(name).plan.steps]


def key(step: Mapping[str, Any]) -> tuple[str, str]:
    return step["op"], step["urn"].split("::", 2)[2]


def in_order(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """Dependencies are sets: the engine has them as the program happened to send them."""
    by_property = {name: sorted(urns) for name, urns in state.get("propertyDependencies", {}).items()}
    return {**state, "dependencies": sorted(state.get("dependencies", ())), "propertyDependencies": by_property}


def without_dropped(ours: Any, engines: Any) -> Any:
    """Inputs without the empty values that the Kubernetes provider leaves out of its typed objects."""
    if isinstance(ours, dict) and isinstance(engines, dict):
        kept = {name: value for name, value in ours.items() if name in engines or value not in ("", 0, None, [], {})}
        return {name: without_dropped(value, engines.get(name)) for name, value in kept.items()}
    if isinstance(ours, list) and isinstance(engines, list) and len(ours) == len(engines):
        return [without_dropped(*pair) for pair in zip(ours, engines, strict=True)]
    return ours


@pytest.mark.parametrize("name", PROGRAMS)
def test_steps_are_the_engine_s(name: str) -> None:
    """The same operations on the same resources, each once, but for those that are listed with their reason."""
    ours, engines = [key(step) for step in of_plan(name)], [key(step) for step in recorded(name)["steps"]]
    assert len(set(ours)) == len(ours)
    assert set(ours) - set(engines) == ABSENT.get(name, set())
    assert set(engines) - set(ours) == MISSING.get(name, set())


@pytest.mark.parametrize("name", PROGRAMS)
def test_states_are_the_engine_s(name: str) -> None:
    """Types, parents, inputs, providers, dependencies, options, secrets and unknowns are equal in every step."""
    engines = {key(step): step for step in recorded(name)["steps"]}
    compared = 0
    for step in of_plan(name):
        found = engines.get(key(step))
        if found is None:
            continue
        engines_state = found["newState"] | PROVIDERS_ONLY.get((name, key(step)[1]), {})
        ours = {name: value for name, value in step["newState"].items() if name != "sourcePosition"}
        if step["urn"].split("::")[2].rpartition("$")[2].startswith("kubernetes:"):
            ours["inputs"] = without_dropped(ours["inputs"], engines_state["inputs"])
        assert in_order(ours) == in_order(engines_state), step["urn"]
        assert step.get("provider") == found.get("provider"), step["urn"]
        compared += 1
    assert compared == len(engines) - len(MISSING.get(name, ()))


@pytest.mark.parametrize("name", PROGRAMS)
def test_errors_are_the_engine_s(name: str) -> None:
    """A program fails in a rehearsal where it fails under the engine, with the same words."""
    ours = rehearsed(name)
    errors = [each["message"].removeprefix("error: ").strip() for each in recorded(name)["errors"]]
    if name == "reads":
        assert errors[0] == 'Preview failed: unknown stack "organization/other/dev"'
        assert any("another stack" in each.message for each in ours.diagnostics)
    elif name == "invokes":
        assert errors == []
        assert "getCallerIdentity was not called" in str(ours.failure)
    elif not errors:
        assert ours.failure is None
    else:
        assert ours.failure is not None
        reported = [*(each.message for each in ours.diagnostics), ours.failure]
        for line in (error.splitlines()[-1] for error in errors if "non-zero exit code" not in error):
            assert any(line in each for each in reported), line


@pytest.mark.parametrize("name", ["kubernetes", "stack-of-systems"])
def test_nothing_differs_from_what_the_engine_has(name: str) -> None:
    """A preview against an engine's plan of the same program shows no change, however its provider wrote the inputs."""
    found = compare(read_file(HERE / name / "engine.json"), rehearsed(name).plan)
    assert found.resources
    assert [each for each in found.touched if each.changes] == []


def test_what_the_stacks_are_made_of_is_declared_as_the_engine_does() -> None:
    """One resource of each shape that prod, staging and local have: the same operation, URN, inputs, provider and so on."""
    engines = (HERE / "stacks" / "engine.tsv").read_text(encoding="utf-8").splitlines()
    assert list(digests.lines(of_plan("stacks"))) == engines


def test_outputs_are_known_as_far_as_the_engine_s() -> None:
    """Of the stack's outputs what is known stands there; secrets are masked, and nothing is left out but None."""
    assert rehearsed("urns").plan.outputs == {"known": "text", "pet": UNKNOWN}
    assert rehearsed("unknowns").plan.outputs == {"arn": UNKNOWN, "c": "x-given"}
    assert rehearsed("secrets").plan.outputs == {"s": SECRET, "nested": {"a": SECRET, "b": 1}}
    assert rehearsed("values").plan.outputs == {"float": 1, "list": [1, None, {"a": None, "b": []}]}
