"""What a key means, from the schemas."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest

from slipway.cli.explain import show_key
from slipway.reports.explained import Schema, explain, facts, lines, stack_document
from slipway.settings.clouds import CLOUDS
from slipway.settings.pointers import Path as Keys
from slipway.settings.pointers import parse_path
from slipway.settings.problems import InvalidSettings
from slipway.settings.schema import system_schema

ROOT = Path(__file__).parents[3]
SYSTEM, STACK = system_schema(), stack_document("slipway")


def shown(capsys: pytest.CaptureFixture[str], path: str) -> str:
    assert show_key(ROOT, path) == 0
    return capsys.readouterr().out


def test_a_plain_key(capsys: pytest.CaptureFixture[str]) -> None:
    """Meaning, type, bounds, default, example, and whether a stack may override it."""
    assert shown(capsys, "services.api.replicas.maximum") == (
        "services.api.replicas.maximum\n"
        "  Maximum replicas: a limit for the load on databases and for the bill. Three times the minimum by default.\n"
        "  type: integer, a number of copies\n"
        "  bounds: at least 1, at most 1000\n"
        "  default: 6\n"
        "  example: 3\n"
        "  clouds: aws, azure, local\n"
        "  override: below clusters.<cluster>.systems.<system> of a stack\n"
    )


def test_a_key_with_keys_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its first sentence and its default."""
    output = shown(capsys, "services.api.replicas")
    assert re.search(r"^  minimum +Minimum replicas \[2\]$", output, re.MULTILINE)


@pytest.mark.parametrize("path", ["routes.methods", "routes[0].methods", "routes.0.methods", "routes.*.methods"])
def test_a_key_of_a_list_s_entries(capsys: pytest.CaptureFixture[str], path: str) -> None:
    """With an index or without."""
    assert "Methods of the requests" in shown(capsys, f"services.api.{path}")


def test_an_unknown_key_of_a_list_s_entries_names_the_nearest() -> None:
    with pytest.raises(InvalidSettings, match=r"`services\.api\.routes` has no key 'method'; did you mean 'methods'\?"):
        show_key(ROOT, "services.api.routes.method")


def test_a_value_of_several_forms(capsys: pytest.CaptureFixture[str]) -> None:
    """A variable is plain, or refers to something."""
    output = shown(capsys, "services.api.environment.LOG_LEVEL")
    assert "type: string or number or boolean or object" in output
    assert re.search(r"^  secret +A key of the system's `secrets`$", output, re.MULTILINE)


@pytest.mark.parametrize(
    "path", ["clusters.main.kubernetes.version", "config.slipway:clusters.main.kubernetes.version"]
)
def test_a_key_of_a_stack(capsys: pytest.CaptureFixture[str], path: str) -> None:
    """As it is written in the file, or without the namespace; on every cloud that has it."""
    output = shown(capsys, path)
    assert output.splitlines()[0] == "clusters.main.kubernetes.version"
    assert "Minor version of Kubernetes" in output


def test_an_override_of_a_system_in_a_stack(capsys: pytest.CaptureFixture[str]) -> None:
    """And the slots, which only a stack has."""
    assert "Image tag of every service" in shown(capsys, "clusters.main.systems.fleet.blue.version")
    assert "Maximum replicas" in shown(capsys, "clusters.main.systems.fleet.services.fleet-api.replicas.maximum")


