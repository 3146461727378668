"""Words that have another name now."""

from __future__ import annotations

import pytest

from slipway.settings.clouds.azure import AzureCluster
from slipway.settings.renamed import RENAMED, new_name
from tests.slipway.settings.conftest import Workshop

FLEET = "systems/fleet/system.yaml"
TEST = "Pulumi.test.yaml"
ALERT = "alerts: [{name: a, summary: it fails, kind: error-ratio, above: 1, lasting: 5m}]"
CHECK = "checks: [{name: a, domain: web, path: /, keep: {ID: id}}]"
REFUSED = {
    "aim": [(FLEET, "title: Fleet", "title: Fleet\nmetrics: [{name: a, metric: a, aim: 1}]", "target")],
    "apiAllow": [(TEST, "authorizedNetworks:", "apiAllow:", "authorizedNetworks")],
    "budgetsFrom": [],
    "documents": [
        (FLEET, "title: Fleet", "title: Fleet\ndocuments: {api: https://example.com}", "links"),
        (FLEET, "databases:\n", "databases:\n  papers: {engine: documents}\n", "mongodb"),
    ],
    "handovers": [(FLEET, "title: Fleet", "title: Fleet\nrelease: {handovers: []}", "promotions")],
    "keep": [(FLEET, "title: Fleet", f"title: Fleet\n{CHECK}", "capture")],
    "keeps": [(FLEET, "{generated: 32}", "{generated: 32, keeps: 2026-01-01}", "previous")],
    "lasting": [(FLEET, "title: Fleet", f"title: Fleet\n{ALERT}", "for")],
    "offsite": [(FLEET, "retentionDays: 14", "offsite: s3://dumps", "copyToSecondRegion")],
    "part": [(FLEET, "LEVEL: info", "LEVEL: {database: fleet_db, part: host}", "field")],
    "people": [(TEST, "      systems:", "      people: {operators: [a]}\n      systems:", "rbac")],
    "placement": [(FLEET, "databases:\n", "databases:\n  papers: {placement: external}\n", "hosting")],
    "rolledBack": [
        (
            FLEET,
            "title: Fleet",
            "title: Fleet\nmigrations: [{name: 001-a, database: fleet_db, sql: a.sql, rolledBack: []}]",
            "rollbackVerification",
        )
    ],
    "troubles": [(FLEET, "title: Fleet", "title: Fleet\ntroubles: []", "knownIssues")],
}


def test_the_table_is_covered() -> None:
    """Each renamed word is tried."""
    assert REFUSED.keys() == RENAMED.keys()
    assert all(REFUSED[word] for word in RENAMED if word != "budgetsFrom")


def test_a_key_of_azure_clusters() -> None:
    """Their only renamed key; it is looked up as all the others are."""
    known = [field.alias for field in AzureCluster.model_fields.values()]
    assert new_name("budgetsFrom", [name for name in known if name]) == "budgetStart"


@pytest.mark.parametrize(
    ("file", "old", "new", "name"), [pytest.param(*each, id=word) for word, found in REFUSED.items() for each in found]
)
def test_an_old_word_is_refused_with_the_new_one(workshop: Workshop, file: str, old: str, new: str, name: str) -> None:
    """The message names what to write."""
    workshop.edit(file, old, new)
    assert any(f"'{name}'" in problem and problem.startswith(file) for problem in workshop.problems())
