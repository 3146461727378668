"""The Job and the ConfigMap of a migration."""

from __future__ import annotations

from typing import Any

import pytest

from components.manifests.run_to_completion import Program
from components.system.migrations.manifests import job, script
from components.system.migrations.manifests.job import MigrationJob
from components.system.migrations.manifests.sql_files import Files
from slipway.settings.databases import Database
from slipway.settings.releases import Command, Migration, Query
from tests.migrations import fresh_databases
from tests.migrations.container import IMAGE, SCOPE

ADDS = Migration(
    name="001-colour",
    database="shop_db",
    sql="up.sql",
    rollback="down.sql",
    timeout="10m",
    verification=[Query(name="one", sql="SELECT 1", equals=1)],
)
RUNS = Migration(name="002-script", database="documents", command=Command(service="api", arguments=["node", "a.js"]))
PROGRAM = Program(image="registry.example.com/api:1", arguments=["node", "a.js"], user=1000, account="api")


def built(migration: Migration = ADDS, *, attempt: int = 1, **files: Any) -> MigrationJob:
    found = Files(**({"sql": "SELECT 1;", "rollback": "SELECT 2;"} | files))
    return MigrationJob(migration=migration, database=Database(), attempt=attempt, image=IMAGE, files=found)


def test_its_name_holds_all_that_it_does() -> None:
    """Its SQL, the way back, its checks, its attempt; and nothing else."""
    others = [
        built(sql="SELECT 3;"),
        built(rollback="SELECT 3;"),
        built(ADDS.model_copy(update={"verification": []})),
        built(ADDS.model_copy(update={"timeout": "11m"})),
        built(attempt=2),
    ]
    assert built().name == built().name
    assert len({each.name for each in [built(), *others]}) == 6
    assert built().name.startswith("migrate-001-colour-")


def test_a_long_name_fits() -> None:
    """63 characters are all that a Job's pods allow."""
    assert len(built(ADDS.model_copy(update={"name": "0" + "x" * 59})).name) <= 63


def test_it_runs_once_and_can_do_little() -> None:
    """No retry, no end of its own, a deadline, no root, nothing to write to but /tmp."""
    spec: Any = job.job(SCOPE, built()).spec
    pod = spec.template.spec
    (container,) = pod.containers
    assert (spec.backoff_limit, spec.active_deadline_seconds, spec.ttl_seconds_after_finished) == (0, 660, None)
    assert spec.template.metadata.annotations["karpenter.sh/do-not-disrupt"] == "true"
    assert spec.pod_failure_policy.rules[0].action == "Ignore"
    assert pod.security_context.run_as_user == 70
    assert container.security_context.read_only_root_filesystem is True
    assert [mount.mount_path for mount in container.volume_mounts] == ["/scripts", "/tmp"]
    secret = {each.name: each.value_from.secret_key_ref for each in container.env if each.value_from is not None}
    assert {key.name for key in secret.values()} == {"shop-db-owner"}
    assert secret["PGPASSWORD"].key == "password"


def test_it_says_what_a_policy_asks() -> None:
    """Whether it has a backup, checks, a way back, and a version before it that still works."""
    metadata: Any = job.job(SCOPE, built(ADDS.model_copy(update={"compatible": False, "verification": []}))).metadata
    assert metadata.labels["slipway.dev/migration"] == "001-colour"
    assert metadata.annotations == {
        "slipway.dev/source": "",
        "pulumi.com/replaceUnready": "true",
        "slipway.dev/migration-backup": "true",
        "slipway.dev/migration-verified": "false",
        "slipway.dev/migration-rollback": "true",
        "slipway.dev/migration-compatible": "false",
    }


def test_its_files_say_what_a_linter_asks() -> None:
    """Where the SQL stands, its server, and whether the version before it runs on."""
    steps = ADDS.model_copy(update={"transactional": False, "phase": "contract", "sql": "migrations/up.sql"})
    steps._source = "systems/shop/system.yaml:migrations[0]"
    made: Any = job.scripts(SCOPE, built(steps))
    assert made.data["migration.sql"] == "SELECT 1;"
    assert made.metadata.labels["slipway.dev/migration"] == "001-colour"
    assert made.metadata.annotations == {
        "slipway.dev/source": "systems/shop/system.yaml:migrations[0]",
        "slipway.dev/migration-file": "systems/shop/migrations/up.sql",
        "slipway.dev/migration-postgres": "17",
        "slipway.dev/migration-transactional": "false",
        "slipway.dev/migration-compatible": "true",
        "slipway.dev/migration-contract": "true",
    }


def test_a_program_runs_alone() -> None:
    """In the image of its service, with its arguments, on a database of documents."""
    made = MigrationJob(migration=RUNS, database=Database(engine="mongodb"), attempt=1, program=PROGRAM)
    spec: Any = job.job(SCOPE, made).spec
    (container,) = spec.template.spec.containers
    assert (container.image, container.command) == (PROGRAM.image, ["node", "a.js"])
    other = Program(image="registry.example.com/api:2", arguments=["node", "a.js"], user=1000, account="api")
    again = MigrationJob(migration=RUNS, database=Database(engine="mongodb"), attempt=1, program=other)
    assert made.name != again.name


def test_a_program_changes_no_postgres() -> None:
    """Its error names the key."""
    with pytest.raises(ValueError, match=r"002-script\.command: programs change databases of documents only"):
        MigrationJob(migration=RUNS, database=Database(), attempt=1, program=PROGRAM)


def test_answers_are_compared_in_one_transaction_only() -> None:
    """Between two of them others write."""
    (kingstons,) = fresh_databases.declared("kingstons", "kingstons")
    with pytest.raises(ValueError, match="'baseline' needs one transaction"):
        script.scripts(kingstons.model_copy(update={"transactional": False}), Files("SELECT 1;", None))


def test_all_of_it_fits_a_config_map() -> None:
    """Which holds a MiB."""
    for system, name in fresh_databases.seeds():
        for declared in fresh_databases.declared(system, name):
            scripts = fresh_databases.seed(system, declared).scripts
            assert sum(len(text.encode()) for text in scripts.values()) < 100_000
