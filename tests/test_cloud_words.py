"""A cloud is named in its own places, and nowhere else in code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slipway.settings.clouds import CLOUDS

ROOT = Path(__file__).parents[1]
WORDS = {
    "aws": r"aws|amazon|amazonaws|cloudfront|cloudwatch|docdb|documentdb|ec2|ecr|eks|iam(?!-)|kms|rds|route ?53|s3|secrets ?manager",
    "azure": r"acr|aks|azure|azurerm|cosmos|entra|front ?door|key ?vault|microsoft|traffic ?manager",
}
"""What only people who know the cloud say. `iam-` begins the names of rules on who may do what, on every cloud."""
OWN = (
    "components/clouds/{cloud}/",
    "slipway/settings/clouds/{cloud}.py",
    "slipway/settings/clouds/grants/{cloud}.py",
    "slipway/settings/clouds/{cloud}_",
    "slipway/ops/{cloud}/",
    "slipway/cost/clouds/{cloud}.py",
    "slipway/cost/clouds/{cloud}_",
    "slipway/cost/lists/{cloud}.py",
    "policies/adapters/clouds/{cloud}/",
)
ROOMS = ("components", "slipway", "policies")
ALLOWED = {
    # Registrations, which docs/add-a-cloud.md names.
    "slipway/settings/clouds/__init__.py": "registers the settings of clouds",
    "slipway/ops/clouds.py": "registers what commands and the controller of releases ask of clouds",
    "slipway/cost/clouds/__init__.py": "registers the tables of what clouds bill",
    "slipway/cost/lists/__init__.py": "registers the price lists of clouds",
    # Settings and examples that are one table for all.
    "slipway/cli/command_examples.py": "commands as people type them",
    "slipway/settings/clouds/shared_checks.py": "the name of a limit of certificates",
    "slipway/settings/limits.py": "one table of the longest names and largest objects, with the page that says each",
    "slipway/settings/limit_checks.py": "what databases and stores of clouds keep for themselves",
    "slipway/settings/store_names.py": "names that program and commands compute alike",
    "slipway/settings/fields.py": "forms of ids, and keys of tags that one cloud or another refuses",
    "slipway/settings/cluster_services.py": "compares whose groups `people` are",
    # S3 is a protocol too, and its clients read variables of that name.
    "slipway/settings/clouds/local.py": "the protocol S3",
    "components/clouds/local/": "the protocol S3",
    "components/manifests/secret.py": "the protocol S3",
    # Both ways to serve a site are beside each other.
    "components/sites/manifests/edge/": "what runs at the edge where a cloud has one",
    "components/sites/manifests/publishing.py": "puts files where that edge finds them",
    # What others send or write.
    "components/system/routes/manifests/http_routes.py": "how a prober calls itself",
    "components/cluster/logs/manifests/masking.py": "what keys look like",
    "components/cluster/monitoring/manifests/dashboards/database_dashboard.py": "databases that servers keep for themselves",
    # The engine's and scanners' words.
    "slipway/rehearsal/difference/replacing.py": "what providers replace",
    "slipway/rehearsal/shapes.py": "what the SDK of one provider expects",
    "slipway/rehearsal/urns.py": "an example of a type",
    "slipway/reports/": "names of types and registries as people write them",
    "slipway/scanners/": "forms in which scanners read plans",
    # Services that are called by another cloud's brand.
    "components/clouds/azure/document_database.py": "Azure calls its own service so",
    "slipway/settings/clouds/azure.py": "Azure calls its own service so",
    "slipway/ops/azure/registrations.py": "Azure calls its own service so",
    "policies/adapters/clouds/azure/managed_databases.py": "Azure calls its own service so",
    # What databases call themselves what clouds have made for them.
    "policies/adapters/sql_effects.py": "extensions of PostgreSQL",
}
"""Where else a cloud is named, and why: a file, or all of a folder."""


def places(cloud: str) -> dict[str, set[str]]:
    """Words of the cloud by file, outside its own places."""
    pattern = re.compile(rf"(?<![a-z])(?:{WORDS[cloud]})(?![a-z])", re.IGNORECASE)
    own = tuple(place.format(cloud=cloud) for place in OWN)
    found: dict[str, set[str]] = {}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            words = {word.lower() for word in pattern.findall(path.read_text(encoding="utf-8"))}
            if words and not name.startswith(own):
                found[name] = words
    return found


def allowed(name: str) -> list[str]:
    return [place for place in ALLOWED if name == place or (place.endswith("/") and name.startswith(place))]


@pytest.mark.parametrize("cloud", WORDS)
def test_a_cloud_is_named_in_its_own_places_only(cloud: str) -> None:
    """Or where the list says why."""
    assert {name: words for name, words in places(cloud).items() if not allowed(name)} == {}


def test_nothing_is_allowed_that_no_file_needs() -> None:
    """And each cloud that is somebody's product is looked for."""
    assert set(WORDS) == set(CLOUDS) - {"local"}
    needed = {place for cloud in WORDS for name in places(cloud) for place in allowed(name)}
    assert set(ALLOWED) - needed == set()
