"""An exported state is judged as the engine would judge the update that made it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slipway.rehearsal import PolicyPack, StateError
from slipway.rehearsal.exported import evaluate, read

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
CANARY = "canary-5b1e-never-shown"
PROVIDER = "urn:pulumi:prod::shop::pulumi:providers:random::main"
PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy, StackValidationPolicy

def alone(args, report):
    report(f"in {sorted(args.props)} {args.opts.protect} {args.provider and args.provider.name} {args.props.get('word')}")

def together(args, report):
    for each in args.resources:
        report(f"out {sorted(each.props)} after {[d.name for d in each.dependencies]}", each.urn)

PolicyPack("trial", [
    ResourceValidationPolicy("alone", "d", alone, EnforcementLevel.MANDATORY),
    StackValidationPolicy("together", "d", together, EnforcementLevel.ADVISORY),
])
"""


def resource(name: str, **parts: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:prod::shop::random:index/randomPet:RandomPet::{name}", "custom": True, **parts}


def exported(*resources: Any, **parts: Any) -> str:
    return json.dumps({"version": 3, "deployment": {"manifest": {}, "resources": list(resources)}, **parts})


@pytest.fixture
def pack(tmp_path: Path) -> PolicyPack:
    """A pack that tells what it sees."""
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (folder / "__main__.py").write_text(PACK)
    return PolicyPack(folder)


def findings(tmp_path: Path, pack: PolicyPack, *resources: Any) -> dict[tuple[str, str], str]:
    """Messages by policy and name."""
    file = tmp_path / "export.json"
    file.write_text(exported(*resources))
    reported = evaluate(read(file), [pack])
    return {(each.policy, each.urn.rpartition("::")[2]): each.message for each in reported}


def test_inputs_alone_and_outputs_together(tmp_path: Path, pack: PolicyPack) -> None:
    """A rule on a resource sees inputs, options and provider; one on the stack outputs and dependencies."""
    reported = findings(
        tmp_path,
        pack,
        {"urn": PROVIDER, "custom": True, "inputs": {"version": "4"}},
        resource("first", inputs={"length": 2}, outputs={"id": "a", "length": 2}, protect=True),
        resource("second", inputs={"a": 1}, provider=f"{PROVIDER}::id", dependencies=[resource("first")["urn"]]),
    )
    assert reported["alone", "first"] == "in ['length'] True None None"
    assert reported["alone", "second"] == "in ['a'] False main None"
    assert reported["together", "first"] == "out ['id', 'length'] after []"
    assert reported["together", "second"] == "out ['a'] after ['first']"


def test_what_waits_for_deletion_is_not_judged(tmp_path: Path, pack: PolicyPack) -> None:
    """A replaced resource that is still in the state is on its way out."""
    reported = findings(tmp_path, pack, resource("old", delete=True), resource("new"))
    assert {name for _, name in reported} == {"new"}


def test_secret_is_not_known_or_not_shown(tmp_path: Path, pack: PolicyPack) -> None:
    """An encrypted value counts as unknown; one in plain text is judged, and masked in what is said."""
    reported = findings(
        tmp_path,
        pack,
        resource("sealed", inputs={"word": SECRET | {"ciphertext": "AAAB"}}),
        resource("open", inputs={"word": SECRET | {"plaintext": json.dumps(CANARY)}}),
    )
    assert "preview" in reported["alone", "sealed"]
    assert "in ['word']" in reported["alone", "open"]
    assert CANARY not in json.dumps([*reported.values()])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is not JSON"),
        ("[]", "contains no resources of a stack"),
        ('{"version": 3, "deployment": null}', "contains no resources of a stack"),
        (exported({"urn": "x"}), "contains no resources of a stack"),
        (exported(resource("a"), version=5), "version: 5 is not supported; 3 and 4 are"),
        (exported(resource("a"), version="4"), "version: '4' is not supported"),
        (
            exported(resource("a"), version=4, features=["views", "byteString"]),
            "features: byteString are not supported",
        ),
        (exported(resource("a"), features=["tomorrow"]), "features: tomorrow are not supported"),
        (exported(), "the stack has no resources yet"),
    ],
)
def test_file_that_is_no_state_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    """The message names the file, what is wrong, and how to write one."""
    file = tmp_path / "export.json"
    file.write_text(text)
    with pytest.raises(StateError) as refused:
        read(file)
    assert str(refused.value).startswith(f"{file}: ")
    assert problem in str(refused.value)


@pytest.mark.parametrize("version", [{}, {"version": 4}, {"version": 4, "features": ["hooks", "taint", "views"]}])
def test_versions_of_the_engine_are_read(tmp_path: Path, version: dict[str, Any]) -> None:
    """A state that uses what version 4 brought is judged as one of version 3."""
    file = tmp_path / "export.json"
    file.write_text(exported(resource("a"), **version))
    assert [each["urn"] for each in read(file).resources] == [resource("a")["urn"]]


def test_missing_file_is_refused(tmp_path: Path) -> None:
    """So is one that is not there."""
    with pytest.raises(StateError, match="cannot be read"):
        read(tmp_path / "none.json")
