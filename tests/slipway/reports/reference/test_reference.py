"""The reference: every key with its meaning, unit, default, reason, example and clouds, from the schema alone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from slipway.reports.explained import Schema, example_of, facts, forms_of
from slipway.reports.reference.__main__ import FOLDER, GENERATED
from slipway.reports.reference.documents import Document, stack, system
from slipway.reports.reference.pages import pages, slug
from slipway.reports.reference.sections import Key, Walk
from slipway.settings.clouds import CLOUDS
from slipway.settings.clouds.capabilities import CAPABILITIES
from slipway.settings.generated_files import main
from slipway.settings.load import load_stack, load_systems
from slipway.settings.project import find_project
from slipway.settings.schema import examples
from slipway.settings.setting import Setting

ROOT = Path(__file__).parents[4]
DOCUMENTS = {"system": cache(system), "stack": cache(stack)}
written = cache(pages)
CHOSEN = (bool, int, float, str)
"""Types of defaults that somebody chose; an empty list or mapping is none."""


@pytest.fixture(params=DOCUMENTS)
def document(request: pytest.FixtureRequest) -> Document:
    """Each of the two files."""
    return DOCUMENTS[request.param]()


def keys(document: Document) -> Iterator[Key]:
    """Every key of a file, each definition once."""
    walk = Walk(document.schema)
    for path, top in document.tops.items():
        yield from walk.keys(path, top)
        for name, schema in top["properties"].items():
            for section in walk.sections((*path, name), schema):
                yield from section.keys


def faults(document: Document) -> list[str]:
    """What the texts of a file's keys lack, each with the key's name."""
    found = []
    for key in keys(document):
        (schema,) = key.explained.schemas
        text, name = " ".join(key.explained.texts), key.explained.path
        forms = list(forms_of(document.schema, (schema,)))
        numbers = [each for each in forms if {"integer", "number"} & set(kinds(each)) and "enum" not in each]
        if not text:
            found.append(f"{name} has no description")
        if not facts(key.explained).get("type") and not any("const" in each for each in forms):
            found.append(f"{name} has no type")
        if isinstance(schema.get("default"), CHOSEN) and schema["default"] is not False and "default" not in text:
            found.append(f"{name} does not say why its default is {schema['default']}")
        if (
            numbers
            and not any("title" in each for each in numbers)
            and not re.search("[a-z] or |`unit`|number|value", text)
        ):
            found.append(f"{name} has no unit")
    return found


def kinds(form: Schema) -> list[str]:
    return form["type"] if isinstance(form.get("type"), list) else [form.get("type", "")]


def test_every_key_says_what_it_is(document: Document) -> None:
    """A description, a type, the unit of a number, and why its default is what it is."""
    assert faults(document) == []


def test_a_key_without_a_text_is_named() -> None:
    """A new key is on its page without any edit of the generator, and one without a text fails by its name."""
    schema = DOCUMENTS["system"]().schema
    new = {"properties": {"speed": {"type": "integer", "default": 7}}, "description": "A parcel.", "type": "object"}
    document = Document(
        "system",
        "`systems/NAME/system.yaml`",
        "",
        widened := {
            **schema,
            "properties": {
                **schema["properties"],
                "parcels": {
                    "additionalProperties": {"$ref": "#/$defs/Parcel"},
                    "type": "object",
                    "description": "Its.",
                },
            },
            "$defs": {**schema["$defs"], "Parcel": new},
        },
        {(): widened},
    )
    assert [each for each in faults(document) if each.startswith("parcels")] == [
        "parcels.NAME.speed has no description",
        "parcels.NAME.speed does not say why its default is 7",
        "parcels.NAME.speed has no unit",
    ]
    assert "### `parcels.NAME.speed`" in pages((document,))["system/parcels.md"]


def test_every_definition_has_a_section(document: Document) -> None:
    """Whatever a key leads to is described: nothing of the schema is left out."""
    text = "\n".join(page for name, page in written().items() if name.startswith(document.folder))
    described = {key.explained.path for key in keys(document)}
    assert all(f"### `{path}`" in text for path in described)
    known = {name for name, each in document.schema["$defs"].items() if "properties" in each}
    walked = set(Walk(document.schema).homes)
    overridden = set() if document.folder == "system" else {"System", *DOCUMENTS["system"]().schema["$defs"]}
    assert {name for name in known - walked - overridden if not name.endswith("Overrides")} == set()


def test_every_example_is_valid(document: Document) -> None:
    """The example of a key is what the key may have."""
    shown = 0
    for key in keys(document):
        value = example_of(document.schema, key.explained.schemas)
        if value is not None:
            shown += 1
            (schema,) = key.explained.schemas
            validator = Draft202012Validator({**schema, "$defs": document.schema["$defs"]})
            assert [each.message for each in validator.iter_errors(value)] == [], key.explained.path
    assert shown > 70


def test_the_examples_are_a_system_and_a_stack(tmp_path: Path) -> None:
    """The examples of all sections together pass every check of a system, and of a stack that runs it."""
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    folder = tmp_path / "systems" / "shop"
    (folder / "migrations").mkdir(parents=True)
    (folder / "system.yaml").write_text(yaml.safe_dump(examples()["System"], sort_keys=False), encoding="utf-8")
    for name in ("001-orders.sql", "001-orders.down.sql"):
        (folder / "migrations" / name).write_text("SELECT 1;\n", encoding="utf-8")
    cluster = {
        "cloud": "aws",
        "region": "us-east-1",
        "account": "111122223333",
        "deployers": ["arn:aws:iam::111122223333:role/deployer"],
        **examples()["Cluster"],
        "systems": {"shop": {key: examples()["SystemDeployment"][key] for key in ("blue", "green")}},
    }
    config = {"slipway:environment": "staging", "slipway:clusters": {"main": cluster}}
    file = tmp_path / "Pulumi.example.yaml"
    file.write_text(yaml.safe_dump({"config": config}, sort_keys=False), encoding="utf-8")
    project = find_project(tmp_path)
    assert set(load_systems(project)) == {"shop"}
    assert set(load_stack(project, "example", file).clusters["main"].systems) == {"shop"}


def models(base: type[Setting] = Setting) -> list[type[Setting]]:
    return [found for child in base.__subclasses__() for found in [child, *models(child)]]


def test_examples_are_of_keys_that_exist() -> None:
    """A key that was renamed takes its example with it."""
    fields: dict[str, set[str]] = {"Cluster": set()}
    for model in models():
        fields[model.__name__] = {field.alias or name for name, field in model.model_fields.items()}
    for cloud in CLOUDS.values():
        fields["Cluster"] |= fields[cloud.cluster.__name__]
    for model, given in examples().items():
        assert set(given) - fields[model] == set(), model


def test_capabilities_are_known() -> None:
    """A key may need only what a cloud can lack."""
    named = {
        schema["x-capability"]
        for document in (each() for each in DOCUMENTS.values())
        for key in keys(document)
        for schema in key.explained.schemas
        if "x-capability" in schema
    }
    assert {"broker", "second region"} <= named <= set(CAPABILITIES)


def test_a_key_says_on_which_clouds_it_acts() -> None:
    """Those that have it, and what one that lacks the capability does instead."""
    assert "clouds: aws, azure (azure has no managed RabbitMQ: set 'cluster'), local" in written()["system/queue.md"]
    assert (
        "clouds: aws, azure (Service Bus tells no age of messages: set 'waiting'), local"
        in written()["system/queues.md"]
    )
    assert re.search(r"### `clusters\.NAME\.frontDoor`.*?clouds: azure\n", written()["stack/README.md"], re.DOTALL)


def test_links_lead_to_headings() -> None:
    """Every link between pages names a page and one of its headings."""
    anchors = {name: {slug(each) for each in re.findall(r"(?m)^#+ (.*)$", text)} for name, text in written().items()}
    checked = 0
    for name, text in written().items():
        for target in re.findall(r"\]\(([^)]+)\)", text):
            file, _, fragment = target.partition("#")
            path = (ROOT / FOLDER / name).parent / file if file else ROOT / FOLDER / name
            assert path.resolve().is_file(), f"{name}: {target}"
            if fragment:
                checked += 1
                assert fragment in anchors[path.resolve().relative_to(ROOT / FOLDER).as_posix()], f"{name}: {target}"
    assert checked > 100


def test_headings_are_unique() -> None:
    """No two keys of a page have the same anchor."""
    for name, text in written().items():
        found = [slug(each) for each in re.findall(r"(?m)^## (.*)$|^### (.*)$", text) for each in each if each]
        assert len(found) == len(set(found)), name


def test_the_pages_are_up_to_date(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The checked-in pages are those of the schema."""
    monkeypatch.chdir(ROOT)
    assert (main(GENERATED, ["--verify"]), capsys.readouterr().out) == (0, "")


def test_a_stale_page_is_written_and_one_too_many_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verifying fails until the pages are written."""
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    old = tmp_path / FOLDER / "system" / "parcels.md"
    old.parent.mkdir(parents=True)
    old.write_text("# parcels\n")
    assert main(GENERATED, ["--verify"]) == 1
    assert main(GENERATED, ["--update"]) == 0
    assert (old.exists(), main(GENERATED, ["--verify"])) == (False, 0)


def test_outside_of_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a project there is no folder for the pages: bad input."""
    monkeypatch.chdir(tmp_path)
    assert main(GENERATED, ["--update"]) == 2


def test_explain_shares_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    """What the terminal shows of a key is on its page."""
    from slipway.cli.explain import show_key

    assert show_key(ROOT, "services.NAME.replicas.minimum") == 0
    said: Any = capsys.readouterr().out.splitlines()
    assert all(line.strip() in written()["system/services.md"] for line in said[1:4])
