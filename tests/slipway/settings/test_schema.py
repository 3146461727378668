from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from slipway.settings.generated_files import main
from slipway.settings.problems import InvalidSettings
from slipway.settings.schema import GENERATED, field_docstrings, stack_schema, system_schema
from slipway.settings.setting import Setting
from tests.slipway.settings.conftest import STACK, SYSTEM, Workshop

ROOT = Path(__file__).resolve().parents[3]
SYSTEMS = sorted(ROOT.glob("systems/*/system.yaml"))
STACKS = sorted(ROOT.glob("Pulumi.*.yaml"))
FLEET = "systems/fleet/system.yaml"
TEST = "Pulumi.test.yaml"


class CoreLoader(yaml.CSafeLoader):
    """YAML 1.2's core schema, as editors read it: dates and `yes` are text."""


CoreLoader.yaml_implicit_resolvers = {}
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false$"), list("tf"))
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("(null|~|)$"), ["n", "~", ""])
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("-?[0-9]+$"), list("-0123456789"))
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"-?[0-9]+\.[0-9]+$"), list("-0123456789"))


def errors(schema: dict[str, Any], text: str) -> list[str]:
    return [
        f"{error.json_path}: {error.message}"
        for error in Draft202012Validator(schema).iter_errors(yaml.load(text, CoreLoader))
    ]


@pytest.mark.parametrize("schema", [system_schema, stack_schema])
def test_the_schemas_are_valid(schema: Callable[[], dict[str, Any]]) -> None:
    """They are themselves what the dialect allows."""
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("file", SYSTEMS, ids=lambda file: file.parent.name)
def test_every_system_fits(file: Path) -> None:
    """Each system is what editors are told it may be, and its first line tells them."""
    text = file.read_text()
    assert text.splitlines()[0] == "# yaml-language-server: $schema=../system.schema.json"
    assert errors(system_schema(), text) == []


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.name)
def test_every_stack_fits(file: Path) -> None:
    """Each stack is what editors are told it may be."""
    assert errors(stack_schema(), file.read_text()) == []


