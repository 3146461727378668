"""`slipway restore` against a cluster's API on the loopback: what it makes, what it says, and its exit status."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.system.backups.manifests import backup_job
from slipway.cli.restore import restore_name
from slipway.ops.cluster import following
from tests.slipway.cli.conftest import Copy, Run
from tests.slipway.cli.inside import Inside
from tests.slipway.ops.cluster.server import Cluster, Play, served

TARGET = "fleet_db_restored_202611210405"
RESTORED = json.dumps(
    {
        "backup": "fleet_db",
        "step": "compare",
        "status": "ok",
        "detail": f"restored the dump of 2026-11-21T02:17:00Z into {TARGET}: 4 tables, 20005 rows",
    }
)
HOW = f"fleet_db is unchanged.\n  ALTER DATABASE {TARGET} RENAME TO fleet_db;\n"

Restore = Callable[..., Run]


def cron_job() -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": "fleet-db-restore"}
    pod = {
        "initContainers": [{"name": "fetch", "env": [{"name": "AT", "value": "newest"}]}],
        "containers": [{"name": "restore", "env": [{"name": "DATABASE", "value": "fleet_db"}]}],
    }
    spec = {"activeDeadlineSeconds": 14400, "template": {"metadata": {"labels": labels}, "spec": pod}}
    return {
        "metadata": {"name": "fleet-db-restore", "namespace": "fleet"},
        "spec": {"suspend": True, "jobTemplate": {"metadata": {"labels": labels}, "spec": spec}},
    }


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setattr(following, "PAUSE", 0)
    with served() as started:
        started.cron_jobs["fleet", "fleet-db-restore"] = cron_job()
        started.play = Play({"fetch": "", "restore": f"{RESTORED}\n{HOW}"})
        yield started


@pytest.fixture
def restore(
    cluster: Cluster, project: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Restore:
    """Of fleet's database, on the cluster."""
    inside, kubeconfig = Inside(project.root, monkeypatch, capfd), cluster.kubeconfig(tmp_path)

    def run(*words: str, system: str = "fleet", database: str | None = "fleet_db") -> Run:
        of = ("--database", database) if database else ()
        what = ("--system", system, *of, "--stack", "local", "--kubeconfig", kubeconfig)
        return inside("restore", *what, *words)

    return run


def at(job: dict[str, Any]) -> str:
    (fetch,) = job["spec"]["template"]["spec"]["initContainers"]
    return fetch["env"][0]["value"]


def test_the_newest_dump_is_restored(cluster: Cluster, restore: Restore) -> None:
    """What the Job says of the way into place is passed on, and the new database is named at the end."""
    run = restore()
    assert run.status == 0, run.everything
    assert run.out == f"{RESTORED}\n{HOW}"
    assert run.err.splitlines()[-1] == f"restored into {TARGET}, next to fleet_db"
    (made,) = cluster.made
    assert at(made) == "newest"
    assert re.fullmatch(r"fleet-db-restore-\d{14}", made["metadata"]["name"])
    assert made["metadata"]["labels"] == {"app.kubernetes.io/name": "fleet-db-restore"}


def test_a_time_is_passed_on(cluster: Cluster, restore: Restore) -> None:
    """To the container that fetches."""
    assert restore("--at", "2026-11-05T02:30:00Z").status == 0
    assert at(cluster.made[0]) == "2026-11-05T02:30:00Z"


def test_a_job_printed_is_not_made(cluster: Cluster, restore: Restore) -> None:
    """What is printed is what would be made."""
    run = restore("--at", "2026-11-05T02:30:00Z", "--print")
    assert (run.status, run.err, cluster.made) == (0, "", [])
    assert at(yaml.safe_load(run.out)) == "2026-11-05T02:30:00Z"


def test_a_failure_names_its_step(cluster: Cluster, restore: Restore) -> None:
    """With exit status 1; the live database was never touched."""
    failed = json.dumps({"backup": "fleet_db", "step": "fetch", "status": "failed", "detail": "there is no manifest"})
    cluster.play = Play({"fetch": f"{failed}\n"}, status=1)
    run = restore()
    assert (run.status, run.out) == (1, f"{failed}\n")
    assert run.err.splitlines()[-1] == (
        "slipway: the restore of fleet_db failed at step fetch: see the line of the step (exit status 1); "
        "fleet_db is unchanged"
    )


