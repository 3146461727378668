from __future__ import annotations

import pytest

from slipway.settings.locate import locate, origins, system_of
from tests.slipway.settings.conftest import STACK, Workshop

FLEET = "systems/fleet/system.yaml"
TEST = "Pulumi.test.yaml"
STACK_PATH = f"{TEST}:config.slipway:clusters.main"


@pytest.fixture
def overridden(workshop: Workshop) -> Workshop:
    """The fleet with a domain, a database's size and backup, and a variable of the stack."""
    workshop.edit(
        TEST,
        "              size: large\n",
        "              size: large\n"
        "              backup: none\n"
        "          domains: {web: fleet.test.example.com}\n"
        "          budget: {monthly: 100}\n"
        "          release:\n"
        "            steps: [{weight: 100, hold: 5m}]\n"
        "          owner: {email: fleet@example.com}\n",
    )
    return workshop


@pytest.mark.parametrize(
    ("pointer", "keys", "location"),
    [
        (f"{FLEET}:databases.fleet_db", ("size",), f"{TEST}:16"),
        (f"{FLEET}:databases.fleet_db.size", (), f"{TEST}:16"),
        (f"{FLEET}:databases.fleet_db", ("backup",), f"{TEST}:17"),
        (f"{FLEET}:databases.fleet_db.backup", ("retentionDays",), f"{TEST}:17"),
        (f"{FLEET}:databases.fleet_db", (), f"{FLEET}:19"),
        (f"{FLEET}:databases.fleet_db", ("storage",), f"{FLEET}:19"),
        (f"{FLEET}:services.api", ("environment", "LEVEL"), f"{FLEET}:12"),
        (f"{FLEET}:services.api", ("needs", 0), f"{FLEET}:9"),
        (f"{FLEET}:domains", ("web",), f"{TEST}:18"),
        (f"{FLEET}:budget", (), f"{TEST}:19"),
        (f"{FLEET}:release.steps[2]", ("hold",), f"{TEST}:21"),
        (f"{FLEET}:", ("gone",), f"{FLEET}:1"),
        (STACK_PATH, ("region",), f"{TEST}:6"),
        (f"{STACK_PATH}.network", ("cidr",), f"{TEST}:8"),
        (f"{STACK_PATH}.systems.fleet", ("blue", "version"), f"{TEST}:13"),
        (f"{STACK_PATH}.systems.fleet", ("green", "version"), f"{TEST}:12"),
    ],
)
def test_the_line_to_edit(overridden: Workshop, pointer: str, keys: tuple[str | int, ...], location: str) -> None:
    """It is the stack's override, else the definition, else the nearest key around."""
    assert str(locate(overridden.project, overridden.stack_file, pointer, *keys)) == location


def test_the_line_to_edit_of_an_instance(overridden: Workshop) -> None:
    """Its override, which is under another name than that of the file."""
    overridden.edit(TEST, "        fleet:\n", "        acme:\n          definition: fleet\n")
    assert str(locate(overridden.project, overridden.stack_file, f"{FLEET}:databases.fleet_db.size")) == f"{TEST}:17"


@pytest.mark.parametrize(("instance", "lines"), [("acme", [20]), ("other", [14]), ("elsewhere", [14, 20])])
def test_each_instance_has_overrides_of_its_own(overridden: Workshop, instance: str, lines: list[int]) -> None:
    """The name of a resource begins with that of its system; one of no instance may be of any."""
    other = "        other:\n          definition: fleet\n          databases: {fleet_db: {size: small}}\n"
    overridden.edit(TEST, "        fleet:\n", f"{other}        acme:\n          definition: fleet\n")
    named = system_of(f"urn:pulumi:test::slipway::aws:rds/instance:Instance::{instance}/fleet-db")
    place = (overridden.project, overridden.stack_file, f"{FLEET}:databases.fleet_db.size")
    assert str(locate(*place, instance=named)) == f"{TEST}:{lines[0]}"
    assert [str(each) for each in origins(*place, instance=named)][1:] == [f"{TEST}:{line}" for line in lines]


@pytest.mark.parametrize(
    ("override", "pointer", "line"),
    [
        ("databases: {fleet_db: {backup: {retentionDays: 1}}}", "databases.fleet_db.backup", 14),
        ("databases: {fleet_db: {backup: {retentionDays: 1}}}", "databases.fleet_db.backup.retentionDays", 14),
        ("services: {api: {replicas: {minimum: 1}}}", "services.api.replicas", 14),
        ("services: {api: {replicas: {minimum: 1}}}", "services.api.replicas.maximum", None),
        ("services: {api: {replicas: {minimum: 1}}}", "services.api", None),
        ("services: {api: {replicas: {minimum: 1}}}", "services", None),
    ],
)
def test_a_part_that_the_stack_overrides_is_fixed_there(
    workshop: Workshop, override: str, pointer: str, line: int | None
) -> None:
    """A rule may name `backup` where the stack set one key of it; of a whole service it says too little."""
    overlay = STACK[: STACK.index("          databases:")] + f"          {override}\n"
    workshop.write(TEST, overlay)
    found = locate(workshop.project, workshop.stack_file, f"{FLEET}:{pointer}")
    assert (found.file, found.line) == (TEST, line) if line else found.file == FLEET


@pytest.mark.parametrize(
    ("pointer", "lines"),
    [
        (f"{FLEET}:databases.fleet_db", [f"{FLEET}:19", f"{TEST}:16", f"{TEST}:17"]),
        (f"{FLEET}:databases.fleet_db.size", [f"{FLEET}:20", f"{TEST}:16"]),
        (f"{FLEET}:services.api", [f"{FLEET}:5"]),
        (f"{FLEET}:domains", [f"{FLEET}:3", f"{TEST}:18"]),
        (f"{FLEET}:", [f"{FLEET}:1", *(f"{TEST}:{line}" for line in (13, 16, 17, 18, 19, 21, 22))]),
        (f"{STACK_PATH}.network", [f"{TEST}:8"]),
    ],
)
def test_the_lines_that_a_value_comes_from(overridden: Workshop, pointer: str, lines: list[str]) -> None:
    """They are the definition and every override below it."""
    assert [str(location) for location in origins(overridden.project, overridden.stack_file, pointer)] == lines


def test_every_source_is_found_again(overridden: Workshop) -> None:
    """What a value says of its source leads to the line that it was read from."""
    fleet = overridden.stack().clusters["main"].systems["fleet"].definition
    lines = [str(locate(overridden.project, overridden.stack_file, value.source)) for value in fleet.services.values()]
    assert lines == [f"{FLEET}:5", f"{FLEET}:15"]


def test_no_stack_file(workshop: Workshop) -> None:
    """Without a stack the definition is all there is."""
    assert (
        str(locate(workshop.project, workshop.root / "Pulumi.gone.yaml", f"{FLEET}:databases.fleet_db.size"))
        == f"{FLEET}:20"
    )


def test_a_line_is_its_own_place(workshop: Workshop) -> None:
    """A file without keys is not read: it may be no YAML."""
    sql = "systems/fleet/migrations/005_use.sql:12"
    assert str(locate(workshop.project, workshop.stack_file, sql)) == sql


def test_a_pointer_that_is_none(workshop: Workshop) -> None:
    """Text of another form is refused, not guessed at."""
    with pytest.raises(ValueError, match="is not a pointer"):
        locate(workshop.project, workshop.stack_file, "nothing")
