"""Feature flags, evaluated as flagd evaluates them (by the core of its Python provider)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext

from components.manifests.environment import flags_of
from components.system.flags import manifests as flags
from slipway.settings.operations import Flag
from slipway.settings.stacks import DeployedSystem, Slot, SystemDeployment
from slipway.settings.system import System

USERS = [f"user-{number}" for number in range(10_000)]


def who_has(declared: Mapping[str, Flag], name: str, version: str | None = None) -> set[str]:
    core = FlagdCore()
    core.set_flags(flags.definitions(declared, version))
    return {
        user for user in USERS if core.resolve_boolean_value(name, False, EvaluationContext(targeting_key=user)).value
    }


def test_a_flag_is_on_for_all_or_for_nobody() -> None:
    """Switched off it still answers, and its share does not count."""
    assert len(who_has({"new": Flag(enabled=True)}, "new")) == len(USERS)
    assert who_has({"new": Flag(enabled=False, percent=50)}, "new") == set()
    assert who_has({"new": Flag(enabled=True, percent=0)}, "new") == set()


def test_a_share_of_users_has_a_feature() -> None:
    """Within two points; who is in stays in while the share grows."""
    tenth = who_has({"new": Flag(enabled=True, percent=10)}, "new")
    half = who_has({"new": Flag(enabled=True, percent=50)}, "new")
    assert abs(len(tenth) / len(USERS) * 100 - 10) <= 2
    assert abs(len(half) / len(USERS) * 100 - 50) <= 2
    assert tenth <= half


def test_flags_are_cut_apart() -> None:
    """Half of the users of one feature are not half of those of another."""
    declared = {name: Flag(enabled=True, percent=50) for name in ("one", "other")}
    both = who_has(declared, "one") & who_has(declared, "other")
    assert abs(len(both) / len(USERS) * 100 - 25) <= 3


def test_a_flag_moves_with_the_slot_that_has_its_version() -> None:
    """Its share of users too; a slot without a version has none of it."""
    declared = {"new": Flag(enabled=True, percent=50, since="2.10.0"), "old": Flag(enabled=True)}
    both = [who_has(declared, "new", version) for version in ("2.9.1", None, "2.10.0", "3.0.0")]
    assert [len(each) > 0 for each in both] == [False, False, True, True]
    assert both[2] == both[3] == who_has({"new": Flag(enabled=True, percent=50)}, "new")
    assert len(who_has(declared, "old", "1.0.0")) == len(USERS)


def test_each_slot_asks_a_server_of_its_own_once_a_flag_depends_on_the_version() -> None:
    """At ports of its own, which its variables name and the server's Service, network policy and scrape have."""
    versions = SystemDeployment(blue=Slot(version="2.9.1"), green=Slot(version="2.10.0"), active="blue")
    system = DeployedSystem("shop", definition({"new": Flag(enabled=True, since="2.10.0")}), versions)
    blue, green = flags.served(system)
    assert [json.loads(each.definitions)["flags"]["new"]["defaultVariant"] for each in (blue, green)] == ["off", "on"]
    for slot, served in (("blue", blue), ("green", green)):
        assert flags.ports_of(system.definition, slot) == list(served.ports.values())
        assert flags_of(system.definition, slot)["FLAGD_PORT"] == str(served.ports["grpc"])
    every = [port for each in (blue, green) for port in (*each.ports.values(), each.metrics)]
    assert len(set(every)) == 6


def test_slots_share_a_server_if_no_flag_depends_on_the_version() -> None:
    shared = definition({"new": Flag(enabled=True)})
    assert len(flags.served(DeployedSystem("shop", shared, SystemDeployment(blue=Slot(version="1.0.0"))))) == 1
    assert flags.ports_of(shared, "blue") == flags.ports_of(shared, "green") == [8013, 8016]


def definition(declared: Mapping[str, Flag]) -> System:
    return System.model_construct(flags=dict(declared))
