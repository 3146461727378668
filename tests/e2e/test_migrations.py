"""Migrations as Jobs that really run: each after a backup that was proven, and nothing of a version whose own one fails."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from components.manifests import names
from components.system.migrations.manifests.job import LABEL
from slipway.ops.cluster.pruning import KEPT
from tests.e2e import built_images
from tests.e2e.conftest import World
from tests.e2e.rig import ROOT, STACK, rehearse

SYSTEM, MIGRATION = "kingstons", "001-fixed-fee-facilitated"
"""Its database has the system's name, and so has its namespace."""
OLD, NEW = "1.0.0", "1.1.0"
PROJECT = ("components", "slipway", "__main__.py", "Pulumi.yaml")
FIXTURE = ROOT / "tests" / "migrations" / "fixtures" / f"{SYSTEM}.sql"
EMPTY = """
DROP SCHEMA IF EXISTS slipway CASCADE;
SELECT format('DROP TABLE public.%I CASCADE', tablename) FROM pg_tables WHERE schemaname = 'public' \\gexec
"""
IMPOSSIBLE = "    verification:\n      - {name: what never holds, sql: SELECT 1, equals: 2}\n"
FAILED = 3


@dataclass(frozen=True)
class Release:
    """Kingstons on its way to the version that needs the migration, in the slot that has no visitors yet."""

    world: World
    folder: Path

    def run(self, *, fails: bool = False, attempt: int = 1) -> tuple[int, str]:
        """`slipway rehearse`. A migration that fails has one more check, which never holds."""
        project = self.folder / ("failing" if fails else "fixed")
        if not project.exists():
            _copy(project, fails)
        blue = f"        {SYSTEM}:\n          blue: {{version: {OLD}}}\n"
        green = f"          green: {{version: {NEW}}}\n          maintenance: true\n          attempt: {attempt}\n"
        stack = project / STACK.name
        stack.write_text(STACK.read_text().replace(blue, blue + green))
        return rehearse(self.world.rig, stack, project)

    def backup(self) -> Mapping[str, Any] | None:
        return self._job(f"backup-{MIGRATION}-")

    def migration(self) -> Mapping[str, Any] | None:
        return self._job(f"{names.migration(MIGRATION)}-")

    def lines_of(self, job: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
        """The lines of a Job's containers, by step."""
        log = self.world.rig.kubectl("-n", SYSTEM, "logs", f"job/{_name(job)}", "--all-containers")
        return {line["step"]: line for line in map(json.loads, log.splitlines())}

    def sql(self, text: str) -> str:
        return self._in_database("psql", "--no-psqlrc", "-qAt", "--set=ON_ERROR_STOP=1", stdin=text)

    def state(self) -> list[str]:
        """Schema and rows, as `pg_dump` writes them."""
        return [line for line in self._in_database("pg_dump").splitlines() if "restrict" not in line]

    def _job(self, start: str) -> Mapping[str, Any] | None:
        """The only Job in the namespace with this prefix, apart from the remains of a failure that was fixed."""
        found = [
            each
            for each in self.world.rig.get("jobs.batch", "-n", SYSTEM)
            if _name(each).startswith(start) and KEPT not in each["metadata"].get("annotations", {})
        ]
        assert len(found) <= 1, found
        return found[0] if found else None

    def _in_database(self, *words: str, stdin: str | None = None) -> str:
        login = "PGHOST=/tmp PGUSER=$POSTGRES_USER PGPASSWORD=$POSTGRES_PASSWORD"
        script = f'export {login} PGDATABASE={SYSTEM}; exec "$@"'
        pod = ("-n", SYSTEM, "exec", "-i", f"{SYSTEM}-0", "--")
        return self.world.rig.kubectl(*pod, "sh", "-c", script, "sh", *words, stdin=stdin)


@pytest.fixture(scope="module")
def release(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """With the tables that the migration changes; after all, the system is as it was."""
    made = Release(world, tmp_path_factory.mktemp("release"))
    old = [name for name in built_images.named(world.plan) if f"/{SYSTEM}-" in name]
    built_images.make(world.rig, [name.replace(f":{OLD}", f":{NEW}") for name in old])
    made.sql(f"SET ROLE {SYSTEM}_owner;\n{FIXTURE.read_text(encoding='utf-8')}")
    yield made
    made.sql(EMPTY)
    status, output = rehearse(world.rig, STACK)
    assert status == 0, output[-3000:]


def test_each_migration_waits_for_a_proven_backup(world: World) -> None:
    """The Job of the backup ends before that of the migration begins, and its dump and manifest are in the bucket."""
    made: Counter[str] = Counter()
    jobs = {(each["metadata"]["namespace"], _name(each)): each for each in world.rig.get("jobs.batch", "-A")}
    for namespace, system, migration, name in _planned(world):
        (backup,) = [
            each
            for (place, other), each in jobs.items()
            if place == namespace and other.startswith(f"backup-{migration}-")
        ]
        assert backup["status"]["completionTime"] <= jobs[namespace, name]["metadata"]["creationTimestamp"], name
        made[system] += 1
    assert made.keys() == {"expenses", "fleet", "marketplace"}
    for system, number in made.items():
        bucket = world.store.backups(system)
        manifests = [key for key in bucket.files() if key.endswith(".json")]
        assert (len(manifests), len(bucket.files()), bucket.versions()) == (number, 2 * number, 2 * number)
        for key in manifests:
            dump = bucket.get(key.replace(".json", ".dump"))
            assert bucket.manifest(key)["sha256"] == hashlib.sha256(dump).hexdigest()


def test_a_dump_is_restored_by_the_restore_test(world: World) -> None:
    """A Job of the CronJob `<database>-restore-test`, started by hand, finds every row that the manifest lists."""
    cron_job, here = names.restore_test("expenses"), ("-n", "expenses")
    world.rig.kubectl(*here, "create", "job", f"--from=cronjob/{cron_job}", f"{cron_job}-now")
    world.rig.kubectl(*here, "wait", "--for=condition=complete", f"job/{cron_job}-now", "--timeout=110s")
    log = world.rig.kubectl(*here, "logs", f"job/{cron_job}-now", "--all-containers")
    by_step = {line["step"]: line for line in map(json.loads, log.splitlines())}
    assert {step: line["status"] for step, line in by_step.items()} == {"fetch": "ok", "compare": "ok"}
    assert re.search(r"^restored the dump of .+: 6 tables, [1-9]\d* rows$", by_step["compare"]["detail"])


def test_no_migration_begins_without_its_backup(release: Release) -> None:
    """The bucket is gone: the backup's Job fails twice, that of the migration is never made, and nothing else changes."""
    bucket, before, running = release.world.store.backups(SYSTEM), release.state(), _running(release.world)
    bucket.client.delete_bucket(Bucket=bucket.name)
    try:
        status, output = release.run(fails=True)
    finally:
        bucket.create()
    assert status == FAILED, output[-3000:]
    backup = release.backup()
    assert backup is not None
    assert backup["status"]["failed"] == 2
    assert f"Job {SYSTEM}/{_name(backup)}: the Job failed" in output
    log = release.lines_of(backup)
    assert {step: line["status"] for step, line in log.items()} == {"manifest": "ok", "upload": "failed"}
    assert "NoSuchBucket" in log["upload"]["detail"]
    assert release.migration() is None
    assert release.state() == before
    assert _running(release.world) == running


def test_a_failed_migration_keeps_its_version_back(release: Release) -> None:
    """The failed backup is repeated; schema and rows are as before, the new version does not run, all else does."""
    before, running = release.state(), _running(release.world)
    status, output = release.run(fails=True)
    assert status == FAILED, output[-3000:]
    backup, migration = release.backup(), release.migration()
    assert backup is not None
    assert migration is not None
    assert backup["status"]["succeeded"] == 1
    assert migration["status"]["failed"] == 1
    assert f"Job {SYSTEM}/{_name(migration)}: the Job failed" in output
    assert re.search(r'(?m)^ +\| .*verification \\"what never holds\\": found 1, expected 2', output), output[-3000:]
    assert f"Deployment {SYSTEM}/{SYSTEM}-api-green: needs Job {SYSTEM}/{_name(migration)}" in output
    assert [
        (step, line["detail"]) for step, line in release.lines_of(migration).items() if line["status"] == "failed"
    ] == [("verification", 'verification "what never holds": found 1, expected 2')]
    assert release.state() == before
    assert _running(release.world) == running


def test_a_fixed_migration_goes_on(release: Release) -> None:
    """Another attempt: a backup of its own, the changed schema, and the new version beside the old one."""
    running, bucket = _running(release.world), release.world.store.backups(SYSTEM)
    dumps = len(bucket.files())
    status, output = release.run(attempt=2)
    assert status == 0, output[-3000:]
    migration = release.migration()
    assert migration is not None
    assert migration["status"]["succeeded"] == 1
    assert release.lines_of(migration)["record"]["detail"] == "applied"
    assert release.sql("SELECT name, status FROM slipway.migrations") == f"{MIGRATION}|applied"
    assert release.sql("SELECT count(fixed_fee_facilitated) FROM client_products") == "400"
    assert len(bucket.files()) == dumps + 2
    *_, newest = sorted(key for key in bucket.files() if key.endswith(".json"))
    assert bucket.manifest(newest)["tables"] == {"public.client_products": 500}
    now = _running(release.world)
    assert now.items() >= running.items()
    assert {name: version for name, (version, *_) in now.items() if name not in running} == {
        f"{SYSTEM}/{SYSTEM}-{service}-green": NEW for service in ("api", "frontend")
    }


def _planned(world: World) -> Iterator[tuple[str, str, str, str]]:
    """The namespace, the system, the migration and the name of each migration's Job."""
    for step in world.plan.steps:
        metadata = step.inputs.get("metadata", {})
        if step.type == "kubernetes:batch/v1:Job" and LABEL in metadata["labels"]:
            labels = metadata["labels"]
            yield metadata["namespace"], labels["app.kubernetes.io/part-of"], labels[LABEL], metadata["name"]


def _copy(project: Path, fails: bool) -> None:
    """The program and its systems, of which one migration may be another."""
    project.mkdir()
    for room in PROJECT:
        (project / room).symlink_to(ROOT / room)
    shutil.copytree(ROOT / "systems", project / "systems")
    if fails:
        file = project / "systems" / SYSTEM / "system.yaml"
        changed = file.read_text(encoding="utf-8").replace("    verification:\n", IMPOSSIBLE, 1)
        file.write_text(changed, encoding="utf-8")


def _running(world: World) -> dict[str, tuple[str, int, int]]:
    """Each Deployment: its version, how often it was changed, and how many of its pods are available."""
    return {
        f"{each['metadata']['namespace']}/{_name(each)}": (
            each["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2],
            each["metadata"]["generation"],
            each["status"].get("availableReplicas", 0),
        )
        for each in world.rig.get("deployments.apps", "-A")
    }


def _name(document: Mapping[str, Any]) -> str:
    return document["metadata"]["name"]
