"""The facts of the five runbooks stand in the definitions that take their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway.settings.load import load_systems
from slipway.settings.project import find_project
from slipway.settings.references import FromDatabase
from slipway.settings.services import Generated, Supplied
from slipway.settings.system import System
from tests.systems.runbook_facts import FACTS, MARKETPLACE_DATABASES, PHASES, VARIABLES

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "systems"


@pytest.fixture(scope="module")
def systems() -> dict[str, System]:
    return load_systems(find_project(ROOT))


def at(value: Any, path: list[str]) -> Any:
    """What stands at `path` below `value`."""
    for index, key in enumerate(path):
        if key == "*":
            entries = value.values() if isinstance(value, dict) else value
            return [at(entry, path[index + 1 :]) for entry in entries]
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


FOLDER = ROOT.parent / "shared" / "seeds"
RUNBOOKS = ("fleet", "expenses", "smartwallet", "kingstons", "marketplace")
"""As they are numbered."""
WORDS = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
AMOUNT = re.compile(r"[+-]?0?(\d+(?:\.\d+)?)(?:ms|s|m|h|d|:00)?")
"""A number, a duration or the hour of a day."""
OURS = {"NODE_EXTRA_CA_CERTS"}
"""What a runbook does not ask for: its broker is reached in plain text, ours over TLS."""


CASES = [(name, path) for name, facts in FACTS.items() for path in facts]


@pytest.mark.parametrize(("name", "path"), CASES)
def test_every_fact(systems: dict[str, System], name: str, path: str) -> None:
    """A fact of a runbook is a value of its system."""
    assert at(systems[name].model_dump(by_alias=True), path.split(".")) == FACTS[name][path]


@pytest.mark.parametrize(("name", "path"), CASES)
def test_every_fact_is_in_the_runbooks_words(name: str, path: str) -> None:
    """Each number and each word of it stands in the lines that it is taken from."""
    quoted = " ".join(WORDS[name][path]).replace(",", "").lower()
    numbers = {float(each) for each in re.findall(r"\d+(?:\.\d+)?", quoted)}
    for value in scalars(FACTS[name][path]):
        amount = AMOUNT.fullmatch(str(value))
        assert (float(amount[1]) in numbers) if amount else (str(value).lower() in quoted), (
            f"{value} is not in: {quoted}"
        )


@pytest.mark.parametrize("name", RUNBOOKS)
def test_the_words_are_the_runbooks_own(name: str) -> None:
    """Each is a line of it, where the runbooks lie beside the project."""
    found = list(FOLDER.glob(f"{RUNBOOKS.index(name):03}_*"))
    if not found:
        pytest.skip("not run: the runbooks are not here")
    lines = {line.strip() for line in found[0].read_text(encoding="utf-8").splitlines()}
    assert {line for words in WORDS[name].values() for line in words} <= lines


def scalars(value: Any) -> Iterator[str | float]:
    """What a value consists of, without what is only true or false."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from scalars(each)
    elif value is not None and not isinstance(value, bool):
        yield value


@pytest.mark.parametrize(("name", "service"), VARIABLES)
def test_every_variable(systems: dict[str, System], name: str, service: str) -> None:
    """A service finds what its runbook sets, and nothing else."""
    system = systems[name]
    found = system.services[service]
    declared = {*system.environment, *found.environment, *found.build} - OURS
    assert declared == set(VARIABLES[name, service].split())


def test_no_key_of_a_cloud_is_carried_over(systems: dict[str, System]) -> None:
    """Pods have an identity, so no system knows a static key of AWS."""
    for system in systems.values():
        assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} & {*system.environment, *system.secrets}


def test_vendors_keys_are_supplied_and_random_ones_made(systems: dict[str, System]) -> None:
    """SmartWallet's vendors issue their keys; its session's and its encryption's are random."""
    secrets = systems["smartwallet"].secrets
    assert {name for name, secret in secrets.items() if isinstance(secret, Supplied)} == {
        *{"MONGODB_URI", "CLERK_SECRET_KEY", "CLERK_WEBHOOK_SECRET", "GEMINI_API_KEY", "GOOGLE_VISION_API_KEY"},
        *{"SENDGRID_API_KEY", "SENTRY_DSN", "SMOKE_TEST_TOKEN"},
    }
    assert {name for name, secret in secrets.items() if isinstance(secret, Generated)} == {
        *{"SESSION_SECRET", "ENCRYPTION_KEY"}
    }


@pytest.mark.parametrize("phase", range(len(PHASES)))
def test_services_of_the_marketplace_start_by_phases(systems: dict[str, System], phase: int) -> None:
    """A service needs only what an earlier phase deployed, and something of it from the second phase on."""
    earlier = set().union(*PHASES[:phase])
    for name in PHASES[phase]:
        needs = set(systems["marketplace"].services[name].needs)
        assert needs <= earlier
        assert bool(needs) == bool(earlier)


def test_each_service_of_the_marketplace_has_its_database_and_image(systems: dict[str, System]) -> None:
    """Six services with a database each, the gateway and the frontend with none."""
    services = systems["marketplace"].services
    assert set(services) == set().union(*PHASES)
    assert {name: service.image for name, service in services.items()} == {
        name: f"rent-to-own/{name}" for name in services
    }
    used = {
        name: value.database
        for name, service in services.items()
        for value in service.environment.values()
        if isinstance(value, FromDatabase)
    }
    assert used == MARKETPLACE_DATABASES
    assert set(systems["marketplace"].databases) == set(MARKETPLACE_DATABASES.values())


@pytest.mark.parametrize(
    ("file", "kind", "count"),
    [
        ("fleet/migrations/005_personal_business_use.sql", "CREATE TABLE", 3),
        ("fleet/migrations/005_personal_business_use.sql", "CREATE INDEX", 8),
        ("fleet/migrations/005_personal_business_use.sql", "CREATE VIEW", 3),
        ("fleet/migrations/005_personal_business_use.sql", "CREATE TRIGGER", 3),
        ("expenses/migrations/002_indexes.sql", "CREATE INDEX", 14),
        ("expenses/migrations/002_indexes.sql", "CREATE INDEX CONCURRENTLY IF NOT EXISTS", 14),
        ("expenses/migrations/002_rollback.sql", "DROP INDEX CONCURRENTLY IF EXISTS", 14),
        ("kingstons/migrations/001_rename_fixed_cost_to_fixed_fee_facilitated.sql", "RENAME COLUMN fixed_cost TO", 1),
        ("kingstons/migrations/001_rollback_fixed_fee_facilitated.sql", "TO fixed_cost", 1),
    ],
)
def test_migrations_make_what_the_runbook_expects(file: str, kind: str, count: int) -> None:
    """The number of statements of each kind is that of the runbook's expected output."""
    assert len(re.findall(rf"\b{kind}\b", (MIGRATIONS / file).read_text(encoding="utf-8"))) == count


def test_every_sql_migration_can_be_undone_and_is_verified(systems: dict[str, System]) -> None:
    """A file that changes a database has one that changes it back, and queries that judge it."""
    for system in systems.values():
        for migration in system.migrations:
            assert bool(migration.sql) == bool(migration.rollback), migration.name
            assert bool(migration.sql) == bool(migration.verification), migration.name


def test_paths_of_checks_hold_only_values_that_an_earlier_check_keeps(systems: dict[str, System]) -> None:
    """`{NAME}` in the path of a check stands for what another found before."""
    for system in systems.values():
        kept: set[str] = set()
        for check in system.checks:
            assert set(re.findall(r"{(\w+)}", check.path)) <= kept, check.name
            kept |= set(check.capture)
