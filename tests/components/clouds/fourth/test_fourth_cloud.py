"""A cloud is a folder and what `docs/add-a-cloud.md` names: one in memory stands for the next."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path

import pytest

from components.clouds import contract
from slipway.rehearsal import Plan, rehearse
from slipway.settings.clouds import CLOUDS
from slipway.settings.clouds.capabilities import CAPABILITIES, MEANINGS
from tests.forking import forked_workers
from tests.shared import shared

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "add-a-cloud.md"
QUESTIONS = {name for name, member in vars(contract.Cloud).items() if inspect.isfunction(member) and name[0] != "_"}
"""Of the contract."""


@shared
def planned() -> Plan:
    with forked_workers():
        rehearsal = rehearse(Path(__file__).parent / "program", project="slipway", stack="test", config={})
    assert rehearsal.failure is None, rehearsal.failure
    return rehearsal.plan


def test_a_system_is_built_on_a_cloud_that_nobody_knows() -> None:
    """Cluster and system are whole, and of no other cloud is anything made."""
    packages = {step.type.partition(":")[0] for step in planned().steps if step.state["custom"]}
    assert packages == {"kubernetes", "pulumi", "random"}
    (job,) = [step for step in planned().steps if step.name == "shop/shop-db-dump" and step.type.endswith("CronJob")]
    assert "RCLONE_CONFIG_STORE_TYPE" in str(job.inputs)
    assert "memory" in str(job.inputs)


def test_every_question_is_answered() -> None:
    """Nobody asks what the contract does not name; a document database and a broker of the cloud are asked for by the
    systems of other tests."""
    assert set(planned().outputs["asked"]) == QUESTIONS - {"document_database", "broker"}


def test_values_hold_no_resource() -> None:
    """Questions and facts are plain; the ways to a cluster and to its cloud are their providers."""
    exempt = {
        ("ClusterAccess", "provider"),
        ("CloudPlace", "provider"),
        ("NoIdentity", "bindings"),
        ("NoIdentity", "grants"),
    }
    values = [each for each in vars(contract).values() if dataclasses.is_dataclass(each) and isinstance(each, type)]
    assert len(values) > 20
    for value in values:
        assert value.__dataclass_params__.frozen, value  # pyright: ignore[reportAttributeAccessIssue]
        for field in dataclasses.fields(value):
            held = re.search(r"Resource\b|Provider\b|\bdict\[|\blist\[", str(field.type)) is not None
            assert not held or (value.__name__, field.name) in exempt, f"{value.__name__}.{field.name}: {field.type}"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_page_says_what_a_cloud_cannot_do(cloud: str) -> None:
    """The table of the page is that of the settings."""
    assert set(CLOUDS[cloud].lacks) <= set(CAPABILITIES) == set(MEANINGS)
    page = PAGE.read_text()
    for capability in CAPABILITIES:
        cells = ["–" if capability in each.lacks else "yes" for each in CLOUDS.values()]
        assert f"| {MEANINGS[capability]} | {' | '.join(cells)} |" in page
