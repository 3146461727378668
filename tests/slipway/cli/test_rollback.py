"""`slipway rollback` against a cluster's API on the loopback: what it makes, what it says, and its exit status."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway.cli.job_runner import readable
from slipway.cli.rollback import MEANINGS
from slipway.ops.cluster import following
from tests.slipway.cli.conftest import ROOT, Copy, Run
from tests.slipway.cli.inside import Inside
from tests.slipway.ops.cluster.sample_release import spec, status, stepping
from tests.slipway.ops.cluster.server import Cluster, Play, log, migration_job, served

MIGRATION = "005-personal-business-use"
FILE = "systems/fleet/system.yaml"
DONE = log(("lock", "ok", ""), ("ledger", "ok", ""), ("rollback", "ok", ""), ("record", "ok", "removed"))

Rollback = Callable[..., Run]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setattr(following, "PAUSE", 0)
    with served() as started:
        started.play = Play({"migrate": DONE})
        yield started


@pytest.fixture
def rollback(
    cluster: Cluster, project: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Rollback:
    """Of the migration of fleet, on the cluster."""
    inside, kubeconfig = Inside(project.root, monkeypatch, capfd), cluster.kubeconfig(tmp_path)

    def run(*words: str, system: str = "fleet", migration: str = MIGRATION, **given: Any) -> Run:
        what = ("--system", system, "--migration", migration, "--stack", "local", "--kubeconfig", kubeconfig)
        return inside("rollback", *what, *words, **given)

    return run


def job(migration: str = MIGRATION, namespace: str = "fleet", **annotations: str) -> dict[str, Any]:
    made = migration_job(f"migrate-{migration}-1a2b3c4d", migration, **annotations)
    made["metadata"]["namespace"] = namespace
    return made


def test_the_job_that_was_run_is_run_backwards(cluster: Cluster, rollback: Rollback) -> None:
    """Its log is passed on as it is, and the exit status is 0."""
    cluster.put(job())
    run = rollback("--yes")
    assert run.status == 0, run.everything
    assert run.out == DONE
    (made,) = cluster.made
    name = made["metadata"]["name"]
    assert re.fullmatch(r"migrate-005-personal-business-use-rollback-\d{14}", name)
    assert f"started Job fleet/{name}" in run.err
    assert run.err.splitlines()[-1] == f"{MIGRATION}: rolled back"
    (container,) = made["spec"]["template"]["spec"]["containers"]
    assert {"name": "MODE", "value": "rollback"} in container["env"]


def test_a_second_run_says_that_there_is_nothing_to_do(cluster: Cluster, rollback: Rollback) -> None:
    """It is the Job that says so."""
    cluster.put(job())
    cluster.play = Play({"migrate": log(("lock", "ok", ""), ("ledger", "ok", "nothing to do"))})
    run = rollback("--yes")
    assert (run.status, run.err.splitlines()[-1]) == (0, f"{MIGRATION}: nothing to do, it is not applied")


def test_a_job_printed_is_not_made(cluster: Cluster, rollback: Rollback) -> None:
    """What is printed is what would be made; nobody is asked."""
    cluster.put(job())
    run = rollback("--print")
    assert (run.status, run.err, cluster.made) == (0, "", [])
    printed = yaml.safe_load(run.out)
    assert (printed["kind"], printed["metadata"]["namespace"]) == ("Job", "fleet")
    assert printed["metadata"]["labels"]["slipway.dev/rollback-of"] == MIGRATION


@pytest.mark.parametrize("words", [(), ("--yes",)])
def test_slots_that_need_it_and_run_are_named(cluster: Cluster, rollback: Rollback, words: tuple[str, ...]) -> None:
    """Before anybody says yes, and on the record where nobody is asked."""
    cluster.put(job())
    run = rollback(*words, given=b"n\n", terminal=not words)
    line = next(line for line in run.err.splitlines() if "requires it and is running" in line)
    assert re.match(r"slot blue \(personal-use-v1\.\d\.\d, \d+ % of traffic\)", line)
    assert line.endswith("move its traffic away first, or it will fail")


@pytest.mark.parametrize("answer", ["n", "", "\n"])
def test_a_no_changes_nothing(cluster: Cluster, rollback: Rollback, answer: str) -> None:
    """Nor does the end of what is typed."""
    cluster.put(job())
    run = rollback(given=answer.encode(), terminal=True)
    assert (run.status, cluster.made) == (2, [])
    assert run.err.splitlines()[0] == (
        "fleet on test: migrations/005_rollback.sql rolls back 005-personal-business-use in fleet_db. "
        "Rows that it deletes can only be restored from a backup."
    )
    assert run.err.endswith("nothing was changed\n")


def test_a_yes_takes_it_back(cluster: Cluster, rollback: Rollback) -> None:
    """On a terminal."""
    cluster.put(job())
    assert rollback(given=b"y\n", terminal=True).status == 0
    assert len(cluster.made) == 1


@pytest.mark.parametrize(("state", "warned"), [(stepping(), True), (status("Promoted"), False)])
def test_a_release_in_progress_is_named(
    cluster: Cluster, rollback: Rollback, state: dict[str, Any], warned: bool
) -> None:
    """It may be at work on the same database, and knows the way back itself."""
    cluster.put(job())
    cluster.put_release("fleet", "fleet", spec(), state)
    run = rollback("--yes")
    assert run.status == 0
    assert ("a release is in progress (fleet personal-use-v1.1.0 is Stepping since" in run.err) is warned
    assert ("`slipway release abort --system fleet --reason …`" in run.err) is warned


def test_what_was_made_later_is_named(cluster: Cluster, rollback: Rollback) -> None:
    """Of the same database and in place: not what failed, not what a contract removes, not what is before."""
    names = ("001-expense-accounts", "002-indexes", "003-categories")
    for name in names:
        cluster.put(job(name, "expenses"), ends="Failed" if name == "002-indexes" else "Complete")
    run = rollback(system="expenses", migration=names[0], given=b"n\n", terminal=True)
    assert "applied later in the same database, and not rolled back: 003-categories\n" in run.err
    run = rollback(system="expenses", migration=names[2], given=b"n\n", terminal=True)
    assert "made later" not in run.err


def test_a_failure_names_the_step_and_what_the_status_means(cluster: Cluster, rollback: Rollback) -> None:
    """With exit status 1."""
    cluster.put(job())
    text = log(("ledger", "ok", ""), ("rollbackVerification", "failed", 'check "nothing is left": found 1, expected 0'))
    cluster.play = Play({"migrate": text}, status=1)
    run = rollback("--yes")
    assert (run.status, run.out) == (1, text)
    assert run.err.splitlines()[-1] == (
        f"slipway: the rollback of {MIGRATION} failed at step rollbackVerification: a check or a statement failed (exit status 1)"
    )


def test_a_deadline_is_reported_as_the_cluster_says_it(cluster: Cluster, rollback: Rollback) -> None:
    """No container ended then."""
    cluster.put(job())
    cluster.play = Play(condition="Failed", reason="Job was active longer than specified deadline")
    run = rollback("--yes")
    assert run.status == 1
    assert "failed: the Job failed: Job was active longer than specified deadline" in run.err


def test_an_interrupt_leaves_the_job(cluster: Cluster, rollback: Rollback) -> None:
    """It says how to look at it, with exit status 130."""
    cluster.put(job())
    cluster.play = Play(on_look=lambda: os.kill(os.getpid(), signal.SIGINT), condition=None)
    run = rollback("--yes")
    assert run.status == 130
    assert re.search(
        r"interrupted; the Job is still running: see `kubectl -n fleet logs -f job/migrate-005-\S+ --all", run.err
    )


def test_a_wait_that_is_too_short_leaves_the_job(cluster: Cluster, rollback: Rollback) -> None:
    """Exit status 3, because the result is not known."""
    cluster.put(job())
    cluster.play = Play(condition=None)
    run = rollback("--yes", "--timeout", "1")
    assert run.status == 3
    assert "has not ended after 1 s; the Job may still be running: see `kubectl" in run.err


def test_a_login_without_rights_makes_nothing(cluster: Cluster, rollback: Rollback) -> None:
    """Exit status 3, in the API server's own words."""
    cluster.put(job())
    cluster.refused["POST jobs"] = 403
    run = rollback("--yes")
    assert (run.status, cluster.made) == (3, [])
    assert run.err.splitlines()[-1] == "slipway: jobs.batch is forbidden (HTTP 403)"


