"""Names that the program and the commands share."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from slipway.settings import store_names
from slipway.settings.stacks import Stack

NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)
STACKS = st.from_regex(r"[A-Za-z0-9_.-]{1,40}", fullmatch=True)
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
VAULT = re.compile(r"(?!.*--)[a-z][a-z0-9-]{1,22}[a-z0-9]")


def test_names_of_servers() -> None:
    """Stack, cluster, system and database tell them apart; on Azure the subscription does too."""
    cluster = store_names.cluster_name("slipway", "prod", "main")
    assert store_names.database_server(cluster, "fleet", "fleet_db") == "slipway-prod-main-fleet-fleet-db"
    one, other = (store_names.flexible_server(subscription, cluster, "fleet", "fleet_db") for subscription in "ab")
    assert one != other
    assert re.fullmatch(r"slipway-prod-main-fleet-fleet-db-[0-9a-f]{6}", one)


@given(NAMES, NAMES, NAMES, NAMES)
def test_servers_names_are_short_enough(stack: str, cluster: str, system: str, database: str) -> None:
    """RDS and flexible servers take 63 characters, and no hyphen at the end."""
    name = store_names.cluster_name("slipway", stack, cluster)
    assert LABEL.fullmatch(store_names.database_server(name, system, database))
    assert LABEL.fullmatch(store_names.flexible_server("subscription", name, system, database))


@given(STACKS, NAMES, NAMES)
def test_azure_accepts_every_vaults_name(stack: str, cluster: str, system: str) -> None:
    """3 to 24 letters, digits and single hyphens, a letter first."""
    assert VAULT.fullmatch(
        store_names.vault_name("subscription", store_names.cluster_name("slipway", stack, cluster), system)
    )


def test_vaults_of_two_systems_or_subscriptions_differ() -> None:
    """Also when the names are alike up to the limit."""
    cluster = "slipway-production-main"
    found = {
        store_names.vault_name(subscription, cluster, system)
        for subscription in ("one", "two")
        for system in ("marketplace-buyers", "marketplace-sellers")
    }
    assert len(found) == 4


@given(NAMES, NAMES, NAMES, NAMES)
def test_a_key_value_store_has_at_most_64_characters(stack: str, cluster: str, system: str, site: str) -> None:
    """CloudFront takes letters, digits, hyphens and underscores."""
    name = store_names.site(store_names.cluster_name("slipway", stack, cluster), system, site)
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name)


def test_key_vault_has_no_underscores() -> None:
    """A variable gets hyphens in their place."""
    assert store_names.vault_secret("CLERK_SECRET_KEY") == "CLERK-SECRET-KEY"


def test_an_entry_names_cluster_system_and_variable() -> None:
    """As `slipway secrets set` prints it."""
    entry = store_names.secret_entry(
        store_names.cluster_name("slipway", "prod", "main"), "smartwallet", "CLERK_SECRET_KEY"
    )
    assert entry == "slipway-prod-main/smartwallet/CLERK_SECRET_KEY"


@given(st.from_regex(r"[A-Za-z0-9_.-]{1,100}", fullmatch=True))
def test_every_name_of_a_project_begins_names_in_the_cloud(project: str) -> None:
    """In letters that every cloud accepts, whatever Pulumi allows in it."""
    assert re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", store_names.prefix_of(project))


def test_projects_have_names_of_their_own() -> None:
    """A legal name is the prefix; those that differ in case or signs only get digits."""
    assert store_names.prefix_of("slipway") == "slipway"
    assert len({store_names.prefix_of(each) for each in ("my-shop", "my_shop", "My-Shop", "my.shop", "my--shop")}) == 5


def test_a_stack_of_systems_has_the_names_of_its_foundation() -> None:
    """By which commands find what its systems have in the cloud."""
    alone, member = (
        Stack("prod", "production", {}),
        Stack("prod-shop", "production", {}, foundation="acme/slipway/prod"),
    )
    assert member.cluster_name("main") == alone.cluster_name("main") == "slipway-prod-main"
