"""Names, labels and tags."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from components.clouds.azure.context import tags_of
from components.manifests import names

NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@given(NAMES, st.sampled_from(["blue", "green"]))
def test_a_name_in_a_slot_is_a_dns_label(service: str, slot: str) -> None:
    """So it can name a Service."""
    assert LABEL.fullmatch(names.in_slot(service, slot))


@given(NAMES, NAMES, NAMES)
def test_a_servers_name_is_short_enough(stack: str, cluster: str, database: str) -> None:
    """RDS takes 63 characters, and no hyphen at the end."""
    assert LABEL.fullmatch(names.database(names.cluster("slipway", stack, cluster), "shop", database))


@given(NAMES, NAMES, st.integers(16, 63), st.booleans())
def test_a_globally_unique_name_keeps_its_limit(scope: str, name: str, limit: int, hyphens: bool) -> None:
    """With hyphens it is a DNS label; without, letters and digits only."""
    unique = names.globally_unique(scope, name, limit, hyphens=hyphens)
    assert len(unique) <= limit
    assert LABEL.fullmatch(unique) if hyphens else re.fullmatch(r"[a-z0-9]+", unique)


@given(NAMES, NAMES, NAMES)
def test_scopes_make_names_differ(one: str, other: str, name: str) -> None:
    """The same name in two accounts is two names, and the same on every run."""
    assert (names.globally_unique(one, name, 50) == names.globally_unique(other, name, 50)) is (one == other)


@given(st.dictionaries(st.text(min_size=1, max_size=40), st.text(max_size=40), max_size=5))
def test_azure_accepts_every_key(own: dict[str, str]) -> None:
    """Whatever the stack's tags are."""
    assert not any(set(key) & set(r"<>%&\?/") for key in tags_of(own))


def test_a_selector_distinguishes_slots() -> None:
    """It is part of the labels, and differs between slots."""
    blue, green = names.selector("api", "blue"), names.selector("api", "green")
    assert blue != green
    assert blue.items() <= names.labels("shop", "api", "blue").items()


def test_equal_databases_of_two_systems_have_two_servers() -> None:
    """On the same cluster."""
    assert names.database("slipway-prod-main", "shop", "app") != names.database("slipway-prod-main", "fleet", "app")