def test_without_a_path_both_files_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Outside a project too."""
    assert show_key(Path("/"), "") == 0
    output = capsys.readouterr().out
    assert output.index("systems/<name>/system.yaml") < output.index("  services ") < output.index("  clusters ")


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("services.api.reploicas", "`services.api` has no key 'reploicas'; did you mean 'replicas'?"),
        ("servics", "there is no key 'servics'; did you mean 'services'?"),
        ("title.x", "`title` is a plain value and has no keys"),
        ("a..b", "is not a path, for example services.api.needs[0]"),
    ],
)
def test_what_is_no_key_is_refused(path: str, rule: str) -> None:
    """With the key that was probably meant."""
    with pytest.raises(InvalidSettings, match=re.escape(rule)):
        show_key(ROOT, path)


def test_every_key_of_the_schema_has_a_meaning() -> None:
    """Walked from the top, into entries of any name too: none is without a description or a type."""
    seen = set[str]()
    pending: list[Keys] = [()]
    while pending:
        path = pending.pop()
        found = explain(SYSTEM, path)
        assert len(list(lines(found))) > 1, path
        for below in [*found.keys, "any-name", 0]:
            with suppress(ValueError):
                deeper = explain(SYSTEM, (*path, below))
                pending += [(*path, below)] if deeper.path not in seen and len(path) < 6 else []
                seen.add(deeper.path)
    assert "services.any-name.replicas.maximum" in seen
    assert "migrations[0].verification[0].sql" in seen
    assert len(seen) > 300


HEADING = re.compile(r"^### `([^`:]+)(?:: [^`]*)?`")
CLOUDS_OF_KEY = re.compile(r" · clouds: (.*?)(?: · a stack may override it)?$")


def referenced(folder: str) -> dict[str, set[str]]:
    """The clouds of each key by the generated reference, which has a heading for each form of a mapping."""
    found: dict[str, set[str]] = {}
    for page in (ROOT / "docs" / "reference" / folder).rglob("*.md"):
        path = ""
        for line in page.read_text(encoding="utf-8").splitlines():
            if heading := HEADING.match(line):
                path = heading[1]
            if known := CLOUDS_OF_KEY.search(line):
                found.setdefault(path, set()).update(names(known[1]))
    return found


def names(clouds: str) -> set[str]:
    """Clouds of a text such as `aws, azure (its own reason), local`."""
    return (
        set(CLOUDS)
        if clouds == "all"
        else set(CLOUDS) & set(re.sub(r"\([^)]*\)", "", clouds).replace(",", " ").split())
    )


@pytest.mark.parametrize(("folder", "document"), [("stack", STACK), ("system", SYSTEM)])
def test_a_key_is_on_the_clouds_that_the_reference_says(folder: str, document: Schema) -> None:
    """Every key, those of mappings that clouds have in common or alone among them."""
    reference = referenced(folder)
    explained = {path: names(facts(explain(document, parse_path(path)))["clouds"]) for path in reference}
    assert len(explained) > 150
    assert {path: (clouds, reference[path]) for path, clouds in explained.items() if clouds != reference[path]} == {}


def test_a_key_of_one_cloud_s_mapping(capsys: pytest.CaptureFixture[str]) -> None:
    """Where clouds have a mapping of the same name with different keys."""
    assert "clouds: aws\n" in shown(capsys, "clusters.main.network.existing.vpc")
    assert "clouds: azure\n" in shown(capsys, "clusters.main.network.existing.postgres")


def test_a_key_of_both_files(capsys: pytest.CaptureFixture[str]) -> None:
    """Each is shown under its file; below it the path says which."""
    assert "Pulumi.<stack>.yaml\nenvironment" in (both := shown(capsys, "environment"))
    assert "system.yaml\nenvironment" in both
    assert "system.yaml" not in shown(capsys, "slipway:environment")
    assert "environment.LOG_LEVEL.plain" in shown(capsys, "environment.LOG_LEVEL.plain")


@pytest.mark.parametrize("key", STACK["properties"])
def test_each_first_key_of_a_stack(capsys: pytest.CaptureFixture[str], key: str) -> None:
    """With its namespace and without."""
    assert shown(capsys, f"slipway:{key}").rstrip() in shown(capsys, key)


def test_a_mapping_has_no_index() -> None:
    """Its entries have names, or its keys are known."""
    with pytest.raises(
        InvalidSettings, match=r"`services` is a mapping, not a list: name an entry, as in `services\.NAME`"
    ):
        show_key(ROOT, "services[0]")
    with pytest.raises(
        InvalidSettings, match=r"`services\.api\.replicas` is a mapping, not a list: its keys are .*minimum"
    ):
        show_key(ROOT, "services.api.replicas[0]")


@pytest.mark.parametrize(
    ("path", "whole"),
    [
        ("systems.hello.blue.version", "clusters.NAME.systems.hello.blue.version"),
        ("region", "clusters.NAME.region"),
        ("blue.version", "clusters.NAME.systems.NAME.blue.version"),
    ],
)
def test_a_key_of_a_cluster_is_named_whole(path: str, whole: str) -> None:
    """Where what is above it is left out."""
    with pytest.raises(InvalidSettings, match=re.escape(f"in a stack file it is `{whole}`")):
        show_key(ROOT, path)


@pytest.mark.parametrize("above", ["", "clusters.main.systems.shop."])
def test_a_cloud_that_cannot_act_on_a_key_says_why(capsys: pytest.CaptureFixture[str], above: str) -> None:
    """In the system's file and where a stack overrides it, and of what is below such a key."""
    (reason,) = [each.reason for each in CLOUDS["local"].own_inert if each.key == "databases.NAME.maximumStorage"]
    assert f"clouds: aws, azure, local ({reason})\n" in shown(capsys, f"{above}databases.shop_db.maximumStorage")
    assert "clouds: aws, azure, local (there is no bill)\n" in shown(capsys, f"{above}budget.monthly")


def test_a_value_that_takes_the_effect_of_a_key_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """With the reason, and the cloud if it is one alone."""
    found = shown(capsys, "databases.shop_db.size")
    assert "clouds: aws, azure, local\n" in found
    assert (
        "no effect: with 'hosting: external' (whoever runs the server decides it); "
        "on local with 'postgres: pod' (a plain pod has fixed requests)\n"
    ) in found


def test_a_key_of_a_cluster_names_such_values_too(capsys: pytest.CaptureFixture[str]) -> None:
    """And the cloud on which it never acts."""
    assert "no effect: with 'controllers.logs: absent' (" in shown(capsys, "clusters.main.logging.nodes")
    assert "local (the cluster's owner manages DNS)\n" in shown(capsys, "clusters.main.controllers.dns")
