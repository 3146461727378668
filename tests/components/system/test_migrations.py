"""Migrations and backups in the plans of real systems: what waits for what."""

from __future__ import annotations

import yaml

from slipway.rehearsal import Plan, Step
from tests.by_hand import stack_by_hand
from tests.rehearsed import planned_with, rehearsed

JOB, DEPLOYMENT = "kubernetes:batch/v1:Job", "kubernetes:apps/v1:Deployment"
CRON_JOB = "kubernetes:batch/v1:CronJob"


def planned(kingstons: str = "") -> Plan:
    """`local`; or Kingstons alone there with other slots, which people release by hand."""
    if not kingstons:
        return rehearsed("local").plan
    stack = stack_by_hand("local")
    stack["config"]["slipway:clusters"]["main"]["systems"] = {"kingstons": yaml.safe_load(kingstons)}
    return planned_with("local", stack)


def one(plan: Plan, type_: str, name: str) -> Step:
    (found,) = [step for step in plan.steps if (step.type, step.name) == (type_, name)]
    return found


def waits_for(plan: Plan, type_: str, name: str) -> set[str]:
    """Names of the Jobs that it depends on."""
    steps = [plan.by_urn[urn] for urn in one(plan, type_, name).dependencies]
    return {step.name for step in steps if step.type == JOB}


def test_the_new_version_waits_for_its_migrations() -> None:
    """The Deployment for the migration, that for a proven backup, both for the database's roles."""
    plan = planned()
    assert "fleet/migrate-005-personal-business-use" in waits_for(plan, DEPLOYMENT, "fleet/fleet-api-blue")
    before = waits_for(plan, JOB, "fleet/migrate-005-personal-business-use")
    assert {"fleet/backup-005-personal-business-use", "fleet/fleet-db-roles"} <= before
    assert "fleet/fleet-db-roles" in waits_for(plan, JOB, "fleet/backup-005-personal-business-use")


def test_migrations_of_a_database_come_one_after_another() -> None:
    """Each after those before it that may not fail; the backup of each too."""
    plan = planned()
    assert "expenses/migrate-001-expense-accounts" in waits_for(plan, JOB, "expenses/migrate-003-categories")
    assert "expenses/migrate-001-expense-accounts" in waits_for(plan, JOB, "expenses/backup-003-categories")
    assert "expenses/migrate-002-indexes" not in waits_for(plan, JOB, "expenses/migrate-003-categories")


def test_a_migration_that_may_fail_stops_nobody() -> None:
    """Nothing depends on it, and Pulumi does not wait for it."""
    plan = planned()
    assert "expenses/migrate-002-indexes" not in waits_for(plan, DEPLOYMENT, "expenses/expenses-blue")
    indexes = one(plan, JOB, "expenses/migrate-002-indexes").inputs["metadata"]["annotations"]
    assert indexes["pulumi.com/skipAwait"] == "true"
    accounts = one(plan, JOB, "expenses/migrate-001-expense-accounts").inputs["metadata"]["annotations"]
    assert "pulumi.com/skipAwait" not in accounts


def test_a_migration_is_made_when_a_version_needs_it() -> None:
    """Kingstons 1.0.0 does not; a green slot with 1.1.0 does, and only green waits for it."""
    name = "kingstons/migrate-001-fixed-fee-facilitated"
    assert not [step for step in planned().steps if step.name == name and step.type == JOB]
    closed = "{blue: {version: 1.0.0, weight: 100}, green: {version: 1.1.0, weight: 0}, maintenance: true}"
    plan = planned(closed)
    assert name in waits_for(plan, DEPLOYMENT, "kingstons/kingstons-api-green")
    assert name not in waits_for(plan, DEPLOYMENT, "kingstons/kingstons-api-blue")


def test_another_attempt_is_another_backup_and_another_job() -> None:
    """Neither trusts what the first one left behind."""
    closed = "{blue: {version: 1.1.0}, maintenance: true, attempt: ATTEMPT}"
    first, second = (planned(closed.replace("ATTEMPT", attempt)) for attempt in ("1", "22"))
    for job in ("backup", "migrate"):
        names = [
            one(plan, JOB, f"kingstons/{job}-001-fixed-fee-facilitated").inputs["metadata"]["name"]
            for plan in (first, second)
        ]
        assert names[0] != names[1]


def test_each_database_is_dumped_and_its_dump_restored() -> None:
    """At night, and weekly; the CronJobs have the names that alerts read."""
    plan = planned()
    crons = {step.name for step in plan.steps if step.type == CRON_JOB and step.name.startswith("fleet/")}
    assert crons == {"fleet/fleet-db-dump", "fleet/fleet-db-restore-test", "fleet/fleet-db-restore"}
    suspended = one(plan, CRON_JOB, "fleet/fleet-db-restore").inputs["spec"]["suspend"]
    assert suspended is True
    policy = one(plan, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "fleet/fleet-db-restore-test").inputs["spec"]
    assert not any(port["port"] == 5432 for rule in policy["egress"] for port in rule["ports"])
