"""Feature flags, evaluated as flagd evaluates them (by the core of its Python provider)."""

from __future__ import annotations

from collections.abc import Mapping

from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext

from components.system.flags import manifests as flags
from slipway.settings.operations import Flag

USERS = [f"user-{number}" for number in range(10_000)]


def who_has(declared: Mapping[str, Flag], name: str) -> set[str]:
    core = FlagdCore()
    core.set_flags(flags.definitions(declared))
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