def refused(run: Run, cluster: Cluster) -> str:
    """One clear error, and nothing made."""
    assert (run.status, run.out, cluster.made) == (2, "", []), run.everything
    assert len(run.err.splitlines()) == 1, run.err
    return run.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"system": "flet"}, "--system flet is not a system of stack local; did you mean 'fleet'?"),
        ({"migration": "005-personal-use"}, f"is not a migration of fleet; did you mean '{MIGRATION}'?"),
        ({"system": "smartwallet", "migration": "001-migrate-example"}, "is applied by a program and has no rollback"),
        ({}, f"{MIGRATION} was never applied on test, so there is nothing to roll back"),
    ],
)
def test_what_cannot_be_taken_back(cluster: Cluster, rollback: Rollback, words: dict[str, str], message: str) -> None:
    """The fix, or the nearest name."""
    assert message in refused(rollback("--yes", **words), cluster)


def test_a_migration_without_a_rollback_file(cluster: Cluster, rollback: Rollback, project: Copy) -> None:
    """Told before the cluster is asked for anything."""
    project.edit(FILE, "    rollback: migrations/005_rollback.sql\n", "")
    assert "declares no `rollback` file" in refused(rollback("--yes"), cluster)


def test_a_job_that_had_no_rollback_file(cluster: Cluster, rollback: Rollback) -> None:
    """What was run counts, not what is declared since."""
    cluster.put(job(**{"slipway.dev/migration-rollback": "false"}))
    assert "had no rollback file when it was applied" in refused(rollback("--yes"), cluster)