@pytest.mark.parametrize(
    ("time", "message"),
    [
        ("yesterday", "--at yesterday is not a time in UTC, for example 2026-11-05T02:30:00Z"),
        ("2026-11-05T02:30:00", "is not a time in UTC"),
        ("2026-11-05T02:30:00+01:00", "is not a time in UTC"),
        ("2026-11-5T2:30:00Z", "is not a time in UTC"),
        ("2026-02-30T02:30:00Z", "is not a time in UTC"),
        ("2999-01-01T00:00:00Z", "--at 2999-01-01T00:00:00Z is in the future"),
    ],
)
def test_a_time_that_is_none(cluster: Cluster, restore: Restore, time: str, message: str) -> None:
    """An example is shown, and nothing is made."""
    run = restore("--at", time)
    assert (run.status, run.out, cluster.made) == (2, "", [])
    assert message in run.err
    assert len(run.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"system": "flet"}, "did you mean 'fleet'?"),
        ({"database": "fleet"}, "--database fleet is not a database of fleet; did you mean 'fleet_db'?"),
        ({"system": "smartwallet", "database": "smartwallet"}, "smartwallet/smartwallet has no dumps"),
        ({"system": "expenses", "database": "expenses"}, "has no CronJob expenses/expenses-restore to restore with"),
    ],
)
def test_what_cannot_be_restored(cluster: Cluster, restore: Restore, words: dict[str, str], message: str) -> None:
    """The fix, or the nearest name."""
    run = restore(**words)
    assert (run.status, run.out, cluster.made) == (2, "", [])
    assert message in run.err


@pytest.mark.parametrize("database", ["fleet", "fleet_db"])
def test_the_cron_job_has_the_name_that_the_program_gives_it(database: str) -> None:
    """The command looks it up by that."""
    assert restore_name(database) == backup_job.restore_name(database)


CODE = """\
  code:
    image: code
    port: 3000
    volumes:
      data: {mountPath: /data, size: 20}
      index: {mountPath: /index, size: 5, backup: none, reason: It is made again}
"""


@pytest.fixture
def restore_volume(cluster: Cluster, restore: Restore, project: Copy) -> Restore:
    """Of a service of fleet that keeps files."""
    system = project.root / "systems/fleet/system.yaml"
    system.write_text(re.sub(r"(?m)^services:\n", f"services:\n{CODE}", system.read_text()))
    job = cron_job()
    job["metadata"]["name"] = "code-shared-data-unpack"
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    pod.pop("initContainers")
    pod["containers"] = [{"name": "unpack", "env": [{"name": "AT", "value": "newest"}]}]
    cluster.cron_jobs["fleet", "code-shared-data-unpack"] = job
    line = {"backup": "code-shared-data", "step": "unpack", "status": "ok"}
    detail = "unpacked the archive of 2026-11-21T03:17:00Z into restored-20261121040500: 12 entries"
    cluster.play = Play({"unpack": f"{json.dumps(line | {'detail': detail})}\nWhat the program uses is untouched.\n"})
    return lambda *words: restore(*words, database=None)


def test_an_archive_is_unpacked_into_its_volume(cluster: Cluster, restore_volume: Restore) -> None:
    """Of the time that is asked for; the new folder is named at the end."""
    run = restore_volume("--volume", "code-shared-data", "--at", "2026-11-05T02:30:00Z")
    assert run.status == 0, run.everything
    assert run.err.splitlines()[-1] == "restored into restored-20261121040500, next to code-shared-data"
    (made,) = cluster.made
    assert made["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] == "2026-11-05T02:30:00Z"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--volume", "code-shared-dat"), "is not the claim of a volume of fleet; did you mean 'code-shared-data'?"),
        (("--volume", "code-shared-index"), "fleet/code-shared-index has no archives: It is made again"),
        ((), "pass either --database or --volume, for example --database fleet_db"),
        (("--volume", "code-shared-data", "--database", "fleet_db"), "pass either --database or --volume"),
    ],
)
def test_what_is_no_volume_with_archives(
    cluster: Cluster, restore_volume: Restore, words: tuple[str, ...], message: str
) -> None:
    """The fix, or the nearest name."""
    run = restore_volume(*words)
    assert (run.status, run.out, cluster.made) == (2, "", [])
    assert message in run.err