def test_the_files_are_up_to_date(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The checked-in schemas are those of the models."""
    monkeypatch.chdir(ROOT)
    status = main(GENERATED, ["--verify"])
    assert (status, capsys.readouterr().out) == (0, "")


def test_a_stale_file_is_reported_and_fixed(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Verifying shows what differs and fails; updating writes it, and then verifying is content."""
    monkeypatch.chdir(workshop.root)
    assert main(GENERATED, ["--update"]) == 0
    workshop.edit("systems/stack.schema.json", '"title": "A stack of Slipway"', '"title": "Old"')
    capsys.readouterr()
    assert main(GENERATED, ["--verify"]) == 1
    assert '-  "title": "Old",\n+  "title": "A stack of Slipway",' in capsys.readouterr().out
    assert main(GENERATED, ["--update"]) == 0
    assert main(GENERATED, ["--verify"]) == 0


def test_outside_of_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a project there is no folder for the schemas: bad input."""
    monkeypatch.chdir(tmp_path)
    assert main(GENERATED, ["--update"]) == 2


EDITS = [
    (FLEET, "port: 3000", "port: 3000", True),
    (FLEET, "port: 3000", "prot: 3000", False),
    (FLEET, "port: 3000", "port: 70000", False),
    (FLEET, "port: 3000", 'port: "3000"', False),
    (FLEET, "image: fleet-api", "image:", False),
    (FLEET, "title: Fleet", "title: 7", False),
    (FLEET, "title: Fleet", "title: ''", False),
    (FLEET, "title: Fleet", "title: Fleet\nnamespace: ~", True),
    (FLEET, "title: Fleet", "title: Fleet\nnamespace: My_Fleet", False),
    (FLEET, "  worker:\n", "  Worker:\n", False),
    (FLEET, "LEVEL: info", "LEVEL: 7", True),
    (FLEET, "LEVEL: info", "LEVEL: true", True),
    (FLEET, "LEVEL: info", "LEVEL:", False),
    (FLEET, "LEVEL: info", "LEVEL: [7]", False),
    (FLEET, "LEVEL: info", "LE-VEL: info", False),
    (FLEET, "LEVEL: info", "LEVEL: {slot: name}", True),
    (FLEET, "LEVEL: info", "LEVEL: {slot: nam}", False),
    (FLEET, "LEVEL: info", "LEVEL: {foo: 1}", False),
    (FLEET, "LEVEL: info", "LEVEL: {slot: name, foo: 1}", False),
    (FLEET, "{generated: 32}", "{supplied: the vendor}", True),
    (FLEET, "{generated: 32}", "{supplied: the vendor, rotated: 2026-01-01}", False),
    (FLEET, "{generated: 32}", "hunter2", False),
    (FLEET, "backup: {retentionDays: 14}", "backup: none", True),
    (FLEET, "backup: {retentionDays: 14}", "backup: nnone", False),
    (FLEET, "backup: {retentionDays: 14}", "backup: {}", True),
    (FLEET, "backup: {retentionDays: 14}", "backup: {retention_days: 14}", False),
    (FLEET, "size: medium", 'version: "16"', True),
    (FLEET, "size: medium", "size: huge", False),
    (FLEET, "size: medium", "pooling: yes", False),
    (TEST, "region: us-east-1", "region: eu-west-1", True),
    (TEST, "region: us-east-1", "region: eastus", False),
    (TEST, "region: us-east-1", "region: {us-east-1: 1}", False),
    (TEST, "account: 111122223333", 'account: "111122223333"', True),
    (TEST, "cloud: aws", "cloud: nimbus", False),
    (TEST, "      cloud: aws\n", "", False),
    (TEST, "cloud: aws", "cloud: azure", False),
    (TEST, "cloud: aws", "cloud: aws\n      nodes: 3", False),
    (TEST, "[203.0.113.0/24]", "[]", False),
    (TEST, "environment: staging", "environment: test", False),
    (TEST, "  slipway:environment: staging\n", "", False),
    (TEST, "  slipway:environment: staging", "  slipway:environment: staging\n  aws:region: us-east-1", True),
    (TEST, "  slipway:environment: staging", "  slipway:environment: staging\n  slipway:other: 1", False),
    (TEST, "version: 2.4.0", "version: latest", False),
    (TEST, "version: 2.4.0", "version: 2.4.0, weight: 101", False),
    (TEST, "blue: {version: 2.4.0}", "bleu: {version: 2.4.0}", False),
    (TEST, "size: large", "size: huge", False),
    (TEST, "size: large", "extensions: [pgcrypto]", False),
    (TEST, "size: large", "backup: none", True),
    (TEST, "size: large", "backup: {retentionDays: 30}", True),
    (TEST, "size: large", "backup: {offsite: x}", False),
    (TEST, "          databases:", "          title: x\n          databases:", False),
    (TEST, "          databases:", "          environment: {A: {slot: name}}\n          databases:", True),
    (TEST, "          databases:", "          services: {api: {replicas: {minimum: 2}}}\n          databases:", True),
    (TEST, "          databases:", "          services: {api: {port: 2}}\n          databases:", False),
    (TEST, "          databases:", '          secrets: {SIGNING_KEY: {rotated: "2026-06-01"}}\n          databases:', True),
    (TEST, "          databases:", "          secrets: {SIGNING_KEY: {generated: 3}}\n          databases:", False),
    (TEST, "          databases:", "          release: {steps: [{weight: 100, hold: 5m}]}\n          databases:", True),
    (TEST, "          databases:", "          release: {maintenance: true}\n          databases:", False),
    (TEST, "        fleet:\n", "        fleet: 7\n        other:\n", False),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "good"), EDITS)
def test_schema_and_reader_agree(workshop: Workshop, file: str, old: str, new: str, good: bool) -> None:
    """What an editor accepts the reader takes, and what it marks the reader refuses."""
    workshop.edit(file, old, new)
    schema = system_schema() if file == FLEET else stack_schema()
    assert (errors(schema, (workshop.root / file).read_text()) == []) == good
    try:
        workshop.stack()
        read = True
    except InvalidSettings:
        read = False
    assert read == good


def models(base: type[Setting] = Setting) -> list[type[Setting]]:
    return [found for child in base.__subclasses__() for found in [child, *models(child)]]


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_field_is_documented(model: type[Setting]) -> None:
    """Each setting and each of its fields says what it is."""
    assert model.__doc__
    assert set(model.model_fields) - set(field_docstrings(model)) == set()


def test_descriptions_reach_the_editor() -> None:
    """The docstring of a field is what an editor shows, beside its default and what a stack may do with it."""
    storage = system_schema()["$defs"]["Database"]["properties"]["storage"]
    assert storage["description"].startswith("Initial storage in GiB")
    assert (storage["default"], storage["x-overridable"], storage["examples"]) == (32, True, [64])


def test_base_texts_fit() -> None:
    """The texts that the other tests change are right to begin with."""
    assert errors(system_schema(), SYSTEM) == []
    assert errors(stack_schema(), STACK) == []
    assert json.dumps(stack_schema("other")).count('"slipway:') == 0, "a key of another project's namespace"
