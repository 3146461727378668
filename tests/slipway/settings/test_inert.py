"""Keys that change nothing where they are set."""

from __future__ import annotations

from typing import Any

import pytest

from slipway.reports.explained import explain, forms_of, has_key, stack_document
from slipway.settings import inert
from slipway.settings.clouds import CLOUDS
from slipway.settings.inert import Inert, Words
from slipway.settings.inert_anywhere import IN_EVERY_STACK
from slipway.settings.schema import system_schema
from tests.slipway.settings.conftest import STACK, SYSTEM, Workshop

FLEET, TEST = "systems/fleet/system.yaml", "Pulumi.test.yaml"
LOCAL = """\
config:
  slipway:environment: local
  slipway:clusters:
    main:
      cloud: local
      systems:
        fleet:
          blue: {version: 2.4.0}
"""


def on_local(workshop: Workshop, overrides: str = "") -> None:
    """Put the fleet on a cluster of one's own, with lines of the stack's own about it."""
    workshop.write(TEST, LOCAL + "".join(f"          {line}\n" for line in overrides.splitlines()))


def noted(workshop: Workshop) -> list[tuple[str, str]]:
    """The place and the pattern of each key that changes nothing."""
    found = workshop.stack().clusters["main"].systems["fleet"].inert
    return [(str(each.place), each.row.key) for each in found]


def test_a_stack_cannot_set_what_its_cloud_ignores(workshop: Workshop) -> None:
    """It is a mistake in the stack's file: its line, the key, the value, why, and what to do instead."""
    on_local(workshop, "databases: {fleet_db: {maximumStorage: 512}}")
    (reason,) = [each.reason for each in CLOUDS["local"].own_inert if each.key == "databases.NAME.maximumStorage"]
    assert workshop.problems() == [
        f"{TEST}:9: clusters.main.systems.fleet.databases.fleet_db.maximumStorage: 512 has no effect on a cluster of your "
        f"own: {reason}"
    ]


def test_the_same_line_acts_on_another_cloud(workshop: Workshop) -> None:
    """Where the cloud limits the growth of disks."""
    workshop.write(TEST, STACK.replace("size: large", "maximumStorage: 512"))
    assert workshop.system().databases["fleet_db"].maximum_storage == 512


def test_a_mistake_is_found_beside_others(workshop: Workshop) -> None:
    """All problems of a stack are reported at once."""
    on_local(workshop, "databases: {fleet_db: {maximumStorage: 512, size: vast}}")
    assert [each.split(": ")[1].rpartition(".")[2] for each in workshop.problems()] == ["maximumStorage", "size"]


def test_a_system_may_set_what_one_of_its_clouds_ignores(workshop: Workshop) -> None:
    """Its file is of all its stacks, so the key is noted with its line, and nothing is refused."""
    workshop.edit(FLEET, "size: medium", "maximumStorage: 512")
    on_local(workshop)
    line = SYSTEM.splitlines().index("    size: medium") + 1
    assert noted(workshop) == [(f"{FLEET}:{line}", "databases.NAME.maximumStorage")]


@pytest.mark.parametrize("where", ["system", "stack"])
def test_false_asks_for_nothing(workshop: Workshop, where: str) -> None:
    """A stack may say that what its cloud lacks is not wanted here, which also takes the note away."""
    wanted = "true" if where == "stack" else "false"
    workshop.edit(FLEET, "size: medium", f"replicaInSecondRegion: {wanted}")
    on_local(workshop, "databases: {fleet_db: {replicaInSecondRegion: false}}" if where == "stack" else "")
    assert noted(workshop) == []


def test_a_key_below_one_that_changes_nothing_changes_nothing() -> None:
    """For the reference, which has a line for each key."""
    table = [Inert("budget", "no bill"), Inert("databases.NAME.adopt", "none")]
    assert [inert.found(table, path) for path in (("budget", "monthly"), ("databases", "fleet_db", "adopt"))] == table
    assert inert.found(table, ("databases", "fleet_db")) is None
    assert inert.found(table, ("databases", "fleet_db", "size")) is None


def test_a_value_of_the_cluster_decides(workshop: Workshop) -> None:
    """A database of an operator has a size, a plain pod has not; the refusal names the value that decides."""
    on_local(workshop, "databases: {fleet_db: {size: large}}")
    assert workshop.system().databases["fleet_db"].size == "large"
    workshop.edit(TEST, "cloud: local", "cloud: local\n      postgres: pod")
    (problem,) = workshop.problems()
    assert problem.startswith(
        f"{TEST}:10: clusters.main.systems.fleet.databases.fleet_db.size: large has no effect on a "
    )
    assert "cluster of your own with 'postgres: pod': " in problem


