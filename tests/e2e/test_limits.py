"""Whatever `slipway check` lets through, a real API server takes: definitions at the limits, dry-run with their CRDs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st

from slipway.settings.problems import InvalidSettings
from tests.e2e.conftest import World
from tests.e2e.dry import planned, refused
from tests.limits.odd import CLOUDS, EMPTY, LONG, LONG_DATABASE, LONG_MIGRATION, SLOTS, Odd, stack

NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True) | st.sampled_from([LONG, "a", "x" * 40])
DATABASES = st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True) | st.sampled_from([LONG_DATABASE, "shop_", "a"])
MIGRATIONS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?", fullmatch=True) | st.just(LONG_MIGRATION)
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60)
PATTERNS = st.sampled_from(["a|b", "'", '"', r"\\", r"\{\{x\}\}", "$", "é+", "[^/]{1,9}", "(?i)x", ".*"])
DURATIONS = st.sampled_from(["1ms", "1s", "123456ms", "1d", "3650d", "100000s"])

ODD = st.builds(
    Odd,
    name=NAMES,
    service=NAMES,
    other=NAMES,
    database=DATABASES,
    documents=DATABASES,
    bucket=NAMES,
    migration=MIGRATIONS,
    domain=NAMES,
    routes=st.sampled_from([0, 1, 9, 10, 40]),
    text=TEXTS,
    line=PATTERNS,
    path=PATTERNS,
    sql=st.sampled_from(["select 1", "select 1;\n" * 70_000]),
    page=st.sampled_from(["x", "é" * 200_000]),
    environment=st.sampled_from([{}, {"X": "y" * 100_000}, {f"V{number}": "z" * 9000 for number in range(90)}]),
    copies=st.sampled_from([1, 1000]),
    retries=st.sampled_from([0, 1000]),
    window=DURATIONS,
    timeout=DURATIONS,
)


@pytest.fixture
def tried() -> Iterator[list[str]]:
    """What was tried, printed when something fails."""
    names: list[str] = []
    yield names
    print(f"{len(names)} definitions: {', '.join(names)}")


@pytest.mark.parametrize("cloud", sorted(CLOUDS))
def test_the_longest_and_the_shortest_are_taken(world: World, cloud: str) -> None:
    """The Kubernetes part of each cloud's plan, but for what only that cloud's own controllers know."""
    systems = {LONG: SLOTS, "e": {"blue": {"version": "1"}}}
    plan = planned(stack(cloud, "c" * 40, CLOUDS[cloud], systems), {**Odd().files(), **EMPTY})
    assert refused(world.rig, plan) == ""


@settings(
    max_examples=5,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)
@given(odd=ODD)
def test_what_is_checked_is_taken(world: World, tried: list[str], odd: Odd) -> None:
    """Odd names, many routes, large files and empty ones, strange texts."""
    try:
        plan = planned(stack("local", "main", CLOUDS["local"], {odd.name: SLOTS}), odd.files())
    except InvalidSettings:
        reject()
    tried.append(odd.name)
    assert refused(world.rig, plan) == "", odd
