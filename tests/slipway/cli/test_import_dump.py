"""`slipway import-dump` against a cluster's API on the loopback: what it makes, what it says, and its exit status."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from slipway.cli.import_dump import SCRIPTS
from slipway.ops.cluster import following
from tests.slipway.cli.conftest import Copy
from tests.slipway.cli.inside import Inside
from tests.slipway.cli.test_restore import Restore, cluster
from tests.slipway.ops.cluster.server import Cluster, Play

__all__ = ["cluster"]

IMPORTED = json.dumps({"backup": "fleet_db", "step": "replace", "status": "ok", "detail": "imported into fleet_db"})


@pytest.fixture
def bring(
    cluster: Cluster, project: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Restore:
    """Into fleet's database, on the cluster."""
    monkeypatch.setattr(following, "PAUSE", 0)
    cluster.play = Play({"fetch": "", "restore": f"{IMPORTED}\n"})
    inside, kubeconfig = Inside(project.root, monkeypatch, capfd), cluster.kubeconfig(tmp_path)
    what = ("--system", "fleet", "--stack", "local", "--kubeconfig", kubeconfig)
    return lambda *words: inside("import-dump", *what, *words)


TO = ("--database", "fleet_db", "--object", "imports/shop.dump")


def test_the_pod_of_a_restore_imports(cluster: Cluster, bring: Restore) -> None:
    """By scripts of its own, with what to bring, and without the word to replace anything."""
    run = bring(*TO, "--sha256", "0" * 64)
    assert run.status == 0, run.everything
    assert run.err.splitlines()[-1] == "imported imports/shop.dump into fleet_db"
    (made,) = cluster.made
    assert re.fullmatch(r"fleet-db-import-\d{14}", made["metadata"]["name"])
    pod = made["spec"]["template"]["spec"]
    for container in [*pod["initContainers"], *pod["containers"]]:
        assert container["command"] == ["sh", SCRIPTS[container["name"]]]
        variables = {each["name"]: each["value"] for each in container["env"]}
        assert variables.items() >= {"OBJECT": "imports/shop.dump", "SHA256": "0" * 64, "REPLACE": "no"}.items()


def test_replacing_has_to_be_said(cluster: Cluster, bring: Restore) -> None:
    run = bring(*TO, "--replace", "--print")
    assert (run.status, cluster.made) == (0, [])
    (container,) = yaml.safe_load(run.out)["spec"]["template"]["spec"]["containers"]
    assert {"name": "REPLACE", "value": "yes"} in container["env"]


def test_a_failure_names_its_step(cluster: Cluster, bring: Restore) -> None:
    line = json.dumps({"backup": "fleet_db", "step": "compare", "status": "failed", "detail": "row counts differ"})
    cluster.play = Play({"fetch": "", "restore": f"{line}\n"}, status=1)
    run = bring(*TO)
    assert run.status == 1
    assert "the import into fleet_db failed at step compare" in run.err
    assert run.err.splitlines()[-1].endswith("fleet_db is unchanged")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--database", "fleet", "--object", "a"), "is not a database of fleet; did you mean 'fleet_db'?"),
        (("--database", "fleet_db", "--object", "a dump"), "--object is not a key in the bucket of backups"),
        (("--database", "fleet_db", "--object", "/a"), "--object is not a key in the bucket of backups"),
        ((*TO, "--sha256", "ABC"), "--sha256 is not a SHA-256 in 64 lower-case hexadecimal digits"),
    ],
)
def test_what_cannot_be_imported(cluster: Cluster, bring: Restore, words: tuple[str, ...], message: str) -> None:
    run = bring(*words)
    assert (run.status, run.out, cluster.made) == (2, "", [])
    assert message in run.err


SOURCE = """#!/bin/sh
# Beside the database of before: notes how it was called, and plays its psql.
echo "$@" >"$0.asked"
cat >"$0.sql"
cat "$0.rows"
"""
SCRIPTS_OF_BACKUPS = {"data": {"rows.sql": "SELECT 'counts';"}}


@pytest.fixture
def source(cluster: Cluster, tmp_path: Path) -> Path:
    """A command that says what it has in `.rows`; the cluster has the scripts of backups."""
    pod = cluster.cron_jobs["fleet", "fleet-db-restore"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    pod["volumes"] = [{"name": "work", "emptyDir": {}}, {"name": "scripts", "configMap": {"name": "backup-scripts"}}]
    cluster.config_maps["fleet", "backup-scripts"] = SCRIPTS_OF_BACKUPS
    program = tmp_path / "beside"
    program.write_text(SOURCE)
    program.chmod(0o755)
    return program


def test_the_rows_of_the_source_go_with_the_job(cluster: Cluster, bring: Restore, source: Path) -> None:
    """Counted by the SQL that the Job's pod has."""
    Path(f"{source}.rows").write_text('"public.items": 20000\n"public.nothing": 0\n')
    run = bring(*TO, "--source", f"{source} exec -i 'old pod' --")
    assert run.status == 0, run.everything
    asked = Path(f"{source}.asked").read_text()
    assert asked.startswith("exec -i old pod -- psql --no-psqlrc")
    assert Path(f"{source}.sql").read_text() == "SELECT 'counts';"
    (container,) = cluster.made[0]["spec"]["template"]["spec"]["containers"]
    variables = {each["name"]: each["value"] for each in container["env"]}
    assert variables["ROWS"] == '"public.items": 20000\n"public.nothing": 0'


@pytest.mark.parametrize(
    ("rows", "command", "message"),
    [
        ("psql: FATAL", "", "the rows of --source cannot be counted"),
        ("", "", "the rows of --source cannot be counted: it has no tables"),
        ('"a.b": 1', "/no/such/program", "--source cannot be run: /no/such/program: No such file or directory"),
        ('"a.b": 1\n' * 20_000, "", "--source has 20000 tables, more than a Job's variable can hold"),
    ],
    ids=["words", "empty", "absent", "long"],
)
def test_a_source_that_cannot_be_counted_is_reported(
    cluster: Cluster, bring: Restore, source: Path, rows: str, command: str, message: str
) -> None:
    """Before anything is made."""
    Path(f"{source}.rows").write_text(rows)
    run = bring(*TO, "--source", command or str(source))
    assert run.status in (2, 3)
    assert message in run.err
    assert cluster.made == []


def test_a_cluster_without_the_scripts_is_told(cluster: Cluster, bring: Restore, source: Path) -> None:
    cluster.config_maps.clear()
    run = bring(*TO, "--source", str(source))
    assert (run.status, cluster.made) == (2, [])
    assert "the scripts of backups in fleet have no rows.sql: run `pulumi up` first" in run.err