def test_without_a_terminal_nobody_can_be_asked(cluster: Cluster, rollback: Rollback) -> None:
    """The fix is told."""
    cluster.put(job())
    assert "there is no terminal to confirm: pass --yes" in refused(rollback(), cluster)


def test_a_cluster_that_the_system_is_not_on(cluster: Cluster, rollback: Rollback) -> None:
    """Those that it is on are named."""
    assert "that runs fleet: --cluster (main)" in refused(rollback("--yes", "--cluster", "other"), cluster)


def test_an_unknown_context(cluster: Cluster, rollback: Rollback) -> None:
    """Bad input, and no failure of the cluster."""
    assert "has no context elsewhere" in refused(rollback("--yes", "--context", "elsewhere"), cluster)


def test_a_cloud_s_cluster_is_never_guessed(project: Copy, cluster: Cluster, tmp_path: Path) -> None:
    """Its context has to be named."""
    words = ("--stack", "prod", "--system", "fleet", "--migration", MIGRATION, "--yes")
    run = project.slipway("rollback", *words, KUBECONFIG=cluster.kubeconfig(tmp_path))
    assert "cluster fleet is in a cloud: pass --context with its context in the kubeconfig" in refused(run, cluster)


def test_a_cluster_out_of_reach_is_status_3(project: Copy, tmp_path: Path) -> None:
    """Nothing was changed."""
    with served() as cluster:
        kubeconfig = cluster.kubeconfig(tmp_path)
    words = ("--stack", "local", "--system", "fleet", "--migration", MIGRATION, "--yes", "--kubeconfig", kubeconfig)
    run = project.slipway("rollback", *words)
    assert (run.status, run.out) == (3, "")
    assert run.err.startswith("slipway: kubernetes: the cluster cannot be reached")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (DONE.splitlines()[3], "record         ok           0 s  removed"),
        ('{"step": "fetch", "status": "ok", "detail": "a.dump"}', "fetch          ok                a.dump"),
        ("ALTER DATABASE a RENAME TO b;", "ALTER DATABASE a RENAME TO b;"),
        ("[1, 2]", "[1, 2]"),
    ],
)
def test_on_a_terminal_steps_are_readable(line: str, shown: str) -> None:
    """What is no step stays as it is."""
    assert readable(line) == shown


def test_every_exit_status_of_the_page_has_a_meaning() -> None:
    """docs/migrations.md lists them."""
    page = (ROOT / "docs" / "migrations.md").read_text(encoding="utf-8")
    assert set(MEANINGS) == {int(status) for status in re.findall(r"(?m)^\| (\d+) \|", page)} - {0}
