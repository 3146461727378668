"""Keys of a system on which the cloud of its cluster cannot act."""

from __future__ import annotations

import pytest

from slipway.reports.explained import has_key
from slipway.settings import inert
from slipway.settings.clouds import CLOUDS
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
    return [(str(each.place), each.pattern) for each in found]


def test_a_stack_cannot_set_what_its_cloud_ignores(workshop: Workshop) -> None:
    """It is a mistake in the stack's file: its line, the key, the value, why, and what to do instead."""
    on_local(workshop, "databases: {fleet_db: {maximumStorage: 512}}")
    reason = CLOUDS["local"].inert["databases.NAME.maximumStorage"]
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
    table = {"budget": "no bill", "databases.NAME.adopt": "none"}
    assert inert.reason(table, ("budget", "monthly")) == "no bill"
    assert inert.reason(table, ("databases", "fleet_db", "adopt")) == "none"
    assert inert.reason(table, ("databases", "fleet_db")) is None
    assert inert.reason(table, ("databases", "fleet_db", "size")) is None


@pytest.mark.parametrize(
    ("cloud", "pattern"), [(name, pattern) for name, cloud in CLOUDS.items() for pattern in cloud.inert]
)
def test_a_table_names_keys_that_exist(cloud: str, pattern: str) -> None:
    """A key that was renamed takes its row with it, and each row says something."""
    assert has_key(system_schema(), tuple(pattern.split(".")))
    assert CLOUDS[cloud].inert[pattern]
