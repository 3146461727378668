"""What people do by hand later: a migration taken back, a dump restored beside the live database."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests import installed
from tests.e2e.conftest import World
from tests.e2e.rig import ROOT, STACK

MIGRATION = "005-personal-business-use"


def slipway(world: World, command: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The command on the node, for the system fleet."""
    where = ("--cwd", str(ROOT), "--config", str(STACK), "--kubeconfig", world.rig.kubeconfig)
    return subprocess.run(
        [str(installed.command()), command, "--system", "fleet", *where, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def taken_back(world: World) -> subprocess.CompletedProcess[str]:
    """The migration of fleet, which the first run of all made."""
    return slipway(world, "rollback", "--migration", MIGRATION, "--yes")


def test_a_migration_is_taken_back(taken_back: subprocess.CompletedProcess[str]) -> None:
    """By the files that made it, and its own queries find nothing of it left."""
    assert taken_back.returncode == 0, taken_back.stdout[-2000:] + taken_back.stderr[-2000:]
    steps = {each["step"]: each["status"] for each in map(json.loads, taken_back.stdout.splitlines())}
    assert steps == dict.fromkeys(("lock", "ledger", "rollback", "rollbackVerification", "record"), "ok")
    assert taken_back.stderr.splitlines()[-1] == f"{MIGRATION}: rolled back"


def test_its_pod_may_reach_the_database(world: World, taken_back: subprocess.CompletedProcess[str]) -> None:
    """The network policy of the migration selects the pod of the Job that takes it back."""
    (policy,) = world.rig.get(
        "networkpolicies.networking.k8s.io", "-n", "fleet", "--field-selector", f"metadata.name=migrate-{MIGRATION}"
    )
    wanted = policy["spec"]["podSelector"]["matchLabels"]
    (job,) = world.rig.get("jobs.batch", "-n", "fleet", "-l", f"slipway.dev/rollback-of={MIGRATION}")
    assert job["status"]["succeeded"] == 1, taken_back.stderr[-2000:]
    assert wanted.items() <= job["spec"]["template"]["metadata"]["labels"].items()


def test_a_second_time_there_is_nothing_to_do(world: World, taken_back: subprocess.CompletedProcess[str]) -> None:
    """Another Job says so, and changes nothing."""
    assert taken_back.returncode == 0
    done = slipway(world, "rollback", "--migration", MIGRATION, "--yes")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1])["detail"] == "nothing to do"
    assert done.stderr.splitlines()[-1] == f"{MIGRATION}: nothing to do, it is not applied"


def test_a_dump_is_restored_beside_the_live_database(world: World) -> None:
    """The newest one, and the command names the new database."""
    done = slipway(world, "restore", "--database", "fleet_db")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert re.search(r"(?m)^restored into fleet_db_restored_\d{12}, next to fleet_db$", done.stderr)
    assert re.search(r"ALTER DATABASE fleet_db_restored_\d{12} RENAME TO fleet_db;", done.stdout)