def test_a_value_beside_it_decides(workshop: Workshop) -> None:
    """Of the same entry, also where the stack sets one of both."""
    workshop.edit(FLEET, "database: fleet_db", "plain: elsewhere, reason: It is run by others")
    on_local(workshop, "databases: {fleet_db: {hosting: external}}")
    found = workshop.stack().clusters["main"].systems["fleet"].inert
    assert sorted((each.row.key, each.row.condition) for each in found) == [
        ("databases.NAME.backup", "with 'hosting: external'"),
        ("databases.NAME.size", "with 'hosting: external'"),
    ]


def test_a_stack_cannot_set_what_a_value_beside_it_ignores(workshop: Workshop) -> None:
    """On every cloud alike, so none is named."""
    workshop.edit(FLEET, "database: fleet_db", "plain: elsewhere, reason: It is run by others")
    workshop.write(TEST, STACK.replace("size: large", "hosting: external\n              storage: 128"))
    assert [problem.partition("storage: ")[2] for problem in workshop.problems()] == [
        "128 has no effect with 'hosting: external': whoever runs the server decides it"
    ]


def test_a_key_of_a_cluster_is_refused(workshop: Workshop) -> None:
    """With its line, and the controller that is absent."""
    absent = "controllers: {metrics: absent}\n      monitoring: {storage: 60, elsewhere: Datadog}"
    workshop.write(TEST, LOCAL.replace("cloud: local", f"cloud: local\n      {absent}"))
    assert workshop.problems() == [
        f"{TEST}:7: clusters.main.monitoring.storage: 60 has no effect with 'controllers.metrics: absent or present': "
        "Slipway runs no Prometheus here"
    ]


def test_a_controller_that_no_such_cluster_has_may_be_absent(workshop: Workshop) -> None:
    """Whoever says so asks for nothing; present and installed are refused."""
    workshop.write(TEST, LOCAL.replace("cloud: local", "cloud: local\n      controllers: {dns: absent}"))
    assert workshop.stack().clusters["main"].settings.controllers.dns == "absent"
    workshop.edit(TEST, "dns: absent", "dns: present")
    assert workshop.problems() == [
        f"{TEST}:6: clusters.main.controllers.dns: present has no effect on a cluster of your own: the cluster's owner "
        "manages DNS"
    ]


def test_what_no_stack_can_change_is_refused_in_the_system(workshop: Workshop) -> None:
    """The engine of a database is of the system alone, so the key that does nothing with it is a mistake there."""
    workshop.edit(FLEET, "size: medium", 'engine: mongodb\n    version: "17"')
    workshop.write(TEST, LOCAL)
    line = SYSTEM.splitlines().index("    size: medium") + 2
    assert f"{FLEET}:{line}: databases.fleet_db.version: '17' has no effect with 'engine: mongodb': " in "".join(
        workshop.problems()
    )


def test_a_condition_that_cannot_be_read_does_not_hold(workshop: Workshop) -> None:
    """What is invalid is reported once, without what would follow from it."""
    on_local(workshop, "databases: {fleet_db: {size: large}}")
    workshop.edit(TEST, "cloud: local", "cloud: local\n      postgres: pod\n      protect: perhaps")
    assert [each.split(": ")[1] for each in workshop.problems()] == ["clusters.main.protect"]


ROWS = [*IN_EVERY_STACK, *(row for cloud in CLOUDS.values() for row in cloud.inert)]
"""Every row, those of all clouds several times."""


@pytest.mark.parametrize("pattern", sorted({key for row in ROWS for key in (row.key, *row.when)}))
def test_a_table_names_keys_that_exist(pattern: str) -> None:
    """A key that was renamed takes its rows with it, and the conditions of others."""
    document = stack_document("slipway") if pattern.startswith("clusters.") else system_schema()
    assert has_key(document, tuple(pattern.split(".")))


def test_a_condition_names_values_that_exist() -> None:
    """A value that was renamed would never hold."""
    texts = {(key, word) for row in ROWS for key, words in row.when.items() for word in words_of(words)}
    for key, word in texts:
        document = stack_document("slipway") if key.startswith("clusters.") else system_schema()
        forms = forms_of(document, explain(document, tuple(key.split("."))).schemas)
        allowed = {each for form in forms for each in (form.get("const"), *form.get("enum", ()))}
        assert word in (None, False, True) or word in allowed, key


def test_what_a_system_decides_alone_no_stack_may_override() -> None:
    """Otherwise a stack could give such a key its effect."""
    for key in {key for row in IN_EVERY_STACK for key in row.when}:
        assert not explain(system_schema(), tuple(key.split("."))).overridable


def words_of(words: Words) -> tuple[Any, ...]:
    return words if isinstance(words, tuple) else (words,)
